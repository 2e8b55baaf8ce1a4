// SPDX-License-Identifier: MIT
// GGTT, TLB and arbiter together: all clients at once on a memory that answers late and is often
// not ready. Every answer reaches its client in order, every fault its requester and GT, and a
// message never overtakes a write. Then: what a TLB entry outlives, and an engine whose page tables
// are walked while others go on.

module tb_gpu_memory;
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

  logic        pte_valid, pte_write, invalidate;
  logic [5:0]  pte_fn;
  logic [19:0] pte_index;
  logic [63:0] pte_wdata, pte_rdata;
  logic [NumClients-1:0] valid, ppgtt, ready, rsp;
  logic [NumClients-1:0][1:0]  op;
  logic [NumClients-1:0][5:0]  fn;
  logic [NumClients-1:0][63:0] addr;
  logic        fault, sent, rsp_null;
  logic [1:0]  fault_valid;
  fault_t      fault_info;
  logic [5:0]  mem_fn, msi_fn;
  logic [63:0] fault_addr;
  logic [NumEngines-1:0] switches, waits, fail;
  space_t [NumEngines-1:0] space;
  space_t      req_space [NumEngines];
  space_ctl_t  req_ctl   [NumEngines];
  space_state_t state    [NumEngines];
  logic        mem_valid, mem_ready, mem_rsp, msi_valid, idle;
  logic [1:0]  mem_op;
  logic [47:0] mem_addr;
  logic [7:0]  mem_be;
  logic [63:0] mem_wdata;
  logic [4:0]  msi_vector;

  mem_op_e     req_op   [NumClients];
  logic [5:0]  req_fn   [NumClients];
  logic [63:0] req_addr [NumClients];
  logic [7:0]  req_be   [NumClients];
  logic [63:0] req_data [NumClients];

  for (genvar c = 0; c < NumClients; c++) begin : gen_request
    assign req_op[c]   = mem_op_e'(op[c]);
    assign req_fn[c]   = fn[c];
    assign req_addr[c] = addr[c];
    assign req_be[c]   = 8'hff;
    assign req_data[c] = 64'd0;
  end

  for (genvar e = 0; e < NumEngines; e++) begin : gen_space
    assign req_space[e] = space[e];
    assign req_ctl[e]   = {switches[e], 2'b00, fail[e]};
    assign waits[e]     = state[e].waits;
  end

  gpu_memory u_memory (
    .clk_i            (clk),
    .rst_ni           (rst_n),
    .pte_valid_i      (pte_valid),
    .pte_write_i      (pte_write),
    .pte_fn_i         (pte_fn),
    .pte_index_i      (pte_index),
    .pte_be_i         (8'hff),
    .pte_wdata_i      (pte_wdata),
    .pte_rdata_o      (pte_rdata),
    .tlb_invalidate_i (invalidate),
    .ppgtt_invalidate_i (1'b0),
    .lmem_cfg_i       (lmem_cfg),
    .lmem_req_valid_i (1'b0),
    .lmem_req_fn_i    (6'd0),
    .lmem_req_frame_i (36'd0),
    .lmem_rsp_valid_o (),
    .lmem_rsp_fault_o (),
    .lmem_rsp_frame_o (),
    .lmtt_req_valid_o (table_valid),
    .lmtt_req_addr_o  (table_addr),
    .lmtt_rsp_valid_i (table_rsp),
    .lmtt_rsp_data_i  (table_data),
    .req_valid_i      (valid),
    .req_op_i         (req_op),
    .req_fn_i         (req_fn),
    .req_addr_i       (req_addr),
    .req_ppgtt_i      (ppgtt),
    .req_be_i         (req_be),
    .req_data_i       (req_data),
    .req_ready_o      (ready),
    .req_fault_o      (fault),
    .req_sent_o       (sent),
    .rsp_valid_o      (rsp),
    .rsp_null_o       (rsp_null),
    .ctl_i            (req_ctl),
    .space_i          (req_space),
    .state_o          (state),
    .fault_room_i     (2'b11),
    .fault_valid_o    (fault_valid),
    .fault_o          (fault_info),
    .fault_addr_o     (fault_addr),
    .mem_req_valid_o  (mem_valid),
    .mem_req_op_o     (mem_op),
    .mem_req_fn_o     (mem_fn),
    .mem_req_local_o  (mem_local),
    .mem_req_addr_o   (mem_addr),
    .mem_req_be_o     (mem_be),
    .mem_req_data_o   (mem_wdata),
    .mem_req_ready_i  (mem_ready),
    .mem_rsp_valid_i  (mem_rsp),
    .mem_rsp_data_i   (mem_rdata),
    .msi_valid_o      (msi_valid),
    .msi_fn_o         (msi_fn),
    .msi_vector_o     (msi_vector),
    .idle_o           (idle)
  );

  // ---- tables of local memory: VF 3 has one page, its first, which lies at 10 MiB ---------------

  logic [31:0] lmem_cfg;
  logic        table_valid, table_rsp, mem_local;
  logic [47:0] table_addr;
  logic [63:0] table_data;

  always @(posedge clk) begin
    table_rsp <= table_valid;
    unique case (table_addr)
      48'h1_0018: table_data <= 64'h21;  // directory, table 1: VF 3 has table 2
      48'h2_0000: table_data <= 64'h31;
      48'h3_0000: table_data <= 64'ha1;  // page 5
      default:    table_data <= 64'd0;
    endcase
  end

  // ---- memory: answers with the address; ready three times of four ------------------------------

  localparam int unsigned Latency = 20;
  logic [47:0] pipe [Latency];
  logic [Latency-1:0] pipe_valid;
  logic [63:0] mem_rdata, seed;
  int          writes_out, writes_at_msi, msis;

  assign mem_rsp   = pipe_valid[Latency-1];
  always_comb begin
    mem_rdata = {16'd0, pipe[Latency-1]};
    if (pipe[Latency-1][47:12] == 36'h50) begin
      unique case (pipe[Latency-1][11:3])
        9'd0:    mem_rdata = 64'h5_0003;
        9'd1:    mem_rdata = 64'h7_7003;
        9'd2:    mem_rdata = 64'h203;
        default: mem_rdata = 64'd0;
      endcase
    end
    if (pipe[Latency-1][47:12] == 36'ha50) begin
      unique case (pipe[Latency-1][11:3])
        9'd0:    mem_rdata = 64'h5_0803;
        9'd1:    mem_rdata = 64'h7_7803;
        9'd2:    mem_rdata = 64'h203;
        9'd3:    mem_rdata = 64'h7_7003;
        9'd4:    mem_rdata = 64'h20_0803;  // beyond the share
        default: mem_rdata = 64'd0;
      endcase
    end
  end

  assign mem_ready = seed[33:32] != 2'd0;

  always @(posedge clk) begin
    seed       <= seed * 64'd6364136223846793005 + 64'd1442695040888963407;
    pipe_valid <= {pipe_valid[Latency-2:0], mem_valid && mem_ready && mem_op != 2'd1};
    pipe[0]    <= mem_addr;
    for (int i = 1; i < int'(Latency); i++) pipe[i] <= pipe[i-1];
    if (!rst_n) pipe_valid <= '0;
    if (mem_valid && mem_ready && mem_op == 2'd1) writes_out <= writes_out + 1;
    if (msi_valid) begin
      msis          <= msis + 1;
      writes_at_msi <= writes_out;
    end
  end

  // ---- clients: c reads page 0x100 + c as function c + 1, quad-word after quad-word -------------

  localparam int unsigned Reads = 100;
  logic        run_reads;
  int          asked [NumClients], answered [NumClients], wrong;

  for (genvar c = 0; c < NumClients; c++) begin : gen_client
    always @(posedge clk) begin
      if (!run_reads) begin
        asked[c]    <= 0;
        answered[c] <= 0;
      end else begin
        if (valid[c] && ready[c]) asked[c] <= asked[c] + 1;
        if (rsp[c]) begin
          answered[c] <= answered[c] + 1;
          if (mem_rdata != 64'h20_0000 + (64'(c) << 12) + 64'(answered[c] * 8)) wrong <= wrong + 1;
        end
      end
    end
  end

  int client;  // of a single access

  task automatic write_pte(input int by, input int page, input logic [63:0] pte);
    @(negedge clk);
    pte_valid = 1'b1; pte_write = 1'b1; pte_fn = 6'(by); pte_index = 20'(page); pte_wdata = pte;
    @(negedge clk) pte_valid = 1'b0;
  endtask

  logic   got_fault;
  fault_t got_info;

  task automatic access(input int who, input mem_op_e what, input int as_fn, input logic [63:0] at);
    @(negedge clk);
    client = who;
    valid = '0; valid[who] = 1'b1; op[who] = what; fn[who] = 6'(as_fn); addr[who] = at;
    #1;
    while (!ready[who]) begin
      @(negedge clk);
      #1;
    end
    got_fault = fault;
    got_info  = fault_info;
    if (fault) begin
      check("GT of the fault", {62'd0, fault_valid},
            (who == int'(EngineVcs) || who == int'(EngineVecs) || who == int'(ClientDma) + 1 ||
             who == int'(ClientIrq) + 1) ? 64'd2 : 64'd1);
      check("its address", fault_addr, at);
      check("its function", {58'd0, fault_info.fn}, 64'(as_fn));
      check("its kind", {63'd0, fault_info.write}, {63'd0, what != MemRead});
    end
    @(negedge clk) valid = '0;
  endtask

  task automatic case_all_at_once();
    for (int c = 0; c < int'(NumClients); c++) begin
      write_pte(0, 'h100 + c, 64'h20_0001 | (64'(c) << 12) | (64'(c + 1) << 2));
    end
    @(negedge clk) run_reads = 1'b1;
    for (int i = 0; i < 3000; i++) begin
      @(negedge clk);
      for (int c = 0; c < int'(NumClients); c++) begin
        valid[c] = asked[c] < int'(Reads);
        op[c]    = MemRead;
        fn[c]    = 6'(c + 1);
        addr[c]  = 64'h10_0000 + (64'(c) << 12) + 64'(asked[c] * 8);
      end
    end
    check("answers are right", 64'(wrong), 64'd0);
    for (int c = 0; c < int'(NumClients); c++) check("and complete", 64'(answered[c]), 64'(Reads));
    check("idle behind it", {63'd0, idle}, 64'd1);
    run_reads = 1'b0;
  endtask

  task automatic case_faults();
    access(0, MemRead, 2, 64'h10_0008);
    check("foreign page", {62'd0, got_fault, got_info.client == 4'd0}, 64'd3);
    for (int c = 0; c < int'(ClientTile); c++) begin
      access(c, MemWrite, 1, 64'h30_0000 + 64'(c << 12));
      check("absent page", {63'd0, got_fault}, 64'd1);
    end
    @(negedge clk) ppgtt[1] = 1'b1;
    access(1, MemRead, 2, 64'h10_1000);
    check("address of a space that is none", {62'd0, got_fault, got_info.ppgtt}, 64'd3);
    ppgtt[1] = 1'b0;
    access(1, MemRead, 2, 64'h1_0010_1000);
    check("too high for the GGTT", {62'd0, got_fault, got_info.ppgtt}, 64'd2);
    access(1, MemRead, 2, 64'h10_1000);
    check("own page", {63'd0, got_fault}, 64'd0);
  endtask

  task automatic case_tlb();
    repeat (40) @(negedge clk);
    write_pte(0, 'h101, 64'd0);
    access(1, MemRead, 2, 64'h10_1000);
    check("stale entry serves", {63'd0, got_fault}, 64'd0);
    write_pte(0, 'h101, 64'h40_0001 | (64'd3 << 2));
    access(1, MemRead, 3, 64'h10_1000);
    check("and keeps the old owner", {63'd0, got_fault}, 64'd1);
    @(negedge clk) invalidate = 1'b1;
    @(negedge clk) invalidate = 1'b0;
    access(1, MemRead, 3, 64'h10_1010);
    check("the new owner is in", {63'd0, got_fault}, 64'd0);
    check("at the new page", {16'd0, mem_addr}, 64'h40_0010);
    access(1, MemRead, 3, 64'h14_1000);
    check("same set, other page", {63'd0, got_fault}, 64'd1);
    repeat (40) @(negedge clk);
  endtask

  task automatic case_local();
    write_pte(0, 'h500, 64'h12_3000 | (64'd3 << 2) | 64'd3);  // of VF 3's local memory
    write_pte(0, 'h501, 64'h20_0000 | (64'd3 << 2) | 64'd3);
    write_pte(0, 'h502, 64'h20_0000 | (64'd4 << 2) | 64'd3);
    write_pte(0, 'h503, 64'h20_0000 | 64'd3);                 // of the PF
    access(1, MemRead, 3, 64'h50_0018);
    check("without tables", {62'd0, got_fault, got_info.is_local}, 64'd3);
    lmem_cfg = LMEM_EN | 32'd1;
    access(3, MemWrite, 3, 64'h50_0018);
    check("local page", {62'd0, got_fault, mem_local}, 64'd1);
    check("its place", {16'd0, mem_addr}, 64'hb2_3018);
    access(1, MemRead, 3, 64'h50_1000);
    check("beyond the share", {62'd0, got_fault, got_info.is_local}, 64'd3);
    access(1, MemRead, 4, 64'h50_2000);
    check("a VF without tables", {62'd0, got_fault, got_info.is_local}, 64'd3);
    access(1, MemRead, 3, 64'h50_2000);
    check("another's entry is no local fault", {62'd0, got_fault, got_info.is_local}, 64'd2);
    access(1, MemWrite, 0, 64'h50_3008);
    check("the PF's is untranslated", {15'd0, mem_local, mem_addr}, {15'd0, 1'b1, 48'h20_0008});
    access(1, MemWrite, 3, 64'h10_2000);
    check("other memory stays", {62'd0, got_fault, mem_local}, 64'd0);
    repeat (40) @(negedge clk);
  endtask

  // Entries of page tables: this memory answers with addresses but in page 0x50, one table for all
  // levels. Entry 0 leads back to it, 1 to a page, 2 is a null page, 3 absent.
  int walked;

  always @(posedge clk) begin
    if (mem_valid && mem_ready && mem_op == 2'd0 && mem_addr[47:12] == 36'h50) walked <= walked + 1;
  end

  task automatic space_access(input mem_op_e what, input logic [63:0] at);
    @(negedge clk) ppgtt[1] = 1'b1;
    access(1, what, 2, at);
    ppgtt[1] = 1'b0;
  endtask

  // An access that waits for its page: told to the GT of its engine, and not told again as it ends.
  int     waits_told [2], ends_told;
  fault_t told;

  always @(posedge clk) begin
    for (int gt = 0; gt < 2; gt++) begin
      if (fault_valid[gt] && fault_info.waits) begin
        waits_told[gt] <= waits_told[gt] + 1;
        told           <= fault_info;
      end else if (fault_valid[gt]) ends_told <= ends_told + 1;
    end
  end

  task automatic case_waits_for_page();
    for (int e = 1; e < int'(NumEngines); e += 3) begin
      waits_told = '{0, 0};
      ends_told  = 0;
      space[e] = '{mode: Space48, asid: 20'h123, local_root: 1'b0, root: 36'h50};
      @(negedge clk);
      ppgtt = '0; ppgtt[e] = 1'b1;
      valid = '0; valid[e] = 1'b1; op[e] = MemWrite; fn[e] = 6'd2; addr[e] = 64'h3000;
      repeat (200) @(negedge clk);
      check("held and told", 64'({state[e].held, waits_told[e/3][7:0], waits_told[1-e/3][7:0]}),
            64'h1_0100);
      check("by its number in its GT", {60'd0, told.client}, 64'd1);
      check("whose", {44'd0, told.asid}, 64'h123);
      check("still", {63'd0, idle}, 64'd1);
      fail[e] = 1'b1;
      @(negedge clk) fail[e] = 1'b0;
      while (!ready[e]) @(negedge clk);
      check("ends refused", {63'd0, fault}, 64'd1);
      @(negedge clk) valid = '0;
      check("nothing told of it", 64'(ends_told), 64'd0);
      repeat (4) @(negedge clk);
    end
    ppgtt = '0;
  endtask

  task automatic case_space();
    int others, nulls;
    space[1] = '{mode: Space48, asid: 20'h0, local_root: 1'b0, root: 36'h50};
    walked = 0;
    space_access(MemRead, 64'h1008);
    check("page of its own", {63'd0, got_fault}, 64'd0);
    check("at its place", {16'd0, mem_addr}, 64'h7_7008);
    check("four reads", 64'(walked), 64'd4);
    space_access(MemRead, 64'h1010);
    check("none when it is known", 64'(walked), 64'd4);
    space_access(MemRead, 64'h3000);
    check("absent", {63'd0, got_fault}, 64'd1);
    repeat (40) @(negedge clk);
    writes_out = 0;
    space_access(MemWrite, 64'h2000);
    check("write to a null page", {63'd0, got_fault}, 64'd0);
    check("selects no byte", {56'd0, mem_be}, 64'd0);
    repeat (40) @(negedge clk);
    nulls = 0;
    space_access(MemRead, 64'h2008);
    for (int i = 0; i < 40; i++) begin
      @(negedge clk) if (rsp[1] && rsp_null) nulls++;
    end
    check("read of a null page reads 0", 64'(nulls), 64'd1);
    // While engine 1 waits for its walk another client is served.
    switches[1] = 1'b1;
    @(negedge clk) switches[1] = 1'b0;
    ppgtt[1] = 1'b1;
    valid = '0; valid[1] = 1'b1; op[1] = MemRead; fn[1] = 6'd2; addr[1] = 64'h1008;
    valid[5] = 1'b1; op[5] = MemRead; fn[5] = 6'd6; addr[5] = 64'h10_5000;
    others = 0;
    #1;
    while (!ready[1]) begin
      if (ready[5]) others++;
      @(negedge clk);
      #1;
    end
    check("others go on", {63'd0, others > 20}, 64'd1);
    @(negedge clk) valid = '0;
    ppgtt[1] = 1'b0;
    repeat (60) @(negedge clk);
    check("quiet at the end", {63'd0, idle}, 64'd1);
  endtask

  // The same of VF 3 in local memory, where its page 0x50 lies at 0xa50: entry 0 leads back to it,
  // 1 to a local page, 2 is a null page, 3 a page of other memory, 4 a table that it does not have.
  int read_local;

  always @(posedge clk) begin
    if (mem_valid && mem_ready && mem_op == 2'd0 && mem_local && mem_addr[47:12] == 36'ha50) begin
      read_local <= read_local + 1;
    end
  end

  task automatic local_access(input mem_op_e what, input logic [63:0] at);
    @(negedge clk) ppgtt[1] = 1'b1;
    access(1, what, 3, at);
    ppgtt[1] = 1'b0;
  endtask

  task automatic new_space(input logic local_root);
    space[1] = '{mode: Space48, asid: 20'h0, local_root: local_root, root: 36'h50};
    @(negedge clk) switches[1] = 1'b1;
    @(negedge clk) switches[1] = 1'b0;
    read_local = 0;
  endtask

  task automatic case_local_tables();
    new_space(1'b1);
    local_access(MemRead, 64'h1008);
    check("tables in local memory", {63'd0, got_fault}, 64'd0);
    check("lead to a page there", {15'd0, mem_local, mem_addr}, {15'd0, 1'b1, 48'ha7_7008});
    check("four reads there", 64'(read_local), 64'd4);
    local_access(MemRead, 64'h3008);
    check("or to one of other memory", {15'd0, mem_local, mem_addr}, {15'd0, 1'b0, 48'h7_7008});
    local_access(MemWrite, 64'h2000);
    check("write to a null page", {62'd0, got_fault, mem_be != 8'd0}, 64'd0);
    local_access(MemRead, 64'h5000);
    check("absent", {60'd0, got_fault, got_info.level}, 64'b1001);
    local_access(MemRead, 64'h80_1000);
    check("table beyond the share", {60'd0, got_fault, got_info.level}, 64'b1001);
    check("is none of the access's", {62'd0, got_info.is_local, got_info.ppgtt}, 64'd1);
    space[1].root = 36'h200;
    local_access(MemRead, 64'h4_1000);
    check("root beyond the share", {60'd0, got_fault, got_info.level}, 64'b1100);
    new_space(1'b1);
    lmem_cfg = 32'd0;
    @(negedge clk) invalidate = 1'b1;
    @(negedge clk) invalidate = 1'b0;
    local_access(MemRead, 64'h1008);
    check("no local memory at all", {60'd0, got_fault, got_info.level}, 64'b1100);
    lmem_cfg = LMEM_EN | 32'd1;
    repeat (60) @(negedge clk);
    check("quiet at the end", {63'd0, idle}, 64'd1);
  endtask

  // Walks and accesses want the LMTT at once, which is emptied now and then.
  task automatic case_local_at_once();
    int walks, others, misplaced;
    logic [NumClients-1:0] served;
    walks = 0; others = 0; misplaced = 0;
    new_space(1'b1);
    @(negedge clk);
    valid = '0; valid[1] = 1'b1; op[1] = MemWrite; fn[1] = 6'd3; addr[1] = 64'h1008;
    ppgtt[1] = 1'b1;
    valid[3] = 1'b1; op[3] = MemWrite; fn[3] = 6'd3; addr[3] = 64'h50_0018;
    for (int i = 0; i < 4000 || valid != '0; i++) begin
      invalidate = seed[40:38] == 3'd0 && i < 4000;
      #1;
      switches[1] = ready[1] && !fault;
      if (ready[1] && !fault) walks++;
      if (ready[3] && !fault) others++;
      if (ready != '0 && fault != (ready[1] && addr[1] == 64'h80_1000)) misplaced++;
      served = ready;
      @(posedge clk) #1;
      if (i >= 4000) valid &= ~served;  // nobody goes before it is served
      if (served[1]) addr[1] = seed[20] ? 64'h1008 : 64'h80_1000;  // the table is not there
      if (mem_valid && mem_op == 2'd1 && (!mem_local ||
          (mem_addr != 48'ha7_7008 && mem_addr != 48'hb2_3018))) misplaced++;
      @(negedge clk);
    end
    {ppgtt, switches, invalidate} = '0;
    check("walks and accesses in turns", {62'd0, walks > 4, others > 10}, 64'd3);
    check("each at its place", 64'(misplaced), 64'd0);
    repeat (60) @(negedge clk);
    check("quiet behind them", {63'd0, idle}, 64'd1);
  endtask

  task automatic case_msi();
    int before_it;
    before_it = writes_out;
    for (int i = 0; i < 8; i++) access(5, MemWrite, 6, 64'h10_5000 + 64'(i * 8));
    access(int'(ClientTile), MemMsi, 9, 64'd2);
    repeat (40) @(negedge clk);
    check("one message", 64'(msis), 64'd1);
    check("behind the writes", 64'(writes_at_msi - before_it), 64'd8);
  endtask

  initial begin
    pte_valid = 1'b0; pte_write = 1'b0; invalidate = 1'b0; valid = '0; ppgtt = '0; run_reads = 1'b0;
    seed = 64'd1;
    lmem_cfg = 32'd0;
    op = '0; fn = '0; addr = '0; switches = '0;
    space = '0;
    fail = '0;
    rst_n = 1'b0;
    repeat (30) @(negedge clk);
    rst_n = 1'b1;
    case_all_at_once();
    case_faults();
    case_tlb();
    case_local();
    case_space();
    case_local_tables();
    case_local_at_once();
    case_waits_for_page();
    case_msi();
    $display("%0d passed, %0d failed", passed, failed);
    if (failed != 0) $fatal(1, "tb_gpu_memory");
    $finish;
  end
endmodule
