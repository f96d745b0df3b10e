"""firmware_arm.py - U-Boot and EDK II on virt start Debian's kernel that -kernel names; EDK II keeps its variables in flash"""
# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import shutil

import hs

LINUX = "init: hello from userland", "init: done", "reboot: Power down"


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def check_console(text):
    for line in LINUX:
        hs.check(line in text, "the console does not show '%s':\n%s" % (line, text[-3000:]))


folder = hs.guests("armhf", "uboot", "efi-armhf")
with hs.Workdir() as work:
    machine = hs.linux_args(folder, "armhf", "panic=1")
    recording, variables = work.file("a.hsr"), work.file("vars.fd")

    # U-Boot takes the kernel from fw_cfg, by DMA, and puts the command line into its tree where that is.
    load = b"qfw load ${kernel_addr_r} ${ramdisk_addr_r}; "
    boot = b"bootz ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdtcontroladdr}\n"
    text = hs.talk(["record", "-o", recording, "-arch", "arm", *machine, "-bios", folder + "/uboot/u-boot-arm.bin"],
                   (b"autoboot", b" "), (b"=> ", load + boot)).decode(errors="replace")
    check_console(text)
    hs.run_ok("verify", recording)

    # EDK II starts it as an EFI program.
    shutil.copy(folder + "/efi-armhf/vars.fd", variables)
    before = digest(variables)
    machine[1] = "512"
    machine += ["-drive", "if=pflash,format=raw,readonly=on,file=%s/efi-armhf/code.fd" % folder, "-drive",
                "if=pflash,format=raw,file=" + variables, "-serial", "stdio", "-monitor", "none"]
    text = hs.run_ok("record", "-o", recording, "-arch", "arm", *machine)
    hs.check("EFI stub" in text, "it was not started by firmware:\n" + text[:2000])
    check_console(text)
    hs.check(digest(variables) == before, "the recording changed the image of the flash")
    hs.check(hs.run_ok("replay", recording, "-serial", "stdio") == text, "the replay prints something else")
    hs.run_ok("verify", recording)
    check_console(hs.run_ok("run", "-arch", "arm", *machine))
    hs.check(digest(variables) != before, "a plain run keeps no variables")
print("U-Boot and EDK II started the kernel; variables were kept")
