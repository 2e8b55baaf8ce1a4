// SPDX-License-Identifier: MIT
// Faults and function level resets on their way to a GuC: order, what a full queue does, that
// reading takes one.

module tb_gpu_queues;
  import gpu_pkg::*;
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

  logic        push, room, fault_pop, fault_pending, flr, flr_pop, flr_pending;
  logic [31:0] push_addr, fault_next, fault_addr, fault_addr_high, flr_next;
  logic [19:0] fault_asid;
  fault_t      push_fault;

  assign push_fault = {push_addr[26:25], push_addr[20], push_addr[23:21], push_addr[19:0],
                       push_addr[24], push_addr[11:0]};
  logic [5:0]  flr_fn;

  gpu_fault_fifo #(
    .Depth (4)
  ) u_fault_fifo (
    .clk_i          (clk),
    .rst_ni         (rst_n),
    .push_i         (push),
    .push_fault_i   (push_fault),
    .push_addr_i    ({~push_addr, push_addr}),
    .room_o         (room),
    .pop_i          (fault_pop),
    .next_o         (fault_next),
    .addr_o         ({fault_addr_high, fault_addr}),
    .asid_o         (fault_asid),
    .pending_o      (fault_pending)
  );

  gpu_flr u_flr (
    .clk_i       (clk),
    .rst_ni      (rst_n),
    .flr_valid_i (flr),
    .flr_fn_i    (flr_fn),
    .pop_i       (flr_pop),
    .next_o      (flr_next),
    .pending_o   (flr_pending)
  );

  task automatic fault(input logic [31:0] addr);
    @(negedge clk);
    push = 1'b1; push_addr = addr;
    @(negedge clk) push = 1'b0;
  endtask

  task automatic expect_fault(input logic [31:0] addr, input logic [31:0] want);
    fault_pop = 1'b1;
    #1 check("fault", {32'd0, fault_next}, {32'd0, want});
    @(negedge clk) fault_pop = 1'b0;
    #1 check("address", {32'd0, fault_addr}, {32'd0, addr});
    if (want != 32'd0) begin
      check("its high half", {32'd0, fault_addr_high}, {32'd0, ~addr});
      check("space", {44'd0, fault_asid}, {44'd0, addr[19:0]});
    end
  endtask

  task automatic expect_flr(input logic [31:0] want);
    flr_pop = 1'b1;
    #1 check("FLR", {32'd0, flr_next}, {32'd0, want});
    @(negedge clk) flr_pop = 1'b0;
  endtask

  task automatic reset_fn(input int fn);
    @(negedge clk);
    flr = 1'b1; flr_fn = 6'(fn);
    @(negedge clk) flr = 1'b0;
  endtask

  initial begin
    push = 1'b0; fault_pop = 1'b0; flr = 1'b0; flr_pop = 1'b0; push_addr = '0; flr_fn = '0;
    rst_n = 1'b0;
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    @(negedge clk);
    expect_fault(32'd0, 32'd0);
    for (int i = 0; i < 6; i++) fault(32'h1000_0c43 + 32'(i << 12));
    check("pending", {63'd0, fault_pending}, 64'd1);
    for (int i = 0; i < 4; i++) begin
      expect_fault(32'h1000_0c43 + 32'(i << 12),
                   GUCBUS_FAULT_VALID | GUCBUS_FAULT_WRITE | GUCBUS_FAULT_FOREIGN | 32'h0010_0003);
    end
    check("the fifth was dropped", {63'd0, fault_pending}, 64'd0);
    fault(32'h5);
    expect_fault(32'h5, GUCBUS_FAULT_VALID | 32'h5);
    fault(32'h100_0005);
    expect_fault(32'h100_0005, GUCBUS_FAULT_VALID | GUCBUS_FAULT_LOCAL | 32'h5);
    fault(32'h70_0005);
    expect_fault(32'h70_0005, GUCBUS_FAULT_VALID | GUCBUS_FAULT_PPGTT | 32'h300_0005);
    fault(32'h610_0005);
    expect_fault(32'h610_0005, GUCBUS_FAULT_VALID | GUCBUS_FAULT_PPGTT | GUCBUS_FAULT_WAITS |
                 GUCBUS_FAULT_ATOMIC | 32'h5);
    check("room", {63'd0, room}, 64'd1);
    for (int i = 0; i < 4; i++) fault(32'h5);
    check("no room", {63'd0, room}, 64'd0);
    for (int i = 0; i < 4; i++) expect_fault(32'h5, GUCBUS_FAULT_VALID | 32'h5);

    reset_fn(40);
    reset_fn(3);
    reset_fn(40);
    expect_flr(GUCBUS_FLR_VALID | 32'd3);
    expect_flr(GUCBUS_FLR_VALID | 32'd40);
    check("one of two", {63'd0, flr_pending}, 64'd0);
    reset_fn(40);
    reset_fn(2);
    reset_fn(63);
    expect_flr(GUCBUS_FLR_VALID | 32'd63);
    expect_flr(GUCBUS_FLR_VALID | 32'd2);
    expect_flr(GUCBUS_FLR_VALID | 32'd40);
    expect_flr(32'd0);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_queues");
    $finish;
  end
endmodule
