/* SPDX-License-Identifier: ISC
 *
 * The three services on the kernel's own sockets, one epoll loop: what mnet is measured against
 * beside lwIP. Ports 7 (echo, also UDP), 9 (discard), 19 (source). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static char buf[256 * 1024];
static int epoll_fd;

/* What a descriptor is, beside its number in the event's 64 bits. */
enum kind { LISTENER, ECHO, DISCARD, SOURCE, UDP };

static void watch(int fd, enum kind kind, unsigned port, uint32_t events)
{
    struct epoll_event e = {.events = events,
                            .data.u64 =
                                ((uint64_t)port << 48) | ((uint64_t)kind << 32) | (uint32_t)fd};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e) != 0) {
        perror("epoll_ctl");
        exit(1);
    }
}

static int bound(int type, uint16_t port)
{
    int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0), one = 1;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&any, sizeof any) != 0) {
        perror("bind");
        exit(1);
    }
    return fd;
}

static void accept_all(int fd, unsigned port)
{
    int conn, one = 1;
    while ((conn = accept4(fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(conn, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(conn,
              port == 7   ? ECHO
              : port == 9 ? DISCARD
                          : SOURCE,
              port, port == 19 ? EPOLLOUT : EPOLLIN);
    }
}

static void udp_echo(int fd)
{
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t len;
    while ((len = recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&from, &size)) >= 0)
        if (sendto(fd, buf, (size_t)len, 0, (struct sockaddr *)&from, size) < 0)
            return;
}

static void serve(int fd, enum kind kind)
{
    ssize_t len = kind == SOURCE ? write(fd, buf, sizeof buf) : read(fd, buf, sizeof buf);
    if (kind == ECHO && len > 0)
        len = write(fd, buf, (size_t)len);
    if (len == 0 || (len < 0 && errno != EAGAIN))
        close(fd);
}

int main(void)
{
    struct rlimit files = {300000, 300000};
    setrlimit(RLIMIT_NOFILE, &files);
    epoll_fd = epoll_create1(0);
    for (unsigned i = 0; i < 3; i++) {
        static const uint16_t ports[] = {7, 9, 19};
        int fd = bound(SOCK_STREAM, ports[i]);
        listen(fd, 4096);
        watch(fd, LISTENER, ports[i], EPOLLIN);
    }
    watch(bound(SOCK_DGRAM, 7), UDP, 7, EPOLLIN);
    struct epoll_event events[256];
    for (;;) {
        int n = epoll_wait(epoll_fd, events, 256, -1);
        for (int i = 0; i < n; i++) {
            int fd = (int)(uint32_t)events[i].data.u64;
            enum kind kind = (enum kind)((events[i].data.u64 >> 32) & 0xffff);
            if (kind == LISTENER)
                accept_all(fd, (unsigned)(events[i].data.u64 >> 48));
            else if (kind == UDP)
                udp_echo(fd);
            else
                serve(fd, kind);
        }
    }
}
