/* SPDX-License-Identifier: ISC
 *
 * ports/solo5/time.c - the clocks of the bindings. On spt each reading is a system call, on hvt and
 * virtio the monotonic one is the processor's counter; the scheduler reads it once a round. */
#include <mnet/port.h>
#include <solo5.h>

mnet_time mnet_port_clock(void)
{
    return solo5_clock_monotonic();
}

mnet_time mnet_port_wall_clock(void)
{
    return solo5_clock_wall();
}
