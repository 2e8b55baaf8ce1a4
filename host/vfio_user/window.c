/* SPDX-License-Identifier: MIT */
/* The part of BAR0 that a client may map: plain memory which it loads and stores without a word to
 * us. What it stored is what differs from what the function showed there last.
 *
 * Only a part of the window is the function's own, as the owner says. The rest reads zero: what a
 * client stores there is taken out again, and nobody hears of it. The file is sealed, so that a
 * client cannot pull it away, and each client gets one of its own: one that has gone keeps its
 * mapping, not the next one's. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/vfio_user/private.h"

#define WORD      ((uint32_t)sizeof(uint64_t))
#define PAGE      4096u
#define PAGE_WORD (PAGE / WORD)
#define SEALS     (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* Something that the client stored and nobody took. */
struct late {
    uint32_t word; /* of the own part */
    uint64_t value;
};

static uint64_t load(const struct window *window, uint32_t word)
{
    return __atomic_load_n(&window->words[word], __ATOMIC_ACQUIRE);
}

static void store(struct window *window, uint32_t word, uint64_t value)
{
    __atomic_store_n(&window->words[word], value, __ATOMIC_RELEASE);
}

/* ---- the file -------------------------------------------------------------------------------- */

void window_close(struct window *window)
{
    if (window->words) {
        (void)munmap(window->words, window->size);
    }
    if (window->fd >= 0) {
        (void)close(window->fd);
    }
    free(window->known);
    *window = (struct window){.fd = -1};
}

/* Offsets in the file are those in the BAR: a client maps it as the region's own. */
void window_open(struct window *window, const struct vfio_user_config *config)
{
    void *base;

    *window =
        (struct window){.fd = -1, .offset = config->window_offset, .size = config->window_size};
    if (!window->size) {
        return;
    }
    window->known = calloc(window->size / WORD, WORD);
    window->fd = memfd_create("vfio-user window", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (!window->known || window->fd < 0 ||
        ftruncate(window->fd, (off_t)window->offset + window->size) ||
        fcntl(window->fd, F_ADD_SEALS, SEALS)) {
        window_close(window);
        return;
    }
    base = mmap(NULL, window->size, PROT_READ | PROT_WRITE, MAP_SHARED, window->fd,
                (off_t)window->offset);
    if (base == MAP_FAILED) {
        window_close(window);
        return;
    }
    window->words = base;
}

/* ---- what is not the function's -------------------------------------------------------------- */

/* [from, to) in bytes of the window, whole pages: zeroes again where the client was. */
static void clear_pages(const struct window *window, uint32_t from, uint32_t to)
{
    const off_t start = (off_t)window->offset + from, end = (off_t)window->offset + to;
    off_t data;

    if (from >= to) {
        return;
    }
    data = lseek(window->fd, start, SEEK_DATA);
    if (data >= 0 && data < end) {
        (void)fallocate(window->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, end - start);
    }
}

static uint32_t first_page(const struct window *window)
{
    return window->first / PAGE_WORD * PAGE_WORD;
}

/* In words; the page in which the own part ends is looked through word by word. */
static uint32_t end_page(const struct window *window)
{
    return (window->end + PAGE_WORD - 1) / PAGE_WORD * PAGE_WORD;
}

static void clear_foreign(struct window *window)
{
    clear_pages(window, 0, first_page(window) * WORD);
    clear_pages(window, end_page(window) * WORD, window->size);
}

/* ---- what the client stored ------------------------------------------------------------------ */

bool vfio_user_window_is_shared(const struct vfio_user *server)
{
    return server->window.shared && config_has_memory(server);
}

/* Is this word another one than it was, and the function's? One that is nobody's is put back. */
static bool is_stored(struct window *window, uint32_t word)
{
    const uint64_t known = window->known[word];

    if (load(window, word) == known) {
        return false;
    }
    if (word >= window->first && word < window->end) {
        return true;
    }
    store(window, word, known);
    return false;
}

static bool find_stored(struct window *window)
{
    const uint32_t end = end_page(window);

    while (window->scan < end) {
        if (window->scan % PAGE_WORD == 0 &&
            memcmp(window->words + window->scan, window->known + window->scan, PAGE) == 0) {
            window->scan += PAGE_WORD;
        } else if (is_stored(window, window->scan)) {
            return true;
        } else {
            window->scan++;
        }
    }
    return false;
}

bool vfio_user_window_stored(struct vfio_user *server)
{
    struct window *window = &server->window;

    if (!vfio_user_window_is_shared(server)) {
        return false;
    }
    clear_foreign(window);
    window->scan = first_page(window);
    return find_stored(window);
}

bool vfio_user_window_take(struct vfio_user *server, uint32_t *offset, uint64_t *value)
{
    struct window *window = &server->window;

    if (!vfio_user_window_is_shared(server) || !find_stored(window)) {
        return false;
    }
    *offset = window->offset + window->scan * WORD;
    *value = load(window, window->scan);
    window->known[window->scan] = *value;
    window->scan++;
    return true;
}

/* ---- what the function shows ----------------------------------------------------------------- */

void vfio_user_window_show(struct vfio_user *server, uint32_t offset, uint64_t value)
{
    struct window *window = &server->window;
    const uint32_t word = (offset - window->offset) / WORD;
    uint64_t known;

    if (!window->words || offset < window->offset || word < window->first || word >= window->end) {
        return;
    }
    known = window->known[word];
    /* Where the client has stored something meanwhile, that stays, and is still to be taken. */
    (void)__atomic_compare_exchange_n(&window->words[word], &known, value, false, __ATOMIC_ACQ_REL,
                                      __ATOMIC_ACQUIRE);
    window->known[word] = value;
}

/* Empties the own part. Returns how many words were not taken yet; they are in late. */
static uint32_t withdraw(struct window *window, struct late *late)
{
    uint32_t count = 0;

    for (uint32_t word = window->first; word < window->end; word++) {
        const uint64_t value = __atomic_exchange_n(&window->words[word], 0, __ATOMIC_ACQ_REL);

        if (late && value != window->known[word]) {
            late[count++] = (struct late){word - window->first, value};
        }
        window->known[word] = 0;
    }
    return count;
}

void vfio_user_window_own(struct vfio_user *server, uint32_t offset, uint32_t size)
{
    struct window *window = &server->window;
    const uint32_t first = (offset - window->offset) / WORD, count = size / WORD;
    const uint32_t room = window->size / WORD;
    struct late *late;
    uint32_t num_late;

    if (!window->words || offset < window->offset || first > room || count > room - first) {
        return;
    }
    clear_foreign(window);
    (void)vfio_user_window_stored(server); /* puts back what is foreign in its edges */
    late = config_has_memory(server)
               ? malloc((size_t)(window->end - window->first + 1) * sizeof(*late))
               : NULL;
    num_late = withdraw(window, late);
    window->first = first;
    window->end = first + count;
    window->scan = first_page(window);
    for (uint32_t n = 0; late && n < num_late && late[n].word < count; n++) {
        store(window, first + late[n].word, late[n].value);
        window->known[first + late[n].word] = ~late[n].value; /* still to be taken */
    }
    free(late);
}

void window_restore(struct window *window)
{
    if (!window->words) {
        return;
    }
    clear_foreign(window);
    for (uint32_t word = first_page(window); word < end_page(window); word++) {
        store(window, word, window->known[word]);
    }
}
