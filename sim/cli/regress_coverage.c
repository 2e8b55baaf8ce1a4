/* SPDX-License-Identifier: MIT */
/* regress --coverage: what the runs together went through of the GuC's and the PF's state machines
 * and of all actions, and what of it none went through. */
#include <inttypes.h>

#include "firmware/guc.h"
#include "host/pf/pf.h"
#include "sim/cli/regress.h"
#include "sim/machine/machine.h"
#include "traces/traces.h"

#define MAX_ACTIONS 0x10000u

/* Arcs that change nothing are not told by events, so they are left out. */
static void print_vf_arcs(const struct coverage *coverage, FILE *to)
{
    unsigned arcs = 0, taken = 0;
    struct guc_vf_arc arc;

    (void)fprintf(to, "\nstate of a VF in the GuC, arcs by (state, event):\n");
    for (; guc_vf_arc_at(arcs, &arc); arcs++) {
        uint64_t times = coverage_times(coverage, "vf_state", arc.from, arc.to);

        taken += times > 0;
        (void)fprintf(to, "  %-9s%-18s %-12s -> %-18s %8" PRIu64 "\n", times ? "" : "hole",
                      arc.from, arc.event, arc.to, times);
    }
    (void)fprintf(to, "  %u of %u arcs taken\n", taken, arcs);
}

static void print_pf_states(const struct coverage *coverage, FILE *to)
{
    unsigned taken = 0, states = 0;

    (void)fprintf(to, "\nstates of the PF's control of a VF, entered:\n");
    for (; pf_control_state_names[states]; states++) {
        const char *name = pf_control_state_names[states];
        uint64_t times = coverage_times(coverage, "pf_state", NULL, name);

        taken += times > 0;
        (void)fprintf(to, "  %-9s%-24s %8" PRIu64 "\n", times ? "" : "hole", name, times);
    }
    (void)fprintf(to, "  %u of %u states entered\n", taken, states);
}

static void print_unseen_actions(const struct coverage *coverage, FILE *to)
{
    unsigned known = 0, seen = 0;

    for (uint32_t action = 0; action < MAX_ACTIONS; action++) {
        const char *name = machine_action_name((uint16_t)action, false);

        if (!name) {
            continue;
        }
        known++;
        if (coverage_times(coverage, "action", name, NULL)) {
            seen++;
        } else {
            (void)fprintf(to, "  hole     %s\n", name);
        }
    }
    (void)fprintf(to, "  %u of %u named actions seen\n", seen, known);
}

void regress_print_coverage(struct coverage *coverage, FILE *to)
{
    print_vf_arcs(coverage, to);
    print_pf_states(coverage, to);
    coverage_print(coverage, "vfio", "migration states of VFs, arcs", to);
    coverage_print(coverage, "recovery", "steps of recovery", to);
    coverage_print(coverage, "action",
                   "actions by the state of the VF that they came from or went to", to);
    print_unseen_actions(coverage, to);
}
