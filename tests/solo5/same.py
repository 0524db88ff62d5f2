# SPDX-License-Identifier: ISC
"""The interop tests, as they are, with every program as an image on spt. hvt would be too slow for them where KVM is emulated."""
import signal

import harness
from solo5 import TARGETS, Image

SPT = TARGETS["spt"]
# Of the tests of starting and ending only these: the others look at what a Linux process has and an image has not.
OF_START = ("address_conflict", "command_line_address", "generator_is_fed", "two_stacks", "udp_only")
# The tender draws another Ethernet address at each start: what is made of it is another address each time.
OF_ONE_MAC = ("identifiers_of_every_mode", "made_address_that_the_kernel_owns", "private_addresses_of_prefixes")


def command(name, args, net):
    return SPT.line(name, args, [n.split(",")[0] for n in net], (), 512)


def register():
    own = list(harness.tests)
    import test_group
    import test_ip
    import test_ip6
    import test_many
    import test_path
    import test_router6
    import test_start
    import test_tcp
    import test_tcp6
    for fn in list(harness.tests):
        if fn in own:
            continue
        if fn.__module__ == "test_start" and fn.__name__ not in OF_START or fn.__name__ in OF_ONE_MAC:
            harness.tests.remove(fn)
        fn.__name__ = "spt_" + fn.__name__
    harness.command = command
    harness.find = SPT.image
    test_start.find = SPT.image
    harness.Program.ended_by_signal = -signal.SIGTERM  # the tender cannot ask: it dies, and the image with it
    Image.ended_by_signal = None
    return test_group, test_ip, test_ip6, test_many, test_path, test_router6, test_tcp, test_tcp6


if not SPT.missing():
    register()
