#!/bin/bash
# Every link of the site leads to a file in it, and to a place in that file; nothing is loaded from elsewhere; and the
# check itself sees what is planted.
. "$(dirname "$0")/lib.sh"
need_site python3
python3 "$test_dir/links.py" "$site" || fail "see above"

mkdir planted
cat >planted/index.html <<'END'
<p id="here">a<p id="here">b<a href="nowhere.html">c</a><a href="#nowhere">d</a><a href="/root.html">e</a>
<img src="https://example.org/x.png" alt=""><i data-live="gone.html"></i><a href="http://example.org/">fine</a><a href="#here">fine</a>
END
status_of 1 python3 "$test_dir/links.py" planted
for words in 'twice.*here' 'nowhere.html' '#nowhere' '/root.html' 'example.org/x.png' 'gone.html'; do
    line_in out "$words"
done
equal "complaints of the planted page" 6 "$(grep -c '^planted' out)"
finish "links"
