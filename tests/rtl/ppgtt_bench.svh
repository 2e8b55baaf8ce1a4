// SPDX-License-Identifier: MIT
// Of the benches of page tables: the block, its twin that never sleeps, a memory that answers after
// some cycles, tables in it, and what an engine does with them.

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
  logic                  dropping;
  logic                  lookup, write, verdict, ok, is_null, is_local, invalidate;
  logic                  atomic, known, told, room, port_busy;
  logic [EngineBits-1:0] engine, told_engine;
  logic [NumEngines-1:0] leave, retry, fail;
  space_ctl_t            req_ctl [NumEngines];
  space_state_t          state   [NumEngines];
  fault_t                told_fault;
  logic [63:0]           told_addr;
  logic [2:0]            level;
  logic [47:12]          frame;
  logic                  mem_valid, mem_rsp, mem_local, mem_fault, idle;
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
    .mem_local_o     (mem_local),
    .mem_addr_o      (mem_addr),
    .mem_ready_i     (mem_valid && !mem_fault),
    .mem_fault_i     (mem_fault),
    .mem_rsp_valid_i (mem_rsp),
    .mem_rsp_data_i  (mem_rdata),
    .idle_o          (idle)
  );

  // ---- the same, which never sleeps: no difference in any cycle ---------------------------------

  typedef struct packed {
    logic                  verdict_valid;
    logic                  verdict_ok;
    logic [2:0]            verdict_level;
    logic                  verdict_known;
    logic [35:0]           frame;
    logic                  is_null;
    logic                  is_local;
    logic                  report_valid;
    logic [EngineBits-1:0] report_engine;
    fault_t                report;
    logic [63:0]           report_addr;
    logic                  mem_valid;
    logic [5:0]            mem_fn;
    logic                  mem_local;
    logic [44:0]           mem_addr;
    logic                  idle;
  } outputs_t;

  outputs_t awake, sleeper;
  space_state_t awake_state [NumEngines];
  int       differ, slept;

  assign sleeper =
      {verdict, ok, level, known, frame, is_null, is_local, told, told_engine,
       told_fault, told_addr, mem_valid, mem_fn, mem_local, mem_addr, idle};

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
    .mem_local_o     (awake.mem_local),
    .mem_addr_o      (awake.mem_addr),
    .mem_ready_i     (mem_valid && !mem_fault),
    .mem_fault_i     (mem_fault),
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

  // Local memory is the same, but what is beyond it cannot be read.
  localparam int unsigned Latency = 5;
  logic [63:0] memory [262144];
  logic [63:0] pipe_data [Latency];
  logic [Latency-1:0] pipe_valid;
  int          reads;
  logic [5:0]  read_fn;
  logic [4:0]  read_local;  // of the last five, the latest in bit 0

  assign mem_rsp   = pipe_valid[Latency-1];
  assign mem_rdata = pipe_data[Latency-1];
  assign mem_fault = mem_valid && mem_local && mem_addr[47:21] != '0;

  always @(posedge clk) begin
    pipe_valid   <= rst_n ? {pipe_valid[Latency-2:0], mem_valid && !mem_fault} : '0;
    pipe_data[0] <= (mem_addr[47:21] == '0) ? memory[mem_addr[20:3]] : '1;
    for (int i = 1; i < int'(Latency); i++) pipe_data[i] <= pipe_data[i-1];
    if (mem_valid) begin
      reads   <= reads + 1;
      read_fn <= mem_fn;
      read_local <= {read_local[3:0], mem_local};
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
    space[e].local_root = 1'b0;
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

  localparam logic [63:0] Va57 = 64'h01a5_8765_4321_0ff8;
  localparam logic [63:0] Va48 = 64'h0000_8765_4321_0ff8;
  localparam logic [63:0] Va32 = 64'h0000_0000_4321_0ff8;

  // ---- an access that waits for its page --------------------------------------------------------

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

  // ---- begin and end ----------------------------------------------------------------------------

  task automatic begin_bench();
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
  endtask

  task automatic end_bench(input string name);
    check("asleep in no cycle that matters", 64'(differ), 64'd0);
    check("it slept", {63'd0, slept > 0}, 64'd1);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, name);
    $finish;
  endtask
