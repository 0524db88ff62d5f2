# SPDX-License-Identifier: ISC
"""How images end: by themselves, from outside, and when something is wrong (acceptance 4, 5, 6, 27, 28)."""
import re
import signal

from harness import connect, echo_works, equal, recv_all, recv_exactly, sh
from machines import boots, guest, network


@boots()
def end_from_outside(machine):
    """SIGTERM to what runs the image ends it at once, with status 0"""
    with guest(machine, "echo") as g, connect(timeout=60) as s:
        s.sendall(b"x")
        equal(recv_exactly(s, 1), b"x", "echo")
        equal(g.end(signal.SIGTERM), 0, "exit status")
        assert "LEAKED" not in g.text and "panic" not in g.text, g.text


@boots(on=("power",))
def power_button(machine):
    """the power button ends the program by itself, as a signal does elsewhere: clients get a FIN, the status is 0"""
    with guest(machine, "echo") as g, connect() as s:
        s.sendall(b"x")
        equal(recv_exactly(s, 1), b"x", "echo")
        g.qmp("system_powerdown")
        equal(recv_all(s), b"", "what the client reads")
        equal(g.wait(), 0, "exit status")
        assert "LEAKED" not in g.text and "panic" not in g.text, g.text


@boots(daily=("microvm",))
def leaks(machine):
    """forgetting to kill the RNG or the stack ends the image with the rule, the resource and its place"""
    for what in ("rng", "stack", "flow"):
        with network(), machine.start("leak", "--forget=" + what) as g:
            assert g.wait() != 0, g.text
            assert "RESOURCE_LEAKED" in g.text and "leak.c:" in g.text, g.text
            assert what == "flow" or what in g.text, g.text


@boots(daily=("microvm",))
def crash_in_a_client_task(machine):
    """a failed client task closes its flow through the finalizer, is reported through the orphans, and the loop goes on"""
    with guest(machine, "crashy") as g:
        for word, name in ((b"crash", "FAILED"), (b"leave", "INVALID")):
            with connect(timeout=60) as s:
                s.sendall(word)
                equal(recv_all(s), b"", "data after the crash")
            echo_works()
            g.wait_for("client ended: " + name)


@boots(daily=("microvm",))
def bad_arguments(machine):
    """wrong values and unknown options end with one clear line that names them, usage, and status 2"""
    with network():
        for arg, named in (("--ipv4=10.0.0.300/24", "10.0.0.300/24"), ("--ipv4=10.0.0.2/33", "10.0.0.2/33"),
                           ("--ipv4-gateway=nonsense", "nonsense"), ("--nonsense", "--nonsense"), ("--port=70000", "70000"), ("stray", "stray")):
            with machine.start("echo", arg) as g:
                equal(g.wait(), 2, "exit status after " + arg)
                assert named in g.text.splitlines()[0] and "usage" in g.text.lower(), g.text


@boots(daily=("microvm", "pc"))
def missing_device(machine):
    """an image without its network device ends with one line that names the device, and a status that is not 0"""
    def unplugged(argv):
        out, skip = [], False
        for word, follower in zip(argv, argv[1:] + [""]):
            if skip or (word == "-device" and follower.startswith("virtio-net-")) or word == "-netdev":
                skip = not skip
                continue
            out.append(word)
        return out
    with network(), machine.start("echo", edit=unplugged) as g:
        assert g.wait() not in (0, 2), g.text
        lines = [line for line in g.text.splitlines() if "exit status" not in line]
        equal(len(lines), 1, g.text)
        assert "service" in lines[0] and "virtio" in lines[0], g.text


FAULTS = [("abort", "abort was called", "fault_abort"), ("null", "access to 0x0", "fault_null"), ("divide", "division by zero", "fault_divide"),
          ("wild", "access to 0x123456789000", "fault_wild"), ("write-text", "nothing may be written there", "fault_write_text"),
          ("write-constant", "nothing may be written there", "fault_write_constant"), ("run-data", "this is not code", "fault_run_data"),
          ("run-stack", "this is not code", "fault_run_stack"), ("run-budget", "this is not code", "fault_run_budget"),
          ("overflow", "stack overflow", "deeper"), ("task-overflow", "stack overflow", "deeper"),
          ("overrun", "a buffer on the stack was overrun", "fault_overrun")]


def functions(image, text):
    """The functions that a panic's addresses lie in."""
    names = {}
    for line in sh("nm", image).stdout.splitlines():
        address, kind, name = line.split()[-3:]
        if kind in "tT":
            names.setdefault(int(address, 16), []).append(name)
    out = []
    for address in re.findall(r"(?:at|called from) 0x([0-9a-f]+)", text):
        below = [at for at in names if at <= int(address, 16)]
        out += names[max(below)] if below else []
    return out


@boots(daily=("microvm",))
def faults(machine):
    """what a program does wrong (null, wild, write to text or constants, run data, overflow) panics with its name, the calls, and status 70"""
    for what, says, where in FAULTS:
        with machine.start("fault", "--do=" + what, nets=()) as g:
            status = g.wait()
            assert "now: " + what in g.text and "nothing happened" not in g.text, g.text
            panic = [line for line in g.text.splitlines() if line.startswith("panic: ")]
            assert len(panic) == 1 and says in panic[0], "%s: no '%s' in\n%s" % (what, says, g.text)
            equal(status, 70, "exit status after " + what)
            calls = functions(machine.image("fault"), g.text)
            assert where in calls, "%s: %s is not among the calls %s\n%s" % (what, where, calls, g.text)
