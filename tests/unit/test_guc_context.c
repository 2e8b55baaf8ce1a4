/* SPDX-License-Identifier: MIT */
/* Contexts and who gets an engine when. */
#include <criterion/criterion.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "tests/unit/test_guc_bench.h"

#define V127     GUC_ABI_VERSION(1, 27, 0)
#define COMPLETE GUCBUS_ENGINE_EVENT_COMPLETE
#define DONE     XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE

static void run(void (*test)(struct bench *bench))
{
    struct bench *bench = bench_create(V127);

    bench_run(bench, test);
    bench_destroy(bench);
}

static void send2(struct bench *bench, unsigned fn, uint32_t action, uint32_t id)
{
    uint32_t hxg[] = {BENCH_FAST(action), id};

    bench_send(bench, fn, hxg, ARRAY_SIZE(hxg));
    bench_settle(bench);
}

static void mode_set(struct bench *bench, unsigned fn, uint32_t id, uint32_t mode)
{
    uint32_t hxg[] = {BENCH_FAST(XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), id, mode};

    bench_send(bench, fn, hxg, ARRAY_SIZE(hxg));
}

static void quantum(struct bench *bench, unsigned fn, uint32_t id, uint32_t us)
{
    uint32_t hxg[] = {BENCH_FAST(XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES), id, 0x20010001,
                      us};

    bench_send(bench, fn, hxg, ARRAY_SIZE(hxg));
}

/* ---- life ------------------------------------------------------------------------------------ */

static void life(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    cr_expect_eq(bench->engines[0].lrca, BENCH_VF_START(1) + BENCH_LRC(3), "enabling submits");
    bench_engine_event(bench, 0, COMPLETE);
    send2(bench, 1, XE_GUC_ACTION_SCHED_CONTEXT, 3);
    cr_expect_eq(bench->engines[0].submits, 2);
    send2(bench, 1, XE_GUC_ACTION_SCHED_CONTEXT, 3); /* while it runs */
    bench_engine_event(bench, 0, COMPLETE);
    cr_expect_eq(bench->engines[0].submits, 3, "submitted meanwhile, so it runs again");
    bench_engine_event(bench, 0, COMPLETE);
    cr_expect_eq(bench->engines[0].submits, 3);
    mode_set(bench, 1, 3, 1);
    cr_expect_eq(bench_event(bench, 1, DONE), 1, "enabled already, answered all the same");
    bench_engine_event(bench, 0, COMPLETE);
    mode_set(bench, 1, 3, 0);
    cr_expect_eq(bench_event(bench, 1, DONE), 0);
    send2(bench, 1, XE_GUC_ACTION_DEREGISTER_CONTEXT, 3);
    cr_expect_eq(bench_event(bench, 1, XE_GUC_ACTION_DEREGISTER_CONTEXT_DONE), 3);
    bench_context(bench, 1, 3);
    cr_expect_eq(fake_trace_count(bench->hal, "peer_error"), 0);
}

Test(guc_context, lives_and_its_id_is_reused)
{
    run(life);
}

static void together(struct bench *bench)
{
    uint32_t words[BENCH_MSG];

    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    bench->engines[0].deaf = true;
    mode_set(bench, 1, 3, 0);
    send2(bench, 1, XE_GUC_ACTION_DEREGISTER_CONTEXT, 3);
    cr_expect_eq(bench_take(bench, 1, words), 0, "still on the engine");
    mode_set(bench, 1, 3, 1);
    bench_settle(bench);
    cr_expect_eq(bench_take(bench, 1, words), 2);
    cr_expect_eq(words[1], BENCH_FAILURE(XE_GUC_RESPONSE_PENDING_ACTION));
    bench_engine_event(bench, 0, GUCBUS_ENGINE_EVENT_PREEMPTED);
    cr_expect_eq(bench_event(bench, 1, DONE), 0);
    cr_expect_eq(bench_event(bench, 1, XE_GUC_ACTION_DEREGISTER_CONTEXT_DONE), 3);
    cr_expect_eq(bench->engines[0].submits, 1);
}

Test(guc_context, disable_and_deregister_may_follow_each_other)
{
    run(together);
}

static void duplicates(struct bench *bench)
{
    uint32_t words[BENCH_MSG];

    bench_start_vf(bench, 1);
    bench_register(bench, 1, 3, 1);
    bench_register(bench, 1, 3, 1);
    bench_settle(bench);
    cr_expect_eq(bench_take(bench, 1, words), 0, "silent as EVENT");
    cr_expect_eq(fake_trace_count(bench->hal, "peer_error"), 0);
    bench_register(bench, 1, 3, 2);
    bench_settle(bench);
    cr_expect_eq(bench_take(bench, 1, words), 2);
    cr_expect_eq(words[1], BENCH_FAILURE(XE_GUC_RESPONSE_CONTEXT_ALREADY_REGISTERED));
    bench_register(bench, 1, 4, 2);
    bench_settle(bench);
    cr_expect_eq(bench_take(bench, 1, words), 0, "a FAST_REQUEST that succeeds is not answered");
}

Test(guc_context, second_registration_keeps_the_first)
{
    run(duplicates);
}

struct registration {
    uint32_t flags, id, guc_class, mask, lrc;
    uint32_t error;
};

static void registrations(struct bench *bench)
{
    const uint32_t lrc = (uint32_t)BENCH_VF_START(1) + BENCH_LRC(0);
    const uint32_t end = (uint32_t)(BENCH_VF_START(1) + BENCH_VF_SIZE);
    const struct registration cases[] = {
        {0, BENCH_CONTEXTS, 0, 1, lrc, XE_GUC_RESPONSE_INVALID_CONTEXT_INDEX},
        {0, 0x10000, 0, 1, lrc, XE_GUC_RESPONSE_INVALID_CONTEXT_INDEX},
        {0, 0xffffffff, 0, 1, lrc, XE_GUC_RESPONSE_INVALID_CONTEXT_INDEX},
        {6, 0, 0, 1, lrc, XE_GUC_RESPONSE_INVALID_CONTEXT_REGISTRATION},
        {8, 0, 0, 1, lrc, XE_GUC_RESPONSE_INVALID_CONTEXT_REGISTRATION},
        {0, 0, 1, 1, lrc, XE_GUC_RESPONSE_INVALID_ENGINE_ID},
        {0, 0, 0, 0, lrc, XE_GUC_RESPONSE_INVALID_ENGINE_ID},
        {0, 0, 0, 2, lrc, XE_GUC_RESPONSE_INVALID_ENGINE_ID},
        {0, 0, 99, 1, lrc, XE_GUC_RESPONSE_INVALID_ENGINE_ID},
        {0, 0, 0, 1, 0, XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS},
        {0, 0, 0, 1, end, XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS},
        {0, 0, 0, 1, end - 0x1000, XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS},
        {0, 0, 0, 1, end - 0x2000, 0},
        {1, 1, 3, 1, lrc, 0},
    };

    bench_start_vf(bench, 1);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t hxg[12] = {BENCH_REQUEST(XE_GUC_ACTION_REGISTER_CONTEXT), cases[i].flags,
                            cases[i].id, cases[i].guc_class, cases[i].mask};
        uint32_t answer;

        hxg[10] = cases[i].lrc | 0x19;
        answer = bench_request(bench, 1, hxg, ARRAY_SIZE(hxg));
        cr_expect_eq(answer, cases[i].error ? BENCH_FAILURE(cases[i].error) : BENCH_SUCCESS(0),
                     "case %u: 0x%08x", i, answer);
    }
}

Test(guc_context, registration_is_checked_against_the_vf_s_share)
{
    run(registrations);
}

static void compression(struct bench *bench)
{
    uint32_t hxg[12] = {BENCH_EVENT(XE_GUC_ACTION_REGISTER_CONTEXT), 3, 5, 3, 2};

    bench_start_vf(bench, 1);
    hxg[10] = (uint32_t)(BENCH_VF_START(1) + BENCH_LRC(5));
    bench_send(bench, 1, hxg, ARRAY_SIZE(hxg));
    mode_set(bench, 1, 5, 1);
    cr_expect_eq(bench_event(bench, 1, DONE), 1);
    send2(bench, 1, XE_GUC_ACTION_SCHED_CONTEXT, 5);
    cr_expect_eq(bench->engines[0].submits + bench->engines[1].submits, 0);
    mode_set(bench, 1, 5, 0);
    cr_expect_eq(bench_event(bench, 1, DONE), 0);
}

Test(guc_context, compression_contexts_are_enabled_but_do_not_run)
{
    run(compression);
}

static void bad_policies(struct bench *bench)
{
    uint32_t mixed[] = {
        XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES, 3, 0x20010001, 77, 0x20030001, 9};
    uint32_t unknown[] = {XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES, 3, 0x20060001, 1};
    uint32_t cut[] = {XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES, 3, 0x20010002, 1};

    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    cr_expect_eq(bench_request(bench, 1, mixed, 6),
                 BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_KLV_DATA));
    cr_expect_eq(bench_request(bench, 1, unknown, 4),
                 BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_KLV_KEY));
    cr_expect_eq(bench_request(bench, 1, cut, 4), BENCH_FAILURE(XE_GUC_RESPONSE_MALFORMED_KLV));
    cr_expect_eq(guc_context_find(bench->guc, 1, 3)->quantum_us, 1000, "nothing was applied");
}

Test(guc_context, policies_are_applied_as_a_whole)
{
    run(bad_policies);
}

/* ---- sharing an engine ----------------------------------------------------------------------- */

static unsigned running_fn(const struct bench *bench)
{
    return FIELD_GET(GUCBUS_ENGINE_TAG_FN, bench->engines[0].tag);
}

static unsigned running_id(const struct bench *bench)
{
    return FIELD_GET(GUCBUS_ENGINE_TAG_ID, bench->engines[0].tag);
}

static void by_quantum(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    quantum(bench, 1, 3, 500);
    hal_delay(bench->hal, 2 * HAL_NS_PER_MS);
    cr_expect_eq(bench->engines[0].submits, 1, "nobody waits, nobody is preempted");
    bench_context(bench, 1, 4);
    quantum(bench, 1, 4, 500);
    bench_settle(bench);
    cr_expect_eq(running_id(bench), 4, "the quantum was over");
    hal_delay(bench->hal, 600 * HAL_NS_PER_US);
    cr_expect_eq(running_id(bench), 3);
    hal_delay(bench->hal, 10 * HAL_NS_PER_MS);
    cr_expect_geq(bench->engines[0].submits, 20);
    cr_expect_leq(bench->engines[0].submits, 26);
}

Test(guc_sched, contexts_of_a_vf_share_by_their_quanta)
{
    run(by_quantum);
}

static void set_vf_quantum(struct bench *bench, unsigned vf, uint32_t ms)
{
    bench->guc->functions[vf].config.exec_quantum_ms = ms;
}

static void vfs_by_quantum(struct bench *bench)
{
    unsigned slots[3] = {0};

    bench_start_vf(bench, 1);
    bench_start_vf(bench, 2);
    set_vf_quantum(bench, 1, 2);
    set_vf_quantum(bench, 2, 4);
    bench_context(bench, 1, 3);
    bench_context(bench, 1, 4);
    bench_context(bench, 2, 3);
    hal_delay(bench->hal, 3 * HAL_NS_PER_MS);
    for (unsigned i = 0; i < 600; i++) {
        hal_delay(bench->hal, 100 * HAL_NS_PER_US);
        slots[running_fn(bench)]++;
    }
    cr_expect(slots[1] > 170 && slots[1] < 230, "vf 1 had %u of 600", slots[1]);
    cr_expect(slots[2] > 370 && slots[2] < 430, "vf 2 had %u of 600", slots[2]);
}

Test(guc_sched, vfs_share_by_their_quanta)
{
    run(vfs_by_quantum);
}

static void infinite(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_start_vf(bench, 2);
    bench_context(bench, 1, 3);
    bench_context(bench, 1, 4);
    bench_context(bench, 2, 3);
    hal_delay(bench->hal, 20 * HAL_NS_PER_MS);
    cr_expect_eq(running_fn(bench), 1, "an infinite turn is not ended by time");
    bench_engine_event(bench, 0, COMPLETE);
    cr_expect_eq(running_fn(bench), 2, "but by a context that is done");
    bench_engine_event(bench, 0, COMPLETE);
    cr_expect_eq(running_fn(bench), 1);
}

Test(guc_sched, an_infinite_turn_ends_with_a_job)
{
    run(infinite);
}

static void priorities(struct bench *bench)
{
    uint32_t kernel[] = {BENCH_FAST(XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES), 5, 0x20030001,
                         0};

    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    bench_context(bench, 1, 4);
    bench_register(bench, 1, 5, 1);
    bench_send(bench, 1, kernel, ARRAY_SIZE(kernel));
    mode_set(bench, 1, 5, 1);
    bench_drain(bench, 1);
    bench_engine_event(bench, 0, COMPLETE);
    cr_expect_eq(running_id(bench), 5);
    bench_engine_event(bench, 0, COMPLETE);
    cr_expect_eq(running_id(bench), 4);
}

Test(guc_sched, higher_priority_goes_first)
{
    run(priorities);
}

static void hang(struct bench *bench)
{
    uint32_t timeout[] = {BENCH_FAST(XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES), 3, 0x20020001,
                          2000};

    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    bench_send(bench, 1, timeout, ARRAY_SIZE(timeout));
    bench->engines[0].deaf = true;
    bench_context(bench, 1, 4);
    hal_delay(bench->hal, 2 * HAL_NS_PER_MS);
    cr_expect_eq(running_id(bench), 3, "preemption is not over");
    hal_delay(bench->hal, 2 * HAL_NS_PER_MS);
    cr_expect_eq(running_id(bench), 4);
    cr_expect_eq(bench_event(bench, 1, XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION), 3);
    send2(bench, 1, XE_GUC_ACTION_SCHED_CONTEXT, 3);
    bench_engine_event(bench, 0, COMPLETE);
    cr_expect_not(bench->engines[0].busy, "a context that was reset does not run again");
}

Test(guc_sched, what_cannot_be_preempted_is_reset)
{
    run(hang);
}

static void hang_for_ever(struct bench *bench)
{
    uint32_t timeout[] = {BENCH_FAST(XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES), 3, 0x20020001,
                          0};

    bench_start_vf(bench, 1);
    bench->guc->functions[1].config.preempt_timeout_us = 500;
    bench_context(bench, 1, 3);
    bench_send(bench, 1, timeout, ARRAY_SIZE(timeout));
    bench->engines[0].deaf = true;
    bench_settle(bench);
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    cr_expect_eq(bench_state(bench, 1), GUC_VF_RUNNING_PAUSING);
    hal_delay(bench->hal, HAL_NS_PER_MS);
    cr_expect_eq(bench_state(bench, 1), GUC_VF_RUNNING_PAUSED);
}

Test(guc_sched, context_without_a_limit_has_that_of_its_function)
{
    run(hang_for_ever);
}

static void fault(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    bench_engine_event(bench, 0, GUCBUS_ENGINE_EVENT_FAULT);
    cr_expect_eq(bench_event(bench, 1, XE_GUC_ACTION_NOTIFY_MEMORY_CAT_ERROR), 3);
    cr_expect_eq(bench_event(bench, 1, XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION), 3);
    mode_set(bench, 1, 3, 0);
    cr_expect_eq(bench_event(bench, 1, DONE), 0);
}

Test(guc_sched, a_fault_is_told_to_the_driver)
{
    run(fault);
}

static void killed(struct bench *bench)
{
    bench_start_vf(bench, 1);
    bench_start_vf(bench, 2);
    bench_context(bench, 1, 3);
    bench_context(bench, 2, 3);
    bench->engines[0].deaf = true;
    cr_expect_eq(bench_mailbox1(bench, 1, GUC_ACTION_VF2GUC_VF_RESET), BENCH_SUCCESS(0));
    cr_expect_eq(running_fn(bench), 2, "the other VF goes on");
    cr_expect_eq(fake_trace_count(bench->hal, "hxg=90001008"), 0, "nobody is left to be told");
}

Test(guc_sched, vf_reset_takes_its_context_off_at_once)
{
    run(killed);
}
