/* pack.c - see pack.h. */
#include "pack.h"

#ifdef HALLOC_ZLIB
#include <zlib.h>

const char pack_format[] = "deflate-raw";

/* Raw deflate, without a header: the page checks what it decodes anyway. */
static void squeeze(struct bytes *squeezed, const struct bytes *bytes) {
    z_stream stream = {.next_in = bytes->data, .avail_in = (uInt)bytes->count};
    if (deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
        squeezed->failed = true;
        return;
    }
    size_t most = deflateBound(&stream, bytes->count);
    uint8_t *room = bytes_room(squeezed, most);
    if (room) {
        stream.next_out = room;
        stream.avail_out = (uInt)most;
        squeezed->failed |= deflate(&stream, Z_FINISH) != Z_STREAM_END;
        squeezed->count += most - stream.avail_out;
    }
    deflateEnd(&stream);
}
#else
const char pack_format[] = "none";

static void squeeze(struct bytes *squeezed, const struct bytes *bytes) {
    bytes_put(squeezed, bytes->data, bytes->count);
}
#endif

static void write_base64(struct bytes *text, const struct bytes *bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *at = bytes_room(text, (bytes->count + 2) / 3 * 4);
    for (size_t place = 0; at && place < bytes->count; place += 3) {
        size_t left = bytes->count - place;
        uint32_t three = (uint32_t)bytes->data[place] << 16;
        three |= left > 1 ? (uint32_t)bytes->data[place + 1] << 8 : 0;
        three |= left > 2 ? bytes->data[place + 2] : 0;
        *at++ = (uint8_t)digits[three >> 18];
        *at++ = (uint8_t)digits[three >> 12 & 63];
        *at++ = left > 1 ? (uint8_t)digits[three >> 6 & 63] : '=';
        *at++ = left > 2 ? (uint8_t)digits[three & 63] : '=';
        text->count += 4;
    }
}

void pack(struct bytes *text, const struct bytes *bytes) {
    struct bytes squeezed = {0};
    squeeze(&squeezed, bytes);
    write_base64(text, &squeezed);
    text->failed |= squeezed.failed || bytes->failed;
    bytes_free(&squeezed);
}
