/* SPDX-License-Identifier: MIT */
/* The migration loop of a VMM, as short as it can be: the VM is down all the while. Until the VM
 * is switched over, a failure brings it back to the source, and the target is reset. The
 * switch-over is the point of no return: it gives the source's RAM up. */
#include "host/vmm/vmm.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define CHUNK        65536u
#define GROW_FROM    262144u
#define STREAM_LIMIT (256ull << 20) /* a device that never ends its stream is broken */

/* ---- halves ---------------------------------------------------------------------------------- */

struct buffer {
    uint8_t *data;
    uint64_t size;
    uint64_t room;
};

static int make_room(struct buffer *buffer)
{
    uint64_t room = buffer->room ? 2 * buffer->room : GROW_FROM;
    uint8_t *data;

    if (buffer->room - buffer->size >= CHUNK) {
        return 0;
    }
    if (room > STREAM_LIMIT) {
        return -EFBIG;
    }
    data = realloc(buffer->data, room);
    if (!data) {
        return -ENOMEM;
    }
    buffer->data = data;
    buffer->room = room;
    return 0;
}

static int read_stream(struct vfio_device *device, struct buffer *buffer)
{
    int64_t got;

    do {
        int err = make_room(buffer);

        if (err) {
            return err;
        }
        got = vfio_read(device, buffer->data + buffer->size, CHUNK);
        if (got < 0) {
            return (int)got;
        }
        if (got > CHUNK) {
            return -EPROTO;
        }
        buffer->size += (uint64_t)got;
    } while (got > 0);
    return 0;
}

int vmm_save(struct vfio_device *device, uint8_t **stream, uint64_t *size)
{
    struct buffer buffer = {.data = NULL};
    int stop_err;
    int err = vfio_set_state(device, VFIO_DEVICE_STATE_STOP_COPY);

    if (err) {
        return err;
    }
    err = read_stream(device, &buffer);
    stop_err = vfio_set_state(device, VFIO_DEVICE_STATE_STOP);
    err = err ? err : stop_err;
    if (err) {
        free(buffer.data);
        return err;
    }
    *stream = buffer.data;
    *size = buffer.size;
    return 0;
}

static int write_stream(struct vfio_device *device, const uint8_t *stream, uint64_t size)
{
    uint64_t at = 0;

    while (at < size) {
        const uint64_t len = size - at < CHUNK ? size - at : CHUNK;
        int64_t taken = vfio_write(device, stream + at, len);

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

int vmm_load(struct vfio_device *device, const uint8_t *stream, uint64_t size)
{
    int stop_err;
    int err = vfio_set_state(device, VFIO_DEVICE_STATE_RESUMING);

    if (err) {
        return err;
    }
    err = write_stream(device, stream, size);
    stop_err = vfio_set_state(device, VFIO_DEVICE_STATE_STOP);
    return err ? err : stop_err;
}

/* ---- whole ----------------------------------------------------------------------------------- */

/* All that can still be undone. */
static int move_state(struct vmm_migration *migration)
{
    uint8_t *stream = NULL;
    uint64_t size = 0;
    int err = vmm_save(migration->source, &stream, &size);

    if (err) {
        return err;
    }
    migration->stream_size = size;
    if (migration->tamper) {
        migration->tamper(migration->tamper_arg, stream, &size);
    }
    err = migration->vm_ops->copy_ram(migration->vm);
    if (!err) {
        err = vmm_load(migration->target, stream, size);
    }
    free(stream);
    return err;
}

/* A source that cannot go on from where it is starts afresh: its guest sees a reset device, not
 * a dead one. What fails here leaves its device in ERROR; the error to tell is the migration's
 * own. */
static void back_to_source(struct vmm_migration *migration)
{
    int err = 0;

    if (migration->target->state != VFIO_DEVICE_STATE_RUNNING) {
        err = vfio_reset(migration->target);
    }
    (void)err;
    err = vfio_set_state(migration->source, VFIO_DEVICE_STATE_RUNNING);
    if (err) {
        err = vfio_reset(migration->source);
    }
    (void)err;
}

int vmm_migrate(struct vmm_migration *migration)
{
    const struct vmm_vm_ops *vm = migration->vm_ops;
    uint64_t stopped;
    int err;

    migration->stream_size = 0;
    vm->stop(migration->vm);
    stopped = hal_now(migration->hal);
    err = move_state(migration);
    if (err) {
        back_to_source(migration);
    } else {
        vm->switch_over(migration->vm, migration->target_fn);
        err = vfio_set_state(migration->target, VFIO_DEVICE_STATE_RUNNING);
    }
    /* The device runs before the vCPUs do: what it has to tell them is there when they come
     * back. */
    migration->downtime_ns = hal_now(migration->hal) - stopped;
    vm->start(migration->vm);
    return err;
}
