# SPDX-License-Identifier: ISC
"""TCP over the tenders: echo, crashes, bulk, a large MTU, two unikernels on one bridge (acceptance 5, 6, 29). See also same.py."""
import hashlib
import os
import signal
import socket
import subprocess
import threading
import time

import harness
from harness import ADDR, Capture, connect, equal, recv_all, recv_exactly, sh, wait_ready
from solo5 import TARGETS, Image, bridge, on, running


def nc(t, text, *options):
    return subprocess.run(["nc", *options, "-w%d" % t.seconds, ADDR, "9000"], input=text, capture_output=True,
                          timeout=2 * t.seconds).stdout


def hashes_are_same(t, size):
    """Sends so many random bytes, half-closes, and compares the hash of what comes back until the end of the stream."""
    data = os.urandom(size)
    with connect(timeout=t.seconds) as s:
        sender = threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR)))
        sender.start()
        have = hashlib.sha256(recv_all(s)).hexdigest()
        sender.join()
    equal(have, hashlib.sha256(data).hexdigest(), "hash of %d bytes" % size)


@on("spt", "virtio")
def echo(t):
    """echo: nc gets its line back, half-close works, 4 KiB to 1 MiB come back the same, the server goes on accepting, kill ends it"""
    with running(t, "echo") as p:
        for i in range(3):
            equal(nc(t, b"line %d\n" % i, "-q0"), b"line %d\n" % i, "nc")
        for size in (1, 4096, 65536, 1 << 20):
            hashes_are_same(t, size)
        with connect(timeout=t.seconds) as s:
            start = time.time()
            status = p.end(signal.SIGTERM)
            assert time.time() - start < 3, "did not end at once"
            assert status in ((0,) if t.name == "virtio" else (-signal.SIGTERM,)), status
        assert "panic" not in p.text and "WARNING" not in p.text, p.text


@on("hvt")
def echo_slow(t):
    """echo, in a few round trips: nc gets its line back, half-close works, 4 KiB come back the same, kill ends it"""
    with running(t, "echo") as p:
        equal(nc(t, b"line\n", "-q0"), b"line\n", "nc")
        hashes_are_same(t, 4096)
        equal(nc(t, b"again\n", "-q0"), b"again\n", "nc")
        equal(p.end(signal.SIGTERM), 1, "status of the tender")
        assert "panic" not in p.text, p.text


@on("virtio")
def crash_in_a_client_task(t):
    """a failed client task closes its flow through the finalizer, is reported through the orphans, and the loop goes on"""
    with running(t, "crashy") as p:
        for word, name in ((b"crash", "FAILED"), (b"leave", "INVALID")):
            with connect(timeout=t.seconds) as s:
                s.sendall(word)
                equal(recv_all(s), b"", "data after the crash")
            harness.echo_works()
            p.wait_for("client ended: " + name)


def send_bulk(size):
    """Sends so many bytes to the image `hash`, which answers with their hash."""
    data = os.urandom(1 << 20) * (size >> 20)
    with connect() as s:
        s.settimeout(60)
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        equal(recv_all(s).decode().strip(), hashlib.sha256(data).hexdigest(), "hash of what was sent")


@on("spt")
def bulk(t):
    """32 MiB in and out with hashes, at the usual MTU and at 65,521, where both sides send frames of up to 65,535 bytes"""
    for mtu in (1500, 9000, 65521):
        with running(t, "hash", "--bytes=%d" % (32 << 20), mtu=mtu) as p:
            large = [Capture("tap0", "src", "host", host, "and", "greater", "60000", args=("-n", "-c1"))
                     for host in (harness.PEER, ADDR)]
            send_bulk(32 << 20)
            with connect(port=9001) as s:
                s.settimeout(60)
                have = hashlib.sha256(recv_all(s)).hexdigest()
            p.wait_for(have)
            for capture, who in zip(large, ("the kernel", "the image")):
                equal("length" in capture.stop(), mtu == 65521, "large frames of %s at MTU %d" % (who, mtu))


@on("spt")
def raised_mtu(t):
    """frames larger than the MTU that the interface had at the start are passed over, and nothing else is lost"""
    with running(t, "echo"):
        sh("ip", "link", "set", "tap0", "mtu", "9000")
        sh("ping", "-c2", "-i0.2", "-W1", "-Mdo", "-s5000", ADDR, check=False)
        harness.echo_works()
        hashes_are_same(t, 65536)


def talk(server, client, sizes):
    """The unikernel `echo` on one target and `echo-client` on another, on one bridge."""
    s, c = TARGETS[server], TARGETS[client]
    if s.missing() or c.missing():
        raise harness.Skip(s.missing() or c.missing())
    with bridge("tap0", "tap1"):
        with Image(s, "echo", net=("service=tap0",)) as p:
            wait_ready(p, 9000, s.seconds)
            for size in sizes:
                with Image(c, "echo-client", "--ipv4=10.0.0.3/24", "--server=10.0.0.2:9000", "--bytes=%d" % size,
                           net=("service=tap1",)) as q:
                    equal(q.wait(), c.status(0), q.text)
                    assert "%d of %d bytes came back as they were sent" % (size, size) in q.text, q.text


@on("spt")
def two_unikernels(t):
    """two unikernels on one bridge: 4,096, 65,536 and 10,000,000 bytes come back as they were sent"""
    talk("spt", "spt", (4096, 65536, 10000000))


@on("hvt")
def two_targets(t):
    """a unikernel on hvt and one on spt on one bridge: 4,096 bytes come back as they were sent"""
    talk("hvt", "spt", (4096,))


@on("virtio")
def virtio_and_spt(t):
    """a unikernel under QEMU and one on spt on one bridge: 4,096 and 65,536 bytes come back as they were sent"""
    talk("virtio", "spt", (4096, 65536))


@on("spt")
def idle_costs_nothing(t):
    """an idle server with an open connection sleeps: next to no processor time goes by"""
    with running(t, "echo") as p, connect() as s:
        s.sendall(b"x")
        recv_exactly(s, 1)

        def ticks():
            fields = open("/proc/%d/stat" % p.p.pid).read().rsplit(")", 1)[1].split()
            return int(fields[11]) + int(fields[12])
        time.sleep(0.2)
        before = ticks()
        time.sleep(2)
        assert ticks() - before <= 4, "%d hundredths of a second in two" % (ticks() - before)
