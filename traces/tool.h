/* SPDX-License-Identifier: MIT */
/* The words of the tools' commands. When they are wrong, one line on stderr names the word. */
#ifndef TRACES_TOOL_H
#define TRACES_TOOL_H

#include <getopt.h>
#include <stdbool.h>

/* Takes one option (its val of names) and its value; false when that is no value of it. */
typedef bool tool_take(int option, const char *value, void *arg);

/* Takes all options of a command; optind is then at the first other word. Returns 0, or -EINVAL
 * after complaining. */
int tool_options(const char *command, int argc, char **argv, const struct option *names,
                 tool_take *take, void *arg);
/* Complains in words of the caller. */
void tool_usage_refused(const char *command, const char *text);

#endif
