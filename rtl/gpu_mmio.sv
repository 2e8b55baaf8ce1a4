// SPDX-License-Identifier: MIT
// BAR0 of all functions, and BAR2 of the PF: a VF is an address translation in front of the same
// registers. Splits an access into dwords, finds whose copy of which register is meant, and answers
// every read; what does not exist or may not be seen reads 0 and ignores writes. Its clock stands
// while no access is under way.
//
//   0x000000  PF: registers of the main GT             0x380000  PF: registers of the media GT
//   0x078000  PVINFO page: reads 0; what a mediated vGPU asks is the host's (gpu_pvinfo)
//   0x190000  own view; PF: view of VF n at + n * 0x400
//   0x100000  PF: fences of its aperture, which is BAR2 (gpu_aperture)
//   0x800000  GGTT entries

module gpu_mmio
  import gpu_pkg::*;
  import gpu_regs_pkg::*;
#(
  parameter bit Sleeps = 1'b1  // a bench compares it with one that does not
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // host: a dword access uses its half of the lane
  input  logic        host_req_valid_i,
  input  logic        host_req_write_i,
  input  logic        host_req_aperture_i, // BAR2: a write is answered too
  input  logic [5:0]  host_req_fn_i,
  input  logic [29:0] host_req_addr_i,
  input  logic [7:0]  host_req_be_i,
  input  logic [63:0] host_req_data_i,
  output logic        host_req_ready_o,
  output logic        host_trap_o,     // with ready: for the host's mediator, not answered here
  output logic        host_rsp_valid_o,
  output logic        host_rsp_fault_o,    // nothing is there in the aperture
  output logic [63:0] host_rsp_data_o,

  // register bus: one dword a cycle to the selected block, read data in the same cycle
  output logic        reg_write_o,
  output logic [5:0]  reg_fn_o,       // whose copy
  output logic [17:0] reg_offset_o,   // in the function's view (9:0) or in the GT's block
  output logic [3:0]  reg_be_o,
  output logic [31:0] reg_wdata_o,
  output logic [1:0]  mailbox_sel_o,  // by GT
  output logic [1:0]  doorbell_sel_o, // by GT, writes only
  output logic        irq_sel_o,
  output logic [1:0]  pf_sel_o,       // by GT
  input  logic [31:0] mailbox_rdata_i [2],
  input  logic [31:0] irq_rdata_i,
  input  logic [31:0] pf_rdata_i [2],

  // GGTT entries: read data in the next cycle
  output logic        pte_valid_o,
  output logic        pte_write_o,
  output logic [5:0]  pte_fn_o,
  output logic [19:0] pte_index_o,
  output logic [7:0]  pte_be_o,
  output logic [63:0] pte_wdata_o,
  input  logic [63:0] pte_rdata_i,

  // aperture's way to memory
  output logic        mem_valid_o,
  output mem_op_e     mem_op_o,
  output logic [31:0] mem_addr_o,
  output logic [7:0]  mem_be_o,
  output logic [63:0] mem_data_o,
  input  logic        mem_ready_i,
  input  logic        mem_fault_i,
  input  logic        mem_rsp_valid_i,
  input  logic [63:0] mem_rsp_data_i,

  output logic        idle_o
);

  localparam logic [7:0]  ViewPage = 8'h19;
  localparam logic [31:0] ViewBase = 32'h0019_0000;
  localparam logic [15:0] FenceBlock = FENCE_REG_GEN6_LO_0[23:8];

  typedef enum logic [2:0] {
    StIdle,     // takes a request
    StLow,      // low dword of the lane
    StHigh,     // high dword of the lane
    StPte,      // entry is read or written
    StPteRead,  // entry is there
    StAperture, // memory is read or written
    StRespond   // answers
  } state_e;

  state_e      state_q, state_d;
  logic        write_q;
  logic [5:0]  fn_q;
  logic [29:3] addr_q;
  logic [7:0]  be_q;
  logic [63:0] wdata_q;
  logic        fault_q;

  // ---- clock ------------------------------------------------------------------------------------

  /*verilator tracing_off*/
  logic mmio_clk;
  /*verilator tracing_on*/
  logic hears, pvinfo_idle;

  assign hears = host_req_valid_i || state_q != StIdle || !pvinfo_idle || !rst_ni || !Sleeps;

  gpu_clock_gate u_clock (
    .clk_i    (clk_i),
    .enable_i (hears),
    .clk_o    (mmio_clk)
  );

  // ---- trap window ------------------------------------------------------------------------------

  logic        req_valid;

  gpu_pvinfo u_pvinfo (
    .clk_i            (mmio_clk),
    .rst_ni           (rst_ni),
    .host_req_valid_i (host_req_valid_i),
    .host_req_write_i (host_req_write_i),
    .host_req_aperture_i (host_req_aperture_i),
    .host_req_fn_i    (host_req_fn_i),
    .host_req_addr_i  (host_req_addr_i[23:0]),
    .host_req_be_i    (host_req_be_i),
    .host_req_data_i  (host_req_data_i),
    .host_req_ready_o (host_req_ready_o),
    .host_trap_o      (host_trap_o),
    .mmio_req_valid_o (req_valid),
    .mmio_req_ready_i (state_q == StIdle),
    .idle_o           (pvinfo_idle)
  );

  // ---- decode -----------------------------------------------------------------------------------

  typedef enum logic [2:0] {
    SelNone, SelMailbox, SelDoorbell, SelIrq, SelVfCap, SelPf, SelFence
  } select_e;

  select_e     select;
  logic        select_gt, high, access, is_pf, in_view, visible;
  /* verilator tracing_off */  // addr_q and what goes out tell them
  logic [23:0] addr;
  logic [31:0] view_addr;
  /* verilator tracing_on */
  logic [31:0] rdata;
  logic [5:0]  view_fn;

  assign high      = state_q == StHigh;
  assign access    = state_q == StLow || state_q == StHigh;
  assign addr      = {addr_q[23:3], high, 2'd0};
  assign is_pf     = fn_q == 6'd0;
  assign in_view   = addr[23:16] == ViewPage;
  assign view_fn   = addr[15:10];
  assign visible   = is_pf || view_fn == 6'd0;
  assign view_addr = ViewBase | {22'd0, addr[9:0]};

  function automatic logic is_media_block(input logic [31:0] register_addr);
    return register_addr >= MEDIA_GT_GSI_OFFSET &&
           register_addr < MEDIA_GT_GSI_OFFSET + MEDIA_GT_GSI_LENGTH;
  endfunction

  always_comb begin
    select    = SelNone;
    select_gt = 1'b0;
    if (access && in_view && visible) begin
      case (view_addr)
        GUC_HOST_INTERRUPT: select = SelDoorbell;
        MED_GUC_HOST_INTERRUPT: begin
          select    = SelDoorbell;
          select_gt = 1'b1;
        end
        VF_CAP_REG: select = SelVfCap;
        default: begin
          if (view_addr[9:8] == 2'd0) select = SelIrq;
          if (view_addr[9:4] == VF_SW_FLAG_0[9:4]) select = SelMailbox;
          if (view_addr[9:4] == MED_VF_SW_FLAG_0[9:4]) begin
            select    = SelMailbox;
            select_gt = 1'b1;
          end
        end
      endcase
    end else if (access && !in_view && is_pf) begin
      if (addr < MEDIA_GT_GSI_LENGTH[23:0]) select = SelPf;
      if (is_media_block({8'd0, addr})) begin
        select    = SelPf;
        select_gt = 1'b1;
      end
      if (addr[23:8] == FenceBlock) select = SelFence;
    end
  end

  assign reg_write_o  = write_q;
  assign reg_fn_o     = is_pf ? view_fn : fn_q;
  assign reg_offset_o = addr[17:0];
  assign reg_be_o     = high ? be_q[7:4] : be_q[3:0];
  assign reg_wdata_o  = high ? wdata_q[63:32] : wdata_q[31:0];

  assign mailbox_sel_o  = {select_gt, !select_gt} & {2{select == SelMailbox}};
  assign doorbell_sel_o = {select_gt, !select_gt} & {2{select == SelDoorbell && write_q}};
  assign pf_sel_o       = {select_gt, !select_gt} & {2{select == SelPf}};
  assign irq_sel_o      = select == SelIrq;

  always_comb begin
    case (select)
      SelMailbox: rdata = mailbox_rdata_i[select_gt];
      SelIrq:     rdata = irq_rdata_i;
      SelVfCap:   rdata = (reg_fn_o != 6'd0) ? VF_CAP : 32'd0;
      SelPf:      rdata = pf_rdata_i[select_gt];
      SelFence:   rdata = fence_rdata;
      default:    rdata = 32'd0;
    endcase
  end

  assign pte_valid_o = state_q == StPte;
  assign pte_write_o = write_q;
  assign pte_fn_o    = fn_q;
  assign pte_index_o = addr_q[22:3];
  assign pte_be_o    = be_q;
  assign pte_wdata_o = wdata_q;

  // ---- aperture ---------------------------------------------------------------------------------

  logic        aperture_done, aperture_fault, aperture_active;
  logic [31:0] fence_rdata;
  logic [63:0] aperture_rdata;

  gpu_aperture u_aperture (
    .clk_i           (mmio_clk),
    .rst_ni          (rst_ni),
    .reg_valid_i     (select == SelFence),
    .reg_write_i     (write_q),
    .reg_offset_i    (addr[7:2]),
    .reg_be_i        (reg_be_o),
    .reg_wdata_i     (reg_wdata_o),
    .reg_rdata_o     (fence_rdata),
    .req_valid_i     (state_q == StAperture),
    .req_write_i     (write_q),
    .req_addr_i      (addr_q),
    .done_o          (aperture_done),
    .fault_o         (aperture_fault),
    .rdata_o         (aperture_rdata),
    .mem_valid_o     (mem_valid_o),
    .mem_op_o        (mem_op_o),
    .mem_addr_o      (mem_addr_o),
    .mem_ready_i     (mem_ready_i),
    .mem_fault_i     (mem_fault_i),
    .mem_rsp_valid_i (mem_rsp_valid_i),
    .mem_rsp_data_i  (mem_rsp_data_i),
    .active_o        (aperture_active)
  );

  assign mem_be_o   = be_q;
  assign mem_data_o = wdata_q;

  // ---- control ----------------------------------------------------------------------------------

  assign host_rsp_valid_o = state_q == StRespond;
  assign host_rsp_fault_o = fault_q;
  assign idle_o           = (state_q == StIdle || state_q == StAperture) && pvinfo_idle &&
                            !aperture_active;

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StIdle: begin
        if (req_valid) begin
          if (host_req_aperture_i) begin
            state_d = (host_req_fn_i == 6'd0) ? StAperture : StRespond;
          end else if (host_req_addr_i[23])       state_d = StPte;
          else if (host_req_be_i[3:0] != 4'd0)    state_d = StLow;
          else if (host_req_be_i[7:4] != 4'd0)    state_d = StHigh;
          else if (!host_req_write_i)             state_d = StRespond;
        end
      end
      StLow: begin
        if (be_q[7:4] != 4'd0) state_d = StHigh;
        else                   state_d = write_q ? StIdle : StRespond;
      end
      StHigh:    state_d = write_q ? StIdle : StRespond;
      StPte:     state_d = write_q ? StIdle : StPteRead;
      StPteRead: state_d = StRespond;
      StAperture: if (aperture_done) state_d = StRespond;
      StRespond: state_d = StIdle;
      default:   state_d = StIdle;
    endcase
  end

  always_ff @(posedge mmio_clk) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      write_q <= 1'b0;
      fn_q    <= 6'd0;
      addr_q  <= '0;
      be_q    <= 8'd0;
      wdata_q <= 64'd0;
      host_rsp_data_o <= 64'd0;
      fault_q <= 1'b0;
    end else begin
      state_q <= state_d;
      if (state_q == StIdle && req_valid) begin
        write_q <= host_req_write_i;
        fn_q    <= host_req_fn_i;
        addr_q  <= host_req_addr_i[29:3];
        be_q    <= host_req_be_i;
        wdata_q <= host_req_data_i;
        host_rsp_data_o <= host_req_aperture_i ? '1 : 64'd0;
        fault_q <= host_req_aperture_i;
      end
      if (state_q == StLow)     host_rsp_data_o[31:0]  <= rdata;
      if (state_q == StHigh)    host_rsp_data_o[63:32] <= rdata;
      if (state_q == StPteRead) host_rsp_data_o        <= pte_rdata_i;
      if (aperture_done) begin
        host_rsp_data_o <= aperture_rdata;
        fault_q <= aperture_fault;
      end
    end
  end

  always_ff @(posedge mmio_clk) begin
    if (rst_ni) begin
      // Byte enables stay in the half that the address names, unless the access is a quad-word.
      MmioBytesFitAddress: assert (
          host_req_valid_i -> host_req_addr_i[1:0] == 2'd0 &&
                               (!host_req_addr_i[2] || host_req_be_i[3:0] == 4'd0));
      // At most one block is addressed.
      MmioSelectOneHot: assert ($onehot0({mailbox_sel_o, doorbell_sel_o, irq_sel_o, pf_sel_o}));
      // A VF never reaches another's copy.
      MmioVfStaysHome: assert ((select != SelNone && !is_pf) -> reg_fn_o == fn_q);
    end
  end

endmodule
