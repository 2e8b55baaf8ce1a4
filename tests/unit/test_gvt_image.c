/* SPDX-License-Identifier: MIT */
/* The image of a vGPU: where each record lies, that saving harms nothing, what a load rebuilds on a
 * host that places the vGPU elsewhere, and that nothing damaged or foreign changes anything. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "host/abi/gvt_execlist.h"
#include "host/abi/gvt_migrate.h"
#include "host/abi/i915_pvinfo.h"
#include "host/abi/i915_vgpu_pv.h"
#include "host/gvt/gvt_private.h"
#include "tests/unit/gvt_image_bench.h"

TestSuite(gvt_image, .init = image_open, .fini = image_close);

/* ---- saving ---------------------------------------------------------------------------------- */

Test(gvt_image, idle_vgpu_of_type_8_has_each_record_at_its_place)
{
    static const struct {
        uint32_t offset, type, size;
    } records[] = {
        {IMG_OFF_HEAD, GVT_MIGRATION_HEAD, 528},
        {IMG_OFF_CFG, GVT_MIGRATION_CFG_SPACE, 4096},
        {IMG_OFF_SREG, GVT_MIGRATION_SREG, GVT_MMIO_SIZE},
        {IMG_OFF_VREG, GVT_MIGRATION_VREG, GVT_MMIO_SIZE},
        {IMG_OFF_GTT, GVT_MIGRATION_GTT, 917504},
        {5116472, GVT_MIGRATION_PPGTT, 0},
        {5116480, GVT_MIGRATION_WORKLOAD, 0},
        {5116488, GVT_MIGRATION_EXECLIST, 100},
    };

    image_save(&image_source);
    cr_assert_eq(image_size, TYPE8_IMAGE, "%ld", image_size);
    for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
        cr_expect_eq(image_word(records[i].offset), records[i].type, "row %zu", i);
        cr_expect_eq(image_word(records[i].offset + 4), records[i].size, "row %zu", i);
    }
    cr_expect_eq(image_word(12), TYPE8_IMAGE);
    cr_expect_eq(image_word(16), crc32(0, image_bytes + 536, TYPE8_IMAGE - 536));
    cr_expect_eq(image_word(20), 0);
}

Test(gvt_image, larger_types_have_their_sizes_and_type_1_is_refused_before_writing)
{
    static const struct {
        char type;
        int64_t size;
    } rows[] = {{'8', 5116596}, {'4', 5509812}, {'2', 6820532}, {'1', -EFAULT}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct gvt_scene scene;

        scene_open(&scene, NULL, rows[i].type, image_source.guest);
        image_save(&scene);
        cr_expect_eq(image_size, rows[i].size, "type %c: %ld", rows[i].type, image_size);
        cr_expect_eq(image_bytes == NULL, rows[i].size < 0);
        cr_expect_eq(fake_trace_count(scene.hal, "detail=9441972"), rows[i].size < 0);
        scene_close(&scene);
    }
}

Test(gvt_image, device_info_says_what_the_image_is_from)
{
    static const uint64_t expected[] = {
        0, 0x4e49564544545647ull, 0x80861912, 2, 6, 64u << 20, 384u << 20, 4, 0x17, 0, 0, 0x60001,
        0};

    image_save(&image_source);
    cr_assert_gt(image_size, 0);
    cr_expect_eq(memcmp(image_bytes + 24, expected, sizeof(expected)), 0);
}

Test(gvt_image, saving_is_repeatable_and_the_work_goes_on)
{
    struct gvt_workload workload;
    uint8_t *first;
    unsigned calls;

    image_work();
    calls = image_source.chip_calls;
    image_save(&image_source);
    cr_assert_eq(image_size, TYPE8_IMAGE + 3 * 36 + 2 * 40, "%ld", image_size);
    first = image_bytes;
    image_bytes = NULL;
    image_save(&image_source);
    cr_expect_eq(memcmp(first, image_bytes, (size_t)image_size), 0);
    free(first);
    cr_expect_eq(image_source.chip_calls, calls);
    cr_expect_eq(gvt_workload_count(image_source.vgpu), 3);
    gvt_vgpu_start(image_source.vgpu);
    cr_expect(gvt_workload_take(image_source.vgpu, GVT_ENGINE_RCS, &workload));
    cr_expect_eq(workload.desc[0], DESC | 0x10000);
}

Test(gvt_image, running_vgpu_is_neither_saved_nor_loaded)
{
    image_save(&image_source);
    gvt_vgpu_start(image_source.vgpu);
    cr_expect_eq(gvt_image_load(image_source.vgpu, image_bytes, (uint64_t)image_size), -EBUSY);
    image_save(&image_source);
    cr_expect_eq(image_size, -EBUSY);
}

/* ---- loading --------------------------------------------------------------------------------- */

Test(gvt_image, load_puts_entries_and_fences_where_this_host_placed_the_vgpu)
{
    uint64_t guest[2];
    uint64_t host[2];
    uint64_t seen[2];
    uint64_t here[2];

    image_work();
    image_save(&image_source);
    cr_assert_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), 0);
    gvt_vgpu_place(image_source.vgpu, guest, host);
    gvt_vgpu_place(image_target.vgpu, seen, here);
    cr_expect(seen[0] == guest[0] && seen[1] == guest[1] && here[0] != host[0] &&
              here[1] != host[1]);
    cr_expect_eq(image_target.ggtt[here[0] / 4096], PTE(SCENE_FRAME + 0x3000));
    cr_expect_eq(image_target.ggtt[here[1] / 4096 + 5], PTE(SCENE_FRAME + 0x4000));
    cr_expect_eq(image_target.ggtt[here[0] / 4096 + 1], 0, "a page that the guest has not");
    cr_expect_eq(image_target.ggtt[guest[0] / 4096], 0, "not ours");
    gvt_vgpu_start(image_target.vgpu);
    cr_expect(image_target.aperture[0] == guest[0] && image_target.aperture[1] == here[0]);
    cr_expect_eq(image_target.fences[4 + 1], (here[0] + 0x3000) << 32 | here[0] | 1);
    cr_expect_eq(image_target.hws[GVT_ENGINE_RCS], here[1] + 0x5000);
    cr_expect_eq(image_target.ring_mode[GVT_ENGINE_RCS], GFX_RUN_LIST_ENABLE);
    cr_expect_eq(scene_read(&image_target, PVINFO_MAPPABLE_GMADR_BASE), guest[0]);
    cr_expect_eq(gvt_vgpu_config_space(image_target.vgpu)[0x40], 0x5a);
}

Test(gvt_image, fence_that_reaches_out_of_the_aperture_is_none)
{
    const uint64_t start = scene_read(&image_source, PVINFO_MAPPABLE_GMADR_BASE);
    const uint64_t end = start + (64u << 20);
    const uint64_t hidden = scene_read(&image_source, PVINFO_NONMAPPABLE_GMADR_BASE);
    const struct {
        const char *what;
        uint64_t first, last;
        bool taken;
    } cases[] = {
        {"all of it", start, end - 0x1000, true},
        {"a page too many", start, end, false},
        {"a page before", start - 0x1000, start, false},
        {"into the hidden part", start, hidden, false},
        {"in the hidden part", hidden, hidden, false},
        {"backwards", start + 0x2000, start + 0x1000, false},
        {"everything", 0, 0xfffff000, false},
        {"one page", end - 0x1000, end - 0x1000, true},
    };

    for (unsigned n = 0; n < ARRAY_SIZE(cases); n++) {
        scene_write(&image_source, FENCE_REG(3) + 4, (uint32_t)cases[n].last | 3);
        scene_write(&image_source, FENCE_REG(3), (uint32_t)cases[n].first | 1);
        cr_expect_eq(image_source.fences[4 + 3] & 1, cases[n].taken, "%s", cases[n].what);
    }
    gvt_vgpu_reset(image_source.vgpu);
    cr_expect_eq(image_source.fences[4 + 3], 0, "nothing of it outlives the guest");
}

Test(gvt_image, load_brings_roots_queue_and_the_half_written_port)
{
    struct gvt_workload workload;

    image_work();
    image_save(&image_source);
    cr_assert_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), 0);
    cr_expect_eq(image_target.creates, 2);
    scene_write(&image_target, PVINFO_G2V_NOTIFY, VGT_G2V_PPGTT_L4_PAGE_TABLE_DESTROY);
    cr_expect_eq(image_target.destroys, 0, "the root was announced twice");
    scene_write(&image_target, PVINFO_G2V_NOTIFY, VGT_G2V_PPGTT_L4_PAGE_TABLE_DESTROY);
    cr_expect_eq(image_target.destroys, 1);
    cr_expect_not(gvt_workload_take(image_target.vgpu, GVT_ENGINE_RCS, &workload),
                  "it does not run");
    gvt_vgpu_start(image_target.vgpu);
    cr_expect_geq(image_target.kicks, 1);
    for (uint32_t n = 1; n <= 2; n++) {
        cr_assert(gvt_workload_take(image_target.vgpu, GVT_ENGINE_RCS, &workload));
        cr_expect_eq(workload.desc[0], DESC | n * 0x10000);
        cr_expect_eq(workload.emulate_schedule_in, n == 1);
        gvt_workload_done(image_target.vgpu, GVT_ENGINE_RCS);
    }
    scene_write(&image_target, RCS_BASE + EL_OFFSET_ELSP, 0x33);
    scene_write(&image_target, RCS_BASE + EL_OFFSET_ELSP, DESC | 0x40000);
    cr_assert(gvt_workload_take(image_target.vgpu, GVT_ENGINE_RCS, &workload));
    cr_expect(workload.desc[0] == (DESC | 0x40000) && workload.desc[1] == 0x33);
}

Test(gvt_image, image_of_an_image_is_the_image)
{
    uint8_t *first;
    int64_t first_size;

    image_work();
    image_save(&image_source);
    first = image_bytes;
    first_size = image_size;
    cr_assert_eq(gvt_image_load(image_target.vgpu, first, (uint64_t)first_size), 0);
    image_bytes = NULL;
    image_save(&image_target);
    cr_assert_eq(image_size, first_size);
    cr_expect_eq(memcmp(first, image_bytes, (size_t)image_size), 0);
    free(first);
}

Test(gvt_image, what_the_target_held_before_is_gone)
{
    uint64_t guest[2];
    uint64_t here[2];

    image_save(&image_source);
    gvt_vgpu_place(image_target.vgpu, guest, here);
    scene_write_pte(&image_target, guest[0] + 0x8000, PTE(0x5000ull));
    scene_write(&image_target, PVINFO_PDP_LO(0), 0x9000);
    scene_write(&image_target, PVINFO_G2V_NOTIFY, VGT_G2V_PPGTT_L4_PAGE_TABLE_CREATE);
    scene_submit(&image_target, RCS_BASE, DESC, 0);
    cr_assert_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), 0);
    cr_expect_eq(image_target.ggtt[here[0] / 4096 + 8], 0);
    cr_expect_eq(image_target.destroys, 1);
    cr_expect_eq(gvt_workload_count(image_target.vgpu), 0);
}

Test(gvt_image, host_that_fails_while_loading_says_eio)
{
    image_work();
    image_save(&image_source);
    image_target.ppgtt_error = -ENOMEM;
    cr_expect_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), -EIO);
}

/* ---- refusing -------------------------------------------------------------------------------- */

Test(gvt_image, truncation_at_every_record_boundary_is_refused)
{
    uint64_t at = 0;
    unsigned cuts = 0;

    image_work();
    image_save(&image_source);
    image_remember_target();
    while (at < (uint64_t)image_size) {
        const uint64_t ends[] = {at, at + 4, at + 8, at + 8 + image_word(at + 4) - 1};

        for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
            if (ends[i] < (uint64_t)image_size) {
                cr_assert_eq(gvt_image_load(image_target.vgpu, image_bytes, ends[i]), -EINVAL,
                             "%lu", ends[i]);
                cuts++;
            }
        }
        image_expect_target_unchanged("cut", at);
        at += 8 + image_word(at + 4);
    }
    cr_expect_eq(cuts, 32);
    free(image_before);
}

Test(gvt_image, two_hundred_flipped_bits_are_all_refused)
{
    uint64_t random = 0x9e3779b97f4a7c15ull;

    image_work();
    image_save(&image_source);
    image_remember_target();
    for (unsigned n = 0; n < 200; n++) {
        uint64_t bit;

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        bit = random % ((uint64_t)image_size * 8);
        image_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), -EINVAL,
                     "bit %lu", bit);
        image_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    image_expect_target_unchanged("flips", 200);
    free(image_before);
}

Test(gvt_image, every_bit_of_head_is_guarded)
{
    image_work();
    image_save(&image_source);
    image_remember_target();
    for (unsigned bit = 0; bit < IMG_OFF_CFG * 8; bit++) {
        image_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), -EINVAL,
                     "bit %u", bit);
        image_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    image_expect_target_unchanged("head", 0);
    free(image_before);
}

/* Images whose checksums are right and whose contents are not. offset counts from the record's
 * header; a negative record counts for the whole image. */
static const struct {
    const char *what;
    uint32_t offset, value;
} forgeries[] = {
    {"version 0", 8, 0},
    {"version 2", 8, 2},
    {"reserved word", GLOBAL(GVT_GLOBAL_RESERVED), 1},
    {"tag", GLOBAL(GVT_GLOBAL_TAG), 0},
    {"device", GLOBAL(GVT_GLOBAL_DEVICE), 0x80865912},
    {"platform", GLOBAL(GVT_GLOBAL_PLATFORM), GVT_PLATFORM_KBL},
    {"newer stepping", GLOBAL(GVT_GLOBAL_REVISION), 7},
    {"aperture", GLOBAL(GVT_GLOBAL_LOW), 128u << 20},
    {"hidden", GLOBAL(GVT_GLOBAL_HIGH), 512u << 20},
    {"fences", GLOBAL(GVT_GLOBAL_FENCES), 8},
    {"engines", GLOBAL(GVT_GLOBAL_ENGINES), 0x1f},
    {"flags", GLOBAL(GVT_GLOBAL_FLAGS), 8},
    {"pages by PV that are not there", GLOBAL(GVT_GLOBAL_FLAGS), 4},
    {"newer firmware", GLOBAL(GVT_GLOBAL_FIRMWARE), 0x60002},
    {"other firmware", GLOBAL(GVT_GLOBAL_FIRMWARE), 0x50001},
    {"rest of the words", GLOBAL(40), 1},
    {"CFG_SPACE is SREG", IMG_OFF_CFG, GVT_MIGRATION_SREG},
    {"CFG_SPACE is a terminator", IMG_OFF_CFG, GVT_MIGRATION_NONE},
    {"second HEAD", IMG_OFF_CFG, GVT_MIGRATION_HEAD},
    {"unknown object", IMG_OFF_SREG, 9},
    {"CFG_SPACE too short", IMG_OFF_CFG + 4, 4092},
    {"SREG claims more than there is", IMG_OFF_SREG + 4, 0xfffffff0},
    {"VREG without magic", VREG_AT(PVINFO_MAGIC), 0},
    {"VREG of another size", VREG_AT(PVINFO_MAPPABLE_GMADR_SIZE), 128u << 20},
    {"VREG of another hidden size", VREG_AT(PVINFO_NONMAPPABLE_GMADR_SIZE), 0},
    {"VREG with other fences", VREG_AT(PVINFO_FENCE_NUM), 5},
    {"guest base between pages", VREG_AT(PVINFO_MAPPABLE_GMADR_BASE), 0x8000004},
    {"guest parts overlap", VREG_AT(PVINFO_MAPPABLE_GMADR_BASE), 0x60000000},
    {"guest base at the end", VREG_AT(PVINFO_NONMAPPABLE_GMADR_BASE), 0xfffff000},
    {"PV that the host has not", VREG_AT(PVINFO_PV_CAPS), 0x1f},
    {"GTT of another size", IMG_OFF_GTT + 4, 917496},
    {"PPGTT not a multiple", PPGTT_AT(4), 79},
    {"PPGTT of level 2", PPGTT_AT(8), 2},
    {"PPGTT of level 5", PPGTT_AT(8), 5},
    {"PPGTT with too many references", PPGTT_AT(12), 0x10000},
    {"WORKLOAD not a multiple", WORKLOAD_AT(4), 107},
    {"WORKLOAD of no engine", WORKLOAD_AT(8), 5},
    {"WORKLOAD of a negative engine", WORKLOAD_AT(8), 0xffffffff},
    {"WORKLOAD of an engine that is not here", WORKLOAD_AT(8), GVT_ENGINE_VCS2},
    {"WORKLOAD with a flag of 2", WORKLOAD_AT(12), 2},
    {"WORKLOAD with padding", WORKLOAD_AT(12), 0x10000},
    {"WORKLOAD without valid", WORKLOAD_AT(16), CTX_DESC_PRIVILEGE_ACCESS},
    {"WORKLOAD without privilege", WORKLOAD_AT(16), CTX_DESC_VALID},
    {"WORKLOAD with half a port", WORKLOAD_AT(8 + 32), 1},
    {"EXECLIST of four engines", EXECLIST_AT(4), 80},
    {"EXECLIST with an index of 4", EXECLIST_AT(8 + 16), 4},
};

Test(gvt_image, forged_images_with_right_checksums_are_refused)
{
    image_work();
    image_save(&image_source);
    image_remember_target();
    cr_assert_eq(image_word(EXECLIST_AT(0)), GVT_MIGRATION_EXECLIST);
    for (size_t i = 0; i < ARRAY_SIZE(forgeries); i++) {
        uint32_t kept = image_word(forgeries[i].offset);

        memcpy(image_bytes + forgeries[i].offset, &forgeries[i].value, 4);
        image_reseal();
        cr_assert_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), -EINVAL,
                     "%s", forgeries[i].what);
        memcpy(image_bytes + forgeries[i].offset, &kept, 4);
    }
    image_expect_target_unchanged("forgeries", 0);
    image_reseal();
    cr_expect_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), 0,
                 "unforged again");
    free(image_before);
}

Test(gvt_image, bytes_after_the_last_object_are_refused)
{
    uint32_t longer = TYPE8_IMAGE + 8;
    uint8_t *grown;

    image_save(&image_source);
    grown = realloc(image_bytes, longer);
    cr_assert_not_null(grown);
    image_bytes = grown;
    memset(image_bytes + TYPE8_IMAGE, 0, 8);
    cr_expect_eq(gvt_image_load(image_target.vgpu, image_bytes, longer), -EINVAL);
    memcpy(image_bytes + 12, &longer, 4);
    image_reseal();
    cr_expect_eq(gvt_image_load(image_target.vgpu, image_bytes, longer), -EINVAL);
}

Test(gvt_image, newer_stepping_and_firmware_take_an_older_image)
{
    struct gvt_config config = image_elsewhere();
    struct gvt_scene newer;

    config.revision = 9;
    config.firmware = 0x60009;
    scene_open(&newer, &config, '8', image_source.guest);
    image_save(&image_source);
    cr_expect_eq(gvt_image_load(newer.vgpu, image_bytes, (uint64_t)image_size), 0);
    image_save(&newer);
    cr_expect_eq(gvt_image_load(image_source.vgpu, image_bytes, (uint64_t)image_size), -EINVAL);
    scene_close(&newer);
}

Test(gvt_image, failsafe_travels)
{
    scene_write(&image_source, PVINFO_RSV5, 1);
    image_save(&image_source);
    cr_assert_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), 0);
    scene_write(&image_target, PVINFO_MAGIC, 0x1234);
    cr_expect_eq(scene_read(&image_target, PVINFO_MAGIC), 0x1234, "plain memory");
}
