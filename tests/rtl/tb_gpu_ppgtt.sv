// SPDX-License-Identifier: MIT
// Page tables in a memory that answers after some cycles, and the TLB before them: each count of
// levels, each size of page, an entry that is absent at each level, what an entry may not say, null
// pages, permission, and what the TLB outlives. In a space with an id: what is not there is waited
// for, told once, and ends by the page, by a refusal, or as the context has to go.

module tb_gpu_ppgtt;
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

  logic [NumEngines-1:0] switches, waits;
  space_t [NumEngines-1:0]       space;
  logic [NumEngines-1:0][5:0]    fn;
  logic [NumEngines-1:0][63:0]   addr;
  space_t                req_space [NumEngines];
  logic [5:0]            req_fn    [NumEngines];
  logic [63:0]           req_addr  [NumEngines];
  logic                  lookup, write, verdict, ok, is_null, is_local, invalidate, dropping;
  logic                  atomic, known, told, room, port_busy;
  logic [EngineBits-1:0] engine, told_engine;
  logic [NumEngines-1:0] leave, retry, fail;
  space_ctl_t            req_ctl [NumEngines];
  space_state_t          state   [NumEngines];
  fault_t                told_fault;
  logic [63:0]           told_addr;
  logic [2:0]            level;
  logic [47:12]          frame;
  logic                  mem_valid, mem_rsp, idle;
  logic [5:0]            mem_fn;
  logic [47:3]           mem_addr;
  logic [63:0]           mem_rdata;

  for (genvar e = 0; e < NumEngines; e++) begin : gen_request
    assign req_space[e] = space[e];
    assign req_fn[e]    = fn[e];
    assign req_addr[e]  = addr[e];
    assign req_ctl[e]   = {switches[e], leave[e], retry[e], fail[e]};
    assign waits[e]     = state[e].waits;
  end

  gpu_ppgtt u_ppgtt (
    .clk_i           (clk),
    .rst_ni          (rst_n),
    .ctl_i           (req_ctl),
    .state_o         (state),
    .space_i         (req_space),
    .fn_i            (req_fn),
    .addr_i          (req_addr),
    .lookup_valid_i  (lookup),
    .lookup_engine_i (engine),
    .lookup_write_i  (write),
    .lookup_atomic_i (atomic),
    .verdict_valid_o (verdict),
    .verdict_ok_o    (ok),
    .verdict_level_o (level),
    .verdict_known_o (known),
    .frame_o         (frame),
    .null_o          (is_null),
    .local_o         (is_local),
    .invalidate_i    (invalidate),
    .report_valid_o  (told),
    .report_engine_o (told_engine),
    .report_o        (told_fault),
    .report_addr_o   (told_addr),
    .report_room_i   ({{2{room}}, 3'b111}),
    .report_ready_i  (!port_busy),
    .mem_valid_o     (mem_valid),
    .mem_fn_o        (mem_fn),
    .mem_addr_o      (mem_addr),
    .mem_ready_i     (mem_valid),
    .mem_rsp_valid_i (mem_rsp),
    .mem_rsp_data_i  (mem_rdata),
    .idle_o          (idle)
  );

  // ---- the same, which never sleeps: no difference in any cycle ---------------------------------

  typedef struct packed {
    logic                  verdict_valid, verdict_ok;
    logic [2:0]            verdict_level;
    logic                  verdict_known;
    logic [35:0]           frame;
    logic                  is_null, is_local, report_valid;
    logic [EngineBits-1:0] report_engine;
    fault_t                report;
    logic [63:0]           report_addr;
    logic                  mem_valid;
    logic [5:0]            mem_fn;
    logic [44:0]           mem_addr;
    logic                  idle;
  } outputs_t;

  outputs_t awake, sleeper;
  space_state_t awake_state [NumEngines];
  int       differ, slept;

  assign sleeper = {verdict, ok, level, known, frame, is_null, is_local, told, told_engine,
                    told_fault, told_addr, mem_valid, mem_fn, mem_addr, idle};

  gpu_ppgtt #(
    .Sleeps (1'b0)
  ) u_awake (
    .clk_i           (clk),
    .rst_ni          (rst_n),
    .ctl_i           (req_ctl),
    .state_o         (awake_state),
    .space_i         (req_space),
    .fn_i            (req_fn),
    .addr_i          (req_addr),
    .lookup_valid_i  (lookup),
    .lookup_engine_i (engine),
    .lookup_write_i  (write),
    .lookup_atomic_i (atomic),
    .verdict_valid_o (awake.verdict_valid),
    .verdict_ok_o    (awake.verdict_ok),
    .verdict_level_o (awake.verdict_level),
    .verdict_known_o (awake.verdict_known),
    .frame_o         (awake.frame),
    .null_o          (awake.is_null),
    .local_o         (awake.is_local),
    .invalidate_i    (invalidate),
    .report_valid_o  (awake.report_valid),
    .report_engine_o (awake.report_engine),
    .report_o        (awake.report),
    .report_addr_o   (awake.report_addr),
    .report_room_i   ({{2{room}}, 3'b111}),
    .report_ready_i  (!port_busy),
    .mem_valid_o     (awake.mem_valid),
    .mem_fn_o        (awake.mem_fn),
    .mem_addr_o      (awake.mem_addr),
    .mem_ready_i     (mem_valid),
    .mem_rsp_valid_i (mem_rsp),
    .mem_rsp_data_i  (mem_rdata),
    .idle_o          (awake.idle)
  );

  always @(posedge clk) begin
    if (rst_n && sleeper !== awake) differ++;
    for (int e = 0; e < int'(NumEngines); e++) if (rst_n && state[e] !== awake_state[e]) differ++;
    if (rst_n && !u_ppgtt.hears) slept++;
  end

  // ---- memory of the functions: 2 MiB, answers after five cycles --------------------------------

  localparam int unsigned Latency = 5;
  logic [63:0] memory [262144];
  logic [63:0] pipe_data [Latency];
  logic [Latency-1:0] pipe_valid;
  int          reads;
  logic [5:0]  read_fn;

  assign mem_rsp   = pipe_valid[Latency-1];
  assign mem_rdata = pipe_data[Latency-1];

  always @(posedge clk) begin
    pipe_valid   <= rst_n ? {pipe_valid[Latency-2:0], mem_valid} : '0;
    pipe_data[0] <= (mem_addr[47:21] == '0) ? memory[mem_addr[20:3]] : '1;
    for (int i = 1; i < int'(Latency); i++) pipe_data[i] <= pipe_data[i-1];
    if (mem_valid) begin
      reads   <= reads + 1;
      read_fn <= mem_fn;
    end
  end

  // While it says it is idle and nothing comes in, nothing moves.
  PpgttIdleIsStill: assert property (@(posedge clk) disable iff (!rst_n)
      (idle && !mem_rsp && !lookup) |=> $stable(u_ppgtt.u_walk.state_q) && $stable(waits));

  // ---- tables: one page each, PT at 0x1000 up to level 5 at 0x5000 ------------------------------

  localparam logic [63:0] Flags = 64'h3;  // present, writable

  task automatic entry(input int at, input logic [8:0] index, input logic [63:0] value);
    memory[at / 8 + int'(index)] = value;
  endtask

  // All tables for one address; level n's table lies at n * 0x1000.
  task automatic tables(input logic [63:0] va, input logic [63:0] leaf, input int leaf_level);
    for (int i = 0; i < 3072; i++) memory[i] = 64'd0;
    for (int l = 5; l > leaf_level; l--) begin
      entry(l * 'h1000, 9'(va >> (3 + 9 * l)), 64'((l - 1) * 'h1000) | Flags);
    end
    entry(leaf_level * 'h1000, 9'(va >> (3 + 9 * leaf_level)), leaf);
  endtask

  task automatic set_space(input int e, input space_e mode);
    space[e].mode = mode;
    space[e].asid = 20'd0;
    space[e].root = (mode == Space57) ? 36'h5 : (mode == Space48) ? 36'h4 : 36'h2;
  endtask

  logic         got_ok, got_null, got_local;
  logic [2:0]   got_level;
  logic [47:12] got_frame;
  int           got_reads;

  task automatic translate(input int e, input logic [63:0] va, input logic as_write);
    int before_it, waited;
    before_it = reads;
    waited    = 0;
    @(negedge clk);
    addr[e] = va; engine = EngineBits'(e); write = as_write;
    lookup = 1'b1;
    #1;
    while (!verdict && waited < 200) begin
      @(negedge clk) lookup = !waits[e];
      #1 waited++;
    end
    {got_local, got_ok, got_null, got_level, got_frame} = {is_local, ok, is_null, level, frame};
    @(negedge clk) lookup = 1'b0;
    got_reads = reads - before_it;
  endtask

  // A new entry in the last table, and an invalidation, some cycles from now.
  int late;

  always @(negedge clk) begin
    if (late > 0) begin
      late = late - 1;
      invalidate = late == 0;
      if (late == 0) memory['h1000 / 8 + int'(Va57[20:12])] = 64'h44_4444_4003;
    end else begin
      invalidate = dropping;
    end
  end

  task automatic drop();
    @(posedge clk) dropping = 1'b1;
    @(posedge clk) dropping = 1'b0;
    @(negedge clk);
  endtask

  task automatic expect_frame(input string what, input logic [63:0] va, input logic [47:12] want,
                              input int want_reads);
    translate(0, va, 1'b1);
    check({what, ": good"}, {63'd0, got_ok}, 64'd1);
    check({what, ": page"}, {28'd0, got_frame}, {28'd0, want});
    check({what, ": reads"}, 64'(got_reads), 64'(want_reads));
    drop();
  endtask

  task automatic expect_fault(input string what, input logic [63:0] va, input logic [2:0] want);
    translate(0, va, 1'b0);
    check({what, ": faults"}, {63'd0, got_ok}, 64'd0);
    check({what, ": level"}, {61'd0, got_level}, {61'd0, want});
    drop();
  endtask

  // ---- cases ------------------------------------------------------------------------------------

  localparam logic [63:0] Va57 = 64'h01a5_8765_4321_0ff8;
  localparam logic [63:0] Va48 = 64'h0000_8765_4321_0ff8;
  localparam logic [63:0] Va32 = 64'h0000_0000_4321_0ff8;

  task automatic case_levels();
    set_space(0, Space57);
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    expect_frame("five levels", Va57, 36'h123_4567, 5);
    tables(Va48 & 64'h7fff_ffff_ffff, 64'h12_3456_7000 | Flags, 1);
    expect_frame("48 bits in five levels", Va48 & 64'h7fff_ffff_ffff, 36'h123_4567, 5);
    tables(Va48, 64'h12_3456_7000 | Flags, 1);
    expect_frame("canonical 48 bits in five levels", Va48 | 64'hffff_0000_0000_0000,
                 36'h123_4567, 5);
    set_space(0, Space48);
    expect_frame("four levels", Va48, 36'h123_4567, 4);
    expect_frame("canonical in four levels", Va48 | 64'hffff_0000_0000_0000, 36'h123_4567, 4);
    set_space(0, Space32);
    tables(Va32, 64'h12_3456_7000 | Flags, 1);
    expect_frame("three levels", Va32, 36'h123_4567, 2);
    expect_fault("above three levels", 64'h1_4321_0ff8, 3'd3);
    space[0].root = '0;
    expect_fault("empty register", Va32, 3'd3);
    set_space(0, Space57);
    space[0].root = '0;
    expect_fault("no root", Va57, 3'd5);
    set_space(0, SpaceNone);
    expect_fault("no space", Va57, 3'd0);
  endtask

  task automatic case_sizes();
    set_space(0, Space57);
    tables(Va57, 64'h12_3450_0000 | Flags | 64'h100, 1);
    expect_frame("64 KiB, marked", Va57, 36'h123_4500, 5);
    tables(Va57 | 64'hf000, 64'h12_3450_0000 | Flags | 64'h100, 1);
    expect_frame("its last piece", Va57 | 64'hf000, 36'h123_450f, 5);
    tables(Va57, 64'h1000 | Flags | 64'h40, 2);
    entry('h1000, {4'd0, Va57[20:16]}, 64'h12_3450_0000 | Flags);
    expect_frame("64 KiB, dense table", Va57 | 64'h7000, 36'h123_4507, 5);
    tables(Va57, 64'h12_3440_0000 | Flags | 64'h80, 2);
    expect_frame("2 MiB", Va57, 36'h123_4400 | 36'(Va57[20:12]), 4);
    tables(Va57, 64'h12_0000_0000 | Flags | 64'h80, 3);
    expect_frame("1 GiB", Va57, 36'h120_0000 | 36'(Va57[29:12]), 3);
    tables(Va57, 64'h3000 | Flags | 64'h80, 4);  // no page is that large: a table like any other
    entry('h3000, Va57[38:30], 64'h2000 | Flags);
    entry('h2000, Va57[29:21], 64'h12_3440_0000 | Flags | 64'h80);
    expect_frame("bit 7 above means nothing", Va57, 36'h123_4400 | 36'(Va57[20:12]), 4);
  endtask

  task automatic case_absent();
    set_space(0, Space57);
    for (int l = 5; l > 0; l--) begin
      tables(Va57, 64'h12_3456_7000 | Flags, 1);
      entry(l * 'h1000, 9'(Va57 >> (3 + 9 * l)), 64'h1000 | 64'h2);
      expect_fault($sformatf("absent at level %0d", l), Va57, 3'(l));
    end
    tables(Va57, 64'h0001_0012_3456_7000 | Flags, 1);
    expect_fault("beyond the memory port", Va57, 3'd1);
    tables(Va57, 64'h12_3456_7000 | Flags | 64'h800, 1);
    translate(0, Va57, 1'b1);
    check("local memory", {62'd0, got_ok, got_local}, 64'd3);
    drop();
    tables(Va57, 64'h8000_0000 | Flags, 3);
    expect_fault("a table that is not there reads as ones", Va57, 3'd2);
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    expect_frame("a fault is not kept", Va57, 36'h123_4567, 5);
  endtask

  task automatic case_permission();
    set_space(0, Space57);
    tables(Va57, 64'h12_3456_7001, 1);
    translate(0, Va57, 1'b0);
    check("read of a read-only page", {63'd0, got_ok}, 64'd1);
    translate(0, Va57, 1'b1);
    check("write to it", {60'd0, got_ok, got_level}, 64'd0);
    drop();
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    entry('h3000, Va57[38:30], 64'h2001);
    translate(0, Va57, 1'b1);
    check("write below a read-only directory", {63'd0, got_ok}, 64'd0);
    drop();
    tables(Va57, 64'h203, 1);
    translate(0, Va57, 1'b1);
    check("null page", {62'd0, got_ok, got_null}, 64'd3);
    check("stands for a page that is there", {28'd0, got_frame}, 64'h1);
    drop();
  endtask

  task automatic case_tlb();
    set_space(0, Space57);
    set_space(1, Space57);
    space[1].root = 36'h6;
    fn[0] = 6'd3; fn[1] = 6'd9;
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    translate(0, Va57, 1'b0);
    check("as its function", {58'd0, read_fn}, 64'd3);
    translate(0, Va57 - 64'h8, 1'b0);
    check("a hit reads nothing", 64'(got_reads), 64'd0);
    entry('h1000, Va57[20:12], 64'h22_2222_2000 | Flags);
    translate(0, Va57, 1'b0);
    check("an old entry serves", {28'd0, got_frame}, 64'h123_4567);
    for (int i = 0; i < 512; i++) memory['h6000 / 8 + i] = 64'h4003;
    translate(1, Va57, 1'b0);
    check("another engine has its own", {28'd0, got_frame}, 64'h222_2222);
    check("read for its function", {58'd0, read_fn}, 64'd9);
    translate(0, Va57, 1'b0);
    check("and does not disturb", {28'd0, got_frame}, 64'h123_4567);
    @(negedge clk) switches[0] = 1'b1;
    @(negedge clk) switches[0] = 1'b0;
    translate(1, Va57, 1'b0);
    check("another context elsewhere drops nothing", 64'(got_reads), 64'd0);
    translate(0, Va57, 1'b0);
    check("another context here does", {28'd0, got_frame}, 64'h222_2222);
    entry('h1000, Va57[20:12], 64'h33_3333_3000 | Flags);
    drop();
    translate(0, Va57, 1'b0);
    check("invalidated", {28'd0, got_frame}, 64'h333_3333);
    translate(1, Va57, 1'b0);
    check("for all engines", {28'd0, got_frame}, 64'h333_3333);
    translate(0, Va57 + 64'h1_0000_0000, 1'b0);
    check("same set, other page", {63'd0, got_ok}, 64'd0);
  endtask

  task automatic case_invalidated_walk();
    for (int delay = 0; delay < 40; delay++) begin
      set_space(0, Space57);
      tables(Va57, 64'h12_3456_7000 | Flags, 1);
      drop();
      late = delay + 1;
      translate(0, Va57, 1'b0);
      while (late != 0) @(negedge clk);
      repeat (2) @(negedge clk);
      translate(0, Va57, 1'b0);
      check($sformatf("nothing old is left, %0d", delay), {28'd0, got_frame}, 64'h444_4444);
    end
  endtask

  task automatic case_two_wait();
    set_space(0, Space57);
    set_space(1, Space57);
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    drop();
    addr[0] = Va57; addr[1] = Va57 + 64'h10_0000_0000;
    for (int e = 1; e >= 0; e--) begin
      @(negedge clk);
      lookup = 1'b1; engine = EngineBits'(e); write = 1'b0;
    end
    @(negedge clk) lookup = 1'b0;
    check("both wait", {62'd0, waits[1:0]}, 64'd3);
    repeat (80) @(negedge clk);
    check("neither waits", {62'd0, waits[1:0]}, 64'd0);
    translate(1, addr[1], 1'b0);
    check("one has its fault", {60'd0, got_ok, got_level}, 64'd3);
    translate(0, Va57, 1'b0);
    check("one its page", {63'd0, got_ok}, 64'd1);
    check("and nothing is read again", 64'(got_reads), 64'd0);
  endtask

  // ---- pages that come later --------------------------------------------------------------------

  int          reports;
  fault_t      last_report;
  logic [63:0] last_addr;
  logic [EngineBits-1:0] last_engine;

  always @(posedge clk) begin
    if (told && !port_busy) begin
      reports     <= reports + 1;
      last_report <= told_fault;
      last_addr   <= told_addr;
      last_engine <= told_engine;
    end
  end

  // Asks until the engine waits for nothing but a page.
  task automatic ask(input int e, input logic [63:0] va, input logic as_write,
                     input logic as_atomic);
    addr[e] = va; engine = EngineBits'(e); write = as_write; atomic = as_atomic;
    @(negedge clk) lookup = 1'b1;
    for (int i = 0; i < 100 && !state[e].held; i++) @(negedge clk) lookup = !waits[e];
    lookup = 1'b0;
    repeat (3) @(negedge clk);
  endtask

  task automatic pulse_retry(input int e);
    @(negedge clk) retry[e] = 1'b1;
    @(negedge clk) retry[e] = 1'b0;
  endtask

  task automatic expect_report(input string what, input int e, input logic [2:0] at,
                               input logic as_write, input logic as_atomic);
    check({what, ": engine"}, 64'(last_engine), 64'(e));
    check({what, ": address"}, last_addr, addr[e]);
    check({what, ": level"}, 64'(last_report.level), 64'(at));
    check({what, ": kind"}, 64'({last_report.waits, last_report.ppgtt, last_report.write,
                                 last_report.atomic}), 64'({2'b11, as_write, as_atomic}));
    check({what, ": whose"}, 64'({last_report.asid, last_report.fn}), 64'({20'd77, fn[e]}));
  endtask

  task automatic case_page_comes();
    drop();
    set_space(0, Space57);
    space[0].asid = 20'd77;
    fn[0] = 6'd3;
    for (int l = 5; l > 0; l--) begin
      reports = 0;
      tables(Va57, 64'h12_3456_7000 | Flags, 1);
      entry(l * 'h1000, 9'(Va57 >> (3 + 9 * l)), 64'h0);
      ask(0, Va57, 1'b0, 1'b0);
      expect_report($sformatf("absent at level %0d", l), 0, 3'(l), 1'b0, 1'b0);
      repeat (50) @(negedge clk);
      check("told once", 64'(reports), 64'd1);
      check("still", {63'd0, idle}, 64'd1);
      check("and waits", {62'd0, state[0].held, waits[0]}, 64'd3);
      tables(Va57, 64'h12_3456_7000 | Flags, 1);
      pulse_retry(0);
      translate(0, Va57, 1'b0);
      check("its page", {27'd0, got_ok, got_frame}, {27'd0, 1'b1, 36'h123_4567});
      check("told no more", 64'(reports), 64'd1);
      drop();
    end
  endtask

  task automatic case_page_writable();
    tables(Va57, 64'h12_3456_7001, 1);
    translate(0, Va57, 1'b0);
    check("read of a read-only page", {63'd0, got_ok}, 64'd1);
    ask(0, Va57, 1'b1, 1'b0);
    expect_report("write to it", 0, 3'd0, 1'b1, 1'b0);
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    pulse_retry(0);
    translate(0, Va57, 1'b1);
    check("writable now, without invalidation", {63'd0, got_ok}, 64'd1);
    tables(Va57, 64'h0, 1);
    drop();
    ask(0, Va57, 1'b1, 1'b1);
    expect_report("atomic", 0, 3'd1, 1'b1, 1'b1);
    reports = 0;
    pulse_retry(0);
    ask(0, Va57, 1'b1, 1'b1);
    check("retried in vain: told again", 64'(reports), 64'd1);
  endtask

  // The access of engine 0 waits; how it ends.
  task automatic expect_end(input string what, input logic as_given_up, input logic as_reported);
    repeat (2) @(negedge clk);
    check({what, ": goes on"}, {63'd0, waits[0]}, 64'd0);
    engine = '0; lookup = 1'b1;
    #1;
    check({what, ": refused"}, {61'd0, verdict, ok, known}, 64'b101);
    check({what, ": why"}, {63'd0, state[0].given_up}, {63'd0, as_given_up});
    check({what, ": reported"}, {63'd0, state[0].reported}, {63'd0, as_reported});
    @(negedge clk) lookup = 1'b0;
    check({what, ": and over"}, {62'd0, known, state[0].given_up}, 64'd0);
  endtask

  task automatic case_page_never_comes();
    @(negedge clk) fail[0] = 1'b1;
    @(negedge clk) fail[0] = 1'b0;
    expect_end("refused", 1'b0, 1'b1);
    ask(0, Va57, 1'b0, 1'b0);
    @(negedge clk) leave[0] = 1'b1;
    repeat (5) @(negedge clk);
    expect_end("left", 1'b1, 1'b1);
    reports = 0;
    ask(0, Va57, 1'b0, 1'b0);
    expect_end("not even begun", 1'b1, 1'b0);
    check("nor told", 64'(reports), 64'd0);
    leave[0] = 1'b0;
    {retry[0], fail[0]} = 2'b11;
    @(negedge clk) {retry[0], fail[0]} = 2'b00;
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    translate(0, Va57, 1'b0);
    check("nobody waited: no effect", {63'd0, got_ok}, 64'd1);
    space[0].asid = 20'd0;
    expect_fault("without an id nothing is waited for", Va57 + 64'h1000, 3'd1);
    check("and the GuC hears of it as before", {62'd0, known, state[0].held}, 64'd0);
    space[0].asid = 20'd77;
    space[0].root = '0;
    expect_fault("nor without tables", Va57, 3'd5);
  endtask

  task automatic case_room();
    reports = 0;
    room = 1'b0;
    set_space(0, Space57);
    set_space(4, Space57);
    space[0].asid = 20'd77;
    space[4].asid = 20'd77;
    tables(Va57, 64'h0, 1);
    drop();
    ask(4, Va57, 1'b0, 1'b0);
    check("no room", 64'({idle, reports[0]}), 64'b10);
    port_busy = 1'b1;
    ask(0, Va57 + 64'h1000, 1'b0, 1'b0);
    check("behind a fault", 64'({idle, reports[0]}), 64'b00);
    port_busy = 1'b0;
    repeat (2) @(negedge clk);
    check("the other GT has room", 64'(last_engine), 64'd0);
    room = 1'b1;
    repeat (2) @(negedge clk);
    check("and then this one", 64'(last_engine), 64'd4);
    check("each once", 64'(reports), 64'd2);
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    pulse_retry(4);
    translate(4, Va57, 1'b0);
    check("served alone", {62'd0, got_ok, state[0].held}, 64'd3);
  endtask

  initial begin
    {leave, retry, fail, atomic, port_busy, room} = '0;
    room = 1'b1;
    reports = 0;
    switches = '0; lookup = 1'b0; write = 1'b0; engine = '0; invalidate = 1'b0;
    dropping = 1'b0; late = 0;
    space = '0; fn = '0; addr = '0;
    for (int i = 0; i < 262144; i++) memory[i] = 64'd0;
    rst_n = 1'b0;
    repeat (4) @(negedge clk);
    rst_n = 1'b1;
    case_levels();
    case_sizes();
    case_absent();
    case_permission();
    case_tlb();
    case_invalidated_walk();
    case_two_wait();
    case_page_comes();
    case_page_writable();
    case_page_never_comes();
    case_room();
    check("asleep in no cycle that matters", 64'(differ), 64'd0);
    check("it slept", {63'd0, slept > 0}, 64'd1);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_ppgtt");
    $finish;
  end
endmodule
