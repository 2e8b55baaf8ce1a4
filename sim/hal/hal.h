/* SPDX-License-Identifier: MIT */
/* What a program may ask of its machine. Firmware and drivers are straight-line C that blocks only
 * in here. sim/core/ implements it over SystemC, tests/unit/fake_hal.c over an array.
 *
 * A handle is one function as one program sees it: the PF in its host, a VF in its guest, the GuC
 * of one GT. There is no other function in reach. Programs of one handle (hal_spawn) share memory
 * and run one at a time; control passes to another only inside a call marked (blocks). Times are
 * nanoseconds of the program's own clock, which stands still while its VM is stopped. */
#ifndef SIM_HAL_HAL_H
#define SIM_HAL_HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/hal/bits.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hal;

#define HAL_NS_PER_US 1000ull
#define HAL_NS_PER_MS 1000000ull
#define HAL_NS_PER_S  1000000000ull
#define HAL_FOREVER   UINT64_MAX
#define HAL_PAGE_SIZE 4096u
#define HAL_GT_NONE   (-1) /* trace: no GT applies */

/* ---- registers: BAR0 for a driver, its private bus (GUCBUS_*) for the GuC ---- */

/* Reads wait for the answer (blocks). A register the function may not see reads 0. */
uint32_t hal_read32(struct hal *hal, uint32_t offset);
uint64_t hal_read64(struct hal *hal, uint32_t offset);
/* Writes are posted, in order (blocks only while the link is full). A later read of the same
 * handle, and a memory write made before the call, is ordered with them. */
void hal_write32(struct hal *hal, uint32_t offset, uint32_t value);
void hal_write64(struct hal *hal, uint32_t offset, uint64_t value);

/* A dword of the PF's PCI configuration space; offset is dword-aligned. What is not there reads 0.
 * Takes no time. The PF's driver only. */
uint32_t hal_config_read32(struct hal *hal, uint32_t offset);
void hal_config_write32(struct hal *hal, uint32_t offset, uint32_t value);

/* ---- memory ---------------------------------------------------------------------------------- */

/* The driver's own RAM by physical address, without delay; a mediated guest pays for a write to
 * page tables that its host protects when it next asks for a register or for time. Returns 0, or
 * -EFAULT outside of it (nothing moved). Drivers only. */
MUST_USE int hal_mem_read(struct hal *hal, uint64_t addr, void *to, size_t size);
MUST_USE int hal_mem_write(struct hal *hal, uint64_t addr, const void *from, size_t size);
/* Takes zeroed, page-aligned RAM of at least size bytes. Returns its address, 0 when none is left.
 */
MUST_USE uint64_t hal_mem_alloc(struct hal *hal, uint64_t size);
/* Gives it back; addr as hal_mem_alloc returned it. */
void hal_mem_free(struct hal *hal, uint64_t addr);

/* The GuC's DMA: len_dw dwords at a dword-aligned GGTT address, translated as function fn (blocks).
 * Returns 0, or -EFAULT when an entry is absent or foreign (dwords before the fault may have
 * moved). Writes are visible to the function when the call returns. GuC only. */
MUST_USE int hal_dma_read(struct hal *hal, unsigned fn, uint64_t ggtt_addr, uint32_t *to,
                          uint32_t len_dw);
MUST_USE int hal_dma_write(struct hal *hal, unsigned fn, uint64_t ggtt_addr, const uint32_t *from,
                           uint32_t len_dw);

/* The function's window (BAR) of local memory: how large PCI configuration says it is, 0 without
 * local memory. Drivers only, like the accesses: addresses count from the window's start; for a VF
 * the chip translates them, page by page (block). What the function does not have reads as ones,
 * and writes to it are lost. A write is done when the call returns. In the PF's window, the
 * compression metadata follow on the last byte: HAL_VRAM_META bytes for each page, in order (the
 * model's choice; chips keep them at the end of local memory, where drivers must leave room). */
#define HAL_VRAM_META 8u
uint64_t hal_vram_size(struct hal *hal);
void hal_vram_read(struct hal *hal, uint64_t addr, void *to, size_t size);
void hal_vram_write(struct hal *hal, uint64_t addr, const void *from, size_t size);

/* The aperture (BAR2 of a GPU without local memory): the first GiB of the GGTT as a CPU reaches it,
 * linear where a fence tells how it is tiled. Drivers only (block). A VF has none, a mediated guest
 * its vGPU's part. What the GGTT does not have reads as ones, and writes to it are lost. A write
 * has reached memory when the call returns. */
void hal_aperture_read(struct hal *hal, uint64_t addr, void *to, size_t size);
void hal_aperture_write(struct hal *hal, uint64_t addr, const void *from, size_t size);

/* ---- time and waiting ------------------------------------------------------------------------ */

uint64_t hal_now(struct hal *hal);
/* Charges n GT clock cycles of computing to this program (blocks). */
void hal_cycles(struct hal *hal, uint64_t n);
/* Sleeps, whatever happens meanwhile (blocks). */
void hal_delay(struct hal *hal, uint64_t ns);
/* Sleeps until another program of this handle calls hal_wake, or until the time is over (blocks).
 * Returns false when the time is over. May wake without reason: test the condition again. */
bool hal_wait(struct hal *hal, uint64_t timeout_ns);
void hal_wake(struct hal *hal);
/* Waits for an interrupt (blocks). For a driver, returns the mask of MSI vectors that fired since
 * the last call and clears it; for the GuC, 1 while its interrupt line is up. 0 when the time is
 * over. One program of a handle calls it. */
uint32_t hal_irq_wait(struct hal *hal, uint64_t timeout_ns);
/* Starts a further program on this handle (a thread: interrupt handler, worker). name shows in
 * diagnosis and must outlive the machine. */
void hal_spawn(struct hal *hal, const char *name, void (*program)(void *arg), void *arg);

/* ---- traces (never block, never change simulated time) --------------------------------------- */

enum hal_field_type { HAL_INT, HAL_STR, HAL_BOOL, HAL_HEX };

struct hal_field {
    const char *name;
    enum hal_field_type type;
    uint64_t value;      /* HAL_INT, HAL_BOOL; HAL_HEX: count of dwords */
    const void *pointer; /* HAL_STR: text, NULL gives null; HAL_HEX: dwords */
};

bool hal_tracing(struct hal *hal);
/* Writes one event; use the typed functions of sim/hal/trace.h. gt: 0 main, 1 media, HAL_GT_NONE.
 */
void hal_trace(struct hal *hal, int gt, const char *kind, const struct hal_field *fields,
               unsigned count);

/* Declares a wave signal "<unit>.<path>" of 1..64 bits, before the machine runs (later is an
 * error). unit is the handle's name in the machine: src.pf, src.guc0, vm1.vf. names: value -> name
 * for readers, NULL-terminated, or NULL; must outlive the machine. Returns a probe number for
 * hal_probe_set. */
int hal_probe(struct hal *hal, const char *path, unsigned bits, const char *const *names);
void hal_probe_set(struct hal *hal, int probe, uint64_t value);

#ifdef __cplusplus
}
#endif

#endif
