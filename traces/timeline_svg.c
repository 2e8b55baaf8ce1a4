/* SPDX-License-Identifier: MIT */
/* The form "svg" of a timeline: lifelines from top to bottom, side by side for each GPU, and a time
 * axis at the left. Each row has a height of its own, so that labels never overlap; what a row
 * shows of time is its label, a gap that grows with the logarithm of the time that passed, and a
 * break where nothing happened for long. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/timeline.h"

#define MAX_ROWS      20000u
#define MAX_COLUMNS   256u

#define AXIS_X        104.0
#define FIRST_X       180.0
#define MIN_GAP       170.0 /* between lifelines */
#define RIGHT_MARGIN  330.0
#define TOP_Y         64.0
#define ROW_HEIGHT    24.0
#define BREAK_PS      20000000ull /* 20 us without an event */
#define BREAK_HEIGHT  34.0
#define BOTTOM_HEIGHT 76.0
#define CHAR_WIDTH    6.7 /* of 11 px monospace, rounded up */

/* A lifeline. */
struct column {
    char gpu[EVENT_NAME_SIZE];
    unsigned rank; /* of its GPU */
    enum timeline_actor actor;
    unsigned number; /* of a GuC: GT; of a VF: VF */
    double x;
};

struct svg {
    FILE *out;
    struct timeline_row *rows;
    double *ys;
    size_t num_rows;
    size_t capacity;
    int error;
    struct column columns[MAX_COLUMNS];
    unsigned num_columns;
    double width;
    double height;
};

/* ---- collecting ------------------------------------------------------------------------------ */

static void keep_row(void *arg, const struct timeline_row *row)
{
    struct svg *svg = arg;
    size_t capacity = svg->capacity ? svg->capacity * 2 : 256;
    void *grown;

    if (svg->error || svg->num_rows == MAX_ROWS) {
        svg->error = svg->error ? svg->error : -E2BIG;
        return;
    }
    if (svg->num_rows == svg->capacity) {
        grown = realloc(svg->rows, capacity * sizeof(*svg->rows));
        if (!grown) {
            svg->error = -ENOMEM;
            return;
        }
        svg->rows = grown;
        svg->capacity = capacity;
    }
    svg->rows[svg->num_rows++] = *row;
}

/* Which one of its kind an actor of a row is. */
static unsigned number_of(const struct timeline_row *row, enum timeline_actor actor)
{
    switch (actor) {
    case TIMELINE_VF:
    case TIMELINE_VGPU:
        return row->vf;
    case TIMELINE_GUC:
        return row->gt;
    default:
        return 0;
    }
}

/* The column of an actor of a row, NULL when there is none. */
static const struct column *find_column(const struct svg *svg, const struct timeline_row *row,
                                        enum timeline_actor actor)
{
    for (unsigned i = 0; i < svg->num_columns; i++) {
        const struct column *column = &svg->columns[i];

        if (column->actor == actor && column->number == number_of(row, actor) &&
            strcmp(column->gpu, row->gpu) == 0) {
            return column;
        }
    }
    return NULL;
}

static void need_column(struct svg *svg, const struct timeline_row *row, enum timeline_actor actor)
{
    struct column *column = &svg->columns[svg->num_columns];

    if (find_column(svg, row, actor)) {
        return;
    }
    if (svg->num_columns == MAX_COLUMNS) {
        svg->error = -E2BIG;
        return;
    }
    *column =
        (struct column){.rank = row->gpu_order, .actor = actor, .number = number_of(row, actor)};
    memcpy(column->gpu, row->gpu, sizeof(column->gpu));
    svg->num_columns++;
}

/* GPUs in their order; then PF, GuCs, VFs. */
static int compare_columns(const void *left, const void *right)
{
    const struct column *a = left;
    const struct column *b = right;

    if (a->rank != b->rank) {
        return a->rank < b->rank ? -1 : 1;
    }
    if (a->actor != b->actor) {
        return a->actor < b->actor ? -1 : 1;
    }
    return a->number < b->number ? -1 : a->number > b->number;
}

static uint64_t gap_before(const struct svg *svg, size_t row)
{
    uint64_t now = svg->rows[row].t_ps;
    uint64_t before = row ? svg->rows[row - 1].t_ps : now;

    return now > before ? now - before : 0;
}

/* Neighbours stand as far apart as the longest label between them needs. */
static void space_columns(struct svg *svg)
{
    double gaps[MAX_COLUMNS];
    double x = FIRST_X;

    for (unsigned i = 0; i < svg->num_columns; i++) {
        gaps[i] = MIN_GAP;
    }
    for (size_t i = 0; i < svg->num_rows; i++) {
        const struct timeline_row *row = &svg->rows[i];
        const struct column *a = find_column(svg, row, row->from);
        const struct column *b = find_column(svg, row, row->to);
        const struct column *left = a < b ? a : b;

        if (row->role < TIMELINE_STEP && (a - b == 1 || b - a == 1)) {
            double *gap = &gaps[left - svg->columns];

            *gap = fmax(*gap, CHAR_WIDTH * (double)strlen(row->text) + 50);
        }
    }
    for (unsigned i = 0; i < svg->num_columns; i++) {
        svg->columns[i].x = x;
        x += i + 1 < svg->num_columns ? gaps[i] : 0;
    }
    svg->width = x + RIGHT_MARGIN;
}

static void lay_out_columns(struct svg *svg)
{
    for (size_t i = 0; i < svg->num_rows && !svg->error; i++) {
        if (svg->rows[i].role != TIMELINE_REMARK) {
            need_column(svg, &svg->rows[i], svg->rows[i].from);
            need_column(svg, &svg->rows[i], svg->rows[i].to);
        }
    }
    if (svg->num_columns) {
        qsort(svg->columns, svg->num_columns, sizeof(svg->columns[0]), compare_columns);
    }
    space_columns(svg);
}

static void lay_out_rows(struct svg *svg)
{
    double y = TOP_Y;

    svg->ys = malloc((svg->num_rows + 1) * sizeof(*svg->ys));
    if (!svg->ys) {
        svg->error = -ENOMEM;
        return;
    }
    for (size_t i = 0; i < svg->num_rows; i++) {
        uint64_t gap = gap_before(svg, i);

        y += ROW_HEIGHT;
        y += gap >= BREAK_PS ? BREAK_HEIGHT : fmin(16.0, 3.0 * log2(1.0 + (double)gap / 1e5));
        svg->ys[i] = y;
    }
    svg->height = y + BOTTOM_HEIGHT;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            (void)fputs("&amp;", out);
            break;
        case '<':
            (void)fputs("&lt;", out);
            break;
        case '>':
            (void)fputs("&gt;", out);
            break;
        default:
            (void)fputc(*text, out);
            break;
        }
    }
}

/* anchor: start, middle, end. The label stays between the axis and the right edge. */
static void put_label(const struct svg *svg, double x, double y, const char *anchor,
                      const char *text)
{
    double length = CHAR_WIDTH * (double)strlen(text);
    double left = strcmp(anchor, "middle") == 0 ? x - length / 2 : x;

    left = fmin(left, svg->width - length - 6);
    left = fmax(left, AXIS_X + 10);
    (void)fprintf(svg->out, "<text class=\"l\" x=\"%.1f\" y=\"%.1f\">", left, y);
    put_escaped(svg->out, text);
    (void)fputs("</text>\n", svg->out);
}

static void put_line(const struct svg *svg, const char *class, double x1, double y1, double x2,
                     double y2)
{
    (void)fprintf(svg->out,
                  "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class,
                  x1, y1, x2, y2);
}

static void put_bar(const struct svg *svg, const char *class, double x, double width, double from,
                    double to)
{
    (void)fprintf(svg->out,
                  "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
                  class, x, from, width, fmax(to - from, 2.0));
}

static void column_title(const struct column *column, char *title, size_t size)
{
    switch (column->actor) {
    case TIMELINE_PF:
        (void)snprintf(title, size, "%s PF", column->gpu);
        break;
    case TIMELINE_GUC:
        (void)snprintf(title, size, "%s GuC %s", column->gpu, column->number ? "media" : "main");
        break;
    case TIMELINE_MEDIATOR:
        (void)snprintf(title, size, "%s mediator", column->gpu);
        break;
    case TIMELINE_VGPU:
        (void)snprintf(title, size, "%s vGPU %u", column->gpu, column->number);
        break;
    default:
        (void)snprintf(title, size, "%s VF %u", column->gpu, column->number);
        break;
    }
}

/* ---- lifelines and bars ---------------------------------------------------------------------- */

static void draw_head(const struct svg *svg)
{
    (void)fprintf(
        svg->out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
        "viewBox=\"0 0 %.0f %.0f\">\n"
        "<style>\n"
        "text{font:11px 'DejaVu Sans Mono',monospace;fill:#1c2733}\n"
        ".l{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}\n"
        ".h{font-weight:bold;text-anchor:middle}.t{fill:#5b6b7b;text-anchor:end}\n"
        ".b{fill:#5b6b7b;font-style:italic;text-anchor:middle}\n"
        ".life{stroke:#b4c0cc}.axis{stroke:#5b6b7b}\n"
        ".req{stroke:#1c4f8f;stroke-width:1.4;marker-end:url(#req)}\n"
        ".ans{stroke:#1c4f8f;stroke-width:1.2;stroke-dasharray:5 3;marker-end:url(#req)}\n"
        ".evt{stroke:#a04a00;stroke-width:1.4;marker-end:url(#evt)}\n"
        ".rem{stroke:#8797a6;stroke-dasharray:2 3}.work{fill:#cfdff2;stroke:#7d9cc4}\n"
        ".dot{fill:#1c2733}.run{fill:#3f9a5b}.paus{fill:#e0a72e}.resf{fill:#b0479b}\n"
        ".read{fill:#5b8fd0}.othr{fill:#98a4b0}\n"
        "</style>\n"
        "<defs>"
        "<marker id=\"req\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" "
        "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#1c4f8f\"/>"
        "</marker>"
        "<marker id=\"evt\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" "
        "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#a04a00\"/>"
        "</marker></defs>\n"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
        svg->width, svg->height, svg->width, svg->height);
}

static void draw_lifelines(const struct svg *svg)
{
    double bottom = svg->height - BOTTOM_HEIGHT + 16;

    put_line(svg, "axis", AXIS_X, TOP_Y - 8, AXIS_X, bottom);
    (void)fprintf(svg->out, "<text class=\"t\" x=\"%.1f\" y=\"%.1f\">time [us]</text>\n",
                  AXIS_X - 6, TOP_Y - 20);
    for (unsigned i = 0; i < svg->num_columns; i++) {
        const struct column *column = &svg->columns[i];
        char title[EVENT_NAME_SIZE + 24];

        column_title(column, title, sizeof(title));
        put_line(svg, "life", column->x, TOP_Y - 8, column->x, bottom);
        for (unsigned end = 0; end < 2; end++) {
            (void)fprintf(svg->out, "<text class=\"h\" x=\"%.1f\" y=\"%.1f\">", column->x,
                          end ? bottom + 16 : TOP_Y - 20);
            put_escaped(svg->out, title);
            (void)fputs("</text>\n", svg->out);
        }
    }
}

/* How a row changes what a column has under way: requests of or to it, and a VF's recovery. */
static int change_of_work(const struct svg *svg, const struct column *column,
                          const struct timeline_row *row)
{
    bool is_end =
        find_column(svg, row, row->from) == column || find_column(svg, row, row->to) == column;
    int change = 0;

    if (row->role == TIMELINE_REMARK || !is_end) {
        return 0;
    }
    change += row->role == TIMELINE_REQUEST;
    change -= row->role == TIMELINE_ANSWER;
    if (column->actor == TIMELINE_VF) {
        change += row->vf_wakes;
        change -= row->vf_rests;
    }
    return change;
}

static void draw_work(const struct svg *svg, const struct column *column)
{
    int open = 0;
    double since = 0;

    for (size_t i = 0; i < svg->num_rows; i++) {
        int change = change_of_work(svg, column, &svg->rows[i]);

        if (open == 0 && change > 0) {
            since = svg->ys[i];
        }
        if (open > 0 && open + change <= 0) {
            put_bar(svg, "work", column->x - 4, 8, since, svg->ys[i]);
        }
        open = open + change > 0 ? open + change : 0;
    }
    if (open) {
        put_bar(svg, "work", column->x - 4, 8, since, svg->height - BOTTOM_HEIGHT + 16);
    }
}

static const struct {
    const char *part; /* of the state's name */
    const char *class;
    const char *text; /* in the legend */
} state_classes[] = {
    {"RESFIX", "resf", "to be fixed up"}, {"PAUS", "paus", "paused, pausing"},
    {"RUNNING", "run", "running"},        {"READY", "read", "ready"},
    {"", "othr", "other state of a VF"},
};

static const char *state_class(const char *text)
{
    size_t i = 0;

    while (!strstr(text, state_classes[i].part)) {
        i++; /* the last one is part of any text */
    }
    return state_classes[i].class;
}

/* The row in which this VF of this GuC gets its next state, num_rows when it keeps what it has. */
static size_t next_state(const struct svg *svg, size_t row)
{
    const struct timeline_row *state = &svg->rows[row];
    const struct column *column = find_column(svg, state, TIMELINE_GUC);
    size_t next = row + 1;

    while (next < svg->num_rows && !(svg->rows[next].vf_state && svg->rows[next].vf == state->vf &&
                                     find_column(svg, &svg->rows[next], TIMELINE_GUC) == column)) {
        next++;
    }
    return next;
}

/* States of VFs stand beside their GuC, each until the next one. */
static void draw_states(const struct svg *svg)
{
    for (size_t i = 0; i < svg->num_rows; i++) {
        const struct timeline_row *row = &svg->rows[i];
        const struct column *column = find_column(svg, row, TIMELINE_GUC);
        size_t next;

        if (!row->vf_state) {
            continue;
        }
        next = next_state(svg, i);
        put_bar(svg, state_class(row->text), column->x + 6 + 6 * (row->vf % 4), 5, svg->ys[i],
                next < svg->num_rows ? svg->ys[next] : svg->height - BOTTOM_HEIGHT + 16);
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void draw_break(const struct svg *svg, size_t row)
{
    double y = svg->ys[row] - ROW_HEIGHT - BREAK_HEIGHT / 2 + 8;

    (void)fprintf(svg->out,
                  "<path d=\"M%.1f %.1fl5 -3l-10 -6l5 -3\" fill=\"none\" class=\"axis\"/>\n"
                  "<text class=\"b l\" x=\"%.1f\" y=\"%.1f\">%.3f us pass</text>\n",
                  AXIS_X, y + 4, (AXIS_X + svg->width) / 2, y, (double)gap_before(svg, row) / 1e6);
}

static void draw_arrow(const struct svg *svg, const struct timeline_row *row, double y)
{
    static const char *const classes[] = {
        [TIMELINE_REQUEST] = "req", [TIMELINE_ANSWER] = "ans", [TIMELINE_MESSAGE] = "evt"};
    const struct column *from = find_column(svg, row, row->from);
    const struct column *to = find_column(svg, row, row->to);
    double side = from->x < to->x ? 4 : -4;

    put_line(svg, classes[row->role], from->x + side, y, to->x - side, y);
    put_label(svg, (from->x + to->x) / 2, y - 5, "middle", row->text);
}

static void draw_row(const struct svg *svg, size_t i)
{
    const struct timeline_row *row = &svg->rows[i];
    double y = svg->ys[i];

    if (gap_before(svg, i) >= BREAK_PS) {
        draw_break(svg, i);
    }
    if (i == 0 || gap_before(svg, i)) {
        put_line(svg, "axis", AXIS_X - 3, y, AXIS_X, y);
        (void)fprintf(svg->out, "<text class=\"t\" x=\"%.1f\" y=\"%.1f\">%.3f</text>\n", AXIS_X - 6,
                      y + 4, (double)row->t_ps / 1e6);
    }
    if (row->role == TIMELINE_REMARK) {
        put_line(svg, "rem", AXIS_X, y, svg->width - 6, y);
        put_label(svg, (AXIS_X + svg->width) / 2, y + 4, "middle", row->text);
    } else if (row->role == TIMELINE_STEP) {
        double x = find_column(svg, row, row->from)->x;
        char text[TIMELINE_ROW_TEXT + 16];

        /* A lifeline of a GuC says which one it is. */
        (void)snprintf(text, sizeof(text), "%s%s", row->text,
                       row->from == TIMELINE_GUC ? ""
                       : row->gt                 ? " (media)"
                                                 : " (main)");
        (void)fprintf(svg->out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n", x, y);
        put_label(svg, x + (row->vf_state ? 38 : 12), y + 4, "start", text);
    } else {
        draw_arrow(svg, row, y);
    }
}

static void draw_legend(const struct svg *svg)
{
    double x = AXIS_X + 10;
    double y = svg->height - 14;

    for (size_t i = 0; i < ARRAY_SIZE(state_classes); i++) {
        put_bar(svg, state_classes[i].class, x, 9, y - 9, y);
        put_label(svg, x + 14, y, "start", state_classes[i].text);
        x += 30 + CHAR_WIDTH * (double)strlen(state_classes[i].text);
    }
}

static void draw(const struct svg *svg)
{
    draw_head(svg);
    draw_lifelines(svg);
    for (unsigned i = 0; i < svg->num_columns; i++) {
        draw_work(svg, &svg->columns[i]);
    }
    draw_states(svg);
    for (size_t i = 0; i < svg->num_rows; i++) {
        draw_row(svg, i);
    }
    if (svg->num_columns) {
        draw_legend(svg);
    }
    (void)fputs("</svg>\n", svg->out);
}

/* ---- whole ----------------------------------------------------------------------------------- */

int timeline_svg(FILE *out, FILE *in, const char *name, const struct timeline_options *options,
                 char *error, size_t size)
{
    struct svg *svg = calloc(1, sizeof(*svg));
    const struct timeline_sink sink = {.row = keep_row, .arg = svg};
    int ret = -ENOMEM;

    (void)snprintf(error, size, "%s: no memory", name);
    if (svg) {
        ret = timeline_read(in, name, options, &sink, error, size);
    }
    if (!ret && !svg->num_rows) {
        const struct timeline_row nothing = {.role = TIMELINE_REMARK, .text = "nothing to draw"};

        keep_row(svg, &nothing);
    }
    if (!ret) {
        svg->out = out;
        lay_out_columns(svg);
        lay_out_rows(svg);
        ret = svg->error;
        if (ret) {
            (void)snprintf(error, size, "%s: %s", name,
                           ret == -E2BIG ? "too much for one chart; --from, --to, --vf and --gpu "
                                           "choose a part"
                                         : "no memory");
        }
    }
    if (!ret) {
        draw(svg);
    }
    if (svg) {
        free(svg->rows);
        free(svg->ys);
    }
    free(svg);
    return ret;
}
