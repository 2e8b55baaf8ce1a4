/* SPDX-License-Identifier: MIT */
/* Where the parts meet: GPUs with their GuC programs and PF drivers, VMs with their VF drivers,
 * and VFIO faces between them, built from one description. Scenarios and system tests start
 * here. */
#ifndef SIM_MACHINE_MACHINE_H
#define SIM_MACHINE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/guc.h"
#include "guest/pv/pv.h"
#include "guest/vf/vf.h"
#include "host/pf/pf.h"
#include "host/vfio/vfio.h"
#include "host/vmm/vmm.h"
#include "sim/core/sim.h"
#include "sim/hal/hal.h"

#define MACHINE_MAX_GPUS     4u
#define MACHINE_MAX_VMS      64u
#define MACHINE_MAX_GTS      2u
#define MACHINE_NAME_LEN     16u /* with the NUL */
#define MACHINE_MAX_VFS      PF_MAX_VFS
#define MACHINE_DEFAULT_VFS  2u
#define MACHINE_DEFAULT_RAM  (16ull << 20)
#define MACHINE_HOST_RAM     (64ull << 20)
#define MACHINE_MIN_VRAM     (16ull << 20) /* half of it is for the translation's tables */
#define MACHINE_MAX_VRAM     (4ull << 30)
#define MACHINE_BOOT_TIME_NS HAL_NS_PER_S

/* World B on one GPU: its vGPUs, and what its mediator does and costs. */
#define MACHINE_MAX_VGPUS 7u
struct machine_gvt_desc {
    char types[MACHINE_MAX_VGPUS]; /* suffix of the type of vGPU 1, 2, ...: '8', '4', '2', '1' */
    unsigned num_vgpus;
    uint64_t reserved[2]; /* bytes of aperture and hidden part that the host keeps; 0: the usual */
    uint32_t pv_caps;     /* offered */
    unsigned gen;         /* of the host's graphics; 0: the usual, as of the next two */
    uint16_t device;      /* PCI id */
    uint32_t software;    /* version of the host's migration; ~0: it cannot */
    bool one_per_trigger; /* as first posted */
    uint32_t trap_exit, trap_entry, trap_work; /* cycles: VM exit, VM entry, emulating an access */
};

struct machine_gpu_desc {
    char name[MACHINE_NAME_LEN];
    unsigned num_gts;
    unsigned num_vfs;
    uint32_t guc_abi;     /* GUC_ABI_VERSION(...) */
    uint16_t slow_action; /* of its GuCs takes slow_cycles longer */
    uint32_t slow_cycles;
    struct machine_gvt_desc gvt;
    uint64_t vram;   /* bytes of local memory; 0: none */
    bool vf_precopy; /* VFs offer pre-copy: an extension, no real PF driver does */
    bool vfio_v1;    /* VFs have VFIO's face of version 1 too */
    bool vfs_off;    /* VFs are not enabled from the start */
};

struct machine_vm_desc {
    char name[MACHINE_NAME_LEN];
    uint64_t ram;           /* bytes */
    uint32_t max_abi;       /* of its VF driver; 0 any */
    bool msix;              /* its VF driver has engines signal a vector of their own */
    bool no_memirq;         /* its VF driver has GuCs interrupt by registers */
    bool compression;       /* its VF driver moves compression metadata */
    bool pv;                /* its driver is that of a vGPU */
    uint32_t first_fence;   /* of its PV channel; 0: the usual */
    uint64_t pv_timeout_ns; /* 0: the usual */
};

struct machine_desc {
    struct machine_gpu_desc gpus[MACHINE_MAX_GPUS];
    unsigned num_gpus;
    struct machine_vm_desc vms[MACHINE_MAX_VMS];
    unsigned num_vms;
};

struct machine_gpu;
struct inject;       /* inject.h */
struct machine_gvt;  /* machine_gvt.h */
struct machine_vgpu; /* as above */
struct outside;

/* One VF of one GPU: what a VM is attached to, and what a VMM migrates from and to. */
struct machine_fn {
    struct machine_gpu *gpu;
    unsigned vf;
    char name[2 * MACHINE_NAME_LEN]; /* src.vf1 */
    struct vfio_device vfio;
    char v1_name[2 * MACHINE_NAME_LEN + 4];
    struct vfio_v1 *v1; /* NULL: no face of version 1 */
    struct machine_pci {
        uint16_t vendor, device, command;
        uint8_t revision;
    } pci;
};

struct machine_gpu {
    struct machine_gpu_desc desc;
    struct sim_gpu *sim;
    struct hal *pf_hal;
    struct guc *gucs[MACHINE_MAX_GTS];
    struct pf *pf;
    struct machine_fn *fns;  /* [0] is VF 1 */
    struct machine_gvt *gvt; /* NULL: no vGPUs */
    bool booted;
    int boot_error;                          /* what pf_probe returned */
    struct inject *injects[MACHINE_MAX_GTS]; /* lists of disturbed messages */
};

struct machine_vm {
    struct machine_vm_desc desc;
    struct sim_vm *sim;
    struct hal *hal;
    struct vf *vf;
    struct machine_fn *fn;     /* NULL until attached */
    struct pv *pv;             /* world B: the PV driver, and no VF driver */
    struct machine_vgpu *vgpu; /* NULL until attached */
    struct outside *outside;   /* NULL: its guest is inside */
    struct vmm_probes probes;
    struct vmm_migration *moving; /* the migration under way, or NULL */
};

struct machine {
    struct sim *sim;
    struct hal *vmm_hal; /* of the VMM's waves */
    struct machine_gpu gpus[MACHINE_MAX_GPUS];
    unsigned num_gpus;
    struct machine_vm vms[MACHINE_MAX_VMS];
    unsigned num_vms;
};

/* Builds everything in a fresh sim, before sim_start; the GuCs and the PFs boot as soon as it
 * runs. Returns NULL with a message on stderr. */
struct machine *machine_create(struct sim *sim, const struct machine_desc *desc);
/* After sim_destroy, or instead of it, before it: frees what C holds. NULL is allowed. */
void machine_destroy(struct machine *machine);

/* VF number vf (from 1) of a GPU, or NULL. */
struct machine_fn *machine_find_fn(struct machine_gpu *gpu, unsigned vf);
/* Whether a VM but this one has the VF. */
bool machine_fn_taken(const struct machine *machine, const struct machine_fn *fn,
                      const struct machine_vm *except);
/* Gives the VF to the VM. Returns 0, -EBUSY when it belongs to another VM, -ENODEV when it is not
 * enabled. */
MUST_USE int machine_attach(struct machine *machine, struct machine_vm *vm, struct machine_fn *fn);
/* Migrates the VM from the VF that it has to another. The caller fills in time (hal), link, limits
 * and hooks of job; the rest of it, and the result, is filled in here. Returns 0, or -errno: the VM
 * is where it was. */
struct machine_migration {
    struct machine_vm *vm;
    struct machine_fn *to;
    struct machine_fn *from;        /* filled in */
    struct machine_vgpu *to_vgpu;   /* instead of to, when the VM has a vGPU */
    struct machine_vgpu *from_vgpu; /* filled in */
    bool v1;                        /* over the faces of version 1 */
    struct vmm_migration job;
    uint64_t stale_pages; /* of the target's RAM that were not as the source's at switch-over */
};
MUST_USE int machine_migrate(struct machine *machine, struct machine_migration *migration);
/* Gives up the migration of the VM that is under way, from another program; does not wait. Returns
 * 0 or -ESRCH. */
MUST_USE int machine_migrate_cancel(struct machine_vm *vm);

/* sim_vm_stop and sim_vm_start; a guest outside of the machine is told. */
void machine_vm_stop(struct machine_vm *vm);
void machine_vm_start(struct machine_vm *vm);

/* The public name of a GuC action, or NULL: for traces. */
const char *machine_action_name(uint16_t action, bool g2h);
/* The public name of what a GuC refused with, or NULL. */
const char *machine_error_name(uint32_t error);

#endif
