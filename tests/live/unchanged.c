/* unchanged.c - objects that nobody touches any more, one left in 16; and smaller ones, every second of which goes when
 * SIGUSR1 comes. It says "ready", then "changed" by a file of that name. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define STILL 160000
#define BUSY 20000

static void *still[STILL], *busy[BUSY];

int main(void) {
    sigset_t signals;
    int number;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    for (size_t at = 0; at < STILL; at++)
        still[at] = memset(malloc(200), 1, 200);
    for (size_t at = 0; at < STILL; at++)
        if (at % 16)
            free(still[at]);
    for (size_t at = 0; at < BUSY; at++)
        busy[at] = memset(malloc(48), 1, 48);
    puts("ready");
    fflush(stdout);
    while (sigwait(&signals, &number) == 0) {
        for (size_t at = 0; at < BUSY; at += 2) {
            free(busy[at]);
            busy[at] = NULL;
        }
        close(open("changed", O_CREAT | O_WRONLY, 0600));
    }
    return 1;
}
