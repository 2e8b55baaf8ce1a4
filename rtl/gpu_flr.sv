// SPDX-License-Identifier: MIT
// PCI function level resets on their way to one GuC: a bit for each function, so that none is lost
// however late the GuC looks. Two resets of one function before it looks are one.

module gpu_flr
  import gpu_regs_pkg::*;
  import gpu_pkg::next_fn;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  // PCI: pulse
  input  logic        flr_valid_i,
  input  logic [5:0]  flr_fn_i,

  // GuC bus
  input  logic        pop_i,
  output logic [31:0] next_o,
  output logic        pending_o
);

  logic [63:0] flr_q;
  logic [5:0]  last_fn_q, fn;

  assign pending_o = flr_q != 64'd0;
  assign fn        = (pop_i && pending_o) ? next_fn(flr_q, last_fn_q) : 6'd0;
  assign next_o    = pending_o ? (GUCBUS_FLR_VALID | {26'd0, fn}) : 32'd0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      flr_q     <= 64'd0;
      last_fn_q <= 6'd0;
    end else begin
      if (pop_i && pending_o) begin
        flr_q[fn] <= 1'b0;
        last_fn_q <= fn;
      end
      if (flr_valid_i) flr_q[flr_fn_i] <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // The reported function was pending.
      FlrReportsPending: assert ((pop_i && pending_o) -> flr_q[fn]);
    end
  end

endmodule
