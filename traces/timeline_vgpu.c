/* SPDX-License-Identifier: MIT */
/* Sequence chart of world B, in ASCII: guest, trap window, mediator and GPU of each vGPU, from the
 * log of a run. One line an event that one of them had a part in, what it was at the right. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "host/abi/gvt_execlist.h"
#include "host/abi/i915_pvinfo.h"
#include "traces/timeline.h"

#define FN_BASE   56u /* function of vGPU 0 in the log; functions above it are vGPUs */
#define STEP      12u
#define FIRST     14u
#define COLUMNS   4u
#define DRAWN     (FIRST + STEP * (COLUMNS - 1) + 1)
#define TEXT_SIZE 96u

enum column { GUEST, TRAP, MEDIATOR, GPU };

struct chart {
    FILE *out;
    const struct timeline_options *options;
    uint64_t rows;
};

/* ---- a row ----------------------------------------------------------------------------------- */

static void draw_line(char line[DRAWN + 1], enum column from, enum column to)
{
    unsigned first = from < to ? from : to;
    unsigned last = from < to ? to : from;

    memset(line, ' ', DRAWN);
    line[DRAWN] = '\0';
    for (unsigned n = 0; n < COLUMNS; n++) {
        line[FIRST + n * STEP] = '|';
    }
    if (from == to) {
        line[FIRST + from * STEP] = 'o';
        return;
    }
    for (unsigned at = FIRST + first * STEP + 1; at < FIRST + last * STEP; at++) {
        line[at] = '-';
    }
    line[from < to ? FIRST + to * STEP - 1 : FIRST + to * STEP + 1] = from < to ? '>' : '<';
}

__attribute__((format(printf, 5, 6))) static void row(struct chart *chart,
                                                      const struct event *event, enum column from,
                                                      enum column to, const char *format, ...)
{
    char line[DRAWN + 1];
    char text[TEXT_SIZE];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (chart->rows++ == 0) {
        (void)fprintf(chart->out, "     time us  guest       trap        mediator    GPU\n");
    }
    draw_line(line, from, to);
    for (char *at = text; *at; at++) {
        if (*at < ' ' || *at > '~') {
            *at = '?';
        }
    }
    /* The drawing begins with as many blanks as the time takes. */
    (void)fprintf(chart->out, "%8" PRIu64 ".%03u  %s  %s: %s\n", event->t_ps / 1000000,
                  (unsigned)(event->t_ps / 1000 % 1000), line + FIRST,
                  event->gpu[0] ? event->gpu : "VMM", text);
}

/* ---- events ---------------------------------------------------------------------------------- */

static const char *notification_name(uint64_t value)
{
    static const char *const names[] = {
        [VGT_G2V_PPGTT_L3_PAGE_TABLE_CREATE] = "g2v_notify: root of 3 levels",
        [VGT_G2V_PPGTT_L3_PAGE_TABLE_DESTROY] = "g2v_notify: root of 3 levels gone",
        [VGT_G2V_PPGTT_L4_PAGE_TABLE_CREATE] = "g2v_notify: root of 4 levels",
        [VGT_G2V_PPGTT_L4_PAGE_TABLE_DESTROY] = "g2v_notify: root of 4 levels gone",
        [VGT_G2V_SHARED_PAGE_REGISTER] = "g2v_notify: shared page",
        [VGT_G2V_PV_SEND_TRIGGER] = "g2v_notify: PV message",
    };

    return value < ARRAY_SIZE(names) && names[value] ? names[value] : "g2v_notify";
}

static const char *register_name(uint64_t addr, uint64_t value)
{
    static const struct {
        uint32_t base;
        const char *names[4];
    } engines[] = {
        {RCS_BASE, {"rcs0 ELSP", "rcs0 RING_MODE", "rcs0 HWS_PGA", "rcs0 CSB pointer"}},
        {VCS_BASE, {"vcs0 ELSP", "vcs0 RING_MODE", "vcs0 HWS_PGA", "vcs0 CSB pointer"}},
        {VECS_BASE, {"vecs0 ELSP", "vecs0 RING_MODE", "vecs0 HWS_PGA", "vecs0 CSB pointer"}},
        {VCS2_BASE, {"vcs1 ELSP", "vcs1 RING_MODE", "vcs1 HWS_PGA", "vcs1 CSB pointer"}},
        {BCS_BASE, {"bcs0 ELSP", "bcs0 RING_MODE", "bcs0 HWS_PGA", "bcs0 CSB pointer"}},
    };
    static const uint32_t offsets[] = {EL_OFFSET_ELSP, RING_MODE_OFFSET, RING_HWS_PGA_OFFSET,
                                       EL_OFFSET_STATUS_PTR};

    if (addr == PVINFO_G2V_NOTIFY) {
        return notification_name(value);
    }
    if (addr >= GVT_GTT_START_OFFSET) {
        return "GGTT entry";
    }
    for (unsigned n = 0; n < ARRAY_SIZE(engines) * ARRAY_SIZE(offsets); n++) {
        if (addr == engines[n / ARRAY_SIZE(offsets)].base + offsets[n % ARRAY_SIZE(offsets)]) {
            return engines[n / ARRAY_SIZE(offsets)].names[n % ARRAY_SIZE(offsets)];
        }
    }
    return addr >= VGT_PVINFO_PAGE && addr < VGT_PVINFO_PAGE + VGT_PVINFO_SIZE ? "PVINFO"
                                                                               : "register";
}

/* What begins something is always shown; other registers when all is. */
static void on_trap(struct chart *chart, const struct event *event)
{
    uint64_t addr = event_int(event, "addr");
    uint64_t value = event_int(event, "value");
    const char *name = register_name(addr, value);
    unsigned vgpu = (unsigned)event_int(event, "fn") - FN_BASE;

    if (strcmp(event_text(event, "ev"), "table") == 0) {
        row(chart, event, GUEST, MEDIATOR, "vGPU %u writes page table 0x%" PRIx64, vgpu, addr);
        return;
    }
    if (!chart->options->all && addr != PVINFO_G2V_NOTIFY && !strstr(name, " ELSP")) {
        return;
    }
    if (strcmp(event_text(event, "ev"), "exit") == 0) {
        row(chart, event, GUEST, TRAP, "vGPU %u %s %s 0x%" PRIx64, vgpu,
            event_flag(event, "write") ? "writes" : "reads", name, addr);
    } else {
        row(chart, event, MEDIATOR, GUEST, "vGPU %u goes on", vgpu);
    }
}

static void on_pv(struct chart *chart, const struct event *event)
{
    static const struct {
        const char *ev;
        enum column from, to;
        const char *text;
    } rows[] = {
        {"sent", GUEST, GUEST, "in the ring"},    {"trap", TRAP, MEDIATOR, "taken out"},
        {"exec", MEDIATOR, MEDIATOR, "executed"}, {"done", MEDIATOR, GUEST, "fence written"},
        {"seen", GUEST, GUEST, "fence seen"},     {"timeout", GUEST, GUEST, "time-out"}};
    const char *name = event_text(event, "name");
    const char *ev = event_text(event, "ev");
    const unsigned vgpu = (unsigned)event_int(event, "fn") - FN_BASE;

    for (unsigned n = 0; n < ARRAY_SIZE(rows); n++) {
        if (strcmp(ev, rows[n].ev) == 0) {
            row(chart, event, rows[n].from, rows[n].to, "vGPU %u fence %" PRIu64 " %s%s%s", vgpu,
                event_int(event, "fence"), name ? name : "", name ? " " : "", rows[n].text);
        }
    }
}

static void on_job(struct chart *chart, const struct event *event)
{
    unsigned fn = (unsigned)event_int(event, "fn");
    const char *engine = event_text(event, "engine");
    const char *ev = event_text(event, "ev");
    unsigned ctx = (unsigned)event_int(event, "ctx");

    if (!engine) {
        return;
    }
    if (fn > FN_BASE && strcmp(ev, "submit") == 0) {
        row(chart, event, GUEST, GUEST, "vGPU %u context %u on %s: submit", fn - FN_BASE, ctx,
            engine);
    } else if (fn > FN_BASE) {
        row(chart, event, MEDIATOR, strcmp(ev, "switch_in") == 0 ? MEDIATOR : GUEST,
            "vGPU %u context %u on %s: %s", fn - FN_BASE, ctx, engine,
            strcmp(ev, "switch_in") == 0 ? "begins" : ev);
    } else if (fn == 0 && strcmp(ev, "switch_in") == 0) {
        row(chart, event, MEDIATOR, GPU, "%s runs shadow context %u", engine, ctx);
    } else if (fn == 0 && strcmp(ev, "switch_out") == 0) {
        row(chart, event, GPU, MEDIATOR, "%s has left shadow context %u", engine, ctx);
    }
}

static void on_vfio(struct chart *chart, const struct event *event)
{
    row(chart, event, MEDIATOR, MEDIATOR, "%s: %s -> %s", event_text(event, "dev"),
        event_text(event, "from"), event_text(event, "to"));
}

/* Of the VMM, which has no column of its own: the steps, and of the rounds the first. */
static void on_migration(struct chart *chart, const struct event *event)
{
    if (!chart->options->all && strcmp(event_text(event, "step"), "round") == 0 &&
        event_int(event, "round") > 1) {
        return;
    }
    row(chart, event, MEDIATOR, MEDIATOR, "%s migrates: %s, round %" PRIu64 ", %" PRIu64 " bytes",
        event_text(event, "vm"), event_text(event, "step"), event_int(event, "round"),
        event_int(event, "bytes"));
}

static void on_fault(struct chart *chart, const struct event *event)
{
    const uint64_t fn = event_int(event, "fn");
    char whose[24] = "";

    if (fn > FN_BASE) {
        (void)snprintf(whose, sizeof(whose), "vGPU %u ", (unsigned)fn - FN_BASE);
    }
    row(chart, event, MEDIATOR, MEDIATOR, "%s%s: %s", whose, event->kind,
        event_text(event, "what"));
}

static bool in_window(const struct timeline_options *options, const struct event *event)
{
    return event->t_ps >= options->from_ps && event->t_ps <= options->to_ps &&
           (!options->gpu || strcmp(options->gpu, event->gpu) == 0);
}

static void take(struct chart *chart, const struct event *event)
{
    static const struct {
        const char *kind;
        void (*take)(struct chart *chart, const struct event *event);
    } kinds[] = {{"trap", on_trap},          {"pv", on_pv},       {"job", on_job},
                 {"vfio", on_vfio},          {"fault", on_fault}, {"peer_error", on_fault},
                 {"migration", on_migration}};

    for (unsigned n = 0; n < ARRAY_SIZE(kinds); n++) {
        if (strcmp(event->kind, kinds[n].kind) == 0 && in_window(chart->options, event)) {
            kinds[n].take(chart, event);
        }
    }
}

/* A log without traps and messages is not of world B. */
static int read_log(struct chart *chart, struct event_log *log)
{
    struct event event;
    bool begun = false;
    int ret;

    while ((ret = event_log_next(log, &event)) == 1) {
        begun = begun || strcmp(event.kind, "trap") == 0 || strcmp(event.kind, "pv") == 0;
        if (begun) {
            take(chart, &event);
        }
    }
    return ret;
}

int timeline_vgpu(FILE *in, const char *name, const struct timeline_options *options,
                  const struct timeline_vgpu_out *out, char *error, size_t size)
{
    struct event_log *log = event_log_open(in, name);
    struct chart chart = {.out = out->file, .options = options};
    int ret;

    if (!log) {
        (void)snprintf(error, size, "no memory");
        return -ENOMEM;
    }
    ret = read_log(&chart, log);
    if (ret) {
        (void)snprintf(error, size, "%s", event_log_error(log));
    }
    event_log_close(log);
    *out->rows = chart.rows;
    return ret;
}
