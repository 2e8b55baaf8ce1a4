/* SPDX-License-Identifier: MIT */
/* migration_version by path: what a type says, what it takes, and why it refuses. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/gvt/gvt.h"
#include "tests/unit/fake_hal.h"
#include "tests/unit/gvt_scene.h"

#define TYPE4   "mdev_supported_types/i915-GVTg_V5_4/"
#define VERSION "8086-1912-GVTg_V5_4-00000001"

static struct hal *hal;

static struct gvt *make(struct gvt_config config)
{
    static const struct fake_device no_device;
    struct gvt *gvt;

    hal = fake_hal_kept(&no_device, 0);
    config.hal = hal;
    gvt = gvt_create(&config);
    cr_assert(gvt);
    return gvt;
}

TestSuite(gvt_version, .fini = fake_hals_close);

static int64_t store(struct gvt *gvt, const char *text)
{
    return gvt_sysfs_write(gvt, TYPE4 "migration_version", text, strlen(text));
}

Test(gvt_version, string_of_each_type_ends_with_a_newline)
{
    struct gvt *gvt = make(scene_config());

    for (const char *suffix = "8421"; *suffix; suffix++) {
        char path[64];
        char expected[64];
        char text[64] = "";

        snprintf(path, sizeof(path), "mdev_supported_types/i915-GVTg_V5_%c/migration_version",
                 *suffix);
        snprintf(expected, sizeof(expected), "8086-1912-GVTg_V5_%c-00000001\n", *suffix);
        cr_expect_eq(gvt_sysfs_read(gvt, path, text, sizeof(text) - 1), (int)strlen(expected));
        cr_expect_str_eq(text, expected);
    }
    gvt_destroy(gvt);
}

/* Equality decides; the reason is for the reader. */
static const struct {
    const char *written;
    int64_t result; /* 0: as many bytes as written */
    const char *reason;
} outcomes[] = {
    {VERSION, 0, NULL},
    {VERSION "\n", 0, NULL},
    {VERSION "\n\n", -EINVAL, "wrong string format"},
    {VERSION " ", -EINVAL, "wrong string format"},
    {" " VERSION, -EINVAL, "wrong string format"},
    {"", -EINVAL, "wrong string format"},
    {"\n", -EINVAL, "wrong string format"},
    {"8086-1912-GVTg_V5_4", -EINVAL, "wrong string format"},
    {"8086-1912-GVTg_V5_4-", -EINVAL, "wrong string format"},
    {"8086-1912--00000001", -EINVAL, "wrong string format"},
    {"8086", -EINVAL, "wrong string format"},
    {"8086-191B-GVTg_V5_4-00000001", -EINVAL, "physical device"},
    {"8087-1912-GVTg_V5_4-00000001", -EINVAL, "physical device"},
    {"8086-1912-GVTg_V5_4-00000002", -EINVAL, "software version"},
    {"8086-1912-GVTg_V5_4-00000000", -EINVAL, "software version"},
    {"8086-1912-GVTg_V5_8-00000001", -EINVAL, "vgpu type"},
    {"8086-1912-GVTG_V5_4-00000001", -EINVAL, "vgpu type"},
    {"8086-1912-i915-GVTg_V5_4-00000001", -EINVAL, "vgpu type"},
    /* More than one thing: hardware first, then software, then type. */
    {"8086-1916-GVTg_V5_8-00000002", -EINVAL, "physical device"},
    {"8086-1912-GVTg_V5_8-00000002", -EINVAL, "software version"},
    /* A name with dashes does not hide what follows it. */
    {"8086-1912-a-b-c-00000002", -EINVAL, "software version"},
    /* Equal in each field, but not the string. */
    {"8086-1912-GVTg_V5_4-1", -EINVAL, "wrong string format"},
    {"8086-1912-GVTg_V5_4-00000001 x", -EINVAL, "wrong string format"},
    {"08086-1912-GVTg_V5_4-00000001", -EINVAL, "wrong string format"},
    /* 16 characters are a name, 17 are none; nine digits are no number. */
    {"8086-1912-abcdefghijklmnop-00000001", -EINVAL, "vgpu type"},
    {"8086-1912-abcdefghijklmnopq-00000001", -EINVAL, "wrong string format"},
    {"000008086-1912-GVTg_V5_4-00000001", -EINVAL, "wrong string format"},
    {"8086-1912-GVTg_V5_4-000000001", -EINVAL, "wrong string format"},
    {"xyz-1912-GVTg_V5_4-00000001", -EINVAL, "wrong string format"},
};

Test(gvt_version, every_outcome_of_a_write_and_its_reason)
{
    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
        struct gvt *gvt = make(scene_config());
        int64_t result = store(gvt, outcomes[i].written);

        if (outcomes[i].result == 0) {
            cr_expect_eq(result, (int64_t)strlen(outcomes[i].written), "row %zu: %ld", i, result);
            cr_expect_eq(fake_trace_count(hal, "peer_error"), 0, "row %zu", i);
        } else {
            cr_expect_eq(result, outcomes[i].result, "row %zu: %ld", i, result);
            cr_expect_eq(fake_trace_count(hal, outcomes[i].reason), 1, "row %zu: %s", i,
                         fake_trace_last(hal, "peer_error"));
        }
        gvt_destroy(gvt);
        fake_hals_close();
    }
}

Test(gvt_version, embedded_nul_and_an_endless_string_are_refused)
{
    static char endless[5000];
    struct gvt *gvt = make(scene_config());
    const char path[] = TYPE4 "migration_version";

    memset(endless, '1', sizeof(endless));
    cr_expect_eq(gvt_sysfs_write(gvt, path, VERSION "\0x", strlen(VERSION) + 2), -EINVAL);
    cr_expect_eq(gvt_sysfs_write(gvt, path, endless, sizeof(endless)), -EINVAL);
    gvt_destroy(gvt);
}

Test(gvt_version, host_without_migration_says_enodev_both_ways)
{
    struct gvt_config configs[] = {scene_config(), scene_config(), scene_config()};

    configs[0].gen = 7;
    configs[1].gen = 11;
    configs[2].software_version = GVT_SOFTWARE_VERSION_INV;
    for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
        struct gvt *gvt = make(configs[i]);
        char text[64];

        cr_expect_eq(gvt_sysfs_read(gvt, TYPE4 "migration_version", text, sizeof(text)), -ENODEV);
        cr_expect_eq(store(gvt, VERSION), -ENODEV);
        gvt_destroy(gvt);
    }
}

Test(gvt_version, type_that_is_not_there_says_enodev)
{
    struct gvt *gvt = make(scene_config());
    char text[64];

    cr_expect_eq(gvt_sysfs_read(gvt, "mdev_supported_types/i915-GVTg_V5_3/migration_version", text,
                                sizeof(text)),
                 -ENODEV);
    cr_expect_eq(
        gvt_sysfs_read(gvt, "mdev_supported_types/GVTg_V5_4/migration_version", text, sizeof(text)),
        -ENODEV);
    gvt_destroy(gvt);
}

Test(gvt_version, compatible_only_when_types_and_strings_are_equal)
{
    struct gvt_config newer = scene_config();
    struct gvt_config silent = scene_config();
    struct gvt *ours = make(scene_config());
    struct gvt *same = make(scene_config());
    struct gvt *other;
    struct gvt *none;

    newer.software_version = 2;
    silent.software_version = GVT_SOFTWARE_VERSION_INV;
    other = make(newer);
    none = make(silent);
    cr_expect_eq(gvt_migration_compatible(ours, "i915-GVTg_V5_4", same, "i915-GVTg_V5_4"), 0);
    cr_expect_eq(gvt_migration_compatible(ours, "i915-GVTg_V5_4", same, "i915-GVTg_V5_8"), -EINVAL);
    cr_expect_eq(gvt_migration_compatible(ours, "i915-GVTg_V5_4", other, "i915-GVTg_V5_4"),
                 -EINVAL);
    cr_expect_eq(gvt_migration_compatible(ours, "i915-GVTg_V5_4", none, "i915-GVTg_V5_4"), -EINVAL);
    cr_expect_eq(gvt_migration_compatible(none, "i915-GVTg_V5_4", none, "i915-GVTg_V5_4"), -EINVAL);
    gvt_destroy(ours);
    gvt_destroy(same);
    gvt_destroy(other);
    gvt_destroy(none);
}
