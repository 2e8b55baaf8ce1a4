// SPDX-License-Identifier: MIT
// GT timestamp in clock cycles. The simulator adds what it did not evaluate, so that the value is
// the same with and without idle skip. It is not traced: it changes at each edge.
//
// At an edge with a skip, timestamp_o is still that of the last edge evaluated. So a block takes
// the time only in cycles in which it is not idle, since none of those is left out.

module gpu_timestamp (
  input  logic        clk_i,
  input  logic        rst_ni,

  /*verilator tracing_off*/
  input  logic [63:0] skip_i,
  output logic [63:0] timestamp_o
  /*verilator tracing_on*/
);

  /*verilator tracing_off*/
  logic [63:0] timestamp_q;
  /*verilator tracing_on*/

  always_ff @(posedge clk_i) begin
    if (!rst_ni) timestamp_q <= 64'd0;
    else         timestamp_q <= timestamp_q + 64'd1 + skip_i;
  end

  assign timestamp_o = timestamp_q;

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // Time never runs backwards.
      TimestampRises: assert (timestamp_q + 64'd1 + skip_i > timestamp_q);
    end
  end

endmodule
