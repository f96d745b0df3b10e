"""boot.py amd64|i386|armhf|armhf-lpae [MEMORY [KERNEL-OPTIONS [OPTIONS...]]] - Debian's kernel to power-off, recorded, replayed and verified"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import sys

import hs

arch = sys.argv[1]
memory = sys.argv[2] if len(sys.argv) > 2 else "256"
append = sys.argv[3] if len(sys.argv) > 3 else ""
folder = hs.guests(arch)
system = hs.system(arch)
machine = hs.linux_args(folder, arch, append, memory) + [
    "%s/%s/%s" % (folder, arch, a) if a.endswith(".dtb") else a for a in sys.argv[4:]]


def record(path, serial):
    """In QEMU's spelling; the console's text."""
    return hs.run_ok(*machine, "-nographic", "-serial", serial, "-icount", "shift=3,rr=record,rrfile=" + path,
                     program=system)


with hs.Workdir() as work:
    a, b = work.file("a.hsr"), work.file("b.hsr")
    console = record(a, "stdio")
    for line in "init: hello from userland", "init: done", "reboot: Power down":
        hs.check(line in console, "the console does not show '%s':\n%s" % (line, console[-3000:]))

    record(b, "null")
    hs.check(open(a, "rb").read() == open(b, "rb").read(), "two recordings of one boot differ (I1)")

    hs.run_ok("verify", a)
    replayed = hs.run_ok(*machine, "-nographic", "-serial", "stdio", "-icount",
                         "shift=3,rr=replay,rrfile=" + a, program=system)
    hs.check(replayed == console, "the replay's console differs from the recording's")

    size = os.path.getsize(a) >> 20
    hs.check(memory != "256" or size < 300, "the recording takes %d MiB" % size)
    print(hs.run_ok("info", a))
print("booted, recorded twice alike, replayed and verified")
