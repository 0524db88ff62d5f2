/* SPDX-License-Identifier: ISC
 *
 * ports/sim/wait.c - sleeping is moving the clock to what happens next. */
#include "sim_world.h"
#include <mnet/port.h>

/* A scheduler that sleeps although a device has frames for it (its stack is out of memory) sleeps
 * this long. */
#define REST MNET_US(1)

bool mnet_port_is_ending(void)
{
    const struct sim *sim = sim_current();
    return sim->now >= sim->end_at;
}

void mnet_port_wait(mnet_time deadline)
{
    struct sim *sim = sim_current();
    mnet_time due = sim_next(sim);
    if (due <= sim->now)
        due = sim->now + REST;
    if (deadline < due)
        due = deadline;
    if (sim->end_at > sim->now && sim->end_at < due)
        due = sim->end_at;
    if (due == MNET_NEVER)
        sim_bug("sim: all tasks wait, and nothing will ever happen again");
    sim_advance(sim, due);
}
