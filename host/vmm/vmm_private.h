/* SPDX-License-Identifier: MIT */
/* What the files of host/vmm share. */
#ifndef HOST_VMM_VMM_PRIVATE_H
#define HOST_VMM_VMM_PRIVATE_H

#include <stddef.h>

#include "host/abi/qemu_vfio_migration.h"
#include "host/vmm/vmm.h"

#define VMM_CHUNK        VFIO_MIG_DATA_MAX /* at most, of a device's data in one piece */
#define VMM_STREAM_LIMIT (256ull << 20)    /* a device that never ends its stream is broken */

/* ---- vmm_stream.c: a device's stream in memory ----------------------------------------------- */

struct vmm_buffer {
    uint8_t *data;
    uint64_t size;
    uint64_t room;
};

/* Makes room for another chunk. 0, -EFBIG, -ENOMEM. */
MUST_USE int vmm_buffer_room(struct vmm_buffer *buffer);

/* ---- vmm_link.c: the device's part of the stream --------------------------------------------- */

/* Puts a value of so many bytes, the high one first. Returns the place behind it. */
uint8_t *vmm_put_be(uint8_t *to, uint64_t value, unsigned bytes);

/* Where a reader gives what it found. 0 or -errno. */
struct vmm_sink {
    int (*data)(void *arg, const uint8_t *bytes, uint64_t size); /* the next piece */
    int (*config)(void *arg, const uint8_t *bytes, uint64_t size);
    int (*init_data)(void *arg); /* the initial data are all there; NULL: not agreed on */
};

/* Starts as zeroes but for sink and arg. */
struct vmm_reader {
    const struct vmm_sink *sink;
    void *arg;
    unsigned expects;
    unsigned have; /* bytes of the word so far */
    uint64_t word;
    uint64_t left; /* bytes of the data or configuration under way */
    uint64_t total, at;
    uint8_t config[VFIO_MIG_CONFIG_MAX];
    uint64_t config_size;
    int err;         /* stays */
    const char *why; /* NULL: the sink's error */
    uint64_t detail;
};

/* Takes the next bytes. 0, -EINVAL a word that is none or is not due, -EFBIG a size, or what the
 * sink says. */
MUST_USE int vmm_reader_take(struct vmm_reader *reader, const uint8_t *bytes, uint64_t size);
/* There is no more. 0, -EINVAL when there should be, or the error from before. */
MUST_USE int vmm_reader_end(struct vmm_reader *reader);

/* ---- vmm_ack.c: the switch-over that the target has to allow --------------------------------- */

struct vmm_ack {
    bool wanted;    /* the source waits for it */
    bool told;      /* the target, that all initial data went */
    bool taken;     /* it was said */
    bool under_way; /* a message on the return path, that comes at */
    uint64_t due;
    uint64_t since; /* as of when it is waited for */
    uint8_t message[MIG_RP_HEADER_BYTES];
};

/* Set-up is done. 0, or -EINVAL for what does not go together. */
MUST_USE int vmm_ack_begin(struct vmm_ack *ack, struct vmm_migration *migration);
/* The target has all initial data, and says so. */
void vmm_ack_say(struct vmm_ack *ack, const struct vmm_migration *migration);
/* The source looks at the return path. Returns 1 when it is said there, 0 not yet or no more,
 * -EINVAL another message. */
MUST_USE int vmm_ack_look(struct vmm_ack *ack, const struct vmm_migration *migration);
/* There are initial data anew: what was said of others is void. */
void vmm_ack_again(struct vmm_ack *ack, const struct vmm_migration *migration);
/* For how long the source may sleep until it looks again; 0: it has waited long enough. */
uint64_t vmm_ack_sleep(const struct vmm_ack *ack, const struct vmm_migration *migration);

/* ---- vmm_device.c: the two faces as one ------------------------------------------------------ */

/* All return 0 or -errno unless they say more. */
struct vmm_face {
    int (*setup_source)(const struct vmm_device *device); /* pre-copy where there is one */
    int (*setup_target)(const struct vmm_device *device); /* awaits a state */
    /* Pre-copy: bytes now, 0 for nothing. */
    int64_t (*precopy_read)(const struct vmm_device *device, void *to, uint64_t size);
    /* Whether there are initial data, that a target has to have before the switch-over. */
    bool (*has_initial)(const struct vmm_device *device);
    /* Bytes of them that are still to be read; *again: they are others than those before. */
    int64_t (*initial)(const struct vmm_device *device, bool *again);
    int64_t (*estimate)(const struct vmm_device *device); /* bytes still to come */
    int (*stop)(const struct vmm_device *device);         /* no DMA from now on */
    int (*save_begin)(const struct vmm_device *device);
    int64_t (*save_read)(const struct vmm_device *device, void *to, uint64_t size); /* 0: end */
    int (*save_end)(const struct vmm_device *device);
    int (*load_write)(const struct vmm_device *device, const void *from, uint64_t size);
    int (*load_end)(const struct vmm_device *device); /* checked and applied; stopped */
    int (*run)(const struct vmm_device *device);
    int (*reset)(const struct vmm_device *device);
    bool (*runs)(const struct vmm_device *device);
    bool (*keeps_log)(const struct vmm_device *device); /* of the pages that it writes */
    int (*log)(const struct vmm_device *device, bool on, uint64_t page_size, uint64_t ram_size);
    /* As vmm_vm_ops.ram_dirty, from address 0. Returns how many pages, or -errno: all. */
    int64_t (*dirty)(const struct vmm_device *device, uint64_t page_size, uint64_t pages,
                     uint8_t *bitmap);
};

const struct vmm_face *vmm_face_of(const struct vmm_device *device);

/* ---- vmm_ram.c: RAM by rounds ---------------------------------------------------------------- */

struct vmm_ram {
    struct vmm_migration *migration;
    bool device_logs; /* on: its log counts, not an IOMMU's */
    bool begun;
    uint64_t page_size, pages;
    uint8_t *to_send; /* a bit for each page */
    uint8_t *found;   /* scratch of the same size */
    uint64_t left;    /* bits in to_send */
    uint64_t owed;    /* bytes that the link has not been charged for */
};

/* Begins: everything is to be sent. */
MUST_USE int vmm_ram_begin(struct vmm_ram *ram, struct vmm_migration *migration);
/* Ends what was begun, also in part. */
void vmm_ram_end(struct vmm_ram *ram);
/* Sends what is to be sent, or some of it when cancelled; takes the link's time. */
void vmm_ram_send(struct vmm_ram *ram);
/* Adds what was written since. */
void vmm_ram_sync(struct vmm_ram *ram);
/* Bytes on the link that the rest would be at most. */
uint64_t vmm_ram_left(const struct vmm_ram *ram);
/* Charges the link for bytes. */
void vmm_link(struct vmm_migration *migration, uint64_t bytes);

#endif
