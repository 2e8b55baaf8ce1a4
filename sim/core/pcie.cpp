// SPDX-License-Identifier: MIT
// The link between CPUs and one GPU: posted writes and reads reach the chip in order, a fixed time
// after they were issued; an answer never passes memory writes and interrupts that the chip issued
// before it.

#include <algorithm>
#include <iterator>

#include "gpu_regs.h"
#include "sim/core/core.h"

namespace
{

// Where a function's view of the registers starts.
constexpr uint32_t VIEW_BASE = 0x190000;
static_assert(GUC_HOST_INTERRUPT - VIEW_BASE < VF_VIEW_STRIDE, "the doorbell is in the first view");

// A write to one of the two doorbell registers? The PF also rings through its view of a VF's
// registers.
bool is_doorbell(const host_port::request &request, unsigned *fn, unsigned *gt)
{
    const uint32_t view = (request.addr - VIEW_BASE) / VF_VIEW_STRIDE;
    const uint32_t reg = request.addr - view * VF_VIEW_STRIDE;

    *fn = request.fn == 0 ? view : request.fn;
    *gt = reg == MED_GUC_HOST_INTERRUPT;
    return request.kind == host_port::request::WRITE && !request.aperture &&
           request.addr >= VIEW_BASE && view <= (request.fn == 0 ? GPU_MAX_VFS : 0) &&
           (reg == GUC_HOST_INTERRUPT || *gt);
}

} // namespace

void host_port::post(const request &asked)
{
    // What traps does so in the guest's own processor: it is not on the link first.
    const bool mediated = asked.owner && asked.owner->mediated && asked.fn != 0;

    insert({asked, gpu_.machine->cycle + (mediated ? 1 : gpu_.machine->config.mmio_latency)});
}

// In the order of arrival: behind everything that comes in the same cycle or earlier.
void host_port::insert(const queued &entry)
{
    auto place = queue_.end();

    while (place != queue_.begin() && std::prev(place)->due > entry.due) {
        --place;
    }
    queue_.insert(place, entry);
    due = std::min(due, next());
}

// A doorbell at the front that is not to arrive as it is now leaves the queue. Returns whether it
// did.
bool host_port::disturb(uint64_t cycle)
{
    queued front = queue_.front();
    sim_disturbance how;
    unsigned fn, gt;

    if (front.late || front.reader || !is_doorbell(front, &fn, &gt) ||
        !gpu_.disturbed(SIM_DOORBELL, fn, &how)) {
        return false;
    }
    queue_.pop_front();
    front.owner->end_access();
    front.late = true;
    if (how.how == SIM_ELSEWHERE) {
        front.fn = how.fn;
        front.addr = gt ? MED_GUC_HOST_INTERRUPT : GUC_HOST_INTERRUPT;
    }
    if (how.how == SIM_TWICE || how.how == SIM_ELSEWHERE) {
        front.due = cycle;
        insert(front);
    }
    if (how.how == SIM_TWICE || how.how == SIM_LATE) {
        front.due = cycle + how.cycles;
        insert(front);
    }
    return true;
}

uint64_t host_port::next() const
{
    return queue_.empty() || reading_ ? FOREVER : queue_.front().due;
}

void host_port::drive(gpu_inputs *in, uint64_t cycle)
{
    in->moved |= PORT_HOST;
    in->host_req_valid = false;
    in->flr_valid = false;
    while (!offered_ && next() <= cycle && disturb(cycle)) {
    }
    if (next() > cycle) {
        due = next();
        return;
    }
    due = cycle + 1;
    in->heard |= PORT_HOST;
    offered_ = true;
    const request &front = queue_.front();
    if (front.kind == request::FLR) {
        in->flr_valid = true;
        in->flr_fn = static_cast<uint8_t>(front.fn);
        return;
    }
    in->host_req_valid = true;
    in->host_req_write = front.kind == request::WRITE;
    in->host_req_aperture = front.aperture;
    in->host_req_fn = static_cast<uint8_t>(front.fn);
    in->host_req_addr = front.addr;
    in->host_req_be = front.byte_enable;
    in->host_req_data = front.data;
}

void host_port::sample(gpu_inputs *in, const gpu_outputs &out, uint64_t cycle)
{
    if (in->flr_valid) {
        queue_.pop_front();
        offered_ = false;
    } else if (in->host_req_valid && out.host_req_ready) {
        if (out.host_trap) {
            trap(queue_.front());
        } else {
            accept(queue_.front());
        }
    }
    if (reading_ && out.host_rsp_valid) {
        finish(out, cycle);
    }
    if (!offered_ && !reading_) {
        in->heard &= ~PORT_HOST;
    }
}

// An answer. Nobody waits for that of a write that others follow.
void host_port::finish(const gpu_outputs &out, uint64_t cycle)
{
    const request front = queue_.front();
    const uint64_t arrival =
        std::max(cycle + gpu_.machine->config.mmio_latency, gpu_.memory.last_due());

    if (front.aperture && out.host_rsp_fault) {
        const hal_field fields[] = {{"fn", HAL_INT, front.fn, nullptr},
                                    {"what", HAL_STR, 0, "no_aperture_page"},
                                    {"addr", HAL_INT, front.addr, nullptr}};
        gpu_.machine->event(&gpu_, HAL_GT_NONE, "fault", fields, ARRAY_SIZE(fields));
    }
    queue_.pop_front();
    reading_ = false;
    due = std::min(due, next());
    if (front.reader) {
        gpu_.machine->programs.complete_at(front.reader, arrival, out.host_rsp_data);
    } else {
        front.owner->end_access();
    }
}

void host_port::trace_doorbell(const request &front) const
{
    unsigned fn, gt;

    if (is_doorbell(front, &fn, &gt)) {
        const hal_field fields[] = {{"fn", HAL_INT, fn, nullptr}};
        gpu_.machine->event(&gpu_, static_cast<int>(gt), "doorbell", fields, 1);
    }
}

// The guest waits until the mediator has done with it.
void host_port::trap(const request &front)
{
    gpu_.traps.push_back(front);
    offered_ = false;
    queue_.pop_front();
    trace_trap(&gpu_, gpu_.traps.back(), "exit");
    gpu_.machine->programs.wake_all(gpu_.pf.get(), WAITS_TRAP);
}

void host_port::accept(const request &front)
{
    offered_ = false;
    if (front.kind == request::READ || front.aperture) {
        reading_ = true;
        return;
    }
    if (front.fn == 0 && front.addr >= GGTT_BAR0_OFFSET) {
        gpu_.ggtt_written[(front.addr - GGTT_BAR0_OFFSET) / (8 * SIM_GGTT_BLOCK)] =
            ++gpu_.ggtt_writes;
    }
    trace_doorbell(front);
    hal *const owner = front.late || front.reader ? nullptr : front.owner;
    if (front.reader) {
        gpu_.machine->programs.complete_at(front.reader, gpu_.machine->cycle + 1, 0);
    }
    queue_.pop_front();
    if (owner) {
        owner->end_access();
    }
}
