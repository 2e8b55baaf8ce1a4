/* SPDX-License-Identifier: MIT */
/* State at failure: when a channel dies or a driver gives its VF up, what its driver and the
 * administrator would see at that moment is written down. */
#ifndef SIM_SCRIPT_FAILURE_H
#define SIM_SCRIPT_FAILURE_H

#include "sim/machine/machine.h"

struct failure;

/* Returns NULL without memory. */
struct failure *failure_create(struct machine *machine);
void failure_destroy(struct failure *failure);
/* In the instant of each event. */
void failure_observe(struct failure *failure, const struct sim_event *event);
/* Writes the snapshots to this file, if there are any. Returns 1 when there were, 0, or -errno. */
MUST_USE int failure_write(struct failure *failure, const char *path);

#endif
