/* SPDX-License-Identifier: MIT */
/* The state of one VF in one GuC: what may happen in it, and what happens on the way to the
 * next. */
#ifndef FIRMWARE_GUC_VF_STATE_H
#define FIRMWARE_GUC_VF_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/hal/bits.h"

struct guc;

/* The numbers are what a wave shows. */
enum guc_vf_state {
    GUC_VF_UNPROVISIONED,
    GUC_VF_READY,           /* configured, no driver has set anything up */
    GUC_VF_READY_PAUSED,    /* the only state that takes a saved image */
    GUC_VF_RUNNING,         /* alone in this state are CTB messages read and contexts scheduled */
    GUC_VF_RUNNING_PAUSING, /* gate closed, a context is still on an engine */
    GUC_VF_RUNNING_PAUSED,
    GUC_VF_RESFIX_PAUSED,  /* holds an image that its driver has not fixed up */
    GUC_VF_RESFIX_BLOCKED, /* the driver runs and fixes up; only its mailbox is served */
    GUC_VF_STOPPED,
    GUC_VF_FLR_PENDING,     /* reset by PCI, the PF has not reacted */
    GUC_VF_FLR_WAIT_FINISH, /* cleaned, the PF does its part */
    GUC_VF_STATE_COUNT,
};

enum guc_vf_event {
    GUC_VF_EVENT_PROVISION,   /* PF: first configuration */
    GUC_VF_EVENT_UNPROVISION, /* PF: configuration dropped */
    GUC_VF_EVENT_ACTIVITY,    /* VF: CTB enabled */
    GUC_VF_EVENT_VF_RESET,    /* VF: mailbox */
    GUC_VF_EVENT_PAUSE,       /* PF: VF_CONTROL, as RESUME, STOP, FLR_START, FLR_FINISH */
    GUC_VF_EVENT_QUIESCED,    /* own: no engine runs a context of it any more */
    GUC_VF_EVENT_SAVE,        /* PF: SAVE_RESTORE_VF, as RESTORE */
    GUC_VF_EVENT_RESTORE,
    GUC_VF_EVENT_RESUME,
    GUC_VF_EVENT_STOP,
    GUC_VF_EVENT_RESFIX_START, /* VF: mailbox, as RESFIX_DONE */
    GUC_VF_EVENT_RESFIX_DONE,
    GUC_VF_EVENT_FLR, /* chip: PCI function level reset */
    GUC_VF_EVENT_FLR_START,
    GUC_VF_EVENT_FLR_FINISH,
    GUC_VF_EVENT_COUNT,
};

/* Names by number, NULL-terminated: VF_READY, ... */
extern const char *const guc_vf_state_names[GUC_VF_STATE_COUNT + 1];

/* Tells where event leads from state. Returns the next state, or -1 where it is refused. */
MUST_USE int guc_vf_next(enum guc_vf_state state, enum guc_vf_event event);
/* The same from vf's present state. */
bool guc_vf_allows(const struct guc *guc, unsigned vf, enum guc_vf_event event);
/* Takes the arc: does its work (blocks), changes the state, traces it. Refused events change
 * nothing. Returns 0, or the error code for the answer. */
MUST_USE uint32_t guc_vf_fire(struct guc *guc, unsigned vf, enum guc_vf_event event);
/* Whether function fn's messages are read and its contexts scheduled; the PF's always are. */
bool guc_fn_runs(const struct guc *guc, unsigned fn);
/* Drops what the function's driver set up: contexts, rings, memory interrupts, marker.
 * Provisioning stays. */
void guc_fn_drop(struct guc *guc, unsigned fn);

#endif
