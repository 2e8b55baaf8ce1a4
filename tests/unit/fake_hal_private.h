/* SPDX-License-Identifier: MIT */
/* Inside of the fake HAL: what the device half (fake_hal.c) and the program half
 * (fake_programs.c) share. */
#ifndef TESTS_UNIT_FAKE_HAL_PRIVATE_H
#define TESTS_UNIT_FAKE_HAL_PRIVATE_H

#include "tests/unit/fake_hal.h"

#define FAKE_BAR_SIZE    0x1000000u
#define FAKE_DMA_BUCKETS 1024u
#define FAKE_MAX_PROBES  1024u
#define FAKE_MAX_KEPT    16u
#define FAKE_READ_NS     100u
#define FAKE_WRITE_NS    20u
#define FAKE_DMA_NS      100u /* of one transfer, plus 1 ns for each dword */

/* A GGTT page of a function, with its content. */
struct fake_page {
    struct fake_page *next;
    unsigned fn;
    uint64_t number;
    uint32_t words[HAL_PAGE_SIZE / 4];
};

struct fake_probe {
    char *path;
    uint64_t value;
};

struct hal {
    struct fake_device device;
    uint8_t *bar;
    uint8_t *ram;
    uint32_t config[1024]; /* PCI configuration space, 4 KiB */
    uint8_t *vram;
    uint64_t vram_size;
    uint64_t ram_pages;
    uint32_t *taken; /* by page: length of the allocation that starts here, in pages */
    bool *used;      /* by page */
    uint32_t irq;    /* raised and not taken */
    struct fake_page *pages[FAKE_DMA_BUCKETS];
    char **lines;
    unsigned num_lines;
    unsigned lines_room;
    struct fake_probe probes[FAKE_MAX_PROBES];
    unsigned num_probes;
    bool started; /* a program ran: too late for probes */
};

/* Stops the test with a message. */
_Noreturn void fake_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Is its interrupt up? Takes nothing. */
bool fake_irq_is_up(struct hal *hal);
/* Lets time pass for the calling program; no effect outside of programs (a test that sets a
 * machine up). */
void fake_charge(uint64_t ns);
/* Forgets programs and timers of a handle. */
void fake_programs_drop(struct hal *hal);

#endif
