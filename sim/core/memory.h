/* SPDX-License-Identifier: MIT */
/* RAM of hosts and VMs, its allocator, and the pipe through which a chip reaches it. */
#ifndef SIM_CORE_MEMORY_H
#define SIM_CORE_MEMORY_H

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

/* Whose write it is: the driver's own, or what a device does. */
enum class writer { CPU, DEVICE };

/* Pages that were written since the log began or was asked, for each writer apart. */
struct dirty_log {
    std::vector<bool> pages[2];
};

struct sim_outside_memory;

/* RAM at [0, size). A page costs nothing until it is written. A guest outside of the machine brings
 * its own: then there is none here, and its copy is the same once more. */
class ram
{
  public:
    explicit ram(uint64_t size, const sim_outside_memory *outside = nullptr);

    uint64_t size() const
    {
        return size_;
    }
    /* Return 0, or -EFAULT outside (nothing moved). */
    int read(uint64_t addr, void *to, uint64_t size) const;
    int write(uint64_t addr, const void *from, uint64_t size, writer by = writer::DEVICE);
    /* Zeroes whole pages, for the CPU. */
    void clear(uint64_t addr, uint64_t size);
    /* Every byte of it reads as value from now on; what lies outside is let go. */
    void poison(uint8_t value);
    std::shared_ptr<ram> copy() const;
    /* As large, nothing copied yet. */
    std::shared_ptr<ram> twin() const
    {
        return std::make_shared<ram>(size_, outside_);
    }

    /* A new log, or none. */
    void log(bool on);
    /* Whether one of the pages [first, first + count) was written by one of these; forgets it. */
    bool take_dirty(uint64_t first, uint64_t count, bool by_cpu, bool by_device);
    /* Makes these pages of a twin as they are here. Returns false when they are all zero. */
    bool copy_pages(ram *twin, uint64_t first, uint64_t count) const;
    bool same_page(const ram &twin, uint64_t page) const;
    /* How often a page was written since this was first asked of any. */
    uint64_t writes(uint64_t page);

  private:
    bool holds(uint64_t addr, uint64_t size) const
    {
        return size <= size_ && addr <= size_ - size;
    }
    uint8_t *touch(uint64_t page);
    void mark(uint64_t page, writer by);

    uint64_t size_;
    uint8_t fill_ = 0; /* what an untouched page holds */
    std::vector<std::unique_ptr<uint8_t[]>> pages_;
    const sim_outside_memory *outside_;
    std::unique_ptr<dirty_log> log_;
    std::vector<uint64_t> writes_; /* of each page; empty: nobody asked yet */
};

/* Page ranges, first fit, lowest address first. Page 0 is never given out. */
class page_allocator
{
  public:
    explicit page_allocator(uint64_t size);

    /* Returns the address, 0 when there is no room. */
    uint64_t take(uint64_t size);
    /* Returns the size that was taken at addr, 0 when nothing was. */
    uint64_t give_back(uint64_t addr);

  private:
    std::map<uint64_t, uint64_t> free_; /* start -> size */
    std::map<uint64_t, uint64_t> used_;
};

/* What waits on a chip's way to memory, in order: accesses and, behind them, interrupts. */
struct memory_request {
    enum op { READ, WRITE, ATOMIC_ADD, MSI, META_READ, META_WRITE };
    uint64_t due; /* cycle in which it takes effect */
    op op;
    unsigned fn;
    uint64_t addr;
    uint8_t byte_enable;
    uint64_t data;      /* MSI: the vector */
    bool local = false; /* local memory of the GPU, not the function's */
};

struct memory_response {
    uint64_t due; /* cycle in which the chip sees it */
    uint64_t data;
};

/* Carries one 8-byte access out. memory may be NULL (nobody has the function). Returns the
 * quad-word before, all ones for what is not there; *fault tells that. */
uint64_t memory_access(ram *memory, const memory_request &request, bool *fault);

#endif
