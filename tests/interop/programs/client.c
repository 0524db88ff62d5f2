/* SPDX-License-Identifier: ISC
 *
 * A TCP client that does one thing and prints what came of it: `--to=ADDRESS:PORT --do=WHAT`. */
#include <mnet/mnet.h>
#include <string.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");
static struct mnet_option_arg to = MNET_OPTION("to", "10.0.0.1:9000", "where to connect");
static struct mnet_option_arg what = MNET_OPTION("do", "hello", "what to do there");

static char buf[65536];

static void say(const char *call, mnet_ssize result)
{
    if (result < 0)
        mnet_print("%s: %s", call, mnet_err_name((mnet_err)result));
    else
        mnet_print("%s: %ld", call, (long)result);
}

/* Line 7: connect, write, shutdown, read the answer to its end, close. */
static void hello(struct mnet_flow *flow)
{
    say("write", mnet_tcp_write(flow, "Hello!", 6));
    say("shutdown", mnet_tcp_shutdown(flow, MNET_SHUTDOWN_WRITE));
    mnet_ssize len;
    while ((len = mnet_tcp_read(flow, buf, sizeof buf)) > 0)
        mnet_print("answer: %.*s", (int)len, buf);
    say("end", len);
    say("write after shutdown", mnet_tcp_write(flow, "x", 1));
}

/* Waits for the peer's end, then writes until that fails. */
static void write_after_close(struct mnet_flow *flow)
{
    say("read", mnet_tcp_read(flow, buf, sizeof buf));
    mnet_err err = MNET_OK;
    for (int i = 0; i < 100 && err == MNET_OK; i++) {
        err = mnet_tcp_write(flow, "x", 1);
        if (mnet_sleep(MNET_MS(10)) != MNET_OK)
            return;
    }
    say("write", err);
}

static void read_all(struct mnet_flow *flow)
{
    mnet_ssize len;
    size_t all = 0;
    while ((len = mnet_tcp_read(flow, buf, sizeof buf)) > 0)
        all += (size_t)len;
    say("bytes", (mnet_ssize)all);
    say("read", len);
}

static void peers(struct mnet_flow *flow)
{
    struct mnet_endpoint local, remote;
    char a[MNET_ENDPOINT_TEXT_MAX], b[MNET_ENDPOINT_TEXT_MAX], tag[MNET_CONN_TAG_MAX];
    mnet_tcp_peers(flow, &local, &remote);
    mnet_print("peers: %s %s", mnet_endpoint_print(&local, a, sizeof a),
               mnet_endpoint_print(&remote, b, sizeof b));
    mnet_print("tag: %s", mnet_tcp_tag(flow, tag, sizeof tag));
}

/* Stops reading while the peer goes on to write. */
static void shutdown_read(struct mnet_flow *flow)
{
    say("shutdown", mnet_tcp_shutdown(flow, MNET_SHUTDOWN_READ));
    say("read", mnet_tcp_read(flow, buf, sizeof buf));
    say("write", mnet_tcp_write(flow, "go", 2));
    if (mnet_sleep(MNET_MS(500)) != MNET_OK)
        return;
}

static void deadline(struct mnet_flow *flow)
{
    mnet_time old = mnet_deadline(mnet_now() + MNET_MS(200));
    say("read", mnet_tcp_read(flow, buf, sizeof buf));
    mnet_deadline(old);
    say("write", mnet_tcp_write(flow, "late", 4));
}

static const struct {
    const char *name;
    void (*run)(struct mnet_flow *flow);
} acts[] = {
    {"hello", hello}, {"write-after-close", write_after_close}, {"read-all", read_all},
    {"peers", peers}, {"shutdown-read", shutdown_read},         {"deadline", deadline},
};

static int body(void *arg)
{
    (void)arg;
    struct mnet_endpoint remote;
    struct mnet_flow *flow;
    mnet_err err = mnet_endpoint_parse(to.value, &remote);
    if (err == MNET_OK) {
        mnet_time start = mnet_now();
        err = mnet_tcp_connect(net.stack, &remote, &flow);
        say("connect", err);
        mnet_print("after ms: %llu", (unsigned long long)((mnet_now() - start) / MNET_MS(1)));
    }
    for (size_t i = 0; err == MNET_OK && i < sizeof acts / sizeof acts[0]; i++)
        if (strcmp(acts[i].name, what.value) == 0)
            acts[i].run(flow);
    if (err == MNET_OK)
        mnet_tcp_close(flow);
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return 0;
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg, &to.arg, &what.arg));
}
