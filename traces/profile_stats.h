/* SPDX-License-Identifier: MIT */
/* A profile's numbers: groups of messages, exact percentiles, their output and the comparison of
 * two runs. Inside profile*.c only. */
#ifndef TRACES_PROFILE_STATS_H
#define TRACES_PROFILE_STATS_H

#include "traces/profile.h"
#include "traces/series.h"

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

/* What a message does in a hop. */
enum profile_class { PROFILE_WAITS, PROFILE_MOVES, PROFILE_WORKS, PROFILE_NUM_CLASSES };

#define PROFILE_STALLS 10u

/* One wait of one message that is longer than usual, and what its GuC, or its mediator, handled
 * meanwhile. */
struct profile_stall {
    const struct profile_message *message; /* of the profile */
    enum trace_hop_at hop;
    uint64_t start;
    uint64_t ps;
    uint64_t usual; /* median of this hop of such messages */
    size_t others;  /* messages handled in that time, for others_ps in all */
    uint64_t others_ps;
    const struct profile_message *busiest; /* that was longest handled; NULL: none */
    uint64_t busiest_ps;
};

struct profile_stats {
    struct profile_group *groups; /* by total time spent, most first */
    size_t num_groups;
    struct profile_stall stalls[PROFILE_STALLS]; /* furthest beyond the usual */
    size_t num_stalls;
    struct series_list rings; /* what was in use of H2G rings, most first */
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

/* ---- stalls (profile_stalls.c) --------------------------------------------------------------- */

enum profile_class profile_hop_class(enum trace_hop_at at);
/* "GPU.VF1", "GPU.PF". */
void profile_function_name(const struct profile *profile, const struct profile_message *message,
                           char *to, size_t size);
/* Keeps what of this path, which is in the group, is among the worst. Groups are sorted. */
void profile_add_stalls(struct profile_stats *stats, const struct profile_group *group,
                        const struct profile_message *message, const struct profile_path *path);
/* Once all are in. */
void profile_explain_stalls(const struct profile *profile, struct profile_stats *stats);

/* ---- output (profile_print.c, profile_compare*.c) -------------------------------------------- */

void profile_print_text(FILE *out, const struct profile *profile,
                        const struct profile_stats *stats);
void profile_print_csv(FILE *out, const struct profile *profile, const struct profile_stats *stats);
void profile_print_json(FILE *out, const struct profile *profile,
                        const struct profile_stats *stats);

/* Stalls and rings (profile_print_use.c): a part of text and JSON, a table each of CSV. */
void profile_print_use_text(FILE *out, const struct profile *profile,
                            const struct profile_stats *stats);
void profile_print_stalls_csv(FILE *out, const struct profile *profile,
                              const struct profile_stats *stats);
void profile_print_rings_csv(FILE *out, const struct profile *profile,
                             const struct profile_stats *stats);
void profile_print_use_json(FILE *out, const struct profile *profile,
                            const struct profile_stats *stats);

/* Draws to standard output with gnuplot, also what of rings and credits was in use, from DIR's
 * waves. Returns 0, or -errno with a message on stderr. */
MUST_USE int profile_plot(const char *dir, bool png, const struct profile *profile,
                          const struct profile_stats *stats);

/* Prints what differs of messages, what moved most consistently first. max_regress: percent,
 * negative for no gate. Returns 0, 1 when a mean of B is beyond the gate, -ENOMEM. */
MUST_USE int profile_compare(FILE *out, const struct profile_stats *a,
                             const struct profile_stats *b, double max_regress);
/* Prints what differs of migrations, by their order. Returns how many times of B are beyond the
 * gate. */
size_t profile_compare_migrations(FILE *out, const struct profile *a, const struct profile *b,
                                  double max_regress);

#endif
