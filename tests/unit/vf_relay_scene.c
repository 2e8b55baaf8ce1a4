/* SPDX-License-Identifier: MIT */
/* Scenes of the VF driver's relay: see vf_relay_scene.h. */
#include "tests/unit/vf_relay_scene.h"

#include <criterion/criterion.h>

#include "tests/unit/fake_hal.h"

#define HANDSHAKE_ACTION 0x1u

static void probe_program(void *arg)
{
    struct peer *peer = arg;
    uint64_t start = hal_now(peer->hal);
    int ret = vf_probe(peer->vf);

    /* Unbinding after a failure included. */
    peer->waited_ns = hal_now(peer->hal) - start;
    peer->result = ret;
}

int relay_probe(struct peer *peer, relay_pf *pf)
{
    peer->relay = pf;
    peer_run(peer, probe_program);
    return peer->result;
}

int relay_probe_new(relay_pf *pf)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));
    int ret = relay_probe(peer, pf);

    peer_destroy(peer);
    return ret;
}

bool relay_is_handshake(const uint32_t *msg)
{
    return (msg[2] & 0xffffu) == HANDSHAKE_ACTION;
}

void relay_answer(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t dw0, uint32_t dw1)
{
    peer_send_relay(peer, gt, msg[1], (const uint32_t[]){dw0, dw1}, 2);
}

void relay_answer_one(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t dw0)
{
    peer_send_relay(peer, gt, msg[1], &dw0, 1);
}

void relay_expect_told(struct peer *peer, const char *what, unsigned times)
{
    unsigned count = fake_trace_count(peer->hal, what);

    cr_expect_eq(count, times, "\"%s\" %u times", what, count);
}
