// SPDX-License-Identifier: MIT
// The arithmetic of MI_MATH: one instruction a cycle, between two sources, an accumulator, two
// flags and the general purpose registers. Instructions that it does not know do nothing.

module gpu_engine_alu
  import gpu_cmd_pkg::*;
(
  input  logic        clk_i,

  input  logic        valid_i,
  input  logic [31:0] instruction_i,  // 31:20 opcode, 19:10 and 9:0 operands

  // general purpose registers: the one that an operand names
  output logic [3:0]  read_index_o,
  input  logic [63:0] read_data_i,
  output logic        write_o,
  output logic [3:0]  write_index_o,
  output logic [63:0] write_data_o
);

  logic [63:0] srca_q, srcb_q, accu_q, value, result;
  logic        zf_q, cf_q, carry, is_load, is_math;
  logic [11:0] opcode;
  logic [9:0]  to, from;

  assign {opcode, to, from} = instruction_i;

  assign is_load = opcode[7:1] == AluLoad[7:1] && opcode[9:8] == 2'd0;  // also 0, 1, inverted
  assign is_math = opcode >= AluAdd && opcode <= AluXor;

  // ---- what is moved ----------------------------------------------------------------------------

  assign read_index_o = from[3:0];

  always_comb begin
    value = 64'd0;
    if (valid_i) begin
      unique case (opcode)
        AluLoad, AluLoadInv, AluStore, AluStoreInv: begin
          unique case (from)
            AluAccu: value = accu_q;
            AluZf:   value = {64{zf_q}};
            AluCf:   value = {64{cf_q}};
            default: value = (from < 10'd16) ? read_data_i : 64'd0;
          endcase
          if (opcode[10]) value = ~value;
        end
        AluLoad1: value = '1;
        default: ;
      endcase
    end
  end

  assign write_o       = valid_i && (opcode == AluStore || opcode == AluStoreInv) && to < 10'd16;
  assign write_index_o = to[3:0];
  assign write_data_o  = value;

  // ---- what is computed -------------------------------------------------------------------------

  always_comb begin
    {carry, result} = 65'd0;
    if (valid_i && is_math) begin
      unique case (opcode)
        AluAdd:  {carry, result} = {1'b0, srca_q} + {1'b0, srcb_q};
        AluSub:  {carry, result} = {1'b0, srca_q} - {1'b0, srcb_q};
        AluAnd:  result = srca_q & srcb_q;
        AluOr:   result = srca_q | srcb_q;
        default: result = srca_q ^ srcb_q;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (valid_i && is_math) begin
      accu_q <= result;
      zf_q   <= result == 64'd0;
      cf_q   <= carry;
    end
    if (valid_i && is_load) begin
      if (to == AluSrcA) srca_q <= value;
      if (to == AluSrcB) srcb_q <= value;
    end
  end

endmodule
