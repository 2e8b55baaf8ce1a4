/* SPDX-License-Identifier: MIT */
/* gucsim: picks the sub-command. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/cli/regress.h"
#include "traces/traces.h"

#define GUCSIM_VERSION "0.1.0"

static int help_main(int argc, char **argv);

static const struct command {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *usage;
    const char *text; /* one line */
    const char *more; /* for help COMMAND */
} commands[] = {
    {"run", run_main, "run SCENARIO.lua [OPTION]...", "runs a scenario",
     "  --out DIR            where files go (build/out/<scenario>)\n"
     "  --trace FORM         waves: vcd, vcd.gz (default) or off; last=TIME: only the last TIME "
     "or\n"
     "                       twice that, and only when the run fails\n"
     "  --trace-scope GLOB   waves of these signals alone, by full name; several with commas\n"
     "  --trace-from TIME    waves from there on, --trace-to TIME: up to there\n"
     "  --seed N             of math.random (1)\n"
     "  --set KEY=VALUE      sets a key; 'gucsim list SCENARIO' shows them\n"
     "  --until TIME         ends the run early: 10us, 2.5ms, 1s\n"
     "  --no-skip            evaluates every cycle; slow, same files\n"
     "  --skip-check N       evaluates the first and last N cycles of each idle time that is\n"
     "                       skipped; fails if anything happens in them\n"
     "  --verify-skip        runs twice, with and without skipping idle time, and compares\n"
     "  --quiet              prints failures alone\n"
     "exit: 0 all expectations hold; 1 one does not, or time was up; 2 bad usage, input or "
     "script;\n"
     "      3 nothing can ever happen again, or no event came for long; 130 interrupted\n"},
    {"serve", serve_main, "serve SCENARIO.lua --vf N --socket PATH [OPTION]...",
     "runs a scenario whose VM N is a VMM in another process",
     "A VMM attaches VF N over vfio-user; the scenario gives it to its N-th VM. Again --vf and\n"
     "--socket: one more guest.\n"
     "  --pace N             virtual seconds a second at most (1); 0: as fast as can be\n"
     "  --record FILE        writes the session, for replay\n"
     "  --vectors N          of MSI-X; 0: one MSI (0)\n"
     "  --map-ggtt on|off    the guest may map its GGTT entries (off)\n"
     "and the options of run. Exit: as run\n"},
    {"replay", replay_main, "replay FILE [OPTION]...",
     "plays a recorded session again, without its VMM",
     "  --loose              the machine may be of another speed: only what registers answer is\n"
     "                       compared, earlier or a little later\n"
     "and the options of run; scenario, seed and keys are the session's.\n"
     "exit: as run, and 1 when the machine's answers are others than recorded\n"},
    {"timeline", timeline_main, "timeline DIR [OPTION]...", "draws the sequence chart of a run",
     "  --format FORM        ascii (default), svg, perfetto: Chrome trace JSON, or ftrace: as the\n"
     "                       tracepoints of the xe driver\n"
     "  --all                every message, not only control and recovery of VFs\n"
     "  --vf N               only VF N\n"
     "  --gpu NAME           only this GPU\n"
     "  --gt N               only this GT: 0 main, 1 media\n"
     "  --from TIME          from this time on: 10us, 2.5ms, 1s\n"
     "  --to TIME            up to this time\n"
     "  --width N            columns of the drawing; 0: as many as it needs\n"
     "exit: 0, or 2 for trouble\n"},
    {"diff", diff_main, "diff [OPTION]... A B", "compares two VCDs, event logs or runs",
     "  --map a=b            scope (or GPU) a of A is b of B\n"
     "  --ignore GLOB        leaves out signals, or events by place and kind: 'src.gt0.h2g'\n"
     "  --select GLOB        compares only these\n"
     "  --rules FILE         such words, line by line\n"
     "  --from, --to TIME    window: 10us, 2.5ms, 1s\n"
     "  --skew TIME          what is apart by no more than this counts as equal\n"
     "  --shift TIME         added to the times of B\n"
     "  --order-only         the order of changes and events alone\n"
     "  --clock SIGNAL       values count only when this signal rises\n"
     "  --when COND          and only while SIGNAL, SIGNAL=N or SIGNAL!=N holds\n"
     "  --glitch TIME        marks a difference that lasts no longer\n"
     "  --x-any, --x-is-z    unknown bits equal anything; x and z are equal\n"
     "  --limit N            differences told one by one (10)\n"
     "  --names FILE         names of values (names.json beside each VCD)\n"
     "  --format FORM        text (default) or json\n"
     "exit: 0 same, 1 different, 2 trouble\n"},
    {"profile", profile_main, "profile [--compare A] DIR [OPTION]...",
     "shows where the time of messages and migrations goes",
     "  --format FORM        text (default), json or csv; svg or png: plots, by gnuplot\n"
     "  --by WHAT            hop, action, fn or gt; each action with its hops without it\n"
     "  --action NAME        only this action, by name or number\n"
     "  --fn N               only this function, 0: PF\n"
     "  --from, --to TIME    messages begun in this window: 10us, 2.5ms, 1s\n"
     "  --compare            takes two runs, shows what differs, what moved most first\n"
     "  --max-regress P%     with it: exit 1 when a mean grew by more than P percent\n"
     "exit: 0, 1 beyond the gate, 2 trouble\n"},
    {"report", report_main, "report DIR", "writes the page of a run, DIR/report.html",
     "One page without a network: verdict, sequence chart to zoom and filter, downtime, latency,\n"
     "rings and credits, configuration.\n"
     "exit: 0, or 2 for trouble\n"},
    {"image", image_main, "image FILE", "prints a VF's migration stream or a vGPU's image",
     "exit: 0 good, 1 bad image, 2 trouble\n"},
    {"regress", regress_main, "regress [OPTION]... [PATH]...",
     "runs scenarios and compares with traces/golden/",
     "Without a path: all of tests/scenarios. A golden holds the order of messages and states.\n"
     "  -j N                 runs at a time (one a processor)\n"
     "  --tag NAME           only scenarios with '-- tags: NAME ...' in them\n"
     "  --shard I/N          the I-th of N parts\n"
     "  --repeat N           runs each N times; all must leave the same bytes\n"
     "  --junit FILE         also writes JUnit XML\n"
     "  --bless              writes goldens of the paths, and shows what changed\n"
     "  --coverage           counts states, arcs and actions of all runs, and names the holes\n"
     "  --golden DIR         where goldens are (traces/golden)\n"
     "  --out DIR            where files of runs go (build/out/regress)\n"
     "  --timeout S          wall time of a run, in seconds; a safety net (300)\n"
     "exit: 0 all good, 1 one is not, 2 trouble, 130 interrupted\n"},
    {"sweep", sweep_main, "sweep SCENARIO.lua --set KEY=A..B/STEP [OPTION]...",
     "runs a scenario over ranges of keys, finds the smallest point that fails",
     "  --set KEY=A..B/STEP  a range, with a unit if the key has one: 1us..9us/2us; up to 4\n"
     "  --set KEY=VALUE      as for run; the key 'seed' is the run's seed\n"
     "  -j N                 runs at a time (one a processor)\n"
     "  --out DIR            where files of runs go (build/out/sweep)\n"
     "  --timeout S          wall time of a run, in seconds; a safety net (300)\n"
     "exit: 0 all points hold, 1 one does not, 2 trouble, 130 interrupted\n"},
    {"list", list_main, "list [SCENARIO.lua]", "shows scenarios, or the keys that one lets you set",
     "exit: 0, or 2 for trouble\n"},
    {"help", help_main, "help [COMMAND]", "shows this, or more of one command", "exit: 0\n"},
};

static const struct command *command_find(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static int command_unknown(const char *name)
{
    const char *names[ARRAY_SIZE(commands)];
    const char *near;

    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        names[i] = commands[i].name;
    }
    near = nearest_name(name, names, ARRAY_SIZE(commands));
    (void)fprintf(stderr, "gucsim: no command %s%s%s%s; see 'gucsim help'\n", name,
                  near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
    return EXIT_TROUBLE;
}

static void usage_print(FILE *to)
{
    (void)fprintf(to, "usage: gucsim COMMAND ...\n\n");
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        (void)fprintf(to, "  %-32s %s\n", commands[i].usage, commands[i].text);
    }
    (void)fprintf(to, "  %-32s %s\n", "--version", "prints the version");
}

static int help_main(int argc, char **argv)
{
    const struct command *command;

    if (argc < 2) {
        usage_print(stdout);
        return EXIT_HOLDS;
    }
    command = command_find(argv[1]);
    if (!command) {
        return command_unknown(argv[1]);
    }
    (void)printf("usage: gucsim %s\n%s.\n\n%s", command->usage, command->text, command->more);
    return EXIT_HOLDS;
}

/* What a command printed has to have arrived, whatever it says of itself. */
static int command_run(const struct command *command, int argc, char **argv)
{
    int ret = command->main(argc, argv);

    if (fflush(stdout) != 0 || ferror(stdout)) {
        (void)fprintf(stderr, "gucsim %s: standard output: %s\n", command->name, strerror(errno));
        return EXIT_TROUBLE;
    }
    return ret;
}

int main(int argc, char **argv)
{
    const struct command *command;

    if (argc < 2) {
        usage_print(stderr);
        return EXIT_TROUBLE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("gucsim " GUCSIM_VERSION "\n");
        return EXIT_HOLDS;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        return help_main(argc - 1, argv + 1);
    }
    command = command_find(argv[1]);
    return command ? command_run(command, argc - 1, argv + 1) : command_unknown(argv[1]);
}
