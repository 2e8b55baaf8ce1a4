/* SPDX-License-Identifier: MIT */
/* The edge between C++ and RTL: one Verilated gpu_top, its pins as plain fields. Fields have the
 * names, layouts and meanings of rtl/gpu_top.sv's ports. */
#ifndef SIM_CORE_GPU_RTL_H
#define SIM_CORE_GPU_RTL_H

#include <cstdint>
#include <memory>

class VerilatedVcdC;
class Vgpu_top;

/* The ports to the outside, as bits of a mask. */
enum gpu_port : unsigned {
    PORT_HOST = 1 << 0, /* and FLR */
    PORT_BUS = 1 << 1,  /* of GT 0; GT 1 has the next bit */
    PORT_DMA = 1 << 3,  /* the same */
    PORT_MEMORY = 1 << 5,
    PORT_LMEM = 1 << 6,
    PORT_TABLES = 1 << 7,
    PORTS_BUS = PORT_BUS | PORT_BUS << 1,
    PORTS_DMA = PORT_DMA | PORT_DMA << 1,
    PORTS_GUC = PORTS_BUS | PORTS_DMA
};

struct gpu_inputs {
    unsigned moved; /* ports whose pins may differ from the edge before */
    unsigned heard; /* ports of which an answer is waited for */
    bool host_req_valid, host_req_write, host_req_aperture;
    uint8_t host_req_fn, host_req_be;
    uint32_t host_req_addr;
    uint64_t host_req_data;
    bool flr_valid;
    uint8_t flr_fn;
    uint8_t guc_req_valid, guc_req_write;
    uint32_t guc_req_addr;
    uint64_t guc_req_data;
    uint8_t dma_req_valid, dma_req_write;
    uint16_t dma_req_fn;
    uint64_t dma_req_addr;
    uint32_t dma_req_len;
    uint8_t dma_wr_valid;
    uint64_t dma_wr_data;
    bool mem_rsp_valid;
    uint64_t mem_rsp_data;
    bool lmem_req_valid;
    uint8_t lmem_req_fn;
    uint64_t lmem_req_frame;
    bool lmtt_rsp_valid;
    uint64_t lmtt_rsp_data;
};

/* Of the ports that are heard; and what the chip says unasked: memory requests, MSIs, reads of
 * tables, whose fields are there when their valid is. */
struct gpu_outputs {
    bool host_req_ready, host_trap, host_rsp_valid, host_rsp_fault;
    uint64_t host_rsp_data;
    uint8_t guc_req_ready, guc_rsp_valid;
    uint64_t guc_rsp_data;
    uint8_t dma_req_ready, dma_wr_ready, dma_rd_valid, dma_done, dma_error;
    uint64_t dma_rd_data;
    bool mem_req_valid, mem_req_local;
    uint8_t mem_req_op, mem_req_fn, mem_req_be;
    uint64_t mem_req_addr, mem_req_data;
    bool msi_valid;
    uint8_t msi_fn, msi_vector;
    bool lmem_rsp_valid, lmem_rsp_fault, lmtt_req_valid;
    uint64_t lmem_rsp_frame, lmtt_req_addr;
};

class gpu_rtl
{
  public:
    /* name: scope in the waves. */
    explicit gpu_rtl(const char *name);
    ~gpu_rtl();
    /* In a build for that (COV=1): what all models together went through so far. */
    static void write_coverage(const std::string &path);

    void trace(VerilatedVcdC *vcd);
    void reset();
    /* One rising edge with the inputs before it. The outputs are those that stand before it too, so
     * a transfer takes place where valid meets ready. skip: edges left out since the last one. */
    void edge(const gpu_inputs &in, uint64_t skip, gpu_outputs *out);

    /* As of after the last edge. */
    bool quiescent() const
    {
        return quiescent_;
    }
    uint64_t wakeup() const;
    uint8_t guc_irq() const
    {
        return guc_irq_;
    }

  private:
    void drive(const gpu_inputs &in);
    void sample(unsigned heard, gpu_outputs *out) const;
    void settle();

    std::unique_ptr<Vgpu_top> model_;
    bool quiescent_ = false;
    uint8_t guc_irq_ = 0;
};

#endif
