/* SPDX-License-Identifier: ISC
 *
 * ports/sim/sim.h - a network in a box: simulated Ethernet links, a virtual clock, seeded faults.
 *
 * A world (struct sim) is a clock, frames in flight, and links that join devices. A device is a
 * struct mnet_netdev like any other: what capabilities it has is chosen, and what it does not have
 * it refuses. Nothing happens by itself: time passes when it is moved, and everything that looks
 * random comes from the seed of the world, so that the same calls give the same frames at the same
 * times, bit for bit, on every machine.
 *
 * By hand, without tasks:
 *
 *     struct sim *sim = sim_new(seed);
 *     struct sim_link *lan = sim_link_add(sim, &(struct sim_link_config){.delay = MNET_MS(1),
 * .loss_ppm = 10000}); config.netdev = sim_device_add(lan, &(struct sim_device_config){.name =
 * "client"});
 *     ... mnet_stack_create(&config, sim_now(sim), &stacks[0], NULL); the same for a second device
 * and stack ... sim_drive(sim, stacks, 2, MNET_SEC(60), is_done, &test); sim_free(sim);
 *
 * Under the scheduler: sim_use(sim), then mnet_run with the devices' names: this is a port like any
 * other (mnet/port.h). A sleep of the scheduler moves the clock to what happens next. A device that
 * a program opens and that the world has not joins the first link, so that a unikernel linked with
 * this port runs as it is.
 *
 * What goes wrong, for each frame and receiver on its own, in this order:
 *
 *     link down, larger than the MTU, queue of the sender full (bandwidth), loss in bursts, loss,
 * corruption, reordering, duplication; at the other end: link down, receive queue full.
 *
 * Corruption flips one bit that a checksum of the frame covers, so that a correct stack never
 * delivers wrong data: a flip elsewhere (the Ethernet header, ARP, a UDP datagram without checksum)
 * loses the frame, as the frame check sequence of a real link would. `is_wild` flips several bits
 * anywhere instead; then only "nothing crashes" can be asked. A device never claims to have
 * verified the checksum of a corrupted frame. */
#ifndef MNET_SIM_H
#define MNET_SIM_H

#include <mnet/netdev.h>
#include <mnet/time.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mnet_stack;
struct mnet_blockdev;
struct sim;      /* a world */
struct sim_link; /* an Ethernet segment: a learning switch that knows all addresses, or a hub */

struct sim *sim_new(uint64_t seed);
/* Frees the world with all its links, devices and frames; the stacks on them must be gone. NULL is
 * fine. */
void sim_free(struct sim *sim);

/* ---- time ---- */

mnet_time sim_now(const struct sim *sim);
/* When the next frame arrives or block transfer completes; now if a device has some that were not
 * taken yet; MNET_NEVER if nothing is under way. */
mnet_time sim_next(const struct sim *sim);
/* Moves the clock forward to `to`; what arrives until then waits in the queues of its devices. */
void sim_advance(struct sim *sim, mnet_time to);

/* Polls the stacks and moves the clock from event to event until `is_done` (may be NULL), asked
 * after every round, says so: true; or until the clock has reached `until`: false. A stack that
 * wants to be polled at the same instant again and again ends the program. */
bool sim_drive(struct sim *sim, struct mnet_stack *const *stacks, size_t count, mnet_time until,
               bool (*is_done)(void *arg), void *arg);

/* ---- links ---- */

/* Zeroed: a perfect link. The fields may be changed at any time through sim_link_config; ppm is a
 * probability in millionths. */
struct sim_link_config {
    mnet_time delay;      /* from end to end */
    mnet_time jitter;     /* up to so much more, without overtaking */
    uint64_t bits_per_s;  /* of each sender; 0: infinitely many */
    uint32_t queue_bytes; /* what may wait for the wire at each sender; 0: anything */
    uint32_t mtu;         /* larger IP packets vanish; 0: 65,535 */
    bool tells_mtu;       /* ... and their sender is told by ICMP, as by a router */
    bool is_hub;          /* every device gets every frame */

    uint32_t loss_ppm;      /* a frame is lost */
    uint32_t burst_ppm;     /* a burst of losses begins... */
    uint32_t burst_frames;  /* ...of so many frames on average */
    uint32_t corrupt_ppm;   /* bits are flipped */
    bool is_wild;           /* corruption may hit what no checksum covers */
    uint32_t reorder_ppm;   /* a frame is held back... */
    mnet_time reorder_by;   /* ...by up to so long, and may be overtaken */
    uint32_t duplicate_ppm; /* a frame arrives twice */
    mnet_time flap_every;   /* in each such period... */
    mnet_time flap_for;     /* ...the link is down for the last so long; 0: never */
};

/* A new link; NULL config: a perfect one. */
struct sim_link *sim_link_add(struct sim *sim, const struct sim_link_config *config);
struct sim_link_config *sim_link_config(struct sim_link *link);
/* Unplugs the link or plugs it in again; frames under way are lost. */
void sim_link_set_up(struct sim_link *link, bool is_up);

/* ---- devices ---- */

/* Zeroed is a plain device. */
struct sim_device_config {
    const char *name;     /* required: for the trace, and for mnet_port_net_open */
    struct mnet_mac mac;  /* all zero: 02:00:00:00:00:N of the N-th device */
    uint32_t caps;        /* MNET_NETDEV_* */
    uint32_t mtu;         /* 0: 1500 */
    uint32_t gso_max;     /* with TSO; 0: 65,535 */
    unsigned rx_batch;    /* 0: 32 */
    uint32_t rx_queue;    /* frames that may wait to be received; 0: 1000, as on a TAP */
    uint32_t tx_full_ppm; /* tx says AGAIN */
    bool has_large_rx;    /* gets the large frames and unfinished checksums of other devices as they
                             were sent, as a TAP does; else    they are cut and finished on the way.
                             Needs    RX_CSUM. */
};

/* A new device on `link`. Belongs to the world. */
struct mnet_netdev *sim_device_add(struct sim_link *link, const struct sim_device_config *config);

/* Zeroed but for name and length: at once, and without a fault. */
struct sim_block_config {
    const char *name;      /* required: for mnet_port_block_open */
    size_t length;         /* required: bytes, a multiple of 512 */
    bool is_read_only;     /* refuses to be written */
    bool has_background;   /* submit and complete, with the four below; else only read and write */
    mnet_time delay;       /* from submit to complete */
    mnet_time jitter;      /* up to so much more: then they overtake each other */
    unsigned room;         /* transfers that may be under way; 0: 8 */
    uint32_t transfer_max; /* bytes of one transfer; 0: as mnet/block.h says */
    uint32_t fail_ppm;     /* a transfer, also one at once, fails */
};

/* A new block device of zero bytes. Belongs to the world. Bytes move when a transfer completes. */
struct mnet_blockdev *sim_block_add(struct sim *sim, const struct sim_block_config *config);

/* ---- looking on ---- */

enum sim_what {
    SIM_SENT,       /* a device has taken a frame to send */
    SIM_DELIVERED,  /* a frame waits at its receiver */
    SIM_DOWN,       /* lost: the link is down */
    SIM_TOO_BIG,    /* lost: larger than the link's or the receiver's MTU */
    SIM_QUEUE_FULL, /* lost: no room at the sender */
    SIM_LOST,       /* lost by chance, alone or in a burst */
    SIM_CORRUPTED,  /* goes on with flipped bits, or is lost if no checksum covered them */
    SIM_REORDERED,  /* goes on, held back */
    SIM_DUPLICATED, /* goes on, twice */
    SIM_RX_FULL,    /* lost: no room at the receiver */
    SIM_WHAT_COUNT
};
const char *sim_what_name(enum sim_what what);

struct sim_event {
    mnet_time at;
    enum sim_what what;
    const char *device;   /* of the sender for SENT, else of the receiver */
    const uint8_t *bytes; /* the frame, good during the call */
    uint32_t len;
};
typedef void (*sim_trace_fn)(const struct sim_event *event, void *arg);
/* Calls `trace` for all that happens from now on; NULL: no more. */
void sim_trace(struct sim *sim, sim_trace_fn trace, void *arg);
/* How often it has happened in this world. */
uint64_t sim_count(const struct sim *sim, enum sim_what what);

/* ---- as a port ---- */

/* The world that mnet/port.h works in from now on; NULL: none. Without, the first call makes a
 * perfect one with seed 1. */
void sim_use(struct sim *sim);
/* At this instant the program is asked to end (mnet_port_is_ending). MNET_NEVER: not at all. */
void sim_end_at(struct sim *sim, mnet_time at);
/* Takes what goes to the console from now on, instead of the process's output; NULL: gives it back.
 */
typedef void (*sim_console_fn)(const char *text, size_t len, bool is_error, void *arg);
void sim_console(struct sim *sim, sim_console_fn console, void *arg);

#endif
