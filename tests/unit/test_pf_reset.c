/* SPDX-License-Identifier: MIT */
/* Reset of a GT by the PF, and what an administrator turns: all of it is told again. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "host/pf/pf_private.h"
#include "tests/unit/fake_guc_pf.h"

static struct fake_guc_pf gpu;

static void setup(void)
{
    fake_guc_pf_create(&gpu);
}

static void teardown(void)
{
    fake_guc_pf_destroy(&gpu);
}

TestSuite(pf_reset, .init = setup, .fini = teardown, .timeout = 600);
TestSuite(pf_tune, .init = setup, .fini = teardown, .timeout = 600);

static void run(void (*program)(void *arg))
{
    fake_guc_pf_run(&gpu, program, NULL);
}

/* A value in a list of KLVs, UINT32_MAX when it is not there. */
static uint32_t klv(const uint32_t *klvs, uint32_t len, uint32_t key)
{
    for (uint32_t n = 0; n < len; n += 1 + (klvs[n] & GUC_KLV_0_LEN)) {
        if (klvs[n] >> 16 == key) {
            return klvs[n + 1];
        }
    }
    return UINT32_MAX;
}

static uint32_t config_klv(unsigned gt, uint32_t key)
{
    return klv(gpu.gts[gt].klvs, gpu.gts[gt].klvs_len, key);
}

/* ---- tuning ---------------------------------------------------------------------------------- */

static void tune(void *arg)
{
    struct pf_tuning tuning = {.exec_quantum_ms = 5, .sched_priority = 1, .thresholds = {[3] = 9}};
    struct pf_tuning got;

    (void)arg;
    cr_expect_eq(pf_tune(gpu.pf, 1, &tuning), 0);
    for (unsigned gt = 0; gt < PF_MAX_GTS; gt++) {
        cr_expect_eq(config_klv(gt, GUC_KLV_VF_CFG_EXEC_QUANTUM_KEY), 5);
        cr_expect_eq(config_klv(gt, GUC_KLV_VF_CFG_SCHED_PRIORITY_KEY), 1);
        cr_expect_eq(config_klv(gt, GUC_KLV_VF_CFG_THRESHOLD_H2G_STORM_KEY), 9);
        cr_expect_eq(config_klv(gt, GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_KEY), 0, "also what is off");
        cr_expect_eq(config_klv(gt, GUC_KLV_VF_CFG_GGTT_SIZE_KEY), UINT32_MAX);
    }
    pf_get_tuning(gpu.pf, 1, &got);
    cr_expect_eq(memcmp(&got, &tuning, sizeof(got)), 0);
    cr_expect_eq(pf_tune(gpu.pf, 0, &tuning), 0, "the PF itself");
    cr_expect_eq(pf_tune(gpu.pf, 2, &tuning), -EINVAL, "has nothing");
    cr_expect_eq(pf_tune(gpu.pf, FAKE_GUC_VFS + 1, &tuning), -EINVAL);
    tuning.sched_priority = GUC_SCHED_PRIORITY_HIGH + 1;
    cr_expect_eq(pf_tune(gpu.pf, 1, &tuning), -EINVAL);
    gpu.gts[1].script.count_delta = -1;
    tuning.sched_priority = 0;
    cr_expect_eq(pf_tune(gpu.pf, 1, &tuning), -ENOKEY, "a GuC that knows less");
}

Test(pf_tune, is_told_to_every_gt_and_kept)
{
    run(tune);
}

static void groups(void *arg)
{
    const struct pf_policies policies = {
        .sched_if_idle = true, .num_groups = 2, .groups = {{[0] = 1}, {[1] = 1, [3] = 1}}};
    const struct pf_tuning tuning = {.exec_quantum_ms = 5, .group_quantum_ms = {7, 8}};
    const struct pf_policies wrong = {.num_groups = PF_MAX_GROUPS + 1};
    struct pf_tuning got;

    (void)arg;
    cr_expect_eq(pf_set_policies(gpu.pf, &policies), 0);
    cr_expect_eq(klv(gpu.gts[0].policies, gpu.gts[0].policies_len,
                     GUC_KLV_VGT_POLICY_ENGINE_GROUP_CONFIG_KEY),
                 1);
    pf_get_tuning(gpu.pf, 1, &got);
    cr_expect_eq(got.sched_priority, GUC_SCHED_PRIORITY_NORMAL, "as the GuC changes it");
    cr_expect_eq(pf_tune(gpu.pf, 1, &tuning), 0);
    cr_expect_eq(config_klv(0, GUC_KLV_VF_CFG_ENGINE_GROUP_EXEC_QUANTUM_KEY), 7);
    cr_expect_eq(config_klv(0, GUC_KLV_VF_CFG_EXEC_QUANTUM_KEY), UINT32_MAX,
                 "with groups there is no other");
    cr_expect_eq(pf_set_policies(gpu.pf, &wrong), -EINVAL);
}

Test(pf_tune, groups_have_quanta_of_their_own)
{
    run(groups);
}

/* ---- reset ----------------------------------------------------------------------------------- */

static void everything_again(void *arg)
{
    const struct pf_policies policies = {.sample_period_ms = 10};
    const struct pf_tuning tuning = {.exec_quantum_ms = 5, .thresholds = {2}};
    const struct pf_tuning own = {.sched_priority = 2};
    unsigned pushes;

    (void)arg;
    cr_expect_eq(pf_set_policies(gpu.pf, &policies), 0);
    cr_expect_eq(pf_tune(gpu.pf, 1, &tuning), 0);
    cr_expect_eq(pf_tune(gpu.pf, 0, &own), 0);
    pushes = gpu.gts[1].cfg_pushes;
    cr_expect_eq(pf_reset_gt(gpu.pf, 1), 0);
    cr_expect_eq(gpu.gts[1].gt_resets, 1);
    cr_expect_eq(gpu.gts[0].gt_resets, 0);
    cr_expect(gpu.gts[1].enabled, "rings are registered again");
    cr_expect_eq(gpu.gts[1].cfg_pushes - pushes, 3, "its own, its tuning, and the VF's");
    cr_expect_eq(gpu.gts[1].policy_pushes, 2);
    cr_expect_eq(config_klv(1, GUC_KLV_VF_CFG_EXEC_QUANTUM_KEY), 5);
    cr_expect_eq(config_klv(1, GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_KEY), 2);
    cr_expect_eq(pf_control_pause(gpu.pf, 1), 0, "and the VF can be controlled");
    cr_expect_eq(pf_reset_gt(gpu.pf, PF_MAX_GTS), -ENODEV);
}

Test(pf_reset, tells_the_guc_everything_again)
{
    run(everything_again);
}

static void waiter(void *arg)
{
    *(int *)arg = pf_control_pause(gpu.pf, 1);
}

static void released(void *arg)
{
    int result = 1;

    (void)arg;
    gpu.gts[0].script.no_done = true; /* the pause waits for an event that never comes */
    hal_spawn(gpu.hal, "waiter", waiter, &result);
    hal_delay(gpu.hal, 10 * HAL_NS_PER_MS);
    cr_expect_str_eq(pf_control_state(gpu.pf, 0, 1), "PAUSE_WAIT_GUC");
    cr_expect_eq(pf_reset_gt(gpu.pf, 0), 0);
    hal_delay(gpu.hal, 10 * HAL_NS_PER_MS);
    cr_expect_str_eq(pf_control_state(gpu.pf, 0, 1), "READY");
    cr_expect_eq(result, -ECANCELED, "%d", result);
}

Test(pf_reset, forces_every_vf_to_ready_and_releases_who_waits)
{
    run(released);
}

static void by_itself(void *arg)
{
    const uint32_t failure[] = {0x90000000u | XE_GUC_ACTION_ENGINE_FAILURE_NOTIFICATION, 0, 0, 1};
    const uint32_t garbage[] = {0x40000000u};

    (void)arg;
    fake_guc_pf_event(&gpu.gts[0], failure, ARRAY_SIZE(failure) - 1);
    hal_delay(gpu.hal, 50 * HAL_NS_PER_MS);
    cr_expect_eq(pf_reset_count(gpu.pf, 0), 0, "too short to believe");
    fake_guc_pf_event(&gpu.gts[0], failure, ARRAY_SIZE(failure));
    hal_delay(gpu.hal, 50 * HAL_NS_PER_MS);
    cr_expect_eq(pf_reset_count(gpu.pf, 0), 1, "an engine is lost");
    fake_guc_pf_event(&gpu.gts[0], garbage, ARRAY_SIZE(garbage));
    hal_delay(gpu.hal, 50 * HAL_NS_PER_MS);
    cr_expect_eq(pf_reset_count(gpu.pf, 0), 2, "the channel is dead");
    for (unsigned n = 0; n < 10; n++) {
        fake_guc_pf_event(&gpu.gts[0], failure, ARRAY_SIZE(failure));
        hal_delay(gpu.hal, 50 * HAL_NS_PER_MS);
    }
    cr_expect_eq(pf_reset_count(gpu.pf, 0), 4, "a GuC cannot keep us resetting");
}

Test(pf_reset, comes_by_itself_for_lost_engines_and_dead_channels)
{
    run(by_itself);
}

static void hopeless(void *arg)
{
    (void)arg;
    gpu.gts[0].script.no_reset = true;
    cr_expect_eq(pf_reset_gt(gpu.pf, 0), -ETIMEDOUT);
    cr_expect_str_eq(pf_control_state(gpu.pf, 0, 1), "READY");
    cr_expect(pf_control_pause(gpu.pf, 1) != 0, "without a channel");
}

Test(pf_reset, that_does_not_end_is_told)
{
    run(hopeless);
}
