#!/bin/bash
# packaging/abi: without a release it says so; it allows a new function and private changes since the last one; it names
# the type of halloc.h that changed, and the function that is gone.
. "$(dirname "$0")/lib.sh"
set +e # status_of wants failures

command -v abidiff >/dev/null || skip "no abidiff"
git -C "$source_dir" rev-parse >/dev/null 2>&1 || skip "not a clone, so git can't list the files"
git init -q "a clone"
(cd "$source_dir" && git ls-files -z --deduplicate | xargs -0 cp -P --parents -t "$work/a clone")
commit() {
    git -C "a clone" add --force . && git -C "a clone" -c user.name=us -c user.email=us@example.org commit -q -m "$1"
}
edit() { # WHAT FILE... of the clone
    (cd "a clone" && sed -i "$@")
}
abi="a clone/packaging/abi"
commit "A release"
status_of 0 "$abi"
equal "without a release" 1 "$(wc -l <out)"
line_in out 'no earlier release has a tag'
git -C "a clone" tag v1.0.0
status_of 0 "$abi" # not with itself
line_in out 'no earlier release has a tag'
status_of 1 "$abi" v0.9.0
line_in err 'there is no tag v0.9.0'

# A new function, and a change of what halloc.h does not define.
edit 's/^struct halloc_heap {$/&\n    size_t planted;/' src/classic/heap.h
edit 's/^HALLOC_API const char \*halloc_version(void);/HALLOC_API int halloc_planted(void);\n&/' halloc.h
echo 'HALLOC_API int halloc_planted(void) { return 1; }' >>"a clone/src/classic/original.c"
commit "More"
status_of 0 "$abi"
line_in out '^new since v1.0.0: halloc_planted$'
line_in out '^libhalloc.so has all that it had in v1.0.0$'

# A struct of halloc.h grows, and a function is gone.
edit 's/^    size_t split_bytes; .*/    size_t planted;\n&/' halloc.h
edit 's/halloc_planted(void)/halloc_zalloc_planted(void)/' halloc.h src/classic/original.c
edit 's/\bhalloc_zalloc\b/halloc_zeroed_planted/' halloc.h src/malloc.c
commit "Other"
status_of 1 "$abi" v1.0.0
line_in out 'halloc_zalloc'
line_in out "1 data member insertion"
line_in err 'programs built with v1.0.0 would break'
finish "what packaging/abi says"
