/* SPDX-License-Identifier: MIT */
/* The migration loop of a VMM. RAM goes while the guest runs, round by round, until the rest would
 * take less than the downtime that is allowed; then VM and device stop, and the rest, the device's
 * data and its PCI config follow, in this order. The target has checked and applied all of it
 * before the VM is switched over, and the source is whole until the target runs: a failure or a
 * cancel at any step brings the guest back to the source, and the target is reset. */
#include "host/vmm/vmm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/vmm/vmm_private.h"
#include "sim/hal/trace.h"

#define DEFAULT_DOWNTIME_NS (300 * HAL_NS_PER_US)
#define DEFAULT_ROUNDS      30u

/* ---- one migration --------------------------------------------------------------------------- */

struct job {
    struct vmm_migration *migration;
    const struct vmm_face *from, *to;
    struct vmm_ram ram;
    struct vmm_buffer stream; /* a chunk, or all of it for the tamper hook */
    struct vmm_buffer held;   /* of the link, for its tamper hook */
    struct vmm_reader reader; /* the target's end of the link */
    struct vmm_ack ack;
    uint64_t stopped_at;
    bool set_up, stopped, switched;
};

static void show(struct job *job, const char *word)
{
    struct vmm_migration *migration = job->migration;
    const struct vmm_result *result = &migration->result;
    const struct trace_migration event = {.vm = migration->name,
                                          .step = word,
                                          .round = result->rounds,
                                          .dirty = job->ram.left,
                                          .bytes = result->ram_bytes + result->stream_size};

    trace_migration(migration->hal, &event);
    if (migration->probes) {
        hal_probe_set(migration->probes->hal, migration->probes->dirty, job->ram.left);
    }
}

static void show_step(struct job *job, enum vmm_step step)
{
    if (job->migration->probes) {
        hal_probe_set(job->migration->probes->hal, job->migration->probes->step, (uint64_t)step);
    }
    if (step < VMM_STEPS) {
        job->migration->result.step = step;
        show(job, vmm_step_name(step));
    }
}

/* ---- link ------------------------------------------------------------------------------------ */

static int target_data(void *arg, const uint8_t *bytes, uint64_t size)
{
    struct job *job = arg;

    return job->to->load_write(&job->migration->target, bytes, size);
}

static int target_config(void *arg, const uint8_t *bytes, uint64_t size)
{
    const struct vmm_migration *migration = ((struct job *)arg)->migration;

    return migration->vm_ops->pci_load
               ? migration->vm_ops->pci_load(migration->vm, migration->target_fn, bytes, size)
               : -EINVAL;
}

static int target_init_data(void *arg)
{
    struct job *job = arg;

    vmm_ack_say(&job->ack, job->migration);
    return 0;
}

static const struct vmm_sink target_sink = {.data = target_data, .config = target_config};
static const struct vmm_sink acking_sink = {
    .data = target_data, .config = target_config, .init_data = target_init_data};

/* What the target refuses is told; what its device does is the device's to tell. */
static int take(struct job *job, const uint8_t *bytes, uint64_t size)
{
    int err = vmm_reader_take(&job->reader, bytes, size);

    if (err && job->reader.why) {
        trace_peer_error(job->migration->hal, HAL_GT_NONE, 0, job->reader.why, job->reader.detail);
    }
    return err;
}

static int put(struct job *job, const uint8_t *bytes, uint64_t size)
{
    struct vmm_migration *migration = job->migration;
    int err = 0;

    if (migration->tap) {
        migration->tap(migration->tap_arg, bytes, size);
    }
    vmm_link(migration, size);
    if (!migration->tamper_link) {
        return take(job, bytes, size);
    }
    err = vmm_buffer_room(&job->held);
    if (!err) {
        memcpy(job->held.data + job->held.size, bytes, size);
        job->held.size += size;
    }
    return err;
}

/* One or two words. */
static int put_words(struct job *job, uint64_t first, uint64_t second, unsigned bytes)
{
    uint8_t words[2 * VFIO_MIG_WORD_BYTES];

    (void)vmm_put_be(vmm_put_be(words, first, VFIO_MIG_WORD_BYTES), second, bytes);
    job->migration->result.frame_bytes += VFIO_MIG_WORD_BYTES + bytes;
    return put(job, words, VFIO_MIG_WORD_BYTES + bytes);
}

static int put_end(struct job *job)
{
    return put_words(job, VFIO_MIG_FLAG_END_OF_STATE, 0, 0);
}

/* Data in pieces that a reader takes. */
static int put_data(struct job *job, const uint8_t *bytes, uint64_t size)
{
    int err = 0;

    while (size > 0 && !err) {
        const uint64_t part = size < VMM_CHUNK ? size : VMM_CHUNK;

        err = put_words(job, VFIO_MIG_FLAG_DEV_DATA_STATE, part, VFIO_MIG_WORD_BYTES);
        if (!err) {
            err = put(job, bytes, part);
        }
        bytes += part;
        size -= part;
    }
    return err;
}

/* The last of it: the target has all, or never will. */
static int end_link(struct job *job)
{
    struct vmm_migration *migration = job->migration;
    int err = 0;

    if (migration->tamper_link) {
        migration->tamper_link(migration->tamper_link_arg, job->held.data, &job->held.size);
        err = take(job, job->held.data, job->held.size);
    }
    if (err) {
        return err;
    }
    err = vmm_reader_end(&job->reader);
    if (err) {
        trace_peer_error(migration->hal, HAL_GT_NONE, 0, job->reader.why, job->reader.detail);
    }
    return err;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static int step_check(struct job *job)
{
    const struct vmm_migration *migration = job->migration;

    return migration->compatible ? migration->compatible(migration->compatible_arg) : 0;
}

static int step_setup(struct job *job)
{
    struct vmm_migration *migration = job->migration;
    int err;

    job->set_up = true;
    err = job->to->setup_target(&migration->target);
    if (!err) {
        err = job->from->setup_source(&migration->source);
    }
    if (!err) {
        err = put_words(job, VFIO_MIG_FLAG_DEV_SETUP_STATE, VFIO_MIG_FLAG_END_OF_STATE,
                        VFIO_MIG_WORD_BYTES);
    }
    if (!err) {
        err = vmm_ack_begin(&job->ack, migration);
    }
    return err ? err : vmm_ram_begin(&job->ram, migration);
}

/* A piece of the device's stream is in the buffer. Kept back when somebody wants to see all. */
static int forward(struct job *job, uint64_t size)
{
    struct vmm_migration *migration = job->migration;
    int err;

    migration->result.stream_size += size;
    job->stream.size += size;
    if (migration->tamper) {
        return 0;
    }
    err = put_data(job, job->stream.data, job->stream.size);
    job->stream.size = 0;
    return err;
}

/* Moves what one of the two reads gives until it gives no more. */
static int move_data(struct job *job,
                     int64_t (*read)(const struct vmm_device *device, void *to, uint64_t size))
{
    for (;;) {
        int err = vmm_buffer_room(&job->stream);
        int64_t got;

        if (err) {
            return err;
        }
        if (job->migration->cancel) {
            return -ECANCELED;
        }
        if (job->migration->result.stream_size > VMM_STREAM_LIMIT) {
            return -EFBIG;
        }
        got = read(&job->migration->source, job->stream.data + job->stream.size, VMM_CHUNK);
        if (got <= 0) {
            return (int)got;
        }
        if (got > (int64_t)VMM_CHUNK) {
            return -EPROTO;
        }
        err = forward(job, (uint64_t)got);
        if (err) {
            return err;
        }
    }
}

/* Bytes of initial data that have to go, or -errno. */
static int64_t initial_left(struct job *job)
{
    struct vmm_migration *migration = job->migration;
    bool again = false;
    int64_t left = job->from->initial(&migration->source, &again);

    if (again) {
        vmm_ack_again(&job->ack, migration);
    }
    return left;
}

/* Whether all of them went, and the target has to be told. 1, 0, or -errno. */
static int initial_sent(struct job *job)
{
    int64_t left;

    if (!job->ack.wanted || !job->from->has_initial(&job->migration->source)) {
        return 0;
    }
    left = initial_left(job);
    return left ? (left < 0 ? (int)left : 0) : !job->ack.told;
}

/* A round in which the device had nothing has no section. */
static int step_round(struct job *job)
{
    const uint64_t before = job->migration->result.stream_size;
    int err;

    vmm_ram_send(&job->ram);
    err = move_data(job, job->from->precopy_read);
    if (!err) {
        err = initial_sent(job);
    }
    if (err == 1) {
        job->ack.told = true;
        show(job, "init_data_sent");
        return put_words(job, VFIO_MIG_FLAG_DEV_INIT_DATA_SENT, 0, 0);
    }
    return err || job->migration->result.stream_size == before ? err : put_end(job);
}

static int step_stop_vm(struct job *job)
{
    struct vmm_migration *migration = job->migration;

    migration->vm_ops->stop(migration->vm);
    job->stopped = true;
    job->stopped_at = hal_now(migration->hal);
    return 0;
}

/* Too late for another answer of the target: initial data that came after it was decided to stop
 * make the decision wrong. */
static int step_stop_device(struct job *job)
{
    struct vmm_migration *migration = job->migration;
    int err = initial_sent(job);

    if (err >= 0 && job->ack.wanted && !job->ack.taken) {
        trace_peer_error(migration->hal, HAL_GT_NONE, 0, "device: initial data at the last moment",
                         0);
        err = -EAGAIN;
    }
    return err < 0 ? err : job->from->stop(&migration->source);
}

static int step_last_ram(struct job *job)
{
    vmm_ram_sync(&job->ram);
    vmm_ram_send(&job->ram);
    return 0;
}

static int tampered(struct job *job)
{
    struct vmm_migration *migration = job->migration;

    if (!migration->tamper) {
        return 0;
    }
    migration->tamper(migration->tamper_arg, job->stream.data, &job->stream.size);
    return put_data(job, job->stream.data, job->stream.size);
}

static int step_device_data(struct job *job)
{
    const struct vmm_device *source = &job->migration->source;
    int err = job->from->save_begin(source);
    int end_err;

    if (err) {
        return err;
    }
    err = move_data(job, job->from->save_read);
    end_err = job->from->save_end(source);
    err = err ? err : end_err;
    if (!err) {
        err = tampered(job);
    }
    return err ? err : put_end(job);
}

/* Device data precede the config, whose BARs and vectors a target needs only to run; and now that
 * it has all, the target says whether it takes it. */
static int step_pci_config(struct job *job)
{
    struct vmm_migration *migration = job->migration;
    uint8_t config[VFIO_MIG_CONFIG_MAX];
    int64_t size = 0;
    int err;

    if (migration->vm_ops->pci_save) {
        size = migration->vm_ops->pci_save(migration->vm, config, sizeof(config));
    }
    if (size < 0) {
        return (int)size;
    }
    err =
        put_words(job, VFIO_MIG_FLAG_DEV_CONFIG_STATE, (uint64_t)size, VFIO_MIG_CONFIG_SIZE_BYTES);
    if (!err && size) {
        migration->result.frame_bytes += (uint64_t)size;
        err = put(job, config, (uint64_t)size);
    }
    if (!err) {
        err = put_end(job);
    }
    if (!err) {
        err = end_link(job);
    }
    return err ? err : job->to->load_end(&migration->target);
}

static int step_switch_over(struct job *job)
{
    struct vmm_migration *migration = job->migration;

    migration->vm_ops->switch_over(migration->vm, migration->target_fn);
    job->switched = true;
    return 0;
}

/* The device runs before the vCPUs do: what it has to tell them is there when they come back. */
static int step_start(struct job *job)
{
    return job->to->run(&job->migration->target);
}

static int (*const steps[])(struct job *job) = {
    [VMM_CHECK] = step_check,
    [VMM_SETUP] = step_setup,
    [VMM_ROUND] = step_round,
    [VMM_STOP_VM] = step_stop_vm,
    [VMM_STOP_DEVICE] = step_stop_device,
    [VMM_LAST_RAM] = step_last_ram,
    [VMM_DEVICE_DATA] = step_device_data,
    [VMM_PCI_CONFIG] = step_pci_config,
    [VMM_SWITCH_OVER] = step_switch_over,
    [VMM_START] = step_start,
};

/* ---- the whole ------------------------------------------------------------------------------- */

static int take_step(struct job *job, enum vmm_step step)
{
    const struct vmm_migration *migration = job->migration;
    int err;

    show_step(job, step);
    err = steps[step](job);
    if (!err && migration->cancel && step != VMM_START) {
        err = -ECANCELED;
    }
    if (!err && migration->after && step != VMM_START) {
        err = migration->after(migration->after_arg, step, migration->result.rounds);
    }
    return err;
}

/* Would what is left fit into the downtime? A link that takes no time never asks for a round. */
static bool small_enough(struct job *job)
{
    const struct vmm_migration *migration = job->migration;
    uint64_t limit =
        migration->downtime_limit_ns ? migration->downtime_limit_ns : DEFAULT_DOWNTIME_NS;
    int64_t device = job->from->estimate(&migration->source);
    uint64_t bytes = vmm_ram_left(&job->ram) + (device > 0 ? (uint64_t)device : 0);

    return (double)bytes * HAL_NS_PER_S <= (double)migration->bandwidth * (double)limit;
}

/* The first round is always made: nobody knows before what the guest writes. */
static bool another_round(struct job *job)
{
    const struct vmm_migration *migration = job->migration;
    const unsigned limit = migration->max_rounds ? migration->max_rounds : DEFAULT_ROUNDS;
    const unsigned rounds = migration->result.rounds;

    if (job->ack.wanted && (initial_left(job) > 0 || !job->ack.taken)) {
        return true;
    }
    return migration->bandwidth && rounds < limit && (rounds == 0 || !small_enough(job));
}

/* Looks whether the target allows the switch-over. One that is waited for may take its time, and a
 * round in which nothing had to go takes none. */
static int await_ack(struct job *job, uint64_t begun)
{
    struct vmm_migration *migration = job->migration;
    int said = vmm_ack_look(&job->ack, migration);

    if (said == 0 && job->ack.wanted && !job->ack.taken) {
        const uint64_t sleep = vmm_ack_sleep(&job->ack, migration);

        if (!sleep) {
            trace_peer_error(migration->hal, HAL_GT_NONE, 0,
                             "return path: switch-over not acknowledged", 0);
            return -ETIMEDOUT;
        }
        if (hal_now(migration->hal) == begun) {
            hal_delay(migration->hal, sleep);
        }
        said = vmm_ack_look(&job->ack, migration);
    }
    if (said == 1) {
        migration->result.acks++;
        show(job, "switchover_ack");
    }
    return said < 0 ? said : 0;
}

static int pre_copy(struct job *job)
{
    struct vmm_migration *migration = job->migration;
    int err = 0;

    while (!err && another_round(job)) {
        const uint64_t begun = hal_now(migration->hal);

        migration->result.rounds++;
        err = take_step(job, VMM_ROUND);
        vmm_ram_sync(&job->ram);
        err = err ? err : await_ack(job, begun);
    }
    return err;
}

static int go(struct job *job)
{
    int err = take_step(job, VMM_CHECK);

    if (!err) {
        err = take_step(job, VMM_SETUP);
    }
    if (!err) {
        err = pre_copy(job);
    }
    for (enum vmm_step step = VMM_STOP_VM; step < VMM_STEPS && !err; step++) {
        err = take_step(job, step);
    }
    return err;
}

/* A source that cannot go on from where it is starts afresh: its guest sees a reset device, not
 * a dead one. What fails here leaves its device in ERROR; the error to tell is the migration's
 * own. */
static void back_to_source(struct job *job)
{
    struct vmm_migration *migration = job->migration;
    int err = 0;

    if (job->switched) {
        migration->vm_ops->switch_back(migration->vm);
    }
    if (!job->to->runs(&migration->target)) {
        err = job->to->reset(&migration->target);
    }
    (void)err;
    if (!job->from->runs(&migration->source)) {
        err = job->from->run(&migration->source);
        if (err) {
            err = job->from->reset(&migration->source);
        }
    }
    (void)err;
}

static void count_time(struct job *job, uint64_t begun)
{
    const uint64_t now = hal_now(job->migration->hal);

    job->migration->result.downtime_ns = job->stopped ? now - job->stopped_at : 0;
    job->migration->result.total_ns = now - begun;
}

int vmm_migrate(struct vmm_migration *migration)
{
    struct job job = {.migration = migration,
                      .from = vmm_face_of(&migration->source),
                      .to = vmm_face_of(&migration->target),
                      .ram = {.migration = migration},
                      .reader = {.sink = &target_sink}};
    const uint64_t begun = hal_now(migration->hal);
    int err;

    migration->result = (struct vmm_result){.step = VMM_CHECK};
    job.reader.arg = &job;
    if (migration->switchover_ack && !migration->target_ack_off &&
        job.to->has_initial(&migration->target)) {
        job.reader.sink = &acking_sink;
    }
    err = go(&job);
    if (err && job.set_up) {
        back_to_source(&job);
    }
    vmm_ram_end(&job.ram);
    if (!err) {
        migration->vm_ops->commit(migration->vm);
    }
    count_time(&job, begun);
    if (job.stopped) {
        migration->vm_ops->start(migration->vm);
    }
    job.ram.left = 0;
    show(&job, !err ? "done" : err == -ECANCELED ? "cancelled" : "failed");
    show_step(&job, VMM_STEPS);
    free(job.held.data);
    free(job.stream.data);
    return err;
}
