/* SPDX-License-Identifier: MIT */
/* The other side of a VF driver for unit tests: both GuCs' mailboxes and CTBs, the GGTT's entries,
 * and an engine that runs rings and batches at once. It serves what a VF may ask and writes down
 * all of it; a test changes its fields to make it misbehave. */
#ifndef TESTS_UNIT_FAKE_GUC_VF_H
#define TESTS_UNIT_FAKE_GUC_VF_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/vf/vf.h"
#include "sim/hal/hal.h"

#define PEER_GTS               2u
#define PEER_CONTEXTS          16u
#define PEER_LOG               4096u
#define PEER_MSG_DW            16u
#define PEER_ABI(major, minor) ((uint32_t)(major) << 16 | (uint32_t)(minor) << 8)

struct peer_message {
    unsigned gt;
    uint32_t len;
    uint32_t dw[PEER_MSG_DW]; /* from HXG dword 0; of a mailbox message all four registers */
};

struct peer_context {
    bool registered;
    bool enabled;
    bool apart; /* a compression context: the driver does not run it */
    uint64_t descriptor;
};

struct peer_gt {
    uint32_t mailbox[4];
    bool blocked;    /* RESFIX_BLOCKED: H2G stays, contexts do not run */
    uint32_t marker; /* 0: none */
    uint64_t memirq_source, memirq_status;
    uint64_t h2g_desc, h2g, h2g_size, g2h_desc, g2h, g2h_size;
    bool ctb_on;
    unsigned resfix_done; /* accepted */
    struct peer_context contexts[PEER_CONTEXTS];
};

struct peer {
    struct hal *hal;
    struct vf *vf;
    unsigned num_gts;
    bool is_vf; /* what VF_CAP_REG says */
    uint32_t abi;
    uint64_t ggtt_start, ggtt_size, lmem_size;
    uint32_t num_contexts, num_doorbells, gmd_id[PEER_GTS];
    bool engines_off;        /* submitted contexts wait for peer_run_engines */
    unsigned command_budget; /* then the engine stops where it is; ~0u: never */
    bool no_mode_done;       /* MODE_SET is not answered */
    struct peer_gt gts[PEER_GTS];
    uint64_t *entries; /* GGTT */
    struct peer_message mailbox_log[PEER_LOG], h2g_log[PEER_LOG];
    unsigned mailbox_count, h2g_count;
    /* A test's own answer: fills reply and returns true, or leaves it to the peer. reply[0] 0:
     * none. */
    bool (*answer)(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply);
    /* The same for blocking H2G requests: reply is the one HXG dword that answers. */
    bool (*answer_h2g)(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply);
    /* The PF behind the GuC: a test's own, or the peer's, which has num_registers to tell. msg:
     * the H2G message. */
    bool (*relay)(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len);
    unsigned num_registers;
    unsigned counter; /* the test's, as are these */
    int result;
    uint64_t waited_ns;
};

/* A GPU with main and media GT, ABI as given, and a driver on it that has not been probed. */
struct peer *peer_create(uint32_t abi);
void peer_destroy(struct peer *peer);
/* Runs a guest program with the peer as argument, within 60 s of virtual time. */
void peer_run(struct peer *peer, void (*program)(void *peer));
/* Expects probe to succeed. For use in a guest program. */
void peer_probe(struct peer *peer);

/* The VM has moved: entries and what the GuCs hold lie at the new start, contexts are held, and,
 * unless quiet, each GT reports MIGRATED. */
void peer_migrate(struct peer *peer, uint64_t ggtt_start, bool quiet);
void peer_post_migrated(struct peer *peer, unsigned gt);
/* Writes status byte and source byte of a unit and signals. */
void peer_post(struct peer *peer, unsigned unit, unsigned byte);
void peer_send_g2h(struct peer *peer, unsigned gt, const uint32_t *hxg, uint32_t len);
void peer_run_engines(struct peer *peer);
/* The PF's answer to a relay request: an HXG message under an id, as an event. */
void peer_send_relay(struct peer *peer, unsigned gt, uint32_t id, const uint32_t *hxg,
                     uint32_t len);
/* Register n of those that the peer's PF tells: offset and value. */
uint32_t peer_register_offset(unsigned gt, unsigned n);
uint32_t peer_register_value(unsigned gt, unsigned n);

/* RAM behind a GGTT address, NULL when there is no entry. */
uint32_t *peer_memory(struct peer *peer, uint64_t ggtt_addr);
/* A dword of a context's register state. */
uint32_t *peer_state(struct peer *peer, unsigned gt, unsigned id, uint32_t dword);
/* How many messages of that action a GT was sent. */
unsigned peer_count_mailbox(const struct peer *peer, unsigned gt, uint32_t action);
unsigned peer_count_h2g(const struct peer *peer, unsigned gt, uint32_t action);
/* The nth (0 first) of them, NULL when there are fewer. */
const struct peer_message *peer_find_h2g(const struct peer *peer, unsigned gt, uint32_t action,
                                         unsigned n);

#endif
