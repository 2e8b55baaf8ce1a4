/* SPDX-License-Identifier: MIT */
/* A vGPU at its limits: as many references and as much queued work as one guest may have, the last
 * page that was asked for, the last vGPU of a host, and a stream in which one HEAD follows another.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/gvt/gvt_private.h"
#include "tests/unit/gvt_image_bench.h"

TestSuite(gvt_limits, .init = image_open, .fini = image_close);

Test(gvt_limits, root_has_a_most_of_references)
{
    static const uint64_t root[4] = {0x9000};
    struct gvt_vgpu *vgpu = image_source.vgpu;

    cr_expect_eq(gvt_ppgtt_get(vgpu, 4, root, GVT_MAX_REFERENCES + 1), -ENOMEM);
    cr_expect_null(gvt_ppgtt_find(vgpu, root[0]));
    cr_expect_eq(gvt_ppgtt_get(vgpu, 4, root, GVT_MAX_REFERENCES), 0);
    cr_expect_eq(gvt_ppgtt_get(vgpu, 4, root, 1), -ENOMEM);
    cr_expect_eq(gvt_ppgtt_find(vgpu, root[0])->references, GVT_MAX_REFERENCES);
}

Test(gvt_limits, queue_as_long_as_it_may_be_moves)
{
    for (unsigned n = 1; n < GVT_MAX_QUEUED; n++) {
        scene_submit(&image_source, BCS_BASE, DESC | n << 12, 0);
    }
    scene_submit(&image_source, BCS_BASE, DESC, DESC);
    cr_assert_eq(gvt_workload_count(image_source.vgpu), GVT_MAX_QUEUED - 1, "both, or none");
    scene_submit(&image_source, BCS_BASE, DESC, 0);
    cr_assert_eq(gvt_workload_count(image_source.vgpu), GVT_MAX_QUEUED);
    scene_submit(&image_source, BCS_BASE, DESC, 0);
    cr_expect_eq(gvt_workload_count(image_source.vgpu), GVT_MAX_QUEUED, "and no longer");
    image_save(&image_source);
    cr_assert_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), 0);
    cr_expect_eq(gvt_workload_count(image_target.vgpu), GVT_MAX_QUEUED);
}

/* A run list is turned on by one that looked at PVINFO: it did, at the source. */
Test(gvt_limits, guest_that_moved_knows_what_it_is)
{
    image_work();
    image_save(&image_source);
    cr_assert_eq(gvt_image_load(image_target.vgpu, image_bytes, (uint64_t)image_size), 0);
    gvt_vgpu_start(image_target.vgpu);
    scene_write(&image_target, BCS_BASE + RING_MODE_OFFSET,
                GFX_RUN_LIST_ENABLE << 16 | GFX_RUN_LIST_ENABLE);
    cr_expect_eq(image_target.vgpu->failsafe, FAILSAFE_NONE);
    cr_expect_eq(image_target.ring_mode[GVT_ENGINE_BCS], GFX_RUN_LIST_ENABLE);
}

Test(gvt_limits, page_behind_those_that_were_asked_for_stays_dirty)
{
    struct gvt_vgpu *vgpu = image_source.vgpu;
    uint8_t bits[2] = {0};

    cr_assert_eq(gvt_vfio_ops.dirty_log(vgpu, true), 0);
    gvt_dirty_mark(vgpu, 8 * HAL_PAGE_SIZE, 1);
    cr_expect_eq(gvt_vfio_ops.dirty_report(vgpu, 0, HAL_PAGE_SIZE, 8, bits), 0);
    cr_expect(bits[0] == 0 && bits[1] == 0);
    cr_expect_eq(gvt_vfio_ops.dirty_report(vgpu, HAL_PAGE_SIZE, HAL_PAGE_SIZE, 8, bits), 1);
    cr_expect(bits[0] == 0x80 && bits[1] == 0);
}

Test(gvt_limits, head_alone_may_precede_another_however_the_stream_is_split)
{
    const struct vfio_ops *ops = &gvt_vfio_ops;
    uint8_t first[GVT_IMAGE_HEAD_RECORD];
    struct gvt_vgpu *to = image_target.vgpu;

    gvt_image_identity(image_source.vgpu, first);
    image_work();
    image_save(&image_source);
    for (uint64_t split = 1; split <= 2 * sizeof(first); split += 67) {
        uint64_t size = sizeof(first) + (uint64_t)image_size;
        uint8_t *stream = malloc(size);

        memcpy(stream, first, sizeof(first));
        memcpy(stream + sizeof(first), image_bytes, (uint64_t)image_size);
        cr_assert_eq(ops->load_begin(to), 0);
        cr_expect_eq(ops->load_write(to, stream, split), (int64_t)split);
        cr_expect_eq(ops->load_write(to, stream + split, size - split), (int64_t)(size - split));
        cr_expect_eq(ops->load_end(to), 0, "split at %lu", split);
        cr_expect_eq(gvt_workload_count(to), gvt_workload_count(image_source.vgpu));
        free(stream);
    }
}

Test(gvt_limits, news_of_initial_data_need_no_other_question)
{
    struct gvt_vgpu *vgpu = image_source.vgpu;
    uint8_t head[GVT_IMAGE_HEAD_RECORD];

    cr_assert_eq(gvt_vfio_ops.precopy_begin(vgpu), 0);
    cr_assert_eq(gvt_vfio_ops.precopy_read(vgpu, head, sizeof(head)), sizeof(head));
    cr_expect_not(gvt_vfio_ops.precopy_renewed(vgpu));
    gvt_vgpu_enter_failsafe(vgpu, FAILSAFE_GUEST_ERR);
    cr_expect(gvt_vfio_ops.precopy_renewed(vgpu), "a flag of HEAD");
    cr_expect_not(gvt_vfio_ops.precopy_renewed(vgpu), "told once");
    cr_expect_eq(gvt_vfio_ops.precopy_end(vgpu), 0);
}

/* One that comes late begins where the others are, the last of a host too. */
Test(gvt_limits, last_vgpu_of_a_host_gets_no_credit_either)
{
    const uint32_t desc[4] = {DESC, 1};
    struct gvt *gvt = image_source.gvt;
    struct gvt_worker *last = &gvt->workers[VGPU_ID_MAX][GVT_ENGINE_RCS];

    for (unsigned id = 2; id <= VGPU_ID_MAX; id++) {
        char uuid[] = SCENE_UUID;

        uuid[0] = (char)('0' + id);
        cr_assert_gt(gvt_sysfs_write(gvt, "mdev_supported_types/i915-GVTg_V5_8/create", uuid,
                                     GVT_UUID_CHARS),
                     0);
    }
    cr_assert_eq(gvt_vgpu_attach(gvt->vgpus[VGPU_ID_MAX], scene_ops(), &image_source, 1), 0);
    *last = (struct gvt_worker){.gvt = gvt, .id = VGPU_ID_MAX, .engine = GVT_ENGINE_RCS};
    gvt->clock[GVT_ENGINE_RCS] = 5000;
    gvt_vgpu_start(gvt->vgpus[VGPU_ID_MAX]);
    cr_assert_eq(gvt_workload_submit(gvt->vgpus[VGPU_ID_MAX], GVT_ENGINE_RCS, desc, true), 0);
    cr_expect_eq(gvt_schedule_wait(last), 0);
    cr_expect_eq(last->used, 5000);
}
