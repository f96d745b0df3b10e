"""userland.py - a program that faults in many ways says in the guest what it says on the host's processor"""
# SPDX-License-Identifier: GPL-3.0-or-later
import gzip
import os
import shutil
import subprocess

import hs

INIT = """#!/bin/busybox sh
echo BEGIN
/faults
echo END
/bin/busybox poweroff -f
"""


def initrd(work, folder, program):
    """Debian's busybox with our program and init: a later archive's files take the place of an earlier one's."""
    root = work.file("root")
    os.mkdir(root)
    shutil.copy(program, root + "/faults")
    with open(root + "/init", "w") as f:
        f.write(INIT)
    os.chmod(root + "/init", 0o755)
    ours = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input=b".\ninit\nfaults\n", cwd=root,
                          stdout=subprocess.PIPE, check=True).stdout
    path = work.file("initrd.gz")
    with open(folder + "/amd64/initrd.gz", "rb") as base, open(path, "wb") as f:
        f.write(base.read() + gzip.compress(ours, 1, mtime=0))
    return path


with hs.Workdir() as work:
    source, program = os.path.join(hs.ROOT, "tests/guest/faults.c"), work.file("faults")
    subprocess.run(["cc", "-O1", "-static", "-no-pie", "-o", program, source, "-lm"], check=True)
    expected = subprocess.run([program], stdout=subprocess.PIPE, text=True, check=True).stdout
    folder = hs.guests("amd64")
    console = hs.run_ok("run", "-m", "256", "-cpu", "max", "-no-reboot", "-nographic",
                        "-kernel", folder + "/amd64/vmlinuz", "-initrd", initrd(work, folder, program),
                        "-append", "console=ttyS0 loglevel=1", timeout=600).replace("\r", "")
    lines = console[console.find("BEGIN\n") + 6:console.find("END\n")].splitlines()
    wanted = expected.splitlines()
    hs.check(len(wanted) > 30 and len(lines) == len(wanted),
             "the program did not run to its end:\n" + console[-2000:])
    for got, want in zip(lines, wanted):
        hs.check(got == want, "guest: %s\nhost:  %s" % (got, want))
print("%d faults as on the host" % len(wanted))
