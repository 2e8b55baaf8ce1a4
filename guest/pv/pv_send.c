/* SPDX-License-Identifier: MIT */
/* The guest's end of the ring: a message goes in, a trigger, and the descriptor's fence is polled
 * until it is the message's own. */
#include "guest/pv/pv.h"

#include <errno.h>

#include "guest/pv/pv_private.h"
#include "host/abi/i915_pvinfo.h"
#include "sim/hal/trace.h"

#define SPIN_STEP_NS    100u
#define SLEEP_MIN_NS    (10 * HAL_NS_PER_US)
#define SLEEP_MAX_NS    (1 * HAL_NS_PER_MS)
#define STATUS_UNKNOWN  0xffffffffu
#define LOCK_TIMEOUT_NS (1 * HAL_NS_PER_S)

static int read_desc(struct pv *pv, struct vgpu_pv_ct_buffer_desc *desc)
{
    return hal_mem_read(pv->config.hal, pv->page + PV_DESC_OFF, desc, sizeof(*desc));
}

/* Fence 0 is what a descriptor holds that nobody wrote: it is skipped. */
static uint32_t take_fence(struct pv *pv)
{
    uint32_t fence = pv->next_fence++;

    if (pv->next_fence == 0) {
        pv->next_fence = PV_FENCE_FIRST;
    }
    return fence;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int put_dword(struct pv *pv, uint32_t *tail, uint32_t value)
{
    uint64_t addr = pv->page + PV_CMD_OFF + *tail * 4ull;

    *tail = (*tail + 1) % PV_RING_DWORDS;
    return hal_mem_write(pv->config.hal, addr, &value, sizeof(value));
}

/* Returns 0, -ENOSPC, -EPROTO when the host's head, or what it may not write, cannot be. */
static int write_message(struct pv *pv, const uint32_t *action, uint32_t len, uint32_t fence)
{
    struct vgpu_pv_ct_buffer_desc desc;
    uint32_t tail;
    uint32_t used;
    int err = read_desc(pv, &desc);

    if (err || desc.size != PV_RING_BYTES || desc.addr != PV_CMD_OFF || desc.head % 4 ||
        desc.tail % 4 || desc.head >= desc.size || desc.tail >= desc.size) {
        return -EPROTO;
    }
    tail = desc.tail / 4;
    used = (tail + PV_RING_DWORDS - desc.head / 4) % PV_RING_DWORDS;
    /* The message is len + 1 dwords with its header, and one place stays free. */
    if (used + len + 1 >= PV_RING_DWORDS) {
        return -ENOSPC;
    }
    err = put_dword(pv, &tail,
                    len << PV_CT_MSG_LEN_SHIFT | PV_CT_MSG_WRITE_FENCE_TO_DESC |
                        action[0] << PV_CT_MSG_ACTION_SHIFT);
    err = err ? err : put_dword(pv, &tail, fence);
    for (uint32_t n = 1; n < len && !err; n++) {
        err = put_dword(pv, &tail, action[n]);
    }
    /* The tail publishes: last. */
    tail *= 4;
    err = err ? err
              : hal_mem_write(pv->config.hal, pv->page + PV_DESC_OFF + PV_CTB_DESC_TAIL_OFF, &tail,
                              sizeof(tail));
    hal_probe_set(pv->config.hal, pv->tail_probe, tail);
    return err;
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* Busy for a few microseconds, then asleep for longer and longer. */
static int wait_fence(struct pv *pv, uint32_t fence, uint32_t *status)
{
    struct hal *hal = pv->config.hal;
    uint64_t spin_end = hal_now(hal) + pv->config.spin_ns;
    uint64_t end = spin_end + pv->config.timeout_ns;
    uint64_t sleep = SLEEP_MIN_NS;

    for (;;) {
        struct vgpu_pv_ct_buffer_desc desc;
        uint64_t now = hal_now(hal);

        if (read_desc(pv, &desc)) {
            return -EPROTO;
        }
        *status = desc.status;
        if (desc.fence == fence) {
            return 0;
        }
        if (now >= end) {
            return -ETIMEDOUT;
        }
        if (now < spin_end) {
            hal_delay(hal, SPIN_STEP_NS);
            continue;
        }
        hal_delay(hal, sleep < end - now ? sleep : end - now);
        sleep = sleep * 2 < SLEEP_MAX_NS ? sleep * 2 : SLEEP_MAX_NS;
    }
}

static void trace(struct pv *pv, const char *ev, uint32_t action, uint32_t fence, uint32_t status)
{
    trace_pv(pv->config.hal,
             &(struct trace_pv){.ev = ev, .fence = fence, .status = status, .action = action});
}

static int send_locked(struct pv *pv, const uint32_t *action, uint32_t len, uint32_t *status)
{
    uint32_t fence = take_fence(pv);
    int err = write_message(pv, action, len, fence);

    if (err) {
        return err;
    }
    hal_probe_set(pv->config.hal, pv->fence_probe, fence);
    trace(pv, "sent", action[0], fence, STATUS_UNKNOWN);
    hal_write32(pv->config.hal, PVINFO_G2V_NOTIFY, VGT_G2V_PV_SEND_TRIGGER);
    err = wait_fence(pv, fence, status);
    if (err) {
        trace(pv, "timeout", action[0], fence, *status);
        return err;
    }
    trace(pv, "seen", action[0], fence, *status);
    return *status ? -EIO : 0;
}

/* Waiting for one's own fence would miss it behind another sender's: one message is under way at a
 * time, and the others wait. */
static int lock(struct pv *pv)
{
    uint64_t end = hal_now(pv->config.hal) + LOCK_TIMEOUT_NS;

    while (pv->busy) {
        uint64_t now = hal_now(pv->config.hal);

        if (now >= end) {
            return -ETIMEDOUT;
        }
        (void)hal_wait(pv->config.hal, end - now);
    }
    pv->busy = true;
    return 0;
}

int pv_send(struct pv *pv, const uint32_t *action, uint32_t len, uint32_t *status)
{
    uint32_t seen = STATUS_UNKNOWN;
    int err;

    /* A longer one would spill into the header's other fields. */
    if (len < PV_MSG_LEN_MIN || len > PV_MSG_LEN_MAX || action[0] > PV_CT_MSG_ACTION_MASK) {
        return -EINVAL;
    }
    if (!pv->caps) {
        return -ENODEV;
    }
    err = lock(pv);
    if (err) {
        return err;
    }
    err = send_locked(pv, action, len, &seen);
    pv->busy = false;
    hal_wake(pv->config.hal);
    if (status) {
        *status = seen;
    }
    return err;
}
