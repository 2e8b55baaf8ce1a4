/* SPDX-License-Identifier: MIT */
/* World B of the machine: a mediator for each GPU that has vGPUs, with the program that serves
 * traps, and the chip and guest RAM as the mediator sees them. */
#ifndef SIM_MACHINE_MACHINE_GVT_H
#define SIM_MACHINE_MACHINE_GVT_H

#include "gpu_regs.h"
#include "host/gvt/gvt.h"
#include "sim/machine/machine.h"

/* What goes wrong with the next notifications of a vGPU's PV channel. */
struct machine_pv_faults {
    unsigned lose;     /* so many triggers are not served */
    unsigned late;     /* so many are served late, the guest goes on at once */
    uint64_t delay_ns; /* of those */
};

struct machine_vgpu {
    struct machine_gvt *gvt;
    struct gvt_vgpu *vgpu;
    unsigned id; /* from 1 */
    char uuid[GVT_UUID_CHARS + 1];
    char type[GVT_NAME_BYTES + 8];   /* i915-GVTg_V5_8 */
    char name[2 * MACHINE_NAME_LEN]; /* src.vgpu1 */
    char v1_name[3 * MACHINE_NAME_LEN];
    struct vfio_device v2; /* its two faces; a VMM uses one of them */
    struct vfio_v1 *v1;
    struct machine_vm *vm; /* NULL until attached */
    uint64_t base;         /* host address of the guest's RAM */
    uint64_t ram;          /* bytes of it; 0: no guest */
    struct machine_pv_faults faults;
};

struct machine_gvt {
    struct machine_gpu *gpu;
    struct gvt *gvt;
    struct machine_vgpu vgpus[MACHINE_MAX_VGPUS]; /* [0] is vGPU 1 */
    unsigned num_vgpus;
    uint64_t *entries; /* real GGTT entries of the shares, to write only what changes */
    uint64_t fences[FENCE_REG_GEN6_LO_COUNT]; /* real ones, likewise */
};

/* Nothing to do for a GPU without vGPUs. Before the machine runs. Returns 0 or -errno. */
MUST_USE int machine_gvt_build(struct machine_gpu *gpu);
void machine_gvt_destroy(struct machine_gvt *gvt);
/* A VM's PV driver. Returns 0 or -ENOMEM. */
MUST_USE int machine_pv_build(struct machine_vm *vm);
/* The chip and the guest's RAM, as a mediator asks for them; arg is the machine_vgpu. */
const struct gvt_ops *machine_gvt_ops(void);
/* Makes the VFIO faces of a vGPU. Returns 0 or -ENOMEM. */
MUST_USE int machine_vgpu_faces(struct machine_vgpu *vgpu);
/* Gives the vGPU to the VM and starts it. Returns 0, -EBUSY when either has another. */
MUST_USE int machine_vgpu_attach(struct machine_vgpu *vgpu, struct machine_vm *vm);
/* The guest reads or writes its vGPU's config space; a program of the guest's (blocks). The vGPU is
 * attached. Returns 0 or -EINVAL. */
struct machine_config_access {
    bool write;
    uint32_t offset;
    unsigned size;
};
MUST_USE int machine_vgpu_config(struct machine_vgpu *vgpu,
                                 const struct machine_config_access *access, uint32_t *value);

/* machine_migrate of a VM that has a vGPU. vm_ops: of any VM; what concerns the device is other
 * here. */
MUST_USE int machine_vgpu_migrate(struct machine_migration *migration,
                                  const struct vmm_vm_ops *vm_ops);

#endif
