/* SPDX-License-Identifier: MIT */
/* The tools that read what a run left behind. Each is a command of gucsim: argv[0] is the command's
 * name, the rest its arguments. Results go to stdout, complaints to stderr. Nothing of a running
 * machine is needed, and no file is trusted: a damaged one is named with its place and ends in exit
 * code 2. */
#ifndef TRACES_TRACES_H
#define TRACES_TRACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/hal/bits.h"

/* timeline DIR: sequence chart PF / GuC / VF from DIR/events.jsonl. Returns 0, or 2 on trouble. */
int timeline_main(int argc, char **argv);

/* profile DIR: where the time of messages and of migrations goes. Returns 0, 1 when a comparison is
 * beyond its gate, 2 on trouble. */
int profile_main(int argc, char **argv);

/* report DIR: writes DIR/report.html, one page that needs nothing else. Returns 0, 2 on trouble. */
int report_main(int argc, char **argv);

/* image FILE: prints a VF's migration stream or a vGPU's image, with what is wrong in it. Returns 0
 * when it is good, 1 when it is bad, 2 on trouble. */
int image_main(int argc, char **argv);

/* diff [OPTION]... A B: compares two VCDs, event logs or directories of runs. Returns 0 when they
 * are the same, 1 when not, 2 on trouble. */
int diff_main(int argc, char **argv);

/* Writes DIR/trace.gtkw, a first view of these waves for GTKWave, up to last_ps, and DIR/filters/
 * with the names of values. action_name: the name of an action's code, or NULL for none. Returns 0
 * or -errno. */
typedef const char *gtkw_action_name(uint16_t action, bool g2h);
MUST_USE int gtkw_write(const char *dir, const char *waves, uint64_t last_ps,
                        gtkw_action_name *action_name);

/* Goldens: the order of messages and states of a run, for each GuC apart, and the final states. One
 * line an event, without times: a changed latency changes only goldens whose order it changes. */
enum golden_keep {
    GOLDEN_ORDER,
    GOLDEN_STATES, /* of runs whose order says little: final states, expectations, errors */
};

/* Writes the golden of an event log. Returns 0, or -errno with a message of at most size
 * characters. */
MUST_USE int golden_write(const char *events, enum golden_keep keep, FILE *to, char *error,
                          size_t size);
/* Compares a golden file with an event log; the difference that came first in the run is told to
 * report, with the file and line of both. Returns 0 when they are the same, 1 when not, or -errno
 * with a message; -ENOENT when there is no golden. */
MUST_USE int golden_compare(const char *golden, const char *events, enum golden_keep keep,
                            FILE *report, char *error, size_t size);

/* What runs went through, by their event logs. */
struct coverage;

/* Returns NULL without memory. */
struct coverage *coverage_create(void);
/* NULL is allowed. */
void coverage_destroy(struct coverage *coverage);
/* Adds a run by its event log, as far as that can be read. */
void coverage_take(struct coverage *coverage, const char *events);
/* How often a count went up. what: a kind of event with from and to, "recovery" (from: the step),
 * or "action" (from: its name, to: the state of the VF). from and to may be NULL: any. */
uint64_t coverage_times(const struct coverage *coverage, const char *what, const char *from,
                        const char *to);
/* All counts of one kind, in the order of their names. */
void coverage_print(struct coverage *coverage, const char *what, const char *title, FILE *to);

#endif
