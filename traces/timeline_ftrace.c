/* SPDX-License-Identifier: MIT */
/* The form "ftrace" of a timeline: CTB messages as the tracepoints of the xe driver print them, so
 * that scripts for those read a run. H2G is told when its driver publishes it (one that no driver
 * of ours sent, when the GuC takes it), G2H when the driver has taken it, flow control with the
 * message that had to wait. As there: len has the CTB header, head and tail are places in the
 * ring in dwords, and the action of an answer is what stands in the low half of its first dword.
 * Rings are as large as SELF_CFG said; how many credits were left no event says, so that space is
 * 0 there. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_communication_ctb_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "sim/hal/hal.h"
#include "traces/timeline.h"

#define MAX_GPUS  16u
#define NUM_GTS   TIMELINE_MAX_GTS
#define NUM_FNS   (EVENT_MAX_FN + 1u)
#define MAX_LABEL (EVENT_NAME_SIZE + 8u)

/* One function at one GuC. Places count from the enable on and never wrap. */
struct channel {
    uint32_t epoch;
    uint32_t h2g_size, g2h_size; /* dwords, 0: not known */
    uint32_t h2g_tail, h2g_head;
    uint32_t g2h_tail, g2h_head;
    bool waited_room, waited_credits; /* the next message did */
};

struct form {
    FILE *out;
    const struct timeline_options *options;
    char gpus[MAX_GPUS][EVENT_NAME_SIZE];
    unsigned num_gpus;
    struct channel channels[MAX_GPUS][NUM_GTS][NUM_FNS];
};

/* What an event is about. */
struct scene {
    struct form *form;
    const struct event *event;
    struct channel *channel;
    unsigned gpu, gt, fn;
    uint32_t len; /* with the CTB header */
    uint32_t end; /* place behind the message */
    uint32_t action;
};

/* ---- lines ----------------------------------------------------------------------------------- */

static uint32_t in_ring(uint32_t place, uint32_t size)
{
    return size ? place % size : place;
}

static bool is_shown(const struct scene *scene)
{
    const struct timeline_options *options = scene->form->options;
    const struct event *event = scene->event;

    return event->t_ps >= options->from_ps && event->t_ps <= options->to_ps &&
           (!options->gpu || strcmp(options->gpu, event->gpu) == 0) &&
           (options->gt < 0 || options->gt == (int)scene->gt) &&
           (options->vf < 0 || options->vf == (int)scene->fn);
}

/* Process, processor, flags, time, event. */
static void put_front(const struct scene *scene, const char *name)
{
    uint64_t us = scene->event->t_ps / 1000000;
    char task[MAX_LABEL];

    if (scene->fn) {
        (void)snprintf(task, sizeof(task), "%s.vf%u", scene->event->gpu, scene->fn);
    } else {
        (void)snprintf(task, sizeof(task), "%s.pf", scene->event->gpu);
    }
    for (char *at = task; *at; at++) {
        if (*at <= ' ' || *at > '~') {
            *at = '?';
        }
    }
    (void)fprintf(scene->form->out,
                  "%16.16s-%-7u [000] ..... %5" PRIu64 ".%06" PRIu64 ": %s: ", task,
                  1000 + scene->fn, us / 1000000, us % 1000000, name);
}

/* The PCI address of a function: GPUs on buses from 3 on, VFs behind their PF. */
static void put_device(const struct scene *scene)
{
    (void)fprintf(scene->form->out, "dev=0000:%02x:%02x.%u", 3 + scene->gpu, scene->fn / 8,
                  scene->fn % 8);
}

static void put_message(const struct scene *scene, const char *name, const char *title,
                        uint32_t tail, uint32_t head)
{
    if (!is_shown(scene)) {
        return;
    }
    put_front(scene, name);
    (void)fprintf(scene->form->out, "%s CTB: ", title);
    put_device(scene);
    (void)fprintf(scene->form->out, ", gt%u: action=0x%x, len=%u, tail=%u, head=%u\n", scene->gt,
                  scene->action, scene->len, tail, head);
}

static void put_wait(const struct scene *scene, const char *side, uint32_t size, uint32_t head,
                     uint32_t tail, uint32_t space)
{
    char name[48];

    if (!is_shown(scene)) {
        return;
    }
    (void)snprintf(name, sizeof(name), "xe_guc_ct_%s_flow_control", side);
    put_front(scene, name);
    (void)fprintf(scene->form->out, "%s flow control: ", side);
    put_device(scene);
    (void)fprintf(scene->form->out, ", head=%u, tail=%u, size=%u, space=%u, len=%u\n",
                  in_ring(head, size), in_ring(tail, size), size, space, scene->len);
}

/* ---- events ---------------------------------------------------------------------------------- */

static bool is(const struct event *event, const char *field, const char *value)
{
    const char *text = event_text(event, field);

    return text && strcmp(text, value) == 0;
}

/* Reads the message of a ring. */
static void take_message(struct scene *scene)
{
    uint32_t hxg[EVENT_MAX_HXG];
    uint32_t epoch = (uint32_t)event_int(scene->event, "epoch");
    struct channel *channel = scene->channel;

    if (channel->epoch != epoch) {
        *channel = (struct channel){
            .epoch = epoch, .h2g_size = channel->h2g_size, .g2h_size = channel->g2h_size};
    }
    scene->len = GUC_CTB_HDR_LEN + (uint32_t)event_int(scene->event, "len");
    scene->end = (uint32_t)event_int(scene->event, "pos") + scene->len;
    scene->action = event_hxg(scene->event, hxg) ? hxg[0] & 0xffff : 0;
}

static void put_h2g(struct scene *scene)
{
    struct channel *channel = scene->channel;
    uint32_t size = channel->h2g_size;
    uint32_t used = channel->h2g_tail - channel->h2g_head;

    if (channel->waited_room) {
        put_wait(scene, "h2g", size, channel->h2g_head, channel->h2g_tail,
                 size > used ? size - used - 1 : 0);
    }
    if (channel->waited_credits) {
        put_wait(scene, "g2h", channel->g2h_size, channel->g2h_head, channel->g2h_tail, 0);
    }
    channel->waited_room = false;
    channel->waited_credits = false;
    channel->h2g_tail = scene->end;
    put_message(scene, "xe_guc_ctb_h2g", "H2G", in_ring(channel->h2g_tail, size),
                in_ring(channel->h2g_head, size));
}

static void on_h2g(struct scene *scene)
{
    take_message(scene);
    if (is(scene->event, "ev", "sent")) {
        put_h2g(scene);
        return;
    }
    if (scene->end > scene->channel->h2g_tail) {
        put_h2g(scene);
    }
    scene->channel->h2g_head = scene->end;
}

static void on_g2h(struct scene *scene)
{
    struct channel *channel = scene->channel;

    take_message(scene);
    if (is(scene->event, "ev", "sent")) {
        channel->g2h_tail = scene->end;
        return;
    }
    channel->g2h_head = scene->end;
    put_message(scene, "xe_guc_ctb_g2h", "G2H", in_ring(channel->g2h_tail, channel->g2h_size),
                in_ring(channel->g2h_head, channel->g2h_size));
}

static void on_hop(struct scene *scene)
{
    scene->channel->waited_room |= is(scene->event, "at", "waited_room");
    scene->channel->waited_credits |= is(scene->event, "at", "waited_credits");
}

/* SELF_CFG gives the sizes of the rings, in bytes. */
static void on_mmio_msg(struct scene *scene)
{
    uint32_t hxg[EVENT_MAX_HXG];

    if (!is(scene->event, "ev", "request") ||
        event_int(scene->event, "action") != GUC_ACTION_HOST2GUC_SELF_CFG ||
        event_hxg(scene->event, hxg) < 3) {
        return;
    }
    if (hxg[1] >> 16 == GUC_KLV_SELF_CFG_H2G_CTB_SIZE_KEY) {
        scene->channel->h2g_size = hxg[2] / 4;
    } else if (hxg[1] >> 16 == GUC_KLV_SELF_CFG_G2H_CTB_SIZE_KEY) {
        scene->channel->g2h_size = hxg[2] / 4;
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

static const struct {
    const char *kind;
    void (*handle)(struct scene *scene);
} handlers[] = {{"h2g", on_h2g}, {"g2h", on_g2h}, {"hop", on_hop}, {"mmio_msg", on_mmio_msg}};

/* Number of the GPU, -EINVAL beyond the last. */
static int number_of(struct form *form, const char *gpu)
{
    for (unsigned i = 0; i < form->num_gpus; i++) {
        if (strcmp(form->gpus[i], gpu) == 0) {
            return (int)i;
        }
    }
    if (form->num_gpus == MAX_GPUS) {
        return -EINVAL;
    }
    memcpy(form->gpus[form->num_gpus], gpu, EVENT_NAME_SIZE);
    return (int)form->num_gpus++;
}

static int handle_event(struct form *form, const struct event *event)
{
    for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
        struct scene scene = {.form = form, .event = event, .gt = event->gt > 0 ? 1 : 0};
        int gpu;

        if (strcmp(handlers[i].kind, event->kind) != 0) {
            continue;
        }
        gpu = number_of(form, event->gpu);
        if (gpu < 0) {
            return gpu;
        }
        scene.gpu = (unsigned)gpu;
        scene.fn = (unsigned)event_int(event, "fn");
        scene.channel = &form->channels[gpu][scene.gt][scene.fn];
        handlers[i].handle(&scene);
    }
    return 0;
}

static int put_all(struct form *form, struct event_log *log, const char *name, char *error,
                   size_t size)
{
    struct event event;
    int ret;

    (void)fputs("# tracer: nop\n#\n"
                "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
                "#              | |         |   |||||     |         |\n",
                form->out);
    while ((ret = event_log_next(log, &event)) > 0) {
        ret = handle_event(form, &event);
        if (ret) {
            (void)snprintf(error, size, "%s:%" PRIu64 ": more than %u GPUs", name, event.line,
                           MAX_GPUS);
            return ret;
        }
    }
    if (ret < 0) {
        (void)snprintf(error, size, "%s", event_log_error(log));
    }
    return ret;
}

int timeline_ftrace(FILE *out, FILE *in, const char *name, const struct timeline_options *options,
                    char *error, size_t size)
{
    struct form *form = calloc(1, sizeof(*form));
    struct event_log *log = event_log_open(in, name);
    int ret = -ENOMEM;

    (void)snprintf(error, size, "%s: no memory", name);
    if (form && log) {
        form->out = out;
        form->options = options;
        ret = put_all(form, log, name, error, size);
    }
    if (log) {
        event_log_close(log);
    }
    free(form);
    return ret;
}
