/* SPDX-License-Identifier: ISC
 *
 * ports/sim/start.c - the world of the port, its console and its end. */
#include "sim_world.h"
#include <mnet/port.h>
#include <stdio.h>
#include <stdlib.h>

static struct sim *world;

struct sim *sim_current(void)
{
    if (!world)
        world = sim_new(1);
    return world;
}

void sim_use(struct sim *sim)
{
    world = sim;
}

void sim_end_at(struct sim *sim, mnet_time at)
{
    sim->end_at = at;
}

void sim_console(struct sim *sim, sim_console_fn console, void *arg)
{
    sim->console = console;
    sim->console_arg = arg;
}

void mnet_port_console(const char *text, size_t len, bool is_error)
{
    if (world && world->console) {
        world->console(text, len, is_error, world->console_arg);
        return;
    }
    FILE *to = is_error ? stderr : stdout;
    fwrite(text, 1, len, to);
    fflush(to);
}

_Noreturn void mnet_port_exit(int status)
{
    exit(status);
}

/* Aborts, so that a sanitizer or a debugger shows where. */
_Noreturn void mnet_port_panic(const char *message)
{
    fflush(stdout);
    fprintf(stderr, "panic: %s\n", message);
    if (world)
        fprintf(stderr, "panic: seed %llu at %llu ns\n", (unsigned long long)world->seed,
                (unsigned long long)world->now);
    abort();
}

struct mnet_sched **mnet_port_current(void)
{
    static struct mnet_sched *current;
    return &current;
}
