/* SPDX-License-Identifier: MIT */
/* The fake HAL's devices: registers, RAM, GGTT pages, traces, probes, as plain arrays. Programs
 * and time are in fake_programs.c. A wrong call from a test stops it with a message. */
#include "tests/unit/fake_hal_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fake_fatal(const char *format, ...)
{
    va_list args;

    fprintf(stderr, "fake HAL: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    abort();
}

struct hal *fake_hal_create(const struct fake_device *device, uint64_t ram)
{
    struct hal *hal = calloc(1, sizeof(*hal));

    if (!hal) {
        fake_fatal("no memory");
    }
    if (device) {
        hal->device = *device;
    }
    hal->ram_pages = ram / HAL_PAGE_SIZE;
    hal->bar = calloc(1, FAKE_BAR_SIZE);
    hal->ram = calloc(hal->ram_pages + 1, HAL_PAGE_SIZE);
    hal->taken = calloc(hal->ram_pages + 1, sizeof(*hal->taken));
    hal->used = calloc(hal->ram_pages + 1, sizeof(*hal->used));
    if (!hal->bar || !hal->ram || !hal->taken || !hal->used) {
        fake_fatal("no memory for %llu bytes of RAM", (unsigned long long)ram);
    }
    hal->used[0] = true; /* address 0 means "none left" */
    return hal;
}

void fake_hal_destroy(struct hal *hal)
{
    if (!hal) {
        return;
    }
    fake_programs_drop(hal);
    for (unsigned i = 0; i < FAKE_DMA_BUCKETS; i++) {
        while (hal->pages[i]) {
            struct fake_page *page = hal->pages[i];

            hal->pages[i] = page->next;
            free(page);
        }
    }
    for (unsigned i = 0; i < hal->num_lines; i++) {
        free(hal->lines[i]);
    }
    for (unsigned i = 0; i < hal->num_probes; i++) {
        free(hal->probes[i].path);
    }
    free(hal->lines);
    free(hal->vram);
    free(hal->used);
    free(hal->taken);
    free(hal->ram);
    free(hal->bar);
    free(hal);
}

static struct hal *kept[FAKE_MAX_KEPT];
static unsigned num_kept;

struct hal *fake_hal_kept(const struct fake_device *device, uint64_t ram)
{
    if (num_kept == FAKE_MAX_KEPT) {
        fake_fatal("more than %u HALs at a time", FAKE_MAX_KEPT);
    }
    kept[num_kept] = fake_hal_create(device, ram);
    return kept[num_kept++];
}

void fake_hals_close(void)
{
    while (num_kept > 0) {
        fake_hal_destroy(kept[--num_kept]);
    }
}

/* ---- registers ------------------------------------------------------------------------------- */

static void check_register(uint32_t offset, unsigned size)
{
    if (offset > FAKE_BAR_SIZE - size || offset % size) {
        fake_fatal("no register of %u bytes at 0x%x", size, offset);
    }
}

static uint64_t register_read(struct hal *hal, uint32_t offset, unsigned size)
{
    uint64_t value = 0;

    check_register(offset, size);
    fake_charge(FAKE_READ_NS);
    if (hal->device.read) {
        return hal->device.read(hal->device.arg, offset, size);
    }
    memcpy(&value, hal->bar + offset, size);
    return value;
}

/* The device sees the write before any other program goes on. */
static void register_write(struct hal *hal, uint32_t offset, uint64_t value, unsigned size)
{
    check_register(offset, size);
    memcpy(hal->bar + offset, &value, size);
    if (hal->device.write) {
        hal->device.write(hal->device.arg, offset, value, size);
    }
    fake_charge(FAKE_WRITE_NS);
}

uint32_t hal_read32(struct hal *hal, uint32_t offset)
{
    return (uint32_t)register_read(hal, offset, 4);
}

uint64_t hal_read64(struct hal *hal, uint32_t offset)
{
    return register_read(hal, offset, 8);
}

void hal_write32(struct hal *hal, uint32_t offset, uint32_t value)
{
    register_write(hal, offset, value, 4);
}

void hal_write64(struct hal *hal, uint32_t offset, uint64_t value)
{
    register_write(hal, offset, value, 8);
}

uint32_t fake_reg(struct hal *hal, uint32_t offset)
{
    uint32_t value;

    check_register(offset, 4);
    memcpy(&value, hal->bar + offset, 4);
    return value;
}

void fake_set_reg(struct hal *hal, uint32_t offset, uint32_t value)
{
    check_register(offset, 4);
    memcpy(hal->bar + offset, &value, 4);
}

void fake_irq(struct hal *hal, uint32_t mask)
{
    hal->irq |= mask;
}

bool fake_irq_is_up(struct hal *hal)
{
    return hal->device.irq_line ? hal->device.irq_line(hal->device.arg) : hal->irq != 0;
}

/* ---- RAM ------------------------------------------------------------------------------------- */

void *fake_ram(struct hal *hal, uint64_t addr, uint64_t size)
{
    uint64_t end = hal->ram_pages * HAL_PAGE_SIZE;

    return addr > end || size > end - addr ? NULL : hal->ram + addr;
}

int hal_mem_read(struct hal *hal, uint64_t addr, void *to, size_t size)
{
    const void *ram = fake_ram(hal, addr, size);

    if (!ram) {
        return -EFAULT;
    }
    memcpy(to, ram, size);
    return 0;
}

int hal_mem_write(struct hal *hal, uint64_t addr, const void *from, size_t size)
{
    void *ram = fake_ram(hal, addr, size);

    if (!ram) {
        return -EFAULT;
    }
    memcpy(ram, from, size);
    return 0;
}

/* First fit, so that addresses do not depend on anything but the order of calls. */
static uint64_t find_free_pages(const struct hal *hal, uint64_t count)
{
    uint64_t length = 0;

    for (uint64_t page = 1; page < hal->ram_pages; page++) {
        length = hal->used[page] ? 0 : length + 1;
        if (length == count) {
            return page + 1 - count;
        }
    }
    return 0;
}

uint64_t hal_mem_alloc(struct hal *hal, uint64_t size)
{
    uint64_t count = size / HAL_PAGE_SIZE + (size % HAL_PAGE_SIZE != 0);
    uint64_t first = count && count < hal->ram_pages ? find_free_pages(hal, count) : 0;

    if (first) {
        hal->taken[first] = (uint32_t)count;
        memset(hal->used + first, true, count * sizeof(*hal->used));
        memset(hal->ram + first * HAL_PAGE_SIZE, 0, count * HAL_PAGE_SIZE);
    }
    return first * HAL_PAGE_SIZE;
}

void hal_mem_free(struct hal *hal, uint64_t addr)
{
    uint64_t first = addr / HAL_PAGE_SIZE;

    if (addr % HAL_PAGE_SIZE || first >= hal->ram_pages || !hal->taken[first]) {
        fake_fatal("hal_mem_free: 0x%llx was not allocated", (unsigned long long)addr);
    }
    memset(hal->used + first, false, hal->taken[first] * sizeof(*hal->used));
    hal->taken[first] = 0;
}

/* ---- PCI configuration ----------------------------------------------------------------------- */

uint32_t *fake_config(struct hal *hal, uint32_t offset)
{
    if (offset % 4 || offset >= sizeof(hal->config)) {
        fake_fatal("0x%x is no dword of configuration space", offset);
    }
    return &hal->config[offset / 4];
}

uint32_t hal_config_read32(struct hal *hal, uint32_t offset)
{
    return *fake_config(hal, offset);
}

void hal_config_write32(struct hal *hal, uint32_t offset, uint32_t value)
{
    *fake_config(hal, offset) = value;
}

/* ---- local memory ---------------------------------------------------------------------------- */

static uint64_t vram_with_metadata(uint64_t size)
{
    return size + size / HAL_PAGE_SIZE * HAL_VRAM_META;
}

void fake_set_vram(struct hal *hal, uint64_t size)
{
    const uint64_t bytes = vram_with_metadata(size);

    hal->vram = realloc(hal->vram, bytes + 1);
    if (!hal->vram) {
        fake_fatal("no memory for %llu bytes of local memory", (unsigned long long)size);
    }
    memset(hal->vram, 0, bytes);
    hal->vram_size = size;
}

void *fake_vram(struct hal *hal, uint64_t addr)
{
    return hal->vram + addr;
}

uint64_t hal_vram_size(struct hal *hal)
{
    return hal->vram_size;
}

/* How much of an access lies in local memory. */
static size_t vram_part(const struct hal *hal, uint64_t addr, size_t size)
{
    const uint64_t end = vram_with_metadata(hal->vram_size);
    const uint64_t rest = addr < end ? end - addr : 0;

    fake_charge(FAKE_READ_NS);
    return size < rest ? size : (size_t)rest;
}

void hal_vram_read(struct hal *hal, uint64_t addr, void *to, size_t size)
{
    const size_t part = vram_part(hal, addr, size);

    memset(to, 0xff, size);
    if (part) {
        memcpy(to, hal->vram + addr, part);
    }
}

void hal_vram_write(struct hal *hal, uint64_t addr, const void *from, size_t size)
{
    const size_t part = vram_part(hal, addr, size);

    if (part) {
        memcpy(hal->vram + addr, from, part);
    }
}

/* ---- DMA through GGTT ------------------------------------------------------------------------ */

static struct fake_page **find_page(struct hal *hal, unsigned fn, uint64_t addr)
{
    uint64_t number = addr / HAL_PAGE_SIZE;
    struct fake_page **link = &hal->pages[(number + 97u * fn) % FAKE_DMA_BUCKETS];

    while (*link && ((*link)->fn != fn || (*link)->number != number)) {
        link = &(*link)->next;
    }
    return link;
}

static uint32_t *find_word(struct hal *hal, unsigned fn, uint64_t addr)
{
    struct fake_page *page = *find_page(hal, fn, addr);

    return page ? &page->words[addr % HAL_PAGE_SIZE / 4] : NULL;
}

void fake_dma_map(struct hal *hal, unsigned fn, uint64_t addr, uint64_t size)
{
    for (uint64_t at = addr & ~(uint64_t)(HAL_PAGE_SIZE - 1); at < addr + size;
         at += HAL_PAGE_SIZE) {
        struct fake_page **link = find_page(hal, fn, at);

        if (!*link) {
            *link = calloc(1, sizeof(**link));
            if (!*link) {
                fake_fatal("no memory for a GGTT page");
            }
            (*link)->fn = fn;
            (*link)->number = at / HAL_PAGE_SIZE;
        }
    }
}

void fake_dma_unmap(struct hal *hal, unsigned fn, uint64_t addr, uint64_t size)
{
    for (uint64_t at = addr & ~(uint64_t)(HAL_PAGE_SIZE - 1); at < addr + size;
         at += HAL_PAGE_SIZE) {
        struct fake_page **link = find_page(hal, fn, at);
        struct fake_page *page = *link;

        if (page) {
            *link = page->next;
            free(page);
        }
    }
}

static uint32_t *need_word(struct hal *hal, unsigned fn, uint64_t addr)
{
    uint32_t *word = addr % 4 ? NULL : find_word(hal, fn, addr);

    if (!word) {
        fake_fatal("function %u has no dword at GGTT 0x%llx", fn, (unsigned long long)addr);
    }
    return word;
}

uint32_t fake_dma_read32(struct hal *hal, unsigned fn, uint64_t addr)
{
    return *need_word(hal, fn, addr);
}

void fake_dma_write32(struct hal *hal, unsigned fn, uint64_t addr, uint32_t value)
{
    *need_word(hal, fn, addr) = value;
}

static void start_transfer(uint64_t ggtt_addr, uint32_t len_dw)
{
    if (ggtt_addr % 4) {
        fake_fatal("DMA at GGTT 0x%llx is not aligned", (unsigned long long)ggtt_addr);
    }
    fake_charge(FAKE_DMA_NS + len_dw);
}

int hal_dma_read(struct hal *hal, unsigned fn, uint64_t ggtt_addr, uint32_t *to, uint32_t len_dw)
{
    start_transfer(ggtt_addr, len_dw);
    for (uint32_t i = 0; i < len_dw; i++) {
        const uint32_t *word = find_word(hal, fn, ggtt_addr + 4ull * i);

        if (!word) {
            return -EFAULT;
        }
        to[i] = *word;
    }
    return 0;
}

int hal_dma_write(struct hal *hal, unsigned fn, uint64_t ggtt_addr, const uint32_t *from,
                  uint32_t len_dw)
{
    start_transfer(ggtt_addr, len_dw);
    for (uint32_t i = 0; i < len_dw; i++) {
        uint32_t *word = find_word(hal, fn, ggtt_addr + 4ull * i);

        if (!word) {
            return -EFAULT;
        }
        *word = from[i];
    }
    return 0;
}

/* ---- traces and probes ----------------------------------------------------------------------- */

bool hal_tracing(struct hal *hal)
{
    (void)hal;
    return true;
}

static void print_field(FILE *to, const struct hal_field *field)
{
    const uint32_t *words = field->pointer;

    fprintf(to, " %s=", field->name);
    switch (field->type) {
    case HAL_INT:
        fprintf(to, "%llu", (unsigned long long)field->value);
        break;
    case HAL_BOOL:
        fputs(field->value ? "true" : "false", to);
        break;
    case HAL_STR:
        fputs(field->pointer ? (const char *)field->pointer : "null", to);
        break;
    case HAL_HEX:
        for (uint64_t i = 0; i < field->value; i++) {
            fprintf(to, "%s%08x", i ? " " : "", words[i]);
        }
        break;
    }
}

void hal_trace(struct hal *hal, int gt, const char *kind, const struct hal_field *fields,
               unsigned count)
{
    char *line = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&line, &size);
    char **lines = hal->lines;

    /* Doubled: a test may write 100,000 lines, and address sanitizer keeps every copy. */
    if (hal->num_lines == hal->lines_room) {
        hal->lines_room = hal->lines_room ? 2 * hal->lines_room : 64;
        lines = realloc(hal->lines, hal->lines_room * sizeof(*lines));
    }
    if (!to || !lines) {
        fake_fatal("no memory for a trace line");
    }
    fputs(kind, to);
    for (unsigned i = 0; i < count; i++) {
        print_field(to, &fields[i]);
    }
    if (gt != HAL_GT_NONE) {
        fprintf(to, " gt=%d", gt);
    }
    fclose(to);
    hal->lines = lines;
    hal->lines[hal->num_lines++] = line;
}

unsigned fake_trace_count(struct hal *hal, const char *substring)
{
    unsigned count = 0;

    for (unsigned i = 0; i < hal->num_lines; i++) {
        count += strstr(hal->lines[i], substring) != NULL;
    }
    return count;
}

const char *fake_trace_last(struct hal *hal, const char *substring)
{
    for (unsigned i = hal->num_lines; i > 0; i--) {
        if (strstr(hal->lines[i - 1], substring)) {
            return hal->lines[i - 1];
        }
    }
    return NULL;
}

int hal_probe(struct hal *hal, const char *path, unsigned bits, const char *const *names)
{
    (void)names;
    if (hal->started) {
        fake_fatal("probe '%s' is declared after the machine started", path);
    }
    if (bits == 0 || bits > 64 || hal->num_probes == FAKE_MAX_PROBES) {
        fake_fatal("probe '%s': %u bits, number %u", path, bits, hal->num_probes);
    }
    hal->probes[hal->num_probes].path = strdup(path);
    return (int)hal->num_probes++;
}

void hal_probe_set(struct hal *hal, int probe, uint64_t value)
{
    if (probe < 0 || (unsigned)probe >= hal->num_probes) {
        fake_fatal("no probe %d", probe);
    }
    hal->probes[probe].value = value;
}

uint64_t fake_probe_value(struct hal *hal, const char *path)
{
    for (unsigned i = 0; i < hal->num_probes; i++) {
        if (strcmp(hal->probes[i].path, path) == 0) {
            return hal->probes[i].value;
        }
    }
    fake_fatal("no probe '%s'", path);
}
