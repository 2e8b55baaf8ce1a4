/* SPDX-License-Identifier: MIT */
/* Scenes of the VF driver's recovery: see vf_recovery_scene.h. */
#include "tests/unit/vf_recovery_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/fake_hal.h"

#define SETTLE_NS (5 * HAL_NS_PER_MS)

const struct vf_job scene_job = {.work_cycles = 100,
                                 .preemptible = true,
                                 .add_slot = 3,
                                 .add = 5,
                                 .store_slot = 4,
                                 .store = 0xabcd};

void scene_run(uint32_t abi, void (*program)(void *peer))
{
    struct peer *peer = peer_create(abi);

    peer_run(peer, program);
    peer_destroy(peer);
}

void scene_start_jobs(struct peer *peer, enum vf_engine engine, unsigned jobs)
{
    peer_probe(peer);
    peer->engines_off = true;
    cr_assert_eq(vf_queue_create(peer->vf, engine), 0);
    cr_assert_eq(vf_queue_create(peer->vf, VF_ENGINE_VIDEO), 1);
    for (unsigned i = 0; i < jobs; i++) {
        cr_assert_geq(vf_submit(peer->vf, 0, &scene_job), 1);
        cr_assert_geq(vf_submit(peer->vf, 1, &scene_job), 1);
    }
    hal_delay(peer->hal, HAL_NS_PER_MS);
}

void scene_migrate(void *peer)
{
    peer_migrate(peer, SCENE_BASE_2, false);
}

void scene_settle(struct peer *peer)
{
    hal_delay(peer->hal, SETTLE_NS);
}

void scene_expect_jobs_done(struct peer *peer, unsigned jobs)
{
    peer->engines_off = false;
    peer_run_engines(peer);
    for (unsigned queue = 0; queue < 2; queue++) {
        int ret = vf_wait(peer->vf, queue, jobs, SCENE_WAIT_NS);

        cr_expect_eq(ret, 0, "queue %u: %d", queue, ret);
    }
    cr_expect_eq(vf_result(peer->vf, scene_job.add_slot), 2 * scene_job.add * jobs,
                 "each job once: %u", vf_result(peer->vf, scene_job.add_slot));
    cr_expect_null(vf_wedged(peer->vf), "wedged: %s", vf_wedged(peer->vf));
}

unsigned scene_steps(struct peer *peer, const char *step, unsigned gt)
{
    char line[64];

    (void)snprintf(line, sizeof(line), "step=%s gt=%u", step, gt);
    return fake_trace_count(peer->hal, line);
}
