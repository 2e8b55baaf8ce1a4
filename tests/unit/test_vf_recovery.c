/* SPDX-License-Identifier: MIT */
/* Recovery of the VF driver with a worker for each GT: steps, fixups, and submission across it. */
#include <criterion/criterion.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "host/abi/xe_lrc_layout.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"
#include "tests/unit/vf_recovery_scene.h"

/* ---- the way it should go -------------------------------------------------------------------- */

static void moves_program(void *arg)
{
    static const char *const names[] = {"irq",         "start",   "resfix_start", "query", "fixups",
                                        "fixups_done", "restart", "resfix_done",  "ended"};
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 20);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        cr_expect_eq(scene_steps(peer, names[i], 0), 1, "%s", names[i]);
        cr_expect_eq(scene_steps(peer, names[i], 1), 1, "%s", names[i]);
    }
    cr_expect_eq(vf_ggtt_start(peer->vf), SCENE_BASE_2);
    cr_expect_eq(vf_recovery_count(peer->vf, 0), 1);
    cr_expect(!vf_recovery_pending(peer->vf));
    scene_expect_jobs_done(peer, 20);
}

Test(vf_recovery, jobs_survive_a_move_up)
{
    scene_run(PEER_ABI(1, 27), moves_program);
}

static void two_moves_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 5);
    peer_migrate(peer, SCENE_BASE_3, false);
    scene_settle(peer);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    cr_expect_eq(vf_recovery_count(peer->vf, 1), 3);
    scene_expect_jobs_done(peer, 5);
}

Test(vf_recovery, moves_down_up_and_to_the_same_place)
{
    scene_run(PEER_ABI(1, 27), two_moves_program);
}

static void order_program(void *arg)
{
    static const uint32_t keys[] = {1, 2, 4, 6, 0x3001, 0x3000};
    struct peer *peer = arg;
    const struct peer_message *messages;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    messages = &peer->mailbox_log[peer->mailbox_count];
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    for (unsigned gt = 0; gt < 2; gt++) {
        cr_expect_eq(messages[8 * gt].dw[0], 0x0001550f, "GT %u %08x", gt, messages[8 * gt].dw[0]);
        for (unsigned i = 0; i < ARRAY_SIZE(keys); i++) {
            cr_expect_eq(messages[8 * gt + 1 + i].dw[0] & 0xffff,
                         GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV);
            cr_expect_eq(messages[8 * gt + 1 + i].dw[1], keys[i]);
        }
        cr_expect_eq(messages[8 * gt + 7].dw[0], 0x00015508);
        cr_expect_eq(messages[8 * gt + 7].gt, gt, "media after main");
    }
    cr_expect_eq(&peer->mailbox_log[peer->mailbox_count] - messages, 16);
}

Test(vf_recovery, start_queries_done_on_main_and_then_on_media)
{
    scene_run(PEER_ABI(1, 27), order_program);
}

static void kickstart_program(void *arg)
{
    struct peer *peer = arg;
    unsigned before;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 8);
    before = peer->h2g_count;
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    cr_expect_eq(peer->h2g_count - before, 2, "messages: %u", peer->h2g_count - before);
    for (unsigned gt = 0; gt < 2; gt++) {
        const struct peer_message *message = &peer->h2g_log[before + gt];

        cr_expect_eq(message->gt, gt);
        cr_expect_eq(message->dw[0] & 0xffff, XE_GUC_ACTION_SCHED_CONTEXT);
    }
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_REGISTER_CONTEXT), 1);
}

Test(vf_recovery, kickstart_is_one_schedule_for_each_queue_with_jobs)
{
    scene_run(PEER_ABI(1, 27), kickstart_program);
}

/* ---- fixups ---------------------------------------------------------------------------------- */

static void image_program(void *arg)
{
    static const uint32_t pointers[] = {CTX_RING_START, CTX_BB_PER_CTX_PTR, CTX_INT_MASK_ENABLE_PTR,
                                        CTX_INT_STATUS_REPORT_PTR, CTX_INT_SRC_REPORT_PTR};
    uint32_t before[ARRAY_SIZE(pointers)];
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 3);
    for (unsigned i = 0; i < ARRAY_SIZE(pointers); i++) {
        before[i] = *peer_state(peer, 0, 0, pointers[i]);
    }
    *peer_state(peer, 0, 0, CTX_RING_HEAD) = 64;
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    for (unsigned i = 0; i < ARRAY_SIZE(pointers); i++) {
        uint32_t now = *peer_state(peer, 0, 0, pointers[i]);

        cr_expect_eq(now - before[i], 0x10000000, "dword %x: %x, was %x", pointers[i], now,
                     before[i]);
    }
    cr_expect_eq(*peer_state(peer, 0, 0, CTX_RING_HEAD), 64, "HEAD does not move");
}

Test(vf_recovery, context_images_point_to_the_new_range)
{
    scene_run(PEER_ABI(1, 27), image_program);
}

static void words_program(void *arg)
{
    uint32_t before[32];
    struct peer *peer = arg;
    uint32_t ring;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 2);
    ring = *peer_state(peer, 1, 0, CTX_RING_START);
    for (unsigned i = 0; i < ARRAY_SIZE(before); i++) {
        before[i] = *peer_memory(peer, ring + 4 * i);
    }
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    ring = *peer_state(peer, 1, 0, CTX_RING_START);
    for (unsigned i = 0; i < ARRAY_SIZE(before); i++) {
        bool addr = i == 2 || i == 6 || i == 10;
        uint32_t by = *peer_memory(peer, ring + 4 * i) - before[i];

        cr_expect_eq(by, addr ? 0x10000000 : 0, "dword %u by %x", i, by);
    }
}

Test(vf_recovery, jobs_are_written_again_in_place_with_new_addresses)
{
    scene_run(PEER_ABI(1, 27), words_program);
}

/* The engine stops after n commands of a job, everywhere in ring and batch, and goes on after the
 * move. */
static void preempted_program(void *arg)
{
    struct peer *peer = arg;
    unsigned budget = peer->counter;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 3);
    peer->engines_off = false;
    peer->command_budget = budget;
    peer_run_engines(peer);
    peer->engines_off = true;
    peer->command_budget = ~0u;
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    scene_expect_jobs_done(peer, 3);
}

Test(vf_recovery, a_context_goes_on_where_it_was_preempted)
{
    for (unsigned budget = 1; budget < 90; budget++) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));

        peer->counter = budget;
        peer_run(peer, preempted_program);
        peer_destroy(peer);
    }
}

static void foreign_batch_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    *peer_state(peer, 0, 0, CTX_BB_HEAD) = 0x40000000 | CTX_BB_HEAD_VALID;
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    cr_expect_eq(*peer_state(peer, 0, 0, CTX_BB_HEAD), 0x40000000 | CTX_BB_HEAD_VALID);
    cr_expect_eq(fake_trace_count(peer->hal, "batch head outside"), 1);
}

Test(vf_recovery, a_batch_head_out_of_our_range_is_told_and_left)
{
    scene_run(PEER_ABI(1, 27), foreign_batch_program);
}

/* ---- submission across the move -------------------------------------------------------------- */

static void queued_meanwhile_program(void *arg)
{
    struct peer *peer = arg;
    unsigned before;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 4);
    vf_recovery_hold(peer->vf, VF_HOLD_BEFORE_RESTART);
    before = peer->h2g_count;
    peer_migrate(peer, SCENE_BASE_2, true);
    peer_post_migrated(peer, 0);
    peer_post_migrated(peer, 1);
    for (unsigned i = 0; i < 4; i++) {
        cr_expect_geq(vf_submit(peer->vf, 0, &scene_job), 1);
        cr_expect_geq(vf_submit(peer->vf, 1, &scene_job), 1);
    }
    scene_settle(peer);
    cr_expect(vf_recovery_pending(peer->vf));
    cr_expect_eq(peer->h2g_count, before);
    cr_expect_eq(scene_steps(peer, "restart", 0), 0);
    vf_recovery_hold(peer->vf, 0);
    scene_settle(peer);
    scene_expect_jobs_done(peer, 8);
}

Test(vf_recovery, jobs_put_in_while_it_runs_are_sent_by_kickstart)
{
    scene_run(PEER_ABI(1, 27), queued_meanwhile_program);
}

static void lost_enable_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    peer->engines_off = true;
    peer->no_mode_done = true;
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_RENDER), 0);
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_VIDEO), 1);
    cr_assert_eq(vf_submit(peer->vf, 0, &scene_job), 1);
    cr_assert_eq(vf_submit(peer->vf, 1, &scene_job), 1);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    peer->no_mode_done = false;
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_REGISTER_CONTEXT), 2);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), 2);
    scene_expect_jobs_done(peer, 1);
    cr_expect_eq(vf_queue_destroy(peer->vf, 0), 0);
}

Test(vf_recovery, an_enable_without_answer_is_registered_and_sent_again)
{
    scene_run(PEER_ABI(1, 27), lost_enable_program);
}

static void migrate_from_2(void *arg)
{
    struct peer *peer = arg;

    peer->no_mode_done = false;
    peer_migrate(peer, SCENE_BASE_2, false);
}

static void lost_disable_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    peer->no_mode_done = true;
    fake_at(peer->hal, HAL_NS_PER_MS, migrate_from_2, peer);
    cr_expect_eq(vf_queue_destroy(peer->vf, 0), 0);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), 3);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_DEREGISTER_CONTEXT), 1);
    cr_expect_null(vf_wedged(peer->vf));
}

Test(vf_recovery, a_disable_without_answer_is_replayed)
{
    scene_run(PEER_ABI(1, 27), lost_disable_program);
}

static void create_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    fake_at(peer->hal, 500, migrate_from_2, peer);
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_RENDER), 0);
    cr_expect_eq(vf_ggtt_start(peer->vf), SCENE_BASE_2, "moved during creation");
    cr_assert_eq(vf_submit(peer->vf, 0, &scene_job), 1);
    cr_expect_eq(vf_wait(peer->vf, 0, 1, SCENE_WAIT_NS), 0);
    cr_expect_eq(vf_result(peer->vf, 3), 5);
}

Test(vf_recovery, a_queue_created_meanwhile_is_built_for_the_new_range)
{
    scene_run(PEER_ABI(1, 27), create_program);
}
