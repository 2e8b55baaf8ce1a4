// SPDX-License-Identifier: MIT
// One engine and its values: general registers, arithmetic, atomics, conditional ends, polled
// registers.

module tb_gpu_engine_values;
  import gpu_pkg::*;
  import gpu_regs_pkg::*;

`include "tests/rtl/engine_bench.svh"

  // ---- registers and arithmetic -----------------------------------------------------------------

  localparam int unsigned Gpr = 'h22600;

  task automatic put_gpr(input int index, input logic [63:0] value);
    put(32'h11000003);
    put(32'(Gpr + 8 * index)); put(value[31:0]); put(32'(Gpr + 8 * index + 4)); put(value[63:32]);
  endtask

  // Register to memory, both halves.
  task automatic put_gpr_store(input int index, input int addr);
    put(32'h12400002); put(32'(Gpr + 8 * index)); put(32'(addr)); put(32'd0);
    put(32'h12400002); put(32'(Gpr + 8 * index + 4)); put(32'(addr + 4)); put(32'd0);
  endtask

  task automatic case_registers();
    new_ring();
    set(Data, 32'h1234_5678);
    put_gpr(3, 64'hfeed_beef_0000_0001);
    put_gpr_store(3, Data + 8);
    put(32'h14c80002); put(32'h618); put(Data); put(32'd0);        // LRM, relative
    put_gpr_store(3, Data + 16);
    put(32'h15080001); put(32'h2261c); put(32'h678);               // LRR, target relative
    put(32'h15040001); put(32'h618); put(32'h2267c);               // LRR, source relative
    put_gpr_store(15, Data + 24);
    put(32'h11000001); put(32'h2600); put(32'd9);                  // another engine's
    put(32'h11000001); put(32'h22700); put(32'd9);                 // none
    put_gpr_store(0, Data + 32);
    put(32'h12400002); put(32'h2261a); put(Data + 40); put(32'd0); // low bits mean nothing
    put(32'h12400002); put(32'h2235c); put(Data + 44); put(32'd0);
    run("registers");
    check("LRI and SRM", quad(Data + 8), 64'hfeed_beef_0000_0001);
    check("LRM changes one half", quad(Data + 16), 64'hfeed_beef_1234_5678);
    check("LRR", quad(Data + 24), 64'h1234_5678_feed_beef);
    check("not its own", quad(Data + 32), 64'd0);
    check("dwords", {32'd0, get(Data + 40)}, 64'h1234_5678);
    check("high half of the time", {32'd0, get(Data + 44)}, 64'd0);
    new_ring();
    put_gpr_store(3, Data);
    run("registers of another context");
    check("begin as 0", quad(Data), 64'd0);
  endtask

  function automatic logic [31:0] alu(input logic [11:0] opcode, input logic [9:0] to = 10'd0,
                                      input logic [9:0] from = 10'd0);
    return {opcode, to, from};
  endfunction

  task automatic case_math();
    logic [63:0] a, b;
    a = 64'hfedc_ba98_7654_3210;
    b = 64'h0123_4567_89ab_cdef + 64'd2;
    for (int op = 0; op < 5; op++) begin
      new_ring();
      put_gpr(1, a);
      put_gpr(2, b);
      put(32'h0d000006);  // 8 dwords: seven instructions
      put(alu(12'h080, 10'h20, 10'd1)); put(alu(12'h080, 10'h21, 10'd2));
      put(alu(12'h100 + 12'(op)));
      put(alu(12'h180, 10'd3, 10'h31)); put(alu(12'h180, 10'd4, 10'h32));
      put(alu(12'h180, 10'd5, 10'h33)); put(alu(12'h580, 10'd6, 10'h31));
      for (int i = 0; i < 4; i++) put_gpr_store(3 + i, Data + 8 * i);
      run("math");
      unique case (op)
        0: check("ADD", quad(Data), a + b);
        1: check("SUB", quad(Data), a - b);
        2: check("AND", quad(Data), a & b);
        3: check("OR", quad(Data), a | b);
        default: check("XOR", quad(Data), a ^ b);
      endcase
      check("not zero", quad(Data + 8), 64'd0);
      check("carry", quad(Data + 16), (op == 0) ? '1 : 64'd0);
      check("inverted", quad(Data + 24), ~quad(Data));
    end
    new_ring();
    put_gpr(1, 64'd1);
    put(32'h0d000007);
    put(alu(12'h081, 10'h20)); put(alu(12'h080, 10'h21, 10'd1)); put(alu(12'h101));  // 0 - 1
    put(alu(12'h180, 10'd2, 10'h33));                                               // borrow
    put(alu(12'h481, 10'h20)); put(alu(12'h480, 10'h21, 10'd2)); put(alu(12'h102)); // ones & 0
    put(alu(12'h180, 10'd3, 10'h32));
    for (int i = 0; i < 2; i++) put_gpr_store(2 + i, Data + 8 * i);
    run("math with constants");
    check("borrow", quad(Data), '1);
    check("zero", quad(Data + 8), '1);
    new_ring();
    put_gpr(1, 64'd7);
    put(32'h0d000004);
    put(alu(12'h080, 10'h20, 10'd1)); put(32'hffff_ffff); put(alu(12'h180, 10'h3ff, 10'h31));
    put(alu(12'h080, 10'h3ff, 10'd1)); put(alu(12'h180, 10'd17, 10'd1));
    put_gpr_store(1, Data);
    run("math that means nothing");
    check("changes nothing", quad(Data), 64'd7);
  endtask

  // ---- atomics and conditions -------------------------------------------------------------------

  task automatic expect_atomic(input string what, input logic [7:0] op,
                               input logic [31:0] memory_is, input logic [31:0] value,
                               input logic [31:0] want);
    new_ring();
    set(Data, 32'h77);
    set(Data + 4, memory_is);
    put({32'h17c40003 | {16'd0, op, 8'd0}}); put(Data + 4); put(32'd0); put(value); put(32'h99);
    run(what);
    check({what, ": result"}, quad(Data), {want, 32'h77});
  endtask

  task automatic case_atomics();
    expect_atomic("AND", 8'h01, 32'h0ff0, 32'h00ff, 32'h00f0);
    expect_atomic("OR", 8'h02, 32'h0ff0, 32'h00ff, 32'h0fff);
    expect_atomic("XOR", 8'h03, 32'h0ff0, 32'h00ff, 32'h0f0f);
    expect_atomic("MOVE", 8'h04, 32'h0ff0, 32'h00ff, 32'h00ff);
    expect_atomic("INC", 8'h05, 32'hffff_ffff, 32'd0, 32'd0);
    expect_atomic("DEC", 8'h06, 32'd0, 32'd0, 32'hffff_ffff);
    expect_atomic("ADD", 8'h07, 32'd5, 32'd6, 32'd11);
    expect_atomic("SUB", 8'h08, 32'd5, 32'd6, 32'hffff_ffff);
    expect_atomic("RSUB", 8'h09, 32'd5, 32'd6, 32'd1);
    expect_atomic("IMAX", 8'h0a, 32'hffff_fff0, 32'd6, 32'd6);
    expect_atomic("IMIN", 8'h0b, 32'hffff_fff0, 32'd6, 32'hffff_fff0);
    expect_atomic("UMAX", 8'h0c, 32'hffff_fff0, 32'd6, 32'hffff_fff0);
    expect_atomic("UMIN", 8'h0d, 32'hffff_fff0, 32'd6, 32'd6);
    expect_atomic("CMPWR, equal", 8'h0e, 32'd6, 32'd6, 32'h99);
    expect_atomic("CMPWR, other", 8'h0e, 32'd5, 32'd6, 32'd5);
    new_ring();
    set(Data, 32'hffff_ffff); set(Data + 4, 32'd1);
    put(32'h17c02500 | 32'd1); put(Data); put(32'd0);                   // INC, no operands
    run("quad-word INC");
    check("carries", quad(Data), 64'h2_0000_0000);
    new_ring();
    set(Data, 32'd7); set(Data + 4, 32'd8);
    put(32'h17c42e09); put(Data); put(32'd0);                           // CMPWR, all operands
    put(32'd7); put(32'h11); put(32'd8); put(32'h22);
    for (int i = 0; i < 4; i++) put(32'hffff_ffff);
    put_store(Data + 8, 32'd1);
    run("quad-word CMPWR");
    check("both halves", quad(Data), 64'h22_0000_0011);
    check("and goes on behind it", {32'd0, get(Data + 8)}, 64'd1);
  endtask

  task automatic expect_condition(input int how, input logic [31:0] memory_is, input logic goes_on);
    new_ring();
    set(Data, memory_is);
    put_at = Batch;
    put(32'h1b600002 | (32'(how) << 12)); put(32'd8); put(Data); put(32'd0);
    put_store(Data + 4, 32'd1);
    put(32'h05000000);
    put_at = Ring;
    put_call(Batch);
    put_store(Data + 8, 32'd2);
    run("conditional end");
    check($sformatf("condition %0d", how), quad(Data + 4), {32'd2, 31'd0, goes_on});
  endtask

  task automatic case_conditional_end();
    for (int i = 0; i < 6; i++) begin
      expect_condition(i, 32'd9, i == 0 || i == 1 || i == 5);
      expect_condition(i, 32'd8, i == 1 || i == 3 || i == 4);
      expect_condition(i, 32'd7, i == 2 || i == 3 || i == 5);
    end
    for (int level = 0; level < 2; level++) begin
      new_ring();
      put_at = Batch;
      put(32'h18c00001); put(Batch + 'h100); put(32'd0);
      put_store(Data + 4, 32'd1);
      put(32'h05000000);
      put_at = Batch + 'h100;
      put(32'h1b600002 | (32'(level) << 18)); put(32'd8); put(Data); put(32'd0);
      put_store(Data + 8, 32'd1);
      put(32'h05000000);
      put_at = Ring;
      put_call(Batch);
      put_store(Data + 12, 32'd1);
      run("conditional end of a second batch");
      check("itself", {32'd0, get(Data + 8)}, 64'd0);
      check("the first one ends unless only this level does", {32'd0, get(Data + 4)}, 64'(level));
      check("the ring goes on", {32'd0, get(Data + 12)}, 64'd1);
    end
    new_ring();
    put(32'h1b600002); put(32'd8); put(Data); put(32'd0);
    put_store(Data + 4, 32'd1);
    run("conditional end in the ring");
    check("does not end it", {32'd0, get(Data + 4)}, 64'd1);
  endtask

  task automatic case_register_poll();
    new_ring();
    put_gpr(0, 64'd5);
    put(32'h0e01c003); put(32'd4); put(Gpr); put(32'd0); put(32'd0);
    put_store(Data, 32'd1);
    submit();
    repeat (1200) @(negedge clk);
    check("waits for a register", {63'd0, event_up}, 64'd0);
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_PREEMPT);
    expect_event("preempted polling", GUCBUS_ENGINE_EVENT_PREEMPTED);
    check("at the wait", {32'd0, head()}, 64'd20);
    new_ring();
    put_gpr(0, 64'd5);
    put(32'h0e01c003); put(32'd5); put(Gpr); put(32'd0); put(32'd0);
    put_store(Data, 32'd1);
    run("register is right");
    new_ring();
    put(32'h0e019003); put(32'd1); put(32'h22358); put(32'd0); put(32'd0);  // time >= 1
    run("and time is");
    new_ring();
    put(32'h0e01c003); put(32'd4); put(Gpr); put(32'd0); put(32'd0);
    submit();
    repeat (1200) @(negedge clk);
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_RESET);
    expect_event("a wait that never ends is reset", GUCBUS_ENGINE_EVENT_RESET);
  endtask

  initial begin
    begin_bench();
    case_registers();
    case_math();
    case_atomics();
    case_conditional_end();
    case_register_poll();
    end_bench("tb_gpu_engine_values");
  end
endmodule
