"""mutate.py - all mutants of the C text in one copy of it.

A mutant is a source in which one check or one bound is wrong. To compile the library once for each of them would take
hours. So one copy gets all of them, each behind a question: `if (MUTANT(17) ? 0 : (size > limit))`. A number in the
program's data says which question has the answer yes; 0 stands for none. One more array notes the questions that were
asked, so a test need not run for a mutant that it never meets.

The kinds, all found by looking at the text alone:

    removed check       if (C)          -> if (0); not where C is `likely`, for these only choose the fast path
    moved bound         a < b           -> a < b + 1, which is a <= b; the others of < <= > >= likewise
    turned comparison   a == b          -> a != b, and the other way
    dropped condition   A && B, A || B  -> A, and B
    off by one          + 1, - 1        -> + 0, - 0

A mutant that the compiler refuses is left out: the text is a constant expression there.
"""
import re

HEAD = r"""
static volatile struct { char tag[16]; int number; } mutant __attribute__((unused)) = {"<mutant number>", 0};
static unsigned char mutant_met[16384] __attribute__((aligned(4096)));
static inline int mutant_is(int number) { mutant_met[number] = 1; return mutant.number == number; }
#define MUTANT(number) mutant_is(number)
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
/* What was met is a file that all processes of a test share. libhalloc.so is initialised before libc knows the
 * environment, so it comes from the arguments, which glibc passes to constructors. */
__attribute__((constructor(101))) static void mutant_note_met(int count, char **words, char **environment) {
    const char *path = NULL;
    for (char **each = environment; (void)count, (void)words, *each; each++)
        if (strncmp(*each, "MUTANTS_MET=", 12) == 0)
            path = *each + 12;
    int file = path ? open(path, O_RDWR) : -1;
    if (file < 0)
        return;
    for (unsigned index = 0; index < sizeof mutant_met; index++)
        if (mutant_met[index])
            (void)!pwrite(file, "\1", 1, index);
    mmap(mutant_met, sizeof mutant_met, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
    close(file);
}
"""
TAG = b"<mutant number>\0"
MOST = 16384

OPEN, CLOSE = "([{", ")]}"


def masked(text):
    """The text with comments, strings and preprocessor lines as blanks, at the same places."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*',
                  blank, text, flags=re.S | re.M)


def bodies(text):
    """Where functions begin and end: braces at depth 0 behind a closing parenthesis."""
    depth, start = 0, None
    for at, char in enumerate(text):
        if char == "{":
            if depth == 0 and text[:at].rstrip().endswith(")"):
                start = at
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0 and start is not None:
                yield start, at
                start = None


def matching(text, at):
    depth = 0
    for index in range(at, len(text)):
        depth += text[index] in OPEN
        depth -= text[index] in CLOSE
        if depth == 0:
            return index
    return None


def right_end(text, at, stops):
    """The end of the operand that begins at `at`: before one of the stops, or what closes around it."""
    depth = 0
    while True:
        char = text[at]
        if depth == 0 and (char in ";,?:)]}" or any(text.startswith(stop, at) for stop in stops)):
            return at
        depth += char in OPEN
        depth -= char in CLOSE
        at += 1


def left_start(text, at, stops):
    depth = 0
    while True:
        char = text[at - 1]
        if depth == 0 and (char in ";,?:([{}" or any(text.endswith(stop, 0, at) for stop in stops)):
            break
        if depth == 0 and char == "=" and text[at - 2] not in "=!<>" and text[at] != "=":
            break
        if depth == 0 and re.search(r"\b(return|else|do)\s$", text[max(0, at - 8):at]):
            break
        depth += char in CLOSE
        depth -= char in OPEN
        at -= 1
    while text[at].isspace():
        at += 1
    return at


def name_of(text, begin):
    """The name of the function whose body begins there."""
    names = re.findall(r"\b(\w+)\(", text[max(text.rfind("}", 0, begin), text.rfind(";", 0, begin)) + 1:begin])
    names = [name for name in names if not name.startswith("__") and name not in ("constructor", "no_sanitize", "alias")]
    return names[0] if names else ""


def found(text):
    """Each mutant of a masked text: (function, kind, place, begin, end, before, behind), %d for its number."""
    for begin, end in bodies(text):
        name = name_of(text, begin)
        for one in found_in(text, begin, end):
            yield name, *one


def found_in(text, begin, end):
    body = slice(begin, end)
    for match in re.finditer(r"\bif \(", text[body]):
        first = begin + match.end() - 1
        last = matching(text, first)
        if not text[first + 1:].startswith("likely("):
            yield "removed check", first, first + 1, last, "MUTANT(%d) ? 0 : (", ")"
    for match in re.finditer(r" (<=|>=|<|>|==|!=) ", text[body]):
        operator, place = match.group(1), begin + match.start() + 1
        behind = begin + match.end()
        if operator in ("==", "!="):
            last = right_end(text, behind, ["&&", "||", " & ", " | ", " ^ "])
            yield "turned comparison", place, place, last, "", " ^ MUTANT(%d)"
        else:
            sign = "" if operator in ("<", ">=") else "-"
            yield "moved bound", place, behind, behind, sign + "MUTANT(%d) + ", ""
    for match in re.finditer(r"\s(&&|\|\|)\s", text[body]):
        operator, place = match.group(1), begin + match.start() + 1
        stops = ["||"] if operator == "||" else ["||", "&&"]
        before = "(MUTANT(%d) || (" if operator == "&&" else "(!MUTANT(%d) && ("
        first, last = begin + match.end(), begin + match.start()
        while text[first].isspace():
            first += 1
        yield "dropped condition", first, first, right_end(text, first, stops), before, "))"
        yield "dropped condition", place, left_start(text, last, stops), last, before, "))"
    for match in re.finditer(r" [+-] (1)\b(?![.x])", text[body]):
        place = begin + match.start(1)
        yield "off by one", place, place, place + 1, "(", " - MUTANT(%d))"


def behind_of(text, place):
    return text.index(" ", place) + 1


def mutate(text, number, refused):
    """The text with all of its mutants, numbered from `number`; what they are; refused: lines without any."""
    bare, insertions, mutants, seen = masked(text), [], [], set()
    for function, kind, place, begin, end, before, behind in found(bare):
        line = text.count("\n", 0, place) + 1
        if line in refused or (kind, begin, end) in seen: # B of A || B || C is found twice
            continue
        seen.add((kind, begin, end))
        insertions.append((begin, 1, -end, before % number if "%" in before else before))
        insertions.append((end, 0, -begin, behind % number if "%" in behind else behind))
        part = re.sub(r"\s+", " ", text[begin:end].strip() or text[place:right_end(bare, behind_of(bare, place), [" && ", " || "])].strip())
        mutants.append((number, kind, line, function, text.split("\n")[line - 1].strip(), part))
        number += 1
    out, at = [], 0
    for place, _, _, words in sorted(insertions, key=lambda one: one[:3]):
        out += [text[at:place], words]
        at = place
    return "".join(out) + text[at:], mutants
