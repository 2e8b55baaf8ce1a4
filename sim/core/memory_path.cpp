// SPDX-License-Identifier: MIT
// Accesses and interrupts of one chip on their way to memory, and the answers on their way back.

#include <algorithm>
#include <string>

#include "sim/core/core.h"

void memory_path::push(uint64_t cycle, memory_request request)
{
    request.due = cycle + gpu_.machine->config.mem_latency;
    last_due_ = request.due;
    requests_.push_back(request);
    due_effect = std::min(due_effect, request.due);
}

void memory_path::answer(const memory_request &request, uint64_t data)
{
    responses_.push_back({request.due + gpu_.machine->config.mem_latency, data});
    due = std::min(due, responses_.back().due);
}

void memory_path::drive(gpu_inputs *in, uint64_t cycle)
{
    in->moved |= PORT_MEMORY;
    in->mem_rsp_valid = !responses_.empty() && responses_.front().due <= cycle;
    if (in->mem_rsp_valid) {
        in->mem_rsp_data = responses_.front().data;
        responses_.pop_front();
        due = cycle + 1;
    } else {
        due = responses_.empty() ? FOREVER : responses_.front().due;
    }
}

void memory_path::sample(const gpu_outputs &out, uint64_t cycle)
{
    if (out.mem_req_valid) {
        push(cycle, {0, static_cast<enum memory_request::op>(out.mem_req_op), out.mem_req_fn,
                     out.mem_req_addr, out.mem_req_be, out.mem_req_data, out.mem_req_local});
    }
    if (out.msi_valid) {
        push(cycle, {0, memory_request::MSI, out.msi_fn, 0, 0, out.msi_vector});
    }
}

void memory_path::apply(uint64_t cycle)
{
    while (!requests_.empty() && requests_.front().due <= cycle) {
        const memory_request request = requests_.front();
        requests_.pop_front();
        if (request.op == memory_request::MSI) {
            disturb_msi(request);
        } else if (request.op == memory_request::META_READ ||
                   request.op == memory_request::META_WRITE) {
            access_meta(request);
        } else {
            access(request);
        }
    }
    while (!late_.empty() && late_.begin()->first <= cycle) {
        deliver_msi(late_.begin()->second);
        late_.erase(late_.begin());
    }
    due_effect = late_.empty() ? FOREVER : late_.begin()->first;
    if (!requests_.empty()) {
        due_effect = std::min(due_effect, requests_.front().due);
    }
}

void memory_path::disturb_msi(memory_request request)
{
    sim_disturbance how;

    if (!gpu_.disturbed(SIM_MSI, request.fn, &how)) {
        deliver_msi(request);
        return;
    }
    if (how.how == SIM_ELSEWHERE) {
        request.fn = how.fn;
    }
    if (how.how == SIM_TWICE || how.how == SIM_ELSEWHERE) {
        deliver_msi(request);
    }
    if (how.how == SIM_TWICE || how.how == SIM_LATE) {
        late_.insert({request.due + how.cycles, request});
    }
}

void memory_path::tell_fault(const memory_request &request) const
{
    const hal_field fields[] = {
        {"fn", HAL_INT, request.fn, nullptr},
        {"what", HAL_STR, 0, request.local ? "no_local_memory" : "no_memory"},
        {"addr", HAL_INT, request.addr, nullptr}};
    gpu_.machine->event(&gpu_, HAL_GT_NONE, "fault", fields, ARRAY_SIZE(fields));
}

// The metadata of a page: kept by the GPU, beside the memory that it belongs to. The VMM does not
// move it.
void memory_path::access_meta(const memory_request &request)
{
    const ram *const memory =
        request.local ? gpu_.vram.get() : gpu_.functions[request.fn].memory.get();
    std::shared_ptr<ram> &meta = request.local ? gpu_.vram_meta : gpu_.functions[request.fn].meta;
    memory_request word = request;
    bool fault;

    if (!meta && memory) {
        meta = std::make_shared<ram>(memory->size() / HAL_PAGE_SIZE * HAL_VRAM_META);
    }
    word.op =
        request.op == memory_request::META_READ ? memory_request::READ : memory_request::WRITE;
    word.addr = request.addr / HAL_PAGE_SIZE * HAL_VRAM_META;
    const uint64_t before = memory_access(meta.get(), word, &fault);
    if (fault) {
        tell_fault(request);
    }
    if (request.op == memory_request::META_READ) {
        answer(request, before);
    }
}

void memory_path::access(const memory_request &request)
{
    bool fault = false;
    memory_request local = request;
    ram *memory = request.local ? gpu_.vram.get() : gpu_.functions[request.fn].memory.get();
    const ram_window *const window =
        request.fn == 0 && !request.local ? gpu_.find_window(request.addr, 8) : nullptr;

    if (window) {
        local.addr -= window->base;
        memory = window->memory.get();
    }
    const uint64_t before = memory_access(memory, local, &fault);
    if (window && window->wrote && request.op != memory_request::READ) {
        window->wrote(window->arg, local.addr);
    }

    if (fault) {
        tell_fault(request);
    }
    if (request.op != memory_request::WRITE) {
        answer(request, before);
    }
}

void memory_path::deliver_msi(const memory_request &request)
{
    hal *const owner = gpu_.functions[request.fn].owner;
    const std::string source = "msi" + std::to_string(request.data);
    const hal_field fields[] = {{"fn", HAL_INT, request.fn, nullptr},
                                {"source", HAL_STR, 0, source.c_str()}};

    gpu_.machine->event(&gpu_, HAL_GT_NONE, "irq", fields, ARRAY_SIZE(fields));
    if (owner) {
        owner->irq_pending |= 1u << request.data;
        owner->machine->programs.wake_all(owner, WAITS_IRQ);
    }
}
