// SPDX-License-Identifier: MIT
// A GT that sleeps beside the same GT kept awake: whatever comes, at any moment, also in the cycle
// in which it goes to sleep, both say the same in each half of each cycle, and the one does sleep.

module tb_gpu_gt;
  import gpu_pkg::*;
  import gpu_regs_pkg::*;

  localparam int unsigned Cycles = 40000;

  logic clk, rst_n;
  int   passed, failed;

  initial clk = 1'b0;
  always #5 clk = !clk;

  task automatic check(input string what, input logic [63:0] got, input logic [63:0] want);
    if (got === want) passed++;
    else begin
      failed++;
      $display("FAILED %s: got %h, want %h", what, got, want);
    end
  endtask

  // ---- the GT twice -----------------------------------------------------------------------------

  typedef struct packed {
    logic [31:0] mailbox_rdata, pf_rdata, lmem_cfg, guc_data, dma_data, engine_wdata;
    logic        guc_ready, guc_rsp, guc_irq, dma_ready, dma_wr_ready, dma_rd, dma_done, dma_error;
    logic [63:0] gate_closed, dma_mem_data, irq_mem_data;
    logic [3:0]  engine_sel;
    logic        engine_write, raise, dma_mem, irq_mem, tlb_invalidate, ppgtt_invalidate;
    logic        room, idle;
    logic [5:0]  engine_offset, raise_fn, dma_mem_fn, irq_mem_fn;
    logic [15:0] raise_vector;
    mem_op_e     dma_mem_op, irq_mem_op;
    logic [31:0] dma_mem_addr, irq_mem_addr;
    logic [7:0]  dma_mem_be, irq_mem_be;
  } outputs_t;

  outputs_t    out [2];

  logic [63:0] now, mem_rdata;
  logic        reg_write, mailbox_sel, doorbell_sel, pf_sel, flr, guc_valid, guc_write;
  logic        dma_valid, dma_write, wr_valid, raise_ready, dma_ready, dma_rsp, irq_ready;
  logic        mem_fault, mem_sent, fault_valid;
  logic [5:0]  fn;
  logic [17:0] reg_offset;
  logic [3:0]  reg_be, engine_event;
  logic [31:0] data, dma_addr;
  logic [15:0] guc_addr, dma_len;

  for (genvar twin = 0; twin < 2; twin++) begin : gen_twin
    gpu_gt #(
      .Sleeps             (twin == 0)
    ) u_gt (
      .clk_i              (clk),
      .rst_ni             (rst_n),
      .media_i            (1'b0),
      .timestamp_i        (now),
      .reg_write_i        (reg_write),
      .reg_fn_i           (fn),
      .reg_offset_i       (reg_offset),
      .reg_be_i           (reg_be),
      .reg_wdata_i        (data),
      .mailbox_sel_i      (mailbox_sel),
      .doorbell_sel_i     (doorbell_sel),
      .pf_sel_i           (pf_sel),
      .mailbox_rdata_o    (out[twin].mailbox_rdata),
      .pf_rdata_o         (out[twin].pf_rdata),
      .lmem_cfg_o         (out[twin].lmem_cfg),
      .flr_valid_i        (flr),
      .flr_fn_i           (fn),
      .guc_req_valid_i    (guc_valid),
      .guc_req_write_i    (guc_write),
      .guc_req_addr_i     (guc_addr),
      .guc_req_data_i     (data),
      .guc_req_ready_o    (out[twin].guc_ready),
      .guc_rsp_valid_o    (out[twin].guc_rsp),
      .guc_rsp_data_o     (out[twin].guc_data),
      .guc_irq_o          (out[twin].guc_irq),
      .dma_req_valid_i    (dma_valid),
      .dma_req_write_i    (dma_write),
      .dma_req_fn_i       (fn),
      .dma_req_addr_i     (dma_addr),
      .dma_req_len_i      (dma_len),
      .dma_req_ready_o    (out[twin].dma_ready),
      .dma_wr_valid_i     (wr_valid),
      .dma_wr_data_i      (data),
      .dma_wr_ready_o     (out[twin].dma_wr_ready),
      .dma_rd_valid_o     (out[twin].dma_rd),
      .dma_rd_data_o      (out[twin].dma_data),
      .dma_done_o         (out[twin].dma_done),
      .dma_error_o        (out[twin].dma_error),
      .gate_closed_o      (out[twin].gate_closed),
      .engine_sel_o       (out[twin].engine_sel),
      .engine_write_o     (out[twin].engine_write),
      .engine_offset_o    (out[twin].engine_offset),
      .engine_wdata_o     (out[twin].engine_wdata),
      .engine_rdata_i     (32'h5a5a),
      .engine_event_i     (engine_event),
      .raise_valid_o      (out[twin].raise),
      .raise_fn_o         (out[twin].raise_fn),
      .raise_vector_o     (out[twin].raise_vector),
      .raise_ready_i      (raise_ready),
      .dma_mem_valid_o    (out[twin].dma_mem),
      .dma_mem_op_o       (out[twin].dma_mem_op),
      .dma_mem_fn_o       (out[twin].dma_mem_fn),
      .dma_mem_addr_o     (out[twin].dma_mem_addr),
      .dma_mem_be_o       (out[twin].dma_mem_be),
      .dma_mem_data_o     (out[twin].dma_mem_data),
      .dma_mem_ready_i    (dma_ready),
      .dma_rsp_valid_i    (dma_rsp),
      .irq_mem_valid_o    (out[twin].irq_mem),
      .irq_mem_op_o       (out[twin].irq_mem_op),
      .irq_mem_fn_o       (out[twin].irq_mem_fn),
      .irq_mem_addr_o     (out[twin].irq_mem_addr),
      .irq_mem_be_o       (out[twin].irq_mem_be),
      .irq_mem_data_o     (out[twin].irq_mem_data),
      .irq_mem_ready_i    (irq_ready),
      .mem_fault_i        (mem_fault),
      .mem_sent_i         (mem_sent),
      .mem_rsp_data_i     (mem_rdata),
      .tlb_invalidate_o   (out[twin].tlb_invalidate),
      .ppgtt_invalidate_o (out[twin].ppgtt_invalidate),
      .fault_valid_i      (fault_valid),
      .fault_i            (fault_t'(mem_rdata[$bits(fault_t)-1:0])),
      .fault_addr_i       (mem_rdata),
      .fault_room_o       (out[twin].room),
      .idle_o             (out[twin].idle)
    );
  end

  // ---- whatever comes: of each kind nothing for a while, then much ------------------------------

  int   edges, reads, busy;
  int   host, guc, dma, others;  // one chance in so many, by kind
  logic guc_taken, dma_taken;
  logic [31:0] place;

  function automatic logic chance(input int of);
    return $urandom_range(of - 1) == 0;
  endfunction

  function automatic int pace();
    return chance(2) ? 1000000 : 1 << $urandom_range(8);
  endfunction

  function automatic logic [15:0] guc_register();
    case ($urandom_range(15))
      0: return GUCBUS_IRQ_STATUS[15:0];
      1: return GUCBUS_IRQ_ENABLE[15:0];
      2: return GUCBUS_DB_NEXT[15:0];
      3: return GUCBUS_GATE_CLOSE[15:0];
      4: return GUCBUS_GATE_OPEN[15:0];
      5: return GUCBUS_IRQ_SEND[15:0];
      6: return GUCBUS_FAULT_NEXT[15:0];
      7: return GUCBUS_FAULT_ADDR[15:0];
      8: return GUCBUS_FLR_NEXT[15:0];
      9: return GUCBUS_TLB_INV[15:0];
      10: return GUCBUS_STATUS[15:0];
      11: return GUCBUS_TIMESTAMP_LO[15:0];
      12: return GUCBUS_MEMIRQ_STATUS[15:0];
      13: return GUCBUS_ENGINE_BASE[15:0] + 16'($urandom_range(63)) * 4;
      14: return GUCBUS_GATE_STATE_LO[15:0];
      default: return GUCBUS_MBOX_BASE[15:0] + 16'($urandom_range(255)) * 4;
    endcase
  endfunction

  function automatic logic [17:0] pf_register();
    case ($urandom_range(4))
      0: return GUC_TLB_INV_CR[17:0];
      1: return GDRST[17:0];
      2: return XE2_LMEM_CFG[17:0];
      3: return SOFT_SCRATCH_0[17:0] + 18'($urandom_range(15)) * 4;
      default: return GUC_STATUS[17:0];
    endcase
  endfunction

  task automatic stir();
    data        = chance(2) ? $urandom : {1'($urandom), 9'd0, 6'($urandom), 16'h8001};
    mem_rdata   = {$urandom, $urandom};
    fn          = 6'($urandom);
    // host's register bus: one block, or none
    place       = chance(host) ? $urandom_range(2) : 32'd3;
    {pf_sel, doorbell_sel, mailbox_sel} = 3'b001 << place;
    reg_write   = doorbell_sel || chance(2);
    reg_be      = 4'($urandom_range(15, 1));
    reg_offset  = pf_sel ? pf_register() : 18'($urandom_range(63)) * 4;
    // GuC: a request stays until it is taken
    if (!guc_valid || guc_taken) begin
      guc_valid = chance(guc);
      guc_write = chance(2);
      guc_addr  = guc_register();
    end
    if (!dma_valid || dma_taken) begin
      dma_valid = chance(dma);
      dma_write = chance(2);
      dma_addr  = $urandom & ~32'd3;
      dma_len   = 16'($urandom_range(40));
    end
    wr_valid     = chance(out[0].dma_wr_ready ? 4 : 64);
    flr          = chance(4 * others);
    fault_valid  = chance(4 * others);
    if (chance(others)) engine_event = 4'($urandom);
  endtask

  // What answers, when the rest stands; reads are those on their way.
  task automatic answer();
    raise_ready = out[0].raise && chance(3);
    dma_ready   = out[0].dma_mem && chance(3);
    irq_ready   = out[0].irq_mem && !dma_ready && chance(3);
    mem_fault   = (dma_ready || irq_ready) && chance(20);
    mem_sent    = chance(2);
    dma_rsp     = reads > 0 && chance(3);
    reads      += int'(dma_ready && !mem_fault && out[0].dma_mem_op == MemRead) - int'(dma_rsp);
  endtask

  task automatic same(input string what);
    if (out[0] !== out[1]) begin
      failed++;
      if (failed < 10) $display("FAILED %s, cycle %0d: %h, awake %h", what, now, out[0], out[1]);
    end
  endtask

  always @(posedge gen_twin[0].u_gt.gt_clk) edges++;
  always @(posedge clk) begin
    guc_taken <= guc_valid && out[0].guc_ready;
    dma_taken <= dma_valid && out[0].dma_ready;
  end
  always @(posedge clk) now <= rst_n ? now + 64'd1 : 64'd0;

  initial begin
    {guc_valid, dma_valid, wr_valid, flr, fault_valid, engine_event} = '0;
    {mailbox_sel, doorbell_sel, pf_sel, reads, dma_rsp, dma_ready, irq_ready, raise_ready} = '0;
    rst_n = 1'b0;
    repeat (4) @(posedge clk);
    #2 rst_n = 1'b1;
    edges = 0;
    for (int i = 0; i < int'(Cycles); i++) begin
      if (i % 100 == 0) begin
        host   = pace();
        guc    = pace();
        dma    = pace();
        others = pace();
      end
      @(posedge clk);
      #1 same("behind the edge");
      stir();  // while the clock is high, as at the chip's pins: the gate follows
      #1 answer();
      @(negedge clk);
      #1 same("before the edge");
      if (!out[0].idle) busy++;
    end
    check("both were the same all the time", 64'(failed), 64'd0);
    check("it worked", {63'd0, busy > int'(Cycles) / 10}, 64'd1);
    check("it slept", {63'd0, edges < int'(Cycles) * 3 / 4}, 64'd1);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_gt");
    $finish;
  end
endmodule
