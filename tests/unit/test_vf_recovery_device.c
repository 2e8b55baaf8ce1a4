/* SPDX-License-Identifier: MIT */
/* Recovery of the VF driver below ABI 1.27: one worker for the device, no marker. */
#include <criterion/criterion.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"

#define START    GUC_ACTION_VF2GUC_RESFIX_START
#define DONE     GUC_ACTION_VF2GUC_RESFIX_DONE
#define BASE_2   0x20000000u
#define BASE_3   0x08000000u
#define WAIT_NS  HAL_NS_PER_S
#define SHORT_NS (5 * HAL_NS_PER_MS)

static const struct vf_job job = {
    .work_cycles = 100, .add_slot = 3, .add = 5, .store_slot = 4, .store = 0xabcd};

static void run(void (*program)(void *peer))
{
    struct peer *peer = peer_create(PEER_ABI(1, 26));

    peer_run(peer, program);
    peer_destroy(peer);
}

static void start_jobs(struct peer *peer, unsigned jobs)
{
    peer_probe(peer);
    peer->engines_off = true;
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_COPY), 0);
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_VIDEO), 1);
    for (unsigned i = 0; i < jobs; i++) {
        cr_assert_geq(vf_submit(peer->vf, 0, &job), 1);
        cr_assert_geq(vf_submit(peer->vf, 1, &job), 1);
    }
    hal_delay(peer->hal, HAL_NS_PER_MS);
}

static void expect_jobs_done(struct peer *peer, unsigned jobs)
{
    peer->engines_off = false;
    peer_run_engines(peer);
    cr_expect_eq(vf_wait(peer->vf, 0, jobs, WAIT_NS), 0);
    cr_expect_eq(vf_wait(peer->vf, 1, jobs, WAIT_NS), 0);
    cr_expect_eq(vf_result(peer->vf, 3), 10 * jobs, "each job once: %u", vf_result(peer->vf, 3));
    cr_expect_null(vf_wedged(peer->vf), "wedged: %s", vf_wedged(peer->vf));
}

static void both_program(void *arg)
{
    struct peer *peer = arg;

    start_jobs(peer, 10);
    peer_migrate(peer, BASE_2, true);
    peer_post_migrated(peer, 1);
    hal_delay(peer->hal, SHORT_NS);
    cr_expect_eq(fake_trace_count(peer->hal, "step=start"), 0, "one GT has not reported");
    cr_expect(vf_recovery_pending(peer->vf));
    peer_post_migrated(peer, 0);
    hal_delay(peer->hal, SHORT_NS);
    cr_expect_eq(peer_count_mailbox(peer, 0, START), 0);
    cr_expect_eq(peer_count_mailbox(peer, 0, DONE), 1);
    cr_expect_eq(peer_count_mailbox(peer, 1, DONE), 1);
    cr_expect_eq(peer->mailbox_log[peer->mailbox_count - 1].dw[0], 0x00005508, "no marker");
    expect_jobs_done(peer, 10);
}

Test(vf_recovery_device, waits_until_both_gts_have_reported)
{
    run(both_program);
}

static void imminent_program(void *arg)
{
    struct peer *peer = arg;

    start_jobs(peer, 10);
    vf_recovery_hold(peer->vf, VF_HOLD_BEFORE_RESFIX_DONE);
    peer_migrate(peer, BASE_2, false);
    hal_delay(peer->hal, SHORT_NS);
    peer_migrate(peer, BASE_3, true);
    peer_post_migrated(peer, 0);
    hal_delay(peer->hal, SHORT_NS);
    vf_recovery_hold(peer->vf, 0);
    hal_delay(peer->hal, SHORT_NS);
    cr_expect_eq(peer_count_mailbox(peer, 0, DONE), 0, "another migration is reported");
    peer_post_migrated(peer, 1);
    hal_delay(peer->hal, SHORT_NS);
    cr_expect_eq(peer_count_mailbox(peer, 0, DONE), 1);
    cr_expect_eq(vf_ggtt_start(peer->vf), BASE_3);
    expect_jobs_done(peer, 10);
}

Test(vf_recovery_device, tells_nothing_while_another_recovery_is_imminent)
{
    run(imminent_program);
}

static void changed_program(void *arg)
{
    struct peer *peer = arg;

    start_jobs(peer, 1);
    peer->num_contexts++;
    peer_migrate(peer, BASE_2, false);
    hal_delay(peer->hal, SHORT_NS);
    cr_expect_str_eq(vf_wedged(peer->vf), "number of contexts changed");
    cr_expect_eq(peer_count_mailbox(peer, 0, DONE), 0);
}

Test(vf_recovery_device, a_changed_configuration_wedges)
{
    run(changed_program);
}

static void limited_program(void *arg)
{
    struct peer *peer = arg;

    start_jobs(peer, 1);
    cr_expect_eq(vf_abi(peer->vf, 0), PEER_ABI(1, 26));
    peer_migrate(peer, BASE_2, false);
    hal_delay(peer->hal, SHORT_NS);
    peer_migrate(peer, BASE_3, false);
    hal_delay(peer->hal, SHORT_NS);
    cr_expect_eq(vf_recovery_count(peer->vf, 0), 2);
    expect_jobs_done(peer, 1);
}

Test(vf_recovery_device, recovers_again_after_another_migration)
{
    run(limited_program);
}
