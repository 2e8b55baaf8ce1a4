/* SPDX-License-Identifier: MIT */
/* The migration stream of a VF as bytes: descriptor, the packets of each GT, trailer, read and
 * written in pieces of any size. The loader is strict: it refuses what it cannot be sure of,
 * before anything is applied where it can, and an error stays until the next stream begins. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/pf/pf_private.h"
#include "sim/hal/trace.h"

#define PACKET_TIMEOUT_NS   (20 * HAL_NS_PER_S) /* for a GT to produce its next packet */
#define DESCRIPTOR_SIZE_MAX 4096u

static const uint64_t header_size = sizeof(struct xe_sriov_packet_hdr);

static uint64_t at_most(uint64_t value, uint64_t limit)
{
    return value < limit ? value : limit;
}

static void reset_stream(struct pf_stream *stream)
{
    pf_packet_free(stream->packet);
    memset(stream, 0, sizeof(*stream));
}

/* Is the VF in one of these states on every GT? */
static bool all_in(const struct pf_vf *vf, uint64_t states)
{
    bool all = true;

    for (unsigned n = 0; n < vf->pf->config.num_gts; n++) {
        all = all && pf_control_in(&vf->pf->gts[n], vf->id, states);
    }
    return all;
}

/* ---- save ------------------------------------------------------------------------------------ */

/* Waits for a GT's next packet. Returns 0 with NULL when it has no more, or -errno. */
static int next_of_gt(struct pf_gt *gt, unsigned vf, struct pf_packet **packet)
{
    struct hal *hal = gt->pf->hal;
    const uint64_t deadline = hal_now(hal) + PACKET_TIMEOUT_NS;

    for (;;) {
        uint64_t now;

        *packet = pf_migration_take(gt, vf);
        if (*packet || pf_control_in(gt, vf, PF_IN(SAVE_DATA_DONE))) {
            return 0;
        }
        if (!pf_control_in(gt, vf, PF_SAVING)) {
            return -EIO;
        }
        now = hal_now(hal);
        if (now >= deadline) {
            return -ETIMEDOUT;
        }
        hal_wait(hal, deadline - now);
    }
}

/* Puts the next packet under way; none when the stream is at its end. */
static int next_packet(struct pf_vf *vf)
{
    struct pf_stream *stream = &vf->stream;
    struct pf *pf = vf->pf;

    stream->pos = 0;
    if (!stream->begun) {
        stream->packet = pf_packet_descriptor(&pf->config);
        stream->begun = true;
        return stream->packet ? 0 : -ENOMEM;
    }
    for (unsigned n = 0; n < pf->config.num_gts; n++) {
        int err = next_of_gt(&pf->gts[n], vf->id, &stream->packet);

        if (err || stream->packet) {
            return err;
        }
    }
    if (!stream->ended) {
        stream->packet = pf_packet_new(XE_SRIOV_PACKET_TYPE_TRAILER, 0, 0);
        stream->ended = true;
        return stream->packet ? 0 : -ENOMEM;
    }
    return 0;
}

int pf_stream_precopy_begin(struct pf_vf *vf)
{
    struct pf_stream *stream = &vf->stream;

    reset_stream(stream);
    stream->packet = pf_packet_descriptor(&vf->pf->config);
    stream->begun = true;
    stream->precopy = true;
    return stream->packet ? 0 : -ENOMEM;
}

void pf_stream_precopy_end(struct pf_vf *vf)
{
    reset_stream(&vf->stream);
}

/* What was begun in pre-copy goes on. */
int pf_stream_save_begin(struct pf_vf *vf)
{
    int err = pf_control_save_begin(vf->pf, vf->id);

    if (!err && !vf->stream.precopy) {
        reset_stream(&vf->stream);
    }
    return err;
}

/* Copies from the packet under way; drops it at its end. */
static uint64_t read_packet(struct pf_stream *stream, uint8_t *to, uint64_t size)
{
    struct pf_packet *packet = stream->packet;
    const bool in_header = stream->pos < header_size;
    const uint64_t at = in_header ? stream->pos : stream->pos - header_size;
    const uint64_t rest = (in_header ? header_size : packet->hdr.size) - at;
    const uint64_t len = at_most(size, rest);

    if (len) {
        memcpy(to, (in_header ? (const uint8_t *)&packet->hdr : packet->data) + at, len);
    }
    stream->pos += len;
    if (stream->pos == header_size + packet->hdr.size) {
        pf_packet_free(packet);
        stream->packet = NULL;
    }
    return len;
}

int64_t pf_stream_precopy_pending(struct pf_vf *vf)
{
    const struct pf_packet *packet = vf->stream.packet;

    return packet ? (int64_t)(header_size + packet->hdr.size - vf->stream.pos) : 0;
}

int64_t pf_stream_precopy_read(struct pf_vf *vf, void *to, uint64_t size)
{
    uint64_t done = 0;

    while (vf->stream.packet && done < size) {
        done += read_packet(&vf->stream, (uint8_t *)to + done, size - done);
    }
    return (int64_t)done;
}

int64_t pf_stream_read(struct pf_vf *vf, void *to, uint64_t size)
{
    struct pf_stream *stream = &vf->stream;
    uint64_t done = 0;

    while (!stream->error && done < size) {
        if (!stream->packet) {
            stream->error = next_packet(vf);
        }
        if (stream->error || !stream->packet) {
            break;
        }
        done += read_packet(stream, (uint8_t *)to + done, size - done);
    }
    return stream->error ? stream->error : (int64_t)done;
}

int pf_stream_save_end(struct pf_vf *vf)
{
    int err = 0;

    /* Saving only looks: to stop in the middle is no failure. */
    if (all_in(vf, PF_SAVING) && !vf->stream.error && !(vf->stream.ended && !vf->stream.packet)) {
        pf_control_abandon(vf->pf, vf->id);
    } else {
        err = pf_control_save_finish(vf->pf, vf->id);
    }
    reset_stream(&vf->stream);
    for (unsigned n = 0; n < vf->pf->config.num_gts; n++) {
        pf_migration_drop(&vf->pf->gts[n], vf->id); /* what nobody read */
    }
    return err;
}

/* ---- load ------------------------------------------------------------------------------------ */

static int check_descriptor_header(const struct pf_stream *stream,
                                   const struct xe_sriov_packet_hdr *hdr)
{
    if (stream->begun || hdr->tile_id || hdr->gt_id || hdr->offset ||
        hdr->size % sizeof(uint32_t) || hdr->size > DESCRIPTOR_SIZE_MAX) {
        return -EINVAL;
    }
    return 0;
}

/* Only now is it known that nothing is missing; a section of a type that this loader skipped is. */
static int check_trailer(const struct pf_vf *vf, const struct xe_sriov_packet_hdr *hdr)
{
    if (hdr->tile_id || hdr->gt_id || hdr->offset || hdr->size) {
        return -EINVAL;
    }
    for (unsigned n = 0; n < vf->pf->config.num_gts; n++) {
        if (!pf_migration_complete(&vf->pf->gts[n], vf->id)) {
            return -ENODATA;
        }
    }
    return 0;
}

static int check_header(struct pf_vf *vf, const struct xe_sriov_packet_hdr *hdr)
{
    const struct pf_stream *stream = &vf->stream;

    if (hdr->version != XE_SRIOV_PACKET_SUPPORTED_VERSION || hdr->flags || !hdr->type) {
        return -EINVAL;
    }
    if (hdr->type == XE_SRIOV_PACKET_TYPE_DESCRIPTOR) {
        return check_descriptor_header(stream, hdr);
    }
    if (!stream->begun || (stream->ended && hdr->type != XE_SRIOV_PACKET_TYPE_TRAILER)) {
        return -EINVAL;
    }
    if (hdr->type == XE_SRIOV_PACKET_TYPE_TRAILER) {
        return check_trailer(vf, hdr);
    }
    if (hdr->tile_id || hdr->gt_id >= vf->pf->config.num_gts) {
        return -EINVAL;
    }
    if (hdr->type > XE_SRIOV_PACKET_TYPE_VRAM) {
        trace_peer_error(vf->pf->hal, hdr->gt_id, vf->id, "packet of unknown type", hdr->type);
        return 0;
    }
    return pf_migration_check(&vf->pf->gts[hdr->gt_id], vf->id, hdr);
}

/* A header is whole: makes room for its payload, unless that is to be skipped. */
static int begin_packet(struct pf_vf *vf)
{
    struct pf_stream *stream = &vf->stream;
    const struct xe_sriov_packet_hdr *hdr = &stream->hdr;
    int err = check_header(vf, hdr);

    if (err || hdr->type > XE_SRIOV_PACKET_TYPE_VRAM) {
        return err;
    }
    stream->packet = pf_packet_new(hdr->type, hdr->gt_id, hdr->size);
    return stream->packet ? 0 : -ENOMEM;
}

static int take_trailer(struct pf_vf *vf)
{
    int result = 0;

    vf->stream.ended = true;
    for (unsigned n = 0; n < vf->pf->config.num_gts; n++) {
        if (pf_control_post(&vf->pf->gts[n], vf->id, PF_EVENT_TRAILER)) {
            result = -EIO;
        }
    }
    return result;
}

/* A packet is whole. */
static int end_packet(struct pf_vf *vf)
{
    struct pf_stream *stream = &vf->stream;
    struct pf_packet *packet = stream->packet;
    int err = 0;

    stream->pos = 0;
    stream->packet = NULL;
    if (!packet) {
        return 0; /* skipped */
    }
    switch (packet->hdr.type) {
    case XE_SRIOV_PACKET_TYPE_DESCRIPTOR:
        err = pf_packet_check_descriptor(&vf->pf->config, packet->data, packet->hdr.size);
        stream->begun = true;
        break;
    case XE_SRIOV_PACKET_TYPE_TRAILER:
        err = take_trailer(vf);
        break;
    default:
        return pf_migration_add(&vf->pf->gts[packet->hdr.gt_id], vf->id, packet);
    }
    pf_packet_free(packet);
    return err;
}

/* Takes bytes up to the end of the header or payload under way; returns how many. */
static uint64_t write_packet(struct pf_stream *stream, const uint8_t *from, uint64_t size)
{
    const bool in_header = stream->pos < header_size;
    const uint64_t at = in_header ? stream->pos : stream->pos - header_size;
    const uint64_t rest = (in_header ? header_size : stream->hdr.size) - at;
    const uint64_t len = at_most(size, rest);

    if (in_header) {
        memcpy((uint8_t *)&stream->hdr + at, from, len);
    } else if (stream->packet && len) {
        memcpy(stream->packet->data + at, from, len);
    }
    stream->pos += len;
    return len;
}

int pf_stream_load_begin(struct pf_vf *vf)
{
    int err = vf->provisioned ? pf_control_restore_begin(vf->pf, vf->id) : -ENODATA;

    if (!err) {
        reset_stream(&vf->stream);
        vf->spoiled = false;
    }
    return err;
}

int64_t pf_stream_write(struct pf_vf *vf, const void *from, uint64_t size)
{
    struct pf_stream *stream = &vf->stream;
    uint64_t done = 0;

    while (!stream->error && done < size) {
        done += write_packet(stream, (const uint8_t *)from + done, size - done);
        if (stream->pos == header_size) {
            stream->error = begin_packet(vf);
        }
        /* A size near the top of its range belongs to a packet that is skipped for ever. */
        if (!stream->error && stream->pos >= header_size &&
            stream->pos - header_size == stream->hdr.size) {
            stream->error = end_packet(vf);
        }
    }
    if (stream->error) {
        trace_peer_error(vf->pf->hal, HAL_GT_NONE, vf->id, "migration stream refused",
                         (uint64_t)-stream->error);
        pf_control_abandon(vf->pf, vf->id);
        return stream->error;
    }
    return (int64_t)done;
}

/* What was loaded before another GT's GuC said no goes again: the VF is reset and paused, as it was
 * given to the load. One that something else came upon meanwhile is not ours to touch. */
static void clear_target(struct pf_vf *vf)
{
    int err = all_in(vf, PF_HALTED) ? pf_control_flr(vf->pf, vf->id) : -ECANCELED;

    if (!err) {
        err = pf_control_pause(vf->pf, vf->id);
    }
    vf->spoiled = err != 0;
    if (err) {
        return;
    }
    for (unsigned n = 0; n < vf->pf->config.num_gts; n++) {
        vf->pf->gts[n].control[vf->id].unfixed = false;
    }
}

int pf_stream_load_end(struct pf_vf *vf)
{
    /* Until the trailer nothing is applied: a stream that fails before has changed nothing. */
    const bool applied = vf->stream.ended;
    int err = vf->stream.error;

    if (!err && !(applied && vf->stream.pos == 0)) {
        err = -ENODATA;
    }
    reset_stream(&vf->stream);
    if (err) {
        pf_control_abandon(vf->pf, vf->id);
    } else {
        err = pf_control_restore_finish(vf->pf, vf->id);
    }
    if (err && applied) {
        clear_target(vf);
    }
    return err;
}

bool pf_stream_intact(const struct pf_vf *vf)
{
    return !vf->spoiled;
}
