/* SPDX-License-Identifier: MIT */
/* The built program as a user runs it, in a directory of the test's own. */
#ifndef TESTS_SYSTEM_PROGRAM_H
#define TESTS_SYSTEM_PROGRAM_H

#include <stddef.h>

/* For a suite's .init and .fini. */
void work_dir_make(void);
void work_dir_remove(void);
extern char work_dir[64];

/* $GUCSIM, which 'make test' sets, or build/gucsim. */
const char *gucsim_path(void);
/* Runs a shell command. Returns its exit code, or 128 + the signal that ended it; shell_output has
 * what it printed, cut to its size. */
__attribute__((format(printf, 1, 2))) int shell(const char *format, ...);
extern char shell_output[65536];
/* Writes a file into the work directory. */
void work_file(const char *name, const char *text);

#endif
