# SPDX-License-Identifier: ISC
"""The machines that images boot on, and a network for them.

A test names the machines that it is for, and runs on each; everything else is shared with the interop tests, which run the same
programs on Linux, and with tests/solo5, which runs them under Solo5's tenders.

The network is a bridge where the kernel has 10.0.0.1/24, with tap0 and tap1: fresh for each test, gone with it."""
import contextlib
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import harness
from harness import PEER, Program, sh, wait_ready

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Guest(Program):
    """A started image: what it printed, and its exit status."""

    def __init__(self, argv):
        self.qmp_path, self.monitor = tempfile.mktemp(prefix="mnet-qmp-"), None
        self.start(argv + ["-qmp", "unix:%s,server=on,wait=off" % self.qmp_path])

    def wait(self, seconds=15):
        """An image's own status comes as 2 * status + 1; QEMU's own are 0 and 1."""
        code = super().wait(seconds)
        return code // 2 if code > 1 and code % 2 else code

    def qmp(self, command, **arguments):
        """Asks QEMU's monitor; None if this QEMU has no such command."""
        if not self.monitor:
            link = socket.socket(socket.AF_UNIX)
            link.settimeout(10)
            link.connect(self.qmp_path)
            self.monitor = link.makefile("rw")
            self.monitor.readline()
            self.qmp("qmp_capabilities")
        self.monitor.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.monitor.flush()
        while True:
            answer = json.loads(self.monitor.readline())
            if "event" not in answer:
                return answer.get("return")

    def cpu_seconds(self):
        fields = open("/proc/%d/stat" % self.p.pid).read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __exit__(self, *exc):
        super().__exit__(*exc)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.qmp_path)


class Machine:
    """One of QEMU's, as tools/qemu starts it. `kinds` is what tests ask for; the name is one, too."""

    def __init__(self, name, *kinds):
        self.name, self.kinds = name, frozenset((name,) + kinds)

    @staticmethod
    def image(program):
        for folder in ("unikernels", "tests/interop"):
            path = os.path.join(ROOT, "build-virtio", folder, program)
            if os.path.exists(path):
                return path
        raise AssertionError("there is no image " + program)

    def line(self, program, *args, nets=("service=tap0",), blocks=(), mem=128):
        """What tools/qemu would start."""
        words = ["tools/qemu", "--dry-run", "--accel=tcg", "--machine=" + self.name, "--mem=%d" % mem]
        words += ["--net:" + n for n in nets] + ["--block:" + b for b in blocks]
        return shlex.split(sh(*words, "--", self.image(program), *args, cwd=ROOT).stdout)

    def start(self, program, *args, edit=None, **devices):
        """Starts an image in QEMU, with a monitor; `edit` may change QEMU's words before."""
        argv = self.line(program, *args, **devices)
        return Guest(edit(argv) if edit else argv)


# microvm does everything.
MACHINES = [Machine("microvm", "qemu"), Machine("microvm-acpi", "qemu", "power"), Machine("pc", "qemu", "power"),
            Machine("q35", "qemu", "power")]

entries = []  # (machine, function, whether it is of every day)


def boots(on=("qemu",), daily=("qemu",)):
    """Registers a test for the machines of the kinds `on`; those of the kinds `daily` run it without --all."""
    def register(fn):
        for m in MACHINES:
            if m.kinds & set(on):
                entries.append((m, fn, bool(m.kinds & set(daily))))
        return fn
    return register


@contextlib.contextmanager
def network(addr=PEER + "/24", taps=("tap0", "tap1")):
    sh("ip", "link", "add", "br0", "type", "bridge")
    try:
        for name in taps:
            sh("ip", "tuntap", "add", name, "mode", "tap")
            sh("ip", "link", "set", name, "master", "br0", "up")
        sh("ip", "addr", "add", addr, "dev", "br0")
        sh("ip", "link", "set", "br0", "up")
        yield
    finally:
        for name in taps:
            sh("ip", "link", "del", name, check=False)
        sh("ip", "link", "del", "br0", check=False)


@contextlib.contextmanager
def guest(machine, program, *args, ready=9000, **devices):
    """An image on tap0, once its TCP port `ready` answers (None: once it answers pings)."""
    with network():
        with machine.start(program, *args, **devices) as g:
            wait_ready(g, ready)
            yield g


# ---- choosing, building, running ----

def chosen(words):
    """[(machine, function)] that the words of a command line ask for."""
    everything = "--all" in words
    words = [w for w in words if not w.startswith("-")]
    names = [m.name for m in MACHINES]
    machines = [w for w in words if w in names]
    tests = [w for w in words if w not in names]
    for m, fn, is_daily in entries:
        if machines and m.name not in machines:
            continue
        if tests and not any(w in fn.__name__ or w == fn.__module__ for w in tests):
            continue
        if everything or is_daily or tests:
            yield m, fn


def build():
    """Builds the images. 0, or 1 after a line of TAP."""
    p = subprocess.run(["tools/image", "virtio"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if p.returncode != 0:
        print(p.stdout + "not ok 1 - images are built")
    return 1 if p.returncode else 0


def as_test(machine, fn):
    def run():
        fn(machine)
    run.__name__ = "%s on %s" % (fn.__name__, machine.name)
    run.__doc__, run.__module__ = fn.__doc__, fn.__module__
    return run


def main(words):
    if not shutil.which("qemu-system-x86_64"):
        print("ok 1 - images boot # SKIP qemu-system-x86_64 is not installed\n1..1")
        return 0
    harness.tests[:] = [as_test(machine, fn) for machine, fn in chosen(words)]
    sys.argv[2:] = []  # all that is left is chosen
    start = time.time()
    failed = harness.main()
    print("# %d tests took %.0f s" % (len(harness.tests), time.time() - start))
    return failed
