/* SPDX-License-Identifier: MIT */
/* PV driver of a guest with a vGPU (world B): finds out what it is, agrees on features, and sends
 * commands through the ring in a page that it shares with the mediator. */
#ifndef GUEST_PV_PV_H
#define GUEST_PV_PV_H

#include <stdbool.h>
#include <stdint.h>

#include "host/abi/i915_vgpu_pv.h"
#include "sim/hal/hal.h"

struct pv;

struct pv_config {
    struct hal *hal;          /* the guest's */
    uint32_t caps;            /* PV_* that this driver can use */
    uint32_t first_fence;     /* 0: PV_FENCE_FIRST */
    uint32_t register_action; /* number of REGISTER_CAP_GPA; 0: the default */
    uint32_t submit_action;   /* number of SUBMIT_WORKLOAD; 0: the default */
    uint64_t spin_ns;         /* 0: 5 us of busy polling */
    uint64_t timeout_ns;      /* 0: 10 ms of polling after that */
};

/* Returns NULL without memory. Declares probes; touches no device. */
struct pv *pv_create(const struct pv_config *config);
/* Frees it; the shared page stays: the host may still write to it. */
void pv_destroy(struct pv *pv);
/* Detects the vGPU and sets up the channel (blocks). Returns the features agreed on, 0 when there
 * is no PV, -ENODEV no vGPU, -ENOMEM, -EIO the host refused the page or speaks another version. */
MUST_USE int pv_start(struct pv *pv);
uint32_t pv_caps(const struct pv *pv);
/* Physical address of the shared page; 0 before pv_start. */
uint64_t pv_shared_page(const struct pv *pv);

/* Sends action[0] with payload action[1..len-1] and waits for it (blocks; one at a time). Returns
 * 0, -EINVAL len or action, -ENODEV no channel, -ENOSPC ring full and nothing written, -ETIMEDOUT
 * not done in time: it may be later, -EIO done and failed, -EPROTO a descriptor that cannot be. The
 * last four have used up a fence. status, if not NULL, gets the descriptor's. */
MUST_USE int pv_send(struct pv *pv, const uint32_t *action, uint32_t len, uint32_t *status);

/* The commands. pages: GPA | entry flags of each page; pml4: root, of PPGTT only. As pv_send, and
 * -ENOMEM when there is no RAM for the list of pages. */
MUST_USE int pv_bind_ppgtt(struct pv *pv, uint64_t pml4, uint64_t start, const uint64_t *pages,
                           uint32_t count);
MUST_USE int pv_unbind_ppgtt(struct pv *pv, uint64_t pml4, uint64_t start, uint32_t count);
MUST_USE int pv_bind_ggtt(struct pv *pv, uint64_t start, const uint64_t *pages, uint32_t count);
MUST_USE int pv_unbind_ggtt(struct pv *pv, uint64_t start, uint32_t count);
/* Tells the host where submission records are: in the shared page. */
MUST_USE int pv_register_submission(struct pv *pv);
/* Fills an engine's record and rings: elsp is the engine's submit port, id its place. Returns 0,
 * -EBUSY the record is not taken yet, -ENODEV not agreed on. */
MUST_USE int pv_submit(struct pv *pv, unsigned id, uint32_t elsp, const uint64_t desc[2]);

/* Announces a root of page tables to the host, or takes it back. level: 3 (four roots) or 4. */
void pv_root_create(struct pv *pv, unsigned level, const uint64_t pdp[4]);
void pv_root_destroy(struct pv *pv, unsigned level, const uint64_t pdp[4]);

/* ---- surfaces -------------------------------------------------------------------------------- */

struct pv_surface_config {
    bool tile_y;        /* tiles of 128 bytes by 32 rows; else X: 512 bytes by 8 rows */
    uint32_t pitch;     /* bytes of a line, whole tiles */
    uint32_t tile_rows; /* rows of tiles */
};

struct pv_surface {
    unsigned fence;
    uint64_t addr; /* in the aperture, for hal_aperture_read and _write: line after line */
    uint64_t phys; /* in our RAM: tile after tile */
    uint64_t size;
    uint32_t pitch;
};

/* Makes one and gives it the next fence. Returns 0, -EINVAL, -ENOSPC no fence left or no room,
 * -ENOMEM, or what a message said (blocks). */
MUST_USE int pv_surface_create(struct pv *pv, const struct pv_surface_config *config,
                               struct pv_surface *surface);

/* ---- work ------------------------------------------------------------------------------------ */

enum pv_engine { PV_ENGINE_RENDER, PV_ENGINE_COPY, PV_ENGINE_VIDEO };

/* Where a queue's batches and results are for the engine. */
enum pv_space {
    PV_SPACE_GGTT,   /* in the GGTT, as the ring is */
    PV_SPACE_TABLES, /* in a space of its own, by page tables in RAM */
    PV_SPACE_BOUND,  /* in a space of its own, bound by PV messages */
};

struct pv_queue_config {
    enum pv_engine engine;
    enum pv_space space;
    bool by_record; /* submitted by a record in the shared page, not by the port */
};

#define PV_RESULT_SLOTS 256u /* dwords of results, of all queues */

/* The engine works for a while, adds to one result, then writes another. */
struct pv_job {
    uint32_t work_cycles;
    bool preemptible;
    unsigned add_slot;
    uint32_t add;
    unsigned store_slot;
    uint32_t store;
};

/* Returns the queue's number, -EINVAL, -ENODEV not agreed on, -ENOSPC, -ENOMEM, or what a message
 * said (blocks). */
MUST_USE int pv_queue_create(struct pv *pv, const struct pv_queue_config *config);
/* Puts a job into the ring and moves the tail in the context; the engine is not told. Returns its
 * fence, from 1 on, -ENOENT, -EINVAL, -ETIME no room (blocks). */
MUST_USE int64_t pv_queue_prepare(struct pv *pv, unsigned index, const struct pv_job *job);
/* As above, and tells the engine, now or when it has done with what it has. */
MUST_USE int64_t pv_queue_submit(struct pv *pv, unsigned index, const struct pv_job *job);
/* Returns 0, -ENOENT, -EINVAL, -ETIME (blocks). */
MUST_USE int pv_queue_wait(struct pv *pv, unsigned index, int64_t fence, uint64_t timeout_ns);
/* The newest job that is done, 0 none, -ENOENT. */
int64_t pv_queue_done(struct pv *pv, unsigned index);
/* Descriptor of the queue's context, as the submit port wants it. The queue is there. */
uint64_t pv_descriptor(struct pv *pv, unsigned index);
uint32_t pv_result(struct pv *pv, unsigned slot);

#endif
