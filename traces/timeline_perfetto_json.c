/* SPDX-License-Identifier: MIT */
/* Store and writer of a Chrome trace (JSON Array of events; ts and dur in microseconds). */
#include "traces/timeline_perfetto.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/profile_read.h"

#define MAX_NAMES  65536u
#define MAX_TRACKS 4096u
#define MAX_LANES  1024u /* of one track */
#define MAX_DEPTH  16u
#define PS_PER_US  1000000u

/* Room for one more item: a list grows whenever its count reaches a power of two. */
static bool make_room(struct perfetto *trace, void **items, uint32_t count, size_t size)
{
    void *grown;

    if (trace->error || (count & (count - 1)) != 0) {
        return !trace->error;
    }
    grown = count < PERFETTO_NONE / 2 ? realloc(*items, (count ? count * 2ull : 1) * size) : NULL;
    if (!grown) {
        trace->error = -ENOMEM;
        return false;
    }
    *items = grown;
    return true;
}

static uint32_t name_of(struct perfetto *trace, const char *text)
{
    int name = trace->error ? 0 : profile_intern(&trace->names, text, MAX_NAMES);

    if (name < 0) {
        trace->error = name;
        return 0;
    }
    return (uint32_t)name;
}

/* Processes are numbered by their first track. */
static uint32_t pid_of(const struct perfetto *trace, uint32_t process)
{
    for (uint32_t i = 0; i < trace->num_tracks; i++) {
        if (trace->tracks[i].process == process) {
            return trace->tracks[i].pid;
        }
    }
    return trace->num_tracks + 1;
}

uint32_t perfetto_track(struct perfetto *trace, const char *process, const char *thread)
{
    uint32_t process_name = name_of(trace, process);
    uint32_t thread_name = name_of(trace, thread);
    void *items = trace->tracks;

    for (uint32_t i = 0; i < trace->num_tracks; i++) {
        if (trace->tracks[i].process == process_name && trace->tracks[i].thread == thread_name) {
            return i;
        }
    }
    if (trace->num_tracks == MAX_TRACKS) {
        trace->error = trace->error ? trace->error : -E2BIG;
    }
    if (!make_room(trace, &items, trace->num_tracks, sizeof(*trace->tracks))) {
        return 0;
    }
    trace->tracks = items;
    trace->tracks[trace->num_tracks] = (struct perfetto_track){
        .process = process_name, .thread = thread_name, .pid = pid_of(trace, process_name)};
    return trace->num_tracks++;
}

uint32_t perfetto_slice(struct perfetto *trace, uint32_t track, uint32_t whole, const char *name,
                        uint64_t start, uint64_t end)
{
    uint32_t text = name_of(trace, name);
    void *items = trace->slices;

    if (!make_room(trace, &items, trace->num_slices, sizeof(*trace->slices))) {
        return PERFETTO_NONE;
    }
    trace->slices = items;
    trace->slices[trace->num_slices] = (struct perfetto_slice){.number = trace->num_slices,
                                                               .track = track,
                                                               .whole = whole,
                                                               .name = text,
                                                               .start = start,
                                                               .end = end};
    trace->tracks[track].parts |= whole != PERFETTO_NONE;
    return trace->num_slices++;
}

void perfetto_flow(struct perfetto *trace, uint32_t slice, uint32_t id, char phase, uint64_t at)
{
    void *items = trace->flows;

    if (slice != PERFETTO_NONE &&
        make_room(trace, &items, trace->num_flows, sizeof(*trace->flows))) {
        trace->flows = items;
        trace->flows[trace->num_flows++] =
            (struct perfetto_flow){.slice = slice, .id = id, .at = at, .phase = phase};
    }
}

void perfetto_counter(struct perfetto *trace, const char *process, const char *name, uint64_t at,
                      uint64_t value)
{
    struct perfetto_counter counter = {
        .process = name_of(trace, process), .name = name_of(trace, name), .at = at, .value = value};
    void *items = trace->counters;

    if (make_room(trace, &items, trace->num_counters, sizeof(*trace->counters))) {
        trace->counters = items;
        trace->counters[trace->num_counters++] = counter;
    }
}

void perfetto_free(struct perfetto *trace)
{
    free(trace->names.names);
    free(trace->tracks);
    free(trace->slices);
    free(trace->flows);
    free(trace->counters);
    *trace = (struct perfetto){.num_tracks = 0};
}

/* ---- lanes ----------------------------------------------------------------------------------- */

/* A lane's slices that are open at the time that the walk has reached, outermost first. */
struct lane {
    uint64_t ends[MAX_DEPTH];
    unsigned depth;
};

/* By track and time; of two that begin together the longer one is outside, the older one of two
 * that are equal. */
static int compare_slices(const void *left, const void *right)
{
    const struct perfetto_slice *a = left;
    const struct perfetto_slice *b = right;

    if (a->track != b->track) {
        return a->track < b->track ? -1 : 1;
    }
    if (a->start != b->start) {
        return a->start < b->start ? -1 : 1;
    }
    if (a->end != b->end) {
        return a->end > b->end ? -1 : 1;
    }
    return a->number < b->number ? -1 : 1;
}

static int compare_numbers(const void *left, const void *right)
{
    const struct perfetto_slice *a = left;
    const struct perfetto_slice *b = right;

    return a->number < b->number ? -1 : 1;
}

static bool fits(struct lane *lane, const struct perfetto_slice *slice, bool alone)
{
    while (lane->depth && lane->ends[lane->depth - 1] <= slice->start) {
        lane->depth--;
    }
    if (!lane->depth) {
        return true;
    }
    return !alone && lane->depth < MAX_DEPTH && slice->end <= lane->ends[lane->depth - 1];
}

/* Slices are in order, so a whole has its lane before its parts. */
static void give_lanes(struct perfetto *trace, struct lane *lanes, uint32_t *lane_of)
{
    uint32_t track = PERFETTO_NONE;

    for (uint32_t i = 0; i < trace->num_slices; i++) {
        struct perfetto_slice *slice = &trace->slices[i];
        struct perfetto_track *of = &trace->tracks[slice->track];
        uint32_t lane = 0;

        if (slice->track != track) {
            track = slice->track;
            memset(lanes, 0, MAX_LANES * sizeof(*lanes));
        }
        if (slice->whole != PERFETTO_NONE) {
            slice->lane = lane_of[slice->whole];
            continue;
        }
        while (lane < MAX_LANES && !fits(&lanes[lane], slice, of->parts)) {
            lane++;
        }
        if (lane == MAX_LANES) {
            trace->error = -E2BIG;
            return;
        }
        lanes[lane].ends[lanes[lane].depth++] = slice->end;
        slice->lane = lane;
        lane_of[slice->number] = lane;
        of->lanes = lane + 1 > of->lanes ? lane + 1 : of->lanes;
    }
}

static void give_tids(struct perfetto *trace)
{
    uint32_t tid = 1;

    for (uint32_t i = 0; i < trace->num_tracks; i++) {
        trace->tracks[i].first_tid = tid;
        tid += trace->tracks[i].lanes;
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

static const char *name_at(const struct perfetto *trace, uint32_t name)
{
    return trace->names.names[name];
}

static void write_time(FILE *out, const char *key, uint64_t ps)
{
    (void)fprintf(out, "\"%s\":%" PRIu64 ".%06" PRIu64, key, ps / PS_PER_US, ps % PS_PER_US);
}

static void write_threads(const struct perfetto *trace, FILE *out,
                          const struct perfetto_track *track)
{
    for (uint32_t lane = 0; lane < track->lanes; lane++) {
        (void)fprintf(out,
                      ",\n{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":%" PRIu32
                      ",\"tid\":%" PRIu32 ",\"args\":{\"name\":\"%s",
                      track->pid, track->first_tid + lane, name_at(trace, track->thread));
        if (lane) {
            (void)fprintf(out, " (%" PRIu32 ")", lane + 1);
        }
        (void)fprintf(out, "\"}}");
    }
}

static void write_tracks(const struct perfetto *trace, FILE *out)
{
    uint32_t last_pid = 0;

    for (uint32_t i = 0; i < trace->num_tracks; i++) {
        const struct perfetto_track *track = &trace->tracks[i];

        if (track->pid > last_pid) {
            last_pid = track->pid;
            (void)fprintf(out,
                          ",\n{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%" PRIu32
                          ",\"args\":{\"name\":\"%s\"}}",
                          track->pid, name_at(trace, track->process));
        }
        write_threads(trace, out, track);
    }
}

static void write_place(const struct perfetto *trace, FILE *out, const struct perfetto_slice *slice)
{
    const struct perfetto_track *track = &trace->tracks[slice->track];

    (void)fprintf(out, "\"pid\":%" PRIu32 ",\"tid\":%" PRIu32 ",", track->pid,
                  track->first_tid + slice->lane);
}

static void write_slices(const struct perfetto *trace, FILE *out)
{
    for (uint32_t i = 0; i < trace->num_slices; i++) {
        const struct perfetto_slice *slice = &trace->slices[i];

        (void)fprintf(out, ",\n{\"ph\":\"X\",\"name\":\"%s\",", name_at(trace, slice->name));
        write_place(trace, out, slice);
        write_time(out, "ts", slice->start);
        (void)fputc(',', out);
        write_time(out, "dur", slice->end - slice->start);
        (void)fputc('}', out);
    }
}

/* Slices are by number here. */
static void write_flows(const struct perfetto *trace, FILE *out)
{
    for (uint32_t i = 0; i < trace->num_flows; i++) {
        const struct perfetto_flow *flow = &trace->flows[i];

        (void)fprintf(out,
                      ",\n{\"ph\":\"%c\",\"cat\":\"message\",\"name\":\"message\",\"id\":%" PRIu32
                      ",\"bp\":\"e\",",
                      flow->phase, flow->id);
        write_place(trace, out, &trace->slices[flow->slice]);
        write_time(out, "ts", flow->at);
        (void)fputc('}', out);
    }
}

static void write_counters(const struct perfetto *trace, FILE *out)
{
    for (uint32_t i = 0; i < trace->num_counters; i++) {
        const struct perfetto_counter *counter = &trace->counters[i];

        (void)fprintf(out, ",\n{\"ph\":\"C\",\"name\":\"%s\",\"pid\":%" PRIu32 ",",
                      name_at(trace, counter->name), pid_of(trace, counter->process));
        write_time(out, "ts", counter->at);
        (void)fprintf(out, ",\"args\":{\"value\":%" PRIu64 "}}", counter->value);
    }
}

void perfetto_write(struct perfetto *trace, FILE *out)
{
    struct lane *lanes = calloc(MAX_LANES, sizeof(*lanes));
    uint32_t *lane_of = calloc(trace->num_slices + 1ull, sizeof(*lane_of));

    if (!lanes || !lane_of) {
        trace->error = -ENOMEM;
    }
    if (!trace->error && trace->num_slices) {
        qsort(trace->slices, trace->num_slices, sizeof(*trace->slices), compare_slices);
        give_lanes(trace, lanes, lane_of);
    }
    free(lanes);
    free(lane_of);
    if (trace->error) {
        return;
    }
    give_tids(trace);
    (void)fprintf(out, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
                       "{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":0,"
                       "\"args\":{\"name\":\"gucsim\"}}");
    write_tracks(trace, out);
    write_slices(trace, out);
    if (trace->num_slices) {
        qsort(trace->slices, trace->num_slices, sizeof(*trace->slices), compare_numbers);
    }
    write_flows(trace, out);
    write_counters(trace, out);
    (void)fprintf(out, "\n]}\n");
}
