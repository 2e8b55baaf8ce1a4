/* SPDX-License-Identifier: MIT */
/* The migration stream of a VF: what it holds, and a loader that hostile streams cannot move. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/xe_driver_klvs_abi.h"
#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/pf/pf_private.h"
#include "tests/unit/fake_guc_pf.h"

#define PAGES       16u
#define FIRST_PTE   (0x10000000u / XE_PAGE_SIZE)
#define HDR         sizeof(struct xe_sriov_packet_hdr)
#define GUC_SIZE    (FAKE_GUC_BLOB_LEN * 4u)
#define STREAM_SIZE (7u * HDR + 16u + 2u * GUC_SIZE + PAGES * 8u + 2u * 16u)

/* Offsets of packets in the stream that save gives. */
enum {
    AT_DESCRIPTOR = 0,
    AT_GUC0 = AT_DESCRIPTOR + 24 + 16,
    AT_GGTT = AT_GUC0 + 24 + GUC_SIZE,
    AT_MMIO0 = AT_GGTT + 24 + 8 * PAGES,
    AT_GUC1 = AT_MMIO0 + 24 + 16,
    AT_MMIO1 = AT_GUC1 + 24 + GUC_SIZE,
    AT_TRAILER = AT_MMIO1 + 24 + 16,
};

static struct fake_guc_pf gpu;
static const struct vfio_ops *ops;
static void *dev;
static uint8_t saved[STREAM_SIZE];

static void setup(void)
{
    fake_guc_pf_create(&gpu);
    ops = pf_vfio_ops();
    dev = pf_vfio_device(gpu.pf, 1);
}

static void teardown(void)
{
    fake_guc_pf_destroy(&gpu);
}

TestSuite(pf_stream, .init = setup, .fini = teardown, .timeout = 600);

static uint64_t pte_of(unsigned page)
{
    return GGTT_PAT_NORMAL | (uint64_t)(page + 0x100) * XE_PAGE_SIZE | GGTT_PTE_PRESENT;
}

static uint64_t owner(unsigned vf)
{
    return (uint64_t)vf << GGTT_PTE_VFID_SHIFT;
}

/* A VF with something in each section, saved to `saved`. */
static void save(void)
{
    uint64_t size = 0;
    int64_t got;

    for (unsigned n = 0; n < PAGES; n++) {
        fake_guc_pf_set_pte(&gpu, FIRST_PTE + n, pte_of(n) | owner(1));
    }
    for (unsigned n = 0; n < 4; n++) {
        fake_set_reg(gpu.hal, VF_SW_FLAG(n) + VF_VIEW_STRIDE, 0x100 + n);
        fake_set_reg(gpu.hal, MED_VF_SW_FLAG(n) + VF_VIEW_STRIDE, 0x200 + n);
    }
    cr_assert_eq(ops->pause(dev), 0);
    cr_assert_eq(ops->save_begin(dev), 0);
    do { /* pieces of any size, also inside headers */
        got =
            ops->save_read(dev, saved + size, sizeof(saved) - size < 7 ? sizeof(saved) - size : 7);
        cr_assert_geq(got, 0, "%lld at %llu", (long long)got, (unsigned long long)size);
        size += (uint64_t)got;
    } while (got > 0 && size < sizeof(saved));
    cr_assert_eq(size, sizeof(saved), "%llu", (unsigned long long)size);
    cr_assert_eq(ops->save_read(dev, saved, 1), 0);
    cr_assert_eq(ops->save_end(dev), 0);
}

/* The target: same GPU, as a VF that was just provisioned. */
static void blank(void)
{
    for (unsigned n = 0; n < PAGES; n++) {
        fake_guc_pf_set_pte(&gpu, FIRST_PTE + n, owner(1) | GGTT_PTE_PRESENT);
    }
    for (unsigned n = 0; n < 4; n++) {
        fake_set_reg(gpu.hal, VF_SW_FLAG(n) + VF_VIEW_STRIDE, 0);
        fake_set_reg(gpu.hal, MED_VF_SW_FLAG(n) + VF_VIEW_STRIDE, 0);
    }
    for (unsigned gt = 0; gt < 2; gt++) {
        gpu.gts[gt].seed[1] = 0;
        memset(gpu.gts[gt].commands, 0, sizeof(gpu.gts[gt].commands));
    }
}

static bool is_blank(void)
{
    bool result = !gpu.gts[0].seed[1] && !gpu.gts[1].seed[1];

    for (unsigned n = 0; n < PAGES; n++) {
        result &= fake_guc_pf_pte(&gpu, FIRST_PTE + n) == (owner(1) | GGTT_PTE_PRESENT);
    }
    for (unsigned n = 0; n < 4; n++) {
        result &= !fake_reg(gpu.hal, VF_SW_FLAG(n) + VF_VIEW_STRIDE);
        result &= !fake_reg(gpu.hal, MED_VF_SW_FLAG(n) + VF_VIEW_STRIDE);
    }
    return result;
}

/* Loads a stream in pieces; the first error, or that of the end. */
static int load(const uint8_t *stream, uint64_t size, uint64_t piece)
{
    int64_t ret = 0;
    int end;

    cr_assert_eq(ops->load_begin(dev), 0);
    for (uint64_t at = 0; at < size && ret >= 0; at += piece) {
        ret = ops->load_write(dev, stream + at, size - at < piece ? size - at : piece);
    }
    end = ops->load_end(dev);
    return ret < 0 ? (int)ret : end;
}

/* ---- save ------------------------------------------------------------------------------------ */

static void check_packet(unsigned at, uint8_t type, uint8_t gt, uint64_t size)
{
    struct xe_sriov_packet_hdr hdr;

    memcpy(&hdr, saved + at, sizeof(hdr));
    cr_expect_eq(hdr.version, 1);
    cr_expect_eq(hdr.type, type, "type %u at %u", hdr.type, at);
    cr_expect_eq(hdr.gt_id, gt);
    cr_expect_eq(hdr.size, size, "size %llu at %u", (unsigned long long)hdr.size, at);
    cr_expect(!hdr.tile_id && !hdr.flags && !hdr.offset);
}

static void save_and_look(void *arg)
{
    uint64_t pte;

    (void)arg;
    save();
    check_packet(AT_DESCRIPTOR, XE_SRIOV_PACKET_TYPE_DESCRIPTOR, 0, 16);
    check_packet(AT_GUC0, XE_SRIOV_PACKET_TYPE_GUC, 0, GUC_SIZE);
    check_packet(AT_GGTT, XE_SRIOV_PACKET_TYPE_GGTT, 0, 8 * PAGES);
    check_packet(AT_MMIO0, XE_SRIOV_PACKET_TYPE_MMIO, 0, 16);
    check_packet(AT_GUC1, XE_SRIOV_PACKET_TYPE_GUC, 1, GUC_SIZE);
    check_packet(AT_MMIO1, XE_SRIOV_PACKET_TYPE_MMIO, 1, 16);
    check_packet(AT_TRAILER, XE_SRIOV_PACKET_TYPE_TRAILER, 0, 0);
    memcpy(&pte, saved + AT_GGTT + HDR + 8 * 5, sizeof(pte));
    cr_expect_eq(pte, pte_of(5), "the owner is removed");
    cr_expect_eq(saved[AT_MMIO1 + HDR + 4], 0x01);
    cr_expect_eq(ops->estimate(dev), STREAM_SIZE - (HDR + 16) - HDR);
    cr_expect_str_eq(pf_control_state(gpu.pf, 1, 1), "SAVED");
    cr_expect_eq(ops->resume(dev), 0);
}

Test(pf_stream, save_gives_guc_ggtt_and_mmio_of_each_gt_between_descriptor_and_trailer)
{
    fake_guc_pf_run(&gpu, save_and_look, NULL);
}

static void save_foreign_entry(void *arg)
{
    uint8_t byte[STREAM_SIZE];
    int64_t got;

    (void)arg;
    fake_guc_pf_set_pte(&gpu, FIRST_PTE + 9, owner(2) | GGTT_PTE_PRESENT);
    cr_assert_eq(ops->pause(dev), 0);
    cr_assert_eq(ops->save_begin(dev), 0);
    do {
        got = ops->save_read(dev, byte, sizeof(byte));
    } while (got > 0);
    cr_expect_lt(got, 0);
    cr_expect_eq(ops->save_read(dev, byte, 1), got, "the error stays");
    cr_expect_eq(ops->save_end(dev), -EIO);
    cr_expect_eq(ops->resume(dev), 0, "a VF that cannot be saved can run on");
}

Test(pf_stream, save_with_a_foreign_entry_fails_and_the_vf_can_be_resumed)
{
    fake_guc_pf_run(&gpu, save_foreign_entry, NULL);
}

static void save_with_bad_guc(void *arg)
{
    static const struct {
        enum fake_answer save;
        int used;
    } faults[] = {{FAKE_REFUSE, 0}, {FAKE_SILENT, 0}, {FAKE_ACK, FAKE_GUC_BLOB_LEN + 1}};

    (void)arg;
    for (size_t n = 0; n < ARRAY_SIZE(faults); n++) {
        uint8_t bytes[STREAM_SIZE];
        int64_t got;

        gpu.gts[1].script.save = faults[n].save;
        gpu.gts[1].script.used = faults[n].used;
        cr_assert_eq(ops->pause(dev), 0);
        cr_assert_eq(ops->save_begin(dev), 0);
        do {
            got = ops->save_read(dev, bytes, sizeof(bytes));
        } while (got > 0);
        cr_expect_lt(got, 0, "row %zu", n);
        cr_expect_eq(ops->save_end(dev), -EIO);
        cr_expect_eq(ops->resume(dev), 0, "row %zu", n);
    }
}

Test(pf_stream, save_fails_when_a_guc_refuses_is_silent_or_tells_too_much)
{
    fake_guc_pf_run(&gpu, save_with_bad_guc, NULL);
}

static void give_up_save(void *arg)
{
    uint8_t bytes[100];

    (void)arg;
    cr_assert_eq(ops->pause(dev), 0);
    cr_assert_eq(ops->save_begin(dev), 0);
    cr_expect_eq(ops->save_end(dev), 0);
    cr_assert_eq(ops->save_begin(dev), 0);
    cr_expect_eq(ops->save_read(dev, bytes, sizeof(bytes)), sizeof(bytes));
    cr_expect_eq(bytes[1], XE_SRIOV_PACKET_TYPE_DESCRIPTOR, "a new stream begins anew");
    ops->save_end(dev);
    cr_expect_eq(ops->resume(dev), 0);
}

Test(pf_stream, save_can_be_given_up_and_begun_again)
{
    fake_guc_pf_run(&gpu, give_up_save, NULL);
}

/* ---- load ------------------------------------------------------------------------------------ */

static void load_in_pieces(void *arg)
{
    static const uint64_t pieces[] = {1, 5, 24, 4096};

    (void)arg;
    save();
    for (size_t n = 0; n < ARRAY_SIZE(pieces); n++) {
        blank();
        cr_expect_eq(load(saved, sizeof(saved), pieces[n]), 0, "pieces of %llu",
                     (unsigned long long)pieces[n]);
        cr_expect_eq(gpu.gts[0].seed[1], 1);
        cr_expect_eq(gpu.gts[1].seed[1], 1001);
        cr_expect_eq(fake_guc_pf_pte(&gpu, FIRST_PTE + 15), pte_of(15) | owner(1));
        cr_expect_eq(fake_reg(gpu.hal, VF_SW_FLAG(3) + VF_VIEW_STRIDE), 0x103);
        cr_expect_eq(fake_reg(gpu.hal, MED_VF_SW_FLAG(0) + VF_VIEW_STRIDE), 0x200);
        cr_expect_str_eq(pf_control_state(gpu.pf, 0, 1), "RESTORED");
        cr_expect_str_eq(pf_control_state(gpu.pf, 1, 1), "RESTORED");
    }
    cr_expect_eq(ops->resume(dev), 0);
}

Test(pf_stream, load_applies_every_section_however_the_stream_is_split)
{
    fake_guc_pf_run(&gpu, load_in_pieces, NULL);
}

static void load_and_recover(void *arg)
{
    (void)arg;
    cr_expect(pf_vf_recovered(gpu.pf, 1), "nothing was loaded");
    save();
    blank();
    cr_expect_eq(load(saved, sizeof(saved), sizeof(saved)), 0);
    cr_expect_eq(ops->resume(dev), 0);
    cr_expect_not(pf_vf_recovered(gpu.pf, 1));
    cr_expect(pf_vf_recovered(gpu.pf, 2), "another VF");
    fake_guc_pf_notify(&gpu.gts[1], 1, GUC_PF_NOTIFY_VF_FIXUP_DONE);
    hal_delay(gpu.hal, HAL_NS_PER_MS);
    cr_expect_not(pf_vf_recovered(gpu.pf, 1), "one GT of two");
    fake_guc_pf_notify(&gpu.gts[0], 1, GUC_PF_NOTIFY_VF_FIXUP_DONE);
    hal_delay(gpu.hal, HAL_NS_PER_MS);
    cr_expect(pf_vf_recovered(gpu.pf, 1));

    /* A reset ends it too. */
    cr_expect_eq(ops->pause(dev), 0);
    cr_expect_eq(load(saved, sizeof(saved), sizeof(saved)), 0);
    cr_expect_not(pf_vf_recovered(gpu.pf, 1));
    cr_expect_eq(ops->reset(dev), 0);
    cr_expect(pf_vf_recovered(gpu.pf, 1));
}

Test(pf_stream, loaded_vf_has_recovered_when_every_guc_said_so)
{
    fake_guc_pf_run(&gpu, load_and_recover, NULL);
}

static void load_cut(void *arg)
{
    (void)arg;
    save();
    blank();
    for (uint64_t size = 0; size < sizeof(saved); size++) {
        cr_expect_lt(load(saved, size, 64), 0, "cut at %llu", (unsigned long long)size);
        cr_assert(is_blank(), "cut at %llu", (unsigned long long)size);
    }
    cr_expect_eq(load(saved, sizeof(saved), 64), 0);
}

Test(pf_stream, stream_cut_anywhere_is_refused_and_changes_nothing)
{
    fake_guc_pf_run(&gpu, load_cut, NULL);
}

/* Whether the stream has no redundancy for this byte: a payload that is only carried. */
static bool carried(uint64_t at)
{
    return (at >= AT_GGTT + HDR && at < AT_MMIO0) || (at >= AT_MMIO0 + HDR && at < AT_GUC1) ||
           (at >= AT_MMIO1 + HDR && at < AT_TRAILER);
}

static void load_flipped(void *arg)
{
    uint8_t stream[STREAM_SIZE];
    uint32_t random = 12345;

    (void)arg;
    save();
    for (unsigned n = 0; n < 200; n++) {
        uint32_t bit;

        do {
            random = random * 1664525u + 1013904223u;
            bit = random / 64 % (8 * STREAM_SIZE);
        } while (carried(bit / 8));
        blank();
        memcpy(stream, saved, sizeof(stream));
        stream[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_expect_lt(load(stream, sizeof(stream), 100), 0, "bit %u of byte %u", bit % 8, bit / 8);
        cr_expect(is_blank(), "bit %u of byte %u", bit % 8, bit / 8);
    }
    for (uint32_t bit = 0; bit < 8 * 24; bit++) { /* every bit of one header */
        blank();
        memcpy(stream, saved, sizeof(stream));
        stream[AT_GGTT + bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_expect_lt(load(stream, sizeof(stream), 100), 0, "bit %u of the GGTT header", bit);
        cr_expect(is_blank());
    }
    cr_expect_eq(load(saved, sizeof(saved), 100), 0);
}

Test(pf_stream, flipped_bits_of_headers_descriptor_and_blobs_are_refused)
{
    fake_guc_pf_run(&gpu, load_flipped, NULL);
}

/* ---- records that are wrong in one way ------------------------------------------------------- */

static void load_edited(void *arg)
{
    static const struct {
        const char *what;
        unsigned at; /* byte to set */
        uint8_t value;
        int err;
    } edits[] = {
        {"newer version", AT_GUC0, 2, -EINVAL},
        {"type 0", AT_GUC0 + 1, 0, -EINVAL},
        {"local memory there is none", AT_GUC0 + 1, XE_SRIOV_PACKET_TYPE_VRAM, -EINVAL},
        {"unknown type is skipped and missed", AT_GUC0 + 1, 9, -ENODATA},
        {"another tile", AT_GUC0 + 2, 1, -EINVAL},
        {"a GT there is none", AT_GUC0 + 3, 2, -EINVAL},
        {"GGTT on the media GT", AT_GGTT + 3, 1, -EINVAL},
        {"the same section twice", AT_GUC1 + 3, 0, -EINVAL},
        {"flags", AT_GGTT + 5, 1, -EINVAL},
        {"offset", AT_MMIO0 + 8, 8, -EINVAL},
        {"no GuC data", AT_GUC0 + 16, 0, -EINVAL},
        {"odd GuC data", AT_GUC0 + 16, GUC_SIZE - 1, -EINVAL},
        {"endless GuC data", AT_GUC0 + 23, 0xff, -EINVAL},
        {"smaller GGTT range", AT_GGTT + 16, 8 * PAGES - 8, -EINVAL},
        {"larger GGTT range", AT_GGTT + 17, 1, -EINVAL},
        {"more MMIO", AT_MMIO0 + 16, 20, -EINVAL},
        {"descriptor of a GT", AT_DESCRIPTOR + 3, 1, -EINVAL},
        {"descriptor of odd size", AT_DESCRIPTOR + 16, 15, -EINVAL},
        {"endless descriptor", AT_DESCRIPTOR + 20, 1, -EINVAL},
        {"no descriptor first", AT_DESCRIPTOR + 1, XE_SRIOV_PACKET_TYPE_MMIO, -EINVAL},
        {"second descriptor", AT_MMIO0 + 1, XE_SRIOV_PACKET_TYPE_DESCRIPTOR, -EINVAL},
        {"trailer with size", AT_TRAILER + 16, 1, -EINVAL},
        {"trailer of a GT", AT_TRAILER + 3, 1, -EINVAL},
        {"foreign device", AT_DESCRIPTOR + HDR + 4, 0x81, -ENODEV},
        {"foreign revision", AT_DESCRIPTOR + HDR + 12, 5, -ENODEV},
        {"KLV of length 0", AT_DESCRIPTOR + HDR, 0, -EINVAL},
        {"KLV beyond the end", AT_DESCRIPTOR + HDR + 8, 2, -EINVAL},
        {"KLV far beyond the end", AT_DESCRIPTOR + HDR + 9, 0xff, -EINVAL},
        {"the same KLV twice", AT_DESCRIPTOR + HDR + 10, 1, -EINVAL},
        {"no device KLV", AT_DESCRIPTOR + HDR + 2, 7, -ENODEV},
    };
    uint8_t stream[STREAM_SIZE];

    (void)arg;
    save();
    blank();
    for (size_t n = 0; n < ARRAY_SIZE(edits); n++) {
        int err;

        memcpy(stream, saved, sizeof(stream));
        stream[edits[n].at] = edits[n].value;
        err = load(stream, sizeof(stream), sizeof(stream));
        cr_expect_eq(err, edits[n].err, "%s: %d", edits[n].what, err);
        cr_expect(is_blank(), "%s", edits[n].what);
        cr_expect_str_eq(pf_control_state(gpu.pf, 0, 1), "RESTORE_FAILED", "%s", edits[n].what);
    }
}

Test(pf_stream, record_that_is_wrong_in_one_way_is_refused_and_changes_nothing)
{
    fake_guc_pf_run(&gpu, load_edited, NULL);
}

static void load_unknown_klv(void *arg)
{
    uint8_t stream[STREAM_SIZE + 8];
    const uint32_t klv[] = {0xf0f00001, 99};

    (void)arg;
    save();
    memcpy(stream, saved, HDR);
    stream[16] += 8;
    memcpy(stream + HDR, klv, sizeof(klv));
    memcpy(stream + HDR + 8, saved + HDR, STREAM_SIZE - HDR);
    cr_expect_eq(load(stream, sizeof(stream), 13), 0);
}

Test(pf_stream, unknown_klv_of_the_descriptor_is_skipped)
{
    fake_guc_pf_run(&gpu, load_unknown_klv, NULL);
}

static void load_beyond_trailer(void *arg)
{
    uint8_t stream[STREAM_SIZE + HDR];

    (void)arg;
    save();
    memcpy(stream, saved, STREAM_SIZE);
    memcpy(stream + STREAM_SIZE, saved + AT_TRAILER, HDR);
    cr_expect_eq(load(stream, sizeof(stream), 50), -EIO);
    cr_expect_str_eq(pf_control_state(gpu.pf, 0, 1), "PAUSED", "what was loaded went again");
    memcpy(stream + STREAM_SIZE, saved + AT_MMIO0, HDR);
    cr_expect_eq(load(stream, sizeof(stream), 50), -EINVAL);
    cr_expect_lt(load(stream, STREAM_SIZE + 1, 50), 0, "half a header behind the trailer");
}

Test(pf_stream, nothing_may_follow_the_trailer)
{
    fake_guc_pf_run(&gpu, load_beyond_trailer, NULL);
}

static void load_refused_by_guc(void *arg)
{
    (void)arg;
    save();
    blank();
    gpu.gts[1].script.restore = FAKE_REFUSE;
    cr_expect_eq(load(saved, sizeof(saved), 50), -EIO);
    cr_expect(is_blank(), "GT 0 had loaded its part, and has nothing of it");
    cr_expect(ops->intact(dev));
    for (unsigned gt = 0; gt < 2; gt++) {
        cr_expect_str_eq(pf_control_state(gpu.pf, gt, 1), "PAUSED");
        cr_expect(gpu.gts[gt].paused[1]);
    }
    cr_expect(pf_vf_recovered(gpu.pf, 1), "nothing is there to recover from");
    gpu.gts[1].script.restore = FAKE_ACK;
    cr_expect_eq(load(saved, sizeof(saved), 50), 0, "a good stream is taken after it");
    cr_expect(gpu.gts[0].seed[1] && gpu.gts[1].seed[1]);
}

Test(pf_stream, guc_that_refuses_its_part_leaves_nothing_of_the_stream_on_either_gt)
{
    fake_guc_pf_run(&gpu, load_refused_by_guc, NULL);
}

static void load_when_running(void *arg)
{
    (void)arg;
    cr_expect_eq(ops->load_begin(dev), -EPERM);
    cr_expect_eq(ops->save_begin(dev), -EPERM);
    cr_assert_eq(ops->pause(dev), 0);
    cr_assert_eq(ops->load_begin(dev), 0);
    cr_expect_eq(ops->save_begin(dev), -EBUSY);
    cr_expect_lt(ops->load_end(dev), 0, "an empty stream");
    cr_expect_eq(ops->load_begin(pf_vfio_device(gpu.pf, 2)), -ENODATA, "not provisioned");
}

Test(pf_stream, data_move_only_while_the_vf_is_paused)
{
    fake_guc_pf_run(&gpu, load_when_running, NULL);
}

/* ---- records that are wrong in many ways ----------------------------------------------------- */

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
        if (stream[at] != saved[at] && !carried(at)) {
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
    save();
    blank();
    for (unsigned n = 0; n < FORGERIES; n++) {
        int err;

        memcpy(stream, saved, sizeof(stream));
        for (unsigned count = 1 + n % 4; count; count--) {
            forge(stream, &random);
        }
        err = load(stream, sizeof(stream), 1 + random % 300);
        if (err) {
            refused++;
            cr_assert(is_blank(), "forgery %u: %d, and changed", n, err);
        } else {
            cr_assert(same_but_carried(stream), "forgery %u was taken", n);
            blank();
        }
    }
    cr_expect_gt(refused, FORGERIES / 2);
    cr_expect_eq(load(saved, sizeof(saved), 100), 0, "the sound one is still taken");
}

Test(pf_stream, forged_stream_is_refused_and_changes_nothing)
{
    fake_guc_pf_run(&gpu, load_forged, NULL);
}
