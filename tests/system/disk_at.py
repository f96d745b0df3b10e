"""disk_at.py - `hindsight disk --at` before and after a guest's write: exactly that file differs"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import shutil
import subprocess

import hs

SCRIPT = """
wait_for /dev/vda
mount -t ext4 /dev/vda /mnt
echo before >/mnt/one; sync
echo MARK-1
seq 1 100000 | md5sum
echo after >/mnt/two; sync
echo MARK-2
seq 1 100000 | md5sum
umount /mnt
"""
START, STRIDE = 4000000000, 20000000  # well after power-on; less than the guest computes after a mark


def tool(name):
    path = shutil.which(name) or shutil.which(name, path="/sbin:/usr/sbin")
    return path or hs.skip("%s is not here" % name)


def sh(*args):
    return subprocess.run(args, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def places(work, recording):
    """A step a little after each mark was printed."""
    console, socket = work.file("console"), work.file("gdb")
    p = hs.start([hs.PROGRAM, "replay", recording, "-S", "-gdb", "unix:" + socket, "-serial",
                  "file:" + console, "-monitor", "none"], stdin=subprocess.DEVNULL)
    gdb = hs.Gdb(socket, p)
    found, n = {}, START
    while "MARK-2" not in found:
        n += STRIDE
        gdb.monitor("goto %d" % n)
        hs.check(gdb.icount() == n, "the marks were not printed before the end")
        with open(console, errors="replace") as f:
            text = f.read()
        for mark in ("MARK-1", "MARK-2"):
            if mark in text:
                found.setdefault(mark, n)
    gdb.close()
    p.wait(hs.PATIENCE)
    return found["MARK-1"], found["MARK-2"]


def files(work, recording, n):
    """All files of the disk at step n, with their contents."""
    image, raw, out = (work.file("%d%s" % (n, end)) for end in (".qcow2", ".raw", ""))
    hs.run_ok("disk", recording, "--at", str(n), "-o", image)
    sh(tool("qemu-img"), "check", image)
    sh(tool("qemu-img"), "convert", "-O", "raw", image, raw)
    os.mkdir(out)
    sh(tool("debugfs"), "-R", "rdump / " + out, raw)
    found = {}
    for folder, _, names in os.walk(out):
        for name in names:
            with open(os.path.join(folder, name), "rb") as f:
                found[os.path.relpath(os.path.join(folder, name), out)] = f.read()
    return found


folder = hs.guests("drivers-amd64")
with hs.Workdir() as work:
    disk, recording = work.file("d.raw"), work.file("r.hsr")
    sh("truncate", "-s", "16M", disk)
    sh(tool("mke2fs"), "-q", "-t", "ext2", disk)
    hs.run_ok("record", "-o", recording, *hs.driver_args(folder, "amd64", work, SCRIPT), "-drive",
              "file=%s,format=raw,if=virtio" % disk, "-serial", "null", "-monitor", "none")
    first, second = places(work, recording)
    before, after = files(work, recording, first), files(work, recording, second)
    hs.check(before.get("one") == b"before\n" and "two" not in before, "before the write: %r" % before)
    hs.check(after == dict(before, two=b"after\n"), "after the write: %r, before: %r" % (after, before))
print("two images of one recording differ in the file that was written between them")
