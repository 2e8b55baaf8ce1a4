// SPDX-License-Identifier: MIT
// Registers of one GT that only the PF sees: what it boots and probes with.

module gpu_pf_regs
  import gpu_regs_pkg::*;
#(
  parameter logic [31:0] GmdId      = 32'h0780_0004,  // 30.00 revision 4
  parameter logic [31:0] RpmConfig0 = 32'h0000_0014   // crystal 38.4 MHz, shift 2
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        media_i,     // which GT, a constant: its fuses tell its engines

  // register bus: offset in this GT's block
  input  logic        reg_valid_i,
  input  logic        reg_write_i,
  input  logic [17:0] reg_offset_i,
  input  logic [3:0]  reg_be_i,
  input  logic [31:0] reg_wdata_i,
  output logic [31:0] reg_rdata_o,

  input  logic [31:0] guc_status_i,
  output logic        tlb_invalidate_o, // done in this cycle
  output logic [31:0] lmem_cfg_o,
  output logic        gt_reset_o,
  input  logic        gt_resetting_i
);

  localparam logic [31:0] ScratchEnd = SOFT_SCRATCH_0 + SOFT_SCRATCH__STRIDE * SOFT_SCRATCH_COUNT;

  // Memories power up as zero; reset leaves them.
  logic [31:0] soft_scratch [16];
  initial begin
    for (int unsigned i = 0; i < 16; i++) soft_scratch[i] = 32'd0;
  end

  /* verilator tracing_off */  // reg_offset_i, wider
  logic [31:0] offset;
  /* verilator tracing_on */
  logic [31:0] mask;
  logic        is_scratch;
  logic [31:0] lmem_cfg_q;

  assign offset     = {14'd0, reg_offset_i};
  assign is_scratch = offset >= SOFT_SCRATCH_0 && offset < ScratchEnd;
  assign mask       = {{8{reg_be_i[3]}}, {8{reg_be_i[2]}}, {8{reg_be_i[1]}}, {8{reg_be_i[0]}}};

  assign tlb_invalidate_o = reg_valid_i && reg_write_i && offset == GUC_TLB_INV_CR &&
                            (reg_wdata_i & mask & GUC_TLB_INV_CR_INVALIDATE) != 32'd0;

  assign gt_reset_o       = reg_valid_i && reg_write_i && offset == GDRST &&
                            (reg_wdata_i & mask & GRDOM_FULL) != 32'd0;

  // What is not here is fused off. One L3 node with four banks, four subslices of eight units; the
  // engines are those of gpu_engines.
  function automatic logic [31:0] fuse(input logic [31:0] register_addr,
                                             input logic media);
    case (register_addr)
      XEHP_FUSE4:                  fuse = media ? 32'd0 : 32'h0001_0000;
      MIRROR_FUSE3:                fuse = 32'h0001_0000;
      MIRROR_L3BANK_ENABLE:        fuse = media ? 32'd0 : 32'h0000_000f;
      XELP_EU_ENABLE:              fuse = media ? 32'd0 : 32'h0000_00ff;
      XELP_GT_GEOMETRY_DSS_ENABLE: fuse = media ? 32'd0 : 32'h0000_000f;
      XEHP_GT_COMPUTE_DSS_ENABLE:  fuse = media ? 32'd0 : 32'h0000_000f;
      GT_VEBOX_VDBOX_DISABLE:      fuse = media ? 32'h0001_0001 : 32'd0;
      default:                     fuse = 32'd0;
    endcase
  endfunction

  always_comb begin
    reg_rdata_o = 32'd0;
    if (reg_valid_i && !reg_write_i) begin
      reg_rdata_o = fuse(offset, media_i);
      if (is_scratch)            reg_rdata_o = soft_scratch[reg_offset_i[5:2]];
      if (offset == RPM_CONFIG0) reg_rdata_o = RpmConfig0;
      if (offset == GMD_ID)      reg_rdata_o = GmdId;
      if (offset == GUC_STATUS)  reg_rdata_o = guc_status_i;
      if (offset == XE2_LMEM_CFG) reg_rdata_o = lmem_cfg_q;
      if (offset == GDRST)       reg_rdata_o = gt_resetting_i ? GRDOM_FULL : 32'd0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (reg_valid_i && reg_write_i && is_scratch) begin
      soft_scratch[reg_offset_i[5:2]] <=
          (soft_scratch[reg_offset_i[5:2]] & ~mask) | (reg_wdata_i & mask);
    end
  end

  assign lmem_cfg_o = lmem_cfg_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      lmem_cfg_q <= 32'd0;
    end else if (reg_valid_i && reg_write_i && offset == XE2_LMEM_CFG) begin
      lmem_cfg_q <= (lmem_cfg_q & ~mask) | (reg_wdata_i & mask);
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // The bus is dword aligned.
      PfRegsAligned: assert (reg_valid_i -> reg_offset_i[1:0] == 2'd0);
    end
  end

endmodule
