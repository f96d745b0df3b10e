"""kill9.py [--count N] [--seed N] [amd64] - recordings killed at random moments replay to their last event (I6)"""
# SPDX-License-Identifier: GPL-3.0-or-later
import argparse
import random
import signal
import subprocess
import time

import hs

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=20)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--longest", type=float, default=1.2, help="seconds until the kill, at most")
parser.add_argument("guest", nargs="?")
args = parser.parse_args()
rng = random.Random(args.seed)
machine = hs.linux_args(hs.guests("amd64"), "amd64") if args.guest else hs.own_guest_args()

with hs.Workdir() as work:
    for i in range(args.count):
        path = work.file("killed%d.hsr" % i)
        p = subprocess.Popen([hs.PROGRAM, "record", "-o", path, *machine, "-serial", "stdio"],
                             stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Something typed now and then, so that there are events; the moment of the kill is the random input here.
        end = time.monotonic() + rng.uniform(0.05, args.longest)
        while time.monotonic() < end:
            p.stdin.write(b"x")
            p.stdin.flush()
            time.sleep(0.03)
        p.send_signal(signal.SIGKILL)
        p.wait()
        info = hs.run_ok("info", path)
        hs.check("cut short" in info, "info does not say that the recording was cut short:\n" + info)
        out = hs.run_ok("verify", path)
        print("killed %d: %s" % (i, out.strip().splitlines()[-1] if out.strip() else "verified"))
        hs.run_ok("replay", path, "-serial", "null")
print("%d killed recordings replay to their last event" % args.count)
