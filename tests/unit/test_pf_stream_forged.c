/* SPDX-License-Identifier: MIT */
/* Migration streams whose records are wrong in many ways at once. */
#include <criterion/criterion.h>
#include <string.h>

#include "host/pf/pf_private.h"
#include "tests/unit/pf_stream_bench.h"

TestSuite(pf_stream_forged, .init = stream_setup, .fini = stream_teardown, .timeout = 600);

#define FORGERIES 2000u

static const unsigned packets[] = {AT_DESCRIPTOR, AT_GUC0,  AT_GGTT,    AT_MMIO0,
                                   AT_GUC1,       AT_MMIO1, AT_TRAILER, STREAM_SIZE};

/* A field of a header becomes a limit, or a packet takes the place of another. */
static void forge(uint8_t *stream, uint32_t *random)
{
    static const uint64_t limits[] = {0,
                                      1,
                                      2,
                                      3,
                                      4,
                                      7,
                                      8,
                                      15,
                                      16,
                                      17,
                                      23,
                                      24,
                                      127,
                                      128,
                                      GUC_SIZE,
                                      GUC_SIZE + 4,
                                      8ull << 20,
                                      1ull << 31,
                                      UINT32_MAX,
                                      1ull << 32,
                                      INT64_MAX,
                                      1ull << 63,
                                      UINT64_MAX,
                                      UINT64_MAX - 7,
                                      8 * PAGES - 8,
                                      8 * PAGES + 8};
    static const struct {
        uint8_t at, size;
    } fields[] = {{0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 4}, {8, 8}, {16, 8}, {HDR, 4}, {HDR + 8, 4}};
    unsigned from, to, field, limit;

    *random = *random * 1664525u + 1013904223u;
    from = *random >> 8 & 7;
    to = *random >> 11 & 7;
    field = (*random >> 14) % ARRAY_SIZE(fields);
    limit = (*random >> 18) % ARRAY_SIZE(limits);
    from = from < ARRAY_SIZE(packets) - 1 ? from : 0;
    to = to < ARRAY_SIZE(packets) - 1 ? to : 0;
    if (*random >> 29) {
        /* Payload only of the descriptor: what a blob holds is for the GuC to judge. */
        if (packets[from] == AT_DESCRIPTOR || fields[field].at < HDR) {
            memcpy(stream + packets[from] + fields[field].at, &limits[limit], fields[field].size);
        }
    } else {
        size_t size = packets[from + 1] - packets[from];

        size = size < STREAM_SIZE - packets[to] ? size : STREAM_SIZE - packets[to];
        memmove(stream + packets[to], stream + packets[from], size);
    }
}

/* Dwords that no check covers may differ in a stream that is taken. */
static bool same_but_carried(const uint8_t *stream)
{
    for (uint64_t at = 0; at < STREAM_SIZE; at++) {
        if (stream[at] != stream_saved[at] && !stream_carried(at)) {
            return false;
        }
    }
    return true;
}

static void load_forged(void *arg)
{
    uint8_t stream[STREAM_SIZE];
    uint32_t random = 4711;
    unsigned refused = 0;

    (void)arg;
    stream_save();
    stream_blank();
    for (unsigned n = 0; n < FORGERIES; n++) {
        int err;

        memcpy(stream, stream_saved, sizeof(stream));
        for (unsigned count = 1 + n % 4; count; count--) {
            forge(stream, &random);
        }
        err = stream_load(stream, sizeof(stream), 1 + random % 300);
        if (err) {
            refused++;
            cr_assert(stream_is_blank(), "forgery %u: %d, and changed", n, err);
        } else {
            cr_assert(same_but_carried(stream), "forgery %u was taken", n);
            stream_blank();
        }
    }
    cr_expect_gt(refused, FORGERIES / 2);
    cr_expect_eq(stream_load(stream_saved, sizeof(stream_saved), 100), 0,
                 "the sound one is still taken");
}

Test(pf_stream_forged, forged_stream_is_refused_and_changes_nothing)
{
    fake_guc_pf_run(&stream_gpu, load_forged, NULL);
}
