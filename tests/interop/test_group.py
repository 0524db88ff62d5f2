# SPDX-License-Identifier: ISC
"""A switch that listens to MLD and IGMP: the kernel's bridge with snooping and a querier (acceptance 12, 14; RFC 4541)."""
import socket
import time

from harness import Capture, Skip, apart, equal, sh
from net6 import ADDR6, PEER6, STATIC, Agent, Lan, link_local

GROUPS = {socket.AF_INET: ("239.1.2.3", "239.1.2.4"), socket.AF_INET6: ("ff15::1234", "ff15::1235")}


class SnoopingLan(Lan):
    """A bridge that asks for groups each second, forgets them after three, and hands on nothing else: versions of MLD and IGMP."""

    def __init__(self, mld, igmp):
        super().__init__(PEER6 + "/64")
        self.mld, self.igmp = mld, igmp

    def __enter__(self):
        super().__enter__()
        # Times are hundredths of a second. For as long as an answer may take, the querier is not believed to be there; so it
        # begins when that time has been set.
        words = ("mcast_snooping 1 mcast_query_interval 100 mcast_query_response_interval 50 mcast_membership_interval 300 "
                 "mcast_last_member_interval 20 mcast_startup_query_interval 20 mcast_query_use_ifaddr 1 mcast_mld_version %d "
                 "mcast_igmp_version %d" % (self.mld, self.igmp))
        link_local("br0")
        sh("ip", "link", "set", "br0", "type", "bridge", *words.split())
        sh("ip", "link", "set", "br0", "type", "bridge", "mcast_querier", "1")
        return self


def members():
    """What the bridge knows of tap0's groups."""
    return {line.split(" grp ")[1].split()[0] for line in sh("bridge", "mdb", "show", "dev", "br0").stdout.splitlines()
            if " port tap0 " in line and " grp " in line}


def until_member(group, is_member=True, seconds=5):
    end = time.time() + seconds
    while (group in members()) != is_member:
        assert time.time() < end, "the bridge's groups of tap0: %s; %s is to be %s them" % (members(), group, "in" if is_member else "not in")
        time.sleep(0.05)


def sender(host, family):
    with host.entered():
        s = socket.socket(family, socket.SOCK_DGRAM)
        s.settimeout(0.3)
        if family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("h0"))
        else:
            s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.9"))
    return s


def reaches(host, family, group):
    """Whether a datagram from that host to a group is answered."""
    sent, trouble = 0, None
    for _ in range(3):
        with sender(host, family) as s:
            try:
                sent += s.sendto(b"everybody", (group, 9000)) > 0
                equal(s.recv(100), b"everybody", "answer")
                return True
            except socket.timeout:
                pass
            except OSError as e:
                trouble = e
                time.sleep(1)
    if not sent:  # seldom, and only to IPv6 groups, the kernel of the other host does not send at all: then nothing is learnt of ours
        raise Skip("the kernel of the other host does not send to %s: %s" % (group, trouble))
    return False


def nothing_gets_through(host, family, group):
    """The switch filters: nobody on tap0 has joined that group."""
    capture = Capture("tap0", "udp and dst host " + group)
    assert not reaches(host, family, group), "an answer from %s, which is not joined" % group
    equal(capture.stop().strip(), "", "what the switch lets through")


def solicited_node(addr):
    tail = socket.inet_pton(socket.AF_INET6, addr)[-3:]
    return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, "ff02::1:ff00:0")[:-3] + tail)


def through_a_switch(mld, igmp):
    with SnoopingLan(mld, igmp) as lan, Agent(STATIC) as p:
        host = lan.host("h0", "10.0.0.9/24", "fd00::9/64")
        near = p.address("link-local")
        solicited = [solicited_node(addr) for addr in (ADDR6, near)]
        for group in solicited:
            until_member(group)
        time.sleep(0.7)  # now the querier counts
        for family, (group, _) in GROUPS.items():
            nothing_gets_through(host, family, group)
            equal(p.ask("join", group), "group: OK\n", "join")
            until_member(group)
            assert reaches(host, family, group), "%s is joined" % group
        time.sleep(3.5)  # longer than the switch remembers a group without a report
        for addr in (ADDR6, near + "%h0"):
            host.sh("ip", "-6", "neigh", "flush", "dev", "h0")
            equal(host.sh("ping", "-6", "-c1", "-W2", addr, check=False).returncode, 0, "ping of " + addr)
        for family, (group, other) in GROUPS.items():
            assert reaches(host, family, group), "%s, after a while" % group
            nothing_gets_through(host, family, other)
            equal(p.ask("leave", group), "group: OK\n", "leave")
            until_member(group, False, 2)
            nothing_gets_through(host, family, group)


@apart
def snooping_switch():
    """with MLDv2 and IGMPv3: solicitations and joined groups get through a switch that hands on only what was reported, also after a while; what is left does not"""
    through_a_switch(2, 3)


@apart
def old_snooping_switch():
    """with MLDv1 and IGMPv2: the same"""
    through_a_switch(1, 2)
