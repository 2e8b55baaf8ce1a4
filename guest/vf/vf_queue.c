/* SPDX-License-Identifier: MIT */
/* Queues as a guest's programs see them: create, put jobs in, wait for them, destroy. What the
 * GuC must be told is done by the submission program (vf_submit.c), woken here. */
#include "guest/vf/vf_internal.h"

#include <errno.h>

#include "sim/hal/trace.h"

#define VALID_GGTT_NS (5ull * HAL_NS_PER_S)
#define TEARDOWN_NS   (10ull * HAL_NS_PER_S) /* longer than the watch takes to reset the GT */
#define RING_ROOM_NS  (10ull * HAL_NS_PER_S) /* without a job done and without recovery; chosen */
#define CREATE_TRIES  10u                    /* migrations during one creation */
#define CREATE_CYCLES 2000u                  /* of computing; chosen */
#define JOB_CYCLES    200u

static const struct {
    const char *name;
    unsigned gt;
} engines[] = {
    [VF_ENGINE_RENDER] = {"rcs0", VF_MAIN_GT},    [VF_ENGINE_COPY] = {"bcs0", VF_MAIN_GT},
    [VF_ENGINE_VIDEO] = {"vcs0", VF_MEDIA_GT},    [VF_ENGINE_COMPUTE] = {"ccs0", VF_MAIN_GT},
    [VF_ENGINE_ENHANCE] = {"vecs0", VF_MEDIA_GT},
};

bool vf_queue_live(const struct vf_queue *queue, const struct vf_gt *gt)
{
    return queue->gt == gt && queue->state > VF_QUEUE_CREATING;
}

static struct vf_queue *get(struct vf *vf, unsigned index)
{
    struct vf_queue *queue = index < VF_MAX_QUEUES ? &vf->queues[index] : NULL;

    return queue && queue->state > VF_QUEUE_CREATING && !queue->destroy ? queue : NULL;
}

/* ---- create and destroy ---------------------------------------------------------------------- */

static bool id_in_use(const struct vf_gt *gt, unsigned id)
{
    for (unsigned i = 0; i < VF_MAX_QUEUES; i++) {
        const struct vf_queue *queue = &gt->vf->queues[i];

        if (queue->state != VF_QUEUE_FREE && queue->gt == gt && queue->id == id) {
            return true;
        }
    }
    return false;
}

/* Takes a place in the table and the lowest context id of the GT. Returns NULL when either is
 * used up. */
static struct vf_queue *take_place(struct vf_gt *gt, enum vf_engine engine)
{
    struct vf *vf = gt->vf;
    unsigned index = 0;
    unsigned id = 0;
    unsigned life;

    while (index < VF_MAX_QUEUES && vf->queues[index].state != VF_QUEUE_FREE) {
        index++;
    }
    while (id < VF_MAX_QUEUES && id_in_use(gt, id)) {
        id++;
    }
    if (index == VF_MAX_QUEUES || id >= gt->resources.num_contexts) {
        return NULL;
    }
    life = vf->queues[index].life + 1;
    vf->queues[index] = (struct vf_queue){.vf = vf,
                                          .gt = gt,
                                          .index = index,
                                          .state = VF_QUEUE_CREATING,
                                          .engine = engine,
                                          .id = (uint16_t)id,
                                          .life = life};
    return &vf->queues[index];
}

void vf_queue_free(struct vf_queue *queue)
{
    queue->state = VF_QUEUE_CREATING; /* nobody else looks at it while its objects go */
    vf_context_destroy(queue);
    queue->state = VF_QUEUE_FREE;
    hal_wake(queue->vf->hal);
}

static int wait_valid_ggtt(struct vf *vf)
{
    uint64_t deadline = hal_now(vf->hal) + VALID_GGTT_NS;

    while (!vf->wedged && vf_recovery_any_pending(vf)) {
        uint64_t now = hal_now(vf->hal);

        if (now >= deadline) {
            return -ETIME;
        }
        (void)hal_wait(vf->hal, deadline - now);
    }
    return vf->wedged ? -ECANCELED : 0;
}

/* Entries and image hold addresses, and writing entries takes time: when the GGTT moved
 * meanwhile, all of it is written again. */
static int build(struct vf_queue *queue, const struct vf_space *space)
{
    struct vf *vf = queue->vf;
    int ret = wait_valid_ggtt(vf);
    unsigned irqs = vf_recovery_irqs(vf);

    if (!ret) {
        ret = vf_context_create(queue, space);
    }
    for (unsigned i = 0; i < CREATE_TRIES && !ret; i++) {
        hal_cycles(vf->hal, CREATE_CYCLES);
        vf_context_write_image(queue);
        if (irqs == vf_recovery_irqs(vf) && !vf_recovery_any_pending(vf)) {
            return 0;
        }
        ret = wait_valid_ggtt(vf);
        irqs = vf_recovery_irqs(vf);
        if (!ret) {
            vf_context_map(queue);
        }
    }
    return ret ? ret : -EAGAIN;
}

static int create(struct vf *vf, enum vf_engine engine, const struct vf_space *space)
{
    struct vf_queue *queue;
    int ret;

    if ((unsigned)engine >= ARRAY_SIZE(engines)) {
        return -EINVAL;
    }
    if (engines[engine].gt >= vf->num_gts) {
        return -ENODEV;
    }
    queue = take_place(&vf->gts[engines[engine].gt], engine);
    if (!queue) {
        return -ENOSPC;
    }
    ret = build(queue, space);
    if (ret) {
        vf_queue_free(queue);
        return ret;
    }
    queue->state = VF_QUEUE_NEW;
    return (int)queue->index;
}

int vf_queue_create(struct vf *vf, enum vf_engine engine)
{
    return create(vf, engine, &(struct vf_space){0});
}

int vf_queue_create_vm(struct vf *vf, enum vf_engine engine, unsigned levels)
{
    if (levels < VF_VM_LEVELS_MIN || levels > VF_VM_LEVELS_MAX) {
        return -EINVAL;
    }
    return create(vf, engine, &(struct vf_space){.levels = levels});
}

int vf_queue_create_local(struct vf *vf, enum vf_engine engine, unsigned levels)
{
    if (levels < VF_VM_LEVELS_MIN || levels > VF_VM_LEVELS_MAX) {
        return -EINVAL;
    }
    return create(vf, engine, &(struct vf_space){.levels = levels, .local = true});
}

int vf_queue_create_fault(struct vf *vf, enum vf_engine engine, unsigned levels, unsigned pages)
{
    int queue;

    /* Three levels leave no place for an id in the image. */
    if (levels <= VF_VM_LEVELS_MIN || levels > VF_VM_LEVELS_MAX || !pages ||
        pages > VF_FAULT_PAGES) {
        return -EINVAL;
    }
    queue = create(vf, engine, &(struct vf_space){.levels = levels, .pages = pages});
    if (queue >= 0) {
        vf_pagefault_start(vf);
    }
    return queue;
}

int vf_queue_destroy(struct vf *vf, unsigned index)
{
    struct vf_queue *queue = get(vf, index);
    uint64_t deadline = hal_now(vf->hal) + TEARDOWN_NS;
    int ret;

    if (!queue) {
        return -ENOENT;
    }
    queue->destroy = true;
    hal_wake(vf->hal);
    while (queue->known && !vf->wedged) {
        uint64_t now = hal_now(vf->hal);

        if (vf_recovery_any_pending(vf)) {
            deadline = now + TEARDOWN_NS;
        } else if (now >= deadline) {
            return -ETIME;
        }
        (void)hal_wait(vf->hal, deadline - now);
    }
    if (queue->known) {
        return -ECANCELED; /* memory that the GuC may still use stays until vf_remove */
    }
    /* Clearing entries needs to know where they are. */
    ret = wait_valid_ggtt(vf);
    if (!ret) {
        vf_queue_free(queue);
    }
    return ret;
}

static int check_alive(const struct vf_queue *queue, unsigned life)
{
    if (queue->vf->wedged || queue->life != life || queue->state <= VF_QUEUE_CREATING ||
        queue->destroy) {
        return -ECANCELED;
    }
    return queue->error;
}

/* ---- suspend and resume ---------------------------------------------------------------------- */

static bool may_run(const struct vf_queue *queue)
{
    return queue->state == VF_QUEUE_ENABLING || queue->state == VF_QUEUE_ENABLED ||
           queue->state == VF_QUEUE_DISABLING;
}

int vf_queue_suspend(struct vf *vf, unsigned index)
{
    struct vf_queue *queue = get(vf, index);
    unsigned life = queue ? queue->life : 0;
    uint64_t deadline = hal_now(vf->hal) + TEARDOWN_NS;

    if (!queue) {
        return -ENOENT;
    }
    queue->suspended = true;
    hal_wake(vf->hal);
    for (;;) {
        uint64_t now = hal_now(vf->hal);

        if (check_alive(queue, life)) {
            return -ECANCELED;
        }
        if (!queue->suspended) {
            return -EAGAIN;
        }
        if (vf_recovery_gt_pending(queue->gt)) {
            deadline = now + TEARDOWN_NS;
        } else if (!may_run(queue)) {
            return 0;
        } else if (now >= deadline) {
            return -ETIME;
        }
        (void)hal_wait(vf->hal, deadline - now);
    }
}

int vf_queue_resume(struct vf *vf, unsigned index)
{
    struct vf_queue *queue = get(vf, index);

    if (!queue) {
        return -ENOENT;
    }
    queue->suspended = false;
    hal_wake(vf->hal);
    return 0;
}

/* ---- jobs ------------------------------------------------------------------------------------ */

/* Computes for the length of a job, then waits for room. On success nothing has blocked since
 * room was seen. */
static int wait_room(struct vf_queue *queue)
{
    struct vf *vf = queue->vf;
    unsigned life = queue->life;
    int64_t done = queue->done;
    uint64_t deadline;

    hal_cycles(vf->hal, JOB_CYCLES);
    deadline = hal_now(vf->hal) + RING_ROOM_NS;
    for (;;) {
        uint64_t now = hal_now(vf->hal);
        int ret = check_alive(queue, life);

        if (ret) {
            return ret;
        }
        (void)vf_queue_update_done(queue);
        if (queue->emitted - queue->done < VF_QUEUE_SLOTS - 1) {
            return 0;
        }
        if (queue->done != done || vf_recovery_gt_pending(queue->gt)) {
            done = queue->done;
            deadline = now + RING_ROOM_NS;
        } else if (now >= deadline) {
            return -ETIME;
        }
        (void)hal_wait(vf->hal, deadline - now);
    }
}

int64_t vf_submit(struct vf *vf, unsigned index, const struct vf_job *job)
{
    struct vf_queue *queue = get(vf, index);
    uint64_t page;
    int64_t fence;
    int ret;

    if (!queue) {
        return vf->wedged ? -ECANCELED : -ENOENT;
    }
    if (job->add_slot >= VF_RESULT_SLOTS || job->store_slot >= VF_RESULT_SLOTS ||
        (job->local && !vf->local_slots) ||
        (job->meta && vf_ccs_page_addr(vf, job->meta_page, &page)) ||
        (job->touch && (!queue->vm.pages || job->meta || job->touch_from >= queue->vm.pages))) {
        return -EINVAL;
    }
    ret = wait_room(queue);
    if (ret) {
        return ret;
    }
    /* While the GGTT is moving this writes old addresses: recovery emits every unfinished job
     * again before the GuC lets the context run. */
    fence = queue->emitted + 1;
    queue->jobs[vf_job_slot(fence)] = *job;
    vf_job_emit(queue, fence);
    queue->emitted = fence;
    trace_job(vf->hal, (int)queue->gt->index, 0, queue->id, engines[queue->engine].name, "submit");
    hal_wake(vf->hal);
    return fence;
}

/* Returns 0 when it has signalled, -EAGAIN while it may, or why it never will. */
static int check_fence(struct vf_queue *queue, unsigned life, int64_t fence)
{
    int ret;

    if (queue->life == life && queue->state > VF_QUEUE_CREATING) {
        (void)vf_queue_update_done(queue);
        if (queue->done >= fence) {
            return 0;
        }
    }
    ret = check_alive(queue, life);
    return ret ? ret : -EAGAIN;
}

int vf_wait(struct vf *vf, unsigned index, int64_t fence, uint64_t timeout_ns)
{
    struct vf_queue *queue = get(vf, index);
    uint64_t start = hal_now(vf->hal);
    unsigned life;

    if (!queue) {
        return vf->wedged ? -ECANCELED : -ENOENT;
    }
    if (fence < 1 || fence > queue->emitted) {
        return -EINVAL;
    }
    life = queue->life;
    for (;;) {
        uint64_t waited = hal_now(vf->hal) - start;

        int ret = check_fence(queue, life, fence);

        if (ret != -EAGAIN) {
            return ret;
        }
        if (waited >= timeout_ns) {
            return -ETIME;
        }
        (void)hal_wait(vf->hal, timeout_ns == HAL_FOREVER ? HAL_FOREVER : timeout_ns - waited);
    }
}

uint32_t vf_queue_result(struct vf *vf, unsigned index, unsigned slot)
{
    struct vf_queue *queue = get(vf, index);

    if (!queue || !queue->vm.levels || slot >= VF_RESULT_SLOTS) {
        return 0;
    }
    return vf_vm_result(vf, &queue->vm, slot);
}

uint32_t vf_queue_page(struct vf *vf, unsigned index, unsigned page)
{
    struct vf_queue *queue = get(vf, index);

    return queue && page < queue->vm.pages ? vf_vm_page(vf, &queue->vm, page) : 0;
}

int64_t vf_fence_done(struct vf *vf, unsigned index)
{
    struct vf_queue *queue = get(vf, index);

    if (!queue) {
        return -ENOENT;
    }
    (void)vf_queue_update_done(queue);
    return queue->done;
}
