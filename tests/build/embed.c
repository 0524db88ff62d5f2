/* SPDX-License-Identifier: ISC
 *
 * Another runtime drives mnet: two stacks, no port, no scheduler, frames carried by hand. One
 * connects to the other, sends a line, gets it back. */
#include <mnet/conn.h>
#include <mnet/stack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char answer[64];

static void echo(struct mnet_conn *conn, unsigned events, void *arg)
{
    char buf[64];
    mnet_ssize len;
    (void)arg;
    while ((len = mnet_conn_recv(conn, buf, sizeof buf)) > 0)
        if (mnet_conn_send(conn, buf, (size_t)len) != len)
            exit(2);
    if (len == 0 || (events & MNET_EV_ERROR))
        mnet_conn_close(conn);
}

static void accept_all(struct mnet_listener *listener, void *arg)
{
    struct mnet_conn *conn;
    while (mnet_conn_accept(listener, echo, arg, &conn) == MNET_OK)
        ;
}

static void ask(struct mnet_conn *conn, unsigned events, void *arg)
{
    (void)arg;
    if (events & MNET_EV_CONNECTED && mnet_conn_send(conn, "by hand", 7) != 7)
        exit(3);
    mnet_ssize len = mnet_conn_recv(conn, answer, sizeof answer - 1);
    if (len > 0)
        mnet_conn_close(conn);
}

static struct mnet_stack *make(const char *cidr, unsigned char last, struct mnet_rng_seeded *rng)
{
    struct mnet_config config;
    struct mnet_stack *stack;
    const char *why = "";
    mnet_config_init(&config);
    mnet_rng_seeded_init(rng, last);
    config.rng = &rng->rng;
    config.mtu = 1500;
    config.mac = (struct mnet_mac){{2, 0, 0, 0, 0, last}};
    config.memory_len = 4u << 20;
    config.memory = aligned_alloc(64, config.memory_len);
    if (mnet_cidr_parse(cidr, &config.ipv4[0]) || mnet_stack_create(&config, 0, &stack, &why)) {
        fprintf(stderr, "%s\n", why);
        exit(1);
    }
    return stack;
}

int main(void)
{
    static struct mnet_rng_seeded rngs[2];
    struct mnet_stack *stacks[2] = {make("10.0.0.1/24", 1, &rngs[0]),
                                    make("10.0.0.2/24", 2, &rngs[1])};
    struct mnet_endpoint server;
    struct mnet_listener *listener;
    struct mnet_conn *conn;
    if (mnet_endpoint_parse("10.0.0.2:7", &server) ||
        mnet_conn_listen(stacks[1], &server, 8, accept_all, NULL, &listener) ||
        mnet_conn_open(stacks[0], NULL, &server, ask, NULL, &conn))
        return 4;
    mnet_time now = 0;
    for (int round = 0; round < 1000 && !answer[0]; round++) {
        static unsigned char frame[2048];
        mnet_time next = MNET_NEVER;
        for (int i = 0; i < 2; i++) {
            mnet_time wanted = mnet_stack_poll(stacks[i], now);
            next = wanted < next ? wanted : next;
            size_t len;
            while ((len = mnet_stack_frame_out(stacks[i], frame, sizeof frame)) > 0) {
                if (mnet_stack_frame_in(stacks[1 - i], frame, len))
                    return 5;
                next = now;
            }
        }
        now = next;
    }
    mnet_stack_destroy(stacks[0]);
    mnet_stack_destroy(stacks[1]);
    printf("%s\n", answer);
    return strcmp(answer, "by hand") == 0 ? 0 : 6;
}
