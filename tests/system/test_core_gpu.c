/* SPDX-License-Identifier: MIT */
/* The chip in its machine: BAR0, doorbell, GuC bus, DMA and interrupts between three small
 * programs, and that the idle skip leaves no trace. */

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gpu_regs.h"
#include "tests/system/core_machine.h"

#define GUEST_RAM     (1u << 20)
#define GGTT_PAGE     0x100000u /* VF 1's page in the GGTT */
#define MARK          0x00001234u
#define REPLY         0x80005678u
#define DATA_DW       40u
#define GUEST_PAGE    HAL_PAGE_SIZE /* first page that the allocator gives */
#define STATUS_OFFSET 0x400u
#define SOURCE_OFFSET 0x4f0u

struct world {
    struct sim *sim;
    struct sim_gpu *gpu;
    struct sim_vm *vm;
    struct hal *pf, *guc, *vf;
    int probe;
    bool mapped;
    uint32_t doorbell, request, reply, irq, view;
    int dma_read, dma_write, dma_absent;
    uint32_t seen[DATA_DW], written[DATA_DW];
    uint8_t status, source;
    uint64_t pte;
};

/* PF: gives VF 1 a page, then looks at the VF's mailbox through its view. */
static void pf_program(void *arg)
{
    struct world *world = arg;
    const uint32_t entry = GGTT_BAR0_OFFSET + GGTT_PAGE / HAL_PAGE_SIZE * 8;

    hal_write64(world->pf, entry, GUEST_PAGE | 1u << GGTT_PTE_VFID_SHIFT | GGTT_PTE_PRESENT);
    world->pte = hal_read64(world->pf, entry);
    world->mapped = true;
    hal_wake(world->vf);
    hal_delay(world->pf, 20 * HAL_NS_PER_US);
    world->view = hal_read32(world->pf, VF_SW_FLAG_0 + VF_VIEW_STRIDE);
    sim_stop(world->sim);
}

/* VF: request in the mailbox, doorbell, answer, interrupt. */
static void vf_program(void *arg)
{
    struct world *world = arg;
    uint32_t data[DATA_DW];

    while (!world->mapped) {
        hal_wait(world->vf, HAL_FOREVER);
    }
    for (uint32_t i = 0; i < DATA_DW; i++) {
        data[i] = 0x1000 + i;
    }
    if (hal_mem_alloc(world->vf, HAL_PAGE_SIZE) != GUEST_PAGE ||
        hal_mem_write(world->vf, GUEST_PAGE + 4, data, sizeof(data))) {
        return;
    }
    hal_write32(world->vf, VF_SW_FLAG_0, MARK);
    hal_write32(world->vf, GUC_HOST_INTERRUPT, 0);
    world->irq = hal_irq_wait(world->vf, HAL_NS_PER_MS);
    world->reply = hal_read32(world->vf, VF_SW_FLAG_0);
    world->dma_write |= hal_mem_read(world->vf, GUEST_PAGE + 0x204, world->written, sizeof(data));
    world->dma_write |= hal_mem_read(world->vf, GUEST_PAGE + STATUS_OFFSET + 15, &world->status, 1);
    world->dma_write |= hal_mem_read(world->vf, GUEST_PAGE + SOURCE_OFFSET, &world->source, 1);
}

/* GuC: takes the request, copies the guest's data beside itself, answers, interrupts. */
static void guc_program(void *arg)
{
    struct world *world = arg;
    uint32_t scratch = 0;

    hal_write32(world->guc, GUCBUS_IRQ_ENABLE, GUCBUS_IRQ_DOORBELL);
    if (!hal_irq_wait(world->guc, HAL_FOREVER)) {
        return;
    }
    world->doorbell = hal_read32(world->guc, GUCBUS_DB_NEXT);
    hal_probe_set(world->guc, world->probe, 1);
    world->request = hal_read32(world->guc, GUCBUS_MBOX_BASE + GUCBUS_MBOX_FN_STRIDE);
    world->dma_read = hal_dma_read(world->guc, 1, GGTT_PAGE + 4, world->seen, DATA_DW);
    world->dma_write = hal_dma_write(world->guc, 1, GGTT_PAGE + 0x204, world->seen, DATA_DW);
    world->dma_absent = hal_dma_read(world->guc, 1, GGTT_PAGE + HAL_PAGE_SIZE, &scratch, 1);
    hal_write32(world->guc, GUCBUS_MBOX_BASE + GUCBUS_MBOX_FN_STRIDE, REPLY);
    hal_write32(world->guc, GUCBUS_MEMIRQ_STATUS, GGTT_PAGE + STATUS_OFFSET);
    hal_write32(world->guc, GUCBUS_MEMIRQ_SOURCE, GGTT_PAGE + SOURCE_OFFSET);
    hal_write32(world->guc, GUCBUS_IRQ_SEND, GUCBUS_IRQ_BY_MEMORY | 1u << 16 | GUC_INTR_GUC2HOST);
    hal_irq_wait(world->guc, HAL_FOREVER);
}

/* Returns true when the run ended by itself and its files are complete. */
static bool run_world(struct world *world, const struct core_files *files, bool no_skip,
                      struct sim_summary *summary)
{
    memset(world, 0, sizeof(*world));
    world->sim = core_machine(files, no_skip);
    world->gpu = sim_gpu_create(world->sim, "src", GUEST_RAM, 2);
    sim_gpu_create(world->sim, "dst", GUEST_RAM, 2);
    world->vm = sim_vm_create(world->sim, "vm1", GUEST_RAM);
    sim_vm_attach(world->vm, world->gpu, 1);
    world->pf = sim_gpu_pf(world->gpu);
    world->guc = sim_gpu_guc(world->gpu, 0);
    world->vf = sim_vm_hal(world->vm);
    world->probe = hal_probe(world->guc, "vf1.state", 4, NULL);
    hal_spawn(world->pf, "pf", pf_program, world);
    hal_spawn(world->vf, "vf", vf_program, world);
    hal_spawn(world->guc, "guc", guc_program, world);
    sim_start(world->sim);

    const bool done = sim_run(world->sim, 100 * HAL_NS_PER_US * 1000) == SIM_DONE;
    const bool finished = sim_finish(world->sim, summary) == 0;
    return sim_destroy(world->sim) == 0 && done && finished;
}

Test(core_gpu, request_dma_reply_and_interrupt_pass_through_the_chip)
{
    struct core_files files;
    struct world world;
    struct sim_summary summary;

    core_files_create(&files);
    cr_expect(run_world(&world, &files, false, &summary));
    cr_expect_eq(world.pte, GUEST_PAGE | 1u << GGTT_PTE_VFID_SHIFT | GGTT_PTE_PRESENT);
    cr_expect_eq(world.doorbell & (GUCBUS_DB_VALID | GUCBUS_DB_FN), GUCBUS_DB_VALID | 1, "%x",
                 world.doorbell);
    cr_expect_eq(world.request, MARK, "%x", world.request);
    cr_expect_eq(world.dma_read, 0);
    cr_expect_eq(world.dma_write, 0);
    cr_expect_eq(world.dma_absent, -EFAULT);
    for (uint32_t i = 0; i < DATA_DW; i++) {
        cr_expect_eq(world.written[i], 0x1000 + i, "dword %u is %x", i, world.written[i]);
    }
    cr_expect_eq(world.irq, 1, "vectors %x", world.irq);
    cr_expect_eq(world.status, 0xff);
    cr_expect_eq(world.source, 0xff);
    cr_expect_eq(world.reply, REPLY, "%x", world.reply);
    cr_expect_eq(world.view, REPLY, "%x", world.view);

    char *events = core_read_file(files.events);
    cr_expect_eq(core_count(events, "\"gpu\":\"src\",\"gt\":0,\"kind\":\"doorbell\",\"fn\":1}"), 1,
                 "%s", events);
    cr_expect_eq(core_count(events, "\"kind\":\"irq\",\"fn\":1,\"source\":\"msi0\"}"), 1, "%s",
                 events);
    free(events);
    core_files_remove(&files);
}

/* ---- runs against each other ----------------------------------------------------------------- */

/* A process has one machine: the run is a child's. Returns its summary through a pipe. */
static void run_in_child(const struct core_files *files, bool no_skip, struct sim_summary *summary)
{
    int ends[2];
    int status = 0;

    cr_assert_eq(pipe(ends), 0);
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        struct world world;
        memset(summary, 0, sizeof(*summary));
        const bool good = run_world(&world, files, no_skip, summary) && world.reply == REPLY;
        _exit(good && write(ends[1], summary, sizeof(*summary)) == sizeof(*summary) ? 0 : 1);
    }
    cr_expect_eq(read(ends[0], summary, sizeof(*summary)), (ssize_t)sizeof(*summary));
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0, "status %x", (unsigned)status);
    close(ends[0]);
    close(ends[1]);
}

static void expect_same_bytes(const char *first_path, const char *second_path)
{
    char *first = core_read_file(first_path);
    char *second = core_read_file(second_path);

    cr_expect_gt(strlen(first), 100, "%s", first_path);
    cr_expect(strcmp(first, second) == 0, "%s and %s differ", first_path, second_path);
    free(first);
    free(second);
}

static void expect_same_runs(bool first_no_skip, bool second_no_skip)
{
    struct core_files files[2];
    struct sim_summary summary[2];

    for (unsigned i = 0; i < 2; i++) {
        core_files_create(&files[i]);
        run_in_child(&files[i], i == 0 ? first_no_skip : second_no_skip, &summary[i]);
    }
    expect_same_bytes(files[0].trace, files[1].trace);
    expect_same_bytes(files[0].events, files[1].events);
    cr_expect_str_eq(summary[0].trace_sha256, summary[1].trace_sha256);
    cr_expect_str_eq(summary[0].events_sha256, summary[1].events_sha256);
    cr_expect_eq(strlen(summary[0].trace_sha256), 64);
    cr_expect_eq(summary[0].sim_time_ps, summary[1].sim_time_ps);
    if (first_no_skip != second_no_skip) {
        cr_expect_neq(summary[0].rtl_evals, summary[1].rtl_evals, "nothing was skipped");
    }
    core_files_remove(&files[0]);
    core_files_remove(&files[1]);
}

Test(core_gpu, two_runs_write_the_same_bytes)
{
    expect_same_runs(false, false);
}

Test(core_gpu, a_run_without_idle_skip_writes_the_same_bytes)
{
    expect_same_runs(false, true);
}
