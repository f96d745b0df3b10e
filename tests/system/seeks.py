"""seeks.py [--seed N] [--count N] [--boot amd64|i386|armhf | RECORDING] - random seeks, and random walks both ways, against a forward run

Without a recording, the guest of our own is recorded. Every place that a random goto reaches must have the digest
that one forward run had there (I3). Every stop of a random walk of steps and continues with breakpoints and
watchpoints must be the one that a full trace of a window of the history says.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
import argparse
import random

import hs

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--count", type=int, default=200)
parser.add_argument("--window", type=int, default=3000)
parser.add_argument("--boot", metavar="ARCH", help="Debian's kernel is recorded")
parser.add_argument("recording", nargs="?")
args = parser.parse_args()
rng = random.Random(args.seed)
print("seed %d" % args.seed)


def length(recording):
    with hs.Workdir() as work, hs.Replay(recording, work) as gdb:
        gdb.monitor("goto end")
        return gdb.icount()


def seeks(recording, work, end):
    places = sorted(rng.randrange(end + 1) for _ in range(args.count))
    with hs.Replay(recording, work) as gdb:
        forward = {}
        for n in places:
            gdb.goto(n)
            forward[n] = gdb.digest()
    shuffled = places[:]
    rng.shuffle(shuffled)
    with hs.Replay(recording, work) as gdb:
        for n in shuffled:
            gdb.goto(n)
            got = gdb.digest()
            hs.check(got == forward[n], "at %d: digest %s after a seek, %s on the forward run" % (n, got, forward[n]))
    print("%d random seeks agree with the forward run" % len(places))


class Trace:
    """pc and stack pointer at each icount of a window, taken by single steps."""

    def __init__(self, gdb, start, size):
        self.start = start
        self.pcs, self.words = [], []
        gdb.goto(start)
        self.watched = None
        for _ in range(size + 1):
            self.pcs.append(gdb.pc())
            if gdb.move("s").find("replaylog:end") >= 0:
                break
        self.end = start + len(self.pcs) - 1

    def watch_values(self, gdb, address):
        """The watched word's content at each place: where it changes, a store was made."""
        values = []
        gdb.goto(self.start)
        for _ in self.pcs:
            values.append(gdb.packet("m%x,8" % address))
            gdb.move("s")
        return values

    def next_break(self, now, pc, limit):
        return next((n for n in range(now + 1, limit + 1) if self.pcs[n - self.start] == pc), None)

    def last_break(self, now, pc):
        return next((n for n in range(now - 1, self.start - 1, -1) if self.pcs[n - self.start] == pc), None)


def check_place(gdb, trace, expected, what):
    now = gdb.icount()
    hs.check(now == expected, "%s ended at %d instead of %d" % (what, now, expected))
    hs.check(gdb.pc() == trace.pcs[now - trace.start], "%s: pc %#x at %d" % (what, gdb.pc(), now))


def walks(recording, work, end):
    done = 0
    with hs.Replay(recording, work) as gdb:
        while done < args.count:
            trace = Trace(gdb, rng.randrange(end // 4, end - 2 * args.window), args.window)
            gdb.goto((trace.start + trace.end) // 2)
            for _ in range(min(50, args.count - done)):
                walk_once(gdb, trace)
                done += 1
    print("%d random walks agree with the trace" % done)


def step_some(gdb, trace):
    now = gdb.icount()
    n = rng.randrange(1, 20)
    back = rng.random() < 0.5
    n = min(n, now - trace.start if back else trace.end - now)
    for _ in range(n):
        gdb.move("bs" if back else "s")
    check_place(gdb, trace, now - n if back else now + n, "%d steps %s" % (n, "back" if back else "on"))


def break_and_go(gdb, trace):
    now = gdb.icount()
    pc = trace.pcs[rng.randrange(len(trace.pcs))]
    back = rng.random() < 0.5
    expected = trace.last_break(now, pc) if back else trace.next_break(now, pc, trace.end)
    if expected is None:
        return
    hs.check(gdb.packet("Z1,%x,1" % pc) == "OK", "a breakpoint was refused")
    gdb.move("bc" if back else "c")
    gdb.packet("z1,%x,1" % pc)
    # An address where an interrupt is taken first is no stop: then the place lies beyond the one expected.
    now = gdb.icount()
    hs.check(gdb.pc() == pc, "%s to %#x stopped at %#x" % ("bc" if back else "c", pc, gdb.pc()))
    hs.check(now == expected, "%s to %#x ended at %d instead of %d" % ("bc" if back else "c", pc, now, expected))


def watch_and_go(gdb, trace):
    """Of an access debuggers of Arm are told on the side from which one came."""
    now = gdb.icount()
    address = (gdb.sp() - 8 * rng.randrange(1, 4)) & ~7
    values = trace.watch_values(gdb, address)
    changes = [n for n in range(trace.start, trace.end) if values[n - trace.start] != values[n + 1 - trace.start]]
    gdb.goto(now)
    back = rng.random() < 0.5
    hs.check(gdb.packet("Z2,%x,8" % address) == "OK", "a watchpoint was refused")
    before = [n for n in changes if n < now]
    after = [n for n in changes if n >= now]
    if back and before:
        # Stores of the value that is there already are hits too, so the stop is at the last change or later.
        gdb.move("bc")
        at = gdb.icount() - (1 if gdb.arm else 0)
        hs.check(before[-1] <= at < now, "bc to a write of %#x from %d ended at %d, not in [%d, %d)"
                 % (address, now, at, before[-1], now))
    elif not back and after:
        gdb.move("c")
        at = gdb.icount() + (1 if gdb.arm else 0)
        hs.check(now < at <= after[0] + 1, "c to a write of %#x from %d ended at %d, not in (%d, %d]"
                 % (address, now, at, now, after[0] + 1))
    gdb.packet("z2,%x,8" % address)
    if not trace.start <= gdb.icount() <= trace.end:
        gdb.goto(now)


def walk_once(gdb, trace):
    rng.choice([step_some, step_some, break_and_go, break_and_go, watch_and_go])(gdb, trace)
    if not trace.start < gdb.icount() < trace.end:
        gdb.goto((trace.start + trace.end) // 2)


with hs.Workdir() as work:
    recording = args.recording
    if not recording:
        recording = work.file("guest.hsr")
        if args.boot:
            hs.run_ok("record", "-o", recording, "-arch", hs.SYSTEMS[args.boot],
                      *hs.linux_args(hs.guests(args.boot), args.boot), "-serial", "null")
        else:
            hs.run_ok("record", "-o", recording, *hs.own_guest_args(), "-serial", "null", status=3)
    end = length(recording)
    seeks(recording, work, end)
    walks(recording, work, end)
