# SPDX-License-Identifier: ISC
"""Very many connections and floods against the Linux kernel (acceptance 22, 24; the memory budget)."""
import os
import random
import signal
import socket
import struct
import time

from harness import (ADDR, PEER, Program, connect, echo_on_all, echo_works, equal, need_files, open_many, recv_exactly, sh, tap, test,
                     unikernel, wait_ready)


@test
def a_thousand_clients():
    """1,000 clients at the same time, each echoing several times, one task each"""
    need_files(2000)
    with unikernel("echo"):
        socks = open_many(1000)
        for i in range(5):
            echo_on_all(socks, b"round %d" % i)
        for s in socks:
            s.close()
        echo_works()


@test
def ten_thousand_tasks():
    """10,000 concurrent connections, a task each, all of them answer"""
    need_files(12000)
    with unikernel("echo") as p:
        start = time.time()
        socks = open_many(10000, at_a_time=64)
        echo_on_all(socks)
        print("# 10,000 connections and a round trip on each: %.1f s, resident %d MiB" % (time.time() - start, p.rss_kib() >> 10))
        for s in socks:
            s.close()
        echo_works()


class Holder:
    """A child process that holds connections open: one process may not have enough descriptors for all of them."""

    def __init__(self, count, sources):
        self.count, self.sources = count, sources
        here, there = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                here.close()
                socks = open_many(count, sources=sources, at_a_time=64)
                there.sendall(b"o")
                there.recv(1)
                echo_on_all(socks[::100])
                there.sendall(b"e")
                there.recv(1)
                status = 0
            except BaseException as e:
                print("# %s" % e, flush=True)
            os._exit(status)
        there.close()
        self.pipe = here
        self.pipe.settimeout(150)

    def wait(self, what):
        equal(self.pipe.recv(1), what, "a process that holds %d connections" % self.count)

    def go_on(self):
        self.pipe.sendall(b"g")

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.pipe.close()


@test
def a_hundred_thousand_idle():
    """100,000 idle connections with callbacks cost at most 1 KiB each; all of them, and new ones, are still served"""
    need_files(12000)
    with tap(addr="10.0.0.1/16"):
        sources = ["10.0.%d.%d" % (k // 5 + 1, 10 + k % 5) for k in range(50)]
        for a in sources:
            sh("ip", "addr", "add", a + "/16", "dev", "tap0")
        sh("sysctl", "-q", "-w", "net.ipv4.ip_local_port_range=10000 65000")
        with Program("callback-echo", "--memory=192") as p:
            wait_ready(p, 9000)
            start, base = time.time(), p.rss_kib()
            holders = [Holder(10000, sources[k * 5:k * 5 + 5]) for k in range(10)]
            try:
                for h in holders:
                    h.wait(b"o")
                p.wait_for("open: 100[0-9]{3},", 20)
                grown = p.rss_kib() - base
                print("# 100,000 connections: %.1f s, %d bytes of resident memory each" % (time.time() - start, grown * 1024 // 100000))
                assert grown * 1024 // 100000 <= 1024, "more than 1 KiB each"
                echo_works()
                for h in holders:
                    h.go_on()
                    h.wait(b"e")
            finally:
                for h in holders:
                    h.end()
            echo_works()


def tcp_segment(sport, dport, seq, ack, flags, data=b"", src=PEER, options=b""):
    """A raw TCP segment with its checksum."""
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff, (5 + len(options) // 4) << 4, flags, 65535, 0, 0)
    head += options
    pseudo = socket.inet_aton(src) + socket.inet_aton(ADDR) + struct.pack("!BBH", 0, 6, len(head) + len(data))
    text = pseudo + head + data
    text += b"\0" * (len(text) & 1)
    total = sum(struct.unpack("!%dH" % (len(text) // 2), text))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return head[:16] + struct.pack("!H", ~total & 0xffff) + head[18:] + data


@test
def syn_flood():
    """50,000 SYNs that are never completed: the stack serves all the while, within its budget"""
    from test_ip import fragments
    rnd = random.Random(1)
    with unikernel("echo") as p:
        before = p.rss_kib()
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            for i in range(50000):
                src = "10.0.0.%d" % rnd.randrange(100, 250)
                segment = tcp_segment(rnd.randrange(1024, 65536), 9000, rnd.getrandbits(32), 0, 2, src=src)
                raw.sendto(fragments(segment, 0, ((0, len(segment), False),), proto=6, src=src)[0], (ADDR, 0))
                if i % 10000 == 9999:
                    echo_works()
        grown = p.rss_kib() - before
        assert grown < 70 * 1024, "grew by %d KiB, more than the budget of 64 MiB" % grown
        echo_works()


@test
def arp_flood():
    """100,000 ARP packets from as many hosts: the stack serves, and still knows its peer"""
    with unikernel("echo") as p:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw, connect() as s:
            raw.bind(("tap0", 0))
            for i in range(100000):
                fake = struct.pack("!HI", 0x0200, i)
                body = struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1 + i % 2, fake, struct.pack("!I", 0x0a000000 + 256 + i),
                                   b"\0" * 6, socket.inet_aton(ADDR))
                raw.send(b"\xff" * 6 + fake + b"\x08\x06" + body)
            s.sendall(b"known")
            equal(recv_exactly(s, 5), b"known", "echo on the open connection")
        echo_works()


@test
def never_accepted_and_never_read():
    """connections that nobody accepts, and data that nobody reads, are bounded; afterwards the stack serves again"""
    need_files(6000)
    with unikernel("reader", "--how=slow", ready=None) as p:
        socks = []
        for _ in range(2000):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex((ADDR, 9000))
            socks.append(s)
        time.sleep(0.5)
        for s in socks:
            try:
                s.send(b"d" * 100000)
            except OSError:
                pass
        time.sleep(0.5)
        assert p.rss_kib() < 100 * 1024, "resident %d KiB" % p.rss_kib()
        q = sh("ping", "-c1", "-W2", ADDR, check=False)
        assert "1 received" in q.stdout, q.stdout
        for s in socks:
            s.close()


@test
def out_of_order_flood():
    """out-of-order data on many connections is held within the budget and given up first; the stack serves again"""
    need_files(3000)
    with unikernel("echo") as p:
        socks = open_many(200)
        sh("tc", "qdisc", "add", "dev", "tap0", "root", "netem", "loss", "20%", "delay", "1ms", check=False)
        for s in socks:
            s.setblocking(False)
            try:
                s.send(os.urandom(200000))
            except OSError:
                pass
        time.sleep(1)
        assert p.rss_kib() < 120 * 1024, "resident %d KiB" % p.rss_kib()
        sh("tc", "qdisc", "del", "dev", "tap0", "root", check=False)
        for s in socks:
            s.close()
        time.sleep(0.5)
        echo_works()
