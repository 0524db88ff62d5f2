/* SPDX-License-Identifier: ISC
 *
 * ports/sim/sim_world.h - what the files of the simulator share.
 *
 *   world.c  the clock, frames in flight in order of arrival      link.c   what goes wrong on the
 * way net.c    devices                                              cut.c    large frames and
 * checksums, as a network card does them drive.c  stacks by hand time.c entropy.c start.c wait.c
 * memory.c block.c   the rest of the port
 */
#ifndef MNET_SIM_WORLD_H
#define MNET_SIM_WORLD_H

#include "sim.h"
#include <mnet/rng.h>

#define SIM_ETHER_HDR_LEN 14u
#define SIM_IP_MAX 65535u

struct sim_device;

/* A frame that is under way or waits to be received. */
struct sim_frame {
    struct sim_frame *next; /* in the receiver's queue */
    struct sim_device *to;  /* who gets it */
    mnet_time at;           /* when it arrives */
    uint64_t order; /* what was sent first comes first of those that arrive at the same time */
    struct mnet_frame facts; /* offload facts; the ranges are not used */
    uint32_t len;            /* bytes */
    uint8_t bytes[];         /* all of the frame */
};

struct sim_device {
    struct mnet_netdev dev;    /* what the stack sees; first, so that it can be cast back */
    struct sim_device *next;   /* of the same link */
    struct sim_link *link;     /* where it is plugged in */
    bool has_large_rx;         /* sim_device_config */
    uint32_t tx_full_ppm;      /* sim_device_config */
    uint32_t rx_queue_max;     /* frames */
    uint32_t rx_count;         /* frames that wait to be received */
    struct sim_frame *rx_head; /* the oldest of them */
    struct sim_frame *rx_tail; /* the newest */
    mnet_time wire_free_at;    /* when all that it has sent is on the wire */
    mnet_time last_arrival;    /* of what it has sent, so that jitter does not reorder */
};

struct sim_link {
    struct sim *sim;               /* the world */
    struct sim_link *next;         /* of the world */
    struct sim_link_config config; /* how good it is */
    struct mnet_rng_seeded rng;    /* of its own, so that links do not disturb each other */
    struct sim_device *devices;    /* in the order in which they were added */
    uint32_t burst_left;           /* frames that the burst of losses still takes */
    bool is_unplugged;             /* by sim_link_set_up */
};

struct sim_block;

struct sim {
    mnet_time now;                   /* the virtual clock */
    uint64_t seed;                   /* of everything */
    uint64_t order;                  /* of the next frame */
    struct mnet_rng_seeded rng;      /* entropy of the port */
    uint64_t cycles;                 /* the port's cycle counter */
    struct sim_link *links;          /* in the order in which they were added */
    unsigned link_count;             /* how many */
    unsigned device_count;           /* how many on all links */
    struct sim_frame **flight;       /* frames under way: a heap, the earliest first */
    size_t flight_count;             /* frames in it */
    size_t flight_max;               /* room in it */
    struct sim_block *blocks;        /* block devices */
    unsigned block_count;            /* how many */
    mnet_time end_at;                /* when the program is asked to end */
    sim_trace_fn trace;              /* who looks on */
    void *trace_arg;                 /* its argument */
    sim_console_fn console;          /* who takes the console */
    void *console_arg;               /* its argument */
    uint64_t counts[SIM_WHAT_COUNT]; /* how often each has happened */
};

/* The world of the port. */
struct sim *sim_current(void);
/* Ends the program: the simulated program has broken the contract of the device. */
_Noreturn void sim_bug(const char *text);
/* Memory that is there; ends the program if not. Zeroed. */
void *sim_alloc(size_t len);

/* world.c: counts and traces. */
void sim_tell(struct sim *sim, enum sim_what what, const struct sim_device *device,
              const uint8_t *bytes, uint32_t len);
/* world.c: a number below `bound` (at least 1); whether something with a probability of `ppm`
 * happens. */
uint64_t sim_below(struct mnet_rng_seeded *rng, uint64_t bound);
bool sim_chance(struct mnet_rng_seeded *rng, uint32_t ppm);
/* world.c: a new frame; sends it on its way (takes it). */
struct sim_frame *sim_frame_new(const uint8_t *bytes, uint32_t len);
void sim_frame_launch(struct sim *sim, struct sim_frame *frame);

/* link.c: whether the link is down at this moment. */
bool sim_link_is_down(const struct sim_link *link);
/* link.c: carries a frame of `from` to whom it may concern (takes it). */
void sim_link_carry(struct sim_device *from, struct sim_frame *frame);

/* too_big.c: tells the sender of a packet that the link's MTU is too small for it. */
void sim_answer_too_big(struct sim_device *from, const struct sim_frame *frame);

/* net.c: a frame has arrived (takes it). */
void sim_device_arrive(struct sim_frame *frame);
/* net.c: frees what waits. */
void sim_device_clear(struct sim_device *device);

/* cut.c: finishes an unfinished checksum. */
void sim_finish_checksum(struct sim_frame *frame);
/* cut.c: the number of frames that a large one is cut into, and the i-th of them, complete. */
uint32_t sim_cut_count(const struct sim_frame *frame);
struct sim_frame *sim_cut(const struct sim_frame *frame, uint32_t i);
/* cut.c: whether the frame carries TCP or UDP over IPv4 whose checksum is right. */
bool sim_verify(const struct sim_frame *frame);
/* cut.c: whether a checksum covers the byte at `at`. */
bool sim_is_covered(const struct sim_frame *frame, uint32_t at);

/* block.c: when the next transfer completes, now if one has; MNET_NEVER if none is under way. */
mnet_time sim_blocks_next(const struct sim *sim);
void sim_blocks_free(struct sim *sim);

#endif
