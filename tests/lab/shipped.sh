#!/bin/bash
# Every policy that halloc has passes the check that learners' policies must pass; and the example does.
. "$(dirname "$0")/lib.sh"
seen=0
for file in "$source_dir"/src/engine/fit/*.c; do
    name=$(basename "$file" .c)
    sed -E "s#\"\.\./\.\./#\"$source_dir/src/#; s#\"\.\./#\"$source_dir/src/engine/#; s/^INTERNAL_DEFINE //; s/policy fit_$name\b/policy halloc_user_policy/" \
        "$file" >"$name.c"
    status_of 0 "$halloc" lab check "$name.c"
    seen=$((seen + 1))
done
[ $seen -ge 6 ] || fail "only $seen policies were found"
status_of 0 "$halloc" lab check "$source_dir/examples/my_policy.c" --strict
finish "$seen policies"
