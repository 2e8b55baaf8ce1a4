/* SPDX-License-Identifier: MIT */
/* Both ends of the PV channel: the guest's driver and the mediator, that share a page of fake RAM
 * and meet in traps of the guest's register accesses. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "guest/pv/pv.h"
#include "host/abi/gvt_execlist.h"
#include "host/abi/i915_pvinfo.h"
#include "tests/unit/gvt_scene.h"

#define SECOND HAL_NS_PER_S
#define DESC   (CTX_DESC_VALID | CTX_DESC_PRIVILEGE_ACCESS)

static struct gvt_scene scene;
static struct hal *guest;
static struct pv *pv;
static int lose; /* triggers that do not arrive */

static uint64_t trap_read(void *arg, uint32_t offset, unsigned size)
{
    uint64_t value = 0;

    (void)arg;
    cr_assert_eq(gvt_mmio_read(scene.vgpu, offset, &value, size), 0);
    return value;
}

static void trap_write(void *arg, uint32_t offset, uint64_t value, unsigned size)
{
    (void)arg;
    if (offset == PVINFO_G2V_NOTIFY && value == VGT_G2V_PV_SEND_TRIGGER && lose > 0) {
        lose--;
        return;
    }
    cr_assert_eq(gvt_mmio_write(scene.vgpu, offset, &value, size), 0);
}

static int started;

static void start_program(void *arg)
{
    (void)arg;
    started = pv_start(pv);
}

static void open_with(const struct gvt_config *config, uint32_t first_fence)
{
    static const struct fake_device traps = {.read = trap_read, .write = trap_write};
    struct pv_config used = {.caps = PV_PPGTT | PV_GGTT | PV_SUBMISSION,
                             .first_fence = first_fence};

    guest = fake_hal_create(&traps, SCENE_RAM);
    scene_open(&scene, config, '8', guest);
    gvt_vgpu_start(scene.vgpu);
    used.hal = guest;
    pv = pv_create(&used);
    cr_assert(pv);
    lose = 0;
    fake_run(guest, start_program, NULL, SECOND);
}

static void open_both(void)
{
    open_with(NULL, 0);
    cr_assert_eq(started, 7);
}

static void close_both(void)
{
    pv_destroy(pv);
    scene_close(&scene);
    fake_hal_destroy(guest);
}

TestSuite(pv_channel, .fini = close_both);

/* ---- surfaces -------------------------------------------------------------------------------- */

static void make_surfaces(void *arg)
{
    const struct pv_surface_config config = {.pitch = 1024, .tile_rows = 2};
    const struct pv_surface_config tile_y = {.tile_y = true, .pitch = 384, .tile_rows = 1};
    const struct pv_surface_config bad[] = {{.pitch = 640, .tile_rows = 1},
                                            {.pitch = 0, .tile_rows = 1},
                                            {.pitch = 512},
                                            {.pitch = FENCE_MAX_PITCH + 512, .tile_rows = 1},
                                            {.tile_y = true, .pitch = 64, .tile_rows = 1}};
    struct pv_surface surface;

    (void)arg;
    for (unsigned n = 0; n < ARRAY_SIZE(bad); n++) {
        cr_expect_eq(pv_surface_create(pv, &bad[n], &surface), -EINVAL, "%u", n);
    }
    for (unsigned n = 0; n < 4; n++) {
        cr_assert_eq(pv_surface_create(pv, n == 2 ? &tile_y : &config, &surface), 0);
        cr_expect_eq(surface.fence, n);
        cr_expect_eq(surface.size, n == 2 ? 0x3000 : 0x4000);
        /* The mediator has moved it: this vGPU is number 1, its place is the guest's here. */
        cr_expect_eq(scene.fences[4 + n], (surface.addr + surface.size - 0x1000) << 32 |
                                              (n == 2 ? 2ull : 7ull) << 32 | surface.addr |
                                              (n == 2 ? 3 : 1));
    }
    cr_expect_eq(pv_surface_create(pv, &config, &surface), -ENOSPC, "no fence is left");
}

Test(pv_channel, surface_has_a_fence_over_its_pages)
{
    open_both();
    fake_run(guest, make_surfaces, NULL, SECOND);
}

static void check(void (*program)(void *arg))
{
    fake_run(guest, program, NULL, 100 * SECOND);
}

static const struct vgpu_pv_ct_buffer_desc *desc(void)
{
    return fake_ram(guest, pv_shared_page(pv) + PV_DESC_OFF, PV_CTB_DESC_BYTES);
}

/* ---- commands -------------------------------------------------------------------------------- */

static void bind_everything(void *arg)
{
    static const uint64_t pages[] = {0x3003, 0x7003, 0x5003};
    static const uint64_t root[4] = {0x9000};
    static const uint64_t descs[2] = {DESC | 0x4000, 0};
    uint64_t place[2];
    uint64_t host[2];

    (void)arg;
    gvt_vgpu_place(scene.vgpu, place, host);
    pv_root_create(pv, 4, root);
    cr_expect_eq(pv_bind_ppgtt(pv, root[0], 0x400000, pages, 3), 0);
    cr_expect_eq(pv_bind_ppgtt(pv, root[0], 0x500000, pages, 1), 0);
    cr_expect_eq(scene.mapped[1], SCENE_FRAME + 0x7003);
    cr_expect_eq(pv_unbind_ppgtt(pv, root[0], 0x400000, 3), 0);
    cr_expect_eq(pv_unbind_ppgtt(pv, root[0], 0x500000, 1), 0);
    cr_expect_eq(scene.maps, 8);
    cr_expect_eq(pv_bind_ggtt(pv, place[1], pages, 3), 0);
    cr_expect_eq(scene.ggtt[host[1] / 4096 + 2], SCENE_FRAME + 0x5003);
    cr_expect_eq(pv_unbind_ggtt(pv, place[1], 3), 0);
    cr_expect_eq(pv_bind_ggtt(pv, place[0] - 4096, pages, 1), -EIO, "not its own");
    cr_expect_eq(pv_bind_ggtt(pv, place[0], pages, 0), -EIO, "nothing");
    cr_expect_eq(pv_register_submission(pv), 0);
    cr_expect_eq(pv_submit(pv, GVT_ENGINE_BCS, BCS_BASE + EL_OFFSET_ELSP, descs), 0);
    cr_expect_eq(gvt_workload_count(scene.vgpu), 1);
    pv_root_destroy(pv, 4, root);
    cr_expect_eq(scene.destroys, 1);
}

Test(pv_channel, every_command_reaches_the_chip, .init = open_both)
{
    check(bind_everything);
}

/* ---- ring ------------------------------------------------------------------------------------ */

static unsigned good;

static void send_all_lengths(void *arg)
{
    uint32_t message[PV_MSG_LEN_MAX] = {PV_CMD_DEFAULT};

    (void)arg;
    for (unsigned n = 0; n < 2000; n++) {
        good += pv_send(pv, message, 1 + n % PV_MSG_LEN_MAX, NULL) == 0;
    }
}

Test(pv_channel, messages_of_all_lengths_go_round_the_ring_many_times, .init = open_both)
{
    good = 0;
    check(send_all_lengths);
    cr_expect_eq(good, 2000);
    cr_expect_eq(desc()->fence, 2000);
    cr_expect_eq(fake_trace_count(scene.hal, "ev=done"), 2000);
}

static void send_short(void *arg)
{
    const uint32_t message = PV_CMD_DEFAULT;

    (void)arg;
    for (unsigned n = 0; n < 4; n++) {
        good += pv_send(pv, &message, 1, NULL) == 0;
    }
}

Test(pv_channel, fence_wraps_over_zero_between_both_ends)
{
    good = 0;
    open_with(NULL, 0xfffffffe);
    check(send_short);
    cr_expect_eq(good, 4);
    cr_expect_eq(desc()->fence, 2);
}

/* A host that serves one message for each trigger stays one behind for ever after a lost one; a
 * host that drains does not. */
Test(pv_channel, lost_trigger_costs_one_message_when_the_ring_is_drained)
{
    struct gvt_config config = scene_config();

    good = 0;
    open_with(NULL, 0);
    lose = 1;
    check(send_short);
    cr_expect_eq(good, 3);
    close_both();
    config.pv_one_per_trigger = true;
    good = 0;
    open_with(&config, 0);
    lose = 1;
    check(send_short);
    cr_expect_eq(good, 0);
}

Test(pv_channel, host_of_another_version_is_told_goodbye)
{
    struct gvt_config config = scene_config();

    config.pv_major = 1;
    config.pv_minor = 0;
    open_with(&config, 0);
    cr_expect_eq(started, -EIO);
    cr_expect_eq(scene_read(&scene, PVINFO_PV_CAPS), 0);
}

Test(pv_channel, host_without_pv_is_fine)
{
    struct gvt_config config = scene_config();

    config.pv_caps = 0;
    open_with(&config, 0);
    cr_expect_eq(started, 0);
}

/* ---- migration ------------------------------------------------------------------------------- */

Test(pv_channel, channel_goes_on_with_the_next_fence_on_another_host, .init = open_both)
{
    struct gvt_config config = scene_config();
    struct gvt_scene source;
    uint8_t *image;
    int64_t size;

    good = 0;
    check(send_short);
    cr_assert_eq(gvt_vgpu_stop(scene.vgpu), 0);
    size = gvt_image_save(scene.vgpu, &image);
    cr_assert_gt(size, 0);
    source = scene;
    config.aperture_reserved = 320ull << 20;
    scene_open(&scene, &config, '8', guest);
    cr_assert_eq(gvt_image_load(scene.vgpu, image, (uint64_t)size), 0);
    free(image);
    gvt_vgpu_start(scene.vgpu);
    check(send_short);
    cr_expect_eq(good, 8);
    cr_expect_eq(desc()->fence, 8);
    check(bind_everything);
    scene_close(&source);
}
