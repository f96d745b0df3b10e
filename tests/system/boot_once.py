"""boot_once.py amd64|i386|armhf|armhf-lpae MEMORY [KERNEL-OPTIONS [OPTIONS...]] - Debian's kernel to power-off, with QEMU's command line"""
# SPDX-License-Identifier: GPL-3.0-or-later
import sys

import hs

arch, memory = sys.argv[1:3]
folder = hs.guests(arch)
append = sys.argv[3] if len(sys.argv) > 3 else ""
console = hs.run_ok(*hs.linux_args(folder, arch, append, memory), *sys.argv[4:], "-nographic", program=hs.system(arch))
for line in "init: hello from userland", "init: done", "reboot: Power down":
    hs.check(line in console, "the console does not show '%s':\n%s" % (line, console[-3000:]))
print("booted to power-off")
