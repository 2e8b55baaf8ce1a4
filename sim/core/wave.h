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
    int open(const char *path);
    bool is_open() const
    {
        return file_.is_open();
    }
    /* For the models, between open and start. */
    VerilatedVcdC *vcd()
    {
        return vcd_.get();
    }
    void start();
    /* Writes what changed since the last dump, once an instant. */
    void dump(uint64_t t_ps);
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
    output file_;
    std::vector<probe> probes_;
    std::unique_ptr<vcd_sink> sink_;
    std::unique_ptr<VerilatedVcdC> vcd_;
    bool changed_ = false;
    bool dumping_ = false;
};

#endif
