"""lib.py - what the benchmarks share: builds, guests, timed programs, and the table of figures"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import select
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TICK = os.sysconf("SC_CLK_TCK")


def fetch(guest):
    """The folder of tests/guests.sh with this guest in it; ends the benchmark without."""
    p = subprocess.run([os.path.join(ROOT, "tests/guests.sh"), guest], stdout=subprocess.PIPE, text=True)
    if p.returncode:
        sys.exit(p.returncode)
    return p.stdout.strip()


def bars(module, arch):
    """The figures of a module for this architecture: the bar of each, or None."""
    return getattr(module, "ARM_BARS", {}) if arch == "armhf" else module.BARS


class Guest:
    """Where a guest is, and a folder for what is made of it."""

    def __init__(self, arch, folder, work):
        self.arch, self.guest, self.work = arch, folder, work

    def file(self, name):
        return os.path.join(self.work, name)


class Setup(Guest):
    """One architecture's programs and guest, and a folder for what is made on the way."""

    def __init__(self, options, work):
        self.options = options
        self.system = {"amd64": "x86_64", "i386": "i386", "armhf": "arm"}[options.arch]
        self.build = os.path.abspath(options.build)
        self.program = os.path.join(self.build, "hindsight")
        self.ours = os.path.join(self.build, "hindsight-system-" + self.system)
        self.theirs = shutil.which("qemu-system-" + self.system)
        if not os.access(self.ours, os.X_OK):
            sys.exit("bench: %s is not there; build first, or say --build FOLDER" % self.ours)
        if not self.theirs:
            sys.exit("bench: qemu-system-%s is not installed; there is nothing to compare with" % self.system)
        super().__init__(options.arch, os.path.join(fetch(options.arch), options.arch), work)

    def machine(self, initrd=None, append=""):
        board, port = (["-M", "virt", "-cpu", "cortex-a15"], "ttyAMA0") if self.arch == "armhf" else ([], "ttyS0")
        return [*board, "-m", "256", "-no-reboot", "-nographic", "-net", "none",
                "-kernel", self.guest + "/vmlinuz", "-initrd", initrd or self.guest + "/initrd.gz",
                "-append", ("console=%s %s" % (port, append)).strip()]


def busiest_thread(pid):
    """Seconds of CPU time of the process's busiest thread: where the guest runs, in ours and in QEMU."""
    most = 0
    try:
        for thread in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/stat" % (pid, thread)) as f:
                fields = f.read().rpartition(")")[2].split()
            most = max(most, int(fields[11]) + int(fields[12]))
    except OSError:
        pass  # it has just ended
    return most / TICK


class Seconds:
    """How long something took by the clock, and of the CPU's time."""

    def __init__(self, wall, cpu):
        self.wall, self.cpu = wall, cpu


def timed(command, timeout):
    """Runs it to its end. None if it had to be killed; any other failure ends the benchmark."""
    start = time.monotonic()
    p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    tail, cpu, data = b"", 0, b"-"
    while data:
        if select.select([p.stdout], [], [], 0.05)[0]:
            data = os.read(p.stdout.fileno(), 65536)
            tail = (tail + data)[-4000:]
        cpu = max(cpu, busiest_thread(p.pid))
        if time.monotonic() - start > timeout:
            p.kill()
            p.communicate()
            return None
    p.wait()
    wall = time.monotonic() - start
    p.stdout.close()
    if p.returncode:
        sys.exit("bench: %s\nended with status %d\n%s" % (" ".join(command), p.returncode,
                                                          tail.decode(errors="replace")))
    return Seconds(wall, cpu)


def say(text):
    print(text, file=sys.stderr, flush=True)


class Figures:
    """Pairs of measurements by name, and the table that they make."""

    def __init__(self):
        self.rows = {}

    def add(self, name, ours, theirs, bar, note=""):
        """One pair. theirs is None when there is nothing to compare with: then bar is in seconds."""
        row = self.rows.setdefault(name, {"pairs": [], "bar": bar, "note": note})
        row["pairs"].append((ours, theirs))

    @staticmethod
    def ratio(pairs, of, least):
        pairs = [(of(a), of(b)) for a, b in pairs if of(b)]
        if not pairs:
            return None
        if least:
            return min(a for a, _ in pairs) / min(b for _, b in pairs)
        return statistics.median(a / b for a, b in pairs)

    def print(self, least, cpu_decides):
        """Ratios are medians of the pairs' ratios, or of the least of each side. True if no bar is passed."""
        middle = min if least else statistics.median
        good = True
        print("%-28s %9s %9s %7s %7s %6s" % ("figure", "ours", "theirs", "ratio", "by CPU", "bar"))
        for name, row in self.rows.items():
            pairs, bar = row["pairs"], row["bar"]
            ours = middle(a.wall for a, _ in pairs)
            if pairs[0][1] is None:
                verdict = "" if bar is None else "ok" if ours <= bar else "OVER"
                print("%-28s %7.1fms %9s %7s %7s %6s  %s%s" %
                      (name, ours * 1000, "", "", "", "" if bar is None else "%dms" % (bar * 1000), verdict,
                       row["note"]))
            else:
                theirs = middle(b.wall for _, b in pairs)
                wall = self.ratio(pairs, lambda s: s.wall, least)
                cpu = self.ratio(pairs, lambda s: s.cpu, least)
                judged = cpu if cpu_decides and cpu else wall
                verdict = "" if bar is None else "ok" if judged <= bar else "OVER"
                print("%-28s %8.2fs %8.2fs %7.2f %7s %6s  %s%s" %
                      (name, ours, theirs, wall, "" if cpu is None else "%.2f" % cpu,
                       "" if bar is None else "%.2f" % bar, verdict, row["note"]))
            good = good and verdict != "OVER"
        return good
