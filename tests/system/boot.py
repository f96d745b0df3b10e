"""boot.py ARCH - Debian's kernel to power-off: recorded twice, verified, replayed, also in QEMU's spelling"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import sys

import hs

arch = sys.argv[1]
memory = sys.argv[2] if len(sys.argv) > 2 else "256"
folder = hs.guests(arch)
machine = hs.linux_args(folder, arch, memory=memory)
system = hs.PROGRAM + "-system-" + {"amd64": "x86_64", "i386": "i386"}[arch]


def shows_boot(text):
    for line in "init: hello from userland", "init: done", "reboot: Power down":
        hs.check(line in text, "the console does not show '%s':\n%s" % (line, text[-3000:]))


with hs.Workdir() as work:
    a, b, q = work.file("a.hsr"), work.file("b.hsr"), work.file("q.hsr")
    out, _, _ = hs.run(*machine, "-nographic", "-icount", "shift=3,rr=record,rrfile=" + q, program=system)[1], 0, 0
    shows_boot(out)
    again = hs.run(*machine, "-nographic", "-icount", "shift=3,rr=replay,rrfile=" + q, program=system)
    hs.check(again[0] == 0, "the replay in QEMU's spelling failed: " + again[2])
    hs.check(again[1] == out, "the replay's console differs from the recording's")

    for path in a, b:
        hs.run_ok("record", "-o", path, *({"i386": ["-M", "pc"]}.get(arch, [])), *machine, "-serial", "null",
                  program=hs.PROGRAM) if arch == "amd64" else \
            hs.run_ok(*machine, "-nographic", "-serial", "null", "-icount", "shift=3,rr=record,rrfile=" + path,
                      program=system)
    hs.check(open(a, "rb").read() == open(b, "rb").read(), "two recordings of one boot differ (I1)")
    hs.run_ok("verify", a)
    size = os.path.getsize(a)
    hs.check(memory != "256" or size < 300 << 20, "the recording takes %d MiB" % (size >> 20))
    print(hs.run_ok("info", a))
print("booted, recorded, replayed and verified")
