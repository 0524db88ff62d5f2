/* SPDX-License-Identifier: ISC */
#include "wire6.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY ((size_t)4 << 20)

/* ---- bytes ---- */

static void put(uint8_t *at, unsigned bytes, uint32_t value)
{
    while (bytes-- > 0) {
        at[bytes] = (uint8_t)value;
        value >>= 8;
    }
}

static uint32_t get(const uint8_t *at, unsigned bytes)
{
    uint32_t value = 0;
    while (bytes-- > 0)
        value = value << 8 | *at++;
    return value;
}

static struct mnet_addr parse(const char *text)
{
    struct mnet_addr addr;
    assert_int_equal(mnet_addr_parse(text, &addr), MNET_OK);
    return addr;
}

/* ---- the hand ---- */

static void give(struct wire6 *w, const uint8_t *frame, uint32_t len)
{
    struct mnet_frame f = {.seg = {{(uint8_t *)(uintptr_t)frame, len}}, .len = len, .seg_count = 1};
    assert_int_equal(w->dev->ops->tx(w->dev, &f), MNET_OK);
}

/* An ICMPv6 message of `len` bytes, which stands at frame + 54. */
static void give_icmp(struct wire6 *w, uint8_t *frame, uint32_t len, const struct mnet_mac *mac,
                      const struct mnet_addr *src, const struct mnet_addr *dst)
{
    static const uint8_t group_mac[] = {0x33, 0x33};
    const uint8_t *own = w->dev->mac.bytes;
    /* The stack's device is the first of the world. */
    static const uint8_t stack_mac[] = {2, 0, 0, 0, 0, 1};
    bool is_group = dst->bytes[0] == 0xff;
    memcpy(frame, is_group ? group_mac : stack_mac, is_group ? 2 : 6);
    if (is_group)
        memcpy(frame + 2, dst->bytes + 12, 4);
    memcpy(frame + 6, mac ? mac->bytes : own, 6);
    put(frame + 12, 2, 0x86dd);
    put(frame + 14, 4, 0x60000000);
    put(frame + 18, 2, len);
    frame[20] = 58;
    frame[21] = 255;
    memcpy(frame + 22, src->bytes, 16);
    memcpy(frame + 38, dst->bytes, 16);
    put(frame + 56, 2, 0);
    uint32_t sum = 58 + len;
    for (unsigned i = 22; i < 54 + len; i += 2)
        sum += get(frame + i, 2);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    put(frame + 56, 2, ~sum);
    give(w, frame, 54 + len);
}

void wire6_ra(struct wire6 *w, const struct ra *ra)
{
    uint8_t frame[150] = {0}, *m = frame + 54;
    struct mnet_addr src = parse(ra->from ? ra->from : "fe80::1"), all = parse("ff02::1");
    uint32_t len = 16;
    m[0] = 134;
    m[4] = ra->hop_limit;
    put(m + 6, 2, ra->lifetime_s);
    put(m + 8, 4, ra->reachable_ms);
    put(m + 12, 4, ra->retrans_ms);
    if (ra->mtu) {
        m[len] = 5;
        m[len + 1] = 1;
        put(m + len + 4, 4, ra->mtu);
        len += 8;
    }
    if (ra->prefix) {
        struct mnet_addr prefix = parse(ra->prefix);
        m[len] = 3;
        m[len + 1] = 4;
        m[len + 2] = 64;
        m[len + 3] = (uint8_t)(ra->is_on_link << 7 | ra->is_autonomous << 6);
        put(m + len + 4, 4, ra->valid_s);
        put(m + len + 8, 4, ra->preferred_s);
        memcpy(m + len + 16, prefix.bytes, 16);
        len += 32;
    }
    give_icmp(w, frame, len, NULL, &src, &all);
}

static void advertise(struct wire6 *w, const struct mnet_addr *target, const struct mnet_mac *mac,
                      const struct mnet_addr *dst, unsigned flags)
{
    uint8_t frame[86] = {0}, *m = frame + 54;
    m[0] = 136;
    m[4] = (uint8_t)flags;
    memcpy(m + 8, target->bytes, 16);
    m[24] = 2;
    m[25] = 1;
    memcpy(m + 26, mac->bytes, 6);
    give_icmp(w, frame, 32, mac, target, dst);
}

void wire6_na(struct wire6 *w, const struct station *about, unsigned flags)
{
    struct mnet_addr all = parse("ff02::1");
    advertise(w, &about->addr, &about->mac, &all, flags | (about->is_router ? 0x80u : 0));
}

/* Another host has it: RFC 4862 5.4.4. */
static void deny(struct wire6 *w, const struct mnet_addr *target)
{
    struct mnet_addr all = parse("ff02::1");
    struct mnet_mac other = {{2, 0xbb, 0, 0, 0, 2}};
    advertise(w, target, &other, &all, 0x20);
}

void wire6_take(struct wire6 *w, const struct mnet_addr *addr)
{
    w->taken = *addr;
    deny(w, addr); /* it may have been asked for already */
}

/* Another host probes for the address, too: RFC 4862 5.4.3. */
static void probe_too(struct wire6 *w, const uint8_t *frame)
{
    uint8_t own[78] = {0};
    struct mnet_addr src = {{0}}, dst;
    struct mnet_mac mac = {{2, 0xbb, 0, 0, 0, 1}};
    memcpy(dst.bytes, frame + 38, 16);
    own[54] = 135;
    memcpy(own + 62, frame + 62, 16);
    give_icmp(w, own, 24, &mac, &src, &dst);
}

/* ---- what the stack says ---- */

static void note(const struct wire6 *w, struct times *times)
{
    if (times->count < TIMES_MAX)
        times->at[times->count] = sim_now(w->sim);
    times->count++;
}

static void solicited(struct wire6 *w, const uint8_t *frame)
{
    struct mnet_addr src, dst, target;
    memcpy(src.bytes, frame + 22, 16);
    memcpy(dst.bytes, frame + 38, 16);
    memcpy(target.bytes, frame + 62, 16);
    if (mnet_addr_is_any(&src)) {
        note(w, &w->probes);
        w->probed = target;
        if (w->has_all || mnet_addr_equal(&target, &w->taken))
            deny(w, &target);
        if (w->wants_too)
            probe_too(w, frame);
        return;
    }
    note(w, mnet_addr_is_multicast(&dst) ? &w->group : &w->unicast);
    for (unsigned i = 0; i < w->station_count; i++) {
        const struct station *s = &w->station[i];
        if (s->is_there && mnet_addr_equal(&s->addr, &target))
            advertise(w, &target, &s->mac, &src, 0x60u | (s->is_router ? 0x80u : 0));
    }
}

static void heard(struct wire6 *w, uint8_t *frame, uint32_t len)
{
    if (w->reflects && (frame[0] & 1)) {
        frame[11] ^= w->renames;
        give(w, frame, len);
    }
    assert_int_equal(get(frame + 12, 2), 0x86dd); /* IPv4 is off */
    w->udp.fragments += frame[20] == 44;
    if (frame[20] == 17) {
        memcpy(w->udp.src.bytes, frame + 22, 16);
        memcpy(w->udp.to.bytes, frame, 6);
        w->udp.hop_limit = frame[21];
        w->udp.count++;
    }
    if (frame[20] != 58)
        return;
    if (frame[54] == 133)
        note(w, &w->asks);
    if (frame[54] == 135)
        solicited(w, frame);
    if (frame[54] == 136 && frame[38] == 0xff)
        note(w, &w->adverts);
}

/* After each round of the stack. */
static bool look(void *arg)
{
    struct wire6 *w = arg;
    static uint8_t bytes[2048];
    for (;;) {
        struct mnet_frame f = {.seg = {{bytes, sizeof bytes}}, .seg_count = 1};
        if (w->dev->ops->rx(w->dev, &f, 1) == 0)
            break;
        heard(w, bytes, f.len);
    }
    assert_true(mnet_stack_ok(w->stack));
    return false;
}

/* ---- life ---- */

struct wire6 *wire6_new(uint64_t seed, void (*change)(struct mnet_config *config))
{
    struct wire6 *w = calloc(1, sizeof *w);
    struct mnet_config config;
    const struct mnet_endpoint local = {mnet_addr_any(), 9};
    assert_non_null(w);
    w->sim = sim_new(seed);
    w->started = sim_now(w->sim);
    struct sim_link *link = sim_link_add(w->sim, &(struct sim_link_config){.delay = MNET_US(10)});
    mnet_config_init(&config);
    config.netdev = sim_device_add(link, &(struct sim_device_config){.name = "stack"});
    w->dev = sim_device_add(link, &(struct sim_device_config){.name = "wire"});
    mnet_rng_seeded_init(&w->rng, seed);
    config.rng = &w->rng.rng;
    config.ipv6_mode = MNET_IPV6_PRIVATE;
    config.memory_len = MEMORY;
    config.memory = w->memory = aligned_alloc(64, MEMORY);
    if (change)
        change(&config);
    assert_int_equal(mnet_stack_create(&config, sim_now(w->sim), &w->stack, NULL), MNET_OK);
    assert_int_equal(mnet_dgram_open(w->stack, &local, NULL, NULL, NULL, &w->dgram), MNET_OK);
    return w;
}

void wire6_free(struct wire6 *w)
{
    mnet_dgram_close(w->dgram);
    mnet_stack_destroy(w->stack);
    sim_free(w->sim);
    free(w->memory);
    free(w);
}

void wire6_pass(struct wire6 *w, mnet_time time)
{
    sim_drive(w->sim, &w->stack, 1, sim_now(w->sim) + time, look, w);
    mnet_stack_poll(w->stack, sim_now(w->sim)); /* so that it knows what time it is */
    look(w);
}

struct station *wire6_station(struct wire6 *w, const char *addr)
{
    assert_true(w->station_count < STATIONS_MAX);
    struct station *s = &w->station[w->station_count++];
    *s = (struct station){.addr = parse(addr),
                          .mac = {{2, 0xaa, 0, 0, 0, (uint8_t)w->station_count}},
                          .is_there = true};
    return s;
}

mnet_err wire6_send(struct wire6 *w, const char *to, size_t len)
{
    static const uint8_t zeros[4000];
    struct mnet_endpoint remote = {parse(to), 9};
    assert_true(len <= sizeof zeros);
    mnet_err err = mnet_dgram_send(w->dgram, &remote, zeros, len);
    wire6_pass(w, MNET_MS(1));
    return err;
}

void wire6_forget(struct wire6 *w)
{
    w->probes.count = w->group.count = w->unicast.count = w->asks.count = w->adverts.count = 0;
    memset(&w->udp, 0, sizeof w->udp);
}

/* ---- what the stack shows ---- */

struct search {
    const char *beginning;
    unsigned wanted, count;
    char line[256];
};

static void compare(void *arg, const char *text)
{
    struct search *s = arg;
    if (strncmp(text, s->beginning, strlen(s->beginning)) == 0 && s->count++ == s->wanted)
        snprintf(s->line, sizeof s->line, "%s", text);
}

static const char *nth_line(struct wire6 *w, const char *beginning, unsigned n, unsigned *count)
{
    static struct search s;
    s = (struct search){.beginning = beginning, .wanted = n};
    mnet_stack_show(w->stack, compare, &s);
    if (count)
        *count = s.count;
    return s.line;
}

const char *wire6_line(struct wire6 *w, const char *beginning)
{
    return nth_line(w, beginning, 0, NULL);
}

unsigned wire6_lines(struct wire6 *w, const char *beginning)
{
    unsigned count;
    (void)nth_line(w, beginning, 0, &count);
    return count;
}

const char *wire6_neighbour(struct wire6 *w, const char *addr)
{
    static char state[32];
    char beginning[80];
    snprintf(beginning, sizeof beginning, "neighbour %s ", addr);
    state[0] = '\0';
    (void)!sscanf(wire6_line(w, beginning), "neighbour %*s %*s %31s", state);
    return state;
}

struct mnet_addr wire6_own(struct wire6 *w, const char *kind, unsigned n)
{
    char word[48], text[MNET_ADDR_TEXT_MAX], found[32];
    unsigned count;
    snprintf(word, sizeof word, "address ");
    nth_line(w, word, 0, &count);
    for (unsigned i = 0; i < count; i++) {
        if (sscanf(nth_line(w, word, i, NULL), "address %47[^/]/%*u %31s", text, found) == 2 &&
            strcmp(found, kind) == 0 && n-- == 0)
            return parse(text);
    }
    return mnet_addr_any();
}

uint32_t wire6_seconds(const char *line, const char *what)
{
    char word[32];
    unsigned seconds = UINT32_MAX;
    snprintf(word, sizeof word, " %s ", what);
    const char *at = strstr(line, word);
    assert_non_null(at);
    (void)!sscanf(at + strlen(word), "%u s", &seconds);
    return seconds;
}
