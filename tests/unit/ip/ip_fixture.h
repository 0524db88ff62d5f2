/* SPDX-License-Identifier: ISC
 *
 * An IP layer on a link that is only pretended: what it sends is kept, what it receives is written
 * by hand. All bytes and sums are made and read here by plain code of our own, not by the code
 * under test. */
#ifndef MN_IP_FIXTURE_H
#define MN_IP_FIXTURE_H

/* cmocka wants these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ip/ip_state.h>
#include <stdlib.h>
#include <string.h>

#define OWN 0x0a000002u    /* 10.0.0.2/24, the address that most tests use */
#define PEER 0x0a000001u   /* 10.0.0.1, a neighbour */
#define ROUTER 0x0a0000feu /* 10.0.0.254, the gateway when there is one */
#define FAR 0xc6336407u    /* 198.51.100.7, behind it */
#define GROUP 0xe1020304u  /* 225.2.3.4 */

/* What link/ was given. */
struct sent {
    uint8_t bytes[65536];  /* from the IP header on, transport checksum finished */
    uint32_t len;          /* of them */
    struct mnet_addr next; /* next hop */
    bool is_broadcast;     /* to all on the link */
    uint8_t csum, gso;     /* as they were handed down */
    uint16_t csum_start, gso_hdr_len;
};

struct mn_link {
    uint32_t mtu, gso_max;       /* what the device can do */
    bool is_probing;             /* no address is ready yet */
    mnet_err refuse;             /* what sending returns */
    struct mn_env *env;          /* of the layer above */
    struct mn_pktq queue;        /* sent, not looked at yet */
    struct mnet_addr next[4096]; /* next hop of each, in a ring */
    bool is_broadcast[4096];     /* likewise */
    uint32_t sent_count;         /* packets sent ever */
    uint32_t taken_count;        /* of them looked at */
    struct mnet_addr confirmed;  /* last neighbour confirmed */
    struct mnet_addr own6;       /* the last IPv6 address that it was told of */
};

struct fix {
    struct mn_env env;
    struct mn_link link;
    struct mn_ip ip;
    struct mnet_rng_seeded rng;
    void *region;
    /* Of the last packet received. */
    struct mn_pkt *pkt;
    struct mn_ip_rx rx;
    struct mn_ip_err err;
    mn_verdict verdict;
    struct sent sent; /* the last one taken */
};

/* A layer with the address OWN/24 and a budget of `pages` pages. */
struct fix *fix_new(uint32_t pages);
/* The same with IPv6. */
struct fix *fix_new_mode(uint32_t pages, enum mnet_ipv6_mode mode);
/* Asserts that nothing was leaked. */
void fix_free(struct fix *f);
/* The default layer, as cmocka's setup and teardown. */
int fix_setup(void **state);
int fix_teardown(void **state);

void fix_addr(struct fix *f, uint32_t addr, uint8_t prefix_len);
void fix_route(struct fix *f, uint32_t net, uint8_t prefix_len, uint32_t gateway);
/* Whether packets to an IPv4 group come in. */
bool fix_is_joined(const struct fix *f, uint32_t group);
/* Lets time pass and timers of ip/ fire. */
void fix_pass(struct fix *f, mnet_time time);
uint64_t fix_drops(const struct fix *f, enum mnet_drop reason);

/* One IPv4 packet in words. Zeroed fields mean the ordinary; make() fills in the rest. */
struct ip4 {
    uint32_t src, dst; /* 0: PEER, OWN */
    uint8_t proto;     /* 0: UDP */
    uint8_t ttl, tos;
    uint16_t id;
    uint32_t off; /* bytes */
    bool mf, df;
    bool from_zero;      /* src really is 0.0.0.0 */
    uint8_t options[40]; /* multiple of 4 */
    uint8_t options_len;
    const void *data;
    uint32_t len;
};

/* Writes it with right lengths and header checksum; returns the length. */
uint32_t make(uint8_t *at, const struct ip4 *p);
/* Receives bytes as one packet: mn_ip4_in, and then mn_icmp4_in if that is next. Frees what is left
 * at the next call. Returns the verdict. */
mn_verdict receive_bytes(struct fix *f, const uint8_t *at, uint32_t len);
mn_verdict receive(struct fix *f, const struct ip4 *p);
/* The same for the next packet to ourselves. */
mn_verdict receive_loopback(struct fix *f);
/* Frees what the last receive left. */
void drop_received(struct fix *f);

/* Takes the next packet that was sent; false: none. */
bool take(struct fix *f);

/* An empty packet to send with `len` bytes of a pattern. */
struct mn_pkt *pattern_pkt(struct fix *f, uint32_t len);
void pattern(uint8_t *at, uint32_t len, uint32_t seed);

uint16_t be16(const uint8_t *at);
uint32_t be32(const uint8_t *at);
void put16(uint8_t *at, uint32_t value);
void put32(uint8_t *at, uint32_t value);
/* The Internet checksum by the book: RFC 1071 4.1. */
uint16_t plain_sum(const uint8_t *at, uint32_t len, uint32_t start);
/* Start value with the pseudo header of a packet whose header is at `at`. */
uint32_t pseudo(const uint8_t *at, uint32_t len);

#define assert_drop(f, reason) assert_int_equal((f)->verdict, MN_DROP(reason))

#endif
