/* SPDX-License-Identifier: ISC
 *
 * ip/report.h - telling routers and switches which groups are joined here: IGMP and MLD.
 *
 *   report.c   when something is to be said      mld.c    IPv6: RFC 3810, RFC 2710
 *                                                igmp.c   IPv4: RFC 3376, RFC 2236, RFC 1112 */
#ifndef MN_REPORT_H
#define MN_REPORT_H

#include <base/pkt.h>
#include <ip/ip.h>

struct mn_ip;

/* As many as there can be groups, and as many again that were just left. */
#define MN_REPORTS 66
/* RFC 3810 9.1, RFC 3376 8.1: how often a change is told when routers do not say; and at most, for
 * it is a number that anybody on the link can tell us. */
#define MN_REPORT_ROBUSTNESS 2u
#define MN_REPORT_ROBUSTNESS_MAX 7u

struct mn_report {
    struct mnet_addr group; /* any: free */
    bool is_joined;         /* or was left, and only that is still to be told */
    uint8_t changes_left;   /* how often the last change is still to be told */
    mnet_time change_at;    /* when next; NEVER: not */
    mnet_time answer_at;    /* when a query about this group is answered; NEVER: none */
};

/* What one family has heard from its querier. */
struct mn_querier {
    uint8_t version;     /* the oldest there is: what we speak until `old_until`, and after it */
    uint8_t robustness;  /* how often changes are told */
    mnet_time old_until; /* when older versions are forgotten: RFC 3810 8.2.1, RFC 3376 7.2.1 */
    mnet_time answer_at; /* when a query about all groups is answered; NEVER: none */
};

void mn_report_init(struct mn_ip *ip);
/* `group` was joined by the first, or left by the last who wanted it. */
void mn_report_changed(struct mn_ip *ip, const struct mnet_addr *group, bool is_joined);
/* A query about `group` (any, or 0.0.0.0 for IPv4: all) that is to be answered within
 * `response_ms`. `version` is 1 or 2 for MLD, 1 to 3 for IGMP; `interval_s` how often querier asks,
 * 0: it did not say. */
void mn_report_query(struct mn_ip *ip, bool is_v4, const struct mnet_addr *group,
                     uint32_t response_ms, unsigned version, unsigned robustness,
                     uint32_t interval_s);
/* Somebody else has reported it in an old version, where one report is enough. */
void mn_report_heard(struct mn_ip *ip, const struct mnet_addr *group);
void mn_report_timer(struct mn_ip *ip);
bool mn_report_ok(const struct mn_ip *ip);

/* MLD query, or report or done of version 1; `pkt` starts at its ICMPv6 header, whose checksum is
 * good. */
mn_verdict mn_mld_in(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_rx *rx);
/* IGMP; `pkt` starts at its header. */
mn_verdict mn_igmp_in(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_rx *rx);

/* One record of what is to be said. */
struct mn_report_record {
    struct mnet_addr group;
    uint8_t type; /* MN_GROUP_* */
};
/* Sends `count` records in the querier's version. */
void mn_mld_send(struct mn_ip *ip, const struct mn_report_record *record, unsigned count,
                 unsigned version);
void mn_igmp_send(struct mn_ip *ip, const struct mn_report_record *record, unsigned count,
                  unsigned version);

#endif
