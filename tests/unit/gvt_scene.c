/* SPDX-License-Identifier: MIT */
#include "tests/unit/gvt_scene.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/abi/gvt_execlist.h"
#include "host/abi/gvt_migrate.h"
#include "host/abi/i915_pvinfo.h"
#include "host/abi/i915_vgpu_pv.h"

static int guest_read(void *arg, uint64_t gpa, void *to, uint64_t size)
{
    struct gvt_scene *scene = arg;

    scene->reads++;
    return hal_mem_read(scene->guest, gpa, to, size);
}

static int guest_write(void *arg, uint64_t gpa, const void *from, uint64_t size)
{
    struct gvt_scene *scene = arg;

    return hal_mem_write(scene->guest, gpa, from, size);
}

static uint64_t guest_writes(void *arg, uint64_t gpa)
{
    return gpa < SCENE_RAM ? ((struct gvt_scene *)arg)->writes[gpa / HAL_PAGE_SIZE] : 0;
}

static uint64_t guest_frame(void *arg, uint64_t gpa)
{
    return gpa < SCENE_RAM ? ((struct gvt_scene *)arg)->window + gpa : 0;
}

static void set_ggtt(void *arg, uint64_t index, uint64_t entry)
{
    struct gvt_scene *scene = arg;

    cr_assert_lt(index, SCENE_PTES);
    scene->ggtt[index] = entry;
    scene->chip_calls++;
}

static void set_fence(void *arg, unsigned fence, uint64_t value)
{
    struct gvt_scene *scene = arg;

    cr_assert_lt(fence, 32);
    scene->fences[fence] = value;
    scene->chip_calls++;
}

static void map_aperture(void *arg, uint64_t guest, uint64_t host, uint64_t size)
{
    struct gvt_scene *scene = arg;

    scene->aperture[0] = guest;
    scene->aperture[1] = host;
    scene->aperture[2] = size;
}

static void set_ring_mode(void *arg, unsigned engine, uint32_t on)
{
    struct gvt_scene *scene = arg;

    scene->ring_mode[engine] = on;
    scene->chip_calls++;
}

static void set_hws(void *arg, unsigned engine, uint64_t addr)
{
    struct gvt_scene *scene = arg;

    scene->hws[engine] = addr;
    scene->chip_calls++;
}

static int ppgtt_create(void *arg, unsigned level, const uint64_t pdp[4])
{
    struct gvt_scene *scene = arg;

    (void)level;
    (void)pdp;
    scene->chip_calls++;
    scene->creates++;
    return scene->ppgtt_error;
}

static void ppgtt_destroy(void *arg, unsigned level, const uint64_t pdp[4])
{
    struct gvt_scene *scene = arg;

    (void)level;
    (void)pdp;
    scene->chip_calls++;
    scene->destroys++;
}

static int ppgtt_map(void *arg, uint64_t pml4, uint64_t addr, uint64_t entry)
{
    struct gvt_scene *scene = arg;

    (void)pml4;
    (void)addr;
    scene->chip_calls++;
    scene->mapped[scene->maps++ % 16] = entry;
    return 0;
}

static void kick(void *arg)
{
    ((struct gvt_scene *)arg)->kicks++;
}

static void interrupt(void *arg)
{
    ((struct gvt_scene *)arg)->interrupts++;
}

static const struct gvt_ops ops = {
    .guest_read = guest_read,
    .guest_write = guest_write,
    .guest_frame = guest_frame,
    .guest_writes = guest_writes,
    .set_ggtt = set_ggtt,
    .set_fence = set_fence,
    .map_aperture = map_aperture,
    .set_ring_mode = set_ring_mode,
    .set_hws = set_hws,
    .ppgtt_create = ppgtt_create,
    .ppgtt_destroy = ppgtt_destroy,
    .ppgtt_map = ppgtt_map,
    .kick = kick,
    .interrupt = interrupt,
};

const struct gvt_ops *scene_ops(void)
{
    return &ops;
}

struct gvt_config scene_config(void)
{
    return (struct gvt_config){
        .gen = 9,
        .device = 0x1912,
        .revision = 6,
        .platform = GVT_PLATFORM_SKL,
        .firmware = 0x00060001,
        .engine_mask = 1u << GVT_ENGINE_RCS | 1u << GVT_ENGINE_BCS | 1u << GVT_ENGINE_VCS |
                       1u << GVT_ENGINE_VECS,
        .aperture = 1ull << 30,
        .ggtt = 4ull << 30,
        .software_version = 1,
        .pv_caps = PV_PPGTT | PV_GGTT | PV_SUBMISSION,
        .pv_major = PV_MAJOR,
        .pv_minor = PV_MINOR,
    };
}

void scene_open(struct gvt_scene *scene, const struct gvt_config *config, char type,
                struct hal *guest)
{
    static const struct fake_device no_device;
    struct gvt_config used = config ? *config : scene_config();
    char path[] = "mdev_supported_types/i915-GVTg_V5_8/create";

    *scene = (struct gvt_scene){.guest = guest, .window = SCENE_FRAME};
    scene->hal = fake_hal_create(&no_device, 0);
    scene->guest = guest ? guest : fake_hal_create(&no_device, SCENE_RAM);
    scene->ggtt = calloc(SCENE_PTES, sizeof(*scene->ggtt));
    used.hal = scene->hal;
    scene->gvt = gvt_create(&used);
    cr_assert(scene->gvt && scene->ggtt);
    *strrchr(path, '8') = type;
    cr_assert_eq(gvt_sysfs_write(scene->gvt, path, SCENE_UUID, GVT_UUID_CHARS), GVT_UUID_CHARS);
    scene->vgpu = gvt_vgpu_find(scene->gvt, SCENE_UUID);
    cr_assert(scene->vgpu);
    cr_assert_eq(gvt_vgpu_attach(scene->vgpu, &ops, scene, SCENE_RAM / HAL_PAGE_SIZE), 0);
}

void scene_close(struct gvt_scene *scene)
{
    gvt_destroy(scene->gvt);
    free(scene->ggtt);
    fake_hal_destroy(scene->hal);
}

uint32_t scene_read(struct gvt_scene *scene, uint64_t offset)
{
    uint32_t value = 0;

    cr_assert_eq(gvt_mmio_read(scene->vgpu, offset, &value, sizeof(value)), 0);
    return value;
}

void scene_write(struct gvt_scene *scene, uint64_t offset, uint32_t value)
{
    cr_assert_eq(gvt_mmio_write(scene->vgpu, offset, &value, sizeof(value)), 0);
}

void scene_write_pte(struct gvt_scene *scene, uint64_t addr, uint64_t entry)
{
    uint64_t offset = GVT_GTT_START_OFFSET + addr / HAL_PAGE_SIZE * GVT_GTT_ENTRY_SIZE;

    cr_assert_eq(gvt_mmio_write(scene->vgpu, offset, &entry, sizeof(entry)), 0);
}

void *scene_ram(struct gvt_scene *scene, uint64_t gpa, uint64_t size)
{
    return fake_ram(scene->guest, gpa, size);
}

void scene_submit(struct gvt_scene *scene, uint32_t base, uint32_t desc0, uint32_t desc1)
{
    scene_write(scene, base + EL_OFFSET_ELSP, 0);
    scene_write(scene, base + EL_OFFSET_ELSP, desc1);
    scene_write(scene, base + EL_OFFSET_ELSP, 0);
    scene_write(scene, base + EL_OFFSET_ELSP, desc0);
}
