/* SPDX-License-Identifier: MIT */
/* The PF's interrupt program: finds out by registers which GuC has something to say, takes its
 * G2H messages and hands events to the control machine, the monitor and the relay service.
 * Nothing here waits for the GuC. */
#include <errno.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "gpu_regs.h"
#include "host/pf/pf_private.h"
#include "sim/hal/trace.h"

#define IDENTITY_TIMEOUT_NS (100 * HAL_NS_PER_US)
#define IDENTITY_POLL_NS    HAL_NS_PER_US
/* A GuC that raises faster than we serve gets its next turn with its next MSI. */
#define ROUNDS_MAX               16u

#define CONTEXT_EVENT_LEN        2u
#define ENGINE_FAILURE_LEN       4u /* with the action: class, instance, reason */

#define OTHER_CLASS              4u
#define OTHER_GUC_INSTANCE       0u
#define OTHER_MEDIA_GUC_INSTANCE 16u

/* ---- registers ------------------------------------------------------------------------------- */

/* Who raised this bit of GT_INTR_DW(0), acknowledged; 0 when the register does not become valid. */
static uint32_t take_identity(struct hal *hal, uint32_t bit)
{
    const uint64_t deadline = hal_now(hal) + IDENTITY_TIMEOUT_NS;
    uint32_t identity;

    hal_write32(hal, IIR_REG_SELECTOR(0), bit);
    for (;;) {
        identity = hal_read32(hal, INTR_IDENTITY_REG(0));
        if (identity & INTR_DATA_VALID) {
            break;
        }
        if (hal_now(hal) >= deadline) {
            trace_peer_error(hal, HAL_GT_NONE, 0, "interrupt without identity", bit);
            return 0;
        }
        hal_delay(hal, IDENTITY_POLL_NS);
    }
    hal_write32(hal, INTR_IDENTITY_REG(0), identity);
    return identity;
}

static void serve_identity(struct pf *pf, uint32_t identity)
{
    uint32_t instance = FIELD_GET(INTR_ENGINE_INSTANCE_MASK, identity);
    uint32_t vector = FIELD_GET(INTR_ENGINE_INTR_MASK, identity);
    unsigned gt = instance == OTHER_MEDIA_GUC_INSTANCE ? 1 : 0;

    if (!identity) {
        return;
    }
    if (FIELD_GET(INTR_ENGINE_CLASS_MASK, identity) != OTHER_CLASS ||
        (instance != OTHER_GUC_INSTANCE && instance != OTHER_MEDIA_GUC_INSTANCE) ||
        gt >= pf->config.num_gts) {
        trace_peer_error(pf->hal, HAL_GT_NONE, 0, "interrupt of nobody", identity);
        return;
    }
    if (vector & GUC_INTR_GUC2HOST) {
        (void)ct_receive(pf->gts[gt].ct); /* a broken channel reports itself */
    }
}

/* The master is off meanwhile. Each cause is a level that its identity acknowledges; one that
 * comes back while we serve raises the next MSI when the master is on again. */
static void serve_interrupts(struct pf *pf)
{
    static const uint32_t guc_bits[] = {INTR_GUC, INTR_MGUC};
    struct hal *hal = pf->hal;
    uint32_t identities[ARRAY_SIZE(guc_bits)] = {0};
    uint32_t pending;

    hal_write32(hal, GFX_MSTR_IRQ, 0);
    pending = hal_read32(hal, GT_INTR_DW(0));
    for (unsigned n = 0; n < ARRAY_SIZE(guc_bits); n++) {
        if (pending & guc_bits[n]) {
            identities[n] = take_identity(hal, guc_bits[n]);
        }
    }
    hal_write32(hal, GT_INTR_DW(0), pending);
    /* The acknowledgements are posted: a message raised before they land would be acknowledged with
     * them, so the rings are read only when they have landed. */
    (void)hal_read32(hal, GT_INTR_DW(0));
    for (unsigned n = 0; n < ARRAY_SIZE(guc_bits); n++) {
        serve_identity(pf, identities[n]);
    }
    hal_write32(hal, GFX_MSTR_IRQ, MASTER_IRQ);
}

static void irq_program(void *arg)
{
    struct pf *pf = arg;

    for (;;) {
        if (!hal_irq_wait(pf->hal, HAL_FOREVER)) {
            continue;
        }
        serve_interrupts(pf);
        if (pf->client.interrupt) {
            pf->client.interrupt(pf->client.arg);
        }
    }
}

void pf_irq_start(struct pf *pf)
{
    struct hal *hal = pf->hal;

    hal_write32(hal, GUC_SG_INTR_MASK,
                ~(FIELD_PREP(ENGINE1_MASK, GUC_INTR_GUC2HOST) |
                  FIELD_PREP(ENGINE0_MASK, GUC_INTR_GUC2HOST)));
    hal_write32(hal, GUC_SG_INTR_ENABLE,
                FIELD_PREP(ENGINE1_MASK, GUC_INTR_GUC2HOST) |
                    FIELD_PREP(ENGINE0_MASK, GUC_INTR_GUC2HOST));
    hal_write32(hal, GFX_MSTR_IRQ, MASTER_IRQ);
    hal_write32(hal, DG1_MSTR_TILE_INTR, DG1_MSTR_IRQ);
    hal_spawn(hal, "pf irq", irq_program, pf);
}

/* ---- events of the GuC ----------------------------------------------------------------------- */

/* GUC2PF_VF_STATE_NOTIFY: errors as the real driver gives them. */
static int handle_vf_state(void *arg, const uint32_t *msg, uint32_t len)
{
    static const struct {
        uint32_t notify;
        enum pf_event event;
    } events[] = {
        {GUC_PF_NOTIFY_VF_FLR, PF_EVENT_FLR},
        {GUC_PF_NOTIFY_VF_FLR_DONE, PF_EVENT_FLR_DONE},
        {GUC_PF_NOTIFY_VF_PAUSE_DONE, PF_EVENT_PAUSE_DONE},
    };
    struct pf_gt *gt = arg;
    uint32_t vf;

    if (msg[0] & GUC2PF_VF_STATE_NOTIFY_EVENT_MSG_0_MBZ) {
        return -EPFNOSUPPORT;
    }
    if (len != GUC2PF_VF_STATE_NOTIFY_EVENT_MSG_LEN) {
        return -EPROTO;
    }
    vf = msg[1];
    if (vf > gt->pf->config.total_vfs) {
        return -EPROTO;
    }
    if (vf == 0) {
        return msg[2] == GUC_PF_NOTIFY_VF_ENABLE ? 0 : -ENOPKG;
    }
    if (msg[2] == GUC_PF_NOTIFY_VF_FIXUP_DONE || msg[2] == GUC_PF_NOTIFY_VF_FLR_DONE) {
        gt->control[vf].unfixed = false;
    }
    for (unsigned n = 0; n < ARRAY_SIZE(events); n++) {
        if (events[n].notify == msg[2]) {
            (void)pf_control_post(gt, vf, events[n].event);
            return 0;
        }
    }
    return msg[2] == GUC_PF_NOTIFY_VF_FIXUP_DONE ? 0 : -ENOPKG;
}

static int handle_adverse_event(void *arg, const uint32_t *msg, uint32_t len)
{
    static const uint16_t keys[PF_ADVERSE_COUNT] = {
        GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_KEY,         GUC_KLV_VF_CFG_THRESHOLD_ENGINE_RESET_KEY,
        GUC_KLV_VF_CFG_THRESHOLD_PAGE_FAULT_KEY,      GUC_KLV_VF_CFG_THRESHOLD_H2G_STORM_KEY,
        GUC_KLV_VF_CFG_THRESHOLD_IRQ_STORM_KEY,       GUC_KLV_VF_CFG_THRESHOLD_DOORBELL_STORM_KEY,
        GUC_KLV_VF_CFG_THRESHOLD_MULTI_LRC_COUNT_KEY,
    };
    struct pf_gt *gt = arg;

    if (len < GUC2PF_ADVERSE_EVENT_EVENT_MSG_LEN) {
        return -EPROTO;
    }
    if (msg[1] > gt->pf->config.total_vfs) {
        return -EINVAL;
    }
    for (unsigned n = 0; n < PF_ADVERSE_COUNT; n++) {
        if (keys[n] == msg[2]) {
            gt->pf->vfs[msg[1]].adverse[n]++;
            return 0;
        }
    }
    return -ENOTCONN;
}

/* The engine is lost: only a reset of the GT helps. */
static int handle_engine_failure(void *arg, const uint32_t *msg, uint32_t len)
{
    (void)msg;
    if (len != ENGINE_FAILURE_LEN) {
        return -EPROTO;
    }
    pf_reset_request(arg, "engine reset failed");
    return 0;
}

static int handle_tlb_done(void *arg, const uint32_t *msg, uint32_t len)
{
    struct pf_gt *gt = arg;

    if (len != 2) {
        return -EPROTO;
    }
    gt->tlb_seqno_done = msg[1];
    hal_wake(gt->pf->hal);
    return 0;
}

static int handle_relay(void *arg, const uint32_t *msg, uint32_t len)
{
    return pf_service_request(arg, msg, len);
}

/* Of a context that is not ours: the PF itself has none. */
static int handle_context(void *arg, const uint32_t *msg, uint32_t len)
{
    struct pf_gt *gt = arg;
    const struct pf_client *client = &gt->pf->client;

    if (len < CONTEXT_EVENT_LEN) {
        return -EPROTO;
    }
    return client->context_event ? client->context_event(client->arg, gt->id, msg, len) : -ENOENT;
}

const struct ct_handler pf_handlers[] = {
    {XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE, handle_context},
    {XE_GUC_ACTION_DEREGISTER_CONTEXT_DONE, handle_context},
    {XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION, handle_context},
    {XE_GUC_ACTION_NOTIFY_MEMORY_CAT_ERROR, handle_context},
    {GUC_ACTION_GUC2PF_VF_STATE_NOTIFY, handle_vf_state},
    {GUC_ACTION_GUC2PF_ADVERSE_EVENT, handle_adverse_event},
    {XE_GUC_ACTION_ENGINE_FAILURE_NOTIFICATION, handle_engine_failure},
    {XE_GUC_ACTION_TLB_INVALIDATION_DONE, handle_tlb_done},
    {XE_GUC_ACTION_GUC2PF_RELAY_FROM_VF, handle_relay},
    {0, NULL},
};
