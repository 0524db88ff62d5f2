# SPDX-License-Identifier: ISC
"""Images on Solo5's tenders: what the tests of tests/solo5 share beside the harness of the interop tests."""
import contextlib
import os
import shutil
import sys

import harness
from harness import Program, Skip, sh, tap, test, wait_ready

PREFIX = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build-test-solo5")
QEMU = "qemu-system-x86_64"


class Target:
    """One target of Solo5. `seconds` is how long it may take to do what takes a moment."""

    def __init__(self, name, seconds):
        self.name, self.seconds = name, seconds
        self.tender = QEMU if name == "virtio" else "solo5-" + name
        self.folder = PREFIX + "-" + name

    def missing(self):
        """Why nothing can be tested, or None."""
        if not shutil.which(self.tender):
            return self.tender + " is not installed"
        if self.name == "hvt" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
            return "/dev/kvm cannot be used"
        if not os.path.isdir(self.folder):
            return "there are no images: Solo5's toolchain (x86_64-solo5-none-static-cc) is not installed"
        return None

    def image(self, name):
        for folder in ("unikernels", "tests/interop"):
            path = os.path.join(self.folder, folder, name)
            if os.path.exists(path):
                return path
        raise AssertionError("no image %s in %s" % (name, self.folder))

    def status(self, program):
        """What the tender ends with when the program ends with that status."""
        return 83 if self.name == "virtio" else program

    def line(self, name, args, net, block, mem):
        """The command that runs an image."""
        image = self.image(name)
        if self.name != "virtio":
            return ([self.tender, "--mem=%d" % mem] + ["--net:" + n for n in net] + ["--block:" + b for b in block] +
                    ["--", image, "--solo5:quiet"] + list(args))
        line = [QEMU, "-cpu", "max", "-m", str(mem), "-nodefaults", "-machine", "acpi=off", "-display", "none", "-serial", "stdio",
                "-device", "isa-debug-exit"]
        for i, n in enumerate(net):
            line += ["-device", "virtio-net,netdev=n%d" % i, "-netdev",
                     "tap,id=n%d,ifname=%s,script=no,downscript=no" % (i, n.split("=")[1])]
        for i, b in enumerate(block):
            line += ["-drive", "id=d%d,file=%s,if=none,format=raw" % (i, b.split("=")[1]), "-device", "virtio-blk,drive=d%d" % i]
        return line + ["-kernel", image, "-append", " ".join(["--solo5:quiet"] + list(args)).replace(",", ",,")]


# On a machine whose KVM is emulated, hvt runs an instruction in 4 us: seconds for a start.
TARGETS = {t.name: t for t in (Target("spt", 10), Target("hvt", 120), Target("virtio", 30))}


def on(*names):
    """Registers a test for each of these targets that can run here; its docstring is the rule it checks."""
    def add(fn):
        for name in names:
            target = TARGETS[name]
            if target.missing():
                continue

            def run(target=target):
                fn(target)
            run.__name__ = "%s_%s" % (name, fn.__name__)
            run.__module__ = fn.__module__
            run.__doc__ = fn.__doc__
            test(run)
        return fn
    return add


def register_missing():
    """One visible line for each target that cannot run here."""
    for target in TARGETS.values():
        why = target.missing()
        if not why:
            continue

        def run(why=why):
            raise Skip(why)
        run.__name__ = "solo5_" + target.name
        run.__doc__ = "all tests of this target"
        test(run)


class Image(Program):
    """A running image."""

    def __init__(self, target, name, *args, net=("service=tap0",), block=(), mem=512):
        self.target = target
        self.start(target.line(name, args, net, block, mem))

    def wait(self, seconds=None):
        return super().wait(seconds or self.target.seconds)


@contextlib.contextmanager
def running(target, name, *args, mtu=1500, ready=9000):
    """An image on tap0, once its TCP port `ready` answers (None: once it answers ARP)."""
    with tap(mtu=mtu):
        with Image(target, name, *args) as p:
            wait_ready(p, ready, target.seconds)
            yield p


@contextlib.contextmanager
def bridge(*taps, addr=harness.PEER + "/24"):
    """These TAPs on one bridge, which has the kernel's address."""
    sh("ip", "link", "add", "br0", "type", "bridge")
    try:
        sh("ip", "link", "set", "br0", "up")
        sh("ip", "addr", "add", addr, "dev", "br0")
        with contextlib.ExitStack() as stack:
            for name in taps:
                stack.enter_context(tap(name, addr=None))
                sh("ip", "link", "set", name, "master", "br0")
            yield
    finally:
        sh("ip", "link", "del", "br0", check=False)


register_missing()
