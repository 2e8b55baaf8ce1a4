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
  localparam logic [5:0] MiSemaphoreWait = 6'h1c;
  localparam logic [5:0] MiStoreDataImm  = 6'h20;
  localparam logic [5:0] MiLoadRegImm    = 6'h22;
  localparam logic [5:0] MiStoreRegMem   = 6'h24;
  localparam logic [5:0] MiFlushDw       = 6'h26;
  localparam logic [5:0] MiAtomic        = 6'h2f;
  localparam logic [5:0] MiBatchStart    = 6'h31;
  localparam logic [5:0] MiModelWork     = 6'h3d;

  localparam logic [6:0] CtrlSurfCopy = 7'h48;  // of the 2D client, 28:22

  localparam logic [7:0] AtomicAdd = 8'h07;

  // What an engine does with a command.
  typedef enum logic [3:0] {
    CmdSkip,       // nothing: no-ops, hints, and all that it does not know
    CmdInterrupt,
    CmdArb,
    CmdBatchEnd,
    CmdBatchStart,
    CmdSemaphore,
    CmdStoreData,
    CmdLoadReg,
    CmdStoreReg,
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
  localparam logic [11:0] ImageExtra     = 12'h5f8;  // way back, then 16 registers from 0x600

  // Batch state. The first bit is the public one, the others are the model's.
  localparam logic [31:0] BbStatePpgtt  = 32'h0000_0020;  // the batch lies in the context's space
  localparam logic [31:0] BbStateSecond = 32'h4000_0000;  // it was called from another one
  localparam logic [31:0] BbStateExtra  = 32'h8000_0000;  // the extra part was saved

  // Compare of semaphores: memory against value. Others are always satisfied.
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

endpackage
/* verilator tracing_on */
