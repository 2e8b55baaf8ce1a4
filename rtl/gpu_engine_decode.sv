// SPDX-License-Identifier: MIT
// What the first dword of a command says: what to do, how long it is, and how many dwords must be
// there before it can be done. A command too short for that is skipped like an unknown one, and so
// is one that its batch may not do: a batch of the context's own space does nothing in the GGTT.

module gpu_engine_decode
  import gpu_cmd_pkg::*;
(
  input  logic        valid_i,     // else nobody looks at it
  input  logic [31:0] header_i,
  input  logic        unprivileged_i, // it stands in the context's own space
  output command_e    command_o,
  output logic [10:0] len_o,       // dwords with the first
  output logic [2:0]  operands_o   // dwords behind the first before it acts
);

  logic [5:0] opcode;
  logic       is_mi;
  command_e   command;
  logic [2:0] operands, atomic_operands;
  logic       is_atomic;

  assign opcode = header_i[28:23];
  assign is_mi  = header_i[31:29] == ClientMi;

  always_comb begin
    len_o = {3'd0, header_i[7:0]} + 11'd2;
    if (is_mi && opcode < MiFirstLong)     len_o = 11'd1;
    if (is_mi && opcode == MiStoreDataImm) len_o = {1'b0, header_i[9:0]} + 11'd2;
    if (is_mi && opcode == MiFlushDw)      len_o = {5'd0, header_i[5:0]} + 11'd2;
    // Of the 3D client, those of sub-type 1 have no length.
    if (header_i[31:27] == {Client3d, 2'd1}) len_o = 11'd1;
  end

  // Of dwords, and of quad-words; without inline operands only what needs none. Inline operands
  // come low dwords first, the second one beside the first.
  assign is_atomic = header_i[12:8] >= AtomicAnd[4:0] && header_i[12:8] <= AtomicCmpWr[4:0] &&
                     header_i[15:14] == 2'd0 &&
                     (header_i[18] || header_i[12:8] == AtomicInc[4:0] ||
                      header_i[12:8] == AtomicDec[4:0]);

  always_comb begin
    atomic_operands = 3'd2;
    if (header_i[18]) begin
      atomic_operands = (header_i[12:8] == AtomicCmpWr[4:0]) ? 3'd4 : 3'd3;
      if ((header_i[15:8] & AtomicQuad) != 8'd0) atomic_operands = 3'd6;
    end
  end

  always_comb begin
    command  = CmdSkip;
    operands = 3'd0;
    if (!valid_i) begin
      command = CmdSkip;
    end else if (is_mi) begin
      unique case (opcode)
        MiUserInterrupt: command = CmdInterrupt;
        MiArbOnOff:      command = CmdArb;
        MiBatchEnd:      command = CmdBatchEnd;
        MiSemaphoreWait: {command, operands} = {CmdSemaphore, 3'd3};
        MiStoreDataImm:  {command, operands} = {CmdStoreData, 3'd2};
        MiLoadRegImm:    command = CmdLoadReg;
        MiLoadRegMem:    {command, operands} = {CmdLoadRegMem, 3'd3};
        MiLoadRegReg:    {command, operands} = {CmdLoadRegReg, 3'd2};
        MiMath:          command = CmdMath;
        MiCondBatchEnd:  {command, operands} = {CmdCondEnd, 3'd3};
        MiStoreRegMem:   {command, operands} = {CmdStoreReg, 3'd3};
        MiFlushDw:       if (header_i[14]) begin
                           {command, operands} = {CmdPostSync, (len_o >= 11'd5) ? 3'd4 : 3'd3};
                         end
        MiAtomic:        if (is_atomic) {command, operands} = {CmdAtomic, atomic_operands};
        MiBatchStart:    {command, operands} = {CmdBatchStart, 3'd2};
        MiModelWork:     {command, operands} = {CmdWork, 3'd1};
        default: ;
      endcase
    end else if (header_i[31:29] == Client2d && header_i[28:22] == CtrlSurfCopy) begin
      {command, operands} = {CmdSurfCopy, 3'd4};
    end else if (header_i[31:29] == Client3d && header_i[31:16] == PipeControl) begin
      {command, operands} = {CmdPostSync, 3'd5};
    end
  end

  // What names the GGTT in its first dword. FLUSH_DW and PIPE_CONTROL do so further behind.
  logic names_ggtt;

  always_comb begin
    unique case (command)
      CmdSemaphore, CmdStoreData, CmdStoreReg, CmdLoadRegMem, CmdAtomic, CmdCondEnd:
                     names_ggtt = header_i[22];
      CmdBatchStart: names_ggtt = !header_i[8];
      CmdSurfCopy:   names_ggtt = header_i[19];
      default:       names_ggtt = 1'b0;
    endcase
  end

  assign command_o  = ({8'd0, operands} < len_o && !(unprivileged_i && names_ggtt)) ? command :
                      CmdSkip;
  assign operands_o = operands;

endmodule
