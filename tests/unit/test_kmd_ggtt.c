/* SPDX-License-Identifier: MIT */
/* GGTT nodes, their entries, and buffer objects. */
#include <criterion/criterion.h>
#include <errno.h>

#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/kmd/kmd.h"
#include "tests/unit/fake_hal.h"

#define START 0x400000u
#define PAGE  0x1000u

struct scene {
    struct hal *hal;
    struct ggtt *ggtt;
    struct ggtt_node *node;
    unsigned invalidations;
    uint64_t entry_at_invalidation;
};

static void scene_create(struct scene *scene, uint64_t pages)
{
    *scene = (struct scene){0};
    scene->hal = fake_hal_create(NULL, 64 * PAGE);
    scene->ggtt = ggtt_create(scene->hal, START, pages * PAGE);
}

static void scene_destroy(struct scene *scene)
{
    ggtt_destroy(scene->ggtt);
    fake_hal_destroy(scene->hal);
}

static uint64_t entry(const struct scene *scene, uint64_t addr)
{
    uint32_t offset = GGTT_BAR0_OFFSET + (uint32_t)(addr / PAGE * 8);

    return make_64(fake_reg(scene->hal, offset), fake_reg(scene->hal, offset + 4));
}

static uint64_t insert(struct scene *scene, uint64_t pages, uint64_t align)
{
    int err = ggtt_insert(scene->ggtt, pages * PAGE, align, &scene->node);

    cr_assert_eq(err, 0, "%d", err);
    return scene->node->addr;
}

Test(kmd_ggtt, lowest_place_that_fits_is_taken)
{
    struct scene scene;
    struct ggtt_node *first;

    scene_create(&scene, 16);
    cr_expect_eq(insert(&scene, 2, PAGE), START);
    first = scene.node;
    cr_expect_eq(insert(&scene, 3, PAGE), START + 2 * PAGE);
    ggtt_remove(scene.ggtt, first);
    cr_expect_eq(insert(&scene, 3, PAGE), START + 5 * PAGE);
    cr_expect_eq(insert(&scene, 1, PAGE), START);
    cr_expect_eq(insert(&scene, 1, PAGE), START + PAGE);
    scene_destroy(&scene);
}

Test(kmd_ggtt, alignment_is_of_the_address)
{
    struct scene scene;

    scene_create(&scene, 64);
    cr_expect_eq(insert(&scene, 1, PAGE), START);
    cr_expect_eq(insert(&scene, 1, 16 * PAGE), START + 16 * PAGE);
    cr_expect_eq(insert(&scene, 1, PAGE), START + PAGE);
    cr_expect_eq(insert(&scene, 1, 16 * PAGE), START + 32 * PAGE);
    scene_destroy(&scene);
}

Test(kmd_ggtt, range_can_be_filled_to_its_end_and_no_further)
{
    struct scene scene;
    struct ggtt_node *untouched = NULL;

    scene_create(&scene, 4);
    cr_expect_eq(insert(&scene, 3, PAGE), START);
    cr_expect_eq(ggtt_insert(scene.ggtt, 2 * PAGE, PAGE, &untouched), -ENOSPC);
    cr_expect_eq(ggtt_insert(scene.ggtt, PAGE, 0x1000000, &untouched), -ENOSPC);
    cr_expect_null(untouched);
    cr_expect_eq(insert(&scene, 1, PAGE), START + 3 * PAGE);
    cr_expect_eq(ggtt_insert(scene.ggtt, PAGE, PAGE, &untouched), -ENOSPC);
    scene_destroy(&scene);
}

Test(kmd_ggtt, map_writes_address_present_and_flags)
{
    struct scene scene;

    scene_create(&scene, 4);
    insert(&scene, 2, PAGE);
    ggtt_map(scene.ggtt, scene.node, 0x7000, GGTT_PAT_NORMAL);
    cr_expect_eq(entry(&scene, START), 0x7000 | GGTT_PTE_PRESENT | GGTT_PAT_NORMAL);
    cr_expect_eq(entry(&scene, START + PAGE), 0x8000 | GGTT_PTE_PRESENT | GGTT_PAT_NORMAL);
    cr_expect_eq(entry(&scene, START + 2 * PAGE), 0u);
    scene_destroy(&scene);
}

static void note_invalidation(void *arg)
{
    struct scene *scene = arg;

    scene->invalidations++;
    scene->entry_at_invalidation = entry(scene, START);
}

Test(kmd_ggtt, owner_is_told_after_entries_were_written)
{
    struct scene scene;

    scene_create(&scene, 4);
    ggtt_set_invalidate(scene.ggtt, note_invalidation, &scene);
    insert(&scene, 1, PAGE);
    cr_expect_eq(scene.invalidations, 0u);
    ggtt_map(scene.ggtt, scene.node, 0x7000, 0);
    cr_expect_eq(scene.entry_at_invalidation, 0x7000 | GGTT_PTE_PRESENT);
    ggtt_remove(scene.ggtt, scene.node);
    cr_expect_eq(scene.entry_at_invalidation, 0u);
    cr_expect_eq(scene.invalidations, 2u);
    ggtt_remove(scene.ggtt, NULL);
    scene_destroy(&scene);
}

Test(kmd_ggtt, shift_moves_range_and_nodes_but_no_entries)
{
    struct scene scene;
    struct ggtt_node *node;

    scene_create(&scene, 8);
    insert(&scene, 2, PAGE);
    node = scene.node;
    ggtt_map(scene.ggtt, node, 0x7000, 0);
    ggtt_shift(scene.ggtt, -(int64_t)(16 * PAGE));
    cr_expect_eq(ggtt_start(scene.ggtt), START - 16 * PAGE);
    cr_expect_eq(ggtt_size(scene.ggtt), 8 * PAGE);
    cr_expect_eq(node->addr, START - 16 * PAGE);
    cr_expect_eq(entry(&scene, node->addr), 0u);
    cr_expect_neq(entry(&scene, START), 0u);
    cr_expect_eq(insert(&scene, 1, PAGE), START - 14 * PAGE);
    ggtt_shift(scene.ggtt, 32 * PAGE);
    cr_expect_eq(node->addr, START + 16 * PAGE);
    scene_destroy(&scene);
}

static void shift_up(void *arg)
{
    ggtt_shift(((struct scene *)arg)->ggtt, 64 * PAGE);
}

static void map_meanwhile(void *arg)
{
    struct scene *scene = arg;

    fake_at(scene->hal, 50, shift_up, scene);
    ggtt_map(scene->ggtt, scene->node, 0x7000, 0);
}

Test(kmd_ggtt, map_that_a_shift_interrupts_is_whole_at_the_new_place)
{
    struct scene scene;

    scene_create(&scene, 8);
    insert(&scene, 8, PAGE);
    fake_run(scene.hal, map_meanwhile, &scene, HAL_NS_PER_S);
    for (uint64_t i = 0; i < 8; i++) {
        cr_expect_eq(entry(&scene, START + (64 + i) * PAGE), (0x7000 + i * PAGE) | 1);
    }
    scene_destroy(&scene);
}

Test(kmd_ggtt, object_is_zeroed_mapped_memory)
{
    struct scene scene;
    struct bo bo;

    scene_create(&scene, 8);
    cr_assert_eq(bo_create(scene.hal, scene.ggtt, 2 * PAGE, GGTT_PAT_NORMAL, &bo), 0);
    cr_expect_eq(bo_addr(&bo, 0x1234), START + 0x1234);
    cr_expect_eq(entry(&scene, START + PAGE),
                 (bo.phys + PAGE) | GGTT_PTE_PRESENT | GGTT_PAT_NORMAL);
    bo_write32(scene.hal, &bo, 2 * PAGE - 4, 0x12345678);
    cr_expect_eq(bo_read32(scene.hal, &bo, 2 * PAGE - 4), 0x12345678u);
    bo_destroy(scene.hal, scene.ggtt, &bo);
    cr_expect_eq(entry(&scene, START), 0u);
    cr_assert_eq(bo_create(scene.hal, scene.ggtt, 2 * PAGE, 0, &bo), 0);
    cr_expect_eq(bo_read32(scene.hal, &bo, 2 * PAGE - 4), 0u);
    scene_destroy(&scene);
}

Test(kmd_ggtt, object_without_a_place_gives_its_memory_back)
{
    struct scene scene;
    struct bo bo = {0};

    scene_create(&scene, 1);
    for (unsigned i = 0; i < 100; i++) {
        cr_expect_eq(bo_create(scene.hal, scene.ggtt, 2 * PAGE, 0, &bo), -ENOSPC);
    }
    cr_expect_eq(bo.phys, 0u);
    cr_expect_eq(bo_create(scene.hal, scene.ggtt, 64 * PAGE, 0, &bo), -ENOMEM);
    bo_destroy(scene.hal, scene.ggtt, &bo);
    scene_destroy(&scene);
}
