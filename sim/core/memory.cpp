// SPDX-License-Identifier: MIT
// RAM by pages on first write, first-fit allocation, and the chip's 8-byte accesses.

#include "sim/core/memory.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sim/core/sim.h"
#include "sim/hal/hal.h"

ram::ram(uint64_t size, const sim_outside_memory *outside)
    : size_(ALIGN_UP(size, static_cast<uint64_t>(HAL_PAGE_SIZE))), pages_(size_ / HAL_PAGE_SIZE),
      outside_(outside)
{
}

uint8_t *ram::touch(uint64_t page)
{
    if (!pages_[page]) {
        pages_[page].reset(new uint8_t[HAL_PAGE_SIZE]);
        memset(pages_[page].get(), fill_, HAL_PAGE_SIZE);
    }
    return pages_[page].get();
}

int ram::read(uint64_t addr, void *to, uint64_t size) const
{
    if (outside_) {
        return outside_->read(outside_->arg, addr, to, size);
    }
    if (!holds(addr, size)) {
        return -EFAULT;
    }
    uint8_t *out = static_cast<uint8_t *>(to);
    while (size > 0) {
        const uint64_t offset = addr % HAL_PAGE_SIZE;
        const uint64_t part = std::min(size, HAL_PAGE_SIZE - offset);
        const uint8_t *page = pages_[addr / HAL_PAGE_SIZE].get();
        if (page) {
            memcpy(out, page + offset, part);
        } else {
            memset(out, fill_, part);
        }
        out += part;
        addr += part;
        size -= part;
    }
    return 0;
}

void ram::mark(uint64_t page, writer by)
{
    if (log_) {
        log_->pages[static_cast<unsigned>(by)][page] = true;
    }
    if (!writes_.empty()) {
        writes_[page]++;
    }
}

uint64_t ram::writes(uint64_t page)
{
    if (writes_.empty()) {
        writes_.resize(pages_.size());
    }
    return page < writes_.size() ? writes_[page] : 0;
}

int ram::write(uint64_t addr, const void *from, uint64_t size, writer by)
{
    if (outside_) {
        return outside_->write(outside_->arg, addr, from, size);
    }
    if (!holds(addr, size)) {
        return -EFAULT;
    }
    const uint8_t *in = static_cast<const uint8_t *>(from);
    while (size > 0) {
        const uint64_t offset = addr % HAL_PAGE_SIZE;
        const uint64_t part = std::min(size, HAL_PAGE_SIZE - offset);
        memcpy(touch(addr / HAL_PAGE_SIZE) + offset, in, part);
        mark(addr / HAL_PAGE_SIZE, by);
        in += part;
        addr += part;
        size -= part;
    }
    return 0;
}

void ram::clear(uint64_t addr, uint64_t size)
{
    for (uint64_t page = addr / HAL_PAGE_SIZE; page < (addr + size) / HAL_PAGE_SIZE; page++) {
        mark(page, writer::CPU);
        if (fill_ == 0) {
            pages_[page].reset();
        } else {
            memset(touch(page), 0, HAL_PAGE_SIZE);
        }
    }
}

void ram::poison(uint8_t value)
{
    outside_ = nullptr;
    fill_ = value;
    for (auto &page : pages_) {
        page.reset();
    }
}

std::shared_ptr<ram> ram::copy() const
{
    auto other = twin();

    other->fill_ = fill_;
    for (size_t page = 0; page < pages_.size(); page++) {
        if (pages_[page]) {
            memcpy(other->touch(page), pages_[page].get(), HAL_PAGE_SIZE);
        }
    }
    return other;
}

void ram::log(bool on)
{
    log_.reset();
    if (on) {
        log_ = std::make_unique<dirty_log>();
        for (auto &pages : log_->pages) {
            pages.resize(pages_.size());
        }
    }
}

bool ram::take_dirty(uint64_t first, uint64_t count, bool by_cpu, bool by_device)
{
    const bool wanted[] = {by_cpu, by_device};
    bool dirty = false;

    for (unsigned by = 0; log_ && by < ARRAY_SIZE(wanted); by++) {
        for (uint64_t page = first; wanted[by] && page < first + count && page < pages_.size();
             page++) {
            dirty = dirty || log_->pages[by][page];
            log_->pages[by][page] = false;
        }
    }
    return dirty;
}

bool ram::copy_pages(ram *twin, uint64_t first, uint64_t count) const
{
    static const uint8_t zeroes[HAL_PAGE_SIZE] = {};
    bool zero = true;

    for (uint64_t page = first; page < first + count && page < pages_.size(); page++) {
        const uint8_t *bytes = pages_[page].get();

        if (bytes ? memcmp(bytes, zeroes, sizeof(zeroes)) == 0 : fill_ == 0) {
            twin->pages_[page].reset(); /* a twin's untouched pages are zero */
            continue;
        }
        zero = false;
        if (bytes) {
            memcpy(twin->touch(page), bytes, HAL_PAGE_SIZE);
        } else {
            memset(twin->touch(page), fill_, HAL_PAGE_SIZE);
        }
    }
    return !zero;
}

bool ram::same_page(const ram &twin, uint64_t page) const
{
    uint8_t bytes[2][HAL_PAGE_SIZE];

    if (page >= pages_.size() || page >= twin.pages_.size()) {
        return true; /* a guest's outside of the machine */
    }
    if (!pages_[page] && !twin.pages_[page]) {
        return fill_ == twin.fill_;
    }
    return read(page * HAL_PAGE_SIZE, bytes[0], HAL_PAGE_SIZE) == 0 &&
           twin.read(page * HAL_PAGE_SIZE, bytes[1], HAL_PAGE_SIZE) == 0 &&
           memcmp(bytes[0], bytes[1], HAL_PAGE_SIZE) == 0;
}

page_allocator::page_allocator(uint64_t size)
{
    const uint64_t end = size - size % HAL_PAGE_SIZE;

    if (end > HAL_PAGE_SIZE) {
        free_[HAL_PAGE_SIZE] = end - HAL_PAGE_SIZE;
    }
}

uint64_t page_allocator::take(uint64_t size)
{
    if (size == 0 || size > UINT64_MAX - HAL_PAGE_SIZE) {
        return 0;
    }
    size = ALIGN_UP(size, static_cast<uint64_t>(HAL_PAGE_SIZE));
    for (auto range = free_.begin(); range != free_.end(); ++range) {
        if (range->second < size) {
            continue;
        }
        const uint64_t addr = range->first;
        const uint64_t rest = range->second - size;
        free_.erase(range);
        if (rest > 0) {
            free_[addr + size] = rest;
        }
        used_[addr] = size;
        return addr;
    }
    return 0;
}

uint64_t page_allocator::give_back(uint64_t addr)
{
    const auto used = used_.find(addr);
    if (used == used_.end()) {
        return 0;
    }
    const uint64_t size = used->second;
    used_.erase(used);

    auto range = free_.emplace(addr, size).first;
    const auto next = std::next(range);
    if (next != free_.end() && addr + size == next->first) {
        range->second += next->second;
        free_.erase(next);
    }
    if (range != free_.begin()) {
        const auto before = std::prev(range);
        if (before->first + before->second == addr) {
            before->second += range->second;
            free_.erase(range);
        }
    }
    return size;
}

namespace
{

// Neighbouring bytes go together: a guest on another processor must not see half of a dword.
int write_enabled(ram *memory, const memory_request &request)
{
    int err = 0;

    for (unsigned byte = 0; byte < 8; byte++) {
        const unsigned start = byte;
        while (request.byte_enable >> byte & 1) {
            byte++;
        }
        if (byte > start) {
            const uint64_t value = request.data >> start * 8;
            err = memory->write(request.addr + start, &value, byte - start, writer::DEVICE);
        }
    }
    return err;
}

void atomic_add(ram *memory, const memory_request &request, uint64_t before)
{
    // The enabled half is the operand; 32-bit, no carry into the other half.
    const unsigned shift = request.byte_enable & 0x0f ? 0 : 32;
    const uint32_t sum =
        static_cast<uint32_t>(before >> shift) + static_cast<uint32_t>(request.data >> shift);

    (void)memory->write(request.addr + shift / 8, &sum, sizeof(sum), writer::DEVICE);
}

} // namespace

uint64_t memory_access(ram *memory, const memory_request &request, bool *fault)
{
    uint64_t before = UINT64_MAX;

    if (memory && request.op == memory_request::WRITE) {
        *fault = write_enabled(memory, request) != 0;
        return before;
    }
    *fault = !memory || memory->read(request.addr, &before, sizeof(before)) != 0;
    if (!*fault && request.op == memory_request::ATOMIC_ADD) {
        atomic_add(memory, request, before);
    }
    return before;
}
