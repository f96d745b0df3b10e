"""life.py - resets, power button and power-off: recorded, replayed, and a guest that has ended started again"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import random

import hs

STARTS = "".join("start %d\n" % i + ("button\n" if i == 4 else "") for i in range(1, 8))


class Serial:
    """The guest's serial port, read until something was said."""

    def __init__(self, path):
        self.sock = hs.connect(path)
        self.text = ""

    def until(self, wanted):
        while wanted not in self.text:
            data = self.sock.recv(4096)
            hs.check(data, "the guest said no '%s': %s" % (wanted, self.text))
            self.text += data.decode()


def machine(work, *more):
    return ["-m", "2", "-vga", "none", "-bios", os.path.join(hs.BUILD, "tests/guest/life.bin"), "-icount",
            "shift=3,sleep=off", "-monitor", "none", *more]


def record(work, name, accel):
    """Returns where the guest had ended, for the first time and the second."""
    port = work.file("serial")
    p = hs.Program(work, "record", "-S", "-o", name, "-no-shutdown", "-accel", accel, *machine(work), "-serial",
                   "unix:%s,server,nowait" % port)
    q, serial = p.qmp, Serial(port)
    ends = []
    q.ask("cont")
    for reason in "guest-reset", "guest-reset":
        hs.check(q.wait("RESET")["reason"] == reason, "another reset")
    hs.check(q.wait("SHUTDOWN")["reason"] == "guest-shutdown", "the guest does not power off")
    q.wait("STOP")

    hs.check(q.status() == "shutdown", "it is %s" % q.status())
    ends.append(q.icount())
    hs.check("Resetting" in q.error("cont"), "a machine without power goes on")
    hs.check("system_reset" in q.human("sendkey a"), "it takes keys")
    # Going back and returning makes no difference to what is possible.
    q.go("replay-seek", icount=ends[0] // 2)
    why = q.error("system_reset")
    hs.check("replay" in why or "past" in why, "a reset in the past: " + why)
    q.go("replay-seek", icount=ends[0])
    q.ask("system_reset")
    hs.check(q.status() == "paused", "it is %s" % q.status())
    q.ask("cont")
    hs.check(q.wait("RESET") == {"guest": False, "reason": "host-qmp-system-reset"}, "another reason")

    serial.until("start 4\n")
    q.ask("system_powerdown")
    q.wait("POWERDOWN")
    q.wait("STOP")
    ends.append(q.icount())
    q.ask("system_reset")
    q.ask("cont")
    q.wait("RESET", guest=False)
    q.wait("RESET", guest=True)
    serial.until("start 6\n")
    q.ask("system_reset")
    q.wait("RESET", guest=False)
    q.wait("STOP")
    serial.until("start 7\n")
    hs.check(serial.text == STARTS, "the guest said: " + serial.text)
    q.ask("quit")
    p.end()
    return ends


def seeks(work, name, ends):
    """Around the places where it had ended too; the digest is what it was on the way forward."""
    with hs.Replay(name, work, "-monitor", "none") as gdb:
        gdb.monitor("goto end")
        last = gdb.icount()
        random.seed(1)
        places = sorted({n + d for n in ends for d in (-1, 0, 1, 2)} | set(random.sample(range(last), 10)) | {last})
        forward = {}
        gdb.monitor("goto start")
        for n in places:
            gdb.goto(n)
            forward[n] = gdb.digest()
        random.shuffle(places)
        for n in places:
            gdb.goto(n)
            hs.check(gdb.digest() == forward[n], "the digest at %d depends on how it was come to" % n)
        gdb.goto(last)
        gdb.move("bs")
        hs.check(gdb.icount() == last - 1, "reverse-stepi")


def no_reboot(work):
    """Then a reset is the end, also the monitor's, and of a guest that has powered off."""
    p = hs.Program(work, "run", "-S", "-no-shutdown", "-no-reboot", *machine(work), "-serial", "null")
    q = p.qmp
    q.ask("cont")
    hs.check(q.wait("SHUTDOWN") == {"guest": True, "reason": "guest-reset"}, "it is not the end")
    q.wait("STOP")
    hs.check("over" in q.error("system_reset"), "it starts again")
    p.quit()


with hs.Workdir() as work:
    a = work.file("a.hsr")
    for accel in "jit,warm=1", "interp":
        ends = record(work, a, accel)
        hs.check(hs.run_ok("replay", a, "-serial", "stdio", "-monitor", "none") == STARTS, "the replay prints something else")
        for verified_by in "jit,warm=1", "interp":
            hs.run_ok("verify", a, "-accel", verified_by)
    seeks(work, a, ends)
    no_reboot(work)
print("reset, powered off and started again: recorded, replayed, and gone back in")
