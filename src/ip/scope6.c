/* SPDX-License-Identifier: ISC
 *
 * What an address says of itself: how far it reaches, what kind of network it is of, and what it
 * has in common with another. */
#include <ip/ip6_state.h>

/* RFC 6724 2.1: the default table, the longest prefixes first. */
static const struct {
    struct mnet_addr prefix;
    uint8_t prefix_len;
    struct mn_ip6_policy policy;
} policies[] = {
    {{{[15] = 1}}, 128, {50, 0}},                /* ::1 */
    {{{[10] = 0xff, [11] = 0xff}}, 96, {35, 4}}, /* IPv4 */
    {{{0}}, 96, {1, 3}},                         /* IPv4-compatible, as nobody has them any more */
    {{{0x20, 0x01}}, 32, {5, 5}},                /* Teredo */
    {{{0x20, 0x02}}, 16, {30, 2}},               /* 6to4 */
    {{{0x3f, 0xfe}}, 16, {1, 12}},               /* 6bone */
    {{{0xfe, 0xc0}}, 10, {1, 11}},               /* site-local */
    {{{0xfc}}, 7, {3, 13}},                      /* unique local */
};

struct mn_ip6_policy mn_ip6_policy(const struct mnet_addr *addr)
{
    for (unsigned i = 0; i < sizeof policies / sizeof policies[0]; i++)
        if (mn_ip6_common_bits(addr, &policies[i].prefix) >= policies[i].prefix_len)
            return policies[i].policy;
    return (struct mn_ip6_policy){40, 1};
}

bool mn_ip6_is_link_local(const struct mnet_addr *addr)
{
    return addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

unsigned mn_ip6_scope(const struct mnet_addr *addr)
{
    if (mnet_addr_is_v4(addr)) {
        /* RFC 6724 3.2: autoconfigured and loopback addresses stay on the link. */
        uint32_t v4 = mnet_addr_to_v4(addr);
        return v4 >> 16 == 0xa9feu || v4 >> 24 == 127 ? MN_IP6_SCOPE_LINK : MN_IP6_SCOPE_GLOBAL;
    }
    if (mnet_addr_is_multicast(addr))
        return addr->bytes[1] & 0x0fu;
    /* RFC 6724 3.4: ::1 counts as link-local. */
    if (mn_ip6_is_link_local(addr) || mnet_addr_is_loopback(addr))
        return MN_IP6_SCOPE_LINK;
    if (addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0xc0)
        return MN_IP6_SCOPE_SITE;
    return MN_IP6_SCOPE_GLOBAL;
}

struct mnet_addr mn_ip6_solicited_node(const struct mnet_addr *addr)
{
    struct mnet_addr group = {{0xff, 0x02, [11] = 0x01, [12] = 0xff}};
    for (unsigned i = 13; i < 16; i++)
        group.bytes[i] = addr->bytes[i];
    return group;
}

unsigned mn_ip6_common_bits(const struct mnet_addr *a, const struct mnet_addr *b)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < sizeof a->bytes; i++) {
        unsigned differ = a->bytes[i] ^ b->bytes[i];
        if (differ == 0) {
            bits += 8;
            continue;
        }
        while ((differ & 0x80) == 0) {
            differ <<= 1;
            bits++;
        }
        break;
    }
    return bits;
}

unsigned mn_ip6_common_prefix(const struct mnet_addr *src, unsigned prefix_len,
                              const struct mnet_addr *dst)
{
    unsigned bits = mn_ip6_common_bits(src, dst);
    return bits < prefix_len ? bits : prefix_len;
}
