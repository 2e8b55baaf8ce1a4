// SPDX-License-Identifier: MIT
// The design behind the samples of this folder, each the waves of one tool from Debian 12:
//   counter_icarus.vcd     iverilog -o c counter.v && vvp c
//   counter_fst2vcd.vcd    the same with vvp c -fst, then fst2vcd counter.vcd
//   counter_verilator.vcd  verilator --binary --trace --timing counter.v
`timescale 1ns / 1ps
module tb;
  reg clk = 0;
  reg [3:0] count;
  reg [7:0] bus;
  wire odd = count[0];
  integer i;

  initial begin
    $dumpfile("counter.vcd");
    $dumpvars(0, tb);
    count = 0;
    bus = 8'h5a;
    for (i = 0; i < 12; i = i + 1) begin
      #5 clk = 1;
      count = count + 1;
      if (count == 7) bus = 8'hc3;
      #5 clk = 0;
    end
    $finish;
  end
endmodule
