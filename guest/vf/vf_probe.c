/* SPDX-License-Identifier: MIT */
/* Binding of the VF driver: probe and remove, with the programs they start and end. The order of
 * messages is that of the Linux driver, four VF_RESETs for each GT included. */
#include "guest/vf/vf.h"

#include <errno.h>

#include "gpu_regs.h"
#include "guest/vf/vf_internal.h"
#include "host/abi/xe_gtt_defs.h"
#include "sim/hal/trace.h"

#define DETECT_ATTEMPTS 1u /* a media GuC that does not answer is not there */
#define PROGRAMS_END_NS HAL_NS_PER_S

/* ---- programs -------------------------------------------------------------------------------- */

void vf_program_start(struct vf *vf, const char *name, void (*program)(void *arg), void *arg)
{
    vf->programs++;
    hal_spawn(vf->hal, name, program, arg);
}

void vf_program_end(struct vf *vf)
{
    vf->programs--;
    hal_wake(vf->hal);
}

static void start_programs(struct vf *vf)
{
    static const char *const submit_names[VF_MAX_GTS] = {"vf submit gt0", "vf submit gt1"};
    static const char *const recovery_names[VF_MAX_GTS] = {"vf recovery gt0", "vf recovery gt1"};

    vf->stop = false;
    vf_program_start(vf, "vf irq", vf_irq_main, vf);
    for (unsigned i = 0; i < VF_MAX_GTS && i < vf->num_gts; i++) {
        vf_program_start(vf, submit_names[i], vf_submit_main, &vf->gts[i]);
        if (vf_recovery_by_gt(vf)) {
            vf_program_start(vf, recovery_names[i], vf_recovery_main, &vf->gts[i]);
        }
    }
    if (!vf_recovery_by_gt(vf)) {
        vf_program_start(vf, "vf recovery", vf_recovery_device_main, vf);
    }
}

static void end_programs(struct vf *vf)
{
    uint64_t deadline = hal_now(vf->hal) + PROGRAMS_END_NS;

    vf->stop = true;
    hal_wake(vf->hal);
    while (vf->programs && hal_now(vf->hal) < deadline) {
        (void)hal_wait(vf->hal, deadline - hal_now(vf->hal));
    }
}

/* ---- probe ----------------------------------------------------------------------------------- */

static void forget_last_binding(struct vf *vf)
{
    vf->wedged = NULL;
    vf->migrated_gts = 0;
    for (unsigned i = 0; i < VF_MAX_GTS; i++) {
        struct vf_gt *gt = &vf->gts[i];
        int probe = gt->recovery.step_probe;

        gt->found_abi = 0;
        gt->recovery = (struct vf_recovery){.step_probe = probe};
        gt->reset = (struct vf_reset){0};
        gt->tlb = (struct vf_tlb){0};
        gt->relay.version = 0;
        gt->relay.num_registers = 0;
    }
}

/* Which GTs there are: a media GT that does not answer, or has no version, is none. */
static int detect(struct vf *vf)
{
    struct vf_gt *main_gt = &vf->gts[VF_MAIN_GT];
    struct vf_gt *media_gt = &vf->gts[VF_MEDIA_GT];
    uint32_t gmd_id = 0;
    int ret = vf_connect_reset(main_gt, VF_RESET_ATTEMPTS);

    vf->num_gts = 1;
    if (!ret) {
        ret = vf_guc_query_gmd_id(main_gt, &gmd_id);
    }
    if (ret) {
        return ret;
    }
    if (!gmd_id) {
        return -ENODEV;
    }
    ret = vf_guc_reset(media_gt, DETECT_ATTEMPTS);
    if (ret == -ETIMEDOUT) {
        return 0;
    }
    vf->num_gts = 2;
    if (!ret) {
        ret = vf_guc_handshake(media_gt);
    }
    if (!ret) {
        ret = vf_guc_query_gmd_id(media_gt, &gmd_id);
    }
    if (!ret && !gmd_id) {
        vf->num_gts = 1;
    }
    return ret;
}

static int configure(struct vf *vf)
{
    int ret = 0;

    for (unsigned i = 0; i < vf->num_gts && !ret; i++) {
        /* As after detection by an object that is thrown away: the minimum is asked for again. */
        vf->gts[i].found_abi = 0;
        ret = vf_connect_reset(&vf->gts[i], VF_RESET_ATTEMPTS);
        if (!ret) {
            ret = vf_guc_query_resources(&vf->gts[i], &vf->gts[i].resources);
        }
    }
    if (ret) {
        return ret;
    }
    /* One tile, one GGTT: both GuCs must mean the same. */
    for (unsigned i = 1; i < vf->num_gts; i++) {
        if (vf->gts[i].resources.ggtt_start != vf->gts[0].resources.ggtt_start ||
            vf->gts[i].resources.ggtt_size != vf->gts[0].resources.ggtt_size) {
            return -EPROTO;
        }
    }
    vf->ggtt =
        ggtt_create(vf->hal, vf->gts[0].resources.ggtt_start, vf->gts[0].resources.ggtt_size);
    if (!vf->ggtt) {
        return -ENOMEM;
    }
    ggtt_set_invalidate(vf->ggtt, vf_tlb_invalidate, vf);
    hal_probe_set(vf->hal, vf->ggtt_probe, vf->gts[0].resources.ggtt_start);
    return 0;
}

/* Two rounds: a first connection, and, as the Linux driver comes to its full load, two resets
 * and a second one. */
static int load(struct vf_gt *gt)
{
    int ret = vf_connect(gt);

    if (!ret) {
        ret = vf_relay_query_registers(gt);
    }
    if (!ret) {
        ret = vf_connect_again(gt);
    }
    gt->reset.possible = !ret;
    return ret;
}

static int bind(struct vf *vf)
{
    int ret = detect(vf);

    if (!ret) {
        ret = configure(vf);
    }
    if (!ret) {
        ret = vf_memirq_init(vf);
    }
    if (!ret) {
        ret = bo_create(vf->hal, vf->ggtt, VF_RESULT_SLOTS * sizeof(uint32_t), GGTT_PAT_NORMAL,
                        &vf->results);
    }
    if (!ret) {
        ret = vf_local_create(vf);
    }
    if (!ret) {
        ret = vf_guc_hwconfig(&vf->gts[VF_MAIN_GT]);
    }
    if (ret) {
        return ret;
    }
    start_programs(vf);
    for (unsigned i = 0; i < vf->num_gts && !ret; i++) {
        /* A registration after a migration may be the second one: as an event it is dropped
         * silently. */
        ct_set_register_as_event(vf->gts[i].ct, true);
        ret = vf_features_create(&vf->gts[i]);
        if (!ret) {
            ret = ct_place(vf->gts[i].ct, vf->ggtt);
        }
        if (!ret) {
            ret = load(&vf->gts[i]);
        }
    }
    if (!ret) {
        ret = vf_ccs_start(vf);
    }
    return !ret && vf->wedged ? -ECANCELED : ret;
}

int vf_probe(struct vf *vf)
{
    int ret;

    if (vf->num_gts) {
        return -EBUSY;
    }
    if (!(hal_read32(vf->hal, VF_CAP_REG) & VF_CAP)) {
        return -ENODEV;
    }
    forget_last_binding(vf);
    ret = bind(vf);
    if (ret) {
        vf_remove(vf);
    }
    return ret;
}

/* ---- remove ---------------------------------------------------------------------------------- */

static void release(struct vf *vf, struct bo *bo)
{
    if (bo->node) {
        bo_destroy(vf->hal, vf->ggtt, bo);
    }
    *bo = (struct bo){0};
}

void vf_remove(struct vf *vf)
{
    end_programs(vf);
    for (unsigned i = vf->num_gts; i-- > 0;) {
        ct_disable(vf->gts[i].ct);
        if (vf_guc_reset(&vf->gts[i], VF_RESET_ATTEMPTS)) {
            trace_peer_error(vf->hal, (int)i, 0, "VF_RESET failed at unbind", 0);
        }
    }
    for (unsigned i = 0; i < VF_MAX_QUEUES; i++) {
        if (vf->queues[i].state != VF_QUEUE_FREE) {
            vf_queue_free(&vf->queues[i]);
        }
    }
    vf_ccs_stop(vf);
    for (unsigned i = 0; i < vf->num_gts; i++) {
        ct_unplace(vf->gts[i].ct);
        release(vf, &vf->gts[i].klvs);
    }
    release(vf, &vf->hwconfig);
    release(vf, &vf->results);
    vf_local_destroy(vf);
    release(vf, &vf->memirq);
    ggtt_destroy(vf->ggtt);
    vf->ggtt = NULL;
    vf->num_gts = 0;
}
