#!/bin/bash
# Open MPI: eight processes that send, gather, reduce and scatter small and large messages, with one-sided windows.
# packages: openmpi-bin libopenmpi-dev gcc libc6-dev
# programs: mpicc mpirun
# served: mpirun world
. "$(dirname "$0")/lib.sh"
cat >world.c <<'C'
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv) {
    int rank, size;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    unsigned long sum = 0;
    for (int turn = 0; turn < 60; turn++) { /* rings of fresh buffers, 8 B to 3 MB; what was freed comes again */
        size_t count = (size_t)turn * turn * turn * 14 / 8 + 1;
        long *out = malloc(count * 8), *in = malloc(count * 8);
        for (size_t i = 0; i < count; i++)
            out[i] = rank * 1000003L + i * 7 + turn;
        MPI_Sendrecv(out, count, MPI_LONG, (rank + 1) % size, turn, in, count, MPI_LONG, (rank + size - 1) % size, turn,
                     MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        for (size_t i = 0; i < count; i++) {
            if (in[i] != (rank + size - 1) % size * 1000003L + (long)i * 7 + turn) {
                printf("rank %d turn %d: %ld at %zu\n", rank, turn, in[i], i);
                MPI_Abort(MPI_COMM_WORLD, 9);
            }
            sum += in[i];
        }
        free(out);
        long *all = malloc(size * 1000 * 8);
        MPI_Allgather(in, count < 1000 ? 1 : 1000, MPI_LONG, all, count < 1000 ? 1 : 1000, MPI_LONG, MPI_COMM_WORLD);
        sum += all[size - 1];
        free(in);
        free(all);
    }
    unsigned long total;
    MPI_Allreduce(&sum, &total, 1, MPI_UNSIGNED_LONG, MPI_SUM, MPI_COMM_WORLD);
    long *shared;
    MPI_Win window;
    MPI_Win_allocate(100000 * 8, 8, MPI_INFO_NULL, MPI_COMM_WORLD, &shared, &window);
    memset(shared, 0, 100000 * 8);
    MPI_Win_fence(0, window);
    for (int other = 0; other < size; other++)
        MPI_Put(&sum, 1, MPI_LONG, other, rank, 1, MPI_LONG, window);
    MPI_Win_fence(0, window);
    unsigned long again = 0;
    for (int other = 0; other < size; other++)
        again += shared[other];
    MPI_Win_free(&window);
    if (rank == 0)
        printf("%d processes, %lu, %d\n", size, total, again == total);
    MPI_Finalize();
    return 0;
}
C
mpicc -O1 world.c -o world || exit
for how in "" "--mca btl_vader_single_copy_mechanism none" "--mca btl self,tcp"; do
    mpirun -n 4 --oversubscribe --mca btl_base_warn_component_unused 0 $how ./world 2>mpirun.log
    echo "mpirun $how ended with $?"
done
