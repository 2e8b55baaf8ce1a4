/* SPDX-License-Identifier: MIT */
/* Queues of the PV driver, with the mediator behind its traps and a test in the engine's place:
 * what goes to the submit port, when, and what is made of seqnos, status buffer and interrupts. */
#include <criterion/criterion.h>
#include <errno.h>

#include "guest/pv/pv.h"
#include "host/abi/gvt_execlist.h"
#include "host/abi/i915_vgpu_pv.h"
#include "host/gvt/gvt_private.h"
#include "tests/unit/gvt_scene.h"

#define SECOND HAL_NS_PER_S

static struct gvt_scene scene;
static struct hal *guest;
static struct pv *pv;
static unsigned refused; /* accesses of the driver */

static uint64_t trap_read(void *arg, uint32_t offset, unsigned size)
{
    uint64_t value = 0;

    (void)arg;
    refused += gvt_mmio_read(scene.vgpu, offset, &value, size) != 0;
    return value;
}

static void trap_write(void *arg, uint32_t offset, uint64_t value, unsigned size)
{
    (void)arg;
    refused += gvt_mmio_write(scene.vgpu, offset, &value, size) != 0;
}

static void open_with(uint32_t caps)
{
    static const struct fake_device traps = {.read = trap_read, .write = trap_write};
    struct pv_config used = {.caps = caps};

    guest = fake_hal_create(&traps, SCENE_RAM);
    scene_open(&scene, NULL, '8', guest);
    gvt_vgpu_start(scene.vgpu);
    used.hal = guest;
    pv = pv_create(&used);
    cr_assert(pv);
}

static void close_both(void)
{
    cr_expect_eq(refused, 0);
    pv_destroy(pv);
    scene_close(&scene);
    fake_hal_destroy(guest);
}

TestSuite(pv_queue, .fini = close_both);

static const struct pv_job job = {.work_cycles = 10, .add = 1};

/* The engine takes the oldest workload and is done with it. */
static struct gvt_workload run_one(unsigned engine)
{
    struct gvt_workload workload;
    struct gvt_workload next;
    bool more;

    cr_assert(gvt_workload_take(scene.vgpu, engine, &workload));
    if (workload.emulate_schedule_in) {
        gvt_execlist_schedule_in(scene.vgpu, engine, &workload);
    }
    more = gvt_workload_next(scene.vgpu, engine, &next);
    gvt_execlist_schedule_out(scene.vgpu, engine, &workload, more ? &next : NULL);
    gvt_workload_done(scene.vgpu, engine);
    return workload;
}

static int open_queue(enum pv_engine engine, bool by_record)
{
    const struct pv_queue_config config = {.engine = engine, .by_record = by_record};

    return pv_queue_create(pv, &config);
}

static void use_port(void *arg)
{
    int first, second, third;

    (void)arg;
    cr_assert_eq(pv_start(pv), PV_GGTT | PV_SUBMISSION | PV_PPGTT);
    first = open_queue(PV_ENGINE_RENDER, false);
    second = open_queue(PV_ENGINE_RENDER, false);
    third = open_queue(PV_ENGINE_RENDER, false);
    cr_assert(first == 0 && second == 1 && third == 2);

    cr_expect_eq(pv_queue_submit(pv, 0, &job), 1);
    cr_expect_eq(gvt_workload_count(scene.vgpu), 1, "told at once");
    for (unsigned n = 0; n < 3; n++) {
        cr_expect_gt(pv_queue_submit(pv, n, &job), 0);
    }
    cr_expect_eq(gvt_workload_count(scene.vgpu), 1, "while it has one, others wait");
    cr_expect_eq(run_one(GVT_ENGINE_RCS).desc[1], 0x10000);
    cr_expect_eq(pv_queue_wait(pv, 0, 2, 200 * HAL_NS_PER_US), -ETIME);
    cr_expect_eq(gvt_workload_count(scene.vgpu), 2, "then two of them at a time");
    cr_expect_eq(run_one(GVT_ENGINE_RCS).desc[1], 0x10000);
    cr_expect_eq(pv_queue_wait(pv, 0, 2, 200 * HAL_NS_PER_US), -ETIME);
    cr_expect_eq(gvt_workload_count(scene.vgpu), 1, "not before both are done");
    cr_expect_eq(run_one(GVT_ENGINE_RCS).desc[1], 0x10001);
    cr_expect_eq(pv_queue_wait(pv, 0, 2, 200 * HAL_NS_PER_US), -ETIME);
    cr_expect_eq(run_one(GVT_ENGINE_RCS).desc[1], 0x10002);
    cr_expect_eq(pv_queue_wait(pv, 0, 2, 200 * HAL_NS_PER_US), -ETIME);
    cr_expect_eq(gvt_workload_count(scene.vgpu), 0, "and nothing twice");
}

Test(pv_queue, port_takes_two_contexts_when_the_engine_has_none)
{
    open_with(PV_GGTT | PV_SUBMISSION | PV_PPGTT);
    fake_run(guest, use_port, NULL, SECOND);
}

static void use_record(void *arg)
{
    struct gvt_workload workload;

    (void)arg;
    cr_assert_gt(pv_start(pv), 0);
    cr_assert_eq(open_queue(PV_ENGINE_COPY, true), 0);
    cr_expect_eq(pv_queue_submit(pv, 0, &job), 1);
    cr_expect_eq(pv_queue_submit(pv, 0, &job), 2);
    cr_expect_eq(gvt_workload_count(scene.vgpu), 2, "each by a record of its own");
    cr_assert(gvt_workload_take(scene.vgpu, GVT_ENGINE_BCS, &workload));
    cr_expect(workload.pv && workload.desc[1] == 0x10000);
}

Test(pv_queue, records_do_not_wait_for_the_engine)
{
    open_with(PV_GGTT | PV_SUBMISSION);
    fake_run(guest, use_record, NULL, SECOND);
}

static void use_wrongly(void *arg)
{
    static const struct pv_queue_config bad[] = {{.engine = (enum pv_engine)3},
                                                 {.space = (enum pv_space)3}};
    struct pv_job wrong = job;

    (void)arg;
    cr_assert_eq(pv_start(pv), PV_GGTT);
    for (unsigned n = 0; n < ARRAY_SIZE(bad); n++) {
        cr_expect_eq(pv_queue_create(pv, &bad[n]), -EINVAL);
    }
    cr_expect_eq(open_queue(PV_ENGINE_COPY, true), -ENODEV, "not agreed on");
    cr_expect_eq(pv_queue_create(pv, &(struct pv_queue_config){.space = PV_SPACE_BOUND}), -ENODEV);
    cr_expect_eq(pv_queue_submit(pv, 0, &job), -ENOENT);
    cr_expect_eq(pv_queue_wait(pv, 0, 1, 1), -ENOENT);
    cr_expect_eq(pv_queue_done(pv, 16), -ENOENT);
    cr_assert_eq(open_queue(PV_ENGINE_COPY, false), 0);
    wrong.add_slot = PV_RESULT_SLOTS;
    cr_expect_eq(pv_queue_submit(pv, 0, &wrong), -EINVAL);
    wrong.add_slot = 0;
    wrong.store_slot = PV_RESULT_SLOTS;
    cr_expect_eq(pv_queue_prepare(pv, 0, &wrong), -EINVAL);
    wrong.store_slot = PV_RESULT_SLOTS - 1;
    cr_expect_eq(pv_queue_prepare(pv, 0, &wrong), 1);
    cr_expect_eq(gvt_workload_count(scene.vgpu), 0, "prepared only");
    cr_expect_eq(pv_queue_wait(pv, 0, 0, 1), -EINVAL);
    cr_expect_eq(pv_queue_wait(pv, 0, 2, 1), -EINVAL);
    for (int n = 1; n < 16; n++) {
        cr_assert_eq(open_queue(PV_ENGINE_COPY, false), n);
    }
    cr_expect_eq(open_queue(PV_ENGINE_COPY, false), -ENOSPC);
}

Test(pv_queue, wrong_queues_and_jobs_are_refused)
{
    open_with(PV_GGTT);
    fake_run(guest, use_wrongly, NULL, SECOND);
}

/* Where the engine writes the seqno: the third object of a queue, found by its first value. */
static uint32_t *seqno_word(void)
{
    for (uint64_t gpa = 0; gpa < SCENE_RAM; gpa += HAL_PAGE_SIZE) {
        uint32_t *word = scene_ram(&scene, gpa, sizeof(*word));

        if (*word == 0xffffff80u) {
            return word;
        }
    }
    return NULL;
}

static void read_seqnos(void *arg)
{
    uint32_t *word;

    (void)arg;
    cr_assert_gt(pv_start(pv), 0);
    cr_assert_eq(open_queue(PV_ENGINE_VIDEO, false), 0);
    word = seqno_word();
    cr_assert(word);
    for (int64_t n = 1; n <= 3; n++) {
        cr_expect_eq(pv_queue_submit(pv, 0, &job), n);
    }
    cr_expect_eq(pv_queue_done(pv, 0), 0);
    *word += 2;
    cr_expect_eq(pv_queue_done(pv, 0), 2);
    *word += 2;
    cr_expect_eq(pv_queue_done(pv, 0), 2, "more than was asked of it is not believed");
    *word -= 3;
    cr_expect_eq(pv_queue_done(pv, 0), 2, "nor that it went back");
    *word += 2;
    cr_expect_eq(pv_queue_done(pv, 0), 3);
    cr_expect_eq(pv_queue_wait(pv, 0, 3, 1), 0);
}

Test(pv_queue, seqno_is_believed_within_what_was_asked)
{
    open_with(PV_GGTT);
    fake_run(guest, read_seqnos, NULL, SECOND);
}
