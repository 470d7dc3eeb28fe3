/*
 * test_notes_model.c - the tests of the process heap against a model once more, in a heap whose resting slabs note what is freed
 * from the start, as large heaps do.
 */
#define TEST_NOTES_FROM_BYTES 1
#include "test_process_model.c"
