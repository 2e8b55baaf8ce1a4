// SPDX-License-Identifier: MIT
// Mailbox of one GT: four dwords for each function, written by the function (or by the PF through
// its view) and by the GuC. Neither side is told of the other's writes; the doorbell and register 0
// do that.

module gpu_mailbox
  import gpu_pkg::NumFns;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  // host: one access a cycle, read data in the same cycle
  input  logic        host_write_i,
  input  logic [5:0]  host_fn_i,
  input  logic [1:0]  host_index_i,
  input  logic [3:0]  host_be_i,
  input  logic [31:0] host_wdata_i,
  output logic [31:0] host_rdata_o,
  output logic        host_request_o,  // register 0 of host_fn_i holds a message for the GuC

  // GuC: whole dwords
  input  logic        guc_write_i,
  input  logic [5:0]  guc_fn_i,
  input  logic [1:0]  guc_index_i,
  input  logic [31:0] guc_wdata_i,
  output logic [31:0] guc_rdata_o
);

  // Memories power up as zero; reset leaves them.
  logic [31:0] words [NumFns * 4];
  initial begin
    for (int unsigned i = 0; i < NumFns * 4; i++) words[i] = 32'd0;
  end

  logic [31:0] first_word;
  logic [31:0] mask;

  assign mask = {{8{host_be_i[3]}}, {8{host_be_i[2]}}, {8{host_be_i[1]}}, {8{host_be_i[0]}}};

  assign host_rdata_o   = words[{host_fn_i, host_index_i}];
  assign guc_rdata_o    = words[{guc_fn_i, guc_index_i}];
  assign first_word     = words[{host_fn_i, 2'd0}];
  assign host_request_o = first_word != 32'd0 && !first_word[31];

  // The GuC's write stands when both hit one dword in one cycle.
  always_ff @(posedge clk_i) begin
    if (host_write_i) begin
      words[{host_fn_i, host_index_i}] <= (host_rdata_o & ~mask) | (host_wdata_i & mask);
    end
    if (guc_write_i) words[{guc_fn_i, guc_index_i}] <= guc_wdata_i;
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // A write selects at least one byte.
      MailboxWriteHasBytes: assert (host_write_i -> host_be_i != 4'd0);
    end
  end

endmodule
