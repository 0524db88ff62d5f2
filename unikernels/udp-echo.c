/* SPDX-License-Identifier: ISC
 *
 * udp-echo - sends each datagram back: RFC 862, over UDP. The answer is sent from the callback.
 *
 *     udp-echo --net:service=tap0 [--port=7] */
#include <mnet/mnet.h>
#include <string.h>

#define DATAGRAM_MAX 65507

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");
static struct mnet_option_arg port = MNET_OPTION_PORT("port", "7", "where datagrams are sent");

static char answer[DATAGRAM_MAX];

static void on_dgram(struct mnet_dgram *dgram, const struct mnet_dgram_rx *rx, void *arg)
{
    (void)arg;
    size_t len = 0;
    for (unsigned i = 0; i < rx->count; i++) {
        memcpy(answer + len, rx->slices[i].at, rx->slices[i].len);
        len += rx->slices[i].len;
    }
    /* To whom there is no way back, there is no answer: as with any datagram that is lost. */
    mnet_err err = mnet_dgram_send(dgram, &rx->from, answer, len);
    if (err)
        mnet_log_write(mnet_run_log(), mnet_now(), MNET_LOG_INFO, "echo", "", "no answer: %s",
                       mnet_err_text(err));
}

static int body(void *arg)
{
    (void)arg;
    struct mnet_endpoint local = {.port = mnet_option_port(&port)};
    struct mnet_dgram *dgram = NULL;
    struct mnet_trigger never = {0};
    mnet_err err = mnet_dgram_open(net.stack, &local, on_dgram, NULL, NULL, &dgram);
    if (!err)
        err = mnet_trigger_wait(&never);
    mnet_dgram_close(dgram);
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return err;
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg, &port.arg));
}
