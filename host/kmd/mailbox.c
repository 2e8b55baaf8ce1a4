/* SPDX-License-Identifier: MIT */
/* Mailbox client: one request of 1..4 dwords through the four scratch registers, and its answer in
 * the same registers. Works before any ring is registered and while a VF's rings are held back.
 *
 *   send -> [await_reply 50 ms] -> BUSY -> [await_end 2 s] -> SUCCESS or FAILURE
 *              |             \-> RETRY: send
 *              \-> registers wiped: send, once */
#include "host/kmd/kmd.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_communication_mmio_abi.h"
#include "firmware/abi/guc_errors_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "gpu_regs.h"
#include "sim/hal/trace.h"

#define REPLY_TIMEOUT_NS  (50 * HAL_NS_PER_MS)
#define BUSY_TIMEOUT_NS   (2 * HAL_NS_PER_S)
#define POLL_FIRST_NS     HAL_NS_PER_US
#define REPLY_POLL_MAX_NS (10 * HAL_NS_PER_US)
#define BUSY_POLL_MAX_NS  (100 * HAL_NS_PER_US)
#define MAX_RESENDS                                                                                \
    1000u /* the protocol sets no limit to RETRY; ours ends a peer that never stops */
#define TURN_CHECK_NS (10 * HAL_NS_PER_MS)

/* SUCCESS and FAILURE share these bits, BUSY and RETRY do not. */
#define TYPE_IS_FINAL FIELD_PREP(GUC_HXG_MSG_0_TYPE, GUC_HXG_TYPE_RESPONSE_FAILURE)

static_assert(MAILBOX_LEN == GUC_MAX_MMIO_MSG_LEN, "four registers");

static uint32_t flag_register(const struct mailbox *mailbox, uint32_t n)
{
    return mailbox->gt ? MED_VF_SW_FLAG(n) : VF_SW_FLAG(n);
}

static uint32_t message_type(uint32_t header)
{
    return FIELD_GET(GUC_HXG_MSG_0_TYPE, header);
}

static bool from_guc(uint32_t header)
{
    return FIELD_GET(GUC_HXG_MSG_0_ORIGIN, header) == GUC_HXG_ORIGIN_GUC;
}

static int protocol_error(const struct mailbox *mailbox, uint32_t header)
{
    trace_peer_error(mailbox->hal, (int)mailbox->gt, 0, "mailbox_protocol", header);
    return -EPROTO;
}

static void trace_at(const struct mailbox *mailbox, enum trace_hop_at at)
{
    const struct trace_hop hop = {
        .gt = (int)mailbox->gt, .of = "mmio_msg", .call = mailbox->calls, .at = at};

    trace_hop(mailbox->hal, &hop);
}

static void post_request(const struct mailbox *mailbox, const uint32_t *request, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        hal_write32(mailbox->hal, flag_register(mailbox, i), request[i]);
    }
    /* Reading back makes sure that all of them arrived before the doorbell. */
    (void)hal_read32(mailbox->hal, flag_register(mailbox, MAILBOX_LEN - 1));
    trace_at(mailbox, TRACE_HOP_PAYLOAD_WRITTEN);
    hal_write32(mailbox->hal, mailbox->gt ? MED_GUC_HOST_INTERRUPT : GUC_HOST_INTERRUPT, 0);
    trace_at(mailbox, TRACE_HOP_DOORBELL_LEFT);
}

/* Polls register 0 until all bits of mask are set, ever more slowly. Returns whether they were
 * in time; *header is what was read last. */
static bool poll_header(const struct mailbox *mailbox, uint32_t mask, uint64_t timeout_ns,
                        uint64_t slowest_ns, uint32_t *header)
{
    uint64_t deadline = hal_now(mailbox->hal) + timeout_ns;
    uint64_t pause = POLL_FIRST_NS;

    for (;;) {
        bool over = hal_now(mailbox->hal) >= deadline;

        *header = hal_read32(mailbox->hal, flag_register(mailbox, 0));
        if ((*header & mask) == mask) {
            return true;
        }
        if (over) {
            return false;
        }
        hal_delay(mailbox->hal, pause);
        pause = pause * 2 < slowest_ns ? pause * 2 : slowest_ns;
    }
}

/* Returns 0 with a message of the GuC in *header, or -ETIMEDOUT. *lost: the one repetition for a
 * request that an FLR wiped from the registers is used up. */
static int await_reply(const struct mailbox *mailbox, const uint32_t *request, uint32_t len,
                       bool *lost, uint32_t *header)
{
    for (;;) {
        post_request(mailbox, request, len);
        if (poll_header(mailbox, GUC_HXG_MSG_0_ORIGIN, REPLY_TIMEOUT_NS, REPLY_POLL_MAX_NS,
                        header)) {
            return 0;
        }
        if (*header != 0 || *lost) {
            return -ETIMEDOUT;
        }
        *lost = true;
    }
}

/* After BUSY. Returns 0 with SUCCESS or FAILURE in *header, -ETIMEDOUT or -EPROTO. */
static int await_end(const struct mailbox *mailbox, uint32_t *header)
{
    bool ended = poll_header(mailbox, TYPE_IS_FINAL, BUSY_TIMEOUT_NS, BUSY_POLL_MAX_NS, header);

    if (from_guc(*header) && ended) {
        return 0;
    }
    if (from_guc(*header) && message_type(*header) == GUC_HXG_TYPE_NO_RESPONSE_BUSY) {
        return -ETIMEDOUT;
    }
    return protocol_error(mailbox, *header);
}

/* One exchange to its end. Returns 0 with SUCCESS in *header, -EAGAIN on RETRY, or the final
 * error. */
static int exchange(const struct mailbox *mailbox, const uint32_t *request, uint32_t len,
                    bool *lost, uint32_t *header)
{
    int err = await_reply(mailbox, request, len, lost, header);

    if (!err && message_type(*header) == GUC_HXG_TYPE_NO_RESPONSE_BUSY) {
        err = await_end(mailbox, header);
    }
    if (err) {
        return err;
    }
    switch (message_type(*header)) {
    case GUC_HXG_TYPE_RESPONSE_SUCCESS:
        return 0;
    case GUC_HXG_TYPE_NO_RESPONSE_RETRY:
        return -EAGAIN;
    case GUC_HXG_TYPE_RESPONSE_FAILURE:
        return FIELD_GET(GUC_HXG_FAILURE_MSG_0_ERROR, *header) == XE_GUC_RESPONSE_VF_MIGRATED
                   ? -EREMCHG
                   : -ENXIO;
    default:
        return protocol_error(mailbox, *header);
    }
}

static void read_response(const struct mailbox *mailbox, uint32_t header, uint32_t *response)
{
    response[0] = header;
    for (uint32_t i = 1; i < MAILBOX_LEN; i++) {
        response[i] = hal_read32(mailbox->hal, flag_register(mailbox, i));
    }
}

void mailbox_init(struct mailbox *mailbox, struct hal *hal, unsigned gt)
{
    *mailbox = (struct mailbox){.hal = hal, .gt = gt};
}

int mailbox_send(struct mailbox *mailbox, const uint32_t *request, uint32_t len, uint32_t *response)
{
    uint32_t header = 0;
    bool lost = false;
    int err = -EAGAIN;

    assert(len >= 1 && len <= MAILBOX_LEN);
    /* Whoever has the registers ends within its own time limits. */
    while (mailbox->busy) {
        (void)hal_wait(mailbox->hal, TURN_CHECK_NS);
    }
    mailbox->busy = true;
    mailbox->calls++;
    trace_at(mailbox, TRACE_HOP_ENTERED);
    for (uint32_t sends = 0; err == -EAGAIN && sends <= MAX_RESENDS; sends++) {
        err = exchange(mailbox, request, len, &lost, &header);
    }
    if (err == -EAGAIN) {
        err = protocol_error(mailbox, header);
    }
    if (!err && response) {
        read_response(mailbox, header, response);
    }
    trace_at(mailbox, TRACE_HOP_RETURNED);
    mailbox->busy = false;
    hal_wake(mailbox->hal);
    return err ? err : (int)FIELD_GET(GUC_HXG_RESPONSE_MSG_0_DATA0, header);
}

int mailbox_self_cfg(struct mailbox *mailbox, uint16_t key, uint16_t len, uint64_t value)
{
    const uint32_t request[HOST2GUC_SELF_CFG_REQUEST_MSG_LEN] = {
        GUC_ACTION_HOST2GUC_SELF_CFG,
        FIELD_PREP(HOST2GUC_SELF_CFG_REQUEST_MSG_1_KLV_KEY, (uint32_t)key) |
            FIELD_PREP(HOST2GUC_SELF_CFG_REQUEST_MSG_1_KLV_LEN, (uint32_t)len),
        lower_32(value),
        upper_32(value),
    };
    int taken = mailbox_send(mailbox, request, HOST2GUC_SELF_CFG_REQUEST_MSG_LEN, NULL);

    if (taken < 0) {
        return taken;
    }
    if (taken > 1) {
        return -EPROTO;
    }
    return taken == 1 ? 0 : -ENOKEY;
}
