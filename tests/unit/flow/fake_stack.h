/* SPDX-License-Identifier: ISC
 *
 * A stack for tests of flow/: connections, listeners and sockets without a network. The test plays
 * the peer. Every object is a block of the heap of its own, so that the sanitizer sees a use of one
 * that is gone. */
#ifndef FAKE_STACK_H
#define FAKE_STACK_H

#include <mnet/conn.h>
#include <mnet/dgram.h>
#include <stdbool.h>

struct mnet_conn {
    mnet_conn_event_fn on_event;
    void *arg;
    char in[256]; /* received, not consumed */
    size_t in_len;
    char out[256]; /* sent */
    size_t out_len;
    size_t room;       /* of the send buffer */
    bool has_ended;    /* the peer has closed its side */
    bool is_read_shut; /* by us */
    bool is_write_shut;
    mnet_err err; /* why it is dead */
    struct mnet_endpoint remote;
};

struct mnet_listener {
    mnet_listener_fn on_conn;
    void *arg;
    struct mnet_endpoint local;
    unsigned backlog;
    struct mnet_conn *waiting[16];
    unsigned count;
};

struct mnet_dgram {
    mnet_dgram_ready_fn on_ready;
    void *arg;
    struct mnet_endpoint local;
    char queue[16][32];
    unsigned first, last;
    mnet_err err;
    char out[64];
};

struct fake_stack {
    unsigned flows;                    /* objects of flow/ given out */
    unsigned flows_limit;              /* at most so many; 0: any number */
    unsigned conns, listeners, dgrams; /* that are open */
    unsigned closes, aborts, events;   /* calls so far */
    mnet_err open_err;                 /* what the next open, listen or bind fails with */
    struct mnet_conn *conn;            /* the last one opened */
    struct mnet_listener *listener;
    struct mnet_dgram *dgram;
    size_t *left_at_close; /* where close notes the bytes that were not consumed; NULL: nowhere */
};
extern struct fake_stack fake_stack;

/* The handle that the calls of flow/ are given. */
struct mnet_stack *fake_stack_handle(void);

/* What the stack does from its poll: tell an event; data that comes; a client that comes. */
void fake_event(struct mnet_conn *conn, unsigned events);
void fake_arrive(struct mnet_conn *conn, const char *text);
void fake_end(struct mnet_conn *conn);
void fake_die(struct mnet_conn *conn, mnet_err err);
void fake_make_room(struct mnet_conn *conn, size_t room);
/* `tell` false: more come in the same batch. */
void fake_client(struct mnet_listener *listener, bool tell);
void fake_datagram(struct mnet_dgram *dgram, const char *text);

#endif
