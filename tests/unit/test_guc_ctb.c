/* SPDX-License-Identifier: MIT */
/* The GuC's end of the rings, against hosts that break every rule there is. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_communication_ctb_abi.h"
#include "tests/unit/test_guc_bench.h"

#define V127 GUC_ABI_VERSION(1, 27, 0)

static void run(void (*test)(struct bench *bench))
{
    struct bench *bench = bench_create(V127);

    bench_run(bench, test);
    bench_destroy(bench);
}

static uint32_t desc(struct bench *bench, unsigned fn, uint32_t ring, uint32_t dword)
{
    return fake_dma_read32(bench->hal, fn, bench->fns[fn].base + ring + 4 * dword);
}

static void set_desc(struct bench *bench, unsigned fn, uint32_t ring, uint32_t dword,
                     uint32_t value)
{
    fake_dma_write32(bench->hal, fn, bench->fns[fn].base + ring + 4 * dword, value);
}

static uint32_t policies(struct bench *bench, unsigned fn)
{
    uint32_t hxg[] = {XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV, 0x10010002, 80, 20};

    return bench_request(bench, fn, hxg, ARRAY_SIZE(hxg));
}

/* ---- good hosts ------------------------------------------------------------------------------ */

static void zero_dwords(struct bench *bench)
{
    uint32_t zeros[BENCH_H2G_LEN] = {0};

    bench_start_vf(bench, 1);
    for (unsigned len = 1; len < BENCH_H2G_LEN; len = len * 2 + 1) {
        /* As after a restart of the driver's side: what was unread is zeros up to the tail. */
        bench->fns[1].h2g_tail = 0;
        bench_rings(bench, 1, BENCH_VF_START(1));
        bench_put(bench, 1, zeros, len);
        bench_settle(bench);
        cr_expect_eq(desc(bench, 1, BENCH_H2G_DESC, 0), len, "head after %u zeros", len);
        cr_expect_eq(policies(bench, 1), BENCH_SUCCESS(1));
    }
    cr_expect_eq(fake_trace_count(bench->hal, "peer_error"), 0);
}

Test(guc_ctb, walks_zero_dwords_up_to_a_whole_ring)
{
    run(zero_dwords);
}

static void many_laps(struct bench *bench)
{
    bench_start_vf(bench, 1);
    for (unsigned i = 0; i < 700; i++) {
        cr_assert_eq(policies(bench, 1), BENCH_SUCCESS(1), "message %u", i);
    }
    cr_expect_eq(fake_trace_count(bench->hal, "peer_error"), 0);
}

Test(guc_ctb, goes_round_both_rings)
{
    run(many_laps);
}

static void longest(struct bench *bench)
{
    uint32_t hxg[255] = {BENCH_REQUEST(XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV)};

    bench_start_vf(bench, 1);
    for (unsigned i = 1; i + 2 < 255; i += 3) {
        hxg[i] = 0x10010002;
    }
    hxg[253] = 0xf0000001; /* a key that nobody counts */
    cr_expect_eq(bench_request(bench, 1, hxg, 255), BENCH_SUCCESS(84));
}

Test(guc_ctb, takes_the_longest_message)
{
    run(longest);
}

static void paused(struct bench *bench)
{
    uint32_t hxg[] = {XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV, 0x10010002, 80, 20};

    bench_start_vf(bench, 1);
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    bench_send(bench, 1, hxg, ARRAY_SIZE(hxg));
    bench_settle(bench);
    cr_expect_eq(desc(bench, 1, BENCH_H2G_DESC, 0), 0, "head stays");
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    bench_settle(bench);
    cr_expect_eq(desc(bench, 1, BENCH_H2G_DESC, 0), 5, "unread message is taken after the pause");
}

Test(guc_ctb, leaves_a_paused_vf_s_messages_unread)
{
    run(paused);
}

static void fairness(struct bench *bench)
{
    uint32_t hxg[] = {BENCH_FAST(XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV), 0x10010002, 80, 20};

    bench_start_vf(bench, 1);
    bench_start_vf(bench, 2);
    for (unsigned i = 0; i < 100; i++) {
        bench_send(bench, 1, hxg, ARRAY_SIZE(hxg));
    }
    bench_send(bench, 2, hxg, ARRAY_SIZE(hxg));
    while (!desc(bench, 2, BENCH_H2G_DESC, 0)) {
        hal_delay(bench->hal, 100);
    }
    cr_expect_lt(desc(bench, 1, BENCH_H2G_DESC, 0), 20 * 5, "vf 2 waited for all of vf 1");
}

Test(guc_ctb, serves_functions_in_turn)
{
    run(fairness);
}

static void full_g2h(struct bench *bench)
{
    uint32_t hxg[] = {XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV, 0x10010002, 80, 20};
    uint32_t words[BENCH_MSG];
    unsigned sent = 0, answers = 0;

    bench_start_vf(bench, 1);
    /* More answers than G2H holds, in portions that fit H2G. */
    for (unsigned portion = 0; portion < 6; portion++) {
        for (unsigned i = 0; i < 100; i++, sent++) {
            bench_send(bench, 1, hxg, ARRAY_SIZE(hxg));
        }
        bench_settle(bench);
    }
    cr_expect_gt(desc(bench, 1, BENCH_G2H_DESC, 1), 1000, "G2H is full");
    for (unsigned i = 0; i < 20; i++) {
        while (bench_take(bench, 1, words)) {
            answers++;
            cr_assert_eq(words[0] >> 16, answers, "answers come in order");
        }
        bench_settle(bench);
    }
    cr_expect_eq(answers, sent);
}

Test(guc_ctb, keeps_answers_until_the_host_makes_room)
{
    run(full_g2h);
}

static void taken_before_sent(struct bench *bench)
{
    bench_start_vf(bench, 1);
    cr_expect_eq(policies(bench, 1), BENCH_SUCCESS(1));
    cr_expect(fake_trace_last(bench->hal, "h2g ev=taken fn=1 epoch=1 pos=0 fence=1 type=request "
                                          "action=1289 name=null len=4 hxg=00000509 10010002"));
    cr_expect(fake_trace_last(bench->hal, "g2h ev=sent fn=1 epoch=1 pos=0 fence=1 type=response "
                                          "action=1289 name=null len=1 hxg=f0000001"));
    cr_expect(bench->irqs[1] & GUC_INTR_GUC2HOST);
}

Test(guc_ctb, says_what_passes)
{
    run(taken_before_sent);
}

/* ---- bad hosts ------------------------------------------------------------------------------- */

struct bad {
    const char *name;
    uint32_t words[4];
    unsigned len;
    uint32_t head, tail; /* overwrite the descriptor; UINT32_MAX: as it is */
    uint32_t status;     /* that the GuC must leave */
};

#define ASIS UINT32_MAX

static const struct bad bad_hosts[] = {
    {"format", {0x00011002, 0x509, 0}, 3, ASIS, ASIS, GUC_CTB_STATUS_UNDERFLOW},
    {"reserved bits", {0x00010102, 0x509, 0}, 3, ASIS, ASIS, GUC_CTB_STATUS_UNDERFLOW},
    {"fence without payload", {0x00010000}, 1, ASIS, ASIS, GUC_CTB_STATUS_UNDERFLOW},
    {"longer than sent", {0x00010003, 0x509, 0}, 3, ASIS, ASIS, GUC_CTB_STATUS_UNDERFLOW},
    {"longest, not sent", {0x000100ff, 0x509, 0}, 3, ASIS, ASIS, GUC_CTB_STATUS_UNDERFLOW},
    {"header alone", {0x00010001}, 1, ASIS, ASIS, GUC_CTB_STATUS_UNDERFLOW},
    {"tail at size", {0}, 1, ASIS, BENCH_H2G_LEN, GUC_CTB_STATUS_OVERFLOW},
    {"tail beyond", {0}, 1, ASIS, 0xffffffff, GUC_CTB_STATUS_OVERFLOW},
    {"head moved", {0}, 1, 1, ASIS, GUC_CTB_STATUS_MISMATCH},
    {"head wild", {0}, 1, 0x80000000, ASIS, GUC_CTB_STATUS_MISMATCH},
};

static void bad_host(struct bench *bench)
{
    for (unsigned i = 0; i < ARRAY_SIZE(bad_hosts); i++) {
        const struct bad *bad = &bad_hosts[i];
        unsigned errors = fake_trace_count(bench->hal, "peer_error fn=1");

        bench_start_vf(bench, 1);
        bench_put(bench, 1, bad->words, bad->len);
        if (bad->head != ASIS) {
            set_desc(bench, 1, BENCH_H2G_DESC, 0, bad->head);
        }
        if (strstr(bad->name, "tail")) {
            set_desc(bench, 1, BENCH_H2G_DESC, 1, bad->tail);
        }
        bench_settle(bench);
        cr_expect_eq(desc(bench, 1, BENCH_H2G_DESC, 2), bad->status, "%s", bad->name);
        cr_expect_eq(fake_trace_count(bench->hal, "peer_error fn=1"), errors + 1, "%s", bad->name);
        cr_expect_eq(desc(bench, 1, BENCH_G2H_DESC, 1), 0, "%s: nothing is answered", bad->name);
        /* The mailbox and the other functions are not concerned. */
        cr_expect_eq(bench_mailbox1(bench, 1, GUC_ACTION_VF2GUC_VF_RESET), BENCH_SUCCESS(0));
        cr_expect_eq(policies(bench, 0), BENCH_SUCCESS(1));
    }
}

Test(guc_ctb, stops_using_rings_of_a_host_that_breaks_a_rule)
{
    run(bad_host);
}

static void wrapping(struct bench *bench)
{
    uint32_t zeros[BENCH_H2G_LEN] = {0};
    uint32_t header = 0x00010002;

    bench_start_vf(bench, 1);
    bench_put(bench, 1, zeros, BENCH_H2G_LEN - 2);
    bench_settle(bench);
    bench_put(bench, 1, &header, 1);
    bench_put(bench, 1, zeros, 1);
    bench_settle(bench);
    cr_expect_eq(desc(bench, 1, BENCH_H2G_DESC, 2), GUC_CTB_STATUS_UNDERFLOW);
}

Test(guc_ctb, refuses_a_message_across_the_ring_s_end)
{
    run(wrapping);
}

static void bad_g2h(struct bench *bench)
{
    static const uint32_t heads[] = {BENCH_G2H_LEN, 0xffffffff};

    for (unsigned i = 0; i < ARRAY_SIZE(heads); i++) {
        bench_start_vf(bench, 1);
        set_desc(bench, 1, BENCH_G2H_DESC, 0, heads[i]);
        cr_expect_eq(policies(bench, 1), 0);
        cr_expect_eq(desc(bench, 1, BENCH_G2H_DESC, 2), GUC_CTB_STATUS_OVERFLOW);
        cr_expect_eq(desc(bench, 1, BENCH_G2H_DESC, 1), 0, "nothing was placed");
    }
    bench_start_vf(bench, 1);
    set_desc(bench, 1, BENCH_G2H_DESC, 1, 7);
    bench->fns[1].g2h_head = 7;
    cr_expect_eq(policies(bench, 1), 0);
    cr_expect_eq(desc(bench, 1, BENCH_G2H_DESC, 2), GUC_CTB_STATUS_MISMATCH);
}

Test(guc_ctb, believes_no_g2h_index)
{
    run(bad_g2h);
}

static void status_set(struct bench *bench)
{
    bench_start_vf(bench, 1);
    set_desc(bench, 1, BENCH_H2G_DESC, 2, GUC_CTB_STATUS_OVERFLOW);
    cr_expect_eq(policies(bench, 1), 0);
    cr_expect_eq(desc(bench, 1, BENCH_H2G_DESC, 0), 0);
    cr_expect_eq(fake_trace_count(bench->hal, "ctb status set by the host"), 1);
    set_desc(bench, 1, BENCH_H2G_DESC, 2, 0);
    cr_expect_eq(policies(bench, 1), 0, "until they are enabled anew");
}

Test(guc_ctb, respects_a_status_that_the_host_set)
{
    run(status_set);
}

static void gone(struct bench *bench)
{
    static const uint32_t objects[] = {BENCH_H2G_DESC, BENCH_H2G, BENCH_G2H};

    for (unsigned i = 0; i < ARRAY_SIZE(objects); i++) {
        bench_start_vf(bench, 1);
        bench_put(bench, 1, (uint32_t[]){0x00010004, 0x509, 0x10010002, 80, 20}, 5);
        fake_dma_unmap(bench->hal, 1, BENCH_VF_START(1) + objects[i], 4);
        bench_settle(bench);
        cr_expect_geq(fake_trace_count(bench->hal, "fault fn=1"), i + 1);
        fake_dma_map(bench->hal, 1, BENCH_VF_START(1) + objects[i], 4);
        cr_expect_eq(policies(bench, 1), 0, "rings that were given up stay so");
        cr_expect_eq(policies(bench, 0), BENCH_SUCCESS(1), "the PF is not concerned");
        cr_expect_eq(bench_mailbox1(bench, 1, GUC_ACTION_VF2GUC_VF_RESET), BENCH_SUCCESS(0));
    }
}

Test(guc_ctb, survives_memory_that_goes_away)
{
    run(gone);
}

static void registration(struct bench *bench)
{
    uint32_t size[] = {GUC_ACTION_HOST2GUC_SELF_CFG, 0x09040001, 0x1000000, 0};

    bench_start_vf(bench, 1);
    /* Not zeroed, too large for the function, not there. */
    cr_expect_eq(policies(bench, 1), BENCH_SUCCESS(1));
    cr_expect_eq(bench_mailbox2(bench, 1, GUC_ACTION_HOST2GUC_CONTROL_CTB, 1),
                 BENCH_FAILURE(XE_GUC_RESPONSE_CTB_INVALID_DESC));
    cr_expect_eq(policies(bench, 1), BENCH_SUCCESS(1), "the old rings stay in use");
    cr_expect_eq(bench_mailbox(bench, 1, size, 4, NULL), BENCH_SUCCESS(1));
    cr_expect_eq(bench_mailbox2(bench, 1, GUC_ACTION_HOST2GUC_CONTROL_CTB, 1),
                 BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS));
    cr_expect_eq(bench_mailbox2(bench, 1, GUC_ACTION_HOST2GUC_CONTROL_CTB, 0), BENCH_SUCCESS(0));
    cr_expect_eq(desc(bench, 1, BENCH_H2G_DESC, 2), GUC_CTB_STATUS_DISABLED);
    cr_expect_eq(desc(bench, 1, BENCH_G2H_DESC, 2), GUC_CTB_STATUS_DISABLED);
}

Test(guc_ctb, checks_rings_when_they_are_enabled)
{
    run(registration);
}

struct message {
    uint32_t hxg[4];
    unsigned len;
    uint32_t answer; /* 0: none */
};

static void messages(struct bench *bench)
{
    static const struct message cases[] = {
        {{0x00001234}, 1, BENCH_FAILURE(XE_GUC_RESPONSE_UNKNOWN_ACTION)},
        {{0x20001234}, 1, BENCH_FAILURE(XE_GUC_RESPONSE_UNKNOWN_ACTION)},
        {{0x10001234}, 1, 0},
        {{0x30001234}, 1, BENCH_FAILURE(XE_GUC_RESPONSE_ERROR_PROTOCOL)},
        {{0x40001000, 0}, 2, BENCH_FAILURE(XE_GUC_RESPONSE_ERROR_PROTOCOL)},
        {{0x80001000, 0}, 2, BENCH_FAILURE(XE_GUC_RESPONSE_ERROR_PROTOCOL)},
        {{0x00005506, 1, 1}, 3, BENCH_FAILURE(XE_GUC_RESPONSE_NO_PERMISSION)},
        {{0x00005503, 1, 0, 0}, 4, BENCH_FAILURE(XE_GUC_RESPONSE_NO_PERMISSION)},
        {{0x00005507}, 1, BENCH_FAILURE(XE_GUC_RESPONSE_NOT_SUPPORTED)},
        {{0x00001000}, 1, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_SIZE)},
        {{0x00001000, 0, 0}, 3, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_SIZE)},
        {{0x00011000, 0}, 2, BENCH_FAILURE(XE_GUC_RESPONSE_ERROR_PROTOCOL)},
        {{0x00001000, 9}, 2, BENCH_FAILURE(XE_GUC_RESPONSE_CONTEXT_NOT_REGISTERED)},
        {{0x20001001, 9, 1}, 3, BENCH_FAILURE(XE_GUC_RESPONSE_CONTEXT_NOT_REGISTERED)},
        {{0x20007000, 0, 3}, 3, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_PARAMS)},
        {{0x20007000, 1, 1}, 3, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_PARAMS)},
        {{0x20007000, 1, 9}, 3, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_PARAMS)},
        {{0x00000509, 0x10010003, 0, 0}, 4, BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV)},
        {{0x00000509, 0x10010001, 0}, 3, BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV)},
        {{0x0000550e, 0x11004002, 0, 2}, 4, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS)},
        {{0x0000550e, 0x11004000, 0, 0}, 4, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_SIZE)},
        {{0x0000550e, 0x11004000, 0, 99999}, 4, BENCH_FAILURE(XE_GUC_RESPONSE_DATA_TOO_LARGE)},
        {{0x0000550e, 0x12004000, 0, 2}, 4, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS)},
    };

    bench_start_vf(bench, 1);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t answer = bench_request(bench, 1, cases[i].hxg, cases[i].len);

        cr_expect_eq(answer, cases[i].answer, "case %u: 0x%08x", i, answer);
    }
    cr_expect_eq(policies(bench, 1), BENCH_SUCCESS(1), "the rings are still good");
}

Test(guc_ctb, refuses_messages_that_the_table_does_not_allow)
{
    run(messages);
}

static void tlb(struct bench *bench)
{
    uint32_t ggtt[] = {BENCH_FAST(XE_GUC_ACTION_TLB_INVALIDATION), 16, 0x80000003};
    uint32_t pages[] = {BENCH_FAST(XE_GUC_ACTION_TLB_INVALIDATION), 17, 0x80000001, 1, 0, 0, 24};
    uint32_t all[] = {BENCH_FAST(XE_GUC_ACTION_TLB_INVALIDATION_ALL), 18, 0};
    unsigned before;

    bench_start_vf(bench, 1);
    before = bench->tlb_invalidations;
    bench_send(bench, 1, ggtt, ARRAY_SIZE(ggtt));
    bench_send(bench, 1, pages, ARRAY_SIZE(pages));
    bench_send(bench, 1, all, ARRAY_SIZE(all));
    cr_expect_eq(bench_event(bench, 1, XE_GUC_ACTION_TLB_INVALIDATION_DONE), 16);
    cr_expect_eq(bench_event(bench, 1, XE_GUC_ACTION_TLB_INVALIDATION_DONE), 17);
    cr_expect_eq(bench_event(bench, 1, XE_GUC_ACTION_TLB_INVALIDATION_DONE), 18);
    cr_expect_eq(bench->tlb_invalidations, before + 2, "GGTT and all");
    cr_expect_eq(bench->ppgtt_invalidations, 2, "pages and all");
}

static void enabling(struct bench *bench)
{
    unsigned before = bench->tlb_invalidations;

    bench_start_vf(bench, 1);
    cr_expect_gt(bench->tlb_invalidations, before);
}

Test(guc_ctb, what_a_vf_mapped_before_its_rings_is_looked_up_afresh)
{
    run(enabling);
}

Test(guc_ctb, tlb_invalidations_end_in_order)
{
    run(tlb);
}

static void relay(struct bench *bench)
{
    uint32_t up[] = {XE_GUC_ACTION_VF2GUC_RELAY_TO_PF, 77, 0x00000001, 0x00010000};
    uint32_t down[] = {XE_GUC_ACTION_PF2GUC_RELAY_TO_VF, 1, 77, 0x70000000, 0x00010001};
    uint32_t words[BENCH_MSG];

    bench_start_vf(bench, 1);
    bench_drain(bench, 0);
    cr_expect_eq(bench_request(bench, 1, up, ARRAY_SIZE(up)), BENCH_SUCCESS(0));
    cr_expect_eq(bench_take(bench, 0, words), 6);
    cr_expect_arr_eq(words, ((uint32_t[]){5, 0x90005100, 1, 77, 1, 0x10000}), 24);
    cr_expect_eq(bench_request(bench, 0, down, ARRAY_SIZE(down)), BENCH_SUCCESS(0));
    cr_expect_eq(bench_take(bench, 1, words), 5);
    cr_expect_arr_eq(words, ((uint32_t[]){4, 0x90005102, 77, 0x70000000, 0x10001}), 20);
    down[1] = 2;
    cr_expect_eq(bench_request(bench, 0, down, ARRAY_SIZE(down)),
                 BENCH_FAILURE(XE_GUC_RESPONSE_UNPROVISIONED_VF));
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    down[1] = 1;
    cr_expect_eq(bench_request(bench, 0, down, ARRAY_SIZE(down)),
                 BENCH_FAILURE(XE_GUC_RESPONSE_CTB_INVALID));
}

Test(guc_ctb, carries_relay_messages_both_ways)
{
    run(relay);
}
