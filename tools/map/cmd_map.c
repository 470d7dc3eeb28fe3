/*
 * cmd_map.c - `halloc map F`: draws how a heap changes, as a page, as a figure, in the terminal, or one
 * moment as JSON. map.h tells which data it gathers, and which file draws them.
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "map.h"
#include "../replay/candidate.h"
#include "../base/output.h"
#include "../base/progress.h"
#include "../snapshot/snapshot.h"
#include "../snapshot/snapshot_page.h"
#include "../trace/symbol/symbol.h"
#include "../base/words.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct request {
    const char *trace, *page, *figure, *policies, *policy, *window, *at, *most;
    const char *own[MAP_POLICIES_MOST]; /* names of --policy's */
    unsigned own_count;
    bool tty, json;
    uint64_t most_bytes;
};

static int print_help(void) {
    puts("usage: halloc map [--with P[,P]] [-o M.html | --svg M.svg | --tty | --json]\n"
         "                  F.htrace\n"
         "       halloc map [-o M.html] S\n"
         "Replays the trace on a heap of policy P, or of two policies, and draws how the\n"
         "heap changes. Of a snapshot S (`halloc snapshot`) it draws the heap of that\n"
         "process, as it was.\n"
         "\n"
         "  -o M.html       write a page for a browser, in one file; default: F.html\n"
         "  --svg M.svg     write a figure: the heap over time, and at one operation\n"
         "  --tty           print the same figure in the terminal\n"
         "  --json          print every block and free list at one operation\n"
         "  --with P[,P]    the policies: `halloc map --with help` lists them; default:\n"
         "                  segregated. Or process, halloc's malloc\n"
         "  --policy F.so   add a policy of yours,\n"
         "                  `const halloc_policy halloc_user_policy`\n"
         "  --at A          the operation to show first: its number, or peak (the default)\n"
         "  --window W      the operations that the page shows one by one: FROM:TO, or\n"
         "                  their number around --at; default: 16384\n"
         "  --most BYTES    the largest size of the page, by a shorter window; default:\n"
         "                  3000000\n"
         "\n"
         "In the page the arrow keys step. [ and ] go to where the heap grew or a call\n"
         "failed. p goes to the peak. ? lists the keys. For a damaged trace the command\n"
         "draws what precedes the damage, and the exit status is 1.");
    return command_written("halloc map", 0);
}

static int usage(const char *what, const char *word) {
    return fail_usage("halloc map", what, word);
}

static int name_policies(void) {
    const halloc_policy *policy;
    for (size_t index = 0; (policy = halloc_policy_at(index)); index++)
        printf("%-12s %s\n", policy->name, policy->summary);
    printf("%-12s %s\n", SERIAL_PROCESS, MAP_PROCESS_SUMMARY);
    return command_written("halloc map", 0);
}

/* --- The command line ---------------------------------------------------------------------------------- */

/* Makes the user's policy known. It is drawn even if --with does not name it. */
static int load_own(struct request *request) {
    const char *name = candidates_load_policy("halloc map", request->policy);
    if (!name)
        return 2;
    if (request->own_count == MAP_POLICIES_MOST)
        return usage("at most two policies: ", name);
    request->own[request->own_count++] = name;
    return 0;
}

static int read_option(struct request *request, char **argv, int *at) {
    const char *word = argv[*at];
    struct {
        const char *name, **value;
    } const options[] = {{"-o", &request->page},         {"--svg", &request->figure},
                         {"--with", &request->policies}, {"--policy", &request->policy},
                         {"--at", &request->at},         {"--window", &request->window},
                         {"--most", &request->most}};
    for (size_t index = 0; index < sizeof options / sizeof *options; index++)
        if (argument_value(argv, at, options[index].name, options[index].value)) {
            if (!**options[index].value)
                return usage(word, " needs a value");
            return options[index].value == &request->policy ? load_own(request) : 0;
        }
    if (strcmp(word, "--tty") == 0) {
        request->tty = true;
    } else if (strcmp(word, "--json") == 0) {
        request->json = true;
    } else if (argument_is_option(word)) {
        return usage(word, " is not an option");
    } else if (request->trace) {
        return usage("one file at a time: ", word);
    } else {
        request->trace = word;
    }
    return 0;
}

/* The name that outlives `word`; NULL: there is no such heap. */
static const char *known_name(const char *word) {
    const halloc_policy *policy = halloc_policy_find(word);
    return policy ? policy->name : strcmp(word, SERIAL_PROCESS) == 0 ? SERIAL_PROCESS : NULL;
}

static bool add_policy(struct map *map, const char *word) {
    const char *name = known_name(word);
    if (!name || map->policy_count == MAP_POLICIES_MOST) {
        usage(name ? "at most two policies: " : "no such policy: ", word);
        return false;
    }
    map->policies[map->policy_count++].name = name;
    return true;
}

static bool is_named(const struct map *map, const char *name) {
    for (unsigned index = 0; index < map->policy_count; index++)
        if (strcmp(map->policies[index].name, name) == 0)
            return true;
    return false;
}

static bool read_policies(struct map *map, const struct request *request) {
    static char room[200];
    const char *words = request->policies ? request->policies : request->own_count ? NULL : "segregated";
    snprintf(room, sizeof room, "%s", words ? words : "");
    char *rest = words ? room : NULL, *word;
    while ((word = strsep(&rest, ",")))
        if (!add_policy(map, word))
            return false;
    for (unsigned index = 0; index < request->own_count; index++)
        if (!is_named(map, request->own[index]) && !add_policy(map, request->own[index]))
            return false;
    return true;
}

static bool read_moment(const struct map *map, const char *word, uint64_t *at) {
    *at = map->peak;
    if (!word || strcmp(word, "peak") == 0)
        return true;
    if (strncmp(word, "op:", 3) == 0)
        word += 3;
    if (!word_read_number(word, word + strlen(word), at)) {
        usage("not an operation: ", word);
        return false;
    }
    if (*at >= map->operations) {
        fprintf(stderr, "halloc map: %s: operations are numbered 0 to %" PRIu64 "\n", word,
                map->operations - 1);
        return false;
    }
    return true;
}

static bool read_window(struct map *map, const char *word, uint64_t at) {
    uint64_t from = 0, to = 0;
    const char *colon = word ? strchr(word, ':') : NULL;
    if (!word) {
        map_window(map, at, MAP_WINDOW_OPERATIONS);
        return true;
    }
    if (!word_read_number(word, colon ? colon : word + strlen(word), &from) ||
        (colon && !word_read_number(colon + 1, colon + strlen(colon), &to)) || (colon && to <= from)) {
        usage("not a window: ", word);
        return false;
    }
    if (colon ? from >= map->operations : !from) {
        fprintf(stderr, "halloc map: %s: no operation lies in that window\n", word);
        return false;
    }
    if (!colon) {
        map_window(map, at, from);
        return true;
    }
    map->to = to < map->operations ? to : map->operations;
    map->from = from;
    return true;
}

/* --- Drawing ------------------------------------------------------------------------------------------- */

static const char *gather(struct map *map) {
    const char *why = NULL;
    for (unsigned index = 0; index < map->policy_count && !why; index++)
        why = map_gather(map, &map->policies[index], map->policies[index].name);
    return why;
}

static const struct output_kind *output_kind(const struct request *request) {
    static const struct output_kind page = {.name = "HTML page", .begins = {"<!doctype html"}},
                                    figure = {.name = "SVG figure", .begins = {"<svg"}};
    return request->figure ? &figure : &page;
}

static const char *output_name(const struct request *request, char *room, size_t bytes) {
    if (request->figure || request->page)
        return request->figure ? request->figure : request->page;
    const char *slash = strrchr(request->trace, '/'), *name = slash ? slash + 1 : request->trace;
    const char *dot = strrchr(name, '.');
    snprintf(room, bytes, "%.*s.html", dot && dot > name ? (int)(dot - name) : (int)strlen(name), name);
    return room;
}

/* Reports an error of the output. Errors of the trace name the trace instead. */
static const char *complain(const char *why) {
    progress_end();
    fprintf(stderr, "halloc map: %s\n", why);
    return "";
}

static const char *draw_file(const struct request *request, struct map *map, uint64_t at) {
    char room[4096], words[WORD_BYTES], more[WORD_BYTES];
    const char *path = output_name(request, room, sizeof room);
    struct output output;
    const char *refused = output_open(&output, path, output_kind(request));
    if (refused)
        return complain(refused);
    const char *why = request->figure ? map_write_svg(map, at, output.file)
                                      : map_write_page(map, at, request->most_bytes, output.file);
    bool straight = !output.part;
    long bytes = straight ? 0 : ftell(output.file);
    const char *failed = output_close(&output, !why);
    if (failed)
        return complain(failed);
    progress_end();
    if (why || straight)
        return why;
    printf("%s: %s", path, word_bytes((uint64_t)bytes, words));
    if (!request->figure && map->to > map->from)
        printf(", exact from operation %s to %s", word_count(map->from, words),
               word_count(map->to - 1, more));
    else if (!request->figure)
        printf(", without exact operations: there is no room for them");
    puts("");
    return NULL;
}

static void terminal_size(unsigned *columns, unsigned *rows) {
    struct winsize size = {0};
    const char *wide = getenv("COLUMNS"), *high = getenv("LINES");
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        size.ws_col = size.ws_row = 0;
    *columns = wide && atoi(wide) > 0 ? (unsigned)atoi(wide) : size.ws_col ? size.ws_col : 80;
    *rows = high && atoi(high) > 0 ? (unsigned)atoi(high) : size.ws_row ? size.ws_row : 40;
}

static bool has_colors(void) { /* as the tour decides it, which stands alone */
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(none && *none) && !(terminal && strcmp(terminal, "dumb") == 0);
}

static const char *draw(const struct request *request, struct map *map, uint64_t at) {
    unsigned columns, rows;
    char room[4096];
    if (request->json)
        return map_write_state(map, at, stdout);
    const char *why =
        request->tty ? NULL : output_refused(output_name(request, room, sizeof room), output_kind(request));
    if (why)
        return complain(why);
    if (request->figure || request->tty)
        map->to = map->from; /* the page alone shows operations one by one, and to keep them takes long */
    why = gather(map);
    if (why || !request->tty)
        return why ? why : draw_file(request, map, at);
    progress_end();
    terminal_size(&columns, &rows);
    return map_write_tty(map, at, columns, rows, has_colors());
}

static int show(const struct request *request, struct map *map) {
    struct trace_problem problem;
    uint64_t at;
    progress_begin("halloc map");
    struct trace *trace = trace_open(request->trace, &problem);
    if (!trace) {
        progress_end();
        return trace_complain("halloc map", request->trace, &problem);
    }
    map->trace = trace;
    map->path = request->trace;
    map->operations = trace_totals(trace)->operations;
    map->peak = trace_totals(trace)->peak_after;
    int status = 1;
    if (!map->operations)
        fprintf(stderr, "halloc map: %s: no operations\n", request->trace);
    else if (read_moment(map, request->at, &at) && read_window(map, request->window, at)) {
        const char *why = draw(request, map, at);
        progress_end();
        status = command_written("halloc map", why != NULL);
        if (why && *why)
            fprintf(stderr, "halloc map: %s: %s\n", request->trace, why);
    } else {
        status = 2;
    }
    progress_end();
    if (trace_complain_damage("halloc map", request->trace, trace) && !status)
        status = 1;
    for (unsigned index = 0; index < map->policy_count; index++)
        map_policy_free(&map->policies[index]);
    symbol_close();
    trace_close(trace);
    return status;
}

int command_map(int argc, char **argv) {
    struct request request = {0};
    struct map map = {0};
    for (int at = 1; at < argc; at++) {
        if (argument_is_help(argv[at]))
            return print_help();
        int status = read_option(&request, argv, &at);
        if (status)
            return status;
    }
    if (request.policies && strcmp(request.policies, "help") == 0)
        return name_policies();
    if ((request.page != NULL) + (request.figure != NULL) + request.tty + request.json > 1)
        return usage("one of -o, --svg, --tty and --json", "");
    if (!request.trace)
        return usage("no trace to draw", "");
    if (snapshot_is(request.trace)) {
        char room[4096];
        bool only_page =
            !request.figure && !request.tty && !request.json && !request.policies && !request.policy;
        return only_page ? snapshot_draw(request.trace, output_name(&request, room, sizeof room))
                         : usage("a snapshot becomes a page: only -o goes with ", request.trace);
    }
    request.most_bytes = PAGE_BYTES_MOST;
    if (request.most && !word_read_bytes(request.most, &request.most_bytes))
        return usage("not a number of bytes: ", request.most);
    return read_policies(&map, &request) ? show(&request, &map) : 2;
}
