"""rr_arm.py armhf|armhf-lpae - the line of QEMU's developers under which its replay froze: recorded twice, replayed, verified"""
# SPDX-License-Identifier: GPL-3.0-or-later
import sys

import hs
from typed import Typed

arch = sys.argv[1]
folder = hs.guests(arch)


def line(way, recording, more=()):
    """As they wrote it, but for the program's name; what `more` holds is ours."""
    return [hs.system(arch), *("-machine virt -smp 1 -m 4096 -cpu cortex-a15 -kernel %s/%s/vmlinuz "
            "-append console=ttyAMA0 -serial mon:stdio -net none -icount shift=7,rr=%s,rrfile=%s" %
            (folder, arch, way, recording)).split(), *more]


def complete(work):
    """With an initial RAM disk: to userland, and to its own end."""
    initrd = ["-initrd", "%s/%s/initrd.gz" % (folder, arch)]
    recordings = [work.file("%d.bin" % i) for i in range(2)]
    consoles = [Typed(*line("record", r, initrd), cwd=work.path).finish() for r in recordings]
    for text in "init: hello from userland on armv7l", "init: done", "reboot: Power down":
        hs.check(text in consoles[0], "the console does not show '%s':\n%s" % (text, consoles[0][-3000:]))
    hs.check(consoles[0] == consoles[1], "the consoles of two recordings differ")
    with open(recordings[0], "rb") as a, open(recordings[1], "rb") as b:
        hs.check(a.read() == b.read(), "two recordings differ")
    replayed = Typed(*line("replay", recordings[0], initrd), cwd=work.path).finish()
    hs.check(replayed == consoles[0], "the replay's console differs:\n" + replayed[-3000:])
    hs.run_ok("verify", recordings[0])


def without_root(work):
    """The line alone: the kernel finds no root, panics and stays; its user leaves by the monitor's key."""
    recording = work.file("panic.bin")
    guest = Typed(*line("record", recording), cwd=work.path)
    guest.expect("end Kernel panic - not syncing: VFS: Unable to mount root fs")
    guest.expect("\n")
    guest.type("\x01x")
    console = guest.finish()
    guest = Typed(*line("replay", recording), cwd=work.path)
    guest.expect("end Kernel panic - not syncing: VFS: Unable to mount root fs")
    hs.check(guest.finish() == console, "the replay's console differs:\n" + console[-3000:])
    hs.run_ok("verify", recording)


with hs.Workdir() as work:
    complete(work)
    without_root(work)
print("recorded twice alike, replayed and verified")
