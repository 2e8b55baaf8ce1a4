/* SPDX-License-Identifier: MIT */
/* The data of a VF on one GT: what its packets hold, how each is produced and applied. Steps run
 * on the GT's control worker; the stream takes and adds packets at the other end of a short
 * ring. A packet that is loaded is held back until the trailer has come or the ring is full, so
 * that a stream cut short changes nothing. */
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/pf/pf_private.h"
#include "sim/hal/trace.h"

#define GUC_DATA_MAX    (8ull << 20)
#define MMIO_SIZE       (VF_SW_FLAG_COUNT * sizeof(uint32_t))
#define ROOM_TIMEOUT_NS (20 * HAL_NS_PER_S)

/* ---- GuC: an opaque blob --------------------------------------------------------------------- */

/* Returns dwords used (of a size query: needed), or -errno. */
static int guc_action_save_restore(struct pf_gt *gt, unsigned vf, uint32_t opcode, uint64_t addr,
                                   uint32_t len)
{
    const uint32_t request[PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_LEN] = {
        GUC_ACTION_PF2GUC_SAVE_RESTORE_VF |
            FIELD_PREP(PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_0_OPCODE, opcode),
        vf,
        lower_32(addr),
        upper_32(addr),
        FIELD_PREP(PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_4_SIZE, len),
    };

    return ct_send_recv(gt->ct, request, ARRAY_SIZE(request), NULL, 0, NULL);
}

static int64_t guc_size(struct pf_gt *gt, unsigned vf)
{
    int len = guc_action_save_restore(gt, vf, GUC_PF_OPCODE_VF_SAVE, 0, 0);

    if (len < 0) {
        return len;
    }
    if (len == 0) {
        return -ENODATA;
    }
    return (int64_t)len * (int64_t)sizeof(uint32_t);
}

/* Runs a save or restore over a buffer in the GGTT; returns dwords used, 1..len, or -errno. */
static int guc_transfer(struct pf_gt *gt, unsigned vf, uint32_t opcode, const struct bo *bo,
                        uint64_t size)
{
    const uint32_t len = (uint32_t)(size / sizeof(uint32_t));
    int used = guc_action_save_restore(gt, vf, opcode, bo_addr(bo, 0), len);

    if (used == 0) {
        return -ENODATA;
    }
    return used > 0 && (uint32_t)used > len ? -EPROTO : used;
}

static int guc_save(struct pf_gt *gt, unsigned vf, struct pf_packet *packet)
{
    struct pf *pf = gt->pf;
    struct bo bo;
    int used;

    if (packet->hdr.size > GUC_DATA_MAX) {
        return -EFBIG;
    }
    /* The GuC relies on the buffer being zero. */
    used = bo_create(pf->hal, pf->ggtt, ALIGN_UP(packet->hdr.size, XE_PAGE_SIZE), GGTT_PAT_NORMAL,
                     &bo);
    if (used) {
        return used;
    }
    used = guc_transfer(gt, vf, GUC_PF_OPCODE_VF_SAVE, &bo, packet->hdr.size);
    if (used > 0) {
        packet->hdr.size = (uint64_t)used * sizeof(uint32_t); /* may be less than it asked for */
        bo_read(pf->hal, &bo, 0, packet->data, packet->hdr.size);
    }
    bo_destroy(pf->hal, pf->ggtt, &bo);
    return used < 0 ? used : 0;
}

static int guc_load(struct pf_gt *gt, unsigned vf, const struct pf_packet *packet)
{
    struct pf *pf = gt->pf;
    struct bo bo;
    int used = bo_create(pf->hal, pf->ggtt, ALIGN_UP(packet->hdr.size, XE_PAGE_SIZE),
                         GGTT_PAT_NORMAL, &bo);

    if (used) {
        return used;
    }
    bo_write(pf->hal, &bo, 0, packet->data, packet->hdr.size);
    used = guc_transfer(gt, vf, GUC_PF_OPCODE_VF_RESTORE, &bo, packet->hdr.size);
    bo_destroy(pf->hal, pf->ggtt, &bo);
    return used < 0 ? used : 0;
}

static bool guc_size_ok(const struct pf_gt *gt, unsigned vf, uint64_t size)
{
    (void)gt;
    (void)vf;
    return size > 0 && size <= GUC_DATA_MAX && size % sizeof(uint32_t) == 0;
}

/* ---- GGTT: the entries of the range, owner removed ------------------------------------------- */

static int64_t ggtt_bytes(struct pf_gt *gt, unsigned vf)
{
    return (int64_t)(gt->pf->vfs[vf].has[PF_GGTT].size / XE_PAGE_SIZE * PF_PTE_SIZE);
}

static uint32_t first_pte(const struct pf_gt *gt, unsigned vf)
{
    const uint64_t start = gt->pf->vfs[vf].has[PF_GGTT].start;

    return (uint32_t)(GGTT_BAR0_OFFSET + start / XE_PAGE_SIZE * PF_PTE_SIZE);
}

static int ggtt_save(struct pf_gt *gt, unsigned vf, struct pf_packet *packet)
{
    const uint32_t first = first_pte(gt, vf);

    for (uint32_t at = 0; at < packet->hdr.size; at += PF_PTE_SIZE) {
        uint64_t pte = hal_read64(gt->pf->hal, first + at);

        if (FIELD_GET(GGTT_PTE_VFID, pte) != vf) {
            return -EPERM;
        }
        pte &= ~GGTT_PTE_VFID;
        memcpy(packet->data + at, &pte, sizeof(pte));
    }
    return 0;
}

static int ggtt_load(struct pf_gt *gt, unsigned vf, const struct pf_packet *packet)
{
    const uint32_t first = first_pte(gt, vf);

    for (uint32_t at = 0; at < packet->hdr.size; at += PF_PTE_SIZE) {
        uint64_t pte;

        memcpy(&pte, packet->data + at, sizeof(pte));
        pte = (pte & ~GGTT_PTE_VFID) | FIELD_PREP(GGTT_PTE_VFID, (uint64_t)vf);
        hal_write64(gt->pf->hal, first + at, pte);
    }
    pf_invalidate_ggtt(gt->pf);
    return 0;
}

static bool ggtt_size_ok(const struct pf_gt *gt, unsigned vf, uint64_t size)
{
    return size && size == gt->pf->vfs[vf].has[PF_GGTT].size / XE_PAGE_SIZE * PF_PTE_SIZE;
}

/* ---- MMIO: the mailbox ----------------------------------------------------------------------- */

static int64_t mmio_size(struct pf_gt *gt, unsigned vf)
{
    (void)gt;
    (void)vf;
    return MMIO_SIZE;
}

static int mmio_save(struct pf_gt *gt, unsigned vf, struct pf_packet *packet)
{
    for (unsigned n = 0; n < VF_SW_FLAG_COUNT; n++) {
        const uint32_t value = hal_read32(gt->pf->hal, pf_vf_mailbox(gt, vf, n));

        memcpy(packet->data + n * sizeof(value), &value, sizeof(value));
    }
    return 0;
}

static int mmio_load(struct pf_gt *gt, unsigned vf, const struct pf_packet *packet)
{
    for (unsigned n = 0; n < VF_SW_FLAG_COUNT; n++) {
        uint32_t value;

        memcpy(&value, packet->data + n * sizeof(value), sizeof(value));
        hal_write32(gt->pf->hal, pf_vf_mailbox(gt, vf, n), value);
    }
    return 0;
}

static bool mmio_size_ok(const struct pf_gt *gt, unsigned vf, uint64_t size)
{
    (void)gt;
    (void)vf;
    return size == MMIO_SIZE;
}

/* ---- sections, in the order in which they are produced --------------------------------------- */

static const struct section {
    uint8_t type;
    bool main_only; /* belongs to the tile, travels with its main GT */
    /* Bytes it would be now, or -errno. */
    int64_t (*size)(struct pf_gt *gt, unsigned vf);
    /* Fills in the packet, may shorten it. */
    int (*save)(struct pf_gt *gt, unsigned vf, struct pf_packet *packet);
    int (*load)(struct pf_gt *gt, unsigned vf, const struct pf_packet *packet);
    /* Whether a payload of this size can be loaded; NULL for one in chunks. */
    bool (*size_ok)(const struct pf_gt *gt, unsigned vf, uint64_t size);
    uint64_t chunk; /* the most that one packet holds of it; 0: it is one packet */
} sections[] = {
    {XE_SRIOV_PACKET_TYPE_GUC, false, guc_size, guc_save, guc_load, guc_size_ok, 0},
    {XE_SRIOV_PACKET_TYPE_GGTT, true, ggtt_bytes, ggtt_save, ggtt_load, ggtt_size_ok, 0},
    {XE_SRIOV_PACKET_TYPE_MMIO, false, mmio_size, mmio_save, mmio_load, mmio_size_ok, 0},
    {XE_SRIOV_PACKET_TYPE_VRAM, true, pf_vram_bytes, pf_vram_save, pf_vram_load, NULL,
     PF_VRAM_CHUNK},
};

static bool applies(const struct section *section, const struct pf_gt *gt, unsigned vf)
{
    const bool is_there =
        section->type != XE_SRIOV_PACKET_TYPE_VRAM || gt->pf->vfs[vf].has[PF_LMEM].size;

    return is_there && (!section->main_only || gt->id == 0);
}

/* Index of the section of this type of this VF on this GT, or ARRAY_SIZE(sections). */
static unsigned find_section(const struct pf_gt *gt, unsigned vf, uint8_t type)
{
    unsigned n = 0;

    while (n < ARRAY_SIZE(sections) &&
           !(sections[n].type == type && applies(&sections[n], gt, vf))) {
        n++;
    }
    return n;
}

/* ---- ring ------------------------------------------------------------------------------------ */

static void push(struct pf_queue *queue, struct pf_packet *packet)
{
    queue->packets[(queue->first + queue->count++) % PF_RING] = packet;
}

static struct pf_packet *pop(struct pf_queue *queue)
{
    struct pf_packet *packet;

    if (!queue->count) {
        return NULL;
    }
    packet = queue->packets[queue->first];
    queue->first = (queue->first + 1) % PF_RING;
    queue->count--;
    return packet;
}

void pf_migration_drop(struct pf_gt *gt, unsigned vf)
{
    struct pf_queue *queue = &gt->control[vf].queue;

    while (queue->count) {
        pf_packet_free(pop(queue));
    }
    pf_packet_free(queue->gathered);
    queue->gathered = NULL;
    queue->chunks = 0;
    queue->generation++;
    queue->next_section = 0;
    queue->loaded = 0;
    queue->held = true;
}

/* ---- save ------------------------------------------------------------------------------------ */

/* The size of the next packet of the section taken last, of so many bytes. */
static uint64_t next_chunk(struct pf_queue *queue, const struct section *section, uint64_t bytes,
                           uint64_t *offset)
{
    uint64_t size = bytes - queue->chunks;

    *offset = queue->chunks;
    if (section->chunk && size > section->chunk) {
        queue->chunks += section->chunk;
        queue->next_section--; /* there is more of it */
        return section->chunk;
    }
    queue->chunks = 0;
    return size;
}

/* Makes the next packet that is not empty: 1, with *result set; 0 when nothing is left; -errno. */
static int produce(struct pf_gt *gt, unsigned vf, struct pf_packet **result)
{
    struct pf_queue *queue = &gt->control[vf].queue;

    while (queue->next_section < ARRAY_SIZE(sections)) {
        const struct section *section = &sections[queue->next_section++];
        struct pf_packet *packet;
        int64_t size = applies(section, gt, vf) ? section->size(gt, vf) : 0;
        uint64_t offset = 0;
        int err;

        if (size < 0) {
            return (int)size;
        }
        if (size == 0) {
            continue;
        }
        packet = pf_packet_new(section->type, gt->id,
                               next_chunk(queue, section, (uint64_t)size, &offset));
        if (!packet) {
            return -ENOMEM;
        }
        packet->hdr.offset = offset;
        err = section->save(gt, vf, packet);
        if (err) {
            pf_packet_free(packet);
            return err;
        }
        *result = packet;
        return 1;
    }
    return 0;
}

void pf_migration_save_step(struct pf_gt *gt, unsigned vf)
{
    struct pf_queue *queue = &gt->control[vf].queue;
    const unsigned generation = queue->generation;
    struct pf_packet *packet = NULL;
    int ret;

    if (queue->count == PF_RING) {
        (void)pf_control_post(gt, vf, PF_EVENT_WAIT);
        return;
    }
    ret = produce(gt, vf, &packet);
    if (queue->generation != generation) {
        pf_packet_free(packet); /* of a save that was given up meanwhile */
        return;
    }
    if (ret > 0) {
        push(queue, packet);
    } else if (ret < 0) {
        trace_peer_error(gt->pf->hal, (int)gt->id, vf, "save failed", (uint64_t)-ret);
    }
    (void)pf_control_post(gt, vf,
                          ret > 0    ? PF_EVENT_MORE
                          : ret == 0 ? PF_EVENT_END
                                     : PF_EVENT_ERROR);
}

struct pf_packet *pf_migration_take(struct pf_gt *gt, unsigned vf)
{
    struct pf_packet *packet = pop(&gt->control[vf].queue);

    if (packet) {
        (void)pf_control_post(gt, vf, PF_EVENT_PACKET_TAKEN);
    }
    return packet;
}

int64_t pf_migration_estimate(struct pf_gt *gt, unsigned vf)
{
    int64_t sum = 0;

    for (unsigned n = 0; n < ARRAY_SIZE(sections); n++) {
        int64_t size = applies(&sections[n], gt, vf) ? sections[n].size(gt, vf) : 0;

        if (size < 0) {
            return size;
        }
        if (size > 0) {
            sum += size + (int64_t)sizeof(struct xe_sriov_packet_hdr);
        }
    }
    return sum;
}

/* ---- load ------------------------------------------------------------------------------------ */

/* Chunks come in order, without gap or overlap: so each is there once, and all are. */
static bool chunk_fits(const struct pf_gt *gt, unsigned vf, const struct xe_sriov_packet_hdr *hdr)
{
    const uint64_t at = gt->control[vf].queue.chunks;

    return hdr->offset == at && hdr->size && hdr->size <= PF_VRAM_CHUNK &&
           hdr->size <= gt->pf->vfs[vf].has[PF_LMEM].size - at;
}

int pf_migration_check(const struct pf_gt *gt, unsigned vf, const struct xe_sriov_packet_hdr *hdr)
{
    const struct pf_queue *queue = &gt->control[vf].queue;
    const unsigned n = find_section(gt, vf, hdr->type);

    if (n == ARRAY_SIZE(sections) || queue->loaded & 1u << n) {
        return -EINVAL;
    }
    if (sections[n].chunk) {
        return chunk_fits(gt, vf, hdr) ? 0 : -EINVAL;
    }
    return hdr->offset || !sections[n].size_ok(gt, vf, hdr->size) ? -EINVAL : 0;
}

/* Puts a chunk to those before it; takes it in all cases. Returns 1 with the whole section in
 * *packet, 0 while some of it is missing, -ENOMEM. */
static int gather(struct pf_queue *queue, uint64_t bytes, struct pf_packet **packet)
{
    struct pf_packet *chunk = *packet;

    if (!queue->gathered) {
        queue->gathered = pf_packet_new(chunk->hdr.type, chunk->hdr.gt_id, bytes);
    }
    if (!queue->gathered) {
        pf_packet_free(chunk);
        return -ENOMEM;
    }
    memcpy(queue->gathered->data + queue->chunks, chunk->data, chunk->hdr.size);
    queue->chunks += chunk->hdr.size;
    pf_packet_free(chunk);
    if (queue->chunks < bytes) {
        return 0;
    }
    *packet = queue->gathered;
    queue->gathered = NULL;
    return 1;
}

/* A section in chunks becomes one packet of the ring, which is not applied before it is whole. */
static int whole_section(struct pf_gt *gt, unsigned vf, struct pf_packet **packet)
{
    const struct section *section = &sections[find_section(gt, vf, (*packet)->hdr.type)];

    if (!section->chunk) {
        return 1;
    }
    return gather(&gt->control[vf].queue, (uint64_t)section->size(gt, vf), packet);
}

int pf_migration_add(struct pf_gt *gt, unsigned vf, struct pf_packet *packet)
{
    struct hal *hal = gt->pf->hal;
    struct pf_queue *queue = &gt->control[vf].queue;
    const uint64_t deadline = hal_now(hal) + ROOM_TIMEOUT_NS;
    const int whole = whole_section(gt, vf, &packet);

    if (whole <= 0) {
        return whole;
    }
    while (pf_control_in(gt, vf, PF_RESTORING) && queue->count == PF_RING) {
        uint64_t now = hal_now(hal);

        if (now >= deadline) {
            pf_packet_free(packet);
            return -ETIMEDOUT;
        }
        hal_wait(hal, deadline - now);
    }
    if (!pf_control_in(gt, vf, PF_RESTORING)) {
        pf_packet_free(packet);
        return -EIO;
    }
    queue->loaded |= 1u << find_section(gt, vf, packet->hdr.type);
    push(queue, packet);
    if (queue->count == PF_RING) {
        queue->held = false;
    }
    if (!queue->held) {
        (void)pf_control_post(gt, vf, PF_EVENT_PACKET_ADDED);
    }
    return 0;
}

bool pf_migration_complete(const struct pf_gt *gt, unsigned vf)
{
    for (unsigned n = 0; n < ARRAY_SIZE(sections); n++) {
        if (applies(&sections[n], gt, vf) && !(gt->control[vf].queue.loaded & 1u << n)) {
            return false;
        }
    }
    return true;
}

void pf_migration_load_step(struct pf_gt *gt, unsigned vf)
{
    struct pf_queue *queue = &gt->control[vf].queue;
    const unsigned generation = queue->generation;
    const bool last = pf_control_get(gt, vf) == PF_RESTORE_DATA_DONE;
    struct pf_packet *packet = last || !queue->held ? pop(queue) : NULL;
    int err;

    if (!packet) {
        (void)pf_control_post(gt, vf, last ? PF_EVENT_END : PF_EVENT_WAIT);
        return;
    }
    hal_wake(gt->pf->hal); /* there is room now */
    err = sections[find_section(gt, vf, packet->hdr.type)].load(gt, vf, packet);
    pf_packet_free(packet);
    if (queue->generation != generation) {
        return;
    }
    if (err) {
        trace_peer_error(gt->pf->hal, (int)gt->id, vf, "load failed", (uint64_t)-err);
    }
    (void)pf_control_post(gt, vf, err ? PF_EVENT_ERROR : PF_EVENT_MORE);
}
