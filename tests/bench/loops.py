"""loops.py - work loops inside the guest: ours recording, against QEMU's TCG that merely runs"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import shutil
import subprocess
import sys
import threading
import time

import lib

# What is timed, in this order, and the most that ours may take of QEMU's time.
BARS = {
    "sha256": 0.65, "gzip": 0.65, "core": 0.65, "qsort": 0.65,
    "matmul": 0.25, "nbody": 0.25,
    "memcpy-4k": 0.30, "memcpy-64k": 0.30, "memcpy-1m": 0.30,
    "memset-4k": 0.30, "memset-64k": 0.30, "memset-1m": 0.30,
    "getppid": 0.80, "pipe": 0.80, "fork": 0.80, "fault": 0.80,
    "x87": 0.50,
    "smc": 0.60, "threaded": 0.60,
}

ARM_BARS = {
    "sha256": 0.75, "gzip": 0.75, "core": 0.75, "qsort": 0.75,
    "matmul": 0.40, "nbody": 0.40, "mandel": 0.40, "fir": 0.40, "blend": 0.40,
}

# What makes a static program, and the files of work/ that are for other processors only.
COMPILERS = {
    "amd64": (["gcc", "-m64"], {"neon.c"}),
    "i386": (["gcc", "-m32", "-msse2", "-mfpmath=sse"], {"neon.c"}),
    "armhf": (["arm-linux-gnueabihf-gcc", "-mfpu=neon"], {"codegen.c", "smc.c", "x87.c"}),
}
PACKAGES = {"amd64": "gcc", "i386": "gcc-multilib", "armhf": "gcc-arm-linux-gnueabihf"}


def build(setup, path):
    compiler, others = COMPILERS[setup.arch]
    source = os.path.join(lib.HERE, "work")
    files = sorted(os.path.join(source, f) for f in os.listdir(source) if f.endswith(".c") and f not in others)
    # -no-pie and -g: tests that set breakpoints in it know where it is. -fno-gcse keeps each jump of the
    # threaded interpreter apart, as its authors mean it.
    command = [*compiler, "-O2", "-g", "-static", "-no-pie", "-fno-gcse", "-o", path, *files, "-lm"]
    if not shutil.which(compiler[0]) or subprocess.run(command).returncode:
        sys.exit("bench: %s cannot build the loops for %s: is %s installed?" %
                 (compiler[0], setup.arch, PACKAGES[setup.arch]))


def make_initrd(setup):
    """The cached initrd with another archive behind it: our loops, built here, and their init."""
    path = setup.file("loops.gz")
    setup.loops = setup.file("work.elf")
    if os.path.exists(path):
        return path
    folder = setup.file("overlay")
    bench = os.path.join(folder, "bench")
    os.makedirs(bench)
    build(setup, setup.loops)
    subprocess.run(["strip" if setup.arch != "armhf" else "arm-linux-gnueabihf-strip", "-o", bench + "/work",
                    setup.loops], check=True)
    with open(os.path.join(lib.HERE, "work/init")) as f, open(bench + "/init", "w") as g:
        g.write(f.read())
    os.chmod(bench + "/init", 0o755)
    archive = subprocess.run("find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0 | gzip -9n", shell=True,
                             cwd=folder, stdout=subprocess.PIPE, check=True).stdout
    with open(setup.guest + "/initrd.gz", "rb") as f, open(path, "wb") as g:
        g.write(f.read() + archive)
    return path


class Marks:
    """Reads a guest's console and takes the time when a mark comes."""

    def __init__(self, process):
        self.process = process
        self.seconds = {} # by name
        self.output = {}  # what the loop printed: it must be the same everywhere
        self.log = []
        self.name = None

    def line(self, line):
        self.log.append(line)
        line = line[max(line.find("@@ "), 0):]  # what the firmware wrote last may have no end of line
        if not line.startswith("@@ "):
            if self.name:
                self.output[self.name] = self.output.get(self.name, "") + line + "\n"
            return
        now, cpu = time.monotonic(), lib.busiest_thread(self.process.pid)
        if self.name and line == "@@ end":
            self.seconds[self.name] = lib.Seconds(now - self.start, cpu - self.cpu)
            self.name = None
        else:
            self.name, self.start, self.cpu = line[3:], now, cpu

    def read(self, until=None):
        """To the end, or to that of one loop."""
        for line in self.process.stdout:
            self.line(line.decode(errors="replace").strip())
            if until in self.seconds:
                break


def run(command, names, timeout):
    """Boots, and returns the marks; ends the benchmark if a loop is missing."""
    p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    killer = threading.Timer(timeout, p.kill)
    killer.start()
    marks = Marks(p)
    marks.read()
    p.wait()
    killer.cancel()
    missing = [n for n in names if n not in marks.seconds]
    if missing or p.returncode:
        sys.exit("bench: %s\nended with status %d without %s:\n%s" %
                 (" ".join(command), p.returncode, ", ".join(missing) or "an error of the loops",
                  "\n".join(marks.log[-30:])))
    return marks


def measure(setup, figures, names):
    if not names:
        return
    options = setup.options
    initrd = make_initrd(setup)
    machine = setup.machine(initrd, "quiet rdinit=/bench/init bench=" + ",".join(names))
    recording = setup.file("loops.hsr")
    record = [setup.ours, *machine, "-icount", "shift=%d,rr=record,rrfile=%s" % (options.shift, recording)]
    for number in range(options.rounds):
        lib.say("loops, round %d of %d: ours" % (number + 1, options.rounds))
        ours = run(record, names, options.timeout)
        os.remove(recording)
        lib.say("loops, round %d of %d: QEMU" % (number + 1, options.rounds))
        theirs = run([setup.theirs, *machine], names, options.timeout)
        for name in names:
            if ours.output.get(name) != theirs.output.get(name):
                sys.exit("bench: %s gave another result than under QEMU:\n%s%s" %
                         (name, ours.output.get(name), theirs.output.get(name)))
            figures.add(name, ours.seconds[name], theirs.seconds[name], names[name])
            lib.say("  %-12s %6.2f %6.2f" % (name, ours.seconds[name].wall, theirs.seconds[name].wall))
