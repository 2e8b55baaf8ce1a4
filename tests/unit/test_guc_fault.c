/* SPDX-License-Identifier: MIT */
/* The GuC's fault points: a test loses, holds back, doubles, reorders and damages messages, and
 * the rings stay whole. */
#include <criterion/criterion.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_communication_ctb_abi.h"
#include "tests/unit/test_guc_bench.h"

#define SETTLED_NS (5 * HAL_NS_PER_MS)

/* What the point does to the next messages of a kind. */
static struct {
    enum guc_message_kind kind;
    enum guc_fault what;
    uint64_t delay_ns;
    unsigned count;
    uint32_t flip; /* in dword 1 */
    uint32_t header_flip;
} plan;

static enum guc_fault point(void *arg, struct guc_fault_message *message)
{
    (void)arg;
    if (message->fn != 1 || message->kind != plan.kind || plan.count == 0) {
        return GUC_FAULT_NONE;
    }
    plan.count--;
    message->delay_ns = plan.delay_ns;
    if (message->len > 1) {
        message->hxg[1] ^= plan.flip;
    }
    if (message->header) {
        *message->header ^= plan.header_flip;
    }
    return plan.what;
}

static void run(void (*test)(struct bench *bench))
{
    struct bench *bench = bench_create(GUC_ABI_VERSION(1, 27, 0));

    cr_assert_eq(guc_set_fault_point(bench->guc, point, NULL), 0);
    bench_run(bench, test);
    bench_destroy(bench);
}

static void plan_set(enum guc_message_kind kind, enum guc_fault what, uint64_t delay_ns)
{
    memset(&plan, 0, sizeof(plan));
    plan.kind = kind;
    plan.what = what;
    plan.delay_ns = delay_ns;
    plan.count = 1;
}

/* Sends a request that is answered. Returns its fence. */
static uint16_t ask(struct bench *bench)
{
    uint32_t hxg[] = {XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV, 0x10010002, 80, 20};

    return bench_send(bench, 1, hxg, ARRAY_SIZE(hxg));
}

/* Fence of the next answer; 0xffffffff when there is none. */
static uint32_t answered(struct bench *bench)
{
    uint32_t words[BENCH_MSG];

    return bench_take(bench, 1, words) ? FIELD_GET(GUC_CTB_MSG_0_FENCE, words[0]) : UINT32_MAX;
}

static void lost(struct bench *bench)
{
    bench_start_vf(bench, 1);
    for (enum guc_message_kind kind = GUC_MESSAGE_H2G; kind <= GUC_MESSAGE_G2H; kind++) {
        uint16_t second;

        plan_set(kind, GUC_FAULT_DROP, 0);
        (void)ask(bench);
        second = ask(bench);
        bench_settle(bench);
        cr_expect_eq(answered(bench), second, "kind %d", kind);
        cr_expect_eq(answered(bench), UINT32_MAX, "kind %d", kind);
    }
}

Test(guc_fault, lost_message_leaves_the_ring_whole)
{
    run(lost);
}

static void twice(struct bench *bench)
{
    bench_start_vf(bench, 1);
    for (enum guc_message_kind kind = GUC_MESSAGE_H2G; kind <= GUC_MESSAGE_G2H; kind++) {
        uint16_t fence;

        plan_set(kind, GUC_FAULT_TWICE, 0);
        fence = ask(bench);
        bench_settle(bench);
        cr_expect_eq(answered(bench), fence, "kind %d", kind);
        cr_expect_eq(answered(bench), fence, "kind %d", kind);
        cr_expect_eq(answered(bench), UINT32_MAX, "kind %d", kind);
    }
}

Test(guc_fault, doubled_message_is_answered_twice)
{
    run(twice);
}

static void late(struct bench *bench)
{
    bench_start_vf(bench, 1);
    for (enum guc_message_kind kind = GUC_MESSAGE_H2G; kind <= GUC_MESSAGE_G2H; kind++) {
        uint16_t first, second;

        plan_set(kind, GUC_FAULT_DELAY, 2 * SETTLED_NS);
        first = ask(bench);
        second = ask(bench);
        bench_settle(bench);
        cr_expect_eq(answered(bench), second, "kind %d: others pass it", kind);
        cr_expect_eq(answered(bench), UINT32_MAX, "kind %d: too early", kind);
        hal_delay(bench->hal, 3 * SETTLED_NS);
        cr_expect_eq(answered(bench), first, "kind %d: in the end it comes", kind);
    }
}

Test(guc_fault, delayed_message_counts_later_and_others_pass_it)
{
    run(late);
}

static void swapped(struct bench *bench)
{
    bench_start_vf(bench, 1);
    for (enum guc_message_kind kind = GUC_MESSAGE_H2G; kind <= GUC_MESSAGE_G2H; kind++) {
        uint16_t first, second;

        plan_set(kind, GUC_FAULT_SWAP, HAL_NS_PER_S);
        first = ask(bench);
        second = ask(bench);
        bench_settle(bench);
        cr_expect_eq(answered(bench), second, "kind %d", kind);
        cr_expect_eq(answered(bench), first, "kind %d: behind the next", kind);
        plan_set(kind, GUC_FAULT_SWAP, SETTLED_NS);
        first = ask(bench);
        hal_delay(bench->hal, 3 * SETTLED_NS);
        cr_expect_eq(answered(bench), first, "kind %d: alone, after its time", kind);
    }
}

Test(guc_fault, swapped_message_follows_the_next_one_or_its_time)
{
    run(swapped);
}

static void damaged(struct bench *bench)
{
    bench_start_vf(bench, 1);
    plan_set(GUC_MESSAGE_H2G, GUC_FAULT_NONE, 0);
    plan.header_flip = 0xff; /* the length: behind the tail now */
    (void)ask(bench);
    bench_settle(bench);
    cr_expect_eq(answered(bench), UINT32_MAX);
    cr_expect_eq(fake_dma_read32(bench->hal, 1, bench->fns[1].base + BENCH_H2G_DESC + 8),
                 GUC_CTB_STATUS_UNDERFLOW);
    cr_expect_eq(fake_trace_count(bench->hal, "peer_error"), 1);
}

Test(guc_fault, damaged_header_is_judged_like_the_hosts_own)
{
    run(damaged);
}

static void forgotten(struct bench *bench)
{
    bench_start_vf(bench, 1);
    plan_set(GUC_MESSAGE_G2H, GUC_FAULT_DELAY, 4 * SETTLED_NS);
    (void)ask(bench);
    bench_settle(bench);
    bench->fns[1].h2g_tail = 0;
    bench_rings(bench, 1, BENCH_VF_START(1));
    hal_delay(bench->hal, 8 * SETTLED_NS);
    cr_expect_eq(answered(bench), UINT32_MAX, "it belonged to the rings before");
}

Test(guc_fault, kept_message_does_not_outlive_its_rings)
{
    run(forgotten);
}

static void many(struct bench *bench)
{
    unsigned seen = 0;

    bench_start_vf(bench, 1);
    plan_set(GUC_MESSAGE_G2H, GUC_FAULT_DELAY, 4 * SETTLED_NS);
    plan.count = 100;
    for (unsigned i = 0; i < 40; i++) {
        (void)ask(bench);
        bench_settle(bench);
        seen += answered(bench) != UINT32_MAX;
    }
    hal_delay(bench->hal, 8 * SETTLED_NS);
    while (answered(bench) != UINT32_MAX) {
        seen++;
    }
    cr_expect_eq(seen, 40, "none is lost when there is no more room to keep them");
}

Test(guc_fault, what_finds_no_place_passes)
{
    run(many);
}

static void mailbox(struct bench *bench)
{
    uint32_t version[] = {GUC_ACTION_VF2GUC_MATCH_VERSION, 0x00011b00};
    uint32_t rest[3];

    bench_start_vf(bench, 1);
    plan_set(GUC_MESSAGE_REPLY, GUC_FAULT_NONE, 0);
    plan.flip = 0x00010000;
    cr_expect_eq(bench_mailbox(bench, 1, version, 2, rest) >> 28, 0xf);
    cr_expect_eq(rest[0], 0x00001b00, "%08x", rest[0]);
    plan_set(GUC_MESSAGE_REPLY, GUC_FAULT_DROP, 0);
    cr_expect_eq(bench_mailbox(bench, 1, version, 2, rest), version[0], "nobody answers");
    plan_set(GUC_MESSAGE_REQUEST, GUC_FAULT_DELAY, 2 * SETTLED_NS);
    cr_expect_eq(bench_mailbox(bench, 1, version, 2, rest), version[0], "not yet");
    hal_delay(bench->hal, 4 * SETTLED_NS);
    cr_expect_eq(bench->fns[1].mailbox[0] >> 28, 0xf, "late");
}

Test(guc_fault, mailbox_messages_are_damaged_lost_and_late)
{
    run(mailbox);
}
