/* SPDX-License-Identifier: MIT */
/* A guest's GGTT entries when it maps them: it stores into memory, and nobody is told. Before it
 * can rely on them, at its next access and before time goes on, what changed is given to the chip
 * as the writes that they are: traced and recorded like any other. What it sees there is what the
 * chip says: its entries are read, over the link as well, when it comes, when its VF moves, and
 * where the PF wrote. So a session with a window is a session without one. */
#include <string.h>

#include "host/abi/xe_gtt_defs.h"
#include "sim/cli/serve.h"

#define PTE_SIZE     8u
#define BLOCK_SIZE   (SIM_GGTT_BLOCK * PTE_SIZE)
#define BATCH        32u /* so many writes never wait for the link */
#define SETTLE_TURNS 4u  /* for a PF that goes on and on */
/* An entry without other bits reads as it was written. */
#define PTE_PLAIN                                                                                  \
    (GGTT_PTE_PRESENT | XE_GGTT_PTE_DM | XE_PTE_ADDR_MASK | XELPG_GGTT_PTE_PAT0 |                  \
     XELPG_GGTT_PTE_PAT1)

static uint64_t read_recorded(struct served *guest, uint32_t offset, unsigned size)
{
    const uint64_t value = outside_read(&guest->outside, offset, size);

    serve_record(guest, SESSION_READ, size, offset, value);
    return value;
}

static void show(struct served *guest, uint32_t offset)
{
    vfio_user_window_show(guest->server, offset, read_recorded(guest, offset, PTE_SIZE));
}

/* ---- what others changed --------------------------------------------------------------------- */

/* The VF's range, which another GPU has elsewhere. */
static void follow(struct served *guest)
{
    struct machine_fn *fn = guest->outside.vm->fn;
    struct served_view *view = &guest->view;
    struct pf_vf_config config = {0};
    uint32_t start, size;

    if (fn) {
        pf_get_config(fn->gpu->pf, fn->vf, &config);
    }
    start = GGTT_BAR0_OFFSET + (uint32_t)(config.ggtt_start / XE_PAGE_SIZE * PTE_SIZE);
    size = (uint32_t)(config.ggtt_size / XE_PAGE_SIZE * PTE_SIZE);
    if (fn == view->fn && start == view->start && size == view->size) {
        return;
    }
    memset(view, 0, sizeof(*view));
    view->fn = fn;
    view->start = start;
    view->size = size;
    vfio_user_window_own(guest->server, start, size);
}

static void show_block(struct served *guest, unsigned block)
{
    const uint32_t start = guest->view.start, end = start + guest->view.size;
    const uint32_t first = GGTT_BAR0_OFFSET + block * BLOCK_SIZE;

    for (uint32_t at = first; at < first + BLOCK_SIZE; at += PTE_SIZE) {
        if (at >= start && at < end) {
            show(guest, at);
        }
    }
}

/* The first block from *block on that the PF wrote since it was shown. */
static bool find_stale(const struct served *guest, unsigned *block)
{
    const struct served_view *view = &guest->view;
    const uint32_t end = view->start + view->size;

    for (; view->fn && GGTT_BAR0_OFFSET + *block * BLOCK_SIZE < end; (*block)++) {
        if (view->seen[*block] != 1 + sim_gpu_ggtt_written(view->fn->gpu->sim, *block)) {
            return true;
        }
    }
    return false;
}

/* Of a view that has one. */
static unsigned first_block(const struct served *guest)
{
    return !guest->view.fn ? 0 : (guest->view.start - GGTT_BAR0_OFFSET) / BLOCK_SIZE;
}

/* Returns whether there was anything to show, so that time has passed. */
static bool show_changes(struct served *guest)
{
    struct served_view *view = &guest->view;
    unsigned block = first_block(guest);
    bool changed = false;

    for (; find_stale(guest, &block); block++) {
        view->seen[block] = 1 + sim_gpu_ggtt_written(view->fn->gpu->sim, block);
        show_block(guest, block);
        changed = true;
    }
    return changed;
}

/* Until the guest sees what the chip has. No write of its is on the link then: BATCH more go at
 * once, and the VM cannot be stopped, and moved, between two of them. */
static void settle(struct served *guest)
{
    unsigned turns = 0;

    do {
        (void)read_recorded(guest, VF_CAP_REG, sizeof(uint32_t));
        follow(guest);
    } while (show_changes(guest) && ++turns < SETTLE_TURNS);
}

/* ---- what the guest stored ------------------------------------------------------------------- */

/* Returns whether there may be more. */
static bool give(struct served *guest)
{
    uint32_t odd[BATCH], offset;
    unsigned count = 0, num_odd = 0;
    uint64_t value;

    while (count < BATCH && vfio_user_window_take(guest->server, &offset, &value)) {
        serve_record(guest, SESSION_WRITE, PTE_SIZE, offset, value);
        outside_write(&guest->outside, offset, PTE_SIZE, value);
        if (value & ~PTE_PLAIN) {
            odd[num_odd++] = offset;
        }
        count++;
    }
    for (unsigned n = 0; n < num_odd; n++) {
        show(guest, odd[n]);
    }
    return count == BATCH;
}

static bool has_changes(const struct served *guest)
{
    unsigned block = first_block(guest);

    return guest->outside.vm->fn != guest->view.fn || find_stale(guest, &block);
}

void serve_window_take(struct served *guest)
{
    if (!vfio_user_window_is_shared(guest->server) || !guest->outside.vm->fn) {
        return;
    }
    if (has_changes(guest)) {
        settle(guest);
    }
    if (!vfio_user_window_stored(guest->server)) {
        return;
    }
    do {
        settle(guest);
    } while (give(guest));
}

void serve_window_written(struct served *guest, uint32_t offset)
{
    if (offset >= GGTT_BAR0_OFFSET && vfio_user_window_is_shared(guest->server)) {
        show(guest, offset / PTE_SIZE * PTE_SIZE);
    }
}
