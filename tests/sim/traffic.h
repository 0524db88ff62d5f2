/* SPDX-License-Identifier: ISC
 *
 * Traffic between two simulated hosts that checks itself: every byte is a function of its
 * connection, direction and place, so that what arrives can be compared without keeping what was
 * sent. */
#ifndef SIM_TRAFFIC_H
#define SIM_TRAFFIC_H

#include "../../ports/sim/sim.h"
#include <mnet/conn.h>
#include <mnet/dgram.h>
#include <mnet/stack.h>

#define TRAFFIC_CONNS 16

/* How an end behaves. */
enum manner {
    MANNER_EVENTS, /* acts in its callbacks only, as much as it can */
    MANNER_SLOW,   /* looks now and then, reads and writes a little */
    MANNER_GET,    /* acts in its callbacks, by peek and consume */
};

/* One end of one connection. */
struct end {
    struct traffic *traffic;
    struct mnet_conn *conn; /* NULL: not there yet, or closed */
    enum manner manner;
    unsigned id;       /* of the connection and direction: decides its bytes */
    uint64_t to_send;  /* bytes in all */
    uint64_t sent;     /* taken by the stack */
    uint64_t received; /* checked */
    bool has_shut;     /* our FIN is asked for */
    bool has_eof;      /* the peer's end was read */
    bool may_fail;     /* an error is no surprise: somebody aborts */
    mnet_err err;      /* 0, or what killed it */
};

struct host {
    struct mnet_stack *stack;
    struct mnet_rng_seeded rng;
    struct mnet_listener *listener;
    struct mnet_dgram *dgram;
    void *memory;
};

struct traffic {
    struct sim *sim;
    struct mnet_rng_seeded rng; /* of the users' behaviour */
    struct host client, server;
    unsigned count;    /* connections */
    unsigned accepted; /* ends of the server in use */
    struct end ends[2][TRAFFIC_CONNS];
    struct mnet_endpoint remote; /* where the server is */
    uint64_t dgrams;             /* received intact */
    bool is_wild;                /* corruption may pass the checksums */
    char error[256];             /* "", or the first thing that was wrong */
};

/* What a scenario asks for. */
struct traffic_config {
    struct sim_link_config link;
    struct sim_device_config devices[2];
    size_t memory_len;   /* of each host; 0: 8 MiB */
    uint32_t buffers;    /* send and receive buffer; 0: the stack's default */
    unsigned conns;      /* at most TRAFFIC_CONNS */
    uint64_t bytes_max;  /* each way and connection, at most */
    bool is_ipv6;        /* the traffic, not only the link */
    mnet_time mtu_every; /* so often the link takes another of these, in turn; 0: never */
    uint32_t mtus[4];
    bool has_aborts;       /* some connections are aborted on the way */
    uint64_t fail_at;      /* the n-th allocation of the server fails */
    mnet_time patience;    /* virtual time after which all must be over */
    bool is_only_survival; /* nothing is promised but that nothing breaks */
};

/* Runs one scenario with one seed. Returns NULL, or what went wrong. `digest` (may be NULL) gets a
 * hash of all frames and times. */
const char *traffic_run(const struct traffic_config *config, uint64_t seed, uint64_t *digest,
                        struct traffic *traffic);

uint32_t traffic_below(struct traffic *traffic, uint32_t bound);

#endif
