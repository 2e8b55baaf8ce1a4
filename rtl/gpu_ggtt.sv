// SPDX-License-Identifier: MIT
// The GGTT's entries: one table for the tile, written through BAR0, read by the TLB's walker. Each
// entry names its owner. The PF reads and writes all of it; a VF sees its own entries, without the
// owner field, as if no other existed: foreign ones read 0 and its writes to them are lost.

module gpu_ggtt
  import gpu_pkg::PteBits;
#(
  parameter int unsigned IndexBits = 20  // 4 GiB in pages; benches take less
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // BAR0: one access a cycle, read data in the next cycle
  input  logic                 host_valid_i,
  input  logic                 host_write_i,
  input  logic [5:0]           host_fn_i,
  input  logic [IndexBits-1:0] host_index_i,
  input  logic [7:0]           host_be_i,
  input  logic [63:0]          host_wdata_i,
  output logic [63:0]          host_rdata_o,

  // walker: entry in the next cycle
  input  logic                 walk_valid_i,
  input  logic [IndexBits-1:0] walk_index_i,
  output logic [PteBits-1:0]   walk_pte_o
);

  localparam logic [63:0] VfidMask = 64'hffc;

  // Powers up empty: nothing is present and the PF owns everything.
  /*verilator tracing_off*/
  logic [PteBits-1:0] entries [2 ** IndexBits];
  /*verilator tracing_on*/
  initial begin
    for (int unsigned i = 0; i < 2 ** IndexBits; i++) entries[i] = '0;
  end

  /* verilator tracing_off */  // one access, cut up: costly waves that the pte_* signals tell
  logic [63:0]        old, kept, seen;
  logic [PteBits-1:0] merged;
  /* verilator tracing_on */
  logic               owned, is_pf;
  logic [63:0]        host_rdata_q;
  logic [PteBits-1:0] walk_pte_q;

  always_comb begin
    old    = 64'd0;
    is_pf  = host_fn_i == 6'd0;
    owned  = 1'b0;
    kept   = '1;
    merged = '0;
    seen   = 64'd0;
    if (host_valid_i) begin
      old   = {{(64 - PteBits){1'b0}}, entries[host_index_i]};
      owned = is_pf || old[11:2] == {4'd0, host_fn_i};
      for (int unsigned i = 0; i < 8; i++) kept[8*i +: 8] = {8{!host_be_i[i]}};
      if (!is_pf) kept |= VfidMask;
      merged = PteBits'((old & kept) | (host_wdata_i & ~kept));
      if (owned) seen = is_pf ? old : old & ~VfidMask;
    end
  end

  always_ff @(posedge clk_i) begin
    if (host_valid_i && host_write_i && owned) entries[host_index_i] <= merged;
    if (host_valid_i && !host_write_i)         host_rdata_q <= seen;
    if (walk_valid_i)                          walk_pte_q <= entries[walk_index_i];
  end

  assign host_rdata_o = host_rdata_q;
  assign walk_pte_o   = walk_pte_q;

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // A VF never changes who owns an entry.
      GgttOwnerStays: assert ((host_valid_i && !is_pf) -> merged[11:2] == old[11:2]);
    end
  end

endmodule
