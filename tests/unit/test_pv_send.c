/* SPDX-License-Identifier: MIT */
/* The guest's end of the PV channel against a host that the test plays: handshake, ring, fence,
 * time. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "guest/pv/pv.h"
#include "host/abi/i915_pvinfo.h"
#include "tests/unit/fake_hal.h"

#define NEVER  0ull
#define SECOND HAL_NS_PER_S

/* ---- a host ---------------------------------------------------------------------------------- */

static struct {
    struct hal *hal;
    struct pv *pv;
    int started;
    uint16_t version[2];
    bool refuses_page;
    bool loses_gpa;
    uint64_t answer_ns; /* 0: never */
    uint32_t status;
    uint32_t triggers;
    uint64_t gpa;
    bool stalled; /* leaves the ring as it is */
} host;

static void *page(uint64_t offset, uint64_t size)
{
    return fake_ram(host.hal, host.gpa + offset, size);
}

static struct vgpu_pv_ct_buffer_desc *desc(void)
{
    return page(PV_DESC_OFF, sizeof(struct vgpu_pv_ct_buffer_desc));
}

/* Takes all there is: the last message's fence is the one that counts. */
static void answer(void *arg)
{
    uint32_t *ring = page(PV_CMD_OFF, PV_RING_BYTES);

    (void)arg;
    while (!host.stalled && desc()->head != desc()->tail) {
        uint32_t at = desc()->head / 4;
        uint32_t len = ring[at] & PV_CT_MSG_LEN_MASK;

        cr_assert_neq(ring[at] & PV_CT_MSG_WRITE_FENCE_TO_DESC, 0);
        desc()->head = (at + len + 1) % PV_RING_DWORDS * 4;
        desc()->status = host.status;
        desc()->fence = ring[(at + 1) % PV_RING_DWORDS];
    }
}

static void on_notify(uint32_t value)
{
    if (value == VGT_G2V_SHARED_PAGE_REGISTER) {
        host.gpa = fake_reg(host.hal, PVINFO_SHARED_PAGE_GPA);
        if (!host.refuses_page) {
            memcpy(page(0, 4), host.version, 4);
        }
    } else if (value == VGT_G2V_PV_SEND_TRIGGER) {
        host.triggers++;
        if (host.answer_ns) {
            fake_at(host.hal, host.answer_ns, answer, NULL);
        }
    }
}

static void on_write(void *arg, uint32_t offset, uint64_t value, unsigned size)
{
    (void)arg;
    cr_assert_eq(size, 4);
    if (offset == PVINFO_G2V_NOTIFY) {
        on_notify((uint32_t)value);
    } else if (offset == PVINFO_SHARED_PAGE_GPA && host.loses_gpa) {
        fake_set_reg(host.hal, offset, 0);
    }
}

static void make(uint32_t caps, uint32_t first_fence)
{
    const struct fake_device device = {.write = on_write};
    struct pv_config config = {.caps = PV_PPGTT | PV_GGTT | PV_SUBMISSION,
                               .first_fence = first_fence};

    memset(&host, 0, sizeof(host));
    host.version[1] = PV_MINOR;
    host.answer_ns = 1000;
    host.hal = fake_hal_create(&device, 1 << 20);
    fake_set_reg(host.hal, PVINFO_MAGIC, lower_32(VGT_MAGIC));
    fake_set_reg(host.hal, PVINFO_MAGIC + 4, upper_32(VGT_MAGIC));
    fake_set_reg(host.hal, PVINFO_VERSION_MAJOR, VGT_VERSION_MAJOR);
    fake_set_reg(host.hal, PVINFO_VGT_CAPS, 0x1c | VGT_CAPS_PV);
    fake_set_reg(host.hal, PVINFO_PV_CAPS, caps);
    config.hal = host.hal;
    host.pv = pv_create(&config);
    cr_assert(host.pv);
}

static void close_host(void)
{
    pv_destroy(host.pv);
    fake_hal_destroy(host.hal);
}

static void start_program(void *arg)
{
    (void)arg;
    host.started = pv_start(host.pv);
}

static void start(void)
{
    fake_run(host.hal, start_program, NULL, SECOND);
}

static void open_started(void)
{
    make(PV_PPGTT | PV_GGTT, 0);
    start();
    cr_assert_eq(host.started, PV_PPGTT | PV_GGTT);
}

TestSuite(pv_send, .fini = close_host);

/* ---- handshake ------------------------------------------------------------------------------- */

Test(pv_send, handshake_leaves_a_descriptor_and_the_common_features)
{
    const struct vgpu_pv_ct_buffer_desc expected = {.addr = 0x800, .size = 2048};

    make(PV_GGTT | 0x18, 0);
    start();
    cr_expect_eq(host.started, PV_GGTT);
    cr_expect_eq(fake_reg(host.hal, PVINFO_PV_CAPS), PV_GGTT);
    cr_expect_eq(memcmp(desc(), &expected, sizeof(expected)), 0);
    cr_expect_eq(pv_shared_page(host.pv), host.gpa);
}

Test(pv_send, no_pv_is_no_error)
{
    uint32_t action = PV_CMD_DEFAULT;

    make(PV_GGTT, 0);
    fake_set_reg(host.hal, PVINFO_VGT_CAPS, 0x1c);
    start();
    cr_expect_eq(host.started, 0);
    cr_expect_eq(host.gpa, 0);
    close_host();
    make(0x18, 0);
    start();
    cr_expect_eq(host.started, 0);
    cr_expect_eq(fake_reg(host.hal, PVINFO_PV_CAPS), 0);
    cr_expect_eq(pv_send(host.pv, &action, 1, NULL), -ENODEV);
}

Test(pv_send, what_is_no_vgpu_is_left_alone)
{
    make(PV_GGTT, 0);
    fake_set_reg(host.hal, PVINFO_MAGIC, 0);
    start();
    cr_expect_eq(host.started, -ENODEV);
    close_host();
    make(PV_GGTT, 0);
    fake_set_reg(host.hal, PVINFO_VERSION_MAJOR, 0);
    start();
    cr_expect_eq(host.started, -ENODEV);
}

static const struct {
    uint16_t major, minor;
    bool refuses, loses;
    int result;
} handshakes[] = {
    {0, 1, false, false, 1},    {0, 2, false, false, -EIO}, {1, 0, false, false, -EIO},
    {1, 1, false, false, -EIO}, {0, 1, true, false, -EIO},  {0, 1, false, true, -EIO},
};

Test(pv_send, version_must_be_equal_and_the_page_taken)
{
    for (size_t i = 0; i < ARRAY_SIZE(handshakes); i++) {
        make(PV_PPGTT, 0);
        host.version[0] = handshakes[i].major;
        host.version[1] = handshakes[i].minor;
        host.refuses_page = handshakes[i].refuses;
        host.loses_gpa = handshakes[i].loses;
        start();
        cr_expect_eq(host.started, handshakes[i].result, "row %zu: %d", i, host.started);
        if (handshakes[i].result < 0) {
            cr_expect_eq(fake_reg(host.hal, PVINFO_PV_CAPS), 0, "row %zu", i);
            cr_expect_eq(pv_shared_page(host.pv), 0, "row %zu", i);
        }
        if (i + 1 < ARRAY_SIZE(handshakes)) {
            close_host();
        }
    }
}

/* ---- sending --------------------------------------------------------------------------------- */

static uint32_t message[64];
static uint32_t message_len;
static uint32_t status;
static uint64_t took;
static int result;

static void send_program(void *arg)
{
    uint64_t begin = hal_now(host.hal);

    (void)arg;
    result = pv_send(host.pv, message, message_len, &status);
    took = hal_now(host.hal) - begin;
}

static int send(uint32_t len)
{
    message_len = len;
    fake_run(host.hal, send_program, NULL, SECOND);
    return result;
}

Test(pv_send, message_has_header_fence_and_payload, .init = open_started)
{
    const uint32_t *ring = page(PV_CMD_OFF, PV_RING_BYTES);

    message[0] = 0x1234;
    message[1] = 0xa;
    message[2] = 0xb;
    cr_expect_eq(send(3), 0);
    cr_expect(ring[0] == 0x12340103 && ring[1] == 1 && ring[2] == 0xa && ring[3] == 0xb);
    cr_expect_eq(desc()->tail, 16);
    cr_expect_eq(status, 0);
    cr_expect_eq(fake_trace_count(host.hal, "ev=sent fence=1"), 1);
    cr_expect_eq(fake_trace_count(host.hal, "ev=seen fence=1"), 1);
}

Test(pv_send, length_and_action_are_checked_before_writing, .init = open_started)
{
    cr_expect_eq(send(0), -EINVAL);
    cr_expect_eq(send(32), -EINVAL);
    cr_expect_eq(send(256), -EINVAL);
    message[0] = 0x10000;
    cr_expect_eq(send(1), -EINVAL);
    message[0] = 0xffff;
    cr_expect_eq(send(31), 0);
    cr_expect_eq(desc()->fence, 1, "those used no fence");
}

Test(pv_send, status_that_is_not_zero_is_eio, .init = open_started)
{
    host.status = (uint32_t)-ENXIO;
    cr_expect_eq(send(1), -EIO);
    cr_expect_eq(status, (uint32_t)-ENXIO);
}

/* 5 us busy, then up to 10 ms asleep. */
Test(pv_send, answer_is_waited_for_and_no_longer, .init = open_started)
{
    static const struct {
        uint64_t after;
        int result;
        uint64_t least, most;
    } rows[] = {
        {1, 0, 0, 300},
        {4000, 0, 4000, 4300},
        {20000, 0, 20000, 60000},
        {9900000, 0, 9900000, 10010000},
        {NEVER, -ETIMEDOUT, 10005000, 10010000},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        host.answer_ns = rows[i].after;
        cr_expect_eq(send(1), rows[i].result, "row %zu: %d", i, result);
        cr_expect(took >= rows[i].least && took <= rows[i].most, "row %zu: %lu", i, took);
    }
}

Test(pv_send, late_answer_does_not_disturb_the_next_message, .init = open_started)
{
    host.answer_ns = 20 * HAL_NS_PER_MS;
    cr_expect_eq(send(1), -ETIMEDOUT);
    cr_expect_eq(desc()->tail, 8, "it stays in the ring");
    host.answer_ns = 2000;
    cr_expect_eq(send(1), 0);
    cr_expect_eq(desc()->fence, 2);
    cr_expect_eq(desc()->head, 16);
}

/* ---- full ring, wrap, fences ----------------------------------------------------------------- */

static uint32_t fill_len;
static int fill_results[300];
static unsigned filled;

static void fill_program(void *arg)
{
    (void)arg;
    for (filled = 0; filled < ARRAY_SIZE(fill_results); filled++) {
        fill_results[filled] = pv_send(host.pv, message, fill_len, NULL);
        if (fill_results[filled] != -ETIMEDOUT) {
            return;
        }
    }
}

static void fill(uint32_t len)
{
    fill_len = len;
    fake_run(host.hal, fill_program, NULL, 10 * SECOND);
}

Test(pv_send, stalled_host_takes_15_long_messages_or_255_short_ones, .init = open_started)
{
    host.answer_ns = NEVER;
    fill(31);
    cr_expect_eq(filled, 15);
    cr_expect_eq(fill_results[15], -ENOSPC);
    cr_expect_eq(desc()->tail, 15 * 32 * 4);
    cr_expect_eq(host.triggers, 15, "nothing was written, so none for the last");
    desc()->head = desc()->tail;
    fill(1);
    cr_expect_eq(filled, 255);
    cr_expect_eq(fill_results[255], -ENOSPC);
}

Test(pv_send, full_ring_uses_up_a_fence, .init = open_started)
{
    host.answer_ns = NEVER;
    fill(31);
    host.answer_ns = 1000;
    answer(NULL);
    cr_expect_eq(desc()->fence, 15);
    cr_expect_eq(send(1), 0);
    cr_expect_eq(desc()->fence, 17);
}

static bool all_good;

static void wrap_program(void *arg)
{
    (void)arg;
    for (uint32_t first = 0; first < PV_RING_DWORDS; first++) {
        desc()->head = desc()->tail = first * 4;
        message[30] = first;
        all_good &= pv_send(host.pv, message, 31, NULL) == 0;
        all_good &= ((uint32_t *)page(PV_CMD_OFF, PV_RING_BYTES))[(first + 31) % 512] == first;
    }
}

Test(pv_send, message_wraps_at_every_offset, .init = open_started)
{
    all_good = true;
    host.answer_ns = 1;
    message[0] = 7;
    fake_run(host.hal, wrap_program, NULL, SECOND);
    cr_expect(all_good);
    cr_expect_eq(desc()->fence, 512);
}

Test(pv_send, fence_wraps_over_zero)
{
    make(PV_GGTT, 0xfffffffe);
    start();
    cr_assert_eq(host.started, PV_GGTT);
    for (unsigned n = 0; n < 3; n++) {
        static const uint32_t fences[] = {0xfffffffe, 0xffffffff, 1};

        cr_expect_eq(send(1), 0);
        cr_expect_eq(desc()->fence, fences[n], "%x", desc()->fence);
    }
}

Test(pv_send, descriptor_that_cannot_be_is_not_followed, .init = open_started)
{
    static const struct vgpu_pv_ct_buffer_desc rows[] = {
        {.addr = 0x800, .size = 2048, .head = 2048},
        {.addr = 0x800, .size = 2048, .head = 2},
        {.addr = 0x800, .size = 2048, .tail = 0x80000000},
        {.addr = 0x800, .size = 4096},
        {.addr = 0x10, .size = 2048},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        *desc() = rows[i];
        cr_expect_eq(send(1), -EPROTO, "row %zu: %d", i, result);
        cr_expect_eq(memcmp(desc(), &rows[i], sizeof(rows[i])), 0, "row %zu", i);
    }
}

/* ---- two senders ----------------------------------------------------------------------------- */

static unsigned good;

static void second_sender(void *arg)
{
    const uint32_t action = PV_CMD_DEFAULT;

    (void)arg;
    good += pv_send(host.pv, &action, 1, NULL) == 0;
}

static void two_senders(void *arg)
{
    const uint32_t action = PV_CMD_DEFAULT;

    (void)arg;
    hal_spawn(host.hal, "second", second_sender, NULL);
    good += pv_send(host.pv, &action, 1, NULL) == 0;
    hal_delay(host.hal, HAL_NS_PER_MS);
}

Test(pv_send, senders_take_turns, .init = open_started)
{
    good = 0;
    host.answer_ns = 3000;
    fake_run(host.hal, two_senders, NULL, SECOND);
    cr_expect_eq(good, 2);
    cr_expect_eq(desc()->fence, 2);
}
