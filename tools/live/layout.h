/*
 * layout.h - where a file with Halloc in it has the library's variables, and whether its structures are ours.
 *
 * This command is compiled from the same headers as the library. So it reads the structures of a process
 * with its own types, if that process runs a build whose types are the same. The debugging information of
 * that very file tells: each member that is read is compared, with its place and its size. It may lie in the
 * file, or where the system keeps it by build id.
 */
#ifndef HALLOC_LIVE_LAYOUT_H
#define HALLOC_LIVE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

struct layout {
    char build_id[64]; /* hexadecimal; "": it has none */
    uint64_t first;    /* the address that the file's first byte wants */
    bool has_halloc;
    /* Addresses of variables, as the file has them. */
    uint64_t region, caches, conf, counters, counting, slot_bytes_table, sites, guarded;
};

/* Returns NULL, or why this file's processes can't be read. has_halloc is set in any case. */
const char *layout_read(const char *path, struct layout *layout);

#endif
