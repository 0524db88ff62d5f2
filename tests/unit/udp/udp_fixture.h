/* SPDX-License-Identifier: ISC
 *
 * UDP on the pretended link of the tests of ip/, and users whose callbacks note what they were
 * told. */
#ifndef MN_UDP_FIXTURE_H
#define MN_UDP_FIXTURE_H

#include "../ip/ip_fixture.h"
#include <udp/udp_state.h>

struct ufix {
    struct fix *f;          /* ip and below */
    struct mn_transport *t; /* udp */
    struct mn_udp *udp;     /* the same */
};

/* A user of a socket: counts what it is told, keeps the last datagram. */
struct user {
    struct ufix *u;
    struct mnet_dgram *dgram;
    unsigned told, ready;
    struct mnet_endpoint from, to;
    uint8_t data[65536];
    size_t len;
    unsigned slices;
    /* What it does when told. */
    bool closes;               /* itself */
    struct mnet_dgram **other; /* closes another one, and NULLs it */
    bool echoes;
};

struct ufix *ufix_new(uint32_t pages, uint16_t queue_kib);
void ufix_free(struct ufix *u);
int ufix_setup(void **state);
int ufix_teardown(void **state);

struct mnet_endpoint ep(uint32_t addr, uint16_t port);
/* Opens a socket; `addr` 0: any. */
struct mnet_dgram *open_queue(struct ufix *u, uint32_t addr, uint16_t port);
struct mnet_dgram *open_user(struct ufix *u, struct user *user, uint32_t addr, uint16_t port);
void on_dgram(struct mnet_dgram *dgram, const struct mnet_dgram_rx *rx, void *arg);
void on_ready(struct mnet_dgram *dgram, void *arg);

/* One datagram in words; zeroed fields mean PEER:1000 to OWN:2000. */
struct udp {
    uint32_t src, dst;
    uint16_t src_port, dst_port;
    const void *data;
    uint32_t len;
    int checksum;       /* 0: right, 1: none, 2: wrong */
    int32_t length_off; /* added to the length field */
    uint32_t padding;   /* bytes behind the datagram, inside of the IP packet */
    bool is_src_port_0;
    bool ether_group;
    uint32_t fragment; /* payload bytes of each fragment; 0: whole */
};

/* Receives it as stack/ would: ip, udp, port unreachable. Returns udp's verdict. */
mn_verdict datagram(struct ufix *u, const struct udp *d);
mn_verdict loopback(struct ufix *u);
void events(struct ufix *u);
/* The last packet sent, as a UDP datagram; asserts its headers and checksum. Returns its payload.
 */
const uint8_t *take_udp(struct ufix *u, uint32_t *len);

#endif
