"""codegen.py [SECONDS [TB-SIZE [run|record]]] - a guest that keeps making code does not make our memory grow"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import hs

sys.path.insert(1, os.path.join(hs.ROOT, "tests/bench"))
import lib
import loops

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 30
TB_SIZE = int(sys.argv[2]) if len(sys.argv) > 2 else 16
VERB = sys.argv[3] if len(sys.argv) > 3 else "run"
MEMORY = 96    # MiB of the guest's
OTHER = 80     # MiB for all that is neither the guest's memory nor translations
GROWTH = 4     # MiB that may come and go
HISTORY = 512 + MEMORY if VERB == "record" else 0  # budget of snapshots in memory: it may be filled
BLOCK = 1000   # bytes that one of the functions takes, translated: three blocks of 400 and more


def resident(pid):
    """MiB of the host's memory; what is mapped twice counts once."""
    with open("/proc/%d/smaps_rollup" % pid) as f:
        return int(re.search(r"^Pss:\s+(\d+) kB", f.read(), re.M).group(1)) / 1024


class Beats:
    """The guest's console: how many functions it has made."""

    def __init__(self, process):
        self.process, self.functions, self.failed = process, 0, None
        self.first = threading.Event()
        self.text = ""
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            line = line.decode(errors="replace")
            self.text = (self.text + line)[-3000:]
            beat = re.search(r"@@ beat \d+: (\d+) functions", line)
            if beat:
                self.functions = int(beat.group(1))
                self.first.set()
            elif "@@ failed" in line:
                self.failed = line
        self.first.set()


def enough(beats):
    """All translations have been forgotten a few times."""
    return beats.functions * BLOCK > 4 * TB_SIZE << 20


def watch(process, beats):
    """One sample each quarter of a second; longer than was said where the machine is slow."""
    samples, start = [], time.monotonic()
    while process.poll() is None and not beats.failed:
        passed = time.monotonic() - start
        if passed > SECONDS and (enough(beats) or passed > SECONDS + 300):
            break
        samples.append(resident(process.pid))
        time.sleep(0.25)
    hs.check(process.poll() is None and not beats.failed, "the guest ended:\n" + beats.text)
    return samples


def main():
    if not shutil.which("gcc"):
        hs.skip("there is no gcc for the guest's program")
    with hs.Workdir() as work:
        guest = os.path.join(hs.guests("amd64"), "amd64")
        initrd = loops.make_initrd(lib.Guest("amd64", guest, work.path))
        options = ["-o", work.file("codegen.hsr")] if VERB == "record" else []
        process = hs.start(
            [hs.PROGRAM, VERB, *options, "-m", str(MEMORY), "-kernel", guest + "/vmlinuz", "-initrd", initrd,
             "-append", "console=ttyS0 quiet rdinit=/bench/init bench=codegen",
             "-accel", "jit,tb-size=%d" % TB_SIZE, "-monitor", "none", "-serial", "stdio"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        try:
            beats = Beats(process)
            hs.check(beats.first.wait(300) and beats.functions, "the guest's program did not start:\n" + beats.text)
            samples = watch(process, beats)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    third = len(samples) // 3
    middle, last = max(samples[third:2 * third]), max(samples[2 * third:])
    print("%d functions made; MiB at the start %.0f, most in the second third %.0f, in the last %.0f"
          % (beats.functions, samples[0], middle, last))
    hs.check(enough(beats), "too few functions to fill the memory for translations")
    bound = MEMORY + TB_SIZE + HISTORY + OTHER
    hs.check(HISTORY or last <= middle + GROWTH, "memory grows")
    hs.check(last <= bound, "more memory than %d MiB" % bound)


main()
