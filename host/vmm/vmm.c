/* SPDX-License-Identifier: MIT */
/* The migration of one VM in a straight line: stop, save, copy, load, switch over, resume. A script calls it
 * from the VMM's program. Order as real VMMs have it: the device resumes before the vCPUs do. */
#include "host/vmm/vmm.h"

#include <errno.h>
#include <stdlib.h>

#define CHUNK_BYTES  (64u << 10)
#define STREAM_LIMIT (256ull << 20) /* a device that never ends its stream is broken */

/* ---- the stream ------------------------------------------------------------------------------------ */

static int grow(uint8_t **buffer, uint64_t *room, uint64_t need)
{
    uint64_t size = *room ? *room : CHUNK_BYTES;
    uint8_t *bigger;

    if (need > STREAM_LIMIT) {
        return -EFBIG;
    }
    while (size < need) {
        size *= 2;
    }
    bigger = realloc(*buffer, size);
    if (!bigger) {
        return -ENOMEM;
    }
    *buffer = bigger;
    *room = size;
    return 0;
}

static int read_stream(struct vfio_device *device, uint8_t **stream, uint64_t *size)
{
    uint8_t *buffer = NULL;
    uint64_t room = 0;
    uint64_t used = 0;
    int64_t got;

    do {
        int err = grow(&buffer, &room, used + CHUNK_BYTES);

        got = err < 0 ? err : vfio_read(device, buffer + used, CHUNK_BYTES);
        if (got < 0) {
            free(buffer);
            return (int)got;
        }
        used += (uint64_t)got;
    } while (got > 0);

    *stream = buffer;
    *size = used;
    return 0;
}

static int write_stream(struct vfio_device *device, const uint8_t *stream, uint64_t size)
{
    uint64_t done = 0;

    while (done < size) {
        uint64_t chunk = size - done < CHUNK_BYTES ? size - done : CHUNK_BYTES;
        int64_t put = vfio_write(device, stream + done, chunk);

        if (put <= 0) {
            return put < 0 ? (int)put : -EIO;
        }
        done += (uint64_t)put;
    }
    return 0;
}

/* On the way out of a failure: a device that does not follow is in ERROR, and its trace says so. */
static void settle(struct vfio_device *device, enum vfio_device_mig_state state)
{
    int err = vfio_set_state(device, state);

    (void)err;
}

int vmm_save(struct vfio_device *device, uint8_t **stream, uint64_t *size)
{
    int err = vfio_set_state(device, VFIO_DEVICE_STATE_STOP_COPY);

    if (err < 0) {
        return err;
    }
    err = read_stream(device, stream, size);
    if (err < 0) {
        /* The guest can go on: leave the data state, whatever closing says. */
        settle(device, VFIO_DEVICE_STATE_STOP);
        return err;
    }
    err = vfio_set_state(device, VFIO_DEVICE_STATE_STOP);
    if (err < 0) {
        free(*stream);
        *stream = NULL;
    }
    return err;
}

int vmm_load(struct vfio_device *device, const uint8_t *stream, uint64_t size)
{
    int err = vfio_set_state(device, VFIO_DEVICE_STATE_RESUMING);

    if (err < 0) {
        return err;
    }
    err = write_stream(device, stream, size);
    if (err < 0) {
        settle(device, VFIO_DEVICE_STATE_STOP);
        return err;
    }
    return vfio_set_state(device, VFIO_DEVICE_STATE_STOP);
}

/* ---- the migration ----------------------------------------------------------------------------------- */

static int save_source(struct vmm_migration *migration, uint8_t **stream, uint64_t *size)
{
    int err = vmm_save(migration->source, stream, size);

    if (err < 0) {
        return err;
    }
    if (migration->tamper) {
        migration->tamper(migration->tamper_arg, *stream, size);
    }
    migration->stream_size = *size;
    return 0;
}

/* The guest goes on where it was. A source whose own arc failed is in ERROR and cannot. */
static void back_to_source(struct vmm_migration *migration)
{
    if (migration->target->state != VFIO_DEVICE_STATE_RUNNING) {
        int err = vfio_reset(migration->target);

        (void)err; /* the target stays in ERROR, which does not keep the guest from going on */
    }
    if (migration->source->state != VFIO_DEVICE_STATE_ERROR) {
        settle(migration->source, VFIO_DEVICE_STATE_RUNNING);
    }
    migration->vm_ops->start(migration->vm);
}

int vmm_migrate(struct vmm_migration *migration)
{
    const struct vmm_vm_ops *vm_ops = migration->vm_ops;
    uint64_t stopped_at = hal_now(migration->hal);
    uint8_t *stream = NULL;
    uint64_t size = 0;
    int err;

    vm_ops->stop(migration->vm);
    err = save_source(migration, &stream, &size);
    if (err < 0) {
        goto fail;
    }
    err = vm_ops->copy_ram(migration->vm);
    if (err < 0) {
        goto fail;
    }
    err = vmm_load(migration->target, stream, size);
    if (err < 0) {
        goto fail;
    }
    /* The target's memory must be in place before its GuC raises the interrupt. */
    vm_ops->switch_over(migration->vm, migration->target_fn);
    free(stream);
    err = vfio_set_state(migration->target, VFIO_DEVICE_STATE_RUNNING);
    vm_ops->start(migration->vm);
    migration->downtime_ns = hal_now(migration->hal) - stopped_at;
    return err;

fail:
    free(stream);
    back_to_source(migration);
    migration->downtime_ns = hal_now(migration->hal) - stopped_at;
    return err;
}
