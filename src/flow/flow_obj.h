/* SPDX-License-Identifier: ISC
 *
 * flow/flow_obj.h - what stands behind the handles of mnet/tcp.h and mnet/udp.h.
 *
 * Every object begins with a mn_flow_base: it belongs to one owner and is used by the tasks that
 * wait at it. Closing it is the owner's last use; the memory stays until the last waiting task has
 * learnt that. */
#ifndef MN_FLOW_OBJ_H
#define MN_FLOW_OBJ_H

#include <mnet/tcp.h>
#include <mnet/udp.h>
#include <sched/sched.h>
#include <stack/stack_flow.h>

struct mn_flow_base {
    struct mnet_stack *stack; /* whose budget it is from */
    uint32_t refs;            /* one of the owner, one of each waiting task */
    bool is_closed;           /* the owner has given it up */
};

struct mnet_flow {
    struct mn_flow_base base;
    struct mnet_conn *conn;    /* valid until closed */
    struct mnet_waitq readers; /* tasks that wait for data */
    struct mnet_waitq writers; /* tasks that wait for room, or for the connection */
    size_t lent;               /* bytes that the last get lent and nothing has given back yet */
    bool is_connected;         /* our open has succeeded */
};

struct mnet_server {
    struct mn_flow_base base;
    struct mnet_listener *listener; /* valid until closed */
    struct mnet_waitq waiters;      /* tasks in accept */
};

struct mnet_udp {
    struct mn_flow_base base;
    struct mnet_dgram *dgram;  /* valid until closed */
    struct mnet_waitq readers; /* tasks in recvfrom */
};

_Static_assert(sizeof(struct mnet_flow) <= MN_STACK_FLOW_SIZE, "a flow fits its pool");
_Static_assert(sizeof(struct mnet_server) <= MN_STACK_FLOW_SIZE, "a server fits its pool");
_Static_assert(sizeof(struct mnet_udp) <= MN_STACK_FLOW_SIZE, "a socket fits its pool");

/* A new object with one owner; NULL when the budget is used up. */
void *mn_flow_new(struct mnet_stack *stack);
/* The owner's last use. Its queues are to be woken first. */
void mn_flow_drop(struct mn_flow_base *base);
/* Waits in `queue` of an object that the caller may use. After an error it may be gone. Errors:
 * CANCELED, TIMED_OUT, CLOSED. */
MNET_MUST_USE mnet_err mn_flow_wait(struct mn_flow_base *base, struct mnet_waitq *queue);

/* Tells a flow what happens on its connection `arg->conn`. */
void mn_flow_event(struct mnet_conn *conn, unsigned events, void *arg);
/* Gives back what the last get has lent. */
void mn_flow_give_back(struct mnet_flow *flow);

#endif
