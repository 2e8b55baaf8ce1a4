/* SPDX-License-Identifier: MIT */
/* Queues and jobs of the VF driver: what it writes into rings, what it tells the GuC, and what its
 * users see. The peer's engine runs what is in memory. */
#include <criterion/criterion.h>
#include <errno.h>

#include "firmware/abi/guc_actions_abi.h"
#include "host/abi/gpu_commands_abi.h"
#include "host/abi/xe_lrc_layout.h"
#include "tests/unit/fake_guc_vf.h"
#include "tests/unit/fake_hal.h"

#define WAIT_NS   HAL_NS_PER_S
#define SLOT_DW   32u
#define RING_JOBS 128u
#define EVENT     0x90000000u /* of the GuC */

static const struct vf_job job = {.work_cycles = 100,
                                  .preemptible = true,
                                  .add_slot = 3,
                                  .add = 5,
                                  .store_slot = 4,
                                  .store = 0xabcd};

static void run(void (*program)(void *peer))
{
    struct peer *peer = peer_create(PEER_ABI(1, 27));

    peer_run(peer, program);
    peer_destroy(peer);
}

static int queue_of(struct peer *peer, enum vf_engine engine)
{
    int queue = vf_queue_create(peer->vf, engine);

    cr_assert_geq(queue, 0, "queue: %d", queue);
    return queue;
}

/* Submits a job and returns its fence. */
static int64_t submit(struct peer *peer, int queue)
{
    int64_t fence = vf_submit(peer->vf, (unsigned)queue, &job);

    cr_assert_geq(fence, 1, "submit: %lld", (long long)fence);
    return fence;
}

static void wait_done(struct peer *peer, int queue, int64_t fence)
{
    int ret = vf_wait(peer->vf, (unsigned)queue, fence, WAIT_NS);

    cr_expect_eq(ret, 0, "wait for %lld: %d", (long long)fence, ret);
}

static void one_job_each_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    for (int engine = VF_ENGINE_RENDER; engine <= VF_ENGINE_VIDEO; engine++) {
        int queue = queue_of(peer, (enum vf_engine)engine);

        wait_done(peer, queue, submit(peer, queue));
        cr_expect_eq(vf_fence_done(peer->vf, (unsigned)queue), 1);
    }
    cr_expect_eq(vf_result(peer->vf, 3), 15);
    cr_expect_eq(vf_result(peer->vf, 4), 0xabcd);
}

Test(vf_jobs, a_job_on_each_engine_leaves_its_results)
{
    run(one_job_each_program);
}

static void registration_program(void *arg)
{
    struct peer *peer = arg;
    const struct peer_message *message;
    int queue;

    peer_probe(peer);
    queue = queue_of(peer, VF_ENGINE_COPY);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_REGISTER_CONTEXT), 0);
    wait_done(peer, queue, submit(peer, queue));
    wait_done(peer, queue, submit(peer, queue));
    message = peer_find_h2g(peer, 0, XE_GUC_ACTION_REGISTER_CONTEXT, 0);
    cr_assert_not_null(message);
    cr_expect_eq(message->dw[0], 0x10004502);
    cr_expect_eq(message->len, 12);
    cr_expect_eq(message->dw[2], 0);
    cr_expect_eq(message->dw[3], 3, "GuC class %u", message->dw[3]);
    cr_expect_eq(message->dw[4], 1);
    cr_expect_eq(message->dw[10] & 0xfff, 0x19, "descriptor %x", message->dw[10]);
    cr_expect_eq(message->dw[11], 0);
    message = peer_find_h2g(peer, 0, XE_GUC_ACTION_HOST2GUC_UPDATE_CONTEXT_POLICIES, 0);
    cr_assert_not_null(message);
    cr_expect_eq(message->len, 10);
    cr_expect_eq(message->dw[2], 0x20030001);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET), 1);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_SCHED_CONTEXT), 1);
}

Test(vf_jobs, first_job_registers_with_an_event_and_enables_later_ones_schedule)
{
    run(registration_program);
}

static void expect_words(struct peer *peer, uint64_t addr, const uint32_t *expected, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const uint32_t *word = peer_memory(peer, addr + 4ull * i);

        cr_assert_not_null(word);
        cr_expect_eq(*word, expected[i], "dword %u is %08x, not %08x", i, *word, expected[i]);
    }
}

static void render_words_program(void *arg)
{
    struct peer *peer = arg;
    uint32_t ring, batch, seqno, slots;
    int queue;

    peer_probe(peer);
    peer->engines_off = true;
    queue = queue_of(peer, VF_ENGINE_RENDER);
    (void)submit(peer, queue);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    ring = *peer_state(peer, 0, 0, CTX_RING_START);
    seqno = *peer_memory(peer, ring + 2 * 4) & 0xfffff000;
    batch = *peer_memory(peer, ring + 6 * 4);
    cr_expect_eq(*peer_state(peer, 0, 0, CTX_RING_HEAD), 0);
    cr_expect_eq(*peer_state(peer, 0, 0, CTX_RING_TAIL), SLOT_DW * 4);
    cr_expect_eq(*peer_state(peer, 0, 0, CTX_RING_CTL), 0x3001);
    expect_words(peer, ring,
                 (const uint32_t[]){0x04000001, 0x10400002, seqno + 8, 0, 0xffffff81, 0x18800001,
                                    batch, 0, 0x04000000},
                 9);
    slots = *peer_memory(peer, batch + 3 * 4) - 3 * 4;
    expect_words(peer, batch,
                 (const uint32_t[]){MI_MODEL_WORK | MI_MODEL_WORK_PREEMPTIBLE, 100, 0x17c40702,
                                    slots + 12, 0, 5, 0x10400002, slots + 16, 0, 0xabcd,
                                    0x05000000},
                 11);
}

Test(vf_jobs, ring_and_batch_hold_the_words_of_the_linux_driver)
{
    run(render_words_program);
}

static void many_jobs_program(void *arg)
{
    struct peer *peer = arg;
    int64_t fence = 0;
    int queue;

    peer_probe(peer);
    queue = queue_of(peer, VF_ENGINE_VIDEO);
    for (unsigned i = 0; i < 3 * RING_JOBS + 1; i++) {
        fence = submit(peer, queue);
    }
    wait_done(peer, queue, fence);
    cr_expect_eq(vf_result(peer->vf, 3), 5 * (3 * RING_JOBS + 1));
}

Test(vf_jobs, ring_and_seqno_wrap)
{
    run(many_jobs_program);
}

static void full_ring_program(void *arg)
{
    struct peer *peer = arg;
    int64_t ret = 0;
    int queue;

    peer_probe(peer);
    peer->engines_off = true;
    queue = queue_of(peer, VF_ENGINE_RENDER);
    for (unsigned i = 0; i < RING_JOBS - 1; i++) {
        (void)submit(peer, queue);
    }
    ret = vf_submit(peer->vf, (unsigned)queue, &job);
    cr_expect_eq(ret, -ETIME, "one too many: %lld", (long long)ret);
    peer->engines_off = false;
    peer_run_engines(peer);
    wait_done(peer, queue, submit(peer, queue));
    cr_expect_eq(vf_result(peer->vf, 3), 5 * RING_JOBS);
}

Test(vf_jobs, a_full_ring_is_waited_for_and_never_overrun)
{
    run(full_ring_program);
}

static void second_guest_program(void *arg)
{
    struct peer *peer = arg;

    for (unsigned i = 0; i < 50; i++) {
        (void)submit(peer, 0);
    }
    peer->counter++;
}

static void two_threads_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    cr_expect_eq(queue_of(peer, VF_ENGINE_RENDER), 0);
    hal_spawn(peer->hal, "second", second_guest_program, peer);
    for (unsigned i = 0; i < 50; i++) {
        (void)submit(peer, 0);
    }
    while (!peer->counter) {
        hal_delay(peer->hal, HAL_NS_PER_US);
    }
    wait_done(peer, 0, 100);
    cr_expect_eq(vf_result(peer->vf, 3), 500);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_REGISTER_CONTEXT), 1);
}

Test(vf_jobs, two_programs_share_a_queue)
{
    run(two_threads_program);
}

static void destroy_program(void *arg)
{
    struct peer *peer = arg;
    const struct peer_message *message;
    int queue;

    peer_probe(peer);
    queue = queue_of(peer, VF_ENGINE_COPY);
    wait_done(peer, queue, submit(peer, queue));
    cr_expect_eq(vf_queue_destroy(peer->vf, (unsigned)queue), 0);
    message = peer_find_h2g(peer, 0, XE_GUC_ACTION_SCHED_CONTEXT_MODE_SET, 1);
    cr_assert_not_null(message);
    cr_expect_eq(message->dw[2], 0);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_DEREGISTER_CONTEXT), 1);
    cr_expect_eq(vf_submit(peer->vf, (unsigned)queue, &job), -ENOENT);
    /* The context id is free again. */
    queue = queue_of(peer, VF_ENGINE_COPY);
    wait_done(peer, queue, submit(peer, queue));
    message = peer_find_h2g(peer, 0, XE_GUC_ACTION_REGISTER_CONTEXT, 1);
    cr_assert_not_null(message);
    cr_expect_eq(message->dw[2], 0);
}

Test(vf_jobs, destroy_disables_then_deregisters_and_frees_the_id)
{
    run(destroy_program);
}

static void silent_guc_program(void *arg)
{
    struct peer *peer = arg;
    uint64_t start;
    int queue;

    peer_probe(peer);
    queue = queue_of(peer, VF_ENGINE_COPY);
    wait_done(peer, queue, submit(peer, queue));
    hal_delay(peer->hal, HAL_NS_PER_MS);
    peer->no_mode_done = true;
    start = hal_now(peer->hal);
    cr_expect_eq(vf_queue_destroy(peer->vf, (unsigned)queue), 0);
    cr_expect_geq(hal_now(peer->hal) - start, 5 * HAL_NS_PER_S);
    cr_expect_eq(vf_reset_count(peer->vf, 0), 1, "the GuC has forgotten it");
    cr_expect_null(vf_wedged(peer->vf));
}

Test(vf_jobs, a_disable_that_is_not_answered_for_five_seconds_resets_the_gt)
{
    run(silent_guc_program);
}

static void reset_program(void *arg)
{
    const uint32_t event[] = {0x90000000u | XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION, 0};
    struct peer *peer = arg;
    int queue;

    peer_probe(peer);
    peer->engines_off = true;
    queue = queue_of(peer, VF_ENGINE_RENDER);
    (void)submit(peer, queue);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    peer_send_g2h(peer, 0, event, ARRAY_SIZE(event));
    cr_expect_eq(vf_wait(peer->vf, (unsigned)queue, 1, WAIT_NS), -EIO);
    cr_expect_eq(vf_submit(peer->vf, (unsigned)queue, &job), -EIO);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_DEREGISTER_CONTEXT), 1);
    cr_expect_eq(vf_queue_destroy(peer->vf, (unsigned)queue), 0);
}

Test(vf_jobs, a_reset_context_fails_its_jobs_and_is_deregistered)
{
    run(reset_program);
}

static void endless_job_program(void *arg)
{
    struct peer *peer = arg;
    uint64_t start;
    int hung, waiting;

    peer_probe(peer);
    peer->command_budget = 4; /* the engine stops in the first job */
    hung = queue_of(peer, VF_ENGINE_RENDER);
    waiting = queue_of(peer, VF_ENGINE_RENDER);
    start = hal_now(peer->hal);
    (void)submit(peer, hung);
    (void)submit(peer, waiting);
    cr_expect_eq(vf_wait(peer->vf, (unsigned)hung, 1, 20 * HAL_NS_PER_S), -EIO);
    start = hal_now(peer->hal) - start;
    cr_expect(start >= 5 * HAL_NS_PER_S && start < 6 * HAL_NS_PER_S, "after %llu ns",
              (unsigned long long)start);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    peer->command_budget = ~0u;
    peer_run_engines(peer);
    wait_done(peer, waiting, 1);
    cr_expect_eq(peer_count_h2g(peer, 0, XE_GUC_ACTION_DEREGISTER_CONTEXT), 1);
    cr_expect_eq(vf_reset_count(peer->vf, 0), 0, "no need for more");
    cr_expect_null(vf_wedged(peer->vf));
}

/* ---- a GuC that says what nobody waits for --------------------------------------------------- */

struct odd_event {
    uint32_t hxg[3];
    uint32_t len;
    const char *told;
};

static const struct odd_event *odd_event;

static void odd_event_program(void *arg)
{
    struct peer *peer = arg;
    int queue;

    peer_probe(peer);
    queue = queue_of(peer, VF_ENGINE_COPY);
    peer->no_mode_done = true;
    peer->engines_off = true;
    (void)submit(peer, queue);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    peer_send_g2h(peer, 0, odd_event->hxg, odd_event->len);
    hal_delay(peer->hal, HAL_NS_PER_MS);
    cr_expect_eq(fake_trace_count(peer->hal, odd_event->told), 1, "%s", odd_event->told);
    (void)submit(peer, queue);
    cr_expect_eq(vf_fence_done(peer->vf, (unsigned)queue), 0);
    cr_expect_null(vf_wedged(peer->vf), "%s", odd_event->told);
}

Test(vf_jobs, events_about_contexts_that_nobody_awaits_are_told_and_change_no_queue)
{
    static const struct odd_event events[] = {
        {{EVENT | XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE, 7, 1}, 3, "mode done for no context"},
        {{EVENT | XE_GUC_ACTION_SCHED_CONTEXT_MODE_DONE, 0, 0}, 3, "mode done not awaited"},
        {{EVENT | XE_GUC_ACTION_DEREGISTER_CONTEXT_DONE, 0}, 2, "deregister done not awaited"},
        {{EVENT | XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION, 7}, 2, "reset of unknown context"},
        {{EVENT | XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION}, 1, "reset of no context"},
        {{EVENT | XE_GUC_ACTION_TLB_INVALIDATION_DONE, 99},
         2,
         "TLB invalidation answer not awaited"},
    };

    for (unsigned n = 0; n < ARRAY_SIZE(events); n++) {
        odd_event = &events[n];
        run(odd_event_program);
    }
}

static void memory_error_program(void *arg)
{
    const uint32_t event[] = {0x90000000u | XE_GUC_ACTION_CONTEXT_RESET_NOTIFICATION, ~0u};
    struct peer *peer = arg;
    int queues[3];

    peer_probe(peer);
    peer->engines_off = true;
    queues[0] = queue_of(peer, VF_ENGINE_RENDER);
    queues[1] = queue_of(peer, VF_ENGINE_COPY);
    queues[2] = queue_of(peer, VF_ENGINE_VIDEO);
    for (unsigned i = 0; i < ARRAY_SIZE(queues); i++) {
        (void)submit(peer, queues[i]);
    }
    hal_delay(peer->hal, HAL_NS_PER_MS);
    peer_send_g2h(peer, 0, event, ARRAY_SIZE(event));
    cr_expect_eq(vf_wait(peer->vf, (unsigned)queues[0], 1, WAIT_NS), -EIO);
    cr_expect_eq(vf_wait(peer->vf, (unsigned)queues[1], 1, WAIT_NS), -EIO);
    peer->engines_off = false;
    peer_run_engines(peer);
    wait_done(peer, queues[2], 1);
    cr_expect_null(vf_wedged(peer->vf));
}

Test(vf_jobs, a_memory_error_of_no_single_context_fails_all_of_its_gt)
{
    run(memory_error_program);
}

Test(vf_jobs, a_job_that_does_not_end_fails_its_queue_after_five_seconds)
{
    run(endless_job_program);
}

static void lost_answer_program(void *arg)
{
    struct peer *peer = arg;
    int queue;

    peer_probe(peer);
    peer->no_mode_done = true;
    peer->engines_off = true;
    queue = queue_of(peer, VF_ENGINE_RENDER);
    (void)submit(peer, queue);
    hal_delay(peer->hal, HAL_NS_PER_S);
    peer->no_mode_done = false;
    hal_delay(peer->hal, 5 * HAL_NS_PER_S);
    cr_expect_eq(vf_reset_count(peer->vf, 0), 1);
    peer->engines_off = false;
    peer_run_engines(peer);
    wait_done(peer, queue, 1);
    cr_expect_eq(vf_result(peer->vf, 3), 5, "once");
}

Test(vf_jobs, an_enable_that_is_not_answered_is_sent_again_after_a_reset_of_the_gt)
{
    run(lost_answer_program);
}

static void bad_calls_program(void *arg)
{
    struct vf_job bad = job;
    struct peer *peer = arg;
    int queue;

    peer_probe(peer);
    peer->engines_off = true;
    queue = queue_of(peer, VF_ENGINE_RENDER);
    bad.add_slot = VF_RESULT_SLOTS;
    cr_expect_eq(vf_submit(peer->vf, (unsigned)queue, &bad), -EINVAL);
    cr_expect_eq(vf_submit(peer->vf, VF_MAX_QUEUES, &job), -ENOENT);
    cr_expect_eq(vf_wait(peer->vf, (unsigned)queue, 1, WAIT_NS), -EINVAL);
    cr_expect_eq(vf_queue_create(peer->vf, (enum vf_engine)9), -EINVAL);
    cr_expect_eq(vf_wait(peer->vf, (unsigned)queue, submit(peer, queue), WAIT_NS), -ETIME);
}

Test(vf_jobs, what_cannot_be_is_refused)
{
    run(bad_calls_program);
}

static void ids_program(void *arg)
{
    struct peer *peer = arg;

    peer_probe(peer);
    for (unsigned i = 0; i < PEER_CONTEXTS; i++) {
        (void)queue_of(peer, VF_ENGINE_RENDER);
    }
    cr_expect_eq(vf_queue_create(peer->vf, VF_ENGINE_COPY), -ENOSPC);
    cr_expect_geq(vf_queue_create(peer->vf, VF_ENGINE_VIDEO), 0);
}

Test(vf_jobs, contexts_are_counted_by_gt)
{
    run(ids_program);
}
