// SPDX-License-Identifier: MIT
// hal.h for a simulated machine: what a program asks becomes requests at a GPU's ports, timers and
// waits.

#include "sim/hal/hal.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "gpu_regs.h"
#include "sim/core/core.h"

namespace
{

constexpr unsigned LINK_DEPTH = 64;     /* posted writes of one function on the link */
constexpr unsigned GUC_BUS_DEPTH = 8;   /* posted writes of a GuC */
constexpr uint32_t DMA_MAX_DW = 16384;  /* of one command: the port's length has 16 bits */
constexpr uint64_t ABSENT = UINT64_MAX; /* what a read of nothing gives */

/* Bytes [offset, offset + size) of one 8-byte lane. */
struct lane_access {
    uint32_t offset;
    unsigned size;

    unsigned shift() const
    {
        return offset % 8 * 8;
    }
    uint8_t byte_enable() const
    {
        return static_cast<uint8_t>(((1u << size) - 1) << offset % 8);
    }
    /* The pin is 4-byte aligned; a 64-bit access stands at its lane. */
    uint32_t addr() const
    {
        return offset & ~3u;
    }
};

uint64_t read_lane(hal *hal, const lane_access &part, const char *call)
{
    programs &programs = hal->machine->programs;

    if (!hal->answers() || part.offset >= BAR0_SIZE) {
        hal_cycles(hal, 1);
        return ABSENT;
    }
    hal->begin_access(call);
    hal->gpu->host.post({host_port::request::READ, hal->fn, part.addr(), part.byte_enable(), 0, hal,
                         programs.current()});
    programs.block(hal, WAITS_ACCESS, call, FOREVER);
    return programs.data() >> part.shift();
}

void write_lane(hal *hal, const lane_access &part, uint64_t value, const char *call)
{
    if (!hal->answers() || part.offset >= BAR0_SIZE) {
        return;
    }
    hal->begin_access(call);
    hal->gpu->host.post({host_port::request::WRITE, hal->fn, part.addr(), part.byte_enable(),
                         value << part.shift(), hal,
                         hal->mediated ? hal->machine->programs.current() : nullptr});
    if (hal->mediated) {
        hal->machine->programs.block(hal, WAITS_ACCESS, call, FOREVER);
    }
}

uint32_t read_guc(hal *hal, uint32_t offset, const char *call)
{
    programs &programs = hal->machine->programs;

    hal->begin_access(call);
    hal->gpu->bus[hal->gt].post({false, static_cast<uint16_t>(offset), 0, programs.current()});
    programs.block(hal, WAITS_ACCESS, call, FOREVER);
    return static_cast<uint32_t>(programs.data());
}

void write_guc(hal *hal, uint32_t offset, uint32_t value, const char *call)
{
    hal->begin_access(call);
    hal->gpu->bus[hal->gt].post({true, static_cast<uint16_t>(offset), value, nullptr});
}

/* An access that crosses lanes becomes two, low one first, as on the link. */
uint64_t read_register(hal *hal, uint32_t offset, unsigned size, const char *call)
{
    if (hal->kind == hal::PLAIN) {
        hal->machine->fatal(std::string(call) + ": " + hal->unit + " has no registers");
    }
    if (hal->kind == hal::GUC) {
        const uint64_t low = read_guc(hal, offset, call);
        return size == 4 ? low : low | static_cast<uint64_t>(read_guc(hal, offset + 4, call)) << 32;
    }
    const unsigned first = std::min(size, 8 - offset % 8);
    uint64_t value = read_lane(hal, {offset, first}, call);
    if (first < size) {
        value &= (1ull << first * 8) - 1;
        value |= read_lane(hal, {offset + first, size - first}, call) << first * 8;
    }
    return value;
}

void write_register(hal *hal, uint32_t offset, uint64_t value, unsigned size, const char *call)
{
    if (hal->kind == hal::PLAIN) {
        hal->machine->fatal(std::string(call) + ": " + hal->unit + " has no registers");
    }
    if (hal->kind == hal::GUC) {
        write_guc(hal, offset, lower_32(value), call);
        if (size == 8) {
            write_guc(hal, offset + 4, upper_32(value), call);
        }
        return;
    }
    const unsigned first = std::min(size, 8 - offset % 8);
    write_lane(hal, {offset, first}, value, call);
    if (first < size) {
        write_lane(hal, {offset + first, size - first}, value >> first * 8, call);
    }
}

int dma(hal *hal, guc_dma::transfer transfer, const char *call)
{
    programs &programs = hal->machine->programs;

    if (hal->kind != hal::GUC) {
        hal->machine->fatal(std::string(call) + ": " + hal->unit + " is not a GuC");
    }
    // Register writes made before are in the chip before the transfer starts.
    hal->drain(call);
    transfer.owner = programs.current();
    hal->gpu->dma[hal->gt].post(transfer);
    programs.block(hal, WAITS_DMA, call, FOREVER);
    return programs.data() ? -EFAULT : 0;
}

int dma_parts(hal *hal, guc_dma::transfer transfer, uint32_t len_dw, const char *call)
{
    while (len_dw > 0) {
        transfer.len_dw = std::min(len_dw, DMA_MAX_DW);
        const int err = dma(hal, transfer, call);
        if (err) {
            return err;
        }
        len_dw -= transfer.len_dw;
        transfer.buffer += transfer.len_dw;
        transfer.addr += transfer.len_dw * 4;
    }
    return 0;
}

bool beyond_ggtt(uint64_t addr, uint32_t len_dw)
{
    return addr % 4 != 0 || addr + 4ull * len_dw > 1ull << 32;
}

// The host of a GPU sees the RAM of mediated guests where it has mapped it.
const ram_window *find_window(const hal *hal, uint64_t addr, uint64_t size)
{
    return hal->kind == hal::PF ? hal->gpu->find_window(addr, size) : nullptr;
}

bool irq_line(const hal *hal)
{
    return hal->gpu->rtl.guc_irq() >> hal->gt & 1;
}

} // namespace

hal::hal(sim *of, kinds what, const std::string &name, uint64_t ram_size)
    : machine(of), kind(what), unit(name), memory(std::make_shared<ram>(ram_size)),
      allocator(ram_size), max_in_flight(what == GUC ? GUC_BUS_DEPTH : LINK_DEPTH)
{
}

bool hal::answers() const
{
    return gpu && (mediated || gpu->config.answers(fn));
}

void hal::begin_access(const char *call)
{
    machine->programs.pay(this, call);
    while (in_flight >= max_in_flight) {
        machine->programs.block(this, WAITS_LINK, call, FOREVER);
    }
    in_flight++;
}

void hal::end_access()
{
    in_flight--;
    machine->programs.wake_all(this, WAITS_LINK);
    if (in_flight > 0) {
        return;
    }
    machine->programs.wake_all(this, WAITS_DRAIN);
    if (quiet_waiter) {
        machine->programs.wake(quiet_waiter);
        quiet_waiter = nullptr;
    }
}

void hal::drain(const char *call)
{
    while (in_flight > 0) {
        machine->programs.block(this, WAITS_DRAIN, call, FOREVER);
    }
}

// ---- registers ----------------------------------------------------------------------------------

uint32_t hal_read32(struct hal *hal, uint32_t offset)
{
    return static_cast<uint32_t>(read_register(hal, offset, 4, "hal_read32"));
}

uint64_t hal_read64(struct hal *hal, uint32_t offset)
{
    return read_register(hal, offset, 8, "hal_read64");
}

void hal_write32(struct hal *hal, uint32_t offset, uint32_t value)
{
    write_register(hal, offset, value, 4, "hal_write32");
}

void hal_write64(struct hal *hal, uint32_t offset, uint64_t value)
{
    write_register(hal, offset, value, 8, "hal_write64");
}

// ---- memory -------------------------------------------------------------------------------------

int hal_mem_read(struct hal *hal, uint64_t addr, void *to, size_t size)
{
    const ram_window *const window = find_window(hal, addr, size);

    return window ? window->memory->read(addr - window->base, to, size)
                  : hal->memory->read(addr, to, size);
}

int hal_mem_write(struct hal *hal, uint64_t addr, const void *from, size_t size)
{
    const ram_window *const window = find_window(hal, addr, size);

    if (window) {
        return window->memory->write(addr - window->base, from, size, writer::DEVICE);
    }
    const int err = hal->memory->write(addr, from, size, writer::CPU);
    if (!err && hal->mediated) {
        guest_wrote(hal, addr, size);
    }
    return err;
}

uint64_t hal_mem_alloc(struct hal *hal, uint64_t size)
{
    const uint64_t addr = hal->allocator.take(size);

    if (addr) {
        hal->memory->clear(addr, ALIGN_UP(size, static_cast<uint64_t>(HAL_PAGE_SIZE)));
    }
    return addr;
}

void hal_mem_free(struct hal *hal, uint64_t addr)
{
    if (addr && !hal->allocator.give_back(addr)) {
        hal->machine->fatal("hal_mem_free: " + hal->unit + " frees what it did not allocate");
    }
}

int hal_dma_read(struct hal *hal, unsigned fn, uint64_t ggtt_addr, uint32_t *to, uint32_t len_dw)
{
    if (beyond_ggtt(ggtt_addr, len_dw)) {
        return -EFAULT;
    }
    return dma_parts(hal, {false, fn, lower_32(ggtt_addr), to, 0, nullptr}, len_dw, "hal_dma_read");
}

int hal_dma_write(struct hal *hal, unsigned fn, uint64_t ggtt_addr, const uint32_t *from,
                  uint32_t len_dw)
{
    if (beyond_ggtt(ggtt_addr, len_dw)) {
        return -EFAULT;
    }
    // A write transfer only reads its buffer.
    return dma_parts(hal, {true, fn, lower_32(ggtt_addr), const_cast<uint32_t *>(from), 0, nullptr},
                     len_dw, "hal_dma_write");
}

// ---- time and waiting ---------------------------------------------------------------------------

uint64_t hal_now(struct hal *hal)
{
    const uint64_t cycles = hal->vm ? hal->vm->clock() : hal->machine->cycle;

    return cycles * hal->machine->config.clock_ps / 1000;
}

void hal_cycles(struct hal *hal, uint64_t n)
{
    if (n > 0) {
        hal->machine->programs.pay(hal, "hal_cycles");
        hal->machine->programs.block(hal, WAITS_TIME, "hal_cycles", n);
    }
}

void hal_delay(struct hal *hal, uint64_t ns)
{
    hal->machine->programs.pay(hal, "hal_delay");
    hal->machine->programs.block(hal, WAITS_TIME, "hal_delay", hal->machine->cycles_of(ns));
}

bool hal_wait(struct hal *hal, uint64_t timeout_ns)
{
    return hal->machine->programs.block(hal, WAITS_WAKE, "hal_wait",
                                        hal->machine->cycles_of(timeout_ns));
}

void hal_wake(struct hal *hal)
{
    hal->machine->programs.wake_all(hal, WAITS_WAKE);
}

uint32_t hal_irq_wait(struct hal *hal, uint64_t timeout_ns)
{
    programs &programs = hal->machine->programs;
    const uint64_t cycles = hal->machine->cycles_of(timeout_ns);

    if (hal->kind == hal::GUC) {
        // The line is what the register writes made before leave of it.
        hal->drain("hal_irq_wait");
        if (!irq_line(hal)) {
            programs.block(hal, WAITS_IRQ, "hal_irq_wait", cycles);
        }
        return irq_line(hal);
    }
    if (!hal->irq_pending) {
        programs.block(hal, WAITS_IRQ, "hal_irq_wait", cycles);
    }
    return std::exchange(hal->irq_pending, 0);
}

void hal_spawn(struct hal *hal, const char *name, void (*program)(void *arg), void *arg)
{
    hal->machine->programs.spawn(hal, name, program, arg);
}
