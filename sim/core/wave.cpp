// SPDX-License-Identifier: MIT
// VCD writing: Verilator's writer on top, our sink below it.

#include "sim/core/wave.h"

#include <algorithm>
#include <cerrno>
#include <fnmatch.h>
#include <sstream>

#include "sim/core/json.h"
#include "sim/core/vcd_sink.h"

namespace
{

void declare_probes(void *arg, VerilatedVcd *vcd, uint32_t code)
{
    for (wave::probe &probe : static_cast<wave *>(arg)->probes()) {
        // As generated code has it, and the selection by names compares.
        std::string name = probe.path;
        std::replace(name.begin(), name.end(), '.', ' ');
        probe.code = code;
        if (probe.bits == 1) {
            vcd->declBit(code, name.c_str(), false, -1);
        } else if (probe.bits <= 32) {
            vcd->declBus(code, name.c_str(), false, -1, int(probe.bits) - 1, 0);
        } else {
            vcd->declQuad(code, name.c_str(), false, -1, int(probe.bits) - 1, 0);
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

bool matches_any(const std::string &name, const std::string &globs)
{
    std::istringstream list(globs);
    std::string glob;

    while (std::getline(list, glob, ',')) {
        if (fnmatch(glob.c_str(), name.c_str(), 0) == 0) {
            return true;
        }
    }
    return false;
}

// Full names, scopes separated by dots, of the variables that a VCD header declares and one of the
// globs matches. An array's elements are named like the array.
std::vector<std::string> matching_signals(const std::string &header, const std::string &globs)
{
    std::istringstream lines(header);
    std::vector<std::string> found, scopes;
    std::string line;

    while (std::getline(lines, line)) {
        std::istringstream words(line);
        std::string keyword, kind, width, code, name;

        words >> keyword >> kind;
        if (keyword == "$scope") {
            words >> name;
            scopes.push_back((scopes.empty() ? "" : scopes.back() + ".") + name);
        } else if (keyword == "$upscope") {
            scopes.pop_back();
        } else if (keyword == "$var") {
            words >> width >> code >> name;
            name = scopes.back() + "." + name.substr(0, name.find_first_of("[("));
            if (matches_any(name, globs) && (found.empty() || found.back() != name)) {
                found.push_back(name);
            }
        }
    }
    return found;
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

int wave::open(const wave_config &config)
{
    config_ = config;
    if (!config.path && !config.check) {
        return 0;
    }
    const int err = config.path && !config.last_ps ? file_.open(config.path) : 0;
    if (err) {
        return err;
    }
    Verilated::traceEverOn(true);
    sink_ = std::make_unique<vcd_sink>(file_, vcd_sink::target::collect);
    vcd_ = std::make_unique<VerilatedVcdC>(sink_.get());
    return 0;
}

// Verilator selects by whole names: a header that is thrown away tells which there are.
void wave::select(const char *scope)
{
    vcd_->open("");
    vcd_->close();
    for (const std::string &name : matching_signals(sink_->take_collected(), scope)) {
        vcd_->dumpvars(1, name);
        selected_ = true;
    }
}

int wave::start()
{
    if (!vcd_) {
        return 0;
    }
    vcd_->spTrace()->addInitCb(declare_probes, this);
    vcd_->spTrace()->addFullCb(dump_all_probes, this);
    vcd_->spTrace()->addChgCb(dump_changed_probes, this);
    vcd_->set_time_unit("1ps");
    vcd_->set_time_resolution("1ps");
    if (config_.scope) {
        select(config_.scope);
    }
    vcd_->open("");
    vcd_->flush();
    header_ = sink_->take_collected();
    if (file_.is_open()) {
        file_.write(std::exchange(header_, ""));
        sink_->direct(config_.check ? vcd_sink::target::watched_file : vcd_sink::target::file);
    } else {
        sink_->direct(config_.path ? vcd_sink::target::record : vcd_sink::target::check);
    }
    return config_.scope && !selected_ ? -ENOENT : 0;
}

void wave::dump(uint64_t t_ps)
{
    if (vcd_) {
        dumping_ = true;
        if (config_.last_ps && t_ps - segment_ps_ >= config_.last_ps) {
            // Begins with all values again, and without a header.
            vcd_->openNext(false);
            sink_->next_segment();
            segment_ps_ = t_ps;
        }
        vcd_->dump(t_ps);
        dumping_ = false;
    }
    changed_ = false;
}

std::string wave::dump_quiet(uint64_t t_ps)
{
    if (!vcd_) {
        return "";
    }
    vcd_->flush();
    sink_->first_change();
    dump(t_ps);
    vcd_->flush();
    return sink_->first_change();
}

int wave::save()
{
    const int err = file_.open(config_.path);

    if (!err) {
        sink_->save(header_);
    }
    return err;
}

int wave::close()
{
    int err = 0;

    // An abort within a dump comes here: the writer is locked then, and its last lines are lost.
    if (vcd_ && !dumping_) {
        vcd_->close();
        vcd_.reset();
    }
    if (sink_) {
        sink_->finish();
    }
    if (config_.last_ps && keep_) {
        keep_ = false;
        err = save();
    }
    return err ? err : file_.close();
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
