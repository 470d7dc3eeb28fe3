/*
 * import_rep.c - traces of the malloc lab of CS:APP (Bryant and O'Hallaron), `.rep`, and of the one of
 * Stanford's CS107, `.script`.
 *
 *      20000000        heap size hint     |   1        weight
 *      2               ids                |   2        ids
 *      4               operations         |   4        operations
 *      1               weight             |   4096     most bytes
 *      a 0 512         malloc of 512 bytes, named 0
 *      r 0 640         realloc
 *      f 0             free; a negative id is free(NULL)
 *
 * There are two headers of four numbers, old (left) and new. The new one begins with a weight, which is
 * small; the old one begins with a heap size. The header does not change the meaning of the operations. An
 * id may be used again after its free. A realloc of an id that is not in use is a malloc.
 *
 * A script has the same lines without a header, and lines that begin with #, which say something to people.
 */
#include "import.h"
#include "../base/progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define IDS_MOST (UINT64_C(1) << 28) /* a table of 2 GiB */

struct ids {
    uint64_t *objects; /* TRACE_UNKNOWN: not in use */
    uint64_t room;
};

static bool is_in_use(const struct ids *ids, uint64_t id) {
    return id < ids->room && ids->objects[id] != TRACE_UNKNOWN;
}

static uint64_t *id_place(struct import *import, struct ids *ids, uint64_t id) {
    if (id >= IDS_MOST) {
        import_wrong(import, "an id of %" PRIu64 " is too large", id);
        return NULL;
    }
    if (id >= ids->room) {
        uint64_t room = id < 1024 ? 1024 : 2 * id;
        uint64_t *moved = reallocarray(ids->objects, room, sizeof *moved);
        if (!moved) {
            import_wrong(import, "out of memory");
            return NULL;
        }
        for (uint64_t at = ids->room; at < room; at++)
            moved[at] = TRACE_UNKNOWN;
        ids->objects = moved;
        ids->room = room;
    }
    return &ids->objects[id];
}

static bool allocate(struct import *import, struct ids *ids, uint64_t id, uint64_t size, bool resize) {
    bool used = is_in_use(ids, id);
    uint64_t *place = id_place(import, ids, id);
    if (!place)
        return false;
    if (used && !resize)
        return import_wrong(import, "id %" PRIu64 " is allocated, and still in use", id);
    *place = used ? trace_write_realloc(import->writer, 0, *place, size)
                  : trace_write_begin(import->writer, 0, OPERATION_MALLOC, size, 0);
    return true;
}

static bool release(struct import *import, struct ids *ids, int64_t id) {
    if (id < 0) {
        trace_write_event(import->writer, 0, OPERATION_FREE_NULL);
        return true;
    }
    if (!is_in_use(ids, (uint64_t)id))
        return import_wrong(import, "id %" PRId64 " is freed, and not in use", id);
    trace_write_free(import->writer, 0, ids->objects[id]);
    ids->objects[id] = TRACE_UNKNOWN;
    return true;
}

static bool take_line(struct import *import, struct ids *ids) {
    char kind, end;
    int64_t id;
    uint64_t size;
    int found = sscanf(import->line, " %c %" SCNd64 " %" SCNu64 " %c", &kind, &id, &size, &end);
    if (found == 2 && kind == 'f')
        return release(import, ids, id);
    if (found == 3 && (kind == 'a' || kind == 'r') && id >= 0 && !strchr(import->line + 1, '-') &&
        size < UINT64_C(1) << 56)
        return allocate(import, ids, (uint64_t)id, size, kind == 'r');
    return import_wrong(import, "neither 'a ID SIZE', 'r ID SIZE' nor 'f ID': %.40s", import->line);
}

/* The header: four numbers, each on a line. */
static bool take_header(struct import *import, uint64_t numbers[4]) {
    for (unsigned at = 0; at < 4; at++) {
        char end;
        if (at && !import_line(import))
            return import_wrong(import, "ends in the header, which has four numbers");
        if (sscanf(import->line, " %" SCNu64 " %c", &numbers[at], &end) != 1)
            return import_wrong(import, "the header is four numbers, each on a line; here is: %.40s",
                                import->line);
    }
    return true;
}

/* From the line that was read already. */
static bool take_lines(struct import *import) {
    struct ids ids = {0};
    bool good = true;
    do {
        if (import->line[strspn(import->line, " \t")] == '#')
            continue;
        good = take_line(import, &ids);
        import->operations += good;
        if (import->number % 65536 == 0)
            progress_show("importing", import->offset, import->length);
    } while (good && import_line(import));
    free(ids.objects);
    return good;
}

bool import_rep(struct import *import) {
    uint64_t header[4];
    if (!take_header(import, header))
        return false;
    bool good = !import_line(import) || take_lines(import);
    /* Both headers have the number of operations in third place. */
    if (good && import->operations != header[2])
        return import_wrong(import, "the header promises %" PRIu64 " operations, here are %" PRIu64,
                            header[2], import->operations);
    return good;
}

bool import_script(struct import *import) {
    return take_lines(import);
}
