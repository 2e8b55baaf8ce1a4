// SPDX-License-Identifier: MIT
// The one way to memory. Takes requests of all clients round robin, has them translated, and puts
// them on the port one a cycle; reads of page tables, already translated, go first. Remembers who
// asked, since answers come in order. A request ends in the cycle of its ready: either it is on its
// way or fault_o says that it was not made. Interrupts take the same way and so stay behind the
// writes before them.

module gpu_memarb
  import gpu_pkg::*;
#(
  parameter int unsigned MaxReads = 64  // answers under way; chosen: both DMAs at full burst
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // clients: valid and the rest stay until ready. MSI: addr 4:0 is the vector.
  input  logic [NumClients-1:0] req_valid_i,
  /* verilator tracing_off */  // waves show the clients' own
  input  mem_op_e               req_op_i    [NumClients],
  input  logic [5:0]            req_fn_i    [NumClients],
  input  logic [63:0]           req_addr_i  [NumClients],  // byte address
  input  logic [NumClients-1:0] req_ppgtt_i,               // in the context's space; else GGTT
  input  logic [7:0]            req_be_i    [NumClients],
  input  logic [63:0]           req_data_i  [NumClients],
  /* verilator tracing_on */
  output logic [NumClients-1:0] req_ready_o,
  output logic                  req_fault_o,               // with ready
  output logic                  req_sent_o,                // what ready took before has left
  output logic [NumClients-1:0] rsp_valid_o,
  output logic                  rsp_null_o,                // the answer reads 0

  // translation: page and its place, of the GGTT or of a space
  output logic                  lookup_valid_o,
  output logic [19:0]           lookup_page_o,
  output logic [5:0]            lookup_fn_o,
  input  logic                  verdict_valid_i,
  input  logic                  verdict_ok_i,
  input  logic                  verdict_foreign_i,
  input  logic [35:0]           frame_i,
  input  logic                  local_i,                   // of local memory

  // translation, spaces of contexts
  output logic                  space_valid_o,
  output logic [EngineBits-1:0] space_engine_o,
  output logic                  space_write_o,
  output logic                  space_atomic_o,
  input  logic [NumEngines-1:0] space_waits_i,
  input  logic                  space_miss_i,              // the engine steps aside
  input  logic                  space_verdict_valid_i,
  input  logic                  space_verdict_ok_i,
  input  logic [2:0]            space_verdict_level_i,
  input  logic                  space_null_i,
  input  logic                  walk_valid_i,              // nobody else is served meanwhile
  input  logic                  walk_found_i,              // its place is known
  input  logic                  walk_local_i,
  input  logic [5:0]            walk_fn_i,
  input  logic [47:3]           walk_addr_i,
  output logic                  walk_ready_o,
  output logic                  walk_rsp_valid_o,

  // faults
  output logic                  fault_valid_o,
  output logic [$clog2(NumClients)-1:0] fault_client_o,
  output fault_t                fault_o,                   // without asid and client
  output logic [63:0]           fault_addr_o,

  // memory port
  output logic                  mem_req_valid_o,
  output logic [2:0]            mem_req_op_o,
  output logic [5:0]            mem_req_fn_o,
  output logic                  mem_req_local_o,
  output logic [47:0]           mem_req_addr_o,
  output logic [7:0]            mem_req_be_o,
  output logic [63:0]           mem_req_data_o,
  input  logic                  mem_req_ready_i,
  input  logic                  mem_rsp_valid_i,

  output logic                  msi_valid_o,
  output logic [5:0]            msi_fn_o,
  output logic [4:0]            msi_vector_o,

  output logic                  idle_o
);

  localparam int unsigned ClientBits = $clog2(NumClients);
  localparam int unsigned ReadBits   = $clog2(MaxReads);

  typedef logic [ClientBits-1:0] client_t;

  // Whose an answer is; index NumClients is the walker.
  typedef struct packed {
    logic                             is_null;
    logic [$clog2(NumClients+1)-1:0]  index;
  } reader_t;

  // ---- who is next ------------------------------------------------------------------------------

  client_t               last_q, locked_client_q, client;
  logic                  locked_q, any;
  logic [NumClients-1:0] asking, behind;

  // An engine whose page is being looked for stands aside.
  assign asking = req_valid_i & ~NumClients'(space_waits_i);
  assign any    = asking != '0;
  assign behind = asking & ((~NumClients'(1)) << last_q);

  // A request that waits keeps its turn, so that the walker sees one page to the end.
  always_comb begin
    client = locked_client_q;
    if (!locked_q && any) begin
      client = client_t'(lowest_bit({{(64 - NumClients){1'b0}},
                                     (behind != '0) ? behind : asking}));
    end
  end

  // ---- its request ------------------------------------------------------------------------------

  mem_op_e     op;
  logic [63:0] addr;
  logic [5:0]  fn;
  logic        is_msi, answered, per_process, too_high, translated, room, accept, fault, take;
  logic        aside, walk;

  assign op          = req_op_i[client];
  assign addr        = req_addr_i[client];
  assign fn          = req_fn_i[client];
  assign is_msi      = op == MemMsi;
  assign answered    = is_answered(op);
  assign per_process = req_ppgtt_i[client] && !is_msi;

  assign too_high    = !is_msi && !per_process && addr[63:32] != 32'd0;

  assign lookup_valid_o = any && !is_msi && !per_process && !too_high;
  assign lookup_page_o  = addr[31:12];
  assign lookup_fn_o    = fn;

  // Engines are the first clients.
  assign space_valid_o  = any && per_process;
  assign space_engine_o = client[EngineBits-1:0];
  assign space_write_o  = !only_reads(op);
  assign space_atomic_o = op == MemAtomic;

  assign translated = per_process ? space_verdict_valid_i && space_verdict_ok_i
                                  : lookup_valid_o && verdict_valid_i && verdict_ok_i;
  assign fault  = any && (too_high ||
                          (per_process ? space_verdict_valid_i && !space_verdict_ok_i
                                       : lookup_valid_o && verdict_valid_i && !verdict_ok_i));
  assign accept = any && room && !walk_valid_i &&
                  (is_msi || (translated && !(answered && reads_full)));
  assign take   = accept || fault;
  assign aside  = space_valid_o && space_miss_i;
  assign walk   = walk_valid_i && walk_found_i && room && !reads_full;

  assign walk_ready_o = walk;

  always_comb begin
    req_ready_o         = '0;
    req_ready_o[client] = take;
  end
  assign req_fault_o = fault;

  assign fault_valid_o   = fault;
  assign fault_client_o  = client;

  always_comb begin
    fault_o      = '0;
    fault_addr_o = '0;
    if (fault) begin
      fault_o.ppgtt   = per_process;
      fault_o.level   = per_process ? space_verdict_level_i : 3'd0;
      fault_o.foreign = lookup_valid_o && verdict_foreign_i;
      fault_o.write   = !only_reads(op);
      fault_o.fn      = fn;
      fault_addr_o    = addr;
    end
  end

  // ---- the port ---------------------------------------------------------------------------------

  logic        out_valid_q;
  mem_op_e     out_op_q;
  logic        drop;

  assign drop = per_process && space_null_i;

  assign room       = !out_valid_q || out_op_q == MemMsi || mem_req_ready_i;
  assign req_sent_o = room;

  assign mem_req_valid_o = out_valid_q && out_op_q != MemMsi;
  assign mem_req_op_o    = out_op_q;
  assign msi_valid_o     = out_valid_q && out_op_q == MemMsi;
  assign msi_fn_o        = mem_req_fn_o;
  assign msi_vector_o    = mem_req_addr_o[4:0];

  always_ff @(posedge clk_i) begin
    if (accept) begin
      out_op_q        <= op;
      mem_req_fn_o    <= fn;
      mem_req_local_o <= local_i && !is_msi;
      mem_req_addr_o  <= is_msi ? {43'd0, addr[4:0]} : {frame_i, addr[11:3], 3'd0};
      mem_req_be_o    <= drop ? 8'd0 : req_be_i[client];
      mem_req_data_o  <= req_data_i[client];
    end
    if (walk) begin
      out_op_q        <= MemRead;
      mem_req_fn_o    <= walk_fn_i;
      mem_req_local_o <= walk_local_i;
      mem_req_addr_o  <= {walk_addr_i, 3'd0};
      mem_req_be_o    <= 8'hff;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      out_valid_q     <= 1'b0;
      last_q          <= '0;
      locked_q        <= 1'b0;
      locked_client_q <= '0;
    end else begin
      if (room) out_valid_q <= accept || walk;
      if (take || aside) last_q <= client;
      locked_q <= any && !take && !aside;
      if (any && !take && !aside) locked_client_q <= client;
    end
  end

  // ---- whose answer comes next ------------------------------------------------------------------

  reader_t             reader [MaxReads];
  logic [ReadBits-1:0] put_q, get_q;
  logic [ReadBits:0]   reads_q;
  logic                reads_full, push, pop;

  assign reads_full = reads_q == (ReadBits + 1)'(MaxReads);
  assign push       = (accept && answered) || walk;
  assign pop        = mem_rsp_valid_i;

  logic [NumClients:0] rsp_valid;

  always_comb begin
    rsp_valid                      = '0;
    rsp_valid[reader[get_q].index] = mem_rsp_valid_i;
  end

  assign rsp_valid_o      = rsp_valid[NumClients-1:0];
  assign walk_rsp_valid_o = rsp_valid[NumClients];
  assign rsp_null_o       = mem_rsp_valid_i && reader[get_q].is_null;

  always_ff @(posedge clk_i) begin
    if (walk)      reader[put_q] <= {1'b0, ($clog2(NumClients + 1))'(NumClients)};
    else if (push) reader[put_q] <= {drop, ($clog2(NumClients + 1))'(client)};
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      put_q   <= '0;
      get_q   <= '0;
      reads_q <= '0;
    end else begin
      if (push) put_q <= put_q + 1'b1;
      if (pop)  get_q <= get_q + 1'b1;
      if (push && !pop) reads_q <= reads_q + 1'b1;
      if (pop && !push) reads_q <= reads_q - 1'b1;
    end
  end

  assign idle_o = !any && !walk_valid_i && !out_valid_q;

  /*verilator tracing_off*/
  logic        was_kept_q;
  logic [47:0] was_addr_q;
  /*verilator tracing_on*/
  always_ff @(posedge clk_i) begin
    was_kept_q <= rst_ni && mem_req_valid_o && !mem_req_ready_i;
    was_addr_q <= mem_req_addr_o;
    if (rst_ni) begin
      // An answer belongs to somebody.
      MemarbAnswerExpected: assert (mem_rsp_valid_i -> reads_q != '0);
      // Requests stay until taken.
      MemarbRequestStays: assert (locked_q -> req_valid_i[locked_client_q]);
      // So does what the port offers.
      MemarbPortStays: assert (
          was_kept_q -> mem_req_valid_o && mem_req_addr_o == was_addr_q);
      // One client is served at a time.
      MemarbReadyOneHot: assert ($onehot0(req_ready_o));
    end
  end

endmodule
