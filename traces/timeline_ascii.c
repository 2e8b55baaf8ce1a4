/* SPDX-License-Identifier: MIT */
/* Draws a sequence chart with characters, in the manner of the xe driver's documentation of VF
 * restore:
 *
 *        0.120  [ ] PF2GUC_VF_CONTROL(pause)   |                            |
 *               [ ]-------------------------> [ ]                           |
 *        3.450  [ ]                           [ ]---.  new VF state         |
 *               [ ]                           [ ] <-'  VF_READY_PAUSED      |
 *
 * An actor is "[ ]" while it works on something of this chart, "|" else. Each GuC of the GPU has
 * its own lifeline, and each pair of GPU and VF its own section, so that the chart stays in the
 * order of time. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/timeline.h"

#define MAX_LIFELINES (TIMELINE_MAX_GTS + 2u)
#define LEFT          16u /* columns for the time, then the first lifeline */
#define RIGHT         4u
#define MIN_GAP       30u /* between lifelines: room for each name of a VF state */
#define MAX_WIDTH     512u
#define MAX_LINES     4u /* of one text */
#define MAX_TEXT      (TIMELINE_ROW_TEXT + 32u)

struct lifeline {
    unsigned x;
    unsigned busy; /* requests under way */
};

struct timeline_ascii {
    FILE *out;
    unsigned width;
    unsigned gap;
    unsigned num_gts;
    int only_gt;
    unsigned num_lifelines;
    struct lifeline lifelines[MAX_LIFELINES];
    unsigned vf_awake; /* GTs that the VF's driver recovers */
    bool in_section;
    bool began; /* something was drawn */
    char gpu[EVENT_NAME_SIZE];
    unsigned vf;
    bool mediated;            /* the section is about a vGPU */
    struct timeline_row held; /* drawn when the next row differs */
    unsigned repeats;         /* of the held row; 0: nothing is held */
    char line[MAX_WIDTH + 1];
};

/* A text cut into lines. */
struct block {
    unsigned count;
    unsigned width;
    char lines[MAX_LINES][MAX_TEXT];
};

static unsigned lifeline_of(const struct timeline_ascii *chart, enum timeline_actor actor,
                            unsigned gt)
{
    if (actor == TIMELINE_PF || actor == TIMELINE_MEDIATOR) {
        return 0;
    }
    if (actor == TIMELINE_VF || actor == TIMELINE_VGPU) {
        return chart->num_lifelines - 1;
    }
    return 1 + (gt < chart->num_gts ? gt : 0);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void put_text(struct timeline_ascii *chart, unsigned x, const char *text)
{
    for (; *text && x < chart->width; text++, x++) {
        chart->line[x] = *text;
    }
}

static void begin_line(struct timeline_ascii *chart)
{
    memset(chart->line, ' ', chart->width);
    for (unsigned i = 0; i < chart->num_lifelines; i++) {
        const struct lifeline *lifeline = &chart->lifelines[i];
        bool awake = i == chart->num_lifelines - 1 && chart->vf_awake;

        if (lifeline->busy || awake) {
            put_text(chart, lifeline->x - 1, "[ ]");
        } else {
            put_text(chart, lifeline->x, "|");
        }
    }
}

static void end_line(struct timeline_ascii *chart)
{
    unsigned end = chart->width;

    while (end && chart->line[end - 1] == ' ') {
        end--;
    }
    (void)fprintf(chart->out, "%.*s\n", (int)end, chart->line);
}

/* Microseconds with three decimals, cut and not rounded: a time never moves past its neighbour. */
static void put_time(struct timeline_ascii *chart, uint64_t t_ps)
{
    char text[LEFT + 16];

    (void)snprintf(text, sizeof(text), "%9" PRIu64 ".%03" PRIu64, t_ps / 1000000,
                   t_ps / 1000 % 1000);
    put_text(chart, 0, text);
}

/* How much of text goes into a line of room characters: up to a blank or a bracket, else all of it.
 */
static unsigned cut_line(const char *text, unsigned room)
{
    unsigned length = (unsigned)strlen(text);
    unsigned cut = room;

    if (length <= room) {
        return length;
    }
    while (cut > 0 && text[cut] != ' ' && text[cut] != '(') {
        cut--;
    }
    return cut ? cut : room;
}

/* What is left over after MAX_LINES lines is dropped, with a mark. */
static void wrap(const char *text, unsigned room, struct block *block)
{
    *block = (struct block){0};
    while (*text && block->count < MAX_LINES) {
        unsigned length = cut_line(text, room);

        memcpy(block->lines[block->count], text, length);
        block->width = length > block->width ? length : block->width;
        block->count++;
        text += length;
        text += *text == ' ';
    }
    if (*text) {
        memcpy(block->lines[MAX_LINES - 1] + room - 3, "...", 4);
        block->width = room;
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

static const char *lifeline_name(const struct timeline_ascii *chart, unsigned i)
{
    static const char *const gucs[] = {"GuC main", "GuC media"};

    if (i == 0) {
        return chart->mediated ? "host" : "PF";
    }
    if (i == chart->num_lifelines - 1) {
        return chart->mediated ? "vGPU" : "VF";
    }
    if (chart->num_gts > 1) {
        return gucs[(i - 1) & 1];
    }
    return chart->only_gt >= 0 ? gucs[chart->only_gt & 1] : "GuC";
}

static void draw_section(struct timeline_ascii *chart, const struct timeline_row *row)
{
    (void)fprintf(chart->out, "%s%s", chart->began ? "\n" : "", row->gpu);
    if (row->vf) {
        (void)fprintf(chart->out, ", %s %u", chart->mediated ? "vGPU" : "VF", row->vf);
    }
    (void)fprintf(chart->out, "\n\n");
    chart->in_section = true;
    chart->began = true;
    (void)snprintf(chart->gpu, sizeof(chart->gpu), "%s", row->gpu);
    chart->vf = row->vf;
    chart->vf_awake = 0;
    memset(chart->line, ' ', chart->width);
    put_text(chart, 0, "    time [us]");
    for (unsigned i = 0; i < chart->num_lifelines; i++) {
        const char *name = lifeline_name(chart, i);

        chart->lifelines[i].busy = 0;
        put_text(chart, chart->lifelines[i].x - (unsigned)strlen(name) / 2, name);
    }
    end_line(chart);
    begin_line(chart);
    end_line(chart);
}

/* Rows about no VF stay in the section they meet, if it is of their GPU. */
static void enter_section(struct timeline_ascii *chart, const struct timeline_row *row)
{
    bool same_gpu = strcmp(chart->gpu, row->gpu) == 0;
    bool mediated = row->from >= TIMELINE_MEDIATOR;

    if (!row->gpu[0]) { /* a remark of no GPU needs no lifelines */
        return;
    }
    if (!chart->in_section || !same_gpu || mediated != chart->mediated ||
        (row->vf && row->vf != chart->vf)) {
        chart->mediated = mediated;
        draw_section(chart, row);
    }
}

static void draw_remark(struct timeline_ascii *chart, const struct timeline_row *row,
                        const char *text)
{
    chart->began = true;
    memset(chart->line, '-', chart->width);
    memset(chart->line, ' ', LEFT - 1);
    put_time(chart, row->t_ps);
    put_text(chart, LEFT + 1, " ");
    put_text(chart, LEFT + 2, text);
    if (LEFT + 2 + strlen(text) < chart->width) {
        chart->line[LEFT + 2 + strlen(text)] = ' ';
    }
    end_line(chart);
}

/* The shaft and head of an arrow; lifelines between its ends stay visible: "-|-", "-[-]-". */
static void put_arrow(struct timeline_ascii *chart, unsigned from, unsigned to)
{
    unsigned left = chart->lifelines[from < to ? from : to].x + 2;
    unsigned right = chart->lifelines[from < to ? to : from].x - 2;

    for (unsigned x = left; x <= right; x++) {
        if (chart->line[x] == ' ') {
            chart->line[x] = '-';
        }
    }
    if (from < to) {
        put_text(chart, right - 1, "> ");
    } else {
        put_text(chart, left, " <");
    }
}

static void draw_arrow(struct timeline_ascii *chart, const struct timeline_row *row,
                       const char *text)
{
    unsigned from = lifeline_of(chart, row->from, row->gt);
    unsigned to = lifeline_of(chart, row->to, row->gt);
    /* Labels stand beside PF or VF, whichever end it is: GuC lifelines may lie between. */
    unsigned gap_left =
        row->from == TIMELINE_VF || row->to == TIMELINE_VF ? chart->num_lifelines - 2 : 0;
    struct block block;

    wrap(text, chart->gap - 5, &block);
    chart->lifelines[from].busy++;
    for (unsigned i = 0; i < block.count; i++) {
        begin_line(chart);
        if (i == 0) {
            put_time(chart, row->t_ps);
        }
        put_text(chart, chart->lifelines[gap_left].x + 3, block.lines[i]);
        end_line(chart);
    }
    chart->lifelines[to].busy++;
    if (row->vf_wakes) {
        chart->vf_awake |= 1u << row->gt;
    }
    begin_line(chart);
    put_arrow(chart, from, to);
    end_line(chart);
    /* A request leaves both ends at work, an answer takes its request's share back too. */
    for (unsigned i = 0; row->role != TIMELINE_REQUEST && i < 1u + (row->role == TIMELINE_ANSWER);
         i++) {
        chart->lifelines[from].busy -= chart->lifelines[from].busy > 0;
        chart->lifelines[to].busy -= chart->lifelines[to].busy > 0;
    }
}

/* A loop beside a lifeline: to the right of PF and GuC, to the left of the VF, whose right side is
 * the edge of the chart. */
static void put_loop(struct timeline_ascii *chart, unsigned at, const struct block *block,
                     unsigned line, unsigned lines)
{
    static const char *const right[] = {"---.", "   |", " <-'"};
    static const char *const left[] = {".---", "|   ", "'-> "};
    unsigned part = line == 0 ? 0 : line == lines - 1 ? 2 : 1;
    unsigned x = chart->lifelines[at].x;
    const char *text = line < block->count ? block->lines[line] : "";

    if (at == chart->num_lifelines - 1) {
        put_text(chart, x - 5, left[part]);
        put_text(chart, x - 7 - block->width, text);
    } else {
        put_text(chart, x + 2, right[part]);
        put_text(chart, x + 8, text);
    }
}

static void draw_step(struct timeline_ascii *chart, const struct timeline_row *row,
                      const char *text)
{
    unsigned at = lifeline_of(chart, row->from, row->gt);
    struct block block;
    unsigned lines;

    wrap(text, chart->gap - 10, &block);
    lines = block.count < 2 ? 2 : block.count;
    chart->lifelines[at].busy++;
    for (unsigned i = 0; i < lines; i++) {
        begin_line(chart);
        if (i == 0) {
            put_time(chart, row->t_ps);
        }
        put_loop(chart, at, &block, i, lines);
        end_line(chart);
    }
    chart->lifelines[at].busy--;
}

/* With one lifeline for both GTs' doings, the text says which GT is meant. */
static bool needs_gt(const struct timeline_ascii *chart, const struct timeline_row *row)
{
    return chart->num_gts > 1 && row->role == TIMELINE_STEP && row->from != TIMELINE_GUC;
}

static void draw_row(struct timeline_ascii *chart, const struct timeline_row *row, unsigned repeats)
{
    char text[MAX_TEXT];
    int used = snprintf(text, sizeof(text), "%s%s", row->text,
                        !needs_gt(chart, row) ? ""
                        : row->gt             ? " (media)"
                                              : " (main)");

    if (repeats > 1 && used > 0 && (size_t)used < sizeof(text)) {
        (void)snprintf(text + used, sizeof(text) - (size_t)used, " x %u", repeats);
    }
    enter_section(chart, row);
    if (row->role == TIMELINE_REMARK) {
        draw_remark(chart, row, text);
    } else if (row->role == TIMELINE_STEP) {
        draw_step(chart, row, text);
    } else {
        draw_arrow(chart, row, text);
    }
    if (row->vf_rests) {
        chart->vf_awake &= ~(1u << row->gt);
    }
}

static bool same_row(const struct timeline_row *a, const struct timeline_row *b)
{
    return strcmp(a->gpu, b->gpu) == 0 && a->vf == b->vf && a->gt == b->gt && a->role == b->role &&
           a->from == b->from && a->to == b->to && strcmp(a->text, b->text) == 0;
}

static void draw_held(struct timeline_ascii *chart)
{
    if (chart->repeats) {
        draw_row(chart, &chart->held, chart->repeats);
    }
    chart->repeats = 0;
}

static void take_row(void *arg, const struct timeline_row *row)
{
    struct timeline_ascii *chart = arg;

    if (chart->repeats && same_row(&chart->held, row)) {
        chart->repeats++;
        return;
    }
    draw_held(chart);
    chart->held = *row;
    chart->repeats = 1;
}

struct timeline_ascii *timeline_ascii_create(FILE *out, const struct timeline_options *options,
                                             unsigned num_gts)
{
    struct timeline_ascii *chart = calloc(1, sizeof(*chart));
    unsigned wanted;

    if (!chart) {
        return NULL;
    }
    chart->out = out;
    chart->only_gt = options->gt;
    chart->num_gts = options->gt >= 0 || num_gts < 2 ? 1 : TIMELINE_MAX_GTS;
    chart->num_lifelines = chart->num_gts + 2;
    wanted = chart->num_gts == 1 ? 100 : 124;
    if (options->width) {
        wanted = options->width < MAX_WIDTH ? options->width : MAX_WIDTH;
    }
    chart->gap = wanted > LEFT + RIGHT ? (wanted - LEFT - RIGHT) / (chart->num_lifelines - 1) : 0;
    chart->gap = chart->gap > MIN_GAP ? chart->gap : MIN_GAP;
    chart->width = LEFT + chart->gap * (chart->num_lifelines - 1) + RIGHT;
    for (unsigned i = 0; i < chart->num_lifelines; i++) {
        chart->lifelines[i].x = LEFT + i * chart->gap;
    }
    return chart;
}

struct timeline_sink timeline_ascii_sink(struct timeline_ascii *chart)
{
    return (struct timeline_sink){.row = take_row, .arg = chart};
}

void timeline_ascii_finish(struct timeline_ascii *chart)
{
    if (chart) {
        draw_held(chart);
        free(chart);
    }
}
