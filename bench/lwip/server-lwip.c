/* SPDX-License-Identifier: ISC
 *
 * The three services on lwIP's raw API, with a network interface tuned for the job: frames are read
 * straight into the pbuf that lwIP keeps, the TAP is drained before anything else is done, a chain
 * leaves by one writev. Ports 7 (echo, also UDP), 9 (discard), 19 (source). lwIP knows nothing of
 * vnet headers or TSO. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#include <net/if.h>
#include <netif/etharp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int tap;
static char data[256 * 1024];

u32_t sys_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u32_t)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

static err_t link_out(struct netif *netif, struct pbuf *p)
{
    struct iovec iov[32];
    int count = 0;
    (void)netif;
    for (; p && count < 32; p = p->next)
        iov[count++] = (struct iovec){p->payload, p->len};
    return writev(tap, iov, count) < 0 ? ERR_IF : ERR_OK;
}

static err_t link_init(struct netif *netif)
{
    static const u8_t mac[6] = {2, 0, 0, 0, 0x10, 2};
    netif->name[0] = 't';
    netif->name[1] = 'p';
    netif->output = etharp_output;
    netif->linkoutput = link_out;
    netif->mtu = 1500;
    netif->hwaddr_len = 6;
    memcpy(netif->hwaddr, mac, 6);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP | NETIF_FLAG_UP;
    return ERR_OK;
}

static void link_drain(struct netif *netif)
{
    for (int i = 0; i < 64; i++) {
        struct pbuf *p = pbuf_alloc(PBUF_RAW, 1514, PBUF_POOL);
        if (!p)
            return;
        ssize_t len = read(tap, p->payload, 1514);
        if (len <= 0) {
            pbuf_free(p);
            return;
        }
        pbuf_realloc(p, (u16_t)len);
        if (netif->input(p, netif) != ERR_OK)
            pbuf_free(p);
    }
}

/* ---- services ---- */

static err_t end(struct tcp_pcb *pcb)
{
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    return tcp_close(pcb);
}

static err_t discard(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    (void)arg;
    if (!p || err != ERR_OK)
        return end(pcb);
    for (u32_t left = p->tot_len; left > 0;) {
        u16_t some = left > 0xffff ? 0xffff : (u16_t)left;
        tcp_recved(pcb, some);
        left -= some;
    }
    pbuf_free(p);
    return ERR_OK;
}

static err_t echo(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    (void)arg;
    if (!p || err != ERR_OK)
        return end(pcb);
    for (struct pbuf *q = p; q; q = q->next)
        if (tcp_write(pcb, q->payload, q->len, TCP_WRITE_FLAG_COPY) != ERR_OK)
            break;
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return tcp_output(pcb);
}

static err_t pour(void *arg, struct tcp_pcb *pcb, u16_t len)
{
    (void)arg;
    (void)len;
    /* By reference: what lwIP does fastest. */
    while (tcp_sndbuf(pcb) > 32768 && tcp_write(pcb, data, 32768, 0) == ERR_OK)
        ;
    return tcp_output(pcb);
}

static err_t accepted(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)err;
    int port = (int)(size_t)arg;
    tcp_nagle_disable(pcb);
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, port == 7 ? echo : discard);
    if (port == 19) {
        tcp_sent(pcb, pour);
        return pour(NULL, pcb, 0);
    }
    return ERR_OK;
}

static void udp_echo(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
                     u16_t port)
{
    (void)arg;
    udp_sendto(pcb, p, from, port);
    pbuf_free(p);
}

static void serve(int port)
{
    struct tcp_pcb *pcb = tcp_new();
    if (!pcb || tcp_bind(pcb, IP_ADDR_ANY, (u16_t)port) != ERR_OK || !(pcb = tcp_listen(pcb))) {
        fprintf(stderr, "server-lwip: cannot listen\n");
        exit(1);
    }
    tcp_arg(pcb, (void *)(size_t)port);
    tcp_accept(pcb, accepted);
}

int main(int argc, char **argv)
{
    struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    strncpy(ifr.ifr_name, argc > 1 ? argv[1] : "tap0", IFNAMSIZ - 1);
    if (tap < 0 || ioctl(tap, TUNSETIFF, &ifr) != 0) {
        perror("server-lwip: TAP");
        return 1;
    }
    struct netif netif;
    ip4_addr_t addr, mask, gateway;
    IP4_ADDR(&addr, 10, 0, 0, 2);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 10, 0, 0, 1);
    lwip_init();
    netif_add(&netif, &addr, &mask, &gateway, NULL, link_init, ethernet_input);
    netif_set_default(&netif);
    netif_set_up(&netif);
    serve(7);
    serve(9);
    serve(19);
    struct udp_pcb *udp = udp_new();
    if (!udp || udp_bind(udp, IP_ADDR_ANY, 7) != ERR_OK)
        return 1;
    udp_recv(udp, udp_echo, NULL);
    for (;;) {
        u32_t sleep = sys_timeouts_sleeptime();
        struct pollfd p = {.fd = tap, .events = POLLIN};
        poll(&p, 1, sleep > 1000 ? 1000 : (int)sleep);
        link_drain(&netif);
        sys_check_timeouts();
    }
}
