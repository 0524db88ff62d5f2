/* SPDX-License-Identifier: ISC
 *
 * The whole way in of one packet, on one screen. No layer calls up: each says what is next, and
 * this function goes there. A packet ends here by being done with, kept by a layer, or dropped for
 * a counted reason. */
#include <stack/stack_state.h>

static struct mn_transport *find(const struct mnet_stack *stack, uint8_t proto)
{
    for (unsigned i = 0; i < stack->transport_count; i++)
        if (stack->transport[i]->ops->proto == proto)
            return stack->transport[i];
    return NULL;
}

void mn_stack_error(struct mnet_stack *stack, const struct mn_ip_err *err)
{
    struct mn_transport *transport = find(stack, err->proto);
    if (transport)
        transport->ops->error(transport, err);
}

/* RFC 1122 3.2.2.1, RFC 8200 4: a host should tell the sender of a packet that nobody here takes.
 */
static mn_verdict to_transport(struct mnet_stack *stack, struct mn_pkt *pkt,
                               const struct mn_ip_rx *rx)
{
    struct mn_transport *transport = find(stack, rx->proto);
    if (!transport) {
        mn_icmp_send_unreach(&stack->ip, pkt, rx, MN_UNREACH_PROTOCOL);
        return MN_DROP(IP_PROTOCOL);
    }
    mn_verdict verdict = transport->ops->in(transport, pkt, rx);
    if (verdict == MN_DROP(UDP_NO_PORT))
        mn_icmp_send_unreach(&stack->ip, pkt, rx, MN_UNREACH_PORT);
    return verdict;
}

static mn_verdict to_ndp(struct mnet_stack *stack, struct mn_pkt *pkt, const struct mn_ip_rx *rx)
{
    const struct mn_ndp_rx ndp = {.src = rx->src, .dst = rx->dst, .hop_limit = rx->ttl};
    return mn_ndp_in(&stack->link, pkt, &ndp);
}

/* Ethernet, ARP or IP, ICMP or transport, error report or neighbours: no packet takes more steps.
 */
#define STEPS_MAX 5

void mn_stack_in(struct mnet_stack *stack, struct mn_pkt *pkt, mn_verdict verdict)
{
    struct mn_ip_rx rx;
    struct mn_ip_err err;
    for (int step = 0; step < STEPS_MAX && verdict > MN_KEPT; step++) {
        switch (verdict) {
        case MN_TO_ARP:
            verdict = mn_arp_in(&stack->link, pkt);
            break;
        case MN_TO_IP4:
            verdict = mn_ip4_in(&stack->ip, &pkt, &rx);
            break;
        case MN_TO_ICMP4:
            verdict = mn_icmp4_in(&stack->ip, pkt, &rx, &err);
            break;
        case MN_TO_IP6:
            verdict = mn_ip6_in(&stack->ip, &pkt, &rx);
            break;
        case MN_TO_ICMP6:
            verdict = mn_icmp6_in(&stack->ip, pkt, &rx, &err);
            break;
        case MN_TO_NDP:
            verdict = to_ndp(stack, pkt, &rx);
            break;
        case MN_TO_TRANSPORT:
            verdict = to_transport(stack, pkt, &rx);
            break;
        case MN_TO_ERROR:
            mn_stack_error(stack, &err);
            verdict = MN_DONE;
            break;
        default:
            MN_ASSERT(false); /* a verdict that nobody gives */
            break;
        }
    }
    if (mn_verdict_is_drop(verdict))
        mn_pkt_drop(&stack->env, pkt, mn_verdict_reason(verdict));
    else if (verdict != MN_KEPT)
        mn_pkt_free(&stack->env, pkt);
}
