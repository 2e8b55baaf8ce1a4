/* SPDX-License-Identifier: MIT */
/* Buffer objects: RAM of the driver that the device reaches through a GGTT node. */
#include "host/kmd/kmd.h"

#include <assert.h>
#include <errno.h>

#include "host/abi/xe_gtt_defs.h"

int bo_create(struct hal *hal, struct ggtt *ggtt, uint64_t size, uint64_t flags, struct bo *bo)
{
    struct bo made = {.size = size};
    int err;

    made.phys = hal_mem_alloc(hal, size);
    if (!made.phys) {
        return -ENOMEM;
    }
    err = ggtt_insert(ggtt, size, XE_PAGE_SIZE, &made.node);
    if (err) {
        hal_mem_free(hal, made.phys);
        return err;
    }
    ggtt_map(ggtt, made.node, made.phys, flags);
    *bo = made;
    return 0;
}

void bo_destroy(struct hal *hal, struct ggtt *ggtt, struct bo *bo)
{
    if (!bo->phys) {
        return;
    }
    ggtt_remove(ggtt, bo->node);
    hal_mem_free(hal, bo->phys);
    *bo = (struct bo){0};
}

uint64_t bo_addr(const struct bo *bo, uint64_t offset)
{
    assert(offset <= bo->size);
    return bo->node->addr + offset;
}

/* The object is RAM that hal_mem_alloc gave, so moving within its bounds cannot fail. */
void bo_read(struct hal *hal, const struct bo *bo, uint64_t offset, void *to, uint64_t size)
{
    int err;

    assert(offset <= bo->size && size <= bo->size - offset);
    err = hal_mem_read(hal, bo->phys + offset, to, size);
    assert(!err);
    (void)err;
}

void bo_write(struct hal *hal, const struct bo *bo, uint64_t offset, const void *from,
              uint64_t size)
{
    int err;

    assert(offset <= bo->size && size <= bo->size - offset);
    err = hal_mem_write(hal, bo->phys + offset, from, size);
    assert(!err);
    (void)err;
}

uint32_t bo_read32(struct hal *hal, const struct bo *bo, uint64_t offset)
{
    uint32_t value;

    bo_read(hal, bo, offset, &value, sizeof(value));
    return value;
}

void bo_write32(struct hal *hal, const struct bo *bo, uint64_t offset, uint32_t value)
{
    bo_write(hal, bo, offset, &value, sizeof(value));
}
