/* SPDX-License-Identifier: ISC
 *
 * Bulk with hashes: port 9000 reads to the end and answers with the SHA-256 of what came (read with
 * `get`); port 9001 sends `--bytes` pseudo-random bytes and then their SHA-256 in the clear on the
 * console. */
#include <bearssl.h>
#include <mnet/mnet.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");
static struct mnet_option_arg bytes = MNET_OPTION("bytes", "100000000", "how many to send");

static void hex(const unsigned char *digest, char *out)
{
    for (int i = 0; i < 32; i++) {
        out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    out[64] = '\n';
}

static int take(void *arg)
{
    struct mnet_flow *flow = arg;
    struct mnet_slice slices[8];
    br_sha256_context sha;
    br_sha256_init(&sha);
    mnet_ssize count;
    while ((count = mnet_tcp_get(flow, slices, 8)) > 0)
        for (mnet_ssize i = 0; i < count; i++)
            br_sha256_update(&sha, slices[i].at, slices[i].len);
    unsigned char digest[32];
    char text[65];
    br_sha256_out(&sha, digest);
    hex(digest, text);
    mnet_err err = count < 0 ? (mnet_err)count : mnet_tcp_write(flow, text, sizeof text);
    mnet_tcp_close(flow);
    return err;
}

static int give(void *arg)
{
    struct mnet_flow *flow = arg;
    static unsigned char buf[65536];
    br_sha256_context sha;
    br_sha256_init(&sha);
    uint64_t x = 88172645463325252u, left = 0;
    for (const char *p = bytes.value; *p >= '0' && *p <= '9'; p++)
        left = left * 10 + (uint64_t)(*p - '0');
    mnet_err err = MNET_OK;
    while (left > 0 && err == MNET_OK) {
        size_t len = left < sizeof buf ? (size_t)left : sizeof buf;
        for (size_t i = 0; i < len; i += 8) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            for (size_t k = 0; k < 8; k++)
                buf[i + k] = (unsigned char)(x >> (8 * k));
        }
        br_sha256_update(&sha, buf, len);
        err = mnet_tcp_write(flow, buf, len);
        left -= len;
    }
    unsigned char digest[32];
    char text[65];
    br_sha256_out(&sha, digest);
    hex(digest, text);
    mnet_tcp_close(flow);
    mnet_print("sent %.*s", 64, text);
    return err;
}

static int serve(void *arg)
{
    mnet_task_fn client = arg == NULL ? take : give;
    struct mnet_server *server = NULL;
    struct mnet_flow *flow;
    struct mnet_task *task;
    mnet_err err = mnet_tcp_listen(net.stack, arg == NULL ? 9000 : 9001, &server);
    while (err == MNET_OK && (err = mnet_tcp_accept(server, &flow)) == MNET_OK) {
        task = mnet_async(client, flow);
        int result = MNET_ERR_NO_MEMORY;
        if (task && (err = mnet_await(task, &result)) != MNET_OK)
            mnet_cancel(task);
        if (result < 0)
            mnet_print("client: %s", mnet_err_name(result));
    }
    mnet_tcp_unlisten(server);
    return err;
}

static int body(void *arg)
{
    (void)arg;
    static char second;
    struct mnet_task *tasks[2] = {mnet_async(serve, NULL), mnet_async(serve, &second)};
    int results[2];
    if (mnet_await_all(tasks, 2, results) != MNET_OK) {
        mnet_cancel(tasks[0]);
        mnet_cancel(tasks[1]);
    }
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return 0;
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg, &bytes.arg));
}
