#!/bin/bash
# A process that can't be read gets a message that says which and why: none there, no Halloc, another version, stripped,
# 32 bits, static, another user's, under a debugger, on the classic heap.
. "$(dirname "$0")/lib.sh"

program planted

refused() { # PID PATTERN: by why, snapshot, metrics and top
    local command
    for command in "why" "snapshot -o never" "metrics" "top --times 1"; do
        status_of 1 "$halloc" $command "$1"
        line_in err "^halloc ${command%% *}: process $1: .*$2"
    done
    [ ! -s out ] || fail "top prints about a process that it can't read: $(cat out)"
    [ ! -e never ] || fail "a file was written"
}

refused 999999999 'no such process'
begin ./planted healthy
refused "$pid" 'does not run on Halloc'
end
begin env LD_PRELOAD="$library" HALLOC_CONF=heap:classic ./planted known
refused "$pid" 'runs on the classic heap'
end
begin env LD_PRELOAD="$library" HALLOC_CONF=live:off ./planted known
refused "$pid" 'forbids it: it runs with HALLOC_CONF=live:off'
status_of 1 "$halloc" profile --seconds=1 "$pid"
line_in err "^halloc profile: process $pid: forbids it"
"$halloc" ps >out 2>err
line_in out "^ *$pid +planted +forbids it"
end

cat >headless.c <<'C'
#include <pthread.h>
#include <unistd.h>
static void *go_on(void *main_thread) {
    pthread_join(*(pthread_t *)main_thread, NULL);
    usleep(100000);
    return write(1, "ready\n", 6), pause(), main_thread;
}
int main(void) {
    static pthread_t self, other;
    self = pthread_self();
    pthread_create(&other, NULL, go_on, &self);
    pthread_exit(NULL);
}
C
gcc -o headless headless.c -pthread || die "no program"
begin env LD_PRELOAD="$library" ./headless
refused "$pid" 'its main thread has ended'
end

# A block of no length, as it is seen in the middle of a change: at each place of the table.
mkdir torn
cat >torn/halloc.c <<C # the name by which its structures are found
#include "$source_dir/halloc.c"
int main(int count, char **words) {
    for (int index = 0; index < 40; index++)
        malloc(100000);
    MemoryBlock *block = region.engine.first;
    for (int index = atoi(words[count - 1]); index; index--)
        block = block->next;
    block->size = 0;
    (void)!write(1, "ready\\n", 6);
    pause();
}
C
gcc -O1 -g -w -fno-builtin -DHALLOC_LIBRARY -o torn/torn torn/halloc.c -pthread || die "no program"
for place in 1 8 16; do
    begin ./torn/torn $place
    refused "$pid" 'its heap changes faster than it can be read'
    "$halloc" ps >ps 2>&1 || fail "ps ends with $?: $(cat ps)"
    end
done

cp "$library" libhalloc.so.old
objcopy --strip-all libhalloc.so.old
begin env LD_PRELOAD="$PWD/libhalloc.so.old" ./planted known
refused "$pid" 'stripped'
end

# Only root reads a file that was removed. The same file put there again is as good.
nobody=()
[ "$(id -u)" != 0 ] || nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
chmod 711 .
cp "$halloc" command
for name in libhalloc.so.gone libother.so; do
    cp "$library" $name
    begin "${nobody[@]}" env LD_PRELOAD="$PWD/$name" ./planted known
    rm $name
    status_of 1 "${nobody[@]}" ./command why "$pid"
    line_in err "process $pid: its $name was replaced or removed after it started: restart the process"
    if head -c 1 /proc/"$pid"/map_files/* >map_files 2>&1; then
        "$halloc" ps >ps
        line_in ps "^ *$pid  planted  +[0-9]"
    fi
    cp "$library" $name
    status_of 0 "${nobody[@]}" ./command why "$pid"
    end
done

# Another version: two members of a structure have changed their places, and no size has changed.
mkdir other
cp -r "$source_dir/halloc.c" "$source_dir/halloc.h" "$source_dir/src" other
perl -0pi -e 's/(    void \*\*list;[^\n]*\n)(    void \*free;\n)/$2$1/' other/src/slab/slab.h
cmp -s other/src/slab/slab.h "$source_dir/src/slab/slab.h" && die "nothing was changed: look at this test"
gcc -std=gnu17 -O0 -g -fPIC -shared -fvisibility=hidden -ftls-model=initial-exec -fexceptions -DHALLOC_LIBRARY \
    -o libhalloc.so.other other/halloc.c -pthread || die "the other version does not compile"
begin env LD_PRELOAD="$PWD/libhalloc.so.other" ./planted known
refused "$pid" 'is another version'
end

gcc -static -O1 -o alone planted.c -pthread || die "no static program"
begin ./alone known
refused "$pid" 'is a static program without Halloc'
end

cat >tiny.c <<'C'
void _start(void) { /* writes, then makes system call NEXT: 1 is exit, 29 pause */
    __asm__ volatile("mov $4, %eax; mov $1, %ebx; mov $text, %ecx; mov $6, %edx; int $0x80\n"
                     "again: mov $NEXT, %eax; int $0x80; jmp again\n text: .ascii \"ready\\n\"");
}
C
tiny() { # NAME NEXT
    sed "s/NEXT, %/$2, %/" tiny.c >"$1.c"
    gcc -m32 -nostdlib -static -fno-pie -no-pie -o "$1" "$1.c" 2>err
}
if tiny once 1 && ./once 2>err | grep -q ready && tiny waits 29; then
    begin ./waits
    refused "$pid" 'is a 32-bit program'
    end
else
    echo "32-bit programs do not run here: not tried"
fi

begin env LD_PRELOAD="$library" ./planted known
if [ "$(id -u)" = 0 ]; then
    for command in why metrics; do
        "${nobody[@]}" ./command $command "$pid" >out 2>err && fail "$command: another user may look"
        line_in err "halloc $command: process $pid: .*not permitted"
    done
    "${nobody[@]}" ./command ps >out 2>err || fail "ps: $(cat err)"
    grep -qw "$pid" out && fail "ps lists another user's process"
fi
if command -v gdb >/dev/null; then
    mkfifo go
    gdb -nx -batch -p "$pid" -ex 'shell echo ready' -ex 'shell read -r line <go' >gdb.out 2>&1 &
    soon grep -q '^ready' gdb.out || fail "gdb does not get ready"
    status_of 1 "$halloc" why "$pid"
    line_in err "process $pid: can't be held: a debugger"
    status_of 0 "$halloc" why --no-pause "$pid"
    echo >go
    wait $!
fi
status_of 0 "$halloc" why "$pid"
for wrong in "why" "why -x" "why 1 2" "snapshot -o s" "snapshot x -o s" "snapshot $pid" "metrics" "metrics --all $pid" \
    "top x" "ps x" "map --tty s.snap"; do
    "$halloc" snapshot -o s.snap "$pid" >out 2>err
    status_of 2 "$halloc" $wrong
done
end
finish "refusals"
