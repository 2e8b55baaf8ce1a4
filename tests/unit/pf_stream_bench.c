/* SPDX-License-Identifier: MIT */
#include "tests/unit/pf_stream_bench.h"

#include <criterion/criterion.h>
#include <string.h>

#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"
#include "host/pf/pf_private.h"

struct fake_guc_pf stream_gpu;
const struct vfio_ops *stream_ops;
void *stream_dev;
uint8_t stream_saved[STREAM_SIZE];

void stream_setup(void)
{
    fake_guc_pf_create(&stream_gpu);
    stream_ops = pf_vfio_ops();
    stream_dev = pf_vfio_device(stream_gpu.pf, 1);
}

void stream_teardown(void)
{
    fake_guc_pf_destroy(&stream_gpu);
}

uint64_t stream_pte(unsigned page)
{
    return GGTT_PAT_NORMAL | (uint64_t)(page + 0x100) * XE_PAGE_SIZE | GGTT_PTE_PRESENT;
}

uint64_t stream_owner(unsigned vf)
{
    return (uint64_t)vf << GGTT_PTE_VFID_SHIFT;
}

/* A VF with something in each section. */
void stream_save(void)
{
    uint64_t size = 0;
    int64_t got;

    for (unsigned n = 0; n < PAGES; n++) {
        fake_guc_pf_set_pte(&stream_gpu, FIRST_PTE + n, stream_pte(n) | stream_owner(1));
    }
    for (unsigned n = 0; n < 4; n++) {
        fake_set_reg(stream_gpu.hal, VF_SW_FLAG(n) + VF_VIEW_STRIDE, 0x100 + n);
        fake_set_reg(stream_gpu.hal, MED_VF_SW_FLAG(n) + VF_VIEW_STRIDE, 0x200 + n);
    }
    cr_assert_eq(stream_ops->pause(stream_dev), 0);
    cr_assert_eq(stream_ops->save_begin(stream_dev), 0);
    do { /* pieces of any size, also inside headers */
        got = stream_ops->save_read(stream_dev, stream_saved + size,
                                    sizeof(stream_saved) - size < 7 ? sizeof(stream_saved) - size
                                                                    : 7);
        cr_assert_geq(got, 0, "%lld at %llu", (long long)got, (unsigned long long)size);
        size += (uint64_t)got;
    } while (got > 0 && size < sizeof(stream_saved));
    cr_assert_eq(size, sizeof(stream_saved), "%llu", (unsigned long long)size);
    cr_assert_eq(stream_ops->save_read(stream_dev, stream_saved, 1), 0);
    cr_assert_eq(stream_ops->save_end(stream_dev), 0);
}

/* The target: same GPU, as a VF that was just provisioned. */
void stream_blank(void)
{
    for (unsigned n = 0; n < PAGES; n++) {
        fake_guc_pf_set_pte(&stream_gpu, FIRST_PTE + n, stream_owner(1) | GGTT_PTE_PRESENT);
    }
    for (unsigned n = 0; n < 4; n++) {
        fake_set_reg(stream_gpu.hal, VF_SW_FLAG(n) + VF_VIEW_STRIDE, 0);
        fake_set_reg(stream_gpu.hal, MED_VF_SW_FLAG(n) + VF_VIEW_STRIDE, 0);
    }
    for (unsigned gt = 0; gt < 2; gt++) {
        stream_gpu.gts[gt].seed[1] = 0;
        memset(stream_gpu.gts[gt].commands, 0, sizeof(stream_gpu.gts[gt].commands));
    }
}

bool stream_is_blank(void)
{
    bool result = !stream_gpu.gts[0].seed[1] && !stream_gpu.gts[1].seed[1];

    for (unsigned n = 0; n < PAGES; n++) {
        result &=
            fake_guc_pf_pte(&stream_gpu, FIRST_PTE + n) == (stream_owner(1) | GGTT_PTE_PRESENT);
    }
    for (unsigned n = 0; n < 4; n++) {
        result &= !fake_reg(stream_gpu.hal, VF_SW_FLAG(n) + VF_VIEW_STRIDE);
        result &= !fake_reg(stream_gpu.hal, MED_VF_SW_FLAG(n) + VF_VIEW_STRIDE);
    }
    return result;
}

/* Loads a stream in pieces; the first error, or that of the end. */
int stream_load(const uint8_t *stream, uint64_t size, uint64_t piece)
{
    int64_t ret = 0;
    int end;

    cr_assert_eq(stream_ops->load_begin(stream_dev), 0);
    for (uint64_t at = 0; at < size && ret >= 0; at += piece) {
        ret =
            stream_ops->load_write(stream_dev, stream + at, size - at < piece ? size - at : piece);
    }
    end = stream_ops->load_end(stream_dev);
    return ret < 0 ? (int)ret : end;
}

bool stream_carried(uint64_t at)
{
    return (at >= AT_GGTT + HDR && at < AT_MMIO0) || (at >= AT_MMIO0 + HDR && at < AT_GUC1) ||
           (at >= AT_MMIO1 + HDR && at < AT_TRAILER);
}
