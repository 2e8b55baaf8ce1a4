/* SPDX-License-Identifier: MIT */
/* What the device has seen of a guest's memory, by pages: see session.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/session.h"

#define PAGE    4096u
#define BUCKETS 4096u

struct page {
    struct page *next;
    uint64_t number;
    uint8_t bytes[PAGE];
};

struct session_shadow {
    struct page *buckets[BUCKETS];
};

struct session_shadow *session_shadow_create(void)
{
    return calloc(1, sizeof(struct session_shadow));
}

void session_shadow_destroy(struct session_shadow *shadow)
{
    if (!shadow) {
        return;
    }
    for (unsigned n = 0; n < BUCKETS; n++) {
        while (shadow->buckets[n]) {
            struct page *page = shadow->buckets[n];

            shadow->buckets[n] = page->next;
            free(page);
        }
    }
    free(shadow);
}

static struct page *find(const struct session_shadow *shadow, uint64_t number)
{
    struct page *page = shadow->buckets[number % BUCKETS];

    while (page && page->number != number) {
        page = page->next;
    }
    return page;
}

/* How many of size bytes lie in the page of addr. */
static unsigned part_in_page(uint64_t addr, unsigned size)
{
    const unsigned left = PAGE - (unsigned)(addr % PAGE);

    return size < left ? size : left;
}

uint64_t session_shadow_get(const struct session_shadow *shadow, uint64_t addr, unsigned size)
{
    uint8_t bytes[sizeof(uint64_t)] = {0};
    uint64_t value;

    for (unsigned n = 0; n < size; n += part_in_page(addr + n, size - n)) {
        const struct page *page = find(shadow, (addr + n) / PAGE);

        if (page) {
            memcpy(bytes + n, page->bytes + (addr + n) % PAGE, part_in_page(addr + n, size - n));
        }
    }
    memcpy(&value, bytes, sizeof(value));
    return value;
}

static struct page *find_or_add(struct session_shadow *shadow, uint64_t number)
{
    struct page *page = find(shadow, number);

    if (!page && (page = calloc(1, sizeof(*page)))) {
        page->number = number;
        page->next = shadow->buckets[number % BUCKETS];
        shadow->buckets[number % BUCKETS] = page;
    }
    return page;
}

int session_shadow_put(struct session_shadow *shadow, uint64_t addr, unsigned size, uint64_t value)
{
    uint8_t bytes[sizeof(value)];

    memcpy(bytes, &value, sizeof(value));
    for (unsigned n = 0; n < size; n += part_in_page(addr + n, size - n)) {
        struct page *page = find_or_add(shadow, (addr + n) / PAGE);

        if (!page) {
            return -ENOMEM;
        }
        memcpy(page->bytes + (addr + n) % PAGE, bytes + n, part_in_page(addr + n, size - n));
    }
    return 0;
}
