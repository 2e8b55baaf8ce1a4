/* SPDX-License-Identifier: MIT */
/* The PF's relay service for unit tests of the VF driver: see fake_relay_vf.h. */
#include "tests/unit/fake_relay_vf.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/fake_guc_vf.h"

#define EVENT         0x90005102u
#define PF_SUCCESS    0x70000000u
#define VERSION_1_0   0x00010000u
#define HANDSHAKE     0x00000001u
#define QUERY_RUNTIME 0x00000101u
#define MEDIA_OFFSET  0x380000u
#define MAX_SLICE     125u

uint32_t peer_register_offset(unsigned gt, unsigned n)
{
    return 0x9000 + 4 * n + (gt ? MEDIA_OFFSET : 0);
}

uint32_t peer_register_value(unsigned gt, unsigned n)
{
    return 0x1000 * gt + n + 1;
}

void peer_send_relay(struct peer *peer, unsigned gt, uint32_t id, const uint32_t *hxg, uint32_t len)
{
    uint32_t event[254] = {EVENT, id};

    cr_assert_leq(len, 252);
    memcpy(event + 2, hxg, len * sizeof(*hxg));
    peer_send_g2h(peer, gt, event, len + 2);
}

static void answer_runtime(struct peer *peer, unsigned gt, const uint32_t *msg)
{
    uint32_t limit = msg[2] >> 16;
    uint32_t start = msg[3];
    uint32_t answer[2 + 2 * MAX_SLICE];
    uint32_t count = 0;

    limit = limit && limit < MAX_SLICE ? limit : MAX_SLICE;
    while (count < limit && start + count < peer->num_registers) {
        answer[2 + 2 * count] = peer_register_offset(gt, start + count);
        answer[3 + 2 * count] = peer_register_value(gt, start + count);
        count++;
    }
    answer[0] = PF_SUCCESS | count;
    answer[1] = peer->num_registers - start - count;
    peer_send_relay(peer, gt, msg[1], answer, 2 + 2 * count);
}

void fake_relay_serve(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    if (peer->relay && peer->relay(peer, gt, msg, len)) {
        return;
    }
    cr_expect_eq(len, 4);
    if ((msg[2] & 0xffffu) == QUERY_RUNTIME) {
        answer_runtime(peer, gt, msg);
    } else {
        cr_expect_eq(msg[2], HANDSHAKE);
        peer_send_relay(peer, gt, msg[1], (const uint32_t[]){PF_SUCCESS, VERSION_1_0}, 2);
    }
}
