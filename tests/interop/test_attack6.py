# SPDX-License-Identifier: ISC
"""Attacks on IPv6, by the tools that attackers take (thc-ipv6, ipv6toolkit, ndisc6): after each of them the service answers over
both families, its memory is within its budget, and no table is longer than its bound."""
import contextlib
import re
import shutil
import subprocess
import time

from harness import ADDR, Skip, apart, equal, sh
from net6 import ADDR6, PEER6, STATIC, Agent, Host, Lan, echoes, link_local

ATTACKER = "fd00::66"
# What src/ says: MN_NEIGH_MAX, MN_IP6_ADDRS + MN_IP_ADDRS, MN_IP6_PREFIXES, MN_IP6_ROUTES, MN_IP6_DNS_SERVERS, _DOMAINS.
BOUNDS = {"neighbour": 512, "address": 17 + 8, "prefix": 16, "rout(?:e|er)": 16 + 16, "dns server": 4, "dns domain": 4}


class Scene(contextlib.ExitStack):
    """The service, a good neighbour (the test's kernel), and a bad one on the same link."""

    def __init__(self, *args, tools=(), start=True):
        super().__init__()
        self.args, self.tools, self.start = args or (STATIC,), tools, start

    def __enter__(self):
        for name in self.tools:
            if not shutil.which(name):
                raise Skip("%s is not installed (thc-ipv6, ipv6toolkit, ndisc6)" % name)
        super().__enter__()
        self.enter_context(Lan(PEER6 + "/64"))
        self.bad = self.host()
        if self.start:
            self.serve()
        return self

    def host(self):
        host = self.enter_context(Host())
        sh("ip", "link", "set", host.wire("bad", addrs=[ATTACKER + "/64"]), "master", "br0")
        link_local("bad", host)
        return host

    def serve(self):
        self.p = self.enter_context(Agent(*self.args))
        self.memory = self.used()[1]

    def run(self, *argv, seconds=2):
        """Lets the attacker run a program for so long, or to its end. What it says is of no interest."""
        p = subprocess.Popen(self.bad.inside("nice", "timeout", "-k1", str(seconds), *argv), stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        equal(p.wait(seconds + 10) in (126, 127), False, "%s cannot be run" % argv[0])

    def used(self):
        return [int(n) for n in self.p.show(r"^memory (\d+) used (\d+)")[0]]

    def drops(self, reason):
        return sum(int(n) for n in self.p.show(r"^drop (?:%s) (\d+)" % reason))

    def still_serves(self, seconds=5):
        """Within that time; and all that can be counted is within its bounds."""
        end = time.time() + seconds
        while True:
            assert self.p.p.poll() is None, "the service has ended:\n" + self.p.text
            try:
                if echoes(ADDR6, timeout=3) and echoes(ADDR, timeout=3):
                    break
            except OSError as e:
                assert time.time() < end, "no echo within %g s: %s\n%s" % (seconds, e, self.p.show())
                time.sleep(0.2)
        text = self.p.show()
        for what, most in BOUNDS.items():
            count = len(re.findall("^%s " % what, text, re.M))
            assert count <= most, "%d times %r, at most %d are allowed" % (count, what, most)
        budget, used = self.used()
        # Reassembly may have an eighth, waiting packets a quarter of what large ones take; an attack is not to get the rest.
        assert used <= self.memory + budget * 3 // 8, "%d bytes of %d are in use, %d before" % (used, budget, self.memory)


@apart
def probes_are_answered():
    """ndisc6, rltraceroute6 and alive6 find the service as they find any host"""
    with Scene(tools=("ndisc6", "rltraceroute6", "atk6-alive6")) as s:
        mac = s.p.show(r"^stack \S+ mac (\S+)")[0].upper()
        assert mac in s.bad.sh("ndisc6", "-1", ADDR6, "bad").stdout.upper()
        assert ADDR6 in s.bad.sh("rltraceroute6", "-n", "-m", "3", ADDR6).stdout
        assert ADDR6 in s.bad.sh("atk6-alive6", "-s", "1", "bad", ADDR6, check=False).stdout
        s.still_serves()


@apart
def flood_of_neighbours():
    """solicitations and advertisements from thousands of made-up neighbours push nobody out of the table"""
    with Scene(tools=("atk6-flood_advertise6", "atk6-flood_solicitate6", "ns6")) as s:
        assert echoes(ADDR6)
        s.run("atk6-flood_advertise6", "bad")
        s.still_serves()
        s.run("atk6-flood_solicitate6", "bad", ADDR6)
        s.run("ns6", "-i", "bad", "-d", ADDR6, "-t", ADDR6, "-s", "fd00::/64", "-F", "2000", "-e", "-z", "1", "-l")
        assert s.drops("NDP_UNASKED|NDP_NOT_OURS|NEIGH_TABLE_FULL") + len(s.p.show(r"^neighbour fd00")) > 100, s.p.show()
        s.still_serves()


@apart
def flood_of_clients():
    """SYNs from thousands of made-up neighbours, who never answer a solicitation"""
    with Scene(tools=("tcp6",)) as s:
        s.run("tcp6", "-i", "bad", "-s", "fd00::/64", "-d", ADDR6, "-a", "9000", "-X", "S", "-F", "3000", "-l", "-z", "1")
        waiting = s.p.show(r"^neighbour \S+ \S+ (?:INCOMPLETE|FAILED)")
        assert waiting, "nobody was looked for:\n" + s.p.show()
        s.still_serves()


@apart
def flood_of_routers():
    """thousands of routers, prefixes and routes: tables keep the first, the static address and its neighbour work on"""
    for mode in ((STATIC,), (STATIC, "--ipv6=private")):
        with Scene(*mode, tools=("atk6-flood_router6", "atk6-flood_router26", "ra6")) as s:
            s.run("ra6", "-i", "bad", "-d", "ff02::1", "-s", "fe80::/64", "-F", "300", "-P", "2001:db8::/64#LA#1000#1000", "-t", "1800",
                  "-z", "1", "-l")
            s.run("atk6-flood_router6", "bad")
            s.run("atk6-flood_router26", "bad")
            if mode == (STATIC,):
                s.still_serves()
                continue
            own = s.p.show(r"^address (fe80\S+)/64 link-local")[0]
            assert echoes(own + "%br0"), s.p.show()
            for what, most in BOUNDS.items():
                assert len(s.p.show("^%s " % what)) <= most, what


@apart
def spoofed_neighbour():
    """a neighbour's address told to be elsewhere is found again (RFC 4861 7.3)"""
    with Scene(tools=("na6", "atk6-fake_advertise6", "ns6")) as s:
        assert echoes(ADDR6)
        s.run("na6", "-i", "bad", "-d", ADDR6, "-s", PEER6, "-t", PEER6, "-E", "02:66:66:66:66:66", "-o")
        assert s.p.show(r"^neighbour %s 02:66:66:66:66:66" % PEER6), s.p.show()
        s.still_serves(30)
        s.run("ns6", "-i", "bad", "-d", ADDR6, "-s", PEER6, "-t", ADDR6, "-E", "02:66:66:66:66:67")
        s.still_serves(30)
        # Our own address, too, is advertised by another: reported, not given up.
        s.run("atk6-fake_advertise6", "-n", "2", "-w", "1", "bad", ADDR6, ADDR6, "02:66:66:66:66:66")
        s.p.wait_for("address conflict: %s" % ADDR6)
        sh("ip", "neigh", "flush", "dev", "br0")
        s.still_serves(10)


@apart
def detection_denied():
    """who takes every address that is probed for gets them all; IPv4 works on, and IPv6 after the next start"""
    with Scene(tools=("atk6-dos-new-ip6",), start=False) as s:
        bad = subprocess.Popen(s.bad.inside("atk6-dos-new-ip6", "bad"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(0.5)
            s.serve()
            assert echoes(ADDR)
            s.p.until(r"^address (fd00|fe80)", is_there=False)
            equal(s.p.end(), 0, "exit status")
        finally:
            bad.kill()
            bad.wait()
        s.serve()
        s.still_serves()


@apart
def fragments():
    """overlapping, tiny, endless and never completed fragments"""
    with Scene(tools=("frag6", "atk6-fragmentation6")) as s:
        s.run("frag6", "-i", "bad", "-d", ADDR6, "--frag-reass-policy", seconds=15)
        s.still_serves()
        # From one source and from many; the last are of impossible lengths.
        for kind in (("-O", "first", "-P", "1000"), ("-O", "middle", "-P", "1000", "-s", "fd00::/64"), ("-X",), ("-P", "1001")):
            s.run("frag6", "-i", "bad", "-d", ADDR6, *kind, "-F", "1000", "-l", "-z", "1", seconds=3)
            s.still_serves()
        assert s.drops("FRAG_NO_ROOM") > 1000 and s.drops("FRAG_BAD") > 0, s.p.show(r"^(?:drop|count) .*")
        s.run("atk6-fragmentation6", "bad", ADDR6, seconds=30)
        assert s.drops("FRAG_OVERLAP") > 0, s.p.show(r"^(?:drop|count) .*")
        s.still_serves()


@apart
def redirects():
    """redirects that are not from the router in use, to far targets, from beyond the link or in fragments are refused"""
    with Scene(STATIC, "--ipv6-gateway=fd00::1", tools=("rd6", "atk6-flood_redir6")) as s:
        here = ("rd6", "-i", "bad", "-d", ADDR6, "-D", s.p.show(r"^stack \S+ mac (\S+)")[0], "-S", "02:66:66:66:66:66")
        s.run(*here, "-s", "fe80::66", "-r", "2001:db8::7", "-t", "fe80::66")
        equal(s.drops("REDIRECT_REFUSED"), 1, "refused, of a stranger")
        s.run(*here, "-s", PEER6, "-r", "2001:db8::7", "-t", "2001:db8::66")
        equal(s.drops("NDP_SOURCE"), 1, "refused, of the router that has no link-local address (RFC 4861 8.1)")
        s.run(*here, "-s", "fe80::66", "-r", "2001:db8::7", "-t", "2001:db8::66")
        equal(s.drops("NDP_BAD"), 1, "refused, to a target that is no neighbour")
        s.run(*here, "-s", "fe80::66", "-r", "2001:db8::7", "-t", "fe80::66", "-A", "254")
        equal(s.drops("NDP_HOP_LIMIT"), 1, "refused, of beyond the link")
        s.run(*here, "-s", "fe80::66", "-r", "2001:db8::7", "-t", "fe80::66", "-y", "64")
        equal(s.drops("NDP_FRAGMENT"), 1, "refused, in fragments (RFC 6980)")
        s.run("atk6-flood_redir6", "bad", ADDR6)
        s.still_serves()


@apart
def extension_headers():
    """chains of extension headers, unknown options, routing headers, and what once broke others"""
    with Scene(tools=("atk6-exploit6", "atk6-denial6", "atk6-implementation6")) as s:
        for case in range(1, 8):
            s.run("atk6-denial6", "bad", ADDR6, str(case), seconds=1)
        s.still_serves()
        s.run("atk6-exploit6", "bad", ADDR6, seconds=20)
        s.still_serves()
        s.run("atk6-implementation6", "bad", ADDR6, seconds=40)
        assert s.drops("IP6_EXT_BAD") > 0 and s.drops("IP6_OPTION_REFUSED|IP6_ROUTING") > 0, s.p.show(r"^drop .*")
        s.still_serves()


@apart
def groups():
    """queries and reports of multicast listeners, in floods"""
    with Scene(tools=("atk6-flood_mld6", "atk6-flood_mld26", "atk6-flood_mldrouter6", "atk6-fake_mld6")) as s:
        equal(s.p.ask("join", "ff05::77").strip().endswith("OK"), True, "join")
        for name in ("atk6-flood_mld6", "atk6-flood_mld26", "atk6-flood_mldrouter6"):
            s.run(name, "bad")
            s.still_serves()
        s.run("atk6-fake_mld6", "bad", "query", "::", "1")
        s.still_serves()


@apart
def errors():
    """errors about packets that we never sent change nothing"""
    with Scene(tools=("atk6-toobig6", "atk6-flood_unreach6", "atk6-randicmp6", "icmp6")) as s:
        s.run("atk6-toobig6", "bad", ADDR6, PEER6, "1280")
        s.run("atk6-flood_unreach6", "bad", ADDR6)
        s.run("atk6-randicmp6", "bad", ADDR6, seconds=5)
        s.run("icmp6", "-i", "bad", "-d", ADDR6, "--icmp6-packet-too-big", "--mtu", "100", "-p", "TCP", "-r", PEER6, "-x", ADDR6)
        assert s.drops("ICMP_QUOTE_BAD|ICMP_TYPE|ICMP_CHECKSUM") > 0, s.p.show(r"^(?:drop|count) .*")
        s.still_serves()


@apart
def any_bytes():
    """packets of IPv6 with each field at each of its limits"""
    with Scene(tools=("atk6-fuzz_ip6",)) as s:
        for option in ("-1", "-2", "-3", "-4", "-5", "-6", "-7", "-8", "-9"):
            s.run("atk6-fuzz_ip6", option, "bad", ADDR6, seconds=3)
        s.still_serves()
        s.run("atk6-fuzz_ip6", "-IFSDHR", "-4", "bad", ADDR6, seconds=5)
        s.still_serves()
