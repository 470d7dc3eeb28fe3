#!/bin/bash
# LibreOffice without a screen: a text and a table converted, laid out, written as other formats and read again.
# packages: libreoffice-writer-nogui libreoffice-calc-nogui fonts-dejavu-core unzip
# programs: soffice unzip
# served: soffice.bin
# seconds: 300
. "$(dirname "$0")/lib.sh"
{
    echo '<html><body><h1>A text</h1>'
    for n in {1..150}; do
        echo "<h2>Part $n</h2><p>Some <b>words</b> of part $n, <i>$(printf 'and more %.0s' {1..40})</i></p>"
        echo "<table border=1><tr><td>$n</td><td>$((n * n))</td></tr><tr><td>a</td><td>b</td></tr></table>"
    done
    echo '</body></html>'
} >text.html
{
    echo "number,square,name,sum"
    for n in {1..3000}; do echo "$n,$((n * n)),name $((n % 17)),=A$((n + 1))+B$((n + 1))"; done
} >table.csv
office() {
    soffice -env:UserInstallation="file://$PWD/profile" --headless --norestore --convert-to "$@" >>office.log 2>&1
    echo "soffice ended with $?: $1"
}
office odt:writer8 text.html --infilter=HTML
office txt:Text text.odt
digest <text.txt
office pdf text.odt
grep -ac '/Type/Page\b' text.pdf
office "docx:MS Word 2007 XML" text.odt
unzip -p text.docx word/document.xml | digest
office ods table.csv
office xlsx table.ods
unzip -p table.xlsx xl/worksheets/sheet1.xml | digest
mv table.csv first.csv
office csv table.ods
digest <table.csv
tail -n 2 table.csv
