// SPDX-License-Identifier: MIT
// GGTT TLB of the tile with its walker. Entries are tagged by page alone and keep the owner that
// the walk found; the owner is compared at each use. An entry written meanwhile in the table is not
// noticed until an invalidation, as on the real chip. Absent entries are not kept.

module gpu_tlb
  import gpu_pkg::PteBits;
#(
  parameter int unsigned IndexBits  = 20,
  parameter int unsigned Entries    = 64,  // chosen: direct mapped, about twice what is in use
  parameter int unsigned WalkCycles = 20   // chosen: an L3 hit of the table
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // lookup: stays until verdict_valid_o, which comes in the same cycle on a hit
  input  logic                 lookup_valid_i,
  input  logic [IndexBits-1:0] lookup_page_i,
  input  logic [5:0]           lookup_fn_i,
  output logic                 verdict_valid_o,
  output logic                 verdict_ok_o,
  output logic                 verdict_foreign_o,  // owned by another function
  output logic [35:0]          frame_o,            // address 47:12
  output logic                 local_o,            // of local memory

  // drop everything, at once
  input  logic                 invalidate_i,

  // table
  output logic                 walk_valid_o,
  output logic [IndexBits-1:0] walk_index_o,
  input  logic [PteBits-1:0]   walk_pte_i,

  output logic                 idle_o
);

  localparam int unsigned SetBits = $clog2(Entries);
  localparam int unsigned TagBits = IndexBits - SetBits;

  typedef enum logic [1:0] {
    StLookup,  // hits are answered, a miss starts a walk
    StWalk,    // the walk takes its time
    StFill,    // the table answers
    StAbsent   // verdict for the requester: no such entry
  } state_e;

  state_e                     state_q, state_d;
  logic [Entries-1:0]         valid_q;
  logic [TagBits-1:0]         tag   [Entries];
  logic [9:0]                 owner [Entries];
  logic [35:0]                frame [Entries];
  logic [Entries-1:0]         local_q;
  logic [$clog2(WalkCycles):0] cycles_q;
  logic                       absent_foreign_q;

  logic [SetBits-1:0] set;
  logic [TagBits-1:0] page_tag;
  logic [9:0]         fn, set_owner;
  logic               hit, fill;

  assign set       = lookup_page_i[SetBits-1:0];
  assign page_tag  = lookup_page_i[IndexBits-1:SetBits];
  assign fn        = {4'd0, lookup_fn_i};
  assign set_owner = owner[set];
  assign hit       = lookup_valid_i && state_q == StLookup && valid_q[set] && tag[set] == page_tag;
  assign fill      = state_q == StFill && walk_pte_i[0];

  assign verdict_valid_o   = hit || state_q == StAbsent;
  assign verdict_ok_o      = hit && set_owner == fn;
  assign verdict_foreign_o = hit ? set_owner != fn : absent_foreign_q;
  assign frame_o           = frame[set];
  assign local_o           = local_q[set];

  assign walk_valid_o = state_q == StWalk && cycles_q == '0;
  assign walk_index_o = lookup_page_i;
  assign idle_o       = state_q == StLookup && !lookup_valid_i;

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StLookup: if (lookup_valid_i && !hit) state_d = StWalk;
      StWalk:   if (cycles_q == '0) state_d = StFill;
      StFill:   state_d = walk_pte_i[0] ? StLookup : StAbsent;
      StAbsent: state_d = StLookup;
      default:  state_d = StLookup;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (fill) begin
      tag[set]   <= page_tag;
      owner[set] <= walk_pte_i[11:2];
      frame[set] <= walk_pte_i[47:12];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q          <= StLookup;
      valid_q          <= '0;
      cycles_q         <= '0;
      absent_foreign_q <= 1'b0;
      local_q          <= '0;
    end else begin
      state_q <= state_d;
      if (state_q == StLookup && lookup_valid_i && !hit) begin
        cycles_q <= ($clog2(WalkCycles) + 1)'(WalkCycles - 1);
      end else if (state_q == StWalk && cycles_q != '0) begin
        cycles_q <= cycles_q - 1'b1;
      end
      if (state_q == StFill)      absent_foreign_q <= walk_pte_i[11:2] != fn;
      if (invalidate_i)           valid_q <= '0;
      else if (fill)              valid_q[set] <= 1'b1;
      if (fill)                   local_q[set] <= walk_pte_i[1];
    end
  end

  /*verilator tracing_off*/
  logic [IndexBits+5:0] was_lookup_q;
  /*verilator tracing_on*/
  always_ff @(posedge clk_i) begin
    was_lookup_q <= {lookup_page_i, lookup_fn_i};
    if (rst_ni) begin
      // The requester waits for the verdict.
      TlbLookupStays: assert (state_q == StLookup ||
          (lookup_valid_i && {lookup_page_i, lookup_fn_i} == was_lookup_q));
      // A verdict is never good for a function that does not own the page.
      TlbVerdictOwner: assert (verdict_ok_o -> set_owner == fn);
    end
  end

endmodule
