/* SPDX-License-Identifier: ISC
 *
 * Packets of IPv6 for the layer of ip_fixture.h, made and read by plain code of our own. */
#ifndef MN_IN6_FIXTURE_H
#define MN_IN6_FIXTURE_H

#include "ip_fixture.h"

#define OWN6 "fd00::2"  /* /64, set by hand */
#define PEER6 "fd00::1" /* a neighbour */
#define FAR6 "2001:db8::7"
#define ROUTER6 "fd00::fe"

/* A layer with OWN6/64 and a link-local address, both ready, and a default route by ROUTER6. */
int in6_setup(void **state);

struct mnet_addr a6(const char *text);

/* One packet in words. Zeroed fields mean the ordinary. */
struct ip6 {
    const char *src, *dst; /* NULL: PEER6, OWN6 */
    uint8_t next;          /* of the fixed header; 0 and no ext: UDP */
    uint8_t hop_limit, tclass;
    bool is_next_zero;  /* next really is 0: hop-by-hop */
    const uint8_t *ext; /* extension headers, as they are */
    uint32_t ext_len;
    const void *data;
    uint32_t len;
    uint32_t padding; /* bytes behind what the header says */
};

/* Writes it; returns the length. */
uint32_t make6(uint8_t *at, const struct ip6 *p);
/* mn_ip6_in, and then mn_icmp6_in if that is next. */
mn_verdict receive6(struct fix *f, const struct ip6 *p);
mn_verdict receive6_bytes(struct fix *f, const uint8_t *at, uint32_t len);
mn_verdict receive6_loopback(struct fix *f);
/* An ICMPv6 message of `len` bytes at `at`, whose checksum is filled in. */
mn_verdict receive_icmp6(struct fix *f, struct ip6 p, uint8_t *at, uint32_t len);

/* Takes the next packet that was sent; false: none. Asserts that its header is right and, for what
 * is whole, its checksum. */
bool take6(struct fix *f);
/* Sum by the book, to which pseudo header and payload of the packet at `at` fold; 0: right. */
uint16_t sum6(const uint8_t *at, uint8_t proto, uint32_t payload_at, uint32_t len);

#define assert_addr_at(at, text)                                                                   \
    do {                                                                                           \
        struct mnet_addr want_ = a6(text);                                                         \
        assert_memory_equal((at), want_.bytes, 16);                                                \
    } while (0)

#endif
