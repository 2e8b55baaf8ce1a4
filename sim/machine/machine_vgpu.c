/* SPDX-License-Identifier: MIT */
/* vGPUs and VMs: attaching one to the other, and moving a VM from its vGPU to one of another host,
 * by either VFIO face. */
#include <errno.h>
#include <stdio.h>

#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"
#include "sim/machine/machine_gvt.h"

int machine_vgpu_faces(struct machine_vgpu *vgpu)
{
    struct hal *hal = vgpu->gvt->gpu->pf_hal;
    struct vfio_v1_config config = {
        .hal = hal, .name = vgpu->v1_name, .ops = &gvt_vfio_ops, .dev = vgpu->vgpu};

    (void)snprintf(vgpu->v1_name, sizeof(vgpu->v1_name), "%s.v1", vgpu->name);
    vfio_init(&vgpu->v2, hal, vgpu->name, &gvt_vfio_ops, vgpu->vgpu);
    vgpu->v1 = vfio_v1_create(&config);
    return vgpu->v1 ? 0 : -ENOMEM;
}

/* ---- attaching ------------------------------------------------------------------------------- */

static void device_wrote(void *arg, uint64_t gpa)
{
    const struct machine_vgpu *vgpu = arg;

    gvt_dirty_mark(vgpu->vgpu, gpa, sizeof(uint64_t));
}

static void map_ram(struct machine_vgpu *vgpu, const struct machine_vm *vm)
{
    sim_gpu_map_vm(vgpu->gvt->gpu->sim, vm->sim, vgpu->base, device_wrote, vgpu);
}

/* The vGPU is that of a guest with so much RAM. */
static int set_ram(struct machine_vgpu *vgpu, uint64_t ram)
{
    int err = gvt_vgpu_attach(vgpu->vgpu, machine_gvt_ops(), vgpu, ram / XE_PAGE_SIZE);

    if (!err) {
        vgpu->ram = ram;
    }
    return err;
}

int machine_vgpu_attach(struct machine_vgpu *vgpu, struct machine_vm *vm)
{
    int err;

    if (vgpu->vm || vm->vgpu) {
        return -EBUSY;
    }
    err = set_ram(vgpu, vm->desc.ram);
    if (err) {
        return err;
    }
    map_ram(vgpu, vm);
    sim_vm_attach_mediated(vm->sim, vgpu->gvt->gpu->sim, VGPU_FN_BASE + vgpu->id);
    vgpu->vm = vm;
    vm->vgpu = vgpu;
    gvt_vgpu_start(vgpu->vgpu);
    return 0;
}

/* ---- moving ---------------------------------------------------------------------------------- */

static void rebind(struct machine_vm *vm, struct machine_vgpu *from, struct machine_vgpu *to)
{
    from->vm = NULL;
    to->vm = vm;
    vm->vgpu = to;
}

void machine_vgpu_switch_over(struct machine_migration *migration)
{
    struct machine_vm *vm = migration->vm;
    struct machine_vgpu *to = migration->to_vgpu;

    migration->from_vgpu = vm->vgpu;
    sim_vm_switch_over(vm->sim, to->gvt->gpu->sim, VGPU_FN_BASE + to->id);
    map_ram(to, vm);
    rebind(vm, migration->from_vgpu, to);
}

void machine_vgpu_switch_back(struct machine_migration *migration)
{
    sim_vm_switch_back(migration->vm->sim);
    rebind(migration->vm, migration->to_vgpu, migration->from_vgpu);
}

static int compatible(void *arg)
{
    const struct machine_migration *migration = arg;
    const struct machine_vgpu *from = migration->vm->vgpu;
    const struct machine_vgpu *to = migration->to_vgpu;

    return gvt_migration_compatible(from->gvt->gvt, from->type, to->gvt->gvt, to->type);
}

int machine_vgpu_prepare(struct machine_migration *migration)
{
    struct machine_vm *vm = migration->vm;
    struct machine_vgpu *to = migration->to_vgpu;
    struct vmm_migration *job = &migration->job;

    if (!vm->vgpu) {
        return -ENODEV;
    }
    if (to->vm) {
        return -EBUSY;
    }
    if (migration->use_v1) {
        job->source.v1 = vm->vgpu->v1;
        job->target.v1 = to->v1;
    } else {
        job->source.v2 = &vm->vgpu->v2;
        job->target.v2 = &to->v2;
    }
    job->compatible = compatible;
    job->compatible_arg = migration;
    return set_ram(to, vm->desc.ram);
}
