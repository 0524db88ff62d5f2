/* SPDX-License-Identifier: ISC
 *
 * ports/sim/time.c - the virtual clock. Reading it takes a little virtual time, so that a task that
 * never waits sees time pass and frames arrive. */
#include "sim_world.h"
#include <mnet/port.h>

/* About what reading a clock takes on a real machine. */
#define READ_COST MNET_NS(50)
/* The wall clock starts in 2001, at a round number. */
#define WALL_START MNET_SEC(1000000000)

mnet_time mnet_port_clock(void)
{
    struct sim *sim = sim_current();
    sim_advance(sim, sim->now + READ_COST);
    return sim->now;
}

mnet_time mnet_port_wall_clock(void)
{
    return WALL_START + mnet_port_clock();
}
