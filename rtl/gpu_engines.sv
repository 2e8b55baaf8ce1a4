// SPDX-License-Identifier: MIT
// The engines of the tile, by the index of gpu_pkg: render, copy and compute on the main GT's bus,
// video decode and enhancement on the media GT's.

module gpu_engines
  import gpu_pkg::*;
(
  input  logic                  clk_i,
  input  logic                  rst_ni,
  /*verilator tracing_off*/
  input  logic [63:0]           timestamp_i,
  /*verilator tracing_on*/

  // engine buses and gates of the GTs
  input  logic [NumEngines-1:0] reg_sel_i,
  input  logic [1:0]            reg_write_i,
  input  logic [5:0]            reg_offset_i  [2],
  input  logic [31:0]           reg_wdata_i   [2],
  output logic [31:0]           reg_rdata_o   [2],
  output logic [NumEngines-1:0] event_o,
  input  logic [63:0]           gate_closed_i [2],

  // memory
  /* verilator tracing_off */  // waves show the engines' own, and the arbiter's
  output logic [NumEngines-1:0] mem_valid_o,
  /* verilator tracing_on */
  output mem_op_e               mem_op_o      [NumEngines],
  output logic [5:0]            mem_fn_o      [NumEngines],
  /* verilator tracing_off */  // waves show the engines' own
  output logic [NumEngines-1:0] mem_ppgtt_o,
  /* verilator tracing_on */
  output space_t                mem_space_o   [NumEngines],
  output space_ctl_t            mem_ctl_o     [NumEngines],
  input  space_state_t          mem_state_i   [NumEngines],
  /* verilator tracing_off */  // waves show the engines' own
  output logic [63:0]           mem_addr_o    [NumEngines],
  output logic [7:0]            mem_be_o      [NumEngines],
  output logic [63:0]           mem_data_o    [NumEngines],
  /* verilator tracing_on */
  input  logic [NumEngines-1:0] mem_ready_i,
  input  logic                  mem_fault_i,
  input  logic                  mem_sent_i,
  input  logic [NumEngines-1:0] mem_rsp_valid_i,
  input  logic                  mem_rsp_null_i,
  input  logic [63:0]           mem_rsp_data_i,

  output logic                  idle_o,
  /*verilator tracing_off*/
  output logic [63:0]           wake_o
  /*verilator tracing_on*/
);

  logic [NumEngines-1:0] idle;
  logic [31:0]           rdata [NumEngines];
  /*verilator tracing_off*/
  logic [63:0]           wake [NumEngines];
  /*verilator tracing_on*/

  function automatic logic [63:0] earlier(input logic [63:0] a, input logic [63:0] b);
    return (a < b) ? a : b;
  endfunction

  assign idle_o = &idle;
  // Who is not selected says 0.
  assign reg_rdata_o[0] = rdata[EngineRcs] | rdata[EngineBcs] | rdata[EngineCcs];
  assign reg_rdata_o[1] = rdata[EngineVcs] | rdata[EngineVecs];

  always_comb begin
    wake_o = '1;
    for (int unsigned e = 0; e < NumEngines; e++) wake_o = earlier(wake_o, wake[e]);
  end

  gpu_engine #(
    .Unit (UnitOfRcs),
    .Base (BaseOfRcs)
  ) u_rcs0 (
    .clk_i, .rst_ni, .timestamp_i,
    .reg_sel_i       (reg_sel_i[EngineRcs]),
    .reg_write_i     (reg_write_i[0]),
    .reg_offset_i    (reg_offset_i[0]),
    .reg_wdata_i     (reg_wdata_i[0]),
    .reg_rdata_o     (rdata[EngineRcs]),
    .event_o         (event_o[EngineRcs]),
    .gate_closed_i   (gate_closed_i[0]),
    .mem_valid_o     (mem_valid_o[EngineRcs]),
    .mem_op_o        (mem_op_o[EngineRcs]),
    .mem_fn_o        (mem_fn_o[EngineRcs]),
    .mem_ppgtt_o     (mem_ppgtt_o[EngineRcs]),
    .mem_space_o     (mem_space_o[EngineRcs]),
    .mem_ctl_o       (mem_ctl_o[EngineRcs]),
    .mem_state_i     (mem_state_i[EngineRcs]),
    .mem_addr_o      (mem_addr_o[EngineRcs]),
    .mem_be_o        (mem_be_o[EngineRcs]),
    .mem_data_o      (mem_data_o[EngineRcs]),
    .mem_ready_i     (mem_ready_i[EngineRcs]),
    .mem_fault_i, .mem_sent_i,
    .mem_rsp_valid_i (mem_rsp_valid_i[EngineRcs]),
    .mem_rsp_null_i, .mem_rsp_data_i,
    .idle_o          (idle[EngineRcs]),
    .wake_o          (wake[EngineRcs])
  );

  gpu_engine #(
    .Unit (UnitOfBcs),
    .Base (BaseOfBcs)
  ) u_bcs0 (
    .clk_i, .rst_ni, .timestamp_i,
    .reg_sel_i       (reg_sel_i[EngineBcs]),
    .reg_write_i     (reg_write_i[0]),
    .reg_offset_i    (reg_offset_i[0]),
    .reg_wdata_i     (reg_wdata_i[0]),
    .reg_rdata_o     (rdata[EngineBcs]),
    .event_o         (event_o[EngineBcs]),
    .gate_closed_i   (gate_closed_i[0]),
    .mem_valid_o     (mem_valid_o[EngineBcs]),
    .mem_op_o        (mem_op_o[EngineBcs]),
    .mem_fn_o        (mem_fn_o[EngineBcs]),
    .mem_ppgtt_o     (mem_ppgtt_o[EngineBcs]),
    .mem_space_o     (mem_space_o[EngineBcs]),
    .mem_ctl_o       (mem_ctl_o[EngineBcs]),
    .mem_state_i     (mem_state_i[EngineBcs]),
    .mem_addr_o      (mem_addr_o[EngineBcs]),
    .mem_be_o        (mem_be_o[EngineBcs]),
    .mem_data_o      (mem_data_o[EngineBcs]),
    .mem_ready_i     (mem_ready_i[EngineBcs]),
    .mem_fault_i, .mem_sent_i,
    .mem_rsp_valid_i (mem_rsp_valid_i[EngineBcs]),
    .mem_rsp_null_i, .mem_rsp_data_i,
    .idle_o          (idle[EngineBcs]),
    .wake_o          (wake[EngineBcs])
  );

  gpu_engine #(
    .Unit (UnitOfCcs),
    .Base (BaseOfCcs)
  ) u_ccs0 (
    .clk_i, .rst_ni, .timestamp_i,
    .reg_sel_i       (reg_sel_i[EngineCcs]),
    .reg_write_i     (reg_write_i[0]),
    .reg_offset_i    (reg_offset_i[0]),
    .reg_wdata_i     (reg_wdata_i[0]),
    .reg_rdata_o     (rdata[EngineCcs]),
    .event_o         (event_o[EngineCcs]),
    .gate_closed_i   (gate_closed_i[0]),
    .mem_valid_o     (mem_valid_o[EngineCcs]),
    .mem_op_o        (mem_op_o[EngineCcs]),
    .mem_fn_o        (mem_fn_o[EngineCcs]),
    .mem_ppgtt_o     (mem_ppgtt_o[EngineCcs]),
    .mem_space_o     (mem_space_o[EngineCcs]),
    .mem_ctl_o       (mem_ctl_o[EngineCcs]),
    .mem_state_i     (mem_state_i[EngineCcs]),
    .mem_addr_o      (mem_addr_o[EngineCcs]),
    .mem_be_o        (mem_be_o[EngineCcs]),
    .mem_data_o      (mem_data_o[EngineCcs]),
    .mem_ready_i     (mem_ready_i[EngineCcs]),
    .mem_fault_i, .mem_sent_i,
    .mem_rsp_valid_i (mem_rsp_valid_i[EngineCcs]),
    .mem_rsp_null_i, .mem_rsp_data_i,
    .idle_o          (idle[EngineCcs]),
    .wake_o          (wake[EngineCcs])
  );

  gpu_engine #(
    .Unit (UnitOfVcs),
    .Base (BaseOfVcs)
  ) u_vcs0 (
    .clk_i, .rst_ni, .timestamp_i,
    .reg_sel_i       (reg_sel_i[EngineVcs]),
    .reg_write_i     (reg_write_i[1]),
    .reg_offset_i    (reg_offset_i[1]),
    .reg_wdata_i     (reg_wdata_i[1]),
    .reg_rdata_o     (rdata[EngineVcs]),
    .event_o         (event_o[EngineVcs]),
    .gate_closed_i   (gate_closed_i[1]),
    .mem_valid_o     (mem_valid_o[EngineVcs]),
    .mem_op_o        (mem_op_o[EngineVcs]),
    .mem_fn_o        (mem_fn_o[EngineVcs]),
    .mem_ppgtt_o     (mem_ppgtt_o[EngineVcs]),
    .mem_space_o     (mem_space_o[EngineVcs]),
    .mem_ctl_o       (mem_ctl_o[EngineVcs]),
    .mem_state_i     (mem_state_i[EngineVcs]),
    .mem_addr_o      (mem_addr_o[EngineVcs]),
    .mem_be_o        (mem_be_o[EngineVcs]),
    .mem_data_o      (mem_data_o[EngineVcs]),
    .mem_ready_i     (mem_ready_i[EngineVcs]),
    .mem_fault_i, .mem_sent_i,
    .mem_rsp_valid_i (mem_rsp_valid_i[EngineVcs]),
    .mem_rsp_null_i, .mem_rsp_data_i,
    .idle_o          (idle[EngineVcs]),
    .wake_o          (wake[EngineVcs])
  );

  gpu_engine #(
    .Unit (UnitOfVecs),
    .Base (BaseOfVecs)
  ) u_vecs0 (
    .clk_i, .rst_ni, .timestamp_i,
    .reg_sel_i       (reg_sel_i[EngineVecs]),
    .reg_write_i     (reg_write_i[1]),
    .reg_offset_i    (reg_offset_i[1]),
    .reg_wdata_i     (reg_wdata_i[1]),
    .reg_rdata_o     (rdata[EngineVecs]),
    .event_o         (event_o[EngineVecs]),
    .gate_closed_i   (gate_closed_i[1]),
    .mem_valid_o     (mem_valid_o[EngineVecs]),
    .mem_op_o        (mem_op_o[EngineVecs]),
    .mem_fn_o        (mem_fn_o[EngineVecs]),
    .mem_ppgtt_o     (mem_ppgtt_o[EngineVecs]),
    .mem_space_o     (mem_space_o[EngineVecs]),
    .mem_ctl_o       (mem_ctl_o[EngineVecs]),
    .mem_state_i     (mem_state_i[EngineVecs]),
    .mem_addr_o      (mem_addr_o[EngineVecs]),
    .mem_be_o        (mem_be_o[EngineVecs]),
    .mem_data_o      (mem_data_o[EngineVecs]),
    .mem_ready_i     (mem_ready_i[EngineVecs]),
    .mem_fault_i, .mem_sent_i,
    .mem_rsp_valid_i (mem_rsp_valid_i[EngineVecs]),
    .mem_rsp_null_i, .mem_rsp_data_i,
    .idle_o          (idle[EngineVecs]),
    .wake_o          (wake[EngineVecs])
  );

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // Nobody is answered who did not ask: one answer, one engine.
      EnginesAnswerOneHot: assert ($onehot0(mem_rsp_valid_i));
    end
  end

endmodule
