/* SPDX-License-Identifier: MIT */
/* Contexts: their table and the actions that register, enable, disable and deregister them. Ids
 * count from 0 in each function, as its driver sees them.
 *
 * Decisions of the model. A second registration of an id keeps the first (EVENT: silently, else
 * 0x101), as a VF registers again after a migration what it is not sure of. MODE_SET(1) is
 * answered for an enabled context too. While a disable waits for the engine, a further MODE_SET is
 * refused with 0x90; DEREGISTER is kept and done after it. An enabled context cannot be
 * deregistered. */
#include "firmware/guc_context.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "firmware/abi/guc_scheduler_abi.h"
#include "firmware/guc_private.h"
#include "sim/hal/trace.h"

/* Policies of a context that was given none: what the driver sends by default. */
#define DEFAULT_QUANTUM_US         1000u
#define DEFAULT_PREEMPT_TIMEOUT_US 640000u
#define LRC_SIZE                   0x2000u /* PPHWSP and register state at least */
#define LRC_ADDRESS                0xfffff000u
#define MULTI_LRC_MAX              9u
#define MULTI_LRC_LEN(count)                                                                       \
    (XE_GUC_REGISTER_CONTEXT_MULTI_LRC_DATA_10_NUM_CTXS + 1u + 2u * (count))
#define ID_DW 1u /* context id of every action but REGISTER_CONTEXT */

/* ---- table ----------------------------------------------------------------------------------- */

struct guc_context *guc_context_find(struct guc *guc, unsigned fn, uint32_t id)
{
    struct guc_context *page;

    if (id >= GUC_CONTEXT_PAGE * GUC_CONTEXT_PAGES) {
        return NULL;
    }
    page = guc->functions[fn].contexts[id / GUC_CONTEXT_PAGE];
    if (!page || !page[id % GUC_CONTEXT_PAGE].registered) {
        return NULL;
    }
    return &page[id % GUC_CONTEXT_PAGE];
}

struct guc_context *guc_context_from(const struct guc *guc, unsigned fn, uint32_t id)
{
    for (; id < GUC_CONTEXT_PAGE * GUC_CONTEXT_PAGES; id++) {
        struct guc_context *page = guc->functions[fn].contexts[id / GUC_CONTEXT_PAGE];

        if (!page) {
            id |= GUC_CONTEXT_PAGE - 1;
        } else if (page[id % GUC_CONTEXT_PAGE].registered) {
            return &page[id % GUC_CONTEXT_PAGE];
        }
    }
    return NULL;
}

unsigned guc_context_count(const struct guc *guc, unsigned fn)
{
    const struct guc_context *context = guc_context_from(guc, fn, 0);
    unsigned count = 0;

    for (; context; context = guc_context_from(guc, fn, context->id + 1u)) {
        count++;
    }
    return count;
}

/* Finds the engine: the class, and the lowest logical instance of the mask. The LRC descriptor
 * does not tell it. */
static uint8_t find_engine(const struct guc *guc, uint32_t guc_class, uint32_t mask)
{
    for (uint8_t i = 0; i < guc->config.num_engines; i++) {
        const struct guc_engine_desc *desc = &guc->engines[i].desc;

        if (desc->guc_class == guc_class && (mask & (1u << desc->instance | desc->also))) {
            return i;
        }
    }
    return GUC_NO_ENGINE;
}

uint8_t guc_context_engine(const struct guc *guc, const uint32_t *message)
{
    return find_engine(guc, message[XE_GUC_REGISTER_CONTEXT_DATA_3_ENGINE_CLASS],
                       message[XE_GUC_REGISTER_CONTEXT_DATA_4_ENGINE_SUBMIT_MASK]);
}

static bool runs_by_itself(uint32_t flags)
{
    return FIELD_GET(CONTEXT_REGISTRATION_FLAG_TYPE, flags) == GUC_CONTEXT_NORMAL;
}

/* How many ids the function has. A native PF has every one; in VGT mode what it gave itself. */
static uint32_t context_limit(const struct guc *guc, unsigned fn)
{
    return fn == GUC_PF && !guc->vgt ? GUC_ID_MAX : guc->functions[fn].config.num_contexts;
}

uint32_t guc_context_check(const struct guc *guc, unsigned fn, const uint32_t *message)
{
    uint32_t flags = message[XE_GUC_REGISTER_CONTEXT_DATA_1_FLAGS];
    uint32_t type = FIELD_GET(CONTEXT_REGISTRATION_FLAG_TYPE, flags);
    uint32_t guc_class = message[XE_GUC_REGISTER_CONTEXT_DATA_3_ENGINE_CLASS];
    uint32_t mask = message[XE_GUC_REGISTER_CONTEXT_DATA_4_ENGINE_SUBMIT_MASK];
    uint32_t lrca = message[XE_GUC_REGISTER_CONTEXT_DATA_10_HW_LRC_ADDR] & LRC_ADDRESS;

    if (message[XE_GUC_REGISTER_CONTEXT_DATA_2_CONTEXT_INDEX] >= context_limit(guc, fn)) {
        return XE_GUC_RESPONSE_INVALID_CONTEXT_INDEX;
    }
    if (type >= GUC_CONTEXT_COUNT ||
        (flags & ~(CONTEXT_REGISTRATION_FLAG_KMD | CONTEXT_REGISTRATION_FLAG_TYPE))) {
        return XE_GUC_RESPONSE_INVALID_CONTEXT_REGISTRATION;
    }
    if (runs_by_itself(flags) && find_engine(guc, guc_class, mask) == GUC_NO_ENGINE) {
        return XE_GUC_RESPONSE_INVALID_ENGINE_ID;
    }
    if (!guc_fn_owns(guc, fn, lrca, LRC_SIZE)) {
        return XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS;
    }
    return 0;
}

struct guc_context *guc_context_add(struct guc *guc, unsigned fn, const uint32_t *message)
{
    uint32_t id = message[XE_GUC_REGISTER_CONTEXT_DATA_2_CONTEXT_INDEX];
    struct guc_context **page = &guc->functions[fn].contexts[id / GUC_CONTEXT_PAGE];
    struct guc_context *context;

    if (!*page) {
        *page = calloc(GUC_CONTEXT_PAGE, sizeof(**page));
    }
    if (!*page) {
        return NULL;
    }
    context = &(*page)[id % GUC_CONTEXT_PAGE];
    assert(!context->registered);
    *context = (struct guc_context){.registered = true,
                                    .id = (uint16_t)id,
                                    .fn = (uint8_t)fn,
                                    .engine = GUC_NO_ENGINE,
                                    .quantum_us = DEFAULT_QUANTUM_US,
                                    .preempt_timeout_us = DEFAULT_PREEMPT_TIMEOUT_US,
                                    .priority = GUC_CLIENT_PRIORITY_NORMAL};
    memcpy(context->registration, message, sizeof(context->registration));
    if (runs_by_itself(message[XE_GUC_REGISTER_CONTEXT_DATA_1_FLAGS])) {
        context->engine = guc_context_engine(guc, message);
    }
    return context;
}

void guc_context_remove(struct guc *guc, struct guc_context *context)
{
    assert(!context->on_engine);
    guc_sched_withdraw(guc, context);
    context->registered = false;
}

void guc_context_remove_all(struct guc *guc, unsigned fn)
{
    struct guc_context *context = guc_context_from(guc, fn, 0);

    for (; context; context = guc_context_from(guc, fn, context->id + 1u)) {
        guc_context_remove(guc, context);
    }
}

void guc_context_free_all(struct guc *guc)
{
    for (unsigned fn = 0; fn < GUC_FUNCTIONS; fn++) {
        for (unsigned i = 0; i < GUC_CONTEXT_PAGES; i++) {
            free(guc->functions[fn].contexts[i]);
        }
    }
}

/* ---- registration ---------------------------------------------------------------------------- */

uint32_t guc_action_register_context(struct guc *guc, struct guc_request *request)
{
    uint32_t id = request->hxg[XE_GUC_REGISTER_CONTEXT_DATA_2_CONTEXT_INDEX];
    uint32_t error = guc_context_check(guc, request->fn, request->hxg);

    if (error) {
        return error;
    }
    if (guc_context_find(guc, request->fn, id)) {
        return XE_GUC_RESPONSE_CONTEXT_ALREADY_REGISTERED;
    }
    return guc_context_add(guc, request->fn, request->hxg) ? 0 : XE_GUC_RESPONSE_GENERIC_FAIL;
}

/* A parallel context needs an engine of its class for each LRC. Each class has one engine here, so
 * all that can be said is what is wrong with the request. */
uint32_t guc_action_register_multi_lrc(struct guc *guc, struct guc_request *request)
{
    const uint32_t *hxg = request->hxg;
    uint32_t count = hxg[XE_GUC_REGISTER_CONTEXT_MULTI_LRC_DATA_10_NUM_CTXS];
    uint32_t engines = 0;

    guc_adverse_count(guc, request->fn, GUC_ADVERSE_MULTI_LRC, 1);
    if (count < 2 || count > MULTI_LRC_MAX || request->len != MULTI_LRC_LEN(count)) {
        return XE_GUC_RESPONSE_INVALID_SIZE;
    }
    if (hxg[XE_GUC_REGISTER_CONTEXT_DATA_2_CONTEXT_INDEX] >= context_limit(guc, request->fn)) {
        return XE_GUC_RESPONSE_INVALID_CONTEXT_INDEX;
    }
    for (unsigned e = 0; e < guc->config.num_engines; e++) {
        const struct guc_engine_desc *desc = &guc->engines[e].desc;

        engines += desc->guc_class == hxg[XE_GUC_REGISTER_CONTEXT_DATA_3_ENGINE_CLASS] &&
                   (hxg[XE_GUC_REGISTER_CONTEXT_DATA_4_ENGINE_SUBMIT_MASK] >> desc->instance & 1);
    }
    return engines < count ? XE_GUC_RESPONSE_INVALID_ENGINE_ID : XE_GUC_RESPONSE_NOT_SUPPORTED;
}

static void deregister(struct guc *guc, struct guc_context *context)
{
    uint32_t payload[] = {context->id};
    unsigned fn = context->fn;

    guc_context_remove(guc, context);
    guc_ctb_event(guc, fn, XE_GUC_ACTION_DEREGISTER_CONTEXT_DONE, payload, ARRAY_SIZE(payload));
}

uint32_t guc_action_deregister_context(struct guc *guc, struct guc_request *request)
{
    struct guc_context *context = guc_context_find(guc, request->fn, request->hxg[ID_DW]);

    if (!context) {
        return XE_GUC_RESPONSE_CONTEXT_NOT_REGISTERED;
    }
    if (context->enabled || context->deregistering) {
        return XE_GUC_RESPONSE_INVALID_CONTEXT;
    }
    if (context->on_engine) {
        context->deregistering = true;
    } else {
        deregister(guc, context);
    }
    return 0;
}

/* ---- scheduling of one context --------------------------------------------------------------- */

static void mode_done(struct guc *guc, const struct guc_context *context, uint32_t mode)
{
    uint32_t payload[] = {context->id, mode};

    guc_ctb_event(guc, context->fn, XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE, payload,
                  ARRAY_SIZE(payload));
}

void guc_context_settle(struct guc *guc, struct guc_context *context)
{
    assert(!context->on_engine);
    if (context->disabling) {
        context->disabling = false;
        mode_done(guc, context, GUC_CONTEXT_DISABLE);
    }
    if (context->deregistering) {
        deregister(guc, context);
    }
}

uint32_t guc_action_sched_context(struct guc *guc, struct guc_request *request)
{
    struct guc_context *context = guc_context_find(guc, request->fn, request->hxg[ID_DW]);

    if (!context) {
        return XE_GUC_RESPONSE_CONTEXT_NOT_REGISTERED;
    }
    /* A disabled context's new tail is found when it is enabled, which submits. */
    if (context->enabled) {
        guc_sched_submit(guc, context);
    }
    return 0;
}

uint32_t guc_action_mode_set(struct guc *guc, struct guc_request *request)
{
    struct guc_context *context = guc_context_find(guc, request->fn, request->hxg[ID_DW]);
    uint32_t mode = request->hxg[ID_DW + 1];

    if (!context) {
        return XE_GUC_RESPONSE_CONTEXT_NOT_REGISTERED;
    }
    if (mode != GUC_CONTEXT_ENABLE && mode != GUC_CONTEXT_DISABLE) {
        return XE_GUC_RESPONSE_INVALID_PARAMS;
    }
    if (context->disabling) {
        return XE_GUC_RESPONSE_PENDING_ACTION;
    }
    if (mode == GUC_CONTEXT_ENABLE) {
        context->enabled = true;
        mode_done(guc, context, mode);
        guc_sched_submit(guc, context);
        return 0;
    }
    context->enabled = false;
    context->disabling = true;
    guc_sched_withdraw(guc, context);
    if (!context->on_engine) {
        guc_context_settle(guc, context);
    }
    return 0;
}

static int set_policy(void *arg, uint32_t key, const uint32_t *value, uint32_t len)
{
    struct guc_context *context = arg;
    uint32_t *const fields[] = {&context->quantum_us, &context->preempt_timeout_us,
                                &context->priority, &context->preempt_to_idle, &context->frequency};
    uint32_t field = key - GUC_CONTEXT_POLICIES_KLV_ID_EXECUTION_QUANTUM;

    if (key < GUC_CONTEXT_POLICIES_KLV_ID_EXECUTION_QUANTUM || field >= ARRAY_SIZE(fields)) {
        return -(int)XE_GUC_RESPONSE_INVALID_KLV_KEY;
    }
    if (len != 1) {
        return -(int)XE_GUC_RESPONSE_MALFORMED_KLV;
    }
    if (key == GUC_CONTEXT_POLICIES_KLV_ID_SCHEDULING_PRIORITY &&
        *value >= GUC_CLIENT_PRIORITY_NUM) {
        return -(int)XE_GUC_RESPONSE_INVALID_KLV_DATA;
    }
    *fields[field] = *value;
    return 1;
}

uint32_t guc_action_context_policies(struct guc *guc, struct guc_request *request)
{
    struct guc_context *context = guc_context_find(guc, request->fn, request->hxg[ID_DW]);
    struct guc_context changed;
    int count;

    if (!context) {
        return XE_GUC_RESPONSE_CONTEXT_NOT_REGISTERED;
    }
    /* All or nothing: a bad KLV late in the list leaves the context as it was. */
    changed = *context;
    count = guc_klv_parse(request->hxg + ID_DW + 1, request->len - ID_DW - 1, set_policy, &changed);
    if (count < 0) {
        return (uint32_t)-count;
    }
    *context = changed;
    return 0;
}
