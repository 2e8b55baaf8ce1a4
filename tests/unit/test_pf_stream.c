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
#include "tests/unit/pf_stream_bench.h"

TestSuite(pf_stream, .init = stream_setup, .fini = stream_teardown, .timeout = 600);

/* ---- save ------------------------------------------------------------------------------------ */

static void check_packet(unsigned at, uint8_t type, uint8_t gt, uint64_t size)
{
    struct xe_sriov_packet_hdr hdr;

    memcpy(&hdr, stream_saved + at, sizeof(hdr));
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
    stream_save();
    check_packet(AT_DESCRIPTOR, XE_SRIOV_PACKET_TYPE_DESCRIPTOR, 0, 16);
    check_packet(AT_GUC0, XE_SRIOV_PACKET_TYPE_GUC, 0, GUC_SIZE);
    check_packet(AT_GGTT, XE_SRIOV_PACKET_TYPE_GGTT, 0, 8 * PAGES);
    check_packet(AT_MMIO0, XE_SRIOV_PACKET_TYPE_MMIO, 0, 16);
    check_packet(AT_GUC1, XE_SRIOV_PACKET_TYPE_GUC, 1, GUC_SIZE);
    check_packet(AT_MMIO1, XE_SRIOV_PACKET_TYPE_MMIO, 1, 16);
    check_packet(AT_TRAILER, XE_SRIOV_PACKET_TYPE_TRAILER, 0, 0);
    memcpy(&pte, stream_saved + AT_GGTT + HDR + 8 * 5, sizeof(pte));
    cr_expect_eq(pte, stream_pte(5), "the owner is removed");
    cr_expect_eq(stream_saved[AT_MMIO1 + HDR + 4], 0x01);
    cr_expect_eq(stream_ops->estimate(stream_dev), STREAM_SIZE - (HDR + 16) - HDR);
    cr_expect_str_eq(pf_control_state(stream_gpu.pf, 1, 1), "SAVED");
    cr_expect_eq(stream_ops->resume(stream_dev), 0);
}

Test(pf_stream, save_gives_guc_ggtt_and_mmio_of_each_gt_between_descriptor_and_trailer)
{
    fake_guc_pf_run(&stream_gpu, save_and_look, NULL);
}

static void save_foreign_entry(void *arg)
{
    uint8_t byte[STREAM_SIZE];
    int64_t got;

    (void)arg;
    fake_guc_pf_set_pte(&stream_gpu, FIRST_PTE + 9, stream_owner(2) | GGTT_PTE_PRESENT);
    cr_assert_eq(stream_ops->pause(stream_dev), 0);
    cr_assert_eq(stream_ops->save_begin(stream_dev), 0);
    do {
        got = stream_ops->save_read(stream_dev, byte, sizeof(byte));
    } while (got > 0);
    cr_expect_lt(got, 0);
    cr_expect_eq(stream_ops->save_read(stream_dev, byte, 1), got, "the error stays");
    cr_expect_eq(stream_ops->save_end(stream_dev), -EIO);
    cr_expect_eq(stream_ops->resume(stream_dev), 0, "a VF that cannot be saved can run on");
}

Test(pf_stream, save_with_a_foreign_entry_fails_and_the_vf_can_be_resumed)
{
    fake_guc_pf_run(&stream_gpu, save_foreign_entry, NULL);
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

        stream_gpu.gts[1].script.save = faults[n].save;
        stream_gpu.gts[1].script.used = faults[n].used;
        cr_assert_eq(stream_ops->pause(stream_dev), 0);
        cr_assert_eq(stream_ops->save_begin(stream_dev), 0);
        do {
            got = stream_ops->save_read(stream_dev, bytes, sizeof(bytes));
        } while (got > 0);
        cr_expect_lt(got, 0, "row %zu", n);
        cr_expect_eq(stream_ops->save_end(stream_dev), -EIO);
        cr_expect_eq(stream_ops->resume(stream_dev), 0, "row %zu", n);
    }
}

Test(pf_stream, save_fails_when_a_guc_refuses_is_silent_or_tells_too_much)
{
    fake_guc_pf_run(&stream_gpu, save_with_bad_guc, NULL);
}

static void give_up_save(void *arg)
{
    uint8_t bytes[100];

    (void)arg;
    cr_assert_eq(stream_ops->pause(stream_dev), 0);
    cr_assert_eq(stream_ops->save_begin(stream_dev), 0);
    cr_expect_eq(stream_ops->save_end(stream_dev), 0);
    cr_assert_eq(stream_ops->save_begin(stream_dev), 0);
    cr_expect_eq(stream_ops->save_read(stream_dev, bytes, sizeof(bytes)), sizeof(bytes));
    cr_expect_eq(bytes[1], XE_SRIOV_PACKET_TYPE_DESCRIPTOR, "a new stream begins anew");
    stream_ops->save_end(stream_dev);
    cr_expect_eq(stream_ops->resume(stream_dev), 0);
}

Test(pf_stream, save_can_be_given_up_and_begun_again)
{
    fake_guc_pf_run(&stream_gpu, give_up_save, NULL);
}

/* ---- load ------------------------------------------------------------------------------------ */

static void load_in_pieces(void *arg)
{
    static const uint64_t pieces[] = {1, 5, 24, 4096};

    (void)arg;
    stream_save();
    for (size_t n = 0; n < ARRAY_SIZE(pieces); n++) {
        stream_blank();
        cr_expect_eq(stream_load(stream_saved, sizeof(stream_saved), pieces[n]), 0,
                     "pieces of %llu", (unsigned long long)pieces[n]);
        cr_expect_eq(stream_gpu.gts[0].seed[1], 1);
        cr_expect_eq(stream_gpu.gts[1].seed[1], 1001);
        cr_expect_eq(fake_guc_pf_pte(&stream_gpu, FIRST_PTE + 15),
                     stream_pte(15) | stream_owner(1));
        cr_expect_eq(fake_reg(stream_gpu.hal, VF_SW_FLAG(3) + VF_VIEW_STRIDE), 0x103);
        cr_expect_eq(fake_reg(stream_gpu.hal, MED_VF_SW_FLAG(0) + VF_VIEW_STRIDE), 0x200);
        cr_expect_str_eq(pf_control_state(stream_gpu.pf, 0, 1), "RESTORED");
        cr_expect_str_eq(pf_control_state(stream_gpu.pf, 1, 1), "RESTORED");
    }
    cr_expect_eq(stream_ops->resume(stream_dev), 0);
}

Test(pf_stream, load_applies_every_section_however_the_stream_is_split)
{
    fake_guc_pf_run(&stream_gpu, load_in_pieces, NULL);
}

static void load_and_recover(void *arg)
{
    (void)arg;
    cr_expect(pf_vf_recovered(stream_gpu.pf, 1), "nothing was loaded");
    stream_save();
    stream_blank();
    cr_expect_eq(stream_load(stream_saved, sizeof(stream_saved), sizeof(stream_saved)), 0);
    cr_expect_eq(stream_ops->resume(stream_dev), 0);
    cr_expect_not(pf_vf_recovered(stream_gpu.pf, 1));
    cr_expect(pf_vf_recovered(stream_gpu.pf, 2), "another VF");
    fake_guc_pf_notify(&stream_gpu.gts[1], 1, GUC_PF_NOTIFY_VF_FIXUP_DONE);
    hal_delay(stream_gpu.hal, HAL_NS_PER_MS);
    cr_expect_not(pf_vf_recovered(stream_gpu.pf, 1), "one GT of two");
    fake_guc_pf_notify(&stream_gpu.gts[0], 1, GUC_PF_NOTIFY_VF_FIXUP_DONE);
    hal_delay(stream_gpu.hal, HAL_NS_PER_MS);
    cr_expect(pf_vf_recovered(stream_gpu.pf, 1));

    /* A reset ends it too. */
    cr_expect_eq(stream_ops->pause(stream_dev), 0);
    cr_expect_eq(stream_load(stream_saved, sizeof(stream_saved), sizeof(stream_saved)), 0);
    cr_expect_not(pf_vf_recovered(stream_gpu.pf, 1));
    cr_expect_eq(stream_ops->reset(stream_dev), 0);
    cr_expect(pf_vf_recovered(stream_gpu.pf, 1));
}

Test(pf_stream, loaded_vf_has_recovered_when_every_guc_said_so)
{
    fake_guc_pf_run(&stream_gpu, load_and_recover, NULL);
}

static void load_cut(void *arg)
{
    (void)arg;
    stream_save();
    stream_blank();
    for (uint64_t size = 0; size < sizeof(stream_saved); size++) {
        cr_expect_lt(stream_load(stream_saved, size, 64), 0, "cut at %llu",
                     (unsigned long long)size);
        cr_assert(stream_is_blank(), "cut at %llu", (unsigned long long)size);
    }
    cr_expect_eq(stream_load(stream_saved, sizeof(stream_saved), 64), 0);
}

Test(pf_stream, stream_cut_anywhere_is_refused_and_changes_nothing)
{
    fake_guc_pf_run(&stream_gpu, load_cut, NULL);
}

static void load_flipped(void *arg)
{
    uint8_t stream[STREAM_SIZE];
    uint32_t random = 12345;

    (void)arg;
    stream_save();
    for (unsigned n = 0; n < 200; n++) {
        uint32_t bit;

        do {
            random = random * 1664525u + 1013904223u;
            bit = random / 64 % (8 * STREAM_SIZE);
        } while (stream_carried(bit / 8));
        stream_blank();
        memcpy(stream, stream_saved, sizeof(stream));
        stream[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_expect_lt(stream_load(stream, sizeof(stream), 100), 0, "bit %u of byte %u", bit % 8,
                     bit / 8);
        cr_expect(stream_is_blank(), "bit %u of byte %u", bit % 8, bit / 8);
    }
    for (uint32_t bit = 0; bit < 8 * 24; bit++) { /* every bit of one header */
        stream_blank();
        memcpy(stream, stream_saved, sizeof(stream));
        stream[AT_GGTT + bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_expect_lt(stream_load(stream, sizeof(stream), 100), 0, "bit %u of the GGTT header", bit);
        cr_expect(stream_is_blank());
    }
    cr_expect_eq(stream_load(stream_saved, sizeof(stream_saved), 100), 0);
}

Test(pf_stream, flipped_bits_of_headers_descriptor_and_blobs_are_refused)
{
    fake_guc_pf_run(&stream_gpu, load_flipped, NULL);
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
    stream_save();
    stream_blank();
    for (size_t n = 0; n < ARRAY_SIZE(edits); n++) {
        int err;

        memcpy(stream, stream_saved, sizeof(stream));
        stream[edits[n].at] = edits[n].value;
        err = stream_load(stream, sizeof(stream), sizeof(stream));
        cr_expect_eq(err, edits[n].err, "%s: %d", edits[n].what, err);
        cr_expect(stream_is_blank(), "%s", edits[n].what);
        cr_expect_str_eq(pf_control_state(stream_gpu.pf, 0, 1), "RESTORE_FAILED", "%s",
                         edits[n].what);
    }
}

Test(pf_stream, record_that_is_wrong_in_one_way_is_refused_and_changes_nothing)
{
    fake_guc_pf_run(&stream_gpu, load_edited, NULL);
}

static void load_unknown_klv(void *arg)
{
    uint8_t stream[STREAM_SIZE + 8];
    const uint32_t klv[] = {0xf0f00001, 99};

    (void)arg;
    stream_save();
    memcpy(stream, stream_saved, HDR);
    stream[16] += 8;
    memcpy(stream + HDR, klv, sizeof(klv));
    memcpy(stream + HDR + 8, stream_saved + HDR, STREAM_SIZE - HDR);
    cr_expect_eq(stream_load(stream, sizeof(stream), 13), 0);
}

Test(pf_stream, unknown_klv_of_the_descriptor_is_skipped)
{
    fake_guc_pf_run(&stream_gpu, load_unknown_klv, NULL);
}

static void load_beyond_trailer(void *arg)
{
    uint8_t stream[STREAM_SIZE + HDR];

    (void)arg;
    stream_save();
    memcpy(stream, stream_saved, STREAM_SIZE);
    memcpy(stream + STREAM_SIZE, stream_saved + AT_TRAILER, HDR);
    cr_expect_eq(stream_load(stream, sizeof(stream), 50), -EIO);
    cr_expect_str_eq(pf_control_state(stream_gpu.pf, 0, 1), "PAUSED", "what was loaded went again");
    memcpy(stream + STREAM_SIZE, stream_saved + AT_MMIO0, HDR);
    cr_expect_eq(stream_load(stream, sizeof(stream), 50), -EINVAL);
    cr_expect_lt(stream_load(stream, STREAM_SIZE + 1, 50), 0, "half a header behind the trailer");
}

Test(pf_stream, nothing_may_follow_the_trailer)
{
    fake_guc_pf_run(&stream_gpu, load_beyond_trailer, NULL);
}

static void load_refused_by_guc(void *arg)
{
    (void)arg;
    stream_save();
    stream_blank();
    stream_gpu.gts[1].script.restore = FAKE_REFUSE;
    cr_expect_eq(stream_load(stream_saved, sizeof(stream_saved), 50), -EIO);
    cr_expect(stream_is_blank(), "GT 0 had loaded its part, and has nothing of it");
    cr_expect(stream_ops->intact(stream_dev));
    for (unsigned gt = 0; gt < 2; gt++) {
        cr_expect_str_eq(pf_control_state(stream_gpu.pf, gt, 1), "PAUSED");
        cr_expect(stream_gpu.gts[gt].paused[1]);
    }
    cr_expect(pf_vf_recovered(stream_gpu.pf, 1), "nothing is there to recover from");
    stream_gpu.gts[1].script.restore = FAKE_ACK;
    cr_expect_eq(stream_load(stream_saved, sizeof(stream_saved), 50), 0,
                 "a good stream is taken after it");
    cr_expect(stream_gpu.gts[0].seed[1] && stream_gpu.gts[1].seed[1]);
}

Test(pf_stream, guc_that_refuses_its_part_leaves_nothing_of_the_stream_on_either_gt)
{
    fake_guc_pf_run(&stream_gpu, load_refused_by_guc, NULL);
}

static void load_when_running(void *arg)
{
    (void)arg;
    cr_expect_eq(stream_ops->load_begin(stream_dev), -EPERM);
    cr_expect_eq(stream_ops->save_begin(stream_dev), -EPERM);
    cr_assert_eq(stream_ops->pause(stream_dev), 0);
    cr_assert_eq(stream_ops->load_begin(stream_dev), 0);
    cr_expect_eq(stream_ops->save_begin(stream_dev), -EBUSY);
    cr_expect_lt(stream_ops->load_end(stream_dev), 0, "an empty stream");
    cr_expect_eq(stream_ops->load_begin(pf_vfio_device(stream_gpu.pf, 2)), -ENODATA,
                 "not provisioned");
}

Test(pf_stream, data_move_only_while_the_vf_is_paused)
{
    fake_guc_pf_run(&stream_gpu, load_when_running, NULL);
}
