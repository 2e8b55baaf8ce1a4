// SPDX-License-Identifier: MIT
// Virtual machines: RAM and its copy for the target side, stop and start, and the function that a
// VM has.

#include <cerrno>

#include "sim/core/core.h"

namespace
{

// What the source's RAM reads after switch-over.
constexpr uint8_t POISON = 0xdb;

// The function reaches the VM's RAM from now on, and its interrupts go there.
void give_function(sim_vm *vm, sim_gpu *gpu, unsigned fn)
{
    vm->handle.gpu = gpu;
    vm->handle.fn = fn;
    // A vGPU's interrupts are virtual: one that waits is the VM's, and moves with it.
    if (!vm->handle.mediated) {
        vm->handle.irq_pending = 0;
    }
    // A mediated guest's work runs as the host's, through a window.
    gpu->functions[fn].memory = vm->handle.mediated ? nullptr : vm->handle.memory;
    gpu->functions[fn].meta.reset();
    gpu->functions[fn].owner = &vm->handle;
}

void check_function(const sim_vm *vm, const sim_gpu *gpu, unsigned fn)
{
    if (fn == 0 || fn >= GPU_MAX_FUNCTIONS || gpu->functions[fn].owner) {
        vm->handle.machine->fatal(vm->name + ": function " + std::to_string(fn) + " of " +
                                  gpu->name + " is not a free VF");
    }
}

} // namespace

sim_vm::sim_vm(sim *machine, const char *vm_name, uint64_t ram_size)
    : name(vm_name), handle(machine, hal::VF, name + ".vf", ram_size)
{
    handle.vm = this;
}

uint64_t sim_vm::clock() const
{
    return (stopped ? stopped_at : handle.machine->cycle) - lost;
}

struct sim_vm *sim_vm_create(struct sim *sim, const char *name, uint64_t ram_size)
{
    sim->vms.push_back(std::make_unique<sim_vm>(sim, name, ram_size));
    return sim->vms.back().get();
}

struct hal *sim_vm_hal(struct sim_vm *vm)
{
    return &vm->handle;
}

void sim_vm_attach(struct sim_vm *vm, struct sim_gpu *gpu, unsigned fn)
{
    check_function(vm, gpu, fn);
    give_function(vm, gpu, fn);
}

void sim_vm_attach_mediated(struct sim_vm *vm, struct sim_gpu *gpu, unsigned fn)
{
    check_function(vm, gpu, fn);
    vm->handle.mediated = true;
    give_function(vm, gpu, fn);
}

void sim_vm_interrupt(struct sim_vm *vm, unsigned vector)
{
    vm->handle.irq_pending |= 1u << vector;
    vm->handle.machine->programs.wake_all(&vm->handle, WAITS_IRQ);
}

void sim_vm_stop(struct sim_vm *vm)
{
    sim *const machine = vm->handle.machine;
    hal *const home = machine->programs.home();

    if (vm->stopped) {
        return;
    }
    if (!home || home->vm == vm) {
        machine->fatal(vm->name + " can only be stopped by a program outside of it");
    }
    vm->stopped = true;
    vm->stopped_at = machine->cycle;
    machine->programs.freeze(vm);
    while (vm->handle.in_flight > 0) {
        vm->handle.quiet_waiter = machine->programs.current();
        machine->programs.block(home, WAITS_DRAIN, "sim_vm_stop", FOREVER);
    }
}

void sim_vm_start(struct sim_vm *vm)
{
    sim *const machine = vm->handle.machine;

    if (!vm->stopped) {
        return;
    }
    vm->stopped = false;
    vm->lost += machine->cycle - vm->stopped_at;
    machine->programs.thaw(vm);
}

int sim_vm_copy_ram(struct sim_vm *vm)
{
    if (!vm->stopped) {
        return -EBUSY;
    }
    vm->copy = vm->handle.memory->copy();
    return 0;
}

void sim_vm_drop_copy(struct sim_vm *vm)
{
    vm->copy.reset();
}

void sim_vm_switch_over(struct sim_vm *vm, struct sim_gpu *gpu, unsigned fn)
{
    hal *const handle = &vm->handle;

    if (!vm->stopped || !vm->copy) {
        handle->machine->fatal(vm->name +
                               ": switch-over of a VM that runs or has no copy of its RAM");
    }
    check_function(vm, gpu, fn);
    if (handle->gpu) {
        // The old function keeps the old RAM, so that what it still writes goes nowhere else.
        handle->gpu->functions[handle->fn].owner = nullptr;
    }
    sim_vm_commit(vm);
    vm->old_gpu = handle->gpu;
    vm->old_fn = handle->fn;
    vm->old_irq_pending = handle->irq_pending;
    vm->old_memory = std::move(handle->memory);
    vm->old_memory->log(false);
    handle->memory = std::move(vm->copy);
    vm->copy.reset();
    give_function(vm, gpu, fn);
}

void sim_vm_switch_back(struct sim_vm *vm)
{
    hal *const handle = &vm->handle;

    if (!vm->stopped || !vm->old_memory) {
        handle->machine->fatal(vm->name + ": no switch-over to take back");
    }
    handle->gpu->functions[handle->fn].owner = nullptr;
    handle->gpu->functions[handle->fn].memory.reset();
    handle->memory = std::move(vm->old_memory);
    vm->old_memory.reset();
    handle->gpu = nullptr;
    if (vm->old_gpu) {
        give_function(vm, vm->old_gpu, vm->old_fn);
        handle->irq_pending = vm->old_irq_pending;
    }
}

void sim_vm_commit(struct sim_vm *vm)
{
    if (vm->old_memory) {
        vm->old_memory->poison(POISON);
        vm->old_memory.reset();
    }
}

void sim_vm_copy_begin(struct sim_vm *vm)
{
    vm->copy = vm->handle.memory->twin();
}

bool sim_vm_copy_pages(struct sim_vm *vm, uint64_t addr, uint64_t size)
{
    if (!vm->copy) {
        vm->handle.machine->fatal(vm->name + ": no copy of its RAM was begun");
    }
    const uint64_t first = addr / HAL_PAGE_SIZE;
    const uint64_t end = addr + size;

    return vm->handle.memory->copy_pages(vm->copy.get(), first,
                                         (end + HAL_PAGE_SIZE - 1) / HAL_PAGE_SIZE - first);
}

uint64_t sim_vm_copy_stale(struct sim_vm *vm)
{
    uint64_t stale = 0;

    for (uint64_t page = 0; vm->copy && page < vm->copy->size() / HAL_PAGE_SIZE; page++) {
        stale += !vm->handle.memory->same_page(*vm->copy, page);
    }
    return stale;
}

void sim_vm_log(struct sim_vm *vm, bool on)
{
    vm->handle.memory->log(on);
}

uint64_t sim_vm_log_take(struct sim_vm *vm, struct sim_vm_writers by, uint64_t addr,
                         uint64_t page_size, uint64_t pages, uint8_t *bitmap)
{
    const uint64_t each = page_size / HAL_PAGE_SIZE;
    uint64_t first = addr / HAL_PAGE_SIZE;
    uint64_t found = 0;

    for (uint64_t n = 0; n < pages && first < vm->handle.memory->size() / HAL_PAGE_SIZE;
         n++, first += each) {
        if (vm->handle.memory->take_dirty(first, each, by.cpu, by.device)) {
            bitmap[n / 8] |= static_cast<uint8_t>(1u << n % 8);
            found++;
        }
    }
    return found;
}

uint64_t sim_vm_page_writes(struct sim_vm *vm, uint64_t addr)
{
    return vm->handle.memory->writes(addr / HAL_PAGE_SIZE);
}

uint64_t sim_vm_ram_size(struct sim_vm *vm)
{
    return vm->handle.memory->size();
}

void sim_vm_set_outside(struct sim_vm *vm, const struct sim_outside_memory *memory)
{
    hal *const handle = &vm->handle;

    handle->memory = std::make_shared<ram>(handle->memory->size(), memory);
    if (handle->gpu) {
        handle->gpu->functions[handle->fn].memory = handle->memory;
    }
}

bool sim_vm_stopped(struct sim_vm *vm)
{
    return vm->stopped;
}
