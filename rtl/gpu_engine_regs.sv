// SPDX-License-Identifier: MIT
// Registers of an engine that commands reach: sixteen general purpose ones of 64 bits, and the
// timestamps. Others read 0 and forget what is written. The general purpose registers belong to the
// context: they begin as 0 with it and travel in its image once one was written.

module gpu_engine_regs
  import gpu_cmd_pkg::*;
#(
  parameter logic [22:12] Base = 11'h002  // of the engine's registers
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  /*verilator tracing_off*/
  input  logic [63:0] timestamp_i,
  /*verilator tracing_on*/

  input  logic        clear_i,      // another context
  output logic        used_o,       // something was written

  // commands: one dword
  input  logic [22:2] addr_i,
  input  logic        relative_i,   // to the engine's registers
  input  logic        write_i,
  input  logic [31:0] wdata_i,
  /*verilator tracing_off*/
  output logic [31:0] rdata_o,
  /*verilator tracing_on*/

  // context image: one register
  input  logic [3:0]  image_index_i,
  input  logic        image_write_i,
  /*verilator tracing_off*/
  input  logic [63:0] image_wdata_i,
  /*verilator tracing_on*/
  output logic [63:0] image_data_o
);

  logic [63:0] gpr [16];
  logic [15:0] valid_q;

  // ---- what is meant ----------------------------------------------------------------------------

  logic        is_mine, is_gpr;
  logic [11:0] offset;
  logic [3:0]  index;
  logic [63:0] value;

  assign is_mine = addr_i[22:12] == (relative_i ? 11'd0 : Base);
  assign offset  = {addr_i[11:2], 2'd0};
  assign is_gpr  = is_mine && offset[11:7] == RegGpr[11:7];
  assign index   = offset[6:3];
  assign value   = valid_q[index] ? gpr[index] : 64'd0;

  always_comb begin
    rdata_o = 32'd0;
    if (is_gpr) begin
      rdata_o = offset[2] ? value[63:32] : value[31:0];
    end else if (is_mine) begin
      unique case (offset)
        RegTimestamp, RegCtxTimestamp:      rdata_o = timestamp_i[31:0];
        RegTimestampUdw, RegCtxTimestampUdw: rdata_o = timestamp_i[63:32];
        default: ;
      endcase
    end
  end

  assign image_data_o = valid_q[image_index_i] ? gpr[image_index_i] : 64'd0;
  assign used_o       = valid_q != '0;

  always_ff @(posedge clk_i) begin
    if (write_i && is_gpr) begin
      gpr[index] <= offset[2] ? {wdata_i, value[31:0]} : {value[63:32], wdata_i};
    end
    if (image_write_i) gpr[image_index_i] <= image_wdata_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      valid_q <= '0;
    end else begin
      if (write_i && is_gpr) valid_q[index] <= 1'b1;
      if (image_write_i)     valid_q[image_index_i] <= 1'b1;
    end
  end

  // The image is not moved while commands run.
  RegsOneWriter: assert property (@(posedge clk_i) disable iff (!rst_ni)
      !(write_i && image_write_i));

endmodule
