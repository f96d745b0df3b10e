"""seabios.py - SeaBIOS boots a disk's boot sector, which reads and writes; recorded, and gone back in"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import random
import shutil
import subprocess

import hs

FIRMWARE = "/usr/share/seabios/bios-256k.bin"
EXIT = 0x21 * 2 + 1


def make_disk(path):
    random.seed(4)
    with open(os.path.join(hs.BUILD, "tests/guest/bootsect.bin"), "rb") as f:
        boot = f.read()
    hs.check(len(boot) == 512, "the boot sector has %d bytes" % len(boot))
    with open(path, "wb") as f:
        f.write(boot + random.randbytes(100 * 512) + bytes(2900 * 512))


def contents(path):
    with open(path, "rb") as f:
        return f.read()


def machine(path, *more, interface="ide"):
    return ["-m", "16", "-drive", "file=%s,format=raw,if=%s" % (path, interface), "-device",
            "isa-debug-exit,iobase=0xf4", "-serial", "stdio", "-monitor", "none", "-no-reboot", *more]


def check_sum(path, before):
    """The boot sector's own arithmetic, and that nothing else changed."""
    total = 0
    for at in range(512, 101 * 512, 4):
        total = (total + int.from_bytes(before[at:at + 4], "little")) & 0xffffffff
        total = (total << 1 | total >> 31) & 0xffffffff
    after = contents(path)
    hs.check(int.from_bytes(after[200 * 512:200 * 512 + 4], "little") == total, "the sum written is wrong")
    hs.check(after[:200 * 512] == before[:200 * 512] and after[201 * 512:] == before[201 * 512:],
             "other sectors have changed")


def run_writes(work, interface):
    path = work.file("w.img")
    make_disk(path)
    before = contents(path)
    out = hs.run_ok("run", *machine(path, "-snapshot", interface=interface), status=EXIT)
    hs.check("boot sector: here" in out, "nothing was printed:\n" + out)
    hs.check(contents(path) == before, "-snapshot changed the image")
    hs.run_ok("run", *machine(path, interface=interface), status=EXIT)
    check_sum(path, before)
    # A run that keeps history writes when it ends.
    make_disk(path)
    hs.run_ok("run", *machine(path, "-gdb", "unix:" + work.file("s"), interface=interface), status=EXIT)
    check_sum(path, before)


def recordings(work, interface):
    path = work.file("r.img")
    make_disk(path)
    before = contents(path)
    files = [work.file("%s%d.hsr" % (interface, i)) for i in range(3)]
    for i, name in enumerate(files):
        hs.run_ok("record", "-o", name, *machine(path, "-accel", "interp" if i == 2 else "jit", interface=interface),
                  status=EXIT)
    hs.check(contents(path) == before, "recording changed the image")
    hs.check(contents(files[0]) == contents(files[1]), "two recordings differ")
    hs.check(contents(files[0]) == contents(files[2]), "the recordings under jit and interp differ")
    hs.run_ok("verify", files[0])
    seeks(work, files[0])
    # A changed image is refused, but not one that is elsewhere or in another format.
    with open(path, "r+b") as f:
        f.seek(300 * 512)
        f.write(b"x")
    code, _, err = hs.run("verify", files[0])
    hs.check(code and "has changed" in err, "a changed image is not noticed: " + err)


def seeks(work, recording):
    """In the middle of requests too: most of the steps are spent waiting for the disk."""
    with hs.Replay(recording, work) as gdb:
        gdb.monitor("goto end")
        end = gdb.icount()
        random.seed(7)
        places = sorted(random.sample(range(end * 9 // 10, end), 30))
        forward = {}
        gdb.goto(places[0])
        for n in places:
            gdb.goto(n)
            forward[n] = gdb.digest()
        random.shuffle(places)
        for n in places:
            gdb.goto(n)
            hs.check(gdb.digest() == forward[n], "the digest at %d depends on how it was come to" % n)


def boot_index(work):
    """The last of three disks is booted when its bootindex is the least."""
    path, other = work.file("boot.img"), work.file("other.img")
    make_disk(path)
    with open(other, "wb") as f:
        f.write(bytes(2000000))
    for device in ("ide-hd", "virtio-blk-pci"):
        drives = ["-drive", "file=%s,format=raw,if=virtio" % other, "-drive", "file=%s,format=raw,if=none,id=x" % other,
                  "-device", "ide-hd,drive=x,bootindex=7", "-drive", "file=%s,format=raw,if=none,id=y" % path,
                  "-device", device + ",drive=y,bootindex=3"]
        hs.run_ok("run", "-m", "16", "-snapshot", *drives, "-device", "isa-debug-exit,iobase=0xf4", "-serial", "null",
                  "-monitor", "none", "-no-reboot", status=EXIT)


def no_firmware(work):
    code, _, err = hs.run("run", "-bios", work.file("none.bin"))
    hs.check(code == 1 and "none.bin" in err, "a missing firmware is not named: " + err)


def from_a_cd(work):
    """GRUB of a rescue CD, on the serial port."""
    if not shutil.which("grub-mkrescue") or not shutil.which("xorriso") or not shutil.which("mformat"):
        hs.skip("grub-mkrescue, xorriso or mtools is not here: no CD was tried; the rest passed")
    os.makedirs(work.file("cd/boot/grub"))
    with open(work.file("cd/boot/grub/grub.cfg"), "w") as f:
        f.write("serial\nterminal_input serial\nterminal_output serial\nset timeout=0\n"
                "menuentry one {\n echo here is GRUB\n echo $grub_platform\n halt\n}\n")
    subprocess.run(["grub-mkrescue", "-o", work.file("cd.iso"), work.file("cd")], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    recording = work.file("cd.hsr")
    hybrid = "file=%s,format=raw,if=" % work.file("cd.iso")  # such an image also boots as a disk
    for how in (["-cdrom", work.file("cd.iso"), "-boot", "d"], ["-drive", hybrid + "ide"],
                ["-drive", hybrid + "virtio"]):
        out = hs.run_ok("record", "-o", recording, "-m", "64", *how, "-serial", "stdio", "-monitor", "none",
                        "-no-reboot")
        hs.check("here is GRUB" in out, "GRUB did not come up with %s:\n%s" % (how, out[-2000:]))
        hs.run_ok("verify", recording)


if not os.path.exists(FIRMWARE):
    hs.skip("the package seabios is not installed")
with hs.Workdir() as work:
    no_firmware(work)
    boot_index(work)
    for interface in ("ide", "virtio"):
        run_writes(work, interface)
        recordings(work, interface)
    from_a_cd(work)
print("SeaBIOS, a boot sector from disk, GRUB from a CD and from disks: booted, recorded, and gone back in")
