/* SPDX-License-Identifier: MIT */
/* Walks KLV lists, in a message or in a function's memory. A list whose lengths do not add up is
 * refused as a whole; what its keys mean is the visitor's business. */
#include <string.h>

#include "firmware/guc_private.h"

#define LIST_MAX 1024u /* dwords of a list in memory; the longest real one has some hundred */

int guc_klv_parse(const uint32_t *klvs, uint32_t len, guc_klv_visitor *visit, void *arg)
{
    int count = 0;

    for (uint32_t at = 0; at < len;) {
        uint32_t key = FIELD_GET(GUC_KLV_0_KEY, klvs[at]);
        uint32_t value_len = FIELD_GET(GUC_KLV_0_LEN, klvs[at]);
        int ret;

        at++;
        if (value_len > len - at) {
            return -(int)XE_GUC_RESPONSE_MALFORMED_KLV;
        }
        ret = visit(arg, key, klvs + at, value_len);
        if (ret < 0) {
            return ret;
        }
        count += ret;
        at += value_len;
    }
    return count;
}

int guc_klv_parse_buffer(struct guc *guc, unsigned fn, uint64_t addr, uint32_t len,
                         guc_klv_visitor *visit, void *arg)
{
    uint32_t list[LIST_MAX];

    if (len > LIST_MAX) {
        return -(int)XE_GUC_RESPONSE_DATA_TOO_LARGE;
    }
    if (!len) {
        return -(int)XE_GUC_RESPONSE_INVALID_SIZE;
    }
    if (!IS_ALIGNED(addr, sizeof(uint32_t)) ||
        !guc_fn_owns(guc, fn, addr, len * sizeof(uint32_t)) ||
        guc_dma_read(guc, fn, addr, list, len)) {
        return -(int)XE_GUC_RESPONSE_INVALID_GGTT_ADDRESS;
    }
    return guc_klv_parse(list, len, visit, arg);
}
