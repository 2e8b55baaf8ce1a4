/* SPDX-License-Identifier: MIT */
/* Adverse events: what a VF does that costs others. Counted for each VF and kind over a sample
 * period; the PF is told when a threshold that it set is reached.
 *
 * Decisions of the model. Nothing is counted while the period or the threshold is 0. A threshold
 * is reached at its value, and told once in a period. Periods follow each other from the moment
 * the policy was set; time is only looked at when something is counted. Times are what this
 * processor spends: on messages of the VF's ring, on interrupts to the VF, on its doorbells and
 * mailbox. A page fault is an access of an engine that the chip refused. Counting begins anew with
 * an FLR, not with a reset that the VF can ask for itself. */
#include <string.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/guc_private.h"

/* Kinds stand in the order of the thresholds in struct guc_vf_config. */
static const struct {
    uint16_t key;
    uint16_t unit; /* of the threshold: events, or ns of a microsecond */
} kinds[GUC_ADVERSE_COUNT] = {
    [GUC_ADVERSE_CAT_ERR] = {GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_KEY, 1},
    [GUC_ADVERSE_ENGINE_RESET] = {GUC_KLV_VF_CFG_THRESHOLD_ENGINE_RESET_KEY, 1},
    [GUC_ADVERSE_PAGE_FAULT] = {GUC_KLV_VF_CFG_THRESHOLD_PAGE_FAULT_KEY, 1},
    [GUC_ADVERSE_H2G_STORM] = {GUC_KLV_VF_CFG_THRESHOLD_H2G_STORM_KEY, HAL_NS_PER_US},
    [GUC_ADVERSE_IRQ_STORM] = {GUC_KLV_VF_CFG_THRESHOLD_IRQ_STORM_KEY, HAL_NS_PER_US},
    [GUC_ADVERSE_DOORBELL_STORM] = {GUC_KLV_VF_CFG_THRESHOLD_DOORBELL_STORM_KEY, HAL_NS_PER_US},
    [GUC_ADVERSE_MULTI_LRC] = {GUC_KLV_VF_CFG_THRESHOLD_MULTI_LRC_COUNT_KEY, 1},
};

void guc_adverse_forget(struct guc *guc, unsigned fn)
{
    guc->functions[fn].adverse = (struct guc_adverse){.window_ns = hal_now(guc->hal)};
}

static void begin_window(struct guc *guc, struct guc_adverse *adverse)
{
    uint64_t period_ns = guc->policies.sample_period_ms * HAL_NS_PER_MS;
    uint64_t since_ns = hal_now(guc->hal) - adverse->window_ns;

    if (since_ns >= period_ns) {
        adverse->window_ns += since_ns - since_ns % period_ns;
        memset(adverse->seen, 0, sizeof(adverse->seen));
        adverse->told = 0;
    }
}

void guc_adverse_count(struct guc *guc, unsigned fn, enum guc_adverse_kind kind, uint64_t amount)
{
    struct guc_adverse *adverse = &guc->functions[fn].adverse;
    uint64_t threshold = (uint64_t)guc->functions[fn].config.thresholds[kind] * kinds[kind].unit;

    if (fn == GUC_PF || !guc->policies.sample_period_ms || !threshold) {
        return;
    }
    begin_window(guc, adverse);
    adverse->seen[kind] += amount;
    if (adverse->seen[kind] >= threshold && !(adverse->told & 1u << kind)) {
        adverse->told |= 1u << kind;
        adverse->owed |= 1u << kind;
    }
}

void guc_adverse_tell(struct guc *guc)
{
    for (unsigned vf = 1; vf <= guc->config.total_vfs; vf++) {
        uint32_t *owed = &guc->functions[vf].adverse.owed;

        while (*owed) {
            unsigned kind = FIELD_SHIFT(*owed); /* the lowest */
            uint32_t payload[] = {vf, kinds[kind].key};

            *owed &= ~(1u << kind);
            guc_ctb_event(guc, GUC_PF, GUC_ACTION_GUC2PF_ADVERSE_EVENT, payload,
                          ARRAY_SIZE(payload));
        }
    }
}
