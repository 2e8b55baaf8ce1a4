/* SPDX-License-Identifier: MIT */
/* The wiring diagram of world A: for each GPU the chip, a GuC program for each GT and a PF
 * driver; for each VM a VF driver; a VFIO face for each VF. Built once before the run, by
 * lua_machine.c or by a test. */
#include "sim/machine/machine.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_scheduler_abi.h"
#include "sim/machine/inject.h"
#include "sim/machine/machine_gvt.h"

/* The identity of the public integrated part with these engines: architecture 30, release 0,
 * revision 4. */
#define MACHINE_GMD_ID    0x07800004u
#define MACHINE_DEVICE_ID 0xb080u
#define MACHINE_REVISION  4u
#define PCI_VENDOR_INTEL  0x8086u
#define PCI_COMMAND_ON    6u /* memory and bus master */

/* Engines of each GT, in the order of the chip's GUCBUS_ENGINE. The second logical copy engine, by
 * which drivers move memory, is the first one too: it is told apart by nothing that they see, since
 * an interrupt of a class wakes all its queues. */
static const struct {
    unsigned num_engines;
    struct guc_engine_desc engines[GUC_MAX_ENGINES];
} gt_engines[MACHINE_MAX_GTS] = {
    {3,
     {{"rcs0", GUC_RENDER_CLASS, 0, 0},
      {"bcs0", GUC_BLITTER_CLASS, 0, 1u << 1},
      {"ccs0", GUC_COMPUTE_CLASS, 0, 0}}},
    {2, {{"vcs0", GUC_VIDEO_CLASS, 0, 0}, {"vecs0", GUC_VIDEOENHANCE_CLASS, 0, 0}}},
};

static const char *const guc_program_names[MACHINE_MAX_GTS] = {"guc", "media guc"};

/* ---- a GPU ---------------------------------------------------------------------------------- */

static void pf_boot(void *arg)
{
    struct machine_gpu *gpu = arg;

    gpu->boot_error = pf_probe(gpu->pf);
    gpu->booted = true;
}

static bool guc_build(struct machine_gpu *gpu, unsigned gt)
{
    struct guc_config config = {
        .gt = gt,
        .abi_version = gpu->desc.guc_abi,
        .gmd_id = MACHINE_GMD_ID,
        .total_vfs = gpu->desc.num_vfs,
        .num_engines = gt_engines[gt].num_engines,
        .slow_action = gpu->desc.slow_action,
        .slow_cycles = gpu->desc.slow_cycles,
    };
    struct hal *hal = sim_gpu_guc(gpu->sim, gt);

    assert(gt < MACHINE_MAX_GTS);
    memcpy(config.engines, gt_engines[gt].engines, sizeof(config.engines));
    gpu->gucs[gt] = guc_create(hal, &config);
    if (!gpu->gucs[gt]) {
        return false;
    }
    hal_spawn(hal, guc_program_names[gt], guc_main, gpu->gucs[gt]);
    return true;
}

/* What a VMM sees of a VF: the config space that moves with its guest, and VFIO's faces. */
static bool fn_faces_build(struct machine_fn *fn)
{
    struct machine_gpu *gpu = fn->gpu;
    const struct vfio_ops *ops = gpu->desc.vf_precopy ? pf_vfio_precopy_ops() : pf_vfio_ops();
    void *dev = pf_vfio_device(gpu->pf, fn->vf);
    struct vfio_v1_config v1 = {.hal = gpu->pf_hal, .ops = ops, .dev = dev, .form = VFIO_V1_FINAL};

    fn->pci = (struct machine_pci){.vendor = PCI_VENDOR_INTEL,
                                   .device = MACHINE_DEVICE_ID,
                                   .command = PCI_COMMAND_ON,
                                   .revision = MACHINE_REVISION};
    vfio_init(&fn->vfio, gpu->pf_hal, fn->name, ops, dev);
    if (!gpu->desc.vfio_v1) {
        return true;
    }
    (void)snprintf(fn->v1_name, sizeof(fn->v1_name), "%s_v1", fn->name);
    v1.name = fn->v1_name;
    fn->v1 = vfio_v1_create(&v1);
    return fn->v1;
}

static bool fns_build(struct machine_gpu *gpu)
{
    gpu->fns = calloc(gpu->desc.num_vfs, sizeof(*gpu->fns));
    if (!gpu->fns && gpu->desc.num_vfs) {
        return false;
    }
    for (unsigned vf = 1; vf <= gpu->desc.num_vfs; vf++) {
        struct machine_fn *fn = &gpu->fns[vf - 1];

        fn->gpu = gpu;
        fn->vf = vf;
        (void)snprintf(fn->name, sizeof(fn->name), "%s.vf%u", gpu->desc.name, vf);
        if (!fn_faces_build(fn)) {
            return false;
        }
    }
    return true;
}

static bool gpu_build(struct sim *sim, struct machine_gpu *gpu)
{
    const struct pf_config config = {
        .name = gpu->desc.name,
        .num_gts = gpu->desc.num_gts,
        .total_vfs = gpu->desc.num_vfs,
        .device_id = MACHINE_DEVICE_ID,
        .revision_id = MACHINE_REVISION,
    };

    gpu->sim = sim_gpu_create(sim, gpu->desc.name, MACHINE_HOST_RAM, gpu->desc.num_gts);
    if (!gpu->sim) {
        return false;
    }
    sim_gpu_set_pci(gpu->sim, MACHINE_DEVICE_ID, gpu->desc.num_vfs,
                    gpu->desc.vfs_off ? 0 : gpu->desc.num_vfs);
    if (gpu->desc.vram) {
        sim_gpu_set_vram(gpu->sim, gpu->desc.vram);
    }
    for (unsigned gt = 0; gt < gpu->desc.num_gts; gt++) {
        if (!guc_build(gpu, gt)) {
            return false;
        }
    }
    gpu->pf_hal = sim_gpu_pf(gpu->sim);
    gpu->pf = pf_create(gpu->pf_hal, &config);
    if (!gpu->pf || !fns_build(gpu) || machine_gvt_build(gpu)) {
        return false;
    }
    hal_spawn(gpu->pf_hal, "pf boot", pf_boot, gpu);
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static bool vm_build(struct machine *machine, struct machine_vm *vm)
{
    const struct vf_config config = {.max_abi = vm->desc.max_abi,
                                     .no_memirq = vm->desc.no_memirq,
                                     .msix = vm->desc.msix,
                                     .compression = vm->desc.compression};

    vm->sim = sim_vm_create(machine->sim, vm->desc.name, vm->desc.ram);
    if (!vm->sim) {
        return false;
    }
    vmm_probes_init(&vm->probes, machine->vmm_hal, vm->desc.name);
    vm->hal = sim_vm_hal(vm->sim);
    if (vm->desc.pv) {
        return machine_pv_build(vm) == 0;
    }
    vm->vf = vf_create(vm->hal, &config);
    return vm->vf;
}

struct machine *machine_create(struct sim *sim, const struct machine_desc *desc)
{
    struct machine *machine = calloc(1, sizeof(*machine));
    const char *part = "machine";

    if (!machine) {
        goto fail;
    }
    machine->sim = sim;
    machine->vmm_hal = sim_hal_plain(sim, "vmm");
    for (; machine->num_gpus < desc->num_gpus; machine->num_gpus++) {
        struct machine_gpu *gpu = &machine->gpus[machine->num_gpus];

        gpu->desc = desc->gpus[machine->num_gpus];
        part = gpu->desc.name;
        if (!gpu_build(sim, gpu)) {
            goto fail;
        }
    }
    for (; machine->num_vms < desc->num_vms; machine->num_vms++) {
        struct machine_vm *vm = &machine->vms[machine->num_vms];

        vm->desc = desc->vms[machine->num_vms];
        part = vm->desc.name;
        if (!vm_build(machine, vm)) {
            goto fail;
        }
    }
    return machine;

fail:
    (void)fprintf(stderr, "gucsim: cannot build %s: out of memory\n", part);
    machine_destroy(machine);
    return NULL;
}

static void gpu_destroy(struct machine_gpu *gpu)
{
    if (gpu->pf) {
        pf_destroy(gpu->pf);
    }
    for (unsigned gt = 0; gt < MACHINE_MAX_GTS; gt++) {
        if (gpu->gucs[gt]) {
            guc_destroy(gpu->gucs[gt]);
        }
    }
    machine_gvt_destroy(gpu->gvt);
    inject_clear(gpu);
    for (unsigned vf = 0; gpu->fns && vf < gpu->desc.num_vfs; vf++) {
        vfio_v1_destroy(gpu->fns[vf].v1);
    }
    free(gpu->fns);
}

void machine_destroy(struct machine *machine)
{
    if (!machine) {
        return;
    }
    for (unsigned i = 0; i < MACHINE_MAX_VMS; i++) {
        if (machine->vms[i].vf) {
            vf_destroy(machine->vms[i].vf);
        }
        if (machine->vms[i].pv) {
            pv_destroy(machine->vms[i].pv);
        }
    }
    for (unsigned i = 0; i < MACHINE_MAX_GPUS; i++) {
        gpu_destroy(&machine->gpus[i]);
    }
    free(machine);
}

/* ---- verbs that need more than one part ----------------------------------------------------- */

struct machine_fn *machine_find_fn(struct machine_gpu *gpu, unsigned vf)
{
    return vf >= 1 && vf <= gpu->desc.num_vfs ? &gpu->fns[vf - 1] : NULL;
}

bool machine_fn_taken(const struct machine *machine, const struct machine_fn *fn,
                      const struct machine_vm *except)
{
    for (unsigned i = 0; i < machine->num_vms; i++) {
        if (&machine->vms[i] != except && machine->vms[i].fn == fn) {
            return true;
        }
    }
    return false;
}

int machine_attach(struct machine *machine, struct machine_vm *vm, struct machine_fn *fn)
{
    if (vm->fn || machine_fn_taken(machine, fn, vm)) {
        return -EBUSY;
    }
    if (!sim_gpu_has_vf(fn->gpu->sim, fn->vf)) {
        return -ENODEV;
    }
    sim_vm_attach(vm->sim, fn->gpu->sim, fn->vf);
    vm->fn = fn;
    return 0;
}
