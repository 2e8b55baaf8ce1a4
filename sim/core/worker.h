/* SPDX-License-Identifier: MIT */
/* A thread that works on pieces of text, in order, while their owner makes the next ones. It sees
 * nothing else of the process, so what comes out of it depends on the pieces alone. */
#ifndef SIM_CORE_WORKER_H
#define SIM_CORE_WORKER_H

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

class worker
{
  public:
    explicit worker(std::function<void(const std::string &piece)> work);
    /* Finishes what was handed over. A forked child has no thread: it must leak its copy. */
    ~worker();
    worker(const worker &) = delete;
    worker &operator=(const worker &) = delete;

    /* Hands a piece over and leaves an empty one in its place. Waits while too many are not done.
     */
    void put(std::string *piece);

  private:
    void run();

    static constexpr size_t DEPTH = 8;

    std::function<void(const std::string &piece)> work_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string pieces_[DEPTH];
    size_t handed_over_ = 0;
    size_t done_ = 0;
    bool ended_ = false;
    std::thread thread_;
};

#endif
