/* SPDX-License-Identifier: MIT */
/* Edges of a vGPU's state: the first page of the hidden part, a GGTT in failsafe, three-level roots
 * with nothing in a gigabyte, and the interrupt of a context that comes again. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "host/abi/gen8_irq.h"
#include "host/gvt/gvt_private.h"
#include "tests/unit/gvt_scene.h"

#define RW 3ull

static struct gvt_scene scene;

static void open_scene(void)
{
    scene_open(&scene, NULL, '8', NULL);
}

static void close_scene(void)
{
    fake_hal_destroy(scene.guest);
    scene_close(&scene);
}

TestSuite(gvt_edges, .init = open_scene, .fini = close_scene);

Test(gvt_edges, each_part_of_the_share_begins_and_ends_where_it_is)
{
    for (unsigned part = 0; part < PARTS; part++) {
        const struct gvt_share *share = &scene.vgpu->share[part];
        const uint64_t last = share->size - HAL_PAGE_SIZE;

        scene_write_pte(&scene, share->guest, 0x3001);
        scene_write_pte(&scene, share->guest + last, 0x4001);
        cr_expect_eq(scene.ggtt[share->host / HAL_PAGE_SIZE], SCENE_FRAME + 0x3001, "%u", part);
        cr_expect_eq(scene.ggtt[(share->host + last) / HAL_PAGE_SIZE], SCENE_FRAME + 0x4001, "%u",
                     part);
    }
}

Test(gvt_edges, entry_written_in_failsafe_is_kept_and_points_nowhere)
{
    const struct gvt_share *share = &scene.vgpu->share[PART_APERTURE];
    uint64_t slot;

    gvt_vgpu_enter_failsafe(scene.vgpu, FAILSAFE_GUEST_ERR);
    scene_write_pte(&scene, share->guest, 0x3001);
    cr_assert(gvt_ggtt_slot(scene.vgpu, share->guest, &slot));
    cr_expect_eq(scene.vgpu->ggtt[slot], 0x3001);
    cr_expect_eq(scene.ggtt[share->host / HAL_PAGE_SIZE], 0, "the chip has none");
    cr_expect_eq(scene.chip_calls, 0);
}

Test(gvt_edges, gigabyte_without_a_root_has_no_table)
{
    static const struct fake_device no_device;
    const uint64_t roots[4] = {0, 0x41000, 0, 0x42000};
    struct gvt_shadow shadow = {.tables = NULL};
    struct exec_work work = {.levels = 0};
    struct hal *hal = scene.gvt->config.hal = fake_hal_create(&no_device, 1u << 20);

    cr_assert_eq(gvt_ppgtt_get(scene.vgpu, 3, roots, 1), 0);
    cr_assert_eq(gvt_shadow_build(scene.vgpu, &shadow, roots, &work), 0);
    cr_expect_eq(work.levels, 3);
    cr_expect(work.roots[0] == 0 && work.roots[2] == 0);
    cr_expect(work.roots[1] != 0 && work.roots[3] != 0 && work.roots[1] != work.roots[3]);
    cr_expect_eq(shadow.num_tables, 2);
    gvt_shadow_drop(scene.gvt, &shadow);
    free(shadow.tables);
    fake_hal_destroy(hal);
}

Test(gvt_edges, context_that_comes_again_interrupts)
{
    const struct gvt_workload workload = {.desc = {0x1000, 71}, .emulate_schedule_in = true};

    scene_read(&scene, 0x78000);
    scene_write(&scene, RCS_BASE + RING_MODE_OFFSET,
                GFX_RUN_LIST_ENABLE << 16 | GFX_RUN_LIST_ENABLE);
    scene_write(&scene, RCS_BASE + RING_IMR_OFFSET, 0);
    scene_write(&scene, GEN8_GT_IMR(0), 0);
    scene_write(&scene, GEN8_GT_IER(0), GT_CONTEXT_SWITCH_INTERRUPT);
    scene_write(&scene, GEN8_MASTER_IRQ, GEN8_MASTER_IRQ_CONTROL);
    gvt_execlist_schedule_in(scene.vgpu, GVT_ENGINE_RCS, &workload);
    cr_expect_eq(scene.interrupts, 0);
    gvt_execlist_schedule_in(scene.vgpu, GVT_ENGINE_RCS, &workload);
    cr_expect_eq(scene.interrupts, 1, "a lite restore");
}

Test(gvt_edges, vgpu_whose_work_is_on_an_engine_yet_is_not_removed_saved_or_loaded)
{
    static const char remove[] = "/sys/bus/mdev/devices/" SCENE_UUID "/remove";
    struct gvt_worker *worker = &scene.gvt->workers[scene.vgpu->id][GVT_ENGINE_BCS];
    uint8_t *image;
    int64_t size;

    worker->running = true; /* of a queue that a reset dropped */
    cr_expect_eq(gvt_sysfs_write(scene.gvt, remove, "1", 1), -EBUSY);
    cr_expect_eq(gvt_image_save(scene.vgpu, &image), -EBUSY);
    worker->running = false;
    size = gvt_image_save(scene.vgpu, &image);
    cr_assert_gt(size, 0);
    worker->running = true;
    cr_expect_eq(gvt_image_load(scene.vgpu, image, (uint64_t)size), -EBUSY);
    worker->running = false;
    cr_expect_eq(gvt_image_load(scene.vgpu, image, (uint64_t)size), 0);
    cr_expect_eq(gvt_sysfs_write(scene.gvt, remove, "1", 1), 1);
    free(image);
}

/* A list that is alone on its engine, however many records of PV wait behind it. */
Test(gvt_edges, work_by_a_record_is_no_second_context_of_a_list)
{
    const struct gvt_workload list = {.desc = {0x1000, 71}, .emulate_schedule_in = true};
    const struct gvt_workload records[] = {{.desc = {0x2000, 72}, .pv = true},
                                           {.desc = {0x1000, 71}, .pv = true}};
    const uint32_t entry = RCS_BASE + EL_OFFSET_STATUS_BUF;

    for (unsigned n = 0; n < ARRAY_SIZE(records); n++) {
        gvt_execlist_init(scene.vgpu, GVT_ENGINE_RCS);
        gvt_execlist_schedule_in(scene.vgpu, GVT_ENGINE_RCS, &list);
        gvt_execlist_schedule_out(scene.vgpu, GVT_ENGINE_RCS, &list, &records[n]);
        cr_expect_eq(scene_read(&scene, entry + 8), CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE);
        cr_expect_eq(scene_read(&scene, entry + 12), 71);
        cr_expect_eq(scene_read(&scene, RCS_BASE + EL_OFFSET_STATUS + 4), 0, "nothing runs");
    }
}
