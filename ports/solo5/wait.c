/* SPDX-License-Identifier: ISC
 *
 * ports/solo5/wait.c - one yield until a frame or the deadline.
 *
 * A yield takes an absolute time, so the clock is not read again, and looks at all network devices.
 * Which of them are ready is not asked: the stacks ask their devices anyway, and are told AGAIN. */
#include <mnet/port.h>
#include <solo5.h>

void mnet_port_wait(mnet_time deadline)
{
    solo5_yield(deadline, NULL);
}

/* Solo5 cannot ask: it ends a unikernel from outside. */
bool mnet_port_is_ending(void)
{
    return false;
}
