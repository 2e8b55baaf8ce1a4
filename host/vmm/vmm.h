/* SPDX-License-Identifier: MIT */
/* The VMM's migration of one VM with one VF: stop the VM, take the device's state, copy RAM,
 * load it at the target, start. Source and target devices are VFIO faces; the VM itself is the
 * machine's. */
#ifndef HOST_VMM_VMM_H
#define HOST_VMM_VMM_H

#include <stdint.h>

#include "host/vfio/vfio.h"

struct vmm_vm_ops {
    void (*stop)(void *vm); /* vCPUs halt, accesses in flight finish */
    void (*start)(void *vm);
    uint64_t (*ram_size)(void *vm);
    /* Copies RAM to the target side, where the device will be: target is what switch_over gets. */
    int (*copy_ram)(void *vm);
    /* Rebinds the VM to the target function and poisons the source's RAM. */
    void (*switch_over)(void *vm, void *target);
};

struct vmm_migration {
    struct hal *hal; /* time of the host */
    struct vfio_device *source;
    struct vfio_device *target;
    const struct vmm_vm_ops *vm_ops;
    void *vm;
    void *target_fn; /* for switch_over */
    /* Called with the whole stream between save and load: to damage, keep or print it; or NULL. */
    void (*tamper)(void *arg, uint8_t *stream, uint64_t *size);
    void *tamper_arg;
    uint64_t stream_size; /* out: bytes moved */
    uint64_t downtime_ns; /* out: VM stopped to VM started */
};

/* Migrates. On failure the VM runs on at the source (device state RUNNING again) and the target
 * is reset. Returns 0 or the first error. */
MUST_USE int vmm_migrate(struct vmm_migration *migration);
/* The halves, for scripts: save leaves VM stopped and device in STOP; *stream is malloc'd. */
MUST_USE int vmm_save(struct vfio_device *device, uint8_t **stream, uint64_t *size);
MUST_USE int vmm_load(struct vfio_device *device, const uint8_t *stream, uint64_t size);

#endif
