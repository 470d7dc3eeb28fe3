/* What tests/explain/sites.sh asks about: `keep` pins holes that `scratch` leaves; `want` finds none of them
 * large enough. Every call has a function and a line of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *kept[200], *scratched[200];

__attribute__((noinline)) static char *keep(void) {
    char *text = malloc(40); /* KEEP */
    return strcpy(text, "kept");
}

__attribute__((noinline)) static char *scratch(void) {
    char *text = malloc(3000); /* SCRATCH */
    return strcpy(text, "scratch");
}

__attribute__((noinline)) static char *want(void) {
    char *text = malloc(50000); /* WANT */
    return strcpy(text, "wanted");
}

int main(void) {
    for (int i = 0; i < 200; i++) {
        scratched[i] = scratch();
        kept[i] = keep();
    }
    for (int i = 0; i < 200; i++)
        free(scratched[i]);
    char *wanted = want();
    free(wanted);
    printf("%p\n", (void *)kept[7]);
    return kept[7][0] != 'k';
}
