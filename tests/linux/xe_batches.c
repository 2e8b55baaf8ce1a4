/* SPDX-License-Identifier: MIT */
/* Runs in the outside guest, against Linux's own xe: for every engine a batch that stores a value,
 * once with a sync object and once, in a long-running VM, with a user fence; checks memory. With a
 * number, that many seconds of jobs on all engines at once, several under way each: something is
 * always in flight. With "hang", a batch that never ends. With "faults", batches in VMs in fault
 * mode, whose memory is mapped when the engine asks for it, and one that strays. "faults8": faults
 * for 8 s. With "hold2", twice: every engine is in the middle of a job, with more behind it, until
 * the driver says that it has recovered from a migration. Prints one line an engine and exits 0
 * when all is right. */
#include <drm/drm.h>
#include <drm/xe_drm.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BO_SIZE      0x10000u
#define BO_ADDR      0x100000ull
#define RESULT_AT    0x8000u
#define FENCE_AT     0x9000u
#define GATE_AT      0x4000u
#define STRAY_AT     0x40000000u /* where nothing is bound */
#define MAX_ENGINES  16u
#define IN_FLIGHT    8u
#define WAIT_NS      20000000000ll
#define NUM_GTS      2u
#define RECORD_LEN   1024u
#define MI_STORE_DW  0x10000002u
#define MI_BATCH_END 0x05000000u
#define MI_SEMAPHORE 0x0e00c003u /* polls until the dword is the value */

static const char *const class_names[] = {"RCS", "BCS", "VCS", "VECS", "CCS", "BIND"};

static int card;

/* One engine with a VM of its own. */
struct worker {
    struct drm_xe_engine_class_instance engine;
    uint32_t vm, queue, bo, syncobj;
    uint8_t *memory;
    uint64_t jobs;
    bool lr; /* long running: user fences alone */
    uint64_t store_at;
};

enum mode { NORMAL, LONG_RUNNING, FAULTING };

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static void call(unsigned long request, void *arg, const char *what)
{
    while (ioctl(card, request, arg)) {
        if (errno != EINTR && errno != EAGAIN) {
            printf("batches: %s: %s\n", what, strerror(errno));
            exit(1);
        }
    }
}

/* ---- waiting --------------------------------------------------------------------------------- */

static bool wait_user_fence(struct worker *worker, uint64_t *at, uint64_t value, uint32_t queue)
{
    struct drm_xe_wait_user_fence wait = {.addr = (uintptr_t)at,
                                          .op = DRM_XE_UFENCE_WAIT_OP_EQ,
                                          .value = value,
                                          .mask = UINT64_MAX,
                                          .timeout = WAIT_NS,
                                          .exec_queue_id = queue};

    (void)worker;
    return ioctl(card, DRM_IOCTL_XE_WAIT_USER_FENCE, &wait) == 0;
}

static bool wait_syncobj(const struct worker *worker)
{
    struct drm_syncobj_wait wait = {.handles = (uintptr_t)&worker->syncobj,
                                    .count_handles = 1,
                                    .timeout_nsec = now_ns() + WAIT_NS,
                                    .flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT};

    return ioctl(card, DRM_IOCTL_SYNCOBJ_WAIT, &wait) == 0;
}

/* ---- a worker -------------------------------------------------------------------------------- */

static void bind(struct worker *worker)
{
    static uint64_t bound;
    struct drm_xe_sync sync = {.type = DRM_XE_SYNC_TYPE_USER_FENCE,
                               .flags = DRM_XE_SYNC_FLAG_SIGNAL,
                               .addr = (uintptr_t)&bound,
                               .timeline_value = 1};
    struct drm_xe_vm_bind bind = {.vm_id = worker->vm,
                                  .num_binds = 1,
                                  .bind = {.obj = worker->bo,
                                           .range = BO_SIZE,
                                           .addr = BO_ADDR,
                                           .op = DRM_XE_VM_BIND_OP_MAP,
                                           .pat_index = 2},
                                  .num_syncs = 1,
                                  .syncs = (uintptr_t)&sync};

    bound = 0;
    call(DRM_IOCTL_XE_VM_BIND, &bind, "bind");
    if (!wait_user_fence(worker, &bound, 1, 0)) {
        printf("batches: the bind's fence never came\n");
        exit(1);
    }
}

static void worker_open(struct worker *worker, struct drm_xe_engine_class_instance engine,
                        enum mode mode)
{
    struct drm_xe_vm_create vm = {.flags =
                                      (mode != NORMAL ? DRM_XE_VM_CREATE_FLAG_LR_MODE : 0) |
                                      (mode == FAULTING ? DRM_XE_VM_CREATE_FLAG_FAULT_MODE : 0)};
    struct drm_xe_gem_create bo = {
        .size = BO_SIZE, .placement = 1, .cpu_caching = DRM_XE_GEM_CPU_CACHING_WB};
    struct drm_xe_gem_mmap_offset offset = {0};
    struct drm_xe_exec_queue_create queue = {
        .width = 1, .num_placements = 1, .instances = (uintptr_t)&engine};
    struct drm_syncobj_create syncobj = {0};

    *worker =
        (struct worker){.engine = engine, .lr = mode != NORMAL, .store_at = BO_ADDR + RESULT_AT};
    call(DRM_IOCTL_XE_VM_CREATE, &vm, "vm");
    worker->vm = vm.vm_id;
    call(DRM_IOCTL_XE_GEM_CREATE, &bo, "buffer");
    worker->bo = bo.handle;
    offset.handle = bo.handle;
    call(DRM_IOCTL_XE_GEM_MMAP_OFFSET, &offset, "mmap offset");
    worker->memory =
        mmap(NULL, BO_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, card, (off_t)offset.offset);
    if (worker->memory == MAP_FAILED) {
        printf("batches: mmap: %s\n", strerror(errno));
        exit(1);
    }
    bind(worker);
    queue.vm_id = worker->vm;
    call(DRM_IOCTL_XE_EXEC_QUEUE_CREATE, &queue, "queue");
    worker->queue = queue.exec_queue_id;
    call(DRM_IOCTL_SYNCOBJ_CREATE, &syncobj, "sync object");
    worker->syncobj = syncobj.handle;
}

static void worker_close(struct worker *worker)
{
    struct drm_xe_exec_queue_destroy queue = {.exec_queue_id = worker->queue};
    struct drm_xe_vm_destroy vm = {.vm_id = worker->vm};
    struct drm_gem_close bo = {.handle = worker->bo};
    struct drm_syncobj_destroy syncobj = {.handle = worker->syncobj};

    call(DRM_IOCTL_XE_EXEC_QUEUE_DESTROY, &queue, "queue's end");
    call(DRM_IOCTL_XE_VM_DESTROY, &vm, "vm's end");
    call(DRM_IOCTL_GEM_CLOSE, &bo, "buffer's end");
    call(DRM_IOCTL_SYNCOBJ_DESTROY, &syncobj, "sync object's end");
    (void)munmap(worker->memory, BO_SIZE);
}

static uint32_t *result(const struct worker *worker, uint64_t job)
{
    return (uint32_t *)(void *)(worker->memory + RESULT_AT + 64 * (job % IN_FLIGHT));
}

static uint32_t value_of(uint64_t job)
{
    return 0x10000000u + (uint32_t)job;
}

/* Each job has its own batch and its own result among the last IN_FLIGHT. */
static void submit(struct worker *worker)
{
    const uint64_t job = worker->jobs++;
    const uint64_t slot = 256 * (job % IN_FLIGHT);
    const uint64_t to = worker->store_at + 64 * (job % IN_FLIGHT);
    const uint32_t batch[] = {MI_STORE_DW, (uint32_t)to, (uint32_t)(to >> 32), value_of(job),
                              MI_BATCH_END};
    struct drm_xe_sync sync = {.type = DRM_XE_SYNC_TYPE_SYNCOBJ,
                               .flags = DRM_XE_SYNC_FLAG_SIGNAL,
                               .handle = worker->syncobj};
    struct drm_xe_exec exec = {.exec_queue_id = worker->queue,
                               .num_syncs = 1,
                               .syncs = (uintptr_t)&sync,
                               .address = BO_ADDR + slot,
                               .num_batch_buffer = 1};

    if (worker->lr) {
        sync = (struct drm_xe_sync){.type = DRM_XE_SYNC_TYPE_USER_FENCE,
                                    .flags = DRM_XE_SYNC_FLAG_SIGNAL,
                                    .addr = BO_ADDR + FENCE_AT,
                                    .timeline_value = value_of(job)};
    }
    *result(worker, job) = 0;
    memcpy(worker->memory + slot, batch, sizeof(batch));
    call(DRM_IOCTL_XE_EXEC, &exec, "exec");
}

/* All jobs so far. Returns whether each of the last ones left its value. */
static bool finish(struct worker *worker, const char **why)
{
    const bool signalled =
        worker->lr ? wait_user_fence(worker, (uint64_t *)(void *)(worker->memory + FENCE_AT),
                                     value_of(worker->jobs - 1), worker->queue)
                   : wait_syncobj(worker);
    uint64_t first = worker->jobs > IN_FLIGHT ? worker->jobs - IN_FLIGHT : 0;

    *why = signalled ? "wrong memory" : "no signal";
    for (uint64_t job = first; signalled && job < worker->jobs; job++) {
        if (*(volatile uint32_t *)result(worker, job) != value_of(job)) {
            return false;
        }
    }
    return signalled;
}

/* ---- what is shown --------------------------------------------------------------------------- */

static unsigned engines_of(struct drm_xe_engine_class_instance *list)
{
    struct drm_xe_device_query query = {.query = DRM_XE_DEVICE_QUERY_ENGINES};
    struct drm_xe_query_engines *found;
    unsigned count;

    call(DRM_IOCTL_XE_DEVICE_QUERY, &query, "query");
    found = calloc(1, query.size);
    query.data = (uintptr_t)found;
    call(DRM_IOCTL_XE_DEVICE_QUERY, &query, "query");
    count = found->num_engines < MAX_ENGINES ? found->num_engines : MAX_ENGINES;
    for (unsigned n = 0; n < count; n++) {
        list[n] = found->engines[n].instance;
    }
    free(found);
    return count;
}

static bool one_job(struct drm_xe_engine_class_instance engine, enum mode mode)
{
    static const char *const names[] = {"sync object", "user fence", "page faults"};
    struct worker worker;
    int64_t start = now_ns();
    const char *why;
    bool good;

    worker_open(&worker, engine, mode);
    submit(&worker);
    good = finish(&worker, &why);
    printf("batches: %s%u on GT%u, %s: %s (%lld us)\n", class_names[engine.engine_class],
           engine.engine_instance, engine.gt_id, names[mode], good ? "ok" : why,
           (long long)(now_ns() - start) / 1000);
    fflush(stdout);
    worker_close(&worker);
    return good;
}

static bool stream(const struct drm_xe_engine_class_instance *engines, unsigned count, int seconds)
{
    static struct worker workers[MAX_ENGINES];
    const int64_t end = now_ns() + seconds * 1000000000ll;
    const char *why = "";
    bool good = true;

    for (unsigned n = 0; n < count; n++) {
        worker_open(&workers[n], engines[n], NORMAL);
    }
    while (good && now_ns() < end) {
        for (unsigned job = 0; job < IN_FLIGHT; job++) {
            for (unsigned n = 0; n < count; n++) {
                submit(&workers[n]);
            }
        }
        for (unsigned n = 0; n < count && good; n++) {
            good = finish(&workers[n], &why);
        }
    }
    for (unsigned n = 0; n < count; n++) {
        printf("batches: stream on %s%u: %llu jobs\n", class_names[workers[n].engine.engine_class],
               workers[n].engine.engine_instance, (unsigned long long)workers[n].jobs);
    }
    printf("batches: stream of %d s: %s\n", seconds, good ? "ok" : why);
    return good;
}

/* A batch that never ends: the driver gives it up; then the engine works again. */
static bool hang(struct drm_xe_engine_class_instance engine)
{
    const uint32_t forever[] = {MI_SEMAPHORE, 1, (uint32_t)(BO_ADDR + FENCE_AT), 0, 0,
                                MI_BATCH_END};
    struct drm_xe_sync sync = {.type = DRM_XE_SYNC_TYPE_SYNCOBJ, .flags = DRM_XE_SYNC_FLAG_SIGNAL};
    struct drm_xe_exec exec = {.num_syncs = 1, .address = BO_ADDR, .num_batch_buffer = 1};
    struct worker worker;
    int64_t start = now_ns();
    bool signalled;

    worker_open(&worker, engine, NORMAL);
    memcpy(worker.memory, forever, sizeof(forever));
    sync.handle = worker.syncobj;
    exec.exec_queue_id = worker.queue;
    exec.syncs = (uintptr_t)&sync;
    call(DRM_IOCTL_XE_EXEC, &exec, "exec");
    signalled = wait_syncobj(&worker);
    printf("batches: hang on %s%u: %s after %lld ms\n", class_names[engine.engine_class],
           engine.engine_instance, signalled ? "given up" : "never given up",
           (long long)(now_ns() - start) / 1000000);
    worker_close(&worker);
    return signalled && one_job(engine, NORMAL);
}

/* The next record of the kernel's log, when there is one; says whether it tells of a recovery. */
static bool log_tells_recovery(int log, bool *more)
{
    char record[RECORD_LEN];
    ssize_t length = read(log, record, sizeof(record) - 1);

    *more = length > 0;
    record[*more ? length : 0] = '\0';
    return strstr(record, "migration recovery ended") != NULL;
}

/* Returns whether the driver recovered on each GT before long. */
static bool wait_recovery(int log)
{
    const int64_t end = now_ns() + WAIT_NS;
    unsigned recovered = 0;

    while (recovered < NUM_GTS && now_ns() < end) {
        bool more;

        recovered += log_tells_recovery(log, &more);
        if (!more) {
            (void)usleep(100);
        }
    }
    return recovered == NUM_GTS;
}

/* One job that waits for us, and others behind it. */
static void submit_held(struct worker *worker)
{
    const uint32_t gate[] = {MI_SEMAPHORE, 1, (uint32_t)(BO_ADDR + FENCE_AT), 0, 0, MI_BATCH_END};
    struct drm_xe_exec exec = {
        .exec_queue_id = worker->queue, .address = BO_ADDR + GATE_AT, .num_batch_buffer = 1};

    *(volatile uint32_t *)(void *)(worker->memory + FENCE_AT) = 0;
    memcpy(worker->memory + GATE_AT, gate, sizeof(gate));
    call(DRM_IOCTL_XE_EXEC, &exec, "exec");
    submit(worker);
    submit(worker);
}

/* A round is one migration: all jobs begin before it and end after it. */
static bool hold(const struct drm_xe_engine_class_instance *engines, unsigned count, int rounds)
{
    static struct worker workers[MAX_ENGINES];
    int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
    bool good = log >= 0 && lseek(log, 0, SEEK_END) == 0;
    const char *why;

    for (unsigned n = 0; n < count; n++) {
        worker_open(&workers[n], engines[n], NORMAL);
    }
    for (int round = 0; good && round < rounds; round++) {
        for (unsigned n = 0; n < count; n++) {
            submit_held(&workers[n]);
        }
        good = wait_recovery(log);
        for (unsigned n = 0; n < count; n++) {
            *(volatile uint32_t *)(void *)(workers[n].memory + FENCE_AT) = 1;
        }
        printf("batches: round %d: %s\n", round + 1, good ? "recovered" : "no recovery");
        for (unsigned n = 0; n < count; n++) {
            const bool right = finish(&workers[n], &why);

            printf("batches: held on %s%u: %s\n", class_names[workers[n].engine.engine_class],
                   workers[n].engine.engine_instance, right ? "ok" : why);
            good &= right;
        }
    }
    return good;
}

/* A batch that writes where nothing is bound: it is refused, and the engine works on. */
static bool stray(struct drm_xe_engine_class_instance engine)
{
    struct worker worker;
    const char *why;
    bool good;

    worker_open(&worker, engine, FAULTING);
    worker.store_at = STRAY_AT;
    submit(&worker);
    good = finish(&worker, &why);
    printf("batches: stray on %s%u: %s\n", class_names[engine.engine_class], engine.engine_instance,
           good ? "went through" : why);
    worker_close(&worker);
    return !good && one_job(engine, FAULTING);
}

/* Each job has a VM of its own, so each has faults. */
static bool faults_for(const struct drm_xe_engine_class_instance *engines, unsigned count,
                       int seconds)
{
    const int64_t end = now_ns() + seconds * 1000000000ll;
    unsigned jobs = 0;
    bool good = true;

    for (; good && now_ns() < end; jobs++) {
        good = one_job(engines[jobs % count], FAULTING);
    }
    printf("batches: faults of %d s, %u jobs: %s\n", seconds, jobs, good ? "ok" : "FAILED");
    return good;
}

static bool faults(const struct drm_xe_engine_class_instance *engines, unsigned count)
{
    bool good = true;

    for (unsigned n = 0; n < count; n++) {
        good &= one_job(engines[n], FAULTING);
    }
    return stray(engines[0]) && good;
}

int main(int argc, char **argv)
{
    struct drm_xe_engine_class_instance engines[MAX_ENGINES];
    bool good = true;
    unsigned count;

    card = open("/dev/dri/renderD128", O_RDWR);
    if (card < 0) {
        printf("batches: /dev/dri/renderD128: %s\n", strerror(errno));
        return 1;
    }
    count = engines_of(engines);
    if (argc > 1 && strcmp(argv[1], "hang") == 0) {
        good = hang(engines[0]);
    } else if (argc > 1 && strncmp(argv[1], "faults", 6) == 0 && argv[1][6]) {
        good = faults_for(engines, count, atoi(argv[1] + 6));
    } else if (argc > 1 && strcmp(argv[1], "faults") == 0) {
        good = faults(engines, count);
    } else if (argc > 1 && strncmp(argv[1], "hold", 4) == 0) {
        good = hold(engines, count, atoi(argv[1] + 4));
    } else if (argc > 1) {
        good = stream(engines, count, atoi(argv[1]));
    } else {
        for (unsigned n = 0; n < count; n++) {
            good &= one_job(engines[n], NORMAL);
            good &= one_job(engines[n], LONG_RUNNING);
        }
    }
    printf("batches: %s\n", good ? "all ok" : "FAILED");
    return !good;
}
