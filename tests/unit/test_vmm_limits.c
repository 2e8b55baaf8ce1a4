/* SPDX-License-Identifier: MIT */
/* The VMM's loop at its limits: RAM whose pages end within a byte of the log, RAM that is too
 * large, and a device that has stopped before the last of RAM is looked for. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/unit/migratable.h"

#define SECOND HAL_NS_PER_S

static struct migratable from, to;
static struct migratable_vm vm;
static struct vfio_ops ops;
static struct vmm_vm_ops vm_ops;
static struct vfio_device source, target;
static struct vmm_migration job;
static uint64_t ram_bytes;
static uint64_t last_page;                            /* the guest writes it behind round 1 */
static enum vfio_device_mig_state at_step[VMM_STEPS]; /* of the source */
static int err;

static uint64_t ram_size(void *arg)
{
    (void)arg;
    return ram_bytes;
}

static int after(void *arg, enum vmm_step step, unsigned round)
{
    (void)arg;
    at_step[step] = source.state;
    if (step == VMM_ROUND && round == 1) {
        migratable_guest_writes(&vm, last_page, 0x5a);
    }
    return 0;
}

static void open_vm(void)
{
    static const struct fake_device no_device;
    struct hal *hal = fake_hal_kept(&no_device, 0);

    ops = migratable_ops(true, true);
    vm_ops = migratable_vm_ops;
    vm_ops.ram_size = ram_size;
    vm.device = &from;
    vfio_init(&source, hal, "src.vf1", &ops, &from);
    vfio_init(&target, fake_hal_kept(&no_device, 0), "dst.vf1", &ops, &to);
    job = (struct vmm_migration){.hal = hal,
                                 .name = "vm1",
                                 .source = {.v2 = &source},
                                 .target = {.v2 = &target},
                                 .bandwidth = SECOND,
                                 .max_rounds = 2,
                                 .downtime_limit_ns = 1,
                                 .vm_ops = &vm_ops,
                                 .vm = &vm,
                                 .target_fn = &to,
                                 .after = after};
}

TestSuite(vmm_limits, .init = open_vm, .fini = fake_hals_close);

static void program(void *arg)
{
    (void)arg;
    err = vmm_migrate(&job);
}

static int migrate(void)
{
    fake_run(job.hal, program, NULL, SECOND);
    return err;
}

Test(vmm_limits, page_at_the_end_of_ram_is_found_wherever_ram_ends)
{
    for (uint64_t pages = 1; pages <= 17; pages++) {
        memset(&vm.ram, 0, sizeof(vm.ram));
        ram_bytes = pages * HAL_PAGE_SIZE;
        last_page = pages - 1;
        from = to = (struct migratable){.read = 0};
        source.state = VFIO_DEVICE_STATE_RUNNING;
        vm = (struct migratable_vm){.device = &from};
        cr_expect_eq(migrate(), 0, "%lu pages: %d", pages, err);
        cr_expect_eq(vm.ram[1][last_page * HAL_PAGE_SIZE + 5], 0x5a, "%lu pages", pages);
        cr_expect_eq(job.result.dirty_pages, 1, "%lu of %lu", job.result.dirty_pages, pages);
        cr_expect_eq(job.result.ram_pages, pages + 1, "%lu of %lu", job.result.ram_pages, pages);
    }
}

Test(vmm_limits, device_stands_before_the_last_of_ram_is_looked_for)
{
    ram_bytes = MIGRATABLE_RAM;
    cr_assert_eq(migrate(), 0);
    cr_expect_eq(at_step[VMM_ROUND], VFIO_DEVICE_STATE_PRE_COPY);
    cr_expect_eq(at_step[VMM_STOP_VM], VFIO_DEVICE_STATE_PRE_COPY);
    cr_expect_eq(at_step[VMM_STOP_DEVICE], VFIO_DEVICE_STATE_STOP_COPY, "%s",
                 vfio_state_name(at_step[VMM_STOP_DEVICE]));
    cr_expect_eq(at_step[VMM_LAST_RAM], at_step[VMM_STOP_DEVICE]);
}

Test(vmm_limits, ram_larger_than_any_is_refused_before_the_vm_stops)
{
    ram_bytes = (1ull << 26) * HAL_PAGE_SIZE + 1;
    cr_expect_eq(migrate(), -EFBIG);
    cr_expect_eq(job.result.step, VMM_SETUP);
    cr_expect_not(vm.begun || vm.stopped || vm.switched);
    cr_expect_eq(source.state, VFIO_DEVICE_STATE_RUNNING);
    cr_expect_eq(target.state, VFIO_DEVICE_STATE_RUNNING, "%s", vfio_state_name(target.state));
}
