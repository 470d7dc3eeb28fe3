#!/bin/bash
# clang: C++ with heavy templates, optimised and linked as a whole; the objects and the messages are the same.
# packages: clang lld llvm g++
# programs: clang clang++ ld.lld llvm-dis
# served: clang++ ld.lld llvm-dis clang
. "$(dirname "$0")/lib.sh"
cat >program.cpp <<'CPP'
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>
template <unsigned long N> struct collatz { static constexpr int steps = 1 + collatz<N % 2 ? 3 * N + 1 : N / 2>::steps; };
template <> struct collatz<1> { static constexpr int steps = 0; };
template <typename... T> struct list {};
template <typename T, typename L> struct push;
template <typename T, typename... Ts> struct push<T, list<Ts...>> { using type = list<T, Ts...>; };
template <int N> struct number { static constexpr int value = N; };
template <int N> struct down { using type = typename push<number<N>, typename down<N - 1>::type>::type; };
template <> struct down<0> { using type = list<>; };
template <typename... T> constexpr int sum(list<T...>) { return (T::value + ... + 0); }
template <int... I> auto functions(std::integer_sequence<int, I...>) {
    return std::vector<std::function<int(int)>>{[](int n) { return n * I + collatz<I + 1>::steps; }...};
}
using value = std::variant<int, double, std::string, std::vector<int>>;
int main() {
#ifdef WRONG
    std::map<std::string, std::vector<int>> wrong = std::vector<std::map<int, int>>{};
#endif
    std::cout << sum(down<200>::type{}) << '\n';
    std::vector<std::thread> threads;
    std::vector<long> sums(8);
    for (int t = 0; t < 8; t++)
        threads.emplace_back([t, &sums] {
            std::unordered_map<std::string, std::vector<std::shared_ptr<value>>> table;
            for (int n = 0; n < 20000; n++) {
                auto &at = table[std::to_string(n * 7919L % 997)];
                at.push_back(std::make_shared<value>(n % 2 ? value(std::string(n % 90, 'x')) : value(std::vector<int>(n % 50, t))));
                if (at.size() > 9)
                    at.clear();
            }
            for (auto &[key, all] : table)
                for (auto &one : all)
                    sums[t] += one->index() == 2 ? std::get<2>(*one).size() : std::get<3>(*one).size();
        });
    for (auto &thread : threads)
        thread.join();
    for (long one : sums)
        std::cout << one << ' ';
    std::string text;
    for (auto &f : functions(std::make_integer_sequence<int, 90>{}))
        text += std::to_string(f(3)) + ' ';
    std::cout << std::regex_replace(text, std::regex("([0-9])1"), "$1x") << '\n';
    return 7;
}
CPP
clang++ -std=c++17 -O2 -g -c program.cpp -o program.o || exit
digest <program.o
clang++ -std=c++17 -O2 -flto -fuse-ld=lld -Wl,--threads=4 -pthread program.cpp -o program || exit
digest <program
./program
echo "the program ended with $?"
clang++ -std=c++17 -O1 -emit-llvm -c program.cpp -o program.bc && llvm-dis -o - program.bc | digest
clang++ -std=c++17 -DWRONG -fsyntax-only program.cpp
echo "clang++ ended with $?"
clang --analyze -Xanalyzer -analyzer-output=text -x c - <<<'int f(int *p) { if (!p) return *p; return 0; }'
