"""interactive.py [--count N] [--seed N] [amd64|i386|armhf] - commands typed at a real guest's shell while recording replay alike"""
# SPDX-License-Identifier: GPL-3.0-or-later
import argparse
import os
import pty
import random
import subprocess
import time
import tty

import hs

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=1)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("arch", nargs="?", default="amd64")
args = parser.parse_args()
rng = random.Random(args.seed)
COMMANDS = ["uname -a", "ls /bin | head -5", "echo $((6*7))", "cat /proc/uptime", "ps | head -4",
            "head -c 4 /dev/urandom | od -x", "sleep 0.3", "date", "cat /proc/interrupts | head -6"]


class Console:
    """The guest's serial port on a terminal of ours."""

    def __init__(self, fd):
        self.fd, self.text, self.seen = fd, b"", 0

    def expect(self, what, timeout=hs.PATIENCE):
        end = time.monotonic() + timeout
        start = len(self.text)
        while what not in self.text[self.seen:]:
            hs.check(time.monotonic() < end, "waited in vain for %r after:\n%s" % (what, self.text[start:][-2000:]))
            try:
                self.text += os.read(self.fd, 65536)
            except OSError:
                hs.check(False, "the guest ended before %r:\n%s" % (what, self.text[-2000:]))
        self.seen = len(self.text)

    def type(self, text):
        for byte in text.encode():
            os.write(self.fd, bytes([byte]))
            if rng.random() < 0.2:
                time.sleep(rng.random() * 0.1)  # the random pauses of somebody typing

    def rest(self):
        while True:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return self.text
            if not data:
                return self.text
            self.text += data


def record(path, folder):
    master, slave = pty.openpty()
    tty.setraw(slave)
    p = hs.start([hs.PROGRAM, "record", "-o", path, "-arch", hs.SYSTEMS[args.arch],
                          *hs.linux_args(folder, args.arch, "hindsight.shell"), "-serial", "stdio"], stdin=slave, stdout=slave, stderr=subprocess.DEVNULL)
    os.close(slave)
    console = Console(master)
    console.expect(b"# ")
    for _ in range(5):
        console.type(rng.choice(COMMANDS) + "\n")
        console.expect(b"# ")
    console.type("poweroff -f\n")
    text = console.rest()
    hs.check(p.wait(hs.PATIENCE) == 0, "the recording ended with status %d" % p.returncode)
    return text


with hs.Workdir() as work:
    folder = hs.guests(args.arch)
    for i in range(args.count):
        path = work.file("typed%d.hsr" % i)
        text = record(path, folder)
        hs.run_ok("verify", path)
        replay = subprocess.run([hs.PROGRAM, "replay", path, "-serial", "stdio"], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, check=False)
        hs.check(replay.returncode == 0, "the replay ended with status %d" % replay.returncode)
        hs.check(replay.stdout == text, "the replay printed something else")
        print("session %d: %d bytes of console, replayed alike" % (i, len(text)))
