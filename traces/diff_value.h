/* SPDX-License-Identifier: MIT */
/* Values of signals in a comparison of waves. Inside diff*.c only. */
#ifndef TRACES_DIFF_VALUE_H
#define TRACES_DIFF_VALUE_H

#include "traces/diff.h"
#include "traces/vcd.h"

/* "3 VF_RUNNING", "0x1f", "b01xz", "1.5". */
void diff_value_text(const struct diff_names *names, const struct vcd_signal *signal,
                     const uint64_t *value, char to[DIFF_TEXT_SIZE]);
/* words: of bits; as many masks follow them. */
bool diff_values_equal(enum diff_unknown unknown, const uint64_t *a, const uint64_t *b,
                       unsigned words);

/* Instants at which values count: --clock and --when. Signals are named as A does. */
struct diff_sampler;

/* made is NULL when every instant counts; diff_sampler_destroy frees it, also after a failure.
 * Returns 0, or -errno with a message. */
MUST_USE int diff_sampler_create(const struct diff_options *options, struct vcd *const vcd[2],
                                 struct diff_sampler **made, char *error);
void diff_sampler_destroy(struct diff_sampler *sampler);
/* Marks the signals of that side that it has to see. */
void diff_sampler_want(const struct diff_sampler *sampler, enum diff_side side, bool *wanted);
/* After each instant: whether it counts, on one side at least. */
bool diff_sampler_now(struct diff_sampler *sampler, struct vcd *const vcd[2]);

#endif
