// SPDX-License-Identifier: MIT
// The chip through its edge, without engines' work: own and PF's view of registers, mailbox and
// doorbell both ways, gate, GGTT owner check, DMA over a page border, faults, interrupts by memory
// and by registers, and that the chip is quiescent when all is done.

module tb_gpu_top;
  import gpu_regs_pkg::*;

  // ---- clock, checks ----------------------------------------------------------------------------

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

  // ---- chip -------------------------------------------------------------------------------------

  logic        quiescent;
  logic [63:0] wakeup;
  logic        host_valid, host_write, host_ready, host_rsp, host_aperture, host_fault;
  logic [5:0]  host_fn;
  logic [29:0] host_addr;
  logic [7:0]  host_be;
  logic [63:0] host_wdata, host_rdata;
  logic        flr_valid;
  logic [1:0]  guc_valid, guc_write, guc_ready, guc_rsp, guc_irq;
  logic [31:0] guc_addr;
  logic [63:0] guc_wdata, guc_rdata;
  logic [1:0]  dma_valid, dma_write, dma_ready, dma_wr_valid, dma_wr_ready, dma_rd_valid, dma_done;
  logic [1:0]  dma_error;
  logic [11:0] dma_fn;
  logic [63:0] dma_addr, dma_wr_data, dma_rd_data;
  logic [31:0] dma_len;
  logic        mem_valid, mem_rsp;
  logic [1:0]  mem_op;
  logic [5:0]  mem_fn, msi_fn;
  logic [47:0] mem_addr;
  logic [7:0]  mem_be;
  logic [63:0] mem_wdata, mem_rdata;
  logic        msi_valid;
  logic [4:0]  msi_vector;

  gpu_top u_top (
    .clk_i            (clk),
    .rst_ni           (rst_n),
    .skip_i           (64'd0),
    .quiescent_o      (quiescent),
    .wakeup_o         (wakeup),
    .host_req_valid_i (host_valid),
    .host_req_write_i (host_write),
    .host_req_aperture_i (host_aperture),
    .host_req_fn_i    (host_fn),
    .host_req_addr_i  (host_addr),
    .host_req_be_i    (host_be),
    .host_req_data_i  (host_wdata),
    .host_req_ready_o (host_ready),
    .host_trap_o      (),
    .host_rsp_valid_o (host_rsp),
    .host_rsp_fault_o (host_fault),
    .host_rsp_data_o  (host_rdata),
    .flr_valid_i      (flr_valid),
    .flr_fn_i         (6'd5),
    .guc_req_valid_i  (guc_valid),
    .guc_req_write_i  (guc_write),
    .guc_req_addr_i   (guc_addr),
    .guc_req_data_i   (guc_wdata),
    .guc_req_ready_o  (guc_ready),
    .guc_rsp_valid_o  (guc_rsp),
    .guc_rsp_data_o   (guc_rdata),
    .guc_irq_o        (guc_irq),
    .dma_req_valid_i  (dma_valid),
    .dma_req_write_i  (dma_write),
    .dma_req_fn_i     (dma_fn),
    .dma_req_addr_i   (dma_addr),
    .dma_req_len_i    (dma_len),
    .dma_req_ready_o  (dma_ready),
    .dma_wr_valid_i   (dma_wr_valid),
    .dma_wr_data_i    (dma_wr_data),
    .dma_wr_ready_o   (dma_wr_ready),
    .dma_rd_valid_o   (dma_rd_valid),
    .dma_rd_data_o    (dma_rd_data),
    .dma_done_o       (dma_done),
    .dma_error_o      (dma_error),
    .mem_req_valid_o  (mem_valid),
    .mem_req_op_o     (mem_op),
    .mem_req_fn_o     (mem_fn),
    .mem_req_addr_o   (mem_addr),
    .mem_req_be_o     (mem_be),
    .mem_req_data_o   (mem_wdata),
    .mem_req_ready_i  (1'b1),
    .mem_rsp_valid_i  (mem_rsp),
    .mem_rsp_data_i   (mem_rdata),
    .msi_valid_o      (msi_valid),
    .msi_fn_o         (msi_fn),
    .msi_vector_o     (msi_vector)
  );

  // ---- memory: 64 KiB, answers after ten cycles; MSIs are counted and see memory as it is then --

  localparam int unsigned MemLatency = 10;
  logic [63:0] memory [8192];
  logic [63:0] pipe_data [MemLatency];
  logic [MemLatency-1:0] pipe_valid;
  int          msi_count [64];
  logic [63:0] memory_at_msi;

  initial begin
    for (int i = 0; i < 8192; i++) memory[i] = 64'd0;
    for (int i = 0; i < 64; i++) msi_count[i] = 0;
  end

  assign mem_rsp   = pipe_valid[MemLatency-1];
  assign mem_rdata = pipe_data[MemLatency-1];

  always @(posedge clk) begin
    for (int i = 0; i < 8; i++) begin
      if (mem_valid && mem_op == 2'd1 && mem_be[i]) begin
        memory[mem_addr[15:3]][8*i +: 8] <= mem_wdata[8*i +: 8];
      end
    end
    pipe_valid   <= {pipe_valid[MemLatency-2:0], mem_valid && mem_op != 2'd1};
    pipe_data[0] <= memory[mem_addr[15:3]];
    for (int i = 1; i < int'(MemLatency); i++) pipe_data[i] <= pipe_data[i-1];
    if (!rst_n) pipe_valid <= '0;
    if (msi_valid) begin
      msi_count[msi_fn] <= msi_count[msi_fn] + 1;
      memory_at_msi     <= memory['h2040 / 8];
    end
  end

  // ---- programs' accesses: driven between edges -------------------------------------------------

  task automatic host_access(input logic write, input logic [5:0] fn, input logic [29:0] addr,
                             input logic [7:0] be, input logic [63:0] data);
    @(negedge clk);
    host_valid = 1'b1; host_write = write; host_fn = fn;
    host_addr = addr; host_be = be; host_wdata = data;
    while (!host_ready) @(negedge clk);
    @(negedge clk);
    host_valid = 1'b0;
    if (!write || host_aperture) while (!host_rsp) @(negedge clk);
  endtask

  task automatic write32(input logic [5:0] fn, input logic [31:0] addr, input logic [31:0] data);
    host_access(1'b1, fn, {6'd0, addr[23:0]}, addr[2] ? 8'hf0 : 8'h0f, {data, data});
  endtask

  task automatic read32(input logic [5:0] fn, input logic [31:0] addr, output logic [31:0] data);
    host_access(1'b0, fn, {6'd0, addr[23:0]}, addr[2] ? 8'hf0 : 8'h0f, 64'd0);
    data = addr[2] ? host_rdata[63:32] : host_rdata[31:0];
  endtask

  task automatic expect32(input string what, input logic [5:0] fn, input logic [31:0] addr,
                          input logic [31:0] want);
    logic [31:0] data;
    read32(fn, addr, data);
    check(what, {32'd0, data}, {32'd0, want});
  endtask

  task automatic write_pte(input logic [5:0] fn, input int page, input logic [63:0] pte);
    host_access(1'b1, fn, 30'h800000 + 30'(page * 8), 8'hff, pte);
  endtask

  task automatic expect_pte(input string what, input logic [5:0] fn, input int page,
                            input logic [63:0] want);
    host_access(1'b0, fn, 30'h800000 + 30'(page * 8), 8'hff, 64'd0);
    check(what, host_rdata, want);
  endtask

  task automatic guc_put(input int gt, input logic [31:0] addr, input logic [31:0] data);
    @(negedge clk);
    guc_valid[gt] = 1'b1; guc_write[gt] = 1'b1; guc_addr[16*gt +: 16] = addr[15:0];
    guc_wdata[32*gt +: 32] = data;
    while (!guc_ready[gt]) @(negedge clk);
    @(negedge clk);
    guc_valid[gt] = 1'b0;
  endtask

  task automatic guc_expect(input string what, input int gt, input logic [31:0] addr,
                            input logic [31:0] want);
    @(negedge clk);
    guc_valid[gt] = 1'b1; guc_write[gt] = 1'b0; guc_addr[16*gt +: 16] = addr[15:0];
    while (!guc_ready[gt]) @(negedge clk);
    @(negedge clk);
    guc_valid[gt] = 1'b0;
    while (!guc_rsp[gt]) @(negedge clk);
    check(what, {32'd0, guc_rdata[32*gt +: 32]}, {32'd0, want});
  endtask

  logic [31:0] dma_words [64];
  logic        dma_failed;

  // Starts at a falling edge and looks at what the next rising one takes.
  task automatic dma(input int gt, input logic write, input logic [5:0] fn, input logic [31:0] addr,
                     input int len);
    int at;
    @(negedge clk);
    dma_valid[gt] = 1'b1; dma_write[gt] = write; dma_fn[6*gt +: 6] = fn;
    dma_addr[32*gt +: 32] = addr; dma_len[16*gt +: 16] = 16'(len);
    @(negedge clk);
    dma_valid[gt] = 1'b0;
    at = 0;
    while (!dma_done[gt]) begin
      dma_wr_valid[gt] = write && at < len;
      if (dma_wr_valid[gt]) dma_wr_data[32*gt +: 32] = dma_words[at];
      if (write && at < len && dma_wr_ready[gt]) at++;
      if (!write && dma_rd_valid[gt]) begin
        dma_words[at] = dma_rd_data[32*gt +: 32];
        at++;
      end
      @(negedge clk);
    end
    dma_failed = dma_error[gt];
    dma_wr_valid[gt] = 1'b0;
    if (!dma_failed) check("dma moves all", 64'(at), 64'(len));
  endtask

  task automatic settle();
    repeat (200) @(negedge clk);
    check("quiescent", {63'd0, quiescent}, 64'd1);
  endtask

  // ---- cases ------------------------------------------------------------------------------------

  localparam logic [31:0] View = VF_VIEW_STRIDE;

  task automatic case_registers();
    expect32("PF is no VF", 6'd0, VF_CAP_REG, 32'd0);
    expect32("VF is a VF", 6'd3, VF_CAP_REG, 32'd1);
    expect32("PF sees VF 3", 6'd0, VF_CAP_REG + 3 * View, 32'd1);
    expect32("VF sees no other view", 6'd3, VF_CAP_REG + View, 32'd0);
    expect32("GMD_ID", 6'd0, GMD_ID, 32'h07800004);
    expect32("media GMD_ID", 6'd0, GMD_ID + MEDIA_GT_GSI_OFFSET, 32'h07800004);
    expect32("VF sees no GMD_ID", 6'd1, GMD_ID, 32'd0);
    expect32("nowhere", 6'd0, 32'h500000, 32'd0);
    write32(6'd0, SOFT_SCRATCH_0 + 4, 32'h1234);
    write32(6'd1, SOFT_SCRATCH_0 + 4, 32'h5678);
    expect32("scratch is the PF's", 6'd0, SOFT_SCRATCH_0 + 4, 32'h1234);
    guc_put(1, GUCBUS_STATUS, 32'hf000);
    expect32("media GUC_STATUS", 6'd0, GUC_STATUS + MEDIA_GT_GSI_OFFSET, 32'hf000);
    expect32("main GUC_STATUS", 6'd0, GUC_STATUS, 32'd0);
  endtask

  task automatic case_mailbox();
    guc_put(0, GUCBUS_IRQ_ENABLE, GUCBUS_IRQ_DOORBELL);
    for (int i = 0; i < 4; i++) write32(6'd2, VF_SW_FLAG_0 + 32'(4 * i), 32'h5507 + 32'(i));
    expect32("mailbox reads back", 6'd2, VF_SW_FLAG_0 + 12, 32'h550a);
    expect32("PF reads VF 2's", 6'd0, VF_SW_FLAG_0 + 12 + 2 * View, 32'h550a);
    expect32("PF has its own", 6'd0, VF_SW_FLAG_0 + 12, 32'd0);
    write32(6'd2, GUC_HOST_INTERRUPT, 32'd0);
    repeat (3) @(negedge clk);
    check("interrupt to main GuC", {62'd0, guc_irq}, 64'd1);
    guc_expect("doorbell", 0, GUCBUS_DB_NEXT,
               GUCBUS_DB_VALID | GUCBUS_DB_MBOX | GUCBUS_DB_CTB | 32'd2);
    guc_expect("no more", 0, GUCBUS_DB_NEXT, 32'd0);
    guc_expect("GuC reads", 0, GUCBUS_MBOX_BASE + 32'h20, 32'h5507);
    guc_put(0, GUCBUS_MBOX_BASE + 32'h20, 32'hf0000000);
    expect32("VF reads answer", 6'd2, VF_SW_FLAG_0, 32'hf0000000);
    write32(6'd2, GUC_HOST_INTERRUPT, 32'd0);
    guc_expect("no message: CTB only", 0, GUCBUS_DB_NEXT, GUCBUS_DB_VALID | GUCBUS_DB_CTB | 32'd2);
    host_access(1'b1, 6'd2, MED_VF_SW_FLAG_0[23:0], 8'h02, 64'hffffffff);
    expect32("one byte", 6'd2, MED_VF_SW_FLAG_0, 32'hff00);
    host_access(1'b1, 6'd2, MED_VF_SW_FLAG_0[23:0], 8'hff, 64'h1111111122222222);
    expect32("64-bit access, high", 6'd2, MED_VF_SW_FLAG_0 + 4, 32'h11111111);
  endtask

  task automatic case_gate();
    guc_put(0, GUCBUS_GATE_CLOSE, 32'd4);
    write32(6'd4, VF_SW_FLAG_0, 32'h5500);
    write32(6'd0, GUC_HOST_INTERRUPT + 4 * View, 32'd0);
    write32(6'd1, GUC_HOST_INTERRUPT, 32'd0);
    guc_expect("round robin goes on behind 2", 0, GUCBUS_DB_NEXT,
               GUCBUS_DB_VALID | GUCBUS_DB_MBOX | 32'd4);
    guc_expect("and wraps", 0, GUCBUS_DB_NEXT, GUCBUS_DB_VALID | GUCBUS_DB_CTB | 32'd1);
    guc_expect("CTB waits", 0, GUCBUS_IRQ_STATUS, 32'd0);
    guc_expect("gate state", 0, GUCBUS_GATE_STATE_LO, 32'h10);
    guc_put(0, GUCBUS_GATE_OPEN, 32'd4);
    guc_expect("gate opens", 0, GUCBUS_DB_NEXT, GUCBUS_DB_VALID | GUCBUS_DB_CTB | 32'd4);
  endtask

  task automatic case_flr();
    @(negedge clk) flr_valid = 1'b1;
    @(negedge clk) flr_valid = 1'b0;
    for (int gt = 0; gt < 2; gt++) begin
      guc_expect("FLR cause", gt, GUCBUS_IRQ_STATUS, GUCBUS_IRQ_FLR);
      guc_expect("FLR", gt, GUCBUS_FLR_NEXT, GUCBUS_FLR_VALID | 32'd5);
      guc_expect("FLR once", gt, GUCBUS_FLR_NEXT, 32'd0);
    end
  endtask

  // VF 1 owns pages 0x200 and 0x201, VF 2 owns 0x202.
  task automatic case_ggtt();
    write_pte(6'd0, 'h200, 64'h0020_0000_0000_0005);
    write_pte(6'd0, 'h201, 64'h0020_0000_0000_0005);
    write_pte(6'd0, 'h202, 64'h0000_0000_0000_8009);
    write_pte(6'd1, 'h200, 64'h0020_0000_0000_1001);
    write_pte(6'd1, 'h201, 64'h0020_0000_0000_3ffd);
    write_pte(6'd1, 'h202, 64'h0000_0000_0000_f001);
    expect_pte("VF sees no owner", 6'd1, 'h200, 64'h0020_0000_0000_1001);
    expect_pte("VF cannot change it", 6'd0, 'h201, 64'h0020_0000_0000_3005);
    expect_pte("foreign is untouched", 6'd0, 'h202, 64'h0000_0000_0000_8009);
    expect_pte("foreign reads 0", 6'd1, 'h202, 64'd0);
    host_access(1'b1, 6'd1, 30'h801004, 8'hf0, 64'h0030_0001_0000_0000);
    expect_pte("half a PTE", 6'd1, 'h200, 64'h0030_0001_0000_1001);
    write_pte(6'd1, 'h200, 64'h0020_0000_0000_1001);
  endtask

  task automatic case_dma();
    for (int i = 0; i < 10; i++) dma_words[i] = 32'hc0de0000 + 32'(i);
    dma(0, 1'b1, 6'd1, 32'h200fec, 10);
    check("last of page", memory['h1ff8 / 8], 64'hc0de0004_c0de0003);
    check("first is high", memory['h1fe8 / 8], 64'hc0de0000_00000000);
    check("next page", memory['h3000 / 8], 64'hc0de0006_c0de0005);
    check("last is low", memory['h3010 / 8], 64'hc0de0009);
    for (int i = 0; i < 10; i++) dma_words[i] = 32'd0;
    dma(1, 1'b0, 6'd1, 32'h200fec, 10);
    for (int i = 0; i < 10; i++) check("dma read", {32'd0, dma_words[i]}, 64'hc0de0000 + 64'(i));
    dma(0, 1'b0, 6'd1, 32'h200000, 64);
    dma(0, 1'b0, 6'd1, 32'h201ff8, 4);
    check("foreign page fails", {63'd0, dma_failed}, 64'd1);
    guc_expect("fault", 0, GUCBUS_FAULT_NEXT,
               GUCBUS_FAULT_VALID | GUCBUS_FAULT_FOREIGN | (GUCBUS_FAULT_CLIENT_DMA << 20) | 32'd1);
    guc_expect("fault address", 0, GUCBUS_FAULT_ADDR, 32'h202000);
    guc_expect("one fault", 0, GUCBUS_FAULT_NEXT, 32'd0);
    dma(1, 1'b1, 6'd1, 32'h300000, 5);
    check("absent page fails", {63'd0, dma_failed}, 64'd1);
    guc_expect("fault of media", 1, GUCBUS_FAULT_NEXT,
               GUCBUS_FAULT_VALID | GUCBUS_FAULT_FOREIGN | GUCBUS_FAULT_WRITE |
               (GUCBUS_FAULT_CLIENT_DMA << 20) | 32'd1);
    write_pte(6'd0, 'h200, 64'h0000_0000_0000_5009);
    dma(0, 1'b0, 6'd1, 32'h200fec, 1);
    check("stale TLB still serves", {63'd0, dma_failed}, 64'd0);
    guc_put(0, GUCBUS_TLB_INV, 32'd1);
    dma(0, 1'b0, 6'd1, 32'h200fec, 1);
    check("invalidated TLB does not", {63'd0, dma_failed}, 64'd1);
    guc_expect("drain", 0, GUCBUS_FAULT_NEXT,
               GUCBUS_FAULT_VALID | GUCBUS_FAULT_FOREIGN | (GUCBUS_FAULT_CLIENT_DMA << 20) | 32'd1);
  endtask

  // X tiles one tile wide: line 1 of 512 bytes is as in memory; Y tiles: it is not.
  task automatic case_aperture();
    write_pte(6'd0, 'h400, 64'h5001);
    write_pte(6'd0, 'h401, 64'h6005);
    host_aperture = 1'b1;
    host_access(1'b1, 6'd0, 30'h400210, 8'h3c, 64'h1122_3344_5566_7788);
    check("bytes through the aperture", memory['h5210 / 8], 64'h0000_3344_5566_0000);
    host_aperture = 1'b0;
    write32(6'd0, FENCE_REG_GEN6_HI_0, 32'h0040_0000);
    write32(6'd0, FENCE_REG_GEN6_LO_0, 32'h0040_0000 | I965_FENCE_REG_VALID | I965_FENCE_TILING_Y);
    host_aperture = 1'b1;
    host_access(1'b0, 6'd0, 30'h400090, 8'hff, 64'd0);
    check("a fence moves it: line 1, column 1", host_rdata, memory['h5210 / 8]);
    host_access(1'b0, 6'd0, 30'h401000, 8'hff, 64'd0);
    check("a VF's page reads as ones", {host_rdata[62:0], host_fault}, '1);
    host_access(1'b1, 6'd0, 30'h402000, 8'hff, 64'd0);
    check("what is absent is told", {63'd0, host_fault}, 64'd1);
    host_aperture = 1'b0;
    settle();
    guc_expect("no GuC hears of it", 0, GUCBUS_FAULT_NEXT, 32'd0);
    guc_expect("nor the other", 1, GUCBUS_FAULT_NEXT, 32'd0);
  endtask

  task automatic case_irq_memory();
    write_pte(6'd0, 'h300, 64'h200d);
    guc_put(0, GUCBUS_MEMIRQ_STATUS, 32'h300040);
    guc_put(0, GUCBUS_MEMIRQ_SOURCE, 32'h300419);
    guc_put(0, GUCBUS_IRQ_SEND, GUCBUS_IRQ_BY_MEMORY | (32'd3 << 16) | 32'h8001);
    guc_expect("busy", 0, GUCBUS_IRQ_SEND, GUCBUS_IRQ_BUSY);
    repeat (60) @(negedge clk);
    guc_expect("not busy", 0, GUCBUS_IRQ_SEND, 32'd0);
    check("status low", memory['h2040 / 8], 64'hff);
    check("status high", memory['h2048 / 8], 64'hff00_0000_0000_0000);
    check("source", memory['h2418 / 8], 64'hff00);
    check("MSI", 64'(msi_count[3]), 64'd1);
    check("MSI after status", memory_at_msi, 64'hff);
  endtask

  task automatic case_irq_registers();
    guc_put(0, GUCBUS_IRQ_SEND, 32'h8000);
    settle();
    check("not enabled", 64'(msi_count[0]), 64'd0);
    write32(6'd0, DG1_MSTR_TILE_INTR, DG1_MSTR_IRQ);
    write32(6'd0, GUC_SG_INTR_ENABLE, 32'h80000000);
    guc_put(0, GUCBUS_IRQ_SEND, 32'h8000);
    guc_put(1, GUCBUS_IRQ_SEND, 32'h8000);
    settle();
    check("two MSIs", 64'(msi_count[0]), 64'd2);
    expect32("tile", 6'd0, DG1_MSTR_TILE_INTR, DG1_MSTR_IRQ | DG1_MSTR_TILE_0);
    expect32("master", 6'd0, GFX_MSTR_IRQ, MASTER_IRQ | GT_DW_IRQ_0);
    expect32("DW0", 6'd0, GT_INTR_DW_0, INTR_GUC | INTR_MGUC);
    write32(6'd0, IIR_REG_SELECTOR_0, INTR_MGUC);
    expect32("identity", 6'd0, INTR_IDENTITY_REG_0, INTR_DATA_VALID | 32'h01048000);
    write32(6'd0, INTR_IDENTITY_REG_0, INTR_DATA_VALID | 32'h01048000);
    expect32("acknowledged", 6'd0, GT_INTR_DW_0, INTR_GUC);
    expect32("no identity", 6'd0, INTR_IDENTITY_REG_0, 32'd0);
    write32(6'd0, DG1_MSTR_TILE_INTR, 32'd0);
    write32(6'd0, DG1_MSTR_TILE_INTR, DG1_MSTR_IRQ);
    settle();
    check("still pending: once more", 64'(msi_count[0]), 64'd3);
  endtask

  initial begin
    host_valid = 1'b0; host_aperture = 1'b0; flr_valid = 1'b0; guc_valid = '0; dma_valid = '0;
    dma_wr_valid = '0;
    rst_n = 1'b0;
    repeat (4) @(negedge clk);
    rst_n = 1'b1;
    settle();
    case_registers();
    case_mailbox();
    case_gate();
    case_flr();
    case_ggtt();
    case_dma();
    case_aperture();
    case_irq_memory();
    case_irq_registers();
    settle();
    check("nothing to wait for", wakeup, '1);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_top");
    $finish;
  end
endmodule
