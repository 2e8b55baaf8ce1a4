/* SPDX-License-Identifier: MIT */
/* The GuC program: one instance for each GT. It knows its registers (GUCBUS_*), its DMA and its
 * interrupt line, and nothing of the drivers but what they write. */
#ifndef FIRMWARE_GUC_H
#define FIRMWARE_GUC_H

#include <stdint.h>

#include "sim/hal/hal.h"

#define GUC_MAX_ENGINES 4u
#define GUC_ABI_VERSION(major, minor, patch)                                                       \
    ((uint32_t)(major) << 16 | (uint32_t)(minor) << 8 | (uint32_t)(patch))

/* An engine of this GT, in the order of GUCBUS_ENGINE. */
struct guc_engine_desc {
    const char *name;  /* rcs0, bcs0, vcs0: for traces */
    uint8_t guc_class; /* GUC_*_CLASS */
    uint8_t instance;  /* logical instance in its class */
    uint8_t also;      /* bits of further logical instances that it stands for */
};

struct guc_config {
    unsigned gt;          /* 0 main, 1 media */
    uint32_t abi_version; /* VF/submission ABI, GUC_ABI_VERSION(1, 27, 0) */
    uint32_t gmd_id;      /* answer to KLV 0x3000 */
    unsigned total_vfs;   /* highest VF number a command may name */
    unsigned num_engines;
    struct guc_engine_desc engines[GUC_MAX_ENGINES];
    uint16_t slow_action; /* its handler takes slow_cycles more than it should */
    uint32_t slow_cycles;
};

struct guc;

/* Builds the firmware's state and declares its wave probes. hal must outlive it. Returns NULL
 * without memory. */
struct guc *guc_create(struct hal *hal, const struct guc_config *config);
void guc_destroy(struct guc *guc);
/* ---- fault points: for tests that lose or damage messages ------------------------------------ */

enum guc_message_kind {
    GUC_MESSAGE_H2G,     /* read from the ring, not yet checked */
    GUC_MESSAGE_G2H,     /* about to be placed in the ring */
    GUC_MESSAGE_REQUEST, /* read from the mailbox */
    GUC_MESSAGE_REPLY,   /* about to be placed there */
};

enum guc_fault {
    GUC_FAULT_NONE,
    GUC_FAULT_DROP,  /* nobody hears of it any more; its room in the ring counts as used */
    GUC_FAULT_DELAY, /* it counts delay_ns later; others pass it */
    GUC_FAULT_SWAP,  /* it counts behind the next of its kind, but not later than delay_ns */
    GUC_FAULT_TWICE,
};

/* A message that is met. The dwords may be changed in place. */
struct guc_fault_message {
    enum guc_message_kind kind;
    unsigned fn;
    uint32_t action;  /* an answer carries its request's */
    uint32_t *header; /* of the ring; NULL in a mailbox */
    uint32_t *hxg;
    uint32_t len;      /* dwords of hxg */
    uint64_t delay_ns; /* to be filled in */
};

/* Called for each message, from the program: it must not block. */
typedef enum guc_fault guc_fault_point(void *arg, struct guc_fault_message *message);
/* NULL: none any more. Returns 0, -1 without memory. */
MUST_USE int guc_set_fault_point(struct guc *guc, guc_fault_point *point, void *arg);

/* Arcs of a VF's state machine that lead from one state to another, by names, for reports. */
struct guc_vf_arc {
    const char *from, *event, *to;
};
/* n counts from 0. Returns false behind the last. */
MUST_USE bool guc_vf_arc_at(unsigned n, struct guc_vf_arc *arc);

/* The program: boots, then serves for ever. Give it to hal_spawn with the guc as argument. */
void guc_main(void *arg);

#endif
