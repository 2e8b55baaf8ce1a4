/* SPDX-License-Identifier: MIT */
/* Interrupts of a vGPU by source: masks, enables, what the guest writes back, when a message goes
 * out, and that all of it moves. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "host/abi/gen8_irq.h"
#include "host/gvt/gvt_private.h"
#include "tests/unit/gvt_scene.h"

#define SWITCH GT_CONTEXT_SWITCH_INTERRUPT
#define USER   GT_RENDER_USER_INTERRUPT

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

TestSuite(gvt_irq, .init = open_scene, .fini = close_scene);

static const uint32_t bases[] = {RCS_BASE, BCS_BASE, VCS_BASE, VCS2_BASE, VECS_BASE};

static void enable(unsigned bank, uint32_t sources)
{
    for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
        scene_write(&scene, bases[i] + RING_IMR_OFFSET, 0);
    }
    scene_write(&scene, GEN8_GT_IMR(bank), ~sources);
    scene_write(&scene, GEN8_GT_IER(bank), sources);
    scene_write(&scene, GEN8_MASTER_IRQ, GEN8_MASTER_IRQ_CONTROL);
}

static uint32_t master(void)
{
    return scene_read(&scene, GEN8_MASTER_IRQ) & ~GEN8_MASTER_IRQ_CONTROL;
}

Test(gvt_irq, each_engine_has_its_half_of_a_bank_and_its_bit)
{
    static const struct {
        unsigned engine, bank, shift;
        uint32_t master;
    } rows[] = {
        {GVT_ENGINE_RCS, 0, 0, 0x01},   {GVT_ENGINE_BCS, 0, 16, 0x02}, {GVT_ENGINE_VCS, 1, 0, 0x04},
        {GVT_ENGINE_VCS2, 1, 16, 0x08}, {GVT_ENGINE_VECS, 3, 0, 0x40},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint32_t bits = (USER | SWITCH) << rows[i].shift;

        enable(rows[i].bank, UINT32_MAX);
        gvt_irq_raise(scene.vgpu, rows[i].engine, USER | SWITCH);
        cr_expect_eq(scene_read(&scene, GEN8_GT_IIR(rows[i].bank)), bits, "row %zu", i);
        cr_expect_eq(master(), rows[i].master, "row %zu", i);
        cr_expect_eq(scene.interrupts, i + 1);
        scene_write(&scene, GEN8_GT_IIR(rows[i].bank), bits);
        cr_expect_eq(master(), 0, "row %zu", i);
    }
}

Test(gvt_irq, masked_ones_are_not_seen_and_those_not_enabled_not_told)
{
    gvt_irq_raise(scene.vgpu, GVT_ENGINE_RCS, USER);
    cr_expect_eq(scene_read(&scene, GEN8_GT_IIR(0)), 0, "all are masked at first");
    enable(0, USER);
    gvt_irq_raise(scene.vgpu, GVT_ENGINE_RCS, SWITCH);
    cr_expect_eq(scene_read(&scene, GEN8_GT_IIR(0)), 0);
    scene_write(&scene, GEN8_GT_IMR(0), 0);
    gvt_irq_raise(scene.vgpu, GVT_ENGINE_RCS, SWITCH);
    cr_expect_eq(scene_read(&scene, GEN8_GT_IIR(0)), SWITCH);
    cr_expect(master() == 0 && scene.interrupts == 0);
    scene_write(&scene, GEN8_GT_IER(0), SWITCH);
    cr_expect(master() == GEN8_GT_RCS_IRQ && scene.interrupts == 1, "kept until it is enabled");
}

Test(gvt_irq, what_an_engine_masks_is_not_seen_whatever_its_bank_says)
{
    for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
        cr_expect_eq(scene_read(&scene, bases[i] + RING_IMR_OFFSET), UINT32_MAX, "as after reset");
    }
    enable(0, UINT32_MAX);
    scene_write(&scene, RCS_BASE + RING_IMR_OFFSET, ~USER);
    gvt_irq_raise(scene.vgpu, GVT_ENGINE_RCS, SWITCH);
    cr_expect(scene_read(&scene, GEN8_GT_IIR(0)) == 0 && scene.interrupts == 0);
    scene_write(&scene, RCS_BASE + RING_IMR_OFFSET, 0);
    cr_expect_eq(scene_read(&scene, GEN8_GT_IIR(0)), 0, "it is not told later either");
    scene_write(&scene, RCS_BASE + RING_IMR_OFFSET, ~USER);
    gvt_irq_raise(scene.vgpu, GVT_ENGINE_RCS, USER | SWITCH);
    cr_expect_eq(scene_read(&scene, GEN8_GT_IIR(0)), USER);
    gvt_irq_raise(scene.vgpu, GVT_ENGINE_BCS, SWITCH);
    cr_expect_eq(scene_read(&scene, GEN8_GT_IIR(0)), USER | SWITCH << 16, "each its own");
}

Test(gvt_irq, one_message_until_all_is_written_back_or_the_master_was_off)
{
    enable(0, UINT32_MAX);
    gvt_irq_raise(scene.vgpu, GVT_ENGINE_RCS, USER);
    gvt_irq_raise(scene.vgpu, GVT_ENGINE_RCS, SWITCH);
    gvt_irq_raise(scene.vgpu, GVT_ENGINE_BCS, USER);
    cr_expect_eq(scene.interrupts, 1);
    scene_write(&scene, GEN8_MASTER_IRQ, 0);
    scene_write(&scene, GEN8_GT_IIR(0), USER | SWITCH);
    cr_expect_eq(scene_read(&scene, GEN8_GT_IIR(0)), USER << 16, "the rest stays");
    cr_expect_eq(scene.interrupts, 1);
    scene_write(&scene, GEN8_MASTER_IRQ, GEN8_MASTER_IRQ_CONTROL);
    cr_expect_eq(scene.interrupts, 2, "and is told of");
    scene_write(&scene, GEN8_GT_IIR(0), UINT32_MAX);
    scene_write(&scene, GEN8_MASTER_IRQ, GEN8_MASTER_IRQ_CONTROL);
    cr_expect_eq(scene.interrupts, 2);
    gvt_irq_raise(scene.vgpu, GVT_ENGINE_RCS, USER);
    cr_expect_eq(scene.interrupts, 3);
}

Test(gvt_irq, guest_cannot_write_what_is_told)
{
    scene_write(&scene, GEN8_GT_ISR(0), UINT32_MAX);
    scene_write(&scene, GEN8_GT_IIR(0), UINT32_MAX);
    scene_write(&scene, GEN8_MASTER_IRQ, UINT32_MAX);
    cr_expect_eq(scene_read(&scene, GEN8_GT_ISR(0)), 0);
    cr_expect_eq(scene_read(&scene, GEN8_GT_IIR(0)), 0);
    cr_expect_eq(scene_read(&scene, GEN8_MASTER_IRQ), GEN8_MASTER_IRQ_CONTROL);
    cr_expect_eq(scene.interrupts, 0);
}

Test(gvt_irq, what_was_told_and_not_taken_is_told_again_where_it_moves)
{
    struct gvt_scene target;
    uint8_t *image = NULL;
    int64_t size;

    scene_open(&target, NULL, '8', scene.guest);
    enable(1, USER);
    gvt_irq_raise(scene.vgpu, GVT_ENGINE_VCS, USER);
    size = gvt_image_save(scene.vgpu, &image);
    cr_assert_gt(size, 0);
    cr_assert_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), 0);
    cr_expect_eq(target.interrupts, 0, "it does not run");
    gvt_vgpu_start(target.vgpu);
    cr_expect_eq(target.interrupts, 1);
    cr_expect_eq(scene_read(&target, GEN8_GT_IIR(1)), USER);
    free(image);
    scene_close(&target);
}
