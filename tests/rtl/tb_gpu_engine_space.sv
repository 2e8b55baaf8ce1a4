// SPDX-License-Identifier: MIT
// One engine and a context's own space: commands through it, what privilege gives a batch,
// preemption, pages that come later, and a batch in a batch.

module tb_gpu_engine_space;
  import gpu_pkg::*;
  import gpu_regs_pkg::*;

`include "tests/rtl/engine_bench.svh"

  // ---- a space of its own -----------------------------------------------------------------------

  localparam logic [31:0] SpaceHi = Space[63:32], SpaceLo = {Space[31:16], 16'd0};

  task automatic own_space();
    lrca = 32'h2000 | GUCBUS_ENGINE_LRCA_PPGTT | (GUCBUS_ENGINE_MODE_5_LEVELS << 3);
    set(Image + 4 * 'h2f, 32'ha51d);
    set(Image + 4 * 'h31, 32'h12);
    set(Image + 4 * 'h33, 32'h3456_701b);
  endtask

  task automatic put_own(input logic [31:0] command, input int addr);
    put(command); put(SpaceLo | 32'(addr)); put(SpaceHi);
  endtask

  space_t seen_space;
  always @(posedge clk) if (mem_valid && mem_ppgtt) seen_space <= mem_space;

  task automatic case_own_space();
    new_ring();
    own_space();
    put_at = Batch;
    put_own(32'h10000002, Data); put(32'h11);
    put_own(32'h10200003, Data + 8); put(32'h22); put(32'h33);
    put_own(32'h17840702, Data + 16); put(32'd5);
    put(32'h13004002); put(SpaceLo | Data + 24); put(SpaceHi); put(32'h44);
    put(32'h12000002); put(32'h22358); put(SpaceLo | Data + 32); put(SpaceHi);
    put(32'h0e00c003); put(32'd5); put(SpaceLo | Data + 16); put(SpaceHi); put(32'd0);
    put(32'h7a000004); put(32'h00004000); put(SpaceLo | Data + 40); put(SpaceHi); put('1); put('1);
    put(32'h05000000);
    put_at = Ring;
    put_own(32'h18800101, Batch);
    put_own(32'h10000002, Data + 52); put(32'h66);
    run("own space");
    check("store", {get(Data + 4), get(Data)}, 64'h11);
    check("store of a quad", {get(Data + 12), get(Data + 8)}, 64'h33_0000_0022);
    check("atomic", {32'd0, get(Data + 16)}, 64'd5);
    check("flush", {32'd0, get(Data + 24)}, 64'h44);
    check("register", {63'd0, get(Data + 32) != 32'd0}, 64'd1);
    check("post-sync", {get(Data + 44), get(Data + 40)}, '1);
    check("from the ring", {32'd0, get(Data + 52)}, 64'h66);
    check("root", {28'd0, seen_space.root}, 64'h123_4567);
    check("not in local memory", {63'd0, seen_space.local_root}, 64'd0);
    check("id", {44'd0, seen_space.asid}, 64'ha51d);
    check("levels", {62'd0, seen_space.mode}, {62'd0, Space57});
  endtask

  // All that would reach the GGTT, in a batch without privilege and then in one with it. Behind
  // them stands a store that shows that each was passed over as a whole.
  task automatic put_ggtt_commands();
    put_store(Data, 32'h1);
    put(32'h10600003); put(Data + 8); put(32'd0); put(32'h2); put(32'h3);
    put(32'h17c40702); put(Data + 16); put(32'd0); put(32'd1);
    put(32'h12400002); put(32'h22600); put(Data + 20); put(32'd0);
    put(32'h14c00002); put(32'h22608); put(Data + 'h80); put(32'd0);
    put(32'h13004002); put(Data + 24 | 32'd4); put(32'd0); put(32'h4);
    put(32'h13204002); put(32'h100); put(32'd0); put(32'h5);              // in its own page
    put(32'h7a000004); put(32'h01004000); put(Data + 32); put(32'd0); put(32'h6); put(32'h7);
    put(32'h7a000004); put(32'h00204000); put(32'h108); put(32'd0); put(32'h8); put(32'h9);
    put(32'h0e40c003); put(32'd7); put(Data + 'h84); put(32'd0); put(32'd0);
    put_own(32'h10000002, Data + 'h40); put(32'h66);
  endtask

  task automatic check_ggtt_commands(input string what, input logic [31:0] done);
    check({what, ": stores"}, {get(Data), get(Data + 8)}, (done != 0) ? 64'h1_0000_0002 : 64'd0);
    check({what, ": atomic"}, {32'd0, get(Data + 16)}, {63'd0, done[0]});
    check({what, ": register to memory"}, {32'd0, get(Data + 20)}, done[0] ? 64'h77 : 64'd0);
    check({what, ": flushes"}, {get(Data + 24), get(Data + 32)},
          done[0] ? 64'h4_0000_0006 : 64'd0);
    check({what, ": page"}, {get('h2100), get('h2108)}, done[0] ? 64'h5_0000_0008 : 64'd0);
    check({what, ": memory to register"}, {32'd0, get(Data + 'h48)},
          done[0] ? 64'h1234 : 64'd0);
    check({what, ": what may be done"}, {32'd0, get(Data + 'h40)}, 64'h66);
  endtask

  task automatic case_privilege(input logic privileged);
    new_ring();
    own_space();
    set(Data + 'h80, 32'h1234);
    set(Data + 'h84, privileged ? 32'd7 : 32'd0);  // a wait that would not end
    put_at = Batch;
    put_ggtt_commands();
    if (!privileged) begin
      put(32'h18c00001); put(Batch + 'h200); put(32'd0);  // a call of a privileged one
    end
    put(32'h12000002); put(32'h22608); put(SpaceLo | Data + 'h48); put(SpaceHi);
    put(32'h05000000);
    put_at = Batch + 'h200;
    put_store(Data + 'h50, 32'h5);
    put(32'h05000000);
    put_at = Ring;
    put(32'h11000001); put(32'h22600); put(32'h77);
    if (privileged) put_call(Batch);
    else            put_own(32'h18800101, Batch);
    put_store(Data + 'h54, 32'h6);
    run(privileged ? "privileged" : "unprivileged");
    check_ggtt_commands(privileged ? "privileged" : "unprivileged", {31'd0, privileged});
    check("no way up", {32'd0, get(Data + 'h50)}, 64'd0);
    check("the ring behind it is", {32'd0, get(Data + 'h54)}, 64'h6);
  endtask

  task automatic case_registers_of_roots();
    for (int i = 0; i < 4; i++) begin
      new_ring();
      own_space();
      lrca = 32'h2000 | GUCBUS_ENGINE_LRCA_PPGTT | (GUCBUS_ENGINE_MODE_3_LEVELS << 3);
      for (int p = 0; p < 4; p++) begin
        set(Image + 4 * ('h31 - 4 * p), 32'(p));
        set(Image + 4 * ('h33 - 4 * p), 32'h1000 * 32'(p + 1) | (p[0] ? 32'h800 : 32'd0));
      end
      put(32'h10000002); put(32'(i << 30)); put(32'd0); put(32'd1);
      submit();
      expect_event("not in the bench's space", GUCBUS_ENGINE_EVENT_FAULT);
      check($sformatf("PDP%0d", i), {28'd0, seen_space.root}, 64'h10_0000 * 64'(i) + 64'(i + 1));
      check("in which memory", {63'd0, seen_space.local_root}, {63'd0, i[0]});
      check("no id there", {44'd0, seen_space.asid}, 64'd0);
    end
  endtask

  task automatic case_own_space_preempted();
    new_ring();
    own_space();
    put_batch(32'h1e800100);
    put_at = Batch + 24;
    put_own(32'h17840702, Data + 4);
    put_at = Ring;
    put_own(32'h18800101, Batch);
    submit();
    repeat (200) @(negedge clk);
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_PREEMPT);
    expect_event("preempted in a batch of its own", GUCBUS_ENGINE_EVENT_PREEMPTED);
    check("place", {get(Image + 4 * 'h0d), get(Image + 4 * 'h0f)},
          {SpaceHi, SpaceLo | 32'(Batch + 16 + 1)});
    check("whose space", {32'd0, get(Image + 4 * 'h11)}, 64'h20);
    run("goes on there");
    check("added once", {32'd0, get(Data + 4)}, 64'd1);
    new_ring();
    own_space();
    put_own(32'h18800101, 'hf000);
    expect_fault("fetch", 32'd12);
    check("where", {get(Image + 4 * 'h0d), get(Image + 4 * 'h0f)}, {SpaceHi, SpaceLo | 32'hf001});
  endtask

  // ---- pages that come later --------------------------------------------------------------------

  localparam int unsigned Later = 'he000;

  // A context whose access to the page waits now: the third command of its batch.
  task automatic wait_for_page(input logic [31:0] command);
    page_there = 1'b0;
    for (int i = 'he000; i < 'hf000; i += 4) set(i, 32'd0);
    new_ring();
    own_space();
    put_at = Batch;
    put_own(32'h17840702, Data); put(32'd1);
    put_own(command, Later); put(32'd5);
    put_own(32'h17840702, Data); put(32'd1);
    put(32'h05000000);
    put_at = Ring;
    put_own(32'h18800101, Batch);
    submit();
    repeat (200) @(negedge clk);
    check("waits", {62'd0, waiting, event_up}, 64'd2);
    check("says so", {32'd0, status()}, {32'd0, GUCBUS_ENGINE_BUSY | GUCBUS_ENGINE_PAGE});
  endtask

  task automatic expect_lost(input string what, input logic [31:0] kind);
    expect_event(what, kind | (GUCBUS_ENGINE_EVENT_PAGE >> 24));
  endtask

  task automatic case_page_comes(input logic [31:0] command, input logic [31:0] result);
    wait_for_page(command);
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_PAGE_RETRY);
    expect_event("goes on when the page is there", GUCBUS_ENGINE_EVENT_COMPLETE);
    check("done once", {get(Data), get(Later)}, {32'd2, result});
  endtask

  task automatic case_page_left(input string what, input int how);
    wait_for_page(32'h17840702);
    if (how == 0) bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_PREEMPT);
    else begin
      @(negedge clk) gate_closed[3] = 1'b1;
    end
    expect_lost(what, GUCBUS_ENGINE_EVENT_PREEMPTED);
    gate_closed = '0;
    check("at the command", {get(Image + 4 * 'h0d), get(Image + 4 * 'h0f)},
          {SpaceHi, SpaceLo | 32'(Batch + 16 + 1)});
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_PAGE_RETRY);
    check("nobody waits: no effect", {63'd0, page_there}, 64'd0);
    page_there = 1'b1;
    run("comes back and does it");
    check("each once", {get(Data), get(Later)}, {32'd2, 32'd5});
  endtask

  task automatic case_pages();
    case_page_comes(32'h10000002, 32'd5);  // store
    case_page_comes(32'h17840702, 32'd5);  // atomic add
    case_page_left("preempted while it waits", 0);
    case_page_left("gate closes while it waits", 1);
    wait_for_page(32'h10000002);
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_PAGE_FAIL);
    expect_event("never comes", GUCBUS_ENGINE_EVENT_FAULT);
    check("stands there", {32'd0, get(Image + 4 * 'h0f)}, {32'd0, SpaceLo | 32'(Batch + 16 + 1)});
    wait_for_page(32'h10000002);
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_RESET);
    expect_lost("reset while it waits", GUCBUS_ENGINE_EVENT_RESET);
    check("nothing saved", {32'd0, head()}, 64'd0);
    // Commands themselves; arbitration off is no reason to stay for ever.
    page_there = 1'b0;
    new_ring();
    own_space();
    put(32'h04000000);
    put_own(32'h18800101, Later);
    submit();
    repeat (100) @(negedge clk);
    check("a fetch waits", {63'd0, waiting}, 64'd1);
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_PREEMPT);
    expect_lost("left in a fetch", GUCBUS_ENGINE_EVENT_PREEMPTED);
    put_at = Later;
    put_own(32'h17840702, Data); put(32'd1);
    put(32'h05000000);
    put_at = Ring + 16;
    page_there = 1'b1;
    run("fetched later");
    check("ran", {32'd0, get(Data)}, 64'd1);
  endtask

  // A batch calls a second one, and both are left in the middle.
  task automatic case_second_batch();
    new_ring();
    own_space();
    put_at = Batch;
    put(32'h17c40702); put(Data); put(32'd0); put(32'd1);
    put_own(32'h18c00101, Batch + 'h100);
    put(32'h17c40702); put(Data + 4); put(32'd0); put(32'd1);
    put_own(32'h18800101, Batch + 'h200);  // a chain: nothing behind it runs
    put(32'h17c40702); put(Data + 8); put(32'd0); put(32'd1);
    put_at = Batch + 'h100;
    put(32'h1e800100); put(32'd300);
    put(32'h11080001); put(32'h600); put(32'h77);
    put_own(32'h17840702, Data + 12); put(32'd1);
    put(32'h1e800100); put(32'd300);
    put(32'h05000000);
    put_at = Batch + 'h200;
    put_own(32'h17840702, Data + 16); put(32'd1);
    put(32'h12080002); put(32'h600); put(SpaceLo | Data + 20); put(SpaceHi);
    put(32'h05000000);
    put_at = Ring;
    put_call(Batch);
    put(32'h17c40702); put(Data + 24); put(32'd0); put(32'd1);
    submit();
    repeat (200) @(negedge clk);
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_PREEMPT);
    expect_event("preempted in a second batch", GUCBUS_ENGINE_EVENT_PREEMPTED);
    check("its place and state", {get(Image + 4 * 'h0f), get(Image + 4 * 'h11)},
          {SpaceLo | 32'(Batch + 'h101), 32'hc000_0020});
    check("the way back", {get(Image + 'h5fc), get(Image + 'h5f8)}, 64'(Batch + 28));
    submit();
    repeat (550) @(negedge clk);
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_PREEMPT);
    expect_event("once more, behind the register", GUCBUS_ENGINE_EVENT_PREEMPTED);
    check("the register", {get(Image + 'h604), get(Image + 'h600)}, 64'h77);
    run("second batch");
    check("first and behind the call", {get(Data + 4), get(Data)}, 64'h1_0000_0001);
    check("second, not behind the chain", {get(Data + 12), get(Data + 8)}, 64'h1_0000_0000);
    check("chain and register", {get(Data + 20), get(Data + 16)}, 64'h77_0000_0001);
    check("ring", {32'd0, get(Data + 24)}, 64'd1);
  endtask

  initial begin
    begin_bench();
    case_own_space();
    case_privilege(1'b0);
    case_privilege(1'b1);
    case_registers_of_roots();
    case_own_space_preempted();
    case_pages();
    case_second_batch();
    end_bench("tb_gpu_engine_space");
  end
endmodule
