/* SPDX-License-Identifier: MIT */
/* What a served guest and a replayed one share: see outside.h. */
#include "sim/machine/outside.h"

#define ATTACH_POLL_NS 1000u

static void access_program(void *arg)
{
    struct outside *outside = arg;

    while (!outside->vm->fn) {
        hal_delay(outside->hal, ATTACH_POLL_NS);
    }
    outside->accesses(outside);
}

static void irq_program(void *arg)
{
    struct outside *outside = arg;

    for (;;) {
        uint32_t vectors = hal_irq_wait(outside->hal, HAL_FOREVER);

        for (; vectors; vectors &= vectors - 1) {
            outside->raised(outside, (unsigned)__builtin_ctz(vectors));
        }
    }
}

void outside_start(struct outside *outside, struct machine_vm *vm)
{
    outside->vm = vm;
    outside->hal = vm->hal;
    outside->state = OUTSIDE_WAITING;
    vm->outside = outside;
    sim_vm_set_outside(vm->sim, &outside->memory);
    hal_spawn(outside->hal, "outside accesses", access_program, outside);
    hal_spawn(outside->hal, "outside interrupts", irq_program, outside);
}

uint64_t outside_read(const struct outside *outside, uint32_t offset, unsigned size)
{
    switch (size) {
    case sizeof(uint32_t):
        return hal_read32(outside->hal, offset);
    case sizeof(uint64_t):
        return hal_read64(outside->hal, offset);
    default:
        return 0;
    }
}

void outside_write(const struct outside *outside, uint32_t offset, unsigned size, uint64_t value)
{
    if (size == sizeof(uint32_t)) {
        hal_write32(outside->hal, offset, (uint32_t)value);
    } else if (size == sizeof(uint64_t)) {
        hal_write64(outside->hal, offset, value);
    }
}

void outside_reset(const struct outside *outside)
{
    sim_gpu_flr(outside->vm->fn->gpu->sim, outside->vm->fn->vf);
}

void machine_vm_stop(struct machine_vm *vm)
{
    if (vm->outside && !sim_vm_stopped(vm->sim)) {
        vm->outside->stopping(vm->outside);
    }
    sim_vm_stop(vm->sim);
}

void machine_vm_start(struct machine_vm *vm)
{
    if (vm->outside && sim_vm_stopped(vm->sim)) {
        vm->outside->starting(vm->outside);
    }
    sim_vm_start(vm->sim);
}

const char *outside_state_name(const struct machine_vm *vm)
{
    static const char *const names[] = {"none", "waiting", "here", "gone"};

    return names[vm->outside ? vm->outside->state : OUTSIDE_NONE];
}
