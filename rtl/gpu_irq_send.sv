// SPDX-License-Identifier: MIT
// Interrupts of one GuC to a function, as the GuC asks for them: by memory (a status byte for each
// bit, the source byte, then the MSI, in this order) or by the registers. A fault on the way drops
// the rest: a function that took its page away is not told.

module gpu_irq_send
  import gpu_pkg::*;
  import gpu_regs_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  // GuC bus
  input  logic        send_i,
  input  logic [31:0] send_data_i,     // GUCBUS_IRQ_SEND
  input  logic [31:0] status_addr_i,
  input  logic [31:0] source_addr_i,
  output logic        busy_o,

  // register path: stays until ready
  output logic        raise_valid_o,
  output logic [5:0]  raise_fn_o,
  output logic [15:0] raise_vector_o,
  input  logic        raise_ready_i,

  // memory
  output logic        mem_valid_o,
  output mem_op_e     mem_op_o,
  output logic [5:0]  mem_fn_o,
  output logic [31:0] mem_addr_o,
  output logic [7:0]  mem_be_o,
  output logic [63:0] mem_data_o,
  input  logic        mem_ready_i,
  input  logic        mem_fault_i,

  output logic        idle_o
);

  typedef enum logic [2:0] {
    StIdle,    // takes a command
    StStatus,  // writes status bytes, lowest bit first
    StSource,  // writes the source byte
    StMsi,     // sends the message
    StRaise    // hands the vector to the registers
  } state_e;

  state_e      state_q, state_d;
  logic [5:0]  irq_fn_q;
  logic [15:0] irq_vector_q;
  logic [31:0] status_addr_q, source_addr_q, byte_addr;
  logic [15:0] lowest;
  logic        migrated_irq_q;  // for readers of waves: SW_INT_0 goes out to a VF

  assign lowest = irq_vector_q & (~irq_vector_q + 16'd1);

  always_comb begin
    byte_addr = source_addr_q;
    if (state_q == StStatus) byte_addr = status_addr_q + {26'd0, onehot_index({48'd0, lowest})};
  end

  assign mem_valid_o = state_q == StStatus || state_q == StSource || state_q == StMsi;
  assign mem_op_o    = (state_q == StMsi) ? MemMsi : MemWrite;
  assign mem_fn_o    = irq_fn_q;
  assign mem_addr_o  = (state_q == StMsi) ? 32'd0 : byte_addr;
  assign mem_be_o    = 8'd1 << byte_addr[2:0];
  assign mem_data_o  = '1;

  assign raise_valid_o  = state_q == StRaise;
  assign raise_fn_o     = irq_fn_q;
  assign raise_vector_o = irq_vector_q;
  assign busy_o         = state_q != StIdle;
  assign idle_o         = state_q == StIdle;

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StIdle: begin
        if (send_i && (send_data_i & GUCBUS_IRQ_VECTOR) != 32'd0) begin
          state_d = ((send_data_i & GUCBUS_IRQ_BY_MEMORY) != 32'd0) ? StStatus : StRaise;
        end
      end
      StStatus: begin
        if (mem_ready_i && mem_fault_i)                    state_d = StIdle;
        else if (mem_ready_i && irq_vector_q == lowest)    state_d = StSource;
      end
      StSource: if (mem_ready_i) state_d = mem_fault_i ? StIdle : StMsi;
      StMsi:    if (mem_ready_i) state_d = StIdle;
      StRaise:  if (raise_ready_i) state_d = StIdle;
      default:  state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q        <= StIdle;
      irq_fn_q       <= 6'd0;
      irq_vector_q   <= 16'd0;
      status_addr_q  <= 32'd0;
      source_addr_q  <= 32'd0;
      migrated_irq_q <= 1'b0;
    end else begin
      state_q <= state_d;
      if (state_q == StIdle && send_i) begin
        irq_fn_q       <= send_data_i[21:16];
        irq_vector_q   <= send_data_i[15:0];
        status_addr_q  <= status_addr_i;
        source_addr_q  <= source_addr_i;
        migrated_irq_q <= (send_data_i & GUC_INTR_SW_INT_0) != 32'd0 &&
                          (send_data_i & GUCBUS_IRQ_FN) != 32'd0;
      end else if (state_d == StIdle) begin
        migrated_irq_q <= 1'b0;
      end
      if (state_q == StStatus && mem_ready_i) irq_vector_q <= irq_vector_q & ~lowest;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // A vector under way has a bit left until its status bytes are written.
      IrqSendHasBits: assert ((state_q == StStatus || state_q == StRaise) -> irq_vector_q != 16'd0);
    end
  end

endmodule
