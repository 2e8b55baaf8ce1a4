/* SPDX-License-Identifier: MIT */
/* Provisioning and policies: KLV lists good and bad. */
#include <criterion/criterion.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "tests/unit/test_guc_bench.h"

#define V127 GUC_ABI_VERSION(1, 27, 0)

static void run(void (*test)(struct bench *bench))
{
    struct bench *bench = bench_create(V127);

    bench_run(bench, test);
    bench_destroy(bench);
}

static uint32_t push(struct bench *bench, unsigned vf, const uint32_t *klvs, uint32_t len)
{
    uint32_t hxg[] = {GUC_ACTION_PF2GUC_UPDATE_VF_CFG, vf, BENCH_PF_BASE + BENCH_BUFFER, 0, len};

    for (uint32_t i = 0; i < len; i++) {
        fake_dma_write32(bench->hal, 0, BENCH_PF_BASE + BENCH_BUFFER + 4 * i, klvs[i]);
    }
    return bench_request(bench, 0, hxg, ARRAY_SIZE(hxg));
}

struct klv_case {
    uint32_t klvs[8];
    uint32_t len;
    uint32_t answer;
};

static void klvs(struct bench *bench)
{
    static const struct klv_case cases[] = {
        {{0x8a010001, 16}, 2, BENCH_SUCCESS(1)},
        {{0x8a010001, 0xffffffff}, 2, BENCH_SUCCESS(1)}, /* clamped */
        {{0x8a0c0001, 2, 0x8a010001, 16}, 4, BENCH_SUCCESS(2)},
        {{0x8a0e0003, 1, 2, 3}, 4, BENCH_SUCCESS(1)},
        {{0x12340001, 7, 0x8a010001, 16}, 4, BENCH_SUCCESS(1)}, /* unknown: not counted */
        {{0x12340000, 0x8a010001, 16}, 3, BENCH_SUCCESS(1)},
        {{0x8a010001}, 1, BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV)},
        {{0x8a01ffff, 1}, 2, BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV)},
        {{0x8a010002, 1, 0}, 3, BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV)},
        {{0x8a010000}, 1, BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV)},
        {{0x8a0e0000}, 1, BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV)},
        {{0x8a0c0001, 3}, 2, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_KLV_DATA)},
        {{0x00040001, 65536}, 2, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_KLV_DATA)},
        {{0x00010002, 0x10000800, 0}, 3, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_KLV_DATA)},
        {{0x00010002, 0xfed00000, 0, 0x00020002, 0x200000, 0},
         6,
         BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_KLV_DATA)},
        {{0x00010002, 0x100000, 0, 0x00020002, 0x200000, 0},
         6,
         BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_KLV_DATA)},
        {{0x00020002, 0, 0xffffffff}, 3, BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_KLV_DATA)},
    };

    bench_provision(bench, 1, BENCH_VF_START(1));
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t answer = push(bench, 1, cases[i].klvs, cases[i].len);

        cr_expect_eq(answer, cases[i].answer, "case %u: 0x%08x", i, answer);
    }
    cr_expect_eq(bench->guc->functions[1].config.ggtt_start, BENCH_VF_START(1));
    cr_expect_eq(bench->guc->functions[1].config.num_contexts, BENCH_CONTEXTS);
    cr_expect_eq(bench->guc->functions[1].config.exec_quantum_ms, 16);
}

Test(guc_config, applies_whole_lists_or_nothing)
{
    run(klvs);
}

static void numbers(struct bench *bench)
{
    static const uint32_t quantum[] = {0x8a010001, 16};
    uint32_t reset[] = {GUC_ACTION_PF2GUC_UPDATE_VF_CFG, 1, 0, 0, 0};

    cr_expect_eq(push(bench, BENCH_VFS + 1, quantum, 2),
                 BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_VFID));
    cr_expect_eq(push(bench, 1, quantum, 0), BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_SIZE));
    bench_start_vf(bench, 1);
    cr_expect_eq(bench_request(bench, 0, reset, ARRAY_SIZE(reset)), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 1), GUC_VF_UNPROVISIONED);
    cr_expect_eq(bench_mailbox2(bench, 1, GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, 1), BENCH_SUCCESS(0));
    bench_provision(bench, 1, BENCH_VF_START(1));
    bench_provision(bench, 1, BENCH_VF_START(1));
    cr_expect_eq(bench_state(bench, 1), GUC_VF_READY);
}

Test(guc_config, names_a_vf_and_can_be_reset_and_repeated)
{
    run(numbers);
}

static void in_use(struct bench *bench)
{
    static const uint32_t move[] = {0x00010002, 0x20000000, 0};
    static const uint32_t same[] = {0x00040001, BENCH_CONTEXTS, 0x8a010001, 5};

    bench_start_vf(bench, 1);
    cr_expect_eq(push(bench, 1, move, 3), BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_CONFIG_STATE));
    cr_expect_eq(push(bench, 1, same, 4), BENCH_SUCCESS(2));
    cr_expect_eq(bench->guc->functions[1].config.ggtt_start, BENCH_VF_START(1));
}

Test(guc_config, does_not_move_what_a_driver_built_on)
{
    run(in_use);
}

static void native(struct bench *bench)
{
    static const uint32_t quantum[] = {0x8a010001, 16};
    uint32_t all[] = {XE_GUC_ACTION_TLB_INVALIDATION_ALL, 18, 0};
    uint32_t policy[] = {GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY, BENCH_PF_BASE + BENCH_BUFFER, 0, 2};

    fake_dma_map(bench->hal, 0, BENCH_PF_BASE, BENCH_VF_SIZE);
    bench_rings(bench, 0, BENCH_PF_BASE);
    cr_expect_eq(bench_control(bench, 1, 1), BENCH_FAILURE(XE_GUC_RESPONSE_VGT_DISABLED));
    cr_expect_eq(push(bench, 1, quantum, 2), BENCH_FAILURE(XE_GUC_RESPONSE_VGT_DISABLED));
    cr_expect_eq(bench_request(bench, 0, all, ARRAY_SIZE(all)),
                 BENCH_FAILURE(XE_GUC_RESPONSE_UNKNOWN_ACTION));
    fake_dma_write32(bench->hal, 0, BENCH_PF_BASE + BENCH_BUFFER, 0x80020001);
    cr_expect_eq(bench_request(bench, 0, policy, ARRAY_SIZE(policy)), BENCH_SUCCESS(1));
    cr_expect_eq(bench_request(bench, 0, all, ARRAY_SIZE(all)), BENCH_SUCCESS(0));
    cr_expect_eq(push(bench, 1, quantum, 2), BENCH_SUCCESS(1));
}

Test(guc_config, the_first_policy_ends_native_mode)
{
    struct bench *bench = bench_create(V127);

    bench_run_bare(bench, native);
    bench_destroy(bench);
}

/* The same list forwards and backwards, and twice. */
static void any_order(struct bench *bench)
{
    static const uint32_t lists[2][17] = {
        {0x00010002, 0x11000000, 0, 0x00020002, BENCH_VF_SIZE, 0, 0x8a0b0001, 300, 0x00040001, 16,
         0x8a0a0001, 9, 0x00060001, 4, 0x8a010001, 7, 0},
        {0x8a010001, 7, 0x00060001, 4, 0x8a0a0001, 9, 0x00040001, 16, 0x8a0b0001, 300, 0x00020002,
         BENCH_VF_SIZE, 0, 0x00010002, 0x11000000, 0, 0},
    };

    for (unsigned i = 0; i < 4; i++) {
        const struct guc_vf_config *config = &bench->guc->functions[1].config;

        cr_expect_eq(push(bench, 1, lists[i % 2], 16), BENCH_SUCCESS(7));
        cr_expect_eq(config->ggtt_start, 0x11000000);
        cr_expect_eq(config->ggtt_size, BENCH_VF_SIZE);
        cr_expect_eq(config->begin_context, 300);
        cr_expect_eq(config->num_contexts, 16);
        cr_expect_eq(config->begin_doorbell, 9);
        cr_expect_eq(config->num_doorbells, 4);
        cr_expect_eq(config->exec_quantum_ms, 7);
        cr_expect_eq(bench_state(bench, 1), GUC_VF_READY);
    }
}

Test(guc_config, order_of_klvs_and_repetition_do_not_matter)
{
    run(any_order);
}

/* ---- policies and opt-ins -------------------------------------------------------------------- */

/* An action whose list of KLVs lies in the sender's buffer. */
static uint32_t send_list(struct bench *bench, unsigned fn, uint32_t action,
                          const struct klv_case *list)
{
    const uint64_t buffer = bench->fns[fn].base + BENCH_BUFFER;
    const uint32_t hxg[] = {action, lower_32(buffer), upper_32(buffer), list->len};

    for (uint32_t i = 0; i < list->len; i++) {
        fake_dma_write32(bench->hal, fn, buffer + 4 * i, list->klvs[i]);
    }
    return bench_request(bench, fn, hxg, ARRAY_SIZE(hxg));
}

static void expect_answers(struct bench *bench, unsigned fn, uint32_t action,
                           const struct klv_case *lists, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint32_t answer = send_list(bench, fn, action, &lists[i]);

        cr_expect_eq(answer, lists[i].answer, "0x%x, list %u: 0x%08x", action, i, answer);
    }
}

static void policies(struct bench *bench)
{
    static const struct klv_case lists[] = {
        {{0x80020001, 7, 0x8d000001, 1, 0x80010001, 1}, 6, BENCH_SUCCESS(3)},
        {{0x80020001, 8, 0x8d000000}, 3, BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV)},
        {{0x80020002, 8, 0}, 3, BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV)},
        {{0x80020001, 8, 0x80040001, 1}, 4, BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV)},
        {{0x80020001, 8, 0x8004ffff}, 3, BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV)},
        {{0x12340001, 8}, 2, BENCH_SUCCESS(0)}, /* unknown: not counted */
    };
    const struct guc_policies *now = &bench->guc->policies;

    bench_provision(bench, 1, BENCH_VF_START(1));
    expect_answers(bench, 0, GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY, lists, ARRAY_SIZE(lists));
    cr_expect_eq(now->sample_period_ms, 7, "of a list that is refused nothing counts");
    cr_expect_eq(now->reset_after_switch, 1);
    cr_expect_eq(now->num_groups, 0);
    cr_expect_eq(bench->guc->functions[1].config.sched_priority, GUC_SCHED_PRIORITY_NORMAL);
}

Test(guc_config, policies_are_applied_as_a_whole_list_or_not)
{
    run(policies);
}

static void opt_ins(struct bench *bench)
{
    static const struct klv_case lists[] = {
        {{0x40010000, 0x40030000}, 2, BENCH_SUCCESS(2)},
        {{0x40040000, 0x40030000}, 2, BENCH_SUCCESS(1)}, /* one that there is not here */
        {{0x40010001, 0}, 2, BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV)},
        {{0x40030000, 0x40010003}, 2, BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV)},
    };
    static const uint32_t yields[][4] = {
        {BENCH_REQUEST(XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV), 0x10010002, 80, 120},
        {BENCH_REQUEST(XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV), 0x10010001, 80, 0x10020000},
        {BENCH_REQUEST(XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV), 0x10010003, 80, 120},
    };

    bench_start_vf(bench, 1);
    expect_answers(bench, 1, XE_GUC_ACTION_OPT_IN_FEATURE_KLV, lists, ARRAY_SIZE(lists));
    cr_expect_eq(bench_request(bench, 1, yields[0], 4), BENCH_SUCCESS(1));
    for (unsigned i = 1; i < ARRAY_SIZE(yields); i++) {
        cr_expect_eq(bench_request(bench, 1, yields[i], 4),
                     BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV), "%u", i);
    }
}

Test(guc_config, opt_ins_of_a_vf_are_counted_or_refused)
{
    run(opt_ins);
}

static void too_old(struct bench *bench)
{
    static const struct klv_case list = {{0x40010000}, 1, 0};
    static const uint32_t yield[] = {XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV, 0x10010002, 80,
                                     120};

    bench_start_vf(bench, 1);
    cr_expect_eq(send_list(bench, 1, XE_GUC_ACTION_OPT_IN_FEATURE_KLV, &list),
                 BENCH_FAILURE(XE_GUC_RESPONSE_UNKNOWN_ACTION));
    cr_expect_eq(bench_request(bench, 1, yield, ARRAY_SIZE(yield)),
                 BENCH_FAILURE(XE_GUC_RESPONSE_UNKNOWN_ACTION));
}

Test(guc_config, a_guc_older_than_an_opt_in_does_not_know_it)
{
    struct bench *bench = bench_create(GUC_ABI_VERSION(1, 0, 0));

    bench_run(bench, too_old);
    bench_destroy(bench);
}
