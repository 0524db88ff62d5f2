/* SPDX-License-Identifier: ISC
 *
 * What mn_ip4_in says of a packet: anything. */
#ifndef PROOF_RX_H
#define PROOF_RX_H

#include "../proof.h"
#include <ip/transport.h>

static inline struct mnet_addr any_addr(void)
{
    struct mnet_addr addr;
    make_any(&addr, sizeof addr);
    return addr;
}

static inline struct mn_ip_rx any_rx(uint8_t proto)
{
    return (struct mn_ip_rx){any_addr(),
                             any_addr(),
                             proto,
                             (uint8_t)Frama_C_interval(0, 255),
                             (uint8_t)Frama_C_interval(0, 255),
                             any_bool()};
}

#endif
