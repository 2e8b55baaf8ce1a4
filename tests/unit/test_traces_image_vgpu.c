/* SPDX-License-Identifier: MIT */
/* Image printer on a vGPU's image: one that the mediator saved, whole and damaged. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/abi/gvt_execlist.h"
#include "host/abi/gvt_migrate.h"
#include "host/abi/i915_pvinfo.h"
#include "tests/unit/gvt_image_bench.h"
#include "traces/traces.h"

#define HEAD_RECORD 536u

static uint8_t *image;
static uint64_t size;

/* A vGPU of type 8 with a root, an entry and two of four port writes. */
static void save(void)
{
    struct gvt_scene scene;
    int64_t got;

    scene_open(&scene, NULL, '8', NULL);
    scene_write_pte(&scene, 0x08000000, 0x5001);
    scene_write(&scene, RCS_BASE + EL_OFFSET_ELSP, 0x11);
    scene_write(&scene, RCS_BASE + EL_OFFSET_ELSP, 0x22);
    free(image); /* a test's own .init comes after the suite's */
    got = gvt_image_save(scene.vgpu, &image);
    cr_assert_eq(got, TYPE8_IMAGE);
    size = (uint64_t)got;
    fake_hal_destroy(scene.guest);
    scene_close(&scene);
}

static void open_image(void)
{
    cr_redirect_stdout();
    save();
}

/* For tests that print more than a pipe holds. */
static void open_silently(void)
{
    cr_assert(freopen("/dev/null", "w", stdout));
    save();
}

static void free_image(void)
{
    free(image);
}

TestSuite(image_vgpu, .init = open_image, .fini = free_image);

static int print(const uint8_t *bytes, uint64_t count)
{
    char path[] = "/tmp/gucsim-image-XXXXXX";
    char command[] = "image";
    char *argv[] = {command, path, NULL};
    int fd = mkstemp(path);
    int ret;

    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, bytes, count), (ssize_t)count);
    (void)close(fd);
    ret = image_main(2, argv);
    (void)unlink(path);
    return ret;
}

/* What the printer said; long outputs are cut. */
static const char *said(void)
{
    static char text[16384];
    FILE *out = cr_get_redirected_stdout();
    size_t got;

    (void)fflush(stdout);
    got = fread(text, 1, sizeof(text) - 1, out);
    text[got] = '\0';
    return text;
}

static void expect_says(const char *text, const char *part)
{
    cr_expect(strstr(text, part), "\"%s\" is not in:\n%s", part, text);
}

Test(image_vgpu, whole_image_is_good_and_its_fields_are_named)
{
    const char *text;

    cr_expect_eq(print(image, size), 0);
    text = said();
    expect_says(text, "0x00000000 HEAD       type 1 size 528");
    expect_says(text, "0x00000218 CFG_SPACE  type 2 size 4096");
    expect_says(text, "0x00001220 SREG       type 4 size 2097152");
    expect_says(text, "0x00201228 VREG       type 3 size 2097152");
    expect_says(text, "0x00401230 GTT        type 5 size 917504");
    expect_says(text, "EXECLIST   type 8 size 100");
    expect_says(text, "SKL");
    expect_says(text, "aperture 64 MiB, hidden 384 MiB, 4 fences");
    expect_says(text, "entry 0x00000 page 0x0000005000");
    expect_says(text, "RCS  00000000 00000000 00000022 00000011 index 2");
    expect_says(text, "5116596 bytes: good");
}

Test(image_vgpu, cut_at_every_record_and_inside_it_is_bad, .init = open_silently)
{
    uint64_t at = 0;

    while (at < size) {
        uint32_t payload;

        memcpy(&payload, image + at + 4, sizeof(payload));
        cr_expect_neq(print(image, at), 0, "cut at %lu", at);
        cr_expect_eq(print(image, at + 8), 1, "cut behind the record's header at %lu", at);
        at += 8 + payload;
        if (payload) {
            cr_expect_eq(print(image, at - 1), 1, "cut before %lu", at);
        }
    }
    cr_expect_eq(at, size);
}

Test(image_vgpu, flipped_bits_are_noticed, .init = open_silently, .timeout = 600)
{
    uint32_t random = 4711;

    for (unsigned n = 0; n < 200; n++) {
        /* The first ones fall upon HEAD, where most fields are. */
        const uint64_t range = n < 100 ? HEAD_RECORD : size;
        uint64_t bit;

        random = random * 1664525u + 1013904223u;
        bit = (uint64_t)random * range * 8 >> 32;
        image[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_expect_eq(print(image, size), 1, "bit %lu of byte %lu", bit % 8, bit / 8);
        image[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

Test(image_vgpu, records_that_are_wrong_are_named)
{
    static const struct {
        uint64_t at;
        uint32_t value;
        const char *says;
    } damages[] = {
        {8, 7, "version 7, readers take 1 only"},
        {12, 1, "HEAD says 1"},
        {536, 9, "type 9 stands where CFG_SPACE (2) has to"},
        {540, 4000, "size is not 4096"},
        {IMG_OFF_GTT + 4, 0x7fffffff, "size is no multiple of 8"},
        {IMG_OFF_GTT + 4, 0x7ffffff8, "cut off: the payload has"},
        {IMG_OFF_VREG + 8 + PVINFO_MAGIC, 0, "PVINFO has no magic"},
        {IMG_OFF_VREG + 8 + PVINFO_FENCE_NUM, 5, "PVINFO's share is not HEAD's"},
        {TYPE8_IMAGE - 4, 9, "the port's index is beyond 3"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
        uint32_t before;

        memcpy(&before, image + damages[i].at, sizeof(before));
        memcpy(image + damages[i].at, &damages[i].value, sizeof(before));
        cr_expect_eq(print(image, size), 1, "row %zu", i);
        expect_says(said(), damages[i].says);
        memcpy(image + damages[i].at, &before, sizeof(before));
    }
}

Test(image_vgpu, bytes_behind_the_last_record_are_bad)
{
    uint8_t *longer = calloc(1, size + 4);

    cr_assert(longer);
    memcpy(longer, image, size);
    cr_expect_eq(print(longer, size + 4), 1);
    expect_says(said(), "4 bytes follow the last record");
    free(longer);
}

/* ---- objects with one entry for each --------------------------------------------------------- */

static void open_work(void)
{
    cr_redirect_stdout();
    image_open();
    image_work();
    image_save(&image_source);
    cr_assert_gt(image_size, WORKLOAD_AT(0));
}

TestSuite(image_vgpu_work, .init = open_work, .fini = image_close);

Test(image_vgpu_work, roots_and_workloads_are_printed)
{
    const char *text;

    cr_expect_eq(print(image_bytes, (uint64_t)image_size), 0);
    text = said();
    expect_says(text, "  level 4 references 2 pdp 0x9000 ");
    expect_says(text, "  level 3 references 1 pdp 0x9000 ");
    expect_says(text,
                "  RCS  first, context 0 descriptor 00010101 port 00010101 00000000 00020101 ");
    expect_says(text, "  RCS  next, context 0 descriptor 00020101 port 00000000 ");
    expect_says(text, "  BCS  first, context 0 descriptor 00030101 port 00030101 ");
    expect_says(text, ": good");
}

static void put_word(uint64_t at, uint32_t value)
{
    memcpy(image_bytes + at, &value, sizeof(value));
}

Test(image_vgpu_work, entries_that_are_wrong_are_named)
{
    static const struct {
        uint64_t at;
        uint32_t value;
        const char *says;
    } damages[] = {
        {PPGTT_AT(8), 1, "WRONG: a root of level 1"},
        {PPGTT_AT(8), 5, "WRONG: a root of level 5"},
        {PPGTT_AT(8 + 40), 2, "WRONG: a root of level 2"},
        {PPGTT_AT(8 + 40), 1, "WRONG: HEAD knows of no pages bound by PV"},
        {WORKLOAD_AT(8), 5, "WRONG: HEAD has no engine 5"},
        {WORKLOAD_AT(8 + 36), UINT32_MAX, "WRONG: HEAD has no engine -1"},
        {WORKLOAD_AT(12), 2, "WRONG: flags are neither 0 nor 1"},
        {WORKLOAD_AT(12), 0x200, "WRONG: flags are neither 0 nor 1"},
        {WORKLOAD_AT(12), 0x1000000, "WRONG: flags are neither 0 nor 1"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
        const uint32_t before = image_word(damages[i].at);

        put_word(damages[i].at, damages[i].value);
        image_reseal();
        cr_expect_eq(print(image_bytes, (uint64_t)image_size), 1, "row %zu", i);
        expect_says(said(), damages[i].says);
        put_word(damages[i].at, before);
    }
}

Test(image_vgpu_work, runs_of_pages_are_checked)
{
    const char *text;

    put_word(GLOBAL(GVT_GLOBAL_FLAGS), GVT_GLOBAL_FLAG_PV_BOUND);
    put_word(PPGTT_AT(8 + 40), GVT_PPGTT_RUN_LEVEL);
    memset(image_bytes + PPGTT_AT(8 + 48), 0, 32);
    put_word(PPGTT_AT(8 + 48), 0x5000);
    put_word(PPGTT_AT(8 + 56), 0x7001);
    image_reseal();
    cr_expect_eq(print(image_bytes, (uint64_t)image_size), 0);
    text = said();
    expect_says(text, "    by PV at 0x5000: 1 pages from entry 0x7001\n");
    put_word(PPGTT_AT(8 + 48), 0x5008);
    image_reseal();
    cr_expect_eq(print(image_bytes, (uint64_t)image_size), 1);
    expect_says(said(), "WRONG: a run that is none");
    put_word(PPGTT_AT(8 + 48), 0x5000);
    put_word(PPGTT_AT(8 + 72), 1);
    image_reseal();
    cr_expect_eq(print(image_bytes, (uint64_t)image_size), 1);
    expect_says(said(), "WRONG: a run that is none");
}
