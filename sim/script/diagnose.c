/* SPDX-License-Identifier: MIT */
/* Follows the events of a run and keeps, for each function on each GT, just what explains a stop:
 * see diagnose.h. Room is bounded; what does not fit is forgotten, oldest first. */
#include "sim/script/diagnose.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/abi/guc_communication_ctb_abi.h"
#include "firmware/abi/guc_messages_abi.h"
#include "sim/machine/machine.h"

#define TAIL_LEN     4u /* messages kept of a ring */
#define MAX_OPEN     8u /* unanswered requests of a function */
#define MAX_JOBS     16u
#define MAX_SEATS    1024u
#define LAST_LEN     6u /* messages told with a failure */
#define TEXT_LEN     40u
#define SEAT_WIDTH   16 /* of most: "  src.gt0 vf1" */
#define SHOWN_DWORDS 4u
#define PS_PER_US    1e6

enum lane { LANE_H2G, LANE_G2H, LANE_MAILBOX, LANES };

static const char *const lane_names[LANES] = {"h2g", "g2h", "mailbox"};

struct message {
    uint64_t t_ps;
    uint64_t order;
    char ev[TEXT_LEN], type[TEXT_LEN], name[TEXT_LEN];
    uint32_t fence, len;
    uint32_t hxg[SHOWN_DWORDS];
};

struct ring {
    struct message tail[TAIL_LEN];
    unsigned count; /* of all times */
    uint32_t epoch;
    uint32_t sent, taken; /* positions behind the last message */
};

struct request {
    bool open;
    uint32_t fence;
    uint64_t t_ps;
    char name[TEXT_LEN];
};

struct job {
    bool known;
    unsigned ctx;
    unsigned open; /* submitted since it was last empty */
    uint64_t t_ps;
    char engine[TEXT_LEN], ev[TEXT_LEN];
};

/* A function on a GT. */
struct seat {
    const char *gpu; /* lives as long as the machine */
    int gt;
    unsigned fn;
    struct ring rings[LANES];
    struct request requests[MAX_OPEN];
    unsigned next_request;
    struct request mailbox;
    struct job jobs[MAX_JOBS];
    char vf_state[TEXT_LEN], pf_state[TEXT_LEN], recovery[TEXT_LEN];
    uint64_t doorbell_ps, irq_ps; /* 0: never */
};

struct diagnosis {
    struct seat *seats;
    unsigned num_seats;
    uint64_t num_messages;
    uint64_t last_ps;
};

struct diagnosis *diagnosis_create(void)
{
    return calloc(1, sizeof(struct diagnosis));
}

void diagnosis_destroy(struct diagnosis *diagnosis)
{
    if (diagnosis) {
        free(diagnosis->seats);
        free(diagnosis);
    }
}

uint64_t diagnosis_last_ps(const struct diagnosis *diagnosis)
{
    return diagnosis->last_ps;
}

/* ---- taking events -------------------------------------------------------------------------- */

static const struct hal_field *find(const struct sim_event *event, const char *name)
{
    for (unsigned i = 0; i < event->count; i++) {
        if (strcmp(event->fields[i].name, name) == 0) {
            return &event->fields[i];
        }
    }
    return NULL;
}

static uint32_t number(const struct sim_event *event, const char *name)
{
    const struct hal_field *field = find(event, name);

    return field ? (uint32_t)field->value : 0;
}

static const char *text(const struct sim_event *event, const char *name)
{
    const struct hal_field *field = find(event, name);

    return field && field->type == HAL_STR && field->pointer ? field->pointer : "";
}

static void text_copy(char to[TEXT_LEN], const char *from)
{
    (void)snprintf(to, TEXT_LEN, "%s", from);
}

/* Returns NULL when there is no more room. */
static struct seat *seat_of(struct diagnosis *diagnosis, const char *gpu, int gt, unsigned fn)
{
    struct seat *more;

    for (unsigned i = 0; i < diagnosis->num_seats; i++) {
        struct seat *seat = &diagnosis->seats[i];

        if (seat->fn == fn && seat->gt == gt && strcmp(seat->gpu, gpu) == 0) {
            return seat;
        }
    }
    if (diagnosis->num_seats == MAX_SEATS) {
        return NULL;
    }
    more = realloc(diagnosis->seats, (diagnosis->num_seats + 1) * sizeof(*more));
    if (!more) {
        return NULL;
    }
    diagnosis->seats = more;
    more += diagnosis->num_seats++;
    memset(more, 0, sizeof(*more));
    more->gpu = gpu;
    more->gt = gt;
    more->fn = fn;
    return more;
}

static void action_name(const struct sim_event *event, char to[TEXT_LEN])
{
    text_copy(to, text(event, "name"));
    if (!*to) {
        (void)snprintf(to, TEXT_LEN, "action 0x%04x", number(event, "action"));
    }
}

static void request_opened(struct seat *seat, const struct sim_event *event)
{
    struct request *request = &seat->requests[seat->next_request];

    seat->next_request = (seat->next_request + 1) % MAX_OPEN;
    *request = (struct request){.open = true, .fence = number(event, "fence"), .t_ps = event->t_ps};
    action_name(event, request->name);
}

static void request_closed(struct seat *seat, uint32_t fence)
{
    for (unsigned i = 0; i < MAX_OPEN; i++) {
        if (seat->requests[i].fence == fence) {
            seat->requests[i].open = false;
        }
    }
}

static void take_ring(struct seat *seat, const struct sim_event *event, enum lane lane)
{
    struct ring *ring = &seat->rings[lane];
    uint32_t end = number(event, "pos") + number(event, "len") + GUC_CTB_HDR_LEN;
    bool sent = strcmp(text(event, "ev"), "sent") == 0;

    if (ring->epoch != number(event, "epoch")) {
        ring->epoch = number(event, "epoch");
        ring->sent = ring->taken = 0;
        memset(seat->requests, 0, sizeof(seat->requests));
    }
    if (sent) {
        ring->sent = end;
    } else {
        ring->taken = end;
    }
    if (lane == LANE_H2G && sent && strcmp(text(event, "type"), "request") == 0) {
        request_opened(seat, event);
    }
    if (lane == LANE_G2H && !sent && strncmp(text(event, "type"), "response", 8) == 0) {
        request_closed(seat, number(event, "fence"));
    }
}

static void take_mailbox(struct seat *seat, const struct sim_event *event)
{
    seat->mailbox.open = strcmp(text(event, "ev"), "request") == 0;
    seat->mailbox.t_ps = event->t_ps;
    action_name(event, seat->mailbox.name);
}

static void take_message(struct diagnosis *diagnosis, struct seat *seat,
                         const struct sim_event *event, enum lane lane)
{
    struct ring *ring = &seat->rings[lane];
    struct message *message = &ring->tail[ring->count++ % TAIL_LEN];
    const struct hal_field *hxg = find(event, "hxg");

    *message = (struct message){.t_ps = event->t_ps,
                                .order = diagnosis->num_messages++,
                                .fence = number(event, "fence"),
                                .len = hxg ? (uint32_t)hxg->value : 0};
    text_copy(message->ev, text(event, "ev"));
    text_copy(message->type, text(event, "type"));
    action_name(event, message->name);
    for (uint32_t i = 0; hxg && i < message->len && i < SHOWN_DWORDS; i++) {
        message->hxg[i] = ((const uint32_t *)hxg->pointer)[i];
    }
    if (lane == LANE_MAILBOX) {
        take_mailbox(seat, event);
    } else {
        take_ring(seat, event, lane);
    }
}

static void take_job(struct seat *seat, const struct sim_event *event)
{
    const char *ev = text(event, "ev");
    unsigned ctx = number(event, "ctx");
    struct job *job = &seat->jobs[ctx % MAX_JOBS];

    if (!job->known || job->ctx != ctx) {
        *job = (struct job){.known = true, .ctx = ctx};
    }
    if (strcmp(ev, "submit") == 0) {
        job->open++;
    } else if (strcmp(ev, "complete") == 0 || strcmp(ev, "reset") == 0) {
        job->open = 0;
    }
    job->t_ps = event->t_ps;
    text_copy(job->ev, ev);
    if (*text(event, "engine")) {
        text_copy(job->engine, text(event, "engine"));
    }
}

static void take_other(struct seat *seat, const struct sim_event *event)
{
    if (strcmp(event->kind, "job") == 0) {
        take_job(seat, event);
    } else if (strcmp(event->kind, "vf_state") == 0) {
        text_copy(seat->vf_state, text(event, "to"));
    } else if (strcmp(event->kind, "pf_state") == 0) {
        text_copy(seat->pf_state, text(event, "to"));
    } else if (strcmp(event->kind, "recovery") == 0) {
        text_copy(seat->recovery, text(event, "step"));
    } else if (strcmp(event->kind, "doorbell") == 0) {
        seat->doorbell_ps = event->t_ps;
    } else if (strcmp(event->kind, "irq") == 0) {
        seat->irq_ps = event->t_ps;
    }
}

void diagnosis_observe(struct diagnosis *diagnosis, const struct sim_event *event)
{
    bool by_vf = find(event, "vf") != NULL;
    struct seat *seat;

    diagnosis->last_ps = event->t_ps;
    if (!event->gpu || !(by_vf || find(event, "fn")) || strcmp(event->kind, "hop") == 0) {
        return;
    }
    seat = seat_of(diagnosis, event->gpu, event->gt < 0 ? 0 : event->gt,
                   number(event, by_vf ? "vf" : "fn"));
    if (!seat) {
        return;
    }
    if (strcmp(event->kind, "h2g") == 0) {
        take_message(diagnosis, seat, event, LANE_H2G);
    } else if (strcmp(event->kind, "g2h") == 0) {
        take_message(diagnosis, seat, event, LANE_G2H);
    } else if (strcmp(event->kind, "mmio_msg") == 0) {
        take_message(diagnosis, seat, event, LANE_MAILBOX);
    } else {
        take_other(seat, event);
    }
}

/* ---- telling -------------------------------------------------------------------------------- */

static double us(uint64_t t_ps)
{
    return (double)t_ps / PS_PER_US;
}

/* Returns how many columns it took. */
static int print_seat(const struct seat *seat, FILE *to)
{
    int width = fprintf(to, "  %s.gt%d %s", seat->gpu, seat->gt, seat->fn ? "vf" : "pf");

    return seat->fn ? width + fprintf(to, "%u", seat->fn) : width;
}

/* Mailboxes have no type and no fence, events no fence. */
static void print_message(const struct message *message, FILE *to)
{
    (void)fprintf(to, "%12.3f us %-7s %s%s%s", us(message->t_ps), message->ev, message->type,
                  *message->type ? " " : "", message->name);
    if (*message->type && strcmp(message->type, "event") != 0) {
        (void)fprintf(to, " fence %" PRIu32, message->fence);
    }
    if (message->len > 0 &&
        FIELD_GET(GUC_HXG_MSG_0_TYPE, message->hxg[0]) == GUC_HXG_TYPE_RESPONSE_FAILURE) {
        const char *name =
            machine_error_name(FIELD_GET(GUC_HXG_FAILURE_MSG_0_ERROR, message->hxg[0]));

        (void)fprintf(to, " %s", name ? name : "of no known code");
    }
    (void)fprintf(to, " |");
    for (uint32_t i = 0; i < message->len && i < SHOWN_DWORDS; i++) {
        (void)fprintf(to, " %08" PRIx32, message->hxg[i]);
    }
    (void)fprintf(to, "%s\n", message->len > SHOWN_DWORDS ? " ..." : "");
}

static void print_ring(const struct seat *seat, enum lane lane, FILE *to)
{
    const struct ring *ring = &seat->rings[lane];
    unsigned from = ring->count > TAIL_LEN ? ring->count - TAIL_LEN : 0;

    for (unsigned i = from; i < ring->count; i++) {
        (void)fprintf(to, "      %-7s", lane_names[lane]);
        print_message(&ring->tail[i % TAIL_LEN], to);
    }
}

static bool is_unread(const struct ring *ring)
{
    return ring->sent != ring->taken;
}

/* The PF's rings cannot wait for a VF's states: they are told of VFs alone. */
static bool is_open(const struct seat *seat)
{
    bool open = is_unread(&seat->rings[LANE_H2G]) || is_unread(&seat->rings[LANE_G2H]) ||
                seat->mailbox.open;

    for (unsigned i = 0; i < MAX_OPEN; i++) {
        open = open || seat->requests[i].open;
    }
    for (unsigned i = 0; i < MAX_JOBS; i++) {
        open = open || seat->jobs[i].open;
    }
    return open;
}

static void print_signals(const struct seat *seat, FILE *to)
{
    (void)print_seat(seat, to);
    (void)fprintf(to, seat->doorbell_ps ? " rang last at %.3f us" : " never rang",
                  us(seat->doorbell_ps));
    (void)fprintf(to, seat->irq_ps ? ", last interrupt at %.3f us\n" : ", no interrupt\n",
                  us(seat->irq_ps));
}

static void print_requests(const struct seat *seat, FILE *to)
{
    if (seat->mailbox.open) {
        (void)print_seat(seat, to);
        (void)fprintf(to, " waits for the mailbox's answer to %s since %.3f us\n",
                      seat->mailbox.name, us(seat->mailbox.t_ps));
    }
    for (unsigned i = 0; i < MAX_OPEN; i++) {
        const struct request *request = &seat->requests[i];

        if (request->open) {
            (void)print_seat(seat, to);
            (void)fprintf(to, " waits for the answer to %s, fence %" PRIu32 ", since %.3f us\n",
                          request->name, request->fence, us(request->t_ps));
        }
    }
}

static void print_unread(const struct seat *seat, FILE *to)
{
    for (enum lane lane = LANE_H2G; lane <= LANE_G2H; lane++) {
        const struct ring *ring = &seat->rings[lane];

        if (is_unread(ring)) {
            (void)print_seat(seat, to);
            (void)fprintf(to, " %s: %s has not taken dwords %" PRIu32 " to %" PRIu32 "\n",
                          lane_names[lane], lane == LANE_H2G ? "the GuC" : "the driver",
                          ring->taken, ring->sent);
        }
    }
}

static void print_jobs(const struct seat *seat, FILE *to)
{
    for (unsigned i = 0; i < MAX_JOBS; i++) {
        const struct job *job = &seat->jobs[i];

        if (job->open) {
            (void)print_seat(seat, to);
            (void)fprintf(to, " context %u on %s: %u jobs since it was last empty; %s at %.3f us\n",
                          job->ctx, *job->engine ? job->engine : "no engine", job->open, job->ev,
                          us(job->t_ps));
        }
    }
}

static void print_states(const struct seat *seat, FILE *to)
{
    if (!*seat->vf_state && !*seat->pf_state && !*seat->recovery) {
        return;
    }
    (void)print_seat(seat, to);
    (void)fprintf(to, " state: GuC %s, PF %s, recovery %s\n",
                  *seat->vf_state ? seat->vf_state : "-", *seat->pf_state ? seat->pf_state : "-",
                  *seat->recovery ? seat->recovery : "-");
}

void diagnosis_print(const struct diagnosis *diagnosis, FILE *to)
{
    (void)fprintf(to, "what is open:\n");
    for (unsigned i = 0; i < diagnosis->num_seats; i++) {
        const struct seat *seat = &diagnosis->seats[i];

        print_states(seat, to);
        if (!is_open(seat)) {
            continue;
        }
        print_requests(seat, to);
        print_unread(seat, to);
        print_jobs(seat, to);
        print_signals(seat, to);
        for (enum lane lane = LANE_H2G; lane < LANES; lane++) {
            print_ring(seat, lane, to);
        }
    }
}

/* Of a seat's messages before `before`: the newest, or the one given when that is newer. */
static const struct message *newest_of(const struct seat *seat, uint64_t before,
                                       const struct message *newest)
{
    for (unsigned m = 0; m < LANES * TAIL_LEN; m++) {
        const struct message *message = &seat->rings[m / TAIL_LEN].tail[m % TAIL_LEN];

        if (*message->ev && message->order < before &&
            (!newest || message->order > newest->order)) {
            newest = message;
        }
    }
    return newest;
}

/* The newest message before `before` among the seats that count; NULL: none. */
static const struct message *find_newest(const struct diagnosis *diagnosis, const char *gpu,
                                         unsigned fn, uint64_t before, const struct seat **of)
{
    const struct message *found, *newest = NULL;

    for (unsigned i = 0; i < diagnosis->num_seats; i++) {
        const struct seat *seat = &diagnosis->seats[i];

        if (gpu && (seat->fn != fn || strcmp(seat->gpu, gpu) != 0)) {
            continue;
        }
        found = newest_of(seat, before, newest);
        if (found != newest) {
            *of = seat;
        }
        newest = found;
    }
    return newest;
}

void diagnosis_print_last(const struct diagnosis *diagnosis, const char *gpu, unsigned fn, FILE *to)
{
    const struct message *messages[LAST_LEN];
    const struct seat *seats[LAST_LEN];
    uint64_t before = UINT64_MAX;
    unsigned count = 0;

    while (count < LAST_LEN) {
        messages[count] = find_newest(diagnosis, gpu, fn, before, &seats[count]);
        if (!messages[count]) {
            break;
        }
        before = messages[count++]->order;
    }
    if (count) {
        (void)fprintf(to, "  last messages%s:\n", gpu ? " of the actor's VF" : "");
    }
    while (count-- > 0) {
        (void)fprintf(to, "%*s", SEAT_WIDTH - print_seat(seats[count], to), "");
        print_message(messages[count], to);
    }
}
