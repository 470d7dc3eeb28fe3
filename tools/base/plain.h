/*
 * plain.h - foreign names as they may be shown: whole characters of UTF-8, and no control characters, which a
 * terminal would obey. Each other byte becomes "?".
 */
#ifndef HALLOC_TRACE_PLAIN_H
#define HALLOC_TRACE_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

/* How many bytes the character there has; 0: it is none that may be shown. */
static inline unsigned plain_bytes(const char *at) {
    static const uint32_t least[] = {[2] = 0xa0, [3] = 0x800, [4] = 0x10000}; /* below 0xa0: controls */
    const unsigned char *byte = (const unsigned char *)at;
    if (byte[0] < 0x80)
        return byte[0] >= 0x20 && byte[0] != 0x7f;
    unsigned count = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
    uint32_t code = byte[0] & (0x7fu >> count);
    for (unsigned index = 1; index < count; index++) {
        if ((byte[index] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (byte[index] & 0x3f);
    }
    bool is_surrogate = code >= 0xd800 && code <= 0xdfff, is_none = (code & 0xfffe) == 0xfffe;
    bool good = byte[0] >= 0xc2 && byte[0] <= 0xf4 && code >= least[count] && code <= 0x10ffff;
    return good && !is_surrogate && !is_none ? count : 0;
}

/* In its place. Returns it. */
static inline const char *plain(char *words) {
    for (char *at = words; *at;) {
        unsigned bytes = plain_bytes(at);
        if (!bytes)
            *at = '?';
        at += bytes ? bytes : 1;
    }
    return words;
}

#endif
