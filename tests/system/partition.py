"""partition.py amd64|i386|armhf [OPTIONS] - the whole boot, digested every 100,000 steps, is the same however it is run"""
# SPDX-License-Identifier: GPL-3.0-or-later
import subprocess
import sys

import hs

VARIANTS = "jit-breaks", "jit", "jit-heat2", "jit-restores", "jit-one"  # the longest first; see tests/partition/partition.c

arch = sys.argv[1]
program = hs.os.path.join(hs.BUILD, "tests/partition")
folder = "%s/%s" % (hs.guests(arch), arch)
machine = ["-arch", hs.SYSTEMS[arch], "-m", "256", "-kernel", folder + "/vmlinuz",
           "-initrd", folder + "/initrd.gz", "-append", hs.console(arch), *sys.argv[2:]]


def start(variant, *args):
    return hs.start([program, variant, *machine, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    text=True)


def finish(process):
    out = process.communicate()[0]
    print(out, end="", flush=True)
    return process.returncode == 0


with hs.Workdir() as work:
    reference = work.file("digests")
    hs.check(finish(start("interp", "-write", reference)), "the interpreter's run failed")
    runs = [(v, start(v, "-compare", reference)) for v in VARIANTS[:2]]
    waiting = list(VARIANTS[2:])
    wrong = []
    while runs:
        variant, process = runs.pop(0)
        if not finish(process):
            wrong.append(variant)
        if waiting:
            runs.append((waiting[0], start(waiting.pop(0), "-compare", reference)))
    hs.check(not wrong, "not the same as under the interpreter (I2): " + ", ".join(wrong))
    with open(reference, encoding="ascii") as f:
        n = sum(1 for _ in f)
print("%d digests, the same under %s" % (n, ", ".join(VARIANTS)))
