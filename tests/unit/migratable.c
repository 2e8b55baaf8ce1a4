/* SPDX-License-Identifier: MIT */
#include "tests/unit/migratable.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

/* ---- device ---------------------------------------------------------------------------------- */

static int called(struct migratable *device, char call)
{
    size_t len = strlen(device->calls);

    cr_assert_lt(len, sizeof(device->calls) - 1);
    device->calls[len] = call;
    device->calls[len + 1] = '\0';
    return device->fail == call ? -EIO : 0;
}

#define CALL(name, letter)                                                                         \
    static int name(void *dev)                                                                     \
    {                                                                                              \
        return called(dev, letter);                                                                \
    }

CALL(dev_stop, 's')
CALL(dev_save_begin, 'b')
CALL(dev_save_end, 'e')
CALL(dev_load_end, 'E')
CALL(dev_precopy_begin, 'c')
CALL(dev_precopy_end, 'C')

static int dev_pause(void *dev)
{
    ((struct migratable *)dev)->stopped = true;
    return called(dev, 'p');
}

static int dev_resume(void *dev)
{
    ((struct migratable *)dev)->stopped = false;
    return called(dev, 'r');
}

static int dev_reset(void *dev)
{
    ((struct migratable *)dev)->stopped = false;
    ((struct migratable *)dev)->read = 0;
    return called(dev, 'x');
}

static int64_t dev_estimate(void *dev)
{
    (void)dev;
    return MIGRATABLE_STREAM;
}

/* Byte n of the stream is n. */
static int64_t give(struct migratable *device, uint8_t *to, uint64_t size, uint64_t end)
{
    uint64_t count = end - device->read < 30 ? end - device->read : 30;

    if (device->fail == 'R') {
        return -EIO;
    }
    count = count < size ? count : size;
    for (uint64_t n = 0; n < count; n++) {
        to[n] = (uint8_t)(device->read + n);
    }
    device->read += count;
    return (int64_t)count;
}

static int64_t dev_save_read(void *dev, void *to, uint64_t size)
{
    return give(dev, to, size, MIGRATABLE_STREAM);
}

static int64_t dev_precopy_pending(void *dev)
{
    const struct migratable *device = dev;

    return (int64_t)(MIGRATABLE_PRECOPY + device->more - device->read);
}

static int64_t dev_precopy_read(void *dev, void *to, uint64_t size)
{
    struct migratable *device = dev;

    return give(device, to, size, MIGRATABLE_PRECOPY + device->more);
}

static bool dev_precopy_renewed(void *dev)
{
    struct migratable *device = dev;
    const bool renewed = device->renewed;

    device->renewed = false;
    return renewed;
}

void migratable_renew(struct migratable *device, uint64_t bytes)
{
    device->more += bytes;
    device->renewed = true;
}

static int dev_load_begin(void *dev)
{
    ((struct migratable *)dev)->written = 0;
    return called(dev, 'B');
}

static int64_t dev_load_write(void *dev, const void *from, uint64_t size)
{
    struct migratable *device = dev;

    if (device->fail == 'W' || size > sizeof(device->bytes) - device->written) {
        return -EINVAL;
    }
    memcpy(device->bytes + device->written, from, size);
    device->written += size;
    return (int64_t)size;
}

static int dev_log(void *dev, bool on)
{
    struct migratable *device = dev;

    device->logging = on;
    memset(device->dirty, 0, sizeof(device->dirty));
    return called(dev, on ? 'L' : 'l');
}

static int64_t take(uint8_t *log, uint64_t first, uint64_t each, uint64_t pages, uint8_t *bitmap)
{
    int64_t found = 0;

    for (uint64_t page = first; page < MIGRATABLE_PAGES && page < first + pages * each; page++) {
        uint64_t n = (page - first) / each;

        if (log[page / 8] >> page % 8 & 1) {
            found += !(bitmap[n / 8] >> n % 8 & 1);
            bitmap[n / 8] |= (uint8_t)(1u << n % 8);
            log[page / 8] &= (uint8_t) ~(1u << page % 8);
        }
    }
    return found;
}

static int64_t dev_report(void *dev, uint64_t iova, uint64_t page_size, uint64_t pages,
                          uint8_t *bitmap)
{
    struct migratable *device = dev;

    if (device->fail == 'D') {
        return -EIO;
    }
    return take(device->dirty, iova / HAL_PAGE_SIZE, page_size / HAL_PAGE_SIZE, pages, bitmap);
}

struct vfio_ops migratable_ops(bool precopy, bool log)
{
    struct vfio_ops ops = {
        .pause = dev_pause,
        .resume = dev_resume,
        .stop = dev_stop,
        .reset = dev_reset,
        .estimate = dev_estimate,
        .save_begin = dev_save_begin,
        .save_read = dev_save_read,
        .save_end = dev_save_end,
        .load_begin = dev_load_begin,
        .load_write = dev_load_write,
        .load_end = dev_load_end,
    };

    if (precopy) {
        ops.precopy_begin = dev_precopy_begin;
        ops.precopy_pending = dev_precopy_pending;
        ops.precopy_read = dev_precopy_read;
        ops.precopy_end = dev_precopy_end;
        ops.precopy_renewed = dev_precopy_renewed;
    }
    if (log) {
        ops.dirty_log = dev_log;
        ops.dirty_report = dev_report;
    }
    return ops;
}

/* ---- VM -------------------------------------------------------------------------------------- */

static void vm_stop(void *vm)
{
    ((struct migratable_vm *)vm)->stopped = true;
}

static void vm_start(void *vm)
{
    ((struct migratable_vm *)vm)->stopped = false;
}

static uint64_t vm_ram_size(void *vm)
{
    (void)vm;
    return MIGRATABLE_RAM;
}

static int vm_ram_begin(void *arg)
{
    struct migratable_vm *vm = arg;

    if (vm->begin_fails) {
        return -ENOMEM;
    }
    cr_expect_not(vm->begun, "what was begun before has ended");
    vm->begun = true;
    memset(vm->dirty_cpu, 0, sizeof(vm->dirty_cpu));
    memset(vm->dirty_iommu, 0, sizeof(vm->dirty_iommu));
    return 0;
}

static void vm_ram_end(void *vm)
{
    ((struct migratable_vm *)vm)->begun = false;
}

static uint64_t vm_ram_dirty(void *arg, bool device_too, uint64_t addr, uint64_t page_size,
                             uint64_t pages, uint8_t *bitmap)
{
    struct migratable_vm *vm = arg;
    const uint64_t first = addr / HAL_PAGE_SIZE;
    const uint64_t each = page_size / HAL_PAGE_SIZE;
    int64_t found = take(vm->dirty_cpu, first, each, pages, bitmap);

    if (device_too) {
        found += take(vm->dirty_iommu, first, each, pages, bitmap);
    }
    return (uint64_t)found;
}

static bool vm_ram_copy(void *arg, uint64_t addr, uint64_t size)
{
    struct migratable_vm *vm = arg;
    bool full = false;

    cr_assert(vm->begun && addr + size <= MIGRATABLE_RAM);
    for (uint64_t at = addr; at < addr + size; at++) {
        full |= vm->ram[0][at] != 0;
    }
    memcpy(vm->ram[1] + addr, vm->ram[0] + addr, size);
    return full;
}

static int64_t vm_pci_save(void *vm, void *to, uint64_t size)
{
    (void)vm;
    cr_assert_geq(size, 256);
    memset(to, 0xc5, 256);
    return 256;
}

static int vm_pci_load(void *arg, void *target, const void *from, uint64_t size)
{
    struct migratable_vm *vm = arg;
    struct migratable *device = target;

    cr_expect(size == 256 && *(const uint8_t *)from == 0xc5);
    vm->order = device->written ? "data, config" : "config, data";
    return device->fail == 'P' ? -EINVAL : 0;
}

static void vm_switch_over(void *arg, void *target)
{
    struct migratable_vm *vm = arg;

    (void)target;
    cr_expect(vm->stopped && !vm->committed);
    vm->switched = true;
}

static void vm_switch_back(void *vm)
{
    ((struct migratable_vm *)vm)->switched = false;
}

static void vm_commit(void *vm)
{
    cr_expect(((struct migratable_vm *)vm)->switched);
    ((struct migratable_vm *)vm)->committed = true;
}

const struct vmm_vm_ops migratable_vm_ops = {
    .stop = vm_stop,
    .start = vm_start,
    .ram_size = vm_ram_size,
    .ram_begin = vm_ram_begin,
    .ram_end = vm_ram_end,
    .ram_dirty = vm_ram_dirty,
    .ram_copy = vm_ram_copy,
    .pci_save = vm_pci_save,
    .pci_load = vm_pci_load,
    .switch_over = vm_switch_over,
    .switch_back = vm_switch_back,
    .commit = vm_commit,
};

void migratable_guest_writes(struct migratable_vm *vm, uint64_t page, uint8_t value)
{
    cr_assert(!vm->stopped && page < MIGRATABLE_PAGES);
    vm->ram[0][page * HAL_PAGE_SIZE + 5] = value;
    vm->dirty_cpu[page / 8] |= (uint8_t)(1u << page % 8);
}

void migratable_device_writes(struct migratable_vm *vm, uint64_t page, uint8_t value)
{
    cr_assert(!vm->device->stopped && page < MIGRATABLE_PAGES);
    vm->ram[0][page * HAL_PAGE_SIZE + 7] = value;
    vm->dirty_iommu[page / 8] |= (uint8_t)(1u << page % 8);
    if (vm->device->logging) {
        vm->device->dirty[page / 8] |= (uint8_t)(1u << page % 8);
    }
}
