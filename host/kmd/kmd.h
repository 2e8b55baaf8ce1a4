/* SPDX-License-Identifier: MIT */
/* Driver core that the PF and every VF driver share, as in the real driver: mailbox client, GGTT
 * nodes and buffer objects, CT (CTB) client. It speaks for the host end of each wire only. Not
 * included by firmware. All calls may block (see hal.h) unless they say no. Lengths of messages
 * are dwords. */
#ifndef HOST_KMD_KMD_H
#define HOST_KMD_KMD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/hal/hal.h"

/* ---- mailbox: requests of 1..4 dwords through VF_SW_FLAG / MED_VF_SW_FLAG -------------------- */

#define MAILBOX_LEN 4u

struct mailbox {
    struct hal *hal;
    unsigned gt;    /* 0: main GT's registers, 1: media's */
    bool busy;      /* one exchange at a time; the others wait */
    uint32_t calls; /* so far, for traces */
};

void mailbox_init(struct mailbox *mailbox, struct hal *hal, unsigned gt);
/* Sends a request and waits for its final answer: polls 50 ms, repeats once when the registers
 * were wiped, then up to 2 s after BUSY, resends on RETRY (1000 times at most). response (4
 * dwords, may be NULL) is set on success only. Returns DATA0 of the answer (>= 0), -ETIMEDOUT
 * without one, -EREMCHG on failure 0x107, -ENXIO on any other, -EPROTO when the answer breaks
 * the rules. */
MUST_USE int mailbox_send(struct mailbox *mailbox, const uint32_t *request, uint32_t len,
                          uint32_t *response);
/* Tells the GuC one KLV of this function's own (GUC_KLV_SELF_CFG_*), of len 1 or 2 dwords.
 * Returns 0, -ENOKEY when the GuC did not take it, or as mailbox_send. */
MUST_USE int mailbox_self_cfg(struct mailbox *mailbox, uint16_t key, uint16_t len, uint64_t value);

/* ---- GGTT: nodes in the range that belongs to this function ---------------------------------- */

struct ggtt;

struct ggtt_node {
    uint64_t addr; /* GGTT byte address; moves with ggtt_shift */
    uint64_t size; /* bytes, pages */
};

/* Manages [start, start + size). Returns NULL without memory. */
struct ggtt *ggtt_create(struct hal *hal, uint64_t start, uint64_t size);
void ggtt_destroy(struct ggtt *ggtt);
/* Takes a node of size bytes, aligned to align (a power of two, >= 4 KiB); lowest place first.
 * Entries are not written. Returns 0, -ENOSPC, -ENOMEM. The node is freed by ggtt_remove. */
MUST_USE int ggtt_insert(struct ggtt *ggtt, uint64_t size, uint64_t align, struct ggtt_node **node);
/* Clears the node's entries and frees it; NULL is allowed. */
void ggtt_remove(struct ggtt *ggtt, struct ggtt_node *node);
/* Writes the node's entries for physically contiguous RAM at phys: address | PRESENT | flags. */
void ggtt_map(struct ggtt *ggtt, const struct ggtt_node *node, uint64_t phys, uint64_t flags);
/* Moves the range and every node by shift bytes; entries are not touched. Never blocks. */
void ggtt_shift(struct ggtt *ggtt, int64_t shift);
uint64_t ggtt_start(const struct ggtt *ggtt);
uint64_t ggtt_size(const struct ggtt *ggtt);
/* Called after entries were written, so that the owner can invalidate the TLB. May be NULL. */
void ggtt_set_invalidate(struct ggtt *ggtt, void (*invalidate)(void *arg), void *arg);

/* RAM with a place in the GGTT. */
struct bo {
    uint64_t phys; /* in the driver's RAM */
    uint64_t size; /* bytes, pages */
    struct ggtt_node *node;
};

/* Returns 0, -ENOMEM, -ENOSPC; the memory is zeroed. flags: PAT bits of the entries. */
MUST_USE int bo_create(struct hal *hal, struct ggtt *ggtt, uint64_t size, uint64_t flags,
                       struct bo *bo);
void bo_destroy(struct hal *hal, struct ggtt *ggtt, struct bo *bo);
/* GGTT address of a byte of it, as of now. */
uint64_t bo_addr(const struct bo *bo, uint64_t offset);
/* CPU access to one's own object; out of its bounds is a bug of ours (assert). */
void bo_read(struct hal *hal, const struct bo *bo, uint64_t offset, void *to, uint64_t size);
void bo_write(struct hal *hal, const struct bo *bo, uint64_t offset, const void *from,
              uint64_t size);
uint32_t bo_read32(struct hal *hal, const struct bo *bo, uint64_t offset);
void bo_write32(struct hal *hal, const struct bo *bo, uint64_t offset, uint32_t value);

/* ---- CT: the two rings ----------------------------------------------------------------------- */

/* Numbers as in the driver's CT states. */
enum ct_state { CT_NOT_INITIALIZED, CT_DISABLED, CT_STOPPED, CT_ENABLED };

/* A G2H event that the owner wants to see. msg: the HXG message, len dwords. Returns 0 or -errno,
 * which is traced and changes nothing. */
struct ct_handler {
    uint16_t action;
    int (*handle)(void *arg, const uint32_t *msg, uint32_t len);
};

struct ct_config {
    struct hal *hal;
    struct ggtt *ggtt;                   /* where ct_enable places the rings; NULL: ct_place says */
    struct mailbox *mailbox;             /* registers the rings */
    unsigned gt;                         /* for traces */
    unsigned fn;                         /* for traces; a VF does not know its number: 0 */
    const char *probe;                   /* wave scope: "gt0.ct" */
    const struct ct_handler *handlers;   /* ends with action 0 */
    void *arg;                           /* for handlers and callbacks */
    bool (*recovery_pending)(void *arg); /* VF: sends give up, stray answers pass; or NULL */
    void (*died)(void *arg, const char *reason); /* channel broken, GT reset is due; or NULL */
};

struct ct;

/* Returns NULL without memory. Declares wave probes; touches neither RAM nor GGTT, so the
 * machine need not run. */
struct ct *ct_create(const struct ct_config *config);
/* Frees it, not its place: ct_unplace first, unless the machine has ended. */
void ct_destroy(struct ct *ct);
/* Places the rings in a GGTT: probes are declared before the machine runs, and a VF's range is
 * known only after. Before ct_enable. Returns 0, -ENOMEM, -ENOSPC. */
MUST_USE int ct_place(struct ct *ct, struct ggtt *ggtt);
/* Takes them out again (clears the entries); the CT must be disabled. Nothing to do when not
 * placed. */
void ct_unplace(struct ct *ct);
enum ct_state ct_state(const struct ct *ct);
/* VF with migration: context registrations go out as EVENT instead of FAST_REQUEST. */
void ct_set_register_as_event(struct ct *ct, bool on);
/* Places the rings if they are not, zeroes them and all credits, registers with SELF_CFG and
 * CONTROL_CTB. Returns 0, -ENOMEM, -ENOSPC, what the mailbox said, or -ENOKEY / -EPROTO when the
 * GuC took fewer / more. */
MUST_USE int ct_enable(struct ct *ct);
/* Local only, as the real driver does; tracked waiters get -ECANCELED. */
void ct_disable(struct ct *ct);
/* Sends without waiting for an answer: hxg[0] holds DATA0 and ACTION; origin and type are filled
 * in. g2h_len: dwords of the later answers to reserve, in num_g2h messages (0: no answer). Waits
 * for room as the driver does (about 1 s). Returns 0, -ENODEV / -ECANCELED / -EPIPE by state,
 * -EDEADLK (channel dead), -EMSGSIZE. */
MUST_USE int ct_send(struct ct *ct, const uint32_t *hxg, uint32_t len, uint32_t g2h_len,
                     uint32_t num_g2h);
/* Sends a request and waits up to 1 s for its answer; RETRY is sent again (at most 50 times).
 * response: HXG payload dwords after the first, up to response_len, or NULL. Returns DATA0,
 * -ETIME, -EIO on failure (*error, if not NULL, gets the code), -ELOOP, or as ct_send. */
MUST_USE int ct_send_recv(struct ct *ct, const uint32_t *hxg, uint32_t len, uint32_t *response,
                          uint32_t response_len, uint16_t *error);
/* Takes every G2H message there is: from the interrupt program. Returns how many (0 too when not
 * enabled), or -EPIPE. Never blocks, so neither may handlers and died. */
int ct_receive(struct ct *ct);
/* VF recovery: takes what is there, then STOPPED. */
void ct_flush_and_stop(struct ct *ct);
/* VF recovery: zero-fills the H2G buffer and enables, without registration; head, tail and
 * credits stay. */
void ct_restart(struct ct *ct);
/* How many G2H messages are owed to requests sent so far. */
uint32_t ct_outstanding(const struct ct *ct);
/* Prints state, descriptors, messages in the rings, credits and pending fences, in the words of the
 * xe driver's snapshot. Takes no time. name: of an action, NULL result: none. */
typedef const char *ct_action_name(uint16_t action, bool g2h);
void ct_print(const struct ct *ct, ct_action_name *name, FILE *out);

/* ---- exec: a context of this function, for work that is waited for --------------------------- */

struct exec;

struct exec_config {
    struct hal *hal;
    struct ct *ct; /* enabled before the first exec_run */
    struct ggtt *ggtt;
    unsigned gt;        /* for traces */
    const char *engine; /* as above: "rcs0" */
    uint32_t guc_class; /* GUC_RENDER_CLASS, ... */
    uint16_t id;        /* context id, of this function on this GT */
};

struct exec_work {
    const uint32_t *dwords; /* what the ring is to hold */
    uint32_t len;
    unsigned levels; /* of the page tables at roots: 0 none, 3 (four roots), 4 */
    uint64_t roots[4];
    uint64_t timeout_ns;
    const bool *given_up; /* looked at while it is waited for: true, and it has to leave; or NULL */
};
#define EXEC_MAX_DWORDS 0x7f00u /* of one work */

/* Returns NULL without memory; touches neither RAM nor GGTT. */
struct exec *exec_create(const struct exec_config *config);
/* Frees it, not its place: the machine has ended. */
void exec_destroy(struct exec *exec);
/* Runs one work and waits until its context has left the engine (blocks; one caller at a time).
 * Returns 0, -EMSGSIZE, -ENOMEM, -ENOSPC, -EIO when the context was thrown off its engine, -ETIME
 * when it had to be, -ECANCELED given up, or what the channel said. */
MUST_USE int exec_run(struct exec *exec, const struct exec_work *work);
/* A G2H event about the context: from the owner's CT handlers. Never blocks. Returns 0 or
 * -EPROTO. */
int exec_event(struct exec *exec, const uint32_t *msg, uint32_t len);

#endif
