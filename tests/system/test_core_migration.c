/* SPDX-License-Identifier: MIT */
/* A VM leaves one GPU for another: stop with accesses under way, copy, switch-over, and what then
 * reaches which RAM. */

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "gpu_regs.h"
#include "tests/system/core_machine.h"

#define GUEST_RAM  (1u << 20)
#define GUEST_PAGE HAL_PAGE_SIZE
#define GGTT_PAGE  0x100000u
#define BURST      100u /* more than the link holds */

struct world {
    struct sim *sim;
    struct sim_gpu *src, *dst;
    struct sim_vm *vm;
    struct hal *vf, *script;
    uint64_t stop_ns;
    uint32_t at_stop, after;
    uint32_t src_word, dst_word, vm_word;
    int copy_running, copy_stopped;
    bool guest_ran_while_stopped;
};

static void guest(void *arg)
{
    struct world *world = arg;

    for (uint32_t i = 1; i <= BURST; i++) {
        hal_write32(world->vf, VF_SW_FLAG(1), i);
    }
    world->guest_ran_while_stopped = sim_vm_stopped(world->vm);
    world->after = hal_read32(world->vf, VF_SW_FLAG(1));
}

/* Maps the guest's page for VF 1 of a GPU. */
static void map_page(struct sim_gpu *gpu)
{
    hal_write64(sim_gpu_pf(gpu), GGTT_BAR0_OFFSET + GGTT_PAGE / HAL_PAGE_SIZE * 8,
                GUEST_PAGE | 1u << GGTT_PTE_VFID_SHIFT | GGTT_PTE_PRESENT);
    hal_read32(sim_gpu_pf(gpu), VF_CAP_REG);
}

static void script(void *arg)
{
    struct world *world = arg;
    const uint32_t word = 0x11111111;
    const uint32_t from_src = 0x22222222;

    map_page(world->src);
    map_page(world->dst);
    if (hal_mem_write(world->vf, GUEST_PAGE, &word, 4)) {
        return;
    }
    hal_spawn(world->vf, "guest", guest, world);
    hal_cycles(world->script, 20);
    world->copy_running = sim_vm_copy_ram(world->vm);
    const uint64_t begin = hal_now(world->script);
    sim_vm_stop(world->vm);
    world->stop_ns = hal_now(world->script) - begin;
    world->at_stop = hal_read32(sim_gpu_pf(world->src), VF_SW_FLAG(1) + VF_VIEW_STRIDE);
    world->copy_stopped = sim_vm_copy_ram(world->vm);
    sim_vm_switch_over(world->vm, world->dst, 1);
    sim_vm_commit(world->vm);

    (void)!hal_dma_read(sim_gpu_guc(world->src, 0), 1, GGTT_PAGE, &world->src_word, 1);
    (void)!hal_dma_read(sim_gpu_guc(world->dst, 0), 1, GGTT_PAGE, &world->dst_word, 1);
    /* The source's firmware goes on by mistake: the VM must not see it. */
    (void)!hal_dma_write(sim_gpu_guc(world->src, 0), 1, GGTT_PAGE, &from_src, 1);
    (void)!hal_mem_read(world->vf, GUEST_PAGE, &world->vm_word, 4);
    sim_vm_start(world->vm);
    hal_delay(world->script, 10 * HAL_NS_PER_US);
    sim_stop(world->sim);
}

Test(core_migration, the_vm_goes_on_at_the_target_with_its_ram)
{
    struct world world = {.sim = core_machine(NULL, false)};

    world.src = sim_gpu_create(world.sim, "src", GUEST_RAM, 1);
    world.dst = sim_gpu_create(world.sim, "dst", GUEST_RAM, 1);
    world.vm = sim_vm_create(world.sim, "vm1", GUEST_RAM);
    sim_vm_attach(world.vm, world.src, 1);
    world.vf = sim_vm_hal(world.vm);
    world.script = sim_hal_plain(world.sim, "script");
    hal_spawn(world.script, "script", script, &world);
    sim_start(world.sim);
    cr_expect_eq(sim_run(world.sim, 1000 * HAL_NS_PER_US * 1000), SIM_DONE);
    sim_destroy(world.sim);

    cr_expect_lt(world.copy_running, 0, "the copy of a running VM is refused");
    cr_expect_eq(world.copy_stopped, 0);
    cr_expect_geq(world.stop_ns, 80, "posted writes take the link's time: %lu ns", world.stop_ns);
    cr_expect_eq(world.at_stop, 64, "what was posted before the stop arrived: %u", world.at_stop);
    cr_expect_not(world.guest_ran_while_stopped);
    cr_expect_eq(world.after, BURST, "the rest goes to the target: %u", world.after);
    cr_expect_eq(world.src_word, 0xdbdbdbdb, "%x", world.src_word);
    cr_expect_eq(world.dst_word, 0x11111111, "%x", world.dst_word);
    cr_expect_eq(world.vm_word, 0x11111111, "%x", world.vm_word);
}

/* ---- who wrote which page ------------------------------------------------------------------- */

#define LOGGED_PAGES (GUEST_RAM / HAL_PAGE_SIZE)

struct logged {
    struct sim *sim;
    struct sim_gpu *gpu;
    struct sim_vm *vm;
    struct hal *script;
    uint8_t cpu[LOGGED_PAGES / 8], device[LOGGED_PAGES / 8], again[LOGGED_PAGES / 8];
    uint8_t larger[LOGGED_PAGES / 8];
    uint64_t cpu_found, stale_before, stale_after;
    bool full, empty;
};

static void take(struct logged *logged, bool cpu, bool device, uint8_t *bitmap)
{
    const struct sim_vm_writers by = {.cpu = cpu, .device = device};
    uint64_t found = sim_vm_log_take(logged->vm, by, 0, HAL_PAGE_SIZE, LOGGED_PAGES, bitmap);

    logged->cpu_found += cpu ? found : 0;
}

static void log_script(void *arg)
{
    struct logged *logged = arg;
    struct hal *vf = sim_vm_hal(logged->vm);
    const struct sim_vm_writers both = {.cpu = true, .device = true};
    const uint64_t words[2] = {1, 2};
    const uint32_t word = 3;

    map_page(logged->gpu);
    (void)!hal_mem_write(vf, 9 * HAL_PAGE_SIZE, words, sizeof(words)); /* before the log */
    sim_vm_copy_begin(logged->vm);
    sim_vm_log(logged->vm, true);
    logged->full = sim_vm_copy_pages(logged->vm, 9 * HAL_PAGE_SIZE, HAL_PAGE_SIZE);
    logged->empty = sim_vm_copy_pages(logged->vm, 10 * HAL_PAGE_SIZE, HAL_PAGE_SIZE);
    logged->stale_before = sim_vm_copy_stale(logged->vm);

    (void)!hal_mem_write(vf, 5 * HAL_PAGE_SIZE - 8, words, sizeof(words)); /* two pages */
    (void)!hal_dma_write(sim_gpu_guc(logged->gpu, 0), 1, GGTT_PAGE, &word, 1);
    logged->stale_after = sim_vm_copy_stale(logged->vm);
    take(logged, true, false, logged->cpu);
    take(logged, false, true, logged->device);
    take(logged, true, true, logged->again);
    (void)!hal_mem_write(vf, 7 * HAL_PAGE_SIZE, words, sizeof(words));
    (void)sim_vm_log_take(logged->vm, both, 0, 4 * HAL_PAGE_SIZE, LOGGED_PAGES / 4, logged->larger);
    sim_vm_log(logged->vm, false);
    (void)!hal_mem_write(vf, 3 * HAL_PAGE_SIZE, words, sizeof(words));
    take(logged, true, true, logged->again);
    sim_vm_drop_copy(logged->vm);
    sim_stop(logged->sim);
}

Test(core_migration, log_has_each_page_that_a_vcpu_or_a_device_wrote_and_no_other)
{
    static struct logged logged;
    static const uint8_t cpu[LOGGED_PAGES / 8] = {1u << 4 | 1u << 5};
    static const uint8_t device[LOGGED_PAGES / 8] = {1u << GUEST_PAGE / HAL_PAGE_SIZE};
    static const uint8_t larger[LOGGED_PAGES / 8] = {1u << 1};
    static const uint8_t none[LOGGED_PAGES / 8];

    logged.sim = core_machine(NULL, false);
    logged.gpu = sim_gpu_create(logged.sim, "src", GUEST_RAM, 1);
    logged.vm = sim_vm_create(logged.sim, "vm1", GUEST_RAM);
    sim_vm_attach(logged.vm, logged.gpu, 1);
    logged.script = sim_hal_plain(logged.sim, "script");
    hal_spawn(logged.script, "script", log_script, &logged);
    sim_start(logged.sim);
    cr_expect_eq(sim_run(logged.sim, 1000 * HAL_NS_PER_US * 1000), SIM_DONE);
    sim_destroy(logged.sim);

    cr_expect_arr_eq(logged.cpu, cpu, sizeof(cpu));
    cr_expect_arr_eq(logged.device, device, sizeof(device));
    cr_expect_arr_eq(logged.again, none, sizeof(none), "each is told once");
    cr_expect_arr_eq(logged.larger, larger, sizeof(larger), "by pages of 16 KiB");
    cr_expect_eq(logged.cpu_found, 2, "%lu", logged.cpu_found);
    cr_expect(logged.full && !logged.empty);
    cr_expect_eq(logged.stale_before, 0, "%lu", logged.stale_before);
    cr_expect_eq(logged.stale_after, 3, "what is not copied is seen: %lu", logged.stale_after);
}
