/* SPDX-License-Identifier: MIT */
/* Clients that say anything: messages as a VMM sends them and mutations of them, file descriptors
 * where none belong, files that shrink, garbage in the window, ends in the middle. The server
 * outlives all of them, takes nothing from outside of the function's part of the window, and keeps
 * no file open. VFIO_USER_MOVES says how many moves, VFIO_USER_SEED the first client's seed. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/vfio_user_scene.h"

#define DEFAULT_MOVES 20000u
#define MOVES_EACH    500u /* of one client */
#define MAX_SIZE      256u
#define FILE_SIZE     0x8000u
#define WORDS         (SCENE_WINDOW / 8)
#define MAX_GARBAGE   64u

static uint64_t state;

/* What one client has. */
static struct outside *scene;
static int files[4]; /* memory that cannot shrink, that can, an eventfd, a pipe's end */
static uint64_t *window;
static uint32_t own, own_size;

static uint32_t pick(uint32_t below)
{
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(state >> 33) % below;
}

/* Numbers at which something begins or ends. */
static uint64_t edge(void)
{
    static const uint64_t edges[] = {0,         1,          4,          8,         0x1000,
                                     0x2000,    FILE_SIZE,  0x10000,    1u << 20,  SCENE_WINDOW,
                                     0xfffff8,  SCENE_BAR0, UINT32_MAX, INT64_MAX, UINT64_MAX,
                                     0x7ffffff8};

    return edges[pick(ARRAY_SIZE(edges))] + (pick(4) ? 0 : pick(16)) - (pick(4) ? 0 : pick(16));
}

/* ---- messages -------------------------------------------------------------------------------- */

/* A payload as it should be; returns its size. */
static uint32_t compose(uint16_t command, uint8_t *payload)
{
    const uint64_t page = pick(16) * 0x1000ull, pages = (1 + pick(4)) * 0x1000ull;
    const struct vfio_user_dma_map map = {sizeof(map), 1 + 2 * pick(2), pick(4) * 0x1000, page,
                                          pages};
    const struct vfio_user_dma_unmap unmap = {sizeof(unmap), pick(8) ? 0 : 2, page, pages};
    const struct vfio_user_region_info info = {.argsz = 32 + 32 * pick(2), .index = pick(9)};
    const struct vfio_user_irq_info irq = {.argsz = sizeof(irq), .index = pick(5)};
    static const uint32_t forms[] = {0x24, 0x24, 0x21, 0x22, 0x09, 0x14};
    const struct vfio_user_irq_set set = {sizeof(set), forms[pick(ARRAY_SIZE(forms))], 1 + pick(2),
                                          pick(2), pick(3)};
    static const uint32_t places[] = {4, 0x48, 0x80, 0x1901f0, 0x800000, 0xfffff8, 0x1000, 0};
    const struct vfio_user_region_access access = {places[pick(ARRAY_SIZE(places))],
                                                   pick(3) ? 0 : 7, 1u << pick(4)};
    const struct vfio_user_device_info device = {.argsz = sizeof(device)};
    const struct {
        const void *bytes;
        uint32_t size;
    } forms_of[] = {[VFIO_USER_VERSION] = {"\0\0\0\0{}", 7},
                    [VFIO_USER_DMA_MAP] = {&map, sizeof(map)},
                    [VFIO_USER_DMA_UNMAP] = {&unmap, sizeof(unmap)},
                    [VFIO_USER_DEVICE_GET_INFO] = {&device, sizeof(device)},
                    [VFIO_USER_DEVICE_GET_REGION_INFO] = {&info, sizeof(info)},
                    [VFIO_USER_DEVICE_GET_IRQ_INFO] = {&irq, sizeof(irq)},
                    [VFIO_USER_DEVICE_SET_IRQS] = {&set, sizeof(set)},
                    [VFIO_USER_REGION_READ] = {&access, sizeof(access)},
                    [VFIO_USER_REGION_WRITE] = {&access, sizeof(access)},
                    [VFIO_USER_DEVICE_RESET] = {NULL, 0}};
    uint32_t size = 0;

    if (command < ARRAY_SIZE(forms_of) && forms_of[command].size) {
        size = forms_of[command].size;
        memcpy(payload, forms_of[command].bytes, size);
    }
    return size + (command == VFIO_USER_REGION_WRITE ? access.count : 0);
}

static uint32_t mutate(uint8_t *payload, uint32_t size)
{
    for (unsigned n = pick(4); n > 0 && size; n--) {
        const uint64_t value = edge();
        const uint32_t at = pick(size) & ~3u, room = size - at;

        if (pick(2)) {
            payload[pick(size)] ^= (uint8_t)(1u << pick(8));
        } else {
            memcpy(payload + at, &value, room < 8 ? room : 4u << pick(2));
        }
    }
    return pick(4) ? size : pick(MAX_SIZE);
}

static void send_pieces(const struct vfio_user_header *header, const uint8_t *payload,
                        uint32_t size)
{
    uint8_t bytes[sizeof(*header) + MAX_SIZE];
    const uint32_t whole = (uint32_t)sizeof(*header) + size, cut = pick(whole + 1);

    memcpy(bytes, header, sizeof(*header));
    memcpy(bytes + sizeof(*header), payload, size);
    outside_send_raw(scene, bytes, cut);
    outside_serve(scene);
    if (pick(50)) {
        outside_send_raw(scene, bytes + cut, whole - cut);
    }
}

static void say_something(void)
{
    const uint16_t command = (uint16_t)(pick(20) ? 1 + pick(13) : pick(UINT16_MAX));
    uint8_t payload[MAX_SIZE] = {0};
    uint32_t size = compose(command, payload);
    struct vfio_user_header header = {.command = command};

    if (pick(3) == 0) {
        size = mutate(payload, size);
    }
    if (command == VFIO_USER_DMA_MAP || command == VFIO_USER_DEVICE_SET_IRQS || pick(16) == 0) {
        const int *from = files + (command == VFIO_USER_DEVICE_SET_IRQS ? 2 : 0);

        outside_send_fds(scene, command, payload, size, pick(8) ? from : files, 1 + pick(2));
        return;
    }
    header.size = (uint32_t)sizeof(header) + size;
    header.flags = pick(4) ? 0 : VFIO_USER_FLAGS_NO_REPLY;
    if (pick(200) == 0) {
        header.size = (uint32_t)edge();
        header.flags = (uint32_t)edge();
    }
    send_pieces(&header, payload, size);
}

/* ---- everything else ------------------------------------------------------------------------- */

static void shrink_or_grow(void)
{
    cr_assert_eq(ftruncate(files[1], pick(3) * (FILE_SIZE / 2)), 0);
}

static void store_garbage(void)
{
    const uint32_t at = pick(2) ? pick(WORDS) : (own - SCENE_WINDOW) / 8 + pick(own_size / 8 + 2);

    for (uint32_t n = 0; n < 1 + pick(MAX_GARBAGE) && window; n++) {
        window[(at + n) % WORDS] = pick(2) ? state : 1;
    }
}

/* The file that came last, if the client maps it. */
static void map_window(void)
{
    void *base;

    if (window || scene->window < 0) {
        return;
    }
    base =
        mmap(NULL, SCENE_WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, scene->window, SCENE_WINDOW);
    cr_assert_neq(base, MAP_FAILED);
    window = base;
}

static void move_window(void)
{
    own = SCENE_WINDOW + 8 * pick(WORDS);
    own_size = 8 * pick((SCENE_BAR0 - own) / 8 + 1) / (1u << pick(16));
    own_size -= own_size % 8;
    vfio_user_window_own(scene->server, own, own_size);
    vfio_user_window_show(scene->server, (uint32_t)edge(), edge());
    vfio_user_window_show(scene->server, own + 8 * pick(64), edge());
}

static void take_stores(void)
{
    uint64_t value;
    uint32_t offset;

    (void)vfio_user_window_stored(scene->server);
    for (uint32_t n = 0; vfio_user_window_take(scene->server, &offset, &value); n++) {
        cr_assert(offset >= own && offset - own < own_size && offset % 8 == 0, "0x%x", offset);
        cr_assert_lt(n, WORDS);
    }
}

static void use_memory(void)
{
    uint8_t bytes[64] = {0};
    const uint64_t size = pick(2) ? 8 : pick(sizeof(bytes)), at = pick(2) ? pick(0x11000) : edge();

    if (vfio_user_mem_read(scene->server, at, bytes, size) == 0 &&
        vfio_user_mem_write(scene->server, at ^ 8, bytes, size)) {
        return; /* read-only, or cut: both are answers */
    }
    vfio_user_raise(scene->server, pick(40));
}

static void (*const moves[])(void) = {say_something, say_something, say_something, say_something,
                                      say_something, say_something, use_memory,    store_garbage,
                                      take_stores,   map_window,    move_window,   shrink_or_grow};

/* ---- clients --------------------------------------------------------------------------------- */

static void leave(void)
{
    if (window) {
        (void)munmap(window, SCENE_WINDOW);
        window = NULL;
    }
    outside_close(scene);
}

/* Returns how many moves it came to. */
static unsigned be_a_client(unsigned count)
{
    static const struct vfio_user_region_info ask = {.argsz = 64};
    unsigned done = 0;

    outside_open(scene);
    own = SCENE_WINDOW;
    own_size = 0;
    (void)outside_write(scene, 7, 4, 2, 6);
    if (pick(2)) {
        (void)outside_ask(scene, VFIO_USER_DEVICE_GET_REGION_INFO, &ask, sizeof(ask), NULL, 0);
    }
    for (; done < count && !outside_is_closed(scene); done++) {
        moves[pick(ARRAY_SIZE(moves))]();
        while (outside_answer(scene, NULL, 0, NULL) >= 0) {
        }
    }
    leave();
    return done;
}

static unsigned open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    cr_assert_not_null(folder);
    while (readdir(folder)) {
        count++;
    }
    (void)closedir(folder);
    return count;
}

static unsigned long number(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);

    return text ? strtoul(text, NULL, 0) : otherwise;
}

Test(vfio_user_hostile, server_outlives_clients_that_say_anything)
{
    const unsigned long count = number("VFIO_USER_MOVES", DEFAULT_MOVES);
    unsigned long done = 0;
    int pipe_fds[2];
    unsigned before;

    scene = outside_create_window();
    cr_assert_eq(pipe(pipe_fds), 0);
    files[0] = outside_memory(FILE_SIZE, true);
    files[1] = outside_memory(FILE_SIZE, false);
    files[2] = eventfd(0, EFD_NONBLOCK);
    files[3] = pipe_fds[0];
    before = open_files();
    for (unsigned long seed = number("VFIO_USER_SEED", 0); done < count; seed++) {
        state = seed;
        done += be_a_client(MOVES_EACH);
        cr_assert_eq(open_files(), before, "files stay open after seed %lu", seed);
    }
    outside_open(scene);
    cr_expect_eq(outside_ask(scene, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), 0);
    outside_destroy(scene);
    for (unsigned n = 0; n < ARRAY_SIZE(files); n++) {
        (void)close(files[n]);
    }
    (void)close(pipe_fds[1]);
}

Test(vfio_user_hostile, noise_ends_a_connection_at_most)
{
    uint8_t noise[512];

    scene = outside_create(0);
    for (unsigned n = 0; n < 60; n++) {
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
