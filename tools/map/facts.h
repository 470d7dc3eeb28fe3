/*
 * facts.h - the history of an object: when it began and ended, its call site, its thread.
 *
 * A heap knows only which object is in each block. A drawing or an explanation needs more about a few
 * objects, for example those live at one moment. So the user names the objects, and then reads the trace
 * once.
 *
 *      struct facts facts = {0};
 *      facts_want(&facts, object);            // any number, each as often as you like
 *      facts_find(&facts, trace);             // one pass over the trace
 *      const struct fact *fact = facts_of(&facts, object);
 *      facts_free(&facts);
 */
#ifndef HALLOC_MAP_FACTS_H
#define HALLOC_MAP_FACTS_H

#include "../trace/read/live.h"
#include "../trace/read/reader.h"

#define FACT_NEVER UINT64_MAX

struct fact {
    uint64_t object, size;
    uint64_t born; /* the operation that began it                                  */
    uint64_t died; /* the operation that ended it; FACT_NEVER: live at the end      */
    uint32_t site, thread;
};

struct facts {
    struct fact *all; /* in order of object, after facts_find */
    size_t count, room;
    struct live index; /* object -> its place in `all` */
    bool failed;       /* out of memory */
};

void facts_want(struct facts *facts, uint64_t object);
/* False: out of memory, now or in an earlier facts_want. */
bool facts_find(struct facts *facts, const struct trace *trace);
/* NULL: it was not wanted. */
const struct fact *facts_of(const struct facts *facts, uint64_t object);
/* Its place in `all`. */
size_t facts_place(const struct facts *facts, uint64_t object);
void facts_free(struct facts *facts);

#endif
