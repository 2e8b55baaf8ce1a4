/* SPDX-License-Identifier: MIT */
/* The control machine of each VF on each GT, and the worker that drives it: one worker a GT,
 * which takes a VF that has something due, does one step and takes the next VF.
 *
 *            FLR, from anywhere but itself                         STOP, from anywhere but FLR
 *                  |    (FLR_PREPARE waits for it to come by PCI)        |
 *           FLR_SEND_START                                        STOP_SEND_STOP
 *                  | [flr_send_start]                                    | [stop_send]
 *           FLR_WAIT_GUC                                              STOPPED
 *                  | FLR_DONE of the GuC
 *           FLR_GUC_DONE
 *                  | [flr_arrive]                       READY <---------------------------------+
 *           FLR_SYNC                                      | PAUSE                               |
 *                  | all GTs are here [flr_sync]   PAUSE_SEND_PAUSE <---- PAUSE ---- RESUMED    |
 *           FLR_RESET_CONFIG                              | [pause_send]                |       |
 *                  | [flr_reset_config]            PAUSE_WAIT_GUC                       |       |
 *           FLR_RESET_DATA                                | PAUSE_DONE of the GuC       |       |
 *                  | [flr_reset_data]              PAUSE_GUC_DONE                       |       |
 *           FLR_RESET_MMIO                                | [pause_finish]              |       |
 *                  | [flr_reset_mmio]                  PAUSED                           |       |
 *           FLR_SEND_FINISH                           |   |   | RESUME                   |       |
 *                  | [flr_send_finish]                |   |   RESUME_SEND_RESUME --------+      |
 *                  |                             SAVE |   | RESTORE      [resume_send]           |
 *                  |             SAVE_PROCESS_DATA <--+   +--> RESTORE_PROCESS_DATA              |
 *                  |              |  ^ [save_step]            |  ^ [restore_step]    |           |
 *                  |   ring full  v  | packet taken           v  | packet added      | trailer   |
 *                  |             SAVE_WAIT_DATA        RESTORE_WAIT_DATA --trailer--> |           |
 *                  |  nothing left |                                      RESTORE_DATA_DONE      |
 *                  |             SAVE_DATA_DONE                                 | ring empty     |
 *                  |               | end of the stream                       RESTORED            |
 *                  |             SAVED                                                           |
 *                  +-----------------------------------------------------------------------------+
 *
 * SAVED and RESTORED are kinds of paused, as is every x_FAILED that happens to a paused VF; a VF
 * whose pause failed may be paused again. x_REJECTED: the GuC answered a command with FAILURE,
 * so it sees the VF in another state than we do; MISMATCH and PAUSED_MISMATCH: it sent an event
 * that nobody asked for. The next pause or reset that succeeds clears that. A reset of the GT leads
 * from everywhere to READY, and whoever waited is released. The real driver
 * keeps all of this as free bits; here each legal combination is one state. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "gpu_regs.h"
#include "host/pf/pf_private.h"
#include "sim/hal/trace.h"

#define STEP_CYCLES 200u /* of computing for one step, chosen */
#define STATE_BITS  6u

const char *const pf_control_state_names[] = {
#define X(name) #name,
    PF_STATES(X)
#undef X
        NULL};

/* ---- acts of arcs ---------------------------------------------------------------------------- */

/* The GuC told something that nobody asked for. */
static void stray(struct pf_gt *gt, unsigned vf)
{
    const struct pf_control *control = &gt->control[vf];

    trace_peer_error(gt->pf->hal, (int)gt->id, vf, "unasked event", (uint64_t)control->state);
    pf_migration_drop(gt, vf);
}

/* Lets the GTs of a VF pass from FLR_SYNC together. Tried when one arrives, and when one leaves
 * its FLR: a second FLR may have begun on one GT while the other ended the first. */
static void flr_sync(struct pf_gt *gt, unsigned vf)
{
    struct pf *pf = gt->pf;
    uint64_t states = 0;
    enum pf_event event;

    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        states |= 1ull << pf_control_get(&pf->gts[n], vf);
    }
    if (states & (PF_FLR & ~PF_IN(FLR_SYNC))) {
        return;
    }
    event = (states & PF_FLR_LOST) ? PF_EVENT_ERROR : PF_EVENT_SYNCED;
    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        if (pf_control_get(&pf->gts[n], vf) == PF_FLR_SYNC) {
            (void)pf_control_post(&pf->gts[n], vf, event);
        }
    }
}

/* What the GT's reset ended: packets, and an FLR that other GTs may be waiting for. */
static void forget(struct pf_gt *gt, unsigned vf)
{
    pf_migration_drop(gt, vf);
    flr_sync(gt, vf);
}

/* ---- arcs ------------------------------------------------------------------------------------ */

#define SAME           PF_STATE_COUNT

#define PAUSED_SOMEHOW (PF_HALTED | PF_SAVING | PF_RESTORING | PF_RESUMING)
#define PAUSE_SENT     (PF_IN(PAUSE_WAIT_GUC) | PF_IN(PAUSE_GUC_DONE))
#define FLR_SENT       (PF_IN(FLR_WAIT_GUC) | PF_IN(FLR_GUC_DONE))
#define ANY            UINT64_MAX

/* The first row that fits counts. No row: nothing changes, a request gets -EPERM. */
static const struct arc {
    uint64_t from;
    enum pf_event event;
    enum pf_state to;
    int result; /* of the request */
    void (*act)(struct pf_gt *gt, unsigned vf);
} arcs[] = {
    {ANY, PF_EVENT_GT_RESET, PF_READY, 0, forget},

    /* pause */
    {PF_RUNNING, PF_EVENT_PAUSE, PF_PAUSE_SEND_PAUSE, 0, NULL},
    {PAUSED_SOMEHOW, PF_EVENT_PAUSE, SAME, -ESTALE, NULL},
    {PF_PAUSING, PF_EVENT_PAUSE, SAME, -EALREADY, NULL},
    {PF_STOPPING | PF_FLR, PF_EVENT_PAUSE, SAME, -EBUSY, NULL},
    {PF_IN(PAUSE_SEND_PAUSE), PF_EVENT_SENDING, PF_PAUSE_WAIT_GUC, 0, NULL},
    {PAUSE_SENT, PF_EVENT_BUSY, PF_PAUSE_SEND_PAUSE, 0, NULL},
    {PAUSE_SENT, PF_EVENT_REFUSED, PF_PAUSE_REJECTED, 0, NULL},
    {PAUSE_SENT, PF_EVENT_UNANSWERED, PF_PAUSE_FAILED, 0, NULL},
    {PF_IN(PAUSE_WAIT_GUC), PF_EVENT_PAUSE_DONE, PF_PAUSE_GUC_DONE, 0, NULL},
    {PF_IN(PAUSE_GUC_DONE), PF_EVENT_NEXT, PF_PAUSED, 0, NULL},
    {PF_RUNNING | PF_PAUSING, PF_EVENT_PAUSE_DONE, PF_MISMATCH, 0, stray},
    {PAUSED_SOMEHOW, PF_EVENT_PAUSE_DONE, PF_PAUSED_MISMATCH, 0, stray},
    {ANY, PF_EVENT_PAUSE_DONE, SAME, 0, stray},

    /* resume */
    {PF_HALTED, PF_EVENT_RESUME, PF_RESUME_SEND_RESUME, 0, NULL},
    {PF_SAVING | PF_RESTORING, PF_EVENT_RESUME, SAME, -EBUSY, NULL},
    {PF_RESUMING, PF_EVENT_RESUME, SAME, -EALREADY, NULL},
    {PF_RESUMING, PF_EVENT_ACKED, PF_RESUMED, 0, NULL},
    {PF_RESUMING, PF_EVENT_BUSY, PF_RESUME_SEND_RESUME, 0, NULL},
    {PF_RESUMING, PF_EVENT_REFUSED, PF_RESUME_REJECTED, 0, NULL},
    {PF_RESUMING, PF_EVENT_UNANSWERED, PF_RESUME_FAILED, 0, NULL},

    /* stop: the data of a save or restore are of no use any more */
    {PF_IN(STOPPED), PF_EVENT_STOP, SAME, -ESTALE, NULL},
    {PF_STOPPING, PF_EVENT_STOP, SAME, -EALREADY, NULL},
    {PF_FLR, PF_EVENT_STOP, SAME, -EBUSY, NULL},
    {ANY, PF_EVENT_STOP, PF_STOP_SEND_STOP, 0, pf_migration_drop},
    {PF_STOPPING, PF_EVENT_ACKED, PF_STOPPED, 0, NULL},
    {PF_STOPPING, PF_EVENT_BUSY, PF_STOP_SEND_STOP, 0, NULL},
    {PF_STOPPING, PF_EVENT_REFUSED, PF_STOP_REJECTED, 0, NULL},
    {PF_STOPPING, PF_EVENT_UNANSWERED, PF_STOP_FAILED, 0, NULL},

    /* save */
    {PF_HALTED, PF_EVENT_SAVE, PF_SAVE_PROCESS_DATA, 0, pf_migration_drop},
    {PF_RESTORING | PF_RESUMING, PF_EVENT_SAVE, SAME, -EBUSY, NULL},
    {PF_SAVING, PF_EVENT_SAVE, SAME, -EALREADY, NULL},
    {PF_IN(SAVE_PROCESS_DATA), PF_EVENT_MORE, PF_SAVE_PROCESS_DATA, 0, NULL},
    {PF_IN(SAVE_PROCESS_DATA), PF_EVENT_WAIT, PF_SAVE_WAIT_DATA, 0, NULL},
    {PF_IN(SAVE_PROCESS_DATA), PF_EVENT_END, PF_SAVE_DATA_DONE, 0, NULL},
    {PF_IN(SAVE_PROCESS_DATA), PF_EVENT_ERROR, PF_SAVE_FAILED, 0, pf_migration_drop},
    {PF_IN(SAVE_WAIT_DATA), PF_EVENT_PACKET_TAKEN, PF_SAVE_PROCESS_DATA, 0, NULL},
    {PF_IN(SAVE_DATA_DONE), PF_EVENT_SAVE_FINISH, PF_SAVED, 0, NULL},
    {PF_SAVING, PF_EVENT_SAVE_CANCEL, PF_PAUSED, 0, pf_migration_drop},

    /* restore */
    {PF_HALTED, PF_EVENT_RESTORE, PF_RESTORE_PROCESS_DATA, 0, pf_migration_drop},
    {PF_SAVING | PF_RESUMING, PF_EVENT_RESTORE, SAME, -EBUSY, NULL},
    {PF_RESTORING, PF_EVENT_RESTORE, SAME, -EALREADY, NULL},
    {PF_IN(RESTORE_PROCESS_DATA), PF_EVENT_MORE, PF_RESTORE_PROCESS_DATA, 0, NULL},
    {PF_IN(RESTORE_PROCESS_DATA), PF_EVENT_WAIT, PF_RESTORE_WAIT_DATA, 0, NULL},
    {PF_IN(RESTORE_WAIT_DATA), PF_EVENT_PACKET_ADDED, PF_RESTORE_PROCESS_DATA, 0, NULL},
    {PF_IN(RESTORE_PROCESS_DATA) | PF_IN(RESTORE_WAIT_DATA), PF_EVENT_TRAILER, PF_RESTORE_DATA_DONE,
     0, NULL},
    {PF_IN(RESTORE_DATA_DONE), PF_EVENT_MORE, PF_RESTORE_DATA_DONE, 0, NULL},
    {PF_IN(RESTORE_DATA_DONE), PF_EVENT_END, PF_RESTORED, 0, NULL},
    {PF_RESTORING, PF_EVENT_ERROR, PF_RESTORE_FAILED, 0, pf_migration_drop},
    {PF_RESTORING, PF_EVENT_RESTORE_CANCEL, PF_RESTORE_FAILED, 0, pf_migration_drop},
    {PF_IN(RESTORE_DATA_DONE) | PF_IN(RESTORED), PF_EVENT_TRAILER, PF_PAUSED_MISMATCH, -EIO,
     pf_migration_drop},

    /* function level reset */
    {PF_FLR, PF_EVENT_FLR_PREPARE, SAME, -EALREADY, NULL},
    {ANY, PF_EVENT_FLR_PREPARE, PF_FLR_PREPARE, 0, pf_migration_drop},
    {PF_IN(FLR_PREPARE), PF_EVENT_FLR, PF_FLR_SEND_START, 0, NULL},
    /* The GuC tells of a second reset only when FINISH has reached it: a new one. */
    {PF_IN(FLR_SEND_FINISH), PF_EVENT_FLR, PF_FLR_SEND_START, 0, NULL},
    {PF_FLR, PF_EVENT_FLR, SAME, 0, NULL},
    {ANY, PF_EVENT_FLR, PF_FLR_SEND_START, 0, pf_migration_drop},
    {PF_IN(FLR_SEND_START), PF_EVENT_SENDING, PF_FLR_WAIT_GUC, 0, NULL},
    {FLR_SENT, PF_EVENT_BUSY, PF_FLR_SEND_START, 0, NULL},
    {FLR_SENT | PF_IN(FLR_SEND_FINISH), PF_EVENT_REFUSED, PF_FLR_REJECTED, 0, flr_sync},
    {FLR_SENT | PF_IN(FLR_SEND_FINISH), PF_EVENT_UNANSWERED, PF_FLR_FAILED, 0, flr_sync},
    {PF_IN(FLR_WAIT_GUC), PF_EVENT_FLR_DONE, PF_FLR_GUC_DONE, 0, NULL},
    {PF_IN(FLR_GUC_DONE), PF_EVENT_NEXT, PF_FLR_SYNC, 0, flr_sync},
    {PF_IN(FLR_SYNC), PF_EVENT_SYNCED, PF_FLR_RESET_CONFIG, 0, NULL},
    {PF_IN(FLR_SYNC), PF_EVENT_ERROR, PF_FLR_FAILED, 0, NULL},
    {PF_IN(FLR_RESET_CONFIG), PF_EVENT_NEXT, PF_FLR_RESET_DATA, 0, NULL},
    {PF_IN(FLR_RESET_DATA), PF_EVENT_NEXT, PF_FLR_RESET_MMIO, 0, NULL},
    {PF_IN(FLR_RESET_MMIO), PF_EVENT_NEXT, PF_FLR_SEND_FINISH, 0, NULL},
    {PF_IN(FLR_SEND_FINISH), PF_EVENT_BUSY, PF_FLR_SEND_FINISH, 0, NULL},
    {PF_IN(FLR_SEND_FINISH), PF_EVENT_ACKED, PF_READY, 0, flr_sync},
    {PF_RUNNING | PF_PAUSING, PF_EVENT_FLR_DONE, PF_MISMATCH, 0, stray},
    {PAUSED_SOMEHOW, PF_EVENT_FLR_DONE, PF_PAUSED_MISMATCH, 0, stray},
    {ANY, PF_EVENT_FLR_DONE, SAME, 0, stray},
};

static const struct arc *find_arc(enum pf_state from, enum pf_event event)
{
    for (unsigned n = 0; n < ARRAY_SIZE(arcs); n++) {
        if (arcs[n].event == event && arcs[n].from & 1ull << from) {
            return &arcs[n];
        }
    }
    return NULL;
}

/* ---- steps of the worker --------------------------------------------------------------------- */

/* Returns 0, -EIO when the GuC refuses, or another -errno. */
static int guc_action_vf_control(struct pf_gt *gt, unsigned vf, uint32_t command)
{
    const uint32_t request[PF2GUC_VF_CONTROL_REQUEST_MSG_LEN] = {
        GUC_ACTION_PF2GUC_VF_CONTROL,
        vf,
        command,
    };
    int ret = ct_send_recv(gt->ct, request, ARRAY_SIZE(request), NULL, 0, NULL);

    return ret > 0 ? -EPROTO : ret;
}

/* Sends a command and tells the machine how it went, unless the VF has left the states that wait
 * for it. */
static void send_command(struct pf_gt *gt, unsigned vf, uint32_t command, uint64_t waiting)
{
    int err = guc_action_vf_control(gt, vf, command);
    enum pf_event event = PF_EVENT_UNANSWERED;

    if (!(waiting & 1ull << gt->control[vf].state)) {
        return;
    }
    if (!err) {
        event = PF_EVENT_ACKED;
    } else if (err == -EBUSY) {
        event = PF_EVENT_BUSY;
    } else if (err == -EIO) {
        event = PF_EVENT_REFUSED;
    }
    (void)pf_control_post(gt, vf, event);
}

/* PAUSE_WAIT_GUC comes first: the event may overtake the reply. */
static void pause_send(struct pf_gt *gt, unsigned vf)
{
    (void)pf_control_post(gt, vf, PF_EVENT_SENDING);
    send_command(gt, vf, GUC_PF_TRIGGER_VF_PAUSE, PAUSE_SENT);
}

static void resume_send(struct pf_gt *gt, unsigned vf)
{
    send_command(gt, vf, GUC_PF_TRIGGER_VF_RESUME, PF_RESUMING);
}

static void stop_send(struct pf_gt *gt, unsigned vf)
{
    send_command(gt, vf, GUC_PF_TRIGGER_VF_STOP, PF_STOPPING);
}

static void flr_send_start(struct pf_gt *gt, unsigned vf)
{
    (void)pf_control_post(gt, vf, PF_EVENT_SENDING);
    send_command(gt, vf, GUC_PF_TRIGGER_VF_FLR_START, FLR_SENT);
}

static void next(struct pf_gt *gt, unsigned vf)
{
    (void)pf_control_post(gt, vf, PF_EVENT_NEXT);
}

static void flr_reset_config(struct pf_gt *gt, unsigned vf)
{
    struct pf_vf *owner = &gt->pf->vfs[vf];

    if (gt->id == 0 && owner->provisioned) {
        pf_provision_clear_ggtt(gt->pf, owner);
        pf_vram_clear(gt->pf, owner);
    }
    next(gt, vf);
}

static void flr_reset_data(struct pf_gt *gt, unsigned vf)
{
    if (gt->id == 0) {
        pf_service_reset_vf(gt->pf, vf);
    }
    next(gt, vf);
}

static void flr_reset_mmio(struct pf_gt *gt, unsigned vf)
{
    for (unsigned n = 0; n < VF_SW_FLAG_COUNT; n++) {
        hal_write32(gt->pf->hal, pf_vf_mailbox(gt, vf, n), 0);
    }
    next(gt, vf);
}

static void flr_send_finish(struct pf_gt *gt, unsigned vf)
{
    send_command(gt, vf, GUC_PF_TRIGGER_VF_FLR_FINISH, PF_IN(FLR_SEND_FINISH));
}

/* A state without a step waits for an event. */
static void (*const steps[PF_STATE_COUNT])(struct pf_gt *gt, unsigned vf) = {
    [PF_PAUSE_SEND_PAUSE] = pause_send,
    [PF_PAUSE_GUC_DONE] = next,
    [PF_SAVE_PROCESS_DATA] = pf_migration_save_step,
    [PF_RESTORE_PROCESS_DATA] = pf_migration_load_step,
    [PF_RESTORE_DATA_DONE] = pf_migration_load_step,
    [PF_RESUME_SEND_RESUME] = resume_send,
    [PF_STOP_SEND_STOP] = stop_send,
    [PF_FLR_SEND_START] = flr_send_start,
    [PF_FLR_GUC_DONE] = next,
    [PF_FLR_RESET_CONFIG] = flr_reset_config,
    [PF_FLR_RESET_DATA] = flr_reset_data,
    [PF_FLR_RESET_MMIO] = flr_reset_mmio,
    [PF_FLR_SEND_FINISH] = flr_send_finish,
};

/* ---- machine --------------------------------------------------------------------------------- */

static void enter(struct pf_gt *gt, unsigned vf, enum pf_state to)
{
    struct pf_control *control = &gt->control[vf];
    struct hal *hal = gt->pf->hal;

    if (control->state != to) {
        trace_state(hal, (int)gt->id, "pf_state", vf, pf_control_state_names[control->state],
                    pf_control_state_names[to]);
        control->state = to;
        hal_probe_set(hal, control->probe, (uint64_t)to);
    }
    if (steps[to]) {
        gt->due |= 1ull << vf;
    }
    hal_wake(hal); /* the worker, and whoever waits for this state */
}

int pf_control_post(struct pf_gt *gt, unsigned vf, enum pf_event event)
{
    const struct arc *arc = find_arc(gt->control[vf].state, event);

    if (!arc) {
        return -EPERM;
    }
    if (arc->act == stray) {
        stray(gt, vf); /* reports the state in which it came */
    }
    if (arc->to != SAME) {
        enter(gt, vf, arc->to);
    }
    if (arc->act && arc->act != stray) {
        arc->act(gt, vf);
    }
    return arc->result;
}

enum pf_state pf_control_get(const struct pf_gt *gt, unsigned vf)
{
    return gt->control[vf].state;
}

const char *pf_control_state(struct pf *pf, unsigned gt, unsigned vf)
{
    assert(gt < pf->config.num_gts && vf <= PF_MAX_VFS);
    return pf_control_state_names[pf_control_get(&pf->gts[gt], vf)];
}

void pf_control_init(struct pf_gt *gt)
{
    for (unsigned vf = 1; vf <= gt->pf->config.total_vfs; vf++) {
        char path[48];

        (void)snprintf(path, sizeof(path), "gt%u.vf%u.pf_state", gt->id, vf);
        gt->control[vf].probe = hal_probe(gt->pf->hal, path, STATE_BITS, pf_control_state_names);
    }
}

/* The VF whose turn it is, 0 when none has something due. */
static unsigned next_due(struct pf_gt *gt)
{
    const uint64_t later = gt->due & ~((2ull << gt->last_vf) - 1);
    const uint64_t candidates = later ? later : gt->due;

    if (!candidates) {
        return 0;
    }
    gt->last_vf = (unsigned)__builtin_ctzll(candidates);
    gt->due &= ~(1ull << gt->last_vf);
    return gt->last_vf;
}

void pf_control_worker(void *arg)
{
    struct pf_gt *gt = arg;

    for (;;) {
        enum pf_state state;
        unsigned vf;

        if (gt->reset.due) {
            pf_reset_run(gt);
            continue;
        }
        vf = next_due(gt);
        if (!vf) {
            hal_wait(gt->pf->hal, HAL_FOREVER);
            continue;
        }
        hal_cycles(gt->pf->hal, STEP_CYCLES);
        state = pf_control_get(gt, vf);
        if (steps[state]) {
            steps[state](gt, vf);
        }
    }
}
