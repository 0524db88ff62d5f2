/* SPDX-License-Identifier: ISC
 *
 * hello - the least that a unikernel with a network is: a generator, a stack, and giving both up.
 */
#include <mnet/mnet.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");

static int body(void *arg)
{
    (void)arg;
    mnet_print("Hello World!");
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return 0;
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg));
}
