/* SPDX-License-Identifier: MIT */
/* The VF driver's life: create (before the machine runs), probe, remove, and what others may ask
 * of it. The order of messages in probe is that of the Linux driver, four VF_RESETs for each GT
 * included. */
#include "guest/vf/vf.h"

#include <errno.h>
#include <stdlib.h>

#include "gpu_regs.h"
#include "guest/vf/vf_internal.h"
#include "host/abi/xe_gtt_defs.h"
#include "sim/hal/trace.h"

#define RESET_ATTEMPTS  10u
#define DETECT_ATTEMPTS 1u /* a media GuC that does not answer is not there */
#define PROGRAMS_END_NS HAL_NS_PER_S
#define STEP_BITS       4u
#define ABI_BITS        24u
#define GGTT_BITS       64u

/* ---- programs, wedge ------------------------------------------------------------------------- */

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

void vf_wedge(struct vf *vf, const char *reason)
{
    if (vf->wedged) {
        return;
    }
    trace_peer_error(vf->hal, HAL_GT_NONE, 0, reason, 0);
    vf->wedged = reason;
    for (unsigned i = 0; i < vf->num_gts; i++) {
        vf->gts[i].recovery.queued = false;
        vf->gts[i].recovery.in_progress = false;
        vf->gts[i].recovery.need_fixes = false;
    }
    hal_wake(vf->hal);
}

static bool sends_give_up(void *arg)
{
    const struct vf_gt *gt = arg;

    return gt->vf->wedged || vf_recovery_gt_pending(gt);
}

static void channel_died(void *arg, const char *reason)
{
    struct vf_gt *gt = arg;

    vf_wedge(gt->vf, reason);
}

/* ---- create ---------------------------------------------------------------------------------- */

static int create_gt(struct vf *vf, unsigned index)
{
    static const char *const step_paths[] = {"gt0.recovery", "gt1.recovery"};
    static const char *const abi_paths[] = {"gt0.abi", "gt1.abi"};
    static const char *const ct_paths[] = {"gt0.ct", "gt1.ct"};
    struct vf_gt *gt = &vf->gts[index];
    const struct ct_config config = {
        .hal = vf->hal,
        .mailbox = &gt->mailbox,
        .gt = index,
        .probe = ct_paths[index],
        .handlers = vf_ct_handlers,
        .arg = gt,
        .recovery_pending = sends_give_up,
        .died = channel_died,
    };

    gt->vf = vf;
    gt->index = index;
    gt->recovery.step_probe =
        hal_probe(vf->hal, step_paths[index], STEP_BITS, vf_recovery_step_names);
    gt->abi_probe = hal_probe(vf->hal, abi_paths[index], ABI_BITS, NULL);
    mailbox_init(&gt->mailbox, vf->hal, index);
    gt->ct = ct_create(&config);
    return gt->ct ? 0 : -ENOMEM;
}

struct vf *vf_create(struct hal *hal, const struct vf_config *config)
{
    struct vf *vf = calloc(1, sizeof(*vf));
    int ret = 0;

    if (!vf) {
        return NULL;
    }
    vf->hal = hal;
    vf->config = *config;
    vf->stop = true;
    vf->ggtt_probe = hal_probe(hal, "ggtt_start", GGTT_BITS, NULL);
    for (unsigned i = 0; i < VF_MAX_GTS && !ret; i++) {
        ret = create_gt(vf, i);
    }
    if (ret) {
        vf_destroy(vf);
        return NULL;
    }
    return vf;
}

void vf_destroy(struct vf *vf)
{
    if (!vf) {
        return;
    }
    for (unsigned i = 0; i < VF_MAX_GTS; i++) {
        if (vf->gts[i].ct) {
            ct_destroy(vf->gts[i].ct);
        }
    }
    ggtt_destroy(vf->ggtt);
    free(vf);
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
        gt->tlb = (struct vf_tlb){0};
    }
}

/* Drops what the GuC holds for us and makes sure it is the one we know. */
static int reset_and_handshake(struct vf_gt *gt, unsigned attempts)
{
    int ret = vf_guc_reset(gt, attempts);

    return ret ? ret : vf_guc_handshake(gt);
}

/* Which GTs there are: a media GT that does not answer, or has no version, is none. */
static int detect(struct vf *vf)
{
    struct vf_gt *main_gt = &vf->gts[VF_MAIN_GT];
    struct vf_gt *media_gt = &vf->gts[VF_MEDIA_GT];
    uint32_t gmd_id = 0;
    int ret = reset_and_handshake(main_gt, RESET_ATTEMPTS);

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
        ret = reset_and_handshake(&vf->gts[i], RESET_ATTEMPTS);
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

static void start_programs(struct vf *vf)
{
    static const char *const submit_names[] = {"vf submit gt0", "vf submit gt1"};
    static const char *const recovery_names[] = {"vf recovery gt0", "vf recovery gt1"};

    vf->stop = false;
    vf_program_start(vf, "vf irq", vf_irq_main, vf);
    for (unsigned i = 0; i < vf->num_gts; i++) {
        vf_program_start(vf, submit_names[i], vf_submit_main, &vf->gts[i]);
        if (vf_recovery_by_gt(vf)) {
            vf_program_start(vf, recovery_names[i], vf_recovery_main, &vf->gts[i]);
        }
    }
    if (!vf_recovery_by_gt(vf)) {
        vf_program_start(vf, "vf recovery", vf_recovery_device_main, vf);
    }
}

static int connect(struct vf_gt *gt)
{
    int ret = vf_memirq_register(gt);

    return ret ? ret : ct_enable(gt->ct);
}

/* Two rounds: a first connection, and, as the Linux driver comes to its full load, two resets
 * and a second one. */
static int load(struct vf_gt *gt)
{
    int ret = connect(gt);

    if (!ret) {
        ct_disable(gt->ct);
        ret = reset_and_handshake(gt, RESET_ATTEMPTS);
    }
    if (!ret) {
        ret = reset_and_handshake(gt, RESET_ATTEMPTS);
    }
    return ret ? ret : connect(gt);
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
        ret = ct_place(vf->gts[i].ct, vf->ggtt);
        if (!ret) {
            ret = load(&vf->gts[i]);
        }
    }
    return ret;
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

static void end_programs(struct vf *vf)
{
    uint64_t deadline = hal_now(vf->hal) + PROGRAMS_END_NS;

    vf->stop = true;
    hal_wake(vf->hal);
    while (vf->programs && hal_now(vf->hal) < deadline) {
        (void)hal_wait(vf->hal, deadline - hal_now(vf->hal));
    }
}

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
        if (vf_guc_reset(&vf->gts[i], RESET_ATTEMPTS)) {
            trace_peer_error(vf->hal, (int)i, 0, "VF_RESET failed at unbind", 0);
        }
    }
    for (unsigned i = 0; i < VF_MAX_QUEUES; i++) {
        if (vf->queues[i].state != VF_QUEUE_FREE) {
            vf_queue_free(&vf->queues[i]);
        }
    }
    for (unsigned i = 0; i < vf->num_gts; i++) {
        ct_unplace(vf->gts[i].ct);
    }
    release(vf, &vf->hwconfig);
    release(vf, &vf->results);
    release(vf, &vf->memirq);
    ggtt_destroy(vf->ggtt);
    vf->ggtt = NULL;
    vf->num_gts = 0;
}

/* ---- questions ------------------------------------------------------------------------------- */

uint32_t vf_gt_abi(const struct vf_gt *gt)
{
    uint32_t most = gt->vf->config.max_abi;

    return most && most < gt->found_abi ? most : gt->found_abi;
}

uint32_t vf_result(struct vf *vf, unsigned slot)
{
    if (!vf->results.node || slot >= VF_RESULT_SLOTS) {
        return 0;
    }
    return bo_read32(vf->hal, &vf->results, slot * sizeof(uint32_t));
}

void vf_recovery_hold(struct vf *vf, unsigned holds)
{
    vf->holds = holds; /* the workers look every few microseconds */
}

bool vf_recovery_pending(struct vf *vf)
{
    return vf_recovery_any_pending(vf);
}

unsigned vf_recovery_count(struct vf *vf, unsigned gt)
{
    return gt < vf->num_gts ? vf->gts[gt].recovery.ended : 0;
}

const char *vf_wedged(struct vf *vf)
{
    return vf->wedged;
}

uint32_t vf_abi(struct vf *vf, unsigned gt)
{
    return gt < vf->num_gts ? vf_gt_abi(&vf->gts[gt]) : 0;
}

unsigned vf_num_gts(struct vf *vf)
{
    return vf->num_gts;
}

uint64_t vf_ggtt_start(struct vf *vf)
{
    return vf->ggtt ? ggtt_start(vf->ggtt) : 0;
}
