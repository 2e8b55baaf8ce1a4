/* SPDX-License-Identifier: MIT */
/* Scheduler: gives the engines of this GT to contexts. On each engine a function has a queue of
 * runnable contexts, ordered by context priority and then by arrival. Functions take turns.
 *
 *   idle --submit--> runnable --SUBMIT--> on engine --COMPLETE--> idle, or runnable again
 *                       ^---------PREEMPTED-----------'  '--FAULT, RESET--> idle and disabled
 *
 * Decisions of the model. Next on an engine is the same function while its turn (EXEC_QUANTUM of
 * its configuration) lasts, else the next one in number that has work, functions of higher
 * SCHED_PRIORITY first. A turn of 0 is infinite: it ends when a context of the function leaves by
 * itself. A running context is taken off when its own quantum is over and an equal of the same
 * function waits, or when the turn is over and another function waits. What is not gone after the
 * shorter of its own and its function's preemption timeout is reset with its engine: so a hang is
 * noticed when somebody waits, when the driver disables the context, or, with the context policy
 * PREEMPT_TO_IDLE, at the end of its quantum. An engine that does not even obey a reset is lost:
 * the PF hears ENGINE_FAILURE, and nothing is run on it any more.
 *
 * With scheduling groups, turn and timeout are those of the engine's group, and engines of no
 * group stand still. */
#include "firmware/guc_private.h"

#include "firmware/abi/guc_actions_abi.h"
#include "sim/hal/trace.h"

#define LRC_ADDRESS 0xfffff000u
#define LRC_DW      XE_GUC_REGISTER_CONTEXT_DATA_10_HW_LRC_ADDR
#define KILL_POLLS  1000u /* an engine reset takes far less */
#define CCS_LIMIT_NS                                                                               \
    (500 * HAL_NS_PER_MS) /* a PF waits 1 s for a pause, a VF 2 s for the end of BUSY */
#define KILL_POLL_CYCLES  10u
#define ENGINE_RESET_NS   (10 * HAL_NS_PER_MS) /* that is not over then has failed; chosen */
#define IDLE_RESET_CYCLES 500u                 /* of an engine that has no context; chosen */
/* Of ENGINE_FAILURE_NOTIFICATION; its values are not public. */
#define ENGINE_FAILURE_REASON 1u
#define ENGINE_REG(e, reg)    ((reg) + (e)*GUCBUS_ENGINE_STRIDE)

static void trace(const struct guc *guc, unsigned fn, unsigned id, unsigned engine, const char *ev)
{
    trace_job(guc->hal, (int)guc->config.gt, fn, id, guc->engines[engine].desc.name, ev);
}

/* ---- queues ---------------------------------------------------------------------------------- */

static void enqueue(struct guc *guc, struct guc_context *context)
{
    struct guc_context **at = &guc->engines[context->engine].queues[context->fn];

    while (*at && (*at)->priority <= context->priority) {
        at = &(*at)->next;
    }
    context->next = *at;
    context->queued = true;
    *at = context;
}

static void dequeue(struct guc *guc, struct guc_context *context)
{
    struct guc_context **at = &guc->engines[context->engine].queues[context->fn];

    while (*at != context) {
        at = &(*at)->next;
    }
    *at = context->next;
    context->queued = false;
}

void guc_sched_requeue(struct guc *guc, struct guc_context *context)
{
    if (context->engine != GUC_NO_ENGINE && context->enabled && context->pending &&
        !context->queued && !context->on_engine) {
        enqueue(guc, context);
    }
}

void guc_sched_submit(struct guc *guc, struct guc_context *context)
{
    /* Compression contexts belong to save and restore; a driver enables but never runs them. */
    if (context->engine == GUC_NO_ENGINE) {
        return;
    }
    context->pending = true;
    trace(guc, context->fn, context->id, context->engine, "submit");
    guc_sched_requeue(guc, context);
}

static void preempt(struct guc *guc, unsigned e)
{
    struct guc_engine *engine = &guc->engines[e];

    if (!engine->preempting) {
        engine->preempting = true;
        engine->preempt_ns = hal_now(guc->hal);
        hal_write32(guc->hal, ENGINE_REG(e, GUCBUS_ENGINE_CTRL), GUCBUS_ENGINE_PREEMPT);
    }
}

void guc_sched_withdraw(struct guc *guc, struct guc_context *context)
{
    context->pending = false;
    if (context->queued) {
        dequeue(guc, context);
    }
    if (context->on_engine) {
        preempt(guc, context->engine);
    }
}

bool guc_sched_busy(const struct guc *guc, unsigned fn)
{
    for (unsigned e = 0; e < guc->config.num_engines; e++) {
        if (guc->engines[e].busy && guc->engines[e].fn == fn) {
            return true;
        }
    }
    return false;
}

void guc_sched_gate_closed(struct guc *guc, unsigned fn)
{
    for (unsigned e = 0; e < guc->config.num_engines; e++) {
        struct guc_engine *engine = &guc->engines[e];

        if (engine->busy && engine->fn == fn && !engine->preempting) {
            engine->preempting = true;
            engine->preempt_ns = hal_now(guc->hal);
        }
    }
}

/* ---- engine events --------------------------------------------------------------------------- */

/* The context can do no more: its driver hears it, unless it asked for the end itself. */
static void fail_context(struct guc *guc, struct guc_context *context, bool fault)
{
    uint32_t payload[] = {context->id};

    context->enabled = false;
    context->pending = false;
    if (context->disabling) {
        return;
    }
    if (fault) {
        guc_ctb_event(guc, context->fn, XE_GUC_ACTION_NOTIFY_MEMORY_CAT_ERROR, payload, 1);
    }
    guc_ctb_event(guc, context->fn, XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION, payload, 1);
}

static void context_left(struct guc *guc, struct guc_context *context, uint32_t type)
{
    context->on_engine = false;
    if (guc_ccs_left(guc, context, type)) {
        return;
    }
    if (type == GUCBUS_ENGINE_EVENT_FAULT) {
        guc_adverse_count(guc, context->fn, GUC_ADVERSE_CAT_ERR, 1);
    } else if (type == GUCBUS_ENGINE_EVENT_RESET) {
        guc_adverse_count(guc, context->fn, GUC_ADVERSE_ENGINE_RESET, 1);
    }
    if (type == GUCBUS_ENGINE_EVENT_PREEMPTED) {
        context->pending = context->enabled;
    } else if (type != GUCBUS_ENGINE_EVENT_COMPLETE) {
        fail_context(guc, context, type == GUCBUS_ENGINE_EVENT_FAULT);
    }
    guc_sched_requeue(guc, context);
    guc_context_settle(guc, context);
}

static void engine_event(struct guc *guc, unsigned e, uint32_t event)
{
    static const char *const names[] = {[GUCBUS_ENGINE_EVENT_COMPLETE] = "complete",
                                        [GUCBUS_ENGINE_EVENT_PREEMPTED] = "preempt",
                                        [GUCBUS_ENGINE_EVENT_FAULT] = "fault",
                                        [GUCBUS_ENGINE_EVENT_RESET] = "reset"};
    struct guc_engine *engine = &guc->engines[e];
    struct guc_context *context = engine->context;
    uint32_t type = FIELD_GET(GUCBUS_ENGINE_EVENT_TYPE, event);
    uint32_t fn = FIELD_GET(GUCBUS_ENGINE_EVENT_FN, event);
    uint32_t id = FIELD_GET(GUCBUS_ENGINE_EVENT_ID, event);

    if (!engine->busy || fn != engine->fn || type >= ARRAY_SIZE(names) || !names[type]) {
        trace_peer_error(guc->hal, (int)guc->config.gt, fn, "engine event without a context",
                         event);
        return;
    }
    trace(guc, fn, id, e, names[type]);
    trace(guc, fn, id, e, "switch_out");
    guc_page_left(guc, e, event & GUCBUS_ENGINE_EVENT_PAGE);
    engine->busy = false;
    engine->preempting = false;
    engine->reset_ns = 0;
    engine->context = NULL;
    engine->turn_over = type != GUCBUS_ENGINE_EVENT_PREEMPTED;
    if (context) {
        context_left(guc, context, type);
    }
}

void guc_sched_events(struct guc *guc)
{
    for (unsigned e = 0; e < guc->config.num_engines; e++) {
        uint32_t event = hal_read32(guc->hal, ENGINE_REG(e, GUCBUS_ENGINE_EVENT));

        /* One SUBMIT is out at a time, so there is one event at most. */
        if (event & GUCBUS_ENGINE_EVENT_VALID) {
            engine_event(guc, e, event);
        }
    }
}

/* Waits for the event of a reset, so that nothing of the function's memory is touched
 * afterwards. */
static void kill_engine(struct guc *guc, unsigned e)
{
    struct guc_engine *engine = &guc->engines[e];

    if (engine->context) {
        engine->context->on_engine = false;
        engine->context = NULL;
    }
    hal_write32(guc->hal, ENGINE_REG(e, GUCBUS_ENGINE_CTRL), GUCBUS_ENGINE_RESET);
    for (unsigned i = 0; i < KILL_POLLS && engine->busy; i++) {
        uint32_t event = hal_read32(guc->hal, ENGINE_REG(e, GUCBUS_ENGINE_EVENT));

        if (event & GUCBUS_ENGINE_EVENT_VALID) {
            engine_event(guc, e, event);
        } else {
            hal_cycles(guc->hal, KILL_POLL_CYCLES);
        }
    }
}

void guc_sched_kill(struct guc *guc, unsigned fn)
{
    for (unsigned e = 0; e < guc->config.num_engines; e++) {
        if (guc->engines[e].busy && guc->engines[e].fn == fn) {
            kill_engine(guc, e);
        }
    }
}

void guc_sched_begin_anew(struct guc *guc)
{
    for (unsigned e = 0; e < guc->config.num_engines; e++) {
        struct guc_engine *engine = &guc->engines[e];

        /* One that not even this reset freed is not used again. */
        engine->failed = engine->busy;
        engine->fn = engine->busy ? engine->fn : GUC_PF;
        engine->turn_over = true;
    }
}

/* ---- who is next ----------------------------------------------------------------------------- */

/* The scheduling group that an engine belongs to: the first that names it. GUC_MAX_GROUPS: there
 * are groups, and it is in none. */
static unsigned group_of(const struct guc *guc, unsigned e)
{
    const struct guc_engine_desc *desc = &guc->engines[e].desc;
    unsigned group = 0;

    while (group < guc->policies.num_groups &&
           !(guc->policies.groups[group][desc->guc_class] >> desc->instance & 1)) {
        group++;
    }
    return group < guc->policies.num_groups || !guc->policies.num_groups ? group : GUC_MAX_GROUPS;
}

static bool has_work(const struct guc *guc, unsigned e, unsigned fn)
{
    return guc->engines[e].queues[fn] && guc_fn_runs(guc, fn);
}

/* The function whose turn comes after the last one's; the last one is asked last. */
static unsigned next_function(const struct guc *guc, unsigned e)
{
    unsigned best = GUC_FUNCTIONS;

    for (unsigned i = 1; i <= GUC_FUNCTIONS; i++) {
        unsigned fn = (guc->engines[e].fn + i) % GUC_FUNCTIONS;

        if (has_work(guc, e, fn) &&
            (best == GUC_FUNCTIONS || guc->functions[fn].config.sched_priority >
                                          guc->functions[best].config.sched_priority)) {
            best = fn;
        }
    }
    return best;
}

/* When the function's turn on the engine ends. */
static uint64_t turn_end(const struct guc *guc, unsigned e)
{
    const struct guc_engine *engine = &guc->engines[e];
    const struct guc_vf_config *config = &guc->functions[engine->fn].config;
    uint32_t quantum_ms = guc->policies.num_groups ? config->group_quantum[group_of(guc, e)]
                                                   : config->exec_quantum_ms;

    return quantum_ms ? engine->slot_ns + quantum_ms * HAL_NS_PER_MS : HAL_FOREVER;
}

/* So that nothing of one function stays in the engine for the next. */
static void reset_idle_engine(struct guc *guc, unsigned e)
{
    const struct guc_engine *engine = &guc->engines[e];

    hal_write32(guc->hal, ENGINE_REG(e, GUCBUS_ENGINE_CTRL), GUCBUS_ENGINE_RESET);
    hal_cycles(guc->hal, IDLE_RESET_CYCLES);
    trace(guc, engine->fn, engine->last_id, e, "switch_reset");
}

/* What the engine takes of a context's descriptor: its place, and its address space if any. */
static uint32_t engine_descriptor(const struct guc_context *context)
{
    uint32_t lrc = context->registration[LRC_DW];
    uint32_t space = lrc & GUCBUS_ENGINE_LRCA_PPGTT ? lrc & GUCBUS_ENGINE_LRCA_MODE : 0;

    return (lrc & (LRC_ADDRESS | GUCBUS_ENGINE_LRCA_PPGTT)) | space;
}

/* The context is in no queue any more. */
static void put_on_engine(struct guc *guc, unsigned e, struct guc_context *context)
{
    struct guc_engine *engine = &guc->engines[e];
    unsigned fn = context->fn;

    if (guc->policies.reset_after_switch && fn != engine->fn) {
        reset_idle_engine(guc, e);
    }
    guc_ccs_enter(guc, context);
    context->pending = false;
    context->on_engine = true;
    engine->busy = true;
    engine->context = context;
    engine->fn = (uint8_t)fn;
    engine->last_id = context->id;
    engine->submit_ns = hal_now(guc->hal);
    hal_write32(guc->hal, ENGINE_REG(e, GUCBUS_ENGINE_LRCA), engine_descriptor(context));
    hal_write32(guc->hal, ENGINE_REG(e, GUCBUS_ENGINE_TAG),
                FIELD_PREP(GUCBUS_ENGINE_TAG_FN, fn) |
                    FIELD_PREP(GUCBUS_ENGINE_TAG_ID, (uint32_t)context->id));
    hal_write32(guc->hal, ENGINE_REG(e, GUCBUS_ENGINE_CTRL), GUCBUS_ENGINE_SUBMIT);
    trace(guc, fn, context->id, e, "switch_in");
}

static void start_context(struct guc *guc, unsigned e, unsigned fn)
{
    struct guc_context *context = guc->engines[e].queues[fn];

    dequeue(guc, context);
    put_on_engine(guc, e, context);
}

static void fill_engine(struct guc *guc, unsigned e)
{
    struct guc_engine *engine = &guc->engines[e];
    struct guc_context *ccs = guc_ccs_next(guc, e);
    uint64_t end, now = hal_now(guc->hal);
    unsigned fn = engine->fn;
    bool stays;

    if (engine->failed || group_of(guc, e) == GUC_MAX_GROUPS) {
        return;
    }
    if (ccs) {
        put_on_engine(guc, e, ccs);
        return;
    }
    end = turn_end(guc, e);
    stays = end == HAL_FOREVER ? !engine->turn_over : now < end;
    if (!stays || !has_work(guc, e, fn)) {
        fn = next_function(guc, e);
        engine->slot_ns = now;
    }
    if (fn < GUC_FUNCTIONS) {
        start_context(guc, e, fn);
    }
}

/* When the running context has to make room; HAL_FOREVER while nobody waits. */
static uint64_t preempt_at(struct guc *guc, unsigned e)
{
    const struct guc_engine *engine = &guc->engines[e];
    const struct guc_context *context = engine->context;
    const struct guc_context *equal = engine->queues[engine->fn];
    unsigned other = next_function(guc, e);
    uint64_t at = HAL_FOREVER;

    if (!context) {
        return at;
    }
    if (guc_ccs_next(guc, e)) {
        return 0;
    }
    if (context->quantum_us && guc_fn_runs(guc, engine->fn) &&
        (context->preempt_to_idle || (equal && equal->priority <= context->priority))) {
        at = engine->submit_ns + context->quantum_us * HAL_NS_PER_US;
    }
    if (other < GUC_FUNCTIONS && other != engine->fn && turn_end(guc, e) < at) {
        at = turn_end(guc, e);
    }
    return at;
}

/* When a preemption that does not succeed ends in a reset: after the context's own timeout, but
 * not later than the PF lets the function hold an engine. 0 of either is no limit. */
static uint64_t reset_at(const struct guc *guc, unsigned e)
{
    const struct guc_engine *engine = &guc->engines[e];
    const struct guc_vf_config *config = &guc->functions[engine->fn].config;
    uint32_t timeout_us = engine->context ? engine->context->preempt_timeout_us : 0;
    uint32_t allowed_us = config->preempt_timeout_us;

    if (guc->policies.num_groups && group_of(guc, e) < GUC_MAX_GROUPS) {
        allowed_us = config->group_timeout[group_of(guc, e)];
    }

    if (allowed_us && (!timeout_us || allowed_us < timeout_us)) {
        timeout_us = allowed_us;
    }
    return timeout_us ? engine->preempt_ns + timeout_us * HAL_NS_PER_US : HAL_FOREVER;
}

/* Not even a reset got the context off: the engine is lost until the PF resets the GT. */
static void fail_engine(struct guc *guc, unsigned e)
{
    struct guc_engine *engine = &guc->engines[e];
    struct guc_context *context = engine->context;
    uint32_t payload[] = {engine->desc.guc_class, engine->desc.instance, ENGINE_FAILURE_REASON};

    engine->failed = true;
    trace_fault(guc->hal, (int)guc->config.gt, engine->fn, "engine reset failed", e);
    guc_ctb_event(guc, GUC_PF, XE_GUC_ACTION_ENGINE_FAILURE_NOTIFICATION, payload,
                  ARRAY_SIZE(payload));
    if (context) {
        engine->context = NULL;
        context_left(guc, context, GUCBUS_ENGINE_EVENT_RESET);
    }
}

/* A context that the GuC runs by itself makes room for nobody, but may not last. */
static uint64_t watch_ccs(struct guc *guc, unsigned e)
{
    struct guc_engine *engine = &guc->engines[e];
    uint64_t at = engine->submit_ns + CCS_LIMIT_NS;

    if (hal_now(guc->hal) < at) {
        return at;
    }
    hal_write32(guc->hal, ENGINE_REG(e, GUCBUS_ENGINE_CTRL), GUCBUS_ENGINE_RESET);
    engine->preempting = true; /* and gets no second chance */
    engine->reset_ns = hal_now(guc->hal);
    return engine->reset_ns + ENGINE_RESET_NS;
}

static uint64_t watch_engine(struct guc *guc, unsigned e)
{
    struct guc_engine *engine = &guc->engines[e];
    uint64_t at;

    if (guc_ccs_is(guc, engine->context) && !engine->reset_ns) {
        return watch_ccs(guc, e);
    }
    if (!engine->preempting) {
        at = preempt_at(guc, e);
        if (hal_now(guc->hal) < at) {
            return at;
        }
        preempt(guc, e);
    }
    if (engine->failed) {
        return HAL_FOREVER;
    }
    if (engine->reset_ns) {
        at = engine->reset_ns + ENGINE_RESET_NS;
        if (hal_now(guc->hal) < at) {
            return at;
        }
        fail_engine(guc, e);
        return HAL_FOREVER;
    }
    at = reset_at(guc, e);
    if (hal_now(guc->hal) < at) {
        return at;
    }
    /* Its event takes the context off. */
    hal_write32(guc->hal, ENGINE_REG(e, GUCBUS_ENGINE_CTRL), GUCBUS_ENGINE_RESET);
    engine->reset_ns = hal_now(guc->hal);
    return engine->reset_ns + ENGINE_RESET_NS;
}

uint64_t guc_sched_run(struct guc *guc)
{
    uint64_t next = HAL_FOREVER;

    for (unsigned e = 0; e < guc->config.num_engines; e++) {
        uint64_t at;

        if (!guc->engines[e].busy) {
            fill_engine(guc, e);
        }
        at = guc->engines[e].busy ? watch_engine(guc, e) : HAL_FOREVER;
        next = at < next ? at : next;
    }
    return next;
}
