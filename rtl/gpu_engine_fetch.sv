// SPDX-License-Identifier: MIT
// Command dwords of an engine, by way of one line of 64 bytes. A line lies in one page, is read in
// one burst, and is forgotten when the ring's tail moved, since dwords behind the old tail may have
// been read too early.

module gpu_engine_fetch (
  input  logic        clk_i,
  input  logic        rst_ni,

  // dword: want stays until valid or fault (one cycle); it may also be given up
  input  logic        want_i,
  input  logic [63:0] addr_i,
  input  logic        ppgtt_i,        // in the context's own space
  output logic        valid_o,
  output logic [31:0] data_o,
  output logic        fault_o,
  input  logic        forget_i,

  // memory, reads only
  output logic        mem_valid_o,
  output logic        mem_ppgtt_o,
  output logic [63:0] mem_addr_o,
  input  logic        mem_ready_i,
  input  logic        mem_fault_i,
  input  logic        mem_rsp_valid_i,
  input  logic [63:0] mem_rsp_data_i,

  output logic        busy_o,
  output logic        idle_o
);

  typedef enum logic [1:0] {
    StReady,  // serves from the line
    StFill,   // reads a line
    StFault   // tells that it could not
  } state_e;

  state_e      state_q, state_d;
  logic [63:0] line [8];
  logic [63:6] tag_q;
  logic        ppgtt_q, valid_q, stop_q, fault_q;
  logic [3:0]  asked_q, got_q;
  logic [63:0] quad;
  logic        hit, miss, filled;

  assign hit    = valid_q && tag_q == addr_i[63:6] && ppgtt_q == ppgtt_i;
  assign miss   = state_q == StReady && want_i && !hit;
  assign filled = stop_q && got_q == asked_q;

  assign valid_o = state_q == StReady && want_i && hit;
  assign fault_o = state_q == StFault;

  always_comb begin
    quad   = 64'd0;
    data_o = 32'd0;
    if (valid_o) begin
      quad   = line[addr_i[5:3]];
      data_o = addr_i[2] ? quad[63:32] : quad[31:0];
    end
  end

  assign mem_valid_o = state_q == StFill && !stop_q;
  assign mem_ppgtt_o = ppgtt_q;
  assign mem_addr_o  = {tag_q, asked_q[2:0], 3'd0};

  assign busy_o = state_q != StReady;
  assign idle_o = (state_q == StReady && !want_i) || (state_q == StFill && stop_q && !filled);

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StReady: if (miss) state_d = StFill;
      StFill:  if (filled) state_d = fault_q ? StFault : StReady;
      StFault: state_d = StReady;
      default: state_d = StReady;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (mem_rsp_valid_i) line[got_q[2:0]] <= mem_rsp_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StReady;
      tag_q   <= '0;
      ppgtt_q <= 1'b0;
      valid_q <= 1'b0;
      stop_q  <= 1'b0;
      fault_q <= 1'b0;
      asked_q <= 4'd0;
      got_q   <= 4'd0;
    end else begin
      state_q <= state_d;
      if (miss) begin
        tag_q   <= addr_i[63:6];
        ppgtt_q <= ppgtt_i;
        valid_q <= 1'b0;
        stop_q  <= 1'b0;
        fault_q <= 1'b0;
        asked_q <= 4'd0;
        got_q   <= 4'd0;
      end
      if (mem_valid_o && mem_ready_i) begin
        if (mem_fault_i) fault_q <= 1'b1;
        else             asked_q <= asked_q + 4'd1;
        stop_q <= mem_fault_i || asked_q == 4'd7;
      end
      if (mem_rsp_valid_i) got_q <= got_q + 4'd1;
      if (state_q == StFill && filled && !fault_q) valid_q <= 1'b1;
      if (forget_i) valid_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // No answer without a question.
      FetchAnswerExpected: assert (mem_rsp_valid_i -> state_q == StFill && got_q < asked_q);
      // A line is not forgotten while it is read: the tail is looked at between commands.
      FetchForgetWhenReady: assert (forget_i -> state_q == StReady);
    end
  end

endmodule
