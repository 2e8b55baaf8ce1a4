/* SPDX-License-Identifier: MIT */
/* What the VF driver says to its GuCs until it is ready, and what it makes of their answers. */
#include <criterion/criterion.h>
#include <errno.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"

#define RESET   GUC_ACTION_VF2GUC_VF_RESET
#define MATCH   GUC_ACTION_VF2GUC_MATCH_VERSION
#define QUERY   GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV
#define SELF    GUC_ACTION_HOST2GUC_SELF_CFG
#define CTB     GUC_ACTION_HOST2GUC_CONTROL_CTB
#define CONFIG  XE_GUC_ACTION_GET_HWCONFIG
#define FAILURE 0xe0000000u
#define SUCCESS 0xf0000000u

static void probe_program(void *arg)
{
    struct peer *peer = arg;

    peer->counter = (unsigned)-vf_probe(peer->vf);
}

/* Returns what probe returned. */
static int probe_with(struct peer *peer)
{
    peer_run(peer, probe_program);
    return -(int)peer->counter;
}

struct expected {
    uint32_t action;
    uint32_t detail; /* KLV key or second dword, 0: any */
};

static void expect_messages(const struct peer *peer, unsigned gt, const struct expected *expected,
                            unsigned count)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < peer->mailbox_count && seen < count; i++) {
        const struct peer_message *message = &peer->mailbox_log[i];
        uint32_t action = message->dw[0] & 0xffff;
        uint32_t detail = action == SELF ? message->dw[1] >> 16 : message->dw[1];

        if (message->gt == gt) {
            cr_expect_eq(action, expected[seen].action, "message %u of GT %u is %x", seen, gt,
                         action);
            cr_expect(!expected[seen].detail || detail == expected[seen].detail,
                      "message %u of GT %u has %x", seen, gt, detail);
            seen++;
        }
    }
    cr_expect_eq(seen, count, "GT %u was sent %u messages", gt, seen);
}

#define CONNECT                                                                                    \
    {SELF, 0x901}, {SELF, 0x900}, {SELF, 0x903}, {SELF, 0x902}, {SELF, 0x904}, {SELF, 0x906},      \
        {SELF, 0x905}, {SELF, 0x907},                                                              \
    {                                                                                              \
        CTB, 1                                                                                     \
    }

Test(vf_bootstrap, main_gt_is_asked_in_the_order_of_the_linux_driver)
{
    static const struct expected order[] = {
        {RESET, 0},       {MATCH, 0x10200}, {QUERY, 0x3000},  {RESET, 0}, {MATCH, 0x10200},
        {QUERY, 1},       {QUERY, 2},       {QUERY, 4},       {QUERY, 6}, {QUERY, 0x3001},
        {QUERY, 0x3000},  {CONFIG, 0},      {CONFIG, 0},      CONNECT,    {RESET, 0},
        {MATCH, 0x11b00}, {RESET, 0},       {MATCH, 0x11b00}, CONNECT,
    };
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(probe_with(peer), 0);
    expect_messages(peer, 0, order, ARRAY_SIZE(order));
    cr_expect_eq(vf_num_gts(peer->vf), 2);
    cr_expect_eq(vf_abi(peer->vf, 1), PEER_ABI(1, 27));
    cr_expect_eq(vf_ggtt_start(peer->vf), peer->ggtt_start);
    peer_destroy(peer);
}

Test(vf_bootstrap, media_gt_is_reset_four_times_and_not_asked_for_hwconfig)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(probe_with(peer), 0);
    cr_expect_eq(peer_count_mailbox(peer, 1, RESET), 4);
    cr_expect_eq(peer_count_mailbox(peer, 1, CONFIG), 0);
    cr_expect_eq(peer_count_mailbox(peer, 1, CTB), 2);
    peer_destroy(peer);
}

Test(vf_bootstrap, memirq_addresses_are_those_of_each_guc)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    cr_expect_eq(probe_with(peer), 0);
    cr_expect_eq(peer->gts[0].memirq_source & 0xfff, 0x419);
    cr_expect_eq(peer->gts[0].memirq_status & 0xfff, 0x190);
    cr_expect_eq(peer->gts[1].memirq_source & 0xfff, 0x418);
    cr_expect_eq(peer->gts[1].memirq_status & 0xfff, 0x180);
    peer_destroy(peer);
}

/* How often a driver of a GuC with this ABI asks for group scheduling. */
static unsigned asks_for_groups(uint32_t abi)
{
    struct peer *peer = peer_create(abi);
    unsigned count = 0;

    cr_expect_eq(probe_with(peer), 0);
    for (unsigned i = 0; i < peer->mailbox_count; i++) {
        count +=
            (peer->mailbox_log[i].dw[0] & 0xffff) == QUERY && peer->mailbox_log[i].dw[1] == 0x3001;
    }
    peer_destroy(peer);
    return count;
}

Test(vf_bootstrap, group_scheduling_is_not_asked_below_1_26)
{
    cr_expect_eq(asks_for_groups(PEER_ABI(1, 25)), 0u);
    cr_expect_eq(asks_for_groups(PEER_ABI(1, 26)), 2u, "once for each GT");
}

Test(vf_bootstrap, versions_are_judged)
{
    static const struct {
        uint32_t abi;
        int result;
    } cases[] = {
        {PEER_ABI(1, 2), 0},
        {PEER_ABI(1, 27), 0},
        {PEER_ABI(1, 40), 0},
        {PEER_ABI(1, 1), -ENOKEY},
        {PEER_ABI(0, 9), -ENOPKG},
        {PEER_ABI(2, 0), -EPROTO},
        {1u << 24 | PEER_ABI(1, 27), -EPROTO},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct peer *peer = peer_create(cases[i].abi);
        int ret = probe_with(peer);

        cr_expect_eq(ret, cases[i].result, "ABI %x: %d", cases[i].abi, ret);
        peer_destroy(peer);
    }
}

static bool change_version_later(struct peer *peer, unsigned gt, const uint32_t *request,
                                 uint32_t *reply)
{
    if (gt != 0 || (request[0] & 0xffff) != MATCH || request[1] != PEER_ABI(1, 27)) {
        return false;
    }
    reply[0] = SUCCESS;
    reply[1] = peer->abi + 0x100;
    return true;
}

Test(vf_bootstrap, another_version_than_before_is_refused)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->answer = change_version_later;
    cr_expect_eq(probe_with(peer), -EREMCHG);
    peer_destroy(peer);
}

static bool lose_first_resets(struct peer *peer, unsigned gt, const uint32_t *request,
                              uint32_t *reply)
{
    (void)reply;
    return gt == 0 && (request[0] & 0xffff) == RESET && peer->counter++ < 9;
}

Test(vf_bootstrap, reset_is_tried_ten_times)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->answer = lose_first_resets;
    cr_expect_eq(probe_with(peer), 0);
    cr_expect_eq(peer_count_mailbox(peer, 0, RESET), 9 + 4);
    peer_destroy(peer);
}

static bool refuse_reset(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply)
{
    (void)peer;
    reply[0] = FAILURE | 0x41;
    return gt == 0 && (request[0] & 0xffff) == RESET;
}

Test(vf_bootstrap, a_refused_reset_is_not_repeated)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->answer = refuse_reset;
    cr_expect_eq(probe_with(peer), -ENXIO);
    /* The second one is the attempt to leave nothing behind. */
    cr_expect_eq(peer_count_mailbox(peer, 0, RESET), 2);
    peer_destroy(peer);
}

Test(vf_bootstrap, silent_media_mailbox_means_no_media_gt)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->num_gts = 1;
    cr_expect_eq(probe_with(peer), 0);
    cr_expect_eq(vf_num_gts(peer->vf), 1);
    peer_destroy(peer);
}

Test(vf_bootstrap, media_version_zero_means_no_media_gt)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->gmd_id[1] = 0;
    cr_expect_eq(probe_with(peer), 0);
    cr_expect_eq(vf_num_gts(peer->vf), 1);
    peer_destroy(peer);
}

static bool answer_key(struct peer *peer, uint32_t key, const uint32_t *request, uint32_t length,
                       uint32_t *reply)
{
    (void)peer;
    reply[0] = SUCCESS | length;
    return (request[0] & 0xffff) == QUERY && request[1] == key;
}

static bool no_contexts(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply)
{
    (void)gt;
    return answer_key(peer, GUC_KLV_VF_CFG_NUM_CONTEXTS_KEY, request, 0, reply);
}

static bool long_size(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply)
{
    (void)gt;
    return answer_key(peer, GUC_KLV_VF_CFG_GGTT_SIZE_KEY, request, 3, reply);
}

Test(vf_bootstrap, lengths_of_values_are_checked)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->answer = no_contexts;
    cr_expect_eq(probe_with(peer), -ENODATA);
    peer->answer = long_size;
    cr_expect_eq(probe_with(peer), -EOVERFLOW);
    peer_destroy(peer);
}

Test(vf_bootstrap, a_range_out_of_the_gucs_reach_is_refused)
{
    static const uint64_t starts[] = {0x100000, 0xfee00000 - 0x1000000 + 0x1000, 0x10000800};

    for (unsigned i = 0; i < ARRAY_SIZE(starts); i++) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));

        peer->ggtt_start = starts[i];
        cr_expect_eq(probe_with(peer), -ERANGE, "start %llx", (unsigned long long)starts[i]);
        peer_destroy(peer);
    }
}

static bool refuse_ctb_of_media(struct peer *peer, unsigned gt, const uint32_t *request,
                                uint32_t *reply)
{
    (void)peer;
    reply[0] = FAILURE | 0x303;
    return gt == 1 && (request[0] & 0xffff) == CTB;
}

Test(vf_bootstrap, failure_leaves_nothing_registered)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->answer = refuse_ctb_of_media;
    cr_expect_eq(probe_with(peer), -ENXIO);
    cr_expect(!peer->gts[0].ctb_on && !peer->gts[0].memirq_status);
    for (uint64_t page = peer->ggtt_start >> 12; page < (peer->ggtt_start + peer->ggtt_size) >> 12;
         page++) {
        cr_assert_eq(peer->entries[page], 0, "entry %llx", (unsigned long long)page);
    }
    peer_destroy(peer);
}

static void probe_twice_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    cr_expect_eq(vf_probe(peer->vf), -EBUSY);
    vf_remove(peer->vf);
    cr_expect_eq(vf_num_gts(peer->vf), 0);
    cr_expect_eq(peer->gts[1].ctb_on, false);
    peer->abi = PEER_ABI(1, 27);
    peer_probe(peer);
    cr_expect_eq(vf_abi(peer->vf, 0), peer->abi, "another GuC");
}

Test(vf_bootstrap, can_be_bound_again_after_unbind)
{
    struct peer *peer = peer_create(PEER_ABI(1, 26));

    peer_run(peer, probe_twice_program);
    cr_expect_null(vf_wedged(peer->vf));
    peer_destroy(peer);
}

Test(vf_bootstrap, refuses_a_function_that_is_no_vf)
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->is_vf = false;
    cr_expect_eq(probe_with(peer), -ENODEV);
    cr_expect_eq(peer->mailbox_count, 0);
    peer_destroy(peer);
}
