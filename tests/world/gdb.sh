#!/bin/bash
# gdb: a program with threads and C++ debugged by a script and by gdb's Python; a core file written and read.
# packages: gdb g++ libc6-dev
# programs: gdb g++
# served: gdb
. "$(dirname "$0")/lib.sh"
cat >debugged.cpp <<'CPP'
#include <map>
#include <string>
#include <thread>
#include <vector>
std::map<int, std::string> table;
int deep(int n) {
    if (n == 0)
        return table.size(); // the bottom
    std::vector<int> local(n, n);
    return deep(n - 1) + local[0];
}
int main() {
    for (int n = 0; n < 500; n++)
        table[n * 7919 % 1009] = std::string(n % 40, 'x');
    int result = 0;
    std::thread other([&] { result = deep(25); });
    other.join();
    result += deep(10);
    int *nowhere = nullptr;
    *nowhere = result;
}
CPP
g++ -g -O0 -pthread debugged.cpp -o debugged || exit
cat >script <<'GDB'
set debuginfod enabled off
set width 0
set print frame-arguments none
break 8
commands
silent
backtrace -4
print n
print table.size()
up 3
print local
continue
end
run
backtrace 1
print result
python
import collections
names = collections.Counter(f.name() for f in iter(lambda it=iter([gdb.newest_frame()]): next(it, None), None))
print(names)
kept = [gdb.parse_and_eval("result + %d" % n) for n in range(20000)]
print(int(sum(int(v) for v in kept)))
types = [gdb.parse_and_eval("table").type.strip_typedefs().fields() for n in range(300)]
print(len(types), len(types[0]))
end
info line deep
info functions deep
list deep
generate-core-file written
kill
GDB
HALLOC_CONF=reserve:1G gdb -q -nx -batch -x script ./debugged >gdb.log 2>&1
echo "gdb ended with $?"
grep -vE '^\[(New|Thread|Switching|Inferior)|^warning: (Error disabling|opening)|^Saved corefile' gdb.log | sed -E 's/0x[0-9a-f]+/0x/g; s/Thread 0x \(LWP [0-9]+\)/Thread/'
gdb -q -nx -batch -ex 'set debuginfod enabled off' -ex 'print table.size()' -ex 'backtrace 1' ./debugged written 2>/dev/null | grep -E '^(\$|#0)' | sed -E 's/0x[0-9a-f]+/0x/g'
