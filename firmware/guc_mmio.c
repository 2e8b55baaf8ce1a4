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

void guc_mailbox_answer(struct guc *guc, unsigned fn, const struct guc_kept_message *answer)
{
    struct trace_hop hop = {.gt = (int)guc->config.gt,
                            .of = "mmio_msg",
                            .fn = fn,
                            .pos = answer->pos,
                            .at = TRACE_HOP_G2H_WRITTEN};

    /* The driver polls register 0, so it is written last. */
    for (uint32_t i = answer->len; i-- > 0;) {
        hal_write32(guc->hal, reg(fn, i), answer->words[i]);
    }
    trace_hop(guc->hal, &hop);
}

void guc_mailbox_run(struct guc *guc, unsigned fn, const uint32_t *hxg)
{
    uint32_t words[GUC_MAX_MMIO_MSG_LEN];
    struct guc_request request = {.fn = fn,
                                  .transport = GUC_MAILBOX,
                                  .type = FIELD_GET(GUC_HXG_MSG_0_TYPE, hxg[0]),
                                  .hxg = hxg};
    struct trace_mmio message = {.gt = (int)guc->config.gt,
                                 .fn = fn,
                                 .id = guc->functions[fn].mailbox_count++,
                                 .action = FIELD_GET(GUC_HXG_REQUEST_MSG_0_ACTION, hxg[0]),
                                 .hxg = hxg};
    struct guc_kept_message answer = {
        .action = (uint16_t)message.action, .pos = message.id, .words = words};

    request.len = guc_action_mailbox_len(answer.action);
    message.len_dw = request.len;
    trace_mmio_msg(guc->hal, &message);
    answer.len = guc_action_run(guc, &request, words);
    if (request.busy) {
        guc->functions[fn].ccs.message = message.id;
    }
    if (!answer.len || !guc_fault_meets(guc, GUC_MESSAGE_REPLY, fn, &answer)) {
        return;
    }
    message.reply = true;
    message.hxg = words;
    message.len_dw = answer.len;
    trace_mmio_msg(guc->hal, &message);
    guc_mailbox_answer(guc, fn, &answer);
}

void guc_mailbox_answer_late(struct guc *guc, unsigned fn, uint16_t action, uint32_t error)
{
    uint32_t words[GUC_MAX_MMIO_MSG_LEN];
    const struct trace_mmio message = {.gt = (int)guc->config.gt,
                                       .fn = fn,
                                       .id = guc->functions[fn].ccs.message,
                                       .action = action,
                                       .reply = true,
                                       .hxg = words,
                                       .len_dw = guc_action_answer(error, words)};
    struct guc_kept_message answer = {
        .action = action, .pos = message.id, .words = words, .len = message.len_dw};

    if (guc_fault_meets(guc, GUC_MESSAGE_REPLY, fn, &answer)) {
        trace_mmio_msg(guc->hal, &message);
        guc_mailbox_answer(guc, fn, &answer);
    }
}

void guc_mailbox_serve(struct guc *guc, unsigned fn)
{
    uint32_t hxg[GUC_MAX_MMIO_MSG_LEN] = {0};
    struct guc_kept_message request = {.words = hxg};
    unsigned times;

    if (mailbox_sleeps(guc, fn)) {
        return;
    }
    hxg[0] = hal_read32(guc->hal, reg(fn, 0));
    if (!hxg[0] || FIELD_GET(GUC_HXG_MSG_0_ORIGIN, hxg[0]) == GUC_HXG_ORIGIN_GUC) {
        return; /* wiped, or our own last answer: the doorbell was the ring's */
    }
    request.action = (uint16_t)FIELD_GET(GUC_HXG_REQUEST_MSG_0_ACTION, hxg[0]);
    /* Drivers do not clear what a shorter message does not use: dwords beyond the action's own are
     * stale. */
    request.len = guc_action_mailbox_len(request.action);
    for (uint32_t i = 1; i < request.len; i++) {
        hxg[i] = hal_read32(guc->hal, reg(fn, i));
    }
    for (times = guc_fault_meets(guc, GUC_MESSAGE_REQUEST, fn, &request); times > 0; times--) {
        guc_mailbox_run(guc, fn, hxg);
    }
}
