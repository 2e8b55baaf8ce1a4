/* SPDX-License-Identifier: MIT */
/* Two wave files that are compared: their signals in pairs. Inside diff_*.c only. */
#ifndef TRACES_DIFF_WAVES_H
#define TRACES_DIFF_WAVES_H

#include "traces/diff_value.h"

#define DIFF_NO_PAIR UINT32_MAX

struct pair {
    uint32_t signal[2];
    uint32_t key[2]; /* of aliases */
    bool named;      /* its values have names: the most telling ones, told first */
    bool differs;    /* at present */
    uint64_t count;
    int64_t first_fs;
    uint64_t *last[2]; /* last values, when changes are matched */
    bool stale;        /* written since values last counted */
    int64_t since_fs;  /* the difference at present, if it may be a glitch */
    char *text[2];
};

struct waves {
    const struct diff_options *options;
    struct diff_report *report;
    char *error;
    struct vcd *vcd[2];
    const struct vcd_signal *signals[2];
    size_t num_signals[2];
    struct diff_names *names[2];
    struct pair *pairs;
    size_t num_pairs;
    uint32_t *pair_of[2]; /* by signal */
    uint32_t *fresh;      /* pairs that began to differ at this instant */
    size_t num_fresh;
    int error_code;               /* of comparing a pair */
    struct diff_match *match;     /* NULL: values are compared, not changes */
    struct diff_sampler *sampler; /* NULL: values count at every instant */
    uint32_t *stale;              /* pairs */
    size_t num_stale;
    bool in_window;
};

/* diff_pairs.c: pairs the signals by their names; of aliases one pair stands for all. What one side
 * alone has is told. Returns 0, -ENOMEM. */
MUST_USE int diff_make_pairs(struct waves *waves);

#endif
