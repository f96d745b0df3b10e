"""qmp.py - QEMU's machine protocol on a live machine, a recording and a replay; named snapshots in each"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re

import hs


def tags(q):
    """Name and icount of each named snapshot, by QEMU's columns."""
    return dict((m[1], int(m[2])) for m in re.finditer(r"^-- +(\S+) .* (\d+)  \S+\r$", q.human("info snapshots"), re.M))


BIOS = ["-m", "32", "-icount", "shift=3", "-serial", "null", "-monitor", "none"]


def live(work):
    """A machine with SeaBIOS alone: it finds nothing to boot, and waits."""
    p = hs.Program(work, "run", "-S", "-name", "guest=n1", *BIOS)
    q = p.qmp
    hs.check(q.status() == "prelaunch", "not prelaunch")
    hs.check(q.ask("query-name") == {"name": "n1"}, "another name")
    hs.check(q.ask("query-version")["qemu"]["major"] == 7, "another version")
    hs.check({"name": "replay-seek"} in q.ask("query-commands"), "no replay-seek")
    hs.check(q.ask("query-replay")["mode"] == "none", "a mode")
    hs.check(q.ask("query-cpus-fast")[0]["target"] == "x86_64", "another target")
    q.ask("cont")
    q.wait("RESUME")
    q.ask("stop")
    q.wait("STOP")
    hs.check(q.status() == "paused", "not paused")
    q.ask("cont")
    q.ask("system_reset")
    hs.check(q.wait("RESET") == {"guest": False, "reason": "host-qmp-system-reset"}, "another reason")
    q.ask("system_powerdown")
    q.wait("POWERDOWN")
    for name, format, magic in (("a.png", None, b"\x89PNG"), ("b", "png", b"\x89PNG"), ("c", "ppm", b"P6\n")):
        q.ask("screendump", filename=work.file(name), **({"format": format} if format else {}))
        hs.check(open(work.file(name), "rb").read(4).startswith(magic), "screendump %s: another format" % name)
    hs.check("usage" in q.error("screendump", filename=work.file("d"), format="gif"), "a picture of no format")
    q.ask("send-key", keys=[{"type": "qcode", "data": "ctrl"}, {"type": "number", "data": 0x1e}], hold_time=5)
    hs.check("nokey" in q.error("send-key", keys=[{"type": "qcode", "data": "nokey"}]), "a key that is not there")
    hs.check(q.job("snapshot-save", "running", "j1") is None, "snapshot-save failed")
    hs.check(q.status() == "running", "a snapshot stopped the machine")
    q.ask("stop")
    at = tags(q)["running"]
    hs.check(0 < at <= q.icount(), "the snapshot is at %d" % at)
    hs.check(q.job("snapshot-load", "running", "j2") is None, "snapshot-load failed")
    hs.check(q.icount() == at, "it went to %d" % q.icount())
    q.ask("cont")
    hs.check(q.job("snapshot-load", "running", "j5") is None, "snapshot-load failed while running")
    hs.check(q.status() == "running", "loading a snapshot stopped the machine")
    while q.icount() == at:  # it may have halted there, and wakes at its next timer interrupt
        pass
    q.ask("stop")
    hs.check(q.icount() > at, "it did not go on from the snapshot: %d" % q.icount())
    hs.check("does not exist" in q.job("snapshot-load", "none", "j3"), "a snapshot that is not there")
    hs.check(q.job("snapshot-delete", "running", "j4") is None, "snapshot-delete failed")
    hs.check("no snapshot available" in q.human("info snapshots"), "it is still there")
    hs.check("unexpected" in q.error("stop", now=True), "an argument too many")
    # Another client, when this one has gone.
    q.sock.close()
    p.qmp = hs.Qmp(p.path)
    p.quit()


def recording(work, path):
    """Of our own guest, stopped at some places; returns their snapshots and digests."""
    args = hs.own_guest_args()
    p = hs.Program(work, "record", "-o", path, "-S", "-rrsnapshot", "init", *args, "-serial", "null", "-monitor", "none")
    q = p.qmp
    hs.check(q.ask("query-replay") == {"icount": 0, "mode": "record", "filename": path}, "query-replay")
    hs.check(tags(q) == {"init": 0}, "rrsnapshot: %s" % q.human("info snapshots"))
    digests = {}
    for n, name in ((20000, "one"), (30000, "two"), (40000, "gone")):
        q.ask("replay-break", icount=n)
        q.go("cont")
        hs.check(q.icount() == n, "stopped at %d, not %d" % (q.icount(), n))
        q.human("savevm " + name)
        digests[name] = q.human("digest")
    q.human("delvm gone")
    q.human("goto 25000")
    q.human("savevm past")
    digests["past"] = q.human("digest")
    q.human("loadvm one")
    hs.check(q.icount() == 20000 and q.human("digest") == digests["one"], "loadvm one")
    hs.check(tags(q) == {"init": 0, "one": 20000, "two": 30000, "past": 25000}, q.human("info snapshots"))
    q.ask("replay-delete-break")
    q.ask("cont")
    hs.check(q.wait("SHUTDOWN")["guest"], "the guest's end is not told")
    p.end(3)
    info = hs.run_ok("info", path)
    for name, n in (("init", 0), ("one", 20000), ("two", 30000), ("past", 25000)):
        hs.check("'%s' at icount %d\n" % (name, n) in info, "info does not name %s:\n%s" % (name, info))
    hs.check("gone" not in info, "a deleted snapshot is named:\n" + info)
    hs.run_ok("verify", path)
    return digests


def replay(work, path, digests):
    p = hs.Program(work, "replay", path, "-rrsnapshot", "one", "-S", "-serial", "null", "-monitor", "none")
    q = p.qmp
    hs.check(q.ask("query-replay") == {"icount": 20000, "mode": "play", "filename": path}, "rrsnapshot: it starts elsewhere")
    hs.check(q.human("digest") == digests["one"], "the state differs at 'one'")
    for name, n in (("past", 25000), ("two", 30000), ("init", 0), ("one", 20000)):
        q.human("loadvm " + name)
        hs.check(q.icount() == n, "%s is at %d" % (name, q.icount()))
        hs.check(name not in digests or q.human("digest") == digests[name], "the state differs at " + name)
    q.go("replay-seek", icount=30000)
    hs.check(q.human("digest") == digests["two"], "the state differs at 30000 after a seek")
    q.go("replay-seek", icount=10)
    q.ask("replay-break", icount=25000)
    q.go("cont")
    hs.check(q.icount() == 25000 and q.human("digest") == digests["past"], "replay-break")
    hs.check("cannot seek" in q.error("replay-seek", icount=1 << 50), "a seek past the end")
    hs.check("replay" in q.error("system_reset"), "a reset in a replay")
    q.human("goto 26000")
    q.human("savevm here")
    q.human("goto 27000")
    q.human("loadvm here")
    hs.check(q.icount() == 26000 and tags(q)["here"] == 26000, "savevm in a replay")
    q.ask("replay-delete-break")
    q.ask("cont")
    q.wait("SHUTDOWN", guest=True)
    p.end(3)


def qemu_style(work):
    """QEMU's command line: the same name at both ends, and a signal."""
    path, program = work.file("rr.bin"), hs.PROGRAM + "-system-x86_64"
    line = ["-icount", "shift=3,rr=%%s,rrfile=%s,rrsnapshot=init" % path, *hs.own_guest_args(), "-serial", "null",
            "-monitor", "none"]
    runs = []
    for _ in range(2):
        code = hs.run(*[a.replace("%s", "record") for a in line], program=program)[0]
        hs.check(code == 3, "the recording ended with %d" % code)
        runs.append(open(path, "rb").read())
    hs.check(runs[0] == runs[1], "two recordings of one command differ")
    p = hs.Program(work, *[a.replace("%s", "replay") for a in line], "-S", program=program)
    hs.check(tags(p.qmp) == {"init": 0} and p.qmp.icount() == 0, "rrsnapshot in a replay")
    p.process.terminate()
    hs.check(p.qmp.wait("SHUTDOWN") == {"guest": False, "reason": "host-signal"}, "another reason")
    p.end()
    code, _, err = hs.run(*[a.replace("%s", "replay").replace("=init", "=other") for a in line], program=program)
    hs.check(code != 0 and "no snapshot of that name" in err, "a replay from a snapshot that is not there:\n" + err)


def main():
    with hs.Workdir() as work:
        if os.path.exists("/usr/share/seabios/bios-256k.bin"):
            live(work)
            print("live: events, snapshots as jobs, two clients")
        path = work.file("named.hsr")
        digests = recording(work, path)
        print("recording: snapshots at the head and in the past are in the file")
        replay(work, path, digests)
        print("replay: rrsnapshot, seek, break, loadvm give the recorded states")
        qemu_style(work)
        print("QEMU's line with rrsnapshot: equal recordings, and a replay from it")


if __name__ == "__main__":
    main()
