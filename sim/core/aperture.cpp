// SPDX-License-Identifier: MIT
// The aperture (BAR2) as programs reach it. A mediated guest's own part is mapped straight onto the
// real one, as a VMM maps it: such an access is the host's on the link. What lies beside that part
// traps like its registers.

#include <algorithm>
#include <string>

#include "gpu_regs.h"
#include "sim/core/core.h"

namespace
{

constexpr uint64_t LANE = 8;

// Bytes of one lane, from addr on.
struct piece {
    uint64_t addr;
    unsigned size;
};

piece first_piece(uint64_t addr, uint64_t size)
{
    return {addr, static_cast<unsigned>(std::min(size, LANE - addr % LANE))};
}

uint64_t lane_of(const uint8_t *from, const piece &part)
{
    uint64_t value = 0;

    for (unsigned i = 0; from && i < part.size; i++) {
        value |= static_cast<uint64_t>(from[i]) << (part.addr % LANE + i) * 8;
    }
    return value;
}

host_port::request request_of(hal *hal, const piece &part, const uint8_t *from)
{
    const aperture_map &map = hal->aperture;
    const bool direct = part.addr >= map.guest && part.addr - map.guest < map.size;
    const uint64_t at = direct ? part.addr - map.guest + map.host : part.addr;
    const unsigned enable = ((1u << part.size) - 1) << part.addr % LANE;
    host_port::request asked = {from ? host_port::request::WRITE : host_port::request::READ,
                                direct ? 0 : hal->fn,
                                static_cast<uint32_t>(at) & ~3u,
                                static_cast<uint8_t>(enable),
                                lane_of(from, part),
                                hal,
                                nullptr};

    asked.aperture = true;
    return asked;
}

// Is there a chip that the access can be put to?
bool reachable(const hal *hal, uint64_t addr, const char *call)
{
    if (hal->kind != hal::PF && hal->kind != hal::VF) {
        hal->machine->fatal(std::string(call) + ": " + hal->unit + " has no aperture");
    }
    return hal->gpu && addr < GMADR_SIZE;
}

} // namespace

void sim_vm_map_aperture(struct sim_vm *vm, uint64_t guest, uint64_t host, uint64_t size)
{
    vm->handle.aperture = {guest, host, size};
}

void hal_aperture_read(struct hal *hal, uint64_t addr, void *to, size_t size)
{
    programs &programs = hal->machine->programs;
    uint8_t *bytes = static_cast<uint8_t *>(to);

    while (size > 0) {
        const piece part = first_piece(addr, size);
        uint64_t lane = UINT64_MAX;

        if (reachable(hal, addr, "hal_aperture_read")) {
            host_port::request asked = request_of(hal, part, nullptr);

            hal->begin_access("hal_aperture_read");
            asked.reader = programs.current();
            hal->gpu->host.post(asked);
            programs.block(hal, WAITS_ACCESS, "hal_aperture_read", FOREVER);
            lane = programs.data();
        } else {
            hal_cycles(hal, 1);
        }
        for (unsigned i = 0; i < part.size; i++) {
            *bytes++ = static_cast<uint8_t>(lane >> (addr % LANE + i) * 8);
        }
        addr += part.size;
        size -= part.size;
    }
}

// The quad-words follow each other on the link; the last one is waited for. A trap stops the guest
// at each.
void hal_aperture_write(struct hal *hal, uint64_t addr, const void *from, size_t size)
{
    programs &programs = hal->machine->programs;
    const uint8_t *bytes = static_cast<const uint8_t *>(from);

    while (size > 0) {
        const piece part = first_piece(addr, size);

        if (reachable(hal, addr, "hal_aperture_write")) {
            host_port::request asked = request_of(hal, part, bytes);
            const bool waits = part.size == size || (hal->mediated && asked.fn != 0);

            hal->begin_access("hal_aperture_write");
            asked.reader = waits ? programs.current() : nullptr;
            hal->gpu->host.post(asked);
            if (waits) {
                programs.block(hal, WAITS_ACCESS, "hal_aperture_write", FOREVER);
            }
        } else {
            hal_cycles(hal, 1);
        }
        addr += part.size;
        bytes += part.size;
        size -= part.size;
    }
}
