/* SPDX-License-Identifier: MIT */
/* The chart of world B: logs written by hand, and what it makes of them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "traces/timeline.h"

#define LINE(us, kind, fields)                                                                     \
    "{\"t_ps\":" #us "000000,\"cycle\":" #us "000,\"gpu\":\"src\",\"gt\":null,\"kind\":\"" kind    \
    "\"," fields "}\n"
#define PV(us, vgpu, ev)                                                                           \
    LINE(us, "pv",                                                                                 \
         "\"vgpu\":" #vgpu ",\"ev\":\"" ev                                                         \
         "\",\"fence\":7,\"status\":0,\"action\":0,\"name\":\"DEFAULT\",\"fn\":58")
#define ACCESS(us, ev, addr, value)                                                                \
    LINE(us, "trap",                                                                               \
         "\"fn\":58,\"ev\":\"" ev "\",\"write\":true,\"addr\":" #addr                              \
         ",\"size\":4,\"value\":" #value)
#define JOB(us, fn, ev)                                                                            \
    LINE(us, "job", "\"fn\":" #fn ",\"ctx\":5,\"engine\":\"rcs0\",\"ev\":\"" ev "\"")

static const char message[] = JOB(0, 0, "switch_in") PV(1, 0, "sent") ACCESS(2, "exit", 493592, 9)
    ACCESS(3, "exit", 4096, 1) PV(4, 2, "trap") PV(5, 2, "exec") PV(6, 2, "done")
        ACCESS(7, "served", 493592, 9) PV(8, 0, "seen") JOB(9, 58, "switch_in")
            JOB(10, 0, "switch_in") JOB(11, 0, "switch_out") JOB(12, 58, "complete");

static char error[256];
static uint64_t rows;

static char *draw(const char *log, const struct timeline_options *options, int wanted)
{
    FILE *in = fmemopen((void *)(uintptr_t)log, strlen(log), "r");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    cr_assert(in && out);
    cr_expect_eq(timeline_vgpu(in, "log", options, &(struct timeline_vgpu_out){out, &rows}, error,
                               sizeof(error)),
                 wanted);
    cr_assert_eq(fclose(out), 0);
    (void)fclose(in);
    return text;
}

Test(timeline_vgpu, a_message_goes_from_guest_to_mediator_and_back)
{
    static const char *const wanted[] = {
        "  o           |           |           |  src: vGPU 2 fence 7 DEFAULT in the ring",
        "  |---------->|           |           |  src: vGPU 2 writes g2v_notify: PV message "
        "0x78818",
        "  |           |---------->|           |  src: vGPU 2 fence 7 DEFAULT taken out",
        "  |           |           o           |  src: vGPU 2 fence 7 DEFAULT executed",
        "  |<----------------------|           |  src: vGPU 2 fence 7 DEFAULT fence written",
        "  |<----------------------|           |  src: vGPU 2 goes on",
        "  o           |           |           |  src: vGPU 2 fence 7 DEFAULT fence seen",
        "  |           |           o           |  src: vGPU 2 context 5 on rcs0: begins",
        "  |           |           |---------->|  src: rcs0 runs shadow context 5",
        "  |           |           |<----------|  src: rcs0 has left shadow context 5",
        "  |<----------------------|           |  src: vGPU 2 context 5 on rcs0: complete",
    };
    const struct timeline_options options = {.vf = -1, .gt = -1, .to_ps = UINT64_MAX};
    char *text = draw(message, &options, 0);
    char *at = text;

    cr_expect_eq(rows, ARRAY_SIZE(wanted), "other registers and what was before are left out");
    for (size_t n = 0; n < ARRAY_SIZE(wanted); n++) {
        at = strstr(at, wanted[n]);
        cr_assert(at, "row %zu: %s\n%s", n, wanted[n], text);
    }
    free(text);
}

Test(timeline_vgpu, all_shows_every_register_and_a_window_its_part)
{
    struct timeline_options options = {.vf = -1, .gt = -1, .to_ps = UINT64_MAX, .all = true};
    char *text = draw(message, &options, 0);

    cr_expect_eq(rows, 12);
    cr_expect(strstr(text, "writes register 0x1000"));
    free(text);
    options.from_ps = 4000000;
    options.to_ps = 5000000;
    free(draw(message, &options, 0));
    cr_expect_eq(rows, 2);
    options.gpu = "dst";
    free(draw(message, &options, 0));
    cr_expect_eq(rows, 0);
}

Test(timeline_vgpu, engines_notifications_tables_and_the_vmm_are_named)
{
    static const char *const wanted[] = {
        "  |---------->|           |           |  src: vGPU 2 writes vcs0 ELSP 0x12230",
        "  |---------->|           |           |  src: vGPU 2 writes g2v_notify: root of 4 levels "
        "0x78818",
        "  |---------------------->|           |  src: vGPU 2 writes page table 0x203008",
        "  |           |           o           |  VMM: vm1 migrates: init_data_sent, round 2, 99 "
        "bytes",
    };
    const struct timeline_options options = {.vf = -1, .gt = -1, .to_ps = UINT64_MAX};
    char *text = draw(
        ACCESS(1, "exit", 74288, 5) ACCESS(2, "exit", 493592, 4) ACCESS(
            3, "table", 2109448,
            0) "{\"t_ps\":4000000,\"cycle\":4000,\"gpu\":null,\"gt\":null,\"kind\":\"migration\","
               "\"vm\":\"vm1\",\"step\":\"init_data_sent\",\"round\":2,\"dirty\":0,\"bytes\":99}\n",
        &options, 0);

    cr_expect_eq(rows, ARRAY_SIZE(wanted));
    for (size_t n = 0; n < ARRAY_SIZE(wanted); n++) {
        cr_expect(strstr(text, wanted[n]), "row %zu: %s\n%s", n, wanted[n], text);
    }
    free(text);
}

Test(timeline_vgpu, log_without_traps_is_not_drawn)
{
    const struct timeline_options options = {.vf = -1, .gt = -1, .to_ps = UINT64_MAX};
    char *text = draw(JOB(1, 0, "switch_in") JOB(2, 58, "complete"), &options, 0);

    cr_expect_eq(rows, 0);
    cr_expect_eq(*text, '\0');
    free(text);
}

Test(timeline_vgpu, broken_log_is_told)
{
    const struct timeline_options options = {.vf = -1, .gt = -1, .to_ps = UINT64_MAX};

    free(draw("{\"t_ps\":\n", &options, -EINVAL));
    cr_expect(strstr(error, "log:1"));
}
