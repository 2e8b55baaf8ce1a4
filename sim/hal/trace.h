/* SPDX-License-Identifier: MIT */
/* All that firmware and drivers can say: one typed function for each kind of event. The machine
 * adds t_ps, cycle, gpu, gt and kind; keys appear in the order written here. Doorbell, irq, script
 * and expect events come from the machine itself. */
#ifndef SIM_HAL_TRACE_H
#define SIM_HAL_TRACE_H

#include "sim/hal/hal.h"

#define TRACE_INT(n, v)                                                                            \
    {                                                                                              \
        .name = (n), .type = HAL_INT, .value = (uint64_t)(v)                                       \
    }
#define TRACE_STR(n, v)                                                                            \
    {                                                                                              \
        .name = (n), .type = HAL_STR, .pointer = (v)                                               \
    }
#define TRACE_HEX(n, p, len)                                                                       \
    {                                                                                              \
        .name = (n), .type = HAL_HEX, .value = (len), .pointer = (p)                               \
    }
#define TRACE_EMIT(hal, gt, kind, fields) hal_trace(hal, gt, kind, fields, ARRAY_SIZE(fields))

/* A CTB message as sender or receiver sees it. (gpu, gt, fn, kind, epoch, pos) names it for ever.
 */
struct trace_ctb {
    int gt;
    bool sent; /* true: tail published; false: head passed it */
    unsigned fn;
    uint32_t epoch; /* count of CTB enables of this function on this GT, first is 1 */
    uint32_t pos;   /* absolute dword offset of the header since enable */
    uint32_t fence;
    uint32_t action; /* a response carries its request's action */
    const uint32_t *hxg;
    uint32_t len_dw; /* of hxg */
};

static inline void trace_ctb(struct hal *hal, const char *kind, const struct trace_ctb *msg)
{
    static const char *const types[] = {"request",  "event", "fast_request",     "busy",
                                        "reserved", "retry", "response_failure", "response"};
    const struct hal_field fields[] = {
        TRACE_STR("ev", msg->sent ? "sent" : "taken"),
        TRACE_INT("fn", msg->fn),
        TRACE_INT("epoch", msg->epoch),
        TRACE_INT("pos", msg->pos),
        TRACE_INT("fence", msg->fence),
        TRACE_STR("type", types[msg->len_dw ? msg->hxg[0] >> 28 & 7 : 4]),
        TRACE_INT("action", msg->action),
        TRACE_STR("name", NULL), /* the machine fills it in from action */
        TRACE_INT("len", msg->len_dw),
        TRACE_HEX("hxg", msg->hxg, msg->len_dw),
    };

    TRACE_EMIT(hal, msg->gt, kind, fields);
}

static inline void trace_h2g(struct hal *hal, const struct trace_ctb *msg)
{
    trace_ctb(hal, "h2g", msg);
}

static inline void trace_g2h(struct hal *hal, const struct trace_ctb *msg)
{
    trace_ctb(hal, "g2h", msg);
}

/* Where a message stands, in the order in which it gets there: the one list of hop names. A hop is
 * the time that ends at its point. Points that other events tell already are not told twice:
 * tail_published and g2h_published are `sent`, handler_started and g2h_taken are `taken` (a
 * mailbox's: request), doorbell_arrived is `doorbell`, irq_arrived is `irq`. */
#define TRACE_HOPS(X)                                                                              \
    X(ENTERED, "entered")                   /* the caller enters send */                           \
    X(WAITED_ROOM, "waited_room")           /* a wait for room in the ring ends */                 \
    X(WAITED_CREDITS, "waited_credits")     /* a wait for credits of answers ends */               \
    X(PAYLOAD_WRITTEN, "payload_written")   /* in the ring, or the mailbox's registers */          \
    X(TAIL_PUBLISHED, "tail_published")     /* */                                                  \
    X(DOORBELL_LEFT, "doorbell_left")       /* its write is on the link */                         \
    X(DOORBELL_ARRIVED, "doorbell_arrived") /* at the chip */                                      \
    X(GUC_SEES, "guc_sees")                 /* the GuC knows which function rang */                \
    X(TURN_BEGUN, "turn_begun")             /* the function's turn: its ring is looked at */       \
    X(DESC_FETCHED, "desc_fetched")         /* */                                                  \
    X(PAYLOAD_FETCHED, "payload_fetched")   /* all that the ring held at this turn */              \
    X(HANDLER_STARTED, "handler_started")   /* those before it are handled, head is passed */      \
    X(HANDLER_ENDED, "handler_ended")       /* */                                                  \
    X(G2H_BEGUN, "g2h_begun")               /* the GuC looks for room */                           \
    X(G2H_WRITTEN, "g2h_written")           /* in the ring, or the mailbox's registers */          \
    X(G2H_PUBLISHED, "g2h_published")       /* */                                                  \
    X(IRQ_RAISED, "irq_raised")             /* the GuC has told the interrupt unit */              \
    X(IRQ_ARRIVED, "irq_arrived")           /* at the host */                                      \
    X(G2H_TAKEN, "g2h_taken")               /* the host's program reads it */                      \
    X(MATCHED, "matched")                   /* with the request that waits for it */               \
    X(RETURNED, "returned")                 /* the caller goes on */

#define TRACE_HOP_ENUM(hop, name) TRACE_HOP_##hop,
enum trace_hop_at { TRACE_HOPS(TRACE_HOP_ENUM) TRACE_NUM_HOPS };
#undef TRACE_HOP_ENUM

/* A message reaches a point. What a side does not know of the key is 0: a caller has no pos before
 * there is room, the GuC does not know calls. guc_sees and turn_begun to payload_fetched are told
 * once for all that a turn takes, under the ring's head. */
struct trace_hop {
    int gt;
    const char *of; /* kind of message: h2g, g2h, mmio_msg */
    unsigned fn;
    uint32_t epoch;
    uint32_t pos;  /* of mmio_msg: id */
    uint32_t call; /* count of the sender's calls, first is 1 */
    enum trace_hop_at at;
};

static inline void trace_hop(struct hal *hal, const struct trace_hop *hop)
{
#define TRACE_HOP_NAME(hop, name) name,
    static const char *const names[] = {TRACE_HOPS(TRACE_HOP_NAME)};
#undef TRACE_HOP_NAME
    const struct hal_field fields[] = {
        TRACE_STR("of", hop->of),   TRACE_INT("fn", hop->fn),     TRACE_INT("epoch", hop->epoch),
        TRACE_INT("pos", hop->pos), TRACE_INT("call", hop->call), TRACE_STR("at", names[hop->at]),
    };

    TRACE_EMIT(hal, hop->gt, "hop", fields);
}

/* Mailbox exchange number id of this function on this GT; told by the GuC, which sees both ends. */
struct trace_mmio {
    int gt;
    bool reply;
    unsigned fn;
    uint32_t id;
    uint32_t action;
    const uint32_t *hxg;
    uint32_t len_dw;
};

static inline void trace_mmio_msg(struct hal *hal, const struct trace_mmio *msg)
{
    const struct hal_field fields[] = {
        TRACE_STR("ev", msg->reply ? "reply" : "request"),
        TRACE_INT("fn", msg->fn),
        TRACE_INT("id", msg->id),
        TRACE_INT("action", msg->action),
        TRACE_STR("name", NULL),
        TRACE_HEX("hxg", msg->hxg, msg->len_dw),
    };

    TRACE_EMIT(hal, msg->gt, "mmio_msg", fields);
}

/* kind: "vf_state" (of the GuC) or "pf_state" (of the PF's control machine). */
static inline void trace_state(struct hal *hal, int gt, const char *kind, unsigned vf,
                               const char *from, const char *to)
{
    const struct hal_field fields[] = {TRACE_INT("vf", vf), TRACE_STR("from", from),
                                       TRACE_STR("to", to)};

    TRACE_EMIT(hal, gt, kind, fields);
}

/* A named step of the VF driver's recovery. vf: the VF number is the machine's to know, 0 is
 * replaced. */
static inline void trace_recovery(struct hal *hal, int gt, unsigned vf, const char *step)
{
    const struct hal_field fields[] = {TRACE_INT("vf", vf), TRACE_STR("step", step)};

    TRACE_EMIT(hal, gt, "recovery", fields);
}

/* ev: submit, switch_in, switch_out, complete, preempt, fault, reset. */
static inline void trace_job(struct hal *hal, int gt, unsigned fn, unsigned ctx, const char *engine,
                             const char *ev)
{
    const struct hal_field fields[] = {TRACE_INT("fn", fn), TRACE_INT("ctx", ctx),
                                       TRACE_STR("engine", engine), TRACE_STR("ev", ev)};

    TRACE_EMIT(hal, gt, "job", fields);
}

static inline void trace_vfio(struct hal *hal, const char *dev, const char *from, const char *to)
{
    const struct hal_field fields[] = {TRACE_STR("dev", dev), TRACE_STR("from", from),
                                       TRACE_STR("to", to)};

    TRACE_EMIT(hal, HAL_GT_NONE, "vfio", fields);
}

/* A step of a VM's migration is begun, ends in "done", or in "failed" or "cancelled" with the guest
 * at the source. round: of pre-copy. dirty: pages left to send. bytes: over the link so far. */
struct trace_migration {
    const char *vm;
    const char *step;
    unsigned round;
    uint64_t dirty;
    uint64_t bytes;
};

static inline void trace_migration(struct hal *hal, const struct trace_migration *event)
{
    const struct hal_field fields[] = {
        TRACE_STR("vm", event->vm),       TRACE_STR("step", event->step),
        TRACE_INT("round", event->round), TRACE_INT("dirty", event->dirty),
        TRACE_INT("bytes", event->bytes),
    };

    TRACE_EMIT(hal, HAL_GT_NONE, "migration", fields);
}

/* A message of a vGPU's PV channel. ev: the guest's are sent, seen (its fence is there) and
 * timeout, the host's trap (taken out of the ring), exec (run) and done (fence written). vgpu: a
 * guest does not know its number: 0. fn: of the vGPU; of a guest's the log fills it in. */
struct trace_pv {
    unsigned vgpu;
    unsigned fn;
    const char *ev;
    uint32_t fence;
    uint32_t status;
    uint32_t action;
    const char *name;
};

static inline void trace_pv(struct hal *hal, const struct trace_pv *msg)
{
    const struct hal_field fields[] = {
        TRACE_INT("vgpu", msg->vgpu),     TRACE_STR("ev", msg->ev),
        TRACE_INT("fence", msg->fence),   TRACE_INT("status", msg->status),
        TRACE_INT("action", msg->action), TRACE_STR("name", msg->name),
        TRACE_INT("fn", msg->fn),
    };

    TRACE_EMIT(hal, HAL_GT_NONE, "pv", fields);
}

/* The chip refused an access (kind fault), or a peer broke a rule (peer_error). */
static inline void trace_fault(struct hal *hal, int gt, unsigned fn, const char *what,
                               uint64_t addr)
{
    const struct hal_field fields[] = {TRACE_INT("fn", fn), TRACE_STR("what", what),
                                       TRACE_INT("addr", addr)};

    TRACE_EMIT(hal, gt, "fault", fields);
}

static inline void trace_peer_error(struct hal *hal, int gt, unsigned fn, const char *what,
                                    uint64_t detail)
{
    const struct hal_field fields[] = {TRACE_INT("fn", fn), TRACE_STR("what", what),
                                       TRACE_INT("detail", detail)};

    TRACE_EMIT(hal, gt, "peer_error", fields);
}

#endif
