// SPDX-License-Identifier: MIT
// What a mediated vGPU needs of the machine: accesses of its guest that the chip's trap window
// took, on their way to the host's mediator and back, and its RAM in the host's address space.

#include "sim/core/core.h"

namespace
{

// Lowest byte of the lane that an access touches, and how many.
unsigned first_byte(uint8_t byte_enable)
{
    return byte_enable ? static_cast<unsigned>(__builtin_ctz(byte_enable)) : 0;
}

unsigned num_bytes(uint8_t byte_enable)
{
    return static_cast<unsigned>(__builtin_popcount(byte_enable));
}

uint64_t lane_mask(unsigned size)
{
    return size < 8 ? (1ull << size * 8) - 1 : UINT64_MAX;
}

sim_trap decode(const host_port::request &access)
{
    const unsigned first = first_byte(access.byte_enable);
    const unsigned size = num_bytes(access.byte_enable);

    return {access.fn,    access.kind == host_port::request::WRITE,   (access.addr & ~7u) + first,
            size,         access.data >> first * 8 & lane_mask(size), access.aperture,
            access.reader};
}

void trace(const sim_gpu *gpu, const sim_trap &trap, const char *ev, uint64_t value)
{
    const hal_field fields[] = {{"fn", HAL_INT, trap.fn, nullptr},
                                {"ev", HAL_STR, 0, ev},
                                {"write", HAL_BOOL, trap.write, nullptr},
                                {"addr", HAL_INT, trap.offset, nullptr},
                                {"size", HAL_INT, trap.size, nullptr},
                                {"value", HAL_INT, value, nullptr},
                                {"bar", HAL_INT, trap.aperture ? 2u : 0u, nullptr}};

    gpu->machine->event(gpu, HAL_GT_NONE, "trap", fields, ARRAY_SIZE(fields));
}

} // namespace

void trace_trap(const sim_gpu *gpu, const host_port::request &access, const char *ev)
{
    const sim_trap trap = decode(access);

    trace(gpu, trap, ev, trap.write ? trap.value : 0);
}

const ram_window *sim_gpu::find_window(uint64_t addr, uint64_t size) const
{
    for (const ram_window &window : windows) {
        if (window.holds(addr, size)) {
            return &window;
        }
    }
    return nullptr;
}

bool sim_gpu_trap_wait(struct sim_gpu *gpu, struct sim_trap *trap, uint64_t timeout_ns)
{
    sim *const machine = gpu->machine;

    if (gpu->traps.empty()) {
        machine->programs.block(gpu->pf.get(), WAITS_TRAP, "sim_gpu_trap_wait",
                                machine->cycles_of(timeout_ns));
    }
    if (gpu->traps.empty()) {
        return false;
    }
    *trap = decode(gpu->traps.front());
    gpu->traps.pop_front();
    return true;
}

void sim_gpu_trap_done(struct sim_gpu *gpu, const struct sim_trap *trap, uint64_t value,
                       uint64_t cycles)
{
    programs &programs = gpu->machine->programs;

    trace(gpu, *trap, "served", trap->write ? trap->value : value);
    // The reader takes its bytes out of their lane.
    programs.complete_at(static_cast<program *>(trap->waiting), gpu->machine->cycle + 1 + cycles,
                         value << trap->offset % 8 * 8);
}

void sim_vm_watch_writes(struct sim_vm *vm, const struct sim_write_watch *watch)
{
    vm->write_watch = *watch;
}

void guest_wrote(hal *hal, uint64_t addr, uint64_t size)
{
    const sim_write_watch &watch = hal->vm->write_watch;
    programs &programs = hal->machine->programs;
    const uint64_t cycles = watch.wrote ? watch.wrote(watch.arg, addr, size) : 0;

    if (cycles == 0 || !hal->gpu) {
        return;
    }
    const hal_field fields[] = {
        {"fn", HAL_INT, hal->fn, nullptr},  {"ev", HAL_STR, 0, "table"},
        {"write", HAL_BOOL, true, nullptr}, {"addr", HAL_INT, addr, nullptr},
        {"size", HAL_INT, size, nullptr},   {"value", HAL_INT, 0, nullptr},
        {"bar", HAL_STR, 0, nullptr},
    };
    hal->machine->event(hal->gpu, HAL_GT_NONE, "trap", fields, ARRAY_SIZE(fields));
    if (programs.home() == hal) {
        programs.owe(cycles);
    }
}

void sim_gpu_map_vm(struct sim_gpu *gpu, struct sim_vm *vm, uint64_t base,
                    void (*wrote)(void *arg, uint64_t gpa), void *arg)
{
    for (ram_window &window : gpu->windows) {
        if (window.base == base) {
            window = {base, vm->handle.memory, wrote, arg};
            return;
        }
    }
    gpu->windows.push_back({base, vm->handle.memory, wrote, arg});
}
