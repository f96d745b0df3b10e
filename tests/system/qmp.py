"""qmp.py - QEMU's machine protocol on a live machine, a recording and a replay; named snapshots in each"""
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import os
import re
import socket
import subprocess
import time

import hs


class Qmp:
    """One connection: commands in their order, events kept."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(120)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.sock.connect(path)
                break
            except OSError:
                hs.check(time.monotonic() < deadline, "nobody listens at %s" % path)
                time.sleep(0.02)  # until the server listens: there is no event to wait for
        self.pending, self.events, self.id = b"", [], 0
        hs.check("QMP" in self.message(), "no greeting")
        self.ask("qmp_capabilities")

    def message(self):
        while b"\r\n" not in self.pending:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError("the connection was closed")
            self.pending += data
        line, self.pending = self.pending.split(b"\r\n", 1)
        return json.loads(line)

    def answer(self, name, **arguments):
        self.id += 1
        request = {"execute": name, "id": self.id}
        if arguments:
            request["arguments"] = {k.replace("_", "-"): v for k, v in arguments.items()}
        self.sock.sendall(json.dumps(request).encode())
        while True:
            m = self.message()
            if "event" in m:
                self.events.append(m)
                continue
            hs.check(m["id"] == self.id, "%s: an answer to something else: %s" % (name, m))
            return m

    def ask(self, name, **arguments):
        m = self.answer(name, **arguments)
        hs.check("return" in m, "%s: %s" % (name, m))
        return m["return"]

    def error(self, name, **arguments):
        m = self.answer(name, **arguments)
        hs.check("error" in m, "%s was not refused: %s" % (name, m))
        return m["error"]["desc"]

    def human(self, line):
        return self.ask("human-monitor-command", command_line=line)

    def wait(self, event, **wanted):
        """The next event of that name (and data), also one that has come already."""
        while True:
            while self.events:
                e = self.events.pop(0)
                data = e.get("data", {})
                if e["event"] == event and all(data.get(k) == v for k, v in wanted.items()):
                    return data
            m = self.message()
            hs.check("event" in m, "not an event: %s" % m)
            self.events.append(m)

    def go(self, name, **arguments):
        """A command that moves the machine; waits for its stop."""
        self.events.clear()
        self.ask(name, **arguments)
        return self.wait("STOP")

    def icount(self):
        return self.ask("query-replay")["icount"]

    def status(self):
        return self.ask("query-status")["status"]

    def job(self, name, tag, id):
        self.ask(name, job_id=id, tag=tag, devices=[], **({} if name == "snapshot-delete" else {"vmstate": "x"}))
        self.wait("JOB_STATUS_CHANGE", status="concluded", id=id)
        error = [j.get("error") for j in self.ask("query-jobs") if j["id"] == id][0]
        self.ask("job-dismiss", id=id)
        return error


class Program:
    def __init__(self, work, *args, program=hs.PROGRAM):
        self.path = work.file("qmp-%d.sock" % time.monotonic_ns())
        self.process = subprocess.Popen([program, *args, "-qmp", "unix:%s,server,nowait" % self.path],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        self.qmp = Qmp(self.path)

    def end(self, status=0):
        err = self.process.communicate(timeout=120)[1].decode(errors="replace")
        hs.check(self.process.returncode == status, "exit status %d\n%s" % (self.process.returncode, err))

    def quit(self):
        self.qmp.ask("quit")
        hs.check(self.qmp.wait("SHUTDOWN") == {"guest": False, "reason": "host-qmp-quit"}, "another reason")
        self.end()


def tags(q):
    """Name and icount of each named snapshot, by QEMU's columns."""
    return dict((m[1], int(m[2])) for m in re.finditer(r"^-- +(\S+) .* (\d+)  \S+\r$", q.human("info snapshots"), re.M))


BIOS = ["-m", "32", "-icount", "shift=3", "-serial", "null", "-monitor", "none"]


def live(work):
    """A machine with SeaBIOS alone: it finds nothing to boot, and waits."""
    p = Program(work, "run", "-S", "-name", "guest=n1", *BIOS)
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
    q.ask("stop")
    hs.check(q.icount() > at, "it did not go on from the snapshot: %d" % q.icount())
    hs.check("does not exist" in q.job("snapshot-load", "none", "j3"), "a snapshot that is not there")
    hs.check(q.job("snapshot-delete", "running", "j4") is None, "snapshot-delete failed")
    hs.check("no snapshot available" in q.human("info snapshots"), "it is still there")
    hs.check("unexpected" in q.error("stop", now=True), "an argument too many")
    # Another client, when this one has gone.
    q.sock.close()
    p.qmp = Qmp(p.path)
    p.quit()


def recording(work, path):
    """Of our own guest, stopped at some places; returns their snapshots and digests."""
    args = hs.own_guest_args()
    p = Program(work, "record", "-o", path, "-S", "-rrsnapshot", "init", *args, "-serial", "null", "-monitor", "none")
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
    p = Program(work, "replay", path, "-rrsnapshot", "one", "-S", "-serial", "null", "-monitor", "none")
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
    p = Program(work, *[a.replace("%s", "replay") for a in line], "-S", program=program)
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
