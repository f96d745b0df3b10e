"""own_guest.py [arm] - the guest of our own, 32 and 64 bits, or that for Arm: recorded, replayed, verified, and its bug found by gdb"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import subprocess
import sys

import hs

PANIC = "panic: a sample does not belong to the timer"


def story(bits, work):
    """bits: 64, 32, or "_arm"."""
    a, b = work.file("a%s.hsr" % bits), work.file("b%s.hsr" % bits)
    machine, ends = hs.own_guest_args(bits), 0 if bits == "_arm" else 3
    out = hs.run_ok("record", "-o", a, *machine, "-serial", "stdio", status=ends)
    hs.check(PANIC in out, "the guest did not panic:\n" + out)

    hs.run_ok("record", "-o", b, *machine, "-serial", "null", status=ends)
    hs.check(open(a, "rb").read() == open(b, "rb").read(), "two recordings of one command differ (I1)")
    hs.run_ok("diff", a, b)

    hs.run_ok("verify", a)
    for engine in "interp", "jit,warm=1":  # who executes code, and how it is cut into blocks, does not show (I2)
        for length in "1", "3", "64":
            hs.run_ok("verify", a, "-accel", engine, "-block-insns", length)
        hs.run_ok("record", "-o", b, *machine, "-serial", "null", "-accel", engine, status=ends)
        hs.check(open(a, "rb").read() == open(b, "rb").read(), "the recording under %s differs (I2)" % engine)
    again = hs.run_ok("replay", a, "-serial", "stdio", status=ends)
    hs.check(again == out, "the replay printed something else:\n" + again)
    info = hs.run_ok("info", a)
    hs.check("complete" in info, "info does not say that the recording is complete:\n" + info)

    code, text, err = hs.run("debug", a, "--", "-q", "-batch", "-nx", "-x",
                             os.path.join(hs.ROOT, "tests/guest/find-the-bug.gdb"), hs.own_guest(bits))
    hs.check(code == 0, "gdb ended with status %d:\n%s%s" % (code, text, err))
    back = text[text.index("run backwards"):]
    first, second = back.split("Once more backwards")
    hs.check("main_loop" in first and "timer_interrupt" not in first, "first write is not the main loop's:\n" + text)
    hs.check("timer_interrupt" in second and "pool_take" in second,
             "the second write is not the timer's inside pool_take():\n" + text)


def dumped(work):
    """Looking at translations changes nothing (I4), and shows guest, intermediate and host code of one block together."""
    a, b, text = work.file("a64.hsr"), work.file("dumped.hsr"), work.file("dump.txt")
    hs.run_ok("record", "-o", b, *hs.own_guest_args(64), "-serial", "null", "-accel", "jit,warm=1",
              "-d", "in_asm,op,op_opt,out_asm", "-D", text, status=3)
    hs.check(open(a, "rb").read() == open(b, "rb").read(), "a recording made with -d out_asm differs (I4)")
    dump = open(text).read()
    for what in "IN: block", "OP: block", "OP after optimization: block", "slow path of op":
        hs.check(what in dump, "-d: there is no '%s'" % what)
    block = next((x for x in dump.split("\n\n") if x.startswith("OUT:") and "out dx, al" in x), "")
    hs.check("CALL.64" in block and "r15" in block, "-d out_asm shows no block with an OUT instruction\n" + block)

    hs.run_ok("verify", a, "-accel", "jit,warm=1", "-d", "in_asm,out_asm", "-dfilter", "0x0+0x10", "-D", text)
    hs.check(not open(text).read(), "-dfilter lets through what is elsewhere")

    p = hs.start([hs.PROGRAM, "verify", a, "-accel", "jit,warm=1", "-perfmap"], stdout=subprocess.DEVNULL)
    p.wait()
    names = "/tmp/perf-%d.map" % p.pid
    lines = open(names).read().split("\n")[:-1]
    os.unlink(names)
    hs.check(len(lines) > 20 and all(re.fullmatch(r"[0-9a-f]+ [0-9a-f]+ \S+", x) for x in lines), "-perfmap: %s" % lines[:9])


with hs.Workdir() as work:
    if sys.argv[1:] == ["arm"]:
        if not os.path.exists(hs.own_guest("_arm")):
            hs.skip("the guest for Arm was not built: there was no arm-linux-gnueabihf-gcc")
        story("_arm", work)
    else:
        for bits in 64, 32:
            story(bits, work)
        dumped(work)
print("recorded, replayed, verified; the bug was found backwards")
