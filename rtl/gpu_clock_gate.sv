// SPDX-License-Identifier: MIT
// Clock of a block that has nothing to do most of the time. It stands high while the block sleeps,
// so that the enable may change whenever the clock is high, and with its fall: flops that the
// rising edge moves may drive it, and no latch is needed. A cycle whose low half is enabled ends in
// an edge.

module gpu_clock_gate (
  /*verilator tracing_off*/
  input  logic clk_i,
  /*verilator tracing_on*/
  input  logic enable_i,
  /*verilator tracing_off*/
  output logic clk_o
  /*verilator tracing_on*/
);

  assign clk_o = clk_i || !enable_i;

endmodule
