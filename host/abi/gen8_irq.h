/* SPDX-License-Identifier: MIT */
/* Interrupt registers of gen8 and gen9 that a vGPU shows (Linux's i915 register list). Sources of
 * an engine have half of a bank; the master register tells which engines have something that is
 * enabled, and its top bit lets messages out. */
#ifndef HOST_ABI_GEN8_IRQ_H
#define HOST_ABI_GEN8_IRQ_H

#define GEN8_MASTER_IRQ         0x44200u
#define GEN8_MASTER_IRQ_CONTROL 0x80000000u
#define GEN8_GT_RCS_IRQ         0x00000001u
#define GEN8_GT_BCS_IRQ         0x00000002u
#define GEN8_GT_VCS0_IRQ        0x00000004u
#define GEN8_GT_VCS1_IRQ        0x00000008u
#define GEN8_GT_VECS_IRQ        0x00000040u

/* Bank 0: render, copy; 1: video 0 and 1; 3: video enhancement. */
#define GEN8_GT_BANKS               4u
#define GEN8_GT_BANK_SIZE           0x10u
#define GEN8_GT_ISR(bank)           (0x44300u + GEN8_GT_BANK_SIZE * (bank))
#define GEN8_GT_IMR(bank)           (0x44304u + GEN8_GT_BANK_SIZE * (bank)) /* 1: not seen */
#define GEN8_GT_IIR(bank)           (0x44308u + GEN8_GT_BANK_SIZE * (bank)) /* write 1 to clear */
#define GEN8_GT_IER(bank)           (0x4430cu + GEN8_GT_BANK_SIZE * (bank)) /* 1: interrupts */

#define GEN8_RCS_IRQ_SHIFT          0u
#define GEN8_BCS_IRQ_SHIFT          16u
#define GEN8_VCS0_IRQ_SHIFT         0u
#define GEN8_VCS1_IRQ_SHIFT         16u
#define GEN8_VECS_IRQ_SHIFT         0u

#define GT_RENDER_USER_INTERRUPT    0x001u
#define GT_CONTEXT_SWITCH_INTERRUPT 0x100u

#endif
