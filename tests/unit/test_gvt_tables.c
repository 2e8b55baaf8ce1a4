/* SPDX-License-Identifier: MIT */
/* Writes of a guest's vCPUs to tables that are shadowed: each entry counts, every shadow has it at
 * once, halves are absent, and what is no table or not in use any more is left alone. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/gvt/gvt_private.h"
#include "tests/unit/gvt_scene.h"

#define PAGE     4096u
#define HOST_RAM (32u << 20)
#define ROOT     0x40000u
#define LEAVES   0x43000u
#define RW       3ull

static struct gvt_scene scene;
static struct gvt_worker *workers;
static struct exec_work work;
static const uint64_t roots[4] = {ROOT};

static void put(uint64_t gpa, uint64_t entry)
{
    memcpy(scene_ram(&scene, gpa, 8), &entry, sizeof(entry));
    scene.writes[gpa / PAGE]++;
}

/* The guest's vCPU does so. */
static unsigned wrote(uint64_t gpa, uint64_t entry)
{
    put(gpa, entry);
    return gvt_guest_wrote(scene.vgpu, gpa, sizeof(entry));
}

static void build(unsigned engine)
{
    cr_assert_eq(gvt_shadow_build(scene.vgpu, &workers[engine].shadow, roots, &work), 0);
}

/* Root, 0x41000, 0x42000, LEAVES, page 0x50000 at address 0; shadowed for the render engine. */
static void open_scene(void)
{
    static const struct fake_device no_device;

    scene_open(&scene, NULL, '8', NULL);
    scene.gvt->config.hal = fake_hal_create(&no_device, HOST_RAM);
    workers = scene.gvt->workers[gvt_vgpu_id(scene.vgpu)];
    for (uint64_t table = ROOT; table < LEAVES; table += PAGE) {
        put(table, (table + PAGE) | RW);
    }
    put(LEAVES, 0x50000 | RW);
    cr_assert_eq(gvt_ppgtt_get(scene.vgpu, 4, roots, 1), 0);
    build(GVT_ENGINE_RCS);
}

static void close_scene(void)
{
    struct hal *hal = scene.gvt->config.hal;

    for (unsigned engine = 0; engine < GVT_ENGINES; engine++) {
        gvt_shadow_drop(scene.gvt, &workers[engine].shadow);
    }
    fake_hal_destroy(scene.guest);
    scene_close(&scene);
    fake_hal_destroy(hal);
}

TestSuite(gvt_tables, .init = open_scene, .fini = close_scene);

/* What an engine's walk of an address below 2 MiB finds. */
static uint64_t walk(unsigned engine, uint64_t addr)
{
    uint64_t entry = workers[engine].shadow.roots[0];

    for (unsigned level = 4; level > 0; level--) {
        const uint64_t place = (entry & ~0xfffull) + (level == 1 ? addr / PAGE * 8 : 0);

        if (!(entry & ~0xfffull) || hal_mem_read(scene.gvt->config.hal, place, &entry, 8)) {
            return 0;
        }
    }
    return entry;
}

Test(gvt_tables, entry_that_is_written_is_in_every_shadow_at_once)
{
    const unsigned reads = scene.reads;

    build(GVT_ENGINE_BCS);
    cr_expect_eq(wrote(LEAVES + 8, 0x51000 | RW), 1);
    cr_expect_eq(walk(GVT_ENGINE_RCS, PAGE), (SCENE_FRAME + 0x51000) | RW);
    cr_expect_eq(walk(GVT_ENGINE_BCS, PAGE), (SCENE_FRAME + 0x51000) | RW);
    cr_expect_eq(walk(GVT_ENGINE_RCS, 0), (SCENE_FRAME + 0x50000) | RW, "others stay");
    cr_expect_eq(wrote(LEAVES, 0), 1);
    cr_expect_eq(walk(GVT_ENGINE_RCS, 0), 0);
    scene.reads = reads;
    build(GVT_ENGINE_RCS);
    cr_expect_eq(scene.reads, reads, "and need not be read again for the next workload");
}

Test(gvt_tables, each_entry_counts_and_pages_that_are_none_do_not)
{
    workers[GVT_ENGINE_RCS].running = true;
    cr_expect_eq(wrote(0x50000, RW), 0);
    cr_expect_eq(wrote(LEAVES + PAGE, RW), 0);
    cr_expect_eq(gvt_guest_wrote(scene.vgpu, LEAVES + 16, 24), 3);
    cr_expect_eq(gvt_guest_wrote(scene.vgpu, LEAVES + 20, 8), 2, "two in part");
    cr_expect_eq(gvt_guest_wrote(scene.vgpu, LEAVES + 3, 1), 1);
    cr_expect_eq(gvt_guest_wrote(scene.vgpu, LEAVES, 0), 0);
    cr_expect_eq(gvt_guest_wrote(scene.vgpu, ROOT - PAGE, 6 * PAGE), 4 * 512, "over all tables");
    workers[GVT_ENGINE_RCS].running = false;
    build(GVT_ENGINE_RCS);
    cr_expect_eq(walk(GVT_ENGINE_RCS, 0), (SCENE_FRAME + 0x50000) | RW);
    cr_expect_eq(gvt_guest_wrote(scene.vgpu, LEAVES + PAGE - 4, 8), 1, "the last, and no table");
}

Test(gvt_tables, half_of_an_entry_is_absent_until_the_next_workload)
{
    uint64_t entry = 0x51000 | RW;

    memcpy(scene_ram(&scene, LEAVES, 4), &entry, 4);
    cr_expect_eq(gvt_guest_wrote(scene.vgpu, LEAVES, 4), 1);
    cr_expect_eq(walk(GVT_ENGINE_RCS, 0), 0);
    cr_expect_eq(gvt_guest_wrote(scene.vgpu, LEAVES + 4, 4), 0, "and no more protected");
    build(GVT_ENGINE_RCS);
    cr_expect_eq(walk(GVT_ENGINE_RCS, 0), (SCENE_FRAME + 0x51000) | RW);
}

Test(gvt_tables, table_that_is_linked_in_is_there_with_all_below_it)
{
    workers[GVT_ENGINE_RCS].running = true;
    put(0x60000, 0x52000 | RW);
    cr_expect_eq(wrote(0x42000, 0x60000 | RW), 1);
    cr_expect_eq(walk(GVT_ENGINE_RCS, 0), (SCENE_FRAME + 0x52000) | RW);
    cr_expect_eq(wrote(0x60000, 0x53000 | RW), 1, "and is protected too");
    cr_expect_eq(walk(GVT_ENGINE_RCS, 0), (SCENE_FRAME + 0x53000) | RW);
    cr_expect_eq(wrote(LEAVES, 0x54000 | RW), 1, "what was there before is as long as it runs");
    cr_expect_eq(walk(GVT_ENGINE_RCS, 0), (SCENE_FRAME + 0x53000) | RW);
    workers[GVT_ENGINE_RCS].running = false;
    build(GVT_ENGINE_RCS);
    cr_expect_eq(wrote(LEAVES, 0), 0, "and not from the next workload on");
    cr_expect_eq(walk(GVT_ENGINE_RCS, 0), (SCENE_FRAME + 0x53000) | RW);
}

Test(gvt_tables, what_is_not_the_guests_is_absent)
{
    cr_expect_eq(wrote(LEAVES, (uint64_t)SCENE_RAM | RW), 1);
    cr_expect_eq(walk(GVT_ENGINE_RCS, 0), 0);
    cr_expect_eq(wrote(0x42000, (uint64_t)SCENE_RAM | RW), 1);
    cr_expect_eq(walk(GVT_ENGINE_RCS, 0), 0, "a table that is not there is empty");
}

Test(gvt_tables, tables_without_end_take_no_more_than_so)
{
    workers[GVT_ENGINE_RCS].running = true;
    for (unsigned n = 0; n < 512; n++) {
        put(0x60000 + 8 * n, 0x60000 | RW);
    }
    for (unsigned n = 0; n < 4; n++) {
        cr_expect_eq(wrote(ROOT + 8 * n, 0x60000 | RW), 1);
    }
    cr_expect_leq(workers[GVT_ENGINE_RCS].shadow.num_tables, GVT_MAX_SHADOW_TABLES);
    workers[GVT_ENGINE_RCS].running = false;
    gvt_shadow_drop(scene.gvt, &workers[GVT_ENGINE_RCS].shadow);
    cr_expect_neq(hal_mem_alloc(scene.gvt->config.hal, HOST_RAM / 2), 0, "nothing is lost");
}

Test(gvt_tables, root_that_is_gone_is_protected_while_an_engine_is_in_it)
{
    workers[GVT_ENGINE_RCS].running = true;
    cr_assert_eq(gvt_ppgtt_put(scene.vgpu, 4, roots), 0);
    cr_expect_eq(wrote(LEAVES, 0), 1);
    cr_expect_eq(walk(GVT_ENGINE_RCS, 0), 0);
    workers[GVT_ENGINE_RCS].running = false;
    cr_expect_eq(wrote(LEAVES, 0x50000 | RW), 0);
    cr_expect_eq(walk(GVT_ENGINE_RCS, 0), 0);
}

Test(gvt_tables, page_by_pv_is_there_under_a_running_engine)
{
    struct gvt_ppgtt *ppgtt = gvt_ppgtt_find(scene.vgpu, ROOT);

    workers[GVT_ENGINE_RCS].running = true;
    cr_assert_eq(gvt_ppgtt_map(scene.vgpu, ppgtt, PAGE, 0x55000 | RW), 0);
    cr_expect_eq(walk(GVT_ENGINE_RCS, PAGE), (SCENE_FRAME + 0x55000) | RW);
    cr_assert_eq(gvt_ppgtt_map(scene.vgpu, ppgtt, PAGE, 0), 0);
    cr_expect_eq(walk(GVT_ENGINE_RCS, PAGE), 0);
    workers[GVT_ENGINE_RCS].running = false;
    cr_assert_eq(gvt_ppgtt_map(scene.vgpu, ppgtt, PAGE, 0x55000 | RW), 0);
    cr_expect_eq(walk(GVT_ENGINE_RCS, PAGE), 0, "otherwise by the next workload");
    build(GVT_ENGINE_RCS);
    cr_expect_eq(walk(GVT_ENGINE_RCS, PAGE), (SCENE_FRAME + 0x55000) | RW);
}
