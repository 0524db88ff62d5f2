# SPDX-License-Identifier: ISC
"""TCP against the Linux kernel (acceptance 5-11, 22)."""
import hashlib
import os
import random
import re
import select
import signal
import socket
import struct
import subprocess
import threading
import time

from harness import (ADDR, PEER, Capture, Program, connect, echo_works, equal, recv_all, recv_exactly, sh, tap, test,
                     unikernel, wait_ready)


@test
def echo_with_nc():
    """nc -q0 gets its line back, and the server keeps accepting"""
    with unikernel("echo"):
        for i in range(3):
            line = b"Hello World! %d\n" % i
            p = subprocess.run(["nc", "-q0", "-w5", ADDR, "9000"], input=line, capture_output=True, timeout=15)
            equal(p.stdout, line, "nc's output")


@test
def half_close():
    """after the client's FIN everything it sent is still echoed, then comes our FIN"""
    with unikernel("echo"):
        data = os.urandom(300000)
        with connect() as s:
            got = []
            reader = threading.Thread(target=lambda: got.append(recv_all(s)))
            reader.start()
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            reader.join(20)
            assert got and got[0] == data, "got %d of %d bytes" % (len(got[0]) if got else 0, len(data))
        echo_works()


@test
def crash_in_a_client_task():
    """a failed client task closes its flow through the finalizer, is reported through the orphans, and the loop goes on"""
    with unikernel("crashy") as p:
        for word, name in ((b"crash", "FAILED"), (b"leave", "INVALID")):
            with connect() as s:
                s.sendall(word)
                equal(recv_all(s), b"", "data after the crash")
            echo_works()
            p.wait_for("client ended: " + name)
        equal(p.end(), 0, "exit status")


def server(port=9000, backlog=5):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((PEER, port))
    s.listen(backlog)
    s.settimeout(10)
    return s


def client(action, *more, to=PEER + ":9000"):
    return Program("client", "--to=" + to, "--do=" + action, *more)


@test
def client_hello():
    """client: connect, write, shutdown(write), read the answer to EOF, close"""
    with tap(), server() as listener, client("hello") as p:
        c, _ = listener.accept()
        equal(recv_all(c), b"Hello!", "what the kernel received")
        c.sendall(b"Goodbye!")
        c.close()
        equal(p.wait(), 0, p.text)
        for want in ("connect: 0", "write: 0", "shutdown: 0", "answer: Goodbye!", "end: 0", "write after shutdown: CLOSED"):
            assert re.search("^%s$" % want, p.text, re.M), (want, p.text)


@test
def echo_client():
    """the echo client's bytes come back unchanged from a kernel server"""
    with tap(), server(9007) as listener:
        def serve():
            c, _ = listener.accept()
            with c:
                while True:
                    data = c.recv(65536)
                    if not data:
                        return
                    c.sendall(data)
        t = threading.Thread(target=serve)
        t.start()
        with Program("echo-client", "--server=%s:9007" % PEER, "--bytes=1000000") as p:
            equal(p.wait(30), 0, p.text)
        t.join(10)


@test
def no_route():
    """connect fails with NET_UNREACH at once when there is no route"""
    with tap(), client("hello", to="172.16.0.1:80") as p:
        equal(p.wait(), 0, p.text)
        assert "connect: NET_UNREACH" in p.text, p.text
        assert int(re.search(r"after ms: (\d+)", p.text).group(1)) < 100, p.text


@test
def neighbour_does_not_answer():
    """connect fails with NET_UNREACH within seconds when ARP gets no answer"""
    with tap(), client("hello", to="10.0.0.77:80") as p:
        equal(p.wait(), 0, p.text)
        assert "connect: NET_UNREACH" in p.text, p.text
        assert int(re.search(r"after ms: (\d+)", p.text).group(1)) < 5000, p.text


@test
def connection_refused():
    """connect fails with CONN_REFUSED on a reset"""
    with tap(), client("hello", to=PEER + ":9999") as p:
        equal(p.wait(), 0, p.text)
        assert "connect: CONN_REFUSED" in p.text, p.text


@test
def write_after_peer_closed():
    """write fails with CLOSED_BY_PEER after the peer has closed"""
    with tap(), server() as listener, client("write-after-close") as p:
        c, _ = listener.accept()
        c.close()
        equal(p.wait(), 0, p.text)
        assert re.search("^read: 0$", p.text, re.M) and re.search("^write: CLOSED_BY_PEER$", p.text, re.M), p.text


@test
def reset_is_an_error_not_the_end():
    """a RST in mid-stream is CONN_RESET, never EOF"""
    with tap(), server() as listener, client("read-all") as p:
        c, _ = listener.accept()
        c.sendall(b"x" * 1000)
        time.sleep(0.3)
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        c.close()
        equal(p.wait(), 0, p.text)
        assert re.search("^bytes: 1000$", p.text, re.M) and re.search("^read: CONN_RESET$", p.text, re.M), p.text


@test
def peers_and_tag():
    """peers and the log tag name both ends as the kernel sees them"""
    with tap(), server() as listener, client("peers") as p:
        c, (host, port) = listener.accept()
        equal(host, ADDR, "our address")
        equal(p.wait(), 0, p.text)
        assert "peers: %s:%d %s:9000" % (ADDR, port, PEER) in p.text, p.text
        assert "%s:%d" % (ADDR, port) in p.wait_for(r"^tag: (.*)$").group(1), p.text
        c.close()


@test
def shutdown_read_makes_the_peers_writes_fail():
    """after shutdown(read) the peer's data is answered with a reset"""
    with tap(), server() as listener, client("shutdown-read") as p:
        c, _ = listener.accept()
        equal(recv_exactly(c, 2), b"go", "the client's go")
        try:
            for _ in range(20):
                c.send(b"more")
                time.sleep(0.02)
            raise AssertionError("the kernel could go on writing")
        except (ConnectionResetError, BrokenPipeError):
            pass
        c.close()
        equal(p.wait(), 0, p.text)
        assert "shutdown: 0" in p.text and re.search("^read: CLOSED$", p.text, re.M), p.text


@test
def deadlines():
    """a read past its deadline fails with TIMED_OUT and the flow still works"""
    with tap(), server() as listener, client("deadline") as p:
        c, _ = listener.accept()
        equal(p.wait(), 0, p.text)
        assert "read: TIMED_OUT" in p.text, p.text
        equal(recv_all(c), b"late", "what came afterwards")
        c.close()


@test
def small_reads():
    """read into a small buffer keeps the rest for the next call"""
    with unikernel("reader", "--how=small", ready=None) as p, connect() as s:
        s.sendall(b"abcdefgh")
        s.shutdown(socket.SHUT_WR)
        equal(p.wait(), 0, p.text)
        equal(re.findall(r"read \d: (\w+)", p.text), ["abc", "def", "gh"], p.text)


@test
def get_after_read():
    """get lends received data and puts first what read left over"""
    with unikernel("reader", "--how=get", ready=None) as p, connect() as s:
        s.sendall(b"abcdefgh")
        time.sleep(0.2)
        s.sendall(b"ijkl")
        s.shutdown(socket.SHUT_WR)
        equal(p.wait(), 0, p.text)
        assert "read 3: abc" in p.text and "end 0" in p.text, p.text
        equal("".join(re.findall(r"get \d+: (\w+)", p.text)), "defghijkl", p.text)


@test
def really_read():
    """really_read gives all bytes or an error"""
    with unikernel("reader", "--how=really", ready=None) as p, connect() as s:
        for part in (b"ab", b"cde", b"fgh", b"12345"):
            s.sendall(part)
            time.sleep(0.05)
        s.shutdown(socket.SHUT_WR)
        equal(p.wait(), 0, p.text)
        for want in ("really OK: abcdefgh", "nothing OK", "really EOF"):
            assert want in p.text, (want, p.text)


@test
def slow_reader():
    """a reader that pauses closes the window; the sender is let on again, nothing is lost"""
    with unikernel("reader", "--how=slow", ready=None) as p, connect(timeout=30) as s:
        s.sendall(b"z" * 20000000)
        s.shutdown(socket.SHUT_WR)
        equal(p.wait(60), 0, p.text)
        assert "bytes 20000000" in p.text, p.text


@test
def unlisten_and_closed_ports():
    """a port that nobody listens on refuses"""
    with unikernel("echo"):
        try:
            connect(9001).close()
            raise AssertionError("connected to a closed port")
        except ConnectionRefusedError:
            pass


@test
def reset_by_client():
    """clients that reset do not disturb the server"""
    with unikernel("echo"):
        for _ in range(50):
            s = connect()
            s.sendall(b"x" * 1000)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
        echo_works()


@test
def port_scan():
    """a port scan finds the one open port and leaves the server serving"""
    with unikernel("echo"):
        text = sh("nmap", "-n", "-Pn", "-p1-10000", "--max-retries", "2", "-T5", ADDR, timeout=120).stdout
        assert re.search(r"9000/tcp\s+open", text), text
        equal(len(re.findall(r"/tcp\s+open", text)), 1, text)
        for kind in ("-sN", "-sF", "-sX", "-sA", "-sW"):
            sh("nmap", "-n", "-Pn", kind, "-p8990-9010", "--max-retries", "1", "-T5", ADDR, timeout=120, check=False)
        echo_works()


def bulk(device, mtu, size):
    """Both directions through the hash program; returns nothing, fails on a difference."""
    with unikernel("hash", "--bytes=%d" % size, mtu=mtu, ready=None, device=device) as p:
        data = os.urandom(1 << 20) * (size >> 20)
        with connect(timeout=60) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            equal(recv_all(s).decode().strip(), hashlib.sha256(data).hexdigest(), "hash of what mnet received")
        with connect(9001, timeout=60) as s:
            sha, count = hashlib.sha256(), 0
            while True:
                got = s.recv(1 << 20)
                if not got:
                    break
                sha.update(got)
                count += len(got)
        equal(count, size, "bytes from mnet")
        equal(p.wait_for(r"sent (\w{64})").group(1), sha.hexdigest(), "hash of what mnet sent")


@test
def bulk_with_offload():
    """200 MB each way with vnet_hdr offloads, SHA-256 compared"""
    bulk("", 1500, 200 << 20)


@test
def bulk_without_offload():
    """64 MB each way in plain frames, SHA-256 compared"""
    bulk(",offload=off", 1500, 64 << 20)


@test
def bulk_with_a_small_mtu():
    """16 MB each way at MTU 576 and at MTU 9000, SHA-256 compared"""
    bulk("", 576, 16 << 20)
    bulk(",offload=off", 9000, 16 << 20)


class BadWire:
    """A wire between the program's TAP and another one that the kernel uses, in a process of its own: it loses, doubles and
    holds back frames, by seed. (netem does the same, where a kernel has it.)"""

    def __init__(self, ours="tap0", kernels="wire0", seed=1):
        import fcntl
        fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH", kernels.encode(), 0x1002))  # TUNSETIFF, IFF_TAP | IFF_NO_PI
        sh("ip", "addr", "add", PEER + "/24", "dev", kernels)
        sh("ip", "link", "set", kernels, "up")
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        raw.bind((ours, 3))
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self.carry(fd, raw, random.Random(seed))
            finally:
                os._exit(0)
        os.close(fd)
        raw.close()

    @staticmethod
    def carry(fd, raw, rnd):
        held = []
        while True:
            ready, _, _ = select.select([fd, raw], [], [], 0.002)
            frames = []
            if fd in ready:
                frames.append((raw.send, os.read(fd, 2048)))
            if raw in ready:
                data, where = raw.recvfrom(2048)
                if where[2] != 4:  # not what we sent ourselves
                    frames.append((lambda d: os.write(fd, d), data))
            for send, data in frames:
                dice = rnd.random()
                if dice < 0.01:
                    continue
                if dice < 0.02:
                    held.append((send, data))
                    continue
                send(data)
                if dice > 0.995:
                    send(data)
            if held and (not ready or rnd.random() < 0.2):
                send, data = held.pop(0)
                send(data)

    def cut(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@test
def bulk_with_loss():
    """4 MB each way over a wire that loses 1 %, holds back 1 % and doubles 0.5 % of the frames, SHA-256 compared"""
    size = 4 << 20
    with tap(addr=None), Program("hash", "--bytes=%d" % size, net=("service=tap0,offload=off",)) as p:
        wire = BadWire()
        try:
            wait_ready(p, None)
            data = os.urandom(size)
            with connect(timeout=60) as s:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                equal(recv_all(s).decode().strip(), hashlib.sha256(data).hexdigest(), "hash of what mnet received")
            with connect(9001, timeout=60) as s:
                equal(hashlib.sha256(recv_all(s)).hexdigest(), p.wait_for(r"sent (\w{64})", 30).group(1), "hash of what mnet sent")
        finally:
            wire.cut()


@test
def discard_and_chargen():
    """discard swallows everything, chargen gives the pattern of RFC 864"""
    with unikernel("discard", ready=9) as p:
        with connect(9) as s:
            s.sendall(b"x" * 1000000)
            s.shutdown(socket.SHUT_WR)
            equal(recv_all(s), b"", "discard's answer")
        equal(p.end(), 0, p.text)
    with unikernel("chargen", ready=19):
        with connect(19) as s:
            text = recv_exactly(s, 74 * 200)
        lines = text.split(b"\r\n")
        for a in lines[:199]:
            equal(len(a), 72, "line length")
        for a, b in zip(lines[:198], lines[1:199]):
            equal(a[1:], b[:-1], "each line starts one character later")


@test
def callbacks():
    """the callback API echoes TCP, with half-close, beside the task API"""
    with unikernel("callback-echo") as p:
        for size in (1, 1000, 100000, 3000000):
            data = os.urandom(size)
            with connect() as s:
                got = []
                t = threading.Thread(target=lambda: got.append(recv_all(s)))
                t.start()
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                t.join(20)
                assert got and got[0] == data, "%d bytes" % size
        equal(p.end(), 0, p.text)


@test
def nothing_lost_at_close():
    """what was written before close still arrives, then FIN: thousands of short connections"""
    with unikernel("echo"):
        for i in range(2000):
            with connect() as s:
                s.sendall(b"%d" % i)
                s.shutdown(socket.SHUT_WR)
                equal(recv_all(s), b"%d" % i, "echo")
