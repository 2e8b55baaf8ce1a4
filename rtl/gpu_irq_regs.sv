// SPDX-License-Identifier: MIT
// Interrupt registers, one copy for each function: the path by which the PF (and a VF without
// memory interrupts) learns of its GuCs. For each function and GuC it keeps the vector bits raised
// and not yet acknowledged.
//
// Selecting a GuC's bit moves its vector to the identity, so what is raised from then on is news,
// also when it is a bit that the identity has: the host may have looked at the ring before that
// and acknowledge behind it. Writing the identity back acknowledges; bits that are not written go
// back to the vector. While an identity is valid, selecting does nothing. GT_INTR_DW0 shows a GuC
// that has something in either and not masked. An MSI goes out when a vector is raised, and when
// the master is enabled or a mask is written while that level is up. Master of a VF:
// GFX_MSTR_IRQ bit 31; of the PF: DG1_MSTR_TILE_INTR bit 31 as well. The clock stands while nothing
// is written, raised or sent.

module gpu_irq_regs
  import gpu_pkg::*;
  import gpu_regs_pkg::*;
#(
  parameter bit Sleeps = 1'b1  // a bench compares it with one that does not
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // register bus: offset in the function's view, below 0x100
  input  logic        reg_valid_i,
  input  logic        reg_write_i,
  input  logic [5:0]  reg_fn_i,
  input  logic [7:0]  reg_offset_i,
  input  logic [3:0]  reg_be_i,
  input  logic [31:0] reg_wdata_i,
  output logic [31:0] reg_rdata_o,

  // GuCs, by GT
  input  logic [1:0]  raise_valid_i,
  input  logic [5:0]  raise_fn_i     [2],
  input  logic [15:0] raise_vector_i [2],
  output logic [1:0]  raise_ready_o,

  // MSI through the memory arbiter
  output logic        msi_valid_o,
  output logic [5:0]  msi_fn_o,
  input  logic        msi_ready_i,

  output logic        idle_o
);

  localparam logic [31:0] ViewBase = 32'h0019_0000;

  // Memories power up as zero; reset leaves them.
  logic [31:0] vector   [NumFns];      // media GuC 31:16, main GuC 15:0
  logic [31:0] identity [NumFns];
  logic [31:0] stored   [NumFns * 64]; // enables and masks, by dword offset
  initial begin
    for (int unsigned i = 0; i < NumFns; i++) begin
      vector[i]   = 32'd0;
      identity[i] = 32'd0;
    end
    for (int unsigned i = 0; i < NumFns * 64; i++) stored[i] = 32'd0;
  end

  logic [63:0] master_q, msi_pending_q;
  logic        tile_master_q;

  // ---- clock ------------------------------------------------------------------------------------

  /*verilator tracing_off*/
  logic irq_clk;
  /*verilator tracing_on*/
  logic hears;

  assign hears = (reg_valid_i && reg_write_i) || raise_valid_i != 2'd0 || !idle_o || !rst_ni ||
                 !Sleeps;

  gpu_clock_gate u_clock (
    .clk_i    (clk_i),
    .enable_i (hears),
    .clk_o    (irq_clk)
  );

  // ---- one access a cycle: the host, else a GuC -------------------------------------------------

  logic        raise, raise_gt;
  logic [5:0]  fn, next_msi_fn;
  logic [15:0] enable;
  logic [31:0] mask, byte_mask, wdata, old, held, open, level, raised, kept, latched;
  /* verilator tracing_off */  // reg_offset_i with constants before it
  logic [31:0] addr;
  /* verilator tracing_on */
  logic        is_storage, is_master, is_tile, is_identity, is_select, is_mask, write;

  assign raise    = !reg_valid_i && raise_valid_i != 2'd0;
  assign raise_gt = !raise_valid_i[0];
  assign fn       = reg_valid_i ? reg_fn_i : raise_fn_i[raise_gt];
  assign addr     = ViewBase | {24'd0, reg_offset_i};
  assign write    = reg_valid_i && reg_write_i;

  assign raise_ready_o = {raise && raise_gt, raise && !raise_gt};

  assign is_master   = addr == GFX_MSTR_IRQ;
  assign is_tile     = addr == DG1_MSTR_TILE_INTR && fn == 6'd0;
  assign is_identity = addr == INTR_IDENTITY_REG_0;
  assign is_select   = addr == IIR_REG_SELECTOR_0;
  assign is_mask     = addr == GUC_SG_INTR_MASK;

  always_comb begin
    case (addr)
      RENDER_COPY_INTR_ENABLE, VCS_VECS_INTR_ENABLE, GUC_SG_INTR_ENABLE, GPM_WGBOXPERF_INTR_ENABLE,
      GUNIT_GSC_INTR_ENABLE, CCS_RSVD_INTR_ENABLE, RCS0_RSVD_INTR_MASK, BCS_RSVD_INTR_MASK,
      VCS0_VCS1_INTR_MASK, VCS2_VCS3_INTR_MASK, VCS4_VCS5_INTR_MASK, VCS6_VCS7_INTR_MASK,
      VECS0_VECS1_INTR_MASK, VECS2_VECS3_INTR_MASK, GUC_SG_INTR_MASK, GPM_WGBOXPERF_INTR_MASK,
      GUNIT_GSC_INTR_MASK: is_storage = 1'b1;
      default:             is_storage = 1'b0;
    endcase
  end

  // Both GuCs share the enable in the upper half; each has its half of the mask. A VF's SW_INT_0 is
  // recorded without it: the VF moved here, and its driver has not written this register yet.
  assign enable  = stored[{fn, GUC_SG_INTR_ENABLE[7:2]}][31:16] |
                   ((fn != 6'd0) ? GUC_INTR_SW_INT_0[15:0] : 16'd0);
  assign mask    = stored[{fn, GUC_SG_INTR_MASK[7:2]}];
  assign old     = vector[fn];
  assign latched = identity[fn];
  assign open    = {~mask[15:0], ~mask[31:16]};
  assign level   = (old | held) & open;

  // The identity's own instance says whose bits it holds.
  assign held = !latched[31]                             ? 32'd0
                : (latched[25:20] == IdentityInstanceMguc) ? {latched[15:0], 16'd0}
                                                           : {16'd0, latched[15:0]};

  // ---- read -------------------------------------------------------------------------------------

  logic [31:0] intr_dw0;
  assign intr_dw0 = ((level[15:0]  != 16'd0) ? INTR_GUC  : 32'd0) |
                    ((level[31:16] != 16'd0) ? INTR_MGUC : 32'd0);

  always_comb begin
    reg_rdata_o = 32'd0;
    if (reg_valid_i && !reg_write_i) begin
      if (is_storage)  reg_rdata_o = stored[{fn, reg_offset_i[7:2]}];
      if (is_identity) reg_rdata_o = latched;
      if (addr == GT_INTR_DW_0) reg_rdata_o = intr_dw0;
      if (is_master) begin
        reg_rdata_o = {master_q[fn], 30'd0, intr_dw0 != 32'd0};
      end
      if (is_tile) begin
        reg_rdata_o = {tile_master_q, 30'd0, intr_dw0 != 32'd0};
      end
    end
  end

  // ---- write and raise --------------------------------------------------------------------------

  logic [31:0] next_identity, rest;
  logic        master, tile_master, send, select_guc, select_mguc;

  assign byte_mask = {{8{reg_be_i[3]}}, {8{reg_be_i[2]}}, {8{reg_be_i[1]}}, {8{reg_be_i[0]}}};
  assign wdata     = reg_wdata_i & byte_mask;
  assign raised    = raise_gt ? {raise_vector_i[1] & enable, 16'd0}
                              : {16'd0, raise_vector_i[0] & enable};

  assign kept = held & ~{wdata[15:0], wdata[15:0]};

  function automatic logic [31:0] identity_of(input logic [5:0] instance_id,
                                              input logic [15:0] bits);
    return {6'd0, instance_id, 1'b0, IdentityClassOther, bits};
  endfunction

  always_comb begin
    next_identity = latched;
    rest          = old;
    select_guc    = !latched[31] && (wdata & INTR_GUC) != 32'd0 && old[15:0] != 16'd0;
    select_mguc   = !latched[31] && (wdata & INTR_MGUC) != 32'd0 && old[31:16] != 16'd0;
    if (select_guc) begin
      next_identity = INTR_DATA_VALID | identity_of(IdentityInstanceGuc, old[15:0]);
      rest[15:0]    = 16'd0;
    end else if (select_mguc) begin
      next_identity = INTR_DATA_VALID | identity_of(IdentityInstanceMguc, old[31:16]);
      rest[31:16]   = 16'd0;
    end
  end

  always_comb begin
    master      = master_q[fn];
    tile_master = tile_master_q;
    if (write && is_master && reg_be_i[3]) master = reg_wdata_i[31];
    if (write && is_tile && reg_be_i[3])   tile_master = reg_wdata_i[31];
    send = 1'b0;
    if (master && (fn != 6'd0 || tile_master)) begin
      if (raise) send = (raised & open) != 32'd0;
      if (write && (is_master || is_tile)) send = level != 32'd0;
      if (write && is_mask) begin
        send = ((old | held) & ~({wdata[15:0], wdata[31:16]})) != 32'd0;
      end
    end
  end

  // ---- state ------------------------------------------------------------------------------------

  always_ff @(posedge irq_clk) begin
    if (raise) vector[fn] <= old | raised;
    if (write && is_storage) begin
      stored[{fn, reg_offset_i[7:2]}] <= (stored[{fn, reg_offset_i[7:2]}] & ~byte_mask) | wdata;
    end
    if (write && is_select) begin
      vector[fn]   <= rest;
      identity[fn] <= next_identity;
    end
    if (write && is_identity && wdata[31]) begin
      vector[fn]   <= old | kept;
      identity[fn] <= 32'd0;
    end
  end

  always_ff @(posedge irq_clk) begin
    if (!rst_ni) begin
      master_q      <= '1;
      tile_master_q <= 1'b0;
      msi_pending_q <= 64'd0;
    end else begin
      if (write) begin
        tile_master_q <= tile_master;
        if (is_master) master_q[fn] <= master;
      end
      if (msi_ready_i) msi_pending_q[msi_fn_o] <= 1'b0;
      if (send)        msi_pending_q[fn] <= 1'b1;
    end
  end

  // The message on offer is held while it waits, so a lower function cannot take its place.
  logic       offer_q;
  logic [5:0] offer_fn_q;

  assign next_msi_fn = (msi_pending_q != 64'd0 && !offer_q) ? next_fn(msi_pending_q, offer_fn_q)
                                                            : offer_fn_q;

  always_ff @(posedge irq_clk) begin
    if (!rst_ni) begin
      offer_q    <= 1'b0;
      offer_fn_q <= 6'd0;
    end else begin
      offer_fn_q <= next_msi_fn;
      if (!offer_q) offer_q <= msi_pending_q != 64'd0;
      else if (msi_ready_i) offer_q <= 1'b0;
    end
  end

  assign msi_valid_o = offer_q;
  assign msi_fn_o    = offer_fn_q;
  assign idle_o      = !offer_q && msi_pending_q == 64'd0;

  always_ff @(posedge irq_clk) begin
    if (rst_ni) begin
      // What is offered is pending.
      IrqOfferPending: assert (offer_q -> msi_pending_q[offer_fn_q]);
      // A valid identity names a vector that is not empty.
      IrqIdentityHasBits: assert (latched[31] -> latched[15:0] != 16'd0);
    end
  end

endmodule
