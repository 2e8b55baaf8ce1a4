// SPDX-License-Identifier: MIT
// One engine: each command, the ring's wrap, a tail that moves while the ring runs, batches in the
// GGTT, both ways of leaving in the middle and coming back, semaphores, the gate, faults, reset,
// and that waits are quiet.

module tb_gpu_engine;
  import gpu_pkg::*;
  import gpu_regs_pkg::*;

`include "tests/rtl/engine_bench.svh"

  task automatic case_commands();
    new_ring();
    put(32'h04000001);
    put(32'h02800000);
    put_store(Data, 32'hcafe);
    put(32'h10600005); put(Data + 'h10); put(32'd0);                     // two quad-words
    put(32'h1); put(32'h2); put(32'h3); put(32'h4);
    put(32'h10400003); put(Data + 'h24); put(32'd0); put(32'h5); put(32'h6);
    put(32'h12400002); put(32'h223a8); put(Data + 'h30); put(32'd0);
    put(32'h13004002); put(Data + 'h38 + 4); put(32'd0); put(32'h77);    // dword, neighbour stays
    put(32'h13004003); put(Data + 'h40 + 4); put(32'd0); put(32'h88); put(32'h99);
    put(32'h13204002); put(32'h208); put(32'd0); put(32'haa);            // in the PPHWSP
    put(32'h7a000004); put(32'h01004000); put(Data + 'h50); put(32'd0); put(32'hb0); put(32'hb1);
    put(32'h7a000004); put(32'h00204000); put(32'h210); put(32'd0); put(32'hc0); put(32'hc1);
    put(32'h7a000004); put(32'h00100000); put(32'd0); put(32'd0); put(32'd0); put(32'd0);
    put(32'h17c40702); put(Data + 'h60); put(32'd0); put(32'd5);
    put(32'h17c40702); put(Data + 'h64); put(32'd0); put(32'd6);
    put(32'h11000003); put(32'h20c0); put(32'd1); put(32'h20c4); put(32'd2);
    set(Data + 'h3c, 32'h1234);
    set(Data + 'h60, 32'd100);
    run("commands");
  endtask

  task automatic check_commands();
    check("SDI", {32'd0, get(Data)}, 64'hcafe);
    check("SDI quad 0", {get(Data + 'h14), get(Data + 'h10)}, 64'h2_0000_0001);
    check("SDI quad 1", {get(Data + 'h1c), get(Data + 'h18)}, 64'h4_0000_0003);
    check("SDI dwords", {get(Data + 'h28), get(Data + 'h24)}, 64'h6_0000_0005);
    check("SRM", {63'd0, get(Data + 'h30) != 32'd0}, 64'd1);
    check("FLUSH dword", {get(Data + 'h3c), get(Data + 'h38)}, 64'h1234_0000_0077);
    check("FLUSH quad", {get(Data + 'h44), get(Data + 'h40)}, 64'h99_0000_0088);
    check("FLUSH index", {32'd0, get('h2208)}, 64'haa);
    check("PIPE_CONTROL", {get(Data + 'h54), get(Data + 'h50)}, 64'hb1_0000_00b0);
    check("PIPE_CONTROL index", {get('h2214), get('h2210)}, 64'hc1_0000_00c0);
    check("ATOMIC", {get(Data + 'h64), get(Data + 'h60)}, 64'h6_0000_0069);
    check("timestamp saved", {63'd0, get(Image + 4 * 'h23) != 32'd0}, 64'd1);
  endtask

  // Copies of compression metadata; bits 21, 20: source, destination is a list and not pages.
  task automatic put_copy(input logic [31:0] how, input int pages, input int from, input int to);
    put(32'h52000003 | how | 32'((pages - 1) << 9));
    put(32'(from)); put(32'hf000_0000);  // caching is no address
    put(32'(to)); put(32'd0);
  endtask

  localparam logic [31:0] Ggtt = 32'h0008_0000, FromList = 32'h0020_0000, ToList = 32'h0010_0000;

  task automatic case_metadata();
    new_ring();
    for (int i = 0; i < 16; i++) meta[i] = 64'h1000 + 64'(i);
    for (int i = 0; i < 8; i++) set(Data + 4 * i, 32'(i + 1));
    put_copy(Ggtt | FromList, 3, Data, 'h8000);
    put_copy(Ggtt | ToList, 2, 'h9123, Data + 'h100);  // a place in the page does not count
    put_copy(Ggtt, 2, 'h8000, 'hc000);
    put_copy(Ggtt | FromList | ToList, 1, Data, Data + 'h200);
    put_store(Data + 'h300, 32'd7);
    run("metadata");
    check("list to pages", meta[8], 64'h2_0000_0001);
    check("list to pages, last", meta[10], 64'h6_0000_0005);
    check("no further", meta[11], 64'h100b);
    check("pages to list", {get(Data + 'h104), get(Data + 'h100)}, 64'h4_0000_0003);
    check("pages to list, last", {get(Data + 'h10c), get(Data + 'h108)}, 64'h6_0000_0005);
    check("pages to list, no further", {get(Data + 'h114), get(Data + 'h110)}, 64'd0);
    check("pages to pages", meta[13], 64'h4_0000_0003);
    check("list to list", {get(Data + 'h204), get(Data + 'h200)}, 64'h2_0000_0001);
    check("behind", {32'd0, get(Data + 'h300)}, 64'd7);
    check("memory of the pages stays", {32'd0, get('h8000)}, {32'd0, memory['h2000]});

    new_ring();
    set(Data, 32'h55);
    put_copy(Ggtt | FromList, 3, Data, 'he000);
    submit();
    expect_event("metadata of an absent page", GUCBUS_ENGINE_EVENT_FAULT);
    check("the page before", {32'd0, meta[14][31:0]}, 64'h55);
    check("head at the command", {32'd0, head()}, 64'd0);

    new_ring();
    put_copy(FromList, 1, Data, 'h8000);
    submit();
    expect_event("without GGTT: in a space, of which there is none", GUCBUS_ENGINE_EVENT_FAULT);

    new_ring();
    put_copy(Ggtt | FromList, 1024, Data, 'h8000);
    submit();
    repeat (60) @(negedge clk);
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_RESET);
    expect_event("reset in a copy", GUCBUS_ENGINE_EVENT_RESET);

    new_ring();
    put(32'h52080002); put(32'd0); put(32'd0); put(32'd0);  // too short
    put_store(Data, 32'd9);
    run("short copy");
    check("behind a short copy", {32'd0, get(Data)}, 64'd9);
  endtask

  task automatic case_unknown();
    new_ring();
    put(32'h1a000003); put(32'h18800001); put('1); put('1); put('1);  // five dwords
    put(32'h70000001); put(32'h18800001); put('1);                    // another client, three
    put(32'h07000000);                                                // short, one
    put(32'h18800000); put(32'h18800001);  // two: too short for what it would be
    put(32'h17c44102); put(Data); put(32'd0); put(32'd1);             // other atomic: skipped
    put(32'h17c01002); put(Data); put(32'd0); put(32'd1);             // no such atomic
    put(32'h69041234);                                                // 3D without a length
    put_store(Data, 32'd7);
    run("unknown commands");
    check("behind unknown", {32'd0, get(Data)}, 64'd7);
  endtask

  task automatic case_interrupt();
    int sent_before;
    new_ring();
    put(32'h01000000);
    sent_before = messages;
    run("interrupt");
    check("status", {32'd0, get(Irq + 16 * 15)}, 64'hff);
    check("source", {32'd0, get(Irq + 'h40c)}, 64'hff00_0000);
    check("message", 64'(messages - sent_before), 64'd1);
    new_ring();
    put(32'h01000000);
    set(Irq + 'h440, 32'd0);
    run("interrupt off");
    new_ring();
    put(32'h01000000);
    set(Image + 4 * 'h52, 32'd0);
    run("interrupt without page");
    check("no message", 64'(messages - sent_before), 64'd1);
    new_ring();
    put(32'h01000000);
    set(Image + 4 * 'h5b, 32'h0007_0007);
    run("vector without its register");
    check("vector 0", 64'(msi), 64'd0);
    set(Image + 4 * 'h5a, 32'h1b8);
    put(32'h01000000);
    run("vector of the context");
    check("vector 7", 64'(msi), 64'd7);
    set(Image + 4 * 'h5b, 32'h0001_ffff);
    put(32'h01000000);
    run("vector beyond the table");
    check("vector 31", 64'(msi), 64'd31);
    check("three messages", 64'(messages - sent_before), 64'd4);
  endtask

  task automatic case_wrap();
    new_ring();
    set(Image + 4 * 'h05, 32'hff8);
    put_at = Ring + 'hff8;
    put(32'h10400002); put(Data);
    put_at = Ring;
    put(32'd0); put(32'h11);
    run("wrap");
    check("command over the end", {32'd0, get(Data)}, 64'h11);
    new_ring();
    put_store(Data, 32'd1);
    put_at -= 4;
    run("truncated command");
    check("not done", {32'd0, get(Data)}, 64'd0);
    new_ring();
    put(32'h10400002); put(Data);
    run("truncated operands");
  endtask

  task automatic case_tail_moves();
    new_ring();
    put(32'h1e800000); put(32'd200);
    submit();
    repeat (100) @(negedge clk);
    put_store(Data, 32'd1);
    put(32'h1e800000); put(32'd200);
    set_tail();
    repeat (200) @(negedge clk);
    put_store(Data + 4, 32'd2);
    set_tail();
    expect_event("tail moves", GUCBUS_ENGINE_EVENT_COMPLETE);
    check("all of it", {get(Data + 4), get(Data)}, 64'h2_0000_0001);
    check("head", {32'd0, head()}, 64'(put_at - int'(Ring)));
  endtask

  task automatic case_preempt();
    new_ring();
    put_batch(32'h1e800100);
    put_call(Batch);
    put_store(Data + 8, 32'd3);
    submit();
    repeat (150) @(negedge clk);
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_PREEMPT);
    expect_event("preempted in a batch", GUCBUS_ENGINE_EVENT_PREEMPTED);
    check("returns behind the call", {32'd0, head()}, 64'd12);
    check("place in the batch", {get(Image + 4 * 'h0d), get(Image + 4 * 'h0f)},
          64'(Batch + 16 + 1));
    run("goes on in the batch");
    check("added once", {get(Data + 8), get(Data + 4)}, 64'h3_0000_0001);
    check("no place in a batch", {32'd0, get(Image + 4 * 'h0f)}, 64'd0);

    new_ring();
    put_batch(32'h1e800000);
    put_call(Batch);
    submit();
    repeat (150) @(negedge clk);
    gate_closed[3] = 1'b1;
    repeat (700) @(negedge clk);
    check("work that may not be left", {63'd0, event_up}, 64'd0);
    expect_event("gate closes", GUCBUS_ENGINE_EVENT_PREEMPTED);
    check("behind the work", {32'd0, get(Image + 4 * 'h0f)}, 64'(Batch + 24 + 1));
    submit();
    expect_event("closed gate refuses", GUCBUS_ENGINE_EVENT_PREEMPTED);
    check("nothing ran", {32'd0, get(Data + 4)}, 64'd0);
    gate_closed[3] = 1'b0;
    run("gate is open again");
    check("added once more", {32'd0, get(Data + 4)}, 64'd1);
  endtask

  task automatic case_arb_off();
    new_ring();
    put(32'h04000000);
    put(32'h1e800100); put(32'd300);
    put_store(Data, 32'd1);
    put(32'h04000001);
    put_store(Data, 32'd2);
    submit();
    repeat (100) @(negedge clk);
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_PREEMPT);
    expect_event("leaves when arbitration is on", GUCBUS_ENGINE_EVENT_PREEMPTED);
    check("not before", {32'd0, get(Data)}, 64'd1);
    check("not later", {32'd0, head()}, 64'd32);
  endtask

  task automatic case_semaphore();
    new_ring();
    put(32'h0e404003 | 32'h8000); put(32'd5); put(Data); put(32'd0); put(32'd0);  // until equal
    put_store(Data + 4, 32'd1);
    submit();
    repeat (1500) @(negedge clk);
    check("waits", {63'd0, event_up}, 64'd0);
    sel = 1'b1; write = 1'b0; offset = GUCBUS_ENGINE_STATUS[5:0];
    #1 check("status", {32'd0, rdata}, {32'd0, GUCBUS_ENGINE_BUSY | GUCBUS_ENGINE_SEMAPHORE});
    @(negedge clk) sel = 1'b0;
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_PREEMPT);
    expect_event("preempted waiting", GUCBUS_ENGINE_EVENT_PREEMPTED);
    check("at the wait", {32'd0, head()}, 64'd0);
    submit();
    repeat (100) @(negedge clk);
    set(Data, 32'd5);
    expect_event("signalled", GUCBUS_ENGINE_EVENT_COMPLETE);
    check("and goes on", {32'd0, get(Data + 4)}, 64'd1);
    for (int i = 0; i < 6; i++) begin
      new_ring();
      set(Data, (i < 2) ? 32'd9 : (i == 2 || i == 3) ? 32'd7 : (i == 4) ? 32'd8 : 32'd1);
      put(32'h0e408003 | (32'(i) << 12)); put(32'd8); put(Data); put(32'd0); put(32'd0);
      run($sformatf("compare %0d", i));
    end
    new_ring();
    put(32'h11000003); put(32'h2217c); put(32'd2); put(32'h22178); put(32'd0);
    put(32'h0e40c003); put(32'hdead); put(32'h2000); put(32'd0); put(32'd0);
    put_store(Data, 32'd1);
    run("armed counter ends the wait");
  endtask

  task automatic case_faults();
    new_ring();
    put(32'd0);
    put_store('hf000, 32'd1);
    expect_fault("store", 32'd4);
    new_ring();
    put(32'h18800101); put(Batch); put(32'd0);
    expect_fault("batch of a space that is none", 32'd12);
    new_ring();
    put(32'd0);
    put_call('hf000);
    expect_fault("fetch", 32'd16);
    check("place in the batch", {32'd0, get(Image + 4 * 'h0f)}, 64'hf001);
    new_ring();
    put_call('heff8);
    set('heff8, 32'h10400002); set('heffc, Data);
    expect_fault("operands on an absent page", 32'd12);
    new_ring();
    put_call('heff4);
    set('heff4, 32'h10400002); set('heff8, Data); set('heffc, 32'd0);
    expect_fault("value on an absent page", 32'd12);
    check("nothing stored", {32'd0, get(Data)}, 64'd0);
    new_ring();
    put(32'h10000002); put(Data); put(32'd0); put(32'd1);
    expect_fault("store into it", 32'd0);
    new_ring();
    put(32'h10400002); put(Data); put(32'd1); put(32'd1);
    expect_fault("store too high for the GGTT", 32'd0);
    new_ring();
    put_store(Data, 32'd1);
    set(Image + 4 * 'h0b, 32'h1);
    set(Image + 4 * 'h05, 32'h1000);
    submit();
    expect_event("head outside", GUCBUS_ENGINE_EVENT_FAULT);
    bus_write(GUCBUS_ENGINE_LRCA, 32'he000);
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_SUBMIT);
    expect_event("no image", GUCBUS_ENGINE_EVENT_FAULT);
  endtask

  task automatic case_times();
    new_ring();
    put(32'h1300c003); put(Data + 4); put(32'd0); put('1); put('1);
    put(32'h7a000004); put(32'h0100c000); put(Data + 8); put(32'd0); put('1); put('1);
    run("post-sync times");
    check("FLUSH_DW", {63'd0, quad(Data) != 64'd0 && quad(Data) < now}, 64'd1);
    check("PIPE_CONTROL", {63'd0, quad(Data + 8) > quad(Data) && quad(Data + 8) < now}, 64'd1);
  endtask

  // What an image says that no engine wrote.
  task automatic case_forged_state();
    new_ring();
    put_at = Batch;
    put_store(Data, 32'd1);
    put(32'h05000000);
    put_at = Ring;
    put_store(Data + 4, 32'd1);
    set(Image + 4 * 'h0f, Batch | 1);
    set(Image + 4 * 'h11, 32'h4000_0000);  // second batch without a way back
    run("second batch without a way back");
    check("is a first one", {get(Data + 4), get(Data)}, 64'h1_0000_0001);
  endtask

  task automatic case_reset();
    for (int delay = 0; delay < 120; delay++) begin
      new_ring();
      put_call(Batch);
      set(Batch, 32'h01000000);
      set(Batch + 4, 32'h18800001);
      set(Batch + 8, Batch);
      submit();
      repeat (delay) @(negedge clk);
      bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_RESET);
      expect_event("reset", GUCBUS_ENGINE_EVENT_RESET);
    end
    new_ring();
    put_store(Data, 32'd1);
    run("runs after reset");
  endtask

  task automatic case_preempt_anywhere();
    int adds;
    adds = 0;
    new_ring();
    for (int i = 0; i < 12; i++) begin
      put(32'h17c40702); put(Data); put(32'd0); put(32'd1);
      put(32'h10600003); put(Data + 8); put(32'd0); put(32'd1); put(32'(i));
      put_call(Batch);
    end
    set(Batch, 32'h17c40702); set(Batch + 4, Data); set(Batch + 12, 32'd1);
    set(Batch + 16, 32'h05000000);
    for (int i = 0; i < 200 && adds == 0; i++) begin
      submit();
      repeat (30 + i) @(negedge clk);
      bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_PREEMPT);
      while (!event_up) @(negedge clk);
      sel = 1'b1; write = 1'b0; offset = GUCBUS_ENGINE_EVENT[5:0];
      #1 if (rdata[27:24] == GUCBUS_ENGINE_EVENT_COMPLETE[3:0]) adds = 1;
      @(negedge clk) sel = 1'b0;
    end
    check("ends", 64'(adds), 64'd1);
    check("each add once", {32'd0, get(Data)}, 64'd24);
    check("last store", {get(Data + 12), get(Data + 8)}, {32'd11, 32'd1});
  endtask

  task automatic case_switch_in_batch();
    new_ring();
    set(Image + 4 * 'h13, Batch | 1);
    set(Batch, 32'h17c40702); set(Batch + 4, Data); set(Batch + 12, 32'd1);
    set(Batch + 16, 32'h05000000);
    put_store(Data + 4, 32'd1);
    run("batch at switch-in");
    check("ran once", {get(Data + 4), get(Data)}, 64'h1_0000_0001);
  endtask

  task automatic case_quiet();
    int busy_cycles;
    busy_cycles = 0;
    new_ring();
    put(32'h1e800000); put(32'd1000000);
    put_store(Data, 32'd1);
    submit();
    repeat (100) @(negedge clk);
    for (int i = 0; i < 50; i++) begin
      @(negedge clk);
      if (!idle) busy_cycles++;
    end
    check("quiet at work", 64'(busy_cycles), 64'd0);
    skip = wake - now - 64'd1;
    @(negedge clk) skip = 64'd0;
    check("awake at the time", {63'd0, idle}, 64'd0);
    expect_event("skipped work", GUCBUS_ENGINE_EVENT_COMPLETE);
    repeat (10) @(negedge clk);
    check("quiet at the end", {62'd0, idle, wake == '1}, 64'd3);
  endtask

  // Time is skipped right behind an edge: what changed there and was not heard yet is no quiet.
  task automatic case_unheard();
    new_ring();
    put(32'h1e800000); put(32'd1000000);
    submit();
    repeat (100) @(negedge clk);
    check("quiet at work", {63'd0, idle}, 64'd1);
    @(posedge clk);
    #1 gate_closed[3] = 1'b1;
    #1 check("told to leave: not quiet", {63'd0, idle}, 64'd0);
    gate_closed = '0;
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_RESET);
    expect_event("reset at work", GUCBUS_ENGINE_EVENT_RESET);
    repeat (10) @(negedge clk);
    check("quiet when it has left", {63'd0, idle}, 64'd1);
  endtask

  initial begin
    begin_bench();
    case_commands();
    check_commands();
    case_metadata();
    case_unknown();
    case_interrupt();
    case_wrap();
    case_tail_moves();
    case_preempt();
    case_arb_off();
    case_semaphore();
    case_faults();
    case_forged_state();
    case_times();
    case_reset();
    case_preempt_anywhere();
    case_switch_in_batch();
    case_quiet();
    case_unheard();
    end_bench("tb_gpu_engine");
  end
endmodule
