// SPDX-License-Identifier: MIT
// What each GT has for its GuC: private bus, mailbox, doorbells, gate, resets, faults, DMA,
// interrupts, and the PF's registers. Its engines stand beside it in gpu_top and hang on the engine
// bus. Its clock stands in a cycle whose edge would change nothing in here.

module gpu_gt
  import gpu_pkg::*;
#(
  parameter bit Sleeps = 1'b1  // a bench compares it with one that does not
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        media_i,
  /*verilator tracing_off*/
  input  logic [63:0] timestamp_i,
  /*verilator tracing_on*/

  // register bus of BAR0
  input  logic        reg_write_i,
  input  logic [5:0]  reg_fn_i,
  input  logic [17:0] reg_offset_i,
  input  logic [3:0]  reg_be_i,
  input  logic [31:0] reg_wdata_i,
  input  logic        mailbox_sel_i,
  input  logic        doorbell_sel_i,
  input  logic        pf_sel_i,
  output logic [31:0] mailbox_rdata_o,
  output logic [31:0] pf_rdata_o,
  output logic [31:0] lmem_cfg_o,

  input  logic        flr_valid_i,
  input  logic [5:0]  flr_fn_i,

  // GuC: private bus, interrupt, DMA
  input  logic        guc_req_valid_i,
  input  logic        guc_req_write_i,
  input  logic [15:0] guc_req_addr_i,
  input  logic [31:0] guc_req_data_i,
  output logic        guc_req_ready_o,
  output logic        guc_rsp_valid_o,
  output logic [31:0] guc_rsp_data_o,
  output logic        guc_irq_o,
  input  logic        dma_req_valid_i,
  input  logic        dma_req_write_i,
  input  logic [5:0]  dma_req_fn_i,
  input  logic [31:0] dma_req_addr_i,
  input  logic [15:0] dma_req_len_i,
  output logic        dma_req_ready_o,
  input  logic        dma_wr_valid_i,
  input  logic [31:0] dma_wr_data_i,
  output logic        dma_wr_ready_o,
  output logic        dma_rd_valid_o,
  output logic [31:0] dma_rd_data_o,
  output logic        dma_done_o,
  output logic        dma_error_o,

  // engines
  output logic [63:0] gate_closed_o,
  output logic [3:0]  engine_sel_o,
  output logic        engine_write_o,
  output logic [5:0]  engine_offset_o,
  output logic [31:0] engine_wdata_o,
  input  logic [31:0] engine_rdata_i,   // of the selected one
  input  logic [3:0]  engine_event_i,

  // register interrupts
  output logic        raise_valid_o,
  output logic [5:0]  raise_fn_o,
  output logic [15:0] raise_vector_o,
  input  logic        raise_ready_i,

  // memory
  output logic        dma_mem_valid_o,
  output mem_op_e     dma_mem_op_o,
  output logic [5:0]  dma_mem_fn_o,
  output logic [31:0] dma_mem_addr_o,
  output logic [7:0]  dma_mem_be_o,
  output logic [63:0] dma_mem_data_o,
  input  logic        dma_mem_ready_i,
  input  logic        dma_rsp_valid_i,
  output logic        irq_mem_valid_o,
  output mem_op_e     irq_mem_op_o,
  output logic [5:0]  irq_mem_fn_o,
  output logic [31:0] irq_mem_addr_o,
  output logic [7:0]  irq_mem_be_o,
  output logic [63:0] irq_mem_data_o,
  input  logic        irq_mem_ready_i,
  input  logic        mem_fault_i,
  input  logic        mem_sent_i,
  input  logic [63:0] mem_rsp_data_i,

  // TLB and its faults
  output logic        tlb_invalidate_o,
  output logic        ppgtt_invalidate_o,
  input  logic        fault_valid_i,
  input  fault_t      fault_i,
  input  logic [63:0] fault_addr_i,
  output logic        fault_room_o,

  output logic        idle_o
);

  logic        bus_write, bus_read;
  logic [15:0] bus_addr;
  logic [31:0] bus_wdata, guc_mailbox_rdata;
  logic        guc_mailbox_write, mailbox_request;
  logic        doorbell_pop, doorbell_pending, fault_pop, fault_pending, flr_pop, flr_pending;
  logic [31:0] doorbell_next, fault_next, flr_next;
  logic [63:0] fault_addr;
  logic [19:0] fault_asid;
  logic        gate_close, gate_open, irq_send, irq_busy, guc_invalidate, pf_invalidate;
  logic [31:0] memirq_status, memirq_source, guc_status;
  logic        gt_reset, gt_resetting;
  logic        bus_idle, dma_idle, irq_idle;

  assign engine_write_o   = bus_write;
  assign engine_offset_o  = bus_addr[5:0];
  assign engine_wdata_o   = bus_wdata;
  assign tlb_invalidate_o = guc_invalidate || pf_invalidate;
  assign idle_o           = bus_idle && dma_idle && irq_idle;

  // ---- clock ------------------------------------------------------------------------------------

  /*verilator tracing_off*/
  logic gt_clk;
  /*verilator tracing_on*/
  logic hears, host_writes;

  // All that is not idle, and whoever does not wait to be asked.
  assign host_writes = reg_write_i && (mailbox_sel_i || pf_sel_i);
  assign hears = !idle_o || guc_req_valid_i || dma_req_valid_i || dma_wr_valid_i ||
                 dma_rsp_valid_i || host_writes || doorbell_sel_i || flr_valid_i ||
                 fault_valid_i || !rst_ni || !Sleeps;

  gpu_clock_gate u_clock (
    .clk_i    (clk_i),
    .enable_i (hears),
    .clk_o    (gt_clk)
  );

  // ---- parts ------------------------------------------------------------------------------------

  gpu_guc_bus u_guc_bus (
    .clk_i              (gt_clk),
    .rst_ni             (rst_ni),
    .req_valid_i        (guc_req_valid_i),
    .req_write_i        (guc_req_write_i),
    .req_addr_i         (guc_req_addr_i),
    .req_data_i         (guc_req_data_i),
    .req_ready_o        (guc_req_ready_o),
    .rsp_valid_o        (guc_rsp_valid_o),
    .rsp_data_o         (guc_rsp_data_o),
    .irq_o              (guc_irq_o),
    .bus_write_o        (bus_write),
    .bus_read_o         (bus_read),
    .bus_addr_o         (bus_addr),
    .bus_wdata_o        (bus_wdata),
    .mailbox_write_o    (guc_mailbox_write),
    .mailbox_rdata_i    (guc_mailbox_rdata),
    .doorbell_pop_o     (doorbell_pop),
    .doorbell_next_i    (doorbell_next),
    .doorbell_pending_i (doorbell_pending),
    .fault_pop_o        (fault_pop),
    .fault_next_i       (fault_next),
    .fault_addr_i       (fault_addr),
    .fault_asid_i       (fault_asid),
    .fault_pending_i    (fault_pending),
    .flr_pop_o          (flr_pop),
    .flr_next_i         (flr_next),
    .flr_pending_i      (flr_pending),
    .gate_close_o       (gate_close),
    .gate_open_o        (gate_open),
    .gate_closed_i      (gate_closed_o),
    .engine_sel_o       (engine_sel_o),
    .engine_rdata_i     (engine_rdata_i),
    .engine_event_i     (engine_event_i),
    .irq_send_o         (irq_send),
    .irq_busy_i         (irq_busy),
    .memirq_status_o    (memirq_status),
    .memirq_source_o    (memirq_source),
    .guc_status_o       (guc_status),
    .tlb_invalidate_o   (guc_invalidate),
    .gt_reset_i         (gt_reset),
    .gt_resetting_o     (gt_resetting),
    .ppgtt_invalidate_o (ppgtt_invalidate_o),
    .timestamp_i        (timestamp_i),
    .idle_o             (bus_idle)
  );

  gpu_mailbox u_mailbox (
    .clk_i          (gt_clk),
    .rst_ni         (rst_ni),
    .host_write_i   (mailbox_sel_i && reg_write_i),
    .host_fn_i      (reg_fn_i),
    .host_index_i   (reg_offset_i[3:2]),
    .host_be_i      (reg_be_i),
    .host_wdata_i   (reg_wdata_i),
    .host_rdata_o   (mailbox_rdata_o),
    .host_request_o (mailbox_request),
    .guc_write_i    (guc_mailbox_write),
    .guc_fn_i       (bus_addr[9:4]),
    .guc_index_i    (bus_addr[3:2]),
    .guc_wdata_i    (bus_wdata),
    .guc_rdata_o    (guc_mailbox_rdata)
  );

  gpu_doorbell u_doorbell (
    .clk_i          (gt_clk),
    .rst_ni         (rst_ni),
    .ring_i         (doorbell_sel_i),
    .ring_fn_i      (reg_fn_i),
    .ring_mailbox_i (mailbox_request),
    .gate_closed_i  (gate_closed_o),
    .pop_i          (doorbell_pop),
    .next_o         (doorbell_next),
    .pending_o      (doorbell_pending)
  );

  gpu_gate u_gate (
    .clk_i    (gt_clk),
    .rst_ni   (rst_ni),
    .close_i  (gate_close),
    .open_i   (gate_open),
    .fn_i     (bus_wdata[5:0]),
    .closed_o (gate_closed_o)
  );

  gpu_flr u_flr (
    .clk_i       (gt_clk),
    .rst_ni      (rst_ni),
    .flr_valid_i (flr_valid_i),
    .flr_fn_i    (flr_fn_i),
    .pop_i       (flr_pop),
    .next_o      (flr_next),
    .pending_o   (flr_pending)
  );

  gpu_fault_fifo u_fault_fifo (
    .clk_i          (gt_clk),
    .rst_ni         (rst_ni),
    .push_i         (fault_valid_i),
    .push_fault_i   (fault_i),
    .push_addr_i    (fault_addr_i),
    .room_o         (fault_room_o),
    .pop_i          (fault_pop),
    .next_o         (fault_next),
    .addr_o         (fault_addr),
    .asid_o         (fault_asid),
    .pending_o      (fault_pending)
  );

  gpu_pf_regs u_pf_regs (
    .clk_i            (gt_clk),
    .rst_ni           (rst_ni),
    .media_i          (media_i),
    .reg_valid_i      (pf_sel_i),
    .reg_write_i      (reg_write_i),
    .reg_offset_i     (reg_offset_i),
    .reg_be_i         (reg_be_i),
    .reg_wdata_i      (reg_wdata_i),
    .reg_rdata_o      (pf_rdata_o),
    .guc_status_i     (guc_status),
    .tlb_invalidate_o (pf_invalidate),
    .lmem_cfg_o       (lmem_cfg_o),
    .gt_reset_o       (gt_reset),
    .gt_resetting_i   (gt_resetting)
  );

  gpu_dma u_dma (
    .clk_i           (gt_clk),
    .rst_ni          (rst_ni),
    .req_valid_i     (dma_req_valid_i),
    .req_write_i     (dma_req_write_i),
    .req_fn_i        (dma_req_fn_i),
    .req_addr_i      (dma_req_addr_i),
    .req_len_i       (dma_req_len_i),
    .req_ready_o     (dma_req_ready_o),
    .wr_valid_i      (dma_wr_valid_i),
    .wr_data_i       (dma_wr_data_i),
    .wr_ready_o      (dma_wr_ready_o),
    .rd_valid_o      (dma_rd_valid_o),
    .rd_data_o       (dma_rd_data_o),
    .done_o          (dma_done_o),
    .error_o         (dma_error_o),
    .mem_valid_o     (dma_mem_valid_o),
    .mem_op_o        (dma_mem_op_o),
    .mem_fn_o        (dma_mem_fn_o),
    .mem_addr_o      (dma_mem_addr_o),
    .mem_be_o        (dma_mem_be_o),
    .mem_data_o      (dma_mem_data_o),
    .mem_ready_i     (dma_mem_ready_i),
    .mem_fault_i     (mem_fault_i),
    .mem_sent_i      (mem_sent_i),
    .mem_rsp_valid_i (dma_rsp_valid_i),
    .mem_rsp_data_i  (mem_rsp_data_i),
    .idle_o          (dma_idle)
  );

  gpu_irq_send u_irq (
    .clk_i          (gt_clk),
    .rst_ni         (rst_ni),
    .send_i         (irq_send),
    .send_data_i    (bus_wdata),
    .status_addr_i  (memirq_status),
    .source_addr_i  (memirq_source),
    .busy_o         (irq_busy),
    .raise_valid_o  (raise_valid_o),
    .raise_fn_o     (raise_fn_o),
    .raise_vector_o (raise_vector_o),
    .raise_ready_i  (raise_ready_i),
    .mem_valid_o    (irq_mem_valid_o),
    .mem_op_o       (irq_mem_op_o),
    .mem_fn_o       (irq_mem_fn_o),
    .mem_addr_o     (irq_mem_addr_o),
    .mem_be_o       (irq_mem_be_o),
    .mem_data_o     (irq_mem_data_o),
    .mem_ready_i    (irq_mem_ready_i),
    .mem_fault_i    (mem_fault_i),
    .idle_o         (irq_idle)
  );

  always_ff @(posedge gt_clk) begin
    if (rst_ni) begin
      // An engine is read or written, not both.
      GtBusOneDirection: assert (!(bus_write && bus_read));
    end
  end

endmodule
