// SPDX-License-Identifier: MIT
// Of the benches of one engine: the engine, a memory that is its own translation (page 0xf000 is
// absent in the GGTT and in the context's own space, the own space's page 0xe000 comes later), and
// what programs do with an engine.

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

  task automatic put_batch(input logic [31:0] work);
    put_at = Batch;
    put_store(Data, 32'd1);
    put(work); put(32'd1000);
    put(32'h17c40702); put(Data + 4); put(32'd0); put(32'd1);
    put(32'h05000000);
    put_at = Ring;
  endtask

  task automatic expect_fault(input string what, input logic [31:0] at);
    submit();
    expect_event(what, GUCBUS_ENGINE_EVENT_FAULT);
    check({what, ": head"}, {32'd0, head()}, {32'd0, at});
  endtask

  function automatic logic [31:0] status();
    return (u_engine.u_bus.busy_i    ? GUCBUS_ENGINE_BUSY      : 32'd0) |
           (u_engine.u_bus.arb_off_i ? GUCBUS_ENGINE_ARB_OFF   : 32'd0) |
           (u_engine.u_bus.polling_i ? GUCBUS_ENGINE_SEMAPHORE : 32'd0) |
           (u_engine.u_bus.held_i    ? GUCBUS_ENGINE_PAGE      : 32'd0);
  endfunction

  function automatic logic [63:0] quad(input int addr);
    return {get(addr + 4), get(addr)};
  endfunction

  // ---- begin and end ----------------------------------------------------------------------------

  task automatic begin_bench();
    sel = 1'b0; write = 1'b0; offset = '0; wdata = '0; gate_closed = '0; skip = '0;
    page_there = 1'b0;
    for (int i = 0; i < 16384; i++) memory[i] = 32'd0;
    rst_n = 1'b0;
    repeat (4) @(negedge clk);
    rst_n = 1'b1;
  endtask

  task automatic end_bench(input string name);
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, name);
    $finish;
  endtask
