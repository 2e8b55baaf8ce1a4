/* SPDX-License-Identifier: MIT */
/* What the files of the VF driver share. Programs of one guest run one at a time and give way
 * only inside calls that block (hal.h), so a stretch without such a call needs no lock; where
 * another program may have come in between, the code says so. */
#ifndef GUEST_VF_VF_INTERNAL_H
#define GUEST_VF_VF_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/vf/vf.h"
#include "guest/vf/vf_relay.h"
#include "host/kmd/kmd.h"

#define VF_MAIN_GT  0u
#define VF_MEDIA_GT 1u

/* What a GuC says that this VF has (QUERY_SINGLE_KLV). */
struct vf_resources {
    uint64_t ggtt_start;
    uint64_t ggtt_size;
    uint64_t lmem_size; /* local memory; main GT, 0 for none */
    uint32_t num_contexts;
    uint32_t num_doorbells;
    uint32_t group_scheduling;
    uint32_t gmd_id;
};

/* Steps of recovery as waves and events name them; names in vf_recovery.c. */
enum vf_recovery_step {
    VF_STEP_IDLE,
    VF_STEP_IRQ,
    VF_STEP_START,
    VF_STEP_RESFIX_START,
    VF_STEP_QUERY,
    VF_STEP_FIXUPS,
    VF_STEP_FIXUPS_DONE,
    VF_STEP_RESTART,
    VF_STEP_RESFIX_DONE,
    VF_STEP_REQUEUED,
    VF_STEP_ENDED,
    VF_STEP_WEDGED,
    VF_STEP_GT_RESET,
    VF_STEP_GT_RESET_ENDED,
};

struct vf_recovery {
    bool queued;      /* MIGRATED was seen, a worker shall run */
    bool in_progress; /* sends give up until the GuC runs us again */
    bool need_fixes;  /* addresses in the GGTT are not valid */
    bool released;    /* VF_RESET ended the GuC's wait for RESFIX_DONE */
    bool paused;      /* no submission messages: from shutdown to kickstart */
    uint8_t marker_counter;
    unsigned irqs;  /* MIGRATED interrupts handled, to see a newer one */
    unsigned epoch; /* counts shutdowns: what was sent before is void */
    unsigned ended;
    int step_probe;
};

/* Of a GT whose channel died; see vf_reset.c. */
struct vf_reset {
    bool possible;         /* bound: before, a dead channel ends the bind */
    const char *due;       /* reason, or NULL */
    uint64_t window_start; /* of counting how often */
    unsigned in_window;
    unsigned ended;
};

struct vf_tlb {
    bool busy;     /* someone sends: one at a time keeps the seqnos in order */
    uint32_t sent; /* newest seqno asked for */
    uint32_t done; /* newest seqno completed, in order */
};

/* Page faults of a GT that wait for the pager; see vf_pagefault.c. */
#define VF_FAULT_QUEUE 16u /* an engine has one; others are of contexts that it left since */
#define VF_FAULT_DW    4u

struct vf_faults {
    uint32_t queue[VF_FAULT_QUEUE][VF_FAULT_DW];
    unsigned head, count;
};

struct vf_gt {
    struct vf *vf;
    unsigned index;
    struct mailbox mailbox;
    struct ct *ct;
    uint32_t found_abi; /* as the GuC answered; 0: not asked yet */
    struct vf_resources resources;
    struct vf_recovery recovery;
    struct vf_reset reset;
    struct vf_tlb tlb;
    struct vf_faults faults;
    struct vf_relay relay;
    struct bo klvs; /* what the GuC is to read of an opt-in */
    int abi_probe;
};

/* Life of a context; picture in vf_submit.c. CREATING: its place is taken, nobody looks at it. */
enum vf_queue_state {
    VF_QUEUE_FREE,
    VF_QUEUE_CREATING,
    VF_QUEUE_NEW,
    VF_QUEUE_ENABLING,
    VF_QUEUE_ENABLED,
    VF_QUEUE_DISABLING,
    VF_QUEUE_DISABLED,
    VF_QUEUE_DEREGISTERING,
};

/* Jobs a ring has room for; one place stays free, so that HEAD, which may still stand behind the
 * seqno write of the newest finished job, is never overtaken. */
#define VF_QUEUE_SLOTS 128u
#define VF_BATCH_POOL  0x2000u /* bytes: a batch for each of them */

/* What a queue waited for when last looked at; see vf_watch.c. */
struct vf_watch {
    uint64_t since;
    enum vf_queue_state state;
    int64_t done;
};

/* What address space a queue is to have; all 0: none. */
struct vf_space {
    unsigned levels; /* of its page tables */
    unsigned pages;  /* in fault mode */
    bool local;      /* tables in local memory; not in fault mode */
};

/* Address space of a queue; see vf_vm.c. */
struct vf_vm {
    unsigned levels; /* of its page tables; 0: there is none */
    bool local;      /* its tables lie in local memory */
    uint64_t tables; /* the last level's first */
    uint64_t memory; /* in RAM: all else */
    unsigned pages;  /* that come when they are asked for; 0: not in fault mode */
    uint32_t asid;   /* 0 unless in fault mode */
    bool has_table;  /* of those pages */
};

struct vf_queue {
    struct vf *vf;
    struct vf_gt *gt;
    unsigned index;
    enum vf_queue_state state;
    enum vf_engine engine;
    uint16_t id;         /* context id, the VF's own numbering on this GT */
    unsigned life;       /* counts creations, so that a waiter notices the next one */
    bool known;          /* a registration was sent and not taken back */
    bool destroy;        /* on its way out */
    bool suspended;      /* it shall not run */
    bool kick;           /* the GuC shall look at the ring again though nothing is new */
    int error;           /* jobs that are not done end with it */
    struct bo lrc;       /* ring | PPHWSP | register state | batch page */
    struct bo seqno;     /* own page: seqno +0, start seqno +8; the engine writes */
    struct bo batches;   /* one slot a job; without a space of its own */
    struct vf_vm vm;     /* or where batches lie and write to */
    uint64_t image_base; /* GGTT start for which the image was last written */
    int64_t emitted;     /* newest fence in the ring */
    int64_t submitted;   /* newest fence the GuC was told of */
    int64_t done;        /* newest fence signalled */
    struct vf_watch watch;
    struct vf_job jobs[VF_QUEUE_SLOTS]; /* by vf_job_slot, kept to emit again */
};

#define VF_CCS_CONTEXTS 2u /* save, restore */

/* Compression metadata; see vf_ccs.c. */
struct vf_ccs {
    bool on;
    struct bo surface;
    struct ggtt_node *local_surface; /* NULL without local memory */
    struct bo store;                 /* their metadata while the VM moves */
    struct vf_queue contexts[VF_CCS_CONTEXTS];
};

struct vf {
    struct hal *hal;
    struct vf_config config;
    struct ggtt *ggtt; /* NULL while not bound */
    unsigned num_gts;  /* 0 while not bound */
    struct vf_gt gts[VF_MAX_GTS];
    struct bo memirq;
    struct bo results;
    struct ggtt_node *local_slots; /* NULL without local memory */
    struct vf_ccs ccs;
    struct bo hwconfig;
    struct vf_queue queues[VF_MAX_QUEUES];
    const char *wedged;    /* reason */
    unsigned holds;        /* enum vf_hold */
    unsigned held;         /* those at which a worker stands */
    unsigned migrated_gts; /* older recovery: GTs that have reported */
    bool stop;             /* programs shall end; also: not bound */
    unsigned programs;     /* how many have not */
    bool pager;            /* runs: there was a queue in fault mode */
    uint64_t pager_ns;     /* of a page */
    struct vf_pagefault_counts faults;
    int ggtt_probe;
};

/* ---- vf.c ------------------------------------------------------------------------------------ */

/* The version that is used: the GuC's, or the configured one when that is lower. */
uint32_t vf_gt_abi(const struct vf_gt *gt);
/* Device unusable from here: everyone who waits gets -ECANCELED. The first reason stays. */
void vf_wedge(struct vf *vf, const char *reason);

/* ---- vf_probe.c ------------------------------------------------------------------------------ */

/* Starts a program of the bound driver, and its last call. */
void vf_program_start(struct vf *vf, const char *name, void (*program)(void *arg), void *arg);
void vf_program_end(struct vf *vf);

/* ---- vf_guc.c: messages by mailbox ----------------------------------------------------------- */

/* All return 0 or -errno, as mailbox_send where nothing else is said. */
MUST_USE int vf_guc_reset(struct vf_gt *gt, unsigned attempts);
/* The first one asks for the minimum, later ones for the version found: -EREMCHG if it changed. */
MUST_USE int vf_guc_handshake(struct vf_gt *gt);
MUST_USE int vf_guc_query_gmd_id(struct vf_gt *gt, uint32_t *gmd_id);
MUST_USE int vf_guc_query_resources(struct vf_gt *gt, struct vf_resources *resources);
MUST_USE int vf_guc_hwconfig(struct vf_gt *gt);
MUST_USE int vf_guc_resfix_start(struct vf_gt *gt, uint16_t marker);
MUST_USE int vf_guc_resfix_done(struct vf_gt *gt, uint16_t marker);

/* ---- vf_connect.c, vf_reset.c ---------------------------------------------------------------- */

#define VF_RESET_ATTEMPTS 10u

/* VF_RESET and MATCH_VERSION: drops what the GuC holds for us and makes sure it is the one we
 * know. */
MUST_USE int vf_connect_reset(struct vf_gt *gt, unsigned attempts);
/* Interrupts, rings, and the PF behind them. */
MUST_USE int vf_connect(struct vf_gt *gt);
/* From whatever state: two resets, connection, features. */
MUST_USE int vf_connect_again(struct vf_gt *gt);

/* The GT does not work any more: lets its worker reset it, or wedges while it is being bound.
 * Never blocks. */
void vf_reset_request(struct vf_gt *gt, const char *reason);
bool vf_reset_is_due(const struct vf_gt *gt);
/* For the worker that also recovers the GT. In the end the GT works or the device is wedged. */
void vf_reset_run(struct vf_gt *gt);

/* ---- vf_features.c: messages by CTB once it is enabled --------------------------------------- */

/* Takes the memory for them, before the CTB is enabled. Returns 0, -ENOMEM, -ENOSPC. */
MUST_USE int vf_features_create(struct vf_gt *gt);
/* Returns 0; -ENOKEY when the GuC knows less than was sent, -EPROTO when more, or as
 * ct_send_recv. */
MUST_USE int vf_features_enable(struct vf_gt *gt);

/* ---- vf_local.c: objects in local memory; nothing without it --------------------------------- */

MUST_USE int vf_local_create(struct vf *vf);
void vf_local_destroy(struct vf *vf);
/* GGTT address of a slot, of those in RAM or of those in local memory. */
uint64_t vf_slot_addr(const struct vf *vf, bool local, unsigned slot);

/* ---- vf_ccs.c: compression metadata; nothing unless configured ------------------------------- */

/* Once bound: objects and contexts. Returns 0 or -errno; vf_ccs_stop follows in any case. */
MUST_USE int vf_ccs_start(struct vf *vf);
void vf_ccs_stop(struct vf *vf);
/* Tells the GuC of the contexts (main GT), after it was reset too. */
MUST_USE int vf_ccs_register(struct vf_gt *gt);
/* Whether a context id is one of these. */
bool vf_ccs_owns(const struct vf_gt *gt, uint32_t id);
/* Writes them again for where the GGTT is now. Never blocks. */
void vf_ccs_rebase(struct vf *vf);
/* GGTT address of a surface's page. Returns 0, -EINVAL: there is none. */
MUST_USE int vf_ccs_page_addr(const struct vf *vf, unsigned page, uint64_t *addr);

/* ---- vf_memirq.c ----------------------------------------------------------------------------- */

/* Vectors of a driver with MSI-X. */
#define VF_VECTOR_ENGINES  1u
#define VF_VECTORS_GUC     0x1u /* masks */
#define VF_VECTORS_ENGINES (1u << VF_VECTOR_ENGINES)
#define VF_ALL_VECTORS     0xffffffffu

MUST_USE int vf_memirq_init(struct vf *vf);
MUST_USE int vf_memirq_register(struct vf_gt *gt);
/* Handles what devices have reported. vectors: mask of those that came. Never blocks. */
void vf_memirq_scan(struct vf *vf, uint32_t vectors);
/* Whether the MIGRATED byte is set and not handled. */
bool vf_memirq_migrated(const struct vf_gt *gt);

/* ---- vf_regirq.c: the same by registers, for a driver without memory interrupts of GuCs ------ */

void vf_regirq_enable(struct vf *vf);
void vf_regirq_scan(struct vf *vf);

/* ---- vf_irq.c, vf_tlb.c ---------------------------------------------------------------------- */

void vf_irq_main(void *arg); /* struct vf */
extern const struct ct_handler vf_ct_handlers[];
/* GuC entries of the TLB, on every GT whose CT is up; waits. For ggtt_set_invalidate; arg:
 * struct vf. */
void vf_tlb_invalidate(void *arg);
/* Recovery: what was asked of the GPU left behind counts as done. */
void vf_tlb_complete_all(struct vf_gt *gt);
int vf_tlb_handle_done(void *arg, const uint32_t *msg, uint32_t len);

/* ---- vf_queue.c, vf_context.c, vf_job.c ------------------------------------------------------ */

/* Whether the queue is one of this GT's and complete: what submission and recovery look at. */
bool vf_queue_live(const struct vf_queue *queue, const struct vf_gt *gt);
/* Gives its memory back and the place too; the GuC must not know the context any more. */
void vf_queue_free(struct vf_queue *queue);
/* Neither done nor begun. */
void vf_job_init_seqnos(struct vf_queue *queue);
/* Reads the seqno page; true when a fence signalled. Never blocks. */
bool vf_queue_update_done(struct vf_queue *queue);
/* Whether an engine began the first job that is not done. */
bool vf_queue_job_begun(struct vf_queue *queue);

/* Writes the whole register state for the ring as it is. */
void vf_context_write_image(struct vf_queue *queue);
/* The same, to begin at the first job that is not done. */
void vf_context_rewind(struct vf_queue *queue);
/* Behind the newest job. */
void vf_context_set_tail(struct vf_queue *queue);
uint64_t vf_context_descriptor(const struct vf_queue *queue);
/* Takes the objects and an address space, if it is to have one, and writes their first contents.
 * Returns 0, -ENOMEM, -ENOSPC. */
MUST_USE int vf_context_create(struct vf_queue *queue, const struct vf_space *space);
/* Writes the objects' GGTT entries again. */
void vf_context_map(struct vf_queue *queue);
void vf_context_destroy(struct vf_queue *queue);
/* What is an address in one context's image, after the GGTT moved. Never blocks. */
void vf_context_fixup(struct vf_queue *queue);

/* Writes the job of that fence to its places in ring and batch pool. Never blocks. */
void vf_job_emit(struct vf_queue *queue, int64_t fence);
/* Where a fence's job lies: in jobs[] and the batch pool, in bytes in the ring. */
unsigned vf_job_slot(int64_t fence);
uint32_t vf_job_ring_offset(int64_t fence);
uint32_t vf_job_seqno(int64_t fence);

/* ---- vf_vm.c --------------------------------------------------------------------------------- */

/* Of the queue of that index. Returns 0, -ENOMEM, or -ENOSPC when local memory has no room for the
 * tables. With pages in fault mode; else nothing in a space changes afterwards but batches and
 * results. */
MUST_USE int vf_vm_create(struct vf *vf, const struct vf_space *space, unsigned index,
                          struct vf_vm *vm);
/* A space without levels is none. */
void vf_vm_destroy(struct vf *vf, struct vf_vm *vm);
/* What goes into the image as PDPn. */
uint64_t vf_vm_root(const struct vf_vm *vm, unsigned pdp);
/* Addresses in the space. */
uint64_t vf_vm_slot_addr(const struct vf_vm *vm, bool local, unsigned slot);
uint64_t vf_vm_batch_addr(const struct vf_vm *vm, uint64_t offset);
/* The CPU's side of them. */
void vf_vm_write_batch(struct vf *vf, const struct vf_vm *vm, uint64_t offset, const void *from,
                       uint64_t size);
uint32_t vf_vm_result(struct vf *vf, const struct vf_vm *vm, unsigned slot);
/* Fault mode. A batch that adds 1 to all pages from this one on; an address that there is not; a
 * page's first dword. */
uint64_t vf_vm_touch_addr(const struct vf_vm *vm, unsigned from);
uint64_t vf_vm_stray_addr(const struct vf_vm *vm);
uint32_t vf_vm_page(struct vf *vf, const struct vf_vm *vm, unsigned n);
/* Maps the page of an address. Returns 1, 0 when it was mapped, -EFAULT: there is none. */
MUST_USE int vf_vm_bind(struct vf *vf, struct vf_vm *vm, uint64_t addr);

/* ---- vf_pagefault.c -------------------------------------------------------------------------- */

/* Starts the program that brings pages, unless it runs. */
void vf_pagefault_start(struct vf *vf);
int vf_pagefault_handle(void *arg, const uint32_t *msg, uint32_t len);
/* The device asks anew for what it still wants: after a migration, a reset. Never blocks. */
void vf_pagefault_forget(struct vf_gt *gt);

/* ---- vf_submit.c: the program that sends a GT's submission messages -------------------------- */

void vf_submit_main(void *arg); /* struct vf_gt */
/* The context cannot do its jobs: they end with -EIO, and it leaves the GuC. Never blocks. */
void vf_submit_fail(struct vf_queue *queue);
/* Forgets requests whose answer will not come; nothing is sent until resume. Never blocks. */
void vf_submit_pause(struct vf_gt *gt);
/* Writes all unfinished jobs again, for where the GGTT is now. */
void vf_submit_reemit(struct vf_gt *gt);
/* After a reset of the GT: the context is to be registered anew, and goes on with its first
 * unfinished job, unless that had begun: then the queue fails. */
void vf_submit_restart(struct vf_queue *queue);
/* Sends what was forgotten, and makes the GuC look at every queue with unfinished jobs. */
void vf_submit_resume(struct vf_gt *gt);
int vf_submit_handle_mode_done(void *arg, const uint32_t *msg, uint32_t len);
int vf_submit_handle_deregister_done(void *arg, const uint32_t *msg, uint32_t len);
int vf_submit_handle_reset(void *arg, const uint32_t *msg, uint32_t len);

/* ---- vf_watch.c ------------------------------------------------------------------------------ */

/* Never blocks. */
void vf_watch_gt(struct vf_gt *gt);

/* ---- vf_recovery.c, vf_recovery_device.c ----------------------------------------------------- */

extern const char *const vf_recovery_step_names[];
void vf_recovery_step(struct vf_gt *gt, enum vf_recovery_step step);
/* MIGRATED interrupt of a GT. Never blocks. */
void vf_recovery_irq(struct vf_gt *gt);
/* "Recovery pending": the interrupt byte is set, or recovery runs. Never blocks. */
bool vf_recovery_gt_pending(const struct vf_gt *gt);
bool vf_recovery_any_pending(const struct vf *vf);
/* Changes with each migration noticed on any GT. */
unsigned vf_recovery_irqs(const struct vf *vf);
void vf_recovery_main(void *arg);            /* worker of one GT */
void vf_recovery_device_main(void *arg);     /* worker for ABI below 1.27 */
bool vf_recovery_by_gt(const struct vf *vf); /* which of the two */
/* Parts of both flows. */
void vf_recovery_shutdown(struct vf_gt *gt);
void vf_recovery_hold_at(struct vf_gt *gt, enum vf_hold hold);
/* Returns NULL, or why the device cannot be used any more. */
MUST_USE const char *vf_recovery_fixups(struct vf_gt *gt);
void vf_recovery_rearm(struct vf_gt *gt);
void vf_recovery_kickstart(struct vf_gt *gt);
/* A step failed: wedges, or, when a newer migration is the likely reason, queues another run.
 * irqs: the count of interrupts when the run began. */
void vf_recovery_fail(struct vf_gt *gt, unsigned irqs, const char *reason);

#endif
