/* SPDX-License-Identifier: MIT */
/* The relay's requester. A request is an HXG message inside a blocking request to the GuC; the
 * GuC's answer says only that it was posted. The PF's answer comes as an event that names the
 * request by its id:
 *
 *   sent -> BUSY: the wait starts anew -> SUCCESS, FAILURE: over
 *      ^------- RETRY ----------------'
 *
 * Nothing brings a request back that was under way when the VM moved: the PF that got it is
 * another host's now. It is cancelled with its ring, or runs into the time limit. */
#include "guest/vf/vf_relay.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "firmware/abi/guc_actions_sriov_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "firmware/abi/guc_relay_actions_abi.h"
#include "firmware/abi/guc_relay_communication_abi.h"
#include "gpu_regs.h"
#include "guest/vf/vf_internal.h"
#include "sim/hal/trace.h"

#define ANSWER_NS       (2500ull * HAL_NS_PER_MS)
#define MAX_BUSY        100u /* that start the wait anew; the protocol sets no limit */
#define MAX_RETRIES     10u  /* the same */
#define RETRY_NS        HAL_NS_PER_MS
#define MAX_ERRNO       4095u
#define TO_PF_PREFIX    2u /* action, RELAY_ID */
#define FROM_PF_PREFIX  2u
#define ONE_DWORD       1u  /* HXG messages that are a header and nothing else */
#define SLICE_REGISTERS 16u /* what the Linux driver asks for at a time */
#define PAIRS_AT        2u  /* in the answer; before them the header and how many remain */

#define LATEST_VERSION                                                                             \
    (FIELD_PREP(VF2PF_HANDSHAKE_REQUEST_MSG_1_MAJOR, (uint32_t)GUC_RELAY_VERSION_LATEST_MAJOR) |   \
     FIELD_PREP(VF2PF_HANDSHAKE_REQUEST_MSG_1_MINOR, (uint32_t)GUC_RELAY_VERSION_LATEST_MINOR))
#define BASE_VERSION                                                                               \
    (FIELD_PREP(VF2PF_HANDSHAKE_REQUEST_MSG_1_MAJOR, (uint32_t)GUC_RELAY_VERSION_BASE_MAJOR) |     \
     FIELD_PREP(VF2PF_HANDSHAKE_REQUEST_MSG_1_MINOR, (uint32_t)GUC_RELAY_VERSION_BASE_MINOR))

enum relay_answer { RELAY_PENDING, RELAY_SUCCESS, RELAY_FAILURE, RELAY_RETRY };

/* On the stack of its sender. */
struct relay_request {
    struct relay_request *next;
    uint32_t id;
    enum relay_answer answer;
    uint64_t deadline;
    unsigned busy;                            /* BUSY answers so far */
    uint32_t error;                           /* of FAILURE */
    uint32_t response[GUC_RELAY_MSG_MAX_LEN]; /* of SUCCESS, header first */
    uint32_t len;
};

/* ---- requests in flight ---------------------------------------------------------------------- */

static void add(struct vf_relay *relay, struct relay_request *request)
{
    request->next = relay->requests;
    relay->requests = request;
}

static void drop(struct vf_relay *relay, const struct relay_request *request)
{
    struct relay_request **link = &relay->requests;

    while (*link && *link != request) {
        link = &(*link)->next;
    }
    if (*link) {
        *link = request->next;
    }
}

static struct relay_request *find(const struct vf_relay *relay, uint32_t id)
{
    struct relay_request *request = relay->requests;

    while (request && request->id != id) {
        request = request->next;
    }
    return request;
}

static uint32_t next_id(struct vf_relay *relay)
{
    relay->last_id += relay->last_id == UINT32_MAX ? 2 : 1; /* 0 is none */
    return relay->last_id;
}

static int protocol_error(const struct vf_gt *gt, const char *what, uint32_t detail)
{
    trace_peer_error(gt->vf->hal, (int)gt->index, 0, what, detail);
    return -EPROTO;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void finish(struct vf_gt *gt, struct relay_request *request, enum relay_answer answer)
{
    drop(&gt->relay, request);
    request->answer = answer;
    hal_wake(gt->vf->hal);
}

static int take_answer(struct vf_gt *gt, struct relay_request *request, const uint32_t *hxg,
                       uint32_t len)
{
    uint32_t type = FIELD_GET(GUC_HXG_MSG_0_TYPE, hxg[0]);

    if (FIELD_GET(GUC_HXG_MSG_0_ORIGIN, hxg[0]) != GUC_HXG_ORIGIN_HOST) {
        return protocol_error(gt, "relay answer does not come from a host", hxg[0]);
    }
    if (type != GUC_HXG_TYPE_RESPONSE_SUCCESS && len != ONE_DWORD) {
        return protocol_error(gt, "relay answer of wrong length", hxg[0]);
    }
    switch (type) {
    case GUC_HXG_TYPE_NO_RESPONSE_BUSY:
        if (request->busy++ < MAX_BUSY) {
            request->deadline = hal_now(gt->vf->hal) + ANSWER_NS;
        }
        return 0;
    case GUC_HXG_TYPE_NO_RESPONSE_RETRY:
        finish(gt, request, RELAY_RETRY);
        return 0;
    case GUC_HXG_TYPE_RESPONSE_FAILURE:
        request->error = FIELD_GET(GUC_HXG_FAILURE_MSG_0_ERROR, hxg[0]);
        finish(gt, request, RELAY_FAILURE);
        return 0;
    case GUC_HXG_TYPE_RESPONSE_SUCCESS:
        memcpy(request->response, hxg, len * sizeof(*hxg));
        request->len = len;
        finish(gt, request, RELAY_SUCCESS);
        return 0;
    default:
        /* Requests among them: the PF has none for a VF. */
        return protocol_error(gt, "relay message is no answer", hxg[0]);
    }
}

/* What breaks the rules is told and passed over: its request goes on waiting for a good one. */
int vf_relay_handle(void *arg, const uint32_t *msg, uint32_t len)
{
    struct vf_gt *gt = arg;
    struct relay_request *request;

    if (len < FROM_PF_PREFIX + GUC_RELAY_MSG_MIN_LEN) {
        return protocol_error(gt, "relay event of wrong length", len);
    }
    if (len > GUC2VF_RELAY_FROM_PF_EVENT_MSG_MAX_LEN) {
        (void)protocol_error(gt, "relay event of wrong length", len);
        return -EMSGSIZE;
    }
    if (msg[0] & GUC2VF_RELAY_FROM_PF_EVENT_MSG_0_MBZ) {
        return protocol_error(gt, "relay event with reserved bits", msg[0]);
    }
    request = find(&gt->relay, msg[1]);
    if (!request) {
        return protocol_error(gt, "relay answer not awaited", msg[1]);
    }
    return take_answer(gt, request, msg + FROM_PF_PREFIX, len - FROM_PF_PREFIX);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int guc_action_relay_to_pf(struct vf_gt *gt, uint32_t id, const uint32_t *hxg, uint32_t len)
{
    uint32_t request[TO_PF_PREFIX + GUC_RELAY_MSG_MAX_LEN] = {
        FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, XE_GUC_ACTION_VF2GUC_RELAY_TO_PF),
        id,
    };
    int ret;

    assert(len <= GUC_RELAY_MSG_MAX_LEN);
    memcpy(request + TO_PF_PREFIX, hxg, len * sizeof(*hxg));
    ret = ct_send_recv(gt->ct, request, TO_PF_PREFIX + len, NULL, 0, NULL);
    return ret > 0 ? protocol_error(gt, "relay posted with a value", (uint32_t)ret) : ret;
}

/* Whether waiting has become pointless. A reset of the GT that a migration overtook begins anew
 * and does not wait for the PF left behind. */
static bool is_cancelled(const struct vf_gt *gt)
{
    return gt->vf->wedged || gt->vf->stop || (vf_reset_is_due(gt) && vf_recovery_gt_pending(gt));
}

/* Returns 0 with an answer, -ETIME, -ECANCELED. */
static int wait_for_answer(struct vf_gt *gt, struct relay_request *request)
{
    struct vf *vf = gt->vf;

    while (request->answer == RELAY_PENDING) {
        uint64_t now = hal_now(vf->hal);

        if (is_cancelled(gt)) {
            return -ECANCELED;
        }
        if (now >= request->deadline) {
            trace_peer_error(vf->hal, (int)gt->index, 0, "relay request not answered", request->id);
            return -ETIME;
        }
        (void)hal_wait(vf->hal, request->deadline - now);
    }
    return 0;
}

static int send_once(struct vf_gt *gt, struct relay_request *request, const uint32_t *hxg,
                     uint32_t len)
{
    int ret;

    request->answer = RELAY_PENDING;
    add(&gt->relay, request); /* before sending: the answer may be quicker than the GuC's */
    ret = guc_action_relay_to_pf(gt, request->id, hxg, len);
    if (!ret) {
        request->deadline = hal_now(gt->vf->hal) + ANSWER_NS;
        ret = wait_for_answer(gt, request);
    }
    drop(&gt->relay, request);
    return ret;
}

/* The PF's errors are numbers of errno; 0 does not tell which. */
static int failure(const struct vf_gt *gt, const struct relay_request *request)
{
    trace_peer_error(gt->vf->hal, (int)gt->index, 0, "relay request refused", request->error);
    return request->error && request->error <= MAX_ERRNO ? -(int)request->error : -EIO;
}

/* Sends a request until it has its final answer. Returns 0 with the response in *request. */
static int ask(struct vf_gt *gt, const uint32_t *hxg, uint32_t len, struct relay_request *request)
{
    *request = (struct relay_request){.id = next_id(&gt->relay)};
    for (unsigned sends = 0; sends <= MAX_RETRIES; sends++) {
        int ret;

        if (sends) {
            hal_delay(gt->vf->hal, sends * RETRY_NS);
        }
        ret = send_once(gt, request, hxg, len);
        if (ret) {
            return ret;
        }
        if (request->answer != RELAY_RETRY) {
            return request->answer == RELAY_FAILURE ? failure(gt, request) : 0;
        }
    }
    trace_peer_error(gt->vf->hal, (int)gt->index, 0, "relay request put off for ever", request->id);
    return -ELOOP;
}

/* ---- handshake ------------------------------------------------------------------------------- */

static int guc_action_vf2pf_handshake(struct vf_gt *gt, uint32_t wanted, uint32_t *found)
{
    const uint32_t hxg[VF2PF_HANDSHAKE_REQUEST_MSG_LEN] = {
        FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, GUC_RELAY_ACTION_VF2PF_HANDSHAKE),
        wanted,
    };
    struct relay_request request;
    int ret = ask(gt, hxg, VF2PF_HANDSHAKE_REQUEST_MSG_LEN, &request);

    if (ret) {
        return ret;
    }
    if (request.len != VF2PF_HANDSHAKE_RESPONSE_MSG_LEN ||
        (request.response[0] & VF2PF_HANDSHAKE_RESPONSE_MSG_0_MBZ)) {
        return protocol_error(gt, "relay handshake answered wrongly", request.len);
    }
    *found = request.response[1];
    return 0;
}

int vf_relay_handshake(struct vf_gt *gt)
{
    uint32_t found;
    int ret = guc_action_vf2pf_handshake(gt, LATEST_VERSION, &found);

    if (ret) {
        return ret;
    }
    if (gt->relay.version && found != gt->relay.version) {
        ret = -EREMCHG;
    } else if (found > LATEST_VERSION) {
        ret = -EPROTO;
    } else if (found < BASE_VERSION) {
        ret = -ENOPKG;
    }
    if (ret) {
        trace_peer_error(gt->vf->hal, (int)gt->index, 0, "relay version not usable", found);
        return ret;
    }
    gt->relay.version = found;
    return 0;
}

/* ---- registers ------------------------------------------------------------------------------- */

/* Where an offset is, or belongs. */
static unsigned place_of(const struct vf_relay *relay, uint32_t offset)
{
    unsigned from = 0;
    unsigned to = relay->num_registers;

    while (from < to) {
        unsigned middle = from + (to - from) / 2;

        if (relay->registers[middle].offset < offset) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

static bool is_at(const struct vf_relay *relay, unsigned at, uint32_t offset)
{
    return at < relay->num_registers && relay->registers[at].offset == offset;
}

/* Keeps the table in order whatever order the PF has; of one offset the last value counts. */
static int store(struct vf_relay *relay, uint32_t offset, uint32_t value)
{
    unsigned at = place_of(relay, offset);

    if (!is_at(relay, at, offset)) {
        if (relay->num_registers == VF_RELAY_REGISTERS) {
            return -ENOBUFS;
        }
        memmove(&relay->registers[at + 1], &relay->registers[at],
                (relay->num_registers - at) * sizeof(*relay->registers));
        relay->num_registers++;
    }
    relay->registers[at] = (struct vf_register){.offset = offset, .value = value};
    return 0;
}

/* Asks for a slice from index start on. Returns how many registers it had, or -errno. */
static int guc_action_vf2pf_query_runtime(struct vf_gt *gt, uint32_t start, uint32_t *remaining)
{
    const uint32_t hxg[VF2PF_QUERY_RUNTIME_REQUEST_MSG_LEN] = {
        FIELD_PREP(GUC_HXG_REQUEST_MSG_0_ACTION, GUC_RELAY_ACTION_VF2PF_QUERY_RUNTIME) |
            FIELD_PREP(VF2PF_QUERY_RUNTIME_REQUEST_MSG_0_LIMIT, SLICE_REGISTERS),
        start,
    };
    struct relay_request request;
    uint32_t count;
    int ret = ask(gt, hxg, VF2PF_QUERY_RUNTIME_REQUEST_MSG_LEN, &request);

    if (ret) {
        return ret;
    }
    count = FIELD_GET(VF2PF_QUERY_RUNTIME_RESPONSE_MSG_0_COUNT, request.response[0]);
    if (count > SLICE_REGISTERS || request.len != PAIRS_AT + 2 * count) {
        return protocol_error(gt, "relay registers answered wrongly", request.response[0]);
    }
    *remaining = request.response[1];
    for (uint32_t i = 0; i < count && !ret; i++) {
        const uint32_t *pair = request.response + PAIRS_AT + 2 * (size_t)i;

        ret = store(&gt->relay, pair[0], pair[1]);
    }
    return ret ? ret : (int)count;
}

int vf_relay_query_registers(struct vf_gt *gt)
{
    uint32_t remaining = 0;
    uint32_t start = 0;
    int ret;

    gt->relay.num_registers = 0;
    do {
        uint32_t before = remaining;

        ret = guc_action_vf2pf_query_runtime(gt, start, &remaining);
        /* Each slice must bring the end nearer by what it holds. */
        if (ret >= 0 && ((start && before - (uint32_t)ret != remaining) || (!ret && remaining))) {
            ret = protocol_error(gt, "relay registers do not add up", remaining);
        }
        start += ret > 0 ? (uint32_t)ret : 0;
    } while (ret > 0 && remaining);
    if (ret < 0) {
        gt->relay.num_registers = 0;
        return ret;
    }
    return 0;
}

uint32_t vf_runtime_reg(struct vf *vf, unsigned gt, uint32_t offset)
{
    const struct vf_relay *relay;
    unsigned at;

    if (gt >= vf->num_gts) {
        return 0;
    }
    if (offset == GMD_ID) {
        return vf->gts[gt].resources.gmd_id; /* the one that the GuC tells itself */
    }
    if (gt == VF_MEDIA_GT && offset < MEDIA_GT_GSI_LENGTH) {
        offset += MEDIA_GT_GSI_OFFSET;
    }
    relay = &vf->gts[gt].relay;
    at = place_of(relay, offset);
    return is_at(relay, at, offset) ? relay->registers[at].value : 0;
}
