// SPDX-License-Identifier: MIT
// DMA of one GuC: moves dwords between the GuC and a function's memory in quad-word beats. Each
// beat is translated by itself, so pages and owners may change in the middle; reads run ahead of
// their answers.

module gpu_dma
  import gpu_pkg::*;
#(
  parameter int unsigned BurstBeats = 32  // reads under way; chosen: about what an answer takes
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // command
  input  logic        req_valid_i,
  input  logic        req_write_i,
  input  logic [5:0]  req_fn_i,
  input  logic [31:0] req_addr_i,
  input  logic [15:0] req_len_i,
  output logic        req_ready_o,

  // dwords: in, out (always taken), and the end
  input  logic        wr_valid_i,
  input  logic [31:0] wr_data_i,
  output logic        wr_ready_o,
  output logic        rd_valid_o,
  output logic [31:0] rd_data_o,
  output logic        done_o,
  output logic        error_o,

  // memory
  output logic        mem_valid_o,
  output mem_op_e     mem_op_o,
  output logic [5:0]  mem_fn_o,
  output logic [31:0] mem_addr_o,
  output logic [7:0]  mem_be_o,
  output logic [63:0] mem_data_o,
  input  logic        mem_ready_i,
  input  logic        mem_fault_i,
  input  logic        mem_sent_i,
  input  logic        mem_rsp_valid_i,
  input  logic [63:0] mem_rsp_data_i,

  output logic        idle_o
);

  localparam int unsigned BeatBits = $clog2(BurstBeats);

  typedef enum logic [2:0] {
    StIdle,     // takes a command
    StRead,     // asks for beats and hands out dwords
    StGather,   // takes dwords until a beat is full
    StWrite,    // the beat waits for its turn
    StSwallow,  // after a fault: the rest of the stream is taken and dropped
    StFlush,    // the last write leaves the chip
    StDone      // says so
  } state_e;

  state_e      state_q, state_d;
  logic [5:0]  fn_q;
  logic [31:0] addr_q;    // of the next dword to ask for or to write
  logic [15:0] ask_q;     // dwords not asked for (read) or not taken (write)
  logic [15:0] give_q;    // dwords not handed out (read)
  logic        high_q;    // the next dword handed out is the high one of its beat
  logic        error_q;
  logic [63:0] beat_q;
  logic [7:0]  be_q;

  // ---- read: answers wait here for the dword stream ---------------------------------------------

  logic [63:0]         beats [BurstBeats];
  logic [BeatBits-1:0] put_q, get_q;
  logic [BeatBits:0]   held_q;  // asked for and not handed out yet
  logic [BeatBits:0]   ready_q; // answered and not handed out yet
  logic [63:0]         head;
  logic                asked, give, drop;
  logic [15:0]         step;    // dwords in the beat being asked for

  assign head  = beats[get_q];
  assign step  = (addr_q[2] || ask_q == 16'd1) ? 16'd1 : 16'd2;
  assign asked = state_q == StRead && mem_ready_i && !mem_fault_i;
  assign give  = ready_q != '0;
  assign drop  = give && (high_q || give_q == 16'd1);

  assign rd_valid_o = give;
  assign rd_data_o  = high_q ? head[63:32] : head[31:0];

  always_ff @(posedge clk_i) begin
    if (mem_rsp_valid_i) beats[put_q] <= mem_rsp_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      put_q   <= '0;
      get_q   <= '0;
      held_q  <= '0;
      ready_q <= '0;
    end else begin
      if (mem_rsp_valid_i) put_q <= put_q + 1'b1;
      if (drop)            get_q <= get_q + 1'b1;
      if (asked && !drop)  held_q <= held_q + 1'b1;
      if (drop && !asked)  held_q <= held_q - 1'b1;
      if (mem_rsp_valid_i && !drop) ready_q <= ready_q + 1'b1;
      if (drop && !mem_rsp_valid_i) ready_q <= ready_q - 1'b1;
    end
  end

  // ---- control ----------------------------------------------------------------------------------

  logic want, take, beat_full, swallowed;

  assign want      = ask_q != 16'd0 && held_q != (BeatBits + 1)'(BurstBeats) && !error_q;
  assign take      = wr_valid_i && wr_ready_o;
  assign beat_full = take && (addr_q[2] || ask_q == 16'd1);
  assign swallowed = ask_q == 16'd0 || (take && ask_q == 16'd1);

  assign req_ready_o = state_q == StIdle;
  assign wr_ready_o  = state_q == StGather || (state_q == StSwallow && ask_q != 16'd0);
  assign done_o      = state_q == StDone;
  assign error_o     = done_o && error_q;

  assign mem_valid_o = (state_q == StRead && want) || state_q == StWrite;
  assign mem_op_o    = (state_q == StWrite) ? MemWrite : MemRead;
  assign mem_fn_o    = fn_q;
  assign mem_addr_o  = (state_q == StWrite) ? addr_q - 32'd4 : addr_q;
  assign mem_be_o    = (state_q == StWrite) ? be_q : 8'hff;
  assign mem_data_o  = beat_q;

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StIdle: begin
        if (req_valid_i) begin
          if (req_len_i == 16'd0) state_d = StDone;
          else                    state_d = req_write_i ? StGather : StRead;
        end
      end
      StRead: begin
        if (held_q == '0 && (ask_q == 16'd0 || error_q)) state_d = StDone;
      end
      StGather:  if (beat_full) state_d = StWrite;
      StWrite: begin
        if (mem_ready_i) begin
          if (mem_fault_i)            state_d = StSwallow;
          else if (ask_q == 16'd0)    state_d = StFlush;
          else                        state_d = StGather;
        end
      end
      StSwallow: if (swallowed) state_d = StDone;
      StFlush:   if (mem_sent_i) state_d = StDone;
      StDone:    state_d = StIdle;
      default:   state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      fn_q    <= 6'd0;
      addr_q  <= 32'd0;
      ask_q   <= 16'd0;
      give_q  <= 16'd0;
      high_q  <= 1'b0;
      error_q <= 1'b0;
      beat_q  <= 64'd0;
      be_q    <= 8'd0;
    end else begin
      state_q <= state_d;
      if (state_q == StIdle && req_valid_i) begin
        fn_q    <= req_fn_i;
        addr_q  <= {req_addr_i[31:2], 2'd0};
        ask_q   <= req_len_i;
        give_q  <= req_len_i;
        high_q  <= req_addr_i[2];
        error_q <= 1'b0;
        be_q    <= 8'd0;
      end
      if (asked) begin
        addr_q <= addr_q + {14'd0, step, 2'd0};
        ask_q  <= ask_q - step;
      end
      if (give) begin
        high_q <= !high_q;
        give_q <= give_q - 16'd1;
      end
      if (mem_valid_o && mem_ready_i && mem_fault_i) error_q <= 1'b1;
      if (state_q == StWrite && mem_ready_i) be_q <= 8'd0;
      if (take) begin
        ask_q  <= ask_q - 16'd1;
        addr_q <= addr_q + 32'd4;
        if (addr_q[2]) beat_q[63:32] <= wr_data_i;
        else           beat_q[31:0]  <= wr_data_i;
        if (addr_q[2]) be_q[7:4] <= 4'hf;
        else           be_q[3:0] <= 4'hf;
      end
    end
  end

  // Waiting for a dword or for memory's answer is no work.
  assign idle_o = state_q == StIdle || state_q == StGather ||
                  (state_q == StSwallow && ask_q != 16'd0) ||
                  (state_q == StRead && !want && ready_q == '0 && held_q != '0);

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // Never more answers than places for them.
      DmaBeatsFit: assert (held_q <= (BeatBits + 1)'(BurstBeats) && ready_q <= held_q);
      // A beat is never written without a byte.
      DmaBeatHasBytes: assert (state_q == StWrite -> be_q != 8'd0);
      // The stream ends with the command.
      DmaReadComplete: assert ((done_o && !error_q && state_q == StDone) -> ask_q == 16'd0);
    end
  end

endmodule
