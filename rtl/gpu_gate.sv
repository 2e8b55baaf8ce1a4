// SPDX-License-Identifier: MIT
// The gate of one GT: a bit for each function. Behind a closed one CTB doorbells wait and no engine
// works; the mailbox stays open, since a blocked VF recovers through it.

module gpu_gate (
  input  logic        clk_i,
  input  logic        rst_ni,

  // GuC bus
  input  logic        close_i,
  input  logic        open_i,
  input  logic [5:0]  fn_i,

  output logic [63:0] closed_o
);

  logic [63:0] gate_closed_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni)      gate_closed_q <= 64'd0;
    else if (close_i) gate_closed_q[fn_i] <= 1'b1;
    else if (open_i)  gate_closed_q[fn_i] <= 1'b0;
  end

  assign closed_o = gate_closed_q;

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // The bus does one thing at a time.
      GateOneCommand: assert (!(close_i && open_i));
    end
  end

endmodule
