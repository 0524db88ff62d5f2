/* SPDX-License-Identifier: ISC
 *
 * Tasks over two real stacks, joined by a wire with a delay and, if wanted, loss. What a fake
 * cannot show: that the events of the stack and the waits of flow/ fit each other, and that nothing
 * is left in the stack (mnet_stack_destroy asserts that its budget is whole). */
#include "../../support/fake_port.h"
#include <mnet/rng.h>
#include <mnet/stack.h>
#include <mnet/task.h>
#include <mnet/tcp.h>
#include <mnet/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MEMORY (8u << 20)
#define FRAMES 4096u
#define FRAME_MAX 1514u
#define DELAY MNET_US(50)

struct host {
    struct mnet_stack *stack;
    struct mnet_rng_seeded rng;
    void *memory;
};

struct wire {
    struct mnet_poller poller;
    struct host host[2];
    unsigned loss; /* frames lost of 1000 */
    uint64_t seed;
    unsigned count; /* frames on their way */
    struct {
        uint8_t bytes[FRAME_MAX];
        size_t len;
        unsigned to;
    } frame[FRAMES];
};

static struct wire wire;

static unsigned below(unsigned bound)
{
    wire.seed = wire.seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((wire.seed >> 33) % bound);
}

/* ---- the wire ---- */

static void wire_in(struct mnet_poller *poller, mnet_time now)
{
    (void)poller;
    for (unsigned i = 0; i < wire.count; i++)
        if (below(1000) >= wire.loss)
            /* A frame that finds no memory is lost like any other. */
            (void)!mnet_stack_frame_in(wire.host[wire.frame[i].to].stack, wire.frame[i].bytes,
                                       wire.frame[i].len);
    wire.count = 0;
    for (unsigned i = 0; i < 2; i++)
        mnet_stack_poll_in(wire.host[i].stack, now);
}

static mnet_time wire_out(struct mnet_poller *poller, mnet_time now)
{
    (void)poller;
    mnet_time due = MNET_NEVER;
    for (unsigned i = 0; i < 2; i++) {
        mnet_time at = mnet_stack_poll_out(wire.host[i].stack, now);
        due = at < due ? at : due;
        size_t len;
        while (wire.count < FRAMES &&
               (len = mnet_stack_frame_out(wire.host[i].stack, wire.frame[wire.count].bytes,
                                           FRAME_MAX)) > 0) {
            wire.frame[wire.count].len = len;
            wire.frame[wire.count++].to = 1 - i;
        }
    }
    if (due < now + DELAY || wire.count > 0)
        due = now + DELAY;
    return due;
}

static void host_up(struct host *host, const char *cidr, uint64_t seed)
{
    struct mnet_config config;
    const char *why = NULL;
    mnet_rng_seeded_init(&host->rng, seed);
    host->memory = aligned_alloc(64, MEMORY);
    mnet_config_init(&config);
    config.name = cidr;
    config.mtu = 1500;
    config.mac = (struct mnet_mac){{2, 0, 0, 0, 0, (uint8_t)seed}};
    config.rng = &host->rng.rng;
    config.memory = host->memory;
    config.memory_len = MEMORY;
    assert_int_equal(mnet_cidr_parse(cidr, &config.ipv4[0]), MNET_OK);
    assert_int_equal(mnet_stack_create(&config, mnet_now(), &host->stack, &why), MNET_OK);
}

static struct mnet_stack *client(void)
{
    return wire.host[0].stack;
}

static struct mnet_stack *server(void)
{
    return wire.host[1].stack;
}

static mnet_task_fn program;

static int with_wire(void *arg)
{
    memset(&wire, 0, sizeof wire);
    wire.seed = 1;
    wire.loss = arg ? 20 : 0;
    host_up(&wire.host[0], "10.0.0.1/24", 1);
    host_up(&wire.host[1], "10.0.0.2/24", 2);
    wire.poller = (struct mnet_poller){.poll_in = wire_in, .poll_out = wire_out};
    mnet_poller_add(&wire.poller);
    int result = -1;
    assert_int_equal(mnet_await(mnet_async(program, arg), &result), MNET_OK);
    for (unsigned i = 0; i < 2; i++)
        assert_true(mnet_stack_ok(wire.host[i].stack));
    mnet_poller_remove(&wire.poller);
    for (unsigned i = 0; i < 2; i++) {
        mnet_stack_destroy(wire.host[i].stack);
        free(wire.host[i].memory);
    }
    return result;
}

static int setup(void **state)
{
    (void)state;
    fake_port_reset();
    fake_port.tick = 100; /* ns: a busy machine's time goes on, too */
    return 0;
}

static int run(mnet_task_fn body, bool is_lossy)
{
    program = body;
    return mnet_sched_run(NULL, with_wire, is_lossy ? &wire : NULL);
}

static struct mnet_endpoint at(const char *text)
{
    struct mnet_endpoint endpoint;
    assert_int_equal(mnet_endpoint_parse(text, &endpoint), MNET_OK);
    return endpoint;
}

/* ---- an echo server and its clients ---- */

static int echo_by_read(struct mnet_flow *flow)
{
    char buf[3000];
    mnet_ssize n;
    while ((n = mnet_tcp_read(flow, buf, 1 + below(sizeof buf))) > 0) {
        mnet_err err = mnet_tcp_write(flow, buf, (size_t)n);
        if (err != MNET_OK)
            return err;
    }
    return (int)n;
}

static int echo_by_get(struct mnet_flow *flow)
{
    struct mnet_slice slices[4];
    mnet_ssize n;
    while ((n = mnet_tcp_get(flow, slices, 1 + below(4))) > 0)
        for (mnet_ssize i = 0; i < n; i++) {
            mnet_err err = mnet_tcp_write(flow, slices[i].at, slices[i].len);
            if (err != MNET_OK)
                return err;
        }
    return (int)n;
}

static int serve_one(void *arg)
{
    struct mnet_own own;
    mnet_own(&own, mnet_tcp_close, arg);
    int result = below(2) ? echo_by_read(arg) : echo_by_get(arg);
    mnet_release(&own);
    return result;
}

static int serve(void *arg)
{
    struct mnet_server *listening;
    struct mnet_orphans orphans = {0};
    struct mnet_task *task;
    struct mnet_flow *flow;
    (void)arg;
    mnet_err err = mnet_tcp_listen(server(), 7, &listening);
    while (err == MNET_OK && (err = mnet_tcp_accept(listening, &flow)) == MNET_OK) {
        while (mnet_care(&orphans, &task) == 1)
            assert_int_equal(mnet_await(task, NULL), MNET_OK);
        assert_non_null(mnet_async_orphan(&orphans, serve_one, flow));
    }
    mnet_tcp_unlisten(listening);
    return err;
}

static uint8_t byte_at(size_t client_number, size_t i)
{
    return (uint8_t)(i * 7 + (i >> 8) * 13 + client_number * 31);
}

struct stream {
    struct mnet_flow *flow;
    size_t number, len;
};

static int send_stream(void *arg)
{
    const struct stream *s = arg;
    uint8_t buf[5000];
    for (size_t sent = 0; sent < s->len;) {
        size_t n = 1 + below(sizeof buf);
        n = n < s->len - sent ? n : s->len - sent;
        for (size_t i = 0; i < n; i++)
            buf[i] = byte_at(s->number, sent + i);
        mnet_err err = mnet_tcp_write(s->flow, buf, n);
        if (err != MNET_OK)
            return err;
        sent += n;
    }
    return mnet_tcp_shutdown(s->flow, MNET_SHUTDOWN_WRITE);
}

static size_t echoed;

/* Sends and receives at the same time, from two tasks. */
static int use_echo(void *arg)
{
    struct stream *s = arg;
    struct mnet_own own;
    const struct mnet_endpoint remote = at("10.0.0.2:7");
    mnet_err err = mnet_tcp_connect(client(), &remote, &s->flow);
    if (err != MNET_OK)
        return err;
    mnet_own(&own, mnet_tcp_close, s->flow);
    struct mnet_task *sender = mnet_async(send_stream, s);
    assert_non_null(sender);
    uint8_t buf[4000];
    size_t got = 0;
    mnet_ssize n;
    while ((n = mnet_tcp_read(s->flow, buf, 1 + below(sizeof buf))) > 0)
        for (mnet_ssize i = 0; i < n; i++)
            assert_int_equal(buf[i], byte_at(s->number, got++));
    /* The sender uses the flow: an early end ends both. */
    if (n < 0 || got < s->len)
        mnet_task_fail(n < 0 ? (mnet_err)n : MNET_ERR_EOF);
    int sent = -1;
    err = mnet_await(sender, &sent);
    if (err != MNET_OK || sent != MNET_OK)
        mnet_task_fail(err != MNET_OK ? err : sent);
    echoed++;
    mnet_release(&own);
    return 0;
}

#define CLIENTS 20

static struct stream streams[CLIENTS];

static int many_echoes(void *arg)
{
    (void)arg;
    struct mnet_task *tasks[CLIENTS], *serving = mnet_async(serve, NULL);
    int results[CLIENTS];
    echoed = 0;
    mnet_yield();
    for (size_t i = 0; i < CLIENTS; i++) {
        streams[i] = (struct stream){NULL, i, i == 0 ? 0 : below(i % 5 == 0 ? 3000000 : 30000)};
        tasks[i] = mnet_async(use_echo, &streams[i]);
    }
    assert_int_equal(mnet_await_all(tasks, CLIENTS, results), MNET_OK);
    for (size_t i = 0; i < CLIENTS; i++)
        assert_int_equal(results[i], MNET_OK);
    mnet_cancel(serving);
    return (int)echoed;
}

static void test_streams_are_echoed_by_many_tasks_at_once(void **state)
{
    (void)state;
    assert_int_equal(run(many_echoes, false), CLIENTS);
}

static void test_streams_are_echoed_over_a_lossy_wire(void **state)
{
    (void)state;
    assert_int_equal(run(many_echoes, true), CLIENTS);
}

/* Everybody may be cancelled at any time. */
static int cancelled_echoes(void *arg)
{
    (void)arg;
    struct mnet_task *tasks[CLIENTS] = {NULL}, *serving = mnet_async(serve, NULL);
    unsigned cancelled = 0;
    for (unsigned step = 0; step < 400; step++) {
        unsigned i = below(CLIENTS);
        if (!tasks[i]) {
            streams[i] = (struct stream){NULL, i, below(200000)};
            tasks[i] = mnet_async(use_echo, &streams[i]);
        } else if (below(2)) {
            mnet_cancel(tasks[i]);
            tasks[i] = NULL;
            cancelled++;
        }
        if (step % 100 == 99) {
            mnet_cancel(serving);
            serving = mnet_async(serve, NULL);
        }
        assert_int_equal(mnet_sleep(MNET_US(below(2000))), MNET_OK);
    }
    mnet_cancel(serving);
    return MNET_ERR_FAILED; /* and the end cancels the rest */
}

static void test_nothing_is_left_of_clients_and_servers_that_are_cancelled(void **state)
{
    (void)state;
    assert_int_equal(run(cancelled_echoes, false), MNET_ERR_FAILED);
    assert_int_equal(run(cancelled_echoes, true), MNET_ERR_FAILED);
}

/* ---- connecting ---- */

static mnet_err connect_to(const char *text)
{
    const struct mnet_endpoint remote = at(text);
    struct mnet_flow *flow;
    mnet_err err = mnet_tcp_connect(client(), &remote, &flow);
    assert_true((flow != NULL) == (err == MNET_OK));
    mnet_tcp_close(flow);
    return err;
}

static int connect_forever(void *arg)
{
    return connect_to(arg);
}

static unsigned conns(struct mnet_stack *stack)
{
    struct mnet_memory_info info;
    mnet_stack_memory(stack, &info);
    return info.tcp_conns;
}

static int connect_in_vain(void *arg)
{
    (void)arg;
    mnet_time start = mnet_now();
    assert_int_equal(connect_to("10.0.0.2:7"), MNET_ERR_CONN_REFUSED);
    assert_int_equal(connect_to("10.9.9.9:7"), MNET_ERR_NET_UNREACH); /* no route */
    assert_true(mnet_now() - start < MNET_SEC(1));
    assert_int_equal(connect_to("10.0.0.99:7"), MNET_ERR_NET_UNREACH); /* nobody there */
    assert_true(mnet_now() - start < MNET_SEC(20));
    /* With a deadline, and cancelled. */
    mnet_time before = mnet_deadline(mnet_now() + MNET_MS(10));
    assert_int_equal(connect_to("10.0.0.98:7"), MNET_ERR_TIMED_OUT);
    mnet_deadline(before);
    char nobody[] = "10.0.0.97:7";
    struct mnet_task *task = mnet_async(connect_forever, nobody);
    assert_int_equal(mnet_sleep(MNET_MS(5)), MNET_OK);
    mnet_cancel(task);
    assert_int_equal(conns(client()), 0);
    return 0;
}

static void test_a_connect_that_fails_says_why(void **state)
{
    (void)state;
    assert_int_equal(run(connect_in_vain, false), 0);
}

static int unlisten_with_clients(void *arg)
{
    (void)arg;
    struct mnet_server *listening;
    const struct mnet_endpoint remote = at("10.0.0.2:7");
    struct mnet_flow *flow;
    char byte;
    assert_int_equal(mnet_tcp_listen(server(), 7, &listening), MNET_OK);
    assert_int_equal(mnet_tcp_connect(client(), &remote, &flow), MNET_OK);
    mnet_tcp_unlisten(listening);
    assert_int_equal(mnet_tcp_read(flow, &byte, 1), MNET_ERR_CONN_RESET);
    mnet_tcp_close(flow);
    return 0;
}

static void test_unlisten_resets_clients_that_nobody_accepted(void **state)
{
    (void)state;
    assert_int_equal(run(unlisten_with_clients, false), 0);
}

/* ---- one side ends ---- */

struct pair {
    struct mnet_flow *near, *far;
};

static int accept_far(void *arg)
{
    struct pair *pair = arg;
    struct mnet_server *listening;
    assert_int_equal(mnet_tcp_listen(server(), 7, &listening), MNET_OK);
    assert_int_equal(mnet_tcp_accept(listening, &pair->far), MNET_OK);
    mnet_tcp_unlisten(listening);
    return 0;
}

static void connect_pair(struct pair *pair)
{
    const struct mnet_endpoint remote = at("10.0.0.2:7");
    struct mnet_task *task = mnet_async(accept_far, pair);
    mnet_yield();
    assert_int_equal(mnet_tcp_connect(client(), &remote, &pair->near), MNET_OK);
    assert_int_equal(mnet_await(task, NULL), MNET_OK);
}

static int ends_of_a_flow(void *arg)
{
    (void)arg;
    struct pair pair;
    char buf[16];
    /* Half-close: the other side reads the end and goes on to write. */
    connect_pair(&pair);
    assert_int_equal(mnet_tcp_write(pair.near, "last", 4), MNET_OK);
    assert_int_equal(mnet_tcp_shutdown(pair.near, MNET_SHUTDOWN_WRITE), MNET_OK);
    assert_int_equal(mnet_tcp_write(pair.near, "x", 1), MNET_ERR_CLOSED);
    assert_int_equal(mnet_tcp_really_read(pair.far, buf, 4), MNET_OK);
    assert_int_equal(mnet_tcp_read(pair.far, buf, sizeof buf), 0);
    assert_int_equal(mnet_tcp_write(pair.far, "answer", 6), MNET_OK);
    mnet_tcp_close(pair.far);
    assert_int_equal(mnet_tcp_really_read(pair.near, buf, 6), MNET_OK);
    assert_int_equal(mnet_tcp_really_read(pair.near, buf, 1), MNET_ERR_EOF);
    mnet_tcp_close(pair.near);

    /* Writing to one who has closed. */
    connect_pair(&pair);
    mnet_tcp_close(pair.far);
    assert_int_equal(mnet_tcp_read(pair.near, buf, sizeof buf), 0);
    assert_int_equal(mnet_tcp_write(pair.near, "x", 1), MNET_OK);
    assert_int_equal(mnet_sleep(MNET_MS(10)), MNET_OK);
    assert_int_equal(mnet_tcp_write(pair.near, "x", 1), MNET_ERR_CLOSED_BY_PEER);
    mnet_tcp_close(pair.near);

    /* A reset is an error, never an end. */
    connect_pair(&pair);
    mnet_tcp_abort(pair.far);
    assert_int_equal(mnet_tcp_read(pair.near, buf, sizeof buf), MNET_ERR_CONN_RESET);
    mnet_tcp_close(pair.near);
    return 0;
}

static void test_half_close_close_and_reset_as_the_other_side_sees_them(void **state)
{
    (void)state;
    assert_int_equal(run(ends_of_a_flow, false), 0);
}

/* ---- UDP ---- */

static int answer_datagrams(void *arg)
{
    struct mnet_udp *udp = arg;
    struct mnet_endpoint from;
    char buf[2000];
    mnet_ssize len;
    while ((len = mnet_udp_recvfrom(udp, buf, sizeof buf, &from)) >= 0)
        assert_int_equal(mnet_udp_sendto(udp, &from, buf, (size_t)len), MNET_OK);
    return (int)len;
}

static int datagrams(void *arg)
{
    (void)arg;
    struct mnet_udp *near, *far;
    const struct mnet_endpoint to = at("10.0.0.2:53"), nowhere = at("10.0.0.2:54");
    char buf[16];
    assert_int_equal(mnet_udp_bind(server(), 53, &far), MNET_OK);
    assert_int_equal(mnet_udp_bind(client(), 0, &near), MNET_OK);
    struct mnet_task *task = mnet_async(answer_datagrams, far);
    mnet_yield();
    /* All of a burst come back, though nobody reads meanwhile. */
    for (char i = 0; i < 10; i++)
        assert_int_equal(mnet_udp_sendto(near, &to, &i, 1), MNET_OK);
    assert_int_equal(mnet_sleep(MNET_MS(50)), MNET_OK);
    for (char i = 0; i < 10; i++) {
        struct mnet_endpoint from;
        assert_int_equal(mnet_udp_recvfrom(near, buf, sizeof buf, &from), 1);
        assert_int_equal(buf[0], i);
        assert_int_equal(from.port, 53);
    }
    /* ICMP tells a connected socket that nobody is there. */
    mnet_dgram_connect(mnet_udp_dgram(near), &nowhere);
    assert_int_equal(mnet_udp_sendto(near, &nowhere, "x", 1), MNET_OK);
    assert_int_equal(mnet_udp_recvfrom(near, buf, sizeof buf, NULL), MNET_ERR_PORT_UNREACH);
    mnet_cancel(task);
    mnet_udp_close(near);
    mnet_udp_close(far);
    return 0;
}

static void test_datagrams_go_both_ways(void **state)
{
    (void)state;
    assert_int_equal(run(datagrams, false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_streams_are_echoed_by_many_tasks_at_once, setup),
        cmocka_unit_test_setup(test_streams_are_echoed_over_a_lossy_wire, setup),
        cmocka_unit_test_setup(test_nothing_is_left_of_clients_and_servers_that_are_cancelled,
                               setup),
        cmocka_unit_test_setup(test_a_connect_that_fails_says_why, setup),
        cmocka_unit_test_setup(test_unlisten_resets_clients_that_nobody_accepted, setup),
        cmocka_unit_test_setup(test_half_close_close_and_reset_as_the_other_side_sees_them, setup),
        cmocka_unit_test_setup(test_datagrams_go_both_ways, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
