// SPDX-License-Identifier: MIT
// Runs commands: takes dwords, does what they say, and decides where the context may be left:
// between commands and in waits, while arbitration is on. All waits compare with the timestamp.

module gpu_engine_exec
  import gpu_pkg::*;
  import gpu_cmd_pkg::*;
#(
  parameter logic [5:0]  Unit       = 6'd0,      // place in the memory interrupt page
  parameter int unsigned PollCycles = 500        // between two looks of a semaphore wait; chosen
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  /*verilator tracing_off*/
  input  logic [63:0]  timestamp_i,
  /*verilator tracing_on*/

  // control: start or resume is a pulse, leave and abort are levels
  input  logic         start_i,
  input  logic         resume_i,
  input  logic         leave_i,
  input  logic         abort_i,
  output logic         exit_o,
  output exit_e        exit_reason_o,
  output logic         arb_off_o,
  output logic         polling_o,

  // context
  input  logic [31:12] page_i,
  input  logic [31:0]  head_i,
  input  logic [31:0]  tail_i,
  input  logic [31:0]  ring_start_i,
  input  logic [31:0]  ring_ctl_i,
  input  logic [63:0]  bb_head_i,
  input  logic [31:0]  bb_state_i,
  input  logic [63:0]  bb_return_i,
  input  logic [31:0]  bb_per_ctx_i,
  input  interrupt_t   irq_i,
  output logic [31:0]  save_head_o,
  output logic [63:0]  save_bb_head_o,
  output logic [31:0]  save_bb_state_o,
  output logic [63:0]  save_bb_return_o,

  // fetch
  output logic         want_o,
  output logic [63:0]  want_addr_o,
  output logic         want_ppgtt_o,
  input  logic         dword_valid_i,
  input  logic [31:0]  dword_i,
  input  logic         dword_fault_i,
  input  logic         fetch_busy_i,

  // registers
  output logic [22:2]  reg_raddr_o,
  output logic         reg_rrelative_o,
  output logic         reg_write_o,
  output logic [22:2]  reg_waddr_o,
  output logic         reg_wrelative_o,
  output logic         reg_math_o,
  output logic [31:0]  reg_wdata_o,
  /*verilator tracing_off*/
  input  logic [31:0]  reg_rdata_i,
  /*verilator tracing_on*/

  // memory
  output logic         mem_valid_o,
  output mem_op_e      mem_op_o,
  output logic         mem_ppgtt_o,
  output logic [63:0]  mem_addr_o,
  output logic [7:0]   mem_be_o,
  output logic [63:0]  mem_data_o,
  input  logic         mem_ready_i,
  input  logic         mem_fault_i,
  input  logic         mem_rsp_valid_i,
  input  logic [63:0]  mem_rsp_data_i,

  output logic         busy_o,
  output logic         idle_o,
  /*verilator tracing_off*/
  output logic [63:0]  wake_o
  /*verilator tracing_on*/
);

  typedef enum logic [3:0] {
    StIdle,     // no context
    StPoint,    // between commands: the arbitration point
    StOperand,  // takes what the command needs
    StAct,      // does it, or prepares its access
    StData,     // takes immediate data, one store at a time
    StRegister, // takes pairs of LOAD_REGISTER_IMM, or instructions of MATH
    StMem,      // access waits for its turn
    StAnswer,   // and for its answer
    StWork,     // busy until a time
    StPoll,     // semaphore looks again at a time
    StExit      // tells why
  } state_e;

  state_e      state_q, state_d;
  exit_e       exit_q, exit_d;
  logic        arb_q, armed_q;
  logic [1:0]  step_q;       // of a user interrupt: look, status, source, message

  // ---- command and position ---------------------------------------------------------------------

  command_e    next, command;
  logic [31:0] header;
  logic [31:0] operand [6];
  logic [10:0] next_len, left, advance_len;
  logic        next_operands, last_operand, second;
  logic        advance, call, finish, leave_batch, at_tail, bad_ring, switching_in, take;

  gpu_engine_command u_command (
    .clk_i, .rst_ni,
    .valid_i         (take && state_q == StPoint),
    .dword_i,
    .unprivileged_i  (want_ppgtt_o),
    .next_o          (next),
    .next_len_o      (next_len),
    .next_operands_o (next_operands),
    .take_i          (take),
    .operand_i       (take && state_q == StOperand),
    .act_i           (state_q == StAct),
    .command_o       (command),
    .header_o        (header),
    .operand_o       (operand),
    .left_o          (left),
    .last_operand_o  (last_operand),
    .second_o        (second)
  );

  gpu_engine_position u_position (
    .clk_i, .rst_ni,
    .busy_i         (busy_o),
    .start_i, .head_i, .tail_i, .ring_start_i, .ring_ctl_i, .bb_head_i, .bb_state_i, .bb_return_i,
    .bb_per_ctx_i,
    .advance_i      (advance),
    .advance_len_i  (advance_len),
    .call_i         (call),
    .target_i       ({operand[1], operand[0]}),
    .target_ppgtt_i (header[8]),
    .second_i       (header[22]),
    .return_i       (leave_batch),
    .return_all_i   (command == CmdCondEnd && !header[18]),  // END_CURRENT_LEVEL
    .mark_i         (state_q == StPoint),
    .fetch_addr_o   (want_addr_o),
    .fetch_ppgtt_o  (want_ppgtt_o),
    .at_tail_o      (at_tail),
    .bad_ring_o     (bad_ring),
    .switching_in_o (switching_in),
    .save_head_o, .save_bb_head_o, .save_bb_state_o, .save_bb_return_o
  );

  // ---- when to leave ----------------------------------------------------------------------------

  logic may_leave, taking, timer, waiting, leave_wait;

  // The counter trick of the driver is one unit: arming, then the wait that is skipped.
  assign may_leave  = leave_i && arb_q && !switching_in && !armed_q;
  assign waiting    = state_q == StWork || state_q == StPoll;
  assign timer      = waiting && timestamp_i >= wake_o;
  assign leave_wait = may_leave && (state_q == StPoll || header[8]);  // MI_MODEL_WORK_PREEMPTIBLE
  assign taking     = state_q == StOperand ||
                      ((state_q == StData || state_q == StRegister) && left != 11'd0);
  assign want_o     = !abort_i && !at_tail &&
                      (taking || (state_q == StPoint && !bad_ring && !may_leave));
  assign take       = want_o && dword_valid_i;

  assign exit_o        = state_q == StExit;
  assign exit_reason_o = exit_q;
  assign arb_off_o     = busy_o && !arb_q;
  assign polling_o     = command == CmdSemaphore && (state_q == StPoll || state_q == StAnswer);
  assign busy_o        = state_q != StIdle;
  assign idle_o        = state_q == StIdle || (state_q == StAnswer) ||
                         ((taking || state_q == StPoint) && fetch_busy_i && !dword_fault_i &&
                          !at_tail && !bad_ring && !abort_i) ||
                         (waiting && !timer && !leave_wait && !abort_i);

  // ---- accesses ---------------------------------------------------------------------------------

  logic        prepare, modify, hold, more_pages, pairs, skip_wait, no_write, satisfied;
  logic        is_interrupt, polls_register;
  /*verilator tracing_off*/
  logic [31:0] answer;  // half of mem_rsp_data_i, also while it is another's
  /*verilator tracing_on*/

  gpu_engine_issue #(
    .Unit
  ) u_issue (
    .clk_i,
    .needed_i       (state_q == StAct || state_q == StData),
    .command_i      (command),
    .unprivileged_i (want_ppgtt_o),
    .header_i       (header),
    .operand_i      (operand),
    .step_i         (step_q),
    .dword_i, .reg_raddr_o, .reg_rrelative_o, .reg_waddr_o, .reg_wrelative_o, .reg_wdata_o,
    .reg_rdata_i, .timestamp_i, .page_i, .irq_i,
    .begin_i        (state_q == StPoint && take),
    .answered_i     (state_q == StAnswer && mem_rsp_valid_i),
    .first_i        (state_q == StAct && command == CmdStoreData),
    .pair_i         (take && state_q == StRegister && !second),
    .hold_i         (hold),
    .prepare_i      (prepare),
    .modify_i       (modify),
    .op_o           (mem_op_o),
    .ppgtt_o        (mem_ppgtt_o),
    .addr_o         (mem_addr_o),
    .be_o           (mem_be_o),
    .data_o         (mem_data_o),
    .pairs_o        (pairs),
    .no_write_o     (no_write),
    .more_o         (more_pages),
    .mem_rsp_data_i,
    .answer_o       (answer)
  );

  assign mem_valid_o  = state_q == StMem;
  assign is_interrupt = command == CmdInterrupt;

  assign skip_wait = command == CmdSemaphore && armed_q && operand[0] == NeverValue &&
                     operand[1][31:12] == page_i;
  assign polls_register = command == CmdSemaphore && header[16];
  always_comb begin
    satisfied = 1'b0;
    if (state_q == StAct || state_q == StAnswer) begin
      satisfied = compare(header[14:12], polls_register ? reg_rdata_i : answer, operand[0]);
    end
  end

  // A single dword at the end has nothing to wait for.
  assign hold      = state_q == StData && take && pairs && left != 11'd1;

  assign reg_math_o  = take && state_q == StRegister && command == CmdMath;
  assign reg_write_o = (command == CmdLoadRegMem) ? state_q == StAnswer && mem_rsp_valid_i :
                       (command == CmdLoadRegReg) ? state_q == StAct :
                       take && state_q == StRegister && command == CmdLoadReg && second;

  // ---- control ----------------------------------------------------------------------------------

  assign advance     = take || finish;
  assign advance_len = finish ? left : (state_q == StPoint && next == CmdSkip) ? next_len : 11'd1;

  always_comb begin
    state_d = state_q;
    exit_d  = exit_q;
    finish  = 1'b0;  // the rest of the command is passed over
    call    = 1'b0;
    {prepare, modify, leave_batch} = 3'd0;
    unique case (state_q)
      StIdle: if (start_i || resume_i) state_d = StPoint;
      StPoint: begin
        if (abort_i)                         state_d = StIdle;
        else if (bad_ring || dword_fault_i)  {state_d, exit_d} = {StExit, ExitFault};
        else if (at_tail)                    {state_d, exit_d} = {StExit, ExitTail};
        else if (may_leave && !fetch_busy_i) {state_d, exit_d} = {StExit, ExitPreempt};
        else if (take && next != CmdSkip) state_d = next_operands ? StOperand : StAct;
      end
      StOperand: begin
        if (abort_i)                       state_d = StIdle;
        else if (dword_fault_i)            {state_d, exit_d} = {StExit, ExitFault};
        else if (at_tail)                  state_d = StPoint;
        else if (take && last_operand) state_d = StAct;
      end
      StAct: begin
        unique case (command)
          CmdStoreData: state_d = StData;
          CmdLoadReg, CmdMath: state_d = StRegister;
          CmdLoadRegReg: {state_d, finish} = {StPoint, 1'b1};
          CmdWork:      state_d = StWork;
          CmdBatchStart: {state_d, call} = {StPoint, 1'b1};
          CmdArb:      state_d = StPoint;
          CmdBatchEnd: {state_d, leave_batch} = {StPoint, 1'b1};
          default: begin
            if ((is_interrupt && irq_i.enable == 32'd0) || skip_wait || no_write) begin
              {state_d, finish} = {StPoint, 1'b1};
            end else if (polls_register) begin
              finish  = satisfied;
              state_d = satisfied ? StPoint : StPoll;
            end else begin
              {state_d, prepare} = {StMem, 1'b1};
            end
          end
        endcase
      end
      StData, StRegister: begin
        if (abort_i)            state_d = StIdle;
        else if (dword_fault_i) {state_d, exit_d} = {StExit, ExitFault};
        else if (at_tail || left == 11'd0) state_d = StPoint;
        else if (take && state_q == StData && !hold) {state_d, prepare} = {StMem, 1'b1};
      end
      StMem: begin
        if (mem_ready_i) begin
          if (mem_fault_i)                               {state_d, exit_d} = {StExit, ExitFault};
          else if (is_answered(mem_op_o))                state_d = StAnswer;
          else if (command == CmdStoreData)              state_d = StData;
          else if (is_interrupt && step_q != 2'd3)       state_d = StAct;
          else if (command == CmdSurfCopy && more_pages) state_d = StAct;
          else                                           {state_d, finish} = {StPoint, 1'b1};
          if (abort_i && state_d != StAnswer) {state_d, finish} = {StIdle, 1'b0};
        end
      end
      StAnswer: begin
        if (mem_rsp_valid_i) begin
          if (abort_i)                                    state_d = StIdle;
          else if (command == CmdSemaphore && !satisfied) state_d = StPoll;
          else if (is_interrupt && answer[0])             state_d = StAct;
          else if (command == CmdSurfCopy)                state_d = StAct;
          else if (command == CmdAtomic && mem_op_o == MemRead) begin
            {state_d, modify} = {StMem, 1'b1};
          end else if (command == CmdCondEnd && !satisfied) begin
            {state_d, leave_batch} = {StPoint, 1'b1};
          end else {state_d, finish} = {StPoint, 1'b1};
        end
      end
      StWork, StPoll: begin
        if (abort_i)                           state_d = StIdle;
        else if (leave_wait)                   {state_d, exit_d} = {StExit, ExitPreempt};
        else if (timer && state_q == StWork)   {state_d, finish} = {StPoint, 1'b1};
        else if (timer)                        state_d = polls_register ? StAct : StMem;
      end
      StExit:  state_d = StIdle;
      default: state_d = StIdle;
    endcase
  end

  // ---- state ------------------------------------------------------------------------------------

  /*verilator tracing_off*/
  logic [63:0] wake_q;
  /*verilator tracing_on*/
  assign wake_o = waiting ? wake_q : '1;

  always_ff @(posedge clk_i) begin
    if (state_q == StAct && command == CmdWork) wake_q <= timestamp_i + {32'd0, operand[0]};
    else if (state_q == StMem || state_q == StAct) wake_q <= timestamp_i + 64'(PollCycles);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      exit_q  <= ExitTail;
      arb_q   <= 1'b1;
      armed_q <= 1'b0;
      step_q  <= 2'd0;
    end else begin
      state_q <= state_d;
      exit_q  <= exit_d;
      if (start_i) {arb_q, armed_q} <= 2'b10;
      if (state_q == StPoint && take) begin
        step_q <= 2'd0;
        if (next != CmdLoadReg && next != CmdSemaphore && next_len != 11'd1) armed_q <= 1'b0;
      end
      if (state_q == StAct) begin
        if (command == CmdArb)       arb_q <= header[0];
        if (command == CmdSemaphore) armed_q <= 1'b0;
      end
      if (take && state_q == StRegister && command == CmdLoadReg && !second &&
          (dword_i[11:0] == CounterThreshold || dword_i[11:0] == CounterControl)) armed_q <= 1'b1;
      if (is_interrupt &&
          ((state_q == StMem && mem_ready_i) || (state_q == StAnswer && mem_rsp_valid_i))) begin
        if (mem_op_o != MemRead || state_q == StAnswer) step_q <= step_q + 2'd1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // A context is left with arbitration off only by a fault or at its end.
      ExecLeavesWithArb: assert ((exit_o && exit_q == ExitPreempt) -> arb_q);
      // Answers are awaited.
      ExecAnswerExpected: assert (mem_rsp_valid_i -> state_q == StAnswer);
      // More is never taken than the command has.
      ExecTakesWhatIsThere: assert ((take && state_q != StPoint) -> left != 11'd0);
    end
  end

endmodule
