/* SPDX-License-Identifier: MIT */
/* The PF driver's life: created before the machine runs, booted by pf_probe. Called by the
 * machine. */
#include "host/pf/pf.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_errors_abi.h"
#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/pf/pf_private.h"
#include "sim/hal/trace.h"

#define GUC_READY_TIMEOUT_NS (3 * HAL_NS_PER_S)
#define GUC_READY_POLL_NS    (100 * HAL_NS_PER_US)
/* 250 ms and twice the second that a full H2G ring takes, as the real driver counts it. */
#define TLB_TIMEOUT_NS     (2250 * HAL_NS_PER_MS)
#define TLB_REG_TIMEOUT_NS HAL_NS_PER_MS
#define TLB_REG_POLL_NS    HAL_NS_PER_US
#define TLB_G2H_LEN        3u

bool pf_vf_valid(const struct pf *pf, unsigned vf)
{
    return vf >= 1 && vf <= pf->config.total_vfs;
}

uint32_t pf_gt_reg(const struct pf_gt *gt, uint32_t offset)
{
    assert(offset < MEDIA_GT_GSI_LENGTH);
    return gt->id ? offset + MEDIA_GT_GSI_OFFSET : offset;
}

uint32_t pf_vf_mailbox(const struct pf_gt *gt, unsigned vf, unsigned n)
{
    return (gt->id ? MED_VF_SW_FLAG(n) : VF_SW_FLAG(n)) + vf * VF_VIEW_STRIDE;
}

/* ---- GGTT invalidation ----------------------------------------------------------------------- */

static void invalidate_by_register(struct pf_gt *gt)
{
    struct hal *hal = gt->pf->hal;
    const uint32_t reg = pf_gt_reg(gt, GUC_TLB_INV_CR);
    const uint64_t deadline = hal_now(hal) + TLB_REG_TIMEOUT_NS;

    hal_write32(hal, reg, GUC_TLB_INV_CR_INVALIDATE);
    while (hal_read32(hal, reg) & GUC_TLB_INV_CR_INVALIDATE) {
        if (hal_now(hal) >= deadline) {
            trace_peer_error(hal, (int)gt->id, 0, "GGTT TLB invalidation does not end", 0);
            return;
        }
        hal_delay(hal, TLB_REG_POLL_NS);
    }
}

/* Asks the GuC; returns 0 or -errno. */
static int guc_action_tlb_invalidation(struct pf_gt *gt, uint32_t seqno)
{
    const uint32_t request[] = {
        XE_GUC_ACTION_TLB_INVALIDATION,
        seqno,
        XE_GUC_TLB_INVAL_GUC << XE_GUC_TLB_INVAL_TYPE_SHIFT |
            XE_GUC_TLB_INVAL_MODE_HEAVY << XE_GUC_TLB_INVAL_MODE_SHIFT |
            XE_GUC_TLB_INVAL_FLUSH_CACHE,
    };

    return ct_send(gt->ct, request, ARRAY_SIZE(request), TLB_G2H_LEN, 1);
}

static int invalidate_by_guc(struct pf_gt *gt)
{
    struct hal *hal = gt->pf->hal;
    const uint64_t deadline = hal_now(hal) + TLB_TIMEOUT_NS;
    uint32_t seqno = ++gt->tlb_seqno;
    int err;

    if (!seqno) { /* the GuC refuses 0 */
        seqno = ++gt->tlb_seqno;
    }
    err = guc_action_tlb_invalidation(gt, seqno);
    if (err) {
        return err;
    }
    while ((int32_t)(gt->tlb_seqno_done - seqno) < 0) {
        uint64_t now = hal_now(hal);

        if (now >= deadline) {
            trace_peer_error(hal, (int)gt->id, 0, "no TLB_INVALIDATION_DONE", seqno);
            return -ETIME;
        }
        hal_wait(hal, deadline - now);
    }
    return 0;
}

/* The register works at any time; through the GuC the order with its own accesses is right too,
 * so it is taken as soon as there is a CT. */
void pf_invalidate_ggtt(struct pf *pf)
{
    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        struct pf_gt *gt = &pf->gts[n];

        if (ct_state(gt->ct) != CT_ENABLED || invalidate_by_guc(gt)) {
            invalidate_by_register(gt);
        }
    }
}

static void ggtt_written(void *arg)
{
    pf_invalidate_ggtt(arg);
}

/* ---- creation -------------------------------------------------------------------------------- */

static void ct_died(void *arg, const char *reason)
{
    struct pf_gt *gt = arg;

    trace_peer_error(gt->pf->hal, (int)gt->id, 0, reason, 0);
    pf_reset_request(gt, reason);
}

static int create_gt(struct pf *pf, unsigned id)
{
    static const char *const ct_probes[PF_MAX_GTS] = {"gt0.ct", "gt1.ct"};
    struct pf_gt *gt = &pf->gts[id];
    const struct ct_config config = {
        .hal = pf->hal,
        .ggtt = pf->ggtt,
        .mailbox = &gt->mailbox,
        .gt = id,
        .handlers = pf_handlers,
        .probe = ct_probes[id],
        .arg = gt,
        .died = ct_died,
    };

    gt->pf = pf;
    gt->id = id;
    mailbox_init(&gt->mailbox, pf->hal, id);
    gt->ct = ct_create(&config);
    if (!gt->ct) {
        return -ENOMEM;
    }
    pf_control_init(gt);
    return 0;
}

struct pf *pf_create(struct hal *hal, const struct pf_config *config)
{
    struct pf *pf;

    assert(config->num_gts >= 1 && config->num_gts <= PF_MAX_GTS);
    assert(config->total_vfs <= PF_MAX_VFS);
    pf = calloc(1, sizeof(*pf));
    if (!pf) {
        return NULL;
    }
    pf->hal = hal;
    pf->config = *config;
    pf->sharers = config->total_vfs;
    for (unsigned n = 0; n <= PF_MAX_VFS; n++) {
        pf->vfs[n].pf = pf;
        pf->vfs[n].id = n;
    }
    pf->ggtt = ggtt_create(hal, WOPCM_SIZE, PF_GGTT_SIZE);
    if (!pf->ggtt) {
        goto fail;
    }
    ggtt_set_invalidate(pf->ggtt, ggtt_written, pf);
    for (unsigned n = 0; n < config->num_gts; n++) {
        if (create_gt(pf, n)) {
            goto fail;
        }
    }
    return pf;

fail:
    pf_destroy(pf);
    return NULL;
}

void pf_destroy(struct pf *pf)
{
    if (!pf) {
        return;
    }
    for (unsigned n = 0; n < pf->config.num_gts && pf->gts[n].pf; n++) {
        for (unsigned vf = 0; vf <= PF_MAX_VFS; vf++) {
            pf_migration_drop(&pf->gts[n], vf);
        }
        ct_destroy(pf->gts[n].ct);
    }
    for (unsigned vf = 0; vf <= PF_MAX_VFS; vf++) {
        pf_packet_free(pf->vfs[vf].stream.packet);
    }
    ggtt_destroy(pf->ggtt);
    free(pf);
}

void pf_set_client(struct pf *pf, const struct pf_client *client)
{
    pf->client = *client;
}

struct ct *pf_ct(struct pf *pf, unsigned gt)
{
    assert(gt < pf->config.num_gts);
    return pf->gts[gt].ct;
}

struct ggtt *pf_ggtt(struct pf *pf)
{
    return pf->ggtt;
}

/* ---- boot ------------------------------------------------------------------------------------ */

int pf_wait_guc_ready(struct pf_gt *gt)
{
    struct hal *hal = gt->pf->hal;
    const uint64_t deadline = hal_now(hal) + GUC_READY_TIMEOUT_NS;
    const uint32_t reg = pf_gt_reg(gt, GUC_STATUS);

    while (FIELD_GET(GS_UKERNEL_MASK, hal_read32(hal, reg)) != XE_GUC_LOAD_STATUS_READY) {
        if (hal_now(hal) >= deadline) {
            return -ETIMEDOUT;
        }
        hal_delay(hal, GUC_READY_POLL_NS);
    }
    return 0;
}

static int probe_gt(struct pf_gt *gt)
{
    struct pf *pf = gt->pf;
    int err = ct_enable(gt->ct);

    if (err) {
        return err;
    }
    pf_service_start(gt);
    hal_spawn(pf->hal, gt->id ? "pf control 1" : "pf control 0", pf_control_worker, gt);
    err = bo_create(pf->hal, pf->ggtt, HAL_PAGE_SIZE, GGTT_PAT_NORMAL, &gt->klvs);
    if (err) {
        return err;
    }
    err = pf_config_push_self(gt);
    gt->probed = !err;
    return err;
}

int pf_probe(struct pf *pf)
{
    int err;

    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        err = pf_wait_guc_ready(&pf->gts[n]);
        if (err) {
            return err;
        }
    }
    pf_vram_start(pf);
    pf_irq_start(pf);
    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        err = probe_gt(&pf->gts[n]);
        if (err) {
            return err;
        }
    }
    return 0;
}
