/* SPDX-License-Identifier: ISC
 *
 * ports/stub/wait.c - nothing ever happens, so there is nothing to wait for: returns at once. */
#include <mnet/port.h>

void mnet_port_wait(mnet_time deadline)
{
    (void)deadline;
}
bool mnet_port_is_ending(void)
{
    return false;
}
