/* commands.c - see commands.h. */
#include "commands.h"
#include "fail.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int command_written(const char *who, int status) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    static bool told; /* a command may ask after each of its parts */
    if (!told)
        fail(who, "cannot write: %s", strerror(errno));
    told = true;
    return 1;
}

int command_leave(int status) {
    const char *conf = getenv("HALLOC_CONF");
    fflush(NULL);
    if (conf && strstr(conf, "stats_print"))
        _exit(status);
    return status;
}
