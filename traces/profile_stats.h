/* SPDX-License-Identifier: MIT */
/* A profile's numbers: groups of messages, exact percentiles, their output and the comparison of
 * two runs. Inside profile*.c only. */
#ifndef TRACES_PROFILE_STATS_H
#define TRACES_PROFILE_STATS_H

#include "traces/profile.h"

enum profile_by {
    PROFILE_BY_ACTION_HOP,
    PROFILE_BY_HOP,
    PROFILE_BY_ACTION,
    PROFILE_BY_FN,
    PROFILE_BY_GT
};

struct profile_options {
    enum profile_by by;
    const char *action; /* name or number; NULL: all */
    int fn;             /* -1: all */
    uint64_t from;      /* a message counts if it began in this window, both ends in it */
    uint64_t to;
};

struct profile_samples {
    uint64_t *values; /* ascending */
    size_t count;
    size_t capacity;
    uint64_t sum;
};

struct profile_group {
    enum profile_kind kind;
    char label[PROFILE_NAME + 32];
    struct profile_samples total;
    struct profile_samples hops[TRACE_NUM_HOPS];
};

struct profile_stats {
    struct profile_group *groups; /* by total time spent, most first */
    size_t num_groups;
    size_t num_messages;
    size_t unfinished; /* messages that never came to their end; not counted otherwise */
    uint64_t sum;
    bool by_hop; /* hops are told one by one */
};

/* Returns 0, -ENOMEM. profile_stats_free frees. */
MUST_USE int profile_stats(const struct profile *profile, const struct profile_options *options,
                           struct profile_stats *stats);
void profile_stats_free(struct profile_stats *stats);
/* Nearest rank: the smallest sample that at least permille of all samples do not exceed; 0 of
 * none. */
uint64_t profile_percentile(const struct profile_samples *samples, unsigned permille);
double profile_mean(const struct profile_samples *samples);

/* ---- output (profile_print.c, profile_compare.c) --------------------------------------------- */

void profile_print_text(FILE *out, const struct profile *profile,
                        const struct profile_stats *stats);
void profile_print_csv(FILE *out, const struct profile *profile, const struct profile_stats *stats);
void profile_print_json(FILE *out, const struct profile *profile,
                        const struct profile_stats *stats);

/* Draws to standard output with gnuplot, also what of rings and credits was in use, from DIR's
 * waves. Returns 0, or -errno with a message on stderr. */
MUST_USE int profile_plot(const char *dir, bool png, const struct profile *profile,
                          const struct profile_stats *stats);

/* Prints what differs, what moved most consistently first. max_regress: percent, negative for no
 * gate. Returns 0, 1 when a mean of B is beyond the gate, -ENOMEM. */
MUST_USE int profile_compare(FILE *out, const struct profile_stats *a,
                             const struct profile_stats *b, double max_regress);

#endif
