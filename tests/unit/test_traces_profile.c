/* SPDX-License-Identifier: MIT */
/* Profile: paths of single messages, exact percentiles, steps of a migration, comparison, and logs
 * that no machine wrote. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "traces/profile_stats.h"

/* ---- a log, line by line --------------------------------------------------------------------- */

static char *text;
static size_t text_size;
static FILE *lines;

static void log_begin(void)
{
    lines = open_memstream(&text, &text_size);
    cr_assert_not_null(lines);
}

static void log_end(void)
{
    (void)fclose(lines);
    free(text);
}

/* One event of GPU src, main GT. */
static void at(unsigned ns, const char *kind, const char *format, ...)
{
    va_list args;

    (void)fprintf(lines, "{\"t_ps\":%u000,\"cycle\":%u,\"gpu\":\"src\",\"gt\":0,\"kind\":\"%s\",",
                  ns, ns, kind);
    va_start(args, format);
    (void)vfprintf(lines, format, args);
    va_end(args);
    (void)fputs("}\n", lines);
}

static void hop(unsigned ns, const char *of, unsigned pos, unsigned call, const char *name)
{
    at(ns, "hop", "\"of\":\"%s\",\"fn\":0,\"epoch\":%u,\"pos\":%u,\"call\":%u,\"at\":\"%s\"", of,
       call && pos == 99 ? 0 : 1, pos, call, name);
}

static void message(unsigned ns, const char *kind, const char *ev, unsigned pos, const char *hxg)
{
    at(ns, kind,
       "\"ev\":\"%s\",\"fn\":0,\"epoch\":1,\"pos\":%u,\"fence\":7,\"type\":\"request\","
       "\"action\":4660,\"name\":\"DO_IT\",\"len\":1,\"hxg\":\"%s\"",
       ev, pos, hxg);
}

/* A request from call to return; handling takes `works` ns. */
static void request(unsigned t, unsigned works)
{
    hop(t, "h2g", 99, 1, "entered");
    hop(t + 1, "h2g", 0, 1, "payload_written");
    message(t + 1, "h2g", "sent", 0, "00001234");
    hop(t + 1, "h2g", 0, 1, "doorbell_left");
    at(t + 201, "doorbell", "\"fn\":0");
    hop(t + 231, "h2g", 0, 0, "guc_sees");
    hop(t + 240, "h2g", 0, 0, "turn_begun");
    hop(t + 300, "h2g", 0, 0, "desc_fetched");
    hop(t + 400, "h2g", 0, 0, "payload_fetched");
    message(t + 410, "h2g", "taken", 0, "00001234");
    hop(t + 410 + works, "h2g", 0, 0, "handler_ended");
    hop(t + 410 + works, "g2h", 0, 0, "g2h_begun");
    hop(t + 420 + works, "g2h", 0, 0, "g2h_written");
    message(t + 430 + works, "g2h", "sent", 0, "f0000000");
    hop(t + 431 + works, "g2h", 0, 0, "irq_raised");
    at(t + 500 + works, "irq", "\"fn\":0,\"source\":\"msi0\"");
    message(t + 600 + works, "g2h", "taken", 0, "f0000000");
    hop(t + 600 + works, "h2g", 0, 1, "matched");
    hop(t + 650 + works, "h2g", 0, 1, "returned");
}

static void read_log(struct profile *profile)
{
    char error[PROFILE_ERROR] = "";
    FILE *in;

    (void)fflush(lines);
    in = fmemopen(text, text_size, "r");
    cr_assert_not_null(in);
    cr_assert_eq(profile_read(in, "log", profile, error), 0, "%s", error);
    (void)fclose(in);
}

static const struct profile_options all = {.fn = -1, .to = UINT64_MAX};

TestSuite(profile, .init = log_begin, .fini = log_end);

/* A PV message of a vGPU from its guest's ring to when the guest sees the fence. */
static void pv(unsigned ns, unsigned vgpu, const char *ev, unsigned fence)
{
    bool guests = strcmp(ev, "sent") == 0 || strcmp(ev, "seen") == 0 || strcmp(ev, "timeout") == 0;

    at(ns, "pv",
       "\"vgpu\":%u,\"ev\":\"%s\",\"fence\":%u,\"status\":0,\"action\":3,\"name\":%s,\"fn\":%u",
       guests ? 0 : vgpu, ev, fence, guests ? "null" : "\"BIND\"", 56 + vgpu);
}

static void pv_message(unsigned t, unsigned vgpu, unsigned fence)
{
    pv(t, vgpu, "sent", fence);
    at(t + 1, "trap",
       "\"fn\":%u,\"ev\":\"exit\",\"write\":true,\"addr\":493592,\"size\":4,\"value\":9",
       56 + vgpu);
    pv(t + 100, vgpu, "trap", fence);
    pv(t + 130, vgpu, "exec", fence);
    pv(t + 150, vgpu, "done", fence);
    pv(t + 200, vgpu, "seen", fence);
}

Test(profile, pv_message_has_hops_of_its_own)
{
    struct profile profile;
    struct profile_path path;

    pv_message(1000, 1, 7);
    read_log(&profile);
    cr_assert_eq(profile.num_messages, 1u);
    cr_assert(profile_path(&profile, &profile.messages[0], &path));
    cr_expect_eq(profile.messages[0].fn, 1u);
    cr_expect_str_eq(profile.names.names[profile.messages[0].name], "BIND");
    cr_expect_eq(path.total, 200000u);
    cr_expect_eq(path.hops[TRACE_HOP_DOORBELL_ARRIVED], 1000u);
    cr_expect_eq(path.hops[TRACE_HOP_PAYLOAD_FETCHED], 99000u);
    cr_expect_eq(path.hops[TRACE_HOP_HANDLER_STARTED], 30000u);
    cr_expect_eq(path.hops[TRACE_HOP_HANDLER_ENDED], 20000u);
    cr_expect_eq(path.hops[TRACE_HOP_RETURNED], 50000u);
    cr_expect_str_eq(profile_point_name(PROFILE_PV, TRACE_HOP_RETURNED), "guest_sees");
    profile_free(&profile);
}

Test(profile, pv_messages_of_two_guests_with_one_fence_stay_apart)
{
    struct profile profile;
    struct profile_path path;

    pv(1000, 1, "sent", 7);
    pv(1010, 2, "sent", 7);
    pv(1020, 2, "trap", 7);
    pv(1030, 1, "trap", 7);
    pv(1040, 1, "exec", 7);
    pv(1050, 2, "exec", 7);
    pv(1060, 1, "done", 7);
    pv(1070, 2, "done", 7);
    pv(1100, 2, "seen", 7);
    pv(1200, 1, "seen", 7);
    read_log(&profile);
    cr_assert_eq(profile.num_messages, 2u);
    for (size_t i = 0; i < 2; i++) {
        cr_assert(profile_path(&profile, &profile.messages[i], &path));
        cr_expect_eq(profile.messages[i].fn, i + 1);
        cr_expect_eq(path.total, i ? 90000u : 200000u);
        cr_expect_eq(profile.messages[i].at[TRACE_HOP_HANDLER_STARTED], i ? 1050000u : 1040000u);
    }
    profile_free(&profile);
}

Test(profile, pv_message_given_up_does_not_take_the_next_ones_end)
{
    struct profile profile;
    struct profile_path path;

    pv(1000, 1, "sent", 7);
    pv(1500, 1, "timeout", 7);
    pv_message(2000, 1, 8);
    pv(3000, 0, "trap", 7);
    read_log(&profile);
    cr_assert_eq(profile.num_messages, 2u);
    cr_expect_not(profile_path(&profile, &profile.messages[0], &path));
    cr_expect(profile_path(&profile, &profile.messages[1], &path));
    profile_free(&profile);
}

/* ---- paths ----------------------------------------------------------------------------------- */

Test(profile, hops_of_a_request_add_up_from_call_to_return)
{
    struct profile profile;
    struct profile_path path;
    uint64_t sum = 0;

    request(1000, 50);
    read_log(&profile);
    cr_assert_eq(profile.num_messages, 2u, "the answer is kept too");
    cr_assert(profile_path(&profile, &profile.messages[0], &path));
    cr_expect_not(profile_path(&profile, &profile.messages[1], &path), "counted with its request");
    cr_assert(profile_path(&profile, &profile.messages[0], &path));
    cr_expect_eq(path.start, 1000000u);
    cr_expect_eq(path.total, 700000u);
    for (unsigned i = 0; i < TRACE_NUM_HOPS; i++) {
        sum += path.hops[i] == PROFILE_NEVER ? 0 : path.hops[i];
    }
    cr_expect_eq(sum, path.total);
    cr_expect_eq(path.hops[TRACE_HOP_DOORBELL_ARRIVED], 200000u);
    cr_expect_eq(path.hops[TRACE_HOP_HANDLER_ENDED], 50000u);
    cr_expect_eq(path.hops[TRACE_HOP_IRQ_ARRIVED], 69000u);
    cr_expect_eq(path.hops[TRACE_HOP_RETURNED], 50000u);
    profile_free(&profile);
}

Test(profile, doorbell_that_came_too_late_is_not_on_the_path)
{
    struct profile profile;
    struct profile_path path;

    hop(0, "h2g", 0, 1, "payload_written");
    message(0, "h2g", "sent", 0, "20001234");
    hop(0, "h2g", 0, 1, "doorbell_left");
    hop(10, "h2g", 0, 0, "guc_sees");
    hop(20, "h2g", 0, 0, "desc_fetched");
    message(30, "h2g", "taken", 0, "20001234");
    hop(40, "h2g", 0, 0, "handler_ended");
    at(200, "doorbell", "\"fn\":0");
    read_log(&profile);
    cr_assert(profile_path(&profile, &profile.messages[0], &path));
    cr_expect_eq(path.total, 40000u);
    cr_expect_eq(path.hops[TRACE_HOP_DOORBELL_ARRIVED], PROFILE_NEVER);
    cr_expect_eq(path.hops[TRACE_HOP_GUC_SEES], 10000u);
    profile_free(&profile);
}

Test(profile, message_that_nobody_took_has_no_path)
{
    struct profile_stats stats;
    struct profile profile;

    hop(0, "h2g", 99, 1, "entered");
    hop(5, "h2g", 0, 1, "payload_written");
    message(5, "h2g", "sent", 0, "00001234");
    read_log(&profile);
    cr_assert_eq(profile_stats(&profile, &all, &stats), 0);
    cr_expect_eq(stats.num_messages, 0u);
    cr_expect_eq(stats.unfinished, 1u);
    profile_stats_free(&stats);
    profile_free(&profile);
}

Test(profile, wait_for_room_is_a_hop)
{
    struct profile profile;
    struct profile_path path;

    hop(0, "h2g", 99, 1, "entered");
    hop(1000, "h2g", 99, 1, "waited_room");
    hop(1000, "h2g", 0, 1, "payload_written");
    message(1000, "h2g", "sent", 0, "20001234");
    message(1300, "h2g", "taken", 0, "20001234");
    hop(1400, "h2g", 0, 0, "handler_ended");
    read_log(&profile);
    cr_assert(profile_path(&profile, &profile.messages[0], &path));
    cr_expect_eq(path.total, 1400000u);
    cr_expect_eq(path.hops[TRACE_HOP_WAITED_ROOM], 1000000u);
    profile_free(&profile);
}

/* ---- statistics ------------------------------------------------------------------------------ */

/* A message that nobody waits for, taken `waits` ns after its tail. */
static void note_to_guc(unsigned t, unsigned pos, unsigned waits)
{
    message(t, "h2g", "sent", pos, "20001234");
    message(t + waits, "h2g", "taken", pos, "20001234");
    hop(t + waits + 50, "h2g", pos, 0, "handler_ended");
}

Test(profile, a_wait_beyond_the_usual_is_a_stall_and_names_what_was_handled)
{
    struct profile_stats stats;
    struct profile profile;

    note_to_guc(0, 0, 10);
    note_to_guc(100, 3, 10);
    note_to_guc(200, 6, 10);
    message(300, "h2g", "sent", 9, "20001234");
    message(300, "h2g", "sent", 12, "20001234");
    message(310, "h2g", "taken", 9, "20001234");
    hop(900, "h2g", 9, 0, "handler_ended");
    message(910, "h2g", "taken", 12, "20001234");
    hop(950, "h2g", 12, 0, "handler_ended");
    read_log(&profile);
    cr_assert_eq(profile_stats(&profile, &all, &stats), 0);
    cr_assert_eq(stats.num_stalls, 1u, "those that waited as usual are none");
    cr_expect_eq(stats.stalls[0].message, &profile.messages[4]);
    cr_expect_eq(stats.stalls[0].hop, TRACE_HOP_HANDLER_STARTED);
    cr_expect_eq(stats.stalls[0].start, 300000u);
    cr_expect_eq(stats.stalls[0].ps, 610000u);
    cr_expect_eq(stats.stalls[0].usual, 10000u);
    cr_expect_eq(stats.stalls[0].others, 1u);
    cr_expect_eq(stats.stalls[0].busiest, &profile.messages[3]);
    cr_expect_eq(stats.stalls[0].busiest_ps, 590000u);
    profile_stats_free(&stats);
    profile_free(&profile);
}

Test(profile, only_the_worst_stalls_are_kept_worst_first)
{
    struct profile_stats stats;
    struct profile profile;

    for (unsigned i = 0; i < 2 * PROFILE_STALLS + 1; i++) {
        note_to_guc(1000 * i, 3 * i, i <= PROFILE_STALLS ? 10 : 10 + 10 * i);
    }
    note_to_guc(100000, 3000, 10);
    note_to_guc(101000, 3003, 500);
    read_log(&profile);
    cr_assert_eq(profile_stats(&profile, &all, &stats), 0);
    cr_assert_eq(stats.num_stalls, PROFILE_STALLS);
    cr_expect_eq(stats.stalls[0].ps, 500000u);
    for (unsigned i = 1; i < PROFILE_STALLS; i++) {
        cr_expect_eq(stats.stalls[i].ps, 1000u * (10 + 10 * (2 * PROFILE_STALLS + 1 - i)));
    }
    profile_stats_free(&stats);
    profile_free(&profile);
}

Test(profile, rings_tell_the_most_and_the_mean_in_use)
{
    struct profile_stats stats;
    struct profile profile;

    note_to_guc(0, 0, 100); /* 2 dwords of 100 ns: its header and 1 */
    note_to_guc(50, 2, 50);
    message(200, "h2g", "sent", 4, "20001234");
    message(300, "h2g", "taken", 4, "20001234");
    read_log(&profile);
    cr_assert_eq(profile_stats(&profile, &all, &stats), 0);
    cr_assert_eq(stats.rings.count, 1u);
    cr_expect_str_eq(stats.rings.series[0].name, "src.pf.gt0");
    cr_expect_eq(stats.rings.series[0].most, 4u);
    cr_expect_float_eq(series_mean(&stats.rings.series[0]), 500.0 / 300.0, 1e-9);
    profile_stats_free(&stats);
    profile_free(&profile);
}

Test(profile, percentiles_are_samples)
{
    uint64_t values[1000];
    struct profile_samples samples = {.values = values, .count = 1000};

    for (unsigned i = 0; i < 1000; i++) {
        values[i] = i + 1;
    }
    cr_expect_eq(profile_percentile(&samples, 0), 1u);
    cr_expect_eq(profile_percentile(&samples, 500), 500u);
    cr_expect_eq(profile_percentile(&samples, 999), 999u);
    cr_expect_eq(profile_percentile(&samples, 1000), 1000u);
    samples.count = 3;
    cr_expect_eq(profile_percentile(&samples, 500), 2u);
    cr_expect_eq(profile_percentile(&samples, 990), 3u);
    samples.count = 0;
    cr_expect_eq(profile_percentile(&samples, 500), 0u);
}

Test(profile, options_select_messages)
{
    static const struct {
        struct profile_options options;
        size_t messages;
    } cases[] = {
        {{.fn = -1, .to = UINT64_MAX}, 1},
        {{.fn = 0, .to = UINT64_MAX}, 1},
        {{.fn = 1, .to = UINT64_MAX}, 0},
        {{.fn = -1, .action = "DO_IT", .to = UINT64_MAX}, 1},
        {{.fn = -1, .action = "0x1234", .to = UINT64_MAX}, 1},
        {{.fn = -1, .action = "ELSE", .to = UINT64_MAX}, 0},
        {{.fn = -1, .from = 1000000, .to = 1000000}, 1},
        {{.fn = -1, .from = 1000001, .to = UINT64_MAX}, 0},
        {{.fn = -1, .to = 999999}, 0},
    };
    struct profile profile;

    request(1000, 50);
    read_log(&profile);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct profile_stats stats;

        cr_assert_eq(profile_stats(&profile, &cases[i].options, &stats), 0);
        cr_expect_eq(stats.num_messages, cases[i].messages, "case %zu", i);
        profile_stats_free(&stats);
    }
    profile_free(&profile);
}

/* ---- migrations ------------------------------------------------------------------------------ */

static void other(unsigned ns, const char *kind, const char *fields)
{
    (void)fprintf(lines,
                  "{\"t_ps\":%u000,\"cycle\":%u,\"gpu\":\"dst\",\"gt\":0,\"kind\":\"%s\",%s}\n", ns,
                  ns, kind, fields);
}

static void step(unsigned ns, const char *name)
{
    char fields[64];

    (void)snprintf(fields, sizeof(fields), "\"vf\":1,\"step\":\"%s\"", name);
    other(ns, "recovery", fields);
}

static void vfio(unsigned ns, const char *gpu, const char *from, const char *to)
{
    (void)fprintf(lines,
                  "{\"t_ps\":%u000,\"cycle\":%u,\"gpu\":\"%s\",\"gt\":null,\"kind\":\"vfio\","
                  "\"dev\":\"%s.vf1\",\"from\":\"%s\",\"to\":\"%s\"}\n",
                  ns, ns, gpu, gpu, from, to);
}

static void migration(void)
{
    at(100, "pf_state", "\"vf\":1,\"from\":\"READY\",\"to\":\"PAUSE_SEND_PAUSE\"");
    at(110, "vf_state", "\"vf\":1,\"from\":\"VF_RUNNING\",\"to\":\"VF_RUNNING_PAUSING\"");
    at(150, "vf_state", "\"vf\":1,\"from\":\"VF_RUNNING_PAUSING\",\"to\":\"VF_RUNNING_PAUSED\"");
    vfio(160, "src", "STOP", "STOP_COPY");
    vfio(300, "src", "STOP_COPY", "STOP");
    other(340, "pf_state", "\"vf\":1,\"from\":\"READY\",\"to\":\"PAUSE_SEND_PAUSE\"");
    vfio(350, "dst", "STOP", "RESUMING");
    vfio(500, "dst", "RESUMING", "STOP");
    vfio(500, "dst", "STOP", "RUNNING_P2P");
    vfio(530, "dst", "RUNNING_P2P", "RUNNING");
    step(540, "irq");
    step(541, "start");
    step(550, "query");
    step(560, "fixups");
    step(580, "restart");
    step(590, "resfix_done");
    step(600, "ended");
    other(660, "job", "\"fn\":1,\"ctx\":0,\"engine\":\"rcs0\",\"ev\":\"complete\"");
}

Test(profile, steps_of_a_migration_follow_each_other)
{
    static const uint64_t expected[PROFILE_NUM_STEPS] = {20, 40, 140, 40, 160, 30, 10,
                                                         1,  9,  10,  20, 10,  10, 60};
    const struct profile_migration *migrated;
    struct profile profile;
    uint64_t sum = 0;

    migration();
    read_log(&profile);
    cr_assert_eq(profile.num_migrations, 1u);
    migrated = &profile.migrations[0];
    cr_expect(migrated->arrived && migrated->gts[0].ended);
    cr_expect_eq(migrated->resume - migrated->start, 430000u);
    for (unsigned i = 0; i < PROFILE_NUM_STEPS; i++) {
        cr_expect_eq(migrated->gts[0].steps[i], expected[i] * 1000, "%s",
                     profile_step_name((enum profile_step)i));
        sum += migrated->gts[0].steps[i];
    }
    cr_expect_eq(sum, migrated->gts[0].end - migrated->start);
    profile_free(&profile);
}

Test(profile, migration_that_fails_did_not_arrive)
{
    struct profile profile;

    vfio(160, "src", "STOP", "STOP_COPY");
    vfio(300, "src", "STOP_COPY", "STOP");
    vfio(350, "dst", "STOP", "RESUMING");
    vfio(400, "dst", "RESUMING", "ERROR");
    vfio(500, "src", "STOP", "RUNNING_P2P");
    read_log(&profile);
    cr_assert_eq(profile.num_migrations, 1u);
    cr_expect_not(profile.migrations[0].arrived);
    profile_free(&profile);
}

/* ---- comparison ------------------------------------------------------------------------------ */

static void stats_of(unsigned works, struct profile_stats *stats)
{
    struct profile profile;

    log_end();
    log_begin();
    request(1000, works);
    read_log(&profile);
    cr_assert_eq(profile_stats(&profile, &all, stats), 0);
    profile_free(&profile);
}

Test(profile, slower_handler_comes_first_and_fails_the_gate)
{
    char *told = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&told, &size);
    struct profile_stats a, b;
    const char *first;

    stats_of(50, &a);
    stats_of(150, &b);
    cr_expect_eq(profile_compare(out, &a, &b, 0), 1);
    (void)fflush(out);
    first = strstr(told, "h2g DO_IT");
    cr_assert_not_null(first);
    cr_expect_eq(
        strncmp(strstr(first, "  ") + strspn(strstr(first, "  "), " "), "handler_ended", 13), 0,
        "%s", told);
    cr_expect_eq(profile_compare(out, &a, &b, 250), 0, "200 %% of the hop, 14 %% of the total");
    cr_expect_eq(profile_compare(out, &a, &b, -1), 0, "no gate");
    cr_expect_eq(profile_compare(out, &b, &a, 0), 0, "faster is no regression");
    (void)fclose(out);
    free(told);
    profile_stats_free(&a);
    profile_stats_free(&b);
}

/* ---- hostile logs ---------------------------------------------------------------------------- */

Test(profile, times_that_run_backwards_do_no_harm)
{
    struct profile profile;
    struct profile_path path;

    message(500, "h2g", "sent", 0, "00001234");
    message(100, "h2g", "taken", 0, "00001234");
    hop(50, "h2g", 0, 0, "handler_ended");
    message(40, "g2h", "sent", 0, "f0000000");
    message(30, "g2h", "taken", 0, "f0000000");
    read_log(&profile);
    cr_expect_not(profile_path(&profile, &profile.messages[0], &path));
    profile_free(&profile);
}

Test(profile, steps_without_a_beginning_do_no_harm)
{
    struct profile profile;

    hop(1, "h2g", 4000000000u, 7, "returned");
    hop(2, "mmio_msg", 3, 0, "g2h_written");
    hop(3, "nonsense", 3, 9, "matched");
    hop(4, "g2h", 3, 0, "no_such_hop");
    at(5, "doorbell", "\"fn\":63");
    at(6, "irq", "\"fn\":63,\"source\":\"msi0\"");
    at(7, "mmio_msg",
       "\"ev\":\"reply\",\"fn\":2,\"id\":0,\"action\":1,\"name\":null,\"hxg\":\"f0000000\"");
    step(8, "ended");
    vfio(9, "dst", "RESUMING", "STOP");
    vfio(10, "", "", "STOP_COPY");
    other(11, "job", "\"fn\":1,\"ctx\":0,\"engine\":null,\"ev\":\"complete\"");
    read_log(&profile);
    profile_free(&profile);
}

Test(profile, names_that_would_need_quoting_are_made_plain)
{
    struct profile profile;

    at(1, "h2g",
       "\"ev\":\"sent\",\"fn\":0,\"epoch\":1,\"pos\":0,\"fence\":7,\"type\":\"request\","
       "\"action\":1,\"name\":\"a\\\"b,<c>\\n\",\"len\":1,\"hxg\":\"00000001\"");
    read_log(&profile);
    cr_expect_str_eq(profile.names.names[0], "a?b??c??");
    profile_free(&profile);
}

Test(profile, too_many_gpus_are_refused)
{
    char error[PROFILE_ERROR] = "";
    struct profile profile;
    FILE *in;

    for (unsigned i = 0; i <= PROFILE_MAX_GPUS; i++) {
        (void)fprintf(lines, "{\"t_ps\":1,\"cycle\":1,\"gpu\":\"g%u\",\"gt\":0,\"kind\":\"x\"}\n",
                      i);
    }
    (void)fflush(lines);
    in = fmemopen(text, text_size, "r");
    cr_assert_not_null(in);
    cr_expect_eq(profile_read(in, "log", &profile, error), -E2BIG);
    cr_expect_str_eq(error, "log:17: too many GPUs or names of actions");
    (void)fclose(in);
}

Test(profile, damaged_line_is_named)
{
    char error[PROFILE_ERROR] = "";
    struct profile profile;
    FILE *in;

    request(1000, 50);
    (void)fputs("{\"t_ps\":", lines);
    (void)fflush(lines);
    in = fmemopen(text, text_size, "r");
    cr_assert_not_null(in);
    cr_expect_eq(profile_read(in, "log", &profile, error), -EINVAL);
    cr_expect_not_null(strstr(error, "log:20"), "%s", error);
    (void)fclose(in);
}
