/* SPDX-License-Identifier: ISC
 *
 * Forgets to kill what it was given: `--forget=rng|stack|flow`. The program must end with the
 * rule's name, what leaked, and the line of this file where it was made. */
#include <mnet/mnet.h>
#include <string.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");
static struct mnet_option_arg forget = MNET_OPTION("forget", "stack", "what to forget");

static void nothing(void *value)
{
    (void)value;
}

static int body(void *arg)
{
    (void)arg;
    static struct mnet_own own;
    if (strcmp(forget.value, "flow") == 0)
        mnet_own(&own, nothing, &own);
    if (strcmp(forget.value, "stack") != 0)
        mnet_stack_kill(&net);
    if (strcmp(forget.value, "rng") != 0)
        mnet_rng_kill(&rng);
    return 0;
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg, &forget.arg));
}
