"""firmware.py - Debian's U-Boot ROM to its prompt and commands there; memtest86+ through its first tests"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import select
import subprocess
import time

import hs


class Guest:
    """A machine whose first serial port is a pipe."""

    def __init__(self, *args):
        self.p = hs.start([hs.PROGRAM, "run", *args, "-no-reboot", "-monitor", "none", "-serial", "stdio"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.text, self.seen = "", 0

    def expect(self, pattern, timeout=hs.PATIENCE, on_output=""):
        """Waits for a regular expression in what was not looked at yet; returns the text up to its end. What is to be
        typed on_output is so at each piece of output on the way there."""
        end = time.monotonic() + timeout
        while not (match := re.search(pattern, self.text[self.seen:])):
            left = end - time.monotonic()
            ready = left > 0 and select.select([self.p.stdout], [], [], left)[0]
            data = os.read(self.p.stdout.fileno(), 65536) if ready else b""
            hs.check(data, "waited in vain for %r after:\n%s" % (pattern, self.text[-2000:]))
            self.text += data.decode(errors="replace")
            if on_output:
                self.type(on_output)
        start, self.seen = self.seen, self.seen + match.end()
        return self.text[start:self.seen]

    def type(self, text):
        self.p.stdin.write(text.encode())
        self.p.stdin.flush()

    def command(self, line):
        self.type(line + "\r")
        self.expect(re.escape(line) + r"\r?\n")  # the echo
        return self.expect("=> ")

    def end(self):
        self.p.kill()
        self.p.wait()


def u_boot(rom):
    # Without a display: U-Boot runs the VGA BIOS in real mode, where that reads beyond 64 KiB of a segment (at
    # c000:3b5a of SeaBIOS 1.16's stdvga); a processor that looks at limits stops there, and so does ours.
    guest = Guest("-m", "64", "-vga", "none", "-bios", rom)
    # Its two seconds for a key may be over before we have read that they began.
    guest.expect("=> ", on_output=" ")
    hs.check("U-Boot 20" in guest.command("version"), "version says nothing")
    guest.command("mw.l 100000 12345678 4")
    guest.command("mw.b 100005 ab")
    out = guest.command("md.l 100000 2")
    hs.check("00100000: 12345678 1234ab78" in out, "memory is not what was written:\n" + out)
    hs.check(re.search(r"size\s*= 0x0*4000000\b", guest.command("bdinfo")), "bdinfo does not see 64 MiB")
    hs.check("0x1237" in guest.command("pci"), "the host bridge is not on the PCI bus")
    guest.type("reset\r")
    hs.check(guest.p.wait(timeout=hs.PATIENCE) == 0, "reset with -no-reboot does not end the program with status 0")


def memtest(binary):
    guest = Guest("-m", "16", "-kernel", binary, "-append", "console=ttyS0,115200")
    guest.expect(r"#5  \[")
    errors = re.findall(r"Errors: *(\d+)", guest.text)
    hs.check(errors and not any(int(n) for n in errors), "memtest86+ found errors: %s" % errors[-1:])
    guest.end()


folder = hs.guests("uboot", "memtest")
u_boot(folder + "/uboot/u-boot.rom")
memtest(folder + "/memtest/memtest64.bin")
print("U-Boot's prompt, memtest86+'s first tests: good")
