// SPDX-License-Identifier: MIT
// Types and numbers that several blocks of the chip share and that no program sees. What programs
// see is in gpu_regs.def.

/* verilator tracing_off */  // constants are no waves
package gpu_pkg;

  // Functions of the device: 0 is the PF, n is VF n.
  localparam int unsigned NumFns = 64;

  // Engines: render, copy and compute of the main GT, video decode and enhancement of the media GT.
  localparam int unsigned NumEngines = 5;
  localparam int unsigned EngineRcs  = 0;
  localparam int unsigned EngineBcs  = 1;
  localparam int unsigned EngineCcs  = 2;
  localparam int unsigned EngineVcs  = 3;
  localparam int unsigned EngineVecs = 4;
  localparam int unsigned EngineBits = $clog2(NumEngines);

  // Who asks for memory: the engines, DMA and interrupts of each GT, the register interrupts,
  // which only send messages, and the CPUs through the aperture.
  localparam int unsigned NumClients = NumEngines + 6;
  localparam int unsigned ClientDma  = NumEngines;      // + GT
  localparam int unsigned ClientIrq  = NumEngines + 2;  // + GT
  localparam int unsigned ClientTile = NumEngines + 4;
  localparam int unsigned ClientAperture = NumEngines + 5;

  // MemMsi is no access but an interrupt that must stay behind the writes before it.
  // MemMeta* are a read and a write of the 8 bytes of compression metadata of the page, which lies
  // elsewhere.
  typedef enum logic [2:0] {
    MemRead      = 3'd0,
    MemWrite     = 3'd1,
    MemAtomic    = 3'd2,
    MemMsi       = 3'd3,
    MemMetaRead  = 3'd4,
    MemMetaWrite = 3'd5
  } mem_op_e;

  function automatic logic only_reads(input mem_op_e op);
    return op == MemRead || op == MemMetaRead;
  endfunction

  function automatic logic is_answered(input mem_op_e op);
    return only_reads(op) || op == MemAtomic;
  endfunction

  // How addresses of a context's own space are translated: the addressing mode of its descriptor.
  typedef enum logic [1:0] {
    SpaceNone = 2'd0,  // it has none: such an address faults
    Space32   = 2'd1,  // 3 levels, of which the first is four registers
    Space48   = 2'd2,  // 4 levels
    Space57   = 2'd3   // 5 levels
  } space_e;

  // What the walker must know of a context; root is that of the address under way.
  typedef struct packed {
    space_e       mode;
    logic [19:0]  asid;
    logic         local_root;  // it lies in local memory
    logic [47:12] root;
  } space_t;

  // What an engine tells the translation of its space.
  typedef struct packed {
    logic switches;  // pulse: another context, what is known of the last space is void
    logic leave;     // the context has to go: no access may wait for a page any longer
    logic retry;     // pulse: the page is there now
    logic fail;      // pulse: it will never be
  } space_ctl_t;

  // And what it hears.
  typedef struct packed {
    logic waits;     // for a walk or for a page: the engine stands aside
    logic held;      // for a page
    logic given_up;  // with a fault: the context had to go, nothing is wrong with its access
    logic reported;  // and the GuC was told of the page
  } space_state_t;

  // A translation that failed, beside its address.
  typedef struct packed {
    logic         waits;    // the access is held until the GuC says how to go on
    logic         atomic;
    logic         ppgtt;    // in the context's own space, at level; asid tells whose
    logic [2:0]   level;    // of the table whose entry was no good: 1 the last one
    logic [19:0]  asid;
    logic         is_local; // local memory that the function does not have
    logic         foreign;  // GGTT: somebody else's page
    logic         write;
    logic [3:0]   client;   // GUCBUS_FAULT_CLIENT_*
    logic [5:0]   fn;
  } fault_t;

  // Units of the memory interrupt page: bit positions of GT_INTR_DW.
  localparam logic [5:0] UnitOfRcs  = 6'd0;
  localparam logic [5:0] UnitOfCcs  = 6'd4;
  localparam logic [5:0] UnitOfBcs  = 6'd15;
  localparam logic [5:0] UnitOfVcs  = 6'd32;
  localparam logic [5:0] UnitOfVecs = 6'd63;

  // Where commands find an engine's registers, pages.
  localparam logic [22:12] BaseOfRcs  = 11'h002;
  localparam logic [22:12] BaseOfCcs  = 11'h01a;
  localparam logic [22:12] BaseOfBcs  = 11'h022;
  localparam logic [22:12] BaseOfVcs  = 11'h1c0;
  localparam logic [22:12] BaseOfVecs = 11'h1c8;

  // GGTT entry: bits of the public format that the chip looks at.
  localparam int unsigned PteBits = 54;

  // Interrupt identity of a GuC.
  localparam logic [2:0] IdentityClassOther   = 3'd4;
  localparam logic [5:0] IdentityInstanceGuc  = 6'd0;
  localparam logic [5:0] IdentityInstanceMguc = 6'd16;

  // Position of the only bit of a one-hot word, without a loop.
  function automatic logic [5:0] onehot_index(input logic [63:0] onehot);
    return {
      |(onehot & 64'hffff_ffff_0000_0000),
      |(onehot & 64'hffff_0000_ffff_0000),
      |(onehot & 64'hff00_ff00_ff00_ff00),
      |(onehot & 64'hf0f0_f0f0_f0f0_f0f0),
      |(onehot & 64'hcccc_cccc_cccc_cccc),
      |(onehot & 64'haaaa_aaaa_aaaa_aaaa)
    };
  endfunction

  function automatic logic [5:0] lowest_bit(input logic [63:0] word);
    return onehot_index(word & (~word + 64'd1));
  endfunction

  // Round robin: the first set bit behind last, or else the first of all. 0 when none is set.
  function automatic logic [5:0] next_fn(input logic [63:0] pending, input logic [5:0] last);
    logic [63:0] behind;
    behind = pending & ((~64'd1) << last);
    return lowest_bit((behind != 64'd0) ? behind : pending);
  endfunction

endpackage
/* verilator tracing_on */
