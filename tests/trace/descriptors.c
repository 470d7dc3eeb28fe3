/*
 * descriptors.c - a program that allocates 200,000 times after it has made its own file hard to reach:
 *
 *      descriptors few      all descriptors are in use
 *      descriptors close    every descriptor that it may have is closed, by number
 *      descriptors all      every descriptor is closed; other files get their numbers
 *      descriptors chroot   its root is another folder
 *      descriptors setuid   it is another user, who may not enter the folder
 *
 * Prints the descriptor that it got first, and how many it could get.
 */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void *volatile keep; /* no call may be optimised away */

static int open_all(void) {
    int count = 0;
    while (open("/dev/null", O_RDWR | O_CLOEXEC) >= 0)
        count++;
    return count;
}

static void close_all(void) {
    DIR *folder = opendir("/proc/self/fd");
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (atoi(entry->d_name) > 2)
            close(atoi(entry->d_name));
}

int main(int count, char **words) {
    const char *word = count > 1 ? words[1] : "";
    struct rlimit limit;
    free(keep = malloc(1));
    int first = open("/dev/null", O_RDWR | O_CLOEXEC), others = 0;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (strcmp(word, "few") == 0)
        others = open_all();
    for (int fd = 3; strcmp(word, "close") == 0 && fd < (int)limit.rlim_cur; fd++)
        close(fd);
    if (strcmp(word, "all") == 0) {
        close_all();
        for (int fd = 3; fd < (int)limit.rlim_cur; fd++)
            dup2(1, fd);
    }
    if (strcmp(word, "chroot") == 0 && (chroot("empty") != 0 || chdir("/") != 0))
        return 77;
    if (strcmp(word, "setuid") == 0 && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
        return 77;
    for (int round = 0; round < 200000; round++)
        free(keep = malloc((size_t)(round % 5000)));
    printf("%d %d\n", first, others);
    return 0;
}
