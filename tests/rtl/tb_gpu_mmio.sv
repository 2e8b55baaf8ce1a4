// SPDX-License-Identifier: MIT
// BAR0 decode with stubs behind it: which block and whose copy each function reaches, 64-bit and
// byte accesses, and that every read is answered.

module tb_gpu_mmio;
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

  logic        valid, write, aperture, ready, trap, rsp, rsp_fault, idle, mem_valid, mem_rsp;
  mem_op_e     mem_op;
  logic [31:0] mem_addr;
  logic [7:0]  mem_be;
  logic [63:0] mem_data;
  logic [5:0]  fn;
  logic [29:0] addr;
  logic [7:0]  be;
  logic [63:0] wdata, rdata;
  logic        reg_write, irq_sel, pte_valid, pte_write;
  logic [5:0]  reg_fn, pte_fn;
  logic [17:0] reg_offset;
  logic [3:0]  reg_be;
  logic [31:0] reg_wdata;
  logic [1:0]  mailbox_sel, doorbell_sel, pf_sel;
  logic [31:0] mailbox_rdata [2];
  logic [31:0] pf_rdata      [2];
  logic [19:0] pte_index;
  logic [7:0]  pte_be;
  logic [63:0] pte_wdata;

  // Stubs answer with who was asked: block 31:28, GT 27, function 23:18, offset 17:0.
  function automatic logic [31:0] tag(input logic [3:0] block, input logic gt);
    return {block, gt, 3'd0, reg_fn, reg_offset};
  endfunction
  assign mailbox_rdata[0] = tag(4'd1, 1'b0);
  assign mailbox_rdata[1] = tag(4'd1, 1'b1);
  assign pf_rdata[0]      = tag(4'd2, 1'b0);
  assign pf_rdata[1]      = tag(4'd2, 1'b1);

  gpu_mmio u_mmio (
    .clk_i            (clk),
    .rst_ni           (rst_n),
    .host_req_valid_i (valid),
    .host_req_write_i (write),
    .host_req_aperture_i (aperture),
    .host_req_fn_i    (fn),
    .host_req_addr_i  (addr),
    .host_req_be_i    (be),
    .host_req_data_i  (wdata),
    .host_req_ready_o (ready),
    .host_trap_o      (trap),
    .host_rsp_valid_o (rsp),
    .host_rsp_fault_o (rsp_fault),
    .host_rsp_data_o  (rdata),
    .reg_write_o      (reg_write),
    .reg_fn_o         (reg_fn),
    .reg_offset_o     (reg_offset),
    .reg_be_o         (reg_be),
    .reg_wdata_o      (reg_wdata),
    .mailbox_sel_o    (mailbox_sel),
    .doorbell_sel_o   (doorbell_sel),
    .irq_sel_o        (irq_sel),
    .pf_sel_o         (pf_sel),
    .mailbox_rdata_i  (mailbox_rdata),
    .irq_rdata_i      (tag(4'd3, 1'b0)),
    .pf_rdata_i       (pf_rdata),
    .pte_valid_o      (pte_valid),
    .pte_write_o      (pte_write),
    .pte_fn_o         (pte_fn),
    .pte_index_o      (pte_index),
    .pte_be_o         (pte_be),
    .pte_wdata_o      (pte_wdata),
    .pte_rdata_i      ({40'habc, 4'd0, pte_index}),
    .mem_valid_o      (mem_valid),
    .mem_op_o         (mem_op),
    .mem_addr_o       (mem_addr),
    .mem_be_o         (mem_be),
    .mem_data_o       (mem_data),
    .mem_ready_i      (mem_valid),
    .mem_fault_i      (1'b0),
    .mem_rsp_valid_i  (mem_rsp),
    .mem_rsp_data_i   ({32'h600d, mem_addr}),
    .idle_o           (idle)
  );

  // ---- the same, which never sleeps: no difference in any cycle ---------------------------------

  typedef struct packed {
    logic        host_req_ready;
    logic        host_trap;
    logic        host_rsp_valid;
    logic        host_rsp_fault;
    logic [63:0] host_rsp_data;
    logic        reg_write;
    logic [5:0]  reg_fn;
    logic [17:0] reg_offset;
    logic [3:0]  reg_be;
    logic [31:0] reg_wdata;
    logic [1:0]  mailbox_sel;
    logic [1:0]  doorbell_sel;
    logic        irq_sel;
    logic [1:0]  pf_sel;
    logic        pte_valid;
    logic        pte_write;
    logic [5:0]  pte_fn;
    logic [19:0] pte_index;
    logic [7:0]  pte_be;
    logic [63:0] pte_wdata;
    logic        mem_valid;
    mem_op_e     mem_op;
    logic [31:0] mem_addr;
    logic [7:0]  mem_be;
    logic [63:0] mem_data;
    logic        idle;
  } outputs_t;

  outputs_t awake, sleeper;
  int       differ, slept;

  assign sleeper =
      {ready, trap, rsp, rsp_fault, rdata, reg_write, reg_fn, reg_offset, reg_be, reg_wdata,
       mailbox_sel, doorbell_sel, irq_sel, pf_sel, pte_valid, pte_write, pte_fn, pte_index,
       pte_be, pte_wdata, mem_valid, mem_op, mem_addr, mem_be, mem_data, idle};

  gpu_mmio #(
    .Sleeps (1'b0)
  ) u_awake (
    .clk_i            (clk),
    .rst_ni           (rst_n),
    .host_req_valid_i (valid),
    .host_req_write_i (write),
    .host_req_aperture_i (aperture),
    .host_req_fn_i    (fn),
    .host_req_addr_i  (addr),
    .host_req_be_i    (be),
    .host_req_data_i  (wdata),
    .host_req_ready_o (awake.host_req_ready),
    .host_trap_o      (awake.host_trap),
    .host_rsp_valid_o (awake.host_rsp_valid),
    .host_rsp_fault_o (awake.host_rsp_fault),
    .host_rsp_data_o  (awake.host_rsp_data),
    .reg_write_o      (awake.reg_write),
    .reg_fn_o         (awake.reg_fn),
    .reg_offset_o     (awake.reg_offset),
    .reg_be_o         (awake.reg_be),
    .reg_wdata_o      (awake.reg_wdata),
    .mailbox_sel_o    (awake.mailbox_sel),
    .doorbell_sel_o   (awake.doorbell_sel),
    .irq_sel_o        (awake.irq_sel),
    .pf_sel_o         (awake.pf_sel),
    .mailbox_rdata_i  (mailbox_rdata),
    .irq_rdata_i      (tag(4'd3, 1'b0)),
    .pf_rdata_i       (pf_rdata),
    .pte_valid_o      (awake.pte_valid),
    .pte_write_o      (awake.pte_write),
    .pte_fn_o         (awake.pte_fn),
    .pte_index_o      (awake.pte_index),
    .pte_be_o         (awake.pte_be),
    .pte_wdata_o      (awake.pte_wdata),
    .pte_rdata_i      ({40'habc, 4'd0, pte_index}),
    .mem_valid_o      (awake.mem_valid),
    .mem_op_o         (awake.mem_op),
    .mem_addr_o       (awake.mem_addr),
    .mem_be_o         (awake.mem_be),
    .mem_data_o       (awake.mem_data),
    .mem_ready_i      (mem_valid),
    .mem_fault_i      (1'b0),
    .mem_rsp_valid_i  (mem_rsp),
    .mem_rsp_data_i   ({32'h600d, mem_addr}),
    .idle_o           (awake.idle)
  );

  always @(posedge clk) begin
    if (rst_n && sleeper !== awake) differ++;
    if (rst_n && !u_mmio.hears) slept++;
  end

  int          selects, rings [2];
  logic [31:0] last_wdata;
  logic [3:0]  last_be;
  logic [5:0]  last_fn;

  always @(posedge clk) begin
    if (mailbox_sel != 2'd0 || doorbell_sel != 2'd0 || irq_sel || pf_sel != 2'd0) begin
      selects    <= selects + 1;
      last_wdata <= reg_wdata;
      last_be    <= reg_be;
      last_fn    <= reg_fn;
    end
    for (int gt = 0; gt < 2; gt++) if (doorbell_sel[gt]) rings[gt] <= rings[gt] + 1;
  end

  always @(posedge clk) mem_rsp <= mem_valid && mem_op == MemRead && rst_n;

  task automatic access(input logic is_write, input int by, input logic [31:0] at,
                        input logic [7:0] bytes, input logic [63:0] value);
    int waited;
    waited = 0;
    @(negedge clk);
    valid = 1'b1; write = is_write; fn = 6'(by); addr = at[29:0]; be = bytes; wdata = value;
    while (!ready) @(negedge clk);
    @(negedge clk) valid = 1'b0;
    while ((!is_write || aperture) && !rsp && waited < 20) begin
      @(negedge clk);
      waited++;
    end
    if (!is_write) check("answered", {63'd0, rsp}, 64'd1);
    if (is_write && !aperture) while (!idle) @(negedge clk);
  endtask

  task automatic expect_read(input string what, input int by, input logic [31:0] at,
                             input logic [31:0] want);
    access(1'b0, by, at, at[2] ? 8'hf0 : 8'h0f, 64'd0);
    check(what, at[2] ? {32'd0, rdata[63:32]} : {32'd0, rdata[31:0]}, {32'd0, want});
  endtask

  task automatic case_aperture();
    access(1'b1, 0, FENCE_REG_GEN6_LO_0 + 31 * FENCE_REG_GEN6_LO__STRIDE, 8'hff,
           64'h0000_1000_0000_1003);
    expect_read("fence", 0, FENCE_REG_GEN6_HI_0 + 31 * FENCE_REG_GEN6_HI__STRIDE, 32'h1000);
    expect_read("fences are the PF's", 9, FENCE_REG_GEN6_HI_0 + 8 * 31, 32'd0);
    aperture = 1'b1;
    access(1'b0, 0, 32'h3412_3458, 8'hff, 64'd0);
    check("aperture of the PF", {rdata[63:0]}, {32'h600d, 32'h3412_3458});
    check("is there", {63'd0, rsp_fault}, 64'd0);
    access(1'b0, 0, 32'h0000_1080, 8'hff, 64'd0);
    check("through the fence", rdata, {32'h600d, 32'h0000_1010});
    access(1'b1, 0, VGPU_TRAP, 8'h0c, 64'hffff_0000);
    check("a write is answered", {63'd0, rsp}, 64'd1);
    check("bytes and data", {mem_be, mem_data[55:0]}, {8'h0c, 56'hffff_0000});
    access(1'b0, 9, 32'h0000_2000, 8'hff, 64'd0);
    check("a VF has none", rdata, '1);
    check("and is told so", {63'd0, rsp_fault}, 64'd1);
    valid = 1'b1; write = 1'b0; fn = 6'd57; addr = 30'h2000_0000;
    #1 check("a mediated vGPU's goes to the host", {62'd0, trap, ready}, 64'd3);
    @(negedge clk) valid = 1'b0;
    aperture = 1'b0;
    expect_read("what the aperture took for VGPU_TRAP is none", 58, VF_CAP_REG, 32'd1);
  endtask

  initial begin
    valid = 1'b0; write = 1'b0; aperture = 1'b0; fn = '0; addr = '0; be = '0; wdata = '0;
    rst_n = 1'b0;
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    expect_read("own mailbox", 9, VF_SW_FLAG_0 + 8, {4'd1, 1'b0, 3'd0, 6'd9, 18'h10248});
    expect_read("own media mailbox", 9, MED_VF_SW_FLAG_0, {4'd1, 1'b1, 3'd0, 6'd9, 18'h10310});
    expect_read("PF's own", 0, VF_SW_FLAG_0, {4'd1, 1'b0, 3'd0, 6'd0, 18'h10240});
    expect_read("PF's view of VF 63", 0, VF_SW_FLAG_0 + 63 * VF_VIEW_STRIDE,
                {4'd1, 1'b0, 3'd0, 6'd63, 18'h1fe40});
    expect_read("VF has no view of others", 9, VF_SW_FLAG_0 + 9 * VF_VIEW_STRIDE, 32'd0);
    expect_read("interrupt registers", 9, GT_INTR_DW_0, {4'd3, 1'b0, 3'd0, 6'd9, 18'h10018});
    expect_read("VF_CAP of a VF", 9, VF_CAP_REG, 32'd1);
    expect_read("VF_CAP of the PF", 0, VF_CAP_REG, 32'd0);
    expect_read("doorbell reads 0", 9, GUC_HOST_INTERRUPT, 32'd0);
    expect_read("main registers", 0, GMD_ID, {4'd2, 1'b0, 3'd0, 6'd3, 18'h0d8c});
    expect_read("media registers", 0, GMD_ID + MEDIA_GT_GSI_OFFSET,
                {4'd2, 1'b1, 3'd0, 6'd3, 18'h0d8c});
    expect_read("not for a VF", 9, GMD_ID, 32'd0);
    expect_read("media not for a VF", 9, GMD_ID + MEDIA_GT_GSI_OFFSET, 32'd0);
    access(1'b1, 0, VGPU_TRAP, 8'h0f, 64'h2);
    @(negedge clk);
    valid = 1'b1; write = 1'b0; fn = 6'd57; addr = 30'h078000; be = 8'h0f;
    #1 check("a mediated vGPU's access traps", {62'd0, trap, ready}, 64'd3);
    @(negedge clk) valid = 1'b0;
    repeat (5) begin
      check("and is not answered", {63'd0, rsp}, 64'd0);
      @(negedge clk);
    end
    expect_read("other functions go on", 9, VF_CAP_REG, 32'd1);
    expect_read("PVINFO page", 9, 32'h78000, 32'd0);
    expect_read("hole", 0, 32'h100100, 32'd0);
    expect_read("end of registers", 0, 32'h7ffffc, 32'd0);

    access(1'b0, 3, VF_SW_FLAG_0, 8'hff, 64'd0);
    check("64 bits are two registers", rdata,
          {4'd1, 1'b0, 3'd0, 6'd3, 18'h10244, 4'd1, 1'b0, 3'd0, 6'd3, 18'h10240});
    access(1'b0, 3, VF_SW_FLAG_0, 8'h00, 64'd0);
    access(1'b0, 3, 32'h80_1238, 8'hff, 64'd0);
    check("GGTT entry", rdata, {40'habc, 4'd0, 20'h247});

    selects = 0;
    access(1'b1, 4, VF_SW_FLAG_0 + 4, 8'h20, 64'h1122_3344_5566_7788);
    check("one byte: select", {28'd0, last_be, 32'(selects)}, 64'h2_0000_0001);
    check("one byte: data", {32'd0, last_wdata}, 64'h1122_3344);
    access(1'b1, 4, VF_SW_FLAG_0 + 4 * VF_VIEW_STRIDE, 8'h0f, 64'd0);
    access(1'b1, 4, GMD_ID, 8'hf0, 64'd0);
    check("lost writes reach nobody", 64'(selects), 64'd1);
    access(1'b1, 4, GUC_HOST_INTERRUPT, 8'h0f, 64'd0);
    access(1'b1, 0, GUC_HOST_INTERRUPT + 5 * VF_VIEW_STRIDE, 8'h0f, 64'd0);
    check("doorbell as VF 5", {58'd0, last_fn}, 64'd5);
    access(1'b1, 4, MED_GUC_HOST_INTERRUPT, 8'hf0, 64'd0);
    check("doorbells", {32'(rings[1]), 32'(rings[0])}, 64'h1_0000_0002);
    case_aperture();
    check("asleep in no cycle that matters", 64'(differ), 64'd0);
    check("it slept", {63'd0, slept > 0}, 64'd1);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_mmio");
    $finish;
  end
endmodule
