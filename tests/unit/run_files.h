/* SPDX-License-Identifier: MIT */
/* A folder of files that a test writes, and the commands of traces/ run in it. */
#ifndef TESTS_UNIT_RUN_FILES_H
#define TESTS_UNIT_RUN_FILES_H

#include <stddef.h>

#define RUN_FILES_SAID 32768

/* Its path, and what the last command said, stdout before stderr. */
extern char run_files_dir[64];
extern char run_files_said[RUN_FILES_SAID];

/* For a suite's .init and .fini: the folder is the working directory in between. */
void run_files_make(void);
void run_files_remove(void);

void run_files_put(const char *name, const char *text);
void run_files_put_bytes(const char *name, const void *bytes, size_t size);
/* Runs a command with these words, of which the first is its name; a % that begins one is the
 * folder that the tests were started in. Returns its exit code. */
int run_files_command(int (*command)(int argc, char **argv), const char *words);

#define EXPECT_COMMAND(command, words, code, message)                                              \
    do {                                                                                           \
        int seen = run_files_command(command, words);                                              \
        cr_expect_eq(seen, code, "%s gave %d: %s", words, seen, run_files_said);                   \
        cr_expect(strstr(run_files_said, message), "'%s' is missing in: %s", message,              \
                  run_files_said);                                                                 \
    } while (0)

#endif
