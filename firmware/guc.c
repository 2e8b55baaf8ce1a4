/* SPDX-License-Identifier: MIT */
/* The GuC program: boots, then waits for its interrupt line and serves what raised it, a little of
 * each in turn, until nothing is left. */
#include "firmware/guc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/guc_private.h"
#include "sim/hal/trace.h"

#define EVENTS_PER_TURN 16u   /* of each source, then the others get theirs */
#define DMA_MAX_LEN     1024u /* dwords of one command */
#define IRQ_POLLS       10000u
#define IRQ_POLL_CYCLES 4u
#define G2H_RETRY_NS    (20 * HAL_NS_PER_US) /* a host that frees room does not say so */
#define BOOT_CYCLES     20000u               /* of loading after a reset of the GT, chosen */
#define WAKE_CYCLES     20u /* from the interrupt line to the first instruction that acts */

/* ---- creation -------------------------------------------------------------------------------- */

static int declare(struct guc *guc, unsigned fn, const char *name, unsigned bits,
                   const char *const *names)
{
    char path[32];

    if (fn == GUC_PF) {
        (void)snprintf(path, sizeof(path), "pf.%s", name);
    } else {
        (void)snprintf(path, sizeof(path), "vf%u.%s", fn, name);
    }
    return hal_probe(guc->hal, path, bits, names);
}

static void declare_probes(struct guc *guc, unsigned fn)
{
    guc->functions[fn].probes = (struct guc_probes){
        .state = fn == GUC_PF ? -1 : declare(guc, fn, "state", 4, guc_vf_state_names),
        .h2g_head = declare(guc, fn, "h2g_head", 16, NULL),
        .h2g_tail = declare(guc, fn, "h2g_tail", 16, NULL),
        .h2g_fence = declare(guc, fn, "h2g_fence", 16, NULL),
        .h2g_action = declare(guc, fn, "h2g_action", 16, NULL),
        .h2g_status = declare(guc, fn, "h2g_status", 4, NULL),
        .g2h_head = declare(guc, fn, "g2h_head", 16, NULL),
        .g2h_tail = declare(guc, fn, "g2h_tail", 16, NULL),
        .g2h_fence = declare(guc, fn, "g2h_fence", 16, NULL),
        .g2h_action = declare(guc, fn, "g2h_action", 16, NULL),
        .g2h_status = declare(guc, fn, "g2h_status", 4, NULL),
    };
}

struct guc *guc_create(struct hal *hal, const struct guc_config *config)
{
    struct guc *guc = calloc(1, sizeof(*guc));

    if (!guc) {
        return NULL;
    }
    guc->hal = hal;
    guc->config = *config;
    for (unsigned e = 0; e < config->num_engines; e++) {
        guc->engines[e].desc = config->engines[e];
    }
    for (unsigned fn = 0; fn < GUC_FUNCTIONS; fn++) {
        guc->functions[fn].abi = config->abi_version;
    }
    for (unsigned fn = 0; fn <= config->total_vfs; fn++) {
        declare_probes(guc, fn);
    }
    return guc;
}

void guc_destroy(struct guc *guc)
{
    if (guc) {
        guc_context_free_all(guc);
        guc_fault_free(guc);
        free(guc);
    }
}

/* ---- memory and interrupts ------------------------------------------------------------------- */

bool guc_fn_owns(const struct guc *guc, unsigned fn, uint64_t addr, uint64_t size)
{
    const struct guc_vf_config *config = &guc->functions[fn].config;
    uint64_t start = fn == GUC_PF ? GUC_GGTT_BOTTOM : config->ggtt_start;
    uint64_t end = fn == GUC_PF ? GUC_GGTT_TOP_ADDR : start + config->ggtt_size;

    return addr >= start && addr < end && size <= end - addr;
}

int guc_dma_read(struct guc *guc, unsigned fn, uint64_t addr, uint32_t *to, uint32_t len)
{
    for (uint32_t done = 0; done < len;) {
        uint32_t part = len - done < DMA_MAX_LEN ? len - done : DMA_MAX_LEN;
        uint64_t at = addr + done * sizeof(uint32_t);

        if (hal_dma_read(guc->hal, fn, at, to + done, part)) {
            trace_fault(guc->hal, (int)guc->config.gt, fn, "guc dma read", at);
            return -EFAULT;
        }
        done += part;
    }
    return 0;
}

int guc_dma_write(struct guc *guc, unsigned fn, uint64_t addr, const uint32_t *from, uint32_t len)
{
    for (uint32_t done = 0; done < len;) {
        uint32_t part = len - done < DMA_MAX_LEN ? len - done : DMA_MAX_LEN;
        uint64_t at = addr + done * sizeof(uint32_t);

        if (hal_dma_write(guc->hal, fn, at, from + done, part)) {
            trace_fault(guc->hal, (int)guc->config.gt, fn, "guc dma write", at);
            return -EFAULT;
        }
        done += part;
    }
    return 0;
}

static bool irq_unit_ready(struct guc *guc)
{
    for (unsigned i = 0; i < IRQ_POLLS; i++) {
        if (!(hal_read32(guc->hal, GUCBUS_IRQ_SEND) & GUCBUS_IRQ_BUSY)) {
            return true;
        }
        hal_cycles(guc->hal, IRQ_POLL_CYCLES);
    }
    return false;
}

void guc_irq_send(struct guc *guc, unsigned fn, uint32_t vector)
{
    const uint64_t *self = guc->functions[fn].self;
    uint64_t begin = hal_now(guc->hal);
    uint64_t status = self[0]; /* the two MEMIRQ keys come first */
    uint64_t source = self[1];
    uint32_t command = FIELD_PREP(GUCBUS_IRQ_FN, fn) | FIELD_PREP(GUCBUS_IRQ_VECTOR, vector);

    if (!irq_unit_ready(guc)) {
        trace_peer_error(guc->hal, (int)guc->config.gt, fn, "interrupt unit stays busy", vector);
        return;
    }
    if (status && source) {
        hal_write32(guc->hal, GUCBUS_MEMIRQ_STATUS, lower_32(status));
        hal_write32(guc->hal, GUCBUS_MEMIRQ_SOURCE, lower_32(source));
        command |= GUCBUS_IRQ_BY_MEMORY;
    }
    hal_write32(guc->hal, GUCBUS_IRQ_SEND, command);
    guc_adverse_count(guc, fn, GUC_ADVERSE_IRQ_STORM, hal_now(guc->hal) - begin);
}

/* ---- sources --------------------------------------------------------------------------------- */

static void serve_doorbells(struct guc *guc)
{
    for (unsigned i = 0; i < EVENTS_PER_TURN; i++) {
        uint64_t begin = hal_now(guc->hal);
        uint32_t doorbell = hal_read32(guc->hal, GUCBUS_DB_NEXT);
        unsigned fn = FIELD_GET(GUCBUS_DB_FN, doorbell);

        if (!(doorbell & GUCBUS_DB_VALID)) {
            return;
        }
        if (doorbell & GUCBUS_DB_CTB) {
            guc_ctb_rang(guc, fn);
        }
        if (doorbell & GUCBUS_DB_MBOX) {
            guc_mailbox_serve(guc, fn);
        }
        guc_adverse_count(guc, fn, GUC_ADVERSE_DOORBELL_STORM, hal_now(guc->hal) - begin);
    }
}

/* An address of the range that the VF had before it moved here: what its driver must have fixed
 * before it let this GuC go on. */
static bool is_stale(const struct guc *guc, unsigned fn, uint64_t addr)
{
    const struct guc_function *function = &guc->functions[fn];

    return addr - function->left_start < function->left_size && !guc_fn_owns(guc, fn, addr, 1);
}

static const char *fault_name(const struct guc *guc, uint32_t fault, uint64_t addr)
{
    static const char *const names[][2] = {{"absent read", "absent write"},
                                           {"foreign read", "foreign write"},
                                           {"stale read", "stale write"},
                                           {"local read", "local write"},
                                           {"ppgtt read", "ppgtt write"}};
    unsigned kind = fault & GUCBUS_FAULT_FOREIGN ? 1 : 0;

    if (fault & GUCBUS_FAULT_PPGTT) {
        kind = 4; /* an address of its own space means nothing in the GGTT */
    } else if (is_stale(guc, FIELD_GET(GUCBUS_FAULT_FN, fault), addr)) {
        kind = 2;
    }
    if (fault & GUCBUS_FAULT_LOCAL) {
        kind = 3; /* of a page of local memory that the function does not have */
    }
    return names[kind][fault & GUCBUS_FAULT_WRITE ? 1 : 0];
}

static void serve_faults(struct guc *guc)
{
    for (unsigned i = 0; i < EVENTS_PER_TURN; i++) {
        uint32_t fault = hal_read32(guc->hal, GUCBUS_FAULT_NEXT);
        unsigned fn = FIELD_GET(GUCBUS_FAULT_FN, fault);
        uint64_t addr;

        if (!(fault & GUCBUS_FAULT_VALID)) {
            return;
        }
        addr = hal_read32(guc->hal, GUCBUS_FAULT_ADDR);
        if (fault & GUCBUS_FAULT_PPGTT) {
            addr |= (uint64_t)hal_read32(guc->hal, GUCBUS_FAULT_ADDR_HI) << 32;
        }
        if (fault & GUCBUS_FAULT_WAITS) {
            guc_page_met(guc, fault, addr, hal_read32(guc->hal, GUCBUS_FAULT_ASID));
            continue;
        }
        trace_fault(guc->hal, (int)guc->config.gt, fn, fault_name(guc, fault, addr), addr);
        if (FIELD_GET(GUCBUS_FAULT_CLIENT, fault) < GUCBUS_FAULT_CLIENT_DMA) {
            guc_adverse_count(guc, fn, GUC_ADVERSE_PAGE_FAULT, 1);
        }
    }
}

static void serve_flrs(struct guc *guc)
{
    for (unsigned i = 0; i < EVENTS_PER_TURN; i++) {
        uint32_t flr = hal_read32(guc->hal, GUCBUS_FLR_NEXT);
        unsigned fn = FIELD_GET(GUCBUS_FLR_FN, flr);

        if (!(flr & GUCBUS_FLR_VALID)) {
            return;
        }
        /* A VF without configuration has nothing to clean, and the PF nothing to do about it. */
        if (fn != GUC_PF && guc_vf_allows(guc, fn, GUC_VF_EVENT_FLR) &&
            guc_vf_fire(guc, fn, GUC_VF_EVENT_FLR)) {
            trace_peer_error(guc->hal, (int)guc->config.gt, fn, "flr refused", flr);
        }
    }
}

/* The PF reset this GT: everything is as after power on, but what the engines keep from us. */
static void begin_anew(struct guc *guc)
{
    guc_fn_drop(guc, GUC_PF);
    guc->functions[GUC_PF].config = (struct guc_vf_config){0};
    for (unsigned vf = 1; vf <= guc->config.total_vfs; vf++) {
        struct guc_function *function = &guc->functions[vf];

        function->config = (struct guc_vf_config){0};
        if (function->state != GUC_VF_UNPROVISIONED &&
            guc_vf_fire(guc, vf, GUC_VF_EVENT_UNPROVISION)) {
            trace_peer_error(guc->hal, (int)guc->config.gt, vf, "reset of the gt refused", 0);
        }
        function->notify = 0;
        guc_adverse_forget(guc, vf);
    }
    guc_sched_begin_anew(guc);
    guc->policies = (struct guc_policies){0};
    guc->vgt = false;
    hal_cycles(guc->hal, BOOT_CYCLES);
    hal_write32(guc->hal, GUCBUS_STATUS, FIELD_PREP(GS_UKERNEL_MASK, XE_GUC_LOAD_STATUS_READY));
}

/* Looks at what the chip has. Returns whether there was anything. */
static bool serve_chip(struct guc *guc)
{
    uint32_t causes = hal_read32(guc->hal, GUCBUS_IRQ_STATUS);

    if (causes & GUCBUS_IRQ_RESET) {
        begin_anew(guc);
    }
    if (causes & GUCBUS_IRQ_ENGINE) {
        guc_sched_events(guc);
    }
    if (causes & GUCBUS_IRQ_FLR) {
        serve_flrs(guc);
    }
    if (causes & GUCBUS_IRQ_DOORBELL) {
        serve_doorbells(guc);
    }
    if (causes & GUCBUS_IRQ_FAULT) {
        serve_faults(guc);
    }
    return causes != 0;
}

/* One turn for each function that rang. Returns whether a ring may hold more. */
static bool serve_rings(struct guc *guc)
{
    bool more = false;

    for (unsigned fn = 0; fn < GUC_FUNCTIONS; fn++) {
        uint64_t begin = hal_now(guc->hal);

        if (!guc->functions[fn].ctb.doorbell) {
            continue;
        }
        more |= guc_ctb_serve(guc, fn);
        guc_adverse_count(guc, fn, GUC_ADVERSE_H2G_STORM, hal_now(guc->hal) - begin);
    }
    return more;
}

/* ---- what the GuC itself has to say ---------------------------------------------------------- */

static void end_pauses(struct guc *guc)
{
    for (unsigned vf = 1; vf <= guc->config.total_vfs; vf++) {
        if (guc_vf_allows(guc, vf, GUC_VF_EVENT_QUIESCED) && !guc_sched_busy(guc, vf) &&
            !guc_ccs_save(guc, vf) && guc_vf_fire(guc, vf, GUC_VF_EVENT_QUIESCED)) {
            trace_peer_error(guc->hal, (int)guc->config.gt, vf, "pause does not end", 0);
        }
    }
}

/* Events to the PF come behind the answer of the command that caused them. */
static void notify_pf(struct guc *guc)
{
    for (unsigned vf = 1; vf <= guc->config.total_vfs; vf++) {
        uint32_t *notify = &guc->functions[vf].notify;

        while (*notify) {
            uint32_t event = FIELD_SHIFT(*notify); /* the lowest */
            uint32_t payload[] = {vf, event};

            *notify &= ~(1u << event);
            guc_ctb_event(guc, GUC_PF, GUC_ACTION_GUC2PF_VF_STATE_NOTIFY, payload,
                          ARRAY_SIZE(payload));
        }
    }
}

static void flush_rings(struct guc *guc)
{
    for (unsigned fn = 0; fn < GUC_FUNCTIONS; fn++) {
        if (guc->functions[fn].ctb.queue_len && guc_fn_runs(guc, fn)) {
            guc_ctb_flush(guc, fn);
        }
    }
}

/* Whether some function has no room for what it is owed. */
static bool rings_are_full(const struct guc *guc)
{
    for (unsigned fn = 0; fn < GUC_FUNCTIONS; fn++) {
        if (guc->functions[fn].ctb.queue_len && guc_fn_runs(guc, fn)) {
            return true;
        }
    }
    return false;
}

static void wait(struct guc *guc, uint64_t until_ns)
{
    uint64_t now = hal_now(guc->hal);

    if (until_ns == HAL_FOREVER) {
        hal_irq_wait(guc->hal, HAL_FOREVER);
    } else if (now < until_ns) {
        hal_irq_wait(guc->hal, until_ns - now);
    }
    hal_cycles(guc->hal, WAKE_CYCLES);
}

void guc_main(void *arg)
{
    struct guc *guc = arg;

    hal_write32(guc->hal, GUCBUS_IRQ_ENABLE,
                GUCBUS_IRQ_DOORBELL | GUCBUS_IRQ_ENGINE | GUCBUS_IRQ_FAULT | GUCBUS_IRQ_FLR |
                    GUCBUS_IRQ_RESET);
    hal_write32(guc->hal, GUCBUS_STATUS, FIELD_PREP(GS_UKERNEL_MASK, XE_GUC_LOAD_STATUS_READY));
    for (;;) {
        bool more = serve_chip(guc);
        uint64_t next, kept, pages;

        flush_rings(guc);
        more |= serve_rings(guc);
        end_pauses(guc);
        notify_pf(guc);
        guc_adverse_tell(guc);
        kept = guc_fault_run(guc);
        pages = guc_pages_run(guc);
        next = guc_sched_run(guc);
        next = kept < next ? kept : next;
        next = pages < next ? pages : next;
        if (rings_are_full(guc)) {
            uint64_t retry = hal_now(guc->hal) + G2H_RETRY_NS;

            next = retry < next ? retry : next;
        }
        if (!more) {
            wait(guc, next);
        }
    }
}
