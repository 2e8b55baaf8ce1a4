/* SPDX-License-Identifier: MIT */
/* Points of messages on the PV channels of vGPUs. Guests of one GPU may use the same fence at the
 * same time, and one guest too, when it has begun anew: then the one that waits longest is meant.
 */
#include <string.h>

#include "gpu_regs.h"
#include "host/abi/i915_pvinfo.h"
#include "traces/profile_read.h"

/* The oldest message of this fence that has got to one point and not to the other; NULL when there
 * is none. */
static struct profile_message *waiting(const struct profile_scene *scene, unsigned vgpu,
                                       enum trace_hop_at has, enum trace_hop_at lacks)
{
    uint32_t fence = (uint32_t)event_int(scene->event, "fence");
    struct profile_message *message = profile_newest(scene, PROFILE_PV);
    struct profile_message *oldest = NULL;

    for (unsigned i = 0; message && i < PROFILE_MAX_BACK; i++) {
        if (message->fence == fence && message->fn == vgpu &&
            !(message->part && lacks == TRACE_HOP_RETURNED) && message->at[has] != PROFILE_NEVER &&
            message->at[lacks] == PROFILE_NEVER) {
            oldest = message;
        }
        message = profile_at(scene, message->previous);
    }
    return oldest;
}

static void on_sent(struct profile_scene *scene, unsigned vgpu)
{
    struct profile_message *message = profile_add(scene, PROFILE_PV);

    if (message) {
        message->request = true;
        message->fn = (uint8_t)vgpu;
        message->fence = (uint32_t)event_int(scene->event, "fence");
        profile_name_message(scene, message);
        profile_note(message, TRACE_HOP_TAIL_PUBLISHED, scene->event->t_ps);
    }
}

/* Its guest waits no longer: nobody will see its fence. */
static void give_up(struct profile_scene *scene, unsigned vgpu)
{
    struct profile_message *message =
        waiting(scene, vgpu, TRACE_HOP_TAIL_PUBLISHED, TRACE_HOP_RETURNED);

    if (message) {
        message->part = true;
    }
}

/* The mediator has it: now its name is known. */
static void on_fetched(struct profile_scene *scene, unsigned vgpu)
{
    struct profile_message *message =
        waiting(scene, vgpu, TRACE_HOP_TAIL_PUBLISHED, TRACE_HOP_PAYLOAD_FETCHED);
    uint64_t exit = scene->reader->notified[scene->gpu][vgpu];

    if (!message) {
        return;
    }
    profile_name_message(scene, message);
    if (exit != PROFILE_NEVER && exit >= message->at[TRACE_HOP_TAIL_PUBLISHED]) {
        profile_note(message, TRACE_HOP_DOORBELL_ARRIVED, exit);
    }
    profile_note(message, TRACE_HOP_PAYLOAD_FETCHED, scene->event->t_ps);
}

void profile_on_pv(struct profile_scene *scene)
{
    const char *ev = event_text(scene->event, "ev");
    uint64_t now = scene->event->t_ps;
    unsigned vgpu = scene->fn - VGPU_FN_BASE;

    if (scene->fn <= VGPU_FN_BASE || vgpu >= PROFILE_MAX_VGPUS) {
        return;
    }
    if (strcmp(ev, "sent") == 0) {
        on_sent(scene, vgpu);
    } else if (strcmp(ev, "trap") == 0) {
        on_fetched(scene, vgpu);
    } else if (strcmp(ev, "exec") == 0) {
        profile_note(waiting(scene, vgpu, TRACE_HOP_PAYLOAD_FETCHED, TRACE_HOP_HANDLER_STARTED),
                     TRACE_HOP_HANDLER_STARTED, now);
    } else if (strcmp(ev, "done") == 0) {
        profile_note(waiting(scene, vgpu, TRACE_HOP_HANDLER_STARTED, TRACE_HOP_HANDLER_ENDED),
                     TRACE_HOP_HANDLER_ENDED, now);
    } else if (strcmp(ev, "seen") == 0) {
        profile_note(waiting(scene, vgpu, TRACE_HOP_HANDLER_ENDED, TRACE_HOP_RETURNED),
                     TRACE_HOP_RETURNED, now);
    } else if (strcmp(ev, "timeout") == 0) {
        give_up(scene, vgpu);
    }
}

/* A write to g2v_notify leaves its guest. */
void profile_on_trap(struct profile_scene *scene)
{
    unsigned fn = scene->fn;

    if (strcmp(event_text(scene->event, "ev"), "exit") == 0 && fn > VGPU_FN_BASE &&
        fn - VGPU_FN_BASE < PROFILE_MAX_VGPUS &&
        event_int(scene->event, "addr") == PVINFO_G2V_NOTIFY) {
        scene->reader->notified[scene->gpu][fn - VGPU_FN_BASE] = scene->event->t_ps;
    }
}
