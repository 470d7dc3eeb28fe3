/* 12-guests.c - a guest list. Guests of one family share the text of their family's name. When the second of them
 * leaves, the program is stopped. Mend it: nothing freed twice, nothing read after it was freed, nothing left over. */
#include <stdlib.h>
#include <string.h>

struct guest {
    struct guest *next;
    char *family;
};

static struct guest *guests;

static char *copy_of(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    return copy ? strcpy(copy, text) : NULL;
}

struct guest *guest_arrives(const char *family) {
    struct guest *relative = guests, *guest = malloc(sizeof *guest);
    while (relative && strcmp(relative->family, family) != 0)
        relative = relative->next;
    guest->family = relative ? relative->family : copy_of(family);
    guest->next = guests;
    guests = guest;
    return guest;
}

const char *guest_family(const struct guest *guest) {
    return guest->family;
}

void guest_leaves(struct guest *guest) {
    struct guest **link = &guests;
    while (*link != guest)
        link = &(*link)->next;
    *link = guest->next;
    free(guest->family);
    free(guest);
}

int main(void) {
    struct guest *ada = guest_arrives("Lovelace"), *byron = guest_arrives("Lovelace");
    guest_leaves(ada);
    guest_leaves(byron);
    return 0;
}
