"""kill9.py [--count N] [--seed N] [amd64|i386|armhf] - recordings killed at random moments replay to their last event (I6)"""
# SPDX-License-Identifier: GPL-3.0-or-later
import argparse
import os
import random
import signal
import subprocess
import time

import hs

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=20)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("guest", nargs="?")
args = parser.parse_args()
rng = random.Random(args.seed)
machine = hs.own_guest_args()
if args.guest:
    machine = ["-arch", hs.SYSTEMS[args.guest], *hs.linux_args(hs.guests(args.guest), args.guest)]


def start(path):
    return hs.start([hs.PROGRAM, "record", "-o", path, *machine, "-serial", "stdio"], bufsize=0,
                    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def begun(path):
    """Before its configuration is in the file nothing is recorded, and `info` says so and fails."""
    return os.path.exists(path) and b"SRCS" in open(path, "rb").read(4096)


def record_until(path, seconds):
    """Types something now and then, so that there are events; False if the guest ended before the kill."""
    if os.path.exists(path):
        os.remove(path)
    p = start(path)
    while not begun(path) and p.poll() is None:
        time.sleep(0.001)
    end = time.monotonic() + seconds
    while time.monotonic() < end and p.poll() is None:
        try:
            p.stdin.write(b"x")
        except BrokenPipeError:
            break
        time.sleep(0.005)  # the moment of the kill is the random input of this test
    p.send_signal(signal.SIGKILL)
    p.communicate()
    return p.returncode == -signal.SIGKILL


with hs.Workdir() as work:
    began = time.monotonic()
    start(work.file("whole.hsr")).communicate()
    whole = time.monotonic() - began
    for i in range(args.count):
        path = work.file("killed%d.hsr" % i)
        info = "complete"
        while "complete" in info:  # the guest's own end came before the kill, or while the file was closed
            if record_until(path, rng.uniform(0, whole)):
                info = hs.run_ok("info", path)
        hs.check("cut short" in info, "info does not say that the recording was cut short:\n" + info)
        out = hs.run_ok("verify", path)
        print("killed %d: %s" % (i, out.strip().splitlines()[-1] if out.strip() else "verified"))
        hs.run_ok("replay", path, "-serial", "null")
print("%d killed recordings replay to their last event" % args.count)
