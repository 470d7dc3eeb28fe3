/*
 * misuse_cpp.cpp - the mistakes that only a C++ program can make: the wrong kind of delete, or a wrong size
 * (misuse.h). The operators are called by name, so that no constructor and no cookie of an array is in the way.
 */
#include "misuse.h"

#include <new>
#include <string>

static void *made(size_t bytes) {
    return hidden(operator new(bytes));
}

static void double_delete(size_t bytes) {
    void *ptr = made(bytes);
    operator delete(ptr);
    operator delete(hidden(ptr));
}

static void delete_of_the_inside(size_t bytes) {
    operator delete(hidden(static_cast<char *>(made(bytes)) + 16));
}

static void delete_of_the_stack(size_t bytes) {
    char local[64] = {static_cast<char>(bytes)};
    operator delete(hidden(local + 16));
}

static void delete_of_a_wrong_size(size_t bytes) {
    operator delete(made(bytes), 3 * bytes);
}

static void array_delete_of_one(size_t bytes) {
    operator delete[](made(bytes));
}

static void delete_of_an_array(size_t bytes) {
    operator delete(hidden(operator new[](bytes)));
}

static void free_of_new(size_t bytes) {
    free(made(bytes));
}

static void delete_of_malloc(size_t bytes) {
    operator delete(hidden(malloc(bytes)));
}

static void plain_delete_of_an_aligned_one(size_t bytes) {
    operator delete(hidden(operator new(bytes, std::align_val_t(256))));
}

static void delete_of_a_wrong_alignment(size_t bytes) {
    operator delete(hidden(operator new(bytes, std::align_val_t(64))), std::align_val_t(1 << 20));
}

static void new_of_too_much(size_t bytes) {
    try {
        hidden(operator new(size_t(0) - bytes));
    } catch (const std::bad_alloc &) {
        puts("refused");
        exit(0);
    }
}

/* With a cookie: delete[] of a single string reads its number of elements before its start. */
static void array_delete_of_a_string(size_t bytes) {
    std::string *text = static_cast<std::string *>(hidden(new std::string(bytes, 'A')));
    delete[] text;
}

static void delete_of_strings(size_t bytes) {
    std::string *texts = static_cast<std::string *>(hidden(new std::string[8]{std::string(bytes, 'A')}));
    delete texts;
}

#define KIND(name)                                                                                           \
    { #name, name }
static const struct kind kinds[] = {
    KIND(double_delete),
    KIND(delete_of_the_inside),
    KIND(delete_of_the_stack),
    KIND(delete_of_a_wrong_size),
    KIND(array_delete_of_one),
    KIND(delete_of_an_array),
    KIND(free_of_new),
    KIND(delete_of_malloc),
    KIND(plain_delete_of_an_aligned_one),
    KIND(delete_of_a_wrong_alignment),
    KIND(new_of_too_much),
    KIND(array_delete_of_a_string),
    KIND(delete_of_strings),
};

int main(int argc, char **argv) {
    return misuse_main(argc, argv, kinds, sizeof kinds / sizeof *kinds);
}
