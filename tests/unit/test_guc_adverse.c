/* SPDX-License-Identifier: MIT */
/* Adverse events: thresholds that the PF sets, counted over sample periods. */
#include <criterion/criterion.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "tests/unit/test_guc_bench.h"

#define V127 GUC_ABI_VERSION(1, 27, 0)
#define NONE UINT32_MAX

static void run(void (*test)(struct bench *bench))
{
    struct bench *bench = bench_create(V127);

    bench_run(bench, test);
    bench_destroy(bench);
}

static void write_klv(struct bench *bench, uint32_t key, uint32_t value)
{
    fake_dma_write32(bench->hal, 0, BENCH_PF_BASE + BENCH_BUFFER, key << 16 | 1);
    fake_dma_write32(bench->hal, 0, BENCH_PF_BASE + BENCH_BUFFER + 4, value);
}

static void set_threshold(struct bench *bench, unsigned vf, uint32_t key, uint32_t value)
{
    uint32_t hxg[] = {GUC_ACTION_PF2GUC_UPDATE_VF_CFG, vf, BENCH_PF_BASE + BENCH_BUFFER, 0, 2};

    write_klv(bench, key, value);
    cr_assert_eq(bench_request(bench, 0, hxg, ARRAY_SIZE(hxg)), BENCH_SUCCESS(1));
}

static void set_period(struct bench *bench, uint32_t ms)
{
    uint32_t hxg[] = {GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY, BENCH_PF_BASE + BENCH_BUFFER, 0, 2};

    write_klv(bench, GUC_KLV_VGT_POLICY_ADVERSE_SAMPLE_PERIOD_KEY, ms);
    cr_assert_eq(bench_request(bench, 0, hxg, ARRAY_SIZE(hxg)), BENCH_SUCCESS(1));
}

/* The key that the PF was told of, or NONE. */
static uint32_t told(struct bench *bench)
{
    return bench_event(bench, 0, GUC_ACTION_GUC2PF_ADVERSE_EVENT);
}

static void fault(struct bench *bench, unsigned id)
{
    bench_context(bench, 1, id);
    bench_engine_event(bench, 0, GUCBUS_ENGINE_EVENT_FAULT);
    bench_settle(bench);
}

static void faults(struct bench *bench)
{
    bench_start_vf(bench, 1);
    set_threshold(bench, 1, GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_KEY, 2);
    fault(bench, 1);
    fault(bench, 2);
    cr_expect_eq(told(bench), NONE, "no period, no counting");
    set_period(bench, 100);
    fault(bench, 3);
    cr_expect_eq(told(bench), NONE);
    fault(bench, 4);
    cr_expect_eq(told(bench), GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_KEY);
    fault(bench, 5);
    fault(bench, 6);
    cr_expect_eq(told(bench), NONE, "once in a period");
    hal_delay(bench->hal, 100 * HAL_NS_PER_MS);
    fault(bench, 7);
    cr_expect_eq(told(bench), NONE, "counting began anew");
    fault(bench, 8);
    cr_expect_eq(told(bench), GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_KEY);
}

Test(guc_adverse, is_told_once_a_period_when_the_threshold_is_reached)
{
    run(faults);
}

static void period_zero(struct bench *bench)
{
    bench_start_vf(bench, 1);
    set_threshold(bench, 1, GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_KEY, 2);
    set_period(bench, 100);
    fault(bench, 1);
    set_period(bench, 0);
    for (unsigned id = 2; id < 12; id++) {
        fault(bench, id);
    }
    cr_expect_eq(told(bench), NONE, "switched off in the middle of a storm");
    set_period(bench, 100);
    fault(bench, 12);
    cr_expect_eq(told(bench), NONE, "what came before does not count");
}

Test(guc_adverse, a_period_of_zero_ends_counting)
{
    run(period_zero);
}

static void forgetting(struct bench *bench)
{
    bench_start_vf(bench, 1);
    set_threshold(bench, 1, GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_KEY, 2);
    set_period(bench, 1000);
    fault(bench, 1);
    cr_expect_eq(bench_mailbox1(bench, 1, GUC_ACTION_VF2GUC_VF_RESET), BENCH_SUCCESS(0));
    bench_rings(bench, 1, BENCH_VF_START(1));
    fault(bench, 1);
    cr_expect_eq(told(bench), GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_KEY, "a VF cannot reset its count");
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_FLR_START), BENCH_SUCCESS(0));
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_FLR_FINISH), BENCH_SUCCESS(0));
    bench_drain(bench, 0);
    bench_rings(bench, 1, BENCH_VF_START(1));
    fault(bench, 1);
    cr_expect_eq(told(bench), NONE, "an FLR does");
    fault(bench, 2);
    cr_expect_eq(told(bench), GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_KEY);
}

Test(guc_adverse, counts_begin_anew_with_an_flr_only)
{
    run(forgetting);
}

static void rings_much(struct bench *bench, unsigned vf, unsigned count)
{
    uint32_t sched[] = {BENCH_EVENT(XE_GUC_ACTION_SCHED_CONTEXT), 31};

    for (unsigned i = 0; i < count; i++) {
        bench_send(bench, vf, sched, ARRAY_SIZE(sched));
        bench_settle(bench);
    }
}

static void storms(struct bench *bench)
{
    static const uint32_t keys[] = {GUC_KLV_VF_CFG_THRESHOLD_H2G_STORM_KEY,
                                    GUC_KLV_VF_CFG_THRESHOLD_DOORBELL_STORM_KEY};

    bench_start_vf(bench, 1);
    bench_start_vf(bench, 2);
    set_period(bench, 1000);
    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++) {
        set_threshold(bench, 1, keys[i], 1);
        set_threshold(bench, 2, keys[i], 1000000);
        for (unsigned n = 0; n < 40; n++) {
            (void)bench_mailbox2(bench, 1, GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, 1);
        }
        rings_much(bench, 1, 40);
        rings_much(bench, 2, 40);
        cr_expect_eq(told(bench), keys[i]);
        cr_expect_eq(told(bench), NONE, "the quiet one has a threshold too");
        set_threshold(bench, 1, keys[i], 0);
    }
}

Test(guc_adverse, time_that_a_vf_costs_counts_as_a_storm)
{
    run(storms);
}

static void page_faults(struct bench *bench)
{
    bench_start_vf(bench, 1);
    set_threshold(bench, 1, GUC_KLV_VF_CFG_THRESHOLD_PAGE_FAULT_KEY, 1);
    set_period(bench, 100);
    bench->fault_addr = 0x5000;
    bench->fault =
        GUCBUS_FAULT_VALID | FIELD_PREP(GUCBUS_FAULT_CLIENT, GUCBUS_FAULT_CLIENT_DMA) | 1;
    bench_settle(bench);
    cr_expect_eq(told(bench), NONE, "the GuC's own access");
    bench->fault = GUCBUS_FAULT_VALID | 1;
    bench_settle(bench);
    cr_expect_eq(told(bench), GUC_KLV_VF_CFG_THRESHOLD_PAGE_FAULT_KEY);
}

Test(guc_adverse, engines_accesses_that_are_refused_count_as_page_faults)
{
    run(page_faults);
}

static void resets(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_start_vf(bench, 2);
    bench->guc->functions[1].config.exec_quantum_ms = 1;
    bench->guc->functions[1].config.preempt_timeout_us = 100;
    set_threshold(bench, 1, GUC_KLV_VF_CFG_THRESHOLD_ENGINE_RESET_KEY, 1);
    set_threshold(bench, 2, GUC_KLV_VF_CFG_THRESHOLD_ENGINE_RESET_KEY, 1);
    set_period(bench, 100);
    bench_context(bench, 1, 1);
    bench->engines[0].deaf = true;
    bench_context(bench, 2, 1);
    hal_delay(bench->hal, 3 * HAL_NS_PER_MS);
    cr_expect_eq(bench_event(bench, 1, XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION), 1);
    cr_expect_eq(told(bench), GUC_KLV_VF_CFG_THRESHOLD_ENGINE_RESET_KEY);
    cr_expect_eq(bench_mailbox1(bench, 2, GUC_ACTION_VF2GUC_VF_RESET), BENCH_SUCCESS(0));
    cr_expect_eq(told(bench), NONE, "a context that its own driver has killed");
}

Test(guc_adverse, engine_resets_count_for_the_vf_that_hung)
{
    run(resets);
}

static void parallel(struct bench *bench)
{
    uint32_t hxg[15] = {
        BENCH_FAST(XE_GUC_ACTION_REGISTER_CONTEXT_MULTI_LRC), [2] = 3, [4] = 3, [10] = 2};
    static const struct {
        uint32_t dw, value, error;
    } cases[] = {
        {10, 2, XE_GUC_RESPONSE_INVALID_ENGINE_ID},
        {10, 1, XE_GUC_RESPONSE_INVALID_SIZE},
        {10, 3, XE_GUC_RESPONSE_INVALID_SIZE},
        {10, UINT32_MAX, XE_GUC_RESPONSE_INVALID_SIZE},
        {2, BENCH_CONTEXTS, XE_GUC_RESPONSE_INVALID_CONTEXT_INDEX},
    };

    bench_start_vf(bench, 1);
    set_threshold(bench, 1, GUC_KLV_VF_CFG_THRESHOLD_MULTI_LRC_COUNT_KEY, ARRAY_SIZE(cases) + 1);
    set_period(bench, 1000);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t sent[15], answer;

        for (unsigned n = 0; n < ARRAY_SIZE(hxg); n++) {
            sent[n] = n == cases[i].dw ? cases[i].value : hxg[n];
        }
        answer = bench_request(bench, 1, sent, ARRAY_SIZE(sent));
        cr_expect_eq(answer, BENCH_FAILURE(cases[i].error), "case %u: 0x%08x", i, answer);
    }
    cr_expect_eq(told(bench), NONE);
    hxg[0] = BENCH_EVENT(XE_GUC_ACTION_REGISTER_CONTEXT_MULTI_LRC);
    cr_expect_eq(bench_request(bench, 1, hxg, ARRAY_SIZE(hxg)), 0, "an event is not answered");
    cr_expect_eq(told(bench), GUC_KLV_VF_CFG_THRESHOLD_MULTI_LRC_COUNT_KEY);
}

Test(guc_adverse, parallel_contexts_are_refused_and_counted)
{
    run(parallel);
}
