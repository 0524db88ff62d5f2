/* SPDX-License-Identifier: ISC
 *
 * ports/sim/link.c - a frame's way over a link, and everything that can go wrong on it.
 *
 * Each receiver's copy has a fate of its own. The order of the steps is that of the list in sim.h;
 * every random number is drawn only when its fault is configured, so that switching one fault on
 * leaves the others' choices alone as far as possible. */
#include "sim_world.h"
#include <stdlib.h>
#include <string.h>

/* How many bits a wild corruption flips at most. */
#define WILD_BITS 8u

struct sim_link *sim_link_add(struct sim *sim, const struct sim_link_config *config)
{
    struct sim_link *link = sim_alloc(sizeof *link);
    link->sim = sim;
    if (config)
        link->config = *config;
    sim->link_count++;
    mnet_rng_seeded_init(&link->rng, sim->seed + sim->link_count * UINT64_C(0x9e3779b97f4a7c15));
    struct sim_link **last = &sim->links;
    while (*last)
        last = &(*last)->next;
    *last = link;
    return link;
}

struct sim_link_config *sim_link_config(struct sim_link *link)
{
    return &link->config;
}

void sim_link_set_up(struct sim_link *link, bool is_up)
{
    link->is_unplugged = !is_up;
}

bool sim_link_is_down(const struct sim_link *link)
{
    const struct sim_link_config *config = &link->config;
    if (link->is_unplugged)
        return true;
    return config->flap_every > config->flap_for &&
           link->sim->now % config->flap_every >= config->flap_every - config->flap_for;
}

static bool is_too_big(const struct sim_link *link, const struct sim_frame *frame)
{
    uint32_t mtu = link->config.mtu ? link->config.mtu : SIM_IP_MAX;
    uint32_t len = frame->len;
    if (frame->facts.gso != MNET_GSO_NONE) {
        uint32_t piece = (uint32_t)frame->facts.gso_hdr_len + frame->facts.gso_size;
        len = piece < len ? piece : len;
    }
    return len > mtu + SIM_ETHER_HDR_LEN;
}

/* Takes the wire of `from` for the frame; false if too much waits for it already. */
static bool take_wire(struct sim_device *from, const struct sim_frame *frame)
{
    const struct sim_link_config *config = &from->link->config;
    mnet_time now = from->link->sim->now;
    if (from->wire_free_at < now)
        from->wire_free_at = now;
    if (config->bits_per_s == 0)
        return true;
    mnet_time ns_per_s = MNET_SEC(1);
    uint64_t waiting = (from->wire_free_at - now) / 8 * config->bits_per_s / ns_per_s;
    if (config->queue_bytes && waiting + frame->len > config->queue_bytes)
        return false;
    from->wire_free_at += (uint64_t)frame->len * 8 * ns_per_s / config->bits_per_s;
    return true;
}

static bool is_lost(struct sim_link *link)
{
    const struct sim_link_config *config = &link->config;
    if (link->burst_left == 0 && sim_chance(&link->rng, config->burst_ppm)) {
        uint32_t mean = config->burst_frames ? config->burst_frames : 1;
        link->burst_left = 1 + (uint32_t)sim_below(&link->rng, 2 * mean - 1);
    }
    if (link->burst_left > 0) {
        link->burst_left--;
        return true;
    }
    return sim_chance(&link->rng, config->loss_ppm);
}

static void flip(struct sim_frame *frame, uint64_t bit)
{
    frame->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
}

/* Flips bits; false if the link notices it and the frame is lost. */
static bool survives_corruption(struct sim_link *link, struct sim_frame *frame)
{
    uint64_t bits = (uint64_t)frame->len * 8;
    sim_finish_checksum(frame);
    if (link->config.is_wild) {
        for (uint64_t n = 1 + sim_below(&link->rng, WILD_BITS); n > 0; n--)
            flip(frame, sim_below(&link->rng, bits));
        return true;
    }
    uint64_t bit = sim_below(&link->rng, bits);
    if (!sim_is_covered(frame, (uint32_t)(bit / 8)))
        return false;
    flip(frame, bit);
    return true;
}

static mnet_time arrival(struct sim_device *from, const struct sim_frame *frame,
                         const struct sim_device *to)
{
    struct sim_link *link = from->link;
    const struct sim_link_config *config = &link->config;
    mnet_time at = from->wire_free_at + config->delay;
    if (config->jitter)
        at += sim_below(&link->rng, config->jitter + 1);
    if (at < from->last_arrival)
        at = from->last_arrival;
    from->last_arrival = at;
    if (sim_chance(&link->rng, config->reorder_ppm)) {
        sim_tell(link->sim, SIM_REORDERED, to, frame->bytes, frame->len);
        at += 1 + sim_below(&link->rng, config->reorder_by + 1);
    }
    return at;
}

static void lose(struct sim_device *to, struct sim_frame *frame, enum sim_what what)
{
    sim_tell(to->link->sim, what, to, frame->bytes, frame->len);
    free(frame);
}

/* One frame to one receiver. */
static void transmit(struct sim_device *from, struct sim_device *to, struct sim_frame *frame)
{
    struct sim_link *link = from->link;
    struct sim *sim = link->sim;
    if (sim_link_is_down(link)) {
        lose(to, frame, SIM_DOWN);
        return;
    }
    if (is_too_big(link, frame)) {
        if (link->config.tells_mtu)
            sim_answer_too_big(from, frame);
        lose(to, frame, SIM_TOO_BIG);
        return;
    }
    if (!take_wire(from, frame)) {
        lose(to, frame, SIM_QUEUE_FULL);
        return;
    }
    if (is_lost(link)) {
        lose(to, frame, SIM_LOST);
        return;
    }
    if (sim_chance(&link->rng, link->config.corrupt_ppm)) {
        if (!survives_corruption(link, frame)) {
            lose(to, frame, SIM_CORRUPTED);
            return;
        }
        sim_tell(sim, SIM_CORRUPTED, to, frame->bytes, frame->len);
    }
    frame->to = to;
    frame->at = arrival(from, frame, to);
    if (sim_chance(&link->rng, link->config.duplicate_ppm)) {
        sim_tell(sim, SIM_DUPLICATED, to, frame->bytes, frame->len);
        struct sim_frame *twin = sim_frame_new(frame->bytes, frame->len);
        twin->to = to;
        twin->at = frame->at;
        twin->facts = frame->facts;
        sim_frame_launch(sim, twin);
    }
    sim_frame_launch(sim, frame);
}

/* The receiver's own copy: as it was sent, or cut and finished, as the receiver can take it. */
static void send_to(struct sim_device *from, struct sim_device *to, const struct sim_frame *frame)
{
    if (frame->facts.gso != MNET_GSO_NONE && !to->has_large_rx) {
        uint32_t count = sim_cut_count(frame);
        for (uint32_t i = 0; i < count; i++)
            transmit(from, to, sim_cut(frame, i));
        return;
    }
    struct sim_frame *copy = sim_frame_new(frame->bytes, frame->len);
    copy->facts = frame->facts;
    if (!to->has_large_rx)
        sim_finish_checksum(copy);
    transmit(from, to, copy);
}

void sim_link_carry(struct sim_device *from, struct sim_frame *frame)
{
    struct sim_link *link = from->link;
    bool is_group = frame->len > 0 && (frame->bytes[0] & 1u);
    struct sim_device *only = NULL;
    for (struct sim_device *to = link->devices; to && !link->config.is_hub && !is_group;
         to = to->next) {
        if (frame->len >= 6 && !memcmp(frame->bytes, to->dev.mac.bytes, 6))
            only = to;
    }
    for (struct sim_device *to = link->devices; to; to = to->next) {
        if (to != from && (!only || to == only))
            send_to(from, to, frame);
    }
    free(frame);
}
