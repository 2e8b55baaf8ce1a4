/* SPDX-License-Identifier: MIT */
/* What Verilator's VCD writer writes to. Drops time stamps that no change follows, so that a run
 * that dumps every cycle leaves the same bytes as one that skips; and decides where text goes. What
 * goes to a file is cut, hashed and compressed by a thread of its own. */
#ifndef SIM_CORE_VCD_SINK_H
#define SIM_CORE_VCD_SINK_H

#include <memory>
#include <string>
#include <sys/types.h>

#include "sim/core/output.h"
#include "sim/core/worker.h"
#include "verilated_vcd_c.h"

class vcd_sink : public VerilatedVcdFile
{
  public:
    /* collect: for take_collected. file: by another thread. watched_file: at once, for
     * first_change. record: into the last two segments, in memory. check: nowhere. */
    enum class target { collect, file, watched_file, record, check };

    vcd_sink(output &file, target to) : file_(file), to_(to)
    {
    }
    ~vcd_sink() override
    {
        finish();
    }
    void direct(target to);
    target directed() const
    {
        return to_;
    }
    /* Text that was collected, handed over. */
    std::string take_collected();
    /* Where record() begins anew; what the segment before the last held is forgotten. */
    void next_segment();
    /* Returns when all that came is in the file: it is the caller's again. */
    void finish();
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
    void take(const char *data, size_t size);
    const char *take_stamp(const char *data, const char *end);
    const char *find_stamp(const char *data, const char *end) const;
    const char *take_lines(const char *data, const char *end);
    void put(const char *data, size_t size);

    output &file_;
    target to_;
    std::string stamp_, collected_, previous_, current_, change_;
    bool in_stamp_ = false;
    bool line_start_ = true;
    pid_t owner_ = 0;
    std::unique_ptr<worker> worker_; /* all above is its own while there is one */
    /* Gathered for it. Verilator's writer comes with some 50 KB: to wake a thread for each took
     * 6 % of what waves cost. */
    std::string piece_;
    static constexpr size_t PIECE = 512 * 1024;
};

#endif
