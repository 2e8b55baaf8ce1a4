/* SPDX-License-Identifier: MIT */
/* Reads an event log into a profile. */
#include "traces/profile_read.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int handle_event(struct profile_reader *reader, const struct event *event)
{
    struct profile_scene scene = {.reader = reader, .event = event};
    int gpu = profile_intern(&reader->profile->gpus, event->gpu, PROFILE_MAX_GPUS);

    if (gpu < 0) {
        return gpu;
    }
    scene.gpu = (unsigned)gpu;
    scene.gt = event->gt > 0 ? 1 : 0;
    profile_points(&scene);
    return reader->error ? reader->error : downtime_event(reader->downtime, event, scene.gpu);
}

/* The answers' last points belong to their requests. */
static void finish_answers(struct profile_reader *reader)
{
    struct profile *profile = reader->profile;
    struct profile_scene scene = {.reader = reader};

    for (size_t i = 0; i < profile->num_messages; i++) {
        const struct profile_message *part = &profile->messages[i];
        struct profile_message *request = profile_at(&scene, part->answers);

        for (unsigned at = TRACE_HOP_G2H_BEGUN; request && at <= TRACE_HOP_G2H_TAKEN; at++) {
            request->at[at] = part->at[at];
        }
    }
}

static int read_events(struct profile_reader *reader, FILE *in, const char *name, char *error)
{
    struct event_log *log = event_log_open(in, name);
    struct event event;
    int ret;

    if (!log) {
        (void)snprintf(error, PROFILE_ERROR, "%s: no memory", name);
        return -ENOMEM;
    }
    while ((ret = event_log_next(log, &event)) > 0) {
        ret = handle_event(reader, &event);
        if (ret) {
            (void)snprintf(error, PROFILE_ERROR, "%s:%" PRIu64 ": %s", name, event.line,
                           ret == -E2BIG ? "too many GPUs or names of actions" : "no memory");
            event_log_close(log);
            return ret;
        }
    }
    if (ret < 0) {
        (void)snprintf(error, PROFILE_ERROR, "%s", event_log_error(log));
    }
    event_log_close(log);
    return ret;
}

int profile_read(FILE *in, const char *name, struct profile *profile, char *error)
{
    const size_t num_channels = (size_t)PROFILE_MAX_GPUS * PROFILE_GTS * PROFILE_NUM_FNS;
    struct profile_reader reader = {.profile = profile};
    int ret = -ENOMEM;

    *profile = (struct profile){.num_messages = 0};
    memset(reader.notified, 0xff, sizeof(reader.notified)); /* PROFILE_NEVER */
    (void)snprintf(error, PROFILE_ERROR, "%s: no memory", name);
    reader.downtime = downtime_create();
    reader.channels = malloc(num_channels * sizeof(*reader.channels));
    if (reader.downtime && reader.channels) {
        for (size_t i = 0; i < num_channels; i++) {
            reader.channels[i] = (struct profile_channel){
                .newest = {PROFILE_NONE, PROFILE_NONE, PROFILE_NONE, PROFILE_NONE},
                .rung_first = PROFILE_NONE,
                .rung_last = PROFILE_NONE,
                .turn = PROFILE_NEVER,
                .desc = PROFILE_NEVER,
                .payload = PROFILE_NEVER,
            };
        }
        ret = read_events(&reader, in, name, error);
    }
    if (!ret) {
        finish_answers(&reader);
        downtime_finish(reader.downtime, profile);
    }
    downtime_destroy(reader.downtime);
    free(reader.channels);
    if (ret) {
        profile_free(profile);
    }
    return ret;
}

int profile_read_dir(const char *dir, struct profile *profile, char *error)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/events.jsonl", dir);
    FILE *in = NULL;
    int ret;

    errno = ENAMETOOLONG;
    if (length > 0 && (size_t)length < sizeof(path)) {
        in = fopen(path, "r");
    }
    if (!in) {
        ret = -errno;
        (void)snprintf(error, PROFILE_ERROR, "%s/events.jsonl: %s", dir, strerror(errno));
        return ret;
    }
    ret = profile_read(in, path, profile, error);
    (void)fclose(in);
    return ret;
}

void profile_free(struct profile *profile)
{
    free(profile->gpus.names);
    free(profile->names.names);
    free(profile->messages);
    free(profile->migrations);
    *profile = (struct profile){.num_messages = 0};
}
