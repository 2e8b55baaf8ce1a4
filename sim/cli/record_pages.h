/* SPDX-License-Identifier: MIT */
/* Since when a served guest's memory is as the device finds it. Of each page where the device was
 * a copy is kept; it is compared with the guest's when the guest told the device something, and
 * when the device found something new by itself. */
#ifndef SIM_CLI_RECORD_PAGES_H
#define SIM_CLI_RECORD_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/hal/bits.h"

struct record_pages;

/* Reads the guest's memory; returns 0 or -errno. */
typedef int record_pages_read(void *arg, uint64_t addr, void *to, uint64_t size);

/* Returns NULL without memory. */
struct record_pages *record_pages_create(record_pages_read *read, void *arg);
void record_pages_destroy(struct record_pages *pages);
/* Looks for what the guest changed; now: the order of the session's next record. */
void record_pages_look(struct record_pages *pages, uint32_t now);
/* The device reads there. */
void record_pages_touch(struct record_pages *pages, uint64_t addr);
/* The device has read that dword. Returns the order of the record before which it became as it is;
 * 0: before the device came to its page. */
uint32_t record_pages_since(struct record_pages *pages, uint64_t addr, uint32_t value,
                            uint32_t now);
/* What the device stores is no change of the guest's. */
void record_pages_store(struct record_pages *pages, uint64_t addr, unsigned size, uint64_t value);
/* Was there too little memory at some time? */
bool record_pages_failed(const struct record_pages *pages);

#endif
