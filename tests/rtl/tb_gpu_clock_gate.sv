// SPDX-License-Identifier: MIT
// A block that sleeps behind the gate beside the same block awake all the time: requests at any
// moment, also in the cycle in which it goes to sleep, move both alike, and the clock of the one
// stands whenever it may.

module tb_gpu_clock_gate;
  localparam int unsigned Cycles = 20000;

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

  // ---- the block twice: works for three cycles from the last request on -------------------------

  logic        request, heard_q, enable, gated_clk;
  logic [1:0]  left_q, awake_left_q;
  logic [31:0] taken_q, awake_taken_q;
  int          edges, enabled, at_sleep;

  assign enable = left_q != 2'd0 || request || !rst_n;

  gpu_clock_gate u_gate (
    .clk_i    (clk),
    .enable_i (enable),
    .clk_o    (gated_clk)
  );

  always_ff @(negedge gated_clk) heard_q <= request;

  always_ff @(posedge gated_clk) begin
    if (!rst_n)               {left_q, taken_q} <= '0;
    else if (heard_q)         {left_q, taken_q} <= {2'd3, taken_q + 32'd1};
    else if (left_q != 2'd0)  left_q <= left_q - 2'd1;
  end

  always_ff @(posedge clk) begin
    if (!rst_n)                    {awake_left_q, awake_taken_q} <= '0;
    else if (request)              {awake_left_q, awake_taken_q} <= {2'd3, awake_taken_q + 32'd1};
    else if (awake_left_q != 2'd0) awake_left_q <= awake_left_q - 2'd1;
  end

  // ---- requests ---------------------------------------------------------------------------------

  always_ff @(posedge clk) request <= rst_n && $urandom_range(3) == 0;

  always @(posedge gated_clk) edges++;
  always @(posedge clk) begin
    if (enable) enabled++;
    if (rst_n && request && left_q == 2'd1) at_sleep++;
  end

  initial begin
    rst_n = 1'b0;
    repeat (4) @(posedge clk);
    #2 rst_n = 1'b1;  // while the clock is high, as all that the enable follows
    edges   = 0;
    enabled = 0;
    for (int i = 0; i < int'(Cycles); i++) begin
      @(posedge clk);
      #1 if (left_q !== awake_left_q || taken_q !== awake_taken_q) failed++;
    end
    check("every request was taken", {32'd0, taken_q}, {32'd0, awake_taken_q});
    check("some came with the sleep", {63'd0, at_sleep > 100}, 64'd1);
    check("an edge for each enabled cycle, and no other", 64'(edges), 64'(enabled));
    check("it slept", {63'd0, enabled < int'(Cycles) * 9 / 10}, 64'd1);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_clock_gate");
    $finish;
  end
endmodule
