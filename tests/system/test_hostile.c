/* SPDX-License-Identifier: MIT */
/* A guest that writes and reads all over its BAR0, on the whole machine: GGTT entries of others,
 * views of others, registers of the PF, its own mailboxes and doorbells. Its neighbour's jobs run
 * through the real driver meanwhile. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "gpu_regs.h"
#include "sim/machine/machine.h"
#include "tests/system/core_machine.h"

#define ACCESSES   8000u
#define JOBS       40u
#define WAIT_NS    (100 * HAL_NS_PER_MS)
#define LIMIT_PS   (10ull * 1000000000000ull)
#define VF_RANGE   (4ull << 20) /* GGTT of each VF */
#define VF_ENTRIES (VF_RANGE / HAL_PAGE_SIZE)
#define PF_FIRST   (0x200000u / HAL_PAGE_SIZE)
#define PF_ENTRIES 256u /* more than the driver uses */
#define MARK       0x5eed0000u
#define OWNER      (0x3ffull << GGTT_PTE_VFID_SHIFT)

struct world {
    struct sim *sim;
    struct machine *machine;
    struct machine_gpu *gpu;
    struct hal *pf, *hostile;
    uint64_t start[2]; /* of the VFs' ranges */
    uint64_t random;
    bool over;
    unsigned leaks; /* reads that told something of others */
    uint64_t victim_ptes[2][VF_ENTRIES], pf_ptes[2][PF_ENTRIES];
    uint32_t regs[2][2 * SOFT_SCRATCH_COUNT];
    uint64_t own_foreign; /* entries of VF 1's range that are not its own any more */
    int error;
    uint32_t sum;
};

static struct world world;

/* ---- the guest ------------------------------------------------------------------------------- */

static uint64_t draw(void)
{
    uint64_t z = world.random += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static uint32_t below(uint32_t n)
{
    return (uint32_t)((draw() >> 32) * n >> 32);
}

static uint32_t entry_of(uint64_t addr)
{
    return GGTT_BAR0_OFFSET + (uint32_t)(addr / HAL_PAGE_SIZE) * 8;
}

/* An offset in BAR0; *foreign tells that it must read 0. */
static uint32_t offset(bool *foreign)
{
    *foreign = true;
    switch (below(8)) {
    case 0:
        return entry_of(world.start[1]) + below(VF_ENTRIES) * 8;
    case 1:
        return GGTT_BAR0_OFFSET + (PF_FIRST + below(PF_ENTRIES)) * 8;
    case 2: /* views of the PF on VFs */
        return 0x190000 + VF_VIEW_STRIDE * (1 + below(GPU_MAX_VFS)) + below(VF_VIEW_STRIDE / 4) * 4;
    case 3:
        return SOFT_SCRATCH(below(SOFT_SCRATCH_COUNT)) + below(2) * MEDIA_GT_GSI_OFFSET;
    case 4: /* registers that only the PF has */
        return below(0x40000 / 4) * 4 + below(2) * MEDIA_GT_GSI_OFFSET;
    default:
        *foreign = false;
    }
    switch (below(4)) {
    case 0:
        return entry_of(world.start[0]) + below(VF_ENTRIES) * 8;
    case 1:
        return 0x190000 + below(VF_VIEW_STRIDE);
    case 2:
        return below(2) ? GUC_HOST_INTERRUPT : MED_GUC_HOST_INTERRUPT;
    default:
        return below(BAR0_SIZE - 8);
    }
}

/* A request for a GuC: mostly rings and interrupt pages at entries that hold anything, then their
 * use. */
static void request(void)
{
    const bool media = below(2);
    const uint32_t value =
        below(4) ? (uint32_t)world.start[0] + below(VF_ENTRIES) * HAL_PAGE_SIZE : (uint32_t)draw();
    const uint32_t key = 0x900 + below(9);
    const bool is_size = key == 0x904 || key == 0x907;
    uint32_t words[4] = {0x0508, key << 16 | (is_size ? 1 : 2), is_size ? HAL_PAGE_SIZE : value};

    if (!below(8)) {
        words[0] = below(4) ? 0x4509 : below(0x10000); /* CONTROL_CTB */
        words[1] = 1;
    }
    for (unsigned n = 4; n-- > 0;) {
        hal_write32(world.hostile, media ? MED_VF_SW_FLAG(n) : VF_SW_FLAG(n), words[n]);
    }
    hal_write32(world.hostile, media ? MED_GUC_HOST_INTERRUPT : GUC_HOST_INTERRUPT, 0);
    /* Its own entries lead into its RAM, beside it, and nowhere. */
    for (unsigned n = below(8); n > 0; n--) {
        hal_write64(world.hostile, entry_of(world.start[0]) + below(VF_ENTRIES) * 8,
                    (uint64_t)below(8192) * HAL_PAGE_SIZE | GGTT_PTE_PRESENT);
    }
}

static void storm(void *arg)
{
    (void)arg;
    for (unsigned n = 0; n < ACCESSES; n++) {
        bool foreign;
        uint32_t at = offset(&foreign);

        switch (below(5)) {
        case 3:
            request();
            break;
        case 0:
            hal_write64(world.hostile, at, draw());
            break;
        case 1:
            world.leaks += hal_read64(world.hostile, at & ~7u) && foreign;
            break;
        case 2:
            world.leaks += hal_read32(world.hostile, at) && foreign;
            break;
        default:
            hal_write32(world.hostile, at, (uint32_t)draw());
        }
    }
    world.over = true;
}

/* ---- its neighbours -------------------------------------------------------------------------- */

/* What VF 1 must not change, as the PF sees it. */
static void look(unsigned when)
{
    for (unsigned n = 0; n < VF_ENTRIES; n++) {
        world.victim_ptes[when][n] = hal_read64(world.pf, entry_of(world.start[1]) + 8 * n);
    }
    for (unsigned n = 0; n < PF_ENTRIES; n++) {
        world.pf_ptes[when][n] = hal_read64(world.pf, GGTT_BAR0_OFFSET + (PF_FIRST + n) * 8);
    }
    for (unsigned n = 0; n < 2 * SOFT_SCRATCH_COUNT; n++) {
        uint32_t media = n / SOFT_SCRATCH_COUNT * MEDIA_GT_GSI_OFFSET;

        world.regs[when][n] = hal_read32(world.pf, SOFT_SCRATCH(n % SOFT_SCRATCH_COUNT) + media);
    }
}

static void count_owned(void)
{
    for (unsigned n = 0; n < VF_ENTRIES; n++) {
        uint64_t pte = hal_read64(world.pf, entry_of(world.start[0]) + 8 * n);

        world.own_foreign += (pte & OWNER) != 1ull << GGTT_PTE_VFID_SHIFT;
    }
}

static int provision(unsigned vf)
{
    struct pf_vf_config config = {.ggtt_size = VF_RANGE, .exec_quantum_ms = 1};
    int err = pf_provision(world.gpu->pf, vf, &config);

    pf_get_config(world.gpu->pf, vf, &config);
    world.start[vf - 1] = config.ggtt_start;
    return err;
}

static int run_jobs(struct vf *vf)
{
    const struct vf_job job = {.work_cycles = 500, .preemptible = true, .add = 1, .store_slot = 1};
    int queues[] = {vf_queue_create(vf, VF_ENGINE_RENDER), vf_queue_create(vf, VF_ENGINE_COPY),
                    vf_queue_create(vf, VF_ENGINE_VIDEO)};

    look(0);
    hal_spawn(world.hostile, "hostile guest", storm, NULL);
    for (unsigned n = 0; n < JOBS || !world.over; n++) {
        int queue = queues[n % ARRAY_SIZE(queues)];
        int64_t fence = queue < 0 ? queue : vf_submit(vf, (unsigned)queue, &job);
        int err = fence < 0 ? (int)fence : vf_wait(vf, (unsigned)queue, fence, WAIT_NS);

        if (err) {
            return err;
        }
        world.sum++;
    }
    return 0;
}

static void script(void *arg)
{
    struct hal *hal = arg;

    while (!world.gpu->booted) {
        hal_delay(hal, HAL_NS_PER_MS);
    }
    for (unsigned n = 0; n < 2 * SOFT_SCRATCH_COUNT; n++) {
        hal_write32(world.pf,
                    SOFT_SCRATCH(n % SOFT_SCRATCH_COUNT) +
                        n / SOFT_SCRATCH_COUNT * MEDIA_GT_GSI_OFFSET,
                    MARK + n);
    }
    world.error = world.gpu->boot_error;
    for (unsigned vf = 1; vf <= 2 && !world.error; vf++) {
        world.error = provision(vf);
    }
    if (!world.error) {
        world.error = vf_probe(world.machine->vms[1].vf);
    }
    if (!world.error) {
        world.error = run_jobs(world.machine->vms[1].vf);
    }
    look(1);
    count_owned();
    sim_stop(world.sim);
}

/* ---- the machine ----------------------------------------------------------------------------- */

static void build(const struct core_files *files)
{
    static const struct machine_desc desc = {
        .gpus = {{"src", 2, 2, GUC_ABI_VERSION(1, 27, 0)}},
        .num_gpus = 1,
        .vms = {{"vm1", MACHINE_DEFAULT_RAM, 0}, {"vm2", MACHINE_DEFAULT_RAM, 0}},
        .num_vms = 2,
    };
    struct hal *hal;

    world.random = 1;
    world.sim = core_machine(files, false);
    world.machine = machine_create(world.sim, &desc);
    cr_assert_not_null(world.machine);
    world.gpu = &world.machine->gpus[0];
    for (unsigned n = 0; n < 2; n++) {
        cr_assert_eq(machine_attach(world.machine, &world.machine->vms[n],
                                    machine_find_fn(world.gpu, n + 1)),
                     0);
    }
    world.pf = world.gpu->pf_hal;
    world.hostile = world.machine->vms[0].hal;
    hal = sim_hal_plain(world.sim, "script");
    hal_spawn(hal, "script", script, hal);
    sim_start(world.sim);
}

static void expect_nothing_changed(void)
{
    for (unsigned n = 0; n < VF_ENTRIES; n++) {
        cr_expect_eq(world.victim_ptes[0][n], world.victim_ptes[1][n], "entry %u of VF 2", n);
    }
    for (unsigned n = 0; n < PF_ENTRIES; n++) {
        cr_expect_eq(world.pf_ptes[0][n], world.pf_ptes[1][n], "entry %u of the PF", n);
    }
    for (unsigned n = 0; n < 2 * SOFT_SCRATCH_COUNT; n++) {
        cr_expect_eq(world.regs[0][n], MARK + n, "scratch %u: %x", n, world.regs[0][n]);
        cr_expect_eq(world.regs[1][n], MARK + n, "scratch %u: %x", n, world.regs[1][n]);
    }
}

Test(hostile, storm_of_register_accesses_reaches_nobody_else, .timeout = 600)
{
    struct core_files files;
    uint32_t result;

    core_files_create(&files);
    build(&files);
    cr_expect_eq(sim_run(world.sim, LIMIT_PS), SIM_DONE);
    cr_expect_eq(world.error, 0, "%d", world.error);
    cr_expect(world.over, "the guest is still at it");
    result = vf_result(world.machine->vms[1].vf, 0);
    cr_expect_geq(world.sum, JOBS);
    cr_expect_eq(result, world.sum, "jobs added %u, not %u", result, world.sum);
    cr_expect_eq(world.leaks, 0, "%u reads told something", world.leaks);
    cr_expect_eq(world.own_foreign, 0, "%llu entries", (unsigned long long)world.own_foreign);
    expect_nothing_changed();
    cr_expect_eq(sim_destroy(world.sim), 0);
    machine_destroy(world.machine);
    core_files_remove(&files);
}
