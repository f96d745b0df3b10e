"""uboot.py - Debian's U-Boot for Arm as -bios comes to its prompt, is typed at, and is replayed"""
# SPDX-License-Identifier: GPL-3.0-or-later
import hs

folder = hs.guests("uboot")
with hs.Workdir() as work:
    recording = work.file("uboot.hsr")
    text = hs.talk(["record", "-o", recording, "-arch", "arm", "-m", "128", "-no-reboot", "-bios",
                    folder + "/uboot/u-boot-arm.bin"], (b"autoboot", b" "), (b"=> ", b"echo one$arch\n"),
                   (b"onearm", b""), (b"=> ", b"poweroff\n"))
    hs.check(hs.run_ok("replay", recording, "-serial", "stdio").encode() == text, "the replay prints something else")
    hs.run_ok("verify", recording)
print("U-Boot came to its prompt, was typed at, and was replayed")
