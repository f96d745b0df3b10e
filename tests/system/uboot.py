"""uboot.py - Debian's U-Boot for Arm as -bios comes to its prompt, is typed at, and is replayed"""
# SPDX-License-Identifier: GPL-3.0-or-later
import subprocess
import threading

import hs

folder = hs.guests("uboot")
with hs.Workdir() as work:
    recording = work.file("uboot.hsr")
    p = subprocess.Popen([hs.PROGRAM, "record", "-o", recording, "-arch", "arm", "-m", "128", "-no-reboot", "-bios",
                          folder + "/uboot/u-boot-arm.bin", "-serial", "stdio", "-monitor", "none"], bufsize=0,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    watchdog = threading.Timer(240, p.kill)
    watchdog.start()
    text = b""
    for wanted, answer in ((b"autoboot", b" "), (b"=> ", b"echo one$arch\n"), (b"onearm", b""), (b"=> ", b"poweroff\n"),
                           (None, b"")):
        seen = len(text)
        while wanted is None or wanted not in text[seen:]:
            data = p.stdout.read(1)
            if not data:
                break
            text += data
        hs.check(wanted is None or wanted in text[seen:], "'%s' does not come:\n%s" % (wanted, text.decode(errors="replace")))
        if answer:
            p.stdin.write(answer)
    hs.check(p.wait(60) == 0, "exit status %d\n%s" % (p.returncode, text.decode(errors="replace")))
    watchdog.cancel()
    hs.check(hs.run_ok("replay", recording, "-serial", "stdio").encode() == text, "the replay prints something else")
    hs.run_ok("verify", recording)
print("U-Boot came to its prompt, was typed at, and was replayed")
