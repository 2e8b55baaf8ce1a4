/* SPDX-License-Identifier: MIT */
/* Mailbox: takes a request of 1..4 dwords from a function's registers and leaves the answer in
 * them. Works before any ring exists and in every state in which a driver can run; during an FLR
 * the request is left alone, the driver finds zero there when the PF has wiped it, and asks
 * again. */
#include "firmware/abi/guc_messages_abi.h"
#include "firmware/guc_private.h"
#include "sim/hal/trace.h"

static uint32_t reg(unsigned fn, uint32_t dword)
{
    return GUCBUS_MBOX_BASE + fn * GUCBUS_MBOX_FN_STRIDE + dword * (uint32_t)sizeof(uint32_t);
}

static bool mailbox_sleeps(const struct guc *guc, unsigned fn)
{
    enum guc_vf_state state = guc->functions[fn].state;

    return fn != GUC_PF && (state == GUC_VF_FLR_PENDING || state == GUC_VF_FLR_WAIT_FINISH);
}

void guc_mailbox_serve(struct guc *guc, unsigned fn)
{
    uint32_t hxg[GUC_MAX_MMIO_MSG_LEN];
    uint32_t answer[GUC_MAX_MMIO_MSG_LEN];
    struct guc_request request = {.fn = fn, .transport = GUC_MAILBOX, .hxg = hxg};
    struct trace_mmio message = {.gt = (int)guc->config.gt, .fn = fn, .hxg = hxg};
    struct trace_hop hop = {
        .gt = (int)guc->config.gt, .of = "mmio_msg", .fn = fn, .at = TRACE_HOP_G2H_WRITTEN};
    uint32_t len;

    if (mailbox_sleeps(guc, fn)) {
        return;
    }
    hxg[0] = hal_read32(guc->hal, reg(fn, 0));
    if (!hxg[0] || FIELD_GET(GUC_HXG_MSG_0_ORIGIN, hxg[0]) == GUC_HXG_ORIGIN_GUC) {
        return; /* wiped, or our own last answer: the doorbell was the ring's */
    }
    message.action = FIELD_GET(GUC_HXG_REQUEST_MSG_0_ACTION, hxg[0]);
    request.type = FIELD_GET(GUC_HXG_MSG_0_TYPE, hxg[0]);
    /* Drivers do not clear what a shorter message does not use: dwords beyond the action's own are
     * stale. */
    request.len = guc_action_mailbox_len((uint16_t)message.action);
    for (uint32_t i = 1; i < request.len; i++) {
        hxg[i] = hal_read32(guc->hal, reg(fn, i));
    }
    message.id = guc->functions[fn].mailbox_count++;
    message.len_dw = request.len;
    trace_mmio_msg(guc->hal, &message);

    len = guc_action_run(guc, &request, answer);
    if (!len) {
        return;
    }
    message.reply = true;
    message.hxg = answer;
    message.len_dw = len;
    trace_mmio_msg(guc->hal, &message);
    /* The driver polls register 0, so it is written last. */
    while (len-- > 0) {
        hal_write32(guc->hal, reg(fn, len), answer[len]);
    }
    hop.pos = message.id;
    trace_hop(guc->hal, &hop);
}
