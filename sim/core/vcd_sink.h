/* SPDX-License-Identifier: MIT */
/* What Verilator's VCD writer writes to. Drops time stamps that no change follows, so that a run
 * that dumps every cycle leaves the same bytes as one that skips; and decides where text goes. */
#ifndef SIM_CORE_VCD_SINK_H
#define SIM_CORE_VCD_SINK_H

#include <string>

#include "sim/core/output.h"
#include "verilated_vcd_c.h"

class vcd_sink : public VerilatedVcdFile
{
  public:
    /* collect: into header(). record: into the last two segments, in memory. check: nowhere. */
    enum class target { collect, file, record, check };

    vcd_sink(output &file, target to) : file_(file), to_(to)
    {
    }
    void direct(target to)
    {
        to_ = to;
    }
    target directed() const
    {
        return to_;
    }
    /* Text that was collected, handed over. */
    std::string take_collected();
    /* Where record() begins anew; what the segment before the last held is forgotten. */
    void next_segment();
    /* header and both segments into the file. */
    void save(const std::string &header);

    /* The first line of a change since the last call, "" when there was none. */
    std::string first_change();

    bool open(const std::string &) override
    {
        return true;
    }
    void close() override;
    ssize_t write(const char *data, ssize_t size) override;

  private:
    const char *take_stamp(const char *data, const char *end);
    const char *find_stamp(const char *data, const char *end) const;
    const char *take_lines(const char *data, const char *end);
    void put(const char *data, size_t size);

    output &file_;
    target to_;
    std::string stamp_, collected_, previous_, current_, change_;
    bool in_stamp_ = false;
    bool line_start_ = true;
};

#endif
