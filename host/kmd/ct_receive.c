/* SPDX-License-Identifier: MIT */
/* CT client, receiving: takes messages off the G2H ring in their order, gives answers to their
 * waiters and events to the owner's handlers, returns credits. All of it is validated: the ring
 * is the GuC's to write. Never blocks. */
#include "host/kmd/ct_private.h"

#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "sim/hal/trace.h"

/* A message out of the ring. */
struct message {
    uint32_t words[GUC_CTB_MSG_MAX_LEN]; /* header first */
    uint32_t len;                        /* of the HXG message behind it */
    uint32_t pos;
};

static const uint32_t *hxg_of(const struct message *message)
{
    return message->words + GUC_CTB_HDR_LEN;
}

static uint32_t fence_of(const struct message *message)
{
    return FIELD_GET(GUC_CTB_MSG_0_FENCE, message->words[0]);
}

static uint32_t type_of(const struct message *message)
{
    return FIELD_GET(GUC_HXG_MSG_0_TYPE, hxg_of(message)[0]);
}

static uint32_t action_of(const struct ct *ct, const struct message *message)
{
    if (type_of(message) == GUC_HXG_TYPE_EVENT) {
        return FIELD_GET(GUC_HXG_EVENT_MSG_0_ACTION, hxg_of(message)[0]);
    }
    return ct->actions[fence_of(message) & CT_FENCE_MASK];
}

static int broken(struct ct *ct, const char *reason, uint64_t detail)
{
    ct_break(ct, reason, detail);
    return -EPIPE;
}

/* ---- the ring ------------------------------------------------------------------------------ */

static int corrupted(struct ct *ct, uint32_t status, uint64_t detail)
{
    ct_desc_report(ct, &ct->g2h, status);
    return broken(ct, "ct_g2h_read", detail);
}

static void read_dwords(const struct ct *ct, uint32_t at, uint32_t *to, uint32_t len_dw)
{
    bo_read(ct->hal, &ct->g2h.bo, CT_BUFFER_OFFSET + 4ull * at, to, 4ull * len_dw);
}

/* In two parts when it goes round the end. */
static void copy_out(const struct ct *ct, uint32_t *to, uint32_t len_dw)
{
    const struct ct_ring *ring = &ct->g2h;
    uint32_t to_end = ring->size_dw - ring->at;
    uint32_t first = len_dw < to_end ? len_dw : to_end;

    read_dwords(ct, ring->at, to, first);
    read_dwords(ct, 0, to + first, len_dw - first);
}

static void pass_head(struct ct *ct, uint32_t len_dw)
{
    struct ct_ring *ring = &ct->g2h;

    ring->at = (ring->at + len_dw) % ring->size_dw;
    ring->pos += len_dw;
    ct_desc_write(ct, ring, GUC_CTB_DESC_HEAD__DWORD, ring->at);
    ct_probe_set(ct, CT_PROBE_G2H_HEAD, ring->at);
}

/* How many dwords there are, or -EPIPE. DISABLED is what a reset of the client leaves, and no
 * error of the ring. */
static int available(struct ct *ct)
{
    const struct ct_ring *ring = &ct->g2h;
    uint32_t status = ct_desc_read(ct, ring, GUC_CTB_DESC_STATUS__DWORD);
    uint32_t tail = ct_desc_read(ct, ring, GUC_CTB_DESC_TAIL__DWORD);

    if (status & ~GUC_CTB_STATUS_DISABLED) {
        return corrupted(ct, 0, status);
    }
    if (tail >= ring->size_dw) {
        return corrupted(ct, GUC_CTB_STATUS_OVERFLOW, tail);
    }
    return (int)((tail - ring->at) % ring->size_dw);
}

/* Returns 1 with a message (len 0: a no-op), 0 when the ring is empty, -EPIPE. */
static int read_message(struct ct *ct, struct message *message)
{
    int there = available(ct);
    uint32_t header;

    if (there <= 0) {
        return there;
    }
    copy_out(ct, &header, GUC_CTB_HDR_LEN);
    message->len = FIELD_GET(GUC_CTB_MSG_0_NUM_DWORDS, header);
    message->pos = ct->g2h.pos;
    if (message->len + GUC_CTB_HDR_LEN > (uint32_t)there) {
        return corrupted(ct, GUC_CTB_STATUS_UNDERFLOW, header);
    }
    if (FIELD_GET(GUC_CTB_MSG_0_FORMAT, header) != GUC_CTB_FORMAT_HXG ||
        (message->len == 0 && header != 0)) {
        return broken(ct, "ct_g2h_read", header);
    }
    copy_out(ct, message->words, message->len + GUC_CTB_HDR_LEN);
    pass_head(ct, message->len + GUC_CTB_HDR_LEN);
    return 1;
}

static void trace_taken(struct ct *ct, const struct message *message)
{
    const struct trace_ctb event = {
        .gt = (int)ct->config.gt,
        .sent = false,
        .fn = ct->config.fn,
        .epoch = ct->epoch,
        .pos = message->pos,
        .fence = fence_of(message),
        .action = action_of(ct, message),
        .hxg = hxg_of(message),
        .len_dw = message->len,
    };

    trace_g2h(ct->hal, &event);
}

/* ---- credits ------------------------------------------------------------------------------- */

/* An answer that nobody can be waiting for, or more than was lent, means that the books of the
 * two ends differ. */
static int release(struct ct *ct, uint32_t credits)
{
    if (ct->outstanding == 0 || ct->g2h.space + credits > CT_G2H_CREDITS) {
        return broken(ct, "ct_g2h_release", ct->outstanding);
    }
    ct->outstanding--;
    ct->g2h.space += credits;
    ct_probe_set(ct, CT_PROBE_G2H_SPACE, ct->g2h.space);
    return 0;
}

/* ---- answers ------------------------------------------------------------------------------- */

static struct ct_waiter *find_waiter(const struct ct *ct, uint32_t fence)
{
    struct ct_waiter *waiter = ct->waiters;

    while (waiter && waiter->fence != fence) {
        waiter = waiter->next;
    }
    return waiter;
}

static void copy_payload(const struct message *message, const struct ct_waiter *waiter)
{
    uint32_t len = message->len - GUC_HXG_RESPONSE_MSG_MIN_LEN;

    if (!waiter->response) {
        return;
    }
    if (len > waiter->response_len) {
        len = waiter->response_len;
    }
    memcpy(waiter->response, hxg_of(message) + GUC_HXG_RESPONSE_MSG_MIN_LEN, 4ull * len);
}

static void give_answer(struct ct *ct, const struct message *message, struct ct_waiter *waiter)
{
    uint32_t header = hxg_of(message)[0];

    switch (type_of(message)) {
    case GUC_HXG_TYPE_RESPONSE_FAILURE:
        waiter->error = (uint16_t)FIELD_GET(GUC_HXG_FAILURE_MSG_0_ERROR, header);
        waiter->answer = CT_FAILURE;
        break;
    case GUC_HXG_TYPE_NO_RESPONSE_RETRY:
        waiter->answer = CT_RETRY;
        break;
    default:
        waiter->data0 = FIELD_GET(GUC_HXG_RESPONSE_MSG_0_DATA0, header);
        copy_payload(message, waiter);
        waiter->answer = CT_SUCCESS;
        break;
    }
    ct_trace_hop(ct, &waiter->call, TRACE_HOP_MATCHED);
    ct_waiter_remove(ct, waiter);
}

static int handle_response(struct ct *ct, const struct message *message)
{
    uint32_t fence = fence_of(message);
    struct ct_waiter *waiter;

    if (fence & CT_FENCE_UNTRACKED) {
        /* The GuC may still have looked at and refused a request of a VF that it was just
         * pausing. */
        return ct_recovery_pending(ct) ? 0
                                       : broken(ct, "ct_parse_g2h_response", hxg_of(message)[0]);
    }
    waiter = find_waiter(ct, fence);
    if (waiter) {
        give_answer(ct, message, waiter);
    } else {
        trace_peer_error(ct->hal, (int)ct->config.gt, ct->config.fn, "ct_late_answer", fence);
    }
    return release(ct, CT_RESPONSE_CREDITS);
}

/* ---- events -------------------------------------------------------------------------------- */

/* Events that are owed to a request give its credits back, by their real length. */
static bool is_owed(uint32_t action)
{
    switch (action) {
    case XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE:
    case XE_GUC_ACTION_SCHED_ENGINE_MODE_DONE:
    case XE_GUC_ACTION_DEREGISTER_CONTEXT_DONE:
    case XE_GUC_ACTION_TLB_INVALIDATION_DONE:
    case XE_GUC_ACTION_PAGE_RECLAMATION_DONE:
    case XE_GUC_ACTION_NOTIFY_MULTI_QUEUE_CONTEXT_CGP_SYNC_DONE:
        return true;
    default:
        return false;
    }
}

static void call_handler(struct ct *ct, const struct message *message, uint32_t action)
{
    const struct ct_handler *handler = ct->config.handlers;
    const char *what = "ct_unknown_event";

    while (handler && handler->action && handler->action != action) {
        handler++;
    }
    if (handler && handler->action) {
        if (handler->handle(ct->config.arg, hxg_of(message), message->len) == 0) {
            return;
        }
        what = "ct_process_failed";
    }
    trace_peer_error(ct->hal, (int)ct->config.gt, ct->config.fn, what, action);
}

static int handle_event(struct ct *ct, const struct message *message)
{
    uint32_t action = FIELD_GET(GUC_HXG_EVENT_MSG_0_ACTION, hxg_of(message)[0]);

    if (is_owed(action)) {
        int err = release(ct, message->len + GUC_CTB_HDR_LEN);

        if (err) {
            return err;
        }
    }
    call_handler(ct, message, action);
    if (action == XE_GUC_ACTION_NOTIFY_CRASH_DUMP_POSTED ||
        action == XE_GUC_ACTION_NOTIFY_EXCEPTION) {
        return broken(ct, "ct_crash", action);
    }
    return 0;
}

/* ---- one after the other ------------------------------------------------------------------- */

static int handle_message(struct ct *ct, const struct message *message)
{
    uint32_t header = hxg_of(message)[0];

    if (FIELD_GET(GUC_HXG_MSG_0_ORIGIN, header) != GUC_HXG_ORIGIN_GUC) {
        return broken(ct, "ct_parse_g2h_origin", header);
    }
    switch (type_of(message)) {
    case GUC_HXG_TYPE_EVENT:
        return handle_event(ct, message);
    case GUC_HXG_TYPE_RESPONSE_SUCCESS:
    case GUC_HXG_TYPE_RESPONSE_FAILURE:
    case GUC_HXG_TYPE_NO_RESPONSE_RETRY:
        return handle_response(ct, message);
    default:
        /* BUSY among them: a ring has no use for it. */
        return broken(ct, "ct_parse_g2h_type", header);
    }
}

int ct_receive_one(struct ct *ct)
{
    struct message message;
    int ret;

    if (ct->broken) {
        return -EPIPE;
    }
    if (ct->state != CT_ENABLED) {
        return 0;
    }
    ret = read_message(ct, &message);
    if (ret <= 0) {
        return ret;
    }
    ct->received++;
    if (message.len == 0) {
        return 1;
    }
    trace_taken(ct, &message);
    ret = handle_message(ct, &message);
    return ret ? ret : 1;
}

int ct_receive(struct ct *ct)
{
    int taken = 0;
    int ret = 1;

    /* At most a ring full of no-ops, whatever the GuC does to the tail meanwhile. */
    while (ret > 0 && taken < (int)CT_G2H_SIZE_DW) {
        ret = ct_receive_one(ct);
        taken += ret > 0;
    }
    if (taken) {
        hal_wake(ct->hal);
    }
    return ret < 0 ? ret : taken;
}
