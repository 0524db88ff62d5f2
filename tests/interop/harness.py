# SPDX-License-Identifier: ISC
"""Runs mnet programs on TAPs inside a network namespace of the test's own, with the Linux kernel as the peer.

The whole test run lives in one anonymous namespace (tests/interop/run makes it): nothing it sends can leave it, and it is
gone when the last process in it has ended. Each test gets a fresh TAP, 10.0.0.1/24 on the kernel's side. Tests that wait more
than they work are run apart: each in a further namespace of its own, some at the same time."""
import contextlib
import ctypes
import io
import os
import pickle
import re
import select
import signal
import socket
import subprocess
import sys
import time
import traceback

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build-test")
PROGRAMS = os.path.join(BUILD, "tests", "interop")
UNIKERNELS = os.path.join(BUILD, "unikernels")
ADDR, PEER = "10.0.0.2", "10.0.0.1"

tests = []


class Skip(Exception):
    pass


def test(fn):
    """Registers a test; its docstring is the rule it checks."""
    tests.append(fn)
    return fn


def apart(fn):
    """Registers a test that runs in a namespace of its own, beside others."""
    fn.is_apart = True
    return test(fn)


def sh(*argv, check=True, timeout=60, **kw):
    p = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, **kw)
    if check and p.returncode != 0:
        raise AssertionError("%s: %s%s" % (" ".join(argv), p.stdout, p.stderr))
    return p


def equal(got, want, what=""):
    assert got == want, "%s: got %r, want %r" % (what, got, want)


@contextlib.contextmanager
def tap(name="tap0", addr=PEER + "/24", mtu=1500):
    sh("ip", "tuntap", "add", name, "mode", "tap")
    try:
        sh("ip", "link", "set", name, "mtu", str(mtu), "up")
        if addr:
            sh("ip", "addr", "add", addr, "dev", name)
        yield name
    finally:
        sh("ip", "link", "del", name, check=False)


def find(name):
    for folder in (UNIKERNELS, PROGRAMS):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return path
    raise AssertionError("no program " + name)


def command(name, args, net):
    """What starts a program. tests/solo5 puts another in its place."""
    return [find(name)] + ["--net:" + n for n in net] + list(args)


class Program:
    """A running mnet program. `text` is what it has printed so far (both streams)."""

    ended_by_signal = 0  # the status of a program that was asked to end, and did

    def __init__(self, name, *args, net=("service=tap0",)):
        self.start(command(name, args, net))

    def start(self, argv):
        self.argv = argv
        self.p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.set_blocking(self.p.stdout.fileno(), False)
        self.text = ""

    def read(self, seconds=0.0):
        """Takes what is printed within that time, or until the end of the output."""
        end = time.time() + seconds
        while True:
            ready, _, _ = select.select([self.p.stdout], [], [], max(0, end - time.time()))
            if not ready:
                return True
            data = self.p.stdout.read()
            if data == b"":
                return False
            if data:
                self.text += data.decode("utf-8", "replace")

    def wait_for(self, pattern, seconds=10):
        end = time.time() + seconds
        while not re.search(pattern, self.text, re.M):
            left = end - time.time()
            alive = self.read(min(0.05, max(0, left)))
            if not alive and not re.search(pattern, self.text, re.M):
                raise AssertionError("%s ended without %r:\n%s" % (self.argv[0], pattern, self.text))
            if left <= 0:
                raise AssertionError("%s: no %r within %g s:\n%s" % (self.argv[0], pattern, seconds, self.text))
        return re.search(pattern, self.text, re.M)

    def wait(self, seconds=15):
        """Waits for the end; returns the exit status."""
        end = time.time() + seconds
        while self.p.poll() is None and time.time() < end:
            self.read(0.02)
        if self.p.poll() is None:
            raise AssertionError("%s did not end within %g s:\n%s" % (self.argv[0], seconds, self.text))
        self.read(0.1)
        return self.p.returncode

    def end(self, sig=signal.SIGTERM, seconds=10):
        if self.p.poll() is None:
            self.p.send_signal(sig)
        status = self.wait(seconds)
        return 0 if status == self.ended_by_signal else status

    def rss_kib(self):
        for line in open("/proc/%d/status" % self.p.pid):
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.p.poll() is None:
            self.p.kill()
            self.p.wait()
        self.read(0.1)
        if kind is not None and kind is not Skip:
            print("# output of %s:" % " ".join(self.argv))
            for line in self.text.splitlines()[-30:]:
                print("#   " + line)


@contextlib.contextmanager
def unikernel(name, *args, mtu=1500, ready=9000, device=""):
    """A program on tap0, once its TCP port `ready` answers (None: once it answers ARP)."""
    with tap(mtu=mtu):
        with Program(name, *args, net=("service=tap0" + device,)) as p:
            wait_ready(p, ready)
            yield p


def wait_ready(p, port, seconds=10):
    end = time.time() + seconds
    while time.time() < end:
        p.read(0)
        assert p.p.poll() is None, "%s has ended (%s):\n%s" % (p.argv[0], p.p.returncode, p.text)
        if port is None:
            if sh("ping", "-c1", "-W1", "-i0.2", ADDR, check=False).returncode == 0:
                return
        else:
            try:
                socket.create_connection((ADDR, port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
    raise AssertionError("%s does not answer:\n%s" % (p.argv[0], p.text))


def connect(port=9000, timeout=10):
    s = socket.create_connection((ADDR, port), timeout=timeout)
    s.settimeout(timeout)
    return s


def recv_all(s):
    out = []
    while True:
        data = s.recv(1 << 20)
        if not data:
            return b"".join(out)
        out.append(data)


def recv_exactly(s, n):
    out = b""
    while len(out) < n:
        data = s.recv(n - len(out))
        assert data, "the stream ended after %d of %d bytes" % (len(out), n)
        out += data
    return out


def echo_works(port=9000, what=b"still here"):
    with connect(port) as s:
        s.sendall(what)
        equal(recv_exactly(s, len(what)), what, "echo")


def open_many(count, port=9000, addr=ADDR, sources=None, at_a_time=256):
    """Opens `count` connections with a bounded number of unanswered ones at a time: without SYN cookies, more than the
    server has room for would give way to each other."""
    out, waiting = [], {}
    poll = select.epoll()
    i = 0
    deadline = time.time() + 120
    while len(out) < count:
        assert time.time() < deadline, "only %d of %d connections within 120 s" % (len(out), count)
        while i < count and len(waiting) < at_a_time:
            s = socket.socket()
            s.setblocking(False)
            if sources:
                s.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
                s.bind((sources[i % len(sources)], 0))
            s.connect_ex((addr, port))
            waiting[s.fileno()] = s
            poll.register(s.fileno(), select.EPOLLOUT)
            i += 1
        for fd, events in poll.poll(1):
            s = waiting.pop(fd)
            poll.unregister(fd)
            err = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            assert err == 0, "connection %d: %s" % (len(out), os.strerror(err))
            out.append(s)
    poll.close()
    return out


def echo_on_all(socks, what=b"ping"):
    for s in socks:
        s.setblocking(True)
        s.settimeout(30)
    for k in range(0, len(socks), 500):
        for s in socks[k:k + 500]:
            s.sendall(what)
        for s in socks[k:k + 500]:
            equal(recv_exactly(s, len(what)), what, "echo")


def need_files(count):
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), max(hard, count)))
    except (ValueError, OSError):
        if hard < count:
            raise Skip("no right to open %d files" % count)
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


class Capture:
    """tcpdump on a TAP, as text."""

    def __init__(self, device="tap0", *expression, args=("-n",)):
        self.p = subprocess.Popen(["tcpdump", "-i", device, "-l", "--immediate-mode", *args, *expression], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        line = self.p.stderr.readline()
        while line and "listening on" not in line:
            line = self.p.stderr.readline()

    def stop(self):
        time.sleep(0.2)
        self.p.send_signal(signal.SIGINT)
        return self.p.communicate(timeout=10)[0]


def run_one(fn):
    """Runs a test: (whether it failed, what stands behind its number, lines that explain it)."""
    name = "%s: %s" % (fn.__name__, " ".join((fn.__doc__ or "").split()))
    start = time.time()
    try:
        fn()
        return False, "%s (%.1f s)" % (name, time.time() - start), []
    except Skip as e:
        return False, "%s # SKIP %s" % (name, e), []
    except Exception as e:  # a test that breaks in any way has failed
        return True, name, (str(e).splitlines() or [""])[:1] + traceback.format_exc().splitlines()[-12:]


AT_A_TIME = 6  # tests apart: they sleep most of the time


def new_namespace():
    new_net, new_mounts = 0x40000000, 0x00020000
    if ctypes.CDLL(None, use_errno=True).unshare(new_net | new_mounts) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    sh("mount", "-t", "sysfs", "sysfs", "/sys", check=False)
    sh("ip", "link", "set", "lo", "up")
    # The kernel's own addresses can be used at once, and its routers are asked for at once.
    for name, value in (("dad_transmits", 0), ("router_solicitation_delay", 0)):
        sh("sysctl", "-q", "-w", "net.ipv6.conf.default.%s=%d" % (name, value))


class Apart:
    """A test in a process and a namespace of its own."""

    def __init__(self, fn):
        self.result, into = os.pipe()
        self.name = fn.__name__
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            sys.stdout = io.StringIO()
            try:
                new_namespace()
                outcome = run_one(fn)
            except BaseException:
                outcome = True, fn.__name__, traceback.format_exc().splitlines()
            with os.fdopen(into, "wb") as f:
                pickle.dump((outcome, sys.stdout.getvalue()), f)
            os._exit(0)
        os.close(into)

    def outcome(self):
        with os.fdopen(self.result, "rb") as f:
            data = f.read()
        os.waitpid(self.pid, 0)
        return pickle.loads(data) if data else ((True, self.name, ["its process ended without a word"]), "")


def outcomes(fns):
    """Runs tests, those apart beside each other: yields an outcome and what was printed, for each."""
    fns, running = list(fns), {}
    for fn in fns:
        if not getattr(fn, "is_apart", False):
            yield run_one(fn), ""
    waiting = [fn for fn in fns if getattr(fn, "is_apart", False)]
    while waiting or running:
        while waiting and len(running) < AT_A_TIME:
            child = Apart(waiting.pop(0))
            running[child.result] = child
        for fd in select.select(list(running), [], [])[0]:
            yield running.pop(fd).outcome()


def main():
    only = sys.argv[2:]
    chosen = [fn for fn in tests if not only or any(o in fn.__name__ or o == fn.__module__ for o in only)]
    number = failures = 0
    for (failed, text, why), printed in outcomes(chosen):
        number += 1
        failures += failed
        print("%s%sok %d - %s" % (printed, "not " if failed else "", number, text))
        for line in why:
            print("#   " + line)
        sys.stdout.flush()
    print("1..%d" % number)
    return 1 if failures else 0
