/* SPDX-License-Identifier: MIT */
/* VFIO migration v2 of one device: the state machine of uapi/linux/vfio.h as data.
 *
 *   PRE_COPY <-------> PRE_COPY_P2P --------------------.
 *      ^                    ^                           v
 *      v                    v                      STOP_COPY       ERROR is left by a reset only
 *   RUNNING <-----> RUNNING_P2P <-----> STOP <---------'^
 *                                        ^  '-----------'
 *                                        '-------> RESUMING
 *
 *   RUNNING -> RUNNING_P2P, PRE_COPY -> PRE_COPY_P2P [pause], and back [resume]
 *   RUNNING -> PRE_COPY, RUNNING_P2P -> PRE_COPY_P2P [precopy_begin], and back [precopy_end]
 *   STOP, PRE_COPY_P2P -> STOP_COPY [save_begin]    STOP_COPY -> STOP [save_end]
 *   STOP -> RESUMING [load_begin]                   RESUMING -> STOP [load_end]
 *
 * A device without P2P goes RUNNING <-> STOP and PRE_COPY -> STOP_COPY in one step. */
#include "host/vfio/vfio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/abi/vfio_migration_v2.h"
#include "sim/hal/trace.h"

#define ERROR        VFIO_DEVICE_STATE_ERROR
#define STOP         VFIO_DEVICE_STATE_STOP
#define RUNNING      VFIO_DEVICE_STATE_RUNNING
#define STOP_COPY    VFIO_DEVICE_STATE_STOP_COPY
#define RESUMING     VFIO_DEVICE_STATE_RESUMING
#define RUNNING_P2P  VFIO_DEVICE_STATE_RUNNING_P2P
#define PRE_COPY     VFIO_DEVICE_STATE_PRE_COPY
#define PRE_COPY_P2P VFIO_DEVICE_STATE_PRE_COPY_P2P
#define STATE_COUNT  (VFIO_DEVICE_STATE_PRE_COPY_P2P + 1)
#define STATE_BITS   3u

static const char *const state_names[] = {"ERROR",     "STOP",         "RUNNING",
                                          "STOP_COPY", "RESUMING",     "RUNNING_P2P",
                                          "PRE_COPY",  "PRE_COPY_P2P", NULL};

/* First step of the shortest path from the row's state to the column's; ERROR (0, so that what is
 * not written here too): there is none. A saving state is never passed through. */
static const enum vfio_device_mig_state next_state[STATE_COUNT][STATE_COUNT] = {
    [STOP] = {[STOP] = STOP,
              [RUNNING] = RUNNING_P2P,
              [PRE_COPY] = RUNNING_P2P,
              [PRE_COPY_P2P] = RUNNING_P2P,
              [STOP_COPY] = STOP_COPY,
              [RESUMING] = RESUMING,
              [RUNNING_P2P] = RUNNING_P2P},
    [RUNNING] = {[STOP] = RUNNING_P2P,
                 [RUNNING] = RUNNING,
                 [PRE_COPY] = PRE_COPY,
                 [PRE_COPY_P2P] = RUNNING_P2P,
                 [STOP_COPY] = RUNNING_P2P,
                 [RESUMING] = RUNNING_P2P,
                 [RUNNING_P2P] = RUNNING_P2P},
    [PRE_COPY] = {[STOP] = RUNNING,
                  [RUNNING] = RUNNING,
                  [PRE_COPY] = PRE_COPY,
                  [PRE_COPY_P2P] = PRE_COPY_P2P,
                  [STOP_COPY] = PRE_COPY_P2P,
                  [RESUMING] = RUNNING,
                  [RUNNING_P2P] = RUNNING},
    [PRE_COPY_P2P] = {[STOP] = RUNNING_P2P,
                      [RUNNING] = RUNNING_P2P,
                      [PRE_COPY] = PRE_COPY,
                      [PRE_COPY_P2P] = PRE_COPY_P2P,
                      [STOP_COPY] = STOP_COPY,
                      [RESUMING] = RUNNING_P2P,
                      [RUNNING_P2P] = RUNNING_P2P},
    [STOP_COPY] = {[STOP] = STOP,
                   [RUNNING] = STOP,
                   [STOP_COPY] = STOP_COPY,
                   [RESUMING] = STOP,
                   [RUNNING_P2P] = STOP},
    [RESUMING] = {[STOP] = STOP,
                  [RUNNING] = STOP,
                  [PRE_COPY] = STOP,
                  [PRE_COPY_P2P] = STOP,
                  [STOP_COPY] = STOP,
                  [RESUMING] = RESUMING,
                  [RUNNING_P2P] = STOP},
    [RUNNING_P2P] = {[STOP] = STOP,
                     [RUNNING] = RUNNING,
                     [PRE_COPY] = RUNNING,
                     [PRE_COPY_P2P] = PRE_COPY_P2P,
                     [STOP_COPY] = STOP,
                     [RESUMING] = STOP,
                     [RUNNING_P2P] = RUNNING_P2P},
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

static int arc_precopy_begin(struct vfio_device *device)
{
    return device->ops->precopy_begin(device->dev);
}

static int arc_precopy_end(struct vfio_device *device)
{
    return device->ops->precopy_end ? device->ops->precopy_end(device->dev) : 0;
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

/* What an arc asks of the device (NULL: nothing), first and second, and where the device is when
 * that fails. Saving only looks at a device, and a load that does not begin leaves it alone: then
 * it is still good and may run on. After any other failure nobody knows, unless a load's device can
 * tell (intact). */
static const struct arc {
    enum vfio_device_mig_state from;
    enum vfio_device_mig_state to;
    int (*run)(struct vfio_device *device);
    enum vfio_device_mig_state failed;
} arcs[] = {
    {RUNNING, RUNNING_P2P, arc_pause, ERROR},
    {RUNNING_P2P, RUNNING, arc_resume, ERROR},
    {RUNNING_P2P, STOP, NULL, ERROR},
    {STOP, RUNNING_P2P, NULL, ERROR},
    {RUNNING, PRE_COPY, arc_precopy_begin, RUNNING},
    {PRE_COPY, RUNNING, arc_precopy_end, RUNNING},
    {RUNNING_P2P, PRE_COPY_P2P, arc_precopy_begin, RUNNING_P2P},
    {PRE_COPY_P2P, RUNNING_P2P, arc_precopy_end, RUNNING_P2P},
    {PRE_COPY, PRE_COPY_P2P, arc_pause, ERROR},
    {PRE_COPY_P2P, PRE_COPY, arc_resume, ERROR},
    {PRE_COPY_P2P, STOP_COPY, arc_save_begin, PRE_COPY_P2P},
    {STOP, STOP_COPY, arc_save_begin, STOP},
    {STOP_COPY, STOP, arc_save_end, STOP},
    {STOP, RESUMING, arc_load_begin, STOP},
    {RESUMING, STOP, arc_load_end, ERROR},
    /* without P2P */
    {RUNNING, STOP, arc_pause, ERROR},
    {STOP, RUNNING, arc_resume, ERROR},
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

static bool is_saving(enum vfio_device_mig_state state)
{
    return state == PRE_COPY || state == PRE_COPY_P2P || state == STOP_COPY;
}

/* A session lives as long as the device stays among the saving states, or in RESUMING. */
static void follow_session(struct vfio_device *device, enum vfio_device_mig_state to)
{
    if (device->session_open && is_saving(device->state) == is_saving(to) &&
        (device->state == RESUMING) == (to == RESUMING)) {
        return;
    }
    device->session_open = is_saving(to) || to == RESUMING;
    if (device->session_open) {
        device->sessions++;
        device->session_closed = false;
        device->renewed = false;
    }
}

static void enter(struct vfio_device *device, enum vfio_device_mig_state to)
{
    if (device->state == to) {
        return;
    }
    trace_vfio(device->hal, device->name, vfio_state_name(device->state), vfio_state_name(to));
    follow_session(device, to);
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

uint64_t vfio_flags(const struct vfio_device *device)
{
    return VFIO_MIGRATION_STOP_COPY | (device->ops->no_p2p ? 0 : VFIO_MIGRATION_P2P) |
           (device->ops->precopy_read ? VFIO_MIGRATION_PRE_COPY : 0);
}

static bool offers(const struct vfio_device *device, enum vfio_device_mig_state state)
{
    static const uint64_t needs[STATE_COUNT] = {
        [RUNNING_P2P] = VFIO_MIGRATION_P2P,
        [PRE_COPY] = VFIO_MIGRATION_PRE_COPY,
        [PRE_COPY_P2P] = VFIO_MIGRATION_PRE_COPY | VFIO_MIGRATION_P2P,
    };

    return (unsigned)state < STATE_COUNT && (needs[state] & ~vfio_flags(device)) == 0;
}

/* Without P2P: PRE_COPY -> STOP_COPY, two things in one step. */
static int stop_and_save(struct vfio_device *device)
{
    int err = arc_pause(device);

    if (err) {
        (void)device->ops->stop(device->dev);
        enter(device, ERROR);
        return err;
    }
    err = arc_save_begin(device);
    if (err && arc_resume(device)) {
        (void)device->ops->stop(device->dev);
        enter(device, ERROR);
    } else if (!err) {
        enter(device, STOP_COPY);
    }
    return err;
}

static int take_arc(struct vfio_device *device, enum vfio_device_mig_state to)
{
    const struct arc *arc = find_arc(device->state, to);
    enum vfio_device_mig_state failed;
    int err;

    if (!arc) {
        return device->state == PRE_COPY && to == STOP_COPY ? stop_and_save(device) : -EINVAL;
    }
    err = arc->run ? arc->run(device) : 0;
    failed = arc->failed;
    if (err && device->state == RESUMING && device->ops->intact &&
        device->ops->intact(device->dev)) {
        failed = RESUMING;
    }
    if (err && failed == ERROR) {
        /* It is lost either way, and err is the one to tell. */
        (void)device->ops->stop(device->dev);
    }
    enter(device, err ? failed : to);
    return err;
}

/* The next state on the way that this device has; ERROR: there is no way. */
static enum vfio_device_mig_state next_on_way(const struct vfio_device *device,
                                              enum vfio_device_mig_state to)
{
    enum vfio_device_mig_state next = device->state;

    do {
        next = next_state[next][to];
    } while (next != ERROR && !offers(device, next));
    return next;
}

int vfio_set_state(struct vfio_device *device, enum vfio_device_mig_state to)
{
    if (to == ERROR || device->state == ERROR || !offers(device, to)) {
        return -EINVAL;
    }
    /* Bounded: every step of the table comes nearer. */
    while (device->state != to) {
        enum vfio_device_mig_state next = next_on_way(device, to);
        int err = next == ERROR ? -EINVAL : take_arc(device, next);

        if (err) {
            return err;
        }
    }
    return 0;
}

int64_t vfio_read(struct vfio_device *device, void *to, uint64_t size)
{
    int64_t got;

    if (device->state == STOP_COPY) {
        return device->ops->save_read(device->dev, to, size);
    }
    if (!is_saving(device->state)) {
        return -ENODEV;
    }
    got = device->ops->precopy_read(device->dev, to, size);
    return got ? got : -ENOMSG;
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

int64_t vfio_precopy_pending(struct vfio_device *device)
{
    if (!is_saving(device->state) || device->state == STOP_COPY) {
        return -EINVAL;
    }
    return device->ops->precopy_pending ? device->ops->precopy_pending(device->dev) : 0;
}

int vfio_precopy_ask(struct vfio_device *device, struct vfio_precopy_info *info)
{
    const int64_t pending = vfio_precopy_pending(device);
    bool renewed;

    if (pending < 0) {
        return (int)pending;
    }
    renewed = device->ops->precopy_renewed && device->ops->precopy_renewed(device->dev);
    device->renewed |= renewed;
    info->flags = renewed && device->info_v2 ? VFIO_PRECOPY_INFO_REINIT : 0;
    info->initial_bytes = device->renewed && !device->info_v2 ? 0 : (uint64_t)pending;
    info->dirty_bytes = (uint64_t)pending - info->initial_bytes;
    return 0;
}

int vfio_reset(struct vfio_device *device)
{
    int err = device->ops->reset(device->dev);

    enter(device, err ? ERROR : RUNNING);
    return err;
}
