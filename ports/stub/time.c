/* SPDX-License-Identifier: ISC
 *
 * ports/stub/time.c - no clock: it is always 0. */
#include <mnet/port.h>

mnet_time mnet_port_clock(void)
{
    return 0;
}
mnet_time mnet_port_wall_clock(void)
{
    return 0;
}
