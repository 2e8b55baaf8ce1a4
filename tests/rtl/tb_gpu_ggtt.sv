// SPDX-License-Identifier: MIT
// GGTT entries: who may read and write what, halves and bytes, and the walker's view.

module tb_gpu_ggtt;

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

  logic        host_valid, host_write, walk_valid;
  logic [5:0]  host_fn;
  logic [7:0]  host_index, walk_index, host_be;
  logic [63:0] host_wdata, host_rdata;
  logic [53:0] walk_pte;

  gpu_ggtt #(
    .IndexBits (8)
  ) u_ggtt (
    .clk_i        (clk),
    .rst_ni       (rst_n),
    .host_valid_i (host_valid),
    .host_write_i (host_write),
    .host_fn_i    (host_fn),
    .host_index_i (host_index),
    .host_be_i    (host_be),
    .host_wdata_i (host_wdata),
    .host_rdata_o (host_rdata),
    .walk_valid_i (walk_valid),
    .walk_index_i (walk_index),
    .walk_pte_o   (walk_pte)
  );

  task automatic put(input int fn, input int index, input logic [7:0] be, input logic [63:0] pte);
    @(negedge clk);
    host_valid = 1'b1; host_write = 1'b1; host_fn = 6'(fn); host_index = 8'(index);
    host_be = be; host_wdata = pte;
    @(negedge clk) host_valid = 1'b0;
  endtask

  task automatic expect_read(input string what, input int fn, input int index,
                             input logic [63:0] want);
    @(negedge clk);
    host_valid = 1'b1; host_write = 1'b0; host_fn = 6'(fn); host_index = 8'(index); host_be = 8'hff;
    @(negedge clk) host_valid = 1'b0;
    check(what, host_rdata, want);
  endtask

  initial begin
    host_valid = 1'b0; host_write = 1'b0; walk_valid = 1'b0; host_be = '0; walk_index = '0;
    rst_n = 1'b0;
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    expect_read("empty", 0, 255, 64'd0);
    put(0, 1, 8'hff, 64'hffff_ffff_ffff_f015);
    expect_read("bits that exist", 0, 1, 64'h003f_ffff_ffff_f015);
    expect_read("owner 5 sees no owner", 5, 1, 64'h003f_ffff_ffff_f001);
    expect_read("another sees nothing", 4, 1, 64'd0);
    put(4, 1, 8'hff, 64'h1);
    expect_read("another changes nothing", 0, 1, 64'h003f_ffff_ffff_f015);
    put(5, 1, 8'hff, 64'h0010_0000_1234_5ffe);
    expect_read("owner changes all but the owner", 0, 1, 64'h0010_0000_1234_5016 & ~64'h0);
    put(5, 1, 8'h0f, 64'hffff_ffff_0000_7001);
    expect_read("low half", 5, 1, 64'h0010_0000_0000_7001);
    put(5, 1, 8'hf0, 64'h0020_0003_ffff_ffff);
    expect_read("high half", 5, 1, 64'h0020_0003_0000_7001);
    put(5, 1, 8'h02, 64'hffff_ffff_ffff_ffff);
    expect_read("one byte keeps owner's bits", 0, 1, 64'h0020_0003_0000_f015);
    put(0, 1, 8'hff, 64'h0000_0000_0000_1009);
    expect_read("PF gives it away", 5, 1, 64'd0);
    expect_read("to 2", 2, 1, 64'h1001);
    put(0, 2, 8'hff, 64'h0000_0000_0000_2fff);
    expect_read("owner field beyond the functions", 63, 2, 64'd0);
    @(negedge clk);
    walk_valid = 1'b1; walk_index = 8'd1;
    @(negedge clk) walk_valid = 1'b0;
    check("walker sees the owner", {10'd0, walk_pte}, 64'h1009);
    put(0, 1, 8'hff, 64'd0);
    check("walker's word stays", {10'd0, walk_pte}, 64'h1009);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_ggtt");
    $finish;
  end
endmodule
