/*
 * test_cplusplus.cpp - the C++ operators, which the library exports from C: every form of new and
 * delete, bad_alloc, the new_handler, and what the standard library makes of them.
 */
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>

#include <array>
#include <map>
#include <memory>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

extern "C" {
#include <cmocka.h>
}

#include "../../halloc.h"

#include <malloc.h>

static void operators_are_ours(void **) {
    assert_true(halloc_is_overriding());
    int *one = new int(5);
    assert_true(malloc_usable_size(one) >= sizeof *one); /* would abort on a foreign pointer */
    delete one;
    char *many = new char[100000];
    assert_true(malloc_usable_size(many) >= 100000);
    delete[] many;
}

/* Called by name, for a compiler may leave out a new and delete that pair up. */
static void every_form_of_the_operators(void **) {
    const std::nothrow_t &nothrow = std::nothrow;
    const std::align_val_t aligned{256};
    ::operator delete(::operator new(10));
    ::operator delete (::operator new(10), std::size_t{10});
    ::operator delete(::operator new(10, nothrow), nothrow);
    ::operator delete[](::operator new[](10));
    ::operator delete[](::operator new[](10), std::size_t{10});
    ::operator delete[](::operator new[](10, nothrow), nothrow);
    void *ptrs[] = {::operator new(10, aligned), ::operator new[](10, aligned),
                    ::operator new(10, aligned, nothrow), ::operator new[](10, aligned, nothrow)};
    for (void *ptr : ptrs)
        assert_int_equal(reinterpret_cast<std::uintptr_t>(ptr) % 256, 0);
    ::operator delete(ptrs[0], aligned);
    ::operator delete[](ptrs[1], std::size_t{10}, aligned);
    ::operator delete(ptrs[2], aligned, nothrow);
    ::operator delete[](ptrs[3], aligned, nothrow);
    ::operator delete (::operator new(10, aligned), std::size_t{10}, aligned);
    ::operator delete[](::operator new[](10, aligned), aligned);
    ::operator delete(nullptr);
    ::operator delete[](nullptr, std::size_t{5});
    void *none = ::operator new(0), *nothing = ::operator new(0);
    assert_non_null(none);
    assert_ptr_not_equal(none, nothing);
    ::operator delete(none);
    ::operator delete(nothing);
}

/* Programs that lie to sized delete exist. */
static void a_wrong_size_does_no_harm(void **) {
    ::operator delete (::operator new(10), std::size_t{1000000});
    ::operator delete (::operator new(1000000), std::size_t{1});
    assert_true(halloc_process_check(nullptr));
}

static volatile std::size_t too_much = PTRDIFF_MAX; /* what the compiler may not know */

static void running_out_throws_bad_alloc(void **) {
    int caught = 0;
    try {
        ::operator delete(::operator new(too_much));
    } catch (const std::bad_alloc &) {
        caught++;
    }
    try {
        ::operator delete[](::operator new[](too_much));
    } catch (const std::bad_alloc &) {
        caught++;
    }
    try {
        ::operator delete (::operator new (too_much, std::align_val_t{64}), std::align_val_t{64});
    } catch (const std::bad_alloc &) {
        caught++;
    }
    try {
        std::vector<char> vector(too_much / 2);
    } catch (const std::bad_alloc &) {
        caught++;
    }
    assert_int_equal(caught, 4);
}

static void nothrow_gives_null(void **) {
    assert_null(::operator new(too_much, std::nothrow));
    assert_null(::operator new[](too_much, std::nothrow));
    assert_null(::operator new (too_much, std::align_val_t{64}, std::nothrow));
}

/* Frames between the throw and the catch are unwound: the library's are compiled for that. */
static int ended;
struct counts_its_end {
    ~counts_its_end() {
        ended++;
    }
};

static void exceptions_unwind_through_the_library(void **) {
    bool caught = false;
    ended = 0;
    try {
        counts_its_end guard;
        ::operator delete(::operator new(too_much));
    } catch (const std::exception &) {
        caught = true;
    }
    assert_true(caught);
    assert_int_equal(ended, 1);
}

static int handled;

static void handler_that_gives_up_after_three() {
    if (++handled == 3)
        std::set_new_handler(nullptr);
}

static void handler_that_throws() {
    handled++;
    throw std::runtime_error("no more");
}

static void the_new_handler_is_asked_until_it_gives_up(void **) {
    handled = 0;
    std::set_new_handler(handler_that_gives_up_after_three);
    try {
        ::operator delete(::operator new(too_much));
        fail();
    } catch (const std::bad_alloc &) {
    }
    assert_int_equal(handled, 3);
    handled = 0;
    std::set_new_handler(handler_that_gives_up_after_three);
    assert_null(::operator new(too_much, std::nothrow));
    assert_int_equal(handled, 3);
}

static void what_the_new_handler_throws_passes_through(void **) {
    bool caught = false;
    handled = 0;
    std::set_new_handler(handler_that_throws);
    try {
        ::operator delete(::operator new(too_much));
    } catch (const std::runtime_error &) {
        caught = true;
    }
    std::set_new_handler(nullptr);
    assert_true(caught);
    assert_int_equal(handled, 1);
}

struct alignas(512) wide {
    char bytes[700];
};

static void overaligned_types(void **) {
    std::unique_ptr<wide> one(new wide);
    std::unique_ptr<wide[]> many(new wide[5]);
    auto shared = std::make_shared<wide>();
    assert_int_equal(reinterpret_cast<std::uintptr_t>(one.get()) % 512, 0);
    assert_int_equal(reinterpret_cast<std::uintptr_t>(&many[3]) % 512, 0);
    assert_int_equal(reinterpret_cast<std::uintptr_t>(shared.get()) % 512, 0);
}

static void containers(void **) {
    std::map<std::string, std::vector<std::string>> map;
    for (int index = 0; index < 20000; index++)
        map["key " + std::to_string(index % 700)].push_back("a value that is too long for itself " +
                                                            std::to_string(index));
    assert_int_equal(map.size(), 700);
    assert_string_equal(map["key 5"].at(1).c_str(), "a value that is too long for itself 705");
    map.clear();
    std::pmr::vector<int> numbers(1000, 7, std::pmr::new_delete_resource());
    assert_int_equal(numbers.back(), 7);
    assert_true(halloc_process_check(nullptr));
}

/* --- Objects of a thread, which end with it: some after the thread's cache -------------------------------- */

struct of_a_thread {
    std::vector<std::string> strings;
    ~of_a_thread() {
        for (int index = 0; index < 50; index++)
            strings.push_back(std::string(200 + index, 'x'));
    }
};

static thread_local of_a_thread mine;
static std::array<std::unique_ptr<std::string>, 64> left_behind;

static void thread_local_objects_allocate_as_they_end(void **) {
    for (int round = 0; round < 20; round++) {
        std::vector<std::thread> threads;
        for (int index = 0; index < 8; index++)
            threads.emplace_back([index] {
                mine.strings.assign(100, "something that does not fit into itself");
                left_behind[static_cast<std::size_t>(index)] = std::make_unique<std::string>(300, 'y');
            });
        for (std::thread &thread : threads)
            thread.join();
    }
    for (auto &string : left_behind)
        string.reset();
    assert_true(halloc_process_check(nullptr));
}

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(operators_are_ours),
        cmocka_unit_test(every_form_of_the_operators),
        cmocka_unit_test(a_wrong_size_does_no_harm),
        cmocka_unit_test(running_out_throws_bad_alloc),
        cmocka_unit_test(nothrow_gives_null),
        cmocka_unit_test(exceptions_unwind_through_the_library),
        cmocka_unit_test(the_new_handler_is_asked_until_it_gives_up),
        cmocka_unit_test(what_the_new_handler_throws_passes_through),
        cmocka_unit_test(overaligned_types),
        cmocka_unit_test(containers),
        cmocka_unit_test(thread_local_objects_allocate_as_they_end),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
