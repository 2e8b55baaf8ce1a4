/* SPDX-License-Identifier: MIT */
/* gucsim replay: plays recorded guests against the machine of their scenario. While the machine
 * answers as it did, the run is the recorded one, event for event. At the first answer, store or
 * interrupt that is another one it stops, says which, and ends with exit code 1. */
#include "sim/cli/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/cli.h"

#define LOOSE         "--loose"
#define MAX_OWN_WORDS (2u * SESSION_MAX_SETS + 6u)

/* ---- divergence ------------------------------------------------------------------------------ */

static const char *const op_names[SESSION_NUM_OPS] = {
    [SESSION_DELAY] = "delay",
    [SESSION_READ] = "read",
    [SESSION_WRITE] = "write",
    [SESSION_RESET] = "reset",
    [SESSION_CONNECTED] = "connection",
    [SESSION_END] = "end",
    [SESSION_SEEN] = "memory",
    [SESSION_SEEN_NOTHING] = "memory",
    [SESSION_STORE] = "store",
    [SESSION_STORE_NOWHERE] = "store that reached nothing",
    [SESSION_RAISE] = "interrupt",
    [SESSION_STOPPED] = "stop of the VM",
    [SESSION_STARTED] = "start of the VM",
};

const struct session_record *replay_peek(const struct replayed *guest, enum session_stream stream)
{
    const struct session_records *list =
        &guest->replay->session->streams[guest->outside.index][stream];

    return guest->at[stream] < list->count ? &list->records[guest->at[stream]] : NULL;
}

void replay_diverge(struct replayed *guest, enum session_stream stream, const char *came, ...)
{
    const struct session_record *wanted = replay_peek(guest, stream);
    const struct session_record *access = replay_peek(guest, SESSION_ACCESSES);
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
    const struct session_record *next = replay_peek(guest, SESSION_MEMORY);
    uint64_t value;

    if (size > sizeof(value)) {
        return -EFAULT; /* never by the device */
    }
    if (next && ++guest->reads == next->a) {
        if (next->b != addr || next->size != size) {
            replay_diverge(guest, SESSION_MEMORY, "the device reads %" PRIu64 " at 0x%" PRIx64,
                           size, addr);
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
    const struct session_record *next = replay_peek(guest, SESSION_STORES);
    uint64_t value = 0;

    if (size > sizeof(value)) {
        return -EFAULT;
    }
    memcpy(&value, from, size);
    if (!next || next->a != addr || next->b != value || next->size != size) {
        replay_diverge(guest, SESSION_STORES,
                       "the device stores %" PRIu64 " at 0x%" PRIx64 ": 0x%" PRIx64, size, addr,
                       value);
    } else {
        guest->at[SESSION_STORES]++;
    }
    if (next && next->op == SESSION_STORE_NOWHERE) {
        return -EFAULT;
    }
    return session_shadow_put(guest->shadow, addr, (unsigned)size, value) ? -EFAULT : 0;
}

/* ---- accesses and interrupts ----------------------------------------------------------------- */

uint64_t replay_access(struct replayed *guest, const struct session_record *record)
{
    switch ((enum session_op)record->op) {
    case SESSION_READ:
        return outside_read(&guest->outside, (uint32_t)record->a, record->size);
    case SESSION_WRITE:
        outside_write(&guest->outside, (uint32_t)record->a, record->size, record->b);
        return 0;
    case SESSION_RESET:
        outside_reset(&guest->outside);
        return 0;
    case SESSION_CONNECTED:
        guest->outside.state = record->a ? OUTSIDE_HERE : OUTSIDE_GONE;
        return 0;
    case SESSION_END: /* of the whole run when that was broken off */
        if (record->a) {
            sim_stop(guest->replay->sim);
        }
        return 0;
    default: /* no access */
        return 0;
    }
}

static void play(struct replayed *guest, const struct session_record *record)
{
    uint64_t value;

    if (record->op == SESSION_DELAY) {
        for (uint64_t n = 0; n < record->b; n++) {
            hal_delay(guest->outside.hal, record->a);
        }
        return;
    }
    value = replay_access(guest, record);
    if (record->op == SESSION_READ && value != record->b) {
        replay_diverge(guest, SESSION_ACCESSES, "a read of %u at 0x%" PRIx64 " gives 0x%" PRIx64,
                       record->size, record->a, value);
    }
}

static void play_accesses(struct outside *outside)
{
    struct replayed *guest = outside->arg;
    const struct session_record *record;

    while ((record = replay_peek(guest, SESSION_ACCESSES))) {
        play(guest, record);
        guest->at[SESSION_ACCESSES]++;
    }
}

static void raised(struct outside *outside, unsigned vector)
{
    struct replayed *guest = outside->arg;
    const struct session_record *next = replay_peek(guest, SESSION_RAISES);

    if (!next || next->a != vector) {
        replay_diverge(guest, SESSION_RAISES, "interrupt vector %u", vector);
        return;
    }
    guest->at[SESSION_RAISES]++;
}

/* Where it stops is told by its time. */
static void stopping(struct outside *outside)
{
    (void)outside;
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

static int exact_start(struct replayed *guest)
{
    guest->shadow = session_shadow_create();
    guest->outside.memory = (struct sim_outside_memory){memory_read, memory_write, guest};
    guest->outside.accesses = play_accesses;
    guest->outside.raised = raised;
    guest->outside.stopping = stopping;
    guest->outside.starting = stopping;
    guest->outside.arg = guest;
    return guest->shadow ? 0 : -ENOMEM;
}

static int prepare(void *arg, const struct run_options *options, struct machine *machine)
{
    struct replay *replay = arg;

    (void)options;
    replay->sim = machine->sim;
    for (unsigned n = 0; n < replay->session->info.num_vms; n++) {
        struct replayed *guest = &replay->guests[n];
        struct machine_vm *vm = find_vm(machine, replay->session->info.vms[n]);

        if (!vm || vm->outside) {
            (void)fprintf(stderr, "gucsim replay: the scenario has no VM %s for the session\n",
                          replay->session->info.vms[n]);
            return -EINVAL;
        }
        guest->replay = replay;
        guest->outside.index = n;
        if (replay->loose ? loose_start(guest) : exact_start(guest)) {
            return -ENOMEM;
        }
        outside_start(&guest->outside, vm);
    }
    return 0;
}

/* The words of the run: the session's own, then what the user wants beside. */
static int run_words(const struct session_info *info, int argc, char **argv, char *seed,
                     char **words)
{
    int count = 0;

    (void)snprintf(seed, REPLAY_SEED_LEN, "%" PRIu64, info->seed);
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
        loose_destroy(replay.guests[n].loose);
    }
    free(words);
    session_free(replay.session);
    return code;
}
