/* SPDX-License-Identifier: MIT */
/* One GPU of the machine: the Verilated chip and what stands at each of its ports. A port drives
 * its pins before an edge from its queue and looks at the answers after it; a request that a
 * program posts in the instant of cycle k is seen by the chip at the edge of k + 1 or later.
 *
 * A port is left alone until the cycle that it names in `due`: that in which it has something to
 * drive. What stands at its pins makes it due in the next cycle again, so that pins fall when
 * nothing follows. Its answers are looked at while its bit is set in gpu_inputs.heard. */
#ifndef SIM_CORE_GPU_H
#define SIM_CORE_GPU_H

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/core/gpu_rtl.h"
#include "sim/core/memory.h"
#include "sim/core/pci_config.h"
#include "sim/core/program.h"
#include "sim/core/sim.h"

struct hal;
struct sim;
struct sim_gpu;

constexpr unsigned GPU_MAX_FUNCTIONS = 64;
constexpr unsigned GPU_MAX_GTS = 2;

/* Accesses of BAR0 and the aperture, and FLRs, of all functions, in the order in which they were
 * issued. (pcie.cpp) */
class host_port
{
  public:
    struct request {
        enum kinds { READ, WRITE, FLR } kind;
        unsigned fn;
        uint32_t addr;
        uint8_t byte_enable;
        uint64_t data;
        hal *owner;        /* NULL: FLR */
        program *reader;   /* READ, and each access of a mediated guest: it waits */
        bool late = false; /* a disturbed doorbell: nobody waits for it, and it is not met again */
        bool aperture = false; /* of BAR2 */
    };

    explicit host_port(sim_gpu &gpu) : gpu_(gpu)
    {
    }
    void post(const request &entry);
    void drive(gpu_inputs *in, uint64_t cycle);
    void sample(gpu_inputs *in, const gpu_outputs &out, uint64_t cycle);

    uint64_t due = FOREVER;

  private:
    struct queued : request {
        uint64_t due;
    };
    /* Cycle in which the front reaches the chip; FOREVER: none does. */
    uint64_t next() const;
    void accept(const request &front);
    void finish(const gpu_outputs &out, uint64_t cycle);
    void trap(const request &front);
    void trace_doorbell(const request &front) const;
    void insert(const queued &entry);
    bool disturb(uint64_t cycle);

    sim_gpu &gpu_;
    std::deque<queued> queue_;
    bool reading_ = false; /* the front was accepted and its answer is due (the aperture's: of a
                              write too) */
    bool offered_ = false; /* the front stands at the pins and was not accepted */
};

/* Private bus of one GuC. (guc_ports.cpp) */
class guc_bus
{
  public:
    struct request {
        bool write;
        uint16_t addr;
        uint32_t data;
        program *reader; /* NULL: write */
    };

    guc_bus(sim_gpu &gpu, unsigned gt) : gpu_(gpu), gt_(gt)
    {
    }
    void post(request entry);
    void drive(gpu_inputs *in);
    void sample(gpu_inputs *in, const gpu_outputs &out, uint64_t cycle);

    uint64_t due = FOREVER; /* it has no latency: 0 when there is something */
    unsigned deaf[4] = {};  /* PREEMPT and RESET commands to an engine that get lost */

  private:
    bool pending() const
    {
        return !queue_.empty() && !reading_;
    }

    sim_gpu &gpu_;
    unsigned gt_;
    std::deque<request> queue_;
    bool reading_ = false;
};

/* DMA port of one GuC: one transfer at a time, programs take turns. (guc_ports.cpp) */
class guc_dma
{
  public:
    struct transfer {
        bool write;
        unsigned fn;
        uint32_t addr;
        uint32_t *buffer; /* a write only reads it */
        uint32_t len_dw;
        program *owner;
    };

    guc_dma(sim_gpu &gpu, unsigned gt) : gpu_(gpu), gt_(gt)
    {
    }
    /* The owner blocks; its data is 1 when a translation faulted. */
    void post(const transfer &entry);
    void drive(gpu_inputs *in);
    void sample(gpu_inputs *in, const gpu_outputs &out, uint64_t cycle);

    uint64_t due = FOREVER; /* as the bus's */

  private:
    bool pending() const;
    void move_data(const gpu_inputs &in, const gpu_outputs &out);

    sim_gpu &gpu_;
    unsigned gt_;
    std::deque<transfer> queue_;
    bool started_ = false; /* the front's command was accepted */
    uint32_t moved_ = 0;   /* its dwords so far */
};

/* The chip's way to memory: everything takes effect in order, a fixed time after it was issued.
 * (memory_path.cpp) */
class memory_path
{
  public:
    explicit memory_path(sim_gpu &gpu) : gpu_(gpu)
    {
    }
    void drive(gpu_inputs *in, uint64_t cycle);
    void sample(const gpu_outputs &out, uint64_t cycle);
    /* Carries out what takes effect by now. */
    void apply(uint64_t cycle);
    /* Cycle in which the last request so far takes effect: nothing that is ordered behind it may be
     * seen earlier. */
    uint64_t last_due() const
    {
        return last_due_;
    }

    uint64_t due = FOREVER;        /* of the answers */
    uint64_t due_effect = FOREVER; /* cycle in which the next request takes effect */

  private:
    void answer(const memory_request &request, uint64_t data);
    void push(uint64_t cycle, memory_request request);
    void access(const memory_request &request);
    void access_meta(const memory_request &request);
    void tell_fault(const memory_request &request) const;
    void deliver_msi(const memory_request &request);
    void disturb_msi(memory_request request);

    sim_gpu &gpu_;
    std::deque<memory_request> requests_;
    std::multimap<uint64_t, memory_request> late_; /* delayed MSIs by the cycle of their arrival */
    std::deque<memory_response> responses_;
    uint64_t last_due_ = 0;
};

/* The CPUs' window of local memory: pages in the order in which they were asked for. (lmem.cpp) */
class lmem_window
{
  public:
    struct request {
        unsigned fn;
        uint64_t addr; /* of the function's window; the access stays in one page */
        uint64_t bytes;
        uint8_t *to; /* NULL: a write */
        const uint8_t *from;
        program *owner;
        uint64_t due;
    };

    explicit lmem_window(sim_gpu &gpu) : gpu_(gpu)
    {
    }
    void post(const request &asked);
    void drive(gpu_inputs *in, uint64_t cycle);
    void sample(gpu_inputs *in, const gpu_outputs &out, uint64_t cycle);

    uint64_t due = FOREVER;

  private:
    uint64_t next() const;
    void move_data(const request &front, uint64_t place);

    sim_gpu &gpu_;
    std::deque<request> queue_;
};

/* The chip's reads of its own tables in local memory, one at a time. (lmem.cpp) */
class lmtt_port
{
  public:
    explicit lmtt_port(sim_gpu &gpu) : gpu_(gpu)
    {
    }
    void drive(gpu_inputs *in, uint64_t cycle);
    void sample(const gpu_outputs &out, uint64_t cycle);

    uint64_t due = FOREVER;

  private:
    sim_gpu &gpu_;
    uint64_t addr_ = 0;
    uint64_t answer_due_ = FOREVER;
};

/* Host addresses behind which the DMA of function 0, and the host, find a VM's RAM. (mediated.cpp)
 */
struct ram_window {
    uint64_t base = 0;
    std::shared_ptr<ram> memory;
    void (*wrote)(void *arg, uint64_t gpa) = nullptr; /* the chip wrote 8 bytes there */
    void *arg = nullptr;

    bool holds(uint64_t addr, uint64_t size) const
    {
        return addr >= base && addr - base < memory->size() &&
               size <= memory->size() - (addr - base);
    }
};

/* Whom a function of the GPU belongs to. */
struct gpu_function {
    std::shared_ptr<ram> memory; /* what its DMA reaches; NULL: nothing */
    std::shared_ptr<ram> meta;   /* compression metadata of it; NULL: zeros */
    hal *owner = nullptr;        /* who gets its interrupts; NULL: nobody */
    sim_disturbance disturbances[SIM_NUM_SIGNALS] = {};
};

struct sim_gpu {
    sim_gpu(sim *of, const char *gpu_name, uint64_t host_ram, unsigned gts);
    ~sim_gpu();

    void start();
    /* The next edge that the chip needs after now, FOREVER: none until it is asked something. */
    uint64_t next_edge(uint64_t now) const
    {
        return rtl.quiescent() ? next_edge_of_quiet(now) : now + 1;
    }
    void edge(uint64_t cycle);
    /* Counts one signal of the function. Returns false when it comes as it should; else it has been
     * told, and *how says what becomes of it. (disturb.cpp) */
    bool disturbed(sim_signal what, unsigned fn, sim_disturbance *how);
    /* The window that holds all of a range of host addresses; NULL: none. */
    const ram_window *find_window(uint64_t addr, uint64_t size) const;

    sim *machine;
    std::string name;
    unsigned num_gts;
    std::unique_ptr<hal> pf;
    std::unique_ptr<hal> guc[GPU_MAX_GTS];
    gpu_function functions[GPU_MAX_FUNCTIONS];
    pci_config config;
    uint64_t ggtt_written[SIM_GGTT_BLOCKS] = {}; /* number of the PF's last write; 0 none */
    uint64_t ggtt_writes = 0;
    std::vector<ram_window> windows;
    std::deque<host_port::request> traps; /* for the mediator, oldest first */
    gpu_rtl rtl;
    host_port host;
    guc_bus bus[GPU_MAX_GTS];
    guc_dma dma[GPU_MAX_GTS];
    memory_path memory;
    lmem_window lmem;
    lmtt_port tables;
    std::shared_ptr<ram> vram;      /* local memory, of size 0 when it has none */
    std::shared_ptr<ram> vram_meta; /* its compression metadata */
    uint64_t evals = 0;
    uint64_t due_edge = 0; /* next_edge, as the clock last asked */

  private:
    uint64_t next_edge_of_quiet(uint64_t now) const;
    void drive(uint64_t cycle);
    void sample(const gpu_outputs &out, uint64_t cycle);
    unsigned gucs_answered(const gpu_outputs &out) const;
    unsigned gucs_woken() const;
    void sample_gucs(unsigned answered, const gpu_outputs &out, uint64_t cycle);

    gpu_inputs in_ = {}; /* as the chip has them from its construction on */
    gpu_outputs out_ = {};
    uint64_t last_edge_ = 0;
};

/* A step of a trapped access, as an event. (mediated.cpp) */
void trace_trap(const sim_gpu *gpu, const host_port::request &access, const char *ev);
/* A vCPU of a mediated guest wrote its RAM. */
void guest_wrote(hal *hal, uint64_t addr, uint64_t size);

#endif
