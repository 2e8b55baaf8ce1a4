// SPDX-License-Identifier: MIT
// Addresses in the spaces of contexts: a TLB with a part for each engine, and one walker behind it.
// The arbiter looks up; an engine whose page is not there steps aside until its walk is over, so
// that nobody else waits for it, and asks again. Pieces of 4 KiB are kept, whatever the page's
// size. In a space with an id (ASID) a page that is not there, or not writable, is no end: the
// access is held until the driver has brought it. The clock stands while nobody asks or waits.

module gpu_ppgtt
  import gpu_pkg::*;
#(
  parameter int unsigned Sets   = 16,  // of each engine, direct mapped; chosen
  parameter bit          Sleeps = 1'b1 // a bench compares it with one that does not
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // engines: what they ask for stays until it is served
  input  space_ctl_t            ctl_i   [NumEngines],
  output space_state_t          state_o [NumEngines],
  input  space_t                space_i [NumEngines],
  input  logic [5:0]            fn_i    [NumEngines],
  /*verilator tracing_off*/  // waves show the engines' own
  input  logic [63:0]           addr_i  [NumEngines],
  /*verilator tracing_on*/

  // lookup, answered in the same cycle; without verdict the engine waits from the next one on
  input  logic                  lookup_valid_i,
  input  logic [EngineBits-1:0] lookup_engine_i,
  input  logic                  lookup_write_i,
  input  logic                  lookup_atomic_i,
  output logic                  verdict_valid_o,
  output logic                  verdict_ok_o,
  output logic [2:0]            verdict_level_o,
  output logic                  verdict_known_o,  // of a fault: the GuC has heard of it
  output logic [47:12]          frame_o,
  output logic                  null_o,
  output logic                  local_o,

  // drop everything, at once
  input  logic                  invalidate_i,

  // an access waits for a page: to the GuC; room of the queue of each engine's GT
  output logic                  report_valid_o,
  output logic [EngineBits-1:0] report_engine_o,
  output fault_t                report_o,         // without client
  output logic [63:0]           report_addr_o,
  input  logic [NumEngines-1:0] report_room_i,
  input  logic                  report_ready_i,

  // reads of the walker
  output logic                  mem_valid_o,
  output logic [5:0]            mem_fn_o,
  output logic                  mem_local_o,      // of local memory, to be translated
  output logic [47:3]           mem_addr_o,
  input  logic                  mem_ready_i,
  input  logic                  mem_fault_i,      // there is no such local page; not with ready
  input  logic                  mem_rsp_valid_i,
  /*verilator tracing_off*/
  input  logic [63:0]           mem_rsp_data_i,
  /*verilator tracing_on*/

  output logic                  idle_o
);

  localparam int unsigned SetBits = $clog2(Sets);
  localparam int unsigned Entries = NumEngines * Sets;

  typedef logic [EngineBits-1:0] engine_t;

  typedef struct packed {
    logic         writable;
    logic         is_null;
    logic         is_local;
    logic [47:12] frame;
  } entry_t;

  logic [Entries-1:0]    valid_q;
  logic [63:12+SetBits]  tags    [Entries];
  entry_t                entries [Entries];
  logic [NumEngines-1:0] waits_q, fault_q;
  logic [2:0]            level   [NumEngines];
  engine_t               walker_q;
  logic                  void_q;  // invalidated meanwhile: what the walk finds may be old
  logic [NumEngines-1:0] write_q, atomic_q;  // what the engine's last miss was for
  logic [NumEngines-1:0] recovers, held, hold, ends, refuse, refused, given_up;
  logic [NumEngines-1:0] reported;

  // ---- clock ------------------------------------------------------------------------------------

  /*verilator tracing_off*/
  logic ppgtt_clk;
  /*verilator tracing_on*/
  logic hears;
  logic [NumEngines-1:0] switches;

  always_comb begin
    for (int unsigned e = 0; e < NumEngines; e++) switches[e] = ctl_i[e].switches;
  end

  assign hears = lookup_valid_i || invalidate_i || switches != '0 || mem_rsp_valid_i || !idle_o ||
                 !rst_ni || !Sleeps;

  gpu_clock_gate u_clock (
    .clk_i    (clk_i),
    .enable_i (hears),
    .clk_o    (ppgtt_clk)
  );

  // ---- lookup -----------------------------------------------------------------------------------

  logic        hit, known_fault, bars_write;
  entry_t      entry;
  logic [63:12] lookup_page;
  logic [$clog2(Entries)-1:0] found;

  always_comb begin
    hit         = 1'b0;
    known_fault = 1'b0;
    entry       = '0;
    lookup_page = '0;
    found       = '0;
    if (lookup_valid_i) begin
      lookup_page = addr_i[lookup_engine_i][63:12];
      found       = place(lookup_engine_i, lookup_page[12 +: SetBits]);
      known_fault = fault_q[lookup_engine_i];
      entry       = entries[found];
      hit         = valid_q[found] &&
                    tags[found] == lookup_page[63:12+SetBits];
    end
  end

  function automatic logic [$clog2(Entries)-1:0] place(input engine_t engine,
                                                       input logic [SetBits-1:0] set);
    return ($clog2(Entries))'({engine, set});
  endfunction

  // Three levels have no id.
  always_comb begin
    for (int unsigned e = 0; e < NumEngines; e++) begin
      recovers[e] = space_i[e].asid != '0 && {space_i[e].local_root, space_i[e].root} != '0;
      state_o[e]  = '{waits_q[e] || held[e], held[e], given_up[e], reported[e]};
    end
  end

  assign bars_write = hit && !known_fault && lookup_write_i && !entry.writable &&
                      recovers[lookup_engine_i];

  assign verdict_valid_o = (hit && !bars_write) || known_fault;
  assign verdict_known_o = refused[lookup_engine_i];
  assign verdict_ok_o    = hit && !known_fault && (entry.writable || !lookup_write_i);
  assign verdict_level_o = known_fault ? level[lookup_engine_i] : 3'd0;
  assign frame_o         = entry.frame;
  assign null_o          = entry.is_null;
  assign local_o         = entry.is_local;

  // ---- walk -------------------------------------------------------------------------------------

  engine_t      next;
  logic         start, walk_busy, walk_done, walk_fault, walk_null, walk_local, walk_writable;
  logic         walk_idle;
  logic [2:0]   walk_level;
  logic [47:12] walk_frame;
  logic [63:12] walk_page;
  logic [$clog2(Entries)-1:0] filled;

  assign next  = engine_t'(lowest_bit({{(64 - NumEngines){1'b0}}, waits_q}));
  assign start = waits_q != '0 && !walk_busy;

  assign walk_page = addr_i[walk_busy ? walker_q : next][63:12];
  assign filled    = place(walker_q, walk_page[12 +: SetBits]);

  gpu_ppgtt_walk u_walk (
    .clk_i           (ppgtt_clk),
    .rst_ni          (rst_ni),
    .start_i         (start),
    .space_i         (space_i[walk_busy ? walker_q : next]),
    .addr_i          (walk_page),
    .busy_o          (walk_busy),
    .done_o          (walk_done),
    .fault_o         (walk_fault),
    .level_o         (walk_level),
    .frame_o         (walk_frame),
    .null_o          (walk_null),
    .local_o         (walk_local),
    .writable_o      (walk_writable),
    .mem_valid_o     (mem_valid_o),
    .mem_local_o     (mem_local_o),
    .mem_addr_o      (mem_addr_o),
    .mem_ready_i     (mem_ready_i),
    .mem_fault_i     (mem_fault_i),
    .mem_rsp_valid_i (mem_rsp_valid_i),
    .mem_rsp_data_i  (mem_rsp_data_i),
    .idle_o          (walk_idle)
  );

  assign mem_fn_o = fn_i[walker_q];
  assign idle_o   = walk_idle && !start && hold_idle;

  // ---- accesses that wait for a page ------------------------------------------------------------

  logic hold_idle, walk_holds;

  // What was not there before an invalidation may be there now: that is looked at again.
  assign walk_holds = walk_done && walk_fault && recovers[walker_q];

  always_comb begin
    ends = '0;
    if (known_fault)             ends[lookup_engine_i] = 1'b1;
    hold = '0;
    if (bars_write)              hold[lookup_engine_i] = 1'b1;
    if (walk_holds && !void_q)   hold[walker_q] = 1'b1;
  end

  gpu_ppgtt_hold u_hold (
    .clk_i           (ppgtt_clk),
    .rst_ni          (rst_ni),
    .hold_i          (hold),
    .ctl_i           (ctl_i),
    .held_o          (held),
    .refuse_o        (refuse),
    .ends_i          (ends),
    .refused_o       (refused),
    .given_up_o      (given_up),
    .reported_o      (reported),
    .report_valid_o  (report_valid_o),
    .report_engine_o (report_engine_o),
    .report_room_i   (report_room_i),
    .report_ready_i  (report_ready_i),
    .idle_o          (hold_idle)
  );

  always_comb begin
    report_o        = '0;
    report_addr_o   = '0;
    if (report_valid_o) begin
      report_o.waits  = 1'b1;
      report_o.atomic = atomic_q[report_engine_o];
      report_o.ppgtt  = 1'b1;
      report_o.level  = level[report_engine_o];
      report_o.asid   = space_i[report_engine_o].asid;
      report_o.write  = write_q[report_engine_o];
      report_o.fn     = fn_i[report_engine_o];
      report_addr_o   = addr_i[report_engine_o];
    end
  end

  always_ff @(posedge ppgtt_clk) begin
    if (walk_done && !walk_fault && !void_q) begin
      tags[filled] <= walk_page[63:12+SetBits];
      entries[filled] <= {walk_writable, walk_null, walk_local, walk_frame};
    end
    if (walk_done)  level[walker_q] <= walk_level;
    if (bars_write) level[lookup_engine_i] <= 3'd0;
    if (lookup_valid_i && !verdict_valid_o) begin
      write_q[lookup_engine_i]  <= lookup_write_i;
      atomic_q[lookup_engine_i] <= lookup_atomic_i;
    end
  end

  always_ff @(posedge ppgtt_clk) begin
    if (!rst_ni) begin
      valid_q  <= '0;
      waits_q  <= '0;
      fault_q  <= '0;
      walker_q <= '0;
      void_q   <= 1'b0;
    end else begin
      if (lookup_valid_i && known_fault) fault_q[lookup_engine_i] <= 1'b0;
      if (bars_write)                    valid_q[found] <= 1'b0;  // to be read again
      else if (lookup_valid_i && !verdict_valid_o) waits_q[lookup_engine_i] <= 1'b1;
      if (start) begin
        walker_q <= next;
        void_q   <= 1'b0;
      end
      if (walk_done) begin
        waits_q[walker_q] <= 1'b0;
        fault_q[walker_q] <= walk_fault && !walk_holds;
        if (!walk_fault && !void_q) valid_q[filled] <= 1'b1;
      end
      for (int unsigned e = 0; e < NumEngines; e++) begin
        if (ctl_i[e].switches) valid_q[e*Sets +: Sets] <= '0;
        if (refuse[e])         fault_q[e] <= 1'b1;
      end
      if (invalidate_i) begin
        valid_q <= '0;
        void_q  <= 1'b1;
      end
    end
  end

  always_ff @(posedge ppgtt_clk) begin
    if (rst_ni) begin
      // The space of an engine that waits stays.
      PpgttSwitchAlone: assert ((switches & (waits_q | fault_q | held)) == '0);
      // Who waits does not ask.
      PpgttWaitsAside: assert (
          lookup_valid_i -> !waits_q[lookup_engine_i] && !held[lookup_engine_i]);
    end
  end

endmodule
