# SPDX-License-Identifier: ISC
"""A path of two routers whose MTU shrinks while a transfer is under way (acceptance 14).

    mnet -- tap0, this namespace -- r0, a router, r1 -- f0, a far host

The far host reads in steps: between two of them the MTU of the last link changes, and what mnet has sent before is on its way."""
import contextlib
import hashlib
import os
import re
import socket
import struct
import time

from harness import ADDR, Capture, Program, apart, equal, recv_all, sh, wait_ready
from net6 import ADDR6, STATIC, Agent, Host, tap6

FAR = {socket.AF_INET: "10.0.2.2", socket.AF_INET6: "fd00:2::2"}
OURS = {socket.AF_INET: ADDR, socket.AF_INET6: ADDR6}
FAMILIES = (socket.AF_INET, socket.AF_INET6)
WAY_OUT = (STATIC, "--ipv6-gateway=fe80::1", "--ipv4-gateway=10.0.0.1")


class Path(contextlib.ExitStack):
    """The network above: `router` and `far`. Its links have an MTU of 1,500 until `shrink`."""

    def __enter__(self):
        super().__enter__()
        self.enter_context(tap6())
        sh("ip", "addr", "add", "fe80::1/64", "dev", "tap0", "nodad")
        for name in ("net.ipv6.conf.all.forwarding", "net.ipv4.ip_forward"):
            sh("sysctl", "-q", "-w", name + "=1")
        self.router, self.far = self.enter_context(Host()), self.enter_context(Host())
        self.router.forward()
        here = self.router.wire("r0", addrs=("10.0.1.2/24", "fd00:1::2/64"))
        self.far.wire("f0", to=self.router, peer="r1", addrs=("10.0.2.2/24", "fd00:2::2/64"))
        for addr in ("10.0.1.1/24", "fd00:1::1/64"):
            sh("ip", "addr", "add", addr, "dev", here, *(["nodad"] if ":" in addr else []))
        self.router.add("r1", "10.0.2.1/24", "fd00:2::1/64")
        for args in (("10.0.2.0/24", "via", "10.0.1.2"), ("fd00:2::/64", "via", "fd00:1::2")):
            sh("ip", "route", "add", *args)
        for args in (("10.0.0.0/24", "via", "10.0.1.1"), ("fd00::/64", "via", "fd00:1::1")):
            self.router.sh("ip", "route", "add", *args)
        self.far.sh("ip", "route", "add", "default", "via", "10.0.2.1")
        self.far.sh("ip", "route", "add", "default", "via", "fd00:2::1")
        return self

    def shrink(self, mtu):
        """What the router still lets through to the far host; on the way back everything goes."""
        for net in ("10.0.2.0/24", "fd00:2::/64"):
            self.router.sh("ip", "route", "replace", net, "dev", "r1", *(["metric", "256"] if ":" in net else []), "mtu", "lock", str(mtu))

    def no_icmp(self):
        """The router does not say any more that a packet was too big: its own ICMP has no route."""
        for option, proto in (("-4", "icmp"), ("-6", "ipv6-icmp")):
            self.router.sh("ip", option, "rule", "add", "prio", "1", "iif", "lo", "ipproto", proto, "blackhole")

    def connect(self, family, port):
        with self.far.entered():
            s = socket.socket(family)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
        s.settimeout(30)
        s.connect((OURS[family], port))
        return s


def transfer_while_it_shrinks(family, device, mtus, size=12 << 20, without_icmp=False):
    """Takes `size` bytes from mnet, and lets the MTU shrink on the way."""
    with Path() as path, Program("hash", "--bytes=%d" % size, *WAY_OUT, net=("service=tap0" + device,)) as p:
        wait_ready(p, 9000)
        if without_icmp:
            path.no_icmp()
        capture = Capture("tap0", "icmp[0] == 3 and icmp[1] == 4 or icmp6[0] == 2")
        sha, count, step = hashlib.sha256(), 0, size // (len(mtus) + 1)
        with path.connect(family, 9001) as s:
            while True:
                if mtus and count >= step:
                    path.shrink(mtus[0])
                    step, mtus = step + size // 4, mtus[1:]
                data = s.recv(1 << 16)
                if not data:
                    break
                sha.update(data)
                count += len(data)
        equal(count, size, "bytes from mnet")
        equal(p.wait_for(r"sent (\w{64})").group(1), sha.hexdigest(), "hash of what mnet sent")
        equal("mtu" in capture.stop(), not without_icmp, "whether a router said that a packet was too big")


@apart
def path_mtu_shrinks_in_a_transfer():
    """IPv4: a router says "fragmentation needed" in mid-transfer, twice: the transfer goes on and its hash is right"""
    transfer_while_it_shrinks(socket.AF_INET, "", [1300, 700])


@apart
def path_mtu_shrinks_in_a_transfer_without_offload():
    """IPv4 in plain frames: the same"""
    transfer_while_it_shrinks(socket.AF_INET, ",offload=off", [1300, 700])


@apart
def path_mtu_shrinks_in_a_transfer_over_ipv6():
    """IPv6: a router says "packet too big" in mid-transfer, twice: the transfer goes on and its hash is right"""
    transfer_while_it_shrinks(socket.AF_INET6, "", [1400, 1280])


@apart
def path_mtu_shrinks_in_a_transfer_over_ipv6_without_offload():
    """IPv6 in plain frames: the same"""
    transfer_while_it_shrinks(socket.AF_INET6, ",offload=off", [1400, 1280])


@apart
def black_hole_in_a_transfer():
    """IPv4: the path becomes narrower in mid-transfer, twice, and nobody says so: the transfer goes on and its hash is right (RFC 4821)"""
    transfer_while_it_shrinks(socket.AF_INET, "", [1300, 700], without_icmp=True)


@apart
def black_hole_in_a_transfer_over_ipv6():
    """IPv6: the same"""
    transfer_while_it_shrinks(socket.AF_INET6, "", [1400, 1280], without_icmp=True)


@apart
def black_hole_in_plain_frames():
    """both families without offload: the same, once"""
    for family in FAMILIES:
        transfer_while_it_shrinks(family, ",offload=off", [1300], size=4 << 20, without_icmp=True)


@apart
def probes_find_what_a_silent_path_takes():
    """both families, with and without offload: a path takes 1,400 bytes and does not say so; in the end, packets are less than 8 bytes smaller (RFC 8899)"""
    for family, device in ((f, d) for f in FAMILIES for d in ("", ",offload=off")):
        size = 6 << 20
        with Path() as path, Program("hash", "--bytes=%d" % size, *WAY_OUT, net=("service=tap0" + device,)) as p:
            wait_ready(p, 9000)
            path.no_icmp()
            path.shrink(1400)
            sha = hashlib.sha256()
            with path.connect(family, 9001) as s:
                while data := s.recv(1 << 14):
                    sha.update(data)
                    time.sleep(0.01)
                # The largest segment that the kernel has seen: tcpi_rcv_mss.
                (largest,) = struct.unpack_from("=I", s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 20)
            equal(p.wait_for(r"sent (\w{64})").group(1), sha.hexdigest(), "hash of what mnet sent")
            packet = largest + (32 if family == socket.AF_INET else 52) + 20
            equal(1392 < packet <= 1400, True, "whether packets of %d bytes are as large as the path takes" % packet)


@apart
def path_that_is_narrow_from_the_start():
    """both families, both ways: a path that was narrower than both ends from the beginning"""
    size = 4 << 20
    with Path() as path, Program("hash", "--bytes=%d" % size, *WAY_OUT) as p:
        wait_ready(p, 9000)
        path.shrink(1280)
        for family in FAMILIES:
            data = os.urandom(1 << 20) * (size >> 20)
            with path.connect(family, 9000) as s:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                equal(recv_all(s).decode().strip(), hashlib.sha256(data).hexdigest(), "hash of what mnet received")
            with path.connect(family, 9001) as s:
                got = recv_all(s)
            p.wait_for("sent " + hashlib.sha256(got).hexdigest())


@apart
def datagrams_obey_the_path_mtu():
    """both families: the datagram that was too big is lost, the next one goes in fragments that fit; so do answers to pings"""
    with Path() as path, Agent(*WAY_OUT):
        path.shrink(1280)
        for family in FAMILIES:
            with path.far.entered():
                s = socket.socket(family, socket.SOCK_DGRAM)
                capture = Capture("f0", "(ip or ip6) and src " + OURS[family], args=("-nv",))
            with s:
                s.settimeout(1)
                data = os.urandom(1400)
                tries = 0
                while True:
                    s.sendto(data, (OURS[family], 9000))
                    try:
                        equal(s.recv(2000), data, "echo")
                        break
                    except socket.timeout:
                        tries += 1
                        assert tries < 3, "no datagram gets through"
                equal(tries, 1, "datagrams that were lost")
            with path.far.entered():
                assert "1 received" in sh("ping", "-c1", "-W2", "-s", "1400", OURS[family], check=False).stdout, "ping"
            text = capture.stop()
            assert re.search(r"frag|Fragment|flags \[\+\]", text), "no fragments:\n" + text
