# SPDX-License-Identifier: ISC
"""Routers, prefixes, SLAAC and redirects: radvd and the Linux kernel as routers (acceptance 14)."""
import hashlib
import re
import socket
import struct
import time
from contextlib import ExitStack

from harness import Capture, Program, apart, equal, recv_all, sh, wait_ready
from net6 import ONE, Agent, Host, Lan, Radvd, advertise, echoes, eui64, link_local, mac_of, our_mac, prefix_option

FAR = "2001:db8:ffff::1"  # a host behind routers


def prefix(net, valid, preferred, more=""):
    return "prefix %s/64 { AdvValidLifetime %s; AdvPreferredLifetime %s; %s };\n" % (net, valid, preferred, more)


def lan_with_router(lan, name="r0", *addrs):
    """A router with a far host behind it."""
    router = lan.router(name, *addrs)
    router.add("lo", FAR + "/128")
    return router


def seconds(p, pattern):
    """The lifetime that the tables have there."""
    found = p.show(pattern + r" (\d+) s")
    assert found, "no %s in:\n%s" % (pattern, p.show())
    return int(found[0])


def wait_for_ping(addr, host=None):
    end = time.time() + 15
    while (host.sh if host else sh)("ping", "-6", "-c1", "-W1", addr, check=False).returncode != 0:
        assert time.time() < end, "no answer from " + addr


@apart
def router_and_prefix_from_radvd():
    """an advertisement brings a default router, a prefix on the link, an address that works, DNS servers and a search list"""
    with Lan() as lan:
        router = lan_with_router(lan, "r0", "2001:db8:1::1/64")
        text = (prefix("2001:db8:1::", 3600, 1800) + "AdvDefaultLifetime 600;\n" +
                "RDNSS 2001:db8:1::53 2001:db8:1::54 { AdvRDNSSLifetime 300; };\nDNSSL example.org lab.example.net { AdvDNSSLLifetime 300; };\n")
        with Agent() as p:
            near = p.address("link-local")
            with Radvd("r0", text, router):
                addr = p.address("autoconf", "2001:db8:1::")
                gateway = link_local("r0", router)
                table = p.show()
                for line in (r"^prefix 2001:db8:1::/64 on-link 3[56]\d\d s$", r"^router ::/0 via %s medium (59\d|600) s$" % gateway,
                             r"^address %s/64 autoconf valid 3[56]\d\d s preferred 1[78]\d\d s$" % addr,
                             r"^neighbour %s %s \w+ waiting 0 router$" % (gateway, mac_of("r0", router)),
                             r"^dns server 2001:db8:1::53$", r"^dns server 2001:db8:1::54$", r"^dns domain example\.org$",
                             r"^dns domain lab\.example\.net$"):
                    assert re.search(line, table, re.M), "no line %s in:\n%s" % (line, table)
                with router.entered():
                    assert echoes(addr), "no echo at the new address"
                    equal(p.ask("connect", "[%s]:9" % FAR, "x"), "connect: CONN_REFUSED\n", "connect to behind the router")
                    sh("ping", "-6", "-c1", "-W2", near + "%r0")
            # Its last words: it is no router any more.
            p.until("^router ", is_there=False)
            equal(p.ask("connect", "[%s]:9" % FAR, "x"), "connect: NET_UNREACH\n", "without a router")


@apart
def router_is_solicited():
    """a router solicitation is answered at once: the address does not wait for the next periodic advertisement"""
    with Lan() as lan:
        router = lan.router("r0", "2001:db8:1::1/64")
        with Radvd("r0", prefix("2001:db8:1::", 3600, 1800) + "MaxRtrAdvInterval 600;\nMinRtrAdvInterval 400;\n", router):
            time.sleep(0.5)
            start = time.time()
            capture = Capture("tap0", "icmp6[0] == 133", args=("-nve",))
            with Agent() as p:
                p.address("autoconf", "2001:db8:1::", 8)
                assert time.time() - start < 8, "after %.1f s" % (time.time() - start)
                text = capture.stop()
                assert re.search(r"hlim 255.*%s > ff02::2: .*router solicitation" % p.address("link-local"), text, re.S), text
                assert "source link-address option" in text, text


@apart
def prefix_lifetimes_pass():
    """an address is deprecated when its preferred lifetime ends, and gone, like its prefix, when its valid one does"""
    with Lan("2001:db8:1::1/64") as lan, Agent() as p:
        p.address("link-local")
        host = lan.host("h0", "2001:db8:1::9/64", "2001:db8:2::9/64")
        advertise("br0", prefix_option("2001:db8:1::", 6, 3) + prefix_option("2001:db8:2::", 4, 4))
        first, second = p.address("autoconf", "2001:db8:1::"), p.address("autoconf", "2001:db8:2::")
        with host.entered():
            assert echoes(first) and echoes(second), "no echo at new addresses"
        p.until(r"^address %s/64 autoconf valid [1-3] s preferred 0 s" % first)
        with host.entered():
            assert echoes(first), "a deprecated address must still answer"
        p.until(r"^address 2001:db8:2:", is_there=False)
        p.until(r"^address 2001:db8:1:", is_there=False)
        p.until(r"^prefix", is_there=False)
        equal(p.ask("send", "[2001:db8:1::9]:9", "x"), "send: NET_UNREACH\n", "after the end")


@apart
def router_and_dns_lifetimes_pass():
    """a router, its routes, DNS servers and domains are forgotten when their lifetimes end"""
    with Lan(), Agent() as p:
        p.address("link-local")
        link_local("br0")
        dns = struct.pack("!BBHI", 25, 3, 0, 3) + socket.inet_pton(socket.AF_INET6, "2001:db8::53")
        domain = struct.pack("!BBHI", 31, 2, 0, 3) + b"\3lab\0\0\0\0"
        route = struct.pack("!BBBBI", 24, 3, 64, 0, 3) + socket.inet_pton(socket.AF_INET6, "2001:db8:9::")
        advertise("br0", dns + domain + route, lifetime=3)
        words = ("router", "route 2001:db8:9::/64", "dns server 2001:db8::53", "dns domain lab")
        for word in words:
            p.until("^" + word, 2)
        for word in words:
            p.until("^" + word, 5, is_there=False)


@apart
def deprecated_address_begins_nothing():
    """what we begin comes from the preferred address, although a deprecated one is there (RFC 6724 rule 3)"""
    with Lan() as lan, Agent() as p:
        router = lan_with_router(lan, "r0", "2001:db8:1::1/64", "2001:db8:2::1/64")
        router.sh("ip", "-6", "addr", "show")
        link_local("r0", router)
        with router.entered():
            advertise("r0", prefix_option("2001:db8:ffff:1::", 600, 0) + prefix_option("2001:db8:2::", 600, 300), lifetime=600)
            p.address("autoconf", "2001:db8:ffff:1::")
            good = p.address("autoconf", "2001:db8:2::")
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
                s.settimeout(5)
                s.bind(("::", 7))
                p.ask("send", "[%s]:7" % FAR, "x")
                equal(s.recvfrom(10)[1][0], good, "source")


@apart
def two_hour_rule():
    """a short valid lifetime cannot take away an address at once: two hours are left; a longer one prolongs (RFC 4862 5.5.3 e)"""
    with Lan() as lan, Agent() as p:
        valid = r"^address 2001:db8:1:\S+ autoconf(?: probing)? valid"
        p.address("link-local")
        link_local("br0")

        def say(v, pref):
            advertise("br0", prefix_option("2001:db8:1::", v, pref))
            time.sleep(0.2)
            return seconds(p, valid)
        assert 86390 < say(86400, 600) <= 86400
        assert 7190 < say(10, 10) <= 7200, "not cut below two hours"
        assert 3 < seconds(p, valid + r" \d+ s preferred") <= 10, "the preferred lifetime is taken as it is"
        assert 7190 < say(0, 0) <= 7200, "not even by 0"
        equal(p.show(r"^prefix 2001:db8:1::.*"), [], "the prefix itself is off the link at once (RFC 4861 6.3.4)")
        assert 7990 < say(8000, 600) <= 8000, "what is longer is taken"
        assert 7190 < say(300, 300) <= 7200
        assert 99990 < say(100000, 600) <= 100000
        advertise("br0", prefix_option("2001:db8:3::", 0, 0) + prefix_option("2001:db8:4::", 10, 20) + prefix_option("2001:db8:5::", 60, 60, length=65))
        time.sleep(0.2)
        equal(p.show(r"^address 2001:db8:[345].*"), [], "no address with lifetime 0, preferred above valid, or a prefix that is not /64")


@apart
def flags_of_prefixes():
    """a prefix without the on-link flag makes an address but is reached by the router; one without the autonomous flag the other way round"""
    with Lan() as lan, Agent() as p:
        router = lan.router("r0", "2001:db8:1::1/64", "2001:db8:2::1/64")
        host = lan.host("h0", "2001:db8:1::9/64", "2001:db8:2::9/64")
        router.sysctl("net.ipv6.conf.r0.accept_ra", 0)
        for h, device in ((router, "r0"), (host, "h0")):
            h.sysctl("net.ipv6.conf.%s.accept_redirects" % device, 0)
        text = (prefix("2001:db8:1::", 600, 300, "AdvOnLink off;") + prefix("2001:db8:2::", 600, 300, "AdvAutonomous off;") +
                "AdvDefaultLifetime 600;\n")
        with Radvd("r0", text, router):
            p.address("autoconf", "2001:db8:1::")
            table = p.show()
            assert "prefix 2001:db8:2::/64" in table and "prefix 2001:db8:1::/64" not in table, table
            assert not re.search("^address 2001:db8:2:", table, re.M), table
            with host.entered():
                s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            with s:
                s.settimeout(5)
                s.bind(("::", 7))
                capture = Capture("tap0", "udp port 7", args=("-ne",))
                for to in ("2001:db8:1::9", "2001:db8:2::9"):
                    p.ask("send", "[%s]:7" % to, "x")
                    s.recv(10)
                text = capture.stop()
            hops = re.findall(r"> (\S+), ethertype IPv6 \(0x86dd\), length \d+: \S+ > (\S+)\.7: UDP", text)
            equal(hops, [(mac_of("r0", router), "2001:db8:1::9"), (mac_of("h0", host), "2001:db8:2::9")], "first hops")


@apart
def several_routers_and_preferences():
    """the more preferred router is used; when it says that it is none any more, or does not answer, the other one is (RFC 4191)"""
    with Lan() as lan, Agent() as p:
        low, high = lan_with_router(lan, "r1", "2001:db8:1::1/64"), lan_with_router(lan, "r2", "2001:db8:1::2/64")
        base = prefix("2001:db8:1::", 600, 300) + "AdvDefaultLifetime 600;\nAdvReachableTime 1000;\nAdvRetransTimer 200;\n"
        with Radvd("r1", base + "AdvDefaultPreference low;\n", low), Radvd("r2", base + "AdvDefaultPreference high;\n", high) as second:
            p.address("autoconf", "2001:db8:1::")
            p.until(r"^router ::/0 via %s low" % link_local("r1", low))
            p.until(r"^router ::/0 via %s high" % link_local("r2", high))

            assert served(p, high) and not served(p, low), "while both are there"
            second.stop()
            p.until("^router .* high", is_there=False)
            assert served(p, low), "when the better one has said good-bye"
            second.start(base + "AdvDefaultPreference high;\n")
            p.until("^router .* high")
            assert served(p, high) and not served(p, low), "when it is back"
            second.p.kill()
            second.p.wait()
            high.sh("ip", "link", "set", "r2", "down")
            end = time.time() + 15
            while not served(p, low):
                assert time.time() < end, "the dead router is still used:\n" + p.show()


def served(p, host):
    """Whether a datagram to afar comes through that router."""
    with host.entered():
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    with s:
        s.bind((FAR, 7))
        s.settimeout(0.2)
        p.ask("send", "[%s]:7" % FAR, "x")
        try:
            return s.recv(10) == b"x"
        except socket.timeout:
            return False


@apart
def route_information():
    """routes from advertisements: the longest prefix wins, then preference; lifetime 0 withdraws (RFC 4191)"""
    with Lan() as lan, Agent() as p:
        one, two = lan_with_router(lan, "r1", "2001:db8:1::1/64"), lan_with_router(lan, "r2", "2001:db8:1::2/64")
        base = prefix("2001:db8:1::", 600, 300) + "AdvDefaultLifetime 600;\n"

        def route(net, preference, lifetime=600):
            return "route %s { AdvRoutePreference %s; AdvRouteLifetime %s; RemoveRoute on; };\n" % (net, preference, lifetime)
        with Radvd("r1", base + "AdvDefaultPreference high;\n" + route("2001:db8:ffff::/48", "low"), one), \
                Radvd("r2", base + "AdvDefaultPreference low;\n" + route("2001:db8:ffff::/48", "high"), two) as second:
            p.address("autoconf", "2001:db8:1::")
            p.until(r"^route 2001:db8:ffff::/48 via %s low (5\d\d|600) s" % link_local("r1", one))
            p.until(r"^route 2001:db8:ffff::/48 via %s high (5\d\d|600) s" % link_local("r2", two))
            assert served(p, two) and not served(p, one), "the route with the higher preference"
            second.change(base + route("2001:db8:fff0::/44", "high"))
            p.until(r"^route 2001:db8:fff0::/44 via .* high")
            assert served(p, one) and not served(p, two), "the longer prefix is better than the higher preference"
            second.change(base + route("2001:db8:ffff::/64", "low"))
            p.until(r"^route 2001:db8:ffff::/64 via .* low")
            p.until(r"^route 2001:db8:fff0::/44", is_there=False)
            assert served(p, two), "a longer prefix, low as it is"


@apart
def mtu_option():
    """the link's MTU from an advertisement holds for what we send, unless it is below 1280 or above the device's"""
    with Lan() as lan, Agent() as p:
        router = lan.router("r0", "2001:db8:1::1/64")

        def fragments():
            """The lengths of the packets that a ping of 1,400 bytes is answered in."""
            with router.entered():
                capture = Capture("r0", "ip6 proto 44 and src " + addr, args=("-nv",))
                sh("ping", "-6", "-c1", "-W2", "-s1400", addr)
                return [40 + int(n) for n in re.findall(r"payload length: (\d+)\) %s > " % addr, capture.stop())]
        with Radvd("r0", prefix("2001:db8:1::", 600, 300), router):
            addr = p.address("autoconf", "2001:db8:1::")
        for mtu, want in ((1500, []), (1300, [1296, 208]), (1279, [1296, 208]), (9000, [1296, 208]), (1280, [1280, 224]), (1500, [])):
            with router.entered():
                advertise("r0", struct.pack("!BBHI", 5, 1, 0, mtu))
            time.sleep(0.1)
            equal(fragments(), want, "fragments after an MTU of %d" % mtu)


@apart
def hop_limit_and_mtu_for_tcp():
    """the hop limit of an advertisement is that of what we send; segments fit the link's MTU that it gives"""
    with Lan("2001:db8:1::1/64"), Program("hash", "--ipv6=eui64", "--bytes=1000000", net=("service=tap0,offload=off",)) as p:
        wait_ready(p, 9000)
        mac = our_mac()
        text = prefix("2001:db8:1::", 600, 300) + "AdvLinkMTU 1300;\nAdvCurHopLimit 77;\nAdvDefaultLifetime 600;\n"
        sh("sysctl", "-q", "-w", "net.ipv6.conf.all.forwarding=1")
        capture = Capture("tap0", "ip6 and tcp and ether src " + mac, args=("-nv",))
        with Radvd("br0", text):
            addr = eui64("2001:db8:1::", mac)
            wait_for_ping(addr)
            with socket.create_connection((addr, 9001), timeout=10) as s:
                equal(len(recv_all(s)), 1000000, "bytes")
        lines = re.findall(r"hlim (\d+), next-header TCP \(6\) payload length: (\d+)", capture.stop())
        assert len(lines) > 100, lines
        equal({int(hops) for hops, _ in lines}, {77}, "hop limits")
        equal(max(40 + int(n) for _, n in lines), 1300, "the largest packet")


@apart
def temporary_address_is_preferred():
    """what we begin comes from the temporary address, and the stable one answers, too (RFC 6724 rule 7)"""
    with Lan() as lan, Agent("--ipv6-temporary") as p:
        router = lan_with_router(lan, "r0", "2001:db8:1::1/64")
        with Radvd("r0", prefix("2001:db8:1::", 600, 300) + "AdvDefaultLifetime 600;\n", router):
            stable, temporary = p.address("autoconf", "2001:db8:1::"), p.address("temporary", "2001:db8:1::")
            with router.entered():
                assert echoes(stable) and echoes(temporary), "no echo"
                with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
                    s.bind((FAR, 7))
                    s.settimeout(5)
                    p.ask("send", "[%s]:7" % FAR, "x")
                    equal(s.recvfrom(10)[1][0], temporary, "source")


@apart
def connection_survives_a_router_that_dies():
    """a transfer goes on by the other router when the one in use dies (RFC 4861 7.3.3)"""
    size = 8 << 20
    with Lan() as lan, Program("hash", "--ipv6=eui64", "--bytes=%d" % size) as p:
        wait_ready(p, 9000)
        addr = eui64("2001:db8:1::", our_mac())
        one, two, far = lan.router("r1", "2001:db8:1::1/64"), lan.router("r2", "2001:db8:1::2/64"), lan.enter_context(Host())
        for router, name, net in ((one, "f1", "2001:db8:f1::"), (two, "f2", "2001:db8:f2::")):
            back = far.wire(name, to=router, addrs=(net + "2/64", FAR + "/128"))
            router.add(back, net + "1/64")
            router.sh("ip", "-6", "route", "add", FAR + "/128", "via", net + "2")
        far.sh("ip", "-6", "route", "add", "default", "via", "2001:db8:f1::1")
        base = prefix("2001:db8:1::", 600, 300) + "AdvDefaultLifetime 600;\nAdvReachableTime 500;\nAdvRetransTimer 200;\n"
        with ExitStack() as radvds:
            # The address comes from the better router, so that one is known before the connection begins.
            second = radvds.enter_context(Radvd("r2", base + "AdvDefaultPreference high;\n", two))
            wait_for_ping(addr, two)
            radvds.enter_context(Radvd("r1", base + "AdvDefaultPreference low;\n", one))
            with far.entered():
                s = socket.socket(socket.AF_INET6)
            with s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
                s.settimeout(30)
                s.bind((FAR, 0))
                s.connect((addr, 9001))
                sha, count = hashlib.sha256(), 0
                capture = Capture("r2x", "ip6 and tcp", args=("-n", "-c1"))
                while True:
                    data = s.recv(1 << 16)
                    if not data:
                        break
                    sha.update(data)
                    count += len(data)
                    if count >= size // 2 and second.p.poll() is None:
                        assert FAR in capture.stop(), "the better router was not used before"
                        second.p.kill()
                        second.p.wait()
                        two.sh("ip", "link", "set", "r2", "down")
            equal(count, size, "bytes from mnet")
            equal(p.wait_for(r"sent (\w{64})").group(1), sha.hexdigest(), "hash of what mnet sent")


@apart
def redirect_by_a_real_router():
    """a kernel router that sends a packet back out where it came from redirects us, to the better router and to a neighbour"""
    with Lan() as lan, Agent() as p:
        first, better = lan.router("r1", "2001:db8:1::1/64"), lan_with_router(lan, "r2", "2001:db8:1::2/64")
        neighbour = lan.host("h0", "2001:db8:2::9/64")
        first.sh("ip", "-6", "route", "add", "2001:db8:2::/64", "dev", "r1")
        first.sh("ip", "-6", "route", "add", FAR + "/128", "via", link_local("r2", better), "dev", "r1")
        better.sh("ip", "-6", "route", "add", "default", "via", "2001:db8:1::1")
        with Radvd("r1", prefix("2001:db8:1::", 600, 300) + "AdvDefaultLifetime 600;\n", first):
            addr = p.address("autoconf", "2001:db8:1::")
            neighbour.sh("ip", "-6", "route", "add", "2001:db8:1::/64", "dev", "h0")
            for host, target in ((better, FAR), (neighbour, "2001:db8:2::9")):
                with host.entered():
                    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
                with s:
                    s.bind(("::", 7))
                    s.settimeout(3)
                    capture = Capture("tap0", "udp port 7 or icmp6[0] == 137", args=("-ne",))
                    for i in range(3):
                        p.ask("send", "[%s]:7" % target, "number %d" % i)
                        equal(s.recvfrom(20)[0], b"number %d" % i)
                    text = capture.stop()
                    hops = re.findall(r"> (\S+), ethertype IPv6 \(0x86dd\), length \d+: \S+ > %s\.7: UDP" % re.escape(target), text)
                    equal(hops, [mac_of("r1", first)] + 2 * [mac_of("r2" if host is better else "h0", host)], "first hops:\n" + text)
                    assert "redirect" in text, text


@apart
def redirect_to_a_router_that_dies():
    """when a router that we were redirected to does not answer any more, packets go to the default router again (RFC 4861 7.3.3)"""
    with Lan() as lan, Agent() as p:
        first, better = lan_with_router(lan, "r1", "2001:db8:1::1/64"), lan_with_router(lan, "r2", "2001:db8:1::2/64")
        better_near = link_local("r2", better)
        first.sh("ip", "addr", "del", FAR + "/128", "dev", "lo")
        first.sh("ip", "-6", "route", "add", FAR + "/128", "via", better_near, "dev", "r1")
        text = prefix("2001:db8:1::", 600, 300) + "AdvDefaultLifetime 600;\nAdvReachableTime 500;\nAdvRetransTimer 200;\n"
        with Radvd("r1", text, first):
            p.address("autoconf", "2001:db8:1::")
            p.until("^router ::/0 via " + link_local("r1", first))
            capture = Capture("tap0", "icmp6[0] == 137")
            assert served(p, better) and served(p, better), "by the first router, then by the one that it redirects to"
            assert "redirect" in capture.stop(), "there was no redirect"
            p.until("^neighbour %s" % better_near)
            better.sh("ip", "link", "set", "r2", "down")
            first.sh("ip", "-6", "route", "del", FAR + "/128")
            first.add("lo", FAR + "/128")
            end = time.time() + 15
            while not served(p, first):
                assert time.time() < end, "packets still go to the dead router:\n" + p.show()


@apart
def router_that_forwards_no_longer():
    """a router whose advertisements as a neighbour say that it is none any more is not used as one (RFC 4861 7.2.5)"""
    with Lan() as lan, Agent() as p:
        one, two = lan_with_router(lan, "r1", "2001:db8:1::1/64"), lan_with_router(lan, "r2", "2001:db8:1::2/64")
        base = prefix("2001:db8:1::", 600, 300) + "AdvDefaultLifetime 600;\nAdvReachableTime 500;\nAdvRetransTimer 200;\n"
        with Radvd("r1", base + "AdvDefaultPreference low;\n", one), Radvd("r2", base + "AdvDefaultPreference high;\n", two) as second:
            p.address("autoconf", "2001:db8:1::")
            p.until(r"^router ::/0 via %s low" % link_local("r1", one))
            p.until(r"^router ::/0 via %s high" % link_local("r2", two))
            assert served(p, two), "the better router"
            second.p.kill()
            second.p.wait()
            two.sysctl("net.ipv6.conf.all.forwarding", 0)
            two.sh("ip", "addr", "del", FAR + "/128", "dev", "lo")
            end = time.time() + 15
            while not served(p, one):
                assert time.time() < end, "what is no router is still used:\n" + p.show()


@apart
def private_addresses_of_prefixes():
    """private identifiers are the same at each start and unrelated between prefixes; EUI-64 is the same on all; temporary ones come beside"""
    def start(*args):
        with Agent(*args) as p:
            p.address("link-local")
            link_local("br0")
            advertise("br0", prefix_option("2001:db8:1::", 600, 300) + prefix_option("2001:db8:2::", 600, 300))
            found = [p.address("autoconf", net) for net in ("2001:db8:1::", "2001:db8:2::")]
            temporary = p.show(r"^address (2001:\S+)/64 temporary")
            return [a.split(":", 4)[4].strip(":") for a in found], temporary
    with Lan():
        (one, two), temporary = start("--ipv6=private", ONE)
        assert one != two, "the same identifier in two prefixes: " + one
        equal(temporary, [], "temporary addresses that nobody asked for")
        equal(start("--ipv6=private", ONE)[0], [one, two], "identifiers at the second start")
        three, four = start("--ipv6=eui64")[0]
        equal(three, four, "EUI-64 in two prefixes")
        assert "ff:fe" in three, three
        five, six = start("--ipv6=random")[0]
        seven, eight = start("--ipv6=random", "--ipv6-temporary")[0]
        equal(len({one, two, three, five, six, seven, eight}), 7, "different identifiers")
        equal(len(set(start("--ipv6-temporary")[1])), 2, "temporary addresses, one for each prefix")
