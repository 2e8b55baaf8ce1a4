/* SPDX-License-Identifier: MIT */
/* What the tests of the VF driver's relay have in common: binding to a PF that answers in a way of
 * its own. */
#ifndef TESTS_UNIT_VF_RELAY_SCENE_H
#define TESTS_UNIT_VF_RELAY_SCENE_H

#include "tests/unit/fake_guc_vf.h"

#define RELAY_SUCCESS_DW 0x70000000u
#define RELAY_FAILURE_DW 0x60000000u
#define RELAY_RETRY_DW   0x50000000u
#define RELAY_BUSY_DW    0x30000000u
#define RELAY_MAJOR(n)   ((uint32_t)(n) << 16)

/* As peer.relay: true when it has dealt with the message itself. */
typedef bool relay_pf(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len);

/* Binds to a PF that answers as given. Returns what probe returned; the time is in waited_ns. */
int relay_probe(struct peer *peer, relay_pf *pf);
/* The same with a peer that lives only for it. */
int relay_probe_new(relay_pf *pf);
bool relay_is_handshake(const uint32_t *msg);
/* The PF's answer to msg, of two dwords or of one. */
void relay_answer(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t dw0, uint32_t dw1);
void relay_answer_one(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t dw0);
/* Expects so many events with that text. */
void relay_expect_told(struct peer *peer, const char *what, unsigned times);

#endif
