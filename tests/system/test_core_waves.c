/* SPDX-License-Identifier: MIT */
/* Waves of several megabytes: they go through another thread, piece by piece, and nobody shall see
 * that. */

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/system/core_machine.h"

#define STEPS 50000u /* 4 MB, eight times what may wait for the thread */

struct counting {
    struct sim *sim;
    struct hal *hal;
    bool forks; /* half way, into a child that closes its copy of the machine's files */
};

static void close_in_child(struct sim *sim)
{
    struct sim_summary summary = {0};
    int status = 0;
    const pid_t child = fork();

    if (child == 0) {
        _exit(sim_finish(sim, &summary) == 0 ? 0 : 1);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0, "status %x", (unsigned)status);
}

static void count_up(void *arg)
{
    struct counting *counting = arg;

    for (uint64_t i = 1; i <= STEPS; i++) {
        hal_cycles(counting->hal, 1);
        hal_probe_set(counting->hal, 0, i);
        if (counting->forks && i == STEPS / 2) {
            close_in_child(counting->sim);
        }
    }
    sim_stop(counting->sim);
}

static void run_counting(const struct core_files *files, bool forks, struct sim_summary *summary)
{
    struct sim *sim = core_machine(files, false);
    struct counting counting = {.sim = sim, .hal = sim_hal_plain(sim, "script"), .forks = forks};

    hal_probe(counting.hal, "step", 64, NULL);
    hal_spawn(counting.hal, "counting", count_up, &counting);
    sim_start(sim);
    cr_expect_eq(sim_run(sim, HAL_FOREVER), SIM_DONE);
    cr_expect_eq(sim_finish(sim, summary), 0);
    cr_expect_eq(sim_destroy(sim), 0);
}

/* Each step stands behind its time, once and in order. */
static void expect_all_steps(const char *text)
{
    const char *at = strstr(text, "#1000\n");
    uint64_t step = 0;

    while (at && *at == '#') {
        char *end = NULL;
        const uint64_t t_ps = strtoull(at + 1, &end, 10);
        const uint64_t value = strncmp(end, "\nb", 2) == 0 ? strtoull(end + 2, NULL, 2) : 0;

        step++;
        cr_assert_eq(t_ps, step * CORE_CLOCK_PS, "step %lu at %lu", step, t_ps);
        cr_assert_eq(value, step, "at %lu: %lu", t_ps, value);
        at = strchr(end + 2, '#');
    }
    cr_expect_eq(step, STEPS);
}

static void expect_hash(const char *text, const char *sha256)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
    unsigned size = 0;

    cr_assert_eq(EVP_Digest(text, strlen(text), digest, &size, EVP_sha256(), NULL), 1);
    for (unsigned i = 0; i < size; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    cr_expect_str_eq(sha256, hex);
}

static void expect_whole_waves(bool forks)
{
    struct core_files files;
    struct sim_summary summary;

    core_files_create(&files);
    run_counting(&files, forks, &summary);
    char *text = core_read_file(files.trace);
    expect_all_steps(text);
    expect_hash(text, summary.trace_sha256);
    free(text);
    core_files_remove(&files);
}

Test(core_waves, more_than_may_wait_is_written_whole_and_in_order)
{
    expect_whole_waves(false);
}

Test(core_waves, a_forked_child_that_closes_its_copy_leaves_the_file_alone)
{
    expect_whole_waves(true);
}
