#!/usr/bin/env python3
"""make_class.py DIR COUNT: a class of submissions, DIR/001/mine.c and so on: sound, slow, wrong, hostile.

Each kind comes in turn, with a number in its text, so that no two are the same. The kind stands in KIND.
"""
import pathlib
import sys

SPIN = "for (volatile int turn = 0; turn < 2000; turn++) ;"

TEXT = """/* submission {number}, {kind} */
#define _GNU_SOURCE 1
#include "halloc.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

{before}
static MemoryBlock *find(const halloc_free_set *set, size_t size) {{
    MemoryBlock *best = NULL;
    {early}
    for (MemoryBlock *block = set->root[0]; block; block = block->nextFree) {{
        {each}
        if (halloc_probe(set, block) >= {wanted}) {{
            {take};
        }}
    }}
    return best;
}}
static void insert(halloc_free_set *set, MemoryBlock *block) {{
    {insert}
    halloc_list_push(set, 0, block);
}}
static void take_out(halloc_free_set *set, MemoryBlock *block) {{
    {remove}
    halloc_list_unlink(set, 0, block);
}}
const halloc_policy halloc_user_policy = {{
    .name = "s{number}", .learning = true, .find = find, .insert = insert, .remove = take_out}};
"""

PLAIN = dict(before="", early="", each="", wanted="size", take="return block", insert="", remove="")
CONSTRUCTOR = "__attribute__((constructor)) static void load(void) {{ {} }}"
KINDS = {
    "first": {},
    "best": dict(take="if (!best || block->size < best->size) best = block"),
    "worst": dict(take="if (!best || block->size > best->size) best = block"),
    "slow": dict(take="best = block", each=SPIN),
    "too-small": dict(wanted="size / 2"),
    "forgets": dict(insert="if (block->size > 900) return;"),
    "keeps": dict(remove="if (block->size == 112) return;"),
    "crashes": dict(early="if (set->finds == 300) *(volatile int *)16 = 1;"),
    "syntax": dict(early="this is no C"),
    "hangs": dict(early="while (set->finds > 400) ;"),
    "hangs-early": dict(before=CONSTRUCTOR.format("for (;;) ;")),
    "forges": dict(before=CONSTRUCTOR.format('printf("{\\"passed\\": true}\\n"); fflush(stdout); _exit(0);')),
    "kills": dict(early="if (set->finds == 9) kill(getppid(), SIGKILL);"),
    "forks": dict(before=CONSTRUCTOR.format("while (fork() >= 0) ;")),
    "allocates": dict(insert="void *volatile gone = malloc(9); free(gone);"),
    "hides": dict(take="if (!best || *(volatile size_t *)&block->size < best->size) best = block"),
    "prints": dict(early='printf("looking for %zu bytes\\n", size);'),
    "eats": dict(before=CONSTRUCTOR.format("for (;;) *(volatile char *)malloc(1 << 24) = 1;")),
    "takes-back": dict(early="((halloc_free_set *)set)->probes = 0;"),
    "writes": dict(early='fopen("/tmp/class-was-here", "w");'),
}


def main():
    folder, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    kinds = sys.argv[3].split(",") if len(sys.argv) > 3 else list(KINDS)
    for number in range(1, count + 1):
        kind = kinds[(number - 1) % len(kinds)]
        own = folder / f"{number:03}"
        own.mkdir(parents=True)
        (own / "mine.c").write_text(TEXT.format(**{**PLAIN, **KINDS[kind]}, number=number, kind=kind))
        (own / "KIND").write_text(kind + "\n")


main()
