"""screen.py memtest|grub|installer - guests come up to their screens; the same pictures in a replay, also going back"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import shutil
import struct
import subprocess
import sys
import time
import zlib

import hs

class Recorded:
    """A machine that is being recorded."""

    def __init__(self, work, name, *machine):
        self.recording = work.file(name + ".hsr")
        self.program = hs.Program(work, "record", "-o", self.recording, *machine, "-serial", "null", "-monitor",
                                  "none")
        self.qmp = self.program.qmp

    def monitor(self, command):
        return self.qmp.human(command).replace("\r\n", "\n")

    def wait_for(self, *words, timeout=900):
        """Until all of them are on the screen; the screen."""
        return self.wait_until(lambda text: all(w in text for w in words), "the screen does not show %s" % (words,),
                               timeout)

    def wait_until(self, done, why, timeout=900):
        end = time.monotonic() + timeout
        while True:
            text = self.monitor("screen")
            if done(text):
                return text
            hs.check(time.monotonic() < end, "%s:\n%s" % (why, text))
            time.sleep(0.05)  # how often we look; what we wait for is on the screen

    def stop(self):
        """Stops it; where that is."""
        self.qmp.go("stop")
        return self.qmp.icount()

    def picture(self, path):
        self.qmp.ask("screendump", filename=path)
        with open(path, "rb") as f:
            return f.read()

    def end(self):
        self.program.quit()


class Picture:
    """A PNG of ours: 8 bits RGB, without filters."""

    def __init__(self, data):
        hs.check(data[:8] == b"\x89PNG\r\n\x1a\n", "this is no PNG")
        self.width, self.height = struct.unpack(">II", data[16:24])
        at, packed = 8, b""
        while at < len(data):
            n, kind = struct.unpack(">I4s", data[at:at + 8])
            crc = struct.unpack(">I", data[at + 8 + n:at + 12 + n])[0]
            hs.check(crc == zlib.crc32(data[at + 4:at + 8 + n]), "a chunk's checksum is wrong")
            if kind == b"IDAT":
                packed += data[at + 8:at + 8 + n]
            at += 12 + n
        raw, line = zlib.decompress(packed), 1 + 3 * self.width
        hs.check(len(raw) == line * self.height, "the picture has another size than it says")
        self.rows = [raw[y * line + 1:(y + 1) * line] for y in range(self.height)]

    def colors(self):
        count = {}
        for row in self.rows:
            for x in range(0, len(row), 3):
                count[row[x:x + 3].hex()] = count.get(row[x:x + 3].hex(), 0) + 1
        return count


def look(work, machine, name):
    """Its picture now: (icount, PNG, text)."""
    n = machine.stop()
    png = machine.picture(work.file(name + ".png"))
    return n, png, machine.monitor("screen")


def replayed(work, recording, shots):
    """The same pictures at the same places, in any order; and looking changes nothing."""
    with hs.Replay(recording, work) as gdb:
        for n, png, text in shots + shots[::-1]:
            gdb.goto(n)
            digest = gdb.digest()
            path = work.file("replayed.png")
            gdb.monitor("screendump " + path)
            with open(path, "rb") as f:
                hs.check(f.read() == png, "the picture at %d is another one in the replay" % n)
            hs.check(gdb.monitor("screen").strip() == text.strip(), "the text at %d is another one" % n)
            hs.check(gdb.digest() == digest, "looking changed the guest")
        gdb.goto(0)
        gdb.monitor("screendump %s -f ppm" % path)
        with open(path, "rb") as f:
            hs.check(f.read(3) == b"P6\n", "no PPM was made")


def memtest(work):
    folder = hs.guests("memtest")
    m = Recorded(work, "memtest", "-m", "16", "-kernel", folder + "/memtest/memtest64.bin")
    m.wait_for("Memtest86+ v", "Testing:")
    shots = [look(work, m, "a")]
    m.monitor("cont")
    m.wait_for("Test #3")
    shots.append(look(work, m, "b"))
    m.end()
    p = Picture(shots[0][1])
    hs.check((p.width, p.height) == (720, 400), "the screen has %dx%d pixels" % (p.width, p.height))
    hs.check(p.colors().get("0000aa", 0) > p.width * p.height / 2, "memtest86+'s screen is not blue")
    replayed(work, m.recording, shots)
    hs.run_ok("verify", m.recording)
    print(shots[1][2])


def make_cd(work, folder):
    if not shutil.which("grub-mkrescue") or not shutil.which("xorriso") or not shutil.which("mformat"):
        hs.skip("grub-mkrescue, xorriso or mtools is not here")
    os.makedirs(work.file("cd/boot/grub"))
    shutil.copy(folder + "/memtest/memtest64.bin", work.file("cd/boot/"))
    with open(work.file("cd/boot/grub/grub.cfg"), "w") as f:
        f.write("set timeout=-1\nmenuentry 'the memory test' {\n linux16 /boot/memtest64.bin\n}\n"
                "menuentry 'a picture' {\n insmod all_video\n insmod gfxterm\n insmod font\n set gfxmode=800x600x32\n"
                " loadfont unicode\n terminal_output gfxterm\n echo in graphics\n sleep 1000\n}\n")
    subprocess.run(["grub-mkrescue", "-o", work.file("cd.iso"), work.file("cd")], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return ["-m", "64", "-cdrom", work.file("cd.iso"), "-boot", "d"]


def grub(work):
    """A rescue CD by SeaBIOS and the VGA BIOS: its menu, memtest86+ from it, and a linear frame buffer."""
    machine = make_cd(work, hs.guests("memtest"))
    m = Recorded(work, "grub", *machine)
    m.wait_for("GNU GRUB", "the memory test", "a picture")
    shots = [look(work, m, "menu")]
    m.monitor("cont")
    m.monitor("sendkey ret")
    m.wait_for("Memtest86+ v", "Testing:")
    shots.append(look(work, m, "memtest"))
    m.end()
    print(shots[0][2])
    replayed(work, m.recording, shots)

    m = Recorded(work, "graphics", *machine)
    m.wait_for("GNU GRUB", "the memory test", "a picture")
    m.monitor("sendkey down")
    m.monitor("sendkey ret")

    def drawn(_):
        p = Picture(m.picture(work.file("live.png")))
        return (p.width, p.height) == (800, 600) and len(p.colors()) > 1
    m.wait_until(drawn, "GRUB draws no picture of 800x600")
    shots = [look(work, m, "picture")]
    m.end()
    replayed(work, m.recording, shots)


def installer(work):
    """Debian's: its first question in a frame buffer of Linux's bochs driver, and as text."""
    folder = hs.guests("installer")
    machine = ["-m", "1024", "-kernel", folder + "/installer/linux", "-initrd", folder + "/installer/initrd.gz"]
    m = Recorded(work, "text", *machine, "-append", "fb=false nomodeset")
    text = m.wait_until(lambda t: "Select a language" in t and "English" in t, "the installer does not come up")
    print(text)
    m.stop()
    m.end()

    m = Recorded(work, "picture", *machine)

    def dialog(_):
        """A blue screen with a grey box that has something red in it: a line that is chosen."""
        p = Picture(m.picture(work.file("live.png")))
        c = p.colors()
        size = p.width * p.height
        return size == 1024 * 768 and c.get("0000aa", 0) > size / 50 and c.get("aaaaaa", 0) > size / 3 and \
            c.get("aa0000", 0) > 16 * 100
    m.wait_until(dialog, "the installer draws no dialog")
    shots = [look(work, m, "picture")]
    m.end()
    replayed(work, m.recording, shots)


with hs.Workdir() as work:
    {"memtest": memtest, "grub": grub, "installer": installer}[sys.argv[1]](work)
print("shown, and shown again")
