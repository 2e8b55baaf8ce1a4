// SPDX-License-Identifier: MIT
// Local memory of one GPU as CPUs reach it: a window (BAR), of which the chip translates page by
// page; and the chip's port to the tables of that translation. What stands in a page goes beside
// the chip's pins, at the rate of the link.

#include <algorithm>
#include <string>

#include "sim/core/core.h"

namespace
{

constexpr uint64_t LINK_BYTES_PER_CYCLE = 64; /* chosen: about a wide PCIe link */

} // namespace

// ---- window -------------------------------------------------------------------------------------

void lmem_window::post(const request &asked)
{
    queue_.push_back(asked);
    queue_.back().due = gpu_.machine->cycle + gpu_.machine->config.mmio_latency;
    due = std::min(due, next());
}

uint64_t lmem_window::next() const
{
    return queue_.empty() ? FOREVER : queue_.front().due;
}

void lmem_window::drive(gpu_inputs *in, uint64_t cycle)
{
    in->moved |= PORT_LMEM;
    in->lmem_req_valid = next() <= cycle;
    due = in->lmem_req_valid ? cycle + 1 : next();
    if (in->lmem_req_valid) {
        in->heard |= PORT_LMEM;
        in->lmem_req_fn = static_cast<uint8_t>(queue_.front().fn);
        in->lmem_req_frame = queue_.front().addr / HAL_PAGE_SIZE;
    }
}

void lmem_window::sample(gpu_inputs *in, const gpu_outputs &out, uint64_t cycle)
{
    if (!out.lmem_rsp_valid) {
        return;
    }
    in->heard &= ~PORT_LMEM;
    const request front = queue_.front();
    const uint64_t moves = (front.bytes + LINK_BYTES_PER_CYCLE - 1) / LINK_BYTES_PER_CYCLE;

    queue_.pop_front();
    if (out.lmem_rsp_fault) {
        const hal_field fields[] = {{"fn", HAL_INT, front.fn, nullptr},
                                    {"what", HAL_STR, 0, "no_local_page"},
                                    {"addr", HAL_INT, front.addr, nullptr}};
        gpu_.machine->event(&gpu_, HAL_GT_NONE, "fault", fields, ARRAY_SIZE(fields));
    } else {
        move_data(front, out.lmem_rsp_frame * HAL_PAGE_SIZE + front.addr % HAL_PAGE_SIZE);
    }
    gpu_.machine->programs.complete_at(front.owner,
                                       cycle + gpu_.machine->config.mmio_latency + moves, 0);
}

// Beyond the end of what is there, a write is lost and a read leaves the ones that it started with.
// For the PF compression metadata begin there.
void lmem_window::move_data(const request &front, uint64_t place)
{
    const bool is_meta = front.fn == 0 && place >= gpu_.vram->size();
    ram *const memory = is_meta ? gpu_.vram_meta.get() : gpu_.vram.get();
    const uint64_t at = is_meta ? place - gpu_.vram->size() : place;

    if (front.to) {
        (void)memory->read(at, front.to, front.bytes);
    } else {
        (void)memory->write(at, front.from, front.bytes);
    }
}

// ---- tables -------------------------------------------------------------------------------------

void lmtt_port::drive(gpu_inputs *in, uint64_t cycle)
{
    in->moved |= PORT_TABLES;
    in->lmtt_rsp_valid = answer_due_ <= cycle;
    if (!in->lmtt_rsp_valid) {
        due = answer_due_;
        return;
    }
    due = cycle + 1;
    answer_due_ = FOREVER;
    if (gpu_.vram->read(addr_, &in->lmtt_rsp_data, sizeof(in->lmtt_rsp_data)) != 0) {
        in->lmtt_rsp_data = 0; // a table that is nowhere has no entries
    }
}

void lmtt_port::sample(const gpu_outputs &out, uint64_t cycle)
{
    if (out.lmtt_req_valid) {
        addr_ = out.lmtt_req_addr;
        answer_due_ = cycle + 2 * gpu_.machine->config.mem_latency;
        due = std::min(due, answer_due_);
    }
}

// ---- sim.h, hal.h -------------------------------------------------------------------------------

void sim_gpu_set_vram(struct sim_gpu *gpu, uint64_t size)
{
    if (gpu->machine->started) {
        gpu->machine->fatal("sim_gpu_set_vram: " + gpu->name + ": before sim_start");
    }
    gpu->vram = std::make_shared<ram>(size);
    gpu->vram_meta = std::make_shared<ram>(size / HAL_PAGE_SIZE * HAL_VRAM_META);
}

uint64_t hal_vram_size(struct hal *hal)
{
    return hal->gpu ? hal->gpu->vram->size() : 0;
}

namespace
{

uint64_t window_size(const hal *hal)
{
    const uint64_t size = hal->gpu->vram->size();

    return hal->kind == hal::PF ? size + hal->gpu->vram_meta->size() : size;
}

// Page by page, as the chip translates.
void access_window(hal *hal, lmem_window::request part, uint64_t size, const char *call)
{
    programs &programs = hal->machine->programs;

    if (hal->kind != hal::PF && hal->kind != hal::VF) {
        hal->machine->fatal(std::string(call) + ": " + hal->unit + " has no window");
    }
    while (size > 0) {
        part.bytes = std::min(size, HAL_PAGE_SIZE - part.addr % HAL_PAGE_SIZE);
        if (hal->answers() && part.addr < window_size(hal)) {
            hal->begin_access(call);
            part.fn = hal->fn;
            part.owner = programs.current();
            hal->gpu->lmem.post(part);
            programs.block(hal, WAITS_ACCESS, call, FOREVER);
        } else {
            hal_cycles(hal, 1);
        }
        size -= part.bytes;
        part.addr += part.bytes;
        part.to = part.to ? part.to + part.bytes : nullptr;
        part.from = part.from ? part.from + part.bytes : nullptr;
    }
}

} // namespace

void hal_vram_read(struct hal *hal, uint64_t addr, void *to, size_t size)
{
    uint8_t *const bytes = static_cast<uint8_t *>(to);

    std::fill(bytes, bytes + size, 0xff);
    access_window(hal, {0, addr, 0, bytes, nullptr, nullptr, 0}, size, "hal_vram_read");
}

void hal_vram_write(struct hal *hal, uint64_t addr, const void *from, size_t size)
{
    access_window(hal, {0, addr, 0, nullptr, static_cast<const uint8_t *>(from), nullptr, 0}, size,
                  "hal_vram_write");
}
