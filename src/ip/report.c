/* SPDX-License-Identifier: ISC
 *
 * When routers, and the switches that listen to what they are told, hear of our groups: RFC 3810 6,
 * RFC 3376 5.
 *
 * A change is told at once and again after a random time of at most a second, as often as the
 * network is thought to lose messages. A query is answered after a random part of the time that it
 * gives, about all groups in one report or about one. In the version of the oldest querier there
 * is, because older ones do not understand newer reports; in old versions a group that somebody
 * else has just reported need not be reported again.
 *
 * Hosts here want all sources of a group or none, so a group's state is one bit. What queries can
 * cost is bounded: a group has one answer under way, and a query can only bring it forward. */
#include <ip/ip_state.h>
#include <wire/mld_hdr.h>

/* RFC 3810 9.11, RFC 3376 8.11: Unsolicited Report Interval. */
#define CHANGE_MS 1000u
/* RFC 3810 9.12: robustness times the interval of queries, and an answer's time. */
#define INTERVAL_DEFAULT_S 125u
#define RESPONSE_MS 10000u
/* Old versions last at most this long without being heard, whatever a forged query says. */
#define OLD_MAX MNET_SEC(3600)
#define MLD_VERSION 2u
#define IGMP_VERSION 3u

static struct mn_querier *querier_of(struct mn_ip *ip, bool is_v4)
{
    return &ip->querier[is_v4 ? 0 : 1];
}

static unsigned newest(bool is_v4)
{
    return is_v4 ? IGMP_VERSION : MLD_VERSION;
}

static unsigned version_of(struct mn_ip *ip, bool is_v4)
{
    const struct mn_querier *querier = querier_of(ip, is_v4);
    return querier->old_until > ip->env->now ? querier->version : newest(is_v4);
}

/* RFC 3810 6, RFC 3376 6: all hosts are in these without a word, and what stays in a host or is of
 * no scope needs none. */
static bool is_silent(const struct mnet_addr *group)
{
    if (mnet_addr_is_v4(group))
        return mnet_addr_to_v4(group) == MN_IP4_ALL_HOSTS;
    static const struct mnet_addr all_nodes = {{0xff, 0x02, [15] = 1}};
    return mn_ip6_scope(group) < MN_IP6_SCOPE_LINK || mnet_addr_equal(group, &all_nodes);
}

static mnet_time earlier(mnet_time a, mnet_time b)
{
    return a < b ? a : b;
}

static void arm(struct mn_ip *ip)
{
    mnet_time at = earlier(ip->querier[0].answer_at, ip->querier[1].answer_at);
    for (unsigned i = 0; i < MN_REPORTS; i++) {
        const struct mn_report *r = &ip->report[i];
        if (!mnet_addr_is_any(&r->group))
            at = earlier(at, earlier(r->change_at, r->answer_at));
    }
    mn_env_arm(ip->env, &ip->group_timer, at);
}

static mnet_time within(struct mn_ip *ip, uint32_t ms)
{
    return ip->env->now + MNET_MS(mn_env_below(ip->env, ms > 0 ? ms : 1));
}

/* The entry of `group`; with `make`, a free one or, failing that, one that was only left. */
static struct mn_report *find(struct mn_ip *ip, const struct mnet_addr *group, bool make)
{
    struct mn_report *free = NULL;
    for (unsigned i = 0; i < MN_REPORTS; i++) {
        struct mn_report *r = &ip->report[i];
        bool is_free = mnet_addr_is_any(&r->group);
        if (!is_free && mnet_addr_equal(&r->group, group))
            return r;
        if (is_free || (!free && !r->is_joined))
            free = r;
    }
    return make ? free : NULL;
}

static void send(struct mn_ip *ip, bool is_v4, const struct mn_report_record *record,
                 unsigned count)
{
    unsigned version = version_of(ip, is_v4);
    if (is_v4)
        mn_igmp_send(ip, record, count, version);
    else
        mn_mld_send(ip, record, count, version);
}

static void send_one(struct mn_ip *ip, const struct mnet_addr *group, uint8_t type)
{
    struct mn_report_record record = {*group, type};
    send(ip, mnet_addr_is_v4(group), &record, 1);
}

void mn_report_init(struct mn_ip *ip)
{
    mn_timer_init(&ip->group_timer, MN_TIMER_IP | MN_IP_TIMER_GROUP);
    ip->querier[0].answer_at = ip->querier[1].answer_at = MNET_NEVER;
}

/* ---- changes ---- */

static void tell_change(struct mn_ip *ip, struct mn_report *r)
{
    send_one(ip, &r->group, r->is_joined ? MN_GROUP_TO_EXCLUDE : MN_GROUP_TO_INCLUDE);
    r->changes_left--;
    r->change_at = r->changes_left > 0 ? within(ip, CHANGE_MS) : MNET_NEVER;
    if (r->changes_left == 0 && !r->is_joined)
        r->group = mnet_addr_any();
}

void mn_report_changed(struct mn_ip *ip, const struct mnet_addr *group, bool is_joined)
{
    if (is_silent(group))
        return;
    struct mn_report *r = find(ip, group, true);
    if (!r) /* not reached: there are as many entries as groups */
        return;
    uint8_t robustness = querier_of(ip, mnet_addr_is_v4(group))->robustness;
    *r = (struct mn_report){.group = *group,
                            .is_joined = is_joined,
                            .changes_left = robustness > 0 ? robustness : MN_REPORT_ROBUSTNESS,
                            .answer_at = MNET_NEVER};
    tell_change(ip, r);
    arm(ip);
}

/* ---- queries ---- */

static void note_querier(struct mn_ip *ip, bool is_v4, unsigned version, unsigned robustness,
                         uint32_t interval_s)
{
    struct mn_querier *querier = querier_of(ip, is_v4);
    if (robustness > 0)
        querier->robustness =
            (uint8_t)(robustness < MN_REPORT_ROBUSTNESS_MAX ? robustness
                                                            : MN_REPORT_ROBUSTNESS_MAX);
    if (version >= newest(is_v4) || version > version_of(ip, is_v4))
        return;
    uint32_t every = interval_s > 0 ? interval_s : INTERVAL_DEFAULT_S;
    mnet_time lasts = MN_REPORT_ROBUSTNESS * MNET_SEC(every) + MNET_MS(RESPONSE_MS);
    querier->version = (uint8_t)version;
    querier->old_until = ip->env->now + earlier(lasts, OLD_MAX);
}

void mn_report_query(struct mn_ip *ip, bool is_v4, const struct mnet_addr *group,
                     uint32_t response_ms, unsigned version, unsigned robustness,
                     uint32_t interval_s)
{
    struct mn_querier *querier = querier_of(ip, is_v4);
    note_querier(ip, is_v4, version, robustness, interval_s);
    mnet_time at = within(ip, response_ms);
    if (mnet_addr_is_any(group)) {
        querier->answer_at = earlier(querier->answer_at, at);
    } else {
        struct mn_report *r = find(ip, group, false);
        /* RFC 3810 6.2 rule 1: an answer about all groups that comes earlier says it, too. */
        if (r && r->is_joined && querier->answer_at > at)
            r->answer_at = earlier(r->answer_at, at);
    }
    arm(ip);
}

void mn_report_heard(struct mn_ip *ip, const struct mnet_addr *group)
{
    struct mn_report *r = find(ip, group, false);
    if (!r || version_of(ip, mnet_addr_is_v4(group)) == newest(mnet_addr_is_v4(group)))
        return;
    r->answer_at = MNET_NEVER;
    arm(ip);
}

/* All groups of a family in one report: there are so few that they fit the smallest MTU. */
static void answer_all(struct mn_ip *ip, bool is_v4)
{
    struct mn_report_record record[MN_REPORTS] = {0};
    unsigned count = 0;
    for (unsigned i = 0; i < MN_REPORTS && count < MN_REPORTS; i++) {
        struct mn_report *r = &ip->report[i];
        if (mnet_addr_is_any(&r->group) || !r->is_joined || mnet_addr_is_v4(&r->group) != is_v4)
            continue;
        record[count++] = (struct mn_report_record){r->group, MN_GROUP_IS_EXCLUDE};
        r->answer_at = MNET_NEVER;
    }
    querier_of(ip, is_v4)->answer_at = MNET_NEVER;
    if (count > 0)
        send(ip, is_v4, record, count);
}

void mn_report_timer(struct mn_ip *ip)
{
    mnet_time now = ip->env->now;
    if (ip->querier[0].answer_at <= now)
        answer_all(ip, true);
    if (ip->querier[1].answer_at <= now)
        answer_all(ip, false);
    for (unsigned i = 0; i < MN_REPORTS; i++) {
        struct mn_report *r = &ip->report[i];
        if (mnet_addr_is_any(&r->group))
            continue;
        if (r->answer_at <= now) {
            r->answer_at = MNET_NEVER;
            send_one(ip, &r->group, MN_GROUP_IS_EXCLUDE);
        }
        if (r->change_at <= now)
            tell_change(ip, r);
    }
    arm(ip);
}

bool mn_report_ok(const struct mn_ip *ip)
{
    for (unsigned i = 0; i < MN_REPORTS; i++) {
        const struct mn_report *r = &ip->report[i];
        if (mnet_addr_is_any(&r->group))
            continue;
        if (is_silent(&r->group) || (r->changes_left == 0) != (r->change_at == MNET_NEVER) ||
            r->is_joined != mn_ip_group_is_joined(ip, &r->group))
            return false;
    }
    return true;
}
