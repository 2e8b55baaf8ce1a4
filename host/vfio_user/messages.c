/* SPDX-License-Identifier: MIT */
/* One function a message: checks it against its length and what the function has, does it, writes
 * the reply. No reply is longer than what its request made room for. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "host/abi/vfio_migration_v1.h"
#include "host/vfio_user/private.h"

#define CAPABILITIES "{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":1048576}}"

#define READ_WRITE   (VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE)

static void answer(struct request *request, const void *data, uint32_t size)
{
    memcpy(request->reply + request->reply_size, data, size);
    request->reply_size += size;
}

/* ---- version --------------------------------------------------------------------------------- */

static bool is_object(const char *text, uint32_t size)
{
    cJSON *json;
    bool object;

    if (!size || text[size - 1] != '\0') {
        return false;
    }
    json = cJSON_Parse(text);
    object = cJSON_IsObject(json);
    cJSON_Delete(json);
    return object;
}

/* The reply may not be longer than the request: a client that leaves no room gets the defaults. */
static int version(struct vfio_user *server, struct request *request)
{
    struct vfio_user_version wanted;
    const struct vfio_user_version ours = {0, 0};
    const uint32_t text_size = request->size - (uint32_t)sizeof(wanted);

    memcpy(&wanted, request->payload, sizeof(wanted));
    if (server->negotiated || wanted.major != ours.major ||
        (text_size && !is_object((const char *)request->payload + sizeof(wanted), text_size))) {
        server->broken = !server->negotiated;
        return -EINVAL;
    }
    server->negotiated = true;
    answer(request, &ours, sizeof(ours));
    if (text_size >= sizeof(CAPABILITIES)) {
        answer(request, CAPABILITIES, sizeof(CAPABILITIES));
    }
    return 0;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static int map(struct vfio_user *server, struct request *request)
{
    struct vfio_user_dma_map wanted;
    int err;

    memcpy(&wanted, request->payload, sizeof(wanted));
    if (wanted.argsz < sizeof(wanted) || request->num_fds > 1) {
        return -EINVAL;
    }
    err = dma_map(server, &wanted, request->num_fds ? request->fds[0] : -1);
    if (!err && request->num_fds) {
        request->fds[0] = -1;
    }
    return err;
}

static int unmap(struct vfio_user *server, struct request *request)
{
    struct vfio_user_dma_unmap wanted;

    memcpy(&wanted, request->payload, sizeof(wanted));
    if (wanted.argsz < sizeof(wanted) || wanted.flags & ~VFIO_USER_UNMAP_ALL) {
        return -EINVAL;
    }
    if (wanted.flags & VFIO_USER_UNMAP_ALL) {
        if (wanted.address || wanted.size) {
            return -EINVAL;
        }
        dma_unmap_all(server);
    } else {
        int err = dma_unmap(server, wanted.address, wanted.size);

        if (err) {
            return err;
        }
    }
    answer(request, &wanted, sizeof(wanted));
    return 0;
}

/* ---- what there is --------------------------------------------------------------------------- */

static uint64_t region_size(const struct vfio_user *server, uint32_t index)
{
    switch (index) {
    case VFIO_PCI_BAR0_REGION_INDEX:
        return server->config.bar0_size;
    case VFIO_PCI_BAR4_REGION_INDEX:
        return server->config.num_vectors ? BAR4_SIZE : 0;
    case VFIO_PCI_CONFIG_REGION_INDEX:
        return CONFIG_SIZE;
    default:
        return 0;
    }
}

static unsigned irq_count(const struct vfio_user *server, uint32_t index)
{
    switch (index) {
    case VFIO_PCI_MSI_IRQ_INDEX:
        return server->config.num_vectors ? 0 : 1;
    case VFIO_PCI_MSIX_IRQ_INDEX:
        return server->config.num_vectors;
    default:
        return 0;
    }
}

static int device_info(struct vfio_user *server, struct request *request)
{
    struct vfio_user_device_info info;

    (void)server;
    memcpy(&info, request->payload, sizeof(info));
    if (info.argsz < sizeof(info)) {
        return -EINVAL;
    }
    info = (struct vfio_user_device_info){.argsz = sizeof(info),
                                          .flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
                                          .num_regions = VFIO_PCI_NUM_REGIONS,
                                          .num_irqs = VFIO_PCI_NUM_IRQS};
    answer(request, &info, sizeof(info));
    return 0;
}

/* A client that left no room learns how much there is to ask for. The file comes with the rest. */
static void window_info(struct vfio_user *server, struct request *request,
                        struct vfio_user_region_info *info, uint32_t room)
{
    const struct vfio_user_sparse_mmap area = {.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP,
                                               .version = 1,
                                               .nr_areas = 1,
                                               .offset = server->window.offset,
                                               .size = server->window.size};

    info->argsz = sizeof(*info) + sizeof(area);
    info->flags |= VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS;
    info->cap_offset = sizeof(*info);
    answer(request, info, sizeof(*info));
    if (room >= info->argsz) {
        answer(request, &area, sizeof(area));
        request->reply_fd = server->window.fd;
        server->window.shared = true;
    }
}

/* An absent region has size 0: an error would end the client. */
static int region_info(struct vfio_user *server, struct request *request)
{
    struct vfio_user_region_info info;
    uint64_t size;
    uint32_t room;

    memcpy(&info, request->payload, sizeof(info));
    if (info.argsz < sizeof(info) || info.index >= VFIO_PCI_NUM_REGIONS) {
        return -EINVAL;
    }
    size = region_size(server, info.index);
    room = info.argsz;
    info = (struct vfio_user_region_info){
        .argsz = sizeof(info), .flags = size ? READ_WRITE : 0, .index = info.index, .size = size};
    if (info.index == VFIO_PCI_BAR0_REGION_INDEX && server->window.words) {
        window_info(server, request, &info, room);
    } else {
        answer(request, &info, sizeof(info));
    }
    return 0;
}

static int irq_info(struct vfio_user *server, struct request *request)
{
    struct vfio_user_irq_info info;
    unsigned count;

    memcpy(&info, request->payload, sizeof(info));
    if (info.argsz < sizeof(info) || info.index >= VFIO_PCI_NUM_IRQS) {
        return -EINVAL;
    }
    count = irq_count(server, info.index);
    info = (struct vfio_user_irq_info){.argsz = sizeof(info),
                                       .flags = count ? VFIO_IRQ_INFO_EVENTFD : 0,
                                       .index = info.index,
                                       .count = count};
    answer(request, &info, sizeof(info));
    return 0;
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static void irq_drop(struct vfio_user *server, unsigned vector)
{
    if (server->eventfds[vector] >= 0) {
        (void)close(server->eventfds[vector]);
        server->eventfds[vector] = -1;
    }
}

void irqs_drop(struct vfio_user *server)
{
    for (unsigned n = 0; n < VFIO_USER_MAX_VECTORS; n++) {
        irq_drop(server, n);
    }
}

static void irqs_install(struct vfio_user *server, struct request *request,
                         const struct vfio_user_irq_set *set)
{
    for (uint32_t n = 0; n < set->count; n++) {
        irq_drop(server, set->start + n);
        if (request->num_fds) {
            server->eventfds[set->start + n] = request->fds[n];
            request->fds[n] = -1;
        }
    }
}

static void irqs_trigger(struct vfio_user *server, const struct vfio_user_irq_set *set,
                         const uint8_t *bools)
{
    for (uint32_t n = 0; n < set->count; n++) {
        if (!bools || bools[n]) {
            vfio_user_raise(server, set->start + n);
        }
    }
}

static bool irq_set_is_sane(const struct vfio_user *server, const struct request *request,
                            const struct vfio_user_irq_set *set)
{
    const uint32_t data = request->size - (uint32_t)sizeof(*set);
    const unsigned have = set->index < VFIO_PCI_NUM_IRQS ? irq_count(server, set->index) : 0;

    if (set->argsz < sizeof(*set) || set->index >= VFIO_PCI_NUM_IRQS || set->start > have ||
        set->count > have - set->start) {
        return false;
    }
    switch (set->flags &
            (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_DATA_EVENTFD)) {
    case VFIO_IRQ_SET_DATA_EVENTFD:
        return request->num_fds == set->count || request->num_fds == 0;
    case VFIO_IRQ_SET_DATA_BOOL:
        return data >= set->count && request->num_fds == 0;
    case VFIO_IRQ_SET_DATA_NONE:
        return request->num_fds == 0;
    default:
        return false;
    }
}

/* Masking is the client's own affair: it may ask, and nothing follows. */
static int set_irqs(struct vfio_user *server, struct request *request)
{
    struct vfio_user_irq_set set;
    uint32_t action;

    memcpy(&set, request->payload, sizeof(set));
    action = set.flags &
             (VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_UNMASK | VFIO_IRQ_SET_ACTION_TRIGGER);
    if (!irq_set_is_sane(server, request, &set) || !action || (action & (action - 1))) {
        return -EINVAL;
    }
    if (action != VFIO_IRQ_SET_ACTION_TRIGGER || !irq_count(server, set.index)) {
        return 0;
    }
    if (set.flags & VFIO_IRQ_SET_DATA_EVENTFD) {
        irqs_install(server, request, &set);
    } else if (set.flags & VFIO_IRQ_SET_DATA_BOOL) {
        irqs_trigger(server, &set, request->payload + sizeof(set));
    } else if (set.count) {
        irqs_trigger(server, &set, NULL);
    } else {
        irqs_drop(server);
    }
    return 0;
}

/* ---- accesses -------------------------------------------------------------------------------- */

static int check_access(const struct vfio_user *server,
                        const struct vfio_user_region_access *access)
{
    const uint64_t size =
        access->region < VFIO_PCI_NUM_REGIONS ? region_size(server, access->region) : 0;

    if (!access->count || access->count > MAX_TRANSFER || access->count > size ||
        access->offset > size - access->count) {
        return -EINVAL;
    }
    return access->region == VFIO_PCI_CONFIG_REGION_INDEX || config_has_memory(server) ? 0 : -EIO;
}

/* The largest naturally aligned access that is left of a range. */
static unsigned piece(uint64_t offset, uint32_t count)
{
    unsigned size = 8;

    while (size > count || offset % size) {
        size /= 2;
    }
    return size;
}

static int region_read(struct vfio_user *server, struct request *request)
{
    struct vfio_user_region_access access;
    uint8_t *data;
    int err;

    memcpy(&access, request->payload, sizeof(access));
    err = check_access(server, &access);
    if (err) {
        return err;
    }
    answer(request, &access, sizeof(access));
    data = request->reply + request->reply_size;
    request->reply_size += access.count;
    memset(data, 0, access.count);
    if (access.region == VFIO_PCI_CONFIG_REGION_INDEX) {
        config_read(server, (uint32_t)access.offset, data, access.count);
    } else if (access.region == VFIO_PCI_BAR0_REGION_INDEX) {
        for (uint32_t at = 0; at < access.count;) {
            const unsigned size = piece(access.offset + at, access.count - at);
            const uint64_t value =
                server->ops->read(server->arg, (uint32_t)(access.offset + at), size);

            memcpy(data + at, &value, size);
            at += size;
        }
    }
    return 0; /* the MSI-X table is the client's own; no vector is pending here */
}

static int region_write(struct vfio_user *server, struct request *request)
{
    struct vfio_user_region_access access;
    const uint8_t *data = request->payload + sizeof(access);
    int err;

    memcpy(&access, request->payload, sizeof(access));
    err = access.count != request->size - sizeof(access) ? -EINVAL : check_access(server, &access);
    if (err) {
        return err;
    }
    if (access.region == VFIO_PCI_CONFIG_REGION_INDEX) {
        config_write(server, (uint32_t)access.offset, data, access.count);
    } else if (access.region == VFIO_PCI_BAR0_REGION_INDEX) {
        for (uint32_t at = 0; at < access.count;) {
            const unsigned size = piece(access.offset + at, access.count - at);
            uint64_t value = 0;

            memcpy(&value, data + at, size);
            server->ops->write(server->arg, (uint32_t)(access.offset + at), size, value);
            at += size;
        }
    }
    answer(request, &access, sizeof(access));
    return 0;
}

/* The client has disabled the interrupts that it used; its memory stays mapped. */
static int reset(struct vfio_user *server, struct request *request)
{
    const bool was_master = config_is_master(server);

    (void)request;
    config_reset(server);
    server->ops->reset(server->arg);
    if (was_master) {
        server->ops->mastering(server->arg, false);
    }
    return 0;
}

/* ---- dispatch -------------------------------------------------------------------------------- */

static const struct {
    uint16_t command;
    uint16_t min_size; /* of the payload */
    bool window;       /* what was stored in the window is taken before */
    int (*handle)(struct vfio_user *server, struct request *request);
} handlers[] = {
    {VFIO_USER_VERSION, sizeof(struct vfio_user_version), false, version},
    {VFIO_USER_DMA_MAP, sizeof(struct vfio_user_dma_map), false, map},
    {VFIO_USER_DMA_UNMAP, sizeof(struct vfio_user_dma_unmap), false, unmap},
    {VFIO_USER_DEVICE_GET_INFO, sizeof(struct vfio_user_device_info), false, device_info},
    {VFIO_USER_DEVICE_GET_REGION_INFO, sizeof(struct vfio_user_region_info), false, region_info},
    {VFIO_USER_DEVICE_GET_IRQ_INFO, sizeof(struct vfio_user_irq_info), false, irq_info},
    {VFIO_USER_DEVICE_SET_IRQS, sizeof(struct vfio_user_irq_set), false, set_irqs},
    {VFIO_USER_REGION_READ, sizeof(struct vfio_user_region_access), true, region_read},
    {VFIO_USER_REGION_WRITE, sizeof(struct vfio_user_region_access), true, region_write},
    {VFIO_USER_DEVICE_RESET, 0, true, reset},
};

int message_handle(struct vfio_user *server, struct request *request)
{
    const uint16_t command = request->header->command;

    if (!server->negotiated && command != VFIO_USER_VERSION) {
        server->broken = true;
        return -EINVAL;
    }
    for (unsigned n = 0; n < ARRAY_SIZE(handlers); n++) {
        if (handlers[n].command != command) {
            continue;
        }
        if (request->size < handlers[n].min_size) {
            return -EINVAL;
        }
        if (handlers[n].window && vfio_user_window_is_shared(server)) {
            server->ops->window(server->arg);
        }
        return handlers[n].handle(server, request);
    }
    return -EINVAL;
}
