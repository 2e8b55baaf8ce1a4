/* SPDX-License-Identifier: MIT */
/* The image of a vGPU whose pages PV bound: runs behind their root, and what is refused of them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/abi/gvt_migrate.h"
#include "host/abi/i915_vgpu_pv.h"
#include "host/gvt/gvt_private.h"
#include "tests/unit/gvt_image_bench.h"

TestSuite(gvt_image_pages, .init = image_open, .fini = image_close);

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
    return image_word(offset) | (uint64_t)image_word(offset + 4) << 32;
}

Test(gvt_image_pages, pages_by_pv_move_as_runs_behind_their_root)
{
    uint8_t *first;
    int64_t first_size;

    image_work();
    bind_pages(&image_source);
    image_save(&image_source);
    cr_assert_eq(image_size, TYPE8_IMAGE + 3 * 36 + (2 + RUNS) * 40);
    cr_expect_eq(quad(GLOBAL(GVT_GLOBAL_FLAGS)), GVT_GLOBAL_FLAG_PV_BOUND);
    cr_expect(image_word(RUN(0)) == 1 && image_word(RUN(0) + 4) == 2 &&
              quad(RUN_WORD(0, GVT_RUN_ADDR)) == 0x200000 &&
              quad(RUN_WORD(0, GVT_RUN_ENTRY)) == 0x3003);
    cr_expect(image_word(RUN(2)) == 1 && image_word(RUN(2) + 4) == 299);
    cr_assert_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), 0);
    cr_expect_eq(image_target.maps, 304, "each is the machine's to map again");
    cr_expect_eq(image_target.mapped[303 % 16], SCENE_FRAME + 0x10003 + 299 * 0x1000);
    first = image_bytes;
    first_size = image_size;
    image_bytes = NULL;
    image_save(&image_target);
    cr_assert_eq(image_size, first_size);
    cr_expect_eq(memcmp(first, image_bytes, (size_t)image_size), 0);
    free(first);
}

Test(gvt_image_pages, forged_runs_are_refused)
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

    image_work();
    bind_pages(&image_source);
    image_save(&image_source);
    image_remember_target();
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint32_t kept = image_word(rows[i].offset);

        memcpy(image_bytes + rows[i].offset, &rows[i].value, 4);
        image_reseal();
        cr_expect_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), -EINVAL,
                     "%s", rows[i].what);
        memcpy(image_bytes + rows[i].offset, &kept, 4);
    }
    image_expect_target_unchanged("runs", 0);
    image_reseal();
    cr_expect_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), 0,
                 "unforged again");
    free(image_before);
}

Test(gvt_image_pages, root_that_is_there_twice_is_refused)
{
    image_work();
    image_save(&image_source);
    memcpy(image_bytes + PPGTT_AT(8 + 40), image_bytes + PPGTT_AT(8), 40);
    image_reseal();
    cr_expect_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), -EINVAL);
}

/* A page in each 512 GiB, 2 MiB apart: two tables for each. */
Test(gvt_image_pages, no_more_is_bound_than_tables_are_kept_for)
{
    struct gvt_ppgtt *root;
    unsigned bound = 0;
    int err = 0;

    image_work();
    root = gvt_ppgtt_find(image_source.vgpu, ROOT_GPA);
    while (!err && bound < 2 * GVT_MAX_MAPPING_TABLES) {
        err = gvt_ppgtt_map(image_source.vgpu, root, (uint64_t)bound << 30, PTE(0x3000ull));
        bound += !err;
    }
    cr_expect_eq(err, -ENOMEM);
    cr_expect_lt(bound, GVT_MAX_MAPPING_TABLES);
    image_save(&image_source);
    cr_expect_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), 0,
                 "as much as here");
}

Test(gvt_image_pages, host_without_ppgtt_by_pv_refuses_already_the_head)
{
    struct gvt_config config = image_elsewhere();
    struct gvt_scene other;

    config.pv_caps = PV_GGTT;
    scene_open(&other, &config, '8', image_source.guest);
    image_work();
    bind_pages(&image_source);
    image_save(&image_source);
    cr_expect_eq(gvt_image_check_head(other.vgpu, image_bytes), -EINVAL);
    cr_expect_eq(gvt_image_check_head(image_target.vgpu, image_bytes), image_size);
    scene_close(&other);
}
