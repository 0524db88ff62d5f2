/* SPDX-License-Identifier: ISC
 *
 * echo-client - sends bytes to an echo server and compares what comes back. Exit status 1 if
 * anything differs.
 *
 *     echo-client --net:service=tap0 --server=10.0.0.1:9000 --bytes=4096
 *
 * One task writes while the other reads: if one did both, the two ends could wait for each other
 * with full buffers. */
#include <mnet/mnet.h>
#include <string.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");

static const char *check_server(const char *value)
{
    struct mnet_endpoint server;
    char zone[MNET_ZONE_MAX];
    if (mnet_endpoint_parse_zone(value, &server, zone))
        return "not an address and port like 10.0.0.1:9000 or [fe80::1%service]:9000";
    return zone[0] && strcmp(zone, "service") != 0 ? "the zone is not service, the only device"
                                                   : NULL;
}

static const char *check_bytes(const char *value)
{
    size_t len = 0;
    while (value[len] >= '0' && value[len] <= '9')
        len++;
    return len > 0 && len <= 18 && !value[len] ? NULL : "not a number of bytes";
}

static struct mnet_option_arg server = {.arg = {MNET_ARG_OPTION, "server", MNET_HERE},
                                        .help = "who echoes",
                                        .value = "10.0.0.1:9000",
                                        .check = check_server};
static struct mnet_option_arg bytes = {.arg = {MNET_ARG_OPTION, "bytes", MNET_HERE},
                                       .help = "how much to send",
                                       .value = "4096",
                                       .check = check_bytes};

static uint64_t number_of_bytes(void)
{
    uint64_t number = 0;
    for (const char *c = bytes.value; *c; c++)
        number = number * 10 + (uint64_t)(*c - '0');
    return number;
}

/* The byte at `offset`: a pattern without a short period. */
static char byte_at(uint64_t offset)
{
    return (char)(offset * 7 + (offset >> 8) * 31 + (offset >> 16));
}

static int send_all(void *arg)
{
    struct mnet_flow *flow = arg;
    char buf[4096];
    uint64_t count = number_of_bytes();
    for (uint64_t done = 0; done < count;) {
        size_t len = count - done < sizeof buf ? (size_t)(count - done) : sizeof buf;
        for (size_t i = 0; i < len; i++)
            buf[i] = byte_at(done + i);
        mnet_err err = mnet_tcp_write(flow, buf, len);
        if (err)
            return err;
        done += len;
    }
    return mnet_tcp_shutdown(flow, MNET_SHUTDOWN_WRITE);
}

/* Reads to the end, or to the first byte that differs; counts the bytes before it. */
static mnet_err compare_all(struct mnet_flow *flow, uint64_t *same)
{
    char buf[4096];
    mnet_ssize len;
    while ((len = mnet_tcp_read(flow, buf, sizeof buf)) > 0) {
        for (mnet_ssize i = 0; i < len; i++) {
            if (buf[i] != byte_at(*same))
                return MNET_ERR_FAILED;
            ++*same;
        }
    }
    return (mnet_err)len;
}

static mnet_err exchange(struct mnet_flow *flow)
{
    uint64_t same = 0;
    int sent = MNET_OK;
    struct mnet_task *sender = mnet_async(send_all, flow);
    if (!sender)
        return MNET_ERR_NO_MEMORY;
    mnet_err err = compare_all(flow, &same);
    if (!err)
        err = mnet_await(sender, &sent);
    if (err)
        mnet_cancel(sender);
    if (!err)
        err = sent;
    if (!err && same < number_of_bytes())
        err = MNET_ERR_EOF;
    mnet_print("%llu of %s bytes came back as they were sent", (unsigned long long)same,
               bytes.value);
    return err;
}

static int body(void *arg)
{
    (void)arg;
    struct mnet_endpoint remote;
    struct mnet_flow *flow = NULL;
    mnet_err err = mnet_stack_endpoint_parse(net.stack, server.value, &remote);
    if (!err)
        err = mnet_tcp_connect(net.stack, &remote, &flow);
    if (!err)
        err = exchange(flow);
    mnet_tcp_close(flow);
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return err;
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg, &server.arg, &bytes.arg));
}
