/* SPDX-License-Identifier: MIT */
/* Address spaces of the VF driver's queues: the tables it builds, what it tells the device of
 * them, and that a migration leaves all of it alone. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "host/abi/gpu_commands_abi.h"
#include "host/abi/xe_lrc_layout.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"

#define SLOT      5u
#define NEW_START 0x30000000u
#define VRAM      (2ull << 20)

static const struct vf_job job = {
    .work_cycles = 10, .add_slot = SLOT, .add = 1, .store_slot = SLOT + 1, .store = 0xabcd};

static void run(void (*program)(void *peer))
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer->engines_off = true;
    peer_run(peer, program);
    peer_destroy(peer);
}

static uint64_t read_entry(struct peer *peer, uint64_t table, uint64_t index)
{
    uint64_t entry = 0;

    cr_assert_eq(hal_mem_read(peer->hal, table + 8 * index, &entry, sizeof(entry)), 0);
    return entry;
}

/* Walks as hardware does, from the roots in the image. Returns 0 for what is not mapped. */
static uint64_t walk(struct peer *peer, unsigned id, unsigned levels, uint64_t addr)
{
    unsigned pdp = levels == 3 ? (unsigned)(addr >> 30) : 0;
    uint64_t entry = (uint64_t)*peer_state(peer, 0, id, CTX_PDP_UDW(pdp)) << 32 |
                     *peer_state(peer, 0, id, CTX_PDP_LDW(pdp));

    for (unsigned level = levels == 3 ? 2 : levels; level > 0; level--) {
        if ((entry & 3) != 3) {
            return 0;
        }
        entry = read_entry(peer, entry & ~0xfffull, addr >> (3 + 9 * level) & 0x1ff);
    }
    return (entry & 3) == 3 ? (entry & ~0xfffull) + (addr & 0xfff) : 0;
}

static uint32_t read_dword(struct peer *peer, uint64_t addr)
{
    uint32_t value = 0;

    cr_assert_eq(hal_mem_read(peer->hal, addr, &value, sizeof(value)), 0);
    return value;
}

/* Dwords of the ring's first job: the batch's address stands behind BATCH_BUFFER_START. */
static uint64_t batch_address(struct peer *peer, unsigned id)
{
    uint32_t ring = *peer_state(peer, 0, id, CTX_RING_START);

    cr_expect_eq(*peer_memory(peer, ring + 5 * 4), MI_BATCH_BUFFER_START | MI_BATCH_PPGTT);
    return (uint64_t)*peer_memory(peer, ring + 7 * 4) << 32 | *peer_memory(peer, ring + 6 * 4);
}

static int queue_with_job(struct peer *peer, enum vf_engine engine, unsigned levels)
{
    int queue = vf_queue_create_vm(peer->vf, engine, levels);

    cr_assert_geq(queue, 0, "queue: %d", queue);
    cr_assert_eq(vf_submit(peer->vf, (unsigned)queue, &job), 1);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    return queue;
}

static void tables_program(void *arg)
{
    static const uint32_t descriptors[] = {[3] = 0x109, [4] = 0x111, [5] = 0x119};
    struct peer *peer = arg;

    peer_probe(peer);
    for (unsigned levels = 3; levels <= 5; levels++) {
        unsigned id = levels - 3;
        int queue = queue_with_job(peer, VF_ENGINE_RENDER, levels);
        uint64_t batch = walk(peer, id, levels, batch_address(peer, id));
        uint64_t slot = (uint64_t)read_dword(peer, batch + 16) << 32 | read_dword(peer, batch + 12);
        uint64_t memory = walk(peer, id, levels, slot);
        const uint32_t value = 77;

        cr_expect_eq(peer->gts[0].contexts[id].descriptor & 0xfff, descriptors[levels]);
        cr_expect_eq(read_dword(peer, batch), MI_MODEL_WORK);
        cr_expect_eq(read_dword(peer, batch + 8) & MI_ATOMIC_GGTT, 0, "in the space");
        cr_expect_eq(read_dword(peer, batch + 24) & MI_SDI_GGTT, 0, "this one too");
        cr_assert_neq(memory, 0, "%u levels: slots are mapped", levels);
        cr_assert_eq(hal_mem_write(peer->hal, memory, &value, sizeof(value)), 0);
        cr_expect_eq(vf_queue_result(peer->vf, (unsigned)queue, SLOT), value);
        cr_expect_eq(walk(peer, id, levels, slot + 0x10000), 0, "nothing else is mapped");
    }
}

Test(vf_vm, tables_of_each_level_count_lead_to_batches_and_results)
{
    run(tables_program);
}

static void separate_program(void *arg)
{
    struct peer *peer = arg;
    uint64_t first, second;

    peer_probe(peer);
    (void)queue_with_job(peer, VF_ENGINE_RENDER, 5);
    (void)queue_with_job(peer, VF_ENGINE_COPY, 5);
    first = batch_address(peer, 0);
    second = batch_address(peer, 1);
    cr_expect_eq(first, second, "the same address");
    cr_expect_neq(walk(peer, 0, 5, first), walk(peer, 1, 5, second), "other memory");
}

Test(vf_vm, queues_have_the_same_addresses_and_their_own_memory)
{
    run(separate_program);
}

static void moved_program(void *arg)
{
    struct peer *peer = arg;
    uint64_t batch, memory, root;

    peer_probe(peer);
    (void)queue_with_job(peer, VF_ENGINE_RENDER, 5);
    batch = batch_address(peer, 0);
    memory = walk(peer, 0, 5, batch);
    root = *peer_state(peer, 0, 0, CTX_PDP_LDW(0));
    *peer_state(peer, 0, 0, CTX_BB_HEAD) = lower_32(batch + 8) | CTX_BB_HEAD_VALID;
    *peer_state(peer, 0, 0, CTX_BB_HEAD_UDW) = upper_32(batch);
    *peer_state(peer, 0, 0, CTX_BB_STATE) = CTX_BB_STATE_PPGTT;
    peer_migrate(peer, NEW_START, false);
    hal_delay(peer->hal, 10 * HAL_NS_PER_MS);
    cr_expect_eq(vf_recovery_count(peer->vf, 0), 1);
    cr_expect_eq(vf_ggtt_start(peer->vf), NEW_START);
    cr_expect_eq(batch_address(peer, 0), batch, "the batch stays in its space");
    cr_expect_eq(walk(peer, 0, 5, batch), memory, "and the tables lead there");
    cr_expect_eq(*peer_state(peer, 0, 0, CTX_PDP_LDW(0)), root);
    cr_expect_eq(*peer_state(peer, 0, 0, CTX_BB_HEAD), lower_32(batch + 8) | CTX_BB_HEAD_VALID,
                 "a place in it is no GGTT address");
    cr_expect_eq(fake_trace_count(peer->hal, "batch head outside"), 0);
}

Test(vf_vm, a_migration_changes_nothing_in_a_space)
{
    run(moved_program);
}

static void refused_program(void *arg)
{
    struct peer *peer = arg;
    int queue;

    peer_probe(peer);
    cr_expect_eq(vf_queue_create_vm(peer->vf, VF_ENGINE_RENDER, 2), -EINVAL);
    cr_expect_eq(vf_queue_create_vm(peer->vf, VF_ENGINE_RENDER, 6), -EINVAL);
    queue = vf_queue_create(peer->vf, VF_ENGINE_RENDER);
    cr_expect_eq(vf_queue_result(peer->vf, (unsigned)queue, SLOT), 0, "no memory of its own");
    for (unsigned i = 0; i < 20; i++) {
        queue = queue_with_job(peer, VF_ENGINE_COPY, 5);
        peer_run_engines(peer);
        cr_expect_eq(vf_queue_destroy(peer->vf, (unsigned)queue), 0, "memory comes back");
    }
}

Test(vf_vm, level_counts_are_checked_and_memory_is_given_back)
{
    run(refused_program);
}

static uint64_t read_local(struct peer *peer, uint64_t table, uint64_t index)
{
    uint64_t entry = 0;

    hal_vram_read(peer->hal, table + 8 * index, &entry, sizeof(entry));
    return entry;
}

/* Of five levels, all but the page itself in local memory. */
static uint64_t walk_local(struct peer *peer, unsigned id, uint64_t addr)
{
    uint64_t entry = (uint64_t)*peer_state(peer, 0, id, CTX_PDP_UDW(0)) << 32 |
                     *peer_state(peer, 0, id, CTX_PDP_LDW(0));

    for (unsigned level = 5; level > 0; level--) {
        if ((entry & 0x803) != 0x803) {
            return 0;
        }
        entry = read_local(peer, entry & ~0xfffull, addr >> (3 + 9 * level) & 0x1ff);
    }
    return (entry & 0x803) == 3 ? (entry & ~0xfffull) + (addr & 0xfff) : 0;
}

static void local_program(void *arg)
{
    struct peer *peer = arg;
    uint8_t dirt[4096];

    memset(dirt, 0xff, sizeof(dirt));
    fake_set_vram(peer->hal, VRAM);
    peer->lmem_size = VRAM;
    peer_probe(peer);
    for (uint64_t at = sizeof(dirt); at < VRAM; at += sizeof(dirt)) {
        hal_vram_write(peer->hal, at, dirt, sizeof(dirt));
    }
    for (unsigned id = 0; id < 2; id++) {
        uint64_t batch;

        cr_assert_eq(vf_queue_create_local(peer->vf, VF_ENGINE_RENDER, 5), (int)id);
        cr_assert_eq(vf_submit(peer->vf, id, &job), 1);
        hal_delay(peer->hal, HAL_NS_PER_MS);
        batch = walk_local(peer, id, batch_address(peer, id));
        cr_expect_eq(read_dword(peer, batch), MI_MODEL_WORK, "queue %u: the batch", id);
        cr_expect_eq(walk_local(peer, id, batch_address(peer, id) + 0x10000), 0,
                     "what stood there before is no entry");
    }
    cr_expect_neq(*peer_state(peer, 0, 0, CTX_PDP_LDW(0)), *peer_state(peer, 0, 1, CTX_PDP_LDW(0)),
                  "each has its own");
}

Test(vf_vm, tables_in_local_memory_are_marked_at_each_level)
{
    run(local_program);
}

static void no_local_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    cr_expect_eq(vf_queue_create_local(peer->vf, VF_ENGINE_RENDER, 2), -EINVAL);
    cr_expect_eq(vf_queue_create_local(peer->vf, VF_ENGINE_RENDER, 6), -EINVAL);
    cr_expect_eq(vf_queue_create_local(peer->vf, VF_ENGINE_RENDER, 5), -ENOSPC);
    cr_expect_eq(vf_queue_create_vm(peer->vf, VF_ENGINE_RENDER, 5), 0, "nothing stays of it");
}

Test(vf_vm, without_local_memory_there_is_no_place_for_tables)
{
    run(no_local_program);
}
