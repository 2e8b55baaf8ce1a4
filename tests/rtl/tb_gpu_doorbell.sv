// SPDX-License-Identifier: MIT
// Doorbells with their gate against a model: random rings, pops, gates. Nothing is lost, nothing
// passes a closed gate but the messages, and the turn goes round.

module tb_gpu_doorbell;
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

  logic        ring, ring_mailbox, pop, pending, close, open;
  logic [5:0]  ring_fn, gate_fn;
  logic [31:0] next;
  logic [63:0] gate_closed;

  gpu_gate u_gate (
    .clk_i    (clk),
    .rst_ni   (rst_n),
    .close_i  (close),
    .open_i   (open),
    .fn_i     (gate_fn),
    .closed_o (gate_closed)
  );

  gpu_doorbell u_doorbell (
    .clk_i          (clk),
    .rst_ni         (rst_n),
    .ring_i         (ring),
    .ring_fn_i      (ring_fn),
    .ring_mailbox_i (ring_mailbox),
    .gate_closed_i  (gate_closed),
    .pop_i          (pop),
    .next_o         (next),
    .pending_o      (pending)
  );

  // ---- model ------------------------------------------------------------------------------------

  logic [63:0] ctb, messages, closed, seed;
  int          last;

  function automatic logic [31:0] expected();
    logic [31:0] answer;
    int          fn;
    answer = 32'd0;
    for (int i = 1; i <= 64 && answer == 32'd0; i++) begin
      fn = (last + i) % 64;
      if (messages[fn] || (ctb[fn] && !closed[fn])) begin
        answer = GUCBUS_DB_VALID | 32'(fn);
        if (messages[fn])             answer |= GUCBUS_DB_MBOX;
        if (ctb[fn] && !closed[fn])  answer |= GUCBUS_DB_CTB;
      end
    end
    return answer;
  endfunction

  task automatic do_pop();
    logic [31:0] want;
    want = expected();
    pop = 1'b1;
    #1;
    check("pop", {32'd0, next}, {32'd0, want});
    check("level", {63'd0, pending}, {63'd0, want != 32'd0});
    if (want != 32'd0) begin
      last = int'(want & GUCBUS_DB_FN);
      if ((want & GUCBUS_DB_CTB) != 32'd0) ctb[last] = 1'b0;
      messages[last] = 1'b0;
    end
  endtask

  task automatic step();
    seed = seed * 64'd6364136223846793005 + 64'd1442695040888963407;
    @(negedge clk);
    ring = 1'b0; pop = 1'b0; close = 1'b0; open = 1'b0;
    ring_fn = seed[37:32]; gate_fn = seed[45:40]; ring_mailbox = seed[50];
    unique case (seed[58:56])
      3'd0, 3'd1, 3'd2: ring = 1'b1;
      3'd3, 3'd4, 3'd5: do_pop();
      3'd6:             close = 1'b1;
      default:          open = 1'b1;
    endcase
    if (ring) ctb[ring_fn] = 1'b1;
    if (ring && ring_mailbox) messages[ring_fn] = 1'b1;
    if (close) closed[gate_fn] = 1'b1;
    if (open) closed[gate_fn] = 1'b0;
  endtask

  initial begin
    ring = 1'b0; pop = 1'b0; close = 1'b0; open = 1'b0; ring_mailbox = 1'b0;
    ring_fn = '0; gate_fn = '0; ctb = '0; messages = '0; closed = '0; last = 0; seed = 64'd1;
    rst_n = 1'b0;
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    repeat (3000) step();
    @(negedge clk);
    ring = 1'b0; pop = 1'b0; close = 1'b0; open = 1'b0;
    @(negedge clk);
    check("gates", gate_closed, closed);
    ring = 1'b1; ring_fn = 6'd9; ring_mailbox = 1'b0; open = 1'b1; gate_fn = 6'd9;
    closed[9] = 1'b0;
    ctb[9] = 1'b1;
    @(negedge clk) ring = 1'b0; open = 1'b0;
    while (expected() != 32'd0) begin
      do_pop();
      @(negedge clk) pop = 1'b0;
    end
    check("silent when all is taken", {63'd0, pending}, 64'd0);
    check("behind gates it waits", {63'd0, (ctb & ~closed) == 64'd0}, 64'd1);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_doorbell");
    $finish;
  end
endmodule
