/* SPDX-License-Identifier: MIT */
/* The administrator's tree: types below the parent device, vGPUs on the mdev bus. A path is taken
 * apart once; what is at its end is one row of a table. */
#include "host/gvt/gvt_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TYPES_FOLDER "mdev_supported_types"
#define BUS_FOLDER   "/sys/bus/mdev/devices"
#define TYPE_FORMAT  "i915-%s"
#define TEXT_BYTES   2048u

/* What a path leads to. */
struct node {
    struct gvt *gvt;
    struct gvt_type *type;
    struct gvt_vgpu *vgpu;
};

struct text {
    char bytes[TEXT_BYTES];
    size_t len;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(text->bytes + text->len, sizeof(text->bytes) - text->len, format, args);
    va_end(args);
    if (len > 0 && text->len + (size_t)len < sizeof(text->bytes)) {
        text->len += (size_t)len;
    }
}

/* ---- attributes ------------------------------------------------------------------------------ */

static void show_name(const struct node *node, struct text *text)
{
    add(text, "%s\n", node->type->name);
}

static void show_description(const struct node *node, struct text *text)
{
    const struct gvt_type *type = node->type;

    add(text, "low_gm_size: %lluMB\nhigh_gm_size: %lluMB\nfence: %u\nresolution: %s\nweight: %u\n",
        type->low / MIB, type->high / MIB, GVT_FENCES, type->resolution, type->weight);
}

static void show_device_api(const struct node *node, struct text *text)
{
    (void)node;
    add(text, "vfio-pci\n");
}

static void show_available(const struct node *node, struct text *text)
{
    add(text, "%u\n", gvt_type_available(node->gvt, node->type));
}

static void show_devices(const struct node *node, struct text *text)
{
    for (unsigned id = VGPU_ID_MIN; id <= VGPU_ID_MAX; id++) {
        const struct gvt_vgpu *vgpu = node->gvt->vgpus[id];

        if (vgpu && (!node->type || vgpu->type == node->type)) {
            add(text, "%s\n", vgpu->uuid);
        }
    }
}

static bool uuid_valid(const char *text, size_t len)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (len != GVT_UUID_CHARS) {
        return false;
    }
    for (size_t n = 0; n < len; n++) {
        bool hex = text[n] != '\0' && strchr("0123456789abcdefABCDEF", text[n]) != NULL;

        if (form[n] == 'x' ? !hex : text[n] != '-') {
            return false;
        }
    }
    return true;
}

static int store_create(const struct node *node, const char *from, uint64_t size)
{
    char uuid[GVT_UUID_CHARS + 1];
    uint64_t len = size - (size > 0 && from[size - 1] == '\n');

    if (!uuid_valid(from, len)) {
        return -EINVAL;
    }
    memcpy(uuid, from, GVT_UUID_CHARS);
    uuid[GVT_UUID_CHARS] = '\0';
    if (gvt_vgpu_find(node->gvt, uuid)) {
        return -EEXIST;
    }
    return gvt_vgpu_create(node->gvt, node->type, uuid);
}

static int store_remove(const struct node *node, const char *from, uint64_t size)
{
    if (size < 1 || from[0] != '1') {
        return -EINVAL;
    }
    if (node->vgpu->active || gvt_workload_running(node->vgpu)) {
        return -EBUSY;
    }
    gvt_vgpu_remove(node->vgpu);
    return 0;
}

/* Writing is either whole or not: 0, or -errno. migration_version answers for itself. */
struct attribute {
    const char *name;
    void (*show)(const struct node *node, struct text *text);
    int (*store)(const struct node *node, const char *from, uint64_t size);
};

static const struct attribute type_attributes[] = {
    {"name", show_name, NULL},
    {"description", show_description, NULL},
    {"device_api", show_device_api, NULL},
    {"available_instances", show_available, NULL},
    {"create", NULL, store_create},
    {"devices", show_devices, NULL},
};

static void show_type_folder(const struct node *node, struct text *text)
{
    (void)node;
    for (unsigned n = 0; n < ARRAY_SIZE(type_attributes); n++) {
        add(text, "%s\n", type_attributes[n].name);
    }
    add(text, "migration_version\n");
}

static void show_types(const struct node *node, struct text *text)
{
    for (unsigned n = 0; n < node->gvt->num_types; n++) {
        add(text, TYPE_FORMAT "\n", node->gvt->types[n].name);
    }
}

static void show_vgpu_folder(const struct node *node, struct text *text)
{
    (void)node;
    add(text, "mdev_type\nremove\n");
}

/* A link: its target. */
static void show_mdev_type(const struct node *node, struct text *text)
{
    add(text, TYPES_FOLDER "/" TYPE_FORMAT "\n", node->type->name);
}

static const struct attribute types_folder = {TYPES_FOLDER, show_types, NULL};
static const struct attribute type_folder = {"", show_type_folder, NULL};
static const struct attribute bus_folder = {BUS_FOLDER, show_devices, NULL};
static const struct attribute vgpu_folder = {"", show_vgpu_folder, NULL};
static const struct attribute type_link = {"mdev_type", show_mdev_type, NULL};
static const struct attribute remove_file = {"remove", NULL, store_remove};
static const struct attribute version_file = {"migration_version", NULL, NULL};

/* ---- paths ----------------------------------------------------------------------------------- */

/* The next part of a path, moved past; false when there is none or it does not fit. */
static bool next_part(const char **path, char *part, size_t size)
{
    size_t len;

    *path += strspn(*path, "/");
    len = strcspn(*path, "/");
    if (len == 0 || len >= size) {
        return false;
    }
    memcpy(part, *path, len);
    part[len] = '\0';
    *path += len;
    return true;
}

/* Below a type's folder. A type that is not there has no file but migration_version, which says
 * so. */
static const struct attribute *find_in_type(struct node *node, const char *path)
{
    char part[64];
    char uuid[64];

    if (!next_part(&path, part, sizeof(part))) {
        return *path || !node->type ? NULL : &type_folder;
    }
    if (strcmp(part, version_file.name) == 0) {
        return next_part(&path, uuid, sizeof(uuid)) ? NULL : &version_file;
    }
    for (unsigned n = 0; node->type && n < ARRAY_SIZE(type_attributes); n++) {
        if (strcmp(part, type_attributes[n].name) != 0) {
            continue;
        }
        if (!next_part(&path, uuid, sizeof(uuid))) {
            return *path ? NULL : &type_attributes[n];
        }
        node->vgpu = strcmp(part, "devices") == 0 ? gvt_vgpu_find(node->gvt, uuid) : NULL;
        return node->vgpu && node->vgpu->type == node->type && !path[strspn(path, "/")]
                   ? &vgpu_folder
                   : NULL;
    }
    return NULL;
}

static const struct attribute *find_on_bus(struct node *node, const char *path)
{
    char part[64];

    if (!next_part(&path, part, sizeof(part))) {
        return *path ? NULL : &bus_folder;
    }
    node->vgpu = gvt_vgpu_find(node->gvt, part);
    if (!node->vgpu) {
        return NULL;
    }
    if (!next_part(&path, part, sizeof(part))) {
        return *path ? NULL : &vgpu_folder;
    }
    if (strcmp(part, remove_file.name) == 0) {
        return next_part(&path, part, sizeof(part)) ? NULL : &remove_file;
    }
    if (strcmp(part, type_link.name) != 0) {
        return NULL;
    }
    /* By address, not by name: a vGPU's type is one of the table. */
    node->type = &node->gvt->types[node->vgpu->type - node->gvt->types];
    return path[strspn(path, "/")] ? find_in_type(node, path) : &type_link;
}

static const struct attribute *find(struct node *node, const char *path)
{
    char part[64];

    if (strncmp(path, BUS_FOLDER, sizeof(BUS_FOLDER) - 1) == 0) {
        path += sizeof(BUS_FOLDER) - 1;
        return *path == '/' || !*path ? find_on_bus(node, path) : NULL;
    }
    if (path[0] == '/' || !next_part(&path, part, sizeof(part)) ||
        strcmp(part, TYPES_FOLDER) != 0) {
        return NULL;
    }
    if (!next_part(&path, part, sizeof(part))) {
        return *path ? NULL : &types_folder;
    }
    node->type = gvt_type_find(node->gvt, part);
    return find_in_type(node, path);
}

/* ---- calls ----------------------------------------------------------------------------------- */

int64_t gvt_sysfs_read(struct gvt *gvt, const char *path, char *to, uint64_t size)
{
    struct node node = {.gvt = gvt};
    const struct attribute *attribute = find(&node, path);
    struct text text = {.len = 0};

    if (!attribute) {
        return -ENOENT;
    }
    if (attribute == &version_file) {
        return gvt_version_show(node.type, to, size);
    }
    if (!attribute->show) {
        return -EACCES;
    }
    attribute->show(&node, &text);
    if (text.len > size) {
        return -ENOSPC;
    }
    memcpy(to, text.bytes, text.len);
    return (int64_t)text.len;
}

int64_t gvt_sysfs_write(struct gvt *gvt, const char *path, const char *from, uint64_t size)
{
    struct node node = {.gvt = gvt};
    const struct attribute *attribute = find(&node, path);
    int err;

    if (!attribute) {
        return -ENOENT;
    }
    if (attribute == &version_file) {
        return gvt_version_store(gvt, node.type, from, size);
    }
    err = attribute->store ? attribute->store(&node, from, size) : -EACCES;
    return err ? err : (int64_t)size;
}

int gvt_migration_compatible(struct gvt *source, const char *source_type, struct gvt *target,
                             const char *target_type)
{
    char path[128];
    char version[GVT_VERSION_BYTES + 1];
    int64_t len;

    if (strcmp(source_type, target_type) != 0) {
        return -EINVAL;
    }
    (void)snprintf(path, sizeof(path), TYPES_FOLDER "/%s/migration_version", source_type);
    len = gvt_sysfs_read(source, path, version, sizeof(version));
    if (len < 0 || gvt_sysfs_write(target, path, version, (uint64_t)len) != len) {
        return -EINVAL;
    }
    return 0;
}
