/* SPDX-License-Identifier: MIT */
/* The acknowledged switch-over, as QEMU has it (capability switchover-ack): the source tells with a
 * word of the link that all initial data of the device went; the target, whose device has taken
 * them by then, answers on the return path; and only then may the VM be stopped. A target whose
 * device has no initial data answers at set-up. QEMU waits for ever; here there is a limit. */
#include <errno.h>

#include "host/vmm/vmm_private.h"

#define DEFAULT_LIMIT_NS (100 * HAL_NS_PER_MS)
#define LOOK_NS          HAL_NS_PER_MS /* RAM that is written meanwhile goes on */

int vmm_ack_begin(struct vmm_ack *ack, struct vmm_migration *migration)
{
    *ack = (struct vmm_ack){.wanted = migration->switchover_ack, .since = hal_now(migration->hal)};
    if (!ack->wanted) {
        return 0;
    }
    if (migration->tamper || migration->tamper_link) {
        return -EINVAL;
    }
    if (!migration->target_ack_off &&
        !vmm_face_of(&migration->target)->has_initial(&migration->target)) {
        vmm_ack_say(ack, migration);
    }
    return 0;
}

void vmm_ack_say(struct vmm_ack *ack, const struct vmm_migration *migration)
{
    (void)vmm_put_be(vmm_put_be(ack->message, MIG_RP_MSG_SWITCHOVER_ACK, 2), 0, 2);
    if (migration->tamper_return) {
        migration->tamper_return(migration->tamper_return_arg, ack->message);
    }
    ack->under_way = migration->ack_delay_ns != HAL_FOREVER;
    ack->due = hal_now(migration->hal) + (ack->under_way ? migration->ack_delay_ns : 0);
}

/* Whatever comes there is the target's, and this is all that it may say. */
int vmm_ack_look(struct vmm_ack *ack, const struct vmm_migration *migration)
{
    static const uint8_t wanted[MIG_RP_HEADER_BYTES] = {0, MIG_RP_MSG_SWITCHOVER_ACK};

    if (!ack->wanted || !ack->under_way || hal_now(migration->hal) < ack->due) {
        return 0;
    }
    ack->under_way = false;
    for (unsigned n = 0; n < sizeof(wanted); n++) {
        if (ack->message[n] != wanted[n]) {
            return -EINVAL;
        }
    }
    ack->taken = true;
    return 1;
}

void vmm_ack_again(struct vmm_ack *ack, const struct vmm_migration *migration)
{
    ack->told = false;
    ack->taken = false;
    ack->under_way = false;
    ack->since = hal_now(migration->hal);
}

uint64_t vmm_ack_sleep(const struct vmm_ack *ack, const struct vmm_migration *migration)
{
    const uint64_t limit = migration->ack_limit_ns ? migration->ack_limit_ns : DEFAULT_LIMIT_NS;
    const uint64_t now = hal_now(migration->hal);
    uint64_t sleep = LOOK_NS;

    if (now - ack->since >= limit) {
        return 0;
    }
    if (ack->since + limit - now < sleep) {
        sleep = ack->since + limit - now;
    }
    return ack->under_way && ack->due - now < sleep ? ack->due - now : sleep;
}
