/* SPDX-License-Identifier: MIT */
/* Virtual config space: what it tells, what can be written, that the command register turns the
 * aperture off and on, and that it moves. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "host/gvt/gvt_private.h"
#include "tests/unit/gvt_scene.h"

#define MEMORY GVT_CONFIG_COMMAND_MEMORY

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

TestSuite(gvt_config, .init = open_scene, .fini = close_scene);

static uint32_t get(uint32_t offset, unsigned size)
{
    uint32_t value = 0;

    cr_assert_eq(gvt_config_read(scene.vgpu, offset, &value, size), 0);
    return value;
}

static void put(uint32_t offset, unsigned size, uint32_t value)
{
    cr_assert_eq(gvt_config_write(scene.vgpu, offset, &value, size), 0);
}

Test(gvt_config, identity_is_that_of_the_gpu_and_stays)
{
    cr_expect_eq(get(0, 4), 0x19128086);
    cr_expect_eq(get(8, 4), 0x03000006, "class of a display controller, stepping 6");
    for (uint32_t offset = 0; offset < 4096; offset += 4) {
        uint32_t before = get(offset, 4);

        if (offset == GVT_CONFIG_COMMAND || offset == GVT_CONFIG_INTERRUPT_LINE ||
            (offset >= GVT_CONFIG_BAR0 && offset < GVT_CONFIG_BAR2 + 8)) {
            continue;
        }
        put(offset, 4, ~before);
        cr_expect_eq(get(offset, 4), before, "0x%x", offset);
    }
}

Test(gvt_config, bars_tell_their_size_and_keep_an_address)
{
    put(GVT_CONFIG_BAR0, 4, UINT32_MAX);
    put(GVT_CONFIG_BAR0 + 4, 4, UINT32_MAX);
    cr_expect_eq(get(GVT_CONFIG_BAR0, 4), 0xff000004, "16 MiB, 64-bit");
    cr_expect_eq(get(GVT_CONFIG_BAR0 + 4, 4), UINT32_MAX);
    put(GVT_CONFIG_BAR2, 4, UINT32_MAX);
    cr_expect_eq(get(GVT_CONFIG_BAR2, 4), 0xc000000c, "1 GiB, 64-bit, prefetchable");
    put(GVT_CONFIG_BAR2, 4, 0x40000000);
    put(GVT_CONFIG_BAR2 + 4, 4, 0x12);
    cr_expect_eq(get(GVT_CONFIG_BAR2, 4), 0x4000000c);
    cr_expect_eq(get(GVT_CONFIG_BAR2 + 4, 4), 0x12);
}

Test(gvt_config, command_has_its_bits_by_bytes_too)
{
    put(GVT_CONFIG_COMMAND, 4, UINT32_MAX);
    cr_expect_eq(get(GVT_CONFIG_COMMAND, 4), 0x0407, "and no bit of status");
    put(GVT_CONFIG_COMMAND + 1, 1, 0);
    cr_expect_eq(get(GVT_CONFIG_COMMAND, 2), 0x0007);
    put(GVT_CONFIG_INTERRUPT_LINE, 1, 0x5a);
    cr_expect_eq(get(GVT_CONFIG_INTERRUPT_LINE, 4), 0x5a);
}

Test(gvt_config, wrong_accesses_are_refused)
{
    static const struct {
        uint32_t offset;
        unsigned size;
    } rows[] = {{0, 0},    {0, 3},          {0, 8},
                {1, 2},    {2, 4},          {4096, 1},
                {4095, 2}, {UINT32_MAX, 1}, {UINT32_MAX - 3, 4}};
    uint64_t value = UINT64_MAX;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cr_expect_eq(gvt_config_read(scene.vgpu, rows[i].offset, &value, rows[i].size), -EINVAL,
                     "row %zu", i);
        cr_expect_eq(gvt_config_write(scene.vgpu, rows[i].offset, &value, rows[i].size), -EINVAL,
                     "row %zu", i);
    }
    cr_expect_eq(value, UINT64_MAX);
    cr_expect_eq(get(4095, 1), 0);
}

Test(gvt_config, aperture_is_there_while_memory_is_on)
{
    gvt_vgpu_start(scene.vgpu);
    cr_expect_eq(scene.aperture[2], 0, "off at first");
    put(GVT_CONFIG_COMMAND, 2, MEMORY);
    cr_expect_eq(scene.aperture[2], 64 * MIB);
    cr_expect(gvt_vgpu_memory_enabled(scene.vgpu));
    put(GVT_CONFIG_COMMAND, 2, 0);
    cr_expect_eq(scene.aperture[2], 0);
    cr_expect(!gvt_vgpu_memory_enabled(scene.vgpu));
    put(GVT_CONFIG_COMMAND, 2, MEMORY);
    gvt_vgpu_reset(scene.vgpu);
    gvt_vgpu_start(scene.vgpu);
    cr_expect_eq(scene.aperture[2], 0, "off after a reset");
}

Test(gvt_config, one_that_is_stopped_shows_its_aperture_when_it_runs)
{
    cr_assert_eq(gvt_vgpu_stop(scene.vgpu), 0);
    scene.aperture[2] = 1;
    put(GVT_CONFIG_COMMAND, 2, MEMORY);
    cr_expect_eq(scene.aperture[2], 1, "nothing happens yet");
    gvt_vgpu_start(scene.vgpu);
    cr_expect_eq(scene.aperture[2], 64 * MIB);
}

Test(gvt_config, it_is_in_the_image)
{
    struct gvt_scene target;
    uint8_t *image = NULL;
    int64_t size;

    scene_open(&target, NULL, '8', scene.guest);
    put(GVT_CONFIG_COMMAND, 2, MEMORY);
    size = gvt_image_save(scene.vgpu, &image);
    cr_assert_gt(size, 0);
    cr_assert_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), 0);
    gvt_vgpu_start(target.vgpu);
    cr_expect_eq(target.aperture[2], 64 * MIB);
    free(image);
    scene_close(&target);
}

Test(gvt_config, what_a_vmm_brings_is_the_same_device_s_or_refused)
{
    uint8_t config[256];

    memcpy(config, gvt_vgpu_config_space(scene.vgpu), sizeof(config));
    config[GVT_CONFIG_COMMAND] = 0xff;
    config[GVT_CONFIG_CLASS] = 0x77;
    config[GVT_CONFIG_BAR2 + 4] = 0x34;
    cr_expect_eq(gvt_config_restore(scene.vgpu, config, sizeof(config)), 0);
    cr_expect_eq(get(GVT_CONFIG_COMMAND, 2), 0x0007);
    cr_expect_eq(get(GVT_CONFIG_CLASS, 2), 0x0300, "what a guest cannot write nobody brings");
    cr_expect_eq(get(GVT_CONFIG_BAR2 + 4, 1), 0x34);
    config[GVT_CONFIG_COMMAND] = 0;
    cr_expect_eq(gvt_config_restore(scene.vgpu, config, 3), -EINVAL);
    cr_expect_eq(gvt_config_restore(scene.vgpu, config, 4097), -EINVAL);
    config[GVT_CONFIG_DEVICE] ^= 1;
    cr_expect_eq(gvt_config_restore(scene.vgpu, config, sizeof(config)), -EINVAL);
    cr_expect_eq(get(GVT_CONFIG_COMMAND, 2), 0x0007);
}
