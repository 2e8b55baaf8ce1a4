/* SPDX-License-Identifier: MIT */
/* What the files that make rows of events share. Inside timeline.c and timeline_messages.c only. */
#ifndef TRACES_TIMELINE_SCENE_H
#define TRACES_TIMELINE_SCENE_H

#include "traces/timeline.h"

#define MAX_GPUS  16u
#define MAX_ASKED 16u /* PF requests under way for one GuC whose VF is remembered */

/* One GuC; bit n of a mask is VF n. */
struct gt_track {
    uint64_t resfix;  /* holds the VF until its driver has fixed it up */
    uint64_t irq_due; /* blocked the VF, its interrupt has not been seen */
    uint64_t mailbox; /* a shown mailbox request of this function waits for its answer */
    struct {
        uint32_t fence;
        unsigned vf;
    } asked[MAX_ASKED]; /* ring, newest before next_asked */
    unsigned next_asked;
};

struct gpu_track {
    char name[EVENT_NAME_SIZE];
    uint64_t story; /* VFs that the PF has given a command about */
    struct gt_track gts[TIMELINE_MAX_GTS];
};

struct timeline {
    const struct timeline_options *options;
    const struct timeline_sink *sink;
    struct gpu_track gpus[MAX_GPUS];
    unsigned num_gpus;
};

/* What a handler of one kind of event works on. */
struct scene {
    struct timeline *timeline;
    const struct event *event;
    struct gpu_track *gpu;
    struct gt_track *gt; /* the main GT's when the event names none */
    struct timeline_row row;
};

static inline uint64_t bit(unsigned vf)
{
    return 1ull << (vf & 63u);
}

/* The row's text. */
__attribute__((format(printf, 2, 3))) void scene_say(struct scene *scene, const char *format, ...);
/* Hands the row on, if the options want it. */
void scene_show(struct scene *scene, enum timeline_role role, enum timeline_actor from,
                enum timeline_actor to);

/* ---- messages (timeline_messages.c) ---------------------------------------------------------- */

void scene_on_h2g(struct scene *scene);
void scene_on_g2h(struct scene *scene);
void scene_on_mmio_msg(struct scene *scene);
void scene_on_pv(struct scene *scene);

#endif
