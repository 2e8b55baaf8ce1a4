/* SPDX-License-Identifier: MIT */
/* The fake HAL keeps hal.h's promises: every other unit test rests on them. */
#include "tests/unit/fake_hal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

struct scene {
    struct hal *hal;
    char log[64];
    uint64_t at;
    uint32_t mask;
    bool flag;
    bool line;
};

static struct scene *scene_create(struct scene *scene, const struct fake_device *device)
{
    memset(scene, 0, sizeof(*scene));
    scene->hal = fake_hal_create(device, 64 * HAL_PAGE_SIZE);
    return scene;
}

static void note(struct scene *scene, char what)
{
    scene->log[strlen(scene->log)] = what;
}

static void note_late(void *arg)
{
    note(arg, 't');
}

static void wake_after_5us(void *arg)
{
    struct scene *scene = arg;

    hal_delay(scene->hal, 5 * HAL_NS_PER_US);
    note(scene, 'w');
    scene->flag = true;
    hal_wake(scene->hal);
    hal_delay(scene->hal, HAL_NS_PER_S);
}

static void wait_for_flag(void *arg)
{
    struct scene *scene = arg;

    hal_spawn(scene->hal, "waker", wake_after_5us, scene);
    fake_at(scene->hal, 3 * HAL_NS_PER_US, note_late, scene);
    while (!scene->flag && hal_wait(scene->hal, HAL_NS_PER_MS)) {
    }
    note(scene, 'm');
    scene->at = hal_now(scene->hal);
}

Test(fake_hal, wake_ends_a_wait_at_the_waker_s_time)
{
    struct scene scene;

    fake_run(scene_create(&scene, NULL)->hal, wait_for_flag, &scene, HAL_NS_PER_S);
    cr_expect_str_eq(scene.log, "twm");
    cr_expect_eq(scene.at, 5 * HAL_NS_PER_US);
    fake_hal_destroy(scene.hal);
}

static void wait_in_vain(void *arg)
{
    struct scene *scene = arg;

    scene->flag = hal_wait(scene->hal, 7);
    scene->mask = hal_irq_wait(scene->hal, 8);
    hal_cycles(scene->hal, 9);
    scene->at = hal_now(scene->hal);
}

Test(fake_hal, waits_end_in_time)
{
    struct scene scene;

    fake_run(scene_create(&scene, NULL)->hal, wait_in_vain, &scene, HAL_NS_PER_S);
    cr_expect_not(scene.flag);
    cr_expect_eq(scene.mask, 0u);
    cr_expect_eq(scene.at, 7u + 8u + 9u);
    fake_hal_destroy(scene.hal);
}

static void raise_both(void *arg)
{
    struct scene *scene = arg;

    fake_irq(scene->hal, 1);
    fake_irq(scene->hal, 4);
}

static void take_vectors(void *arg)
{
    struct scene *scene = arg;

    fake_at(scene->hal, 10, raise_both, scene);
    scene->mask = hal_irq_wait(scene->hal, HAL_FOREVER);
    scene->at = hal_now(scene->hal);
    scene->mask |= hal_irq_wait(scene->hal, 5) << 8;
}

Test(fake_hal, vectors_gather_and_are_taken_once)
{
    struct scene scene;

    fake_run(scene_create(&scene, NULL)->hal, take_vectors, &scene, HAL_NS_PER_S);
    cr_expect_eq(scene.mask, 5u);
    cr_expect_eq(scene.at, 10u);
    fake_hal_destroy(scene.hal);
}

static bool read_line(void *arg)
{
    return ((struct scene *)arg)->line;
}

static void lift_line(void *arg)
{
    ((struct scene *)arg)->line = true;
}

static void take_line_twice(void *arg)
{
    struct scene *scene = arg;

    fake_at(scene->hal, 10, lift_line, scene);
    scene->mask = hal_irq_wait(scene->hal, HAL_FOREVER);
    scene->mask += hal_irq_wait(scene->hal, HAL_FOREVER);
    scene->line = false;
    scene->mask += hal_irq_wait(scene->hal, 10);
}

Test(fake_hal, a_line_is_a_level)
{
    struct scene scene;
    struct fake_device device = {.irq_line = read_line, .arg = &scene};

    fake_run(scene_create(&scene, &device)->hal, take_line_twice, &scene, HAL_NS_PER_S);
    cr_expect_eq(scene.mask, 2u);
    fake_hal_destroy(scene.hal);
}

static void use_registers(void *arg)
{
    struct scene *scene = arg;

    hal_write64(scene->hal, 0x1000, 0x1122334455667788);
    scene->mask = hal_read32(scene->hal, 0x1004);
    scene->at = hal_now(scene->hal);
}

Test(fake_hal, registers_store_and_cost_time)
{
    struct scene scene;

    fake_run(scene_create(&scene, NULL)->hal, use_registers, &scene, HAL_NS_PER_S);
    cr_expect_eq(scene.mask, 0x11223344u);
    cr_expect_eq(scene.at, 120u);
    cr_expect_eq(fake_reg(scene.hal, 0x1000), 0x55667788u);
    fake_hal_destroy(scene.hal);
}

Test(fake_hal, memory_is_zeroed_bounded_and_given_back)
{
    struct scene scene;
    struct hal *hal = scene_create(&scene, NULL)->hal;
    uint64_t addr = hal_mem_alloc(hal, HAL_PAGE_SIZE + 1);
    uint32_t word = 7;

    cr_expect_neq(addr, 0u);
    cr_expect_eq(hal_mem_write(hal, addr + HAL_PAGE_SIZE, &word, sizeof(word)), 0);
    cr_expect_eq(hal_mem_alloc(hal, 64 * HAL_PAGE_SIZE), 0u);
    hal_mem_free(hal, addr);
    cr_expect_eq(hal_mem_alloc(hal, 2 * HAL_PAGE_SIZE), addr);
    cr_expect_eq(hal_mem_read(hal, addr + HAL_PAGE_SIZE, &word, sizeof(word)), 0);
    cr_expect_eq(word, 0u);
    cr_expect_eq(hal_mem_read(hal, 64 * HAL_PAGE_SIZE - 2, &word, sizeof(word)), -EFAULT);
    cr_expect_eq(hal_mem_read(hal, UINT64_MAX - 1, &word, sizeof(word)), -EFAULT);
    fake_hal_destroy(hal);
}

static void move_across_pages(void *arg)
{
    struct scene *scene = arg;
    uint32_t words[3] = {1, 2, 3};

    fake_dma_map(scene->hal, 1, 0x5000, 0x2000);
    cr_expect_eq(hal_dma_write(scene->hal, 1, 0x5ffc, words, 3), 0);
    cr_expect_eq(fake_dma_read32(scene->hal, 1, 0x6004), 3u);
    cr_expect_eq(hal_dma_read(scene->hal, 2, 0x5ffc, words, 1), -EFAULT);
    fake_dma_unmap(scene->hal, 1, 0x6000, 0x1000);
    cr_expect_eq(hal_dma_read(scene->hal, 1, 0x5ffc, words, 2), -EFAULT);
    cr_expect_eq(hal_dma_read(scene->hal, 1, 0x5ffc, words, 1), 0);
    cr_expect_eq(words[0], 1u);
}

Test(fake_hal, dma_crosses_pages_and_faults_on_absent_ones)
{
    struct scene scene;

    fake_run(scene_create(&scene, NULL)->hal, move_across_pages, &scene, HAL_NS_PER_S);
    fake_hal_destroy(scene.hal);
}

Test(fake_hal, traces_become_lines)
{
    struct scene scene;
    struct hal *hal = scene_create(&scene, NULL)->hal;
    const uint32_t words[] = {0x90005106, 1};
    const struct hal_field fields[] = {{"ev", HAL_STR, 0, "sent"},
                                       {"name", HAL_STR, 0, NULL},
                                       {"fn", HAL_INT, 3, NULL},
                                       {"hxg", HAL_HEX, 2, words}};

    hal_trace(hal, 1, "g2h", fields, 4);
    hal_trace(hal, HAL_GT_NONE, "other", NULL, 0);
    cr_expect_str_eq(fake_trace_last(hal, "fn=3"),
                     "g2h ev=sent name=null fn=3 hxg=90005106 00000001 gt=1");
    cr_expect_eq(fake_trace_count(hal, "fn=3"), 1u);
    cr_expect_null(fake_trace_last(hal, "nothing"));
    fake_hal_destroy(hal);
}
