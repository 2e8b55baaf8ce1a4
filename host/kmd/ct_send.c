/* SPDX-License-Identifier: MIT */
/* CT client, sending: room and credits, writing a message and ringing for it, waiting for the
 * answer. */
#include "host/kmd/ct_private.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "gpu_regs.h"
#include "sim/hal/trace.h"

#define ROOM_SLEEP_MAX_MS   512u /* 1 + 2 + 4 + ... + 512 ms, then the channel is dead */
#define CREDIT_TIMEOUT_NS   HAL_NS_PER_S
#define CREDIT_MAX_ROUNDS   4096u /* messages that bring too little back before we give up */
#define RESPONSE_TIMEOUT_NS HAL_NS_PER_S
#define MAX_RETRIES         50u
#define RETRY_STEP_MS       5u

struct message {
    const uint32_t *hxg;
    uint32_t len;
    uint32_t type;
    uint32_t g2h_len;         /* credits to reserve, for */
    uint32_t num_g2h;         /* this many messages */
    struct ct_waiter *waiter; /* of a blocking request, or NULL */
};

void ct_trace_hop(struct ct *ct, const struct ct_call *call, enum trace_hop_at at)
{
    const struct trace_hop hop = {
        .gt = (int)ct->config.gt,
        .of = "h2g",
        .fn = ct->config.fn,
        .epoch = call->epoch,
        .pos = call->pos,
        .call = call->number,
        .at = at,
    };

    trace_hop(ct->hal, &hop);
}

/* Recovery comes first: whatever else is wrong then, the message is to be sent again after it. */
static int check_usable(const struct ct *ct)
{
    if (ct_recovery_pending(ct)) {
        return -ECANCELED;
    }
    if (ct->state == CT_STOPPED) {
        return -ECANCELED;
    }
    if (ct->state != CT_ENABLED) {
        return -ENODEV;
    }
    return ct->broken ? -EPIPE : 0;
}

/* ---- room ---------------------------------------------------------------------------------- */

/* Returns 0, -ENOSPC, or -EPIPE when the GuC's head is nonsense. The head is looked at only when
 * needed. */
static int check_room(struct ct *ct, uint32_t len_dw)
{
    struct ct_ring *ring = &ct->h2g;
    uint32_t head;

    if (len_dw <= ring->space) {
        return 0;
    }
    head = ct_desc_read(ct, ring, GUC_CTB_DESC_HEAD__DWORD);
    if (head >= ring->size_dw) {
        ct_desc_report(ct, ring, GUC_CTB_STATUS_OVERFLOW);
        ct_break(ct, "ct_h2g_has_room", head);
        return -EPIPE;
    }
    ring->space = (head - ring->at - 1) % ring->size_dw;
    ct_probe_set(ct, CT_PROBE_H2G_SPACE, ring->space);
    return len_dw <= ring->space ? 0 : -ENOSPC;
}

/* The GuC tells of errors in the descriptor; and it may not touch our tail. */
static int check_descriptor(struct ct *ct)
{
    const struct ct_ring *ring = &ct->h2g;
    uint32_t status = ct_desc_read(ct, ring, GUC_CTB_DESC_STATUS__DWORD);

    if (status == 0 && ct_desc_read(ct, ring, GUC_CTB_DESC_TAIL__DWORD) != ring->at) {
        status = GUC_CTB_STATUS_MISMATCH;
    }
    if (status == 0 && ct_desc_read(ct, ring, GUC_CTB_DESC_HEAD__DWORD) >= ring->size_dw) {
        status = GUC_CTB_STATUS_OVERFLOW;
    }
    if (status == 0) {
        return 0;
    }
    ct_desc_report(ct, ring, status);
    ct_break(ct, "ct_h2g_write", status);
    return -EPIPE;
}

static void publish_tail(struct ct *ct, uint32_t len_dw)
{
    struct ct_ring *ring = &ct->h2g;

    ring->at = (ring->at + len_dw) % ring->size_dw;
    ring->pos += len_dw;
    ring->space -= len_dw;
    ct_desc_write(ct, ring, GUC_CTB_DESC_TAIL__DWORD, ring->at);
    ct_probe_set(ct, CT_PROBE_H2G_TAIL, ring->at);
    ct_probe_set(ct, CT_PROBE_H2G_SPACE, ring->space);
}

static void write_dwords(struct ct *ct, uint32_t at, const uint32_t *from, uint32_t len_dw)
{
    bo_write(ct->hal, &ct->h2g.bo, CT_BUFFER_OFFSET + 4ull * at, from, 4ull * len_dw);
}

/* A message never wraps: the rest of the ring becomes no-ops. They cost room, so it is asked for
 * again. */
static void pad_to_end(struct ct *ct)
{
    static const uint32_t zeros[GUC_CTB_MSG_MAX_LEN];
    uint32_t rest = ct->h2g.size_dw - ct->h2g.at;

    assert(rest < GUC_CTB_MSG_MAX_LEN);
    write_dwords(ct, ct->h2g.at, zeros, rest);
    publish_tail(ct, rest);
}

/* ---- one message --------------------------------------------------------------------------- */

static bool fence_is_waited_for(const struct ct *ct, uint32_t fence)
{
    for (const struct ct_waiter *waiter = ct->waiters; waiter; waiter = waiter->next) {
        if (waiter->fence == fence) {
            return true;
        }
    }
    return false;
}

static uint16_t next_fence(struct ct *ct, const struct message *message)
{
    uint32_t fence = ct->next_fence++ & CT_FENCE_MASK;

    while (message->waiter && fence_is_waited_for(ct, fence)) {
        fence = ct->next_fence++ & CT_FENCE_MASK;
    }
    ct->actions[fence] = (uint16_t)FIELD_GET(GUC_HXG_REQUEST_MSG_0_ACTION, message->hxg[0]);
    return (uint16_t)(message->waiter ? fence : fence | CT_FENCE_UNTRACKED);
}

static void track(struct ct *ct, struct ct_waiter *waiter, uint16_t fence,
                  const struct ct_call *call)
{
    waiter->fence = fence;
    waiter->call = *call;
    waiter->answer = CT_PENDING;
    waiter->next = ct->waiters;
    ct->waiters = waiter;
}

/* Payload, header, tail, in this order: the GuC may read on its own account at any time. */
static void write_message(struct ct *ct, const struct message *message, struct ct_call *call)
{
    uint16_t fence = next_fence(ct, message);
    uint32_t words[GUC_CTB_MSG_MAX_LEN];
    uint32_t at = ct->h2g.at;
    const struct trace_ctb event = {
        .gt = (int)ct->config.gt,
        .sent = true,
        .fn = ct->config.fn,
        .epoch = ct->epoch,
        .pos = ct->h2g.pos,
        .fence = fence,
        .action = FIELD_GET(GUC_HXG_REQUEST_MSG_0_ACTION, message->hxg[0]),
        .hxg = words + GUC_CTB_HDR_LEN,
        .len_dw = message->len,
    };

    words[0] = FIELD_PREP(GUC_CTB_MSG_0_FENCE, (uint32_t)fence) |
               FIELD_PREP(GUC_CTB_MSG_0_FORMAT, GUC_CTB_FORMAT_HXG) |
               FIELD_PREP(GUC_CTB_MSG_0_NUM_DWORDS, message->len);
    memcpy(words + GUC_CTB_HDR_LEN, message->hxg, 4ull * message->len);
    words[1] &= ~(GUC_HXG_MSG_0_ORIGIN | GUC_HXG_MSG_0_TYPE);
    words[1] |= FIELD_PREP(GUC_HXG_MSG_0_TYPE, message->type);
    call->epoch = ct->epoch;
    call->pos = ct->h2g.pos;
    if (message->waiter) {
        track(ct, message->waiter, fence, call);
    }
    ct->outstanding += message->num_g2h;
    ct->g2h.space -= message->g2h_len;
    ct_probe_set(ct, CT_PROBE_G2H_SPACE, ct->g2h.space);
    ct_probe_set(ct, CT_PROBE_FENCE, fence);
    write_dwords(ct, at + GUC_CTB_HDR_LEN, words + GUC_CTB_HDR_LEN, message->len);
    write_dwords(ct, at, words, GUC_CTB_HDR_LEN);
    ct_trace_hop(ct, call, TRACE_HOP_PAYLOAD_WRITTEN);
    publish_tail(ct, message->len + GUC_CTB_HDR_LEN);
    trace_h2g(ct->hal, &event);
}

/* Returns 0 when it is in the ring, -ENOSPC without room, -ENOBUFS without G2H credits, or why
 * the channel cannot be used. Does not block. */
static int try_write(struct ct *ct, const struct message *message, struct ct_call *call)
{
    uint32_t len_dw = message->len + GUC_CTB_HDR_LEN;
    int err = check_usable(ct);

    if (!err) {
        err = check_room(ct, len_dw);
    }
    if (err) {
        return err;
    }
    /* More than the reserve must be free, not just as much. */
    if (message->g2h_len && ct->g2h.space <= message->g2h_len) {
        return -ENOBUFS;
    }
    err = check_descriptor(ct);
    if (err) {
        return err;
    }
    if (ct->h2g.at + len_dw > ct->h2g.size_dw) {
        pad_to_end(ct);
        err = check_room(ct, len_dw);
        if (err) {
            return err;
        }
    }
    write_message(ct, message, call);
    return 0;
}

/* ---- waiting for room ---------------------------------------------------------------------- */

static int die(struct ct *ct, uint64_t detail)
{
    ct_break(ct, "ct_deadlock", detail);
    return -EDEADLK;
}

/* Sleeps the whole time, unless the channel goes away meanwhile. */
static int sleep_while_usable(struct ct *ct, uint32_t ms)
{
    uint64_t until = hal_now(ct->hal) + ms * HAL_NS_PER_MS;

    while (hal_now(ct->hal) < until) {
        int err = check_usable(ct);

        if (err) {
            return err;
        }
        (void)hal_wait(ct->hal, until - hal_now(ct->hal));
    }
    return 0;
}

/* Returns 0 when a message arrived, which may have brought credits; takes it itself if nobody
 * did. */
static int wait_for_credits(struct ct *ct)
{
    uint64_t until = hal_now(ct->hal) + CREDIT_TIMEOUT_NS;
    uint64_t received = ct->received;

    for (;;) {
        int ret = check_usable(ct);

        if (!ret && ct->received == received) {
            ret = ct_receive_one(ct);
        }
        if (ret < 0) {
            return ret;
        }
        if (ct->received != received) {
            hal_wake(ct->hal);
            return 0;
        }
        if (hal_now(ct->hal) >= until) {
            return die(ct, ct->g2h.space);
        }
        (void)hal_wait(ct->hal, until - hal_now(ct->hal));
    }
}

static int send_message(struct ct *ct, const struct message *message, struct ct_call *call)
{
    uint32_t sleep_ms = 1;
    uint32_t rounds = 0;
    int err;

    assert(message->g2h_len < CT_G2H_CREDITS);
    *call = (struct ct_call){.number = ++ct->calls};
    ct_trace_hop(ct, call, TRACE_HOP_ENTERED);
    if (message->len < GUC_HXG_MSG_MIN_LEN || message->len > GUC_CTB_MAX_DWORDS) {
        return -EMSGSIZE;
    }
    for (;;) {
        err = try_write(ct, message, call);
        if (err == -ENOSPC) {
            err = sleep_ms <= ROOM_SLEEP_MAX_MS ? sleep_while_usable(ct, sleep_ms)
                                                : die(ct, sleep_ms);
            sleep_ms *= 2;
            ct_trace_hop(ct, call, TRACE_HOP_WAITED_ROOM);
        } else if (err == -ENOBUFS) {
            err = rounds++ < CREDIT_MAX_ROUNDS ? wait_for_credits(ct) : die(ct, rounds);
            ct_trace_hop(ct, call, TRACE_HOP_WAITED_CREDITS);
        } else {
            break;
        }
        if (err) {
            return err;
        }
    }
    if (!err) {
        hal_write32(ct->hal, ct->config.gt ? MED_GUC_HOST_INTERRUPT : GUC_HOST_INTERRUPT, 0);
        ct_trace_hop(ct, call, TRACE_HOP_DOORBELL_LEFT);
    }
    return err;
}

/* ---- the two ways to send ------------------------------------------------------------------ */

/* A context registration that reaches a migrated GuC twice is dropped there when it is an event. */
static uint32_t untracked_type(const struct ct *ct, uint32_t header)
{
    uint32_t action = FIELD_GET(GUC_HXG_REQUEST_MSG_0_ACTION, header);
    bool registers = action == XE_GUC_ACTION_REGISTER_CONTEXT ||
                     action == XE_GUC_ACTION_REGISTER_CONTEXT_MULTI_LRC;

    return registers && ct->register_as_event ? GUC_HXG_TYPE_EVENT : GUC_HXG_TYPE_FAST_REQUEST;
}

int ct_send(struct ct *ct, const uint32_t *hxg, uint32_t len, uint32_t g2h_len, uint32_t num_g2h)
{
    const struct message message = {
        .hxg = hxg,
        .len = len,
        .type = untracked_type(ct, hxg[0]),
        .g2h_len = g2h_len,
        .num_g2h = num_g2h,
    };

    struct ct_call call;
    int err;

    assert((g2h_len == 0) == (num_g2h == 0));
    err = send_message(ct, &message, &call);
    ct_trace_hop(ct, &call, TRACE_HOP_RETURNED);
    return err;
}

/* Returns 0 when the waiter has its answer (also CT_CANCELLED), -EPIPE, -ETIME. */
static int wait_for_answer(struct ct *ct, const struct ct_waiter *waiter)
{
    uint64_t until = hal_now(ct->hal) + RESPONSE_TIMEOUT_NS;

    while (waiter->answer == CT_PENDING) {
        if (ct->broken) {
            return -EPIPE;
        }
        if (hal_now(ct->hal) >= until) {
            return -ETIME;
        }
        (void)hal_wait(ct->hal, until - hal_now(ct->hal));
    }
    return 0;
}

/* Sends a blocking request once. Returns 0 with the waiter's answer, or as wait_for_answer. */
static int ask(struct ct *ct, const struct message *message)
{
    struct ct_call call;
    int err = send_message(ct, message, &call);

    if (!err) {
        err = wait_for_answer(ct, message->waiter);
        ct_waiter_remove(ct, message->waiter);
    }
    ct_trace_hop(ct, &call, TRACE_HOP_RETURNED);
    return err;
}

int ct_send_recv(struct ct *ct, const uint32_t *hxg, uint32_t len, uint32_t *response,
                 uint32_t response_len, uint16_t *error)
{
    struct ct_waiter waiter = {.response = response, .response_len = response_len};
    const struct message message = {
        .hxg = hxg,
        .len = len,
        .type = GUC_HXG_TYPE_REQUEST,
        .g2h_len = CT_RESPONSE_CREDITS,
        .num_g2h = 1,
        .waiter = &waiter,
    };
    int err = ask(ct, &message);

    for (uint32_t n = 1; !err && waiter.answer == CT_RETRY && n <= MAX_RETRIES; n++) {
        err = sleep_while_usable(ct, n * RETRY_STEP_MS);
        if (!err) {
            err = ask(ct, &message);
        }
    }
    if (err) {
        return err;
    }
    switch (waiter.answer) {
    case CT_SUCCESS:
        return (int)waiter.data0;
    case CT_FAILURE:
        if (error) {
            *error = waiter.error;
        }
        return -EIO;
    case CT_RETRY:
        return -ELOOP;
    default:
        return -ECANCELED;
    }
}
