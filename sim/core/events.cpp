// SPDX-License-Identifier: MIT
// Formats events. Fills in what the program that tells of them cannot know: names of actions, the
// number of the function that a VM was given.

#include "sim/core/events.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "sim/core/json.h"

namespace
{

bool is_message(const char *kind)
{
    return !strcmp(kind, "h2g") || !strcmp(kind, "g2h") || !strcmp(kind, "mmio_msg");
}

// A VM's driver does not know its function number: what it says of "fn" or "vf" is itself.
bool is_own_number(const char *name)
{
    return !strcmp(name, "fn") || !strcmp(name, "vf");
}

const hal_field *find(const hal_field *fields, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++) {
        if (!strcmp(fields[i].name, name)) {
            return &fields[i];
        }
    }
    return nullptr;
}

// A G2H response carries the action of the H2G request that it answers.
bool is_g2h_action(const char *kind, const hal_field *type)
{
    const char *text = type ? static_cast<const char *>(type->pointer) : nullptr;

    return !strcmp(kind, "g2h") && text && (!strcmp(text, "request") || !strcmp(text, "event"));
}

void append_number(std::string &line, uint64_t value)
{
    char text[24];
    const int length = snprintf(text, sizeof(text), "%" PRIu64, value);

    line.append(text, static_cast<size_t>(length));
}

void append_hex(std::string &line, const uint32_t *dwords, uint64_t count)
{
    line += '"';
    for (uint64_t i = 0; i < count; i++) {
        char text[12];
        const int length = snprintf(text, sizeof(text), i ? " %08x" : "%08x", dwords[i]);
        line.append(text, static_cast<size_t>(length));
    }
    line += '"';
}

void append_text(std::string &line, const char *text)
{
    line += text ? json_string(text) : "null";
}

void append_value(std::string &line, const hal_field &field)
{
    switch (field.type) {
    case HAL_INT:
        append_number(line, field.value);
        break;
    case HAL_BOOL:
        line += field.value ? "true" : "false";
        break;
    case HAL_STR:
        append_text(line, static_cast<const char *>(field.pointer));
        break;
    case HAL_HEX:
        append_hex(line, static_cast<const uint32_t *>(field.pointer), field.value);
        break;
    }
}

} // namespace

std::string json_string(const std::string &text)
{
    std::string quoted = "\"";

    for (const char c : text) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (c == '\n') {
            quoted += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escape[8];
            snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned>(c));
            quoted += escape;
        } else {
            quoted += c;
        }
    }
    return quoted + '"';
}

int events::open(const char *path, action_name_fn action_name)
{
    action_name_ = action_name;
    return file_.open(path);
}

hal_field events::complete(const event_place &place, const hal_field &field,
                           const char *action) const
{
    if (place.attached_fn >= 0 && is_own_number(field.name)) {
        return {field.name, HAL_INT, static_cast<uint64_t>(place.attached_fn), nullptr};
    }
    if (action && !field.pointer && !strcmp(field.name, "name")) {
        return {field.name, HAL_STR, 0, action};
    }
    return field;
}

void events::write(const event_place &place, const char *kind, const hal_field *fields,
                   unsigned count)
{
    if (!is_open() && !observe_) {
        return;
    }
    const hal_field *const action = is_message(kind) ? find(fields, count, "action") : nullptr;
    const char *const name = action && action_name_
                                 ? action_name_(static_cast<uint16_t>(action->value),
                                                is_g2h_action(kind, find(fields, count, "type")))
                                 : nullptr;

    fields_.clear();
    for (unsigned i = 0; i < count; i++) {
        fields_.push_back(complete(place, fields[i], name));
    }
    if (is_open()) {
        write_line(place, kind);
    }
    if (observe_) {
        const sim_event event = {place.t_ps, place.gpu, place.gt, kind, fields_.data(), count};
        observe_(observe_arg_, &event);
    }
}

void events::write_line(const event_place &place, const char *kind)
{
    line_ = "{\"t_ps\":";
    append_number(line_, place.t_ps);
    line_ += ",\"cycle\":";
    append_number(line_, place.cycle);
    line_ += ",\"gpu\":";
    append_text(line_, place.gpu);
    line_ += ",\"gt\":";
    line_ += place.gt < 0 ? "null" : std::to_string(place.gt);
    line_ += ",\"kind\":";
    append_text(line_, kind);
    for (const hal_field &field : fields_) {
        line_ += ",\"";
        line_ += field.name;
        line_ += "\":";
        append_value(line_, field);
    }
    line_ += "}\n";
    file_.write(line_);
}

int events::close()
{
    return file_.close();
}
