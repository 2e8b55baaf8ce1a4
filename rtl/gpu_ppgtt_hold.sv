// SPDX-License-Identifier: MIT
// Accesses that wait for a page, one an engine at most: each is told to its GuC, and waits until
// that says that the page is there, or never will be, or until the context has to leave the engine.
// In the last two cases it ends as an access that was refused.

module gpu_ppgtt_hold
  import gpu_pkg::*;
(
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic [NumEngines-1:0] hold_i,            // pulse: the page is not there
  input  space_ctl_t            ctl_i [NumEngines],
  output logic [NumEngines-1:0] held_o,
  output logic [NumEngines-1:0] refuse_o,          // pulse: the access is to end

  // why the access that ends now does
  input  logic [NumEngines-1:0] ends_i,            // pulse: with a fault
  output logic [NumEngines-1:0] refused_o,         // it was held: the GuC need not hear again
  output logic [NumEngines-1:0] given_up_o,        // as its context had to go
  output logic [NumEngines-1:0] reported_o,        // and the GuC had heard of it

  // reports to the GuCs
  output logic                  report_valid_o,
  output logic [EngineBits-1:0] report_engine_o,
  input  logic [NumEngines-1:0] report_room_i,     // in the queue of its GT
  input  logic                  report_ready_i,

  output logic                  idle_o
);

  logic [NumEngines-1:0] held_q, told_q, refused_q, given_up_q;
  logic [NumEngines-1:0] leave, retry, fail, go, due, telling;

  always_comb begin
    for (int unsigned e = 0; e < NumEngines; e++) begin
      leave[e] = held_q[e] && ctl_i[e].leave;
      retry[e] = held_q[e] && ctl_i[e].retry && !leave[e];
      fail[e]  = held_q[e] && ctl_i[e].fail && !leave[e] && !retry[e];
    end
  end

  assign go  = leave | retry | fail;
  assign due = held_q & ~told_q & ~go & report_room_i;

  assign report_valid_o  = due != '0;
  assign report_engine_o = EngineBits'(lowest_bit({{(64 - NumEngines){1'b0}}, due}));
  assign telling = (report_valid_o && report_ready_i) ? NumEngines'(1) << report_engine_o : '0;

  assign held_o     = held_q;
  assign refuse_o   = leave | fail;
  assign refused_o  = refused_q;
  assign given_up_o = given_up_q;
  assign reported_o = told_q;
  assign idle_o     = (go | due) == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      held_q     <= '0;
      told_q     <= '0;
      refused_q  <= '0;
      given_up_q <= '0;
    end else begin
      held_q     <= (held_q | hold_i) & ~go;
      told_q     <= (told_q | telling) & ~hold_i;
      refused_q  <= (refused_q & ~ends_i) | leave | fail;
      given_up_q <= (given_up_q & ~ends_i) | leave;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // What is to end does so before it waits again.
      HoldEndsFirst: assert ((hold_i & refused_q) == '0);
      // An engine waits for one page.
      HoldOnce: assert ((hold_i & held_q) == '0);
    end
  end

endmodule
