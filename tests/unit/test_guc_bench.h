/* SPDX-License-Identifier: MIT */
/* A GuC on the fake HAL with the chip around it: doorbells, mailboxes, gates, engines that a test
 * completes by hand, and the host's end of every ring. All but create and destroy is called from
 * the test's program. */
#ifndef TESTS_UNIT_TEST_GUC_BENCH_H
#define TESTS_UNIT_TEST_GUC_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/guc_private.h"
#include "tests/unit/fake_hal.h"

#define BENCH_VFS          4u
#define BENCH_ENGINES      2u
#define BENCH_PF_BASE      0x1000000ull /* rings and buffers of the PF */
#define BENCH_VF_SIZE      0x100000ull  /* GGTT of each VF */
#define BENCH_VF_START(vf) (0x10000000ull + (vf)*0x1000000ull)
#define BENCH_H2G_LEN      1024u /* dwords */
#define BENCH_G2H_LEN      1024u
#define BENCH_CONTEXTS     32u
#define BENCH_MSG          256u

/* Where the host put its objects, from the base of a function. */
#define BENCH_MEMIRQ   0x0000u
#define BENCH_H2G_DESC 0x1000u
#define BENCH_G2H_DESC 0x1800u
#define BENCH_H2G      0x2000u
#define BENCH_G2H      0x3000u
#define BENCH_BUFFER   0x4000u
#define BENCH_LRC(id)  (0x20000u + 0x2000u * (id))

struct bench_engine {
    uint32_t lrca, tag;
    bool busy;
    bool deaf; /* does not heed PREEMPT */
    bool dead; /* nor RESET */
    unsigned resets;
    uint32_t event; /* one waits for the GuC, or 0 */
    unsigned submits;
    bool waits; /* an access, for a page */
    bool told;  /* and the GuC could know */
    unsigned retries, fails;
};

struct bench_fn {
    uint32_t mailbox[4];
    uint32_t doorbell; /* GUCBUS_DB_MBOX, GUCBUS_DB_CTB */
    bool closed;
    uint64_t base;
    uint32_t h2g_tail, g2h_head;
    uint16_t fence;
};

struct bench {
    struct hal *hal;
    struct guc *guc;
    struct bench_fn fns[GUC_FUNCTIONS];
    struct bench_engine engines[BENCH_ENGINES];
    uint32_t regs[4];             /* status, memirq status, memirq source, enable */
    uint32_t irqs[GUC_FUNCTIONS]; /* vectors raised, or-ed */
    unsigned migrated[GUC_FUNCTIONS];
    uint32_t flr;
    bool reset;                 /* the PF reset the GT, the program has not begun anew */
    uint32_t fault, fault_addr; /* GUCBUS_FAULT_NEXT, GUCBUS_FAULT_ADDR */
    uint32_t fault_addr_hi, fault_asid;
    unsigned tlb_invalidations;
    unsigned ppgtt_invalidations;
    unsigned hostile; /* a VF that keeps no rule of the bench's, or 0 */
    bool stubborn;    /* its contexts do not heed PREEMPT */
    void (*test)(struct bench *bench);
};

struct bench *bench_create(uint32_t abi);
void bench_destroy(struct bench *bench);
/* Starts the GuC, sets up the PF (rings, own configuration) and runs test. */
void bench_run(struct bench *bench, void (*test)(struct bench *bench));
/* The same without setting anything up. */
void bench_run_bare(struct bench *bench, void (*test)(struct bench *bench));

/* Lets the GuC come to rest. */
void bench_settle(struct bench *bench);
/* One mailbox exchange of len dwords. Returns dword 0 of the answer; rest (3 dwords) may be
 * NULL. */
uint32_t bench_mailbox(struct bench *bench, unsigned fn, const uint32_t *request, unsigned len,
                       uint32_t *rest);
uint32_t bench_mailbox1(struct bench *bench, unsigned fn, uint32_t dw0);
uint32_t bench_mailbox2(struct bench *bench, unsigned fn, uint32_t dw0, uint32_t dw1);
/* Registers memory interrupts (VF) and rings of a function from base and enables them. */
void bench_rings(struct bench *bench, unsigned fn, uint64_t base);
/* The PF's own rings and configuration: bench_run does so. */
void bench_set_up_pf(struct bench *bench);
/* Puts dwords into H2G as they are and rings. */
void bench_put(struct bench *bench, unsigned fn, const uint32_t *words, unsigned len);
/* Sends an HXG message. Returns its fence. */
uint16_t bench_send(struct bench *bench, unsigned fn, const uint32_t *hxg, unsigned len);
/* Takes the next G2H message (header first) if there is one. Returns its length, 0 for none. */
unsigned bench_take(struct bench *bench, unsigned fn, uint32_t *words);
/* Sends a request, skips events until its answer. Returns HXG dword 0 of it, 0 without one. */
uint32_t bench_request(struct bench *bench, unsigned fn, const uint32_t *hxg, unsigned len);
/* Takes G2H messages up to an event with this action. Returns its last payload dword, UINT32_MAX
 * without. */
uint32_t bench_event(struct bench *bench, unsigned fn, uint16_t action);
void bench_drain(struct bench *bench, unsigned fn);

/* Gives VF its range, contexts and doorbells. */
void bench_provision(struct bench *bench, unsigned vf, uint64_t ggtt_start);
/* VF_CONTROL; returns the answer. */
uint32_t bench_control(struct bench *bench, unsigned vf, uint32_t command);
/* SAVE_RESTORE_VF from the PF's buffer; returns the answer. */
uint32_t bench_blob(struct bench *bench, unsigned vf, uint32_t opcode, uint32_t size);
/* A VF with rings, at its usual place. */
void bench_start_vf(struct bench *bench, unsigned vf);
/* REGISTER_CONTEXT (EVENT) on the render engine and MODE_SET(1). */
void bench_context(struct bench *bench, unsigned vf, unsigned id);
void bench_register(struct bench *bench, unsigned vf, unsigned id, uint32_t type);
/* The engine's context leaves with an event. */
void bench_engine_event(struct bench *bench, unsigned engine, uint32_t type);
/* Its access waits for a page; fault: bits of GUCBUS_FAULT_NEXT besides. The GuC is not let run. */
void bench_page_fault(struct bench *bench, unsigned engine, uint64_t addr, uint32_t fault);
enum guc_vf_state bench_state(struct bench *bench, unsigned vf);

#define BENCH_SUCCESS(data0)  (0xf0000000u | (data0))
#define BENCH_FAILURE(error)  (0xe0000000u | (error))
#define BENCH_REQUEST(action) (action)
#define BENCH_EVENT(action)   (0x10000000u | (action))
#define BENCH_FAST(action)    (0x20000000u | (action))

#endif
