/* SPDX-License-Identifier: MIT */
/* The one list of what the GuC can be asked: action, who may ask over which transport, with what
 * length, in which states of a VF, and what it costs. Both transports end here. */
#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "firmware/guc_private.h"
#include "sim/hal/trace.h"

enum sender { PF_MAILBOX = 1, VF_MAILBOX = 2, PF_CTB = 4, VF_CTB = 8 };

#define MAILBOX   (PF_MAILBOX | VF_MAILBOX)
#define BOTH_CTB  (PF_CTB | VF_CTB)
#define ANY_PF    (PF_MAILBOX | PF_CTB)
#define CTB_MAX   255u /* dwords of the longest HXG message */
#define IN(state) (1u << GUC_VF_##state)

/* States of the sending VF. FLR states do not come here: the mailbox sleeps in them. */
#define ALWAYS ((1u << GUC_VF_STATE_COUNT) - 1u)
#define SETUP                                                                                      \
    (IN(READY) | IN(READY_PAUSED) | IN(RUNNING) | IN(RUNNING_PAUSING) | IN(RUNNING_PAUSED))
#define PROVIDED (ALWAYS & ~IN(UNPROVISIONED))
#define SERVED   IN(RUNNING)

struct action {
    uint16_t code;
    uint8_t senders;
    uint8_t min_len, max_len; /* of the HXG message */
    bool data0;               /* DATA0 carries something; else it must be zero */
    uint16_t states;
    uint16_t cycles; /* chosen: a look-up 50, a table walk 400 */
    guc_handler *handler;
};

static const struct action actions[] = {
    {GUC_ACTION_HOST2GUC_SELF_CFG, MAILBOX, 4, 4, false, SETUP, 100, guc_action_self_cfg},
    {GUC_ACTION_HOST2GUC_CONTROL_CTB, MAILBOX, 2, 2, false, SETUP, 200, guc_action_control_ctb},
    {XE_GUC_ACTION_GET_HWCONFIG, MAILBOX, 4, 4, false, PROVIDED, 200, guc_action_get_hwconfig},
    {GUC_ACTION_VF2GUC_MATCH_VERSION, MAILBOX, 2, 2, false, ALWAYS, 50, guc_action_match_version},
    {GUC_ACTION_VF2GUC_VF_RESET, MAILBOX, 1, 1, false, ALWAYS, 400, guc_action_vf_reset},
    {GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, MAILBOX, 2, 2, false, ALWAYS, 50, guc_action_query_klv},
    {GUC_ACTION_VF2GUC_RESFIX_START, VF_MAILBOX, 1, 1, true, PROVIDED, 100,
     guc_action_resfix_start},
    {GUC_ACTION_VF2GUC_RESFIX_DONE, VF_MAILBOX, 1, 1, true, PROVIDED, 400, guc_action_resfix_done},

    {GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY, PF_CTB, 4, 4, false, 0, 200, guc_action_update_policy},
    {GUC_ACTION_PF2GUC_UPDATE_VF_CFG, PF_CTB, 5, 5, false, 0, 200, guc_action_update_vf_cfg},
    {GUC_ACTION_PF2GUC_VF_CONTROL, PF_CTB, 3, 3, false, 0, 200, guc_action_vf_control},
    {GUC_ACTION_PF2GUC_SAVE_RESTORE_VF, PF_CTB, 5, 5, true, 0, 400, guc_action_save_restore},
    {XE_GUC_ACTION_PF2GUC_RELAY_TO_VF, PF_CTB, PF2GUC_RELAY_TO_VF_REQUEST_MSG_MIN_LEN,
     PF2GUC_RELAY_TO_VF_REQUEST_MSG_MAX_LEN, false, 0, 100, guc_action_relay_to_vf},
    {XE_GUC_ACTION_VF2GUC_RELAY_TO_PF, VF_CTB, VF2GUC_RELAY_TO_PF_REQUEST_MSG_MIN_LEN,
     VF2GUC_RELAY_TO_PF_REQUEST_MSG_MAX_LEN, false, SERVED, 100, guc_action_relay_to_pf},

    {XE_GUC_ACTION_REGISTER_CONTEXT, BOTH_CTB, GUC_REGISTRATION_LEN, GUC_REGISTRATION_LEN, false,
     SERVED, 200, guc_action_register_context},
    {XE_GUC_ACTION_REGISTER_CONTEXT_MULTI_LRC, BOTH_CTB, 11, 29, false, SERVED, 200,
     guc_action_register_multi_lrc},
    {XE_GUC_ACTION_DEREGISTER_CONTEXT, BOTH_CTB, 2, 2, false, SERVED, 100,
     guc_action_deregister_context},
    {XE_GUC_ACTION_SCHED_CONTEXT, BOTH_CTB, 2, 2, false, SERVED, 50, guc_action_sched_context},
    {XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET, BOTH_CTB, 3, 3, false, SERVED, 100, guc_action_mode_set},
    {XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES, BOTH_CTB, 2, CTB_MAX, false, SERVED, 100,
     guc_action_context_policies},
    {XE_GUC_ACTION_TLB_INVALIDATION, BOTH_CTB, 3, 7, false, SERVED, 100,
     guc_action_tlb_invalidation},
    {XE_GUC_ACTION_TLB_INVALIDATION_ALL, BOTH_CTB, 3, 3, false, SERVED, 100,
     guc_action_tlb_invalidation},
    {XE_GUC_ACTION_PAGE_FAULT_RES_DESC, BOTH_CTB, 3, 3, false, SERVED, 100,
     guc_action_page_fault_response},
    {XE_GUC_ACTION_OPT_IN_FEATURE_KLV, BOTH_CTB, 4, 4, false, SERVED, 100, guc_action_opt_in},
    {XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV, BOTH_CTB, 2, CTB_MAX, false, SERVED, 100,
     guc_action_scheduling_policies},
};

static const struct action *find_action(uint32_t code)
{
    for (unsigned i = 0; i < ARRAY_SIZE(actions); i++) {
        if (actions[i].code == code) {
            return &actions[i];
        }
    }
    return NULL;
}

uint32_t guc_action_mailbox_len(uint16_t action)
{
    const struct action *row = find_action(action);

    return row && (row->senders & MAILBOX) ? row->max_len : 1;
}

/* ---- permission ------------------------------------------------------------------------------ */

static unsigned sender_of(const struct guc_request *request)
{
    if (request->transport == GUC_MAILBOX) {
        return request->fn == GUC_PF ? PF_MAILBOX : VF_MAILBOX;
    }
    return request->fn == GUC_PF ? PF_CTB : VF_CTB;
}

static bool type_is_request(const struct guc_request *request)
{
    if (FIELD_GET(GUC_HXG_MSG_0_ORIGIN, request->hxg[0]) != GUC_HXG_ORIGIN_HOST) {
        return false;
    }
    return request->type == GUC_HXG_TYPE_REQUEST ||
           (request->transport == GUC_CTB &&
            (request->type == GUC_HXG_TYPE_EVENT || request->type == GUC_HXG_TYPE_FAST_REQUEST));
}

static uint32_t check_request(const struct guc *guc, const struct guc_request *request,
                              const struct action *row)
{
    unsigned sender = sender_of(request);
    enum guc_vf_state state = guc->functions[request->fn].state;

    if (!type_is_request(request)) {
        return XE_GUC_RESPONSE_ERROR_PROTOCOL;
    }
    if (!row) {
        return XE_GUC_RESPONSE_UNKNOWN_ACTION;
    }
    if (!(row->senders & sender)) {
        /* Known, but not to this function, or not this way. */
        return (row->senders & ANY_PF) == row->senders && request->fn != GUC_PF
                   ? XE_GUC_RESPONSE_NO_PERMISSION
                   : XE_GUC_RESPONSE_NOT_SUPPORTED;
    }
    if (request->len < row->min_len || request->len > row->max_len) {
        return XE_GUC_RESPONSE_INVALID_SIZE;
    }
    if (!row->data0 && FIELD_GET(GUC_HXG_REQUEST_MSG_0_DATA0, request->hxg[0])) {
        return XE_GUC_RESPONSE_ERROR_PROTOCOL;
    }
    if (request->fn == GUC_PF || (row->states & 1u << state)) {
        return 0;
    }
    return state == GUC_VF_UNPROVISIONED ? XE_GUC_RESPONSE_UNPROVISIONED_VF
                                         : XE_GUC_RESPONSE_INVALID_STATE;
}

/* ---- run ------------------------------------------------------------------------------------- */

static uint32_t encode_success(const struct guc_request *request, uint32_t *answer)
{
    answer[0] = FIELD_PREP(GUC_HXG_MSG_0_ORIGIN, GUC_HXG_ORIGIN_GUC) |
                FIELD_PREP(GUC_HXG_MSG_0_TYPE, GUC_HXG_TYPE_RESPONSE_SUCCESS) |
                FIELD_PREP(GUC_HXG_RESPONSE_MSG_0_DATA0, request->data0);
    for (uint32_t i = 0; i < request->payload_len; i++) {
        answer[1 + i] = request->payload[i];
    }
    return 1 + request->payload_len;
}

static uint32_t encode_busy(uint32_t *answer)
{
    answer[0] = FIELD_PREP(GUC_HXG_MSG_0_ORIGIN, GUC_HXG_ORIGIN_GUC) |
                FIELD_PREP(GUC_HXG_MSG_0_TYPE, GUC_HXG_TYPE_NO_RESPONSE_BUSY);
    return GUC_HXG_BUSY_MSG_LEN;
}

static uint32_t encode_failure(uint32_t error, uint32_t *answer)
{
    answer[0] = FIELD_PREP(GUC_HXG_MSG_0_ORIGIN, GUC_HXG_ORIGIN_GUC) |
                FIELD_PREP(GUC_HXG_MSG_0_TYPE, GUC_HXG_TYPE_RESPONSE_FAILURE) |
                FIELD_PREP(GUC_HXG_FAILURE_MSG_0_ERROR, error);
    return GUC_HXG_FAILURE_MSG_LEN;
}

uint32_t guc_action_answer(uint32_t error, uint32_t *answer)
{
    static const struct guc_request plain;

    return error ? encode_failure(error, answer) : encode_success(&plain, answer);
}

uint32_t guc_action_run(struct guc *guc, struct guc_request *request, uint32_t *answer)
{
    const struct action *row =
        find_action(FIELD_GET(GUC_HXG_REQUEST_MSG_0_ACTION, request->hxg[0]));
    uint32_t error = check_request(guc, request, row);

    if (!error) {
        hal_cycles(guc->hal, row->cycles);
        if (guc->config.slow_cycles && row->code == guc->config.slow_action) {
            hal_cycles(guc->hal, guc->config.slow_cycles);
        }
        error = row->handler(guc, request);
    }
    if (!error && request->busy) {
        return encode_busy(answer);
    }
    if (!error) {
        return request->type == GUC_HXG_TYPE_REQUEST ? encode_success(request, answer) : 0;
    }
    if (request->type != GUC_HXG_TYPE_EVENT || request->transport == GUC_MAILBOX) {
        return encode_failure(error, answer);
    }
    /* An event is never answered (the mailbox knows none). A VF that moved registers contexts
     * again that way, which is no error. */
    if (error != XE_GUC_RESPONSE_CONTEXT_ALREADY_REGISTERED) {
        trace_peer_error(guc->hal, (int)guc->config.gt, request->fn, "event refused", error);
    }
    return 0;
}
