/* SPDX-License-Identifier: MIT */
/* What the tools say when their words are wrong: one line on stderr, naming the word. */
#ifndef TRACES_TOOL_H
#define TRACES_TOOL_H

/* Complains of the word at which getopt_long, with ':' before its letters, has just stopped. */
void tool_option_refused(const char *command, int option, char **argv);
/* Complains of the value of an option. */
void tool_value_refused(const char *command, const char *name, const char *value);
/* Complains in words of the caller. */
void tool_usage_refused(const char *command, const char *text);

#endif
