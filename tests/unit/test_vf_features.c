/* SPDX-License-Identifier: MIT */
/* Opt-in features and scheduling policies: which GuC is asked for what, and what its answers do to
 * the bind. */
#include <criterion/criterion.h>
#include <errno.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"
#include "tests/unit/vf_relay_scene.h"

#define OPT_IN   XE_GUC_ACTION_OPT_IN_FEATURE_KLV
#define POLICIES XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV

Test(vf_features, each_gt_opts_in_and_the_main_one_gets_policies)
{
    static const uint32_t policies[] = {0x00000509, 0x10010002, 80, 20};
    struct peer *peer = peer_create(PEER_ABI(1, 27));
    const struct peer_message *message;

    cr_assert_eq(relay_probe(peer, NULL), 0);
    for (unsigned gt = 0; gt < PEER_GTS; gt++) {
        cr_assert_eq(peer_count_h2g(peer, gt, OPT_IN), 1);
        message = peer_find_h2g(peer, gt, OPT_IN, 0);
        cr_expect_eq(message->dw[0], 0x0000550e);
        cr_expect_eq(message->dw[2], 0);
        cr_expect_eq(message->dw[3], gt ? 1 : 2);
        cr_expect_eq(peer_memory(peer, message->dw[1])[0], 0x40010000);
        cr_expect_eq(peer_memory(peer, message->dw[1])[1], gt ? 0 : 0x40030000);
    }
    cr_assert_eq(peer_count_h2g(peer, 0, POLICIES), 1);
    cr_expect_eq(peer_count_h2g(peer, 1, POLICIES), 0);
    message = peer_find_h2g(peer, 0, POLICIES, 0);
    cr_expect_eq(message->len, ARRAY_SIZE(policies));
    for (unsigned i = 0; i < ARRAY_SIZE(policies); i++) {
        cr_expect_eq(message->dw[i], policies[i], "%08x", message->dw[i]);
    }
    peer_destroy(peer);
}

Test(vf_features, they_follow_the_second_handshake)
{
    static const uint32_t order[] = {XE_GUC_ACTION_VF2GUC_RELAY_TO_PF,
                                     XE_GUC_ACTION_VF2GUC_RELAY_TO_PF,
                                     XE_GUC_ACTION_VF2GUC_RELAY_TO_PF, OPT_IN, POLICIES};
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_assert_eq(relay_probe(peer, NULL), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
        cr_expect_eq(peer->h2g_log[i].dw[0] & 0xffff, order[i], "message %u", i);
    }
    peer_destroy(peer);
}

Test(vf_features, a_guc_too_old_is_not_asked)
{
    static const struct {
        uint32_t abi;
        unsigned opt_ins;
    } cases[] = {{PEER_ABI(1, 2), 0}, {PEER_ABI(1, 6), 0}, {PEER_ABI(1, 7), 1}};

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct peer *peer = peer_create(cases[i].abi);

        cr_assert_eq(relay_probe(peer, NULL), 0);
        cr_expect_eq(peer_count_h2g(peer, 1, OPT_IN), cases[i].opt_ins, "ABI %x", cases[i].abi);
        cr_expect_eq(peer_count_h2g(peer, 0, POLICIES), 1);
        peer_destroy(peer);
    }
}

/* What the GuC answers to an action. */
static const struct {
    uint32_t action;
    uint32_t reply;
    int result;
} refusals[] = {
    {OPT_IN, 0xe0000030, -EIO},      {OPT_IN, 0xf0000001, -ENOKEY},
    {OPT_IN, 0xf0000003, -EPROTO},   {OPT_IN, 0, -ETIME},
    {POLICIES, 0xe0000030, -EIO},    {POLICIES, 0xf0000000, -ENOKEY},
    {POLICIES, 0xf0000002, -EPROTO},
};

static bool refuse(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply)
{
    (void)gt;
    if ((request[0] & 0xffff) != refusals[peer->counter].action) {
        return false;
    }
    *reply = refusals[peer->counter].reply;
    return true;
}

Test(vf_features, both_must_be_taken)
{
    for (unsigned i = 0; i < ARRAY_SIZE(refusals); i++) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));
        int ret;

        peer->counter = i;
        peer->answer_h2g = refuse;
        ret = relay_probe(peer, NULL);
        cr_expect_eq(ret, refusals[i].result, "case %u gives %d", i, ret);
        cr_expect_eq(fake_trace_count(peer->hal, "not taken"), 1);
        peer_destroy(peer);
    }
}
