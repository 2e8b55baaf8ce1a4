/* SPDX-License-Identifier: MIT */
/* The administrator's tree of a GPU with vGPUs: types, creation, the mdev bus, removal. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/gvt_scene.h"

#define TYPES "mdev_supported_types"
#define BUS   "/sys/bus/mdev/devices"
#define UUID2 "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

static struct gvt_scene scene;

static void open_scene(void)
{
    scene_open(&scene, NULL, '8', NULL);
}

static void close_scene(void)
{
    fake_hal_destroy(scene.guest);
    scene_close(&scene);
}

TestSuite(gvt_sysfs, .init = open_scene, .fini = close_scene);

static const char *show(const char *path)
{
    static char text[2048];
    int64_t len = gvt_sysfs_read(scene.gvt, path, text, sizeof(text) - 1);

    if (len < 0) {
        snprintf(text, sizeof(text), "%d", (int)len);
    } else {
        text[len] = '\0';
    }
    return text;
}

static int64_t store(const char *path, const char *text)
{
    return gvt_sysfs_write(scene.gvt, path, text, strlen(text));
}

Test(gvt_sysfs, attributes_of_a_type)
{
    static const struct {
        const char *path, *text;
    } rows[] = {
        {TYPES, "i915-GVTg_V5_8\ni915-GVTg_V5_4\ni915-GVTg_V5_2\ni915-GVTg_V5_1\n"},
        {TYPES "/i915-GVTg_V5_4",
         "name\ndescription\ndevice_api\navailable_instances\ncreate\ndevices\n"
         "migration_version\n"},
        {TYPES "/i915-GVTg_V5_4/name", "GVTg_V5_4\n"},
        {TYPES "/i915-GVTg_V5_4/device_api", "vfio-pci\n"},
        {TYPES "/i915-GVTg_V5_8/description",
         "low_gm_size: 64MB\nhigh_gm_size: 384MB\nfence: 4\nresolution: 1024x768\nweight: 2\n"},
        {TYPES "/i915-GVTg_V5_1/description",
         "low_gm_size: 512MB\nhigh_gm_size: 2048MB\nfence: 4\nresolution: 1920x1200\n"
         "weight: 16\n"},
        {TYPES "/i915-GVTg_V5_8/devices", SCENE_UUID "\n"},
        {TYPES "/i915-GVTg_V5_4/devices", ""},
        {TYPES "/i915-GVTg_V5_8/devices/" SCENE_UUID, "mdev_type\nremove\n"},
        {BUS, SCENE_UUID "\n"},
        {BUS "/" SCENE_UUID "/mdev_type", TYPES "/i915-GVTg_V5_8\n"},
        {BUS "/" SCENE_UUID "/mdev_type/name", "GVTg_V5_8\n"},
        {BUS "/" SCENE_UUID "/mdev_type/migration_version", "8086-1912-GVTg_V5_8-00000001\n"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cr_expect_str_eq(show(rows[i].path), rows[i].text, "%s: %s", rows[i].path,
                         show(rows[i].path));
    }
}

Test(gvt_sysfs, paths_that_lead_nowhere)
{
    static const char *const paths[] = {
        "",
        "/",
        "/mdev_supported_types",
        TYPES "/i915-GVTg_V5_3",
        TYPES "/i915-GVTg_V5_3/name",
        TYPES "/GVTg_V5_4/name",
        TYPES "/i915-GVTg_V5_4/names",
        TYPES "/i915-GVTg_V5_4/name/x",
        TYPES "/i915-GVTg_V5_4/devices/" SCENE_UUID,
        TYPES "/i915-GVTg_V5_4/migration_version/x",
        TYPES "/i915-GVTg_V5_4/0123456789012345678901234567890123456789012345678901234567890123456",
        BUS "x",
        BUS "/" UUID2,
        BUS "/" SCENE_UUID "/remove/x",
        BUS "/" SCENE_UUID "/name",
    };

    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        cr_expect_str_eq(show(paths[i]), "-2", "%s: %s", paths[i], show(paths[i]));
        cr_expect_eq(store(paths[i], "1"), -ENOENT, "%s", paths[i]);
    }
}

Test(gvt_sysfs, a_file_has_its_direction_only)
{
    cr_expect_eq(store(TYPES "/i915-GVTg_V5_4/name", "x"), -EACCES);
    cr_expect_eq(store(TYPES "/i915-GVTg_V5_4/available_instances", "9"), -EACCES);
    cr_expect_str_eq(show(TYPES "/i915-GVTg_V5_4/create"), "-13");
    cr_expect_str_eq(show(BUS "/" SCENE_UUID "/remove"), "-13");
}

Test(gvt_sysfs, a_buffer_too_small_gets_nothing)
{
    char text[4];

    cr_expect_eq(gvt_sysfs_read(scene.gvt, TYPES "/i915-GVTg_V5_4/name", text, sizeof(text)),
                 -ENOSPC);
    cr_expect_eq(
        gvt_sysfs_read(scene.gvt, TYPES "/i915-GVTg_V5_4/migration_version", text, sizeof(text)),
        -ENOSPC);
}

Test(gvt_sysfs, create_refuses_what_is_no_uuid_and_what_is_there)
{
    static const char path[] = TYPES "/i915-GVTg_V5_4/create";

    cr_expect_eq(store(path, ""), -EINVAL);
    cr_expect_eq(store(path, "\n"), -EINVAL);
    cr_expect_eq(store(path, "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeeg"), -EINVAL);
    cr_expect_eq(store(path, "aaaaaaaaabbbb-cccc-dddd-eeeeeeeeeeee"), -EINVAL);
    cr_expect_eq(store(path, UUID2 "0"), -EINVAL);
    cr_expect_eq(store(path, SCENE_UUID), -EEXIST);
    cr_expect_eq(store(path, UUID2 "\n"), GVT_UUID_CHARS + 1);
    cr_expect_str_eq(show(BUS), SCENE_UUID "\n" UUID2 "\n");
    cr_expect_str_eq(show(BUS "/" UUID2 "/mdev_type"), TYPES "/i915-GVTg_V5_4\n");
}

/* Aperture 1024 - 128 MiB, hidden 3072 - 384 MiB, less one vGPU of type 8. */
Test(gvt_sysfs, available_instances_follow_what_is_left)
{
    static const char last[] = "bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeee0";
    char uuid[sizeof(last)];

    cr_expect_str_eq(show(TYPES "/i915-GVTg_V5_8/available_instances"), "6\n");
    cr_expect_str_eq(show(TYPES "/i915-GVTg_V5_4/available_instances"), "4\n");
    cr_expect_str_eq(show(TYPES "/i915-GVTg_V5_2/available_instances"), "2\n");
    cr_expect_str_eq(show(TYPES "/i915-GVTg_V5_1/available_instances"), "1\n");
    cr_expect_eq(store(TYPES "/i915-GVTg_V5_1/create", UUID2), GVT_UUID_CHARS);
    cr_expect_str_eq(show(TYPES "/i915-GVTg_V5_8/available_instances"), "0\n");
    cr_expect_eq(store(TYPES "/i915-GVTg_V5_8/create", last), -ENOSPC);
    cr_expect_eq(store(BUS "/" UUID2 "/remove", "1"), 1);
    for (unsigned n = 0; n < 6; n++) {
        memcpy(uuid, last, sizeof(last));
        uuid[35] = (char)('0' + n);
        cr_expect_eq(store(TYPES "/i915-GVTg_V5_8/create", uuid), GVT_UUID_CHARS, "%u", n);
    }
    cr_expect_eq(store(TYPES "/i915-GVTg_V5_8/create", UUID2), -ENOSPC);
}

Test(gvt_sysfs, type_that_an_empty_gpu_cannot_hold_is_not_offered)
{
    struct gvt_config config = scene_config();
    struct gvt_scene small;
    char text[256] = "";

    config.aperture = 256ull << 20;
    scene_open(&small, &config, '8', scene.guest);
    cr_expect_eq(gvt_sysfs_read(small.gvt, TYPES, text, sizeof(text) - 1), 30);
    cr_expect_str_eq(text, "i915-GVTg_V5_8\ni915-GVTg_V5_4\n");
    scene_close(&small);
}

Test(gvt_sysfs, remove_wants_a_one_and_a_stopped_vgpu)
{
    cr_expect_eq(store(BUS "/" SCENE_UUID "/remove", "0"), -EINVAL);
    gvt_vgpu_start(scene.vgpu);
    cr_expect_eq(store(BUS "/" SCENE_UUID "/remove", "1"), -EBUSY);
    cr_expect_eq(gvt_vgpu_stop(scene.vgpu), 0);
    cr_expect_eq(store(BUS "/" SCENE_UUID "/remove", "1"), 1);
    cr_expect_str_eq(show(BUS), "");
}
