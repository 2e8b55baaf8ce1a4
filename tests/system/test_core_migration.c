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
