// SPDX-License-Identifier: MIT
// Trap window: only vGPUs that the PF named are trapped, at once and without the decode, and
// nobody but the PF can name them.

module tb_gpu_pvinfo;
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

  logic        valid, write, aperture, ready, trap, mmio_valid, mmio_ready, idle;
  logic [5:0]  fn;
  logic [23:0] addr;
  logic [7:0]  be;
  logic [63:0] wdata;

  gpu_pvinfo u_pvinfo (
    .clk_i            (clk),
    .rst_ni           (rst_n),
    .host_req_valid_i (valid),
    .host_req_write_i (write),
    .host_req_aperture_i (aperture),
    .host_req_fn_i    (fn),
    .host_req_addr_i  (addr),
    .host_req_be_i    (be),
    .host_req_data_i  (wdata),
    .host_req_ready_o (ready),
    .host_trap_o      (trap),
    .mmio_req_valid_o (mmio_valid),
    .mmio_req_ready_i (mmio_ready),
    .idle_o           (idle)
  );

  logic        seen_trap, seen_mmio, seen_ready;

  // One cycle of a request; what came of it is kept.
  task automatic access(input logic is_write, input int by, input logic [31:0] at,
                        input logic [7:0] bytes, input logic [63:0] value);
    @(negedge clk);
    valid = 1'b1; write = is_write; fn = 6'(by); addr = at[23:0]; be = bytes; wdata = value;
    #1;
    seen_trap = trap; seen_mmio = mmio_valid; seen_ready = ready;
    @(negedge clk) valid = 1'b0;
    #1;
  endtask

  task automatic expect_trap(input string what, input int by, input logic want);
    access(1'b0, by, PVINFO_BASE, 8'h0f, 64'd0);
    check({what, ": trapped"}, {63'd0, seen_trap}, {63'd0, want});
    check({what, ": decoded"}, {63'd0, seen_mmio}, {63'd0, !want});
    check({what, ": busy for one cycle"}, {63'd0, idle}, {63'd0, !want});
    @(negedge clk) #1;
    check({what, ": idle again"}, {63'd0, idle}, 64'd1);
  endtask

  initial begin
    valid = 1'b0; write = 1'b0; aperture = 1'b0; fn = '0; addr = '0; be = '0; wdata = '0;
    mmio_ready = 1'b1;
    rst_n = 1'b0;
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    for (int n = 0; n < 64; n++) expect_trap("nobody at first", n, 1'b0);

    access(1'b1, 0, VGPU_TRAP, 8'h0f, 64'h84);
    for (int n = 0; n < 64; n++) expect_trap("vGPUs 2 and 7", n, n == 58 || n == 63);
    access(1'b1, 58, VGPU_TRAP, 8'h0f, 64'd0);
    check("a vGPU's write of the register traps", {63'd0, seen_trap}, 64'd1);
    access(1'b1, 3, VGPU_TRAP, 8'h0f, 64'd0);
    access(1'b1, 57, VGPU_TRAP, 8'h0f, 64'd0);
    access(1'b0, 0, VGPU_TRAP, 8'h0f, 64'd0);
    access(1'b1, 0, VGPU_TRAP, 8'hf0, 64'd0);
    access(1'b1, 0, VGPU_TRAP + 4, 8'hf0, 64'd0);
    expect_trap("only the PF's write of that dword counts", 58, 1'b1);

    mmio_ready = 1'b0;
    access(1'b0, 58, 32'h2230, 8'h0f, 64'd0);
    check("a trap does not wait for the decode", {63'd0, seen_ready}, 64'd1);
    access(1'b1, 0, VGPU_TRAP, 8'h0f, 64'd0);
    check("the PF does", {63'd0, seen_ready}, 64'd0);
    expect_trap("a write that was not accepted has not happened", 63, 1'b1);
    mmio_ready = 1'b1;
    access(1'b1, 0, VGPU_TRAP, 8'h0f, 64'h01);
    expect_trap("bit 0 is nobody's", 0, 1'b0);
    expect_trap("released", 58, 1'b0);

    access(1'b1, 0, VGPU_TRAP, 8'h0f, 64'h02);
    access(1'b1, 57, PVINFO_BASE + 32'h818, 8'h0f, 64'd9);
    check("seen in waves: notification", {63'd0, u_pvinfo.trap_notify_q}, 64'd1);
    check("seen in waves: value", {32'd0, u_pvinfo.trap_data_q}, 64'd9);
    access(1'b1, 57, PVINFO_BASE + 32'h864, 8'hf0, 64'h1234_0000_0000);
    check("seen in waves: high lane", {32'd0, u_pvinfo.trap_data_q}, 64'h1234);
    check("seen in waves: PVINFO page", {63'd0, u_pvinfo.trap_pvinfo_q}, 64'd1);
    access(1'b1, 57, 32'h2230, 8'h0f, 64'd0);
    check("seen in waves: other register", {63'd0, u_pvinfo.trap_pvinfo_q}, 64'd0);

    aperture = 1'b1;
    access(1'b1, 57, PVINFO_BASE + 32'h818, 8'h0f, 64'd9);
    check("an access of the aperture traps", {63'd0, seen_trap}, 64'd1);
    check("seen in waves: it is no notification",
          {62'd0, u_pvinfo.trap_notify_q, u_pvinfo.trap_pvinfo_q}, 64'd0);
    access(1'b1, 0, VGPU_TRAP, 8'h0f, 64'hfe);
    aperture = 1'b0;
    expect_trap("the PF's write there is none of the register", 58, 1'b0);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_pvinfo");
    $finish;
  end
endmodule
