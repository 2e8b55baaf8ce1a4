/* SPDX-License-Identifier: MIT */
/* SAVE_RESTORE_VF: what this GuC knows of a VF, as a block of dwords that another GuC can load.
 * The format is this model's: a header, then one record for each context by rising id.
 *
 * In it: self config, ring addresses and positions, the ABI that the driver matched, contexts with
 * policies. Not in it: provisioning (the other PF's duty), the marker (void after a move), answers
 * that wait for room in G2H (their requests are forgotten for good, as the driver forgets them).
 * Addresses stand as registered, beside the GGTT start that they count from; RESTORE moves them to
 * the target's start at once. The driver's own images keep their old addresses until its fixups,
 * which is its knowledge alone, so a VF that is saved again before its recovery ended needs
 * nothing more.
 *
 * RESTORE believes nothing: it checks all of a block against the target before it touches
 * anything. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_communication_ctb_abi.h"
#include "firmware/abi/guc_scheduler_abi.h"
#include "firmware/guc_private.h"

#define BLOB_MAGIC     0x42435547u /* "GUCB" */
#define BLOB_VERSION   1u
#define CRC_POLYNOME   0xedb88320u
#define CONTEXT_CYCLES 4u /* packing one context */

enum blob_flags { BLOB_CTB_ENABLED = 1, BLOB_CTB_BROKEN = 2, BLOB_FLAGS = 3 };
enum context_flags { CONTEXT_ENABLED = 1, CONTEXT_PENDING = 2, CONTEXT_FLAGS = 3 };

struct blob_ring {
    uint32_t addr, desc_addr, size, index, pos; /* as in struct guc_ring */
};

struct blob_header {
    uint32_t magic;
    uint32_t version;
    uint32_t len; /* dwords of the whole blob */
    uint32_t crc; /* of the whole blob with this dword zero */
    uint32_t gt;
    uint32_t abi;
    uint32_t ggtt_start, ggtt_size;
    uint32_t flags;
    uint32_t epoch;
    uint32_t self[GUC_SELF_KEYS];
    struct blob_ring h2g, g2h;
    uint32_t num_contexts;
};

struct blob_context {
    uint32_t flags;
    uint32_t quantum_us, preempt_timeout_us, priority, preempt_to_idle, frequency;
    uint32_t registration[GUC_REGISTRATION_LEN];
};

#define DW(type)   ((uint32_t)(sizeof(type) / sizeof(uint32_t)))
#define HEADER_LEN DW(struct blob_header)
#define RECORD_LEN DW(struct blob_context)

/* CRC-32 as everyone has it, bit by bit: the blob is small. */
static uint32_t blob_crc(const uint32_t *words, uint32_t len)
{
    uint32_t crc = UINT32_MAX;

    for (uint32_t i = 0; i < len; i++) {
        crc ^= i == offsetof(struct blob_header, crc) / sizeof(*words) ? 0 : words[i];
        for (unsigned bit = 0; bit < 32; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? CRC_POLYNOME : 0);
        }
    }
    return ~crc;
}

/* ---- save ------------------------------------------------------------------------------------ */

static uint32_t blob_len(const struct guc *guc, unsigned vf)
{
    return HEADER_LEN + guc_context_count(guc, vf) * RECORD_LEN;
}

static struct blob_ring pack_ring(const struct guc_ring *ring)
{
    return (struct blob_ring){.addr = (uint32_t)ring->addr,
                              .desc_addr = (uint32_t)ring->desc_addr,
                              .size = ring->size,
                              .index = ring->index,
                              .pos = ring->pos};
}

static void pack_header(const struct guc *guc, unsigned vf, struct blob_header *header)
{
    const struct guc_function *function = &guc->functions[vf];
    const struct guc_ctb *ctb = &function->ctb;

    *header = (struct blob_header){.magic = BLOB_MAGIC,
                                   .version = BLOB_VERSION,
                                   .len = blob_len(guc, vf),
                                   .gt = guc->config.gt,
                                   .abi = function->abi,
                                   .ggtt_start = (uint32_t)function->config.ggtt_start,
                                   .ggtt_size = (uint32_t)function->config.ggtt_size,
                                   .epoch = ctb->epoch,
                                   .num_contexts = guc_context_count(guc, vf)};
    for (unsigned i = 0; i < GUC_SELF_KEYS; i++) {
        header->self[i] = (uint32_t)function->self[i];
    }
    if (ctb->enabled) {
        header->flags = BLOB_CTB_ENABLED | (ctb->broken ? BLOB_CTB_BROKEN : 0);
        header->h2g = pack_ring(&ctb->h2g);
        header->g2h = pack_ring(&ctb->g2h);
    }
}

static void pack_context(const struct guc_context *context, struct blob_context *record)
{
    *record = (struct blob_context){.flags = (context->enabled ? CONTEXT_ENABLED : 0) |
                                             (context->pending ? CONTEXT_PENDING : 0),
                                    .quantum_us = context->quantum_us,
                                    .preempt_timeout_us = context->preempt_timeout_us,
                                    .priority = context->priority,
                                    .preempt_to_idle = context->preempt_to_idle,
                                    .frequency = context->frequency};
    memcpy(record->registration, context->registration, sizeof(record->registration));
}

static uint32_t save(struct guc *guc, unsigned vf, uint64_t addr, uint32_t size)
{
    uint32_t len = blob_len(guc, vf);
    struct blob_header header;
    struct blob_context record;
    uint32_t *words, *at;
    uint32_t error;

    if (size < len) {
        return XE_GUC_RESPONSE_INVALID_SIZE;
    }
    words = malloc(len * sizeof(*words));
    if (!words) {
        return XE_GUC_RESPONSE_GENERIC_FAIL;
    }
    at = words + HEADER_LEN;
    for (const struct guc_context *context = guc_context_from(guc, vf, 0); context;
         context = guc_context_from(guc, vf, context->id + 1u)) {
        pack_context(context, &record);
        memcpy(at, &record, sizeof(record));
        at += RECORD_LEN;
        hal_cycles(guc->hal, CONTEXT_CYCLES);
    }
    pack_header(guc, vf, &header);
    memcpy(words, &header, sizeof(header));
    header.crc = blob_crc(words, len);
    memcpy(words, &header, sizeof(header));
    error = guc_dma_write(guc, GUC_PF, addr, words, len) ? XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS : 0;
    free(words);
    return error;
}

/* ---- restore: checks ------------------------------------------------------------------------- */

/* A blob under way into a VF. */
struct load {
    struct guc *guc;
    unsigned vf;
    struct blob_header header;
    const uint32_t *records;
};

/* An address as the source registered it: 0 for none, else in its range. */
static bool address_is_sane(const struct blob_header *header, uint32_t addr)
{
    return !addr || (addr >= header->ggtt_start && addr - header->ggtt_start < header->ggtt_size);
}

static uint32_t moved(const struct load *load, uint32_t addr)
{
    uint64_t start = load->guc->functions[load->vf].config.ggtt_start;

    return addr ? (uint32_t)(addr - load->header.ggtt_start + start) : 0;
}

static bool self_is_address(unsigned index)
{
    uint32_t key = GUC_KLV_SELF_CFG_MEMIRQ_STATUS_ADDR_KEY + index;

    return key != GUC_KLV_SELF_CFG_H2G_CTB_SIZE_KEY && key != GUC_KLV_SELF_CFG_G2H_CTB_SIZE_KEY;
}

static bool ring_is_sane(const struct load *load, const struct blob_ring *ring)
{
    const struct blob_header *header = &load->header;
    uint64_t bytes = (uint64_t)ring->size * sizeof(uint32_t);

    return ring->size && ring->index < ring->size && IS_ALIGNED(bytes, GUC_PAGE_SIZE) &&
           IS_ALIGNED(ring->addr, GUC_PAGE_SIZE) && IS_ALIGNED(ring->desc_addr, sizeof(uint32_t)) &&
           ring->addr && address_is_sane(header, ring->addr) && ring->desc_addr &&
           address_is_sane(header, ring->desc_addr) &&
           guc_fn_owns(load->guc, load->vf, moved(load, ring->addr), bytes) &&
           guc_fn_owns(load->guc, load->vf, moved(load, ring->desc_addr), GUC_CTB_DESC_BYTES);
}

/* What can be told from the header alone; after it the length can be trusted. */
static uint32_t check_header(const struct guc *guc, const struct blob_header *header, uint32_t size)
{
    if (header->magic != BLOB_MAGIC) {
        return XE_GUC_RESPONSE_INVALID_BUFFER;
    }
    if (header->version != BLOB_VERSION) {
        return XE_GUC_RESPONSE_UNSUPPORTED_VERSION;
    }
    if (header->num_contexts > GUC_CONTEXT_PAGE * GUC_CONTEXT_PAGES ||
        header->len != HEADER_LEN + header->num_contexts * RECORD_LEN || header->len > size) {
        return XE_GUC_RESPONSE_INVALID_SIZE;
    }
    if (header->gt != guc->config.gt || (header->flags & ~(uint32_t)BLOB_FLAGS)) {
        return XE_GUC_RESPONSE_INVALID_BUFFER;
    }
    return header->abi > guc->config.abi_version ? XE_GUC_RESPONSE_UNSUPPORTED_VERSION : 0;
}

static uint32_t check_setup(const struct load *load)
{
    const struct blob_header *header = &load->header;
    const struct guc_vf_config *config = &load->guc->functions[load->vf].config;

    if (!header->ggtt_size || header->ggtt_size != config->ggtt_size ||
        header->num_contexts > config->num_contexts) {
        return XE_GUC_RESPONSE_INVALID_CONFIG_STATE;
    }
    for (unsigned i = 0; i < GUC_SELF_KEYS; i++) {
        uint32_t value = header->self[i];
        bool sane = !self_is_address(i) || address_is_sane(header, value);

        value = self_is_address(i) && sane ? moved(load, value) : value;
        if (!sane || (value && guc_self_check(load->guc, load->vf, i, value))) {
            return XE_GUC_RESPONSE_INVALID_BUFFER_RANGE;
        }
    }
    if ((header->flags & BLOB_CTB_ENABLED) &&
        (!ring_is_sane(load, &header->h2g) || !ring_is_sane(load, &header->g2h))) {
        return XE_GUC_RESPONSE_INVALID_BUFFER_RANGE;
    }
    return 0;
}

/* Takes record number i with its addresses moved. Returns 0 or an error code. */
static uint32_t unpack_context(const struct load *load, uint32_t i, struct blob_context *record)
{
    static const uint8_t addresses[] = {XE_GUC_REGISTER_CONTEXT_DATA_5_WQ_DESC_ADDR_LOWER,
                                        XE_GUC_REGISTER_CONTEXT_DATA_7_WQ_BUF_BASE_LOWER,
                                        XE_GUC_REGISTER_CONTEXT_DATA_10_HW_LRC_ADDR};

    memcpy(record, load->records + (size_t)i * RECORD_LEN, sizeof(*record));
    for (unsigned n = 0; n < ARRAY_SIZE(addresses); n++) {
        uint32_t *addr = &record->registration[addresses[n]];

        if (!address_is_sane(&load->header, *addr)) {
            return XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS;
        }
        *addr = moved(load, *addr);
    }
    if ((record->flags & ~(uint32_t)CONTEXT_FLAGS) || record->priority >= GUC_CLIENT_PRIORITY_NUM) {
        return XE_GUC_RESPONSE_INVALID_CONTEXT;
    }
    return guc_context_check(load->guc, load->vf, record->registration);
}

static uint32_t check_contexts(const struct load *load)
{
    struct blob_context record;
    int64_t last_id = -1;

    for (uint32_t i = 0; i < load->header.num_contexts; i++) {
        uint32_t error = unpack_context(load, i, &record);
        uint32_t id = record.registration[XE_GUC_REGISTER_CONTEXT_DATA_2_CONTEXT_INDEX];

        if (error) {
            return error;
        }
        if (id <= last_id) {
            return XE_GUC_RESPONSE_INVALID_CONTEXT_INDEX;
        }
        last_id = id;
        hal_cycles(load->guc->hal, CONTEXT_CYCLES);
    }
    return 0;
}

/* ---- restore: taking over -------------------------------------------------------------------- */

static struct guc_ring unpack_ring(const struct load *load, const struct blob_ring *ring)
{
    return (struct guc_ring){.addr = moved(load, ring->addr),
                             .desc_addr = moved(load, ring->desc_addr),
                             .size = ring->size,
                             .index = ring->index,
                             .pos = ring->pos};
}

static void take_setup(const struct load *load)
{
    struct guc_function *function = &load->guc->functions[load->vf];
    const struct blob_header *header = &load->header;

    function->abi = header->abi;
    guc_pages_moved(load->guc, load->vf);
    if (header->ggtt_start != function->config.ggtt_start) {
        function->left_start = header->ggtt_start;
        function->left_size = header->ggtt_size;
    }
    for (unsigned i = 0; i < GUC_SELF_KEYS; i++) {
        function->self[i] = self_is_address(i) ? moved(load, header->self[i]) : header->self[i];
    }
    function->ctb.enabled = header->flags & BLOB_CTB_ENABLED;
    function->ctb.broken = header->flags & BLOB_CTB_BROKEN;
    function->ctb.epoch = header->epoch;
    function->ctb.h2g = unpack_ring(load, &header->h2g);
    function->ctb.g2h = unpack_ring(load, &header->g2h);
    hal_probe_set(load->guc->hal, function->probes.h2g_head, header->h2g.index);
    hal_probe_set(load->guc->hal, function->probes.g2h_tail, header->g2h.index);
}

static uint32_t take_contexts(const struct load *load)
{
    struct blob_context record;

    for (uint32_t i = 0; i < load->header.num_contexts; i++) {
        struct guc_context *context = NULL;

        if (!unpack_context(load, i, &record)) {
            context = guc_context_add(load->guc, load->vf, record.registration);
        }
        if (!context) {
            guc_fn_drop(load->guc, load->vf);
            return XE_GUC_RESPONSE_GENERIC_FAIL;
        }
        context->enabled = record.flags & CONTEXT_ENABLED;
        context->pending = record.flags & CONTEXT_PENDING;
        context->quantum_us = record.quantum_us;
        context->preempt_timeout_us = record.preempt_timeout_us;
        context->priority = record.priority;
        context->preempt_to_idle = record.preempt_to_idle;
        context->frequency = record.frequency;
        guc_sched_requeue(load->guc, context);
    }
    return 0;
}

static uint32_t load_words(struct load *load, const uint32_t *words)
{
    uint32_t error;

    memcpy(&load->header, words, sizeof(load->header));
    load->records = words + HEADER_LEN;
    if (blob_crc(words, load->header.len) != load->header.crc) {
        return XE_GUC_RESPONSE_INVALID_BUFFER;
    }
    error = check_setup(load);
    if (!error) {
        error = check_contexts(load);
    }
    if (error) {
        return error;
    }
    guc_fn_drop(load->guc, load->vf);
    take_setup(load);
    return take_contexts(load);
}

static uint32_t restore(struct guc *guc, unsigned vf, uint64_t addr, uint32_t size, uint32_t *used)
{
    struct load load = {.guc = guc, .vf = vf};
    uint32_t words[HEADER_LEN];
    uint32_t *blob;
    uint32_t error;

    if (size < HEADER_LEN) {
        return XE_GUC_RESPONSE_INVALID_SIZE;
    }
    if (guc_dma_read(guc, GUC_PF, addr, words, HEADER_LEN)) {
        return XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS;
    }
    memcpy(&load.header, words, sizeof(load.header));
    error = check_header(guc, &load.header, size);
    if (error) {
        return error;
    }
    blob = malloc(load.header.len * sizeof(*blob));
    if (!blob) {
        return XE_GUC_RESPONSE_GENERIC_FAIL;
    }
    memcpy(blob, words, sizeof(words));
    if (load.header.len > HEADER_LEN &&
        guc_dma_read(guc, GUC_PF, addr + sizeof(words), blob + HEADER_LEN,
                     load.header.len - HEADER_LEN)) {
        error = XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS;
    } else {
        error = load_words(&load, blob);
        *used = load.header.len;
    }
    free(blob);
    return error;
}

/* ---- action ---------------------------------------------------------------------------------- */

uint32_t guc_action_save_restore(struct guc *guc, struct guc_request *request)
{
    uint32_t opcode = FIELD_GET(PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_0_OPCODE, request->hxg[0]);
    uint32_t vf = request->hxg[1];
    uint64_t addr = make_64(request->hxg[2], request->hxg[3]);
    uint32_t size = FIELD_GET(PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_4_SIZE, request->hxg[4]);
    bool loads = opcode == GUC_PF_OPCODE_VF_RESTORE;
    enum guc_vf_event event = loads ? GUC_VF_EVENT_RESTORE : GUC_VF_EVENT_SAVE;
    uint32_t error = guc_check_vfid(guc, vf);

    if (error) {
        return error;
    }
    if (opcode > GUC_PF_OPCODE_VF_RESTORE ||
        FIELD_GET(PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_4_MBZ, request->hxg[4])) {
        return XE_GUC_RESPONSE_INVALID_PARAMS;
    }
    request->data0 = blob_len(guc, vf);
    if (!loads && !addr && !size) {
        return 0; /* how much it would be; also of a running VF, as an estimate */
    }
    if (!guc_vf_allows(guc, vf, event)) {
        return guc_vf_fire(guc, vf, event); /* tells why */
    }
    if (!IS_ALIGNED(addr, sizeof(uint32_t)) ||
        !guc_fn_owns(guc, GUC_PF, addr, (uint64_t)size * sizeof(uint32_t))) {
        return XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS;
    }
    error = loads ? restore(guc, vf, addr, size, &request->data0) : save(guc, vf, addr, size);
    return error ? error : guc_vf_fire(guc, vf, event);
}
