/* SPDX-License-Identifier: MIT */
/* The VMM's migration of one VM with one device, as QEMU does it: compatibility, pre-copy rounds
 * while the guest runs, stop, the rest of RAM, device data, PCI config, start. Devices are VFIO
 * faces of version 1 or 2; the VM itself, its RAM and who may write it are the machine's. */
#ifndef HOST_VMM_VMM_H
#define HOST_VMM_VMM_H

#include <stdbool.h>
#include <stdint.h>

#include "host/vfio/vfio.h"

/* All may be called while the VM runs unless they say otherwise; none blocks but stop. Each undoes
 * itself: what a migration began, ram_end ends. */
struct vmm_vm_ops {
    void (*stop)(void *vm); /* vCPUs halt, accesses in flight finish */
    void (*start)(void *vm);
    uint64_t (*ram_size)(void *vm);
    /* Makes RAM of zeroes at the target and begins to log who writes the source's. 0 or -errno. */
    int (*ram_begin)(void *vm);
    /* Drops log and, unless the VM has switched over, the target's RAM. */
    void (*ram_end)(void *vm);
    /* Sets bit n (little endian) of bitmap when the n-th page of page_size bytes from addr on was
     * written since it was last asked, by a vCPU or, when asked for (as an IOMMU that tracks), by a
     * device; forgets that. Returns how many. */
    uint64_t (*ram_dirty)(void *vm, bool device_too, uint64_t addr, uint64_t page_size,
                          uint64_t pages, uint8_t *bitmap);
    /* Copies bytes of RAM to the target's. Returns false when they are all zero. */
    bool (*ram_copy)(void *vm, uint64_t addr, uint64_t size);
    /* PCI config space of the device. save: returns bytes, up to size; load: at the target, 0 or
     * -errno. NULL: it has none. */
    int64_t (*pci_save)(void *vm, void *to, uint64_t size);
    int (*pci_load)(void *vm, void *target, const void *from, uint64_t size);
    /* Rebinds the stopped VM to the target function with the target's RAM; back: again to the
     * source with the source's. */
    void (*switch_over)(void *vm, void *target);
    void (*switch_back)(void *vm);
    /* The target runs: the source's RAM is given up (poisoned). */
    void (*commit)(void *vm);
};

/* One of the two faces of a device. */
struct vmm_device {
    struct vfio_device *v2;
    struct vfio_v1 *v1;
};

/* Steps of a migration, in their order; VMM_ROUND comes once for each round. */
enum vmm_step {
    VMM_CHECK, /* compatibility is asked for */
    VMM_SETUP, /* the target awaits a state, pre-copy and logs begin */
    VMM_ROUND,
    VMM_STOP_VM,
    VMM_STOP_DEVICE,
    VMM_LAST_RAM,
    VMM_DEVICE_DATA,
    VMM_PCI_CONFIG,
    VMM_SWITCH_OVER,
    VMM_START, /* the target's device runs, then its vCPUs */
    VMM_STEPS,
};
const char *vmm_step_name(enum vmm_step step);

struct vmm_probes {
    struct hal *hal;
    int step, dirty;
};
/* Declares them as "<vm>.step" and "<vm>.dirty_pages", before the machine runs. */
void vmm_probes_init(struct vmm_probes *probes, struct hal *hal, const char *vm);

struct vmm_result {
    enum vmm_step step;    /* the last one that was begun */
    uint64_t stream_size;  /* bytes of device data */
    uint64_t frame_bytes;  /* words, sizes and PCI config around them on the link */
    uint64_t ram_bytes;    /* bytes of RAM that went over the link */
    uint64_t ram_pages;    /* pages that were sent, zero ones too */
    uint64_t zero_pages;   /* of those */
    uint64_t dirty_pages;  /* found written in rounds and at the end */
    uint64_t device_pages; /* of those, written by the device, when it keeps a log */
    unsigned rounds;
    unsigned acks;        /* of the switch-over, by the target */
    uint64_t downtime_ns; /* VM stopped to VM started */
    uint64_t total_ns;
};

struct vmm_migration {
    struct hal *hal;  /* time of the host */
    const char *name; /* of the VM, for traces */
    /* Waves of the step and of the pages left to send, NULL: none. */
    const struct vmm_probes *probes;
    struct vmm_device source;
    struct vmm_device target;
    const struct vmm_vm_ops *vm_ops;
    void *vm;
    void *target_fn; /* for switch_over */

    uint64_t bandwidth;         /* of the link, bytes a second; 0: it takes no time */
    uint64_t page_size;         /* of RAM on the link; 0: 4 KiB */
    uint64_t downtime_limit_ns; /* what the rest may take; 0: 300 us */
    unsigned max_rounds;        /* then the VM is stopped all the same; 0: 30 */

    /* QEMU's switchover-ack over a return path: the VM is not stopped before the target has said
     * that it has all initial data of the device, and anew when there are new ones. Not together
     * with tamper and tamper_link, which keep from the target what it is to answer. */
    bool switchover_ack;
    bool target_ack_off;   /* the target was not told of it */
    uint64_t ack_delay_ns; /* that the target takes for it; HAL_FOREVER: it never says so */
    uint64_t ack_limit_ns; /* after which it is given up with -ETIMEDOUT; 0: 100 ms */
    /* Sees and changes a message of the target on the return path; or NULL. */
    void (*tamper_return)(void *arg, uint8_t *message);
    void *tamper_return_arg;

    /* Another program sets it: given up with -ECANCELED at the next burst, piece or step, unless
     * the target runs by then. */
    bool cancel;

    /* Whether the target takes what the source has, asked before anything happens; 0, -errno, or
     * NULL. */
    int (*compatible)(void *arg);
    void *compatible_arg;
    /* After each step: anything but 0 cancels the migration with that -errno; or NULL. */
    int (*after)(void *arg, enum vmm_step step, unsigned round);
    void *after_arg;
    /* Sees each piece of the device's part of the link as the source puts it there, with QEMU's
     * words; or NULL. */
    void (*tap)(void *arg, const uint8_t *piece, uint64_t size);
    void *tap_arg;
    /* Called with the whole of the device's stream before the target gets the first byte: to
     * damage, keep or print it; or NULL. */
    void (*tamper)(void *arg, uint8_t *stream, uint64_t *size);
    void *tamper_arg;
    /* As tamper, with all of the device's part of the link, before the target sees any; or NULL. */
    void (*tamper_link)(void *arg, uint8_t *bytes, uint64_t *size);
    void *tamper_link_arg;

    struct vmm_result result; /* out, also after a failure */
};

/* Migrates. On failure or cancel the VM runs on at the source (device state RUNNING again) and the
 * target is reset. Returns 0 or the first error. */
MUST_USE int vmm_migrate(struct vmm_migration *migration);
/* The halves, for scripts: save leaves VM stopped and device in STOP; *stream is malloc'd. */
MUST_USE int vmm_save(struct vfio_device *device, uint8_t **stream, uint64_t *size);
MUST_USE int vmm_load(struct vfio_device *device, const uint8_t *stream, uint64_t size);

#endif
