/* SPDX-License-Identifier: MIT */
/* Pin activity of a run: recorded at the edge between the core and the Verilated model, stored in a
 * file, played back without the core. */
#ifndef TESTS_BENCH_PINS_H
#define TESTS_BENCH_PINS_H

#include <cstdint>
#include <vector>

#include "sim/core/gpu_rtl.h"

constexpr unsigned PINS_MAX_GPUS = 4;

/* One evaluated edge. */
struct pins_edge {
    gpu_inputs in;
    uint32_t gpu; /* in the order of their first edges */
    uint64_t skip;
};

struct pins_run {
    std::vector<pins_edge> edges;
    uint64_t mark = 0; /* edges before the part that counts */
};

/* Keeps the edges of this process from now on. */
void pins_record();
/* The part that counts begins. */
void pins_mark();
/* Returns false with a message on stderr. */
bool pins_save(const char *path);
bool pins_load(const char *path, pins_run *run);

/* Plays a run of one GPU back from its reset. Returns the seconds that the part behind the mark
 * took. */
double pins_replay(const pins_run &run);

#endif
