/* SPDX-License-Identifier: ISC
 *
 * One stack on a simulated link, and at the other end a wire that is played by hand: it counts and
 * times what the stack sends, and says what routers and neighbours say, byte by byte, by code that
 * is not the stack's. */
#ifndef SIM_WIRE6_H
#define SIM_WIRE6_H

/* cmocka wants these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../../ports/sim/sim.h"
#include <cmocka.h>
#include <mnet/dgram.h>
#include <mnet/stack.h>

#define TIMES_MAX 64

/* When something of a kind was sent, the first TIMES_MAX of them. */
struct times {
    unsigned count;
    mnet_time at[TIMES_MAX];
};

/* Somebody at the other end. */
struct station {
    struct mnet_addr addr;
    struct mnet_mac mac;
    bool is_there;  /* answers solicitations */
    bool is_router; /* and says so */
};
#define STATIONS_MAX 4

struct wire6 {
    struct sim *sim;
    struct mnet_netdev *dev; /* the hand's */
    struct mnet_stack *stack;
    mnet_time started;
    struct mnet_rng_seeded rng;
    void *memory;
    struct mnet_dgram *dgram;
    struct station station[STATIONS_MAX];
    unsigned station_count;
    bool has_all;            /* every address that the stack probes for is somebody else's... */
    struct mnet_addr taken;  /* ...or this one is; any: none */
    bool wants_too;          /* ... is probed for by another host at the same time */
    bool reflects;           /* what the stack sends to groups comes back to it... */
    bool renames;            /* ...from another hardware address */
    struct times probes;     /* solicitations from :: */
    struct times group;      /* solicitations to a group, of neighbours */
    struct times unicast;    /* solicitations to one host */
    struct times asks;       /* of routers */
    struct times adverts;    /* unsolicited advertisements, to all nodes */
    struct mnet_addr probed; /* by the last of them */
    /* The last datagram, and how many there were. */
    struct {
        struct mnet_addr src;
        struct mnet_mac to;
        unsigned hop_limit, count, fragments;
    } udp;
};

/* What a router says. Zeroed: nothing of the kind. */
struct ra {
    const char *from; /* NULL: fe80::1 */
    uint8_t hop_limit;
    uint16_t lifetime_s;
    uint32_t reachable_ms, retrans_ms, mtu;
    const char *prefix; /* /64 */
    bool is_on_link, is_autonomous;
    uint32_t preferred_s, valid_s;
};

/* The config may be changed by `change` (NULL: not). IPv4 is off, the mode is PRIVATE. */
struct wire6 *wire6_new(uint64_t seed, void (*change)(struct mnet_config *config));
void wire6_free(struct wire6 *w);
/* Lets time pass. */
void wire6_pass(struct wire6 *w, mnet_time time);
/* Adds a station; its hardware address is 02:aa:00:00:00:N. */
struct station *wire6_station(struct wire6 *w, const char *addr);
void wire6_ra(struct wire6 *w, const struct ra *ra);
/* A neighbour advertisement about `about`, from it, to all nodes. `flags`: 0x20 override. */
void wire6_na(struct wire6 *w, const struct station *about, unsigned flags);
/* Another host has `addr` from now on, for which the stack is probing. */
void wire6_take(struct wire6 *w, const struct mnet_addr *addr);
/* A datagram of `len` bytes from the stack to `to`, port 9. */
mnet_err wire6_send(struct wire6 *w, const char *to, size_t len);
void wire6_forget(struct wire6 *w); /* what was counted so far */

/* The first line of mnet_stack_show that begins with that; "" if there is none. */
const char *wire6_line(struct wire6 *w, const char *beginning);
unsigned wire6_lines(struct wire6 *w, const char *beginning);
/* The state of a neighbour; "" if it is not in the table. */
const char *wire6_neighbour(struct wire6 *w, const char *addr);
/* The n-th own address of a kind ("temporary"); any: there are not so many. */
struct mnet_addr wire6_own(struct wire6 *w, const char *kind, unsigned n);
/* Seconds that `line` has behind " valid " or " preferred "; UINT32_MAX: for ever. */
uint32_t wire6_seconds(const char *line, const char *what);

#endif
