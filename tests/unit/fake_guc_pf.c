/* SPDX-License-Identifier: MIT */
/* The PF driver's peer in unit tests; see fake_guc_pf.h. */
#include "tests/unit/fake_guc_pf.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_communication_ctb_abi.h"
#include "firmware/abi/guc_errors_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "gpu_regs.h"
#include "host/abi/xe_gtt_defs.h"

#define RAM         (8ull << 20)
#define LIMIT_NS    (200 * HAL_NS_PER_S)
#define DONE_NS     (20 * HAL_NS_PER_US)
#define BLOB_MAGIC  0x424f4c42u
#define FAILURE     0xe0000000u
#define SUCCESS     0xf0000000u
#define IDENTITY    0x80040000u | GUC_INTR_GUC2HOST
#define MEDIA       0x01000000u
#define FIRST_CFG   GUC_KLV_SELF_CFG_MEMIRQ_STATUS_ADDR_KEY
#define MESSAGE_MAX 256u

/* ---- memory ---------------------------------------------------------------------------------- */

uint64_t fake_guc_pf_pte(struct fake_guc_pf *gpu, uint64_t n)
{
    const uint32_t offset = (uint32_t)(GGTT_BAR0_OFFSET + 8 * n);

    return make_64(fake_reg(gpu->hal, offset), fake_reg(gpu->hal, offset + 4));
}

void fake_guc_pf_set_pte(struct fake_guc_pf *gpu, uint64_t n, uint64_t pte)
{
    const uint32_t offset = (uint32_t)(GGTT_BAR0_OFFSET + 8 * n);

    fake_set_reg(gpu->hal, offset, lower_32(pte));
    fake_set_reg(gpu->hal, offset + 4, upper_32(pte));
}

static uint32_t *word_at(struct fake_guc_gt *gt, uint64_t addr)
{
    uint64_t pte = fake_guc_pf_pte(gt->owner, addr / XE_PAGE_SIZE);
    uint32_t *word = NULL;

    if (pte & GGTT_PTE_PRESENT && !(pte & GGTT_PTE_VFID)) {
        word = fake_ram(gt->owner->hal, (pte & XE_PTE_ADDR_MASK) + addr % XE_PAGE_SIZE, 4);
    }
    cr_assert_not_null(word, "the PF gave GGTT 0x%llx", (unsigned long long)addr);
    return word;
}

static uint64_t cfg(const struct fake_guc_gt *gt, unsigned key)
{
    return gt->cfg[key - FIRST_CFG];
}

/* ---- G2H ------------------------------------------------------------------------------------- */

static void raise_irq(struct fake_guc_gt *gt)
{
    struct hal *hal = gt->owner->hal;
    uint32_t dw = fake_reg(hal, GT_INTR_DW(0)) | (gt->id ? INTR_MGUC : INTR_GUC);

    fake_set_reg(hal, GT_INTR_DW(0), dw);
    fake_irq(hal, 1);
}

static void say(struct fake_guc_gt *gt, uint32_t fence, const uint32_t *hxg, uint32_t len)
{
    const uint64_t desc = cfg(gt, GUC_KLV_SELF_CFG_G2H_CTB_DESCRIPTOR_ADDR_KEY);
    const uint64_t ring = cfg(gt, GUC_KLV_SELF_CFG_G2H_CTB_ADDR_KEY);
    const uint32_t size = (uint32_t)cfg(gt, GUC_KLV_SELF_CFG_G2H_CTB_SIZE_KEY) / 4;
    uint32_t tail = *word_at(gt, desc + 4);

    *word_at(gt, ring + 4ull * tail) = fence << 16 | len;
    for (uint32_t n = 0; n < len; n++) {
        tail = (tail + 1) % size;
        *word_at(gt, ring + 4ull * tail) = hxg[n];
    }
    *word_at(gt, desc + 4) = (tail + 1) % size;
    raise_irq(gt);
}

void fake_guc_pf_event(struct fake_guc_gt *gt, const uint32_t *hxg, uint32_t len)
{
    say(gt, 0, hxg, len);
}

void fake_guc_pf_notify(struct fake_guc_gt *gt, uint32_t vf, uint32_t event)
{
    const uint32_t hxg[] = {0x90000000u | GUC_ACTION_GUC2PF_VF_STATE_NOTIFY, vf, event};

    say(gt, 0, hxg, ARRAY_SIZE(hxg));
}

static void say_done(struct fake_guc_gt *gt, uint32_t vf, uint32_t command)
{
    if (!gt->script.no_done) {
        fake_guc_pf_notify(gt, vf,
                           command == GUC_PF_TRIGGER_VF_PAUSE ? GUC_PF_NOTIFY_VF_PAUSE_DONE
                                                              : GUC_PF_NOTIFY_VF_FLR_DONE);
    }
}

struct late {
    struct fake_guc_gt *gt;
    uint32_t vf;
    uint32_t command;
};

static void say_done_late(void *arg)
{
    struct late *late = arg;

    say_done(late->gt, late->vf, late->command);
    free(late);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* Each returns the answer's only dword, 0 for none. */

static uint32_t update_vf_cfg(struct fake_guc_gt *gt, const uint32_t *hxg)
{
    const uint64_t addr = make_64(hxg[2], hxg[3]);
    uint32_t count = 0;

    if (hxg[4] == 0) {
        gt->cfg_resets++;
        return SUCCESS;
    }
    cr_assert_leq(hxg[4], ARRAY_SIZE(gt->klvs));
    gt->cfg_pushes++;
    gt->klvs_len = hxg[4];
    for (uint32_t n = 0; n < hxg[4]; n++) {
        gt->klvs[n] = *word_at(gt, addr + 4ull * n);
    }
    for (uint32_t n = 0; n < hxg[4]; n += 1 + (gt->klvs[n] & GUC_KLV_0_LEN)) {
        count++;
    }
    return SUCCESS | (count + (uint32_t)gt->script.count_delta);
}

static uint32_t update_policies(struct fake_guc_gt *gt, const uint32_t *hxg)
{
    const uint64_t addr = make_64(hxg[1], hxg[2]);
    uint32_t count = 0;

    cr_assert_leq(hxg[3], ARRAY_SIZE(gt->policies));
    gt->policy_pushes++;
    gt->policies_len = hxg[3];
    for (uint32_t n = 0; n < hxg[3]; n++) {
        gt->policies[n] = *word_at(gt, addr + 4ull * n);
    }
    for (uint32_t n = 0; n < hxg[3]; n += 1 + (gt->policies[n] & GUC_KLV_0_LEN)) {
        count++;
    }
    return SUCCESS | (count + (uint32_t)gt->script.count_delta);
}

static uint32_t vf_control(struct fake_guc_gt *gt, const uint32_t *hxg, uint32_t fence)
{
    const uint32_t vf = hxg[1];
    const uint32_t command = hxg[2];
    const bool has_done =
        command == GUC_PF_TRIGGER_VF_PAUSE || command == GUC_PF_TRIGGER_VF_FLR_START;
    const size_t len = strlen(gt->commands);
    const uint32_t ack = SUCCESS;
    enum fake_answer answer;

    cr_assert(vf >= 1 && vf <= FAKE_GUC_VFS && command >= 1 && command <= 5);
    answer = gt->script.control[command];
    cr_assert_lt(len, sizeof(gt->commands) - 1);
    gt->commands[len] = (char)('0' + command);
    if (answer != FAKE_ACK) {
        return answer == FAKE_REFUSE ? FAILURE | XE_GUC_RESPONSE_INVALID_STATE : 0;
    }
    gt->paused[vf] = command == GUC_PF_TRIGGER_VF_PAUSE;
    if (command == GUC_PF_TRIGGER_VF_FLR_START) {
        gt->seed[vf] = 0; /* what a blob brought is gone */
    }
    if (has_done && gt->script.done_first) {
        say_done(gt, vf, command);
    } else if (has_done) {
        struct late *late = malloc(sizeof(*late));

        cr_assert_not_null(late);
        *late = (struct late){gt, vf, command};
        fake_at(gt->owner->hal, DONE_NS, say_done_late, late);
    }
    say(gt, fence, &ack, 1);
    return 0;
}

static uint32_t blob_word(uint32_t seed, uint32_t n)
{
    return n == 0 ? BLOB_MAGIC : seed + 0x9e3779b9u * n;
}

/* The blob is all redundancy: one wrong bit of it is seen. */
static uint32_t save_restore(struct fake_guc_gt *gt, const uint32_t *hxg)
{
    const bool restore = hxg[0] & PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_0_OPCODE;
    const enum fake_answer answer = restore ? gt->script.restore : gt->script.save;
    const uint32_t vf = hxg[1];
    const uint64_t addr = make_64(hxg[2], hxg[3]);
    uint32_t used = FAKE_GUC_BLOB_LEN;
    uint32_t seed;

    cr_assert(vf >= 1 && vf <= FAKE_GUC_VFS);
    if (answer != FAKE_ACK) {
        return answer == FAKE_REFUSE ? FAILURE | XE_GUC_RESPONSE_INVALID_STATE : 0;
    }
    if (gt->script.used && hxg[4]) {
        return SUCCESS | (uint32_t)gt->script.used;
    }
    if (!hxg[4]) {
        return SUCCESS | used;
    }
    if (!gt->paused[vf] || hxg[4] != used) {
        return FAILURE | XE_GUC_RESPONSE_INVALID_STATE;
    }
    seed = restore ? *word_at(gt, addr + 4) - 0x9e3779b9u : gt->seed[vf];
    for (uint32_t n = 0; n < used; n++) {
        uint32_t *word = word_at(gt, addr + 4ull * n);

        if (!restore) {
            *word = blob_word(seed, n);
        } else if (*word != blob_word(seed, n)) {
            return FAILURE | XE_GUC_RESPONSE_INVALID_PARAMS;
        }
    }
    gt->seed[vf] = seed;
    return SUCCESS | used;
}

static void take_message(struct fake_guc_gt *gt, const uint32_t *message)
{
    const uint32_t fence = message[0] >> 16;
    const uint32_t *hxg = message + 1;
    uint32_t answer = FAILURE | XE_GUC_RESPONSE_UNKNOWN_ACTION;

    switch (hxg[0] & GUC_HXG_REQUEST_MSG_0_ACTION) {
    case XE_GUC_ACTION_TLB_INVALIDATION: {
        const uint32_t done[] = {0x90000000u | XE_GUC_ACTION_TLB_INVALIDATION_DONE, hxg[1]};

        say(gt, 0, done, ARRAY_SIZE(done));
        return;
    }
    case GUC_ACTION_PF2GUC_UPDATE_VF_CFG:
        answer = update_vf_cfg(gt, hxg);
        break;
    case GUC_ACTION_PF2GUC_UPDATE_VGT_POLICY:
        answer = update_policies(gt, hxg);
        break;
    case GUC_ACTION_PF2GUC_VF_CONTROL:
        answer = vf_control(gt, hxg, fence);
        break;
    case XE_GUC_ACTION_PF2GUC_RELAY_TO_VF:
        gt->relayed_len = message[0] & GUC_CTB_MSG_0_NUM_DWORDS;
        memcpy(gt->relayed, hxg, gt->relayed_len * sizeof(*hxg));
        answer = SUCCESS;
        break;
    case GUC_ACTION_PF2GUC_SAVE_RESTORE_VF:
        answer = save_restore(gt, hxg);
        break;
    default:
        break;
    }
    if (answer) {
        say(gt, fence, &answer, 1);
    }
}

static void take_messages(struct fake_guc_gt *gt)
{
    const uint64_t desc = cfg(gt, GUC_KLV_SELF_CFG_H2G_CTB_DESCRIPTOR_ADDR_KEY);
    const uint64_t ring = cfg(gt, GUC_KLV_SELF_CFG_H2G_CTB_ADDR_KEY);
    const uint32_t size = (uint32_t)cfg(gt, GUC_KLV_SELF_CFG_H2G_CTB_SIZE_KEY) / 4;
    uint32_t message[MESSAGE_MAX];

    while (*word_at(gt, desc) != *word_at(gt, desc + 4)) {
        const uint32_t head = *word_at(gt, desc);
        const uint32_t len = (*word_at(gt, ring + 4ull * head) & GUC_CTB_MSG_0_NUM_DWORDS) + 1;

        for (uint32_t n = 0; n < len; n++) {
            message[n] = *word_at(gt, ring + 4ull * (head + n));
        }
        *word_at(gt, desc) = (head + len) % size;
        if (message[0]) {
            take_message(gt, message);
        }
    }
}

/* ---- registers ------------------------------------------------------------------------------- */

static void take_mailbox(struct fake_guc_gt *gt)
{
    struct hal *hal = gt->owner->hal;
    uint32_t words[4];

    for (unsigned n = 0; n < 4; n++) {
        words[n] = fake_reg(hal, gt->id ? MED_VF_SW_FLAG(n) : VF_SW_FLAG(n));
    }
    if (!words[0] || words[0] & GUC_HXG_MSG_0_ORIGIN) {
        return;
    }
    if (words[0] == GUC_ACTION_HOST2GUC_SELF_CFG) {
        gt->cfg[(words[1] >> 16) - FIRST_CFG] = make_64(words[2], words[3]);
        words[0] = SUCCESS | 1;
    } else {
        gt->enabled = words[0] == GUC_ACTION_HOST2GUC_CONTROL_CTB && words[1] == 1;
        words[0] = SUCCESS;
    }
    fake_set_reg(hal, gt->id ? MED_VF_SW_FLAG(0) : VF_SW_FLAG(0), words[0]);
}

static void write_register(void *arg, uint32_t offset, uint64_t value, unsigned size)
{
    struct fake_guc_pf *gpu = arg;
    struct fake_guc_gt *gt = &gpu->gts[offset == MED_GUC_HOST_INTERRUPT];

    (void)size;
    switch (offset) {
    case GUC_HOST_INTERRUPT:
    case MED_GUC_HOST_INTERRUPT:
        take_mailbox(gt);
        if (gt->enabled) {
            take_messages(gt);
        }
        break;
    case GDRST:
    case GDRST + MEDIA_GT_GSI_OFFSET:
        gt = &gpu->gts[offset != GDRST];
        gt->gt_resets++;
        gt->enabled = false;
        fake_set_reg(gpu->hal, offset, gt->script.no_reset ? GRDOM_FULL : 0);
        break;
    case GUC_TLB_INV_CR:
    case GUC_TLB_INV_CR + MEDIA_GT_GSI_OFFSET:
        fake_set_reg(gpu->hal, offset, 0);
        break;
    case IIR_REG_SELECTOR_0:
        fake_set_reg(gpu->hal, INTR_IDENTITY_REG_0, IDENTITY | (value == INTR_MGUC ? MEDIA : 0));
        break;
    case INTR_IDENTITY_REG_0:
    case GT_INTR_DW_0:
        fake_set_reg(gpu->hal, offset, 0); /* what was written is what was pending */
        break;
    default:
        break;
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

void fake_guc_pf_create(struct fake_guc_pf *gpu)
{
    const struct fake_device device = {.write = write_register, .arg = gpu};
    const struct pf_config config = {.name = "gpu",
                                     .num_gts = PF_MAX_GTS,
                                     .total_vfs = FAKE_GUC_VFS,
                                     .device_id = 0xb080,
                                     .revision_id = 4};
    const uint32_t ready = FIELD_PREP(GS_UKERNEL_MASK, XE_GUC_LOAD_STATUS_READY);

    memset(gpu, 0, sizeof(*gpu));
    gpu->hal = fake_hal_create(&device, RAM);
    for (unsigned n = 0; n < PF_MAX_GTS; n++) {
        gpu->gts[n].owner = gpu;
        gpu->gts[n].id = n;
        fake_set_reg(gpu->hal, GUC_STATUS + n * MEDIA_GT_GSI_OFFSET, ready);
        for (uint32_t vf = 1; vf <= FAKE_GUC_VFS; vf++) {
            gpu->gts[n].seed[vf] = 1000 * n + vf;
        }
    }
    gpu->pf = pf_create(gpu->hal, &config);
    cr_assert_not_null(gpu->pf);
}

void fake_guc_pf_destroy(struct fake_guc_pf *gpu)
{
    pf_destroy(gpu->pf);
    fake_hal_destroy(gpu->hal);
}

struct run {
    struct fake_guc_pf *gpu;
    void (*program)(void *arg);
    void *arg;
};

static void run_program(void *arg)
{
    const struct pf_vf_config config = {.ggtt_start = 0x10000000, .ggtt_size = 0x10000};
    const struct run *run = arg;

    cr_assert_eq(pf_probe(run->gpu->pf), 0);
    cr_assert_eq(pf_provision(run->gpu->pf, 1, &config), 0);
    run->program(run->arg);
}

void fake_guc_pf_run(struct fake_guc_pf *gpu, void (*program)(void *arg), void *arg)
{
    struct run run = {gpu, program, arg};

    fake_run(gpu->hal, run_program, &run, LIMIT_NS);
}
