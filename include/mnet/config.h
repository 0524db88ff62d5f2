/* SPDX-License-Identifier: ISC
 *
 * mnet/config.h - how a stack is set up. Everything is decided at run time; there are no macros to
 * define. */
#ifndef MNET_CONFIG_H
#define MNET_CONFIG_H

#include <mnet/addr.h>
#include <mnet/log.h>
#include <mnet/netdev.h>
#include <mnet/rng.h>
#include <mnet/time.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Addresses that a configuration can name; more can be added later (mnet_stack_addr_add). */
#define MNET_CONFIG_ADDRS 4

/* How a stack gets its IPv6 addresses. In every mode but OFF it has a link-local address and, from
 * router advertisements, one for each prefix (RFC 4862); static ones come on top. */
enum mnet_ipv6_mode {
    MNET_IPV6_OFF,     /* no IPv6 at all */
    MNET_IPV6_PRIVATE, /* identifiers that are stable on one network and tell nothing: RFC 7217 */
    MNET_IPV6_EUI64,   /* the Ethernet address in them: RFC 4291 appendix A */
    MNET_IPV6_RANDOM,  /* new ones at every start */
    MNET_IPV6_STATIC,  /* link-local as in PRIVATE; advertisements are heard for routers and
                          prefixes,  but make no addresses */
};

struct mnet_config {
    /* What the stack is made of. */
    const char *name; /* for logs and reports; the device's name if NULL */
    struct mnet_netdev
        *netdev;          /* NULL: frames are handed in and taken out by hand (mnet/stack.h) */
    struct mnet_mac mac;  /* own address when netdev is NULL */
    uint32_t mtu;         /* when netdev is NULL: 576 .. 65535; else an upper bound, 0 for none */
    struct mnet_rng *rng; /* required; must outlive the stack */
    struct mnet_log *log; /* where log lines go; NULL: nowhere */

    /* The budget: one region, whole property of the stack until it is destroyed. Nothing that comes
     * from outside can make the stack use more. At least mnet_config_memory_min(). */
    void *memory;      /* aligned to 16 bytes */
    size_t memory_len; /* bytes */

    /* IPv4. */
    struct mnet_cidr
        ipv4[MNET_CONFIG_ADDRS];   /* own addresses; prefix_len 0 with a zeroed address: unused */
    struct mnet_addr ipv4_gateway; /* any: none */
    bool ipv4_probe; /* probe for conflicts before use (RFC 5227 2.1.1): delays the start by up to 7
                        s */

    /* IPv6. */
    enum mnet_ipv6_mode ipv6_mode; /* [OFF; mnet_run sets PRIVATE] */
    struct mnet_cidr
        ipv6[MNET_CONFIG_ADDRS];   /* static addresses, in every mode but OFF; zeroed: unused */
    struct mnet_addr ipv6_gateway; /* a static default router; any: those that are advertised */
    bool ipv6_temporary;     /* also temporary addresses, preferred for what we begin: RFC 8981 */
    uint8_t ipv6_secret[16]; /* RFC 7217: the same secret gives the same addresses after a restart;
                                zeroed, or in RANDOM: a random one, so that addresses differ at
                                each start */

    /* TCP; 0 means the default given in brackets. */
    uint32_t tcp_rcv_buf;   /* receive buffer of a connection, bytes [1 MiB] */
    uint32_t tcp_snd_buf;   /* send buffer of a connection, bytes [1 MiB] */
    uint32_t tcp_conns_max; /* connections at the same time [what fits three quarters of the budget
                               at 1 KiB each] */
    uint32_t tcp_syn_max;   /* half-open connections at the same time [1024] */
    uint32_t tcp_time_wait_max; /* TIME-WAIT records at the same time; the oldest goes first [16384,
                                   at most conns_max] */
    mnet_time tcp_msl;          /* maximum segment lifetime; TIME-WAIT lasts twice as long [30 s] */
    mnet_time
        tcp_user_timeout; /* RFC 9293 3.8.3: unacknowledged data ends the connection [100 s]... */
    mnet_time tcp_connect_timeout; /* ...and an unanswered SYN after [75 s] */
    uint16_t udp_queue_bytes_kib;  /* receive queue of a UDP socket, KiB [256] */
};

/* Sets every field to "unset" or its default. Call it first, so that a program compiles and means
 * the same when fields are added. */
void mnet_config_init(struct mnet_config *config);

/* The smallest memory_len that mnet_stack_create accepts for `config`, bytes. */
size_t mnet_config_memory_min(const struct mnet_config *config);

#endif
