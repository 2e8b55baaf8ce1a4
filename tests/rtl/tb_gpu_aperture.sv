// SPDX-License-Identifier: MIT
// Aperture with its fences on a memory that tells where it was asked: surfaces of both tilings,
// tile by tile and quad-word by quad-word, ends of ranges, overlapping fences, pitches at and
// beyond their limits, and what happens where nothing is.

module tb_gpu_aperture;
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
      if (failed < 20) $display("FAILED %s: got %h, want %h", what, got, want);
    end
  endtask

  logic        reg_valid, reg_write, valid, write, done, fault, mem_valid, mem_ready, mem_fault;
  logic        mem_rsp, active;
  logic [7:0]  reg_offset;
  logic [3:0]  reg_be;
  logic [31:0] reg_wdata, reg_rdata, mem_addr, asked;
  logic [29:3] addr;
  logic [63:0] rdata;
  mem_op_e     mem_op;
  int          asks, writes;

  gpu_aperture u_aperture (
    .clk_i           (clk),
    .rst_ni          (rst_n),
    .reg_valid_i     (reg_valid),
    .reg_write_i     (reg_write),
    .reg_offset_i    (reg_offset[7:2]),
    .reg_be_i        (reg_be),
    .reg_wdata_i     (reg_wdata),
    .reg_rdata_o     (reg_rdata),
    .req_valid_i     (valid),
    .req_write_i     (write),
    .req_addr_i      (addr),
    .done_o          (done),
    .fault_o         (fault),
    .rdata_o         (rdata),
    .mem_valid_o     (mem_valid),
    .mem_op_o        (mem_op),
    .mem_addr_o      (mem_addr),
    .mem_ready_i     (mem_ready),
    .mem_fault_i     (mem_fault),
    .mem_rsp_valid_i (mem_rsp),
    .mem_rsp_data_i  ({32'hfeed, asked}),
    .active_o        (active)
  );

  // Memory: takes each second cycle, answers in the next one, has no page 0x3f000000.
  logic turn;
  assign mem_ready = mem_valid && turn;
  assign mem_fault = mem_ready && mem_addr[29:12] == 18'h3f000;

  always @(posedge clk) begin
    turn    <= !turn && rst_n;
    mem_rsp <= mem_ready && !mem_fault && mem_op == MemRead && rst_n;
    if (mem_ready) begin
      asked <= mem_addr;
      asks  <= asks + 1;
      if (mem_op == MemWrite) writes <= writes + 1;
    end
  end

  task automatic put(input int offset, input logic [3:0] be, input logic [31:0] value);
    @(negedge clk);
    reg_valid = 1'b1; reg_write = 1'b1; reg_offset = 8'(offset); reg_be = be; reg_wdata = value;
    @(negedge clk) reg_valid = 1'b0;
  endtask

  task automatic expect_reg(input string what, input int offset, input logic [31:0] want);
    @(negedge clk);
    reg_valid = 1'b1; reg_write = 1'b0; reg_offset = 8'(offset);
    #1 check(what, {32'd0, reg_rdata}, {32'd0, want});
    @(negedge clk) reg_valid = 1'b0;
  endtask

  // size of 0: not valid
  task automatic fence(input int n, input logic [31:0] start, input int size, input int pitch,
                       input logic tile_y);
    logic [31:0] last;
    last = start + 32'(size) - 32'd4096;
    put(8 * n, 4'hf, 32'd0);
    put(8 * n + 4, 4'hf, {last[31:12], 1'b0, 11'(pitch / 128 - 1)});
    put(8 * n, 4'hf, {start[31:12], 10'd0, tile_y, size != 0});
  endtask

  // Where an access goes; all ones: nowhere.
  task automatic go(input logic is_write, input logic [31:0] at, output logic [31:0] where);
    int asked_before;
    asked_before = asks;
    @(negedge clk);
    valid = 1'b1; write = is_write; addr = at[29:3];
    while (!done) @(negedge clk);
    where = fault ? '1 : asked;
    if (fault) check("ones where nothing is", rdata, '1);
    else if (!is_write) check("data of the place", rdata, {32'hfeed, asked});
    @(negedge clk);
    valid = 1'b0;
    check("asked once", 64'(asks - asked_before), (where == '1 && at[29:12] != 18'h3f000) ? 0 : 1);
  endtask

  task automatic expect_place(input string what, input logic [31:0] at, input logic [31:0] want);
    logic [31:0] where;
    go(1'b0, at, where);
    check(what, {32'd0, where}, {32'd0, want});
  endtask

  // Walks a surface in the order of memory and asks for each place by its line and column.
  task automatic surface(input string what, input int start, input int tiles, input int pitch,
                         input logic tile_y);
    int width, rows, per_row, row, column, x, y;
    width   = tile_y ? 128 : 512;
    rows    = tile_y ? 32 : 8;
    per_row = pitch / width;
    for (int tile = 0; tile < tiles; tile++) begin
      for (int at = 0; at < 4096; at += 8) begin
        if (tile_y) begin
          column = at / 512 * 16 + at % 16;
          row    = at / 16 % 32;
        end else begin
          column = at % 512;
          row    = at / 512;
        end
        x = tile % per_row * width + column;
        y = tile / per_row * rows + row;
        expect_place(what, 32'(start + y * pitch + x), 32'(start + tile * 4096 + at));
      end
    end
  endtask

  task automatic case_registers();
    for (int n = 0; n < 32; n++) begin
      expect_reg("reset: no fence", 8 * n, 32'd0);
      put(8 * n, 4'hf, 32'h1000 * 32'(n));
      put(8 * n + 4, 4'hf, 32'h80 + 32'(n));
    end
    for (int n = 0; n < 32; n++) begin
      expect_reg("low half", 8 * n, 32'h1000 * 32'(n));
      expect_reg("high half", 8 * n + 4, 32'h80 + 32'(n));
    end
    put(8 * 31 + 4, 4'b0010, 32'h1234_5678);
    expect_reg("one byte", 8 * 31 + 4, 32'h0000_569f);
    for (int n = 0; n < 32; n++) fence(n, 0, 0, 128, 1'b0);
  endtask

  task automatic case_tiles();
    fence(0, 32'h10_0000, 6 * 4096, 1536, 1'b0);
    surface("X, three tiles wide", 'h10_0000, 6, 1536, 1'b0);
    fence(31, 32'h20_0000, 10 * 4096, 640, 1'b1);
    surface("Y, five tiles wide", 'h20_0000, 10, 640, 1'b1);
    fence(7, 32'h30_0000, 4 * 4096, 512, 1'b0);
    surface("X, one tile wide", 'h30_0000, 4, 512, 1'b0);
    fence(8, 32'h40_0000, 4 * 4096, 128, 1'b1);
    surface("Y, one tile wide", 'h40_0000, 4, 128, 1'b1);
    expect_place("before the range", 32'h0f_fff8, 32'h0f_fff8);
    expect_place("behind the range", 32'h10_6000, 32'h10_6000);
    expect_place("where no fence is", 32'h3abc_def8, 32'h3abc_def8);
    expect_place("top of the aperture", 32'h3fff_fff8, 32'h3fff_fff8);
  endtask

  task automatic case_pitches();
    // 256 KiB a line: the largest there is, 512 tiles wide.
    fence(1, 32'h100_0000, 1024 * 4096, 262144, 1'b0);
    expect_place("X, widest: second line", 32'h104_0008, 32'h100_0208);
    expect_place("X, widest: last of a line", 32'h103_fff8, 32'h11f_f1f8);
    expect_place("X, widest: ninth line", 32'h120_0000, 32'h120_0000);
    expect_place("X, widest: end", 32'h13f_fff8, 32'h13f_fff8);
    fence(1, 32'h100_0000, 2048 * 4096, 262144, 1'b1);
    expect_place("Y, widest: second line", 32'h104_0008, 32'h100_0018);
    expect_place("Y, widest: last of a line", 32'h103_fff8, 32'h17f_fe08);
    expect_place("Y, widest: end", 32'h17f_fff8, 32'h17f_fff8);
    // One row of tiles and a half: what the last row lacks is nowhere, what it has is there.
    fence(1, 32'h100_0000, 3 * 4096, 1024, 1'b0);
    expect_place("row that is not whole: its first tile", 32'h100_2000, 32'h100_2000);
    expect_place("row that is not whole: beyond", 32'h100_2200, '1);
    fence(1, 32'h100_0000, 4 * 4096, 640, 1'b0);
    expect_place("X pitch that is not tiles", 32'h100_0000, '1);
    expect_place("and not at its end", 32'h100_3ff8, '1);
    expect_place("but behind it", 32'h100_4000, 32'h100_4000);
    fence(1, 32'h100_0000, 2 * 4096, 640, 1'b1);
    expect_place("Y pitch wider than the range: inside", 32'h100_0280, 32'h100_0010);
    expect_place("Y pitch wider than the range: outside", 32'h100_0100, '1);
    fence(1, 32'h3fff_f000, 4096, 128, 1'b1);
    expect_place("last page", 32'h3fff_f080, 32'h3fff_f010);
    put(12, 4'hf, 32'hffff_f000);
    expect_place("a range that ends beyond the aperture", 32'h3fff_f080, 32'h3fff_f010);
    put(12, 4'hf, 32'h0000_0000);
    expect_place("a range that ends before it starts", 32'h3fff_f080, 32'h3fff_f080);
    fence(1, 0, 0, 128, 1'b0);
  endtask

  task automatic case_overlap();
    fence(5, 32'h50_0000, 4 * 4096, 512, 1'b0);
    fence(3, 32'h50_1000, 2 * 4096, 128, 1'b1);
    expect_place("X alone", 32'h50_0200, 32'h50_0200);
    expect_place("the lower number", 32'h50_1080, 32'h50_1010);
    expect_place("X again", 32'h50_3000, 32'h50_3000);
    fence(6, 32'h50_1000, 2 * 4096, 512, 1'b0);
    expect_place("not the higher", 32'h50_1080, 32'h50_1010);
    fence(3, 0, 0, 128, 1'b0);
    expect_place("the next when it is gone", 32'h50_1088, 32'h50_1088);
  endtask

  logic [31:0] where;

  initial begin
    {reg_valid, reg_write, valid, write} = '0;
    reg_offset = '0; reg_be = '0; reg_wdata = '0; addr = '0;
    rst_n = 1'b0;
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    check("quiet", {63'd0, active}, 64'd0);
    case_registers();
    case_tiles();
    case_pitches();
    case_overlap();
    check("reads only", 64'(writes), 64'd0);
    go(1'b1, 32'h10_0600, where);
    check("a write goes to its tile", {32'd0, where}, 64'h10_0200);
    check("as a write", 64'(writes), 64'd1);
    go(1'b1, 32'h3f00_0000, where);
    check("a write to nowhere ends", {32'd0, where}, 64'hffff_ffff);
    expect_place("nor is there anything to read", 32'h3f00_0ff8, '1);
    @(negedge clk);
    check("quiet again", {63'd0, active}, 64'd0);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_aperture");
    $finish;
  end
endmodule
