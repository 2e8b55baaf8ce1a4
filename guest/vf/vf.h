/* SPDX-License-Identifier: MIT */
/* The VF driver in a guest: bootstrap, contexts and jobs, and recovery after the VM moved to
 * another GPU. It learns of the device only through its registers, its RAM and its interrupts. */
#ifndef GUEST_VF_VF_H
#define GUEST_VF_VF_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/hal/hal.h"

#define VF_MAX_GTS       2u
#define VF_MAX_QUEUES    64u
#define VF_RESULT_SLOTS  1024u
#define VF_VM_LEVELS_MIN 3u
#define VF_VM_LEVELS_MAX 5u
#define VF_FAULT_PAGES   128u /* of a queue in fault mode, at most */

enum vf_engine {
    VF_ENGINE_RENDER,
    VF_ENGINE_COPY,
    VF_ENGINE_VIDEO,
    VF_ENGINE_COMPUTE,
    VF_ENGINE_ENHANCE,
};

/* Steps at which recovery can be held, bits as the real driver's debugfs has them. */
enum vf_hold {
    VF_HOLD_BEFORE_RESFIX_START = 1,
    VF_HOLD_BEFORE_FIXUPS = 2,
    VF_HOLD_BEFORE_RESTART = 4,
    VF_HOLD_BEFORE_RESFIX_DONE = 8,
    VF_HOLD_SENDING_RESFIX_DONE = 16, /* not there: behind the last look for a newer migration */
};

struct vf_config {
    uint32_t max_abi; /* highest VF ABI to use: major << 16 | minor << 8 | patch; 0 any */
    bool no_memirq;   /* GuCs interrupt by registers; engines, which cannot, still by memory */
    bool msix;        /* engines signal a vector of their own */
    bool compression; /* the GPU keeps metadata of our memory, which we move when the VM does */
};

/* Surfaces with compression metadata: one in RAM, one in local memory if there is some. Pages count
 * through both. */
#define VF_SURFACES      2u
#define VF_SURFACE_PAGES 16u

/* What a job does with the metadata of a page, 8 bytes: copies the pair of slots that its
 * store belongs to there, or there to the pair. */
enum vf_meta { VF_META_NONE, VF_META_WRITE, VF_META_READ };

/* Pages of a queue in fault mode that a job adds 1 to, in their first dword: all from touch_from
 * to the last one, or one that there is not. */
enum vf_touch { VF_TOUCH_NONE, VF_TOUCH_PAGES, VF_TOUCH_STRAY };

/* One job: work_cycles of engine time, then atomic add of add to 32-bit result slot add_slot,
 * then store of store to slot store_slot, then the fence. */
struct vf_job {
    uint32_t work_cycles;
    bool preemptible; /* whether the work can be left in the middle */
    uint32_t add_slot;
    uint32_t add;
    uint32_t store_slot;
    uint32_t store;
    bool local;        /* the slots are those in local memory */
    enum vf_meta meta; /* after the store */
    unsigned meta_page;
    enum vf_touch touch; /* before the add; of a queue in fault mode */
    unsigned touch_from;
};

/* Page faults of a guest, on all GTs. */
struct vf_pagefault_counts {
    unsigned taken;   /* reports heard */
    unsigned bound;   /* pages that were brought */
    unsigned refused; /* answered as failed: there is no such page */
    unsigned dropped; /* not answered, as the VM moved or the GT was reset */
};

struct vf;
struct ct;

/* Allocates and declares wave probes, before the machine runs. Returns NULL without memory. */
struct vf *vf_create(struct hal *hal, const struct vf_config *config);
void vf_destroy(struct vf *vf);
/* Binds: section 6.2's bootstrap on every GT, starts interrupt and recovery programs. Returns 0
 * or -errno; on failure nothing stays registered. */
MUST_USE int vf_probe(struct vf *vf);
/* Unbinds: VF_RESET on every GT. */
void vf_remove(struct vf *vf);

/* Creates a queue (context) on an engine class. Returns its index in the calls below, or -errno. */
MUST_USE int vf_queue_create(struct vf *vf, enum vf_engine engine);
/* The same with an address space of its own, by page tables of 3 to 5 levels: batches lie there,
 * and slots are in its own memory. Also -EINVAL. */
MUST_USE int vf_queue_create_vm(struct vf *vf, enum vf_engine engine, unsigned levels);
/* The same, with the tables in the function's local memory. Also -ENOSPC when there is none, or too
 * little of it. */
MUST_USE int vf_queue_create_local(struct vf *vf, enum vf_engine engine, unsigned levels);
/* As vf_queue_create_vm in fault mode: it has so many pages (1 to VF_FAULT_PAGES) more, which are
 * mapped when the device asks for them; 4 or 5 levels. */
MUST_USE int vf_queue_create_fault(struct vf *vf, enum vf_engine engine, unsigned levels,
                                   unsigned pages);
/* Disables and deregisters it; its jobs are gone. Returns 0 or -errno. */
MUST_USE int vf_queue_destroy(struct vf *vf, unsigned index);
/* Takes the queue off its engine, a job that can be left in mid-work too, and waits until the GuC
 * has; jobs may be put in meanwhile. Returns 0, -ETIME, -ECANCELED (wedged, destroyed, failed), or
 * -EAGAIN when it was resumed meanwhile. */
MUST_USE int vf_queue_suspend(struct vf *vf, unsigned index);
/* Lets it run again; does not wait. Returns 0 or -ENOENT. */
MUST_USE int vf_queue_resume(struct vf *vf, unsigned index);
/* Puts a job in the queue's ring and lets the GuC know; waits while the ring is full. Returns
 * its fence number on that queue (>= 1), or -errno (-ECANCELED: device wedged). While recovery
 * is pending the job is only queued. */
MUST_USE int64_t vf_submit(struct vf *vf, unsigned index, const struct vf_job *job);
/* Waits for a fence. Returns 0, -ETIME, -EIO when its context was reset, -ECANCELED when wedged. */
MUST_USE int vf_wait(struct vf *vf, unsigned index, int64_t fence, uint64_t timeout_ns);
/* Highest fence that has signalled on the queue. */
int64_t vf_fence_done(struct vf *vf, unsigned index);
uint32_t vf_result(struct vf *vf, unsigned slot);
/* A slot in a queue's own memory; 0 when it has none. */
uint32_t vf_queue_result(struct vf *vf, unsigned index, unsigned slot);
/* First dword of one of the pages that come later; 0 when there is none. */
uint32_t vf_queue_page(struct vf *vf, unsigned index, unsigned page);
struct vf_pagefault_counts vf_fault_counts(struct vf *vf);
/* What bringing a page takes, besides its computing. */
void vf_fault_delay(struct vf *vf, uint64_t ns);
/* Bytes of local memory that the VF has; 0: none. */
uint64_t vf_local_size(struct vf *vf);
/* A slot in local memory, through the function's window (blocks); 0 without it. */
uint32_t vf_local_result(struct vf *vf, unsigned slot);

/* Recovery: hold bits (enum vf_hold) stop it at those steps until they are cleared. */
void vf_recovery_hold(struct vf *vf, unsigned holds);
/* The bits of those at which a worker stands now. */
unsigned vf_recovery_held(struct vf *vf);
bool vf_recovery_pending(struct vf *vf);
unsigned vf_recovery_count(struct vf *vf, unsigned gt); /* recoveries ended on this GT */
/* Has a GT reset, as the driver does by itself when its channel is dead. Jobs that had begun on it
 * fail with their queues (-EIO), all others run afterwards. Returns 0 (not waiting for the end),
 * -ENODEV without that GT, -ECANCELED when wedged. */
MUST_USE int vf_reset_gt(struct vf *vf, unsigned gt);
unsigned vf_reset_count(struct vf *vf, unsigned gt); /* resets of this GT that ended well */
struct ct *vf_ct(struct vf *vf, unsigned gt);        /* NULL before vf_probe */
const char *vf_wedged(struct vf *vf);                /* reason, or NULL */
uint32_t vf_abi(struct vf *vf, unsigned gt);         /* negotiated version */
unsigned vf_num_gts(struct vf *vf);
uint64_t vf_ggtt_start(struct vf *vf);
/* Value that a register of the GT had at bind, of those a VF may not read itself: the PF told it.
 * offset: as on the main GT, also for the media GT. 0 for one that the PF does not tell. */
uint32_t vf_runtime_reg(struct vf *vf, unsigned gt, uint32_t offset);

#endif
