/*
 * cmd_explain.c - `halloc explain F --at A`: the command line. The other files of this folder find the
 * answers.
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "explain.h"
#include "../replay/candidate.h"
#include "../base/progress.h"
#include "../snapshot/snapshot.h"
#include "../trace/symbol/symbol.h"
#include "../base/words.h"

#include <inttypes.h>
#include <unistd.h>

struct question {
    const char *trace, *at, *fit, *policy, *limit;
    bool json;
};

static int print_help(void) {
    puts("usage: halloc explain [--with P] [--at A] [--limit BYTES] [--json] F.htrace\n"
         "       halloc explain [--json] S\n"
         "Explains why the heap is as it is. The command replays the trace on a heap of\n"
         "policy P. So it explains that heap, not the heap of the recorded program. A\n"
         "snapshot S (`halloc snapshot`) is explained as by `halloc why S`.\n"
         "\n"
         "  --at peak        the call sites with the most live bytes at the peak, and why\n"
         "                   the heap is larger than that (the default)\n"
         "  --at end         leaks: the call sites of objects that are never freed, and\n"
         "                   since when\n"
         "  --at op:N        what operation N did, why at that place, and why the heap\n"
         "                   grew or it failed\n"
         "  --at addr:A      the block at address A after the peak, and why it is there\n"
         "  --at addr:A@N    the same after operation N. Addresses count from the heap's\n"
         "                   start, as in `halloc map`. A trace with addresses (halloc\n"
         "                   trace --addresses) also takes the program's own\n"
         "  --at fail        the first operation that fails\n"
         "  --with P         the policy: `halloc map --with help` lists them; default:\n"
         "                   segregated. Or process, halloc's malloc: which bytes are free\n"
         "                   in slabs, and who keeps them\n"
         "  --policy F.so    add a policy of yours,\n"
         "                   `const halloc_policy halloc_user_policy`\n"
         "  --limit BYTES    the largest size of the heap, in whole pages: 28000000, 28M\n"
         "  --json           print the numbers, and the sentences as `text`\n"
         "\n"
         "A trace without call sites (halloc trace --stacks) has its objects grouped by\n"
         "size instead.");
    return command_written("halloc explain", 0);
}

static int usage(const char *what, const char *word) {
    return fail_usage("halloc explain", what, word);
}

static bool read_number(const char *word, uint64_t *number) {
    return word_read_number(word, word + strlen(word), number);
}

static bool read_address(const char *word, uint64_t *address, uint64_t *number) {
    char room[64];
    snprintf(room, sizeof room, "%s", word);
    char *when = strchr(room, '@');
    if (when)
        *when++ = 0;
    return read_number(room, address) && (!when || read_number(when, number));
}

/* -1: the question has an error. */
static int answer(struct explanation *why, const char *at, const char **problem) {
    uint64_t number = trace_totals(why->trace)->peak_after, address;
    if (strcmp(at, "peak") == 0)
        *problem = explain_at_peak(why);
    else if (strcmp(at, "end") == 0)
        *problem = explain_at_end(why);
    else if (strcmp(at, "fail") == 0)
        *problem = explain_failure(why);
    else if (strncmp(at, "op:", 3) == 0 && read_number(at + 3, &number))
        *problem = explain_at_operation(why, number);
    else if (strncmp(at, "addr:", 5) == 0 && read_address(at + 5, &address, &number))
        *problem = explain_at_address(why, address, number);
    else
        return -1;
    return 0;
}

/* Prints the answer at once, and then the part that needs another replay. JSON is one object. */
static void print_answer(struct explanation *why, bool json) {
    if (!json) {
        fwrite(why->text.data, 1, why->text.count, stdout);
        fflush(stdout);
        why->text.count = 0;
    }
    explain_compare(why);
    progress_end();
    if (why->text.failed || why->json.failed)
        return;
    if (!json) {
        fwrite(why->text.data, 1, why->text.count, stdout);
        return;
    }
    bytes_byte(&why->text, 0);
    why->text.data[why->text.count - 2] = 0; /* no newline at the end */
    tell_words(why, "text", (const char *)why->text.data);
    bytes_byte(&why->json, 0);
    printf("{%s\n}\n", (const char *)why->json.data);
}

/* Rounds up to pages, as the heap does. */
static size_t whole_pages(size_t bytes) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), more = (page - bytes % page) % page;
    return bytes > SIZE_MAX - more ? bytes : bytes + more;
}

static int explain(const struct question *question, size_t limit) {
    struct trace_problem damage;
    const char *problem = NULL;
    progress_begin("halloc explain");
    struct trace *trace = trace_open(question->trace, &damage);
    progress_end();
    if (!trace)
        return trace_complain("halloc explain", question->trace, &damage);
    struct explanation why = {
        .trace = trace, .fit = question->fit, .limit_asked = limit, .limit_bytes = whole_pages(limit)};
    int status = 0;
    if (!trace_totals(trace)->operations) {
        problem = "no operations";
    } else if (answer(&why, question->at, &problem) < 0) {
        status = usage("what is asked? --at peak, end, op:N, addr:A or fail, not ", question->at);
    }
    progress_end();
    if (!problem && (why.text.failed || why.json.failed))
        problem = "out of memory";
    if (problem)
        fprintf(stderr, "halloc explain: %s: %s\n", question->trace, problem);
    else if (!status)
        print_answer(&why, question->json);
    status =
        status ? status : command_written("halloc explain", problem || why.text.failed || why.json.failed);
    if (trace_complain_damage("halloc explain", question->trace, trace) && !status)
        status = 1;
    explain_close(&why);
    symbol_close();
    trace_close(trace);
    return status;
}

static int read_option(struct question *question, char **argv, int *at) {
    const char *word = argv[*at], *value = "given"; /* an option without a value keeps this */
    if (argument_value(argv, at, "--at", &value))
        question->at = value;
    else if (argument_value(argv, at, "--with", &value))
        question->fit = value;
    else if (argument_value(argv, at, "--policy", &value))
        question->policy = value;
    else if (argument_value(argv, at, "--limit", &value))
        question->limit = value;
    else if (strcmp(word, "--json") == 0)
        question->json = true;
    else if (argument_is_option(word))
        return usage(word, " is not an option");
    else if (question->trace)
        return usage("one file at a time: ", word);
    else
        question->trace = word;
    return *value ? 0 : usage(word, " needs a value");
}

/* `halloc why` tells of the heap of a process, of which a snapshot is a copy. */
static int explain_snapshot(const struct question *question) {
    char *words[] = {"why", (char *)question->trace, question->json ? "--json" : NULL, NULL};
    if (question->at || question->fit || question->policy || question->limit)
        return usage("only --json goes with a snapshot: ", question->trace);
    return command_why(question->json ? 3 : 2, words);
}

int command_explain(int argc, char **argv) {
    struct question question = {0};
    uint64_t limit = 0;
    for (int at = 1; at < argc; at++) {
        if (argument_is_help(argv[at]))
            return print_help();
        int status = read_option(&question, argv, &at);
        if (status)
            return status;
    }
    if (!question.trace)
        return usage("no trace to look at", "");
    if (snapshot_is(question.trace))
        return explain_snapshot(&question);
    const char *own = question.policy ? candidates_load_policy("halloc explain", question.policy) : NULL;
    if (question.policy && !own)
        return 2;
    if (!question.at)
        question.at = "peak";
    if (!question.fit)
        question.fit = own ? own : "segregated";
    bool is_process = strcmp(question.fit, SERIAL_PROCESS) == 0;
    if (!is_process && !halloc_policy_find(question.fit))
        return usage("no such policy: ", question.fit);
    if (question.limit && (!word_read_bytes(question.limit, &limit) || !limit))
        return usage("not a number of bytes: ", question.limit);
    if (is_process && limit)
        return usage("--limit is for policies; the process heap takes all that there is", "");
    return explain(&question, limit);
}
