/* SPDX-License-Identifier: MIT */
/* CT client, its life: placing the rings, registering them with the GuC, stop and restart round a
 * migration, and the end of a channel whose peer broke the rules.
 *
 *   NOT_INITIALIZED -> ENABLED [ct_enable]      ENABLED -> STOPPED [ct_flush_and_stop]
 *   DISABLED -> ENABLED [ct_enable]             STOPPED -> ENABLED [ct_restart, ct_enable]
 *   ENABLED, STOPPED -> DISABLED [ct_disable]
 *
 * Every change of state cancels the waiters and forgets how many answers are owed, but not the
 * credits that those answers would have brought back: they are lost until the next ct_enable, as
 * in the real driver. */
#include "host/kmd/ct_private.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "host/abi/xe_gtt_defs.h"
#include "sim/hal/trace.h"

#define MAX_PROBE_PATH 64

static const char *const state_names[] = {"NOT_INITIALIZED", "DISABLED", "STOPPED", "ENABLED",
                                          NULL};

static const struct probe_desc {
    const char *name;
    unsigned bits;
    const char *const *names;
} probe_descs[CT_NUM_PROBES] = {
    [CT_PROBE_STATE] = {"state", 2, state_names},   [CT_PROBE_H2G_TAIL] = {"h2g_tail", 16, NULL},
    [CT_PROBE_H2G_SPACE] = {"h2g_space", 16, NULL}, [CT_PROBE_FENCE] = {"fence", 16, NULL},
    [CT_PROBE_G2H_HEAD] = {"g2h_head", 16, NULL},   [CT_PROBE_G2H_SPACE] = {"g2h_space", 16, NULL},
    [CT_PROBE_BROKEN] = {"broken", 1, NULL},
};

/* ---- what all parts use -------------------------------------------------------------------- */

uint32_t ct_desc_read(const struct ct *ct, const struct ct_ring *ring, unsigned dword)
{
    return bo_read32(ct->hal, &ring->bo, ring->desc + 4u * dword);
}

void ct_desc_write(const struct ct *ct, const struct ct_ring *ring, unsigned dword, uint32_t value)
{
    bo_write32(ct->hal, &ring->bo, ring->desc + 4u * dword, value);
}

void ct_desc_report(const struct ct *ct, const struct ct_ring *ring, uint32_t status)
{
    status |= ct_desc_read(ct, ring, GUC_CTB_DESC_STATUS__DWORD);
    ct_desc_write(ct, ring, GUC_CTB_DESC_STATUS__DWORD, status);
}

void ct_probe_set(struct ct *ct, enum ct_probe probe, uint64_t value)
{
    hal_probe_set(ct->hal, ct->probes[probe], value);
}

bool ct_recovery_pending(const struct ct *ct)
{
    return ct->config.recovery_pending && ct->config.recovery_pending(ct->config.arg);
}

void ct_waiter_remove(struct ct *ct, const struct ct_waiter *waiter)
{
    struct ct_waiter **link = &ct->waiters;

    while (*link && *link != waiter) {
        link = &(*link)->next;
    }
    if (*link) {
        *link = waiter->next;
    }
}

static void set_broken(struct ct *ct, bool broken)
{
    ct->broken = broken;
    ct_probe_set(ct, CT_PROBE_BROKEN, broken);
}

void ct_break(struct ct *ct, const char *reason, uint64_t detail)
{
    if (ct->broken) {
        return;
    }
    set_broken(ct, true);
    trace_peer_error(ct->hal, (int)ct->config.gt, ct->config.fn, reason, detail);
    hal_wake(ct->hal);
    if (ct->config.died) {
        ct->config.died(ct->config.arg, reason);
    }
}

static void set_state(struct ct *ct, enum ct_state state)
{
    while (ct->waiters) {
        struct ct_waiter *waiter = ct->waiters;

        ct->waiters = waiter->next;
        waiter->answer = CT_CANCELLED;
    }
    ct->outstanding = 0;
    ct->state = state;
    ct_probe_set(ct, CT_PROBE_STATE, state);
    hal_wake(ct->hal);
}

/* ---- creation and place -------------------------------------------------------------------- */

static void declare_probes(struct ct *ct)
{
    char path[MAX_PROBE_PATH];

    for (unsigned i = 0; i < CT_NUM_PROBES; i++) {
        int len = snprintf(path, sizeof(path), "%s.%s", ct->config.probe, probe_descs[i].name);

        assert(len > 0 && len < MAX_PROBE_PATH);
        (void)len;
        ct->probes[i] = hal_probe(ct->hal, path, probe_descs[i].bits, probe_descs[i].names);
    }
}

struct ct *ct_create(const struct ct_config *config)
{
    struct ct *ct = calloc(1, sizeof(*ct));

    if (!ct) {
        return NULL;
    }
    ct->config = *config;
    ct->hal = config->hal;
    ct->h2g.desc = CT_H2G_DESC_OFFSET;
    ct->h2g.size_dw = CT_H2G_SIZE_DW;
    ct->g2h.desc = CT_G2H_DESC_OFFSET;
    ct->g2h.size_dw = CT_G2H_SIZE_DW;
    declare_probes(ct);
    return ct;
}

void ct_destroy(struct ct *ct)
{
    free(ct);
}

static int place_ring(struct ct *ct, struct ggtt *ggtt, struct ct_ring *ring)
{
    return bo_create(ct->hal, ggtt, CT_BUFFER_OFFSET + 4ull * ring->size_dw, GGTT_PAT_NORMAL,
                     &ring->bo);
}

int ct_place(struct ct *ct, struct ggtt *ggtt)
{
    int err;

    assert(!ct->ggtt && ct->state != CT_ENABLED);
    err = place_ring(ct, ggtt, &ct->h2g);
    if (err) {
        return err;
    }
    err = place_ring(ct, ggtt, &ct->g2h);
    if (err) {
        bo_destroy(ct->hal, ggtt, &ct->h2g.bo);
        return err;
    }
    ct->ggtt = ggtt;
    return 0;
}

void ct_unplace(struct ct *ct)
{
    assert(ct->state != CT_ENABLED);
    if (ct->ggtt) {
        bo_destroy(ct->hal, ct->ggtt, &ct->h2g.bo);
        bo_destroy(ct->hal, ct->ggtt, &ct->g2h.bo);
        ct->ggtt = NULL;
    }
}

/* ---- enable and disable -------------------------------------------------------------------- */

static void zero_bytes(struct ct *ct, const struct ct_ring *ring, uint64_t from, uint64_t to)
{
    static const uint8_t zeros[HAL_PAGE_SIZE];

    for (uint64_t at = from; at < to; at += sizeof(zeros)) {
        bo_write(ct->hal, &ring->bo, at, zeros, sizeof(zeros));
    }
}

static void reset_ring(struct ct *ct, struct ct_ring *ring, uint32_t credits)
{
    zero_bytes(ct, ring, 0, ring->bo.size);
    ring->at = 0;
    ring->pos = 0;
    ring->space = credits;
}

/* Descriptor, buffer, size: the order in which the real driver names them. */
static int register_ring(struct ct *ct, const struct ct_ring *ring, const uint16_t keys[3])
{
    const uint64_t values[3] = {bo_addr(&ring->bo, ring->desc),
                                bo_addr(&ring->bo, CT_BUFFER_OFFSET), 4ull * ring->size_dw};
    const uint16_t lens[3] = {GUC_KLV_SELF_CFG_H2G_CTB_DESCRIPTOR_ADDR_LEN,
                              GUC_KLV_SELF_CFG_H2G_CTB_ADDR_LEN, GUC_KLV_SELF_CFG_H2G_CTB_SIZE_LEN};
    int err = 0;

    for (unsigned i = 0; i < 3 && !err; i++) {
        err = mailbox_self_cfg(ct->config.mailbox, keys[i], lens[i], values[i]);
    }
    return err;
}

static int guc_action_control_ctb(struct ct *ct, uint32_t control)
{
    const uint32_t request[HOST2GUC_CONTROL_CTB_REQUEST_MSG_LEN] = {
        GUC_ACTION_HOST2GUC_CONTROL_CTB,
        FIELD_PREP(HOST2GUC_CONTROL_CTB_REQUEST_MSG_1_CONTROL, control),
    };
    int ret = mailbox_send(ct->config.mailbox, request, HOST2GUC_CONTROL_CTB_REQUEST_MSG_LEN, NULL);

    return ret > 0 ? -EPROTO : ret;
}

static int register_rings(struct ct *ct)
{
    static const uint16_t h2g_keys[3] = {GUC_KLV_SELF_CFG_H2G_CTB_DESCRIPTOR_ADDR_KEY,
                                         GUC_KLV_SELF_CFG_H2G_CTB_ADDR_KEY,
                                         GUC_KLV_SELF_CFG_H2G_CTB_SIZE_KEY};
    static const uint16_t g2h_keys[3] = {GUC_KLV_SELF_CFG_G2H_CTB_DESCRIPTOR_ADDR_KEY,
                                         GUC_KLV_SELF_CFG_G2H_CTB_ADDR_KEY,
                                         GUC_KLV_SELF_CFG_G2H_CTB_SIZE_KEY};
    int err = register_ring(ct, &ct->h2g, h2g_keys);

    if (!err) {
        err = register_ring(ct, &ct->g2h, g2h_keys);
    }
    return err ? err : guc_action_control_ctb(ct, GUC_CTB_CONTROL_ENABLE);
}

static void show_rings(struct ct *ct)
{
    ct_probe_set(ct, CT_PROBE_H2G_TAIL, ct->h2g.at);
    ct_probe_set(ct, CT_PROBE_H2G_SPACE, ct->h2g.space);
    ct_probe_set(ct, CT_PROBE_G2H_HEAD, ct->g2h.at);
    ct_probe_set(ct, CT_PROBE_G2H_SPACE, ct->g2h.space);
}

int ct_enable(struct ct *ct)
{
    int err;

    set_state(ct, CT_DISABLED);
    if (!ct->ggtt) {
        assert(ct->config.ggtt);
        err = ct_place(ct, ct->config.ggtt);
        if (err) {
            return err;
        }
    }
    reset_ring(ct, &ct->h2g, CT_H2G_CREDITS);
    reset_ring(ct, &ct->g2h, CT_G2H_CREDITS);
    show_rings(ct);
    err = register_rings(ct);
    if (err) {
        return err;
    }
    ct->epoch++;
    set_broken(ct, false);
    set_state(ct, CT_ENABLED);
    /* The GuC may have written since it was told, and its interrupt found us disabled. */
    ct_receive(ct);
    return 0;
}

void ct_disable(struct ct *ct)
{
    if (ct->state != CT_NOT_INITIALIZED) {
        set_state(ct, CT_DISABLED);
    }
}

/* ---- round a migration --------------------------------------------------------------------- */

void ct_flush_and_stop(struct ct *ct)
{
    if (ct->state == CT_ENABLED) {
        ct_receive(ct);
        set_state(ct, CT_STOPPED);
    }
}

void ct_restart(struct ct *ct)
{
    if (ct->state != CT_STOPPED) {
        return;
    }
    /* What the GuC has not read yet holds old addresses: as zeros it is a row of no-ops. */
    zero_bytes(ct, &ct->h2g, CT_BUFFER_OFFSET, ct->h2g.bo.size);
    set_broken(ct, false);
    set_state(ct, CT_ENABLED);
    ct_receive(ct);
}

/* ---- small questions ----------------------------------------------------------------------- */

enum ct_state ct_state(const struct ct *ct)
{
    return ct->state;
}

void ct_set_register_as_event(struct ct *ct, bool on)
{
    ct->register_as_event = on;
}

uint32_t ct_outstanding(const struct ct *ct)
{
    return ct->outstanding;
}
