/* SPDX-License-Identifier: MIT */
/* Initial data of a vGPU that come anew: HEAD once more when the guest did what a target may
 * refuse, told as the user asked for, and never behind the end of pre-copy. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/abi/i915_vgpu_pv.h"
#include "host/abi/vfio_migration_v2.h"
#include "host/gvt/gvt_private.h"
#include "tests/unit/gvt_scene.h"

#define HEAD GVT_IMAGE_HEAD_RECORD

static struct gvt_scene source, target;
static struct vfio_device from, to;

static void open_both(void)
{
    struct gvt_config plain = scene_config();

    plain.pv_caps = PV_GGTT | PV_SUBMISSION;
    scene_open(&source, NULL, '8', NULL);
    scene_open(&target, &plain, '8', source.guest);
    gvt_vgpu_start(source.vgpu);
    gvt_vgpu_start(target.vgpu);
    vfio_init(&from, source.hal, "src.vgpu1", &gvt_vfio_ops, source.vgpu);
    vfio_init(&to, target.hal, "dst.vgpu1", &gvt_vfio_ops, target.vgpu);
}

static void close_both(void)
{
    scene_close(&source);
    scene_close(&target);
    fake_hals_close();
}

TestSuite(gvt_renew, .init = open_both, .fini = close_both);

static void opt_in(void)
{
    struct vfio_device_feature feature = {sizeof(feature), VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2 |
                                                               VFIO_DEVICE_FEATURE_SET};

    cr_assert_eq(vfio_feature(&from, &feature, sizeof(feature)), 0);
}

static struct vfio_precopy_info ask(void)
{
    struct vfio_precopy_info info = {.argsz = sizeof(info)};

    cr_assert_eq(
        vfio_data_ioctl(&from, from.sessions, VFIO_MIG_GET_PRECOPY_INFO, &info, sizeof(info)), 0);
    return info;
}

/* The guest binds a page by PV, which the target does not do. */
static void bind(void)
{
    const uint64_t root[4] = {0x5000};
    struct gvt_ppgtt *ppgtt;

    cr_assert_eq(gvt_ppgtt_get(source.vgpu, 4, root, 1), 0);
    ppgtt = gvt_ppgtt_find(source.vgpu, root[0]);
    cr_assert_eq(gvt_ppgtt_map(source.vgpu, ppgtt, 0x10000, 0x7001), 0);
}

static int64_t read_into(void *bytes, uint64_t size)
{
    return vfio_data_read(&from, from.sessions, bytes, size);
}

Test(gvt_renew, new_head_is_initial_data_anew_for_who_asked)
{
    uint8_t bytes[2 * HEAD];
    struct vfio_precopy_info info;

    opt_in();
    cr_assert_eq(vfio_set_state(&from, VFIO_DEVICE_STATE_PRE_COPY), 0);
    info = ask();
    cr_expect(info.initial_bytes == HEAD && info.dirty_bytes == 0 && info.flags == 0);
    cr_assert_eq(read_into(bytes, sizeof(bytes)), HEAD);
    cr_expect_eq(read_into(bytes, sizeof(bytes)), -ENOMSG);
    cr_expect_eq(ask().initial_bytes, 0);
    bind();
    info = ask();
    cr_expect(info.initial_bytes == HEAD && info.dirty_bytes == 0);
    cr_expect_eq(info.flags, VFIO_PRECOPY_INFO_REINIT);
    cr_expect_eq(ask().flags, 0, "told once");
    cr_assert_eq(read_into(bytes, sizeof(bytes)), HEAD);
    cr_expect_eq(read_into(bytes, sizeof(bytes)), -ENOMSG);
}

Test(gvt_renew, others_are_told_of_dirty_bytes)
{
    uint8_t bytes[HEAD];
    struct vfio_precopy_info info;

    cr_assert_eq(vfio_set_state(&from, VFIO_DEVICE_STATE_PRE_COPY), 0);
    cr_assert_eq(read_into(bytes, HEAD), HEAD);
    bind();
    info = ask();
    cr_expect(info.initial_bytes == 0 && info.dirty_bytes == HEAD && info.flags == 0);
    cr_assert_eq(vfio_set_state(&from, VFIO_DEVICE_STATE_RUNNING), 0);
    cr_assert_eq(vfio_set_state(&from, VFIO_DEVICE_STATE_PRE_COPY), 0);
    cr_expect_eq(ask().initial_bytes, HEAD, "another session begins with its own");
}

Test(gvt_renew, head_that_is_read_in_part_is_read_to_its_end_first)
{
    uint8_t bytes[2 * HEAD];

    opt_in();
    cr_assert_eq(vfio_set_state(&from, VFIO_DEVICE_STATE_PRE_COPY), 0);
    cr_assert_eq(read_into(bytes, 100), 100);
    bind();
    cr_expect_eq(ask().initial_bytes, HEAD - 100);
    cr_expect_eq(read_into(bytes + 100, HEAD), HEAD - 100);
    cr_expect_eq(read_into(bytes + HEAD, HEAD), HEAD);
    cr_assert_eq(vfio_set_state(&to, VFIO_DEVICE_STATE_RESUMING), 0);
    cr_expect_eq(vfio_write(&to, bytes, HEAD), HEAD, "the first is true of what was");
    cr_expect_eq(vfio_write(&to, bytes + HEAD, HEAD), -EINVAL, "the second is refused");
}

Test(gvt_renew, nothing_comes_anew_once_the_image_is_read)
{
    uint8_t bytes[HEAD];
    uint8_t *image = malloc(MIGRATION_IMG_MAX_SIZE);
    int64_t size = gvt_vfio_ops.estimate(source.vgpu);

    opt_in();
    cr_assert_eq(vfio_set_state(&from, VFIO_DEVICE_STATE_PRE_COPY), 0);
    cr_assert_eq(read_into(bytes, HEAD), HEAD);
    bind(); /* and the VM stops before that was read */
    cr_assert_eq(vfio_set_state(&from, VFIO_DEVICE_STATE_STOP_COPY), 0);
    cr_expect_eq(read_into(image, MIGRATION_IMG_MAX_SIZE), size + 80, "the image has it all");
    cr_expect_eq(read_into(image, 1), 0);
    free(image);
}
