// SPDX-License-Identifier: MIT
// Where an engine stands in its context: in the ring, in a batch called from it, or in the batch
// that runs at each switch-in. Knows where to go on, where the command under way began, and so what
// to save.

module gpu_engine_position (
  input  logic        clk_i,
  input  logic        rst_ni,

  // image as loaded; the tail may be newer than at start
  input  logic        start_i,
  input  logic [31:0] head_i,
  input  logic [31:0] tail_i,
  input  logic [31:0] ring_start_i,
  input  logic [31:0] ring_ctl_i,
  input  logic [31:0] bb_head_i,
  input  logic [31:0] bb_per_ctx_i,

  // one of these a cycle
  input  logic        advance_i,      // by advance_len_i dwords, in the ring not over the tail
  input  logic [10:0] advance_len_i,
  input  logic        call_i,         // batch at target_i; a batch that calls is left for good
  input  logic [31:0] target_i,
  input  logic        return_i,
  // a command begins here
  input  logic        mark_i,

  output logic [31:0] fetch_addr_o,
  output logic        at_tail_o,      // the ring holds nothing more
  output logic        bad_ring_o,     // head or tail outside of it
  output logic        switching_in_o, // in the batch that cannot be interrupted
  output logic [31:0] save_head_o,    // as if the command under way had not begun
  output logic [31:0] save_bb_head_o
);

  logic [31:0] ip_q;          // ring: offset; batch: address
  logic [31:0] mark_q;
  logic [31:0] ring_return_q; // in a batch: offset behind the call
  logic        in_batch_q, switching_in_q;

  logic [31:0] size, start, tail, left, bytes, ahead, image_ip;
  logic        enabled;

  assign size     = {11'd0, ring_ctl_i[20:12], 12'd0} + 32'h1000;
  assign start    = {ring_start_i[31:12], 12'd0};
  assign enabled  = ring_ctl_i[0];
  assign image_ip = bb_head_i[0] ? {bb_head_i[31:2], 2'd0} : {head_i[31:2], 2'd0};

  assign tail  = {tail_i[31:2], 2'd0};
  assign left  = (tail >= ip_q) ? tail - ip_q : tail + size - ip_q;
  assign bytes = {19'd0, advance_len_i, 2'd0};
  assign ahead = ip_q + bytes;

  assign fetch_addr_o   = in_batch_q ? ip_q : start + ip_q;
  assign at_tail_o      = !in_batch_q && (!enabled || ip_q == tail);
  assign bad_ring_o     = enabled && (head_i >= size || tail_i >= size);
  assign switching_in_o = switching_in_q;

  always_comb begin
    save_head_o    = mark_q;
    save_bb_head_o = 32'd0;
    if (switching_in_q) begin
      save_head_o    = head_i;
      save_bb_head_o = bb_head_i;
    end else if (in_batch_q) begin
      save_head_o    = ring_return_q;
      save_bb_head_o = {mark_q[31:2], 2'b01};
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ip_q           <= 32'd0;
      mark_q         <= 32'd0;
      ring_return_q  <= 32'd0;
      in_batch_q     <= 1'b0;
      switching_in_q <= 1'b0;
    end else begin
      if (mark_i) mark_q <= ip_q;
      if (start_i) begin
        switching_in_q <= bb_per_ctx_i[0];
        in_batch_q     <= bb_per_ctx_i[0] || bb_head_i[0];
        ip_q           <= bb_per_ctx_i[0] ? {bb_per_ctx_i[31:12], 12'd0} : image_ip;
        ring_return_q  <= {head_i[31:2], 2'd0};
      end else if (call_i) begin
        if (!in_batch_q) ring_return_q <= ip_q;
        in_batch_q <= 1'b1;
        ip_q       <= {target_i[31:2], 2'd0};
      end else if (return_i && in_batch_q) begin
        switching_in_q <= 1'b0;
        in_batch_q     <= switching_in_q && bb_head_i[0];
        ip_q           <= switching_in_q ? image_ip : ring_return_q;
      end else if (advance_i) begin
        if (in_batch_q)         ip_q <= ahead;
        else if (bytes >= left) ip_q <= tail;
        else                    ip_q <= (ahead >= size) ? ahead - size : ahead;
      end
    end
  end

  // In a good ring the place is inside of it.
  PositionInRing: assert property (@(posedge clk_i) disable iff (!rst_ni)
      (advance_i && !in_batch_q && !bad_ring_o) |-> ip_q < size);
  // One movement at a time.
  PositionOneMove: assert property (@(posedge clk_i) disable iff (!rst_ni)
      $onehot0({start_i, call_i, return_i, advance_i}));

endmodule
