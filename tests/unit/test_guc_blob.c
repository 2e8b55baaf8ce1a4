/* SPDX-License-Identifier: MIT */
/* Saved images: what survives a move, and that nothing but a sound image changes anything. */
#include <criterion/criterion.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "tests/unit/test_guc_bench.h"

#define V127     GUC_ABI_VERSION(1, 27, 0)
#define V126     GUC_ABI_VERSION(1, 26, 0)
#define BLOB_MAX 1024u
#define BUFFER   (BENCH_PF_BASE + BENCH_BUFFER)

/* Dwords of the header that tests damage; the format is the firmware's own. */
#define DW_VERSION 1u
#define DW_LEN     2u
#define DW_CRC     3u
#define DW_GT      4u
#define DW_ABI     5u
#define DW_START   6u
#define DW_SIZE    7u
#define DW_FLAGS   8u
#define DW_SELF    10u
#define DW_H2G     18u
#define DW_COUNT   28u
#define HEADER_LEN 29u
#define DW_CONTEXT HEADER_LEN
#define RECORD_LEN 18u

struct image {
    uint32_t words[BLOB_MAX];
    uint32_t len;
};

static struct image image;

static void run(uint32_t abi, void (*test)(struct bench *bench))
{
    struct bench *bench = bench_create(abi);

    bench_run(bench, test);
    bench_destroy(bench);
}

static void load_buffer(struct bench *bench, const struct image *from)
{
    for (uint32_t i = 0; i < from->len; i++) {
        fake_dma_write32(bench->hal, 0, BUFFER + 4 * i, from->words[i]);
    }
}

/* The check of the image as anyone can compute it. */
static uint32_t crc_of(const struct image *of)
{
    uint32_t crc = UINT32_MAX;

    for (uint32_t i = 0; i < of->len; i++) {
        for (unsigned byte = 0; byte < 4; byte++) {
            crc ^= i == DW_CRC ? 0 : of->words[i] >> 8 * byte & 0xff;
            for (unsigned bit = 0; bit < 8; bit++) {
                crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
            }
        }
    }
    return ~crc;
}

/* VF 1 with two contexts of three, one running, paused and saved into image. */
static void make_image(struct bench *bench)
{
    uint32_t policy[] = {BENCH_FAST(XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES),
                         7,
                         0x20010001,
                         1234,
                         0x20030001,
                         2};

    bench_start_vf(bench, 1);
    bench_context(bench, 1, 3);
    bench_register(bench, 1, 7, 1);
    bench_send(bench, 1, policy, ARRAY_SIZE(policy));
    bench_settle(bench);
    cr_assert_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
    image.len = bench_blob(bench, 1, GUC_PF_OPCODE_VF_SAVE, 0) & 0xfffffff;
    cr_assert_eq(image.len, HEADER_LEN + 2 * RECORD_LEN);
    cr_assert_eq(bench_blob(bench, 1, GUC_PF_OPCODE_VF_SAVE, image.len), BENCH_SUCCESS(image.len));
    for (uint32_t i = 0; i < image.len; i++) {
        image.words[i] = fake_dma_read32(bench->hal, 0, BUFFER + 4 * i);
    }
}

/* VF 2 ready to take it. */
static void make_target(struct bench *bench)
{
    bench_provision(bench, 2, BENCH_VF_START(2));
    bench->fns[2].base = BENCH_VF_START(2);
    cr_assert_eq(bench_control(bench, 2, GUC_PF_TRIGGER_VF_PAUSE), BENCH_SUCCESS(0));
}

static void round_trip(struct bench *bench)
{
    const struct guc_function *source = &bench->guc->functions[1];
    const struct guc_function *target = &bench->guc->functions[2];
    const uint64_t shift = BENCH_VF_START(2) - BENCH_VF_START(1);
    const struct guc_context *context;

    make_image(bench);
    cr_expect_eq(image.words[DW_CRC], crc_of(&image), "a public CRC-32");
    make_target(bench);
    load_buffer(bench, &image);
    cr_expect_eq(bench_blob(bench, 2, GUC_PF_OPCODE_VF_RESTORE, image.len),
                 BENCH_SUCCESS(image.len));
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RESFIX_PAUSED);
    cr_expect_eq(target->ctb.h2g.addr, source->ctb.h2g.addr + shift);
    cr_expect_eq(target->ctb.g2h.desc_addr, source->ctb.g2h.desc_addr + shift);
    cr_expect_eq(target->ctb.h2g.index, source->ctb.h2g.index);
    cr_expect_eq(target->ctb.g2h.pos, source->ctb.g2h.pos);
    cr_expect_eq(target->ctb.epoch, 1);
    cr_expect_eq(target->self[0], source->self[0] + shift, "memory interrupts moved");
    cr_expect_eq(target->self[4], source->self[4], "a size did not");
    context = guc_context_find(bench->guc, 2, 3);
    cr_assert(context);
    cr_expect(context->enabled && context->pending, "it was taken off in the middle");
    cr_expect_eq(context->registration[10], (BENCH_VF_START(2) + BENCH_LRC(3)) | 0x19);
    context = guc_context_find(bench->guc, 2, 7);
    cr_assert(context);
    cr_expect(!context->enabled && context->quantum_us == 1234 && context->priority == 2);
    cr_expect_eq(bench->migrated[2], 0, "it is told at RESUME");
    cr_expect_eq(target->pages.owed, UINT32_MAX, "answers to the source's page faults may come");
}

Test(guc_blob, moves_a_vf_to_another_range)
{
    run(V127, round_trip);
}

static void expect_fault(struct bench *bench, uint32_t flags, uint32_t addr, const char *what)
{
    unsigned before = fake_trace_count(bench->hal, what);

    bench->fault_addr = addr;
    bench->fault = GUCBUS_FAULT_VALID | flags | FIELD_PREP(GUCBUS_FAULT_FN, 2u);
    bench_settle(bench);
    cr_expect_eq(fake_trace_count(bench->hal, what), before + 1, "%s at %#x", what, addr);
}

static void old_addresses(struct bench *bench)
{
    const uint32_t old = (uint32_t)(BENCH_VF_START(1) + BENCH_LRC(3));
    const uint32_t new = (uint32_t)(BENCH_VF_START(2) + BENCH_LRC(3));

    make_image(bench);
    make_target(bench);
    expect_fault(bench, GUCBUS_FAULT_FOREIGN, old, "fault fn=2 what=foreign read");
    load_buffer(bench, &image);
    cr_assert_eq(bench_blob(bench, 2, GUC_PF_OPCODE_VF_RESTORE, image.len),
                 BENCH_SUCCESS(image.len));
    expect_fault(bench, GUCBUS_FAULT_FOREIGN, old, "fault fn=2 what=stale read");
    expect_fault(bench, GUCBUS_FAULT_WRITE, old, "fault fn=2 what=stale write");
    expect_fault(bench, 0, new, "fault fn=2 what=absent read");
    expect_fault(bench, GUCBUS_FAULT_FOREIGN, (uint32_t)BENCH_VF_START(3),
                 "fault fn=2 what=foreign read");
    expect_fault(bench, GUCBUS_FAULT_FOREIGN, (uint32_t)(BENCH_VF_START(1) + BENCH_VF_SIZE - 4),
                 "fault fn=2 what=stale read");
    expect_fault(bench, GUCBUS_FAULT_FOREIGN, (uint32_t)(BENCH_VF_START(1) + BENCH_VF_SIZE),
                 "fault fn=2 what=foreign read");
    expect_fault(bench, GUCBUS_FAULT_LOCAL | GUCBUS_FAULT_WRITE, new,
                 "fault fn=2 what=local write");
}

Test(guc_blob, addresses_of_the_range_before_are_told_from_other_foreign_ones)
{
    run(V127, old_addresses);
}

static void source_goes_on(struct bench *bench)
{
    make_image(bench);
    cr_expect_eq(bench_control(bench, 1, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    cr_expect(bench->engines[0].busy);
    bench_settle(bench);
    cr_expect_eq(bench->migrated[1], 0);
}

Test(guc_blob, the_source_can_be_resumed)
{
    run(V127, source_goes_on);
}

static void sizes(struct bench *bench)
{
    make_image(bench);
    cr_expect_eq(bench_blob(bench, 1, GUC_PF_OPCODE_VF_SAVE, image.len - 1),
                 BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_SIZE));
    cr_expect_eq(bench_blob(bench, 1, GUC_PF_OPCODE_VF_SAVE, BLOB_MAX), BENCH_SUCCESS(image.len));
    fake_dma_unmap(bench->hal, 0, BUFFER, 4);
    cr_expect_eq(bench_blob(bench, 1, GUC_PF_OPCODE_VF_SAVE, BLOB_MAX),
                 BENCH_FAILURE(XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS));
    fake_dma_map(bench->hal, 0, BUFFER, 4);
    cr_expect_eq(bench_blob(bench, 1, GUC_PF_OPCODE_VF_SAVE, BLOB_MAX), BENCH_SUCCESS(image.len));
}

Test(guc_blob, fits_the_buffer_or_is_not_written)
{
    run(V127, sizes);
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* Loads an image that must be refused, into a VF that must stay as it was. Returns the answer. */
static uint32_t refuse(struct bench *bench, const struct image *bad, uint32_t size,
                       const char *what)
{
    static uint8_t before[sizeof(struct guc_function)];
    struct guc_function *target = &bench->guc->functions[2];
    uint32_t answer;

    memcpy(before, target, sizeof(before));
    load_buffer(bench, bad);
    answer = bench_blob(bench, 2, GUC_PF_OPCODE_VF_RESTORE, size);
    cr_expect_eq(answer >> 28, 0xe, "%s: 0x%08x", what, answer);
    cr_expect_eq(memcmp(before, target, sizeof(before)), 0, "%s changed the VF", what);
    return answer;
}

static void bit_flips(struct bench *bench)
{
    uint32_t random = 12345;

    make_image(bench);
    make_target(bench);
    for (unsigned i = 0; i < 200; i++) {
        struct image bad = image;

        random = random * 1664525 + 1013904223;
        bad.words[(random >> 8) % image.len] ^= 1u << (random >> 27);
        refuse(bench, &bad, image.len, "bit flip");
    }
    cr_expect_eq(bench->migrated[2], 0);
    load_buffer(bench, &image);
    cr_expect_eq(bench_blob(bench, 2, GUC_PF_OPCODE_VF_RESTORE, image.len),
                 BENCH_SUCCESS(image.len), "the sound one is still taken");
}

Test(guc_blob, no_flipped_bit_passes)
{
    run(V127, bit_flips);
}

static void truncations(struct bench *bench)
{
    make_image(bench);
    make_target(bench);
    for (uint32_t len = 1; len < image.len; len++) {
        struct image bad = image;

        refuse(bench, &bad, len, "size too small");
        memset(bad.words + len, 0xdb, (image.len - len) * 4);
        refuse(bench, &bad, image.len, "rest lost");
    }
}

Test(guc_blob, no_truncation_passes)
{
    run(V127, truncations);
}

struct forgery {
    const char *what;
    uint32_t dword, value;
    uint32_t error;
};

/* Damaged with a check sum that fits: what is in it must be judged, too. */
static void forgeries(struct bench *bench)
{
    const uint32_t far = (uint32_t)BENCH_VF_START(3);
    const struct forgery cases[] = {
        {"magic", 0, 0x12345678, XE_GUC_RESPONSE_INVALID_BUFFER},
        {"newer format", DW_VERSION, 2, XE_GUC_RESPONSE_UNSUPPORTED_VERSION},
        {"length", DW_LEN, 0xffffffff, XE_GUC_RESPONSE_INVALID_SIZE},
        {"other GT", DW_GT, 1, XE_GUC_RESPONSE_INVALID_BUFFER},
        {"newer ABI", DW_ABI, GUC_ABI_VERSION(1, 28, 0), XE_GUC_RESPONSE_UNSUPPORTED_VERSION},
        {"other range size", DW_SIZE, 0x200000, XE_GUC_RESPONSE_INVALID_CONFIG_STATE},
        {"no range", DW_SIZE, 0, XE_GUC_RESPONSE_INVALID_CONFIG_STATE},
        {"range elsewhere", DW_START, far, XE_GUC_RESPONSE_INVALID_BUFFER_RANGE},
        {"unknown flags", DW_FLAGS, 0x80, XE_GUC_RESPONSE_INVALID_BUFFER},
        {"memirq outside", DW_SELF, far, XE_GUC_RESPONSE_INVALID_BUFFER_RANGE},
        {"memirq odd", DW_SELF, (uint32_t)BENCH_VF_START(1) + 2,
         XE_GUC_RESPONSE_INVALID_BUFFER_RANGE},
        {"ring outside", DW_H2G, far, XE_GUC_RESPONSE_INVALID_BUFFER_RANGE},
        {"ring odd", DW_H2G, (uint32_t)BENCH_VF_START(1) + 2, XE_GUC_RESPONSE_INVALID_BUFFER_RANGE},
        {"ring too long", DW_H2G + 2, 0x40000000, XE_GUC_RESPONSE_INVALID_BUFFER_RANGE},
        {"ring without size", DW_H2G + 2, 0, XE_GUC_RESPONSE_INVALID_BUFFER_RANGE},
        {"ring index", DW_H2G + 3, BENCH_H2G_LEN, XE_GUC_RESPONSE_INVALID_BUFFER_RANGE},
        {"too many contexts", DW_COUNT, 0xffffffff, XE_GUC_RESPONSE_INVALID_SIZE},
        {"context flags", DW_CONTEXT, 0x10, XE_GUC_RESPONSE_INVALID_CONTEXT},
        {"context priority", DW_CONTEXT + 3, 4, XE_GUC_RESPONSE_INVALID_CONTEXT},
        {"context id", DW_CONTEXT + 6 + 2, 1000, XE_GUC_RESPONSE_INVALID_CONTEXT_INDEX},
        {"context twice", DW_CONTEXT + 6 + 2, 7, XE_GUC_RESPONSE_INVALID_CONTEXT_INDEX},
        {"context engine", DW_CONTEXT + 6 + 3, 4, XE_GUC_RESPONSE_INVALID_ENGINE_ID},
        {"context outside", DW_CONTEXT + 6 + 10, far, XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS},
    };

    make_image(bench);
    make_target(bench);
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct image bad = image;
        uint32_t answer;

        bad.words[cases[i].dword] = cases[i].value;
        bad.words[DW_CRC] = crc_of(&bad);
        answer = refuse(bench, &bad, image.len, cases[i].what);
        cr_expect_eq(answer, BENCH_FAILURE(cases[i].error), "%s: 0x%08x", cases[i].what, answer);
    }
}

Test(guc_blob, no_forgery_passes)
{
    run(V127, forgeries);
}

static void too_few_contexts(struct bench *bench)
{
    make_image(bench);
    make_target(bench);
    bench->guc->functions[2].config.num_contexts = 1;
    refuse(bench, &image, image.len, "fewer contexts at the target");
}

Test(guc_blob, needs_as_many_contexts_as_it_brings)
{
    run(V127, too_few_contexts);
}

/* ---- versions -------------------------------------------------------------------------------- */

static void old_image(struct bench *bench)
{
    make_image(bench);
}

static void newer_target(struct bench *bench)
{
    make_target(bench);
    load_buffer(bench, &image);
    cr_expect_eq(bench_blob(bench, 2, GUC_PF_OPCODE_VF_RESTORE, image.len),
                 BENCH_SUCCESS(image.len));
    cr_expect_eq(bench_control(bench, 2, GUC_PF_TRIGGER_VF_RESUME), BENCH_SUCCESS(0));
    cr_expect_eq(bench_mailbox1(bench, 2, 0x00005508), BENCH_SUCCESS(0),
                 "a driver of 1.26 keeps its flow");
    cr_expect_eq(bench_state(bench, 2), GUC_VF_RUNNING);
}

Test(guc_blob, a_driver_keeps_the_flow_that_it_matched)
{
    run(V126, old_image);
    run(V127, newer_target);
}

static void older_target(struct bench *bench)
{
    make_target(bench);
    refuse(bench, &image, image.len, "image of a newer ABI");
}

Test(guc_blob, an_older_guc_refuses_a_newer_driver)
{
    run(V127, old_image);
    run(V126, older_target);
}
