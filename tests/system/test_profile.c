/* SPDX-License-Identifier: MIT */
/* Profile and Chrome trace of the main job: every message's hops add up, slices nest, arrows join.
 * GUCSIM names the program; 'make test' sets it. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traces/profile_stats.h"
#include "traces/traces.h"

static char out_dir[64];

static void run_scenario(void)
{
    const char *program = getenv("GUCSIM");
    char command[512];

    (void)snprintf(out_dir, sizeof(out_dir), "/tmp/gucsim-test-XXXXXX");
    cr_assert_not_null(mkdtemp(out_dir));
    (void)snprintf(command, sizeof(command),
                   "%s run tests/scenarios/vf_restore.lua --quiet --trace off --out %s",
                   program ? program : "build/gucsim", out_dir);
    cr_assert_eq(system(command), 0);
}

static void remove_out_dir(void)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s", out_dir);
    cr_expect_eq(system(command), 0);
}

TestSuite(profile_of_vf_restore, .init = run_scenario, .fini = remove_out_dir);

/* Runs a shell command line in which %s is the program and out_dir. */
static int shell(const char *format)
{
    const char *program = getenv("GUCSIM");
    char command[1024];
    int status;

    (void)snprintf(command, sizeof(command), format, program ? program : "build/gucsim", out_dir);
    status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- pictures -------------------------------------------------------------------------------- */

Test(profile_of_vf_restore, pictures_are_valid)
{
    cr_expect_eq(shell("%s timeline --format svg %s | xmllint --noout -"), 0);
    cr_expect_eq(shell("%s profile --format svg %s | xmllint --noout -"), 0);
    cr_expect_eq(shell("%s profile --format png %s | head -c 4 | grep -q PNG"), 0);
}

/* ---- comparison ------------------------------------------------------------------------------ */

static void run_again(const char *options)
{
    char format[256];

    (void)snprintf(format, sizeof(format),
                   "%%s run tests/scenarios/vf_restore.lua --quiet %s --out %%s/again", options);
    cr_assert_eq(shell(format), 0, "%s", options);
}

/* Whatever action it is, the hop that is to blame comes first. */
Test(profile_of_vf_restore, slower_handler_comes_first_and_fails_the_gate, .timeout = 600)
{
    static const char *const actions[] = {"PF2GUC_SAVE_RESTORE_VF", "SCHED_CONTEXT",
                                          "VF2GUC_RESFIX_DONE", "TLB_INVALIDATION"};
    char text[256];

    for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
        (void)snprintf(text, sizeof(text), "--trace off --set guc.slow=%s+100", actions[i]);
        run_again(text);
        (void)snprintf(text, sizeof(text),
                       "(%%s profile --compare %%s %s/again; true) | sed -n 4p | "
                       "grep -q '%s  *handler_ended '",
                       out_dir, actions[i]);
        cr_expect_eq(shell(text), 0, "%s", actions[i]);
        (void)snprintf(text, sizeof(text),
                       "%%s profile --compare %%s %s/again --max-regress 0%%%% > /dev/null",
                       out_dir);
        cr_expect_eq(shell(text), 1, "%s", actions[i]);
    }
}

Test(profile_of_vf_restore, waves_change_no_time)
{
    char text[192];

    run_again("--trace vcd.gz");
    (void)snprintf(text, sizeof(text), "true %%s; cmp %%s/events.jsonl %s/again/events.jsonl",
                   out_dir);
    cr_expect_eq(shell(text), 0);
    (void)snprintf(text, sizeof(text),
                   "%%s profile --compare %%s %s/again --max-regress 0%%%% > /dev/null", out_dir);
    cr_expect_eq(shell(text), 0);
}

/* ---- a log of tracepoints -------------------------------------------------------------------- */

#define SEQUENCE "grep -o 'H2G CTB.*len=[0-9]*'"

Test(profile_of_vf_restore, replayed_log_gives_the_same_messages_in_order)
{
    char text[512];

    (void)snprintf(text, sizeof(text),
                   "%%s timeline --format ftrace --gpu src --vf 1 --gt 0 %%s > %s/log.txt",
                   out_dir);
    cr_assert_eq(shell(text), 0);
    (void)snprintf(text, sizeof(text),
                   "%%s run tests/scenarios/ctb/replay.lua --quiet --trace off --out %%s/replay "
                   "--set log=%s/log.txt",
                   out_dir);
    cr_assert_eq(shell(text), 0);
    (void)snprintf(text, sizeof(text),
                   "%%s timeline --format ftrace --vf 1 %%s/replay | " SEQUENCE " > %s/seen && "
                   "[ $(wc -l < %s/seen) -gt 50 ] && " SEQUENCE " %s/log.txt | cmp - %s/seen",
                   out_dir, out_dir, out_dir, out_dir);
    cr_expect_eq(shell(text), 0);
}

/* ---- hops ------------------------------------------------------------------------------------ */

/* From where to where a message of this run goes; no fire-and-forget message is refused in it. */
static void ends_of(const struct profile_message *message, uint64_t *first, uint64_t *last)
{
    if (message->kind == PROFILE_G2H) {
        *first = message->at[TRACE_HOP_G2H_BEGUN];
        *last = message->at[TRACE_HOP_G2H_TAKEN];
        return;
    }
    *first =
        message->at[message->kind == PROFILE_PV ? TRACE_HOP_TAIL_PUBLISHED : TRACE_HOP_ENTERED];
    *last = message->at[message->request ? TRACE_HOP_RETURNED : TRACE_HOP_HANDLER_ENDED];
}

/* Returns how many messages came to their end. */
static size_t check_hops(const char *dir)
{
    char error[PROFILE_ERROR] = "";
    struct profile profile;
    struct profile_path path;
    size_t checked = 0;

    cr_assert_eq(profile_read_dir(dir, &profile, error), 0, "%s", error);
    for (size_t i = 0; i < profile.num_messages; i++) {
        const struct profile_message *message = &profile.messages[i];
        uint64_t first, last, sum = 0;

        if (!profile_path(&profile, message, &path)) {
            cr_expect(message->part, "message %zu has no end", i);
            continue;
        }
        for (unsigned hop = 0; hop < TRACE_NUM_HOPS; hop++) {
            sum += path.hops[hop] == PROFILE_NEVER ? 0 : path.hops[hop];
        }
        ends_of(message, &first, &last);
        cr_expect_eq(sum, path.total, "message %zu", i);
        cr_expect_eq(path.start, first, "message %zu", i);
        cr_expect_eq(path.total, last - first, "message %zu", i);
        checked++;
    }
    profile_free(&profile);
    return checked;
}

Test(profile_of_vf_restore, hops_of_every_message_add_up_to_its_total)
{
    cr_expect_gt(check_hops(out_dir), 500u);
}

Test(profile_of_vf_restore, hops_of_every_pv_message_add_up_to_its_total)
{
    char dir[96];

    cr_assert_eq(shell("%s run tests/scenarios/vgpu_pv_ctb.lua --quiet --trace off --out %s/pv"),
                 0);
    (void)snprintf(dir, sizeof(dir), "%s/pv", out_dir);
    cr_expect_gt(check_hops(dir), 500u);
}

Test(profile_of_vf_restore, migration_recovers_on_both_gts)
{
    char error[PROFILE_ERROR] = "";
    struct profile profile;

    cr_assert_eq(profile_read_dir(out_dir, &profile, error), 0, "%s", error);
    cr_assert_eq(profile.num_migrations, 1u);
    cr_expect(profile.migrations[0].arrived);
    for (unsigned gt = 0; gt < PROFILE_GTS; gt++) {
        const struct profile_recovery *recovery = &profile.migrations[0].gts[gt];
        uint64_t sum = 0;

        cr_expect(recovery->seen && recovery->ended, "GT %u", gt);
        for (unsigned step = 0; step < PROFILE_NUM_STEPS; step++) {
            sum += recovery->steps[step];
        }
        cr_expect_eq(sum, recovery->end - profile.migrations[0].start, "GT %u", gt);
        cr_expect_gt(recovery->steps[PROFILE_FIXUPS], 0u);
    }
    profile_free(&profile);
}

/* ---- Chrome trace ---------------------------------------------------------------------------- */

struct slice {
    double tid, start, end;
};

struct slices {
    struct slice *list;
    size_t count;
};

static double number(const cJSON *event, const char *key)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(event, key));
}

static char phase(const cJSON *event)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, "ph"))[0];
}

/* In picoseconds: exact in a double. */
static double ps(const cJSON *event, const char *key)
{
    return round(number(event, key) * 1e6);
}

static cJSON *chrome_trace(char *dir)
{
    char file[96];
    char *arguments[] = {"timeline", "--format", "perfetto", dir, NULL};
    static char text[16 << 20];
    FILE *in;
    size_t length;
    cJSON *json;

    (void)snprintf(file, sizeof(file), "%s/trace.json", dir);
    cr_assert_not_null(freopen(file, "w", stdout));
    cr_assert_eq(timeline_main(4, arguments), 0);
    cr_assert_eq(fflush(stdout), 0);
    in = fopen(file, "r");
    cr_assert_not_null(in);
    length = fread(text, 1, sizeof(text) - 1, in);
    text[length] = '\0';
    (void)fclose(in);
    json = cJSON_Parse(text);
    cr_assert_not_null(json);
    return json;
}

static struct slices slices_of(const cJSON *events)
{
    struct slices slices = {calloc((size_t)cJSON_GetArraySize(events), sizeof(struct slice)), 0};
    const cJSON *event;

    cr_assert_not_null(slices.list);
    cJSON_ArrayForEach(event, events)
    {
        if (phase(event) == 'X') {
            double start = ps(event, "ts");

            slices.list[slices.count++] =
                (struct slice){number(event, "tid"), start, start + ps(event, "dur")};
        }
    }
    return slices;
}

/* They come by track and time, wholes before their parts. */
static void check_slices(char *dir)
{
    cJSON *json = chrome_trace(dir);
    struct slices slices = slices_of(cJSON_GetObjectItemCaseSensitive(json, "traceEvents"));

    cr_expect_gt(slices.count, 1000u);
    for (size_t i = 0; i < slices.count; i++) {
        for (size_t j = i + 1; j < slices.count && slices.list[j].tid == slices.list[i].tid &&
                               slices.list[j].start < slices.list[i].end;
             j++) {
            cr_expect(slices.list[j].start >= slices.list[i].start &&
                          slices.list[j].end <= slices.list[i].end,
                      "slices %zu and %zu cross", i, j);
        }
    }
    free(slices.list);
    cJSON_Delete(json);
}

static bool holds(const struct slices *slices, double tid, double at)
{
    for (size_t i = 0; i < slices->count; i++) {
        const struct slice *slice = &slices->list[i];

        if (slice->tid == tid && slice->start <= at && at < slice->end) {
            return true;
        }
    }
    return false;
}

static void check_arrows(char *dir)
{
    static unsigned char seen[65536];
    cJSON *json = chrome_trace(dir);
    const cJSON *events = cJSON_GetObjectItemCaseSensitive(json, "traceEvents");
    struct slices slices = slices_of(events);
    size_t ended = 0;
    const cJSON *event;

    cJSON_ArrayForEach(event, events)
    {
        size_t id = (size_t)number(event, "id") % ARRAY_SIZE(seen);

        switch (phase(event)) {
        case 's':
            cr_expect_eq(seen[id]++, 0);
            break;
        case 't':
            cr_expect_eq(seen[id]++, 1);
            break;
        case 'f':
            cr_expect(seen[id] == 1 || seen[id] == 2);
            seen[id] = 0;
            ended++;
            break;
        default:
            continue;
        }
        cr_expect(holds(&slices, number(event, "tid"), ps(event, "ts")), "arrow %zu ends nowhere",
                  id);
    }
    cr_expect_gt(ended, 500u);
    for (size_t id = 0; id < ARRAY_SIZE(seen); id++) {
        cr_expect_eq(seen[id], 0, "arrow %zu has no end", id);
    }
    free(slices.list);
    cJSON_Delete(json);
}

Test(profile_of_vf_restore, slices_of_the_chrome_trace_nest)
{
    check_slices(out_dir);
}

Test(profile_of_vf_restore, arrows_of_the_chrome_trace_join_slices)
{
    check_arrows(out_dir);
}

Test(profile_of_vf_restore, pv_messages_nest_and_join_in_a_chrome_trace)
{
    char dir[96];

    cr_assert_eq(shell("%s run tests/scenarios/vgpu_pv_ctb.lua --quiet --trace off --out %s/pv"),
                 0);
    (void)snprintf(dir, sizeof(dir), "%s/pv", out_dir);
    check_slices(dir);
    check_arrows(dir);
}
