/*
 * nothing.c - an empty library to preload, and (with -DPROGRAM) a program that does nothing: what any allocator's
 * start is measured against.
 */
#ifdef PROGRAM
int main(void) {
    return 0;
}
#else
extern char nothing_at_all;
char nothing_at_all;
#endif
