/* SPDX-License-Identifier: MIT */
/* A job of the PV driver in memory, as the mediator finds it behind a descriptor: the context's
 * state, the commands of its ring, and the batch that they call. */
#include <criterion/criterion.h>
#include <errno.h>

#include "guest/pv/pv.h"
#include "host/abi/gpu_commands_abi.h"
#include "host/abi/i915_vgpu_pv.h"
#include "host/abi/xe_lrc_layout.h"
#include "host/gvt/gvt_private.h"
#include "tests/unit/gvt_scene.h"

#define SECOND     HAL_NS_PER_S
#define RING_BYTES 128u /* of a job */

static struct gvt_scene scene;
static struct hal *guest;
static struct pv *pv;
static unsigned refused; /* accesses of the driver */

static uint64_t trap_read(void *arg, uint32_t offset, unsigned size)
{
    uint64_t value = 0;

    (void)arg;
    refused += gvt_mmio_read(scene.vgpu, offset, &value, size) != 0;
    return value;
}

static void trap_write(void *arg, uint32_t offset, uint64_t value, unsigned size)
{
    (void)arg;
    refused += gvt_mmio_write(scene.vgpu, offset, &value, size) != 0;
}

static void open_all(void)
{
    static const struct fake_device traps = {.read = trap_read, .write = trap_write};
    const struct pv_config config = {.caps = PV_GGTT | PV_SUBMISSION | PV_PPGTT};
    struct pv_config used = config;

    guest = fake_hal_create(&traps, SCENE_RAM);
    scene_open(&scene, NULL, '8', guest);
    gvt_vgpu_start(scene.vgpu);
    used.hal = guest;
    pv = pv_create(&used);
    cr_assert(pv);
}

static void close_all(void)
{
    cr_expect_eq(refused, 0);
    pv_destroy(pv);
    scene_close(&scene);
    fake_hal_destroy(guest);
}

TestSuite(pv_job, .init = open_all, .fini = close_all);

static uint64_t queued_context(unsigned engine)
{
    const struct gvt_queued *oldest = scene.vgpu->engines[engine].queue;

    return oldest ? oldest->workload.desc[0] & CTX_DESC_LRCA : 0;
}

static uint32_t state_of(uint64_t context, uint32_t dword)
{
    uint32_t value = 0xdead;

    cr_expect_eq(
        gvt_ggtt_read(scene.vgpu, context + LRC_PPHWSP_SIZE + 4ull * dword, &value, sizeof(value)),
        0);
    return value;
}

static uint64_t address(const uint32_t *dw)
{
    return make_64(dw[0], dw[1]);
}

/* ---- words ----------------------------------------------------------------------------------- */

static void one_job(void *arg)
{
    static const struct pv_job job = {
        .work_cycles = 10, .add_slot = 4, .add = 3, .store_slot = 6, .store = 5};
    const struct pv_queue_config config = {.engine = PV_ENGINE_RENDER};

    (void)arg;
    cr_assert_gt(pv_start(pv), 0);
    cr_assert_eq(pv_queue_create(pv, &config), 0);
    cr_assert_eq(pv_queue_submit(pv, 0, &job), 1);
}

Test(pv_job, ring_calls_the_batch_and_then_tells_of_its_end)
{
    uint32_t ring[RING_BYTES / 4];
    uint64_t context;

    fake_run(guest, one_job, NULL, SECOND);
    context = queued_context(GVT_ENGINE_RCS);
    cr_expect_eq(state_of(context, CTX_RING_HEAD), 0);
    cr_expect_eq(state_of(context, CTX_RING_TAIL), RING_BYTES);
    cr_assert_eq(gvt_ggtt_read(scene.vgpu, state_of(context, CTX_RING_START), ring, sizeof(ring)),
                 0);
    cr_expect_eq(ring[0], MI_ARB_ON_OFF | MI_ARB_ENABLE, "it may be preempted");
    cr_expect_eq(ring[1], MI_BATCH_BUFFER_START);
    cr_expect_eq(ring[4], PIPE_CONTROL);
    cr_expect_eq(ring[5], PIPE_CONTROL_GGTT | PIPE_CONTROL_QW_WRITE | PIPE_CONTROL_CS_STALL);
    cr_expect_eq(ring[8], 0xffffff81u, "the first seqno");
    cr_expect_eq(ring[10], MI_USER_INTERRUPT);
}

Test(pv_job, batch_works_then_adds_then_stores)
{
    uint32_t ring[RING_BYTES / 4];
    uint32_t batch[11];

    fake_run(guest, one_job, NULL, SECOND);
    cr_assert_eq(gvt_ggtt_read(scene.vgpu, state_of(queued_context(GVT_ENGINE_RCS), CTX_RING_START),
                               ring, sizeof(ring)),
                 0);
    cr_assert_eq(gvt_ggtt_read(scene.vgpu, address(ring + 2), batch, sizeof(batch)), 0);
    cr_expect_eq(batch[0], MI_MODEL_WORK);
    cr_expect_eq(batch[1], 10);
    cr_expect_eq(batch[2] & MI_ATOMIC_GGTT, MI_ATOMIC_GGTT);
    cr_expect_eq(batch[5], 3);
    cr_expect_eq(batch[6] & MI_SDI_GGTT, MI_SDI_GGTT);
    cr_expect_eq(batch[9], 5);
    cr_expect_eq(address(batch + 7) - address(batch + 3), 8, "slots 6 and 4");
    cr_expect_eq(batch[10], MI_BATCH_BUFFER_END);
}

/* ---- what goes with it ----------------------------------------------------------------------- */

static void by_record(void *arg)
{
    static const struct pv_job job = {.work_cycles = 10};
    const struct pv_queue_config config = {.engine = PV_ENGINE_COPY, .by_record = true};

    (void)arg;
    cr_assert_gt(pv_start(pv), 0);
    cr_assert_eq(pv_queue_create(pv, &config), 0);
    cr_assert_eq(pv_queue_submit(pv, 0, &job), 1);
    cr_expect_eq(pv_queue_wait(pv, 0, 1, 200 * HAL_NS_PER_US), -ETIME);
    cr_expect_eq(gvt_workload_count(scene.vgpu), 1, "a record that was taken is not sent again");
    cr_expect_eq(state_of(queued_context(GVT_ENGINE_BCS), CTX_RING_TAIL), RING_BYTES);
}

Test(pv_job, record_is_sent_once_with_the_tail)
{
    fake_run(guest, by_record, NULL, SECOND);
}

static void announce(void *arg)
{
    const uint64_t pdp[4] = {0x5000, 0x6000, 0x7000, 0x8000};
    const uint64_t desc[2] = {0};

    (void)arg;
    cr_assert_gt(pv_start(pv), 0);
    pv_root_create(pv, 4, pdp);
    cr_expect_eq(gvt_vreg64(scene.vgpu, PVINFO_PDP_LO(0)), 0x5000);
    cr_expect_eq(gvt_vreg64(scene.vgpu, PVINFO_PDP_LO(1)), 0, "four levels have one root");
    pv_root_create(pv, 3, pdp);
    cr_expect_eq(gvt_vreg64(scene.vgpu, PVINFO_PDP_LO(3)), 0x8000);
    cr_expect(gvt_ppgtt_find(scene.vgpu, 0x5000) && gvt_ppgtt_find_3(scene.vgpu, pdp));
    cr_expect_eq(pv_submit(pv, 1000, BCS_BASE + EL_OFFSET_ELSP, desc), -ENODEV, "no such record");
}

Test(pv_job, root_is_announced_with_as_many_pointers_as_it_has)
{
    fake_run(guest, announce, NULL, SECOND);
}
