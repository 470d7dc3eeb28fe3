#!/bin/bash
# Programs at a limit of their memory, HALLOC_CONF=limit: they get most of it, then NULL, and go on. In a container they
# end by themselves, not by the kernel.
. "$(dirname "$0")/lib.sh"

limited() { # SIZE COMMAND...
    HALLOC_CONF=limit:$1 on_halloc -- "${@:2}"
}

# --- C++: new asks its handler, then throws ------------------------------------------------------------------

cat >throws.cpp <<'END'
#include <cstdio>
#include <cstring>
#include <new>
static char *cache[1000];
static int handled;
static void handler() {
    if (handled++) std::set_new_handler(nullptr);
    else for (char *&each : cache) { delete[] each; each = nullptr; }
}
int main() {
    int first = 0, second = 0;
    try { for (; first < 200; first++) memset(cache[first] = new char[1 << 20], 1, 1 << 20); } catch (const std::bad_alloc &) {}
    std::set_new_handler(handler);
    char *large = new char[30 << 20]; // with what the handler freed
    memset(large, 1, 30 << 20);
    try { for (; second < 200; second++) memset(new char[1 << 20], 1, 1 << 20); } catch (const std::bad_alloc &) {}
    printf("%d MiB, then 30 and %d, handled %d\n", first, second, handled);
    return first < 30 || second > first - 29 || handled != 2;
}
END
g++ -O1 -Wall -Wextra -fno-builtin -o throws throws.cpp || die "throws.cpp does not compile"
limited 64M ./throws >out 2>err || fail "bad_alloc at a limit: status $?: $(cat out err)"
[[ $(cat out) =~ ^6[0-3]\ MiB ]] || fail "of 64 MiB C++ had $(cat out)"
(ulimit -v 60000 && limited 64M ./throws >out 2>err) || fail "the same with few addresses: status $?: $(cat out err)"
[[ $(cat out) =~ ^[3-5][0-9]\ MiB ]] || fail "of some 60 MiB of addresses C++ had $(cat out)"

# --- A cache of eight threads that fork: the hook frees it ---------------------------------------------------

compile cache -D_GNU_SOURCE <<'END'
#include <dlfcn.h>
#include <halloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
enum { ENTRIES = 4096, THREADS = 8 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char *cached[ENTRIES];
static atomic_int calls, failures;
static pid_t parent;
static void free_cache(size_t bytes, void *argument) {
    (void)bytes;
    calls++;
    if (argument != cached || getpid() != parent) return; /* in a child a thread that is gone may hold the mutex */
    pthread_mutex_lock(&mutex);
    for (int entry = 0; entry < ENTRIES; entry++) { free(cached[entry]); cached[entry] = NULL; }
    pthread_mutex_unlock(&mutex);
}
static void *work(void *argument) {
    unsigned seed = (unsigned)(size_t)argument;
    for (int turn = 0; turn < 6000; turn++) {
        seed = seed * 1103515245 + 12345;
        size_t size = 1 + (seed >> 8) % (turn % 50 ? 30000 : 900000);
        char *made = malloc(size), *old;
        if (!made) { failures++; continue; }
        memset(made, 1, size);
        pthread_mutex_lock(&mutex);
        old = cached[(seed >> 16) % ENTRIES];
        cached[(seed >> 16) % ENTRIES] = made;
        pthread_mutex_unlock(&mutex);
        free(old);
        if (turn % 1000 == 999 && fork() == 0) { free(malloc(1000000)); _exit(0); }
    }
    return argument;
}
int main(void) {
    void (*set)(halloc_limit_hook *, void *);
    bool (*is_sound)(const char **);
    *(void **)&set = dlsym(RTLD_DEFAULT, "halloc_set_limit_hook");
    *(void **)&is_sound = dlsym(RTLD_DEFAULT, "halloc_process_check");
    parent = getpid();
    set(free_cache, cached);
    pthread_t thread[THREADS];
    for (size_t i = 0; i < THREADS; i++) pthread_create(&thread[i], NULL, work, (void *)(i + 1));
    for (size_t i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    int status, children = 0;
    while (wait(&status) > 0) children += status == 0;
    const char *broken = "nothing";
    bool sound = is_sound(&broken);
    printf("%d calls, %d failures, %d children; broken: %s\n", calls, failures, children, sound ? "nothing" : broken);
    return !sound || calls == 0 || failures > 500 || children != 6 * THREADS;
}
END
limited 24M ./cache >out 2>err || fail "eight threads, forks, and a hook that frees a cache: status $?: $(cat out err)"
(ulimit -v 300000 && limited 24M ./cache >out 2>err) || fail "the same under ulimit -v: status $?: $(cat out err)"

# --- realloc gets what there is: it asks for an eighth more only where that fits ----------------------------

compile grow <<'END'
#include <stdlib.h>
#include <string.h>
int main(void) {
    size_t mib = 1 << 20;
    char *block = memset(malloc(24 * mib), 7, 24 * mib);
    block = realloc(block, 37 * mib);
    return !block || block[24 * mib - 1] != 7;
}
END
for conf in limit:64M limit:64M,harden:on; do
    HALLOC_CONF=$conf on_halloc -- ./grow || fail "$conf: 24 MiB do not grow to 37, of 64"
done

# --- Python goes on after a MemoryError ----------------------------------------------------------------------

cat >fill.py <<'END'
import os, sys
held = []
try:
    while len(held) < 200: # more is a failure, and not the end of the machine
        held.append(bytearray(1 << 20))
    sys.exit("no MemoryError")
except MemoryError:
    count = len(held)
    held.clear()
words = []
try:
    while len(words) < 4000000:
        words.append("word %d" % len(words))
except MemoryError:
    words.clear()
child = os.fork()
if child == 0:
    try:
        bytearray(10 << 30)
    except MemoryError:
        os._exit(5)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(count, peak // 1024)
END
export PYTHONMALLOC=malloc
python=/usr/bin/python3
limited 64M $python fill.py >out 2>err || fail "python3 at its limit: status $?: $(cat out err)"
read -r count peak <out
((count > 45 && count < 64 && peak < 80)) || fail "python3 got $count MiB of 64, with a peak of $peak"

# --- A container -------------------------------------------------------------------------------------------

# A container of our own, below the one that we are in.
make_container() { # SIZE: its folder into $container
    local own
    if own=$(grep -o ':memory:.*' /proc/self/cgroup); then
        container=/sys/fs/cgroup/memory${own#:memory:}/halloc-test-$$
        mkdir "$container" && echo "$1" >"$container/memory.limit_in_bytes"
    else
        own=$(sed -n 's/^0:://p' /proc/self/cgroup)
        container=/sys/fs/cgroup$own/halloc-test-$$
        mkdir "$container" && echo "$1" >"$container/memory.max"
    fi
}
inside() { # COMMAND...: in the container
    bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$container" "$@"
}
remove_container() {
    [[ ! -d $container ]] || soon rmdir "$container"
}
trap 'status=$?; remove_container; leave $status' EXIT
how="no container could be made"
if { make_container 64M && inside true; } 2>/dev/null; then
    HALLOC_CONF=limit:cgroup LD_PRELOAD=$library inside $python fill.py >out 2>err ||
        fail "python3 in a container: status $?: $(cat out err)"
    read -r count peak <out
    ((count > 40 && count < 64)) || fail "python3 got $count MiB of its container's 64"
    { LD_PRELOAD=$library inside $python fill.py >out 2>err; } 2>/dev/null &&
        fail "without limit:cgroup the container's limit was not met: $(cat out)"
    how="in a container"
fi

# The kernel's files replaced, for this process alone. The sums stay as they are, so nothing may be written to.
mkdir -p fake/pod/box
echo max >fake/pod/box/memory.max
echo 1000 >fake/pod/box/memory.current
echo $((64 << 20)) >fake/pod/memory.max
echo $((30 << 20)) >fake/pod/memory.current
printf 'anon 0\ninactive_file %d\n' $((16 << 20)) >fake/pod/memory.stat
echo 0::/pod/box >cgroup
compile promises <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    size_t count = 0;
    while (count < 1000 && malloc(1 << 20)) count++;
    return printf("%zu\n", count) < 0;
}
END
if unshare -m true 2>/dev/null; then
    unshare -m bash -c 'mount --bind fake /sys/fs/cgroup && mount --bind cgroup /proc/$$/cgroup &&
        HALLOC_CONF=limit:cgroup LD_PRELOAD=$0 exec ./promises' "$library" >out 2>err ||
        fail "the kernel's files replaced: status $?: $(cat err)"
    count=$(cat out)
    ((count >= 45 && count <= 50)) || fail "a container with 48 MiB left: $count"
    # Version 1, with a path for each of many controllers: more text than is read, and none of it tells of memory.
    mkdir fake/memory
    echo $((64 << 20)) >fake/memory/memory.limit_in_bytes
    echo 1000 >fake/memory/memory.usage_in_bytes
    pod=/kubepods.slice/$(printf '%0150d' 0)/$(printf '%064d' 0)
    for number in {14..3}; do echo "$number:controller$number:$pod"; done >cgroup
    printf '2:memory:%s\n1:name=systemd:%s\n0::%s\n' "$pod" "$pod" "$pod" >>cgroup
    unshare -m bash -c 'mount --bind fake /sys/fs/cgroup && mount --bind cgroup /proc/$$/cgroup &&
        HALLOC_CONF=limit:cgroup LD_PRELOAD=$0 exec ./promises' "$library" >out 2>err ||
        fail "a long list of cgroups: status $?: $(cat err)"
    count=$(cat out)
    ((count >= 58 && count <= 64)) || fail "a container of version 1 with 64 MiB and long paths: $count"
    how+="; and with the kernel's files replaced"
fi
finish "limits, $how"
