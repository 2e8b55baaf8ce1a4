/* SPDX-License-Identifier: MIT */
/* Since when a guest's memory is as it is: see record_pages.h. */
#include "sim/cli/record_pages.h"

#include <stdlib.h>
#include <string.h>

#define PAGE    4096u
#define DWORD   4u
#define DWORDS  (PAGE / DWORD)
#define BUCKETS 4096u

struct page {
    struct page *next, *next_of_all;
    uint64_t number;
    uint32_t dwords[DWORDS];
    uint32_t since[DWORDS];
};

struct record_pages {
    record_pages_read *read;
    void *arg;
    struct page *buckets[BUCKETS];
    struct page *all;
    bool failed;
};

struct record_pages *record_pages_create(record_pages_read *read, void *arg)
{
    struct record_pages *pages = calloc(1, sizeof(*pages));

    if (pages) {
        pages->read = read;
        pages->arg = arg;
    }
    return pages;
}

void record_pages_destroy(struct record_pages *pages)
{
    while (pages && pages->all) {
        struct page *page = pages->all;

        pages->all = page->next_of_all;
        free(page);
    }
    free(pages);
}

bool record_pages_failed(const struct record_pages *pages)
{
    return pages->failed;
}

static struct page *find(const struct record_pages *pages, uint64_t number)
{
    struct page *page = pages->buckets[number % BUCKETS];

    while (page && page->number != number) {
        page = page->next;
    }
    return page;
}

/* The page as it is now, when it is new. NULL where there is none, or no memory to keep it. */
static struct page *find_or_add(struct record_pages *pages, uint64_t number)
{
    struct page *page = find(pages, number);

    if (page) {
        return page;
    }
    page = calloc(1, sizeof(*page));
    if (!page) {
        pages->failed = true;
        return NULL;
    }
    if (pages->read(pages->arg, number * PAGE, page->dwords, PAGE)) {
        free(page);
        return NULL;
    }
    page->number = number;
    page->next = pages->buckets[number % BUCKETS];
    pages->buckets[number % BUCKETS] = page;
    page->next_of_all = pages->all;
    pages->all = page;
    return page;
}

static void page_look(struct record_pages *pages, struct page *page, uint32_t now)
{
    uint32_t dwords[DWORDS];

    if (pages->read(pages->arg, page->number * PAGE, dwords, PAGE) ||
        memcmp(dwords, page->dwords, PAGE) == 0) {
        return;
    }
    for (unsigned n = 0; n < DWORDS; n++) {
        page->since[n] = dwords[n] == page->dwords[n] ? page->since[n] : now;
    }
    memcpy(page->dwords, dwords, PAGE);
}

void record_pages_look(struct record_pages *pages, uint32_t now)
{
    for (struct page *page = pages->all; page; page = page->next_of_all) {
        page_look(pages, page, now);
    }
}

void record_pages_touch(struct record_pages *pages, uint64_t addr)
{
    (void)find_or_add(pages, addr / PAGE);
}

uint32_t record_pages_since(struct record_pages *pages, uint64_t addr, uint32_t value, uint32_t now)
{
    struct page *page = find_or_add(pages, addr / PAGE);
    const unsigned n = (unsigned)(addr % PAGE / DWORD);

    if (!page) {
        return now;
    }
    if (page->dwords[n] != value) {
        record_pages_look(pages, now); /* what it leads to was written before it */
        page->dwords[n] = value;       /* even where it is another one by now */
        page->since[n] = now;
    }
    return page->since[n];
}

void record_pages_store(struct record_pages *pages, uint64_t addr, unsigned size, uint64_t value)
{
    for (unsigned n = 0; n < size; n++) {
        struct page *page = find_or_add(pages, (addr + n) / PAGE);

        if (page) {
            ((uint8_t *)page->dwords)[(addr + n) % PAGE] = (uint8_t)(value >> 8 * n);
        }
    }
}
