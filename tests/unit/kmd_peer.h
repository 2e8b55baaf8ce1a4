/* SPDX-License-Identifier: MIT */
/* A GuC as the driver core's tests need it: answers the mailbox, reads and writes the rings
 * where they were registered, and does wrong whatever a test asks for. It looks at the driver's
 * RAM through the entries that the driver wrote. */
#ifndef TESTS_UNIT_KMD_PEER_H
#define TESTS_UNIT_KMD_PEER_H

#include "host/kmd/kmd.h"
#include "tests/unit/fake_hal.h"

#define PEER_GGTT_START 0x400000u
#define PEER_GGTT_SIZE  0x400000u
#define PEER_MAX_MSG    256u

struct kmd_peer {
    struct hal *hal;
    struct ggtt *ggtt;
    struct mailbox mailbox;
    struct ct *ct;
    struct ct_config config;
    uint64_t cfg[8]; /* what SELF_CFG said, by key - 0x900 */
    char order[64];  /* the keys' last digits in their order, e for CONTROL_CTB */
    bool enabled;
    unsigned doorbells;
    bool answers; /* success to every request */
    bool deaf;    /* leaves H2G alone */
    void (*on_h2g)(struct kmd_peer *peer, const uint32_t *words, uint32_t len);
    const char *death; /* reason given to died() */
    bool recovering;   /* what recovery_pending says */
    uint32_t received; /* H2G messages, no-ops not counted */
    uint32_t noops;
    uint32_t last[PEER_MAX_MSG]; /* newest H2G message, header first */
    uint32_t events;             /* that reached the handler */
    uint32_t event[PEER_MAX_MSG];
    uint32_t event_len;
    int ret; /* for the programs of a test to note their results */
    int rets[4];
    uint64_t at;
};

/* Makes handle, GGTT, mailbox and a CT that is not enabled. */
void kmd_peer_create(struct kmd_peer *peer);
void kmd_peer_destroy(struct kmd_peer *peer);
/* Runs a program that begins with the CT enabled and its interrupt program running. */
void kmd_peer_run(struct kmd_peer *peer, void (*program)(struct kmd_peer *peer));
/* Reads what there is in H2G now. */
void kmd_peer_take_h2g(struct kmd_peer *peer);
/* Puts words (header first) into G2H, moves the tail by them and raises the interrupt. */
void kmd_peer_put(struct kmd_peer *peer, const uint32_t *words, uint32_t len);
/* Puts one message: header of fence and the HXG dwords. */
void kmd_peer_say(struct kmd_peer *peer, uint16_t fence, const uint32_t *hxg, uint32_t len);
/* Puts a message of one HXG dword. */
void kmd_peer_say1(struct kmd_peer *peer, uint16_t fence, uint32_t hxg);
uint32_t kmd_peer_desc(struct kmd_peer *peer, bool h2g, unsigned dword);
void kmd_peer_set_desc(struct kmd_peer *peer, bool h2g, unsigned dword, uint32_t value);
uint32_t kmd_peer_ring_read(struct kmd_peer *peer, bool h2g, uint32_t at);

#endif
