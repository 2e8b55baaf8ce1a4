/* SPDX-License-Identifier: MIT */
/* A guest in another process, over the socket and again from its session. The guest is the test: a
 * driver's first steps, with rings in memory that it shares. The program is $GUCSIM, or
 * build/gucsim. */
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

static char directory[64], path[128], output[OUTPUT_LEN];
static int client = -1;
static uint8_t *memory;
static pid_t server;

static const char scenario[] =
    "local m = machine { gpus = { { name = 'src', gts = 1, vfs = 1 } },\n"
    "  vms = { { name = 'vm1', ram = 4 << 20 } } }\n"
    "m.src:provision(1, { ggtt_size = 1 << 20 })\n"
    "m.vm1:attach(m.src, 1)\n"
    "expect_eq('nobody yet', m.vm1:outside(), 'waiting')\n"
    "wait_until(function() return m.vm1:outside() == 'gone' end, '300s', '100us')\n";

static const char *program(void)
{
    const char *name = getenv("GUCSIM");

    return name ? name : "build/gucsim";
}

/* Returns the exit code; what it prints is in output. */
static int gucsim(const char *arguments)
{
    char command[1024];
    FILE *pipe;
    int status;

    (void)snprintf(command, sizeof(command), "%s %s 2>&1", program(), arguments);
    pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    output[fread(output, 1, sizeof(output) - 1, pipe)] = '\0';
    status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void setup(void)
{
    char text[256];
    FILE *file;

    (void)snprintf(directory, sizeof(directory), "/tmp/gucsim-serve-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    (void)snprintf(path, sizeof(path), "%s/vf1", directory);
    (void)snprintf(text, sizeof(text), "%s/case.lua", directory);
    file = fopen(text, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(scenario, file), 0);
    (void)fclose(file);
}

static void teardown(void)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(serve, .init = setup, .fini = teardown, .timeout = 600);

/* ---- the client ------------------------------------------------------------------------------ */

static void send_message(uint16_t command, uint32_t flags, const void *payload, uint32_t size,
                         int fd)
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
    cr_assert_eq(sendmsg(client, &message, MSG_NOSIGNAL), (ssize_t)header.size);
}

static void take_answer(void *to, size_t room)
{
    struct vfio_user_header header;
    uint8_t payload[4200];

    cr_assert_eq(recv(client, &header, sizeof(header), MSG_WAITALL), (ssize_t)sizeof(header));
    cr_assert_leq(header.size, sizeof(header) + sizeof(payload));
    cr_assert_eq(header.error, 0, "command %u: error %u", header.command, header.error);
    if (header.size > sizeof(header)) {
        const size_t size = header.size - sizeof(header);

        cr_assert_eq(recv(client, payload, size, MSG_WAITALL), (ssize_t)size);
        memcpy(to, payload, size < room ? size : room);
    }
}

static void write_region(uint32_t region, uint64_t offset, uint32_t count, uint64_t value)
{
    const struct vfio_user_region_access access = {offset, region, count};
    uint8_t payload[sizeof(access) + sizeof(value)];

    memcpy(payload, &access, sizeof(access));
    memcpy(payload + sizeof(access), &value, sizeof(value));
    send_message(VFIO_USER_REGION_WRITE, region == 0 ? VFIO_USER_FLAGS_NO_REPLY : 0, payload,
                 (uint32_t)sizeof(access) + count, -1);
    if (region != 0) {
        take_answer(payload, sizeof(payload));
    }
}

static uint32_t read_bar(uint64_t offset)
{
    const struct vfio_user_region_access access = {offset, 0, 4};
    uint32_t answer[5];

    send_message(VFIO_USER_REGION_READ, 0, &access, sizeof(access), -1);
    take_answer(answer, sizeof(answer));
    return answer[4];
}

static void connect_client(void)
{
    static const char version[] =
        "\0\0\0\0{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":1048576}}";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uint8_t answer[256];

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    for (int n = 0; connect(client, (const struct sockaddr *)&address, sizeof(address)); n++) {
        cr_assert_lt(n, TRIES, "no server");
        (void)usleep(1000);
    }
    send_message(VFIO_USER_VERSION, 0, version, sizeof(version), -1);
    take_answer(answer, sizeof(answer));
}

/* ---- its driver ------------------------------------------------------------------------------ */

/* One exchange over the mailbox; dword n of the answer. */
static uint32_t mailbox(const uint32_t *request, unsigned len, unsigned n)
{
    for (unsigned i = 0; i < len; i++) {
        write_region(0, VF_SW_FLAG(i), 4, request[i]);
    }
    write_region(0, GUC_HOST_INTERRUPT, 4, 0);
    for (int tries = 0; !(read_bar(VF_SW_FLAG(0)) & REPLY_BIT); tries++) {
        cr_assert_lt(tries, TRIES, "action 0x%x is never answered", request[0]);
    }
    return read_bar(VF_SW_FLAG(n));
}

static void self_config(uint32_t key, uint32_t len, uint32_t value)
{
    const uint32_t request[] = {0x0508, key << 16 | len, value, 0};

    cr_expect_eq(mailbox(request, 4, 0), 0xf0000001);
}

/* The main GuC's rings at the start of the VF's range. Returns the ABI's minor version. */
static uint32_t open_rings(void)
{
    static const uint32_t reset[] = {0x5507}, match[] = {0x5500, 0x00010200}, where[] = {0x5509, 1},
                          enable[] = {0x4509, 1};
    uint32_t abi, start;

    cr_expect_eq(mailbox(reset, 1, 0), 0xf0000000);
    abi = mailbox(match, 2, 1);
    start = mailbox(where, 2, 1);
    for (uint32_t page = 0; page < PAGES; page++) {
        write_region(0, GGTT_BAR0_OFFSET + 8 * (start / 4096 + page), 8,
                     (RINGS + page * 4096) | GGTT_PTE_PRESENT);
    }
    self_config(0x903, 2, start);
    self_config(0x902, 2, start + H2G);
    self_config(0x904, 1, 4096);
    self_config(0x906, 2, start + G2H_DESC);
    self_config(0x905, 2, start + G2H);
    self_config(0x907, 1, 3 * 4096);
    cr_expect_eq(mailbox(enable, 2, 0), 0xf0000000);
    return abi >> 8 & 0xff;
}

static volatile uint32_t *dword(uint32_t at)
{
    return (volatile uint32_t *)(void *)(memory + RINGS + at);
}

/* One message on the ring, and its answer on the other. */
static void invalidate_tlb(void)
{
    static const uint32_t message[] = {1u << 16 | 3, 0x7000 | 2u << 28, 7, 0x80000003};

    for (uint32_t n = 0; n < ARRAY_SIZE(message); n++) {
        *dword(H2G + 4 * n) = message[n];
    }
    *dword(4) = ARRAY_SIZE(message);
    write_region(0, GUC_HOST_INTERRUPT, 4, 0);
    for (int tries = 0; *dword(G2H_DESC + 4) == 0; tries++) {
        cr_assert_lt(tries, TRIES, "no answer on the ring");
        (void)read_bar(VF_CAP_REG);
    }
    cr_expect_eq(*dword(G2H + 4), 0x90007001);
    cr_expect_eq(*dword(G2H + 8), 7);
}

static void share_memory(void)
{
    const struct vfio_user_dma_map map = {sizeof(map), 3, 0, 0, MEMORY};
    uint8_t none[16];
    int fd = memfd_create("guest", MFD_ALLOW_SEALING);

    cr_assert_eq(ftruncate(fd, MEMORY), 0);
    cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    cr_assert_neq(memory, MAP_FAILED);
    send_message(VFIO_USER_DMA_MAP, 0, &map, sizeof(map), fd);
    take_answer(none, sizeof(none));
    (void)close(fd);
    write_region(VFIO_PCI_CONFIG_REGION_INDEX, 4, 2, 6);
}

static void server_start(const char *options)
{
    char command[512];

    (void)snprintf(command, sizeof(command),
                   "exec %s serve %s/case.lua --vf 1 --socket %s --out %s/served --trace off "
                   "--quiet %s > %s/log 2>&1",
                   program(), directory, path, directory, options, directory);
    server = fork();
    if (server == 0) {
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    connect_client();
}

static int server_end(void)
{
    int status;

    (void)close(client);
    cr_assert_eq(waitpid(server, &status, 0), server);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int replay(const char *out, const char *options)
{
    char arguments[512];

    (void)snprintf(arguments, sizeof(arguments), "replay %s/session --out %s/%s --quiet %s",
                   directory, directory, out, options);
    return gucsim(arguments);
}

static bool same_events(const char *a, const char *b)
{
    char command[512];

    (void)snprintf(command, sizeof(command), "cmp %s/%s/events.jsonl %s/%s/events.jsonl", directory,
                   a, directory, b);
    return system(command) == 0;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void record_session(void)
{
    char option[128];

    (void)snprintf(option, sizeof(option), "--record %s/session", directory);
    server_start(option);
    share_memory();
    cr_expect_eq(read_bar(VF_CAP_REG), 1);
    cr_expect_eq(open_rings(), 27);
    invalidate_tlb();
    cr_expect_eq(server_end(), 0);
}

Test(serve, session_of_an_outside_guest_replays_event_for_event)
{
    record_session();
    cr_expect_eq(replay("first", "--trace off"), 0, "%s", output);
    cr_expect_eq(replay("second", "--trace vcd.gz"), 0, "%s", output);
    cr_expect(same_events("served", "first"));
    cr_expect(same_events("first", "second"));
}

Test(serve, replay_against_other_answers_stops_at_the_first_one)
{
    record_session();
    cr_expect_eq(replay("other", "--trace off --set guc.abi=1.26"), 1);
    cr_expect(strstr(output, "the session diverges at"), "%s", output);
    cr_expect(strstr(output, "a read of 4 at 0x190244 gives 0x11a00"), "%s", output);
}

Test(serve, session_replays_loosely_on_a_machine_of_another_speed)
{
    record_session();
    cr_expect_eq(replay("slow", "--trace off --loose --set mem.latency=300"), 0, "%s", output);
    cr_expect_eq(replay("fast", "--trace off --loose --set mem.latency=10"), 0, "%s", output);
    cr_expect_eq(replay("other", "--trace off --loose --set guc.abi=1.26"), 1);
}

Test(serve, machine_outlives_a_client_that_breaks_off)
{
    server_start("");
    cr_expect_eq(send(client, "\1\0\11\0\377\377\377\377", 8, MSG_NOSIGNAL), 8);
    cr_expect_eq(server_end(), 0);
}

Test(serve, cut_or_foreign_session_is_refused)
{
    char command[256];

    record_session();
    (void)snprintf(command, sizeof(command),
                   "cd %s && gzip -dc session | head -c 400 | gzip > cut && mv cut session",
                   directory);
    cr_assert_eq(system(command), 0);
    cr_expect_eq(replay("cut", ""), 2);
    (void)snprintf(command, sizeof(command), "cp %s/case.lua %s/session", directory, directory);
    cr_assert_eq(system(command), 0);
    cr_expect_eq(replay("foreign", ""), 2);
    cr_expect(strstr(output, "not a recorded session"), "%s", output);
}

Test(serve, wrong_words_are_refused)
{
    cr_expect_eq(gucsim("serve tests/scenarios/pause_resume.lua"), 2);
    cr_expect_eq(gucsim("serve tests/scenarios/pause_resume.lua --vf 1"), 2);
    cr_expect_eq(gucsim("serve tests/scenarios/pause_resume.lua --socket x --vf 1"), 2);
    cr_expect_eq(gucsim("serve tests/scenarios/pause_resume.lua --vf 0 --socket x"), 2);
    cr_expect_eq(gucsim("replay"), 2);
    cr_expect_eq(gucsim("replay /nowhere"), 2);
}
