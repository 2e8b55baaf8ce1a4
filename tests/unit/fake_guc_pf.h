/* SPDX-License-Identifier: MIT */
/* The GuCs of a GPU as a PF driver meets them: mailbox, CTB, configuration, control and blobs of
 * VFs, answered at once or wrongly, as a test says. It reads the driver's RAM through the GGTT
 * entries that the driver wrote. */
#ifndef TESTS_UNIT_FAKE_GUC_PF_H
#define TESTS_UNIT_FAKE_GUC_PF_H

#include "host/pf/pf.h"
#include "tests/unit/fake_hal.h"

#define FAKE_GUC_BLOB_LEN 40u /* dwords */
#define FAKE_GUC_VFS      4u

enum fake_answer { FAKE_ACK, FAKE_REFUSE, FAKE_SILENT };

/* What one GuC does; zero is well-behaved. */
struct fake_guc_script {
    enum fake_answer control[6]; /* by command of VF_CONTROL */
    bool done_first;             /* events overtake the reply */
    bool no_done;                /* events do not come */
    int count_delta;             /* wrong count of KLVs */
    enum fake_answer save;
    enum fake_answer restore;
    bool no_reset; /* GDRST does not come to an end */
    int used;      /* told instead of the truth when not 0 */
};

struct fake_guc_gt {
    struct fake_guc_pf *owner;
    unsigned id;
    uint64_t cfg[8]; /* what SELF_CFG said, by key - 0x900 */
    bool enabled;
    bool paused[FAKE_GUC_VFS + 1];
    uint32_t seed[FAKE_GUC_VFS + 1]; /* what the blob of a VF holds */
    uint32_t klvs[64];               /* newest list for a VF */
    uint32_t klvs_len;
    uint32_t policies[256]; /* newest list of policies */
    uint32_t policies_len;
    unsigned cfg_pushes, policy_pushes, gt_resets;
    unsigned cfg_resets;
    char commands[64];     /* of VF_CONTROL, as digits in their order */
    uint32_t relayed[255]; /* newest RELAY_TO_VF */
    uint32_t relayed_len;
    struct fake_guc_script script;
};

struct fake_guc_pf {
    struct hal *hal;
    struct pf *pf;
    struct fake_guc_gt gts[PF_MAX_GTS];
};

/* Makes handle and PF driver; two GTs, FAKE_GUC_VFS VFs. */
void fake_guc_pf_create(struct fake_guc_pf *gpu);
void fake_guc_pf_destroy(struct fake_guc_pf *gpu);
/* Sends VF_STATE_NOTIFY now. */
void fake_guc_pf_notify(struct fake_guc_gt *gt, uint32_t vf, uint32_t event);
/* Sends any event. */
void fake_guc_pf_event(struct fake_guc_gt *gt, const uint32_t *hxg, uint32_t len);
/* Entry n of the GGTT as the driver wrote it. */
uint64_t fake_guc_pf_pte(struct fake_guc_pf *gpu, uint64_t n);
void fake_guc_pf_set_pte(struct fake_guc_pf *gpu, uint64_t n, uint64_t pte);
/* Boots the driver, gives VF 1 16 pages at 0x10000000, then runs the test's program. */
void fake_guc_pf_run(struct fake_guc_pf *gpu, void (*program)(void *arg), void *arg);

#endif
