/* SPDX-License-Identifier: MIT */
/* What the PV driver's files share. */
#ifndef GUEST_PV_PV_PRIVATE_H
#define GUEST_PV_PV_PRIVATE_H

#include "guest/pv/pv.h"
#include "host/abi/gen8_irq.h"
#include "host/kmd/kmd.h"

#define PV_MAX_QUEUES   16u
#define PV_QUEUE_SLOTS  128u /* jobs of a ring */
#define PV_ENGINE_COUNT 3u

/* Addresses of a PPGTT queue: its batches, and the results of all. */
#define PV_BATCH_VA   0x10000000ull
#define PV_RESULTS_VA 0x20000000ull

struct pv_engine_state {
    struct bo hws; /* hardware status page; context status comes there */
    bool ready;
    bool csb_news;      /* an interrupt told of a switch, or may be lost */
    uint32_t csb_read;  /* index of the last entry seen */
    unsigned in_flight; /* contexts given to the engine and not told to be complete */
};

struct pv_queue {
    struct pv *pv;
    bool used;
    enum pv_engine engine;
    enum pv_space space;
    bool by_record; /* submitted through the shared page */
    uint32_t id;    /* of the context */
    struct bo context, seqno, batches;
    uint64_t root;  /* of its page tables; 0 none */
    uint64_t table; /* last table of the batches, and of the results */
    int64_t emitted;
    int64_t done;
    bool kick; /* something in the ring that the engine was not told of */
};

struct pv {
    struct pv_config config;
    uint32_t caps; /* agreed on; 0: no channel */
    uint64_t page; /* shared page */
    uint32_t next_fence;
    bool busy; /* the ring is one sender's at a time */
    int tail_probe, fence_probe;
    struct ggtt *ggtt; /* our share of the aperture; NULL until there is work */
    struct bo results;
    unsigned fences; /* that surfaces have taken, from 0 on */
    bool records;    /* of submissions are registered */
    bool irq_started;
    uint32_t irq_wanted[GEN8_GT_BANKS];
    struct pv_engine_state engines[PV_ENGINE_COUNT];
    struct pv_queue queues[PV_MAX_QUEUES];
};

/* ---- pv_memory.c: what the device reaches ---- */
/* RAM with a place in our share, its entries by PV when agreed on. As bo_create, and what pv_send
 * says. */
MUST_USE int pv_bo_create(struct pv *pv, uint64_t size, struct bo *bo);
/* Our share, at the first call. */
MUST_USE int pv_memory_start(struct pv *pv);
/* Page tables for a queue's own space: batches and results in it. */
MUST_USE int pv_space_create(struct pv_queue *queue);

/* ---- pv_irq.c: which source interrupts ---- */
/* An engine's interrupts are wanted from now on. */
void pv_irq_enable(struct pv *pv, enum pv_engine engine);

/* ---- pv_job.c: the words of a job ---- */
unsigned pv_job_slot(int64_t fence);
uint32_t pv_job_ring_offset(int64_t fence);
void pv_job_emit(struct pv_queue *queue, int64_t fence, const struct pv_job *job);
void pv_job_init(struct pv_queue *queue);
/* Newest job that the seqno page tells to be done. */
int64_t pv_job_done(struct pv_queue *queue);

#define PV_RING_SIZE     0x4000u
#define PV_PPHWSP_OFFSET PV_RING_SIZE

#endif
