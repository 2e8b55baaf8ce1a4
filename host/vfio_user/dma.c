/* SPDX-License-Identifier: MIT */
/* The client's memory: ranges that it maps and unmaps at any time, and the accesses of the function
 * to them. No pointer into a range outlives a call. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "host/vfio_user/private.h"

#define PAGE 4096u

/* ---- the ranges ------------------------------------------------------------------------------ */

static bool overlaps(const struct dma_map *map, uint64_t addr, uint64_t size)
{
    return addr < map->addr + map->size && map->addr < addr + size;
}

/* The file must hold what the client says it does. Returns 0 or -EINVAL. */
static int check_file(int fd, uint64_t offset, uint64_t size)
{
    struct stat file;

    if (fstat(fd, &file) || !S_ISREG(file.st_mode) || offset % PAGE ||
        offset > (uint64_t)file.st_size || size > (uint64_t)file.st_size - offset) {
        return -EINVAL;
    }
    return 0;
}

/* An access behind the end of a file that its owner has shrunk would kill us, and so would one of a
 * hole that its owner has made in huge pages while none are left: such a file is not mapped. */
static uint8_t *map_file(const struct dma_map *map)
{
    int protection = PROT_READ | (map->writable ? PROT_WRITE : 0);
    int seals = fcntl(map->fd, F_GET_SEALS);
    struct statfs system;
    void *base;

    if (seals < 0 || !(seals & F_SEAL_SHRINK) || map->size > SIZE_MAX ||
        fstatfs(map->fd, &system) || system.f_type == HUGETLBFS_MAGIC) {
        return NULL;
    }
    base = mmap(NULL, map->size, protection, MAP_SHARED, map->fd, (off_t)map->offset);
    return base == MAP_FAILED ? NULL : base;
}

int dma_map(struct vfio_user *server, const struct vfio_user_dma_map *wanted, int fd)
{
    struct dma_map map = {.addr = wanted->address,
                          .size = wanted->size,
                          .offset = wanted->offset,
                          .fd = fd,
                          .writable = wanted->flags & VFIO_USER_DMA_WRITABLE};

    if (!map.size || (map.addr | map.size) % PAGE || map.addr + map.size < map.addr ||
        !(wanted->flags & VFIO_USER_DMA_READABLE) ||
        wanted->flags & ~(VFIO_USER_DMA_READABLE | VFIO_USER_DMA_WRITABLE) ||
        (fd >= 0 && check_file(fd, map.offset, map.size))) {
        return -EINVAL;
    }
    for (unsigned n = 0; n < server->num_maps; n++) {
        if (overlaps(&server->maps[n], map.addr, map.size)) {
            return -EEXIST;
        }
    }
    if (server->num_maps == MAX_MAPS) {
        return -ENOSPC;
    }
    map.base = fd >= 0 ? map_file(&map) : NULL;
    server->maps[server->num_maps++] = map;
    if (fd >= 0) {
        server->ops->mapped(server->arg, map.addr, map.size, map.writable);
    }
    return 0;
}

static void release(struct vfio_user *server, unsigned n)
{
    const struct dma_map map = server->maps[n];

    server->maps[n] = server->maps[--server->num_maps];
    server->last_map = 0;
    if (map.base) {
        (void)munmap(map.base, map.size);
    }
    if (map.fd >= 0) {
        (void)close(map.fd);
        server->ops->unmapped(server->arg, map.addr, map.size);
    }
}

int dma_unmap(struct vfio_user *server, uint64_t addr, uint64_t size)
{
    for (unsigned n = 0; n < server->num_maps; n++) {
        if (server->maps[n].addr == addr && server->maps[n].size == size) {
            release(server, n);
            return 0;
        }
    }
    return -ENOENT;
}

void dma_unmap_all(struct vfio_user *server)
{
    while (server->num_maps) {
        release(server, server->num_maps - 1);
    }
}

/* ---- accesses -------------------------------------------------------------------------------- */

static const struct dma_map *find(struct vfio_user *server, uint64_t addr)
{
    for (unsigned n = 0; n < server->num_maps; n++) {
        const unsigned at = (server->last_map + n) % server->num_maps;

        if (overlaps(&server->maps[at], addr, 1)) {
            server->last_map = at;
            return &server->maps[at];
        }
    }
    return NULL;
}

/* 8 bytes at a time where both ends allow it: the other side is another processor, which must not
 * see half of a word. */
static void copy(void *to, const void *from, uint64_t size)
{
    if (size == sizeof(uint64_t) && (uintptr_t)to % size == 0 && (uintptr_t)from % size == 0) {
        __atomic_store_n((uint64_t *)to, __atomic_load_n((const uint64_t *)from, __ATOMIC_ACQUIRE),
                         __ATOMIC_RELEASE);
    } else if (size == sizeof(uint32_t) && (uintptr_t)to % size == 0 &&
               (uintptr_t)from % size == 0) {
        __atomic_store_n((uint32_t *)to, __atomic_load_n((const uint32_t *)from, __ATOMIC_ACQUIRE),
                         __ATOMIC_RELEASE);
    } else {
        memcpy(to, from, size);
    }
}

static int read_part(const struct dma_map *map, uint64_t at, void *to, uint64_t size)
{
    if (map->base) {
        copy(to, map->base + at, size);
        return 0;
    }
    return map->fd >= 0 && pread(map->fd, to, size, (off_t)(map->offset + at)) == (ssize_t)size
               ? 0
               : -EFAULT;
}

static int write_part(const struct dma_map *map, uint64_t at, const void *from, uint64_t size)
{
    if (!map->writable) {
        return -EFAULT;
    }
    if (map->base) {
        copy(map->base + at, from, size);
        return 0;
    }
    return map->fd >= 0 && pwrite(map->fd, from, size, (off_t)(map->offset + at)) == (ssize_t)size
               ? 0
               : -EFAULT;
}

/* A buffer may cross ranges: one piece in each. */
static int move(struct vfio_user *server, uint64_t addr, uint8_t *data, uint64_t size, bool write)
{
    if (!config_is_master(server)) {
        return -EFAULT;
    }
    while (size) {
        const struct dma_map *map = find(server, addr);
        uint64_t part;
        int err;

        if (!map) {
            return -EFAULT;
        }
        part = map->addr + map->size - addr;
        part = part < size ? part : size;
        err = write ? write_part(map, addr - map->addr, data, part)
                    : read_part(map, addr - map->addr, data, part);
        if (err) {
            return err;
        }
        addr += part;
        size -= part;
        data += part;
    }
    return 0;
}

int vfio_user_mem_read(struct vfio_user *server, uint64_t addr, void *to, uint64_t size)
{
    return move(server, addr, to, size, false);
}

int vfio_user_mem_write(struct vfio_user *server, uint64_t addr, const void *from, uint64_t size)
{
    /* a write only reads its data */
    return move(server, addr, (uint8_t *)(uintptr_t)from, size, true);
}
