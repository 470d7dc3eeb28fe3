/*
 * test_notes_lost.c - the tests of the child of a fork once more, in a heap whose resting slabs note what is freed
 * from the start, as large heaps do.
 */
#define TEST_NOTES_FROM_BYTES 1
#include "test_process_lost.c"
