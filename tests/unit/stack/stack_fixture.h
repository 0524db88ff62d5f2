/* SPDX-License-Identifier: ISC
 *
 * Two stacks, a (10.0.0.1) and b (10.0.0.2), joined by hand: every frame that one gives is handed
 * to the other. */
#ifndef STACK_FIXTURE_H
#define STACK_FIXTURE_H

#include <mnet/conn.h>
#include <mnet/dgram.h>
#include <mnet/stack.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
/* cmocka wants those first. */
#include <cmocka.h>

#define MEMORY_LEN (4u << 20)

struct host {
    struct mnet_stack *stack;
    struct mnet_rng_seeded rng;
    struct mnet_config config;
    void *memory;
};

struct net {
    struct host a, b;
    mnet_time now;
    uint64_t frames; /* carried so far */
    uint64_t digest; /* of all of them, in order */
    bool is_cut;     /* frames get lost */
};

/* A config for one host, not created yet. */
void host_config(struct host *host, const char *cidr, uint64_t seed);
void host_create(struct host *host, mnet_time now);
void host_destroy(struct host *host);

void net_up(struct net *net);
void net_down(struct net *net);
/* Polls both and carries frames until neither has any, at most `rounds` times; time stands still.
 */
void net_settle(struct net *net);
/* Lets time pass to each next deadline, up to `duration`. */
void net_run(struct net *net, mnet_time duration);

/* One frame that `host` wants to send; 0 if none. */
size_t host_frame(struct host *host, uint8_t *buf, size_t cap);

struct mnet_endpoint endpoint(const char *text);

#endif
