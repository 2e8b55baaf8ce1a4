// SPDX-License-Identifier: MIT
// A space with an id: what is not there is waited for, told once, and ends by the page, by a
// refusal, or as the context has to go.

module tb_gpu_ppgtt_wait;
  import gpu_pkg::*;

`include "tests/rtl/ppgtt_bench.svh"

  // ---- cases ------------------------------------------------------------------------------------

  task automatic expect_report(input string what, input int e, input logic [2:0] at,
                               input logic as_write, input logic as_atomic);
    check({what, ": engine"}, 64'(last_engine), 64'(e));
    check({what, ": address"}, last_addr, addr[e]);
    check({what, ": level"}, 64'(last_report.level), 64'(at));
    check({what, ": kind"}, 64'({last_report.waits, last_report.ppgtt, last_report.write,
                                 last_report.atomic}), 64'({2'b11, as_write, as_atomic}));
    check({what, ": whose"}, 64'({last_report.asid, last_report.fn}), 64'({20'd77, fn[e]}));
  endtask

  task automatic case_page_comes();
    drop();
    set_space(0, Space57);
    space[0].asid = 20'd77;
    fn[0] = 6'd3;
    for (int l = 5; l > 0; l--) begin
      reports = 0;
      tables(Va57, 64'h12_3456_7000 | Flags, 1);
      entry(l * 'h1000, 9'(Va57 >> (3 + 9 * l)), 64'h0);
      ask(0, Va57, 1'b0, 1'b0);
      expect_report($sformatf("absent at level %0d", l), 0, 3'(l), 1'b0, 1'b0);
      repeat (50) @(negedge clk);
      check("told once", 64'(reports), 64'd1);
      check("still", {63'd0, idle}, 64'd1);
      check("and waits", {62'd0, state[0].held, waits[0]}, 64'd3);
      tables(Va57, 64'h12_3456_7000 | Flags, 1);
      pulse_retry(0);
      translate(0, Va57, 1'b0);
      check("its page", {27'd0, got_ok, got_frame}, {27'd0, 1'b1, 36'h123_4567});
      check("told no more", 64'(reports), 64'd1);
      drop();
    end
  endtask

  task automatic case_page_writable();
    tables(Va57, 64'h12_3456_7001, 1);
    translate(0, Va57, 1'b0);
    check("read of a read-only page", {63'd0, got_ok}, 64'd1);
    ask(0, Va57, 1'b1, 1'b0);
    expect_report("write to it", 0, 3'd0, 1'b1, 1'b0);
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    pulse_retry(0);
    translate(0, Va57, 1'b1);
    check("writable now, without invalidation", {63'd0, got_ok}, 64'd1);
    tables(Va57, 64'h0, 1);
    drop();
    ask(0, Va57, 1'b1, 1'b1);
    expect_report("atomic", 0, 3'd1, 1'b1, 1'b1);
    reports = 0;
    pulse_retry(0);
    ask(0, Va57, 1'b1, 1'b1);
    check("retried in vain: told again", 64'(reports), 64'd1);
  endtask

  // The access of engine 0 waits; how it ends.
  task automatic expect_end(input string what, input logic as_given_up, input logic as_reported);
    repeat (2) @(negedge clk);
    check({what, ": goes on"}, {63'd0, waits[0]}, 64'd0);
    engine = '0; lookup = 1'b1;
    #1;
    check({what, ": refused"}, {61'd0, verdict, ok, known}, 64'b101);
    check({what, ": why"}, {63'd0, state[0].given_up}, {63'd0, as_given_up});
    check({what, ": reported"}, {63'd0, state[0].reported}, {63'd0, as_reported});
    @(negedge clk) lookup = 1'b0;
    check({what, ": and over"}, {62'd0, known, state[0].given_up}, 64'd0);
  endtask

  task automatic case_page_never_comes();
    @(negedge clk) fail[0] = 1'b1;
    @(negedge clk) fail[0] = 1'b0;
    expect_end("refused", 1'b0, 1'b1);
    ask(0, Va57, 1'b0, 1'b0);
    @(negedge clk) leave[0] = 1'b1;
    repeat (5) @(negedge clk);
    expect_end("left", 1'b1, 1'b1);
    reports = 0;
    ask(0, Va57, 1'b0, 1'b0);
    expect_end("not even begun", 1'b1, 1'b0);
    check("nor told", 64'(reports), 64'd0);
    leave[0] = 1'b0;
    {retry[0], fail[0]} = 2'b11;
    @(negedge clk) {retry[0], fail[0]} = 2'b00;
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    translate(0, Va57, 1'b0);
    check("nobody waited: no effect", {63'd0, got_ok}, 64'd1);
    space[0].asid = 20'd0;
    expect_fault("without an id nothing is waited for", Va57 + 64'h1000, 3'd1);
    check("and the GuC hears of it as before", {62'd0, known, state[0].held}, 64'd0);
    space[0].asid = 20'd77;
    space[0].root = '0;
    expect_fault("nor without tables", Va57, 3'd5);
  endtask

  task automatic case_room();
    reports = 0;
    room = 1'b0;
    set_space(0, Space57);
    set_space(4, Space57);
    space[0].asid = 20'd77;
    space[4].asid = 20'd77;
    tables(Va57, 64'h0, 1);
    drop();
    ask(4, Va57, 1'b0, 1'b0);
    check("no room", 64'({idle, reports[0]}), 64'b10);
    port_busy = 1'b1;
    ask(0, Va57 + 64'h1000, 1'b0, 1'b0);
    check("behind a fault", 64'({idle, reports[0]}), 64'b00);
    port_busy = 1'b0;
    repeat (2) @(negedge clk);
    check("the other GT has room", 64'(last_engine), 64'd0);
    room = 1'b1;
    repeat (2) @(negedge clk);
    check("and then this one", 64'(last_engine), 64'd4);
    check("each once", 64'(reports), 64'd2);
    tables(Va57, 64'h12_3456_7000 | Flags, 1);
    pulse_retry(4);
    translate(4, Va57, 1'b0);
    check("served alone", {62'd0, got_ok, state[0].held}, 64'd3);
  endtask

  initial begin
    begin_bench();
    case_page_comes();
    case_page_writable();
    case_page_never_comes();
    case_room();
    end_bench("tb_gpu_ppgtt_wait");
  end
endmodule
