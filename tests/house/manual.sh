#!/bin/bash
# The manual pages are whole: halloc.3 names every public function, every HALLOC_CONF key, every fault and
# every policy that the sources know; halloc.1 every subcommand and option; both and CHANGELOG the version.
# halloc.1 repeats the help texts of the lab's commands word by word.
. "$(dirname "$0")/lib.sh"

plain() { # a page without its markup
    sed -E -e 's/\\f[BIRP]//g; s/\\-/-/g; s/\\&//g; s/\\\(aq/'"'"'/g' "$1"
}
page3=$(plain man/halloc.3)
page1=$(plain man/halloc.1)

functions=$(api_names)
for name in $functions; do
    grep -qw -- "$name" <<<"$page3" || fail "man/halloc.3: lacks the function $name"
done
for name in $(grep -oE '\b(halloc_[a-zA-Z_0-9]+|findFreeBlock|splitBlock)\(' <<<"$page3" | tr -d '(' | sort -u); do
    grep -qw -- "$name" halloc.h || fail "man/halloc.3: tells of $name, which halloc.h does not have"
done

keys=$(sed -nE 's/^ *\{"([a-z_]+)", set_.*/\1/p' src/platform/conf.c)
[[ $(wc -w <<<"$keys") -ge 7 ]] || fail "only these keys found in src/platform/conf.c: $keys"
for key in $keys; do
    grep -qE "^(\.B |\.BR |\.BI )?$key:" <<<"$page3" || fail "man/halloc.3: lacks the key $key"
done
while read -r fault; do
    grep -qF -- "$fault" <<<"$page3" || fail "man/halloc.3: lacks the fault '$fault'"
done < <(sed -nE 's/^#define FAULT_[A-Z_]+ "(.*)"/\1/p' src/*/*.h)
for policy in src/engine/fit/*.c; do
    policy=$(basename "$policy" .c)
    grep -qw "$policy" <<<"$page3" || fail "man/halloc.3: lacks the policy $policy"
done

for subcommand in "" run tour lab trace stat replay diff map explain papers play gen import export ps top why profile leaks snapshot metrics; do
    help=$("$halloc" $subcommand --help) || fail "halloc $subcommand --help: fails"
    options=$(grep -oE '(^|[^a-z-])--?[a-z][a-z-]*' <<<"$help" | grep -oE -- '--?[a-z][a-z-]*' | sort -u)
    [[ $options ]] || fail "halloc $subcommand --help: names no option"
    for option in $options; do
        grep -qE -- "$option([^a-z-]|$)" <<<"$page1" || fail "man/halloc.1: lacks $subcommand $option"
    done
    case $subcommand in
    "" | run | tour) ;; # the page describes these at more length
    *) [[ $page1 == *"$help"* ]] || fail "man/halloc.1: does not repeat halloc $subcommand --help" ;;
    esac
done

version=$(halloc_version)
grep -qF "[$version]" CHANGELOG.md || fail "CHANGELOG.md: has no entry [$version]"
for page in 1 3; do
    grep -qE "^\.TH .*halloc $version" "man/halloc.$page" || fail "man/halloc.$page: not of version $version"
    if command -v groff >/dev/null; then
        groff -man -ww -Tutf8 -z "man/halloc.$page" 2>&1 | grep . && fail "man/halloc.$page: groff complains"
    fi
done
finish "the manual, for $(wc -w <<<"$functions") functions"
