/* SPDX-License-Identifier: ISC
 *
 * The other end of the wire for a stack under test: builds frames with right checksums around
 * whatever it is told, and checks every frame that the stack sends.
 *
 * Bytes of a TCP stream are a function of their place, both ways, so that whatever is received,
 * however it was cut, repeated and reordered, can be compared. */
#ifndef FUZZ_PEER_H
#define FUZZ_PEER_H

#include "fuzz.h"
#include <wire/icmp4_hdr.h>
#include <wire/ip4_hdr.h>
#include <wire/ip6_hdr.h>
#include <wire/tcp_hdr.h>
#include <wire/tcp_opts.h>

#define PEER_FLOWS 8 /* half of them over IPv4, half over IPv6 */
#define PEER_FLOWS4 4u
#define PEER_FRAME_MAX 2048

#define PEER_STACK_IP 0x0a000002u /* 10.0.0.2, the stack's address */
#define PEER_IP 0x0a000001u       /* 10.0.0.1, ours */
#define PEER_PORT 7000u           /* of flow 0; the next ones follow */
#define PEER_LISTEN_PORT 80u      /* where the stack listens */

/* What is known of one TCP connection, from what the stack has sent. */
struct peer_flow {
    uint16_t stack_port; /* its port */
    uint32_t isn;        /* ours: fixed for each flow, so that bytes depend on their place alone */
    uint32_t nxt;        /* what it expects of us next */
    uint32_t stack_isn;  /* its */
    uint32_t stack_nxt;  /* behind what it has sent */
    uint16_t isn_port;   /* whose SYN that was: its port then; 0: none was seen */
    uint32_t ts;         /* its last timestamp */
};

struct peer {
    struct peer_flow flow[PEER_FLOWS];
    uint8_t frame[PEER_FRAME_MAX]; /* built last, or sent by the stack last */
    size_t frame_len;
    bool is_ipv6; /* what is built is of IPv6: 10.0.0.N is fd00::N, and so on */
    bool is_wild; /* something was sent that may change any byte of a stream */
};

void peer_init(struct peer *peer);

/* The byte at `place` of the stream of flow `i`, from us or from the stack. */
uint8_t peer_byte(unsigned i, uint32_t place, bool is_from_stack);

/* Each builds a frame in peer->frame. */
void peer_arp(struct peer *peer, uint16_t op, uint32_t spa, uint32_t tpa);
/* `h` with its length and checksum filled in, in front of `payload`. */
void peer_ip(struct peer *peer, struct mn_ip4_hdr h, const uint8_t *options, size_t options_len,
             const uint8_t *payload, size_t len);
/* A segment of flow `i` with `len` bytes of its stream; the checksum and header length are filled
 * in. */
void peer_tcp(struct peer *peer, unsigned i, struct mn_tcp_hdr h, const uint8_t *options,
              size_t options_len, size_t len);
void peer_udp(struct peer *peer, uint16_t src_port, uint16_t dst_port, uint16_t length, size_t len);
void peer_icmp(struct peer *peer, struct mn_icmp4_hdr h, const uint8_t *payload, size_t len);
/* A message of neighbour discovery with right checksum, about that address; flags are those of the
 * message, and where it is from and to. */
void peer_ndp(struct peer *peer, uint8_t type, uint8_t flags, uint32_t about,
              const uint8_t *options, size_t options_len);
/* Makes the checksums of the frame in peer->frame right, as far as it is one. */
void peer_repair(struct peer *peer);

/* Checks a frame of the stack, and learns from it. */
void peer_see(struct peer *peer, const uint8_t *frame, size_t len);

/* ---- peer6.c, for peer.c ---- */

/* The headers of IPv6 that say what `h` and its options say, in front of `len` more bytes. */
void peer_start6(struct mn_wr *w, const struct mn_ip4_hdr *h, const uint8_t *options,
                 size_t options_len, size_t len);
void peer_repair6(uint8_t *at, size_t len);
/* Checks a packet; true: `tcp` is at its TCP header. */
bool peer_see6(const uint8_t *at, size_t len, struct mn_rd *tcp);

#endif
