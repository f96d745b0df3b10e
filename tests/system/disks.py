"""disks.py - Debian's kernel on disks and a CD: file systems written, recorded in QEMU's way, and gone back in"""
# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import os
import random
import re
import shutil
import subprocess
import sys

import hs

ARCH, INTERFACE = sys.argv[1], sys.argv[2]
DISK, DEVICE, CD = {"ide": ("sda", "ide-hd", "sr0"), "virtio": ("vda", "virtio-blk-pci", "sr0"),
                    "mmio": ("$disk", "virtio-blk-device", "$cd"), "pci": ("$disk", "virtio-blk-pci", "$cd"),
                    "sd": ("mmcblk0", None, None)}[INTERFACE]
ARM = INTERFACE in ("mmio", "pci")  # the CD is in a virtio-mmio slot

FIND = """
wait_for /dev/vdb
disk=vda cd=vdb
[ $(cat /sys/block/vda/ro) = 0 ] || disk=vdb cd=vda
"""
VEXPRESS = """
insmod /modules/armmmci.ko
"""
SCRIPT = """
wait_for /dev/DISK
mount -t ext4 /dev/DISK /mnt && cat /mnt/hello
seq 1 30000 >/mnt/numbers; sync
dd if=/dev/zero of=/mnt/zeros bs=64k count=40 conv=fsync 2>/dev/null
for i in 1 2 3; do echo $i >>/mnt/log; fsync /mnt/log; done
umount /mnt
echo 3 >/proc/sys/vm/drop_caches
mount -t ext4 -o ro /dev/DISK /mnt && md5sum /mnt/numbers /mnt/zeros
cat /mnt/log
umount /mnt
cat /proc/interrupts
"""
READ_CD = """
wait_for /dev/CD && mount -t iso9660 -o ro /dev/CD /mnt && md5sum /mnt/data
"""


def tool(name):
    path = shutil.which(name) or shutil.which(name, path="/sbin:/usr/sbin")
    return path or hs.skip("%s is not here" % name)


def sh(*args):
    subprocess.run(args, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def make_images(work):
    """A qcow2 image over a raw one with a file system; and a CD."""
    os.makedirs(work.file("root"))
    with open(work.file("root/hello"), "w") as f:
        f.write("hello from the disk\n")
    sh("truncate", "-s", "48M", work.file("base.raw"))
    sh(tool("mke2fs"), "-q", "-t", "ext4", "-d", work.file("root"), work.file("base.raw"))
    sh(tool("qemu-img"), "create", "-f", "qcow2", "-b", "base.raw", "-F", "raw", work.file("disk.qcow2"))
    os.makedirs(work.file("cd"))
    with open(work.file("cd/data"), "wb") as f:
        f.write(random.Random(3).randbytes(3000000))
    sh(tool("xorriso"), "-as", "mkisofs", "-o", work.file("cd.iso"), work.file("cd"))


def check_output(out, work):
    numbers = "".join("%d\n" % n for n in range(1, 30001)).encode()
    with open(work.file("cd/data"), "rb") as f:
        data = f.read()
    for what, name in ((numbers, "numbers"), (bytes(40 * 65536), "zeros"), (data, "data"))[:3 if CD else 2]:
        hs.check("%s  /mnt/%s" % (hashlib.md5(what).hexdigest(), name) in out, "%s is wrong:\n%s" % (name, out))
    hs.check(INTERFACE != "virtio" or re.search(r"PCI-MSI.*virtio0-req", out), "no message interrupts:\n" + out)
    hs.check("hello from the disk" in out, "the file of the image is not there:\n" + out)
    hs.check(re.search(r"1\r?\n2\r?\n3\r?\n", out), "the log is wrong:\n" + out)


def check_image(work, image):
    """After a run that wrote through: whole, and with what the guest wrote."""
    sh(tool("qemu-img"), "check", image)
    sh(tool("qemu-img"), "convert", "-O", "raw", image, work.file("after.raw"))
    sh(tool("e2fsck"), "-fn", work.file("after.raw"))
    log = subprocess.run([tool("debugfs"), "-R", "cat log", work.file("after.raw")], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL).stdout
    hs.check(log == b"1\n2\n3\n", "the image does not have what was written: %r" % log)


def exports(work, recording):
    """The disk as it was: at the start that of the image, at the end with all that was written."""
    first, last = work.file("first.qcow2"), work.file("last.qcow2")
    hs.run_ok("disk", recording, "--at", "0", "-o", first, "--id", "img-direct")
    sh(tool("qemu-img"), "compare", first, work.file("disk.qcow2"))
    hs.run_ok("disk", recording, "-o", last)
    check_image(work, last)
    code, _, err = hs.run("disk", recording, "-o", last)
    hs.check(code == 1 and "cannot create" in err, "an image was overwritten: " + err)


def seeks(work, recording):
    with hs.Replay(recording, work) as gdb:
        gdb.monitor("goto end")
        end = gdb.icount()
        rng = random.Random(5)
        places = sorted(rng.sample(range(end * 85 // 100, end), 12))
        gdb.goto(places[0])
        hs.seeks_agree(gdb, places, rng)


folder = hs.guests("drivers-" + ARCH)
with hs.Workdir() as work:
    make_images(work)
    script = (FIND if ARM else "" if CD else VEXPRESS) + SCRIPT.replace("DISK", DISK)
    script += READ_CD.replace("CD", CD) if CD else ""
    machine = hs.driver_args(folder, ARCH, work, script)[2:]
    cd = ["-cdrom", work.file("cd.iso")] if CD else []
    disks = ["-drive", "file=%s,if=none,snapshot,id=img-direct" % work.file("disk.qcow2"), "-drive",
             "driver=blkreplay,if=none,image=img-direct,id=img-blkreplay", "-device",
             "%s,drive=img-blkreplay" % DEVICE] + cd
    if INTERFACE == "sd":
        machine += hs.vexpress_args(folder, work)
        disks = ["-drive", "file=%s,if=sd,snapshot,id=img-direct" % work.file("disk.qcow2")]
    system = hs.system(ARCH)
    before = digest(work.file("disk.qcow2")), digest(work.file("base.raw"))
    rest = ["-serial", "stdio", "-monitor", "none"]

    recordings = [work.file("%d.hsr" % i) for i in range(3)]
    for i, name in enumerate(recordings):
        out = hs.run_ok("-icount", "shift=7,rr=record,rrfile=" + name, *machine, *disks, *rest, "-accel",
                        "interp" if i == 2 else "jit", program=system)
        check_output(out, work)
    hs.check(before == (digest(work.file("disk.qcow2")), digest(work.file("base.raw"))),
             "a recording changed an image")
    hs.check(digest(recordings[0]) == digest(recordings[1]), "two recordings differ")
    hs.check(digest(recordings[0]) == digest(recordings[2]), "recordings under jit and interp differ")
    again = hs.run_ok("-icount", "shift=7,rr=replay,rrfile=" + recordings[0], *machine, *disks, *rest, program=system)
    hs.check(again == out, "the replay prints something else")
    hs.run_ok("verify", recordings[0])
    seeks(work, recordings[0])
    exports(work, recordings[0])

    out = hs.run_ok(*machine, "-drive", "file=%s%s" % (work.file("disk.qcow2"), "" if ARM else ",if=" + INTERFACE), *cd,
                    *rest, program=system)
    check_output(out, work)
    check_image(work, work.file("disk.qcow2"))
    hs.check(before[1] == digest(work.file("base.raw")), "the base was written")
print("disks: written, recorded, replayed, gone back in; images are as they should be")
