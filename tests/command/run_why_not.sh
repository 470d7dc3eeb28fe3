#!/bin/bash
# halloc run says when a program did not run on halloc, and why: by its file.
. "$(dirname "$0")/lib.sh"
program requests

says() { # REASON COMMAND...: status 0, one line with the reason, and the same in JSON
    local reason=$1
    shift
    status_of 0 "$halloc" run -- "$@"
    line_in err "^halloc run: .*: exit status 0 after .*; no processes on halloc$"
    line_in err "^halloc run: the program did not run on halloc: $reason$"
    run_json "$@"
    equal "on halloc, $*" "False []" "$(reported '"%s %s" % (report["on_halloc"], all)')"
    reported 'report["why_not"]' | grep -qE "^$reason$" || fail "why not, $*: $(reported 'report["why_not"]')"
}

mkdir static static-pie
(cd static && program requests -static)
says "it is statically linked" static/requests exact 5 0
(cd static-pie && program requests -static-pie)
says "it is statically linked" static-pie/requests exact 5 0
printf '#!%s/static/requests exact\n' "$work" >script
chmod +x script
says "it is statically linked" ./script
(PATH=$work/static:$PATH && says "it is statically linked" requests exact 5 0; exit $failures) || failures=$((failures + 1))

# A malloc of the program's own comes before ours.
compile own <<'C'
#include <stddef.h>
static char memory[4096];
static size_t used;
void *malloc(size_t size) { void *ptr = memory + used; used += (size + 15) & ~(size_t)15; return ptr; }
void free(void *ptr) { (void)ptr; }
void *calloc(size_t count, size_t size) { return malloc(count * size); }
void *realloc(void *ptr, size_t size) { (void)ptr; return malloc(size); }
int main(void) { return malloc(10) ? 0 : 1; }
C
says "it has a malloc of its own" ./own
says "it asked for no memory" ./requests nothing

# Another linker: here the same one by another name, asked for nothing, so that there is no record.
cp -L "$(gcc -print-file-name=ld-linux-x86-64.so.2)" ld-other 2>/dev/null ||
    cp -L "$(gcc -print-file-name=ld-linux-aarch64.so.1)" ld-other
mkdir other
(cd other && program requests -Wl,--dynamic-linker="$work/ld-other")
says "its dynamic linker is $work/ld-other, the library's is /lib.*" other/requests nothing

if [ "$(id -u)" -eq 0 ]; then
    chmod 755 "$work"
    cp requests setuid && chown nobody setuid && chmod 4755 setuid
    if [ "$(findmnt -no OPTIONS -T . 2>/dev/null | grep -c nosuid)" -eq 0 ]; then
        says "it is set-user-ID, so the dynamic linker ignores LD_PRELOAD" ./setuid exact 5 0
        cp requests setgid && chgrp nogroup setgid && chmod 2755 setgid
        says "it is set-group-ID, so the dynamic linker ignores LD_PRELOAD" ./setgid exact 5 0
    else
        echo "note: set-user-ID programs mean nothing on this file system"
    fi
    cp requests setroot && chmod 4755 setroot # root's, run by root: no privilege is gained
    run_json ./setroot exact 5 0
    equal "set-user-ID to who we are" True "$(reported 'report["on_halloc"]')"
    says "it asked for no memory" ./setroot nothing
else
    echo "note: not root, so no set-user-ID program was made"
fi
run_json ./requests exact 5 0
equal "one that did" "True None" "$(reported '"%s %s" % (report["on_halloc"], report["why_not"])')"
finish "static, privileged, own malloc, no requests"
