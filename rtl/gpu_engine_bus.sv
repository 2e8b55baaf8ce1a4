// SPDX-License-Identifier: MIT
// Registers of an engine on its GuC's bus: the context to run, commands, and how the last context
// left. One event for each SUBMIT taken; the next one is taken when the event was read.

module gpu_engine_bus
  import gpu_pkg::*;
  import gpu_regs_pkg::*;
(
  input  logic         clk_i,
  input  logic         rst_ni,

  // engine bus of the GuC
  input  logic         reg_sel_i,
  input  logic         reg_write_i,
  input  logic [5:0]   reg_offset_i,
  input  logic [31:0]  reg_wdata_i,
  output logic [31:0]  reg_rdata_o,
  output logic         event_o,        // an event waits

  input  logic [63:0]  gate_closed_i,

  // engine
  input  logic         busy_i,
  input  logic         arb_off_i,
  input  logic         polling_i,
  input  logic         held_i,         // an access waits for a page
  output logic         start_o,        // pulse: run what next_* tell
  output logic [31:12] next_page_o,
  output space_e       next_mode_o,
  output logic         reset_o,        // pulse
  output logic         preempt_o,      // stays until the context has left
  output logic         retry_o,        // pulse: the page is there
  output logic         fail_o,         // pulse: it will not come
  input  logic         finish_i,       // it has, for this reason
  input  logic [3:0]   reason_i,
  input  logic         page_lost_i,    // a page that was told to the GuC is not waited for any more

  output logic [5:0]   fn_o            // of the context that runs
);

  logic [31:12] lrca_q;
  space_e       mode_q;
  logic [5:0]   fn_q, run_fn_q;
  logic [15:0]  tag_q, run_tag_q;
  logic         preempt_q, event_q, event_page_q;
  logic [3:0]   event_type_q;

  logic [31:0]  addr;
  logic         write, command, submit, preempt, pop, refused;

  assign addr    = GUCBUS_ENGINE_BASE | {26'd0, reg_offset_i};
  assign write   = reg_sel_i && reg_write_i;
  assign command = write && addr == GUCBUS_ENGINE_CTRL;
  assign submit  = command && (reg_wdata_i & GUCBUS_ENGINE_SUBMIT) != 32'd0 && !busy_i && !event_q;
  assign preempt = command && (reg_wdata_i & GUCBUS_ENGINE_PREEMPT) != 32'd0;
  assign pop     = reg_sel_i && !reg_write_i && addr == GUCBUS_ENGINE_EVENT && event_q;
  assign refused = submit && gate_closed_i[fn_q];

  always_comb begin
    reg_rdata_o = 32'd0;
    if (reg_sel_i && !reg_write_i) begin
      case (addr)
        GUCBUS_ENGINE_LRCA:   reg_rdata_o = {lrca_q, 3'd0, mode_q != SpaceNone, 3'd0, mode_q, 3'd0};
        GUCBUS_ENGINE_TAG:    reg_rdata_o = {10'd0, fn_q, tag_q};
        GUCBUS_ENGINE_STATUS: begin
          reg_rdata_o = (busy_i ? GUCBUS_ENGINE_BUSY : 32'd0) |
                        (arb_off_i ? GUCBUS_ENGINE_ARB_OFF : 32'd0) |
                        (polling_i ? GUCBUS_ENGINE_SEMAPHORE : 32'd0) |
                        (held_i ? GUCBUS_ENGINE_PAGE : 32'd0);
        end
        GUCBUS_ENGINE_EVENT: begin
          if (event_q) begin
            reg_rdata_o = GUCBUS_ENGINE_EVENT_VALID |
                          (event_page_q ? GUCBUS_ENGINE_EVENT_PAGE : 32'd0) |
                          {4'd0, event_type_q, 2'd0, run_fn_q, run_tag_q};
          end
        end
        default: ;
      endcase
    end
  end

  assign event_o     = event_q;
  assign start_o     = submit && !refused;
  assign reset_o     = command && (reg_wdata_i & GUCBUS_ENGINE_RESET) != 32'd0;
  assign preempt_o   = preempt_q;
  assign retry_o     = command && (reg_wdata_i & GUCBUS_ENGINE_PAGE_RETRY) != 32'd0;
  assign fail_o      = command && (reg_wdata_i & GUCBUS_ENGINE_PAGE_FAIL) != 32'd0;
  assign next_page_o = lrca_q;
  assign next_mode_o = mode_q;
  assign fn_o        = run_fn_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      lrca_q       <= '0;
      mode_q       <= SpaceNone;
      fn_q         <= 6'd0;
      run_fn_q     <= 6'd0;
      tag_q        <= 16'd0;
      run_tag_q    <= 16'd0;
      preempt_q    <= 1'b0;
      event_type_q <= 4'd0;
      event_q      <= 1'b0;
      event_page_q <= 1'b0;
    end else begin
      if (write && addr == GUCBUS_ENGINE_LRCA) begin
        lrca_q <= reg_wdata_i[31:12];
        mode_q <= ((reg_wdata_i & GUCBUS_ENGINE_LRCA_PPGTT) != 32'd0) ? space_e'(reg_wdata_i[4:3])
                                                                       : SpaceNone;
      end
      if (write && addr == GUCBUS_ENGINE_TAG) {fn_q, tag_q} <= reg_wdata_i[21:0];
      if (submit) begin
        run_fn_q   <= fn_q;
        run_tag_q  <= tag_q;
      end
      preempt_q <= busy_i && (preempt_q || preempt) && !finish_i;
      if (pop) event_q <= 1'b0;
      if (finish_i || refused) begin
        event_q      <= 1'b1;
        event_type_q <= refused ? GUCBUS_ENGINE_EVENT_PREEMPTED[3:0] : reason_i;
        event_page_q <= page_lost_i && !refused;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // An event never replaces one that was not read.
      EngineOneEvent: assert ((finish_i || refused) -> !event_q);
    end
  end

endmodule
