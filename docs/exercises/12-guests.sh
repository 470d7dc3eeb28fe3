# The contract of 12-guests.c: bash exercises/12-guests.sh FILE.c says what is broken first, and exits 0 or 1.
# The program that it makes runs on Halloc, which stops a double free.
. "$(dirname "$0")/judge.sh"
cat >"$work/contract.c" <<'EOF'
#define main main_of_the_list
#include FILE_TO_JUDGE
#undef main
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>

static void want(bool so, const char *what) {
    if (so)
        return;
    puts(what);
    exit(1);
}

static void want_family(const struct guest *guest, const char *family) {
    want(strcmp(guest_family(guest), family) == 0, "the name of a guest who is still there has changed");
}

int main(int count, char **words) {
    struct guest *guest[100];
    setvbuf(stdout, NULL, _IONBF, 0);
    size_t before = mallinfo2().uordblks;
    struct guest *ada = guest_arrives("Lovelace"), *byron = guest_arrives("Lovelace");
    want_family(ada, "Lovelace");
    want_family(byron, "Lovelace");
    guest_leaves(ada);
    guest_leaves(byron);
    for (int at = 0; at < 100; at++)
        guest[at] = guest_arrives(at % 3 ? "Babbage" : "Menabrea");
    for (int at = 0; at < 100; at += 2)
        guest_leaves(guest[at]);
    for (int at = 1; at < 100; at += 2)
        want_family(guest[at], at % 3 ? "Babbage" : "Menabrea");
    for (int at = 1; at < 100; at += 2)
        guest_leaves(guest[at]);
    want(mallinfo2().uordblks == before, "all guests have left, and some of their memory was not freed");
    puts("the contract is kept");
    return count == 2 && dprintf(3, "%s", words[1]) > 0 ? 0 : 1;
}
EOF
compile_contract "$1" -fno-builtin
judge halloc run -o /dev/null -- "$work/contract"
