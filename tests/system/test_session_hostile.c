/* SPDX-License-Identifier: MIT */
/* Session files that somebody has changed: reading one gives a session or nothing, playing one an
 * exit code. SESSION_MOVES and SESSION_SEED: how many, and which; one in 30 is played. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "gpu_regs.h"
#include "sim/machine/session.h"
#include "tests/system/serve_client.h"

#define DEFAULT_MOVES 300u
#define PLAYED        30u
#define MAX_BYTES     65536
#define MAX_ACCESSES  2000u

static const char scenario[] =
    "local m = machine { gpus = { { name = 'src', gts = 1, vfs = 1 } },\n"
    "  vms = { { name = 'vm1', ram = 4 << 20 } } }\n"
    "m.src:provision(1, { ggtt_size = 1 << 20 })\n"
    "m.vm1:attach(m.src, 1)\n"
    "wait_until(function() return m.vm1:outside() == 'gone' end, '3s', '100us')\n";

static uint64_t state;
static uint8_t good[MAX_BYTES], bad[MAX_BYTES];
static char path[128];

static void setup(void)
{
    serve_setup(scenario);
}

TestSuite(session_hostile, .init = setup, .fini = serve_teardown, .timeout = 6000);

static uint32_t pick(uint32_t below)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(state >> 33) % below;
}

static unsigned long number(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);

    return text ? strtoul(text, NULL, 0) : otherwise;
}

/* ---- files ----------------------------------------------------------------------------------- */

static unsigned record_session(void)
{
    char option[160];
    gzFile file;
    int size;

    (void)snprintf(option, sizeof(option), "--record %s", path);
    serve_start(option);
    serve_share_memory();
    cr_assert_eq(serve_open_rings(), 27);
    serve_invalidate_tlb();
    cr_assert_eq(serve_end(), 0);
    file = gzopen(path, "rb");
    cr_assert_not_null(file);
    size = gzread(file, good, MAX_BYTES);
    cr_assert(size > 0 && size < MAX_BYTES);
    (void)gzclose(file);
    return (unsigned)size;
}

/* Its head is text, and names what to run: it is seldom touched. */
static unsigned head_size(void)
{
    return (unsigned)(strstr((const char *)good, "\n\n") + 2 - (const char *)good);
}

static void mutate_byte(unsigned size)
{
    const unsigned head = head_size();
    const unsigned at = pick(8) ? head + pick(size - head) : pick(size);

    switch (pick(4)) {
    case 0:
        bad[at] ^= (uint8_t)(1u << pick(8));
        break;
    case 1:
        bad[at] = (uint8_t)pick(256);
        break;
    case 2:
        bad[at] = 0xff; /* a number goes on */
        break;
    default:
        bad[at] = (uint8_t)(pick(SESSION_NUM_OPS + 2) | pick(3) << 4);
    }
}

/* Cut anywhere, or whole. */
static void write_mutation(unsigned size)
{
    gzFile file = gzopen(path, "wb1");

    cr_assert_not_null(file);
    memcpy(bad, good, size);
    for (unsigned n = 1 + pick(3); n > 0; n--) {
        mutate_byte(size);
    }
    if (pick(8) == 0) {
        size = 1 + pick(size - 1);
    }
    cr_assert_eq(gzwrite(file, bad, size), (int)size);
    (void)gzclose(file);
    if (pick(16) == 0) {
        cr_assert_eq(truncate(path, 1 + pick(400)), 0); /* no end of the gzip stream either */
    }
}

/* ---- reading and playing --------------------------------------------------------------------- */

/* Returns whether it was one. */
static bool read_it(void)
{
    struct session *session = session_read(path);
    struct session_memory *memory;
    const struct session_records *accesses;

    if (!session) {
        return false;
    }
    memory = session_memory_create(session, 0);
    accesses = &session->streams[0][SESSION_ACCESSES];
    for (uint32_t n = 0; memory && n < accesses->count && n < MAX_ACCESSES; n++) {
        session_memory_advance(memory, accesses->records[n].order);
        (void)session_memory_read(memory, pick(1u << 22), 1 + pick(8));
        cr_assert_eq(session_memory_write(memory, accesses->records[n].a, 1 + pick(8), n), 0);
    }
    session_memory_destroy(memory);
    session_free(session);
    return true;
}

static void play_it(const char *how)
{
    char arguments[256];
    int code;

    (void)snprintf(arguments, sizeof(arguments), "replay %s --trace off --quiet --out %s/out %s",
                   path, serve_directory, how);
    code = serve_gucsim(arguments);
    cr_assert(code >= 0 && code <= 3, "exit %d: %s", code, serve_output);
}

Test(session_hostile, changed_sessions_are_refused_or_diverge)
{
    const unsigned long count = number("SESSION_MOVES", DEFAULT_MOVES);
    const int quiet = open("/dev/null", O_WRONLY);
    unsigned long sessions = 0;
    unsigned size;

    (void)snprintf(path, sizeof(path), "%s/session", serve_directory);
    size = record_session();
    cr_assert_eq(dup2(quiet, STDERR_FILENO), STDERR_FILENO); /* each refusal is told */
    for (unsigned long n = 0; n < count; n++) {
        state = number("SESSION_SEED", 0) + n;
        write_mutation(size);
        sessions += read_it();
        if (n % PLAYED == 0) {
            play_it(pick(2) ? "--loose" : "");
        }
    }
    cr_expect_gt(sessions, count / 16, "%lu of %lu were sessions still", sessions, count);
    (void)close(quiet);
}
