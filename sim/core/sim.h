/* SPDX-License-Identifier: MIT */
/* The machine as C sees it: GPUs (Verilated), hosts and VMs with RAM, programs, time, and what is
 * written about a run. sim/machine/ builds a machine with it; inside is SystemC. One machine a
 * process. Order: sim_create, sim_gpu_create / sim_vm_create, programs' create functions (they
 * declare probes), sim_start, sim_run, sim_destroy. Numbers of cycles are GT clock cycles. */
#ifndef SIM_CORE_SIM_H
#define SIM_CORE_SIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/hal/hal.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sim;
struct sim_gpu;
struct sim_vm;

struct sim_config {
    uint64_t clock_ps;       /* GT clock period */
    const char *trace_path;  /* .vcd, .vcd.gz, or NULL: no waves */
    const char *trace_scope; /* NULL: all signals; else globs of full names, comma-separated */
    uint64_t trace_from_ps, trace_to_ps; /* to: 0 is no end */
    uint64_t trace_last_ps;              /* 0, or see sim_keep_trace */
    const char *events_path;             /* events.jsonl, or NULL */
    const char *names_path;              /* names.json, or NULL */
    bool no_skip;                        /* evaluate and dump every cycle */
    uint64_t skip_check;   /* evaluate and dump that many cycles at both ends of each skipped gap */
    uint64_t mmio_latency; /* cycles from CPU to chip, one way */
    uint64_t mem_latency;  /* cycles from chip to memory, one way */
    const char *(*action_name)(uint16_t action, bool g2h); /* names for traces; NULL result: null */
};

/* Why sim_run came back. */
enum sim_result {
    SIM_DONE,
    SIM_UNTIL,
    SIM_DEADLOCK,
    SIM_INTERRUPTED,
    SIM_NOT_QUIET, /* something happened in a gap; said on stderr */
};

/* Returns NULL with a message on stderr when a file cannot be opened. */
struct sim *sim_create(const struct sim_config *config);
/* Closes all files; safe at any time, also after an interrupted run. Returns 0, or -errno of the
 * first failed write or refused probe. */
int sim_destroy(struct sim *sim);

/* name shows in traces and must outlive the machine. host_ram: bytes for the PF's driver. */
struct sim_gpu *sim_gpu_create(struct sim *sim, const char *name, uint64_t host_ram,
                               unsigned num_gts);
/* Gives the GPU local memory, zeroed; a GPU has none otherwise. Before sim_start. */
void sim_gpu_set_vram(struct sim_gpu *gpu, uint64_t size);
struct hal *sim_gpu_pf(struct sim_gpu *gpu);               /* unit "<gpu>.pf" */
struct hal *sim_gpu_guc(struct sim_gpu *gpu, unsigned gt); /* unit "<gpu>.guc<gt>" */
/* The PF changes entries of the GGTT behind the back of the VF that has them. Tells the number of
 * its last write to one of the entries [block * SIM_GGTT_BLOCK, + SIM_GGTT_BLOCK), 0: none yet. */
#define SIM_GGTT_BLOCK  512u
#define SIM_GGTT_BLOCKS 2048u
uint64_t sim_gpu_ggtt_written(const struct sim_gpu *gpu, unsigned block);
/* What the PF's PCI configuration says: the device, how many VFs it can have, and how many of them
 * are enabled from the start (63 and all, unless told). Before sim_start. */
void sim_gpu_set_pci(struct sim_gpu *gpu, uint16_t device, unsigned total, unsigned enabled);
/* Whether the VF is enabled: one that is not answers nothing. */
bool sim_gpu_has_vf(const struct sim_gpu *gpu, unsigned fn);
/* PCI FLR of a function. */
void sim_gpu_flr(struct sim_gpu *gpu, unsigned fn);

struct sim_vm *sim_vm_create(struct sim *sim, const char *name, uint64_t ram_size);
struct hal *sim_vm_hal(struct sim_vm *vm); /* unit "<vm>.vf" */
/* Gives function fn of a GPU to the VM; its DMA and interrupts go there. */
void sim_vm_attach(struct sim_vm *vm, struct sim_gpu *gpu, unsigned fn);
/* Halts the vCPUs: returns when no access of the VM is under way (blocks). Its clock stands
 * still. */
void sim_vm_stop(struct sim_vm *vm);
void sim_vm_start(struct sim_vm *vm);
/* Makes the copy of RAM that the target side will use; the source's stays. Returns 0, or -EBUSY
 * when the VM runs. */
int sim_vm_copy_ram(struct sim_vm *vm);
/* Drops the copy again. */
void sim_vm_drop_copy(struct sim_vm *vm);
/* Rebinds the stopped VM to another function with the copied RAM. The old RAM stays reachable for
 * the old function. */
void sim_vm_switch_over(struct sim_vm *vm, struct sim_gpu *gpu, unsigned fn);
/* Takes a switch-over back: the VM is stopped, with its old RAM and function; the copy is gone. */
void sim_vm_switch_back(struct sim_vm *vm);
/* Makes a switch-over final: the old RAM is filled with 0xdb, so that stray DMA is seen, not lost.
 */
void sim_vm_commit(struct sim_vm *vm);

/* Moving RAM while the VM runs: an empty (zeroed) copy, filled by pages, and a log of the pages
 * that were written meanwhile. Pages beyond RAM are passed over. */
void sim_vm_copy_begin(struct sim_vm *vm);
/* Copies the pages that [addr, addr + size) touches. Returns false when they are all zero. */
bool sim_vm_copy_pages(struct sim_vm *vm, uint64_t addr, uint64_t size);
/* How many pages of 4 KiB of the copy differ from RAM. */
uint64_t sim_vm_copy_stale(struct sim_vm *vm);
/* Begins a new log, or ends it. */
void sim_vm_log(struct sim_vm *vm, bool on);
/* Sets bit n (little endian) of bitmap when the n-th page of page_size bytes (4 KiB or more) from
 * addr on was written since the log was last asked, by a vCPU or (each counts when asked for) by a
 * device, and forgets that. Returns how many bits it set. */
struct sim_vm_writers {
    bool cpu, device;
};
uint64_t sim_vm_log_take(struct sim_vm *vm, struct sim_vm_writers by, uint64_t addr,
                         uint64_t page_size, uint64_t pages, uint8_t *bitmap);
/* Of the page at addr: how often anybody wrote it since this was first asked of any page. What a
 * host does that write-protects pages of its guest, and catches the writes. */
uint64_t sim_vm_page_writes(struct sim_vm *vm, uint64_t addr);
/* Of a mediated guest: told of each write of a vCPU to its RAM, when it is done. Returns for how
 * many cycles that vCPU stands still, because a host write-protects the page; it does so before it
 * next reaches for the device, or time passes for it. Must not block. */
struct sim_write_watch {
    uint64_t (*wrote)(void *arg, uint64_t addr, uint64_t size);
    void *arg;
};
void sim_vm_watch_writes(struct sim_vm *vm, const struct sim_write_watch *watch);
uint64_t sim_vm_ram_size(struct sim_vm *vm);
/* RAM of a guest that lives outside of the machine. Called in the instant of each access; must not
 * block. Return 0, or -EFAULT. */
struct sim_outside_memory {
    int (*read)(void *arg, uint64_t addr, void *to, uint64_t size);
    int (*write)(void *arg, uint64_t addr, const void *from, uint64_t size);
    void *arg;
};
/* From now on the VM's RAM is that one, which must outlive the machine. When the VM moves it is
 * neither copied nor filled: its old function reaches nothing of it any more. */
void sim_vm_set_outside(struct sim_vm *vm, const struct sim_outside_memory *memory);
bool sim_vm_stopped(struct sim_vm *vm);

/* ---- mediated vGPUs: a guest whose register accesses the host serves ------------------------- */

/* Gives function fn, whose accesses VGPU_TRAP may trap, to the VM. It has no DMA of its own: its
 * work is the host's, through a window. sim_vm_switch_over moves it as any other. */
void sim_vm_attach_mediated(struct sim_vm *vm, struct sim_gpu *gpu, unsigned fn);
/* From now on size bytes of its BAR2 from guest on are the host's from host on: they do not trap.
 */
void sim_vm_map_aperture(struct sim_vm *vm, uint64_t guest, uint64_t host, uint64_t size);
/* A virtual interrupt: as if the vector's MSI had come. */
void sim_vm_interrupt(struct sim_vm *vm, unsigned vector);

struct sim_trap {
    unsigned fn;
    bool write;
    uint32_t offset; /* in BAR0, or in BAR2 */
    unsigned size;   /* 1..8 */
    uint64_t value;  /* of a write */
    bool aperture;   /* BAR2 */
    void *waiting;   /* the guest's program */
};
/* Waits for the oldest access that was trapped and not taken, from a program of the PF's handle
 * (blocks). Returns false when the time is over. */
bool sim_gpu_trap_wait(struct sim_gpu *gpu, struct sim_trap *trap, uint64_t timeout_ns);
/* It is served: the guest goes on after some cycles, a read with this value. */
void sim_gpu_trap_done(struct sim_gpu *gpu, const struct sim_trap *trap, uint64_t value,
                       uint64_t cycles);
/* Maps the VM's RAM, as it is now, at a host address that the host and its DMA reach; takes the
 * place of what is mapped at that base. wrote is told of each quad-word that the chip writes there;
 * it must not block. */
void sim_gpu_map_vm(struct sim_gpu *gpu, struct sim_vm *vm, uint64_t base,
                    void (*wrote)(void *arg, uint64_t gpa), void *arg);

/* A handle for programs without hardware (scripts, VMM): time, waiting, traces. unit names it. */
struct hal *sim_hal_plain(struct sim *sim, const char *unit);

/* ---- watching: whoever wants to know of events while the machine runs ------------------------ */

/* One event as events.jsonl has it. Pointers last for the call. */
struct sim_event {
    uint64_t t_ps;
    const char *gpu; /* NULL: none */
    int gt;          /* HAL_GT_NONE: none */
    const char *kind;
    const struct hal_field *fields;
    unsigned count;
};

/* Called in the instant of each event, from a program or from none: it must not block. One a
 * machine; NULL: none any more. */
void sim_set_observer(struct sim *sim, void (*observe)(void *arg, const struct sim_event *event),
                      void *arg);

/* ---- disturbing: what goes wrong between chip and software, from now on ---------------------- */

enum sim_signal { SIM_DOORBELL, SIM_MSI, SIM_NUM_SIGNALS };

enum sim_how { SIM_LOST, SIM_LATE, SIM_TWICE, SIM_ELSEWHERE };

struct sim_disturbance {
    enum sim_how how;
    unsigned after;  /* so many come as they should before */
    unsigned count;  /* so many are disturbed then */
    uint64_t cycles; /* LATE: by how much; TWICE: between the two */
    unsigned fn;     /* ELSEWHERE: the function that rings, or gets the MSI, instead */
};

/* Doorbells that function fn rings, or MSIs that are sent to it. Takes the place of what was asked
 * for before. Each one is told as an event of kind fault. */
void sim_gpu_disturb(struct sim_gpu *gpu, enum sim_signal what, unsigned fn,
                     const struct sim_disturbance *disturbance);
/* The programs of a GT's GuC stand still for some cycles; its chip goes on. */
void sim_gpu_stall_guc(struct sim_gpu *gpu, unsigned gt, uint64_t cycles);
/* The next count commands PREEMPT or RESET of a GuC to one of its engines (by number) are lost. */
void sim_gpu_deafen_engine(struct sim_gpu *gpu, unsigned gt, unsigned engine, unsigned count);

/* Ends elaboration: reset the chips, open the waves. Returns 0, or -ENOENT when no signal is in
 * trace_scope. */
int sim_start(struct sim *sim);
/* Runs until sim_stop, the time (ps, HAL_FOREVER none), a signal, or until nothing can ever happen
 * again. */
enum sim_result sim_run(struct sim *sim, uint64_t until_ps);
/* From a program: no further instant begins. */
void sim_stop(struct sim *sim);
/* Async-signal-safe: sim_run returns SIM_INTERRUPTED, also when it or the machine begins later. */
void sim_interrupt(void);

uint64_t sim_now_ps(const struct sim *sim);
uint64_t sim_cycles(const struct sim *sim);
uint64_t sim_rtl_evals(const struct sim *sim);
/* One line for each program that waits: who, for what, since when. */
void sim_describe_waiting(const struct sim *sim, FILE *to);
/* What a run came to. SHA-256 of what was written, as 64 hex digits and NUL; of the uncompressed
 * VCD; "" when off. */
struct sim_summary {
    char trace_sha256[65];
    char events_sha256[65];
    uint64_t sim_time_ps, cycles, rtl_evals;
};
/* Waves with trace_last_ps are kept in memory: the last trace_last_ps of the run, and up to as much
 * before. They are written when this was called before sim_finish, or when the process aborts. */
void sim_keep_trace(struct sim *sim);
/* Closes the files and tells their hashes; sim_destroy may follow. */
int sim_finish(struct sim *sim, struct sim_summary *summary);

#ifdef __cplusplus
}
#endif

#endif
