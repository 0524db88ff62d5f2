# SPDX-License-Identifier: ISC
"""Block devices: a file of the host behind the unikernel block."""
import contextlib
import os
import tempfile
import time

from harness import Program, Skip, equal, find, sh, test


@contextlib.contextmanager
def disk(length, fs=None):
    """A file of so many zero bytes in a folder of its own; `fs` is the size of a file system for it alone."""
    folder = tempfile.mkdtemp()
    if fs and sh("mount", "-t", "tmpfs", "-o", "size=%d" % fs, "mnet", folder, check=False).returncode != 0:
        os.rmdir(folder)
        raise Skip("no right to mount")
    path = os.path.join(folder, "disk.img")
    try:
        with open(path, "wb") as f:
            f.truncate(length)
        yield path
    finally:
        os.unlink(path)
        if fs:
            sh("umount", folder)
        os.rmdir(folder)


def block(path, *args):
    return sh(find("block"), "--block:disk=" + path, *args, check=False)


def pattern(length, seed):
    return bytes((i * 7 + (i >> 8) * 31 + (i >> 16) * 17 + seed) & 255 for i in range(length))


@test
def block_written_and_read():
    """several tasks fill the file while another has its turns; all is read back, now and by a second start"""
    length = 300 * 1024 + 512
    with disk(length) as path:
        p = block(path, "--tasks=7", "--seed=3")
        equal((p.returncode, p.stderr), (0, ""), p.stdout)
        lines = p.stdout.splitlines()
        equal(lines[0], "disk: %d bytes in pages of 512" % length)
        words = lines[1].split()
        equal(" ".join(words[:5]), "7 tasks have written, another", lines[1])
        assert int(words[6]) >= length // 4096 // 7, lines[1]
        equal(lines[2:], ["all is there"])
        assert open(path, "rb").read() == pattern(length, 3), "the file has not the pattern"
        equal(block(path, "--seed=3", "--verify").stdout.splitlines(), [lines[0], lines[2]])
        with open(path, "r+b") as f:
            f.seek(200000)
            f.write(bytes([(pattern(200001, 3)[-1] + 1) & 255]))
        p = block(path, "--seed=3", "--verify")
        equal(p.returncode, 1, p.stdout)
        equal(p.stdout.splitlines()[1:], ["the byte at 200000 differs"])


@test
def block_read_only():
    """a file that may not be written can be read; writing ends with one clear line"""
    with disk(4096) as path:
        equal(block(path).returncode, 0)
        if sh("mount", "--bind", path, path, check=False).returncode != 0:
            raise Skip("no right to mount")
        try:
            sh("mount", "-o", "remount,ro,bind", path)
            p = block(path, "--verify")
            equal((p.returncode, p.stdout), (0, "disk: 4096 bytes in pages of 512, read-only\nall is there\n"), p.stderr)
            p = block(path, "--seed=2")
            equal((p.returncode, p.stderr), (1, "block: the device can only be read\n"), p.stdout)
        finally:
            sh("umount", path)
        equal(block(path, "--verify").returncode, 0)


@test
def block_host_disk_full():
    """a write that the host refuses is an error of the device"""
    with disk(1 << 20, fs=256 << 10) as path:
        p = block(path)
        equal((p.returncode, p.stderr), (1, "block: the device failed\n"), p.stdout)


@test
def block_bad_files():
    """a missing file and one of a wrong length end with one clear line that names it"""
    with disk(1000) as path:
        for file, says in ((path, "1000 bytes"), (path + ".not", "No such file"), ("/dev/zero", "not a regular file"), ("/", "Is a directory")):
            p = block(file)
            equal((p.returncode, p.stdout, len(p.stderr.splitlines())), (1, "", 1), p.stderr)
            assert file in p.stderr and says in p.stderr and "disk" in p.stderr, p.stderr
        p = sh(find("block"), "--manifest")
        equal(p.stdout, '{"type":"solo5.manifest","version":1,"devices":[{"name":"disk","type":"BLOCK_BASIC"}]}\n')


@test
def block_ended_while_writing():
    """SIGTERM ends a program cleanly while its tasks write"""
    with disk(4 << 30, fs=512 << 20) as path:
        with Program("block", "--block:disk=" + path, net=()) as p:
            p.wait_for("^disk: ")
            time.sleep(0.1)
            equal(p.end(), 0, p.text)
        equal(p.text, "disk: %d bytes in pages of 512\n" % (4 << 30))
