/* SPDX-License-Identifier: MIT */
/* A context of this function that runs one work after the other, each waited for: registered with
 * the GuC when first used, and again after it was thrown off its engine. Between works its image
 * is ours, so each begins at the start of the ring.
 *
 *   unknown --register--> known --enable--> enabled --reset, disable--> known
 *   known, thrown off --deregister--> unknown
 */
#include "host/kmd/kmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "firmware/abi/guc_scheduler_abi.h"
#include "gpu_regs.h"
#include "host/abi/gpu_commands_abi.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/abi/xe_lrc_layout.h"
#include "sim/hal/trace.h"

/* ring | PPHWSP | register state, 3 pages | page of the interrupts */
#define RING_SIZE          0x20000u
#define PPHWSP_OFFSET      RING_SIZE
#define STATE_OFFSET       (PPHWSP_OFFSET + LRC_PPHWSP_SIZE)
#define IRQ_OFFSET         (STATE_OFFSET + 3 * XE_PAGE_SIZE)
#define OBJECT_SIZE        (IRQ_OFFSET + XE_PAGE_SIZE)
#define SEQNO_OFFSET       (PPHWSP_OFFSET + 0x800u)
#define CRUMB_LEN          8u /* dwords behind each work */

#define MODE_DONE_CREDITS  4u
#define DEREGISTER_CREDITS 3u
#define QUANTUM_US         1000u
#define PREEMPT_TIMEOUT_US 640000u
#define PREEMPT_NOW_US     1u
#define ANSWER_NS          HAL_NS_PER_S         /* of the GuC */
#define LOOK_NS            (20 * HAL_NS_PER_US) /* without an interrupt */
#define LEAVE_NS           200u                 /* from the seqno to the image */
#define SUBMIT_CYCLES      500u                 /* of computing; chosen */

struct exec {
    struct exec_config config;
    struct bo bo;
    uint32_t seqno;  /* of the last work */
    unsigned levels; /* of its page tables, as it is registered */
    bool known;      /* to the GuC */
    bool enabled;
    bool failed; /* thrown off its engine */
};

struct exec *exec_create(const struct exec_config *config)
{
    struct exec *exec = calloc(1, sizeof(*exec));

    if (exec) {
        exec->config = *config;
    }
    return exec;
}

void exec_destroy(struct exec *exec)
{
    free(exec);
}

/* ---- messages -------------------------------------------------------------------------------- */

static uint32_t action(uint32_t code)
{
    return FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, code);
}

static uint32_t klv1(uint32_t key)
{
    return FIELD_PREP(GUC_KLV_0_KEY, key) | FIELD_PREP(GUC_KLV_0_LEN, 1u);
}

static int guc_action_register_context(struct exec *exec)
{
    uint32_t mode = exec->levels == 3 ? GUCBUS_ENGINE_MODE_3_LEVELS : GUCBUS_ENGINE_MODE_4_LEVELS;
    uint64_t desc = bo_addr(&exec->bo, PPHWSP_OFFSET) | FIELD_PREP(LRC_ADDRESSING_MODE, mode) |
                    LRC_PRIVILEGE | LRC_VALID;
    const uint32_t request[] = {
        action(XE_GUC_ACTION_REGISTER_CONTEXT),
        CONTEXT_REGISTRATION_FLAG_KMD |
            FIELD_PREP(CONTEXT_REGISTRATION_FLAG_TYPE, GUC_CONTEXT_NORMAL),
        exec->config.id,
        exec->config.guc_class,
        1u, /* logical instance 0 */
        0,
        0,
        0,
        0,
        0, /* no work queue */
        lower_32(desc),
        upper_32(desc),
    };

    return ct_send(exec->config.ct, request, ARRAY_SIZE(request), 0, 0);
}

static int guc_action_update_context_policies(struct exec *exec, uint32_t preempt_timeout_us)
{
    const uint32_t request[] = {
        action(XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES), exec->config.id,
        klv1(GUC_CONTEXT_POLICIES_KLV_ID_EXECUTION_QUANTUM),    QUANTUM_US,
        klv1(GUC_CONTEXT_POLICIES_KLV_ID_PREEMPTION_TIMEOUT),   preempt_timeout_us,
    };

    return ct_send(exec->config.ct, request, ARRAY_SIZE(request), 0, 0);
}

static int guc_action_mode_set(struct exec *exec, uint32_t mode)
{
    const uint32_t request[] = {action(XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), exec->config.id,
                                mode};

    return ct_send(exec->config.ct, request, ARRAY_SIZE(request), MODE_DONE_CREDITS, 1);
}

static int guc_action_sched_context(struct exec *exec)
{
    const uint32_t request[] = {action(XE_GUC_ACTION_SCHED_CONTEXT), exec->config.id};

    return ct_send(exec->config.ct, request, ARRAY_SIZE(request), 0, 0);
}

static int guc_action_deregister_context(struct exec *exec)
{
    const uint32_t request[] = {action(XE_GUC_ACTION_DEREGISTER_CONTEXT), exec->config.id};

    return ct_send(exec->config.ct, request, ARRAY_SIZE(request), DEREGISTER_CREDITS, 1);
}

int exec_event(struct exec *exec, const uint32_t *msg, uint32_t len)
{
    uint32_t code = FIELD_GET(GUC_HXG_EVENT_MSG_0_ACTION, msg[0]);

    if (code == XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE && len >= 3) {
        exec->enabled = msg[2] == GUC_CONTEXT_ENABLE;
    } else if (code == XE_GUC_ACTION_DEREGISTER_CONTEXT_DONE) {
        exec->known = false;
    } else if (code == XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION ||
               code == XE_GUC_ACTION_NOTIFY_MEMORY_CAT_ERROR) {
        exec->failed = true;
        exec->enabled = false;
    } else {
        return -EPROTO;
    }
    hal_wake(exec->config.hal);
    return 0;
}

/* Waits until *flag is what is wanted. Returns 0 or -ETIME. */
static int wait_flag(struct exec *exec, const bool *flag, bool wanted)
{
    struct hal *hal = exec->config.hal;
    uint64_t end = hal_now(hal) + ANSWER_NS;

    while (*flag != wanted) {
        uint64_t now = hal_now(hal);

        if (now >= end) {
            return -ETIME;
        }
        (void)hal_wait(hal, end - now);
    }
    return 0;
}

/* ---- image ----------------------------------------------------------------------------------- */

static void write_state(struct exec *exec, uint32_t dword, uint64_t value)
{
    bo_write32(exec->config.hal, &exec->bo, STATE_OFFSET + 4ull * dword, lower_32(value));
}

static uint32_t read_state(struct exec *exec, uint32_t dword)
{
    return bo_read32(exec->config.hal, &exec->bo, STATE_OFFSET + 4ull * dword);
}

static void write_image(struct exec *exec, const struct exec_work *work, uint32_t tail)
{
    write_state(exec, CTX_RING_HEAD, 0);
    write_state(exec, CTX_RING_TAIL, tail);
    write_state(exec, CTX_RING_START, bo_addr(&exec->bo, 0));
    write_state(exec, CTX_RING_CTL, RING_CTL_SIZE(RING_SIZE) | RING_VALID);
    write_state(exec, CTX_BB_HEAD, 0);
    write_state(exec, CTX_BB_HEAD_UDW, 0);
    write_state(exec, CTX_INT_MASK_ENABLE_PTR,
                bo_addr(&exec->bo, IRQ_OFFSET + XE_MEMIRQ_ENABLE_OFFSET));
    write_state(exec, CTX_INT_STATUS_REPORT_PTR,
                bo_addr(&exec->bo, IRQ_OFFSET + XE_MEMIRQ_STATUS_OFFSET(0)));
    write_state(exec, CTX_INT_SRC_REPORT_PTR,
                bo_addr(&exec->bo, IRQ_OFFSET + XE_MEMIRQ_SOURCE_OFFSET(0)));
    bo_write32(exec->config.hal, &exec->bo, IRQ_OFFSET + XE_MEMIRQ_ENABLE_OFFSET, UINT32_MAX);
    /* PDP3 comes first. With four levels there is one root, and other things lie where the
     * others would be. */
    for (uint32_t n = 0; n < (work->levels == 3 ? 4u : 1u); n++) {
        uint64_t root = work->levels ? work->roots[n] : 0;

        write_state(exec, CTX_PDP0_UDW - 4 * n, upper_32(root));
        write_state(exec, CTX_PDP0_LDW - 4 * n, root);
    }
}

/* ---- ring ------------------------------------------------------------------------------------ */

/* The end of each work: a seqno that we look for, and an interrupt. */
static void breadcrumb(const struct exec *exec, uint32_t to[CRUMB_LEN])
{
    uint32_t addr = lower_32(bo_addr(&exec->bo, SEQNO_OFFSET));
    const uint32_t render[CRUMB_LEN] = {PIPE_CONTROL,
                                        PIPE_CONTROL_GGTT | PIPE_CONTROL_QW_WRITE |
                                            PIPE_CONTROL_CS_STALL,
                                        addr,
                                        0,
                                        exec->seqno,
                                        0,
                                        MI_USER_INTERRUPT,
                                        MI_NOOP};
    const uint32_t other[CRUMB_LEN] = {MI_FLUSH_DW | MI_FLUSH_DW_OP_STOREDW,
                                       addr | MI_FLUSH_DW_GGTT,
                                       0,
                                       exec->seqno,
                                       0,
                                       MI_USER_INTERRUPT,
                                       MI_NOOP,
                                       MI_NOOP};
    const uint32_t *from = exec->config.guc_class == GUC_RENDER_CLASS ? render : other;

    memcpy(to, from, CRUMB_LEN * sizeof(*to));
}

/* Returns the tail in bytes: of whole quad-words. */
static uint32_t write_ring(struct exec *exec, const struct exec_work *work)
{
    struct hal *hal = exec->config.hal;
    uint32_t tail = work->len * 4;
    uint32_t end[CRUMB_LEN];

    bo_write(hal, &exec->bo, 0, work->dwords, tail);
    if (tail % 8) {
        bo_write32(hal, &exec->bo, tail, MI_NOOP);
        tail += 4;
    }
    exec->seqno++;
    breadcrumb(exec, end);
    bo_write(hal, &exec->bo, tail, end, sizeof(end));
    return tail + (uint32_t)sizeof(end);
}

/* ---- one work -------------------------------------------------------------------------------- */

static int disable(struct exec *exec)
{
    int err = guc_action_update_context_policies(exec, PREEMPT_NOW_US);

    err = err ? err : guc_action_mode_set(exec, GUC_CONTEXT_DISABLE);
    return err ? err : wait_flag(exec, &exec->enabled, false);
}

/* The registration tells how many levels the page tables have: with another number it is made
 * anew. */
static int make_enabled(struct exec *exec, unsigned levels)
{
    int err = 0;

    if (exec->enabled && levels && levels != exec->levels) {
        err = disable(exec);
    }
    if (!err && exec->known && !exec->enabled) {
        err = guc_action_deregister_context(exec);
        err = err ? err : wait_flag(exec, &exec->known, false);
    }
    if (err || exec->known) {
        return err;
    }
    exec->failed = false;
    exec->levels = levels ? levels : 4;
    err = guc_action_register_context(exec);
    if (err) {
        return err;
    }
    exec->known = true;
    err = guc_action_update_context_policies(exec, PREEMPT_TIMEOUT_US);
    err = err ? err : guc_action_mode_set(exec, GUC_CONTEXT_ENABLE);
    return err ? err : wait_flag(exec, &exec->enabled, true);
}

/* The context is off its engine when its image tells a head that has come to the tail. */
static int wait_done(struct exec *exec, uint32_t tail, const struct exec_work *work)
{
    struct hal *hal = exec->config.hal;
    uint64_t end = hal_now(hal) + work->timeout_ns;

    for (;;) {
        bool written = bo_read32(hal, &exec->bo, SEQNO_OFFSET) == exec->seqno;
        uint64_t now = hal_now(hal);

        if (exec->failed) {
            return -EIO;
        }
        if (written && read_state(exec, CTX_RING_HEAD) == tail) {
            return 0;
        }
        if (now >= end) {
            return -ETIME;
        }
        if (work->given_up && *work->given_up) {
            return -ECANCELED;
        }
        if (written) {
            hal_delay(hal, LEAVE_NS);
        } else {
            (void)hal_wait(hal, LOOK_NS < end - now ? LOOK_NS : end - now);
        }
    }
}

static void throw_off(struct exec *exec)
{
    if (disable(exec)) {
        trace_peer_error(exec->config.hal, (int)exec->config.gt, 0, "context does not leave",
                         exec->config.id);
    }
}

int exec_run(struct exec *exec, const struct exec_work *work)
{
    struct hal *hal = exec->config.hal;
    uint32_t tail;
    int err = 0;

    if (work->len > EXEC_MAX_DWORDS) {
        return -EMSGSIZE;
    }
    if (!exec->bo.phys) {
        err = bo_create(hal, exec->config.ggtt, OBJECT_SIZE, GGTT_PAT_NORMAL, &exec->bo);
    }
    if (err) {
        return err;
    }
    hal_cycles(hal, SUBMIT_CYCLES);
    tail = write_ring(exec, work);
    /* Enabling counts as a submission: the image must be whole before. */
    write_image(exec, work, tail);
    trace_job(hal, (int)exec->config.gt, 0, exec->config.id, exec->config.engine, "submit");
    err = exec->enabled && (!work->levels || work->levels == exec->levels)
              ? guc_action_sched_context(exec)
              : make_enabled(exec, work->levels);
    err = err ? err : wait_done(exec, tail, work);
    if (err == -ETIME || err == -ECANCELED) {
        throw_off(exec);
    }
    return err;
}
