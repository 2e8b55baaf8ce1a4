/* SPDX-License-Identifier: MIT */
/* A migratable device that counts what it is asked, and a VM of a few pages whose guest and device
 * write where a test says: for the VMM's loop. */
#ifndef TESTS_UNIT_MIGRATABLE_H
#define TESTS_UNIT_MIGRATABLE_H

#include "host/vmm/vmm.h"
#include "tests/unit/fake_hal.h"

#define MIGRATABLE_STREAM  100u /* bytes of a saved state */
#define MIGRATABLE_PRECOPY 20u  /* bytes that are told before */
#define MIGRATABLE_PAGES   64u
#define MIGRATABLE_RAM     (MIGRATABLE_PAGES * HAL_PAGE_SIZE)

/* Letters of calls: p pause, r resume, s stop, x reset, b e save, B E load, c C pre-copy, L l
 * log. */
struct migratable {
    char calls[256];
    char fail;        /* this call fails with -EIO; R and W: reads and writes */
    uint64_t more;    /* bytes that pre-copy has beside MIGRATABLE_PRECOPY */
    bool renewed;     /* they came anew, and nobody asked since */
    uint64_t read;    /* bytes of the stream that were taken, those of pre-copy too */
    uint64_t written; /* bytes that were given */
    uint8_t bytes[2 * MIGRATABLE_STREAM];
    uint8_t dirty[MIGRATABLE_PAGES / 8];
    bool logging, stopped;
};

/* Which of the optional parts the device has. */
struct vfio_ops migratable_ops(bool precopy, bool log);

struct migratable_vm {
    uint8_t ram[2][MIGRATABLE_RAM]; /* at the source, at the target */
    uint8_t dirty_cpu[MIGRATABLE_PAGES / 8], dirty_iommu[MIGRATABLE_PAGES / 8];
    bool begun, stopped, switched, committed;
    bool begin_fails;
    const char *order; /* what went over last: for the order of config and data */
    struct migratable *device;
};

extern const struct vmm_vm_ops migratable_vm_ops;

/* So many more bytes are told before, as new initial data. */
void migratable_renew(struct migratable *device, uint64_t bytes);

/* The guest, or its device, writes a byte. */
void migratable_guest_writes(struct migratable_vm *vm, uint64_t page, uint8_t value);
void migratable_device_writes(struct migratable_vm *vm, uint64_t page, uint8_t value);

#endif
