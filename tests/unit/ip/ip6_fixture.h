/* SPDX-License-Identifier: ISC
 *
 * The state of IPv6 (addresses, prefixes, routers) on a link that is only pretended: which
 * addresses are ready or taken, and what is known of neighbours, is set by the test; what is told
 * to link/ and what is sent is kept. */
#ifndef MN_IP6_FIXTURE_H
#define MN_IP6_FIXTURE_H

/* cmocka wants these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ip/ip_state.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN_MAX 64

struct mn_link {
    struct mnet_mac mac;
    uint32_t mtu;
    /* Own addresses that link/ was told of. */
    struct mnet_addr own[KNOWN_MAX];
    unsigned own_count;
    bool is_ready;                     /* all of them are, but those taken */
    mnet_err refuse;                   /* what adding one returns */
    struct mnet_addr taken[KNOWN_MAX]; /* other hosts have these */
    unsigned taken_count;
    /* Neighbours. */
    struct mnet_addr silent[KNOWN_MAX], not_router[KNOWN_MAX];
    unsigned silent_count, not_router_count;
    /* The last thing heard. */
    struct mnet_addr heard;
    struct mnet_mac heard_mac;
    bool heard_is_router;
    unsigned heard_count;
    uint32_t reachable_ms, retrans_ms;
};

/* The last packet of a kind, and how many there were. */
struct sent6 {
    struct mn_ip_tx tx;
    uint8_t bytes[1500];
    uint32_t len;
    unsigned count;
};

struct fix6 {
    struct mn_env env;
    struct mn_link link;
    struct mn_ip ip;
    struct mnet_rng_seeded rng;
    void *region;
    struct mnet_addr source4; /* what mn_ip_source says; any: none */
    struct sent6 sent, report, igmp;
};

struct fix6 *fix6_new(enum mnet_ipv6_mode mode);
void fix6_free(struct fix6 *f);
int fix6_setup(void **state);
int fix6_teardown(void **state);

/* Lets time pass and timers fire. */
void fix6_pass(struct fix6 *f, mnet_time time);
/* "2001:db8::1/64". */
struct mnet_cidr cidr6(const char *text);
struct mnet_addr addr6(const char *text);
/* The i-th own address of that origin. */
struct mn_ip6_own *own6(struct fix6 *f, enum mn_ip6_origin origin, unsigned i);
unsigned own6_count(const struct fix6 *f, enum mn_ip6_origin origin);
/* The next hop of `dst` as text; "none", "local", "group". */
const char *hop6(struct fix6 *f, const char *dst);
void set_silent(struct fix6 *f, const char *addr);
void set_not_router(struct fix6 *f, const char *addr);
void set_taken(struct fix6 *f, const struct mnet_addr *addr);

#define assert_addr6(a, text)                                                                      \
    do {                                                                                           \
        char got_[MNET_ADDR_TEXT_MAX];                                                             \
        assert_string_equal(mnet_addr_print((a), got_, sizeof got_), (text));                      \
    } while (0)

#endif
