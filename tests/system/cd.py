"""cd.py - CDs are changed, taken out and given back while Debian's kernel runs: recorded, replayed, gone back in"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import random
import shutil
import subprocess

import hs

SCRIPT = """
in_it() { # until a CD with that name is mounted
    until mount -t iso9660 -o ro /dev/sr0 /mnt 2>/dev/null && [ "$(cat /mnt/name)" = $1 ]; do
        umount /mnt 2>/dev/null; usleep 50000
    done
    echo "there is $(cat /mnt/name)"; md5sum </mnt/data
}
none() { while dd if=/dev/sr0 of=/dev/null bs=2048 count=1 2>/dev/null; do usleep 50000; done; echo "there is none"; }
wait_for /dev/sr0
in_it one
umount /mnt; echo "want two"; read x; in_it two
echo "kept shut"; read x; umount /mnt
echo "want none"; read x; none
echo "want one"; read x; in_it one; umount /mnt
"""


def make_cd(work, name):
    if not shutil.which("xorriso"):
        hs.skip("xorriso is not here")
    os.makedirs(work.file(name))
    with open(work.file(name + "/name"), "w") as f:
        f.write(name + "\n")
    with open(work.file(name + "/data"), "wb") as f:
        f.write(random.Random(name).randbytes(400000 if name == "one" else 900000))
    subprocess.run(["xorriso", "-as", "mkisofs", "-o", work.file(name + ".iso"), work.file(name)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return work.file(name + ".iso")


class Serial:
    """The guest's serial port."""

    def __init__(self, path, process):
        self.sock, self.text, self.seen = hs.connect(path, process), "", 0

    def until(self, wanted):
        while wanted not in self.text[self.seen:]:
            try:
                data = self.sock.recv(65536)
            except TimeoutError:
                data = b""
            hs.check(data, "the guest did not say '%s':\n%s" % (wanted, self.text[-3000:]))
            self.text += data.decode(errors="replace")
        self.seen = self.text.index(wanted, self.seen) + len(wanted)

    def type(self):
        self.sock.sendall(b"\n")

    def rest(self):
        while data := self.sock.recv(65536):
            self.text += data.decode(errors="replace")
        return self.text


def record(work, path, machine, one, two):
    """What the guest said, and where media were changed."""
    port = work.file("serial.sock")
    p = hs.Program(work, "record", "-S", "-o", path, *machine, "-cdrom", one, "-serial", "unix:%s,server,nowait" % port,
                   "-monitor", "none")
    q, serial, places = p.qmp, Serial(port, p.process), []
    q.ask("cont")
    serial.until("want two")
    hs.check("no drive" in q.human("eject foo"), "a drive that is not there is emptied")
    hs.check("cannot be opened" in q.human("change ide1-cd0 " + work.file("nothing")), "no file was put in")
    q.human("change ide1-cd0 " + two)
    serial.type()
    serial.until("there is two")
    hs.check("two.iso" in q.human("info block"), q.human("info block"))
    places.append(q.ask("query-replay")["icount"])
    serial.until("kept shut")
    hs.check("keeps the drive" in q.error("eject", id="ide1-cd0"), "a CD that is kept is taken out")
    hs.check("keeps the drive" in q.error("blockdev-change-medium", id="ide1-cd0", filename=one), "and changed")
    serial.type()
    serial.until("want none")
    q.ask("eject", device="ide1-cd0")
    serial.type()
    serial.until("there is none")
    hs.check("no medium" in q.human("info block"), q.human("info block"))
    places.append(q.ask("query-replay")["icount"])
    serial.until("want one")
    q.ask("blockdev-change-medium", id="ide1-cd0", filename=one, format="raw")
    serial.type()
    serial.until("there is one")
    # Back to where there was none, and to another one; and on from the head as if nothing had been.
    q.go("stop")
    head, digest = q.icount(), q.human("digest")
    for n in places:
        q.go("replay-seek", icount=n)
        hs.check(("no medium" in q.human("info block")) == (n == places[1]), q.human("info block"))
    q.go("replay-seek", icount=head)
    hs.check(q.human("digest") == digest, "going back made a difference")
    q.ask("cont")
    hs.check(q.wait("SHUTDOWN")["guest"], "the guest's end is not told")
    p.end()
    return serial.rest(), places


def seeks(work, path, places):
    with hs.Replay(path, work) as gdb:
        gdb.monitor("goto end")
        end = gdb.icount()
        rng = random.Random(5)
        all_places = sorted({n + d for n in places for d in (-1000000, 0, 1000000)} |
                            {rng.randrange(places[0], end) for _ in range(6)})
        hs.seeks_agree(gdb, all_places, rng)


def needs(work, path, two):
    """The image that was put in is needed, and compared, before anything runs."""
    words = hs.run_ok("dump", path, "--source", "cd")
    for what in "two.iso put in", "medium taken out", "eject button", "one.iso put in":
        hs.check(what in words, "the log has no '%s':\n%s" % (what, words))
    info = hs.run_ok("info", path)
    hs.check("ide1-cd0.1" in info, "info does not name the image")
    hs.check("ide1-cd0.2" not in info, "the CD of -cdrom is listed twice")
    moved = work.file("elsewhere.iso")
    os.rename(two, moved)
    code, _, err = hs.run("replay", path, "-serial", "null")
    hs.check(code == 1 and "needs ide1-cd0.1" in err, "a missing image: " + err)
    hs.run_ok("verify", path, "--file", "ide1-cd0.1=" + moved)
    with open(moved, "r+b") as f:
        f.seek(100000)
        f.write(b"changed")
    code, _, err = hs.run("verify", path, "--file", "ide1-cd0.1=" + moved)
    hs.check(code == 1 and "has changed" in err, "a changed image: " + err)


with hs.Workdir() as work:
    folder = hs.guests("drivers-amd64")
    one, two = make_cd(work, "one"), make_cd(work, "two")
    machine = hs.driver_args(folder, "amd64", work, SCRIPT, memory="128")
    path = work.file("a.hsr")
    text, places = record(work, path, machine, one, two)
    hs.check(text.count("there is one") == 2 and text.count("there is none") == 1, "the guest said:\n" + text[-3000:])
    hs.check(hs.run_ok("replay", path, "-serial", "stdio", "-monitor", "none") == text, "the replay prints something else")
    hs.run_ok("verify", path)
    hs.run_ok("verify", path, "-accel", "interp")
    seeks(work, path, places)
    needs(work, path, two)
print("CDs changed, taken out, and given back: recorded, replayed, gone back in")
