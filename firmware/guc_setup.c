/* SPDX-License-Identifier: MIT */
/* What a driver, PF's or VF's, does before it works: version, rings and interrupt pages, hardware
 * table, opt-ins, reset; and TLB invalidation, which any of them may need at any time.
 *
 * Decisions of the model. SELF_CFG of ring keys only notes them; CONTROL_CTB makes them count, so
 * rings can be registered again at any time and start from position zero. Memory interrupt
 * addresses count at once, when both are known. VF_RESET does not mark the old rings DISABLED,
 * since their memory may already be another's. */
#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "firmware/guc_private.h"
#include "sim/hal/trace.h"

#define MEMIRQ_VECTOR_BYTES 16u
#define TLB_POLLS           1000u
#define TLB_POLL_CYCLES     4u
#define TLB_TYPE            0xffu /* of the operation dword */
#define ABI_OPT_IN          GUC_ABI_VERSION(1, 7, 0)
#define ABI_SCHEDULING      GUC_ABI_VERSION(1, 1, 0)

/* ---- version and reset ----------------------------------------------------------------------- */

uint32_t guc_action_match_version(struct guc *guc, struct guc_request *request)
{
    uint32_t wanted = request->hxg[1];
    uint32_t abi = guc->config.abi_version;
    uint32_t major = FIELD_GET(VF2GUC_MATCH_VERSION_REQUEST_MSG_1_MAJOR, wanted);

    if (FIELD_GET(VF2GUC_MATCH_VERSION_REQUEST_MSG_1_MBZ, wanted)) {
        return XE_GUC_RESPONSE_INVALID_PARAMS;
    }
    if (FIELD_GET(VF2GUC_MATCH_VERSION_REQUEST_MSG_1_BRANCH, wanted) != GUC_VERSION_BRANCH_ANY ||
        (major != GUC_VERSION_MAJOR_ANY && major != abi >> 16)) {
        return XE_GUC_RESPONSE_UNSUPPORTED_VERSION;
    }
    /* The answer is what is implemented, not what was asked for; too old is the driver's verdict.
     * A driver that is recovering keeps to the flow of the version that it matched before it
     * moved. */
    if (guc->functions[request->fn].state != GUC_VF_RESFIX_BLOCKED) {
        guc->functions[request->fn].abi = abi;
    }
    request->payload[0] = FIELD_PREP(VF2GUC_MATCH_VERSION_RESPONSE_MSG_1_MAJOR, abi >> 16) |
                          (abi & (VF2GUC_MATCH_VERSION_RESPONSE_MSG_1_MINOR |
                                  VF2GUC_MATCH_VERSION_RESPONSE_MSG_1_PATCH));
    request->payload_len = VF2GUC_MATCH_VERSION_RESPONSE_MSG_LEN - 1;
    return 0;
}

uint32_t guc_action_vf_reset(struct guc *guc, struct guc_request *request)
{
    if (request->fn == GUC_PF) {
        guc_fn_drop(guc, GUC_PF); /* CLIENT_SOFT_RESET: the same code from the PF */
        return 0;
    }
    return guc_vf_fire(guc, request->fn, GUC_VF_EVENT_VF_RESET);
}

/* ---- self config ----------------------------------------------------------------------------- */

struct self_key {
    uint8_t len;
    uint32_t bytes; /* owned from the address on, and its alignment; 0: no address but a size */
};

/* By key, from MEMIRQ_STATUS_ADDR. Ring buffers are checked with their size when they are
 * enabled. */
static const struct self_key self_keys[GUC_SELF_KEYS] = {
    {GUC_KLV_SELF_CFG_MEMIRQ_STATUS_ADDR_LEN, MEMIRQ_VECTOR_BYTES},
    {GUC_KLV_SELF_CFG_MEMIRQ_SOURCE_ADDR_LEN, 1},
    {GUC_KLV_SELF_CFG_H2G_CTB_ADDR_LEN, GUC_PAGE_SIZE},
    {GUC_KLV_SELF_CFG_H2G_CTB_DESCRIPTOR_ADDR_LEN, 4},
    {GUC_KLV_SELF_CFG_H2G_CTB_SIZE_LEN, 0},
    {GUC_KLV_SELF_CFG_G2H_CTB_ADDR_LEN, GUC_PAGE_SIZE},
    {GUC_KLV_SELF_CFG_G2H_CTB_DESCRIPTOR_ADDR_LEN, 4},
    {GUC_KLV_SELF_CFG_G2H_CTB_SIZE_LEN, 0},
};

uint32_t guc_self_check(const struct guc *guc, unsigned fn, unsigned index, uint64_t value)
{
    uint32_t bytes = self_keys[index].bytes;

    if (!bytes) {
        return value && value <= UINT32_MAX && IS_ALIGNED(value, GUC_PAGE_SIZE)
                   ? 0
                   : XE_GUC_RESPONSE_INVALID_SIZE;
    }
    return guc_fn_owns(guc, fn, value, bytes) && IS_ALIGNED(value, bytes)
               ? 0
               : XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS;
}

uint32_t guc_action_self_cfg(struct guc *guc, struct guc_request *request)
{
    uint32_t key = FIELD_GET(HOST2GUC_SELF_CFG_REQUEST_MSG_1_KLV_KEY, request->hxg[1]);
    uint32_t len = FIELD_GET(HOST2GUC_SELF_CFG_REQUEST_MSG_1_KLV_LEN, request->hxg[1]);
    uint32_t index = key - GUC_KLV_SELF_CFG_MEMIRQ_STATUS_ADDR_KEY;
    uint64_t value = make_64(request->hxg[2], len == 2 ? request->hxg[3] : 0);
    uint32_t error;

    if (key < GUC_KLV_SELF_CFG_MEMIRQ_STATUS_ADDR_KEY || index >= GUC_SELF_KEYS) {
        return 0; /* none parsed: the driver reads it as an unknown key */
    }
    if (len != self_keys[index].len) {
        return XE_GUC_RESPONSE_MALFORMED_KLV;
    }
    error = guc_self_check(guc, request->fn, index, value);
    if (error) {
        return error;
    }
    guc->functions[request->fn].self[index] = value;
    request->data0 = 1;
    return 0;
}

uint32_t guc_action_control_ctb(struct guc *guc, struct guc_request *request)
{
    uint32_t control = request->hxg[1];
    uint32_t error;

    if (control == GUC_CTB_CONTROL_DISABLE) {
        guc_ctb_disable(guc, request->fn, true);
        return 0;
    }
    if (control != GUC_CTB_CONTROL_ENABLE) {
        return XE_GUC_RESPONSE_INVALID_PARAMS;
    }
    if (request->fn != GUC_PF && !guc_vf_allows(guc, request->fn, GUC_VF_EVENT_ACTIVITY)) {
        return XE_GUC_RESPONSE_INVALID_STATE;
    }
    /* A VF mapped its rings, and all else so far, without a channel to ask for this by. */
    if (request->fn != GUC_PF) {
        guc_tlb_invalidate(guc);
    }
    error = guc_ctb_enable(guc, request->fn);
    if (error || request->fn == GUC_PF) {
        return error;
    }
    return guc_vf_fire(guc, request->fn, GUC_VF_EVENT_ACTIVITY);
}

/* ---- hardware table -------------------------------------------------------------------------- */

/* Attribute, length, value. Numbers of attributes are public; drivers ask for slices and
 * subslices. */
static const uint32_t hwconfig[] = {
    1,  1, 1, /* slices */
    2,  1, 4, /* dual subslices */
    3,  1, 8, /* execution units of each */
    70, 1, 4, /* subslices */
};

uint32_t guc_action_get_hwconfig(struct guc *guc, struct guc_request *request)
{
    uint64_t addr = make_64(request->hxg[1], request->hxg[2]);
    uint32_t size = request->hxg[3];

    request->data0 = sizeof(hwconfig);
    if (!addr && !size) {
        return 0;
    }
    if (size < sizeof(hwconfig)) {
        return XE_GUC_RESPONSE_INVALID_SIZE;
    }
    if (!IS_ALIGNED(addr, sizeof(uint32_t)) ||
        !guc_fn_owns(guc, request->fn, addr, sizeof(hwconfig)) ||
        guc_dma_write(guc, request->fn, addr, hwconfig, ARRAY_SIZE(hwconfig))) {
        return XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS;
    }
    return 0;
}

/* ---- opt-ins: accepted, without effect on what this model does ------------------------------- */

static int count_opt_in(void *arg, uint32_t key, const uint32_t *value, uint32_t len)
{
    (void)arg;
    (void)value;
    if (key != GUC_KLV_OPT_IN_FEATURE_EXT_CAT_ERR_TYPE_KEY &&
        key != GUC_KLV_OPT_IN_FEATURE_DYNAMIC_INHIBIT_CONTEXT_SWITCH_KEY) {
        return 0;
    }
    return len ? -(int)XE_GUC_RESPONSE_MALFORMED_KLV : 1;
}

static int count_policy(void *arg, uint32_t key, const uint32_t *value, uint32_t len)
{
    (void)arg;
    (void)value;
    if (key != GUC_KLV_SCHEDULING_POLICIES_RENDER_COMPUTE_YIELD_KEY) {
        return 0;
    }
    return len == GUC_KLV_SCHEDULING_POLICIES_RENDER_COMPUTE_YIELD_LEN
               ? 1
               : -(int)XE_GUC_RESPONSE_MALFORMED_KLV;
}

static uint32_t answer_count(struct guc_request *request, int count)
{
    if (count < 0) {
        return (uint32_t)-count;
    }
    request->data0 = (uint32_t)count;
    return 0;
}

uint32_t guc_action_opt_in(struct guc *guc, struct guc_request *request)
{
    uint64_t addr = make_64(request->hxg[1], request->hxg[2]);

    if (guc->config.abi_version < ABI_OPT_IN) {
        return XE_GUC_RESPONSE_UNKNOWN_ACTION;
    }
    return answer_count(
        request, guc_klv_parse_buffer(guc, request->fn, addr, request->hxg[3], count_opt_in, NULL));
}

uint32_t guc_action_scheduling_policies(struct guc *guc, struct guc_request *request)
{
    if (guc->config.abi_version < ABI_SCHEDULING) {
        return XE_GUC_RESPONSE_UNKNOWN_ACTION;
    }
    return answer_count(request,
                        guc_klv_parse(request->hxg + 1, request->len - 1, count_policy, NULL));
}

/* ---- TLB ------------------------------------------------------------------------------------- */

static void invalidate(struct guc *guc, uint32_t tlbs)
{
    hal_write32(guc->hal, GUCBUS_TLB_INV, tlbs);
    for (unsigned i = 0; i < TLB_POLLS; i++) {
        if (!(hal_read32(guc->hal, GUCBUS_TLB_INV) & tlbs)) {
            return;
        }
        hal_cycles(guc->hal, TLB_POLL_CYCLES);
    }
    trace_peer_error(guc->hal, (int)guc->config.gt, GUC_PF, "tlb invalidation does not end", 0);
}

void guc_tlb_invalidate(struct guc *guc)
{
    invalidate(guc, GUCBUS_TLB_INV_GGTT);
}

/* Done before the next message is read, so completions come in the order of their numbers. The
 * chip drops all or nothing of a TLB: of pages that a VF names, those of all contexts. */
uint32_t guc_action_tlb_invalidation(struct guc *guc, struct guc_request *request)
{
    static const uint32_t lengths[] = {[XE_GUC_TLB_INVAL_FULL] = 3,
                                       [XE_GUC_TLB_INVAL_PAGE_SELECTIVE] = 7,
                                       [XE_GUC_TLB_INVAL_PAGE_SELECTIVE_CTX] = 7,
                                       [XE_GUC_TLB_INVAL_GUC] = 3};
    static const uint32_t tlbs[] = {[XE_GUC_TLB_INVAL_FULL] =
                                        GUCBUS_TLB_INV_GGTT | GUCBUS_TLB_INV_PPGTT,
                                    [XE_GUC_TLB_INVAL_PAGE_SELECTIVE] = GUCBUS_TLB_INV_PPGTT,
                                    [XE_GUC_TLB_INVAL_PAGE_SELECTIVE_CTX] = GUCBUS_TLB_INV_PPGTT,
                                    [XE_GUC_TLB_INVAL_GUC] = GUCBUS_TLB_INV_GGTT};
    bool all = FIELD_GET(GUC_HXG_REQUEST_MSG_0_ACTION, request->hxg[0]) ==
               XE_GUC_ACTION_TLB_INVALIDATION_ALL;
    uint32_t seqno = request->hxg[1];
    uint32_t type = request->hxg[2] & TLB_TYPE;

    if (all && !guc->vgt) {
        return XE_GUC_RESPONSE_UNKNOWN_ACTION; /* of VGT mode only */
    }
    if (!seqno || type >= ARRAY_SIZE(lengths) || request->len < lengths[type]) {
        return XE_GUC_RESPONSE_INVALID_PARAMS;
    }
    invalidate(guc, tlbs[all ? XE_GUC_TLB_INVAL_FULL : type]);
    guc_ctb_event(guc, request->fn, XE_GUC_ACTION_TLB_INVALIDATION_DONE, &seqno, 1);
    return 0;
}
