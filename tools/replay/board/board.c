/*
 * board.c - see board.h: the fronts, and the table for people.
 */
#include "board.h"
#include "../../base/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

double board_seconds(const struct board *board, const struct entry *entry) {
    return entry->ns > board->harness_ns ? (double)(entry->ns - board->harness_ns) / 1e9 : 0;
}

double board_ns(const struct board *board, const struct entry *entry) {
    return board->replayed ? board_seconds(board, entry) * 1e9 / (double)board->replayed : 0;
}

/* --- Fronts ------------------------------------------------------------------------------------------ */

/* Less is better in each. False: can't be compared. */
static bool aspects_of(const struct board *board, const struct entry *entry, bool time, double *aspects) {
    aspects[0] = score_peak_overhead(&entry->score);
    aspects[1] = score_average_overhead(&entry->score);
    aspects[2] = time ? board_ns(board, entry) : (double)entry->score.probes;
    aspects[3] = time ? 0 : (double)entry->score.probes_999;
    return !entry->ending.what[0] && !entry->unsound &&
           (time ? entry->has_time && entry->has_memory
                 : entry->has_score && score_counts_probes(&entry->score));
}

bool board_is_beaten(const double aspects[BOARD_ASPECTS], const double by[BOARD_ASPECTS]) {
    bool better = false;
    for (int aspect = 0; aspect < BOARD_ASPECTS; aspect++) {
        if (by[aspect] > aspects[aspect])
            return false;
        better |= by[aspect] < aspects[aspect];
    }
    return better;
}

bool board_has_live(const struct board *board) {
    return trace_totals(board->trace)->peak_bytes > 0;
}

static bool is_on_front(const struct board *board, const struct entry *entry, bool time) {
    double mine[BOARD_ASPECTS], theirs[BOARD_ASPECTS];
    if (!aspects_of(board, entry, time, mine))
        return false;
    for (size_t index = 0; index < board->count; index++)
        if (aspects_of(board, &board->entries[index], time, theirs) && board_is_beaten(mine, theirs))
            return false;
    return true;
}

void board_mark(struct board *board) {
    for (size_t index = 0; index < board->count; index++) {
        board->entries[index].front = is_on_front(board, &board->entries[index], false);
        board->entries[index].front_ns = is_on_front(board, &board->entries[index], true);
    }
}

/* --- The table --------------------------------------------------------------------------------------- */

/* A tenth: from there on two measurements of a peak are far from each other. */
#define UNSURE_SHARE 10

static int name_width(const struct board *board) {
    size_t width = 10;
    for (size_t index = 0; index < board->count; index++) {
        size_t length = strlen(candidate_short_name(board->entries[index].candidate));
        width = length > width ? length : width;
    }
    return (int)width;
}

/* Without times (--repeat=0) these columns are left out. */
static bool is_timed(const struct board *board) {
    for (size_t index = 0; index < board->count; index++)
        if (board->entries[index].has_time)
            return true;
    return false;
}

static void print_columns(const struct board *board, int width, const char *const words[7]) {
    printf("     %-*s  %8s %8s  %8s %8s %7s", width, "", words[0], words[1], words[2], words[3], words[4]);
    if (is_timed(board))
        printf("  %9s  %6s", words[5], words[6]);
    puts("");
}

static void print_head(const struct board *board, int width) {
    const struct trace_totals *totals = trace_totals(board->trace);
    char words[3][WORD_BYTES];
    const char *command = trace_command(board->trace);
    printf("%s%s%s\n", board->path, *command ? ": " : "", command);
    printf("%s of %s, at most %s live; replayed %s%s\n\n",
           word_many(totals->operations, "operation", words[0]),
           word_many(totals->threads, "thread", words[1]), word_bytes(totals->peak_bytes, words[2]),
           !board->threads   ? "in one order"
           : is_timed(board) ? "by as many threads"
                             : "in one order, the threads kept apart",
           board->checked ? ", every byte checked" : "");
    print_columns(board, width,
                  (const char *const[]){"peak", "average", "probes", "p99.9", "splits", "ns", "CS:APP"});
    print_columns(
        board, width,
        (const char *const[]){"heap/", "heap/", "an allo-", "probes", "an al-", "an opera-", "score"});
    print_columns(board, width, (const char *const[]){"live", "live", "cation", "", "location", "tion", ""});
    puts("");
}

const char *board_pointer(const char *own, const struct candidate *candidate) {
    return own && strcmp(candidate->name, own) == 0 ? "  <-- yours" : "";
}

static void print_entry(const struct board *board, const struct entry *entry, int width) {
    const struct score *score = &entry->score;
    double allocations = score->allocations ? (double)score->allocations : 1;
    printf(" %c%c  %-*s ", entry->front ? '*' : ' ', entry->front_ns ? '+' : ' ', width,
           candidate_short_name(entry->candidate));
    if (entry->ending.what[0]) {
        printf(" %s%s\n", entry->ending.what, board_pointer(board->own, entry->candidate));
        return;
    }
    if (entry->has_memory && !board_has_live(board))
        printf(" %8s %8s ", "-", "-");
    else if (entry->has_memory)
        printf(" %8.3f %8.3f ", score_peak_overhead(score), score_average_overhead(score));
    else
        printf(" %8s %8s ", "", "");
    if (entry->has_score && score_counts_probes(score))
        printf(" %8.2f %8" PRIu64 " %7.3f ", (double)score->probes / allocations, score->probes_999,
               (double)score->splits / allocations);
    else if (entry->has_score)
        printf(" %8s %8s %7.3f ", "-", "-", (double)score->splits / allocations);
    else
        printf(" %8s %8s %7s ", "-", "-", "-");
    if (entry->has_time)
        printf(" %9.1f  %6.1f", board_ns(board, entry),
               score_csapp(score_utilization(score), board->replayed, board_seconds(board, entry)));
    puts(board_pointer(board->own, entry->candidate));
    if (score->failures)
        printf("     %-*s  %" PRIu64 " allocation%s failed\n", width, "", score->failures,
               word_plural(score->failures, "allocation"));
    if (entry->has_score && !score_counts_probes(score))
        printf("     %-*s  counts no probes: its find never calls halloc_probe\n", width, "");
}

bool board_is_unsure(const struct entry *entry) {
    uint64_t one = entry->one_thread, apart = entry->score.peak_heap_bytes;
    return one && (one > apart ? one - apart : apart - one) * UNSURE_SHARE > apart;
}

static void print_unsure(const struct entry *entry) {
    char least[WORD_BYTES], most[WORD_BYTES];
    uint64_t one = entry->one_thread, apart = entry->score.peak_heap_bytes;
    if (board_is_unsure(entry))
        printf(
            "    The peak of process can't be predicted: it is %s to %s, depending on which threads run at "
            "the same time.\n",
            word_bytes(one < apart ? one : apart, least), word_bytes(one < apart ? apart : one, most));
    else if (one)
        puts("    The peak of process is that of the run that was recorded. If recording made phases of its\n"
             "    threads meet, other runs take less.");
}

void board_print_legend(bool oracle, bool resident, bool timed) {
    puts("\n *  no other policy is as good in memory and in probes, and better in one of them");
    if (timed)
        puts(" +  no other is as good in memory and in time, and better in one of them");
    if (oracle)
        puts(" oracle: a heap of what is live at most, packed; no heap that does not shrink can need less");
    if (resident)
        puts(" -  of a whole allocator the kernel's count of resident memory is taken, every block touched;\n"
             "    Halloc's process heap has no huge pages there, for the kernel does not always have some");
}

static void print_harness(const struct board *board) {
    if (board->harness_ns && board->replayed)
        printf("The harness alone takes %.1f ns an operation, %.1f million a second; it is taken off.\n",
               (double)board->harness_ns / (double)board->replayed,
               (double)board->replayed * 1e3 / (double)board->harness_ns);
}

void board_print_table(const struct board *board) {
    int width = name_width(board);
    print_head(board, width);
    for (size_t index = 0; index < board->count; index++)
        print_entry(board, &board->entries[index], width);
}

/* Whatever the times are of, resident memory was counted while one thread made all calls. */
static void print_one_thread(const struct board *board) {
    printf("    %sne thread made all calls for that count%s. With several, an allocator may keep more, as it "
           "has\n"
           "    a cache for each.%s\n",
           board->threads && is_timed(board) ? "Times are of all threads, but o" : "O",
           board->threads ? " of the kernel's" : "",
           board->threads ? "" : " Of process, --threads keeps them apart, and so does `halloc explain`.");
}

void board_print(const struct board *board) {
    bool resident = false, oracle = false;
    for (size_t index = 0; index < board->count; index++) {
        const struct entry *entry = &board->entries[index];
        oracle |= entry->candidate->is_oracle;
        resident |= entry->has_memory && !entry->has_score && !entry->told;
    }
    board_print_table(board);
    board_print_legend(oracle, resident, is_timed(board));
    if (!board_has_live(board))
        puts("    No byte is ever live: there is no heap / live.");
    if (resident && trace_totals(board->trace)->threads > 1)
        print_one_thread(board);
    for (size_t index = 0; index < board->count; index++)
        print_unsure(&board->entries[index]);
    print_harness(board);
}
