// SPDX-License-Identifier: MIT
// Holds the memory access of the command under way, from when it is known until its answer was
// looked at; what an atomic operation makes of an answer becomes its next access. Immediate data
// comes dword by dword; two go out as one when they share a quad-word. A copy of compression
// metadata is a read and a write for each page: one side is pages (indirect), the other a list of
// quad-words.

module gpu_engine_issue
  import gpu_pkg::*;
  import gpu_cmd_pkg::*;
#(
  parameter logic [5:0] Unit = 6'd0  // place in the memory interrupt page
) (
  input  logic         clk_i,

  input  logic         needed_i,    // an access may be prepared in this cycle

  // command
  input  command_e     command_i,
  input  logic         unprivileged_i,  // it stands in the context's own space
  input  logic [31:0]  header_i,
  input  logic [31:0]  operand_i [6],
  input  logic [1:0]   step_i,
  input  logic [31:0]  dword_i,
  /*verilator tracing_off*/
  input  logic [63:0]  timestamp_i,
  /*verilator tracing_on*/

  // registers that the command names; relative: to the engine's
  output logic [22:2]  reg_raddr_o,
  output logic         reg_rrelative_o,
  output logic [22:2]  reg_waddr_o,
  output logic         reg_wrelative_o,
  output logic [31:0]  reg_wdata_o,
  /*verilator tracing_off*/
  input  logic [31:0]  reg_rdata_i,
  /*verilator tracing_on*/

  // context
  input  logic [31:12] page_i,
  input  interrupt_t   irq_i,

  // control: one of these a cycle
  input  logic         begin_i,     // a command begins
  input  logic         answered_i,  // mem_rsp_data_i is the answer
  input  logic         first_i,     // immediate data begins
  input  logic         pair_i,      // dword_i names the register of a pair
  input  logic         hold_i,      // dword_i is the low half of the next store
  input  logic         prepare_i,   // the access is complete
  input  logic         modify_i,    // the answer is changed and written back

  // access
  output mem_op_e      op_o,
  output logic         ppgtt_o,
  output logic [63:0]  addr_o,
  output logic [7:0]   be_o,
  output logic [63:0]  data_o,
  output logic         pairs_o,     // of immediate data: a low dword is to be held
  output logic         no_write_o,  // a post-sync command that writes nothing
  output logic         more_o,      // a copy has pages left

  // answer
  /*verilator tracing_off*/
  input  logic [63:0]  mem_rsp_data_i,
  output logic [31:0]  answer_o     // the half that was asked for
  /*verilator tracing_on*/
);

  mem_op_e     op_d;
  logic        ppgtt_d, half_q;
  logic [63:0] addr_d, data_addr_q;
  /*verilator tracing_off*/
  logic [63:0] data_d;  // may be the time
  /*verilator tracing_on*/
  logic [7:0]  be_d;

  gpu_engine_access #(
    .Unit (Unit)
  ) u_access (
    .needed_i     (needed_i),
    .command_i    (command_i),
    .unprivileged_i (unprivileged_i),
    .header_i     (header_i),
    .operand_i    (operand_i),
    .step_i       (step_i),
    .data_addr_i  (data_addr_q),
    .data_pair_i  (half_q),
    .data_low_i   (data_o[31:0]),
    .data_i       (dword_i),
    .reg_data_i   (reg_rdata_i),
    .timestamp_i  (timestamp_i),
    .page_i       (page_i),
    .irq_i        (irq_i),
    .op_o         (op_d),
    .ppgtt_o      (ppgtt_d),
    .addr_o       (addr_d),
    .be_o         (be_d),
    .data_o       (data_d),
    .no_write_o   (no_write_o)
  );

  // ---- copy of metadata: header 21, 20: source, destination is direct; 18:9 pages less one ------

  logic        writes_q, direct, is_copy;
  logic [10:0] index_q;
  logic [63:0] copy_addr;

  assign is_copy   = command_i == CmdSurfCopy;
  assign direct    = writes_q ? header_i[20] : header_i[21];
  assign more_o    = index_q <= {1'b0, header_i[18:9]};

  always_comb begin
    copy_addr = 64'd0;
    if (is_copy && needed_i) begin
      copy_addr = writes_q ? {operand_i[3], operand_i[2]} : {operand_i[1], operand_i[0]};
      // Upper bits of the address's dword are the caching of the surface.
      copy_addr = {16'd0, copy_addr[47:3], 3'd0};
      if (direct) copy_addr = copy_addr + {50'd0, index_q, 3'd0};
      else        copy_addr = {copy_addr[63:12], 12'd0} + {41'd0, index_q, 12'd0};
    end
  end

  always_ff @(posedge clk_i) begin
    if (begin_i) begin
      writes_q <= 1'b0;
      index_q  <= 11'd0;
    end else if (is_copy && answered_i) begin
      writes_q <= 1'b1;
    end else if (is_copy && prepare_i && writes_q) begin
      writes_q <= 1'b0;
      index_q  <= index_q + 11'd1;
    end
  end

  // ---- registers --------------------------------------------------------------------------------

  logic [22:2] pair_addr_q;

  // LOAD_REGISTER_REG names its source first, and has a bit for each of the two.
  assign reg_raddr_o     = (command_i == CmdSemaphore) ? operand_i[1][22:2] : operand_i[0][22:2];
  assign reg_rrelative_o = (command_i == CmdLoadRegReg) ? header_i[18] : header_i[19];
  assign reg_wrelative_o = header_i[19];

  always_comb begin
    unique case (command_i)
      CmdLoadRegMem: {reg_waddr_o, reg_wdata_o} = {operand_i[0][22:2], answer_o};
      CmdLoadRegReg: {reg_waddr_o, reg_wdata_o} = {operand_i[1][22:2], reg_rdata_i};
      default:       {reg_waddr_o, reg_wdata_o} = {pair_addr_q, dword_i};
    endcase
  end

  // ---- read, change, write back -----------------------------------------------------------------

  logic        quad;
  logic [63:0] before_it, value, other, changed;

  function automatic logic [63:0] extended(input logic [31:0] dword);
    return {{32{dword[31]}}, dword};
  endfunction

  always_comb begin
    quad      = be_o == 8'hff;
    before_it = 64'd0;
    value     = 64'd0;
    other     = 64'd0;
    changed   = 64'd0;
    if (modify_i) begin
      before_it = quad ? mem_rsp_data_i : extended(answer_o);
      value     = quad ? {operand_i[4], operand_i[2]} : extended(operand_i[2]);
      other     = quad ? {operand_i[5], operand_i[3]} : extended(operand_i[3]);
      changed   = atomic(header_i[12:8], before_it, value, other);
    end
  end

  // ---- access -----------------------------------------------------------------------------------

  assign pairs_o  = header_i[21] && !data_addr_q[2] && !half_q;
  assign answer_o = addr_o[2] ? mem_rsp_data_i[63:32] : mem_rsp_data_i[31:0];

  always_ff @(posedge clk_i) begin
    if (pair_i) pair_addr_q <= dword_i[22:2];
    if (prepare_i) begin
      op_o    <= op_d;
      ppgtt_o <= ppgtt_d;
      addr_o  <= addr_d;
      be_o    <= be_d;
      data_o  <= data_d;
      half_q  <= 1'b0;
      data_addr_q <= data_addr_q + (half_q ? 64'd8 : 64'd4);
      if (is_copy) begin
        op_o    <= writes_q ? (direct ? MemWrite : MemMetaWrite) : (direct ? MemRead : MemMetaRead);
        ppgtt_o <= !header_i[19];
        addr_o  <= copy_addr;
        be_o    <= 8'hff;
        data_o  <= data_o;
      end
    end else if (is_copy && answered_i) begin
      data_o       <= mem_rsp_data_i;
    end else if (modify_i) begin
      op_o   <= MemWrite;
      data_o <= quad ? changed : {2{changed[31:0]}};
    end else if (hold_i) begin
      data_o[31:0] <= dword_i;
      half_q       <= 1'b1;
    end else if (first_i) begin
      data_addr_q <= {operand_i[1], operand_i[0][31:2], 2'd0};
      half_q      <= 1'b0;
    end
  end

endmodule
