/* SPDX-License-Identifier: MIT */
/* The GuC's program after the PF reset its GT: it has forgotten all that it was told. */
#include <criterion/criterion.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "tests/unit/test_guc_bench.h"

static void run(void (*test)(struct bench *bench))
{
    struct bench *bench = bench_create(GUC_ABI_VERSION(1, 27, 0));

    bench_run(bench, test);
    bench_destroy(bench);
}

static void reset_gt(struct bench *bench)
{
    bench->regs[0] = 0;
    bench->reset = true;
    bench_settle(bench);
    cr_assert_not(bench->reset, "the program has begun anew");
    cr_expect_neq(bench->regs[0], 0, "and says so");
}

static void forgets(struct bench *bench)
{
    static const struct guc_vf_config nothing;

    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    bench_start_vf(bench, 2);
    cr_assert_eq(bench_control(bench, 2, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    reset_gt(bench);
    for (unsigned vf = 1; vf <= 2; vf++) {
        cr_expect_eq(bench_state(bench, vf), GUC_VF_UNPROVISIONED, "VF %u", vf);
        cr_expect_arr_eq(&bench->guc->functions[vf].config, &nothing, sizeof(nothing));
        cr_expect_not(bench->guc->functions[vf].ctb.enabled);
    }
    cr_expect_not(bench->guc->functions[GUC_PF].ctb.enabled, "nor does the PF have rings");
}

Test(guc_gt_reset, configurations_rings_and_contexts_are_forgotten)
{
    run(forgets);
}

/* Of a VF whose pause was not told yet. */
static void owes_nothing(struct bench *bench)
{
    uint32_t words[BENCH_MSG];

    bench_start_vf(bench, 1);
    bench_drain(bench, 0);
    bench->guc->functions[1].notify = 1u << GUC_PF_NOTIFY_VF_PAUSE_DONE;
    reset_gt(bench);
    bench_set_up_pf(bench);
    bench_settle(bench);
    cr_expect_eq(bench_take(bench, 0, words), 0u);
}

Test(guc_gt_reset, events_owed_before_it_are_not_told_after_it)
{
    run(owes_nothing);
}

static void goes_on(struct bench *bench)
{
    bench_start_vf(bench, 1);
    reset_gt(bench);
    bench_set_up_pf(bench);
    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    cr_expect_eq(bench_state(bench, 1), GUC_VF_RUNNING);
    cr_expect(bench->engines[0].busy);
}

Test(guc_gt_reset, all_can_be_told_again)
{
    run(goes_on);
}
