/* SPDX-License-Identifier: MIT */
/* The one wave file of a machine: signals of the Verilated models, and probes, which are signals
 * that programs set. Probes go through the same writer as generated code, so both stand in one tree
 * of scopes. */
#ifndef SIM_CORE_WAVE_H
#define SIM_CORE_WAVE_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/core/output.h"

class VerilatedVcdC;
class vcd_sink;

struct wave_config {
    const char *path;  /* NULL: none */
    const char *scope; /* only signals that one of these globs, separated by commas, matches */
    uint64_t last_ps;  /* not 0: only this much of the end is written, and only after keep() */
    bool check;        /* dump_quiet is wanted, with or without a file */
};

class wave
{
  public:
    wave();
    ~wave();

    /* Declares "<scope>.<scope>.<name>"; names: value names, NULL-terminated, or NULL. Returns its
     * number, -EINVAL (width), -EEXIST. */
    int declare(const std::string &path, unsigned bits, const char *const *names);
    void set(int probe, uint64_t value);

    /* Opens the file; the header is written by start. Returns 0 or -errno. */
    int open(const wave_config &config);
    bool is_open() const
    {
        return vcd_ != nullptr;
    }
    /* For the models, between open and start. */
    VerilatedVcdC *vcd()
    {
        return vcd_.get();
    }
    /* Returns 0, or -ENOENT when no signal is in the scope. */
    int start();
    /* Writes what changed since the last dump, once an instant. */
    void dump(uint64_t t_ps);
    /* The same where nothing may have changed: the line of the first change, or "". */
    std::string dump_quiet(uint64_t t_ps);
    /* The last stretch is worth a file. */
    void keep()
    {
        keep_ = true;
    }
    bool probes_changed() const
    {
        return changed_;
    }
    /* Returns 0 or -errno of the first write that failed. */
    int close();
    const std::string &sha256() const
    {
        return file_.sha256();
    }
    /* {"signal": {"value": "name", ...}, ...}. Returns 0 or -errno. */
    int write_names(const char *path) const;

    struct probe {
        std::string path;
        unsigned bits;
        const char *const *names;
        uint64_t value;
        uint32_t code; /* of the VCD writer */
    };
    std::vector<probe> &probes()
    {
        return probes_;
    }

  private:
    void select(const char *scope);
    int save();

    wave_config config_ = {};
    output file_;
    std::vector<probe> probes_;
    std::unique_ptr<vcd_sink> sink_;
    std::unique_ptr<VerilatedVcdC> vcd_;
    std::string header_; /* of a recorded stretch */
    uint64_t segment_ps_ = 0;
    bool changed_ = false;
    bool dumping_ = false;
    bool keep_ = false;
    bool selected_ = false;
};

#endif
