/* SPDX-License-Identifier: MIT */
/* The VF driver's compression contexts: registered once, never submitted, and right for wherever
 * the GGTT range is. */
#include <criterion/criterion.h>
#include <errno.h>

#include "firmware/abi/guc_actions_abi.h"
#include "guest/vf/vf_internal.h"
#include "host/abi/gpu_commands_abi.h"
#include "host/abi/xe_lrc_layout.h"
#include "tests/unit/fake_hal.h"
#include "tests/unit/vf_recovery_scene.h"

#define CONTEXTS 100u
#define ID_DW    2u
#define LRC_DW   10u

static uint64_t bound_at; /* GGTT start at bind */

static void probe(struct peer *peer, uint32_t contexts)
{
    bound_at = peer->ggtt_start;
    peer->num_contexts = contexts;
    peer->vf->config.compression = true;
    peer_probe(peer);
    scene_settle(peer);
}

/* The nth registration of a compression context, save or restore. */
static const struct peer_message *registration(const struct peer *peer, uint32_t type, unsigned nth)
{
    const struct peer_message *message;

    for (unsigned n = 0;
         (message = peer_find_h2g(peer, 0, XE_GUC_ACTION_REGISTER_CONTEXT, n)) != NULL; n++) {
        if (message->dw[1] == (type << 1 | 1) && nth-- == 0) {
            return message;
        }
    }
    return NULL;
}

static uint32_t word(struct peer *peer, uint64_t addr)
{
    const uint32_t *at = peer_memory(peer, addr);

    cr_assert_not_null(at, "no entry for 0x%llx", (unsigned long long)addr);
    return *at;
}

/* What the context would run, from its image in memory on. */
static void check_context(struct peer *peer, uint32_t type, uint64_t base)
{
    const uint64_t lrc =
        (registration(peer, type, 0)->dw[LRC_DW] & LRC_ADDRESS_MASK) - bound_at + base;
    const uint64_t state = lrc + LRC_PPHWSP_SIZE;
    const uint32_t ring = word(peer, state + 4 * CTX_RING_START);
    const uint32_t batch = word(peer, ring + 8);
    const uint32_t copy = word(peer, batch + 8);
    const uint32_t page = word(peer, batch + (type == 1 ? 12 : 20));

    cr_expect_eq(word(peer, state + 4 * CTX_RING_HEAD), 0);
    cr_expect_neq(word(peer, state + 4 * CTX_RING_TAIL), 0, "there is something to run");
    cr_expect_eq(word(peer, ring + 4), MI_BATCH_BUFFER_START);
    cr_expect_eq(copy & ~XE2_CCS_SIZE_MASK,
                 XY_CTRL_SURF_COPY_BLT | XY_CTRL_SURF_GGTT |
                     (type == 1 ? XY_CTRL_SURF_DST_DIRECT : XY_CTRL_SURF_SRC_DIRECT));
    cr_expect_eq(FIELD_GET(XE2_CCS_SIZE_MASK, copy), VF_SURFACE_PAGES - 1);
    cr_expect(page >= base && page < base + peer->ggtt_size, "0x%x", page);
}

static void registers(void *arg)
{
    struct peer *peer = arg;
    const struct peer_message *save, *restore;

    probe(peer, CONTEXTS);
    save = registration(peer, 1, 0);
    restore = registration(peer, 2, 0);
    cr_assert(save && restore);
    cr_expect_eq(save->dw[0] >> 28, 1, "as an event: a second one is dropped");
    cr_expect_eq(save->dw[3], 3, "copy");
    cr_expect_eq(save->dw[ID_DW], CONTEXTS - 1, "out of the way of queues");
    cr_expect_eq(restore->dw[ID_DW], CONTEXTS - 2);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), 2);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_SCHED_CONTEXT), 0, "never submitted");
    cr_expect_eq(peer_count_h2g(peer, 1, XE_GUC_ACTION_REGISTER_CONTEXT), 0, "main GT only");
    cr_expect_eq(fake_trace_count(peer->hal, "mode done"), 0, "its MODE_DONE is awaited");
    check_context(peer, 1, peer->ggtt_start);
    check_context(peer, 2, peer->ggtt_start);
    cr_expect_eq(vf_queue_create(peer->vf, VF_ENGINE_COPY), 0);
}

Test(vf_ccs, contexts_are_registered_and_never_submitted)
{
    scene_run(PEER_ABI(1, 27), registers);
}

static void too_few(void *arg)
{
    struct peer *peer = arg;
    const struct vf_job job = {.meta = VF_META_WRITE};

    probe(peer, 32);
    cr_expect_null(registration(peer, 1, 0));
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_COPY), 0);
    cr_expect_eq(vf_submit(peer->vf, 0, &job), -EINVAL, "there are no surfaces");
}

Test(vf_ccs, driver_with_few_contexts_does_without)
{
    scene_run(PEER_ABI(1, 27), too_few);
}

static void moves(void *arg)
{
    struct peer *peer = arg;

    probe(peer, CONTEXTS);
    peer_migrate(peer, SCENE_BASE_2, false);
    scene_settle(peer);
    cr_expect_null(vf_wedged(peer->vf));
    cr_expect_eq(vf_recovery_count(peer->vf, 0), 1);
    cr_expect_null(registration(peer, 1, 1), "the GuC knows it");
    check_context(peer, 1, SCENE_BASE_2);
    check_context(peer, 2, SCENE_BASE_2);
}

Test(vf_ccs, contexts_are_rebased_after_a_move)
{
    scene_run(PEER_ABI(1, 27), moves);
}

static void resets(void *arg)
{
    struct peer *peer = arg;

    probe(peer, CONTEXTS);
    cr_assert_eq(vf_reset_gt(peer->vf, 0), 0);
    scene_settle(peer);
    cr_expect_eq(vf_reset_count(peer->vf, 0), 1);
    cr_expect_not_null(registration(peer, 1, 1));
    cr_expect_not_null(registration(peer, 2, 1));
}

Test(vf_ccs, contexts_are_registered_again_after_a_reset)
{
    scene_run(PEER_ABI(1, 27), resets);
}

static void pages(void *arg)
{
    struct peer *peer = arg;
    const struct vf_job in_ram = {.meta = VF_META_WRITE, .meta_page = VF_SURFACE_PAGES - 1};
    const struct vf_job local = {.meta = VF_META_READ, .meta_page = VF_SURFACE_PAGES};
    const struct vf_job beyond = {.meta = VF_META_READ,
                                  .meta_page = VF_SURFACES * VF_SURFACE_PAGES};

    probe(peer, CONTEXTS);
    peer->engines_off = true;
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_COPY), 0);
    cr_expect_eq(vf_submit(peer->vf, 0, &in_ram), 1);
    cr_expect_eq(vf_submit(peer->vf, 0, &local), -EINVAL, "no local memory here");
    cr_expect_eq(vf_submit(peer->vf, 0, &beyond), -EINVAL);
}

Test(vf_ccs, jobs_reach_pages_that_are_there)
{
    scene_run(PEER_ABI(1, 27), pages);
}
