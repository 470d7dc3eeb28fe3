# caught.sh - each kind of misuse ends as expected.txt says: with that line, by a fault, or not at all.
#
# `bash caught.sh print MODE`, with HALLOC_SOURCE and HALLOC_BUILD set, prints the table with that mode's column as it is now, to be read and kept.
. "$(dirname "$0")/../lib.sh"

sizes='small:40 medium:4096 large:300000'
modes='default harden guard' # the columns of expected.txt, in their order
conf_of() { # MODE
    case $1 in
    default) ;;
    harden) echo harden:on ;;
    guard) echo guard:1 ;; # each object is a sampled one
    esac
}

build() {
    local flags="-O1 -g -fno-builtin -w -I$source_dir -I$test_dir"
    local link="-L$build_dir -lhalloc -Wl,-rpath,$build_dir -pthread -ldl"
    # shellcheck disable=SC2086
    gcc -std=gnu17 $flags -o misuse "$test_dir/misuse.c" $link || die "misuse.c does not compile"
    # shellcheck disable=SC2086
    g++ -std=c++20 $flags -o misuse_cpp "$test_dir/misuse_cpp.cpp" $link ||
        die "misuse_cpp.cpp does not compile"
}

ending_of() { # STATUS: in the words of the table, from out and err
    local line
    line=$(sed -nE 's/^halloc: ([][a-z_]+)\(0x[0-9a-f]+\)(: .*)$/\1\2/p' err)
    case $1 in
    0) [ -s err ] && echo "went on, but said: $(head -1 err)" || sed '/went on/s/.*/-/' out | paste -sd, ;;
    134) echo "${line:-abort, but said: $(head -1 err)}" ;;
    139 | 135) [ -n "$line" ] && echo "fault: $line" || echo fault ;;
    *) echo "status $1: $(head -1 err)" ;;
    esac
}

row() { # PROGRAM KIND BYTES CONF: how it ended
    ulimit -c 0
    { HALLOC_CONF=$4 timeout 600 "./$1" "$2" "$3" >out 2>err </dev/null; } 2>/dev/null
    ending_of $?
}

build
if [ "${1-}" = print ]; then
    column=$(tr ' ' '\n' <<<"$modes" | grep -nx "${2:-default}" | cut -d: -f1)
    [ -n "$column" ] || die "no mode $2; there are: $modes"
    while IFS= read -r line; do
        IFS='|' read -r program kind size _ <<<"${line// /}"
        bytes=$(sed -nE "s/.*\b$size:([0-9]+).*/\1/p" <<<"$sizes")
        case $line in
        misuse*)
            ending=$(row "$program" "$kind" "$bytes" "$(conf_of "${2:-default}")")
            awk -F' [|] ' -v OFS=' | ' -v at=$((column + 3)) -v ending="$ending" \
                '{ $at = sprintf("%-" length($at) "s", ending); print }' <<<"$line"
            ;;
        *) echo "$line" ;;
        esac
    done <"$test_dir/expected.txt"
    exit 0
fi

looked=0
while IFS='|' read -r program kind size expected; do
    program=${program// /} kind=${kind// /} size=${size// /}
    case $program in '' | '#'*) continue ;; esac
    bytes=$(sed -nE "s/.*\b$size:([0-9]+).*/\1/p" <<<"$sizes")
    for mode in $modes; do
        wanted=$(sed -E 's/^ *//; s/ *(\|.*)?$//' <<<"$expected")
        expected=${expected#*|}
        looked=$((looked + 1))
        got=$(row "$program" "$kind" "$bytes" "$(conf_of $mode)")
        # One or other: whichever it was.
        [[ " or $wanted or " == *" or $got or "* ]] && wanted=$got
        equal "$kind, $size, $mode" "$wanted" "$got"
    done
done <"$test_dir/expected.txt"

# Every kind has its rows, and no row is of a kind that is gone.
for program in misuse misuse_cpp; do
    for kind in $("./$program"); do
        equal "rows of $kind" 3 "$(grep -cE "^$program +\| $kind +\|" "$test_dir/expected.txt")"
    done
done
equal 'rows' "$((3 * ($(./misuse | wc -l) + $(./misuse_cpp | wc -l))))" \
    "$(grep -c '^misuse' "$test_dir/expected.txt")"

# What docs/security.md says in one figure.
rows=$(grep -c '^misuse' "$test_dir/expected.txt")
caught_in() { # COLUMN of expected.txt
    echo $((rows - $(cut -d'|' -f"$1" "$test_dir/expected.txt" | grep -cE '^ (-|- or .*|malloc gave out .*) *$')))
}
line_in "$source_dir/docs/security.md" "catches $(caught_in 4) of $rows, with \`harden:on\` $(caught_in 5), and with \`guard:1\` $(caught_in 6)"
finish "$looked endings"
