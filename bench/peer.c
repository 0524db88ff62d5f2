/* SPDX-License-Identifier: ISC
 *
 * The other end of every benchmark: a client on the kernel's sockets, the same for all candidates.
 *
 *     peer WORKLOAD ADDRESS SECONDS COUNT [IDLE]
 *
 *   bulk-rx   COUNT connections to port 9 (discard), written to as fast as they take it    ->
 * bytes/s bulk-tx   COUNT connections to port 19 (source), read as fast as they give             ->
 * bytes/s rr        COUNT connections to port 7 (echo), one 64-byte message on the way in each ->
 * 1/s, p50 and p99 in ns crr       COUNT at a time: connect, one 64-byte round trip, close -> 1/s
 *   udp-rr    COUNT sockets to UDP port 7, one 64-byte message on the way in each           -> 1/s,
 * p50 and p99 in ns
 *
 * With IDLE, so many more connections are opened first and stay silent. Prints one line: value p50
 * p99.
 *
 * Connections of crr and idle ones come from 64 source addresses in turn (10.0.0.64 on): with one,
 * the kernel's search for a free port among its own TIME-WAIT sockets would be what is measured. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE 64
#define BULK (256 * 1024)
#define CONNS_MAX 4096
#define SAMPLES_MAX 4000000

struct conn {
    int fd;
    size_t got;      /* bytes of the answer so far */
    uint64_t begun;  /* when the transaction began */
    bool is_waiting; /* for the connect to complete */
};

static struct sockaddr_in server;
static struct conn conns[CONNS_MAX];
static char buf[BULK];
static uint32_t *samples;
static size_t sample_count;
static int epoll_fd;

static void die(const char *what)
{
    fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Gives `fd` the next source address, the port to be chosen at connect. */
static void spread(int fd)
{
    static unsigned turn;
    struct sockaddr_in from = {.sin_family = AF_INET};
    int one = 1;
    from.sin_addr.s_addr = htonl(0x0a000040u + turn++ % 64);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0)
        die("bind to 10.0.0.64..127");
}

static int open_socket(int type, uint16_t port, bool may_wait, bool is_spread)
{
    int fd = socket(AF_INET, type, 0);
    if (fd < 0)
        die("socket");
    int one = 1;
    if (type == SOCK_STREAM)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (may_wait)
        fcntl(fd, F_SETFL, O_NONBLOCK);
    if (is_spread)
        spread(fd);
    struct sockaddr_in to = server;
    to.sin_port = htons(port);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
        die("connect");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void watch(struct conn *c, uint32_t events, int op)
{
    struct epoll_event e = {.events = events, .data.ptr = c};
    if (epoll_ctl(epoll_fd, op, c->fd, &e) != 0)
        die("epoll_ctl");
}

static void sample(uint64_t ns)
{
    if (sample_count < SAMPLES_MAX)
        samples[sample_count++] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void report(double value)
{
    qsort(samples, sample_count, sizeof samples[0], by_value);
    uint32_t p50 = sample_count ? samples[sample_count / 2] : 0;
    uint32_t p99 = sample_count ? samples[sample_count * 99 / 100] : 0;
    printf("%.1f %u %u\n", value, p50, p99);
}

static double bulk(bool is_send, unsigned count, uint64_t end)
{
    uint64_t bytes = 0, start = now_ns();
    for (unsigned i = 0; i < count; i++) {
        conns[i].fd = open_socket(SOCK_STREAM, is_send ? 9 : 19, false, false);
        watch(&conns[i], is_send ? EPOLLOUT : EPOLLIN, EPOLL_CTL_ADD);
    }
    struct epoll_event events[64];
    while (now_ns() < end) {
        int n = epoll_wait(epoll_fd, events, 64, 1000);
        for (int i = 0; i < n; i++) {
            int fd = ((struct conn *)events[i].data.ptr)->fd;
            ssize_t len = is_send ? write(fd, buf, sizeof buf) : read(fd, buf, sizeof buf);
            if (len == 0 || (len < 0 && errno != EAGAIN))
                die("bulk");
            if (len > 0)
                bytes += (uint64_t)len;
        }
    }
    return (double)bytes / ((double)(now_ns() - start) / 1e9);
}

static void ask(struct conn *c)
{
    c->got = 0;
    c->begun = c->is_waiting ? c->begun : now_ns();
    c->is_waiting = false;
    if (write(c->fd, buf, MESSAGE) != MESSAGE)
        die("write");
}

/* Opens the next connection of a crr slot. */
static void again(struct conn *c)
{
    c->begun = now_ns();
    c->fd = open_socket(SOCK_STREAM, 7, true, true);
    c->is_waiting = true;
    watch(c, EPOLLOUT, EPOLL_CTL_ADD);
}

static double transactions(int type, bool is_crr, unsigned count, uint64_t end)
{
    uint64_t done = 0, start = now_ns();
    for (unsigned i = 0; i < count; i++) {
        if (is_crr) {
            again(&conns[i]);
            continue;
        }
        conns[i].fd = open_socket(type, 7, false, false);
        watch(&conns[i], EPOLLIN, EPOLL_CTL_ADD);
        ask(&conns[i]);
    }
    struct epoll_event events[256];
    uint64_t now = start;
    while (now < end) {
        int n = epoll_wait(epoll_fd, events, 256, 2000);
        if (n == 0)
            errno = ETIMEDOUT, die("no answer");
        for (int i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;
            if (c->is_waiting) {
                watch(c, EPOLLIN, EPOLL_CTL_MOD);
                ask(c);
                continue;
            }
            ssize_t len = read(c->fd, buf, MESSAGE);
            if (len <= 0)
                die("read");
            c->got += (size_t)len;
            if (c->got < MESSAGE)
                continue;
            now = now_ns();
            sample(now - c->begun);
            done++;
            if (is_crr) {
                close(c->fd);
                again(c);
            } else {
                ask(c);
            }
        }
        now = now_ns();
    }
    return (double)done / ((double)(now - start) / 1e9);
}

/* One after the other, so that the opening does not overrun anybody's backlog. */
static void open_idle(unsigned long count)
{
    struct rlimit files = {count + 8192, count + 8192};
    setrlimit(RLIMIT_NOFILE, &files);
    for (unsigned long i = 0; i < count; i++)
        open_socket(SOCK_STREAM, 7, false, true);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: peer WORKLOAD ADDRESS SECONDS COUNT [IDLE]\n");
        return 2;
    }
    server.sin_family = AF_INET;
    if (inet_pton(AF_INET, argv[2], &server.sin_addr) != 1) {
        fprintf(stderr, "peer: %s is not an address\n", argv[2]);
        return 2;
    }
    double seconds = atof(argv[3]);
    unsigned count = (unsigned)atoi(argv[4]);
    if (count == 0 || count > CONNS_MAX || seconds <= 0 || seconds > 120) {
        fprintf(stderr, "peer: count 1..%d, seconds up to 120\n", CONNS_MAX);
        return 2;
    }
    samples = calloc(SAMPLES_MAX, sizeof samples[0]);
    epoll_fd = epoll_create1(0);
    if (!samples || epoll_fd < 0)
        die("set-up");
    if (argc > 5)
        open_idle(strtoul(argv[5], NULL, 10));
    uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
    const char *what = argv[1];
    if (strcmp(what, "bulk-rx") == 0 || strcmp(what, "bulk-tx") == 0)
        report(bulk(strcmp(what, "bulk-rx") == 0, count, end));
    else if (strcmp(what, "rr") == 0)
        report(transactions(SOCK_STREAM, false, count, end));
    else if (strcmp(what, "crr") == 0)
        report(transactions(SOCK_STREAM, true, count, end));
    else if (strcmp(what, "udp-rr") == 0)
        report(transactions(SOCK_DGRAM, false, count, end));
    else
        return fprintf(stderr, "peer: no workload %s\n", what), 2;
    return 0;
}
