/* SPDX-License-Identifier: MIT */
/* Local memory as the VF driver sees it: it learns of its share from the GuC alone, its jobs reach
 * it through the GGTT, its CPU through the window. */
#include <criterion/criterion.h>
#include <errno.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "tests/unit/fake_hal.h"
#include "tests/unit/vf_recovery_scene.h"

#define MIB   (1ull << 20)
#define SHARE (4 * MIB)

static const struct vf_job local_job = {.work_cycles = 100,
                                        .add_slot = 3,
                                        .add = 5,
                                        .store_slot = 1023,
                                        .store = 0xabcd,
                                        .local = true};

static void give(struct peer *peer, uint64_t window, uint64_t share)
{
    fake_set_vram(peer->hal, window);
    peer->lmem_size = share;
}

static unsigned asked(const struct peer *peer, unsigned gt)
{
    unsigned count = 0;

    for (unsigned n = 0; n < peer->mailbox_count; n++) {
        const struct peer_message *message = &peer->mailbox_log[n];

        count += message->gt == gt && message->len > 1 &&
                 (message->dw[0] & 0xffff) == GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV &&
                 message->dw[1] == GUC_KLV_VF_CFG_LMEM_SIZE_KEY;
    }
    return count;
}

static void works(void *arg)
{
    struct peer *peer = arg;
    int queue;

    give(peer, 4 * SHARE, SHARE);
    peer_probe(peer);
    cr_expect_eq(vf_local_size(peer->vf), SHARE, "not what the window is large");
    cr_expect_eq(asked(peer, 0), 1);
    cr_expect_eq(asked(peer, 1), 0, "the media GuC is not asked");
    queue = vf_queue_create(peer->vf, VF_ENGINE_COPY);
    cr_assert_eq(vf_submit(peer->vf, (unsigned)queue, &local_job), 1);
    cr_assert_eq(vf_submit(peer->vf, (unsigned)queue, &local_job), 2);
    cr_assert_eq(vf_wait(peer->vf, (unsigned)queue, 2, HAL_NS_PER_S), 0);
    cr_expect_eq(vf_local_result(peer->vf, 3), 10);
    cr_expect_eq(vf_local_result(peer->vf, 1023), 0xabcd);
    cr_expect_eq(vf_result(peer->vf, 3), 0, "the slots in RAM are others");
}

Test(vf_local, jobs_write_to_the_share_and_the_window_shows_it)
{
    scene_run(PEER_ABI(1, 27), works);
}

static void none(void *arg)
{
    struct peer *peer = arg;
    int queue;

    peer_probe(peer);
    cr_expect_eq(vf_local_size(peer->vf), 0);
    cr_expect_eq(asked(peer, 0), 0);
    queue = vf_queue_create(peer->vf, VF_ENGINE_COPY);
    cr_expect_eq(vf_submit(peer->vf, (unsigned)queue, &local_job), -EINVAL);
    cr_expect_eq(vf_local_result(peer->vf, 3), 0);
}

Test(vf_local, device_without_a_window_is_not_asked)
{
    scene_run(PEER_ABI(1, 27), none);
}

static void no_share(void *arg)
{
    struct peer *peer = arg;

    give(peer, SHARE, 0);
    cr_expect_eq(vf_probe(peer->vf), -ENODATA, "the answer has no length");
}

Test(vf_local, device_with_a_window_but_no_share_is_refused)
{
    scene_run(PEER_ABI(1, 27), no_share);
}

static void odd_share(void *arg)
{
    struct peer *peer = arg;

    give(peer, SHARE, SHARE - 4096);
    cr_expect_eq(vf_probe(peer->vf), -ERANGE);
}

Test(vf_local, share_that_is_no_whole_pages_is_refused)
{
    scene_run(PEER_ABI(1, 27), odd_share);
}

static void smaller_after_the_move(void *arg)
{
    struct peer *peer = arg;

    give(peer, SHARE, SHARE);
    scene_start_jobs(peer, VF_ENGINE_COPY, 1);
    peer->lmem_size = SHARE / 2;
    scene_migrate(peer);
    scene_settle(peer);
    cr_expect_str_eq(vf_wedged(peer->vf), "size of local memory changed");
}

Test(vf_local, share_of_another_size_after_a_move_wedges)
{
    scene_run(PEER_ABI(1, 27), smaller_after_the_move);
}

static void moved(void *arg)
{
    struct peer *peer = arg;
    int queue;

    give(peer, SHARE, SHARE);
    peer_probe(peer);
    peer->engines_off = true;
    queue = vf_queue_create(peer->vf, VF_ENGINE_COPY);
    cr_assert_eq(vf_submit(peer->vf, (unsigned)queue, &local_job), 1);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    scene_migrate(peer);
    scene_settle(peer);
    peer->engines_off = false;
    peer_run_engines(peer);
    cr_expect_eq(vf_wait(peer->vf, (unsigned)queue, 1, HAL_NS_PER_S), 0);
    cr_expect_eq(vf_local_result(peer->vf, 3), 5, "the job's address moved with the range");
}

Test(vf_local, jobs_under_way_find_the_share_after_a_move)
{
    scene_run(PEER_ABI(1, 27), moved);
}
