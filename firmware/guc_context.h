/* SPDX-License-Identifier: MIT */
/* Contexts of all functions and the engines that they share. A context is known by (function, id
 * as the function counts it). */
#ifndef FIRMWARE_GUC_CONTEXT_H
#define FIRMWARE_GUC_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/guc.h"
#include "gpu_regs.h"
#include "sim/hal/bits.h"

#define GUC_CONTEXT_PAGE     256u /* contexts allocated at a time */
#define GUC_CONTEXT_PAGES    256u
#define GUC_REGISTRATION_LEN 12u /* dwords of REGISTER_CONTEXT, by their number in the message */
#define GUC_NO_ENGINE        0xffu

struct guc_context {
    struct guc_context *next; /* in its engine's queue */
    bool registered;
    bool enabled;
    bool pending; /* wants the engine: new tail, or taken off before its end */
    bool queued;
    bool on_engine;
    bool disabling;     /* MODE_DONE(0) is owed when it leaves the engine */
    bool deregistering; /* and DEREGISTER_CONTEXT_DONE after that */
    uint16_t id;
    uint8_t fn;
    uint8_t engine; /* index, or GUC_NO_ENGINE: never scheduled */
    uint32_t registration[GUC_REGISTRATION_LEN];
    uint32_t quantum_us; /* policies; 0 no limit */
    uint32_t preempt_timeout_us;
    uint32_t priority; /* GUC_CLIENT_PRIORITY_*: lower is first */
    uint32_t preempt_to_idle;
    uint32_t frequency;
};

/* An access of an engine that waits for a page; see guc_pagefault.c. */
enum guc_page_state {
    GUC_PAGE_NONE,
    GUC_PAGE_UNTOLD, /* its driver does not know yet */
    GUC_PAGE_TOLD,
};

struct guc_page {
    enum guc_page_state state;
    bool read;        /* the chip's newest word of one was read */
    unsigned stale;   /* words of the chip, still to be read, about contexts that have left */
    unsigned reports; /* to the driver */
    uint64_t told_ns, addr;
    uint32_t pdata, asid, level, access, type;
};

struct guc_engine {
    struct guc_engine_desc desc;
    bool busy;                   /* one SUBMIT is out, its event has not come */
    struct guc_context *context; /* that runs; NULL when it was dropped meanwhile */
    uint8_t fn;
    bool preempting;
    uint64_t submit_ns;
    uint64_t preempt_ns;
    uint64_t slot_ns;  /* begin of this function's turn */
    uint64_t reset_ns; /* when a reset was asked for that is not over; 0 none */
    bool failed;       /* out of use: a reset did not help */
    uint16_t last_id;  /* of the context that ran last */
    bool turn_over;    /* the last context left by itself: another function may follow */
    struct guc_page page;
    struct guc_context *queues[GPU_MAX_VFS + 1];
};

/* ---- contexts -------------------------------------------------------------------------------- */

/* Finds a registered context. Returns NULL when there is none. */
struct guc_context *guc_context_find(struct guc *guc, unsigned fn, uint32_t id);
/* Checks a registration against the function's share. Returns 0 or an error code. */
MUST_USE uint32_t guc_context_check(const struct guc *guc, unsigned fn, const uint32_t *message);
/* Adds a context that guc_context_check let pass and that is not registered. Returns NULL without
 * memory. */
struct guc_context *guc_context_add(struct guc *guc, unsigned fn, const uint32_t *message);
/* Takes it out of the table and of its queue. It must not be on an engine. */
void guc_context_remove(struct guc *guc, struct guc_context *context);
void guc_context_remove_all(struct guc *guc, unsigned fn);
unsigned guc_context_count(const struct guc *guc, unsigned fn);
/* Visits contexts by rising id: starts with id 0, goes on with the last one's + 1. Returns NULL at
 * the end. */
struct guc_context *guc_context_from(const struct guc *guc, unsigned fn, uint32_t id);
/* The engine that a registration names, or GUC_NO_ENGINE. */
uint8_t guc_context_engine(const struct guc *guc, const uint32_t *message);
/* Frees the tables of all functions. */
void guc_context_free_all(struct guc *guc);
/* Sends what a disabled context's driver waits for; it is off the engine. May remove the
 * context. */
void guc_context_settle(struct guc *guc, struct guc_context *context);

/* ---- engines --------------------------------------------------------------------------------- */

/* Makes a context runnable: its tail may have moved. */
void guc_sched_submit(struct guc *guc, struct guc_context *context);
/* Takes it out of the queue and, when it runs, off the engine (later). */
void guc_sched_withdraw(struct guc *guc, struct guc_context *context);
/* Puts a pending context back in its queue, without a trace: after a restore. */
void guc_sched_requeue(struct guc *guc, struct guc_context *context);
/* Whether an engine has a context of the function. */
bool guc_sched_busy(const struct guc *guc, unsigned fn);
/* The gate of the function was closed: the chip preempts, the clock for it starts. */
void guc_sched_gate_closed(struct guc *guc, unsigned fn);
/* Resets engines that run the function's contexts and waits until they let go. */
void guc_sched_kill(struct guc *guc, unsigned fn);
/* After a reset of the GT, when no function has contexts any more. */
void guc_sched_begin_anew(struct guc *guc);
/* Takes what the engines report. */
void guc_sched_events(struct guc *guc);
/* Fills idle engines, ends quanta that are over. Returns when to call again (ns), HAL_FOREVER for
 * never. */
uint64_t guc_sched_run(struct guc *guc);

#endif
