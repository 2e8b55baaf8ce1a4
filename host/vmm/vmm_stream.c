/* SPDX-License-Identifier: MIT */
/* The device's stream by itself: taken whole from one device, given whole to another. */
#include <errno.h>
#include <stdlib.h>

#include "host/vmm/vmm_private.h"

#define GROW_FROM (2ull * VMM_CHUNK)

int vmm_buffer_room(struct vmm_buffer *buffer)
{
    uint64_t room = buffer->room ? 2 * buffer->room : GROW_FROM;
    uint8_t *data;

    if (buffer->room - buffer->size >= VMM_CHUNK) {
        return 0;
    }
    if (room > VMM_STREAM_LIMIT) {
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

static int read_stream(struct vfio_device *device, struct vmm_buffer *buffer)
{
    int64_t got;

    do {
        int err = vmm_buffer_room(buffer);

        if (err) {
            return err;
        }
        got = vfio_read(device, buffer->data + buffer->size, VMM_CHUNK);
        if (got < 0) {
            return (int)got;
        }
        if (got > VMM_CHUNK) {
            return -EPROTO;
        }
        buffer->size += (uint64_t)got;
    } while (got > 0);
    return 0;
}

int vmm_save(struct vfio_device *device, uint8_t **stream, uint64_t *size)
{
    struct vmm_buffer buffer = {.data = NULL};
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

int vmm_load(struct vfio_device *device, const uint8_t *stream, uint64_t size)
{
    const struct vmm_device target = {.v2 = device};
    const struct vmm_face *face = vmm_face_of(&target);
    int stop_err;
    int err = face->setup_target(&target);

    if (err) {
        return err;
    }
    err = face->load_write(&target, stream, size);
    stop_err = face->load_end(&target);
    return err ? err : stop_err;
}
