/* SPDX-License-Identifier: ISC
 *
 * ports/sim/drive.c - stacks by hand: poll all, then move the clock to what is due first. */
#include "sim_world.h"
#include <mnet/stack.h>

/* Rounds at one instant: more than any honest burst of work needs. */
#define ROUNDS_MAX 1000000u

bool sim_drive(struct sim *sim, struct mnet_stack *const *stacks, size_t count, mnet_time until,
               bool (*is_done)(void *arg), void *arg)
{
    uint32_t rounds = 0;
    for (;;) {
        mnet_time due = MNET_NEVER;
        for (size_t i = 0; i < count; i++) {
            mnet_time wanted = mnet_stack_poll(stacks[i], sim->now);
            due = wanted < due ? wanted : due;
        }
        if (is_done && is_done(arg))
            return true;
        mnet_time next = sim_next(sim);
        due = next < due ? next : due;
        if (due > until) {
            sim_advance(sim, until);
            return false;
        }
        rounds = due > sim->now ? 0 : rounds + 1;
        if (rounds > ROUNDS_MAX)
            sim_bug("sim: a stack wants to be polled again and again at the same instant");
        sim_advance(sim, due);
    }
}
