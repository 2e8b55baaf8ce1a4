/* SPDX-License-Identifier: MIT */
/* PV channel, host end: registration of the shared page, and the ring that a trigger empties. All
 * that is in the page is the guest's: it is read once, checked, and only then used. */
#include "host/gvt/gvt_private.h"

#include <errno.h>

#include "host/abi/i915_vgpu_pv.h"
#include "sim/hal/trace.h"

#define DESC_MIN_ADDR (PV_DESC_OFF + PV_CTB_DESC_BYTES)
#define RING_MIN_SIZE 8u /* a message of header and fence */

/* One message, out of the ring. */
struct message {
    uint32_t header;
    uint32_t fence;
    uint32_t payload[PV_MSG_PAYLOAD_DWORDS_MAX];
    uint32_t len; /* of the payload, dwords */
};

/* ---- shared page ----------------------------------------------------------------------------- */

void gvt_pv_register_page(struct gvt_vgpu *vgpu)
{
    const struct gvt_config *config = &vgpu->gvt->config;
    const uint16_t version[2] = {config->pv_major, config->pv_minor};
    uint64_t gpa = gvt_vreg64(vgpu, PVINFO_SHARED_PAGE_GPA);

    if (gpa % PV_PAGE_SIZE != 0 || !vgpu->ops->guest_frame(vgpu->arg, gpa) ||
        gvt_guest_write(vgpu, gpa + PV_VERSION_OFF, version, sizeof(version))) {
        gvt_peer_error(vgpu, "pv: shared page refused", gpa);
        gvt_vreg32_set(vgpu, PVINFO_PV_CAPS, PV_NONE);
        return;
    }
    vgpu->pv.page_gpa = gpa;
    vgpu->pv.enabled = true;
}

static int desc_put(struct gvt_vgpu *vgpu, uint32_t field, uint32_t value)
{
    return gvt_guest_write(vgpu, vgpu->pv.page_gpa + PV_DESC_OFF + field, &value, sizeof(value));
}

static bool desc_valid(const struct vgpu_pv_ct_buffer_desc *desc)
{
    return desc->addr >= DESC_MIN_ADDR && desc->addr <= PV_PAGE_SIZE && desc->addr % 4 == 0 &&
           desc->size >= RING_MIN_SIZE && desc->size <= PV_PAGE_SIZE - desc->addr &&
           desc->size % 4 == 0 && desc->head % 4 == 0 && desc->tail % 4 == 0 &&
           desc->head < desc->size && desc->tail < desc->size;
}

/* ---- ring ------------------------------------------------------------------------------------ */

static uint32_t used_dwords(const struct vgpu_pv_ct_buffer_desc *desc)
{
    return (desc->tail + (desc->tail < desc->head ? desc->size : 0) - desc->head) / 4;
}

/* Reads len dwords from head on, and moves head behind them. */
static int ring_read(struct gvt_vgpu *vgpu, struct vgpu_pv_ct_buffer_desc *desc, uint32_t *to,
                     uint32_t len)
{
    uint64_t ring = vgpu->pv.page_gpa + desc->addr;

    for (uint32_t n = 0; n < len; n++) {
        int err = vgpu->ops->guest_read(vgpu->arg, ring + desc->head, &to[n], sizeof(to[n]));

        if (err) {
            return err;
        }
        desc->head = (desc->head + 4) % desc->size;
    }
    return 0;
}

/* Returns 0, or -EINVAL when the header claims more, or less, than a message has. */
static int fetch(struct gvt_vgpu *vgpu, struct vgpu_pv_ct_buffer_desc *desc, struct message *msg)
{
    uint32_t used = used_dwords(desc);
    uint32_t len;
    int err = ring_read(vgpu, desc, &msg->header, 1);

    if (err) {
        return err;
    }
    len = FIELD_GET(PV_CT_MSG_LEN_MASK, msg->header);
    if (len < PV_MSG_LEN_MIN || len + 1 > used) {
        return -EINVAL;
    }
    msg->len = len - 1;
    err = ring_read(vgpu, desc, &msg->fence, 1);
    return err ? err : ring_read(vgpu, desc, msg->payload, msg->len);
}

static void trace(const struct gvt_vgpu *vgpu, const char *ev, const struct message *msg,
                  uint32_t status)
{
    uint32_t action = msg->header >> PV_CT_MSG_ACTION_SHIFT;

    trace_pv(vgpu->gvt->config.hal, &(struct trace_pv){
                                        .vgpu = vgpu->id,
                                        .fn = vgpu->gvt->config.fn_base + vgpu->id,
                                        .ev = ev,
                                        .fence = msg->fence,
                                        .status = status,
                                        .action = action,
                                        .name = gvt_pv_action_name(vgpu->gvt, action),
                                    });
}

/* Head, status, then fence: the guest takes the fence for the end of it all. */
static void complete(struct gvt_vgpu *vgpu, const struct vgpu_pv_ct_buffer_desc *desc,
                     const struct message *msg, uint32_t status)
{
    const struct gvt_probes *probes = &vgpu->gvt->probes[vgpu->id];
    struct hal *hal = vgpu->gvt->config.hal;
    int err = desc_put(vgpu, PV_CTB_DESC_HEAD_OFF, desc->head);

    hal_probe_set(hal, probes->head, desc->head);
    if (!err && msg->header & PV_CT_MSG_WRITE_FENCE_TO_DESC) {
        err = desc_put(vgpu, PV_CTB_DESC_STATUS_OFF, status);
        err = err ? err : desc_put(vgpu, PV_CTB_DESC_FENCE_OFF, msg->fence);
        hal_probe_set(hal, probes->status, status);
        hal_probe_set(hal, probes->fence, msg->fence);
    }
    if (err) {
        gvt_peer_error(vgpu, "pv: shared page is gone", vgpu->pv.page_gpa);
    }
    trace(vgpu, "done", msg, status);
}

static void charge(const struct gvt_vgpu *vgpu, uint32_t cycles)
{
    if (cycles) {
        hal_cycles(vgpu->gvt->config.hal, cycles);
    }
}

static int serve_one(struct gvt_vgpu *vgpu, struct vgpu_pv_ct_buffer_desc *desc)
{
    struct message msg = {.len = 0};
    int err = fetch(vgpu, desc, &msg);

    if (err) {
        /* Where the next message begins is unknown: all of it is dropped. */
        gvt_peer_error(vgpu, "pv: message refused", msg.header);
        desc->head = desc->tail;
        (void)desc_put(vgpu, PV_CTB_DESC_HEAD_OFF, desc->head);
        (void)desc_put(vgpu, PV_CTB_DESC_STATUS_OFF, (uint32_t)-EINVAL);
        return err;
    }
    charge(vgpu, vgpu->gvt->config.costs.fetch);
    trace(vgpu, "trap", &msg, 0);
    charge(vgpu, vgpu->gvt->config.costs.command);
    err = gvt_pv_execute(vgpu, msg.header >> PV_CT_MSG_ACTION_SHIFT, msg.payload, msg.len);
    trace(vgpu, "exec", &msg, (uint32_t)err);
    charge(vgpu, vgpu->gvt->config.costs.complete);
    complete(vgpu, desc, &msg, vgpu->gvt->config.pv_fetch_status ? 0 : (uint32_t)err);
    return 0;
}

void gvt_pv_trigger(struct gvt_vgpu *vgpu)
{
    struct hal *hal = vgpu->gvt->config.hal;
    struct vgpu_pv_ct_buffer_desc desc;
    int err;

    if (!vgpu->pv.enabled || !vgpu->pv.caps) {
        gvt_peer_error(vgpu, "pv: trigger without a channel", vgpu->pv.caps);
        return;
    }
    err = vgpu->ops->guest_read(vgpu->arg, vgpu->pv.page_gpa + PV_DESC_OFF, &desc, sizeof(desc));
    if (err) {
        gvt_peer_error(vgpu, "pv: shared page is gone", vgpu->pv.page_gpa);
        return;
    }
    if (!desc_valid(&desc)) {
        gvt_peer_error(vgpu, "pv: descriptor refused", desc.tail);
        (void)desc_put(vgpu, PV_CTB_DESC_STATUS_OFF, (uint32_t)-EINVAL);
        gvt_vgpu_enter_failsafe(vgpu, FAILSAFE_GUEST_ERR);
        return;
    }
    hal_probe_set(hal, vgpu->gvt->probes[vgpu->id].tail, desc.tail);
    /* The tail is the one read above: what a guest adds meanwhile comes with a trigger of its own,
     * so the loop ends. */
    while (desc.head != desc.tail && !serve_one(vgpu, &desc)) {
        if (vgpu->gvt->config.pv_one_per_trigger || vgpu->failsafe != FAILSAFE_NONE) {
            break;
        }
    }
}
