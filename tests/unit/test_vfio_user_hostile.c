/* SPDX-License-Identifier: MIT */
/* Clients that say anything: mostly well-formed messages with values at and beyond their limits,
 * file descriptors where none belong, ends in the middle. The server outlives all of them. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/vfio_user_scene.h"

#define NUM_CLIENTS  60
#define NUM_MESSAGES 200
#define MAX_SIZE     96u

static uint64_t state;

static uint32_t pick(uint32_t below)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(state >> 33) % below;
}

static void fill(uint8_t *bytes, uint32_t size)
{
    static const uint64_t edges[] = {0,       1,       4,          0x1000,     0x2000,    0xffffff,
                                     1 << 24, 1 << 20, UINT32_MAX, UINT64_MAX, INT64_MAX, 0x800000};

    for (uint32_t at = 0; at + 4 <= size; at += 4) {
        const uint64_t value = pick(3) ? edges[pick(ARRAY_SIZE(edges))] : pick(64);

        memcpy(bytes + at, &value, 4);
    }
}

static void say_something(struct outside *scene, const int *fds)
{
    uint8_t payload[MAX_SIZE] = {0};
    const uint32_t size = pick(MAX_SIZE) & ~3u;
    const uint16_t command = (uint16_t)pick(20);

    fill(payload, size);
    if (pick(2) && size >= 4) {
        memcpy(payload, &size, 4); /* an argsz that holds */
    }
    if (pick(4) == 0) {
        outside_send_fds(scene, command, payload, size, fds, 1 + pick(2));
    } else {
        outside_send(scene, command, pick(4) ? 0 : VFIO_USER_FLAGS_NO_REPLY, payload, size);
    }
}

static void be_a_client(struct outside *scene, const int *fds)
{
    uint64_t word;
    unsigned faults = 0;

    outside_open(scene);
    (void)outside_write(scene, 7, 4, 2, 4);
    (void)outside_map(scene, 0, 0x2000, 0, 3, fds[0]);
    for (unsigned n = 0; n < NUM_MESSAGES && !outside_is_closed(scene); n++) {
        say_something(scene, fds);
        if (vfio_user_mem_read(scene->server, pick(0x4000), &word, 8) == 0) {
            faults += vfio_user_mem_write(scene->server, pick(0x4000), &word, 8) != 0;
        }
        vfio_user_raise(scene->server, pick(4));
        while (outside_answer(scene, NULL, 0, NULL) >= 0) {
        }
    }
    cr_expect_leq(faults, NUM_MESSAGES);
    outside_send_raw(scene, "\1\0\11\0\40\0\0\0", pick(9));
    outside_close(scene);
}

Test(vfio_user_hostile, server_outlives_random_clients)
{
    struct outside *scene = outside_create(2);
    int fds[2] = {outside_memory(0x2000, true), outside_memory(0x2000, false)};

    for (unsigned n = 0; n < NUM_CLIENTS; n++) {
        state = n;
        be_a_client(scene, fds);
    }
    outside_open(scene);
    cr_expect_eq(outside_ask(scene, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), 0);
    outside_destroy(scene);
    (void)close(fds[0]), (void)close(fds[1]);
}

Test(vfio_user_hostile, noise_ends_a_connection_at_most)
{
    struct outside *scene = outside_create(0);
    uint8_t noise[512];

    for (unsigned n = 0; n < NUM_CLIENTS; n++) {
        state = n + 1000;
        outside_open(scene);
        for (unsigned at = 0; at < sizeof(noise); at++) {
            noise[at] = (uint8_t)pick(256);
        }
        outside_send_raw(scene, noise, sizeof(noise));
        outside_close(scene);
    }
    outside_open(scene);
    outside_destroy(scene);
}
