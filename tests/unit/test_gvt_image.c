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
#include "tests/unit/gvt_scene.h"

#define TYPE8_IMAGE 5116596
#define DESC        (CTX_DESC_VALID | CTX_DESC_PRIVILEGE_ACCESS)
#define PTE(gpa)    ((gpa) | 1ull)

static struct gvt_scene source;
static struct gvt_scene target;
static uint8_t *image;
static int64_t size;

/* The target keeps more for itself: both parts lie elsewhere. */
static struct gvt_config elsewhere(void)
{
    struct gvt_config config = scene_config();

    config.aperture_reserved = 192ull << 20;
    config.hidden_reserved = 512ull << 20;
    return config;
}

static void open_both(void)
{
    const struct gvt_config config = elsewhere();

    scene_open(&source, NULL, '8', NULL);
    scene_open(&target, &config, '8', source.guest);
}

static void close_both(void)
{
    free(image);
    image = NULL;
    fake_hal_destroy(source.guest);
    scene_close(&target);
    scene_close(&source);
}

TestSuite(gvt_image, .init = open_both, .fini = close_both);

static void save(struct gvt_scene *scene)
{
    free(image);
    image = NULL;
    size = gvt_image_save(scene->vgpu, &image);
}

static uint32_t word(uint64_t offset)
{
    uint32_t value;

    memcpy(&value, image + offset, sizeof(value));
    return value;
}

/* Closes an image again that a test changed on purpose. */
static void reseal(void)
{
    struct gvt_image_header_t head;

    memcpy(&head, image + 8, sizeof(head));
    head.crc_check = crc32(0, image + IMG_OFF_CFG, (unsigned)(head.data_size - (int)IMG_OFF_CFG));
    head.global_data[GVT_GLOBAL_HEAD_CRC] = 0;
    memcpy(image + 8, &head, sizeof(head));
    head.global_data[GVT_GLOBAL_HEAD_CRC] = crc32(0, image, IMG_OFF_CFG);
    memcpy(image + 8, &head, sizeof(head));
}

/* A guest that looked at PVINFO and works: entries, fence, roots, queue, half a submission. */
static void work(void)
{
    uint64_t guest[2];
    uint64_t host[2];

    gvt_vgpu_place(source.vgpu, guest, host);
    scene_read(&source, PVINFO_MAGIC);
    gvt_vgpu_start(source.vgpu);
    scene_write_pte(&source, guest[0], PTE(0x3000ull));
    scene_write_pte(&source, guest[1] + 0x5000, PTE(0x4000ull));
    scene_write_pte(&source, guest[0] + 0x1000, PTE(0x7ffffff000ull));
    scene_write(&source, FENCE_REG(1), (uint32_t)guest[0] | 1u);
    scene_write(&source, FENCE_REG(1) + 4, (uint32_t)guest[0] + 0x3000);
    scene_write(&source, RCS_BASE + RING_HWS_PGA_OFFSET, (uint32_t)guest[1] + 0x5000);
    scene_write(&source, RCS_BASE + RING_MODE_OFFSET,
                GFX_RUN_LIST_ENABLE << 16 | GFX_RUN_LIST_ENABLE);
    scene_write(&source, PVINFO_PDP_LO(0), 0x9000);
    scene_write(&source, PVINFO_G2V_NOTIFY, VGT_G2V_PPGTT_L4_PAGE_TABLE_CREATE);
    scene_write(&source, PVINFO_G2V_NOTIFY, VGT_G2V_PPGTT_L4_PAGE_TABLE_CREATE);
    scene_write(&source, PVINFO_G2V_NOTIFY, VGT_G2V_PPGTT_L3_PAGE_TABLE_CREATE);
    scene_submit(&source, RCS_BASE, DESC | 0x10000, DESC | 0x20000);
    scene_submit(&source, BCS_BASE, DESC | 0x30000, 0);
    scene_write(&source, RCS_BASE + EL_OFFSET_ELSP, 0x11);
    scene_write(&source, RCS_BASE + EL_OFFSET_ELSP, 0x22);
    gvt_vgpu_config_space(source.vgpu)[0x40] = 0x5a;
    cr_assert_eq(gvt_vgpu_stop(source.vgpu), 0);
}

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

    save(&source);
    cr_assert_eq(size, TYPE8_IMAGE, "%ld", size);
    for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
        cr_expect_eq(word(records[i].offset), records[i].type, "row %zu", i);
        cr_expect_eq(word(records[i].offset + 4), records[i].size, "row %zu", i);
    }
    cr_expect_eq(word(12), TYPE8_IMAGE);
    cr_expect_eq(word(16), crc32(0, image + 536, TYPE8_IMAGE - 536));
    cr_expect_eq(word(20), 0);
}

Test(gvt_image, larger_types_have_their_sizes_and_type_1_is_refused_before_writing)
{
    static const struct {
        char type;
        int64_t size;
    } rows[] = {{'8', 5116596}, {'4', 5509812}, {'2', 6820532}, {'1', -EFAULT}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct gvt_scene scene;

        scene_open(&scene, NULL, rows[i].type, source.guest);
        save(&scene);
        cr_expect_eq(size, rows[i].size, "type %c: %ld", rows[i].type, size);
        cr_expect_eq(image == NULL, rows[i].size < 0);
        cr_expect_eq(fake_trace_count(scene.hal, "detail=9441972"), rows[i].size < 0);
        scene_close(&scene);
    }
}

Test(gvt_image, device_info_says_what_the_image_is_from)
{
    static const uint64_t expected[] = {
        0, 0x4e49564544545647ull, 0x80861912, 2, 6, 64u << 20, 384u << 20, 4, 0x17, 0, 0, 0x60001,
        0};

    save(&source);
    cr_assert_gt(size, 0);
    cr_expect_eq(memcmp(image + 24, expected, sizeof(expected)), 0);
}

Test(gvt_image, saving_is_repeatable_and_the_work_goes_on)
{
    struct gvt_workload workload;
    uint8_t *first;
    unsigned calls;

    work();
    calls = source.chip_calls;
    save(&source);
    cr_assert_eq(size, TYPE8_IMAGE + 3 * 36 + 2 * 40, "%ld", size);
    first = image;
    image = NULL;
    save(&source);
    cr_expect_eq(memcmp(first, image, (size_t)size), 0);
    free(first);
    cr_expect_eq(source.chip_calls, calls);
    cr_expect_eq(gvt_workload_count(source.vgpu), 3);
    gvt_vgpu_start(source.vgpu);
    cr_expect(gvt_workload_take(source.vgpu, GVT_ENGINE_RCS, &workload));
    cr_expect_eq(workload.desc[0], DESC | 0x10000);
}

Test(gvt_image, running_vgpu_is_neither_saved_nor_loaded)
{
    save(&source);
    gvt_vgpu_start(source.vgpu);
    cr_expect_eq(gvt_image_load(source.vgpu, image, (uint64_t)size), -EBUSY);
    save(&source);
    cr_expect_eq(size, -EBUSY);
}

/* ---- loading --------------------------------------------------------------------------------- */

Test(gvt_image, load_puts_entries_and_fences_where_this_host_placed_the_vgpu)
{
    uint64_t guest[2];
    uint64_t host[2];
    uint64_t seen[2];
    uint64_t here[2];

    work();
    save(&source);
    cr_assert_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), 0);
    gvt_vgpu_place(source.vgpu, guest, host);
    gvt_vgpu_place(target.vgpu, seen, here);
    cr_expect(seen[0] == guest[0] && seen[1] == guest[1] && here[0] != host[0] &&
              here[1] != host[1]);
    cr_expect_eq(target.ggtt[here[0] / 4096], PTE(SCENE_FRAME + 0x3000));
    cr_expect_eq(target.ggtt[here[1] / 4096 + 5], PTE(SCENE_FRAME + 0x4000));
    cr_expect_eq(target.ggtt[here[0] / 4096 + 1], 0, "a page that the guest has not");
    cr_expect_eq(target.ggtt[guest[0] / 4096], 0, "not ours");
    gvt_vgpu_start(target.vgpu);
    cr_expect(target.aperture[0] == guest[0] && target.aperture[1] == here[0]);
    cr_expect_eq(target.fences[4 + 1], (here[0] + 0x3000) << 32 | here[0] | 1);
    cr_expect_eq(target.hws[GVT_ENGINE_RCS], here[1] + 0x5000);
    cr_expect_eq(target.ring_mode[GVT_ENGINE_RCS], GFX_RUN_LIST_ENABLE);
    cr_expect_eq(scene_read(&target, PVINFO_MAPPABLE_GMADR_BASE), guest[0]);
    cr_expect_eq(gvt_vgpu_config_space(target.vgpu)[0x40], 0x5a);
}

Test(gvt_image, fence_that_reaches_out_of_the_aperture_is_none)
{
    const uint64_t start = scene_read(&source, PVINFO_MAPPABLE_GMADR_BASE);
    const uint64_t end = start + (64u << 20);
    const uint64_t hidden = scene_read(&source, PVINFO_NONMAPPABLE_GMADR_BASE);
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
        scene_write(&source, FENCE_REG(3) + 4, (uint32_t)cases[n].last | 3);
        scene_write(&source, FENCE_REG(3), (uint32_t)cases[n].first | 1);
        cr_expect_eq(source.fences[4 + 3] & 1, cases[n].taken, "%s", cases[n].what);
    }
    gvt_vgpu_reset(source.vgpu);
    cr_expect_eq(source.fences[4 + 3], 0, "nothing of it outlives the guest");
}

Test(gvt_image, load_brings_roots_queue_and_the_half_written_port)
{
    struct gvt_workload workload;

    work();
    save(&source);
    cr_assert_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), 0);
    cr_expect_eq(target.creates, 2);
    scene_write(&target, PVINFO_G2V_NOTIFY, VGT_G2V_PPGTT_L4_PAGE_TABLE_DESTROY);
    cr_expect_eq(target.destroys, 0, "the root was announced twice");
    scene_write(&target, PVINFO_G2V_NOTIFY, VGT_G2V_PPGTT_L4_PAGE_TABLE_DESTROY);
    cr_expect_eq(target.destroys, 1);
    cr_expect_not(gvt_workload_take(target.vgpu, GVT_ENGINE_RCS, &workload), "it does not run");
    gvt_vgpu_start(target.vgpu);
    cr_expect_geq(target.kicks, 1);
    for (uint32_t n = 1; n <= 2; n++) {
        cr_assert(gvt_workload_take(target.vgpu, GVT_ENGINE_RCS, &workload));
        cr_expect_eq(workload.desc[0], DESC | n * 0x10000);
        cr_expect_eq(workload.emulate_schedule_in, n == 1);
        gvt_workload_done(target.vgpu, GVT_ENGINE_RCS);
    }
    scene_write(&target, RCS_BASE + EL_OFFSET_ELSP, 0x33);
    scene_write(&target, RCS_BASE + EL_OFFSET_ELSP, DESC | 0x40000);
    cr_assert(gvt_workload_take(target.vgpu, GVT_ENGINE_RCS, &workload));
    cr_expect(workload.desc[0] == (DESC | 0x40000) && workload.desc[1] == 0x33);
}

Test(gvt_image, image_of_an_image_is_the_image)
{
    uint8_t *first;
    int64_t first_size;

    work();
    save(&source);
    first = image;
    first_size = size;
    cr_assert_eq(gvt_image_load(target.vgpu, first, (uint64_t)first_size), 0);
    image = NULL;
    save(&target);
    cr_assert_eq(size, first_size);
    cr_expect_eq(memcmp(first, image, (size_t)size), 0);
    free(first);
}

Test(gvt_image, what_the_target_held_before_is_gone)
{
    uint64_t guest[2];
    uint64_t here[2];

    save(&source);
    gvt_vgpu_place(target.vgpu, guest, here);
    scene_write_pte(&target, guest[0] + 0x8000, PTE(0x5000ull));
    scene_write(&target, PVINFO_PDP_LO(0), 0x9000);
    scene_write(&target, PVINFO_G2V_NOTIFY, VGT_G2V_PPGTT_L4_PAGE_TABLE_CREATE);
    scene_submit(&target, RCS_BASE, DESC, 0);
    cr_assert_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), 0);
    cr_expect_eq(target.ggtt[here[0] / 4096 + 8], 0);
    cr_expect_eq(target.destroys, 1);
    cr_expect_eq(gvt_workload_count(target.vgpu), 0);
}

Test(gvt_image, host_that_fails_while_loading_says_eio)
{
    work();
    save(&source);
    target.ppgtt_error = -ENOMEM;
    cr_expect_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), -EIO);
}

/* ---- refusing -------------------------------------------------------------------------------- */

static uint8_t *before;
static int64_t before_size;
static unsigned before_calls;

/* The target gets a life of its own, that a refused load must not touch. */
static void remember_target(void)
{
    uint64_t guest[2];
    uint64_t host[2];

    gvt_vgpu_place(target.vgpu, guest, host);
    scene_write_pte(&target, guest[0] + 0x8000, PTE(0x5000ull));
    scene_submit(&target, RCS_BASE, DESC, 0);
    before_size = gvt_image_save(target.vgpu, &before);
    cr_assert_gt(before_size, 0);
    before_calls = target.chip_calls;
}

static void expect_target_unchanged(const char *what, uint64_t n)
{
    uint8_t *after;
    int64_t after_size = gvt_image_save(target.vgpu, &after);

    cr_assert_eq(after_size, before_size, "%s %lu", what, n);
    cr_assert_eq(memcmp(before, after, (size_t)after_size), 0, "%s %lu", what, n);
    cr_assert_eq(target.chip_calls, before_calls, "%s %lu", what, n);
    free(after);
}

Test(gvt_image, truncation_at_every_record_boundary_is_refused)
{
    uint64_t at = 0;
    unsigned cuts = 0;

    work();
    save(&source);
    remember_target();
    while (at < (uint64_t)size) {
        const uint64_t ends[] = {at, at + 4, at + 8, at + 8 + word(at + 4) - 1};

        for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
            if (ends[i] < (uint64_t)size) {
                cr_assert_eq(gvt_image_load(target.vgpu, image, ends[i]), -EINVAL, "%lu", ends[i]);
                cuts++;
            }
        }
        expect_target_unchanged("cut", at);
        at += 8 + word(at + 4);
    }
    cr_expect_eq(cuts, 32);
    free(before);
}

Test(gvt_image, two_hundred_flipped_bits_are_all_refused)
{
    uint64_t random = 0x9e3779b97f4a7c15ull;

    work();
    save(&source);
    remember_target();
    for (unsigned n = 0; n < 200; n++) {
        uint64_t bit;

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        bit = random % ((uint64_t)size * 8);
        image[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), -EINVAL, "bit %lu", bit);
        image[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    expect_target_unchanged("flips", 200);
    free(before);
}

Test(gvt_image, every_bit_of_head_is_guarded)
{
    work();
    save(&source);
    remember_target();
    for (unsigned bit = 0; bit < IMG_OFF_CFG * 8; bit++) {
        image[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), -EINVAL, "bit %u", bit);
        image[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    expect_target_unchanged("head", 0);
    free(before);
}

/* Images whose checksums are right and whose contents are not. offset counts from the record's
 * header; a negative record counts for the whole image. */
#define PPGTT_AT(off)    (5116472 + (off))
#define WORKLOAD_AT(off) (5116472 + 8 + 2 * 40 + (off))
#define EXECLIST_AT(off) (WORKLOAD_AT(0) + 8 + 3 * 36 + (off))
#define VREG_AT(reg)     (IMG_OFF_VREG + 8 + (reg))
#define GLOBAL(n)        (24 + 8 * (n))

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
    work();
    save(&source);
    remember_target();
    cr_assert_eq(word(EXECLIST_AT(0)), GVT_MIGRATION_EXECLIST);
    for (size_t i = 0; i < ARRAY_SIZE(forgeries); i++) {
        uint32_t kept = word(forgeries[i].offset);

        memcpy(image + forgeries[i].offset, &forgeries[i].value, 4);
        reseal();
        cr_assert_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), -EINVAL, "%s",
                     forgeries[i].what);
        memcpy(image + forgeries[i].offset, &kept, 4);
    }
    expect_target_unchanged("forgeries", 0);
    reseal();
    cr_expect_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), 0, "unforged again");
    free(before);
}

/* ---- pages that PV bound --------------------------------------------------------------------- */

#define ROOT_GPA          0x9000u
#define RUNS              3u
#define RUN(n)            (5116472 + 8 + 40 * (1 + (n))) /* behind the root of level 4 */
#define RUN_WORD(n, word) (RUN(n) + 8 + 8 * (word))

/* Into the root of level 4: three runs, of 3 pages, of one next to it, and of 700 elsewhere. */
static void bind_pages(struct gvt_scene *scene)
{
    const struct {
        uint64_t addr, entry, pages;
    } runs[RUNS] = {{0x200000, 0x3003, 3}, {0x203000, 0x8001, 1}, {0xffffffe00000, 0x10003, 300}};
    struct gvt_ppgtt *root = gvt_ppgtt_find(scene->vgpu, ROOT_GPA);

    for (unsigned n = RUNS; n-- > 0;) {
        for (uint64_t page = runs[n].pages; page-- > 0;) {
            cr_assert_eq(gvt_ppgtt_map(scene->vgpu, root, runs[n].addr + page * 0x1000,
                                       runs[n].entry + page * 0x1000),
                         0);
        }
    }
}

static uint64_t quad(uint64_t offset)
{
    return word(offset) | (uint64_t)word(offset + 4) << 32;
}

Test(gvt_image, pages_by_pv_move_as_runs_behind_their_root)
{
    uint8_t *first;
    int64_t first_size;

    work();
    bind_pages(&source);
    save(&source);
    cr_assert_eq(size, TYPE8_IMAGE + 3 * 36 + (2 + RUNS) * 40);
    cr_expect_eq(quad(GLOBAL(GVT_GLOBAL_FLAGS)), GVT_GLOBAL_FLAG_PV_BOUND);
    cr_expect(word(RUN(0)) == 1 && word(RUN(0) + 4) == 2 &&
              quad(RUN_WORD(0, GVT_RUN_ADDR)) == 0x200000 &&
              quad(RUN_WORD(0, GVT_RUN_ENTRY)) == 0x3003);
    cr_expect(word(RUN(2)) == 1 && word(RUN(2) + 4) == 299);
    cr_assert_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), 0);
    cr_expect_eq(target.maps, 304, "each is the machine's to map again");
    cr_expect_eq(target.mapped[303 % 16], SCENE_FRAME + 0x10003 + 299 * 0x1000);
    first = image;
    first_size = size;
    image = NULL;
    save(&target);
    cr_assert_eq(size, first_size);
    cr_expect_eq(memcmp(first, image, (size_t)size), 0);
    free(first);
}

Test(gvt_image, forged_runs_are_refused)
{
    static const struct {
        const char *what;
        uint32_t offset, value;
    } rows[] = {
        {"HEAD knows of none", GLOBAL(GVT_GLOBAL_FLAGS), 0},
        {"a run before any root", PPGTT_AT(8), 1},
        {"behind a root of level 3", PPGTT_AT(8), 3},
        {"between pages", RUN_WORD(0, GVT_RUN_ADDR), 0x200010},
        {"over the one behind it", RUN_WORD(0, GVT_RUN_ADDR), 0x201000},
        {"out of order", RUN_WORD(1, GVT_RUN_ADDR), 0x100000},
        {"beyond the space", RUN_WORD(2, GVT_RUN_ADDR) + 4, 0x10000},
        {"out of the space", RUN_WORD(2, GVT_RUN_ADDR) + 4, 0xffffffff},
        {"over the end of the space", RUN_WORD(2, GVT_RUN_ADDR), 0xfffff000},
        {"of no page of the guest", RUN_WORD(1, GVT_RUN_ENTRY), SCENE_RAM | 1},
        {"into what the guest has not", RUN_WORD(2, GVT_RUN_ENTRY), 0x190001},
        {"of nothing", RUN_WORD(1, GVT_RUN_ENTRY), 0},
        {"longer than memory", RUN(0) + 4, 0xffffffff},
        {"with a third word", RUN_WORD(1, GVT_RUN_ZERO), 1},
        {"with a fourth word", RUN_WORD(1, GVT_RUN_ZERO + 1), 1},
        {"level 2", RUN(0), 2},
    };

    work();
    bind_pages(&source);
    save(&source);
    remember_target();
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint32_t kept = word(rows[i].offset);

        memcpy(image + rows[i].offset, &rows[i].value, 4);
        reseal();
        cr_expect_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), -EINVAL, "%s",
                     rows[i].what);
        memcpy(image + rows[i].offset, &kept, 4);
    }
    expect_target_unchanged("runs", 0);
    reseal();
    cr_expect_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), 0, "unforged again");
    free(before);
}

Test(gvt_image, root_that_is_there_twice_is_refused)
{
    work();
    save(&source);
    memcpy(image + PPGTT_AT(8 + 40), image + PPGTT_AT(8), 40);
    reseal();
    cr_expect_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), -EINVAL);
}

/* A page in each 512 GiB, 2 MiB apart: two tables for each. */
Test(gvt_image, no_more_is_bound_than_tables_are_kept_for)
{
    struct gvt_ppgtt *root;
    unsigned bound = 0;
    int err = 0;

    work();
    root = gvt_ppgtt_find(source.vgpu, ROOT_GPA);
    while (!err && bound < 2 * GVT_MAX_MAPPING_TABLES) {
        err = gvt_ppgtt_map(source.vgpu, root, (uint64_t)bound << 30, PTE(0x3000ull));
        bound += !err;
    }
    cr_expect_eq(err, -ENOMEM);
    cr_expect_lt(bound, GVT_MAX_MAPPING_TABLES);
    save(&source);
    cr_expect_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), 0, "as much as here");
}

Test(gvt_image, host_without_ppgtt_by_pv_refuses_already_the_head)
{
    struct gvt_config config = elsewhere();
    struct gvt_scene other;

    config.pv_caps = PV_GGTT;
    scene_open(&other, &config, '8', source.guest);
    work();
    bind_pages(&source);
    save(&source);
    cr_expect_eq(gvt_image_check_head(other.vgpu, image), -EINVAL);
    cr_expect_eq(gvt_image_check_head(target.vgpu, image), size);
    scene_close(&other);
}

Test(gvt_image, bytes_after_the_last_object_are_refused)
{
    uint32_t longer = TYPE8_IMAGE + 8;
    uint8_t *grown;

    save(&source);
    grown = realloc(image, longer);
    cr_assert_not_null(grown);
    image = grown;
    memset(image + TYPE8_IMAGE, 0, 8);
    cr_expect_eq(gvt_image_load(target.vgpu, image, longer), -EINVAL);
    memcpy(image + 12, &longer, 4);
    reseal();
    cr_expect_eq(gvt_image_load(target.vgpu, image, longer), -EINVAL);
}

Test(gvt_image, newer_stepping_and_firmware_take_an_older_image)
{
    struct gvt_config config = elsewhere();
    struct gvt_scene newer;

    config.revision = 9;
    config.firmware = 0x60009;
    scene_open(&newer, &config, '8', source.guest);
    save(&source);
    cr_expect_eq(gvt_image_load(newer.vgpu, image, (uint64_t)size), 0);
    save(&newer);
    cr_expect_eq(gvt_image_load(source.vgpu, image, (uint64_t)size), -EINVAL);
    scene_close(&newer);
}

Test(gvt_image, failsafe_travels)
{
    scene_write(&source, PVINFO_RSV5, 1);
    save(&source);
    cr_assert_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), 0);
    scene_write(&target, PVINFO_MAGIC, 0x1234);
    cr_expect_eq(scene_read(&target, PVINFO_MAGIC), 0x1234, "plain memory");
}
