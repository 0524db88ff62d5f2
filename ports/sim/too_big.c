/* SPDX-License-Identifier: ISC
 *
 * ports/sim/too_big.c - what a router says of a packet that its next link does not take: RFC 792
 * with RFC 1191 4, RFC 4443 3.2. As cut.c, on its own, without anything of the stack. */
#include "sim_world.h"
#include <string.h>

#define IP4_HDR_LEN 20u
#define IP6_HDR_LEN 40u
#define ICMP_HDR_LEN 8u
#define QUOTE_LEN 8u /* of what is behind the IP header, at least: RFC 792 */
#define PROTO_ICMP 1u
#define PROTO_ICMP6 58u
#define DF 0x40u

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint32_t sum_of(const uint8_t *at, uint32_t len)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)at[i] << 8 | at[i + 1];
    return sum;
}

static uint32_t finish(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffffu) + (sum >> 16);
    return ~sum & 0xffffu;
}

/* Both take the packet that was refused and write the answer; its length. */

static uint32_t answer4(uint8_t *out, const uint8_t *packet, uint32_t mtu)
{
    uint32_t quoted = IP4_HDR_LEN + QUOTE_LEN;
    uint8_t *icmp = out + IP4_HDR_LEN;
    out[0] = 0x45;
    put16(out + 2, IP4_HDR_LEN + ICMP_HDR_LEN + quoted);
    out[8] = 64;
    out[9] = PROTO_ICMP;
    memcpy(out + 12, packet + 16, 4);
    memcpy(out + 16, packet + 12, 4);
    put16(out + 10, finish(sum_of(out, IP4_HDR_LEN)));
    icmp[0] = 3; /* destination unreachable: */
    icmp[1] = 4; /* fragmentation needed and DF set */
    put16(icmp + 6, mtu);
    memcpy(icmp + ICMP_HDR_LEN, packet, quoted);
    put16(icmp + 2, finish(sum_of(icmp, ICMP_HDR_LEN + quoted)));
    return IP4_HDR_LEN + ICMP_HDR_LEN + quoted;
}

static uint32_t answer6(uint8_t *out, const uint8_t *packet, uint32_t mtu)
{
    uint32_t quoted = IP6_HDR_LEN + QUOTE_LEN;
    uint8_t *icmp = out + IP6_HDR_LEN;
    out[0] = 0x60;
    put16(out + 4, ICMP_HDR_LEN + quoted);
    out[6] = PROTO_ICMP6;
    out[7] = 64;
    memcpy(out + 8, packet + 24, 16);
    memcpy(out + 24, packet + 8, 16);
    icmp[0] = 2; /* packet too big */
    put16(icmp + 4, mtu >> 16);
    put16(icmp + 6, mtu & 0xffffu);
    memcpy(icmp + ICMP_HDR_LEN, packet, quoted);
    uint32_t sum = sum_of(out + 8, 32) + ICMP_HDR_LEN + quoted + PROTO_ICMP6;
    put16(icmp + 2, finish(sum + sum_of(icmp, ICMP_HDR_LEN + quoted)));
    return IP6_HDR_LEN + ICMP_HDR_LEN + quoted;
}

void sim_answer_too_big(struct sim_device *from, const struct sim_frame *frame)
{
    uint8_t out[SIM_ETHER_HDR_LEN + 2 * IP6_HDR_LEN + ICMP_HDR_LEN + QUOTE_LEN] = {0};
    const uint8_t *packet = frame->bytes + SIM_ETHER_HDR_LEN;
    struct sim_link *link = from->link;
    uint32_t len = 0;
    if (packet[0] == 0x45 && (packet[6] & DF))
        len = answer4(out + SIM_ETHER_HDR_LEN, packet, link->config.mtu);
    else if (packet[0] >> 4 == 6)
        len = answer6(out + SIM_ETHER_HDR_LEN, packet, link->config.mtu);
    if (len == 0)
        return;
    memcpy(out, frame->bytes + 6, 6);
    memcpy(out + 6, frame->bytes, 6);
    memcpy(out + 12, frame->bytes + 12, 2);
    struct sim_frame *answer = sim_frame_new(out, SIM_ETHER_HDR_LEN + len);
    answer->to = from;
    answer->at = link->sim->now + link->config.delay;
    sim_frame_launch(link->sim, answer);
}
