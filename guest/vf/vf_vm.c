/* SPDX-License-Identifier: MIT */
/* The address space of a queue: page tables in guest RAM or in local memory, through which the
 * batches of its jobs are fetched and write their results. Every space has the same addresses and
 * its own memory behind them. Tables hold addresses as the guest has its RAM and its share of local
 * memory, which a migration does not change: nothing here is ever fixed up.
 *
 * In fault mode there is a second part, of which at first not even the table is mapped: a batch
 * that adds 1 to the first dword of each page, and the pages. They are mapped one by one as the
 * device asks for them. */
#include "guest/vf/vf_internal.h"

#include <assert.h>
#include <errno.h>

#include "host/abi/gpu_commands_abi.h"
#include "host/abi/xe_gtt_defs.h"

/* Pages of one allocation, in this order: what the batches write, the batches, then one table for
 * each level from the last one up, unless they are in local memory. All addresses in use share
 * these tables. */
#define RESULT_PAGE   0u
#define BATCH_PAGE    1u
#define BATCH_PAGES   2u
#define LOCAL_PAGE    (BATCH_PAGE + BATCH_PAGES) /* a place in the space, not in the allocation */
#define TABLE_PAGE    (BATCH_PAGE + BATCH_PAGES)

#define SPACE_BASE    0x345641200000ull /* chosen: a different index at each level */
#define SPACE_BASE_32 0x41200000ull
#define PAGE_SIZE     ((uint64_t)XE_PAGE_SIZE)
#define INDEX_BITS    9u
#define PAGE_BITS     12u
#define LOCAL_ADDR    0u       /* of the slots in local memory */
#define LOCAL_TABLES  0x20000u /* there, for each queue in turn: behind slots and surfaces */
#define ENTRY_FLAGS   (XE_PAGE_PRESENT | XE_PAGE_RW)

/* Fault mode: where the second part lies from the space's base, in pages, and in it batch and
 * pages; in the allocation table, batch and pages follow the other tables. */
#define FAR_PAGE   512u
#define FAR_BATCH  0u
#define FAR_FIRST  16u
#define FAR_TABLE  0u
#define FAR_MEMORY 1u
#define TOUCH_DW   4u /* of the batch, for each page */

static_assert(VF_RESULT_SLOTS * sizeof(uint32_t) == XE_PAGE_SIZE, "results fill one page");
static_assert(VF_BATCH_POOL == BATCH_PAGES * PAGE_SIZE, "batch pool");
static_assert((VF_FAULT_PAGES * TOUCH_DW + 1) * sizeof(uint32_t) <= XE_PAGE_SIZE, "touch batch");
static_assert(FAR_FIRST + VF_FAULT_PAGES < 1u << INDEX_BITS, "one table");

static uint64_t base(const struct vf_vm *vm)
{
    return vm->levels == VF_VM_LEVELS_MIN ? SPACE_BASE_32 : SPACE_BASE;
}

static uint64_t page(const struct vf_vm *vm, unsigned index)
{
    return vm->memory + index * PAGE_SIZE;
}

/* Of a level, counted from 1. With three levels the first one is registers. */
static uint64_t table(const struct vf_vm *vm, unsigned level)
{
    return vm->tables + (level - 1) * PAGE_SIZE;
}

/* What an entry that leads to it says, or the root. */
static uint64_t table_entry(const struct vf_vm *vm, unsigned level)
{
    return table(vm, level) | (vm->local ? XE_PPGTT_PTE_DM : 0) | ENTRY_FLAGS;
}

static unsigned top_table(const struct vf_vm *vm)
{
    return vm->levels == VF_VM_LEVELS_MIN ? vm->levels - 1 : vm->levels;
}

/* RAM that hal_mem_alloc gave: moving within it cannot fail. */
static void write_memory(struct hal *hal, uint64_t addr, const void *from, size_t size)
{
    int err = hal_mem_write(hal, addr, from, size);

    assert(!err);
    (void)err;
}

static void write_entry(struct hal *hal, const struct vf_vm *vm, unsigned level, uint64_t addr,
                        uint64_t entry)
{
    unsigned shift = PAGE_BITS + INDEX_BITS * (level - 1);
    uint64_t index = addr >> shift & ((1u << INDEX_BITS) - 1);
    uint64_t place = table(vm, level) + index * sizeof(entry);

    if (vm->local) {
        hal_vram_write(hal, place, &entry, sizeof(entry));
    } else {
        write_memory(hal, place, &entry, sizeof(entry));
    }
}

static void write_tables(struct vf *vf, const struct vf_vm *vm)
{
    static const uint8_t zeros[XE_PAGE_SIZE];

    for (unsigned level = 1; level <= top_table(vm) && vm->local; level++) {
        hal_vram_write(vf->hal, table(vm, level), zeros, sizeof(zeros));
    }
    for (unsigned level = top_table(vm); level > 1; level--) {
        write_entry(vf->hal, vm, level, base(vm), table_entry(vm, level - 1));
    }
    for (unsigned i = RESULT_PAGE; i < LOCAL_PAGE; i++) {
        write_entry(vf->hal, vm, 1, base(vm) + i * PAGE_SIZE, page(vm, i) | ENTRY_FLAGS);
    }
    if (vf->local_slots) {
        write_entry(vf->hal, vm, 1, base(vm) + LOCAL_PAGE * PAGE_SIZE,
                    LOCAL_ADDR | XE_PPGTT_PTE_DM | ENTRY_FLAGS);
    }
}

/* ---- fault mode ------------------------------------------------------------------------------ */

static uint64_t far_addr(const struct vf_vm *vm, unsigned index)
{
    return base(vm) + (FAR_PAGE + index) * PAGE_SIZE;
}

static uint64_t far_memory(const struct vf_vm *vm, unsigned index)
{
    return page(vm, TABLE_PAGE + vm->levels + index);
}

static void write_touch_batch(struct vf *vf, const struct vf_vm *vm)
{
    uint32_t words[VF_FAULT_PAGES * TOUCH_DW + 1];
    unsigned len = 0;

    for (unsigned i = 0; i < vm->pages; i++) {
        uint64_t addr = far_addr(vm, FAR_FIRST + i);

        words[len++] = MI_ATOMIC | MI_ATOMIC_INLINE_DATA |
                       FIELD_PREP(MI_ATOMIC_OPCODE, MI_ATOMIC_ADD) | (TOUCH_DW - 2);
        words[len++] = lower_32(addr);
        words[len++] = upper_32(addr);
        words[len++] = 1;
    }
    words[len++] = MI_BATCH_BUFFER_END;
    write_memory(vf->hal, far_memory(vm, FAR_MEMORY), words, len * sizeof(*words));
}

uint64_t vf_vm_touch_addr(const struct vf_vm *vm, unsigned from)
{
    return far_addr(vm, FAR_BATCH) + (uint64_t)from * TOUCH_DW * sizeof(uint32_t);
}

uint64_t vf_vm_stray_addr(const struct vf_vm *vm)
{
    return far_addr(vm, FAR_FIRST + vm->pages);
}

uint32_t vf_vm_page(struct vf *vf, const struct vf_vm *vm, unsigned n)
{
    uint32_t value = 0;
    int err = hal_mem_read(vf->hal, far_memory(vm, FAR_MEMORY + 1 + n), &value, sizeof(value));

    assert(!err && n < vm->pages);
    (void)err;
    return value;
}

int vf_vm_bind(struct vf *vf, struct vf_vm *vm, uint64_t addr)
{
    uint64_t index = (addr - far_addr(vm, 0)) / PAGE_SIZE;
    bool is_batch = index == FAR_BATCH;
    uint64_t place = far_memory(vm, FAR_TABLE) + index * sizeof(uint64_t);
    uint64_t entry = 0;
    int err;

    if (!is_batch && (index < FAR_FIRST || index >= FAR_FIRST + vm->pages)) {
        return -EFAULT;
    }
    err = hal_mem_read(vf->hal, place, &entry, sizeof(entry));
    assert(!err);
    (void)err;
    if (entry) {
        return 0;
    }
    entry = far_memory(vm, is_batch ? FAR_MEMORY : FAR_MEMORY + 1 + (unsigned)index - FAR_FIRST) |
            ENTRY_FLAGS;
    write_memory(vf->hal, place, &entry, sizeof(entry));
    if (!vm->has_table) {
        vm->has_table = true;
        write_entry(vf->hal, vm, 2, far_addr(vm, 0), far_memory(vm, FAR_TABLE) | ENTRY_FLAGS);
    }
    return 1;
}

/* ---- life ------------------------------------------------------------------------------------ */

int vf_vm_create(struct vf *vf, const struct vf_space *space, unsigned index, struct vf_vm *vm)
{
    unsigned levels = space->levels, pages = space->pages;
    struct vf_vm made = {.levels = levels, .pages = pages, .asid = pages ? index + 1 : 0};
    uint64_t size = TABLE_PAGE + levels + (pages ? FAR_MEMORY + 1 + pages : 0);

    assert(levels >= VF_VM_LEVELS_MIN && levels <= VF_VM_LEVELS_MAX && pages <= VF_FAULT_PAGES);
    assert(!pages || !space->local);
    made.local = space->local;
    made.tables = LOCAL_TABLES + (uint64_t)index * VF_VM_LEVELS_MAX * PAGE_SIZE;
    if (made.local && made.tables + levels * PAGE_SIZE > vf_local_size(vf)) {
        return -ENOSPC;
    }
    made.memory = hal_mem_alloc(vf->hal, size * PAGE_SIZE);
    if (!made.memory) {
        return -ENOMEM;
    }
    if (!made.local) {
        made.tables = page(&made, TABLE_PAGE);
    }
    write_tables(vf, &made);
    if (pages) {
        write_touch_batch(vf, &made);
    }
    *vm = made;
    return 0;
}

void vf_vm_destroy(struct vf *vf, struct vf_vm *vm)
{
    if (vm->levels) {
        hal_mem_free(vf->hal, vm->memory);
    }
    *vm = (struct vf_vm){0};
}

uint64_t vf_vm_root(const struct vf_vm *vm, unsigned pdp)
{
    unsigned used = vm->levels == VF_VM_LEVELS_MIN ? (unsigned)(base(vm) >> 30) : 0;

    return pdp == used ? table_entry(vm, top_table(vm)) : 0;
}

uint64_t vf_vm_slot_addr(const struct vf_vm *vm, bool local, unsigned slot)
{
    return base(vm) + (local ? LOCAL_PAGE : RESULT_PAGE) * PAGE_SIZE + slot * sizeof(uint32_t);
}

uint64_t vf_vm_batch_addr(const struct vf_vm *vm, uint64_t offset)
{
    return base(vm) + BATCH_PAGE * PAGE_SIZE + offset;
}

void vf_vm_write_batch(struct vf *vf, const struct vf_vm *vm, uint64_t offset, const void *from,
                       uint64_t size)
{
    assert(offset + size <= VF_BATCH_POOL);
    write_memory(vf->hal, page(vm, BATCH_PAGE) + offset, from, size);
}

uint32_t vf_vm_result(struct vf *vf, const struct vf_vm *vm, unsigned slot)
{
    uint32_t value = 0;
    int err =
        hal_mem_read(vf->hal, page(vm, RESULT_PAGE) + slot * sizeof(value), &value, sizeof(value));

    assert(!err && slot < VF_RESULT_SLOTS);
    (void)err;
    return value;
}
