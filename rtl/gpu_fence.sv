// SPDX-License-Identifier: MIT
// Fence registers and the detiler behind them: what a CPU reads and writes line by line in the
// range of a valid fence lies in tiles in memory. Pages of 4 KiB each hold one tile: X 8 rows of
// 512 bytes, Y 8 columns of 16 bytes with 32 rows each. No address bit is swizzled beyond that.
// Where the public documents say nothing: of two fences that overlap the lower number counts; an X
// fence whose pitch is not whole tiles, and an address that an incomplete last row of tiles would
// move beyond the end of the range, lead nowhere, so that no fence reaches out of its range.

module gpu_fence
  import gpu_regs_pkg::*;
#(
  parameter int unsigned AddrBits = 30
) (
  input  logic                clk_i,
  input  logic                rst_ni,

  // register bus
  input  logic                reg_valid_i,
  input  logic                reg_write_i,
  input  logic [7:2]          reg_offset_i,  // from FENCE_REG_GEN6_LO_0
  input  logic [3:0]          reg_be_i,
  input  logic [31:0]         reg_wdata_i,
  output logic [31:0]         reg_rdata_o,

  // first the range is looked for, then, in the next cycle, the tile
  input  logic                find_i,
  input  logic                detile_i,
  input  logic [AddrBits-1:3] addr_i,
  output logic                none_o,        // with detile: it leads nowhere
  output logic [AddrBits-1:3] addr_o
);

  localparam int unsigned NumFences = FENCE_REG_GEN6_LO_COUNT;
  localparam int unsigned UnitBits  = AddrBits - 7;  // of offsets in 128 bytes

  /* verilator tracing_off */  // registers as they are written tell them
  logic [63:0] fences [NumFences];
  /* verilator tracing_on */

  // ---- registers --------------------------------------------------------------------------------

  logic [4:0]  number;
  logic [31:0] mask;

  assign number = reg_offset_i[7:3];
  assign mask   = {{8{reg_be_i[3]}}, {8{reg_be_i[2]}}, {8{reg_be_i[1]}}, {8{reg_be_i[0]}}};

  always_comb begin
    reg_rdata_o = 32'd0;
    if (reg_valid_i && !reg_write_i) begin
      reg_rdata_o = reg_offset_i[2] ? fences[number][63:32] : fences[number][31:0];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      for (int unsigned i = 0; i < NumFences; i++) fences[i] <= 64'd0;
    end else if (reg_valid_i && reg_write_i) begin
      if (reg_offset_i[2]) begin
        fences[number][63:32] <= (fences[number][63:32] & ~mask) | (reg_wdata_i & mask);
      end else begin
        fences[number][31:0]  <= (fences[number][31:0]  & ~mask) | (reg_wdata_i & mask);
      end
    end
  end

  // ---- whose range ------------------------------------------------------------------------------

  logic         hit, hit_q, tile_y_q;
  logic [63:0]  found;
  logic [31:12] page, start_q, end_q;
  logic [10:0]  pitch_q;  // units of 128 bytes, less one

  always_comb begin
    hit   = 1'b0;
    found = 64'd0;
    page  = 20'd0;
    if (find_i) begin
      page[AddrBits-1:12] = addr_i[AddrBits-1:12];
      for (int i = int'(NumFences) - 1; i >= 0; i--) begin
        if (fences[i][0] && page >= fences[i][31:12] && page <= fences[i][63:44]) begin
          hit   = 1'b1;
          found = fences[i];
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      hit_q    <= 1'b0;
      tile_y_q <= 1'b0;
      start_q  <= '0;
      end_q    <= '0;
      pitch_q  <= '0;
    end else if (find_i) begin
      hit_q    <= hit;
      tile_y_q <= found[1];
      start_q  <= found[31:12];
      end_q    <= found[63:44];
      pitch_q  <= found[42:32];
    end
  end

  // ---- which tile -------------------------------------------------------------------------------

  logic [31:12]        first;                           // page
  /* verilator tracing_off */  // steps of one computation
  logic [AddrBits-1:3] offset;                          // in the range
  logic [UnitBits-1:0] unit, pitch, row, column;        // column: of 128 bytes
  logic [19:0]         tile;
  logic [11:3]         in_tile;
  /* verilator tracing_on */

  always_comb begin
    none_o = 1'b0;
    addr_o = detile_i ? addr_i : '0;
    first  = '0;
    offset = '0;
    unit   = '0;
    pitch  = '0;
    row    = '0;
    column = '0;
    tile   = '0;
    in_tile = '0;
    if (detile_i && hit_q) begin
      offset = addr_i - {start_q[AddrBits-1:12], 9'd0};
      unit   = offset[AddrBits-1:7];
      pitch  = UnitBits'(pitch_q) + 1'b1;
      row    = unit / pitch;
      column = unit % pitch;
      if (tile_y_q) begin
        tile   = 20'((row >> 5) * pitch + column);
        in_tile = {offset[6:4], row[4:0], offset[3]};
      end else begin
        tile   = 20'((row >> 3) * (pitch >> 2) + (column >> 2));
        in_tile = {row[2:0], column[1:0], offset[6:3]};
      end
      first  = start_q + tile;
      addr_o = {first[AddrBits-1:12], in_tile};
      none_o = first > end_q || (!tile_y_q && pitch[1:0] != 2'd0);
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // No fence reaches out of its range.
      FenceStaysInside: assert (
          (detile_i && hit_q && !none_o) -> first >= start_q && first <= end_q);
    end
  end

endmodule
