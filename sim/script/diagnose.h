/* SPDX-License-Identifier: MIT */
/* What the run was last seen doing, to explain why it does not go on: the last messages of each
 * ring and mailbox, what is unanswered, jobs that have not ended, states. Inside
 * sim/script/ only. */
#ifndef SIM_SCRIPT_DIAGNOSE_H
#define SIM_SCRIPT_DIAGNOSE_H

#include <stdint.h>
#include <stdio.h>

#include "sim/core/sim.h"

struct diagnosis;

/* Returns NULL without memory. */
struct diagnosis *diagnosis_create(void);
/* NULL is allowed. */
void diagnosis_destroy(struct diagnosis *diagnosis);
/* Takes an event of the machine. Never blocks. */
void diagnosis_observe(struct diagnosis *diagnosis, const struct sim_event *event);
/* When the last event happened, 0 before any. */
uint64_t diagnosis_last_ps(const struct diagnosis *diagnosis);
/* Tells what is open and where, with the ends of the rings concerned. */
void diagnosis_print(const struct diagnosis *diagnosis, FILE *to);
/* Tells the last messages: of one function when gpu is not NULL, else of all. */
void diagnosis_print_last(const struct diagnosis *diagnosis, const char *gpu, unsigned fn,
                          FILE *to);

#endif
