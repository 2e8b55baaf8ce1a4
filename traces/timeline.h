/* SPDX-License-Identifier: MIT */
/* Model of a sequence chart: an event log becomes rows (arrows between PF, GuC and VF, things that
 * one of them does, remarks), in the order of the log. How a row is drawn is the business of a
 * sink. */
#ifndef TRACES_TIMELINE_H
#define TRACES_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/hal/bits.h"
#include "traces/jsonl.h"

#define TIMELINE_MAX_GTS  2u
#define TIMELINE_ROW_TEXT 96u

struct timeline_options {
    bool all;         /* every message, not only those of control and recovery */
    int vf;           /* only this VF; -1 all */
    int gt;           /* only this GT; -1 all */
    const char *gpu;  /* only this GPU; NULL all */
    uint64_t from_ps; /* window of time, both ends in it */
    uint64_t to_ps;
    unsigned width; /* of the drawing, in characters; 0 chosen */
};

/* The last two are of mediated vGPUs. */
enum timeline_actor {
    TIMELINE_PF,
    TIMELINE_GUC,
    TIMELINE_VF,
    TIMELINE_MEDIATOR,
    TIMELINE_VGPU,
};

enum timeline_role {
    TIMELINE_REQUEST, /* will be answered: both ends are at work from here on */
    TIMELINE_ANSWER,  /* ends it */
    TIMELINE_MESSAGE, /* is not answered, or not a final answer */
    TIMELINE_STEP,    /* done by `from` itself */
    TIMELINE_REMARK,  /* concerns the whole chart */
};

struct timeline_row {
    uint64_t t_ps;
    char gpu[EVENT_NAME_SIZE]; /* printable ASCII, "" when none applies */
    unsigned gpu_order; /* GPUs come as the log first tells of them: as the machine has them */
    unsigned vf;        /* or vGPU; 0: concerns no single one */
    unsigned gt;        /* of the GuC at one end; 0 where no GuC is involved */
    enum timeline_role role;
    enum timeline_actor from;
    enum timeline_actor to;
    bool vf_wakes; /* the VF's driver begins or ends a recovery on this GT */
    bool vf_rests;
    bool vf_state;                /* a step into the VF's state that the text names */
    char text[TIMELINE_ROW_TEXT]; /* printable ASCII */
};

/* What a first reading of the log found: needed to lay out the lifelines before the first row. */
struct timeline_survey {
    unsigned num_gts; /* GuC lifelines that the rows need; at least 1 */
    uint64_t rows;
};

struct timeline_sink {
    void (*row)(void *arg, const struct timeline_row *row);
    void *arg;
};

/* Reads the whole log and hands each row to the sink. name is for messages on errors. Returns 0, or
 * -errno with a message of at most size characters in error. */
MUST_USE int timeline_read(FILE *in, const char *name, const struct timeline_options *options,
                           const struct timeline_sink *sink, char *error, size_t size);
/* A first reading for the layout; the caller rewinds. */
MUST_USE int timeline_survey(FILE *in, const char *name, const struct timeline_options *options,
                             struct timeline_survey *survey, char *error, size_t size);

/* A number with ps, ns, us (also without a unit), ms or s. */
bool timeline_parse_time(const char *text, uint64_t *t_ps);

/* ---- ASCII drawing --------------------------------------------------------------------------- */

struct timeline_ascii;

/* Draws to out, with num_gts GuC lifelines (or 1). Returns NULL without memory. */
struct timeline_ascii *timeline_ascii_create(FILE *out, const struct timeline_options *options,
                                             unsigned num_gts);
struct timeline_sink timeline_ascii_sink(struct timeline_ascii *chart);
/* Draws what is held back and frees the chart. */
void timeline_ascii_finish(struct timeline_ascii *chart);

/* ---- world B --------------------------------------------------------------------------------- */

struct timeline_vgpu_out {
    FILE *file;
    uint64_t *rows; /* gets how many, 0 when the log has no vGPU */
};

/* Draws guest, trap, mediator and GPU of the vGPUs. Returns 0, or -errno with a message. */
MUST_USE int timeline_vgpu(FILE *in, const char *name, const struct timeline_options *options,
                           const struct timeline_vgpu_out *out, char *error, size_t size);

/* ---- other forms ----------------------------------------------------------------------------- */

/* Writes the log as a Chrome trace, for Perfetto. Options all and width mean nothing to it. Returns
 * 0, or -errno with a message. */
MUST_USE int timeline_perfetto(FILE *out, FILE *in, const char *name,
                               const struct timeline_options *options, char *error, size_t size);
/* Draws the log as an SVG sequence chart. Option width means nothing to it. Returns 0, or -errno
 * with a message; -E2BIG when there is too much to see. */
MUST_USE int timeline_svg(FILE *out, FILE *in, const char *name,
                          const struct timeline_options *options, char *error, size_t size);

/* Writes CTB messages in the text form of the xe driver's tracepoints. Options all and width mean
 * nothing to it, vf is a function. Returns 0, or -errno with a message. */
MUST_USE int timeline_ftrace(FILE *out, FILE *in, const char *name,
                             const struct timeline_options *options, char *error, size_t size);

#endif
