// SPDX-License-Identifier: MIT
// Trap window in front of BAR0: an access of a mediated vGPU is not served by the chip but handed
// to the host, whose mediator plays the registers behind it, the PVINFO page first of all. Which
// vGPUs are mediated is said by the PF alone, in VGPU_TRAP. What was trapped last stays visible.

module gpu_pvinfo
  import gpu_regs_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  // host, as at the pins
  input  logic        host_req_valid_i,
  input  logic        host_req_write_i,
  input  logic        host_req_aperture_i, // BAR2: a vGPU's goes to the host too
  input  logic [5:0]  host_req_fn_i,
  input  logic [23:0] host_req_addr_i,
  input  logic [7:0]  host_req_be_i,
  input  logic [63:0] host_req_data_i,
  output logic        host_req_ready_o,
  output logic        host_trap_o,       // with ready: trapped, and not answered by the chip

  // decode, for what is not trapped
  output logic        mmio_req_valid_o,
  input  logic        mmio_req_ready_i,

  output logic        idle_o
);

  localparam logic [5:0]  FnBase    = VGPU_FN_BASE[5:0];
  localparam logic [23:0] TrapReg   = VGPU_TRAP[23:0];
  localparam logic [11:0] Page      = PVINFO_BASE[23:12];
  localparam logic [23:0] NotifyReg = PVINFO_BASE[23:0] + 24'h818;

  // ---- who is mediated --------------------------------------------------------------------------

  logic [7:1] mask_q;
  logic       mask_write, is_vgpu, trapped;
  logic [2:0] id;

  assign mask_write = host_req_valid_i && mmio_req_ready_i && host_req_write_i &&
                      !host_req_aperture_i && host_req_fn_i == 6'd0 &&
                      host_req_addr_i == TrapReg && host_req_be_i[0];
  assign id         = host_req_fn_i[2:0];
  assign is_vgpu    = host_req_fn_i > FnBase;
  assign trapped    = is_vgpu && mask_q[id];

  assign host_trap_o      = host_req_valid_i && trapped;
  assign host_req_ready_o = trapped || mmio_req_ready_i;
  assign mmio_req_valid_o = host_req_valid_i && !trapped;

  // ---- the last trap, for whoever looks at waves ------------------------------------------------

  logic        trap_q;         // it was taken at the last edge
  logic        trap_write_q, trap_pvinfo_q, trap_notify_q;
  logic [2:0]  trap_vgpu_q;
  logic [23:0] trap_addr_q;
  logic [7:0]  trap_be_q;
  logic [31:0] trap_data_q;

  assign idle_o = !trap_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      mask_q        <= '0;
      trap_q        <= 1'b0;
      trap_write_q  <= 1'b0;
      trap_pvinfo_q <= 1'b0;
      trap_notify_q <= 1'b0;
      trap_vgpu_q   <= 3'd0;
      trap_addr_q   <= 24'd0;
      trap_be_q     <= 8'd0;
      trap_data_q   <= 32'd0;
    end else begin
      if (mask_write) mask_q <= host_req_data_i[7:1];
      trap_q <= host_trap_o;
      if (host_trap_o) begin
        trap_write_q  <= host_req_write_i;
        trap_pvinfo_q <= !host_req_aperture_i && host_req_addr_i[23:12] == Page;
        trap_notify_q <= host_req_write_i && !host_req_aperture_i &&
                         host_req_addr_i == NotifyReg;
        trap_vgpu_q   <= id;
        trap_addr_q   <= host_req_addr_i;
        trap_be_q     <= host_req_be_i;
        trap_data_q   <= host_req_addr_i[2] ? host_req_data_i[63:32] : host_req_data_i[31:0];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // The PF and VFs of world A are never trapped.
      PvinfoVgpusOnly: assert (host_trap_o -> host_req_fn_i > FnBase);
      // An access goes one way.
      PvinfoOneWay: assert (!(host_trap_o && mmio_req_valid_o));
    end
  end

endmodule
