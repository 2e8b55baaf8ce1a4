/* SPDX-License-Identifier: MIT */
/* A storm of CTB messages: VFs whose rings are never empty, on both GTs of one GPU. */
#ifndef TESTS_BENCH_STORM_H
#define TESTS_BENCH_STORM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STORM_MAX_ACTIVE 8u

struct storm_config {
    unsigned vfs;        /* provisioned */
    unsigned active;     /* of those, how many have a VM that sends */
    uint64_t messages;   /* in all */
    void (*begin)(void); /* all is set up; may be NULL */
};

/* Of the part behind begin. */
struct storm_result {
    double cpu_s; /* of this process: a busy machine does not show */
    uint64_t cycles;
    uint64_t evals;
};

/* One a process. Returns false with a message on stderr. */
bool storm_run(const struct storm_config *config, struct storm_result *result);

#ifdef __cplusplus
}
#endif

#endif
