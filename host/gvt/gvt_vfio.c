/* SPDX-License-Identifier: MIT */
/* A vGPU as a migratable device. Its stream: HEAD alone, when there was a pre-copy, so that a
 * target that does not fit says so while the guest still runs, and once more whenever the guest did
 * something that a target may refuse; then the image. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_LIMIT (MIGRATION_IMG_MAX_SIZE + GVT_IMAGE_HEAD_RECORD)

static void stream_free(struct gvt_stream *stream)
{
    free(stream->bytes);
    *stream = (struct gvt_stream){.bytes = NULL, .identity_at = GVT_IMAGE_HEAD_RECORD};
}

/* ---- running --------------------------------------------------------------------------------- */

static int vgpu_pause(void *dev)
{
    return gvt_vgpu_stop(dev);
}

static int vgpu_resume(void *dev)
{
    gvt_vgpu_start(dev);
    return 0;
}

static int vgpu_reset(void *dev)
{
    struct gvt_vgpu *vgpu = dev;

    stream_free(&vgpu->stream);
    gvt_vgpu_reset(vgpu);
    gvt_vgpu_start(vgpu);
    return 0;
}

/* ---- saving ---------------------------------------------------------------------------------- */

static int64_t estimate(void *dev)
{
    return (int64_t)gvt_image_size(dev);
}

static int precopy_begin(void *dev)
{
    struct gvt_vgpu *vgpu = dev;

    stream_free(&vgpu->stream);
    gvt_image_identity(vgpu, vgpu->stream.identity);
    vgpu->stream.identity_at = 0;
    return 0;
}

/* A HEAD that was read whole and is not true any more is followed by another one. */
static void renew(struct gvt_vgpu *vgpu)
{
    struct gvt_stream *stream = &vgpu->stream;
    uint8_t now[GVT_IMAGE_HEAD_RECORD];

    if (stream->identity_at < GVT_IMAGE_HEAD_RECORD) {
        return;
    }
    gvt_image_identity(vgpu, now);
    if (memcmp(now, stream->identity, sizeof(now)) != 0) {
        memcpy(stream->identity, now, sizeof(now));
        stream->identity_at = 0;
        stream->renewed = true;
    }
}

static int64_t precopy_pending(void *dev)
{
    struct gvt_vgpu *vgpu = dev;

    renew(vgpu);
    return (int64_t)(GVT_IMAGE_HEAD_RECORD - vgpu->stream.identity_at);
}

static bool precopy_renewed(void *dev)
{
    struct gvt_vgpu *vgpu = dev;
    bool renewed;

    renew(vgpu);
    renewed = vgpu->stream.renewed;
    vgpu->stream.renewed = false;
    return renewed;
}

static int64_t read_identity(struct gvt_stream *stream, void *to, uint64_t size)
{
    uint64_t left = GVT_IMAGE_HEAD_RECORD - stream->identity_at;

    size = size < left ? size : left;
    memcpy(to, stream->identity + stream->identity_at, size);
    stream->identity_at += size;
    return (int64_t)size;
}

static int64_t precopy_read(void *dev, void *to, uint64_t size)
{
    struct gvt_vgpu *vgpu = dev;

    renew(vgpu);
    return read_identity(&vgpu->stream, to, size);
}

static int precopy_end(void *dev)
{
    stream_free(&((struct gvt_vgpu *)dev)->stream);
    return 0;
}

static int save_begin(void *dev)
{
    struct gvt_vgpu *vgpu = dev;
    struct gvt_stream *stream = &vgpu->stream;
    uint8_t *image;
    int64_t size = gvt_image_save(vgpu, &image);

    if (size < 0) {
        return (int)size;
    }
    /* What was begun is finished by save_read; what was not need not be: the image has it all. */
    if (stream->identity_at == 0) {
        stream->identity_at = GVT_IMAGE_HEAD_RECORD;
    }
    free(stream->bytes);
    stream->bytes = image;
    stream->size = (uint64_t)size;
    stream->at = 0;
    return 0;
}

static int64_t save_read(void *dev, void *to, uint64_t size)
{
    struct gvt_stream *stream = &((struct gvt_vgpu *)dev)->stream;
    uint64_t left = stream->size - stream->at;

    if (stream->identity_at < GVT_IMAGE_HEAD_RECORD) {
        return read_identity(stream, to, size);
    }
    size = size < left ? size : left;
    memcpy(to, stream->bytes + stream->at, size);
    stream->at += size;
    return (int64_t)size;
}

static int save_end(void *dev)
{
    stream_free(&((struct gvt_vgpu *)dev)->stream);
    return 0;
}

/* ---- loading --------------------------------------------------------------------------------- */

static int load_begin(void *dev)
{
    struct gvt_stream *stream = &((struct gvt_vgpu *)dev)->stream;

    stream_free(stream);
    stream->bytes = malloc(STREAM_LIMIT);
    return stream->bytes ? 0 : -ENOMEM;
}

/* As soon as a HEAD is whole it is looked at, and one that stands alone is done with. */
static int look_at_head(struct gvt_vgpu *vgpu)
{
    struct gvt_stream *stream = &vgpu->stream;

    while (!stream->head_seen && stream->size >= GVT_IMAGE_HEAD_RECORD) {
        int64_t told = gvt_image_check_head(vgpu, stream->bytes);

        if (told < 0) {
            return (int)told;
        }
        if (told > (int64_t)GVT_IMAGE_HEAD_RECORD) {
            stream->head_seen = true;
        } else {
            stream->size -= GVT_IMAGE_HEAD_RECORD;
            memmove(stream->bytes, stream->bytes + GVT_IMAGE_HEAD_RECORD, stream->size);
        }
    }
    return 0;
}

static int64_t load_write(void *dev, const void *from, uint64_t size)
{
    struct gvt_vgpu *vgpu = dev;
    struct gvt_stream *stream = &vgpu->stream;

    if (!stream->refused && size > STREAM_LIMIT - stream->size) {
        gvt_image_refused(vgpu, "image: larger than an image may be", stream->size + size);
        stream->refused = -EINVAL;
    }
    if (stream->refused) {
        return stream->refused;
    }
    memcpy(stream->bytes + stream->size, from, size);
    stream->size += size;
    stream->refused = look_at_head(vgpu);
    return stream->refused ? stream->refused : (int64_t)size;
}

/* A refused image stays refused until there is another load, or a reset. */
static int load_end(void *dev)
{
    struct gvt_vgpu *vgpu = dev;
    struct gvt_stream *stream = &vgpu->stream;

    if (!stream->refused) {
        stream->refused = gvt_image_load(vgpu, stream->bytes, stream->size);
    }
    if (stream->refused) {
        return stream->refused;
    }
    stream_free(stream);
    return 0;
}

static bool intact(void *dev)
{
    return ((struct gvt_vgpu *)dev)->stream.refused != -EIO;
}

/* ---- dirty log ------------------------------------------------------------------------------- */

static int dirty_log(void *dev, bool on)
{
    struct gvt_vgpu *vgpu = dev;

    memset(vgpu->dirty, 0, vgpu->guest_pages / 8 + 1);
    vgpu->dirty_logging = on;
    return 0;
}

/* Takes the log's bits of pages [first, first + count). */
static bool take_dirty(struct gvt_vgpu *vgpu, uint64_t first, uint64_t count)
{
    bool dirty = false;

    for (uint64_t page = first; page < first + count && page < vgpu->guest_pages; page++) {
        uint8_t bit = (uint8_t)(1u << page % 8);

        dirty |= (vgpu->dirty[page / 8] & bit) != 0;
        vgpu->dirty[page / 8] &= (uint8_t)~bit;
    }
    return dirty;
}

static int64_t dirty_report(void *dev, uint64_t iova, uint64_t page_size, uint64_t pages,
                            uint8_t *bitmap)
{
    struct gvt_vgpu *vgpu = dev;
    uint64_t each = page_size / HAL_PAGE_SIZE;
    uint64_t first = iova / HAL_PAGE_SIZE;
    int64_t found = 0;

    if (each == 0) {
        return -EINVAL;
    }
    for (uint64_t n = 0; n < pages && first < vgpu->guest_pages; n++, first += each) {
        if (take_dirty(vgpu, first, each)) {
            bitmap[n / 8] |= (uint8_t)(1u << n % 8);
            found++;
        }
    }
    return found;
}

const struct vfio_ops gvt_vfio_ops = {
    .pause = vgpu_pause,
    .resume = vgpu_resume,
    .stop = vgpu_pause,
    .reset = vgpu_reset,
    .estimate = estimate,
    .save_begin = save_begin,
    .save_read = save_read,
    .save_end = save_end,
    .load_begin = load_begin,
    .load_write = load_write,
    .load_end = load_end,
    .intact = intact,
    .precopy_begin = precopy_begin,
    .precopy_pending = precopy_pending,
    .precopy_read = precopy_read,
    .precopy_end = precopy_end,
    .precopy_renewed = precopy_renewed,
    .dirty_log = dirty_log,
    .dirty_report = dirty_report,
};
