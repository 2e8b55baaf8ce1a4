/* SPDX-License-Identifier: MIT */
/* Interrupts of the device: the master register says which engines have something, their halves of
 * a bank say what. The master is off meanwhile, so that what comes while we look brings another
 * message when it is on again. */
#include "guest/pv/pv_private.h"

#define SOURCES (GT_RENDER_USER_INTERRUPT | GT_CONTEXT_SWITCH_INTERRUPT)

static const struct {
    unsigned bank, shift;
    uint32_t master;
} engines[PV_ENGINE_COUNT] = {
    [PV_ENGINE_RENDER] = {0, GEN8_RCS_IRQ_SHIFT, GEN8_GT_RCS_IRQ},
    [PV_ENGINE_COPY] = {0, GEN8_BCS_IRQ_SHIFT, GEN8_GT_BCS_IRQ},
    [PV_ENGINE_VIDEO] = {1, GEN8_VCS0_IRQ_SHIFT, GEN8_GT_VCS0_IRQ},
};

/* A user interrupt needs no more than a look at the seqnos by who waits for them. */
static void take_bank(struct pv *pv, unsigned bank)
{
    struct hal *hal = pv->config.hal;
    uint32_t seen = hal_read32(hal, GEN8_GT_IIR(bank));

    hal_write32(hal, GEN8_GT_IIR(bank), seen);
    for (unsigned n = 0; n < PV_ENGINE_COUNT; n++) {
        uint32_t sources = seen >> engines[n].shift;

        if (engines[n].bank == bank && sources & GT_CONTEXT_SWITCH_INTERRUPT) {
            pv->engines[n].csb_news = true;
        }
    }
}

static void take(struct pv *pv)
{
    struct hal *hal = pv->config.hal;
    uint32_t banks = 0;
    uint32_t master;

    hal_write32(hal, GEN8_MASTER_IRQ, 0);
    master = hal_read32(hal, GEN8_MASTER_IRQ);
    for (unsigned n = 0; n < PV_ENGINE_COUNT; n++) {
        if (master & engines[n].master) {
            banks |= 1u << engines[n].bank;
        }
    }
    for (unsigned bank = 0; bank < GEN8_GT_BANKS; bank++) {
        if (banks & 1u << bank) {
            take_bank(pv, bank);
        }
    }
    hal_write32(hal, GEN8_MASTER_IRQ, GEN8_MASTER_IRQ_CONTROL);
    hal_wake(hal);
}

static void irq_main(void *arg)
{
    struct pv *pv = arg;

    for (;;) {
        if (hal_irq_wait(pv->config.hal, HAL_FOREVER)) {
            take(pv);
        }
    }
}

void pv_irq_enable(struct pv *pv, enum pv_engine engine)
{
    struct hal *hal = pv->config.hal;
    unsigned bank = engines[engine].bank;

    pv->irq_wanted[bank] |= SOURCES << engines[engine].shift;
    hal_write32(hal, GEN8_GT_IER(bank), pv->irq_wanted[bank]);
    hal_write32(hal, GEN8_GT_IMR(bank), ~pv->irq_wanted[bank]);
    if (!pv->irq_started) {
        pv->irq_started = true;
        hal_write32(hal, GEN8_MASTER_IRQ, GEN8_MASTER_IRQ_CONTROL);
        hal_spawn(hal, "pv irq", irq_main, pv);
    }
}
