#!/bin/bash
# The figures of docs/lab.md that are made from shipped traces are what the command beside them draws, to the byte.
# And each number in the words above a figure stands in it.
. "$(dirname "$0")/lib.sh"
looked_at=0 words=
while read -r line; do
    case $line in
    '') words= ;;
    '!['*) ;;
    *) words="$words $(sed 's/`[^`]*`//g' <<<"$line")" ;;
    esac
    case $line in
    '`halloc map traces/'*) command=$(cut -d'`' -f2 <<<"$line") ;;
    '!['*'](gallery/'*) # the figure of the command before it, if there is one
        figure=$(sed -E 's/.*\]\((gallery\/[^)]*)\)/\1/' <<<"$line")
        for number in $(grep -oE '[0-9][0-9,]*[0-9]|[0-9]' <<<"$words"); do
            grep -qwF -- "$number" <(sed 's/<[^>]*>//g' "$source_dir/docs/$figure") || fail "docs/lab.md: no $number in docs/$figure"
            numbers=$((${numbers:-0} + 1))
        done
        [ -n "${command:-}" ] || continue
        # shellcheck disable=SC2086
        (cd "$source_dir" && exec "$halloc" ${command#halloc } --svg "$work/drawn.svg") >/dev/null 2>err ||
            fail "$command: $(cat err)"
        cmp -s drawn.svg "$source_dir/docs/$figure" || fail "docs/$figure is not what '$command' draws"
        command=
        looked_at=$((looked_at + 1))
        ;;
    esac
done <"$source_dir/docs/lab.md"
[ $looked_at -ge 3 ] || fail "only $looked_at figures found in docs/lab.md"
[ "${numbers:-0}" -ge 6 ] || fail "only ${numbers:-0} numbers found above the figures"
for figure in "$source_dir"/docs/gallery/*.svg; do
    grep -q "gallery/$(basename "$figure")" "$source_dir/docs/lab.md" || fail "$figure is shown nowhere"
    [ "$(wc -c <"$figure")" -lt 300000 ] || fail "$figure is too large"
done
finish "$looked_at figures of the gallery, drawn anew"
