/* SPDX-License-Identifier: MIT */
/* gucsim serve: a scenario whose guests may live in other processes. A VMM attaches a VF over
 * vfio-user; its accesses come when they come, and each happens at the virtual time that it is
 * then. Between them virtual time goes on in steps, so short that an access never waits long,
 * and waits for the wall clock where it is ahead of it. The wall clock decides only how long each
 * step is, and that is recorded: a session can be replayed. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "gpu_regs.h"
#include "sim/cli/cli.h"
#include "sim/cli/record.h"
#include "sim/cli/serve.h"

#define DEVICE_ID       0xb080u
#define REVISION_ID     4u
#define MIN_STEP_NS     2000u
#define MAX_STEP_NS     HAL_NS_PER_MS
#define STEP_WALL_NS    200000u /* what a step should cost at most */
#define MAX_LAG_NS      (100 * HAL_NS_PER_MS)
#define HOLD_LAG_NS     (5 * HAL_NS_PER_MS)
#define HOLD_WALL_NS    HAL_NS_PER_S /* far below the client's patience */
#define ALERT_WAIT_NS   (20 * HAL_NS_PER_US)
#define CALM_WAIT_NS    HAL_NS_PER_MS
#define ALERT_TURNS     100u /* after an access or an interrupt something more is likely */
#define DEFAULT_VECTORS 0u   /* one MSI: engines know no other vector */

/* ---- recording ------------------------------------------------------------------------------- */

void serve_record(struct served *guest, enum session_op op, unsigned size, uint64_t a, uint64_t b)
{
    recorder_put(guest->serve->recorder, guest->outside.index, op, size, a, b);
}

static int memory_read(void *arg, uint64_t addr, void *to, uint64_t size)
{
    struct served *guest = arg;
    uint64_t value = 0;
    int err;

    if (size > sizeof(value)) {
        return vfio_user_mem_read(guest->server, addr, to, size); /* never by the device */
    }
    err = vfio_user_mem_read(guest->server, addr, &value, size);
    if (!err) {
        memcpy(to, &value, size);
    }
    recorder_seen(guest->serve->recorder, guest->outside.index, addr, (unsigned)size, value, err);
    return err;
}

static int memory_write(void *arg, uint64_t addr, const void *from, uint64_t size)
{
    struct served *guest = arg;
    uint64_t value = 0;
    int err = vfio_user_mem_write(guest->server, addr, from, size);

    if (size <= sizeof(value)) {
        memcpy(&value, from, size);
        recorder_stored(guest->serve->recorder, guest->outside.index, addr, (unsigned)size, value,
                        err);
    }
    return err;
}

static int memory_peek(void *arg, uint64_t addr, void *to, uint64_t size)
{
    const struct served *guest = arg;

    return vfio_user_mem_read(guest->server, addr, to, size);
}

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t wall_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * HAL_NS_PER_S + (uint64_t)now.tv_nsec;
}

/* How far virtual time may go from here; 0: it is ahead. A machine that was slow does not make up
 * for more than a little. */
static uint64_t time_allowed(struct serve *serve, uint64_t now_ns)
{
    uint64_t wall = wall_ns(), target;

    if (serve->pace == 0) {
        return MAX_STEP_NS;
    }
    if (!serve->wall_origin) {
        serve->wall_origin = wall;
        serve->virtual_origin = now_ns;
    }
    target = serve->virtual_origin + (uint64_t)((double)(wall - serve->wall_origin) * serve->pace);
    if (target <= now_ns) {
        return 0;
    }
    if (target - now_ns > MAX_LAG_NS) {
        serve->wall_origin = wall;
        serve->virtual_origin = now_ns + MAX_LAG_NS;
        target = serve->virtual_origin;
    }
    return target - now_ns;
}

/* Few different numbers are as good, and a session of them is smaller: three bits of each. */
static uint64_t rounded(uint64_t ns)
{
    uint64_t unit = 1;

    while (unit <= ns / 8) {
        unit *= 2;
    }
    return ns - ns % unit;
}

/* Steps cost about the same time on the wall, whether the machine is busy or idle. */
static void step(struct served *guest, uint64_t allowed)
{
    struct serve *serve = guest->serve;
    uint64_t ns = rounded(allowed < serve->step_ns ? allowed : serve->step_ns);
    uint64_t start = wall_ns(), cost;

    serve_window_take(guest);
    serve_record(guest, SESSION_DELAY, 0, ns, 0);
    hal_delay(guest->outside.hal, ns);
    cost = wall_ns() - start;
    if (cost > STEP_WALL_NS && serve->step_ns > MIN_STEP_NS) {
        serve->step_ns /= 2;
    } else if (cost < STEP_WALL_NS / 4 && serve->step_ns < MAX_STEP_NS) {
        serve->step_ns *= 2;
    }
}

/* A machine that is behind lets a reader wait: a guest whose clock counts instructions stands still
 * meanwhile, and its time limits follow the machine. */
static void catch_up(struct served *guest)
{
    const uint64_t until = wall_ns() + HOLD_WALL_NS;

    for (;;) {
        const uint64_t allowed = time_allowed(guest->serve, hal_now(guest->outside.hal));

        if (guest->serve->pace == 0 || allowed < HOLD_LAG_NS || wall_ns() > until) {
            return;
        }
        step(guest, allowed);
    }
}

/* ---- what the client does -------------------------------------------------------------------- */

static uint64_t client_read(void *arg, uint32_t offset, unsigned size)
{
    struct served *guest = arg;
    uint64_t value;

    catch_up(guest);
    value = outside_read(&guest->outside, offset, size);

    serve_record(guest, SESSION_READ, size, offset, value);
    return value;
}

static bool is_doorbell(uint32_t offset)
{
    return offset == GUC_HOST_INTERRUPT || offset == MED_GUC_HOST_INTERRUPT;
}

/* The guest waits, if it waits for its writes at all, until what it wanted is done. */
static void settle(struct served *guest)
{
    const uint64_t until = hal_now(guest->outside.hal) + guest->serve->settle_ns;
    uint64_t now;

    while ((now = hal_now(guest->outside.hal)) < until) {
        step(guest, until - now);
    }
}

static void client_write(void *arg, uint32_t offset, unsigned size, uint64_t value)
{
    struct served *guest = arg;

    if (is_doorbell(offset)) {
        recorder_look(guest->serve->recorder, guest->outside.index);
    }
    serve_record(guest, SESSION_WRITE, size, offset, value);
    outside_write(&guest->outside, offset, size, value);
    serve_window_written(guest, offset);
    if (is_doorbell(offset)) {
        settle(guest);
    }
}

static void client_reset(void *arg)
{
    struct served *guest = arg;

    recorder_look(guest->serve->recorder, guest->outside.index);
    serve_record(guest, SESSION_RESET, 0, 0, 0);
    outside_reset(&guest->outside);
}

static void client_mapped(void *arg, uint64_t addr, uint64_t size, bool writable)
{
    (void)arg, (void)addr, (void)size, (void)writable;
}

static void client_unmapped(void *arg, uint64_t addr, uint64_t size)
{
    (void)arg, (void)addr, (void)size;
}

static void client_mastering(void *arg, bool on)
{
    (void)arg, (void)on;
}

/* The function of a client that went is reset, as its VMM's end would. */
static void client_connected(void *arg, bool here)
{
    struct served *guest = arg;

    if (!guest->outside.vm) {
        return; /* the machine is gone already */
    }
    serve_record(guest, SESSION_CONNECTED, 0, here, 0);
    memset(&guest->view, 0, sizeof(guest->view));
    guest->outside.state = here ? OUTSIDE_HERE : OUTSIDE_GONE;
    if (!here) {
        client_reset(guest);
    }
}

static void client_window(void *arg)
{
    serve_window_take(arg);
}

static const struct vfio_user_ops client_ops = {
    .read = client_read,
    .write = client_write,
    .reset = client_reset,
    .mapped = client_mapped,
    .unmapped = client_unmapped,
    .mastering = client_mastering,
    .connected = client_connected,
    .window = client_window,
};

static void raised(struct outside *outside, unsigned vector)
{
    struct served *guest = outside->arg;

    serve_record(guest, SESSION_RAISE, 0, vector, 0);
    guest->serve->alert = ALERT_TURNS;
    vfio_user_raise(guest->server, vector);
}

static void stopping(struct outside *outside)
{
    serve_record(outside->arg, SESSION_STOPPED, 0, 0, 0);
}

static void starting(struct outside *outside)
{
    serve_record(outside->arg, SESSION_STARTED, 0, 0, 0);
}

/* ---- turns ----------------------------------------------------------------------------------- */

/* Until some client says something, or a moment has gone by. */
static void wait_for_clients(struct serve *serve, uint64_t ns)
{
    const struct timespec moment = {.tv_nsec = (long)ns};
    struct pollfd fds[OUTSIDE_MAX];

    for (unsigned n = 0; n < serve->num_guests; n++) {
        fds[n] = (struct pollfd){.fd = vfio_user_fd(serve->guests[n].server), .events = POLLIN};
    }
    (void)ppoll(fds, serve->num_guests, &moment, NULL);
}

/* Nothing was said: lets time go on, or waits where it is ahead. With several guests each gives
 * the others their turn. */
static void pass_time(struct served *guest)
{
    struct serve *serve = guest->serve;
    const uint64_t wait = serve->alert ? ALERT_WAIT_NS : CALM_WAIT_NS;
    uint64_t allowed = time_allowed(serve, hal_now(guest->outside.hal));

    serve->alert -= serve->alert > 0;
    if (allowed < (uint64_t)((double)wait * serve->pace)) {
        wait_for_clients(serve, wait);
        allowed = serve->num_guests > 1 ? 1 : 0;
    }
    if (allowed) {
        step(guest, allowed);
    }
}

static void serve_accesses(struct outside *outside)
{
    struct served *guest = outside->arg;

    for (;;) {
        if (vfio_user_serve(guest->server)) {
            guest->serve->alert = ALERT_TURNS;
        } else {
            pass_time(guest);
        }
    }
}

/* ---- setting up ------------------------------------------------------------------------------ */

/* Guest n is the n-th VM of the scenario that is not served yet: the scenario gives it its VF. */
static int guest_start(struct served *guest, struct machine *machine, unsigned vm)
{
    const struct vfio_user_config config = {.device_id = DEVICE_ID,
                                            .revision_id = REVISION_ID,
                                            .bar0_size = BAR0_SIZE,
                                            .num_vectors = guest->serve->num_vectors,
                                            .window_offset = GGTT_BAR0_OFFSET,
                                            .window_size =
                                                guest->serve->map_ggtt ? SERVE_WINDOW_SIZE : 0};
    int err;

    guest->server = vfio_user_create(&config, &client_ops, guest);
    err = guest->server ? vfio_user_listen(guest->server, guest->socket) : -ENOMEM;
    err = err ? err
              : recorder_watch(guest->serve->recorder, guest->outside.index, memory_peek, guest);
    if (err) {
        (void)fprintf(stderr, "gucsim: %s: %s\n", guest->socket, strerror(-err));
        return err;
    }
    guest->outside.memory = (struct sim_outside_memory){memory_read, memory_write, guest};
    guest->outside.accesses = serve_accesses;
    guest->outside.raised = raised;
    guest->outside.stopping = stopping;
    guest->outside.starting = starting;
    guest->outside.arg = guest;
    outside_start(&guest->outside, &machine->vms[vm]);
    (void)printf("  VF %u for %s: %s\n", guest->vf, machine->vms[vm].desc.name, guest->socket);
    (void)fflush(stdout);
    return 0;
}

static int recording_start(struct serve *serve, const struct run_options *options,
                           struct machine *machine)
{
    struct session_info info = {.scenario = (char *)(uintptr_t)options->scenario,
                                .seed = options->seed};

    for (unsigned n = 0; n < options->params.num_sets && n < SESSION_MAX_SETS; n++) {
        info.sets[info.num_sets++] = (char *)(uintptr_t)options->params.sets[n];
    }
    for (unsigned n = 0; n < serve->num_guests; n++) {
        info.vms[info.num_vms++] = machine->vms[serve->guests[n].vf - 1].desc.name;
    }
    serve->recorder = recorder_create(serve->record, &info);
    return serve->recorder ? 0 : -EIO;
}

static int prepare(void *arg, const struct run_options *options, struct machine *machine)
{
    struct serve *serve = arg;

    for (unsigned n = 0; n < serve->num_guests; n++) {
        if (serve->guests[n].vf > machine->num_vms) {
            (void)fprintf(stderr, "gucsim serve: --vf %u: the scenario has %u VMs\n",
                          serve->guests[n].vf, machine->num_vms);
            return -EINVAL;
        }
    }
    if (serve->record && recording_start(serve, options, machine)) {
        return -EIO;
    }
    for (unsigned n = 0; n < serve->num_guests; n++) {
        serve->guests[n].serve = serve;
        serve->guests[n].outside.index = n;
        if (guest_start(&serve->guests[n], machine, serve->guests[n].vf - 1)) {
            return -EIO;
        }
    }
    return 0;
}

/* ---- the command ----------------------------------------------------------------------------- */

enum serve_option {
    OPT_VF = 1,
    OPT_SOCKET,
    OPT_PACE,
    OPT_RECORD,
    OPT_VECTORS,
    OPT_MAP_GGTT,
    OPT_SETTLE
};

static const struct {
    const char *name;
    int option;
} option_names[] = {
    {"--vf", OPT_VF},         {"--socket", OPT_SOCKET},   {"--pace", OPT_PACE},
    {"--record", OPT_RECORD}, {"--vectors", OPT_VECTORS}, {"--map-ggtt", OPT_MAP_GGTT},
    {"--settle", OPT_SETTLE},
};

static bool number_parse(const char *text, double max, double *number)
{
    char *end;

    errno = 0;
    *number = strtod(text, &end);
    return !errno && end != text && !*end && *number >= 0 && *number <= max;
}

/* Each --vf opens a guest, its --socket follows. Returns 0 or -EINVAL. */
static int option_take(struct serve *serve, int option, const char *value)
{
    double number = 0;

    switch (option) {
    case OPT_VF:
        if (serve->num_guests == OUTSIDE_MAX || !number_parse(value, MACHINE_MAX_VMS, &number) ||
            number < 1) {
            return -EINVAL;
        }
        serve->guests[serve->num_guests++].vf = (unsigned)number;
        return 0;
    case OPT_SOCKET:
        if (!serve->num_guests || serve->guests[serve->num_guests - 1].socket) {
            return -EINVAL;
        }
        serve->guests[serve->num_guests - 1].socket = value;
        return 0;
    case OPT_PACE:
        return number_parse(value, 1e6, &serve->pace) ? 0 : -EINVAL;
    case OPT_VECTORS:
        if (!number_parse(value, VFIO_USER_MAX_VECTORS, &number)) {
            return -EINVAL;
        }
        serve->num_vectors = (unsigned)number;
        return 0;
    case OPT_SETTLE:
        if (!number_parse(value, 1e6, &number)) {
            return -EINVAL;
        }
        serve->settle_ns = (uint64_t)number * HAL_NS_PER_US;
        return 0;
    case OPT_MAP_GGTT:
        serve->map_ggtt = strcmp(value, "on") == 0;
        return serve->map_ggtt || strcmp(value, "off") == 0 ? 0 : -EINVAL;
    default:
        serve->record = value;
        return 0;
    }
}

static bool is_named_before(const struct serve *serve, unsigned guest)
{
    for (unsigned n = 0; n < guest; n++) {
        if (serve->guests[n].vf == serve->guests[guest].vf) {
            return true;
        }
    }
    return false;
}

static bool guests_are_sane(const struct serve *serve)
{
    for (unsigned n = 0; n < serve->num_guests; n++) {
        if (!serve->guests[n].socket || is_named_before(serve, n)) {
            return false;
        }
    }
    return serve->num_guests > 0;
}

/* Returns 0 for a word that is not ours. */
static int option_find(const char *word)
{
    for (unsigned n = 0; n < ARRAY_SIZE(option_names); n++) {
        if (strcmp(word, option_names[n].name) == 0) {
            return option_names[n].option;
        }
    }
    return 0;
}

/* Ours are taken out of the words; the rest are those of run. Returns how many are left, or
 * -EINVAL. */
static int words_take(struct serve *serve, int argc, char **argv)
{
    int left = 1;

    for (int n = 1; n < argc; n++) {
        int option = option_find(argv[n]);

        if (!option) {
            argv[left++] = argv[n];
        } else if (n + 1 == argc || option_take(serve, option, argv[n + 1])) {
            (void)fprintf(stderr, "gucsim serve: %s %s: see 'gucsim help serve'\n", argv[n],
                          n + 1 == argc ? "" : argv[n + 1]);
            return -EINVAL;
        } else {
            n++;
        }
    }
    argv[left] = NULL;
    return left;
}

static void serve_end(struct serve *serve, int *code)
{
    for (unsigned n = 0; n < serve->num_guests; n++) {
        if (serve->guests[n].outside.vm) {
            serve_record(&serve->guests[n], SESSION_END, 0, *code == EXIT_INTERRUPTED, 0);
        }
    }
    if (recorder_close(serve->recorder)) {
        (void)fprintf(stderr, "gucsim: %s: cannot be written\n", serve->record);
        *code = EXIT_TROUBLE;
    }
    serve->recorder = NULL;
    for (unsigned n = 0; n < serve->num_guests; n++) {
        serve->guests[n].outside.vm = NULL;
        vfio_user_destroy(serve->guests[n].server);
    }
}

/* Each piece of a guest's memory is a file: one guest must not use up what the others need. */
static void allow_files(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

int serve_main(int argc, char **argv)
{
    static struct serve serve; /* outlives every program of the machine */
    char **given = calloc((size_t)argc + 1, sizeof(*given));
    int left, code;

    serve = (struct serve){.pace = 1, .num_vectors = DEFAULT_VECTORS, .step_ns = MIN_STEP_NS};
    if (given) { /* without memory the run says less of itself */
        memcpy(given, argv, (size_t)argc * sizeof(*given));
    }
    left = words_take(&serve, argc, argv);
    code = EXIT_TROUBLE;
    if (left >= 0 && !guests_are_sane(&serve)) {
        (void)fprintf(stderr, "gucsim serve: --vf N --socket PATH is wanted, each VF once; see "
                              "'gucsim help serve'\n");
    } else if (left >= 0) {
        allow_files();
        code = run_prepared(left, argv, given, prepare, &serve);
        serve_end(&serve, &code);
    }
    free(given);
    return code;
}
