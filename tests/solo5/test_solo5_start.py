# SPDX-License-Identifier: ISC
"""Starting and ending: manifest, hello, announcement, command line, leaks (acceptance 1-4, 27, 28)."""
import json
import os
import re
import shutil
import subprocess
import tempfile

from harness import Capture, equal, sh, tap
from solo5 import Image, on

HELLO = "Hello World!\n"


@on("spt", "hvt", "virtio")
def manifest(t):
    """an image declares the devices of its program, in order, and nobody has written its manifest"""
    for name, want in (("hello", [("service", "NET_BASIC")]),
                       ("two-stacks", [("client", "NET_BASIC"), ("server", "NET_BASIC")]),
                       ("block", [("disk", "BLOCK_BASIC")])):
        have = json.loads(sh("solo5-elftool", "query-manifest", t.image(name)).stdout)
        equal([(d["name"], d["type"]) for d in have["devices"]], want, name)


@on("spt", "hvt", "virtio")
def hello(t):
    """hello prints Hello World! and nothing else, ends with 0 and announces its address"""
    with tap():
        capture = Capture("tap0", "arp")
        with Image(t, "hello") as p:
            equal(p.wait(), t.status(0), "exit status")
            equal(p.text.replace("\r\n", "\n"), HELLO, "output")
        wire = capture.stop()
    assert "ARP, Request who-has 10.0.0.2 tell 10.0.0.2, length 28" in wire, wire


@on("virtio")
def no_entropy(t):
    """a processor without RDRAND is enough, with a warning"""
    with tap():
        p = sh("solo5-virtio-run", "-H", "qemu", "-q", "-n", "tap0", "--", t.image("hello"), "--solo5:quiet", check=False)
    lines = p.stdout.replace("\r\n", "\n").splitlines()
    equal(len(lines), 2, p.stdout)
    assert "[WARNING] rng: the platform has no entropy source" in lines[0], p.stdout
    equal(lines[1], "Hello World!", "output")


@on("spt", "hvt")
def seed_line(t):
    """the launch line of the guide works as it is written"""
    with tap(), tempfile.TemporaryDirectory() as folder:
        shutil.copy(t.image("echo"), folder + "/echo." + t.name)
        p = subprocess.Popen("exec solo5-%s --net:service=tap0 -- echo.%s --solo5:quiet --ipv4=10.0.0.2/24" % (t.name, t.name),
                             shell=True, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            out = subprocess.run("for i in $(seq %d); do nc -z -w1 10.0.0.2 9000 && break; sleep 0.1; done; "
                                 "echo 'Hello World!' | nc -q0 -w%d 10.0.0.2 9000" % (t.seconds * 5, t.seconds),
                                 shell=True, capture_output=True, text=True, timeout=2 * t.seconds)
            equal(out.stdout, HELLO, "the answer")
        finally:
            p.terminate()
            printed = p.communicate(timeout=t.seconds)[0].decode()
        assert "panic" not in printed, printed


WRONG = [(["--ipv4=10.0.0.300/24"], "10.0.0.300/24"),
         (["--ipv4=10.0.0.2"], "10.0.0.2"),
         (["--ipv4-gateway=nonsense"], "nonsense"),
         (["--nonsense"], "--nonsense"),
         (["--port=70000"], "70000"),
         (["--net:other=tap0"], "other"),
         (["stray"], "stray")]


def wrong_arguments_of(t, cases):
    with tap():
        for args, name in cases:
            with Image(t, "echo", *args) as p:
                equal(p.wait(), t.status(2), args)
                lines = p.text.strip().splitlines()
                assert name in lines[0], (args, p.text)
                assert "usage" in lines[1], (args, p.text)


@on("spt")
def wrong_arguments(t):
    """wrong values and unknown options end with one clear line that names them, the usage, and 2"""
    wrong_arguments_of(t, WRONG)


@on("hvt", "virtio")
def wrong_argument(t):
    """a wrong value ends with one clear line that names it, the usage, and 2"""
    wrong_arguments_of(t, WRONG[:1])


@on("spt")
def device_behind_the_image(t):
    """a device that is named behind the image, where the tender does not look, is one clear line"""
    with tap(), tempfile.NamedTemporaryFile() as disk:
        disk.truncate(65536)
        for name, what, net, block in (("echo", "--net:service=tap0", ("service=tap0",), ()),
                                       ("block", "--block:disk=disk.img", (), ("disk=" + disk.name,))):
            with Image(t, name, what, net=net, block=block) as p:
                p.wait()
                equal((p.p.returncode, p.text.count("\n")), (1, 1), p.text)
                assert "in front of the image" in p.text, p.text


@on("spt", "hvt")
def missing_device(t):
    """without its device, or with one that is not there, a program does not start, and the tender names it"""
    with Image(t, "hello", net=()) as p:
        assert p.wait() != 0 and "service" in p.text and "Hello" not in p.text, p.text
    with Image(t, "hello", net=("service=tap9",)) as p:
        assert p.wait() != 0 and "tap9" in p.text and "Hello" not in p.text, p.text


@on("spt")
def small_mtu(t):
    """an interface with an MTU below 576 is one clear line"""
    with tap(mtu=500), Image(t, "hello") as p:
        equal((p.wait(), p.text.count("\n")), (1, 1), p.text)
        assert "service" in p.text and "576" in p.text, p.text


@on("spt")
def little_memory(t):
    """with too little memory there is one clear line; with 8 MiB a program runs"""
    with tap():
        with Image(t, "hello", mem=2) as p:
            assert p.wait() != 0
            assert "memory" in p.text and "Hello" not in p.text and p.text.count("\n") == 1, p.text
        with Image(t, "hello", mem=8) as p:
            equal((p.wait(), p.text), (0, HELLO), p.text)


def leaks_of(t, cases):
    for what, word in cases:
        with tap(), Image(t, "leak", "--forget=" + what) as p:
            equal(p.wait(), t.status(255), p.text)
            assert "RESOURCE_LEAKED" in p.text and word in p.text and "leak.c:" in p.text, p.text


@on("spt")
def leaks(t):
    """forgetting to kill the RNG or the stack ends the program with the rule, the resource and its place"""
    leaks_of(t, (("rng", "rng"), ("stack", "stack"), ("flow", "")))


@on("hvt", "virtio")
def leak(t):
    """forgetting to kill the RNG ends the program with the rule, the resource and its place"""
    leaks_of(t, (("rng", "rng"),))


@on("spt", "virtio")
def calls(t):
    """a panic is followed by where it was called from, which the image with its symbols explains"""
    with tap(), Image(t, "leak", "--forget=stack") as p:
        p.wait()
        at = re.findall(r"^  called from (0x[0-9a-f]+)", p.text, re.M)
    functions = sh("addr2line", "-fie", t.image("leak"), *at).stdout.split()
    assert "mnet_run" in functions and "mnet_sched_run" in functions, (p.text, functions)


@on("spt", "hvt")
def size(t):
    """the image of echo, stripped, has at most 200,000 bytes, and keeps its notes"""
    with tempfile.NamedTemporaryFile() as image:
        sh("strip", "-o", image.name, t.image("echo"))
        length = os.path.getsize(image.name)
        assert length <= 200000, length
        equal(sh("solo5-elftool", "query-abi", image.name).stdout, sh("solo5-elftool", "query-abi", t.image("echo")).stdout, "ABI")


@on("spt", "hvt", "virtio")
def memory_map(t):
    """the free memory begins behind all data of the image, so nothing lies in both"""
    symbols = {}
    for line in sh("nm", t.image("echo")).stdout.splitlines():
        parts = line.split()
        if len(parts) == 3:
            symbols.setdefault(parts[2], (int(parts[0], 16), parts[1]))
    end = symbols["_end"][0]
    late = [name for name, (at, kind) in symbols.items() if kind in "bBdD" and at > end]
    equal(late, [], "data behind _end")
    assert any(kind in "bB" for at, kind in symbols.values())
