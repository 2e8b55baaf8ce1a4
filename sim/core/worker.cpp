// SPDX-License-Identifier: MIT
// See worker.h.

#include "sim/core/worker.h"

#include <csignal>
#include <utility>

worker::worker(std::function<void(const std::string &piece)> work) : work_(std::move(work))
{
    // Signals are the simulation's.
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

worker::~worker()
{
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void worker::put(std::string *piece)
{
    std::unique_lock<std::mutex> lock(mutex_);

    changed_.wait(lock, [this] { return handed_over_ - done_ < DEPTH; });
    pieces_[handed_over_ % DEPTH].swap(*piece);
    handed_over_++;
    lock.unlock();
    changed_.notify_all();
    piece->clear();
}

void worker::run()
{
    std::unique_lock<std::mutex> lock(mutex_);

    for (;;) {
        changed_.wait(lock, [this] { return done_ < handed_over_ || ended_; });
        if (done_ == handed_over_) {
            return;
        }
        const std::string &piece = pieces_[done_ % DEPTH];
        lock.unlock();
        work_(piece);
        lock.lock();
        done_++;
        changed_.notify_all();
    }
}
