/* SPDX-License-Identifier: MIT */
/* A guest outside of the machine: its accesses come from a client of the vfio-user server (serve.c)
 * or from a recorded session of one (replay.c).
 *
 * All it does to the machine is a sequence of calls on its VM's handle, made by one program; all
 * it learns is what they return, what the device writes to its memory, and interrupts. What the
 * device reads of its memory is its doing too. That is what a session records, and why a replay
 * is exact. */
#ifndef SIM_MACHINE_OUTSIDE_H
#define SIM_MACHINE_OUTSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/machine/machine.h"
#include "sim/machine/session.h"

#define OUTSIDE_MAX 8u

enum outside_state {
    OUTSIDE_NONE,    /* the guest is inside */
    OUTSIDE_WAITING, /* for its first client */
    OUTSIDE_HERE,
    OUTSIDE_GONE,
};

struct outside {
    struct machine_vm *vm;
    struct hal *hal;
    unsigned index; /* in the session */
    enum outside_state state;
    struct sim_outside_memory memory;
    /* Program of the guest's accesses; starts when the VM has a function. */
    void (*accesses)(struct outside *outside);
    /* An interrupt came. */
    void (*raised)(struct outside *outside, unsigned vector);
    /* The host is about to stop the VM (may block its program), and to let it run again. */
    void (*stopping)(struct outside *outside);
    void (*starting)(struct outside *outside);
    void *arg; /* of whoever plays the guest */
};

/* Makes the VM's guest an outside one: memory, what is called, and arg are filled in. Between
 * building and sim_start. */
void outside_start(struct outside *outside, struct machine_vm *vm);
/* One access of the guest (blocks). Sizes other than 4 and 8 find nothing, as on the bus. */
uint64_t outside_read(const struct outside *outside, uint32_t offset, unsigned size);
void outside_write(const struct outside *outside, uint32_t offset, unsigned size, uint64_t value);
/* FLR of the VM's function. */
void outside_reset(const struct outside *outside);
/* "none", "waiting", "here", "gone": for scenarios. */
const char *outside_state_name(const struct machine_vm *vm);

#endif
