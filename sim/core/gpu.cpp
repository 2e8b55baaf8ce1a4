// SPDX-License-Identifier: MIT
// One GPU: brings the ports and the chip together, edge by edge, and knows when an edge can be left
// out.

#include "sim/core/gpu.h"

#include <algorithm>

#include "sim/core/core.h"

sim_gpu::sim_gpu(sim *of, const char *gpu_name, uint64_t host_ram, unsigned gts)
    : machine(of), name(gpu_name), num_gts(gts), rtl(gpu_name),
      host(*this), bus{{*this, 0}, {*this, 1}}, dma{{*this, 0}, {*this, 1}}, memory(*this),
      lmem(*this), tables(*this), vram(std::make_shared<ram>(0)),
      vram_meta(std::make_shared<ram>(0))
{
    pf = std::make_unique<hal>(of, hal::PF, name + ".pf", host_ram);
    pf->gpu = this;
    config.reset(0, GPU_MAX_FUNCTIONS - 1, GPU_MAX_FUNCTIONS - 1);
    functions[0].memory = pf->memory;
    functions[0].owner = pf.get();
    for (unsigned gt = 0; gt < GPU_MAX_GTS; gt++) {
        guc[gt] = std::make_unique<hal>(of, hal::GUC, name + ".guc" + std::to_string(gt), 0);
        guc[gt]->gpu = this;
        guc[gt]->gt = gt;
    }
}

sim_gpu::~sim_gpu() = default;

void sim_gpu::start()
{
    if (machine->wave.is_open()) {
        rtl.trace(machine->wave.vcd());
    }
    rtl.reset();
}

uint64_t sim_gpu::next_edge_of_quiet(uint64_t now) const
{
    if (last_edge_ == 0) {
        return now + 1;
    }
    uint64_t next = std::min({host.due, memory.due, lmem.due, tables.due, rtl.wakeup()});

    for (unsigned gt = 0; gt < num_gts; gt++) {
        next = std::min({next, bus[gt].due, dma[gt].due});
    }
    return std::max(next, now + 1);
}

void sim_gpu::drive(uint64_t cycle)
{
    // Where nothing is left out, ports are not left alone either: that changes nothing.
    const uint64_t by = machine->config.no_skip ? FOREVER : cycle;

    if (host.due <= by) {
        host.drive(&in_, cycle);
    }
    if (memory.due <= by) {
        memory.drive(&in_, cycle);
    }
    if (lmem.due <= by) {
        lmem.drive(&in_, cycle);
    }
    if (tables.due <= by) {
        tables.drive(&in_, cycle);
    }
    for (unsigned gt = 0; gt < num_gts; gt++) {
        if (bus[gt].due <= by) {
            bus[gt].drive(&in_);
        }
        if (dma[gt].due <= by) {
            dma[gt].drive(&in_);
        }
    }
}

// Ports of the GuCs to which the chip says something. A transfer takes many cycles in which it says
// nothing.
inline unsigned sim_gpu::gucs_answered(const gpu_outputs &out) const
{
    const unsigned bus_moves = (in_.guc_req_valid & out.guc_req_ready) | out.guc_rsp_valid;
    const unsigned dma_moves = (in_.dma_req_valid & out.dma_req_ready) |
                               (in_.dma_wr_valid & out.dma_wr_ready) | out.dma_rd_valid |
                               out.dma_done;

    return in_.heard & (bus_moves * PORT_BUS | dma_moves * PORT_DMA);
}

// GuCs that are interrupted while a program waits for that.
inline unsigned sim_gpu::gucs_woken() const
{
    unsigned woken = 0;

    for (unsigned gt = 0; gt < GPU_MAX_GTS; gt++) {
        woken |= (guc[gt]->waiting[WAITS_IRQ] > 0 ? 1u : 0u) << gt;
    }
    return woken & rtl.guc_irq();
}

void sim_gpu::sample(const gpu_outputs &out, uint64_t cycle)
{
    // Memory first: answers are ordered behind what the chip issues in the same cycle.
    if (out.mem_req_valid || out.msi_valid) {
        memory.sample(out, cycle);
    }
    if (in_.heard & PORT_HOST) {
        host.sample(&in_, out, cycle);
    }
    if (in_.heard & PORT_LMEM) {
        lmem.sample(&in_, out, cycle);
    }
    if (out.lmtt_req_valid) {
        tables.sample(out, cycle);
    }
    const unsigned answered = in_.heard & PORTS_GUC ? gucs_answered(out) : 0;
    if (answered || (rtl.guc_irq() && gucs_woken())) {
        sample_gucs(answered, out, cycle);
    }
}

void sim_gpu::sample_gucs(unsigned answered, const gpu_outputs &out, uint64_t cycle)
{
    for (unsigned gt = 0; gt < num_gts; gt++) {
        if (answered & PORT_BUS << gt) {
            bus[gt].sample(&in_, out, cycle);
        }
        if (answered & PORT_DMA << gt) {
            dma[gt].sample(&in_, out, cycle);
        }
        if (gucs_woken() >> gt & 1) {
            machine->programs.wake_all(guc[gt].get(), WAITS_IRQ);
        }
    }
}

void sim_gpu::edge(uint64_t cycle)
{
    drive(cycle);
    rtl.edge(in_, cycle - last_edge_ - 1, &out_);
    in_.moved = 0;
    last_edge_ = cycle;
    evals++;
    sample(out_, cycle);
}

// ---- sim.h --------------------------------------------------------------------------------------

struct sim_gpu *sim_gpu_create(struct sim *sim, const char *name, uint64_t host_ram,
                               unsigned num_gts)
{
    if (sim->started || num_gts < 1 || num_gts > GPU_MAX_GTS) {
        sim->fatal(std::string("sim_gpu_create: ") + name + ": one or two GTs, before sim_start");
    }
    sim->gpus.push_back(std::make_unique<sim_gpu>(sim, name, host_ram, num_gts));
    return sim->gpus.back().get();
}

struct hal *sim_gpu_pf(struct sim_gpu *gpu)
{
    return gpu->pf.get();
}

struct hal *sim_gpu_guc(struct sim_gpu *gpu, unsigned gt)
{
    if (gt >= gpu->num_gts) {
        gpu->machine->fatal("sim_gpu_guc: no such GT on " + gpu->name);
    }
    return gpu->guc[gt].get();
}

uint64_t sim_gpu_ggtt_written(const struct sim_gpu *gpu, unsigned block)
{
    return gpu->ggtt_written[block];
}

void sim_gpu_flr(struct sim_gpu *gpu, unsigned fn)
{
    gpu->host.post({host_port::request::FLR, fn, 0, 0, 0, nullptr, nullptr});
}
