/* SPDX-License-Identifier: MIT */
/* See the header. A move is one row of a table with a weight; its numbers come from the limits of
 * what the GuC checks, from what is right, and from nowhere. */
#include "tests/unit/hostile_guest.h"

#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"

#define START      ((uint32_t)HOSTILE_START)
#define END        ((uint32_t)(HOSTILE_START + BENCH_VF_SIZE))
#define REPLY_NS   (100 * HAL_NS_PER_US)
#define REPLY_STEP (2 * HAL_NS_PER_US)
#define DESC_LEN   16u
#define MSG_MAX    256u

/* ---- numbers --------------------------------------------------------------------------------- */

/* splitmix64: every state gives a good number. */
static uint64_t draw(struct hostile *hostile)
{
    uint64_t z = hostile->random += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

uint32_t hostile_below(struct hostile *hostile, uint32_t n)
{
    return (uint32_t)((draw(hostile) >> 32) * n >> 32);
}

static bool chance(struct hostile *hostile, uint32_t percent)
{
    return hostile_below(hostile, 100) < percent;
}

static uint32_t limit(struct hostile *hostile)
{
    static const uint32_t limits[] = {0,          1,          2,          3,         4,
                                      7,          8,          15,         31,        32,
                                      33,         255,        256,        1022,      1023,
                                      1024,       1025,       4095,       4096,      4097,
                                      65534,      65535,      65536,      0x1ffff,   0x200000,
                                      0xfedfffff, 0xfee00000, 0x7fffffff, 1u << 31,  UINT32_MAX - 1,
                                      UINT32_MAX, START,      START - 4,  END - 4,   END,
                                      START + 2,  END - 4096, 0x10000000, 0x00010002};

    return limits[hostile_below(hostile, ARRAY_SIZE(limits))];
}

static uint32_t number(struct hostile *hostile)
{
    switch (hostile_below(hostile, 4)) {
    case 0:
        return (uint32_t)draw(hostile);
    case 1:
        return hostile_below(hostile, 40);
    default:
        return limit(hostile);
    }
}

/* Own, at the ends of what is own, foreign, none. */
static uint64_t address(struct hostile *hostile)
{
    const uint64_t places[] = {HOSTILE_START,
                               HOSTILE_START + BENCH_VF_SIZE - HAL_PAGE_SIZE,
                               HOSTILE_START + BENCH_VF_SIZE - 4,
                               HOSTILE_START + BENCH_VF_SIZE,
                               HOSTILE_START - HAL_PAGE_SIZE,
                               BENCH_VF_START(2) + BENCH_H2G,
                               BENCH_VF_START(2) + BENCH_G2H_DESC,
                               BENCH_PF_BASE + BENCH_H2G_DESC,
                               0,
                               0x200000,
                               0xfedff000,
                               0xfee00000,
                               0xfffffffc,
                               0x100000000ull + START,
                               UINT64_MAX - 3,
                               hostile->h2g,
                               hostile->h2g_desc,
                               hostile->g2h_desc,
                               HOSTILE_START + number(hostile)};

    if (chance(hostile, 60)) {
        return HOSTILE_START + (uint64_t)hostile_below(hostile, HOSTILE_PAGES) * HAL_PAGE_SIZE +
               (chance(hostile, 20) ? number(hostile) % HAL_PAGE_SIZE : 0);
    }
    return places[hostile_below(hostile, ARRAY_SIZE(places))];
}

/* ---- its memory ------------------------------------------------------------------------------ */

static bool present(const struct hostile *hostile, uint64_t addr)
{
    return addr % 4 == 0 && addr >= HOSTILE_START && addr < HOSTILE_START + BENCH_VF_SIZE &&
           !hostile->absent[(addr - HOSTILE_START) / HAL_PAGE_SIZE];
}

static void poke(struct hostile *hostile, uint64_t addr, uint32_t value)
{
    if (present(hostile, addr)) {
        fake_dma_write32(hostile->bench->hal, HOSTILE_VF, addr, value);
    }
}

static uint32_t peek(struct hostile *hostile, uint64_t addr)
{
    return present(hostile, addr) ? fake_dma_read32(hostile->bench->hal, HOSTILE_VF, addr) : 0;
}

static void ring(struct hostile *hostile)
{
    hostile->bench->fns[HOSTILE_VF].doorbell |= GUCBUS_DB_CTB;
}

/* Puts dwords behind the tail, across the ring's end if they reach it, and moves the tail over
 * some of them. */
static void put(struct hostile *hostile, const uint32_t *words, uint32_t len, uint32_t publish)
{
    uint32_t size = hostile->h2g_len;
    uint32_t tail = peek(hostile, hostile->h2g_desc + 4) % size;

    for (uint32_t i = 0; i < len; i++) {
        poke(hostile, hostile->h2g + (uint64_t)(tail + i) % size * 4, words[i]);
    }
    poke(hostile, hostile->h2g_desc + 4, (tail + publish) % size);
    ring(hostile);
}

/* Reads all that its G2H ring holds, by moving the head. */
static void drain(struct hostile *hostile)
{
    poke(hostile, hostile->g2h_desc, peek(hostile, hostile->g2h_desc + 4));
}

/* ---- mailbox --------------------------------------------------------------------------------- */

static void ask(struct hostile *hostile, const uint32_t *request, unsigned len)
{
    struct bench_fn *function = &hostile->bench->fns[HOSTILE_VF];

    memcpy(function->mailbox, request, len * sizeof(*request));
    function->doorbell |= GUCBUS_DB_MBOX;
}

static void ask_and_wait(struct hostile *hostile, const uint32_t *request, unsigned len)
{
    ask(hostile, request, len);
    for (uint64_t ns = 0; ns < REPLY_NS && !(hostile->bench->fns[HOSTILE_VF].mailbox[0] >> 31);
         ns += REPLY_STEP) {
        hal_delay(hostile->bench->hal, REPLY_STEP);
    }
}

static void self_cfg(struct hostile *hostile, uint32_t key, uint32_t len, uint64_t value)
{
    const uint32_t request[] = {GUC_ACTION_HOST2GUC_SELF_CFG, key << 16 | len, (uint32_t)value,
                                (uint32_t)(value >> 32)};

    ask_and_wait(hostile, request, ARRAY_SIZE(request));
}

/* The six keys of the rings, then CONTROL_CTB. */
static void register_rings(struct hostile *hostile, const uint64_t *values)
{
    static const uint32_t enable[] = {GUC_ACTION_HOST2GUC_CONTROL_CTB, 1};

    for (uint32_t i = 0; i < 6; i++) {
        self_cfg(hostile, 0x902 + i, i % 3 == 2 ? 1 : 2, values[i]);
    }
    hostile->h2g = values[0];
    hostile->h2g_desc = values[1];
    hostile->g2h_desc = values[4];
    /* One dword too many for its own use is enough: it writes where it likes in any case. */
    hostile->h2g_len = values[2] / 4 && values[2] < 1u << 24 ? (uint32_t)values[2] / 4 : 1024;
    for (uint32_t i = 0; i < DESC_LEN; i++) {
        poke(hostile, hostile->h2g_desc + 4 * i, 0);
        poke(hostile, hostile->g2h_desc + 4 * i, 0);
    }
    ask_and_wait(hostile, enable, ARRAY_SIZE(enable));
}

static void good_rings(struct hostile *hostile)
{
    const uint64_t good[] = {
        HOSTILE_START + BENCH_H2G, HOSTILE_START + BENCH_H2G_DESC, 4 * BENCH_H2G_LEN,
        HOSTILE_START + BENCH_G2H, HOSTILE_START + BENCH_G2H_DESC, 4 * BENCH_G2H_LEN};

    register_rings(hostile, good);
}

void hostile_set_up(struct hostile *hostile)
{
    fake_dma_map(hostile->bench->hal, HOSTILE_VF, HOSTILE_START, BENCH_VF_SIZE);
    memset(hostile->absent, 0, sizeof(hostile->absent));
    self_cfg(hostile, 0x901, 2, HOSTILE_START + BENCH_MEMIRQ + 0x419);
    self_cfg(hostile, 0x900, 2, HOSTILE_START + BENCH_MEMIRQ);
    good_rings(hostile);
}

void hostile_init(struct hostile *hostile, struct bench *bench, uint64_t seed)
{
    *hostile = (struct hostile){.bench = bench,
                                .seed = seed,
                                .random = seed,
                                .last = "none",
                                .h2g = HOSTILE_START + BENCH_H2G,
                                .h2g_desc = HOSTILE_START + BENCH_H2G_DESC,
                                .g2h_desc = HOSTILE_START + BENCH_G2H_DESC,
                                .h2g_len = BENCH_H2G_LEN};
    bench->hostile = HOSTILE_VF;
    bench->fns[HOSTILE_VF].base = HOSTILE_START;
}

/* ---- messages -------------------------------------------------------------------------------- */

struct shape {
    uint16_t action;
    uint8_t len; /* of a right one */
};

static const struct shape ctb_shapes[] = {
    {XE_GUC_ACTION_VF2GUC_RELAY_TO_PF, 5},
    {XE_GUC_ACTION_REGISTER_CONTEXT, 12},
    {XE_GUC_ACTION_DEREGISTER_CONTEXT, 2},
    {XE_GUC_ACTION_SCHED_CONTEXT, 2},
    {XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET, 3},
    {XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES, 6},
    {XE_GUC_ACTION_TLB_INVALIDATION, 7},
    {XE_GUC_ACTION_TLB_INVALIDATION_ALL, 3},
    {XE_GUC_ACTION_OPT_IN_FEATURE_KLV, 4},
    {XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV, 4},
    {XE_GUC_ACTION_PAGE_FAULT_RES_DESC, 3},
    {GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY, 4},
    {GUC_ACTION_PF2GUC_UPDATE_VF_CFG, 5},
    {GUC_ACTION_PF2GUC_VF_CONTROL, 3},
    {GUC_ACTION_PF2GUC_SAVE_RESTORE_VF, 5},
    {XE_GUC_ACTION_PF2GUC_RELAY_TO_VF, 6},
    {XE_GUC_ACTION_REGISTER_CONTEXT_MULTI_LRC, 16},
};

static const struct shape mailbox_shapes[] = {
    {GUC_ACTION_HOST2GUC_SELF_CFG, 4},     {GUC_ACTION_HOST2GUC_CONTROL_CTB, 2},
    {XE_GUC_ACTION_GET_HWCONFIG, 4},       {GUC_ACTION_VF2GUC_MATCH_VERSION, 2},
    {GUC_ACTION_VF2GUC_VF_RESET, 1},       {GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV, 2},
    {GUC_ACTION_VF2GUC_RESFIX_START, 1},   {GUC_ACTION_VF2GUC_RESFIX_DONE, 1},
    {GUC_ACTION_PF2GUC_UPDATE_VF_CFG, 4},  {GUC_ACTION_PF2GUC_VF_CONTROL, 3},
    {GUC_ACTION_PF2GUC_SAVE_RESTORE_VF, 4}};

/* A registration that could be right, or is wrong in a few dwords. */
static void fill_registration(struct hostile *hostile, uint32_t *hxg)
{
    uint32_t id = chance(hostile, 80) ? hostile_below(hostile, 6)
                                      : hostile_below(hostile, BENCH_CONTEXTS + 1);

    hxg[1] = chance(hostile, 90) ? 1 : number(hostile);
    hxg[2] = chance(hostile, 90) ? id : number(hostile);
    hxg[3] = chance(hostile, 90) ? 3 * hostile_below(hostile, 2) : number(hostile);
    hxg[4] = chance(hostile, 90) ? 1 : number(hostile);
    memset(hxg + 5, 0, 5 * sizeof(*hxg));
    hxg[10] = chance(hostile, 90) ? (START + BENCH_LRC(id)) | 0x19 : (uint32_t)address(hostile);
    hxg[11] = chance(hostile, 90) ? 0 : number(hostile);
}

static void fill_klvs(struct hostile *hostile, uint32_t *klvs, uint32_t len)
{
    static const uint32_t headers[] = {0x20010001, 0x20020001, 0x20030001, 0x20040001,
                                       0x20050001, 0x10010002, 0x20010002, 0x2003ffff,
                                       0x20060001, 0x40010000, 0x2001000};

    for (uint32_t i = 0; i < len; i += 2) {
        klvs[i] = chance(hostile, 90) ? headers[hostile_below(hostile, ARRAY_SIZE(headers))]
                                      : number(hostile);
        if (i + 1 < len) {
            klvs[i + 1] = chance(hostile, 50) ? hostile_below(hostile, 5) : number(hostile);
        }
    }
}

/* Fills in an HXG message of the shape. Returns its length. */
static uint32_t fill_message(struct hostile *hostile, const struct shape *shape, uint32_t *hxg)
{
    static const uint8_t types[] = {0, 0, 0, 1, 1, 2, 2, 2, 3, 4, 5, 6, 7};
    uint32_t len = shape->len;

    for (uint32_t i = 1; i < MSG_MAX - 1; i++) {
        hxg[i] = number(hostile);
    }
    hxg[0] = shape->action;
    if (shape->action == XE_GUC_ACTION_REGISTER_CONTEXT) {
        fill_registration(hostile, hxg);
    } else if (chance(hostile, 90)) {
        hxg[1] = hostile_below(hostile, 6); /* a context's id, a seqno, a VFID */
        hxg[2] = hostile_below(hostile, 6);
    }
    if (shape->action == XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES) {
        fill_klvs(hostile, hxg + 2, MSG_MAX - 3);
    } else if (shape->action == XE_GUC_ACTION_UPDATE_SCHEDULING_POLICIES_KLV) {
        fill_klvs(hostile, hxg + 1, MSG_MAX - 2);
    }
    hxg[0] |= (uint32_t)types[hostile_below(hostile, ARRAY_SIZE(types))] << 28;
    if (chance(hostile, 10)) {
        hxg[0] ^= 1u << hostile_below(hostile, 32);
    }
    if (chance(hostile, 15)) {
        len = chance(hostile, 50) ? 1 + hostile_below(hostile, MSG_MAX - 1) : len + 1;
    }
    return len;
}

static void move_message(struct hostile *hostile)
{
    uint32_t words[MSG_MAX];
    const struct shape *shape = &ctb_shapes[hostile_below(hostile, ARRAY_SIZE(ctb_shapes))];
    uint32_t len = fill_message(hostile, shape, words + 1);

    words[0] = hostile_below(hostile, 65536) << 16 | len;
    if (chance(hostile, 2)) {
        words[0] ^= 1u << hostile_below(hostile, 32);
    }
    put(hostile, words, len + 1, chance(hostile, 99) ? len + 1 : hostile_below(hostile, len + 3));
}

static void put_context_action(struct hostile *hostile)
{
    static const struct shape shapes[] = {
        {XE_GUC_ACTION_REGISTER_CONTEXT, 12},      {XE_GUC_ACTION_REGISTER_CONTEXT, 12},
        {XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET, 3}, {XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET, 3},
        {XE_GUC_ACTION_SCHED_CONTEXT, 2},          {XE_GUC_ACTION_DEREGISTER_CONTEXT, 2}};
    const struct shape *shape = &shapes[hostile_below(hostile, ARRAY_SIZE(shapes))];
    uint32_t words[13] = {0x80000000u | shape->len, BENCH_FAST((uint32_t)shape->action)};

    words[2] = hostile_below(hostile, 6);
    words[3] = chance(hostile, 70);
    if (shape->action == XE_GUC_ACTION_REGISTER_CONTEXT) {
        fill_registration(hostile, words + 1);
    }
    put(hostile, words, shape->len + 1u, shape->len + 1u);
}

/* Contexts come and go, in orders that a driver would not take. */
static void move_context(struct hostile *hostile)
{
    for (uint32_t n = hostile_below(hostile, 5); n; n--) {
        put_context_action(hostile);
    }
}

/* ---- rings and registers --------------------------------------------------------------------- */

static void move_noise(struct hostile *hostile)
{
    uint32_t words[MSG_MAX];
    uint32_t len = 1 + hostile_below(hostile, MSG_MAX - 1);

    for (uint32_t i = 0; i < len; i++) {
        words[i] = chance(hostile, 30) ? 0 : number(hostile);
    }
    put(hostile, words, len, chance(hostile, 80) ? len : number(hostile));
}

static void move_zeros(struct hostile *hostile)
{
    static const uint32_t zeros[MSG_MAX];
    uint32_t len = hostile_below(hostile, MSG_MAX);

    put(hostile, zeros, len, len);
}

static void move_descriptor(struct hostile *hostile)
{
    uint64_t desc = chance(hostile, 50) ? hostile->h2g_desc : hostile->g2h_desc;
    uint32_t dword = chance(hostile, 80) ? hostile_below(hostile, 3) : hostile_below(hostile, 16);

    poke(hostile, desc + 4 * dword, chance(hostile, 50) ? number(hostile) : limit(hostile) % 1024);
    ring(hostile);
}

static void move_mailbox_shape(struct hostile *hostile)
{
    const struct shape *shape = &mailbox_shapes[hostile_below(hostile, ARRAY_SIZE(mailbox_shapes))];
    uint64_t addr = address(hostile);
    uint32_t request[4] = {shape->action, number(hostile), (uint32_t)addr, (uint32_t)(addr >> 32)};

    if (shape->action == GUC_ACTION_VF2GUC_VF_RESET && chance(hostile, 80)) {
        return; /* it ends too much that other moves began */
    }

    if (shape->action == GUC_ACTION_HOST2GUC_SELF_CFG && chance(hostile, 90)) {
        request[1] = (0x900 + hostile_below(hostile, 9)) << 16 | (1 + hostile_below(hostile, 2));
    } else if (shape->action == XE_GUC_ACTION_GET_HWCONFIG) {
        request[1] = (uint32_t)addr;
        request[2] = (uint32_t)(addr >> 32);
        request[3] = number(hostile);
    } else if (chance(hostile, 50)) {
        request[1] = hostile_below(hostile, 8);
    }
    request[0] |= chance(hostile, 30) ? hostile_below(hostile, 4096) << 16 : 0;
    ask(hostile, request, chance(hostile, 90) ? shape->len : 1 + hostile_below(hostile, 4));
}

static void move_mailbox_noise(struct hostile *hostile)
{
    uint32_t request[4] = {hostile_below(hostile, 65536), number(hostile), number(hostile),
                           number(hostile)};

    if (chance(hostile, 30)) {
        request[0] = (uint32_t)draw(hostile);
    }
    ask(hostile, request, 4);
}

static void move_register_rings(struct hostile *hostile)
{
    uint64_t values[6];

    for (unsigned i = 0; i < 6; i++) {
        values[i] = i % 3 == 2 ? number(hostile) : address(hostile);
        if (i % 3 == 2 && chance(hostile, 80)) {
            values[i] = HAL_PAGE_SIZE << hostile_below(hostile, 10);
        } else if (i % 3 == 1) {
            values[i] = chance(hostile, 80) ? address(hostile) & ~(uint64_t)63 : values[i];
        }
    }
    if (chance(hostile, 20)) { /* both rings in one place, or one inside the other's descriptor */
        for (unsigned i = 0; i < 3; i++) {
            values[3 + i] = values[i];
        }
    } else if (chance(hostile, 20)) {
        values[4] = values[0];
    }
    register_rings(hostile, values);
}

/* Recovery, due or not, with a marker that may be the right one. */
static void move_fixups(struct hostile *hostile)
{
    uint32_t request =
        (chance(hostile, 40) ? GUC_ACTION_VF2GUC_RESFIX_START : GUC_ACTION_VF2GUC_RESFIX_DONE) |
        hostile_below(hostile, 3) << 16;

    ask_and_wait(hostile, &request, 1);
}

static void move_doorbells(struct hostile *hostile)
{
    for (uint32_t i = hostile_below(hostile, 64); i; i--) {
        hostile->bench->fns[HOSTILE_VF].doorbell |=
            chance(hostile, 50) ? GUCBUS_DB_CTB : GUCBUS_DB_MBOX;
        hal_delay(hostile->bench->hal, hostile_below(hostile, 1000));
    }
}

/* Fills the ring with requests and does not read the answers. */
static void move_flood(struct hostile *hostile)
{
    uint32_t relay = chance(hostile, 50);
    uint32_t len = relay ? 3 + hostile_below(hostile, 250) : 2;

    for (uint32_t at = 0; at + len + 1 < hostile->h2g_len / 2; at += len + 1) {
        uint32_t words[MSG_MAX] = {0x00010000u | len,
                                   relay ? XE_GUC_ACTION_VF2GUC_RELAY_TO_PF : 0x0badu, at, 1};

        put(hostile, words, len + 1, len + 1);
    }
}

static void move_page(struct hostile *hostile)
{
    uint32_t page =
        chance(hostile, 60) ? hostile_below(hostile, 5) : hostile_below(hostile, HOSTILE_PAGES);
    uint64_t addr = HOSTILE_START + (uint64_t)page * HAL_PAGE_SIZE;

    hostile->absent[page] = !hostile->absent[page];
    if (hostile->absent[page]) {
        fake_dma_unmap(hostile->bench->hal, HOSTILE_VF, addr, HAL_PAGE_SIZE);
    } else {
        fake_dma_map(hostile->bench->hal, HOSTILE_VF, addr, HAL_PAGE_SIZE);
    }
}

static void move_engine(struct hostile *hostile)
{
    struct bench *bench = hostile->bench;
    unsigned e = hostile_below(hostile, BENCH_ENGINES);

    bench->stubborn = chance(hostile, 30);
    if (bench->engines[e].busy &&
        FIELD_GET(GUCBUS_ENGINE_TAG_FN, bench->engines[e].tag) == HOSTILE_VF) {
        bench_engine_event(bench, e, 1 + hostile_below(hostile, 4));
    }
}

static void move_fault(struct hostile *hostile)
{
    hostile->bench->fault_addr = number(hostile);
    hostile->bench->fault =
        (uint32_t)(draw(hostile) & 0x6ffc0000u) | GUCBUS_FAULT_VALID | HOSTILE_VF;
}

static void move_flr(struct hostile *hostile)
{
    hostile->bench->flr = GUCBUS_FLR_VALID | HOSTILE_VF;
}

/* ---- moves ----------------------------------------------------------------------------------- */

struct move {
    const char *name;
    void (*play)(struct hostile *hostile);
    uint32_t weight;
};

static const struct move moves[] = {
    {"message", move_message, 350},
    {"context", move_context, 250},
    {"mailbox request", move_mailbox_shape, 80},
    {"mailbox noise", move_mailbox_noise, 40},
    {"noise", move_noise, 15},
    {"zeros", move_zeros, 30},
    {"descriptor", move_descriptor, 25},
    {"drain", drain, 60},
    {"engine", move_engine, 60},
    {"good rings", good_rings, 20},
    {"set up", hostile_set_up, 10},
    {"register rings", move_register_rings, 20},
    {"doorbells", move_doorbells, 4},
    {"flood", move_flood, 4},
    {"page", move_page, 20},
    {"fixups", move_fixups, 60},
    {"fault", move_fault, 10},
    {"flr", move_flr, 1},
};

static const struct move *draw_move(struct hostile *hostile)
{
    static const struct move renewal = {"renewal", hostile_set_up, 0};
    const struct move *move = moves;
    uint32_t total = 0;
    uint32_t at;

    /* A guest whose rings are out of use can do little: most of them are not for long. */
    if (!guc_ctb_usable(hostile->bench->guc, HOSTILE_VF) && chance(hostile, 30)) {
        return &renewal;
    }
    for (unsigned n = 0; n < ARRAY_SIZE(moves); n++) {
        total += moves[n].weight;
    }
    for (at = hostile_below(hostile, total); at >= move->weight; move++) {
        at -= move->weight;
    }
    return move;
}

void hostile_move(struct hostile *hostile)
{
    const struct move *move = draw_move(hostile);

    hostile->last = move->name;
    hostile->moves++;
    move->play(hostile);
    /* The next move meets the GuC in the middle of this one, or behind it. */
    hal_delay(hostile->bench->hal, hostile_below(hostile, 8000));
}
