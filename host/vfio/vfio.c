/* SPDX-License-Identifier: MIT */
/* VFIO migration v2 of one device: the state machine of uapi/linux/vfio.h as data. Without
 * pre-copy:
 *
 *   RUNNING <---> RUNNING_P2P <---> STOP <---> STOP_COPY       ERROR is left by a reset only
 *                                     ^------> RESUMING
 *
 *   RUNNING -> RUNNING_P2P [pause]          RUNNING_P2P -> RUNNING [resume]
 *   STOP -> STOP_COPY [save_begin]          STOP_COPY -> STOP [save_end]
 *   STOP -> RESUMING [load_begin]           RESUMING -> STOP [load_end] */
#include "host/vfio/vfio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/hal/trace.h"

#define ERROR       VFIO_DEVICE_STATE_ERROR
#define STOP        VFIO_DEVICE_STATE_STOP
#define RUNNING     VFIO_DEVICE_STATE_RUNNING
#define STOP_COPY   VFIO_DEVICE_STATE_STOP_COPY
#define RESUMING    VFIO_DEVICE_STATE_RESUMING
#define RUNNING_P2P VFIO_DEVICE_STATE_RUNNING_P2P
#define STATE_COUNT (VFIO_DEVICE_STATE_PRE_COPY_P2P + 1)
#define STATE_BITS  3u

static const char *const state_names[] = {"ERROR",     "STOP",         "RUNNING",
                                          "STOP_COPY", "RESUMING",     "RUNNING_P2P",
                                          "PRE_COPY",  "PRE_COPY_P2P", NULL};

/* First step of the shortest path from the row's state to the column's. ERROR: there is none (0,
 * so that what is not written here, pre-copy too, has none either). */
static const enum vfio_device_mig_state next_state[STATE_COUNT][STATE_COUNT] = {
    [STOP] = {[RUNNING] = RUNNING_P2P,
              [RUNNING_P2P] = RUNNING_P2P,
              [STOP_COPY] = STOP_COPY,
              [RESUMING] = RESUMING},
    [RUNNING] = {[STOP] = RUNNING_P2P,
                 [RUNNING_P2P] = RUNNING_P2P,
                 [STOP_COPY] = RUNNING_P2P,
                 [RESUMING] = RUNNING_P2P},
    [RUNNING_P2P] = {[STOP] = STOP, [RUNNING] = RUNNING, [STOP_COPY] = STOP, [RESUMING] = STOP},
    [STOP_COPY] = {[STOP] = STOP, [RUNNING] = STOP, [RUNNING_P2P] = STOP, [RESUMING] = STOP},
    [RESUMING] = {[STOP] = STOP, [RUNNING] = STOP, [RUNNING_P2P] = STOP, [STOP_COPY] = STOP},
};

/* ---- arcs ------------------------------------------------------------------------------------ */

static int arc_pause(struct vfio_device *device)
{
    return device->ops->pause(device->dev);
}

static int arc_resume(struct vfio_device *device)
{
    return device->ops->resume(device->dev);
}

static int arc_save_begin(struct vfio_device *device)
{
    return device->ops->save_begin(device->dev);
}

static int arc_save_end(struct vfio_device *device)
{
    return device->ops->save_end(device->dev);
}

static int arc_load_begin(struct vfio_device *device)
{
    return device->ops->load_begin(device->dev);
}

static int arc_load_end(struct vfio_device *device)
{
    return device->ops->load_end(device->dev);
}

/* What an arc asks of the device (NULL: nothing), and where the device is when that fails.
 * Saving only looks at a device, and a load that does not begin leaves it alone: then it is
 * still good and may run on. After any other failure nobody knows. */
static const struct arc {
    enum vfio_device_mig_state from;
    enum vfio_device_mig_state to;
    int (*run)(struct vfio_device *device);
    enum vfio_device_mig_state failed;
} arcs[] = {
    {RUNNING, RUNNING_P2P, arc_pause, ERROR}, {RUNNING_P2P, RUNNING, arc_resume, ERROR},
    {RUNNING_P2P, STOP, NULL, ERROR},         {STOP, RUNNING_P2P, NULL, ERROR},
    {STOP, STOP_COPY, arc_save_begin, STOP},  {STOP_COPY, STOP, arc_save_end, STOP},
    {STOP, RESUMING, arc_load_begin, STOP},   {RESUMING, STOP, arc_load_end, ERROR},
};

static const struct arc *find_arc(enum vfio_device_mig_state from, enum vfio_device_mig_state to)
{
    for (unsigned n = 0; n < ARRAY_SIZE(arcs); n++) {
        if (arcs[n].from == from && arcs[n].to == to) {
            return &arcs[n];
        }
    }
    return NULL;
}

const char *vfio_state_name(enum vfio_device_mig_state state)
{
    return (unsigned)state < STATE_COUNT ? state_names[state] : "?";
}

static void enter(struct vfio_device *device, enum vfio_device_mig_state to)
{
    if (device->state == to) {
        return;
    }
    trace_vfio(device->hal, device->name, vfio_state_name(device->state), vfio_state_name(to));
    device->state = to;
    hal_probe_set(device->hal, device->probe, (uint64_t)to);
}

void vfio_init(struct vfio_device *device, struct hal *hal, const char *name,
               const struct vfio_ops *ops, void *dev)
{
    const char *dot = strrchr(name, '.');
    char path[64];

    *device =
        (struct vfio_device){.hal = hal, .name = name, .ops = ops, .dev = dev, .state = RUNNING};
    /* The handle's unit says which GPU: of "src.vf1" only "vf1" is left to say. */
    (void)snprintf(path, sizeof(path), "vfio.%s.state", dot ? dot + 1 : name);
    device->probe = hal_probe(hal, path, STATE_BITS, state_names);
    hal_probe_set(hal, device->probe, (uint64_t)RUNNING);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static int take_arc(struct vfio_device *device, enum vfio_device_mig_state to)
{
    const struct arc *arc = find_arc(device->state, to);
    int err;

    if (!arc) {
        return -EINVAL;
    }
    err = arc->run ? arc->run(device) : 0;
    if (err && arc->failed == ERROR) {
        (void)device->ops->stop(
            device->dev); /* it is lost either way, and err is the one to tell */
    }
    enter(device, err ? arc->failed : to);
    return err;
}

int vfio_set_state(struct vfio_device *device, enum vfio_device_mig_state to)
{
    /* Bounded: every step of the table comes nearer. */
    while (device->state != to) {
        enum vfio_device_mig_state next =
            (unsigned)to < STATE_COUNT ? next_state[device->state][to] : ERROR;
        int err = next == ERROR ? -EINVAL : take_arc(device, next);

        if (err) {
            return err;
        }
    }
    return 0;
}

int64_t vfio_read(struct vfio_device *device, void *to, uint64_t size)
{
    if (device->state != STOP_COPY) {
        return -ENODEV;
    }
    return device->ops->save_read(device->dev, to, size);
}

int64_t vfio_write(struct vfio_device *device, const void *from, uint64_t size)
{
    if (device->state != RESUMING) {
        return -ENODEV;
    }
    return device->ops->load_write(device->dev, from, size);
}

int64_t vfio_estimate(struct vfio_device *device)
{
    return device->ops->estimate(device->dev);
}

int vfio_reset(struct vfio_device *device)
{
    int err = device->ops->reset(device->dev);

    enter(device, err ? ERROR : RUNNING);
    return err;
}
