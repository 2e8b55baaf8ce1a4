/* SPDX-License-Identifier: MIT */
/* Local memory of the GPU, in the PF's hands: the tables that translate VFs' addresses, clearing,
 * and moving a VF's share in and out. The PF sees all of it through its window, untranslated. The
 * tables lie at its bottom: the directory, then two tables for each VF, which suffice for the
 * 32 GiB that one VF can get. What a VF gets lies above them. */
#include "host/pf/pf_private.h"

#include "gpu_regs.h"
#include "host/abi/xe_lmtt_ml.h"

#define DIRECTORY     0u
#define CLEAR_SIZE    LMTT_TABLE_SIZE
#define TABLES_OF(vf) (((vf)*2ull - 1) * LMTT_TABLE_SIZE)

static uint64_t directory_entry(const struct pf_vf *vf)
{
    return DIRECTORY + vf->id * sizeof(uint64_t);
}

static uint64_t pointer_to(uint64_t table)
{
    return FIELD_PREP(LMTT_ML_PDE_LMTT_PTR, table / LMTT_TABLE_SIZE) | LMTT_ML_PDE_VALID;
}

static void clear(struct pf *pf, uint64_t addr, uint64_t size)
{
    static const uint8_t zeros[CLEAR_SIZE];

    for (uint64_t at = 0; at < size; at += CLEAR_SIZE) {
        hal_vram_write(pf->hal, addr + at, zeros,
                       size - at < CLEAR_SIZE ? size - at : (size_t)CLEAR_SIZE);
    }
}

void pf_vram_start(struct pf *pf)
{
    if (!hal_vram_size(pf->hal)) {
        return;
    }
    clear(pf, DIRECTORY, LMTT_ML_PDE_MAX_NUM * sizeof(uint64_t));
    hal_write32(pf->hal, XE2_LMEM_CFG,
                LMEM_EN | FIELD_PREP(LMTT_DIR_PTR, DIRECTORY / LMTT_TABLE_SIZE));
}

/* From the last level up, so that nothing half done is ever in force. */
void pf_vram_assign(struct pf *pf, const struct pf_vf *vf)
{
    const struct pf_range *has = &vf->has[PF_LMEM];
    const uint64_t upper = TABLES_OF(vf->id);
    const uint64_t pages = upper + LMTT_TABLE_SIZE;
    uint64_t entry = pointer_to(pages);

    if (!has->size) {
        return;
    }
    clear(pf, upper, 2ull * LMTT_TABLE_SIZE);
    for (uint64_t n = 0; n < has->size / LMTT_PAGE_SIZE; n++) {
        const uint64_t page = has->start / LMTT_PAGE_SIZE + n;
        const uint32_t pte =
            (uint32_t)FIELD_PREP((uint64_t)LMTT_ML_PTE_LMEM_PAGE, page) | LMTT_ML_PTE_VALID;

        hal_vram_write(pf->hal, pages + n * sizeof(pte), &pte, sizeof(pte));
    }
    hal_vram_write(pf->hal, upper, &entry, sizeof(entry));
    entry = pointer_to(upper);
    hal_vram_write(pf->hal, directory_entry(vf), &entry, sizeof(entry));
    pf_invalidate_ggtt(pf); /* it empties the LMTT's cache too */
}

void pf_vram_release(struct pf *pf, const struct pf_vf *vf)
{
    if (vf->has[PF_LMEM].size) {
        clear(pf, directory_entry(vf), sizeof(uint64_t));
        pf_invalidate_ggtt(pf);
    }
}

/* Its compression metadata too: they would tell the share's next owner of the one before. */
void pf_vram_clear(struct pf *pf, const struct pf_vf *vf)
{
    const struct pf_range *has = &vf->has[PF_LMEM];
    const uint64_t metadata = hal_vram_size(pf->hal);

    clear(pf, has->start, has->size);
    clear(pf, metadata + has->start / HAL_PAGE_SIZE * HAL_VRAM_META,
          has->size / HAL_PAGE_SIZE * HAL_VRAM_META);
}

/* ---- packets --------------------------------------------------------------------------------- */

int64_t pf_vram_bytes(struct pf_gt *gt, unsigned vf)
{
    return (int64_t)gt->pf->vfs[vf].has[PF_LMEM].size;
}

int pf_vram_save(struct pf_gt *gt, unsigned vf, struct pf_packet *packet)
{
    hal_vram_read(gt->pf->hal, gt->pf->vfs[vf].has[PF_LMEM].start + packet->hdr.offset,
                  packet->data, packet->hdr.size);
    return 0;
}

int pf_vram_load(struct pf_gt *gt, unsigned vf, const struct pf_packet *packet)
{
    hal_vram_write(gt->pf->hal, gt->pf->vfs[vf].has[PF_LMEM].start + packet->hdr.offset,
                   packet->data, packet->hdr.size);
    return 0;
}
