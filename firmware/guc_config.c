/* SPDX-License-Identifier: MIT */
/* Provisioning: what the PF gives to each function (UPDATE_VF_CFG), how all share the GuC
 * (UPDATE_VGT_POLICY), and what a VF may ask about it (QUERY_SINGLE_KLV).
 *
 * Decisions of the model. A list is applied as a whole or, when one KLV is malformed or has a bad
 * value, not at all; a key that nobody knows is left out of the count. What a VF's driver has
 * built on (GGTT, contexts, doorbells, local memory) may change only while nothing is set up, else
 * 0x30F; quantum, priority and thresholds at any time. The first policy, or the PF's own
 * configuration, brings the GuC into VGT mode; commands about VFs before it get 0x300. Keys that a
 * VF may not or cannot query are answered with length 0. */
#include <stddef.h>
#include <string.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/guc_private.h"
#include "sim/hal/trace.h"

#define GGTT_ALIGN    4096u
#define LMEM_ALIGN    (2u << 20)
#define NO_MAX        UINT32_MAX
#define MAX_DOORBELLS 256u /* the PF's own */
#define ABI_GMD_ID    GUC_ABI_VERSION(1, 2, 0)
#define ABI_GROUPS    GUC_ABI_VERSION(1, 26, 0)

/* ---- keys of a configuration ----------------------------------------------------------------- */

enum klv_rule {
    KLV_HARD = 1,  /* only while nothing is set up */
    KLV_QUERY = 2, /* the VF may ask for it */
    KLV_CLAMP = 4, /* too large becomes the maximum, instead of an error */
};

struct config_klv {
    uint16_t key;
    uint8_t min_len, max_len;
    uint8_t rules;
    uint16_t field; /* offset in struct guc_vf_config, of as many dwords as max_len */
    uint32_t align; /* 1 or a power of two */
    uint32_t max;   /* of a value of one dword */
};

#define FIELD(name)    ((uint16_t)offsetof(struct guc_vf_config, name))
#define THRESHOLD(key) ((uint16_t)(FIELD(thresholds) + 4 * (key)))

static const struct config_klv config_klvs[] = {
    {GUC_KLV_VF_CFG_GGTT_START_KEY, 2, 2, KLV_HARD | KLV_QUERY, FIELD(ggtt_start), GGTT_ALIGN,
     NO_MAX},
    {GUC_KLV_VF_CFG_GGTT_SIZE_KEY, 2, 2, KLV_HARD | KLV_QUERY, FIELD(ggtt_size), GGTT_ALIGN,
     NO_MAX},
    {GUC_KLV_VF_CFG_LMEM_SIZE_KEY, 2, 2, KLV_HARD | KLV_QUERY, FIELD(lmem_size), LMEM_ALIGN,
     NO_MAX},
    {GUC_KLV_VF_CFG_NUM_CONTEXTS_KEY, 1, 1, KLV_HARD | KLV_QUERY, FIELD(num_contexts), 1, 65535},
    {GUC_KLV_VF_CFG_TILE_MASK_KEY, 1, 1, KLV_HARD | KLV_QUERY, FIELD(tile_mask), 1, NO_MAX},
    {GUC_KLV_VF_CFG_NUM_DOORBELLS_KEY, 1, 1, KLV_HARD | KLV_QUERY, FIELD(num_doorbells), 1,
     MAX_DOORBELLS},
    {GUC_KLV_VF_CFG_EXEC_QUANTUM_KEY, 1, 1, KLV_CLAMP, FIELD(exec_quantum_ms), 1,
     GUC_KLV_VF_CFG_EXEC_QUANTUM_MAX_VALUE},
    {GUC_KLV_VF_CFG_PREEMPT_TIMEOUT_KEY, 1, 1, KLV_CLAMP, FIELD(preempt_timeout_us), 1,
     GUC_KLV_VF_CFG_PREEMPT_TIMEOUT_MAX_VALUE},
    {GUC_KLV_VF_CFG_THRESHOLD_CAT_ERR_KEY, 1, 1, 0, THRESHOLD(0), 1, NO_MAX},
    {GUC_KLV_VF_CFG_THRESHOLD_ENGINE_RESET_KEY, 1, 1, 0, THRESHOLD(1), 1, NO_MAX},
    {GUC_KLV_VF_CFG_THRESHOLD_PAGE_FAULT_KEY, 1, 1, 0, THRESHOLD(2), 1, NO_MAX},
    {GUC_KLV_VF_CFG_THRESHOLD_H2G_STORM_KEY, 1, 1, 0, THRESHOLD(3), 1, NO_MAX},
    {GUC_KLV_VF_CFG_THRESHOLD_IRQ_STORM_KEY, 1, 1, 0, THRESHOLD(4), 1, NO_MAX},
    {GUC_KLV_VF_CFG_THRESHOLD_DOORBELL_STORM_KEY, 1, 1, 0, THRESHOLD(5), 1, NO_MAX},
    {GUC_KLV_VF_CFG_BEGIN_DOORBELL_ID_KEY, 1, 1, KLV_HARD, FIELD(begin_doorbell), 1, 255},
    {GUC_KLV_VF_CFG_BEGIN_CONTEXT_ID_KEY, 1, 1, KLV_HARD, FIELD(begin_context), 1, 65535},
    {GUC_KLV_VF_CFG_SCHED_PRIORITY_KEY, 1, 1, 0, FIELD(sched_priority), 1, GUC_SCHED_PRIORITY_HIGH},
    {GUC_KLV_VF_CFG_THRESHOLD_MULTI_LRC_COUNT_KEY, 1, 1, 0, THRESHOLD(6), 1, NO_MAX},
    {GUC_KLV_VF_CFG_ENGINE_GROUP_EXEC_QUANTUM_KEY, 1, GUC_MAX_GROUPS, 0, FIELD(group_quantum), 1,
     NO_MAX},
    {GUC_KLV_VF_CFG_ENGINE_GROUP_PREEMPT_TIMEOUT_KEY, 1, GUC_MAX_GROUPS, 0, FIELD(group_timeout), 1,
     NO_MAX},
};

static const struct config_klv *find_config_klv(uint32_t key)
{
    for (unsigned i = 0; i < ARRAY_SIZE(config_klvs); i++) {
        if (config_klvs[i].key == key) {
            return &config_klvs[i];
        }
    }
    return NULL;
}

static uint32_t given_bit(const struct config_klv *klv)
{
    return 1u << (klv - config_klvs);
}

struct config_update {
    struct guc_vf_config config;
    bool hard; /* something that a driver builds on would change */
};

static int set_config(void *arg, uint32_t key, const uint32_t *value, uint32_t len)
{
    struct config_update *update = arg;
    const struct config_klv *klv = find_config_klv(key);
    uint32_t words[GUC_MAX_GROUPS] = {0};
    uint8_t *field;

    if (!klv) {
        return 0;
    }
    if (len < klv->min_len || len > klv->max_len) {
        return -(int)XE_GUC_RESPONSE_MALFORMED_KLV;
    }
    memcpy(words, value, len * sizeof(*value));
    if (klv->max_len == 1 && words[0] > klv->max && (klv->rules & KLV_CLAMP)) {
        words[0] = klv->max;
    }
    if ((klv->max_len == 1 && words[0] > klv->max) || !IS_ALIGNED(words[0], klv->align)) {
        return -(int)XE_GUC_RESPONSE_INVALID_KLV_DATA;
    }
    field = (uint8_t *)&update->config + klv->field;
    if ((klv->rules & KLV_HARD) && memcmp(field, words, klv->max_len * sizeof(*value)) != 0) {
        update->hard = true;
    }
    memcpy(field, words, klv->max_len * sizeof(*value));
    update->config.given |= given_bit(klv);
    return 1;
}

/* The range has to lie where the GuC can see it; a size of zero takes it away. */
static bool range_is_sane(const struct guc_vf_config *config)
{
    return !config->ggtt_size ||
           (config->ggtt_start >= GUC_GGTT_BOTTOM && config->ggtt_start < GUC_GGTT_TOP_ADDR &&
            config->ggtt_size <= GUC_GGTT_TOP_ADDR - config->ggtt_start);
}

static bool nothing_set_up(const struct guc *guc, unsigned fn)
{
    enum guc_vf_state state = guc->functions[fn].state;

    return fn == GUC_PF || state == GUC_VF_UNPROVISIONED || state == GUC_VF_READY ||
           state == GUC_VF_READY_PAUSED || state == GUC_VF_STOPPED ||
           state == GUC_VF_FLR_WAIT_FINISH;
}

static uint32_t reset_config(struct guc *guc, unsigned fn)
{
    guc->functions[fn].config = (struct guc_vf_config){0};
    return fn == GUC_PF ? 0 : guc_vf_fire(guc, fn, GUC_VF_EVENT_UNPROVISION);
}

uint32_t guc_action_update_vf_cfg(struct guc *guc, struct guc_request *request)
{
    uint32_t fn = request->hxg[1];
    uint64_t addr = make_64(request->hxg[2], request->hxg[3]);
    uint32_t len = request->hxg[4];
    struct config_update update = {0};
    int count;

    if (fn > guc->config.total_vfs) {
        return XE_GUC_RESPONSE_INVALID_VFID;
    }
    if (fn != GUC_PF && !guc->vgt) {
        return XE_GUC_RESPONSE_VGT_DISABLED;
    }
    if (!addr && !len) {
        return reset_config(guc, fn);
    }
    update.config = guc->functions[fn].config;
    count = guc_klv_parse_buffer(guc, request->fn, addr, len, set_config, &update);
    if (count < 0) {
        return (uint32_t)-count;
    }
    if (!range_is_sane(&update.config)) {
        return XE_GUC_RESPONSE_INVALID_KLV_DATA;
    }
    if (update.hard && !nothing_set_up(guc, fn)) {
        return XE_GUC_RESPONSE_INVALID_CONFIG_STATE;
    }
    guc->vgt = true;
    guc->functions[fn].config = update.config;
    request->data0 = (uint32_t)count;
    if (fn != GUC_PF && guc_vf_allows(guc, fn, GUC_VF_EVENT_PROVISION)) {
        return guc_vf_fire(guc, fn, GUC_VF_EVENT_PROVISION);
    }
    return 0;
}

/* ---- policies -------------------------------------------------------------------------------- */

/* Which engines form a group; a list of length 0 turns groups off. */
static int set_groups(struct guc_policies *policies, const uint32_t *value, uint32_t len)
{
    if (len % GUC_GROUP_CLASSES || len > sizeof(policies->groups) / sizeof(*value)) {
        return -(int)XE_GUC_RESPONSE_MALFORMED_KLV;
    }
    memset(policies->groups, 0, sizeof(policies->groups));
    memcpy(policies->groups, value, len * sizeof(*value));
    policies->num_groups = len / GUC_GROUP_CLASSES;
    return 1;
}

static int set_policy(void *arg, uint32_t key, const uint32_t *value, uint32_t len)
{
    struct guc_policies *policies = arg;
    uint32_t *field;

    switch (key) {
    case GUC_KLV_VGT_POLICY_ENGINE_GROUP_CONFIG_KEY:
        return set_groups(policies, value, len);
    case GUC_KLV_VGT_POLICY_SCHED_IF_IDLE_KEY:
        field = &policies->sched_if_idle;
        break;
    case GUC_KLV_VGT_POLICY_ADVERSE_SAMPLE_PERIOD_KEY:
        field = &policies->sample_period_ms;
        break;
    case GUC_KLV_VGT_POLICY_RESET_AFTER_VF_SWITCH_KEY:
        field = &policies->reset_after_switch;
        break;
    default:
        return 0;
    }
    if (len != 1) {
        return -(int)XE_GUC_RESPONSE_MALFORMED_KLV;
    }
    *field = *value;
    return 1;
}

uint32_t guc_action_update_policy(struct guc *guc, struct guc_request *request)
{
    uint64_t addr = make_64(request->hxg[1], request->hxg[2]);
    struct guc_policies policies = guc->policies;
    uint32_t priority;
    int count =
        guc_klv_parse_buffer(guc, request->fn, addr, request->hxg[3], set_policy, &policies);

    if (count < 0) {
        return (uint32_t)-count;
    }
    /* As in the public firmware, this policy is one of priorities: all low, or all normal. */
    priority = policies.sched_if_idle ? GUC_SCHED_PRIORITY_NORMAL : GUC_SCHED_PRIORITY_LOW;
    for (unsigned fn = 0; fn < GUC_FUNCTIONS; fn++) {
        if (policies.sched_if_idle != guc->policies.sched_if_idle) {
            guc->functions[fn].config.sched_priority = priority;
        }
        if (policies.sample_period_ms != guc->policies.sample_period_ms) {
            guc_adverse_forget(guc, fn);
        }
    }
    guc->policies = policies;
    guc->vgt = true;
    request->data0 = (uint32_t)count;
    return 0;
}

/* ---- queries --------------------------------------------------------------------------------- */

static void answer_klv(struct guc_request *request, const void *value, uint32_t len)
{
    memcpy(request->payload, value, len * sizeof(uint32_t));
    request->payload_len = len;
    request->data0 = len;
}

uint32_t guc_action_query_klv(struct guc *guc, struct guc_request *request)
{
    const struct guc_vf_config *config = &guc->functions[request->fn].config;
    uint32_t key = FIELD_GET(VF2GUC_QUERY_SINGLE_KLV_REQUEST_MSG_1_KEY, request->hxg[1]);
    const struct config_klv *klv = find_config_klv(key);
    uint32_t groups = guc->policies.num_groups != 0;

    if (FIELD_GET(VF2GUC_QUERY_SINGLE_KLV_REQUEST_MSG_1_MBZ, request->hxg[1])) {
        return XE_GUC_RESPONSE_INVALID_PARAMS;
    }
    if (key == GUC_KLV_GLOBAL_CFG_GMD_ID_KEY && guc->config.abi_version >= ABI_GMD_ID) {
        answer_klv(request, &guc->config.gmd_id, GUC_KLV_GLOBAL_CFG_GMD_ID_LEN);
    } else if (key == GUC_KLV_GLOBAL_CFG_GROUP_SCHEDULING_AVAILABLE_KEY &&
               guc->config.abi_version >= ABI_GROUPS) {
        answer_klv(request, &groups, GUC_KLV_GLOBAL_CFG_GROUP_SCHEDULING_AVAILABLE_LEN);
    } else if (klv && (klv->rules & KLV_QUERY) && (config->given & given_bit(klv))) {
        answer_klv(request, (const uint8_t *)config + klv->field, klv->max_len);
    }
    return 0;
}
