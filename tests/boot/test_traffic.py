# SPDX-License-Identifier: ISC
"""Images that talk: announcement, TCP, ICMP, UDP, offloads, many connections, each other (acceptance 2, 3, 5, 12, 24, 25, 29)."""
import hashlib
import os
import re
import socket
import subprocess
import threading
import time

from harness import ADDR, Capture, Skip, connect, echo_on_all, echo_works, equal, need_files, open_many, recv_all, sh, wait_ready
from machines import boots, guest, network


@boots()
def hello(machine):
    """hello prints Hello World! and nothing else, and ends with status 0"""
    with network(), machine.start("hello") as g:
        equal(g.wait(), 0, "exit status")
        equal(g.text, "Hello World!\n", "console")


def wait_for_frame(seconds):
    """Until something comes out of the image, which nobody has asked yet."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as raw:
        raw.bind(("tap0", 3))
        raw.settimeout(seconds)
        while raw.recvfrom(2048)[1][2] == socket.PACKET_OUTGOING:
            pass


@boots(daily=("microvm", "q35"))
def nothing_lost_at_the_end(machine):
    """what a program sent before its end is on the wire, each time"""
    with network():
        capture = Capture("tap0", "arp")
        for i in range(8):
            with machine.start("hello") as g:
                equal(g.wait(), 0, "exit status")
        equal(capture.stop().count("Request who-has 10.0.0.2 tell 10.0.0.2"), 8, "announcements of 8 starts")


@boots()
def announcement_and_conflict(machine):
    """the wire shows who-has 10.0.0.2 tell 10.0.0.2, length 28; another host with our address is reported (RFC 5227)"""
    with network():
        capture = Capture("tap0", "arp")
        with machine.start("echo") as g:
            wait_for_frame(10)
            wait_ready(g, None)
            mac = b"\x02\x00\x00\x00\xaa\xbb"
            body = b"\x00\x01\x08\x00\x06\x04\x00\x01" + mac + socket.inet_aton(ADDR) + bytes(6) + socket.inet_aton(ADDR)
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
                raw.bind(("tap0", 0))
                raw.send(b"\xff" * 6 + mac + b"\x08\x06" + body)
            g.wait_for(r"(?i)warning.*10\.0\.0\.2.*02:00:00:00:aa:bb")
        lines = capture.stop().splitlines()
        ours = [line.split(" ", 1)[1] for line in lines if "tell 10.0.0.2" in line or "10.0.0.2 is-at" in line]
        equal(ours[:1], ["ARP, Request who-has 10.0.0.2 tell 10.0.0.2, length 28"], "the first frame")


def exchange(data, port=9000, timeout=30):
    """What an echo server makes of `data`: sent, half-closed, and read to the end."""
    with connect(port, timeout) as s:
        got = []
        reader = threading.Thread(target=lambda: got.append(recv_all(s)))
        reader.start()
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        reader.join(timeout)
        return got[0] if got else b""


@boots()
def echo(machine):
    """nc -q0 gets its line; 64 KiB come back with the same hash after a half-close; the server keeps accepting"""
    with guest(machine, "echo"):
        for i in range(3):
            line = b"Hello World! %d\n" % i
            p = subprocess.run(["nc", "-q0", "-w20", ADDR, "9000"], input=line, capture_output=True, timeout=60)
            equal(p.stdout, line, "nc's output")
        for size in (1, 1460, 1461, 4096, 65535, 65536, 1000000):
            data = os.urandom(size)
            equal(hashlib.sha256(exchange(data)).hexdigest(), hashlib.sha256(data).hexdigest(), "hash of %d bytes" % size)


@boots()
def ping(machine):
    """pings of all sizes up to 65,507 bytes are answered, whole or in fragments"""
    with guest(machine, "echo", ready=None):
        for size in (0, 56, 1472, 1473, 8192, 65507):
            p = sh("ping", "-c1", "-W2", "-s", str(size), ADDR, check=False)
            assert "1 received" in p.stdout, "size %d:\n%s%s" % (size, p.stdout, p.stderr)
            assert "wrong data byte" not in p.stdout, p.stdout


def bulk(machine, size, edit=None):
    """`size` bytes each way, hashes compared. Returns how many frames larger than Ethernet's the wire showed (in, out)."""
    with guest(machine, "hash", "--bytes=%d" % size, ready=None, edit=edit) as g:
        capture = Capture("tap0", "tcp and greater 1515", args=("-nq", "-s96"))
        data = os.urandom(1 << 20) * (size >> 20)
        with connect(timeout=60) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            equal(recv_all(s).decode().strip(), hashlib.sha256(data).hexdigest(), "hash of what the image received")
        with connect(9001, timeout=60) as s:
            got = recv_all(s)
        equal(len(got), size, "bytes from the image")
        equal(g.wait_for(r"sent (\w{64})").group(1), hashlib.sha256(got).hexdigest(), "hash of what the image sent")
        text = capture.stop()
        return text.count(" > 10.0.0.2.900"), len(re.findall(r"10\.0\.0\.2\.900[01] > ", text))


@boots(daily=("microvm",))
def bulk_both_ways(machine):
    """16 MiB each way, SHA-256 compared; QEMU's TAP carries frames larger than Ethernet's both ways"""
    into, out = bulk(machine, 16 << 20)
    if "qemu" in machine.kinds:
        assert into >= 100 and out >= 100, "large frames: %d in, %d out" % (into, out)


OFFLOADS = ("csum", "guest_csum", "gso", "host_tso4", "host_tso6", "host_ecn", "host_ufo", "guest_tso4", "guest_tso6", "guest_ecn",
            "guest_ufo", "mrg_rxbuf", "event_idx", "indirect_desc")


def without(*names):
    """Turns properties of the network device off in QEMU's line."""
    def edit(argv):
        return [w + "".join(",%s=off" % n for n in names) if w.startswith("virtio-net-") else w for w in argv]
    return edit


@boots(daily=("microvm", "q35"))
def offloads_negotiated(machine):
    """checksum, TSO and mergeable buffers are agreed on both ways, and event indices, and version 1"""
    with guest(machine, "echo") as g:
        devices = g.qmp("x-query-virtio")
        if devices is None:
            raise Skip("this QEMU does not tell what was negotiated (7.2 does)")
        path = [d["path"] for d in devices if d["name"] == "virtio-net"][0]
        got = str(g.qmp("x-query-virtio-status", path=path)["guest-features"])
        for name in ("VIRTIO_NET_F_CSUM", "VIRTIO_NET_F_GUEST_CSUM", "VIRTIO_NET_F_HOST_TSO4", "VIRTIO_NET_F_GUEST_TSO4",
                     "VIRTIO_NET_F_MRG_RXBUF", "VIRTIO_RING_F_EVENT_IDX", "VIRTIO_F_VERSION_1"):
            assert name in got, "%s was not negotiated: %s" % (name, got)


@boots(daily=("microvm",))
def every_offload_off(machine):
    """with a device that offers no offload at all, plain frames of at most 1,514 bytes carry 4 MiB each way"""
    equal(bulk(machine, 4 << 20, without(*OFFLOADS)), (0, 0), "large frames")


@boots(daily=("microvm",))
def some_offloads_off(machine):
    """each part of what a device offers can be missing by itself: 2 MiB each way"""
    for names in (("mrg_rxbuf",), ("event_idx",), ("guest_tso4", "guest_tso6", "guest_ecn", "guest_ufo"), ("host_tso4", "host_tso6", "host_ufo"),
                  ("csum", "host_tso4", "host_tso6", "host_ecn", "host_ufo")):
        bulk(machine, 2 << 20, without(*names))


@boots(daily=())
def odd_machines(machine):
    """two processors, 64 MiB or 5 GiB of memory, and small or large rings of the device make no difference"""
    def with_words(*words):
        return lambda argv: argv + list(words)

    def with_ring(argv):
        return [w + ",rx_queue_size=1024,tx_queue_size=256" if w.startswith("virtio-net-") else w for w in argv]
    for edit, mem in ((with_words("-smp", "2"), 128), (None, 64), (None, 5120), (with_ring, 128)):
        with guest(machine, "echo", edit=edit, mem=mem):
            equal(len(exchange(bytes(300000))), 300000, "bytes")


@boots(daily=("microvm",))
def udp(machine):
    """datagrams of all sizes up to 65,507 bytes come back, in fragments where they must"""
    with guest(machine, "udp-echo", ready=None), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(10)
        for size in (0, 1, 1472, 1473, 20000, 65507):
            data = os.urandom(size)
            s.sendto(data, (ADDR, 7))
            assert s.recv(70000) == data, "%d bytes" % size


def many(machine, count, mem, at_a_time):
    need_files(count + 2000)
    with guest(machine, "echo", mem=mem):
        start = time.time()
        socks = open_many(count, at_a_time=at_a_time)
        echo_on_all(socks)
        print("# %s: %d connections with a task each, and a round trip on each, in %d MiB: %.1f s" % (machine.name, count, mem, time.time() - start))
        for s in socks:
            s.close()
        echo_works()


@boots(daily=("microvm",))
def two_thousand_connections(machine):
    """2,000 connections at the same time, a task each, all of them answer; new ones are still served"""
    many(machine, 2000, 128, 256)


@boots(on=("microvm",), daily=())
def ten_thousand_connections(machine):
    """10,000 connections at the same time in 512 MiB, a task each, all of them answer"""
    many(machine, 10000, 512, 64)


@boots(daily=("microvm", "pc"))
def two_on_one_bridge(machine):
    """echo-client against echo on one bridge: 4,096 and 65,536 bytes come back as they were sent"""
    with network(), machine.start("echo") as server:
        wait_ready(server, 9000)
        for size in (4096, 65536):
            with machine.start("echo-client", "--ipv4=10.0.0.3/24", "--server=10.0.0.2:9000", "--bytes=%d" % size,
                               nets=("service=tap1",)) as client:
                equal(client.wait(30), 0, "exit status")
                assert "%d of %d bytes came back as they were sent" % (size, size) in client.text, client.text


@boots(daily=("microvm", "pc"))
def two_devices(machine):
    """a program with two network devices: each stack is on the device of its name"""
    with network(), machine.start("two-stacks", nets=("client=tap0", "server=tap1")) as g:
        equal(g.wait(30), 0, "exit status")


@boots(daily=("microvm", "q35"))
def clock(machine):
    """200 ms of the image's clock are 200 ms outside"""
    with network(), socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("10.0.0.1", 9000))
        listener.listen()
        listener.settimeout(20)
        with machine.start("client", "--to=10.0.0.1:9000", "--do=deadline") as g:
            c, _ = listener.accept()
            start = time.time()
            equal(c.recv(10), b"late", "what comes after the deadline")
            took = time.time() - start
            assert 0.15 < took < 0.4, "%.3f s" % took
            c.close()
            equal(g.wait(), 0, "exit status")
            assert "read: TIMED_OUT" in g.text, g.text


@boots(daily=("microvm", "q35"))
def sleeps_when_idle(machine):
    """an image with nothing to do uses less than a tenth of a processor"""
    with guest(machine, "echo") as g:
        time.sleep(0.5)
        before = g.cpu_seconds()
        time.sleep(1)
        used = g.cpu_seconds() - before
        assert used < 0.1, "%.2f s of processor in 1 s of nothing" % used
        echo_works()
