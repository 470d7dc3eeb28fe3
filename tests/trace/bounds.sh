#!/bin/bash
# A recording has a bound, and an end. It stops at --limit, says so when it does, and the program goes on; its rate
# is told on a terminal; who kills `halloc trace` ends the program, too; and where memory is lacking that is said.
. "$(dirname "$0")/lib.sh"
program busy

# --- The limit ------------------------------------------------------------------------------------------------
status_of 7 "$halloc" trace --limit=1M -o full.htrace -- ./busy 3000000
equal "output" "done" "$(cat out)"
line_in err '^halloc trace: full.htrace: recording stopped early: as much as was asked for is recorded \(--limit\); [0-9,]+ operations of 1 thread, .* calls missed'
operations=$(number full.htrace operations)
((operations > 400000 && operations < 600000)) || fail "a limit of 1 MiB gave $operations operations"
equal "calls, recorded and missed" 3000001 $((operations + $(number full.htrace missed_calls)))
sound full.htrace
for options in --limit=0 "--limit 4G" --limit=8M; do
    # shellcheck disable=SC2086
    status_of 7 "$halloc" trace $options -o full.htrace -- ./busy 3000000
    equal "operations with $options" 3000001 "$(number full.htrace operations)"
done
for bad in x 1 -5 100K 99999999999G ""; do
    status_of 2 "$halloc" trace --limit="$bad" -o full.htrace -- ./busy 10
    line_in err '^halloc trace: --limit=.* (a size is wanted|needs a value)'
done

# When it is reached, and not only at the end: this program waits until it has read that. Each child has its own.
cat >waits.sh <<'END'
./busy 3000000
for _ in $(seq 3000); do grep -q 'the program goes on' err && break; sleep 0.1; done
cp err then
exit 3
END
rm -f full.htrace*
"$halloc" trace --limit=1M -o full.htrace -- bash waits.sh >out 2>err
equal "exit status" 3 $?
line_in ./then '^halloc trace: .*/full.htrace.[0-9]+: recording has stopped: as much as was asked for is recorded \(--limit\); the program goes on$'
equal "times that it is said" 1 "$(grep -c 'recording has stopped' err)"

# --- The rate, on a terminal ----------------------------------------------------------------------------------
compile fills <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* Allocates until the file `stop` is there. */
int main(void) { while (access("stop", F_OK)) for (int i = 0; i < 1000000; i++) free(malloc(i % 500)); return 3; }
END
cat >terminal.py <<'END'
import os, pty, sys, threading
seen = b""
def read(fd):
    global seen
    data = os.read(fd, 1000)
    seen += data
    if b"just now" in seen:
        open("stop", "w").close()
    return data
threading.Timer(300, lambda: open("stop", "w").close()).start()
status = os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], read))
os._exit(status)
END
python3 terminal.py "$halloc" trace --limit=2G -o rate.htrace -- ./fills >out 2>err </dev/null
equal "exit status on a terminal" 3 $?
line_in out 'halloc trace: [0-9.]+ [MG]iB recorded, [0-9.]+ ([KMG]i)?B a second just now; the limit of a file is 2.0 GiB'
rm -f stop rate.htrace*

# --- The end of halloc trace ----------------------------------------------------------------------------------
cat >pid.sh <<'END'
echo $$ >pid
exec ./fills
END
"$halloc" trace -o killed.htrace -- bash pid.sh >out 2>err &
tracer=$!
soon test -s pid -a -s killed.htrace
kill -9 $tracer
wait $tracer 2>/dev/null
ended() { ! kill -0 "$(cat pid)"; }
soon ended || fail "the program goes on when halloc trace has been killed"
touch stop
"$halloc" stat killed.htrace >out 2>err || fail "what it left is damaged: $(cat err)"

# --- No memory for the recorder -------------------------------------------------------------------------------
(ulimit -v 60000 && status_of 7 "$halloc" trace -o little.htrace -- ./busy 1000; exit $failures) || failures=$((failures + 1))
line_in err '^halloc trace: little.htrace: recording stopped early: the process may not map what the recorder needs \(see ulimit -v\); 0 operations .*; 1,001 calls missed'
finish "the bounds of recordings"
