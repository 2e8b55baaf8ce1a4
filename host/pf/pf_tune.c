/* SPDX-License-Identifier: MIT */
/* What an administrator turns while the machine runs: how functions are scheduled and watched, and
 * how they share the GuC. Kept here, so that a GuC that lost it is told again. */
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_klvs_abi.h"
#include "host/pf/pf_private.h"

const char *const pf_adverse_names[PF_ADVERSE_COUNT + 1] = {
    "cat_err",   "engine_reset",   "page_fault", "h2g_storm",
    "irq_storm", "doorbell_storm", "multi_lrc",  NULL,
};

static bool function_valid(const struct pf *pf, unsigned fn)
{
    return fn == 0 || (pf_vf_valid(pf, fn) && pf->vfs[fn].provisioned);
}

int pf_tune(struct pf *pf, unsigned fn, const struct pf_tuning *tuning)
{
    int err = 0;

    if (!function_valid(pf, fn) || tuning->sched_priority > GUC_SCHED_PRIORITY_HIGH ||
        tuning->exec_quantum_ms > GUC_KLV_VF_CFG_EXEC_QUANTUM_MAX_VALUE ||
        tuning->preempt_timeout_us > GUC_KLV_VF_CFG_PREEMPT_TIMEOUT_MAX_VALUE) {
        return -EINVAL;
    }
    pf->vfs[fn].tuning = *tuning;
    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        err = pf_first_error(err, pf_config_push_tuning(&pf->gts[n], fn));
    }
    return err;
}

void pf_get_tuning(struct pf *pf, unsigned fn, struct pf_tuning *tuning)
{
    memset(tuning, 0, sizeof(*tuning));
    if (function_valid(pf, fn)) {
        *tuning = pf->vfs[fn].tuning;
    }
}

int pf_set_policies(struct pf *pf, const struct pf_policies *policies)
{
    int err = 0;

    if (policies->num_groups > PF_MAX_GROUPS) {
        return -EINVAL;
    }
    /* As the GuC does it: this policy is one of priorities. */
    for (unsigned fn = 0; fn <= PF_MAX_VFS && policies->sched_if_idle != pf->policies.sched_if_idle;
         fn++) {
        pf->vfs[fn].tuning.sched_priority =
            policies->sched_if_idle ? GUC_SCHED_PRIORITY_NORMAL : GUC_SCHED_PRIORITY_LOW;
    }
    pf->policies = *policies;
    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        err = pf_first_error(err, pf_config_push_policies(&pf->gts[n]));
    }
    return err;
}

void pf_get_policies(struct pf *pf, struct pf_policies *policies)
{
    *policies = pf->policies;
}

uint32_t pf_adverse(struct pf *pf, unsigned vf, unsigned kind)
{
    return pf_vf_valid(pf, vf) && kind < PF_ADVERSE_COUNT ? pf->vfs[vf].adverse[kind] : 0;
}
