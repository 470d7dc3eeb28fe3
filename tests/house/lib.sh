# lib.sh - what the tests of the house share: they look at the sources, in whose folder they work.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
set -eo pipefail
cd "$source_dir"

# The public names: what halloc.h marks HALLOC_API. The preprocessor drops comments, so they can't mislead.
api_names() {
    sed 's/^#define HALLOC_API.*//; s/^#define HALLOC_MALLOC.*//' halloc.h |
        gcc -E -P -D'HALLOC_API=@@' -D'HALLOC_MALLOC=' -x c - | tr '\n' ' ' | grep -oE '@@[^;]*;' |
        sed -E 's/^@@[^(;]*[ *]([A-Za-z_0-9]+) *[(;[].*/\1/' | sort -u
}
