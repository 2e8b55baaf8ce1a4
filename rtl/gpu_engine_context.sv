// SPDX-License-Identifier: MIT
// Moves an engine's part of the context image: loads it, looks at the tail again, saves what
// changed. Roots of the address space are loaded only for a context that has one; general purpose
// registers and the way back of a second batch, the extra part, only when they were saved. One
// command at a time; done comes when the last write is out.

module gpu_engine_context
  import gpu_pkg::*;
  import gpu_cmd_pkg::*;
(
  input  logic         clk_i,
  input  logic         rst_ni,

  // command: pulse, with the page of the PPHWSP and whether the context has a space of its own
  input  logic         load_i,
  input  logic         load_tail_i,
  input  logic         save_i,
  input  logic [31:12] page_i,
  input  logic         space_i,
  output logic         done_o,
  output logic         fault_o,        // with done: an access was not made

  // image as loaded
  output logic [31:0]  head_o,
  output logic [31:0]  tail_o,
  output logic [31:0]  ring_start_o,
  output logic [31:0]  ring_ctl_o,
  output logic [63:0]  bb_head_o,      // bit 0: context stands in this batch
  output logic [31:0]  bb_state_o,
  output logic [63:0]  bb_return_o,
  output logic [31:0]  bb_per_ctx_o,   // bit 0: batch to run at each switch-in
  output interrupt_t   irq_o,
  output logic [47:12] root_o [4],     // PDP0 to PDP3
  output logic [3:0]   local_root_o,   // which of them lie in local memory
  output logic [19:0]  asid_o,

  // image to save
  input  logic [31:0]  head_i,
  input  logic [63:0]  bb_head_i,
  input  logic [31:0]  bb_state_i,     // with BbStateExtra when there is more to save
  input  logic [63:0]  bb_return_i,
  /*verilator tracing_off*/
  input  logic [31:0]  timestamp_i,
  /*verilator tracing_on*/

  // general purpose registers: index, then data of the same cycle
  output logic [3:0]   gpr_index_o,
  output logic         gpr_write_o,
  input  logic [63:0]  gpr_data_i,

  // memory
  output logic         mem_valid_o,
  output logic         mem_write_o,
  output logic [31:0]  mem_addr_o,
  output logic [7:0]   mem_be_o,
  output logic [63:0]  mem_data_o,
  input  logic         mem_ready_i,
  input  logic         mem_fault_i,
  input  logic         mem_sent_i,
  input  logic         mem_rsp_valid_i,
  input  logic [63:0]  mem_rsp_data_i,

  output logic         busy_o,
  output logic         idle_o
);

  // Places of the image in the order of loading: quad-words 2 to 9 (dwords 0x04..0x13), 0x29, 0x2d,
  // 0x2b, 0x2c (0x52, 0x5a, 0x56..0x59), then 0x12 to 0x19 (0x24..0x33) with the roots, then the
  // extra part.
  localparam logic [5:0] ReadTail   = 6'd1;
  localparam logic [5:0] ReadVector = 6'd9;
  localparam logic [5:0] ReadLast   = 6'd11;
  localparam logic [5:0] SpaceFirst = 6'd12;
  localparam logic [5:0] SpaceLast  = 6'd19;
  localparam logic [5:0] ExtraFirst = 6'd20;  // the way back, then the registers
  localparam logic [5:0] ExtraLast  = 6'd36;
  localparam logic [5:0] SaveLast   = 6'd4;   // saving has places of its own before the extra part

  typedef enum logic [2:0] {
    StIdle,   // takes a command
    StLoad,   // asks and collects
    StSave,   // writes
    StFlush,  // the last write leaves the chip
    StDone    // says so
  } state_e;

  state_e       state_q, state_d;
  logic [31:12] page_q;
  logic [5:0]   ask_q, got_q, last_q;
  logic         all_asked_q, fault_q;
  logic [31:0]  saved_at_q;

  // ---- accesses ---------------------------------------------------------------------------------

  logic [31:12] image_page;
  logic [11:0]  read_offset, save_offset, extra_offset;
  logic [6:0]   read_quad;
  logic [31:0]  save_data;
  logic         is_extra;

  assign image_page  = page_q + 20'd1;
  assign is_extra    = ask_q >= ExtraFirst;

  always_comb begin
    {extra_offset, read_offset, save_offset} = '0;
    read_quad = 7'd0;
    save_data = 32'd0;
    if (mem_valid_o) begin
      extra_offset = ImageExtra + {3'd0, ask_q - ExtraFirst, 3'd0};
      if (ask_q < 6'd8)            read_quad = 7'h02 + {1'b0, ask_q};
      else if (ask_q == ReadVector) read_quad = 7'h2d;
      else if (ask_q < SpaceFirst) read_quad = 7'h21 + {1'b0, ask_q};
      else                         read_quad = 7'h06 + {1'b0, ask_q};
      read_offset = is_extra ? extra_offset : {2'd0, read_quad, 3'd0};
      unique case (ask_q[2:0])
        3'd0:    {save_offset, save_data} = {ImageHead, head_i};
        3'd1:    {save_offset, save_data} = {ImageBbHeadUdw, bb_head_i[63:32]};
        3'd2:    {save_offset, save_data} = {ImageBbHead, bb_head_i[31:0]};
        3'd3:    {save_offset, save_data} = {ImageBbState, bb_state_i};
        default: {save_offset, save_data} = {ImageTimestamp, saved_at_q};
      endcase
    end
  end

  assign gpr_index_o = ((state_q == StSave) ? ask_q[3:0] : got_q[3:0]) - (ExtraFirst[3:0] + 4'd1);
  assign gpr_write_o = mem_rsp_valid_i && got_q > ExtraFirst;

  assign mem_valid_o = (state_q == StLoad && !all_asked_q) || state_q == StSave;
  assign mem_write_o = state_q == StSave;
  assign mem_addr_o  = {image_page, (mem_write_o && !is_extra) ? save_offset : read_offset};
  assign mem_be_o    = (mem_write_o && !is_extra) ? 8'hf0 : 8'hff;

  always_comb begin
    mem_data_o = {save_data, 32'd0};
    if (is_extra) mem_data_o = (ask_q == ExtraFirst) ? bb_return_i : gpr_data_i;
  end

  // ---- control ----------------------------------------------------------------------------------

  logic collected, more, has_extra;

  assign collected = all_asked_q && got_q == ask_q;
  assign has_extra = (bb_state_o & BbStateExtra) != '0;
  assign more      = state_q == StLoad && collected && !fault_q && has_extra &&
                     (last_q == ReadLast || last_q == SpaceLast);

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
      StLoad:  if (collected && !more) state_d = StDone;
      StSave:  if (mem_ready_i && ask_q == last_q) state_d = StFlush;
      StFlush: if (mem_sent_i) state_d = StDone;
      StDone:  state_d = StIdle;
      default: state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q     <= StIdle;
      page_q      <= '0;
      ask_q       <= 6'd0;
      got_q       <= 6'd0;
      last_q      <= 6'd0;
      all_asked_q <= 1'b0;
      fault_q     <= 1'b0;
      saved_at_q  <= 32'd0;
    end else begin
      state_q <= state_d;
      // Only with a command: an idle cycle that changed anything would not be quiescent.
      if (load_i || load_tail_i || save_i) begin
        page_q      <= page_i;
        ask_q       <= load_tail_i ? ReadTail : 6'd0;
        got_q       <= load_tail_i ? ReadTail : 6'd0;
        all_asked_q <= 1'b0;
        fault_q     <= 1'b0;
      end
      if (load_tail_i) last_q <= ReadTail;
      if (load_i)      last_q <= space_i ? SpaceLast : ReadLast;
      if (save_i)      last_q <= ((bb_state_i & BbStateExtra) != '0) ? ExtraLast : SaveLast;
      if (more) begin
        ask_q       <= ExtraFirst;
        got_q       <= ExtraFirst;
        last_q      <= ExtraLast;
        all_asked_q <= 1'b0;
      end
      if (mem_valid_o && mem_ready_i) begin
        // A fault while loading ends it; while saving the other writes are still tried.
        if (mem_fault_i) fault_q <= 1'b1;
        if (mem_write_o && ask_q == SaveLast)  ask_q <= ExtraFirst;
        else if (!mem_fault_i || mem_write_o)  ask_q <= ask_q + 6'd1;
        if (mem_fault_i || ask_q == last_q) all_asked_q <= 1'b1;
      end
      if (mem_rsp_valid_i) got_q <= got_q + 6'd1;
      if (save_i) saved_at_q <= timestamp_i;
    end
  end

  // ---- what came in -----------------------------------------------------------------------------

  logic [31:0] high, upper_q;
  logic [2:0]  space_index;
  logic [1:0]  pdp;

  assign high        = mem_rsp_data_i[63:32];
  assign space_index = got_q[2:0] - SpaceFirst[2:0];
  assign pdp         = ~space_index[2:1];  // PDP3 comes first, high half before low

  always_ff @(posedge clk_i) begin
    if (mem_rsp_valid_i) begin
      upper_q <= high;
      unique case (got_q)
        6'd0:  head_o       <= high;
        6'd1:  tail_o       <= high;
        6'd2:  ring_start_o <= high;
        6'd3:  ring_ctl_o   <= high;
        6'd5:  bb_head_o    <= {upper_q, high};
        6'd6:  bb_state_o   <= high;
        6'd7:  bb_per_ctx_o <= high;
        6'd8:  irq_o.enable <= mem_rsp_data_i[31:0];
        // A table of 32 vectors: higher bits do not count. Without the register's name the image
        // is of a driver that has one message.
        ReadVector: irq_o.msi <= (mem_rsp_data_i[31:0] == ImageVectorReg) ? high[4:0] : 5'd0;
        6'd10: irq_o.status <= high;
        6'd11: irq_o.source <= high;
        6'd17: asid_o       <= high[19:0];  // where three levels have their PDP1
        ExtraFirst: bb_return_o <= mem_rsp_data_i;
        default: ;
      endcase
      if (got_q >= SpaceFirst && got_q <= SpaceLast && space_index[0]) begin
        root_o[pdp]       <= {upper_q[15:0], high[31:12]};
        local_root_o[pdp] <= high[11];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // Answers come only to a load.
      ContextAnswerExpected: assert (mem_rsp_valid_i -> state_q == StLoad && !collected);
      // One command at a time.
      ContextOneCommand: assert (
          (load_i || load_tail_i || save_i) ->
          state_q == StIdle && $onehot({load_i, load_tail_i, save_i}));
    end
  end

endmodule
