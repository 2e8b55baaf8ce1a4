/* SPDX-License-Identifier: MIT */
/* vGPUs and VMs: attaching one to the other, and moving a VM from its vGPU to one of another host,
 * by either VFIO face. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"
#include "sim/machine/machine_gvt.h"

#define PCI_CONFIG_SIZE 256u

int machine_vgpu_faces(struct machine_vgpu *vgpu)
{
    struct hal *hal = vgpu->gvt->gpu->pf_hal;
    struct vfio_v1_config config = {
        .hal = hal, .name = vgpu->v1_name, .ops = &gvt_vfio_ops, .dev = vgpu->vgpu};

    (void)snprintf(vgpu->v1_name, sizeof(vgpu->v1_name), "%s_v1", vgpu->name);
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

/* Each entry of a write-protected table is a trap. */
static uint64_t vcpu_wrote(void *arg, uint64_t addr, uint64_t size)
{
    const struct machine_vgpu *vgpu = ((const struct machine_vm *)arg)->vgpu;
    const struct machine_gvt_desc *desc = vgpu ? &vgpu->gvt->gpu->desc.gvt : NULL;
    unsigned entries = vgpu ? gvt_guest_wrote(vgpu->vgpu, addr, size) : 0;

    return entries ? entries * (uint64_t)(desc->trap_exit + desc->trap_work + desc->trap_entry) : 0;
}

/* What a guest's firmware does before its system is there. */
static int power_on(struct gvt_vgpu *vgpu)
{
    const uint16_t command = GVT_CONFIG_COMMAND_MEMORY | GVT_CONFIG_COMMAND_MASTER;

    return gvt_config_write(vgpu, GVT_CONFIG_COMMAND, &command, sizeof(command));
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
    sim_vm_watch_writes(vm->sim, &(struct sim_write_watch){vcpu_wrote, vm});
    err = power_on(vgpu->vgpu);
    gvt_vgpu_start(vgpu->vgpu);
    return err;
}

/* An access to config space is the VMM's, who asks the mediator. */
int machine_vgpu_config(struct machine_vgpu *vgpu, const struct machine_config_access *access,
                        uint32_t *value)
{
    const struct machine_gvt_desc *desc = &vgpu->gvt->gpu->desc.gvt;
    int err;

    hal_cycles(vgpu->vm->hal, desc->trap_exit + desc->trap_work);
    err = access->write ? gvt_config_write(vgpu->vgpu, access->offset, value, access->size)
                        : gvt_config_read(vgpu->vgpu, access->offset, value, access->size);
    hal_cycles(vgpu->vm->hal, desc->trap_entry);
    return err;
}

/* ---- moving ---------------------------------------------------------------------------------- */

static void rebind(struct machine_vm *vm, struct machine_vgpu *from, struct machine_vgpu *to)
{
    from->vm = NULL;
    to->vm = vm;
    vm->vgpu = to;
}

static void switch_over(void *arg, void *target)
{
    struct machine_migration *migration = arg;
    struct machine_vm *vm = migration->vm;
    struct machine_vgpu *to = target;

    migration->stale_pages = sim_vm_copy_stale(vm->sim);
    migration->from_vgpu = vm->vgpu;
    sim_vm_switch_over(vm->sim, to->gvt->gpu->sim, VGPU_FN_BASE + to->id);
    map_ram(to, vm);
    rebind(vm, migration->from_vgpu, to);
}

static void switch_back(void *arg)
{
    struct machine_migration *migration = arg;

    sim_vm_switch_back(migration->vm->sim);
    rebind(migration->vm, migration->to_vgpu, migration->from_vgpu);
}

/* Config space of the device, as it is in its image too: what the guest may have written to
 * command and BARs is the VMM's to set once more. */
static int64_t pci_save(void *arg, void *to, uint64_t size)
{
    const struct machine_migration *migration = arg;

    if (size < PCI_CONFIG_SIZE) {
        return -ENOSPC;
    }
    memcpy(to, gvt_vgpu_config_space(migration->vm->vgpu->vgpu), PCI_CONFIG_SIZE);
    return PCI_CONFIG_SIZE;
}

static int pci_load(void *arg, void *target, const void *from, uint64_t size)
{
    const struct machine_vgpu *to = target;

    (void)arg;
    return size == PCI_CONFIG_SIZE ? gvt_config_restore(to->vgpu, from, PCI_CONFIG_SIZE) : -EINVAL;
}

static int compatible(void *arg)
{
    const struct machine_migration *migration = arg;
    const struct machine_vgpu *from = migration->vm->vgpu;
    const struct machine_vgpu *to = migration->to_vgpu;

    return gvt_migration_compatible(from->gvt->gvt, from->type, to->gvt->gvt, to->type);
}

int machine_vgpu_migrate(struct machine_migration *migration, const struct vmm_vm_ops *vm_ops)
{
    struct vmm_vm_ops ops = *vm_ops;
    struct machine_vm *vm = migration->vm;
    struct machine_vgpu *to = migration->to_vgpu;
    struct vmm_migration *job = &migration->job;
    int err;

    if (!vm->vgpu) {
        return -ENODEV;
    }
    if (to->vm) {
        return -EBUSY;
    }
    err = set_ram(to, vm->desc.ram);
    if (err) {
        return err;
    }
    if (migration->v1) {
        job->source.v1 = vm->vgpu->v1;
        job->target.v1 = to->v1;
    } else {
        job->source.v2 = &vm->vgpu->v2;
        job->target.v2 = &to->v2;
    }
    ops.switch_over = switch_over;
    ops.switch_back = switch_back;
    ops.pci_save = pci_save;
    ops.pci_load = pci_load;
    job->name = vm->desc.name;
    job->probes = &vm->probes;
    job->compatible = compatible;
    job->compatible_arg = migration;
    job->vm_ops = &ops;
    job->vm = migration;
    job->target_fn = to;
    return vmm_migrate(job);
}
