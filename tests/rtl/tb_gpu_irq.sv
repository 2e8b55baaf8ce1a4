// SPDX-License-Identifier: MIT
// Interrupts of a GuC by memory and by registers: order and number of writes, what a fault drops,
// and the registers' protocol for two GuCs with enable, mask and masters.

module tb_gpu_irq;
  import gpu_pkg::*;
  import gpu_regs_pkg::*;

  logic clk, rst_n;
  int   passed, failed;

  initial clk = 1'b0;
  always #5 clk = !clk;

  task automatic check(input string what, input logic [63:0] got, input logic [63:0] want);
    if (got === want) passed++;
    else begin
      failed++;
      $display("FAILED %s: got %h, want %h", what, got, want);
    end
  endtask

  // ---- sender: by memory, or to the registers ---------------------------------------------------

  logic        send, send_busy, raise_valid, raise_ready, mem_valid, mem_fault, send_idle;
  logic [31:0] send_data, mem_addr;
  logic [5:0]  raise_fn, mem_fn;
  logic [15:0] raise_vector;
  mem_op_e     mem_op;
  logic [7:0]  mem_be;
  logic [63:0] mem_data;

  gpu_irq_send u_irq_send (
    .clk_i          (clk),
    .rst_ni         (rst_n),
    .send_i         (send),
    .send_data_i    (send_data),
    .status_addr_i  (32'h1000_0190),
    .source_addr_i  (32'h1000_0419),
    .busy_o         (send_busy),
    .raise_valid_o  (raise_valid),
    .raise_fn_o     (raise_fn),
    .raise_vector_o (raise_vector),
    .raise_ready_i  (raise_ready),
    .mem_valid_o    (mem_valid),
    .mem_op_o       (mem_op),
    .mem_fn_o       (mem_fn),
    .mem_addr_o     (mem_addr),
    .mem_be_o       (mem_be),
    .mem_data_o     (mem_data),
    .mem_ready_i    (mem_valid),
    .mem_fault_i    (mem_fault),
    .idle_o         (send_idle)
  );

  // Accesses in order: MSIs are all ones.
  logic [31:0] log_addr [32];
  int          log_count, fault_at;

  assign mem_fault = log_count == fault_at;

  always @(posedge clk) begin
    if (mem_valid) begin
      log_addr[log_count] <= (mem_op == MemMsi) ? '1 : {mem_addr[31:3], 3'd0} | 32'($clog2(mem_be));
      log_count           <= log_count + 1;
    end
  end

  // ---- registers --------------------------------------------------------------------------------

  logic        reg_valid, reg_write, media_valid, msi_valid, msi_ready, regs_idle;
  logic [5:0]  reg_fn, msi_fn;
  logic [7:0]  reg_offset;
  logic [31:0] reg_wdata, reg_rdata;
  logic [1:0]  readies;
  logic [5:0]  fns     [2];
  logic [15:0] vectors [2];
  int          msis [64];

  assign fns[0]      = raise_fn;
  assign fns[1]      = 6'd0;
  assign vectors[0]  = raise_vector;
  assign vectors[1]  = 16'h8000;
  assign raise_ready = readies[0];

  gpu_irq_regs u_irq_regs (
    .clk_i          (clk),
    .rst_ni         (rst_n),
    .reg_valid_i    (reg_valid),
    .reg_write_i    (reg_write),
    .reg_fn_i       (reg_fn),
    .reg_offset_i   (reg_offset),
    .reg_be_i       (4'hf),
    .reg_wdata_i    (reg_wdata),
    .reg_rdata_o    (reg_rdata),
    .raise_valid_i  ({media_valid, raise_valid}),
    .raise_fn_i     (fns),
    .raise_vector_i (vectors),
    .raise_ready_o  (readies),
    .msi_valid_o    (msi_valid),
    .msi_fn_o       (msi_fn),
    .msi_ready_i    (msi_valid && msi_ready),
    .idle_o         (regs_idle)
  );

  // ---- the same, which never sleeps: no difference in any cycle ---------------------------------

  typedef struct packed {
    logic [31:0] reg_rdata;
    logic [1:0]  raise_ready;
    logic        msi_valid;
    logic [5:0]  msi_fn;
    logic        idle;
  } outputs_t;

  outputs_t awake, sleeper;
  int       differ, slept;

  assign sleeper =
      {reg_rdata, readies, msi_valid, msi_fn, regs_idle};

  gpu_irq_regs #(
    .Sleeps (1'b0)
  ) u_awake (
    .clk_i          (clk),
    .rst_ni         (rst_n),
    .reg_valid_i    (reg_valid),
    .reg_write_i    (reg_write),
    .reg_fn_i       (reg_fn),
    .reg_offset_i   (reg_offset),
    .reg_be_i       (4'hf),
    .reg_wdata_i    (reg_wdata),
    .reg_rdata_o    (awake.reg_rdata),
    .raise_valid_i  ({media_valid, raise_valid}),
    .raise_fn_i     (fns),
    .raise_vector_i (vectors),
    .raise_ready_o  (awake.raise_ready),
    .msi_valid_o    (awake.msi_valid),
    .msi_fn_o       (awake.msi_fn),
    .msi_ready_i    (msi_valid && msi_ready),
    .idle_o         (awake.idle)
  );

  always @(posedge clk) begin
    if (rst_n && sleeper !== awake) differ++;
    if (rst_n && !u_irq_regs.hears) slept++;
  end

  always @(posedge clk) if (msi_valid && msi_ready) msis[msi_fn] <= msis[msi_fn] + 1;

  task automatic put(input int fn, input logic [31:0] addr, input logic [31:0] data);
    @(negedge clk);
    reg_valid = 1'b1; reg_write = 1'b1; reg_fn = 6'(fn); reg_offset = addr[7:0]; reg_wdata = data;
    @(negedge clk) reg_valid = 1'b0;
  endtask

  task automatic expect_reg(input string what, input int fn, input logic [31:0] addr,
                            input logic [31:0] want);
    @(negedge clk);
    reg_valid = 1'b1; reg_write = 1'b0; reg_fn = 6'(fn); reg_offset = addr[7:0];
    #1 check(what, {32'd0, reg_rdata}, {32'd0, want});
    @(negedge clk) reg_valid = 1'b0;
  endtask

  task automatic send_irq(input logic [31:0] data);
    @(negedge clk);
    send = 1'b1; send_data = data;
    @(negedge clk) send = 1'b0;
    repeat (30) @(negedge clk);
  endtask

  task automatic send_media();
    @(negedge clk) media_valid = 1'b1;
    while (!readies[1]) @(negedge clk);
    @(negedge clk) media_valid = 1'b0;
    repeat (10) @(negedge clk);
  endtask

  // ---- cases ------------------------------------------------------------------------------------

  task automatic case_memory();
    send_irq(GUCBUS_IRQ_BY_MEMORY | (32'd3 << 16) | 32'h8041);
    check("writes", 64'(log_count), 64'd5);
    check("bit 0 first", {32'd0, log_addr[0]}, 64'h1000_0190);
    check("then bit 6", {32'd0, log_addr[1]}, 64'h1000_0196);
    check("then bit 15", {32'd0, log_addr[2]}, 64'h1000_019f);
    check("then the source", {32'd0, log_addr[3]}, 64'h1000_0419);
    check("then the message", {32'd0, log_addr[4]}, 64'hffff_ffff);
    check("as the function", {58'd0, mem_fn}, 64'd3);
    check("bytes are set", mem_data, '1);
    check("done", {62'd0, send_idle, send_busy}, 64'd2);
    fault_at = 5;
    send_irq(GUCBUS_IRQ_BY_MEMORY | (32'd3 << 16) | 32'h3);
    check("fault at the status ends it", 64'(log_count), 64'd6);
    fault_at = 7;
    send_irq(GUCBUS_IRQ_BY_MEMORY | (32'd3 << 16) | 32'h1);
    check("fault at the source ends it", 64'(log_count), 64'd8);
    fault_at = -1;
    send_irq(GUCBUS_IRQ_BY_MEMORY | (32'd3 << 16));
    check("empty vector", 64'(log_count), 64'd8);
  endtask

  task automatic case_registers();
    send_irq(32'h8000);
    expect_reg("not enabled: lost", 0, GT_INTR_DW_0, 32'd0);
    put(0, GUC_SG_INTR_ENABLE, 32'hffff0000);
    send_irq(32'h8000);
    expect_reg("recorded", 0, GT_INTR_DW_0, INTR_GUC);
    check("tile master is off", 64'(msis[0]), 64'd0);
    put(0, DG1_MSTR_TILE_INTR, DG1_MSTR_IRQ);
    repeat (5) @(negedge clk);
    check("message at enabling", 64'(msis[0]), 64'd1);
    put(0, GUC_SG_INTR_MASK, 32'hffff0000);
    expect_reg("masked", 0, GT_INTR_DW_0, 32'd0);
    send_media();
    check("media is not masked", 64'(msis[0]), 64'd2);
    put(0, GUC_SG_INTR_MASK, 32'd0);
    repeat (5) @(negedge clk);
    check("message at unmasking", 64'(msis[0]), 64'd3);
    send_irq(32'h4000);
    put(0, IIR_REG_SELECTOR_0, INTR_GUC);
    expect_reg("identity has both bits", 0, INTR_IDENTITY_REG_0, INTR_DATA_VALID | 32'h0004_c000);
    send_irq(32'h0001);
    put(0, INTR_IDENTITY_REG_0, INTR_DATA_VALID | 32'h0004_c000);
    expect_reg("later bit stays", 0, GT_INTR_DW_0, INTR_GUC | INTR_MGUC);
    put(0, IIR_REG_SELECTOR_0, INTR_GUC);
    expect_reg("and is named", 0, INTR_IDENTITY_REG_0, INTR_DATA_VALID | 32'h0004_0001);
    // The same bit again, before the acknowledgement of the first arrives.
    send_irq(32'h0001);
    put(0, IIR_REG_SELECTOR_0, INTR_MGUC);
    expect_reg("an identity is held", 0, INTR_IDENTITY_REG_0, INTR_DATA_VALID | 32'h0004_0001);
    put(0, INTR_IDENTITY_REG_0, INTR_DATA_VALID | 32'h0004_0001);
    expect_reg("the second one stays", 0, GT_INTR_DW_0, INTR_GUC | INTR_MGUC);
    put(0, IIR_REG_SELECTOR_0, INTR_GUC);
    put(0, INTR_IDENTITY_REG_0, INTR_DATA_VALID);
    expect_reg("what is not acknowledged stays", 0, GT_INTR_DW_0, INTR_GUC | INTR_MGUC);
    put(0, IIR_REG_SELECTOR_0, INTR_GUC);
    put(0, INTR_IDENTITY_REG_0, INTR_DATA_VALID | 32'h0004_0001);
    expect_reg("until it is", 0, GT_INTR_DW_0, INTR_MGUC);
    put(0, IIR_REG_SELECTOR_0, INTR_GUC);
    expect_reg("nothing selected", 0, INTR_IDENTITY_REG_0, 32'd0);
    expect_reg("media is left", 0, GFX_MSTR_IRQ, MASTER_IRQ | GT_DW_IRQ_0);
    expect_reg("other functions have nothing", 1, GT_INTR_DW_0, 32'd0);
  endtask

  // On a VF that moved here nothing is enabled yet, and its driver has to hear of that.
  task automatic case_moved();
    send_irq((32'd9 << 16) | 32'h8001);
    check("a VF hears SW_INT_0", 64'(msis[9]), 64'd1);
    put(9, IIR_REG_SELECTOR_0, INTR_GUC);
    expect_reg("and nothing else", 9, INTR_IDENTITY_REG_0, INTR_DATA_VALID | 32'h0004_0001);
    put(9, INTR_IDENTITY_REG_0, INTR_DATA_VALID | 32'h0004_0001);
  endtask

  task automatic case_functions();
    put(7, GUC_SG_INTR_ENABLE, 32'hffff0000);
    send_irq((32'd7 << 16) | 32'h8000);
    check("VF needs no tile master", 64'(msis[7]), 64'd1);
    put(7, GFX_MSTR_IRQ, 32'd0);
    send_irq((32'd7 << 16) | 32'h8000);
    check("its own master counts", 64'(msis[7]), 64'd1);
    expect_reg("stored", 7, GUC_SG_INTR_ENABLE, 32'hffff0000);
    put(7, 32'h1900a0, 32'h1234);
    expect_reg("without effect but stored", 7, BCS_RSVD_INTR_MASK, 32'h1234);
    put(7, 32'h1900c0, 32'h1234);
    expect_reg("not in the list", 7, 32'h1900c0, 32'd0);
    msi_ready = 1'b0;
    put(7, GFX_MSTR_IRQ, MASTER_IRQ);
    put(0, DG1_MSTR_TILE_INTR, DG1_MSTR_IRQ);
    check("message waits", {63'd0, regs_idle}, 64'd0);
    msi_ready = 1'b1;
    repeat (8) @(negedge clk);
    check("both went out", 64'(msis[0] + msis[7]), 64'd9);
    check("idle", {63'd0, regs_idle}, 64'd1);
  endtask

  initial begin
    send = 1'b0; reg_valid = 1'b0; media_valid = 1'b0; msi_ready = 1'b1;
    log_count = 0; fault_at = -1;
    for (int i = 0; i < 64; i++) msis[i] = 0;
    rst_n = 1'b0;
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    case_memory();
    case_registers();
    case_functions();
    case_moved();
    check("asleep in no cycle that matters", 64'(differ), 64'd0);
    check("it slept", {63'd0, slept > 0}, 64'd1);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_irq");
    $finish;
  end
endmodule
