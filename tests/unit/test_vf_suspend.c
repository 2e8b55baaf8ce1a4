/* SPDX-License-Identifier: MIT */
/* Queues that are suspended and resumed: what the GuC is told in each state of a queue, and what a
 * move of the VM makes of a request that is under way. */
#include <criterion/criterion.h>
#include <errno.h>

#include "firmware/abi/guc_actions_abi.h"
#include "tests/unit/fake_hal.h"
#include "tests/unit/vf_recovery_scene.h"

#define MODE_SETS(peer) peer_count_h2g(peer, 0, XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET)

/* Queue 0 has run a job. */
static void start(struct peer *peer)
{
    peer_probe(peer);
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_RENDER), 0);
    cr_assert_eq(vf_submit(peer->vf, 0, &scene_job), 1);
    cr_assert_eq(vf_wait(peer->vf, 0, 1, SCENE_WAIT_NS), 0);
    hal_delay(peer->hal, HAL_NS_PER_MS);
}

/* Its next one does now. */
static void expect_it_runs(struct peer *peer)
{
    peer->engines_off = false;
    peer_run_engines(peer);
    cr_expect_eq(vf_wait(peer->vf, 0, 2, SCENE_WAIT_NS), 0);
    cr_expect_eq(vf_result(peer->vf, scene_job.add_slot), 2 * scene_job.add, "once");
}

static uint32_t newest_mode(const struct peer *peer)
{
    const struct peer_message *message =
        peer_find_h2g(peer, 0, XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET, MODE_SETS(peer) - 1);

    cr_assert_not_null(message);
    return message->dw[2];
}

static void suspend_program(void *arg)
{
    struct peer *peer = arg;

    start(peer);
    cr_expect_eq(vf_queue_suspend(peer->vf, 0), 0);
    cr_expect_not(peer->gts[0].contexts[0].enabled);
    cr_expect_eq(newest_mode(peer), 0u);
    cr_expect_eq(vf_submit(peer->vf, 0, &scene_job), 2);
    cr_expect_eq(vf_wait(peer->vf, 0, 2, HAL_NS_PER_MS), -ETIME, "the job waits with its queue");
    cr_expect_eq(MODE_SETS(peer), 2u);
    cr_expect_eq(vf_queue_suspend(peer->vf, 0), 0, "it is already");
    cr_expect_eq(MODE_SETS(peer), 2u);
    cr_expect_eq(vf_queue_resume(peer->vf, 0), 0);
    cr_expect_eq(vf_wait(peer->vf, 0, 2, SCENE_WAIT_NS), 0);
    cr_expect_eq(newest_mode(peer), 1u);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_REGISTER_CONTEXT), 1u);
}

Test(vf_suspend, a_queue_is_disabled_and_enabled_again_without_a_registration)
{
    scene_run(PEER_ABI(1, 27), suspend_program);
}

static void new_queue_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_COPY), 0);
    cr_expect_eq(vf_queue_suspend(peer->vf, 0), 0);
    cr_expect_eq(vf_submit(peer->vf, 0, &scene_job), 1);
    cr_expect_eq(vf_wait(peer->vf, 0, 1, HAL_NS_PER_MS), -ETIME);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_REGISTER_CONTEXT), 0u);
    cr_expect_eq(vf_queue_resume(peer->vf, 0), 0);
    cr_expect_eq(vf_wait(peer->vf, 0, 1, SCENE_WAIT_NS), 0);
    cr_expect_eq(MODE_SETS(peer), 1u);
}

Test(vf_suspend, a_new_queue_is_not_even_registered)
{
    scene_run(PEER_ABI(1, 27), new_queue_program);
}

static void resume_now(void *arg)
{
    struct peer *peer = arg;

    cr_expect_eq(vf_queue_resume(peer->vf, 0), 0);
}

static void overtaken_program(void *arg)
{
    struct peer *peer = arg;

    start(peer);
    peer->no_mode_done = true;
    fake_at(peer->hal, HAL_NS_PER_MS, resume_now, peer);
    cr_expect_eq(vf_queue_suspend(peer->vf, 0), -EAGAIN);
    cr_expect_eq(vf_queue_suspend(peer->vf, 7), -ENOENT);
    cr_expect_eq(vf_queue_resume(peer->vf, 7), -ENOENT);
}

Test(vf_suspend, a_resume_ends_the_wait_of_a_suspend)
{
    scene_run(PEER_ABI(1, 27), overtaken_program);
}

static void no_answer_program(void *arg)
{
    struct peer *peer = arg;
    uint64_t begin;

    start(peer);
    peer->no_mode_done = true;
    begin = hal_now(peer->hal);
    cr_expect_eq(vf_queue_suspend(peer->vf, 0), 0, "after a reset nothing runs");
    cr_expect_geq(hal_now(peer->hal) - begin, 5 * HAL_NS_PER_S);
    scene_settle(peer);
    cr_expect_eq(vf_reset_count(peer->vf, 0), 1u);
    peer->no_mode_done = false;
    cr_expect_eq(vf_submit(peer->vf, 0, &scene_job), 2);
    cr_expect_eq(vf_wait(peer->vf, 0, 2, HAL_NS_PER_MS), -ETIME, "the reset resumed nothing");
    cr_expect_eq(vf_queue_resume(peer->vf, 0), 0);
    cr_expect_eq(vf_wait(peer->vf, 0, 2, SCENE_WAIT_NS), 0);
}

Test(vf_suspend, a_guc_that_does_not_answer_is_reset_and_the_queue_stays_suspended)
{
    scene_run(PEER_ABI(1, 27), no_answer_program);
}

static void destroy_program(void *arg)
{
    struct peer *peer = arg;

    start(peer);
    cr_expect_eq(vf_queue_suspend(peer->vf, 0), 0);
    cr_expect_eq(vf_queue_destroy(peer->vf, 0), 0);
    cr_expect_eq(MODE_SETS(peer), 2u);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_DEREGISTER_CONTEXT), 1u);
}

Test(vf_suspend, a_suspended_queue_is_deregistered_without_another_disable)
{
    scene_run(PEER_ABI(1, 27), destroy_program);
}

/* ---- across a move --------------------------------------------------------------------------- */

static void migrate_answering(void *arg)
{
    struct peer *peer = arg;

    peer->no_mode_done = false;
    peer_migrate(peer, SCENE_BASE_2, false);
}

static void release_now(void *arg)
{
    struct peer *peer = arg;

    vf_recovery_hold(peer->vf, 0);
}

static void pending_suspend_program(void *arg)
{
    struct peer *peer = arg;

    start(peer);
    peer->no_mode_done = true;
    fake_at(peer->hal, HAL_NS_PER_MS, migrate_answering, peer);
    cr_expect_eq(vf_queue_suspend(peer->vf, 0), 0);
    cr_expect_eq(vf_ggtt_start(peer->vf), SCENE_BASE_2, "it ended at the target");
    cr_expect_not(peer->gts[0].contexts[0].enabled);
    cr_expect_eq(MODE_SETS(peer), 3u, "enable, and the disable twice");
    cr_expect_eq(vf_queue_resume(peer->vf, 0), 0);
    cr_expect_eq(vf_submit(peer->vf, 0, &scene_job), 2);
    cr_expect_eq(vf_wait(peer->vf, 0, 2, SCENE_WAIT_NS), 0);
}

Test(vf_suspend, a_suspend_without_answer_is_asked_for_again_after_a_move)
{
    scene_run(PEER_ABI(1, 27), pending_suspend_program);
}

static void long_recovery_program(void *arg)
{
    struct peer *peer = arg;

    start(peer);
    vf_recovery_hold(peer->vf, VF_HOLD_BEFORE_RESTART);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    fake_at(peer->hal, 20 * HAL_NS_PER_S, release_now, peer);
    cr_expect_eq(vf_queue_suspend(peer->vf, 0), 0, "time of a recovery does not count");
    cr_expect_not(peer->gts[0].contexts[0].enabled);
}

Test(vf_suspend, a_suspend_waits_for_the_end_of_a_recovery)
{
    scene_run(PEER_ABI(1, 27), long_recovery_program);
}

static void pending_resume_program(void *arg)
{
    struct peer *peer = arg;

    start(peer);
    cr_expect_eq(vf_queue_suspend(peer->vf, 0), 0);
    cr_expect_eq(vf_submit(peer->vf, 0, &scene_job), 2);
    peer->engines_off = true;
    peer->no_mode_done = true;
    cr_expect_eq(vf_queue_resume(peer->vf, 0), 0);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    cr_expect_eq(MODE_SETS(peer), 3u);
    migrate_answering(peer);
    scene_settle(peer);
    cr_expect_eq(newest_mode(peer), 1u);
    expect_it_runs(peer);
    cr_expect_null(vf_wedged(peer->vf));
}

Test(vf_suspend, a_resume_without_answer_is_enabled_again_after_a_move)
{
    scene_run(PEER_ABI(1, 27), pending_resume_program);
}

static void enable_then_suspend_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    peer->engines_off = true;
    peer->no_mode_done = true;
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_RENDER), 0);
    cr_assert_eq(vf_submit(peer->vf, 0, &scene_job), 1);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    fake_at(peer->hal, HAL_NS_PER_MS, migrate_answering, peer);
    cr_expect_eq(vf_queue_suspend(peer->vf, 0), 0, "while its enable is under way");
    cr_expect_eq(vf_ggtt_start(peer->vf), SCENE_BASE_2);
    cr_expect_eq(MODE_SETS(peer), 1u, "a queue that never ran need not be enabled to be suspended");
    cr_expect_eq(vf_queue_resume(peer->vf, 0), 0);
    scene_settle(peer);
    peer->engines_off = false;
    peer_run_engines(peer);
    cr_expect_eq(vf_wait(peer->vf, 0, 1, SCENE_WAIT_NS), 0);
}

Test(vf_suspend, a_pending_enable_is_void_with_a_suspend_behind_it)
{
    scene_run(PEER_ABI(1, 27), enable_then_suspend_program);
}

static void suspend_then_resume_program(void *arg)
{
    struct peer *peer = arg;

    start(peer);
    peer->no_mode_done = true;
    fake_at(peer->hal, HAL_NS_PER_MS, resume_now, peer);
    cr_expect_eq(vf_queue_suspend(peer->vf, 0), -EAGAIN);
    migrate_answering(peer);
    scene_settle(peer);
    cr_expect_eq(newest_mode(peer), 1u, "the GuC may have disabled it: it is enabled anew");
    cr_expect_eq(vf_submit(peer->vf, 0, &scene_job), 2);
    cr_expect_eq(vf_wait(peer->vf, 0, 2, SCENE_WAIT_NS), 0);
}

Test(vf_suspend, a_pending_suspend_that_was_resumed_is_undone_after_a_move)
{
    scene_run(PEER_ABI(1, 27), suspend_then_resume_program);
}

static void asleep_program(void *arg)
{
    struct peer *peer = arg;

    start(peer);
    cr_expect_eq(vf_queue_suspend(peer->vf, 0), 0);
    cr_expect_eq(vf_submit(peer->vf, 0, &scene_job), 2);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    cr_expect_eq(MODE_SETS(peer), 2u);
    cr_expect_eq(vf_fence_done(peer->vf, 0), 1);
    cr_expect_eq(vf_queue_resume(peer->vf, 0), 0);
    cr_expect_eq(vf_wait(peer->vf, 0, 2, SCENE_WAIT_NS), 0);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_REGISTER_CONTEXT), 1u);
}

Test(vf_suspend, what_is_suspended_stays_so_in_a_move)
{
    scene_run(PEER_ABI(1, 27), asleep_program);
}
