/* SPDX-License-Identifier: MIT */
/* Names of messages for charts and reports, from the ABI headers. */
#include "traces/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "firmware/abi/guc_actions_abi.h"
#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_errors_abi.h"
#include "firmware/abi/guc_klvs_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "sim/hal/bits.h"

#define HXG_TYPE_RESERVED 4u

struct code_name {
    uint32_t code;
    const char *name;
};

/* The documented chart names the trigger alone where it says more than the message that carries it.
 */
static const struct code_name vf_controls[] = {
    {GUC_PF_TRIGGER_VF_PAUSE, "PF2GUC_VF_CONTROL(pause)"},
    {GUC_PF_TRIGGER_VF_RESUME, "GUC_PF_TRIGGER_VF_RESUME"},
    {GUC_PF_TRIGGER_VF_STOP, "GUC_PF_TRIGGER_VF_STOP"},
    {GUC_PF_TRIGGER_VF_FLR_START, "GUC_PF_TRIGGER_VF_FLR_START"},
    {GUC_PF_TRIGGER_VF_FLR_FINISH, "GUC_PF_TRIGGER_VF_FLR_FINISH"},
};

static const struct code_name vf_notifications[] = {
    {GUC_PF_NOTIFY_VF_FLR, "GUC_PF_NOTIFY_VF_FLR"},
    {GUC_PF_NOTIFY_VF_FLR_DONE, "GUC_PF_NOTIFY_VF_FLR_DONE"},
    {GUC_PF_NOTIFY_VF_PAUSE_DONE, "GUC_PF_NOTIFY_VF_PAUSE_DONE"},
    {GUC_PF_NOTIFY_VF_FIXUP_DONE, "GUC_PF_NOTIFY_VF_FIXUP_DONE"},
};

#define KLV(name)                                                                                  \
    {                                                                                              \
        GUC_KLV_##name##_KEY, #name                                                                \
    }

/* With the prefix of their group, which klv_name takes off. */
static const struct code_name klvs[] = {
    KLV(VF_CFG_GGTT_START),
    KLV(VF_CFG_GGTT_SIZE),
    KLV(VF_CFG_LMEM_SIZE),
    KLV(VF_CFG_NUM_CONTEXTS),
    KLV(VF_CFG_TILE_MASK),
    KLV(VF_CFG_NUM_DOORBELLS),
    KLV(VF_CFG_EXEC_QUANTUM),
    KLV(VF_CFG_PREEMPT_TIMEOUT),
    KLV(VF_CFG_BEGIN_DOORBELL_ID),
    KLV(VF_CFG_BEGIN_CONTEXT_ID),
    KLV(VF_CFG_SCHED_PRIORITY),
    KLV(GLOBAL_CFG_GMD_ID),
    KLV(GLOBAL_CFG_GROUP_SCHEDULING_AVAILABLE),
    KLV(GLOBAL_CFG_NUM_PAGING_ENGINE_INSTANCES),
    KLV(SELF_CFG_MEMIRQ_STATUS_ADDR),
    KLV(SELF_CFG_MEMIRQ_SOURCE_ADDR),
    KLV(SELF_CFG_H2G_CTB_ADDR),
    KLV(SELF_CFG_H2G_CTB_DESCRIPTOR_ADDR),
    KLV(SELF_CFG_H2G_CTB_SIZE),
    KLV(SELF_CFG_G2H_CTB_ADDR),
    KLV(SELF_CFG_G2H_CTB_DESCRIPTOR_ADDR),
    KLV(SELF_CFG_G2H_CTB_SIZE),
};

#define ERROR(name) {XE_GUC_RESPONSE_##name, #name},

static const struct code_name errors[] = {XE_GUC_RESPONSE_NAMES(ERROR)};

static const char *find(const struct code_name *table, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].code == code) {
            return table[i].name;
        }
    }
    return NULL;
}

unsigned message_type(const struct message *message)
{
    return message->len ? FIELD_GET(GUC_HXG_MSG_0_TYPE, message->hxg[0]) : HXG_TYPE_RESERVED;
}

uint32_t message_dword(const struct message *message, unsigned n)
{
    return n < message->len ? message->hxg[n] : 0;
}

const char *klv_name(uint32_t key)
{
    static const char *const groups[] = {"VF_CFG_", "GLOBAL_CFG_", "SELF_CFG_"};
    const char *name = find(klvs, ARRAY_SIZE(klvs), key);

    for (size_t i = 0; name && i < ARRAY_SIZE(groups); i++) {
        if (strncmp(name, groups[i], strlen(groups[i])) == 0) {
            return name + strlen(groups[i]);
        }
    }
    return name;
}

static void klv_title(const char *action, uint32_t key, char *to, size_t size)
{
    const char *name = klv_name(key);

    if (name) {
        (void)snprintf(to, size, "%s(%s)", action, name);
    } else {
        (void)snprintf(to, size, "%s(0x%04" PRIx32 ")", action, key);
    }
}

static void coded_title(const char *name, const char *action, uint32_t code, char *to, size_t size)
{
    if (name) {
        (void)snprintf(to, size, "%s", name);
    } else {
        (void)snprintf(to, size, "%s(%" PRIu32 ")", action, code);
    }
}

static void save_restore_title(const struct message *message, char *to, size_t size)
{
    uint32_t opcode =
        FIELD_GET(PF2GUC_SAVE_RESTORE_VF_REQUEST_MSG_0_OPCODE, message_dword(message, 0));

    if (opcode == GUC_PF_OPCODE_VF_RESTORE) {
        (void)snprintf(to, size, "GUC_PF_OPCODE_VF_RESTORE");
    } else if (opcode == GUC_PF_OPCODE_VF_SAVE) {
        /* Without a buffer the PF only asks for the size. */
        (void)snprintf(to, size, "GUC_PF_OPCODE_VF_SAVE%s",
                       message_dword(message, 4) ? "" : "(size)");
    } else {
        (void)snprintf(to, size, "PF2GUC_SAVE_RESTORE_VF(%" PRIu32 ")", opcode);
    }
}

/* Since ABI 1.27 a marker names the recovery; before, the message had another name and none. */
static void resfix_title(const struct message *message, char *to, size_t size)
{
    uint32_t marker = FIELD_GET(GUC_HXG_REQUEST_MSG_0_DATA0, message_dword(message, 0));

    if (message->action == GUC_ACTION_VF2GUC_RESFIX_START) {
        (void)snprintf(to, size, "VF2GUC_RESFIX_START(%" PRIu32 ")", marker);
    } else if (marker) {
        (void)snprintf(to, size, "VF2GUC_RESFIX_DONE(%" PRIu32 ")", marker);
    } else {
        (void)snprintf(to, size, "VF2GUC_NOTIFY_RESFIX_DONE");
    }
}

void message_title(const struct message *message, char *to, size_t size)
{
    uint32_t command = message_dword(message, 2);
    uint32_t version = message_dword(message, 1);

    switch (message->action) {
    case GUC_ACTION_PF2GUC_VF_CONTROL:
        coded_title(find(vf_controls, ARRAY_SIZE(vf_controls), command), "PF2GUC_VF_CONTROL",
                    command, to, size);
        return;
    case GUC_ACTION_GUC2PF_VF_STATE_NOTIFY:
        coded_title(find(vf_notifications, ARRAY_SIZE(vf_notifications), command),
                    "GUC2PF_VF_STATE_NOTIFY", command, to, size);
        return;
    case GUC_ACTION_PF2GUC_SAVE_RESTORE_VF:
        save_restore_title(message, to, size);
        return;
    case GUC_ACTION_VF2GUC_RESFIX_START:
    case GUC_ACTION_VF2GUC_RESFIX_DONE:
        resfix_title(message, to, size);
        return;
    case GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV:
        klv_title("VF2GUC_QUERY_SINGLE_KLV",
                  FIELD_GET(VF2GUC_QUERY_SINGLE_KLV_REQUEST_MSG_1_KEY, version), to, size);
        return;
    case GUC_ACTION_HOST2GUC_SELF_CFG:
        klv_title("HOST2GUC_SELF_CFG", FIELD_GET(HOST2GUC_SELF_CFG_REQUEST_MSG_1_KLV_KEY, version),
                  to, size);
        return;
    case GUC_ACTION_VF2GUC_MATCH_VERSION:
        (void)snprintf(to, size, "VF2GUC_MATCH_VERSION(%" PRIu32 ".%" PRIu32 ")",
                       FIELD_GET(VF2GUC_MATCH_VERSION_REQUEST_MSG_1_MAJOR, version),
                       FIELD_GET(VF2GUC_MATCH_VERSION_REQUEST_MSG_1_MINOR, version));
        return;
    default:
        if (message->name) {
            (void)snprintf(to, size, "%s", message->name);
        } else {
            (void)snprintf(to, size, "action 0x%04" PRIx32, message->action);
        }
    }
}

static void success_text(const struct message *message, char *to, size_t size)
{
    uint32_t data0 = FIELD_GET(GUC_HXG_RESPONSE_MSG_0_DATA0, message_dword(message, 0));
    uint32_t version = message_dword(message, 1);

    switch (message->action) {
    case GUC_ACTION_VF2GUC_QUERY_SINGLE_KLV:
        if (data0 == 0) {
            (void)snprintf(to, size, "success, no value");
        } else {
            (void)snprintf(
                to, size, "success 0x%" PRIx64,
                make_64(message_dword(message, 1), data0 > 1 ? message_dword(message, 2) : 0));
        }
        return;
    case GUC_ACTION_VF2GUC_MATCH_VERSION:
        (void)snprintf(to, size, "success %" PRIu32 ".%" PRIu32 ".%" PRIu32,
                       FIELD_GET(VF2GUC_MATCH_VERSION_RESPONSE_MSG_1_MAJOR, version),
                       FIELD_GET(VF2GUC_MATCH_VERSION_RESPONSE_MSG_1_MINOR, version),
                       FIELD_GET(VF2GUC_MATCH_VERSION_RESPONSE_MSG_1_PATCH, version));
        return;
    case GUC_ACTION_PF2GUC_SAVE_RESTORE_VF:
        (void)snprintf(to, size, "success, %" PRIu32 " dwords", data0);
        return;
    default:
        if (data0) {
            (void)snprintf(to, size, "success %" PRIu32, data0);
        } else {
            (void)snprintf(to, size, "success");
        }
    }
}

void message_answer(const struct message *message, char *to, size_t size)
{
    uint32_t error = FIELD_GET(GUC_HXG_FAILURE_MSG_0_ERROR, message_dword(message, 0));
    const char *name;

    switch (message_type(message)) {
    case GUC_HXG_TYPE_RESPONSE_SUCCESS:
        success_text(message, to, size);
        return;
    case GUC_HXG_TYPE_RESPONSE_FAILURE:
        name = find(errors, ARRAY_SIZE(errors), error);
        (void)snprintf(to, size, "failure 0x%03" PRIx32 "%s%s", error, name ? " " : "",
                       name ? name : "");
        return;
    case GUC_HXG_TYPE_NO_RESPONSE_BUSY:
        (void)snprintf(to, size, "busy");
        return;
    case GUC_HXG_TYPE_NO_RESPONSE_RETRY:
        (void)snprintf(to, size, "retry");
        return;
    default:
        (void)snprintf(to, size, "not an answer (type %u)", message_type(message));
    }
}
