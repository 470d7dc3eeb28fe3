#!/bin/bash
# Each command tells what it does, by `halloc COMMAND --help` and by `halloc help COMMAND`; a closed pipe is no error
# that is hidden, and an unknown command is none.
. "$(dirname "$0")/lib.sh"
status_of 0 "$halloc" --help
commands=$(sed -nE 's/^  halloc ([a-z]+) .*/\1/p' out | sort -u)
[ "$(wc -w <<<"$commands")" -gt 20 ] || fail "few commands: $commands"
cp out all
status_of 0 "$halloc" help
cmp -s all out || fail "\`halloc help\` is not \`halloc --help\`"
for command in $commands; do
    status_of 0 "$halloc" "$command" --help
    cp out wanted
    grep -q "^usage: halloc $command" wanted || fail "$command --help: $(head -n 1 wanted)"
    wide=$(cat wanted all | awk 'length > 80')
    [ -z "$wide" ] || fail "$command --help: wider than 80 columns: $wide"
    status_of 0 "$halloc" help "$command"
    cmp -s wanted out || fail "halloc help $command is not halloc $command --help"
done
status_of 0 "$halloc" leaks --help
line_in out 'HALLOC_CONF=sample:512K is read at once, or after --seconds; --every has'
line_in out '^  --no-default-suppressions '
for words in nonsense "help nonsense"; do
    status_of 2 "$halloc" $words
    line_in err "^halloc: 'nonsense' is not a command"
done

# Without a desktop `play` says what to do, in one line.
mkdir here
cp "$halloc" here/
touch here/halloc.html
status_of 1 env -u BROWSER -u DISPLAY -u WAYLAND_DISPLAY here/halloc play
equal "the page" "$work/here/halloc.html" "$(cat out)"
equal "what to do" "halloc play: there is no desktop here: open that file in a browser, or name one in \$BROWSER" "$(cat err)"
finish "help of all commands"
