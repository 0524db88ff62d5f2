/* SPDX-License-Identifier: ISC
 *
 * Echo with callbacks: no task and no stack for a connection (line 22). Port 9000 TCP, 9000 UDP.
 * The body only waits, and prints the number of connections when it changes by a thousand. */
#include <mnet/mnet.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/16");
static struct mnet_option_arg memory_mib = MNET_OPTION("memory", "64", "budget in MiB");

static unsigned open_count;

static void on_event(struct mnet_conn *conn, unsigned events, void *arg)
{
    (void)arg;
    char buf[2048];
    mnet_ssize len = MNET_ERR_AGAIN;
    if (!(events & MNET_EV_ERROR)) {
        size_t room;
        while ((room = mnet_conn_send_room(conn)) > 0) {
            len = mnet_conn_recv(conn, buf, room < sizeof buf ? room : sizeof buf);
            if (len <= 0)
                break;
            if (mnet_conn_send(conn, buf, (size_t)len) != len)
                break;
        }
        if (len == MNET_ERR_AGAIN || len > 0)
            return;
    }
    mnet_conn_close(conn);
    open_count--;
}

static void on_conn(struct mnet_listener *listener, void *arg)
{
    struct mnet_conn *conn;
    while (mnet_conn_accept(listener, on_event, arg, &conn) == MNET_OK)
        open_count++;
}

static void on_dgram(struct mnet_dgram *dgram, const struct mnet_dgram_rx *rx, void *arg)
{
    (void)arg;
    static char buf[65536];
    size_t len = 0;
    for (unsigned i = 0; i < rx->count; i++)
        for (size_t k = 0; k < rx->slices[i].len; k++)
            buf[len++] = (char)rx->slices[i].at[k];
    if (mnet_dgram_send(dgram, &rx->from, buf, len) != MNET_OK)
        mnet_print("datagram lost");
}

static int body(void *arg)
{
    (void)arg;
    const struct mnet_endpoint local = {mnet_addr_any(), 9000};
    struct mnet_listener *listener = NULL;
    struct mnet_dgram *dgram = NULL;
    mnet_err err = mnet_conn_listen(net.stack, &local, 1024, on_conn, NULL, &listener);
    if (err == MNET_OK)
        err = mnet_dgram_open(net.stack, &local, on_dgram, NULL, NULL, &dgram);
    unsigned shown = 0;
    while (err == MNET_OK && (err = mnet_sleep(MNET_MS(100))) == MNET_OK) {
        if (open_count / 1000 != shown / 1000 || (open_count == 0) != (shown == 0)) {
            struct mnet_memory_info info;
            mnet_stack_memory(net.stack, &info);
            mnet_print("open: %u, memory: %zu of %zu", open_count, info.used, info.budget);
            shown = open_count;
        }
    }
    mnet_dgram_close(dgram);
    mnet_conn_unlisten(listener);
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return err == MNET_ERR_CANCELED ? 0 : err;
}

static size_t mib(const char *text)
{
    size_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (size_t)(*text - '0');
    return value << 20;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        for (const char *want = "--memory=", *have = argv[i];; want++, have++) {
            if (*want == '\0') {
                net.memory = mib(have);
                break;
            }
            if (*want != *have)
                break;
        }
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg, &memory_mib.arg));
}
