// SPDX-License-Identifier: MIT
// Commands of a ring or batch and the part of the context image that an engine uses: the chip's own
// reading of the public encodings that host/abi/gpu_commands_abi.h and host/abi/xe_lrc_layout.h
// give to the drivers.

/* verilator tracing_off */  // constants are no waves
package gpu_cmd_pkg;

  // Dword 0: client 31:29, MI opcode 28:23; MI opcodes below MiFirstLong are one dword.
  localparam logic [2:0]  ClientMi  = 3'd0;
  localparam logic [2:0]  Client2d  = 3'd2;
  localparam logic [2:0]  Client3d  = 3'd3;
  localparam logic [15:0] PipeControl = 16'h7a00;  // dword 0, 31:16

  localparam logic [5:0] MiUserInterrupt = 6'h02;
  localparam logic [5:0] MiArbOnOff      = 6'h08;
  localparam logic [5:0] MiBatchEnd      = 6'h0a;
  localparam logic [5:0] MiFirstLong     = 6'h10;
  localparam logic [5:0] MiMath          = 6'h1a;
  localparam logic [5:0] MiSemaphoreWait = 6'h1c;
  localparam logic [5:0] MiStoreDataImm  = 6'h20;
  localparam logic [5:0] MiLoadRegImm    = 6'h22;
  localparam logic [5:0] MiStoreRegMem   = 6'h24;
  localparam logic [5:0] MiFlushDw       = 6'h26;
  localparam logic [5:0] MiLoadRegMem    = 6'h29;
  localparam logic [5:0] MiLoadRegReg    = 6'h2a;
  localparam logic [5:0] MiAtomic        = 6'h2f;
  localparam logic [5:0] MiBatchStart    = 6'h31;
  localparam logic [5:0] MiCondBatchEnd  = 6'h36;
  localparam logic [5:0] MiModelWork     = 6'h3d;

  localparam logic [6:0] CtrlSurfCopy = 7'h48;  // of the 2D client, 28:22

  // Operations of MI_ATOMIC on dwords; with AtomicQuad on quad-words.
  localparam logic [7:0] AtomicAnd    = 8'h01;
  localparam logic [7:0] AtomicOr     = 8'h02;
  localparam logic [7:0] AtomicXor    = 8'h03;
  localparam logic [7:0] AtomicMove   = 8'h04;
  localparam logic [7:0] AtomicInc    = 8'h05;
  localparam logic [7:0] AtomicDec    = 8'h06;
  localparam logic [7:0] AtomicAdd    = 8'h07;
  localparam logic [7:0] AtomicSub    = 8'h08;
  localparam logic [7:0] AtomicRsub   = 8'h09;
  localparam logic [7:0] AtomicImax   = 8'h0a;
  localparam logic [7:0] AtomicImin   = 8'h0b;
  localparam logic [7:0] AtomicUmax   = 8'h0c;
  localparam logic [7:0] AtomicUmin   = 8'h0d;
  localparam logic [7:0] AtomicCmpWr  = 8'h0e;
  localparam logic [7:0] AtomicQuad   = 8'h20;

  // Instructions and operands of MI_MATH.
  localparam logic [11:0] AluLoad     = 12'h080;
  localparam logic [11:0] AluLoadInv  = 12'h480;
  localparam logic [11:0] AluLoad1    = 12'h481;
  localparam logic [11:0] AluAdd      = 12'h100;
  localparam logic [11:0] AluSub      = 12'h101;
  localparam logic [11:0] AluAnd      = 12'h102;
  localparam logic [11:0] AluOr       = 12'h103;
  localparam logic [11:0] AluXor      = 12'h104;
  localparam logic [11:0] AluStore    = 12'h180;
  localparam logic [11:0] AluStoreInv = 12'h580;
  localparam logic [9:0]  AluSrcA     = 10'h20;
  localparam logic [9:0]  AluSrcB     = 10'h21;
  localparam logic [9:0]  AluAccu     = 10'h31;
  localparam logic [9:0]  AluZf       = 10'h32;
  localparam logic [9:0]  AluCf       = 10'h33;

  // What an engine does with a command.
  typedef enum logic [4:0] {
    CmdSkip,       // nothing: no-ops, hints, and all that it does not know
    CmdInterrupt,
    CmdArb,
    CmdBatchEnd,
    CmdBatchStart,
    CmdSemaphore,
    CmdStoreData,
    CmdLoadReg,
    CmdLoadRegMem,
    CmdLoadRegReg,
    CmdStoreReg,
    CmdMath,
    CmdCondEnd,
    CmdPostSync,   // FLUSH_DW or PIPE_CONTROL that writes
    CmdAtomic,
    CmdSurfCopy,   // compression metadata, page by page
    CmdWork
  } command_e;

  // Registers by their offset in the engine's.
  localparam logic [11:0] RegTimestamp       = 12'h358;
  localparam logic [11:0] RegTimestampUdw    = 12'h35c;
  localparam logic [11:0] RegCtxTimestamp    = 12'h3a8;
  localparam logic [11:0] RegCtxTimestampUdw = 12'h3ac;
  localparam logic [11:0] RegGpr             = 12'h600;  // 16 of 8 bytes

  // The counter's threshold and control, relative to the engine's registers; and what is waited for
  // in vain.
  localparam logic [11:0] CounterThreshold = 12'h17c;
  localparam logic [11:0] CounterControl   = 12'h178;
  localparam logic [31:0] NeverValue       = 32'hdead;

  // Why a context leaves the engine; values of GUCBUS_ENGINE_EVENT's type but for ExitTail.
  typedef enum logic [1:0] {
    ExitTail    = 2'd1,  // nothing left in the ring: complete, if the tail did not move meanwhile
    ExitPreempt = 2'd2,
    ExitFault   = 2'd3
  } exit_e;

  // Context image: quad-words, counted from the page behind the PPHWSP.
  localparam logic [11:0] ImageHead      = 12'h010;  // dword 0x05 is the high half
  localparam logic [11:0] ImageBbHeadUdw = 12'h030;  // 0x0d
  localparam logic [11:0] ImageBbHead    = 12'h038;  // 0x0f
  localparam logic [11:0] ImageBbState   = 12'h040;  // 0x11
  localparam logic [11:0] ImageTimestamp = 12'h088;  // 0x23
  localparam logic [31:0] ImageVectorReg = 32'h1b8;  // CS_INT_VEC: dword 0x5a, its value in 0x5b
  localparam logic [11:0] ImageExtra     = 12'h5f8;  // way back, then 16 registers from 0x600

  // Batch state. The first bit is the public one, the others are the model's.
  localparam logic [31:0] BbStatePpgtt  = 32'h0000_0020;  // the batch lies in the context's space
  localparam logic [31:0] BbStateSecond = 32'h4000_0000;  // it was called from another one
  localparam logic [31:0] BbStateExtra  = 32'h8000_0000;  // the extra part was saved

  // Compare of semaphores and conditional ends: memory against value. Others are always satisfied.
  function automatic logic compare(input logic [2:0] how, input logic [31:0] memory,
                                   input logic [31:0] value);
    unique case (how)
      3'd0:    return memory > value;
      3'd1:    return memory >= value;
      3'd2:    return memory < value;
      3'd3:    return memory <= value;
      3'd4:    return memory == value;
      3'd5:    return memory != value;
      default: return 1'b1;
    endcase
  endfunction

  // What an atomic operation leaves in memory; both operands are those of its width, extended by
  // their sign so that one compare does for both widths.
  function automatic logic [63:0] atomic(input logic [4:0] what, input logic [63:0] memory,
                                         input logic [63:0] value, input logic [63:0] other);
    logic less, less_unsigned;
    less          = $signed(value) < $signed(memory);
    less_unsigned = value < memory;  // holds for extended dwords too
    unique case ({3'd0, what})
      AtomicAnd:   return memory & value;
      AtomicOr:    return memory | value;
      AtomicXor:   return memory ^ value;
      AtomicMove:  return value;
      AtomicInc:   return memory + 64'd1;
      AtomicDec:   return memory - 64'd1;
      AtomicAdd:   return memory + value;
      AtomicSub:   return memory - value;
      AtomicRsub:  return value - memory;
      AtomicImax:  return less ? memory : value;
      AtomicImin:  return less ? value : memory;
      AtomicUmax:  return less_unsigned ? memory : value;
      AtomicUmin:  return less_unsigned ? value : memory;
      AtomicCmpWr: return (memory == value) ? other : memory;
      default:     return memory;
    endcase
  endfunction

  // Where a context's interrupts go: addresses of the memory interrupts, number of their message.
  typedef struct packed {
    logic [31:0] enable;
    logic [31:0] status;
    logic [31:0] source;
    logic [4:0]  msi;
  } interrupt_t;

endpackage
/* verilator tracing_on */
