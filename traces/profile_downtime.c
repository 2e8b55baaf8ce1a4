/* SPDX-License-Identifier: MIT */
/* Where a VM's downtime goes. A migration is found by its VFIO devices: the source's enters
 * STOP_COPY, the target's RESUMING. Its steps follow each other without gap:
 *
 *   PF pauses .. STOP_COPY    pause, and drain while the GuC waits for the VF's engines
 *   STOP_COPY .. STOP         save
 *   .. target is prepared     copy (of RAM); none when it was RESUMING before, as with pre-copy
 *   .. target is STOP again   restore
 *   .. target is RUNNING      resume
 *   then for each GT by its driver's recovery steps, up to when the first context has done all
 *   the jobs that wait in its ring. A driver that tells none (a guest outside of the machine) is
 *   told by what the device sees of it: the interrupt, and its messages. Then the worker's turn
 *   ends with RESFIX_START, and what follows the last query up to RESFIX_DONE is fixups. */
#include "traces/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_messages_abi.h"

#define MAX_COPYING 64u /* migrations between source and target that are looked at */
#define NUM_FNS     (EVENT_MAX_FN + 1u)

enum stage { STAGE_SAVE, STAGE_COPY, STAGE_RESTORE, STAGE_RESUME, STAGE_RECOVER, STAGE_OVER };

struct recovery {
    enum profile_step step; /* under way */
    uint64_t since;
    uint64_t first_job; /* PROFILE_NEVER: none yet */
    bool over;
    bool own; /* told by its driver */
};

struct migration {
    struct profile_migration told;
    enum stage stage;
    uint64_t since;
    uint64_t steps[PROFILE_INTERRUPT]; /* that all GTs share */
    struct recovery gts[PROFILE_GTS];
};

/* One VF on one GPU. */
struct device {
    uint64_t paused;  /* since when, PROFILE_NEVER: it is not */
    uint64_t drained; /* so long in all since then */
    uint64_t drain_since;
    unsigned draining; /* GTs */
    uint64_t awaiting; /* a target in RESUMING that no migration has met, since; 0: it is not */
    size_t source_of;  /* migration number + 1, 0: none */
    size_t target_of;
};

struct downtime {
    struct device devices[PROFILE_MAX_GPUS][NUM_FNS];
    struct migration *migrations;
    size_t num_migrations;
};

static const char *const step_names[] = {
    [PROFILE_PAUSE] = "pause",
    [PROFILE_DRAIN] = "drain",
    [PROFILE_SAVE] = "save",
    [PROFILE_COPY] = "copy",
    [PROFILE_RESTORE] = "restore",
    [PROFILE_RESUME] = "resume",
    [PROFILE_INTERRUPT] = "interrupt",
    [PROFILE_TURN] = "worker's turn",
    [PROFILE_RESFIX_START] = "RESFIX_START",
    [PROFILE_QUERIES] = "queries",
    [PROFILE_FIXUPS] = "fixups",
    [PROFILE_RESTART] = "restart",
    [PROFILE_RESFIX_DONE] = "RESFIX_DONE",
    [PROFILE_FIRST_JOB] = "first work done",
};

const char *profile_step_name(enum profile_step step)
{
    return step_names[step];
}

struct downtime *downtime_create(void)
{
    struct downtime *downtime = calloc(1, sizeof(*downtime));

    for (unsigned gpu = 0; downtime && gpu < PROFILE_MAX_GPUS; gpu++) {
        for (unsigned fn = 0; fn < NUM_FNS; fn++) {
            downtime->devices[gpu][fn].paused = PROFILE_NEVER;
        }
    }
    return downtime;
}

void downtime_destroy(struct downtime *downtime)
{
    if (downtime) {
        free(downtime->migrations);
        free(downtime);
    }
}

/* ---- up to STOP_COPY ------------------------------------------------------------------------- */

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void on_pf_state(struct device *device, const struct event *event)
{
    const char *to = event_text(event, "to");

    if (begins_with(to, "PAUSE_") && device->paused == PROFILE_NEVER) {
        device->paused = event->t_ps;
        device->drained = 0;
    } else if (strcmp(to, "RESUMED") == 0 || strcmp(to, "READY") == 0) {
        device->paused = PROFILE_NEVER;
    }
}

static void on_vf_state(struct device *device, const struct event *event)
{
    bool was = strstr(event_text(event, "from"), "_PAUSING") != NULL;
    bool is = strstr(event_text(event, "to"), "_PAUSING") != NULL;

    if (is && !was) {
        device->drain_since = device->draining ? device->drain_since : event->t_ps;
        device->draining++;
    } else if (was && !is && device->draining) {
        device->draining--;
        device->drained += device->draining ? 0 : event->t_ps - device->drain_since;
    }
}

/* ---- from device to device ------------------------------------------------------------------- */

static int begin(struct downtime *downtime, struct device *device, const struct event *event,
                 unsigned gpu, unsigned vf)
{
    uint64_t start = device->paused == PROFILE_NEVER ? event->t_ps : device->paused;
    uint64_t drained = device->paused == PROFILE_NEVER ? 0 : device->drained;
    struct migration *migration;
    void *grown = realloc(downtime->migrations,
                          (downtime->num_migrations + 1) * sizeof(*downtime->migrations));

    if (!grown) {
        return -ENOMEM;
    }
    downtime->migrations = grown;
    migration = &downtime->migrations[downtime->num_migrations++];
    *migration = (struct migration){
        .told = {.from = (uint8_t)gpu, .vf_from = (uint8_t)vf, .start = start},
        .since = event->t_ps,
        .steps = {[PROFILE_PAUSE] = event->t_ps - start - drained, [PROFILE_DRAIN] = drained},
    };
    device->source_of = downtime->num_migrations;
    return 0;
}

static void end_step(struct migration *migration, enum profile_step step, uint64_t t_ps)
{
    migration->steps[step] += t_ps - migration->since;
    migration->since = t_ps;
}

/* The oldest migration that has left its source and has no target, or NULL. */
static struct migration *copying(struct downtime *downtime)
{
    size_t count = downtime->num_migrations;
    size_t first = count > MAX_COPYING ? count - MAX_COPYING : 0;

    for (size_t i = first; i < count; i++) {
        if (downtime->migrations[i].stage == STAGE_COPY) {
            return &downtime->migrations[i];
        }
    }
    return NULL;
}

static void meet_target(struct downtime *downtime, struct device *device, const struct event *event,
                        unsigned gpu, unsigned vf)
{
    struct migration *migration = copying(downtime);
    uint64_t prepared = device->paused;

    if (!migration) {
        device->awaiting = event->t_ps;
        return;
    }
    device->awaiting = 0;
    /* A target that was paused before is not prepared for this migration. */
    if (prepared == PROFILE_NEVER || prepared < migration->since) {
        prepared = event->t_ps;
    }
    end_step(migration, PROFILE_COPY, prepared);
    migration->stage = STAGE_RESTORE;
    migration->told.to = (uint8_t)gpu;
    migration->told.vf_to = (uint8_t)vf;
    device->target_of = (size_t)(migration - downtime->migrations) + 1;
}

/* A source is saved: the target that has waited longest is met now. */
static void meet_awaiting(struct downtime *downtime, const struct event *event)
{
    struct device *oldest = NULL;

    for (unsigned n = 0; n < PROFILE_MAX_GPUS * NUM_FNS; n++) {
        struct device *device = &downtime->devices[n / NUM_FNS][n % NUM_FNS];

        if (device->awaiting && (!oldest || device->awaiting < oldest->awaiting)) {
            oldest = device;
        }
    }
    if (oldest) {
        size_t n = (size_t)(oldest - downtime->devices[0]);

        meet_target(downtime, oldest, event, (unsigned)(n / NUM_FNS), (unsigned)(n % NUM_FNS));
    }
}

static void on_target(struct migration *migration, const struct event *event, const char *from,
                      const char *to)
{
    if (migration->stage == STAGE_RESTORE && strcmp(from, "RESUMING") == 0) {
        end_step(migration, PROFILE_RESTORE, event->t_ps);
        migration->stage = STAGE_RESUME;
    } else if (migration->stage == STAGE_RESUME && strcmp(to, "RUNNING") == 0) {
        end_step(migration, PROFILE_RESUME, event->t_ps);
        migration->stage = STAGE_RECOVER;
        migration->told.arrived = true;
        migration->told.resume = event->t_ps;
        for (unsigned gt = 0; gt < PROFILE_GTS; gt++) {
            migration->gts[gt] = (struct recovery){
                .step = PROFILE_INTERRUPT, .since = event->t_ps, .first_job = PROFILE_NEVER};
        }
    }
    if (strcmp(to, "ERROR") == 0) {
        migration->stage = STAGE_OVER;
    }
}

/* Number of the VF in a device's name, "src.vf1"; 0 when it has none. */
static unsigned vf_of(const char *dev)
{
    const char *number = strstr(dev, ".vf");
    unsigned vf = 0;

    for (number = number ? number + 3 : ""; *number >= '0' && *number <= '9'; number++) {
        vf = vf <= EVENT_MAX_FN ? vf * 10 + (unsigned)(*number - '0') : vf;
    }
    return *number == '\0' && vf <= EVENT_MAX_FN ? vf : 0;
}

static int on_vfio(struct downtime *downtime, const struct event *event, unsigned gpu)
{
    const char *from = event_text(event, "from");
    const char *to = event_text(event, "to");
    unsigned vf = vf_of(event_text(event, "dev"));
    struct device *device = &downtime->devices[gpu][vf];

    if (!vf) {
        return 0;
    }
    if (strcmp(to, "STOP_COPY") == 0) {
        return begin(downtime, device, event, gpu, vf);
    }
    if (strcmp(to, "RESUMING") == 0) {
        meet_target(downtime, device, event, gpu, vf);
        return 0;
    }
    device->awaiting = 0;
    if (device->target_of) {
        on_target(&downtime->migrations[device->target_of - 1], event, from, to);
    }
    if (device->source_of) {
        struct migration *migration = &downtime->migrations[device->source_of - 1];

        if (migration->stage == STAGE_SAVE && strcmp(from, "STOP_COPY") == 0) {
            end_step(migration, PROFILE_SAVE, event->t_ps);
            migration->stage = STAGE_COPY;
            meet_awaiting(downtime, event);
        }
        /* The source runs again (or is lost): there is no migration any more. */
        if (migration->stage < STAGE_RECOVER && strcmp(to, "STOP") != 0) {
            migration->stage = STAGE_OVER;
        }
    }
    return 0;
}

/* ---- recovery -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum profile_step next; /* that begins with this event */
} recovery_steps[] = {
    {"irq", PROFILE_TURN},
    {"requeued", PROFILE_TURN},
    {"start", PROFILE_RESFIX_START},
    {"resfix_start", PROFILE_RESFIX_START},
    {"query", PROFILE_QUERIES},
    {"fixups", PROFILE_FIXUPS},
    {"fixups_done", PROFILE_RESTART},
    {"restart", PROFILE_RESTART},
    {"resfix_done", PROFILE_RESFIX_DONE},
    {"ended", PROFILE_FIRST_JOB},
};

static struct migration *recovering(struct downtime *downtime, unsigned gpu, unsigned fn)
{
    size_t number = downtime->devices[gpu][fn].target_of;
    struct migration *migration = number ? &downtime->migrations[number - 1] : NULL;

    return migration && migration->stage == STAGE_RECOVER ? migration : NULL;
}

static void end_recovery(struct migration *migration, unsigned gt, uint64_t t_ps, bool ended)
{
    struct profile_recovery *told = &migration->told.gts[gt];

    told->ended = ended;
    told->end = t_ps;
    migration->gts[gt].over = true;
}

static void on_recovery(struct migration *migration, const struct event *event, unsigned gt)
{
    struct recovery *recovery = &migration->gts[gt];
    struct profile_recovery *told = &migration->told.gts[gt];
    const char *step = event_text(event, "step");

    if (!recovery->own) {
        /* What was taken from messages before was the end of an earlier recovery. */
        *recovery = (struct recovery){.since = migration->told.resume,
                                      .step = PROFILE_INTERRUPT,
                                      .first_job = recovery->first_job,
                                      .own = true};
        memset(told->steps, 0, sizeof(told->steps));
    }
    if (recovery->over) {
        return;
    }
    told->seen = true;
    told->steps[recovery->step] += event->t_ps - recovery->since;
    recovery->since = event->t_ps;
    for (size_t i = 0; i < ARRAY_SIZE(recovery_steps); i++) {
        if (strcmp(recovery_steps[i].name, step) == 0) {
            recovery->step = recovery_steps[i].next;
        }
    }
    if (strcmp(step, "wedged") == 0) {
        end_recovery(migration, gt, event->t_ps, false);
    } else if (recovery->step == PROFILE_FIRST_JOB && recovery->first_job != PROFILE_NEVER) {
        /* The GuC lets jobs run as soon as it has taken DONE; its answer may come later. */
        end_recovery(migration, gt, event->t_ps, true);
    }
}

/* The first interrupt after a migration is that of both GTs' MIGRATED bits. */
static void on_irq(struct migration *migration, const struct event *event)
{
    for (unsigned gt = 0; gt < PROFILE_GTS; gt++) {
        struct recovery *recovery = &migration->gts[gt];

        if (!recovery->own && recovery->step == PROFILE_INTERRUPT) {
            migration->told.gts[gt].steps[PROFILE_INTERRUPT] += event->t_ps - recovery->since;
            recovery->since = event->t_ps;
            recovery->step = PROFILE_TURN;
        }
    }
}

/* Step that a message of the mailbox ends, and the one that begins with it. */
static enum profile_step message_step(const struct event *event, enum profile_step now,
                                      enum profile_step *next)
{
    const uint64_t action = event_int(event, "action");
    const bool is_request = strcmp(event_text(event, "ev"), "request") == 0;
    uint32_t hxg[EVENT_MAX_HXG] = {0};
    uint32_t type;

    (void)event_hxg(event, hxg);
    type = FIELD_GET(GUC_HXG_MSG_0_TYPE, hxg[0]);
    *next = now;
    if (action == GUC_ACTION_VF2GUC_RESFIX_START && is_request) {
        *next = PROFILE_RESFIX_START;
    } else if (action == GUC_ACTION_VF2GUC_RESFIX_START && type == GUC_HXG_TYPE_RESPONSE_SUCCESS) {
        *next = PROFILE_QUERIES;
    } else if (action == GUC_ACTION_VF2GUC_RESFIX_DONE && is_request) {
        *next = PROFILE_RESFIX_DONE;
        return now == PROFILE_QUERIES ? PROFILE_FIXUPS : now;
    } else if (action == GUC_ACTION_VF2GUC_RESFIX_DONE && type == GUC_HXG_TYPE_RESPONSE_SUCCESS) {
        *next = PROFILE_FIRST_JOB;
    } else if (action == GUC_ACTION_VF2GUC_RESFIX_DONE && type == GUC_HXG_TYPE_RESPONSE_FAILURE) {
        *next = PROFILE_TURN; /* it will be tried again */
    }
    return now;
}

static void on_message(struct migration *migration, const struct event *event, unsigned gt)
{
    struct recovery *recovery = &migration->gts[gt];
    struct profile_recovery *told = &migration->told.gts[gt];
    enum profile_step next, step;

    /* The device may have sent the interrupt before VFIO says that it runs. */
    for (unsigned n = 0; n < PROFILE_GTS; n++) {
        if (migration->gts[n].step == PROFILE_INTERRUPT && !migration->gts[n].own) {
            migration->gts[n].step = PROFILE_TURN;
        }
    }
    if (recovery->own || recovery->over || recovery->step == PROFILE_FIRST_JOB) {
        return;
    }
    step = message_step(event, recovery->step, &next);
    told->seen |= next == PROFILE_RESFIX_START;
    told->steps[step] += event->t_ps - recovery->since;
    recovery->since = event->t_ps;
    recovery->step = next;
    if (next == PROFILE_FIRST_JOB && recovery->first_job != PROFILE_NEVER) {
        end_recovery(migration, gt, event->t_ps, true);
    }
}

static void on_job(struct migration *migration, const struct event *event, unsigned gt)
{
    struct recovery *recovery = &migration->gts[gt];

    if (strcmp(event_text(event, "ev"), "complete") != 0 || recovery->first_job != PROFILE_NEVER) {
        return;
    }
    recovery->first_job = event->t_ps;
    if (!recovery->over && recovery->step == PROFILE_FIRST_JOB) {
        migration->told.gts[gt].steps[PROFILE_FIRST_JOB] += event->t_ps - recovery->since;
        end_recovery(migration, gt, event->t_ps, true);
    }
}

/* What the device does for a function, or sees of it. */
static void on_device(struct downtime *downtime, const struct event *event, unsigned gpu,
                      unsigned gt)
{
    struct migration *migration;

    if (strcmp(event->kind, "job") != 0 && strcmp(event->kind, "irq") != 0 &&
        strcmp(event->kind, "mmio_msg") != 0) {
        return;
    }
    migration = recovering(downtime, gpu, (unsigned)event_int(event, "fn"));
    if (!migration) {
        return;
    }
    if (strcmp(event->kind, "job") == 0) {
        on_job(migration, event, gt);
    } else if (strcmp(event->kind, "irq") == 0) {
        on_irq(migration, event);
    } else {
        on_message(migration, event, gt);
    }
}

/* ---- whole ----------------------------------------------------------------------------------- */

int downtime_event(struct downtime *downtime, const struct event *event, unsigned gpu)
{
    unsigned gt = event->gt > 0 ? 1 : 0;
    unsigned vf = (unsigned)event_int(event, "vf");
    struct migration *migration;

    if (strcmp(event->kind, "vfio") == 0) {
        return on_vfio(downtime, event, gpu);
    }
    if (strcmp(event->kind, "pf_state") == 0) {
        on_pf_state(&downtime->devices[gpu][vf], event);
    } else if (strcmp(event->kind, "vf_state") == 0) {
        on_vf_state(&downtime->devices[gpu][vf], event);
    } else if (strcmp(event->kind, "recovery") == 0) {
        migration = recovering(downtime, gpu, vf);
        if (migration) {
            on_recovery(migration, event, gt);
        }
    } else {
        on_device(downtime, event, gpu, gt);
    }
    return 0;
}

static void finish(struct migration *migration)
{
    for (unsigned gt = 0; gt < PROFILE_GTS; gt++) {
        struct profile_recovery *told = &migration->told.gts[gt];

        /* A GT on which nothing ran is back when its recovery has ended. */
        if (told->seen && !migration->gts[gt].over) {
            end_recovery(migration, gt, migration->gts[gt].since,
                         migration->gts[gt].step == PROFILE_FIRST_JOB);
        }
        memcpy(told->steps, migration->steps, sizeof(migration->steps));
    }
    if (!migration->told.gts[0].seen && !migration->told.gts[1].seen) {
        migration->told.gts[0].end = migration->since;
    }
}

void downtime_finish(struct downtime *downtime, struct profile *profile)
{
    size_t count = downtime->num_migrations;

    profile->migrations = calloc(count ? count : 1, sizeof(*profile->migrations));
    for (size_t i = 0; profile->migrations && i < count; i++) {
        finish(&downtime->migrations[i]);
        profile->migrations[i] = downtime->migrations[i].told;
        profile->num_migrations++;
    }
}
