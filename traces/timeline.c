/* SPDX-License-Identifier: MIT */
/* From events to rows. By default a chart tells one story for each VF: it begins with the PF's
 * first command about the VF and shows that VF's control messages, states and recovery. What the
 * log does not say is derived here: which VF an answer is about (from its fence), and which
 * interrupt is MIGRATED (the first one after the GuC blocked the VF for fixups). */
#include "traces/timeline_scene.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "sim/hal/hal.h"
#include "traces/names.h"

static void make_printable(char *text)
{
    for (; *text; text++) {
        if (*text < ' ' || *text > '~') {
            *text = '?';
        }
    }
}

void scene_say(struct scene *scene, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(scene->row.text, sizeof(scene->row.text), format, args);
    va_end(args);
}

void scene_show(struct scene *scene, enum timeline_role role, enum timeline_actor from,
                enum timeline_actor to)
{
    const struct timeline_options *options = scene->timeline->options;
    struct timeline_row *row = &scene->row;

    row->role = role;
    row->from = from;
    row->to = to;
    if (row->t_ps < options->from_ps || row->t_ps > options->to_ps) {
        return;
    }
    if (options->gpu && *row->gpu && strcmp(options->gpu, row->gpu) != 0) {
        return;
    }
    if (options->gt >= 0 && scene->event->gt != HAL_GT_NONE && scene->event->gt != options->gt) {
        return;
    }
    /* A remark about no VF concerns each of them. */
    if (options->vf >= 0 && row->vf != (unsigned)options->vf &&
        (row->vf || role != TIMELINE_REMARK)) {
        return;
    }
    make_printable(row->text);
    scene->timeline->sink->row(scene->timeline->sink->arg, row);
}

static bool in_story(const struct scene *scene, unsigned vf)
{
    return scene->timeline->options->all || (vf && scene->gpu->story & bit(vf));
}

/* ---- states and steps ------------------------------------------------------------------------ */

static void on_vf_state(struct scene *scene)
{
    const char *to = event_text(scene->event, "to");
    unsigned vf = (unsigned)event_int(scene->event, "vf");

    scene->row.vf = vf;
    scene->gt->resfix &= ~bit(vf);
    scene->gt->irq_due &= ~bit(vf);
    if (strncmp(to, "VF_RESFIX_", strlen("VF_RESFIX_")) == 0) {
        scene->gt->resfix |= bit(vf);
    }
    if (strcmp(to, "VF_RESFIX_BLOCKED") == 0) {
        scene->gt->irq_due |= bit(vf);
    }
    if (in_story(scene, vf)) {
        scene_say(scene, "new VF state %s", to);
        scene->row.vf_state = true;
        scene_show(scene, TIMELINE_STEP, TIMELINE_GUC, TIMELINE_GUC);
    }
}

/* The PF's control machine has a state for each message that the chart shows anyway; what it does
 * by itself is moving data. */
static void on_pf_state(struct scene *scene)
{
    const char *from = event_text(scene->event, "from");
    const char *to = event_text(scene->event, "to");
    unsigned vf = (unsigned)event_int(scene->event, "vf");

    scene->row.vf = vf;
    if (strcmp(to, "RESTORE_PROCESS_DATA") == 0 && strncmp(from, "RESTORE_", 8) != 0) {
        scene_say(scene, "PF loads resources from the saved image");
    } else if (strcmp(to, "SAVE_PROCESS_DATA") == 0 && strncmp(from, "SAVE_", 5) != 0) {
        scene_say(scene, "PF saves resources of the VF");
    } else if (scene->timeline->options->all || strcmp(to, "MISMATCH") == 0 ||
               strstr(to, "_FAILED")) {
        scene_say(scene, "PF control %s", to);
    } else {
        return;
    }
    if (in_story(scene, vf)) {
        scene_show(scene, TIMELINE_STEP, TIMELINE_PF, TIMELINE_PF);
    }
}

/* Steps that a message or an interrupt shows already have no text here and appear with --all. */
static const struct {
    const char *step;
    const char *text;
} recovery_texts[] = {
    {"idle", NULL},
    {"irq", NULL},
    {"start", NULL},
    {"resfix_start", NULL},
    {"query", NULL},
    {"fixups", "VF driver applies post-migration fixups"},
    {"fixups_done", NULL},
    {"restart", NULL},
    {"resfix_done", NULL},
    {"requeued", "VF driver starts recovery again"},
    {"ended", "VF driver ends recovery"},
    {"wedged", "VF driver gives up: device wedged"},
};

static void on_recovery(struct scene *scene)
{
    const char *step = event_text(scene->event, "step");
    const char *text = step;

    for (size_t i = 0; i < ARRAY_SIZE(recovery_texts); i++) {
        if (strcmp(recovery_texts[i].step, step) == 0) {
            text = recovery_texts[i].text;
        }
    }
    if (!text && !scene->timeline->options->all) {
        return;
    }
    scene->row.vf = (unsigned)event_int(scene->event, "vf");
    scene->row.vf_rests = strcmp(step, "ended") == 0 || strcmp(step, "wedged") == 0;
    if (text == step || !text) {
        scene_say(scene, "recovery: %s", step);
    } else {
        scene_say(scene, "%s", text);
    }
    scene_show(scene, TIMELINE_STEP, TIMELINE_VF, TIMELINE_VF);
}

/* Is this interrupt MIGRATED? The device says which one it is only inside the VM's memory. */
static bool is_migrated(const struct scene *scene, unsigned fn)
{
    const char *source = event_text(scene->event, "source");

    return (source && strstr(source, "SW_INT_0")) || scene->gt->irq_due & bit(fn);
}

static void on_irq(struct scene *scene)
{
    unsigned fn = (unsigned)event_int(scene->event, "fn");

    if (fn == 0) {
        return;
    }
    /* An interrupt that names no GT is that of the first GuC that owes one. */
    if (scene->event->gt == HAL_GT_NONE && !(scene->gt->irq_due & bit(fn))) {
        scene->gt = &scene->gpu->gts[1];
        scene->row.gt = 1;
    }
    if (!is_migrated(scene, fn)) {
        return;
    }
    scene->gt->irq_due &= ~bit(fn);
    scene->row.vf = fn;
    scene->row.vf_wakes = true;
    scene_say(scene, "GUC_INTR_SW_INT_0");
    scene_show(scene, TIMELINE_MESSAGE, TIMELINE_GUC, TIMELINE_VF);
}

/* ---- remarks --------------------------------------------------------------------------------- */

/* The number behind the last "vf" of a device's name ("src.vf1"), 0 when there is none. */
static unsigned vf_of_device(const char *name)
{
    const char *found = NULL;
    unsigned vf = 0;

    for (const char *at = strstr(name, "vf"); at; at = strstr(at + 1, "vf")) {
        found = at;
    }
    for (found = found ? found + 2 : ""; *found >= '0' && *found <= '9' && vf < 100; found++) {
        vf = vf * 10 + (unsigned)(*found - '0');
    }
    return vf <= EVENT_MAX_FN ? vf : 0;
}

static void on_vfio(struct scene *scene)
{
    const char *dev = event_text(scene->event, "dev");

    scene->row.vf = vf_of_device(dev);
    scene_say(scene, "vfio %s: %s -> %s", dev, event_text(scene->event, "from"),
              event_text(scene->event, "to"));
    scene_show(scene, TIMELINE_REMARK, TIMELINE_PF, TIMELINE_PF);
}

/* What the VMM does. The rounds of a long pre-copy would hide the rest: the first one stands for
 * all. */
static void on_migration(struct scene *scene)
{
    const char *step = event_text(scene->event, "step");
    uint64_t round = event_int(scene->event, "round"), dirty = event_int(scene->event, "dirty");
    bool is_round = strcmp(step, "round") == 0;
    char number[24] = "", left[40] = "", sent[40] = "";

    if (is_round && round > 1 && !scene->timeline->options->all) {
        return;
    }
    if (is_round) {
        (void)snprintf(number, sizeof(number), " %" PRIu64, round);
    }
    if (dirty) {
        (void)snprintf(left, sizeof(left), ", %" PRIu64 " pages dirty", dirty);
    }
    if (event_int(scene->event, "bytes")) {
        (void)snprintf(sent, sizeof(sent), ", %" PRIu64 " bytes sent",
                       event_int(scene->event, "bytes"));
    }
    scene_say(scene, "vmm %s: %s%s%s%s", event_text(scene->event, "vm"), step, number, left, sent);
    scene_show(scene, TIMELINE_REMARK, TIMELINE_PF, TIMELINE_PF);
}

static void on_error(struct scene *scene)
{
    unsigned fn = (unsigned)event_int(scene->event, "fn");

    scene->row.vf = fn;
    if (in_story(scene, fn)) {
        scene_say(scene, "%s of function %u: %s", scene->event->kind, fn,
                  event_text(scene->event, "what"));
        scene_show(scene, TIMELINE_REMARK, TIMELINE_PF, TIMELINE_PF);
    }
}

static void on_script(struct scene *scene)
{
    const char *text = event_text(scene->event, "text");

    if (scene->timeline->options->all) {
        scene_say(scene, "script line %" PRIu64 ": %s", event_int(scene->event, "line"),
                  text ? text : "");
        scene_show(scene, TIMELINE_REMARK, TIMELINE_PF, TIMELINE_PF);
    }
}

static void on_expect(struct scene *scene)
{
    const char *name = event_text(scene->event, "name");

    if (!event_flag(scene->event, "ok")) {
        scene_say(scene, "expectation failed: %s", name ? name : "(no name)");
        scene_show(scene, TIMELINE_REMARK, TIMELINE_PF, TIMELINE_PF);
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

static const struct {
    const char *kind;
    void (*handle)(struct scene *scene);
} handlers[] = {
    {"h2g", scene_on_h2g},
    {"g2h", scene_on_g2h},
    {"mmio_msg", scene_on_mmio_msg},
    {"vf_state", on_vf_state},
    {"irq", on_irq},
    {"pf_state", on_pf_state},
    {"recovery", on_recovery},
    {"vfio", on_vfio},
    {"fault", on_error},
    {"peer_error", on_error},
    {"script", on_script},
    {"expect", on_expect},
    {"pv", scene_on_pv},
    {"migration", on_migration},
};

/* The GPU by name, added when it is new; NULL when there are too many. */
static struct gpu_track *track_gpu(struct timeline *timeline, const char *event_name)
{
    char name[EVENT_NAME_SIZE];
    struct gpu_track *gpu;

    memcpy(name, event_name, sizeof(name));
    make_printable(name);
    for (unsigned i = 0; i < timeline->num_gpus; i++) {
        if (strcmp(timeline->gpus[i].name, name) == 0) {
            return &timeline->gpus[i];
        }
    }
    if (timeline->num_gpus == MAX_GPUS) {
        return NULL;
    }
    gpu = &timeline->gpus[timeline->num_gpus++];
    memcpy(gpu->name, name, sizeof(name));
    return gpu;
}

static int handle_event(struct timeline *timeline, const struct event *event)
{
    struct scene scene = {.timeline = timeline, .event = event};

    for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
        if (strcmp(handlers[i].kind, event->kind) != 0) {
            continue;
        }
        scene.gpu = track_gpu(timeline, event->gpu);
        if (!scene.gpu) {
            return -EINVAL;
        }
        scene.row.gt = event->gt > 0 ? 1 : 0;
        scene.gt = &scene.gpu->gts[scene.row.gt];
        scene.row.t_ps = event->t_ps;
        memcpy(scene.row.gpu, scene.gpu->name, sizeof(scene.row.gpu));
        scene.row.gpu_order = (unsigned)(scene.gpu - timeline->gpus);
        handlers[i].handle(&scene);
    }
    return 0;
}

int timeline_read(FILE *in, const char *name, const struct timeline_options *options,
                  const struct timeline_sink *sink, char *error, size_t size)
{
    struct timeline timeline = {.options = options, .sink = sink};
    struct event_log *log = event_log_open(in, name);
    struct event event;
    int ret;

    if (!log) {
        (void)snprintf(error, size, "%s: no memory", name);
        return -ENOMEM;
    }
    while ((ret = event_log_next(log, &event)) > 0) {
        ret = handle_event(&timeline, &event);
        if (ret) {
            (void)snprintf(error, size, "%s:%" PRIu64 ": more than %u GPUs", name, event.line,
                           MAX_GPUS);
            event_log_close(log);
            return ret;
        }
    }
    if (ret < 0) {
        (void)snprintf(error, size, "%s", event_log_error(log));
    }
    event_log_close(log);
    return ret;
}

static void survey_row(void *arg, const struct timeline_row *row)
{
    struct timeline_survey *survey = arg;

    survey->rows++;
    if (row->gt + 1 > survey->num_gts) {
        survey->num_gts = row->gt + 1;
    }
}

int timeline_survey(FILE *in, const char *name, const struct timeline_options *options,
                    struct timeline_survey *survey, char *error, size_t size)
{
    const struct timeline_sink sink = {.row = survey_row, .arg = survey};

    survey->num_gts = 1;
    survey->rows = 0;
    return timeline_read(in, name, options, &sink, error, size);
}
