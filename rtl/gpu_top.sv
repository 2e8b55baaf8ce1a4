// SPDX-License-Identifier: MIT
// The chip: one tile with a main GT and a media GT. Everything that C++ sees is in this port list:
// scalars of at most 64 bits. One register access is under way on each port at a time.
//
// quiescent_o: with no input active, a clock edge would change nothing but the timestamp, up to the
// edge at which the timestamp reaches wakeup_o (all ones: never). skip_i is added to the timestamp
// at this edge, beside the usual one.

module gpu_top
  import gpu_pkg::*;
  import gpu_regs_pkg::*;
(
  /*verilator tracing_off*/
  input  logic        clk_i,
  /*verilator tracing_on*/
  input  logic        rst_ni,

  // time
  /*verilator tracing_off*/
  input  logic [63:0] skip_i,
  output logic        quiescent_o,
  output logic [63:0] wakeup_o,
  /*verilator tracing_on*/

  // BAR0 of all functions, and BAR2 (aperture). valid stays until ready; a read, and all of the
  // aperture, is answered by rsp_valid, another write, and what comes with trap (the host's to
  // serve), is not. addr is 4-byte aligned; be picks bytes of the 8-byte lane (addr[2] clear: 3:0,
  // set: 7:4; 64-bit access: all). fault, with rsp: the aperture has nothing there.
  input  logic        host_req_valid_i,
  input  logic        host_req_write_i,
  input  logic        host_req_aperture_i,
  input  logic [5:0]  host_req_fn_i,
  input  logic [29:0] host_req_addr_i,
  input  logic [7:0]  host_req_be_i,
  input  logic [63:0] host_req_data_i,
  output logic        host_req_ready_o,
  output logic        host_trap_o,
  output logic        host_rsp_valid_o,
  output logic        host_rsp_fault_o,
  output logic [63:0] host_rsp_data_o,

  // PCI function level reset: pulse
  input  logic        flr_valid_i,
  input  logic [5:0]  flr_fn_i,

  // private buses of the GuCs, bit or lane n for GT n. valid stays until ready; reads are answered
  // by rsp_valid.
  input  logic [1:0]  guc_req_valid_i,
  input  logic [1:0]  guc_req_write_i,
  input  logic [31:0] guc_req_addr_i,   // 16 bits each
  input  logic [63:0] guc_req_data_i,   // 32 bits each
  output logic [1:0]  guc_req_ready_o,
  output logic [1:0]  guc_rsp_valid_o,
  output logic [63:0] guc_rsp_data_o,   // 32 bits each
  output logic [1:0]  guc_irq_o,

  // DMA of the GuCs: command, then a stream of dwords in (write) or out (read, always taken), then
  // done (pulse); error with done: a translation faulted, the rest was not moved (write data beyond
  // it is swallowed).
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

  // memory of the functions. In order; a write is posted; others are answered in order, any number
  // later. op 0 read, 1 write, 2 atomic add of the selected 4 bytes (answer: the quad-word before),
  // 4 read, 5 write of the quad-word that is the compression metadata of the address's page.
  output logic        mem_req_valid_o,
  output logic        mem_req_local_o,  // local memory, whoever asks; else the function's
  output logic [2:0]  mem_req_op_o,
  output logic [5:0]  mem_req_fn_o,
  output logic [47:0] mem_req_addr_o,   // 8-byte aligned
  output logic [7:0]  mem_req_be_o,
  output logic [63:0] mem_req_data_o,
  input  logic        mem_req_ready_i,
  input  logic        mem_rsp_valid_i,
  input  logic [63:0] mem_rsp_data_i,

  // where a page is that a CPU sees in its window of local memory; valid stays until rsp_valid
  input  logic        lmem_req_valid_i,
  input  logic [5:0]  lmem_req_fn_i,
  input  logic [35:0] lmem_req_frame_i, // address 47:12
  output logic        lmem_rsp_valid_o,
  output logic        lmem_rsp_fault_o, // the function has no such page
  output logic [35:0] lmem_rsp_frame_o,
  output logic        lmtt_req_valid_o, // that translation's tables: a pulse; one read at a time
  output logic [47:0] lmtt_req_addr_o,
  input  logic        lmtt_rsp_valid_i,
  input  logic [63:0] lmtt_rsp_data_i,

  // message signalled interrupts: pulse, ordered behind the memory writes before it
  output logic        msi_valid_o,
  output logic [5:0]  msi_fn_o,
  output logic [4:0]  msi_vector_o
);

  // ---- wires: index is the GT, or the memory client (gpu_pkg) -----------------------------------

  /*verilator tracing_off*/
  logic [63:0] timestamp;
  /*verilator tracing_on*/

  logic        reg_write, irq_sel, pte_valid, pte_write;
  logic [5:0]  reg_fn, pte_fn;
  logic [17:0] reg_offset;
  logic [3:0]  reg_be;
  logic [31:0] reg_wdata, irq_rdata;
  logic [1:0]  mailbox_sel, doorbell_sel, pf_sel, engine_write, fault_room;
  logic [31:0] mailbox_rdata [2], pf_rdata [2];

  logic [19:0] pte_index;
  logic [7:0]  pte_be;
  logic [63:0] pte_wdata, pte_rdata;

  logic [NumClients-1:0] mem_valid, mem_ready, mem_rsp_valid;
  mem_op_e               mem_op   [NumClients];
  logic [5:0]            mem_fn   [NumClients];
  /* verilator tracing_off */  // waves show the clients' own
  logic [NumClients-1:0] mem_ppgtt;
  logic [63:0]           mem_addr [NumClients];
  logic [7:0]            mem_be   [NumClients];
  logic [63:0]           mem_data [NumClients];
  /* verilator tracing_on */
  logic                  mem_fault, mem_sent, rsp_null;

  logic [1:0]  fault_valid, raise_valid, raise_ready, tlb_invalidate, ppgtt_invalidate, gt_idle;
  fault_t      fault;
  logic [15:0] raise_vector [2];
  logic        mmio_idle, irq_regs_idle, memory_idle, engines_idle;

  logic [63:0]           gate_closed   [2], fault_addr;
  logic [7:0]            engine_sel;               // four places for each GT
  logic [5:0]            engine_offset [2], raise_fn [2];
  logic [31:0]           engine_wdata  [2], engine_rdata  [2], lmem_cfg [2];
  space_t                engine_space  [NumEngines];
  space_ctl_t            engine_ctl    [NumEngines];
  space_state_t          engine_state  [NumEngines];
  logic [NumEngines-1:0] engine_event;

  // ---- tile -------------------------------------------------------------------------------------

  gpu_timestamp u_timestamp (
    .clk_i, .rst_ni, .skip_i,
    .timestamp_o (timestamp)
  );

  gpu_mmio u_mmio (
    .clk_i, .rst_ni, .host_req_valid_i, .host_req_write_i, .host_req_aperture_i, .host_req_fn_i,
    .host_req_addr_i, .host_req_be_i, .host_req_data_i, .host_req_ready_o, .host_trap_o,
    .host_rsp_valid_o, .host_rsp_fault_o, .host_rsp_data_o,
    .reg_write_o      (reg_write),
    .reg_fn_o         (reg_fn),
    .reg_offset_o     (reg_offset),
    .reg_be_o         (reg_be),
    .reg_wdata_o      (reg_wdata),
    .mailbox_sel_o    (mailbox_sel),
    .doorbell_sel_o   (doorbell_sel),
    .irq_sel_o        (irq_sel),
    .pf_sel_o         (pf_sel),
    .mailbox_rdata_i  (mailbox_rdata),
    .irq_rdata_i      (irq_rdata),
    .pf_rdata_i       (pf_rdata),
    .pte_valid_o      (pte_valid),
    .pte_write_o      (pte_write),
    .pte_fn_o         (pte_fn),
    .pte_index_o      (pte_index),
    .pte_be_o         (pte_be),
    .pte_wdata_o      (pte_wdata),
    .pte_rdata_i      (pte_rdata),
    .mem_valid_o      (mem_valid[ClientAperture]),
    .mem_op_o         (mem_op[ClientAperture]),
    .mem_addr_o       (mem_addr[ClientAperture][31:0]),
    .mem_be_o         (mem_be[ClientAperture]),
    .mem_data_o       (mem_data[ClientAperture]),
    .mem_ready_i      (mem_ready[ClientAperture]),
    .mem_fault_i      (mem_fault),
    .mem_rsp_valid_i  (mem_rsp_valid[ClientAperture]),
    .mem_rsp_data_i,
    .idle_o           (mmio_idle)
  );

  gpu_memory u_memory (
    .clk_i, .rst_ni,
    .pte_valid_i        (pte_valid),
    .pte_write_i        (pte_write),
    .pte_fn_i           (pte_fn),
    .pte_index_i        (pte_index),
    .pte_be_i           (pte_be),
    .pte_wdata_i        (pte_wdata),
    .pte_rdata_o        (pte_rdata),
    .tlb_invalidate_i   (tlb_invalidate != 2'd0),
    .lmem_cfg_i         (lmem_cfg[0]),
    .lmem_req_valid_i, .lmem_req_fn_i, .lmem_req_frame_i, .lmem_rsp_valid_o, .lmem_rsp_fault_o,
    .lmem_rsp_frame_o, .lmtt_req_valid_o, .lmtt_req_addr_o, .lmtt_rsp_valid_i, .lmtt_rsp_data_i,
    .ppgtt_invalidate_i (ppgtt_invalidate != 2'd0),
    .req_valid_i        (mem_valid),
    .req_op_i           (mem_op),
    .req_fn_i           (mem_fn),
    .req_addr_i         (mem_addr),
    .req_ppgtt_i        (mem_ppgtt),
    .req_be_i           (mem_be),
    .req_data_i         (mem_data),
    .req_ready_o        (mem_ready),
    .req_fault_o        (mem_fault),
    .req_sent_o         (mem_sent),
    .rsp_valid_o        (mem_rsp_valid),
    .rsp_null_o         (rsp_null),
    .ctl_i              (engine_ctl),
    .space_i            (engine_space),
    .state_o            (engine_state),
    .fault_room_i       (fault_room),
    .fault_valid_o      (fault_valid),
    .fault_o            (fault),
    .fault_addr_o       (fault_addr),
    .mem_req_valid_o, .mem_req_local_o, .mem_req_op_o, .mem_req_fn_o, .mem_req_addr_o,
    .mem_req_be_o, .mem_req_data_o, .mem_req_ready_i, .mem_rsp_valid_i, .mem_rsp_data_i,
    .msi_valid_o, .msi_fn_o, .msi_vector_o,
    .idle_o             (memory_idle)
  );

  gpu_irq_regs u_irq_regs (
    .clk_i, .rst_ni,
    .reg_valid_i    (irq_sel),
    .reg_write_i    (reg_write),
    .reg_fn_i       (reg_fn),
    .reg_offset_i   (reg_offset[7:0]),
    .reg_be_i       (reg_be),
    .reg_wdata_i    (reg_wdata),
    .reg_rdata_o    (irq_rdata),
    .raise_valid_i  (raise_valid),
    .raise_fn_i     (raise_fn),
    .raise_vector_i (raise_vector),
    .raise_ready_o  (raise_ready),
    .msi_valid_o    (mem_valid[ClientTile]),
    .msi_fn_o       (mem_fn[ClientTile]),
    .msi_ready_i    (mem_ready[ClientTile]),
    .idle_o         (irq_regs_idle)
  );

  assign mem_op[ClientTile] = MemMsi;
  assign {mem_addr[ClientTile], mem_be[ClientTile], mem_data[ClientTile]} = '0;
  assign {mem_addr[ClientAperture][63:32], mem_fn[ClientAperture]} = '0;
  assign {mem_ppgtt[ClientTile], mem_ppgtt[ClientAperture]} = '0;

  // ---- GTs: 0 main, 1 media ---------------------------------------------------------------------

  for (genvar gt = 0; gt < 2; gt++) begin : gen_gt
    assign {mem_ppgtt[ClientDma+gt], mem_ppgtt[ClientIrq+gt]} = 2'd0;
    assign {mem_addr[ClientDma+gt][63:32], mem_addr[ClientIrq+gt][63:32]} = 64'd0;
    gpu_gt u_gt (
      .clk_i, .rst_ni,
      .media_i          (gt == 1),
      .timestamp_i      (timestamp),
      .reg_write_i      (reg_write),
      .reg_fn_i         (reg_fn),
      .reg_offset_i     (reg_offset),
      .reg_be_i         (reg_be),
      .reg_wdata_i      (reg_wdata),
      .mailbox_sel_i    (mailbox_sel[gt]),
      .doorbell_sel_i   (doorbell_sel[gt]),
      .pf_sel_i         (pf_sel[gt]),
      .mailbox_rdata_o  (mailbox_rdata[gt]),
      .pf_rdata_o       (pf_rdata[gt]),
      .lmem_cfg_o       (lmem_cfg[gt]),
      .flr_valid_i, .flr_fn_i,
      .guc_req_valid_i  (guc_req_valid_i[gt]),
      .guc_req_write_i  (guc_req_write_i[gt]),
      .guc_req_addr_i   (guc_req_addr_i[16*gt+:16]),
      .guc_req_data_i   (guc_req_data_i[32*gt+:32]),
      .guc_req_ready_o  (guc_req_ready_o[gt]),
      .guc_rsp_valid_o  (guc_rsp_valid_o[gt]),
      .guc_rsp_data_o   (guc_rsp_data_o[32*gt+:32]),
      .guc_irq_o        (guc_irq_o[gt]),
      .dma_req_valid_i  (dma_req_valid_i[gt]),
      .dma_req_write_i  (dma_req_write_i[gt]),
      .dma_req_fn_i     (dma_req_fn_i[6*gt+:6]),
      .dma_req_addr_i   (dma_req_addr_i[32*gt+:32]),
      .dma_req_len_i    (dma_req_len_i[16*gt+:16]),
      .dma_req_ready_o  (dma_req_ready_o[gt]),
      .dma_wr_valid_i   (dma_wr_valid_i[gt]),
      .dma_wr_data_i    (dma_wr_data_i[32*gt+:32]),
      .dma_wr_ready_o   (dma_wr_ready_o[gt]),
      .dma_rd_valid_o   (dma_rd_valid_o[gt]),
      .dma_rd_data_o    (dma_rd_data_o[32*gt+:32]),
      .dma_done_o       (dma_done_o[gt]),
      .dma_error_o      (dma_error_o[gt]),
      .gate_closed_o    (gate_closed[gt]),
      .engine_sel_o     (engine_sel[4*gt+:4]),
      .engine_write_o   (engine_write[gt]),
      .engine_offset_o  (engine_offset[gt]),
      .engine_wdata_o   (engine_wdata[gt]),
      .engine_rdata_i   (engine_rdata[gt]),
      .engine_event_i   (gt == 0 ? 4'(engine_event[EngineCcs:EngineRcs]) :
                                    4'(engine_event[EngineVecs:EngineVcs])),
      .raise_valid_o    (raise_valid[gt]),
      .raise_fn_o       (raise_fn[gt]),
      .raise_vector_o   (raise_vector[gt]),
      .raise_ready_i    (raise_ready[gt]),
      .dma_mem_valid_o  (mem_valid[ClientDma+gt]),
      .dma_mem_op_o     (mem_op[ClientDma+gt]),
      .dma_mem_fn_o     (mem_fn[ClientDma+gt]),
      .dma_mem_addr_o   (mem_addr[ClientDma+gt][31:0]),
      .dma_mem_be_o     (mem_be[ClientDma+gt]),
      .dma_mem_data_o   (mem_data[ClientDma+gt]),
      .dma_mem_ready_i  (mem_ready[ClientDma+gt]),
      .dma_rsp_valid_i  (mem_rsp_valid[ClientDma+gt]),
      .irq_mem_valid_o  (mem_valid[ClientIrq+gt]),
      .irq_mem_op_o     (mem_op[ClientIrq+gt]),
      .irq_mem_fn_o     (mem_fn[ClientIrq+gt]),
      .irq_mem_addr_o   (mem_addr[ClientIrq+gt][31:0]),
      .irq_mem_be_o     (mem_be[ClientIrq+gt]),
      .irq_mem_data_o   (mem_data[ClientIrq+gt]),
      .irq_mem_ready_i  (mem_ready[ClientIrq+gt]),
      .mem_fault_i      (mem_fault),
      .mem_sent_i       (mem_sent),
      .mem_rsp_data_i,
      .tlb_invalidate_o (tlb_invalidate[gt]),
      .ppgtt_invalidate_o (ppgtt_invalidate[gt]),
      .fault_valid_i    (fault_valid[gt]),
      .fault_i          (fault),
      .fault_addr_i     (fault_addr),
      .fault_room_o     (fault_room[gt]),
      .idle_o           (gt_idle[gt])
    );
  end

  // ---- engines ----------------------------------------------------------------------------------

  gpu_engines u_engines (
    .clk_i, .rst_ni,
    .timestamp_i     (timestamp),
    .reg_sel_i       ({engine_sel[5:4], engine_sel[2:0]}),
    .reg_write_i     (engine_write),
    .reg_offset_i    (engine_offset),
    .reg_wdata_i     (engine_wdata),
    .reg_rdata_o     (engine_rdata),
    .event_o         (engine_event),
    .gate_closed_i   (gate_closed),
    .mem_valid_o     (mem_valid[NumEngines-1:0]),
    .mem_op_o        (mem_op[0:NumEngines-1]),
    .mem_fn_o        (mem_fn[0:NumEngines-1]),
    .mem_ppgtt_o     (mem_ppgtt[NumEngines-1:0]),
    .mem_addr_o      (mem_addr[0:NumEngines-1]),
    .mem_be_o        (mem_be[0:NumEngines-1]),
    .mem_data_o      (mem_data[0:NumEngines-1]),
    .mem_space_o     (engine_space),
    .mem_ctl_o       (engine_ctl),
    .mem_state_i     (engine_state),
    .mem_ready_i     (mem_ready[NumEngines-1:0]),
    .mem_fault_i     (mem_fault),
    .mem_sent_i      (mem_sent),
    .mem_rsp_valid_i (mem_rsp_valid[NumEngines-1:0]),
    .mem_rsp_null_i  (rsp_null),
    .mem_rsp_data_i,
    .idle_o          (engines_idle),
    .wake_o          (wakeup_o)
  );

  assign quiescent_o = mmio_idle && irq_regs_idle && memory_idle && (&gt_idle) && engines_idle;

  // Once quiescent, only an input or the time reached can end it: this is what idle skip builds on.
  logic input_active;
  assign input_active = host_req_valid_i || flr_valid_i || mem_rsp_valid_i || (|guc_req_valid_i) ||
                        (|{dma_req_valid_i, dma_wr_valid_i, lmem_req_valid_i, lmtt_rsp_valid_i});
  /*verilator tracing_off*/
  logic was_quiet_q;
  /*verilator tracing_on*/
  always_ff @(posedge clk_i) begin
    was_quiet_q <= 1'b0;
    if (rst_ni && quiescent_o && !input_active) begin
      was_quiet_q <= timestamp + 64'd1 + skip_i < wakeup_o;
    end
    if (rst_ni) begin
      TopQuietStaysQuiet: assert (was_quiet_q -> quiescent_o);
      // Nor is a wait slept over.
      TopSkipIsShort: assert (skip_i != 64'd0 -> quiescent_o && timestamp + skip_i < wakeup_o);
      // An interrupt and a memory access never leave in one cycle.
      TopOneWayOut: assert (!(msi_valid_o && mem_req_valid_o));
    end
  end

endmodule
