/* SPDX-License-Identifier: MIT */
/* The two faces of a migratable device, as one table of what a migration asks: states and calls of
 * version 2, or fields of version 1's region, in the order in which QEMU does it. */
#include <errno.h>
#include <string.h>

#include "host/abi/vfio_migration_v1.h"
#include "host/abi/vfio_migration_v2.h"
#include "host/vmm/vmm_private.h"

/* ---- version 2 ------------------------------------------------------------------------------- */

static bool v2_has_initial(const struct vmm_device *device)
{
    return vfio_flags(device->v2) & VFIO_MIGRATION_PRE_COPY;
}

static int v2_setup_source(const struct vmm_device *device)
{
    struct vfio_device_feature flags_too = {
        sizeof(flags_too), VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2 | VFIO_DEVICE_FEATURE_SET};
    int err;

    if (!v2_has_initial(device)) {
        return 0;
    }
    err = vfio_feature(device->v2, &flags_too, sizeof(flags_too));
    return err ? err : vfio_set_state(device->v2, VFIO_DEVICE_STATE_PRE_COPY);
}

static int64_t v2_initial(const struct vmm_device *device, bool *again)
{
    struct vfio_precopy_info info;
    int err = vfio_precopy_ask(device->v2, &info);

    *again = !err && info.flags & VFIO_PRECOPY_INFO_REINIT;
    return err ? err : (int64_t)info.initial_bytes;
}

static int v2_setup_target(const struct vmm_device *device)
{
    return vfio_set_state(device->v2, VFIO_DEVICE_STATE_RESUMING);
}

static int64_t v2_precopy_read(const struct vmm_device *device, void *to, uint64_t size)
{
    int64_t got;

    if (device->v2->state != VFIO_DEVICE_STATE_PRE_COPY) {
        return 0;
    }
    got = vfio_read(device->v2, to, size);
    return got == -ENOMSG ? 0 : got;
}

static int64_t v2_estimate(const struct vmm_device *device)
{
    int64_t left = vfio_estimate(device->v2);
    int64_t precopy = vfio_precopy_pending(device->v2);

    return left < 0 || precopy < 0 ? left : left + precopy;
}

static int v2_stop(const struct vmm_device *device)
{
    const bool precopy = device->v2->state == VFIO_DEVICE_STATE_PRE_COPY;
    int err = 0;

    if (vfio_flags(device->v2) & VFIO_MIGRATION_P2P) {
        err = vfio_set_state(device->v2, precopy ? VFIO_DEVICE_STATE_PRE_COPY_P2P
                                                 : VFIO_DEVICE_STATE_RUNNING_P2P);
    }
    return err ? err
               : vfio_set_state(device->v2,
                                precopy ? VFIO_DEVICE_STATE_STOP_COPY : VFIO_DEVICE_STATE_STOP);
}

static int v2_save_begin(const struct vmm_device *device)
{
    return vfio_set_state(device->v2, VFIO_DEVICE_STATE_STOP_COPY);
}

static int64_t v2_save_read(const struct vmm_device *device, void *to, uint64_t size)
{
    return vfio_read(device->v2, to, size);
}

/* STOP: of a source that has been read, and of a target that has been written. */
static int v2_to_stop(const struct vmm_device *device)
{
    return vfio_set_state(device->v2, VFIO_DEVICE_STATE_STOP);
}

static int v2_load_write(const struct vmm_device *device, const void *from, uint64_t size)
{
    for (uint64_t at = 0; at < size;) {
        const uint64_t len = size - at < VMM_CHUNK ? size - at : VMM_CHUNK;
        int64_t taken = vfio_write(device->v2, (const uint8_t *)from + at, len);

        if (taken < 0) {
            return (int)taken;
        }
        if (taken == 0 || (uint64_t)taken > len) {
            return -EPROTO;
        }
        at += (uint64_t)taken;
    }
    return 0;
}

static int v2_run(const struct vmm_device *device)
{
    return vfio_set_state(device->v2, VFIO_DEVICE_STATE_RUNNING);
}

static int v2_reset(const struct vmm_device *device)
{
    return vfio_reset(device->v2);
}

static bool v2_runs(const struct vmm_device *device)
{
    return device->v2->state == VFIO_DEVICE_STATE_RUNNING;
}

static bool v2_keeps_log(const struct vmm_device *device)
{
    struct vfio_device_feature probe = {sizeof(probe), VFIO_DEVICE_FEATURE_DMA_LOGGING_START |
                                                           VFIO_DEVICE_FEATURE_PROBE |
                                                           VFIO_DEVICE_FEATURE_SET};

    return vfio_feature(device->v2, &probe, sizeof(probe)) == 0;
}

static int v2_log(const struct vmm_device *device, bool on, uint64_t page_size, uint64_t ram_size)
{
    const struct vfio_device_feature_dma_logging_range range = {0, ram_size};

    return on ? vfio_log_start(device->v2, page_size, &range, 1) : vfio_log_stop(device->v2);
}

static int64_t v2_dirty(const struct vmm_device *device, uint64_t page_size, uint64_t pages,
                        uint8_t *bitmap)
{
    return vfio_log_report(device->v2, 0, pages * page_size, page_size, bitmap);
}

/* ---- version 1 ------------------------------------------------------------------------------- */

static int v1_get(const struct vmm_device *device, uint64_t offset, uint64_t *value)
{
    *value = 0;
    return vfio_v1_read(device->v1, offset, value, sizeof(*value));
}

static int v1_set(const struct vmm_device *device, uint64_t offset, uint64_t value)
{
    return vfio_v1_write(device->v1, offset, &value, sizeof(value));
}

static int v1_state(const struct vmm_device *device, uint32_t state)
{
    return vfio_v1_write(device->v1, VFIO_MIG_V1_DEVICE_STATE_OFF, &state, sizeof(state));
}

static int v1_setup_source(const struct vmm_device *device)
{
    return v1_state(device, VFIO_DEVICE_STATE_V1_RUNNING | VFIO_DEVICE_STATE_V1_SAVING);
}

static int v1_setup_target(const struct vmm_device *device)
{
    return v1_state(device, VFIO_DEVICE_STATE_V1_RESUMING);
}

static int64_t v1_estimate(const struct vmm_device *device)
{
    uint64_t pending;
    int err = v1_get(device, VFIO_MIG_V1_PENDING_BYTES_OFF, &pending);

    return err ? err : (int64_t)pending;
}

/* Version 1 does not tell them apart. */
static bool v1_has_initial(const struct vmm_device *device)
{
    (void)device;
    return false;
}

static int64_t v1_initial(const struct vmm_device *device, bool *again)
{
    (void)device;
    *again = false;
    return 0;
}

/* One iteration: the chunk is acknowledged by the next one's read of pending_bytes. */
static int64_t v1_iterate(const struct vmm_device *device, void *to, uint64_t room)
{
    uint64_t pending, offset, size;
    int err = v1_get(device, VFIO_MIG_V1_PENDING_BYTES_OFF, &pending);

    if (err || !pending) {
        return err;
    }
    err = v1_get(device, VFIO_MIG_V1_DATA_OFFSET_OFF, &offset);
    if (!err) {
        err = v1_get(device, VFIO_MIG_V1_DATA_SIZE_OFF, &size);
    }
    if (err) {
        return err;
    }
    /* Bytes pending and none there: an end that loses state. */
    if (size == 0 || size > room) {
        return -EPROTO;
    }
    for (uint64_t at = 0; at < size && !err;) {
        /* By 8, 4, 2, 1 where the section is trapped. */
        uint64_t len = size - at >= 8 ? 8 : size - at >= 4 ? 4 : size - at >= 2 ? 2 : 1;

        err = vfio_v1_read(device->v1, offset + at, (uint8_t *)to + at, len);
        at += len;
    }
    return err ? err : (int64_t)size;
}

/* 011 -> 010; the VM is paused by then, or was never in pre-copy. */
static int v1_stop(const struct vmm_device *device)
{
    return v1_state(device, VFIO_DEVICE_STATE_V1_SAVING);
}

static int v1_save_end(const struct vmm_device *device)
{
    return v1_state(device, VFIO_DEVICE_STATE_V1_STOP);
}

static int v1_write_piece(const struct vmm_device *device, const uint8_t *from, uint64_t size)
{
    uint64_t offset;
    int err = v1_get(device, VFIO_MIG_V1_DATA_OFFSET_OFF, &offset);

    for (uint64_t at = 0; at < size && !err;) {
        uint64_t len = size - at >= 8 ? 8 : size - at >= 4 ? 4 : size - at >= 2 ? 2 : 1;

        err = vfio_v1_write(device->v1, offset + at, from + at, len);
        at += len;
    }
    return err ? err : v1_set(device, VFIO_MIG_V1_DATA_SIZE_OFF, size);
}

/* In pages: the smallest section takes one, and what stands behind the section is no part of it. */
static int v1_load_write(const struct vmm_device *device, const void *from, uint64_t size)
{
    int err = 0;

    for (uint64_t at = 0; at < size && !err;) {
        const uint64_t len = size - at < HAL_PAGE_SIZE ? size - at : HAL_PAGE_SIZE;

        err = v1_write_piece(device, (const uint8_t *)from + at, len);
        at += len;
    }
    return err;
}

static int v1_run(const struct vmm_device *device)
{
    return v1_state(device, VFIO_DEVICE_STATE_V1_RUNNING);
}

static int v1_reset(const struct vmm_device *device)
{
    return vfio_v1_reset(device->v1);
}

static bool v1_runs(const struct vmm_device *device)
{
    return vfio_v1_state(device->v1) == VFIO_DEVICE_STATE_V1_RUNNING;
}

/* The fields of the log are there in the older form only. */
static bool v1_keeps_log(const struct vmm_device *device)
{
    return v1_set(device, VFIO_MIG_V1_TOTAL_PFNS_OFF, 0) == 0;
}

/* It is on in the saving states. */
static int v1_log(const struct vmm_device *device, bool on, uint64_t page_size, uint64_t ram_size)
{
    (void)device;
    (void)on;
    (void)page_size;
    (void)ram_size;
    return 0;
}

static int v1_ask_dirty(const struct vmm_device *device, uint64_t first, uint64_t page_size,
                        uint64_t pages, uint64_t *copied)
{
    int err = v1_set(device, VFIO_MIG_V1_START_PFN_OFF, first);

    if (!err) {
        err = v1_set(device, VFIO_MIG_V1_PAGE_SIZE_OFF, page_size);
    }
    if (!err) {
        err = v1_set(device, VFIO_MIG_V1_TOTAL_PFNS_OFF, pages);
    }
    return err ? err : v1_get(device, VFIO_MIG_V1_COPIED_PFNS_OFF, copied);
}

static uint64_t set_bits(uint8_t *bitmap, uint64_t first, uint64_t count)
{
    for (uint64_t page = first; page < first + count; page++) {
        bitmap[page / 8] |= (uint8_t)(1u << page % 8);
    }
    return count;
}

/* The first count bits of a word, for the pages from first on. Returns how many are set. */
static uint64_t take_word(uint64_t word, uint64_t first, uint64_t count, uint8_t *bitmap)
{
    uint64_t found = 0;

    for (uint64_t bit = 0; bit < 64 && bit < count; bit++) {
        found += word >> bit & 1 ? set_bits(bitmap, first + bit, 1) : 0;
    }
    return found;
}

/* count bits from the region's bitmap, for the pages from first on. */
static int v1_read_bitmap(const struct vmm_device *device, uint64_t first, uint64_t count,
                          uint8_t *bitmap, uint64_t *found)
{
    uint64_t offset;
    int err = v1_get(device, VFIO_MIG_V1_DATA_OFFSET_OFF, &offset);

    for (uint64_t at = 0; at < count && !err; at += 64) {
        uint64_t word = 0;

        err = vfio_v1_read(device->v1, offset + at / 8, &word, sizeof(word));
        *found += err ? 0 : take_word(word, first + at, count - at, bitmap);
    }
    return err;
}

static int64_t v1_dirty(const struct vmm_device *device, uint64_t page_size, uint64_t pages,
                        uint8_t *bitmap)
{
    uint64_t found = 0;
    uint64_t first = 0;

    while (first < pages) {
        uint64_t copied;
        int err = v1_ask_dirty(device, first, page_size, pages - first, &copied);

        if (err) {
            return err;
        }
        if (copied == VFIO_DEVICE_DIRTY_PFNS_NONE) {
            break;
        }
        if (copied == VFIO_DEVICE_DIRTY_PFNS_ALL) {
            found += set_bits(bitmap, first, pages - first);
            break;
        }
        if (copied > pages - first) {
            return -EPROTO;
        }
        err = v1_read_bitmap(device, first, copied, bitmap, &found);
        if (err) {
            return err;
        }
        first += copied;
    }
    return (int64_t)found;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static const struct vmm_face v1_face = {
    .setup_source = v1_setup_source,
    .setup_target = v1_setup_target,
    .precopy_read = v1_iterate,
    .has_initial = v1_has_initial,
    .initial = v1_initial,
    .estimate = v1_estimate,
    .stop = v1_stop,
    .save_begin = v1_stop, /* it is there already: a no-op */
    .save_read = v1_iterate,
    .save_end = v1_save_end,
    .load_write = v1_load_write,
    .load_end = v1_save_end,
    .run = v1_run,
    .reset = v1_reset,
    .runs = v1_runs,
    .keeps_log = v1_keeps_log,
    .log = v1_log,
    .dirty = v1_dirty,
};

static const struct vmm_face v2_face = {
    .setup_source = v2_setup_source,
    .setup_target = v2_setup_target,
    .precopy_read = v2_precopy_read,
    .has_initial = v2_has_initial,
    .initial = v2_initial,
    .estimate = v2_estimate,
    .stop = v2_stop,
    .save_begin = v2_save_begin,
    .save_read = v2_save_read,
    .save_end = v2_to_stop,
    .load_write = v2_load_write,
    .load_end = v2_to_stop,
    .run = v2_run,
    .reset = v2_reset,
    .runs = v2_runs,
    .keeps_log = v2_keeps_log,
    .log = v2_log,
    .dirty = v2_dirty,
};

const struct vmm_face *vmm_face_of(const struct vmm_device *device)
{
    return device->v2 ? &v2_face : &v1_face;
}
