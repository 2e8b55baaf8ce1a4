// SPDX-License-Identifier: MIT
// Walks the page tables of one address at a time: they lie in system memory or in local memory, and
// hold the function's physical addresses. Entries have the public format: bit 0 present, 1
// writable, 7 large page (2 MiB and 1 GiB), 9 null page (reads 0, writes are lost), 11 local
// memory, 51:12 address; bit 6 of a directory entry: a table of 32 pages of 64 KiB; bit 8 of a
// table entry: one of 16 that are such a page. Bit 11 says of a table what it says of a page.

module gpu_ppgtt_walk
  import gpu_pkg::*;
(
  input  logic         clk_i,
  input  logic         rst_ni,

  // a walk: pulse; what it is about stays until done
  input  logic         start_i,
  input  space_t       space_i,
  input  logic [63:12] addr_i,
  output logic         busy_o,
  output logic         done_o,
  output logic         fault_o,      // with done
  output logic [2:0]   level_o,      // of the fault: 0 without tables, 1 last table
  output logic [47:12] frame_o,
  output logic         null_o,
  output logic         local_o,
  output logic         writable_o,

  // reads
  output logic         mem_valid_o,
  output logic         mem_local_o,  // of local memory
  output logic [47:3]  mem_addr_o,
  input  logic         mem_ready_i,
  input  logic         mem_fault_i,  // never read: there is no such local page
  input  logic         mem_rsp_valid_i,
  /*verilator tracing_off*/
  input  logic [63:0]  mem_rsp_data_i,
  /*verilator tracing_on*/

  output logic         idle_o
);

  typedef enum logic [1:0] {
    StIdle,    // no walk
    StRead,    // asks for an entry
    StAnswer,  // and waits for it
    StDone     // tells what it found
  } state_e;

  state_e       state_q, state_d;
  logic [2:0]   level_q;
  logic [47:12] table_q;
  logic         compact_q, writable_q, fault_q, null_q;
  logic         local_q;  // of the table, at the end of the page

  // ---- where the entry lies ---------------------------------------------------------------------

  logic [8:0] index;

  always_comb begin
    index = 9'd0;
    unique case (level_q)
      3'd1:    index = compact_q ? {4'd0, addr_i[20:16]} : addr_i[20:12];
      3'd2:    index = addr_i[29:21];
      3'd3:    index = addr_i[38:30];
      3'd4:    index = addr_i[47:39];
      // A 48-bit address in canonical form stays below the first entry's end.
      default: index = (addr_i[63:47] == '1) ? 9'd0 : addr_i[56:48];
    endcase
  end

  assign mem_valid_o = state_q == StRead;
  assign mem_local_o = local_q;
  assign mem_addr_o  = {table_q, index};

  // ---- where a walk begins ----------------------------------------------------------------------

  logic       is_there;
  logic [2:0] top;

  always_comb begin
    unique case (space_i.mode)
      Space32: top = 3'd3;
      Space48: top = 3'd4;
      Space57: top = 3'd5;
      default: top = 3'd0;
    endcase
    is_there = space_i.mode != SpaceNone && {space_i.local_root, space_i.root} != '0 &&
               (space_i.mode != Space32 || addr_i[63:32] == '0);
  end

  // ---- what the entry says ----------------------------------------------------------------------

  /*verilator tracing_off*/
  logic [47:12] frame;
  /*verilator tracing_on*/
  logic         answer, leaf, bad, null_page;

  assign answer    = state_q == StAnswer && mem_rsp_valid_i;
  assign leaf      = level_q == 3'd1 ||
                     ((level_q == 3'd2 || level_q == 3'd3) && mem_rsp_data_i[7]);
  assign null_page = leaf && mem_rsp_data_i[9];
  // Or beyond the memory port.
  assign bad       = !mem_rsp_data_i[0] || mem_rsp_data_i[51:48] != 4'd0;

  always_comb begin
    frame = mem_rsp_data_i[47:12];
    if (null_page) begin
      frame = table_q;  // any page that is there: that of the table
    end else if (leaf) begin
      unique case (level_q)
        3'd1:    if (compact_q || mem_rsp_data_i[8]) frame[15:12] = addr_i[15:12];
        3'd2:    frame[20:12] = addr_i[20:12];
        default: frame[29:12] = addr_i[29:12];
      endcase
    end
  end

  // ---- control ----------------------------------------------------------------------------------

  assign busy_o     = state_q != StIdle;
  assign done_o     = state_q == StDone;
  assign fault_o    = fault_q;
  assign level_o    = level_q;
  assign frame_o    = table_q;
  assign null_o     = null_q;
  assign local_o    = local_q;
  assign writable_o = writable_q;
  assign idle_o     = (state_q == StIdle && !start_i) || state_q == StAnswer;

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StIdle:   if (start_i) state_d = is_there ? StRead : StDone;
      StRead: begin
        if (mem_fault_i)      state_d = StDone;
        else if (mem_ready_i) state_d = StAnswer;
      end
      StAnswer: if (mem_rsp_valid_i) state_d = (bad || leaf) ? StDone : StRead;
      StDone:   state_d = StIdle;
      default:  state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q    <= StIdle;
      level_q    <= 3'd0;
      table_q    <= '0;
      compact_q  <= 1'b0;
      writable_q <= 1'b0;
      null_q     <= 1'b0;
      local_q    <= 1'b0;
      fault_q    <= 1'b0;
    end else begin
      state_q <= state_d;
      if (state_q == StIdle && start_i) begin
        // Of three levels the first is the register that holds the root.
        level_q    <= (is_there && space_i.mode == Space32) ? 3'd2 : top;
        table_q    <= space_i.root;
        compact_q  <= 1'b0;
        writable_q <= 1'b1;
        null_q     <= 1'b0;
        local_q    <= space_i.local_root;
        fault_q    <= !is_there;
      end
      // As a table outside of system memory, which reads as no entries.
      if (state_q == StRead && mem_fault_i) fault_q <= 1'b1;
      if (answer) begin
        table_q    <= frame;
        compact_q  <= level_q == 3'd2 && mem_rsp_data_i[6];
        writable_q <= writable_q && mem_rsp_data_i[1];
        null_q     <= null_page;
        if (!null_page) local_q <= mem_rsp_data_i[11];
        fault_q    <= bad;
        if (!bad && !leaf) level_q <= level_q - 3'd1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // The last level always ends a walk.
      PpgttWalkEnds: assert ((state_q == StRead || state_q == StAnswer) -> level_q != 3'd0);
      // An answer is awaited.
      PpgttWalkAnswer: assert (mem_rsp_valid_i -> state_q == StAnswer);
    end
  end

endmodule
