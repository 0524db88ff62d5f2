/* SPDX-License-Identifier: ISC
 *
 * ports/sim/world.c - the clock, and frames in flight in the order in which they will arrive.
 *
 * Frames under way are kept in a binary heap by (arrival, order of sending): the second makes two
 * that arrive at the same nanosecond come in a fixed order, without which a seed would not
 * reproduce a run. */
#include "sim_world.h"
#include <mnet/port.h>
#include <stdlib.h>
#include <string.h>

void *sim_alloc(size_t len)
{
    void *at = calloc(1, len);
    if (!at)
        sim_bug("the simulator is out of memory");
    return at;
}

_Noreturn void sim_bug(const char *text)
{
    mnet_port_panic(text);
}

struct sim *sim_new(uint64_t seed)
{
    struct sim *sim = sim_alloc(sizeof *sim);
    sim->seed = seed;
    sim->end_at = MNET_NEVER;
    /* An instant of 0 would hide what forgets to look at the clock. */
    sim->now = MNET_SEC(1);
    mnet_rng_seeded_init(&sim->rng, seed);
    return sim;
}

static void free_link(struct sim_link *link)
{
    while (link->devices) {
        struct sim_device *device = link->devices;
        link->devices = device->next;
        sim_device_clear(device);
        free(device);
    }
    free(link);
}

void sim_free(struct sim *sim)
{
    if (!sim)
        return;
    for (size_t i = 0; i < sim->flight_count; i++)
        free(sim->flight[i]);
    free(sim->flight);
    while (sim->links) {
        struct sim_link *link = sim->links;
        sim->links = link->next;
        free_link(link);
    }
    sim_blocks_free(sim);
    free(sim);
}

void sim_trace(struct sim *sim, sim_trace_fn trace, void *arg)
{
    sim->trace = trace;
    sim->trace_arg = arg;
}

uint64_t sim_count(const struct sim *sim, enum sim_what what)
{
    return sim->counts[what];
}

const char *sim_what_name(enum sim_what what)
{
    static const char *const names[SIM_WHAT_COUNT] = {
        "sent", "delivered", "down",      "too big",    "queue full",
        "lost", "corrupted", "reordered", "duplicated", "receive queue full"};
    return names[what];
}

void sim_tell(struct sim *sim, enum sim_what what, const struct sim_device *device,
              const uint8_t *bytes, uint32_t len)
{
    sim->counts[what]++;
    if (sim->trace) {
        const struct sim_event event = {
            .at = sim->now, .what = what, .device = device->dev.name, .bytes = bytes, .len = len};
        sim->trace(&event, sim->trace_arg);
    }
}

uint64_t sim_below(struct mnet_rng_seeded *rng, uint64_t bound)
{
    uint64_t number;
    rng->rng.fill(&rng->rng, &number, sizeof number);
    return number % bound;
}

bool sim_chance(struct mnet_rng_seeded *rng, uint32_t ppm)
{
    return ppm > 0 && sim_below(rng, 1000000) < ppm;
}

struct sim_frame *sim_frame_new(const uint8_t *bytes, uint32_t len)
{
    struct sim_frame *frame = sim_alloc(sizeof *frame + len);
    frame->len = len;
    if (bytes)
        memcpy(frame->bytes, bytes, len);
    return frame;
}

static bool is_before(const struct sim_frame *a, const struct sim_frame *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct sim_frame **a, struct sim_frame **b)
{
    struct sim_frame *kept = *a;
    *a = *b;
    *b = kept;
}

void sim_frame_launch(struct sim *sim, struct sim_frame *frame)
{
    frame->order = sim->order++;
    if (sim->flight_count == sim->flight_max) {
        sim->flight_max = sim->flight_max ? 2 * sim->flight_max : 64;
        sim->flight = realloc(sim->flight, sim->flight_max * sizeof *sim->flight);
        if (!sim->flight)
            sim_bug("the simulator is out of memory");
    }
    struct sim_frame **heap = sim->flight;
    size_t i = sim->flight_count++;
    heap[i] = frame;
    while (i > 0 && is_before(heap[i], heap[(i - 1) / 2])) {
        swap(&heap[i], &heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

static struct sim_frame *pop_earliest(struct sim *sim)
{
    struct sim_frame **heap = sim->flight;
    struct sim_frame *first = heap[0];
    size_t count = --sim->flight_count;
    heap[0] = heap[count];
    size_t i = 0;
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++) {
            if (is_before(heap[child], heap[least]))
                least = child;
        }
        if (least == i)
            return first;
        swap(&heap[i], &heap[least]);
        i = least;
    }
}

mnet_time sim_now(const struct sim *sim)
{
    return sim->now;
}

mnet_time sim_next(const struct sim *sim)
{
    for (const struct sim_link *link = sim->links; link; link = link->next) {
        for (const struct sim_device *device = link->devices; device; device = device->next) {
            if (device->rx_count > 0)
                return sim->now;
        }
    }
    mnet_time block = sim_blocks_next(sim);
    mnet_time frame = sim->flight_count ? sim->flight[0]->at : MNET_NEVER;
    return frame < block ? frame : block;
}

void sim_advance(struct sim *sim, mnet_time to)
{
    while (sim->flight_count && sim->flight[0]->at <= to) {
        struct sim_frame *frame = pop_earliest(sim);
        if (frame->at > sim->now)
            sim->now = frame->at;
        sim_device_arrive(frame);
    }
    if (to > sim->now)
        sim->now = to;
}
