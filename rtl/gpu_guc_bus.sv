// SPDX-License-Identifier: MIT
// Private bus of one GuC: takes one access at a time, finds the block, answers reads. Reading a
// queue takes its next entry.

module gpu_guc_bus
  import gpu_regs_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  // GuC
  input  logic        req_valid_i,
  input  logic        req_write_i,
  input  logic [15:0] req_addr_i,
  input  logic [31:0] req_data_i,
  output logic        req_ready_o,
  output logic        rsp_valid_o,
  output logic [31:0] rsp_data_o,
  output logic        irq_o,

  // one access, in one cycle
  output logic        bus_write_o,
  output logic        bus_read_o,
  output logic [15:0] bus_addr_o,
  output logic [31:0] bus_wdata_o,

  // mailbox
  output logic        mailbox_write_o,
  input  logic [31:0] mailbox_rdata_i,

  // queues: pop takes what next shows
  output logic        doorbell_pop_o,
  input  logic [31:0] doorbell_next_i,
  input  logic        doorbell_pending_i,
  output logic        fault_pop_o,
  input  logic [31:0] fault_next_i,
  input  logic [63:0] fault_addr_i,
  input  logic [19:0] fault_asid_i,
  input  logic        fault_pending_i,
  output logic        flr_pop_o,
  input  logic [31:0] flr_next_i,
  input  logic        flr_pending_i,

  // gate; function number is in bus_wdata_o
  output logic        gate_close_o,
  output logic        gate_open_o,
  input  logic [63:0] gate_closed_i,

  // engines
  output logic [3:0]  engine_sel_o,
  input  logic [31:0] engine_rdata_i,   // of the selected one
  input  logic [3:0]  engine_event_i,

  // others
  output logic        irq_send_o,
  input  logic        irq_busy_i,
  output logic [31:0] memirq_status_o,
  output logic [31:0] memirq_source_o,
  output logic [31:0] guc_status_o,
  output logic        tlb_invalidate_o,
  input  logic        gt_reset_i,       // the program begins anew, and says so by its status
  output logic        gt_resetting_o,
  output logic        ppgtt_invalidate_o,
  /*verilator tracing_off*/
  input  logic [63:0] timestamp_i,
  /*verilator tracing_on*/

  output logic        idle_o
);

  typedef enum logic [1:0] {
    StIdle,    // takes a request
    StAccess,  // the block acts
    StRespond  // answers
  } state_e;

  state_e      state_q, state_d;
  logic        write_q;
  logic [15:0] addr_q;
  logic [31:0] wdata_q, rdata_q, rdata;
  logic [31:0] irq_enable_q, guc_status_q, memirq_status_q, memirq_source_q, irq_status;

  logic        resetting_q;
  logic        access, write, read, is_mailbox, is_engine;
  logic [31:0] addr;

  assign access     = state_q == StAccess;
  assign write      = access && write_q;
  assign read       = access && !write_q;
  assign addr       = {16'd0, addr_q[15:2], 2'd0};
  assign is_mailbox = addr_q[15:10] == GUCBUS_MBOX_BASE[15:10];
  assign is_engine  = addr_q[15:8] == GUCBUS_ENGINE_BASE[15:8];

  assign bus_write_o = write;
  assign bus_read_o  = read;
  assign bus_addr_o  = addr_q;
  assign bus_wdata_o = wdata_q;

  // ---- strobes ----------------------------------------------------------------------------------

  assign mailbox_write_o  = write && is_mailbox;
  assign engine_sel_o     = {4{access && is_engine}} & (4'd1 << addr_q[7:6]);
  assign doorbell_pop_o   = read && addr == GUCBUS_DB_NEXT;
  assign fault_pop_o      = read && addr == GUCBUS_FAULT_NEXT;
  assign flr_pop_o        = read && addr == GUCBUS_FLR_NEXT;
  assign gate_close_o     = write && addr == GUCBUS_GATE_CLOSE;
  assign gate_open_o      = write && addr == GUCBUS_GATE_OPEN;
  assign irq_send_o       = write && addr == GUCBUS_IRQ_SEND && !irq_busy_i;
  assign tlb_invalidate_o   = write && addr == GUCBUS_TLB_INV &&
                              (wdata_q & GUCBUS_TLB_INV_GGTT) != 32'd0;
  assign ppgtt_invalidate_o = write && addr == GUCBUS_TLB_INV &&
                              (wdata_q & GUCBUS_TLB_INV_PPGTT) != 32'd0;

  // ---- read -------------------------------------------------------------------------------------

  assign irq_status = (doorbell_pending_i       ? GUCBUS_IRQ_DOORBELL : 32'd0) |
                      ((engine_event_i != 4'd0) ? GUCBUS_IRQ_ENGINE   : 32'd0) |
                      (fault_pending_i          ? GUCBUS_IRQ_FAULT    : 32'd0) |
                      (flr_pending_i            ? GUCBUS_IRQ_FLR      : 32'd0) |
                      (resetting_q              ? GUCBUS_IRQ_RESET    : 32'd0);
  assign irq_o      = (irq_status & irq_enable_q) != 32'd0;

  always_comb begin
    rdata = 32'd0;
    if (read) begin
      case (addr)
        GUCBUS_IRQ_STATUS:    rdata = irq_status;
        GUCBUS_IRQ_ENABLE:    rdata = irq_enable_q;
        GUCBUS_STATUS:        rdata = guc_status_q;
        GUCBUS_DB_NEXT:       rdata = doorbell_next_i;
        GUCBUS_GATE_STATE_LO: rdata = gate_closed_i[31:0];
        GUCBUS_GATE_STATE_HI: rdata = gate_closed_i[63:32];
        GUCBUS_MEMIRQ_STATUS: rdata = memirq_status_q;
        GUCBUS_MEMIRQ_SOURCE: rdata = memirq_source_q;
        GUCBUS_IRQ_SEND:      rdata = irq_busy_i ? GUCBUS_IRQ_BUSY : 32'd0;
        GUCBUS_FAULT_NEXT:    rdata = fault_next_i;
        GUCBUS_FAULT_ADDR:    rdata = fault_addr_i[31:0];
        GUCBUS_FAULT_ADDR_HI: rdata = fault_addr_i[63:32];
        GUCBUS_FAULT_ASID:    rdata = {12'd0, fault_asid_i};
        GUCBUS_FLR_NEXT:      rdata = flr_next_i;
        GUCBUS_TIMESTAMP_LO:  rdata = timestamp_i[31:0];
        GUCBUS_TIMESTAMP_HI:  rdata = timestamp_i[63:32];
        default: begin
          if (is_mailbox) rdata = mailbox_rdata_i;
          if (is_engine)  rdata = engine_rdata_i;
        end
      endcase
    end
  end

  // ---- control ----------------------------------------------------------------------------------

  assign req_ready_o     = state_q == StIdle;
  assign rsp_valid_o     = state_q == StRespond;
  assign rsp_data_o      = rdata_q;
  assign idle_o          = state_q == StIdle;
  assign guc_status_o    = guc_status_q;
  assign gt_resetting_o  = resetting_q;
  assign memirq_status_o = memirq_status_q;
  assign memirq_source_o = memirq_source_q;

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StIdle:    if (req_valid_i) state_d = StAccess;
      StAccess:  state_d = write_q ? StIdle : StRespond;
      StRespond: state_d = StIdle;
      default:   state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q         <= StIdle;
      write_q         <= 1'b0;
      addr_q          <= 16'd0;
      wdata_q         <= 32'd0;
      rdata_q         <= 32'd0;
      irq_enable_q    <= 32'd0;
      guc_status_q    <= 32'd0;
      memirq_status_q <= 32'd0;
      memirq_source_q <= 32'd0;
      resetting_q     <= 1'b0;
    end else begin
      state_q <= state_d;
      if (state_q == StIdle && req_valid_i) begin
        write_q <= req_write_i;
        addr_q  <= req_addr_i;
        wdata_q <= req_data_i;
      end
      if (read) rdata_q <= rdata;
      if (write && addr == GUCBUS_IRQ_ENABLE)    irq_enable_q    <= wdata_q;
      if (gt_reset_i) begin
        guc_status_q <= 32'd0;
        resetting_q  <= 1'b1;
      end else if (write && addr == GUCBUS_STATUS) begin
        guc_status_q <= wdata_q;
        resetting_q  <= 1'b0;
      end
      if (write && addr == GUCBUS_MEMIRQ_STATUS) memirq_status_q <= wdata_q;
      if (write && addr == GUCBUS_MEMIRQ_SOURCE) memirq_source_q <= wdata_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // One queue is taken from at a time.
      GucBusPopOneHot: assert ($onehot0({doorbell_pop_o, fault_pop_o, flr_pop_o, engine_sel_o}));
    end
  end

endmodule
