# SPDX-License-Identifier: ISC
"""UDP, ICMP and block devices over the tenders (acceptance 12, 13, 21, 25)."""
import os
import socket
import tempfile

from harness import ADDR, Capture, equal, sh
from solo5 import Image, on, running


def udp_echo_works(t, sizes, port=7):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(t.seconds)
        for size in sizes:
            data = os.urandom(size)
            s.sendto(data, (ADDR, port))
            have, sender = s.recvfrom(65536)
            equal((have == data, sender), (True, (ADDR, port)), "datagram of %d bytes" % size)


@on("virtio")
def udp_echo(t):
    """udp-echo answers datagrams of 0 to 65,507 bytes, whole or in fragments"""
    with running(t, "udp-echo", ready=None):
        udp_echo_works(t, (0, 1, 1472, 1473, 9000, 65507))


@on("spt")
def udp_large_mtu(t):
    """at an MTU of 65,521 datagrams of any size are answered, up to 65,493 bytes in one frame"""
    with running(t, "udp-echo", ready=None, mtu=65521):
        capture = Capture("tap0", "src", "host", ADDR, "and", "greater", "65535", args=("-n", "-c1"))
        udp_echo_works(t, (16000, 16384, 32768, 65493))
        assert "length 65493" in capture.stop(), "no frame of 65,535 bytes"
        udp_echo_works(t, (65494, 65507))


@on("hvt")
def udp_slow(t):
    """udp-echo answers, a small ping is answered"""
    with running(t, "udp-echo", ready=None):
        udp_echo_works(t, (100, 3000))


@on("virtio")
def ping(t):
    """pings of any size are answered"""
    with running(t, "echo"):
        for size in (0, 56, 1472, 1473, 20000, 65507):
            p = sh("ping", "-c2", "-i0.2", "-W5", "-s%d" % size, ADDR, check=False)
            assert "2 received" in p.stdout, (size, p.stdout)


def pattern(length, seed):
    """What the program `block` fills a disk with."""
    return bytes((i * 7 + (i >> 8) * 31 + (i >> 16) * 17 + seed) & 255 for i in range(length))


def use_disk(t, length):
    """Fills a disk, looks at the file, and lets a second start read it back; then with one byte changed."""
    with tempfile.NamedTemporaryFile() as disk:
        disk.truncate(length)
        device = ("disk=" + disk.name,)
        with Image(t, "block", "--seed=5", net=(), block=device) as p:
            equal(p.wait(), t.status(0), p.text)
            assert "disk: %d bytes in pages of 512" % length in p.text and "all is there" in p.text, p.text
        equal(open(disk.name, "rb").read() == pattern(length, 5), True, "what is in the file")
        with Image(t, "block", "--seed=5", "--verify", net=(), block=device) as p:
            equal(p.wait(), t.status(0), p.text)
        with open(disk.name, "r+b") as f:
            f.seek(length - 1000)
            f.write(bytes([pattern(length, 6)[length - 1000]]))
        with Image(t, "block", "--seed=5", "--verify", net=(), block=device) as p:
            equal(p.wait(), t.status(1), p.text)
            assert "the byte at %d differs" % (length - 1000) in p.text, p.text


@on("spt")
def block(t):
    """a block device: what several tasks write is in the file, and is read back by a second start; a change is found"""
    use_disk(t, 4 << 20)


@on("hvt", "virtio")
def block_small(t):
    """a small block device: what several tasks write is in the file, and is read back by a second start; a change is found"""
    use_disk(t, 16 << 10)


@on("spt")
def block_pages(t):
    """pages are as large as the tender is told"""
    with tempfile.NamedTemporaryFile() as disk:
        disk.truncate(1 << 20)
        line = t.line("block", [], (), ("disk=" + disk.name,), 64)
        line.insert(line.index("--"), "--block-sector-size:disk=4096")
        p = sh(*line)
        assert "pages of 4096" in p.stdout and "all is there" in p.stdout, p.stdout


@on("spt", "hvt")
def missing_disk(t):
    """a disk that is not there, or none, ends before the program begins, with the tender's line"""
    with Image(t, "block", net=(), block=("disk=/nowhere.img",)) as p:
        assert p.wait() != 0 and "/nowhere.img" in p.text and "all is there" not in p.text, p.text
    with Image(t, "block", net=()) as p:
        assert p.wait() != 0 and "disk" in p.text and "all is there" not in p.text, p.text
