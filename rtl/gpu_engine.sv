// SPDX-License-Identifier: MIT
// A command streamer: takes a context from the GuC, runs it, and tells how it ended. What runs it
// sleeps without a context. So that nothing in there is looked at meanwhile, all that it hears goes
// through registers that take it in the middle of a cycle, when it stands; the cycle's end then
// finds it there.

module gpu_engine
  import gpu_pkg::*;
#(
  parameter logic [5:0]   Unit = 6'd0,    // place in the memory interrupt page
  parameter logic [22:12] Base = 11'h002  // of the registers that commands reach
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  /*verilator tracing_off*/
  input  logic [63:0] timestamp_i,
  /*verilator tracing_on*/

  // engine bus of the GuC
  input  logic        reg_sel_i,
  input  logic        reg_write_i,
  input  logic [5:0]  reg_offset_i,
  input  logic [31:0] reg_wdata_i,
  output logic [31:0] reg_rdata_o,
  output logic        event_o,         // an event waits

  input  logic [63:0] gate_closed_i,

  // memory
  output logic        mem_valid_o,
  output mem_op_e     mem_op_o,
  output logic [5:0]  mem_fn_o,
  output logic        mem_ppgtt_o,     // an address of the context's own space
  output space_t      mem_space_o,
  output space_ctl_t  mem_ctl_o,
  input  space_state_t mem_state_i,
  output logic [63:0] mem_addr_o,
  output logic [7:0]  mem_be_o,
  output logic [63:0] mem_data_o,
  input  logic        mem_ready_i,
  input  logic        mem_fault_i,
  input  logic        mem_sent_i,
  input  logic        mem_rsp_valid_i,
  input  logic        mem_rsp_null_i,  // reads 0
  input  logic [63:0] mem_rsp_data_i,

  output logic        idle_o,
  /*verilator tracing_off*/
  output logic [63:0] wake_o
  /*verilator tracing_on*/
);

  logic [31:12] next_page;
  space_e       next_mode;
  logic [3:0]   reason;
  logic         start, preempt, reset, busy, aborts, finish, page_lost, arb_off, polling;
  logic         retry, fail, switches;

  // Nothing moves here but by an access or by the context's end.
  gpu_engine_bus u_bus (
    .clk_i       (core_clk),
    .rst_ni,
    .reg_sel_i, .reg_write_i, .reg_offset_i, .reg_wdata_i, .reg_rdata_o,
    .event_o, .gate_closed_i,
    .busy_i      (busy),
    .arb_off_i   (arb_off),
    .polling_i   (polling),
    .held_i      (mem_state_i.held),
    .start_o     (start),
    .next_page_o (next_page),
    .next_mode_o (next_mode),
    .reset_o     (reset),
    .preempt_o   (preempt),
    .retry_o     (retry),
    .fail_o      (fail),
    .finish_i    (finish),
    .reason_i    (reason),
    .page_lost_i (page_lost),
    .fn_o        (mem_fn_o)
  );

  // ---- clock ------------------------------------------------------------------------------------

  // What the core is told. All but the data is compared: it is quiet when it has heard the last.
  // given_up and reported tell of a fault; an engine that waits for a page or its walk cannot do
  // anything.
  typedef struct packed {
    logic start, reset, leave, mem_ready, mem_fault, given_up, reported, mem_sent, mem_rsp_valid;
  } signals_t;

  /*verilator tracing_off*/
  logic         core_clk;
  logic [63:0]  timestamp_q;
  /*verilator tracing_on*/
  logic         awake, hears, leave;
  signals_t     signals, signals_q;
  logic [63:0]  mem_rsp_data_q;
  logic [31:12] page_q;
  space_e       mode_q;

  assign hears = awake || reg_sel_i || !rst_ni;

  always_comb begin
    signals = '0;
    if (awake || reg_sel_i) begin
      signals = '{start, reset, leave, mem_ready_i, mem_ready_i && mem_fault_i,
                  mem_state_i.given_up, mem_state_i.reported, mem_sent_i, mem_rsp_valid_i};
    end
  end

  assign leave = busy && (preempt || gate_closed_i[mem_fn_o]);

  always_comb begin
    mem_ctl_o = '0;
    if (awake || reg_sel_i) mem_ctl_o = '{switches, leave || aborts, retry, fail};
  end

  gpu_clock_gate u_clock (
    .clk_i    (clk_i),
    .enable_i (hears),
    .clk_o    (core_clk)
  );

  always_ff @(negedge core_clk) begin
    timestamp_q <= timestamp_i;
    signals_q   <= signals;
    if (start) begin
      page_q <= next_page;
      mode_q <= next_mode;
    end
    if (mem_rsp_valid_i) mem_rsp_data_q <= mem_rsp_null_i ? '0 : mem_rsp_data_i;
  end

  // ---- context ----------------------------------------------------------------------------------

  logic core_idle;

  gpu_engine_core #(
    .Unit (Unit),
    .Base (Base)
  ) u_core (
    .clk_i           (core_clk),
    .rst_ni          (rst_ni),
    .timestamp_i     (timestamp_q),
    .start_i         (signals_q.start),
    .page_i          (page_q),
    .mode_i          (mode_q),
    .reset_i         (signals_q.reset),
    .leave_i         (signals_q.leave),
    .finish_o        (finish),
    .reason_o        (reason),
    .page_lost_o     (page_lost),
    .busy_o          (busy),
    .aborts_o        (aborts),
    .arb_off_o       (arb_off),
    .polling_o       (polling),
    .mem_valid_o, .mem_op_o, .mem_ppgtt_o,
    .mem_space_o, .mem_addr_o, .mem_be_o, .mem_data_o,
    .mem_switch_o    (switches),
    .mem_ready_i     (signals_q.mem_ready),
    .mem_fault_i     (signals_q.mem_fault),
    .mem_given_up_i  (signals_q.given_up),
    .mem_reported_i  (signals_q.reported),
    .mem_sent_i      (signals_q.mem_sent),
    .mem_rsp_valid_i (signals_q.mem_rsp_valid),
    .mem_rsp_data_i  (mem_rsp_data_q),
    .awake_o         (awake),
    .idle_o          (core_idle),
    .wake_o
  );

  // Asleep, nothing but an access to the registers can happen.
  always_comb begin
    idle_o = 1'b1;
    if (awake) begin
      idle_o = (core_idle || mem_state_i.waits) && signals == signals_q && timestamp_i < wake_o;
    end
  end

endmodule
