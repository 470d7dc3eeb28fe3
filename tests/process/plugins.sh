#!/bin/bash
# Libraries that come and go: opened and closed while threads work, allocating in their constructors and
# destructors and thread-local objects; and libhalloc itself, opened late and closed.
. "$(dirname "$0")/lib.sh"

compile_library plugin <<'END'
#include <stdlib.h>
#include <string.h>
static void *kept;
static __thread char *of_thread;
__attribute__((constructor)) static void begin(void) { kept = memset(malloc(7000), 1, 7000); }
__attribute__((destructor)) static void end(void) { free(kept); free(realloc(malloc(10), 50000)); }
void *plugin_make(size_t size) { of_thread = of_thread ? of_thread : strdup("mine"); return malloc(size); }
void plugin_end_thread(void) { free(of_thread); of_thread = NULL; }
END
compile host <<'END'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static void *work(void *argument) {
    for (int round = 0; round < 150; round++) {
        void *plugin = dlopen("./plugin.so", RTLD_NOW | RTLD_LOCAL);
        if (!plugin)
            return (void *)dlerror();
        void *(*make)(size_t) = (void *(*)(size_t))dlsym(plugin, "plugin_make");
        void (*end)(void) = (void (*)(void))dlsym(plugin, "plugin_end_thread");
        char *first = make(100), *second = make(100000);
        memset(first, 1, 100), memset(second, 2, 100000);
        end();
        dlclose(plugin);
        free(first); /* outlive the plugin */
        free(second);
    }
    return argument;
}
int main(void) {
    pthread_t threads[4];
    for (int index = 0; index < 4; index++)
        pthread_create(&threads[index], NULL, work, NULL);
    for (int index = 0; index < 4; index++) {
        void *error;
        pthread_join(threads[index], &error);
        if (error)
            return puts(error), 1;
    }
    puts("done");
}
END
for conf in "" heap:classic; do
    [[ $(HALLOC_CONF=$conf on_halloc -- ./host) == "done" ]] || die "plugins, HALLOC_CONF=$conf"
done

# A constructor that waits for a thread of its own, which begins another one: dlopen's lock is held all the time.
compile_library starts_threads <<'END'
#include <pthread.h>
static void *inner(void *argument) { return argument; }
static void *outer(void *argument) {
    pthread_t thread;
    return pthread_create(&thread, NULL, inner, argument) ? NULL : (pthread_join(thread, NULL), argument);
}
__attribute__((constructor)) static void begin(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, outer, NULL) == 0)
        pthread_join(thread, NULL);
}
END
compile opens <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void) { puts(dlopen("./starts_threads.so", RTLD_NOW) ? "done" : dlerror()); }
END
[[ $(on_halloc -- ./opens) == "done" ]] || die "a constructor that waits for threads: status $?"

# Opened late, under its prefixed names; closed while threads with caches live, and go on after it.
compile late <<'END'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static void *(*make)(size_t);
static void (*end)(void *);
static pthread_barrier_t barrier;
static void *work(void *argument) {
    char *mine = make(500);
    memset(mine, 1, 500);
    pthread_barrier_wait(&barrier); /* the library is closed */
    pthread_barrier_wait(&barrier);
    end(mine);
    return argument;
}
int main(int count, char **arguments) {
    (void)count;
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return puts(dlerror()), 1;
    make = (void *(*)(size_t))dlsym(library, "halloc_malloc");
    end = (void (*)(void *))dlsym(library, "halloc_free");
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, work, NULL);
    pthread_barrier_wait(&barrier);
    dlclose(library);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL); /* the destructor of its cache runs now: its code must still be there */
    puts("done");
}
END
[[ $(./late "$library") == "done" ]] || die "libhalloc opened late and closed early"

# Out of memory in the operators new: the C++ runtime may come with a plugin, or not at all.
compile out_of_memory <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **arguments) {
    void *plugin = dlopen(count > 1 ? arguments[1] : NULL, RTLD_NOW | RTLD_LOCAL);
    if (!plugin)
        return puts(dlerror()), 1;
    if (count > 1)
        return ((int (*)(void))dlsym(plugin, "plugin"))();
    return ((void *(*)(size_t))dlsym(plugin, "_Znwm"))((size_t)1 << 62) == NULL;
}
END
for conf in "" misuse:warn heap:classic; do
    status=0
    HALLOC_CONF=$conf on_halloc -- ./out_of_memory 2>err || status=$?
    ((status == 134)) || die "new without a C++ runtime, $conf: status $status, not abort's: $(<err)"
    [[ $(grep -c "operator new: out of memory" err) == 1 ]] || die "new without a runtime, $conf: $(<err)"
done
if command -v "${CXX:-g++}" >/dev/null; then
    cat >cplusplus.cpp <<'END'
#include <cstdio>
#include <new>
static int called;
extern "C" int plugin() {
    volatile std::size_t huge = (std::size_t)1 << 62;
    std::set_new_handler([] { called++, std::set_new_handler(nullptr); });
    try {
        return std::printf("got %p\n", ::operator new(huge));
    } catch (const std::bad_alloc &) {
        std::printf("bad_alloc, called %d times\n", called);
    }
    std::printf("nothrow %s\n", ::operator new(huge, std::nothrow) ? "got it" : "NULL");
    return 0;
}
END
    "${CXX:-g++}" -O1 -fPIC -shared -o cplusplus.so cplusplus.cpp
    for conf in "" misuse:warn heap:classic; do
        text=$(HALLOC_CONF=$conf on_halloc -- ./out_of_memory ./cplusplus.so) || text+=" and status $?"
        [[ $text == $'bad_alloc, called 1 times\nnothrow NULL' ]] || die "new in a plugin, $conf: $text"
    done
fi

# --- RTLD_DEEPBIND ---------------------------------------------------------------------------------

# A plugin that is bound to libc first gives memory to the program, takes some, and is found by the RUNPATH of the
# library that opens it.
mkdir -p inner/deeper
compile_library deep <<'END'
#include <stdlib.h>
#include <string.h>
char *give(void) { return strdup("from the plugin"); }
void take(char *text) { free(text); }
END
mv deep.so inner/deeper/only_there.so
compile_library opener -Wl,-rpath,'$ORIGIN/deeper' -Wl,--enable-new-dtags <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
void *opener(void) {
    void *plugin = dlopen("only_there.so", RTLD_NOW | RTLD_DEEPBIND);
    return plugin;
}
END
mv opener.so inner/opener.so
compile deepbind inner/opener.so -Wl,-rpath,inner <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
void *opener(void);
int main(void) {
    void *plugin = opener();
    if (!plugin)
        return puts(dlerror()), 1;
    if (dlopen("only_there.so", RTLD_NOW)) /* loaded already: found by its name */
        puts("loaded");
    char *text = ((char *(*)(void))dlsym(plugin, "give"))();
    puts(text);
    free(text);
    ((void (*)(char *))dlsym(plugin, "take"))(strdup("to the plugin"));
    return dlopen("there_is_none.so", RTLD_NOW | RTLD_DEEPBIND) != NULL;
}
END
text=$(on_halloc -- ./deepbind) || die "a plugin with RTLD_DEEPBIND: status $?, $text"
[[ $text == $'loaded\nfrom the plugin' ]] || die "a plugin with RTLD_DEEPBIND: $text"

# --- Names that a plugin has too ---------------------------------------------------------------------

compile_library namesake <<'END'
#include <stdlib.h>
int splitBlock(int at) { return at + 1; }
int findFreeBlock(int at) { return splitBlock(at) + 1; }
int plugin(void) { free(malloc(100)); return findFreeBlock(40) != 42; }
END
on_halloc -- ./out_of_memory ./namesake.so || die "a plugin with a splitBlock of its own: status $?"

# --- libc's own second names ---------------------------------------------------------------------------

compile second_names <<'END'
#include <stdlib.h>
void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
void __libc_free(void *);
void *__libc_memalign(size_t, size_t), *__libc_valloc(size_t), *__libc_pvalloc(size_t);
int main(void) {
    free(__libc_malloc(100));
    __libc_free(malloc(100));
    free(__libc_realloc(__libc_calloc(3, 30), 500));
    free(__libc_memalign(64, 10));
    free(__libc_valloc(10));
    free(__libc_pvalloc(10));
}
END
on_halloc -- ./second_names || die "libc's second names: status $?"
echo "plugins come and go"
