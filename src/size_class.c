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
#define SLOT_SIZES(X)                                                                                     \
    X(0, 16) X(16, 32) X(32, 48) X(48, 64) X(64, 80) X(80, 96) X(96, 112) X(112, 128)                     \
    X(128, 144) X(144, 160) X(160, 176) X(176, 192) X(192, 208) X(208, 224) X(224, 240) X(240, 256)       \
    X(256, 288) X(288, 320) X(320, 352) X(352, 384) X(384, 416) X(416, 448) X(448, 480) X(480, 512)       \
    X(512, 576) X(576, 640) X(640, 704) X(704, 768) X(768, 832) X(832, 896) X(896, 960) X(960, 1024)      \
    X(1024, 1280) X(1280, 1536) X(1536, 1792) X(1792, 2048)                                               \
    X(2048, 2560) X(2560, 3072) X(3072, 3584) X(3584, 4096)                                               \
    X(4096, 5120) X(5120, 6144) X(6144, 7168) X(7168, 8192)                                               \
    X(8192, 10240) X(10240, 12288) X(12288, 14336) X(14336, 16384)                                        \
    X(16384, 20480) X(20480, 24576) X(24576, 28672) X(28672, 32768)

#define SLOT_BYTES(before, size) size,
INTERNAL_DEFINE const uint32_t slot_bytes_table[SIZE_CLASSES] = {SLOT_SIZES(SLOT_BYTES)};

/* The most that a request wastes is size - (before + 1), asked for one byte more than the class
 * before holds. */
#define WASTE_IS_BOUNDED(before, size)                                                                    \
    _Static_assert((size) % ALIGNMENT_BYTES == 0, "slots are aligned");                                   \
    _Static_assert((size) <= 128 || (size) > 1024 || ((size) - (before)) * 8 < (size), "less than 1/8");  \
    _Static_assert((size) <= 1024 || ((size) - (before)) * 5 <= (size), "less than 1/5");
SLOT_SIZES(WASTE_IS_BOUNDED)

#define LAST(before, size) +((size) == SLOT_MOST_BYTES)
_Static_assert(0 SLOT_SIZES(LAST) == 1, "the last class is the largest slot");
#define ONE(before, size) +1
_Static_assert(0 SLOT_SIZES(ONE) == SIZE_CLASSES, "SIZE_CLASSES counts them");

/* Steps (before/16, size/16] map to the class; the classes' numbers are written out. */
INTERNAL_DEFINE const uint8_t size_class_table[TABLE_MOST_BYTES / 16 + 1] = {
    0,                                     /* malloc(0) gives 16 bytes of its own */
    0,  1,  2,  3,  4,  5,  6,  7,         /* 16 ... 128  */
    8,  9,  10, 11, 12, 13, 14, 15,        /* 144 ... 256 */
    16, 16, 17, 17, 18, 18, 19, 19,        /* 288 ... 512 */
    20, 20, 21, 21, 22, 22, 23, 23,
    24, 24, 24, 24, 25, 25, 25, 25,        /* 576 ... 1024 */
    26, 26, 26, 26, 27, 27, 27, 27,
    28, 28, 28, 28, 29, 29, 29, 29,
    30, 30, 30, 30, 31, 31, 31, 31,
};
