/* SPDX-License-Identifier: MIT */
/* Objects of the VF driver in local memory, when its GuC says that it has some: so far the slots
 * that jobs of that kind write to, at the share's beginning. The driver's CPU reaches them through
 * the function's window, engines through GGTT entries with the local bit. Addresses in local
 * memory count from the VF's share, so nothing of this changes when the VM moves but the place in
 * the GGTT. */
#include "guest/vf/vf_internal.h"

#include "host/abi/xe_gtt_defs.h"

#define SLOTS_SIZE ((uint64_t)VF_RESULT_SLOTS * sizeof(uint32_t))
#define SLOTS_ADDR 0u

static uint64_t share(const struct vf *vf)
{
    return vf->gts[VF_MAIN_GT].resources.lmem_size;
}

int vf_local_create(struct vf *vf)
{
    static const uint8_t zeros[SLOTS_SIZE];
    int ret;

    if (share(vf) < SLOTS_SIZE) {
        return 0;
    }
    ret = ggtt_insert(vf->ggtt, SLOTS_SIZE, XE_PAGE_SIZE, &vf->local_slots);
    if (!ret) {
        hal_vram_write(vf->hal, SLOTS_ADDR, zeros, sizeof(zeros));
        ggtt_map(vf->ggtt, vf->local_slots, SLOTS_ADDR, GGTT_PAT_NORMAL | XE_GGTT_PTE_DM);
    }
    return ret;
}

void vf_local_destroy(struct vf *vf)
{
    if (vf->local_slots) {
        ggtt_remove(vf->ggtt, vf->local_slots);
        vf->local_slots = NULL;
    }
}

uint64_t vf_slot_addr(const struct vf *vf, bool local, unsigned slot)
{
    return (local ? vf->local_slots->addr : bo_addr(&vf->results, 0)) + slot * sizeof(uint32_t);
}

uint64_t vf_local_size(struct vf *vf)
{
    return vf->num_gts ? share(vf) : 0;
}

uint32_t vf_local_result(struct vf *vf, unsigned slot)
{
    uint32_t value = 0;

    if (vf->local_slots && slot < VF_RESULT_SLOTS) {
        hal_vram_read(vf->hal, SLOTS_ADDR + slot * sizeof(value), &value, sizeof(value));
    }
    return value;
}
