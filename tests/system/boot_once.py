"""boot_once.py amd64|i386 MEMORY [KERNEL-OPTIONS] - Debian's kernel to power-off, with QEMU's command line"""
# SPDX-License-Identifier: GPL-3.0-or-later
import sys

import hs

arch, memory = sys.argv[1:3]
folder = hs.guests(arch)
system = hs.PROGRAM + "-system-" + {"amd64": "x86_64", "i386": "i386"}[arch]
console = hs.run_ok(*hs.linux_args(folder, arch, " ".join(sys.argv[3:]), memory), "-nographic", program=system)
for line in "init: hello from userland", "init: done", "reboot: Power down":
    hs.check(line in console, "the console does not show '%s':\n%s" % (line, console[-3000:]))
print("booted to power-off")
