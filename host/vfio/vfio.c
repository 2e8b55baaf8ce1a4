/* SPDX-License-Identifier: MIT */
/* VFIO migration v2 over a device's struct vfio_ops; a VMM calls it. States and arcs as data:
 *
 *   RUNNING <-> RUNNING_P2P <-> STOP <-> STOP_COPY
 *                               STOP <-> RESUMING
 *
 * RUNNING -> RUNNING_P2P [pause], RUNNING_P2P -> RUNNING [resume], STOP -> STOP_COPY [save_begin],
 * STOP_COPY -> STOP [save_end], STOP -> RESUMING [load_begin], RESUMING -> STOP [load_end]; between
 * RUNNING_P2P and STOP nothing is asked of the device. A failing arc stops the device for good: ERROR, which
 * only a reset leaves. There is no pre-copy. */
#include "host/vfio/vfio.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "sim/hal/trace.h"

#define NUM_STATES (VFIO_DEVICE_STATE_PRE_COPY_P2P + 1)

static const char *const state_names[NUM_STATES + 1] = {
    [VFIO_DEVICE_STATE_ERROR] = "ERROR",       [VFIO_DEVICE_STATE_STOP] = "STOP",
    [VFIO_DEVICE_STATE_RUNNING] = "RUNNING",   [VFIO_DEVICE_STATE_STOP_COPY] = "STOP_COPY",
    [VFIO_DEVICE_STATE_RESUMING] = "RESUMING", [VFIO_DEVICE_STATE_RUNNING_P2P] = "RUNNING_P2P",
    [VFIO_DEVICE_STATE_PRE_COPY] = "PRE_COPY", [VFIO_DEVICE_STATE_PRE_COPY_P2P] = "PRE_COPY_P2P",
};

/* Next state on the way from a state to another; 0 (ERROR): no way. The arcs form a tree, so the way is the
 * shortest, and a state in which data moves is never passed through. */
static const uint8_t next_state[NUM_STATES][NUM_STATES] = {
    [VFIO_DEVICE_STATE_RUNNING] =
        {
            [VFIO_DEVICE_STATE_RUNNING] = VFIO_DEVICE_STATE_RUNNING,
            [VFIO_DEVICE_STATE_RUNNING_P2P] = VFIO_DEVICE_STATE_RUNNING_P2P,
            [VFIO_DEVICE_STATE_STOP] = VFIO_DEVICE_STATE_RUNNING_P2P,
            [VFIO_DEVICE_STATE_STOP_COPY] = VFIO_DEVICE_STATE_RUNNING_P2P,
            [VFIO_DEVICE_STATE_RESUMING] = VFIO_DEVICE_STATE_RUNNING_P2P,
        },
    [VFIO_DEVICE_STATE_RUNNING_P2P] =
        {
            [VFIO_DEVICE_STATE_RUNNING] = VFIO_DEVICE_STATE_RUNNING,
            [VFIO_DEVICE_STATE_RUNNING_P2P] = VFIO_DEVICE_STATE_RUNNING_P2P,
            [VFIO_DEVICE_STATE_STOP] = VFIO_DEVICE_STATE_STOP,
            [VFIO_DEVICE_STATE_STOP_COPY] = VFIO_DEVICE_STATE_STOP,
            [VFIO_DEVICE_STATE_RESUMING] = VFIO_DEVICE_STATE_STOP,
        },
    [VFIO_DEVICE_STATE_STOP] =
        {
            [VFIO_DEVICE_STATE_RUNNING] = VFIO_DEVICE_STATE_RUNNING_P2P,
            [VFIO_DEVICE_STATE_RUNNING_P2P] = VFIO_DEVICE_STATE_RUNNING_P2P,
            [VFIO_DEVICE_STATE_STOP] = VFIO_DEVICE_STATE_STOP,
            [VFIO_DEVICE_STATE_STOP_COPY] = VFIO_DEVICE_STATE_STOP_COPY,
            [VFIO_DEVICE_STATE_RESUMING] = VFIO_DEVICE_STATE_RESUMING,
        },
    [VFIO_DEVICE_STATE_STOP_COPY] =
        {
            [VFIO_DEVICE_STATE_RUNNING] = VFIO_DEVICE_STATE_STOP,
            [VFIO_DEVICE_STATE_RUNNING_P2P] = VFIO_DEVICE_STATE_STOP,
            [VFIO_DEVICE_STATE_STOP] = VFIO_DEVICE_STATE_STOP,
            [VFIO_DEVICE_STATE_STOP_COPY] = VFIO_DEVICE_STATE_STOP_COPY,
            [VFIO_DEVICE_STATE_RESUMING] = VFIO_DEVICE_STATE_STOP,
        },
    [VFIO_DEVICE_STATE_RESUMING] =
        {
            [VFIO_DEVICE_STATE_RUNNING] = VFIO_DEVICE_STATE_STOP,
            [VFIO_DEVICE_STATE_RUNNING_P2P] = VFIO_DEVICE_STATE_STOP,
            [VFIO_DEVICE_STATE_STOP] = VFIO_DEVICE_STATE_STOP,
            [VFIO_DEVICE_STATE_STOP_COPY] = VFIO_DEVICE_STATE_STOP,
            [VFIO_DEVICE_STATE_RESUMING] = VFIO_DEVICE_STATE_RESUMING,
        },
};

const char *vfio_state_name(enum vfio_device_mig_state state)
{
    return (unsigned)state < NUM_STATES ? state_names[state] : "UNKNOWN";
}

static void enter_state(struct vfio_device *device, enum vfio_device_mig_state to)
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
    char path[64];

    *device = (struct vfio_device){
        .hal = hal, .name = name, .ops = ops, .dev = dev, .state = VFIO_DEVICE_STATE_RUNNING};
    /* The unit's name already says which GPU: keep what follows the last dot of "src.vf1". */
    const char *dot = strrchr(name, '.');
    (void)snprintf(path, sizeof(path), "vfio.%s.state", dot ? dot + 1 : name);
    device->probe = hal_probe(hal, path, 3, state_names);
    hal_probe_set(hal, device->probe, (uint64_t)device->state);
}

/* What one arc asks of the device. */
static int run_arc(struct vfio_device *device, enum vfio_device_mig_state to)
{
    const struct vfio_ops *ops = device->ops;
    static const struct {
        uint8_t from;
        uint8_t to;
        size_t op;
    } arcs[] = {
        {VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_RUNNING_P2P,
         offsetof(struct vfio_ops, pause)},
        {VFIO_DEVICE_STATE_RUNNING_P2P, VFIO_DEVICE_STATE_RUNNING,
         offsetof(struct vfio_ops, resume)},
        {VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_STOP_COPY,
         offsetof(struct vfio_ops, save_begin)},
        {VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_STOP, offsetof(struct vfio_ops, save_end)},
        {VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_RESUMING, offsetof(struct vfio_ops, load_begin)},
        {VFIO_DEVICE_STATE_RESUMING, VFIO_DEVICE_STATE_STOP, offsetof(struct vfio_ops, load_end)},
    };

    for (size_t i = 0; i < ARRAY_SIZE(arcs); i++) {
        if (arcs[i].from == device->state && arcs[i].to == to) {
            int (*op)(void *dev);

            memcpy(&op, (const char *)ops + arcs[i].op, sizeof(op));
            return op(device->dev);
        }
    }
    return 0;
}

int vfio_set_state(struct vfio_device *device, enum vfio_device_mig_state to)
{
    if ((unsigned)to >= NUM_STATES || next_state[device->state][to] == VFIO_DEVICE_STATE_ERROR) {
        return -EINVAL;
    }
    while (device->state != to) {
        enum vfio_device_mig_state next = next_state[device->state][to];
        int err = run_arc(device, next);

        if (err < 0) {
            /* Nothing is known of the device now: keep it from running with half a state. */
            (void)device->ops->stop(device->dev);
            enter_state(device, VFIO_DEVICE_STATE_ERROR);
            return err;
        }
        enter_state(device, next);
    }
    return 0;
}

int64_t vfio_read(struct vfio_device *device, void *to, uint64_t size)
{
    if (device->state != VFIO_DEVICE_STATE_STOP_COPY) {
        return -ENODEV;
    }
    return device->ops->save_read(device->dev, to, size);
}

int64_t vfio_write(struct vfio_device *device, const void *from, uint64_t size)
{
    if (device->state != VFIO_DEVICE_STATE_RESUMING) {
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

    if (err < 0) {
        return err;
    }
    enter_state(device, VFIO_DEVICE_STATE_RUNNING);
    return 0;
}
