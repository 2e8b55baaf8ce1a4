/* SPDX-License-Identifier: MIT */
/* The messages of a profile and their names. */
#include "traces/profile_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAMES           1024u

#define HOP_NAME(hop, name) name,
static const char *const hop_names[] = {TRACE_HOPS(HOP_NAME)};
#undef HOP_NAME

const char *profile_hop_name(enum trace_hop_at at)
{
    return hop_names[at];
}

/* A PV message has fewer points, and its own words for them. */
const char *profile_point_name(enum profile_kind kind, enum trace_hop_at at)
{
    static const char *const pv_names[TRACE_NUM_HOPS] = {
        [TRACE_HOP_TAIL_PUBLISHED] = "sent",          [TRACE_HOP_DOORBELL_ARRIVED] = "trapped",
        [TRACE_HOP_PAYLOAD_FETCHED] = "host_fetched", [TRACE_HOP_HANDLER_STARTED] = "host_started",
        [TRACE_HOP_HANDLER_ENDED] = "fence_written",  [TRACE_HOP_RETURNED] = "guest_sees",
    };

    return kind == PROFILE_PV && pv_names[at] ? pv_names[at] : hop_names[at];
}

const char *profile_kind_name(enum profile_kind kind)
{
    static const char *const names[] = {"h2g", "g2h", "mailbox", "pv"};

    return names[kind];
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

int profile_intern(struct profile_names *names, const char *text, size_t max)
{
    char name[PROFILE_NAME];
    void *grown;
    size_t length = strlen(text);

    length = length < PROFILE_NAME ? length : PROFILE_NAME - 1;
    for (size_t i = 0; i < length; i++) {
        name[i] = '?';
        if (is_plain(text[i])) {
            name[i] = text[i];
        }
    }
    name[length] = '\0';
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->names[i], name) == 0) {
            return (int)i;
        }
    }
    if (names->count == max) {
        return -E2BIG;
    }
    grown = realloc(names->names, (names->count + 1) * PROFILE_NAME);
    if (!grown) {
        return -ENOMEM;
    }
    names->names = grown;
    memcpy(names->names[names->count], name, length + 1);
    return (int)names->count++;
}

void profile_name_message(struct profile_scene *scene, struct profile_message *message)
{
    const char *name = event_text(scene->event, "name");
    char number[16];
    int index;

    message->action = (uint32_t)event_int(scene->event, "action");
    (void)snprintf(number, sizeof(number), "0x%04" PRIx32, message->action);
    index = profile_intern(&scene->reader->profile->names, name ? name : number, MAX_NAMES);
    if (index < 0) {
        scene->reader->error = index;
        return;
    }
    message->name = (uint16_t)index;
}

/* ---- messages -------------------------------------------------------------------------------- */

struct profile_message *profile_at(const struct profile_scene *scene, uint32_t index)
{
    return index == PROFILE_NONE ? NULL : &scene->reader->profile->messages[index];
}

struct profile_message *profile_add(struct profile_scene *scene, enum profile_kind kind)
{
    struct profile_reader *reader = scene->reader;
    struct profile *profile = reader->profile;
    struct profile_message *message;

    if (profile->num_messages == reader->capacity) {
        size_t capacity = reader->capacity ? reader->capacity * 2 : 1024;
        void *grown = capacity < PROFILE_NONE
                          ? realloc(profile->messages, capacity * sizeof(*profile->messages))
                          : NULL;

        if (!grown) {
            reader->error = -ENOMEM;
            return NULL;
        }
        profile->messages = grown;
        reader->capacity = capacity;
    }
    message = &profile->messages[profile->num_messages];
    *message = (struct profile_message){.gpu = (uint8_t)scene->gpu,
                                        .gt = (uint8_t)scene->gt,
                                        .fn = (uint8_t)scene->fn,
                                        .kind = (uint8_t)kind,
                                        .previous = scene->channel->newest[kind],
                                        .next_rung = PROFILE_NONE,
                                        .answers = PROFILE_NONE};
    for (unsigned i = 0; i < TRACE_NUM_HOPS; i++) {
        message->at[i] = PROFILE_NEVER;
    }
    scene->channel->newest[kind] = (uint32_t)profile->num_messages++;
    return message;
}

struct profile_message *profile_newest(const struct profile_scene *scene, enum profile_kind kind)
{
    return profile_at(scene, scene->channel->newest[kind]);
}

struct profile_message *profile_find(const struct profile_scene *scene, enum profile_kind kind,
                                     uint32_t epoch, uint32_t pos)
{
    struct profile_message *message = profile_newest(scene, kind);

    for (unsigned i = 0; message && i < PROFILE_MAX_BACK; i++) {
        /* Epoch 0 is a call that has not got a place. */
        if (message->epoch == epoch && message->pos == pos && epoch) {
            return message;
        }
        if (message->epoch && (message->epoch < epoch || message->pos < pos)) {
            return NULL; /* positions only grow */
        }
        message = profile_at(scene, message->previous);
    }
    return NULL;
}

struct profile_message *profile_find_call(const struct profile_scene *scene, enum profile_kind kind,
                                          uint32_t call)
{
    struct profile_message *message = profile_newest(scene, kind);

    for (unsigned i = 0; message && call && i < PROFILE_MAX_BACK; i++) {
        if (message->call == call) {
            return message;
        }
        if (message->call && message->call < call) {
            return NULL;
        }
        message = profile_at(scene, message->previous);
    }
    return NULL;
}

void profile_note(struct profile_message *message, enum trace_hop_at at, uint64_t t_ps)
{
    if (message) {
        message->at[at] = t_ps;
    }
}

void profile_note_first(struct profile_message *message, enum trace_hop_at at, uint64_t t_ps)
{
    if (message && message->at[at] == PROFILE_NEVER) {
        message->at[at] = t_ps;
    }
}
