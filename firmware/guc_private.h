/* SPDX-License-Identifier: MIT */
/* What the files of the firmware share: the state of one GuC and the requests it serves. Error
 * codes are XE_GUC_RESPONSE_*, 0 is success. */
#ifndef FIRMWARE_GUC_PRIVATE_H
#define FIRMWARE_GUC_PRIVATE_H

#include "firmware/abi/guc_communication_mmio_abi.h"
#include "firmware/abi/guc_errors_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "firmware/guc.h"
#include "firmware/guc_context.h"
#include "firmware/guc_ctb.h"
#include "firmware/guc_vf_state.h"
#include "gpu_regs.h"

#define GUC_FUNCTIONS         (GPU_MAX_VFS + 1u)
#define GUC_PF                0u
#define GUC_GGTT_BOTTOM       0x200000ull   /* the firmware's own memory hides what lies below */
#define GUC_GGTT_TOP_ADDR     0xfee00000ull /* and fixed windows what lies from here up */
#define GUC_PAGE_SIZE         0x1000u
#define GUC_MAX_GROUPS        8u
#define GUC_SELF_KEYS         8u /* SELF_CFG keys, from MEMIRQ_STATUS_ADDR */
#define GUC_ABI_RESFIX_MARKER GUC_ABI_VERSION(1, 27, 0)

/* What the PF gave to a function. One word for each value that only its reader interprets. */
struct guc_vf_config {
    uint64_t ggtt_start, ggtt_size, lmem_size;
    uint32_t num_contexts, begin_context, num_doorbells, begin_doorbell, tile_mask;
    uint32_t exec_quantum_ms, preempt_timeout_us, sched_priority;
    uint32_t thresholds[8];
    uint32_t group_quantum[GUC_MAX_GROUPS], group_timeout[GUC_MAX_GROUPS];
    uint32_t given; /* bit n: KLV n of the table in guc_config.c was given */
};

#define GUC_GROUP_CLASSES 16u /* masks of one scheduling group, by class */

struct guc_policies {
    uint32_t sched_if_idle, sample_period_ms, reset_after_switch;
    uint32_t num_groups; /* 0: none, all engines are scheduled alike */
    uint32_t groups[GUC_MAX_GROUPS][GUC_GROUP_CLASSES];
};

enum guc_adverse_kind {
    GUC_ADVERSE_CAT_ERR,
    GUC_ADVERSE_ENGINE_RESET,
    GUC_ADVERSE_PAGE_FAULT,
    GUC_ADVERSE_H2G_STORM,
    GUC_ADVERSE_IRQ_STORM,
    GUC_ADVERSE_DOORBELL_STORM,
    GUC_ADVERSE_MULTI_LRC,
    GUC_ADVERSE_COUNT,
};

/* What a VF did in the present sample period. */
struct guc_adverse {
    uint64_t window_ns;               /* its begin */
    uint64_t seen[GUC_ADVERSE_COUNT]; /* events, or ns */
    uint32_t told, owed;              /* bits 1 << kind: told in this period, to be told */
};

/* Waves of one function; numbers of hal_probe. */
struct guc_probes {
    int state, h2g_head, h2g_tail, h2g_fence, h2g_action, h2g_status;
    int g2h_head, g2h_tail, g2h_fence, g2h_action, g2h_status;
};

/* Compression contexts of a VF, see guc_ccs.c. */
struct guc_ccs {
    struct guc_context *context; /* that waits for its engine or runs; NULL: none */
    bool saved;                  /* save has begun in this pause, or was not needed */
    bool restoring;              /* RESFIX_DONE was answered BUSY */
    uint32_t message;            /* its number, for traces */
};

/* Page faults of a function, see guc_pagefault.c. */
struct guc_pages {
    uint32_t serial; /* of the newest report */
    uint32_t owed;   /* reports that are void and not answered; UINT32_MAX: nobody knows */
};

struct guc_function {
    enum guc_vf_state state; /* VFs only */
    struct guc_vf_config config;
    uint64_t self[GUC_SELF_KEYS]; /* self config by key; 0 when not given */
    struct guc_ctb ctb;
    uint32_t abi;                   /* version that its driver last matched */
    uint32_t marker;                /* of RESFIX_START; 0 none */
    uint64_t left_start, left_size; /* GGTT range before the last move; size 0: none */
    struct guc_adverse adverse;
    struct guc_ccs ccs;
    struct guc_pages pages;
    uint32_t notify; /* bits 1 << GUC_PF_NOTIFY_VF_*: events owed to the PF */
    uint32_t mailbox_count;
    struct guc_context *contexts[GUC_CONTEXT_PAGES];
    struct guc_probes probes;
};

struct guc_faults; /* guc_fault.c */

struct guc {
    struct hal *hal;
    struct guc_config config;
    bool vgt; /* a first VF configuration made GuC share itself out */
    struct guc_policies policies;
    struct guc_engine engines[GUC_MAX_ENGINES];
    struct guc_function functions[GUC_FUNCTIONS];
    struct guc_faults *faults; /* NULL: nothing is disturbed */
};

/* ---- requests (guc_actions.c) ---------------------------------------------------------------- */

enum guc_transport { GUC_MAILBOX, GUC_CTB };

struct guc_request {
    unsigned fn;
    enum guc_transport transport;
    uint32_t type; /* GUC_HXG_TYPE_* */
    const uint32_t *hxg;
    uint32_t len;
    bool busy;      /* answered so for now; guc_mailbox_answer_late follows */
    uint32_t data0; /* of the answer */
    uint32_t payload[GUC_MAX_MMIO_MSG_LEN - 1];
    uint32_t payload_len;
};

typedef uint32_t guc_handler(struct guc *guc, struct guc_request *request);

/* Length that the table gives to an action of the mailbox, 1 for one it does not know. */
uint32_t guc_action_mailbox_len(uint16_t action);
/* Checks sender, length and state, runs the handler, and encodes the final answer in answer (4
 * dwords). Returns its length, 0 when none is due. */
uint32_t guc_action_run(struct guc *guc, struct guc_request *request, uint32_t *answer);
/* Encodes a final answer without data. Returns its length. */
uint32_t guc_action_answer(uint32_t error, uint32_t *answer);

guc_handler guc_action_self_cfg, guc_action_control_ctb, guc_action_get_hwconfig;
guc_handler guc_action_match_version, guc_action_vf_reset, guc_action_query_klv;
guc_handler guc_action_resfix_start, guc_action_resfix_done;
guc_handler guc_action_update_policy, guc_action_update_vf_cfg, guc_action_vf_control;
guc_handler guc_action_save_restore, guc_action_relay_to_vf, guc_action_relay_to_pf;
guc_handler guc_action_register_context, guc_action_deregister_context, guc_action_sched_context;
guc_handler guc_action_mode_set, guc_action_context_policies, guc_action_register_multi_lrc;
guc_handler guc_action_page_fault_response;
guc_handler guc_action_tlb_invalidation, guc_action_opt_in, guc_action_scheduling_policies;

/* ---- services -------------------------------------------------------------------------------- */

/* Serves the mailbox of a function, if it holds a request. */
void guc_mailbox_serve(struct guc *guc, unsigned fn);
/* Raises bits of the interrupt vector at a function, through its memory when it registered that. */
void guc_irq_send(struct guc *guc, unsigned fn, uint32_t vector);
void guc_tlb_invalidate(struct guc *guc);
/* Checks that a VF command names a VF that exists and has a configuration. Returns 0 or an error
 * code. */
MUST_USE uint32_t guc_check_vfid(const struct guc *guc, uint32_t vfid);
/* Checks a value of the self config, by key from MEMIRQ_STATUS_ADDR. Returns 0 or an error code. */
MUST_USE uint32_t guc_self_check(const struct guc *guc, unsigned fn, unsigned index,
                                 uint64_t value);
/* Whether [addr, addr + size) lies where the function's objects may lie. */
bool guc_fn_owns(const struct guc *guc, unsigned fn, uint64_t addr, uint64_t size);
/* Moves any number of dwords by DMA. Returns 0 or -EFAULT (traced). */
MUST_USE int guc_dma_read(struct guc *guc, unsigned fn, uint64_t addr, uint32_t *to, uint32_t len);
MUST_USE int guc_dma_write(struct guc *guc, unsigned fn, uint64_t addr, const uint32_t *from,
                           uint32_t len);

/* Counts something that a VF did, in events or ns of this processor. */
void guc_adverse_count(struct guc *guc, unsigned fn, enum guc_adverse_kind kind, uint64_t amount);
/* Tells the PF of thresholds that were reached. */
void guc_adverse_tell(struct guc *guc);
void guc_adverse_forget(struct guc *guc, unsigned fn);
/* ---- fault points (guc_fault.c) -------------------------------------------------------------- */

/* A message as a fault point meets and keeps it. */
struct guc_kept_message {
    uint16_t action;
    uint32_t pos;    /* position in the ring, id in the mailbox */
    uint32_t *words; /* rings: header first */
    uint32_t len;
};

/* Lets the fault point have its way with a message. Returns how often it counts now: 1 as a rule,
 * 0 when it is lost or kept, 2. */
MUST_USE unsigned guc_fault_meets(struct guc *guc, enum guc_message_kind kind, unsigned fn,
                                  struct guc_kept_message *message);
/* A message went its way: those that waited for that follow it. */
void guc_fault_passed(struct guc *guc, enum guc_message_kind kind, unsigned fn);
/* Lets go what was kept long enough. Returns when that is to be done again, HAL_FOREVER: never. */
uint64_t guc_fault_run(struct guc *guc);
void guc_fault_free(struct guc *guc);
/* What was kept, back on its way: a mailbox's request (4 dwords) and answer, a ring's message. */
void guc_mailbox_run(struct guc *guc, unsigned fn, const uint32_t *hxg);
void guc_mailbox_answer(struct guc *guc, unsigned fn, const struct guc_kept_message *answer);
/* Gives the final answer, success or an error code, to what was answered BUSY. */
void guc_mailbox_answer_late(struct guc *guc, unsigned fn, uint16_t action, uint32_t error);
void guc_ctb_handle(struct guc *guc, unsigned fn, const struct guc_kept_message *message);
/* Returns 0 or -EPIPE. */
int guc_ctb_send_words(struct guc *guc, unsigned fn, const struct guc_kept_message *message);

/* ---- compression contexts (guc_ccs.c) -------------------------------------------------------- */

/* Of a VF that no engine has: begins to save unless this pause has. Returns whether it goes on. */
bool guc_ccs_save(struct guc *guc, unsigned vf);
/* Begins to restore. Returns false when there is nothing to run. */
bool guc_ccs_restore(struct guc *guc, unsigned vf);
/* The one that waits for engine e, or NULL. */
struct guc_context *guc_ccs_next(struct guc *guc, unsigned e);
/* Whether the GuC runs it by itself now. */
bool guc_ccs_is(const struct guc *guc, const struct guc_context *context);
/* A context goes to its engine; one has left it. Returns whether it was one of these. */
void guc_ccs_enter(struct guc *guc, const struct guc_context *context);
bool guc_ccs_left(struct guc *guc, struct guc_context *context, uint32_t event);
/* A pause begins; all is dropped. What runs is stopped. */
void guc_ccs_pause(struct guc *guc, unsigned vf);
void guc_ccs_forget(struct guc *guc, unsigned vf);

/* ---- page faults (guc_pagefault.c) ----------------------------------------------------------- */

/* The chip tells that an access waits (GUCBUS_FAULT_WAITS). */
void guc_page_met(struct guc *guc, uint32_t fault, uint64_t addr, uint32_t asid);
/* The context of engine e has left. reported: with an access that waited, which the chip told. */
void guc_page_left(struct guc *guc, unsigned e, bool reported);
/* Tells drivers what they do not know, and asks again. Returns when to call again, HAL_FOREVER:
 * never. */
uint64_t guc_pages_run(struct guc *guc);
/* The function comes from another GuC. */
void guc_pages_moved(struct guc *guc, unsigned fn);

/* ---- KLVs (guc_klv.c) ------------------------------------------------------------------------ */

/* Takes one KLV. Returns 1 when it counts, 0 when the key is unknown, minus an error code when it
 * is bad. */
typedef int guc_klv_visitor(void *arg, uint32_t key, const uint32_t *value, uint32_t len);

/* Visits every KLV of a list. Returns how many counted, or minus an error code at the first bad
 * one. */
MUST_USE int guc_klv_parse(const uint32_t *klvs, uint32_t len, guc_klv_visitor *visit, void *arg);
/* The same for a list in a function's memory. */
MUST_USE int guc_klv_parse_buffer(struct guc *guc, unsigned fn, uint64_t addr, uint32_t len,
                                  guc_klv_visitor *visit, void *arg);

#endif
