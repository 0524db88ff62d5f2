/* SPDX-License-Identifier: ISC
 *
 * mnet/addr.h - IP addresses, prefixes and endpoints of both families.
 *
 * An address is always 16 bytes; an IPv4 address is held in the mapped form of RFC 4291 2.5.5.2
 * (::ffff:a.b.c.d), so one comparison, one hash and one table serve both families. The zeroed value
 * is the IPv6 unspecified address and stands for "any address of any family". All values are plain
 * structs: copy them freely. Ports are in host order. */
#ifndef MNET_ADDR_H
#define MNET_ADDR_H

#include <mnet/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mnet_addr {
    uint8_t bytes[16]; /* network order */
};

/* An address and the length of its network prefix: 0..32 for IPv4, 0..128 for IPv6. */
struct mnet_cidr {
    struct mnet_addr addr; /* of the network, or of a host in it */
    uint8_t prefix_len;    /* bits */
};

struct mnet_endpoint {
    struct mnet_addr addr; /* of a host; any: all own ones, or not chosen yet */
    uint16_t port;         /* 0: not chosen yet */
};

struct mnet_mac {
    uint8_t bytes[6]; /* as on the wire */
};

/* Long enough for every text below, with the final NUL. */
#define MNET_ADDR_TEXT_MAX 48
#define MNET_ENDPOINT_TEXT_MAX 56
#define MNET_MAC_TEXT_MAX 18

/* "Any address of any family"; same as a zeroed struct. */
struct mnet_addr mnet_addr_any(void);
/* The IPv4 address whose host-order value is `v4`: 0x0a000002 is 10.0.0.2. */
struct mnet_addr mnet_addr_v4(uint32_t v4);
/* The host-order value of an IPv4 address; 0 if `addr` is not IPv4. */
uint32_t mnet_addr_to_v4(const struct mnet_addr *addr);
bool mnet_addr_is_v4(const struct mnet_addr *addr);
bool mnet_addr_is_any(const struct mnet_addr *addr); /* ::, or 0.0.0.0 */
bool mnet_addr_is_loopback(const struct mnet_addr *addr);
bool mnet_addr_is_multicast(const struct mnet_addr *addr);
bool mnet_addr_equal(const struct mnet_addr *a, const struct mnet_addr *b);
/* Whether `addr` lies in the network of `cidr`; false if their families differ. */
bool mnet_cidr_contains(const struct mnet_cidr *cidr, const struct mnet_addr *addr);

/* Text to value. The whole of `text` must be the value: "10.0.0.2", "10.0.0.2/24", "10.0.0.2:9000".
 * IPv4 parts are decimal, without leading zeros, exactly four; an IPv6 address with a port stands
 * in brackets. Errors: INVALID, `*out` untouched. */
MNET_MUST_USE mnet_err mnet_addr_parse(const char *text, struct mnet_addr *out);
MNET_MUST_USE mnet_err mnet_cidr_parse(const char *text, struct mnet_cidr *out);
MNET_MUST_USE mnet_err mnet_endpoint_parse(const char *text, struct mnet_endpoint *out);

/* Link-local addresses (fe80::/10, and groups of that scope) are of one link, and several stacks
 * may each have a fe80::1 on theirs. The zone says which (RFC 4007): the name of a stack's device,
 * as in "fe80::1%service" and "[fe80::1%service]:9000". These read it into the MNET_ZONE_MAX bytes
 * at `zone`, "" if there is none. Errors: INVALID (also for a zone of any other address), all
 * untouched. The functions above take no zone. See mnet_stack_endpoint_parse. */
#define MNET_ZONE_MAX 32 /* with the final NUL */
MNET_MUST_USE mnet_err mnet_addr_parse_zone(const char *text, struct mnet_addr *out, char *zone);
MNET_MUST_USE mnet_err mnet_endpoint_parse_zone(const char *text, struct mnet_endpoint *out,
                                                char *zone);

/* Value to text: writes at most `cap` bytes with the final NUL and returns `buf`. */
char *mnet_addr_print(const struct mnet_addr *addr, char *buf, size_t cap);
char *mnet_endpoint_print(const struct mnet_endpoint *endpoint, char *buf, size_t cap);
/* Likewise, with the zone if the address is link-local and `zone` is not "". */
#define MNET_ENDPOINT_ZONE_TEXT_MAX (MNET_ENDPOINT_TEXT_MAX + MNET_ZONE_MAX)
char *mnet_addr_print_zone(const struct mnet_addr *addr, const char *zone, char *buf, size_t cap);
char *mnet_endpoint_print_zone(const struct mnet_endpoint *endpoint, const char *zone, char *buf,
                               size_t cap);
char *mnet_mac_print(const struct mnet_mac *mac, char *buf, size_t cap);

#endif
