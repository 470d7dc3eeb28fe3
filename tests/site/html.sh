#!/bin/bash
# Every page of the site is HTML without an error or a warning, as tidy of Debian 12 knows it. That one is of 2017: what
# has come to HTML since is named here.
. "$(dirname "$0")/lib.sh"
need_site tidy
newer='<img> proprietary attribute "loading"|proprietary attribute "(aria-current|inputmode)"|attribute "method" has invalid value "dialog"'

complaints() { # FOLDER
    find "$1" -name '*.html' -print0 | sort -z | xargs -0 -n 50 tidy -quiet -errors -utf8 --drop-empty-elements no 2>&1 |
        grep -vE "$newer"
}

complaints "$site" >out
if [ -s out ]; then # which pages? tidy does not say
    find "$site" -name '*.html' | while read -r page; do
        tidy -quiet -errors -utf8 --drop-empty-elements no "$page" 2>&1 | grep -vE "$newer" | sed "s,^,${page#"$site"/}: ,"
    done | head -20
    fail "$(wc -l <out) complaints"
fi

mkdir planted
cp "$site/docs/05-policies.html" planted/
sed -i '0,/<h1 /s//<h1 <b>/; s/<\/main>//' planted/05-policies.html
complaints planted >out
line_in out 'missing </main>'
finish "$(find "$site" -name '*.html' | wc -l) pages"
