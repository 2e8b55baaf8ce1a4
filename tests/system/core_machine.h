/* SPDX-License-Identifier: MIT */
/* Small machines for tests of the simulation core: files in a private folder, a script that ends
 * the run. */
#ifndef TESTS_SYSTEM_CORE_MACHINE_H
#define TESTS_SYSTEM_CORE_MACHINE_H

#include <stdbool.h>

#include "sim/core/sim.h"

#define CORE_CLOCK_PS 1000u

struct core_files {
    char folder[64];
    char trace[96];
    char events[96];
    char names[96];
};

/* Makes a fresh folder under /tmp. */
void core_files_create(struct core_files *files);
void core_files_remove(const struct core_files *files);
/* files NULL: nothing is written. */
struct sim *core_machine(const struct core_files *files, bool no_skip);
/* The file as a NUL-terminated text; the caller frees it. */
char *core_read_file(const char *path);
/* How often needle stands in text. */
unsigned core_count(const char *text, const char *needle);

#endif
