// The same from C++: new and delete are halloc's, and the header is good C++.
#include <halloc.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

int main() {
    halloc_initializeHeap(4);
    halloc_deallocate(halloc_allocate(100));

    std::vector<std::string> words;
    for (int index = 0; index < 1000; index++)
        words.push_back(std::string(static_cast<size_t>(index), 'x'));

    // halloc_free aborts on a pointer that is not halloc's: so these are.
    halloc_free(operator new(100));
    halloc_free(operator new(100, std::align_val_t(4096)));
    halloc_free(malloc(100));

    // More than there is: a bad_alloc, through a library written in C.
    bool thrown = false;
    try {
        static volatile size_t much = ~static_cast<size_t>(0) / 4;
        operator delete(operator new(much));
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    if (!thrown || !halloc_is_overriding())
        return 1;
    std::printf("halloc %s\n", halloc_version());
    return 0;
}
