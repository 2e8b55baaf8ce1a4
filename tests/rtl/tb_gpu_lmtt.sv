// SPDX-License-Identifier: MIT
// Local memory translation: three levels, each VF its own pages, what is absent at which level,
// the cache and its invalidation, and two that ask at once.

module tb_gpu_lmtt;
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

  logic [31:0] cfg;
  logic        invalidate, req_valid, req_local, req_verdict, req_fault;
  logic        bar_valid, bar_verdict, bar_fault, walk_valid, walk_rsp, idle;
  logic [5:0]  req_fn, bar_fn;
  logic [35:0] req_frame, req_out, bar_frame, bar_out;
  logic [47:0] walk_addr;
  logic [63:0] walk_data;

  gpu_lmtt #(
    .Entries (4)
  ) u_lmtt (
    .clk_i            (clk),
    .rst_ni           (rst_n),
    .cfg_i            (cfg),
    .invalidate_i     (invalidate || plan == 1),
    .req_valid_i      (req_valid),
    .req_local_i      (req_local),
    .req_fn_i         (req_fn),
    .req_frame_i      (req_frame),
    .req_verdict_o    (req_verdict),
    .req_fault_o      (req_fault),
    .req_frame_o      (req_out),
    .bar_valid_i      (bar_valid),
    .bar_fn_i         (bar_fn),
    .bar_frame_i      (bar_frame),
    .bar_verdict_o    (bar_verdict),
    .bar_fault_o      (bar_fault),
    .bar_frame_o      (bar_out),
    .walk_valid_o     (walk_valid),
    .walk_addr_o      (walk_addr),
    .walk_rsp_valid_i (walk_rsp),
    .walk_rsp_data_i  (walk_data),
    .idle_o           (idle)
  );

  // ---- the same, which never sleeps: no difference in any cycle ---------------------------------

  typedef struct packed {
    logic        req_verdict;
    logic        req_fault;
    logic [35:0] req_frame;
    logic        bar_verdict;
    logic        bar_fault;
    logic [35:0] bar_frame;
    logic        walk_valid;
    logic [47:0] walk_addr;
    logic        idle;
  } outputs_t;

  outputs_t awake, sleeper;
  int       differ, slept;

  assign sleeper =
      {req_verdict, req_fault, req_out, bar_verdict, bar_fault, bar_out, walk_valid, walk_addr,
       idle};

  gpu_lmtt #(
    .Entries (4),
    .Sleeps  (1'b0)
  ) u_awake (
    .clk_i            (clk),
    .rst_ni           (rst_n),
    .cfg_i            (cfg),
    .invalidate_i     (invalidate || plan == 1),
    .req_valid_i      (req_valid),
    .req_local_i      (req_local),
    .req_fn_i         (req_fn),
    .req_frame_i      (req_frame),
    .req_verdict_o    (awake.req_verdict),
    .req_fault_o      (awake.req_fault),
    .req_frame_o      (awake.req_frame),
    .bar_valid_i      (bar_valid),
    .bar_fn_i         (bar_fn),
    .bar_frame_i      (bar_frame),
    .bar_verdict_o    (awake.bar_verdict),
    .bar_fault_o      (awake.bar_fault),
    .bar_frame_o      (awake.bar_frame),
    .walk_valid_o     (awake.walk_valid),
    .walk_addr_o      (awake.walk_addr),
    .walk_rsp_valid_i (walk_rsp),
    .walk_rsp_data_i  (walk_data),
    .idle_o           (awake.idle)
  );

  always @(posedge clk) begin
    if (rst_n && sleeper !== awake) differ++;
    if (rst_n && !u_lmtt.hears) slept++;
  end

  // ---- tables: the directory is table 2; every read is answered 9 cycles later ------------------

  localparam int unsigned Latency = 9;
  logic [63:0] memory [logic [47:0]];
  logic [47:0] asked;
  int          left, walks;
  int          plan;  // cycles until VF 2's table is exchanged and the cache is dropped

  assign walk_rsp  = left == 1;
  assign walk_data = memory.exists(asked) ? memory[asked] : 64'd0;

  always @(posedge clk) begin
    if (left > 0) left <= left - 1;
    if (walk_valid) begin
      asked <= walk_addr;
      left  <= Latency;
      walks <= walks + 1;
    end
    if (!rst_n) left <= 0;
    if (plan > 0) plan <= plan - 1;
    if (plan == 1) memory[48'h14_0000] = pde(22);
  end

  function automatic logic [63:0] pde(input int number);
    return {28'd0, 32'(number), 4'd1};
  endfunction

  function automatic logic [47:0] at(input int number, input int index);
    return {16'd0, 16'(number), 16'(index * 8)};
  endfunction

  task automatic pages(input int number, input int pair, input int low, input int high);
    memory[at(number, pair)] = {27'(high), 4'd0, 1'(high != 0), 27'(low), 4'd0, 1'(low != 0)};
  endtask

  // ---- accesses ---------------------------------------------------------------------------------

  // A page (2 MiB) and a frame (4 KiB) in it.
  function automatic logic [35:0] frame_of(input int page, input int frame);
    return {27'(page), 9'(frame)};
  endfunction

  task automatic ask(input string what, input int fn, input logic [35:0] frame, input logic fault,
                     input logic [35:0] want);
    @(negedge clk);
    req_valid = 1'b1; req_local = 1'b1; req_fn = 6'(fn); req_frame = frame;
    #1;
    while (!req_verdict) begin
      @(negedge clk);
      #1;
    end
    check({what, ": fault"}, {63'd0, req_fault}, {63'd0, fault});
    if (!fault) check(what, {28'd0, req_out}, {28'd0, want});
    @(negedge clk) req_valid = 1'b0;
  endtask

  task automatic ask_bar(input string what, input int fn, input logic [35:0] frame,
                         input logic fault, input logic [35:0] want);
    @(negedge clk);
    bar_valid = 1'b1; bar_fn = 6'(fn); bar_frame = frame;
    #1;
    while (!bar_verdict) begin
      @(negedge clk);
      #1;
    end
    check({what, ": fault"}, {63'd0, bar_fault}, {63'd0, fault});
    if (!fault) check(what, {28'd0, bar_out}, {28'd0, want});
    @(negedge clk) bar_valid = 1'b0;
  endtask

  // Both ask from the same cycle on, for some time: everybody is served again and again.
  task automatic both(input string what, input int fn, input logic [35:0] frame, input logic fault,
                      input logic [35:0] want, input int window_fn, input logic [35:0] window_frame,
                      input logic window_fault, input logic [35:0] window_want);
    int req_served, bar_served, wrong;
    req_served = 0; bar_served = 0; wrong = 0;
    @(negedge clk);
    req_valid = 1'b1; req_local = 1'b1; req_fn = 6'(fn); req_frame = frame;
    bar_valid = 1'b1; bar_fn = 6'(window_fn); bar_frame = window_frame;
    for (int i = 0; i < 200; i++) begin
      #1;
      if (req_verdict) begin
        req_served++;
        if (req_fault !== fault || (!fault && req_out !== want)) wrong++;
      end
      if (bar_verdict) begin
        bar_served++;
        if (bar_fault !== window_fault || (!window_fault && bar_out !== window_want)) wrong++;
      end
      @(negedge clk);
    end
    req_valid = 1'b0; bar_valid = 1'b0;
    check({what, ": right"}, 64'(wrong), 64'd0);
    check({what, ": both served"}, {62'd0, req_served > 3, bar_served > 3}, 64'b11);
  endtask

  task automatic drop;
    @(negedge clk) invalidate = 1'b1;
    @(negedge clk) invalidate = 1'b0;
  endtask

  initial begin
    cfg = 32'd0; invalidate = 1'b0; req_valid = 1'b0; req_local = 1'b0; bar_valid = 1'b0;
    req_fn = '0; bar_fn = '0; req_frame = '0; bar_frame = '0; walks = 0; plan = 0;
    rst_n = 1'b0;
    repeat (4) @(negedge clk);
    rst_n = 1'b1;

    // VF 1: pages 0, 1 at 100, 7; page 16384, of the next 32 GiB, at 9. VF 2: page 0 at 3.
    // VF 3: a table that has nothing. VF 63: page 5 at 0x7ffffff.
    memory[at(2, 1)] = pde(10);
    memory[at(10, 0)] = pde(11);
    memory[at(10, 1)] = pde(12);
    pages(11, 0, 100, 7);
    pages(12, 0, 9, 0);
    memory[at(2, 2)] = pde(20);
    memory[at(20, 0)] = pde(21);
    pages(21, 0, 3, 0);
    memory[at(2, 3)] = pde(30);
    memory[at(2, 63)] = pde(40);
    memory[at(40, 0)] = pde(41);
    pages(41, 2, 0, 27'h7ffffff);

    ask("disabled", 1, frame_of(0, 5), 1'b1, '0);
    check("disabled: no walk", 64'(walks), 64'd0);
    cfg = LMEM_EN | 32'd2;

    ask("first page", 1, frame_of(0, 5), 1'b0, frame_of(100, 5));
    check("three reads", 64'(walks), 64'd3);
    ask("same page again", 1, frame_of(0, 6), 1'b0, frame_of(100, 6));
    check("from the cache", 64'(walks), 64'd3);
    ask("upper half of an entry pair", 1, frame_of(1, 511), 1'b0, frame_of(7, 511));
    ask("beyond 32 GiB", 1, frame_of(16384, 1), 1'b0, frame_of(9, 1));
    ask("another VF, same page", 2, frame_of(0, 5), 1'b0, frame_of(3, 5));
    ask("the first one still", 1, frame_of(0, 5), 1'b0, frame_of(100, 5));
    ask("the last VF", 63, frame_of(5, 0), 1'b0, frame_of(27'h7ffffff, 0));

    ask("absent page", 2, frame_of(1, 0), 1'b1, '0);
    ask("absent table", 3, frame_of(0, 0), 1'b1, '0);
    ask("absent 32 GiB", 2, frame_of(16384, 0), 1'b1, '0);
    ask("absent VF", 4, frame_of(0, 0), 1'b1, '0);
    ask("the PF is not translated", 0, frame_of(77, 7), 1'b0, frame_of(77, 7));

    // A page that is not local passes, whatever the tables say.
    @(negedge clk);
    req_valid = 1'b1; req_local = 1'b0; req_fn = 6'd4; req_frame = frame_of(55, 5);
    #1;
    check("not local: at once", {62'd0, req_verdict, req_fault}, 64'b10);
    check("not local: as it is", {28'd0, req_out}, {28'd0, frame_of(55, 5)});
    @(negedge clk) req_valid = 1'b0;

    // What changed is seen after an invalidation only; what is gone too.
    pages(11, 0, 200, 0);
    ask("cached", 1, frame_of(0, 0), 1'b0, frame_of(100, 0));
    drop();
    ask("new", 1, frame_of(0, 0), 1'b0, frame_of(200, 0));
    ask("gone", 1, frame_of(1, 0), 1'b1, '0);

    // An invalidation during a walk: what was read before it is not kept.
    drop();
    pages(22, 0, 8, 0);
    walks = 0;
    plan = 25;  // the old table's entry has been read by then
    ask("asked during an invalidation", 2, frame_of(0, 1), 1'b0, frame_of(8, 1));
    check("walked twice", 64'(walks), 64'd6);

    // The CPUs' window: the same pages, the same limits.
    ask_bar("window", 1, frame_of(0, 9), 1'b0, frame_of(200, 9));
    ask_bar("window, absent", 1, frame_of(2, 9), 1'b1, '0);
    ask_bar("window of the PF", 0, frame_of(2, 9), 1'b0, frame_of(2, 9));

    // Both at once, on misses and on hits: each gets its own, neither waits for ever.
    drop();
    both("both", 1, frame_of(0, 1), 1'b0, frame_of(200, 1), 2, frame_of(0, 2), 1'b0,
         frame_of(8, 2));
    both("both cached", 1, frame_of(0, 3), 1'b0, frame_of(200, 3), 2, frame_of(0, 4), 1'b0,
         frame_of(8, 4));
    drop();
    both("both absent", 5, frame_of(0, 0), 1'b1, '0, 2, frame_of(3, 0), 1'b1, '0);
    repeat (40) @(negedge clk);
    check("idle at the end", {63'd0, idle}, 64'd1);

    check("asleep in no cycle that matters", 64'(differ), 64'd0);
    check("it slept", {63'd0, slept > 0}, 64'd1);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_lmtt");
    $finish;
  end

  initial begin
    #200000;
    $display("FAILED: does not end, after %0d", passed);
    $fatal(1);
  end

endmodule
