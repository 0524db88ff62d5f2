/* SPDX-License-Identifier: ISC
 *
 * A server that reads one client in a given way and prints what it got:
 * `--how=small|get|really|slow`. */
#include <mnet/mnet.h>
#include <string.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");
static struct mnet_option_arg how = MNET_OPTION("how", "small", "how to read");

static char buf[4096];

/* Line 9: what does not fit stays for the next call. */
static void small(struct mnet_flow *flow)
{
    mnet_ssize len;
    while ((len = mnet_tcp_read(flow, buf, 3)) > 0)
        mnet_print("read %ld: %.*s", (long)len, (int)len, buf);
}

/* Line 9: what `read` left comes first in `get`. */
static void get(struct mnet_flow *flow)
{
    struct mnet_slice slices[4];
    mnet_ssize len = mnet_tcp_read(flow, buf, 3);
    mnet_print("read %ld: %.*s", (long)len, (int)len, buf);
    mnet_ssize count;
    while ((count = mnet_tcp_get(flow, slices, 4)) > 0)
        for (mnet_ssize i = 0; i < count; i++)
            mnet_print("get %ld: %.*s", (long)slices[i].len, (int)slices[i].len,
                       (const char *)slices[i].at);
    mnet_print("end %ld", (long)count);
}

/* Line 9: all or an error. */
static void really(struct mnet_flow *flow)
{
    mnet_err err = mnet_tcp_really_read(flow, buf, 8);
    mnet_print("really %s: %.*s", mnet_err_name(err), 8, buf);
    err = mnet_tcp_really_read(flow, buf, 0);
    mnet_print("nothing %s", mnet_err_name(err));
    err = mnet_tcp_really_read(flow, buf, 8);
    mnet_print("really %s", mnet_err_name(err));
}

/* Reads nothing for a while: the peer must fill the window, stop, and be let on again. */
static void slow(struct mnet_flow *flow)
{
    if (mnet_sleep(MNET_SEC(1)) != MNET_OK)
        return;
    size_t all = 0;
    mnet_ssize len;
    while ((len = mnet_tcp_read(flow, buf, sizeof buf)) > 0)
        all += (size_t)len;
    mnet_print("bytes %zu", all);
}

static int body(void *arg)
{
    (void)arg;
    struct mnet_server *server = NULL;
    struct mnet_flow *flow;
    mnet_err err = mnet_tcp_listen(net.stack, 9000, &server);
    if (err == MNET_OK && (err = mnet_tcp_accept(server, &flow)) == MNET_OK) {
        if (strcmp(how.value, "small") == 0)
            small(flow);
        else if (strcmp(how.value, "get") == 0)
            get(flow);
        else if (strcmp(how.value, "really") == 0)
            really(flow);
        else if (strcmp(how.value, "slow") == 0)
            slow(flow);
        mnet_tcp_close(flow);
    }
    mnet_tcp_unlisten(server);
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return err;
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg, &how.arg));
}
