/* SPDX-License-Identifier: MIT */
/* Recovery of the VF driver with a worker for each GT: steps, markers, fixups, a second migration
 * at every step, and what ends it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "host/abi/gpu_commands_abi.h"
#include "host/abi/xe_lrc_layout.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"

#define START    GUC_ACTION_VF2GUC_RESFIX_START
#define DONE     GUC_ACTION_VF2GUC_RESFIX_DONE
#define QUERY    GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV
#define FAILURE  0xe0000000u
#define BASE_2   0x20000000u
#define BASE_3   0x08000000u
#define WAIT_NS  HAL_NS_PER_S
#define SHORT_NS (5 * HAL_NS_PER_MS)

static const struct vf_job job = {.work_cycles = 100,
                                  .preemptible = true,
                                  .add_slot = 3,
                                  .add = 5,
                                  .store_slot = 4,
                                  .store = 0xabcd};

static void run(void (*program)(void *peer))
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer_run(peer, program);
    peer_destroy(peer);
}

/* Probes, and puts jobs on a render and a video queue (0 and 1); they stay unfinished. */
static void start_jobs(struct peer *peer, unsigned jobs)
{
    peer_probe(peer);
    peer->engines_off = true;
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_RENDER), 0);
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_VIDEO), 1);
    for (unsigned i = 0; i < jobs; i++) {
        cr_assert_geq(vf_submit(peer->vf, 0, &job), 1);
        cr_assert_geq(vf_submit(peer->vf, 1, &job), 1);
    }
    hal_delay(peer->hal, HAL_NS_PER_MS);
}

static void settle(struct peer *peer)
{
    hal_delay(peer->hal, SHORT_NS);
}

static void expect_jobs_done(struct peer *peer, unsigned jobs)
{
    peer->engines_off = false;
    peer_run_engines(peer);
    for (unsigned queue = 0; queue < 2; queue++) {
        int ret = vf_wait(peer->vf, queue, jobs, WAIT_NS);

        cr_expect_eq(ret, 0, "queue %u: %d", queue, ret);
    }
    cr_expect_eq(vf_result(peer->vf, 3), 2 * 5 * jobs, "each job once: %u", vf_result(peer->vf, 3));
    cr_expect_null(vf_wedged(peer->vf), "wedged: %s", vf_wedged(peer->vf));
}

static unsigned steps(struct peer *peer, const char *step, unsigned gt)
{
    char line[64];

    (void)snprintf(line, sizeof(line), "step=%s gt=%u", step, gt);
    return fake_trace_count(peer->hal, line);
}

/* ---- the way it should go ---------------------------------------------------------------------- */

static void moves_program(void *arg)
{
    static const char *const names[] = {"irq",         "start",   "resfix_start", "query", "fixups",
                                        "fixups_done", "restart", "resfix_done",  "ended"};
    struct peer *peer = arg;

    start_jobs(peer, 20);
    peer_migrate(peer, BASE_2, false);
    settle(peer);
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        cr_expect_eq(steps(peer, names[i], 0), 1, "%s", names[i]);
        cr_expect_eq(steps(peer, names[i], 1), 1, "%s", names[i]);
    }
    cr_expect_eq(vf_ggtt_start(peer->vf), BASE_2);
    cr_expect_eq(vf_recovery_count(peer->vf, 0), 1);
    cr_expect(!vf_recovery_pending(peer->vf));
    expect_jobs_done(peer, 20);
}

Test(vf_recovery, jobs_survive_a_move_up)
{
    run(moves_program);
}

static void two_moves_program(void *arg)
{
    struct peer *peer = arg;

    start_jobs(peer, 5);
    peer_migrate(peer, BASE_3, false);
    settle(peer);
    peer_migrate(peer, BASE_2, false);
    settle(peer);
    peer_migrate(peer, BASE_2, false);
    settle(peer);
    cr_expect_eq(vf_recovery_count(peer->vf, 1), 3);
    expect_jobs_done(peer, 5);
}

Test(vf_recovery, moves_down_up_and_to_the_same_place)
{
    run(two_moves_program);
}

static void order_program(void *arg)
{
    static const uint32_t keys[] = {1, 2, 4, 6, 0x3001, 0x3000};
    struct peer *peer = arg;
    const struct peer_message *messages;

    start_jobs(peer, 1);
    messages = &peer->mailbox_log[peer->mailbox_count];
    peer_migrate(peer, BASE_2, false);
    settle(peer);
    for (unsigned gt = 0; gt < 2; gt++) {
        cr_expect_eq(messages[8 * gt].dw[0], 0x0001550f, "GT %u %08x", gt, messages[8 * gt].dw[0]);
        for (unsigned i = 0; i < ARRAY_SIZE(keys); i++) {
            cr_expect_eq(messages[8 * gt + 1 + i].dw[0] & 0xffff, QUERY);
            cr_expect_eq(messages[8 * gt + 1 + i].dw[1], keys[i]);
        }
        cr_expect_eq(messages[8 * gt + 7].dw[0], 0x00015508);
        cr_expect_eq(messages[8 * gt + 7].gt, gt, "media after main");
    }
    cr_expect_eq(&peer->mailbox_log[peer->mailbox_count] - messages, 16);
}

Test(vf_recovery, start_queries_done_on_main_and_then_on_media)
{
    run(order_program);
}

static void kickstart_program(void *arg)
{
    struct peer *peer = arg;
    unsigned before;

    start_jobs(peer, 8);
    before = peer->h2g_count;
    peer_migrate(peer, BASE_2, false);
    settle(peer);
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
    run(kickstart_program);
}

/* ---- fixups ------------------------------------------------------------------------------------- */

static void image_program(void *arg)
{
    static const uint32_t pointers[] = {CTX_RING_START, CTX_BB_PER_CTX_PTR, CTX_INT_MASK_ENABLE_PTR,
                                        CTX_INT_STATUS_REPORT_PTR, CTX_INT_SRC_REPORT_PTR};
    uint32_t before[ARRAY_SIZE(pointers)];
    struct peer *peer = arg;

    start_jobs(peer, 3);
    for (unsigned i = 0; i < ARRAY_SIZE(pointers); i++) {
        before[i] = *peer_state(peer, 0, 0, pointers[i]);
    }
    *peer_state(peer, 0, 0, CTX_RING_HEAD) = 64;
    peer_migrate(peer, BASE_2, false);
    settle(peer);
    for (unsigned i = 0; i < ARRAY_SIZE(pointers); i++) {
        uint32_t now = *peer_state(peer, 0, 0, pointers[i]);

        cr_expect_eq(now - before[i], 0x10000000, "dword %x: %x, was %x", pointers[i], now,
                     before[i]);
    }
    cr_expect_eq(*peer_state(peer, 0, 0, CTX_RING_HEAD), 64, "HEAD does not move");
}

Test(vf_recovery, context_images_point_to_the_new_range)
{
    run(image_program);
}

static void words_program(void *arg)
{
    uint32_t before[32];
    struct peer *peer = arg;
    uint32_t ring;

    start_jobs(peer, 2);
    ring = *peer_state(peer, 1, 0, CTX_RING_START);
    for (unsigned i = 0; i < ARRAY_SIZE(before); i++) {
        before[i] = *peer_memory(peer, ring + 4 * i);
    }
    peer_migrate(peer, BASE_2, false);
    settle(peer);
    ring = *peer_state(peer, 1, 0, CTX_RING_START);
    for (unsigned i = 0; i < ARRAY_SIZE(before); i++) {
        bool addr = i == 2 || i == 6 || i == 10;
        uint32_t by = *peer_memory(peer, ring + 4 * i) - before[i];

        cr_expect_eq(by, addr ? 0x10000000 : 0, "dword %u by %x", i, by);
    }
}

Test(vf_recovery, jobs_are_written_again_in_place_with_new_addresses)
{
    run(words_program);
}

/* The engine stops after n commands of a job, everywhere in ring and batch, and goes on after the
 * move. */
static void preempted_program(void *arg)
{
    struct peer *peer = arg;
    unsigned budget = peer->counter;

    start_jobs(peer, 3);
    peer->engines_off = false;
    peer->command_budget = budget;
    peer_run_engines(peer);
    peer->engines_off = true;
    peer->command_budget = ~0u;
    peer_migrate(peer, BASE_2, false);
    settle(peer);
    expect_jobs_done(peer, 3);
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

    start_jobs(peer, 1);
    *peer_state(peer, 0, 0, CTX_BB_HEAD) = 0x40000000 | CTX_BB_HEAD_VALID;
    peer_migrate(peer, BASE_2, false);
    settle(peer);
    cr_expect_eq(*peer_state(peer, 0, 0, CTX_BB_HEAD), 0x40000000 | CTX_BB_HEAD_VALID);
    cr_expect_eq(fake_trace_count(peer->hal, "batch head outside"), 1);
}

Test(vf_recovery, a_batch_head_out_of_our_range_is_told_and_left)
{
    run(foreign_batch_program);
}

/* ---- submission across the move -------------------------------------------------------------------- */

static void queued_meanwhile_program(void *arg)
{
    struct peer *peer = arg;
    unsigned before;

    start_jobs(peer, 4);
    vf_recovery_hold(peer->vf, VF_HOLD_BEFORE_RESTART);
    before = peer->h2g_count;
    peer_migrate(peer, BASE_2, true);
    peer_post_migrated(peer, 0);
    peer_post_migrated(peer, 1);
    for (unsigned i = 0; i < 4; i++) {
        cr_expect_geq(vf_submit(peer->vf, 0, &job), 1);
        cr_expect_geq(vf_submit(peer->vf, 1, &job), 1);
    }
    settle(peer);
    cr_expect(vf_recovery_pending(peer->vf));
    cr_expect_eq(peer->h2g_count, before);
    cr_expect_eq(steps(peer, "restart", 0), 0);
    vf_recovery_hold(peer->vf, 0);
    settle(peer);
    expect_jobs_done(peer, 8);
}

Test(vf_recovery, jobs_put_in_while_it_runs_are_sent_by_kickstart)
{
    run(queued_meanwhile_program);
}

static void lost_enable_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    peer->engines_off = true;
    peer->no_mode_done = true;
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_RENDER), 0);
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_VIDEO), 1);
    cr_assert_eq(vf_submit(peer->vf, 0, &job), 1);
    cr_assert_eq(vf_submit(peer->vf, 1, &job), 1);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    peer->no_mode_done = false;
    peer_migrate(peer, BASE_2, false);
    settle(peer);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_REGISTER_CONTEXT), 2);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), 2);
    expect_jobs_done(peer, 1);
    cr_expect_eq(vf_queue_destroy(peer->vf, 0), 0);
}

Test(vf_recovery, an_enable_without_answer_is_registered_and_sent_again)
{
    run(lost_enable_program);
}

static void migrate_from_2(void *arg)
{
    struct peer *peer = arg;

    peer->no_mode_done = false;
    peer_migrate(peer, BASE_2, false);
}

static void lost_disable_program(void *arg)
{
    struct peer *peer = arg;

    start_jobs(peer, 1);
    peer->no_mode_done = true;
    fake_at(peer->hal, HAL_NS_PER_MS, migrate_from_2, peer);
    cr_expect_eq(vf_queue_destroy(peer->vf, 0), 0);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), 3);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_DEREGISTER_CONTEXT), 1);
    cr_expect_null(vf_wedged(peer->vf));
}

Test(vf_recovery, a_disable_without_answer_is_replayed)
{
    run(lost_disable_program);
}

static void create_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    fake_at(peer->hal, 500, migrate_from_2, peer);
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_RENDER), 0);
    cr_expect_eq(vf_ggtt_start(peer->vf), BASE_2, "moved during creation");
    cr_assert_eq(vf_submit(peer->vf, 0, &job), 1);
    cr_expect_eq(vf_wait(peer->vf, 0, 1, WAIT_NS), 0);
    cr_expect_eq(vf_result(peer->vf, 3), 5);
}

Test(vf_recovery, a_queue_created_meanwhile_is_built_for_the_new_range)
{
    run(create_program);
}

/* ---- a second migration ------------------------------------------------------------------------------ */

static void second_program(void *arg)
{
    struct peer *peer = arg;
    unsigned hold = peer->counter;

    start_jobs(peer, 6);
    vf_recovery_hold(peer->vf, hold);
    peer_migrate(peer, BASE_2, false);
    settle(peer);
    peer_migrate(peer, BASE_3, false);
    settle(peer);
    vf_recovery_hold(peer->vf, 0);
    settle(peer);
    cr_expect_eq(peer->gts[0].resfix_done, 1, "hold %u: %u DONE accepted", hold,
                 peer->gts[0].resfix_done);
    cr_expect_eq(vf_ggtt_start(peer->vf), BASE_3);
    expect_jobs_done(peer, 6);
}

Test(vf_recovery, a_second_migration_at_each_step_ends_well)
{
    for (unsigned hold = VF_HOLD_BEFORE_RESFIX_START; hold <= VF_HOLD_BEFORE_RESFIX_DONE;
         hold *= 2) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));

        peer->counter = hold;
        peer_run(peer, second_program);
        peer_destroy(peer);
    }
}

static void stale_marker_program(void *arg)
{
    struct peer *peer = arg;

    start_jobs(peer, 2);
    vf_recovery_hold(peer->vf, VF_HOLD_BEFORE_RESFIX_DONE);
    peer_migrate(peer, BASE_2, false);
    settle(peer);
    /* The interrupt of the second one is lost: only the marker tells. */
    peer_migrate(peer, BASE_3, true);
    vf_recovery_hold(peer->vf, 0);
    settle(peer);
    cr_expect_eq(steps(peer, "requeued", 0), 1);
    cr_expect_eq(peer_count_mailbox(peer, 0, START), 2);
    for (unsigned i = peer->mailbox_count; i-- > 0;) {
        if (peer->mailbox_log[i].gt == 0 && (peer->mailbox_log[i].dw[0] & 0xffff) == DONE) {
            cr_expect_eq(peer->mailbox_log[i].dw[0], 0x00025508, "new marker");
            break;
        }
    }
    cr_expect_eq(vf_ggtt_start(peer->vf), BASE_3);
}

Test(vf_recovery, a_refused_marker_queues_another_run_with_the_next)
{
    run(stale_marker_program);
}

static void coalesced_program(void *arg)
{
    struct peer *peer = arg;

    start_jobs(peer, 2);
    vf_recovery_hold(peer->vf, VF_HOLD_BEFORE_RESFIX_START);
    peer_migrate(peer, BASE_2, false);
    settle(peer);
    peer_post_migrated(peer, 0);
    settle(peer);
    vf_recovery_hold(peer->vf, 0);
    settle(peer);
    cr_expect_eq(peer_count_mailbox(peer, 0, START), 1);
    cr_expect_eq(vf_recovery_count(peer->vf, 0), 1);
}

Test(vf_recovery, a_second_interrupt_before_start_is_the_same_recovery)
{
    run(coalesced_program);
}

static void many_program(void *arg)
{
    struct peer *peer = arg;
    uint32_t newest = 0;

    start_jobs(peer, 1);
    for (unsigned i = 0; i < 257; i++) {
        peer_migrate(peer, i % 2 ? BASE_2 : BASE_3, false);
        settle(peer);
        if (i >= 255) {
            newest = newest << 16 | (peer->mailbox_log[peer->mailbox_count - 1].dw[0] >> 16);
        }
        peer->mailbox_count = 0;
        peer->h2g_count = 0;
    }
    cr_expect_eq(newest, 0x01000001, "markers of runs 256 and 257: %08x", newest);
    expect_jobs_done(peer, 1);
}

Test(vf_recovery, the_marker_goes_from_256_to_1)
{
    run(many_program);
}

static void held_program(void *arg)
{
    static const char *const next[] = {"resfix_start", "query", "restart", "resfix_done"};
    struct peer *peer = arg;

    start_jobs(peer, 1);
    vf_recovery_hold(peer->vf, 15);
    peer_migrate(peer, BASE_2, false);
    for (unsigned i = 0; i < ARRAY_SIZE(next); i++) {
        settle(peer);
        cr_expect_eq(steps(peer, next[i], 0), 0, "held before %s", next[i]);
        vf_recovery_hold(peer->vf, 15u & ~((2u << i) - 1));
        settle(peer);
        cr_expect_eq(steps(peer, next[i], 0), 1, "released to %s", next[i]);
    }
    cr_expect_eq(vf_recovery_count(peer->vf, 1), 1);
}

Test(vf_recovery, each_hold_stops_it_until_cleared)
{
    run(held_program);
}

/* ---- the end of a device ------------------------------------------------------------------------------ */

static void waiter_program(void *arg)
{
    struct peer *peer = arg;

    peer->counter = (unsigned)-vf_wait(peer->vf, 0, 1, HAL_FOREVER);
}

static void expect_wedged(struct peer *peer, const char *reason)
{
    hal_spawn(peer->hal, "waiter", waiter_program, peer);
    peer_migrate(peer, BASE_2, false);
    settle(peer);
    cr_expect_str_eq(vf_wedged(peer->vf), reason);
    cr_expect_eq(peer->counter, ECANCELED, "waiter got %u", peer->counter);
    cr_expect_eq(vf_submit(peer->vf, 0, &job), -ECANCELED);
    cr_expect_eq(steps(peer, "wedged", 0), 1);
    cr_expect(!vf_recovery_pending(peer->vf));
    vf_remove(peer->vf);
}

static void size_program(void *arg)
{
    struct peer *peer = arg;

    start_jobs(peer, 1);
    peer->ggtt_size /= 2;
    expect_wedged(peer, "GGTT size changed");
}

Test(vf_recovery, another_ggtt_size_wedges)
{
    run(size_program);
}

static void contexts_program(void *arg)
{
    struct peer *peer = arg;

    start_jobs(peer, 1);
    peer->num_contexts--;
    expect_wedged(peer, "number of contexts changed");
}

Test(vf_recovery, another_number_of_contexts_wedges)
{
    run(contexts_program);
}

static void doorbells_program(void *arg)
{
    struct peer *peer = arg;

    start_jobs(peer, 1);
    peer->num_doorbells++;
    expect_wedged(peer, "number of doorbells changed");
}

Test(vf_recovery, another_number_of_doorbells_wedges)
{
    run(doorbells_program);
}

static bool refuse_start(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply)
{
    (void)peer;
    (void)gt;
    reply[0] = FAILURE | 0xa;
    return (request[0] & 0xffff) == START;
}

static void refused_program(void *arg)
{
    struct peer *peer = arg;

    start_jobs(peer, 1);
    peer->answer = refuse_start;
    expect_wedged(peer, "RESFIX_START refused");
}

Test(vf_recovery, a_refused_start_wedges)
{
    run(refused_program);
}

static bool fail_done(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply)
{
    (void)peer;
    (void)gt;
    reply[0] = FAILURE | 0x41;
    return (request[0] & 0xffff) == DONE;
}

static void failed_done_program(void *arg)
{
    struct peer *peer = arg;

    start_jobs(peer, 1);
    peer->answer = fail_done;
    expect_wedged(peer, "RESFIX_DONE failed");
}

Test(vf_recovery, a_failed_done_wedges)
{
    run(failed_done_program);
}

static void late_duplicate_program(void *arg)
{
    struct peer *peer = arg;

    start_jobs(peer, 1);
    peer_migrate(peer, BASE_2, false);
    settle(peer);
    peer_post_migrated(peer, 0);
    settle(peer);
    cr_expect_str_eq(vf_wedged(peer->vf), "RESFIX_START refused");
}

Test(vf_recovery, a_duplicate_interrupt_after_the_end_wedges)
{
    run(late_duplicate_program);
}
