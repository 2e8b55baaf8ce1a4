/* SPDX-License-Identifier: MIT */
/* Recovery of the VF driver below ABI 1.27: one worker for the device, no marker. */
#include <criterion/criterion.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"
#include "tests/unit/vf_recovery_scene.h"

#define START GUC_ACTION_VF2GUC_RESFIX_START
#define DONE  GUC_ACTION_VF2GUC_RESFIX_DONE
static void both_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_COPY, 10);
    peer_migrate(peer, SCENE_BASE_2, true);
    peer_post_migrated(peer, 1);
    scene_settle(peer);
    cr_expect_eq(fake_trace_count(peer->hal, "step=start"), 0, "one GT has not reported");
    cr_expect(vf_recovery_pending(peer->vf));
    peer_post_migrated(peer, 0);
    scene_settle(peer);
    cr_expect_eq(peer_count_mailbox(peer, 0, START), 0);
    cr_expect_eq(peer_count_mailbox(peer, 0, DONE), 1);
    cr_expect_eq(peer_count_mailbox(peer, 1, DONE), 1);
    cr_expect_eq(peer->mailbox_log[peer->mailbox_count - 1].dw[0], 0x00005508, "no marker");
    scene_expect_jobs_done(peer, 10);
}

Test(vf_recovery_device, waits_until_both_gts_have_reported)
{
    scene_run(PEER_ABI(1, 26), both_program);
}

static void held_program(void *arg)
{
    static const struct {
        unsigned hold;
        unsigned done;  /* messages of its end so far */
        uint64_t start; /* where the driver believes its range */
    } steps[] = {
        {VF_HOLD_BEFORE_RESFIX_START, 0, 0},
        {VF_HOLD_BEFORE_FIXUPS, 0, 0},
        {VF_HOLD_BEFORE_RESFIX_DONE, 0, SCENE_BASE_2},
        {VF_HOLD_SENDING_RESFIX_DONE, 0, SCENE_BASE_2},
    };
    struct peer *peer = arg;
    uint64_t before;

    scene_start_jobs(peer, VF_ENGINE_COPY, 10);
    before = vf_ggtt_start(peer->vf);
    vf_recovery_hold(peer->vf, steps[0].hold);
    peer_migrate(peer, SCENE_BASE_2, false);
    for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
        vf_recovery_hold(peer->vf, steps[i].hold);
        scene_settle(peer);
        cr_expect_eq(vf_recovery_held(peer->vf), steps[i].hold, "step %u", i);
        cr_expect_eq(peer_count_mailbox(peer, 0, DONE), steps[i].done);
        cr_expect_eq(vf_ggtt_start(peer->vf), steps[i].start ? steps[i].start : before);
    }
    vf_recovery_hold(peer->vf, 0);
    scene_settle(peer);
    cr_expect_eq(peer_count_mailbox(peer, 0, DONE), 1);
    scene_expect_jobs_done(peer, 10);
}

Test(vf_recovery_device, each_hold_stops_it_until_cleared)
{
    scene_run(PEER_ABI(1, 26), held_program);
}

static void imminent_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_COPY, 10);
    vf_recovery_hold(peer->vf, VF_HOLD_BEFORE_RESFIX_DONE);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    peer_migrate(peer, SCENE_BASE_3, true);
    peer_post_migrated(peer, 0);
    scene_settle(peer);
    vf_recovery_hold(peer->vf, 0);
    scene_settle(peer);
    cr_expect_eq(peer_count_mailbox(peer, 0, DONE), 0, "another migration is reported");
    peer_post_migrated(peer, 1);
    scene_settle(peer);
    cr_expect_eq(peer_count_mailbox(peer, 0, DONE), 1);
    cr_expect_eq(vf_ggtt_start(peer->vf), SCENE_BASE_3);
    scene_expect_jobs_done(peer, 10);
}

Test(vf_recovery_device, tells_nothing_while_another_recovery_is_imminent)
{
    scene_run(PEER_ABI(1, 26), imminent_program);
}

/* Nothing can be seen of a migration that comes between the look and the message. */
static void gap_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_COPY, 10);
    vf_recovery_hold(peer->vf, VF_HOLD_SENDING_RESFIX_DONE);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    cr_expect_eq(vf_recovery_held(peer->vf), VF_HOLD_SENDING_RESFIX_DONE);
    peer_migrate(peer, SCENE_BASE_3, true);
    peer_post_migrated(peer, 0);
    peer_post_migrated(peer, 1);
    scene_settle(peer);
    cr_expect_eq(vf_ggtt_start(peer->vf), SCENE_BASE_2, "fixed for the place before");
    vf_recovery_hold(peer->vf, 0);
    scene_settle(peer);
    cr_expect_eq(vf_recovery_held(peer->vf), 0);
    cr_expect_eq(peer_count_mailbox(peer, 0, DONE), 2, "the first one was sent all the same");
    cr_expect_eq(vf_ggtt_start(peer->vf), SCENE_BASE_3);
}

Test(vf_recovery_device, cannot_close_the_gap_before_done)
{
    scene_run(PEER_ABI(1, 26), gap_program);
}

static void changed_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_COPY, 1);
    peer->num_contexts++;
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    cr_expect_str_eq(vf_wedged(peer->vf), "number of contexts changed");
    cr_expect_eq(peer_count_mailbox(peer, 0, DONE), 0);
}

Test(vf_recovery_device, a_changed_configuration_wedges)
{
    scene_run(PEER_ABI(1, 26), changed_program);
}

static void limited_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_COPY, 1);
    cr_expect_eq(vf_abi(peer->vf, 0), PEER_ABI(1, 26));
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    peer_migrate(peer, SCENE_BASE_3, false);
    scene_settle(peer);
    cr_expect_eq(vf_recovery_count(peer->vf, 0), 2);
    scene_expect_jobs_done(peer, 1);
}

Test(vf_recovery_device, recovers_again_after_another_migration)
{
    scene_run(PEER_ABI(1, 26), limited_program);
}
