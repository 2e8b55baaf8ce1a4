/* SPDX-License-Identifier: MIT */
/* Who gets what of the GPU: ranges of GGTT, context ids, doorbells and local memory for each VF,
 * in fair shares unless asked otherwise. The ranges survive an FLR; the target of a migration
 * provisions its VF itself. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_klvs_abi.h"
#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/abi/xe_lmtt_ml.h"
#include "host/pf/pf_private.h"

#define ANYWHERE    UINT64_MAX

#define CONTEXT_IDS 65535u
#define DOORBELLS   256u
#define FAIR_LMEM   (128ull << 20) /* at most, unless asked */

/* Where a resource lies and how it is cut. Context ids and doorbells of the PF are the lowest. */
static const struct resource {
    uint64_t low;
    uint64_t high;
    uint64_t align;
    uint64_t max; /* one VF can get */
} resources[PF_RESOURCE_COUNT] = {
    [PF_GGTT] = {WOPCM_SIZE + PF_GGTT_SIZE, GUC_GGTT_TOP, XE_PAGE_SIZE, GUC_GGTT_TOP},
    [PF_CONTEXTS] = {256, CONTEXT_IDS, 1, CONTEXT_IDS},
    [PF_DOORBELLS] = {1, DOORBELLS, 1, 255},
    [PF_LMEM] = {PF_LMEM_KEPT, 1ull << LMTT_ML_PDE_L2_SHIFT, LMTT_PAGE_SIZE,
                 1ull << LMTT_ML_PDE_L2_SHIFT},
};

/* Local memory ends where the GPU's does. */
static uint64_t high_of(const struct pf *pf, enum pf_resource what)
{
    const uint64_t vram = hal_vram_size(pf->hal) & ~(LMTT_PAGE_SIZE - 1);

    return what == PF_LMEM && vram < resources[what].high ? vram : resources[what].high;
}

/* ---- places ---------------------------------------------------------------------------------- */

static bool overlap(const struct pf_range *a, const struct pf_range *b)
{
    return a->size && b->size && a->start < b->start + b->size && b->start < a->start + a->size;
}

/* The range of another VF in the way of this one, or NULL. */
static const struct pf_range *taken_by(const struct pf *pf, enum pf_resource what,
                                       const struct pf_range *range)
{
    for (unsigned vf = 1; vf <= pf->config.total_vfs; vf++) {
        if (overlap(&pf->vfs[vf].has[what], range)) {
            return &pf->vfs[vf].has[what];
        }
    }
    return NULL;
}

/* Finds the lowest free place, or checks the one asked for. Returns 0, -ENOSPC. */
static int find_place(const struct pf *pf, enum pf_resource what, uint64_t at,
                      struct pf_range *range)
{
    const struct resource *resource = &resources[what];

    range->start = at == ANYWHERE ? resource->low : at;
    /* Bounded: each step leaves one VF's range behind. */
    while (range->start + range->size <= high_of(pf, what)) {
        const struct pf_range *other = taken_by(pf, what, range);

        if (!other) {
            return 0;
        }
        if (at != ANYWHERE) {
            return -ENOSPC;
        }
        range->start = ALIGN_UP(other->start + other->size, resource->align);
    }
    return -ENOSPC;
}

/* Where the free place that begins here ends. */
static uint64_t end_of_hole(const struct pf *pf, enum pf_resource what, uint64_t start)
{
    uint64_t end = high_of(pf, what);

    for (unsigned vf = 1; vf <= pf->config.total_vfs; vf++) {
        const struct pf_range *range = &pf->vfs[vf].has[what];

        if (range->size && range->start >= start && range->start < end) {
            end = range->start;
        }
    }
    return end;
}

static uint64_t largest_hole(const struct pf *pf, enum pf_resource what)
{
    uint64_t best = 0;
    uint64_t start = resources[what].low;

    while (start < high_of(pf, what)) {
        const struct pf_range here = {start, 1};
        const struct pf_range *taken = taken_by(pf, what, &here);
        const uint64_t end = taken ? taken->start + taken->size : end_of_hole(pf, what, start);

        if (!taken && end - start > best) {
            best = end - start;
        }
        start = end;
    }
    return best;
}

/* ---- fair shares ----------------------------------------------------------------------------- */

static uint64_t power_of_2_below(uint64_t value)
{
    assert(value);
    return 1ull << (63 - __builtin_clzll(value));
}

static uint64_t fair_lmem(uint64_t share)
{
    share &= ~(LMTT_PAGE_SIZE - 1);
    return share < FAIR_LMEM ? share : FAIR_LMEM;
}

/* The profile of the real driver for n VFs. */
static uint64_t fair_profile(const struct pf *pf, enum pf_resource what, unsigned n)
{
    const uint64_t shareable = GUC_GGTT_TOP & ~((512ull << 20) - 1);

    switch (what) {
    case PF_GGTT:
        return n > 56 ? 56ull << 20 : power_of_2_below(shareable / n);
    case PF_LMEM:
        return fair_lmem((high_of(pf, what) - PF_LMEM_KEPT) / n);
    case PF_CONTEXTS:
        return power_of_2_below(CONTEXT_IDS / n);
    case PF_DOORBELLS:
    default:
        return power_of_2_below(DOORBELLS / (n + 1));
    }
}

/* What is left is shared among those that have nothing yet, when the profile does not fit. */
static uint64_t fair_share(const struct pf *pf, enum pf_resource what)
{
    uint64_t share = fair_profile(pf, what, pf->sharers);
    uint64_t hole = largest_hole(pf, what);
    unsigned waiting = 0;

    for (unsigned vf = 1; vf <= pf->sharers; vf++) {
        waiting += !pf->vfs[vf].provisioned;
    }
    if (share > hole && waiting) {
        share = hole / waiting & ~(resources[what].align - 1);
    }
    return share;
}

static int reserve(struct pf *pf, enum pf_resource what, uint64_t at, uint64_t size,
                   struct pf_range *range)
{
    const struct resource *resource = &resources[what];

    range->size = size ? size : fair_share(pf, what);
    if (!range->size) {
        return -ENOSPC;
    }
    if (range->size > resource->max || !IS_ALIGNED(range->size, resource->align)) {
        return -EINVAL;
    }
    if (at != ANYWHERE && (!IS_ALIGNED(at, resource->align) || at < resource->low ||
                           at > high_of(pf, what) - range->size)) {
        return -EINVAL;
    }
    return find_place(pf, what, at, range);
}

/* ---- GGTT entries ---------------------------------------------------------------------------- */

static void fill_ggtt(struct pf *pf, const struct pf_range *range, uint64_t pte)
{
    const uint64_t first = range->start / XE_PAGE_SIZE;
    const uint64_t count = range->size / XE_PAGE_SIZE;

    for (uint64_t n = first; n < first + count; n++) {
        hal_write64(pf->hal, (uint32_t)(GGTT_BAR0_OFFSET + n * PF_PTE_SIZE), pte);
    }
    pf_invalidate_ggtt(pf);
}

void pf_provision_clear_ggtt(struct pf *pf, const struct pf_vf *vf)
{
    fill_ggtt(pf, &vf->has[PF_GGTT],
              FIELD_PREP(GGTT_PTE_VFID, (uint64_t)vf->id) | GGTT_PTE_PRESENT);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static bool ready(const struct pf *pf, unsigned vf)
{
    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        if (pf_control_get(&pf->gts[n], vf) != PF_READY) {
            return false;
        }
    }
    return true;
}

/* Takes everything back; goes on after errors, so that nothing stays behind on our side. */
static int release(struct pf *pf, struct pf_vf *vf)
{
    int err = 0;

    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        err = pf_first_error(err, pf_config_push_no_ggtt(&pf->gts[n], vf->id));
    }
    fill_ggtt(pf, &vf->has[PF_GGTT], 0);
    pf_vram_release(pf, vf);
    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        err = pf_first_error(err, pf_config_reset(&pf->gts[n], vf->id));
    }
    memset(vf->has, 0, sizeof(vf->has));
    vf->tuning = (struct pf_tuning){0};
    vf->provisioned = false;
    vf->by_enabling = false;
    return err;
}

static int reserve_all(struct pf *pf, const struct pf_vf_config *config, struct pf_range *has)
{
    const uint64_t at = config->ggtt_start ? config->ggtt_start : ANYWHERE;
    int err = reserve(pf, PF_GGTT, at, config->ggtt_size, &has[PF_GGTT]);

    if (!err) {
        err = reserve(pf, PF_CONTEXTS, ANYWHERE, config->num_contexts, &has[PF_CONTEXTS]);
    }
    if (!err) {
        err = reserve(pf, PF_DOORBELLS, ANYWHERE, config->num_doorbells, &has[PF_DOORBELLS]);
    }
    if (!err && high_of(pf, PF_LMEM) > PF_LMEM_KEPT) {
        err = reserve(pf, PF_LMEM, ANYWHERE, config->lmem_size, &has[PF_LMEM]);
    } else if (!err && config->lmem_size) {
        err = -EINVAL; /* there is none */
    }
    return err;
}

static uint32_t clamp(uint32_t value, uint32_t max)
{
    return value < max ? value : max;
}

int pf_provision(struct pf *pf, unsigned vf, const struct pf_vf_config *config)
{
    struct pf_range has[PF_RESOURCE_COUNT] = {{0, 0}};
    struct pf_vf *owner;
    int err;

    if (!pf_vf_valid(pf, vf)) {
        return -EINVAL;
    }
    if (!ready(pf, vf)) {
        return -EBUSY;
    }
    owner = &pf->vfs[vf];
    if (owner->provisioned) {
        err = release(pf, owner);
        if (err) {
            return err;
        }
    }
    err = reserve_all(pf, config, has);
    if (err) {
        return err;
    }
    memcpy(owner->has, has, sizeof(has));
    owner->tuning = (struct pf_tuning){
        .exec_quantum_ms = clamp(config->exec_quantum_ms, GUC_KLV_VF_CFG_EXEC_QUANTUM_MAX_VALUE),
        .preempt_timeout_us =
            clamp(config->preempt_timeout_us, GUC_KLV_VF_CFG_PREEMPT_TIMEOUT_MAX_VALUE),
    };
    owner->provisioned = true;
    /* The entries are the VF's before any GuC tells it so. */
    pf_provision_clear_ggtt(pf, owner);
    pf_vram_clear(pf, owner);
    pf_vram_assign(pf, owner);
    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        err = pf_config_push(&pf->gts[n], owner);
        if (err) {
            (void)release(pf, owner); /* the first error is the one to tell */
            return err;
        }
    }
    return 0;
}

int pf_unprovision(struct pf *pf, unsigned vf)
{
    if (!pf_vf_valid(pf, vf) || !pf->vfs[vf].provisioned) {
        return -EINVAL;
    }
    if (!ready(pf, vf)) {
        return -EBUSY;
    }
    return release(pf, &pf->vfs[vf]);
}

void pf_get_config(struct pf *pf, unsigned vf, struct pf_vf_config *config)
{
    const struct pf_vf *owner;

    memset(config, 0, sizeof(*config));
    if (!pf_vf_valid(pf, vf) || !pf->vfs[vf].provisioned) {
        return;
    }
    owner = &pf->vfs[vf];
    config->ggtt_start = owner->has[PF_GGTT].start;
    config->ggtt_size = owner->has[PF_GGTT].size;
    config->num_contexts = (uint32_t)owner->has[PF_CONTEXTS].size;
    config->num_doorbells = (uint32_t)owner->has[PF_DOORBELLS].size;
    config->exec_quantum_ms = owner->tuning.exec_quantum_ms;
    config->preempt_timeout_us = owner->tuning.preempt_timeout_us;
    config->lmem_size = owner->has[PF_LMEM].size;
}
