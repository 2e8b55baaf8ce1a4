/* SPDX-License-Identifier: MIT */
/* RAM of a VM that is migrated: all of it once, then what was written meanwhile, by vCPUs as the
 * machine knows them and by the device as its own log, or an IOMMU, tells. A page of zeroes goes
 * over the link as one byte. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/vmm/vmm_private.h"

#define DEFAULT_PAGE 4096u
#define PAGE_HEADER  8u           /* on the link, for each page */
#define BURST        65536u       /* bytes after which the link's time passes */
#define MAX_PAGES    (1ull << 26) /* 256 GiB of small pages */

/* ---- link ------------------------------------------------------------------------------------ */

void vmm_link(struct vmm_migration *migration, uint64_t bytes)
{
    if (migration->bandwidth && bytes) {
        /* Rounded up: nothing is for free. Bytes of one burst and some are far from overflow. */
        hal_delay(migration->hal,
                  (bytes * HAL_NS_PER_S + migration->bandwidth - 1) / migration->bandwidth);
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

static void set_all(struct vmm_ram *ram)
{
    for (uint64_t page = 0; page < ram->pages; page++) {
        ram->to_send[page / 8] |= (uint8_t)(1u << page % 8);
    }
    ram->left = ram->pages;
}

static int begin_logs(struct vmm_ram *ram)
{
    struct vmm_migration *migration = ram->migration;
    const struct vmm_face *face = vmm_face_of(&migration->source);
    int err = migration->vm_ops->ram_begin(migration->vm);

    if (err) {
        return err;
    }
    ram->begun = true;
    if (!face->keeps_log(&migration->source)) {
        return 0;
    }
    err = face->log(&migration->source, true, ram->page_size, ram->pages * ram->page_size);
    ram->device_logs = !err;
    return err;
}

int vmm_ram_begin(struct vmm_ram *ram, struct vmm_migration *migration)
{
    const uint64_t size = migration->vm_ops->ram_size(migration->vm);

    *ram =
        (struct vmm_ram){.migration = migration,
                         .page_size = migration->page_size ? migration->page_size : DEFAULT_PAGE};
    if (ram->page_size < DEFAULT_PAGE || ram->page_size & (ram->page_size - 1)) {
        return -EINVAL;
    }
    ram->pages = (size + ram->page_size - 1) / ram->page_size;
    if (ram->pages > MAX_PAGES) {
        return -EFBIG;
    }
    ram->to_send = calloc(1, ram->pages / 8 + 1);
    ram->found = calloc(1, ram->pages / 8 + 1);
    if (!ram->to_send || !ram->found) {
        return -ENOMEM;
    }
    set_all(ram);
    return begin_logs(ram);
}

void vmm_ram_end(struct vmm_ram *ram)
{
    struct vmm_migration *migration = ram->migration;
    int err = 0;

    if (ram->device_logs) {
        err = vmm_face_of(&migration->source)->log(&migration->source, false, 0, 0);
    }
    (void)err; /* a log that does not end costs the device's time, nothing else */
    if (ram->begun) {
        migration->vm_ops->ram_end(migration->vm);
    }
    free(ram->to_send);
    free(ram->found);
    *ram = (struct vmm_ram){.to_send = NULL};
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static void charge(struct vmm_ram *ram, uint64_t bytes)
{
    ram->migration->result.ram_bytes += bytes;
    ram->owed += bytes;
    if (ram->owed >= BURST) {
        vmm_link(ram->migration, ram->owed);
        ram->owed = 0;
    }
}

void vmm_ram_send(struct vmm_ram *ram)
{
    struct vmm_migration *migration = ram->migration;

    for (uint64_t page = 0; page < ram->pages && ram->left && !migration->cancel; page++) {
        const uint8_t bit = (uint8_t)(1u << page % 8);
        bool full;

        if (!(ram->to_send[page / 8] & bit)) {
            continue;
        }
        ram->to_send[page / 8] &= (uint8_t)~bit;
        ram->left--;
        full = migration->vm_ops->ram_copy(migration->vm, page * ram->page_size, ram->page_size);
        migration->result.ram_pages++;
        migration->result.zero_pages += !full;
        charge(ram, PAGE_HEADER + (full ? ram->page_size : 1));
    }
    vmm_link(migration, ram->owed);
    ram->owed = 0;
}

/* Moves found into to_send. */
static void add_found(struct vmm_ram *ram)
{
    struct vmm_result *result = &ram->migration->result;

    for (uint64_t n = 0; n < ram->pages / 8 + 1; n++) {
        const uint8_t fresh = ram->found[n] & (uint8_t)~ram->to_send[n];

        ram->to_send[n] |= fresh;
        ram->left += (uint64_t)__builtin_popcount(fresh);
        result->dirty_pages += (uint64_t)__builtin_popcount(ram->found[n]);
    }
}

void vmm_ram_sync(struct vmm_ram *ram)
{
    struct vmm_migration *migration = ram->migration;
    int64_t found = 0;

    memset(ram->found, 0, ram->pages / 8 + 1);
    if (ram->device_logs) {
        found = vmm_face_of(&migration->source)
                    ->dirty(&migration->source, ram->page_size, ram->pages, ram->found);
    }
    if (found < 0) {
        set_all(ram); /* what the log does not tell may be anything */
    } else {
        migration->result.device_pages += (uint64_t)found;
    }
    (void)migration->vm_ops->ram_dirty(migration->vm, !ram->device_logs, 0, ram->page_size,
                                       ram->pages, ram->found);
    add_found(ram);
}

uint64_t vmm_ram_left(const struct vmm_ram *ram)
{
    return ram->left * (PAGE_HEADER + ram->page_size);
}
