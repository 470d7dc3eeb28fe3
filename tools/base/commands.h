/*
 * commands.h - the commands that main.c calls, and how they end. argv[0] is the command's name.
 *
 * Each returns the exit status: 0; 1 if something failed or is damaged; 2 for a wrong command line.
 * `halloc trace` returns the status of the traced program.
 */
#ifndef HALLOC_BASE_COMMANDS_H
#define HALLOC_BASE_COMMANDS_H

int command_trace(int argc, char **argv);
int command_stat(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_gen(int argc, char **argv);
int command_lab(int argc, char **argv);
int command_map(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_play(int argc, char **argv);
int command_papers(int argc, char **argv);
int command_import(int argc, char **argv);
int command_export(int argc, char **argv);
int command_ps(int argc, char **argv);
int command_top(int argc, char **argv);
int command_metrics(int argc, char **argv);
int command_why(int argc, char **argv);
int command_snapshot(int argc, char **argv);
int command_profile(int argc, char **argv);
int command_leaks(int argc, char **argv);
int command_symbolize(int argc, char **argv);

/* The end of a command. Returns `status` if everything that was printed could be written; otherwise prints
 * the error, and returns 1. */
int command_written(const char *who, int status);

/* The end of a command that ran a program. This command runs on Halloc itself. Reports that HALLOC_CONF
 * wants at exit are meant for the program, so they are not printed here. */
int command_leave(int status);

#endif
