/* SPDX-License-Identifier: ISC
 *
 * base/verdict.h - what a layer says of a packet it was given. No layer calls up: each `*_in`
 * returns a verdict, and stack/stack_in.c, which is the whole way in, goes on from there.
 *
 * The caller keeps the packet unless the verdict is MN_KEPT. A negative verdict is a drop and names
 * its reason. */
#ifndef MN_VERDICT_H
#define MN_VERDICT_H

#include <mnet/drop.h>

enum mn_verdict_code {
    MN_DONE = 0,     /* all is said; the caller frees the packet */
    MN_KEPT,         /* the layer has taken the packet over */
    MN_TO_ARP,       /* next: mn_arp_in */
    MN_TO_IP4,       /* next: mn_ip4_in */
    MN_TO_IP6,       /* next: mn_ip6_in */
    MN_TO_ICMP4,     /* next: mn_icmp4_in */
    MN_TO_ICMP6,     /* next: mn_icmp6_in */
    MN_TO_NDP,       /* a neighbour solicitation or advertisement: next: mn_ndp_in */
    MN_TO_TRANSPORT, /* next: the transport whose number the IP layer found */
    MN_TO_ERROR,     /* an ICMP error about a packet of ours: next: the transport's error call */
};

typedef int mn_verdict; /* enum mn_verdict_code, or a drop */

#define MN_DROP(reason) (-1 - (int)MNET_DROP_##reason)
static inline int mn_verdict_is_drop(mn_verdict verdict)
{
    return verdict < 0;
}
static inline enum mnet_drop mn_verdict_reason(mn_verdict verdict)
{
    return (enum mnet_drop)(-1 - verdict);
}

#endif
