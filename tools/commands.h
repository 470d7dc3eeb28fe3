/*
 * commands.h - what stands behind each word of the `halloc` command, for the table in main.c.
 *
 * argv[0] is the word. The result is the exit status: 0, 1 for what could not be done or is damaged, 2 for
 * a command line that makes no sense; `halloc trace` gives the traced program's.
 */
#ifndef HALLOC_COMMANDS_H
#define HALLOC_COMMANDS_H

int command_trace(int argc, char **argv);
int command_stat(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_gen(int argc, char **argv);
int command_lab(int argc, char **argv);
int command_map(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_papers(int argc, char **argv);
int command_import(int argc, char **argv);
int command_export(int argc, char **argv);

#endif
