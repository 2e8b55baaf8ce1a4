/* SPDX-License-Identifier: MIT */
/* Page faults: an access of an engine waits for a page; its function's driver is told and answers.
 *
 *   none --the chip tells--> untold --G2H has room--> told --answer: good--> none, PAGE_RETRY
 *    ^                          |                       |---answer: failed, or none--> PAGE_FAIL
 *    '--- context leaves -------+-----------------------'
 *
 * Decisions of the model. Accesses wait in contexts whose image has an id of their space (ASID), as
 * the Linux driver gives to every one on a chip that can do this; all others end with a memory
 * error at once. A context that leaves its engine while it waits does the access anew when it comes
 * back, and that is a fault of its own: so nothing of this is in an image of the VF, and a pause,
 * a preemption or a reset waits for no driver.
 *
 * Answers are matched by engine, ASID and PDATA, which is a number of the report. Exactly one
 * belongs to each report. One whose report is void (its context left) is dropped in silence, as the
 * driver could not know; the source's reports may be answered at the target, which does not know
 * how many there are, so there every stray answer is dropped. All else is refused: INVALID_PARAMS.
 *
 * A report without answer is made again under a new number, three times in all; then the access
 * fails. While a function has messages that wait for room in G2H, it is told of no new fault. */
#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_scheduler_abi.h"
#include "firmware/abi/xe_guc_fwif.h"
#include "firmware/guc_private.h"
#include "sim/hal/trace.h"

#define ANSWER_NS   (65536 * HAL_NS_PER_US) /* of the driver, chosen */
#define MAX_REPORTS 3u
#define UNKNOWN     UINT32_MAX /* how many answers to void reports may come */
#define PDATA_MASK  0xffffu

static void command(struct guc *guc, unsigned e, uint32_t bit)
{
    hal_write32(guc->hal, GUCBUS_ENGINE_CTRL + e * GUCBUS_ENGINE_STRIDE, bit);
}

static uint32_t hardware_class(const struct guc_engine *engine)
{
    static const uint32_t classes[] = {[GUC_RENDER_CLASS] = XE_ENGINE_CLASS_RENDER,
                                       [GUC_VIDEO_CLASS] = XE_ENGINE_CLASS_VIDEO_DECODE,
                                       [GUC_VIDEOENHANCE_CLASS] = XE_ENGINE_CLASS_VIDEO_ENHANCE,
                                       [GUC_BLITTER_CLASS] = XE_ENGINE_CLASS_COPY,
                                       [GUC_COMPUTE_CLASS] = XE_ENGINE_CLASS_COMPUTE,
                                       [GUC_GSC_OTHER_CLASS] = XE_ENGINE_CLASS_OTHER};

    return classes[engine->desc.guc_class];
}

/* ---- from the chip --------------------------------------------------------------------------- */

static uint32_t access_type(uint32_t fault)
{
    if (fault & GUCBUS_FAULT_ATOMIC) {
        return FLT_ACCESS_TYPE_ATOMIC;
    }
    return fault & GUCBUS_FAULT_WRITE ? FLT_ACCESS_TYPE_WRITE : FLT_ACCESS_TYPE_READ;
}

void guc_page_met(struct guc *guc, uint32_t fault, uint64_t addr, uint32_t asid)
{
    static const char *const names[] = {"page read", "page write", "page atomic"};
    unsigned e = FIELD_GET(GUCBUS_FAULT_CLIENT, fault) - GUCBUS_FAULT_CLIENT_ENGINE;
    uint32_t level = FIELD_GET(GUCBUS_FAULT_LEVEL, fault);
    uint32_t type = access_type(fault);
    struct guc_engine *engine;
    struct guc_page *page;

    if (e >= guc->config.num_engines) {
        return;
    }
    engine = &guc->engines[e];
    page = &engine->page;
    if (page->stale) {
        page->stale--;
        return;
    }
    page->read = true;
    if (!engine->busy || engine->preempting || engine->reset_ns ||
        engine->fn != FIELD_GET(GUCBUS_FAULT_FN, fault)) {
        return;
    }
    trace_fault(guc->hal, (int)guc->config.gt, engine->fn, names[type], addr);
    guc_adverse_count(guc, engine->fn, GUC_ADVERSE_PAGE_FAULT, 1);
    *page = (struct guc_page){.state = GUC_PAGE_UNTOLD, .read = true, .asid = asid, .addr = addr};
    page->level = level ? level - 1 : 0;
    page->access = type;
    /* Level 0 of the chip: the tables have the page, but not for writing. */
    page->type = level ? FLT_TYPE_NOT_PRESENT_FAULT : type;
}

void guc_page_left(struct guc *guc, unsigned e, bool reported)
{
    struct guc_engine *engine = &guc->engines[e];
    struct guc_page *page = &engine->page;
    uint32_t *owed = &guc->functions[engine->fn].pages.owed;

    if (page->state == GUC_PAGE_TOLD && *owed != UNKNOWN) {
        ++*owed;
    }
    /* What the chip told of it may still lie in the queue of faults. */
    *page = (struct guc_page){.stale = page->stale + (reported && !page->read ? 1 : 0)};
}

/* ---- to the driver --------------------------------------------------------------------------- */

static void report(struct guc *guc, struct guc_engine *engine)
{
    struct guc_page *page = &engine->page;
    struct guc_pages *pages = &guc->functions[engine->fn].pages;
    uint32_t payload[XE_GUC_PAGEFAULT_DESC_DWORDS];

    pages->serial = (pages->serial + 1) & PDATA_MASK;
    page->pdata = pages->serial;
    payload[0] = FIELD_PREP(PFD_FAULT_LEVEL, page->level) |
                 FIELD_PREP(PFD_ENG_INSTANCE, (uint32_t)engine->desc.instance) |
                 FIELD_PREP(PFD_ENG_CLASS, hardware_class(engine)) |
                 FIELD_PREP(PFD_PDATA_LO, page->pdata);
    payload[1] = FIELD_PREP(PFD_PDATA_HI, page->pdata >> PFD_PDATA_HI_SHIFT) |
                 FIELD_PREP(PFD_ASID, page->asid);
    payload[2] = FIELD_PREP(PFD_ACCESS_TYPE, page->access) |
                 FIELD_PREP(PFD_FAULT_TYPE, page->type) |
                 (lower_32(page->addr) & PFD_VIRTUAL_ADDR_LO);
    payload[3] = upper_32(page->addr);
    page->state = GUC_PAGE_TOLD;
    page->reports++;
    page->told_ns = hal_now(guc->hal);
    guc_ctb_event(guc, engine->fn, XE_GUC_ACTION_REPORT_PAGE_FAULT_REQ_DESC, payload,
                  ARRAY_SIZE(payload));
}

static void fail(struct guc *guc, unsigned e)
{
    guc->engines[e].page = (struct guc_page){.state = GUC_PAGE_NONE};
    command(guc, e, GUCBUS_ENGINE_PAGE_FAIL);
}

/* Returns when to look again. */
static uint64_t watch_page(struct guc *guc, unsigned e)
{
    struct guc_engine *engine = &guc->engines[e];
    struct guc_page *page = &engine->page;

    if (page->state == GUC_PAGE_NONE || engine->preempting || !guc_fn_runs(guc, engine->fn)) {
        return HAL_FOREVER;
    }
    if (page->state == GUC_PAGE_TOLD) {
        if (hal_now(guc->hal) < page->told_ns + ANSWER_NS) {
            return page->told_ns + ANSWER_NS;
        }
        trace_peer_error(guc->hal, (int)guc->config.gt, engine->fn, "page fault without answer",
                         page->addr);
        if (guc->functions[engine->fn].pages.owed != UNKNOWN) {
            guc->functions[engine->fn].pages.owed++;
        }
        page->state = GUC_PAGE_UNTOLD;
    }
    if (page->reports == MAX_REPORTS || !guc_ctb_usable(guc, engine->fn)) {
        fail(guc, e);
        return HAL_FOREVER;
    }
    /* The ring's backlog is looked at by itself. */
    if (guc->functions[engine->fn].ctb.queue_len) {
        return HAL_FOREVER;
    }
    report(guc, engine);
    return page->told_ns + ANSWER_NS;
}

uint64_t guc_pages_run(struct guc *guc)
{
    uint64_t next = HAL_FOREVER;

    for (unsigned e = 0; e < guc->config.num_engines; e++) {
        uint64_t at = watch_page(guc, e);

        next = at < next ? at : next;
    }
    return next;
}

/* ---- answers --------------------------------------------------------------------------------- */

static bool well_formed(const uint32_t *hxg)
{
    return (hxg[1] & PFR_VALID) && !(hxg[1] & PFR_RSVD_0) && !(hxg[2] & PFR_RSVD_1) &&
           FIELD_GET(PFR_REPLY, hxg[1]) == PFR_ACCESS &&
           FIELD_GET(PFR_DESC_TYPE, hxg[1]) == FAULT_RESPONSE_DESC &&
           FIELD_GET(PFR_VFID, hxg[2]) == 0;
}

/* Returns the engine's index, or num_engines. */
static unsigned find_engine(const struct guc *guc, uint32_t dword)
{
    unsigned e = 0;

    while (e < guc->config.num_engines &&
           (hardware_class(&guc->engines[e]) != FIELD_GET(PFR_ENG_CLASS, dword) ||
            guc->engines[e].desc.instance != FIELD_GET(PFR_ENG_INSTANCE, dword))) {
        e++;
    }
    return e;
}

uint32_t guc_action_page_fault_response(struct guc *guc, struct guc_request *request)
{
    const uint32_t *hxg = request->hxg;
    struct guc_pages *pages = &guc->functions[request->fn].pages;
    unsigned e = find_engine(guc, hxg[2]);
    struct guc_page *page;

    if (!well_formed(hxg)) {
        return XE_GUC_RESPONSE_INVALID_PARAMS;
    }
    if (e == guc->config.num_engines) {
        return XE_GUC_RESPONSE_INVALID_ENGINE_ID;
    }
    page = &guc->engines[e].page;
    if (page->state == GUC_PAGE_TOLD && guc->engines[e].fn == request->fn &&
        page->asid == FIELD_GET(PFR_ASID, hxg[1]) && page->pdata == FIELD_GET(PFR_PDATA, hxg[2])) {
        bool leaves = guc->engines[e].preempting || guc->engines[e].reset_ns;

        *page = (struct guc_page){.read = leaves};
        if (!leaves) {
            command(guc, e,
                    hxg[1] & PFR_SUCCESS ? GUCBUS_ENGINE_PAGE_FAIL : GUCBUS_ENGINE_PAGE_RETRY);
        }
        return 0;
    }
    if (pages->owed && pages->owed != UNKNOWN) {
        pages->owed--;
        return 0;
    }
    return pages->owed ? 0 : XE_GUC_RESPONSE_INVALID_PARAMS;
}

void guc_pages_moved(struct guc *guc, unsigned fn)
{
    guc->functions[fn].pages = (struct guc_pages){.owed = UNKNOWN};
}
