/* SPDX-License-Identifier: MIT */
/* A first view of a run for GTKWave: DIR/trace.gtkw shows the states, messages, room and credits of
 * DIR's waves in groups, and DIR/filters/ holds the names of their values. Called by `run` when its
 * files are closed. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "traces/traces.h"
#include "traces/vcd.h"

#define MAX_NAMES_FILE (16u << 20)
#define MAX_FILTERS    64u
#define VIEW_FRAMES    5.0 /* of 200 pixels of time, in a window of the size that is asked for */

/* Bits of GTKWave's trace flags. */
#define FLAG_DEC         0x4u
#define FLAG_RIGHT       0x20u
#define FLAG_BLANK       0x200u
#define FLAG_FILTER      0x2000u
#define FLAG_ANALOG_STEP 0x8000u
#define FLAG_STRETCH     0x20000u
#define FLAG_CLOSED      0x400000u
#define FLAG_BEGIN       0x800000u
#define FLAG_END         0x1000000u

enum color { RED = 1, ORANGE, YELLOW, GREEN, BLUE, INDIGO, VIOLET };

/* What stands together. A signal is of the first kind whose parts its name has. */
static const struct kind {
    const char *title;
    const char *scope; /* somewhere in the name */
    const char *end;   /* of the name */
    enum color color;
    bool closed;
    bool action; /* its values are codes of actions */
    bool analog;
} kinds[] = {
    {"VFs, as their GuC sees them", ".guc", ".state", GREEN, false, false, false},
    {"VFIO devices", ".vfio.", ".state", ORANGE, false, false, false},
    {"PF control", ".pf.", ".pf_state", YELLOW, false, false, false},
    {"recovery of VF drivers", ".vf.", ".recovery", VIOLET, false, false, false},
    {"PV channels", ".pv.", "", VIOLET, false, false, false},
    {"messages to the GuC", ".guc", ".h2g_action", BLUE, false, true, false},
    {"messages from the GuC", ".guc", ".g2h_action", INDIGO, false, true, false},
    {"CT channels", ".ct.", ".state", GREEN, true, false, false},
    {"broken channels", ".ct.", ".broken", RED, true, false, false},
    {"room in H2G rings, dwords", ".ct.", ".h2g_space", BLUE, true, false, true},
    {"G2H credits, dwords", ".ct.", ".g2h_space", INDIGO, true, false, true},
    {"fences, by the GuC", ".guc", "_fence", BLUE, true, false, false},
};

struct view {
    const char *dir;
    FILE *out;
    const struct vcd_signal *signals;
    size_t num_signals;
    cJSON *names;
    const cJSON *filters[MAX_FILTERS]; /* equal tables of names share a file */
    unsigned num_filters;
    gtkw_action_name *action_name;
};

static cJSON *read_names(const char *dir)
{
    char path[PATH_MAX];
    char *text = malloc(MAX_NAMES_FILE);
    cJSON *names = NULL;
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/names.json", dir);
    file = fopen(path, "r");
    if (text && file) {
        names = cJSON_ParseWithLength(text, fread(text, 1, MAX_NAMES_FILE, file));
    }
    if (file) {
        (void)fclose(file);
    }
    free(text);
    return names;
}

/* ---- filters --------------------------------------------------------------------------------- */

/* A state's colour says at a glance what to look at. */
static const char *paint_of(const char *name)
{
    static const struct {
        const char *part;
        const char *paint;
    } paints[] = {{"FAIL", "red"},     {"ERROR", "red"},     {"wedged", "red"},
                  {"MISMATCH", "red"}, {"RESFIX", "purple"}, {"PAUS", "orange4"},
                  {"STOP", "orange4"}, {"RUNNING", "green4"}};

    for (size_t i = 0; i < ARRAY_SIZE(paints); i++) {
        if (strstr(name, paints[i].part)) {
            return paints[i].paint;
        }
    }
    return NULL;
}

static FILE *open_filter(const struct view *view, const char *name)
{
    char path[PATH_MAX];

    (void)snprintf(path, sizeof(path), "%s/filters/%s", view->dir, name);
    return fopen(path, "w");
}

static int write_states(const struct view *view, const char *name, const cJSON *values)
{
    FILE *file = open_filter(view, name);
    const cJSON *value;

    if (!file) {
        return -errno;
    }
    cJSON_ArrayForEach(value, values)
    {
        const char *text = cJSON_GetStringValue(value);
        const char *paint = text ? paint_of(text) : NULL;

        (void)fprintf(file, "%s %s%s%s%s\n", value->string, paint ? "?" : "", paint ? paint : "",
                      paint ? "?" : "", text ? text : "");
    }
    return fclose(file) ? -errno : 0;
}

static int write_actions(const struct view *view)
{
    FILE *file = open_filter(view, "actions.txt");

    if (!file) {
        return -errno;
    }
    for (unsigned action = 0; action <= UINT16_MAX; action++) {
        const char *name = view->action_name((uint16_t)action, false);

        if (name) {
            (void)fprintf(file, "%u %s\n", action, name);
        }
    }
    return fclose(file) ? -errno : 0;
}

/* The file with the names of this signal's values into name, written when it is new; "" when they
 * have none. */
static int filter_of(struct view *view, const struct kind *kind, const struct vcd_signal *signal,
                     char name[32])
{
    const cJSON *values = cJSON_GetObjectItemCaseSensitive(view->names, signal->name);
    unsigned i = 0;
    int err = 0;

    name[0] = '\0';
    if (kind->action) {
        (void)snprintf(name, 32, "actions.txt");
        return 0;
    }
    while (i < view->num_filters && !cJSON_Compare(view->filters[i], values, true)) {
        i++;
    }
    if (!cJSON_IsObject(values) || i == MAX_FILTERS) {
        return 0;
    }
    (void)snprintf(name, 32, "states-%u.txt", i + 1);
    if (i == view->num_filters) {
        err = write_states(view, name, values);
        view->filters[view->num_filters++] = values;
    }
    return err;
}

/* ---- signals --------------------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *end)
{
    size_t length = strlen(name);
    size_t part = strlen(end);

    return length >= part && strcmp(name + length - part, end) == 0;
}

static bool matches(const char *name, size_t number)
{
    return ends_in(name, kinds[number].end) && strstr(name, kinds[number].scope);
}

/* A signal is of the first kind that it matches. */
static bool is_of_kind(const char *name, size_t number)
{
    if (!matches(name, number)) {
        return false;
    }
    for (size_t i = 0; i < number; i++) {
        if (matches(name, i)) {
            return false;
        }
    }
    return true;
}

/* GTKWave would show no more than what is behind the last point. */
static void put_alias(FILE *out, const char *name)
{
    for (; *name; name++) {
        (void)fputc(*name == '.' ? '/' : *name, out);
    }
}

static int put_signal(struct view *view, const struct kind *kind, const struct vcd_signal *signal)
{
    char filter[32];
    int err = filter_of(view, kind, signal, filter);
    unsigned flags =
        FLAG_DEC | FLAG_RIGHT | (*filter ? FLAG_FILTER : 0) | (kind->analog ? FLAG_ANALOG_STEP : 0);

    if (err) {
        return err;
    }
    (void)fprintf(view->out, "@%x\n", flags);
    if (*filter) {
        (void)fprintf(view->out, "^1 %s/filters/%s\n", view->dir, filter);
    }
    (void)fprintf(view->out, "[color] %u\n+", (unsigned)kind->color);
    put_alias(view->out, signal->name);
    (void)fprintf(view->out, " %s", signal->name);
    if (signal->width > 1) {
        (void)fprintf(view->out, "[%u:0]", signal->width - 1);
    }
    (void)fputc('\n', view->out);
    if (kind->analog) {
        (void)fprintf(view->out, "@%x\n-\n", FLAG_STRETCH);
    }
    return 0;
}

/* A group without signals is left out. */
static int put_group(struct view *view, size_t number)
{
    const struct kind *kind = &kinds[number];
    unsigned closed = kind->closed ? FLAG_CLOSED : 0;
    bool begun = false;
    int err = 0;

    for (size_t i = 0; i < view->num_signals && !err; i++) {
        if (!is_of_kind(view->signals[i].name, number)) {
            continue;
        }
        if (!begun) {
            (void)fprintf(view->out, "@%x\n-%s\n", FLAG_BEGIN | FLAG_BLANK | closed, kind->title);
            begun = true;
        }
        err = put_signal(view, kind, &view->signals[i]);
    }
    if (begun) {
        (void)fprintf(view->out, "@%x\n-%s\n", FLAG_END | FLAG_BLANK | closed, kind->title);
    }
    return err;
}

static int put_view(struct view *view, const char *waves, uint64_t last_ps)
{
    double zoom = last_ps ? -log2(fmax((double)last_ps / VIEW_FRAMES, 1.0)) : 0;
    int err = view->action_name ? write_actions(view) : 0;

    (void)fprintf(view->out,
                  "[*] the first view of a run, written by gucsim\n"
                  "[dumpfile] \"%s\"\n[savefile] \"%s/trace.gtkw\"\n[timestart] 0\n[size] 1600 "
                  "900\n[pos] -1 -1\n"
                  "*%.6f 0 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 "
                  "-1 -1 -1\n[sst_width] 240\n[signals_width] 300\n[sst_expanded] 0\n",
                  waves, view->dir, zoom);
    for (size_t i = 0; i < ARRAY_SIZE(kinds) && !err; i++) {
        err = put_group(view, i);
    }
    return err;
}

/* ---- whole ----------------------------------------------------------------------------------- */

static FILE *open_view(const char *dir)
{
    char path[PATH_MAX];

    (void)snprintf(path, sizeof(path), "%s/filters", dir);
    if (mkdir(path, 0777) && errno != EEXIST) {
        return NULL;
    }
    (void)snprintf(path, sizeof(path), "%s/trace.gtkw", dir);
    return fopen(path, "w");
}

int gtkw_write(const char *dir, const char *waves, uint64_t last_ps, gtkw_action_name *action_name)
{
    char error[512], real_dir[PATH_MAX], real_waves[PATH_MAX];
    struct view view = {.dir = real_dir, .action_name = action_name};
    struct vcd *vcd;
    int err;

    /* GTKWave takes other paths as seen from where it is started. */
    if (!realpath(dir, real_dir) || !realpath(waves, real_waves)) {
        return -errno;
    }
    vcd = vcd_open(waves, error, sizeof(error));
    if (!vcd) {
        return -EINVAL;
    }
    view.signals = vcd_signals(vcd, &view.num_signals);
    view.names = read_names(dir);
    errno = 0;
    view.out = open_view(dir);
    err = view.out ? put_view(&view, real_waves, last_ps) : -errno;
    if (view.out && fclose(view.out) && !err) {
        err = -errno;
    }
    cJSON_Delete(view.names);
    vcd_close(vcd);
    return err;
}
