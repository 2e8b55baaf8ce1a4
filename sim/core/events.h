/* SPDX-License-Identifier: MIT */
/* events.jsonl: one JSON object a line, keys in fixed order, first where and when, then the event's
 * own. */
#ifndef SIM_CORE_EVENTS_H
#define SIM_CORE_EVENTS_H

#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/output.h"
#include "sim/core/sim.h"
#include "sim/hal/hal.h"

/* Where and when an event happened. */
struct event_place {
    uint64_t t_ps;
    uint64_t cycle;
    const char *gpu; /* NULL: none */
    int gt;          /* HAL_GT_NONE: none */
    int attached_fn; /* of a VM's handle: the function that its driver cannot know; -1 else */
};

class events
{
  public:
    using action_name_fn = const char *(*)(uint16_t action, bool g2h);

    /* Returns 0 or -errno. action_name may be NULL. */
    int open(const char *path, action_name_fn action_name);
    bool is_open() const
    {
        return file_.is_open();
    }
    void write(const event_place &place, const char *kind, const hal_field *fields, unsigned count);
    /* sim_set_observer. */
    void watch(void (*observe)(void *arg, const sim_event *event), void *arg)
    {
        observe_ = observe;
        observe_arg_ = arg;
    }
    /* Returns 0 or -errno of the first write that failed. */
    int close();
    const std::string &sha256() const
    {
        return file_.sha256();
    }

  private:
    hal_field complete(const event_place &place, const hal_field &field, const char *action) const;
    void write_line(const event_place &place, const char *kind);

    output file_;
    action_name_fn action_name_ = nullptr;
    void (*observe_)(void *arg, const sim_event *event) = nullptr;
    void *observe_arg_ = nullptr;
    std::vector<hal_field> fields_; /* of the present event, completed */
    std::string line_;              /* kept for its memory */
};

#endif
