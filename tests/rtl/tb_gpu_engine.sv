// SPDX-License-Identifier: MIT
// One engine on a memory that is its own translation: each command, the ring's wrap, a tail that
// moves while the ring runs, batches in the GGTT and in the context's own space, both ways of
// leaving in the middle and coming back, semaphores, the gate, faults, reset, and that waits are
// quiet. Page 0xf000 is absent in both; the own space's page 0xe000 comes later.

module tb_gpu_engine;
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

  // ---- engine -----------------------------------------------------------------------------------

  logic [63:0] now, wake, gate_closed;
  logic        sel, write, event_up, idle;
  logic [5:0]  offset;
  logic [31:0] wdata, rdata;
  logic        mem_valid, mem_ppgtt, mem_fault, mem_rsp;
  mem_op_e     mem_op;
  logic [5:0]  mem_fn;
  logic [63:0] mem_addr;
  space_t      mem_space;
  space_ctl_t  mem_ctl;
  space_state_t mem_state;
  logic        page_there, refused, given_up, waiting, mem_ready;
  logic [7:0]  mem_be;
  logic [63:0] mem_wdata, mem_rdata, skip;

  always @(posedge clk) now <= rst_n ? now + 64'd1 + skip : 64'd0;

  gpu_engine #(
    .Unit (UnitOfBcs),
    .Base (11'h022)
  ) u_engine (
    .clk_i           (clk),
    .rst_ni          (rst_n),
    .timestamp_i     (now),
    .reg_sel_i       (sel),
    .reg_write_i     (write),
    .reg_offset_i    (offset),
    .reg_wdata_i     (wdata),
    .reg_rdata_o     (rdata),
    .event_o         (event_up),
    .gate_closed_i   (gate_closed),
    .mem_valid_o     (mem_valid),
    .mem_op_o        (mem_op),
    .mem_fn_o        (mem_fn),
    .mem_ppgtt_o     (mem_ppgtt),
    .mem_space_o     (mem_space),
    .mem_ctl_o       (mem_ctl),
    .mem_state_i     (mem_state),
    .mem_addr_o      (mem_addr),
    .mem_be_o        (mem_be),
    .mem_data_o      (mem_wdata),
    .mem_ready_i     (mem_ready),
    .mem_fault_i     (mem_fault),
    .mem_sent_i      (1'b1),
    .mem_rsp_valid_i (mem_rsp),
    .mem_rsp_null_i  (1'b0),
    .mem_rsp_data_i  (mem_rdata),
    .idle_o          (idle),
    .wake_o          (wake)
  );

  // ---- memory: 64 KiB in dwords, answers after four cycles --------------------------------------

  localparam int unsigned Latency = 4;
  localparam logic [63:16] Space  = 48'h0000_7f12_3456;  // a context's own space, the same memory
  logic [31:0] memory [16384];
  logic [63:0] meta [16];  // compression metadata, by page
  logic [63:0] pipe_data [Latency];
  logic [Latency-1:0] pipe_valid;
  int          messages, faults;
  logic [4:0]  msi;

  assign mem_fault = mem_valid && mem_op != MemMsi &&
                     (mem_ppgtt ? mem_space.mode == SpaceNone || mem_addr[63:16] != Space ||
                                  mem_addr[15:12] == 4'hf || refused :
                                  mem_addr[63:12] >= 52'hf);
  assign mem_rsp   = pipe_valid[Latency-1];
  assign mem_rdata = pipe_data[Latency-1];

  // What gpu_ppgtt_hold does.
  assign waiting   = mem_valid && mem_ppgtt && mem_addr[15:12] == 4'he && !page_there && !refused;
  assign mem_ready = mem_valid && !waiting;
  assign mem_state = '{waiting, waiting, given_up, 1'b1};

  always @(posedge clk) begin
    {refused, given_up} <= {waiting && (mem_ctl.leave || mem_ctl.fail), waiting && mem_ctl.leave};
    if (waiting && mem_ctl.retry) page_there <= 1'b1;
  end

  always @(posedge clk) begin
    pipe_valid   <= {pipe_valid[Latency-2:0],
                     mem_ready && !mem_fault && is_answered(mem_op)};
    pipe_data[0] <= (mem_op == MemMetaRead) ? meta[mem_addr[15:12]] :
                    {memory[{mem_addr[15:3], 1'b1}], memory[{mem_addr[15:3], 1'b0}]};
    for (int i = 1; i < int'(Latency); i++) pipe_data[i] <= pipe_data[i-1];
    if (!rst_n) pipe_valid <= '0;
    if (mem_ready && mem_fault) faults <= faults + 1;
    if (mem_valid && mem_op == MemMsi) {msi, messages} <= {mem_addr[4:0], messages + 1};
    if (mem_ready && !mem_fault && mem_op == MemWrite) begin
      for (int i = 0; i < 8; i++) begin
        if (mem_be[i]) memory[{mem_addr[15:3], i[2]}][8*(i % 4) +: 8] <= mem_wdata[8*i +: 8];
      end
    end
    if (mem_valid && !mem_fault && mem_op == MemMetaWrite) meta[mem_addr[15:12]] <= mem_wdata;
    if (mem_ready && !mem_fault && mem_op == MemAtomic) begin
      memory[{mem_addr[15:3], mem_be[4]}] <= memory[{mem_addr[15:3], mem_be[4]}] + mem_wdata[31:0];
    end
  end

  // ---- programs' side ---------------------------------------------------------------------------

  localparam int unsigned Image = 'h3000, Ring = 'h4000, Batch = 'h5000, Data = 'h6000;
  localparam int unsigned Irq   = 'h7000;
  int put_at;
  logic [31:0] lrca;

  function automatic logic [31:0] get(input int addr);
    return memory[addr / 4];
  endfunction

  task automatic set(input int addr, input logic [31:0] value);
    memory[addr / 4] = value;
  endtask

  task automatic put(input logic [31:0] value);
    set(put_at, value);
    put_at += 4;
  endtask

  task automatic put_store(input int addr, input logic [31:0] value);
    put(32'h10400002); put(32'(addr)); put(32'd0); put(value);
  endtask

  task automatic put_call(input int addr);
    put(32'h18800001); put(32'(addr)); put(32'd0);
  endtask

  task automatic new_ring();
    for (int i = 'h2000; i < 'h8000; i += 4) set(i, 32'd0);
    set(Image + 4 * 'h09, Ring);
    set(Image + 4 * 'h0b, 32'h1);      // one page
    set(Image + 4 * 'h52, Irq + 'h440);
    set(Image + 4 * 'h57, Irq);
    set(Image + 4 * 'h59, Irq + 'h400);
    set(Irq + 'h440, 32'd1);
    put_at = Ring;
    lrca   = 32'h2000;
  endtask

  task automatic set_tail();
    set(Image + 4 * 'h07, 32'(put_at - int'(Ring)));
  endtask

  function automatic logic [31:0] head();
    return get(Image + 4 * 'h05);
  endfunction

  task automatic bus_write(input logic [31:0] addr, input logic [31:0] value);
    @(negedge clk);
    sel = 1'b1; write = 1'b1; offset = addr[5:0]; wdata = value;
    @(negedge clk);
    sel = 1'b0;
  endtask

  task automatic submit();
    set_tail();
    bus_write(GUCBUS_ENGINE_LRCA, lrca);
    bus_write(GUCBUS_ENGINE_TAG, 32'h0003_0042);
    bus_write(GUCBUS_ENGINE_CTRL, GUCBUS_ENGINE_SUBMIT);
  endtask

  task automatic expect_event(input string what, input logic [31:0] kind);
    int waited;
    waited = 0;
    while (!event_up && waited < 5000) begin
      @(negedge clk);
      waited++;
    end
    sel = 1'b1; write = 1'b0; offset = GUCBUS_ENGINE_EVENT[5:0];
    #1 check(what, {32'd0, rdata},
             {32'd0, GUCBUS_ENGINE_EVENT_VALID | (kind << 24) | 32'h0003_0042});
    @(negedge clk);
    sel = 1'b0;
    check({what, ": once"}, {63'd0, event_up}, 64'd0);
  endtask

  task automatic run(input string what);
    submit();
    expect_event(what, GUCBUS_ENGINE_EVENT_COMPLETE);
    check({what, ": head"}, {32'd0, head()}, 64'(put_at - int'(Ring)));
  endtask

  // An engine that says it is idle does not move until something comes in or its time is reached.
  logic [31:0] moving;
  assign moving = {7'd0, u_engine.u_core.state_q, u_engine.u_core.u_exec.state_q,
                   u_engine.u_core.u_fetch.state_q, u_engine.u_core.u_context.state_q,
                   u_engine.u_core.u_exec.left, u_engine.u_bus.event_q, u_engine.u_bus.preempt_q};
  EngineIdleIsStill: assert property (@(posedge clk) disable iff (!rst_n)
      (idle && !mem_rsp && !sel) |=> $stable(moving));

  // ---- cases ------------------------------------------------------------------------------------

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

  task automatic put_batch(input logic [31:0] work);
    put_at = Batch;
    put_store(Data, 32'd1);
    put(work); put(32'd1000);
    put(32'h17c40702); put(Data + 4); put(32'd0); put(32'd1);
    put(32'h05000000);
    put_at = Ring;
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

  task automatic expect_fault(input string what, input logic [31:0] at);
    submit();
    expect_event(what, GUCBUS_ENGINE_EVENT_FAULT);
    check({what, ": head"}, {32'd0, head()}, {32'd0, at});
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
        set(Image + 4 * ('h33 - 4 * p), 32'h1000 * 32'(p + 1));
      end
      put(32'h10000002); put(32'(i << 30)); put(32'd0); put(32'd1);
      submit();
      expect_event("not in the bench's space", GUCBUS_ENGINE_EVENT_FAULT);
      check($sformatf("PDP%0d", i), {28'd0, seen_space.root}, 64'h10_0000 * 64'(i) + 64'(i + 1));
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

  function automatic logic [31:0] status();
    return u_engine.u_bus.status;
  endfunction

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

  function automatic logic [63:0] quad(input int addr);
    return {get(addr + 4), get(addr)};
  endfunction

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

  initial begin
    sel = 1'b0; write = 1'b0; offset = '0; wdata = '0; gate_closed = '0; skip = '0;
    page_there = 1'b0;
    for (int i = 0; i < 16384; i++) memory[i] = 32'd0;
    rst_n = 1'b0;
    repeat (4) @(negedge clk);
    rst_n = 1'b1;
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
    case_own_space();
    case_privilege(1'b0);
    case_privilege(1'b1);
    case_registers_of_roots();
    case_own_space_preempted();
    case_pages();
    case_second_batch();
    case_forged_state();
    case_registers();
    case_math();
    case_atomics();
    case_conditional_end();
    case_register_poll();
    case_times();
    case_reset();
    case_preempt_anywhere();
    case_switch_in_batch();
    case_quiet();
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_engine");
    $finish;
  end
endmodule
