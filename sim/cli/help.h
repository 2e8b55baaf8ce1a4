/* SPDX-License-Identifier: MIT */
/* What the command line tells of itself: one text for each command, wherever it is asked for. */
#ifndef SIM_CLI_HELP_H
#define SIM_CLI_HELP_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

/* Prints all commands, one a line. */
void help_print_all(FILE *to);
/* Prints usage and options of one command. Returns whether there is one of that name. */
bool help_print(const char *command, FILE *to);
/* Complains on stderr of the word at which getopt_long has just returned '?' or ':'. */
void option_refused(const char *command, int option, char **argv, const struct option *options);

#endif
