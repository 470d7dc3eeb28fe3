/* crew.cpp - eight threads that allocate at once, and keep what they made until all are done: then most is in use.
 * WHAT is maps, messages, buffers or little. With "wait" it says "ready" then, and waits. */
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <sys/prctl.h>
#include <thread>
#include <unistd.h>
#include <vector>

static const unsigned crew = 8;
static std::vector<std::map<std::string, std::vector<std::string>>> maps(crew);
static std::vector<std::deque<std::unique_ptr<std::string>>> boxes(crew);
static std::mutex locks[crew];
static std::vector<std::vector<std::vector<char>>> buffers(crew);

static unsigned next(unsigned &seed) {
    seed = seed * 1103515245 + 12345;
    return seed >> 8;
}

/* Words of a text, and where they were: many small objects, and twice as many that go. */
static void fill_map(unsigned me) {
    unsigned seed = me + 1;
    for (unsigned count = 0; count < 60000; count++) {
        std::string word = "a word that is number " + std::to_string(next(seed) % 5000);
        maps[me][word].push_back(word + " at " + std::to_string(count));
    }
}

/* Each thread's messages go into another's box. Half of them are taken out and freed by that one. */
static void send(unsigned me) {
    unsigned seed = me + 1;
    for (unsigned count = 0; count < 60000; count++) {
        unsigned to = next(seed) % crew;
        std::unique_ptr<std::string> message(new std::string(20 + next(seed) % 300, 'm')), taken;
        {
            std::lock_guard<std::mutex> lock(locks[to]);
            boxes[to].push_back(std::move(message));
        }
        std::lock_guard<std::mutex> lock(locks[me]);
        if (count % 2 && !boxes[me].empty()) {
            taken = std::move(boxes[me].front());
            boxes[me].pop_front();
        }
    }
}

/* Vectors that grow; each is then cut to what it holds. */
static void grow(unsigned me) {
    unsigned seed = me + 1;
    for (unsigned count = 0; count < 200; count++) {
        std::vector<char> buffer;
        for (unsigned size = next(seed) % 100000; buffer.size() < size;)
            buffer.insert(buffer.end(), 1000, 'b');
        buffer.shrink_to_fit();
        buffers[me].push_back(std::move(buffer));
    }
}

static std::atomic<unsigned> done;

/* Little is in use, and each thread keeps free slots of many sizes for itself, until all are done. */
static void keep_little(unsigned me) {
    unsigned seed = me + 1;
    std::vector<std::vector<char>> some(100);
    for (unsigned count = 0; count < 20000; count++)
        some[next(seed) % some.size()] = std::vector<char>(next(seed) % 3000);
    buffers[me] = std::move(some);
    for (done++; done < crew;)
        usleep(1000);
}

int main(int argc, char **argv) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char *what = argc > 1 ? argv[1] : "";
    void (*work)(unsigned) = strcmp(what, "maps") == 0       ? fill_map
                             : strcmp(what, "messages") == 0 ? send
                             : strcmp(what, "little") == 0   ? keep_little
                                                             : grow;
    std::vector<std::thread> threads;
    for (unsigned me = 0; me < crew; me++)
        threads.emplace_back(work, me);
    for (auto &thread : threads)
        thread.join();
    if (argc > 2) {
        puts("ready");
        fflush(stdout);
        for (;;)
            pause();
    }
    _exit(0);
}
