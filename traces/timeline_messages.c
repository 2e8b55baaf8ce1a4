/* SPDX-License-Identifier: MIT */
/* Rows of messages: in rings, mailboxes and PV channels. */
#include <inttypes.h>
#include <string.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "gpu_regs.h"
#include "traces/names.h"
#include "traces/timeline_scene.h"

static struct message message_of(const struct event *event, uint32_t hxg[EVENT_MAX_HXG])
{
    struct message message = {
        .action = (uint32_t)event_int(event, "action"),
        .name = event_text(event, "name"),
        .hxg = hxg,
    };

    message.len = event_hxg(event, hxg);
    return message;
}

static bool is_answer(const struct message *message)
{
    return message_type(message) >= GUC_HXG_TYPE_NO_RESPONSE_BUSY;
}

static bool is_success(const struct message *message)
{
    return message_type(message) == GUC_HXG_TYPE_RESPONSE_SUCCESS;
}

/* ---- messages in rings ----------------------------------------------------------------------- */

static bool is_control(uint32_t action)
{
    return action == GUC_ACTION_PF2GUC_VF_CONTROL || action == GUC_ACTION_PF2GUC_SAVE_RESTORE_VF ||
           action == GUC_ACTION_GUC2PF_VF_STATE_NOTIFY;
}

/* The VF that a request or event between PF and GuC is about, 0 when none or when there is no such
 * VF. */
static unsigned subject_of(const struct message *message)
{
    uint32_t vf = message_dword(message, 1);

    switch (message->action) {
    case GUC_ACTION_PF2GUC_VF_CONTROL:
    case GUC_ACTION_PF2GUC_SAVE_RESTORE_VF:
    case GUC_ACTION_PF2GUC_UPDATE_VF_CFG:
    case XE_GUC_ACTION_PF2GUC_RELAY_TO_VF:
    case GUC_ACTION_GUC2PF_VF_STATE_NOTIFY:
    case GUC_ACTION_GUC2PF_ADVERSE_EVENT:
    case XE_GUC_ACTION_GUC2PF_RELAY_FROM_VF:
        return vf <= EVENT_MAX_FN ? vf : 0;
    default:
        return 0;
    }
}

static void remember_subject(struct gt_track *gt, uint32_t fence, unsigned vf)
{
    gt->asked[gt->next_asked].fence = fence;
    gt->asked[gt->next_asked].vf = vf;
    gt->next_asked = (gt->next_asked + 1) % MAX_ASKED;
}

/* Fences repeat, so the newest request with this one is meant. */
static unsigned recall_subject(const struct gt_track *gt, uint32_t fence)
{
    for (unsigned i = 1; i <= MAX_ASKED; i++) {
        unsigned slot = (gt->next_asked + MAX_ASKED - i) % MAX_ASKED;

        if (gt->asked[slot].vf && gt->asked[slot].fence == fence) {
            return gt->asked[slot].vf;
        }
    }
    return 0;
}

static unsigned ring_subject(struct scene *scene, const struct message *message, unsigned fn,
                             bool to_guc)
{
    uint32_t fence = (uint32_t)event_int(scene->event, "fence");
    unsigned vf = fn;

    if (fn == 0 && is_answer(message)) {
        vf = recall_subject(scene->gt, fence);
    } else if (fn == 0) {
        vf = subject_of(message);
        if (to_guc) {
            remember_subject(scene->gt, fence, vf);
        }
    }
    return vf;
}

/* A message counts once, when it was published; that the other side took it is for latency tools.
 */
static void on_ring(struct scene *scene, bool to_guc)
{
    uint32_t hxg[EVENT_MAX_HXG];
    struct message message = message_of(scene->event, hxg);
    unsigned fn = (unsigned)event_int(scene->event, "fn");
    enum timeline_actor host = fn ? TIMELINE_VF : TIMELINE_PF;
    enum timeline_role role = TIMELINE_MESSAGE;

    if (strcmp(event_text(scene->event, "ev"), "sent") != 0) {
        return;
    }
    scene->row.vf = ring_subject(scene, &message, fn, to_guc);
    if (fn == 0 && to_guc && is_control(message.action) && scene->row.vf) {
        scene->gpu->story |= bit(scene->row.vf);
    }
    if (!scene->timeline->options->all && !(is_control(message.action) && fn == 0)) {
        return;
    }
    if (is_answer(&message)) {
        message_answer(&message, scene->row.text, sizeof(scene->row.text));
        role = message_type(&message) == GUC_HXG_TYPE_NO_RESPONSE_BUSY ? TIMELINE_MESSAGE
                                                                       : TIMELINE_ANSWER;
    } else {
        message_title(&message, scene->row.text, sizeof(scene->row.text));
        role = message_type(&message) == GUC_HXG_TYPE_REQUEST ? TIMELINE_REQUEST : TIMELINE_MESSAGE;
    }
    if (to_guc) {
        scene_show(scene, role, host, TIMELINE_GUC);
    } else {
        scene_show(scene, role, TIMELINE_GUC, host);
    }
}

void scene_on_h2g(struct scene *scene)
{
    on_ring(scene, true);
}

void scene_on_g2h(struct scene *scene)
{
    on_ring(scene, false);
}

/* ---- mailbox --------------------------------------------------------------------------------- */

static bool is_resfix(uint32_t action)
{
    return action == GUC_ACTION_VF2GUC_RESFIX_START || action == GUC_ACTION_VF2GUC_RESFIX_DONE;
}

static void on_mailbox_request(struct scene *scene, const struct message *message, unsigned fn)
{
    enum timeline_actor host = fn ? TIMELINE_VF : TIMELINE_PF;

    if (!scene->timeline->options->all &&
        !(fn && (scene->gt->resfix & bit(fn) || is_resfix(message->action)))) {
        return;
    }
    scene->gt->mailbox |= bit(fn);
    message_title(message, scene->row.text, sizeof(scene->row.text));
    scene_show(scene, TIMELINE_REQUEST, host, TIMELINE_GUC);
}

static void on_mailbox_reply(struct scene *scene, const struct message *message, unsigned fn)
{
    enum timeline_role role = TIMELINE_ANSWER;

    if (!(scene->gt->mailbox & bit(fn))) {
        return;
    }
    if (message_type(message) == GUC_HXG_TYPE_NO_RESPONSE_BUSY) {
        role = TIMELINE_MESSAGE;
    } else {
        scene->gt->mailbox &= ~bit(fn);
    }
    scene->row.vf_rests = message->action == GUC_ACTION_VF2GUC_RESFIX_DONE && is_success(message);
    message_answer(message, scene->row.text, sizeof(scene->row.text));
    scene_show(scene, role, TIMELINE_GUC, fn ? TIMELINE_VF : TIMELINE_PF);
}

void scene_on_mmio_msg(struct scene *scene)
{
    uint32_t hxg[EVENT_MAX_HXG];
    struct message message = message_of(scene->event, hxg);
    unsigned fn = (unsigned)event_int(scene->event, "fn");

    scene->row.vf = fn;
    if (strcmp(event_text(scene->event, "ev"), "request") == 0) {
        on_mailbox_request(scene, &message, fn);
    } else {
        on_mailbox_reply(scene, &message, fn);
    }
}

/* ---- PV channels ----------------------------------------------------------------------------- */

/* A message counts when the mediator has fetched it. */
void scene_on_pv(struct scene *scene)
{
    const char *ev = event_text(scene->event, "ev");
    const char *name = event_text(scene->event, "name");
    uint64_t fence = event_int(scene->event, "fence");
    uint64_t fn = event_int(scene->event, "fn");

    scene->row.vf = fn > VGPU_FN_BASE && fn <= EVENT_MAX_FN ? (unsigned)fn - VGPU_FN_BASE : 0;
    if (strcmp(ev, "trap") == 0) {
        scene_say(scene, "%s, fence %" PRIu64, name ? name : "PV message", fence);
        scene_show(scene, TIMELINE_REQUEST, TIMELINE_VGPU, TIMELINE_MEDIATOR);
    } else if (strcmp(ev, "done") == 0) {
        scene_say(scene, "fence %" PRIu64 ", status %" PRId32, fence,
                  (int32_t)event_int(scene->event, "status"));
        scene_show(scene, TIMELINE_ANSWER, TIMELINE_MEDIATOR, TIMELINE_VGPU);
    } else if (strcmp(ev, "timeout") == 0) {
        scene_say(scene, "its guest waits no longer for fence %" PRIu64, fence);
        scene_show(scene, TIMELINE_REMARK, TIMELINE_VGPU, TIMELINE_VGPU);
    }
}
