/* SPDX-License-Identifier: MIT */
/* Mailbox client against a peer that answers by a script: one step for each doorbell. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_klvs_abi.h"
#include "gpu_regs.h"
#include "host/kmd/kmd.h"
#include "tests/unit/fake_hal.h"

#define NEVER UINT64_MAX

struct step {
    uint64_t delay_ns; /* NEVER: the request stays where it is */
    uint32_t reply[4]; /* reply[0] 0: wiped */
    uint64_t later_ns; /* after the first reply: register 0 changes to */
    uint32_t later;
};

struct scene {
    struct hal *hal;
    struct mailbox mailbox;
    const struct step *script;
    unsigned gt;
    unsigned num_steps;
    unsigned doorbells;
    char log[64];
    uint32_t request[4];
    uint32_t len;
    uint32_t response[4];
    int ret;
    int other;
    uint64_t took;
};

static uint32_t flag(const struct scene *scene, uint32_t n)
{
    return scene->gt ? MED_VF_SW_FLAG(n) : VF_SW_FLAG(n);
}

static const struct step *current_step(const struct scene *scene)
{
    unsigned n = scene->doorbells - 1;

    return &scene->script[n < scene->num_steps ? n : scene->num_steps - 1];
}

static void reply_later(void *arg)
{
    struct scene *scene = arg;

    fake_set_reg(scene->hal, flag(scene, 0), current_step(scene)->later);
}

static void reply(void *arg)
{
    struct scene *scene = arg;
    const struct step *step = current_step(scene);

    for (uint32_t i = 0; i < 4; i++) {
        fake_set_reg(scene->hal, flag(scene, i), step->reply[i]);
    }
    if (step->later_ns) {
        fake_at(scene->hal, step->later_ns, reply_later, scene);
    }
}

static void note(struct scene *scene, char kind, uint32_t n)
{
    size_t len = strlen(scene->log);

    if (len + 2 < sizeof(scene->log)) {
        scene->log[len] = kind;
        scene->log[len + 1] = (char)('0' + n);
    }
}

static void on_write(void *arg, uint32_t offset, uint64_t value, unsigned size)
{
    struct scene *scene = arg;

    cr_expect_eq(size, 4u);
    if (offset == (scene->gt ? MED_GUC_HOST_INTERRUPT : GUC_HOST_INTERRUPT)) {
        note(scene, 'd', (uint32_t)value);
        scene->doorbells++;
        if (current_step(scene)->delay_ns != NEVER) {
            fake_at(scene->hal, current_step(scene)->delay_ns, reply, scene);
        }
        return;
    }
    note(scene, 'w', (offset - flag(scene, 0)) / 4);
}

static uint64_t on_read(void *arg, uint32_t offset, unsigned size)
{
    struct scene *scene = arg;

    cr_expect_eq(size, 4u);
    note(scene, 'r', (offset - flag(scene, 0)) / 4);
    return fake_reg(scene->hal, offset);
}

static void send_it(void *arg)
{
    struct scene *scene = arg;
    uint64_t start = hal_now(scene->hal);

    scene->ret = mailbox_send(&scene->mailbox, scene->request, scene->len, scene->response);
    scene->took = hal_now(scene->hal) - start;
}

static void run(struct scene *scene, const struct step *script, unsigned num_steps,
                void (*program)(void *arg))
{
    const struct fake_device device = {.read = on_read, .write = on_write, .arg = scene};

    scene->hal = fake_hal_create(&device, 0);
    scene->script = script;
    scene->num_steps = num_steps;
    scene->request[0] = 0x00005509;
    scene->request[1] = 2;
    scene->len = 2;
    mailbox_init(&scene->mailbox, scene->hal, scene->gt);
    fake_run(scene->hal, program, scene, 100 * HAL_NS_PER_S);
}

#define RUN(scene, ...)                                                                            \
    do {                                                                                           \
        static const struct step steps[] = {__VA_ARGS__};                                          \
                                                                                                   \
        run(scene, steps, ARRAY_SIZE(steps), send_it);                                             \
    } while (0)

Test(kmd_mailbox, success_gives_data0_and_all_four_registers)
{
    struct scene scene = {0};

    RUN(&scene, {.delay_ns = 5000, .reply = {0xf0000002, 0x04000000, 7, 8}});
    cr_expect_eq(scene.ret, 2);
    cr_expect_eq(scene.response[0], 0xf0000002u);
    cr_expect_eq(scene.response[1], 0x04000000u);
    cr_expect_eq(scene.response[3], 8u);
    fake_hal_destroy(scene.hal);
}

Test(kmd_mailbox, request_is_written_ascending_and_read_back_before_the_doorbell)
{
    struct scene scene = {0};

    RUN(&scene, {.delay_ns = 0, .reply = {0xf0000000, 0, 0, 0}});
    cr_expect_str_eq(scene.log, "w0w1r3d0r0r1r2r3", "%s", scene.log);
    fake_hal_destroy(scene.hal);
}

Test(kmd_mailbox, media_has_registers_of_its_own)
{
    struct scene scene = {.gt = 1};

    RUN(&scene, {.delay_ns = 5000, .reply = {0xf0000009, 0, 0, 0}});
    cr_expect_eq(scene.ret, 9);
    cr_expect_eq(fake_reg(scene.hal, VF_SW_FLAG(0)), 0u);
    fake_hal_destroy(scene.hal);
}

Test(kmd_mailbox, no_answer_is_a_timeout_after_50_ms)
{
    struct scene scene = {0};

    RUN(&scene, {.delay_ns = NEVER});
    cr_expect_eq(scene.ret, -ETIMEDOUT);
    cr_expect(scene.took >= 50 * HAL_NS_PER_MS && scene.took < 51 * HAL_NS_PER_MS);
    cr_expect_eq(scene.doorbells, 1u);
    cr_expect_eq(scene.response[0], 0u);
    fake_hal_destroy(scene.hal);
}

Test(kmd_mailbox, reply_after_40_ms_is_in_time)
{
    struct scene scene = {0};

    RUN(&scene, {.delay_ns = 40 * HAL_NS_PER_MS, .reply = {0xf0000001, 0, 0, 0}});
    cr_expect_eq(scene.ret, 1);
    fake_hal_destroy(scene.hal);
}

Test(kmd_mailbox, wiped_registers_repeat_the_request_once)
{
    struct scene scene = {0};

    RUN(&scene, {.delay_ns = 1000}, {.delay_ns = 1000, .reply = {0xf0000003, 0, 0, 0}});
    cr_expect_eq(scene.ret, 3);
    cr_expect_eq(scene.doorbells, 2u);
    fake_hal_destroy(scene.hal);
}

Test(kmd_mailbox, wiped_again_is_a_timeout)
{
    struct scene scene = {0};

    RUN(&scene, {.delay_ns = 1000});
    cr_expect_eq(scene.ret, -ETIMEDOUT);
    cr_expect_eq(scene.doorbells, 2u);
    cr_expect(scene.took >= 100 * HAL_NS_PER_MS && scene.took < 102 * HAL_NS_PER_MS);
    fake_hal_destroy(scene.hal);
}

Test(kmd_mailbox, busy_then_success_after_500_ms_is_success)
{
    struct scene scene = {0};

    RUN(&scene, {.delay_ns = 1000,
                 .reply = {0xb0000001, 0, 0, 0},
                 .later_ns = 500 * HAL_NS_PER_MS,
                 .later = 0xf0000005});
    cr_expect_eq(scene.ret, 5);
    cr_expect(scene.took >= 500 * HAL_NS_PER_MS && scene.took < 501 * HAL_NS_PER_MS);
    fake_hal_destroy(scene.hal);
}

Test(kmd_mailbox, busy_for_3_s_is_a_timeout_after_2)
{
    struct scene scene = {0};

    RUN(&scene, {.delay_ns = 1000,
                 .reply = {0xb0000001, 0, 0, 0},
                 .later_ns = 3 * HAL_NS_PER_S,
                 .later = 0xf0000005});
    cr_expect_eq(scene.ret, -ETIMEDOUT);
    cr_expect(scene.took >= 2 * HAL_NS_PER_S && scene.took < 2001 * HAL_NS_PER_MS);
    fake_hal_destroy(scene.hal);
}

Test(kmd_mailbox, failure_after_busy_is_a_failure)
{
    struct scene scene = {0};

    RUN(&scene,
        {.delay_ns = 1000, .reply = {0xb0000000, 0, 0, 0}, .later_ns = 1000, .later = 0xe0000107});
    cr_expect_eq(scene.ret, -EREMCHG);
    fake_hal_destroy(scene.hal);
}

Test(kmd_mailbox, retry_or_a_wipe_after_busy_breaks_the_rules)
{
    static const uint32_t laters[] = {0xd0000000, 0x00000000, 0x70000000};

    for (unsigned i = 0; i < ARRAY_SIZE(laters); i++) {
        struct scene scene = {0};
        const struct step step = {
            .delay_ns = 1000, .reply = {0xb0000000, 0, 0, 0}, .later_ns = 1000, .later = laters[i]};

        run(&scene, &step, 1, send_it);
        cr_expect_eq(scene.ret, -EPROTO, "0x%08x: %d", laters[i], scene.ret);
        cr_expect_eq(fake_trace_count(scene.hal, "peer_error"), 1u);
        fake_hal_destroy(scene.hal);
    }
}

Test(kmd_mailbox, vf_migrated_is_told_from_other_failures)
{
    struct scene migrated = {0};
    struct scene other = {0};

    RUN(&migrated, {.delay_ns = 1000, .reply = {0xe0000107, 0, 0, 0}});
    RUN(&other, {.delay_ns = 1000, .reply = {0xe123000a, 0, 0, 0}});
    cr_expect_eq(migrated.ret, -EREMCHG);
    cr_expect_eq(other.ret, -ENXIO);
    fake_hal_destroy(migrated.hal);
    fake_hal_destroy(other.hal);
}

Test(kmd_mailbox, retry_three_times_is_sent_four_times)
{
    struct scene scene = {0};

    RUN(&scene, {.delay_ns = 1000, .reply = {0xd0000000, 0, 0, 0}},
        {.delay_ns = 1000, .reply = {0xd0000000, 0, 0, 0}},
        {.delay_ns = 1000, .reply = {0xd0000000, 0, 0, 0}},
        {.delay_ns = 1000, .reply = {0xf0000000, 0, 0, 0}});
    cr_expect_eq(scene.ret, 0);
    cr_expect_eq(scene.doorbells, 4u);
    fake_hal_destroy(scene.hal);
}

Test(kmd_mailbox, retry_for_ever_ends)
{
    struct scene scene = {0};

    RUN(&scene, {.delay_ns = 1000, .reply = {0xd0000000, 0, 0, 0}});
    cr_expect_eq(scene.ret, -EPROTO);
    cr_expect_eq(scene.doorbells, 1001u);
    fake_hal_destroy(scene.hal);
}

Test(kmd_mailbox, answers_of_other_types_break_the_rules)
{
    static const uint32_t replies[] = {0x80005509, 0x90005509, 0xa0005509, 0xc0000000};

    for (unsigned i = 0; i < ARRAY_SIZE(replies); i++) {
        struct scene scene = {0};
        const struct step step = {.delay_ns = 1000, .reply = {replies[i], 0, 0, 0}};

        run(&scene, &step, 1, send_it);
        cr_expect_eq(scene.ret, -EPROTO, "0x%08x: %d", replies[i], scene.ret);
        fake_hal_destroy(scene.hal);
    }
}

static void send_too(void *arg)
{
    struct scene *scene = arg;

    scene->other = mailbox_send(&scene->mailbox, scene->request, scene->len, NULL);
}

static void send_twice_at_once(void *arg)
{
    struct scene *scene = arg;

    hal_spawn(scene->hal, "other", send_too, scene);
    send_it(scene);
    hal_delay(scene->hal, HAL_NS_PER_MS);
}

Test(kmd_mailbox, programs_take_turns)
{
    static const struct step steps[] = {{.delay_ns = 9000, .reply = {0xf0000001, 0, 0, 0}},
                                        {.delay_ns = 9000, .reply = {0xf0000002, 0, 0, 0}}};
    struct scene scene = {0};

    run(&scene, steps, 2, send_twice_at_once);
    cr_expect_eq(scene.ret, 1);
    cr_expect_eq(scene.other, 2);
    fake_hal_destroy(scene.hal);
}

static void self_cfg(void *arg)
{
    struct scene *scene = arg;

    scene->ret = mailbox_self_cfg(&scene->mailbox, GUC_KLV_SELF_CFG_H2G_CTB_ADDR_KEY,
                                  GUC_KLV_SELF_CFG_H2G_CTB_ADDR_LEN, 0x100a01000);
    for (uint32_t i = 0; i < 4; i++) {
        scene->response[i] = fake_reg(scene->hal, VF_SW_FLAG(i));
    }
}

Test(kmd_mailbox, self_cfg_counts_what_was_taken)
{
    static const int rets[] = {-ENOKEY, 0, -EPROTO};

    for (uint32_t i = 0; i < ARRAY_SIZE(rets); i++) {
        struct scene scene = {0};
        const struct step step = {.delay_ns = 0,
                                  .reply = {0xf0000000 | i, 0x09020002, 0x00a01000, 1}};

        run(&scene, &step, 1, self_cfg);
        cr_expect_eq(scene.ret, rets[i], "%u: %d", i, scene.ret);
        cr_expect(strncmp(scene.log, "w0w1w2w3r3d0", 12) == 0, "%s", scene.log);
        fake_hal_destroy(scene.hal);
    }
}
