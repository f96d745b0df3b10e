"""random.py - random bytes by RDRAND, RDSEED and virtio-rng: recorded and replayed, or from a seed"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import subprocess

import hs

SCRIPT = """
/random
wait_for /dev/hwrng
cat /sys/class/misc/hw_random/rng_current
head -c 64 /dev/hwrng | md5sum
head -c 10000 /dev/hwrng | gzip | wc -c
"""


def drawn(console):
    """All that was random, as text."""
    values = re.findall(r"rd(?:rand|seed) \d: (\w+) 1", console)
    hs.check(len(values) == 7 and len(set(values)) == 7, "RDRAND or RDSEED has no values:\n" + console[-3000:])
    hs.check("virtio_rng.0" in console, "there is no virtio-rng:\n" + console[-3000:])
    md5 = re.search(r"([0-9a-f]{32})  -\s+(\d+)\s", console)
    hs.check(md5 and int(md5[2]) > 9900, "the bytes are not random:\n" + console[-3000:])
    return values + [md5[1]]


def read(path):
    with open(path, "rb") as f:
        return f.read()


with hs.Workdir() as work:
    program = work.file("random")
    subprocess.run(["cc", "-O1", "-static", "-o", program, os.path.join(hs.ROOT, "tests/guest/random.c")], check=True)
    machine = hs.driver_args(hs.guests("drivers-amd64"), "amd64", work, SCRIPT, files=[program])
    machine += ["-cpu", "max", "-device", "virtio-rng-pci,rng=r", "-object", "rng-random,id=r,filename=/dev/urandom",
                "-icount", "shift=3,sleep=off", "-serial", "stdio"]
    a, b = work.file("a.hsr"), work.file("b.hsr")

    console = hs.run_ok("record", "-o", a, *machine)
    hs.check(hs.run_ok("replay", a, "-serial", "stdio") == console, "the replay's console differs")
    hs.run_ok("verify", a)

    seeded = hs.run_ok("record", "-o", a, *machine, "-seed", "7")
    hs.run_ok("record", "-o", b, *machine, "-seed", "7", "-accel", "jit,warm=2")
    hs.check(read(a) == read(b), "two recordings with one seed differ (I1)")
    hs.check(not set(drawn(seeded)) & set(drawn(console)), "the seed makes no difference")
print("the same bytes in the replay; and with a seed in every run")
