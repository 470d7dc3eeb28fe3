/*
 * hash_tables.c - tables of strings: a node and a key of its own for each entry, buckets that double.
 *
 * Stresses a mix that dictionaries everywhere have: two small blocks an entry, of different classes, one large
 * block now and then that doubles, lookups in between, entries deleted and put in again.
 * A good allocator keeps entries dense and lets the old buckets' memory serve again.
 */
#include "workload.h"

struct entry {
    struct entry *next;
    uint64_t hash;
    char *key;
};

struct table {
    struct entry **bucket;
    size_t buckets, entries;
};

static void grow(struct table *table) {
    size_t buckets = table->buckets ? 2 * table->buckets : 8;
    struct entry **bucket = calloc(buckets, sizeof *bucket);
    for (size_t i = 0; i < table->buckets; i++) {
        for (struct entry *entry = table->bucket[i], *next; entry; entry = next) {
            next = entry->next;
            entry->next = bucket[entry->hash % buckets];
            bucket[entry->hash % buckets] = entry;
        }
    }
    free(table->bucket);
    *table = (struct table){bucket, buckets, table->entries};
}

static struct entry **place_of(struct table *table, uint64_t hash) {
    struct entry **place = &table->bucket[hash % table->buckets];
    while (*place && (*place)->hash != hash)
        place = &(*place)->next;
    return place;
}

static void put(struct table *table, uint64_t hash) {
    if (table->entries >= table->buckets)
        grow(table);
    struct entry **place = place_of(table, hash);
    if (*place)
        return;
    size_t length = 8 + hash % 40;
    struct entry *entry = take(sizeof *entry);
    *entry = (struct entry){.hash = hash, .key = take(length)};
    memset(entry->key, 'k', length);
    *place = entry;
    table->entries++;
}

static void drop(struct table *table, struct entry **place) {
    struct entry *entry = *place;
    *place = entry->next;
    free(entry->key);
    free(entry);
    table->entries--;
}

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    size_t rounds = scaled(12, 1), keys = scale < 1 ? scaled(60e3, 100) : 60000, calls = 0;
    for (size_t round = 0; round < rounds; round++) {
        struct table table = {0};
        struct dice dice = dice_for(600 + round);
        for (size_t i = 0; i < 2 * keys; i++) {
            uint64_t hash = below(&dice, keys) * 0x9e3779b97f4a7c15;
            put(&table, hash);
            struct entry **place = place_of(&table, below(&dice, keys) * 0x9e3779b97f4a7c15);
            if (*place && i % 3 == 0)
                drop(&table, place);
        }
        for (size_t i = 0; i < table.buckets; i++)
            while (table.bucket[i])
                drop(&table, &table.bucket[i]);
        free(table.bucket);
        calls += 2 * keys;
    }
    figure("operations", (double)calls);
}
