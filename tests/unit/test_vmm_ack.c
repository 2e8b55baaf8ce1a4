/* SPDX-License-Identifier: MIT */
/* The acknowledged switch-over: the VM is not stopped before the target has said that it has all
 * initial data; late, never, of another kind, for new initial data, and with devices without. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "host/abi/qemu_vfio_migration.h"
#include "tests/unit/migratable.h"

#define LIMIT_NS  (10 * HAL_NS_PER_S)
#define BANDWIDTH 1000000000ull /* a byte a nanosecond */

static struct scene {
    struct hal *hal;
    struct vfio_ops from_ops, to_ops;
    struct migratable from, to;
    struct migratable_vm vm;
    struct vfio_device source, target;
    struct vmm_migration job;
    int err;
    unsigned renew_in_round; /* the device has new initial data after this round */
    enum vmm_step renew_after;
    uint64_t begun_ns, stopped_ns;
    unsigned words;     /* that all initial data went */
    uint8_t message[4]; /* in place of the target's */
} scene;

static void close_scene(void)
{
    fake_hals_close();
    scene = (struct scene){0};
}

TestSuite(vmm_ack, .fini = close_scene);

static int after(void *arg, enum vmm_step step, unsigned round)
{
    (void)arg;
    if (step == VMM_ROUND && round == scene.renew_in_round) {
        migratable_renew(&scene.from, 10);
    }
    if (step == scene.renew_after && step != VMM_CHECK) {
        migratable_renew(&scene.from, 10);
    }
    if (step == VMM_STOP_VM) {
        scene.stopped_ns = hal_now(scene.hal) - scene.begun_ns;
    }
    return 0;
}

static void tap(void *arg, const uint8_t *piece, uint64_t size)
{
    static const uint8_t initial[8] = {0xff, 0xff, 0xff, 0xff, 0xef, 0x10, 0, 5};

    (void)arg;
    scene.words += size == sizeof(initial) && memcmp(piece, initial, size) == 0;
}

static void set_scene(bool from_precopy, bool to_precopy)
{
    static const struct fake_device no_device;

    close_scene();
    scene = (struct scene){.hal = fake_hal_kept(&no_device, 0),
                           .from_ops = migratable_ops(from_precopy, true),
                           .to_ops = migratable_ops(to_precopy, true)};
    scene.vm.device = &scene.from;
    scene.vm.ram[0][0] = 0x11;
    vfio_init(&scene.source, scene.hal, "src.vf1", &scene.from_ops, &scene.from);
    vfio_init(&scene.target, fake_hal_kept(&no_device, 0), "dst.vf1", &scene.to_ops, &scene.to);
    scene.job = (struct vmm_migration){.hal = scene.hal,
                                       .name = "vm1",
                                       .source = {.v2 = &scene.source},
                                       .target = {.v2 = &scene.target},
                                       .vm_ops = &migratable_vm_ops,
                                       .vm = &scene.vm,
                                       .target_fn = &scene.to,
                                       .bandwidth = BANDWIDTH,
                                       .switchover_ack = true,
                                       .after = after,
                                       .tap = tap};
}

static void program(void *arg)
{
    (void)arg;
    scene.begun_ns = hal_now(scene.hal);
    scene.err = vmm_migrate(&scene.job);
}

static int migrate(void)
{
    fake_run(scene.hal, program, NULL, LIMIT_NS);
    return scene.err;
}

static void expect_moved(const char *what)
{
    cr_expect_eq(scene.err, 0, "%s: %d", what, scene.err);
    cr_expect_arr_eq(scene.vm.ram[1], scene.vm.ram[0], MIGRATABLE_RAM, "%s: RAM", what);
    cr_expect_eq(scene.to.written, MIGRATABLE_STREAM, "%s", what);
    for (uint64_t n = 0; n < scene.to.written; n++) {
        cr_assert_eq(scene.to.bytes[n], n, "%s: byte %lu", what, n);
    }
    cr_expect(scene.vm.committed && !scene.vm.stopped, "%s", what);
}

static void expect_at_source(const char *what)
{
    cr_expect(!scene.vm.switched && !scene.vm.committed && !scene.vm.stopped, "%s", what);
    cr_expect_eq(scene.source.state, VFIO_DEVICE_STATE_RUNNING, "%s", what);
    cr_expect_eq(scene.target.state, VFIO_DEVICE_STATE_RUNNING, "%s", what);
    cr_expect_not(scene.vm.begun, "%s", what);
}

/* Another try, with a target that answers. */
static void expect_second_try(const char *what)
{
    scene.job.ack_delay_ns = 0;
    scene.job.tamper_return = NULL;
    scene.job.target_ack_off = false;
    scene.renew_after = VMM_CHECK;
    scene.from.more = scene.from.read = 0;
    (void)migrate();
    expect_moved(what);
}

Test(vmm_ack, target_that_has_all_initial_data_lets_the_vm_stop)
{
    set_scene(true, true);
    (void)migrate();
    expect_moved("at once");
    cr_expect_eq(scene.job.result.acks, 1);
    cr_expect_eq(scene.words, 1);
    cr_expect_eq(scene.job.result.rounds, 1);
}

Test(vmm_ack, without_the_capability_there_is_no_such_word)
{
    set_scene(true, true);
    scene.job.switchover_ack = false;
    scene.job.ack_delay_ns = HAL_FOREVER;
    (void)migrate();
    expect_moved("off");
    cr_expect(scene.job.result.acks == 0 && scene.words == 0);
}

Test(vmm_ack, vm_runs_and_its_pages_go_until_the_target_says_so)
{
    static const uint64_t delays[] = {1, 20000, HAL_NS_PER_MS, 7500000, 99 * HAL_NS_PER_MS};

    for (size_t i = 0; i < ARRAY_SIZE(delays); i++) {
        set_scene(true, true);
        scene.job.ack_delay_ns = delays[i];
        (void)migrate();
        expect_moved("late");
        cr_expect_geq(scene.stopped_ns, delays[i], "row %zu", i);
        cr_expect_lt(scene.stopped_ns, delays[i] + 100000, "row %zu: it does not wait longer", i);
        cr_expect_eq(scene.job.result.acks, 1);
    }
}

Test(vmm_ack, link_that_takes_no_time_waits_too)
{
    set_scene(true, true);
    scene.job.bandwidth = 0;
    scene.job.ack_delay_ns = 30000;
    (void)migrate();
    expect_moved("no bandwidth");
    cr_expect_eq(scene.stopped_ns, 30000);
    cr_expect_eq(scene.job.result.rounds, 1);
}

Test(vmm_ack, target_that_never_says_so_is_given_up_after_the_limit)
{
    static const struct {
        uint64_t limit, want;
    } rows[] = {{0, 100 * HAL_NS_PER_MS}, {250000, 250000}, {3 * HAL_NS_PER_MS, 3000000}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        set_scene(true, true);
        scene.job.ack_delay_ns = HAL_FOREVER;
        scene.job.ack_limit_ns = rows[i].limit;
        cr_expect_eq(migrate(), -ETIMEDOUT);
        cr_expect_geq(scene.job.result.total_ns, rows[i].want);
        cr_expect_lt(scene.job.result.total_ns, rows[i].want + 300000);
        cr_expect_eq(scene.job.result.downtime_ns, 0, "the VM never stopped");
        cr_expect_eq(scene.stopped_ns, 0);
        expect_at_source("never");
        expect_second_try("after one that never said so");
    }
}

Test(vmm_ack, target_that_was_not_told_of_it_refuses_the_word)
{
    set_scene(true, true);
    scene.job.target_ack_off = true;
    cr_expect_eq(migrate(), -EINVAL);
    expect_at_source("off at the target");
    expect_second_try("on at both");

    set_scene(true, false);
    cr_expect_eq(migrate(), -EINVAL);
    expect_at_source("a target without pre-copy has nothing to wait for, and does not know it");
}

Test(vmm_ack, devices_without_initial_data_are_not_waited_for)
{
    set_scene(false, false);
    (void)migrate();
    expect_moved("neither has");
    cr_expect(scene.job.result.acks == 1 && scene.words == 0, "said at set-up");

    set_scene(false, true);
    scene.job.ack_limit_ns = 500000;
    cr_expect_eq(migrate(), -ETIMEDOUT, "the target waits for what never comes");
    expect_at_source("only the target has");
}

static void other_message(void *arg, uint8_t *message)
{
    (void)arg;
    memcpy(message, scene.message, sizeof(scene.message));
}

Test(vmm_ack, other_messages_on_the_return_path_end_it)
{
    static const uint8_t rows[][4] = {{0, 0, 0, 0}, {0, 1, 0, 0}, {0, 6, 0, 0}, {0, 8, 0, 0},
                                      {7, 0, 0, 0}, {0, 7, 0, 1}, {0, 7, 1, 0}, {1, 7, 0, 0}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        set_scene(true, true);
        memcpy(scene.message, rows[i], sizeof(scene.message));
        scene.job.tamper_return = other_message;
        cr_expect_eq(migrate(), -EINVAL, "row %zu", i);
        cr_expect_eq(scene.job.result.acks, 0);
        expect_at_source("another message");
        expect_second_try("after another message");
    }
}

Test(vmm_ack, new_initial_data_are_sent_and_acknowledged_anew)
{
    set_scene(true, true);
    scene.renew_in_round = 1;
    (void)migrate();
    expect_moved("new after the first round");
    cr_expect(scene.job.result.acks == 2 && scene.words == 2);
    cr_expect_eq(scene.job.result.rounds, 2);

    /* What was said of the first ones, late, is not said of the others. */
    set_scene(true, true);
    scene.renew_in_round = 1;
    scene.job.ack_delay_ns = 2 * HAL_NS_PER_MS;
    (void)migrate();
    expect_moved("new before the first was acknowledged");
    cr_expect_geq(scene.stopped_ns, 2 * HAL_NS_PER_MS);
    cr_expect_eq(scene.words, 2);
    cr_expect_eq(scene.job.result.acks, 1);
}

Test(vmm_ack, initial_data_that_come_when_the_vm_has_stopped_end_it)
{
    set_scene(true, true);
    scene.renew_after = VMM_STOP_VM;
    cr_expect_eq(migrate(), -EAGAIN);
    expect_at_source("at the last moment");
    expect_second_try("after that");
}

static void damage(void *arg, uint8_t *stream, uint64_t *size)
{
    (void)arg;
    (void)stream;
    (void)size;
}

Test(vmm_ack, what_keeps_the_link_from_the_target_does_not_go_together_with_it)
{
    set_scene(true, true);
    scene.job.tamper = damage;
    cr_expect_eq(migrate(), -EINVAL);
    expect_at_source("tamper");
    scene.job.tamper = NULL;
    scene.job.tamper_link = damage;
    cr_expect_eq(migrate(), -EINVAL);
    expect_at_source("tamper_link");
}
