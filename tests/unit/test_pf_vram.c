/* SPDX-License-Identifier: MIT */
/* Local memory in the PF's hands: shares and their translation, clearing, and chunks of the
 * migration stream that cannot be forged. The fake window is untranslated, as the PF's is. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_klvs_abi.h"
#include "gpu_regs.h"
#include "host/abi/xe_lmtt_ml.h"
#include "host/pf/pf_private.h"
#include "tests/unit/fake_guc_pf.h"

#define MIB       (1ull << 20)
#define VRAM_SIZE (16 * MIB)
#define SHARE     (2 * MIB) /* fair, of four VFs */
#define SHARE_AT  PF_LMEM_KEPT
#define META(at)                                                                                   \
    ((at) / HAL_PAGE_SIZE * HAL_VRAM_META) /* of so much; all of it follows VRAM_SIZE */
#define HDR      sizeof(struct xe_sriov_packet_hdr)
#define MAX_SIZE (3 * MIB)

static struct fake_guc_pf gpu;
static uint8_t *saved, *forged;
static uint64_t saved_size, vram_at; /* of the first VRAM packet */

static void setup(void)
{
    fake_guc_pf_create(&gpu);
    fake_set_vram(gpu.hal, VRAM_SIZE);
    saved = calloc(1, MAX_SIZE);
    forged = calloc(1, MAX_SIZE);
    cr_assert(saved && forged);
}

static void teardown(void)
{
    fake_guc_pf_destroy(&gpu);
    free(saved);
    free(forged);
}

TestSuite(pf_vram, .init = setup, .fini = teardown, .timeout = 600);

static uint64_t entry_64(uint64_t addr)
{
    uint64_t entry;

    memcpy(&entry, fake_vram(gpu.hal, addr), sizeof(entry));
    return entry;
}

static uint32_t entry_32(uint64_t addr)
{
    uint32_t entry;

    memcpy(&entry, fake_vram(gpu.hal, addr), sizeof(entry));
    return entry;
}

static uint64_t table_behind(uint64_t entry)
{
    return FIELD_GET(LMTT_ML_PDE_LMTT_PTR, entry) * LMTT_TABLE_SIZE;
}

/* Where a VF's address leads by the tables as they lie in memory; 0: nowhere. */
static uint64_t walk(unsigned vf, uint64_t addr)
{
    const uint64_t directory =
        (uint64_t)FIELD_GET(LMTT_DIR_PTR, fake_reg(gpu.hal, XE2_LMEM_CFG)) * LMTT_TABLE_SIZE;
    uint64_t entry = entry_64(directory + vf * 8ull);
    uint32_t page;

    if (!(entry & LMTT_ML_PDE_VALID)) {
        return 0;
    }
    entry = entry_64(table_behind(entry) + (addr >> LMTT_ML_PDE_L2_SHIFT) * 8);
    if (!(entry & LMTT_ML_PDE_VALID)) {
        return 0;
    }
    page = entry_32(table_behind(entry) + addr / LMTT_PAGE_SIZE % LMTT_ML_PTE_MAX_NUM * 4);
    if (!(page & LMTT_ML_PTE_VALID)) {
        return 0;
    }
    return (uint64_t)FIELD_GET(LMTT_ML_PTE_LMEM_PAGE, page) * LMTT_PAGE_SIZE +
           addr % LMTT_PAGE_SIZE;
}

static uint64_t lmem_klv(const struct fake_guc_gt *gt)
{
    for (uint32_t n = 0; n < gt->klvs_len; n += 1 + (gt->klvs[n] & GUC_KLV_0_LEN)) {
        if (gt->klvs[n] >> 16 == GUC_KLV_VF_CFG_LMEM_SIZE_KEY) {
            return make_64(gt->klvs[n + 1], gt->klvs[n + 2]);
        }
    }
    return UINT64_MAX;
}

/* ---- shares ---------------------------------------------------------------------------------- */

static void provision_two(void *arg)
{
    const struct pf_vf_config config = {.ggtt_size = 0x10000, .lmem_size = 4 * MIB};

    (void)arg;
    cr_assert_eq(pf_provision(gpu.pf, 2, &config), 0);
}

Test(pf_vram, share_is_told_to_the_main_guc_and_translated_for_its_vf_alone)
{
    fake_guc_pf_run(&gpu, provision_two, NULL);
    cr_expect_eq(lmem_klv(&gpu.gts[0]), 4 * MIB);
    cr_expect_eq(lmem_klv(&gpu.gts[1]), UINT64_MAX, "the media GuC is not told");
    cr_expect(fake_reg(gpu.hal, XE2_LMEM_CFG) & LMEM_EN);
    cr_expect_eq(walk(1, 0x1234), SHARE_AT + 0x1234);
    cr_expect_eq(walk(1, SHARE - 1), SHARE_AT + SHARE - 1);
    cr_expect_eq(walk(1, SHARE), 0, "nothing beyond the share");
    cr_expect_eq(walk(1, 1ull << LMTT_ML_PDE_L2_SHIFT), 0);
    cr_expect_eq(walk(2, 0), SHARE_AT + SHARE);
    cr_expect_eq(walk(2, 4 * MIB - 1), SHARE_AT + SHARE + 4 * MIB - 1);
    cr_expect_eq(walk(3, 0), 0, "a VF without a share has no entry");
    cr_expect_eq(walk(0, 0), 0, "nor has the PF");
}

static void unprovision_one(void *arg)
{
    (void)arg;
    cr_assert_eq(pf_unprovision(gpu.pf, 1), 0);
}

Test(pf_vram, share_that_is_taken_back_is_out_of_reach)
{
    fake_guc_pf_run(&gpu, unprovision_one, NULL);
    cr_expect_eq(walk(1, 0), 0);
}

static void ask_too_much(void *arg)
{
    struct pf_vf_config config = {.ggtt_size = 0x10000, .lmem_size = 8 * MIB};

    (void)arg;
    cr_expect_eq(pf_provision(gpu.pf, 2, &config), -ENOSPC, "VF 1 has some of it");
    config.lmem_size = SHARE + 4096;
    cr_expect_eq(pf_provision(gpu.pf, 2, &config), -EINVAL, "no whole pages");
    config.lmem_size = 64 * MIB;
    cr_expect_eq(pf_provision(gpu.pf, 2, &config), -ENOSPC);
}

Test(pf_vram, share_that_does_not_fit_is_refused)
{
    fake_guc_pf_run(&gpu, ask_too_much, NULL);
    cr_expect_eq(walk(2, 0), 0);
}

static void ask_for_none(void *arg)
{
    const struct pf_vf_config config = {.ggtt_size = 0x10000, .lmem_size = SHARE};

    (void)arg;
    cr_expect_eq(pf_provision(gpu.pf, 2, &config), -EINVAL);
    cr_expect_eq(lmem_klv(&gpu.gts[0]), UINT64_MAX, "VF 1 heard nothing of local memory");
}

Test(pf_vram, gpu_without_local_memory_gives_none)
{
    fake_set_vram(gpu.hal, 0);
    fake_guc_pf_run(&gpu, ask_for_none, NULL);
}

/* ---- clearing -------------------------------------------------------------------------------- */

static bool is_clear(uint64_t at, uint64_t size)
{
    const uint8_t *bytes = fake_vram(gpu.hal, at);

    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

static void expect_clear(uint64_t at, uint64_t size)
{
    const uint8_t *bytes = fake_vram(gpu.hal, at);

    cr_expect(is_clear(at, size));
    cr_expect_neq(bytes[-1], 0, "no more than that");
    cr_expect_neq(bytes[size], 0);
}

static void expect_share_is_clear(void)
{
    expect_clear(SHARE_AT, SHARE);
    expect_clear(VRAM_SIZE + META(SHARE_AT), META(SHARE));
}

static void reset_it(void *arg)
{
    (void)arg;
    expect_share_is_clear();
    memset(fake_vram(gpu.hal, SHARE_AT - 1), 0x55, SHARE + 2);
    memset(fake_vram(gpu.hal, VRAM_SIZE), 0x55, META(VRAM_SIZE));
    cr_assert_eq(pf_control_flr(gpu.pf, 1), 0);
    expect_share_is_clear();
    cr_expect_eq(walk(1, 0), SHARE_AT, "the share stays the VF's");
}

Test(pf_vram, share_and_its_metadata_are_cleared_when_given_and_at_a_function_level_reset)
{
    memset(fake_vram(gpu.hal, 0), 0xaa, VRAM_SIZE + META(VRAM_SIZE));
    fake_guc_pf_run(&gpu, reset_it, NULL);
}

/* ---- stream ---------------------------------------------------------------------------------- */

static void fill_share(void)
{
    uint8_t *bytes = fake_vram(gpu.hal, SHARE_AT);

    for (uint64_t n = 0; n < SHARE; n++) {
        bytes[n] = (uint8_t)(n ^ n >> 8 ^ n >> 16);
    }
}

static struct xe_sriov_packet_hdr header_at(const uint8_t *stream, uint64_t at)
{
    struct xe_sriov_packet_hdr hdr;

    memcpy(&hdr, stream + at, sizeof(hdr));
    return hdr;
}

/* Saves VF 1 with a pattern in its share; finds the VRAM packets. */
static void save(void)
{
    const struct vfio_ops *ops = pf_vfio_ops();
    void *dev = pf_vfio_device(gpu.pf, 1);
    int64_t got;

    fill_share();
    cr_assert_eq(ops->pause(dev), 0);
    cr_assert_eq(ops->save_begin(dev), 0);
    do {
        got = ops->save_read(dev, saved + saved_size, MAX_SIZE - saved_size);
        cr_assert_geq(got, 0);
        saved_size += (uint64_t)got;
    } while (got > 0);
    cr_assert_eq(ops->save_end(dev), 0);
    while (header_at(saved, vram_at).type != XE_SRIOV_PACKET_TYPE_VRAM) {
        vram_at += HDR + header_at(saved, vram_at).size;
        cr_assert_lt(vram_at, saved_size);
    }
}

/* Loads a stream over a share of zeros. */
static int load(const uint8_t *stream, uint64_t size)
{
    const struct vfio_ops *ops = pf_vfio_ops();
    void *dev = pf_vfio_device(gpu.pf, 1);
    int64_t ret;
    int end;

    memset(fake_vram(gpu.hal, SHARE_AT), 0, SHARE);
    cr_assert_eq(ops->load_begin(dev), 0);
    ret = ops->load_write(dev, stream, size);
    end = ops->load_end(dev);
    return ret < 0 ? (int)ret : end;
}

static bool share_is_saved_one(void)
{
    const uint8_t *bytes = fake_vram(gpu.hal, SHARE_AT);

    for (uint64_t n = 0; n < SHARE; n++) {
        if (bytes[n] != (uint8_t)(n ^ n >> 8 ^ n >> 16)) {
            return false;
        }
    }
    return true;
}

static void move(void *arg)
{
    const uint64_t packet = HDR + PF_VRAM_CHUNK;

    (void)arg;
    save();
    for (uint64_t n = 0; n < SHARE / PF_VRAM_CHUNK; n++) {
        struct xe_sriov_packet_hdr hdr = header_at(saved, vram_at + n * packet);

        cr_expect_eq(hdr.type, XE_SRIOV_PACKET_TYPE_VRAM);
        cr_expect_eq(hdr.offset, n * PF_VRAM_CHUNK);
        cr_expect_eq(hdr.size, PF_VRAM_CHUNK);
        cr_expect_eq(hdr.gt_id, 0);
    }
    cr_assert_eq(load(saved, saved_size), 0);
    cr_expect(share_is_saved_one());
}

Test(pf_vram, share_moves_in_chunks)
{
    fake_guc_pf_run(&gpu, move, NULL);
}

/* Ways to forge the chunks. Each changes the copy of the stream and its size. */
static void set_offset(uint64_t at, uint64_t offset)
{
    memcpy(forged + at + offsetof(struct xe_sriov_packet_hdr, offset), &offset, sizeof(offset));
}

static void set_size(uint64_t at, uint64_t size)
{
    memcpy(forged + at + offsetof(struct xe_sriov_packet_hdr, size), &size, sizeof(size));
}

#define SECOND (vram_at + HDR + PF_VRAM_CHUNK)

static void cut_out(uint64_t at, uint64_t size, uint64_t *total)
{
    memmove(forged + at, forged + at + size, *total - at - size);
    *total -= size;
}

static void overlap(uint64_t *total)
{
    (void)total;
    set_offset(SECOND, PF_VRAM_CHUNK - 4096);
}

static void gap(uint64_t *total)
{
    (void)total;
    set_offset(SECOND, PF_VRAM_CHUNK + 4096);
}

static void beyond(uint64_t *total)
{
    (void)total;
    set_offset(SECOND, SHARE);
}

static void wrapped(uint64_t *total)
{
    (void)total;
    set_offset(SECOND, UINT64_MAX - 4095);
}

static void too_large(uint64_t *total)
{
    (void)total;
    set_size(vram_at, PF_VRAM_CHUNK + 8);
}

static void huge(uint64_t *total)
{
    (void)total;
    set_size(SECOND, UINT64_MAX - 7);
}

static void empty(uint64_t *total)
{
    set_size(vram_at, 0);
    cut_out(vram_at + HDR, PF_VRAM_CHUNK, total);
}

static void first_missing(uint64_t *total)
{
    cut_out(vram_at, HDR + PF_VRAM_CHUNK, total);
}

static void last_missing(uint64_t *total)
{
    cut_out(SECOND, HDR + PF_VRAM_CHUNK, total);
}

static void all_missing(uint64_t *total)
{
    cut_out(vram_at, 2 * (HDR + PF_VRAM_CHUNK), total);
}

static void last_short(uint64_t *total)
{
    set_size(SECOND, 4096);
    cut_out(SECOND + HDR + 4096, PF_VRAM_CHUNK - 4096, total);
}

static void first_doubled(uint64_t *total)
{
    (void)total;
    memcpy(forged + SECOND, forged + vram_at, HDR + PF_VRAM_CHUNK);
}

static void other_gt(uint64_t *total)
{
    (void)total;
    forged[SECOND + offsetof(struct xe_sriov_packet_hdr, gt_id)] = 1;
}

static const struct {
    const char *name;
    void (*forge)(uint64_t *total);
} forgeries[] = {
    {"overlap", overlap},
    {"gap", gap},
    {"beyond the share", beyond},
    {"offset near 2^64", wrapped},
    {"larger than a chunk", too_large},
    {"size near 2^64", huge},
    {"empty", empty},
    {"first missing", first_missing},
    {"last missing", last_missing},
    {"all missing", all_missing},
    {"last one short", last_short},
    {"first one twice", first_doubled},
    {"of the media GT", other_gt},
};

static void load_forged(void *arg)
{
    (void)arg;
    save();
    for (unsigned n = 0; n < ARRAY_SIZE(forgeries); n++) {
        uint64_t total = saved_size;

        memcpy(forged, saved, saved_size);
        forgeries[n].forge(&total);
        gpu.gts[0].seed[1] = 0;
        cr_expect_lt(load(forged, total), 0, "%s", forgeries[n].name);
        cr_expect(is_clear(SHARE_AT, SHARE), "%s: the share has changed", forgeries[n].name);
        cr_expect_eq(gpu.gts[0].seed[1], 0, "%s: the GuC has got it", forgeries[n].name);
        cr_assert_eq(pf_control_flr(gpu.pf, 1), 0);
        cr_assert_eq(pf_control_pause(gpu.pf, 1), 0);
    }
    cr_expect_eq(load(saved, saved_size), 0, "the good one is taken afterwards");
    cr_expect(share_is_saved_one());
}

Test(pf_vram, forged_chunks_are_refused_and_change_nothing)
{
    fake_guc_pf_run(&gpu, load_forged, NULL);
}

static void chunk_behind_the_last(void *arg)
{
    const uint64_t packet = HDR + PF_VRAM_CHUNK;

    (void)arg;
    save();
    memcpy(forged, saved, SECOND + packet);
    memcpy(forged + SECOND + packet, saved + SECOND, HDR + 4096);
    cr_expect_eq(load(forged, SECOND + packet + HDR + 4096), -EINVAL);
    cr_expect(is_clear(SHARE_AT, SHARE));
}

Test(pf_vram, nothing_more_is_taken_when_the_share_is_full)
{
    fake_guc_pf_run(&gpu, chunk_behind_the_last, NULL);
}
