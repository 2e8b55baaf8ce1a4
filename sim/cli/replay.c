/* SPDX-License-Identifier: MIT */
/* gucsim replay: plays recorded guests against the machine of their scenario. While the machine
 * answers as it did, the run is the recorded one, event for event. At the first answer, store or
 * interrupt that is another one it stops, says which, and ends with exit code 1. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/machine/outside.h"

#define LOOSE         "--loose"
#define LOOK_AHEAD    1000u /* accesses */
#define PATIENCE_US   5000u
#define SEED_LEN      24u
#define MAX_OWN_WORDS (2u * SESSION_MAX_SETS + 6u)

struct replayed {
    struct outside outside;
    struct replay *replay;
    struct session_shadow *shadow;
    uint32_t at[SESSION_STREAMS]; /* next record of each */
    uint64_t reads;               /* since the last record of one */
    struct session_memory *loose; /* NULL: exact */
};

struct replay {
    struct session *session;
    struct replayed guests[SESSION_MAX_GUESTS];
    struct sim *sim;
    char seed[SEED_LEN]; /* as a word */
    bool loose;          /* a machine of another speed is as good */
    bool diverged;
};

/* ---- divergence ------------------------------------------------------------------------------ */

static const char *const op_names[SESSION_NUM_OPS] = {
    [SESSION_DELAY] = "delay",          [SESSION_READ] = "read",
    [SESSION_WRITE] = "write",          [SESSION_RESET] = "reset",
    [SESSION_CONNECTED] = "connection", [SESSION_END] = "end",
    [SESSION_SEEN] = "memory",          [SESSION_SEEN_NOTHING] = "memory",
    [SESSION_STORE] = "store",          [SESSION_STORE_NOWHERE] = "store that reached nothing",
    [SESSION_RAISE] = "interrupt",
};

static const struct session_record *peek(const struct replayed *guest, enum session_stream stream)
{
    const struct session_records *list =
        &guest->replay->session->streams[guest->outside.index][stream];

    return guest->at[stream] < list->count ? &list->records[guest->at[stream]] : NULL;
}

/* Says once what came and what the session has. */
__attribute__((format(printf, 3, 4))) static void
diverge(struct replayed *guest, enum session_stream stream, const char *came, ...)
{
    const struct session_record *wanted = peek(guest, stream);
    const struct session_record *access = peek(guest, SESSION_ACCESSES);
    struct replay *replay = guest->replay;
    va_list values;

    if (replay->diverged) {
        return;
    }
    replay->diverged = true;
    (void)fprintf(stderr, "gucsim: the session diverges at %.3f us, VM %s: ",
                  (double)sim_now_ps(replay->sim) / 1e6, guest->outside.vm->desc.name);
    va_start(values, came);
    (void)vfprintf(stderr, came, values);
    va_end(values);
    (void)fputc('\n', stderr);
    if (wanted) {
        (void)fprintf(stderr, "  recorded: %s %u at 0x%" PRIx64 ": 0x%" PRIx64 " (number %u)\n",
                      op_names[wanted->op], wanted->size,
                      wanted->op == SESSION_SEEN ? wanted->b : wanted->a,
                      wanted->op == SESSION_SEEN ? wanted->c : wanted->b, guest->at[stream] + 1);
    } else {
        (void)fprintf(stderr, "  recorded: nothing more of that kind\n");
    }
    if (access && stream != SESSION_ACCESSES) {
        (void)fprintf(stderr, "  next of the guest: %s %u at 0x%" PRIx64 " (number %u)\n",
                      op_names[access->op], access->size, access->a,
                      guest->at[SESSION_ACCESSES] + 1);
    }
    sim_stop(replay->sim);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static int memory_read(void *arg, uint64_t addr, void *to, uint64_t size)
{
    struct replayed *guest = arg;
    const struct session_record *next = peek(guest, SESSION_MEMORY);
    uint64_t value;

    if (size > sizeof(value)) {
        return -EFAULT; /* never by the device */
    }
    if (guest->loose) {
        value = session_memory_read(guest->loose, addr, (unsigned)size);
        memcpy(to, &value, size);
        return 0;
    }
    if (next && ++guest->reads == next->a) {
        if (next->b != addr || next->size != size) {
            diverge(guest, SESSION_MEMORY, "the device reads %" PRIu64 " at 0x%" PRIx64, size,
                    addr);
        }
        guest->at[SESSION_MEMORY]++;
        guest->reads = 0;
        if (next->op == SESSION_SEEN_NOTHING ||
            session_shadow_put(guest->shadow, addr, (unsigned)size, next->c)) {
            return -EFAULT;
        }
    }
    value = session_shadow_get(guest->shadow, addr, (unsigned)size);
    memcpy(to, &value, size);
    return 0;
}

static int memory_write(void *arg, uint64_t addr, const void *from, uint64_t size)
{
    struct replayed *guest = arg;
    const struct session_record *next = peek(guest, SESSION_STORES);
    uint64_t value = 0;

    if (size > sizeof(value)) {
        return -EFAULT;
    }
    memcpy(&value, from, size);
    if (guest->loose) {
        return session_memory_write(guest->loose, addr, (unsigned)size, value) ? -EFAULT : 0;
    }
    if (!next || next->a != addr || next->b != value || next->size != size) {
        diverge(guest, SESSION_STORES, "the device stores %" PRIu64 " at 0x%" PRIx64 ": 0x%" PRIx64,
                size, addr, value);
    } else {
        guest->at[SESSION_STORES]++;
    }
    if (next && next->op == SESSION_STORE_NOWHERE) {
        return -EFAULT;
    }
    return session_shadow_put(guest->shadow, addr, (unsigned)size, value) ? -EFAULT : 0;
}

/* ---- accesses and interrupts ----------------------------------------------------------------- */

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

/* Loosely, an answer may come earlier, or a little later. */
static void read_check(struct replayed *guest, const struct session_record *record)
{
    uint64_t value = outside_read(&guest->outside, (uint32_t)record->a, record->size);

    for (unsigned n = 0; guest->loose && n < PATIENCE_US && value != record->b; n++) {
        if (is_early(guest, value)) {
            return;
        }
        hal_delay(guest->outside.hal, HAL_NS_PER_US);
        value = outside_read(&guest->outside, (uint32_t)record->a, record->size);
    }
    if (value != record->b) {
        diverge(guest, SESSION_ACCESSES, "a read of %u at 0x%" PRIx64 " gives 0x%" PRIx64,
                record->size, record->a, value);
    }
}

static void play(struct replayed *guest, const struct session_record *record)
{
    switch ((enum session_op)record->op) {
    case SESSION_DELAY:
        hal_delay(guest->outside.hal, record->a);
        break;
    case SESSION_READ:
        read_check(guest, record);
        break;
    case SESSION_WRITE:
        outside_write(&guest->outside, (uint32_t)record->a, record->size, record->b);
        break;
    case SESSION_RESET:
        outside_reset(&guest->outside);
        break;
    case SESSION_CONNECTED:
        guest->outside.state = record->a ? OUTSIDE_HERE : OUTSIDE_GONE;
        break;
    default: /* the end: of the whole run when that was broken off */
        if (record->a) {
            sim_stop(guest->replay->sim);
        }
    }
}

static void play_accesses(struct outside *outside)
{
    struct replayed *guest = outside->arg;
    const struct session_record *record;

    while ((record = peek(guest, SESSION_ACCESSES))) {
        if (guest->loose) {
            session_memory_access(guest->loose, guest->at[SESSION_ACCESSES]);
        }
        play(guest, record);
        guest->at[SESSION_ACCESSES]++;
    }
}

static void raised(struct outside *outside, unsigned vector)
{
    struct replayed *guest = outside->arg;
    const struct session_record *next = peek(guest, SESSION_RAISES);

    if (!guest->loose && (!next || next->a != vector)) {
        diverge(guest, SESSION_RAISES, "interrupt vector %u", vector);
        return;
    }
    guest->at[SESSION_RAISES]++;
}

/* ---- the command ----------------------------------------------------------------------------- */

static struct machine_vm *find_vm(struct machine *machine, const char *name)
{
    for (unsigned n = 0; n < machine->num_vms; n++) {
        if (strcmp(machine->vms[n].desc.name, name) == 0) {
            return &machine->vms[n];
        }
    }
    return NULL;
}

static int prepare(void *arg, const struct run_options *options, struct machine *machine)
{
    struct replay *replay = arg;

    (void)options;
    replay->sim = machine->sim;
    for (unsigned n = 0; n < replay->session->info.num_vms; n++) {
        struct replayed *guest = &replay->guests[n];
        struct machine_vm *vm = find_vm(machine, replay->session->info.vms[n]);

        guest->replay = replay;
        guest->shadow = session_shadow_create();
        guest->loose = replay->loose ? session_memory_create(replay->session, n) : NULL;
        if (!vm || vm->outside || !guest->shadow || (replay->loose && !guest->loose)) {
            (void)fprintf(stderr, "gucsim replay: the scenario has no VM %s for the session\n",
                          replay->session->info.vms[n]);
            return -EINVAL;
        }
        guest->outside.index = n;
        guest->outside.memory = (struct sim_outside_memory){memory_read, memory_write, guest};
        guest->outside.accesses = play_accesses;
        guest->outside.raised = raised;
        guest->outside.arg = guest;
        outside_start(&guest->outside, vm);
    }
    return 0;
}

/* The words of the run: the session's own, then what the user wants beside. */
static int run_words(const struct session_info *info, int argc, char **argv, char *seed,
                     char **words)
{
    int count = 0;

    (void)snprintf(seed, SEED_LEN, "%" PRIu64, info->seed);
    words[count++] = argv[0];
    words[count++] = info->scenario;
    words[count++] = (char *)(uintptr_t) "--seed";
    words[count++] = seed;
    for (unsigned n = 0; n < info->num_sets; n++) {
        words[count++] = (char *)(uintptr_t) "--set";
        words[count++] = info->sets[n];
    }
    for (int n = 2; n < argc; n++) {
        if (strcmp(argv[n], LOOSE) != 0) {
            words[count++] = argv[n];
        }
    }
    words[count] = NULL;
    return count;
}

int replay_main(int argc, char **argv)
{
    static struct replay replay; /* outlives every program of the machine */
    char **words;
    int code = EXIT_TROUBLE;

    if (argc < 2 || *argv[1] == '-') {
        (void)fprintf(stderr, "gucsim replay: a session comes first; see 'gucsim help replay'\n");
        return EXIT_TROUBLE;
    }
    for (int n = 2; n < argc; n++) {
        replay.loose |= strcmp(argv[n], LOOSE) == 0;
    }
    replay.session = session_read(argv[1]);
    words = calloc((size_t)argc + MAX_OWN_WORDS, sizeof(*words));
    if (replay.session && words) {
        code = run_prepared(run_words(&replay.session->info, argc, argv, replay.seed, words), words,
                            argv, prepare, &replay);
    }
    if (replay.diverged) {
        code = EXIT_FAILS;
    }
    for (unsigned n = 0; n < SESSION_MAX_GUESTS; n++) {
        session_shadow_destroy(replay.guests[n].shadow);
        session_memory_destroy(replay.guests[n].loose);
    }
    free(words);
    session_free(replay.session);
    return code;
}
