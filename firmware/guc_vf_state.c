/* SPDX-License-Identifier: MIT */
/* State machine of a VF in this GuC. The five names READY, READY_PAUSED, RUNNING, RESFIX_PAUSED
 * and RESFIX_BLOCKED are public; the other states are this model's.
 *
 *   UNPROVISIONED --PROVISION--> READY <--VF_RESET-- RUNNING <----------- RESFIX_DONE ---.
 *                                | ^  '---ACTIVITY-->| ^                                 |
 *                          PAUSE | | RESUME    PAUSE | | RESUME                          |
 *                                v |                 v |                                 |
 *                       READY_PAUSED        RUNNING_PAUSING --QUIESCED--> RUNNING_PAUSED |
 *                                |                                                       |
 *                                '--RESTORE--> RESFIX_PAUSED --RESUME--> RESFIX_BLOCKED -'
 *                                                            <--PAUSE---
 *   almost any --STOP--> STOPPED;  any --FLR--> FLR_PENDING --FLR_START--> FLR_WAIT_FINISH
 *   --FLR_FINISH--> READY;  any --UNPROVISION--> UNPROVISIONED. A second FLR is part of the first.
 *
 * Decisions of the model: ACTIVITY, which makes a VF running, is the first enable of its CTB
 * (without CTB it cannot register a context). A command that a state does not name is refused and
 * changes nothing; so is PAUSE of a paused VF. STOPPED answers its mailbox but lets nothing be set
 * up; only FLR leads out of it. A paused VF whose driver resets becomes READY_PAUSED, so that an
 * image may be loaded again. */
#include "firmware/guc_vf_state.h"

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/guc_private.h"
#include "sim/hal/trace.h"

const char *const guc_vf_state_names[GUC_VF_STATE_COUNT + 1] = {
    [GUC_VF_UNPROVISIONED] = "VF_UNPROVISIONED",
    [GUC_VF_READY] = "VF_READY",
    [GUC_VF_READY_PAUSED] = "VF_READY_PAUSED",
    [GUC_VF_RUNNING] = "VF_RUNNING",
    [GUC_VF_RUNNING_PAUSING] = "VF_RUNNING_PAUSING",
    [GUC_VF_RUNNING_PAUSED] = "VF_RUNNING_PAUSED",
    [GUC_VF_RESFIX_PAUSED] = "VF_RESFIX_PAUSED",
    [GUC_VF_RESFIX_BLOCKED] = "VF_RESFIX_BLOCKED",
    [GUC_VF_STOPPED] = "VF_STOPPED",
    [GUC_VF_FLR_PENDING] = "VF_FLR_PENDING",
    [GUC_VF_FLR_WAIT_FINISH] = "VF_FLR_WAIT_FINISH",
};

static const char *const event_names[GUC_VF_EVENT_COUNT] = {
    [GUC_VF_EVENT_PROVISION] = "PROVISION",
    [GUC_VF_EVENT_UNPROVISION] = "UNPROVISION",
    [GUC_VF_EVENT_ACTIVITY] = "ACTIVITY",
    [GUC_VF_EVENT_VF_RESET] = "VF_RESET",
    [GUC_VF_EVENT_PAUSE] = "PAUSE",
    [GUC_VF_EVENT_QUIESCED] = "QUIESCED",
    [GUC_VF_EVENT_SAVE] = "SAVE",
    [GUC_VF_EVENT_RESTORE] = "RESTORE",
    [GUC_VF_EVENT_RESUME] = "RESUME",
    [GUC_VF_EVENT_STOP] = "STOP",
    [GUC_VF_EVENT_RESFIX_START] = "RESFIX_START",
    [GUC_VF_EVENT_RESFIX_DONE] = "RESFIX_DONE",
    [GUC_VF_EVENT_FLR] = "FLR",
    [GUC_VF_EVENT_FLR_START] = "FLR_START",
    [GUC_VF_EVENT_FLR_FINISH] = "FLR_FINISH",
};

/* ---- what happens on the arcs ---------------------------------------------------------------- */

static void notify_pf(struct guc *guc, unsigned vf, unsigned event)
{
    guc->functions[vf].notify |= 1u << event;
}

static void close_gate(struct guc *guc, unsigned vf)
{
    hal_write32(guc->hal, GUCBUS_GATE_CLOSE, vf);
    guc_sched_gate_closed(guc, vf);
}

static void open_gate(struct guc *guc, unsigned vf)
{
    hal_write32(guc->hal, GUCBUS_GATE_OPEN, vf);
    /* Messages that lay unread over the pause, or that a recovery turned into no-ops, have no
     * doorbell. */
    guc->functions[vf].ctb.doorbell = true;
}

static void begin_pause(struct guc *guc, unsigned vf)
{
    guc_ccs_pause(guc, vf);
    close_gate(guc, vf);
}

static void pause_done(struct guc *guc, unsigned vf)
{
    notify_pf(guc, vf, GUC_PF_NOTIFY_VF_PAUSE_DONE);
}

static void pause_blocked(struct guc *guc, unsigned vf)
{
    guc_ccs_pause(guc, vf);
    pause_done(guc, vf);
}

static void pause_idle(struct guc *guc, unsigned vf)
{
    close_gate(guc, vf);
    pause_done(guc, vf);
}

/* The marker goes at RESTORE and again at RESUME, since a stale RESFIX_DONE must fail between them
 * and after them. The MIGRATED interrupt belongs to both points too, but it is a write through the
 * VF's GGTT entries, which follow the GuC's part in a stream: at RESTORE they are absent or still
 * those of provisioning (page 0 of whatever is there). So it stays due until RESUME, when entries
 * and memory are there, and is posted once. No driver can tell: its vCPUs do not run between. */
static void forget_marker(struct guc *guc, unsigned vf)
{
    guc->functions[vf].marker = 0;
}

static void block_for_fixups(struct guc *guc, unsigned vf)
{
    forget_marker(guc, vf);
    /* The PF loaded the VF's GGTT entries since they were last looked up. */
    guc_tlb_invalidate(guc);
    guc_irq_send(guc, vf, GUC_INTR_SW_INT_0);
}

static void fixups_done(struct guc *guc, unsigned vf)
{
    forget_marker(guc, vf);
    notify_pf(guc, vf, GUC_PF_NOTIFY_VF_FIXUP_DONE);
    open_gate(guc, vf);
}

static void drop_and_open(struct guc *guc, unsigned vf)
{
    guc_fn_drop(guc, vf);
    open_gate(guc, vf);
}

static void drop_and_close(struct guc *guc, unsigned vf)
{
    /* No PAUSE_DONE may follow what ends the pause: the PF would take it for the end of the
     * reset. */
    guc->functions[vf].notify = 0;
    close_gate(guc, vf);
    guc_fn_drop(guc, vf);
}

static void begin_flr(struct guc *guc, unsigned vf)
{
    drop_and_close(guc, vf);
    guc_adverse_forget(guc, vf);
    notify_pf(guc, vf, GUC_PF_NOTIFY_VF_FLR);
}

static void clean_for_flr(struct guc *guc, unsigned vf)
{
    drop_and_close(guc, vf);
    guc_adverse_forget(guc, vf);
    notify_pf(guc, vf, GUC_PF_NOTIFY_VF_FLR_DONE);
}

/* ---- arcs ------------------------------------------------------------------------------------ */

struct arc {
    uint16_t from; /* bits 1 << state */
    uint8_t event;
    int8_t to; /* STAY: where it was */
    void (*act)(struct guc *guc, unsigned vf);
};

#define STAY       (-1)
#define IN(state)  (1u << GUC_VF_##state)
#define ANY        ((1u << GUC_VF_STATE_COUNT) - 1u)
#define IN_FLR     (IN(FLR_PENDING) | IN(FLR_WAIT_FINISH))
#define PAUSED     (IN(READY_PAUSED) | IN(RUNNING_PAUSED) | IN(RESFIX_PAUSED))
#define CONFIGURED (ANY & ~IN(UNPROVISIONED))

static const struct arc arcs[] = {
    {IN(UNPROVISIONED), GUC_VF_EVENT_PROVISION, GUC_VF_READY, NULL},
    {ANY, GUC_VF_EVENT_UNPROVISION, GUC_VF_UNPROVISIONED, drop_and_open},

    {IN(READY), GUC_VF_EVENT_ACTIVITY, GUC_VF_RUNNING, NULL},
    {IN(READY_PAUSED), GUC_VF_EVENT_ACTIVITY, GUC_VF_RUNNING_PAUSED, NULL},
    {IN(RUNNING) | IN(RUNNING_PAUSING) | IN(RUNNING_PAUSED), GUC_VF_EVENT_ACTIVITY, STAY, NULL},

    {IN(UNPROVISIONED) | IN(READY_PAUSED) | IN(RUNNING_PAUSING), GUC_VF_EVENT_VF_RESET, STAY,
     guc_fn_drop},
    {IN(READY) | IN(RUNNING) | IN(RESFIX_BLOCKED), GUC_VF_EVENT_VF_RESET, GUC_VF_READY,
     drop_and_open},
    {IN(RUNNING_PAUSED) | IN(RESFIX_PAUSED), GUC_VF_EVENT_VF_RESET, GUC_VF_READY_PAUSED,
     guc_fn_drop},

    {IN(READY), GUC_VF_EVENT_PAUSE, GUC_VF_READY_PAUSED, pause_idle},
    {IN(RUNNING), GUC_VF_EVENT_PAUSE, GUC_VF_RUNNING_PAUSING, begin_pause},
    {IN(RUNNING_PAUSING), GUC_VF_EVENT_QUIESCED, GUC_VF_RUNNING_PAUSED, pause_done},
    {IN(RESFIX_BLOCKED), GUC_VF_EVENT_PAUSE, GUC_VF_RESFIX_PAUSED, pause_blocked},

    {PAUSED, GUC_VF_EVENT_SAVE, STAY, NULL},
    {IN(READY_PAUSED) | IN(RESFIX_PAUSED), GUC_VF_EVENT_RESTORE, GUC_VF_RESFIX_PAUSED,
     forget_marker},

    {IN(READY_PAUSED), GUC_VF_EVENT_RESUME, GUC_VF_READY, open_gate},
    {IN(RUNNING_PAUSED), GUC_VF_EVENT_RESUME, GUC_VF_RUNNING, open_gate},
    {IN(RESFIX_PAUSED), GUC_VF_EVENT_RESUME, GUC_VF_RESFIX_BLOCKED, block_for_fixups},

    {IN(RESFIX_BLOCKED) | IN(RESFIX_PAUSED), GUC_VF_EVENT_RESFIX_START, STAY, NULL},
    {IN(RESFIX_BLOCKED), GUC_VF_EVENT_RESFIX_DONE, GUC_VF_RUNNING, fixups_done},

    {CONFIGURED & ~IN_FLR, GUC_VF_EVENT_STOP, GUC_VF_STOPPED, drop_and_close},

    {CONFIGURED & ~IN(FLR_WAIT_FINISH), GUC_VF_EVENT_FLR, GUC_VF_FLR_PENDING, begin_flr},
    /* All is clean and nothing has run since; the PF is at it and would not hear. */
    {IN(FLR_WAIT_FINISH), GUC_VF_EVENT_FLR, STAY, NULL},
    {CONFIGURED, GUC_VF_EVENT_FLR_START, GUC_VF_FLR_WAIT_FINISH, clean_for_flr},
    {IN(FLR_WAIT_FINISH), GUC_VF_EVENT_FLR_FINISH, GUC_VF_READY, open_gate},
};

static const struct arc *find_arc(enum guc_vf_state state, enum guc_vf_event event)
{
    for (unsigned i = 0; i < ARRAY_SIZE(arcs); i++) {
        if (arcs[i].event == event && (arcs[i].from & 1u << state)) {
            return &arcs[i];
        }
    }
    return NULL;
}

int guc_vf_next(enum guc_vf_state state, enum guc_vf_event event)
{
    const struct arc *arc = find_arc(state, event);

    if (!arc) {
        return -1;
    }
    return arc->to == STAY ? (int)state : arc->to;
}

bool guc_vf_arc_at(unsigned n, struct guc_vf_arc *arc)
{
    for (int at = 0; at < GUC_VF_STATE_COUNT * GUC_VF_EVENT_COUNT; at++) {
        const int from = at / GUC_VF_EVENT_COUNT, event = at % GUC_VF_EVENT_COUNT;
        const int to = guc_vf_next((enum guc_vf_state)from, (enum guc_vf_event)event);

        if (to < 0 || to == from || n-- > 0) {
            continue;
        }
        *arc = (struct guc_vf_arc){guc_vf_state_names[from], event_names[event],
                                   guc_vf_state_names[to]};
        return true;
    }
    return false;
}

bool guc_vf_allows(const struct guc *guc, unsigned vf, enum guc_vf_event event)
{
    return find_arc(guc->functions[vf].state, event) != NULL;
}

static uint32_t refusal(enum guc_vf_state state, enum guc_vf_event event)
{
    if (state == GUC_VF_UNPROVISIONED) {
        return XE_GUC_RESPONSE_UNPROVISIONED_VF;
    }
    /* The one code that a driver takes as "migrated again": it then repeats its recovery. */
    return event == GUC_VF_EVENT_RESFIX_DONE ? XE_GUC_RESPONSE_VF_MIGRATED
                                             : XE_GUC_RESPONSE_INVALID_STATE;
}

uint32_t guc_vf_fire(struct guc *guc, unsigned vf, enum guc_vf_event event)
{
    struct guc_function *function = &guc->functions[vf];
    enum guc_vf_state from = function->state;
    const struct arc *arc = find_arc(from, event);

    if (!arc) {
        return refusal(from, event);
    }
    if (arc->to != STAY && arc->to != (int)from) {
        function->state = (enum guc_vf_state)arc->to;
        trace_state(guc->hal, (int)guc->config.gt, "vf_state", vf, guc_vf_state_names[from],
                    guc_vf_state_names[function->state]);
        hal_probe_set(guc->hal, function->probes.state, function->state);
    }
    if (arc->act) {
        arc->act(guc, vf);
    }
    return 0;
}

/* ---- functions ------------------------------------------------------------------------------- */

bool guc_fn_runs(const struct guc *guc, unsigned fn)
{
    return fn == GUC_PF || guc->functions[fn].state == GUC_VF_RUNNING;
}

void guc_fn_drop(struct guc *guc, unsigned fn)
{
    struct guc_function *function = &guc->functions[fn];

    guc_ccs_forget(guc, fn);
    guc_sched_kill(guc, fn);
    guc_context_remove_all(guc, fn);
    guc_ctb_disable(guc, fn, false);
    for (unsigned i = 0; i < GUC_SELF_KEYS; i++) {
        function->self[i] = 0;
    }
    function->marker = 0;
    function->left_size = 0;
    function->pages = (struct guc_pages){0};
    function->abi = guc->config.abi_version;
}
