// SPDX-License-Identifier: MIT
// Commands of a ring or batch and the part of the context image that an engine uses: the chip's own
// reading of the public encodings that host/abi/gpu_commands_abi.h and host/abi/xe_lrc_layout.h
// give to the drivers.

/* verilator tracing_off */  // constants are no waves
package gpu_cmd_pkg;

  // Dword 0: client 31:29, MI opcode 28:23; MI opcodes below MiFirstLong are one dword.
  localparam logic [2:0]  ClientMi  = 3'd0;
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
    CmdLoadReg,    // looked at only for the counter that the driver arms before its wait for 0xdead
    CmdStoreReg,
    CmdPostSync,   // FLUSH_DW or PIPE_CONTROL that writes
    CmdAtomic,
    CmdWork
  } command_e;

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
  localparam logic [11:0] ImageTimestamp = 12'h088;  // 0x23

endpackage
/* verilator tracing_on */
