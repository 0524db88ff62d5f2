/* SPDX-License-Identifier: ISC
 *
 * One round of a stack: receive a batch, let timers expire, tell the users; then, after they have
 * had their say, send.
 *
 * Sending once per connection and batch is what keeps the cost of acknowledgements down: on a TAP
 * the write of an ACK runs the peer's whole receive path on our core, and an answer that is written
 * between the two halves carries the acknowledgement for free. A batch is bounded, so that timers
 * and users are not starved by a flood of frames. */
#include <stack/stack_state.h>

/* One batch: about a TAP queue's worth of plain frames, or four large ones (performance.md: fewer
 * ACKs gain nothing more). */
#define BATCH_FRAMES 64u
#define BATCH_BYTES (256u * 1024u)

/* The next packet from ourselves or from the device, with what it is; NULL when there is none. They
 * take turns: a program that talks to itself all the time must not keep the device waiting. */
static struct mn_pkt *next_packet(struct mnet_stack *stack, unsigned turn, mn_verdict *verdict)
{
    for (unsigned i = 0; i < 2; i++) {
        bool is_ours = (turn + i) % 2 == 0;
        struct mn_pkt *pkt = is_ours ? mn_ip_loopback(&stack->ip) : mn_link_rx(&stack->link);
        if (!pkt)
            continue;
        if (is_ours)
            *verdict = mn_ip_version(pkt) == 4 ? MN_TO_IP4 : MN_TO_IP6;
        else
            *verdict = mn_ether_in(&stack->link, pkt);
        return pkt;
    }
    return NULL;
}

static void receive(struct mnet_stack *stack)
{
    uint32_t bytes = 0;
    stack->has_more = false;
    for (unsigned frames = 0; frames < BATCH_FRAMES && bytes < BATCH_BYTES; frames++) {
        mn_verdict verdict = MN_DONE;
        struct mn_pkt *pkt = next_packet(stack, frames, &verdict);
        if (!pkt)
            return;
        bytes += pkt->frame.len;
        mn_stack_in(stack, pkt, verdict);
    }
    stack->has_more = true;
}

static void expire(struct mnet_stack *stack)
{
    struct mn_timer *timer;
    while ((timer = mn_wheel_expire(&stack->env.wheel, stack->env.now)) != NULL) {
        unsigned owner = timer->kind & 0xf0u;
        if (owner == MN_TIMER_LINK)
            mn_link_timer(&stack->link, timer);
        else if (owner == MN_TIMER_IP)
            mn_ip_timer(&stack->ip, timer);
        for (unsigned i = 0; i < stack->transport_count; i++)
            if (stack->transport[i]->ops->timer_owner == owner)
                stack->transport[i]->ops->timer(stack->transport[i], timer);
    }
}

/* Packets whose neighbour did not answer: their senders are told what a router would have told
 * them. */
static void report_failed(struct mnet_stack *stack)
{
    struct mn_pkt *pkt;
    while ((pkt = mn_link_failed(&stack->link)) != NULL) {
        struct mn_ip_err err;
        if (mn_ip_failed(&stack->ip, pkt, &err))
            mn_stack_error(stack, &err);
        mn_pkt_drop(&stack->env, pkt, MNET_DROP_NEIGH_FAILED);
    }
}

static void report_conflicts(struct mnet_stack *stack)
{
    struct mnet_addr addr;
    struct mnet_mac mac;
    while (mn_link_conflict(&stack->link, &addr, &mac))
        if (stack->on_conflict)
            stack->on_conflict(stack, &addr, &mac, stack->on_conflict_arg);
}

static bool shed_one(struct mnet_stack *stack)
{
    for (unsigned i = 0; i < stack->transport_count; i++)
        if (stack->transport[i]->ops->shed(stack->transport[i], 0))
            return true;
    if (mn_ip_shed(&stack->ip))
        return true;
    for (unsigned i = 0; i < stack->transport_count; i++)
        if (stack->transport[i]->ops->shed(stack->transport[i], 1))
            return true;
    return false;
}

/* When less than a sixteenth of the budget is left, what the senders will repeat gives way, in the
 * order that mnet/stack.h promises. Bounded, so that a poll stays short: the next poll goes on. */
#define SHED_MAX 16u

static void shed(struct mnet_stack *stack)
{
    const struct mn_mem *mem = &stack->env.mem;
    for (unsigned i = 0; i < SHED_MAX && mn_mem_pages_left(mem) < mem->page_count / 16; i++)
        if (!shed_one(stack))
            return;
}

void mnet_stack_poll_in(struct mnet_stack *stack, mnet_time now)
{
    if (now > stack->env.now)
        stack->env.now = now;
    receive(stack);
    expire(stack);
    report_failed(stack);
    report_conflicts(stack);
    shed(stack);
    for (unsigned i = 0; i < stack->transport_count; i++)
        stack->transport[i]->ops->events(stack->transport[i]);
}

mnet_time mnet_stack_poll_out(struct mnet_stack *stack, mnet_time now)
{
    if (now > stack->env.now)
        stack->env.now = now;
    if (mn_link_may_send(&stack->link))
        for (unsigned i = 0; i < stack->transport_count; i++)
            if (stack->transport[i]->ops->out)
                stack->transport[i]->ops->out(stack->transport[i]);
    mn_link_flush(&stack->link);
    return mnet_stack_deadline(stack);
}

mnet_time mnet_stack_poll(struct mnet_stack *stack, mnet_time now)
{
    mnet_stack_poll_in(stack, now);
    return mnet_stack_poll_out(stack, now);
}

/* How long to wait before the device is offered again what it had no room for. */
#define RETRY_SEND MNET_US(100)

mnet_time mnet_stack_deadline(const struct mnet_stack *stack)
{
    if (stack->has_more || mn_ip_has_loopback(&stack->ip))
        return stack->env.now;
    bool may_send = mn_link_may_send(&stack->link);
    mnet_time next = mn_wheel_next(&stack->env.wheel);
    if (!may_send && next > stack->env.now + RETRY_SEND)
        next = stack->env.now + RETRY_SEND;
    for (unsigned i = 0; may_send && i < stack->transport_count; i++)
        if (stack->transport[i]->ops->is_busy(stack->transport[i]))
            return stack->env.now;
    return next;
}
