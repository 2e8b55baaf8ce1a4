/* SPDX-License-Identifier: MIT */
/* The storm: each sender keeps a window of TLB invalidations under way, the cheapest message of a
 * VF that is answered, so that the transport and not the action is what is measured. It stands in
 * for vf_tlb.c's sender, which waits for each answer. */
#include "tests/bench/storm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "guest/vf/vf_internal.h"
#include "sim/machine/machine.h"

#define WINDOW        48u /* messages under way; a ring holds more */
#define ANSWER_DWORDS 3u
#define GGTT_SHARE    (8ull << 20)
#define VM_RAM        (8ull << 20)
/* Short ways keep the chip busy: waiting for memory is quiet time. Cycles. */
#define MMIO_LATENCY 8u
#define MEM_LATENCY  4u
#define LIMIT_PS     (100ull * 1000000000000ull)
#define WAIT_NS      (10ull * HAL_NS_PER_MS)

struct sender {
    struct storm *storm;
    struct vf_gt *gt;
    uint32_t messages;
};

struct guest {
    struct storm *storm;
    struct machine_vm *vm;
};

struct storm {
    struct storm_config config;
    struct storm_result result;
    struct sim *sim;
    struct machine *machine;
    struct hal *host;
    struct sender senders[STORM_MAX_ACTIVE * MACHINE_MAX_GTS];
    struct guest guests[STORM_MAX_ACTIVE];
    unsigned probed;
    unsigned sending; /* senders that have not ended */
    bool provisioned;
    int error;
};

static double cpu_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void give_up(struct storm *storm, const char *what, int err)
{
    (void)fprintf(stderr, "storm: %s: %d\n", what, err);
    storm->error = err;
    sim_stop(storm->sim);
}

static uint32_t under_way(const struct vf_tlb *tlb)
{
    return tlb->sent - tlb->done;
}

static int send_one(struct vf_gt *gt)
{
    const uint32_t seqno = gt->tlb.sent + 1;
    const uint32_t request[] = {
        FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, XE_GUC_ACTION_TLB_INVALIDATION),
        seqno,
        XE_GUC_TLB_INVAL_GUC << XE_GUC_TLB_INVAL_TYPE_SHIFT |
            XE_GUC_TLB_INVAL_MODE_HEAVY << XE_GUC_TLB_INVAL_MODE_SHIFT |
            XE_GUC_TLB_INVAL_FLUSH_CACHE,
    };

    gt->tlb.sent = seqno;
    return ct_send(gt->ct, request, ARRAY_SIZE(request), ANSWER_DWORDS, 1);
}

static void sender_main(void *arg)
{
    struct sender *sender = arg;
    struct storm *storm = sender->storm;
    struct vf_gt *gt = sender->gt;

    for (uint32_t i = 0; i < sender->messages; i++) {
        int err;

        while (under_way(&gt->tlb) >= WINDOW) {
            if (!hal_wait(gt->vf->hal, WAIT_NS)) {
                give_up(storm, "no answer", -ETIME);
                return;
            }
        }
        err = send_one(gt);
        if (err) {
            give_up(storm, "send", err);
            return;
        }
    }
    while (under_way(&gt->tlb) > 0 && hal_wait(gt->vf->hal, WAIT_NS)) {
    }
    if (--storm->sending == 0) {
        storm->result.cpu_s = cpu_s() - storm->result.cpu_s;
        storm->result.cycles = sim_cycles(storm->sim) - storm->result.cycles;
        storm->result.evals = sim_rtl_evals(storm->sim) - storm->result.evals;
        sim_stop(storm->sim);
    }
}

static void storm_begin(struct storm *storm)
{
    if (storm->config.begin) {
        storm->config.begin();
    }
    storm->result.cycles = sim_cycles(storm->sim);
    storm->result.evals = sim_rtl_evals(storm->sim);
    storm->result.cpu_s = cpu_s();
    for (unsigned i = 0; i < storm->config.active * MACHINE_MAX_GTS; i++) {
        struct sender *sender = &storm->senders[i];

        hal_spawn(sender->gt->vf->hal, "sender", sender_main, sender);
    }
}

/* The guest's own program: binds the driver; the last one to do so lets all begin. */
static void guest_main(void *arg)
{
    struct guest *guest = arg;
    struct storm *storm = guest->storm;
    int err;

    while (!storm->provisioned) {
        hal_delay(guest->vm->hal, 10 * HAL_NS_PER_US);
    }
    err = vf_probe(guest->vm->vf);
    if (err) {
        give_up(storm, "vf_probe", err);
        return;
    }
    if (++storm->probed == storm->config.active) {
        storm_begin(storm);
    }
}

static void host_main(void *arg)
{
    struct storm *storm = arg;
    struct machine_gpu *gpu = &storm->machine->gpus[0];
    const struct pf_vf_config share = {.ggtt_size = GGTT_SHARE};

    while (!gpu->booted) {
        hal_delay(storm->host, 10 * HAL_NS_PER_US);
    }
    for (unsigned vf = 1; vf <= storm->config.vfs; vf++) {
        int err = pf_provision(gpu->pf, vf, &share);

        if (err) {
            give_up(storm, "pf_provision", err);
            return;
        }
    }
    storm->provisioned = true;
}

/* ---- the machine ---------------------------------------------------------------------------- */

static void senders_create(struct storm *storm)
{
    const unsigned count = storm->config.active * MACHINE_MAX_GTS;

    storm->sending = count;
    for (unsigned i = 0; i < count; i++) {
        struct vf *vf = storm->machine->vms[i / MACHINE_MAX_GTS].vf;

        storm->senders[i] = (struct sender){.storm = storm,
                                            .gt = &vf->gts[i % MACHINE_MAX_GTS],
                                            .messages = (uint32_t)(storm->config.messages / count)};
    }
}

static bool storm_build(struct storm *storm)
{
    struct machine_desc desc = {.num_gpus = 1, .num_vms = storm->config.active};
    const struct sim_config config = {
        .clock_ps = 1000, .mmio_latency = MMIO_LATENCY, .mem_latency = MEM_LATENCY};

    desc.gpus[0] = (struct machine_gpu_desc){.name = "gpu",
                                             .num_gts = MACHINE_MAX_GTS,
                                             .num_vfs = storm->config.vfs,
                                             .guc_abi = GUC_ABI_VERSION(1, 27, 0)};
    for (unsigned i = 0; i < desc.num_vms; i++) {
        desc.vms[i].ram = VM_RAM;
        (void)snprintf(desc.vms[i].name, sizeof(desc.vms[i].name), "vm%u", i + 1);
    }
    storm->sim = sim_create(&config);
    storm->machine = storm->sim ? machine_create(storm->sim, &desc) : NULL;
    if (!storm->machine) {
        return false;
    }
    storm->host = sim_hal_plain(storm->sim, "host");
    hal_spawn(storm->host, "host", host_main, storm);
    for (unsigned i = 0; i < desc.num_vms; i++) {
        struct machine_vm *vm = &storm->machine->vms[i];

        storm->guests[i] = (struct guest){.storm = storm, .vm = vm};
        if (machine_attach(storm->machine, vm, machine_find_fn(&storm->machine->gpus[0], i + 1))) {
            return false;
        }
        hal_spawn(vm->hal, "guest", guest_main, &storm->guests[i]);
    }
    senders_create(storm);
    return true;
}

bool storm_run(const struct storm_config *config, struct storm_result *result)
{
    struct storm *storm = calloc(1, sizeof(*storm));
    bool good = false;

    if (!storm) {
        return false;
    }
    storm->config = *config;
    if (storm_build(storm)) {
        sim_start(storm->sim);
        good = sim_run(storm->sim, LIMIT_PS) == SIM_DONE && storm->sending == 0;
        if (!good) {
            sim_describe_waiting(storm->sim, stderr);
        }
    }
    *result = storm->result;
    machine_destroy(storm->machine);
    (void)sim_destroy(storm->sim);
    free(storm);
    return good;
}
