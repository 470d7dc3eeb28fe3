/*
 * fuzz_conf.c - any text as HALLOC_CONF: it is understood or complained about, and what it sets can be used.
 */
#define HALLOC_LIBRARY
#define HALLOC_NO_OVERRIDE 1
#include "../../halloc.c"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    char *text = malloc(length + 1); /* of its own, so that a read behind its end shows */
    must(text);
    memcpy(text, bytes, length);
    text[length] = 0;
    parse("HALLOC_CONF", text);
    free(text);
    must(conf.heap <= CONF_HEAP_CLASSIC && conf.thp <= CONF_THP_NEVER && misuse_warns <= 1);
    must(conf.reserve_bytes > 0);
    if (conf.fit) {
        size_t index = 0;
        while (halloc_policy_at(index) && halloc_policy_at(index) != conf.fit)
            index++;
        must(halloc_policy_at(index));
    }
    return 0;
}
