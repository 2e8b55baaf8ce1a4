/* SPDX-License-Identifier: MIT */
/* Names of GuC actions and errors for traces, spelt as the ABI headers spell them without their
 * prefix. */
#include "sim/machine/machine.h"

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_errors_abi.h"

#define G(name)                                                                                    \
    {                                                                                              \
        GUC_ACTION_##name, #name                                                                   \
    }
#define XE(name)                                                                                   \
    {                                                                                              \
        XE_GUC_ACTION_##name, #name                                                                \
    }

/* Where a code has two names (0x5507, 0x5508) the first one of the list is used. */
static const struct {
    uint16_t action;
    const char *name;
} action_names[] = {
    G(HOST2GUC_SELF_CFG),
    G(HOST2GUC_CONTROL_CTB),
    G(VF2GUC_MATCH_VERSION),
    G(VF2GUC_VF_RESET),
    G(VF2GUC_QUERY_SINGLE_KLV),
    G(VF2GUC_RESFIX_START),
    G(VF2GUC_RESFIX_DONE),
    G(PF2GUC_UPDATE_VGT_POLICY),
    G(PF2GUC_UPDATE_VF_CFG),
    G(PF2GUC_VF_CONTROL),
    G(PF2GUC_SAVE_RESTORE_VF),
    G(GUC2PF_ADVERSE_EVENT),
    G(GUC2PF_VF_STATE_NOTIFY),
    XE(GUC2PF_RELAY_FROM_VF),
    XE(PF2GUC_RELAY_TO_VF),
    XE(GUC2VF_RELAY_FROM_PF),
    XE(VF2GUC_RELAY_TO_PF),
    XE(GET_HWCONFIG),
    XE(REGISTER_CONTEXT),
    XE(REGISTER_CONTEXT_MULTI_LRC),
    XE(DEREGISTER_CONTEXT),
    XE(DEREGISTER_CONTEXT_DONE),
    XE(SCHED_CONTEXT),
    XE(SCHED_CONTEXT_MODE_SET),
    XE(SCHED_CONTEXT_MODE_DONE),
    XE(HOST2GUC_UPDATE_CONTEXT_POLICIES),
    XE(CONTEXT_RESET_NOTIFICATION),
    XE(ENGINE_FAILURE_NOTIFICATION),
    XE(NOTIFY_MEMORY_CAT_ERROR),
    XE(REPORT_PAGE_FAULT_REQ_DESC),
    XE(PAGE_FAULT_RES_DESC),
    XE(ACCESS_COUNTER_NOTIFY),
    XE(TLB_INVALIDATION),
    XE(TLB_INVALIDATION_ALL),
    XE(TLB_INVALIDATION_DONE),
    XE(PAGE_RECLAMATION),
    XE(PAGE_RECLAMATION_DONE),
    XE(UPDATE_SCHEDULING_POLICIES_KLV),
    XE(OPT_IN_FEATURE_KLV),
    XE(AUTHENTICATE_HUC),
    XE(SET_ENG_UTIL_BUFF),
    XE(SET_DEVICE_ENGINE_ACTIVITY_BUFFER),
    XE(SET_FUNCTION_ENGINE_ACTIVITY_BUFFER),
    XE(REGISTER_G2G),
    XE(DEREGISTER_G2G),
    XE(MULTI_QUEUE_CONTEXT_CGP_SYNC),
    XE(NOTIFY_MULTI_QUEUE_CONTEXT_CGP_SYNC_DONE),
    XE(STATE_CAPTURE_NOTIFICATION),
    XE(NOTIFY_FLUSH_LOG_BUFFER_TO_FILE),
    XE(NOTIFY_CRASH_DUMP_POSTED),
    XE(NOTIFY_EXCEPTION),
};

const char *machine_action_name(uint16_t action, bool g2h)
{
    (void)g2h; /* one space of numbers for both directions */
    for (unsigned i = 0; i < ARRAY_SIZE(action_names); i++) {
        if (action_names[i].action == action) {
            return action_names[i].name;
        }
    }
    return NULL;
}

const char *machine_error_name(uint32_t error)
{
#define NAMED(name)                                                                                \
    case XE_GUC_RESPONSE_##name:                                                                   \
        return #name;
    switch (error) {
        XE_GUC_RESPONSE_NAMES(NAMED)
    default:
        return NULL;
    }
#undef NAMED
}
