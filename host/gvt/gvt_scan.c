/* SPDX-License-Identifier: MIT */
/* Commands of a guest, on their way to the engine: copied out of its memory, each looked at, and
 * what they say of the GGTT moved from the guest's place to the real one. Batches in the GGTT are
 * copied too, so nothing can change behind our back. One in the context's own space is run from the
 * guest's own pages: it has no privilege, and the engine sees to that, whatever became of it since.
 * It is looked at all the same, for interrupts that it asks for, and to tell of what it tries. */
#include "host/gvt/gvt_private.h"

#include <errno.h>

#include "host/abi/gpu_commands_abi.h"
#include "host/abi/xe_gtt_defs.h"

#define CLIENT_SHIFT   29u
#define CLIENT_MI      0u
#define OPCODE(dw)     ((dw) >> MI_OPCODE_SHIFT & 0x3fu)
#define FIRST_LONG     0x10u
#define LENGTH_BIAS    2u
#define SDI_OPCODE     0x20u
#define FLUSH_OPCODE   0x26u
#define BATCH_OPCODE   0x31u
#define BATCH_END      0x0au
#define SECOND_LEVEL   0x00400000u
#define MAX_DEPTH      4u      /* batches that call or go on in another */
#define POST_SYNC_MASK 0xc000u /* of a PIPE_CONTROL's dword 1 as well */
#define FLUSH_INDEX    MI_FLUSH_DW_STORE_INDEX
#define PIPE_MASK      0xffff0000u
#define OFFSET_MASK    0xff8u /* of a post-sync address in a page */

/* Where a command has an address of the GGTT: dwords from its first, and the bit of dword 0 that
 * says so. */
static const struct {
    uint32_t opcode;
    uint32_t address;
    uint32_t ggtt;
} rows[] = {
    {0x1c, 2, MI_SEMAPHORE_GGTT}, {0x20, 1, MI_SDI_GGTT},    {0x24, 2, MI_SRM_GGTT},
    {0x29, 2, MI_SRM_GGTT},       {0x2f, 1, MI_ATOMIC_GGTT},
};

static uint32_t command_len(uint32_t header)
{
    uint32_t opcode = OPCODE(header);

    if (header >> CLIENT_SHIFT != CLIENT_MI) {
        return (header & MI_LENGTH_MASK) + LENGTH_BIAS;
    }
    if (opcode < FIRST_LONG) {
        return 1;
    }
    if (opcode == SDI_OPCODE) {
        return (header & MI_SDI_LEN_MASK) + LENGTH_BIAS;
    }
    return (header & (opcode == FLUSH_OPCODE ? MI_FLUSH_DW_LEN_MASK : MI_LENGTH_MASK)) +
           LENGTH_BIAS;
}

static int refuse(const struct gvt_scan *scan, const char *what, uint64_t detail)
{
    gvt_peer_error(scan->vgpu, what, detail);
    return -EFAULT;
}

/* ---- addresses ------------------------------------------------------------------------------- */

/* dw[0] and dw[1] are an address; the bits in flags are none of it. */
static int rebase(const struct gvt_scan *scan, uint32_t *dw, uint32_t flags)
{
    uint64_t host;

    if (scan->unprivileged) {
        return refuse(scan, "command: GGTT from a batch in its own space", dw[0]);
    }
    if (gvt_vgpu_to_host(scan->vgpu, make_64(dw[0] & ~flags, dw[1]), &host)) {
        return refuse(scan, "command: address outside of the share", dw[0]);
    }
    dw[0] = lower_32(host) | (dw[0] & flags);
    dw[1] = upper_32(host);
    return 0;
}

/* Post-sync writes relative to the context's status page become absolute: the context on the
 * engine is ours, its page another. */
static int post_sync(const struct gvt_scan *scan, uint32_t *dw, uint32_t *index, uint32_t *ggtt)
{
    bool is_flush = dw[0] >> CLIENT_SHIFT == CLIENT_MI;
    uint32_t *address = is_flush ? &dw[1] : &dw[2];
    uint32_t flags = is_flush ? MI_FLUSH_DW_GGTT : 0;
    uint32_t ggtt_bit = is_flush ? MI_FLUSH_DW_GGTT : PIPE_CONTROL_GGTT;

    if (!(*index & POST_SYNC_MASK)) {
        return 0; /* writes nothing */
    }
    if (*index & FLUSH_INDEX) {
        *index &= ~FLUSH_INDEX;
        address[0] = (scan->status_page & ~(XE_PAGE_SIZE - 1)) | (address[0] & OFFSET_MASK);
        address[1] = 0;
        *ggtt |= ggtt_bit;
    }
    return (*ggtt & ggtt_bit) ? rebase(scan, address, flags) : 0;
}

static int patch_address(const struct gvt_scan *scan, uint32_t *dw, uint32_t len)
{
    if (dw[0] >> CLIENT_SHIFT != CLIENT_MI) {
        return (dw[0] & PIPE_MASK) == (PIPE_CONTROL & PIPE_MASK) && len >= 4
                   ? post_sync(scan, dw, &dw[1], &dw[1])
                   : 0;
    }
    if (OPCODE(dw[0]) == FLUSH_OPCODE && len >= 3) {
        return post_sync(scan, dw, &dw[0], &dw[1]);
    }
    for (unsigned n = 0; n < ARRAY_SIZE(rows); n++) {
        if (OPCODE(dw[0]) == rows[n].opcode && dw[0] & rows[n].ggtt && len >= rows[n].address + 2) {
            return rebase(scan, &dw[rows[n].address], 3u);
        }
    }
    return 0;
}

/* ---- batches --------------------------------------------------------------------------------- */

static bool ends_batch(uint32_t header)
{
    return header >> CLIENT_SHIFT == CLIENT_MI &&
           (OPCODE(header) == BATCH_END ||
            (OPCODE(header) == BATCH_OPCODE && !(header & SECOND_LEVEL)));
}

static int read_batch(const struct gvt_scan *scan, uint64_t addr, void *to, uint64_t size)
{
    return scan->unprivileged ? gvt_shadow_read(scan->vgpu, scan->work, addr, to, size)
                              : gvt_ggtt_read(scan->vgpu, addr, to, size);
}

/* Copies the batch at a guest's address to the end of the copies so far. Returns its length in
 * dwords, or -errno. */
static int copy_batch(struct gvt_scan *scan, uint64_t addr)
{
    uint32_t first = scan->batch_len;
    uint32_t len = 0;
    uint32_t header = 0;

    do {
        uint32_t *dw = &scan->batch[first + len];
        uint32_t count;
        int err;

        if (first + len + 1 > GVT_BATCH_DWORDS) {
            return refuse(scan, "batch: too long", addr);
        }
        err = read_batch(scan, addr + len * 4ull, dw, sizeof(*dw));
        header = *dw;
        count = command_len(header);
        if (!err && first + len + count > GVT_BATCH_DWORDS) {
            err = -EFAULT;
        }
        if (!err && count > 1) {
            err = read_batch(scan, addr + (len + 1) * 4ull, dw + 1, (count - 1) * 4ull);
        }
        if (err) {
            return refuse(scan, "batch: not in the guest's memory", addr);
        }
        len += count;
    } while (!ends_batch(header));
    scan->batch_len += len;
    scan->looked_at += len;
    return (int)len;
}

static int scan_at(struct gvt_scan *scan, uint32_t *dwords, uint32_t len, unsigned depth);

/* Looks at the batch at addr of the guest's own space, as far as it goes; nothing comes of it. */
static void audit_batch(struct gvt_scan *scan, uint64_t addr, unsigned depth)
{
    const bool before = scan->unprivileged;
    uint32_t first = scan->batch_len;
    int len;

    scan->unprivileged = true;
    len = copy_batch(scan, addr);
    if (len >= 0) {
        (void)scan_at(scan, &scan->batch[first], (uint32_t)len, depth);
    }
    scan->unprivileged = before;
    scan->batch_len = first;
}

/* A call of a batch in the GGTT becomes one of our copy. */
static int call_batch(struct gvt_scan *scan, uint32_t *dw, unsigned depth)
{
    const bool own_space = dw[0] & MI_BATCH_PPGTT;
    uint64_t addr = make_64(dw[1] & ~3u, dw[2]);
    uint32_t first = scan->batch_len;
    int len;

    if (depth >= MAX_DEPTH || (scan->unprivileged && !own_space) ||
        (own_space && !scan->work->levels) || (!own_space && dw[2])) {
        return refuse(scan, "batch: refused", dw[1]);
    }
    if (own_space) {
        audit_batch(scan, addr, depth + 1);
        return 0;
    }
    len = copy_batch(scan, addr);
    if (len < 0) {
        return len;
    }
    dw[1] = lower_32(scan->batch_addr + first * 4ull);
    return scan_at(scan, &scan->batch[first], (uint32_t)len, depth + 1);
}

static int scan_at(struct gvt_scan *scan, uint32_t *dwords, uint32_t len, unsigned depth)
{
    for (uint32_t at = 0; at < len;) {
        uint32_t *dw = &dwords[at];
        uint32_t count = command_len(*dw);
        bool is_mi = *dw >> CLIENT_SHIFT == CLIENT_MI;
        int err;

        if (count > len - at) {
            return refuse(scan, "command: beyond its end", *dw);
        }
        if (is_mi && OPCODE(*dw) == OPCODE(MI_USER_INTERRUPT)) {
            /* The interrupt is ours to give, when the work is done. */
            *dw = MI_NOOP;
            scan->user_interrupt = true;
        }
        err = is_mi && OPCODE(*dw) == BATCH_OPCODE && count >= 3 ? call_batch(scan, dw, depth)
                                                                 : patch_address(scan, dw, count);
        if (err) {
            return err;
        }
        at += count;
    }
    return 0;
}

int gvt_scan_commands(struct gvt_scan *scan, uint32_t *dwords, uint32_t len)
{
    return scan_at(scan, dwords, len, 0);
}
