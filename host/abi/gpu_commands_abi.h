/* SPDX-License-Identifier: MIT */
/* Commands that an engine runs from a ring or batch, with their public encodings (Linux's
 * drivers/gpu/drm/xe/instructions). Dword 0: client 31:29 (0 MI, 3 GFXPIPE), MI opcode 28:23. MI
 * opcodes below 0x10 are one dword; others are (length field + 2) dwords, the field being 9:0 for
 * STORE_DATA_IMM, 5:0 for FLUSH_DW, 7:0 else. An engine skips what it does not know by that length.
 */
#ifndef HOST_ABI_GPU_COMMANDS_ABI_H
#define HOST_ABI_GPU_COMMANDS_ABI_H

#define MI_OPCODE_SHIFT     23

#define MI_NOOP             0x00000000u
#define MI_USER_INTERRUPT   0x01000000u /* 0x02 */
#define MI_ARB_CHECK        0x02800000u /* 0x05: arbitration point */
#define MI_ARB_ON_OFF       0x04000000u /* 0x08 */
#define MI_ARB_ENABLE       0x1u
#define MI_BATCH_BUFFER_END 0x05000000u /* 0x0a */

/* Then instructions: opcode 31:20, operands 19:10 and 9:0. Length field = instructions - 1. */
#define MI_MATH 0x0d000000u /* 0x1a */
#define MI_ALU(opcode, to, from)                                                                   \
    ((uint32_t)(opcode) << 20 | (uint32_t)(to) << 10 | (uint32_t)(from))
#define MI_ALU_LOAD     0x080u
#define MI_ALU_LOADINV  0x480u
#define MI_ALU_LOAD0    0x081u
#define MI_ALU_LOAD1    0x481u
#define MI_ALU_ADD      0x100u
#define MI_ALU_SUB      0x101u
#define MI_ALU_AND      0x102u
#define MI_ALU_OR       0x103u
#define MI_ALU_XOR      0x104u
#define MI_ALU_STORE    0x180u
#define MI_ALU_STOREINV 0x580u
#define MI_ALU_SRCA     0x20u /* 0 to 15: general purpose registers */
#define MI_ALU_SRCB     0x21u
#define MI_ALU_ACCU     0x31u
#define MI_ALU_ZF       0x32u /* stored as all ones or 0 */
#define MI_ALU_CF       0x33u

/* 5 dwords here: dw1 wanted value, dw2/3 address, dw4 zero. Polls until memory satisfies the
 * compare. */
#define MI_SEMAPHORE_WAIT        0x0e000003u /* 0x1c */
#define MI_SEMAPHORE_GGTT        0x00400000u
#define MI_SEMAPHORE_POLL        0x00008000u
#define MI_SEMAPHORE_REGISTER    0x00010000u /* dw2 is a register */
#define MI_SEMAPHORE_COMPARE     0x00007000u /* memory against value */
#define MI_SEMAPHORE_SAD_GT_SDD  0u
#define MI_SEMAPHORE_SAD_GTE_SDD 1u
#define MI_SEMAPHORE_SAD_LT_SDD  2u
#define MI_SEMAPHORE_SAD_LTE_SDD 3u
#define MI_SEMAPHORE_SAD_EQ_SDD  4u
#define MI_SEMAPHORE_SAD_NEQ_SDD 5u

/* dw1/2 address, then 1..n dwords, or quad-words when bit 21 is set. Length field = dwords - 2. */
#define MI_STORE_DATA_IMM 0x10000000u /* 0x20 */
#define MI_SDI_GGTT       0x00400000u
#define MI_SDI_QWORD      0x00200000u
#define MI_SDI_LEN_MASK   0x000003ffu

/* Registers: by address, or relative to the engine's with bit 19 (LRR's source: bit 18). An engine
 * has sixteen general purpose ones of 64 bits, which belong to the context. */
#define MI_LOAD_REGISTER_IMM  0x11000000u /* 0x22: pairs register, value */
#define MI_LOAD_REGISTER_MEM  0x14800002u /* 0x29: dw1 register, dw2/3 address */
#define MI_LOAD_REGISTER_REG  0x15000001u /* 0x2a: dw1 source, dw2 target */
#define MI_LRR_SRC_CS_MMIO    0x00040000u
#define CS_GPR(n)             (0x600u + 8u * (n))
#define MI_STORE_REGISTER_MEM 0x12000002u /* 0x24: dw1 register, dw2/3 address */
#define MI_SRM_GGTT           0x00400000u
#define MI_SRM_CS_MMIO        0x00080000u

/* dw1/2 address (bit 2 of dw1: GGTT), dw3 data; with 5 dwords, as here, dw3/4 are one quad-word of
 * data. */
#define MI_FLUSH_DW             0x13000003u /* 0x26 */
#define MI_FLUSH_DW_IMM_DW      0x13000002u /* 4 dwords: one dword of data */
#define MI_FLUSH_DW_OP_STOREDW  0x00004000u /* 15:14 = 1: write the data */
#define MI_FLUSH_DW_STORE_INDEX 0x00200000u /* address is relative to the PPHWSP */
#define MI_FLUSH_DW_GGTT        0x00000004u
#define MI_FLUSH_DW_LEN_MASK    0x0000003fu

/* dw1/2 address; inline operand follows when bit 18 is set. */
#define MI_ATOMIC             0x17800000u /* 0x2f */
#define MI_ATOMIC_GGTT        0x00400000u
#define MI_ATOMIC_INLINE_DATA 0x00040000u
#define MI_ATOMIC_OPCODE      0x0000ff00u
#define MI_ATOMIC_ADD         0x07u /* of dwords: 0x01 to 0x0e */
#define MI_ATOMIC_QWORD       0x20u /* the same of quad-words: + 0x20 */

/* dw1/2 address. From the ring: runs the batch, comes back at BATCH_BUFFER_END. */
#define MI_BATCH_BUFFER_START 0x18800001u /* 0x31, 3 dwords */
#define MI_BATCH_PPGTT        0x00000100u /* bit 8: per-process address; clear: GGTT */
#define MI_BATCH_SECOND_LEVEL 0x00400000u /* in a batch: comes back; clear: it is left for good */

/* Copies compression metadata, 8 bytes for each page of 4 KiB: client 2, opcode 28:22 = 0x48. dw1/2
 * source, dw3/4 destination, upper bits caching; indirect: pages whose metadata is meant; direct: a
 * list of quad-words. 18:9 pages less one. */
#define XY_CTRL_SURF_COPY_BLT       0x52000003u
#define XY_CTRL_SURF_SRC_DIRECT     0x00200000u
#define XY_CTRL_SURF_DST_DIRECT     0x00100000u
#define XE2_CCS_SIZE_MASK           0x0007fe00u
#define XY_CTRL_SURF_BYTES_PER_PAGE 8u
/* The model's own: both addresses are the GGTT's; clear: per process, as on the real chip. */
#define XY_CTRL_SURF_GGTT 0x00080000u

/* dw1 value, dw2/3 address. Ends the batch unless memory compares with the value. */
#define MI_CONDITIONAL_BATCH_BUFFER_END 0x1b000002u /* 0x36 */
#define MI_COND_END_THIS_LEVEL          0x00040000u /* clear: all batches, back to the ring */

#define MI_LENGTH_MASK                  0x000000ffu

/* GFXPIPE 3D opcode 0x7a00: dw1 flags, dw2/3 address, dw4/5 data. 6 dwords. */
#define PIPE_CONTROL             0x7a000004u
#define PIPE_CONTROL_STORE_INDEX 0x00200000u /* dw1 bit 21: address is relative to the PPHWSP */
#define PIPE_CONTROL_GGTT        0x01000000u /* dw1 bit 24 */
#define PIPE_CONTROL_POST_SYNC   0x0000c000u /* dw1 15:14: 1 write quad-word */
#define PIPE_CONTROL_QW_WRITE    0x00004000u
#define PIPE_CONTROL_CS_STALL    0x00100000u

/* The model's own, in an MI opcode that nobody uses: the engine is busy for dw1 GT cycles. 2
 * dwords. With PREEMPTIBLE set it may be left in the middle and starts again from its beginning
 * when the context comes back; without, it runs to its end first. */
#define MI_MODEL_WORK             0x1e800000u /* 0x3d */
#define MI_MODEL_WORK_PREEMPTIBLE 0x00000100u

#endif
