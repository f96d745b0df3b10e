"""vnc.py ARCH ps2|virtio|pl050 - typed and pointed by VNC while recording; the same screens in the replay, also backwards"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import random
import subprocess
import sys
import threading

import hs
from rfb import Rfb

arch, kind = sys.argv[1], sys.argv[2]

# The movements of any mouse as the kernel passes them on, three bytes each; a shell on the screen.
SCRIPT = """
ln -s /dev/%(tty)s /out
for m in evdev %(driver)s; do insmod /modules/$m.ko; done
wait_for /dev/input/mice
exec 3</dev/input/mice
while :; do dd bs=3 count=1 <&3 2>/dev/null | hexdump -v -e '"mouse:" 3/1 " %%02x" "\\n"'; done >/out &
wait_for_name() { until grep -q "$1" /proc/bus/input/devices; do usleep 10000; done; }
wait_for_name "%(name)s"
clear >/dev/tty1
echo "screen: ready"
setsid sh -c 'exec env PS1="vnc> " TERM=linux sh -i </dev/tty1 >/dev/tty1 2>&1'
kill %%1
"""
KINDS = {"ps2": ({"driver": "psmouse", "name": "PS/2.*Mouse", "tty": "ttyS0"}, []),
         "pl050": ({"driver": "ambakmi psmouse", "name": "PS/2.*Mouse", "tty": "ttyAMA0"}, []),
         "virtio": ({"driver": "virtio_input", "name": "Virtio Tablet", "tty": "ttyS0"},
                    ["-device", "virtio-keyboard-pci", "-device", "virtio-tablet-pci"])}


class Serial:
    """What the guest prints, as it comes."""

    def __init__(self, pipe):
        self.pipe, self.text, self.more = pipe, "", threading.Condition()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            data = os.read(self.pipe.fileno(), 65536)
            with self.more:
                self.text = self.text + data.decode(errors="replace") if data else self.text + "\0"
                self.more.notify_all()
            if not data:
                return

    def expect(self, wanted, after=0):
        with self.more:
            found = self.more.wait_for(lambda: wanted in self.text[after:] or "\0" in self.text, hs.PATIENCE)
            hs.check(found and wanted in self.text[after:], "the guest does not say '%s':\n%s" % (wanted, self.text))
            return after + self.text[after:].index(wanted) + len(wanted)


def dump(gdb, work, name):
    """The screen here: where, as PNG, as PPM."""
    gdb.monitor("screendump " + work.file(name + ".png"))
    gdb.monitor("screendump " + work.file(name + ".ppm"))
    with open(work.file(name + ".png"), "rb") as png, open(work.file(name + ".ppm"), "rb") as ppm:
        return gdb.icount(), png.read(), ppm.read()


def stop_and_dump(gdb, rfb, work, name):
    gdb.interrupt()
    gdb.stopped("^C")
    here = dump(gdb, work, name)
    rfb.wait_for(here[2], "the live screendump " + name)
    gdb.send("c")
    return here


def record(path, work, args):
    socket = work.file("live")
    p = hs.start([hs.PROGRAM, "record", "-o", path, *args, "-serial", "stdio", "-S", "-gdb",
                  "unix:" + socket + ".gdb", "-vnc", "unix:" + socket + ".vnc"],
                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    return play(p, socket, work)


def play(p, socket, work):
    serial, gdb, rfb = Serial(p.stdout), hs.Gdb(socket + ".gdb"), Rfb(socket + ".vnc")
    gdb.send("c")
    at = serial.expect("screen: ready")
    dumps = [stop_and_dump(gdb, rfb, work, "a0")]
    rfb.type("echo Typed: 'by VNC' >/out\n")
    at = serial.expect("Typed: by VNC", at)
    dumps.append(stop_and_dump(gdb, rfb, work, "a1"))
    rfb.point(10, 10)
    at = serial.expect("mouse:", at)
    for x in range(20, 120, 10):
        rfb.point(x, 10 + x)
    rfb.point(110, 120, 1)
    serial.expect("mouse: 09", at)
    rfb.point(110, 120, 0)
    dumps.append(stop_and_dump(gdb, rfb, work, "a2"))
    rfb.type("ls /; uname -m; echo Listed >/out\n")
    serial.expect("Listed")
    dumps.append(stop_and_dump(gdb, rfb, work, "a3"))
    # Back to the first screen and forward again, while the recording is being made.
    gdb.interrupt()
    gdb.stopped("^C")
    head = gdb.icount()
    gdb.goto(dumps[0][0])
    rfb.wait_for(dumps[0][2], "the past of the live machine")
    gdb.goto(head)
    gdb.send("c")
    rfb.type("clear; echo Last; echo Last >/out\n")
    serial.expect("Last")
    dumps.append(stop_and_dump(gdb, rfb, work, "a4"))
    rfb.type("exit\n")
    serial.expect("init: done")
    gdb.stopped("the guest's end")
    gdb.packet("D")
    hs.check(p.wait(hs.PATIENCE) == 0, "the recording ended with status %d" % p.returncode)
    rfb.close()
    return dumps


def replay(path, work, dumps):
    order = list(range(len(dumps))) * 2
    random.Random(1).shuffle(order)
    socket = work.file("replay.vnc")
    with hs.Replay(path, work, "-vnc", "unix:" + socket) as gdb:
        rfb = Rfb(socket)
        hs.check("only to look at" in rfb.title, "the window's title does not say that this is a replay")
        rfb.type("nobody hears this")
        for i in order:
            icount, png, ppm = dumps[i]
            gdb.goto(icount)
            here = dump(gdb, work, "b")
            hs.check(here[1] == png, "the screen at icount %d is another one in the replay" % icount)
            rfb.wait_for(ppm, "the screendump at icount %d" % icount)
        rfb.close()


with hs.Workdir() as work:
    folder = hs.guests("drivers-" + arch)
    values, devices = KINDS[kind]
    args = hs.driver_args(folder, arch, work, SCRIPT % values) + devices
    if kind == "pl050":
        args += hs.vexpress_args(folder, work)
    path = work.file("vnc.hsr")
    dumps = record(path, work, args)
    hs.check(len({d[1] for d in dumps}) >= 4, "the screens are all the same")
    replay(path, work, dumps)
    hs.run_ok("verify", path)
    for source in ("keyboard", "mouse") if kind != "virtio" else ("virtio-keyboard", "virtio-tablet"):
        hs.check(source in hs.run_ok("dump", path), "the recording has nothing of source '%s'" % source)
print("typed and pointed by VNC; the same screens in the replay")
