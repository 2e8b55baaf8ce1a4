/* SPDX-License-Identifier: MIT */
/* Inside of reading a profile: the messages found so far and what each function and GuC is at.
 * Searches go backwards from a channel's newest message and are bounded, so that a hostile log
 * costs time in proportion to its length. */
#ifndef TRACES_PROFILE_READ_H
#define TRACES_PROFILE_READ_H

#include "traces/profile.h"

#define PROFILE_MAX_BACK  16384u /* messages that one ring can hold */
#define PROFILE_MAX_VGPUS 8u     /* with number 0 */
#define PROFILE_NUM_FNS   (EVENT_MAX_FN + 1u)

/* One function at one GuC. */
struct profile_channel {
    uint32_t newest[PROFILE_NUM_KINDS];
    uint32_t rung_first; /* messages whose doorbells are on the link, in their order */
    uint32_t rung_last;
    /* What the GuC last did with the function's H2G ring. */
    uint64_t turn;
    uint64_t desc;
    uint64_t payload;
};

struct profile_reader {
    struct profile *profile;
    struct downtime *downtime;
    struct profile_channel *channels; /* by GPU, GT, function */
    size_t capacity;
    uint64_t notified[PROFILE_MAX_GPUS][PROFILE_MAX_VGPUS]; /* when a vGPU last wrote g2v_notify */
    int error;                                              /* first failure, -errno */
};

/* What a handler works on. */
struct profile_scene {
    struct profile_reader *reader;
    const struct event *event;
    struct profile_channel *channel;
    unsigned gpu;
    unsigned gt;
    unsigned fn;
};

/* ---- messages (profile_messages.c) ----------------------------------------------------------- */

/* Number of a name, added when it is new; what would need quoting in any output becomes '?'.
 * Returns -ENOMEM, -E2BIG beyond max. */
MUST_USE int profile_intern(struct profile_names *names, const char *text, size_t max);
/* Takes action and name from the event; the reader has the error. */
void profile_name_message(struct profile_scene *scene, struct profile_message *message);
/* NULL for PROFILE_NONE. Valid until the next profile_add. */
struct profile_message *profile_at(const struct profile_scene *scene, uint32_t index);
/* Adds to the scene's channel. Returns NULL without memory, and the reader has the error. */
struct profile_message *profile_add(struct profile_scene *scene, enum profile_kind kind);
struct profile_message *profile_newest(const struct profile_scene *scene, enum profile_kind kind);
/* By its place in the ring; NULL when there is none. */
struct profile_message *profile_find(const struct profile_scene *scene, enum profile_kind kind,
                                     uint32_t epoch, uint32_t pos);
struct profile_message *profile_find_call(const struct profile_scene *scene, enum profile_kind kind,
                                          uint32_t call);
/* Nothing to do for no message. */
void profile_note(struct profile_message *message, enum trace_hop_at at, uint64_t t_ps);
void profile_note_first(struct profile_message *message, enum trace_hop_at at, uint64_t t_ps);

/* ---- points (profile_points.c) --------------------------------------------------------------- */

/* Notes what an event says of messages. Sets channel and fn of the scene. */
void profile_points(struct profile_scene *scene);

/* ---- PV channels (profile_pv.c) -------------------------------------------------------------- */

void profile_on_pv(struct profile_scene *scene);
void profile_on_trap(struct profile_scene *scene);

#endif
