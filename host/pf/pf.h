/* SPDX-License-Identifier: MIT */
/* The PF driver of one GPU: boots against the GuCs, provisions VFs, runs each VF's control
 * machine, and offers each VF to a VMM as a migratable device. */
#ifndef HOST_PF_PF_H
#define HOST_PF_PF_H

#include <stdbool.h>
#include <stdint.h>

#include "host/vfio/vfio.h"
#include "sim/hal/hal.h"

#define PF_MAX_GTS 2u
#define PF_MAX_VFS 63u

struct pf_config {
    const char *name; /* of the GPU, for traces: "src" */
    unsigned num_gts; /* 1, or 2 with media */
    unsigned total_vfs;
    uint16_t device_id; /* of the migration descriptor */
    uint8_t revision_id;
};

/* What a VF gets. Zero size or count: a fair share. */
struct pf_vf_config {
    uint64_t ggtt_start; /* 0: anywhere; else exactly there */
    uint64_t ggtt_size;
    uint32_t num_contexts;
    uint32_t num_doorbells;
    uint32_t exec_quantum_ms;
    uint32_t preempt_timeout_us;
    uint64_t lmem_size; /* local memory, of a GPU that has some */
};

#define PF_ADVERSE_COUNT 7u
#define PF_MAX_GROUPS    8u
#define PF_GROUP_CLASSES 16u

/* Kinds of adverse events by number, NULL-terminated: cat_err, ... */
extern const char *const pf_adverse_names[PF_ADVERSE_COUNT + 1];

/* How a function is scheduled and watched. 0: what the GuC does by itself. */
struct pf_tuning {
    uint32_t exec_quantum_ms;
    uint32_t preempt_timeout_us;
    uint32_t sched_priority;               /* GUC_SCHED_PRIORITY_* */
    uint32_t thresholds[PF_ADVERSE_COUNT]; /* in a sample period: events, or us of the GuC */
    uint32_t group_quantum_ms[PF_MAX_GROUPS];
    uint32_t group_timeout_us[PF_MAX_GROUPS];
};

/* How the functions share the GuC. */
struct pf_policies {
    bool sched_if_idle;
    bool reset_after_vf_switch;
    uint32_t sample_period_ms; /* of adverse events; 0: they are not counted */
    unsigned num_groups;       /* of engines, each with turns of its own; 0: none */
    uint32_t groups[PF_MAX_GROUPS][PF_GROUP_CLASSES]; /* logical instances by GuC class */
};

struct pf;
struct ct;
struct ggtt;

/* Whoever else runs contexts of the PF's own: the mediator of vGPUs. Neither call may block. */
struct pf_client {
    void (*interrupt)(void *arg); /* any of the device's */
    /* G2H event about a context: its code is in msg[0], its id in msg[1]. 0 or -errno. */
    int (*context_event)(void *arg, unsigned gt, const uint32_t *msg, uint32_t len);
    void *arg;
};

/* Allocates and declares wave probes, before the machine runs. Returns NULL without memory. */
struct pf *pf_create(struct hal *hal, const struct pf_config *config);
void pf_destroy(struct pf *pf);
/* Boots: waits for the GuCs, own config, CTBs, interrupt and control programs. Blocks. Returns 0
 * or -errno. */
MUST_USE int pf_probe(struct pf *pf);
/* Provisions VF n (1..total_vfs): GGTT entries, KLVs to every GuC. Returns 0, -EINVAL, -ENOSPC,
 * -EBUSY... */
MUST_USE int pf_provision(struct pf *pf, unsigned vf, const struct pf_vf_config *config);
MUST_USE int pf_unprovision(struct pf *pf, unsigned vf);
/* What VF n has now; zeroes when it has nothing. */
void pf_get_config(struct pf *pf, unsigned vf, struct pf_vf_config *config);

/* Makes VFs 1..count exist, with fair shares for those that have none. Returns 0, -ERANGE when the
 * device cannot have so many, -EBUSY when VFs are enabled already, -ENODEV without SR-IOV, or
 * pf_provision's error: then nothing has changed. */
MUST_USE int pf_enable_vfs(struct pf *pf, unsigned count);
/* Makes all VFs disappear, whoever uses them, resets them, and takes back what pf_enable_vfs gave.
 * Returns 0, also when there are none, or the first error of a reset: goes on after it. */
MUST_USE int pf_disable_vfs(struct pf *pf);
/* How many exist. */
unsigned pf_num_vfs(struct pf *pf);

/* One client; NULL members are allowed. */
void pf_set_client(struct pf *pf, const struct pf_client *client);
/* The PF's channel to a GT's GuC, and its own part of the GGTT; they live as long as the PF. */
struct ct *pf_ct(struct pf *pf, unsigned gt);
struct ggtt *pf_ggtt(struct pf *pf);

/* Tunes a VF, or with 0 the PF itself, whatever it does at the moment; pf_provision sets quantum
 * and timeout, and the rest to 0. Returns 0, -EINVAL or the GuC's error. */
MUST_USE int pf_tune(struct pf *pf, unsigned fn, const struct pf_tuning *tuning);
void pf_get_tuning(struct pf *pf, unsigned fn, struct pf_tuning *tuning);
MUST_USE int pf_set_policies(struct pf *pf, const struct pf_policies *policies);
void pf_get_policies(struct pf *pf, struct pf_policies *policies);
/* How often the GuCs told of a VF's adverse events of a kind since its last reset. */
uint32_t pf_adverse(struct pf *pf, unsigned vf, unsigned kind);

/* Resets a GT, as the driver does by itself when its channel is dead or an engine lost: the GuC
 * begins anew and gets every configuration again, each VF's control state is READY. Returns 0 or
 * -errno. */
MUST_USE int pf_reset_gt(struct pf *pf, unsigned id);
unsigned pf_reset_count(struct pf *pf, unsigned id);

/* Control of VF n on all GTs: codes as in the xe driver (guc-facing errors: -EIO; time:
 * -ETIMEDOUT; not allowed in this state: -EPERM, -ESTALE, -EALREADY, -EBUSY). */
MUST_USE int pf_control_pause(struct pf *pf, unsigned vf);
MUST_USE int pf_control_resume(struct pf *pf, unsigned vf);
MUST_USE int pf_control_stop(struct pf *pf, unsigned vf);
MUST_USE int pf_control_flr(struct pf *pf, unsigned vf);
/* A reset by PCI in three steps: announced (-EALREADY while one is under way), then done by whoever
 * owns the bus, then awaited. Without the first, the last may find that nothing has begun. */
MUST_USE int pf_control_flr_prepare(struct pf *pf, unsigned vf);
MUST_USE int pf_control_flr_wait(struct pf *pf, unsigned vf);
/* State of the control machine on one GT, for expectations and diagnosis: "READY", "PAUSED", ... */
const char *pf_control_state(struct pf *pf, unsigned gt, unsigned vf);
/* All of them, NULL-terminated. */
extern const char *const pf_control_state_names[];

/* Whether the VF's driver has got over its last move: every GuC has said so (FIXUP_DONE) since a
 * state was loaded. Also true when none was. */
bool pf_vf_recovered(struct pf *pf, unsigned vf);

/* VF n as a migratable device; give both to vfio_init. */
const struct vfio_ops *pf_vfio_ops(void);
/* The same with pre-copy, an extension: the stream's descriptor is told while the VF runs, so that
 * a target of another kind refuses before the guest stops. */
const struct vfio_ops *pf_vfio_precopy_ops(void);
void *pf_vfio_device(struct pf *pf, unsigned vf);

#endif
