// SPDX-License-Identifier: MIT
// The two ports of a GuC: its private bus and its DMA. Neither has latency of its own: what they
// take is the chip's.

#include <algorithm>

#include "gpu_regs.h"
#include "sim/core/core.h"

namespace
{

// Lane n of a pin that both GTs share.
template <typename T> void set_lane(T *pins, unsigned lane, unsigned width, uint64_t value)
{
    const uint64_t mask = ((1ull << width) - 1) << lane * width;

    *pins = static_cast<T>((*pins & ~mask) | (value << lane * width & mask));
}

uint32_t lane_32(uint64_t pins, unsigned lane)
{
    return static_cast<uint32_t>(pins >> lane * 32);
}

bool bit(unsigned pins, unsigned lane)
{
    return pins >> lane & 1;
}

} // namespace

// ---- bus ----------------------------------------------------------------------------------------

// An engine may be deaf to a command that takes its context away (disturb.cpp).
void guc_bus::post(request entry)
{
    const uint32_t engine = (entry.addr - GUCBUS_ENGINE_BASE) / GUCBUS_ENGINE_STRIDE;

    if (entry.write && engine < ARRAY_SIZE(deaf) && deaf[engine] != 0 &&
        entry.addr == GUCBUS_ENGINE_CTRL + engine * GUCBUS_ENGINE_STRIDE &&
        (entry.data & (GUCBUS_ENGINE_PREEMPT | GUCBUS_ENGINE_RESET)) != 0) {
        const hal_field fields[] = {{"fn", HAL_INT, 0, nullptr},
                                    {"what", HAL_STR, 0, "engine_deaf"},
                                    {"engine", HAL_INT, engine, nullptr}};

        deaf[engine]--;
        entry.data = 0;
        gpu_.machine->event(&gpu_, static_cast<int>(gt_), "fault", fields, ARRAY_SIZE(fields));
    }
    queue_.push_back(entry);
    if (pending()) {
        due = 0;
    }
}

void guc_bus::drive(gpu_inputs *in)
{
    in->moved |= PORT_BUS << gt_;
    set_lane(&in->guc_req_valid, gt_, 1, pending());
    if (!pending()) {
        due = FOREVER;
        return;
    }
    in->heard |= PORT_BUS << gt_;
    const request &front = queue_.front();
    set_lane(&in->guc_req_write, gt_, 1, front.write);
    set_lane(&in->guc_req_addr, gt_, 16, front.addr);
    set_lane(&in->guc_req_data, gt_, 32, front.data);
}

void guc_bus::sample(gpu_inputs *in, const gpu_outputs &out, uint64_t cycle)
{
    if (!reading_ && bit(out.guc_req_ready, gt_)) {
        if (queue_.front().write) {
            queue_.pop_front();
            in->heard &= ~(PORT_BUS << gt_);
            gpu_.guc[gt_]->end_access();
            return;
        }
        reading_ = true;
    }
    if (reading_ && bit(out.guc_rsp_valid, gt_)) {
        gpu_.machine->programs.complete_at(queue_.front().reader, cycle,
                                           lane_32(out.guc_rsp_data, gt_));
        queue_.pop_front();
        reading_ = false;
        due = queue_.empty() ? due : 0;
        in->heard &= ~(PORT_BUS << gt_);
    }
}

// ---- DMA ----------------------------------------------------------------------------------------

void guc_dma::post(const transfer &entry)
{
    queue_.push_back(entry);
    if (pending()) {
        due = 0;
    }
}

// Does the port have something to drive?
bool guc_dma::pending() const
{
    if (queue_.empty()) {
        return false;
    }
    return !started_ || (queue_.front().write && moved_ < queue_.front().len_dw);
}

void guc_dma::drive(gpu_inputs *in)
{
    const bool drives = pending();

    in->moved |= PORT_DMA << gt_;
    set_lane(&in->dma_req_valid, gt_, 1, drives && !started_);
    set_lane(&in->dma_wr_valid, gt_, 1, drives && started_);
    if (!drives) {
        due = FOREVER;
        return;
    }
    in->heard |= PORT_DMA << gt_;
    const transfer &front = queue_.front();
    if (started_) {
        set_lane(&in->dma_wr_data, gt_, 32, front.buffer[moved_]);
        return;
    }
    set_lane(&in->dma_req_write, gt_, 1, front.write);
    set_lane(&in->dma_req_fn, gt_, 6, front.fn);
    set_lane(&in->dma_req_addr, gt_, 32, front.addr);
    set_lane(&in->dma_req_len, gt_, 16, front.len_dw);
}

void guc_dma::move_data(const gpu_inputs &in, const gpu_outputs &out)
{
    const transfer &front = queue_.front();

    if (bit(in.dma_wr_valid, gt_) && bit(out.dma_wr_ready, gt_)) {
        moved_++;
    }
    if (!front.write && bit(out.dma_rd_valid, gt_) && moved_ < front.len_dw) {
        front.buffer[moved_++] = lane_32(out.dma_rd_data, gt_);
    }
}

void guc_dma::sample(gpu_inputs *in, const gpu_outputs &out, uint64_t cycle)
{
    if (bit(in->dma_req_valid, gt_) && bit(out.dma_req_ready, gt_)) {
        started_ = true;
    }
    if (!started_) {
        return;
    }
    if (bit(out.dma_wr_ready | out.dma_rd_valid, gt_)) {
        move_data(*in, out);
    }
    if (bit(out.dma_done, gt_)) {
        // What was written is in memory when the program goes on.
        const transfer &front = queue_.front();
        const uint64_t visible = front.write ? std::max(cycle, gpu_.memory.last_due()) : cycle;
        gpu_.machine->programs.complete_at(front.owner, visible, bit(out.dma_error, gt_));
        queue_.pop_front();
        started_ = false;
        moved_ = 0;
        due = queue_.empty() ? due : 0;
        in->heard &= ~(PORT_DMA << gt_);
    }
}
