/* SPDX-License-Identifier: MIT */
/* Commands about a VF: the PF's VF_CONTROL, the VF's own RESFIX_START and RESFIX_DONE. They check
 * what the message says; guc_vf_state.c knows what may happen when.
 *
 * Order of a pause: the answer, then PAUSE_DONE, which comes once no engine runs the VF. What its
 * rings still owe it (a MODE_DONE of a disable that waited for the engine) is placed before
 * PAUSE_DONE. Unread H2G messages stay unread. Compression contexts run at the end of a pause and
 * before RESFIX_DONE succeeds (guc_ccs.c).
 *
 * Recovery below ABI 1.27 has no marker: RESFIX_DONE carries 0 and RESFIX_START does not exist.
 * The ABI that counts is the one that the VF's driver matched, which moves with it. There
 * RESFIX_DONE of a running VF succeeds and changes nothing, since two interrupts of one migration
 * may make its driver send two. */
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "firmware/guc_private.h"

uint32_t guc_check_vfid(const struct guc *guc, uint32_t vfid)
{
    if (!guc->vgt) {
        return XE_GUC_RESPONSE_VGT_DISABLED;
    }
    if (vfid == GUC_PF || vfid > guc->config.total_vfs) {
        return XE_GUC_RESPONSE_INVALID_VFID;
    }
    return guc->functions[vfid].state == GUC_VF_UNPROVISIONED ? XE_GUC_RESPONSE_UNPROVISIONED_VF
                                                              : 0;
}

uint32_t guc_action_vf_control(struct guc *guc, struct guc_request *request)
{
    static const enum guc_vf_event events[] = {
        [GUC_PF_TRIGGER_VF_PAUSE] = GUC_VF_EVENT_PAUSE,
        [GUC_PF_TRIGGER_VF_RESUME] = GUC_VF_EVENT_RESUME,
        [GUC_PF_TRIGGER_VF_STOP] = GUC_VF_EVENT_STOP,
        [GUC_PF_TRIGGER_VF_FLR_START] = GUC_VF_EVENT_FLR_START,
        [GUC_PF_TRIGGER_VF_FLR_FINISH] = GUC_VF_EVENT_FLR_FINISH,
    };
    uint32_t vfid = request->hxg[1];
    uint32_t command = request->hxg[2];
    uint32_t error = guc_check_vfid(guc, vfid);

    if (error) {
        return error;
    }
    if (command < GUC_PF_TRIGGER_VF_PAUSE || command >= ARRAY_SIZE(events)) {
        return XE_GUC_RESPONSE_INVALID_EVENT;
    }
    error = guc_vf_fire(guc, vfid, events[command]);
    if (!error && guc_vf_allows(guc, vfid, GUC_VF_EVENT_QUIESCED) && !guc_sched_busy(guc, vfid) &&
        !guc_ccs_save(guc, vfid)) {
        error = guc_vf_fire(guc, vfid, GUC_VF_EVENT_QUIESCED);
    }
    return error;
}

uint32_t guc_action_resfix_start(struct guc *guc, struct guc_request *request)
{
    struct guc_function *function = &guc->functions[request->fn];
    uint32_t marker = FIELD_GET(VF2GUC_RESFIX_START_REQUEST_MSG_0_MARKER, request->hxg[0]);
    uint32_t error;

    if (function->abi < GUC_ABI_RESFIX_MARKER) {
        return XE_GUC_RESPONSE_UNKNOWN_ACTION;
    }
    if (!marker) {
        return XE_GUC_RESPONSE_INVALID_PARAMS;
    }
    if (function->ccs.restoring) {
        return XE_GUC_RESPONSE_PENDING_ACTION;
    }
    error = guc_vf_fire(guc, request->fn, GUC_VF_EVENT_RESFIX_START);
    if (!error) {
        function->marker = marker; /* a second START counts: the recovery was begun again */
    }
    return error;
}

uint32_t guc_action_resfix_done(struct guc *guc, struct guc_request *request)
{
    const struct guc_function *function = &guc->functions[request->fn];
    uint32_t marker = FIELD_GET(VF2GUC_RESFIX_DONE_REQUEST_MSG_0_MARKER, request->hxg[0]);

    if (function->abi < GUC_ABI_RESFIX_MARKER) {
        if (marker) {
            return XE_GUC_RESPONSE_INVALID_PARAMS;
        }
        if (function->state == GUC_VF_RUNNING) {
            return 0;
        }
    } else if (!marker || marker != function->marker) {
        return XE_GUC_RESPONSE_VF_MIGRATED;
    }
    if (function->ccs.restoring) {
        return XE_GUC_RESPONSE_PENDING_ACTION;
    }
    if (guc_vf_allows(guc, request->fn, GUC_VF_EVENT_RESFIX_DONE) &&
        guc_ccs_restore(guc, request->fn)) {
        request->busy = true;
        return 0;
    }
    return guc_vf_fire(guc, request->fn, GUC_VF_EVENT_RESFIX_DONE);
}
