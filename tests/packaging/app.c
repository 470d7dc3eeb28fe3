/* A program that includes halloc.h and is linked with the library in some form. It says that malloc is
 * halloc's; with "prefixed" as its argument, that it is not, and that halloc_malloc serves beside it. */
#include <halloc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what) {
    fprintf(stderr, "app: %s\n", what);
    return 1;
}

int main(int argc, char **argv) {
    int prefixed = argc > 1 && strcmp(argv[1], "prefixed") == 0;

    halloc_initializeHeap(4);
    char *text = halloc_allocate(100);
    if (!text || !findFreeBlock(16))
        return fail("the original five do not serve");
    strcpy(text, "text");
    halloc_deallocate(text);
    splitBlock(NULL, 16);

    void *mine = malloc(1000);
    void *its = halloc_malloc(1000);
    if (!mine || !its)
        return fail("no memory");
    if (halloc_is_overriding() == prefixed)
        return fail(prefixed ? "malloc is halloc's, and should not be" : "malloc is not halloc's");
    const char *broken = NULL;
    if (!halloc_process_check(&broken))
        return fail(broken);
    if (prefixed)
        free(mine);
    else
        halloc_free(mine); /* one heap: either name frees */
    halloc_free(its);
    printf("halloc %s\n", halloc_version());
    return 0;
}
