// SPDX-License-Identifier: MIT
// VCD writing: Verilator's writer on top, our file below it. The file drops time stamps without a
// change, so that a run that evaluates every cycle writes the same bytes as one that skips.

#include "sim/core/wave.h"

#include <cerrno>
#include <cstring>

#include "sim/core/json.h"
#include "verilated_vcd_c.h"

// What VerilatedVcdC writes to: forgets a line "#<time>" that another one follows.
class vcd_sink : public VerilatedVcdFile
{
  public:
    explicit vcd_sink(output &file) : file_(file)
    {
    }
    bool open(const std::string &) override
    {
        return file_.is_open();
    }
    void close() override
    {
        // What is left is a time stamp without changes, or nothing.
        stamp_.clear();
    }
    ssize_t write(const char *data, ssize_t size) override
    {
        const char *const end = data + size;
        while (data < end) {
            data = in_stamp_ ? take_stamp(data, end) : take_lines(data, end);
        }
        return size;
    }

  private:
    // Collects a stamp up to its end of line.
    const char *take_stamp(const char *data, const char *end)
    {
        const char *newline = static_cast<const char *>(memchr(data, '\n', size_t(end - data)));
        const char *stop = newline ? newline + 1 : end;
        stamp_.append(data, stop);
        if (newline) {
            in_stamp_ = false;
            line_start_ = true;
        }
        return stop;
    }

    // The next stamp, NULL when there is none. A '#' within a line is part of a signal's code.
    const char *find_stamp(const char *data, const char *end) const
    {
        for (const char *at = data; at < end; at++) {
            at = static_cast<const char *>(memchr(at, '#', size_t(end - at)));
            if (!at || (at == data ? line_start_ : at[-1] == '\n')) {
                return at;
            }
        }
        return nullptr;
    }

    // Passes on whole stretches up to the next stamp.
    const char *take_lines(const char *data, const char *end)
    {
        const char *const stamp = find_stamp(data, end);
        const char *const stop = stamp ? stamp : end;
        if (stop > data) {
            file_.write(stamp_);
            stamp_.clear();
            file_.write(data, size_t(stop - data));
            line_start_ = stop[-1] == '\n';
        }
        if (stamp) {
            stamp_.clear();
            in_stamp_ = true;
        }
        return stop;
    }

    output &file_;
    std::string stamp_;
    bool in_stamp_ = false;
    bool line_start_ = true;
};

namespace
{

void declare_probes(void *arg, VerilatedVcd *vcd, uint32_t code)
{
    for (wave::probe &probe : static_cast<wave *>(arg)->probes()) {
        probe.code = code;
        if (probe.bits == 1) {
            vcd->declBit(code, probe.path.c_str(), false, -1);
        } else if (probe.bits <= 32) {
            vcd->declBus(code, probe.path.c_str(), false, -1, int(probe.bits) - 1, 0);
        } else {
            vcd->declQuad(code, probe.path.c_str(), false, -1, int(probe.bits) - 1, 0);
        }
        code += probe.bits <= 32 ? 1 : 2;
    }
}

void dump_all_probes(void *arg, VerilatedVcd::Buffer *buffer)
{
    for (const wave::probe &probe : static_cast<wave *>(arg)->probes()) {
        uint32_t *const old = buffer->oldp(probe.code);
        if (probe.bits == 1) {
            buffer->fullBit(old, CData(probe.value));
        } else if (probe.bits <= 32) {
            buffer->fullIData(old, IData(probe.value), int(probe.bits));
        } else {
            buffer->fullQData(old, probe.value, int(probe.bits));
        }
    }
}

void dump_changed_probes(void *arg, VerilatedVcd::Buffer *buffer)
{
    wave *const self = static_cast<wave *>(arg);
    if (!self->probes_changed()) {
        return;
    }
    for (const wave::probe &probe : self->probes()) {
        uint32_t *const old = buffer->oldp(probe.code);
        if (probe.bits == 1) {
            buffer->chgBit(old, CData(probe.value));
        } else if (probe.bits <= 32) {
            buffer->chgIData(old, IData(probe.value), int(probe.bits));
        } else {
            buffer->chgQData(old, probe.value, int(probe.bits));
        }
    }
}

} // namespace

wave::wave() = default;

wave::~wave()
{
    close();
}

int wave::declare(const std::string &path, unsigned bits, const char *const *names)
{
    if (bits < 1 || bits > 64) {
        return -EINVAL;
    }
    for (const probe &other : probes_) {
        if (other.path == path) {
            return -EEXIST;
        }
    }
    probes_.push_back({path, bits, names, 0, 0});
    return static_cast<int>(probes_.size()) - 1;
}

void wave::set(int number, uint64_t value)
{
    if (number < 0 || static_cast<size_t>(number) >= probes_.size()) {
        return;
    }
    probe &target = probes_[static_cast<size_t>(number)];
    value &= UINT64_MAX >> (64 - target.bits);
    changed_ = changed_ || target.value != value;
    target.value = value;
}

int wave::open(const char *path)
{
    const int err = file_.open(path);
    if (err) {
        return err;
    }
    Verilated::traceEverOn(true);
    sink_ = std::make_unique<vcd_sink>(file_);
    vcd_ = std::make_unique<VerilatedVcdC>(sink_.get());
    return 0;
}

void wave::start()
{
    if (!vcd_) {
        return;
    }
    vcd_->spTrace()->addInitCb(declare_probes, this);
    vcd_->spTrace()->addFullCb(dump_all_probes, this);
    vcd_->spTrace()->addChgCb(dump_changed_probes, this);
    vcd_->set_time_unit("1ps");
    vcd_->set_time_resolution("1ps");
    vcd_->open("");
}

void wave::dump(uint64_t t_ps)
{
    if (vcd_) {
        dumping_ = true;
        vcd_->dump(t_ps);
        dumping_ = false;
    }
    changed_ = false;
}

int wave::close()
{
    // An abort within a dump comes here: the writer is locked then, and its last lines are lost.
    if (vcd_ && !dumping_) {
        vcd_->close();
        vcd_.reset();
    }
    return file_.close();
}

int wave::write_names(const char *path) const
{
    output file;
    const int err = file.open(path);
    if (err) {
        return err;
    }
    const char *signal_separator = "{\n";
    for (const probe &signal : probes_) {
        if (!signal.names) {
            continue;
        }
        std::string line = signal_separator + json_string(signal.path) + ": {";
        for (unsigned value = 0; signal.names[value]; value++) {
            line += value ? ", \"" : "\"";
            line += std::to_string(value) + "\": " + json_string(signal.names[value]);
        }
        file.write(line + "}");
        signal_separator = ",\n";
    }
    file.write(*signal_separator == '{' ? "{}\n" : "\n}\n");
    return file.close();
}
