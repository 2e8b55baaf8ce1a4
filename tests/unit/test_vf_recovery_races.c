/* SPDX-License-Identifier: MIT */
/* Recovery of the VF driver when the GTs do not report alike, and when something was under way. */
#include <criterion/criterion.h>
#include <errno.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"
#include "tests/unit/vf_recovery_scene.h"

#define START    GUC_ACTION_VF2GUC_RESFIX_START
#define DONE     GUC_ACTION_VF2GUC_RESFIX_DONE
#define MIGRATED 0xe0000107u

/* ---- GTs that differ ------------------------------------------------------------------------- */

static bool refuse_media_done(struct peer *peer, unsigned gt, const uint32_t *request,
                              uint32_t *reply)
{
    if (gt != 1 || (request[0] & 0xffff) != DONE || peer->counter++) {
        return false;
    }
    reply[0] = MIGRATED;
    return true;
}

static void media_refused_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 3);
    peer->answer = refuse_media_done;
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    cr_expect_eq(scene_steps(peer, "requeued", 0), 0);
    cr_expect_eq(scene_steps(peer, "requeued", 1), 1);
    cr_expect_eq(peer_count_mailbox(peer, 0, START), 1, "the main GT is through");
    cr_expect_eq(peer_count_mailbox(peer, 1, START), 2);
    cr_expect_eq(vf_recovery_count(peer->vf, 1), 1);
    scene_expect_jobs_done(peer, 3);
}

Test(vf_recovery_races, a_refused_marker_of_the_media_gt_repeats_its_recovery_alone)
{
    scene_run(PEER_ABI(1, 27), media_refused_program);
}

static void media_first_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 3);
    peer_migrate(peer, SCENE_BASE_2, true);
    peer_post_migrated(peer, 1);
    hal_delay(peer->hal, peer->counter * HAL_NS_PER_US);
    peer_post_migrated(peer, 0);
    scene_settle(peer);
    cr_expect_eq(vf_ggtt_start(peer->vf), SCENE_BASE_2, "moved once");
    for (unsigned gt = 0; gt < PEER_GTS; gt++) {
        cr_expect_eq(vf_recovery_count(peer->vf, gt), 1, "GT %u, %u us", gt, peer->counter);
    }
    scene_expect_jobs_done(peer, 3);
}

Test(vf_recovery_races, interrupt_of_the_media_gt_may_come_first)
{
    for (unsigned us = 0; us <= 20; us += 2) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));

        peer->counter = us;
        peer_run(peer, media_first_program);
        peer_destroy(peer);
    }
}

/* Both interrupts of one migration, the second when START has been taken: the run is repeated,
 * and its START meets a GuC that still waits. */
static void duplicate_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 3);
    vf_recovery_hold(peer->vf, VF_HOLD_BEFORE_FIXUPS);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    cr_assert_eq(peer_count_mailbox(peer, 0, START), 1);
    peer_post_migrated(peer, 0);
    vf_recovery_hold(peer->vf, 0);
    scene_settle(peer);
    /* The first DONE let the GuC run: the second START is refused, as the documents warn. */
    cr_expect_eq(peer_count_mailbox(peer, 0, START), 2);
    cr_expect_str_eq(vf_wedged(peer->vf), "RESFIX_START refused");
}

Test(vf_recovery_races, second_interrupt_of_one_migration_after_start_is_the_known_risk)
{
    scene_run(PEER_ABI(1, 27), duplicate_program);
}

/* ---- what was under way ---------------------------------------------------------------------- */

static void creator_program(void *arg)
{
    struct peer *peer = arg;
    uint64_t begin = hal_now(peer->hal);

    peer->result = vf_queue_create(peer->vf, VF_ENGINE_COPY);
    peer->waited_ns = hal_now(peer->hal) - begin;
}

/* A new queue's GGTT entries are told by TLB_INVALIDATION, which a GuC that pauses never reads. */
static void tlb_program(void *arg)
{
    struct peer *peer = arg;
    unsigned asked;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 2);
    peer->gts[0].blocked = true;
    asked = peer_count_h2g(peer, 0, XE_GUC_ACTION_TLB_INVALIDATION);
    hal_spawn(peer->hal, "creator", creator_program, peer);
    scene_settle(peer);
    cr_expect_eq(peer->waited_ns, 0, "it waits");
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_TLB_INVALIDATION), asked);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    cr_expect_eq(peer->result, 2, "%d", peer->result);
    cr_expect_lt(peer->waited_ns, 50 * HAL_NS_PER_MS, "recovery answers in the GuC's place");
    scene_expect_jobs_done(peer, 2);
}

Test(vf_recovery_races, tlb_invalidation_under_way_is_completed_by_recovery)
{
    scene_run(PEER_ABI(1, 27), tlb_program);
}
