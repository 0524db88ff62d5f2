# SPDX-License-Identifier: ISC
"""Block devices: virtio-blk and Solo5's (issue 3, point 5)."""
import contextlib
import tempfile

from harness import equal
from machines import boots


def byte_at(offset, seed):
    """The pattern of unikernels/block.c."""
    return (offset * 7 + (offset >> 8) * 31 + (offset >> 16) * 17 + seed) & 0xff


@contextlib.contextmanager
def disk(size=1 << 20):
    with tempfile.NamedTemporaryFile(prefix="mnet-disk-") as file:
        file.truncate(size)
        yield file.name


def run(machine, *args, image, edit=None, options=""):
    with machine.start("block", *args, nets=(), blocks=("disk=" + image + options,), edit=edit) as g:
        return g.wait(30), g.text


@boots(daily=("microvm", "q35"))
def fills_and_reads_back(machine):
    """several tasks fill the disk while another runs; the file outside has every byte, and a second start finds them all"""
    with disk() as image:
        status, text = run(machine, "--seed=7", image=image)
        equal(status, 0, text)
        assert "disk: 1048576 bytes in pages of 512" in text and "all is there" in text, text
        data = open(image, "rb").read()
        equal(len(data), 1 << 20, "length of the file")
        assert data == bytes(byte_at(i, 7) for i in range(1 << 20)), "the file differs"
        equal(run(machine, "--seed=7", "--verify", image=image)[0], 0, "the second start")
        status, text = run(machine, "--seed=8", "--verify", image=image)
        equal((status, "the byte at 0 differs" in text), (1, True), text)


@boots(daily=("microvm",))
def read_only(machine):
    """a read-only disk says so, is not written to, and can be read"""
    with disk(65536) as image:
        status, text = run(machine, image=image, options=",ro")
        assert status == 1 and "read-only" in text and "the device can only be read" in text, (status, text)
        equal(open(image, "rb").read(), bytes(65536), "the file")
        status, text = run(machine, "--verify", image=image, options=",ro")
        equal((status, "the byte at 0 differs" in text), (1, True), text)


@boots(daily=("microvm",))
def device_errors(machine):
    """an error of the disk is an error of the write, with its name, not a hang"""
    with disk() as image, tempfile.NamedTemporaryFile("w", prefix="mnet-blkdebug-") as rules:
        rules.write('[inject-error]\nevent = "write_aio"\nerrno = "5"\nsector = "1000"\n')
        rules.flush()

        def fails(argv):
            return [w.replace("file=" + image, "werror=report,file=blkdebug:%s:%s" % (rules.name, image)) for w in argv]
        status, text = run(machine, image=image, edit=fails)
        assert status == 1 and "the device failed" in text and "all is there" not in text, (status, text)


@boots(daily=("microvm",))
def missing_disk(machine):
    """an image without its disk ends with one line that names it"""
    with machine.start("block", "--block:disk=0", nets=()) as g:
        status = g.wait()
        assert status not in (0, 2), (status, g.text)
        lines = [line for line in g.text.splitlines() if "exit status" not in line]
        assert len(lines) == 1 and "disk: there is no virtio block device" in lines[0], g.text
