/* SPDX-License-Identifier: MIT */
/* What is compared with what: globs, maps of scopes, times, and the names of values. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/diff.h"

#define MAX_NAMES_FILE (16u << 20)

/* ---- names ----------------------------------------------------------------------------------- */

/* * and ? only: brackets are common in names of signals. A pattern without either also stands for
 * all that is in the scope it names. */
static bool glob_matches(const char *pattern, const char *name)
{
    const char *star = NULL;
    const char *retry = NULL;
    bool plain = !strpbrk(pattern, "*?");

    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            retry = name;
        } else if (*pattern == '?' || *pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star + 1;
            name = ++retry;
        } else {
            return plain && !*pattern && *name == '.';
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

static bool any_matches(const struct diff_words *globs, const char *name)
{
    for (size_t i = 0; i < globs->count; i++) {
        if (glob_matches(globs->words[i], name)) {
            return true;
        }
    }
    return false;
}

bool diff_selected(const struct diff_options *options, const char *name)
{
    return (options->selects.count == 0 || any_matches(&options->selects, name)) &&
           !any_matches(&options->ignores, name);
}

bool diff_map(const struct diff_options *options, const char *name, char *to, size_t size)
{
    const char *front = "";
    const char *rest = name;
    int length;

    for (size_t i = 0; i < options->maps.count; i++) {
        const char *map = options->maps.words[i];
        size_t from = strcspn(map, "=");

        if (strncmp(name, map, from) == 0 && (name[from] == '.' || name[from] == '\0')) {
            front = map + from + 1;
            rest = name + from;
            break;
        }
    }
    if (rest != name && !*front && *rest) {
        rest++; /* the scope is taken away: its point goes too */
    }
    length = snprintf(to, size, "%s%s", front, rest);
    return length >= 0 && (size_t)length < size;
}

int diff_add_word(struct diff_words *words, const char *word)
{
    char **more = realloc(words->words, (words->count + 1) * sizeof(*more));

    if (!more) {
        return -ENOMEM;
    }
    words->words = more;
    more[words->count] = strdup(word);
    if (!more[words->count]) {
        return -ENOMEM;
    }
    words->count++;
    return 0;
}

void diff_free_words(struct diff_words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        free(words->words[i]);
    }
    free(words->words);
    *words = (struct diff_words){0};
}

bool diff_parse_time(const char *text, int64_t *fs)
{
    static const struct {
        const char *name;
        double fs;
    } units[] = {{"fs", 1}, {"ps", 1e3}, {"ns", 1e6}, {"us", 1e9}, {"ms", 1e12}, {"s", 1e15}};
    bool negative = *text == '-';
    char *end;
    double value;

    text += negative;
    if (*text < '0' || *text > '9') {
        return false;
    }
    value = strtod(text, &end);
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        /* 1e18 fs, a thousand seconds, are far beyond any run and far from overflow. */
        if (strcmp(end, units[i].name) == 0 && value * units[i].fs < 1e18) {
            *fs = (int64_t)(value * units[i].fs + 0.5) * (negative ? -1 : 1);
            return true;
        }
    }
    return false;
}

/* ---- names of values ------------------------------------------------------------------------- */

struct diff_names {
    cJSON *signals;
};

struct diff_names *diff_names_open(const char *path)
{
    struct diff_names *names = calloc(1, sizeof(*names));
    char *text = malloc(MAX_NAMES_FILE);
    FILE *file = fopen(path, "r");

    if (names && text && file) {
        names->signals = cJSON_ParseWithLength(text, fread(text, 1, MAX_NAMES_FILE, file));
    }
    if (file) {
        (void)fclose(file);
    }
    free(text);
    if (names && !cJSON_IsObject(names->signals)) {
        diff_names_close(names);
        names = NULL;
    }
    return names;
}

void diff_names_close(struct diff_names *names)
{
    if (names) {
        cJSON_Delete(names->signals);
        free(names);
    }
}

const char *diff_names_find(const struct diff_names *names, const char *signal, uint64_t value)
{
    char key[24];
    const cJSON *values;

    if (!names) {
        return NULL;
    }
    (void)snprintf(key, sizeof(key), "%" PRIu64, value);
    values = cJSON_GetObjectItemCaseSensitive(names->signals, signal);
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(values, key));
}
