// SPDX-License-Identifier: MIT
// Translation faults of one GT, oldest first. When it is full a new fault is not recorded: whoever
// made the access knows by itself, the queue is for the report.

module gpu_fault_fifo
  import gpu_regs_pkg::*;
#(
  parameter int unsigned Depth = 8  // chosen: one fault of each client, and some
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // memory arbiter
  input  logic        push_i,
  input  logic [5:0]  push_fn_i,
  input  logic [3:0]  push_client_i,
  input  logic        push_write_i,
  input  logic        push_foreign_i,
  input  logic        push_local_i,
  input  logic [31:0] push_addr_i,

  // GuC bus: pop_i takes next_o; addr_o then belongs to it
  input  logic        pop_i,
  output logic [31:0] next_o,
  output logic [31:0] addr_o,
  output logic        pending_o
);

  localparam int unsigned IndexBits = $clog2(Depth);

  logic [12:0]          info [Depth];
  logic [31:0]          addr [Depth];
  logic [IndexBits-1:0] read_q, write_q;
  logic [IndexBits:0]   count_q;
  logic [31:0]          addr_q;
  logic [12:0]          head;
  logic                 push, pop;

  assign pending_o = count_q != '0;
  assign pop       = pop_i && pending_o;
  assign push      = push_i && count_q != (IndexBits + 1)'(Depth);
  assign head      = info[read_q];
  assign addr_o    = addr_q;

  always_comb begin
    next_o = 32'd0;
    if (pending_o) begin
      next_o = GUCBUS_FAULT_VALID | {8'd0, head[9:6], 14'd0, head[5:0]};
      if (head[10]) next_o |= GUCBUS_FAULT_WRITE;
      if (head[11]) next_o |= GUCBUS_FAULT_FOREIGN;
      if (head[12]) next_o |= GUCBUS_FAULT_LOCAL;
    end
  end

  always_ff @(posedge clk_i) begin
    if (push) begin
      info[write_q] <= {push_local_i, push_foreign_i, push_write_i, push_client_i, push_fn_i};
      addr[write_q] <= push_addr_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      read_q  <= '0;
      write_q <= '0;
      count_q <= '0;
      addr_q  <= 32'd0;
    end else begin
      if (push) write_q <= write_q + 1'b1;
      if (pop) begin
        read_q <= read_q + 1'b1;
        addr_q <= addr[read_q];
      end
      if (push && !pop) count_q <= count_q + 1'b1;
      if (pop && !push) count_q <= count_q - 1'b1;
    end
  end

  // The count stays in range.
  FaultFifoCount: assert property (@(posedge clk_i) disable iff (!rst_ni)
      count_q <= (IndexBits + 1)'(Depth));

endmodule
