/*
 * size_class.c - the tables, and the proofs. Layer 5.
 *
 * Aligned requests: a size that is a multiple of a power of two A falls into a class that is a
 * multiple of A as well. Between two powers of two, classes are the multiples of a step, itself a
 * power of two. If the step is at most A, every multiple of A is a class; if it is larger, the
 * class is a multiple of the step and so of A.
 */
#include "size_class.h"

/* X(size of the class before, size): all classes in order. */
#define SLOT_SIZES(X)                                                                                        \
    X(0, 16)                                                                                                 \
    X(16, 32) X(32, 48) X(48, 64) X(64, 80) X(80, 96) X(96, 112) X(112, 128) X(128, 144) X(144, 160)         \
        X(160, 176) X(176, 192) X(192, 208) X(208, 224) X(224, 240) X(240, 256) X(256, 288) X(288, 320)      \
            X(320, 352) X(352, 384) X(384, 416) X(416, 448) X(448, 480) X(480, 512) X(512, 576) X(576, 640)  \
                X(640, 704) X(704, 768) X(768, 832) X(832, 896) X(896, 960) X(960, 1024) X(1024, 1152)       \
                    X(1152, 1280) X(1280, 1408) X(1408, 1536) X(1536, 1664) X(1664, 1792) X(1792, 1920)      \
                        X(1920, 2048) X(2048, 2304) X(2304, 2560) X(2560, 2816) X(2816, 3072) X(3072, 3328)  \
                            X(3328, 3584) X(3584, 3840) X(3840, 4096) X(4096, 4608) X(4608, 5120)            \
                                X(5120, 5632) X(5632, 6144) X(6144, 6656) X(6656, 7168) X(7168, 7680)        \
                                    X(7680, 8192) X(8192, 9216) X(9216, 10240) X(10240, 11264)               \
                                        X(11264, 12288) X(12288, 13312) X(13312, 14336) X(14336, 15360)      \
                                            X(15360, 16384) X(16384, 18432) X(18432, 20480) X(20480, 22528)  \
                                                X(22528, 24576) X(24576, 26624) X(26624, 28672)              \
                                                    X(28672, 30720) X(30720, 32768)

#define SLOT_BYTES(before, size) size,
INTERNAL_DEFINE const uint32_t slot_bytes_table[SIZE_CLASSES] = {SLOT_SIZES(SLOT_BYTES)};

/* The most that a request wastes is size - (before + 1), asked for one byte more than the class
 * before holds. */
#define WASTE_IS_BOUNDED(before, size)                                                                       \
    _Static_assert((size) % ALIGNMENT_BYTES == 0, "slots are aligned");                                      \
    _Static_assert((size) <= 128 || ((size) - (before)) * 8 < (size), "less than 1/8");
SLOT_SIZES(WASTE_IS_BOUNDED)

/* reciprocal * size = 2^32 + excess, so for an offset of k * size + rest the product is, modulo 2^32,
 * k * excess + rest * reciprocal: below the reciprocal for a rest of 0, and neither below it nor past
 * 2^32 for any other, as long as excesses of a whole slab of slots stay below one reciprocal. */
#define EXCESS(size) (SLOT_RECIPROCAL(size) * (size) - ((uint64_t)1 << 32))
#define RECIPROCAL_IS_EXACT(before, size)                                                                    \
    _Static_assert(SLAB_BYTES_OF(size) / (size)*EXCESS(size) < SLOT_RECIPROCAL(size), "too many slots");
SLOT_SIZES(RECIPROCAL_IS_EXACT)

#define LAST(before, size) +((size) == SLOT_MOST_BYTES)
_Static_assert(0 SLOT_SIZES(LAST) == 1, "the last class is the largest slot");
#define ONE(before, size) +1
_Static_assert(0 SLOT_SIZES(ONE) == SIZE_CLASSES, "SIZE_CLASSES counts them");

/* Steps (before/16, size/16] map to the class; the classes' numbers are written out. */
INTERNAL_DEFINE const uint8_t size_class_table[TABLE_MOST_BYTES / 16 + 1] = {
    0,                                                              /* malloc(0) gives 16 bytes of its own */
    0,  1,  2,  3,  4,  5,  6,  7,                                  /* 16 ... 128  */
    8,  9,  10, 11, 12, 13, 14, 15,                                 /* 144 ... 256 */
    16, 16, 17, 17, 18, 18, 19, 19,                                 /* 288 ... 512 */
    20, 20, 21, 21, 22, 22, 23, 23, 24, 24, 24, 24, 25, 25, 25, 25, /* 576 ... 1024 */
    26, 26, 26, 26, 27, 27, 27, 27, 28, 28, 28, 28, 29, 29, 29, 29, 30, 30, 30, 30, 31, 31, 31, 31,
};
