#!/bin/bash
# Each rule of the doctor speaks of the program that was built to have its problem, and no rule of a healthy one.
. "$(dirname "$0")/lib.sh"

program planted

case_of() { # WHAT CONF FINDINGS: what it is, HALLOC_CONF, what is found
    what=$1
    begin env LD_PRELOAD="$library" HALLOC_CONF="$2" ./planted "$1"
    look "it['findings'] == $3"
    end
}

case_of pinned "" "['pinned']"
case_of idle "" "['idle-pages']"
case_of asleep "" "['asleep']"
case_of asleep purge:off "['purge-off']"
case_of caches "" "['thread-caches']"
case_of stacks "" "['stacks']"
case_of full reserve:64M "['reserve']"
case_of mapped "" "['not-ours']"
case_of healthy "" "[]"
case_of known "" "[]"
# Few may lock so much memory. So the same in a snapshot of a program that sleeps: its heap's mappings become locked.
begin env LD_PRELOAD="$library" ./planted asleep
"$halloc" snapshot -o asleep.snap "$pid" >out || fail "no snapshot"
end
awk '$1 == "mapping" && $8 == 0 { $6 = $4 } { print }' asleep.snap >locked.snap
equal "of memory that is locked" "['locked']" "$("$halloc" why --json locked.snap >out; json "it['findings']")"
what=locked
begin env LD_PRELOAD="$library" HALLOC_CONF=reserve:256M ./planted locked
if grep -q ready out; then
    look "it['findings'] == ['locked']"
else
    echo "mlockall is not allowed here: looked at the snapshot alone"
fi
end 2>/dev/null
what=python3
begin env LD_PRELOAD="$library" PYTHONMALLOC=malloc /usr/bin/python3 -c '
import time
x = {str(i): [i] for i in range(300000)}
print("ready", flush=True)
time.sleep(600)'
look "it['findings'] == []"
end
finish "the doctor's rules"
