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
