/* SPDX-License-Identifier: MIT */
/* Usage and options of the commands: see help.h. */
#include "sim/cli/help.h"

#include <string.h>

#include "sim/cli/cli.h"

#define MAX_OPTIONS 32u
#define MAX_WORD    64u

static const struct help {
    const char *name;
    const char *words; /* for the list of all */
    const char *usage;
    const char *text; /* one line */
    const char *more;
} helps[] = {
    {"run", "SCENARIO", "run SCENARIO [OPTION]...", "runs a scenario",
     "SCENARIO: a Lua file, or its name as 'gucsim list' shows it.\n"
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
    {"sweep", "SCENARIO", "sweep SCENARIO --set KEY=A..B/STEP [OPTION]...",
     "runs a scenario over ranges of keys, finds the smallest point that fails",
     "  --set KEY=A..B/STEP  a range, with units if the key has one: 1us..9us/500ns; up to 4\n"
     "  --set KEY=VALUE      as for run; the key 'seed' is the run's seed\n"
     "  --trace FORM         waves of the runs, as for run (off); last=TIME: of failing ones\n"
     "  -j N                 runs at a time (one a processor)\n"
     "  --out DIR            where files of runs go (build/out/sweep), a folder a point\n"
     "  --timeout S          wall time of a run, in seconds; a safety net (300)\n"
     "exit: 0 all points hold, 1 one does not, 2 trouble, 130 interrupted\n"},
    {"regress", "[PATH]...", "regress [OPTION]... [PATH]...",
     "runs scenarios and compares with traces/golden/",
     "PATH: scenarios and folders of them (all of tests/scenarios). A golden holds the order of\n"
     "messages and states; 'docs/scenario.md' says how a scenario asks for something else.\n"
     "  -j N                 runs at a time (one a processor)\n"
     "  --tag NAME           only scenarios with '-- tags: NAME ...' in them\n"
     "  --shard I/N          the I-th of N parts\n"
     "  --repeat N           runs each N times; all must leave the same bytes\n"
     "  --junit FILE         also writes JUnit XML\n"
     "  --bless              writes goldens of the paths, and shows what changed\n"
     "  --trace FORM         waves of the runs, as for run (off); last=TIME: of failing ones\n"
     "  --coverage           counts states, arcs and actions of all runs, and names the holes\n"
     "  --golden DIR         where goldens are (traces/golden)\n"
     "  --out DIR            where files of runs go (build/out/regress)\n"
     "  --timeout S          wall time of a run, in seconds; a safety net (300)\n"
     "exit: 0 all good, 1 one is not, 2 trouble, 130 interrupted\n"},
    {"list", "[SCENARIO]", "list [--names] [SCENARIO | FOLDER]",
     "shows scenarios, or the keys that one lets you set",
     "  --names              names alone, for programs\n"
     "exit: 0, or 2 for trouble\n"},
    {"serve", "SCENARIO", "serve SCENARIO --vf N --socket PATH [OPTION]...",
     "runs a scenario whose VM N is a VMM in another process",
     "A VMM attaches VF N over vfio-user; the scenario gives it to its N-th VM. Again --vf and\n"
     "--socket: one more guest.\n"
     "  --pace N             virtual seconds a second at most (1); 0: as fast as can be\n"
     "  --record FILE        writes the session, for replay\n"
     "  --vectors N          of MSI-X; 0: one MSI (0)\n"
     "  --settle US          virtual time for which a doorbell is not answered (0)\n"
     "  --map-ggtt on|off    the guest may map its GGTT entries (off)\n"
     "and the options of run. Exit: as run\n"},
    {"replay", "FILE", "replay FILE [OPTION]...", "plays a recorded session again, without its VMM",
     "  --loose              the machine may be of another speed: each access waits for what it\n"
     "                       came after, and only what registers answer is compared\n"
     "and the options of run; scenario, seed and keys are the session's.\n"
     "exit: as run, and 1 when the machine's answers are others than recorded\n"},
    {"report", "DIR", "report DIR", "writes the page of a run, DIR/report.html",
     "One page without a network: verdict, sequence chart to zoom and filter, downtime, latency,\n"
     "rings and credits, configuration.\n"
     "exit: 0, or 2 for trouble\n"},
    {"timeline", "DIR", "timeline DIR [OPTION]...", "draws the sequence chart of a run",
     "PF, GuC and VF; of a run with vGPUs: guest, trap, mediator, GPU.\n"
     "  --format FORM        ascii (default), svg, perfetto: Chrome trace JSON, or ftrace: as the\n"
     "                       tracepoints of the xe driver\n"
     "  --all                every message, not only control and recovery of VFs\n"
     "  --vf N               only VF N\n"
     "  --gpu NAME           only this GPU\n"
     "  --gt N               only this GT: 0 main, 1 media\n"
     "  --from, --to TIME    window: 10us, 2.5ms, 1s\n"
     "  --width N            columns of the drawing; 0: as many as it needs\n"
     "exit: 0, or 2 for trouble\n"},
    {"profile", "DIR", "profile DIR [OPTION]...\n       gucsim profile --compare A B [OPTION]...",
     "shows where the time of messages and migrations goes",
     "  --format FORM        text (default), json or csv; svg or png: plots, by gnuplot\n"
     "  --table TABLE        of csv: messages (default), stalls or rings\n"
     "  --by WHAT            hop, action, fn or gt; each action with its hops without it\n"
     "  --action NAME        only this action, by name or number\n"
     "  --fn N               only this function, 0: PF\n"
     "  --from, --to TIME    messages begun in this window: 10us, 2.5ms, 1s\n"
     "  --compare            takes two runs, shows what differs, what moved most first\n"
     "  --max-regress P%     with it: exit 1 when a mean or a downtime grew by more than P "
     "percent\n"
     "exit: 0, 1 beyond the gate, 2 trouble\n"},
    {"diff", "A B", "diff [OPTION]... A B", "compares two runs, VCDs or event logs",
     "A and B: directories of runs, VCDs (plain or gz) or event logs (.jsonl). The first\n"
     "divergence comes first.\n"
     "  --map a=b            scope (or GPU) a of A is b of B; 'a=' takes the scope away\n"
     "  --ignore GLOB        leaves out signals, or events by place and kind: 'src.gt0.h2g'\n"
     "  --select GLOB        compares only these; * and ? stand for anything, a scope for all in "
     "it\n"
     "  --rules FILE         lines 'map a=b', 'ignore GLOB', 'select GLOB'; # begins a remark\n"
     "  --from, --to TIME    window: 10us, 2.5ms, 1s\n"
     "  --skew TIME          what is apart by no more than this counts as equal\n"
     "  --shift TIME         added to the times of B; may be negative\n"
     "  --order-only         the order of changes of each signal, or of all events, alone\n"
     "  --clock SIGNAL       values count only when this signal rises, in A or in B\n"
     "  --when COND          and only while SIGNAL, SIGNAL=N or SIGNAL!=N holds; all given\n"
     "  --glitch TIME        marks a difference that lasts no longer\n"
     "  --x-any, --x-is-z    unknown bits equal anything; x and z are equal\n"
     "  --limit N            differences told one by one (10)\n"
     "  --names FILE         names of values (names.json beside each VCD)\n"
     "  --format FORM        text (default) or json\n"
     "exit: 0 same, 1 different, 2 trouble\n"},
    {"image", "FILE", "image FILE", "prints a VF's migration stream or a vGPU's image",
     "Packet by packet, or record by record, and QEMU's words around them when it is what went\n"
     "over a link (vmm.migrate { keep = ... }), with what is wrong in it.\n"
     "exit: 0 good, 1 bad image, 2 trouble\n"},
    {"help", "[COMMAND]", "help [COMMAND]", "shows this, or more of one command", "exit: 0\n"},
};

void help_print_all(FILE *to)
{
    (void)fprintf(to, "usage: gucsim COMMAND ...\n\n");
    for (unsigned i = 0; i < ARRAY_SIZE(helps); i++) {
        (void)fprintf(to, "  %-8s %-11s %s\n", helps[i].name, helps[i].words, helps[i].text);
    }
    (void)fprintf(to, "  %-20s prints the version\n\n", "--version");
    (void)fprintf(to, "'gucsim help COMMAND' or 'gucsim COMMAND --help' tells more of one.\n");
}

bool help_print(const char *command, FILE *to)
{
    for (unsigned i = 0; i < ARRAY_SIZE(helps); i++) {
        if (strcmp(helps[i].name, command) == 0) {
            (void)fprintf(to, "usage: gucsim %s\n%s.\n\n%s", helps[i].usage, helps[i].text,
                          helps[i].more);
            return true;
        }
    }
    return false;
}

void option_refused(const char *command, int option, char **argv, const struct option *options)
{
    const char *word = argv[optind - 1];
    const char *names[MAX_OPTIONS];
    const char *near = NULL;
    char name[MAX_WORD];
    unsigned count = 0;

    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
    for (; count < MAX_OPTIONS && options[count].name; count++) {
        names[count] = options[count].name;
    }
    if (option == '?' && strncmp(name, "--", 2) == 0) {
        near = nearest_name(name + 2, names, count);
    }
    (void)fprintf(stderr, "gucsim %s: %s: %s%s%s%s; see 'gucsim help %s'\n", command, name,
                  option == ':' ? "its value is missing" : "no such option",
                  near ? ", did you mean --" : "", near ? near : "", near ? "?" : "", command);
}
