/* SPDX-License-Identifier: MIT */
/* Store of a Chrome trace: what overlaps gets lanes, arrows go where their slices went, and what is
 * written is JSON. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "traces/timeline_perfetto.h"

static struct perfetto trace;

static void begin(void)
{
    trace = (struct perfetto){.num_tracks = 0};
}

static void end(void)
{
    perfetto_free(&trace);
}

TestSuite(perfetto, .init = begin, .fini = end);

static cJSON *written(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cJSON *json;

    cr_assert_not_null(out);
    perfetto_write(&trace, out);
    (void)fclose(out);
    cr_assert_eq(trace.error, 0);
    json = cJSON_Parse(text);
    free(text);
    cr_assert_not_null(json);
    return json;
}

static const cJSON *events_of(const cJSON *json)
{
    return cJSON_GetObjectItemCaseSensitive(json, "traceEvents");
}

static double number(const cJSON *event, const char *key)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(event, key));
}

static bool text_is(const cJSON *event, const char *key, const char *text)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(event, key);

    return cJSON_IsString(item) && strcmp(item->valuestring, text) == 0;
}

static const cJSON *slice_named(const cJSON *json, const char *name)
{
    const cJSON *event;

    cJSON_ArrayForEach(event, events_of(json))
    {
        if (text_is(event, "ph", "X") && text_is(event, "name", name)) {
            return event;
        }
    }
    cr_assert(false, "no slice %s", name);
    return NULL;
}

Test(perfetto, slices_that_cross_get_lanes_of_their_own)
{
    uint32_t track = perfetto_track(&trace, "p", "t");
    cJSON *json;

    (void)perfetto_slice(&trace, track, PERFETTO_NONE, "a", 0, 100);
    (void)perfetto_slice(&trace, track, PERFETTO_NONE, "inside_a", 10, 20);
    (void)perfetto_slice(&trace, track, PERFETTO_NONE, "crosses_a", 50, 150);
    (void)perfetto_slice(&trace, track, PERFETTO_NONE, "after_a", 100, 160);
    json = written();
    cr_expect_eq(number(slice_named(json, "a"), "tid"), 1);
    cr_expect_eq(number(slice_named(json, "inside_a"), "tid"), 1);
    cr_expect_eq(number(slice_named(json, "crosses_a"), "tid"), 2);
    cr_expect_eq(number(slice_named(json, "after_a"), "tid"), 1);
    cJSON_Delete(json);
}

Test(perfetto, parts_stay_with_their_whole)
{
    uint32_t track = perfetto_track(&trace, "p", "t");
    uint32_t a = perfetto_slice(&trace, track, PERFETTO_NONE, "a", 0, 100);
    uint32_t b = perfetto_slice(&trace, track, PERFETTO_NONE, "b", 10, 90);
    cJSON *json;

    (void)perfetto_slice(&trace, track, a, "part_of_a", 0, 100);
    (void)perfetto_slice(&trace, track, b, "part_of_b", 10, 30);
    perfetto_flow(&trace, b, 5, 's', 10);
    json = written();
    cr_expect_eq(number(slice_named(json, "part_of_a"), "tid"), 1);
    cr_expect_eq(number(slice_named(json, "b"), "tid"), 2);
    cr_expect_eq(number(slice_named(json, "part_of_b"), "tid"), 2);
    cr_expect_eq(
        number(cJSON_GetArrayItem(events_of(json), cJSON_GetArraySize(events_of(json)) - 1), "tid"),
        2, "the arrow begins where its slice is");
    cJSON_Delete(json);
}

Test(perfetto, times_are_exact_microseconds)
{
    uint32_t track = perfetto_track(&trace, "p", "t");
    cJSON *json;

    (void)perfetto_slice(&trace, track, PERFETTO_NONE, "a", 1234567, 2234568);
    json = written();
    cr_expect_eq(number(slice_named(json, "a"), "ts"), 1.234567);
    cr_expect_eq(number(slice_named(json, "a"), "dur"), 1.000001);
    cJSON_Delete(json);
}

Test(perfetto, tracks_of_a_process_share_its_number)
{
    uint32_t first = perfetto_track(&trace, "p", "t");
    uint32_t other = perfetto_track(&trace, "q", "t");
    uint32_t second = perfetto_track(&trace, "p", "u");

    cr_expect_eq(perfetto_track(&trace, "p", "t"), first);
    cr_expect_eq(trace.tracks[first].pid, trace.tracks[second].pid);
    cr_expect_neq(trace.tracks[first].pid, trace.tracks[other].pid);
}

Test(perfetto, nothing_is_still_a_trace)
{
    cJSON *json = written();

    cr_expect_eq(cJSON_GetArraySize(events_of(json)), 1);
    cJSON_Delete(json);
}

Test(perfetto, hostile_names_are_plain)
{
    uint32_t track = perfetto_track(&trace, "p\"}", "t\\");
    cJSON *json;

    (void)perfetto_slice(&trace, track, PERFETTO_NONE, "\"a\n", 0, 1);
    perfetto_counter(&trace, "p\"}", "c\"", 0, UINT64_MAX);
    json = written();
    (void)slice_named(json, "?a?");
    cJSON_Delete(json);
}
