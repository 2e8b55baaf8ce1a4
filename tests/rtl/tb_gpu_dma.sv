// SPDX-License-Identifier: MIT
// DMA against a model: lengths and alignments, a stream that stutters, memory that is late and
// often not ready, and a fault at every place of a transfer.

module tb_gpu_dma;
  import gpu_pkg::*;

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

  logic        req_valid, req_write, req_ready, wr_valid, wr_ready, rd_valid, done, error, idle;
  logic [31:0] req_addr, wr_data, rd_data, mem_addr;
  logic [15:0] req_len;
  logic        mem_valid, mem_ready, mem_fault, mem_rsp;
  mem_op_e     mem_op;
  logic [5:0]  mem_fn;
  logic [7:0]  mem_be;
  logic [63:0] mem_wdata, mem_rdata, seed;

  gpu_dma #(
    .BurstBeats (8)
  ) u_dma (
    .clk_i           (clk),
    .rst_ni          (rst_n),
    .req_valid_i     (req_valid),
    .req_write_i     (req_write),
    .req_fn_i        (6'd17),
    .req_addr_i      (req_addr),
    .req_len_i       (req_len),
    .req_ready_o     (req_ready),
    .wr_valid_i      (wr_valid),
    .wr_data_i       (wr_data),
    .wr_ready_o      (wr_ready),
    .rd_valid_o      (rd_valid),
    .rd_data_o       (rd_data),
    .done_o          (done),
    .error_o         (error),
    .mem_valid_o     (mem_valid),
    .mem_op_o        (mem_op),
    .mem_fn_o        (mem_fn),
    .mem_addr_o      (mem_addr),
    .mem_be_o        (mem_be),
    .mem_data_o      (mem_wdata),
    .mem_ready_i     (mem_ready),
    .mem_fault_i     (mem_fault),
    .mem_sent_i      (1'b1),
    .mem_rsp_valid_i (mem_rsp),
    .mem_rsp_data_i  (mem_rdata),
    .idle_o          (idle)
  );

  // ---- memory of 1024 dwords; everything from fault_from on is absent ---------------------------

  localparam int unsigned Latency = 12;
  logic [31:0] memory [1024];
  logic [63:0] pipe [Latency];
  logic [Latency-1:0] pipe_valid;
  logic [31:0] fault_from;

  assign mem_ready = mem_valid && seed[33:32] != 2'd0;
  assign mem_fault = mem_addr >= fault_from;
  assign mem_rsp   = pipe_valid[Latency-1];
  assign mem_rdata = pipe[Latency-1];

  always @(posedge clk) begin
    seed       <= seed * 64'd6364136223846793005 + 64'd1442695040888963407;
    pipe_valid <= {pipe_valid[Latency-2:0], mem_ready && !mem_fault && mem_op == MemRead};
    pipe[0]    <= {memory[{mem_addr[11:3], 1'b1}], memory[{mem_addr[11:3], 1'b0}]};
    for (int i = 1; i < int'(Latency); i++) pipe[i] <= pipe[i-1];
    if (!rst_n) pipe_valid <= '0;
    if (mem_ready && !mem_fault && mem_op == MemWrite) begin
      if (mem_be[0]) memory[{mem_addr[11:3], 1'b0}] <= mem_wdata[31:0];
      if (mem_be[4]) memory[{mem_addr[11:3], 1'b1}] <= mem_wdata[63:32];
    end
  end

  // ---- one transfer -----------------------------------------------------------------------------

  int          moved, wrong;
  logic        failed_end;

  task automatic transfer(input logic write, input int from, input int len);
    int waited;
    moved = 0; wrong = 0; waited = 0;
    @(negedge clk);
    check("ready for a command", {63'd0, req_ready && idle}, 64'd1);
    req_valid = 1'b1; req_write = write; req_addr = 32'(from * 4); req_len = 16'(len);
    @(negedge clk) req_valid = 1'b0;
    while (!done && waited < 4000) begin
      wr_valid = write && moved < len && seed[41:40] != 2'd0;
      wr_data  = 32'hd0000000 + 32'(from + moved);
      #1;
      if (wr_valid && wr_ready) moved++;
      if (rd_valid) begin
        if (rd_data != memory[from + moved]) wrong++;
        moved++;
      end
      @(negedge clk);
      waited++;
    end
    failed_end = error;
    wr_valid   = 1'b0;
    check("ends", {63'd0, done}, 64'd1);
    check("as the function", {58'd0, mem_fn}, 64'd17);
    @(negedge clk);
    check("says so once", {63'd0, done}, 64'd0);
  endtask

  task automatic case_lengths();
    for (int len = 1; len < 40; len += (len < 6) ? 1 : 11) begin
      for (int at = 0; at < 2; at++) begin
        for (int i = 0; i < 1024; i++) memory[i] = 32'(i);
        transfer(1'b1, 100 + at, len);
        check("all taken", {31'd0, failed_end, 32'(moved)}, 64'(len));
        for (int i = 99; i < 142; i++) begin
          if (memory[i] != ((i >= 100 + at && i < 100 + at + len) ? 32'hd0000000 + 32'(i) : 32'(i)))
            wrong++;
        end
        check("written as asked", 64'(wrong), 64'd0);
        transfer(1'b0, 100 + at, len);
        check("all given", {31'd0, failed_end, 32'(moved)}, 64'(len));
        check("as it is", 64'(wrong), 64'd0);
      end
    end
    transfer(1'b0, 0, 1000);
    check("long read", {32'(wrong), 32'(moved)}, 64'd1000);
    transfer(1'b0, 0, 0);
    check("nothing to do", 64'(moved), 64'd0);
  endtask

  task automatic case_faults();
    for (int at = 100; at < 125; at += 2) begin
      for (int i = 0; i < 1024; i++) memory[i] = 32'(i);
      fault_from = 32'(at * 4);
      transfer(1'b0, 101, 20);
      check("read fails", {63'd0, failed_end}, {63'd0, at < 121});
      check("what came is right", 64'(wrong), 64'd0);
      check("up to the fault", 64'(moved), 64'((at < 101) ? 0 : (at > 121) ? 20 : at - 101));
      transfer(1'b1, 101, 20);
      check("write fails", {63'd0, failed_end}, {63'd0, at < 121});
      check("all swallowed", 64'(moved), 64'd20);
      check("nothing beyond", {32'd0, memory[at]}, (at < 121 || at > 120) ? 64'(at) : 64'd0);
    end
    fault_from = '1;
  endtask

  initial begin
    req_valid = 1'b0; req_write = 1'b0; wr_valid = 1'b0; wr_data = '0; seed = 64'd1;
    fault_from = '1;
    rst_n = 1'b0;
    repeat (20) @(negedge clk);
    rst_n = 1'b1;
    case_lengths();
    case_faults();
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_dma");
    $finish;
  end
endmodule
