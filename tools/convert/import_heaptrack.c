/*
 * import_heaptrack.c - the data files of KDE's heaptrack (formats 1 to 3).
 *
 *      v 10400 3            version of heaptrack, of the format
 *      s 9 PyList_New       a string, from format 3 on with its length; numbered 1, 2, ...
 *      i 7f3c21 2 1 4 a6    an address: module; function, file, line; those of inlined callers
 *      t 5 3                a stack: address 5, called from stack 3
 *      a 38 7               a kind of object, 0x38 bytes from stack 7; numbered 0, 1, ...
 *      + 2                  an object of kind 2 begins
 *      - 2                  and ends
 *      c 1f4                so many milliseconds have passed
 *
 * Addresses and stacks are numbered from 1, too. All numbers are hexadecimal. The objects of a kind have no
 * names of their own: a free ends some object of its kind. Here it is the youngest. Size and stack are the
 * same, so sums by call site, the peak and what is never freed are exact; single lifetimes are not. A realloc
 * is a free and a new object, and all threads are one.
 */
#include "import.h"
#include "../base/progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct address {
    uint64_t value;
    uint32_t module, first_frame, frames; /* their places in `frames` */
    uint32_t is_operator;                 /* of C++'s new: its caller is the call site */
};

struct frame {
    uint32_t function, file, line; /* strings by number, 0: not known */
    uint32_t name;                 /* the writer's number, 0: not written yet */
};

struct stack {
    uint32_t address, parent, site; /* site 0: not written yet */
};

struct kind {
    uint64_t size;
    uint32_t stack;
    uint32_t youngest; /* a place in `objects`, and one; 0: none is live */
};

struct object {
    uint64_t name;
    uint32_t next; /* the next older one of its kind, or the next unused */
};

struct data {
    uint64_t format;
    char **strings;
    struct address *addresses;
    struct frame *frames;
    struct stack *stacks;
    struct kind *kinds;
    struct object *objects;
    uint32_t string_count, address_count, frame_count, stack_count, kind_count, object_count;
    uint32_t unused; /* objects that ended: a place, and one */
};

/* Room for one more element: grows the array at sizes that are powers of two. False: no memory. */
static bool grow(struct import *import, void *array, uint32_t count, size_t bytes) {
    void *items, *moved;
    if (count & (count - 1))
        return true;
    memcpy(&items, array, sizeof items);
    moved = reallocarray(items, count ? 2 * (size_t)count : 1, bytes);
    if (!moved || count > UINT32_MAX / 2)
        return import_wrong(import, "out of memory");
    memcpy(array, &moved, sizeof moved);
    return true;
}

/* The hexadecimal numbers of the line, `most` at most; how many. */
static unsigned take_numbers(const char **text, uint64_t *numbers, unsigned most) {
    unsigned count = 0;
    char *end;
    for (; count < most; count++, *text = end) {
        numbers[count] = strtoull(*text, &end, 16);
        if (end == *text)
            break;
    }
    return count;
}

/* --- Strings, addresses, stacks ------------------------------------------------------------------- */

/* A string with its length may have newlines: then its first line serves, and the others are skipped. */
static bool take_string(struct import *import, struct data *data, const char *text) {
    if (data->format >= 3) {
        char *start;
        uint64_t length = strtoull(text, &start, 16);
        text = start + (*start == ' ');
        uint64_t end = import->offset + (uint64_t)(text - import->line) + length;
        char *first = strdup(text);
        while (import->next_offset < end && import_line(import))
            ;
        if (!first || !grow(import, &data->strings, data->string_count, sizeof *data->strings)) {
            free(first);
            return import_wrong(import, "out of memory");
        }
        data->strings[data->string_count++] = first;
        return true;
    }
    if (!grow(import, &data->strings, data->string_count, sizeof *data->strings))
        return false;
    data->strings[data->string_count] = strdup(text);
    return data->strings[data->string_count++] || import_wrong(import, "out of memory");
}

static const char *string_of(const struct data *data, uint32_t number) {
    return number && number <= data->string_count ? data->strings[number - 1] : "";
}

static bool take_frame(struct import *import, struct data *data, struct address *address,
                       const uint64_t numbers[3]) {
    if (!grow(import, &data->frames, data->frame_count, sizeof *data->frames))
        return false;
    data->frames[data->frame_count++] = (struct frame){
        .function = (uint32_t)numbers[0], .file = (uint32_t)numbers[1], .line = (uint32_t)numbers[2]};
    address->frames++;
    return true;
}

static bool take_address(struct import *import, struct data *data, const char *text) {
    uint64_t numbers[3];
    if (take_numbers(&text, numbers, 2) != 2)
        return import_wrong(import, "an address without its module: %.40s", import->line);
    struct address address = {numbers[0], (uint32_t)numbers[1], data->frame_count, 0, 0};
    unsigned count;
    do {
        numbers[0] = numbers[1] = numbers[2] = 0;
        count = take_numbers(&text, numbers, 3);
        if ((count || !address.frames) && !take_frame(import, data, &address, numbers))
            return false;
    } while (count == 3);
    const char *function = string_of(data, data->frames[address.first_frame].function);
    address.is_operator = strncmp(function, "operator new", 12) == 0;
    if (!grow(import, &data->addresses, data->address_count, sizeof *data->addresses))
        return false;
    data->addresses[data->address_count++] = address;
    return true;
}

/* A stack's caller is written before it. So no stack leads in a circle. */
static bool take_stack(struct import *import, struct data *data, const char *text) {
    uint64_t numbers[2];
    if (take_numbers(&text, numbers, 2) != 2 || !numbers[0] || numbers[0] > data->address_count ||
        numbers[1] > data->stack_count)
        return import_wrong(import, "a stack of an address or a caller that is not there: %.40s",
                            import->line);
    if (!grow(import, &data->stacks, data->stack_count, sizeof *data->stacks))
        return false;
    data->stacks[data->stack_count++] = (struct stack){(uint32_t)numbers[0], (uint32_t)numbers[1], 0};
    return true;
}

static bool take_kind(struct import *import, struct data *data, const char *text) {
    uint64_t numbers[2];
    if (take_numbers(&text, numbers, 2) != 2 || numbers[1] > data->stack_count || numbers[0] >> 56)
        return import_wrong(import, "a kind of object with a stack that is not there: %.40s", import->line);
    if (!grow(import, &data->kinds, data->kind_count, sizeof *data->kinds))
        return false;
    data->kinds[data->kind_count++] = (struct kind){numbers[0], (uint32_t)numbers[1], 0};
    return true;
}

/* --- Call sites ----------------------------------------------------------------------------------- */

/* The number of a frame's name. Without a function, the address is its name. */
static uint32_t name_of(struct import *import, struct data *data, const struct address *address,
                        struct frame *frame) {
    char number[24];
    snprintf(number, sizeof number, "0x%" PRIx64, address->value);
    const char *function = string_of(data, frame->function);
    struct trace_name name = {*function ? function : number, string_of(data, frame->file),
                              string_of(data, address->module), frame->line};
    if (!frame->name)
        frame->name = trace_write_name(import->writer, &name);
    return frame->name;
}

static uint32_t site_of(struct import *import, struct data *data, uint32_t stack) {
    uint32_t names[TRACE_FRAMES_MOST];
    unsigned count = 0;
    if (!stack || data->stacks[stack - 1].site)
        return stack ? data->stacks[stack - 1].site : SITE_NONE;
    for (uint32_t at = stack; at && count < TRACE_FRAMES_MOST; at = data->stacks[at - 1].parent) {
        const struct address *address = &data->addresses[data->stacks[at - 1].address - 1];
        if (!count && address->is_operator && data->stacks[at - 1].parent)
            continue;
        for (uint32_t frame = 0; frame < address->frames && count < TRACE_FRAMES_MOST; frame++)
            names[count++] = name_of(import, data, address, &data->frames[address->first_frame + frame]);
    }
    return data->stacks[stack - 1].site = trace_write_site(import->writer, names, count);
}

/* --- Objects -------------------------------------------------------------------------------------- */

static struct kind *kind_of(struct import *import, struct data *data, const char *text) {
    uint64_t number;
    if (take_numbers(&text, &number, 1) == 1 && number < data->kind_count)
        return &data->kinds[number];
    import_wrong(import, "a kind of object that is not there: %.40s", import->line);
    return NULL;
}

static bool begin(struct import *import, struct data *data, struct kind *kind) {
    uint32_t place = data->unused ? data->unused - 1 : data->object_count;
    if (!kind)
        return false;
    if (place == data->object_count) {
        if (!grow(import, &data->objects, data->object_count, sizeof *data->objects))
            return false;
        data->object_count++;
    } else {
        data->unused = data->objects[place].next;
    }
    trace_write_at(import->writer, site_of(import, data, kind->stack));
    data->objects[place] = (struct object){
        trace_write_begin(import->writer, 0, OPERATION_MALLOC, kind->size, 0), kind->youngest};
    kind->youngest = place + 1;
    import->operations++;
    return true;
}

static bool end(struct import *import, struct data *data, struct kind *kind) {
    if (!kind)
        return false;
    uint64_t name = TRACE_UNKNOWN;
    if (kind->youngest) {
        uint32_t place = kind->youngest;
        struct object *object = &data->objects[place - 1];
        name = object->name;
        kind->youngest = object->next;
        object->next = data->unused;
        data->unused = place;
    }
    trace_write_free(import->writer, 0, name);
    import->operations++;
    return true;
}

/* --- The file ------------------------------------------------------------------------------------- */

static bool take_version(struct import *import, struct data *data, const char *text) {
    uint64_t numbers[2] = {0, 0};
    take_numbers(&text, numbers, 2);
    data->format = numbers[1];
    return (data->format >= 1 && data->format <= 3) ||
           import_wrong(import, "heaptrack's format %" PRIu64 ", and this command reads 1 to 3",
                        data->format);
}

static bool take_time(struct import *import, const char *text) {
    uint64_t milliseconds = 0;
    take_numbers(&text, &milliseconds, 1);
    if (milliseconds < UINT64_MAX / 1000000)
        trace_write_time(import->writer, milliseconds * 1000000);
    return true;
}

static bool take_line(struct import *import, struct data *data) {
    const char *text = import->line + 1;
    text += *text == ' ';
    switch (import->line[0]) {
    case 'v': return take_version(import, data, text);
    case 's': return take_string(import, data, text);
    case 'i': return take_address(import, data, text);
    case 't': return take_stack(import, data, text);
    case 'a': return take_kind(import, data, text);
    case '+': return begin(import, data, kind_of(import, data, text));
    case '-': return end(import, data, kind_of(import, data, text));
    case 'c': return take_time(import, text);
    case 'x':
    case 'm': return import_wrong(import, "heaptrack's raw data: run `heaptrack --interpret` on it first");
    default: return true; /* comments, the command line, page size, resident memory, suppressions */
    }
}

bool import_heaptrack(struct import *import) {
    struct data data = {0};
    bool good = true;
    do {
        good = take_line(import, &data);
        if (import->number % 65536 == 0)
            progress_show("importing", import->offset, import->length);
    } while (good && import_line(import));
    for (uint32_t string = 0; string < data.string_count; string++)
        free(data.strings[string]);
    void *owned[] = {data.strings, data.addresses, data.frames, data.stacks, data.kinds, data.objects};
    for (size_t index = 0; index < sizeof owned / sizeof *owned; index++)
        free(owned[index]);
    return good && import->operations ? true : import_wrong(import, "it has no operations");
}
