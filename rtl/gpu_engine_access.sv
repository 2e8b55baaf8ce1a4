// SPDX-License-Identifier: MIT
// The memory access that a command makes, from its dwords. Whether an address fits its space is the
// translation's business.

module gpu_engine_access
  import gpu_pkg::*;
  import gpu_cmd_pkg::*;
#(
  parameter logic [5:0] Unit = 6'd0      // place in the memory interrupt page
) (
  input  logic         needed_i,         // else nobody looks at it

  // command
  input  command_e     command_i,
  input  logic         unprivileged_i,   // it stands in the context's own space
  input  logic [31:0]  header_i,
  input  logic [31:0]  operand_i [6],
  input  logic [1:0]   step_i,           // of a user interrupt: look, status, source, message
  input  logic [63:0]  data_addr_i,      // of immediate data
  input  logic         data_pair_i,      // a low dword was held back for this one
  input  logic [31:0]  data_low_i,
  input  logic [31:0]  data_i,
  /*verilator tracing_off*/
  input  logic [31:0]  reg_data_i,       // of a register that is stored
  input  logic [63:0]  timestamp_i,
  /*verilator tracing_on*/

  // context
  input  logic [31:12] page_i,
  input  interrupt_t   irq_i,

  // access
  output mem_op_e      op_o,
  output logic         ppgtt_o,
  output logic [63:0]  addr_o,
  output logic [7:0]   be_o,
  /*verilator tracing_off*/
  output logic [63:0]  data_o,
  /*verilator tracing_on*/
  output logic         no_write_o        // a post-sync command that writes nothing
);

  logic        quad, is_quad, adds, is_flush, in_page, in_ggtt;
  logic [31:0] flags;
  logic [63:0] first_addr, second_addr, page;

  // FLUSH_DW keeps its flags in dword 0, PIPE_CONTROL in dword 1.
  assign is_flush   = header_i[31:29] == ClientMi;
  assign flags      = is_flush ? header_i : operand_i[0];
  assign first_addr  = {operand_i[1], operand_i[0][31:2], 2'd0};
  assign second_addr = {operand_i[2], operand_i[1][31:2], 2'd0};
  assign page        = {32'd0, page_i, 12'd0};
  assign in_page    = flags[21];         // relative to the PPHWSP
  assign in_ggtt    = is_flush ? operand_i[0][2] : flags[24];
  assign no_write_o = command_i == CmdPostSync &&
                      (!flags[14] || (unprivileged_i && (in_page || in_ggtt)));

  always_comb begin
    op_o    = MemWrite;
    ppgtt_o = !header_i[22];
    addr_o  = first_addr;
    data_o  = {operand_i[2], operand_i[2]};
    quad    = 1'b0;
    if (needed_i) begin
      unique case (command_i)
        CmdInterrupt: begin
          ppgtt_o = 1'b0;
          data_o  = '1;
          unique case (step_i)
            2'd0:    {op_o, addr_o} = {MemRead, 32'd0, irq_i.enable};
            2'd1:    addr_o = {32'd0, irq_i.status + {22'd0, Unit, 4'd0}};
            2'd2:    addr_o = {32'd0, irq_i.source + {26'd0, Unit}};
            default: {op_o, addr_o} = {MemMsi, 59'd0, irq_i.msi};
          endcase
        end
        CmdSemaphore, CmdCondEnd, CmdLoadRegMem: begin
          op_o   = MemRead;
          addr_o = second_addr;
        end
        CmdStoreData: begin
          addr_o = data_addr_i;
          quad   = data_pair_i;
          data_o = {data_i, data_pair_i ? data_low_i : data_i};
        end
        CmdStoreReg: begin
          addr_o  = second_addr;
          data_o  = {reg_data_i, reg_data_i};
        end
        CmdPostSync: begin
          if (is_flush) begin
            quad    = header_i[5:0] >= 6'd3;  // five dwords: both data dwords count
            ppgtt_o = !in_page && !in_ggtt;
            addr_o  = {in_page ? page[63:12] : first_addr[63:12], first_addr[11:3], 3'd0};
            data_o  = {operand_i[3], operand_i[2]};
          end else begin
            quad    = 1'b1;
            ppgtt_o = !in_page && !in_ggtt;
            addr_o  = {in_page ? page[63:12] : second_addr[63:12], second_addr[11:3], 3'd0};
            data_o  = {operand_i[4], operand_i[3]};
          end
        end
        // The port adds to dwords by itself. For the rest the engine reads and then writes.
        CmdAtomic: begin
          quad = is_quad;
          op_o = adds ? MemAtomic : MemRead;
          unique case (header_i[12:8])
            AtomicInc[4:0]: data_o = {2{32'd1}};
            AtomicDec[4:0]: data_o = '1;
            AtomicSub[4:0]: data_o = {2{-operand_i[2]}};
            default: ;
          endcase
        end
        default: ;
      endcase
      // Post-sync 3 writes the time.
      if (command_i == CmdPostSync && flags[15]) {quad, data_o} = {1'b1, timestamp_i};
    end
  end

  assign is_quad = (header_i[15:8] & AtomicQuad) != 8'd0;
  assign adds = !is_quad && (header_i[12:8] == AtomicAdd[4:0] || header_i[12:8] == AtomicSub[4:0] ||
                          header_i[12:8] == AtomicInc[4:0] || header_i[12:8] == AtomicDec[4:0]);

  always_comb begin
    if (command_i == CmdInterrupt) be_o = 8'd1 << addr_o[2:0];
    else if (quad)                 be_o = 8'hff;
    else                           be_o = addr_o[2] ? 8'hf0 : 8'h0f;
  end

endmodule
