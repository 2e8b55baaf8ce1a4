/* SPDX-License-Identifier: MIT */
/* Patterns of events: the list of kinds and fields against what machines really tell, against
 * docs/scenario.md, and what is said of a pattern that nothing can look like. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "firmware/guc_vf_state.h"
#include "guest/vf/vf_internal.h"
#include "host/vfio/vfio.h"
#include "host/vmm/vmm.h"
#include "sim/script/event_kinds.h"
#include "tests/system/program.h"
#include "traces/jsonl.h"

TestSuite(scenario_events, .init = work_dir_make, .fini = work_dir_remove, .timeout = 600);

static char error[ERROR_TEXT_LEN];

/* The event as a pattern that wants all its fields. */
static void expect_known(const struct event *event)
{
    struct event_term terms[16];
    unsigned count = 0;
    const cJSON *field;

    cJSON_ArrayForEach(field, event->fields)
    {
        if (strcmp(field->string, "t_ps") == 0 || strcmp(field->string, "cycle") == 0 ||
            cJSON_IsNull(field)) {
            continue;
        }
        cr_assert_lt(count, ARRAY_SIZE(terms));
        terms[count++] = (struct event_term){.name = field->string,
                                             .type = cJSON_IsNumber(field) ? HAL_INT
                                                     : cJSON_IsBool(field) ? HAL_BOOL
                                                                           : HAL_STR,
                                             .text = cJSON_GetStringValue(field)};
    }
    cr_expect_eq(event_terms_check(terms, count, error), 0, "%s: %s", event->text, error);
}

/* Runs a scenario; marks which kinds it told. */
static void expect_all_known(const char *scenario, const char *args, bool *told)
{
    char path[128];
    struct event event;
    struct event_log *log;
    FILE *in;

    cr_assert_eq(shell("%s run tests/scenarios/%s.lua %s --quiet --trace off --out %s/out",
                       gucsim_path(), scenario, args, work_dir),
                 0, "%s", shell_output);
    (void)snprintf(path, sizeof(path), "%s/out/events.jsonl", work_dir);
    in = fopen(path, "r");
    cr_assert_not_null(in);
    log = event_log_open(in, path);
    cr_assert_not_null(log);
    while (event_log_next(log, &event) == 1) {
        expect_known(&event);
        for (unsigned i = 0; event_kind_name(i); i++) {
            told[i] = told[i] || strcmp(event_kind_name(i), event.kind) == 0;
        }
    }
    cr_expect_str_empty(event_log_error(log));
    event_log_close(log);
    (void)fclose(in);
}

Test(scenario_events, every_event_of_real_runs_has_a_known_kind_and_known_fields)
{
    bool told[64] = {false};

    expect_all_known("vf_restore_refused", "", told);
    expect_all_known("vgpu_pv_ctb", "", told);
    expect_all_known("faults/message_damaged", "", told);
    for (unsigned i = 0; event_kind_name(i); i++) {
        cr_expect(told[i], "nobody tells %s", event_kind_name(i));
    }
}

static bool is_known(const char *kind, const char *field, const char *text)
{
    const struct event_term terms[] = {{"kind", HAL_STR, kind}, {field, HAL_STR, text}};

    return event_terms_check(terms, 2, error) == 0;
}

Test(scenario_events, every_state_and_step_that_there_is_can_be_asked_for)
{
    for (unsigned i = 0; guc_vf_state_names[i]; i++) {
        cr_expect(is_known("vf_state", "to", guc_vf_state_names[i]), "%s", error);
    }
    for (unsigned i = 1; vf_recovery_step_names[i]; i++) { /* 0: idle, which is no event */
        cr_expect(is_known("recovery", "step", vf_recovery_step_names[i]), "%s", error);
    }
    for (unsigned i = 0; i < VMM_STEPS; i++) {
        cr_expect(is_known("migration", "step", vmm_step_name((enum vmm_step)i)), "%s", error);
    }
    for (unsigned i = 0; i <= VFIO_DEVICE_STATE_PRE_COPY_P2P; i++) {
        cr_expect(is_known("vfio", "from", vfio_state_name((enum vfio_device_mig_state)i)), "%s",
                  error);
    }
}

/* The row of docs/scenario.md that begins with the kind, or with another one and then it. */
static bool docs_tell(const char *kind, char *row, int size)
{
    FILE *file = fopen("docs/scenario.md", "r");
    char name[32];
    bool found = false;

    cr_assert_not_null(file);
    (void)snprintf(name, sizeof(name), "`%s`", kind);
    while (!found && fgets(row, size, file)) {
        const char *at = strncmp(row, "| `", 3) == 0 ? strstr(row, name) : NULL;

        found = at && at < strchr(row + 2, '|');
    }
    (void)fclose(file);
    return found;
}

Test(scenario_events, each_kind_has_a_row_with_its_fields_in_the_reference)
{
    char row[1024], field[32];

    for (unsigned i = 0; event_kind_name(i); i++) {
        const char *at = event_kind_fields(i);

        cr_assert(docs_tell(event_kind_name(i), row, sizeof(row)), "%s", event_kind_name(i));
        while (*at && !strstr(row, "...")) { /* which ends a row that tells the main ones */
            (void)snprintf(field, sizeof(field), "%.*s", (int)strcspn(at, " #?@%="), at);
            cr_expect(strstr(row, field), "%s: %s", event_kind_name(i), field);
            at += strcspn(at, " ");
            at += strspn(at, " ");
        }
    }
}

/* ---- mistakes ------------------------------------------------------------------------------- */

/* What a watch of the pattern ends the run with. */
static void expect_mistake(const char *pattern, const char *said)
{
    char script[512];

    (void)snprintf(script, sizeof(script),
                   "local m = machine { gpus = { { name = \"a\" } } }\n"
                   "expect_none(\"x\", watch { %s })\n",
                   pattern);
    work_file("s.lua", script);
    cr_expect_eq(
        shell("%s run %s/s.lua --trace off --out %s/out 2>&1", gucsim_path(), work_dir, work_dir),
        2, "%s", pattern);
    cr_expect(strstr(shell_output, "s.lua:2: ") && strstr(shell_output, said), "%s: %s", pattern,
              shell_output);
}

Test(scenario_events, pattern_that_nothing_can_look_like_is_a_mistake)
{
    static const char *const cases[][2] = {
        {"kind = 'mmio_message'", "there is no event mmio_message, did you mean mmio_msg?"},
        {"kind = 'zzzzzz'", "there is no event zzzzzz; there are h2g, g2h,"},
        {"kind = 3", "kind is a text"},
        {"kind = 'h2g', fence_ = 3", "an event h2g has no field fence_, did you mean fence?"},
        {"kind = 'doorbell', vf = 1", "an event doorbell has no field vf; there are gpu, gt, fn"},
        {"kind = 'h2g', fn = '1'", "fn of an event h2g is a whole number"},
        {"kind = 'expect', ok = 1", "ok of an event expect is true or false"},
        {"kind = 'h2g', ev = 'got'", "no event h2g has ev = \"got\"; there are sent, taken"},
        {"kind = 'mmio_msg', name = 'VF2GUC_RESFIX_STRT'", "did you mean VF2GUC_RESFIX_START?"},
        {"kind = 'vf_state', to = 'RESFIX_BLOCKED'", "did you mean VF_RESFIX_BLOCKED?"},
        {"kind = 'pf_state', to = 'PAUSD'", "did you mean PAUSED?"},
        {"kind = 'hop', at = 'g2h_take'", "did you mean g2h_taken?"},
        {"gpu = 'b'", "gpu = \"b\": the machine has none of that name"},
        {"gpu = 'a', blub = 3", "no event looks like this"},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        expect_mistake(cases[i][0], cases[i][1]);
    }
}
