// SPDX-License-Identifier: MIT
// Page tables and the TLB before them: each count of levels, each size of page, tables in either
// memory, an entry that is absent at each level, what an entry may not say, null pages, permission,
// and what the TLB outlives.

module tb_gpu_ppgtt;
  import gpu_pkg::*;

`include "tests/rtl/ppgtt_bench.svh"

  // ---- cases ------------------------------------------------------------------------------------

  task automatic case_levels();
    set_space(0, Space57);
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    expect_frame("five levels", Va57, 36'h123_4567, 5);
    tables(Va48 & 64'h7fff_ffff_ffff, 64'h12_3456_7000 | Flags, 1);
    expect_frame("48 bits in five levels", Va48 & 64'h7fff_ffff_ffff, 36'h123_4567, 5);
    tables(Va48, 64'h12_3456_7000 | Flags, 1);
    expect_frame("canonical 48 bits in five levels", Va48 | 64'hffff_0000_0000_0000,
                 36'h123_4567, 5);
    set_space(0, Space48);
    expect_frame("four levels", Va48, 36'h123_4567, 4);
    expect_frame("canonical in four levels", Va48 | 64'hffff_0000_0000_0000, 36'h123_4567, 4);
    set_space(0, Space32);
    tables(Va32, 64'h12_3456_7000 | Flags, 1);
    expect_frame("three levels", Va32, 36'h123_4567, 2);
    expect_fault("above three levels", 64'h1_4321_0ff8, 3'd3);
    space[0].root = '0;
    expect_fault("empty register", Va32, 3'd3);
    set_space(0, Space57);
    space[0].root = '0;
    expect_fault("no root", Va57, 3'd5);
    set_space(0, SpaceNone);
    expect_fault("no space", Va57, 3'd0);
  endtask

  task automatic case_sizes();
    set_space(0, Space57);
    tables(Va57, 64'h12_3450_0000 | Flags | 64'h100, 1);
    expect_frame("64 KiB, marked", Va57, 36'h123_4500, 5);
    tables(Va57 | 64'hf000, 64'h12_3450_0000 | Flags | 64'h100, 1);
    expect_frame("its last piece", Va57 | 64'hf000, 36'h123_450f, 5);
    tables(Va57, 64'h1000 | Flags | 64'h40, 2);
    entry('h1000, {4'd0, Va57[20:16]}, 64'h12_3450_0000 | Flags);
    expect_frame("64 KiB, dense table", Va57 | 64'h7000, 36'h123_4507, 5);
    tables(Va57, 64'h12_3440_0000 | Flags | 64'h80, 2);
    expect_frame("2 MiB", Va57, 36'h123_4400 | 36'(Va57[20:12]), 4);
    tables(Va57, 64'h12_0000_0000 | Flags | 64'h80, 3);
    expect_frame("1 GiB", Va57, 36'h120_0000 | 36'(Va57[29:12]), 3);
    tables(Va57, 64'h3000 | Flags | 64'h80, 4);  // no page is that large: a table like any other
    entry('h3000, Va57[38:30], 64'h2000 | Flags);
    entry('h2000, Va57[29:21], 64'h12_3440_0000 | Flags | 64'h80);
    expect_frame("bit 7 above means nothing", Va57, 36'h123_4400 | 36'(Va57[20:12]), 4);
  endtask

  task automatic case_absent();
    set_space(0, Space57);
    for (int l = 5; l > 0; l--) begin
      tables(Va57, 64'h12_3456_7000 | Flags, 1);
      entry(l * 'h1000, 9'(Va57 >> (3 + 9 * l)), 64'h1000 | 64'h2);
      expect_fault($sformatf("absent at level %0d", l), Va57, 3'(l));
    end
    tables(Va57, 64'h0001_0012_3456_7000 | Flags, 1);
    expect_fault("beyond the memory port", Va57, 3'd1);
    tables(Va57, 64'h12_3456_7000 | Flags | 64'h800, 1);
    translate(0, Va57, 1'b1);
    check("local memory", {62'd0, got_ok, got_local}, 64'd3);
    drop();
    tables(Va57, 64'h8000_0000 | Flags, 3);
    expect_fault("a table that is not there reads as ones", Va57, 3'd2);
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    expect_frame("a fault is not kept", Va57, 36'h123_4567, 5);
  endtask

  task automatic case_permission();
    set_space(0, Space57);
    tables(Va57, 64'h12_3456_7001, 1);
    translate(0, Va57, 1'b0);
    check("read of a read-only page", {63'd0, got_ok}, 64'd1);
    translate(0, Va57, 1'b1);
    check("write to it", {60'd0, got_ok, got_level}, 64'd0);
    drop();
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    entry('h3000, Va57[38:30], 64'h2001);
    translate(0, Va57, 1'b1);
    check("write below a read-only directory", {63'd0, got_ok}, 64'd0);
    drop();
    tables(Va57, 64'h203, 1);
    translate(0, Va57, 1'b1);
    check("null page", {62'd0, got_ok, got_null}, 64'd3);
    check("stands for a page that is there", {28'd0, got_frame}, 64'h1);
    drop();
  endtask

  // Bit n - 1 of where: the table of level n lies in local memory, or, of level 0, the page.
  task automatic local_tables(input logic [5:0] where);
    tables(Va57, 64'h12_3456_7000 | Flags | (where[0] ? 64'h800 : 64'd0), 1);
    set_space(0, Space57);
    space[0].local_root = where[5];
    for (int l = 5; l > 1; l--) begin
      entry(l * 'h1000, 9'(Va57 >> (3 + 9 * l)),
            64'((l - 1) * 'h1000) | Flags | (where[l-1] ? 64'h800 : 64'd0));
    end
  endtask

  task automatic case_local_tables();
    logic [5:0] where;
    for (int i = 0; i < 64; i++) begin
      where = 6'(i);
      local_tables(where);
      translate(0, Va57, 1'b1);
      check($sformatf("tables at %b", where), {62'd0, got_ok, got_local}, {62'd0, 1'b1, where[0]});
      check("each read where it lies", {59'd0, read_local}, {59'd0, where[5:1]});
      drop();
    end
    for (int l = 4; l > 0; l--) begin
      local_tables('1);
      entry((l + 1) * 'h1000, 9'(Va57 >> (12 + 9 * l)), 64'h8000_0803);
      expect_fault("no such local table", Va57, 3'(l));
    end
    local_tables('1);
    space[0].root = 36'h8_0000;
    expect_fault("no such local root", Va57, 3'd5);
    local_tables('1);
    entry('h1000, Va57[20:12], 64'h203);
    translate(0, Va57, 1'b1);
    check("null page of a local table", {61'd0, got_ok, got_null, got_local}, 64'd7);
    check("stands for the table", {28'd0, got_frame}, 64'h1);
    drop();
    // The first local page is a place like any other.
    local_tables('1);
    space[0].root = '0;
    entry(0, 9'(Va57 >> 48), 64'h4000 | Flags);
    expect_frame("root at local 0", Va57, 36'h123_4567, 5);
    space[0].asid = 20'd77;
    entry('h4000, 9'(Va57 >> 39), 64'h8000_0803);
    ask(0, Va57, 1'b1, 1'b0);
    check("waited for as any other", {63'd0, state[0].held}, 64'd1);
    entry('h4000, 9'(Va57 >> 39), 64'h3803);
    pulse_retry(0);
    translate(0, Va57, 1'b1);
    check("and served", {63'd0, got_ok}, 64'd1);
    drop();
  endtask

  task automatic case_tlb();
    set_space(0, Space57);
    set_space(1, Space57);
    space[1].root = 36'h6;
    fn[0] = 6'd3; fn[1] = 6'd9;
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    translate(0, Va57, 1'b0);
    check("as its function", {58'd0, read_fn}, 64'd3);
    translate(0, Va57 - 64'h8, 1'b0);
    check("a hit reads nothing", 64'(got_reads), 64'd0);
    entry('h1000, Va57[20:12], 64'h22_2222_2000 | Flags);
    translate(0, Va57, 1'b0);
    check("an old entry serves", {28'd0, got_frame}, 64'h123_4567);
    for (int i = 0; i < 512; i++) memory['h6000 / 8 + i] = 64'h4003;
    translate(1, Va57, 1'b0);
    check("another engine has its own", {28'd0, got_frame}, 64'h222_2222);
    check("read for its function", {58'd0, read_fn}, 64'd9);
    translate(0, Va57, 1'b0);
    check("and does not disturb", {28'd0, got_frame}, 64'h123_4567);
    @(negedge clk) switches[0] = 1'b1;
    @(negedge clk) switches[0] = 1'b0;
    translate(1, Va57, 1'b0);
    check("another context elsewhere drops nothing", 64'(got_reads), 64'd0);
    translate(0, Va57, 1'b0);
    check("another context here does", {28'd0, got_frame}, 64'h222_2222);
    entry('h1000, Va57[20:12], 64'h33_3333_3000 | Flags);
    drop();
    translate(0, Va57, 1'b0);
    check("invalidated", {28'd0, got_frame}, 64'h333_3333);
    translate(1, Va57, 1'b0);
    check("for all engines", {28'd0, got_frame}, 64'h333_3333);
    translate(0, Va57 + 64'h1_0000_0000, 1'b0);
    check("same set, other page", {63'd0, got_ok}, 64'd0);
  endtask

  task automatic case_invalidated_walk();
    for (int delay = 0; delay < 40; delay++) begin
      set_space(0, Space57);
      tables(Va57, 64'h12_3456_7000 | Flags, 1);
      drop();
      late = delay + 1;
      translate(0, Va57, 1'b0);
      while (late != 0) @(negedge clk);
      repeat (2) @(negedge clk);
      translate(0, Va57, 1'b0);
      check($sformatf("nothing old is left, %0d", delay), {28'd0, got_frame}, 64'h444_4444);
    end
  endtask

  task automatic case_two_wait();
    set_space(0, Space57);
    set_space(1, Space57);
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    drop();
    addr[0] = Va57; addr[1] = Va57 + 64'h10_0000_0000;
    for (int e = 1; e >= 0; e--) begin
      @(negedge clk);
      lookup = 1'b1; engine = EngineBits'(e); write = 1'b0;
    end
    @(negedge clk) lookup = 1'b0;
    check("both wait", {62'd0, waits[1:0]}, 64'd3);
    repeat (80) @(negedge clk);
    check("neither waits", {62'd0, waits[1:0]}, 64'd0);
    translate(1, addr[1], 1'b0);
    check("one has its fault", {60'd0, got_ok, got_level}, 64'd3);
    translate(0, Va57, 1'b0);
    check("one its page", {63'd0, got_ok}, 64'd1);
    check("and nothing is read again", 64'(got_reads), 64'd0);
  endtask

  initial begin
    begin_bench();
    case_levels();
    case_sizes();
    case_absent();
    case_permission();
    case_local_tables();
    case_tlb();
    case_invalidated_walk();
    case_two_wait();
    end_bench("tb_gpu_ppgtt");
  end
endmodule
