/* SPDX-License-Identifier: MIT */
/* A golden in memory: sections of lines, with the place that each line has in its file. Inside
 * golden*.c only. */
#ifndef TRACES_GOLDEN_H
#define TRACES_GOLDEN_H

#include <stdint.h>
#include <stdio.h>

#include "sim/hal/bits.h"
#include "traces/traces.h"

#define GOLDEN_FINAL "final" /* section of the last states; stands last */

struct golden_line {
    char *text;
    uint64_t line; /* in the file it came from; 0 when it is a sum of several */
    uint64_t t_ps;
};

struct golden_section {
    char *name;
    struct golden_line *lines;
    size_t count;
};

struct golden {
    struct golden_section *sections; /* sorted by name, the final one last */
    size_t count;
    size_t num_lines;
};

/* The section of that name, made when there is none. NULL without memory or with too many. */
struct golden_section *golden_section(struct golden *golden, const char *name);
/* NULL when there is none. */
const struct golden_section *golden_find(const struct golden *golden, const char *name);
/* Appends a line, text copied. Returns 0, -ENOMEM, or -E2BIG. */
MUST_USE int golden_add(struct golden *golden, const char *section, const struct golden_line *line);
void golden_sort(struct golden *golden);
void golden_free(struct golden *golden);
/* golden_events.c: the golden of an event log. Returns 0 or -errno with a message. */
MUST_USE int golden_from_events(struct golden *golden, const char *path, enum golden_keep keep,
                                char *error, size_t size);

#endif
