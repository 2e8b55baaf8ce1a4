// SPDX-License-Identifier: MIT
// Text of the VCD writer, cut at time stamps: a line "#<time>" that another one follows is
// forgotten.

#include "sim/core/vcd_sink.h"

#include <algorithm>
#include <cstring>
#include <unistd.h>
#include <utility>

void vcd_sink::put(const char *data, size_t size)
{
    switch (to_) {
    case target::collect:
        collected_.append(data, size);
        break;
    case target::file:
    case target::watched_file:
        file_.write(data, size);
        break;
    case target::record:
        current_.append(data, size);
        break;
    case target::check:
        break;
    }
}

std::string vcd_sink::take_collected()
{
    return std::exchange(collected_, "");
}

void vcd_sink::next_segment()
{
    previous_.swap(current_);
    current_.clear();
}

void vcd_sink::save(const std::string &header)
{
    file_.write(header);
    file_.write(previous_);
    file_.write(current_);
}

std::string vcd_sink::first_change()
{
    return std::exchange(change_, "");
}

void vcd_sink::direct(target to)
{
    finish();
    to_ = to;
    if (to == target::file) {
        owner_ = getpid();
        worker_ = std::make_unique<worker>(
            [this](const std::string &piece) { take(piece.data(), piece.size()); });
    }
}

// A forked child has a copy of the worker and no thread.
void vcd_sink::finish()
{
    if (owner_ == getpid()) {
        if (worker_ && !piece_.empty()) {
            worker_->put(&piece_);
        }
        worker_.reset();
    } else {
        (void)worker_.release();
    }
    piece_.clear();
}

void vcd_sink::close()
{
    finish();
    // What is left is a time stamp without changes, or nothing.
    stamp_.clear();
    in_stamp_ = false;
    line_start_ = true;
}

ssize_t vcd_sink::write(const char *data, ssize_t size)
{
    if (!worker_) {
        take(data, size_t(size));
    } else if (getpid() == owner_) {
        piece_.append(data, size_t(size));
        if (piece_.size() >= PIECE) {
            worker_->put(&piece_);
        }
    }
    return size;
}

void vcd_sink::take(const char *data, size_t size)
{
    const char *const end = data + size;

    while (data < end) {
        data = in_stamp_ ? take_stamp(data, end) : take_lines(data, end);
    }
}

// Collects a stamp up to its end of line.
const char *vcd_sink::take_stamp(const char *data, const char *end)
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
const char *vcd_sink::find_stamp(const char *data, const char *end) const
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
const char *vcd_sink::take_lines(const char *data, const char *end)
{
    const char *const stamp = find_stamp(data, end);
    const char *const stop = stamp ? stamp : end;

    if (stop > data) {
        put(stamp_.data(), stamp_.size());
        stamp_.clear();
        put(data, size_t(stop - data));
        line_start_ = stop[-1] == '\n';
        if (change_.empty()) {
            change_.assign(data, std::find(data, stop, '\n'));
        }
    }
    if (stamp) {
        stamp_.clear();
        in_stamp_ = true;
    }
    return stop;
}
