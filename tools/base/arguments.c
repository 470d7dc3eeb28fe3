/* arguments.c - see arguments.h. */
#include "arguments.h"
#include "fail.h"

#include <string.h>
#include <unistd.h>

bool argument_is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

bool argument_is_option(const char *word) {
    return word[0] == '-' && word[1];
}

bool argument_value(char **argv, int *at, const char *name, const char **value) {
    const char *word = argv[*at], *rest = word + strlen(name);
    bool is_short = name[1] != '-';
    if (strncmp(word, name, strlen(name)) != 0 || (*rest && *rest != '=' && !is_short))
        return false;
    *value = *rest ? rest + (*rest == '=') : argv[*at + 1] ? argv[++*at] : "";
    return true;
}

bool argument_is_source(const char *who, const char *option, const char *path) {
    size_t length = strlen(path);
    if (length < 3 || strcmp(path + length - 2, ".c") != 0 || access(path, R_OK) != 0)
        return false;
    fail(who, "%s %s: is C source. Compile it first: gcc -O2 -shared -fPIC -I. %s -o %.*s.so", option, path,
         path, (int)length - 2, path);
    return true;
}

bool arguments_ask_for_help(char **argv) {
    for (int at = 1; argv[at] && argv[at][0] == '-' && strcmp(argv[at], "--") != 0; at++)
        if (argument_is_help(argv[at]))
            return true;
    return false;
}
