/* SPDX-License-Identifier: MIT */
/* Postman between a VF and the PF: carries relay messages as they are, adds who sent them.
 *
 * Decisions of the model. The sender is told at once when the other side's rings are not in use
 * (0x304); a VF that is paused or recovering takes no messages (0x303), so that none waits across
 * a migration. While answers wait for room in the PF's ring, VFs' messages are refused (0x301):
 * what the GuC can keep is for what it owes the PF, and no VF may use that up. */
#include <string.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/guc_private.h"

/* Dwords before the relayed message, in requests and in events. */
#define TO_PF_PREFIX 1u /* RELAY_ID follows dword 0 */
#define TO_VF_PREFIX 2u /* VFID, RELAY_ID */

uint32_t guc_action_relay_to_pf(struct guc *guc, struct guc_request *request)
{
    uint32_t payload[GUC2PF_RELAY_FROM_VF_EVENT_MSG_MAX_LEN];
    uint32_t len = request->len - 1;

    if (!guc_ctb_usable(guc, GUC_PF)) {
        return XE_GUC_RESPONSE_CTB_NOT_REGISTERED;
    }
    if (guc->functions[GUC_PF].ctb.queue_len) {
        return XE_GUC_RESPONSE_CTB_FULL;
    }
    payload[0] = request->fn;
    memcpy(payload + 1, request->hxg + TO_PF_PREFIX, len * sizeof(uint32_t));
    guc_ctb_event(guc, GUC_PF, XE_GUC_ACTION_GUC2PF_RELAY_FROM_VF, payload, len + 1);
    return 0;
}

uint32_t guc_action_relay_to_vf(struct guc *guc, struct guc_request *request)
{
    uint32_t vfid = request->hxg[1];
    uint32_t error = guc_check_vfid(guc, vfid);

    if (error) {
        return error;
    }
    if (!guc_fn_runs(guc, vfid)) {
        return XE_GUC_RESPONSE_CTB_INVALID;
    }
    if (!guc_ctb_usable(guc, vfid)) {
        return XE_GUC_RESPONSE_CTB_NOT_REGISTERED;
    }
    guc_ctb_event(guc, vfid, XE_GUC_ACTION_GUC2VF_RELAY_FROM_PF, request->hxg + TO_VF_PREFIX,
                  request->len - TO_VF_PREFIX);
    return 0;
}
