"""dump.py - the events of a recording in words: keys, serial input, buttons, a debugger's writes; two logs compared"""
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import os
import shutil
import subprocess

import hs
from hs import Qmp


def record(work, path, kernel, typed):
    """Our own guest, with some of everything that can come in."""
    qmp, serial, gdb = (work.file("%s-%s.sock" % (os.path.basename(path), s)) for s in ("qmp", "serial", "gdb"))
    p = hs.start([hs.PROGRAM, "record", "-o", path, "-S", "-m", "16", "-kernel", kernel, "-device",
                  "isa-debug-exit,iobase=0xf4", "-rtc", "base=utc,clock=host", "-monitor", "none",
                  "-serial", "unix:%s,server,nowait" % serial, "-qmp", "unix:%s,server,nowait" % qmp,
                  "-gdb", "unix:" + gdb], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    q, g = Qmp(qmp, p), hs.Gdb(gdb, p)
    q.ask("replay-break", icount=1000)
    q.go("cont")
    q.ask("send-key", keys=[{"type": "qcode", "data": k} for k in ("ctrl", "alt", "delete")])
    q.ask("system_powerdown")
    q.ask("replay-break", icount=2000)
    q.go("cont")
    g.packet("M2000,2:abcd")
    s = hs.connect(serial, p)
    s.sendall(typed)  # one byte: this guest reads none, and its port has room for one
    q.ask("replay-delete-break")
    g.sock.close()  # which lets the guest go on
    hs.check(q.wait("SHUTDOWN")["guest"], "the guest's end is not told")
    hs.check(p.wait(hs.PATIENCE) == 3, "the recording ended with %d" % p.returncode)


def lines(*args):
    return [l.split(None, 2) for l in hs.run_ok("dump", *args).splitlines()]


def text(path):
    events = lines(path)
    by = {}
    for icount, source, words in events:
        by.setdefault(source, []).append((int(icount), words))
    hs.check([i for i, _, _ in events] == sorted((i for i, _, _ in events), key=int), "out of order")
    keys = " ".join(w for _, w in by["keyboard"])
    hs.check("+ctrl +alt +delete" in keys and "-delete -alt -ctrl" in keys, "keys: " + keys)
    hs.check(by["keyboard"][0][0] == 1000, "the keys are at %d" % by["keyboard"][0][0])
    hs.check((1000, "power button") in by["system"], "the button: %s" % by["system"])
    hs.check(by["debugger"] == [(2000, "writes 2 bytes at linear 0x2000: abcd")], "the write: %s" % by["debugger"])
    hs.check("".join(w for _, w in by["serial0"]).replace('receives "', "").replace('"', "") == "l",
             "what was typed: %s" % by["serial0"])
    return events


def filters(path, events):
    for args, wanted in ((("--source", "serial0"), lambda i, s: s == "serial0"),
                         (("--source", "serial,debugger"), lambda i, s: s in ("serial0", "debugger")),
                         (("--from", "1000", "--to", "2000"), lambda i, s: 1000 <= i < 2000)):
        hs.check(lines(path, *args) == [e for e in events if wanted(int(e[0]), e[1])], "dump %s" % " ".join(args))
    code, _, err = hs.run("dump", path, "--source", "foo")
    hs.check(code != 0 and "it has system, debugger" in err, "a source that is not there: " + err)
    objects = [json.loads(l) for l in hs.run_ok("dump", path, "--json").splitlines()]
    hs.check([[str(o["icount"]), o["source"], o["words"]] for o in objects] == events, "dump --json says something else")
    typed = b"".join(bytes.fromhex(o["hex"]) for o in objects if o["source"] == "serial0")
    hs.check(typed == b"l", "the bytes: %r" % typed)


def compare(a, b, events):
    hs.check("no difference: %d equal events" % len(events) in hs.run_ok("dump", a, a), "a log differs from itself")
    out = hs.run_ok("dump", a, b, "--source", "serial0", "--json", status=1)
    d = json.loads(out)
    hs.check(d["equal"] == 0 and d["how"].startswith("byte 0 is 6c and 77"), "the first difference: " + out)
    hs.check(d["first"]["source"] == d["second"]["source"] == "serial0", "the events: " + out)
    out = hs.run_ok("dump", a, b, "--source", "debugger")
    hs.check("1 equal event\n" in out, "the debugger's write: " + out)
    out = hs.run_ok("dump", a, b, "--source", "serial0", status=1)
    hs.check("after 0 equal events" in out and 'receives "l' in out and 'receives "w' in out, out)


def needs(work, path, kernel):
    hs.check("kernel       %s," % kernel in hs.run_ok("info", path), "info does not name the kernel")
    moved = work.file("elsewhere.elf")
    os.rename(kernel, moved)
    code, _, err = hs.run("replay", path, "-serial", "null")
    hs.check(code != 0 and "needs kernel" in err and "--file kernel=PATH" in err, "a missing kernel: " + err)
    hs.run_ok("verify", path, "--file", "kernel=" + moved)
    code, _, err = hs.run("verify", path, "--file", "kernel=" + path)
    hs.check(code != 0 and "changed" in err, "another file as the kernel: " + err)


with hs.Workdir() as work:
    kernel, a, b = work.file("guest.elf"), work.file("a.hsr"), work.file("b.hsr")
    shutil.copy(hs.own_guest(), kernel)
    record(work, a, kernel, b"l")
    record(work, b, kernel, b"w")
    events = text(a)
    print("every event in words")
    filters(a, events)
    print("by source, by place, as JSON")
    compare(a, b, events)
    print("two logs compared")
    needs(work, a, kernel)
    print("a file that is missing is named, and may be elsewhere")
