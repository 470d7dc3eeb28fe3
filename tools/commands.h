/*
 * commands.h - what stands behind each word of the `halloc` command, for the table in main.c.
 *
 *      base/      what several commands need: numbers in words, a line of progress, files that are written
 *      run/       halloc run            tour/      halloc tour
 *      trace/     halloc trace, and the .htrace file: format/ read/ footer/ write/ symbol/
 *      stat/      halloc stat           convert/   halloc import, halloc export
 *      replay/    halloc replay: serial/ is one trace on one heap, measure/ a process for each, board/
 *      diff/      halloc diff           generate/  halloc gen
 *      map/       halloc map: page/ in HTML, picture/ as a figure and in the terminal
 *      explain/   halloc explain        papers/    halloc papers
 *      lab/       halloc lab: trial/ is a policy in its cage, calls/ what it is tried with
 *
 * And programs of their own: capture/, the recorder that `halloc trace` preloads; replayer/, in which
 * `halloc replay` runs other allocators; gdb/, a script.
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
