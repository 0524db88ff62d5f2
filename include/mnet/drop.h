/* SPDX-License-Identifier: ISC
 *
 * mnet/drop.h - why a packet went no further: counters of a stack, read with mnet_stack_drops
 * (mnet/stack.h). */
#ifndef MNET_DROP_H
#define MNET_DROP_H

#define MNET_DROP_MAP(X)                                                                           \
    X(RX_NO_MEMORY, "no memory left in the budget for a received packet")                          \
    X(TX_NO_MEMORY, "no memory left in the budget for a packet to send")                           \
    X(TX_DEVICE_FULL, "the device took no more frames")                                            \
    X(TX_DEVICE_ERROR, "the device refused the frame")                                             \
    X(ETHER_SHORT, "shorter than an Ethernet header")                                              \
    X(ETHER_NOT_OURS, "unicast to another Ethernet address")                                       \
    X(ETHER_SOURCE_BAD, "Ethernet source is a group address or our own")                           \
    X(ETHER_TYPE, "unknown Ethernet type")                                                         \
    X(ARP_BAD, "malformed ARP packet")                                                             \
    X(ARP_SENDER_BAD, "ARP sender address cannot be a host's")                                     \
    X(ARP_NOT_OURS, "ARP request for another host")                                                \
    X(ARP_UNASKED, "ARP reply that nobody asked for")                                              \
    X(NEIGH_QUEUE_FULL, "too many packets wait for one neighbour")                                 \
    X(NEIGH_TABLE_FULL, "the neighbour table is full")                                             \
    X(NEIGH_FAILED, "the neighbour did not answer")                                                \
    X(IP4_SHORT, "shorter than its IPv4 header says")                                              \
    X(IP4_VERSION, "not IP version 4")                                                             \
    X(IP4_HEADER_LEN, "IPv4 header length is wrong")                                               \
    X(IP4_CHECKSUM, "IPv4 header checksum is wrong")                                               \
    X(IP4_OPTION_BAD, "malformed IPv4 option")                                                     \
    X(IP4_SOURCE_ROUTE, "IPv4 source route refused")                                               \
    X(IP4_SOURCE_BAD, "IPv4 source cannot be a host's")                                            \
    X(IP4_LOOPBACK, "loopback address on the wire")                                                \
    X(IP4_NOT_OURS, "IPv4 destination is another host")                                            \
    X(IP6_SHORT, "shorter than its IPv6 header says")                                              \
    X(IP6_VERSION, "not IP version 6")                                                             \
    X(IP6_SOURCE_BAD, "IPv6 source cannot be a host's")                                            \
    X(IP6_SCOPE, "IPv6 address of a scope that does not cross the link")                           \
    X(IP6_NOT_OURS, "IPv6 destination is another host")                                            \
    X(IP6_EXT_BAD, "malformed or misplaced IPv6 extension header")                                 \
    X(IP6_EXT_TOO_MANY, "more IPv6 extension headers than anybody needs")                          \
    X(IP6_OPTION_REFUSED, "unknown IPv6 option that says: discard")                                \
    X(IP6_ROUTING, "IPv6 routing header that wants to be followed")                                \
    X(IP6_NO_NEXT, "IPv6 packet with nothing in it")                                               \
    X(NDP_HOP_LIMIT, "neighbour discovery from beyond the link")                                   \
    X(NDP_BAD, "malformed neighbour discovery message")                                            \
    X(NDP_SOURCE, "neighbour discovery from whom it may not come")                                 \
    X(NDP_NOT_OURS, "neighbour solicitation for another host")                                     \
    X(NDP_UNASKED, "neighbour advertisement about nobody we know")                                 \
    X(NDP_FRAGMENT, "neighbour discovery in fragments")                                            \
    X(REDIRECT_REFUSED, "redirect that is not from the router in use")                             \
    X(MLD_BAD, "malformed multicast listener or group membership message")                         \
    X(IP_PROTOCOL, "nobody speaks this IP protocol")                                               \
    X(IP_NO_ROUTE, "no route to the destination")                                                  \
    X(IP_TOO_BIG, "larger than the path allows and must not be fragmented")                        \
    X(FRAG_BAD, "fragment with an impossible offset or length")                                    \
    X(FRAG_OVERLAP, "overlapping fragments: the whole datagram is dropped")                        \
    X(FRAG_TOO_MANY, "too many fragments or holes in one datagram")                                \
    X(FRAG_NO_ROOM, "no room to reassemble: the oldest datagram gave way")                         \
    X(FRAG_TIMEOUT, "a fragmented datagram was never completed")                                   \
    X(FRAG_DUPLICATE, "exact duplicate of a fragment")                                             \
    X(ICMP_SHORT, "shorter than an ICMP header")                                                   \
    X(ICMP_CHECKSUM, "ICMP checksum is wrong")                                                     \
    X(ICMP_TYPE, "ICMP type that is not handled")                                                  \
    X(ICMP_BROADCAST, "echo request to a group address")                                           \
    X(ICMP_QUOTE_BAD, "ICMP error that quotes nothing we sent")                                    \
    X(ICMP_RATE, "answer suppressed by the ICMP rate limit")                                       \
    X(UDP_SHORT, "shorter than its UDP header says")                                               \
    X(UDP_CHECKSUM, "UDP checksum is wrong")                                                       \
    X(UDP_NO_PORT, "nobody listens on the UDP port")                                               \
    X(UDP_QUEUE_FULL, "the UDP receive queue is full")                                             \
    X(TCP_SHORT, "shorter than its TCP header says")                                               \
    X(TCP_CHECKSUM, "TCP checksum is wrong")                                                       \
    X(TCP_NOT_UNICAST, "TCP to or from a group address")                                           \
    X(TCP_NO_CONN, "no TCP connection and no listener")                                            \
    X(TCP_BAD_FLAGS, "impossible TCP flags")                                                       \
    X(TCP_BAD_ACK, "acknowledges what was never sent")                                             \
    X(TCP_OUT_OF_WINDOW, "outside the receive window")                                             \
    X(TCP_OLD_DUPLICATE, "TCP data received before")                                               \
    X(TCP_PAWS, "TCP timestamp is older than the last one (PAWS)")                                 \
    X(TCP_TIMESTAMP_MISSING, "TCP timestamp missing though negotiated")                            \
    X(TCP_RST_INVALID, "TCP reset outside the window")                                             \
    X(TCP_RST_CHALLENGED, "TCP reset inside the window but not at its edge: challenged")           \
    X(TCP_SYN_CHALLENGED, "SYN on an open connection: challenged")                                 \
    X(TCP_SYN_QUEUE_FULL, "too many half-open TCP connections: the oldest gave way")               \
    X(TCP_BACKLOG_FULL, "too many TCP connections wait to be accepted")                            \
    X(TCP_NO_MEMORY, "no memory left in the budget for a TCP connection")                          \
    X(TCP_CONN_LIMIT, "too many TCP connections")                                                  \
    X(TCP_RCV_BUF_FULL, "TCP receive buffer is full")                                              \
    X(TCP_OOO_LIMIT, "too many out-of-order ranges")                                               \
    X(TCP_OOO_SHED, "out-of-order data given up for lack of memory")                               \
    X(TCP_CLOSED_DATA, "TCP data for a connection that was closed for reading")                    \
    X(TCP_TIME_WAIT, "TCP segment for a connection in TIME-WAIT")

#define MNET_DROP_ENUM(name, text) MNET_DROP_##name,
enum mnet_drop { MNET_DROP_MAP(MNET_DROP_ENUM) MNET_DROP_COUNT };
#undef MNET_DROP_ENUM

/* The name of a reason without its prefix ("IP4_CHECKSUM"), and its text in the list above. */
const char *mnet_drop_name(enum mnet_drop reason);
const char *mnet_drop_text(enum mnet_drop reason);

#endif
