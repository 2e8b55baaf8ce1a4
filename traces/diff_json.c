/* SPDX-License-Identifier: MIT */
/* What a comparison found, as JSON. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>

#include "traces/diff.h"

/* Exact: cJSON's own numbers are doubles. */
static void add_number(cJSON *object, const char *name, int64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRId64, value);
    (void)cJSON_AddRawToObject(object, name, text);
}

static void add_time(const struct diff_report *report, cJSON *object, int64_t t_fs)
{
    char text[40];

    (void)snprintf(text, sizeof(text), "%" PRId64, t_fs / 1000);
    if (t_fs % 1000 != 0) {
        (void)snprintf(text, sizeof(text), "%.3f", (double)t_fs / 1000.0);
    }
    (void)cJSON_AddRawToObject(object, "t_ps", text);
    if (report->clock_fs > 0) {
        add_number(object, "cycle", t_fs / report->clock_fs);
    } else {
        (void)cJSON_AddNullToObject(object, "cycle");
    }
}

static void add_words(cJSON *object, const char *name, const struct diff_words *words)
{
    cJSON *list = cJSON_AddArrayToObject(object, name);

    for (size_t i = 0; i < words->count; i++) {
        (void)cJSON_AddItemToArray(list, cJSON_CreateString(words->words[i]));
    }
}

static void add_item(const struct diff_report *report, cJSON *one, const struct diff_item *item)
{
    add_time(report, one, item->t_fs);
    (void)cJSON_AddStringToObject(one, "what", item->what ? item->what : "");
    (void)cJSON_AddStringToObject(one, "a", item->text[DIFF_A] ? item->text[DIFF_A] : "");
    (void)cJSON_AddStringToObject(one, "b", item->text[DIFF_B] ? item->text[DIFF_B] : "");
}

static void add_items(const struct diff_report *report, cJSON *object,
                      const struct diff_section *section)
{
    cJSON *list = cJSON_AddArrayToObject(object, "first");

    for (size_t i = 0; i < section->num_items; i++) {
        cJSON *one = cJSON_CreateObject();

        add_item(report, one, &section->items[i]);
        (void)cJSON_AddItemToArray(list, one);
    }
}

static void add_section(const struct diff_report *report, cJSON *root,
                        const struct diff_section *section)
{
    cJSON *object, *rows;

    if (!section->title) {
        return;
    }
    object = cJSON_AddObjectToObject(root, section->title);
    add_number(object, "compared", (int64_t)section->compared);
    add_number(object, "differences", (int64_t)section->differences);
    add_number(object, "only_in_a", (int64_t)section->only[DIFF_A].count);
    add_number(object, "only_in_b", (int64_t)section->only[DIFF_B].count);
    add_items(report, object, section);
    add_words(object, "first_only_in_a", &section->only[DIFF_A].first);
    add_words(object, "first_only_in_b", &section->only[DIFF_B].first);
    rows = cJSON_AddArrayToObject(object, "summary");
    for (size_t i = 0; i < section->num_rows && i < report->options->limit; i++) {
        cJSON *one = cJSON_CreateObject();

        (void)cJSON_AddStringToObject(one, "what", section->rows[i].what);
        add_number(one, "count", (int64_t)section->rows[i].count);
        add_time(report, one, section->rows[i].first_fs);
        (void)cJSON_AddItemToArray(rows, one);
    }
}

int diff_print_json(const struct diff_report *report, FILE *out)
{
    cJSON *root = cJSON_CreateObject();
    char *text;

    (void)cJSON_AddStringToObject(root, "a", report->options->path[DIFF_A]);
    (void)cJSON_AddStringToObject(root, "b", report->options->path[DIFF_B]);
    (void)cJSON_AddBoolToObject(root, "same", diff_is_same(report));
    add_section(report, root, &report->signals);
    add_section(report, root, &report->events);
    if (report->message.what) {
        add_item(report, cJSON_AddObjectToObject(root, "first_message"), &report->message);
    }
    for (int side = 0; side < 2; side++) {
        if (report->story[side]) {
            (void)cJSON_AddStringToObject(root, side == DIFF_A ? "story_a" : "story_b",
                                          report->story[side]);
        }
    }
    text = cJSON_Print(root);
    cJSON_Delete(root);
    if (!text) {
        return -ENOMEM;
    }
    (void)fprintf(out, "%s\n", text);
    cJSON_free(text);
    return 0;
}
