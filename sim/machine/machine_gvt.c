/* SPDX-License-Identifier: MIT */
/* The wiring diagram of world B: guest's access -> trap window of the chip -> this GPU's mediator
 * program -> host/gvt, and from there to the chip through the PF's registers, and to the guest's
 * RAM through the host's window on it. */
#include "sim/machine/machine_gvt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu_regs.h"
#include "host/abi/gvt_execlist.h"
#include "host/abi/gvt_migrate.h"
#include "host/abi/i915_pvinfo.h"
#include "host/abi/i915_vgpu_pv.h"
#include "host/abi/xe_gtt_defs.h"
#include "sim/hal/trace.h"

/* The identity that guests see: a public part of gen9. */
#define GVT_GEN       9u
#define GVT_DEVICE    0x1912u
#define GVT_REVISION  6u
#define GVT_FIRMWARE  0x00060001u
#define GVT_SOFTWARE  1u
#define APERTURE_SIZE ((uint64_t)GMADR_SIZE)
/* The chip's table has entries for 4 GiB; the GuC's own part at the top is nobody's share. */
#define GGTT_SIZE   GUC_GGTT_TOP
#define GGTT_PTES   (XE_MAX_GGTT_SIZE / XE_PAGE_SIZE)
#define WINDOW_SIZE (1ull << 36) /* host addresses from WINDOW_SIZE * id on are vGPU id's guest */

/* Cycles of the host for a PV message; chosen. */
static const struct gvt_costs pv_costs = {.fetch = 250, .command = 150, .page = 60, .complete = 80};

/* ---- what the mediator asks of the machine --------------------------------------------------- */

static int guest_address(const struct machine_vgpu *vgpu, uint64_t gpa, uint64_t size,
                         uint64_t *addr)
{
    if (gpa >= vgpu->ram || size > vgpu->ram - gpa) {
        return -EFAULT;
    }
    *addr = vgpu->base + gpa;
    return 0;
}

static int op_guest_read(void *arg, uint64_t gpa, void *to, uint64_t size)
{
    const struct machine_vgpu *vgpu = arg;
    uint64_t addr;
    int err = guest_address(vgpu, gpa, size, &addr);

    return err ? err : hal_mem_read(vgpu->gvt->gpu->pf_hal, addr, to, size);
}

static int op_guest_write(void *arg, uint64_t gpa, const void *from, uint64_t size)
{
    const struct machine_vgpu *vgpu = arg;
    uint64_t addr;
    int err = guest_address(vgpu, gpa, size, &addr);

    return err ? err : hal_mem_write(vgpu->gvt->gpu->pf_hal, addr, from, size);
}

static uint64_t op_guest_frame(void *arg, uint64_t gpa)
{
    uint64_t addr;

    return guest_address(arg, gpa, XE_PAGE_SIZE, &addr) ? 0 : addr;
}

static uint64_t op_guest_writes(void *arg, uint64_t gpa)
{
    const struct machine_vgpu *vgpu = arg;

    return vgpu->vm ? sim_vm_page_writes(vgpu->vm->sim, gpa) : 0;
}

/* The chip has no scratch page: an entry that points nowhere is absent, and its use a fault. A
 * guest does not choose the owner or the kind of memory of an entry. */
static void op_set_ggtt(void *arg, uint64_t index, uint64_t entry)
{
    const struct machine_vgpu *vgpu = arg;
    struct machine_gvt *gvt = vgpu->gvt;
    struct hal *hal = gvt->gpu->pf_hal;
    uint64_t value = entry & GGTT_PTE_PRESENT
                         ? (entry & XE_PTE_ADDR_MASK) | GGTT_PTE_PRESENT | GGTT_PAT_NORMAL
                         : 0;
    uint64_t before = gvt->entries[index];

    if (value == before) {
        return;
    }
    gvt->entries[index] = value;
    hal_write64(hal, (uint32_t)(GGTT_BAR0_OFFSET + index * sizeof(value)), value);
    if (before) {
        hal_write32(hal, GUC_TLB_INV_CR, GUC_TLB_INV_CR_INVALIDATE);
    }
}

/* In the order that the public driver keeps: a fence is never valid with half of its range. */
static void op_set_fence(void *arg, unsigned fence, uint64_t value)
{
    const struct machine_vgpu *vgpu = arg;
    struct machine_gvt *gvt = vgpu->gvt;
    struct hal *hal = gvt->gpu->pf_hal;

    if (value == gvt->fences[fence]) {
        return;
    }
    gvt->fences[fence] = value;
    hal_write32(hal, FENCE_REG_GEN6_LO(fence), 0);
    hal_write32(hal, FENCE_REG_GEN6_HI(fence), upper_32(value));
    hal_write32(hal, FENCE_REG_GEN6_LO(fence), lower_32(value));
}

static void op_map_aperture(void *arg, uint64_t guest, uint64_t host, uint64_t size)
{
    const struct machine_vgpu *vgpu = arg;

    if (vgpu->vm) {
        sim_vm_map_aperture(vgpu->vm->sim, guest, host, size);
    }
}

static void op_set_ring_mode(void *arg, unsigned engine, uint32_t on)
{
    (void)arg;
    (void)engine;
    (void)on;
}

static void op_set_hws(void *arg, unsigned engine, uint64_t addr)
{
    (void)arg;
    (void)engine;
    (void)addr;
}

static int op_ppgtt_create(void *arg, unsigned level, const uint64_t pdp[4])
{
    (void)arg;
    (void)level;
    (void)pdp;
    return 0;
}

static void op_ppgtt_destroy(void *arg, unsigned level, const uint64_t pdp[4])
{
    (void)arg;
    (void)level;
    (void)pdp;
}

static int op_ppgtt_map(void *arg, uint64_t pml4, uint64_t addr, uint64_t entry)
{
    (void)arg;
    (void)pml4;
    (void)addr;
    (void)entry;
    return 0;
}

static void op_kick(void *arg)
{
    const struct machine_vgpu *vgpu = arg;

    hal_wake(vgpu->gvt->gpu->pf_hal);
}

static void op_interrupt(void *arg)
{
    const struct machine_vgpu *vgpu = arg;

    if (vgpu->vm) {
        sim_vm_interrupt(vgpu->vm->sim, 0);
    }
}

static const struct gvt_ops gvt_ops = {
    .guest_read = op_guest_read,
    .guest_write = op_guest_write,
    .guest_frame = op_guest_frame,
    .guest_writes = op_guest_writes,
    .set_ggtt = op_set_ggtt,
    .set_fence = op_set_fence,
    .map_aperture = op_map_aperture,
    .set_ring_mode = op_set_ring_mode,
    .set_hws = op_set_hws,
    .ppgtt_create = op_ppgtt_create,
    .ppgtt_destroy = op_ppgtt_destroy,
    .ppgtt_map = op_ppgtt_map,
    .kick = op_kick,
    .interrupt = op_interrupt,
};

const struct gvt_ops *machine_gvt_ops(void)
{
    return &gvt_ops;
}

/* ---- traps ----------------------------------------------------------------------------------- */

static bool is_pv_trigger(const struct sim_trap *trap)
{
    return trap->offset == PVINFO_G2V_NOTIFY && trap->size == 4 &&
           trap->value == VGT_G2V_PV_SEND_TRIGGER;
}

static void late_trigger(void *arg)
{
    struct machine_vgpu *vgpu = arg;
    struct hal *hal = vgpu->gvt->gpu->pf_hal;
    const uint32_t trigger = VGT_G2V_PV_SEND_TRIGGER;

    hal_delay(hal, vgpu->faults.delay_ns);
    if (gvt_mmio_write(vgpu->vgpu, PVINFO_G2V_NOTIFY, &trigger, sizeof(trigger))) {
        trace_peer_error(hal, HAL_GT_NONE, 0, "late trigger refused", vgpu->id);
    }
}

/* Whether the scenario has something else in mind for this trigger. */
static bool disturbed(struct machine_vgpu *vgpu, const struct sim_trap *trap)
{
    struct machine_pv_faults *faults = &vgpu->faults;
    struct hal *hal = vgpu->gvt->gpu->pf_hal;

    if (!is_pv_trigger(trap)) {
        return false;
    }
    if (faults->lose) {
        faults->lose--;
        trace_fault(hal, HAL_GT_NONE, trap->fn, "pv_trigger_lost", trap->offset);
        return true;
    }
    if (faults->late) {
        faults->late--;
        trace_fault(hal, HAL_GT_NONE, trap->fn, "pv_trigger_late", trap->offset);
        hal_spawn(hal, "late pv trigger", late_trigger, vgpu);
        return true;
    }
    return false;
}

static int serve_registers(struct machine_vgpu *vgpu, const struct sim_trap *trap, uint64_t *value)
{
    if (trap->write) {
        return disturbed(vgpu, trap) ? 0
                                     : gvt_mmio_write(vgpu->vgpu, trap->offset, value, trap->size);
    }
    *value = 0;
    return gvt_mmio_read(vgpu->vgpu, trap->offset, value, trap->size);
}

/* Returns what a read gives; what the mediator refuses reads as if nothing were there, and so
 * does all of a device whose memory is off. Of the aperture all that is the guest's is mapped: what
 * traps is not. */
static uint64_t serve(struct machine_vgpu *vgpu, const struct sim_trap *trap)
{
    uint64_t value = trap->value;
    int err = !gvt_vgpu_memory_enabled(vgpu->vgpu) ? -ENXIO
              : trap->aperture                     ? -EINVAL
                                                   : serve_registers(vgpu, trap, &value);

    if (err) {
        value = trap->write ? value : UINT64_MAX;
        trace_peer_error(vgpu->gvt->gpu->pf_hal, HAL_GT_NONE, trap->fn,
                         err == -ENXIO ? "vgpu: its memory is off" : "vgpu: access refused",
                         trap->offset);
    }
    return value;
}

static void mediator(void *arg)
{
    struct machine_gvt *gvt = arg;
    struct machine_gpu *gpu = gvt->gpu;
    const struct machine_gvt_desc *desc = &gpu->desc.gvt;
    uint32_t mask = 0;

    for (unsigned n = 0; n < gvt->num_vgpus; n++) {
        mask |= 1u << gvt->vgpus[n].id;
    }
    hal_write32(gpu->pf_hal, VGPU_TRAP, mask);
    for (;;) {
        struct sim_trap trap;
        uint64_t value;

        if (!sim_gpu_trap_wait(gpu->sim, &trap, HAL_FOREVER)) {
            continue;
        }
        hal_cycles(gpu->pf_hal, desc->trap_exit + desc->trap_work);
        value = serve(&gvt->vgpus[trap.fn - VGPU_FN_BASE - 1], &trap);
        sim_gpu_trap_done(gpu->sim, &trap, value, desc->trap_entry);
    }
}

/* ---- the PF's events ------------------------------------------------------------------------- */

static void pf_interrupt(void *arg)
{
    const struct machine_gvt *gvt = arg;

    hal_wake(gvt->gpu->pf_hal);
}

static int pf_context_event(void *arg, unsigned gt, const uint32_t *msg, uint32_t len)
{
    const struct machine_gvt *gvt = arg;

    return gvt_context_event(gvt->gvt, gt, msg, len);
}

/* ---- building -------------------------------------------------------------------------------- */

/* One vGPU by the administrator's way; ids are given out in order. */
static int vgpu_build(struct machine_gvt *gvt, char type)
{
    struct machine_vgpu *vgpu = &gvt->vgpus[gvt->num_vgpus];
    char path[64];
    int64_t written;

    vgpu->gvt = gvt;
    (void)snprintf(vgpu->type, sizeof(vgpu->type), "i915-GVTg_V5_%c", type);
    (void)snprintf(path, sizeof(path), "mdev_supported_types/%s/create", vgpu->type);
    (void)snprintf(vgpu->uuid, sizeof(vgpu->uuid), "00000000-0000-4000-8000-%012x",
                   gvt->num_vgpus + 1);
    written = gvt_sysfs_write(gvt->gvt, path, vgpu->uuid, GVT_UUID_CHARS);
    if (written < 0) {
        return (int)written;
    }
    vgpu->vgpu = gvt_vgpu_find(gvt->gvt, vgpu->uuid);
    vgpu->id = gvt_vgpu_id(vgpu->vgpu);
    vgpu->base = WINDOW_SIZE * vgpu->id;
    (void)snprintf(vgpu->name, sizeof(vgpu->name), "%s.vgpu%u", gvt->gpu->desc.name, vgpu->id);
    gvt->num_vgpus++;
    written = gvt_vgpu_attach(vgpu->vgpu, &gvt_ops, vgpu, 0);
    return written ? (int)written : machine_vgpu_faces(vgpu);
}

int machine_gvt_build(struct machine_gpu *gpu)
{
    const struct machine_gvt_desc *desc = &gpu->desc.gvt;
    struct gvt_config config = {
        .hal = gpu->pf_hal,
        .gen = desc->gen ? desc->gen : GVT_GEN,
        .device = desc->device ? desc->device : GVT_DEVICE,
        .revision = GVT_REVISION,
        .platform = GVT_PLATFORM_SKL,
        .firmware = GVT_FIRMWARE,
        .engine_mask = 1u << GVT_ENGINE_RCS | 1u << GVT_ENGINE_BCS,
        .aperture = APERTURE_SIZE,
        .ggtt = GGTT_SIZE,
        .aperture_reserved = desc->reserved[0],
        .hidden_reserved = desc->reserved[1],
        .software_version = desc->software ? desc->software : GVT_SOFTWARE,
        .pv_caps = desc->pv_caps,
        .pv_major = PV_MAJOR,
        .pv_minor = PV_MINOR,
        .pv_one_per_trigger = desc->one_per_trigger,
        .costs = pv_costs,
        .host_ggtt = pf_ggtt(gpu->pf),
        .fn_base = VGPU_FN_BASE,
    };
    int err = 0;

    if (desc->num_vgpus == 0) {
        return 0;
    }
    gpu->gvt = calloc(1, sizeof(*gpu->gvt));
    if (!gpu->gvt) {
        return -ENOMEM;
    }
    gpu->gvt->gpu = gpu;
    pf_set_client(gpu->pf, &(struct pf_client){.interrupt = pf_interrupt,
                                               .context_event = pf_context_event,
                                               .arg = gpu->gvt});
    for (unsigned gt = 0; gt < gpu->desc.num_gts; gt++) {
        config.cts[gt] = pf_ct(gpu->pf, gt);
    }
    if (gpu->desc.num_gts > 1) {
        config.engine_mask |= 1u << GVT_ENGINE_VCS;
    }
    gpu->gvt->gvt = gvt_create(&config);
    gpu->gvt->entries = calloc(GGTT_PTES, sizeof(*gpu->gvt->entries));
    if (!gpu->gvt->gvt || !gpu->gvt->entries) {
        return -ENOMEM;
    }
    for (unsigned n = 0; n < desc->num_vgpus && !err; n++) {
        err = vgpu_build(gpu->gvt, desc->types[n]);
    }
    if (!err) {
        hal_spawn(gpu->pf_hal, "mediator", mediator, gpu->gvt);
        err = gvt_start(gpu->gvt->gvt);
    }
    return err;
}

void machine_gvt_destroy(struct machine_gvt *gvt)
{
    if (!gvt) {
        return;
    }
    for (unsigned n = 0; n < gvt->num_vgpus; n++) {
        if (gvt->vgpus[n].v1) {
            vfio_v1_destroy(gvt->vgpus[n].v1);
        }
    }
    gvt_destroy(gvt->gvt);
    free(gvt->entries);
    free(gvt);
}

int machine_pv_build(struct machine_vm *vm)
{
    const struct pv_config config = {
        .hal = vm->hal,
        .caps = PV_PPGTT | PV_GGTT | PV_SUBMISSION,
        .first_fence = vm->desc.first_fence,
        .timeout_ns = vm->desc.pv_timeout_ns,
    };

    vm->pv = pv_create(&config);
    return vm->pv ? 0 : -ENOMEM;
}
