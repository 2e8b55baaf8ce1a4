/* SPDX-License-Identifier: MIT */
/* The neighbours of a hostile guest: VF 2 and the PF, which keep every rule and insist on every
 * right. Each call does one piece of honest work and fails the test when an answer is wrong, late,
 * lost or one too many. */
#ifndef TESTS_UNIT_HOSTILE_PEERS_H
#define TESTS_UNIT_HOSTILE_PEERS_H

#include "tests/unit/hostile_guest.h"

#define HONEST_VF 2u

struct peers {
    struct bench *bench;
    struct hostile *hostile;
    const char *doing;                   /* what failed, for the message */
    const char *script;                  /* rest of what the PF is about to do to VF 1 */
    unsigned count;                      /* pieces of honest work done */
    uint16_t pf_fence;                   /* the PF's request that waits, and its answer */
    uint32_t pf_answer;                  /* 0: none yet */
    unsigned notified[GUC_FUNCTIONS][8]; /* VF_STATE_NOTIFY by VF and event */
    uint32_t relayed;                    /* newest RELAY_ID from VF 2 */
    uint32_t next_id;                    /* of contexts, relays, invalidations */
    uint32_t image_len;                  /* dwords of VF 1's saved state in the PF's buffer */
    uint64_t longest_ns;                 /* that an answer took */
};

/* Provisions both VFs and starts VF 2. */
void peers_init(struct peers *peers, struct bench *bench, struct hostile *hostile);
/* VF 2 does the next piece of its work. */
void peers_work(struct peers *peers);
/* The PF does one step of something to VF 1; what it is is drawn from the guest's numbers. */
void peers_command(struct peers *peers);
/* The PF resets VF 1: whatever it did, it is READY afterwards. */
void peers_heal(struct peers *peers);
/* What holds between any two moves. */
void peers_check_firmware(struct peers *peers);

#endif
