// SPDX-License-Identifier: MIT
// Private bus of a GuC with stubs behind it: each address reaches its block once, only reads take
// from queues, and the interrupt line follows causes and enable.

module tb_gpu_guc_bus;
  import gpu_regs_pkg::*;

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

  logic        valid, write, ready, rsp, irq, idle;
  logic [15:0] addr, bus_addr;
  logic [31:0] wdata, rdata, bus_wdata, memirq_status, memirq_source, guc_status;
  logic        bus_write, bus_read, mailbox_write, doorbell_pop, fault_pop, flr_pop;
  logic        gate_close, gate_open, irq_send, irq_busy, tlb_invalidate, ppgtt_invalidate;
  logic [3:0]  causes;
  logic        gt_reset, gt_resetting;
  logic [3:0]  engine_sel;

  gpu_guc_bus u_guc_bus (
    .clk_i              (clk),
    .rst_ni             (rst_n),
    .req_valid_i        (valid),
    .req_write_i        (write),
    .req_addr_i         (addr),
    .req_data_i         (wdata),
    .req_ready_o        (ready),
    .rsp_valid_o        (rsp),
    .rsp_data_o         (rdata),
    .irq_o              (irq),
    .bus_write_o        (bus_write),
    .bus_read_o         (bus_read),
    .bus_addr_o         (bus_addr),
    .bus_wdata_o        (bus_wdata),
    .mailbox_write_o    (mailbox_write),
    .mailbox_rdata_i    (32'h1000_0000 | {16'd0, bus_addr}),
    .doorbell_pop_o     (doorbell_pop),
    .doorbell_next_i    (32'hd0),
    .doorbell_pending_i (causes[0]),
    .fault_pop_o        (fault_pop),
    .fault_next_i       (32'hfa),
    .fault_addr_i       (64'hfade_0000_fadd),
    .fault_asid_i       (20'ha51d),
    .fault_pending_i    (causes[2]),
    .flr_pop_o          (flr_pop),
    .flr_next_i         (32'hf1),
    .flr_pending_i      (causes[3]),
    .gate_close_o       (gate_close),
    .gate_open_o        (gate_open),
    .gate_closed_i      (64'h8000_0000_0000_0010),
    .engine_sel_o       (engine_sel),
    .engine_rdata_i     ({28'he, engine_sel}),
    .engine_event_i     ({3'd0, causes[1]}),
    .irq_send_o         (irq_send),
    .irq_busy_i         (irq_busy),
    .memirq_status_o    (memirq_status),
    .memirq_source_o    (memirq_source),
    .guc_status_o       (guc_status),
    .tlb_invalidate_o   (tlb_invalidate),
    .gt_reset_i         (gt_reset),
    .gt_resetting_o     (gt_resetting),
    .ppgtt_invalidate_o (ppgtt_invalidate),
    .timestamp_i        (64'h1_0000_0002),
    .idle_o             (idle)
  );

  // Strobes seen since the last look, one bit each.
  logic [9:0] strobes, seen;
  assign strobes = {ppgtt_invalidate, engine_sel != 4'd0, tlb_invalidate, irq_send, gate_open,
                    gate_close, flr_pop, fault_pop, doorbell_pop, mailbox_write};
  always @(posedge clk) seen <= valid ? 10'd0 : seen | strobes;

  task automatic put(input string what, input logic [31:0] at, input logic [31:0] data,
                     input logic [9:0] want);
    @(negedge clk);
    valid = 1'b1; write = 1'b1; addr = at[15:0]; wdata = data;
    @(negedge clk) valid = 1'b0;
    repeat (3) @(negedge clk);
    check(what, {54'd0, seen}, {54'd0, want});
  endtask

  task automatic expect_read(input string what, input logic [31:0] at, input logic [31:0] value,
                             input logic [9:0] want);
    @(negedge clk);
    valid = 1'b1; write = 1'b0; addr = at[15:0];
    @(negedge clk) valid = 1'b0;
    while (!rsp) @(negedge clk);
    check(what, {32'd0, rdata}, {32'd0, value});
    check({what, ": strobe"}, {54'd0, seen}, {54'd0, want});
    @(negedge clk);
  endtask

  initial begin
    valid = 1'b0; write = 1'b0; addr = '0; wdata = '0; causes = '0; irq_busy = 1'b0;
    gt_reset = 1'b0;
    rst_n = 1'b0;
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    expect_read("doorbell", GUCBUS_DB_NEXT, 32'hd0, 10'h002);
    expect_read("fault", GUCBUS_FAULT_NEXT, 32'hfa, 10'h004);
    expect_read("fault address", GUCBUS_FAULT_ADDR, 32'hfadd, 10'h000);
    expect_read("fault address, high", GUCBUS_FAULT_ADDR_HI, 32'hfade, 10'h000);
    expect_read("fault's space", GUCBUS_FAULT_ASID, 32'ha51d, 10'h000);
    expect_read("FLR", GUCBUS_FLR_NEXT, 32'hf1, 10'h008);
    expect_read("mailbox", GUCBUS_MBOX_BASE + 63 * GUCBUS_MBOX_FN_STRIDE + 12,
                32'h1000_13fc, 10'h000);
    for (int e = 0; e < 4; e++) begin
      expect_read($sformatf("engine %0d", e), GUCBUS_ENGINE_EVENT + e * GUCBUS_ENGINE_STRIDE,
                  32'he0 | (32'd1 << e), 10'h100);
    end
    expect_read("no engine", GUCBUS_ENGINE_EVENT + 4 * GUCBUS_ENGINE_STRIDE, 32'd0, 10'h000);
    expect_read("gates", GUCBUS_GATE_STATE_LO, 32'h10, 10'h000);
    expect_read("gates, high", GUCBUS_GATE_STATE_HI, 32'h8000_0000, 10'h000);
    expect_read("time", GUCBUS_TIMESTAMP_LO, 32'd2, 10'h000);
    expect_read("time, high", GUCBUS_TIMESTAMP_HI, 32'd1, 10'h000);
    expect_read("nowhere", 32'h3000, 32'd0, 10'h000);
    put("write to a queue takes nothing", GUCBUS_DB_NEXT, 32'd1, 10'h000);
    put("mailbox", GUCBUS_MBOX_BASE + 4, 32'd1, 10'h001);
    put("close", GUCBUS_GATE_CLOSE, 32'd7, 10'h010);
    put("open", GUCBUS_GATE_OPEN, 32'd7, 10'h020);
    put("send", GUCBUS_IRQ_SEND, 32'd1, 10'h040);
    irq_busy = 1'b1;
    put("send while busy is lost", GUCBUS_IRQ_SEND, 32'd1, 10'h000);
    expect_read("busy", GUCBUS_IRQ_SEND, GUCBUS_IRQ_BUSY, 10'h000);
    put("invalidate", GUCBUS_TLB_INV, 32'd1, 10'h080);
    put("invalidate page tables", GUCBUS_TLB_INV, 32'd2, 10'h200);
    put("invalidate 0 is nothing", GUCBUS_TLB_INV, 32'd0, 10'h000);
    put("engine", GUCBUS_ENGINE_CTRL, 32'd1, 10'h100);
    put("status", GUCBUS_STATUS, 32'hf000, 10'h000);
    check("status is out", {32'd0, guc_status}, 64'hf000);
    put("memirq", GUCBUS_MEMIRQ_STATUS, 32'h190, 10'h000);
    put("memirq", GUCBUS_MEMIRQ_SOURCE, 32'h419, 10'h000);
    check("memirq addresses", {memirq_status, memirq_source}, 64'h190_0000_0419);
    for (int i = 0; i < 4; i++) begin
      causes = 4'd1 << i;
      put("enable others", GUCBUS_IRQ_ENABLE, 32'hf & ~(32'd1 << i), 10'h000);
      check("not enabled", {63'd0, irq}, 64'd0);
      put("enable", GUCBUS_IRQ_ENABLE, 32'd1 << i, 10'h000);
      check("line is up", {63'd0, irq}, 64'd1);
      expect_read("cause", GUCBUS_IRQ_STATUS, 32'd1 << i, 10'h000);
      causes = 4'd0;
      #1 check("line falls with its cause", {63'd0, irq}, 64'd0);
    end
    put("enable reset", GUCBUS_IRQ_ENABLE, GUCBUS_IRQ_RESET, 9'h000);
    @(negedge clk) gt_reset = 1'b1;
    @(negedge clk) gt_reset = 1'b0;
    check("a reset is under way", {62'd0, gt_resetting, irq}, 64'd3);
    check("its status is cleared", {32'd0, guc_status}, 64'd0);
    put("new status", GUCBUS_STATUS, 32'hf000, 9'h000);
    check("ends the reset", {31'd0, gt_resetting, guc_status}, 64'hf000);
    check("line falls", {63'd0, irq}, 64'd0);
    check("idle", {63'd0, idle}, 64'd1);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_guc_bus");
    $finish;
  end
endmodule
