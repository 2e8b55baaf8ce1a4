/* SPDX-License-Identifier: MIT */
/* What is in use over time: of H2G rings (from the event log) and of the credits for answers that
 * drivers count (from the waves). For the page of a run and for plots. */
#ifndef TRACES_SERIES_H
#define TRACES_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "sim/hal/bits.h"

#define SERIES_ERROR 512u

struct series_point {
    int64_t t_ps;
    uint64_t value;
};

enum series_kind { SERIES_RING, SERIES_CREDITS };

struct series {
    enum series_kind kind;
    char *name; /* src.vf1.gt0, vm1.vf.gt0 */
    struct series_point *points;
    size_t count;
    size_t capacity;
    uint64_t left_out; /* changes after the last point */
    uint64_t most;     /* in use at once */
    int64_t last_ps;   /* of the last change, left out or not */
    uint64_t last;
    uint64_t held; /* value times ps, up to the last change */
};

struct series_list {
    struct series *series;
    size_t count;
};

/* Begins the list's next series. Returns 0, -ENOMEM. */
MUST_USE int series_begin(struct series_list *list, enum series_kind kind, const char *name);
/* Adds a point if the value is a new one. Returns 0, -ENOMEM. */
MUST_USE int series_add(struct series *series, int64_t t_ps, uint64_t value);
/* Adds credits in use from DIR's waves, if it has any; of channels that never used one, nothing.
 * Returns 0, or -errno with a message of at most SERIES_ERROR characters. */
MUST_USE int series_read_credits(const char *dir, struct series_list *list, char *error);
/* Of the time from the first change to the last. */
double series_mean(const struct series *series);
/* By kind, what was used most first. */
void series_sort(struct series_list *list);
void series_free(struct series_list *list);

#endif
