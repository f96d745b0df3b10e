"""flash.py - U-Boot saves its environment in flash memory; recorded, replayed, kept; and finds its device tree after a reset"""
# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import subprocess

import hs


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def has_environment(path):
    with open(path, "rb") as f:
        return b"\0hello=world\0" in f.read()


SAVE = (b"autoboot", b" "), (b"=> ", b"setenv hello world; saveenv\n"), (b"OK", b"")
AGAIN = (b"autoboot", b" "), (b"=> ", b"printenv hello\n"), (b"hello=world", b""), (b"=> ", b"poweroff\n")
# The tree is overwritten: without a new one U-Boot would not come to its prompt again.
RESET = (b"=> ", b"mw.l 40000000 0 1000; reset\n"),

folder = hs.guests("uboot")
with hs.Workdir() as work:
    image, other, recording, export = (work.file(n) for n in ("flash", "other", "a.hsr", "export.raw"))
    subprocess.run(["truncate", "-s", "64M", image, other], check=True)
    machine = ["-arch", "arm", "-m", "128", "-bios", folder + "/uboot/u-boot-arm.bin"]
    drive = ["-drive", "if=pflash,unit=1,format=raw,file=" + image]
    before = digest(image)

    text = hs.talk(["record", "-o", recording, *machine, *drive], *SAVE, *RESET, *AGAIN)
    hs.check(text.count(b"bad CRC") == 1, "the environment was not found again:\n" + text.decode(errors="replace"))
    hs.check(digest(image) == before, "the recording changed the image")
    hs.check(hs.run_ok("replay", recording, "-serial", "stdio").encode() == text, "the replay prints something else")
    hs.run_ok("verify", recording)
    hs.run_ok("verify", recording, "-accel", "interp")
    hs.run_ok("disk", recording, "-o", export)
    raw = work.file("export2.raw")
    subprocess.run(["qemu-img", "convert", "-O", "raw", export, raw], check=True)
    hs.check(has_environment(raw), "the disk of the recording's end does not have the environment")

    hs.talk(["run", *machine, *drive], *SAVE, (b"=> ", b"poweroff\n"))
    hs.check(has_environment(image), "a plain run did not write the image")
    with open(folder + "/uboot/u-boot-arm.bin", "rb") as f, open(other, "r+b") as bank:
        bank.write(f.read())
    hs.talk(["run", *machine[:4], "-pflash", other, "-pflash", image], *AGAIN)

    code, _, err = hs.run("run", *machine, "-pflash", other, "-serial", "null")
    hs.check(code == 1 and "first bank" in err, "-bios and -pflash together: " + err)
    subprocess.run(["truncate", "-s", "1M", other], check=True)
    code, _, err = hs.run("run", *machine, "-drive", "if=pflash,index=1,file=" + other, "-serial", "null")
    hs.check(code == 1 and "64 MiB" in err, "a small image: " + err)
print("flash: an environment was saved, kept, found again and replayed")
