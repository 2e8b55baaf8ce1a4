// SPDX-License-Identifier: MIT
// Translation faults of one GT, oldest first. When it is full a new fault is not recorded: whoever
// made the access knows by itself, the queue is for the report. Only a fault that holds its access
// waits for room.

module gpu_fault_fifo
  import gpu_pkg::*;
  import gpu_regs_pkg::*;
#(
  parameter int unsigned Depth = 8  // chosen: one fault of each client, and some
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // memory arbiter
  input  logic        push_i,
  input  fault_t      push_fault_i,
  input  logic [63:0] push_addr_i,
  output logic        room_o,

  // GuC bus: pop_i takes next_o; addr_o and asid_o then belong to it
  input  logic        pop_i,
  output logic [31:0] next_o,
  output logic [63:0] addr_o,
  output logic [19:0] asid_o,
  output logic        pending_o
);

  localparam int unsigned IndexBits = $clog2(Depth);

  fault_t               info [Depth];
  logic [63:0]          addr [Depth];
  logic [IndexBits-1:0] read_q, write_q;
  logic [IndexBits:0]   count_q;
  logic [63:0]          addr_q;
  logic [19:0]          asid_q;
  fault_t               head;
  logic                 push, pop;

  assign pending_o = count_q != '0;
  assign pop       = pop_i && pending_o;
  assign room_o    = count_q != (IndexBits + 1)'(Depth);
  assign push      = push_i && room_o;
  assign head      = info[read_q];
  assign addr_o    = addr_q;
  assign asid_o    = asid_q;

  always_comb begin
    next_o = 32'd0;
    if (pending_o) begin
      next_o = GUCBUS_FAULT_VALID | {5'd0, head.level, head.client, 14'd0, head.fn};
      if (head.waits)    next_o |= GUCBUS_FAULT_WAITS;
      if (head.atomic)   next_o |= GUCBUS_FAULT_ATOMIC;
      if (head.write)    next_o |= GUCBUS_FAULT_WRITE;
      if (head.foreign)  next_o |= GUCBUS_FAULT_FOREIGN;
      if (head.is_local) next_o |= GUCBUS_FAULT_LOCAL;
      if (head.ppgtt)    next_o |= GUCBUS_FAULT_PPGTT;
    end
  end

  always_ff @(posedge clk_i) begin
    if (push) begin
      info[write_q] <= push_fault_i;
      addr[write_q] <= push_addr_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      read_q  <= '0;
      write_q <= '0;
      count_q <= '0;
      addr_q  <= 64'd0;
      asid_q  <= 20'd0;
    end else begin
      if (push) write_q <= write_q + 1'b1;
      if (pop) begin
        read_q <= read_q + 1'b1;
        addr_q <= addr[read_q];
        asid_q <= head.asid;
      end
      if (push && !pop) count_q <= count_q + 1'b1;
      if (pop && !push) count_q <= count_q - 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // The count stays in range.
      FaultFifoCount: assert (count_q <= (IndexBits + 1)'(Depth));
    end
  end

endmodule
