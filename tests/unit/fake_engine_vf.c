/* SPDX-License-Identifier: MIT */
/* An engine for unit tests of the VF driver: see fake_engine_vf.h. */
#include "tests/unit/fake_engine_vf.h"

#include <criterion/criterion.h>

#include "host/abi/gpu_commands_abi.h"
#include "host/abi/xe_lrc_layout.h"
#include "tests/unit/fake_hal.h"

#define OPCODE(dw) ((dw) >> MI_OPCODE_SHIFT)

struct engine {
    struct peer *peer;
    uint64_t lrc;
    uint64_t ring;
    uint32_t head, ring_size;
    uint64_t batch; /* 0: in the ring */
};

static uint32_t *word(struct engine *engine, uint64_t addr)
{
    uint32_t *at = peer_memory(engine->peer, addr);

    cr_assert_not_null(at, "engine: no entry for 0x%llx", (unsigned long long)addr);
    return at;
}

static uint32_t *state(struct engine *engine, uint32_t dword)
{
    return word(engine, engine->lrc + LRC_PPHWSP_SIZE + 4ull * dword);
}

static uint64_t pc(const struct engine *engine)
{
    return engine->batch ? engine->batch : engine->ring + engine->head;
}

static void advance(struct engine *engine, uint32_t dwords)
{
    if (engine->batch) {
        engine->batch += 4ull * dwords;
    } else {
        engine->head = (engine->head + 4 * dwords) % engine->ring_size;
    }
}

/* The unit is not told to an engine of this test: all report as render. */
static void user_interrupt(struct engine *engine)
{
    if (*word(engine, *state(engine, CTX_INT_MASK_ENABLE_PTR)) & 1) {
        *(uint8_t *)word(engine, *state(engine, CTX_INT_STATUS_REPORT_PTR)) = MEMIRQ_SET;
        *(uint8_t *)word(engine, *state(engine, CTX_INT_SRC_REPORT_PTR)) = MEMIRQ_SET;
        fake_irq(engine->peer->hal, 1);
    }
}

static uint32_t command_length(uint32_t dw)
{
    if (dw >> 29 == 0 && OPCODE(dw) < 0x10) {
        return 1;
    }
    return (dw & 0x3f) + 2;
}

static void pipe_control(struct engine *engine, const uint32_t *dw)
{
    if (dw[1] & PIPE_CONTROL_QW_WRITE) {
        cr_expect(dw[1] & PIPE_CONTROL_GGTT, "post-sync write not to the GGTT");
        *word(engine, dw[2]) = dw[4];
        *word(engine, dw[2] + 4) = dw[5];
    }
}

/* Executes the command at dw; returns false at the end of a batch. */
static bool execute(struct engine *engine, const uint32_t *dw)
{
    if (dw[0] == PIPE_CONTROL) {
        pipe_control(engine, dw);
        return true;
    }
    switch (OPCODE(dw[0])) {
    case OPCODE(MI_NOOP):
    case OPCODE(MI_ARB_CHECK):
    case OPCODE(MI_ARB_ON_OFF):
    case OPCODE(MI_MODEL_WORK):
        break;
    case OPCODE(MI_USER_INTERRUPT):
        user_interrupt(engine);
        break;
    case OPCODE(MI_STORE_DATA_IMM):
        cr_expect(dw[0] & MI_SDI_GGTT, "store not to the GGTT");
        *word(engine, dw[1]) = dw[3];
        break;
    case OPCODE(MI_FLUSH_DW):
        cr_expect(dw[1] & MI_FLUSH_DW_GGTT, "flush write not to the GGTT");
        *word(engine, dw[1] & ~7u) = dw[3];
        break;
    case OPCODE(MI_ATOMIC):
        cr_expect_eq((dw[0] & MI_ATOMIC_OPCODE) >> 8, MI_ATOMIC_ADD);
        *word(engine, dw[1]) += dw[3];
        break;
    case OPCODE(MI_BATCH_BUFFER_END):
        return false;
    default:
        cr_assert_fail("engine: command %08x at 0x%llx", dw[0], (unsigned long long)pc(engine));
    }
    return true;
}

/* One command, from wherever it lies; ring and batch pages are contiguous in a test's RAM. */
static void step(struct engine *engine)
{
    const uint32_t *dw = word(engine, pc(engine));

    if (OPCODE(dw[0]) == OPCODE(MI_BATCH_BUFFER_START) && dw[0] >> 29 == 0) {
        cr_expect(!(dw[0] & MI_BATCH_PPGTT), "batch not in the GGTT");
        advance(engine, command_length(dw[0]));
        engine->batch = dw[1];
        return;
    }
    if (execute(engine, dw)) {
        advance(engine, command_length(dw[0]));
    } else {
        engine->batch = 0;
    }
}

void fake_engine_run(struct peer *peer, uint64_t lrc)
{
    struct engine engine = {.peer = peer, .lrc = lrc};

    engine.ring = *state(&engine, CTX_RING_START);
    engine.ring_size = (*state(&engine, CTX_RING_CTL) & RING_CTL_SIZE_MASK) + HAL_PAGE_SIZE;
    engine.head = *state(&engine, CTX_RING_HEAD);
    if (*state(&engine, CTX_BB_HEAD) & CTX_BB_HEAD_VALID) {
        engine.batch = *state(&engine, CTX_BB_HEAD) & ~CTX_BB_HEAD_VALID;
    }
    while (peer->command_budget &&
           (engine.batch || engine.head != *state(&engine, CTX_RING_TAIL))) {
        step(&engine);
        peer->command_budget -= peer->command_budget != ~0u;
    }
    *state(&engine, CTX_RING_HEAD) = engine.head;
    *state(&engine, CTX_BB_HEAD) = (uint32_t)(engine.batch ? engine.batch | CTX_BB_HEAD_VALID : 0);
}
