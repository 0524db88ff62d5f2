# SPDX-License-Identifier: ISC
"""ICMPv6, UDP over IPv6, fragments, own addresses and neighbours, against the Linux kernel (acceptance 12, 13, 14, 28)."""
import os
import re
import select
import socket
import struct
import threading
import time

from harness import ADDR, Capture, Program, apart, equal, sh, tap, wait_ready
from net6 import ADDR6, ONE, PEER6, STATIC, TWO, Agent, Answers, Lan, advertise, echoes, eui64, link_local, mac_of, tap6


def ping_is_answered(size):
    # One at a time: after an answer, ping waits for the next one no longer than two round trips, whatever -W says.
    ping = sh("ping", "-6", "-c1", "-W5", "-s", str(size), ADDR6, check=False)
    assert "1 received" in ping.stdout, "size %d:\n%s%s" % (size, ping.stdout, ping.stderr)
    assert "wrong data byte" not in ping.stdout and "BAD CHECKSUM" not in ping.stdout, ping.stdout


@apart
def ping_of_all_sizes_over_ipv6():
    """ping -6 of every kind of size up to 65,527 is answered, fragmented or not; also to the link-local address and all nodes"""
    with tap6(), Agent(STATIC) as p:
        for size in (0, 1, 8, 56, 1231, 1232, 1233, 1451, 1452, 1453, 2000, 2896, 8192, 16384, 30000, 40001, 65000, 65506, 65507, 65527):
            ping_is_answered(size)
        near = p.address("link-local")
        for to in (near, "ff02::1"):
            ping = sh("ping", "-6", "-c2", "-i0.01", "-W5", "-L", to + "%tap0", check=False)
            assert "bytes from %s%%tap0" % near in ping.stdout, ping.stdout


@apart
def ping_with_the_least_mtu_over_ipv6():
    """fragmentation on both sides at MTU 1280; 500 pings as fast as they are answered, none lost"""
    with tap6(mtu=1280), Agent(STATIC):
        for size in (1231, 1232, 1233, 5000, 65527):
            ping_is_answered(size)
        ping = sh("ping", "-6", "-q", "-f", "-c500", "-s3000", ADDR6, check=False)
        # The last one may come after ping has ended.
        assert int(re.search(r"(\d+) received", ping.stdout).group(1)) >= 499, ping.stdout


def udp6():
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    return s


@apart
def udp_echo_over_ipv6():
    """datagrams of all sizes up to 65,507 come back, fragmented both ways; the callback sends the reply, to each of our addresses"""
    with tap6(), Agent(STATIC) as p, udp6() as s:
        for size in (0, 1, 100, 1452, 1453, 5000, 20000, 65000, 65507):
            data = os.urandom(size)
            s.sendto(data, (ADDR6, 9000))
            got, who = s.recvfrom(70000)
            assert got == data, "%d bytes" % size
            equal(who[:2], (ADDR6, 9000), "source of the answer")
        near = p.address("link-local")
        s.sendto(b"near", (near, 9000, 0, socket.if_nametoindex("tap0")))
        got, who = s.recvfrom(100)
        equal((got, who[0].split("%")[0]), (b"near", near), "answer from the link-local address")


@apart
def udp_client_over_ipv6():
    """sendto and recvfrom of a task: an answer comes back; a closed port is CONN_REFUSED; no way is NET_UNREACH"""
    with tap6(), Agent(STATIC) as p, udp6() as s:
        s.bind(("::", 7777))
        def answer():
            data, who = s.recvfrom(100)
            s.sendto(data.upper(), who)
        t = threading.Thread(target=answer)
        t.start()
        equal(p.ask("send", "[%s]:7777" % PEER6, "hello"), "send: OK\nHELLO\n", "a datagram and its answer")
        t.join(5)
        equal(p.ask("send", "[2001:db8::1]:7777", "hello"), "send: NET_UNREACH\n", "without a route")


@apart
def udp_queue_over_ipv6():
    """datagrams that come between two recvfrom wait in the queue, in order, none lost"""
    with tap6(), Program("udp-queue", STATIC) as p, udp6() as s:
        wait_ready(p, None)
        for i in range(50):
            s.sendto(b"datagram %d" % i, (ADDR6, 9001))
        for i in range(50):
            equal(s.recv(100), b"datagram %d" % i, "answer")
        s.sendto(b"y" * 30000, (ADDR6, 9001))
        equal(s.recv(65536), b"y" * 30000, "a fragmented one")


@apart
def unreachables_over_ipv6():
    """a closed UDP port is answered with port unreachable, an unknown next header with a parameter problem that points at it"""
    with tap6(), Agent(STATIC):
        with udp6() as s:
            s.connect((ADDR6, 9999))
            s.send(b"anybody?")
            try:
                s.recv(10)
                raise AssertionError("an answer from a closed port")
            except ConnectionRefusedError:
                pass
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, 200) as raw, \
                socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as icmp:
            icmp.settimeout(5)
            raw.sendto(b"hello", (ADDR6, 0))
            packet = icmp.recv(2000)
            while packet[0] > 127:
                packet = icmp.recv(2000)
            equal(struct.unpack("!BBxxI", packet[:8]), (4, 1, 6), "type, code and pointer")


def fragments6(payload, ident, cuts, proto=17):
    """IPv6 fragments with the given (offset, length, more) of `payload`, as a raw socket of protocol 44 sends them."""
    return [struct.pack("!BBHI", proto, 0, off | more, ident) + payload[off:off + length] for off, length, more in cuts]


@apart
def fragments_over_ipv6_in_any_order_holes_and_overlaps():
    """fragments are reassembled in any order; holes and overlaps are never delivered"""
    import itertools
    with tap6(), Agent(STATIC), udp6() as s, socket.socket(socket.AF_INET6, socket.SOCK_RAW, 44) as raw:
        s.bind((PEER6, 5555))
        data = bytes(range(256)) * 12
        whole = struct.pack("!HHHH", 5555, 9000, 8 + len(data), 0) + data
        pseudo = socket.inet_pton(socket.AF_INET6, PEER6) + socket.inet_pton(socket.AF_INET6, ADDR6) + struct.pack("!IHH", len(whole), 0, 17)
        total = sum(struct.unpack("!%dH" % ((len(pseudo) + len(whole)) // 2), pseudo + whole))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        whole = whole[:6] + struct.pack("!H", ~total & 0xffff or 0xffff) + whole[8:]
        n = len(whole)

        def answer(ident, cuts, seconds):
            for f in fragments6(whole, ident, cuts):
                raw.sendto(f, (ADDR6, 0))
            s.settimeout(seconds)
            try:
                return s.recv(70000)
            except socket.timeout:
                return None

        a, b, c = (0, 1024, 1), (1024, 1024, 1), (2048, n - 2048, 0)
        for i, order in enumerate(itertools.permutations((a, b, c))):
            equal(answer(100 + i, order, 5), data, "order %s" % (order,))
        equal(answer(200, (a, c), 0.3), None, "with a hole")
        equal(answer(201, (a, (1016, 1032, 1), c), 0.3), None, "with an overlap")
        equal(answer(202, (c, b, (8, 1024, 1), a), 0.3), None, "with an overlap, last first")
        equal(answer(400, (c, b, a), 5), data, "after all that")


@apart
def extension_headers():
    """headers and options before the payload are walked: what is to be skipped is, what is to be dropped is, what is to be told of is (RFC 8200 4.2)"""
    with tap6(), Agent(STATIC), socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as icmp:
        pad = bytes([0, 0, 1, 4, 0, 0, 0, 0])  # next header, 8 bytes in all, PadN
        skip, drop, tell = (bytes([0, 0, kind, 4, 0, 0, 0, 0]) for kind in (0x1e, 0x5e, 0x9e))

        def echo(*options):
            """Whether a datagram behind those headers comes back."""
            with udp6() as s:
                for name, value in options:
                    s.setsockopt(socket.IPPROTO_IPV6, name, value)
                s.settimeout(0.3)
                s.sendto(b"behind", (ADDR6, 9000))
                try:
                    return s.recv(100) == b"behind"
                except socket.timeout:
                    return False
        hop, dst = socket.IPV6_HOPOPTS, socket.IPV6_DSTOPTS
        assert echo((hop, pad)) and echo((dst, pad)) and echo((hop, pad), (dst, pad)), "padding"
        assert not echo((dst, bytes([0, 31, 1, 252]) + bytes(252))), "more padding than aligns anything (RFC 8504 5.3)"
        assert echo((hop, skip), (dst, skip)), "unknown options that are to be skipped"
        assert not echo((dst, drop)) and not echo((hop, drop)), "options that say that the packet is to be dropped"
        icmp.settimeout(0.1)
        try:
            while True:
                assert icmp.recv(2000)[0] != 4, "a parameter problem that nobody asked for"
        except socket.timeout:
            pass
        icmp.settimeout(5)
        assert not echo((dst, tell))
        packet = icmp.recv(2000)
        while packet[0] != 4:
            packet = icmp.recv(2000)
        equal(struct.unpack("!BBxxI", packet[:8]), (4, 2, 42), "type, code and pointer to the option")


# ---- own addresses ----

@apart
def static_address_that_the_kernel_owns():
    """a static address that another host has already is not used, and reported; the program goes on with what is left"""
    with tap6():
        sh("ip", "addr", "add", ADDR6 + "/64", "dev", "tap0", "nodad")
        with Agent(STATIC) as p:
            p.wait_for(r"(?i)warning.*%s" % ADDR6, 5)
            p.until("^address fd00", 2, is_there=False)
            assert echoes(p.address("link-local") + "%tap0"), "no echo from the link-local address"
            assert echoes(ADDR), "no echo over IPv4"


@apart
def made_address_that_the_kernel_owns():
    """a link-local address that another host has is reported, and another one is made that works"""
    for words in (("--ipv6=eui64",), ("--ipv6=private", ONE)):
        with tap6():
            with Agent(*words) as p:
                first = p.address("link-local")
            sh("ip", "addr", "add", first + "/64", "dev", "tap0", "nodad")
            with Agent(*words) as p:
                p.wait_for(r"(?i)warning.*%s" % first, 5)
                second = p.address("link-local")
                assert second != first, "the taken address is used"
                assert echoes(second + "%tap0"), "no echo from " + second


@apart
def reflected_frames_are_no_conflict():
    """a wire that sends everything back to us does not make our own probes look like another host (RFC 7527)"""
    with tap6():
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as raw:
            raw.bind(("tap0", 3))
            with Program("agent", STATIC) as p:
                def reflect():
                    while p.p.poll() is None:
                        if select.select([raw], [], [], 0.1)[0]:
                            frame, where = raw.recvfrom(2048)
                            if where[2] != socket.PACKET_OUTGOING:
                                raw.send(frame)
                t = threading.Thread(target=reflect)
                t.start()
                p.wait_for("^ready$", 15)
                agent = Answers(p)
                assert agent.address("static") == ADDR6 and agent.address("link-local"), p.text
                assert "WARNING" not in p.text, p.text
                assert agent.show(r"^count ndp_solicits_sent (\d+)"), agent.show()
                equal(p.end(), 0, p.text)
                t.join(5)


@apart
def two_begin_with_one_address():
    """two programs that begin at once with one address: at most one keeps it, the other one says so"""
    with Lan(taps=("tap0", "tap1")):
        with Program("agent", STATIC, net=("service=tap0",)) as one, \
                Program("agent", STATIC, "--ipv4=10.0.0.3/24", net=("service=tap1",)) as two:
            one.wait_for("^ready$")
            two.wait_for("^ready$")
            time.sleep(0.3)
            has = [Answers(p, addr).show(r"^address fd00::2/64 static valid") != [] for p, addr in ((one, ADDR), (two, "10.0.0.3"))]
            assert has != [True, True], "both use the address"
            for p, kept in zip((one, two), has):
                assert kept or re.search(r"(?i)warning.*fd00::2", p.text), "an address was given up without a word:\n" + p.text


@apart
def two_on_one_bridge_over_ipv6():
    """two programs on one bridge: 4,096, 65,536 and 10,000,000 bytes come back over IPv6 as they were sent, to a global address"""
    with Lan(taps=("tap0", "tap1")), Agent(STATIC):
        for size in (4096, 65536, 10000000):
            with Program("echo-client", "--ipv4=10.0.0.3/24", "--ipv6=fd00::3/64", "--server=[%s]:9000" % ADDR6, "--bytes=%d" % size,
                         net=("service=tap1",)) as client:
                equal(client.wait(30), 0, client.text)
                assert "%d of %d bytes came back as they were sent" % (size, size) in client.text, client.text


@apart
def address_is_defended():
    """the kernel's duplicate address detection finds our address taken, and we keep it"""
    with tap6(), Agent(STATIC):
        sh("sysctl", "-q", "-w", "net.ipv6.conf.tap0.dad_transmits=1")
        sh("ip", "addr", "add", ADDR6 + "/64", "dev", "tap0")
        end = time.time() + 5
        while "dadfailed" not in sh("ip", "addr", "show", "dev", "tap0").stdout:
            assert time.time() < end, "the kernel took our address:\n" + sh("ip", "addr", "show", "dev", "tap0").stdout
            time.sleep(0.1)
        sh("ip", "addr", "del", ADDR6 + "/64", "dev", "tap0")
        assert echoes(ADDR6), "we do not answer any more"


# ---- neighbours ----

@apart
def neighbour_vanishes_and_comes_back_with_another_mac():
    """an open connection survives a peer that goes away and comes back with another MAC: the neighbour is probed, lost, found"""
    with Lan() as lan:
        host = lan.host("h0", "fd00::9/64")
        with Agent(STATIC) as p:
            link_local("h0", host)
            with host.entered():
                advertise("h0", reachable_ms=1000)
                s = socket.create_connection((ADDR6, 9000), timeout=20)

            def echo(what):
                s.sendall(what)
                equal(s.recv(100), what, "echo")
            echo(b"before")
            old = mac_of("h0", host)
            p.until("^neighbour fd00::9 %s REACHABLE" % old)
            host.sh("ip", "link", "set", "h0", "down")
            p.until("^neighbour fd00::9 %s STALE" % old)
            assert p.ask("send", "[fd00::9]:9", "anybody?").startswith("send: OK"), "what is sent to a neighbour that is known leaves"
            p.until("^neighbour fd00::9 %s (DELAY|PROBE)" % old)
            p.until("^neighbour fd00::9 %s LOST" % old, 12)
            host.sh("ip", "link", "set", "h0", "address", "02:00:00:00:77:77")
            host.sh("ip", "link", "set", "h0", "up")
            host.add("h0", "fd00::9/64")
            echo(b"after")
            p.until("^neighbour fd00::9 02:00:00:00:77:77 ")
            s.close()


@apart
def neighbour_with_a_new_mac_says_so():
    """an unsolicited advertisement with the override flag, as the kernel sends it with a new MAC, is believed at once"""
    with Lan() as lan:
        host = lan.host("h0", "fd00::9/64")
        with Agent(STATIC) as p:
            with host.entered():
                assert echoes(ADDR6)
            p.until("^neighbour fd00::9 " + mac_of("h0", host))
            host.sysctl("net.ipv6.conf.h0.ndisc_notify", 1)
            host.sh("ip", "link", "set", "h0", "address", "02:00:00:00:77:77")
            host.sh("ip", "link", "set", "h0", "down")
            host.sh("ip", "link", "set", "h0", "up")
            host.add("h0", "fd00::9/64")
            p.until("^neighbour fd00::9 02:00:00:00:77:77 ", 5)


@apart
def neighbour_flood_leaves_the_stack_serving():
    """a thousand neighbours talk and are talked to; the table is bounded and a real neighbour is still served"""
    with tap6(), Agent(STATIC) as p:
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            for i in range(1500):
                src = socket.inet_pton(socket.AF_INET6, "fd00::1:%x" % i)
                body = struct.pack("!HHHH", 1, 9000, 8, 0)
                raw.sendto(struct.pack("!IHBB", 6 << 28, len(body), 17, 64) + src + socket.inet_pton(socket.AF_INET6, ADDR6) + body, (ADDR6, 0))
        assert echoes(ADDR6), "no echo after the flood"
        assert len(p.show("^neighbour ")) <= 512, p.show()


# ---- modes of --ipv6 ----

@apart
def ipv6_off_sends_no_ipv6_frame():
    """--ipv6=off: not one IPv6 frame leaves, whatever comes in"""
    with tap():
        capture = Capture("tap0", "ip6 and not ether src " + mac_of("tap0"))
        with Agent("--ipv6=off") as p:
            sh("ping", "-6", "-c2", "-i0.2", "-W1", "ff02::1%tap0", check=False)
            sh("ping", "-6", "-c1", "-W1", "fe80::1%tap0", check=False)
            equal(p.ask("connect", "[fe80::1]:80", "x"), "connect: NET_UNREACH\n", "connect")
            assert not p.show("^address .*:"), p.show()
            assert echoes(ADDR), "IPv4 does not work"
        equal(capture.stop().strip(), "", "IPv6 frames from mnet")


@apart
def ipv6_alone():
    """--ipv4=off: a service of IPv6 alone works, and sends no frame of IPv4"""
    with tap6():
        capture = Capture("tap0", "(arp or ip) and not ether src " + mac_of("tap0"))
        with Program("echo", STATIC, "--ipv4=off"):
            sh("ping", "-c1", "-W1", ADDR, check=False)
            end = time.time() + 10
            while True:
                try:
                    assert echoes(ADDR6, timeout=1), "echo"
                    break
                except OSError:
                    assert time.time() < end, "no echo"
        equal(capture.stop().strip(), "", "IPv4 frames from mnet")


@apart
def identifiers_of_every_mode():
    """eui64 is made of the MAC; private is the same at each start with one secret, another with another secret; random differs"""
    def start(*args):
        with Agent(*args) as p:
            return p.address("link-local"), p.show(r"^stack \S+ mac (\S+)")[0]

    with tap6():
        addr, mac = start("--ipv6=eui64")
        equal(addr, eui64("fe80::", mac), "EUI-64 address of " + mac)
        one, _ = start("--ipv6=private", ONE)
        equal(start("--ipv6=private", ONE)[0], one, "the same secret")
        others = [start("--ipv6=" + words[0], *words[1:])[0] for words in (("private", TWO), ("random",), ("random",))]
        equal(len(set(others + [one, addr])), 5, "different addresses in %s" % (others + [one, addr]))


@apart
def tables_are_printed():
    """mnet_stack_show prints addresses, routers, routes and neighbours of both families (test_router6 sees what routers bring)"""
    with tap6(), Agent(STATIC, "--ipv6-gateway=fe80::99", "--ipv4-gateway=10.0.0.1") as p:
        assert echoes(ADDR6) and echoes(ADDR)
        p.address("link-local")
        text = p.show()
        for line in (r"^stack service mac (\w\w:){5}\w\w mtu 1500$", r"^address 10\.0\.0\.2/24$",
                     r"^address fd00::2/64 static valid for ever preferred for ever$",
                     r"^address fe80::\S+/64 link-local valid for ever preferred for ever$", r"^route 0\.0\.0\.0/0 via 10\.0\.0\.1$",
                     r"^router ::/0 via fe80::99 static for ever$",
                     r"^neighbour fd00::1 %s \w+" % mac_of("tap0"), r"^neighbour 10\.0\.0\.1 %s \w+" % mac_of("tap0"),
                     r"^count \w+ \d+$"):
            assert re.search(line, text, re.M), "no line %s in:\n%s" % (line, text)
