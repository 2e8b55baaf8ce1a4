/* SPDX-License-Identifier: MIT */
/* What the mediator makes of a guest's work before an engine sees it: commands with addresses
 * moved or refused, page tables with the host's addresses, and the status that execlists tell. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/abi/gen8_irq.h"
#include "host/abi/gpu_commands_abi.h"
#include "host/abi/gvt_execlist.h"
#include "host/abi/i915_pvinfo.h"
#include "host/gvt/gvt_private.h"
#include "tests/unit/gvt_scene.h"

#define PAGE      4096u
#define DELTA     (128ull << 20) /* of the host's place to the guest's */
#define BATCH_GPA 0x8000u
#define BATCH_AT  0x40000000ull /* our copies, in the real GGTT */
#define PRESENT   1ull
#define WRITABLE  2ull
#define NULL_PAGE 0x200ull
#define LOCAL     0x800ull
#define HOST_RAM  (4u << 20)

static struct gvt_scene scene;
static uint64_t aperture; /* where the guest believes its share to be */
static uint32_t batch[GVT_BATCH_DWORDS];
static struct gvt_scan scan;
static struct gvt_shadow shadow;
static struct exec_work space; /* of the context; none at first */

/* A vGPU whose guest came from a place 128 MiB lower. */
static void open_scene(void)
{
    static const struct fake_device no_device;
    struct gvt_config config = scene_config();

    config.aperture_reserved = 128ull << 20;
    scene_open(&scene, &config, '8', NULL);
    scene.gvt->config.hal = fake_hal_create(&no_device, HOST_RAM);
    for (unsigned part = 0; part < PARTS; part++) {
        scene.vgpu->share[part].guest = scene.vgpu->share[part].host - DELTA;
    }
    aperture = scene.vgpu->share[PART_APERTURE].guest;
    for (unsigned n = 0; n < 16; n++) {
        scene_write_pte(&scene, aperture + n * PAGE, (BATCH_GPA + n * PAGE) | PRESENT);
    }
    scan = (struct gvt_scan){.vgpu = scene.vgpu,
                             .batch = batch,
                             .batch_addr = BATCH_AT,
                             .work = &space,
                             .status_page = (uint32_t)aperture + 5 * PAGE};
}

static void close_scene(void)
{
    struct hal *hal = scene.gvt->config.hal;

    gvt_shadow_drop(scene.gvt, &shadow);
    free(shadow.tables);
    fake_hal_destroy(scene.guest);
    scene_close(&scene);
    fake_hal_destroy(hal);
}

TestSuite(gvt_run, .init = open_scene, .fini = close_scene);

#define LOW(addr) ((uint32_t)(addr))

/* ---- commands -------------------------------------------------------------------------------- */

Test(gvt_run, ggtt_addresses_of_every_command_move_and_others_stay)
{
    const uint32_t at = LOW(aperture) + 0x48;
    const struct {
        uint32_t dw[6];
        uint32_t len;
        uint32_t address; /* 0: nothing moves */
    } cases[] = {
        {{MI_STORE_DATA_IMM | MI_SDI_GGTT | 2, at, 0, 1}, 4, 1},
        {{MI_STORE_DATA_IMM | 2, at, 0, 1}, 4, 0},
        {{MI_ATOMIC | MI_ATOMIC_GGTT | MI_ATOMIC_INLINE_DATA | 2, at, 0, 1}, 4, 1},
        {{MI_SEMAPHORE_WAIT | MI_SEMAPHORE_GGTT, 7, at, 0, 0}, 5, 2},
        {{MI_STORE_REGISTER_MEM | MI_SRM_GGTT, 0x2358, at, 0}, 4, 2},
        {{MI_FLUSH_DW | MI_FLUSH_DW_OP_STOREDW, at | MI_FLUSH_DW_GGTT, 0, 5, 0}, 5, 1},
        {{MI_FLUSH_DW | MI_FLUSH_DW_OP_STOREDW, at, 0, 5, 0}, 5, 0},
        {{PIPE_CONTROL, PIPE_CONTROL_GGTT | PIPE_CONTROL_QW_WRITE, at, 0, 5, 0}, 6, 2},
        {{PIPE_CONTROL, PIPE_CONTROL_QW_WRITE, at, 0, 5, 0}, 6, 0},
        {{MI_MODEL_WORK, at}, 2, 0},
        {{MI_NOOP}, 1, 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t dw[6];

        memcpy(dw, cases[i].dw, sizeof(dw));
        cr_assert_eq(gvt_scan_commands(&scan, dw, cases[i].len), 0, "case %zu", i);
        for (uint32_t n = 0; n < cases[i].len; n++) {
            uint32_t shift = n && n == cases[i].address ? (uint32_t)DELTA : 0;

            cr_expect_eq(dw[n], cases[i].dw[n] + shift, "case %zu dword %u: %x", i, n, dw[n]);
        }
    }
}

Test(gvt_run, status_page_writes_become_absolute_and_stay_the_guests)
{
    uint32_t flush[] = {MI_FLUSH_DW | MI_FLUSH_DW_OP_STOREDW | MI_FLUSH_DW_STORE_INDEX, 0x100, 0, 1,
                        0};
    uint32_t pipe[] = {
        PIPE_CONTROL, PIPE_CONTROL_STORE_INDEX | PIPE_CONTROL_QW_WRITE, 0x208, 0, 1, 0};
    const uint32_t page = LOW(aperture) + 5 * PAGE + (uint32_t)DELTA;

    cr_assert_eq(gvt_scan_commands(&scan, flush, ARRAY_SIZE(flush)), 0);
    cr_expect_eq(flush[0] & MI_FLUSH_DW_STORE_INDEX, 0);
    cr_expect_eq(flush[1], (page + 0x100) | MI_FLUSH_DW_GGTT);
    cr_assert_eq(gvt_scan_commands(&scan, pipe, ARRAY_SIZE(pipe)), 0);
    cr_expect_eq(pipe[1], PIPE_CONTROL_GGTT | PIPE_CONTROL_QW_WRITE);
    cr_expect_eq(pipe[2], page + 0x208);
}

Test(gvt_run, user_interrupt_becomes_the_mediators)
{
    uint32_t dw[] = {MI_USER_INTERRUPT, MI_NOOP};

    cr_assert_eq(gvt_scan_commands(&scan, dw, 2), 0);
    cr_expect(scan.user_interrupt);
    cr_expect_eq(dw[0], MI_NOOP);
}

Test(gvt_run, commands_beyond_share_or_end_are_refused)
{
    const uint32_t last = LOW(aperture + (64u << 20)); /* just behind */
    const struct {
        uint32_t dw[4];
        uint32_t len;
    } cases[] = {
        {{MI_STORE_DATA_IMM | MI_SDI_GGTT | 2, last, 0, 1}, 4},
        {{MI_STORE_DATA_IMM | MI_SDI_GGTT | 2, LOW(aperture) - 4, 0, 1}, 4},
        {{MI_STORE_DATA_IMM | MI_SDI_GGTT | 2, LOW(aperture), 1, 1}, 4},
        {{MI_STORE_DATA_IMM | MI_SDI_GGTT | 2, LOW(aperture), 0}, 3},
        {{MI_STORE_DATA_IMM | 0x3ff}, 4},
        {{PIPE_CONTROL, 0, 0, 0}, 4},
        {{MI_BATCH_BUFFER_START, last, 0}, 3},
        {{MI_BATCH_BUFFER_START, LOW(aperture), 1}, 3},
        {{MI_BATCH_BUFFER_START, LOW(aperture) + 17 * PAGE, 0}, 3},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t dw[4];

        memcpy(dw, cases[i].dw, sizeof(dw));
        cr_expect_eq(gvt_scan_commands(&scan, dw, cases[i].len), -EFAULT, "case %zu", i);
    }
}

/* ---- batches --------------------------------------------------------------------------------- */

static void put_batch(unsigned page, const uint32_t *dw, size_t count)
{
    memcpy(scene_ram(&scene, BATCH_GPA + page * PAGE, PAGE), dw, count * sizeof(*dw));
}

Test(gvt_run, batch_is_copied_with_those_that_it_calls)
{
    const uint32_t at = LOW(aperture);
    const uint32_t inner[] = {MI_STORE_DATA_IMM | MI_SDI_GGTT | 2, at, 0, 9, MI_BATCH_BUFFER_END};
    const uint32_t outer[] = {MI_BATCH_BUFFER_START | 1u << 22, at + 2 * PAGE, 0,
                              MI_BATCH_BUFFER_END};
    uint32_t dw[] = {MI_BATCH_BUFFER_START, at + PAGE, 0};

    put_batch(2, inner, ARRAY_SIZE(inner));
    put_batch(1, outer, ARRAY_SIZE(outer));
    cr_assert_eq(gvt_scan_commands(&scan, dw, 3), 0);
    cr_expect_eq(dw[1], BATCH_AT);
    cr_expect_eq(batch[1], BATCH_AT + sizeof(outer), "the outer one calls our copy");
    cr_expect_eq(batch[ARRAY_SIZE(outer) + 1], at + (uint32_t)DELTA, "which has moved addresses");
    cr_expect_eq(scan.batch_len, ARRAY_SIZE(outer) + ARRAY_SIZE(inner));
}

Test(gvt_run, batches_without_end_are_refused)
{
    const uint32_t at = LOW(aperture);
    const uint32_t itself[] = {MI_BATCH_BUFFER_START, at + PAGE, 0};
    uint32_t dw[] = {MI_BATCH_BUFFER_START, at + PAGE, 0};
    uint32_t noops[] = {MI_BATCH_BUFFER_START, at + 2 * PAGE, 0};

    put_batch(1, itself, ARRAY_SIZE(itself));
    cr_expect_eq(gvt_scan_commands(&scan, dw, 3), -EFAULT, "one that goes on in itself");
    scan.batch_len = 0;
    cr_expect_eq(gvt_scan_commands(&scan, noops, 3), -EFAULT, "one that runs out of its memory");
    cr_expect_leq(scan.batch_len, GVT_BATCH_DWORDS);
}

/* ---- page tables ----------------------------------------------------------------------------- */

#define ROOT_GPA 0x40000u

static void put_entry(uint64_t table, unsigned index, uint64_t entry)
{
    memcpy(scene_ram(&scene, table + index * 8, 8), &entry, sizeof(entry));
    scene.writes[table / PAGE]++;
}

static uint64_t shadow_entry(uint64_t table, unsigned index)
{
    uint64_t entry = 0;

    cr_assert_eq(hal_mem_read(scene.gvt->config.hal, (table & ~0xfffull) + index * 8, &entry, 8),
                 0);
    return entry;
}

/* root -> 0x41000 -> 0x42000 -> 0x43000 -> page 0x50000, at address 0. */
static struct exec_work build_tables(uint64_t leaf)
{
    const uint64_t roots[4] = {ROOT_GPA};
    struct exec_work work = {.levels = 0};

    put_entry(ROOT_GPA, 0, 0x41000 | PRESENT | WRITABLE);
    put_entry(0x41000, 0, 0x42000 | PRESENT | WRITABLE);
    put_entry(0x42000, 0, 0x43000 | PRESENT | WRITABLE);
    put_entry(0x43000, 0, leaf);
    cr_assert_eq(gvt_ppgtt_get(scene.vgpu, 4, roots, 1), 0);
    cr_assert_eq(gvt_shadow_build(scene.vgpu, &shadow, roots, &work), 0);
    return work;
}

static uint64_t walk(const struct exec_work *work)
{
    uint64_t entry = work->roots[0];

    for (unsigned level = 4; level > 0; level--) {
        entry = shadow_entry(entry, 0);
    }
    return entry;
}

Test(gvt_run, shadow_has_the_hosts_addresses)
{
    struct exec_work work = build_tables(0x50000 | PRESENT | WRITABLE);

    cr_expect_eq(work.levels, 4);
    cr_expect_eq(walk(&work), (SCENE_FRAME + 0x50000) | PRESENT | WRITABLE);
    put_entry(0x43000, 0, 0x51000 | PRESENT);
    cr_assert_eq(gvt_shadow_build(scene.vgpu, &shadow, (const uint64_t[4]){ROOT_GPA}, &work), 0);
    cr_expect_eq(walk(&work), (SCENE_FRAME + 0x51000) | PRESENT, "what changed is seen");
}

Test(gvt_run, shadow_is_kept_while_no_table_of_it_is_written)
{
    struct exec_work work = build_tables(0x50000 | PRESENT | WRITABLE);
    const uint64_t roots[4] = {ROOT_GPA};
    const uint64_t tables[] = {ROOT_GPA, 0x41000, 0x42000, 0x43000};
    unsigned reads = scene.reads;

    scene.writes[0x50000 / PAGE]++;
    cr_assert_eq(gvt_shadow_build(scene.vgpu, &shadow, roots, &work), 0);
    cr_expect_eq(scene.reads, reads, "a page is no table");
    cr_expect_lt(shadow.cost, 100);
    cr_expect_eq(walk(&work), (SCENE_FRAME + 0x50000) | PRESENT | WRITABLE);
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        reads = scene.reads;
        scene.writes[tables[i] / PAGE]++;
        cr_assert_eq(gvt_shadow_build(scene.vgpu, &shadow, roots, &work), 0);
        cr_expect_eq(scene.reads, reads + 4, "level %zu", 4 - i);
    }
}

Test(gvt_run, shadow_is_void_after_another_root_a_message_or_a_stop)
{
    struct exec_work work = build_tables(0x50000 | PRESENT | WRITABLE);
    const uint64_t roots[4] = {ROOT_GPA};
    const uint64_t other[4] = {0x60000};
    unsigned reads;

    cr_assert_eq(gvt_ppgtt_get(scene.vgpu, 4, other, 1), 0);
    cr_assert_eq(gvt_shadow_build(scene.vgpu, &shadow, other, &work), 0);
    cr_assert_eq(gvt_shadow_build(scene.vgpu, &shadow, roots, &work), 0);
    cr_expect_eq(walk(&work), (SCENE_FRAME + 0x50000) | PRESENT | WRITABLE);
    cr_assert_eq(gvt_ppgtt_map(scene.vgpu, gvt_ppgtt_find(scene.vgpu, ROOT_GPA), 0, 0x6000 | 1), 0);
    cr_assert_eq(gvt_shadow_build(scene.vgpu, &shadow, roots, &work), 0);
    cr_expect_eq(walk(&work), (SCENE_FRAME + 0x6000) | PRESENT);
    reads = scene.reads;
    gvt_shadow_forget(scene.vgpu);
    cr_assert_eq(gvt_shadow_build(scene.vgpu, &shadow, roots, &work), 0);
    cr_expect_gt(scene.reads, reads, "as after a stop: RAM may be another");
}

Test(gvt_run, page_that_the_guest_does_not_have_is_absent)
{
    struct exec_work work = build_tables((uint64_t)SCENE_RAM | PRESENT | WRITABLE);

    cr_expect_eq(walk(&work), 0);
}

Test(gvt_run, tables_that_point_at_themselves_end)
{
    const uint64_t roots[4] = {ROOT_GPA};
    struct exec_work work = {.levels = 0};

    for (unsigned n = 0; n < 512; n++) {
        put_entry(ROOT_GPA, n, ROOT_GPA | PRESENT | WRITABLE);
    }
    cr_assert_eq(gvt_ppgtt_get(scene.vgpu, 4, roots, 1), 0);
    cr_expect_eq(gvt_shadow_build(scene.vgpu, &shadow, roots, &work), -ENOMEM,
                 "and take no more than so");
    cr_expect_eq(gvt_shadow_build(scene.vgpu, &shadow, roots, &work), -ENOMEM);
    gvt_shadow_drop(scene.gvt, &shadow);
    cr_expect_neq(hal_mem_alloc(scene.gvt->config.hal, HOST_RAM / 2), 0, "nothing is lost");
}

Test(gvt_run, shadow_outlives_the_root_that_it_was_built_from)
{
    const uint64_t roots[4] = {ROOT_GPA};
    struct exec_work work = build_tables(0x50000 | PRESENT);

    cr_assert_eq(gvt_ppgtt_put(scene.vgpu, 4, roots), 0);
    cr_expect_eq(walk(&work), (SCENE_FRAME + 0x50000) | PRESENT, "an engine may still be in it");
}

Test(gvt_run, root_that_nobody_announced_is_refused)
{
    struct exec_work work = {.levels = 0};

    cr_expect_eq(gvt_shadow_build(scene.vgpu, &shadow, (const uint64_t[4]){0x7000}, &work),
                 -EINVAL);
}

Test(gvt_run, mappings_by_message_are_in_the_shadow_until_taken_away)
{
    struct exec_work work = build_tables(0x50000 | PRESENT);
    struct gvt_ppgtt *ppgtt = gvt_ppgtt_find(scene.vgpu, ROOT_GPA);
    const uint64_t roots[4] = {ROOT_GPA};

    cr_assert_eq(gvt_ppgtt_map(scene.vgpu, ppgtt, 0, 0x6000 | PRESENT | 0xffc), 0);
    for (unsigned n = 1; n < 40; n++) {
        cr_assert_eq(gvt_ppgtt_map(scene.vgpu, ppgtt, (uint64_t)n << 39, 0x5000 | PRESENT), 0);
    }
    cr_assert_eq(gvt_shadow_build(scene.vgpu, &shadow, roots, &work), 0);
    cr_expect_eq(walk(&work), PRESENT | NULL_PAGE, "local memory is not the guest's to name");
    cr_assert_eq(gvt_ppgtt_map(scene.vgpu, ppgtt, 0, 0x6000 | PRESENT | LOCAL), 0);
    cr_assert_eq(gvt_shadow_build(scene.vgpu, &shadow, roots, &work), 0);
    cr_expect_eq(walk(&work), (SCENE_FRAME + 0x6000) | PRESENT);
    cr_expect_neq(shadow_entry(work.roots[0], 39), 0);
    cr_assert_eq(gvt_ppgtt_map(scene.vgpu, ppgtt, 0, 0), 0);
    cr_assert_eq(gvt_ppgtt_map(scene.vgpu, ppgtt, 0x999000, 0), 0, "what was not there");
    cr_assert_eq(gvt_shadow_build(scene.vgpu, &shadow, roots, &work), 0);
    cr_expect_eq(walk(&work), (SCENE_FRAME + 0x50000) | PRESENT);
    for (unsigned n = 1; n < 40; n++) {
        cr_expect(gvt_mapping_any(scene.vgpu));
        cr_assert_eq(gvt_ppgtt_map(scene.vgpu, ppgtt, (uint64_t)n << 39, 0), 0);
    }
    cr_expect_not(gvt_mapping_any(scene.vgpu), "nothing is kept for nothing");
}

/* ---- batches in the context's own space ------------------------------------------------------ */

#define VA 0x10000000ull

/* Puts a batch at VA of a space; its page is of this host's own RAM, as the window makes it. */
static void put_in_space(const uint32_t *dw, size_t count)
{
    struct hal *hal = scene.gvt->config.hal;
    const uint64_t roots[4] = {ROOT_GPA};
    uint64_t page = hal_mem_alloc(hal, PAGE);

    cr_assert_eq(hal_mem_write(hal, page, dw, count * sizeof(*dw)), 0);
    cr_assert_eq(gvt_ppgtt_get(scene.vgpu, 4, roots, 1), 0);
    scene.window = page - 0x3000;
    cr_assert_eq(
        gvt_ppgtt_map(scene.vgpu, gvt_ppgtt_find(scene.vgpu, ROOT_GPA), VA, 0x3000 | PRESENT), 0);
    cr_assert_eq(gvt_shadow_build(scene.vgpu, &shadow, roots, &space), 0);
}

/* Whatever it is, it is called as it was, and nothing of it is copied. */
static void call_in_space(unsigned told)
{
    const uint32_t call[] = {MI_BATCH_BUFFER_START | MI_BATCH_PPGTT, LOW(VA), 0};
    uint32_t dw[3];

    memcpy(dw, call, sizeof(dw));
    cr_expect_eq(gvt_scan_commands(&scan, dw, 3), 0);
    cr_expect_eq(memcmp(dw, call, sizeof(dw)), 0);
    cr_expect_eq(scan.batch_len, 0);
    cr_expect_not(scan.unprivileged);
    cr_expect_eq(fake_trace_count(scene.gvt->config.hal, "peer_error"), told);
}

Test(gvt_run, batch_in_its_own_space_runs_from_the_guests_pages)
{
    const uint32_t good[] = {MI_STORE_DATA_IMM | 2, LOW(aperture),      0, 9,
                             MI_USER_INTERRUPT,     MI_BATCH_BUFFER_END};

    put_in_space(good, ARRAY_SIZE(good));
    call_in_space(0);
    cr_expect_eq(scan.looked_at, ARRAY_SIZE(good));
    cr_expect(scan.user_interrupt);
}

Test(gvt_run, batch_in_its_own_space_that_names_the_ggtt_is_told_of)
{
    const uint32_t store[] = {MI_STORE_DATA_IMM | MI_SDI_GGTT | 2, LOW(aperture), 0, 9,
                              MI_BATCH_BUFFER_END};

    put_in_space(store, ARRAY_SIZE(store));
    call_in_space(1);
}

Test(gvt_run, batch_in_its_own_space_that_calls_one_in_the_ggtt_is_told_of)
{
    const uint32_t call[] = {MI_BATCH_BUFFER_START | 1u << 22, LOW(aperture) + PAGE, 0,
                             MI_BATCH_BUFFER_END};
    const uint32_t end[] = {MI_BATCH_BUFFER_END};

    put_batch(1, end, 1);
    put_in_space(call, ARRAY_SIZE(call));
    call_in_space(1);
}

Test(gvt_run, batch_in_its_own_space_that_goes_on_in_itself_is_the_guests_affair)
{
    const uint32_t itself[] = {MI_BATCH_BUFFER_START | MI_BATCH_PPGTT, LOW(VA), 0};

    put_in_space(itself, ARRAY_SIZE(itself));
    call_in_space(1);
}

Test(gvt_run, batch_in_a_space_that_is_not_there_is_refused)
{
    const uint32_t end[] = {MI_BATCH_BUFFER_END};
    uint32_t dw[] = {MI_BATCH_BUFFER_START | MI_BATCH_PPGTT, LOW(VA), 0};

    cr_expect_eq(gvt_scan_commands(&scan, dw, 3), -EFAULT, "no space at all");
    put_in_space(end, 1);
    dw[1] = LOW(VA) + PAGE;
    cr_expect_eq(gvt_scan_commands(&scan, dw, 3), 0, "no page: the engine will say so");
    dw[2] = 0x10000;
    cr_expect_eq(gvt_scan_commands(&scan, dw, 3), 0, "and of what no address can be");
}

/* ---- execlists ------------------------------------------------------------------------------- */

static uint32_t csb(unsigned index, unsigned word)
{
    return scene_read(&scene, RCS_BASE + EL_OFFSET_STATUS_BUF + 8 * index + 4 * word);
}

static uint32_t write_index(void)
{
    return scene_read(&scene, RCS_BASE + EL_OFFSET_STATUS_PTR) & 7;
}

static void start_execlists(void)
{
    scene_read(&scene, PVINFO_MAGIC);
    scene_write(&scene, RCS_BASE + RING_HWS_PGA_OFFSET, LOW(aperture) + 7 * PAGE);
    scene_write(&scene, RCS_BASE + RING_MODE_OFFSET,
                GFX_RUN_LIST_ENABLE << 16 | GFX_RUN_LIST_ENABLE);
    scene_write(&scene, RCS_BASE + RING_IMR_OFFSET, 0);
    scene_write(&scene, GEN8_GT_IMR(0), 0);
    scene_write(&scene, GEN8_GT_IER(0), GT_CONTEXT_SWITCH_INTERRUPT);
    scene_write(&scene, GEN8_MASTER_IRQ, GEN8_MASTER_IRQ_CONTROL);
}

Test(gvt_run, a_list_of_two_goes_in_and_out_as_the_guest_sees_it)
{
    const struct gvt_workload first = {.desc = {0x1000, 71}, .emulate_schedule_in = true};
    const struct gvt_workload second = {.desc = {0x2000, 72}};
    const uint32_t *hws = scene_ram(&scene, BATCH_GPA + 7 * PAGE, PAGE);

    start_execlists();
    cr_expect_eq(write_index(), CSB_WRITE_PTR_RESET);
    gvt_execlist_schedule_in(scene.vgpu, GVT_ENGINE_RCS, &first);
    cr_expect_eq(csb(0, 0), CSB_IDLE_TO_ACTIVE);
    cr_expect_eq(scene_read(&scene, RCS_BASE + EL_OFFSET_STATUS + 4), 71);
    cr_expect_eq(scene.interrupts, 0);
    gvt_execlist_schedule_out(scene.vgpu, GVT_ENGINE_RCS, &first, &second);
    cr_expect_eq(csb(1, 0), CSB_CONTEXT_COMPLETE | CSB_ELEMENT_SWITCH);
    cr_expect_eq(csb(1, 1), 71);
    scene_write(&scene, GEN8_GT_IIR(0), GT_CONTEXT_SWITCH_INTERRUPT);
    gvt_execlist_schedule_out(scene.vgpu, GVT_ENGINE_RCS, &second, NULL);
    cr_expect_eq(csb(2, 0), CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE);
    cr_expect_eq(csb(2, 1), 72);
    cr_expect_eq(write_index(), 2);
    cr_expect_eq(scene.interrupts, 2);
    cr_expect_eq(hws[0x10 + 4], CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE, "and where it looks");
    cr_expect_eq(hws[0x1f], 2);
}

Test(gvt_run, same_context_again_is_a_lite_restore)
{
    const struct gvt_workload again = {.desc = {0x1000, 71}, .emulate_schedule_in = true};

    start_execlists();
    gvt_execlist_schedule_in(scene.vgpu, GVT_ENGINE_RCS, &again);
    gvt_execlist_schedule_out(scene.vgpu, GVT_ENGINE_RCS, &again, &again);
    cr_expect_eq(write_index(), 0, "it goes on");
    gvt_execlist_schedule_in(scene.vgpu, GVT_ENGINE_RCS, &again);
    cr_expect_eq(csb(1, 0), CSB_LITE_RESTORE | CSB_PREEMPTED);
    gvt_execlist_schedule_out(scene.vgpu, GVT_ENGINE_RCS, &again, NULL);
    cr_expect_eq(csb(2, 0), CSB_CONTEXT_COMPLETE | CSB_ACTIVE_TO_IDLE);
}

Test(gvt_run, status_buffer_has_six_places_and_the_guest_moves_its_own_pointer)
{
    const struct gvt_workload work = {.desc = {0x1000, 71}, .emulate_schedule_in = true};

    start_execlists();
    for (unsigned n = 0; n < 4; n++) {
        gvt_execlist_schedule_in(scene.vgpu, GVT_ENGINE_RCS, &work);
        gvt_execlist_schedule_out(scene.vgpu, GVT_ENGINE_RCS, &work, NULL);
    }
    cr_expect_eq(write_index(), 1, "eight entries");
    scene_write(&scene, RCS_BASE + EL_OFFSET_STATUS_PTR, 0x0700u << 16 | 0x0100);
    cr_expect_eq(scene_read(&scene, RCS_BASE + EL_OFFSET_STATUS_PTR), 0x0101);
    scene_write(&scene, RCS_BASE + EL_OFFSET_STATUS, 0x12345678);
    cr_expect_neq(scene_read(&scene, RCS_BASE + EL_OFFSET_STATUS), 0x12345678, "read-only");
}
