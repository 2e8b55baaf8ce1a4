/* SPDX-License-Identifier: MIT */
/* VFIO migration region, version 1, over a device's ops. Bits of device_state are RUNNING, SAVING,
 * RESUMING:
 *
 *        +-------------- 001 running --------------+
 *        |                |       ^                |
 *     011 pre-copy --> 010 stop-and-copy        100 resuming      110 error: left by a reset only
 *        |                |       ^                |
 *        +-------------> 000 stopped <-------------+
 *
 * Every move is a row of steps: 001 -> 010 [pause, save_begin], 011 -> 001 [precopy_end] and so
 * on; see moves. The region's fields are in vfio_v1_fields.c, its chunks in vfio_v1_data.c. */
#include "host/vfio/vfio_v1_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/hal/trace.h"

#define RUNNING    VFIO_DEVICE_STATE_V1_RUNNING
#define SAVING     VFIO_DEVICE_STATE_V1_SAVING
#define RESUMING   VFIO_DEVICE_STATE_V1_RESUMING
#define STOPPED    VFIO_DEVICE_STATE_V1_STOP
#define PRE_COPY   (RUNNING | SAVING)
#define ERROR      VFIO_DEVICE_STATE_V1_ERROR
#define STATE_BITS 3u
#define MAX_STEPS  2u

static const char *const state_names[] = {"STOP",    "RUNNING", "STOP_COPY", "PRE_COPY", "RESUMING",
                                          "INVALID", "ERROR",   "INVALID",   NULL};

/* ---- steps ----------------------------------------------------------------------------------- */

static int do_pause(struct vfio_v1 *device)
{
    return device->config.ops->pause(device->config.dev);
}

static int do_resume(struct vfio_v1 *device)
{
    return device->config.ops->resume(device->config.dev);
}

/* A device without a pre-copy accepts the state and has nothing to send in it. */
static int do_precopy_begin(struct vfio_v1 *device)
{
    const struct vfio_ops *ops = device->config.ops;
    int err = ops->precopy_begin ? ops->precopy_begin(device->config.dev) : 0;

    if (!err && ops->dirty_log) {
        err = ops->dirty_log(device->config.dev, true);
    }
    vfio_v1_chunk_drop(device);
    return err;
}

static int do_precopy_end(struct vfio_v1 *device)
{
    const struct vfio_ops *ops = device->config.ops;
    int err = ops->precopy_end ? ops->precopy_end(device->config.dev) : 0;

    if (!err && ops->dirty_log) {
        err = ops->dirty_log(device->config.dev, false);
    }
    vfio_v1_chunk_drop(device);
    return err;
}

/* What pre-copy left staged stays: it comes first in the stream. */
static int do_save_begin(struct vfio_v1 *device)
{
    if (!(device->state & SAVING)) {
        vfio_v1_chunk_drop(device);
    }
    device->read_total = 0;
    return device->config.ops->save_begin(device->config.dev);
}

static int do_save_end(struct vfio_v1 *device)
{
    const struct vfio_ops *ops = device->config.ops;
    int err = ops->save_end(device->config.dev);

    if (!err && ops->dirty_log) {
        err = ops->dirty_log(device->config.dev, false);
    }
    vfio_v1_chunk_drop(device);
    return err;
}

static int do_load_begin(struct vfio_v1 *device)
{
    device->load_error = 0;
    return device->config.ops->load_begin(device->config.dev);
}

static int do_load_end(struct vfio_v1 *device)
{
    return device->load_error ? device->load_error
                              : device->config.ops->load_end(device->config.dev);
}

/* ---- moves ----------------------------------------------------------------------------------- */

enum step {
    NOTHING,
    PAUSE,
    RESUME,
    PRECOPY_BEGIN,
    PRECOPY_END,
    SAVE_BEGIN,
    SAVE_END,
    LOAD_BEGIN,
    LOAD_END,
};

/* undo: what takes a step back when a later one of the same move fails. A step that only looks at
 * the device leaves it good when it fails; after any other nobody knows. */
static const struct {
    int (*run)(struct vfio_v1 *device);
    enum step undo;
    bool looks_only;
} steps[] = {
    [PAUSE] = {do_pause, RESUME, false},
    [RESUME] = {do_resume, PAUSE, false},
    [PRECOPY_BEGIN] = {do_precopy_begin, PRECOPY_END, true},
    [PRECOPY_END] = {do_precopy_end, NOTHING, true},
    [SAVE_BEGIN] = {do_save_begin, SAVE_END, true},
    [SAVE_END] = {do_save_end, NOTHING, true},
    [LOAD_BEGIN] = {do_load_begin, NOTHING, true},
    [LOAD_END] = {do_load_end, NOTHING, false},
};

static const struct move {
    uint32_t from, to;
    enum step steps[MAX_STEPS];
} moves[] = {
    {STOPPED, RUNNING, {RESUME}},
    {STOPPED, SAVING, {SAVE_BEGIN}},
    {STOPPED, PRE_COPY, {PRECOPY_BEGIN, RESUME}},
    {STOPPED, RESUMING, {LOAD_BEGIN}},
    {RUNNING, STOPPED, {PAUSE}},
    {RUNNING, SAVING, {PAUSE, SAVE_BEGIN}},
    {RUNNING, PRE_COPY, {PRECOPY_BEGIN}},
    {RUNNING, RESUMING, {PAUSE, LOAD_BEGIN}},
    {SAVING, STOPPED, {SAVE_END}},
    {SAVING, RUNNING, {SAVE_END, RESUME}},
    {PRE_COPY, STOPPED, {PAUSE, PRECOPY_END}},
    {PRE_COPY, RUNNING, {PRECOPY_END}},
    {PRE_COPY, SAVING, {PAUSE, SAVE_BEGIN}},
    {RESUMING, STOPPED, {LOAD_END}},
    {RESUMING, RUNNING, {LOAD_END, RESUME}},
};

static const struct move *find_move(uint32_t from, uint32_t to)
{
    for (unsigned n = 0; n < ARRAY_SIZE(moves); n++) {
        if (moves[n].from == from && moves[n].to == to) {
            return &moves[n];
        }
    }
    return NULL;
}

static void enter(struct vfio_v1 *device, uint32_t to)
{
    if (device->state != to) {
        trace_vfio(device->config.hal, device->config.name, state_names[device->state],
                   state_names[to]);
        device->state = to;
        hal_probe_set(device->config.hal, device->probe, to);
    }
}

/* Is the device still what its state says after this step has failed? */
static bool survives(struct vfio_v1 *device, enum step failed)
{
    const struct vfio_ops *ops = device->config.ops;

    if (failed == LOAD_END) {
        return device->load_error || (ops->intact && ops->intact(device->config.dev));
    }
    return steps[failed].looks_only;
}

/* A step of a move failed: back to where the move began, or into error. */
static void fall_back(struct vfio_v1 *device, const struct move *move, unsigned failed)
{
    bool good = survives(device, move->steps[failed]);

    for (unsigned n = failed; good && n-- > 0;) {
        enum step undo = steps[move->steps[n]].undo;

        good = undo != NOTHING && steps[undo].run(device) == 0;
    }
    if (!good) {
        (void)device->config.ops->stop(device->config.dev);
        enter(device, ERROR);
    }
}

int vfio_v1_move(struct vfio_v1 *device, uint32_t to)
{
    const struct move *move = find_move(device->state, to);

    if (to == device->state && to != ERROR) {
        return 0;
    }
    if (!move) {
        return -EINVAL;
    }
    for (unsigned n = 0; n < MAX_STEPS && move->steps[n] != NOTHING; n++) {
        int err = steps[move->steps[n]].run(device);

        if (err) {
            fall_back(device, move, n);
            return err;
        }
    }
    device->pfns_known = false;
    enter(device, to);
    return 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

struct vfio_v1 *vfio_v1_create(const struct vfio_v1_config *config)
{
    struct vfio_v1 *device = calloc(1, sizeof(*device));
    const char *dot = strrchr(config->name, '.');
    char path[64];

    if (!device) {
        return NULL;
    }
    device->config = *config;
    if (!config->data_size) {
        device->config.data_size = VFIO_V1_DATA_SIZE;
    }
    device->state = RUNNING;
    device->data = calloc(1, device->config.data_size);
    device->bitmap = calloc(1, VFIO_V1_BITMAP_SIZE);
    if (!device->data || !device->bitmap) {
        vfio_v1_destroy(device);
        return NULL;
    }
    (void)snprintf(path, sizeof(path), "vfio.%s.state", dot ? dot + 1 : config->name);
    device->probe = hal_probe(config->hal, path, STATE_BITS, state_names);
    hal_probe_set(config->hal, device->probe, RUNNING);
    return device;
}

void vfio_v1_destroy(struct vfio_v1 *device)
{
    if (device) {
        free(device->data);
        free(device->bitmap);
        free(device);
    }
}

uint32_t vfio_v1_state(const struct vfio_v1 *device)
{
    return device->state;
}

int vfio_v1_reset(struct vfio_v1 *device)
{
    int err = device->config.ops->reset(device->config.dev);

    vfio_v1_chunk_drop(device);
    device->load_error = 0;
    device->pfns_known = false;
    enter(device, err ? ERROR : RUNNING);
    return err;
}
