// SPDX-License-Identifier: MIT
// The link between CPUs and one GPU: posted writes and reads reach the chip in order, a fixed time
// after they were issued; an answer never passes memory writes and interrupts that the chip issued
// before it.

#include <algorithm>

#include "gpu_regs.h"
#include "sim/core/core.h"

namespace
{

// Where a function's view of the registers starts.
constexpr uint32_t VIEW_BASE = 0x190000;
static_assert(GUC_HOST_INTERRUPT - VIEW_BASE < VF_VIEW_STRIDE, "the doorbell is in the first view");

} // namespace

void host_port::post(const request &asked)
{
    queue_.push_back({asked, gpu_.machine->cycle + gpu_.machine->config.mmio_latency});
}

uint64_t host_port::next() const
{
    return queue_.empty() || reading_ ? FOREVER : queue_.front().due;
}

void host_port::drive(gpu_inputs *in, uint64_t cycle)
{
    in->host_req_valid = false;
    in->flr_valid = false;
    if (next() > cycle) {
        return;
    }
    const request &front = queue_.front();
    if (front.kind == request::FLR) {
        in->flr_valid = true;
        in->flr_fn = static_cast<uint8_t>(front.fn);
        return;
    }
    in->host_req_valid = true;
    in->host_req_write = front.kind == request::WRITE;
    in->host_req_fn = static_cast<uint8_t>(front.fn);
    in->host_req_addr = front.addr;
    in->host_req_be = front.byte_enable;
    in->host_req_data = front.data;
}

void host_port::sample(const gpu_inputs &in, const gpu_outputs &out, uint64_t cycle)
{
    if (in.flr_valid) {
        queue_.pop_front();
        return;
    }
    if (in.host_req_valid && out.host_req_ready) {
        accept(queue_.front());
    }
    if (reading_ && out.host_rsp_valid) {
        const uint64_t arrival =
            std::max(cycle + gpu_.machine->config.mmio_latency, gpu_.memory.last_due());
        gpu_.machine->programs.complete_at(queue_.front().reader, arrival, out.host_rsp_data);
        queue_.pop_front();
        reading_ = false;
    }
}

// The PF also rings through its view of a VF's registers.
void host_port::trace_doorbell(const request &front) const
{
    const uint32_t view = (front.addr - VIEW_BASE) / VF_VIEW_STRIDE;
    const uint32_t reg = front.addr - view * VF_VIEW_STRIDE;
    const bool in_view = front.addr >= VIEW_BASE && view <= (front.fn == 0 ? GPU_MAX_VFS : 0);

    if (in_view && (reg == GUC_HOST_INTERRUPT || reg == MED_GUC_HOST_INTERRUPT)) {
        const hal_field fields[] = {{"fn", HAL_INT, front.fn == 0 ? view : front.fn, nullptr}};
        gpu_.machine->event(&gpu_, reg == MED_GUC_HOST_INTERRUPT, "doorbell", fields, 1);
    }
}

void host_port::accept(const request &front)
{
    if (front.kind == request::READ) {
        reading_ = true;
        return;
    }
    trace_doorbell(front);
    hal *const owner = front.owner;
    queue_.pop_front();
    owner->end_access();
}
