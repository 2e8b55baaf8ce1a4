/* SPDX-License-Identifier: MIT */
/* The relay's requester against a PF, or a GuC, that breaks the rules. */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/vf_relay_scene.h"

/* Something wrong first, then the right answer: the wrong one is told and passed over. */
static const struct {
    const char *told;
    uint32_t id_offset;
    uint32_t dw[3];
    uint32_t len;
} strays[] = {
    {"relay answer not awaited", 1, {RELAY_SUCCESS_DW, RELAY_MAJOR(1)}, 2},
    {"relay answer not awaited", ~0u, {RELAY_SUCCESS_DW, RELAY_MAJOR(1)}, 2},
    {"relay answer does not come from a host", 0, {0xf0000000, RELAY_MAJOR(1)}, 2},
    {"relay answer does not come from a host", 0, {0xe0000001}, 1},
    {"relay event of wrong length", 0, {0}, 0},
    {"relay answer of wrong length", 0, {RELAY_FAILURE_DW | 1, 0}, 2},
    {"relay answer of wrong length", 0, {RELAY_BUSY_DW, 0}, 2},
    {"relay answer of wrong length", 0, {RELAY_RETRY_DW, 0}, 2},
    {"relay answer of wrong length", 0, {0x00000001, RELAY_MAJOR(1)}, 2},
    {"relay message is no answer", 0, {0x0000deb1}, 1},
    {"relay message is no answer", 0, {0x10000001}, 1},
    {"relay message is no answer", 0, {0x40000000}, 1},
};

static bool stray_first(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    uint32_t id = msg[1] + strays[peer->counter].id_offset;

    (void)len;
    if (gt || msg[1] != 1) {
        return false;
    }
    peer_send_relay(peer, gt, id, strays[peer->counter].dw, strays[peer->counter].len);
    return false;
}

Test(vf_relay_rules, a_stray_message_is_told_and_passed_over)
{
    for (unsigned i = 0; i < ARRAY_SIZE(strays); i++) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));
        int ret;

        peer->counter = i;
        ret = relay_probe(peer, stray_first);
        cr_expect_eq(ret, 0, "case %u gives %d", i, ret);
        relay_expect_told(peer, strays[i].told, 1);
        peer_destroy(peer);
    }
}

static bool only_foreign_origin(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    relay_answer(peer, gt, msg, 0xf0000000, RELAY_MAJOR(1));
    return true;
}

Test(vf_relay_rules, an_answer_as_if_of_a_guc_is_none)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(relay_probe(peer, only_foreign_origin), -ETIME);
    peer_destroy(peer);
}

static bool reserved_bits(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    const uint32_t event[] = {0x90015102, msg[1], RELAY_SUCCESS_DW, RELAY_MAJOR(1)};

    (void)len;
    peer_send_g2h(peer, gt, event, ARRAY_SIZE(event));
    return false;
}

static bool answers_twice(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    if (relay_is_handshake(msg)) {
        relay_answer(peer, gt, msg, RELAY_SUCCESS_DW, RELAY_MAJOR(1));
    }
    return false;
}

Test(vf_relay_rules, reserved_bits_and_second_answers_are_passed_over)
{
    cr_expect_eq(relay_probe_new(reserved_bits), 0);
    cr_expect_eq(relay_probe_new(answers_twice), 0);
}

/* Answers to the handshake (one dword when it has no second) and what becomes of them. */
static const struct {
    uint32_t dw[3];
    uint32_t len;
    int result;
} handshakes[] = {
    {{RELAY_SUCCESS_DW, RELAY_MAJOR(1)}, 2, 0},
    {{RELAY_SUCCESS_DW}, 1, -EPROTO},
    {{RELAY_SUCCESS_DW, RELAY_MAJOR(1), 0}, 3, -EPROTO},
    {{RELAY_SUCCESS_DW | 1, RELAY_MAJOR(1)}, 2, -EPROTO},
    {{RELAY_SUCCESS_DW, RELAY_MAJOR(1) | 1}, 2, -EPROTO},
    {{RELAY_SUCCESS_DW, RELAY_MAJOR(2)}, 2, -EPROTO},
    {{RELAY_SUCCESS_DW, 0x0000ffff}, 2, -ENOPKG},
    {{RELAY_SUCCESS_DW, 0}, 2, -ENOPKG},
};

static bool handshake_case(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    if (!relay_is_handshake(msg)) {
        return false;
    }
    peer_send_relay(peer, gt, msg[1], handshakes[peer->counter].dw, handshakes[peer->counter].len);
    return true;
}

Test(vf_relay_rules, handshakes_are_judged)
{
    for (unsigned i = 0; i < ARRAY_SIZE(handshakes); i++) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));
        int ret;

        peer->counter = i;
        ret = relay_probe(peer, handshake_case);
        cr_expect_eq(ret, handshakes[i].result, "case %u gives %d", i, ret);
        peer_destroy(peer);
    }
}

static bool changes_its_mind(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    if (!relay_is_handshake(msg) || peer->counter++ == 0) {
        return false;
    }
    relay_answer(peer, gt, msg, RELAY_SUCCESS_DW, RELAY_MAJOR(1) | 1);
    return true;
}

Test(vf_relay_rules, a_second_handshake_must_give_the_same_version)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(relay_probe(peer, changes_its_mind), -EREMCHG);
    relay_expect_told(peer, "relay version not usable", 1);
    peer_destroy(peer);
}

/* Answers to the query. */
static const struct {
    uint32_t dw[2 + 2 * 17];
    uint32_t len;
    int result;
} tables[] = {
    {{RELAY_SUCCESS_DW, 0}, 2, 0},
    {{RELAY_SUCCESS_DW}, 1, -EPROTO},
    {{RELAY_SUCCESS_DW | 1, 0, 0x9000}, 3, -EPROTO},
    {{RELAY_SUCCESS_DW | 1, 0, 0x9000, 1, 2}, 5, -EPROTO},
    {{RELAY_SUCCESS_DW | 17, 0}, 2 + 2 * 17, -EPROTO},
    {{RELAY_SUCCESS_DW | 0xfffffff, 0}, 2, -EPROTO},
    {{RELAY_SUCCESS_DW, 1}, 2, -EPROTO},                  /* nothing, though some remain */
    {{RELAY_SUCCESS_DW | 1, 5, 0x9000, 1}, 4, -EPROTO},   /* the same number remains each time */
    {{RELAY_SUCCESS_DW | 1, ~0u, 0x9000, 1}, 4, -EPROTO}, /* and so does this */
};

static bool table_case(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)len;
    if (relay_is_handshake(msg)) {
        return false;
    }
    peer_send_relay(peer, gt, msg[1], tables[peer->counter].dw, tables[peer->counter].len);
    return true;
}

Test(vf_relay_rules, tables_are_judged)
{
    for (unsigned i = 0; i < ARRAY_SIZE(tables); i++) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));
        int ret;

        peer->counter = i;
        ret = relay_probe(peer, table_case);
        cr_expect_eq(ret, tables[i].result, "case %u gives %d", i, ret);
        peer_destroy(peer);
    }
}
