/* SPDX-License-Identifier: ISC
 *
 * ports/linux-tap/time.c - the kernel's clocks; both are read without a system call (vdso). */
#include <mnet/port.h>
#include <time.h>

static mnet_time read_clock(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return MNET_SEC(ts.tv_sec) + MNET_NS(ts.tv_nsec);
}

mnet_time mnet_port_clock(void)
{
    return read_clock(CLOCK_MONOTONIC);
}
mnet_time mnet_port_wall_clock(void)
{
    return read_clock(CLOCK_REALTIME);
}
