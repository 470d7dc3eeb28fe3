/* 12-guests.c - a guest list. Guests of one family share their family's name, which counts them. */
#include <stdlib.h>
#include <string.h>

struct name {
    size_t guests; /* who share it; the last to leave frees it */
    char text[];
};

struct guest {
    struct guest *next;
    struct name *family;
};

static struct guest *guests;

static struct name *name_of(const char *text) {
    struct name *name = malloc(sizeof *name + strlen(text) + 1);
    name->guests = 0;
    strcpy(name->text, text);
    return name;
}

struct guest *guest_arrives(const char *family) {
    struct guest *relative = guests, *guest = malloc(sizeof *guest);
    while (relative && strcmp(relative->family->text, family) != 0)
        relative = relative->next;
    guest->family = relative ? relative->family : name_of(family);
    guest->family->guests++;
    guest->next = guests;
    guests = guest;
    return guest;
}

const char *guest_family(const struct guest *guest) {
    return guest->family->text;
}

void guest_leaves(struct guest *guest) {
    struct guest **link = &guests;
    while (*link != guest)
        link = &(*link)->next;
    *link = guest->next;
    if (--guest->family->guests == 0)
        free(guest->family);
    free(guest);
}

int main(void) {
    struct guest *ada = guest_arrives("Lovelace"), *byron = guest_arrives("Lovelace");
    guest_leaves(ada);
    guest_leaves(byron);
    return 0;
}
