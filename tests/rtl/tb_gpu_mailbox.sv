// SPDX-License-Identifier: MIT
// Mailbox of a GT: every dword of every function on its own, bytes, what counts as a message, and
// both sides in one cycle.

module tb_gpu_mailbox;

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

  logic        host_write, guc_write, host_request;
  logic [5:0]  host_fn, guc_fn;
  logic [1:0]  host_index, guc_index;
  logic [3:0]  host_be;
  logic [31:0] host_wdata, host_rdata, guc_wdata, guc_rdata;

  gpu_mailbox u_mailbox (
    .clk_i          (clk),
    .rst_ni         (rst_n),
    .host_write_i   (host_write),
    .host_fn_i      (host_fn),
    .host_index_i   (host_index),
    .host_be_i      (host_be),
    .host_wdata_i   (host_wdata),
    .host_rdata_o   (host_rdata),
    .host_request_o (host_request),
    .guc_write_i    (guc_write),
    .guc_fn_i       (guc_fn),
    .guc_index_i    (guc_index),
    .guc_wdata_i    (guc_wdata),
    .guc_rdata_o    (guc_rdata)
  );

  task automatic host_put(input int fn, input int index, input logic [3:0] be,
                          input logic [31:0] data);
    @(negedge clk);
    host_write = 1'b1; host_fn = 6'(fn); host_index = 2'(index); host_be = be; host_wdata = data;
    @(negedge clk);
    host_write = 1'b0;
  endtask

  task automatic guc_put(input int fn, input int index, input logic [31:0] data);
    @(negedge clk);
    guc_write = 1'b1; guc_fn = 6'(fn); guc_index = 2'(index); guc_wdata = data;
    @(negedge clk);
    guc_write = 1'b0;
  endtask

  task automatic expect_both(input string what, input int fn, input int index,
                            input logic [31:0] want);
    @(negedge clk);
    host_fn = 6'(fn); host_index = 2'(index); guc_fn = 6'(fn); guc_index = 2'(index);
    #1;
    check({what, ": host"}, {32'd0, host_rdata}, {32'd0, want});
    check({what, ": GuC"}, {32'd0, guc_rdata}, {32'd0, want});
  endtask

  task automatic expect_request(input string what, input logic [31:0] first, input logic want);
    host_put(7, 0, 4'hf, first);
    host_index = 2'd3;
    #1 check(what, {63'd0, host_request}, {63'd0, want});
  endtask

  initial begin
    host_write = 1'b0; guc_write = 1'b0; host_fn = '0; guc_fn = '0; host_index = '0; guc_index = '0;
    host_be = 4'hf;
    rst_n = 1'b0;
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    expect_both("zero at first", 63, 3, 32'd0);
    for (int fn = 0; fn < 64; fn++) begin
      for (int i = 0; i < 4; i++) host_put(fn, i, 4'hf, 32'(fn * 16 + i));
    end
    for (int fn = 0; fn < 64; fn += 3) begin
      for (int i = 0; i < 4; i++) expect_both("own copy", fn, i, 32'(fn * 16 + i));
    end
    guc_put(9, 2, 32'hf00d);
    expect_both("GuC writes", 9, 2, 32'hf00d);
    host_put(9, 2, 4'b0101, 32'h11223344);
    expect_both("bytes 0 and 2", 9, 2, 32'h0022f044);
    expect_request("empty", 32'd0, 1'b0);
    expect_request("request", 32'h5507, 1'b1);
    expect_request("answer of the GuC", 32'hf0000000, 1'b0);
    @(negedge clk);
    host_write = 1'b1; host_fn = 6'd5; host_index = 2'd0; host_be = 4'hf; host_wdata = 32'd1;
    guc_put(6, 0, 32'd2);
    @(negedge clk) host_write = 1'b0;
    expect_both("one cycle: host's", 5, 0, 32'd1);
    expect_both("one cycle: GuC's", 6, 0, 32'd2);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_mailbox");
    $finish;
  end
endmodule
