# SPDX-License-Identifier: ISC
"""Images that speak IPv6: pings, echo, bulk, addresses from radvd (acceptance 7, 12, 14, 25)."""
import hashlib
import os
import re
import socket
import subprocess
import time

from harness import ADDR, Capture, equal, recv_all, sh, wait_ready
from machines import boots, network
from net6 import ADDR6, PEER6, STATIC, Answers, Radvd, echoes


def with_ipv6():
    sh("ip", "addr", "add", PEER6 + "/64", "dev", "br0", "nodad")


@boots()
def ipv6_essentials(machine):
    """pings of all sizes, nc -6, datagrams, a client's connect and the tables, over IPv6; IPv4 beside it"""
    with network():
        with_ipv6()
        with machine.start("agent", STATIC) as g:
            wait_ready(g, 9000)
            agent = Answers(g)
            for size in (0, 56, 1452, 1453, 8192, 65527):
                p = sh("ping", "-6", "-c1", "-W5", "-s", str(size), ADDR6, check=False)
                assert "1 received" in p.stdout, "size %d:\n%s%s" % (size, p.stdout, p.stderr)
            for addr in (ADDR6, agent.address("link-local") + "%br0"):
                p = subprocess.run(["nc", "-6", "-q0", "-w20", addr, "9000"], input=b"Hello World!\n", capture_output=True, timeout=60)
                equal(p.stdout, b"Hello World!\n", "nc's output from " + addr)
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
                s.settimeout(5)
                for size in (1, 1453, 65507):
                    data = os.urandom(size)
                    s.sendto(data, (ADDR6, 9000))
                    assert s.recv(70000) == data, "a datagram of %d bytes" % size
            equal(agent.ask("connect", "[%s]:9999" % PEER6, "x"), "connect: CONN_REFUSED\n", "connect to a closed port")
            equal(agent.ask("connect", "[2001:db8::1]:80", "x"), "connect: NET_UNREACH\n", "connect to nowhere")
            assert agent.show("^neighbour %s " % PEER6), agent.show()
            assert echoes(ADDR), "no echo over IPv4"


@boots(daily=("microvm", "pc"))
def ipv6_bulk(machine):
    """16 MiB each way over IPv6, SHA-256 compared; frames larger than Ethernet's both ways"""
    size = 16 << 20
    with network():
        with_ipv6()
        with machine.start("hash", STATIC, "--bytes=%d" % size) as g:
            wait_ready(g, 9000)
            capture = Capture("tap0", "ip6 and tcp and greater 1515", args=("-nq", "-s96"))
            data = os.urandom(1 << 20) * (size >> 20)
            with socket.create_connection((ADDR6, 9000), timeout=60) as s:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                equal(recv_all(s).decode().strip(), hashlib.sha256(data).hexdigest(), "hash of what the image received")
            with socket.create_connection((ADDR6, 9001), timeout=60) as s:
                got = recv_all(s)
            equal(g.wait_for(r"sent (\w{64})").group(1), hashlib.sha256(got).hexdigest(), "hash of what the image sent")
            equal(len(got), size, "bytes from the image")
            text = capture.stop()
            into, out = text.count(" > %s.900" % ADDR6), len(re.findall(r"%s\.900[01] > " % ADDR6, text))
            assert into >= 100 and out >= 100, "large frames: %d in, %d out" % (into, out)


@boots(daily=("microvm",))
def ipv6_two_on_one_bridge(machine):
    """echo-client against echo on one bridge, both of IPv6 alone: 4,096 and 65,536 bytes come back as they were sent"""
    with network():
        with_ipv6()
        with machine.start("echo", STATIC, "--ipv4=off"):
            end = time.time() + 20
            while sh("ping", "-6", "-c1", "-W1", ADDR6, check=False).returncode != 0:
                assert time.time() < end, "the server does not answer pings"
            for size in (4096, 65536):
                with machine.start("echo-client", "--ipv4=off", "--ipv6=fd00::3/64", "--server=[%s]:9000" % ADDR6, "--bytes=%d" % size,
                                   nets=("service=tap1",)) as client:
                    equal(client.wait(30), 0, "exit status")
                    assert "%d of %d bytes came back as they were sent" % (size, size) in client.text, client.text


@boots(daily=("microvm", "q35"))
def ipv6_from_a_router(machine):
    """radvd's prefix, route and DNS server are taken, and the address made of it works"""
    text = ("prefix 2001:db8:1::/64 { AdvValidLifetime 3600; AdvPreferredLifetime 1800; };\nAdvDefaultLifetime 600;\n"
            "RDNSS 2001:db8:1::53 { AdvRDNSSLifetime 300; };\n")
    with network():
        sh("sysctl", "-q", "-w", "net.ipv6.conf.all.forwarding=1")
        sh("ip", "addr", "add", "2001:db8:1::1/64", "dev", "br0", "nodad")
        try:
            with Radvd("br0", text), machine.start("agent") as g:
                wait_ready(g, 9000)
                agent = Answers(g)
                addr = agent.address("autoconf", "2001:db8:1::", 15)
                assert echoes(addr), "no echo from the new address"
                agent.until(r"^router ::/0 via fe80::\S+ medium (59\d|600) s")
                agent.until(r"^dns server 2001:db8:1::53")
                equal(agent.ask("connect", "[2001:db8:1::1]:9999", "x"), "connect: CONN_REFUSED\n", "connect")
        finally:
            sh("sysctl", "-q", "-w", "net.ipv6.conf.all.forwarding=0")
