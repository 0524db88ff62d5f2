/* SPDX-License-Identifier: ISC
 *
 * What an address is. Both families share one form (mnet/addr.h), so most questions are asked of
 * the 16 bytes, and only a few need to know the family. Text is the matter of addr_text.c. */
#include <mnet/addr.h>
#include <string.h>

/* RFC 4291 2.5.5.2: ::ffff:0:0/96 holds the IPv4 addresses. */
static const uint8_t v4_prefix[12] = {[10] = 0xff, [11] = 0xff};

#define V4_PREFIX_BITS 96u

struct mnet_addr mnet_addr_any(void)
{
    return (struct mnet_addr){{0}};
}

struct mnet_addr mnet_addr_v4(uint32_t v4)
{
    struct mnet_addr addr;
    memcpy(addr.bytes, v4_prefix, sizeof v4_prefix);
    for (unsigned i = 0; i < 4; i++)
        addr.bytes[12 + i] = (uint8_t)(v4 >> (24 - 8 * i));
    return addr;
}

bool mnet_addr_is_v4(const struct mnet_addr *addr)
{
    return memcmp(addr->bytes, v4_prefix, sizeof v4_prefix) == 0;
}

uint32_t mnet_addr_to_v4(const struct mnet_addr *addr)
{
    if (!mnet_addr_is_v4(addr))
        return 0;
    const uint8_t *at = addr->bytes + 12;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Whether `addr` is the IPv6 address whose last byte is `last`, all others zero. */
static bool is_only(const struct mnet_addr *addr, uint8_t last)
{
    const struct mnet_addr wanted = {{[15] = last}};
    return mnet_addr_equal(addr, &wanted);
}

bool mnet_addr_is_any(const struct mnet_addr *addr)
{
    return is_only(addr, 0) || (mnet_addr_is_v4(addr) && mnet_addr_to_v4(addr) == 0);
}

bool mnet_addr_is_loopback(const struct mnet_addr *addr)
{
    /* RFC 1122 3.2.1.3 (g): 127/8. RFC 4291 2.5.3: ::1. */
    return mnet_addr_is_v4(addr) ? addr->bytes[12] == 127 : is_only(addr, 1);
}

bool mnet_addr_is_multicast(const struct mnet_addr *addr)
{
    /* RFC 1112 4: 224/4. RFC 4291 2.7: ff00::/8. */
    return mnet_addr_is_v4(addr) ? (addr->bytes[12] & 0xf0) == 0xe0 : addr->bytes[0] == 0xff;
}

bool mnet_addr_equal(const struct mnet_addr *a, const struct mnet_addr *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool mnet_cidr_contains(const struct mnet_cidr *cidr, const struct mnet_addr *addr)
{
    bool is_v4 = mnet_addr_is_v4(addr);
    if (is_v4 != mnet_addr_is_v4(&cidr->addr))
        return false;
    unsigned bits = cidr->prefix_len + (is_v4 ? V4_PREFIX_BITS : 0);
    if (bits > 128)
        return false;
    unsigned whole = bits / 8;
    if (memcmp(cidr->addr.bytes, addr->bytes, whole) != 0)
        return false;
    return bits % 8 == 0 ||
           (unsigned)(cidr->addr.bytes[whole] ^ addr->bytes[whole]) >> (8 - bits % 8) == 0;
}
