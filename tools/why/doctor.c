/* doctor.c - see doctor.h. */
#include "doctor.h"

#include "../base/words.h"

struct patient {
    const struct view *view;
    const struct ledger *ledger;
};

/* At least the floor, and a part of what is resident. */
static bool is_much(const struct patient *patient, uint64_t bytes, unsigned part) {
    return bytes >= DOCTOR_LEAST_BYTES && bytes * part >= patient->ledger->resident;
}

#define SAY(finding, id, problem, change, ...)                                                               \
    (snprintf((finding)->name, sizeof(finding)->name, "%s", id),                                             \
     snprintf((finding)->help, sizeof(finding)->help, "%s", change),                                         \
     snprintf((finding)->what, sizeof(finding)->what, problem, __VA_ARGS__), true)

static uint64_t free_blocks(const struct patient *patient) {
    return (uint64_t)patient->ledger->bytes[LEDGER_BLOCKS];
}

static bool rule_purge_off(const struct patient *patient, struct finding *finding) {
    char bytes[WORD_BYTES];
    if (patient->view->purge || !is_much(patient, free_blocks(patient), 8))
        return false;
    return SAY(
        finding, "purge-off",
        "Free blocks hold %s, and nothing gives them back: HALLOC_CONF=purge:off, or mallopt, says so.",
        "Leave purge on. malloc_trim(0) gives the memory back once.",
        word_bytes(free_blocks(patient), bytes));
}

static uint64_t locked_bytes(const struct view *view) {
    uint64_t bytes = 0;
    for (size_t index = 0; index < view->mapping_count; index++)
        if (view->mappings[index].kind == MAPPING_REGION)
            bytes += view->mappings[index].locked;
    return bytes;
}

/* A page or two that a program locks in its heap don't matter. */
static bool is_locked(const struct patient *patient) {
    return locked_bytes(patient->view) > free_blocks(patient) / 2;
}

static bool rule_locked(const struct patient *patient, struct finding *finding) {
    char bytes[WORD_BYTES];
    if (!is_locked(patient) || !is_much(patient, free_blocks(patient), 8))
        return false;
    return SAY(finding, "locked",
               "Free blocks hold %s, and the kernel keeps them: the program locked its memory.",
               "Lock only what must not be swapped (mlock), not all that comes (mlockall with MCL_FUTURE).",
               word_bytes(free_blocks(patient), bytes));
}

/* Halloc keeps an eighth of the recent peak and 8 MiB. More is kept only by a program that does little. */
static bool rule_asleep(const struct patient *patient, struct finding *finding) {
    char bytes[WORD_BYTES];
    uint64_t line = patient->view->used_bytes / 8 + DOCTOR_LEAST_BYTES;
    if (!patient->view->purge || is_locked(patient) || free_blocks(patient) <= line ||
        !is_much(patient, free_blocks(patient), 4))
        return false;
    return SAY(
        finding, "asleep",
        "Free blocks hold %s. They go back within seconds if the program makes requests. If it waits, they "
        "stay: Halloc has no thread of its own.",
        "Look again in some seconds. If they are still there, call malloc_trim(0) before the program waits.",
        word_bytes(free_blocks(patient), bytes));
}

static bool rule_idle_pages(const struct patient *patient, struct finding *finding) {
    char bytes[WORD_BYTES];
    if (!is_much(patient, patient->ledger->idle_bytes, 4))
        return false;
    return SAY(
        finding, "idle-pages",
        "Pages without any object hold %s, inside slabs. Only the thread that owns a slab gives such pages "
        "back, when it allocates.",
        "Let threads that freed much call malloc_trim(0) before they wait, or end them.",
        word_bytes(patient->ledger->idle_bytes, bytes));
}

/* Which slot size has most free memory that objects pin? */
static const struct ledger_class *most_pinned(const struct ledger *ledger) {
    const struct ledger_class *most = &ledger->classes[0];
    for (size_t index = 0; index < ledger->class_count; index++)
        if (ledger->classes[index].pinned_bytes > most->pinned_bytes)
            most = &ledger->classes[index];
    return most;
}

static bool rule_pinned(const struct patient *patient, struct finding *finding) {
    char bytes[WORD_BYTES], of_class[WORD_BYTES], objects[WORD_BYTES];
    const struct ledger *ledger = patient->ledger;
    if (!is_much(patient, ledger->pinned_bytes, 4))
        return false;
    const struct ledger_class *most = most_pinned(ledger);
    char part[WORD_BYTES + 16] = "All of it";
    if (most->pinned_bytes < ledger->pinned_bytes)
        snprintf(part, sizeof part, "Most, %s,", word_bytes(most->pinned_bytes, of_class));
    return SAY(
        finding, "pinned",
        "Free slots hold %s in pages that can't go, because each has an object that lives. %s is between "
        "objects of up to %u bytes: %s of them are left in %llu slabs.",
        "Objects that live long were made among many that did not. Make them before, or in a heap of their "
        "own (halloc_heap_create), or copy those that stay.",
        word_bytes(ledger->pinned_bytes, bytes), part, most->slot_bytes,
        word_count(most->used_slots, objects), (unsigned long long)most->slabs);
}

static bool rule_threads(const struct patient *patient, struct finding *finding) {
    char bytes[WORD_BYTES];
    uint64_t kept = (uint64_t)patient->ledger->bytes[LEDGER_CACHED], lives = 0;
    for (size_t index = 0; index < patient->view->thread_count; index++)
        lives += patient->view->threads[index].lives;
    if (lives < 8 || !is_much(patient, kept, 4))
        return false;
    return SAY(finding, "thread-caches", "%llu threads keep %s for their own next requests.",
               "Use fewer threads, or let those that wait long call malloc_trim(0) before.",
               (unsigned long long)lives, word_bytes(kept, bytes));
}

static bool rule_stacks(const struct patient *patient, struct finding *finding) {
    char bytes[WORD_BYTES];
    uint64_t stacks = (uint64_t)patient->ledger->bytes[LEDGER_STACKS];
    if (!is_much(patient, stacks, 3))
        return false;
    return SAY(finding, "stacks", "Stacks of %llu threads hold %s. That is not the heap's memory.",
               "Use fewer threads, or keep large arrays off the stack: a page that was touched once stays.",
               (unsigned long long)patient->view->tasks, word_bytes(stacks, bytes));
}

static bool rule_reserve(const struct patient *patient, struct finding *finding) {
    char used[WORD_BYTES], limit[WORD_BYTES];
    const struct view *view = patient->view;
    if (view->used_bytes < view->limit_bytes / 10 * 9)
        return false;
    return SAY(finding, "reserve",
               "%s of the %s that Halloc may use are in use. Requests that do not fit get NULL.",
               "Raise the limit: HALLOC_CONF=reserve:SIZE, or ulimit -v.", word_bytes(view->used_bytes, used),
               word_bytes(view->limit_bytes, limit));
}

static bool rule_not_ours(const struct patient *patient, struct finding *finding) {
    char bytes[WORD_BYTES];
    const struct ledger *ledger = patient->ledger;
    uint64_t other = (uint64_t)(ledger->bytes[LEDGER_OTHER] + ledger->bytes[LEDGER_BREAK]);
    if (!is_much(patient, other, 2))
        return false;
    return SAY(finding, "not-ours",
               "Anonymous memory that did not come from malloc holds %s: the program maps it itself.",
               "No setting of Halloc changes that. Look at the mappings below, and at the program's own "
               "pools (python3: "
               "PYTHONMALLOC=malloc).",
               word_bytes(other, bytes));
}

size_t doctor(const struct view *view, const struct ledger *ledger, struct finding *findings) {
    static bool (*const rules[])(const struct patient *, struct finding *) = {
        rule_purge_off, rule_locked, rule_asleep,  rule_idle_pages, rule_pinned,
        rule_threads,   rule_stacks, rule_reserve, rule_not_ours};
    const struct patient patient = {view, ledger};
    size_t count = 0;
    for (size_t index = 0; index < sizeof rules / sizeof *rules; index++)
        count += rules[index](&patient, &findings[count]);
    return count;
}
