# SPDX-License-Identifier: ISC
"""Starting and ending: manifest, devices, command line, announcement, leaks (acceptance 1-4, 20, 21, 26-28)."""
import signal
import subprocess
import time

from harness import (ADDR, Capture, Program, equal, find, echo_works, sh, tap, test, unikernel, wait_ready, PEER)

MANIFEST = '{"type":"solo5.manifest","version":1,"devices":[{"name":"service","type":"NET_BASIC"}]}\n'


@test
def manifest():
    """--manifest, and starting without a device, print exactly the manifest and exit 0 without running the body"""
    for args in (["--manifest"], []):
        p = sh(find("hello"), *args)
        equal((p.stdout, p.stderr, p.returncode), (MANIFEST, "", 0), str(args))
    p = sh(find("two-stacks"), "--manifest")
    equal(p.stdout, '{"type":"solo5.manifest","version":1,"devices":[{"name":"client","type":"NET_BASIC"},'
                    '{"name":"server","type":"NET_BASIC"}]}\n', "two devices in order")


@test
def hello():
    """hello prints Hello World! and nothing else, and exits 0"""
    with tap(), Program("hello") as p:
        equal(p.wait(), 0, "exit status")
        equal(p.text, "Hello World!\n", "output")


@test
def announcement():
    """at start the wire shows ARP, Request who-has 10.0.0.2 tell 10.0.0.2, length 28"""
    with tap():
        capture = Capture("tap0", "arp")
        with Program("echo") as p:
            wait_ready(p, 9000)
            text = capture.stop()
        lines = [line.split(" ", 1)[1] for line in text.splitlines() if "tell 10.0.0.2" in line or "10.0.0.2 is-at" in line]
        assert "ARP, Request who-has 10.0.0.2 tell 10.0.0.2, length 28" in lines[:2], text


@test
def address_conflict():
    """another host with our address is reported, and told that the address is taken (RFC 5227 2.4)"""
    import socket
    with tap(), Program("echo") as p:
        wait_ready(p, 9000)
        mac = b"\x02\x00\x00\x00\xaa\xbb"
        body = b"\x00\x01\x08\x00\x06\x04\x00\x01" + mac + socket.inet_aton(ADDR) + bytes(6) + socket.inet_aton(ADDR)
        capture = Capture("tap0", "arp")
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
            raw.bind(("tap0", 0))
            raw.send(b"\xff" * 6 + mac + b"\x08\x06" + body)
        p.wait_for(r"(?i)warning.*10\.0\.0\.2.*02:00:00:00:aa:bb")
        text = capture.stop()
        assert text.count("Request who-has 10.0.0.2 tell 10.0.0.2") >= 2, "no defence on the wire:\n" + text


@test
def leaks():
    """forgetting to kill the RNG or the stack ends the program with the rule, the resource and its place"""
    for what, word in (("rng", "rng"), ("stack", "stack")):
        with tap(), Program("leak", "--forget=" + what) as p:
            status = p.wait()
            assert status != 0, p.text
            assert "RESOURCE_LEAKED" in p.text and word in p.text and "leak.c:" in p.text, p.text
    with tap(), Program("leak", "--forget=flow") as p:
        assert p.wait() != 0
        assert "RESOURCE_LEAKED" in p.text and "leak.c:" in p.text, p.text


@test
def clean_end():
    """SIGTERM and SIGINT end a server cleanly with status 0, also with clients connected"""
    import harness
    for sig in (signal.SIGTERM, signal.SIGINT):
        with unikernel("echo") as p:
            with harness.connect() as s:
                s.sendall(b"x")
                harness.recv_exactly(s, 1)
                equal(p.end(sig), 0, "exit status")
            assert "LEAKED" not in p.text, p.text


@test
def bad_arguments():
    """wrong values, unknown options and missing devices end with one clear line that names them, and a status that is not 0"""
    cases = [
        (["--ipv4=10.0.0.300/24"], "10.0.0.300/24"),
        (["--ipv4=10.0.0.2"], "10.0.0.2"),
        (["--ipv4=10.0.0.2/33"], "10.0.0.2/33"),
        (["--ipv4-gateway=nonsense"], "nonsense"),
        (["--nonsense"], "--nonsense"),
        (["--port=70000"], "70000"),
        (["--port=x"], "x"),
        (["--net:other=tap0"], "other"),
        (["--net:service="], "service"),
        (["stray"], "stray"),
    ]
    for args, names in cases:
        p = sh(find("echo"), "--net:service=tap9", *args, check=False)
        assert p.returncode == 2, (args, p.returncode, p.stderr)
        first = p.stderr.splitlines()[0]
        assert names in first, (args, first)
        assert "usage" in p.stderr.lower(), (args, p.stderr)
        equal(p.stdout, "", "standard output of %s" % args)
    p = sh(find("echo"), "--net:service=tap9", check=False)
    assert p.returncode not in (0, 2), p.returncode
    equal(len(p.stderr.strip().splitlines()), 1, p.stderr)
    assert "tap9" in p.stderr and "ip tuntap add" in p.stderr, p.stderr


@test
def device_in_use():
    """a TAP that another program holds is named in one clear line"""
    with unikernel("echo"):
        p = sh(find("echo"), "--net:service=tap0", check=False)
        assert p.returncode != 0 and "tap0" in p.stderr, (p.returncode, p.stderr)
        equal(len(p.stderr.strip().splitlines()), 1, p.stderr)


@test
def help_text():
    """--help lists the options and exits 0"""
    p = sh(find("echo"), "--help")
    for option in ("--net:service=", "--ipv4=", "--ipv4-gateway=", "--port=", "--manifest"):
        assert option in p.stdout, (option, p.stdout)


@test
def command_line_address():
    """--ipv4 and --port are obeyed"""
    with tap(addr="192.168.7.1/24"), Program("echo", "--ipv4=192.168.7.9/24", "--port=7") as p:
        import harness
        end = time.time() + 10
        while time.time() < end:
            if sh("nc", "-z", "-w1", "192.168.7.9", "7", check=False).returncode == 0:
                break
        out = subprocess.run(["nc", "-q0", "-w5", "192.168.7.9", "7"], input=b"seven\n", capture_output=True, timeout=10)
        equal(out.stdout, b"seven\n", p.text)


@test
def unprivileged():
    """a persistent TAP of the user's works without any privilege"""
    import os
    import pwd
    import shutil
    import stat
    import tempfile
    from harness import Skip
    try:
        user = pwd.getpwnam("nobody")
    except KeyError:
        raise Skip("no user nobody")
    sh("ip", "tuntap", "add", "tap0", "mode", "tap", "user", "nobody")
    folder = tempfile.mkdtemp()
    try:
        sh("ip", "addr", "add", PEER + "/24", "dev", "tap0")
        sh("ip", "link", "set", "tap0", "up")
        os.chmod(folder, 0o755)
        program = shutil.copy(find("echo"), folder)
        os.chmod(program, 0o755)
        if os.stat("/dev/net/tun").st_mode & 0o006 != 0o006:
            # Most systems open it to everybody; where not, a node that is open takes its place in our own mount namespace.
            os.mknod(folder + "/tun", 0o666 | stat.S_IFCHR, os.stat("/dev/net/tun").st_rdev)
            os.chmod(folder + "/tun", 0o666)
            if sh("mount", "--bind", folder + "/tun", "/dev/net/tun", check=False).returncode != 0:
                raise Skip("/dev/net/tun is not open to everybody here")
        p = subprocess.Popen([program, "--net:service=tap0"], user=user.pw_uid, group=user.pw_gid, extra_groups=[],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            end = time.time() + 10
            while sh("nc", "-z", "-w1", ADDR, "9000", check=False).returncode != 0:
                assert time.time() < end and p.poll() is None, p.stdout.read() if p.poll() is not None else "no answer"
            echo_works()
        finally:
            p.kill()
            p.wait()
    finally:
        sh("umount", "/dev/net/tun", check=False)
        shutil.rmtree(folder, ignore_errors=True)
        sh("ip", "link", "del", "tap0", check=False)


@test
def two_stacks():
    """two stacks on two devices in one program, each with its own address"""
    sh("ip", "link", "add", "br0", "type", "bridge")
    try:
        sh("ip", "link", "set", "br0", "up")
        with tap("tap0", addr=None), tap("tap1", addr=None):
            sh("ip", "link", "set", "tap0", "master", "br0")
            sh("ip", "link", "set", "tap1", "master", "br0")
            with Program("two-stacks", net=("client=tap0", "server=tap1")) as p:
                equal(p.wait(20), 0, p.text)
    finally:
        sh("ip", "link", "del", "br0", check=False)


@test
def udp_only():
    """a stack assembled by hand from device, Ethernet, IPv4 and UDP has no TCP in its image, and works"""
    names = sh("nm", find("udp-only")).stdout
    assert "mn_udp_create" in names, "the program has no UDP either"
    tcp = [line for line in names.splitlines() if "mn_tcp_" in line or "mnet_conn_" in line]
    equal(tcp, [], "TCP symbols in the image")
    import socket
    with tap(), Program("udp-only") as p:
        wait_ready(p, None)
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(5)
        s.sendto(b"no TCP here", (ADDR, 7))
        equal(s.recv(100), b"no TCP here", "udp echo")


@test
def generator_is_fed():
    """the generator's self-test passes and its state is shown with -vv (Fortuna, seeded before the body runs)"""
    with tap(), Program("hello", "-vv") as p:
        equal(p.wait(), 0, p.text)
        assert "rng" in p.text, p.text
