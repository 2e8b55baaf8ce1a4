// SPDX-License-Identifier: MIT
// The command under way: its first dword, what that says, the operands taken, and how much of it is
// left.

module gpu_engine_command
  import gpu_cmd_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  // dword that begins a command, and what that is
  input  logic        valid_i,
  input  logic [31:0] dword_i,
  input  logic        unprivileged_i,   // it stands in the context's own space
  output command_e    next_o,
  output logic [10:0] next_len_o,
  output logic        next_operands_o,  // it has to be given some before it acts

  // control
  input  logic        take_i,           // it is taken
  input  logic        operand_i,        // and keep it
  input  logic        act_i,            // the operands are there

  output command_e    command_o,
  output logic [31:0] header_o,
  output logic [31:0] operand_o [6],
  output logic [10:0] left_o,           // dwords not taken
  output logic        last_operand_o,   // the next one is the last to be given
  output logic        second_o          // of pairs behind the operands: the next one is a second
);

  logic [2:0] operands, need_q, taken_q;

  gpu_engine_decode u_decode (
    .valid_i        (valid_i),
    .header_i       (dword_i),
    .unprivileged_i (unprivileged_i),
    .command_o      (next_o),
    .len_o          (next_len_o),
    .operands_o     (operands)
  );

  assign next_operands_o = operands != 3'd0;
  assign last_operand_o  = taken_q + 3'd1 == need_q;
  assign second_o        = taken_q[0];

  always_ff @(posedge clk_i) begin
    if (valid_i)   header_o <= dword_i;
    if (operand_i) operand_o[taken_q] <= dword_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      command_o <= CmdSkip;
      need_q    <= 3'd0;
      taken_q   <= 3'd0;
      left_o    <= 11'd0;
    end else begin
      if (valid_i) begin
        command_o <= next_o;
        need_q    <= operands;
        left_o    <= next_len_o - 11'd1;
      end else if (take_i) begin
        left_o <= left_o - 11'd1;
      end
      if (valid_i || act_i) taken_q <= 3'd0;
      else if (take_i)      taken_q <= taken_q + 3'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // Operands have their places.
      CommandOperands: assert (operand_i -> take_i && taken_q < need_q);
    end
  end

endmodule
