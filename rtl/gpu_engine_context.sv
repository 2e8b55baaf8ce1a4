// SPDX-License-Identifier: MIT
// Moves an engine's part of the context image: loads it, looks at the tail again, saves what
// changed. One command at a time; done comes when the last write is out.

module gpu_engine_context
  import gpu_pkg::*;
  import gpu_cmd_pkg::*;
(
  input  logic         clk_i,
  input  logic         rst_ni,

  // command: pulse, with the page of the PPHWSP
  input  logic         load_i,
  input  logic         load_tail_i,
  input  logic         save_i,
  input  logic [31:12] page_i,
  output logic         done_o,
  output logic         fault_o,        // with done: an access was not made

  // image as loaded
  output logic [31:0]  head_o,
  output logic [31:0]  tail_o,
  output logic [31:0]  ring_start_o,
  output logic [31:0]  ring_ctl_o,
  output logic [31:0]  bb_head_o,      // bit 0: context stands in this batch
  output logic [31:0]  bb_per_ctx_o,   // bit 0: batch to run at each switch-in
  output logic [31:0]  irq_enable_o,   // addresses of the memory interrupts
  output logic [31:0]  irq_status_o,
  output logic [31:0]  irq_source_o,

  // image to save
  input  logic [31:0]  head_i,
  input  logic [31:0]  bb_head_i,
  /*verilator tracing_off*/
  input  logic [31:0]  timestamp_i,
  /*verilator tracing_on*/

  // memory
  output logic         mem_valid_o,
  output logic         mem_write_o,
  output logic [31:0]  mem_addr_o,
  output logic [63:0]  mem_data_o,     // writes are of high halves only
  input  logic         mem_ready_i,
  input  logic         mem_fault_i,
  input  logic         mem_sent_i,
  input  logic         mem_rsp_valid_i,
  input  logic [63:0]  mem_rsp_data_i,

  output logic         busy_o,
  output logic         idle_o
);

  // Reads: quad-words 2 to 9 (dwords 0x04..0x13), then 0x29 to 0x2c (0x52..0x59).
  localparam logic [3:0] ReadTail = 4'd1;
  localparam logic [3:0] ReadLast = 4'd11;
  localparam logic [3:0] SaveLast = 4'd3;

  typedef enum logic [2:0] {
    StIdle,   // takes a command
    StLoad,   // asks and collects
    StSave,   // writes
    StFlush,  // the last write leaves the chip
    StDone    // says so
  } state_e;

  state_e       state_q, state_d;
  logic [31:12] page_q;
  logic [3:0]   ask_q, got_q, last_q;
  logic         all_asked_q, fault_q;
  logic [31:0]  saved_at_q;

  // ---- accesses ---------------------------------------------------------------------------------

  logic [31:12] image_page;
  logic [11:0]  read_offset, save_offset;
  logic [31:0]  save_data;

  assign image_page  = page_q + 20'd1;
  assign read_offset = {5'd0, ((ask_q < 4'd8) ? 7'd2 + {3'd0, ask_q}  // quad-word to bytes
                                              : 7'h21 + {3'd0, ask_q})} << 3;

  always_comb begin
    unique case (ask_q[1:0])
      2'd0:    {save_offset, save_data} = {ImageHead, head_i};
      2'd1:    {save_offset, save_data} = {ImageBbHeadUdw, 32'd0};
      2'd2:    {save_offset, save_data} = {ImageBbHead, bb_head_i};
      default: {save_offset, save_data} = {ImageTimestamp, saved_at_q};
    endcase
  end

  assign mem_valid_o = (state_q == StLoad && !all_asked_q) || state_q == StSave;
  assign mem_write_o = state_q == StSave;
  assign mem_addr_o  = {image_page, mem_write_o ? save_offset : read_offset};
  assign mem_data_o  = {save_data, 32'd0};

  // ---- control ----------------------------------------------------------------------------------

  logic collected;
  assign collected = all_asked_q && got_q == ask_q;

  assign done_o  = state_q == StDone;
  assign fault_o = done_o && fault_q;
  assign busy_o  = state_q != StIdle;
  assign idle_o  = state_q == StIdle || (state_q == StLoad && all_asked_q && !collected);

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StIdle: begin
        if (load_i || load_tail_i) state_d = StLoad;
        else if (save_i)           state_d = StSave;
      end
      StLoad:  if (collected) state_d = StDone;
      StSave:  if (mem_ready_i && ask_q == SaveLast) state_d = StFlush;
      StFlush: if (mem_sent_i) state_d = StDone;
      StDone:  state_d = StIdle;
      default: state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q     <= StIdle;
      page_q      <= '0;
      ask_q       <= 4'd0;
      got_q       <= 4'd0;
      last_q      <= 4'd0;
      all_asked_q <= 1'b0;
      fault_q     <= 1'b0;
      saved_at_q  <= 32'd0;
    end else begin
      state_q <= state_d;
      // Only with a command: an idle cycle that changed anything would not be quiescent.
      if (load_i || load_tail_i || save_i) begin
        page_q      <= page_i;
        ask_q       <= load_tail_i ? ReadTail : 4'd0;
        got_q       <= load_tail_i ? ReadTail : 4'd0;
        last_q      <= load_tail_i ? ReadTail : ReadLast;
        all_asked_q <= 1'b0;
        fault_q     <= 1'b0;
      end
      if (mem_valid_o && mem_ready_i) begin
        // A fault while loading ends it; while saving the other writes are still tried.
        if (mem_fault_i) fault_q <= 1'b1;
        if (!mem_fault_i || mem_write_o) ask_q <= ask_q + 4'd1;
        if (mem_fault_i || ask_q == last_q) all_asked_q <= 1'b1;
      end
      if (mem_rsp_valid_i) got_q <= got_q + 4'd1;
      if (save_i) saved_at_q <= timestamp_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (mem_rsp_valid_i) begin
      unique case (got_q)
        4'd0:  head_o       <= mem_rsp_data_i[63:32];
        4'd1:  tail_o       <= mem_rsp_data_i[63:32];
        4'd2:  ring_start_o <= mem_rsp_data_i[63:32];
        4'd3:  ring_ctl_o   <= mem_rsp_data_i[63:32];
        4'd5:  bb_head_o    <= mem_rsp_data_i[63:32];
        4'd7:  bb_per_ctx_o <= mem_rsp_data_i[63:32];
        4'd8:  irq_enable_o <= mem_rsp_data_i[31:0];
        4'd10: irq_status_o <= mem_rsp_data_i[63:32];
        4'd11: irq_source_o <= mem_rsp_data_i[63:32];
        default: ;
      endcase
    end
  end

  // Answers come only to a load.
  ContextAnswerExpected: assert property (@(posedge clk_i) disable iff (!rst_ni)
      mem_rsp_valid_i |-> state_q == StLoad && !collected);
  // One command at a time.
  ContextOneCommand: assert property (@(posedge clk_i) disable iff (!rst_ni)
      (load_i || load_tail_i || save_i) |->
      state_q == StIdle && $onehot({load_i, load_tail_i, save_i}));

endmodule
