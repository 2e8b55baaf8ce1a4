/* SPDX-License-Identifier: MIT */
/* The VMM's migration loop over two devices that count what they are asked, through both faces:
 * order, rounds, link, and what is left of it after a failure or a cancel at any step. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/migratable.h"

#define GIB_S    1000000000ull /* a byte a nanosecond */
#define LIMIT_NS (100 * HAL_NS_PER_MS)
/* Without pre-copy: set-up, four pieces of data, their end, PCI configuration of 256 bytes. */
#define LINK_BYTES (16 + 4 * 16 + MIGRATABLE_STREAM + 8 + 20 + 256)

/* ---- scene ----------------------------------------------------------------------------------- */

static struct scene {
    struct hal *hal;
    struct vfio_ops ops;
    struct migratable from, to;
    struct migratable_vm vm;
    struct vfio_device source, target;
    struct vfio_v1 *source_v1, *target_v1;
    struct vmm_migration job;
    int err;
    enum vmm_step cancel_after; /* VMM_STEPS: none */
    uint64_t device_page;       /* the device writes this page after each round; 0: none */
    unsigned guest_pages;       /* as many does the guest, in rounds up to quiet_from */
    unsigned quiet_from;
    int compatible;
} scene;

static struct hal *make_hal(void)
{
    static const struct fake_device no_device;

    return fake_hal_kept(&no_device, 0);
}

static void close_scene(void)
{
    vfio_v1_destroy(scene.job.source.v1);
    vfio_v1_destroy(scene.job.target.v1);
    fake_hals_close();
    scene = (struct scene){0};
}

TestSuite(vmm, .fini = close_scene);

static int ask_compatible(void *arg)
{
    (void)arg;
    return scene.compatible;
}

static int after(void *arg, enum vmm_step step, unsigned round)
{
    (void)arg;
    for (uint64_t n = 0; step == VMM_ROUND && round < scene.quiet_from && n < scene.guest_pages;
         n++) {
        migratable_guest_writes(&scene.vm, 40 + n, (uint8_t)(round + 1));
    }
    if (step == VMM_ROUND && scene.device_page) {
        migratable_device_writes(&scene.vm, scene.device_page, (uint8_t)(round + 1));
    }
    /* The device goes on until it is stopped: after the last round too. */
    if (step == VMM_STOP_VM && scene.device_page) {
        migratable_device_writes(&scene.vm, scene.device_page + 1, 0x77);
    }
    return step == scene.cancel_after ? -ECANCELED : 0;
}

static void set_scene(bool precopy, bool log)
{
    close_scene();
    scene = (struct scene){
        .hal = make_hal(), .ops = migratable_ops(precopy, log), .cancel_after = VMM_STEPS};
    scene.vm.device = &scene.from;
    scene.vm.ram[0][0] = 0x11; /* two pages are not zero */
    scene.vm.ram[0][MIGRATABLE_RAM - 1] = 0x22;
    memset(scene.vm.ram[1], 0, MIGRATABLE_RAM);
    vfio_init(&scene.source, scene.hal, "src.vf1", &scene.ops, &scene.from);
    vfio_init(&scene.target, make_hal(), "dst.vf1", &scene.ops, &scene.to);
    scene.job = (struct vmm_migration){.hal = scene.hal,
                                       .name = "vm1",
                                       .source = {.v2 = &scene.source},
                                       .target = {.v2 = &scene.target},
                                       .vm_ops = &migratable_vm_ops,
                                       .vm = &scene.vm,
                                       .target_fn = &scene.to,
                                       .compatible = ask_compatible,
                                       .after = after};
}

static void use_v1(enum vfio_v1_form form)
{
    const struct vfio_v1_config source = {.hal = make_hal(),
                                          .name = "src.v1",
                                          .ops = &scene.ops,
                                          .dev = &scene.from,
                                          .form = form,
                                          .data_size = 4096};
    struct vfio_v1_config target = source;

    target.hal = make_hal();
    target.dev = &scene.to;
    scene.job.source = (struct vmm_device){.v1 = vfio_v1_create(&source)};
    scene.job.target = (struct vmm_device){.v1 = vfio_v1_create(&target)};
}

static void program(void *arg)
{
    (void)arg;
    scene.err = vmm_migrate(&scene.job);
}

static int migrate(void)
{
    fake_run(scene.hal, program, NULL, LIMIT_NS);
    return scene.err;
}

/* The target has RAM and stream of the source. */
static void expect_moved(const char *what)
{
    cr_expect_arr_eq(scene.vm.ram[1], scene.vm.ram[0], MIGRATABLE_RAM, "%s: RAM", what);
    cr_expect_eq(scene.to.written, MIGRATABLE_STREAM, "%s: %lu bytes", what, scene.to.written);
    for (uint64_t n = 0; n < scene.to.written; n++) {
        cr_assert_eq(scene.to.bytes[n], n, "%s: byte %lu", what, n);
    }
    cr_expect(scene.vm.switched && scene.vm.committed && !scene.vm.stopped, "%s", what);
    cr_expect_not(scene.vm.begun, "%s: log and copy are given back", what);
}

/* ---- the way --------------------------------------------------------------------------------- */

Test(vmm, each_face_with_and_without_pre_copy_moves_stream_and_ram)
{
    static const struct {
        const char *name;
        bool v1, precopy, log;
        const char *source, *target;
    } ways[] = {
        {"v2", false, false, false, "pbe", "pBEr"},
        {"v2 with pre-copy", false, true, false, "cpbe", "pBEr"},
        {"v2 with a log", false, true, true, "cLpbel", "pBEr"},
        {"v1", true, false, false, "pbe", "pBEr"},
        {"v1 with pre-copy", true, true, false, "cpbe", "pBEr"},
        {"v1 with a log", true, true, true, "cLpbel", "pBEr"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        set_scene(ways[i].precopy, ways[i].log);
        if (ways[i].v1) {
            use_v1(VFIO_V1_WITH_PFNS);
        }
        scene.job.bandwidth = GIB_S;
        cr_expect_eq(migrate(), 0, "%s: %d", ways[i].name, scene.err);
        cr_expect_str_eq(scene.from.calls, ways[i].source, "%s: %s", ways[i].name,
                         scene.from.calls);
        cr_expect_str_eq(scene.to.calls, ways[i].target, "%s: %s", ways[i].name, scene.to.calls);
        cr_expect_str_eq(scene.vm.order, "data, config");
        expect_moved(ways[i].name);
    }
}

Test(vmm, target_is_asked_first_and_nothing_happens_when_it_says_no)
{
    set_scene(true, true);
    scene.compatible = -EINVAL;
    cr_expect_eq(migrate(), -EINVAL);
    cr_expect_str_empty(scene.from.calls);
    cr_expect_str_empty(scene.to.calls);
    cr_expect_eq(scene.job.result.downtime_ns, 0);
    cr_expect_eq(scene.job.result.step, VMM_CHECK);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

Test(vmm, rounds_go_on_until_the_rest_is_small)
{
    set_scene(true, false);
    scene.job.bandwidth = GIB_S;
    scene.job.downtime_limit_ns = 5 * (HAL_PAGE_SIZE + 8); /* four pages and the device */
    scene.guest_pages = 8;
    scene.quiet_from = 4;
    cr_expect_eq(migrate(), 0);
    expect_moved("rounds");
    /* The guest writes behind rounds 1, 2 and 3; round 4 leaves nothing behind. */
    cr_expect_eq(scene.job.result.rounds, 4, "%u", scene.job.result.rounds);
    cr_expect_eq(scene.job.result.dirty_pages, 3 * 8, "%lu", scene.job.result.dirty_pages);
    cr_expect_eq(scene.job.result.ram_pages, MIGRATABLE_PAGES + 3 * 8);
}

Test(vmm, guest_that_never_rests_is_stopped_after_the_last_round)
{
    set_scene(false, false);
    scene.job.bandwidth = GIB_S;
    scene.job.downtime_limit_ns = HAL_PAGE_SIZE;
    scene.job.max_rounds = 6;
    scene.guest_pages = 8;
    scene.quiet_from = 100;
    cr_expect_eq(migrate(), 0);
    expect_moved("restless");
    cr_expect_eq(scene.job.result.rounds, 6);
    cr_expect_geq(scene.job.result.downtime_ns, 8 * HAL_PAGE_SIZE, "the rest went while it stood");
}

Test(vmm, what_the_device_writes_is_found_by_its_log_or_else_by_the_iommu)
{
    static const struct {
        const char *name;
        bool v1, log;
        enum vfio_v1_form form;
        uint64_t device_pages;
    } ways[] = {
        {"v2, log", false, true, VFIO_V1_FINAL, 2},
        {"v2, IOMMU", false, false, VFIO_V1_FINAL, 0},
        {"v1, log", true, true, VFIO_V1_WITH_PFNS, 2},
        {"v1, IOMMU", true, true, VFIO_V1_FINAL, 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        set_scene(true, ways[i].log);
        if (ways[i].v1) {
            use_v1(ways[i].form);
        }
        scene.job.bandwidth = GIB_S;
        scene.device_page = 50;
        cr_expect_eq(migrate(), 0, "%s", ways[i].name);
        expect_moved(ways[i].name);
        cr_expect_eq(scene.vm.ram[1][51 * HAL_PAGE_SIZE + 7], 0x77, "%s: after the last round",
                     ways[i].name);
        cr_expect_eq(scene.job.result.device_pages, ways[i].device_pages, "%s: %lu", ways[i].name,
                     scene.job.result.device_pages);
    }
}

Test(vmm, log_that_fails_means_all_pages)
{
    set_scene(true, true);
    scene.job.bandwidth = GIB_S;
    scene.job.max_rounds = 2;
    scene.job.downtime_limit_ns = 1;
    scene.from.fail = 'D';
    scene.device_page = 50;
    cr_expect_eq(migrate(), 0);
    expect_moved("failing log");
    cr_expect_eq(scene.job.result.ram_pages, 3 * MIGRATABLE_PAGES, "two rounds and the rest");
}

/* ---- link ------------------------------------------------------------------------------------ */

Test(vmm, link_takes_its_time_and_zero_pages_hardly_any)
{
    set_scene(false, false);
    scene.job.bandwidth = GIB_S / 2;
    cr_expect_eq(migrate(), 0);
    /* 62 pages of zeroes are 9 bytes each, two others go whole; two nanoseconds a byte. Of QEMU's
     * words two are the set-up, then come data in four pieces, then PCI configuration. */
    cr_expect_eq(scene.job.result.zero_pages, 62);
    cr_expect_eq(scene.job.result.ram_bytes, 62 * 9 + 2 * (8 + HAL_PAGE_SIZE));
    cr_expect_eq(scene.job.result.total_ns, 2 * (scene.job.result.ram_bytes + LINK_BYTES), "%lu",
                 scene.job.result.total_ns);
    cr_expect_eq(scene.job.result.downtime_ns, 2 * (LINK_BYTES - 16), "%lu",
                 scene.job.result.downtime_ns);
}

Test(vmm, page_size_of_the_link_is_the_caller_s)
{
    set_scene(false, true);
    scene.job.bandwidth = GIB_S;
    scene.job.page_size = 16384;
    scene.device_page = 33;
    cr_expect_eq(migrate(), 0);
    expect_moved("large pages");
    cr_expect_eq(scene.job.result.ram_pages, MIGRATABLE_PAGES / 4 + 1, "%lu",
                 scene.job.result.ram_pages);

    set_scene(false, false);
    scene.job.page_size = 5000;
    cr_expect_eq(migrate(), -EINVAL);
    cr_expect_eq(scene.target.state, VFIO_DEVICE_STATE_RUNNING);
}

Test(vmm, link_that_takes_no_time_needs_no_round)
{
    set_scene(true, false);
    cr_expect_eq(migrate(), 0);
    expect_moved("no link");
    cr_expect_eq(scene.job.result.rounds, 0);
    cr_expect_eq(scene.job.result.total_ns, 0);
}

/* ---- failure and cancel ---------------------------------------------------------------------- */

/* The guest goes on at the source, the target is as new; a second migration works. */
static void expect_back_and_again(const char *what)
{
    cr_expect(!scene.vm.stopped && !scene.vm.switched && !scene.vm.begun, "%s", what);
    cr_expect_eq(scene.source.state, VFIO_DEVICE_STATE_RUNNING, "%s: %s", what,
                 vfio_state_name(scene.source.state));
    cr_expect_eq(scene.target.state, VFIO_DEVICE_STATE_RUNNING, "%s: %s", what,
                 vfio_state_name(scene.target.state));
    scene.from.fail = '\0';
    scene.to.fail = '\0';
    scene.from.read = 0;
    scene.cancel_after = VMM_STEPS;
    migratable_guest_writes(&scene.vm, 9, 0x99);
    cr_expect_eq(migrate(), 0, "%s: again", what);
    expect_moved(what);
}

Test(vmm, failure_at_any_step_lets_the_guest_go_on_at_the_source_and_migrate_again)
{
    static const struct {
        char from, to;
        const char *source; /* what the source was asked in the end */
    } steps[] = {
        {'c', '\0', "c"},    {'L', '\0', "cLC"},     {'p', '\0', "cLpsxl"},  {'b', '\0', "cLpbCrl"},
        {'R', '\0', "cLCl"}, {'e', '\0', "cLpberl"}, {'\0', 'p', ""},        {'\0', 'B', ""},
        {'\0', 'W', "cLCl"}, {'\0', 'P', "cLpberl"}, {'\0', 'E', "cLpberl"}, {'\0', 'r', "cLpberl"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        char what[16];

        (void)snprintf(what, sizeof(what), "row %zu", i);
        set_scene(true, true);
        scene.job.bandwidth = GIB_S;
        scene.from.fail = steps[i].from;
        scene.to.fail = steps[i].to;
        cr_expect_lt(migrate(), 0, "%s", what);
        cr_expect_str_eq(scene.from.calls, steps[i].source, "%s: %s", what, scene.from.calls);
        expect_back_and_again(what);
    }
}

Test(vmm, cancel_after_any_step_lets_the_guest_go_on_at_the_source_and_migrate_again)
{
    for (enum vmm_step step = VMM_CHECK; step < VMM_START; step++) {
        set_scene(true, true);
        scene.job.bandwidth = GIB_S;
        scene.cancel_after = step;
        cr_expect_eq(migrate(), -ECANCELED, "%s", vmm_step_name(step));
        cr_expect_eq(scene.job.result.step, step);
        cr_expect(fake_trace_last(scene.hal, "step=cancelled"), "%s", vmm_step_name(step));
        expect_back_and_again(vmm_step_name(step));
    }
}

static void cancel_now(void *arg)
{
    (void)arg;
    scene.job.cancel = true;
}

Test(vmm, cancel_at_any_time_before_the_end_lets_the_guest_go_on_at_the_source)
{
    unsigned cancelled = 0;

    /* The whole takes some 16 us at a byte a nanosecond. */
    for (uint64_t ns = 1; ns < 16000; ns += 500) {
        set_scene(true, true);
        memset(scene.vm.ram[0] + 4096, 0x55, 2 * HAL_PAGE_SIZE);
        scene.job.bandwidth = GIB_S;
        scene.guest_pages = 8;
        scene.quiet_from = 100;
        scene.job.max_rounds = 3;
        scene.job.downtime_limit_ns = 1;
        fake_at(scene.hal, ns, cancel_now, NULL);
        if (migrate() == 0) {
            expect_moved("too late");
            continue;
        }
        cr_expect_eq(scene.err, -ECANCELED, "%d", scene.err);
        cancelled++;
        scene.job.cancel = false;
        scene.guest_pages = 0;
        expect_back_and_again("cancelled");
    }
    cr_expect_gt(cancelled, 20, "%u", cancelled);
}

Test(vmm, ram_that_cannot_be_copied_lets_the_guest_go_on_at_the_source)
{
    set_scene(false, false);
    scene.vm.begin_fails = true;
    cr_expect_eq(migrate(), -ENOMEM);
    scene.vm.begin_fails = false;
    expect_back_and_again("no memory");
}

/* ---- the link -------------------------------------------------------------------------------- */

static struct link {
    uint64_t size;
    unsigned bit; /* flipped */
    uint64_t cut; /* bytes to take away */
} link_damage;

static void damage_link(void *arg, uint8_t *bytes, uint64_t *size)
{
    struct link *damage = arg;

    cr_expect_eq(scene.to.written, 0, "the target has not seen a byte");
    damage->size = *size;
    bytes[damage->bit / 8] ^= (uint8_t)(1u << damage->bit % 8);
    *size -= damage->cut;
}

static void set_link(bool precopy)
{
    set_scene(precopy, false);
    scene.job.bandwidth = GIB_S;
    scene.job.tamper_link = damage_link;
    scene.job.tamper_link_arg = &link_damage;
    scene.to.fail = '\0';
}

Test(vmm, damaged_link_is_refused_and_the_guest_goes_on_at_the_source)
{
    static const struct link cases[] = {
        {.bit = 0},          /* of the set-up */
        {.bit = 8 * 15},     /* of its end */
        {.bit = 8 * 16 + 3}, /* of data's word */
        {.bit = 8 * 24},     /* of data's size, which is then too large */
        {.bit = 8 * 31},     /* of data's size */
        {.cut = 1},          {.cut = 8}, {.cut = 200}, {.cut = 300},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char what[16];

        (void)snprintf(what, sizeof(what), "row %zu", i);
        set_link(false);
        link_damage = cases[i];
        cr_expect_lt(migrate(), 0, "%s", what);
        cr_expect(fake_trace_last(scene.hal, "peer_error"), "%s", what);
        cr_expect_eq(scene.job.result.step, VMM_PCI_CONFIG, "%s", what);
        cr_expect_eq(link_damage.size, LINK_BYTES, "%s: %lu", what, link_damage.size);
        scene.job.tamper_link = NULL;
        expect_back_and_again(what);
    }
}

static uint64_t tapped;

static void tap(void *arg, const uint8_t *piece, uint64_t size)
{
    (void)arg;
    (void)piece;
    tapped += size;
}

Test(vmm, words_of_the_link_are_counted_and_seen)
{
    set_scene(true, false);
    scene.job.bandwidth = GIB_S;
    scene.job.tap = tap;
    tapped = 0;
    cr_expect_eq(migrate(), 0);
    expect_moved("counted");
    /* Pre-copy has a section of its own, with one piece; three are left. */
    cr_expect_eq(scene.job.result.frame_bytes, 16 + 24 + 56 + 20 + 256, "%lu",
                 scene.job.result.frame_bytes);
    cr_expect_eq(tapped, MIGRATABLE_STREAM + scene.job.result.frame_bytes);
}

/* ---- the stream ------------------------------------------------------------------------------ */

static void cut(void *arg, uint8_t *stream, uint64_t *size)
{
    *(uint64_t *)arg = *size;
    cr_expect_eq(scene.to.written, 0, "the target has not seen a byte");
    cr_expect_eq(stream[99], 99);
    *size = 7;
}

Test(vmm, tamper_hook_sees_the_whole_stream_and_may_cut_it)
{
    uint64_t seen = 0;

    set_scene(true, false);
    scene.job.bandwidth = GIB_S;
    scene.job.tamper = cut;
    scene.job.tamper_arg = &seen;
    cr_expect_eq(migrate(), 0);
    cr_expect_eq(seen, MIGRATABLE_STREAM);
    cr_expect_eq(scene.to.written, 7);
    cr_expect_eq(scene.job.result.stream_size, MIGRATABLE_STREAM);
}
