/* SPDX-License-Identifier: MIT */
/* The host's end of the PV channel against a guest that writes the page by hand: hostile
 * descriptors and headers, wrap, both modes of draining, and the commands. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/abi/gvt_execlist.h"
#include "host/abi/gvt_migrate.h"
#include "host/abi/i915_pvinfo.h"
#include "host/abi/i915_vgpu_pv.h"
#include "tests/unit/gvt_scene.h"

#define PAGE      0x10000u
#define LIST      0x20000u
#define ROOT      0x9000ull
#define REFUSED   ((uint32_t)-EINVAL)
#define UNTOUCHED 0xabcd1234u

static struct gvt_scene scene;

static struct vgpu_pv_ct_buffer_desc *desc(void)
{
    return scene_ram(&scene, PAGE + PV_DESC_OFF, sizeof(struct vgpu_pv_ct_buffer_desc));
}

static uint32_t *ring(void)
{
    return scene_ram(&scene, PAGE + PV_CMD_OFF, PV_RING_BYTES);
}

static void notify(uint32_t value)
{
    scene_write(&scene, PVINFO_G2V_NOTIFY, value);
}

static void handshake(void)
{
    scene_write(&scene, PVINFO_PV_CAPS, PV_PPGTT | PV_GGTT | PV_SUBMISSION);
    scene_write(&scene, PVINFO_SHARED_PAGE_GPA, PAGE);
    scene_write(&scene, PVINFO_SHARED_PAGE_GPA + 4, 0);
    notify(VGT_G2V_SHARED_PAGE_REGISTER);
    *desc() = (struct vgpu_pv_ct_buffer_desc){
        .addr = PV_CMD_OFF, .size = PV_RING_BYTES, .fence = UNTOUCHED, .status = UNTOUCHED};
}

static void open_with(const struct gvt_config *config)
{
    scene_open(&scene, config, '8', NULL);
    handshake();
}

static void open_scene(void)
{
    open_with(NULL);
}

static void close_scene(void)
{
    fake_hal_destroy(scene.guest);
    scene_close(&scene);
}

TestSuite(gvt_pv, .init = open_scene, .fini = close_scene);

static void put(uint32_t header, uint32_t fence, const uint32_t *payload, uint32_t len)
{
    uint32_t tail = desc()->tail / 4;

    ring()[tail] = header;
    tail = (tail + 1) % PV_RING_DWORDS;
    ring()[tail] = fence;
    tail = (tail + 1) % PV_RING_DWORDS;
    for (uint32_t n = 0; n < len; n++) {
        ring()[tail] = payload[n];
        tail = (tail + 1) % PV_RING_DWORDS;
    }
    desc()->tail = tail * 4;
}

static uint32_t header(uint32_t action, uint32_t len)
{
    return action << 16 | PV_CT_MSG_WRITE_FENCE_TO_DESC | len;
}

/* Sends a command and returns its status. */
static uint32_t run(uint32_t action, const void *payload, uint32_t len)
{
    static uint32_t fence = 100;

    put(header(action, len + 1), ++fence, payload, len);
    notify(VGT_G2V_PV_SEND_TRIGGER);
    cr_assert_eq(desc()->fence, fence);
    cr_assert_eq(desc()->head, desc()->tail);
    return desc()->status;
}

static uint32_t bind(uint32_t action, uint32_t size, uint64_t start, uint64_t dma)
{
    const struct pv_vma vma = {.size = size, .start = start, .dma_addrs = dma, .pml4 = ROOT};

    return run(action, &vma, sizeof(vma) / 4);
}

static void create_root(void)
{
    scene_write(&scene, PVINFO_PDP_LO(0), ROOT);
    notify(VGT_G2V_PPGTT_L4_PAGE_TABLE_CREATE);
}

static bool in_failsafe(void)
{
    return fake_trace_count(scene.hal, "failsafe") > 0;
}

/* ---- registration ---------------------------------------------------------------------------- */

Test(gvt_pv, page_gets_the_version_and_the_offer_is_kept)
{
    uint16_t *version = scene_ram(&scene, PAGE, 4);

    cr_expect(version[0] == PV_MAJOR && version[1] == PV_MINOR);
    cr_expect_eq(scene_read(&scene, PVINFO_PV_CAPS), 7);
    scene_write(&scene, PVINFO_PV_CAPS, 0xffffffff);
    cr_expect_eq(scene_read(&scene, PVINFO_PV_CAPS), 7, "never more than the offer");
}

Test(gvt_pv, page_that_is_none_is_refused)
{
    static const uint64_t pages[] = {SCENE_RAM, PAGE + 4, PAGE + 2048, ~0ull << 12, 1ull << 40};

    for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
        uint64_t both = pages[i];

        scene_write(&scene, PVINFO_PV_CAPS, PV_PPGTT);
        cr_assert_eq(gvt_mmio_write(scene.vgpu, PVINFO_SHARED_PAGE_GPA, &both, 8), 0);
        notify(VGT_G2V_SHARED_PAGE_REGISTER);
        cr_expect_eq(scene_read(&scene, PVINFO_PV_CAPS), 0, "0x%lx", pages[i]);
        cr_expect_eq(scene_read(&scene, PVINFO_SHARED_PAGE_GPA), lower_32(pages[i]));
        cr_expect_eq(scene_read(&scene, PVINFO_SHARED_PAGE_GPA + 4), upper_32(pages[i]));
    }
}

Test(gvt_pv, trigger_before_registration_or_without_features_does_nothing)
{
    close_scene();
    scene_open(&scene, NULL, '8', NULL);
    scene_write(&scene, PVINFO_PV_CAPS, PV_PPGTT);
    notify(VGT_G2V_PV_SEND_TRIGGER);
    cr_expect_eq(fake_trace_count(scene.hal, "trigger without a channel"), 1);
    handshake();
    scene_write(&scene, PVINFO_PV_CAPS, 0);
    put(header(PV_CMD_DEFAULT, 1), 1, NULL, 0);
    notify(VGT_G2V_PV_SEND_TRIGGER);
    cr_expect_eq(desc()->head, 0);
    cr_expect_eq(desc()->fence, UNTOUCHED);
}

Test(gvt_pv, host_without_pv_knows_no_such_notification)
{
    struct gvt_config config = scene_config();

    close_scene();
    config.pv_caps = 0;
    open_with(&config);
    cr_expect_eq(scene_read(&scene, PVINFO_VGT_CAPS), 0x1c);
    cr_expect_eq(scene_read(&scene, PVINFO_PV_CAPS), 0);
    cr_expect_eq(fake_trace_count(scene.hal, "g2v_notify: unknown value"), 1);
    notify(VGT_G2V_PV_SEND_TRIGGER);
    cr_expect_eq(fake_trace_count(scene.hal, "g2v_notify: unknown value"), 2);
}

/* ---- ring ------------------------------------------------------------------------------------ */

static const struct {
    const char *what;
    struct vgpu_pv_ct_buffer_desc desc;
} hostile[] = {
    {"ring over the descriptor", {.addr = 0x10, .size = 2048, .tail = 8}},
    {"ring from the last dword of it", {.addr = 0x24, .size = 2048, .tail = 8}},
    {"ring beyond the page", {.addr = 0x804, .size = 2048, .tail = 8}},
    {"ring at the end", {.addr = 4096, .size = 8, .tail = 4}},
    {"address that wraps", {.addr = 0xfffff000, .size = 0x2000, .tail = 8}},
    {"size that wraps", {.addr = 0x800, .size = 0xfffff804, .tail = 8}},
    {"ring between dwords", {.addr = 0x802, .size = 2044, .tail = 8}},
    {"no size", {.addr = 0x800, .size = 0, .tail = 0}},
    {"too small", {.addr = 0x800, .size = 4, .tail = 0}},
    {"size between dwords", {.addr = 0x800, .size = 2046, .tail = 8}},
    {"head at size", {.addr = 0x800, .size = 2048, .head = 2048, .tail = 8}},
    {"tail at size", {.addr = 0x800, .size = 2048, .tail = 2048}},
    {"head beyond", {.addr = 0x800, .size = 2048, .head = 0xfffffffc, .tail = 8}},
    {"tail beyond", {.addr = 0x800, .size = 2048, .tail = 0xfffffffc}},
    {"head between dwords", {.addr = 0x800, .size = 2048, .head = 2, .tail = 8}},
    {"tail between dwords", {.addr = 0x800, .size = 2048, .tail = 9}},
};

Test(gvt_pv, hostile_descriptor_is_answered_with_failsafe)
{
    for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
        struct vgpu_pv_ct_buffer_desc set = hostile[i].desc;

        close_scene();
        open_scene();
        ring()[0] = header(PV_CMD_DEFAULT, 1);
        set.fence = UNTOUCHED;
        *desc() = set;
        notify(VGT_G2V_PV_SEND_TRIGGER);
        set.status = REFUSED;
        cr_expect_eq(memcmp(desc(), &set, sizeof(set)), 0, "%s", hostile[i].what);
        cr_expect(in_failsafe(), "%s", hostile[i].what);
        notify(VGT_G2V_PV_SEND_TRIGGER);
        cr_expect_eq(fake_trace_count(scene.hal, "descriptor refused"), 1, "and no more traps");
    }
}

Test(gvt_pv, smallest_ring_that_can_be_works)
{
    uint32_t *small = scene_ram(&scene, PAGE + 4096 - 12, 12);

    *desc() = (struct vgpu_pv_ct_buffer_desc){.addr = 4096 - 12, .size = 12, .tail = 8};
    small[0] = header(PV_CMD_DEFAULT, 1);
    small[1] = 77;
    notify(VGT_G2V_PV_SEND_TRIGGER);
    cr_expect(desc()->fence == 77 && desc()->status == 0 && desc()->head == 8);
    cr_expect_not(in_failsafe());
}

Test(gvt_pv, empty_ring_is_left_alone)
{
    struct vgpu_pv_ct_buffer_desc before = *desc();

    notify(VGT_G2V_PV_SEND_TRIGGER);
    cr_expect_eq(memcmp(desc(), &before, sizeof(before)), 0);
}

/* len 0, and every len that claims more than the ring holds. */
Test(gvt_pv, bad_length_drops_the_ring_and_keeps_the_fence)
{
    for (uint32_t len = 0; len <= PV_MSG_LEN_MAX; len++) {
        uint32_t fence = desc()->fence;

        if (len == 1) {
            continue;
        }
        put(header(PV_CMD_DEFAULT, len), 5, NULL, 0);
        notify(VGT_G2V_PV_SEND_TRIGGER);
        cr_expect_eq(desc()->status, REFUSED, "len %u", len);
        cr_expect_eq(desc()->fence, fence, "len %u", len);
        cr_expect_eq(desc()->head, desc()->tail, "len %u", len);
        cr_expect_eq(run(PV_CMD_DEFAULT, NULL, 0), 0, "in step again");
    }
    desc()->tail = (desc()->tail + 4) % PV_RING_BYTES;
    notify(VGT_G2V_PV_SEND_TRIGGER);
    cr_expect_eq(desc()->status, REFUSED, "a lone header");
    cr_expect_not(in_failsafe());
}

Test(gvt_pv, message_of_every_length_wraps_at_every_offset)
{
    static const uint32_t payload[PV_MSG_PAYLOAD_DWORDS_MAX];

    for (uint32_t start = 0; start < PV_RING_DWORDS; start++) {
        uint32_t len = start % (PV_MSG_PAYLOAD_DWORDS_MAX + 1);

        desc()->head = desc()->tail = start * 4;
        cr_assert_eq(run(PV_CMD_DEFAULT, payload, len), 0, "%u", start);
        cr_assert_eq(desc()->head, (start + len + 2) % PV_RING_DWORDS * 4, "%u", start);
    }
}

Test(gvt_pv, trigger_drains_the_ring)
{
    for (uint32_t n = 1; n <= 255; n++) {
        put(header(PV_CMD_DEFAULT, 1), n, NULL, 0);
    }
    notify(VGT_G2V_PV_SEND_TRIGGER);
    cr_expect_eq(desc()->fence, 255);
    cr_expect_eq(desc()->head, 255 * 8);
    cr_expect_eq(fake_trace_count(scene.hal, "ev=done"), 255);
}

Test(gvt_pv, one_message_for_each_trigger_when_asked)
{
    struct gvt_config config = scene_config();

    close_scene();
    config.pv_one_per_trigger = true;
    open_with(&config);
    for (uint32_t n = 1; n <= 3; n++) {
        put(header(PV_CMD_DEFAULT, 1), n, NULL, 0);
    }
    for (uint32_t n = 1; n <= 3; n++) {
        notify(VGT_G2V_PV_SEND_TRIGGER);
        cr_expect_eq(desc()->fence, n);
    }
}

Test(gvt_pv, message_that_wants_no_fence_gets_none)
{
    put((uint32_t)PV_CMD_BIND_GGTT << 16 | 1, 9, NULL, 0);
    notify(VGT_G2V_PV_SEND_TRIGGER);
    cr_expect(desc()->fence == UNTOUCHED && desc()->status == UNTOUCHED && desc()->head == 8);
}

Test(gvt_pv, fetch_status_hides_what_the_command_said)
{
    struct gvt_config config = scene_config();

    cr_expect_eq(run(0x77, NULL, 0), REFUSED);
    close_scene();
    config.pv_fetch_status = true;
    open_with(&config);
    cr_expect_eq(run(0x77, NULL, 0), 0);
}

Test(gvt_pv, events_and_waves_follow_a_message)
{
    put(header(PV_CMD_DEFAULT, 1), 42, NULL, 0);
    notify(VGT_G2V_PV_SEND_TRIGGER);
    cr_expect_eq(fake_trace_count(scene.hal, "pv vgpu=1 ev=trap fence=42"), 1);
    cr_expect_eq(fake_trace_count(scene.hal, "pv vgpu=1 ev=exec fence=42"), 1);
    cr_expect_str_eq(fake_trace_last(scene.hal, "ev=done"),
                     "pv vgpu=1 ev=done fence=42 status=0 action=0 name=DEFAULT fn=1");
    cr_expect_eq(fake_probe_value(scene.hal, "vgpu1.pv.fence"), 42);
    cr_expect_eq(fake_probe_value(scene.hal, "vgpu1.pv.tail"), 8);
    cr_expect_eq(fake_probe_value(scene.hal, "vgpu1.pv.head"), 8);
}

/* ---- commands -------------------------------------------------------------------------------- */

Test(gvt_pv, ggtt_pages_are_bound_in_the_share_only)
{
    uint64_t guest[2];
    uint64_t host[2];
    uint64_t *list = scene_ram(&scene, LIST, 300 * 8);

    gvt_vgpu_place(scene.vgpu, guest, host);
    cr_expect_eq(bind(PV_CMD_BIND_GGTT, 1, guest[0], 0x3001), 0);
    cr_expect_eq(scene.ggtt[host[0] / 4096], SCENE_FRAME + 0x3001);
    for (uint32_t n = 0; n < 300; n++) {
        list[n] = n % 2 ? 0x1000ull * n + 1 : 0x1000ull * n;
    }
    cr_expect_eq(bind(PV_CMD_BIND_GGTT, 300, guest[1], LIST), 0);
    cr_expect_eq(scene.ggtt[host[1] / 4096 + 299], SCENE_FRAME + 299 * 0x1000 + 1);
    cr_expect_eq(scene.ggtt[host[1] / 4096 + 298], 0, "absent ones stay so");
    cr_expect_eq(bind(PV_CMD_UNBIND_GGTT, 300, guest[1], 0), 0);
    cr_expect_eq(scene.ggtt[host[1] / 4096 + 299], 0);
    cr_expect_eq(bind(PV_CMD_BIND_GGTT, 1, guest[0], SCENE_RAM | 1), (uint32_t)-ENXIO);
    cr_expect_eq(scene.ggtt[host[0] / 4096], 0, "no such page: absent");
}

Test(gvt_pv, bind_refuses_ranges_that_are_not_the_guests)
{
    uint64_t guest[2];
    uint64_t host[2];
    unsigned calls;

    gvt_vgpu_place(scene.vgpu, guest, host);
    create_root();
    calls = scene.chip_calls;
    const struct {
        uint32_t action, size;
        uint64_t start, dma;
        int err;
    } rows[] = {
        {PV_CMD_BIND_GGTT, 0, guest[0], 1, -EINVAL},
        {PV_CMD_BIND_GGTT, 1, guest[0] - 4096, 1, -EINVAL},
        {PV_CMD_BIND_GGTT, 2, guest[0] + (64u << 20) - 4096, LIST, -EINVAL},
        {PV_CMD_BIND_GGTT, 1, guest[0] + 8, 1, -EINVAL},
        {PV_CMD_BIND_GGTT, 0xffffffff, guest[0], LIST, -EINVAL},
        {PV_CMD_BIND_GGTT, 1, ~0ull << 12, 1, -EINVAL},
        {PV_CMD_BIND_GGTT, 2, guest[0], SCENE_RAM - 8, -EFAULT},
        {PV_CMD_BIND_GGTT, 2, guest[0], ~0ull - 7, -EFAULT},
        {PV_CMD_UNBIND_GGTT, 0xffffffff, guest[0], 0, -EINVAL},
        {PV_CMD_BIND_PPGTT, 0, 0x1000, 1, -EINVAL},
        {PV_CMD_BIND_PPGTT, 1, 1ull << 48, 1, -EINVAL},
        {PV_CMD_BIND_PPGTT, 2, (1ull << 48) - 4096, LIST, -EINVAL},
        {PV_CMD_BIND_PPGTT, 0xffffffff, 0, LIST, -EINVAL},
        {PV_CMD_BIND_PPGTT, 1, 0x10, 1, -EINVAL},
        {PV_CMD_BIND_PPGTT, 2, 0, SCENE_RAM, -EFAULT},
        {PV_CMD_BIND_PPGTT, 1, 0, SCENE_RAM, -ENXIO},
        {PV_CMD_UNBIND_PPGTT, 0xfffffffe, 0, 0, -EINVAL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint32_t status = bind(rows[i].action, rows[i].size, rows[i].start, rows[i].dma);

        cr_expect_eq(status, (uint32_t)rows[i].err, "row %zu: %d", i, (int)status);
    }
    cr_expect_eq(scene.chip_calls, calls);
    cr_expect_not(in_failsafe());
}

Test(gvt_pv, ppgtt_pages_are_mapped_and_are_in_the_image)
{
    uint64_t *list = scene_ram(&scene, LIST, 3 * 8);
    uint8_t *image = NULL;
    int64_t size;

    create_root();
    list[0] = 0x3003;
    list[1] = 0x5003;
    list[2] = 0x7003;
    cr_expect_eq(bind(PV_CMD_BIND_PPGTT, 3, 0x200000, LIST), 0);
    cr_expect(scene.maps == 3 && scene.mapped[2] == SCENE_FRAME + 0x7003);
    size = gvt_image_save(scene.vgpu, &image);
    cr_assert_gt(size, 0);
    free(image);
    cr_expect_eq(bind(PV_CMD_UNBIND_PPGTT, 3, 0x200000, 0), 0);
    cr_expect(scene.maps == 6 && scene.mapped[5] == 0);
    cr_expect_eq(gvt_image_save(scene.vgpu, &image), size - 3 * GVT_PPGTT_ENTRY_BYTES,
                 "frames that do not follow each other are a run each");
    free(image);
}

Test(gvt_pv, unknown_root_is_a_guest_error)
{
    cr_expect_eq(bind(PV_CMD_BIND_PPGTT, 1, 0x1000, 0x3001), REFUSED);
    cr_expect_eq(fake_trace_count(scene.hal, "failsafe: guest error"), 1);
}

Test(gvt_pv, command_needs_its_feature_and_its_length)
{
    static const uint32_t payload[PV_MSG_PAYLOAD_DWORDS_MAX];

    for (uint32_t len = 0; len <= PV_MSG_PAYLOAD_DWORDS_MAX; len++) {
        if (len != 8) {
            cr_expect_eq(run(PV_CMD_BIND_GGTT, payload, len), REFUSED, "%u", len);
        }
        if (len != 3) {
            cr_expect_eq(run(PV_CMD_REGISTER_CAP_GPA, payload, len), REFUSED, "%u", len);
        }
    }
    scene_write(&scene, PVINFO_PV_CAPS, PV_PPGTT);
    cr_expect_eq(bind(PV_CMD_BIND_GGTT, 1, 0x8000000, 0x3001), REFUSED);
    cr_expect_eq(run(PV_CMD_SUBMIT_WORKLOAD, NULL, 0), REFUSED, "no message");
    cr_expect_eq(run(0xffff, NULL, 0), REFUSED);
}

/* ---- submission ------------------------------------------------------------------------------ */

#define DESC ((uint64_t)(CTX_DESC_VALID | CTX_DESC_PRIVILEGE_ACCESS))

static struct pv_submission *record(unsigned engine)
{
    return scene_ram(&scene, PAGE + PV_SUB_OFF + engine * 24, 24);
}

static void submit(unsigned engine, uint32_t base, uint64_t desc0, uint64_t desc1)
{
    *record(engine) = (struct pv_submission){.descs = {desc0, desc1}, .submitted = 1};
    scene_write(&scene, base + EL_OFFSET_ELSP, PV_CMD_SUBMIT_WORKLOAD);
}

static uint32_t register_cap(uint32_t cap, uint64_t gpa)
{
    const struct pv_cap_gpa payload = {cap, lower_32(gpa), upper_32(gpa)};

    return run(PV_CMD_REGISTER_CAP_GPA, &payload, 3);
}

Test(gvt_pv, record_is_queued_and_taken)
{
    struct gvt_workload workload;

    cr_expect_eq(register_cap(PV_SUBMISSION, PAGE + PV_SUB_OFF), 0);
    gvt_vgpu_start(scene.vgpu);
    submit(GVT_ENGINE_VECS, VECS_BASE, 7ull << 32 | DESC, DESC | 0x4000);
    cr_expect_eq(record(GVT_ENGINE_VECS)->submitted, 0);
    cr_expect_eq(gvt_workload_count(scene.vgpu), 2);
    cr_assert(gvt_workload_take(scene.vgpu, GVT_ENGINE_VECS, &workload));
    cr_expect(workload.pv && !workload.emulate_schedule_in && workload.desc[1] == 7);
}

Test(gvt_pv, bad_records_and_registrations_are_refused)
{
    submit(GVT_ENGINE_RCS, RCS_BASE, DESC, 0);
    cr_expect_eq(record(GVT_ENGINE_RCS)->submitted, 1, "not registered");
    cr_expect_eq(register_cap(PV_SUBMISSION, 0), REFUSED);
    cr_expect_eq(register_cap(PV_SUBMISSION, SCENE_RAM - 8), REFUSED);
    cr_expect_eq(register_cap(PV_PPGTT, 0x1000), 0, "others are logged");
    cr_assert_eq(register_cap(PV_SUBMISSION, PAGE + PV_SUB_OFF), 0);
    submit(GVT_ENGINE_RCS, RCS_BASE, DESC & ~1ull, 0);
    cr_expect_eq(record(GVT_ENGINE_RCS)->submitted, 1, "not valid");
    submit(GVT_ENGINE_RCS, RCS_BASE, CTX_DESC_VALID, 0);
    cr_expect_eq(record(GVT_ENGINE_RCS)->submitted, 1, "not privileged");
    submit(GVT_ENGINE_RCS, RCS_BASE, DESC, CTX_DESC_VALID);
    cr_expect_eq(record(GVT_ENGINE_RCS)->submitted, 1, "second one not privileged");
    cr_expect_eq(gvt_workload_count(scene.vgpu), 0);
}

Test(gvt_pv, channel_goes_on_after_a_load)
{
    struct gvt_config config = scene_config();
    struct gvt_scene target;
    struct gvt_scene kept = scene;
    uint8_t *image = NULL;
    int64_t size;

    cr_assert_eq(register_cap(PV_SUBMISSION, PAGE + PV_SUB_OFF), 0);
    size = gvt_image_save(scene.vgpu, &image);
    cr_assert_gt(size, 0);
    config.hidden_reserved = 640ull << 20;
    scene_open(&target, &config, '8', scene.guest);
    cr_assert_eq(gvt_image_load(target.vgpu, image, (uint64_t)size), 0);
    free(image);
    scene = target;
    cr_assert_eq(gvt_vgpu_attach(scene.vgpu, scene_ops(), &scene, 512), 0);
    cr_expect_eq(run(PV_CMD_DEFAULT, NULL, 0), 0);
    submit(GVT_ENGINE_RCS, RCS_BASE, DESC, 0);
    cr_expect_eq(record(GVT_ENGINE_RCS)->submitted, 0);
    scene_close(&kept);
}
