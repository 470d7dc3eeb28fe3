/*
 * varint.h - numbers in as many bytes as they need: seven bits in each byte, the lowest first. The high bit
 * is set in every byte but the last. A zigzag number has its sign in the lowest bit: small means near 0.
 */
#ifndef HALLOC_TRACE_VARINT_H
#define HALLOC_TRACE_VARINT_H

#include <stdint.h>
#include <string.h>

static inline uint64_t zigzag(uint64_t difference) {
    return difference << 1 ^ (uint64_t)((int64_t)difference >> 63);
}

static inline uint64_t unzigzag(uint64_t folded) {
    return folded >> 1 ^ -(folded & 1);
}

/* Numbers of 2^28 and more are rare, and the frequent way shall stay short. */
static __attribute__((noinline, unused)) uint8_t *varint_put_long(uint8_t *at, uint64_t number) {
    while (number >= 0x80) {
        *at++ = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    *at++ = (uint8_t)number;
    return at;
}

/* May write up to 8 bytes whatever it returns: the caller has room. Numbers below 2^28 are nearly all. They
 * take no branch that depends on their length, because no predictor could guess it. */
static inline uint8_t *varint_put(uint8_t *at, uint64_t number) {
    if (__builtin_expect(number >> 28 != 0, 0))
        return varint_put_long(at, number);
    uint32_t low = (uint32_t)number;
    uint32_t spread = (low & 0x7f) | (low & 0x3f80) << 1 | (low & 0x1fc000) << 2 | (low & 0xfe00000) << 3;
    unsigned more = (unsigned)(31 - __builtin_clz(low | 1)) * 37 >> 8; /* bytes after the first: a seventh */
    spread |= 0x808080u >> (24 - 8 * more);
    __builtin_memcpy(at, &spread, sizeof spread); /* a store, also in the recorder, which has builtins off */
    return at + more + 1;
}

/* Never reads at or past `end`. A number is bad if it does not end before `end`, or has more than 64 bits.
 * Then *bad is set, and the result is 0. */
static inline uint64_t varint_get(const uint8_t **at, const uint8_t *end, int *bad) {
    const uint8_t *byte = *at;
    if (__builtin_expect(byte < end && *byte < 0x80, 1)) {
        *at = byte + 1;
        return *byte;
    }
    if (__builtin_expect(end - byte > 1 && byte[1] < 0x80, 1)) { /* sizes of 16 to 2,047 bytes */
        *at = byte + 2;
        return (*byte & 0x7f) | (uint64_t)byte[1] << 7;
    }
    uint64_t number = 0;
    for (unsigned shift = 0; byte < end && shift < 64; shift += 7) {
        uint64_t bits = *byte & 0x7f;
        if (shift == 63 && bits > 1)
            break;
        number |= bits << shift;
        if (*byte++ < 0x80) {
            *at = byte;
            return number;
        }
    }
    *bad = 1;
    *at = end;
    return 0;
}

#endif
