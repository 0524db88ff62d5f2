/* SPDX-License-Identifier: ISC
 *
 * The fake stack. */
#include "fake_stack.h"
#include <assert.h>
#include <mnet/task.h>
#include <stack/stack_flow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_stack fake_stack;

struct mnet_stack *fake_stack_handle(void)
{
    return (struct mnet_stack *)(void *)&fake_stack;
}

void *mn_stack_flow_get(struct mnet_stack *stack)
{
    assert(stack == fake_stack_handle());
    if (fake_stack.flows_limit > 0 && fake_stack.flows >= fake_stack.flows_limit)
        return NULL;
    fake_stack.flows++;
    return calloc(1, MN_STACK_FLOW_SIZE);
}

void mn_stack_flow_put(struct mnet_stack *stack, void *object)
{
    assert(stack == fake_stack_handle());
    fake_stack.flows--;
    free(object);
}

/* ---- connections ---- */

static struct mnet_conn *new_conn(mnet_conn_event_fn on_event, void *arg)
{
    struct mnet_conn *conn = calloc(1, sizeof *conn);
    conn->on_event = on_event;
    conn->arg = arg;
    conn->room = 8;
    fake_stack.conns++;
    fake_stack.conn = conn;
    return conn;
}

static void free_conn(struct mnet_conn *conn)
{
    fake_stack.conns--;
    free(conn);
}

mnet_err mnet_conn_open(struct mnet_stack *stack, const struct mnet_endpoint *local,
                        const struct mnet_endpoint *remote, mnet_conn_event_fn on_event, void *arg,
                        struct mnet_conn **conn)
{
    assert(stack == fake_stack_handle() && local == NULL);
    *conn = NULL;
    if (fake_stack.open_err != MNET_OK)
        return fake_stack.open_err;
    *conn = new_conn(on_event, arg);
    (*conn)->remote = *remote;
    return MNET_OK;
}

mnet_ssize mnet_conn_send(struct mnet_conn *conn, const void *from, size_t len)
{
    if (conn->err != MNET_OK)
        return conn->err;
    if (conn->is_write_shut)
        return MNET_ERR_CLOSED;
    size_t n = len < conn->room ? len : conn->room;
    memcpy(conn->out + conn->out_len, from, n);
    conn->out_len += n;
    conn->room -= n;
    return (mnet_ssize)n;
}

mnet_err mnet_conn_send_all(struct mnet_conn *conn, const void *from, size_t len)
{
    if (conn->room < len)
        conn->room = len;
    mnet_ssize n = mnet_conn_send(conn, from, len);
    return n < 0 ? (mnet_err)n : MNET_OK;
}

/* What a receiving call answers if there are no bytes. */
static mnet_ssize no_bytes(const struct mnet_conn *conn)
{
    if (conn->is_read_shut)
        return MNET_ERR_CLOSED;
    if (conn->err != MNET_OK)
        return conn->err;
    return conn->has_ended ? 0 : MNET_ERR_AGAIN;
}

mnet_ssize mnet_conn_recv(struct mnet_conn *conn, void *to, size_t len)
{
    if (conn->in_len == 0)
        return no_bytes(conn);
    size_t n = len < conn->in_len ? len : conn->in_len;
    memcpy(to, conn->in, n);
    mnet_conn_consume(conn, n);
    return (mnet_ssize)n;
}

/* In ranges of at most three bytes. */
mnet_ssize mnet_conn_peek(struct mnet_conn *conn, struct mnet_slice *slices, size_t max)
{
    if (conn->in_len == 0)
        return no_bytes(conn);
    size_t count = 0;
    for (size_t at = 0; at < conn->in_len && count < max; at += 3) {
        size_t left = conn->in_len - at;
        slices[count++] = (struct mnet_slice){(const uint8_t *)conn->in + at, left < 3 ? left : 3};
    }
    return (mnet_ssize)count;
}

void mnet_conn_consume(struct mnet_conn *conn, size_t len)
{
    assert(len <= conn->in_len);
    memmove(conn->in, conn->in + len, conn->in_len - len);
    conn->in_len -= len;
}

mnet_err mnet_conn_shutdown(struct mnet_conn *conn, enum mnet_shutdown how)
{
    if (how & MNET_SHUTDOWN_READ) {
        conn->is_read_shut = true;
        conn->in_len = 0;
    }
    if (how & MNET_SHUTDOWN_WRITE)
        conn->is_write_shut = true;
    return MNET_OK;
}

void mnet_conn_close(struct mnet_conn *conn)
{
    fake_stack.closes++;
    if (fake_stack.left_at_close)
        *fake_stack.left_at_close = conn->in_len;
    free_conn(conn);
}

void mnet_conn_abort(struct mnet_conn *conn)
{
    fake_stack.aborts++;
    free_conn(conn);
}

mnet_err mnet_conn_error(const struct mnet_conn *conn)
{
    return conn->err;
}

void mnet_conn_peers(const struct mnet_conn *conn, struct mnet_endpoint *local,
                     struct mnet_endpoint *remote)
{
    *local = (struct mnet_endpoint){.port = 1};
    *remote = conn->remote;
}

char *mnet_conn_tag(const struct mnet_conn *conn, char *buf, size_t cap)
{
    snprintf(buf, cap, "tag of %u", (unsigned)conn->remote.port);
    return buf;
}

/* ---- listeners ---- */

mnet_err mnet_conn_listen(struct mnet_stack *stack, const struct mnet_endpoint *local,
                          unsigned backlog, mnet_listener_fn on_conn, void *arg,
                          struct mnet_listener **listener)
{
    assert(stack == fake_stack_handle());
    *listener = NULL;
    if (fake_stack.open_err != MNET_OK)
        return fake_stack.open_err;
    *listener = calloc(1, sizeof **listener);
    **listener =
        (struct mnet_listener){.on_conn = on_conn, .arg = arg, .local = *local, .backlog = backlog};
    fake_stack.listeners++;
    fake_stack.listener = *listener;
    return MNET_OK;
}

mnet_err mnet_conn_accept(struct mnet_listener *listener, mnet_conn_event_fn on_event, void *arg,
                          struct mnet_conn **conn)
{
    *conn = NULL;
    if (listener->count == 0)
        return MNET_ERR_AGAIN;
    *conn = listener->waiting[0];
    listener->count--;
    memmove(listener->waiting, listener->waiting + 1, listener->count * sizeof *listener->waiting);
    (*conn)->on_event = on_event;
    (*conn)->arg = arg;
    return MNET_OK;
}

void mnet_conn_unlisten(struct mnet_listener *listener)
{
    for (unsigned i = 0; i < listener->count; i++)
        free_conn(listener->waiting[i]);
    fake_stack.listeners--;
    free(listener);
}

/* ---- sockets ---- */

mnet_err mnet_dgram_open(struct mnet_stack *stack, const struct mnet_endpoint *local,
                         mnet_dgram_fn on_dgram, mnet_dgram_ready_fn on_ready, void *arg,
                         struct mnet_dgram **dgram)
{
    assert(stack == fake_stack_handle() && on_dgram == NULL);
    *dgram = NULL;
    if (fake_stack.open_err != MNET_OK)
        return fake_stack.open_err;
    *dgram = calloc(1, sizeof **dgram);
    (*dgram)->on_ready = on_ready;
    (*dgram)->arg = arg;
    (*dgram)->local = *local;
    fake_stack.dgrams++;
    fake_stack.dgram = *dgram;
    return MNET_OK;
}

void mnet_dgram_close(struct mnet_dgram *dgram)
{
    fake_stack.dgrams--;
    free(dgram);
}

mnet_err mnet_dgram_send(struct mnet_dgram *dgram, const struct mnet_endpoint *to, const void *data,
                         size_t len)
{
    if (to->port == 0)
        return MNET_ERR_INVALID;
    memcpy(dgram->out, data, len);
    dgram->out[len] = '\0';
    return MNET_OK;
}

mnet_ssize mnet_dgram_recv(struct mnet_dgram *dgram, void *buf, size_t cap,
                           struct mnet_endpoint *from, struct mnet_endpoint *to)
{
    assert(to == NULL);
    if (dgram->first == dgram->last)
        return MNET_ERR_AGAIN;
    const char *text = dgram->queue[dgram->first++ % 16];
    size_t len = strlen(text);
    memcpy(buf, text, len < cap ? len : cap);
    if (from)
        from->port = 77;
    return (mnet_ssize)len;
}

mnet_err mnet_dgram_error(struct mnet_dgram *dgram)
{
    mnet_err err = dgram->err;
    dgram->err = MNET_OK;
    return err;
}

/* ---- the peer ---- */

void fake_event(struct mnet_conn *conn, unsigned events)
{
    fake_stack.events++;
    mnet_nowait_begin();
    if (conn->on_event)
        conn->on_event(conn, events, conn->arg);
    mnet_nowait_end();
}

void fake_arrive(struct mnet_conn *conn, const char *text)
{
    memcpy(conn->in + conn->in_len, text, strlen(text));
    conn->in_len += strlen(text);
    fake_event(conn, MNET_EV_READABLE);
}

void fake_end(struct mnet_conn *conn)
{
    conn->has_ended = true;
    fake_event(conn, MNET_EV_READABLE);
}

void fake_die(struct mnet_conn *conn, mnet_err err)
{
    conn->err = err;
    fake_event(conn, MNET_EV_ERROR);
}

void fake_make_room(struct mnet_conn *conn, size_t room)
{
    conn->room += room;
    fake_event(conn, MNET_EV_WRITABLE);
}

void fake_client(struct mnet_listener *listener, bool tell)
{
    listener->waiting[listener->count++] = new_conn(NULL, NULL);
    if (!tell)
        return;
    mnet_nowait_begin();
    listener->on_conn(listener, listener->arg);
    mnet_nowait_end();
}

void fake_datagram(struct mnet_dgram *dgram, const char *text)
{
    strncpy(dgram->queue[dgram->last++ % 16], text, 31);
    mnet_nowait_begin();
    dgram->on_ready(dgram, dgram->arg);
    mnet_nowait_end();
}
