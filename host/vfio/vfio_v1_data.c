/* SPDX-License-Identifier: MIT */
/* Chunks of a v1 region: one at a time is staged in the data section, and stays until the user,
 * having been told its size, asks for what is pending again. */
#include "host/vfio/vfio_v1_private.h"

#include <errno.h>
#include <string.h>

#define RUNNING   VFIO_DEVICE_STATE_V1_RUNNING
#define SAVING    VFIO_DEVICE_STATE_V1_SAVING
#define RESUMING  VFIO_DEVICE_STATE_V1_RESUMING
#define PRE_COPY  (RUNNING | SAVING)
#define MAX_WIDTH 8u

static bool is_saving(const struct vfio_v1 *device)
{
    return device->state == SAVING || device->state == PRE_COPY;
}

void vfio_v1_chunk_drop(struct vfio_v1 *device)
{
    device->chunk_size = 0;
    device->chunk_prepared = false;
    device->chunk_told = false;
    device->bitmap_next = false;
}

/* ---- saving ---------------------------------------------------------------------------------- */

/* Fills the data section unless a chunk is there. In stop-and-copy it is empty after this only at
 * the end of the stream. */
static int stage(struct vfio_v1 *device)
{
    const struct vfio_ops *ops = device->config.ops;
    bool stopped = device->state == SAVING;
    int64_t got = 0;

    if (device->chunk_size) {
        return 0;
    }
    if (stopped) {
        got = ops->save_read(device->config.dev, device->data, device->config.data_size);
    } else if (ops->precopy_read) {
        got = ops->precopy_read(device->config.dev, device->data, device->config.data_size);
    }
    if (got < 0) {
        return (int)got;
    }
    device->chunk_size = (uint64_t)got;
    device->read_total += stopped ? (uint64_t)got : 0;
    return 0;
}

/* Beyond the staged chunk this is what the device estimates: the user only needs to know that it is
 * not 0 before the end, and 0 there. */
static uint64_t still_in_device(struct vfio_v1 *device)
{
    const struct vfio_ops *ops = device->config.ops;
    int64_t left;

    if (device->state == SAVING) {
        left = ops->estimate(device->config.dev) - (int64_t)device->read_total;
    } else {
        left = ops->precopy_pending ? ops->precopy_pending(device->config.dev) : 0;
    }
    return left > 0 ? (uint64_t)left : 0;
}

int vfio_v1_get_pending(struct vfio_v1 *device, uint64_t *value)
{
    int err;

    if (!is_saving(device)) {
        *value = 0;
        return 0;
    }
    if (device->chunk_told) {
        vfio_v1_chunk_drop(device);
    }
    device->chunk_prepared = false;
    err = stage(device);
    if (err) {
        return err;
    }
    *value = device->chunk_size ? device->chunk_size + still_in_device(device) : 0;
    return 0;
}

int vfio_v1_get_data_offset(struct vfio_v1 *device, uint64_t *value)
{
    int err = 0;

    if (device->bitmap_next) {
        device->bitmap_next = false;
        *value = VFIO_V1_DATA_OFFSET + device->config.data_size;
        return 0;
    }
    if (is_saving(device)) {
        err = stage(device);
        device->chunk_prepared = !err;
    }
    *value = VFIO_V1_DATA_OFFSET;
    return err;
}

int vfio_v1_get_data_size(struct vfio_v1 *device, uint64_t *value)
{
    *value = is_saving(device) && device->chunk_prepared ? device->chunk_size : 0;
    device->chunk_told = *value != 0;
    return 0;
}

/* ---- loading --------------------------------------------------------------------------------- */

int vfio_v1_set_data_size(struct vfio_v1 *device, uint64_t value)
{
    uint64_t done = 0;

    if (device->state != RESUMING || value > device->config.data_size) {
        return -EINVAL;
    }
    while (!device->load_error && done < value) {
        int64_t took =
            device->config.ops->load_write(device->config.dev, device->data + done, value - done);

        if (took <= 0) {
            device->load_error = took < 0 ? (int)took : -EIO;
        } else {
            done += (uint64_t)took;
        }
    }
    return device->load_error;
}

/* ---- the section itself ---------------------------------------------------------------------- */

/* 1, 2, 4 or 8 bytes at their alignment, as a trapped page takes them; longer ones as a copy of
 * that many accesses of 8 and a rest. */
static bool width_good(uint64_t offset, uint64_t size)
{
    if (size > MAX_WIDTH) {
        return IS_ALIGNED(offset, MAX_WIDTH);
    }
    return size > 0 && (size & (size - 1)) == 0 && IS_ALIGNED(offset, size);
}

int vfio_v1_data_access(struct vfio_v1 *device, uint64_t offset, void *to, const void *from,
                        uint64_t size)
{
    uint64_t end = vfio_v1_region_size(device);
    uint64_t at = offset - VFIO_V1_DATA_OFFSET;

    if (!width_good(offset, size) || offset >= end || size > end - offset) {
        return -EINVAL;
    }
    if (at >= device->config.data_size) {
        if (!to || !is_saving(device)) {
            return -EINVAL;
        }
        memcpy(to, device->bitmap + (at - device->config.data_size), size);
        return 0;
    }
    if (size > device->config.data_size - at ||
        (to ? !is_saving(device) : device->state != RESUMING)) {
        return -EINVAL;
    }
    if (to) {
        memcpy(to, device->data + at, size);
    } else {
        memcpy(device->data + at, from, size);
    }
    return 0;
}

/* ---- dirty pages ----------------------------------------------------------------------------- */

static bool range_good(const struct vfio_v1 *device)
{
    uint64_t end;

    return device->page_size &&
           !__builtin_add_overflow(device->start_pfn, device->total_pfns, &end) &&
           end <= UINT64_MAX / device->page_size;
}

/* Asked once for what was written; a second read gives the same answer. */
int vfio_v1_get_copied_pfns(struct vfio_v1 *device, uint64_t *value)
{
    const struct vfio_ops *ops = device->config.ops;
    uint64_t count =
        device->total_pfns < VFIO_V1_BITMAP_PFNS ? device->total_pfns : VFIO_V1_BITMAP_PFNS;
    int64_t found;

    if (device->pfns_known || !is_saving(device) || !count || !ops->dirty_report) {
        *value = device->pfns_known ? device->copied_pfns : VFIO_DEVICE_DIRTY_PFNS_NONE;
        device->bitmap_next = device->pfns_known && *value != VFIO_DEVICE_DIRTY_PFNS_NONE &&
                              *value != VFIO_DEVICE_DIRTY_PFNS_ALL;
        return 0;
    }
    if (!range_good(device)) {
        return -EINVAL;
    }
    memset(device->bitmap, 0, VFIO_V1_BITMAP_SIZE);
    found = ops->dirty_report(device->config.dev, device->start_pfn * device->page_size,
                              device->page_size, count, device->bitmap);
    /* NONE and ALL speak of all the rest; what does not fit into the bitmap has not been asked. A
     * log that failed is as good as all dirty. */
    if (found < 0 || ((uint64_t)found == count && count == device->total_pfns)) {
        device->copied_pfns = VFIO_DEVICE_DIRTY_PFNS_ALL;
    } else if (found == 0 && count == device->total_pfns) {
        device->copied_pfns = VFIO_DEVICE_DIRTY_PFNS_NONE;
    } else {
        device->copied_pfns = count;
    }
    device->pfns_known = true;
    return vfio_v1_get_copied_pfns(device, value);
}
