// SPDX-License-Identifier: MIT
// The way to memory of the whole tile: GGTT table, TLB, page tables of contexts, LMTT, arbiter. The
// CPUs ask where a page of local memory is that they see in their window.

module gpu_memory
  import gpu_pkg::*;
  import gpu_regs_pkg::*;
(
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // GGTT entries in BAR0
  input  logic                  pte_valid_i,
  input  logic                  pte_write_i,
  input  logic [5:0]            pte_fn_i,
  input  logic [19:0]           pte_index_i,
  input  logic [7:0]            pte_be_i,
  input  logic [63:0]           pte_wdata_i,
  output logic [63:0]           pte_rdata_o,
  input  logic                  tlb_invalidate_i,
  input  logic                  ppgtt_invalidate_i,

  // local memory: its translation's tables, and pages of the CPUs' window
  input  logic [31:0]           lmem_cfg_i,
  input  logic                  lmem_req_valid_i,
  input  logic [5:0]            lmem_req_fn_i,
  input  logic [35:0]           lmem_req_frame_i,
  output logic                  lmem_rsp_valid_o,
  output logic                  lmem_rsp_fault_o,
  output logic [35:0]           lmem_rsp_frame_o,
  output logic                  lmtt_req_valid_o,
  output logic [47:0]           lmtt_req_addr_o,
  input  logic                  lmtt_rsp_valid_i,
  input  logic [63:0]           lmtt_rsp_data_i,

  // clients, as in gpu_memarb
  input  logic [NumClients-1:0] req_valid_i,
  input  mem_op_e               req_op_i    [NumClients],
  input  logic [5:0]            req_fn_i    [NumClients],
  /* verilator tracing_off */  // waves show the clients' own
  input  logic [63:0]           req_addr_i  [NumClients],
  input  logic [NumClients-1:0] req_ppgtt_i,
  input  logic [7:0]            req_be_i    [NumClients],
  input  logic [63:0]           req_data_i  [NumClients],
  /* verilator tracing_on */
  output logic [NumClients-1:0] req_ready_o,
  output logic                  req_fault_o,
  output logic                  req_sent_o,
  output logic [NumClients-1:0] rsp_valid_o,
  output logic                  rsp_null_o,

  // contexts of the engines
  input  space_ctl_t            ctl_i       [NumEngines],
  input  space_t                space_i     [NumEngines],
  output space_state_t          state_o     [NumEngines],

  // faults, by GT
  input  logic [1:0]            fault_room_i,
  output logic [1:0]            fault_valid_o,
  output fault_t                fault_o,
  output logic [63:0]           fault_addr_o,

  // memory port and messages
  output logic                  mem_req_valid_o,
  output logic [2:0]            mem_req_op_o,
  output logic [5:0]            mem_req_fn_o,
  output logic                  mem_req_local_o,
  output logic [47:0]           mem_req_addr_o,
  output logic [7:0]            mem_req_be_o,
  output logic [63:0]           mem_req_data_o,
  input  logic                  mem_req_ready_i,
  input  logic                  mem_rsp_valid_i,
  /* verilator tracing_off */
  input  logic [63:0]           mem_rsp_data_i,
  /* verilator tracing_on */
  output logic                  msi_valid_o,
  output logic [5:0]            msi_fn_o,
  output logic [4:0]            msi_vector_o,

  output logic                  idle_o
);

  logic        lookup_valid, verdict_valid, verdict_ok, verdict_foreign, walk_valid;
  logic [19:0] lookup_page, walk_index;
  logic [5:0]  lookup_fn;
  logic [35:0] frame, final_frame;
  logic        is_local, lmtt_verdict, lmtt_fault, lmtt_idle;
  logic [PteBits-1:0] walk_pte;
  logic        fault_valid, fault_gt, tlb_idle, ppgtt_idle, memarb_idle;
  logic [$clog2(NumClients)-1:0] fault_client;
  fault_t      fault;

  logic        space_valid, space_write, space_verdict_valid, space_verdict_ok, space_null;
  logic        space_local, page_local;
  logic [2:0]  space_level;
  logic [35:0] space_frame;
  logic [EngineBits-1:0] space_engine, report_engine;
  logic        space_atomic, space_known, report_valid;
  logic [NumEngines-1:0] waits;
  fault_t      report;
  logic [63:0] report_addr, fault_addr;
  logic        read_valid, read_ready, read_rsp_valid;
  logic [5:0]  read_fn;
  logic [47:3] read_addr;
  logic        read_local, walk_asks, access_verdict, access_fault;

  gpu_ggtt u_ggtt (
    .clk_i        (clk_i),
    .rst_ni       (rst_ni),
    .host_valid_i (pte_valid_i),
    .host_write_i (pte_write_i),
    .host_fn_i    (pte_fn_i),
    .host_index_i (pte_index_i),
    .host_be_i    (pte_be_i),
    .host_wdata_i (pte_wdata_i),
    .host_rdata_o (pte_rdata_o),
    .walk_valid_i (walk_valid),
    .walk_index_i (walk_index),
    .walk_pte_o   (walk_pte)
  );

  gpu_tlb u_tlb (
    .clk_i             (clk_i),
    .rst_ni            (rst_ni),
    .lookup_valid_i    (lookup_valid),
    .lookup_page_i     (lookup_page),
    .lookup_fn_i       (lookup_fn),
    .verdict_valid_o   (verdict_valid),
    .verdict_ok_o      (verdict_ok),
    .verdict_foreign_o (verdict_foreign),
    .frame_o           (frame),
    .local_o           (is_local),
    .invalidate_i      (tlb_invalidate_i),
    .walk_valid_o      (walk_valid),
    .walk_index_o      (walk_index),
    .walk_pte_i        (walk_pte),
    .idle_o            (tlb_idle)
  );

  assign page_local = space_valid ? space_local : is_local;

  // The walker's reads of local memory go through the LMTT too, and first: an access is looked up
  // again when they are over.
  assign walk_asks      = read_valid && read_local;
  assign access_verdict = lmtt_verdict && !walk_asks;
  assign access_fault   = lmtt_fault && !walk_asks;

  gpu_lmtt u_lmtt (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .cfg_i            (lmem_cfg_i),
    .invalidate_i     (tlb_invalidate_i),
    .req_valid_i      (walk_asks || (space_valid ? space_verdict_valid && space_verdict_ok
                                                 : lookup_valid && verdict_valid && verdict_ok)),
    .req_local_i      (walk_asks || page_local),
    .req_fn_i         (walk_asks ? read_fn : lookup_fn),
    .req_frame_i      (walk_asks ? read_addr[47:12] : space_valid ? space_frame : frame),
    .req_verdict_o    (lmtt_verdict),
    .req_fault_o      (lmtt_fault),
    .req_frame_o      (final_frame),
    .bar_valid_i      (lmem_req_valid_i),
    .bar_fn_i         (lmem_req_fn_i),
    .bar_frame_i      (lmem_req_frame_i),
    .bar_verdict_o    (lmem_rsp_valid_o),
    .bar_fault_o      (lmem_rsp_fault_o),
    .bar_frame_o      (lmem_rsp_frame_o),
    .walk_valid_o     (lmtt_req_valid_o),
    .walk_addr_o      (lmtt_req_addr_o),
    .walk_rsp_valid_i (lmtt_rsp_valid_i),
    .walk_rsp_data_i  (lmtt_rsp_data_i),
    .idle_o           (lmtt_idle)
  );

  gpu_ppgtt u_ppgtt (
    .clk_i           (clk_i),
    .rst_ni          (rst_ni),
    .ctl_i           (ctl_i),
    .state_o         (state_o),
    .space_i         (space_i),
    .fn_i            (req_fn_i[0:NumEngines-1]),
    .addr_i          (req_addr_i[0:NumEngines-1]),
    .lookup_valid_i  (space_valid),
    .lookup_engine_i (space_engine),
    .lookup_write_i  (space_write),
    .lookup_atomic_i (space_atomic),
    .verdict_valid_o (space_verdict_valid),
    .verdict_ok_o    (space_verdict_ok),
    .verdict_level_o (space_level),
    .verdict_known_o (space_known),
    .frame_o         (space_frame),
    .null_o          (space_null),
    .local_o         (space_local),
    .invalidate_i    (ppgtt_invalidate_i),
    .report_valid_o  (report_valid),
    .report_engine_o (report_engine),
    .report_o        (report),
    .report_addr_o   (report_addr),
    .report_room_i   ({{(NumEngines - EngineVcs){fault_room_i[1]}}, {EngineVcs{fault_room_i[0]}}}),
    .report_ready_i  (!fault_valid),
    .mem_valid_o     (read_valid),
    .mem_fn_o        (read_fn),
    .mem_local_o     (read_local),
    .mem_addr_o      (read_addr),
    .mem_ready_i     (read_ready),
    .mem_fault_i     (walk_asks && lmtt_fault),
    .mem_rsp_valid_i (read_rsp_valid),
    .mem_rsp_data_i  (mem_rsp_data_i),
    .idle_o          (ppgtt_idle)
  );

  gpu_memarb u_memarb (
    .clk_i             (clk_i),
    .rst_ni            (rst_ni),
    .req_valid_i       (req_valid_i),
    .req_op_i          (req_op_i),
    .req_fn_i          (req_fn_i),
    .req_addr_i        (req_addr_i),
    .req_ppgtt_i       (req_ppgtt_i),
    .req_be_i          (req_be_i),
    .req_data_i        (req_data_i),
    .req_ready_o       (req_ready_o),
    .req_fault_o       (req_fault_o),
    .req_sent_o        (req_sent_o),
    .rsp_valid_o       (rsp_valid_o),
    .rsp_null_o        (rsp_null_o),
    .lookup_valid_o    (lookup_valid),
    .lookup_page_o     (lookup_page),
    .lookup_fn_o       (lookup_fn),
    .verdict_valid_i   (verdict_valid && (!verdict_ok || access_verdict)),
    .verdict_ok_i      (verdict_ok && !access_fault),
    .verdict_foreign_i (verdict_foreign),
    .frame_i           (final_frame),
    .local_i           (page_local),
    .space_valid_o     (space_valid),
    .space_engine_o    (space_engine),
    .space_write_o     (space_write),
    .space_atomic_o    (space_atomic),
    .space_waits_i     (waits),
    .space_miss_i      (!space_verdict_valid),
    .space_verdict_valid_i (space_verdict_valid && (!space_verdict_ok || access_verdict)),
    .space_verdict_ok_i    (space_verdict_ok && !access_fault),
    .space_verdict_level_i (space_level),
    .space_null_i      (space_null),
    .walk_valid_i      (read_valid),
    .walk_found_i      (!read_local || (lmtt_verdict && !lmtt_fault)),
    .walk_local_i      (read_local),
    .walk_fn_i         (read_fn),
    .walk_addr_i       ({read_local ? final_frame : read_addr[47:12], read_addr[11:3]}),
    .walk_ready_o      (read_ready),
    .walk_rsp_valid_o  (read_rsp_valid),
    .fault_valid_o     (fault_valid),
    .fault_client_o    (fault_client),
    .fault_o           (fault),
    .fault_addr_o      (fault_addr),
    .mem_req_valid_o   (mem_req_valid_o),
    .mem_req_op_o      (mem_req_op_o),
    .mem_req_fn_o      (mem_req_fn_o),
    .mem_req_local_o   (mem_req_local_o),
    .mem_req_addr_o    (mem_req_addr_o),
    .mem_req_be_o      (mem_req_be_o),
    .mem_req_data_o    (mem_req_data_o),
    .mem_req_ready_i   (mem_req_ready_i),
    .mem_rsp_valid_i   (mem_rsp_valid_i),
    .msi_valid_o       (msi_valid_o),
    .msi_fn_o          (msi_fn_o),
    .msi_vector_o      (msi_vector_o),
    .idle_o            (memarb_idle)
  );

  localparam logic [3:0] EngineClient = GUCBUS_FAULT_CLIENT_ENGINE[3:0];  // + number in its GT

  // Which GT hears of it, and by what name. A fault ends an access that is on its way, a report
  // waits for it; what the GuC itself ended is not told to it.
  logic [3:0] client;
  logic       told, is_report;

  always_comb begin
    for (int unsigned e = 0; e < NumEngines; e++) waits[e] = state_o[e].waits;
  end

  assign told      = fault.ppgtt && space_known;
  assign is_report = report_valid && !fault_valid;

  always_comb begin
    fault_o            = is_report ? report : fault;
    fault_addr_o       = is_report ? report_addr : fault_addr;
    {fault_gt, client} = '0;
    if (is_report || fault_valid) begin
      case (is_report ? 32'(report_engine) : 32'(fault_client))
        EngineRcs:     {fault_gt, client} = {1'b0, EngineClient};
        EngineBcs:     {fault_gt, client} = {1'b0, EngineClient + 4'd1};
        EngineCcs:     {fault_gt, client} = {1'b0, EngineClient + 4'd2};
        EngineVcs:     {fault_gt, client} = {1'b1, EngineClient};
        EngineVecs:    {fault_gt, client} = {1'b1, EngineClient + 4'd1};
        ClientDma:     {fault_gt, client} = {1'b0, GUCBUS_FAULT_CLIENT_DMA[3:0]};
        ClientDma + 1: {fault_gt, client} = {1'b1, GUCBUS_FAULT_CLIENT_DMA[3:0]};
        ClientIrq:     {fault_gt, client} = {1'b0, GUCBUS_FAULT_CLIENT_IRQ[3:0]};
        default:       {fault_gt, client} = {1'b1, GUCBUS_FAULT_CLIENT_IRQ[3:0]};
      endcase
      fault_o.client = client;
    end
    if (fault_valid) begin
      fault_o.is_local = access_fault;
      if (fault.ppgtt) fault_o.asid = space_i[space_engine].asid;
    end
  end

  // What a CPU does not find in the aperture concerns no GuC.
  assign fault_valid_o = {fault_gt, !fault_gt} &
                         {2{is_report || (fault_valid && !told &&
                                          32'(fault_client) != ClientAperture)}};
  assign idle_o        = tlb_idle && ppgtt_idle && memarb_idle && lmtt_idle;

  // A fault is no access: nothing was put on the port for it.
  /*verilator tracing_off*/
  logic was_fault_q;
  /*verilator tracing_on*/
  always_ff @(posedge clk_i) begin
    was_fault_q <= rst_ni && fault_valid && req_sent_o;
    if (rst_ni) begin
      MemoryFaultNotSent: assert (was_fault_q -> !mem_req_valid_o);
    end
  end

endmodule
