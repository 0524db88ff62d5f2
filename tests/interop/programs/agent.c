/* SPDX-License-Identifier: ISC
 *
 * Does what a test tells it, so that one running stack can be looked at again and again. A command
 * is a line over TCP to port 9002, the answer is text to the end of the stream:
 *
 *     show                    what mnet_stack_show prints
 *     connect ENDPOINT TEXT   connects, writes TEXT, shuts down, reads to the end: what came of it
 *     send ENDPOINT TEXT      sends a datagram and waits a second for an answer
 *     join GROUP              the UDP socket joins that multicast group
 *     leave GROUP             and leaves it
 *
 * Beside that, TCP port 9000 and UDP port 9000 echo. */
#include <mnet/mnet.h>
#include <string.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");
static struct mnet_dgram *socket_of_all;

/* ---- the answer: collected, for the tables must not be walked while others run ---- */

static char answer[65536];
static size_t answer_len;

static void line(void *arg, const char *text)
{
    (void)arg;
    size_t len = strlen(text);
    if (answer_len + len + 1 > sizeof answer)
        return;
    memcpy(answer + answer_len, text, len);
    answer_len += len;
    answer[answer_len++] = '\n';
}

static void result(const char *what, mnet_err err)
{
    char text[64];
    size_t len = strlen(what);
    memcpy(text, what, len);
    strcpy(text + len, err == MNET_OK ? "OK" : mnet_err_name(err));
    line(NULL, text);
}

/* ---- commands; `rest` is what stands behind the first two words ---- */

static void show(const char *word, const char *rest)
{
    (void)word;
    (void)rest;
    mnet_stack_show(net.stack, line, NULL);
}

static void do_connect(const char *word, const char *rest)
{
    static char buf[4096];
    struct mnet_endpoint remote;
    struct mnet_flow *flow = NULL;
    mnet_err err = mnet_endpoint_parse(word, &remote);
    if (!err)
        err = mnet_tcp_connect(net.stack, &remote, &flow);
    result("connect: ", err);
    if (err)
        return;
    err = mnet_tcp_write(flow, rest, strlen(rest));
    if (!err)
        err = mnet_tcp_shutdown(flow, MNET_SHUTDOWN_WRITE);
    size_t len = 0;
    mnet_ssize more = 0;
    while (!err && (more = mnet_tcp_read(flow, buf + len, sizeof buf - 1 - len)) > 0)
        len += (size_t)more;
    buf[len] = '\0';
    line(NULL, buf);
    result("end: ", err ? err : (mnet_err)more);
    mnet_tcp_close(flow);
}

static void do_send(const char *word, const char *rest)
{
    static char buf[2048];
    struct mnet_endpoint remote;
    struct mnet_udp *udp = NULL;
    mnet_err err = mnet_endpoint_parse(word, &remote);
    if (!err)
        err = mnet_udp_bind(net.stack, 0, &udp);
    if (!err)
        err = mnet_udp_sendto(udp, &remote, rest, strlen(rest));
    result("send: ", err);
    mnet_time old = mnet_deadline(mnet_now() + MNET_SEC(1));
    mnet_ssize len = err ? 0 : mnet_udp_recvfrom(udp, buf, sizeof buf - 1, NULL);
    mnet_deadline(old);
    if (len < 0)
        result("answer: ", (mnet_err)len);
    if (len > 0) {
        buf[len < (mnet_ssize)sizeof buf ? len : (mnet_ssize)sizeof buf - 1] = '\0';
        line(NULL, buf);
    }
    mnet_udp_close(udp);
}

static void group(const char *word, mnet_err (*call)(struct mnet_dgram *, const struct mnet_addr *))
{
    struct mnet_addr addr;
    mnet_err err = mnet_addr_parse(word, &addr);
    result("group: ", err ? err : call(socket_of_all, &addr));
}

static void join(const char *word, const char *rest)
{
    (void)rest;
    group(word, mnet_dgram_join);
}

static void leave(const char *word, const char *rest)
{
    (void)rest;
    group(word, mnet_dgram_leave);
}

static const struct {
    const char *name;
    void (*run)(const char *word, const char *rest);
} commands[] = {
    {"show", show}, {"connect", do_connect}, {"send", do_send}, {"join", join}, {"leave", leave},
};

/* Ends the first word of `text` and returns what follows it. */
static char *cut(char *text)
{
    char *end = strchr(text, ' ');
    if (!end)
        return text + strlen(text);
    *end = '\0';
    return end + 1;
}

/* Reads a command, does it, answers. One at a time: there is one answer. */
static mnet_err obey(struct mnet_flow *flow)
{
    char buf[2048];
    size_t len = 0;
    mnet_ssize more;
    while (len < sizeof buf - 1 && !memchr(buf, '\n', len)) {
        if ((more = mnet_tcp_read(flow, buf + len, sizeof buf - 1 - len)) <= 0)
            return (mnet_err)more;
        len += (size_t)more;
    }
    buf[len] = '\0';
    buf[strcspn(buf, "\n")] = '\0';
    char *word = cut(buf), *rest = cut(word);
    answer_len = 0;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, buf) == 0)
            commands[i].run(word, rest);
    }
    return mnet_tcp_write(flow, answer, answer_len);
}

static mnet_err echo(struct mnet_flow *flow)
{
    static char buf[16384];
    mnet_ssize len;
    mnet_err err = MNET_OK;
    while (!err && (len = mnet_tcp_read(flow, buf, sizeof buf)) > 0)
        err = mnet_tcp_write(flow, buf, (size_t)len);
    return err;
}

struct service {
    uint16_t port;
    mnet_err (*serve)(struct mnet_flow *flow);
};
static struct service services[] = {{9000, echo}, {9002, obey}};

static int listen_for(void *arg)
{
    struct service *service = arg;
    struct mnet_server *server = NULL;
    struct mnet_flow *flow;
    mnet_err err = mnet_tcp_listen(net.stack, service->port, &server);
    while (!err && !(err = mnet_tcp_accept(server, &flow))) {
        if (service->serve(flow) == MNET_ERR_CANCELED)
            err = MNET_ERR_CANCELED;
        mnet_tcp_close(flow);
    }
    mnet_tcp_unlisten(server);
    return err;
}

static void on_dgram(struct mnet_dgram *dgram, const struct mnet_dgram_rx *rx, void *arg)
{
    (void)arg;
    static char buf[65536];
    size_t len = 0;
    for (unsigned i = 0; i < rx->count; i++) {
        memcpy(buf + len, rx->slices[i].at, rx->slices[i].len);
        len += rx->slices[i].len;
    }
    mnet_err err = mnet_dgram_send(dgram, &rx->from, buf, len);
    if (err)
        mnet_print("no answer: %s", mnet_err_name(err));
}

static int body(void *arg)
{
    (void)arg;
    const struct mnet_endpoint local = {mnet_addr_any(), 9000};
    struct mnet_task *tasks[2];
    int results[2];
    if (mnet_dgram_open(net.stack, &local, on_dgram, NULL, NULL, &socket_of_all) != MNET_OK)
        return MNET_ERR_FAILED;
    mnet_print("ready");
    for (int i = 0; i < 2; i++)
        tasks[i] = mnet_async(listen_for, &services[i]);
    if (mnet_await_all(tasks, 2, results) != MNET_OK) {
        mnet_cancel(tasks[0]);
        mnet_cancel(tasks[1]);
    }
    mnet_dgram_close(socket_of_all);
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return 0;
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg));
}
