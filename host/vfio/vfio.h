/* SPDX-License-Identifier: MIT */
/* VFIO migration: the device's side as one table of operations, and two faces of it for a VMM: v2
 * (Linux's uapi/linux/vfio.h; arcs as drivers/vfio/pci/xe/main.c takes them) and the region of v1
 * (host/abi/vfio_migration_v1.h). */
#ifndef HOST_VFIO_VFIO_H
#define HOST_VFIO_VFIO_H

#include <stdbool.h>
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

    /* The rest is optional: NULL when the device cannot. */
    bool no_p2p; /* v2: pause and stop are one */

    /* After a load_end that failed: is the device as it was before load_begin? NULL: no. */
    bool (*intact)(void *dev);
    /* Pre-copy: what can be told while the device runs. Its bytes stand before those of save_read
     * in the one stream, and save_begin goes on where precopy_read was left; precopy_end is for a
     * save that does not follow. precopy_read returns 0 when there is nothing for now. */
    int (*precopy_begin)(void *dev);
    int64_t (*precopy_pending)(void *dev); /* bytes to read for now */
    int64_t (*precopy_read)(void *dev, void *to, uint64_t size);
    int (*precopy_end)(void *dev);
    /* Whether there came initial data anew, behind all that was there before, since this was last
     * asked. NULL: there never do. */
    bool (*precopy_renewed)(void *dev);
    /* Log of guest pages that the device writes. Switching on begins with an empty one. */
    int (*dirty_log)(void *dev, bool on);
    /* Sets bit n (little endian) of bitmap when the n-th page of page_size bytes from iova on was
     * written since the log was last asked, and forgets those; pages beyond guest RAM are clean.
     * Returns how many bits it set, or -errno: take all for dirty. */
    int64_t (*dirty_report)(void *dev, uint64_t iova, uint64_t page_size, uint64_t pages,
                            uint8_t *bitmap);
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
    int sessions; /* how many data sessions there have been: the number of the last one */
    bool session_open;
    bool session_closed; /* by its user, though the device still has it */
    bool info_v2;        /* the user opted in to flags of what pre-copy has */
    bool renewed;        /* in this session there were initial data anew */
    bool logging;        /* DMA */
    uint64_t log_page_size;
};

/* Fills in the device, RUNNING, and declares its probe. */
void vfio_init(struct vfio_device *device, struct hal *hal, const char *name,
               const struct vfio_ops *ops, void *dev);
/* VFIO_MIGRATION_*: which optional states there are. */
uint64_t vfio_flags(const struct vfio_device *device);
/* Walks the shortest legal path of arcs to the state. Returns 0; -EINVAL when there is no path
 * (state unchanged); else the failing arc's errno, with the state where it stopped or ERROR. */
MUST_USE int vfio_set_state(struct vfio_device *device, enum vfio_device_mig_state to);
/* Data stream: read in STOP_COPY and pre-copy, write in RESUMING, -ENODEV otherwise. A read returns
 * 0 at the end in STOP_COPY; -ENOMSG in pre-copy: nothing for now. */
int64_t vfio_read(struct vfio_device *device, void *to, uint64_t size);
int64_t vfio_write(struct vfio_device *device, const void *from, uint64_t size);
int64_t vfio_estimate(struct vfio_device *device);
/* Bytes that pre-copy has to read for now, or -errno: -EINVAL in any other state. */
int64_t vfio_precopy_pending(struct vfio_device *device);
/* The same, by kind. Initial data that came anew are told as such to who opted in
 * (VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2), once; to others they are dirty ones. 0 or -errno. */
struct vfio_precopy_info;
MUST_USE int vfio_precopy_ask(struct vfio_device *device, struct vfio_precopy_info *info);
/* Resets the function; RUNNING again. */
MUST_USE int vfio_reset(struct vfio_device *device);
const char *vfio_state_name(enum vfio_device_mig_state state);

/* Log of the guest pages that the device writes: -ENOTTY without one. Ranges are whole pages that
 * do not overlap, 1 to 256 of them: -EINVAL, -E2BIG, -EOVERFLOW; -EBUSY begun already. */
struct vfio_device_feature_dma_logging_range;
MUST_USE int vfio_log_start(struct vfio_device *device, uint64_t page_size,
                            const struct vfio_device_feature_dma_logging_range *ranges,
                            uint32_t num_ranges);
MUST_USE int vfio_log_stop(struct vfio_device *device); /* -EINVAL: not begun */
/* Sets bits, never clears one. Returns how many, -EINVAL, -EOVERFLOW, or what the device said: take
 * all for dirty. */
int64_t vfio_log_report(struct vfio_device *device, uint64_t iova, uint64_t length,
                        uint64_t page_size, uint8_t *bitmap);

/* The calls of a user, byte by byte (host/abi/vfio_migration_v2.h; pointers in it are addresses
 * here). size: of the memory behind arg: what goes beyond is -EFAULT. */
MUST_USE int vfio_feature(struct vfio_device *device, void *arg, uint64_t size);
/* Of data session fd: -EBADF closed, never there, or of the other direction; -ENODEV it has ended;
 * seek: -ESPIPE. */
int64_t vfio_data_read(struct vfio_device *device, int fd, void *to, uint64_t size);
int64_t vfio_data_write(struct vfio_device *device, int fd, const void *from, uint64_t size);
int64_t vfio_data_seek(const struct vfio_device *device, int fd);
MUST_USE int vfio_data_ioctl(struct vfio_device *device, int fd, uint32_t request, void *arg,
                             uint64_t size);
void vfio_data_close(struct vfio_device *device, int fd);

/* ---- v1: a region of registers and data ------------------------------------------------------ */

struct vfio_v1;

/* Which struct stands at offset 0. */
enum vfio_v1_form {
    VFIO_V1_WITH_PFNS, /* of 2019: 0x40 bytes, the dirty log is asked through the region */
    VFIO_V1_FINAL,     /* of Linux 5.8: 0x20 bytes */
};

struct vfio_v1_config {
    struct hal *hal;
    const char *name; /* for traces, as in vfio_init; must live as long as the device */
    const struct vfio_ops *ops;
    void *dev;
    enum vfio_v1_form form;
    uint64_t data_size; /* bytes of the data section, pages; 0: 1 MiB */
};

/* Returns the device, RUNNING, or NULL without memory. Declares its probe. */
struct vfio_v1 *vfio_v1_create(const struct vfio_v1_config *config);
void vfio_v1_destroy(struct vfio_v1 *device);
uint64_t vfio_v1_region_size(const struct vfio_v1 *device);
/* device_state as it would be read. */
uint32_t vfio_v1_state(const struct vfio_v1 *device);
/* Accesses to the region. Return 0; -EINVAL width, alignment, range, state or move; -EFAULT a field
 * that has no such direction; else what the device said. A write to device_state that fails leaves
 * the state, or the device in error when it broke. */
MUST_USE int vfio_v1_read(struct vfio_v1 *device, uint64_t offset, void *to, uint64_t size);
MUST_USE int vfio_v1_write(struct vfio_v1 *device, uint64_t offset, const void *from,
                           uint64_t size);
/* VFIO_DEVICE_RESET: RUNNING again. */
MUST_USE int vfio_v1_reset(struct vfio_v1 *device);

#endif
