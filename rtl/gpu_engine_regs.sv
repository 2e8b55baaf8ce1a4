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

  // commands: one dword; relative: to the engine's registers
  input  logic        read_i,
  input  logic [22:2] raddr_i,
  input  logic        rrelative_i,
  input  logic        write_i,
  input  logic [22:2] waddr_i,
  input  logic        wrelative_i,
  input  logic [31:0] wdata_i,
  input  logic        math_i,       // wdata_i is an instruction
  /*verilator tracing_off*/
  output logic [31:0] rdata_o,
  /*verilator tracing_on*/

  // context image: one register
  input  logic [3:0]  image_index_i,
  input  logic        image_read_i,
  input  logic        image_write_i,
  /*verilator tracing_off*/
  input  logic [63:0] image_wdata_i,
  /*verilator tracing_on*/
  output logic [63:0] image_data_o
);

  logic [63:0] gpr [16];
  logic [15:0] valid_q;

  function automatic logic [63:0] content(input logic [3:0] index);
    return valid_q[index] ? gpr[index] : 64'd0;
  endfunction

  // ---- read -------------------------------------------------------------------------------------

  logic        is_mine;
  logic [11:2] roffset;
  /*verilator tracing_off*/
  logic [63:0] rvalue;
  /*verilator tracing_on*/

  assign is_mine = raddr_i[22:12] == (rrelative_i ? 11'd0 : Base);
  assign roffset = raddr_i[11:2];

  always_comb begin
    rvalue = 64'd0;
    if (read_i && is_mine && roffset[11:7] == RegGpr[11:7]) begin
      rvalue = content(roffset[6:3]);
    end else if (read_i && is_mine) begin
      unique case ({roffset[11:3], 3'd0})
        RegTimestamp, RegCtxTimestamp: rvalue = timestamp_i;
        default: ;
      endcase
    end
    rdata_o = roffset[2] ? rvalue[63:32] : rvalue[31:0];
  end

  // ---- write: a dword, an instruction's result, or a register of the image ----------------------

  logic        alu_write, write;
  logic [3:0]  alu_read_index, alu_index, index;
  logic [11:2] woffset;
  logic [63:0] alu_data, old, data;

  gpu_engine_alu u_alu (
    .clk_i         (clk_i),
    .valid_i       (math_i),
    .instruction_i (wdata_i),
    .read_index_o  (alu_read_index),
    .read_data_i   (math_i ? content(alu_read_index) : 64'd0),
    .write_o       (alu_write),
    .write_index_o (alu_index),
    .write_data_o  (alu_data)
  );

  assign woffset = waddr_i[11:2];

  always_comb begin
    index = image_index_i;
    data  = image_wdata_i;
    write = image_write_i;
    old   = 64'd0;
    if (alu_write) begin
      {index, data, write} = {alu_index, alu_data, 1'b1};
    end else if (write_i) begin
      index = woffset[6:3];
      old   = content(index);
      data  = woffset[2] ? {wdata_i, old[31:0]} : {old[63:32], wdata_i};
      write = woffset[11:7] == RegGpr[11:7] &&
              waddr_i[22:12] == (wrelative_i ? 11'd0 : Base);
    end
  end

  assign image_data_o = image_read_i ? content(image_index_i) : 64'd0;
  assign used_o       = valid_q != '0;

  always_ff @(posedge clk_i) begin
    if (write) gpr[index] <= data;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) valid_q <= '0;
    else if (write)         valid_q[index] <= 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // The image is not moved while commands run.
      RegsOneWriter: assert ($onehot0({write_i, math_i, image_write_i}));
    end
  end

endmodule
