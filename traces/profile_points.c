/* SPDX-License-Identifier: MIT */
/* From events to points: finds the message that an event is about and notes when it got where. */
#include <string.h>

#include "firmware/abi/guc_communication_ctb_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "traces/profile_read.h"

static void choose_channel(struct profile_scene *scene)
{
    unsigned guc = scene->gpu * PROFILE_GTS + scene->gt;

    scene->channel = &scene->reader->channels[guc * PROFILE_NUM_FNS + scene->fn];
}

/* ---- doorbells ------------------------------------------------------------------------------- */

/* Writes on a link keep their order, so doorbells arrive in the order in which they left. */
static void ring(struct profile_scene *scene, struct profile_message *message)
{
    struct profile_channel *channel = scene->channel;
    uint32_t index = (uint32_t)(message - scene->reader->profile->messages);
    struct profile_message *last = profile_at(scene, channel->rung_last);

    if (message->at[TRACE_HOP_DOORBELL_LEFT] != PROFILE_NEVER) {
        return; /* a mailbox request that is repeated; the first one's doorbell counts */
    }
    if (message->kind == PROFILE_MAILBOX) {
        /* Its sender has read a register back: no older doorbell is on the link any more. */
        last = NULL;
    }
    if (last) {
        last->next_rung = index;
    } else {
        channel->rung_first = index;
    }
    channel->rung_last = index;
}

static void on_doorbell(struct profile_scene *scene)
{
    struct profile_channel *channel = scene->channel;
    struct profile_message *message = profile_at(scene, channel->rung_first);

    if (!message) {
        return;
    }
    profile_note(message, TRACE_HOP_DOORBELL_ARRIVED, scene->event->t_ps);
    channel->rung_first = message->next_rung;
    if (channel->rung_first == PROFILE_NONE) {
        channel->rung_last = PROFILE_NONE;
    }
}

/* ---- rings ----------------------------------------------------------------------------------- */

static struct profile_message *message_at(struct profile_scene *scene, enum profile_kind kind)
{
    uint32_t epoch = (uint32_t)event_int(scene->event, "epoch");
    uint32_t pos = (uint32_t)event_int(scene->event, "pos");
    struct profile_message *message = profile_find(scene, kind, epoch, pos);

    if (!message) {
        message = profile_add(scene, kind);
    }
    if (message) {
        message->epoch = epoch;
        message->pos = pos;
    }
    return message;
}

static bool is_sent(const struct event *event)
{
    return strcmp(event_text(event, "ev"), "sent") == 0;
}

/* Type of the HXG message, 4 (reserved) without one. */
static unsigned type_of(const struct event *event)
{
    uint32_t hxg[EVENT_MAX_HXG];

    return event_hxg(event, hxg) ? hxg[0] >> 28 & 7 : 4;
}

static void on_h2g(struct profile_scene *scene)
{
    uint64_t now = scene->event->t_ps;
    struct profile_channel *channel = scene->channel;
    struct profile_message *message = message_at(scene, PROFILE_H2G);

    if (!message) {
        return;
    }
    if (is_sent(scene->event)) {
        message->fence = (uint32_t)event_int(scene->event, "fence");
        message->request = type_of(scene->event) == GUC_HXG_TYPE_REQUEST;
        message->dwords = GUC_CTB_MSG_MIN_LEN + (uint32_t)event_int(scene->event, "len");
        profile_name_message(scene, message);
        profile_note(message, TRACE_HOP_TAIL_PUBLISHED, now);
        return;
    }
    profile_note(message, TRACE_HOP_TURN_BEGUN, channel->turn);
    profile_note(message, TRACE_HOP_DESC_FETCHED, channel->desc);
    profile_note(message, TRACE_HOP_PAYLOAD_FETCHED, channel->payload);
    profile_note(message, TRACE_HOP_HANDLER_STARTED, now);
}

/* The newest request with this fence that has no answer yet. */
static struct profile_message *asked_with(const struct profile_scene *scene, uint32_t epoch,
                                          uint32_t fence)
{
    struct profile_message *message = profile_newest(scene, PROFILE_H2G);

    for (unsigned i = 0; message && i < PROFILE_MAX_BACK; i++) {
        if (message->fence == fence && message->epoch == epoch &&
            message->at[TRACE_HOP_HANDLER_STARTED] != PROFILE_NEVER) {
            return message->at[TRACE_HOP_G2H_PUBLISHED] == PROFILE_NEVER ? message : NULL;
        }
        message = profile_at(scene, message->previous);
    }
    return NULL;
}

static void answer(struct profile_scene *scene, struct profile_message *message)
{
    struct profile_message *request = asked_with(scene, message->epoch, message->fence);

    message->part = true;
    if (request) {
        message->answers = (uint32_t)(request - scene->reader->profile->messages);
        profile_note(request, TRACE_HOP_G2H_PUBLISHED, scene->event->t_ps);
    }
}

static void on_g2h(struct profile_scene *scene)
{
    uint64_t now = scene->event->t_ps;
    struct profile_message *message = message_at(scene, PROFILE_G2H);

    if (!message) {
        return;
    }
    message->fence = (uint32_t)event_int(scene->event, "fence");
    profile_name_message(scene, message);
    if (is_sent(scene->event)) {
        profile_note(message, TRACE_HOP_G2H_PUBLISHED, now);
        if (type_of(scene->event) >= GUC_HXG_TYPE_NO_RESPONSE_BUSY) {
            answer(scene, message);
        }
        return;
    }
    profile_note(message, TRACE_HOP_G2H_TAKEN, now);
}

static void interrupt(struct profile_scene *scene)
{
    struct profile_message *message = profile_newest(scene, PROFILE_G2H);

    for (unsigned i = 0; message && i < PROFILE_MAX_BACK; i++) {
        if (message->at[TRACE_HOP_G2H_TAKEN] != PROFILE_NEVER ||
            message->at[TRACE_HOP_IRQ_ARRIVED] != PROFILE_NEVER) {
            return;
        }
        if (message->at[TRACE_HOP_G2H_PUBLISHED] != PROFILE_NEVER) {
            profile_note(message, TRACE_HOP_IRQ_ARRIVED, scene->event->t_ps);
        }
        message = profile_at(scene, message->previous);
    }
}

/* The first interrupt behind a message is the one by which its host can know of it. A function's
 * GuCs share it. */
static void on_irq(struct profile_scene *scene)
{
    for (scene->gt = 0; scene->gt < PROFILE_GTS; scene->gt++) {
        choose_channel(scene);
        interrupt(scene);
    }
}

/* ---- mailbox --------------------------------------------------------------------------------- */

/* The exchange that is under way; a function has one at a time. */
static struct profile_message *exchange(const struct profile_scene *scene)
{
    struct profile_message *message = profile_newest(scene, PROFILE_MAILBOX);

    return message && message->at[TRACE_HOP_RETURNED] == PROFILE_NEVER ? message : NULL;
}

static void on_mmio_msg(struct profile_scene *scene)
{
    bool request = strcmp(event_text(scene->event, "ev"), "request") == 0;
    struct profile_message *message = exchange(scene);

    if (request && (!message || (message->at[TRACE_HOP_HANDLER_ENDED] != PROFILE_NEVER &&
                                 message->at[TRACE_HOP_ENTERED] == PROFILE_NEVER))) {
        message = profile_add(scene, PROFILE_MAILBOX);
    }
    if (!message) {
        return;
    }
    message->request = true;
    message->pos = (uint32_t)event_int(scene->event, "id");
    profile_name_message(scene, message);
    profile_note(message, request ? TRACE_HOP_HANDLER_STARTED : TRACE_HOP_HANDLER_ENDED,
                 scene->event->t_ps);
}

/* ---- hops ------------------------------------------------------------------------------------ */

/* Every message in the ring now is seen with the function. */
static void see(struct profile_scene *scene)
{
    struct profile_message *message = profile_newest(scene, PROFILE_H2G);

    for (unsigned i = 0; message && i < PROFILE_MAX_BACK; i++) {
        if (message->at[TRACE_HOP_HANDLER_STARTED] != PROFILE_NEVER) {
            return;
        }
        if (message->at[TRACE_HOP_TAIL_PUBLISHED] != PROFILE_NEVER) {
            profile_note_first(message, TRACE_HOP_GUC_SEES, scene->event->t_ps);
        }
        message = profile_at(scene, message->previous);
    }
}

static void on_call_hop(struct profile_scene *scene, enum profile_kind kind, enum trace_hop_at at)
{
    uint32_t call = (uint32_t)event_int(scene->event, "call");
    struct profile_message *message;

    if (at == TRACE_HOP_ENTERED) {
        message = profile_add(scene, kind);
        if (message) {
            message->call = call;
        }
    } else {
        message = profile_find_call(scene, kind, call);
    }
    if (!message) {
        return;
    }
    if (at == TRACE_HOP_PAYLOAD_WRITTEN && kind == PROFILE_H2G) {
        message->epoch = (uint32_t)event_int(scene->event, "epoch");
        message->pos = (uint32_t)event_int(scene->event, "pos");
    }
    if (at == TRACE_HOP_DOORBELL_LEFT) {
        ring(scene, message);
        profile_note_first(message, at, scene->event->t_ps);
    } else {
        profile_note(message, at, scene->event->t_ps);
    }
}

static void on_guc_hop(struct profile_scene *scene, enum profile_kind kind, enum trace_hop_at at)
{
    uint64_t now = scene->event->t_ps;
    struct profile_message *message;

    switch (at) {
    case TRACE_HOP_GUC_SEES:
        see(scene);
        return;
    case TRACE_HOP_TURN_BEGUN:
        scene->channel->turn = now;
        return;
    case TRACE_HOP_DESC_FETCHED:
        scene->channel->desc = now;
        return;
    case TRACE_HOP_PAYLOAD_FETCHED:
        scene->channel->payload = now;
        return;
    default:
        break;
    }
    if (kind == PROFILE_MAILBOX) {
        profile_note(exchange(scene), at, now);
        return;
    }
    message = message_at(scene, kind);
    if (message) {
        profile_note_first(message, at, now);
    }
}

static void on_hop(struct profile_scene *scene)
{
    const char *of = event_text(scene->event, "of");
    const char *name = event_text(scene->event, "at");
    enum profile_kind kind = strcmp(of, "h2g") == 0   ? PROFILE_H2G
                             : strcmp(of, "g2h") == 0 ? PROFILE_G2H
                                                      : PROFILE_MAILBOX;

    for (unsigned at = 0; at < TRACE_NUM_HOPS; at++) {
        if (strcmp(name, profile_hop_name((enum trace_hop_at)at)) != 0) {
            continue;
        }
        scene->reader->profile->has_hops = true;
        if (at <= TRACE_HOP_DOORBELL_LEFT || at >= TRACE_HOP_MATCHED) {
            on_call_hop(scene, kind, (enum trace_hop_at)at);
        } else {
            on_guc_hop(scene, kind, (enum trace_hop_at)at);
        }
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

static const struct {
    const char *kind;
    void (*handle)(struct profile_scene *scene);
} handlers[] = {
    {"hop", on_hop}, {"h2g", on_h2g},           {"g2h", on_g2h},       {"mmio_msg", on_mmio_msg},
    {"irq", on_irq}, {"doorbell", on_doorbell}, {"pv", profile_on_pv}, {"trap", profile_on_trap},
};

void profile_points(struct profile_scene *scene)
{
    for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
        if (strcmp(handlers[i].kind, scene->event->kind) == 0) {
            scene->fn = (unsigned)event_int(scene->event, "fn");
            choose_channel(scene);
            handlers[i].handle(scene);
        }
    }
}
