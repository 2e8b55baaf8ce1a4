// SPDX-License-Identifier: MIT
// Doorbells of one GT. One write rings both bells of a function: the CTB's always, the mailbox's
// when register 0 holds a message. The GuC takes them in round robin order; a CTB bell behind a
// closed gate keeps ringing unheard.

module gpu_doorbell
  import gpu_regs_pkg::*;
  import gpu_pkg::next_fn;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  // host: rung in this cycle
  input  logic        ring_i,
  input  logic [5:0]  ring_fn_i,
  input  logic        ring_mailbox_i,

  input  logic [63:0] gate_closed_i,

  // GuC bus: what the next pop returns, up when there is something; pop_i takes it
  input  logic        pop_i,
  output logic [31:0] next_o,
  output logic        pending_o
);

  logic [63:0] ctb_q, mailbox_q, audible;
  logic [5:0]  last_fn_q, fn;
  logic        give_ctb, give_mailbox;

  assign audible   = mailbox_q | (ctb_q & ~gate_closed_i);
  assign pending_o = audible != 64'd0;

  always_comb begin
    fn           = 6'd0;
    give_ctb     = 1'b0;
    give_mailbox = 1'b0;
    if (pop_i) begin
      fn           = next_fn(audible, last_fn_q);
      give_ctb     = ctb_q[fn] && !gate_closed_i[fn];
      give_mailbox = mailbox_q[fn];
    end
    next_o = 32'd0;
    if (give_ctb || give_mailbox) begin
      next_o = GUCBUS_DB_VALID | {26'd0, fn};
      if (give_ctb)     next_o |= GUCBUS_DB_CTB;
      if (give_mailbox) next_o |= GUCBUS_DB_MBOX;
    end
  end

  // A ring in the cycle of its pop stays for the next pop.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ctb_q     <= 64'd0;
      mailbox_q <= 64'd0;
      last_fn_q <= 6'd0;
    end else begin
      if (give_ctb)     ctb_q[fn]     <= 1'b0;
      if (give_mailbox) mailbox_q[fn] <= 1'b0;
      if (give_ctb || give_mailbox) last_fn_q <= fn;
      if (ring_i) begin
        ctb_q[ring_fn_i] <= 1'b1;
        if (ring_mailbox_i) mailbox_q[ring_fn_i] <= 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // Nothing passes a closed gate but the mailbox.
      DoorbellGateHolds: assert (give_ctb -> !gate_closed_i[fn]);
      // A pop with something pending returns something.
      DoorbellPopFinds: assert ((pop_i && pending_o) -> (next_o & GUCBUS_DB_VALID) != 32'd0);
    end
  end

endmodule
