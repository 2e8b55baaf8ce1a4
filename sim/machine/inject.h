/* SPDX-License-Identifier: MIT */
/* Which messages of a GuC are disturbed, and how: what the fault points of the firmware ask. */
#ifndef SIM_MACHINE_INJECT_H
#define SIM_MACHINE_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/machine/machine.h"

#define INJECT_MAX_EDITS  8u
#define INJECT_ANY_ACTION UINT32_MAX
#define INJECT_HEADER     (-1) /* dword of an edit: the ring's header */

/* dword = (dword & ~mask | value) ^ flip. Dwords beyond the message are left alone. */
struct inject_edit {
    int dword; /* of the HXG message, or INJECT_HEADER */
    uint32_t mask, value, flip;
};

/* One disturbance: the nth message of its kind, and those after it up to count. */
struct inject {
    enum guc_message_kind kind;
    unsigned gt;
    unsigned fn;
    uint32_t action; /* or INJECT_ANY_ACTION */
    unsigned nth;    /* from 1 */
    unsigned count;
    enum guc_fault what;
    uint64_t delay_ns;
    struct inject_edit edits[INJECT_MAX_EDITS];
    unsigned num_edits;

    unsigned met; /* so far */
    struct machine_gpu *gpu;
    struct inject *next;
};

/* "h2g", "g2h", "request" or "reply" as a kind; -1 when it is none. */
int inject_kind(const char *name);
/* A field of a message by its name. Returns false when there is none. */
bool inject_field(const char *name, int *dword, uint32_t *mask);
const char *const *inject_field_names(unsigned *count);
/* A line about it: "gpu.gt0 h2g fn1 SCHED_CONTEXT from 1 on, 1 times: message_dropped". */
void inject_text(const struct inject *inject, char *text, size_t size);
/* Takes a disturbance over, copied. Returns 0 or -ENOMEM. */
MUST_USE int inject_add(struct machine_gpu *gpu, const struct inject *inject);
/* Ends all disturbances of messages of the GPU. */
void inject_clear(struct machine_gpu *gpu);

#endif
