/* SPDX-License-Identifier: MIT */
/* Control of a VF on all GTs: asks each GT's machine and waits for it, with the codes and time
 * limits of the real driver. A call that times out does not cancel its operation; later ones
 * find it in progress. */
#include <errno.h>

#include "host/pf/pf_private.h"

#define REQUEST_TIMEOUT_NS HAL_NS_PER_S
#define FLR_TIMEOUT_NS     (5 * HAL_NS_PER_S)
#define RESTORE_TIMEOUT_NS (20 * HAL_NS_PER_S)

/* How a request ends: no longer busy, then well, badly, or as neither (something else came
 * between). */
struct operation {
    enum pf_event request;
    uint64_t busy;
    uint64_t done;
    uint64_t failed;
    uint64_t timeout_ns;
};

static const struct operation pause_operation = {
    PF_EVENT_PAUSE,     PF_PAUSING, PF_IN(PAUSED), PF_IN(PAUSE_FAILED) | PF_IN(PAUSE_REJECTED),
    REQUEST_TIMEOUT_NS,
};
static const struct operation resume_operation = {
    PF_EVENT_RESUME,    PF_RESUMING, PF_IN(RESUMED), PF_IN(RESUME_FAILED) | PF_IN(RESUME_REJECTED),
    REQUEST_TIMEOUT_NS,
};
static const struct operation stop_operation = {
    PF_EVENT_STOP,      PF_STOPPING, PF_IN(STOPPED), PF_IN(STOP_FAILED) | PF_IN(STOP_REJECTED),
    REQUEST_TIMEOUT_NS,
};
static const struct operation flr_operation = {
    PF_EVENT_FLR, PF_FLR, PF_IN(READY), PF_FLR_LOST, FLR_TIMEOUT_NS,
};
static const struct operation restore_operation = {
    PF_EVENT_RESTORE, PF_RESTORING, PF_IN(RESTORED), PF_IN(RESTORE_FAILED), RESTORE_TIMEOUT_NS,
};

static int await(struct pf_gt *gt, unsigned vf, const struct operation *operation)
{
    struct hal *hal = gt->pf->hal;
    const uint64_t deadline = hal_now(hal) + operation->timeout_ns;

    while (pf_control_in(gt, vf, operation->busy)) {
        uint64_t now = hal_now(hal);

        if (now >= deadline) {
            return -ETIMEDOUT;
        }
        hal_wait(hal, deadline - now);
    }
    if (pf_control_in(gt, vf, operation->done)) {
        return 0;
    }
    return pf_control_in(gt, vf, operation->failed) ? -EIO : -ECANCELED;
}

/* One GT after the other, as the real driver does. */
static int run_each(struct pf *pf, unsigned vf, const struct operation *operation)
{
    int result = 0;

    if (!pf_vf_valid(pf, vf)) {
        return -EINVAL;
    }
    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        struct pf_gt *gt = &pf->gts[n];
        int err = pf_control_post(gt, vf, operation->request);

        if (!err) {
            err = await(gt, vf, operation);
        }
        result = pf_first_error(result, err);
    }
    return result;
}

int pf_control_pause(struct pf *pf, unsigned vf)
{
    return run_each(pf, vf, &pause_operation);
}

int pf_control_resume(struct pf *pf, unsigned vf)
{
    return run_each(pf, vf, &resume_operation);
}

int pf_control_stop(struct pf *pf, unsigned vf)
{
    return run_each(pf, vf, &stop_operation);
}

/* Posts to every GT; first error as pf_first_error. */
static int post_all(struct pf *pf, unsigned vf, enum pf_event event)
{
    int result = 0;

    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        result = pf_first_error(result, pf_control_post(&pf->gts[n], vf, event));
    }
    return result;
}

static int await_all(struct pf *pf, unsigned vf, const struct operation *operation)
{
    int result = 0;

    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        result = pf_first_error(result, await(&pf->gts[n], vf, operation));
    }
    return result;
}

/* Any state but those of an FLR will do: without one there is nothing to wait for. */
static int await_flr_gone(struct pf *pf, unsigned vf)
{
    struct operation operation = flr_operation;

    operation.done = ~(PF_FLR | PF_FLR_LOST);
    return await_all(pf, vf, &operation);
}

/* Begun on all GTs before waiting: they meet on the way. */
int pf_control_flr(struct pf *pf, unsigned vf)
{
    int err;

    if (!pf_vf_valid(pf, vf)) {
        return -EINVAL;
    }
    err = post_all(pf, vf, PF_EVENT_FLR);
    return err ? err : await_all(pf, vf, &flr_operation);
}

int pf_control_flr_prepare(struct pf *pf, unsigned vf)
{
    return pf_vf_valid(pf, vf) ? post_all(pf, vf, PF_EVENT_FLR_PREPARE) : -EINVAL;
}

int pf_control_flr_wait(struct pf *pf, unsigned vf)
{
    return pf_vf_valid(pf, vf) ? await_flr_gone(pf, vf) : -EINVAL;
}

void pf_control_abandon(struct pf *pf, unsigned vf)
{
    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        (void)pf_control_post(&pf->gts[n], vf, PF_EVENT_SAVE_CANCEL);
        (void)pf_control_post(&pf->gts[n], vf, PF_EVENT_RESTORE_CANCEL);
    }
}

static int begin(struct pf *pf, unsigned vf, enum pf_event event)
{
    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        int err = pf_control_post(&pf->gts[n], vf, event);

        if (!err) {
            continue;
        }
        if (n > 0) {
            pf_control_abandon(pf, vf); /* those that had begun */
        }
        return err;
    }
    return 0;
}

int pf_control_save_begin(struct pf *pf, unsigned vf)
{
    return begin(pf, vf, PF_EVENT_SAVE);
}

int pf_control_save_finish(struct pf *pf, unsigned vf)
{
    int result = 0;

    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        if (pf_control_post(&pf->gts[n], vf, PF_EVENT_SAVE_FINISH)) {
            result = -EIO;
        }
    }
    if (result) {
        pf_control_abandon(pf, vf);
    }
    return result;
}

int pf_control_restore_begin(struct pf *pf, unsigned vf)
{
    int err = begin(pf, vf, PF_EVENT_RESTORE);

    for (unsigned n = 0; n < pf->config.num_gts && !err; n++) {
        pf->gts[n].control[vf].unfixed = true;
    }
    return err;
}

bool pf_vf_recovered(struct pf *pf, unsigned vf)
{
    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        if (pf->gts[n].control[vf].unfixed) {
            return false;
        }
    }
    return true;
}

int pf_control_restore_finish(struct pf *pf, unsigned vf)
{
    int err = await_all(pf, vf, &restore_operation);

    if (err) {
        pf_control_abandon(pf, vf);
        return -EIO;
    }
    return 0;
}
