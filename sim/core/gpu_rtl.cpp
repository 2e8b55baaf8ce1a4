// SPDX-License-Identifier: MIT
// The only file that sees the Verilated model. Moves pins, nothing else: who asks for what is
// gpu.cpp's matter.

#include <systemc.h>

#include "sim/core/gpu_rtl.h"

#include "Vgpu_top.h"
#include "verilated_vcd_c.h"
#if VM_COVERAGE
#include "verilated_cov.h"
#endif

namespace
{

constexpr unsigned RESET_CYCLES = 8;
constexpr int ALL_LEVELS = 99;

} // namespace

gpu_rtl::gpu_rtl(const char *name) : model_(std::make_unique<Vgpu_top>(name))
{
    model_->mem_req_ready_i = 1;
}

gpu_rtl::~gpu_rtl()
{
    model_->final();
}

void gpu_rtl::write_coverage(const std::string &path)
{
#if VM_COVERAGE
    VerilatedCov::write(path.c_str());
#else
    (void)path;
#endif
}

void gpu_rtl::trace(VerilatedVcdC *vcd)
{
    model_->trace(vcd, ALL_LEVELS);
}

void gpu_rtl::reset()
{
    model_->rst_ni = 0;
    for (unsigned cycle = 0; cycle < RESET_CYCLES; cycle++) {
        model_->clk_i = 0;
        model_->eval();
        model_->clk_i = 1;
        model_->eval();
    }
    // The clock stands high between edges, so that reset ends before the next one.
    model_->rst_ni = 1;
    model_->eval();
    settle();
}

// What is asked for between edges, by many.
void gpu_rtl::settle()
{
    quiescent_ = model_->quiescent_o;
    guc_irq_ = model_->guc_irq_o;
}

void gpu_rtl::edge(const gpu_inputs &in, uint64_t skip, gpu_outputs *out)
{
    if (in.moved) {
        drive(in);
    }
    model_->skip_i = skip;
    model_->clk_i = 0;
    model_->eval();
    sample(in.heard, out);
    model_->clk_i = 1;
    model_->eval();
    // The pin says how we simulate, not what the chip does: it never shows in the waves.
    model_->skip_i = 0;
    settle();
}

uint64_t gpu_rtl::wakeup() const
{
    return model_->wakeup_o;
}

void gpu_rtl::drive(const gpu_inputs &in)
{
    if (in.moved & PORT_HOST) {
        model_->host_req_valid_i = in.host_req_valid;
        model_->host_req_write_i = in.host_req_write;
        model_->host_req_aperture_i = in.host_req_aperture;
        model_->host_req_fn_i = in.host_req_fn;
        model_->host_req_addr_i = in.host_req_addr;
        model_->host_req_be_i = in.host_req_be;
        model_->host_req_data_i = in.host_req_data;
        model_->flr_valid_i = in.flr_valid;
        model_->flr_fn_i = in.flr_fn;
    }
    if (in.moved & PORTS_BUS) {
        model_->guc_req_valid_i = in.guc_req_valid;
        model_->guc_req_write_i = in.guc_req_write;
        model_->guc_req_addr_i = in.guc_req_addr;
        model_->guc_req_data_i = in.guc_req_data;
    }
    if (in.moved & PORTS_DMA) {
        model_->dma_req_valid_i = in.dma_req_valid;
        model_->dma_req_write_i = in.dma_req_write;
        model_->dma_req_fn_i = in.dma_req_fn;
        model_->dma_req_addr_i = in.dma_req_addr;
        model_->dma_req_len_i = in.dma_req_len;
        model_->dma_wr_valid_i = in.dma_wr_valid;
        model_->dma_wr_data_i = in.dma_wr_data;
    }
    if (in.moved & PORT_MEMORY) {
        model_->mem_rsp_valid_i = in.mem_rsp_valid;
        model_->mem_rsp_data_i = in.mem_rsp_data;
    }
    if (in.moved & PORT_LMEM) {
        model_->lmem_req_valid_i = in.lmem_req_valid;
        model_->lmem_req_fn_i = in.lmem_req_fn;
        model_->lmem_req_frame_i = in.lmem_req_frame;
    }
    if (in.moved & PORT_TABLES) {
        model_->lmtt_rsp_valid_i = in.lmtt_rsp_valid;
        model_->lmtt_rsp_data_i = in.lmtt_rsp_data;
    }
}

void gpu_rtl::sample(unsigned heard, gpu_outputs *out) const
{
    out->mem_req_valid = model_->mem_req_valid_o;
    if (out->mem_req_valid) {
        out->mem_req_local = model_->mem_req_local_o;
        out->mem_req_op = model_->mem_req_op_o;
        out->mem_req_fn = model_->mem_req_fn_o;
        out->mem_req_addr = model_->mem_req_addr_o;
        out->mem_req_be = model_->mem_req_be_o;
        out->mem_req_data = model_->mem_req_data_o;
    }
    out->msi_valid = model_->msi_valid_o;
    if (out->msi_valid) {
        out->msi_fn = model_->msi_fn_o;
        out->msi_vector = model_->msi_vector_o;
    }
    out->lmtt_req_valid = model_->lmtt_req_valid_o;
    if (out->lmtt_req_valid) {
        out->lmtt_req_addr = model_->lmtt_req_addr_o;
    }
    if (heard & PORT_HOST) {
        out->host_req_ready = model_->host_req_ready_o;
        out->host_trap = model_->host_trap_o;
        out->host_rsp_valid = model_->host_rsp_valid_o;
        out->host_rsp_fault = model_->host_rsp_fault_o;
        out->host_rsp_data = model_->host_rsp_data_o;
    }
    if (heard & PORTS_BUS) {
        out->guc_req_ready = model_->guc_req_ready_o;
        out->guc_rsp_valid = model_->guc_rsp_valid_o;
        out->guc_rsp_data = model_->guc_rsp_data_o;
    }
    if (heard & PORTS_DMA) {
        out->dma_req_ready = model_->dma_req_ready_o;
        out->dma_wr_ready = model_->dma_wr_ready_o;
        out->dma_rd_valid = model_->dma_rd_valid_o;
        out->dma_rd_data = model_->dma_rd_data_o;
        out->dma_done = model_->dma_done_o;
        out->dma_error = model_->dma_error_o;
    }
    if (heard & PORT_LMEM) {
        out->lmem_rsp_valid = model_->lmem_rsp_valid_o;
        out->lmem_rsp_fault = model_->lmem_rsp_fault_o;
        out->lmem_rsp_frame = model_->lmem_rsp_frame_o;
    }
}
