/* SPDX-License-Identifier: MIT */
/* Compression contexts: the GPU keeps compression metadata outside of a VF's reach, so the VF's
 * driver registers a context that copies it to RAM (save) and one that copies it back (restore).
 * The GuC runs them by itself: save at the end of a pause, when no engine has another context of
 * the VF; restore when RESFIX_DONE comes, which is answered BUSY until it has ended.
 *
 *   PAUSE -> quiet -> save runs -> PAUSE_DONE       RESFIX_DONE -> BUSY, restore runs -> SUCCESS
 *
 * Decisions of the model. A context runs when it is enabled and its engine exists, and from the
 * beginning of its ring, wherever it stood. Its function's gate is open meanwhile; its rings stay
 * unread, as the state says. Other functions' contexts make room for it. One that takes longer than
 * 500 ms is reset. A save that fails ends the pause all the same: what the buffers hold is the
 * driver's loss. A restore that fails, fails RESFIX_DONE. A pause that comes before its end stops
 * it and answers VF_MIGRATED, so that the driver begins its recovery anew; a VF that was not fixed
 * is not saved again, since its metadata is still in its RAM. */
#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "firmware/abi/guc_scheduler_abi.h"
#include "firmware/guc_private.h"
#include "sim/hal/trace.h"

#define LRC_DW        XE_GUC_REGISTER_CONTEXT_DATA_10_HW_LRC_ADDR
#define LRC_ADDRESS   0xfffff000u
#define LRC_RING_HEAD (0x1000u + 4u * 0x05u) /* in the register state behind the PPHWSP */

static uint32_t type_of(const struct guc_context *context)
{
    return FIELD_GET(CONTEXT_REGISTRATION_FLAG_TYPE,
                     context->registration[XE_GUC_REGISTER_CONTEXT_DATA_1_FLAGS]);
}

/* The enabled context of that type whose engine is there, or NULL. */
static struct guc_context *find(struct guc *guc, unsigned vf, uint32_t type)
{
    struct guc_context *context = guc_context_from(guc, vf, 0);

    while (context && !(type_of(context) == type && context->enabled &&
                        guc_context_engine(guc, context->registration) != GUC_NO_ENGINE)) {
        context = guc_context_from(guc, vf, context->id + 1u);
    }
    return context;
}

/* Makes it wait for its engine, to run from the beginning. Returns false when it cannot. */
static bool begin(struct guc *guc, unsigned vf, uint32_t type)
{
    static const uint32_t head;
    struct guc_context *context = find(guc, vf, type);
    uint64_t lrca;

    if (!context) {
        return false;
    }
    lrca = context->registration[LRC_DW] & LRC_ADDRESS;
    if (guc_dma_write(guc, vf, lrca + LRC_RING_HEAD, &head, 1)) {
        return false;
    }
    context->engine = guc_context_engine(guc, context->registration);
    guc->functions[vf].ccs.context = context;
    return true;
}

bool guc_ccs_save(struct guc *guc, unsigned vf)
{
    struct guc_ccs *ccs = &guc->functions[vf].ccs;

    if (!ccs->context && !ccs->saved) {
        ccs->saved = true;
        (void)begin(guc, vf, GUC_CONTEXT_COMPRESSION_SAVE);
    }
    return ccs->context;
}

bool guc_ccs_restore(struct guc *guc, unsigned vf)
{
    struct guc_ccs *ccs = &guc->functions[vf].ccs;

    ccs->restoring = begin(guc, vf, GUC_CONTEXT_COMPRESSION_RESTORE);
    return ccs->restoring;
}

struct guc_context *guc_ccs_next(struct guc *guc, unsigned e)
{
    for (unsigned vf = 1; vf <= guc->config.total_vfs; vf++) {
        struct guc_context *context = guc->functions[vf].ccs.context;

        if (context && context->engine == e && !context->on_engine) {
            return context;
        }
    }
    return NULL;
}

bool guc_ccs_is(const struct guc *guc, const struct guc_context *context)
{
    return context && guc->functions[context->fn].ccs.context == context;
}

void guc_ccs_enter(struct guc *guc, const struct guc_context *context)
{
    if (guc_ccs_is(guc, context)) {
        hal_write32(guc->hal, GUCBUS_GATE_OPEN, context->fn);
    }
}

/* The driver's RESFIX_DONE gets its answer. */
static void answer_restore(struct guc *guc, unsigned vf, uint32_t error)
{
    guc->functions[vf].ccs.restoring = false;
    guc_mailbox_answer_late(guc, vf, GUC_ACTION_VF2GUC_RESFIX_DONE, error);
}

bool guc_ccs_left(struct guc *guc, struct guc_context *context, uint32_t event)
{
    struct guc_ccs *ccs = &guc->functions[context->fn].ccs;
    bool complete = event == GUCBUS_ENGINE_EVENT_COMPLETE;
    uint32_t error = complete ? 0 : XE_GUC_RESPONSE_CANNOT_COMPLETE_ACTION;

    if (!guc_ccs_is(guc, context)) {
        return false;
    }
    hal_write32(guc->hal, GUCBUS_GATE_CLOSE, context->fn);
    if (event == GUCBUS_ENGINE_EVENT_PREEMPTED) {
        return true; /* waits for the engine again, and goes on */
    }
    ccs->context = NULL;
    context->engine = GUC_NO_ENGINE;
    if (!complete) {
        trace_peer_error(guc->hal, (int)guc->config.gt, context->fn, "compression context failed",
                         context->id);
    }
    if (ccs->restoring) {
        if (!error) {
            error = guc_vf_fire(guc, context->fn, GUC_VF_EVENT_RESFIX_DONE);
        }
        answer_restore(guc, context->fn, error);
    }
    return true;
}

static void stop(struct guc *guc, unsigned vf)
{
    struct guc_ccs *ccs = &guc->functions[vf].ccs;

    if (ccs->context) {
        guc_sched_kill(guc, vf);
        hal_write32(guc->hal, GUCBUS_GATE_CLOSE, vf);
        ccs->context->engine = GUC_NO_ENGINE;
        ccs->context = NULL;
    }
}

void guc_ccs_pause(struct guc *guc, unsigned vf)
{
    stop(guc, vf);
    guc->functions[vf].ccs.saved = false;
    if (guc->functions[vf].ccs.restoring) {
        answer_restore(guc, vf, XE_GUC_RESPONSE_VF_MIGRATED);
    }
}

void guc_ccs_forget(struct guc *guc, unsigned vf)
{
    stop(guc, vf);
    guc->functions[vf].ccs = (struct guc_ccs){0};
}
