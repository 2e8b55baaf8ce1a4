/* SPDX-License-Identifier: MIT */
/* VCD reader, declarations: scopes, variables and the time scale. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/vcd_private.h"

#define MAX_NAME        4096u
#define MAX_DEPTH       256u
#define MAX_INDEX       0x7fffffffL
#define FIRST_ROOM      1024u
#define FS_PER_S        1000000000000000LL
#define TABLE_FACTOR    2u      /* entries a code; keeps chains short */
#define DEFAULT_UNIT_FS 1000000 /* of a file that does not say: 1 ns */

struct header {
    struct vcd *vcd;
    char scope[MAX_NAME];    /* joined by points */
    size_t marks[MAX_DEPTH]; /* lengths of the scopes around it */
    unsigned depth;
    size_t room; /* in variables */
    uint32_t code_room;
};

/* ---- identifier codes ------------------------------------------------------------------------ */

static uint32_t slot_of(const struct vcd *vcd, uint64_t id)
{
    uint32_t slot = (uint32_t)(id * 0x9e3779b97f4a7c15u >> 32) & vcd->table_mask;

    while (vcd->table[slot] != VCD_NO_CODE && vcd->codes[vcd->table[slot]].id != id) {
        slot = (slot + 1) & vcd->table_mask;
    }
    return slot;
}

uint32_t vcd_find_code(const struct vcd *vcd, uint64_t id)
{
    return vcd->table ? vcd->table[slot_of(vcd, id)] : VCD_NO_CODE;
}

/* Twice the room for codes, and a table for that many. */
static int grow_codes(struct header *header)
{
    struct vcd *vcd = header->vcd;
    uint32_t room = header->code_room ? 2 * header->code_room : FIRST_ROOM;
    struct vcd_code *codes = realloc(vcd->codes, room * sizeof(*codes));
    size_t entries = (size_t)TABLE_FACTOR * room;
    uint32_t *table;

    if (!codes) {
        return -ENOMEM;
    }
    vcd->codes = codes;
    table = malloc(entries * sizeof(*table));
    if (!table) {
        return -ENOMEM;
    }
    free(vcd->table);
    vcd->table = table;
    vcd->table_mask = (uint32_t)entries - 1;
    header->code_room = room;
    memset(table, 0xff, entries * sizeof(*table)); /* VCD_NO_CODE */
    for (uint32_t i = 0; i < vcd->num_codes; i++) {
        table[slot_of(vcd, codes[i].id)] = i;
    }
    return 0;
}

/* The code of that id, made when it is new. An alias that is wider makes it wider. */
static int take_code(struct header *header, uint64_t id, uint32_t width, enum vcd_type type,
                     uint32_t *code)
{
    struct vcd *vcd = header->vcd;

    int err = 0;

    *code = vcd_find_code(vcd, id);
    if (*code == VCD_NO_CODE && vcd->num_codes == header->code_room) {
        err = vcd->num_codes < VCD_MAX_CODES ? grow_codes(header) : -ENOMEM;
    }
    if (err) {
        return err;
    }
    if (*code == VCD_NO_CODE) {
        *code = vcd->num_codes++;
        vcd->codes[*code] = (struct vcd_code){.id = id, .width = width, .type = type};
        vcd->table[slot_of(vcd, id)] = *code;
    }
    if (vcd->codes[*code].type != type) {
        return vcd_refuse(vcd, vcd->at, "one code is a number here and bits elsewhere");
    }
    if (vcd->codes[*code].width < width) {
        vcd->codes[*code].width = width;
    }
    return 0;
}

/* ---- sections -------------------------------------------------------------------------------- */

/* A token that must be there, copied. Returns 1, 0 when it is $end, or -errno. */
static int take_word(struct vcd *vcd, char *word, size_t size)
{
    const char *token;
    size_t length;
    int ret = vcd_token(vcd, &token, &length);

    if (ret < 0) {
        return ret;
    }
    if (ret == 0) {
        return vcd_refuse(vcd, vcd->end, "the file is cut off: it ends within the declarations");
    }
    if (length >= size) {
        return vcd_refuse(vcd, token, "a word of %zu characters is too long here", length);
    }
    memcpy(word, token, length);
    word[length] = '\0';
    return strcmp(word, "$end") != 0;
}

int vcd_skip_section(struct vcd *vcd)
{
    const char *token;
    size_t length;
    int ret;

    do {
        ret = vcd_token(vcd, &token, &length);
    } while (ret > 0 && !vcd_is(token, length, "$end"));
    if (ret == 0) {
        return vcd_refuse(vcd, vcd->end, "the file is cut off: a $end is missing");
    }
    return ret < 0 ? ret : 0;
}

static int read_timescale(struct vcd *vcd)
{
    static const struct {
        const char *name;
        int64_t fs;
    } units[] = {{"s", FS_PER_S},    {"ms", FS_PER_S / 1000},
                 {"us", 1000000000}, {"ns", 1000000},
                 {"ps", 1000},       {"fs", 1}};
    char text[32] = "";
    char word[16];
    char *unit;
    long count;
    int ret;

    while ((ret = take_word(vcd, word, sizeof(word))) > 0) {
        if (strlen(text) + strlen(word) < sizeof(text)) {
            (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s", word);
        }
    }
    if (ret < 0) {
        return ret;
    }
    count = strtol(text, &unit, 10);
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (strcmp(unit, units[i].name) == 0 && (count == 1 || count == 10 || count == 100)) {
            vcd->unit_fs = units[i].fs * count;
            return 0;
        }
    }
    return vcd_refuse(vcd, vcd->at, "time scale '%s' is not 1, 10 or 100 of s to fs", text);
}

static int enter_scope(struct header *header)
{
    struct vcd *vcd = header->vcd;
    char word[MAX_NAME];
    char name[MAX_NAME] = "";
    size_t length = strlen(header->scope);
    int ret;

    /* Its kind, then its name; some tools leave the name out. */
    for (int i = 0; (ret = take_word(vcd, word, sizeof(word))) > 0; i++) {
        if (i == 1) {
            memcpy(name, word, sizeof(name));
        }
    }
    if (ret < 0) {
        return ret;
    }
    if (header->depth == MAX_DEPTH || length + strlen(name) + 2 > sizeof(header->scope)) {
        return vcd_refuse(vcd, vcd->at, "scopes are nested too deep");
    }
    header->marks[header->depth++] = length;
    (void)snprintf(header->scope + length, sizeof(header->scope) - length, "%s%s",
                   length && *name ? "." : "", name);
    return 0;
}

static int leave_scope(struct header *header)
{
    if (header->depth == 0) {
        return vcd_refuse(header->vcd, header->vcd->at, "$upscope without a scope");
    }
    header->scope[header->marks[--header->depth]] = '\0';
    return vcd_skip_section(header->vcd);
}

/* ---- variables ------------------------------------------------------------------------------- */

/* Reads "[7:0]" or "[3]". Returns the lowest bit, -1 when text is something else. */
static long parse_range(const char *text, bool *single)
{
    char *end;
    long first, second;

    if (text[0] != '[' || text[1] < '0' || text[1] > '9') {
        return -1;
    }
    first = strtol(text + 1, &end, 10);
    second = first;
    *single = *end == ']';
    if (*end == ':' && end[1] >= '0' && end[1] <= '9') {
        second = strtol(end + 1, &end, 10);
    }
    if (strcmp(end, "]") != 0 || first > MAX_INDEX || second > MAX_INDEX) {
        return -1;
    }
    return first < second ? first : second;
}

/* Takes the range off a reference. "mem[3]" is an element of an array, unless it is one bit, which
 * may be one of a bus that was split. */
static int32_t split_range(char *name, uint32_t width)
{
    char *bracket = strrchr(name, '[');
    bool single = false;
    long low = bracket && bracket != name ? parse_range(bracket, &single) : -1;

    if (low < 0 || (single && width != 1 && bracket[-1] != ' ')) {
        return -1;
    }
    while (bracket > name && bracket[-1] == ' ') {
        bracket--;
    }
    *bracket = '\0';
    return (int32_t)low;
}

static int add_variable(struct header *header, char *reference, uint32_t width, uint32_t code)
{
    struct vcd *vcd = header->vcd;
    struct vcd_variable *variable;
    int32_t low;
    size_t size;

    if (vcd->num_variables == header->room) {
        size_t room = header->room ? 2 * header->room : FIRST_ROOM;

        variable = realloc(vcd->variables, room * sizeof(*variable));
        if (!variable) {
            return -ENOMEM;
        }
        vcd->variables = variable;
        header->room = room;
    }
    low = split_range(reference, width);
    if (*reference == '\\') {
        reference++;
    }
    size = strlen(header->scope) + strlen(reference) + 2;
    variable = &vcd->variables[vcd->num_variables];
    *variable = (struct vcd_variable){.name = malloc(size),
                                      .code = code,
                                      .order = (uint32_t)vcd->num_variables,
                                      .width = width,
                                      .low = low};
    if (!variable->name) {
        return -ENOMEM;
    }
    (void)snprintf(variable->name, size, "%s%s%s", header->scope, *header->scope ? "." : "",
                   reference);
    vcd->num_variables++;
    return 0;
}

/* The words of a reference, joined by blanks, up to $end. */
static int take_reference(struct vcd *vcd, char *reference, size_t size)
{
    char word[MAX_NAME];
    size_t used = 0;
    int ret;

    *reference = '\0';
    while ((ret = take_word(vcd, word, sizeof(word))) > 0) {
        if (used + strlen(word) + 2 > size) {
            return vcd_refuse(vcd, vcd->at, "a name is longer than %zu characters", size);
        }
        used += (size_t)snprintf(reference + used, size - used, "%s%s", used ? " " : "", word);
    }
    if (ret == 0 && used == 0) {
        return vcd_refuse(vcd, vcd->at, "a variable without a name");
    }
    return ret;
}

static enum vcd_type type_of(const char *word)
{
    if (strcmp(word, "real") == 0 || strcmp(word, "realtime") == 0 ||
        strcmp(word, "real_parameter") == 0) {
        return VCD_REAL;
    }
    return strcmp(word, "string") == 0 ? VCD_TEXT : VCD_BITS;
}

static int read_variable(struct header *header)
{
    struct vcd *vcd = header->vcd;
    char type[32], width_text[16], id_text[VCD_CODE_CHARS + 1], reference[MAX_NAME];
    enum vcd_type kind;
    unsigned long width;
    uint64_t id = 0;
    uint32_t code;
    char *end;
    int ret = take_word(vcd, type, sizeof(type));

    ret = ret > 0 ? take_word(vcd, width_text, sizeof(width_text)) : ret;
    ret = ret > 0 ? take_word(vcd, id_text, sizeof(id_text)) : ret;
    if (ret <= 0) {
        return ret < 0 ? ret : vcd_refuse(vcd, vcd->at, "$var without type, width and code");
    }
    kind = type_of(type);
    width = strtoul(width_text, &end, 10);
    if (*end || end == width_text || width > VCD_MAX_WIDTH || (width == 0 && kind == VCD_BITS)) {
        return vcd_refuse(vcd, vcd->at, "width '%s' is not from 1 to %u", width_text,
                          VCD_MAX_WIDTH);
    }
    if (kind != VCD_BITS) {
        width = 64;
    }
    memcpy(&id, id_text, strlen(id_text));
    ret = take_reference(vcd, reference, sizeof(reference));
    if (!ret) {
        ret = take_code(header, id, (uint32_t)width, kind, &code);
    }
    return ret ? ret : add_variable(header, reference, (uint32_t)width, code);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int read_section(struct header *header, const char *token, size_t length)
{
    if (vcd_is(token, length, "$var")) {
        return read_variable(header);
    }
    if (vcd_is(token, length, "$scope")) {
        return enter_scope(header);
    }
    if (vcd_is(token, length, "$upscope")) {
        return leave_scope(header);
    }
    if (vcd_is(token, length, "$timescale")) {
        return read_timescale(header->vcd);
    }
    return vcd_skip_section(header->vcd); /* $date, $version, $comment and what tools add */
}

static int read_sections(struct header *header)
{
    struct vcd *vcd = header->vcd;
    const char *token;
    size_t length;

    for (;;) {
        int ret = vcd_token(vcd, &token, &length);

        if (ret <= 0) {
            return ret < 0 ? ret
                           : vcd_refuse(vcd, vcd->end,
                                        vcd->base || vcd->end != vcd->buffer
                                            ? "the file ends before $enddefinitions"
                                            : "the file is empty");
        }
        if (*token != '$') {
            return vcd_refuse(vcd, token, "not a VCD: a section such as $scope is wanted");
        }
        if (vcd_is(token, length, "$enddefinitions")) {
            return vcd_skip_section(vcd);
        }
        ret = read_section(header, token, length);
        if (ret) {
            return ret;
        }
    }
}

int vcd_read_header(struct vcd *vcd)
{
    struct header *header = calloc(1, sizeof(*header));
    int ret;

    if (!header) {
        return -ENOMEM;
    }
    header->vcd = vcd;
    vcd->unit_fs = DEFAULT_UNIT_FS;
    ret = read_sections(header);
    free(header);
    return ret;
}
