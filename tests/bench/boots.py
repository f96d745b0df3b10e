"""boots.py - Debian's kernel from start to power-off: run, recorded, replayed; and QEMU doing the same"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os

import lib

SHIFT = 7

# Figure: what is compared with what, and the most that the first may take of the second's time.
BARS = {
    "record/qemu-record": 0.40,
    "record/qemu": 0.80,
    "replay/qemu-replay": 0.35,
    "replay/record": 1.00,
    "bare/run": 1.05, # bare: recorded without snapshots
    "record/run": 1.10,
}

ARM_BARS = {**BARS, "record/qemu": 0.85}


def commands(setup):
    """All variants, in the order of a round; a replay needs the recording made before it."""
    machine = setup.machine()
    rec, bare, rr = setup.file("boot.hsr"), setup.file("bare.hsr"), setup.file("qemu.rr")

    def icount(program, more=""):
        return [program, *machine, "-icount", "shift=%d%s" % (SHIFT, more)]

    return {
        "run": icount(setup.ours),
        "bare": icount(setup.ours, ",rr=record,rrfile=%s,rrsnapshots=off" % bare),
        "record": icount(setup.ours, ",rr=record,rrfile=" + rec),
        "qemu": [setup.theirs, *machine],
        "replay": icount(setup.ours, ",rr=replay,rrfile=" + rec),
        "qemu-record": icount(setup.theirs, ",rr=record,rrfile=" + rr),
        "qemu-replay": icount(setup.theirs, ",rr=replay,rrfile=" + rr),
    }


def measure(setup, figures, names):
    options = setup.options
    needed = {side for name in names for side in name.split("/")}
    needed |= {side.replace("replay", "record") for side in needed}
    for number in range(options.rounds if names else 0):
        seconds = {}
        for variant, command in commands(setup).items():
            if variant not in needed:
                continue
            seconds[variant] = s = lib.timed(command, options.timeout)
            if not s and not variant.startswith("qemu"):
                raise SystemExit("bench: %s: not done after %d s" % (" ".join(command), options.timeout))
            lib.say("boots, round %d of %d: %-12s %s" % (number + 1, options.rounds, variant,
                    "%6.2f s" % s.wall if s else "hangs: killed after %d s, left out" % options.timeout))
        for name in names:
            ours, theirs = (seconds[side] for side in name.split("/"))
            if theirs:
                figures.add(name, ours, theirs, names[name])
    for name in "boot.hsr", "bare.hsr", "qemu.rr":
        if os.path.exists(setup.file(name)):
            os.remove(setup.file(name))
