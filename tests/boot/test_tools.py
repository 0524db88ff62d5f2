# SPDX-License-Identifier: ISC
"""What a user sees of the tools around images: one clear line each, exit status, the network without privilege, sizes (acceptance 25, 27, 30)."""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from harness import Program, Skip, equal, sh, wait_ready
from machines import ROOT, boots, network


def qemu_tool(*words, path=None, **more):
    env = dict(os.environ, **({"PATH": path} if path else {}))
    return subprocess.run([sys.executable, os.path.join(ROOT, "tools/qemu"), *words], cwd=ROOT, capture_output=True, text=True, timeout=60, env=env,
                          stdin=subprocess.DEVNULL, **more)


class Tool(Program):
    def __init__(self, argv):
        self.start(argv)


@boots(on=("microvm",), daily=("microvm",))
def status_of_the_tool(machine):
    """tools/qemu ends with the image's own status, and with 0 after SIGTERM"""
    with network():
        image = machine.image("hello")
        p = qemu_tool("--accel=tcg", "--net:service=tap0", "--", image)
        equal((p.returncode, p.stdout, p.stderr), (0, "Hello World!\n", ""), "hello")
        p = qemu_tool("--accel=tcg", "--net:service=tap0", "--", image, "--ipv4=x")
        equal(p.returncode, 2, "status after a wrong argument: " + p.stdout)
        argv = [os.path.join(ROOT, "tools/qemu"), "--accel=tcg", "--net:service=tap0", "--", machine.image("echo")]
        with Tool(argv) as p:
            wait_ready(p, 9000)
            equal(p.end(), 0, "status after SIGTERM")


@boots(on=("microvm",), daily=("microvm",))
def one_line_for_each_trouble(machine):
    """no QEMU, no TAP, no image, a broken image, no such machine: one line that names it, and a status that is not 0"""
    image = machine.image("hello")
    with network(), tempfile.NamedTemporaryFile("w", prefix="mnet-broken-") as broken:
        broken.write("this is not an image")
        broken.flush()
        cases = [
            (["--net:service=tap7", "--", image], "tap7"),
            (["--net:service=tap0", "--", "no-such-image"], "no-such-image"),
            (["--net:service=tap0", "--", broken.name], broken.name),
            (["--machine=vax", "--", image], "vax"),
            (["--block:disk=no-such-disk", "--", image], "no-such-disk"),
            (["--nonsense=1", "--", image], "--nonsense=1"),
        ]
        for words, named in cases:
            p = qemu_tool("--accel=tcg", *words)
            assert p.returncode != 0, (words, p.stdout)
            lines = (p.stdout + p.stderr).splitlines()
            assert len(lines) == 1 and named in lines[0], (words, lines)
        p = qemu_tool("--net:service=tap0", "--", image, path="/nonexistent")
        assert p.returncode != 0 and "qemu-system-x86" in p.stderr, p.stderr
        equal(len(p.stderr.splitlines()), 1, p.stderr)


@boots(on=("microvm",), daily=("microvm",))
def kvm_that_breaks(machine):
    """where QEMU fails with KVM, tools/qemu goes on without it and ends with the image's status; an image that fails is not started again"""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        raise Skip("there is no /dev/kvm to open")
    with tempfile.TemporaryDirectory() as bin:
        # Stands for QEMU: $1 is what it does under KVM, then the image's status 0 is 0.
        def fake(under_kvm):
            path = os.path.join(bin, "qemu-system-x86_64")
            with open(path, "w") as f:
                f.write('#!/bin/sh\ncase "$*" in *"-accel kvm"*) echo kvm; %s;; esac\necho tcg\nexit 0\n' % under_kvm)
            os.chmod(path, 0o755)
            return qemu_tool("--net:service=user", "--", machine.image("hello"), path=bin + ":" + os.environ["PATH"])
        for broken in ("kill -ABRT $$", "exit 1"):
            p = fake(broken)
            equal((p.returncode, p.stdout), (0, "kvm\ntcg\n"), broken)
            equal(len([l for l in p.stderr.splitlines() if "KVM" in l]), 1, p.stderr)
        p = fake("exit 5")
        equal((p.returncode, p.stdout), (2, "kvm\n"), "an image that failed")


def run_tool(*words, **env):
    """Its exit status, what it printed, and its process id."""
    with subprocess.Popen([os.path.join(ROOT, "tools/run"), *words], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, env=dict(os.environ, MNET_RUN_BUILT="1", MNET_ACCEL="tcg", **env)) as p:
        text = p.communicate(timeout=120)[0]
        return p.returncode, text, p.pid


@boots(on=("microvm",), daily=("microvm",))
def run_shows_a_round_trip(machine):
    """tools/run starts the echo image, on QEMU's network and on a TAP, shows the line and a round trip, ends with 0 and leaves nothing"""
    for port in ("virtio", "virtio-tap"):
        if port == "virtio-tap" and not os.access("/run", os.W_OK):
            return  # only root can name a namespace
        status, text, pid = run_tool(port, "echo")
        equal(status, 0, text)
        assert "$ tools/qemu " in text and "\nHello World!\n" in text, text
        assert "mnet-%d" % pid not in sh("ip", "netns", "list").stdout, "the namespace is left behind"


@boots(on=("microvm",), daily=("microvm",))
def run_says_what_is_wrong(machine):
    """no such unikernel, no such port, no QEMU, no tender: tools/run says so in one line that names it"""
    with tempfile.TemporaryDirectory() as bin_folder:
        for tool in ("bash", "dirname", "id", "ls", "mktemp", "rm", "sed"):
            os.symlink(shutil.which(tool), os.path.join(bin_folder, tool))
        for words, named, env in ((["virtio", "nobody"], "nobody", {}), (["vax", "echo"], "vax", {}),
                                  (["virtio", "echo"], "qemu-system-x86_64", {"PATH": bin_folder}),
                                  (["solo5-spt", "echo"], "solo5-spt", {"PATH": bin_folder})):
            status, text, _ = run_tool(*words, **env)
            assert status != 0 and len(text.splitlines()) == 1 and named in text, (words, status, text)


@boots(daily=("microvm", "pc"))
def network_without_privilege(machine):
    """on QEMU's user-mode network, with a forwarded port, 64 KiB come back"""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with machine.start("echo", "--ipv4=10.0.2.15/24", "--ipv4-gateway=10.0.2.2", nets=("service=user,tcp:%d:9000" % port,)) as g:
        data = os.urandom(65536)
        end = time.time() + 10
        got = b""
        while got != data and time.time() < end:
            g.read(0.1)
            assert g.p.poll() is None, g.text
            try:
                got = over(port, data)
            except OSError:
                continue
        assert got == data, "%d bytes came back\n%s" % (len(got), g.text)


def over(port, data):
    with socket.create_connection(("127.0.0.1", port), timeout=3) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        out = b""
        while True:
            more = s.recv(65536)
            if not more:
                return out
            out += more


@boots(on=("microvm",), daily=("microvm",))
def size(machine):
    """the echo image is at most 200 KB stripped"""
    p = sh("tools/size", "--check", cwd=ROOT, check=False)
    equal(p.returncode, 0, p.stdout + p.stderr)
    assert "echo" in p.stdout, p.stdout


@boots(on=("microvm",), daily=("microvm",))
def first_frame(machine):
    """the time from starting QEMU to the first frame is measured and printed (and here, beside other work, below two seconds)"""
    p = sh("tools/boot-time", "3", "microvm", cwd=ROOT, check=False)
    equal(p.returncode, 0, p.stdout + p.stderr)
    median = float(re.search(r"^microvm +([0-9.]+)", p.stdout, re.M).group(1))
    assert 1 < median < 2000, p.stdout
