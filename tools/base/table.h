/*
 * table.h - maps keys to numbers. The keys can be any numbers but KEY_NONE: addresses, sizes. (For objects
 * live.h is faster.)
 *
 * A hash table with open addressing and linear probing, at most half full. A removal moves later entries
 * up, so there are no tombstones (Knuth, TAOCP 3, 6.4, algorithms L and R).
 */
#ifndef HALLOC_TRACE_TABLE_H
#define HALLOC_TRACE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define KEY_NONE UINT64_MAX

struct table_entry {
    uint64_t key; /* KEY_NONE: empty */
    uint64_t value;
};

struct table {
    struct table_entry *entries;
    size_t room; /* a power of two, or 0 */
    size_t count;
};

static inline size_t table_place(const struct table *table, uint64_t key) {
    return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (table->room - 1);
}

static inline struct table_entry *table_find(const struct table *table, uint64_t key) {
    if (!table->count || key == KEY_NONE)
        return NULL;
    for (size_t at = table_place(table, key);; at = (at + 1) & (table->room - 1)) {
        if (table->entries[at].key == key)
            return &table->entries[at];
        if (table->entries[at].key == KEY_NONE)
            return NULL;
    }
}

static inline void table_put(struct table *table, struct table_entry entry) {
    size_t at = table_place(table, entry.key);
    while (table->entries[at].key != KEY_NONE)
        at = (at + 1) & (table->room - 1);
    table->entries[at] = entry;
}

static inline bool table_grow(struct table *table) {
    struct table larger = *table;
    larger.room = table->room ? 2 * table->room : 1024;
    larger.entries = malloc(larger.room * sizeof *larger.entries);
    if (!larger.entries)
        return false;
    for (size_t at = 0; at < larger.room; at++)
        larger.entries[at].key = KEY_NONE;
    for (size_t at = 0; at < table->room; at++)
        if (table->entries[at].key != KEY_NONE)
            table_put(&larger, table->entries[at]);
    free(table->entries);
    *table = larger;
    return true;
}

/* False: out of memory. The key must not be there, and not be KEY_NONE. */
static inline bool table_add(struct table *table, uint64_t key, uint64_t value) {
    if (2 * table->count >= table->room && !table_grow(table))
        return false;
    table_put(table, (struct table_entry){key, value});
    table->count++;
    return true;
}

/* False: the key is not there. *was gets the removed value. */
static inline bool table_remove(struct table *table, uint64_t key, struct table_entry *was) {
    struct table_entry *found = table_find(table, key);
    if (!found)
        return false;
    *was = *found;
    table->count--;
    size_t hole = (size_t)(found - table->entries), mask = table->room - 1;
    for (size_t at = (hole + 1) & mask; table->entries[at].key != KEY_NONE; at = (at + 1) & mask) {
        size_t home = table_place(table, table->entries[at].key);
        if (((at - home) & mask) >= ((at - hole) & mask)) { /* a search for it passes the hole */
            table->entries[hole] = table->entries[at];
            hole = at;
        }
    }
    table->entries[hole].key = KEY_NONE;
    return true;
}

static inline void table_free(struct table *table) {
    free(table->entries);
    *table = (struct table){0};
}

#endif
