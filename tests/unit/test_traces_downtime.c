/* SPDX-License-Identifier: MIT */
/* Profile of a migration whose guest's driver tells nothing: its recovery is told by what the
 * device sees of it. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/profile_stats.h"

static void event(FILE *out, unsigned ns, const char *gpu, const char *rest)
{
    (void)fprintf(out, "{\"t_ps\":%u000,\"cycle\":%u,\"gpu\":\"%s\",\"gt\":0,%s}\n", ns, ns, gpu,
                  rest);
}

static void vfio(FILE *out, unsigned ns, const char *gpu, const char *from, const char *to)
{
    char rest[128];

    (void)snprintf(rest, sizeof(rest),
                   "\"kind\":\"vfio\",\"dev\":\"%s.vf1\",\"from\":\"%s\",\"to\":\"%s\"", gpu, from,
                   to);
    event(out, ns, gpu, rest);
}

static void mailbox(FILE *out, unsigned ns, const char *ev, unsigned action, const char *hxg)
{
    char rest[160];

    (void)snprintf(rest, sizeof(rest),
                   "\"kind\":\"mmio_msg\",\"ev\":\"%s\",\"fn\":1,\"id\":0,\"action\":%u,"
                   "\"name\":null,\"hxg\":\"%s\"",
                   ev, action, hxg);
    event(out, ns, "dst", rest);
}

static void moved(FILE *out)
{
    vfio(out, 160, "src", "STOP", "STOP_COPY");
    vfio(out, 300, "src", "STOP_COPY", "STOP");
    vfio(out, 350, "dst", "STOP", "RESUMING");
    vfio(out, 500, "dst", "RESUMING", "STOP");
    vfio(out, 530, "dst", "STOP", "RUNNING");
}

static void job(FILE *out, unsigned ns)
{
    event(out, ns, "dst",
          "\"kind\":\"job\",\"fn\":1,\"ctx\":0,\"engine\":\"rcs0\",\"ev\":\"complete\"");
}

/* The profile of a move and of what write adds. */
static void profile_of(void (*write)(FILE *out), struct profile *profile)
{
    char error[PROFILE_ERROR], *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size), *in;

    cr_assert_not_null(out);
    moved(out);
    write(out);
    (void)fclose(out);
    in = fmemopen(text, size, "r");
    cr_assert_not_null(in);
    cr_assert_eq(profile_read(in, "log", profile, error), 0, "%s", error);
    (void)fclose(in);
    free(text);
}

/* The steps from the interrupt on. */
static void expect(void (*write)(FILE *out), const uint64_t expected[PROFILE_NUM_STEPS], bool ended)
{
    struct profile profile;
    const struct profile_recovery *gt;

    profile_of(write, &profile);
    cr_assert_eq(profile.num_migrations, 1u);
    gt = &profile.migrations[0].gts[0];
    cr_expect(gt->seen);
    cr_expect_eq(gt->ended, ended);
    cr_expect_not(profile.migrations[0].gts[1].seen);
    for (unsigned i = PROFILE_INTERRUPT; i < PROFILE_NUM_STEPS; i++) {
        cr_expect_eq(gt->steps[i], expected[i] * 1000, "%s: %" PRIu64,
                     profile_step_name((enum profile_step)i), gt->steps[i]);
    }
    profile_free(&profile);
}

static void moved_again(FILE *out)
{
    event(out, 540, "dst", "\"kind\":\"irq\",\"fn\":1,\"source\":\"msi0\"");
    mailbox(out, 560, "request", 0x550f, "0001550f");
    mailbox(out, 565, "reply", 0x550f, "f0000000");
    mailbox(out, 570, "request", 0x5503, "00005503");
    mailbox(out, 580, "reply", 0x5503, "f0000000");
    mailbox(out, 620, "request", 0x5508, "00015508");
    mailbox(out, 640, "reply", 0x5508, "b0000000");
    mailbox(out, 650, "reply", 0x5508, "e0000107");
    mailbox(out, 653, "request", 0x550f, "0002550f");
    mailbox(out, 655, "reply", 0x550f, "f0000000");
    mailbox(out, 655, "request", 0x5508, "00025508");
    mailbox(out, 660, "reply", 0x5508, "f0000000");
    job(out, 710);
}

Test(profile_downtime, driver_that_tells_no_steps_is_told_by_its_messages)
{
    static const uint64_t expected[PROFILE_NUM_STEPS] = {
        [PROFILE_INTERRUPT] = 10, [PROFILE_TURN] = 20 + 3, [PROFILE_RESFIX_START] = 5 + 2,
        [PROFILE_QUERIES] = 15,   [PROFILE_FIXUPS] = 40,   [PROFILE_RESFIX_DONE] = 30 + 5,
        [PROFILE_FIRST_JOB] = 50};

    expect(moved_again, expected, true);
}

/* Its interrupt comes before the VFIO device runs. */
static void never_done(FILE *out)
{
    mailbox(out, 560, "request", 0x550f, "0001550f");
    mailbox(out, 565, "reply", 0x550f, "f0000000");
    mailbox(out, 580, "request", 0x5508, "00015508");
    mailbox(out, 590, "reply", 0x5508, "e0000107");
}

Test(profile_downtime, recovery_without_its_end_has_not_ended)
{
    static const uint64_t expected[PROFILE_NUM_STEPS] = {[PROFILE_TURN] = 30,
                                                         [PROFILE_RESFIX_START] = 5,
                                                         [PROFILE_FIXUPS] = 15,
                                                         [PROFILE_RESFIX_DONE] = 10};

    expect(never_done, expected, false);
}

/* A driver that tells its steps: what a message told before is forgotten. */
static void tells(FILE *out)
{
    mailbox(out, 535, "reply", 0x5508, "e0000107");
    event(out, 540, "dst", "\"kind\":\"recovery\",\"vf\":1,\"step\":\"irq\"");
    event(out, 550, "dst", "\"kind\":\"recovery\",\"vf\":1,\"step\":\"start\"");
    mailbox(out, 560, "request", 0x5508, "00015508");
    event(out, 570, "dst", "\"kind\":\"recovery\",\"vf\":1,\"step\":\"ended\"");
    job(out, 580);
}

Test(profile_downtime, driver_that_tells_its_steps_is_believed)
{
    static const uint64_t expected[PROFILE_NUM_STEPS] = {[PROFILE_INTERRUPT] = 10,
                                                         [PROFILE_TURN] = 10,
                                                         [PROFILE_RESFIX_START] = 20,
                                                         [PROFILE_FIRST_JOB] = 10};

    expect(tells, expected, true);
}

/* ---- two runs -------------------------------------------------------------------------------- */

static void nothing(FILE *out)
{
    (void)out;
}

/* The VF moves back, and is down for 40 ns longer than the first time. */
static void back(FILE *out)
{
    vfio(out, 600, "dst", "STOP", "STOP_COPY");
    vfio(out, 700, "dst", "STOP_COPY", "STOP");
    vfio(out, 710, "src", "STOP", "RESUMING");
    vfio(out, 800, "src", "RESUMING", "STOP");
    vfio(out, 1010, "src", "STOP", "RUNNING");
}

static void back_sooner(FILE *out)
{
    vfio(out, 600, "dst", "STOP", "STOP_COPY");
    vfio(out, 700, "dst", "STOP_COPY", "STOP");
    vfio(out, 710, "src", "STOP", "RESUMING");
    vfio(out, 800, "src", "RESUMING", "STOP");
    vfio(out, 970, "src", "STOP", "RUNNING");
}

/* Compares what two write, in this order, and wants a text (NULL: none at all). Returns how many
 * times were beyond the gate. */
static size_t compared(void (*a)(FILE *out), void (*b)(FILE *out), double gate, const char *wanted)
{
    struct profile profiles[2];
    char *text = NULL;
    size_t size = 0, beyond;
    FILE *out = open_memstream(&text, &size);

    cr_assert_not_null(out);
    profile_of(a, &profiles[0]);
    profile_of(b, &profiles[1]);
    beyond = profile_compare_migrations(out, &profiles[0], &profiles[1], gate);
    (void)fclose(out);
    cr_expect(wanted ? strstr(text, wanted) != NULL : !*text, "%s", text);
    free(text);
    profile_free(&profiles[0]);
    profile_free(&profiles[1]);
    return beyond;
}

Test(profile_downtime, longer_downtime_fails_the_gate)
{
    cr_expect_eq(compared(back, back, 0, NULL), 0);
    cr_expect_eq(compared(back_sooner, back, 10, "+10.81%  REGRESSED"), 1);
    cr_expect_eq(compared(back_sooner, back, 11, "+10.81%\n"), 0);
    cr_expect_eq(compared(back_sooner, back, -1, "dst.vf1 -> src.vf1               down"), 0);
    cr_expect_eq(compared(back, back_sooner, 0, "-9.76%"), 0);
}

/* The way back begins and never ends. */
static void lost(FILE *out)
{
    vfio(out, 600, "dst", "STOP", "STOP_COPY");
    vfio(out, 700, "dst", "STOP_COPY", "STOP");
}

Test(profile_downtime, migration_that_does_not_arrive_any_more_fails_the_gate)
{
    cr_expect_eq(compared(back, lost, 10, "did not arrive in B  REGRESSED"), 1);
    cr_expect_eq(compared(back, lost, -1, "did not arrive in B\n"), 0);
    cr_expect_eq(compared(lost, back, 10, "did not arrive in A\n"), 0);
    cr_expect_eq(compared(back, nothing, 10, "A has 2 migrations, B has 1  REGRESSED"), 1);
    cr_expect_eq(compared(back, nothing, -1, "A has 2 migrations, B has 1\n"), 0);
    cr_expect_eq(compared(nothing, back, 10, "A has 1 migrations, B has 2\n"), 0);
}

Test(profile_downtime, migration_that_is_not_recovered_from_any_more_fails_the_gate)
{
    cr_expect_eq(compared(moved_again, never_done, 10, "gt0 did not recover in B  REGRESSED"), 1);
    cr_expect_eq(compared(moved_again, never_done, -1, "gt0 did not recover in B\n"), 0);
    cr_expect_eq(compared(never_done, moved_again, 10, "gt0 did not recover in A\n"), 0);
    cr_expect_eq(compared(never_done, never_done, 10, NULL), 0);
}
