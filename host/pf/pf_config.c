/* SPDX-License-Identifier: MIT */
/* Tells a GuC what a function has: lists of KLVs in memory, sent by UPDATE_VF_CFG. Called by the
 * boot and by provisioning; knows nothing of who gets what. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/pf/pf_private.h"
#include "sim/hal/trace.h"

#define KLVS_MAX_LEN    256u

#define SELF_CONTEXTS   65535u
#define SELF_DOORBELLS  256u

#define LOCK_TIMEOUT_NS (5 * HAL_NS_PER_S)

/* A list under construction: dwords and how many KLVs they are. */
struct klvs {
    uint32_t dw[KLVS_MAX_LEN];
    uint32_t len;
    uint32_t count;
};

static void add_klv(struct klvs *klvs, uint32_t key, uint32_t len, uint64_t value)
{
    assert(len <= 2 && klvs->len + 1 + len <= KLVS_MAX_LEN);
    klvs->dw[klvs->len++] = FIELD_PREP(GUC_KLV_0_KEY, key) | FIELD_PREP(GUC_KLV_0_LEN, len);
    klvs->dw[klvs->len++] = lower_32(value);
    if (len == 2) {
        klvs->dw[klvs->len++] = upper_32(value);
    }
    klvs->count++;
}

#define ADD_KLV(klvs, name, value)                                                                 \
    add_klv(klvs, GUC_KLV_VF_CFG_##name##_KEY, GUC_KLV_VF_CFG_##name##_LEN, value)

static void add_ggtt(struct klvs *klvs, const struct pf_range *range)
{
    ADD_KLV(klvs, GGTT_START, range->start);
    ADD_KLV(klvs, GGTT_SIZE, range->size);
}

static void add_words(struct klvs *klvs, uint32_t key, const uint32_t *words, uint32_t len)
{
    assert(klvs->len + 1 + len <= KLVS_MAX_LEN);
    klvs->dw[klvs->len++] = FIELD_PREP(GUC_KLV_0_KEY, key) | FIELD_PREP(GUC_KLV_0_LEN, len);
    memcpy(klvs->dw + klvs->len, words, len * sizeof(*words));
    klvs->len += len;
    klvs->count++;
}

/* ---- message --------------------------------------------------------------------------------- */

/* Returns how many KLVs the GuC took, or -errno. len 0: forget this function's configuration. */
static int guc_action_update_vf_cfg(struct pf_gt *gt, unsigned vf, uint64_t addr, uint32_t len)
{
    const uint32_t request[PF2GUC_UPDATE_VF_CFG_REQUEST_MSG_LEN] = {
        GUC_ACTION_PF2GUC_UPDATE_VF_CFG, vf, lower_32(addr), upper_32(addr), len,
    };

    return ct_send_recv(gt->ct, request, ARRAY_SIZE(request), NULL, 0, NULL);
}

static int guc_action_update_vgt_policy(struct pf_gt *gt, uint64_t addr, uint32_t len)
{
    const uint32_t request[PF2GUC_UPDATE_VGT_POLICY_REQUEST_MSG_LEN] = {
        GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY,
        lower_32(addr),
        upper_32(addr),
        len,
    };

    return ct_send_recv(gt->ct, request, ARRAY_SIZE(request), NULL, 0, NULL);
}

static int lock_buffer(struct pf_gt *gt)
{
    struct hal *hal = gt->pf->hal;
    const uint64_t deadline = hal_now(hal) + LOCK_TIMEOUT_NS;

    while (gt->klvs_busy) {
        uint64_t now = hal_now(hal);

        if (now >= deadline) {
            return -EBUSY;
        }
        hal_wait(hal, deadline - now);
    }
    gt->klvs_busy = true;
    return 0;
}

static void unlock_buffer(struct pf_gt *gt)
{
    gt->klvs_busy = false;
    hal_wake(gt->pf->hal);
}

/* A GuC that does not know a key counts it out; one that counts more than was sent is not ours. */
static int check_count(struct pf_gt *gt, unsigned vf, int count, uint32_t sent)
{
    if (count >= 0 && (uint32_t)count != sent) {
        trace_peer_error(gt->pf->hal, (int)gt->id, vf, "UPDATE_VF_CFG count", (uint64_t)count);
        return (uint32_t)count < sent ? -ENOKEY : -EPROTO;
    }
    return count < 0 ? count : 0;
}

static int send_klvs(struct pf_gt *gt, unsigned vf, const struct klvs *klvs)
{
    int ret = lock_buffer(gt);

    if (ret) {
        return ret;
    }
    bo_write(gt->pf->hal, &gt->klvs, 0, klvs->dw, klvs->len * sizeof(*klvs->dw));
    ret = guc_action_update_vf_cfg(gt, vf, bo_addr(&gt->klvs, 0), klvs->len);
    unlock_buffer(gt);
    return check_count(gt, vf, ret, klvs->count);
}

static int send_policies(struct pf_gt *gt, const struct klvs *klvs)
{
    int ret = lock_buffer(gt);

    if (ret) {
        return ret;
    }
    bo_write(gt->pf->hal, &gt->klvs, 0, klvs->dw, klvs->len * sizeof(*klvs->dw));
    ret = guc_action_update_vgt_policy(gt, bo_addr(&gt->klvs, 0), klvs->len);
    unlock_buffer(gt);
    return check_count(gt, 0, ret, klvs->count);
}

/* ---- what is sent ---------------------------------------------------------------------------- */

static const uint16_t threshold_keys[PF_ADVERSE_COUNT] = {
    GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_KEY,         GUC_KLV_VF_CFG_THRESHOLD_ENGINE_RESET_KEY,
    GUC_KLV_VF_CFG_THRESHOLD_PAGE_FAULT_KEY,      GUC_KLV_VF_CFG_THRESHOLD_H2G_STORM_KEY,
    GUC_KLV_VF_CFG_THRESHOLD_IRQ_STORM_KEY,       GUC_KLV_VF_CFG_THRESHOLD_DOORBELL_STORM_KEY,
    GUC_KLV_VF_CFG_THRESHOLD_MULTI_LRC_COUNT_KEY,
};

static void add_scheduling(const struct pf *pf, struct klvs *klvs, const struct pf_tuning *tuning)
{
    if (!pf->policies.num_groups) {
        ADD_KLV(klvs, EXEC_QUANTUM, tuning->exec_quantum_ms);
        ADD_KLV(klvs, PREEMPT_TIMEOUT, tuning->preempt_timeout_us);
        return;
    }
    add_words(klvs, GUC_KLV_VF_CFG_ENGINE_GROUP_EXEC_QUANTUM_KEY, tuning->group_quantum_ms,
              pf->policies.num_groups);
    add_words(klvs, GUC_KLV_VF_CFG_ENGINE_GROUP_PREEMPT_TIMEOUT_KEY, tuning->group_timeout_us,
              pf->policies.num_groups);
}

/* all: also those that are 0, which a configuration that was reset has anyway. */
static void add_watching(struct klvs *klvs, const struct pf_tuning *tuning, bool all)
{
    if (all || tuning->sched_priority) {
        ADD_KLV(klvs, SCHED_PRIORITY, tuning->sched_priority);
    }
    for (unsigned n = 0; n < PF_ADVERSE_COUNT; n++) {
        if (all || tuning->thresholds[n]) {
            add_klv(klvs, threshold_keys[n], 1, tuning->thresholds[n]);
        }
    }
}

int pf_config_push_tuning(struct pf_gt *gt, unsigned vf)
{
    const struct pf_tuning *tuning = &gt->pf->vfs[vf].tuning;
    struct klvs klvs = {.len = 0};

    add_scheduling(gt->pf, &klvs, tuning);
    add_watching(&klvs, tuning, true);
    return send_klvs(gt, vf, &klvs);
}

int pf_config_push_policies(struct pf_gt *gt)
{
    const struct pf_policies *policies = &gt->pf->policies;
    struct klvs klvs = {.len = 0};

    add_klv(&klvs, GUC_KLV_VGT_POLICY_SCHED_IF_IDLE_KEY, 1, policies->sched_if_idle);
    add_klv(&klvs, GUC_KLV_VGT_POLICY_ADVERSE_SAMPLE_PERIOD_KEY, 1, policies->sample_period_ms);
    add_klv(&klvs, GUC_KLV_VGT_POLICY_RESET_AFTER_VF_SWITCH_KEY, 1,
            policies->reset_after_vf_switch);
    add_words(&klvs, GUC_KLV_VGT_POLICY_ENGINE_GROUP_CONFIG_KEY, policies->groups[0],
              policies->num_groups * PF_GROUP_CLASSES);
    return send_policies(gt, &klvs);
}

/* The first configuration of all, which turns the GuC to VGT mode. The GGTT region is a
 * formality: the PF may use all that no VF has. */
int pf_config_push_self(struct pf_gt *gt)
{
    const struct pf_range usable = {WOPCM_SIZE, GUC_GGTT_TOP - WOPCM_SIZE};
    struct klvs klvs = {.len = 0};

    add_ggtt(&klvs, &usable);
    ADD_KLV(&klvs, BEGIN_CONTEXT_ID, 0);
    ADD_KLV(&klvs, NUM_CONTEXTS, SELF_CONTEXTS);
    ADD_KLV(&klvs, BEGIN_DOORBELL_ID, 0);
    ADD_KLV(&klvs, NUM_DOORBELLS, SELF_DOORBELLS);
    return send_klvs(gt, 0, &klvs);
}

/* The media GuC gets the range of the tile's GGTT at the end, as the real driver sends it. */
int pf_config_push(struct pf_gt *gt, const struct pf_vf *vf)
{
    struct klvs klvs = {.len = 0};

    if (gt->id == 0) {
        add_ggtt(&klvs, &vf->has[PF_GGTT]);
    }
    ADD_KLV(&klvs, BEGIN_CONTEXT_ID, vf->has[PF_CONTEXTS].start);
    ADD_KLV(&klvs, NUM_CONTEXTS, vf->has[PF_CONTEXTS].size);
    ADD_KLV(&klvs, BEGIN_DOORBELL_ID, vf->has[PF_DOORBELLS].start);
    ADD_KLV(&klvs, NUM_DOORBELLS, vf->has[PF_DOORBELLS].size);
    if (gt->id == 0 && vf->has[PF_LMEM].size) {
        ADD_KLV(&klvs, LMEM_SIZE, vf->has[PF_LMEM].size);
    }
    add_scheduling(gt->pf, &klvs, &vf->tuning);
    add_watching(&klvs, &vf->tuning, false);
    if (gt->id != 0) {
        add_ggtt(&klvs, &vf->has[PF_GGTT]);
    }
    return send_klvs(gt, vf->id, &klvs);
}

int pf_config_push_no_ggtt(struct pf_gt *gt, unsigned vf)
{
    const struct pf_range nothing = {0, 0};
    struct klvs klvs = {.len = 0};

    add_ggtt(&klvs, &nothing);
    return send_klvs(gt, vf, &klvs);
}

int pf_config_reset(struct pf_gt *gt, unsigned vf)
{
    return check_count(gt, vf, guc_action_update_vf_cfg(gt, vf, 0, 0), 0);
}
