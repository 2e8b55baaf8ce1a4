// SPDX-License-Identifier: MIT
// The aperture (BAR2, GMADR): an access of a CPU becomes one of memory at the same GGTT address,
// behind the fences. Translation and owner are those of every GGTT access; what is not there reads
// as ones, its writes are lost, and the host is told. Only the PF has an aperture: another
// function's BAR2 is local memory. Quiet unless asked.

module gpu_aperture
  import gpu_pkg::*;
  import gpu_regs_pkg::*;
#(
  parameter int unsigned AddrBits = 30
) (
  input  logic                clk_i,
  input  logic                rst_ni,

  // fence registers
  input  logic                reg_valid_i,
  input  logic                reg_write_i,
  input  logic [7:2]          reg_offset_i,
  input  logic [3:0]          reg_be_i,
  input  logic [31:0]         reg_wdata_i,
  output logic [31:0]         reg_rdata_o,

  // request: stays until done
  input  logic                req_valid_i,
  input  logic                req_write_i,
  input  logic [AddrBits-1:3] req_addr_i,
  output logic                done_o,
  output logic                fault_o,     // with done: nothing was accessed
  output logic [63:0]         rdata_o,

  // way to memory
  output logic                mem_valid_o,
  output mem_op_e             mem_op_o,
  output logic [31:0]         mem_addr_o,
  input  logic                mem_ready_i,
  input  logic                mem_fault_i,
  input  logic                mem_rsp_valid_i,
  input  logic [63:0]         mem_rsp_data_i,

  output logic                active_o     // an edge may change something, without an answer too
);

  typedef enum logic [2:0] {
    StIdle,    // waits, and looks for the fence when asked
    StDetile,  // address of memory
    StAsk,     // for its turn
    StRead,    // waits for the answer
    StDone,    // it is
    StNone     // there is nothing
  } state_e;

  state_e              state_q, state_d;
  logic [AddrBits-1:3] addr_q, detiled;
  logic                find, none;

  assign find = state_q == StIdle && req_valid_i;

  gpu_fence #(.AddrBits(AddrBits)) u_fence (
    .clk_i        (clk_i),
    .rst_ni       (rst_ni),
    .reg_valid_i  (reg_valid_i),
    .reg_write_i  (reg_write_i),
    .reg_offset_i (reg_offset_i),
    .reg_be_i     (reg_be_i),
    .reg_wdata_i  (reg_wdata_i),
    .reg_rdata_o  (reg_rdata_o),
    .find_i       (find),
    .detile_i     (state_q == StDetile),
    .addr_i       (req_addr_i),
    .none_o       (none),
    .addr_o       (detiled)
  );

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StIdle:   if (req_valid_i) state_d = StDetile;
      StDetile: state_d = none ? StNone : StAsk;
      StAsk: begin
        if (mem_ready_i && mem_fault_i) state_d = StNone;
        else if (mem_ready_i)           state_d = req_write_i ? StDone : StRead;
      end
      StRead:   if (mem_rsp_valid_i) state_d = StIdle;
      StDone:   state_d = StIdle;
      StNone:   state_d = StIdle;
      default:  state_d = StIdle;
    endcase
  end

  assign done_o      = (state_q == StRead && mem_rsp_valid_i) || state_q == StDone || fault_o;
  assign fault_o     = state_q == StNone;
  assign mem_valid_o = state_q == StAsk;
  assign mem_op_o    = req_write_i ? MemWrite : MemRead;
  assign mem_addr_o  = {{(32 - AddrBits){1'b0}}, addr_q, 3'd0};
  assign active_o    = (state_q == StIdle) ? req_valid_i || reg_valid_i : state_q != StRead;

  always_comb begin
    rdata_o = '0;
    if (fault_o) rdata_o = '1;
    else if (state_q == StRead && mem_rsp_valid_i) rdata_o = mem_rsp_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (state_q == StDetile) addr_q <= detiled;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) state_q <= StIdle;
    else         state_q <= state_d;
  end

  /*verilator tracing_off*/
  logic [AddrBits-1:3] was_addr_q;
  /*verilator tracing_on*/
  always_ff @(posedge clk_i) begin
    was_addr_q <= req_addr_i;
    if (rst_ni) begin
      // Whoever asks waits.
      ApertureRequestStays: assert (state_q == StIdle || (req_valid_i && req_addr_i == was_addr_q));
      // Memory answers only what was asked.
      ApertureAnswerExpected: assert (mem_rsp_valid_i -> state_q == StRead);
    end
  end

endmodule
