/* SPDX-License-Identifier: MIT */
/* PVINFO: the page of BAR0 by which a vGPU and its guest know each other (Linux's i915_pvinfo.h,
 * with the two fields of the PV series). Offsets are BAR0's. Identity is read only for the guest.
 *
 * |  offset | width | field                         | guest may |
 * |---------|-------|-------------------------------|-----------|
 * |  0x000  |   64  | magic                         | read      |
 * |  0x008  | 16+16 | version_major, version_minor  | read      |
 * |  0x00c  |   32  | vgt_id                        | read      |
 * |  0x010  |   32  | vgt_caps                      | read      |
 * |  0x040  | 4x32  | mappable_gmadr base, size;    | read      |
 * |         |       | nonmappable_gmadr base, size  |           |
 * |  0x050  |   32  | fence_num                     | read      |
 * |  0x804  |   32  | display_ready                 | write     |
 * |  0x808  | 4x32  | rsv5: a write means the guest | write     |
 * |         |       | lacks resources               |           |
 * |  0x818  |   32  | g2v_notify                    | write     |
 * |  0x830  | 32+32 | cursor_x_hot, cursor_y_hot    | write     |
 * |  0x838  | 4x64  | pdp                           | write     |
 * |  0x858  |   64  | execlist_context_descriptor   | write     |
 * |  0x860  |   32  | pv_caps                       | both      |
 * |  0x864  |   64  | shared_page_gpa, on 4 bytes   | both      | */
#ifndef HOST_ABI_I915_PVINFO_H
#define HOST_ABI_I915_PVINFO_H

#define VGT_PVINFO_PAGE 0x78000u
#define VGT_PVINFO_SIZE 0x1000u

/* "vGTvGTvG" */
#define VGT_MAGIC                             0x4776544776544776ull
#define VGT_VERSION_MAJOR                     1u
#define VGT_VERSION_MINOR                     0u

#define PVINFO_MAGIC                          0x78000u
#define PVINFO_VERSION_MAJOR                  0x78008u
#define PVINFO_VERSION_MINOR                  0x7800au
#define PVINFO_VGT_ID                         0x7800cu
#define PVINFO_VGT_CAPS                       0x78010u
#define VGT_CAPS_FULL_PPGTT                   0x04u
#define VGT_CAPS_HWSP_EMULATION               0x08u
#define VGT_CAPS_HUGE_GTT                     0x10u
#define VGT_CAPS_PV                           0x20u
#define PVINFO_MAPPABLE_GMADR_BASE            0x78040u
#define PVINFO_MAPPABLE_GMADR_SIZE            0x78044u
#define PVINFO_NONMAPPABLE_GMADR_BASE         0x78048u
#define PVINFO_NONMAPPABLE_GMADR_SIZE         0x7804cu
#define PVINFO_FENCE_NUM                      0x78050u
#define PVINFO_RSV4                           0x78800u
#define PVINFO_DISPLAY_READY                  0x78804u
#define VGT_DRV_DISPLAY_NOT_READY             0u
#define VGT_DRV_DISPLAY_READY                 1u
#define PVINFO_RSV5                           0x78808u
#define PVINFO_G2V_NOTIFY                     0x78818u
#define PVINFO_RSV6                           0x7881cu
#define PVINFO_CURSOR_X_HOT                   0x78830u
#define PVINFO_CURSOR_Y_HOT                   0x78834u
#define CURSOR_HOT_INITIAL                    0xffffffffu
#define PVINFO_PDP_LO(n)                      (0x78838u + 8u * (n)) /* n: 0..3 */
#define PVINFO_PDP_HI(n)                      (0x7883cu + 8u * (n))
#define PVINFO_PDP0_LO                        0x78838u
#define PVINFO_PDP3_HI                        0x78854u
#define PVINFO_EXECLIST_CONTEXT_DESCRIPTOR_LO 0x78858u
#define PVINFO_EXECLIST_CONTEXT_DESCRIPTOR_HI 0x7885cu
#define PVINFO_PV_CAPS                        0x78860u
#define PVINFO_SHARED_PAGE_GPA                0x78864u

/* What the guest writes to g2v_notify. */
enum vgt_g2v_type {
    VGT_G2V_LEGACY_NOOP = 1,
    VGT_G2V_PPGTT_L3_PAGE_TABLE_CREATE = 2,
    VGT_G2V_PPGTT_L3_PAGE_TABLE_DESTROY = 3,
    VGT_G2V_PPGTT_L4_PAGE_TABLE_CREATE = 4,
    VGT_G2V_PPGTT_L4_PAGE_TABLE_DESTROY = 5,
    VGT_G2V_EXECLIST_CONTEXT_CREATE = 6,
    VGT_G2V_EXECLIST_CONTEXT_DESTROY = 7,
    VGT_G2V_SHARED_PAGE_REGISTER = 8,
    VGT_G2V_PV_SEND_TRIGGER = 9,
};
#define VGT_G2V_MAX_UPSTREAM 8u
#define VGT_G2V_MAX_PV       10u

/* BAR0 and the sizes that every vGPU has. */
#define GVT_CFG_SPACE_SIZE   4096u
#define GVT_GTT_START_OFFSET 0x800000u
#define GVT_GTT_ENTRY_SIZE   8u
#define GVT_GTT_ENTRY_SHIFT  3u
#define GVT_MMIO_BAR         0u
#define GVT_MAX_VGPU         8u
#define VGPU_ID_MIN          1u
#define VGPU_ID_MAX          7u

/* Fence registers, 8 bytes each: end page and pitch in the high dword, start page, tiling and
 * valid in the low one. */
#define FENCE_REG_BASE     0x100000u
#define FENCE_REG(n)       (FENCE_REG_BASE + 8u * (n))
#define FENCE_REG_VALID    0x1ull
#define FENCE_REG_TILING_Y 0x2ull /* else X */
#define FENCE_REG_START    0x00000000fffff000ull
#define FENCE_REG_PITCH    0x000007ff00000000ull /* in units, less one */
#define FENCE_REG_END      0xfffff00000000000ull
#define FENCE_PITCH_SHIFT  32u
#define FENCE_END_SHIFT    32u /* of the end page's address */
#define FENCE_PITCH_UNIT   128u
#define FENCE_MAX_PITCH    (0x800u * FENCE_PITCH_UNIT)

#endif
