#!/bin/bash
# Traces of CS107's heap allocator come in and go out: .rep's lines without a header, with comments.
. "$(dirname "$0")/../lib.sh"
printf '%s\n' '# a pattern' 'a 0 24' 'a 1 100' '  # within' 'r 0 400' 'f 1' 'a 1 8' 'f 0' >pattern.script
status_of 0 "$halloc" import pattern.script
line_in err 'pattern.htrace: 6 operations'
status_of 0 "$halloc" export --to=script pattern.htrace
equal "out again" "a 0 24,a 1 100,r 0 400,f 1,a 2 8,f 0," "$(tr '\n' , <out)"
cp out again.script
status_of 0 "$halloc" import again.script
status_of 0 "$halloc" export --to=script again.htrace
cmp out again.script || fail "a script changes when it goes in and out"
# What it can't say is left out, and that is told.
status_of 0 "$halloc" export --to=script "$source_dir/traces/lua.htrace"
line_in err '^halloc export: 96,058 operations left out that .script has no word for$'
# Without a comment the first operation tells.
tail -n +2 pattern.script >plain.script
status_of 0 "$halloc" import plain.script
status_of 0 "$halloc" import --from=script pattern.script
printf 'a 0 24\nf 3\n' >wrong.script
status_of 1 "$halloc" import wrong.script
line_in err 'line 2: id 3 is freed, and not in use'
status_of 2 "$halloc" export --to=nothing again.htrace
status_of 2 "$halloc" import --from=nothing pattern.script
finish "scripts"
