/* SPDX-License-Identifier: MIT */
/* Engines that hang, and policies about engines: preemption to idle, scheduling groups, reset at a
 * change of function. */
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

static void policy(struct bench *bench, unsigned id, uint32_t key, uint32_t value)
{
    uint32_t hxg[] = {BENCH_FAST(XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES), id, key << 16 | 1,
                      value};

    bench_send(bench, 1, hxg, ARRAY_SIZE(hxg));
}

static uint32_t push(struct bench *bench, const uint32_t *klvs, uint32_t len, uint32_t action,
                     unsigned vf)
{
    uint32_t policies[] = {action, BENCH_PF_BASE + BENCH_BUFFER, 0, len};
    uint32_t config[] = {action, vf, BENCH_PF_BASE + BENCH_BUFFER, 0, len};

    for (uint32_t i = 0; i < len; i++) {
        fake_dma_write32(bench->hal, 0, BENCH_PF_BASE + BENCH_BUFFER + 4 * i, klvs[i]);
    }
    return action == GUC_ACTION_PF2GUC_UPDATE_VF_CFG
               ? bench_request(bench, 0, config, ARRAY_SIZE(config))
               : bench_request(bench, 0, policies, ARRAY_SIZE(policies));
}

static void alone(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    policy(bench, 3, GUC_CONTEXT_POLICIES_KLV_ID_PREEMPTION_TIMEOUT, 2000);
    bench->engines[0].deaf = true;
    hal_delay(bench->hal, 100 * HAL_NS_PER_MS);
    cr_expect_eq(bench->engines[0].resets, 0, "nobody waits: work may be long");
    policy(bench, 3, GUC_CONTEXT_POLICIES_KLV_ID_PREEMPT_TO_IDLE_ON_QUANTUM_EXPIRY, 1);
    hal_delay(bench->hal, 5 * HAL_NS_PER_MS);
    cr_expect_eq(bench->engines[0].resets, 1);
    cr_expect_eq(bench_event(bench, 1, XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION), 3);
    cr_expect_not(bench->engines[0].busy);
}

Test(guc_engines, a_hang_is_noticed_at_the_end_of_the_quantum_when_the_policy_asks_for_it)
{
    run(alone);
}

static void healthy(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    policy(bench, 3, GUC_CONTEXT_POLICIES_KLV_ID_PREEMPT_TO_IDLE_ON_QUANTUM_EXPIRY, 1);
    hal_delay(bench->hal, 10 * HAL_NS_PER_MS);
    cr_expect_eq(bench->engines[0].resets, 0);
    cr_expect(bench->engines[0].busy, "it goes on after each quantum");
    cr_expect_gt(bench->engines[0].submits, 5);
}

Test(guc_engines, a_context_that_can_be_left_survives_preemption_to_idle)
{
    run(healthy);
}

static void lost(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_start_vf(bench, 2);
    bench->guc->functions[1].config.exec_quantum_ms = 1;
    bench->guc->functions[1].config.preempt_timeout_us = 100;
    bench_context(bench, 1, 3);
    bench->engines[0].deaf = true;
    bench->engines[0].dead = true;
    bench_context(bench, 2, 4);
    bench_drain(bench, 0);
    hal_delay(bench->hal, 5 * HAL_NS_PER_MS);
    cr_expect_eq(bench->engines[0].resets, 1);
    cr_expect_eq(bench_event(bench, 0, XE_GUC_ACTION_ENGINE_FAILURE_NOTIFICATION), UINT32_MAX);
    hal_delay(bench->hal, 20 * HAL_NS_PER_MS);
    cr_expect_eq(bench->engines[0].resets, 1, "it is asked once");
    cr_expect_eq(bench_event(bench, 0, XE_GUC_ACTION_ENGINE_FAILURE_NOTIFICATION), 1);
    cr_expect_eq(bench_event(bench, 1, XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION), 3);
    hal_delay(bench->hal, 50 * HAL_NS_PER_MS);
    cr_expect_eq(bench_event(bench, 0, XE_GUC_ACTION_ENGINE_FAILURE_NOTIFICATION), UINT32_MAX,
                 "and told once");
    cr_expect_eq(bench->engines[0].submits, 1, "nobody gets a lost engine");
}

Test(guc_engines, one_that_does_not_obey_a_reset_is_told_to_the_pf)
{
    run(lost);
}

static void switches(struct bench *bench)
{
    static const uint32_t klvs[] = {GUC_KLV_VGT_POLICY_RESET_AFTER_VF_SWITCH_KEY << 16 | 1, 1};

    bench_start_vf(bench, 1);
    bench_start_vf(bench, 2);
    cr_expect_eq(push(bench, klvs, 2, GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY, 0), BENCH_SUCCESS(1));
    bench_context(bench, 1, 3);
    bench_engine_event(bench, 0, GUCBUS_ENGINE_EVENT_COMPLETE);
    bench->engines[0].resets = 0;
    bench_context(bench, 1, 4);
    bench_engine_event(bench, 0, GUCBUS_ENGINE_EVENT_COMPLETE);
    cr_expect_eq(bench->engines[0].resets, 0, "the same function");
    bench_context(bench, 2, 3);
    cr_expect_eq(bench->engines[0].resets, 1);
    cr_expect(bench->engines[0].busy);
}

Test(guc_engines, policy_resets_them_between_functions)
{
    run(switches);
}

#define GROUPS_LEN (1u + 2u * GUC_GROUP_CLASSES)

static void groups(struct bench *bench)
{
    /* Group 0 has nothing, group 1 the render engine; the other engine is left out. */
    static const uint32_t list[GROUPS_LEN] = {
        [0] = GUC_KLV_VGT_POLICY_ENGINE_GROUP_CONFIG_KEY << 16 | 2 * GUC_GROUP_CLASSES,
        [1 + GUC_GROUP_CLASSES] = 1};
    static const uint32_t off[] = {GUC_KLV_VGT_POLICY_ENGINE_GROUP_CONFIG_KEY << 16};
    static const uint32_t quanta[] = {GUC_KLV_VF_CFG_ENGINE_GROUP_EXEC_QUANTUM_KEY << 16 | 2, 50,
                                      2};
    uint32_t available[3];

    bench_start_vf(bench, 1);
    bench_start_vf(bench, 2);
    cr_expect_eq(push(bench, list, GROUPS_LEN - 1, GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY, 0),
                 BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV));
    cr_expect_eq(push(bench, list, GROUPS_LEN, GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY, 0),
                 BENCH_SUCCESS(1));
    (void)bench_mailbox(bench, 1, (uint32_t[]){GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, 0x3001}, 2,
                        available);
    cr_expect_eq(available[0], 1, "a VF can ask whether there are groups");
    cr_expect_eq(push(bench, quanta, 3, GUC_ACTION_PF2GUC_UPDATE_VF_CFG, 1), BENCH_SUCCESS(1));
    bench_context(bench, 1, 3);
    bench_context(bench, 2, 3);
    hal_delay(bench->hal, HAL_NS_PER_MS);
    cr_expect_eq(FIELD_GET(GUCBUS_ENGINE_TAG_FN, bench->engines[0].tag), 1);
    hal_delay(bench->hal, 2 * HAL_NS_PER_MS);
    cr_expect_eq(FIELD_GET(GUCBUS_ENGINE_TAG_FN, bench->engines[0].tag), 2,
                 "the turn is that of group 1");
    cr_expect_eq(push(bench, off, 1, GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY, 0), BENCH_SUCCESS(1));
    (void)bench_mailbox(bench, 1, (uint32_t[]){GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, 0x3001}, 2,
                        available);
    cr_expect_eq(available[0], 0);
}

Test(guc_engines, groups_have_their_own_turns)
{
    run(groups);
}

static void left_out(struct bench *bench)
{
    static const uint32_t list[1 + GUC_GROUP_CLASSES] = {
        GUC_KLV_VGT_POLICY_ENGINE_GROUP_CONFIG_KEY << 16 | GUC_GROUP_CLASSES, [4] = 1};
    static const uint32_t off[] = {GUC_KLV_VGT_POLICY_ENGINE_GROUP_CONFIG_KEY << 16};

    bench_start_vf(bench, 1);
    cr_expect_eq(push(bench, list, ARRAY_SIZE(list), GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY, 0),
                 BENCH_SUCCESS(1));
    bench_context(bench, 1, 3);
    cr_expect_not(bench->engines[0].busy, "an engine of no group stands still");
    cr_expect_eq(push(bench, off, 1, GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY, 0), BENCH_SUCCESS(1));
    cr_expect(bench->engines[0].busy, "without groups it goes on");
}

Test(guc_engines, those_of_no_group_stand_still)
{
    run(left_out);
}
