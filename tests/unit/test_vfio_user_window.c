/* SPDX-License-Identifier: MIT */
/* The window of the vfio-user server: what a client that maps it stores, and what it sees. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/vfio_user_scene.h"

#define COMMAND 0x04u
#define MEMORY  0x2u
#define OWN     0x800800u /* words 0x100.. of the window: not at a page's start */
#define WORDS   0x400u

struct info {
    struct vfio_user_region_info region;
    struct vfio_user_sparse_mmap area;
};

/* Asks as QEMU does, and maps what there is. */
static uint64_t *map_window(struct outside *scene)
{
    struct info info = {.region = {.argsz = sizeof(info.region)}};
    uint64_t *words;

    cr_assert_eq(outside_ask(scene, VFIO_USER_DEVICE_GET_REGION_INFO, &info.region,
                             sizeof(info.region), &info, sizeof(info)),
                 0);
    cr_expect_eq(info.region.argsz, sizeof(info));
    cr_expect_eq(info.region.flags, 0xf);
    cr_expect_eq(scene->window, -1, "half of an answer has no file");
    info.region.index = 0;
    cr_assert_eq(outside_ask(scene, VFIO_USER_DEVICE_GET_REGION_INFO, &info.region,
                             sizeof(info.region), &info, sizeof(info)),
                 0);
    cr_assert_geq(scene->window, 0);
    cr_expect_eq(info.region.cap_offset, sizeof(info.region));
    cr_expect_eq(info.area.id, 1);
    cr_expect_eq(info.area.version, 1);
    cr_expect_eq(info.area.next, 0);
    cr_expect_eq(info.area.nr_areas, 1);
    cr_expect_eq(info.area.offset, SCENE_WINDOW);
    cr_expect_eq(info.area.size, SCENE_WINDOW);
    words = mmap(NULL, info.area.size, PROT_READ | PROT_WRITE, MAP_SHARED, scene->window,
                 (off_t)(info.region.offset + info.area.offset));
    cr_assert_neq(words, MAP_FAILED);
    return words;
}

/* The words from OWN on are the function's and read 1. */
static struct outside *mapped_scene(uint64_t **words)
{
    struct outside *scene = outside_create_window();

    outside_open(scene);
    *words = map_window(scene);
    vfio_user_window_own(scene->server, OWN, WORDS * 8);
    for (uint32_t n = 0; n < WORDS; n++) {
        vfio_user_window_show(scene->server, OWN + 8 * n, 1);
    }
    return scene;
}

static void end(struct outside *scene, uint64_t *words)
{
    (void)munmap(words, SCENE_WINDOW);
    outside_destroy(scene);
}

static uint32_t at(uint32_t n)
{
    return (OWN - SCENE_WINDOW) / 8 + n;
}

static void expect_taken(struct outside *scene, uint32_t offset, uint64_t value)
{
    uint32_t where = 0;
    uint64_t what = 0;

    cr_assert(vfio_user_window_take(scene->server, &where, &what), "nothing for 0x%x", offset);
    cr_expect_eq(where, offset, "0x%x is not 0x%x", where, offset);
    cr_expect_eq(what, value);
}

static void expect_no_more(struct outside *scene)
{
    uint32_t where = 0;
    uint64_t what;

    cr_expect_not(vfio_user_window_take(scene->server, &where, &what), "0x%x", where);
}

Test(vfio_user_window, stores_are_taken_once_each_in_order_of_place)
{
    uint64_t *words;
    struct outside *scene = mapped_scene(&words);

    cr_expect_not(vfio_user_window_stored(scene->server));
    cr_expect_eq(words[at(3)], 1, "as shown");
    words[at(WORDS - 1)] = 30;
    words[at(0)] = 10;
    words[at(600)] = 20;
    words[at(601)] = 1; /* as it was */
    cr_expect(vfio_user_window_stored(scene->server));
    expect_taken(scene, OWN, 10);
    expect_taken(scene, OWN + 8 * 600, 20);
    expect_taken(scene, OWN + 8 * (WORDS - 1), 30);
    expect_no_more(scene);
    cr_expect_not(vfio_user_window_stored(scene->server));
    end(scene, words);
}

Test(vfio_user_window, client_that_stores_for_ever_ends_no_round)
{
    uint64_t *words;
    struct outside *scene = mapped_scene(&words);

    words[at(5)] = 7;
    cr_expect(vfio_user_window_stored(scene->server));
    expect_taken(scene, OWN + 8 * 5, 7);
    words[at(5)] = 8;
    words[at(4)] = 9;
    expect_no_more(scene);
    cr_expect(vfio_user_window_stored(scene->server));
    expect_taken(scene, OWN + 8 * 4, 9);
    expect_taken(scene, OWN + 8 * 5, 8);
    expect_no_more(scene);
    end(scene, words);
}

Test(vfio_user_window, stores_outside_of_the_own_part_are_put_back)
{
    static const uint32_t others[] = {0, 0xff, 0x7ff, 0x10000, SCENE_WINDOW / 8 - 1};
    uint64_t *words;
    struct outside *scene = mapped_scene(&words);

    for (unsigned n = 0; n < ARRAY_SIZE(others); n++) {
        words[others[n]] = UINT64_MAX;
    }
    words[at(WORDS)] = 5;
    cr_expect_not(vfio_user_window_stored(scene->server));
    for (unsigned n = 0; n < ARRAY_SIZE(others); n++) {
        cr_expect_eq(words[others[n]], 0, "word %u", others[n]);
    }
    cr_expect_eq(words[at(WORDS)], 0);
    cr_expect_eq(words[at(0)], 1, "the own part stays");
    end(scene, words);
}

Test(vfio_user_window, garbage_everywhere_reaches_the_own_part_alone)
{
    uint64_t *words, value;
    struct outside *scene = mapped_scene(&words);
    uint32_t offset, count = 0;

    memset(words, 0xa5, SCENE_WINDOW);
    cr_expect(vfio_user_window_stored(scene->server));
    while (vfio_user_window_take(scene->server, &offset, &value)) {
        cr_assert(offset >= OWN && offset < OWN + WORDS * 8, "0x%x", offset);
        count++;
    }
    cr_expect_eq(count, WORDS);
    cr_expect_eq(words[0] | words[at(WORDS)] | words[SCENE_WINDOW / 8 - 1], 0);
    end(scene, words);
}

Test(vfio_user_window, function_shows_another_value_where_nothing_was_stored_meanwhile)
{
    uint64_t *words;
    struct outside *scene = mapped_scene(&words);

    words[at(1)] = 100;
    vfio_user_window_show(scene->server, OWN + 8, 2);
    vfio_user_window_show(scene->server, OWN + 16, 3);
    cr_expect_eq(words[at(1)], 100);
    cr_expect_eq(words[at(2)], 3);
    cr_expect(vfio_user_window_stored(scene->server));
    expect_taken(scene, OWN + 8, 100);
    expect_no_more(scene);
    vfio_user_window_show(scene->server, OWN - 8, 9);
    vfio_user_window_show(scene->server, OWN + WORDS * 8, 9);
    vfio_user_window_show(scene->server, 0, 9);
    vfio_user_window_show(scene->server, UINT32_MAX - 7, 9);
    cr_expect_eq(words[at(0) - 1] | words[at(WORDS)], 0, "only the own part shows anything");
    end(scene, words);
}

/* A move: the guest has stored something that it was too late for. */
Test(vfio_user_window, own_part_that_moves_takes_along_what_was_not_taken)
{
    const uint32_t to = OWN + 8 * 16; /* overlaps */
    uint64_t *words;
    struct outside *scene = mapped_scene(&words);

    words[at(2)] = 50;
    words[at(9)] = 0;
    words[at(WORDS + 20)] = 60; /* outside of the old part */
    vfio_user_window_own(scene->server, to, WORDS * 8);
    cr_expect_eq(words[at(0)], 0, "the old part is nobody's");
    for (uint32_t n = 0; n < WORDS; n++) {
        vfio_user_window_show(scene->server, to + 8 * n, n == 3 ? 4 : 1);
    }
    cr_expect(vfio_user_window_stored(scene->server));
    expect_taken(scene, to + 8 * 2, 50);
    expect_taken(scene, to + 8 * 9, 0);
    expect_no_more(scene);
    cr_expect_eq(words[at(16 + 3)], 4);
    vfio_user_window_own(scene->server, to, 0);
    cr_expect_not(vfio_user_window_stored(scene->server));
    cr_expect_eq(words[at(16 + 3)], 0, "nothing is its own");
    end(scene, words);
}

Test(vfio_user_window, parts_beyond_the_window_are_not_owned)
{
    uint64_t *words;
    struct outside *scene = mapped_scene(&words);

    vfio_user_window_own(scene->server, SCENE_WINDOW - 8, 8);
    vfio_user_window_own(scene->server, SCENE_BAR0 - 8, 16);
    vfio_user_window_own(scene->server, UINT32_MAX - 7, 16);
    cr_expect_eq(words[at(0)], 1, "as before");
    vfio_user_window_own(scene->server, SCENE_BAR0 - 8, 8);
    words[SCENE_WINDOW / 8 - 1] = 3;
    cr_expect(vfio_user_window_stored(scene->server));
    expect_taken(scene, SCENE_BAR0 - 8, 3);
    end(scene, words);
}

Test(vfio_user_window, stores_while_memory_is_not_decoded_are_lost)
{
    uint64_t *words;
    struct outside *scene = mapped_scene(&words);

    cr_assert_eq(outside_write(scene, 7, COMMAND, 2, 0), 0);
    words[at(0)] = 77;
    words[at(WORDS)] = 77;
    cr_expect_not(vfio_user_window_stored(scene->server));
    cr_assert_eq(outside_write(scene, 7, COMMAND, 2, MEMORY), 0);
    cr_expect_not(vfio_user_window_stored(scene->server));
    cr_expect_eq(words[at(0)], 1);
    cr_expect_eq(words[at(WORDS)], 0);
    end(scene, words);
}

Test(vfio_user_window, owner_is_asked_to_take_before_whatever_may_rely_on_a_store)
{
    uint64_t *words;
    struct outside *scene = mapped_scene(&words);
    unsigned before = scene->num_windows;
    uint32_t value;

    cr_assert_eq(outside_read(scene, 0, 0x1901f8, 4, &value), 0);
    cr_assert_eq(outside_write(scene, 0, 0x1901f0, 4, 0), 0);
    cr_assert_eq(outside_write(scene, 7, COMMAND, 2, MEMORY), 0);
    cr_assert_eq(outside_ask(scene, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), 0);
    cr_expect_eq(scene->num_windows, before + 4);
    end(scene, words);
}

Test(vfio_user_window, file_of_the_window_cannot_be_cut_grown_or_sealed)
{
    uint64_t *words;
    struct outside *scene = mapped_scene(&words);

    cr_expect_eq(ftruncate(scene->window, 0), -1);
    cr_expect_eq(ftruncate(scene->window, 2 * SCENE_BAR0), -1);
    cr_expect_eq(fcntl(scene->window, F_ADD_SEALS, F_SEAL_WRITE), -1);
    cr_expect_eq(
        fallocate(scene->window, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, SCENE_BAR0), 0,
        "a hole reads zero, as if zeroes had been stored");
    cr_expect(vfio_user_window_stored(scene->server));
    expect_taken(scene, OWN, 0);
    end(scene, words);
}

Test(vfio_user_window, client_that_went_keeps_no_hold_on_the_next_ones_window)
{
    uint64_t *words, *others;
    struct outside *scene = mapped_scene(&words);

    outside_close(scene);
    cr_expect_not(vfio_user_window_is_shared(scene->server));
    vfio_user_window_own(scene->server, OWN, 8); /* into nothing */
    vfio_user_window_show(scene->server, OWN, 2);
    cr_expect_not(vfio_user_window_stored(scene->server));
    outside_open(scene);
    others = map_window(scene);
    vfio_user_window_own(scene->server, OWN, 8);
    words[at(0)] = 99;
    cr_expect_not(vfio_user_window_stored(scene->server));
    cr_expect_eq(others[at(0)], 0);
    (void)munmap(others, SCENE_WINDOW);
    end(scene, words);
}
