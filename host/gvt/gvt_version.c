/* SPDX-License-Identifier: MIT */
/* migration_version: a string of a type that a target compares with its own. Equality decides;
 * the strings are taken apart only to say why two are not equal. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/hal/trace.h"

/* Vendor, device, type, software version. */
#define VERSION_FORMAT    "%04x-%04x-%s-%08x"
#define VERSION_MAX_WRITE 4096u /* any driver's string is shorter */
#define TYPE_CHARS        16u
#define HEX_DIGITS        8u

enum incompatible_reason {
    IREASON_WRONG_REMOTE_FORMAT,
    IREASON_HARDWARE_MISMATCH,
    IREASON_SOFTWARE_VERSION_MISMATCH,
    IREASON_VGPU_TYPE_MISMATCH,
};

/* Never with the remote string in it: that is a stranger's text. */
static const char *const reasons[] = {
    [IREASON_WRONG_REMOTE_FORMAT] =
        "migration_version: wrong string format, probably wrong GVT version",
    [IREASON_HARDWARE_MISMATCH] = "migration_version: physical device not matched",
    [IREASON_SOFTWARE_VERSION_MISMATCH] =
        "migration_version: migration software version not matched",
    [IREASON_VGPU_TYPE_MISMATCH] = "migration_version: vgpu type not matched",
};

struct version {
    uint32_t vendor, device, software;
    char type[TYPE_CHARS + 1];
};

void gvt_version_init(const struct gvt_config *config, struct gvt_type *type)
{
    int len;

    type->version[0] = '\0';
    if ((config->gen != 8 && config->gen != 9) ||
        config->software_version == GVT_SOFTWARE_VERSION_INV) {
        return;
    }
    len = snprintf(type->version, sizeof(type->version), VERSION_FORMAT, PCI_VENDOR_ID_INTEL,
                   config->device, type->name, config->software_version);
    /* Half a string would compare equal to another half. */
    if (len < 0 || (size_t)len >= sizeof(type->version)) {
        type->version[0] = '\0';
    }
}

/* ---- taking apart ---------------------------------------------------------------------------- */

/* Value of a hex number of 1..8 digits that [text, end) begins with after blanks. exact: nothing
 * may follow it. */
static bool scan_hex(const char *text, const char *end, bool exact, uint32_t *value)
{
    unsigned digits = 0;

    *value = 0;
    while (text < end && (*text == ' ' || *text == '\t')) {
        text++;
    }
    for (; text < end; text++, digits++) {
        static const char alphabet[] = "0123456789abcdef";
        char lower = *text;

        if (lower >= 'A' && lower <= 'F') {
            lower = "abcdef"[lower - 'A'];
        }
        const char *found = memchr(alphabet, lower, sizeof(alphabet) - 1);

        if (!found) {
            break;
        }
        *value = *value << 4 | (uint32_t)(found - alphabet);
    }
    return digits > 0 && digits <= HEX_DIGITS && (!exact || text == end);
}

/* Splits at the first two dashes and at the last: a type's name may have some of its own. */
static bool version_parse(const char *text, size_t len, struct version *version)
{
    const char *end = text + len;
    const char *first = memchr(text, '-', len);
    const char *second = first ? memchr(first + 1, '-', (size_t)(end - first - 1)) : NULL;
    const char *last = memrchr(text, '-', len);
    size_t type_len;

    if (!second || last <= second) {
        return false;
    }
    type_len = (size_t)(last - second - 1);
    if (type_len == 0 || type_len > TYPE_CHARS) {
        return false;
    }
    memcpy(version->type, second + 1, type_len);
    version->type[type_len] = '\0';
    return scan_hex(text, first, true, &version->vendor) &&
           scan_hex(first + 1, second, true, &version->device) &&
           scan_hex(last + 1, end, false, &version->software);
}

static enum incompatible_reason find_reason(const char *local, const char *remote, size_t len)
{
    struct version ours;
    struct version theirs;

    if (!version_parse(local, strlen(local), &ours) || !version_parse(remote, len, &theirs)) {
        return IREASON_WRONG_REMOTE_FORMAT;
    }
    if (ours.vendor != theirs.vendor || ours.device != theirs.device) {
        return IREASON_HARDWARE_MISMATCH;
    }
    if (ours.software != theirs.software) {
        return IREASON_SOFTWARE_VERSION_MISMATCH;
    }
    if (strcmp(ours.type, theirs.type) != 0) {
        return IREASON_VGPU_TYPE_MISMATCH;
    }
    return IREASON_WRONG_REMOTE_FORMAT; /* the same, written in another way */
}

/* ---- the attribute --------------------------------------------------------------------------- */

int64_t gvt_version_show(const struct gvt_type *type, char *to, uint64_t size)
{
    size_t len;

    if (!type || !type->version[0]) {
        return -ENODEV;
    }
    len = strlen(type->version);
    if (size < len + 1) {
        return -ENOSPC;
    }
    memcpy(to, type->version, len);
    to[len] = '\n';
    return (int64_t)len + 1;
}

int64_t gvt_version_store(struct gvt *gvt, const struct gvt_type *type, const char *from,
                          uint64_t size)
{
    size_t len = (size_t)size;
    enum incompatible_reason reason;

    if (!type || !type->version[0]) {
        return -ENODEV;
    }
    len -= len > 0 && from[len - 1] == '\n';
    if (size <= VERSION_MAX_WRITE && len == strlen(type->version) &&
        memcmp(from, type->version, len) == 0) {
        return (int64_t)size;
    }
    reason = size <= VERSION_MAX_WRITE ? find_reason(type->version, from, len)
                                       : IREASON_WRONG_REMOTE_FORMAT;
    trace_peer_error(gvt->config.hal, HAL_GT_NONE, 0, reasons[reason], reason);
    return -EINVAL;
}
