// SPDX-License-Identifier: MIT
// See measure.h.

#include "tests/bench/measure.h"

#include <algorithm>
#include <chrono>
#include <cjson/cJSON.h>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include "sim/cli/cli.h"
}

namespace
{

double seconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    const size_t half = values.size() / 2;
    return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double median_of(const std::vector<sample> &all, double sample::*field)
{
    std::vector<double> values;
    for (const sample &one : all) {
        values.push_back(one.*field);
    }
    return median(values);
}

double seconds_of(const timeval &time)
{
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void quiet_stdout()
{
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (null >= 0) {
        (void)dup2(null, STDOUT_FILENO);
    }
}

// Waits for a child and says what it took.
sample reap(pid_t child, double start)
{
    sample got;
    rusage usage = {};
    int status = 0;

    got.good =
        wait4(child, &status, 0, &usage) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    got.process_s = seconds() - start;
    got.cpu_s = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    got.peak_kb = static_cast<double>(usage.ru_maxrss);
    return got;
}

double number_in(const cJSON *report, const char *name)
{
    const cJSON *const item = cJSON_GetObjectItem(report, name);

    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

bool reached(double value, const goal &reach)
{
    return reach.kind == goal::NONE || (reach.kind == goal::AT_LEAST && value >= reach.value) ||
           (reach.kind == goal::AT_MOST && value <= reach.value);
}

} // namespace

// ---- samples ------------------------------------------------------------------------------------

void samples::add(const sample &one)
{
    if (!one.good) {
        fprintf(stderr, "bench: a measured run failed\n");
        exit(2);
    }
    all_.push_back(one);
}

double samples::wall() const
{
    return median_of(all_, &sample::wall_s);
}

double samples::process() const
{
    return median_of(all_, &sample::process_s);
}

double samples::cpu() const
{
    return median_of(all_, &sample::cpu_s);
}

// ---- running ------------------------------------------------------------------------------------

sample in_child(const std::function<sample()> &work)
{
    int ends[2];
    sample told;

    (void)fflush(nullptr);
    if (pipe(ends) != 0) {
        return told;
    }
    const double start = seconds();
    const pid_t child = fork();
    if (child == 0) {
        told = work();
        const bool sent = write(ends[1], &told, sizeof(told)) == sizeof(told);
        _exit(told.good && sent ? 0 : 1);
    }
    (void)close(ends[1]);
    const bool received = child > 0 && read(ends[0], &told, sizeof(told)) == sizeof(told);
    (void)close(ends[0]);
    const sample ended = reap(child, start);
    told.good = told.good && received && ended.good;
    told.process_s = ended.process_s;
    told.peak_kb = ended.peak_kb;
    return told;
}

sample shell_timed(const std::string &command)
{
    const double start = seconds();
    sample got;

    got.good = system(command.c_str()) == 0;
    got.process_s = seconds() - start;
    got.wall_s = got.process_s;
    return got;
}

sample run_scenario(const char *gucsim, const std::string &scenario, const char *trace,
                    const std::string &out, const char *set)
{
    const double start = seconds();
    (void)fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        quiet_stdout();
        execl(gucsim, gucsim, "run", scenario.c_str(), "--quiet", "--trace", trace, "--out",
              out.c_str(), set ? "--set" : nullptr, set, nullptr);
        perror(gucsim);
        _exit(2);
    }
    sample got = reap(child, start);
    std::ifstream file(out + "/report.json");
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    cJSON *const report = cJSON_Parse(text.c_str());
    got.wall_s = number_in(report, "wall_s");
    got.cycles = number_in(report, "cycles");
    got.evals = number_in(report, "rtl_evals");
    cJSON_Delete(report);
    return got;
}

bool scenario_here(const std::string &scenario, const std::string &out)
{
    std::string words[] = {"run", scenario, "--quiet", "--trace", "off", "--out", out};
    std::vector<char *> argv;

    for (std::string &word : words) {
        argv.push_back(word.data());
    }
    const int argc = static_cast<int>(argv.size());
    argv.push_back(nullptr);
    return run_main(argc, argv.data()) == EXIT_HOLDS;
}

double file_size(const std::string &path)
{
    struct stat status = {};

    return stat(path.c_str(), &status) == 0 ? static_cast<double>(status.st_size) : 0;
}

std::string percent(double ratio)
{
    char text[32];

    snprintf(text, sizeof(text), "%.0f %%", ratio * 100);
    return text;
}

// ---- the table ----------------------------------------------------------------------------------

void rows::add(const char *key, double value, goal reach, const std::string &note)
{
    all_.push_back({key, true, value, reach, note});
}

void rows::missing(const char *key, const std::string &note)
{
    all_.push_back({key, false, 0, no_goal(), note});
}

void rows::print() const
{
    printf("%-20s %14s %12s  \n", "figure", "measured", "reach");
    for (const row &one : all_) {
        char value[32] = "-", reach[32] = "-";
        if (one.known) {
            snprintf(value, sizeof(value), one.value < 1000 ? "%.3f" : "%.0f", one.value);
        }
        if (one.reach.kind != goal::NONE) {
            snprintf(reach, sizeof(reach), "%s %g",
                     one.reach.kind == goal::AT_LEAST ? ">=" : "<=", one.reach.value);
        }
        const char *const verdict = !one.known                      ? "not measured"
                                    : one.reach.kind == goal::NONE  ? ""
                                    : reached(one.value, one.reach) ? "reached"
                                                                    : "MISSED";
        printf("%-20s %14s %12s  %s%s%s\n", one.key.c_str(), value, reach, verdict,
               one.note.empty() || !*verdict ? "" : ", ", one.note.c_str());
    }
}

bool rows::write(const char *path) const
{
    cJSON *const figures = cJSON_CreateObject();
    cJSON *const notes = cJSON_CreateObject();

    for (const row &one : all_) {
        if (one.known) {
            cJSON_AddNumberToObject(figures, one.key.c_str(), one.value);
        } else {
            cJSON_AddNullToObject(figures, one.key.c_str());
        }
        if (!one.note.empty()) {
            cJSON_AddStringToObject(notes, one.key.c_str(), one.note.c_str());
        }
    }
    cJSON_AddItemToObject(figures, "notes", notes);
    char *const text = cJSON_Print(figures);
    std::ofstream file(path);
    file << text << "\n";
    cJSON_free(text);
    cJSON_Delete(figures);
    file.close();
    if (!file) {
        perror(path);
    }
    return static_cast<bool>(file);
}
