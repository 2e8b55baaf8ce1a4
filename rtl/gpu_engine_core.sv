// SPDX-License-Identifier: MIT
// The life of a context on an engine: its image comes in, its ring runs until it is empty, is
// preempted, faults or is reset, and the image goes out again. Its clock stands while there is no
// context.

module gpu_engine_core
  import gpu_pkg::*;
  import gpu_cmd_pkg::*;
  import gpu_regs_pkg::*;
#(
  parameter logic [5:0]   Unit = 6'd0,    // place in the memory interrupt page
  parameter logic [22:12] Base = 11'h002  // of the registers that commands reach
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  /*verilator tracing_off*/
  input  logic [63:0]  timestamp_i,
  /*verilator tracing_on*/

  // registers: start and reset are pulses, leave is a level; finish: it has left, for this reason
  input  logic         start_i,
  input  logic [31:12] page_i,         // of the context, from its start on
  input  space_e       mode_i,
  input  logic         reset_i,
  input  logic         leave_i,
  output logic         finish_o,
  output logic [3:0]   reason_o,
  output logic         page_lost_o,    // and a page told to the GuC is not waited for any more
  output logic         busy_o,         // has a context
  output logic         aborts_o,       // is about to leave it
  output logic         arb_off_o,
  output logic         polling_o,

  // memory
  output logic         mem_valid_o,
  output mem_op_e      mem_op_o,
  output logic         mem_ppgtt_o,    // an address of the context's own space
  output space_t       mem_space_o,
  output logic         mem_switch_o,   // another context: what is known of the last space is void
  output logic [63:0]  mem_addr_o,
  output logic [7:0]   mem_be_o,
  output logic [63:0]  mem_data_o,
  input  logic         mem_ready_i,
  input  logic         mem_fault_i,
  input  logic         mem_given_up_i, // with the fault: it only had to leave; nothing is wrong
  input  logic         mem_reported_i, // and the GuC knows of the page
  input  logic         mem_sent_i,
  input  logic         mem_rsp_valid_i,
  input  logic [63:0]  mem_rsp_data_i,

  output logic         awake_o,        // needs its clock
  output logic         idle_o,
  /*verilator tracing_off*/
  output logic [63:0]  wake_o
  /*verilator tracing_on*/
);

  typedef enum logic [2:0] {
    StIdle,   // no context, or its event is not read yet
    StLoad,   // context image comes in
    StRun,    // commands run
    StTail,   // the ring is empty: did the tail move meanwhile?
    StSave,   // context image goes out
    StAbort   // reset: what is under way ends, nothing is saved
  } state_e;

  state_e      state_q, state_d;
  logic [3:0]  reason_q;
  logic [31:0] tail_seen_q;
  logic        given_up_q;

  // ---- parts ------------------------------------------------------------------------------------

  logic        load, load_tail, save, context_done, context_fault, context_busy, context_idle;
  logic [31:0] head, tail, ring_start, ring_ctl, bb_state, bb_per_ctx;
  logic [31:0] save_head, save_bb_state;
  interrupt_t  irq;
  logic [63:0] bb_head, bb_return, save_bb_head, save_bb_return, gpr_data;
  logic [3:0]  gpr_index;
  logic [47:12] root [4];
  logic [3:0]   local_root;
  logic [1:0]   pdp;
  logic [19:0] asid;
  logic        context_valid, context_write, context_rsp, gpr_write;
  logic [7:0]  context_be;
  logic [31:0] context_addr;
  logic [63:0] context_data;

  gpu_engine_context u_context (
    .clk_i, .rst_ni,
    .load_i          (load),
    .load_tail_i     (load_tail),
    .save_i          (save),
    .page_i,
    .space_i         (mode_i != SpaceNone),
    .done_o          (context_done),
    .fault_o         (context_fault),
    .head_o          (head),
    .tail_o          (tail),
    .ring_start_o    (ring_start),
    .ring_ctl_o      (ring_ctl),
    .bb_head_o       (bb_head),
    .bb_state_o      (bb_state),
    .bb_return_o     (bb_return),
    .bb_per_ctx_o    (bb_per_ctx),
    .irq_o           (irq),
    .root_o          (root),
    .local_root_o    (local_root),
    .asid_o          (asid),
    .head_i          (save_head),
    .bb_head_i       (save_bb_head),
    .bb_state_i      (save_bb_state | (save_extra ? BbStateExtra : 32'd0)),
    .bb_return_i     (save_bb_return),
    .timestamp_i     (timestamp_i[31:0]),
    .gpr_index_o     (gpr_index),
    .gpr_write_o     (gpr_write),
    .gpr_data_i      (gpr_data),
    .mem_valid_o     (context_valid),
    .mem_write_o     (context_write),
    .mem_addr_o      (context_addr),
    .mem_be_o        (context_be),
    .mem_data_o      (context_data),
    .mem_ready_i     (mem_ready_i && context_valid),
    .mem_fault_i, .mem_sent_i,
    .mem_rsp_valid_i (context_rsp),
    .mem_rsp_data_i,
    .busy_o          (context_busy),
    .idle_o          (context_idle)
  );

  logic        want, dword_valid, dword_fault, fetch_valid, fetch_rsp, fetch_busy, fetch_idle;
  logic        forget, want_ppgtt, fetch_ppgtt;
  logic [31:0] dword;
  logic [63:0] want_addr, fetch_addr;

  gpu_engine_fetch u_fetch (
    .clk_i, .rst_ni,
    .want_i          (want),
    .addr_i          (want_addr),
    .ppgtt_i         (want_ppgtt),
    .valid_o         (dword_valid),
    .data_o          (dword),
    .fault_o         (dword_fault),
    .forget_i        (forget),
    .mem_valid_o     (fetch_valid),
    .mem_ppgtt_o     (fetch_ppgtt),
    .mem_addr_o      (fetch_addr),
    .mem_ready_i     (mem_ready_i && fetch_valid),
    .mem_fault_i,
    .mem_rsp_valid_i (fetch_rsp),
    .mem_rsp_data_i,
    .busy_o          (fetch_busy),
    .idle_o          (fetch_idle)
  );

  logic        save_extra, gpr_used, reg_rrelative, reg_wrelative, reg_write, reg_math;
  logic [22:2] reg_raddr, reg_waddr;
  logic [31:0] reg_wdata;
  /*verilator tracing_off*/
  logic [31:0] reg_rdata;  // may be the time
  /*verilator tracing_on*/

  assign save_extra = gpr_used || (save_bb_state & BbStateSecond) != 32'd0;

  gpu_engine_regs #(
    .Base
  ) u_regs (
    .clk_i, .rst_ni, .timestamp_i,
    .clear_i       (load),
    .used_o        (gpr_used),
    .read_i        (exec_busy),
    .raddr_i       (reg_raddr),
    .rrelative_i   (reg_rrelative),
    .write_i       (reg_write),
    .waddr_i       (reg_waddr),
    .wrelative_i   (reg_wrelative),
    .wdata_i       (reg_wdata),
    .math_i        (reg_math),
    .rdata_o       (reg_rdata),
    .image_index_i (gpr_index),
    .image_read_i  (context_valid),
    .image_write_i (gpr_write),
    .image_wdata_i (mem_rsp_data_i),
    .image_data_o  (gpr_data)
  );

  logic        exit, exec_valid, exec_ppgtt, exec_rsp, exec_busy, exec_idle, start, resume;
  exit_e       exit_reason;
  mem_op_e     exec_op;
  logic [63:0] exec_addr;
  logic [7:0]  exec_be;
  logic [63:0] exec_data;

  gpu_engine_exec #(
    .Unit
  ) u_exec (
    .clk_i, .rst_ni, .timestamp_i,
    .start_i         (start),
    .resume_i        (resume),
    .leave_i,
    .abort_i         (state_q == StAbort),
    .exit_o          (exit),
    .exit_reason_o   (exit_reason),
    .arb_off_o, .polling_o, .page_i,
    .head_i          (head),
    .tail_i          (tail),
    .ring_start_i    (ring_start),
    .ring_ctl_i      (ring_ctl),
    .bb_head_i       (bb_head),
    .bb_state_i      (bb_state),
    .bb_return_i     (bb_return),
    .bb_per_ctx_i    (bb_per_ctx),
    .irq_i           (irq),
    .save_head_o     (save_head),
    .save_bb_head_o  (save_bb_head),
    .save_bb_state_o (save_bb_state),
    .save_bb_return_o (save_bb_return),
    .want_o          (want),
    .want_addr_o     (want_addr),
    .want_ppgtt_o    (want_ppgtt),
    .dword_valid_i   (dword_valid),
    .dword_i         (dword),
    .dword_fault_i   (dword_fault),
    .fetch_busy_i    (fetch_busy),
    .reg_raddr_o     (reg_raddr),
    .reg_rrelative_o (reg_rrelative),
    .reg_write_o     (reg_write),
    .reg_waddr_o     (reg_waddr),
    .reg_wrelative_o (reg_wrelative),
    .reg_math_o      (reg_math),
    .reg_wdata_o     (reg_wdata),
    .reg_rdata_i     (reg_rdata),
    .mem_valid_o     (exec_valid),
    .mem_op_o        (exec_op),
    .mem_ppgtt_o     (exec_ppgtt),
    .mem_addr_o      (exec_addr),
    .mem_be_o        (exec_be),
    .mem_data_o      (exec_data),
    .mem_ready_i     (mem_ready_i && exec_valid),
    .mem_fault_i,
    .mem_rsp_valid_i (exec_rsp),
    .mem_rsp_data_i,
    .busy_o          (exec_busy),
    .idle_o          (exec_idle),
    .wake_o
  );

  // ---- one of the parts uses memory at a time ---------------------------------------------------

  assign context_rsp = mem_rsp_valid_i && context_busy;
  assign fetch_rsp   = mem_rsp_valid_i && fetch_busy;
  assign exec_rsp    = mem_rsp_valid_i && !context_busy && !fetch_busy;

  assign mem_valid_o  = context_valid || fetch_valid || exec_valid;
  assign mem_ppgtt_o  = (exec_valid && exec_ppgtt) || (fetch_valid && fetch_ppgtt);
  assign mem_switch_o = load && mode_i != SpaceNone;

  assign pdp = (mode_i == Space32) ? mem_addr_o[31:30] : 2'd0;

  always_comb begin
    mem_space_o.mode       = mode_i;
    mem_space_o.asid       = (mode_i == Space32) ? 20'd0 : asid;
    mem_space_o.root       = root[pdp];
    mem_space_o.local_root = local_root[pdp];
  end

  always_comb begin
    mem_op_o   = MemRead;
    mem_addr_o = fetch_addr;
    mem_be_o   = 8'hff;
    mem_data_o = 64'd0;
    if (context_valid) begin
      mem_op_o   = context_write ? MemWrite : MemRead;
      mem_addr_o = {32'd0, context_addr};
      mem_be_o   = context_be;
      mem_data_o = context_data;
    end else if (exec_valid) begin
      mem_op_o   = exec_op;
      mem_addr_o = exec_addr;
      mem_be_o   = exec_be;
      mem_data_o = exec_data;
    end
  end

  // ---- life of a context ------------------------------------------------------------------------

  logic parts_busy;

  assign busy_o     = state_q != StIdle;
  assign aborts_o   = state_q == StAbort;
  assign awake_o    = busy_o || parts_busy;
  assign parts_busy = context_busy || fetch_busy || exec_busy;
  assign idle_o     = context_idle && fetch_idle && exec_idle && (state_q == StIdle || parts_busy);
  assign forget     = start || resume;

  always_comb begin
    state_d   = state_q;
    reason_o  = reason_q;
    load      = 1'b0;
    load_tail = 1'b0;
    save      = 1'b0;
    start     = 1'b0;
    resume    = 1'b0;
    finish_o    = 1'b0;
    unique case (state_q)
      StIdle: begin
        if (start_i) {state_d, load} = {StLoad, 1'b1};
      end
      StLoad: begin
        reason_o = GUCBUS_ENGINE_EVENT_FAULT[3:0];
        if (context_done && context_fault) {state_d, finish_o} = {StIdle, 1'b1};
        else if (context_done)             {state_d, start} = {StRun, 1'b1};
      end
      StRun: begin
        if (exit) begin
          reason_o = given_up_q ? GUCBUS_ENGINE_EVENT_PREEMPTED[3:0] : {2'd0, exit_reason};
          if (exit_reason == ExitTail) {state_d, load_tail} = {StTail, 1'b1};
          else                         {state_d, save} = {StSave, 1'b1};
        end
      end
      StTail: begin
        if (context_done) begin
          if (!context_fault && tail != tail_seen_q) {state_d, resume} = {StRun, 1'b1};
          else if (context_fault) reason_o = GUCBUS_ENGINE_EVENT_FAULT[3:0];
        end
        // The part is free again one cycle behind its done.
        if (!context_busy) {state_d, save} = {StSave, 1'b1};
      end
      StSave: begin
        if (context_done) {state_d, finish_o} = {StIdle, 1'b1};
        if (context_done && context_fault) reason_o = GUCBUS_ENGINE_EVENT_FAULT[3:0];
      end
      StAbort: if (!parts_busy) {state_d, finish_o} = {StIdle, 1'b1};
      default: state_d = StIdle;
    endcase
    // A context that is already on its way out still ends as reset.
    if (reset_i && busy_o) begin
      {state_d, finish_o, save, load_tail, start, resume} = {StAbort, 5'd0};
      reason_o = GUCBUS_ENGINE_EVENT_RESET[3:0];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q     <= StIdle;
      reason_q    <= 4'd0;
      tail_seen_q <= 32'd0;
      {given_up_q, page_lost_o} <= 2'd0;
    end else begin
      state_q  <= state_d;
      reason_q <= reason_o;
      if (load_tail) tail_seen_q <= tail;
      if (load) {given_up_q, page_lost_o} <= 2'd0;
      if (mem_fault_i && mem_given_up_i) {given_up_q, page_lost_o} <= {1'b1, mem_reported_i};
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // The parts take turns.
      EngineMemOneHot: assert ($onehot0({context_valid, fetch_valid, exec_valid}));
      EngineLoadAlone: assert (context_busy -> !fetch_busy);
    end
  end
endmodule
