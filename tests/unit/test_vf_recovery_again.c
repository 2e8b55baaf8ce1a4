/* SPDX-License-Identifier: MIT */
/* Recovery of the VF driver when more than one migration or interrupt comes, when it is held, and
 * when it cannot succeed. */
#include <criterion/criterion.h>
#include <errno.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"
#include "tests/unit/vf_recovery_scene.h"

#define START   GUC_ACTION_VF2GUC_RESFIX_START
#define DONE    GUC_ACTION_VF2GUC_RESFIX_DONE
#define FAILURE 0xe0000000u

/* ---- a second migration ---------------------------------------------------------------------- */

static void second_program(void *arg)
{
    struct peer *peer = arg;
    unsigned hold = peer->counter;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 6);
    vf_recovery_hold(peer->vf, hold);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    peer_migrate(peer, SCENE_BASE_3, false);
    scene_settle(peer);
    vf_recovery_hold(peer->vf, 0);
    scene_settle(peer);
    cr_expect_eq(peer->gts[0].resfix_done, 1, "hold %u: %u DONE accepted", hold,
                 peer->gts[0].resfix_done);
    cr_expect_eq(vf_ggtt_start(peer->vf), SCENE_BASE_3);
    scene_expect_jobs_done(peer, 6);
}

Test(vf_recovery_again, a_second_migration_at_each_step_ends_well)
{
    for (unsigned hold = VF_HOLD_BEFORE_RESFIX_START; hold <= VF_HOLD_SENDING_RESFIX_DONE;
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

    scene_start_jobs(peer, VF_ENGINE_RENDER, 2);
    vf_recovery_hold(peer->vf, VF_HOLD_BEFORE_RESFIX_DONE);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    /* The interrupt of the second one is lost: only the marker tells. */
    peer_migrate(peer, SCENE_BASE_3, true);
    vf_recovery_hold(peer->vf, 0);
    scene_settle(peer);
    cr_expect_eq(scene_steps(peer, "requeued", 0), 1);
    cr_expect_eq(peer_count_mailbox(peer, 0, START), 2);
    for (unsigned i = peer->mailbox_count; i-- > 0;) {
        if (peer->mailbox_log[i].gt == 0 && (peer->mailbox_log[i].dw[0] & 0xffff) == DONE) {
            cr_expect_eq(peer->mailbox_log[i].dw[0], 0x00025508, "new marker");
            break;
        }
    }
    cr_expect_eq(vf_ggtt_start(peer->vf), SCENE_BASE_3);
}

Test(vf_recovery_again, a_refused_marker_queues_another_run_with_the_next)
{
    scene_run(PEER_ABI(1, 27), stale_marker_program);
}

static void coalesced_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 2);
    vf_recovery_hold(peer->vf, VF_HOLD_BEFORE_RESFIX_START);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    peer_post_migrated(peer, 0);
    scene_settle(peer);
    vf_recovery_hold(peer->vf, 0);
    scene_settle(peer);
    cr_expect_eq(peer_count_mailbox(peer, 0, START), 1);
    cr_expect_eq(vf_recovery_count(peer->vf, 0), 1);
}

Test(vf_recovery_again, a_second_interrupt_before_start_is_the_same_recovery)
{
    scene_run(PEER_ABI(1, 27), coalesced_program);
}

static void many_program(void *arg)
{
    struct peer *peer = arg;
    uint32_t newest = 0;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    for (unsigned i = 0; i < 257; i++) {
        peer_migrate(peer, i % 2 ? SCENE_BASE_2 : SCENE_BASE_3, false);
        scene_settle(peer);
        if (i >= 255) {
            newest = newest << 16 | (peer->mailbox_log[peer->mailbox_count - 1].dw[0] >> 16);
        }
        peer->mailbox_count = 0;
        peer->h2g_count = 0;
    }
    cr_expect_eq(newest, 0x01000001, "markers of runs 256 and 257: %08x", newest);
    scene_expect_jobs_done(peer, 1);
}

Test(vf_recovery_again, the_marker_goes_from_256_to_1)
{
    scene_run(PEER_ABI(1, 27), many_program);
}

static void held_program(void *arg)
{
    static const char *const next[] = {"resfix_start", "query", "restart", "resfix_done"};
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    vf_recovery_hold(peer->vf, 15);
    peer_migrate(peer, SCENE_BASE_2, false);
    for (unsigned i = 0; i < ARRAY_SIZE(next); i++) {
        scene_settle(peer);
        cr_expect_eq(scene_steps(peer, next[i], 0), 0, "held before %s", next[i]);
        vf_recovery_hold(peer->vf, 15u & ~((2u << i) - 1));
        scene_settle(peer);
        cr_expect_eq(scene_steps(peer, next[i], 0), 1, "released to %s", next[i]);
    }
    cr_expect_eq(vf_recovery_count(peer->vf, 1), 1);
}

Test(vf_recovery_again, each_hold_stops_it_until_cleared)
{
    scene_run(PEER_ABI(1, 27), held_program);
}

static void long_held_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 4);
    vf_recovery_hold(peer->vf, VF_HOLD_BEFORE_RESTART);
    peer_migrate(peer, SCENE_BASE_2, false);
    hal_delay(peer->hal, 20 * HAL_NS_PER_S);
    cr_expect_null(vf_wedged(peer->vf));
    cr_expect_eq(vf_reset_count(peer->vf, 0), 0);
    vf_recovery_hold(peer->vf, 0);
    scene_settle(peer);
    scene_expect_jobs_done(peer, 4);
}

Test(vf_recovery_again, jobs_and_requests_do_not_time_out_while_it_runs)
{
    scene_run(PEER_ABI(1, 27), long_held_program);
}

/* ---- the end of a device --------------------------------------------------------------------- */

static void waiter_program(void *arg)
{
    struct peer *peer = arg;

    peer->counter = (unsigned)-vf_wait(peer->vf, 0, 1, HAL_FOREVER);
}

static void expect_wedged(struct peer *peer, const char *reason)
{
    hal_spawn(peer->hal, "waiter", waiter_program, peer);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    cr_expect_str_eq(vf_wedged(peer->vf), reason);
    cr_expect_eq(peer->counter, ECANCELED, "waiter got %u", peer->counter);
    cr_expect_eq(vf_submit(peer->vf, 0, &scene_job), -ECANCELED);
    cr_expect_eq(scene_steps(peer, "wedged", 0), 1);
    cr_expect(!vf_recovery_pending(peer->vf));
    vf_remove(peer->vf);
}

static void size_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    peer->ggtt_size /= 2;
    expect_wedged(peer, "GGTT size changed");
}

Test(vf_recovery_again, another_ggtt_size_wedges)
{
    scene_run(PEER_ABI(1, 27), size_program);
}

static void contexts_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    peer->num_contexts--;
    expect_wedged(peer, "number of contexts changed");
}

Test(vf_recovery_again, another_number_of_contexts_wedges)
{
    scene_run(PEER_ABI(1, 27), contexts_program);
}

static void doorbells_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    peer->num_doorbells++;
    expect_wedged(peer, "number of doorbells changed");
}

Test(vf_recovery_again, another_number_of_doorbells_wedges)
{
    scene_run(PEER_ABI(1, 27), doorbells_program);
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

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    peer->answer = refuse_start;
    expect_wedged(peer, "RESFIX_START refused");
}

Test(vf_recovery_again, a_refused_start_wedges)
{
    scene_run(PEER_ABI(1, 27), refused_program);
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

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    peer->answer = fail_done;
    expect_wedged(peer, "RESFIX_DONE failed");
}

Test(vf_recovery_again, a_failed_done_wedges)
{
    scene_run(PEER_ABI(1, 27), failed_done_program);
}

static void late_duplicate_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    peer_post_migrated(peer, 0);
    scene_settle(peer);
    cr_expect_str_eq(vf_wedged(peer->vf), "RESFIX_START refused");
}

Test(vf_recovery_again, a_duplicate_interrupt_after_the_end_wedges)
{
    scene_run(PEER_ABI(1, 27), late_duplicate_program);
}
