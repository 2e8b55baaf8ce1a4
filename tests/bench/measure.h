/* SPDX-License-Identifier: MIT */
/* One measurement in a child process of its own, medians of several, and the table of figures. */
#ifndef TESTS_BENCH_MEASURE_H
#define TESTS_BENCH_MEASURE_H

#include <functional>
#include <string>
#include <vector>

struct sample {
    bool good = false;
    double wall_s = 0;    /* of what is measured; of processor time where a row says so */
    double process_s = 0; /* from start to end of the process */
    double cpu_s = 0;     /* of the whole process */
    double cycles = 0;
    double evals = 0;
    double peak_kb = 0;
};

class samples
{
  public:
    /* Ends the program when it is not good: a median without it would be of something else. */
    void add(const sample &one);
    double wall() const;    /* median */
    double process() const; /* median */
    double cpu() const;     /* median */
    const sample &last() const
    {
        return all_.back();
    }

  private:
    std::vector<sample> all_;
};

/* Runs the function in a forked child, since a process has one machine. */
sample in_child(const std::function<sample()> &work);
sample shell_timed(const std::string &command);
/* gucsim run in a process of its own; what its report.json says. */
sample run_scenario(const char *gucsim, const std::string &scenario, const char *trace,
                    const std::string &out, const char *set = nullptr);
/* The same in this process, without waves. */
bool scenario_here(const std::string &scenario, const std::string &out);
double file_size(const std::string &path);
std::string percent(double ratio);

/* What a figure shall reach. */
struct goal {
    enum { NONE, AT_LEAST, AT_MOST } kind;
    double value;
};
inline goal no_goal()
{
    return {goal::NONE, 0};
}
inline goal at_least(double value)
{
    return {goal::AT_LEAST, value};
}
inline goal at_most(double value)
{
    return {goal::AT_MOST, value};
}

class rows
{
  public:
    void add(const char *key, double value, goal reach, const std::string &note = "");
    /* null in the JSON. */
    void missing(const char *key, const std::string &note);
    void print() const;
    /* Returns false with a message on stderr. */
    bool write(const char *path) const;

  private:
    struct row {
        std::string key;
        bool known;
        double value;
        goal reach;
        std::string note;
    };
    std::vector<row> all_;
};

#endif
