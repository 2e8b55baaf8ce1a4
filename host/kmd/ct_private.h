/* SPDX-License-Identifier: MIT */
/* Inside of the CT client: the two rings as their host end keeps them, and what ct.c (state),
 * ct_send.c and ct_receive.c ask of each other. Moving dwords does not block, so a message is
 * always written or read whole; other programs of the handle run only while one waits or rings
 * the doorbell. */
#ifndef HOST_KMD_CT_PRIVATE_H
#define HOST_KMD_CT_PRIVATE_H

#include "host/kmd/kmd.h"

#include "firmware/abi/guc_communication_ctb_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "sim/hal/trace.h"

#define CT_H2G_SIZE_DW     1024u
#define CT_G2H_SIZE_DW     32768u
#define CT_BUFFER_OFFSET   0x1000u /* of the buffer in its object; the descriptor is before it */
#define CT_H2G_DESC_OFFSET 0x0u
#define CT_G2H_DESC_OFFSET 0x800u
/* Half of the G2H ring is for events that nobody asked for, one dword stays free. */
#define CT_H2G_CREDITS      (CT_H2G_SIZE_DW - 1)
#define CT_G2H_CREDITS      (CT_G2H_SIZE_DW - CT_G2H_SIZE_DW / 2 - 1)
#define CT_RESPONSE_CREDITS 256u /* reserved for the answer to a blocking request */
#define CT_FENCE_MASK       0x7fffu
#define CT_FENCE_UNTRACKED  0x8000u
#define CT_NUM_FENCES       0x8000u

struct ct_ring {
    struct bo bo;
    uint32_t desc; /* offset of the descriptor in bo */
    uint32_t size_dw;
    uint32_t at;    /* the index that we own: tail of H2G, head of G2H */
    uint32_t pos;   /* the same, counted on since enable */
    uint32_t space; /* credits, dwords */
};

/* A message on its way through send, for traces. */
struct ct_call {
    uint32_t number;
    uint32_t epoch; /* both 0 until it is in the ring */
    uint32_t pos;
};

enum ct_answer { CT_PENDING, CT_SUCCESS, CT_FAILURE, CT_RETRY, CT_CANCELLED };

/* A blocking request between its tail and its answer; on the stack of its sender. */
struct ct_waiter {
    struct ct_waiter *next;
    uint16_t fence;
    struct ct_call call; /* for traces */
    enum ct_answer answer;
    uint32_t data0;     /* of SUCCESS */
    uint16_t error;     /* of FAILURE */
    uint32_t *response; /* where the payload goes, or NULL */
    uint32_t response_len;
};

enum ct_probe {
    CT_PROBE_STATE,
    CT_PROBE_H2G_TAIL,
    CT_PROBE_H2G_SPACE,
    CT_PROBE_FENCE,
    CT_PROBE_G2H_HEAD,
    CT_PROBE_G2H_SPACE,
    CT_PROBE_BROKEN,
    CT_NUM_PROBES,
};

struct ct {
    struct ct_config config;
    struct hal *hal;
    struct ggtt *ggtt; /* where the rings are; NULL: not placed */
    enum ct_state state;
    bool broken;
    bool register_as_event;
    uint32_t epoch; /* enables so far */
    struct ct_ring h2g;
    struct ct_ring g2h;
    uint32_t outstanding; /* G2H messages that requests wait for */
    uint32_t next_fence;
    struct ct_waiter *waiters;
    uint64_t received; /* messages taken, ever */
    uint32_t calls;    /* of send, ever */
    int probes[CT_NUM_PROBES];
    uint16_t actions[CT_NUM_FENCES]; /* by fence: what was asked, to name the answer in traces */
};

/* ---- ct.c ---------------------------------------------------------------------------------- */

/* Declares the channel dead for a reason of the driver's list (CT_DEAD_*); later calls do
 * nothing. */
void ct_break(struct ct *ct, const char *reason, uint64_t detail);
void ct_probe_set(struct ct *ct, enum ct_probe probe, uint64_t value);
bool ct_recovery_pending(const struct ct *ct);
/* Takes a waiter off the list; nothing to do when it is not on it. */
void ct_waiter_remove(struct ct *ct, const struct ct_waiter *waiter);

uint32_t ct_desc_read(const struct ct *ct, const struct ct_ring *ring, unsigned dword);
void ct_desc_write(const struct ct *ct, const struct ct_ring *ring, unsigned dword, uint32_t value);
/* Sets a status bit in the ring's descriptor, for the peer and for whoever looks later. */
void ct_desc_report(const struct ct *ct, const struct ct_ring *ring, uint32_t status);

/* ---- ct_send.c ----------------------------------------------------------------------------- */

void ct_trace_hop(struct ct *ct, const struct ct_call *call, enum trace_hop_at at);

/* ---- ct_receive.c -------------------------------------------------------------------------- */

/* Takes one message. Returns 1, 0 when there is none, -EPIPE when the channel is or gets broken. */
int ct_receive_one(struct ct *ct);

#endif
