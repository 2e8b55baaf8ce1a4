/* SPDX-License-Identifier: MIT */
/* Whose turn it is on an engine: vGPUs of types 8 (weight 2) and 4 (weight 4), by the time that
 * they had. The engine itself is not there: a workload takes as long as the test says. */
#include <criterion/criterion.h>

#include "host/gvt/gvt_private.h"
#include "tests/unit/gvt_scene.h"

#define US(n) ((n)*HAL_NS_PER_US)
#define LIMIT (10 * HAL_NS_PER_S)
#define OTHER "00000000-1111-2222-3333-555555555555"
#define DESC  (CTX_DESC_VALID | CTX_DESC_PRIVILEGE_ACCESS)
#define LIGHT (&scene.gvt->workers[1][GVT_ENGINE_RCS])
#define HEAVY (&scene.gvt->workers[2][GVT_ENGINE_RCS])

static struct gvt_scene scene;

static void open_scene(void)
{
    scene_open(&scene, NULL, '8', NULL);
    cr_assert_gt(gvt_sysfs_write(scene.gvt, "mdev_supported_types/i915-GVTg_V5_4/create", OTHER,
                                 GVT_UUID_CHARS),
                 0);
    for (unsigned id = 1; id <= 2; id++) {
        cr_assert_eq(gvt_vgpu_attach(scene.gvt->vgpus[id], scene_ops(), &scene, 1), 0);
        scene.gvt->workers[id][GVT_ENGINE_RCS] =
            (struct gvt_worker){.gvt = scene.gvt, .id = id, .engine = GVT_ENGINE_RCS};
        gvt_vgpu_start(scene.gvt->vgpus[id]);
    }
}

static void close_scene(void)
{
    fake_hal_destroy(scene.guest);
    scene_close(&scene);
}

TestSuite(gvt_schedule, .init = open_scene, .fini = close_scene);

static void queue_one(struct gvt_worker *worker)
{
    const uint32_t desc[4] = {DESC, 1};

    cr_assert_eq(gvt_workload_submit(scene.gvt->vgpus[worker->id], GVT_ENGINE_RCS, desc, true), 0);
}

static void begin(struct gvt_worker *worker)
{
    struct gvt_workload workload;

    cr_assert_eq(gvt_schedule_wait(worker), 0);
    cr_assert(gvt_workload_take(scene.gvt->vgpus[worker->id], GVT_ENGINE_RCS, &workload));
    gvt_schedule_begin(worker);
}

static void end(struct gvt_worker *worker)
{
    gvt_workload_done(scene.gvt->vgpus[worker->id], GVT_ENGINE_RCS);
    gvt_schedule_end(worker);
}

static void run_one(struct gvt_worker *worker, uint64_t ns)
{
    begin(worker);
    hal_delay(scene.hal, ns);
    end(worker);
}

/* Both always have work; returns how often the heavier one ran of so many times. */
static unsigned share(unsigned times, uint64_t light_ns, uint64_t heavy_ns)
{
    unsigned heavy = 0;

    for (unsigned n = 0; n < times; n++) {
        if (gvt_schedule_wait(HEAVY) == 0) {
            cr_assert_neq(gvt_schedule_wait(LIGHT), 0, "one at a time");
            run_one(HEAVY, heavy_ns);
            queue_one(HEAVY);
            heavy++;
        } else {
            run_one(LIGHT, light_ns);
            queue_one(LIGHT);
        }
    }
    return heavy;
}

static void by_weight(void *arg)
{
    unsigned heavy;

    (void)arg;
    queue_one(LIGHT);
    queue_one(HEAVY);
    heavy = share(300, US(30), US(30));
    cr_expect(heavy >= 199 && heavy <= 201, "two of three: %u", heavy);
    heavy = share(400, US(10), US(60));
    cr_expect(heavy >= 99 && heavy <= 101, "of time, not of workloads: %u", heavy);
}

Test(gvt_schedule, time_is_given_by_weight)
{
    fake_run(scene.hal, by_weight, NULL, LIMIT);
}

static void waited_for(void *arg)
{
    (void)arg;
    queue_one(LIGHT);
    run_one(LIGHT, US(100));
    hal_delay(scene.hal, US(1000));
    queue_one(HEAVY);
    run_one(HEAVY, US(20));
    queue_one(LIGHT);
    cr_expect_eq(gvt_schedule_wait(LIGHT), US(50), "the heavier one may come again");
    hal_delay(scene.hal, US(20));
    cr_expect_eq(gvt_schedule_wait(LIGHT), US(30));
    queue_one(HEAVY);
    cr_expect_eq(gvt_schedule_wait(LIGHT), HAL_FOREVER, "and does");
    run_one(HEAVY, US(20));
    hal_delay(scene.hal, US(50));
    cr_expect_eq(gvt_schedule_wait(LIGHT), 0, "it stays away");
}

Test(gvt_schedule, one_that_has_just_finished_is_waited_for_a_little)
{
    fake_run(scene.hal, waited_for, NULL, LIMIT);
}

static void away(void *arg)
{
    (void)arg;
    queue_one(LIGHT);
    for (unsigned n = 0; n < 1000; n++) {
        run_one(LIGHT, US(30));
        queue_one(LIGHT);
    }
    queue_one(HEAVY);
    cr_expect(share(30, US(30), US(30)) <= 22, "what it did not use is gone");
}

Test(gvt_schedule, one_that_was_away_gets_no_credit)
{
    fake_run(scene.hal, away, NULL, LIMIT);
}

static void hangs(void *arg)
{
    (void)arg;
    queue_one(HEAVY);
    queue_one(LIGHT);
    begin(LIGHT);
    cr_expect_eq(gvt_schedule_wait(HEAVY), HAL_NS_PER_MS, "the engine is taken");
    hal_delay(scene.hal, US(400));
    cr_expect_eq(gvt_schedule_wait(HEAVY), US(600));
    hal_delay(scene.hal, US(600));
    cr_expect_eq(gvt_schedule_wait(HEAVY), 0, "for a slice");
    run_one(HEAVY, US(20));
    end(LIGHT);
}

Test(gvt_schedule, workload_that_hangs_holds_nobody_up_for_longer_than_a_slice)
{
    fake_run(scene.hal, hangs, NULL, LIMIT);
}

static void stopped(void *arg)
{
    (void)arg;
    queue_one(LIGHT);
    queue_one(HEAVY);
    run_one(LIGHT, US(20));
    queue_one(LIGHT);
    cr_expect_eq(gvt_schedule_wait(LIGHT), HAL_FOREVER);
    cr_assert_eq(gvt_vgpu_stop(scene.gvt->vgpus[HEAVY->id]), 0);
    cr_expect_eq(gvt_schedule_wait(LIGHT), 0, "one that is stopped wants nothing");
    cr_expect_eq(gvt_schedule_wait(HEAVY), HAL_FOREVER);
}

Test(gvt_schedule, one_that_is_stopped_wants_nothing)
{
    fake_run(scene.hal, stopped, NULL, LIMIT);
}
