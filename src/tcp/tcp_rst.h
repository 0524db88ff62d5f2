/* SPDX-License-Identifier: ISC
 *
 * tcp/tcp_rst.h - how many resets leave: see tcp_rst.c. */
#ifndef MN_TCP_RST_H
#define MN_TCP_RST_H

#include <mnet/time.h>
#include <stdint.h>

/* Resets to segments of no connection, per second: enough for every honest use (a scan of all ports
 * of one host takes a minute), too few to be worth reflecting. */
#define MN_TCP_RST_RATE 1000u

struct mn_tcp_rst_rate {
    mnet_time until; /* end of the current second */
    uint32_t left;   /* how many more may leave in it */
};

#endif
