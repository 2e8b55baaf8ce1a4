// SPDX-License-Identifier: MIT
// Where an engine stands in its context: in the ring, in a batch called from it, in a second batch
// called from that one, or in the batch that runs at each switch-in. Knows where to go on, where
// the command under way began, and so what to save.

module gpu_engine_position
  import gpu_cmd_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        busy_i,         // else nobody looks at it

  // image as loaded; the tail may be newer than at start
  input  logic        start_i,
  input  logic [31:0] head_i,
  input  logic [31:0] tail_i,
  input  logic [31:0] ring_start_i,
  input  logic [31:0] ring_ctl_i,
  input  logic [63:0] bb_head_i,
  input  logic [31:0] bb_state_i,
  input  logic [63:0] bb_return_i,
  input  logic [31:0] bb_per_ctx_i,

  // one of these a cycle
  input  logic        advance_i,      // by advance_len_i dwords, in the ring not over the tail
  input  logic [10:0] advance_len_i,
  input  logic        call_i,         // batch at target_i
  input  logic [63:0] target_i,
  input  logic        target_ppgtt_i,
  input  logic        second_i,       // comes back here; else a batch that calls is left for good
  input  logic        return_i,
  input  logic        return_all_i,   // to the ring, whatever the level
  // a command begins here
  input  logic        mark_i,

  output logic [63:0] fetch_addr_o,
  output logic        fetch_ppgtt_o,
  output logic        at_tail_o,      // the ring holds nothing more
  output logic        bad_ring_o,     // head or tail outside of it
  output logic        switching_in_o, // in the batch that cannot be interrupted
  output logic [31:0] save_head_o,    // as if the command under way had not begun
  output logic [63:0] save_bb_head_o,
  output logic [31:0] save_bb_state_o,
  output logic [63:0] save_bb_return_o
);

  logic [63:0] ip_q;          // ring: offset; batch: address
  logic [63:0] mark_q;
  logic [31:0] ring_return_q; // in a batch: offset behind the call
  logic [63:0] return_q;      // in a second batch: address behind the call, bit 0 its space
  logic        in_batch_q, second_q, ppgtt_q, switching_in_q;

  logic [31:0] size, start, tail, offset, left, bytes, ahead;
  logic [63:0] image_ip;
  logic        enabled, image_ppgtt, image_second;

  assign start   = {ring_start_i[31:12], 12'd0};
  assign enabled = ring_ctl_i[0];
  assign offset  = ip_q[31:0];

  always_comb begin
    {size, tail, left, bytes, ahead} = '0;
    {at_tail_o, bad_ring_o, image_ppgtt, image_second} = '0;
    {fetch_addr_o, image_ip} = '0;
    if (busy_i || start_i) begin
      size  = {11'd0, ring_ctl_i[20:12], 12'd0} + 32'h1000;
      tail  = {tail_i[31:2], 2'd0};
      left  = (tail >= offset) ? tail - offset : tail + size - offset;
      bytes = {19'd0, advance_len_i, 2'd0};
      ahead = offset + bytes;

      image_ppgtt  = bb_head_i[0] && (bb_state_i & BbStatePpgtt) != '0;
      image_second = bb_head_i[0] && (~bb_state_i & (BbStateSecond | BbStateExtra)) == '0;
      image_ip     = bb_head_i[0] ? {bb_head_i[63:2], 2'd0} : {32'd0, head_i[31:2], 2'd0};

      fetch_addr_o = in_batch_q ? ip_q : {32'd0, start + offset};
      at_tail_o    = !in_batch_q && (!enabled || offset == tail);
      bad_ring_o   = enabled && (head_i >= size || tail_i >= size);
    end
  end

  assign fetch_ppgtt_o  = ppgtt_q;
  assign switching_in_o = switching_in_q;

  always_comb begin
    save_head_o      = mark_q[31:0];
    save_bb_head_o   = 64'd0;
    save_bb_state_o  = 32'd0;
    save_bb_return_o = return_q;
    if (switching_in_q) begin
      save_head_o      = head_i;
      save_bb_head_o   = bb_head_i;
      save_bb_state_o  = bb_state_i & (BbStatePpgtt | BbStateSecond);
      save_bb_return_o = bb_return_i;
    end else if (in_batch_q) begin
      save_head_o     = ring_return_q;
      save_bb_head_o  = {mark_q[63:2], 2'b01};
      save_bb_state_o = (ppgtt_q ? BbStatePpgtt : 32'd0) | (second_q ? BbStateSecond : 32'd0);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ip_q           <= 64'd0;
      mark_q         <= 64'd0;
      ring_return_q  <= 32'd0;
      return_q       <= 64'd0;
      in_batch_q     <= 1'b0;
      second_q       <= 1'b0;
      ppgtt_q        <= 1'b0;
      switching_in_q <= 1'b0;
    end else begin
      if (mark_i) mark_q <= ip_q;
      if (start_i) begin
        switching_in_q <= bb_per_ctx_i[0];
        in_batch_q     <= bb_per_ctx_i[0] || bb_head_i[0];
        ip_q           <= bb_per_ctx_i[0] ? {32'd0, bb_per_ctx_i[31:12], 12'd0} : image_ip;
        ring_return_q  <= {head_i[31:2], 2'd0};
        return_q       <= bb_return_i;
        ppgtt_q        <= !bb_per_ctx_i[0] && image_ppgtt;
        second_q       <= !bb_per_ctx_i[0] && image_second;
      end else if (call_i) begin
        if (!in_batch_q) ring_return_q <= offset;
        if (in_batch_q && second_i && !second_q) begin
          return_q <= {ip_q[63:2], 1'b0, ppgtt_q};
          second_q <= 1'b1;
        end
        in_batch_q <= 1'b1;
        ip_q       <= {target_i[63:2], 2'd0};
        ppgtt_q    <= target_ppgtt_i;
      end else if (return_i && second_q && !return_all_i) begin
        second_q <= 1'b0;
        ip_q     <= {return_q[63:2], 2'd0};
        ppgtt_q  <= return_q[0];
      end else if (return_i && in_batch_q) begin
        switching_in_q <= 1'b0;
        in_batch_q     <= switching_in_q && bb_head_i[0];
        second_q       <= switching_in_q && image_second;
        ppgtt_q        <= switching_in_q && image_ppgtt;
        ip_q           <= switching_in_q ? image_ip : {32'd0, ring_return_q};
        return_q       <= bb_return_i;
      end else if (advance_i) begin
        if (in_batch_q)         ip_q <= ip_q + {32'd0, bytes};
        else if (bytes >= left) ip_q <= {32'd0, tail};
        else                    ip_q <= {32'd0, (ahead >= size) ? ahead - size : ahead};
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // In a good ring the place is inside of it.
      PositionInRing: assert ((advance_i && !in_batch_q && !bad_ring_o) -> ip_q < {32'd0, size});
      // One movement at a time.
      PositionOneMove: assert ($onehot0({start_i, call_i, return_i, advance_i}));
      // The ring is in the GGTT.
      PositionRingSpace: assert (!in_batch_q -> !ppgtt_q && !second_q);
    end
  end

endmodule
