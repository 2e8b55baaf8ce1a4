/* SPDX-License-Identifier: MIT */
/* What the VMM asks of a VM of the machine: its RAM, who wrote it, and the VF that it has. arg is
 * the machine_migration. */

#include <errno.h>
#include <string.h>

#include "sim/machine/machine_gvt.h"

static struct sim_vm *vm_of(void *arg)
{
    return ((struct machine_migration *)arg)->vm->sim;
}

static void vmm_stop(void *arg)
{
    machine_vm_stop(((struct machine_migration *)arg)->vm);
}

static void vmm_start(void *arg)
{
    machine_vm_start(((struct machine_migration *)arg)->vm);
}

static uint64_t vmm_ram_size(void *arg)
{
    return sim_vm_ram_size(vm_of(arg));
}

static int vmm_ram_begin(void *arg)
{
    sim_vm_copy_begin(vm_of(arg));
    sim_vm_log(vm_of(arg), true);
    return 0;
}

static void vmm_ram_end(void *arg)
{
    sim_vm_log(vm_of(arg), false);
    sim_vm_drop_copy(vm_of(arg));
}

static uint64_t vmm_ram_dirty(void *arg, bool device_too, uint64_t addr, uint64_t page_size,
                              uint64_t pages, uint8_t *bitmap)
{
    const struct sim_vm_writers by = {.cpu = true, .device = device_too};

    return sim_vm_log_take(vm_of(arg), by, addr, page_size, pages, bitmap);
}

static bool vmm_ram_copy(void *arg, uint64_t addr, uint64_t size)
{
    return sim_vm_copy_pages(vm_of(arg), addr, size);
}

static void vmm_switch_over(void *arg, void *target)
{
    struct machine_migration *migration = arg;
    struct machine_fn *to = target;

    migration->stale_pages = sim_vm_copy_stale(vm_of(arg));
    sim_vm_switch_over(vm_of(arg), to->gpu->sim, to->vf);
    migration->from = migration->vm->fn;
    migration->vm->fn = to;
}

static void vmm_switch_back(void *arg)
{
    struct machine_migration *migration = arg;

    sim_vm_switch_back(vm_of(arg));
    migration->vm->fn = migration->from;
}

static void vmm_commit(void *arg)
{
    sim_vm_commit(vm_of(arg));
}

static int64_t vmm_pci_save(void *arg, void *to, uint64_t size)
{
    const struct machine_pci *pci = &((struct machine_migration *)arg)->vm->fn->pci;

    if (size < sizeof(*pci)) {
        return -ENOSPC;
    }
    memcpy(to, pci, sizeof(*pci));
    return sizeof(*pci);
}

/* What the guest may have set is taken over; what it cannot must be the same. */
static int vmm_pci_load(void *arg, void *target, const void *from, uint64_t size)
{
    struct machine_pci *own = &((struct machine_fn *)target)->pci;
    struct machine_pci pci;

    (void)arg;
    if (size != sizeof(pci)) {
        return -EINVAL;
    }
    memcpy(&pci, from, sizeof(pci));
    if (pci.vendor != own->vendor || pci.device != own->device || pci.revision != own->revision) {
        return -EINVAL;
    }
    own->command = pci.command;
    return 0;
}

static const struct vmm_vm_ops vm_ops = {
    .stop = vmm_stop,
    .start = vmm_start,
    .ram_size = vmm_ram_size,
    .ram_begin = vmm_ram_begin,
    .ram_end = vmm_ram_end,
    .ram_dirty = vmm_ram_dirty,
    .ram_copy = vmm_ram_copy,
    .pci_save = vmm_pci_save,
    .pci_load = vmm_pci_load,
    .switch_over = vmm_switch_over,
    .switch_back = vmm_switch_back,
    .commit = vmm_commit,
};

static int migrate_vf(struct machine *machine, struct machine_migration *migration)
{
    struct machine_vm *vm = migration->vm;

    if (!vm->fn) {
        return -ENODEV;
    }
    if (!sim_gpu_has_vf(migration->to->gpu->sim, migration->to->vf)) {
        return -ENODEV;
    }
    if (vm->fn == migration->to || machine_fn_taken(machine, migration->to, vm)) {
        return -EBUSY;
    }
    if (migration->v1 && (!vm->fn->v1 || !migration->to->v1)) {
        return -EOPNOTSUPP;
    }
    migration->job.name = vm->desc.name;
    migration->job.probes = &vm->probes;
    if (migration->v1) {
        migration->job.source.v1 = vm->fn->v1;
        migration->job.target.v1 = migration->to->v1;
    } else {
        migration->job.source.v2 = &vm->fn->vfio;
        migration->job.target.v2 = &migration->to->vfio;
    }
    migration->job.vm_ops = &vm_ops;
    migration->job.vm = migration;
    migration->job.target_fn = migration->to;
    return vmm_migrate(&migration->job);
}

int machine_migrate(struct machine *machine, struct machine_migration *migration)
{
    struct machine_vm *vm = migration->vm;
    int err;

    if (vm->moving) {
        return -EALREADY;
    }
    vm->moving = &migration->job;
    err = migration->to_vgpu ? machine_vgpu_migrate(migration, &vm_ops)
                             : migrate_vf(machine, migration);
    vm->moving = NULL;
    return err;
}

int machine_migrate_cancel(struct machine_vm *vm)
{
    if (!vm->moving) {
        return -ESRCH;
    }
    vm->moving->cancel = true;
    return 0;
}
