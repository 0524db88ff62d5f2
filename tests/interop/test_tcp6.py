# SPDX-License-Identifier: ISC
"""TCP over IPv6 against the Linux kernel, to global and link-local addresses (acceptance 5, 7, 8, 11, 14)."""
import hashlib
import os
import re
import socket
import struct
import subprocess
import threading
import time

from harness import ADDR, Capture, Program, apart, equal, recv_all, recv_exactly, sh, wait_ready
from net6 import ADDR6, PEER6, STATIC, Agent, echoes, tap6


def listener6(port=9000, addr="::"):
    s = socket.socket(socket.AF_INET6)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((addr, port))
    s.listen(5)
    s.settimeout(10)
    return s


def client6(action, to="[%s]:9000" % PEER6):
    return Program("client", STATIC, "--to=" + to, "--do=" + action)


def said(p, *lines):
    for want in lines:
        assert re.search("^%s$" % want, p.text, re.M), (want, p.text)


@apart
def client_hello_over_ipv6():
    """client: connect, write, shutdown(write), read the answer to EOF, close; to a global and to a link-local address"""
    for to in (PEER6, "fe80::1"):
        with tap6(), listener6() as listener:
            link_local_to_be()
            with client6("hello", "[%s]:9000" % to) as p:
                c, _ = listener.accept()
                equal(recv_all(c), b"Hello!", "what the kernel received")
                c.sendall(b"Goodbye!")
                c.close()
                equal(p.wait(), 0, p.text)
                said(p, "connect: 0", "write: 0", "shutdown: 0", "answer: Goodbye!", "end: 0", "write after shutdown: CLOSED")


@apart
def source_is_of_the_destinations_scope():
    """a connection to a link-local address comes from ours, one to a global address from the global one (RFC 6724 rule 2)"""
    with tap6(), listener6() as listener, Agent(STATIC) as p:
        link_local_to_be()
        for to, ours in (("fe80::1", p.address("link-local")), (PEER6, ADDR6)):
            t = threading.Thread(target=p.ask, args=("connect", "[%s]:9000" % to, "x"))
            t.start()
            c, (host, *_) = listener.accept()
            c.close()
            t.join(10)
            equal(host.split("%")[0], ours, "source of a connection to " + to)


def link_local_to_be():
    sh("ip", "addr", "add", "fe80::1/64", "dev", "tap0", "nodad")
    return "fe80::1"


@apart
def echo_with_nc_over_ipv6():
    """nc -6 -q0 gets its line back from the global and the link-local address, and the server keeps accepting"""
    with tap6(), Agent(STATIC) as p:
        near = p.address("link-local")
        for i in range(3):
            for addr in (ADDR6, near + "%tap0"):
                line = b"Hello World! %d\n" % i
                nc = subprocess.run(["nc", "-6", "-q0", "-w5", addr, "9000"], input=line, capture_output=True, timeout=15)
                equal(nc.stdout, line, "nc's output from " + addr)


@apart
def half_close_over_ipv6():
    """after the client's FIN everything it sent is still echoed, then comes our FIN"""
    with tap6(), Agent(STATIC):
        data = os.urandom(300000)
        with socket.create_connection((ADDR6, 9000), timeout=10) as s:
            got = []
            reader = threading.Thread(target=lambda: got.append(recv_all(s)))
            reader.start()
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            reader.join(20)
            assert got and got[0] == data, "got %d of %d bytes" % (len(got[0]) if got else 0, len(data))


@apart
def no_route_over_ipv6():
    """connect fails with NET_UNREACH at once without a route: no router, and no prefix that is on the link"""
    with tap6(), client6("hello", "[2001:db8::1]:80") as p:
        equal(p.wait(), 0, p.text)
        said(p, "connect: NET_UNREACH")
        assert int(re.search(r"after ms: (\d+)", p.text).group(1)) < 100, p.text


@apart
def neighbour_does_not_answer_over_ipv6():
    """connect fails with NET_UNREACH within seconds when neighbour discovery gets no answer, on the link and behind a dead router"""
    with tap6(), Agent(STATIC, "--ipv6-gateway=fe80::dead") as p:
        for to in ("[fd00::77]:80", "[fe80::77]:80", "[2001:db8::1]:80"):
            start = time.time()
            equal(p.ask("connect", to, "hello"), "connect: NET_UNREACH\n", to)
            assert 1 < time.time() - start < 5, "%s: after %.1f s" % (to, time.time() - start)


@apart
def connection_refused_over_ipv6():
    """connect fails with CONN_REFUSED on a reset; a port of ours that nobody listens on refuses, too"""
    with tap6(), Agent(STATIC) as p:
        equal(p.ask("connect", "[%s]:9999" % PEER6, "hello"), "connect: CONN_REFUSED\n", "our connect")
        try:
            socket.create_connection((ADDR6, 9999), timeout=10).close()
            raise AssertionError("connected to a closed port")
        except ConnectionRefusedError:
            pass


@apart
def unreachable_is_soft_over_ipv6():
    """an ICMPv6 unreachable does not end an attempt to connect: it goes on, and succeeds once there is a way (RFC 9293 MUST-56)"""
    with tap6(), listener6() as listener, Agent(STATIC, "--ipv6-gateway=" + link_local_to_be()) as p:
        sh("sysctl", "-q", "-w", "net.ipv6.conf.all.forwarding=1")
        sh("ip", "-6", "route", "add", "unreachable", "2001:db8::/64")
        capture = Capture("tap0", "icmp6[0] == 1")
        answer = []
        t = threading.Thread(target=lambda: answer.append(p.ask("connect", "[2001:db8::1]:9000", "x")))
        t.start()
        time.sleep(0.5)
        equal(answer, [], "what came of it while there was no way")
        sh("ip", "addr", "add", "2001:db8::1/128", "dev", "lo", "nodad")
        sh("ip", "-6", "route", "del", "unreachable", "2001:db8::/64")
        listener.accept()[0].close()
        t.join(15)
        assert "connect: OK" in answer[0], answer
        assert "unreachable" in capture.stop(), "the kernel did not say unreachable"


@apart
def write_after_peer_closed_over_ipv6():
    """write fails with CLOSED_BY_PEER after the peer has closed"""
    with tap6(), listener6() as listener, client6("write-after-close") as p:
        listener.accept()[0].close()
        equal(p.wait(), 0, p.text)
        said(p, "read: 0", "write: CLOSED_BY_PEER")


@apart
def reset_is_an_error_over_ipv6():
    """a RST in mid-stream is CONN_RESET, never EOF"""
    with tap6(), listener6() as listener, client6("read-all") as p:
        c, _ = listener.accept()
        c.sendall(b"x" * 1000)
        time.sleep(0.3)
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        c.close()
        equal(p.wait(), 0, p.text)
        said(p, "bytes: 1000", "read: CONN_RESET")


@apart
def peers_and_tag_over_ipv6():
    """peers and the log tag name both ends as the kernel sees them"""
    with tap6(), listener6() as listener, client6("peers") as p:
        c, (host, port, *_) = listener.accept()
        equal(host, ADDR6, "our address")
        equal(p.wait(), 0, p.text)
        assert "peers: [%s]:%d [%s]:9000" % (ADDR6, port, PEER6) in p.text, p.text
        assert "[%s]:%d" % (ADDR6, port) in p.wait_for(r"^tag: (.*)$").group(1), p.text
        c.close()


def bulk6(size, mtu=1500, device="", addr=ADDR6):
    """Both directions through the hash program; fails on a difference."""
    with tap6(mtu=mtu), Program("hash", STATIC, "--bytes=%d" % size, net=("service=tap0" + device,)) as p:
        wait_ready(p, 9000)
        data = os.urandom(1 << 20) * (size >> 20)
        with socket.create_connection((addr, 9000), timeout=60) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            equal(recv_all(s).decode().strip(), hashlib.sha256(data).hexdigest(), "hash of what mnet received")
        with socket.create_connection((addr, 9001), timeout=60) as s:
            got = recv_all(s)
        equal(len(got), size, "bytes from mnet")
        equal(p.wait_for(r"sent (\w{64})").group(1), hashlib.sha256(got).hexdigest(), "hash of what mnet sent")


@apart
def bulk_over_ipv6_with_offload():
    """20 MiB each way with vnet_hdr offloads, SHA-256 compared"""
    bulk6(20 << 20)


@apart
def bulk_over_ipv6_without_offload():
    """20 MiB each way in plain frames, SHA-256 compared"""
    bulk6(20 << 20, device=",offload=off")


@apart
def bulk_over_ipv6_with_other_mtus():
    """8 MiB each way at the least MTU of IPv6, with and without offload, and at MTU 9000; SHA-256 compared"""
    bulk6(8 << 20, mtu=1280)
    bulk6(8 << 20, mtu=1280, device=",offload=off")
    bulk6(8 << 20, mtu=9000)


@apart
def dual_stack_listen():
    """one listen serves both families, at the same time"""
    with tap6(), Agent(STATIC):
        with socket.create_connection((ADDR, 9000), timeout=10) as four:
            four.sendall(b"four")
            equal(recv_exactly(four, 4), b"four", "IPv4")
            four.shutdown(socket.SHUT_WR)
        assert echoes(ADDR6, what=b"six"), "IPv6"


@apart
def callbacks_over_ipv6():
    """the callback API echoes TCP over IPv6, with half-close"""
    with tap6(), Program("callback-echo", STATIC) as p:
        wait_ready(p, 9000)
        for size in (1, 1000, 100000, 3000000):
            data = os.urandom(size)
            with socket.create_connection((ADDR6, 9000), timeout=10) as s:
                got = []
                t = threading.Thread(target=lambda: got.append(recv_all(s)))
                t.start()
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                t.join(20)
                assert got and got[0] == data, "%d bytes" % size
