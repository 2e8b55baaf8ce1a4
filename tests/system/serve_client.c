/* SPDX-License-Identifier: MIT */
#include "tests/system/serve_client.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gpu_regs.h"
#include "host/abi/vfio_user.h"
#include "sim/hal/bits.h"

#define MEMORY     0x400000u
#define RINGS      0x100000u /* descriptors; H2G of 4 KiB; G2H of 12 KiB */
#define PAGES      5u
#define G2H_DESC   2048u
#define H2G        4096u
#define G2H        8192u
#define TRIES      20000
#define OUTPUT_LEN 4096
#define REPLY_BIT  0x80000000u

char serve_directory[64], serve_output[OUTPUT_LEN];
uint8_t *serve_memory;
static char serve_path[128];
int serve_client = -1;
static uint64_t *window; /* NULL: entries are written by messages */
static pid_t server;

static const char *program(void)
{
    const char *name = getenv("GUCSIM");

    return name ? name : "build/gucsim";
}

int serve_gucsim(const char *arguments)
{
    char command[1024];
    FILE *pipe;
    int status;

    (void)snprintf(command, sizeof(command), "%s %s 2>&1", program(), arguments);
    pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    serve_output[fread(serve_output, 1, sizeof(serve_output) - 1, pipe)] = '\0';
    status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- the client ------------------------------------------------------------------------------ */

void serve_send(uint16_t command, uint32_t flags, const void *payload, uint32_t size, int fd)
{
    const struct vfio_user_header header = {
        .command = command, .size = (uint32_t)sizeof(header) + size, .flags = flags};
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec parts[2] = {{(void *)(uintptr_t)&header, sizeof(header)},
                             {(void *)(uintptr_t)payload, size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

    if (fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        CMSG_FIRSTHDR(&message)->cmsg_level = SOL_SOCKET;
        CMSG_FIRSTHDR(&message)->cmsg_type = SCM_RIGHTS;
        CMSG_FIRSTHDR(&message)->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof(fd));
    }
    cr_assert_eq(sendmsg(serve_client, &message, MSG_NOSIGNAL), (ssize_t)header.size);
}

int serve_take(void *to, size_t room)
{
    struct vfio_user_header header;
    uint8_t payload[4200];
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&header, sizeof(header)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    int fd = -1;

    cr_assert_eq(recvmsg(serve_client, &message, MSG_WAITALL), (ssize_t)sizeof(header));
    if (CMSG_FIRSTHDR(&message)) {
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
    }
    cr_assert_leq(header.size, sizeof(header) + sizeof(payload));
    cr_assert_eq(header.error, 0, "command %u: error %u", header.command, header.error);
    if (header.size > sizeof(header)) {
        const size_t size = header.size - sizeof(header);

        cr_assert_eq(recv(serve_client, payload, size, MSG_WAITALL), (ssize_t)size);
        memcpy(to, payload, size < room ? size : room);
    }
    return fd;
}

void serve_write(uint32_t region, uint64_t offset, uint32_t count, uint64_t value)
{
    const struct vfio_user_region_access access = {offset, region, count};
    uint8_t payload[sizeof(access) + sizeof(value)];

    memcpy(payload, &access, sizeof(access));
    memcpy(payload + sizeof(access), &value, sizeof(value));
    serve_send(VFIO_USER_REGION_WRITE, region == 0 ? VFIO_USER_FLAGS_NO_REPLY : 0, payload,
               (uint32_t)sizeof(access) + count, -1);
    if (region != 0) {
        (void)serve_take(payload, sizeof(payload));
    }
}

uint64_t serve_read64(uint64_t offset)
{
    const struct vfio_user_region_access access = {offset, 0, 8};
    uint64_t answer[3];

    serve_send(VFIO_USER_REGION_READ, 0, &access, sizeof(access), -1);
    (void)serve_take(answer, sizeof(answer));
    return answer[2];
}

uint32_t serve_read(uint64_t offset)
{
    const struct vfio_user_region_access access = {offset, 0, 4};
    uint32_t answer[5];

    serve_send(VFIO_USER_REGION_READ, 0, &access, sizeof(access), -1);
    (void)serve_take(answer, sizeof(answer));
    return answer[4];
}

uint64_t *serve_map_window(void)
{
    struct {
        struct vfio_user_region_info region;
        struct vfio_user_sparse_mmap area;
    } info = {.region = {.argsz = sizeof(info)}};
    void *base;
    int fd;

    serve_send(VFIO_USER_DEVICE_GET_REGION_INFO, 0, &info.region, sizeof(info.region), -1);
    fd = serve_take(&info, sizeof(info));
    cr_assert_geq(fd, 0);
    base = mmap(NULL, info.area.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                (off_t)(info.region.offset + info.area.offset));
    cr_assert_neq(base, MAP_FAILED);
    (void)close(fd);
    window = base;
    return window;
}

static void connect_client(void)
{
    static const char version[] =
        "\0\0\0\0{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":1048576}}";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uint8_t answer[256];

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", serve_path);
    serve_client = socket(AF_UNIX, SOCK_STREAM, 0);
    for (int n = 0; connect(serve_client, (const struct sockaddr *)&address, sizeof(address));
         n++) {
        cr_assert_lt(n, TRIES, "no server");
        (void)usleep(1000);
    }
    serve_send(VFIO_USER_VERSION, 0, version, sizeof(version), -1);
    (void)serve_take(answer, sizeof(answer));
}

/* ---- its driver ------------------------------------------------------------------------------ */

uint32_t serve_mailbox(const uint32_t *request, unsigned len, unsigned n)
{
    for (unsigned i = 0; i < len; i++) {
        serve_write(0, VF_SW_FLAG(i), 4, request[i]);
    }
    serve_write(0, GUC_HOST_INTERRUPT, 4, 0);
    for (int tries = 0; !(serve_read(VF_SW_FLAG(0)) & REPLY_BIT); tries++) {
        cr_assert_lt(tries, TRIES, "action 0x%x is never answered", request[0]);
    }
    return serve_read(VF_SW_FLAG(n));
}

static void self_config(uint32_t key, uint32_t len, uint32_t value)
{
    const uint32_t request[] = {0x0508, key << 16 | len, value, 0};

    cr_expect_eq(serve_mailbox(request, 4, 0), 0xf0000001);
}

uint32_t serve_ggtt_start(void)
{
    static const uint32_t where[] = {0x5509, 1};

    return serve_mailbox(where, ARRAY_SIZE(where), 1);
}

static void set_entry(uint32_t page, uint64_t pte)
{
    if (window) {
        window[page] = pte;
    } else {
        serve_write(0, GGTT_BAR0_OFFSET + 8 * page, 8, pte);
    }
}

uint32_t serve_open_rings(void)
{
    static const uint32_t reset[] = {0x5507}, match[] = {0x5500, 0x00010200},
                          enable[] = {0x4509, 1};
    uint32_t abi, start;

    cr_expect_eq(serve_mailbox(reset, 1, 0), 0xf0000000);
    abi = serve_mailbox(match, 2, 1);
    start = serve_ggtt_start();
    for (uint32_t page = 0; page < PAGES; page++) {
        set_entry(start / 4096 + page, (RINGS + page * 4096) | GGTT_PTE_PRESENT);
    }
    self_config(0x903, 2, start);
    self_config(0x902, 2, start + H2G);
    self_config(0x904, 1, 4096);
    self_config(0x906, 2, start + G2H_DESC);
    self_config(0x905, 2, start + G2H);
    self_config(0x907, 1, 3 * 4096);
    cr_expect_eq(serve_mailbox(enable, 2, 0), 0xf0000000);
    return abi >> 8 & 0xff;
}

static volatile uint32_t *dword(uint32_t at)
{
    return (volatile uint32_t *)(void *)(serve_memory + RINGS + at);
}

void serve_invalidate_tlb(void)
{
    static const uint32_t message[] = {1u << 16 | 3, 0x7000 | 2u << 28, 7, 0x80000003};

    for (uint32_t n = 0; n < ARRAY_SIZE(message); n++) {
        *dword(H2G + 4 * n) = message[n];
    }
    *dword(4) = ARRAY_SIZE(message);
    serve_write(0, GUC_HOST_INTERRUPT, 4, 0);
    for (int tries = 0; *dword(G2H_DESC + 4) == 0; tries++) {
        cr_assert_lt(tries, TRIES, "no answer on the ring");
        (void)serve_read(VF_CAP_REG);
    }
    cr_expect_eq(*dword(G2H + 4), 0x90007001);
    cr_expect_eq(*dword(G2H + 8), 7);
}

/* Returns the file. */
static int share_memory(unsigned seals)
{
    const struct vfio_user_dma_map map = {sizeof(map), 3, 0, 0, MEMORY};
    uint8_t none[16];
    int fd = memfd_create("guest", MFD_ALLOW_SEALING);

    cr_assert_eq(ftruncate(fd, MEMORY), 0);
    cr_assert_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
    serve_memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    cr_assert_neq(serve_memory, MAP_FAILED);
    serve_send(VFIO_USER_DMA_MAP, 0, &map, sizeof(map), fd);
    (void)serve_take(none, sizeof(none));
    serve_write(VFIO_PCI_CONFIG_REGION_INDEX, 4, 2, 6);
    return fd;
}

void serve_share_memory(void)
{
    (void)close(share_memory(F_SEAL_SHRINK));
}

int serve_share_memory_that_shrinks(void)
{
    return share_memory(0);
}

void serve_start(const char *options)
{
    char command[512];

    (void)snprintf(command, sizeof(command),
                   "exec %s serve %s/case.lua --vf 1 --socket %s --out %s/served --trace off "
                   "--quiet %s > %s/log 2>&1",
                   program(), serve_directory, serve_path, serve_directory, options,
                   serve_directory);
    server = fork();
    if (server == 0) {
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    connect_client();
}

int serve_end(void)
{
    int status;

    (void)close(serve_client);
    cr_assert_eq(waitpid(server, &status, 0), server);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int serve_replay(const char *out, const char *options)
{
    char arguments[512];

    (void)snprintf(arguments, sizeof(arguments), "replay %s/session --out %s/%s --quiet %s",
                   serve_directory, serve_directory, out, options);
    return serve_gucsim(arguments);
}

bool serve_same_events(const char *a, const char *b)
{
    char command[512];

    (void)snprintf(command, sizeof(command), "cmp %s/%s/events.jsonl %s/%s/events.jsonl",
                   serve_directory, a, serve_directory, b);
    return system(command) == 0;
}

void serve_setup(const char *scenario)
{
    char text[256];
    FILE *file;

    (void)snprintf(serve_directory, sizeof(serve_directory), "/tmp/gucsim-serve-XXXXXX");
    cr_assert_not_null(mkdtemp(serve_directory));
    (void)snprintf(serve_path, sizeof(serve_path), "%s/vf1", serve_directory);
    (void)snprintf(text, sizeof(text), "%s/case.lua", serve_directory);
    file = fopen(text, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(scenario, file), 0);
    (void)fclose(file);
}

void serve_teardown(void)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s", serve_directory);
    cr_assert_eq(system(command), 0);
}
