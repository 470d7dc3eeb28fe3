#!/bin/bash
# `halloc play` names the page, or opens it in the browser that $BROWSER names. It says what is missing.
. "$(dirname "$0")/lib.sh"
need_page
status_of 0 "$halloc" play --print
equal "play --print" "$build_dir/halloc.html" "$(cat out)"
printf '#!/bin/sh\necho "$1" >%s/opened\n' "$work" >browser
chmod +x browser
BROWSER=$work/browser status_of 0 "$halloc" play
for _ in $(seq 3000); do
    [ ! -s opened ] || break
    sleep 0.1
done
equal "what the browser opens" "$build_dir/halloc.html" "$(cat opened)"
rm opened
BROWSER=$work/browser status_of 0 "$halloc" play --chapter 4
for _ in $(seq 3000); do
    [ ! -s opened ] || break
    sleep 0.1
done
equal "what the browser opens for chapter 4" "$build_dir/chapters/4.html" "$(cat opened)"
status_of 1 "$halloc" play --chapter 12
line_in err "^halloc play: the page has no question of chapter 12: it has those of 0 to 9"
status_of 2 "$halloc" play --chapter ../4
line_in err "needs the number of a chapter, not ../4"
status_of 2 "$halloc" play --chapter
BROWSER=$work/none status_of 1 "$halloc" play
line_in err "^halloc play: cannot start $work/none: No such file or directory; open that file"
status_of 2 "$halloc" play --fast
line_in err "no such option: --fast"
status_of 2 "$halloc" play page.html
mkdir bin
cp "$halloc" bin/
status_of 1 bin/halloc play --print
line_in err "halloc.html is missing: it was looked for in .*; \`make page\` makes it"
mkdir -p share/halloc
cp "$build_dir/halloc.html" share/halloc/
status_of 0 bin/halloc play --print
equal "an installed page" "$work/share/halloc/halloc.html" "$(cat out)"
finish "halloc play"
