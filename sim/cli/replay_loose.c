/* SPDX-License-Identifier: MIT */
/* Plays a recorded guest on a machine that need not be as fast as the recorded one. The session is
 * one sequence of what the guest did and what the machine did to it. The guest goes through it: it
 * does what it did, and where the machine did something it waits until that has happened here
 * too; so each access comes after what it may have been an answer to, and as long after it as it
 * did. In the same way guest and host wait for each other where the VM was stopped.
 *
 * What the machine does is known by its place: the third interrupt of that engine, the fifth store
 * there. Interrupts are as many on every machine, and without one the guest does not go on. Of
 * other stores a machine of another speed may do fewer, such as those that save a context: for each
 * place the guest waits in vain once, and not long. */
#include "sim/cli/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_AHEAD    1000u /* accesses */
#define SHORT_STEP_NS HAL_NS_PER_US
#define LONG_STEP_NS  (10 * HAL_NS_PER_US)
#define READ_WAIT_NS  (20 * HAL_NS_PER_MS)
#define STORE_WAIT_NS HAL_NS_PER_MS
#define RAISE_WAIT_NS (100 * HAL_NS_PER_MS)
#define STOP_WAIT_NS  HAL_NS_PER_S

/* A memory interrupt is a byte; nothing else that a device stores is. */
#define INTERRUPT_SIZE 1u
#define COUNT_SIZE     4u
#define NEVER          UINT32_MAX
#define MAX_VECTORS    32u

struct loose {
    struct session_memory *memory;
    /* How often the device stored to each place, and how often it had where the guest is now. NEVER
     * there: it is not waited for. */
    struct session_shadow *stored, *wanted;
    uint32_t raised[MAX_VECTORS];
    uint32_t raises_wanted[MAX_VECTORS];
    bool signalled;         /* in memory */
    uint32_t stops_begun;   /* by the host */
    uint32_t stops_reached; /* by the guest, where it was stopped */
    bool ended;             /* all that the guest did is done */
    bool failed;            /* no memory to count in */
};

/* ---- counting -------------------------------------------------------------------------------- */

/* Places lie closer together than counts. */
static uint64_t count_get(const struct session_shadow *counts, uint64_t place)
{
    return session_shadow_get(counts, place * COUNT_SIZE, COUNT_SIZE);
}

static void count_set(struct loose *loose, struct session_shadow *counts, uint64_t place,
                      uint64_t count)
{
    loose->failed |= session_shadow_put(counts, place * COUNT_SIZE, COUNT_SIZE, count) != 0;
}

static int memory_read(void *arg, uint64_t addr, void *to, uint64_t size)
{
    const struct replayed *guest = arg;
    uint64_t value;

    if (size > sizeof(value)) {
        return -EFAULT; /* never by the device */
    }
    value = session_memory_read(guest->loose->memory, addr, (unsigned)size);
    memcpy(to, &value, size);
    return 0;
}

static int memory_write(void *arg, uint64_t addr, const void *from, uint64_t size)
{
    const struct replayed *guest = arg;
    struct loose *loose = guest->loose;
    uint64_t value = 0;

    if (size > sizeof(value)) {
        return -EFAULT;
    }
    memcpy(&value, from, size);
    count_set(loose, loose->stored, addr, count_get(loose->stored, addr) + 1);
    return session_memory_write(loose->memory, addr, (unsigned)size, value) ? -EFAULT : 0;
}

static void raised(struct outside *outside, unsigned vector)
{
    const struct replayed *guest = outside->arg;

    guest->loose->raised[vector % MAX_VECTORS]++;
}

/* ---- waiting for the machine ----------------------------------------------------------------- */

typedef bool condition(const struct loose *loose, uint64_t which);

static bool is_stored(const struct loose *loose, uint64_t place)
{
    return count_get(loose->stored, place) >= count_get(loose->wanted, place);
}

static bool is_raised(const struct loose *loose, uint64_t vector)
{
    return loose->raised[vector] >= loose->raises_wanted[vector];
}

/* Looks often at first. Returns whether it came true within the guest's time. */
static bool wait_for(struct replayed *guest, condition *holds, uint64_t which, uint64_t limit_ns)
{
    struct hal *hal = guest->outside.hal;
    const uint64_t start = hal_now(hal);
    uint64_t waited = 0;

    while (!holds(guest->loose, which) && waited < limit_ns && !guest->replay->diverged) {
        hal_delay(hal, waited < 100 * SHORT_STEP_NS ? SHORT_STEP_NS : LONG_STEP_NS);
        waited = hal_now(hal) - start;
    }
    return holds(guest->loose, which);
}

static void wait_interrupt(struct replayed *guest, const struct session_record *record,
                           condition *holds, uint64_t which, uint64_t number)
{
    const bool vector = record->op == SESSION_RAISE;

    if (!wait_for(guest, holds, which, RAISE_WAIT_NS)) {
        replay_diverge(guest, vector ? SESSION_RAISES : SESSION_STORES,
                       "the guest waits for interrupt %" PRIu64 " of %s 0x%" PRIx64
                       ", which does not come",
                       number, vector ? "vector" : "place", record->a);
    }
}

/* A place that is done with is not waited for again. */
static void wait_store(struct replayed *guest, const struct session_record *record)
{
    struct loose *loose = guest->loose;
    const uint64_t wanted = count_get(loose->wanted, record->a) + 1;

    if (wanted > NEVER) {
        return;
    }
    count_set(loose, loose->wanted, record->a, wanted);
    if (record->size == INTERRUPT_SIZE) {
        loose->signalled = true;
        wait_interrupt(guest, record, is_stored, record->a, wanted);
    } else if (!wait_for(guest, is_stored, record->a, STORE_WAIT_NS)) {
        count_set(loose, loose->wanted, record->a, NEVER);
    }
}

/* A driver that has memory interrupts has no others: each of its interrupts tells of some. */
static void wait_raise(struct replayed *guest, const struct session_record *record)
{
    struct loose *loose = guest->loose;
    const uint64_t vector = record->a % MAX_VECTORS;

    if (!loose->signalled) {
        loose->raises_wanted[vector]++;
        wait_interrupt(guest, record, is_raised, vector, loose->raises_wanted[vector]);
    }
}

/* ---- stops ----------------------------------------------------------------------------------- */

static bool is_reached(const struct loose *loose, uint64_t stop)
{
    return loose->ended || loose->stops_reached >= stop;
}

static bool is_begun(const struct loose *loose, uint64_t stop)
{
    return loose->stops_begun >= stop;
}

/* The host waits until the guest is where it was stopped. */
static void stopping(struct outside *outside)
{
    struct replayed *guest = outside->arg;
    struct loose *loose = guest->loose;

    if (!wait_for(guest, is_reached, loose->stops_begun + 1, STOP_WAIT_NS)) {
        replay_diverge(guest, SESSION_ACCESSES, "the VM is stopped, and was not by then");
    }
    loose->stops_begun++;
}

static void starting(struct outside *outside)
{
    (void)outside;
}

/* The guest waits until it is stopped; it goes on when it runs again. */
static void wait_stop(struct replayed *guest)
{
    struct loose *loose = guest->loose;

    loose->stops_reached++;
    if (!wait_for(guest, is_begun, loose->stops_reached, STOP_WAIT_NS)) {
        replay_diverge(guest, SESSION_ACCESSES, "the VM is not stopped");
    }
}

/* ---- the guest ------------------------------------------------------------------------------- */

/* Did the guest get this value from one of its next reads of the register? */
static bool is_early(const struct replayed *guest, uint64_t value)
{
    const struct session_records *list =
        &guest->replay->session->streams[guest->outside.index][SESSION_ACCESSES];
    const struct session_record *asked = &list->records[guest->at[SESSION_ACCESSES]];

    for (uint32_t n = 1; n < LOOK_AHEAD && guest->at[SESSION_ACCESSES] + n < list->count; n++) {
        if (asked[n].op == SESSION_READ && asked[n].a == asked->a && asked[n].b == value) {
            return true;
        }
    }
    return false;
}

/* An answer may come earlier, or a little later. */
static void read_register(struct replayed *guest, const struct session_record *record)
{
    struct hal *hal = guest->outside.hal;
    const uint64_t start = hal_now(hal);
    uint64_t value = replay_access(guest, record);

    while (value != record->b && hal_now(hal) - start < READ_WAIT_NS) {
        if (is_early(guest, value)) {
            return;
        }
        hal_delay(hal, SHORT_STEP_NS);
        value = replay_access(guest, record);
    }
    if (value != record->b) {
        replay_diverge(guest, SESSION_ACCESSES, "a read of %u at 0x%" PRIx64 " gives 0x%" PRIx64,
                       record->size, record->a, value);
    }
}

static void play(struct replayed *guest, const struct session_record *record)
{
    session_memory_advance(guest->loose->memory, record->order);
    switch ((enum session_op)record->op) {
    case SESSION_DELAY:
        hal_delay(guest->outside.hal, record->a * record->b);
        break;
    case SESSION_READ:
        read_register(guest, record);
        break;
    case SESSION_STORE:
    case SESSION_STORE_NOWHERE:
        wait_store(guest, record);
        break;
    case SESSION_RAISE:
        wait_raise(guest, record);
        break;
    case SESSION_STOPPED:
        wait_stop(guest);
        break;
    case SESSION_SEEN:
    case SESSION_SEEN_NOTHING:
    case SESSION_STARTED:
        break;
    default:
        (void)replay_access(guest, record);
    }
}

/* The first of all streams; NULL at the end. */
static const struct session_record *next_record(const struct replayed *guest,
                                                enum session_stream *stream)
{
    const struct session_record *first = NULL;

    for (unsigned n = 0; n < SESSION_STREAMS; n++) {
        const struct session_record *record = replay_peek(guest, (enum session_stream)n);

        if (record && (!first || record->order < first->order)) {
            first = record;
            *stream = (enum session_stream)n;
        }
    }
    return first;
}

static void play_session(struct outside *outside)
{
    struct replayed *guest = outside->arg;
    const struct session_record *record;
    enum session_stream stream;

    while ((record = next_record(guest, &stream)) && !guest->loose->failed &&
           !guest->replay->diverged) {
        guest->loose->ended |= record->op == SESSION_END;
        play(guest, record);
        guest->at[stream]++;
    }
    if (guest->loose->failed) {
        replay_diverge(guest, SESSION_ACCESSES, "no memory is left for the replay");
    }
}

int loose_start(struct replayed *guest)
{
    struct loose *loose = calloc(1, sizeof(*loose));

    if (!loose) {
        return -ENOMEM;
    }
    guest->loose = loose;
    loose->memory = session_memory_create(guest->replay->session, guest->outside.index);
    loose->stored = session_shadow_create();
    loose->wanted = session_shadow_create();
    guest->outside.memory = (struct sim_outside_memory){memory_read, memory_write, guest};
    guest->outside.accesses = play_session;
    guest->outside.raised = raised;
    guest->outside.stopping = stopping;
    guest->outside.starting = starting;
    guest->outside.arg = guest;
    return loose->memory && loose->stored && loose->wanted ? 0 : -ENOMEM;
}

void loose_destroy(struct loose *loose)
{
    if (loose) {
        session_memory_destroy(loose->memory);
        session_shadow_destroy(loose->stored);
        session_shadow_destroy(loose->wanted);
        free(loose);
    }
}
