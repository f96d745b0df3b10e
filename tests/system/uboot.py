"""uboot.py - Debian's U-Boot for Arm as -bios comes to its prompt, is typed at, and is replayed"""
# SPDX-License-Identifier: GPL-3.0-or-later
import subprocess

import hs


class Console:
    """The guest's serial port."""

    def __init__(self, process):
        self.process, self.text, self.seen = process, b"", 0

    def read(self):
        data = self.process.stdout.read(1)
        self.text += data
        return data

    def shown(self):
        return self.text.decode(errors="replace")

    def expect(self, wanted, on_line=None):
        """Until it is shown, behind what was waited for before; types something at each line on the way there."""
        while wanted not in self.text[self.seen:]:
            data = self.read()
            hs.check(data, "'%s' does not come:\n%s" % (wanted.decode(), self.shown()))
            if data == b"\n" and on_line:
                self.type(on_line)
        self.seen = len(self.text)

    def type(self, text):
        self.process.stdin.write(text)


folder = hs.guests("uboot")
with hs.Workdir() as work:
    recording = work.file("uboot.hsr")
    p = hs.start([hs.PROGRAM, "record", "-o", recording, "-arch", "arm", "-m", "128", "-no-reboot", "-bios",
                  folder + "/uboot/u-boot-arm.bin", "-serial", "stdio", "-monitor", "none"], bufsize=0,
                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    console = Console(p)
    # Its two seconds for a key may be over before we have read that they began: there are keys from the first line on.
    console.expect(b"=> ", on_line=b" ")
    console.type(b"echo one$arch\n")
    console.expect(b"onearm")
    console.expect(b"=> ")
    console.type(b"poweroff\n")
    while console.read():
        pass
    hs.check(p.wait(hs.PATIENCE) == 0, "exit status %d\n%s" % (p.returncode, console.shown()))
    hs.check(hs.run_ok("replay", recording, "-serial", "stdio").encode() == console.text, "the replay prints something else")
    hs.run_ok("verify", recording)
print("U-Boot came to its prompt, was typed at, and was replayed")
