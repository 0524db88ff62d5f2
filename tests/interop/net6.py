# SPDX-License-Identifier: ISC
"""Networks for the tests of IPv6: kernel hosts and routers in namespaces of their own, and a program that can be asked.

A test of these runs apart (harness.apart), so its names and addresses are its own. `Lan` is a bridge with tap0 and, by 10.0.0.1
and what else the test wants, the kernel of the test's namespace; `Host` is another kernel on a wire to somewhere."""
import contextlib
import ctypes
import os
import re
import socket
import struct
import subprocess
import tempfile
import time

from harness import ADDR, PEER, Program, Skip, sh, tap

ADDR6, PEER6 = "fd00::2", "fd00::1"
STATIC = "--ipv6=%s/64" % ADDR6
ONE, TWO = "--ipv6-secret=" + "01" * 16, "--ipv6-secret=" + "02" * 16


@contextlib.contextmanager
def tap6(mtu=1500):
    """tap0 with 10.0.0.1/24 and fd00::1/64 on the kernel's side."""
    with tap(mtu=mtu):
        sh("ip", "addr", "add", PEER6 + "/64", "dev", "tap0", "nodad")
        yield


def link_local(device="tap0", host=None):
    """The kernel's own link-local address there, once it has one."""
    run = host.sh if host else sh
    end = time.time() + 5
    while True:
        found = re.search(r"inet6 (fe80::\S+)/64 scope link(?! tentative)", run("ip", "-6", "addr", "show", "dev", device).stdout)
        if found:
            return found.group(1)
        assert time.time() < end, "no link-local address on " + device
        time.sleep(0.05)


def mac_of(device, host=None):
    return re.search(r"link/ether (\S+)", (host.sh if host else sh)("ip", "link", "show", device).stdout).group(1)


@contextlib.contextmanager
def namespace(path):
    """Moves the test into another network namespace and back."""
    libc, new_net = ctypes.CDLL(None, use_errno=True), 0x40000000
    before, there = os.open("/proc/thread-self/ns/net", os.O_RDONLY), os.open(path, os.O_RDONLY)
    try:
        assert libc.setns(there, new_net) == 0, os.strerror(ctypes.get_errno())
        yield
    finally:
        libc.setns(before, new_net)
        os.close(before)
        os.close(there)


def eui64(net, mac):
    """RFC 4291 appendix A."""
    m = bytes.fromhex(mac.replace(":", ""))
    return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, net)[:8] + bytes([m[0] ^ 2]) + m[1:3] + b"\xff\xfe" + m[3:])


def our_mac():
    """The program's, which the kernel has asked for over IPv4."""
    return re.search(r"lladdr (\S+)", sh("ip", "neigh", "show", ADDR).stdout).group(1)


class Host:
    """Another kernel. Lives as long as its first process."""

    def __init__(self):
        self.p = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec sleep 3600"], stdout=subprocess.PIPE)
        self.p.stdout.readline()
        self.sh("ip", "link", "set", "lo", "up")
        self.sysctl("net.ipv6.conf.default.dad_transmits", 0)

    def inside(self, *argv):
        return ["nsenter", "-t", str(self.p.pid), "-n", "--", *argv]

    def sh(self, *argv, **kw):
        return sh(*self.inside(*argv), **kw)

    def sysctl(self, name, value):
        self.sh("sysctl", "-q", "-w", "%s=%s" % (name, value))

    def forward(self):
        """Makes a router of it."""
        self.sysctl("net.ipv6.conf.all.forwarding", 1)
        self.sysctl("net.ipv4.ip_forward", 1)

    def wire(self, name, to=None, peer=None, addrs=(), mtu=1500):
        """A wire with the end `name` here and `peer` in the namespace `to` (None: the test's)."""
        peer = peer or name + "x"
        sh("ip", "link", "add", name, "netns", str(self.p.pid), "type", "veth", "peer", "name", peer,
           *(["netns", str(to.p.pid)] if to else []))
        self.sh("ip", "link", "set", name, "mtu", str(mtu), "up")
        (to.sh if to else sh)("ip", "link", "set", peer, "mtu", str(mtu), "up")
        self.add(name, *addrs)
        return peer

    def add(self, device, *addrs):
        for addr in addrs:
            self.sh("ip", "addr", "add", addr, "dev", device, *(["nodad"] if ":" in addr else []))

    def entered(self):
        """What the test does in here, opening sockets above all, it does in that namespace."""
        return namespace("/proc/%d/ns/net" % self.p.pid)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.p.kill()
        self.p.wait()


class Lan(contextlib.ExitStack):
    """A bridge br0 with tap0, where the kernel has 10.0.0.1/24 and `addrs`."""

    def __init__(self, *addrs, taps=("tap0",)):
        super().__init__()
        self.addrs, self.taps = addrs, taps

    def __enter__(self):
        super().__enter__()
        sh("ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        self.callback(sh, "ip", "link", "del", "br0", check=False)
        sh("ip", "link", "set", "br0", "up")
        sh("ip", "addr", "add", PEER + "/24", "dev", "br0")
        for addr in self.addrs:
            sh("ip", "addr", "add", addr, "dev", "br0", "nodad")
        for name in self.taps:
            self.enter_context(tap(name, addr=None))
            sh("ip", "link", "set", name, "master", "br0")
        return self

    def host(self, name, *addrs):
        """A further host on the bridge; its end of the wire is called `name`, too."""
        host = self.enter_context(Host())
        sh("ip", "link", "set", host.wire(name, addrs=addrs), "master", "br0")
        return host

    def router(self, name, *addrs):
        host = self.host(name)
        host.forward()
        host.add(name, *addrs)
        return host


def prefix_option(prefix, valid, preferred, flags=0xc0, length=64):
    """RFC 4861 4.6.2: 0x80 on-link, 0x40 autonomous."""
    return struct.pack("!BBBBIII", 3, 4, length, flags, valid, preferred, 0) + socket.inet_pton(socket.AF_INET6, prefix)


def advertise(device, options=b"", lifetime=0, reachable_ms=0, retrans_ms=0, to="ff02::1"):
    """One router advertisement out of the kernel's own address on that device: what radvd would not say, or not so soon."""
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as raw:
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 255)
        raw.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, lifetime, reachable_ms, retrans_ms) + options,
                   (to, 0, 0, socket.if_nametoindex(device)))


class Radvd:
    """radvd on a host (None: the test's own kernel), whose interface is described by `text`."""

    def __init__(self, device, text, host=None):
        self.device, self.host, self.text = device, host, ""
        self.folder = tempfile.TemporaryDirectory(prefix="mnet-radvd-")
        self.config, self.pid_file = self.folder.name + "/conf", self.folder.name + "/pid"
        self.start(text)

    def start(self, text):
        with open(self.config, "w") as f:
            f.write("interface %s {\nAdvSendAdvert on;\nMinRtrAdvInterval 3;\nMaxRtrAdvInterval 4;\n%s\n};\n" % (self.device, text))
        argv = ["radvd", "-C", self.config, "-p", self.pid_file, "-n", "-m", "stderr"]
        if self.host:
            argv = self.host.inside(*argv)
        try:
            self.p = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
        except FileNotFoundError:
            raise Skip("radvd is not installed")

    def stop(self):
        """Ends it, with its last words on the wire: a router lifetime of 0."""
        self.p.terminate()
        self.text = self.p.communicate(timeout=10)[1]

    def change(self, text):
        self.stop()
        self.start(text)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.p.poll() is None:
            self.stop()
        if exc[0] is not None and exc[0] is not Skip:
            print("\n".join("# radvd: " + line for line in self.text.splitlines()))
        self.folder.cleanup()


class Answers:
    """What the program `agent` answers, asked over IPv4. Of a program that runs already: Answers(program)."""

    addr = ADDR  # where it is asked

    def __init__(self, program, addr=ADDR):
        self.p, self.addr = program.p, addr

    def ask(self, *words, timeout=20):
        with namespace("/proc/%d/ns/net" % self.p.pid):  # whichever the test is in just now
            s = socket.create_connection((self.addr, 9002), timeout=timeout)
        with s:
            s.sendall(" ".join(words).encode() + b"\n")
            out = b""
            while True:
                data = s.recv(65536)
                if not data:
                    return out.decode()
                out += data

    def show(self, pattern=None):
        """The tables: whole, or what `pattern` matches in them."""
        text = self.ask("show")
        return re.findall(pattern, text, re.M) if pattern else text

    def until(self, pattern, seconds=8, is_there=True):
        """Waits until the tables have `pattern` (or have it no longer); returns the match."""
        end = time.time() + seconds
        while True:
            text = self.show()
            found = re.search(pattern, text, re.M)
            if bool(found) == is_there:
                return found
            assert time.time() < end, "%r is %s there after %g s:\n%s" % (pattern, "not" if is_there else "still", seconds, text)
            time.sleep(0.1)

    def address(self, origin, prefix="", seconds=8):
        """The address of that origin, and in that prefix of up to 64 bits, that is ready."""
        return self.until(r"^address (%s\S*)/\d+ %s valid" % (prefix.replace("::", ":"), origin), seconds).group(1)


class Agent(Answers, Program):
    """The program `agent`, once it is ready."""

    def __init__(self, *args, net=("service=tap0",)):
        Program.__init__(self, "agent", *args, net=net)
        self.wait_for("^ready$", 15)


def echoes(addr, port=9000, what=b"still here", timeout=10):
    """Whether a TCP echo works there."""
    with socket.create_connection((addr, port), timeout=timeout) as s:
        s.sendall(what)
        s.shutdown(socket.SHUT_WR)
        got = b""
        while True:
            data = s.recv(65536)
            if not data:
                return got == what
            got += data
