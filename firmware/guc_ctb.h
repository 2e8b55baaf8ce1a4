/* SPDX-License-Identifier: MIT */
/* The GuC's end of a function's two rings. Lengths, heads and tails count dwords. */
#ifndef FIRMWARE_GUC_CTB_H
#define FIRMWARE_GUC_CTB_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/hal/bits.h"

struct guc;

#define GUC_G2H_QUEUE_LEN 4096u /* dwords kept for a host that does not read its ring */

struct guc_ring {
    uint64_t desc_addr; /* GGTT addresses, as the function sees them */
    uint64_t addr;
    uint32_t size;  /* dwords */
    uint32_t index; /* the end that we own: head of H2G, tail of G2H */
    uint32_t pos;   /* the same without wrapping, since enable: names messages in traces */
};

struct guc_ctb {
    bool enabled;
    bool broken;    /* a rule was violated: out of use until enabled again */
    bool doorbell;  /* there may be something in H2G */
    uint32_t epoch; /* count of enables */
    struct guc_ring h2g;
    struct guc_ring g2h;
    /* Answers that found G2H full: length of the HXG message, CTB header, action, HXG message. */
    uint32_t queue[GUC_G2H_QUEUE_LEN];
    uint32_t queue_len;
};

/* Starts using the rings that the function's self config describes, from position zero.
 * Returns 0 or an error code for the answer (then the old rings, if any, stay in use). */
MUST_USE uint32_t guc_ctb_enable(struct guc *guc, unsigned fn);
/* Stops. mark: also write DISABLED to both descriptors (only while their owner surely keeps
 * them). */
void guc_ctb_disable(struct guc *guc, unsigned fn, bool mark);
bool guc_ctb_usable(const struct guc *guc, unsigned fn);
/* The function rang: there may be something in H2G. */
void guc_ctb_rang(struct guc *guc, unsigned fn);
/* Serves at most a few H2G messages. Returns whether there may be more. */
bool guc_ctb_serve(struct guc *guc, unsigned fn);
/* Places one G2H message, or keeps it until there is room. action: for traces. Returns 0, -EPIPE
 * when the function has no usable rings or lost them now. */
int guc_ctb_send(struct guc *guc, unsigned fn, uint16_t fence, uint16_t action, const uint32_t *hxg,
                 uint32_t len);
/* Sends an event with payload; a function without rings misses it, as it should. */
void guc_ctb_event(struct guc *guc, unsigned fn, uint16_t action, const uint32_t *payload,
                   uint32_t len);
/* Tries again what was kept. Returns whether something still is. */
bool guc_ctb_flush(struct guc *guc, unsigned fn);

#endif
