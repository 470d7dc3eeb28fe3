/*
 * pair_new.cpp - the same rounds as pair.c through the C++ operators.
 *
 *      pair_new new|sized BYTES ROUNDS        new: plain delete; sized: delete that is told the size
 */
#include <cstdlib>
#include <cstring>
#include <new>

static constexpr int out = 64;

template <bool sized> [[gnu::noipa]] static void rounds_of_new(void **block, std::size_t bytes, long rounds) {
    for (long round = 0; round < rounds; round++) {
        for (int i = 0; i < out; i++)
            block[i] = ::operator new(bytes);
        for (int i = 0; i < out; i++) {
            if constexpr (sized)
                ::operator delete(block[i], bytes);
            else
                ::operator delete(block[i]);
        }
    }
}

int main(int argc, char **argv) {
    void *block[out];
    if (argc != 4)
        return 2;
    std::size_t bytes = static_cast<std::size_t>(std::atol(argv[2]));
    if (std::strcmp(argv[1], "sized") == 0)
        rounds_of_new<true>(block, bytes, std::atol(argv[3]));
    else
        rounds_of_new<false>(block, bytes, std::atol(argv[3]));
}
