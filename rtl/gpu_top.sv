// SPDX-License-Identifier: MIT
// The chip: one tile with a main GT and a media GT. Everything that C++ sees is in this port list: scalars of at
// most 64 bits. One register access is under way on each port at a time.
//
// quiescent_o: with no input active, a clock edge would change nothing but the timestamp, up to the edge at which
// the timestamp reaches wakeup_o (all ones: never). skip_i is added to the timestamp at this edge, beside the
// usual one.

module gpu_top
  import gpu_regs_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  // time
  input  logic [63:0] skip_i,
  output logic        quiescent_o,
  output logic [63:0] wakeup_o,

  // BAR0 of all functions. valid stays until ready; a read is answered by rsp_valid, a write is not answered.
  // addr is 4-byte aligned; be picks bytes of the 8-byte lane (addr[2] clear: 3:0, set: 7:4; 64-bit access: all).
  input  logic        host_req_valid_i,
  input  logic        host_req_write_i,
  input  logic [5:0]  host_req_fn_i,
  input  logic [23:0] host_req_addr_i,
  input  logic [7:0]  host_req_be_i,
  input  logic [63:0] host_req_data_i,
  output logic        host_req_ready_o,
  output logic        host_rsp_valid_o,
  output logic [63:0] host_rsp_data_o,

  // PCI function level reset: pulse
  input  logic        flr_valid_i,
  input  logic [5:0]  flr_fn_i,

  // private buses of the GuCs, bit or lane n for GT n. valid stays until ready; reads are answered by rsp_valid.
  input  logic [1:0]  guc_req_valid_i,
  input  logic [1:0]  guc_req_write_i,
  input  logic [31:0] guc_req_addr_i,   // 16 bits each
  input  logic [63:0] guc_req_data_i,   // 32 bits each
  output logic [1:0]  guc_req_ready_o,
  output logic [1:0]  guc_rsp_valid_o,
  output logic [63:0] guc_rsp_data_o,   // 32 bits each
  output logic [1:0]  guc_irq_o,

  // DMA of the GuCs: command, then a stream of dwords in (write) or out (read, always taken), then done (pulse);
  // error with done: a translation faulted, the rest was not moved (write data beyond it is swallowed).
  input  logic [1:0]  dma_req_valid_i,
  input  logic [1:0]  dma_req_write_i,
  input  logic [11:0] dma_req_fn_i,     // 6 bits each
  input  logic [63:0] dma_req_addr_i,   // GGTT byte address, dword aligned, 32 bits each
  input  logic [31:0] dma_req_len_i,    // dwords, 1.., 16 bits each
  output logic [1:0]  dma_req_ready_o,
  input  logic [1:0]  dma_wr_valid_i,
  input  logic [63:0] dma_wr_data_i,    // 32 bits each
  output logic [1:0]  dma_wr_ready_o,
  output logic [1:0]  dma_rd_valid_o,
  output logic [63:0] dma_rd_data_o,    // 32 bits each
  output logic [1:0]  dma_done_o,
  output logic [1:0]  dma_error_o,

  // memory of the functions. In order; a write is posted; read and atomic are answered in order, any number later.
  // op 0 read, 1 write, 2 atomic add of the selected 4 bytes (answer: the quad-word before).
  output logic        mem_req_valid_o,
  output logic [1:0]  mem_req_op_o,
  output logic [5:0]  mem_req_fn_o,
  output logic [47:0] mem_req_addr_o,   // 8-byte aligned
  output logic [7:0]  mem_req_be_o,
  output logic [63:0] mem_req_data_o,
  input  logic        mem_req_ready_i,
  input  logic        mem_rsp_valid_i,
  input  logic [63:0] mem_rsp_data_i,

  // message signalled interrupts: pulse, ordered behind the memory writes before it
  output logic        msi_valid_o,
  output logic [5:0]  msi_fn_o,
  output logic [2:0]  msi_vector_o
);

endmodule
