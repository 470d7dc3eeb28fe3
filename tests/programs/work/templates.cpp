// Heavy templates for the compiler, containers and threads for the program. Ends with 7.
#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <ranges>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

// --- For the compiler ---

template <std::uint64_t N> struct collatz {
    static constexpr std::uint64_t next = N % 2 ? 3 * N + 1 : N / 2;
    static constexpr std::uint64_t steps = 1 + collatz<next>::steps;
};
template <> struct collatz<1> { static constexpr std::uint64_t steps = 0; };

template <typename... Ts> struct list {};
template <typename T, typename L> struct push;
template <typename T, typename... Ts> struct push<T, list<Ts...>> { using type = list<T, Ts...>; };
template <int N> struct numbered { static constexpr int value = N; };
template <int N> struct count_down {
    using type = typename push<numbered<N>, typename count_down<N - 1>::type>::type;
};
template <> struct count_down<0> { using type = list<>; };
template <typename... Ts> constexpr int sum_of(list<Ts...>) {
    return (Ts::value + ... + 0);
}

template <std::size_t... I> constexpr auto squares(std::index_sequence<I...>) {
    return std::array{(I * I)...};
}

template <typename T>
concept shape = requires(const T &t) {
    { t.area() } -> std::convertible_to<double>;
};
struct square {
    double side;
    double area() const {
        return side * side;
    }
};
struct oblong {
    double width, height;
    double area() const {
        return width * height;
    }
};
template <shape... S> double total_area(const std::vector<std::variant<S...>> &shapes) {
    double total = 0;
    for (const auto &any : shapes)
        total += std::visit([](const shape auto &one) -> double { return one.area(); }, any);
    return total;
}

#ifdef WRONG
double wrong = total_area<square, int>({});
std::vector<std::map<std::string, undeclared>> wronger;
#endif

// --- For the program ---

struct tree {
    std::unique_ptr<tree> left, right;
    std::string name;
};
static std::unique_ptr<tree> grow(int depth, unsigned &seed) {
    if (depth == 0)
        return nullptr;
    auto made = std::make_unique<tree>();
    seed = seed * 1664525u + 1013904223u;
    made->name.assign(seed >> 26, 'n');
    made->left = grow(depth - 1, seed);
    made->right = grow(depth - 1, seed);
    return made;
}
static std::size_t letters(const tree *of) {
    return of ? of->name.size() + letters(of->left.get()) + letters(of->right.get()) : 0;
}

int main() {
    std::cout << collatz<27>::steps << ' ' << collatz<97>::steps << ' ' << sum_of(count_down<300>::type{})
              << '\n';
    constexpr auto square_numbers = squares(std::make_index_sequence<200>{});
    std::cout << std::accumulate(square_numbers.begin(), square_numbers.end(), std::size_t{0}) << '\n';
    std::vector<std::variant<square, oblong>> shapes;
    for (int i = 0; i < 1000; i++)
        i % 2 ? shapes.emplace_back(square{i * 0.5}) : shapes.emplace_back(oblong{i * 1.0, 2.0});
    std::cout << total_area(shapes) << '\n';

    std::vector<std::size_t> results(4);
    std::vector<std::unique_ptr<tree>> trees(4);
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; t++)
        threads.emplace_back([t, &results, &trees] {
            unsigned seed = t;
            for (int i = 0; i < 20; i++)
                trees[t] = grow(10, seed); // freed here, but for the last
            results[t] = letters(trees[t].get());
        });
    for (auto &thread : threads)
        thread.join();
    trees.clear(); // made by threads that are gone
    for (auto result : results)
        std::cout << result << ' ';

    std::map<std::string, std::vector<std::function<int(int)>>> table;
    for (int i = 0; i < 5000; i++)
        table["key" + std::to_string(i * 7919 % 503)].push_back(
            [i, text = std::string(40, 'c')](int x) { return x + i + static_cast<int>(text.size()); });
    int sum = 0;
    for (auto &[key, functions] : table)
        for (auto &function : functions)
            sum = function(sum) % 1000003;
    std::cout << '\n' << sum << '\n';

    auto odd = std::views::iota(1, 4000) | std::views::filter([](int n) { return n % 3 == 1; }) |
               std::views::transform([](int n) { return std::to_string(n); });
    std::ostringstream joined;
    for (const auto &word : odd)
        joined << word << ' ';
    const std::string text = joined.str();
    const std::regex pattern("\\b(1\\d)(\\d)\\b");
    std::cout << std::distance(std::sregex_iterator(text.begin(), text.end(), pattern), {}) << ' '
              << std::regex_replace(text, pattern, "$2$1").size() << '\n';
    std::unordered_map<std::string, std::shared_ptr<int>> shared;
    for (int i = 0; i < 20000; i++)
        shared[std::to_string(i % 3001)] = std::make_shared<int>(i);
    std::size_t bad = 0;
    try {
        std::vector<char> impossible(static_cast<std::size_t>(PTRDIFF_MAX));
    } catch (const std::bad_alloc &) {
        bad++;
    }
    auto *aligned = new (std::align_val_t{4096}) char[10000];
    bad += reinterpret_cast<std::uintptr_t>(aligned) % 4096;
    ::operator delete[](aligned, std::align_val_t{4096});
    std::cout << shared.size() << ' ' << bad << std::endl;
    std::cerr << "ends with 7\n";
    return 7;
}
