/* SPDX-License-Identifier: MIT */
/* hal.h over an array: for unit tests of firmware and drivers, in milliseconds. Programs are
 * coroutines with one virtual clock; time passes only when all of them wait. A test plays the
 * peer through the callbacks. */
#ifndef TESTS_UNIT_FAKE_HAL_H
#define TESTS_UNIT_FAKE_HAL_H

#include "sim/hal/hal.h"

struct fake_device {
    /* A register access of size 4 or 8. NULL: plain storage that reads what was written. */
    uint64_t (*read)(void *arg, uint32_t offset, unsigned size);
    void (*write)(void *arg, uint32_t offset, uint64_t value, unsigned size);
    /* GuC handles: is the interrupt line up? NULL: fake_irq's mask, as for a driver. */
    bool (*irq_line)(void *arg);
    void *arg;
};

/* ram: bytes of RAM for hal_mem_*; 0 for a GuC handle. */
struct hal *fake_hal_create(const struct fake_device *device, uint64_t ram);
void fake_hal_destroy(struct hal *hal);
/* The same for tests that make several: fake_hals_close, a fixture's .fini, destroys them all. */
struct hal *fake_hal_kept(const struct fake_device *device, uint64_t ram);
void fake_hals_close(void);

/* Runs program as a coroutine until it returns; programs spawned meanwhile run too and are left
 * where they are, to go on in the next run. Aborts the test with a message when all wait for
 * ever, or when limit_ns of virtual time pass. */
void fake_run(struct hal *hal, void (*program)(void *arg), void *arg, uint64_t limit_ns);
/* Calls fn(arg) at now + ns of virtual time, outside any program: a peer that answers late. */
void fake_at(struct hal *hal, uint64_t ns, void (*fn)(void *arg), void *arg);
/* Raises MSI vectors (driver) or the line until taken (GuC). */
void fake_irq(struct hal *hal, uint32_t mask);

/* RAM of the handle, for the peer's side; NULL when out of it. */
void *fake_ram(struct hal *hal, uint64_t addr, uint64_t size);
/* Driver handle: gives it a window of so many bytes of local memory, zeroed and untranslated. */
void fake_set_vram(struct hal *hal, uint64_t size);
/* Its bytes from addr on, for the peer's side. */
void *fake_vram(struct hal *hal, uint64_t addr);
/* Driver handle: the dword of its PCI configuration space, plain storage. */
uint32_t *fake_config(struct hal *hal, uint32_t offset);
/* GuC handle: makes [addr, addr + size) of function fn's GGTT present (pages, zeroed), or
 * absent. */
void fake_dma_map(struct hal *hal, unsigned fn, uint64_t addr, uint64_t size);
void fake_dma_unmap(struct hal *hal, unsigned fn, uint64_t addr, uint64_t size);
/* GuC handle: dwords of a function's GGTT space as the guest would read and write them; unmapped
 * is a test bug. */
uint32_t fake_dma_read32(struct hal *hal, unsigned fn, uint64_t addr);
void fake_dma_write32(struct hal *hal, unsigned fn, uint64_t addr, uint32_t value);
/* Driver handle: register storage when the device has no callbacks. */
uint32_t fake_reg(struct hal *hal, uint32_t offset);
void fake_set_reg(struct hal *hal, uint32_t offset, uint32_t value);

/* Events so far, as "kind key=value key=value ..." lines (hex arrays as words). */
unsigned fake_trace_count(struct hal *hal, const char *substring);
/* The newest line that holds it, or NULL. */
const char *fake_trace_last(struct hal *hal, const char *substring);
/* What the probe was last set to; a path that nobody declared is a test bug. */
uint64_t fake_probe_value(struct hal *hal, const char *path);

#endif
