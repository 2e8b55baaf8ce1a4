/* SPDX-License-Identifier: MIT */
/* See the header. The chip half answers GUCBUS registers; the host half fills rings through
 * fake_dma_*. */
#include "tests/unit/test_guc_bench.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_scheduler_abi.h"

#define LIMIT_NS  (100 * HAL_NS_PER_S)
#define SETTLE_NS (200 * HAL_NS_PER_US)

/* ---- chip ------------------------------------------------------------------------------------ */

static uint32_t causes(const struct bench *bench)
{
    uint32_t mask = (bench->flr ? GUCBUS_IRQ_FLR : 0) | (bench->fault ? GUCBUS_IRQ_FAULT : 0) |
                    (bench->reset ? GUCBUS_IRQ_RESET : 0);

    for (unsigned fn = 0; fn < GUC_FUNCTIONS; fn++) {
        uint32_t held = bench->fns[fn].closed ? GUCBUS_DB_CTB : 0;

        mask |= (bench->fns[fn].doorbell & ~held) ? GUCBUS_IRQ_DOORBELL : 0;
    }
    for (unsigned e = 0; e < BENCH_ENGINES; e++) {
        mask |= bench->engines[e].event ? GUCBUS_IRQ_ENGINE : 0;
    }
    return mask;
}

static bool irq_line(void *arg)
{
    return causes(arg) != 0;
}

static uint32_t pop_doorbell(struct bench *bench)
{
    for (unsigned fn = 0; fn < GUC_FUNCTIONS; fn++) {
        uint32_t held = bench->fns[fn].closed ? GUCBUS_DB_CTB : 0;
        uint32_t due = bench->fns[fn].doorbell & ~held;

        if (due) {
            bench->fns[fn].doorbell &= held;
            return GUCBUS_DB_VALID | due | fn;
        }
    }
    return 0;
}

static void leave_engine(struct bench_engine *engine, uint32_t type)
{
    if (engine->busy) {
        engine->busy = false;
        engine->event =
            GUCBUS_ENGINE_EVENT_VALID | FIELD_PREP(GUCBUS_ENGINE_EVENT_TYPE, type) | engine->tag;
        engine->event |= engine->waits && engine->told ? GUCBUS_ENGINE_EVENT_PAGE : 0;
        engine->waits = false;
    }
}

static void end_wait(struct bench_engine *engine, uint32_t command)
{
    if (!engine->waits) {
        return;
    }
    engine->waits = false;
    if (command == GUCBUS_ENGINE_PAGE_RETRY) {
        engine->retries++;
    } else {
        engine->fails++;
        leave_engine(engine, GUCBUS_ENGINE_EVENT_FAULT);
    }
}

static void engine_write(struct bench_engine *engine, uint32_t offset, uint32_t value)
{
    if (offset == GUCBUS_ENGINE_LRCA) {
        engine->lrca = value;
    } else if (offset == GUCBUS_ENGINE_TAG) {
        engine->tag = value;
    } else if (offset == GUCBUS_ENGINE_CTRL && value == GUCBUS_ENGINE_SUBMIT) {
        cr_assert(!engine->busy, "SUBMIT to a busy engine");
        engine->busy = true;
        engine->submits++;
    } else if (offset == GUCBUS_ENGINE_CTRL && value == GUCBUS_ENGINE_PREEMPT && !engine->deaf) {
        leave_engine(engine, GUCBUS_ENGINE_EVENT_PREEMPTED);
    } else if (offset == GUCBUS_ENGINE_CTRL &&
               (value == GUCBUS_ENGINE_PAGE_RETRY || value == GUCBUS_ENGINE_PAGE_FAIL)) {
        end_wait(engine, value);
    } else if (offset == GUCBUS_ENGINE_CTRL && value == GUCBUS_ENGINE_RESET) {
        engine->resets++;
        if (!engine->dead) {
            leave_engine(engine, GUCBUS_ENGINE_EVENT_RESET);
        }
    }
}

static void close_gate(struct bench *bench, unsigned fn)
{
    bench->fns[fn].closed = true;
    for (unsigned e = 0; e < BENCH_ENGINES; e++) {
        if (FIELD_GET(GUCBUS_ENGINE_TAG_FN, bench->engines[e].tag) == fn &&
            !bench->engines[e].deaf) {
            leave_engine(&bench->engines[e], GUCBUS_ENGINE_EVENT_PREEMPTED);
        }
    }
}

static uint32_t *mailbox_reg(struct bench *bench, uint32_t offset)
{
    uint32_t at = offset - GUCBUS_MBOX_BASE;

    return &bench->fns[at / GUCBUS_MBOX_FN_STRIDE].mailbox[at % GUCBUS_MBOX_FN_STRIDE / 4];
}

static bool is_mailbox(uint32_t offset)
{
    return offset >= GUCBUS_MBOX_BASE &&
           offset < GUCBUS_MBOX_BASE + GUC_FUNCTIONS * GUCBUS_MBOX_FN_STRIDE;
}

static uint64_t chip_read(void *arg, uint32_t offset, unsigned size)
{
    struct bench *bench = arg;
    uint32_t value;

    (void)size;
    if (is_mailbox(offset)) {
        return *mailbox_reg(bench, offset);
    }
    if (offset >= GUCBUS_ENGINE_BASE) {
        struct bench_engine *engine =
            &bench->engines[(offset - GUCBUS_ENGINE_BASE) / GUCBUS_ENGINE_STRIDE];

        value = engine->event;
        engine->event = 0;
        return value;
    }
    switch (offset) {
    case GUCBUS_IRQ_STATUS:
        return causes(bench);
    case GUCBUS_DB_NEXT:
        return pop_doorbell(bench);
    case GUCBUS_FLR_NEXT:
        value = bench->flr;
        bench->flr = 0;
        return value;
    case GUCBUS_FAULT_NEXT:
        value = bench->fault;
        bench->fault = 0;
        return value;
    case GUCBUS_FAULT_ADDR:
        return bench->fault_addr;
    case GUCBUS_FAULT_ADDR_HI:
        return bench->fault_addr_hi;
    case GUCBUS_FAULT_ASID:
        return bench->fault_asid;
    default:
        return 0;
    }
}

static void raise_irq(struct bench *bench, uint32_t value)
{
    unsigned fn = FIELD_GET(GUCBUS_IRQ_FN, value);

    bench->irqs[fn] |= FIELD_GET(GUCBUS_IRQ_VECTOR, value);
    bench->migrated[fn] += value & GUC_INTR_SW_INT_0 ? 1 : 0;
    if (fn && fn != bench->hostile) {
        cr_expect(value & GUCBUS_IRQ_BY_MEMORY, "vf %u interrupted by the register path", fn);
        cr_expect_eq(bench->regs[1], bench->fns[fn].base + BENCH_MEMIRQ);
    }
}

static void chip_write(void *arg, uint32_t offset, uint64_t wide, unsigned size)
{
    struct bench *bench = arg;
    uint32_t value = (uint32_t)wide;

    (void)size;
    if (is_mailbox(offset)) {
        *mailbox_reg(bench, offset) = value;
    } else if (offset >= GUCBUS_ENGINE_BASE) {
        uint32_t at = offset - GUCBUS_ENGINE_BASE;
        struct bench_engine *engine = &bench->engines[at / GUCBUS_ENGINE_STRIDE];

        engine_write(engine, GUCBUS_ENGINE_BASE + at % GUCBUS_ENGINE_STRIDE, value);
        if (bench->hostile) {
            engine->deaf =
                bench->stubborn && FIELD_GET(GUCBUS_ENGINE_TAG_FN, engine->tag) == bench->hostile;
        }
    } else if (offset == GUCBUS_STATUS) {
        bench->regs[0] = value;
        bench->reset = false;
    } else if (offset == GUCBUS_MEMIRQ_STATUS) {
        bench->regs[1] = value;
    } else if (offset == GUCBUS_GATE_CLOSE) {
        close_gate(bench, value);
    } else if (offset == GUCBUS_GATE_OPEN) {
        bench->fns[value].closed = false;
    } else if (offset == GUCBUS_IRQ_SEND) {
        raise_irq(bench, value);
    } else if (offset == GUCBUS_TLB_INV) {
        bench->tlb_invalidations += (value & GUCBUS_TLB_INV_GGTT) != 0;
        bench->ppgtt_invalidations += (value & GUCBUS_TLB_INV_PPGTT) != 0;
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

struct bench *bench_create(uint32_t abi)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    struct fake_device device = {chip_read, chip_write, irq_line, bench};
    struct guc_config config = {
        .abi_version = abi,
        .gmd_id = 0x07800004,
        .total_vfs = BENCH_VFS,
        .num_engines = BENCH_ENGINES,
        .engines = {{"rcs0", GUC_RENDER_CLASS, 0}, {"bcs0", GUC_BLITTER_CLASS, 0}}};

    cr_assert(bench);
    bench->hal = fake_hal_create(&device, 0);
    bench->guc = guc_create(bench->hal, &config);
    cr_assert(bench->guc);
    return bench;
}

void bench_destroy(struct bench *bench)
{
    fake_hal_destroy(bench->hal);
    guc_destroy(bench->guc);
    free(bench);
}

static void bare_program(void *arg)
{
    struct bench *bench = arg;

    hal_spawn(bench->hal, "guc", guc_main, bench->guc);
    bench_settle(bench);
    bench->test(bench);
}

void bench_set_up_pf(struct bench *bench)
{
    uint32_t klvs[] = {0x00040001, 65535, 0x00060001, 256};
    uint32_t config[] = {GUC_ACTION_PF2GUC_UPDATE_VF_CFG, 0, BENCH_PF_BASE + BENCH_BUFFER, 0,
                         ARRAY_SIZE(klvs)};

    bench->fns[0].h2g_tail = 0;
    bench->fns[0].g2h_head = 0;
    bench_rings(bench, 0, BENCH_PF_BASE);
    for (unsigned i = 0; i < ARRAY_SIZE(klvs); i++) {
        fake_dma_write32(bench->hal, 0, BENCH_PF_BASE + BENCH_BUFFER + 4 * i, klvs[i]);
    }
    cr_assert_eq(bench_request(bench, 0, config, ARRAY_SIZE(config)), BENCH_SUCCESS(2));
}

static void program(void *arg)
{
    struct bench *bench = arg;

    hal_spawn(bench->hal, "guc", guc_main, bench->guc);
    fake_dma_map(bench->hal, 0, BENCH_PF_BASE, BENCH_VF_SIZE);
    bench_set_up_pf(bench);
    bench->test(bench);
}

void bench_run(struct bench *bench, void (*test)(struct bench *bench))
{
    bench->test = test;
    fake_run(bench->hal, program, bench, LIMIT_NS);
}

void bench_run_bare(struct bench *bench, void (*test)(struct bench *bench))
{
    bench->test = test;
    fake_run(bench->hal, bare_program, bench, LIMIT_NS);
}

void bench_settle(struct bench *bench)
{
    hal_delay(bench->hal, SETTLE_NS);
}

/* ---- host: mailbox --------------------------------------------------------------------------- */

uint32_t bench_mailbox(struct bench *bench, unsigned fn, const uint32_t *request, unsigned len,
                       uint32_t *rest)
{
    struct bench_fn *function = &bench->fns[fn];

    memcpy(function->mailbox, request, len * sizeof(*request));
    function->doorbell |= GUCBUS_DB_MBOX;
    bench_settle(bench);
    if (rest) {
        memcpy(rest, function->mailbox + 1, 3 * sizeof(*rest));
    }
    return function->mailbox[0];
}

uint32_t bench_mailbox1(struct bench *bench, unsigned fn, uint32_t dw0)
{
    return bench_mailbox(bench, fn, &dw0, 1, NULL);
}

uint32_t bench_mailbox2(struct bench *bench, unsigned fn, uint32_t dw0, uint32_t dw1)
{
    uint32_t request[] = {dw0, dw1};

    return bench_mailbox(bench, fn, request, 2, NULL);
}

static void self_cfg(struct bench *bench, unsigned fn, uint32_t key, uint32_t len, uint64_t value)
{
    uint32_t request[] = {GUC_ACTION_HOST2GUC_SELF_CFG, key << 16 | len, (uint32_t)value,
                          (uint32_t)(value >> 32)};

    cr_assert_eq(bench_mailbox(bench, fn, request, 4, NULL), BENCH_SUCCESS(1), "key 0x%x", key);
}

void bench_rings(struct bench *bench, unsigned fn, uint64_t base)
{
    struct bench_fn *function = &bench->fns[fn];

    for (unsigned i = 0; i < 16; i++) {
        fake_dma_write32(bench->hal, fn, base + BENCH_H2G_DESC + 4 * i, 0);
        fake_dma_write32(bench->hal, fn, base + BENCH_G2H_DESC + 4 * i, 0);
    }
    function->base = base;
    function->h2g_tail = 0;
    function->g2h_head = 0;
    if (fn) {
        self_cfg(bench, fn, 0x901, 2, base + BENCH_MEMIRQ + 0x419);
        self_cfg(bench, fn, 0x900, 2, base + BENCH_MEMIRQ);
    }
    self_cfg(bench, fn, 0x903, 2, base + BENCH_H2G_DESC);
    self_cfg(bench, fn, 0x902, 2, base + BENCH_H2G);
    self_cfg(bench, fn, 0x904, 1, 4 * BENCH_H2G_LEN);
    self_cfg(bench, fn, 0x906, 2, base + BENCH_G2H_DESC);
    self_cfg(bench, fn, 0x905, 2, base + BENCH_G2H);
    self_cfg(bench, fn, 0x907, 1, 4 * BENCH_G2H_LEN);
    cr_assert_eq(bench_mailbox2(bench, fn, GUC_ACTION_HOST2GUC_CONTROL_CTB, 1), BENCH_SUCCESS(0));
}

/* ---- host: rings ----------------------------------------------------------------------------- */

void bench_put(struct bench *bench, unsigned fn, const uint32_t *words, unsigned len)
{
    struct bench_fn *function = &bench->fns[fn];

    if (function->h2g_tail + len > BENCH_H2G_LEN) {
        while (function->h2g_tail < BENCH_H2G_LEN) {
            fake_dma_write32(bench->hal, fn, function->base + BENCH_H2G + 4 * function->h2g_tail++,
                             0);
        }
        function->h2g_tail = 0;
    }
    for (unsigned i = 0; i < len; i++) {
        fake_dma_write32(bench->hal, fn, function->base + BENCH_H2G + 4 * function->h2g_tail++,
                         words[i]);
    }
    function->h2g_tail %= BENCH_H2G_LEN;
    fake_dma_write32(bench->hal, fn, function->base + BENCH_H2G_DESC + 4, function->h2g_tail);
    function->doorbell |= GUCBUS_DB_CTB;
}

uint16_t bench_send(struct bench *bench, unsigned fn, const uint32_t *hxg, unsigned len)
{
    uint32_t words[BENCH_MSG] = {(uint32_t)++bench->fns[fn].fence << 16 | len};

    memcpy(words + 1, hxg, len * sizeof(*hxg));
    bench_put(bench, fn, words, len + 1);
    return bench->fns[fn].fence;
}

unsigned bench_take(struct bench *bench, unsigned fn, uint32_t *words)
{
    struct bench_fn *function = &bench->fns[fn];
    uint32_t tail = fake_dma_read32(bench->hal, fn, function->base + BENCH_G2H_DESC + 4);
    unsigned len = 1;

    if (tail == function->g2h_head) {
        return 0;
    }
    for (unsigned i = 0; i < len; i++) {
        words[i] =
            fake_dma_read32(bench->hal, fn, function->base + BENCH_G2H + 4 * function->g2h_head);
        function->g2h_head = (function->g2h_head + 1) % BENCH_G2H_LEN;
        len = i ? len : (words[0] & 0xff) + 1;
    }
    fake_dma_write32(bench->hal, fn, function->base + BENCH_G2H_DESC, function->g2h_head);
    return len;
}

uint32_t bench_request(struct bench *bench, unsigned fn, const uint32_t *hxg, unsigned len)
{
    uint16_t fence = bench_send(bench, fn, hxg, len);
    uint32_t words[BENCH_MSG];

    bench_settle(bench);
    while (bench_take(bench, fn, words)) {
        if (words[0] >> 16 == fence) {
            return words[1];
        }
    }
    return 0;
}

uint32_t bench_event(struct bench *bench, unsigned fn, uint16_t action)
{
    uint32_t words[BENCH_MSG];
    unsigned len;

    bench_settle(bench);
    while ((len = bench_take(bench, fn, words)) != 0) {
        if (words[1] == (0x90000000u | action)) {
            return words[len - 1];
        }
    }
    return UINT32_MAX;
}

void bench_drain(struct bench *bench, unsigned fn)
{
    uint32_t words[BENCH_MSG];

    bench_settle(bench);
    while (bench_take(bench, fn, words)) {
    }
}

/* ---- host: commands -------------------------------------------------------------------------- */

void bench_provision(struct bench *bench, unsigned vf, uint64_t ggtt_start)
{
    uint32_t klvs[] = {0x00010002, (uint32_t)ggtt_start, 0,          0x00020002, BENCH_VF_SIZE, 0,
                       0x00040001, BENCH_CONTEXTS,       0x00060001, 8};
    uint32_t request[] = {GUC_ACTION_PF2GUC_UPDATE_VF_CFG, vf, BENCH_PF_BASE + BENCH_BUFFER, 0,
                          ARRAY_SIZE(klvs)};

    for (unsigned i = 0; i < ARRAY_SIZE(klvs); i++) {
        fake_dma_write32(bench->hal, 0, BENCH_PF_BASE + BENCH_BUFFER + 4 * i, klvs[i]);
    }
    fake_dma_map(bench->hal, vf, ggtt_start, BENCH_VF_SIZE);
    cr_assert_eq(bench_request(bench, 0, request, ARRAY_SIZE(request)), BENCH_SUCCESS(4));
}

uint32_t bench_control(struct bench *bench, unsigned vf, uint32_t command)
{
    uint32_t request[] = {GUC_ACTION_PF2GUC_VF_CONTROL, vf, command};

    return bench_request(bench, 0, request, ARRAY_SIZE(request));
}

uint32_t bench_blob(struct bench *bench, unsigned vf, uint32_t opcode, uint32_t size)
{
    uint32_t request[] = {opcode << 16 | GUC_ACTION_PF2GUC_SAVE_RESTORE_VF, vf,
                          size ? BENCH_PF_BASE + BENCH_BUFFER : 0, 0, size};

    return bench_request(bench, 0, request, ARRAY_SIZE(request));
}

void bench_start_vf(struct bench *bench, unsigned vf)
{
    bench_provision(bench, vf, BENCH_VF_START(vf));
    cr_assert_eq(bench_mailbox1(bench, vf, GUC_ACTION_VF2GUC_VF_RESET), BENCH_SUCCESS(0));
    bench_rings(bench, vf, BENCH_VF_START(vf));
}

void bench_register(struct bench *bench, unsigned vf, unsigned id, uint32_t type)
{
    uint32_t lrc = (uint32_t)(bench->fns[vf].base + BENCH_LRC(id));
    uint32_t hxg[12] = {type << 28 | XE_GUC_ACTION_REGISTER_CONTEXT, 1, id, 0, 1};

    hxg[10] = lrc | 0x19;
    bench_send(bench, vf, hxg, ARRAY_SIZE(hxg));
}

void bench_context(struct bench *bench, unsigned vf, unsigned id)
{
    uint32_t mode[] = {BENCH_FAST(XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), id, 1};

    bench_register(bench, vf, id, 1);
    bench_send(bench, vf, mode, ARRAY_SIZE(mode));
    cr_assert_eq(bench_event(bench, vf, XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE), 1);
}

void bench_engine_event(struct bench *bench, unsigned engine, uint32_t type)
{
    cr_assert(bench->engines[engine].busy, "engine %u runs nothing", engine);
    leave_engine(&bench->engines[engine], type);
    bench_settle(bench);
}

void bench_page_fault(struct bench *bench, unsigned engine, uint64_t addr, uint32_t fault)
{
    struct bench_engine *at = &bench->engines[engine];

    cr_assert(at->busy && !at->waits);
    at->waits = true;
    at->told = true;
    bench->fault_addr = lower_32(addr);
    bench->fault_addr_hi = upper_32(addr);
    bench->fault = GUCBUS_FAULT_VALID | GUCBUS_FAULT_WAITS | GUCBUS_FAULT_PPGTT |
                   FIELD_PREP(GUCBUS_FAULT_CLIENT, engine) |
                   FIELD_GET(GUCBUS_ENGINE_TAG_FN, at->tag) | fault;
}

enum guc_vf_state bench_state(struct bench *bench, unsigned vf)
{
    return bench->guc->functions[vf].state;
}
