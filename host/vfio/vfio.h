/* SPDX-License-Identifier: MIT */
/* VFIO migration: the device's side as one table of operations, and the v2 face of it for a VMM
 * (Linux's uapi/linux/vfio.h; arcs as drivers/vfio/pci/xe/main.c takes them). */
#ifndef HOST_VFIO_VFIO_H
#define HOST_VFIO_VFIO_H

#include <stdint.h>

#include "sim/hal/hal.h"

/* What a migratable device offers. All return 0 or -errno unless they say more, and may block. */
struct vfio_ops {
    int (*pause)(void *dev);
    int (*resume)(void *dev);
    int (*stop)(void *dev);         /* halts for good; only a reset revives */
    int (*reset)(void *dev);        /* FLR, until done */
    int64_t (*estimate)(void *dev); /* bytes of a saved state, or -errno */
    int (*save_begin)(void *dev);
    /* Up to size bytes of the stream. Returns how many; 0 at its end. Blocks until there is
     * some. */
    int64_t (*save_read)(void *dev, void *to, uint64_t size);
    int (*save_end)(void *dev);
    int (*load_begin)(void *dev);
    /* Takes bytes of the stream, split anywhere. Returns how many, or -errno: the stream is
     * refused. */
    int64_t (*load_write)(void *dev, const void *from, uint64_t size);
    int (*load_end)(void *dev); /* -errno when the stream was not whole or not loaded */
};

enum vfio_device_mig_state {
    VFIO_DEVICE_STATE_ERROR = 0,
    VFIO_DEVICE_STATE_STOP = 1,
    VFIO_DEVICE_STATE_RUNNING = 2,
    VFIO_DEVICE_STATE_STOP_COPY = 3,
    VFIO_DEVICE_STATE_RESUMING = 4,
    VFIO_DEVICE_STATE_RUNNING_P2P = 5,
    VFIO_DEVICE_STATE_PRE_COPY = 6,
    VFIO_DEVICE_STATE_PRE_COPY_P2P = 7,
};

struct vfio_device {
    struct hal *hal;  /* for traces and probes: the host's */
    const char *name; /* for traces: "src.vf1" */
    const struct vfio_ops *ops;
    void *dev;
    enum vfio_device_mig_state state;
    int probe;
};

/* Fills in the device, RUNNING, and declares its probe. */
void vfio_init(struct vfio_device *device, struct hal *hal, const char *name,
               const struct vfio_ops *ops, void *dev);
/* Walks the shortest legal path of arcs to the state. Returns 0; -EINVAL when there is no path
 * (state unchanged); else the failing arc's errno, with the state where it stopped or ERROR. */
MUST_USE int vfio_set_state(struct vfio_device *device, enum vfio_device_mig_state to);
/* Data stream: read in STOP_COPY, write in RESUMING, -ENODEV otherwise. */
int64_t vfio_read(struct vfio_device *device, void *to, uint64_t size);
int64_t vfio_write(struct vfio_device *device, const void *from, uint64_t size);
int64_t vfio_estimate(struct vfio_device *device);
/* Resets the function; RUNNING again. */
MUST_USE int vfio_reset(struct vfio_device *device);
const char *vfio_state_name(enum vfio_device_mig_state state);

#endif
