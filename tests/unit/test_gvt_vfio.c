/* SPDX-License-Identifier: MIT */
/* A vGPU through both VFIO faces: the user's loops of v1 and v2 from one host to another, early
 * refusal, cancelling, and the dirty log. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/abi/gvt_execlist.h"
#include "host/abi/gvt_migrate.h"
#include "host/abi/i915_pvinfo.h"
#include "host/abi/vfio_migration_v1.h"
#include "tests/unit/gvt_scene.h"

#define DATA_AT 4096u
#define HEAD    536u

static struct gvt_scene source;
static struct gvt_scene target;
static struct vfio_v1 *from;
static struct vfio_v1 *to;

static struct vfio_v1 *region(struct gvt_scene *scene, const char *name)
{
    const struct vfio_v1_config config = {
        .hal = scene->hal, .name = name, .ops = &gvt_vfio_ops, .dev = scene->vgpu};
    struct vfio_v1 *device = vfio_v1_create(&config);

    cr_assert(device);
    gvt_vgpu_start(scene->vgpu);
    return device;
}

static void open_target(const struct gvt_config *config, char type)
{
    scene_open(&target, config, type, source.guest);
    to = region(&target, "dst.vgpu1");
}

static void open_both(void)
{
    struct gvt_config config = scene_config();

    config.aperture_reserved = 256ull << 20;
    scene_open(&source, NULL, '8', NULL);
    from = region(&source, "src.vgpu1");
    open_target(&config, '8');
}

static void close_both(void)
{
    vfio_v1_destroy(from);
    vfio_v1_destroy(to);
    fake_hal_destroy(source.guest);
    scene_close(&target);
    scene_close(&source);
}

TestSuite(gvt_vfio, .init = open_both, .fini = close_both);

static uint64_t get(struct vfio_v1 *device, uint64_t offset)
{
    uint64_t value = 0;

    cr_assert_eq(vfio_v1_read(device, offset, &value, sizeof(value)), 0);
    return value;
}

static int put(struct vfio_v1 *device, uint64_t offset, uint64_t value)
{
    return vfio_v1_write(device, offset, &value, sizeof(value));
}

static int set(struct vfio_v1 *device, uint32_t state)
{
    return vfio_v1_write(device, VFIO_MIG_V1_DEVICE_STATE_OFF, &state, sizeof(state));
}

/* Moves what is pending, as a VMM does. Returns bytes, or the target's refusal. */
static int64_t pump(uint64_t chunk)
{
    static uint8_t bytes[1 << 20];
    int64_t total = 0;

    while (get(from, VFIO_MIG_V1_PENDING_BYTES_OFF) > 0) {
        uint64_t at = get(from, VFIO_MIG_V1_DATA_OFFSET_OFF);
        uint64_t size = get(from, VFIO_MIG_V1_DATA_SIZE_OFF);

        cr_assert_gt(size, 0);
        cr_assert_eq(vfio_v1_read(from, at, bytes, (size + 7) & ~7ull), 0);
        for (uint64_t done = 0, part; done < size; done += part) {
            int err;

            part = size - done < chunk ? size - done : chunk;
            cr_assert_eq(vfio_v1_write(to, get(to, VFIO_MIG_V1_DATA_OFFSET_OFF), bytes + done,
                                       (part + 15) & ~15ull),
                         0);
            err = put(to, VFIO_MIG_V1_DATA_SIZE_OFF, part);
            if (err) {
                return err;
            }
        }
        total += (int64_t)size;
    }
    return total;
}

static void queue_work(void)
{
    scene_read(&source, PVINFO_MAGIC);
    scene_submit(&source, RCS_BASE, CTX_DESC_VALID | CTX_DESC_PRIVILEGE_ACCESS | 0x10000, 0);
}

Test(gvt_vfio, vgpu_moves_through_v1_with_a_pre_copy)
{
    struct gvt_workload workload;

    queue_work();
    cr_assert_eq(set(to, VFIO_DEVICE_STATE_V1_RESUMING), 0);
    cr_assert_eq(set(from, VFIO_DEVICE_STATE_V1_RUNNING | VFIO_DEVICE_STATE_V1_SAVING), 0);
    cr_expect_eq(pump(4096), HEAD);
    cr_assert_eq(set(from, VFIO_DEVICE_STATE_V1_SAVING), 0);
    cr_expect_eq(pump(100000), 5116596 + 36);
    cr_assert_eq(set(from, VFIO_DEVICE_STATE_V1_STOP), 0);
    cr_assert_eq(set(to, VFIO_DEVICE_STATE_V1_RUNNING), 0);
    cr_assert(gvt_workload_take(target.vgpu, GVT_ENGINE_RCS, &workload));
    cr_expect_eq(workload.desc[0] >> 16, 1);
    cr_expect_not(gvt_workload_take(source.vgpu, GVT_ENGINE_RCS, &workload), "it is stopped");
}

Test(gvt_vfio, cancelled_migration_has_lost_nothing)
{
    static const uint32_t ways[][3] = {{3, 1, 1}, {3, 2, 1}, {2, 0, 1}, {2, 2, 1}};
    struct gvt_workload workload;

    queue_work();
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        for (size_t n = 0; n < 3; n++) {
            cr_assert_eq(set(from, ways[i][n]), 0, "%zu %zu", i, n);
            (void)get(from, VFIO_MIG_V1_PENDING_BYTES_OFF);
        }
        cr_expect_eq(gvt_workload_count(source.vgpu), 1);
    }
    cr_expect(gvt_workload_take(source.vgpu, GVT_ENGINE_RCS, &workload), "it runs");
}

Test(gvt_vfio, target_that_does_not_fit_refuses_in_pre_copy)
{
    struct gvt_config other = scene_config();

    other.platform = GVT_PLATFORM_KBL;
    vfio_v1_destroy(to);
    scene_close(&target);
    open_target(&other, '8');
    cr_assert_eq(set(to, VFIO_DEVICE_STATE_V1_RESUMING), 0);
    cr_assert_eq(set(from, VFIO_DEVICE_STATE_V1_RUNNING | VFIO_DEVICE_STATE_V1_SAVING), 0);
    cr_expect_eq(pump(4096), -EINVAL);
    cr_expect_eq(set(to, VFIO_DEVICE_STATE_V1_RUNNING), -EINVAL);
    cr_expect_eq(vfio_v1_state(to), VFIO_DEVICE_STATE_V1_RESUMING, "nothing was applied");
    cr_expect_eq(vfio_v1_reset(to), 0);
    cr_expect_eq(set(from, VFIO_DEVICE_STATE_V1_RUNNING), 0);
}

Test(gvt_vfio, nothing_and_too_much_are_no_images)
{
    static uint8_t zeros[1 << 20];
    int err = 0;

    cr_assert_eq(set(to, VFIO_DEVICE_STATE_V1_RESUMING), 0);
    cr_expect_eq(set(to, VFIO_DEVICE_STATE_V1_RUNNING), -EINVAL, "empty");
    cr_assert_eq(vfio_v1_reset(to), 0);
    queue_work();
    cr_assert_eq(set(to, VFIO_DEVICE_STATE_V1_RESUMING), 0);
    cr_assert_eq(set(from, VFIO_DEVICE_STATE_V1_SAVING), 0);
    cr_assert_gt(pump(1 << 20), 0);
    for (unsigned n = 0; n < 6 && !err; n++) {
        cr_assert_eq(vfio_v1_write(to, DATA_AT, zeros, sizeof(zeros)), 0);
        err = put(to, VFIO_MIG_V1_DATA_SIZE_OFF, sizeof(zeros));
    }
    cr_expect_eq(err, -EINVAL, "beyond the limit");
    cr_expect_eq(set(to, VFIO_DEVICE_STATE_V1_STOP), -EINVAL);
}

Test(gvt_vfio, type_1_cannot_be_saved_and_runs_on)
{
    vfio_v1_destroy(to);
    scene_close(&target);
    open_target(NULL, '1');
    cr_expect_eq(set(to, VFIO_DEVICE_STATE_V1_SAVING), -EFAULT);
    cr_expect_eq(vfio_v1_state(to), VFIO_DEVICE_STATE_V1_RUNNING);
    gvt_vgpu_start(target.vgpu);
}

Test(gvt_vfio, vgpu_moves_through_v2)
{
    static uint8_t bytes[10000];
    struct vfio_device source_face;
    struct vfio_device target_face;
    int64_t got;

    queue_work();
    vfio_init(&source_face, source.hal, "src.v2", &gvt_vfio_ops, source.vgpu);
    vfio_init(&target_face, target.hal, "dst.v2", &gvt_vfio_ops, target.vgpu);
    cr_assert_eq(vfio_set_state(&source_face, VFIO_DEVICE_STATE_STOP_COPY), 0);
    cr_assert_eq(vfio_set_state(&target_face, VFIO_DEVICE_STATE_RESUMING), 0);
    while ((got = vfio_read(&source_face, bytes, sizeof(bytes))) > 0) {
        cr_assert_eq(vfio_write(&target_face, bytes, (uint64_t)got), got);
    }
    cr_expect_eq(got, 0);
    cr_expect_eq(vfio_set_state(&target_face, VFIO_DEVICE_STATE_RUNNING), 0);
    cr_expect_eq(gvt_workload_count(target.vgpu), 1);
}

/* ---- dirty log ------------------------------------------------------------------------------- */

static uint64_t query(uint64_t start, uint64_t total)
{
    cr_assert_eq(put(from, VFIO_MIG_V1_START_PFN_OFF, start), 0);
    cr_assert_eq(put(from, VFIO_MIG_V1_PAGE_SIZE_OFF, 4096), 0);
    cr_assert_eq(put(from, VFIO_MIG_V1_TOTAL_PFNS_OFF, total), 0);
    return get(from, VFIO_MIG_V1_COPIED_PFNS_OFF);
}

Test(gvt_vfio, pages_that_the_device_writes_are_logged_while_saving)
{
    gvt_dirty_mark(source.vgpu, 0x1000, 4096);
    cr_assert_eq(set(from, 3), 0);
    cr_expect_eq(query(0, 512), 0, "written before the log began");
    gvt_dirty_mark(source.vgpu, 0x2ff0, 0x20);
    gvt_dirty_mark(source.vgpu, SCENE_RAM - 1, 1);
    gvt_dirty_mark(source.vgpu, SCENE_RAM, 4096);
    gvt_dirty_mark(source.vgpu, ~0ull - 10, 5);
    cr_expect_eq(query(0, 1024), 1024);
    cr_expect_eq(get(from, get(from, VFIO_MIG_V1_DATA_OFFSET_OFF)), 0xc);
    cr_expect_eq(get(from, DATA_AT + (1 << 20) + 56), 1ull << 63);
    cr_expect_eq(query(0, 1024), 0);
}
