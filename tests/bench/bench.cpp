// SPDX-License-Identifier: MIT
// make bench: figures of speed as ratios measured in one run, each from medians of interleaved
// runs. Prints a table and writes them as JSON.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <getopt.h>
#include <string>

#include "tests/bench/measure.h"
#include "tests/bench/pins.h"
#include "tests/bench/storm.h"

namespace
{

constexpr unsigned STORM_VFS = 4;
constexpr uint64_t STORM_MESSAGES = 4000;
constexpr uint64_t FEW_MESSAGES = 10000;

struct options {
    const char *self = "build/tests/bench";
    const char *gucsim = "build/gucsim";
    const char *plain = "build/tests/plain_dump";
    const char *work = "build/bench";
    const char *out = "build/bench.json";
    unsigned runs = 5;
    uint64_t many_messages = 200000;
    const char *only = nullptr; /* the group of rows; NULL: all */
};

options with;

std::string path_of(const char *name)
{
    return std::string(with.work) + "/" + name;
}

// ---- what runs in a child -----------------------------------------------------------------------

sample storm_of(unsigned vfs, unsigned active, uint64_t messages)
{
    const storm_config config = {vfs, active, messages, nullptr};
    storm_result result;
    sample got;

    got.good = storm_run(&config, &result);
    got.wall_s = result.cpu_s;
    got.cycles = static_cast<double>(result.cycles);
    got.evals = static_cast<double>(result.evals);
    return got;
}

sample storm_recorded()
{
    const storm_config config = {STORM_VFS, STORM_VFS, STORM_MESSAGES, pins_mark};
    storm_result result;
    sample got;

    pins_record();
    got.good = storm_run(&config, &result) && pins_save(path_of("storm.pins").c_str());
    return got;
}

sample bare()
{
    pins_run run;
    sample got;

    got.good = pins_load(path_of("storm.pins").c_str(), &run);
    if (got.good) {
        got.wall_s = pins_replay(run);
        got.evals = static_cast<double>(run.edges.size() - run.mark);
    }
    return got;
}

// ---- groups of rows -----------------------------------------------------------------------------

double bare_evals_per_s = 0;

// The storm and the bare loop over its pins, in turns.
void rows_of_storm(rows *table)
{
    samples storm, loop;

    if (!in_child(storm_recorded).good) {
        table->missing("busy_vs_bare", "the storm failed");
        return;
    }
    for (unsigned run = 0; run < with.runs; run++) {
        storm.add(in_child([] { return storm_of(STORM_VFS, STORM_VFS, STORM_MESSAGES); }));
        loop.add(in_child(bare));
    }
    bare_evals_per_s = loop.last().evals / loop.wall();
    table->add("busy_vs_bare", loop.wall() / storm.wall(), at_least(0.80),
               "RTL active in " + percent(storm.last().evals / storm.last().cycles) +
                   " of the cycles");
    table->add("bare_cycles_per_s", bare_evals_per_s, no_goal());
    table->add("roundtrips_per_s", STORM_MESSAGES / storm.wall(), no_goal());
}

std::string megabytes(const sample &one)
{
    char text[32];

    snprintf(text, sizeof(text), "%.0f MB", one.peak_kb / 1024);
    return text;
}

// Processor time of a message in one long run over that in short ones around it.
void row_of_messages(rows *table)
{
    const auto storm = [](uint64_t messages) {
        return in_child([messages] { return storm_of(STORM_VFS, STORM_VFS, messages); });
    };
    samples few;

    if (with.many_messages <= FEW_MESSAGES) {
        table->missing("msg_scale", "left out: --messages is not above 10000");
        return;
    }
    for (unsigned run = 0; run < with.runs; run++) {
        few.add(storm(FEW_MESSAGES));
    }
    const sample many = storm(with.many_messages);
    for (unsigned run = 0; run < with.runs; run++) {
        few.add(storm(FEW_MESSAGES));
    }
    if (!many.good) {
        table->missing("msg_scale", "the long storm failed");
        return;
    }
    table->add("msg_scale",
               many.wall_s / static_cast<double>(with.many_messages) / (few.wall() / FEW_MESSAGES),
               at_most(1.10),
               std::to_string(with.many_messages) + " messages, one run, " + megabytes(many) +
                   " against " + megabytes(few.last()));
}

// Processor time of a job among ten thousand in flight over that among a thousand, both without
// what a run takes that does nothing.
void row_of_jobs(rows *table)
{
    const char *const scenario = "tests/scenarios/scale/many_jobs.lua";
    samples few, many, nothing;

    for (unsigned run = 0; run < with.runs; run++) {
        few.add(run_scenario(with.gucsim, scenario, "off", path_of("jobs"), "jobs=1000"));
        many.add(run_scenario(with.gucsim, scenario, "off", path_of("jobs"), "jobs=10000"));
        nothing.add(
            run_scenario(with.gucsim, "tests/bench/nothing.lua", "off", path_of("nothing")));
    }
    table->add("jobs_scale", (many.cpu() - nothing.cpu()) / (few.cpu() - nothing.cpu()) / 10,
               at_most(1.15),
               "10,000 jobs in flight, " + megabytes(many.last()) + " against " +
                   megabytes(few.last()));
}

void rows_of_scale(rows *table)
{
    samples one, many;

    for (unsigned run = 0; run < with.runs; run++) {
        one.add(in_child([] { return storm_of(1, 1, STORM_MESSAGES); }));
        many.add(in_child([] { return storm_of(63, 1, STORM_MESSAGES); }));
    }
    table->add("vf_scale", many.wall() / one.wall(), at_most(1.15));
    row_of_messages(table);
    row_of_jobs(table);
}

void rows_of_scenarios(rows *table)
{
    const std::string restore = "tests/scenarios/vf_restore.lua";
    samples silent, traced, idle, nothing;

    for (unsigned run = 0; run < with.runs; run++) {
        silent.add(run_scenario(with.gucsim, restore, "off", path_of("off")));
        traced.add(run_scenario(with.gucsim, restore, "vcd.gz", path_of("traced")));
        idle.add(
            run_scenario(with.gucsim, "tests/bench/vf_restore_1s.lua", "off", path_of("idle")));
        nothing.add(
            run_scenario(with.gucsim, "tests/bench/nothing.lua", "vcd.gz", path_of("nothing")));
    }
    if (bare_evals_per_s > 0) {
        table->add("idle_vs_bare", idle.last().cycles / idle.wall() / bare_evals_per_s,
                   at_least(500));
    }
    table->add("trace_cost", silent.wall() / traced.wall(), at_least(0.50),
               "wall time, two processors");
    table->add("trace_cost_cpu", silent.cpu() / traced.cpu(), no_goal());
    table->add("startup_ms", nothing.process() * 1000, at_most(50));
    table->add("peak_mb", traced.last().peak_kb / 1024, at_most(150), "of vf_restore with waves");
}

sample restore_recorded()
{
    sample got;

    pins_record();
    got.good = scenario_here("tests/scenarios/vf_restore.lua", path_of("recorded")) &&
               pins_save(path_of("restore.pins").c_str());
    return got;
}

// Our waves of vf_restore over the plain dump of the same pins.
void rows_of_bytes(rows *table)
{
    if (!in_child(restore_recorded).good) {
        table->missing("trace_bytes", "recording vf_restore failed");
        return;
    }
    const std::string plain = path_of("plain.vcd.gz");
    const std::string command =
        std::string(with.plain) + " " + path_of("restore.pins") + " | gzip > " + plain;
    if (system(command.c_str()) != 0) {
        table->missing("trace_bytes", "no plain dump");
        return;
    }
    table->add("trace_bytes", file_size(path_of("traced/trace.vcd.gz")) / file_size(plain),
               at_most(0.20));
}

void row_of_diff(rows *table)
{
    const std::string a = path_of("traced/trace.vcd.gz"), b = path_of("traced_again.vcd.gz");
    const std::string diff = std::string(with.gucsim) + " diff " + a + " " + b + " > /dev/null";
    const std::string cat = "(zcat " + a + "; zcat " + b + ") > /dev/null";
    samples ours, plain;

    if (system(("cp " + a + " " + b).c_str()) != 0 ||
        system((std::string(with.gucsim) + " help diff > /dev/null 2>&1").c_str()) != 0) {
        table->missing("diff_vs_zcat", "there is no gucsim diff");
        return;
    }
    for (unsigned run = 0; run < with.runs; run++) {
        ours.add(shell_timed(diff));
        plain.add(shell_timed(cat));
    }
    table->add("diff_vs_zcat", plain.wall() / ours.wall(), at_least(0.50));
}

// What does not depend on how busy the machine is: the script's lines "KEY VALUE".
void rows_of_instructions(rows *table)
{
    const std::string command =
        "tests/bench/instructions.sh " + std::string(with.self) + " " + with.work;
    FILE *pipe = popen(command.c_str(), "r");
    char key[64];
    double value;

    while (pipe && fscanf(pipe, "%63s %lf", key, &value) == 2) {
        table->add(key, value, no_goal(), "instructions");
    }
    if (!pipe || pclose(pipe) != 0) {
        table->missing("inside_per_eval", "valgrind failed");
    }
}

// For a profiler: one storm in this process, or the bare loop over the pins that the last one left.
[[noreturn]] void one_storm(uint64_t messages)
{
    const sample got = storm_of(STORM_VFS, STORM_VFS, messages);

    printf("%.0f evaluated of %.0f cycles in %.3f s\n", got.evals, got.cycles, got.wall_s);
    exit(got.good ? 0 : 1);
}

[[noreturn]] void one_bare()
{
    const sample got = bare();

    printf("%.0f evaluated in %.3f s\n", got.evals, got.wall_s);
    exit(got.good ? 0 : 1);
}

bool options_parse(int argc, char **argv)
{
    static const option names[] = {
        {"gucsim", required_argument, nullptr, 'g'}, {"plain", required_argument, nullptr, 'p'},
        {"work", required_argument, nullptr, 'w'},   {"out", required_argument, nullptr, 'o'},
        {"runs", required_argument, nullptr, 'r'},   {"messages", required_argument, nullptr, 'm'},
        {"storm", required_argument, nullptr, 's'},  {"only", required_argument, nullptr, 'y'},
        {"bare", no_argument, nullptr, 'b'},         {nullptr, 0, nullptr, 0}};
    int option;

    with.self = argv[0];
    while ((option = getopt_long(argc, argv, "", names, nullptr)) != -1) {
        switch (option) {
        case 'g':
            with.gucsim = optarg;
            break;
        case 'p':
            with.plain = optarg;
            break;
        case 'w':
            with.work = optarg;
            break;
        case 'o':
            with.out = optarg;
            break;
        case 'r':
            with.runs = static_cast<unsigned>(std::max(1, atoi(optarg)));
            break;
        case 'm':
            with.many_messages = strtoull(optarg, nullptr, 10);
            break;
        case 'y':
            with.only = optarg;
            break;
        case 's':
            one_storm(strtoull(optarg, nullptr, 10));
        case 'b':
            one_bare();
        default:
            return false;
        }
    }
    return optind == argc;
}

/* In this order: some need the files of those before. */
struct group {
    const char *name;
    void (*measure)(rows *table);
};

const group groups[] = {
    {"storm", rows_of_storm}, {"scenarios", rows_of_scenarios},
    {"bytes", rows_of_bytes}, {"scale", rows_of_scale},
    {"diff", row_of_diff},    {"instructions", rows_of_instructions},
};

} // namespace

int main(int argc, char **argv)
{
    rows table;

    if (!options_parse(argc, argv)) {
        fprintf(stderr, "usage: bench [--gucsim FILE] [--plain FILE] [--work DIR] [--out FILE] "
                        "[--runs N] [--messages N] [--only GROUP] | --storm MESSAGES | --bare\n");
        return 2;
    }
    if (system((std::string("mkdir -p ") + with.work).c_str()) != 0) {
        return 2;
    }
    for (const group &one : groups) {
        if (!with.only || strcmp(with.only, one.name) == 0) {
            one.measure(&table);
        }
    }
    table.print();
    return table.write(with.out) ? 0 : 2;
}
