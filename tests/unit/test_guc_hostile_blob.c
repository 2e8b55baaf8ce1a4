/* SPDX-License-Identifier: MIT */
/* Forged images by the thousand: a sound one with some dwords set to limits and a check sum that
 * fits. Each is refused and changes nothing, or is taken and can harm nobody. HOSTILE_IMAGES says
 * how many. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "tests/unit/hostile_guest.h"

#define IMAGES_DEFAULT 2000u
#define IMAGES_A_WORLD 100u
#define CONTEXTS       4u
#define IMAGE_MAX      1024u /* dwords */
#define BUFFER         (BENCH_PF_BASE + BENCH_BUFFER)
#define DW_LEN         2u
#define DW_CRC         3u
#define TARGET         2u
#define V127           GUC_ABI_VERSION(1, 27, 0)

static uint32_t sound[IMAGE_MAX];
static uint32_t sound_len;
static struct hostile numbers;
static unsigned taken;
static uint64_t seed;

static void make_image(struct bench *bench)
{
    bench_start_vf(bench, 1);
    for (unsigned id = 0; id < CONTEXTS; id++) {
        bench_context(bench, 1, 3 * id);
    }
    cr_assert_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    sound_len = bench_blob(bench, 1, GUC_PF_OPCODE_VF_SAVE, IMAGE_MAX) & 0xfffffff;
    cr_assert(sound_len > 0 && sound_len < IMAGE_MAX);
    for (uint32_t i = 0; i < sound_len; i++) {
        sound[i] = fake_dma_read32(bench->hal, GUC_PF, BUFFER + 4 * i);
    }
}

static uint32_t crc_of(const uint32_t *words, uint32_t len)
{
    uint32_t crc = UINT32_MAX;

    for (uint32_t i = 0; i < len; i++) {
        crc ^= i == DW_CRC ? 0 : words[i];
        for (unsigned bit = 0; bit < 32; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        }
    }
    return ~crc;
}

static uint32_t limit(void)
{
    static const uint32_t limits[] = {
        0,          1,          2,          3,          7,      31,         32,         33,
        255,        256,        1023,       1024,       1025,   4096,       65535,      65536,
        0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x1000, 0x40000000, 0x3fffffff, 0xfee00000};

    return limits[hostile_below(&numbers, ARRAY_SIZE(limits))];
}

/* One dword becomes a limit, an address at an end of the range, another dword of the image, or a
 * little more or less. */
static void forge(uint32_t *words)
{
    /* Header and first records are hit most: there is one of each of their fields. */
    uint32_t i = hostile_below(&numbers, hostile_below(&numbers, 2) ? 48 : sound_len);
    const uint32_t start = (uint32_t)BENCH_VF_START(1);

    switch (hostile_below(&numbers, 5)) {
    case 0:
        words[i] = limit();
        break;
    case 1:
        words[i] = start + limit();
        break;
    case 2:
        words[i] = start + (uint32_t)BENCH_VF_SIZE - hostile_below(&numbers, 3) * 4096;
        break;
    case 3:
        words[i] = words[hostile_below(&numbers, sound_len)];
        break;
    default:
        words[i] += hostile_below(&numbers, 5) * 4 - 8;
    }
}

static void check_target(struct bench *bench)
{
    const struct guc *guc = bench->guc;
    const struct guc_ctb *ctb = &guc->functions[TARGET].ctb;
    const struct guc_ring *rings[] = {&ctb->h2g, &ctb->g2h};

    for (unsigned i = 0; ctb->enabled && i < ARRAY_SIZE(rings); i++) {
        cr_assert(guc_fn_owns(guc, TARGET, rings[i]->addr, 4ull * rings[i]->size));
        cr_assert(guc_fn_owns(guc, TARGET, rings[i]->desc_addr, 64));
        cr_assert_lt(rings[i]->index, rings[i]->size);
    }
    for (const struct guc_context *context = guc_context_from(guc, TARGET, 0); context;
         context = guc_context_from(guc, TARGET, context->id + 1u)) {
        cr_assert_lt(context->id, BENCH_CONTEXTS);
        cr_assert(guc_fn_owns(guc, TARGET, context->registration[10] & 0xfffff000u, 0x2000));
    }
}

/* Lets the driver of the loaded VF recover and use what it has, then makes room for the next. */
static void use_target(struct bench *bench)
{
    check_target(bench);
    cr_assert_eq(bench_control(bench, TARGET, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    bench_mailbox1(bench, TARGET, 1u << 16 | GUC_ACTION_VF2GUC_RESFIX_START);
    bench_mailbox1(bench, TARGET, 1u << 16 | GUC_ACTION_VF2GUC_RESFIX_DONE);
    bench_mailbox1(bench, TARGET, GUC_ACTION_VF2GUC_RESFIX_DONE);
    bench->fns[TARGET].doorbell |= GUCBUS_DB_CTB;
    bench_settle(bench);
    cr_assert(guc_ctb_usable(bench->guc, GUC_PF));
    cr_assert_eq(bench_control(bench, TARGET, GUC_PF_TRIGGER_VF_FLR_START), BENCH_SUCCESS(0));
    cr_assert_eq(bench_control(bench, TARGET, GUC_PF_TRIGGER_VF_FLR_FINISH), BENCH_SUCCESS(0));
    cr_assert_eq(bench_control(bench, TARGET, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    bench_drain(bench, GUC_PF);
}

static void load_forged(struct bench *bench)
{
    static uint8_t before[sizeof(struct guc_function)];
    struct guc_function *target = &bench->guc->functions[TARGET];
    uint32_t words[IMAGE_MAX];
    uint32_t answer;

    memcpy(words, sound, sizeof(words));
    for (uint32_t n = 1 + hostile_below(&numbers, 3); n; n--) {
        forge(words);
    }
    words[DW_CRC] = crc_of(words, words[DW_LEN] < IMAGE_MAX ? words[DW_LEN] : IMAGE_MAX);
    for (uint32_t i = 0; i < sound_len; i++) {
        fake_dma_write32(bench->hal, GUC_PF, BUFFER + 4 * i, words[i]);
    }
    memcpy(before, target, sizeof(before));
    answer = bench_blob(bench, TARGET, GUC_PF_OPCODE_VF_RESTORE,
                        hostile_below(&numbers, 10) ? sound_len : limit() & 0xfffffff);
    if (answer >> 28 == 0xf) {
        taken++;
        use_target(bench);
    } else {
        cr_assert_eq(answer >> 28, 0xe, "0x%08x", answer);
        cr_assert_eq(memcmp(before, target, sizeof(before)), 0, "refused with 0x%08x, and changed",
                     answer);
    }
}

static void forge_many(struct bench *bench)
{
    hostile_init(&numbers, bench, seed);
    bench->hostile = TARGET;
    make_image(bench);
    bench_provision(bench, TARGET, BENCH_VF_START(TARGET));
    bench->fns[TARGET].base = BENCH_VF_START(TARGET);
    cr_assert_eq(bench_control(bench, TARGET, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    for (unsigned n = 0; n < IMAGES_A_WORLD; n++) {
        load_forged(bench);
    }
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0), "the source");
}

Test(guc_hostile, forged_image_is_refused_or_harmless)
{
    const char *text = getenv("HOSTILE_IMAGES");
    const uint64_t images = text ? strtoull(text, NULL, 0) : IMAGES_DEFAULT;

    for (seed = 0; seed * IMAGES_A_WORLD < images; seed++) {
        struct bench *bench = bench_create(V127);

        bench_run(bench, forge_many);
        bench_destroy(bench);
    }
    cr_expect_gt(taken, 0, "no forgery was harmless: the other half is untested");
}
