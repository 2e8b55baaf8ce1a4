// SPDX-License-Identifier: MIT
// Local memory translation: what a VF takes for addresses of local memory are pages of 2 MiB that
// the PF gave it. Three levels in local memory, in the public multi-level format: a directory with
// an entry for each VF, for each 32 GiB of its space a table, in it an entry for each page. What a
// VF has no entry for does not exist for it. The PF's own addresses are not translated. Two ask:
// the way to memory, once the GGTT has said that a page is local, and the CPUs' window (BAR). With
// nobody asking its clock stands.

module gpu_lmtt
  import gpu_regs_pkg::*;
#(
  parameter int unsigned Entries = 16,  // cached, direct mapped; chosen: 32 MiB in use at once
  parameter bit          Sleeps  = 1'b1 // a bench compares it with one that does not
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic [31:0] cfg_i,           // XE2_LMEM_CFG: enable and where the directory is
  input  logic        invalidate_i,    // drop what is cached, at once

  // way to memory: valid stays until its verdict, which comes in the same cycle on a hit
  input  logic        req_valid_i,
  input  logic        req_local_i,     // else the page passes as it is
  input  logic [5:0]  req_fn_i,
  input  logic [35:0] req_frame_i,     // address 47:12
  output logic        req_verdict_o,
  output logic        req_fault_o,     // with the verdict: no such page
  output logic [35:0] req_frame_o,

  // window of the CPUs: the same
  input  logic        bar_valid_i,
  input  logic [5:0]  bar_fn_i,
  input  logic [35:0] bar_frame_i,
  output logic        bar_verdict_o,
  output logic        bar_fault_o,
  output logic [35:0] bar_frame_o,

  // tables: one read at a time
  output logic        walk_valid_o,
  output logic [47:0] walk_addr_o,     // 8-byte aligned
  input  logic        walk_rsp_valid_i,
  input  logic [63:0] walk_rsp_data_i,

  output logic        idle_o
);

  localparam int unsigned SetBits = $clog2(Entries);

  typedef logic [26:0] page_t;  // address 47:21

  typedef enum logic [2:0] {
    StIdle,    // hits are answered, a miss starts a walk
    StAsk,     // asks for the next entry
    StAnswer,  // which comes
    StAbsent   // verdict for who asked: no such page
  } state_e;

  typedef enum logic [1:0] {
    LevelDirectory,  // by VF
    LevelTable,      // by address 47:35
    LevelPage        // by address 34:21
  } level_e;

  state_e     state_q, state_d;
  level_e     level_q;
  logic       for_bar_q, prefer_bar_q, stale_q;
  logic [5:0] fn_q;
  page_t      page_q;
  logic [31:0] table_q;  // address 47:16 of the table at this level

  // ---- who asks ---------------------------------------------------------------------------------

  logic       req_asks, bar_asks, for_bar, asks, hit, same, absent;
  logic [5:0] fn;
  page_t      page;

  assign req_asks = req_valid_i && req_local_i && req_fn_i != 6'd0;
  assign bar_asks = bar_valid_i && bar_fn_i != 6'd0;
  assign for_bar  = (state_q != StIdle) ? for_bar_q : bar_asks && (!req_asks || prefer_bar_q);
  assign asks     = for_bar ? bar_asks : req_asks;
  assign fn       = for_bar ? bar_fn_i : req_fn_i;
  assign page     = for_bar ? bar_frame_i[35:9] : req_frame_i[35:9];

  // A GGTT entry can change while its page is looked for: the verdict is then another's.
  assign same     = asks && fn == fn_q && page == page_q;

  // ---- clock ------------------------------------------------------------------------------------

  /*verilator tracing_off*/
  logic lmtt_clk;
  /*verilator tracing_on*/
  logic hears;

  assign hears = state_q != StIdle || asks || invalidate_i || !rst_ni || !Sleeps;

  gpu_clock_gate u_clock (
    .clk_i    (clk_i),
    .enable_i (hears),
    .clk_o    (lmtt_clk)
  );

  // ---- cache ------------------------------------------------------------------------------------

  logic [Entries-1:0] valid_q;
  logic [5:0]         owner [Entries];
  page_t              tag   [Entries];
  page_t              place [Entries];
  logic [SetBits-1:0] set, fill_set;
  logic               fill;

  assign set      = page[SetBits-1:0] ^ fn[SetBits-1:0];
  assign fill_set = page_q[SetBits-1:0] ^ fn_q[SetBits-1:0];
  assign hit      = asks && state_q == StIdle && valid_q[set] && tag[set] == page &&
                    owner[set] == fn;
  assign absent   = state_q == StAbsent && same;

  assign req_verdict_o = req_valid_i && (!req_asks || (!for_bar && (hit || absent)));
  assign req_fault_o   = req_asks && absent;
  assign req_frame_o   = req_asks ? {place[set], req_frame_i[8:0]} : req_frame_i;
  assign bar_verdict_o = bar_valid_i && (!bar_asks || (for_bar && (hit || absent)));
  assign bar_fault_o   = bar_asks && absent;
  assign bar_frame_o   = bar_asks ? {place[set], bar_frame_i[8:0]} : bar_frame_i;

  // ---- walk -------------------------------------------------------------------------------------

  logic [31:0] page_entry;
  logic        present;

  assign walk_valid_o = state_q == StAsk;
  always_comb begin
    unique case (level_q)
      LevelDirectory: walk_addr_o = {table_q, 16'd0} + {39'd0, fn_q, 3'd0};
      LevelTable:     walk_addr_o = {table_q, page_q[26:14], 3'd0};
      default:        walk_addr_o = {table_q, page_q[13:1], 3'd0};
    endcase
  end

  // Entries of the last level have 32 bits.
  assign page_entry = page_q[0] ? walk_rsp_data_i[63:32] : walk_rsp_data_i[31:0];
  assign present    = (level_q == LevelPage) ? page_entry[0] : walk_rsp_data_i[0];
  assign fill       = state_q == StAnswer && walk_rsp_valid_i && level_q == LevelPage &&
                      page_entry[0] && !stale_q && !invalidate_i;

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StIdle:   if (asks && !hit) state_d = ((cfg_i & LMEM_EN) != 32'd0) ? StAsk : StAbsent;
      StAsk:    state_d = StAnswer;
      StAnswer: begin
        if (walk_rsp_valid_i) begin
          if (!present) state_d = StAbsent;
          else          state_d = (level_q == LevelPage) ? StIdle : StAsk;
        end
      end
      StAbsent: state_d = StIdle;
      default:  state_d = StIdle;
    endcase
  end

  // The window is an input, which is activity by itself.
  assign idle_o = state_q == StIdle && !req_asks;

  always_ff @(posedge lmtt_clk) begin
    if (state_q == StIdle && asks && !hit) begin
      fn_q    <= fn;
      page_q  <= page;
      level_q <= LevelDirectory;
      table_q <= {1'b0, cfg_i[30:0]};
    end else if (state_q == StAnswer && walk_rsp_valid_i) begin
      level_q <= (level_q == LevelDirectory) ? LevelTable : LevelPage;
      table_q <= walk_rsp_data_i[35:4];
    end
    if (fill) begin
      owner[fill_set] <= fn_q;
      tag[fill_set]   <= page_q;
      place[fill_set] <= page_entry[31:5];
    end
  end

  always_ff @(posedge lmtt_clk) begin
    if (!rst_ni) begin
      state_q      <= StIdle;
      for_bar_q    <= 1'b0;
      prefer_bar_q <= 1'b0;
      stale_q      <= 1'b0;
      valid_q      <= '0;
    end else begin
      state_q <= state_d;
      if (state_q == StIdle) for_bar_q <= for_bar;
      if (hit || absent)     prefer_bar_q <= !for_bar;
      // What was read before an invalidation is not kept; whoever asked asks again.
      if (invalidate_i)           stale_q <= state_q != StIdle;
      else if (state_d == StIdle) stale_q <= 1'b0;
      if (invalidate_i) valid_q <= '0;
      else if (fill)    valid_q[fill_set] <= 1'b1;
    end
  end

  always_ff @(posedge lmtt_clk) begin
    if (rst_ni) begin
      // No VF gets by without an entry of its own.
      LmttOwner: assert ((req_asks && req_verdict_o && !req_fault_o) -> hit && fn == req_fn_i);
      LmttBarOwner: assert ((bar_asks && bar_verdict_o && !bar_fault_o) -> hit && fn == bar_fn_i);
      // The tables answer only when asked.
      LmttAnswerExpected: assert (walk_rsp_valid_i -> state_q == StAnswer);
    end
  end

endmodule
