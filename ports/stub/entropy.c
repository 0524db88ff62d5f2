/* SPDX-License-Identifier: ISC
 *
 * ports/stub/entropy.c - no entropy and a counter that stands still, so that a generator refuses to
 * start. */
#include <mnet/port.h>

size_t mnet_port_entropy(void *out, size_t len)
{
    (void)out;
    (void)len;
    return 0;
}

uint64_t mnet_port_cycles(void)
{
    return 0;
}
