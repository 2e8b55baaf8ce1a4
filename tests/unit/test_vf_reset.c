/* SPDX-License-Identifier: MIT */
/* Reset of a GT by the VF driver after its channel died: what it says to the GuC, what becomes of
 * the jobs, and when it gives up. */
#include <criterion/criterion.h>
#include <errno.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "host/abi/xe_lrc_layout.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"
#include "tests/unit/vf_recovery_scene.h"

#define RESET   GUC_ACTION_VF2GUC_VF_RESET
#define MATCH   GUC_ACTION_VF2GUC_MATCH_VERSION
#define SELF    GUC_ACTION_HOST2GUC_SELF_CFG
#define CTB     GUC_ACTION_HOST2GUC_CONTROL_CTB
#define REGS    XE_GUC_ACTION_REGISTER_CONTEXT
#define FAILURE 0xe0000000u
#define JOBS    6u

/* A ring has no use for BUSY: the channel is dead. */
static void kill_channel(struct peer *peer, unsigned gt)
{
    const uint32_t busy = 0xb0000000;

    peer_send_g2h(peer, gt, &busy, 1);
}

static void kill_later(void *arg)
{
    kill_channel(arg, 0);
}

/* ---- the way it should go -------------------------------------------------------------------- */

static void unfinished_jobs_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, JOBS);
    kill_channel(peer, 0);
    scene_settle(peer);
    cr_expect_eq(vf_reset_count(peer->vf, 0), 1);
    cr_expect_eq(vf_reset_count(peer->vf, 1), 0);
    cr_expect_eq(scene_steps(peer, "gt_reset", 0), 1);
    cr_expect_eq(scene_steps(peer, "gt_reset_ended", 0), 1);
    cr_expect_eq(peer_count_h2g(peer, 0, REGS), 2, "registered again");
    cr_expect_eq(peer_count_h2g(peer, 1, REGS), 1, "the other GT is left alone");
    cr_expect_eq(peer_count_mailbox(peer, 1, RESET), 4);
    scene_expect_jobs_done(peer, JOBS);
}

Test(vf_reset, jobs_that_had_not_begun_run_after_it)
{
    scene_run(PEER_ABI(1, 27), unfinished_jobs_program);
}

static void order_program(void *arg)
{
    static const uint32_t order[] = {RESET, RESET, MATCH, RESET, MATCH, SELF, SELF,
                                     SELF,  SELF,  SELF,  SELF,  SELF,  SELF, CTB};
    static const uint32_t rings[] = {
        XE_GUC_ACTION_VF2GUC_RELAY_TO_PF, XE_GUC_ACTION_OPT_IN_FEATURE_KLV,
        XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV, XE_GUC_ACTION_TLB_INVALIDATION};
    struct peer *peer = arg;
    unsigned mailbox, h2g;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    mailbox = peer->mailbox_count;
    h2g = peer->h2g_count;
    kill_channel(peer, 0);
    scene_settle(peer);
    cr_expect_eq(peer->mailbox_count - mailbox, ARRAY_SIZE(order));
    for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
        uint32_t action = peer->mailbox_log[mailbox + i].dw[0] & 0xffff;

        cr_expect_eq(action, order[i], "message %u is %x", i, action);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(rings); i++) {
        uint32_t action = peer->h2g_log[h2g + i].dw[0] & 0xffff;

        cr_expect_eq(action, rings[i], "ring message %u is %x", i, action);
    }
}

Test(vf_reset, messages_come_in_the_order_of_the_linux_driver)
{
    scene_run(PEER_ABI(1, 27), order_program);
}

static void finished_jobs_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, JOBS);
    peer->engines_off = false;
    peer_run_engines(peer);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    peer->engines_off = true;
    cr_assert_eq(vf_submit(peer->vf, 0, &scene_job), JOBS + 1);
    cr_assert_eq(vf_submit(peer->vf, 1, &scene_job), JOBS + 1);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    kill_channel(peer, 0);
    scene_settle(peer);
    cr_expect_eq(*peer_state(peer, 0, 0, CTX_RING_HEAD), JOBS * 128);
    cr_expect_eq(*peer_state(peer, 0, 0, CTX_RING_TAIL), (JOBS + 1) * 128);
    scene_expect_jobs_done(peer, JOBS + 1);
}

Test(vf_reset, finished_jobs_are_not_run_again)
{
    scene_run(PEER_ABI(1, 27), finished_jobs_program);
}

static void begun_job_program(void *arg)
{
    struct peer *peer = arg;
    int other;

    scene_start_jobs(peer, VF_ENGINE_RENDER, JOBS);
    other = vf_queue_create(peer->vf, VF_ENGINE_COPY);
    cr_assert_eq(other, 2);
    peer->engines_off = false;
    peer->command_budget = 4; /* of the first job */
    peer_run_engines(peer);
    peer->engines_off = true;
    peer->command_budget = ~0u;
    cr_assert_eq(vf_submit(peer->vf, 2, &scene_job), 1);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    kill_channel(peer, 0);
    scene_settle(peer);
    cr_expect_eq(vf_wait(peer->vf, 0, 1, SCENE_WAIT_NS), -EIO);
    cr_expect_eq(vf_submit(peer->vf, 0, &scene_job), -EIO);
    peer->engines_off = false;
    peer_run_engines(peer);
    cr_expect_eq(vf_wait(peer->vf, 2, 1, SCENE_WAIT_NS), 0, "another queue's job runs");
    cr_expect_eq(vf_queue_destroy(peer->vf, 0), 0);
    cr_expect_eq(vf_queue_create(peer->vf, VF_ENGINE_RENDER), 0);
    cr_expect_eq(vf_submit(peer->vf, 0, &scene_job), 1);
    cr_expect_eq(vf_wait(peer->vf, 0, 1, SCENE_WAIT_NS), 0, "and so does a new queue's");
}

Test(vf_reset, a_job_that_had_begun_fails_its_queue_alone)
{
    scene_run(PEER_ABI(1, 27), begun_job_program);
}

static void both_gts_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_COPY, JOBS);
    kill_channel(peer, 0);
    kill_channel(peer, 1);
    scene_settle(peer);
    cr_expect_eq(vf_reset_count(peer->vf, 0), 1);
    cr_expect_eq(vf_reset_count(peer->vf, 1), 1);
    scene_expect_jobs_done(peer, JOBS);
}

Test(vf_reset, both_gts_can_be_reset_at_once)
{
    scene_run(PEER_ABI(1, 27), both_gts_program);
    scene_run(PEER_ABI(1, 26), both_gts_program);
}

static void dead_send_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    *peer_memory(peer, peer->gts[0].h2g_desc + 8) = 1; /* STATUS */
    cr_assert_eq(vf_submit(peer->vf, 0, &scene_job), 2);
    cr_assert_eq(vf_submit(peer->vf, 1, &scene_job), 2);
    scene_settle(peer);
    cr_expect_eq(vf_reset_count(peer->vf, 0), 1);
    scene_expect_jobs_done(peer, 2);
}

Test(vf_reset, a_ring_that_refuses_what_we_send_is_one_reason)
{
    scene_run(PEER_ABI(1, 27), dead_send_program);
}

static void lost_disable_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    peer->no_mode_done = true;
    fake_at(peer->hal, HAL_NS_PER_MS, kill_later, peer);
    cr_expect_eq(vf_queue_destroy(peer->vf, 0), 0, "the GuC has forgotten it");
    cr_expect_null(vf_wedged(peer->vf));
}

Test(vf_reset, a_queue_being_destroyed_is_gone_after_it)
{
    scene_run(PEER_ABI(1, 27), lost_disable_program);
}

/* ---- when it gives up ------------------------------------------------------------------------ */

static void expect_wedged(struct peer *peer)
{
    cr_expect_not_null(vf_wedged(peer->vf));
    cr_expect_eq(vf_wait(peer->vf, 0, 1, SCENE_WAIT_NS), -ECANCELED);
    cr_expect_eq(vf_submit(peer->vf, 0, &scene_job), -ECANCELED);
    cr_expect_eq(scene_steps(peer, "wedged", 0), 1);
}

static bool refuse_reset(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply)
{
    (void)peer;
    reply[0] = FAILURE | 0x41;
    return gt == 0 && (request[0] & 0xffff) == RESET;
}

static bool another_version(struct peer *peer, unsigned gt, const uint32_t *request,
                            uint32_t *reply)
{
    reply[0] = 0xf0000000;
    reply[1] = peer->abi + 0x100;
    return gt == 0 && (request[0] & 0xffff) == MATCH;
}

static bool no_rings(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply)
{
    (void)peer;
    reply[0] = FAILURE | 0x303;
    return gt == 0 && (request[0] & 0xffff) == CTB;
}

static bool (*const refusals[])(struct peer *peer, unsigned gt, const uint32_t *request,
                                uint32_t *reply) = {refuse_reset, another_version, no_rings};

static void refused_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    peer->answer = refusals[peer->counter];
    kill_channel(peer, 0);
    scene_settle(peer);
    expect_wedged(peer);
    cr_expect_eq(vf_reset_count(peer->vf, 0), 0);
}

Test(vf_reset, a_guc_that_refuses_wedges_the_device)
{
    for (unsigned i = 0; i < ARRAY_SIZE(refusals); i++) {
        struct peer *peer = peer_create(PEER_ABI(1, 27));

        peer->counter = i;
        peer_run(peer, refused_program);
        peer_destroy(peer);
    }
}

static void again_and_again_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    for (unsigned i = 1; i <= 4; i++) {
        kill_channel(peer, 0);
        scene_settle(peer);
        cr_expect_eq(vf_reset_count(peer->vf, 0), i);
    }
    kill_channel(peer, 0);
    scene_settle(peer);
    expect_wedged(peer);
}

Test(vf_reset, a_channel_that_keeps_dying_wedges_the_device)
{
    scene_run(PEER_ABI(1, 27), again_and_again_program);
}

static void now_and_then_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, 1);
    for (unsigned i = 0; i < 12; i++) {
        kill_channel(peer, 0);
        hal_delay(peer->hal, 4 * HAL_NS_PER_S);
    }
    cr_expect_eq(vf_reset_count(peer->vf, 0), 12);
    scene_expect_jobs_done(peer, 1);
}

Test(vf_reset, one_that_dies_now_and_then_does_not)
{
    scene_run(PEER_ABI(1, 27), now_and_then_program);
}

static bool dies_of_relay(struct peer *peer, unsigned gt, const uint32_t *msg, uint32_t len)
{
    (void)msg;
    (void)len;
    kill_channel(peer, gt);
    return true;
}

static void bind_program(void *arg)
{
    struct peer *peer = arg;

    peer->relay = dies_of_relay;
    cr_expect_eq(vf_probe(peer->vf), -ECANCELED);
    cr_expect_eq(scene_steps(peer, "gt_reset", 0), 0);
    peer->relay = NULL;
    peer_probe(peer);
}

Test(vf_reset, a_channel_that_dies_during_bind_ends_the_bind)
{
    scene_run(PEER_ABI(1, 27), bind_program);
}

/* ---- with a migration ------------------------------------------------------------------------ */

static void expect_moved(struct peer *peer)
{
    cr_expect_eq(vf_ggtt_start(peer->vf), SCENE_BASE_2);
    cr_expect(!vf_recovery_pending(peer->vf));
    cr_expect(!peer->gts[0].blocked && !peer->gts[1].blocked);
    cr_expect_eq(vf_reset_count(peer->vf, 0), 1);
    scene_expect_jobs_done(peer, JOBS);
}

static void dead_and_moved_program(void *arg)
{
    struct peer *peer = arg;

    scene_start_jobs(peer, VF_ENGINE_RENDER, JOBS);
    kill_channel(peer, 0);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    expect_moved(peer);
}

Test(vf_reset, a_vm_that_moved_before_it_finds_its_new_range)
{
    scene_run(PEER_ABI(1, 27), dead_and_moved_program);
    scene_run(PEER_ABI(1, 26), dead_and_moved_program);
}

/* Moves the VM before the GuC looks at message number counter of the reset. */
static bool moves_at(struct peer *peer, unsigned gt, const uint32_t *request, uint32_t *reply)
{
    (void)request;
    (void)reply;
    if (gt == 0 && peer->counter && --peer->counter == 0) {
        peer_migrate(peer, SCENE_BASE_2, false);
    }
    return false;
}

static void moves_meanwhile_program(void *arg)
{
    struct peer *peer = arg;
    unsigned at = peer->counter;

    peer->counter = 0;
    scene_start_jobs(peer, VF_ENGINE_RENDER, JOBS);
    peer->counter = at;
    peer->answer = moves_at;
    kill_channel(peer, 0);
    hal_delay(peer->hal, HAL_NS_PER_S);
    cr_expect_eq(peer->counter, 0, "the reset has fewer messages than %u", at);
    expect_moved(peer);
}

Test(vf_reset, a_vm_that_moves_at_any_message_of_it_loses_no_job)
{
    static const uint32_t abis[] = {PEER_ABI(1, 27), PEER_ABI(1, 26)};

    for (unsigned i = 0; i < ARRAY_SIZE(abis); i++) {
        for (unsigned at = 1; at <= 14; at++) {
            struct peer *peer = peer_create(abis[i]);

            peer->counter = at;
            peer_run(peer, moves_meanwhile_program);
            cr_expect_null(vf_wedged(peer->vf), "ABI %x, message %u: %s", abis[i], at,
                           vf_wedged(peer->vf));
            peer_destroy(peer);
        }
    }
}
