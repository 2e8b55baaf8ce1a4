/* SPDX-License-Identifier: MIT */
#include "tests/unit/gvt_image_bench.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "host/abi/gvt_execlist.h"
#include "host/abi/gvt_migrate.h"
#include "host/abi/i915_pvinfo.h"
#include "host/gvt/gvt_private.h"

struct gvt_scene image_source;
struct gvt_scene image_target;
uint8_t *image_bytes;
int64_t image_size;

struct gvt_config image_elsewhere(void)
{
    struct gvt_config config = scene_config();

    config.aperture_reserved = 192ull << 20;
    config.hidden_reserved = 512ull << 20;
    return config;
}

void image_open(void)
{
    const struct gvt_config config = image_elsewhere();

    scene_open(&image_source, NULL, '8', NULL);
    scene_open(&image_target, &config, '8', image_source.guest);
}

void image_close(void)
{
    free(image_bytes);
    image_bytes = NULL;
    fake_hal_destroy(image_source.guest);
    scene_close(&image_target);
    scene_close(&image_source);
}

void image_save(struct gvt_scene *scene)
{
    free(image_bytes);
    image_bytes = NULL;
    image_size = gvt_image_save(scene->vgpu, &image_bytes);
}

uint32_t image_word(uint64_t offset)
{
    uint32_t value;

    memcpy(&value, image_bytes + offset, sizeof(value));
    return value;
}

void image_reseal(void)
{
    struct gvt_image_header_t head;

    memcpy(&head, image_bytes + 8, sizeof(head));
    head.crc_check =
        crc32(0, image_bytes + IMG_OFF_CFG, (unsigned)(head.data_size - (int)IMG_OFF_CFG));
    head.global_data[GVT_GLOBAL_HEAD_CRC] = 0;
    memcpy(image_bytes + 8, &head, sizeof(head));
    head.global_data[GVT_GLOBAL_HEAD_CRC] = crc32(0, image_bytes, IMG_OFF_CFG);
    memcpy(image_bytes + 8, &head, sizeof(head));
}

void image_work(void)
{
    uint64_t guest[2];
    uint64_t host[2];

    gvt_vgpu_place(image_source.vgpu, guest, host);
    scene_read(&image_source, PVINFO_MAGIC);
    gvt_vgpu_start(image_source.vgpu);
    scene_write_pte(&image_source, guest[0], PTE(0x3000ull));
    scene_write_pte(&image_source, guest[1] + 0x5000, PTE(0x4000ull));
    scene_write_pte(&image_source, guest[0] + 0x1000, PTE(0x7ffffff000ull));
    scene_write(&image_source, FENCE_REG(1), (uint32_t)guest[0] | 1u);
    scene_write(&image_source, FENCE_REG(1) + 4, (uint32_t)guest[0] + 0x3000);
    scene_write(&image_source, RCS_BASE + RING_HWS_PGA_OFFSET, (uint32_t)guest[1] + 0x5000);
    scene_write(&image_source, RCS_BASE + RING_MODE_OFFSET,
                GFX_RUN_LIST_ENABLE << 16 | GFX_RUN_LIST_ENABLE);
    scene_write(&image_source, PVINFO_PDP_LO(0), 0x9000);
    scene_write(&image_source, PVINFO_G2V_NOTIFY, VGT_G2V_PPGTT_L4_PAGE_TABLE_CREATE);
    scene_write(&image_source, PVINFO_G2V_NOTIFY, VGT_G2V_PPGTT_L4_PAGE_TABLE_CREATE);
    scene_write(&image_source, PVINFO_G2V_NOTIFY, VGT_G2V_PPGTT_L3_PAGE_TABLE_CREATE);
    scene_submit(&image_source, RCS_BASE, DESC | 0x10000, DESC | 0x20000);
    scene_submit(&image_source, BCS_BASE, DESC | 0x30000, 0);
    scene_write(&image_source, RCS_BASE + EL_OFFSET_ELSP, 0x11);
    scene_write(&image_source, RCS_BASE + EL_OFFSET_ELSP, 0x22);
    gvt_vgpu_config_space(image_source.vgpu)[0x40] = 0x5a;
    cr_assert_eq(gvt_vgpu_stop(image_source.vgpu), 0);
}

uint8_t *image_before;
static int64_t before_size;
static unsigned before_calls;

void image_remember_target(void)
{
    uint64_t guest[2];
    uint64_t host[2];

    gvt_vgpu_place(image_target.vgpu, guest, host);
    scene_write_pte(&image_target, guest[0] + 0x8000, PTE(0x5000ull));
    scene_submit(&image_target, RCS_BASE, DESC, 0);
    before_size = gvt_image_save(image_target.vgpu, &image_before);
    cr_assert_gt(before_size, 0);
    before_calls = image_target.chip_calls;
}

void image_expect_target_unchanged(const char *what, uint64_t n)
{
    uint8_t *after;
    int64_t after_size = gvt_image_save(image_target.vgpu, &after);

    cr_assert_eq(after_size, before_size, "%s %lu", what, n);
    cr_assert_eq(memcmp(image_before, after, (size_t)after_size), 0, "%s %lu", what, n);
    cr_assert_eq(image_target.chip_calls, before_calls, "%s %lu", what, n);
    free(after);
}
