/* SPDX-License-Identifier: ISC
 *
 * mnet/stats.h - what a stack counts, besides drops (mnet/drop.h). */
#ifndef MNET_STATS_H
#define MNET_STATS_H

#include <stdint.h>

/* clang-format off */
#define MNET_STATS_MAP(X)                                                                          \
    X(rx_frames) X(rx_bytes) X(tx_frames) X(tx_bytes) X(tx_gso_frames) X(tx_soft_segments)         \
    X(arp_requests_sent) X(arp_replies_sent) X(arp_conflicts) X(neigh_failures)                    \
    X(ndp_solicits_sent) X(ndp_adverts_sent) X(ndp_conflicts)                                      \
    X(ip_rx) X(ip_tx) X(ip_delivered) X(ip_fragments_rx) X(ip_reassembled) X(ip_fragments_tx)      \
    X(icmp_rx) X(icmp_echo_replies) X(icmp_errors_sent) X(icmp_errors_rx) X(pmtu_updates)          \
    X(udp_rx) X(udp_tx)                                                                            \
    X(tcp_rx) X(tcp_tx) X(tcp_opened) X(tcp_accepted) X(tcp_resets_sent) X(tcp_resets_rx)          \
    X(tcp_retransmits) X(tcp_fast_retransmits) X(tcp_timeouts) X(tcp_dup_acks_rx)                  \
    X(tcp_challenge_acks) X(tcp_zero_window_probes) X(tcp_keepalive_probes) X(tcp_ooo_rx)          \
    X(tcp_fast_path) X(tcp_mtu_probes) X(tcp_mtu_falls)
/* clang-format on */

#define MNET_STATS_FIELD(name) uint64_t name;
struct mnet_stats {
    MNET_STATS_MAP(MNET_STATS_FIELD)
};
#undef MNET_STATS_FIELD

#endif
